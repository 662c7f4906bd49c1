// Predeclared functions and those of package unsafe.

import { type Call, type Expr, Op as S } from "#syntax";
import { BuiltinId as B, type Type, TypeKind } from "#types";
import { OpCondSelect, OpLt, OpLtU, OpMaxF, OpMinF, OpMulU2, OpNe, OpNeg, OpPtrAdd, OpPtrToInt, OpResult, T } from "#ssa";
import { isComplexType, isEmptyInterface, isFloatType, isString, isUnsigned, isUntyped, u } from "../subst.ts";
import { type Arg, builtinArgs } from "./args.ts";
import { type Builder, Val } from "./builder.ts";
import { closeChan, makeChan } from "./chans.ts";
import { ordered } from "./compare.ts";
import { defaultType } from "./const.ts";
import { convertVal } from "./conv.ts";
import { expr, exprTo } from "./expr.ts";
import { newObject } from "./iface.ts";
import { callsFirst } from "./order.ts";
import { clearMap, deleteKey, makeMap } from "./maps.ts";
import { place } from "./place.ts";
import { recoverCall } from "./defer.ts";
import { appendExpr, copyExpr, makeSlice, scaleIndex, unmake } from "./slices.ts";

/** A call of a predeclared function: its value, if it has one. */
export function builtinCall(b: Builder, e: Call, id: number): Val[] {
	b.pos = e.pos;
	const made = id === B.Append && e.hasDots && e.args.length === 2 ? unmake(b, e.args[1]) : null;
	if (e.args.length > 1)
		callsFirst(b, made === null ? e.args : [e.args[0], made.args[1]], id === B.Append && made === null ? appended(b, e) : null);
	switch (id) {
		case B.Append:
			return [appendExpr(b, e)];
		case B.Cap:
		case B.Len:
			return [Val.of(lenOrCap(b, e.args[0], id === B.Cap))];
		case B.Clear:
			clear(b, e);
			return [];
		case B.Close:
			closeChan(b, e);
			return [];
		case B.Complex:
			return [complexCall(b, e)];
		case B.Copy:
			return [copyExpr(b, e)];
		case B.Delete:
			deleteKey(b, e);
			return [];
		case B.Real:
		case B.Imag: {
			const x = exprTo(b, e.args[0], complexOf(b, e));
			return [Val.of(x.part(id === B.Real ? 0 : 1))];
		}
		case B.Make:
			return [makeCall(b, e)];
		case B.Max:
		case B.Min:
			return [minMax(b, e, id === B.Max)];
		case B.New:
			return [newCall(b, e)];
		case B.Panic: {
			const v = exprTo(b, e.args[0], b.p.types.emptyIface);
			b.pos = e.pos;
			b.rt("gopanic", [v.part(0), v.part(1)]);
			return [];
		}
		case B.Print:
		case B.Println:
			printCall(b, e, id === B.Println);
			return [];
		case B.Recover:
			return [recoverCall(b)];
		default:
			return unsafeCall(b, e, id);
	}
}

/** What the arguments of append are converted to. */
function appended(b: Builder, e: Call): (Type | null)[] {
	const t = u(b.typeOf(e));
	return e.args.map((_, i) => (i === 0 || e.hasDots || t.kind !== TypeKind.Slice ? null : t.elem));
}

function complexOf(b: Builder, e: Call): Type {
	const t = b.typeOf(e.args[0]);
	return isUntyped(t) ? defaultType(b, t) : t;
}

function lenOrCap(b: Builder, x: Expr, isCap: boolean): number {
	const t = u(b.typeOf(x));
	switch (t.kind) {
		case TypeKind.Basic:
			return expr(b, x).part(1);
		case TypeKind.Slice:
			return expr(b, x).part(isCap ? 2 : 1);
		case TypeKind.Array:
			place(b, x);
			return b.i64(t.len);
		case TypeKind.Pointer: {
			const a = u(t.elem);
			expr(b, x);
			return b.i64(a.kind === TypeKind.Array ? a.len : 0);
		}
		case TypeKind.Map: {
			const m = expr(b, x).one;
			return countOf(b, m, 0);
		}
		case TypeKind.Chan: {
			const c = expr(b, x).one;
			return b.rt1(isCap ? "chancap" : "chanlen", [c]);
		}
		default:
			return b.fail("len of this type");
	}
}

/** The word at offset off of a map, 0 for nil. */
function countOf(b: Builder, m: number, off: number): number {
	return b.choose(
		b.isNil(m),
		[T.I64],
		() => [b.i64(0)],
		() => [b.load(T.I64, m, off)],
		-1,
	)[0];
}

function clear(b: Builder, e: Call): void {
	const t = b.typeOf(e.args[0]);
	const v = expr(b, e.args[0]);
	b.pos = e.pos;
	clearVal(b, t, v);
}

