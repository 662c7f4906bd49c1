export type { Backend, Finished, Packed } from "./backend.ts";
export { type Assemble, type Compiled, type CompileOptions, type CompileDebug, compileProgram, type Emit } from "./driver.ts";
export { type FactAnswers, type Facts, costText, functionKey, tagsText } from "./facts.ts";
export { goAsmHeader } from "./goasm.ts";
export type { AsmAbis, LinkRow, PackageUnit, Product, Program } from "./program.ts";
export { structShape } from "./reflectdata/record.ts";
export {
	type MadePack,
	entryOfStored,
	type PackedEntry,
	packOfStored,
	storedAt,
	type StoredSymbol,
	type StorePlace,
	type SymbolStore,
	type TracedSymbol,
} from "./store.ts";
export type { StoredEntries } from "./storedwork.ts";
export type { EmbeddedFile } from "./static/static.ts";
export { escapePath } from "./typename.ts";
export type { FunctionTags } from "./escape/planner.ts";
export { isRuntimePkg } from "./pragma.ts";
