// The DWARF sections of an ELF file, decompressed when first asked for.

import { ByteReader, FormatError } from "#base";
import type { DwarfSections } from "#dwarf";
import { type ElfFile, type ElfSection, SHF_COMPRESSED } from "#elf";

/** Decompresses a zlib stream into exactly `size` bytes. Throws when the stream is malformed. */
export type Inflate = (stream: Uint8Array, size: number) => Uint8Array;

const ELFCOMPRESS_ZLIB = 1;
const CHDR_SIZE = 24;
const EMPTY = new Uint8Array(0);
/** zlib makes at most this from a byte; a larger claim is a hostile header. */
const MAX_RATIO = 1032;

/** How a section is compressed. */
interface Packing {
	/** Bytes before the zlib stream. */
	header: number;
	type: number;
	size: number;
}

/** From the beginning of a section; null: it is not compressed. */
function packing(s: ElfSection, raw: Uint8Array): Packing | null {
	if (s.name.startsWith(".zdebug_")) {
		if (raw.length < 12 || raw[0] !== 0x5a || raw[1] !== 0x4c || raw[2] !== 0x49 || raw[3] !== 0x42) return null;
		return { header: 12, type: ELFCOMPRESS_ZLIB, size: Number(new DataView(raw.buffer, raw.byteOffset).getBigUint64(4, false)) };
	}
	if ((s.flags & SHF_COMPRESSED) === 0) return null;
	const r = new ByteReader(raw);
	const type = r.u32();
	r.u32();
	return { header: CHDR_SIZE, type, size: r.u64() };
}

/** Bytes of a section's contents, decompressed; what its header says. */
export function sectionSize(elf: ElfFile, s: ElfSection): number {
	return packing(s, elf.data({ ...s, size: Math.min(s.size, CHDR_SIZE) }))?.size ?? s.size;
}

/** A section's contents, decompressed. */
export function sectionData(elf: ElfFile, s: ElfSection, inflate: Inflate): Uint8Array {
	const raw = elf.data(s);
	const p = packing(s, raw);
	if (p === null) return raw;
	if (p.type !== ELFCOMPRESS_ZLIB) throw new FormatError(`${s.name}: compression type ${p.type}`, s.offset);
	return expand(raw.subarray(p.header), p.size, s, inflate);
}

function expand(stream: Uint8Array, size: number, s: ElfSection, inflate: Inflate): Uint8Array {
	if (size > stream.length * MAX_RATIO + 64) throw new FormatError(`${s.name}: ${size} bytes from ${stream.length}`, s.offset);
	let out: Uint8Array;
	try {
		out = inflate(stream, size);
	} catch (e) {
		throw new FormatError(`${s.name}: ${e instanceof Error ? e.message : "malformed zlib stream"}`, s.offset);
	}
	if (out.length !== size) throw new FormatError(`${s.name}: ${out.length} bytes instead of ${size}`, s.offset);
	return out;
}

/** DwarfSections over an ELF file. */
export class ElfDwarfSections implements DwarfSections {
	private readonly elf: ElfFile;
	private readonly inflate: Inflate;
	private readonly loaded: Map<string, Uint8Array> = new Map();

	constructor(elf: ElfFile, inflate: Inflate) {
		this.elf = elf;
		this.inflate = inflate;
	}

	/** A section by its name without ".debug_"; empty when the file has none. */
	load(name: string): Uint8Array {
		let data = this.loaded.get(name);
		if (data === undefined) {
			const s = this.elf.section(`.debug_${name}`) ?? this.elf.section(`.zdebug_${name}`);
			data = s === null ? EMPTY : sectionData(this.elf, s, this.inflate);
			this.loaded.set(name, data);
		}
		return data;
	}

	get info(): Uint8Array {
		return this.load("info");
	}
	get abbrev(): Uint8Array {
		return this.load("abbrev");
	}
	get line(): Uint8Array {
		return this.load("line");
	}
	get str(): Uint8Array {
		return this.load("str");
	}
	get lineStr(): Uint8Array {
		return this.load("line_str");
	}
	get strOffsets(): Uint8Array {
		return this.load("str_offsets");
	}
	get addr(): Uint8Array {
		return this.load("addr");
	}
	get rnglists(): Uint8Array {
		return this.load("rnglists");
	}
	get loclists(): Uint8Array {
		return this.load("loclists");
	}
	get ranges(): Uint8Array {
		return this.load("ranges");
	}
	get loc(): Uint8Array {
		return this.load("loc");
	}
}
