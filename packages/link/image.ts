// The ELF file around the sections: headers, notes, segments, symbol table, debug sections.

import {
	EHDR_SIZE,
	type ElfSection,
	type ElfSegment,
	elfNote,
	ET_EXEC,
	PF_R,
	PF_W,
	PF_X,
	PHDR_SIZE,
	PT_GNU_STACK,
	PT_LOAD,
	PT_NOTE,
	PT_PHDR,
	SHDR_SIZE,
	SHF_ALLOC,
	SHF_EXECINSTR,
	SHF_WRITE,
	SHT_NOBITS,
	SHT_NOTE,
	SHT_NULL,
	SHT_PROGBITS,
	SHT_STRTAB,
	SHT_SYMTAB,
	type SymtabWriter,
	SYM_SIZE,
	sectionHeaders,
	sectionNames,
	writeHeaders,
} from "#elf";
import { BASE, type Layout, PAGE, roundUp, Sec, SECTION_NAMES } from "./layout.ts";
import { sha256 } from "./sha256.ts";

const NT_GO_BUILDID = 4;
const NT_GNU_BUILD_ID = 3;
/** Headers of: PHDR, NOTE, three LOADs, GNU_STACK. */
const MAX_SEGMENTS = 6;

export interface Note {
	section: string;
	bytes: Uint8Array;
	offset: number;
}

/** A section that is not loaded: DWARF, scripts. */
export interface ExtraSection {
	name: string;
	bytes: Uint8Array;
	flags: number;
}

function parseHex(text: string, error: (msg: string) => void): Uint8Array | null {
	const digits = text.slice(2);
	const bad = /[^0-9a-fA-F]/.exec(digits);
	if (!text.startsWith("0x")) error(`-B argument must start with 0x: ${text}`);
	else if (digits.length / 2 > 32) error(`-B option too long (max 32 digits): ${text}`);
	else if (bad !== null) error(`-B argument contains invalid hex digit ${bad[0]}: ${text}`);
	else if (digits.length % 2 !== 0) error(`-B argument must have even number of digits: ${text}`);
	else return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
	return null;
}

/** The build id notes, placed after the program headers. */
export function buildNotes(buildId: string, hostBuildId: string, error: (msg: string) => void): Note[] {
	const notes: Note[] = [];
	let at = EHDR_SIZE + MAX_SEGMENTS * PHDR_SIZE;
	const add = (section: string, bytes: Uint8Array): void => {
		notes.push({ section, bytes, offset: at });
		at += roundUp(bytes.length, 4);
	};
	if (buildId !== "") add(".note.go.buildid", elfNote("Go\0", NT_GO_BUILDID, new TextEncoder().encode(buildId)));
	let gnu: Uint8Array | null = null;
	if (hostBuildId === "gobuildid") {
		if (buildId !== "") {
			// cmd/internal/hash.Sum32: SHA-256 with the first byte inverted.
			gnu = sha256(new TextEncoder().encode(buildId)).subarray(0, 20);
			gnu[0] ^= 0xff;
		}
	} else if (hostBuildId !== "" && hostBuildId !== "none") gnu = parseHex(hostBuildId, error);
	if (gnu !== null) add(".note.gnu.build-id", elfNote("GNU", NT_GNU_BUILD_ID, gnu));
	return notes;
}

export function headerSize(notes: readonly Note[]): number {
	const last = notes[notes.length - 1];
	return last === undefined ? EHDR_SIZE + MAX_SEGMENTS * PHDR_SIZE : last.offset + last.bytes.length;
}

const FLAGS: Record<number, number> = { [Sec.text]: SHF_ALLOC | SHF_EXECINSTR };

/** Headers of the loaded sections, and by Sec their index in the section header table. */
export function loadedSections(layout: Layout, notes: readonly Note[]): { headers: ElfSection[]; index: number[] } {
	const header = (name: string, type: number, flags: number, addr: number, offset: number, size: number, align: number): ElfSection => ({
		name,
		type,
		flags,
		addr,
		offset,
		size,
		link: 0,
		info: 0,
		align,
		entsize: 0,
	});
	const headers = [header("", SHT_NULL, 0, 0, 0, 0, 0)];
	for (const n of notes) headers.push(header(n.section, SHT_NOTE, SHF_ALLOC, BASE + n.offset, n.offset, n.bytes.length, 4));
	const index: number[] = [];
	layout.sections.forEach((s, sec) => {
		index.push(headers.length);
		const flags = FLAGS[sec] ?? (sec >= Sec.buildinfo ? SHF_ALLOC | SHF_WRITE : SHF_ALLOC);
		const type = sec >= Sec.bss ? SHT_NOBITS : SHT_PROGBITS;
		headers.push(header(SECTION_NAMES[sec], type, flags, s.addr, s.offset, s.size, s.align));
	});
	return { headers, index };
}

