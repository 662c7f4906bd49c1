// Index and slice expressions.

import { sign, smallInt, stringVal, toString as constString, type Value } from "#constant";
import { type Expr, type Index, Kind, type SliceExpr } from "#syntax";
import { assignment } from "./assign.ts";
import { use } from "./call.ts";
import type { Checker } from "./checker.ts";
import { isUnknown, representableConst } from "./const.ts";
import { errorf } from "./errors.ts";
import { expr, exprOrType, nonGeneric } from "./expr.ts";
import { Mode } from "./mode.ts";
import { Operand } from "./operand.ts";
import { allInteger, identical, isString, isTypeParam, isUntyped, isValid } from "./predicates.ts";
import { type Basic, BasicKind, Slice, type Type, TypeKind } from "./types.ts";
import { varType } from "./typexpr.ts";
import { typesetOf, under, underIs } from "./under.ts";
import { Invalid, Typ, universeByte } from "./universe.ts";
import { convertUntyped } from "./untyped.ts";

/** What indexing a type gives. */
interface Indexed {
	/** Key type of a map, else null. */
	key: Type | null;
	elem: Type;
	/** Bound of the index, -1 if unknown. */
	length: number;
	mode: Mode;
}

/** How a value of underlying type u and the given mode can be indexed; null if it cannot. */
function indexed(u: Type, mode: Mode): Indexed | null {
	switch (u.kind) {
		case TypeKind.Basic:
			return isString(u) ? { key: null, elem: universeByte, length: -1, mode: Mode.Value } : null;
		case TypeKind.Array:
			return { key: null, elem: u.elem, length: u.len, mode: mode === Mode.Variable ? mode : Mode.Value };
		case TypeKind.Pointer: {
			const a = under(u.elem);
			return a.kind === TypeKind.Array ? { key: null, elem: a.elem, length: a.len, mode: Mode.Variable } : null;
		}
		case TypeKind.Slice:
			return { key: null, elem: u.elem, length: -1, mode: Mode.Variable };
		case TypeKind.Map:
			return { key: u.key, elem: u.elem, length: -1, mode: Mode.MapIndex };
		default:
			return null;
	}
}

/** All types of a type parameter's type set must be indexed alike. */
function indexedTypeParam(t: Type, xmode: Mode): Indexed | null {
	let all: Indexed | null = null;
	const ok = underIs(t, (u) => {
		const one = u === null ? null : indexed(u, xmode);
		if (one === null) return false;
		if (all === null) {
			all = one;
			return true;
		}
		if ((all.key === null) !== (one.key === null)) return false;
		if (all.key !== null && one.key !== null && !identical(all.key, one.key)) return false;
		if (!identical(all.elem, one.elem)) return false;
		if (one.length >= 0 && one.length < all.length) all.length = one.length;
		if (one.mode === Mode.Value) all.mode = Mode.Value;
		return true;
	});
	return ok ? all : null;
}

/** x[index]; true if x is a generic function to be instantiated by e. */
export function indexExpr(c: Checker, x: Operand, e: Index): boolean {
	exprOrType(c, x, e.x, true);
	switch (x.mode) {
		case Mode.Invalid:
			use(c, e.index);
			return false;
		case Mode.TypExpr:
			// A generic type to be instantiated.
			x.mode = Mode.Invalid;
			x.type = varType(c, e);
			if (isValid(x.type)) x.mode = Mode.TypExpr;
			return false;
		case Mode.Value: {
			const sig = under(x.type);
			if (sig.kind === TypeKind.Signature && sig.tparams.length > 0) return true;
			break;
		}
	}
	// x must not be generic.
	nonGeneric(c, null, x);
	if ((x.mode as Mode) === Mode.Invalid) return false;

	const what = isTypeParam(x.type) ? indexedTypeParam(x.type, x.mode) : indexed(under(x.type), x.mode);
	if (what === null) {
		errorf(c, e.pos, "NonSliceableOperand", "cannot index %s", x);
		use(c, e.index);
		x.mode = Mode.Invalid;
		return false;
	}
	const i = singleIndex(c, e);
	if (what.key !== null) {
		const key = new Operand();
		expr(c, null, key, i);
		assignment(c, key, what.key, "map index");
		// The map index stays valid even if the key is not.
		x.mode = Mode.MapIndex;
		x.type = what.elem;
		x.expr = e;
		return false;
	}
	let length = what.length;
	if (x.mode === Mode.Constant && x.val !== null && isString(x.type)) length = stringVal(x.val).length;
	x.mode = what.mode;
	x.type = what.elem;
	index(c, i, length);
	return false;
}

