export * from "./func.ts";
export * from "./ops.gen.ts";
export * from "./types.ts";
export { SsaBuilder } from "./braun.ts";
export { cleanGraph, compact, removeUnreachable, splitCriticalEdges, splitEdge } from "./cfg.ts";
export { DomTree, postorder } from "./dom.ts";
export { LoopNest } from "./loops.ts";
export { type DumpOptions, dump, mustParse, type ParseOptions, parseFunc, TextError, valueText } from "./text.ts";
export { mustVerify, type VerifyOptions, verify } from "./verify.ts";
