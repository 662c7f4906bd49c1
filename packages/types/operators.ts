// Unary and binary operations, comparisons, shifts.

import type { Pos } from "#base";
import {
	binaryOp,
	compare,
	type ConstOp,
	imag,
	kindOf,
	makeBool,
	type RelOp,
	real,
	shift as shiftConst,
	sign,
	smallInt,
	toInt,
	unaryOp,
	unknown,
	type Value,
} from "#constant";
import { type Binary, type Expr, Kind, Op, opText, startPos, type Unary } from "#syntax";
import type { Checker } from "./checker.ts";
import { intBits, isUnknown, overflow, representable } from "./const.ts";
import { errorf, type Poser, versionErrorf } from "./errors.ts";
import { expr } from "./expr.ts";
import { type Arg, formatFault, sprintf } from "./format.ts";
import { Mode } from "./mode.ts";
import { assignableTo } from "./conversion.ts";
import { compositeKind, Operand, unparen } from "./operand.ts";
import {
	allBoolean,
	allInteger,
	allNumeric,
	allNumericOrString,
	allOrdered,
	allUnsigned,
	comparable,
	comparableType,
	defaultType,
	hasNil,
	identical,
	isComplex,
	isInteger,
	isTypeParam,
	isUnsigned,
	isUntyped,
	isValid,
} from "./predicates.ts";
import { type Basic, BasicKind, ChanDir, Pointer, type Type, TypeKind } from "./types.ts";
import { commonUnder, typeErrorf, under } from "./under.ts";
import { Typ } from "./universe.ts";
import { convertUntyped, matchTypes, updateExprType } from "./untyped.ts";
import { allowVersion, go1_13 } from "./version.ts";

const IntKind = 3;

export function isShift(op: Op): boolean {
	return op === Op.Shl || op === Op.Shr;
}

export function isComparison(op: Op): boolean {
	return op >= Op.Eql && op <= Op.Geq;
}

/** Position of an operation's operator, or the start of any other expression. */
export function opPos(e: Expr): Pos {
	return e.kind === Kind.Unary || e.kind === Kind.Binary ? e.pos : startPos(e);
}

/** How overflow errors call the operation, or "". */
export function opName(e: Expr): string {
	if (e.kind === Kind.Unary) return e.op === Op.Xor ? "bitwise complement" : "";
	if (e.kind !== Kind.Binary) return "";
	switch (e.op) {
		case Op.Add:
			return "addition";
		case Op.Sub:
			return "subtraction";
		case Op.Xor:
			return "bitwise XOR";
		case Op.Mul:
			return "multiplication";
		case Op.Shl:
			return "shift";
		default:
			return "";
	}
}

/** Sets x to invalid after reporting. */
function fail(c: Checker, x: Operand, at: Operand, code: string, format: string, ...args: Arg[]): void {
	errorf(c, at, code, format, ...args);
	x.mode = Mode.Invalid;
}

function defined(c: Checker, x: Operand, op: Op, ok: boolean): boolean {
	if (ok) return true;
	fail(c, x, x, "UndefinedOp", "invalid operation: operator %s not defined on %s", opText[op] as string, x);
	return false;
}

/** op x, except dereferences. */
export function unary(c: Checker, x: Operand, e: Unary): void {
	expr(c, null, x, e.x);
	if (x.mode === Mode.Invalid) return;
	let op = e.op;
	switch (op) {
		case Op.And:
			// &T{} takes the address of a new variable.
			if (x.mode !== Mode.Variable && unparen(e.x).kind !== Kind.CompositeLit) {
				fail(c, x, x, "UnaddressableOperand", "invalid operation: cannot take address of %s", x);
				return;
			}
			x.mode = Mode.Value;
			x.type = new Pointer(c.ids, x.type);
			return;
		case Op.Recv: {
			const elem = chanElem(c, x, x, true);
			if (elem === null) {
				x.mode = Mode.Invalid;
				return;
			}
			x.mode = Mode.CommaOk;
			x.type = elem;
			c.env.hasCallOrRecv = true;
			return;
		}
		case Op.Tilde:
			if (!allInteger(x.type)) {
				errorf(c, e, "UndefinedOp", "cannot use ~ outside of interface or type constraint");
				x.mode = Mode.Invalid;
				return;
			}
			errorf(c, e, "UndefinedOp", "cannot use ~ outside of interface or type constraint (use ^ for bitwise complement)");
			op = Op.Xor;
			break;
	}
	const ok = op === Op.Not ? allBoolean(x.type) : op === Op.Xor ? allInteger(x.type) : allNumeric(x.type);
	if (!defined(c, x, op, ok)) return;
	if (x.mode !== Mode.Constant) {
		x.mode = Mode.Value;
		return;
	}
	const val = x.val as Value;
	if (isUnknown(val)) return;
	const bits = isUnsigned(x.type) ? intBits(under(x.type) as Basic) : 0;
	x.val = unaryOp(opText[op] as "+" | "-" | "^" | "!", val, bits);
	x.expr = e;
	overflow(c, x, e.pos);
}