/** x[lo:hi:max] */
export function sliceExpr(c: Checker, x: Operand, e: SliceExpr): void {
	expr(c, null, x, e.x);
	const parts = [e.lo, e.hi, e.max];
	if (x.mode === Mode.Invalid) {
		for (const p of parts) if (p !== null) use(c, p);
		return;
	}
	const u = sliceable(c, x);
	if (u === null) {
		x.mode = Mode.Invalid;
		return;
	}
	let valid = false;
	let length = -1;
	switch (u.kind) {
		case TypeKind.Basic:
			if (!isString(u)) break;
			if (e.full) {
				errorf(c, e.max ?? e, "InvalidSliceExpr", "invalid operation: 3-index slice of string");
				x.mode = Mode.Invalid;
				return;
			}
			valid = true;
			if (x.mode === Mode.Constant && x.val !== null) length = stringVal(x.val).length;
			// A sliced untyped string is a string.
			if (isUntyped(x.type)) x.type = Typ[BasicKind.String] as Basic;
			break;
		case TypeKind.Array:
			if (x.mode !== Mode.Variable) {
				errorf(c, x, "NonSliceableOperand", "cannot slice unaddressable value %s", x);
				x.mode = Mode.Invalid;
				return;
			}
			valid = true;
			length = u.len;
			x.type = new Slice(c.ids, u.elem);
			break;
		case TypeKind.Pointer: {
			const a = under(u.elem);
			if (a.kind === TypeKind.Array) {
				valid = true;
				length = a.len;
				x.type = new Slice(c.ids, a.elem);
			}
			break;
		}
		case TypeKind.Slice:
			valid = true;
			break;
	}
	if (!valid) {
		errorf(c, x, "NonSliceableOperand", "cannot slice %s", x);
		x.mode = Mode.Invalid;
		return;
	}
	x.mode = Mode.Value;
	// The parser has reported a missing 2nd or 3rd index.
	if (e.full && (e.hi === null || e.max === null)) {
		x.mode = Mode.Invalid;
		return;
	}
	const values: number[] = [];
	parts.forEach((p, i) => {
		let v = -1;
		if (p !== null) v = index(c, p, length >= 0 ? length + 1 : -1).val;
		else if (i === 0) v = 0;
		else if (length >= 0) v = length;
		values.push(v);
	});
	// Constant indices must be in order.
	for (let i = 0; i < 2; i++) {
		const a = values[i] as number;
		if (a <= 0) continue;
		for (let j = i + 1; j < 3; j++) {
			const b = values[j] as number;
			if (b < 0 || b >= a) continue;
			errorf(c, parts[j] ?? e, "SwappedSliceIndices", "invalid slice indices: %d < %d", b, a);
			return;
		}
	}
}

/** The common underlying type of x for slicing; strings and byte slices mix. null after an error. */
function sliceable(c: Checker, x: Operand): Type | null {
	if (!isTypeParam(x.type)) return under(x.type);
	let ct: Type | null = null;
	let cu: Type | null = null;
	let hasString = false;
	for (const [t, u] of typesetOf(x.type)) {
		if (t === null || u === null) {
			errorf(c, x, "NonSliceableOperand", "cannot slice %s: no specific type in %s", x, x.type);
			return null;
		}
		let v: Type = u;
		if (isString(u)) {
			v = new Slice(c.ids, universeByte);
			hasString = true;
		}
		if (cu === null) {
			ct = t;
			cu = v;
		} else if (!identical(cu, v)) {
			errorf(c, x, "NonSliceableOperand", "cannot slice %s: %s and %s have different underlying types", x, ct, t);
			return null;
		}
	}
	return hasString ? (Typ[BasicKind.String] as Basic) : cu;
}

/** The only index of e; reports further ones. */
function singleIndex(c: Checker, e: Index): Expr {
	if (e.index.kind !== Kind.ListExpr) return e.index;
	errorf(c, e.index.list[1] as Expr, "InvalidIndex", "invalid operation: more than one index");
	return e.index.list[0] as Expr;
}

/** Checks an index that must be below max (unless max < 0). Gives its type, Invalid after an error, and its constant value or -1. */
export function index(c: Checker, e: Expr, max: number): { type: Type; val: number } {
	const x = new Operand();
	expr(c, null, x, e);
	if (!isValidIndex(c, x, "InvalidIndex", "index", false)) return { type: Invalid, val: -1 };
	if (x.mode !== Mode.Constant) return { type: x.type, val: -1 };
	const val = x.val as Value;
	if (isUnknown(val)) return { type: Invalid, val: -1 };
	// Values beyond 2^53 are as good as the limit for every use.
	const n = smallInt(val);
	const v = Number.isNaN(n) ? Number.MAX_SAFE_INTEGER : n;
	if (max >= 0 && v >= max) {
		errorf(c, x, "InvalidIndex", "invalid argument: index %s out of bounds [0:%d]", constString(val), max);
		return { type: Invalid, val: -1 };
	}
	return { type: x.type, val: v };
}

/** Whether x is an integer (converted to int if untyped) that may be an index, length or offset; reports if not. */
export function isValidIndex(c: Checker, x: Operand, code: string, what: string, allowNegative: boolean): boolean {
	if (x.mode === Mode.Invalid) return false;
	// spec: "a constant index that is untyped is given type int"
	convertUntyped(c, x, Typ[BasicKind.Int] as Basic);
	if ((x.mode as Mode) === Mode.Invalid) return false;
	if (!allInteger(x.type)) {
		errorf(c, x, code, "invalid argument: %s %s must be integer", what, x);
		return false;
	}
	if (x.mode === Mode.Constant) {
		const val = x.val as Value;
		if (!allowNegative && sign(val) < 0) {
			errorf(c, x, code, "invalid argument: %s %s must not be negative", what, x);
			return false;
		}
		const v = representableConst(val, Typ[BasicKind.Int] as Basic);
		if (v === null) {
			errorf(c, x, code, "invalid argument: %s %s overflows int", what, x);
			return false;
		}
		x.val = v;
	}
	return true;
}
