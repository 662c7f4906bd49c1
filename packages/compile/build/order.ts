// The order in which operands that are evaluated together are evaluated: calls, receives and the like first, from left to right;
// variables, fields and elements are read afterwards. The specification leaves the reads open; programs rely on what gc does
// (`return v, json.Unmarshal(data, &v)`). Where it matters, the calls are made ahead and their results kept until the operand
// they belong to is evaluated (Frame.early).

import { type CompositeLit, type Expr, Kind, Op as S, unparen } from "#syntax";
import { BuiltinId, type MapT, Mode, ObjKind, SelectionKind, type Type, TypeKind, typeOf as objType, VarKind } from "#types";
import { isInterface, isString, isUnsigned, u } from "../subst.ts";
import type { Builder } from "./builder.ts";
import { expr } from "./expr.ts";
import { mapVariant } from "./maps.ts";
import { selectionOf } from "./place.ts";

/** Before the operands are evaluated from left to right. types: what they will be converted to. reads: memory is read for the first in any case. */
export function callsFirst(b: Builder, list: readonly Expr[], types: readonly (Type | null)[] | null = null, reads = false): void {
	let changes = reads;
	let last = -1;
	list.forEach((e, i) => {
		if (changes && mayChange(b, e)) last = i;
		changes ||= !isFixed(b, e);
	});
	for (let i = 0; i <= last; i++) prepare(b, list[i], types?.[i] ?? null);
}

function isConstant(b: Builder, e: Expr): boolean {
	const tv = b.p.build.info.types.get(e);
	return tv !== undefined && (tv.value !== null || tv.mode === Mode.TypExpr || tv.mode === Mode.NilValue || tv.mode === Mode.Builtin);
}

/** The predeclared function that a call calls, -1 = a conversion, null = any other function. */
function builtinOf(b: Builder, e: Extract<Expr, { kind: typeof Kind.Call }>): number | null {
	const fun = unparen(e.fun);
	const tv = b.p.build.info.types.get(fun);
	if (tv?.mode === Mode.TypExpr) return -1;
	if (tv?.mode !== Mode.Builtin) return null;
	const n = fun.kind === Kind.Selector ? fun.sel : fun;
	const obj = n.kind === Kind.Name ? b.p.build.info.objectOf(n) : null;
	return obj !== null && obj.kind === ObjKind.Builtin ? obj.id : null;
}

const pure: ReadonlySet<number> = new Set([
	-1,
	BuiltinId.Len,
	BuiltinId.Cap,
	BuiltinId.Real,
	BuiltinId.Imag,
	BuiltinId.Complex,
	BuiltinId.Min,
	BuiltinId.Max,
]);

/** Whether evaluating e may change what other operands read. */
export function mayChange(b: Builder, e0: Expr): boolean {
	const e = unparen(e0);
	if (isConstant(b, e)) return false;
	switch (e.kind) {
		case Kind.Name:
		case Kind.BasicLit:
		case Kind.FuncLit:
			return false;
		case Kind.Selector:
		case Kind.Assert:
			return mayChange(b, e.x);
		case Kind.Unary:
			return e.op === S.Recv || mayChange(b, e.x);
		case Kind.Binary:
			return mayChange(b, e.y) || mayChange(b, e.x);
		case Kind.Index:
			return mayChange(b, e.x) || mayChange(b, e.index);
		case Kind.SliceExpr:
			return [e.x, e.lo, e.hi, e.max].some((x) => x !== null && mayChange(b, x));
		case Kind.CompositeLit:
			return e.elems.some((x) => mayChange(b, x));
		case Kind.KeyValue:
			return mayChange(b, e.key) || mayChange(b, e.value);
		case Kind.Call: {
			const id = builtinOf(b, e);
			return id === null || !pure.has(id) || e.args.some((x) => mayChange(b, x));
		}
		default:
			return false;
	}
}