export function clearVal(b: Builder, t: Type, v: Val): void {
	const x = u(t);
	if (x.kind === TypeKind.Map) clearMap(b, t, v.one);
	else if (x.kind === TypeKind.Slice) clearMemory(b, x.elem, v.part(0), v.part(1));
	else b.fail("clear of this type");
}

/** Zeroes n elements at ptr. */
export function clearMemory(b: Builder, elem: Type, ptr: number, n: number): void {
	const bytes = scaleIndex(b, n, b.layout.size(elem));
	b.when(b.cmp(OpNe, bytes, b.i64(0)), () => {
		b.rt(b.layout.hasPointers(elem) ? "memclrHasPointers" : "memclrNoHeapPointers", [ptr, bytes]);
	});
}

function complexCall(b: Builder, e: Call): Val {
	const t = b.typeOf(e);
	const part = b.p.types.basic(b.layout.size(t) === 8 ? 13 : 14);
	const [re, im] = builtinArgs(b, e);
	const x = re.to(part).one;
	return Val.of(x, im.to(part).one);
}

function makeCall(b: Builder, e: Call): Val {
	const x = u(b.typeOf(e));
	if (x.kind === TypeKind.Slice) return makeSlice(b, e);
	if (x.kind === TypeKind.Map) return makeMap(b, e);
	return makeChan(b, e);
}

function newCall(b: Builder, e: Call): Val {
	const tv = b.p.build.info.types.get(e.args[0]);
	const pt = u(b.typeOf(e));
	if (pt.kind !== TypeKind.Pointer) return b.fail("new of no pointer");
	const t = pt.elem;
	const isType = tv !== undefined && tv.mode === 3;
	const init = isType ? null : b.stabilise(t, exprTo(b, e.args[0], t));
	b.pos = e.pos;
	let ptr: number;
	if (b.frame.plan.siteOnHeap(e.id)) ptr = newObject(b, t);
	else {
		ptr = b.temp(t, ".new");
		if (init === null) b.zero(t, ptr, 0);
	}
	if (init !== null) b.storeVal(t, ptr, 0, init);
	return Val.of(ptr);
}

function minMax(b: Builder, e: Call, max: boolean): Val {
	const t = b.typeOf(e);
	const [first, ...rest] = builtinArgs(b, e);
	let acc = first.to(t);
	for (const a of rest) {
		const y = a.to(t);
		b.pos = e.pos;
		if (isFloatType(t)) {
			acc = Val.of(b.v(max ? OpMaxF : OpMinF, b.layout.scalar(t), [acc.one, y.one]));
			continue;
		}
		const x = acc;
		if (isString(t)) {
			const less = max ? ordered(b, S.Lss, t, x, y) : ordered(b, S.Lss, t, y, x);
			acc = Val.list(
				b.choose(
					less,
					[T.Ptr, T.I64],
					() => y.parts as readonly number[],
					() => x.parts as readonly number[],
				),
			);
			continue;
		}
		const less = b.cmp(isUnsigned(t) ? OpLtU : OpLt, x.one, y.one);
		acc = Val.of(b.v(OpCondSelect, b.layout.scalar(t), max ? [y.one, x.one, less] : [x.one, y.one, less]));
	}
	return acc;
}

function printCall(b: Builder, e: Call, ln: boolean): void {
	const items = printItems(b, e);
	b.pos = e.pos;
	printVals(b, items, ln);
}

/** The operands of print and println with the types they print as. */
export function printItems(b: Builder, e: Call): { t: Type; v: Val }[] {
	return builtinArgs(b, e).map((a) => {
		let t = a.type;
		const tv = a.expr === null ? undefined : b.p.build.info.types.get(a.expr);
		if (isUntyped(t)) {
			if (t.kind === TypeKind.Basic && t.basic === 25) t = b.p.types.unsafePtr;
			else
				t = tv?.value != null && t.kind === TypeKind.Basic && (t.basic === 20 || t.basic === 21) ? b.p.types.basic(6) : defaultType(b, t);
		}
		return { t, v: b.stabilise(t, a.to(t)) };
	});
}

export function printVals(b: Builder, items: readonly { t: Type; v: Val }[], ln: boolean): void {
	b.rt("printlock", []);
	items.forEach(({ t, v }, i) => {
		if (ln && i > 0) b.rt("printsp", []);
		printOne(b, t, v);
	});
	if (ln) b.rt("printnl", []);
	b.rt("printunlock", []);
}

