export { downloadModules, hashDirectory, verifyZip } from "./download.ts";
export { listModules, type ListMode, type ModulePublic, moduleMatcher, publicJson, publicString, splitVersion } from "./listing.ts";
export { addGoLine, graphSums, loadModuleGraph, openModules, sumKeys, updatedGoMod, writeGoMod, writeGoSum } from "./open.ts";
export { type BuildMod, findGoWork, findUp, type MainModule, ModuleState, type OpenOptions } from "./state.ts";
export { MismatchError } from "./store.ts";
export { eachLimited, settle } from "./wants.ts";
export { withFileLock } from "./lock.ts";
export { modulePaths, writeAtomically } from "./cache.ts";