/** Whether the value of e is the same before and after other operands' calls, and taking it cannot panic. Calls are made in order in any case. */
export function isFixed(b: Builder, e0: Expr): boolean {
	const e = unparen(e0);
	if (isConstant(b, e)) return true;
	switch (e.kind) {
		case Kind.BasicLit:
		case Kind.FuncLit:
			return true;
		case Kind.Name: {
			const obj = b.p.build.info.objectOf(e);
			if (obj === null || obj.kind !== ObjKind.Var) return true;
			return obj.varKind !== VarKind.Package && b.frame.find(obj)?.k === "ssa";
		}
		case Kind.Selector: {
			const sel = selectionOf(b, e);
			return sel !== null && sel.kind === SelectionKind.FieldVal && !sel.indirect && !isPointer(b, e.x) && isFixed(b, e.x);
		}
		case Kind.Unary:
			return e.op === S.And ? unparen(e.x).kind === Kind.Name : e.op !== S.Mul && isFixed(b, e.x);
		case Kind.Binary:
			return !mayPanic(b, e) && isFixed(b, e.x) && isFixed(b, e.y);
		case Kind.Call: {
			const id = builtinOf(b, e);
			if (id === -1 && readsElements(b, e)) return false;
			return id === null || !pure.has(id) || e.args.every((x) => isFixed(b, x));
		}
		default:
			return false;
	}
}

/** Integer division, shifts by what may be negative, comparisons of interface values. */
function mayPanic(b: Builder, e: Extract<Expr, { kind: typeof Kind.Binary }>): boolean {
	switch (e.op) {
		case S.Div:
		case S.Rem:
			return !isConstant(b, e.y);
		case S.Shl:
		case S.Shr:
			return !isConstant(b, e.y) && !isUnsigned(b.typeOf(e.y));
		case S.Eql:
		case S.Neq:
			return isInterface(b.typeOf(e.x)) && isInterface(b.typeOf(e.y));
		default:
			return false;
	}
}

/** Conversions of slices to strings, arrays and pointers to arrays. */
function readsElements(b: Builder, e: Extract<Expr, { kind: typeof Kind.Call }>): boolean {
	return u(b.typeOf(e.args[0])).kind === TypeKind.Slice && u(b.typeOf(e)).kind !== TypeKind.Slice;
}

function isPointer(b: Builder, e: Expr): boolean {
	return u(b.typeOf(e)).kind === TypeKind.Pointer;
}

/** Makes the calls in an operand of an assignment, if it has any. */
export function prepareCalls(b: Builder, e: Expr): void {
	if (mayChange(b, e)) prepare(b, e, null);
}

/** Makes the calls in e, and takes the values that gc copies where they stand. to: the type that e is converted to. */
export function prepare(b: Builder, e0: Expr, to: Type | null): void {
	const e = unparen(e0);
	if (isConstant(b, e) || b.frame.early.has(e.id)) return;
	if (to !== null && isInterface(to) && boxedByAddress(b, e)) {
		addressed(b, e);
		return;
	}
	switch (e.kind) {
		case Kind.Selector:
			if (selectionOf(b, e) !== null) prepare(b, e.x, null);
			return;
		case Kind.Index:
			prepareIndex(b, e);
			return;
		case Kind.Unary:
			if (e.op === S.Recv) ahead(b, e);
			else prepare(b, e.x, null);
			return;
		case Kind.Binary:
			prepareBinary(b, e);
			return;
		case Kind.Call:
			prepareCall(b, e);
			return;
		case Kind.SliceExpr:
			ahead(b, e);
			return;
		case Kind.Assert:
			if (b.layout.isDirectIface(b.typeOf(e))) prepare(b, e.x, null);
			else ahead(b, e);
			return;
		case Kind.CompositeLit:
			prepareLiteral(b, e);
			return;
		default:
			return;
	}
}

function prepareBinary(b: Builder, e: Extract<Expr, { kind: typeof Kind.Binary }>): void {
	if (e.op === S.AndAnd || e.op === S.OrOr) {
		ahead(b, e);
		return;
	}
	if (e.op === S.Eql || e.op === S.Neq) {
		const [xt, yt] = [b.typeOf(e.x), b.typeOf(e.y)];
		const mixed = isInterface(xt) !== isInterface(yt);
		operand(b, e.x, mixed && isInterface(yt) ? yt : null);
		operand(b, e.y, mixed && isInterface(xt) ? xt : null);
		return;
	}
	prepare(b, e.x, null);
	prepare(b, e.y, null);
}

/** An operand of a comparison: structs and arrays are compared by address. */
function operand(b: Builder, e: Expr, to: Type | null): void {
	const t = u(b.typeOf(e));
	if (t.kind === TypeKind.Struct || t.kind === TypeKind.Array) addressed(b, e);
	else prepare(b, e, to);
}

