// Package-level maps whose literals only those programs fill that use the map: the assignment is a function of its own,
// pkg.map.init.N, that the package's init function calls weakly (object, RelocKind.WeakCall) and the variable's symbol keeps.

import { int64Val, isInt, toInt } from "#constant";
import { type CompositeLit, type Expr, Kind, Op } from "#syntax";
import { BuiltinId, type Info, Mode, ObjKind, TypeKind, typeOf, type Var } from "#types";
import { u } from "../subst.ts";

/** Literals of fewer nodes are not worth a function (gc's threshold). */
const smallest = 20;

/** Whether the initialiser of a package-level map becomes a function of its own: a large literal that may be left out. */
export function isOutlined(info: Info, v: Var, rhs: Expr): boolean {
	if (v.name === "_" || u(typeOf(v)).kind !== TypeKind.Map) return false;
	const n = nodes(info, rhs);
	return n !== null && n >= smallest;
}

/** Number of operations and operands in e, a constant counting as one; null when evaluating e might do more than give a value. */
function nodes(info: Info, e: Expr): number | null {
	const tv = info.types.get(e);
	if (tv !== undefined && (tv.mode === Mode.Constant || tv.mode === Mode.NilValue)) return 1;
	switch (e.kind) {
		case Kind.Name:
			return 1;
		case Kind.Paren:
			return nodes(info, e.x);
		case Kind.Selector: {
			const sel = info.selections.get(e);
			if (sel === undefined) return 1; // of a package
			return sel.indirect || sel.obj.kind !== ObjKind.Var ? null : add(1, nodes(info, e.x));
		}
		case Kind.Unary:
			return e.op === Op.Recv ? null : add(1, nodes(info, e.x));
		case Kind.Binary: {
			if ((e.op === Op.Div || e.op === Op.Rem) && !isNonZero(info, e.y)) return null;
			return add(1, nodes(info, e.x), nodes(info, e.y));
		}
		case Kind.CompositeLit: {
			const fields = isStructLit(info, e);
			let n: number | null = 1;
			for (const x of e.elems) {
				n = x.kind === Kind.KeyValue ? add(n, 1, fields ? 0 : nodes(info, x.key), nodes(info, x.value)) : add(n, nodes(info, x));
			}
			return n;
		}
		case Kind.Call:
			return isHarmless(info, e.fun) ? add(1, ...e.args.map((x) => nodes(info, x))) : null;
		default:
			return null;
	}
}

function add(...parts: (number | null)[]): number | null {
	let sum = 0;
	for (const p of parts) {
		if (p === null) return null;
		sum += p;
	}
	return sum;
}

function isNonZero(info: Info, e: Expr): boolean {
	const v = info.types.get(e)?.value ?? null;
	if (v === null) return false;
	const n = toInt(v);
	return isInt(n) && int64Val(n) !== 0n;
}

/** A literal of a struct, or of a pointer to one where the type is left out: its keys are field names. */
function isStructLit(info: Info, e: CompositeLit): boolean {
	const t = info.typeOf(e);
	if (t === null) return false;
	const under = u(t);
	return (under.kind === TypeKind.Pointer ? u(under.elem) : under).kind === TypeKind.Struct;
}

const computing: readonly BuiltinId[] = [BuiltinId.Len, BuiltinId.Cap, BuiltinId.New, BuiltinId.Real, BuiltinId.Imag, BuiltinId.Complex];

/** A conversion that does not panic, or a builtin that only computes. */
function isHarmless(info: Info, fun: Expr): boolean {
	const tv = info.types.get(fun);
	if (tv?.mode === Mode.TypExpr) {
		const to = u(tv.type).kind;
		return to !== TypeKind.Array && to !== TypeKind.Pointer; // of slices: the length may not fit
	}
	const obj = fun.kind === Kind.Name ? info.objectOf(fun) : null;
	return obj !== null && obj.kind === ObjKind.Builtin && computing.includes(obj.id);
}
