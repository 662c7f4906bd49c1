// Interfaces: conversions to them, type assertions, method calls' code pointers.

import { type Expr, Kind } from "#syntax";
import { RelocKind, SymKind } from "#object";
import { type Interface, type Struct, type Type, TypeKind, typeSetOf } from "#types";
import { OpEq, OpPtrAdd, OpShl, OpSymAddr, OpZeroExt, sizeOfT, type SymRef, T } from "#ssa";
import { partOfInitialValue } from "../static/static.ts";
import { implementsAll, isEmptyInterface, isInterface, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { dataSym } from "./data.ts";
import { expr } from "./expr.ts";

/** Offset of a field of a struct declared in the runtime's packages. */
export function runtimeField(b: Builder, path: string, type: string, field: string): number {
	const s = u(b.p.rtType(path, type)) as Struct;
	const i = s.fields.findIndex((f) => f.name === field);
	if (i < 0) return b.fail(`${path}.${type} has no field ${field}`);
	return b.layout.fieldOffset(s, i);
}

/** The first word of an interface of type `it` that holds a `ct`. */
export function itabOrType(b: Builder, ct: Type, it: Type): number {
	if (isEmptyInterface(it)) return b.typeWord(ct);
	// Instances of generic code may ask for what is impossible: a word that no interface holds.
	if (!implementsAll(b.p.types, ct, u(it) as Interface)) return b.int(T.Addr, 1);
	return b.sym(b.p.itabSym(ct, it));
}

/** The type word of an interface value: of a non-empty one it is read from its itab, nil stays nil. */
export function typeWordOf(b: Builder, it: Type, tab: number): number {
	if (isEmptyInterface(it)) return tab;
	const off = runtimeField(b, "internal/abi", "ITab", "Type");
	return b.choose(
		b.notNil(tab),
		[T.Addr],
		() => [b.load(T.Addr, tab, off)],
		() => [tab],
		1,
	)[0];
}

/** v, of type from, as interface `to`. site: for escape of the data word; 0 = on the heap. */
export function toInterface(b: Builder, v: Val, from: Type, to: Type, site: number): Val {
	if (isInterface(from)) return ifaceToIface(b, v, from, to);
	b.p.usedInIface(from);
	b.out.marks.push({ func: b.f.name, kind: RelocKind.UseIface, sym: b.p.typeSym(from).name, add: 0 });
	return Val.of(itabOrType(b, from, to), dataWord(b, v, from, site));
}

function dataWord(b: Builder, v: Val, t: Type, site: number): number {
	const l = b.layout.of(t);
	if (b.layout.isDirectIface(t)) return b.scalars(t, v)[0];
	if (l.size === 0) return b.sym(b.p.rtVar("zerobase"));
	const leaf = l.leaves !== null && l.leaves.length === 1 ? l.leaves[0].t : T.Void;
	const one = v.parts !== null && v.parts.length === 1 ? v.parts[0] : 0;
	if (l.size === 1 && (leaf === T.Bool || leaf === T.I8)) {
		const wide = b.v(OpZeroExt, T.I64, [one]);
		return b.v(OpPtrAdd, T.Ptr, [b.sym(b.p.rtVar("staticuint64s")), b.v(OpShl, T.I64, [wide, b.i64(3)], 1n)]);
	}
	const fixed = constWord(b, v, t);
	if (fixed !== null) return b.sym(fixed);
	if (isReadOnly(b, v)) return v.ptr;
	if (site !== 0 && l.size <= 1024 && !b.frame.plan.siteOnHeap(site)) return b.spill(t, v, ".iface");
	const x = u(t);
	if (v.parts !== null) {
		if (leaf !== T.Void && l.ptrBytes === 0 && leaf !== T.F32 && leaf !== T.F64 && sizeOfT[leaf] === l.size) {
			if (l.size === 2) return b.rt1("convT16", [one]);
			if (l.size === 4) return b.rt1("convT32", [one]);
			if (l.size === 8 && leaf === T.I64) return b.rt1("convT64", [one]);
		}
		if (x.kind === TypeKind.Basic && x.basic === 17) return b.rt1("convTstring", v.parts);
		if (x.kind === TypeKind.Slice && v.parts.length === 3 && l.ptrBytes > 0) return b.rt1("convTslice", v.parts);
	}
	const ptr = newObject(b, t);
	b.storeVal(t, ptr, 0, v);
	return ptr;
}

/** v is a literal in read-only data. */
function isReadOnly(b: Builder, v: Val): boolean {
	if (v.parts !== null || v.off !== 0) return false;
	const at = b.ssa.resolve(v.ptr);
	if (b.f.op[at] !== OpSymAddr || !b.f.isZero(at)) return false;
	const { name } = b.f.auxes[b.f.aux[at]] as SymRef;
	return name === "runtime.zeroVal" || name.startsWith(`${b.f.name}${partOfInitialValue}`);
}

/** Fresh zeroed memory for a t. */
export function newObject(b: Builder, t: Type): number {
	if (b.layout.size(t) === 0) return b.sym(b.p.rtVar("zerobase"));
	return b.rt1("newobject", [b.typeWord(t)]);
}

/** Read-only data for a constant value: integer, or string with constant pointer. */
function constWord(b: Builder, v: Val, t: Type): SymRef | null {
	if (v.parts === null) return null;
	const l = b.layout.of(t);
	const consts: { off: number; t: T; bits: bigint }[] = [];
	const words: { off: number; ref: SymRef }[] = [];
	const leaves = l.leaves ?? [];
	for (let i = 0; i < leaves.length; i++) {
		const at = b.ssa.resolve(v.parts[i]);
		const op = b.f.op[at];
		if (op === 5 || op === 6) consts.push({ off: leaves[i].off, t: leaves[i].t, bits: b.f.auxInt[at] });
		else if (op === 7 && b.f.isZero(at)) {
			const ref = b.f.auxes[b.f.aux[at]] as SymRef;
			if (!ref.name.startsWith("go:string.")) return null;
			words.push({ off: leaves[i].off, ref });
		} else return null;
	}
	const bytes = new Uint8Array(l.size);
	const view = new DataView(bytes.buffer);
	for (const c of consts) {
		const n = sizeOfT[c.t];
		for (let k = 0; k < n; k++) view.setUint8(c.off + k, Number((c.bits >> BigInt(8 * k)) & 0xffn));
	}
	const name = `${b.f.name}${partOfInitialValue}${b.unique("stmp")}`;
	return dataSym(b.p, b.out, name, SymKind.Rodata, t, { bytes, words });
}

function ifaceToIface(b: Builder, v: Val, from: Type, to: Type): Val {
	if (isEmptyInterface(to)) return Val.of(typeWordOf(b, from, v.part(0)), v.part(1));
	if (sameMethods(b, from, to)) return v;
	const typ = typeWordOf(b, from, v.part(0));
	const tab = b.choose(
		b.isNil(typ),
		[T.Addr],
		() => [typ],
		() => b.rt("typeAssert", [b.sym(assertDescriptor(b, to, false)), typ]),
		-1,
	);
	return Val.of(tab[0], v.part(1));
}

/** Identical types: itabs name the interface type, so equal method sets are not enough. */
function sameMethods(b: Builder, x: Type, y: Type): boolean {
	return b.p.types.link(x) === b.p.types.link(y);
}

/** The cache that assertions to a non-empty interface use: internal/abi.TypeAssert. */
export function assertDescriptor(b: Builder, to: Type, canFail: boolean): SymRef {
	const t = b.p.rtType("internal/abi", "TypeAssert");
	const bytes = new Uint8Array(b.layout.size(t));
	if (canFail) bytes[runtimeField(b, "internal/abi", "TypeAssert", "CanFail")] = 1;
	return dataSym(b.p, b.out, `${b.f.name}..typeAssert.${b.unique("typeAssert")}`, SymKind.Data, t, {
		bytes,
		words: [
			{ off: runtimeField(b, "internal/abi", "TypeAssert", "Cache"), ref: b.p.rtVar("emptyTypeAssertCache") },
			{ off: runtimeField(b, "internal/abi", "TypeAssert", "Inter"), ref: b.p.typeSym(to) },
		],
	});
}

/** The value in the data word of an interface that holds a t. */
export function unpackData(b: Builder, t: Type, data: number): Val {
	if (b.layout.isDirectIface(t)) return Val.of(data);
	if (!b.layout.isSsa(t)) return Val.mem(data, 0, true);
	return b.loadVal(t, data, 0);
}

/** x.(T); with commaOk also whether it holds. */
export function assertExpr(b: Builder, e: Extract<Expr, { kind: typeof Kind.Assert }>, commaOk: boolean): Val[] {
	const xt = b.typeOf(e.x);
	const to = b.subst(b.p.build.info.typeOf(e.type) as Type);
	const x = expr(b, e.x);
	b.pos = e.pos;
	const r = isInterface(to) ? assertToIface(b, x, xt, to, commaOk) : assertConcrete(b, x, xt, to, commaOk);
	return commaOk ? [r.val, Val.of(r.ok)] : [r.val];
}

interface Asserted {
	val: Val;
	ok: number;
}

function assertConcrete(b: Builder, x: Val, xt: Type, to: Type, commaOk: boolean): Asserted {
	const hit = b.cmp(OpEq, x.part(0), itabOrType(b, to, xt));
	if (!commaOk) {
		const fail = b.newBlock();
		const good = b.newBlock();
		b.branch(hit, good, fail, 1);
		b.start(fail);
		b.rt(isEmptyInterface(xt) ? "panicdottypeE" : "panicdottypeI", [x.part(0), b.typeWord(to), b.typeWord(xt)]);
		b.start(good);
		return { val: unpackData(b, to, x.part(1)), ok: 0 };
	}
	const l = b.layout.of(to);
	if (l.ssa && l.leaves !== null) {
		const leaves = l.leaves;
		const parts = b.choose(
			hit,
			leaves.map((p) => p.t),
			() => b.scalars(to, unpackData(b, to, x.part(1))),
			() => leaves.map((p) => b.zeroOf(p.t)),
			1,
		);
		return { val: Val.list(parts), ok: hit };
	}
	const tmp = b.temp(to, ".assert");
	const yes = b.newBlock();
	const no = b.newBlock();
	const after = b.newBlock();
	b.branch(hit, yes, no, 1);
	b.start(yes);
	b.storeVal(to, tmp, 0, unpackData(b, to, x.part(1)), true);
	b.jump(after);
	b.start(no);
	b.zero(to, tmp, 0);
	b.jump(after);
	b.start(after);
	return { val: Val.mem(tmp, 0, true), ok: hit };
}

/** Assertion to an interface type; the value's dynamic type must have the methods. */
export function assertToIface(b: Builder, x: Val, xt: Type, to: Type, commaOk: boolean): Asserted {
	const typ = typeWordOf(b, xt, x.part(0));
	const fail = (): void => {
		b.rt("panicnildottype", [b.typeWord(to)]);
	};
	if (isEmptyInterface(to)) {
		if (commaOk) {
			const ok = b.notNil(typ);
			const data = b.choose(
				ok,
				[T.Ptr],
				() => [x.part(1)],
				() => [b.nil()],
			);
			return { val: Val.of(typ, data[0]), ok };
		}
		b.when(b.isNil(typ), fail, -1);
		return { val: Val.of(typ, x.part(1)), ok: 0 };
	}
	const desc = assertDescriptor(b, to, commaOk);
	if (!commaOk) {
		b.when(b.isNil(typ), fail, -1);
		const tab = b.rt1("typeAssert", [b.sym(desc), typ]);
		return { val: Val.of(tab, x.part(1)), ok: 0 };
	}
	const tab = b.choose(
		b.notNil(typ),
		[T.Addr],
		() => b.rt("typeAssert", [b.sym(desc), typ]),
		() => [b.int(T.Addr, 0)],
		1,
	);
	const ok = b.notNil(tab[0]);
	const data = b.choose(
		ok,
		[T.Ptr],
		() => [x.part(1)],
		() => [b.nil()],
	);
	return { val: Val.of(tab[0], data[0]), ok };
}

/** Index of a method in an interface's method table. */
export function methodIndexOf(b: Builder, iface: Type, id: { name: string; pkg: unknown }): number {
	const ms = typeSetOf(u(iface) as Interface).methods;
	for (let i = 0; i < ms.length; i++) {
		if (ms[i].name !== id.name) continue;
		if (ms[i].pkg === id.pkg || isExportedName(id.name)) return i;
	}
	return b.fail(`no method ${id.name} in ${b.p.types.link(iface)}`);
}

function isExportedName(n: string): boolean {
	const c = n.charCodeAt(0);
	return c < 0x80 ? c >= 65 && c <= 90 : /^\p{Lu}/u.test(n);
}

/** Code address of method i, from an itab that is not nil. */
export function itabMethod(b: Builder, tab: number, i: number): number {
	return b.load(T.Addr, tab, runtimeField(b, "internal/abi", "ITab", "Fun") + 8 * i);
}
