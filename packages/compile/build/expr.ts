// Expressions to values, and implicit conversions.

import { type Call, type Expr, Kind, type Name, Op as S, type Selector, unparen } from "#syntax";
import { Mode, ObjKind, SelectionKind, type Tuple, type Type, TypeKind, typeOf as objType } from "#types";
import { isInterface, isUntyped, u } from "../subst.ts";
import { binaryExpr, unaryArith } from "./arith.ts";
import { type Builder, Val } from "./builder.ts";
import { callExpr } from "./call.ts";
import { recvExpr } from "./chans.ts";
import { funcLit, methodExpr, methodValue, staticFuncVal } from "./closure.ts";
import { compositeLit, newComposite } from "./complit.ts";
import { constVal, defaultType } from "./const.ts";
import { assertExpr, toInterface } from "./iface.ts";
import { mapIndex } from "./maps.ts";
import { place, placeAddr, readPlace, selectionOf, varPlace } from "./place.ts";
import { sliceExpr } from "./slices.ts";

/** The value of an expression with exactly one value, of type b.typeOf(e). */
export function expr(b: Builder, e0: Expr): Val {
	const e = unparen(e0);
	const tv = b.p.build.info.types.get(e);
	if (tv !== undefined && tv.mode === Mode.Constant && tv.value !== null) {
		const t = b.subst(tv.type);
		return constVal(b, tv.value, isInterface(t) ? defaultType(b, tv.type) : t);
	}
	const saved = b.pos;
	b.pos = e.pos;
	const v = exprNoConst(b, e);
	b.pos = saved;
	return v;
}

function exprNoConst(b: Builder, e: Expr): Val {
	const { early } = b.frame;
	if (early.size > 0) {
		const v = early.get(e.id);
		if (v !== undefined) {
			early.delete(e.id);
			return v;
		}
	}
	switch (e.kind) {
		case Kind.Name:
			return nameExpr(b, e);
		case Kind.Selector:
			return selectorExpr(b, e);
		case Kind.CompositeLit:
			return compositeLit(b, e, b.typeOf(e));
		case Kind.FuncLit:
			return funcLit(b, e);
		case Kind.Index:
			return indexExpr(b, e);
		case Kind.SliceExpr:
			return sliceExpr(b, e);
		case Kind.Assert:
			return assertExpr(b, e, false)[0];
		case Kind.Unary:
			return unaryExpr(b, e);
		case Kind.Binary:
			return binaryExpr(b, e);
		case Kind.Call: {
			const vals = callExpr(b, e);
			if (vals.length !== 1) return b.fail(`call with ${vals.length} values used as one`);
			return vals[0];
		}
		default:
			return b.fail(`expression of kind ${e.kind}`);
	}
}

function nameExpr(b: Builder, e: Name): Val {
	const obj = b.p.build.info.objectOf(e);
	if (obj === null) return b.fail(`${e.name} denotes nothing`);
	switch (obj.kind) {
		case ObjKind.Var:
			return readPlace(b, varPlace(b, obj));
		case ObjKind.Nil:
			return b.zeroVal(b.typeOf(e));
		case ObjKind.Func:
			return staticFuncVal(b, e, obj);
		default:
			return b.fail(`${e.name} is not a value`);
	}
}

function selectorExpr(b: Builder, e: Selector): Val {
	const sel = selectionOf(b, e);
	if (sel === null) return nameExpr(b, e.sel);
	if (sel.kind === SelectionKind.FieldVal) return readPlace(b, place(b, e));
	if (sel.kind === SelectionKind.MethodExpr) return methodExpr(b, e, sel);
	return methodValue(b, e, sel);
}

function indexExpr(b: Builder, e: Extract<Expr, { kind: typeof Kind.Index }>): Val {
	const tv = b.p.build.info.types.get(e.x);
	const x = tv === undefined ? null : u(b.subst(tv.type));
	if (x !== null && x.kind === TypeKind.Map) return mapIndex(b, e, false)[0];
	if (x === null || x.kind === TypeKind.Signature) {
		const f = unparen(e.x);
		const n = f.kind === Kind.Selector ? f.sel : f;
		if (n.kind !== Kind.Name) return b.fail("instantiation of an expression");
		return nameExpr(b, n);
	}
	return readPlace(b, place(b, e));
}

