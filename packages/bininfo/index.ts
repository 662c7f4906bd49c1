// What is where in .debug_info, a unit at a time: names of types, variables, constants and functions, the addresses
// of functions, inlined calls, runtime types. Columns of numbers, so that an index can be kept as bytes.

import { ByteReader, ByteWriter, FormatError } from "#base";
import * as D from "#dwarf";
import { type Dwarf, EntryCursor, type Unit } from "#dwarf";

/** Classes of indexed entries. */
export const ENTRY_TYPE = 1;
export const ENTRY_VARIABLE = 2;
export const ENTRY_CONSTANT = 3;
/** A subprogram with code of its own (an out-of-line copy of an inlined one has no name, origin instead). */
export const ENTRY_FUNC = 4;
/** A subprogram that exists only as inlined calls, or the part common to those and a copy. */
export const ENTRY_ABSTRACT = 5;
export const ENTRY_INLINED = 6;

const MAGIC = 0x49445354;
const VERSION = 2;
/** Names looked for before a hash table pays. */
const LINEAR_FINDS = 24;

/** The index of one unit. Rows are in file order. */
export class UnitIndex {
	readonly unit: Unit;
	readonly count: number;
	readonly kind: Uint8Array;
	/** Offset in .debug_info. */
	readonly offset: Uint32Array;
	/** Offset of the name's first byte in .debug_info; 0 = no name there. */
	readonly name: Uint32Array;
	/** Functions: low address. Types: runtime type. Inlined calls: row of the function that holds them. */
	readonly value: Float64Array;
	/** Inlined calls and copies: offset of the abstract function; 0 = none. */
	readonly origin: Uint32Array;
	private buckets: Int32Array | null = null;
	private chain: Int32Array | null = null;
	private byLow: Map<number, number> | null = null;
	private asked = 0;

	constructor(unit: Unit, kind: Uint8Array, offset: Uint32Array, name: Uint32Array, value: Float64Array, origin: Uint32Array) {
		this.unit = unit;
		this.count = kind.length;
		this.kind = kind;
		this.offset = offset;
		this.name = name;
		this.value = value;
		this.origin = origin;
	}

	/** Rows with a name, in file order. */
	find(name: Uint8Array): number[] {
		// A few names are found sooner without a table of all.
		if (this.buckets === null && this.asked++ < LINEAR_FINDS) return this.scan(name);
		if (this.buckets === null || this.chain === null) this.hash();
		const buckets = this.buckets as Int32Array;
		const chain = this.chain as Int32Array;
		const info = this.unit.dwarf.sections.info;
		const out: number[] = [];
		for (let row = buckets[hashBytes(name, 0, name.length) & (buckets.length - 1)]; row >= 0; row = chain[row]) {
			if (sameName(info, this.name[row], name)) out.push(row);
		}
		return out.reverse();
	}

	private scan(name: Uint8Array): number[] {
		const info = this.unit.dwarf.sections.info;
		const out: number[] = [];
		for (let row = 0; row < this.count; row++) {
			const at = this.name[row];
			if (at !== 0 && info[at] === name[0] && sameName(info, at, name)) out.push(row);
		}
		return out;
	}

	private hash(): void {
		let size = 16;
		while (size < this.count) size *= 2;
		const buckets = new Int32Array(size).fill(-1);
		const chain = new Int32Array(this.count).fill(-1);
		const info = this.unit.dwarf.sections.info;
		for (let row = 0; row < this.count; row++) {
			const at = this.name[row];
			if (at === 0) continue;
			let end = at;
			while (end < info.length && info[end] !== 0) end++;
			const b = hashBytes(info, at, end) & (size - 1);
			chain[row] = buckets[b];
			buckets[b] = row;
		}
		this.buckets = buckets;
		this.chain = chain;
	}

	/** Row of the function with code at a low address (of the file), or -1. */
	funcRow(low: number): number {
		if (this.byLow === null) {
			this.byLow = new Map();
			for (let row = 0; row < this.count; row++) if (this.kind[row] === ENTRY_FUNC) this.byLow.set(this.value[row], row);
		}
		return this.byLow.get(low) ?? -1;
	}

	nameOf(row: number): string {
		const at = this.name[row];
		return at === 0 ? "" : new ByteReader(this.unit.dwarf.sections.info, at).cstr();
	}

	save(w: ByteWriter): void {
		w.u32(this.unit.offset);
		w.u32(this.count);
		w.bytes(this.kind);
		for (const c of [this.offset, this.name, this.origin, this.value]) w.bytes(new Uint8Array(c.buffer, c.byteOffset, c.byteLength));
	}
}

function hashBytes(b: Uint8Array, from: number, to: number): number {
	let h = 0x811c9dc5;
	for (let i = from; i < to; i++) h = Math.imul(h ^ b[i], 0x01000193);
	return h >>> 0;
}

function sameName(info: Uint8Array, at: number, name: Uint8Array): boolean {
	for (let i = 0; i < name.length; i++) if (info[at + i] !== name[i]) return false;
	return info[at + name.length] === 0;
}

class Columns {
	kind: Uint8Array = new Uint8Array(256);
	offset: Uint32Array = new Uint32Array(256);
	name: Uint32Array = new Uint32Array(256);
	origin: Uint32Array = new Uint32Array(256);
	value: Float64Array = new Float64Array(256);
	count = 0;