function printOne(b: Builder, t: Type, v: Val): void {
	const x = u(t);
	switch (x.kind) {
		case TypeKind.Basic: {
			if (isString(t)) {
				b.rt(quoted(b, t) ? "printquoted" : "printstring", v.parts as number[]);
				return;
			}
			if (x.basic === 1) b.rt("printbool", [v.one]);
			else if (isComplexType(t)) b.rt(b.layout.size(t) === 16 ? "printcomplex128" : "printcomplex64", v.parts as number[]);
			else if (isFloatType(t)) b.rt(b.layout.size(t) === 8 ? "printfloat64" : "printfloat32", [v.one]);
			else if (x.basic === 18) b.rt("printpointer", [v.one]);
			else if (isUnsigned(t)) {
				const wide = convertVal(b, v, t, b.p.types.basic(11)).one;
				const name = isHex(t) ? "printhex" : "printuint";
				b.rt(name, [wide]);
			} else b.rt("printint", [convertVal(b, v, t, b.p.types.basic(6)).one]);
			return;
		}
		case TypeKind.Interface:
			b.rt(isEmptyInterface(t) ? "printeface" : "printiface", v.parts as number[]);
			return;
		case TypeKind.Slice:
			b.rt("printslice", v.parts as number[]);
			return;
		case TypeKind.Struct:
		case TypeKind.Array:
			b.fail("print of this type");
			return;
		default:
			b.rt("printpointer", [v.one]);
	}
}

/** runtime.hex prints in hexadecimal, runtime.quoted in quotes. */
function isHex(t: Type): boolean {
	return t.kind === TypeKind.Named && t.obj.name === "hex" && t.obj.pkg?.path === "runtime";
}

function quoted(_b: Builder, t: Type): boolean {
	return t.kind === TypeKind.Named && t.obj.name === "quoted" && t.obj.pkg?.path === "runtime";
}

function unsafeCall(b: Builder, e: Call, id: number): Val[] {
	switch (id) {
		case B.Add: {
			const [base, delta] = builtinArgs(b, e);
			const p = base.value().one;
			const n = delta.index().v;
			return [Val.of(b.v(OpPtrAdd, T.Ptr, [p, n]))];
		}
		case B.Sizeof:
			return [Val.of(b.i64(b.layout.size(b.typeOf(e.args[0]))))];
		case B.Alignof:
			return [Val.of(b.i64(b.layout.of(b.typeOf(e.args[0])).align))];
		case B.Offsetof:
			return [Val.of(b.i64(offsetOf(b, e.args[0])))];
		case B.SliceData:
		case B.StringData:
			return [Val.of(expr(b, e.args[0]).part(0))];
		case B.String: {
			const [base, len] = builtinArgs(b, e);
			const p = base.value().one;
			const n = checkLen(b, p, len, 1, "panicunsafestringlen", "panicunsafestringnilptr");
			return [Val.of(p, n)];
		}
		case B.Slice: {
			const st = u(b.typeOf(e));
			if (st.kind !== TypeKind.Slice) return b.fail("unsafe.Slice");
			const [base, len] = builtinArgs(b, e);
			const p = base.value().one;
			const n = checkLen(b, p, len, b.layout.size(st.elem), "panicunsafeslicelen", "panicunsafeslicenilptr");
			return [Val.of(p, n, n)];
		}
		default:
			return b.fail(`builtin ${id}`);
	}
}

function offsetOf(b: Builder, x: Expr): number {
	const e = x.kind === 7 ? x.x : x;
	const sel = b.p.build.info.selections.get(e);
	if (sel === undefined) return b.fail("Offsetof");
	let t = b.subst(sel.recv);
	let off = 0;
	for (const i of sel.index) {
		let s = u(t);
		if (s.kind === TypeKind.Pointer) s = u(s.elem);
		if (s.kind !== TypeKind.Struct) return b.fail("Offsetof");
		off += b.layout.fieldOffset(s, i);
		t = b.subst(s.fields[i].type as Type);
	}
	return off;
}

/** Checks ptr and length of unsafe.Slice and unsafe.String; gives the length. */
function checkLen(b: Builder, p: number, len: Arg, size: number, badLen: string, badPtr: string): number {
	const n = len.index().v;
	const c = b.constOf(n);
	if (c === 0n) return n;
	const bad = (x: number, name: string): void => {
		b.when(x, () => void b.rt(name, []), -1);
	};
	bad(b.cmp(OpLt, n, b.i64(0)), badLen);
	let bytes = n;
	if (size !== 1) {
		const prod = b.v(OpMulU2, T.Tuple, [n, b.i64(size)]);
		const hi = b.v(OpResult, T.I64, [prod], 0n);
		bytes = b.v(OpResult, T.I64, [prod], 1n);
		bad(b.cmp(OpNe, hi, b.i64(0)), badLen);
	}
	const room = b.v(OpNeg, T.I64, [b.v(OpPtrToInt, T.I64, [p])]);
	b.when(
		b.cmp(OpLtU, room, bytes),
		() => {
			b.when(b.isNil(p), () => void b.rt(badPtr, []), 1);
			b.rt(badLen, []);
		},
		-1,
	);
	return n;
}
