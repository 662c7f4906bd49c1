// The sections of a file that hold DWARF, decompressed; absent ones are empty.

import { ByteReader, FormatError } from "#base";

export interface DwarfSections {
	readonly info: Uint8Array;
	readonly abbrev: Uint8Array;
	readonly line: Uint8Array;
	readonly str: Uint8Array;
	readonly lineStr: Uint8Array;
	readonly strOffsets: Uint8Array;
	readonly addr: Uint8Array;
	/** DWARF 5 range and location lists. */
	readonly rnglists: Uint8Array;
	readonly loclists: Uint8Array;
	/** DWARF 2 to 4 range and location lists. */
	readonly ranges: Uint8Array;
	readonly loc: Uint8Array;
}

/** The word size in bytes of a unit with this initial length: reads it, returns the unit's end. */
export function readUnitLength(r: ByteReader): { end: number; wide: boolean } {
	const at = r.pos;
	let length = r.u32();
	const wide = length === 0xffffffff;
	if (wide) length = r.u64();
	else if (length >= 0xfffffff0) throw new FormatError(`reserved unit length 0x${length.toString(16)}`, at);
	if (length > r.left) throw new FormatError(`unit of ${length} bytes ends after the section`, at);
	return { end: r.pos + length, wide };
}

/** Reads an offset into another section. */
export function readOffset(r: ByteReader, wide: boolean): number {
	return wide ? r.u64() : r.u32();
}
