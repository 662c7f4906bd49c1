export * from "./func.ts";
export * from "./ops.gen.ts";
export * from "./types.ts";
