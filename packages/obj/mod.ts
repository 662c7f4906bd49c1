export { Emit } from "./amd64/emit.ts";
export { NoReg, nop, RIP } from "./amd64/encode.ts";
export * as ops from "./amd64/ops.ts";
