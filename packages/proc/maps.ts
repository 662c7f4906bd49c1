// Iterating over maps: Swiss maps (Go 1.24 on) in the order of their tables, groups and slots, and the bucket maps before.

import { Kind, type Type } from "#bininfo";
import { type Loader, word } from "./load.ts";
import type { Variable } from "./variable.ts";

const POINTER = 8;
const SLOTS = 8;
/** Larger keys and elements are kept behind a pointer (internal/abi). */
const MAX_INLINE = 128;
const EMPTY_OR_DELETED = 0x80;
/** Top hashes of buckets: below this a slot is empty or was moved. */
const MIN_TOPHASH = 5;
const EVACUATED = [2, 3, 4];
const MAX_GROUPS = 1 << 26;

/** A part of a map's entry. */
interface Part {
	type: Type;
	size: number;
	indirect: boolean;
}

interface Slot {
	key: number;
	elem: number;
}

function part(type: Type): Part {
	const indirect = type.size > MAX_INLINE;
	return { type, size: indirect ? POINTER : type.size, indirect };
}

/** Alignment of a type in memory. */
export function alignOf(t: Type, indirect = false): number {
	if (indirect) return POINTER;
	const real = t.real;
	switch (real.kind) {
		case Kind.Array:
			return real.elem === null ? 1 : alignOf(real.elem);
		case Kind.Struct:
			return Math.max(1, ...real.fields.map((f) => alignOf(f.type)));
		case Kind.Complex64:
			return 4;
		default:
			return Math.min(Math.max(real.size, 1), POINTER);
	}
}

function align(n: number, to: number): number {
	return Math.ceil(n / to) * to;
}

/** Walks a map. next() moves to an entry; key() and value() make variables of it. */
export class MapIterator {
	private readonly loader: Loader;
	private readonly keyPart: Part;
	private readonly elemPart: Part;
	private readonly entries: Iterator<Slot>;
	private slot: Slot = { key: 0, elem: 0 };
	/** Number of entries, and the address of the runtime's structure; 0 = nil map. */
	readonly length: number;
	readonly address: number;

	/** Throws MemoryError, or Error when the map's type is not as expected. */
	constructor(loader: Loader, v: Variable) {
		this.loader = loader;
		const real = v.real;
		if (real === null || real.key === null || real.elem === null) throw new Error("wrong real type for map");
		const memory = loader.program.memory;
		this.address = word(v.memory, v.address);
		this.keyPart = part(real.key);
		this.elemPart = part(real.elem);
		const header = real.target?.real.elem?.real ?? loader.program.binary.typeNamed("internal/runtime/maps.Map")?.real ?? null;
		if (header === null) throw new Error("malformed map type");
		const swiss = header.field("dirPtr") !== null;
		const at = (name: string): number => {
			const f = header.field(name);
			if (f === null) throw new Error("malformed map type");
			return f.offset;
		};
		this.length = this.address === 0 ? 0 : word(memory, this.address + at(swiss ? "used" : "count"));
		if (this.address === 0) this.entries = [][Symbol.iterator]();
		else if (swiss) this.entries = this.swissEntries(at("dirPtr"), at("dirLen"), splitGroups(header));
		else this.entries = this.bucketEntries(at("B"), at("buckets"), at("oldbuckets"));
	}

	next(): boolean {
		const r = this.entries.next();
		if (r.done === true) return false;
		this.slot = r.value;
		return true;
	}

	key(): Variable {
		return this.make(this.slot.key, this.keyPart);
	}

	value(): Variable {
		return this.make(this.slot.elem, this.elemPart);
	}

	private make(at: number, p: Part): Variable {
		const address = p.indirect ? word(this.loader.program.memory, at) : at;
		return this.loader.variable("", address, p.type, this.loader.behind());
	}

	// Swiss maps.

	private *swissEntries(dirPtrAt: number, dirLenAt: number, split: boolean): Generator<Slot> {
		const memory = this.loader.program.memory;
		const dirPtr = word(memory, this.address + dirPtrAt);
		const dirLen = word(memory, this.address + dirLenAt);
		if (dirPtr === 0) return;
		if (dirLen === 0) {
			yield* this.group(dirPtr, split);
			return;
		}
		const table = this.loader.program.layout;
		const name = "internal/runtime/maps.table";
		const dataAt = table.offset(name, "groups.data");
		const maskAt = table.offset(name, "groups.lengthMask");
		const size = this.groupSize(split);
		let previous = 0;
		for (let i = 0; i < dirLen && i < MAX_GROUPS; i++) {
			// Neighbouring places of the directory may share a table.
			const t = word(memory, dirPtr + i * POINTER);
			if (t === previous) continue;
			previous = t;
			const data = word(memory, t + dataAt);
			const groups = word(memory, t + maskAt) + 1;
			if (data === 0) throw new Error("bad swiss map, groups pointer is nil");
			if (groups > MAX_GROUPS) throw new Error(`impossible table lenght in swiss table: ${groups}`);
			for (let g = 0; g < groups; g++) yield* this.group(data + g * size, split);
		}
	}

