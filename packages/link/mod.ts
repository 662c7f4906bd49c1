export {
	defaultFlags,
	type LinkFlags,
	type LinkInput,
	type LinkPackage,
	type LinkRecord,
	type StructField,
	type StructLayout,
	type StructLookup,
} from "./input.ts";
export { pathToPrefix } from "./inittask.ts";
export { link } from "./link.ts";
export { userPattern } from "./owners.ts";
export { Packer } from "./packer.ts";
export { parseDefine } from "./strings.ts";
export { WANTED_TYPES } from "./dwarf/types.ts";
