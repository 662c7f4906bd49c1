// Composite literals.

import { smallInt } from "#constant";
import { SymKind } from "#object";
import { type CompositeLit, type Expr, Kind, unparen } from "#syntax";
import { type Type, TypeKind, typeOf as objType } from "#types";
import { OpMove, OpSymAddr, type SymRef, T } from "#ssa";
import { partOfInitialValue } from "../static/static.ts";
import { isString, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { constData, constVal } from "./const.ts";
import { dataSym, type Word } from "./data.ts";
import { exprTo } from "./expr.ts";
import { newObject } from "./iface.ts";
import { mapAssign, newMap } from "./maps.ts";
import { callsFirst, mayChange, prepare, prepareKey } from "./order.ts";

/** T{…} as a value. */
export function compositeLit(b: Builder, e: CompositeLit, t: Type): Val {
	const x = u(t);
	if (x.kind !== TypeKind.Map) elementsFirst(b, e, t);
	switch (x.kind) {
		case TypeKind.Pointer:
			return Val.of(allocComposite(b, e, x.elem, e.id));
		case TypeKind.Slice:
			return sliceLit(b, e, x.elem);
		case TypeKind.Map:
			return mapLit(b, e, t);
		default:
			break;
	}
	if (b.layout.isSsa(t)) return Val.list(scalarsOfLit(b, e, t));
	if (e.elems.length === 0 && b.layout.size(t) <= ZeroValSize) return Val.mem(b.sym(b.p.rtVar("zeroVal")), 0, true);
	const data = e.elems.length === 0 ? null : staticData(b, e, t);
	if (data !== null) return Val.mem(b.sym(data), 0, true);
	const ptr = b.temp(t, ".lit");
	fill(b, e, t, ptr, 0, true);
	return Val.mem(ptr, 0, true);
}

/** T{} of a type that lives in memory. */
export function isZeroLit(b: Builder, e0: Expr): boolean {
	const e = unparen(e0);
	if (e.kind !== Kind.CompositeLit || e.elems.length > 0) return false;
	const t = b.typeOf(e);
	const x = u(t);
	return (x.kind === TypeKind.Struct || x.kind === TypeKind.Array) && !b.layout.isSsa(t);
}

/** &T{…}. */
export function newComposite(b: Builder, unary: Expr, e: CompositeLit): number {
	return allocComposite(b, e, b.typeOf(e), unary.id);
}

/** Makes the calls in the elements of a literal. */
function elementsFirst(b: Builder, e: CompositeLit, t: Type): void {
	if (e.elems.length < 2) return;
	const x = u(t);
	const elems = elemsOf(b, e, x.kind === TypeKind.Pointer ? x.elem : t);
	callsFirst(
		b,
		elems.map((el) => el.value),
		elems.map((el) => el.type),
	);
}

function allocComposite(b: Builder, e: CompositeLit, t: Type, site: number): number {
	if (u(t).kind !== TypeKind.Map) elementsFirst(b, e, t);
	if (b.frame.plan.siteOnHeap(site)) {
		const ptr = newObject(b, t);
		store(b, e, t, ptr, 0, false);
		return ptr;
	}
	const ptr = b.temp(t, ".lit");
	store(b, e, t, ptr, 0, true);
	return ptr;
}

/** Stores the value of a literal at fresh memory; dirty: the memory holds garbage. */
function store(b: Builder, e: CompositeLit, t: Type, ptr: number, off: number, dirty: boolean): void {
	const x = u(t);
	if (x.kind === TypeKind.Struct || x.kind === TypeKind.Array) {
		fill(b, e, t, ptr, off, dirty);
		return;
	}
	b.storeVal(t, ptr, off, compositeLit(b, e, t), dirty);
}

interface Elem {
	type: Type;
	off: number;
	value: Expr;
}

/** The elements of a struct or array literal with their places. */
function elemsOf(b: Builder, e: CompositeLit, t: Type): Elem[] {
	const x = u(t);
	const out: Elem[] = [];
	if (x.kind === TypeKind.Struct) {
		e.elems.forEach((el, i) => {
			let at = i;
			let value = el;
			if (el.kind === Kind.KeyValue) {
				const key = el.key;
				value = el.value;
				at = key.kind === Kind.Name ? x.fields.findIndex((f) => f.name === key.name) : -1;
			}
			out.push({ type: objType(x.fields[at]), off: b.layout.fieldOffset(x, at), value });
		});
		return out;
	}
	const elem = x.kind === TypeKind.Array || x.kind === TypeKind.Slice ? x.elem : b.fail("composite literal");
	const size = b.layout.size(elem);
	let i = 0;
	for (const el of e.elems) {
		let value = el;
		if (el.kind === Kind.KeyValue) {
			i = keyIndex(b, el.key);
			value = el.value;
		}
		out.push({ type: elem, off: i * size, value });
		i++;
	}
	return out;
}

function keyIndex(b: Builder, key: Expr): number {
	const v = b.p.build.info.types.get(key)?.value ?? null;
	const n = v === null ? Number.NaN : smallInt(v);
	return Number.isNaN(n) ? b.fail("index of a composite literal") : n;
}

/** Length that a slice or array literal has by its elements. */
export function litLength(b: Builder, e: CompositeLit): number {
	let i = 0;
	let max = 0;
	for (const el of e.elems) {
		if (el.kind === Kind.KeyValue) i = keyIndex(b, el.key);
		i++;
		if (i > max) max = i;
	}
	return max;
}

function scalarsOfLit(b: Builder, e: CompositeLit, t: Type): number[] {
	const leaves = b.layout.parts(t);
	const out: number[] = leaves.map(() => 0);
	for (const el of elemsOf(b, e, t)) {
		const parts = elemValue(b, el.value, el.type).parts ?? b.fail("scalar literal");
		const sub = b.layout.parts(el.type);
		let at = leaves.findIndex((l) => l.off === el.off + (sub.length > 0 ? sub[0].off : 0));
		for (const v of parts) out[at++] = v;
	}
	for (let i = 0; i < out.length; i++) if (out[i] === 0) out[i] = b.zeroOf(leaves[i].t);
	return out;
}

function elemValue(b: Builder, value: Expr, t: Type): Val {
	const v = unparen(value);
	if (v.kind === Kind.CompositeLit && v.type === null && !b.frame.early.has(v.id)) return compositeLit(b, v, t);
	return exprTo(b, value, t);
}

/** Fills memory with a struct or array literal. */
function fill(b: Builder, e: CompositeLit, t: Type, ptr: number, off: number, dirty: boolean): void {
	const data = e.elems.length < StaticMin ? null : staticData(b, e, t);
	if (data !== null) {
		const n = b.layout.size(t);
		if (n > 0) b.v(OpMove, T.Void, [b.offPtr(ptr, off), b.sym(data)], BigInt(n), b.layout.hasPointers(t) ? b.symAuxOf(b.p.typeSym(t)) : 0);
		return;
	}
	const elems = elemsOf(b, e, t);
	if (dirty && !coversAll(b, t, elems)) b.zero(t, ptr, off);
	for (const el of elems) {
		const v = unparen(el.value);
		const x = u(el.type);
		if (v.kind === Kind.CompositeLit && (x.kind === TypeKind.Struct || x.kind === TypeKind.Array) && !b.layout.isSsa(el.type)) {
			fill(b, v, el.type, ptr, off + el.off, dirty);
		} else b.storeVal(el.type, ptr, off + el.off, elemValue(b, el.value, el.type), dirty);
	}
}

function coversAll(b: Builder, t: Type, elems: readonly Elem[]): boolean {
	let n = 0;
	for (const el of elems) n += b.layout.size(el.type);
	return n === b.layout.size(t);
}

function sliceLit(b: Builder, e: CompositeLit, elem: Type): Val {
	const n = litLength(b, e);
	const at = b.p.types.arrayOf(elem, n);
	const len = b.i64(n);
	if (n === 0) return Val.of(b.sym(b.p.rtVar("zerobase")), len, len);
	const onHeap = b.frame.plan.siteOnHeap(e.id);
	const ptr = onHeap ? newObject(b, at) : b.temp(at, ".lit");
	fillArray(b, e, at, ptr, !onHeap);
	return Val.of(ptr, len, len);
}

function fillArray(b: Builder, e: CompositeLit, at: Type, ptr: number, dirty: boolean): void {
	fill(b, e, at, ptr, 0, dirty);
}

function mapLit(b: Builder, e: CompositeLit, t: Type): Val {
	const m = u(t);
	if (m.kind !== TypeKind.Map) return b.fail("map literal");
	const mv = newMap(b, t, b.i64(e.elems.length), b.frame.plan.siteOnHeap(e.id));
	for (const el of e.elems) {
		if (el.kind !== Kind.KeyValue) return b.fail("map literal without keys");
		if (mayChange(b, el.value)) {
			prepareKey(b, m, el.key);
			prepare(b, el.value, m.elem);
		}
		const key = b.stabilise(m.key, elemValue(b, el.key, m.key));
		const val = b.stabilise(m.elem, elemValue(b, el.value, m.elem));
		b.pos = el.pos;
		b.storeVal(m.elem, mapAssign(b, t, mv, key), 0, val);
	}
	return Val.of(mv);
}

/** Size of runtime.zeroVal. */
const ZeroValSize = 1024;
/** Literals of at least so many elements that are all constant are copied from read-only data. */
const StaticMin = 4;
/** Bigger ones are filled by code. */
const MaxStaticData = 1 << 28;

function staticData(b: Builder, e: CompositeLit, t: Type): SymRef | null {
	if (b.layout.isSsa(t) || b.layout.size(t) > MaxStaticData) return null;
	const bytes = new Uint8Array(b.layout.size(t));
	const words: Word[] = [];
	if (!collect(b, e, t, 0, bytes, words)) return null;
	return dataSym(b.p, b.out, `${b.f.name}${partOfInitialValue}${b.unique("stmp")}`, SymKind.Rodata, t, { bytes, words });
}

/** Writes a literal of constants to bytes; false when something is not constant. */
function collect(b: Builder, e: CompositeLit, t: Type, off: number, bytes: Uint8Array, words: Word[]): boolean {
	const x = u(t);
	if (x.kind !== TypeKind.Struct && x.kind !== TypeKind.Array) return false;
	for (const el of elemsOf(b, e, t)) {
		const v = unparen(el.value);
		if (v.kind === Kind.CompositeLit) {
			if (!collect(b, v, el.type, off + el.off, bytes, words)) return false;
			continue;
		}
		const tv = b.p.build.info.types.get(v);
		if (tv?.value == null || u(el.type).kind !== TypeKind.Basic) return false;
		if (isString(el.type)) {
			const s = constVal(b, tv.value, el.type);
			const at = s.part(0);
			if (b.f.op[at] === OpSymAddr) words.push({ off: off + el.off, ref: b.f.auxes[b.f.aux[at]] as SymRef });
			new DataView(bytes.buffer).setBigInt64(off + el.off + 8, b.constOf(s.part(1)) ?? 0n, true);
			continue;
		}
		constData(b.p, tv.value, el.type, bytes, off + el.off);
	}
	return true;
}