function segments(layout: Layout, notes: readonly Note[]): ElfSegment[] {
	const s = layout.sections;
	const phdrs = MAX_SEGMENTS * PHDR_SIZE;
	const load = (flags: number, from: number, offset: number, fileEnd: number, memEnd: number): ElfSegment => ({
		type: PT_LOAD,
		flags,
		offset,
		vaddr: from,
		filesz: fileEnd - from,
		memsz: memEnd - from,
		align: PAGE,
	});
	const headerAddr = BASE + EHDR_SIZE;
	const note = notes[0];
	const noteEnd = headerSize(notes);
	return [
		{ type: PT_PHDR, flags: PF_R, offset: EHDR_SIZE, vaddr: headerAddr, filesz: phdrs, memsz: phdrs, align: PAGE },
		...(note === undefined
			? []
			: [
					{
						type: PT_NOTE,
						flags: PF_R,
						offset: note.offset,
						vaddr: BASE + note.offset,
						filesz: noteEnd - note.offset,
						memsz: noteEnd - note.offset,
						align: 4,
					},
				]),
		load(PF_R | PF_X, BASE, 0, layout.end(Sec.text), layout.end(Sec.text)),
		load(PF_R, s[Sec.rodata].addr, s[Sec.rodata].offset, layout.end(Sec.itablink), layout.end(Sec.itablink)),
		load(PF_R | PF_W, s[Sec.buildinfo].addr, s[Sec.buildinfo].offset, layout.end(Sec.data), layout.end(Sec.noptrbss)),
		{ type: PT_GNU_STACK, flags: PF_R | PF_W, offset: 0, vaddr: 0, filesz: 0, memsz: 0, align: 8 },
	];
}

/** Size of the image up to the last loaded byte. */
export function loadedSize(layout: Layout): number {
	const data = layout.sections[Sec.data];
	return data.offset + data.size;
}

/** Where unloaded sections go, and the file's size. */
interface Tail {
	headers: ElfSection[];
	bytes: Uint8Array[];
}

function tailSections(start: number, extra: readonly ExtraSection[], symtab: SymtabWriter | null, locals: number, first: number): Tail {
	const headers: ElfSection[] = [];
	const bytes: Uint8Array[] = [];
	let at = start;
	const add = (
		name: string,
		type: number,
		data: Uint8Array,
		align: number,
		link: number,
		info: number,
		entsize: number,
		flags = 0,
	): void => {
		at = roundUp(at, align);
		headers.push({ name, type, flags, addr: 0, offset: at, size: data.length, link, info, align, entsize });
		bytes.push(data);
		at += data.length;
	};
	for (const x of extra) add(x.name, SHT_PROGBITS, x.bytes, 1, 0, 0, 0, x.flags);
	if (symtab !== null) {
		add(".symtab", SHT_SYMTAB, symtab.symtab.view8(), 8, first + headers.length + 1, locals, SYM_SIZE);
		add(".strtab", SHT_STRTAB, symtab.strtab.view8(), 1, 0, 0, 0);
	}
	return { headers, bytes };
}

/** Composes the file from the loaded part (loadedSize bytes, sections filled in) and the rest. */
export function writeImage(
	layout: Layout,
	loaded: Uint8Array,
	notes: readonly Note[],
	headers: ElfSection[],
	extra: readonly ExtraSection[],
	symtab: SymtabWriter | null,
	firstGlobal: number,
	entry: number,
): Uint8Array {
	const tail = tailSections(loaded.length, extra, symtab, firstGlobal, headers.length);
	const all = [...headers, ...tail.headers];
	const shstrtab: ElfSection = {
		name: ".shstrtab",
		type: SHT_STRTAB,
		flags: 0,
		addr: 0,
		offset: 0,
		size: 0,
		link: 0,
		info: 0,
		align: 1,
		entsize: 0,
	};
	all.push(shstrtab);
	const names = sectionNames(all);
	const last = tail.headers[tail.headers.length - 1];
	shstrtab.offset = last === undefined ? loaded.length : last.offset + last.size;
	shstrtab.size = names.bytes.length;
	const shoff = roundUp(shstrtab.offset + shstrtab.size, 8);
	const image = new Uint8Array(shoff + all.length * SHDR_SIZE);
	image.set(loaded, 0);
	for (const n of notes) image.set(n.bytes, n.offset);
	tail.headers.forEach((h, i) => image.set(tail.bytes[i], h.offset));
	image.set(names.bytes, shstrtab.offset);
	image.set(sectionHeaders(all, names.offsets), shoff);
	writeHeaders(image, { type: ET_EXEC, entry, shoff, shnum: all.length, shstrndx: all.length - 1 }, segments(layout, notes));
	return image;
}
