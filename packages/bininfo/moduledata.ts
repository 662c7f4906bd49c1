// runtime.moduledata as the linker wrote it into the file: where the program's tables are.

import { ByteReader, FormatError } from "#base";
import { ET_DYN, type ElfFile, type ElfSection } from "#elf";

/** Addresses as in the file, before relocation of position-independent executables. */
export interface ModuleData {
	address: number;
	pcHeader: number;
	minPc: number;
	maxPc: number;
	text: number;
	etext: number;
	data: number;
	edata: number;
	bss: number;
	ebss: number;
	noptrdata: number;
	enoptrdata: number;
	noptrbss: number;
	enoptrbss: number;
	/** Masks of pointers in data and bss. */
	gcdata: number;
	gcbss: number;
	types: number;
	etypes: number;
	rodata: number;
	gofunc: number;
	/** typelinks: address of the slice and its length; offsets from types. */
	typelinks: number;
	ntypelinks: number;
	itablinks: number;
	nitablinks: number;
}

/** Words of the header part, which has the same order in Go 1.20 to 1.27: runtime/symtab.go. */
const W_PCHEADER = 0;
const W_MINPC = 20;
const W_TEXT = 22;
const W_GOFUNC = 40;

const R_X86_64_RELATIVE = 8;
const RELA_SIZE = 24;

/** A section's bytes with relative relocations applied, as the loader does at address 0. */
export function relocated(elf: ElfFile, s: ElfSection): Uint8Array {
	const data = elf.data(s);
	if (elf.type !== ET_DYN) return data;
	const copy = new Uint8Array(data);
	const view = new DataView(copy.buffer);
	for (const rel of elf.sections) {
		if (!rel.name.startsWith(".rela")) continue;
		const r = new ByteReader(elf.data(rel));
		while (r.left >= RELA_SIZE) {
			const at = r.u64() - s.addr;
			const type = r.u32();
			r.u32();
			const addend = r.big64();
			if (type === R_X86_64_RELATIVE && at >= 0 && at + 8 <= copy.length) view.setBigUint64(at, addend, true);
		}
	}
	return copy;
}

/** Reads the words of a moduledata that starts at an address, given where the words are. */
function decode(address: number, word: (i: number) => number): ModuleData {
	const typelinks = findSlices(word);
	return {
		address,
		pcHeader: word(W_PCHEADER),
		minPc: word(W_MINPC),
		maxPc: word(W_MINPC + 1),
		text: word(W_TEXT),
		etext: word(W_TEXT + 1),
		noptrdata: word(24),
		enoptrdata: word(25),
		data: word(26),
		edata: word(27),
		bss: word(28),
		ebss: word(29),
		noptrbss: word(30),
		enoptrbss: word(31),
		gcdata: word(35),
		gcbss: word(36),
		types: word(37),
		etypes: word(38),
		rodata: word(39),
		gofunc: word(W_GOFUNC),
		typelinks: typelinks < 0 ? 0 : word(typelinks),
		ntypelinks: typelinks < 0 ? 0 : word(typelinks + 1),
		itablinks: typelinks < 0 ? 0 : word(typelinks + 3),
		nitablinks: typelinks < 0 ? 0 : word(typelinks + 4),
	};
}

/** Word index of the typelinks slice: after gofunc, an optional epclntab, and the textsectmap slice. */
function findSlices(word: (i: number) => number): number {
	for (const at of [W_GOFUNC + 4, W_GOFUNC + 5]) {
		const lengths = [word(at - 2), word(at - 1), word(at + 1), word(at + 2), word(at + 4), word(at + 5)];
		const slices = lengths[0] === lengths[1] && lengths[2] === lengths[3] && lengths[4] === lengths[5];
		if (slices && lengths.every((n) => n < 0x4000_0000)) return at;
	}
	return -1;
}

/** Finds the module data of an executable: its own section since Go 1.26, before that the word that points to the pclntab. */
export function findModuleData(elf: ElfFile, pcHeader: number): ModuleData {
	const words = (data: Uint8Array, at: number): ((i: number) => number) => {
		const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
		return (i) => {
			const p = at + i * 8;
			return p + 8 > data.length ? 0 : view.getUint32(p, true) + view.getUint32(p + 4, true) * 0x1_0000_0000;
		};
	};
	const own = elf.section(".go.module");
	if (own !== null) {
		const md = decode(own.addr, words(relocated(elf, own), 0));
		if (plausible(md, pcHeader)) return md;
	}
	for (const name of [".go.module", ".noptrdata", ".data", ".data.rel.ro"]) {
		const s = elf.section(name);
		if (s === null) continue;
		const data = relocated(elf, s);
		for (let at = 0; at + 8 * 46 <= data.length; at += 8) {
			const word = words(data, at);
			if (word(0) !== pcHeader) continue;
			const md = decode(s.addr + at, word);
			if (plausible(md, pcHeader)) return md;
		}
	}
	throw new FormatError("no runtime.moduledata: not a Go executable, or one of an unknown version", 0);
}

function plausible(md: ModuleData, pcHeader: number): boolean {
	return (
		md.pcHeader === pcHeader &&
		md.minPc >= md.text &&
		md.maxPc <= md.etext + 0x1000 &&
		md.minPc < md.maxPc &&
		md.types <= md.etypes &&
		md.types > 0 &&
		md.gofunc > 0
	);
}
