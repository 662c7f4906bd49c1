export * from "./format.ts";
export { encodePcValues, PcValues, pcValueAt, rebased } from "./pcvalue.ts";
export { type Frame, type FuncRecord, type InlineNode, Pclntab } from "./read.ts";
export { type PclnFunc, type PclnPart, type PclnTable, PclnWriter } from "./write.ts";
