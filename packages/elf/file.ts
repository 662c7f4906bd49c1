// Reading an ELF-64 little-endian file: headers, sections, segments, symbols, notes.

import { ByteReader, type ByteSource, FormatError, MemorySource } from "#base";
import { EHDR_SIZE, PHDR_SIZE, PT_LOAD, SHDR_SIZE, SHT_NOBITS, SHT_NOTE, SHT_SYMTAB, SYM_SIZE } from "./constants.ts";

export interface ElfSection {
	name: string;
	type: number;
	flags: number;
	addr: number;
	/** File offset and bytes; a SHT_NOBITS section has no bytes in the file. */
	offset: number;
	size: number;
	link: number;
	info: number;
	align: number;
	entsize: number;
}

export interface ElfSegment {
	type: number;
	flags: number;
	offset: number;
	vaddr: number;
	filesz: number;
	memsz: number;
	align: number;
}

/** Symbols as columns; index 0 is the reserved null symbol. */
export interface ElfSymbols {
	names: string[];
	value: Float64Array;
	size: Float64Array;
	info: Uint8Array;
	shndx: Uint16Array;
}

export interface ElfNote {
	name: string;
	type: number;
	desc: Uint8Array;
}

export class ElfFile {
	readonly source: ByteSource;
	readonly type: number;
	readonly machine: number;
	readonly entry: number;
	readonly segments: ElfSegment[];
	readonly sections: ElfSection[];

	/** Throws FormatError on anything but a well-formed ELF-64 little-endian file. */
	constructor(file: Uint8Array | ByteSource) {
		const source = file instanceof Uint8Array ? new MemorySource(file) : file;
		this.source = source;
		const r = new ByteReader(source.read(0, EHDR_SIZE));
		if (r.left < EHDR_SIZE || r.u32() !== 0x464c457f) throw new FormatError("not an ELF file", 0);
		if (r.u8() !== 2 || r.u8() !== 1) throw new FormatError("not a 64-bit little-endian ELF file", 4);
		r.pos = 16;
		this.type = r.u16();
		this.machine = r.u16();
		r.pos = 24;
		this.entry = r.u64();
		const phoff = r.u64();
		const shoff = r.u64();
		r.pos = 54;
		const phentsize = r.u16();
		const phnum = r.u16();
		const shentsize = r.u16();
		const shnum = r.u16();
		const shstrndx = r.u16();
		if (phnum > 0 && phentsize !== PHDR_SIZE) throw new FormatError(`program header size ${phentsize}`, 54);
		if (shnum > 0 && shentsize !== SHDR_SIZE) throw new FormatError(`section header size ${shentsize}`, 58);
		this.segments = readSegments(source, phoff, phnum);
		this.sections = readSections(source, shoff, shnum, shstrndx);
	}

	section(name: string): ElfSection | null {
		return this.sections.find((s) => s.name === name) ?? null;
	}

	/** The section's bytes in the file; empty for SHT_NOBITS. */
	data(s: ElfSection): Uint8Array {
		if (s.type === SHT_NOBITS) return this.source.read(0, 0);
		return slice(this.source, s.offset, s.size, s.name);
	}

	/** File offset of a virtual address, or -1 when no segment's file bytes hold it. */
	offsetOf(addr: number): number {
		for (const p of this.segments) {
			if (p.type === PT_LOAD && addr >= p.vaddr && addr < p.vaddr + p.filesz) return addr - p.vaddr + p.offset;
		}
		return -1;
	}

	/** Bytes at a virtual address. */
	at(addr: number, size: number): Uint8Array {
		const off = this.offsetOf(addr);
		if (off < 0 && size > 0) throw new FormatError(`address 0x${addr.toString(16)} is not in the file`, 0);
		return slice(this.source, Math.max(off, 0), size, "address range");
	}