/** A value that is passed by address: what has an address already is read later. */
function addressed(b: Builder, e0: Expr): void {
	const e = unparen(e0);
	if (isConstant(b, e) || b.frame.early.has(e.id)) return;
	if (!hasAddress(b, e)) ahead(b, e);
	else if (e.kind !== Kind.Name) prepare(b, e, null);
}

function hasAddress(b: Builder, e0: Expr): boolean {
	const e = unparen(e0);
	switch (e.kind) {
		case Kind.Name: {
			const obj = b.p.build.info.objectOf(e);
			return obj !== null && obj.kind === ObjKind.Var;
		}
		case Kind.Selector: {
			const sel = selectionOf(b, e);
			if (sel === null) return b.p.build.info.objectOf(e.sel)?.kind === ObjKind.Var;
			return sel.kind === SelectionKind.FieldVal && (sel.indirect || isPointer(b, e.x) || hasAddress(b, e.x));
		}
		case Kind.Index: {
			const x = u(b.typeOf(e.x));
			if (x.kind === TypeKind.Array) return hasAddress(b, e.x);
			return x.kind === TypeKind.Slice || x.kind === TypeKind.Pointer;
		}
		case Kind.Unary:
			return e.op === S.Mul;
		default:
			return false;
	}
}

function prepareIndex(b: Builder, e: Extract<Expr, { kind: typeof Kind.Index }>): void {
	const tv = b.p.build.info.types.get(unparen(e.x));
	const x = tv === undefined ? null : u(b.subst(tv.type));
	if (x === null || x.kind === TypeKind.Signature) return;
	prepare(b, e.x, null);
	if (x.kind !== TypeKind.Map) {
		if (!isConstant(b, e.index)) prepare(b, e.index, null);
		return;
	}
	prepareKey(b, x, e.index);
}

/** A key of m: the general functions take it by address. */
export function prepareKey(b: Builder, m: MapT, key: Expr): void {
	if (mapVariant(b, m) !== "") prepare(b, key, null);
	else if (isInterface(m.key) && b.p.types.link(b.typeOf(key)) !== b.p.types.link(m.key)) ahead(b, key);
	else addressed(b, key);
}

function prepareCall(b: Builder, e: Extract<Expr, { kind: typeof Kind.Call }>): void {
	if (b.typeOf(e).kind === TypeKind.Tuple) return;
	if (builtinOf(b, e) !== -1) {
		ahead(b, e);
		return;
	}
	const to = b.typeOf(e);
	if (u(to).kind === TypeKind.Slice && isString(b.typeOf(e.args[0]))) ahead(b, e);
	else prepare(b, e.args[0], to);
}

function prepareLiteral(b: Builder, e: CompositeLit): void {
	const tv = b.p.build.info.types.get(e);
	const t = tv === undefined ? null : u(b.subst(tv.type));
	if (t !== null && t.kind === TypeKind.Map) {
		ahead(b, e);
		return;
	}
	e.elems.forEach((x, i) => {
		const value = x.kind === Kind.KeyValue ? x.value : x;
		let to: Type | null = null;
		if (t !== null && (t.kind === TypeKind.Slice || t.kind === TypeKind.Array)) to = t.elem;
		else if (t !== null && t.kind === TypeKind.Struct) {
			const key = x.kind === Kind.KeyValue && x.key.kind === Kind.Name ? x.key.name : null;
			const field = key === null ? t.fields[i] : t.fields.find((f) => f.name === key);
			to = field === undefined ? null : objType(field);
		}
		prepare(b, value, to);
	});
}

/** Takes the value of e now. */
export function ahead(b: Builder, e0: Expr): void {
	const e = unparen(e0);
	if (isConstant(b, e) || b.frame.early.has(e.id)) return;
	const v = b.stabilise(b.typeOf(e), expr(b, e));
	b.frame.early.set(e.id, v);
}

/** A value that is passed by address to be copied when it becomes an interface value. */
function boxedByAddress(b: Builder, e: Expr): boolean {
	const t = b.typeOf(e);
	if (isInterface(t) || t.kind === TypeKind.Tuple || (t.kind === TypeKind.Basic && t.basic === 25)) return false;
	const x = u(t);
	if (isString(t) || x.kind === TypeKind.Slice) return false;
	const { size, align } = b.layout.of(t);
	return b.layout.hasPointers(t) || size !== align || (size !== 2 && size !== 4 && size !== 8);
}