	add(kind: number, offset: number, name: number, value: number, origin: number): number {
		const i = this.count++;
		if (i === this.kind.length) this.grow();
		this.kind[i] = kind;
		this.offset[i] = offset;
		this.name[i] = Math.max(name, 0);
		this.value[i] = value;
		this.origin[i] = Math.max(origin, 0);
		return i;
	}

	private grow(): void {
		const n = this.kind.length * 2;
		const kind = new Uint8Array(n);
		kind.set(this.kind);
		this.kind = kind;
		const wide = (a: Uint32Array): Uint32Array => {
			const b = new Uint32Array(n);
			b.set(a);
			return b;
		};
		this.offset = wide(this.offset);
		this.name = wide(this.name);
		this.origin = wide(this.origin);
		const value = new Float64Array(n);
		value.set(this.value);
		this.value = value;
	}
}

/** Reads a unit's entries once. */
export function indexUnit(unit: Unit): UnitIndex {
	const out = new Columns();
	const c = new EntryCursor(unit, unit.first);
	// Row of the function around the cursor, and the depth at which it ends.
	let func = -1;
	let funcDepth = 0;
	while (c.next()) {
		if (c.depth <= funcDepth) func = -1;
		switch (c.tag) {
			case 0:
				break;
			case D.DW_TAG_subprogram: {
				const origin = c.ref(D.DW_AT_abstract_origin);
				const name = nameAt(c);
				if (c.has(D.DW_AT_low_pc)) {
					func = out.add(ENTRY_FUNC, c.offset, name, c.uint(D.DW_AT_low_pc, 0), origin);
					funcDepth = c.depth;
				} else if (c.has(D.DW_AT_inline)) out.add(ENTRY_ABSTRACT, c.offset, name, 0, 0);
				break;
			}
			case D.DW_TAG_inlined_subroutine:
				out.add(ENTRY_INLINED, c.offset, 0, func, c.ref(D.DW_AT_abstract_origin));
				break;
			case D.DW_TAG_variable:
				if (func < 0 && c.depth === 1) out.add(ENTRY_VARIABLE, c.offset, nameAt(c), 0, 0);
				break;
			case D.DW_TAG_constant:
				if (c.depth === 1) out.add(ENTRY_CONSTANT, c.offset, nameAt(c), 0, 0);
				break;
			case D.DW_TAG_base_type:
			case D.DW_TAG_array_type:
			case D.DW_TAG_structure_type:
			case D.DW_TAG_pointer_type:
			case D.DW_TAG_typedef:
			case D.DW_TAG_subroutine_type:
			case 0x17:
			case 0x04:
				if (func < 0 && c.depth === 1) out.add(ENTRY_TYPE, c.offset, nameAt(c), c.uint(D.DW_AT_go_runtime_type, 0), 0);
				break;
		}
	}
	const n = out.count;
	return new UnitIndex(
		unit,
		out.kind.slice(0, n),
		out.offset.slice(0, n),
		out.name.slice(0, n),
		out.value.slice(0, n),
		out.origin.slice(0, n),
	);
}

function nameAt(c: EntryCursor): number {
	return c.inlineString(D.DW_AT_name);
}

/** The indexes of a file's units, each made when first needed. */
export class DebugIndex {
	readonly dwarf: Dwarf;
	private readonly units: (UnitIndex | undefined)[] = [];
	private indexed = 0;
	/** It was read from what save() gave. */
	loaded: boolean = false;

	constructor(dwarf: Dwarf) {
		this.dwarf = dwarf;
	}

	unit(i: number): UnitIndex {
		let x = this.units[i];
		if (x === undefined) {
			x = indexUnit(this.dwarf.units[i]);
			this.units[i] = x;
		}
		return x;
	}

	/** Indexes one more unit; false when there is none left. */
	advance(): boolean {
		while (this.indexed < this.dwarf.units.length) {
			const i = this.indexed++;
			if (this.units[i] !== undefined) continue;
			this.unit(i);
			return true;
		}
		return false;
	}

	/** All units; reads the whole of .debug_info unless that was done or loaded. */
	all(): UnitIndex[] {
		return this.dwarf.units.map((_, i) => this.unit(i));
	}

	/** Everything as bytes, for load(). */
	save(): Uint8Array {
		const w = new ByteWriter(1 << 16);
		const all = this.all();
		w.u32(MAGIC);
		w.u32(VERSION);
		w.u64(this.dwarf.sections.info.length);
		w.u32(all.length);
		for (const u of all) u.save(w);
		return w.take();
	}

	/** Takes what save() of the same file gave. Throws FormatError when it is of another file or version. */
	load(bytes: Uint8Array): void {
		const r = new ByteReader(bytes);
		if (r.u32() !== MAGIC || r.u32() !== VERSION) throw new FormatError("not a debug index of this version", 0);
		const size = r.u64();
		const count = r.u32();
		if (size !== this.dwarf.sections.info.length || count !== this.dwarf.units.length)
			throw new FormatError("debug index of another file", 8);
		for (let i = 0; i < count; i++) {
			const unit = this.dwarf.units[i];
			if (r.u32() !== unit.offset) throw new FormatError("debug index of another file", r.pos - 4);
			const n = r.u32();
			r.need(n * 21);
			const kind = new Uint8Array(r.bytes(n));
			const words = (): Uint32Array => new Uint32Array(new Uint8Array(r.bytes(n * 4)).buffer);
			const offset = words();
			const name = words();
			const origin = words();
			const value = new Float64Array(new Uint8Array(r.bytes(n * 8)).buffer);
			this.units[i] = new UnitIndex(unit, kind, offset, name, value, origin);
		}
		this.loaded = true;
	}
}