	/** The static symbol table; empty when the file is stripped. */
	symbols(): ElfSymbols {
		const tab = this.sections.find((s) => s.type === SHT_SYMTAB);
		const count = tab === undefined ? 0 : Math.floor(this.data(tab).length / SYM_SIZE);
		const out: ElfSymbols = {
			names: [],
			value: new Float64Array(count),
			size: new Float64Array(count),
			info: new Uint8Array(count),
			shndx: new Uint16Array(count),
		};
		if (tab === undefined) return out;
		const strings = this.sections[tab.link];
		if (strings === undefined) throw new FormatError("symbol table without string table", tab.offset);
		const str = new ByteReader(this.data(strings));
		const r = new ByteReader(this.data(tab));
		for (let i = 0; i < count; i++) {
			str.pos = r.u32();
			out.names.push(str.cstr());
			out.info[i] = r.u8();
			r.u8();
			out.shndx[i] = r.u16();
			out.value[i] = r.u64();
			out.size[i] = r.u64();
		}
		return out;
	}

	/** The value of a static symbol, null when there is none of that name. Makes no strings of the others. */
	symbolValue(name: string): number | null {
		const tab = this.sections.find((s) => s.type === SHT_SYMTAB);
		const strings = tab === undefined ? undefined : this.sections[tab.link];
		if (tab === undefined || strings === undefined) return null;
		const want = new TextEncoder().encode(name);
		const text = this.data(strings);
		const r = new ByteReader(this.data(tab));
		next: for (let at = 0; at + SYM_SIZE <= r.end; at += SYM_SIZE) {
			r.pos = at;
			const from = r.u32();
			if (text[from + want.length] !== 0) continue;
			for (let i = 0; i < want.length; i++) if (text[from + i] !== want[i]) continue next;
			r.pos = at + 8;
			return r.u64();
		}
		return null;
	}

	notes(): ElfNote[] {
		const out: ElfNote[] = [];
		for (const s of this.sections) {
			if (s.type !== SHT_NOTE) continue;
			const r = new ByteReader(this.data(s));
			while (r.left >= 12) {
				const namesz = r.u32();
				const descsz = r.u32();
				const type = r.u32();
				const name = r.bytes(namesz);
				r.pos += -namesz & 3;
				const desc = r.bytes(descsz);
				r.pos += -descsz & 3;
				out.push({ name: new TextDecoder().decode(name).replace(/\0+$/, ""), type, desc });
			}
		}
		return out;
	}
}

function slice(source: ByteSource, offset: number, size: number, what: string): Uint8Array {
	if (offset + size > source.size) throw new FormatError(`${what} ends after the file`, offset);
	const bytes = source.read(offset, size);
	if (bytes.length !== size) throw new FormatError(`${what} ends after the file`, offset);
	return bytes;
}

function readSegments(source: ByteSource, phoff: number, phnum: number): ElfSegment[] {
	const r = new ByteReader(slice(source, phoff, phnum * PHDR_SIZE, "program header table"));
	const out: ElfSegment[] = [];
	for (let i = 0; i < phnum; i++) {
		const type = r.u32();
		const flags = r.u32();
		const offset = r.u64();
		const vaddr = r.u64();
		r.u64();
		out.push({ type, flags, offset, vaddr, filesz: r.u64(), memsz: r.u64(), align: r.u64() });
	}
	return out;
}

function readSections(source: ByteSource, shoff: number, shnum: number, shstrndx: number): ElfSection[] {
	const r = new ByteReader(slice(source, shoff, shnum * SHDR_SIZE, "section header table"));
	const out: ElfSection[] = [];
	const nameOff: number[] = [];
	for (let i = 0; i < shnum; i++) {
		nameOff.push(r.u32());
		const type = r.u32();
		const flags = r.u64();
		const addr = r.u64();
		const offset = r.u64();
		const size = r.u64();
		const link = r.u32();
		const info = r.u32();
		out.push({ name: "", type, flags, addr, offset, size, link, info, align: r.u64(), entsize: r.u64() });
	}
	const names = out[shstrndx];
	if (names === undefined) return out;
	const str = new ByteReader(slice(source, names.offset, names.size, "section names"));
	for (let i = 0; i < shnum; i++) {
		str.pos = nameOff[i] as number;
		(out[i] as ElfSection).name = str.cstr();
	}
	return out;
}
