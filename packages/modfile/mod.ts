export {
	addExclude,
	newGoMod,
	addPathEntry,
	addReplace,
	addRequire,
	addRetract,
	cleanupGoMod,
	dropEntries,
	goAtLeast,
	type GoMod,
	type GoModFile,
	goVersionRe,
	isLocalPath,
	languageVersion,
	type ModuleVersion,
	parseGoMod,
	type Replace,
	type Require,
	rereadGoMod,
	type Retract,
	retracts,
	setGodebug,
	setGoLine,
	setModulePath,
	setRequire,
	setRequireSeparateIndirect,
	setToolchainLine,
	sortBlocks,
	toolchainRe,
	type Unresolved,
} from "./gomod.ts";
export { addUse, dropUse, type GoWork, type GoWorkFile, parseGoWork, rereadGoWork, setWorkGoLine } from "./gowork.ts";
export { entriesOf, formatModSyntax, type ModSyntax, parseModSyntax, quoteWord, setArgs, unquoteWord } from "./syntax.ts";
export {
	compareVersions,
	isToolchainPath,
	loadGraph,
	minimalRequirements,
	ModuleGraph,
	moduleKey,
	type Pruning,
	pruningFor,
	type ReadSummary,
	Requirements,
	requirementError,
	sameModule,
	sortModules,
	type Summary,
	toolchainVersion,
} from "./graph.ts";
export { formatGoSum, globMatches, type GoSum, matchPrefixPatterns, parseGoSum, sumKey } from "./gosum.ts";
export {
	badImportPath,
	badModulePath,
	badPathMajor,
	canonicalSemver,
	canonicalVersion,
	compareModuleVersions,
	isPrerelease,
	isPseudoVersion,
	majorOf,
	matchesPathMajor,
	pathMajorPrefix,
	pseudoBase,
	pseudoParts,
	pseudoVersion,
} from "./modpath.ts";
export {
	compareGoVersion,
	compareSemver,
	escapePath,
	parseSemver,
	pathVersionValid,
	type Semver,
	splitPathVersion,
	unescapePath,
} from "./semver.ts";
export { type Crypto, decodeBase64, encodeBase64, encodeHex } from "./crypto.ts";
export { hash1, type HashedFile } from "./dirhash.ts";
export { openNote, parseVerifierKey, type VerifierKey } from "./note.ts";
export { nodeHash, parseTree, provePrefix, proveRecord, type ReadTile, recordHash, type Tile, tilePath, type Tree } from "./tlog.ts";
export {
	badFilePath,
	checkModuleZip,
	maxZip,
	moduleFiles,
	type ReadAt,
	readZipData,
	readZipDirectory,
	type ZipEntry,
	ZipError,
} from "./zip.ts";
export { formatVendorModule, parseVendorList, type VendorList, type VendorModule, vendorProblems } from "./vendorlist.ts";
