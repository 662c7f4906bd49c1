export { type GoMod, isLocalPath, type ModuleVersion, parseGoMod, type Replace, type Require } from "./gomod.ts";
export { compareGoVersion, compareSemver, escapePath, parseSemver, type Semver, splitPathVersion } from "./semver.ts";
export { type Crypto, decodeBase64, encodeBase64, encodeHex } from "./crypto.ts";
export { hash1, type HashedFile } from "./dirhash.ts";
export { openNote, parseVerifierKey, type VerifierKey } from "./note.ts";
export { nodeHash, parseTree, provePrefix, proveRecord, type ReadTile, recordHash, type Tile, tilePath, type Tree } from "./tlog.ts";
export { checkModuleZip, maxZip, type ReadAt, readZipData, readZipDirectory, type ZipEntry, ZipError } from "./zip.ts";
