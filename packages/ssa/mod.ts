export * from "./func.ts";
export * from "./ops.gen.ts";
export * from "./types.ts";
export { SsaBuilder } from "./braun.ts";