/** The element type of channel x, received from or sent to; null after an error. */
export function chanElem(c: Checker, at: Poser, x: Operand, recv: boolean): Type | null {
	const { type: u, err } = commonUnder(x.type, (t, u) => {
		if (u === null) return typeErrorf("no specific channel type");
		if (u.kind !== TypeKind.Chan) return typeErrorf("non-channel %s", t);
		if (recv && u.dir === ChanDir.SendOnly) return typeErrorf("send-only channel %s", t);
		if (!recv && u.dir === ChanDir.RecvOnly) return typeErrorf("receive-only channel %s", t);
		return null;
	});
	if (u !== null && u.kind === TypeKind.Chan) return u.elem;
	const cause = err === null ? "" : formatFault(c, err);
	const verb = recv ? "receive from" : "send to";
	const code = recv ? "InvalidReceive" : "InvalidSend";
	if (isTypeParam(x.type)) errorf(c, at, code, "invalid operation: cannot %s %s: %s", verb, x, cause);
	else errorf(c, at, code, "invalid operation: cannot %s %s %s", verb, cause, x);
	return null;
}

/** x op y of a comparison; the result is an untyped bool. For a switch case, x is the case and y the tag. */
export function comparison(c: Checker, x: Operand, y: Operand, operator: Op, switchCase: boolean): void {
	// Avoid spurious errors if any of the operands has an invalid type.
	if (!isValid(x.type) || !isValid(y.type)) {
		x.mode = Mode.Invalid;
		return;
	}
	const op = switchCase ? Op.Eql : operator;
	const fault = comparisonFault(c, x, y, op);
	if (fault !== null) {
		reportComparison(c, x, y, op, fault, switchCase);
		x.mode = Mode.Invalid;
		return;
	}
	if (x.mode === Mode.Constant && y.mode === Mode.Constant) {
		x.val = makeBool(compare(x.val as Value, opText[op] as RelOp, y.val as Value));
	} else {
		x.mode = Mode.Value;
		// The operands are never materialized with the result: they have their default types.
		updateExprType(c, x.expr, defaultType(x.type), true);
		updateExprType(c, y.expr, defaultType(y.type), true);
	}
	x.type = Typ[BasicKind.UntypedBool] as Basic;
}

interface ComparisonFault {
	code: string;
	at: Operand;
	cause: string;
}

function comparisonFault(c: Checker, x: Operand, y: Operand, op: Op): ComparisonFault | null {
	if (assignableTo(c, x, y.type, null) !== "" && assignableTo(c, y, x.type, null) !== "") {
		return { code: "MismatchedTypes", at: y, cause: sprintf(c, "mismatched types %s and %s", x.type, y.type) };
	}
	const code = "UndefinedOp";
	if (op === Op.Eql || op === Op.Neq) {
		if (x.mode === Mode.NilValue || y.mode === Mode.NilValue) {
			const t = x.mode === Mode.NilValue ? y.type : x.type;
			return hasNil(t) ? null : { code, at: y, cause: "" };
		}
		if (!comparable(x.type)) return { code, at: x, cause: incomparableCause(c, x.type) };
		if (!comparable(y.type)) return { code, at: y, cause: incomparableCause(c, y.type) };
		return null;
	}
	if (!allOrdered(x.type)) return { code, at: x, cause: "" };
	if (!allOrdered(y.type)) return { code, at: y, cause: "" };
	return null;
}