	private slotLayout(): { elem: number; size: number } {
		const ka = alignOf(this.keyPart.type, this.keyPart.indirect);
		const ea = alignOf(this.elemPart.type, this.elemPart.indirect);
		const elem = align(this.keyPart.size, ea);
		// A field of size zero at the end is given a byte, so that its address stays inside.
		const end = elem + (this.elemPart.size === 0 && this.keyPart.size > 0 ? 1 : this.elemPart.size);
		return { elem, size: align(end, Math.max(ka, ea)) };
	}

	/** A group is a word of control bytes and eight slots, or eight keys and eight elements. */
	private groupSize(split: boolean): number {
		const most = Math.max(alignOf(this.keyPart.type, this.keyPart.indirect), alignOf(this.elemPart.type, this.elemPart.indirect), POINTER);
		if (!split) return align(POINTER + SLOTS * this.slotLayout().size, most);
		return align(this.splitElems() + SLOTS * this.elemPart.size, most);
	}

	private splitElems(): number {
		return align(POINTER + SLOTS * this.keyPart.size, alignOf(this.elemPart.type, this.elemPart.indirect));
	}

	private *group(at: number, split: boolean): Generator<Slot> {
		const ctrl = this.loader.program.memory.read(at, POINTER);
		const used: number[] = [];
		for (let i = 0; i < SLOTS; i++) if ((ctrl[i] & EMPTY_OR_DELETED) === 0) used.push(i);
		const { elem, size } = this.slotLayout();
		for (const i of used) {
			if (split) yield { key: at + POINTER + i * this.keyPart.size, elem: at + this.splitElems() + i * this.elemPart.size };
			else yield { key: at + POINTER + i * size, elem: at + POINTER + i * size + elem };
		}
	}

	// Bucket maps.

	private *bucketEntries(bAt: number, bucketsAt: number, oldAt: number): Generator<Slot> {
		const memory = this.loader.program.memory;
		const b = memory.u8(this.address + bAt);
		if (b > 40) throw new Error("malformed map type");
		const size = align(SLOTS + SLOTS * (this.keyPart.size + this.elemPart.size), POINTER) + POINTER;
		const old = word(memory, this.address + oldAt);
		const buckets = word(memory, this.address + bucketsAt);
		if (buckets !== 0) for (let i = 0; i < 2 ** b; i++) yield* this.bucket(buckets + i * size, size, false);
		if (old === 0) return;
		// While it grows, what has not been moved is still in the old buckets: half as many, or as many.
		const sameSize = (memory.u8(this.address + bAt - 1) & 8) !== 0;
		const count = sameSize ? 2 ** b : 2 ** (b - 1);
		for (let i = 0; i < count; i++) yield* this.bucket(old + i * size, size, true);
	}

	private *bucket(first: number, size: number, old: boolean): Generator<Slot> {
		const memory = this.loader.program.memory;
		let chain = 0;
		for (let at = first; at !== 0 && chain < MAX_GROUPS; at = word(memory, at + size - POINTER), chain++) {
			const top = memory.read(at, SLOTS);
			if (old && chain === 0 && EVACUATED.includes(top[0])) return;
			const used: number[] = [];
			for (let i = 0; i < SLOTS; i++) if (top[i] >= MIN_TOPHASH) used.push(i);
			const keys = at + SLOTS;
			const elems = keys + SLOTS * this.keyPart.size;
			for (const i of used) yield { key: keys + i * this.keyPart.size, elem: elems + i * this.elemPart.size };
		}
	}
}

/** Groups hold eight keys and then eight elements (an experiment of Go 1.27), as the type of the map's groups says. */
function splitGroups(header: Type): boolean {
	const table = header.field("dirPtr")?.type.real.elem?.real.elem?.real;
	const group = table?.field("groups")?.type.real.field("data")?.type.real.elem?.real;
	return group?.field("keys") !== null && group?.field("keys") !== undefined;
}
