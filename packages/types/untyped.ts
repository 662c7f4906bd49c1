// Untyped expressions get their final types late. Until then Info.types records
// them with their untyped type; when the context gives them a type, updateExprType
// walks down the expression again and records it. An untyped constant that becomes
// typed must be representable; below a constant nothing is updated, since the
// compiler never looks there. The left operand of a non-constant shift takes the
// type the whole expression gets, which then must be an integer type.

import type { Value } from "#constant";
import { type Expr, Kind, Op } from "#syntax";
import type { Checker } from "./checker.ts";
import { invalidConversion, representation } from "./const.ts";
import { errorf } from "./errors.ts";
import { Mode } from "./mode.ts";
import { Operand } from "./operand.ts";
import { isComparison, isShift } from "./operators.ts";
import {
	allBoolean,
	allInteger,
	allNumeric,
	allString,
	defaultType,
	hasNil,
	isBoolean,
	isNonTypeParamInterface,
	isNumeric,
	isString,
	isTyped,
	isTypeParam,
	isUntyped,
	isValid,
	maxType,
} from "./predicates.ts";
import { type Basic, BasicKind, type Type, TypeKind } from "./types.ts";
import { typeSetOf } from "./typeset.ts";
import { under, underIs } from "./under.ts";

/** Records the type that the context gives the untyped expression e; unless `final`, it may change again while it is untyped. */
export function updateExprType(c: Checker, e0: Expr | null, typ: Type, final: boolean): void {
	if (e0 === null) return;
	const first = c.info.types.get(e0);
	if (first === undefined || !isUntyped(first.type)) return;
	if (innerOperand(e0, first.value !== null) === null) {
		setExprType(c, e0, typ, final);
		return;
	}
	// The left operands of a chain of operations are visited without recursion: generated code has long ones.
	const chain: Expr[] = [];
	let e: Expr = e0;
	for (;;) {
		const old = c.info.types.get(e);
		if (old === undefined || !isUntyped(old.type)) break;
		chain.push(e);
		const next = innerOperand(e, old.value !== null);
		if (next === null) break;
		e = next;
	}
	for (let i = chain.length - 1; i >= 0; i--) {
		const x = chain[i] as Expr;
		const constant = c.info.types.get(x)?.value !== null;
		if (x.kind === Kind.Binary && !constant && !isComparison(x.op) && !isShift(x.op)) updateExprType(c, x.y, typ, final);
		setExprType(c, x, typ, final);
	}
}

/** The (left) operand that takes the type e gets, or null. Below a constant, and below a comparison, operands keep their own types. */
function innerOperand(e: Expr, constant: boolean): Expr | null {
	if (e.kind === Kind.Paren) return e.x;
	if (constant) return null;
	if (e.kind === Kind.Unary) return e.op === Op.Mul ? null : e.x;
	if (e.kind === Kind.Binary) return isComparison(e.op) ? null : e.x;
	return null;
}

/** Records typ for e alone. */
function setExprType(c: Checker, e: Expr, typ: Type, final: boolean): void {
	const old = c.info.types.get(e);
	if (old === undefined) return;
	if (!final && isUntyped(typ)) {
		c.info.record(e, old.mode, under(typ), old.value);
		return;
	}
	if (c.shiftOperands.size !== 0 && c.shiftOperands.delete(e) && !allInteger(typ)) {
		errorf(c, e, "InvalidShiftOperand", "invalid operation: shifted operand %s (type %s) must be integer", e, typ);
		return;
	}
	if (old.value !== null) {
		const x = new Operand();
		x.mode = old.mode;
		x.expr = e;
		x.type = old.type;
		x.val = old.value;
		// The recorded type is looked at again when the conversion updates e; it must not find e untyped.
		c.info.record(e, old.mode, typ, old.value);
		convertUntyped(c, x, typ);
		if (x.mode === Mode.Invalid) return;
	}
	c.info.record(e, old.mode, typ, old.value);
}

/** Records a changed value (after rounding) of the untyped constant e. */
export function updateExprVal(c: Checker, e: Expr | null, val: Value): void {
	if (e === null) return;
	const old = c.info.types.get(e);
	if (old !== undefined && isUntyped(old.type)) c.info.record(e, old.mode, old.type, val);
}

/** The type and, for constants of basic types, the value an untyped operand has where target is expected; code "" or why it cannot. */
export interface Implicit {
	type: Type | null;
	val: Value | null;
	code: string;
}

const refused: Implicit = { type: null, val: null, code: "InvalidUntypedConversion" };