function reportComparison(c: Checker, x: Operand, y: Operand, op: Op, f: ComparisonFault, switchCase: boolean): void {
	let { at, cause } = f;
	if (cause === "") {
		if (isTypeParam(x.type) || isTypeParam(y.type)) {
			if (!isTypeParam(x.type)) at = y;
			cause = sprintf(c, "type parameter %s cannot use operator %s", at.type, opText[op] as string);
		} else {
			const what = compositeKind(at.type) || sprintf(c, "%s", at.type);
			cause = `operator ${opText[op]} not defined on ${what}`;
		}
	}
	if (switchCase) errorf(c, x, f.code, "invalid case %s in switch on %s (%s)", x.expr, y.expr, cause);
	else errorf(c, at, f.code, "invalid operation: %s %s %s (%s)", x.expr, opText[op] as string, y.expr, cause);
}

/** Why values of type t cannot be compared. */
export function incomparableCause(c: Checker, t: Type): string {
	const k = under(t).kind;
	if (k === TypeKind.Slice || k === TypeKind.Signature || k === TypeKind.Map) return `${compositeKind(t)} can only be compared to nil`;
	const fault = comparableType(t, true, null);
	return fault === null ? "" : formatFault(c, fault);
}

/** Checks the shift count; false after an error. */
function shiftCount(c: Checker, y: Operand): boolean {
	if (y.mode === Mode.Constant) {
		const n = toInt(y.val as Value);
		if (kindOf(n) === IntKind && sign(n) < 0) {
			errorf(c, y, "InvalidShiftCount", "invalid operation: negative shift count %s", y);
			return false;
		}
		if (isUntyped(y.type)) {
			// The count may be a float constant as long as it is integral.
			representable(c, y, Typ[BasicKind.Uint] as Basic);
			return (y.mode as Mode) !== Mode.Invalid;
		}
		return true;
	}
	if (allInteger(y.type)) {
		if (!allUnsigned(y.type) && !allowVersion(c, go1_13)) {
			versionErrorf(c, y, "go1.13", "invalid operation: signed shift count %s", y);
			return false;
		}
		return true;
	}
	if (isUntyped(y.type)) {
		convertUntyped(c, y, Typ[BasicKind.Uint] as Basic);
		return y.mode !== Mode.Invalid;
	}
	errorf(c, y, "InvalidShiftCount", "invalid operation: shift count %s must be integer", y);
	return false;
}

/** Largest count of constant shifts: enough to express the smallest float64. */
const maxConstShift = 1023 - 1 + 52;

export function shift(c: Checker, x: Operand, y: Operand, e: Expr | null, op: Op): void {
	const xval = x.mode === Mode.Constant ? toInt(x.val as Value) : null;
	if (!allInteger(x.type) && !(isUntyped(x.type) && xval !== null && kindOf(xval) === IntKind)) {
		fail(c, x, x, "InvalidShiftOperand", "invalid operation: shifted operand %s must be integer", x);
		return;
	}
	if (!shiftCount(c, y)) {
		x.mode = Mode.Invalid;
		return;
	}
	if (x.mode === Mode.Constant) {
		if (y.mode === Mode.Constant) {
			constantShift(c, x, xval as Value, y, e, op);
			return;
		}
		// An untyped constant shifted by a variable amount gets the type the shift would have if it were replaced by the
		// constant alone; see updateExprType.
		if (isUntyped(x.type)) {
			const tv = x.expr === null ? undefined : c.info.types.get(x.expr);
			if (x.expr !== null && tv !== undefined && isUntyped(tv.type)) c.shiftOperands.add(x.expr);
			x.mode = Mode.Value;
			return;
		}
	}
	if (!allInteger(x.type)) {
		fail(c, x, x, "InvalidShiftOperand", "invalid operation: shifted operand %s must be integer", x);
		return;
	}
	x.mode = Mode.Value;
}

