export { Emit } from "./amd64/emit.ts";
export { NoReg, nop, RIP } from "./amd64/encode.ts";
export * as ops from "./amd64/ops.ts";
export { EncodeError, Encoded, encodeErrorText, FormTable, Suffix, TableEncoder } from "./amd64/forms.ts";
export { Operand, OperandKind, Reg } from "./amd64/operand.ts";
