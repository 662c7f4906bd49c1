// What breakpoints on functions need, small enough to be read whole: names, ends of prologues and names of inlined
// functions, as hashes and offsets. Kept beside the index of .debug_info, so that none of that has to be inflated.

import { ByteReader, ByteWriter, FormatError } from "#base";
import { LINE_END, LINE_PROLOGUE_END } from "#dwarf";
import type { FuncTable } from "./funcs.ts";
import { type DebugIndex, ENTRY_ABSTRACT } from "./index.ts";
import type { Lines } from "./lines.ts";
import { hashName } from "./names.ts";

const MAGIC = 0x49465354;
const VERSION = 1;

export class FuncIndex {
	/** Hash of the name of each function of the pclntab. */
	readonly names: Uint32Array;
	/** Where each function's prologue ends according to DWARF: 1 + offset from its entry; 0 = not known. */
	readonly prologues: Uint16Array;
	/** Hashes of the names of functions that were inlined somewhere. */
	readonly inlined: Uint32Array;

	constructor(names: Uint32Array, prologues: Uint16Array, inlined: Uint32Array) {
		this.names = names;
		this.prologues = prologues;
		this.inlined = inlined;
	}

	/** False: no function of that name was inlined. True: perhaps one was. */
	mayBeInlined(name: string): boolean {
		return this.inlined.includes(hashName(name));
	}

	save(): Uint8Array {
		const w = new ByteWriter(this.names.length * 8 + this.inlined.length * 4);
		for (const n of [MAGIC, VERSION, this.names.length, this.inlined.length]) w.u32(n);
		for (const c of [this.names, this.inlined, this.prologues]) w.bytes(new Uint8Array(c.buffer, c.byteOffset, c.byteLength));
		return w.take();
	}

	/** Takes what save() gave. Throws FormatError when it is of another version or of a file with another number of functions. */
	static load(bytes: Uint8Array, functions: number): FuncIndex {
		const r = new ByteReader(bytes);
		if (r.u32() !== MAGIC || r.u32() !== VERSION) throw new FormatError("not a function index of this version", 0);
		if (r.u32() !== functions) throw new FormatError("function index of another file", 8);
		const inlined = r.u32();
		const column = (size: number): ArrayBuffer => new Uint8Array(r.bytes(size)).buffer;
		const names = new Uint32Array(column(functions * 4));
		const hashes = new Uint32Array(column(inlined * 4));
		return new FuncIndex(names, new Uint16Array(column(functions * 2)), hashes);
	}
}

/** Makes a FuncIndex a unit at a time. */
export class FuncIndexBuilder {
	private readonly funcs: FuncTable;
	private readonly lines: Lines;
	private readonly index: DebugIndex;
	private readonly slide: number;
	private readonly prologues: Uint16Array;
	private readonly inlined: Set<number> = new Set();
	private next = 0;

	constructor(funcs: FuncTable, lines: Lines, index: DebugIndex, slide: number) {
		this.funcs = funcs;
		this.lines = lines;
		this.index = index;
		this.slide = slide;
		this.prologues = new Uint16Array(funcs.length);
	}

	/** Reads one more unit; false when there is none left. */
	advance(): boolean {
		const { units } = this.index.dwarf;
		const unit = units[this.next];
		if (unit === undefined) return false;
		const x = this.index.unit(this.next++);
		for (let row = 0; row < x.count; row++) if (x.kind[row] === ENTRY_ABSTRACT) this.inlined.add(hashName(x.nameOf(row)));
		const rows = this.lines.readOnce(unit);
		for (let i = 0; rows !== null && i < rows.count; i++) {
			if ((rows.flags[i] & (LINE_PROLOGUE_END | LINE_END)) === LINE_PROLOGUE_END) this.prologue(rows.address[i] + this.slide);
		}
		return true;
	}

	private prologue(address: number): void {
		const f = this.funcs.indexAt(address);
		if (f < 0) return;
		const value = address - this.funcs.entryOf(f) + 1;
		const old = this.prologues[f] as number;
		if (value <= 0xffff && (old === 0 || value < old)) this.prologues[f] = value;
	}

	done(): FuncIndex {
		const names = new Uint32Array(this.funcs.length);
		for (let i = 0; i < names.length; i++) names[i] = hashName(this.funcs.tab.name(i));
		return new FuncIndex(names, this.prologues, Uint32Array.from(this.inlined));
	}
}
