// Sizes, offsets, pointer masks and scalar parts of types, for amd64 (and any
// other 64-bit target). Answers are cached by type id.

import { InternalError } from "#base";
import { sizeOfT, T } from "#ssa";
import { BasicKind, type Struct, type Type, TypeKind, typeOf, unalias } from "#types";
import { type Types, u } from "./subst.ts";

export const PtrSize = 8;
/** Values of types with at most this many scalars and no arrays longer than 1 live in SSA variables. */
export const MaxParts = 4;

/** A scalar inside a value of some type. */
export interface Leaf {
	t: T;
	off: number;
	/** The length or capacity of a string or slice: never negative. */
	len: boolean;
}

export class TypeLayout {
	readonly size: number;
	readonly align: number;
	/** Bytes up to the end of the last pointer; 0 = no pointers. */
	readonly ptrBytes: number;
	/** All scalars in order of offset; null when there is an array longer than 1 or more than 32 of them. */
	readonly leaves: readonly Leaf[] | null;
	/** Values are lists of scalars in the builder. */
	readonly ssa: boolean;
	/** Never in the garbage-collected heap (internal/runtime/sys.NotInHeap inside). */
	readonly notInHeap: boolean;
	/** Offsets of struct fields. */
	readonly offsets: readonly number[];
	constructor(
		size: number,
		align: number,
		ptrBytes: number,
		leaves: readonly Leaf[] | null,
		notInHeap: boolean,
		offsets: readonly number[] = [],
	) {
		this.size = size;
		this.align = align;
		this.ptrBytes = ptrBytes;
		this.leaves = leaves;
		this.ssa = leaves !== null && leaves.length <= MaxParts;
		this.notInHeap = notInHeap;
		this.offsets = offsets;
	}
}

const none: readonly Leaf[] = [];
const one = (t: T): TypeLayout => new TypeLayout(sizeOfT[t], sizeOfT[t], t === T.Ptr ? 8 : 0, [{ t, off: 0, len: false }], false);
const ptrLayout = one(T.Ptr);
const addrLayout = one(T.Addr);
const stringLayout = new TypeLayout(
	16,
	8,
	8,
	[
		{ t: T.Ptr, off: 0, len: false },
		{ t: T.I64, off: 8, len: true },
	],
	false,
);
const sliceLayout = new TypeLayout(
	24,
	8,
	8,
	[
		{ t: T.Ptr, off: 0, len: false },
		{ t: T.I64, off: 8, len: true },
		{ t: T.I64, off: 16, len: true },
	],
	false,
);
/** The type word of an interface points to static or persistent data: the collector does not look at it. */
const ifaceLayout = new TypeLayout(
	16,
	8,
	16,
	[
		{ t: T.Addr, off: 0, len: false },
		{ t: T.Ptr, off: 8, len: false },
	],
	false,
);
const complexLayout = (t: T, n: number): TypeLayout =>
	new TypeLayout(
		2 * n,
		n,
		0,
		[
			{ t, off: 0, len: false },
			{ t, off: n, len: false },
		],
		false,
	);

const basicLayouts: readonly (TypeLayout | null)[] = [
	null,
	one(T.Bool),
	one(T.I64),
	one(T.I8),
	one(T.I16),
	one(T.I32),
	one(T.I64),
	one(T.I64),
	one(T.I8),
	one(T.I16),
	one(T.I32),
	one(T.I64),
	one(T.I64),
	one(T.F32),
	one(T.F64),
	complexLayout(T.F32, 4),
	complexLayout(T.F64, 8),
	stringLayout,
	ptrLayout,
	one(T.Bool),
	one(T.I64),
	one(T.I32),
	one(T.F64),
	complexLayout(T.F64, 8),
	stringLayout,
	ptrLayout,
];

export function alignUp(n: number, a: number): number {
	const over = n % a;
	return over === 0 ? n : n + a - over;
}

export class Layout {
	readonly types: Types;
	private readonly cache: (TypeLayout | undefined)[] = [];

	constructor(types: Types) {
		this.types = types;
	}

	of(t: Type): TypeLayout {
		let l = this.cache[t.id];
		if (l === undefined) {
			l = this.compute(t);
			this.cache[t.id] = l;
		}
		return l;
	}

	size(t: Type): number {
		return this.of(t).size;
	}

	hasPointers(t: Type): boolean {
		return this.of(t).ptrBytes > 0;
	}

	/** Scalars of an SSA-able type. */
	parts(t: Type): readonly Leaf[] {
		const l = this.of(t);
		if (!l.ssa || l.leaves === null) throw new InternalError(`not a list of scalars: ${this.types.link(t)}`);
		return l.leaves;
	}

	/** Stored directly in an interface's data word: one pointer, nothing else (beside it a [2][0]T would keep it out of registers). */
	isDirectIface(t: Type): boolean {
		const l = this.of(t);
		return l.size === PtrSize && l.ptrBytes === PtrSize && l.leaves !== null;
	}

	isSsa(t: Type): boolean {
		return this.of(t).ssa;
	}

	/** The only scalar of t. */
	scalar(t: Type): T {
		const l = this.parts(t);
		if (l.length !== 1) throw new InternalError(`not one scalar: ${this.types.link(t)}`);
		return l[0].t;
	}

	fieldOffset(t: Struct, i: number): number {
		return this.of(t).offsets[i];
	}

