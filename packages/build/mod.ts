export { type BuildContext, newBuildContext } from "./context.ts";
export { argsFor, type GcFlags, gcFlagsOf, noGcFlags, parseGcFlags, type PatternArgs } from "./gcflags.ts";
export { type EmbedFiles, resolveEmbeds } from "./embed.ts";
export { type BuildEnv, type Env, findGoroot, gorootVersion, loadEnv, UserError } from "./env.ts";
export { isStandardPath, Loader, patternRegexp } from "./load.ts";
export { findGoMod, loadModules, type ModMode, type Module, type ModuleSet } from "./module.ts";
export { type ImportRef, newPackage, type Package, type PackageError, resolvedImport } from "./package.ts";
export { constraintHolds, scanDir } from "./scan.ts";
export { collectTests, exampleOutput, testMainSource } from "./testmain.ts";
