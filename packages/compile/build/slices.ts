// Indices, bounds checks, slicing; append, copy and make of slices.

import { type Call, type Expr, Kind, type SliceExpr } from "#syntax";
import { ObjKind, type Slice, type Type, TypeKind } from "#types";
import {
	OpEq,
	OpLe,
	OpLeU,
	OpLtU,
	OpNot,
	OpMul,
	OpShl,
	OpSignExt,
	OpZeroExt,
	OpBoundsCheck,
	OpAnd,
	OpSar,
	OpNeg,
	OpPtrAdd,
	sizeOfT,
	T,
	OpNe,
	OpCondSelect,
	OpLt,
} from "#ssa";
import { isUnsigned, u } from "../subst.ts";
import { builtinArgs } from "./args.ts";
import { type Builder, Val } from "./builder.ts";
import { expr } from "./expr.ts";
import { callsFirst } from "./order.ts";
import { place } from "./place.ts";

/** An index as I64; signed tells how its type was, for the panic message. */
export interface IndexVal {
	v: number;
	signed: boolean;
}

/** Codes of internal/abi BoundsErrorCode. */
export const Bounds = {
	Index: 0,
	SliceAlen: 1,
	SliceAcap: 2,
	SliceB: 3,
	Slice3Alen: 4,
	Slice3Acap: 5,
	Slice3B: 6,
	Slice3C: 7,
	Convert: 8,
} as const;

/** Widens an integer value of type t to 64 bits. */
export function extendToInt(b: Builder, t: Type, v: number): IndexVal {
	const signed = !isUnsigned(t);
	const mt = b.layout.scalar(t);
	if (sizeOfT[mt] === 8) return { v, signed };
	return { v: b.v(signed ? OpSignExt : OpZeroExt, T.I64, [v]), signed };
}

export function indexValue(b: Builder, e: Expr): IndexVal {
	const tv = b.p.build.info.types.get(e);
	if (tv?.value != null) {
		const v = expr(b, e).one;
		const c = b.constOf(v);
		if (c !== null) return { v: b.i64(c), signed: true };
		return { v, signed: true };
	}
	return extendToInt(b, b.typeOf(e), expr(b, e).one);
}

/** Panics unless 0 <= idx < len (code Index), or as the code says. */
export function boundsCheck(b: Builder, idx: IndexVal, len: number, code: number): void {
	if (b.noBounds) return;
	const i = b.constOf(idx.v);
	const n = b.constOf(len);
	if (i !== null && n !== null && i >= 0n && (code === Bounds.Index ? i < n : i <= n)) return;
	b.v(OpBoundsCheck, T.Void, [idx.v, len], BigInt(code | (idx.signed ? 0x100 : 0)));
}

/** idx * size. */
export function scaleIndex(b: Builder, idx: number, size: number): number {
	const c = b.constOf(idx);
	if (c !== null) return b.i64(c * BigInt(size));
	if (size === 1) return idx;
	if (size > 0 && (size & (size - 1)) === 0) return b.v(OpShl, T.I64, [idx, b.i64(Math.log2(size))], 1n);
	return b.v(OpMul, T.I64, [idx, b.i64(size)]);
}

/** x[lo:hi:max]. */
export function sliceExpr(b: Builder, e: SliceExpr): Val {
	const xt = b.typeOf(e.x);
	callsFirst(
		b,
		[e.x, e.lo, e.hi, e.max].filter((x) => x !== null),
	);
	let ptr: number;
	let len: number;
	let cap: number;
	let elem: Type | null = null;
	const x = u(xt);
	if (x.kind === TypeKind.Pointer) {
		const a = u(x.elem);
		if (a.kind !== TypeKind.Array) return b.fail("slice of a pointer");
		ptr = expr(b, e.x).one;
		elem = a.elem;
		len = b.i64(a.len);
		cap = len;
	} else if (x.kind === TypeKind.Array) {
		const pl = place(b, e.x);
		if (pl.k !== "mem") return b.fail("slice of an array without address");
		ptr = b.offPtr(pl.ptr, pl.off);
		elem = x.elem;
		len = b.i64(x.len);
		cap = len;
	} else {
		const s = expr(b, e.x);
		ptr = s.part(0);
		len = s.part(1);
		cap = x.kind === TypeKind.Slice ? s.part(2) : len;
		if (x.kind === TypeKind.Slice) elem = x.elem;
	}
	const lo = e.lo === null ? null : indexValue(b, e.lo);
	const hi = e.hi === null ? null : indexValue(b, e.hi);
	const max = e.max === null ? null : indexValue(b, e.max);
	b.pos = e.pos;
	if (x.kind === TypeKind.Pointer) b.nilCheck(ptr);
	return sliceParts(b, ptr, len, cap, lo, hi, max, elem === null ? 1 : b.layout.size(elem), x.kind);
}

