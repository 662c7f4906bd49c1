// The order in which operands that are evaluated together are evaluated: calls, receives and the like first, from left to right;
// variables, fields and elements are read afterwards. The specification leaves the reads open; programs rely on what gc does
// (`return v, json.Unmarshal(data, &v)`). Where it matters, the calls are made ahead and their results kept until the operand
// they belong to is evaluated (Frame.early).

import { type CompositeLit, type Expr, Kind, Op as S, unparen } from "#syntax";
import { BuiltinId, Mode, ObjKind, SelectionKind, type Type, TypeKind, VarKind } from "#types";
import { isInterface, isString, u } from "../subst.ts";
import type { Builder } from "./builder.ts";
import { expr } from "./expr.ts";
import { selectionOf } from "./place.ts";

/** Before the operands are evaluated from left to right. types: what they will be converted to. */
export function callsFirst(b: Builder, list: readonly Expr[], types: readonly (Type | null)[] | null = null): void {
	let changes = false;
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
function mayChange(b: Builder, e0: Expr): boolean {
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

/** Whether the value of e is the same before and after other operands' calls. Calls are made in order in any case. */
function isFixed(b: Builder, e0: Expr): boolean {
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
			return isFixed(b, e.x) && isFixed(b, e.y);
		case Kind.Call: {
			const id = builtinOf(b, e);
			return id === null || !pure.has(id) || e.args.every((x) => isFixed(b, x));
		}
		default:
			return false;
	}
}

function isPointer(b: Builder, e: Expr): boolean {
	return u(b.typeOf(e)).kind === TypeKind.Pointer;
}

/** Makes the calls in e, and takes the values that gc copies where they stand. to: the type that e is converted to. */
function prepare(b: Builder, e0: Expr, to: Type | null): void {
	const e = unparen(e0);
	if (isConstant(b, e) || b.frame.early.has(e.id)) return;
	if (to !== null && isInterface(to) && boxedByAddress(b, e)) {
		ahead(b, e);
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
			if (e.op !== S.AndAnd && e.op !== S.OrOr) {
				prepare(b, e.x, null);
				prepare(b, e.y, null);
			} else if (mayChange(b, e)) ahead(b, e);
			return;
		case Kind.Call:
			prepareCall(b, e);
			return;
		case Kind.SliceExpr:
		case Kind.Assert:
			ahead(b, e);
			return;
		case Kind.CompositeLit:
			prepareLiteral(b, e);
			return;
		default:
			return;
	}
}

function prepareIndex(b: Builder, e: Extract<Expr, { kind: typeof Kind.Index }>): void {
	const x = unparen(e.x);
	if (b.p.build.info.types.get(x)?.type.kind === TypeKind.Signature || isConstant(b, e.index)) {
		prepare(b, x, null);
		return;
	}
	prepare(b, x, null);
	prepare(b, e.index, null);
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
	const elem = t !== null && (t.kind === TypeKind.Slice || t.kind === TypeKind.Array) ? t.elem : null;
	for (const x of e.elems) prepare(b, x.kind === Kind.KeyValue ? x.value : x, elem);
}

function ahead(b: Builder, e: Expr): void {
	const v = b.stabilise(b.typeOf(e), expr(b, e));
	b.frame.early.set(e.id, v);
}

/** A value that is copied to memory before it becomes an interface value: what has a conversion of its own is read later. */
function boxedByAddress(b: Builder, e: Expr): boolean {
	const t = b.typeOf(e);
	if (isInterface(t) || b.layout.isDirectIface(t) || (t.kind === TypeKind.Basic && t.basic === 25)) return false;
	const x = u(t);
	const size = b.layout.size(t);
	if (isString(t) || x.kind === TypeKind.Slice) return false;
	return b.layout.hasPointers(t) || (size !== 2 && size !== 4 && size !== 8);
}
