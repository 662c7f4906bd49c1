// Where everything goes: which symbols form which section, in which order, at which
// address. Text comes first (pclntab needs only offsets in it), then read-only data,
// then writable data.

import type { BitSet } from "#base";
import { SymBit, SymFlag, SymKind } from "#object";
import type { Symbols } from "./symbols.ts";

/** Output sections with contents in memory, in address order. */
export const Sec = {
	text: 0,
	rodata: 1,
	pclntab: 2,
	typelink: 3,
	itablink: 4,
	buildinfo: 5,
	fipsinfo: 6,
	module: 7,
	noptrdata: 8,
	data: 9,
	bss: 10,
	noptrbss: 11,
} as const;
export type Sec = (typeof Sec)[keyof typeof Sec];
export const SECTION_NAMES: readonly string[] = [
	".text",
	".rodata",
	".gopclntab",
	".typelink",
	".itablink",
	".go.buildinfo",
	".go.fipsinfo",
	".go.module",
	".noptrdata",
	".data",
	".bss",
	".noptrbss",
];

export interface Section {
	addr: number;
	size: number;
	align: number;
	/** File offset; NOBITS sections have the offset where their bytes would be. */
	offset: number;
}

export const BASE = 0x400000;
export const PAGE = 0x1000;
/** Addresses of segments are multiples of this, so that what grows before them rarely moves them. */
const SEGMENT = 0x10000;
/** The same of groups of symbols within a segment. */
export const GROUP = 0x400;
/** Functions start at multiples of this, as the official linker places them. */
const FUNC_ALIGN = 32;
const MIN_FUNC_ALIGN = 16;
const MAX_DATA_ALIGN = 32;

export function roundUp(n: number, align: number): number {
	return Math.ceil(n / align) * align;
}

/** Groups of symbols in the order in which they are placed. */
export interface Groups {
	text: number[];
	textFips: number[];
	types: number[];
	strings: number[];
	gcbits: number[];
	rodata: number[];
	rodataFips: number[];
	funcdata: number[];
	noptrdata: number[];
	noptrdataFips: number[];
	data: number[];
	dataFips: number[];
	bss: number[];
	noptrbss: number[];
	itabs: number[];
	typelinks: number[];
}

function newGroups(): Groups {
	return {
		text: [],
		textFips: [],
		types: [],
		strings: [],
		gcbits: [],
		rodata: [],
		rodataFips: [],
		funcdata: [],
		noptrdata: [],
		noptrdataFips: [],
		data: [],
		dataFips: [],
		bss: [],
		noptrbss: [],
		itabs: [],
		typelinks: [],
	};
}

/** Sorts the reached symbols into groups; kind decides, and being funcdata of a reached function. */
export function groupSymbols(syms: Symbols, reached: BitSet, ranks: Int32Array): Groups {
	const g = newGroups();
	const isFuncdata = new Uint8Array(syms.count);
	for (const id of syms.defined) {
		const f = reached.has(id) ? syms.func(id) : -1;
		if (f < 0) continue;
		const lp = syms.packs[syms.pack[id]];
		const { fnFuncdataAt, funcdataRef } = lp.pack;
		for (let i = fnFuncdataAt[f]; i < fnFuncdataAt[f + 1]; i++) if (funcdataRef[i] >= 0) isFuncdata[lp.symbol(funcdataRef[i])] = 1;
	}
	for (const id of syms.defined) {
		if (!reached.has(id) || syms.kind[id] === 0 || syms.made[id] === 1) continue;
		if (isFuncdata[id] === 1) {
			g.funcdata.push(id);
			continue;
		}
		listOf(g, syms, id).push(id);
		if (syms.kind[id] === SymKind.Itab) g.itabs.push(id);
		if ((syms.flags[id] & SymFlag.Typelink) !== 0) g.typelinks.push(id);
	}
	// Packages one after another, as they depend on each other: an edit moves nothing of those before it (LinkRecord).
	for (const list of [g.text, g.textFips]) byPackage(syms, list, ranks, false);
	for (const list of [g.types, g.strings, g.gcbits, g.rodata, g.rodataFips, g.funcdata]) byPackage(syms, list, ranks, true);
	for (const list of [g.noptrdata, g.noptrdataFips, g.data, g.dataFips, g.bss, g.noptrbss]) byPackage(syms, list, ranks, true);
	return g;
}