function sliceParts(
	b: Builder,
	ptr: number,
	len: number,
	cap: number,
	lo: IndexVal | null,
	hi: IndexVal | null,
	max: IndexVal | null,
	size: number,
	kind: number,
): Val {
	const isStr = kind === TypeKind.Basic;
	const i = lo ?? { v: b.i64(0), signed: true };
	const j = hi ?? { v: len, signed: true };
	const k = max ?? { v: cap, signed: true };
	const onSlice = kind === TypeKind.Slice;
	if (max !== null) {
		boundsCheck(b, k, cap, onSlice ? Bounds.Slice3Acap : Bounds.Slice3Alen);
		boundsCheck(b, j, k.v, Bounds.Slice3B);
		boundsCheck(b, i, j.v, Bounds.Slice3C);
	} else {
		if (hi !== null) boundsCheck(b, j, k.v, onSlice ? Bounds.SliceAcap : Bounds.SliceAlen);
		if (lo !== null) boundsCheck(b, i, j.v, Bounds.SliceB);
	}
	const newLen = lo === null ? j.v : b.sub(T.I64, j.v, i.v);
	if (isStr) {
		if (lo === null) return Val.of(ptr, newLen);
		return Val.of(advance(b, ptr, i.v, 1, newLen), newLen);
	}
	const newCap = lo === null ? k.v : b.sub(T.I64, k.v, i.v);
	if (lo === null || b.constOf(i.v) === 0n) return Val.of(ptr, newLen, newCap);
	return Val.of(advance(b, ptr, i.v, size, newCap), newLen, newCap);
}

/** ptr + i*size, or ptr when the rest is empty: the result must not point past the object. */
function advance(b: Builder, ptr: number, i: number, size: number, rest: number): number {
	if (size === 0) return ptr;
	const delta = scaleIndex(b, i, size);
	const mask = b.v(OpSar, T.I64, [b.v(OpNeg, T.I64, [rest]), b.i64(63)], 1n);
	return b.v(OpPtrAdd, T.Ptr, [ptr, b.v(OpAnd, T.I64, [delta, mask])]);
}

/** append(s, elems...) and append(s, t...). */
export function appendExpr(b: Builder, e: Call): Val {
	const st = b.typeOf(e);
	const slice = u(st) as Slice;
	const [first, ...rest] = builtinArgs(b, e);
	const s = first.to(st);
	if (e.hasDots) return appendSlice(b, e, s, slice);
	const n = rest.length;
	if (n === 0) return s;
	const vals = rest.map((a) => b.stabilise(slice.elem, a.to(slice.elem)));
	b.pos = e.pos;
	const num = b.i64(n);
	const [ptr, len, cap] = growFor(b, s, num, slice.elem, e);
	const size = b.layout.size(slice.elem);
	const at = b.ptrAdd(ptr, scaleIndex(b, b.sub(T.I64, len, num), size));
	vals.forEach((v, i) => {
		b.storeVal(slice.elem, at, i * size, v);
	});
	return Val.of(ptr, len, cap);
}

/** Bytes of the stack that a slice of unknown length may use (cmd/compile's variablemakethreshold). */
const StackStore = 32;

/** How many elements fit there; 0 = the stack is not for this slice. */
function stackCount(b: Builder, elem: Type, site: number): number {
	const size = b.layout.size(elem);
	return size === 0 || b.noOpt || b.frame.plan.siteOnHeap(site) ? 0 : Math.floor(StackStore / size);
}

