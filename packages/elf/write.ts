// Writing the tables of an ELF-64 little-endian file into an image whose
// contents the caller has placed.

import { ByteWriter } from "#base";
import { EHDR_SIZE, EM_X86_64, PHDR_SIZE, SHDR_SIZE } from "./constants.ts";
import type { ElfSection, ElfSegment } from "./file.ts";

/** Writes the ELF header at 0 and the program headers right after it. */
export function writeHeaders(
	image: Uint8Array,
	h: { type: number; entry: number; shoff: number; shnum: number; shstrndx: number },
	segments: ElfSegment[],
): void {
	const w = new ByteWriter(EHDR_SIZE + segments.length * PHDR_SIZE);
	w.u32(0x464c457f);
	w.u8(2); // 64-bit
	w.u8(1); // little-endian
	w.u8(1); // version
	w.zeros(9);
	w.u16(h.type);
	w.u16(EM_X86_64);
	w.u32(1);
	w.u64(h.entry);
	w.u64(EHDR_SIZE);
	w.u64(h.shoff);
	w.u32(0);
	w.u16(EHDR_SIZE);
	w.u16(PHDR_SIZE);
	w.u16(segments.length);
	w.u16(SHDR_SIZE);
	w.u16(h.shnum);
	w.u16(h.shstrndx);
	for (const p of segments) {
		w.u32(p.type);
		w.u32(p.flags);
		w.u64(p.offset);
		w.u64(p.vaddr);
		w.u64(p.vaddr);
		w.u64(p.filesz);
		w.u64(p.memsz);
		w.u64(p.align);
	}
	image.set(w.view8(), 0);
}

/** The section header table and the bytes of .shstrtab, whose own header is the last of sections. */
export function sectionNames(sections: readonly ElfSection[]): { bytes: Uint8Array; offsets: number[] } {
	const w = new ByteWriter(512);
	const offsets: number[] = [];
	for (const s of sections) {
		offsets.push(w.len);
		w.cstr(s.name);
	}
	return { bytes: w.take(), offsets };
}

export function sectionHeaders(sections: readonly ElfSection[], nameOffsets: readonly number[]): Uint8Array {
	const w = new ByteWriter(sections.length * SHDR_SIZE);
	sections.forEach((s, i) => {
		w.u32(nameOffsets[i] as number);
		w.u32(s.type);
		w.u64(s.flags);
		w.u64(s.addr);
		w.u64(s.offset);
		w.u64(s.size);
		w.u32(s.link);
		w.u32(s.info);
		w.u64(s.align);
		w.u64(s.entsize);
	});
	return w.take();
}

/** Builds .symtab and .strtab; locals must be added before globals. */
export class SymtabWriter {
	readonly symtab: ByteWriter = new ByteWriter(1 << 16);
	readonly strtab: ByteWriter = new ByteWriter(1 << 16);
	count = 0;

	constructor() {
		this.strtab.u8(0);
		this.symtab.zeros(24);
		this.count = 1;
	}

	add(name: string, value: number, size: number, bind: number, type: number, shndx: number): void {
		const w = this.symtab;
		w.u32(name === "" ? 0 : this.strtab.len);
		if (name !== "") this.strtab.cstr(name);
		w.u8((bind << 4) | type);
		w.u8(0);
		w.u16(shndx);
		w.u64(value);
		w.u64(size);
		this.count++;
	}
}

/** One note record, padded to 4 bytes. */
export function elfNote(name: string, type: number, desc: Uint8Array): Uint8Array {
	const w = new ByteWriter(32 + desc.length);
	w.u32(name.length + 1);
	w.u32(desc.length);
	w.u32(type);
	w.cstr(name);
	w.align(4);
	w.bytes(desc);
	w.align(4);
	return w.take();
}