function listOf(g: Groups, syms: Symbols, id: number): number[] {
	switch (syms.kind[id]) {
		case SymKind.Text:
			return (syms.bits[id] & SymBit.FipsText) !== 0 ? g.textFips : g.text;
		case SymKind.Type:
			return g.types;
		case SymKind.String:
			return g.strings;
		case SymKind.Gcbits:
			return g.gcbits;
		case SymKind.Funcdata:
			return g.funcdata;
		case SymKind.RodataFips:
			return g.rodataFips;
		case SymKind.Noptrdata:
		case SymKind.Inittask:
			return g.noptrdata;
		case SymKind.NoptrdataFips:
			return g.noptrdataFips;
		case SymKind.Data:
			return (syms.flags[id] & SymFlag.Noptr) !== 0 ? g.noptrdata : g.data;
		case SymKind.DataFips:
			return g.dataFips;
		case SymKind.Bss:
			return (syms.flags[id] & SymFlag.Noptr) !== 0 ? g.noptrbss : g.bss;
		case SymKind.Noptrbss:
			return g.noptrbss;
		case SymKind.Tls:
			return [];
		default:
			return g.rodata;
	}
}

/**
 * Orders by package; of a package small symbols first, which needs less padding, or as they were loaded. Symbols of size zero share the
 * address of runtime.zerobase: they come before all others, and it behind them.
 */
function byPackage(syms: Symbols, list: number[], ranks: Int32Array, bySize: boolean): void {
	const zerobase = bySize ? syms.lookup("runtime.zerobase") : 0;
	const { size, pkg } = syms;
	const buckets: number[][] = [];
	for (const id of list) {
		const rank = bySize && size[id] === 0 ? 0 : id === zerobase ? 1 : ranks[pkg[id]] + 1;
		while (buckets.length <= rank) buckets.push([]);
		buckets[rank].push(id);
	}
	let at = 0;
	for (const bucket of buckets) {
		if (bucket.length > 1) sortBy(syms, bucket, (id) => (bySize ? size[id] : 0));
		for (const id of bucket) list[at++] = id;
	}
}

const seqLimit = 0x400000;

/** Orders by a whole number, then in the order of loading. */
function sortBy(syms: Symbols, list: number[], key: (id: number) => number): void {
	const { seq, defined } = syms;
	const keys = new Float64Array(list.length);
	let largest = 0;
	for (let i = 0; i < keys.length; i++) {
		const k = key(list[i]);
		if (k > largest) largest = k;
		keys[i] = k * seqLimit + seq[list[i]];
	}
	if (largest >= 2 ** 30 || defined.length >= seqLimit) {
		// Too large for keys that hold both.
		list.sort((a, b) => key(a) - key(b) || seq[a] - seq[b]);
		return;
	}
	keys.sort();
	for (let i = 0; i < keys.length; i++) list[i] = defined[(keys[i] % seqLimit) - 1];
}

/** Alignment of a data symbol: what it asks for, else the largest power of two up to 32 that its size reaches. */
export function dataAlign(syms: Symbols, id: number): number {
	const asked = syms.align(id);
	if (asked > 1) return asked;
	const kind = syms.kind[id];
	if (asked === 1 && (kind === SymKind.String || kind === SymKind.Gcbits || kind === SymKind.Funcdata || kind === SymKind.Type)) return 1;
	let align = MAX_DATA_ALIGN;
	while (align > syms.size[id] && align > 1) align >>= 1;
	return align;
}

/** Assigns addresses; addr[id] of symbols, and sections. */
export class Layout {
	readonly syms: Symbols;
	readonly addr: Float64Array;
	/** Section of each placed symbol, -1 = none. */
	readonly sec: Int8Array;
	readonly sections: Section[];
	/** Symbols in order of placement, by section. */
	readonly placed: number[][];
	/** Symbols whose bytes are another's (equal content): representative by id, 0 = itself. */
	readonly alias: Int32Array;

	constructor(syms: Symbols) {
		this.syms = syms;
		this.addr = new Float64Array(syms.count);
		this.sec = new Int8Array(syms.count).fill(-1);
		this.alias = new Int32Array(syms.count);
		this.sections = SECTION_NAMES.map(() => ({ addr: 0, size: 0, align: 1, offset: 0 }));
		this.placed = SECTION_NAMES.map(() => []);
	}

	/** Offset of an address-less place: appends n bytes to a section, at the given alignment. */
	reserve(sec: Sec, n: number, align: number): number {
		const s = this.sections[sec];
		s.align = Math.max(s.align, align);
		const off = roundUp(s.size, align);
		s.size = off + n;
		return off;
	}

