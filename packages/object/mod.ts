export { CodecVersion, decodeFragment, encodeFragment } from "./codec.ts";
export { LoadedPack, Names } from "./names.ts";
export * from "./object.ts";
export {
	compareRefs,
	decodePack,
	encodePack,
	EntFlag,
	hashBytes,
	joinPacks,
	newPackLists,
	type Pack,
	type PackLists,
	packOf,
	PackVersion,
	SymBit,
} from "./pack.ts";
