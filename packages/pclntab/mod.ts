export * from "./format.ts";
export { encodePcValues, PcValues, pcValueAt, writeRebased } from "./pcvalue.ts";
export { type Frame, type FuncRecord, type InlineNode, Pclntab } from "./read.ts";
export { buildPclntab, type PclnFunc, type PclnInlined, type PclnInput, type PclnPart, type PclnTable } from "./write.ts";