export function implicitTypeAndValue(c: Checker, x: Operand, target: Type): Implicit {
	if (x.mode === Mode.Invalid || isTyped(x.type) || !isValid(target)) return { type: x.type, val: null, code: "" };
	if (isUntyped(target)) {
		const m = maxType(x.type, target);
		return m === null ? refused : { type: m, val: null, code: "" };
	}
	if (x.mode === Mode.NilValue) return hasNil(target) ? { type: target, val: null, code: "" } : refused;
	const u = under(target);
	if (u.kind === TypeKind.Basic) {
		if (x.mode === Mode.Constant) {
			const v = representation(x, u);
			return typeof v === "string" ? { type: null, val: null, code: v } : { type: target, val: v, code: "" };
		}
		return untypedFits((x.type as Basic).basic, target) ? { type: target, val: null, code: "" } : refused;
	}
	if (u.kind !== TypeKind.Interface) return refused;
	if (isTypeParam(target)) {
		const ok = underIs(target, (t) => t !== null && implicitTypeAndValue(c, x, t).type !== null);
		return ok ? { type: target, val: null, code: "" } : refused;
	}
	// Untyped values only implement the empty interface.
	const set = typeSetOf(u);
	if (set.methods.length > 0 || set.terms !== null || set.comparable) return refused;
	return { type: defaultType(x.type), val: null, code: "" };
}

/** Whether a non-constant untyped value (a comparison or a shift) can have type target. */
function untypedFits(kind: BasicKind, target: Type): boolean {
	switch (kind) {
		case BasicKind.UntypedBool:
			return isBoolean(target);
		case BasicKind.UntypedInt:
		case BasicKind.UntypedRune:
		case BasicKind.UntypedFloat:
		case BasicKind.UntypedComplex:
			return isNumeric(target);
		case BasicKind.UntypedString:
			return isString(target);
		default:
			return false;
	}
}

/** Gives the untyped x the type target, if it can have it; typed operands stay. */
export function convertUntyped(c: Checker, x: Operand, target: Type): void {
	if (x.mode === Mode.Invalid || isTyped(x.type)) return;
	const r = implicitTypeAndValue(c, x, target);
	if (r.code !== "") {
		invalidConversion(c, r.code, x, isTypeParam(target) ? target : under(target));
		x.mode = Mode.Invalid;
		return;
	}
	setImplicit(c, x, r);
}

/** Gives x the type and value that implicitTypeAndValue found for it, and records them. */
export function setImplicit(c: Checker, x: Operand, r: Implicit): void {
	const e = x.expr;
	if (r.val !== null && r.type !== null && e !== null && e.kind !== Kind.Paren && isTyped(r.type)) {
		// A constant that was found representable: nothing below it needs its type.
		const old = c.info.types.get(e);
		x.val = r.val;
		x.type = r.type;
		if (old !== undefined && old.value !== null && isUntyped(old.type)) {
			if (c.shiftOperands.size !== 0 && c.shiftOperands.has(e)) updateExprType(c, e, r.type, false);
			else c.info.record(e, old.mode, r.type, r.val);
		}
		return;
	}
	if (r.val !== null) {
		x.val = r.val;
		updateExprVal(c, e, r.val);
	}
	if (r.type !== null && r.type !== x.type) {
		x.type = r.type;
		updateExprType(c, e, r.type, false);
	}
}

/** Whether the operands of a binary operation may take each other's type. */
function mayConvert(x: Operand, y: Operand): boolean {
	if (isTyped(x.type) && isTyped(y.type)) return false;
	if (allNumeric(x.type) !== allNumeric(y.type)) return false;
	if (isNonTypeParamInterface(x.type) || isNonTypeParamInterface(y.type)) return true;
	if (allBoolean(x.type) !== allBoolean(y.type)) return false;
	if (allString(x.type) !== allString(y.type)) return false;
	if (x.mode === Mode.NilValue) return hasNil(y.type);
	if (y.mode === Mode.NilValue) return hasNil(x.type);
	if (under(x.type).kind === TypeKind.Pointer || under(y.type).kind === TypeKind.Pointer) return false;
	return true;
}

/** Converts untyped operands to the type of the other operand where that is allowed; x is invalid if it fails. */
export function matchTypes(c: Checker, x: Operand, y: Operand): void {
	if (!mayConvert(x, y)) return;
	convertUntyped(c, x, y.type);
	if (x.mode === Mode.Invalid) return;
	convertUntyped(c, y, x.type);
	if (y.mode === Mode.Invalid) x.mode = Mode.Invalid;
}