/** Zeroed memory of the frame for n elements, aligned as allocated memory is. */
function stackStore(b: Builder, elem: Type, n: number): number {
	const { types } = b.p;
	const words = (n * b.layout.size(elem) + 7) >> 3;
	const t = b.layout.hasPointers(elem) ? types.arrayOf(elem, n) : types.arrayOf(types.uintptr, words);
	const ptr = b.temp(t, ".store");
	b.zero(t, ptr, 0);
	return ptr;
}

/**
 * s with room for num more elements and its length grown by them. site: the append of a fixed number of elements; if its result
 * stays in the function, the first elements of an empty slice go to the stack, once for each variable.
 */
export function growFor(b: Builder, s: Val, num: number, elem: Type, site: Call | null = null): number[] {
	const newLen = b.add(T.I64, s.part(1), num);
	const types = [T.Ptr, T.I64, T.I64];
	const grow = (): readonly number[] => b.rt("growslice", [s.part(0), newLen, s.part(2), num, b.typeWord(elem)]);
	const count = site === null || !firstAppend(b, site) ? 0 : stackCount(b, elem, site.id);
	return b.choose(
		b.cmp(OpLtU, s.part(2), newLen),
		types,
		() => {
			if (count === 0) return grow();
			const used = b.ssa.newVar(T.Bool);
			const small = b.cmp(OpLe, newLen, b.i64(count));
			const empty = b.cmp(OpEq, s.part(1), b.i64(0));
			const unused = b.v(OpNot, T.Bool, [b.ssa.read(used, b.cur)]);
			return b.choose(
				b.v(OpAnd, T.Bool, [b.v(OpAnd, T.Bool, [small, unused]), empty]),
				types,
				() => {
					b.ssa.write(used, b.cur, b.bool(true));
					return [stackStore(b, elem, count), newLen, b.i64(count)];
				},
				grow,
				1,
			);
		},
		() => [s.part(0), newLen, s.part(2)],
		-1,
	);
}

/** Whether no append to the same variable came before. */
function firstAppend(b: Builder, e: Call): boolean {
	const x = e.args[0];
	const v = x.kind === Kind.Name ? b.p.build.info.objectOf(x) : null;
	if (v === null || v.kind !== ObjKind.Var) return true;
	if (b.frame.appended.has(v)) return false;
	b.frame.appended.add(v);
	return true;
}

function appendSlice(b: Builder, e: Call, s: Val, slice: Slice): Val {
	const at = e.args[1];
	const yt = b.typeOf(at);
	const arg = unmake(b, at);
	if (arg !== null) return appendMake(b, e, s, slice, arg);
	if (isNilExpr(b, at)) return s;
	const y = expr(b, at);
	b.pos = e.pos;
	const n = y.part(1);
	const [ptr, len, cap] = growFor(b, s, n, slice.elem);
	const size = b.layout.size(slice.elem);
	const to = b.ptrAdd(ptr, scaleIndex(b, s.part(1), size));
	void yt;
	if (b.layout.hasPointers(slice.elem)) b.rt("typedslicecopy", [b.typeWord(slice.elem), to, n, y.part(0), n]);
	else b.rt("memmove", [to, y.part(0), scaleIndex(b, n, size)]);
	return Val.of(ptr, len, cap);
}

function isNilExpr(b: Builder, e: Expr): boolean {
	const t = b.p.build.info.typeOf(e);
	return t !== null && t.kind === TypeKind.Basic && t.basic === 25;
}

/** append(s, make([]T, n)...) grows and clears without making a slice. */
export function unmake(b: Builder, e: Expr): Call | null {
	if (e.kind !== Kind.Call || e.args.length !== 2) return null;
	const f = e.fun;
	if (f.kind !== Kind.Name) return null;
	const obj = b.p.build.info.objectOf(f);
	if (obj === null || obj.kind !== 7 || obj.id !== 9) return null;
	return u(b.typeOf(e)).kind === TypeKind.Slice ? e : null;
}

