export { AsmContext, type AsmOptions, assemble } from "./assemble.ts";
export { type Includes } from "./preprocess.ts";
export { type SymAbi, type SymAbis, type SymAbisOptions, symabis } from "./symabis.ts";