function unaryExpr(b: Builder, e: Extract<Expr, { kind: typeof Kind.Unary }>): Val {
	switch (e.op) {
		case S.And: {
			const x = unparen(e.x);
			if (x.kind === Kind.CompositeLit) return Val.of(newComposite(b, e, x));
			return Val.of(placeAddr(b, place(b, x)));
		}
		case S.Mul:
			return readPlace(b, place(b, e));
		case S.Recv:
			return recvExpr(b, e, false)[0];
		default: {
			const t = b.typeOf(e);
			const x = exprTo(b, e.x, t);
			return unaryArith(b, e.op, t, x);
		}
	}
}

/** The value of e converted to type t, as an assignment does. */
export function exprTo(b: Builder, e: Expr, t: Type): Val {
	const tv = b.p.build.info.types.get(e);
	if (tv !== undefined && tv.value !== null && tv.mode === Mode.Constant && !isInterface(t)) {
		return constVal(b, tv.value, t);
	}
	if (tv !== undefined && (tv.mode === Mode.NilValue || (tv.type.kind === TypeKind.Basic && tv.type.basic === 25))) return b.zeroVal(t);
	let from = b.typeOf(e);
	if (isUntyped(from)) from = isInterface(t) ? defaultType(b, from) : t;
	return convert(b, expr(b, e), from, t, e);
}

/** Assignability conversion of v from type `from` to `to`: only interfaces change representation. site: the expression, for escape decisions. */
export function convert(b: Builder, v: Val, from: Type, to: Type, site: Expr | null = null): Val {
	if (from === to || !isInterface(to)) return v;
	return toInterface(b, v, from, to, site === null ? 0 : -site.id);
}

/** Types of the values of a multi-valued expression. */
export function tupleTypes(b: Builder, e: Expr): Type[] {
	const t = b.typeOf(e);
	if (t.kind === TypeKind.Tuple) return (t as Tuple).vars.map((v) => b.subst(objType(v)));
	return [t];
}

/** The values of the right side of an assignment or return, or the arguments f(g()): one expression with several values. */
export function multiExpr(b: Builder, e0: Expr): { vals: Val[]; types: Type[] } {
	const e = unparen(e0);
	const types = tupleTypes(b, e);
	b.pos = e.pos;
	switch (e.kind) {
		case Kind.Call:
			return { vals: callExpr(b, e as Call), types };
		case Kind.Index:
			return { vals: mapIndex(b, e, true), types };
		case Kind.Assert:
			return { vals: assertExpr(b, e, true), types };
		case Kind.Unary:
			return { vals: recvExpr(b, e, true), types };
		default:
			return b.fail("expression with several values");
	}
}

/** Branches on a condition: && || ! become control flow. */
export function cond(b: Builder, e0: Expr, yes: number, no: number, likely = 0): void {
	const e = unparen(e0);
	const tv = b.p.build.info.types.get(e);
	if (tv?.value != null && tv.mode === Mode.Constant) {
		b.jump(b.constOf(expr(b, e).one) === 1n ? yes : no);
		return;
	}
	if (e.kind === Kind.Unary && e.op === S.Not) {
		cond(b, e.x, no, yes, -likely);
		return;
	}
	if (e.kind === Kind.Binary && (e.op === S.AndAnd || e.op === S.OrOr) && !b.frame.early.has(e.id)) {
		const mid = b.newBlock();
		if (e.op === S.AndAnd) cond(b, e.x, mid, no, likely > 0 ? 1 : 0);
		else cond(b, e.x, yes, mid, likely < 0 ? -1 : 0);
		b.start(mid);
		cond(b, e.y, yes, no, likely);
		return;
	}
	const v = expr(b, e).one;
	b.pos = e.pos;
	const c = b.constOf(v);
	if (c !== null) {
		b.jump(c !== 0n ? yes : no);
		return;
	}
	b.branch(v, yes, no, likely);
}
