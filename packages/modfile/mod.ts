export { type GoMod, isLocalPath, type ModuleVersion, parseGoMod, type Replace, type Require } from "./gomod.ts";
export { compareGoVersion, compareSemver, escapePath, parseSemver, type Semver, splitPathVersion } from "./semver.ts";