function appendMake(b: Builder, e: Call, s: Val, slice: Slice, mk: Call): Val {
	const n = indexValue(b, mk.args[1]);
	b.pos = e.pos;
	b.when(
		b.cmp(OpLt, n.v, b.i64(0)),
		() => {
			b.rt("panicmakeslicelen", []);
		},
		-1,
	);
	const [ptr, len, cap] = growFor(b, s, n.v, slice.elem);
	const size = b.layout.size(slice.elem);
	const at = b.ptrAdd(ptr, scaleIndex(b, s.part(1), size));
	const bytes = scaleIndex(b, n.v, size);
	// With nothing to clear, the address may be that of the next object.
	b.when(b.cmp(OpNe, n.v, b.i64(0)), () => {
		b.rt(b.layout.hasPointers(slice.elem) ? "memclrHasPointers" : "memclrNoHeapPointers", [at, bytes]);
	});
	return Val.of(ptr, len, cap);
}

/** copy(dst, src): the number of elements. */
export function copyExpr(b: Builder, e: Call): Val {
	const [to, from] = builtinArgs(b, e);
	const elem = (u(to.type) as Slice).elem;
	const d = to.value();
	const s = from.value();
	b.pos = e.pos;
	return copyVals(b, elem, d, s);
}

/** Copies from a slice or string to a slice. */
export function copyVals(b: Builder, elem: Type, d: Val, s: Val): Val {
	const size = b.layout.size(elem);
	if (b.layout.hasPointers(elem)) {
		return Val.of(b.rt1("typedslicecopy", [b.typeWord(elem), d.part(0), d.part(1), s.part(0), s.part(1)]));
	}
	const n = b.v(OpCondSelect, T.I64, [d.part(1), s.part(1), b.cmp(OpLe, d.part(1), s.part(1))]);
	b.when(b.cmp(OpNe, d.part(0), s.part(0)), () => {
		b.rt("memmove", [d.part(0), s.part(0), scaleIndex(b, n, size)]);
	});
	return Val.of(n);
}

/** make([]T, len, cap). */
export function makeSlice(b: Builder, e: Call): Val {
	const t = b.typeOf(e);
	const elem = (u(t) as Slice).elem;
	const len = indexValue(b, e.args[1]);
	const cap = e.args.length > 2 ? indexValue(b, e.args[2]) : len;
	b.pos = e.pos;
	const c = b.constOf(cap.v);
	const size = b.layout.size(elem);
	if (c !== null && c >= 0n && Number(c) * size < 1 << 16 && !b.frame.plan.siteOnHeap(e.id)) {
		if (e.args.length > 2) checkMakeLen(b, len.v, cap.v);
		const at = b.p.types.arrayOf(elem, Number(c));
		const ptr = b.temp(at, ".make");
		b.zero(at, ptr, 0);
		return Val.of(ptr, len.v, cap.v);
	}
	const make = (): number => b.rt1("makeslice", [b.typeWord(elem), len.v, cap.v]);
	const count = c !== null ? 0 : stackCount(b, elem, e.id);
	if (count === 0) return Val.of(make(), len.v, cap.v);
	const [ptr] = b.choose(
		b.cmp(OpLeU, cap.v, b.i64(count)),
		[T.Ptr],
		() => {
			if (e.args.length > 2) checkMakeLen(b, len.v, cap.v);
			return [stackStore(b, elem, count)];
		},
		() => [make()],
	);
	return Val.of(ptr, len.v, cap.v);
}

/** For 0 <= cap: panics unless 0 <= len <= cap. */
function checkMakeLen(b: Builder, len: number, cap: number): void {
	const n = b.constOf(len);
	const c = b.constOf(cap);
	if (n !== null && c !== null && n >= 0n && n <= c) return;
	b.when(
		b.cmp(OpLtU, cap, len),
		() => {
			b.when(b.cmp(OpLt, len, b.i64(0)), () => {
				b.rt("panicmakeslicelen", []);
			});
			b.rt("panicmakeslicecap", []);
		},
		-1,
	);
}

/** Conversion of a slice to an array or a pointer to one: checks the length. */
export function sliceToArrayPtr(b: Builder, s: Val, n: number): number {
	boundsCheck(b, { v: b.i64(n), signed: true }, s.part(1), Bounds.Convert);
	return s.part(0);
}