	/** Appends a symbol; its addr is an offset in the section until finish. */
	place(sec: Sec, id: number, align: number): void {
		this.addr[id] = this.reserve(sec, this.syms.size[id], align);
		this.sec[id] = sec;
		this.placed[sec].push(id);
	}

	placeText(list: readonly number[]): void {
		for (const id of list) {
			const asked = this.syms.align(id);
			this.place(Sec.text, id, asked > FUNC_ALIGN ? asked : asked >= MIN_FUNC_ALIGN ? asked : FUNC_ALIGN);
		}
	}

	placeData(sec: Sec, list: readonly number[]): void {
		for (const id of list) if (this.alias[id] === 0) this.place(sec, id, dataAlign(this.syms, id));
	}

	/** Finds symbols with equal bytes and no relocations; only the first of them is placed. */
	fold(list: readonly number[]): void {
		const { syms } = this;
		let n = 16;
		while (n < 2 * list.length) n *= 2;
		const slots = new Int32Array(n);
		for (const id of list) {
			if (syms.pack[id] < 0 || syms.relFrom[id] < syms.relTo[id] || !mayFold(syms, id)) continue;
			const h = syms.packAt(id).symHash[syms.sym[id]];
			let slot = (h ^ (h >>> 15)) & (n - 1);
			while (slots[slot] !== 0 && !sameBytes(syms, slots[slot], id)) slot = (slot + 1) & (n - 1);
			if (slots[slot] === 0) slots[slot] = id;
			else this.alias[id] = slots[slot];
		}
	}

	/** Turns offsets into addresses. headerSize: bytes of ELF headers and notes before text. */
	finish(headerSize: number): void {
		const s = this.sections;
		const start = BASE + PAGE * Math.ceil(headerSize / PAGE);
		let at = roundUp(start, s[Sec.text].align);
		let toFile = BASE;
		for (let i = 0; i < s.length; i++) {
			if (i === Sec.rodata || i === Sec.buildinfo) {
				// Memory and file agree within pages only.
				const offset = roundUp(at - toFile, PAGE);
				at = roundUp(at, SEGMENT);
				toFile = at - offset;
			}
			at = roundUp(at, s[i].align);
			s[i].addr = at;
			s[i].offset = at - toFile;
			at += s[i].size;
		}
		for (let i = 0; i < s.length; i++) {
			const base = s[i].addr;
			for (const id of this.placed[i]) this.addr[id] += base;
		}
		for (let id = 0; id < this.alias.length; id++) {
			const to = this.alias[id];
			if (to === 0) continue;
			this.addr[id] = this.addr[to];
			this.sec[id] = this.sec[to];
		}
	}

	/** Gives a boundary symbol its address, if anything mentions it. */
	setAddr(name: string, sec: Sec, addr: number): void {
		const id = this.syms.lookup(name);
		if (id === 0) return;
		this.addr[id] = addr;
		this.sec[id] = sec;
		if (this.syms.kind[id] === 0) this.syms.kind[id] = sec === Sec.text ? SymKind.Text : SymKind.Rodata;
	}

	end(sec: Sec): number {
		return this.sections[sec].addr + this.sections[sec].size;
	}

	/** File offset of a placed symbol. */
	fileOffset(id: number): number {
		const s = this.sections[this.sec[id]];
		return this.addr[id] - s.addr + s.offset;
	}
}

function mayFold(syms: Symbols, id: number): boolean {
	if ((syms.flags[id] & SymFlag.ContentAddressable) !== 0) return true;
	const kind = syms.kind[id];
	return kind === SymKind.Funcdata || kind === SymKind.Gcbits || kind === SymKind.String;
}

function sameBytes(syms: Symbols, a: number, b: number): boolean {
	const p = syms.packAt(a);
	const q = syms.packAt(b);
	const i = syms.sym[a];
	const j = syms.sym[b];
	if (p.symHash[i] !== q.symHash[j] || syms.size[a] !== syms.size[b] || p.symAlign[i] !== q.symAlign[j] || syms.kind[a] !== syms.kind[b])
		return false;
	const n = p.symDataAt[i + 1] - p.symDataAt[i];
	if (n !== q.symDataAt[j + 1] - q.symDataAt[j]) return false;
	const x = p.symDataAt[i];
	const y = q.symDataAt[j];
	for (let k = 0; k < n; k++) if (p.data[x + k] !== q.data[y + k]) return false;
	return true;
}