	/** One bit per word of the first ptrBytes of t, set where the collector looks. */
	ptrmask(t: Type): Uint8Array | null {
		const l = this.of(t);
		if (l.ptrBytes === 0) return null;
		const mask = new Uint8Array(Math.ceil(Math.ceil(l.size / 8) / 8));
		this.fillMask(t, 0, mask);
		return mask;
	}

	/** Calls f with the offset of each pointer word of a t. */
	private fillMask(t: Type, at: number, mask: Uint8Array): void {
		const l = this.of(t);
		if (l.ptrBytes === 0) return;
		if (l.leaves !== null) {
			for (const leaf of l.leaves) {
				if (leaf.t !== T.Ptr) continue;
				const w = (at + leaf.off) >> 3;
				mask[w >> 3] |= 1 << (w & 7);
			}
			return;
		}
		const x = u(t);
		if (x.kind === TypeKind.Array) {
			const n = this.of(x.elem).size;
			for (let i = 0; i < x.len; i++) this.fillMask(x.elem, at + i * n, mask);
		} else if (x.kind === TypeKind.Struct) {
			x.fields.forEach((f, i) => {
				this.fillMask(typeOf(f), at + l.offsets[i], mask);
			});
		} else throw new InternalError(`no mask for ${this.types.link(t)}`);
	}

	private compute(t: Type): TypeLayout {
		const x = unalias(t);
		if (x !== t) return this.of(x);
		switch (x.kind) {
			case TypeKind.Basic: {
				const l = basicLayouts[x.basic];
				if (l === null || x.basic === BasicKind.Invalid) throw new InternalError("size of the invalid type");
				return l;
			}
			case TypeKind.Named: {
				const l = this.of(u(x));
				const isNih = x.obj.name === "nih" && x.obj.pkg?.path === "internal/runtime/sys";
				const align64 = x.obj.name === "align64" && (x.obj.pkg?.path === "sync/atomic" || x.obj.pkg?.path === "internal/runtime/atomic");
				if (isNih) return new TypeLayout(l.size, l.align, 0, l.leaves, true, l.offsets);
				if (align64) return new TypeLayout(l.size, 8, l.ptrBytes, l.leaves, l.notInHeap, l.offsets);
				return l;
			}
			case TypeKind.Pointer:
				return this.isNotInHeap(x.elem) ? addrLayout : ptrLayout;
			case TypeKind.Chan:
			case TypeKind.Map:
			case TypeKind.Signature:
				return ptrLayout;
			case TypeKind.Slice:
				return this.isNotInHeap(x.elem) ? notInHeapSlice : sliceLayout;
			case TypeKind.Interface:
				return ifaceLayout;
			case TypeKind.Array:
				return this.array(x.elem, x.len);
			case TypeKind.Struct:
				return this.struct(x);
			case TypeKind.Tuple:
			case TypeKind.TypeParam:
			case TypeKind.Union:
			case TypeKind.Alias:
				throw new InternalError(`layout of ${this.types.link(x)}`);
		}
	}

	/** Whether t contains a NotInHeap type by value; does not follow pointers, so recursive types are no problem. */
	isNotInHeap(t: Type): boolean {
		const x = unalias(t);
		if (x.kind === TypeKind.Named) {
			if (x.obj.name === "nih" && x.obj.pkg?.path === "internal/runtime/sys") return true;
			return this.isNotInHeap(u(x));
		}
		if (x.kind === TypeKind.Array) return this.isNotInHeap(x.elem);
		if (x.kind === TypeKind.Struct) {
			for (const f of x.fields) if (this.isNotInHeap(typeOf(f))) return true;
		}
		return false;
	}

	private array(elem: Type, n: number): TypeLayout {
		const e = this.of(elem);
		const ptrBytes = n > 0 && e.ptrBytes > 0 ? e.size * (n - 1) + e.ptrBytes : 0;
		const leaves = n === 0 ? none : n === 1 ? e.leaves : e.size === 0 ? e.leaves : null;
		return new TypeLayout(e.size * n, e.align, ptrBytes, n > 1 && e.size === 0 ? null : leaves, e.notInHeap);
	}

	private struct(x: Struct): TypeLayout {
		let off = 0;
		let align = 1;
		let ptrBytes = 0;
		let notInHeap = false;
		let leaves: Leaf[] | null = [];
		const offsets: number[] = [];
		let last = -1;
		for (const f of x.fields) {
			const l = this.of(typeOf(f));
			off = alignUp(off, l.align);
			offsets.push(off);
			if (l.align > align) align = l.align;
			if (l.ptrBytes > 0) ptrBytes = off + l.ptrBytes;
			if (l.notInHeap) notInHeap = true;
			if (leaves !== null) {
				if (l.leaves === null) leaves = null;
				else for (const p of l.leaves) leaves.push({ t: p.t, off: off + p.off, len: p.len });
			}
			if (leaves !== null && leaves.length > 32) leaves = null;
			off += l.size;
			last = l.size;
		}
		if (off > 0 && last === 0) off++;
		return new TypeLayout(alignUp(off, align), align, ptrBytes, leaves, notInHeap, offsets);
	}
}

const notInHeapSlice = new TypeLayout(
	24,
	8,
	0,
	[
		{ t: T.Addr, off: 0, len: false },
		{ t: T.I64, off: 8, len: true },
		{ t: T.I64, off: 16, len: true },
	],
	false,
);