function constantShift(c: Checker, x: Operand, xval: Value, y: Operand, e: Expr | null, op: Op): void {
	const untypedInt = Typ[BasicKind.UntypedInt] as Basic;
	if (isUnknown(x.val as Value) || isUnknown(y.val as Value)) {
		x.val = unknown;
		if (!isInteger(x.type)) x.type = untypedInt;
		return;
	}
	const n = smallInt(toInt(y.val as Value));
	if (!(n <= maxConstShift)) {
		fail(c, x, y, "InvalidShiftCount", "invalid operation: invalid shift count %s", y);
		return;
	}
	// x is a constant so xval has an integer value; the result is an integer even if x was a float.
	if (!isInteger(x.type)) x.type = untypedInt;
	x.val = shiftConst(xval, op === Op.Shl ? "<<" : ">>", n);
	x.expr = e;
	overflow(c, x, e === null ? 0 : opPos(e));
}

function binaryDefined(op: Op, t: Type): boolean {
	switch (op) {
		case Op.Add:
			return allNumericOrString(t);
		case Op.Sub:
		case Op.Mul:
		case Op.Div:
			return allNumeric(t);
		case Op.AndAnd:
		case Op.OrOr:
			return allBoolean(t);
		default:
			return allInteger(t);
	}
}

/** lhs op rhs; e is the operation, or null for an assignment operation lhs op= rhs. */
export function binary(c: Checker, x: Operand, e: Binary | null, lhs: Expr, rhs: Expr, op: Op): void {
	expr(c, null, x, lhs);
	binaryRest(c, x, e, lhs, rhs, op);
}

/** x op rhs, where x is the checked lhs. */
export function binaryRest(c: Checker, x: Operand, e: Binary | null, lhs: Expr, rhs: Expr, op: Op): void {
	const y = new Operand();
	expr(c, null, y, rhs);
	if (x.mode === Mode.Invalid) return;
	if (y.mode === Mode.Invalid) {
		x.mode = Mode.Invalid;
		x.expr = y.expr;
		return;
	}
	if (isShift(op)) {
		shift(c, x, y, e, op);
		return;
	}
	matchTypes(c, x, y);
	if ((x.mode as Mode) === Mode.Invalid) return;
	if (isComparison(op)) {
		comparison(c, x, y, op, false);
		return;
	}
	if (!identical(x.type, y.type)) {
		if (isValid(x.type) && isValid(y.type)) {
			if (e !== null) errorf(c, x, "MismatchedTypes", "invalid operation: %s (mismatched types %s and %s)", e, x.type, y.type);
			else {
				const text = "invalid operation: %s %s= %s (mismatched types %s and %s)";
				errorf(c, x, "MismatchedTypes", text, lhs, opText[op] as string, rhs, x.type, y.type);
			}
		}
		x.mode = Mode.Invalid;
		return;
	}
	if (!defined(c, x, op, binaryDefined(op, x.type))) return;
	if ((op === Op.Div || op === Op.Rem) && dividesByZero(x, y)) {
		fail(c, x, y, "DivByZero", "invalid operation: division by zero");
		return;
	}
	if (x.mode !== Mode.Constant || y.mode !== Mode.Constant) {
		x.mode = Mode.Value;
		return;
	}
	const a = x.val as Value;
	const b = y.val as Value;
	if (isUnknown(a) || isUnknown(b)) {
		x.val = unknown;
		return; // x.expr is unchanged
	}
	x.val = binaryOp(a, op === Op.Div && isInteger(x.type) ? "//" : (opText[op] as ConstOp), b);
	x.expr = e;
	overflow(c, x, e === null ? 0 : e.pos);
}

function dividesByZero(x: Operand, y: Operand): boolean {
	if (y.mode !== Mode.Constant) return false;
	const b = y.val as Value;
	if ((x.mode === Mode.Constant || allInteger(x.type)) && sign(b) === 0) return true;
	// Complex division multiplies the parts, which may underflow.
	if (x.mode !== Mode.Constant || !isComplex(x.type)) return false;
	const re = real(b);
	const im = imag(b);
	return sign(binaryOp(re, "*", re)) === 0 && sign(binaryOp(im, "*", im)) === 0;
}
