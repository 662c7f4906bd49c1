// Constants in typed and untyped contexts: representability, rounding, overflow.

import {
	binaryOp,
	bitLen,
	float32Val,
	float64Val,
	imag,
	kindOf,
	makeFloat64,
	makeImag,
	real,
	sign,
	toComplex,
	toFloat,
	toInt,
	unknown,
	type Value,
} from "#constant";
import type { Pos } from "#base";
import type { Checker } from "./checker.ts";
import { errorf } from "./errors.ts";
import { opName } from "./operators.ts";
import { Mode } from "./mode.ts";
import type { Operand } from "./operand.ts";
import { isInteger, isNumeric, isTyped } from "./predicates.ts";
import { type Basic, BasicKind, IsBoolean, IsComplex, IsFloat, IsInteger, IsString, IsUnsigned, type Type } from "./types.ts";
import { under } from "./under.ts";

/** constant.Kind of unknown values is 0; rep is cheaper to test. */
export function isUnknown(v: Value): boolean {
	return v.rep === 0;
}

const UnknownKind = 0;
const StringKind = 2;
const BoolKind = 1;
const IntKind = 3;

/** Reports a constant that does not fit its type, or is too large for an untyped one. */
export function overflow(c: Checker, x: Operand, opPos: Pos): void {
	const val = x.val as Value;
	if (isUnknown(val)) {
		errorf(c, opPos, "InvalidConstVal", "constant result is not representable");
		return;
	}
	if (isTyped(x.type)) {
		representable(c, x, under(x.type) as Basic);
		return;
	}
	// Untyped integers must not grow excessively.
	if (kindOf(val) === IntKind && bitLen(val) > 512) {
		let op = x.expr === null ? "" : opName(x.expr);
		if (op !== "") op += " ";
		errorf(c, opPos, "InvalidConstVal", "constant %soverflow", op);
		x.val = unknown;
	}
}

const sizes: Readonly<Record<number, number>> = {
	[BasicKind.Int]: 64,
	[BasicKind.Int8]: 8,
	[BasicKind.Int16]: 16,
	[BasicKind.Int32]: 32,
	[BasicKind.Int64]: 64,
	[BasicKind.Uint]: 64,
	[BasicKind.Uint8]: 8,
	[BasicKind.Uint16]: 16,
	[BasicKind.Uint32]: 32,
	[BasicKind.Uint64]: 64,
	[BasicKind.Uintptr]: 64,
};

/** Bits of an integer type; 0 for untyped ones. */
export function intBits(typ: Basic): number {
	return sizes[typ.basic] ?? 0;
}

function fitsInt(v: Value, typ: Basic): boolean {
	const n = intBits(typ);
	if (n === 0) return true;
	if (v.rep === IntKind && v.big === null) {
		const s = v.small;
		if ((typ.info & IsUnsigned) !== 0) return s >= 0 && (n >= 64 || s < 2 ** n);
		if (n >= 64) return true;
		const half = 2 ** (n - 1);
		return s >= -half && s < half;
	}
	if ((typ.info & IsUnsigned) !== 0) return sign(v) >= 0 && bitLen(v) <= n;
	// -2^(n-1) has n bits.
	return v.rep === IntKind && v.big !== null && BigInt.asIntN(n, v.big) === v.big;
}

function roundFloat(v: Value, single: boolean): Value | null {
	const f = single ? float32Val(v) : float64Val(v);
	return Number.isFinite(f) ? makeFloat64(f) : null;
}

/** The value that x has as a constant of type typ (rounded, for floats), or null if it is not representable. */
export function representableConst(x: Value, typ: Basic): Value | null {
	if (isUnknown(x)) return x; // avoid follow-up errors
	const info = typ.info;
	if ((info & IsInteger) !== 0) {
		const v = toInt(x);
		return kindOf(v) === IntKind && fitsInt(v, typ) ? v : null;
	}
	if ((info & IsFloat) !== 0) {
		const v = toFloat(x);
		if (kindOf(v) === UnknownKind) return null;
		// An untyped value keeps its representation.
		if (typ.basic === BasicKind.UntypedFloat) return x;
		return roundFloat(v, typ.basic === BasicKind.Float32);
	}
	if ((info & IsComplex) !== 0) {
		const v = toComplex(x);
		if (kindOf(v) === UnknownKind) return null;
		if (typ.basic === BasicKind.UntypedComplex) return x;
		const single = typ.basic === BasicKind.Complex64;
		const re = roundFloat(real(v), single);
		const im = roundFloat(imag(v), single);
		return re === null || im === null ? null : binaryOp(re, "+", makeImag(im));
	}
	if ((info & IsString) !== 0) return kindOf(x) === StringKind ? x : null;
	if ((info & IsBoolean) !== 0) return kindOf(x) === BoolKind ? x : null;
	return null;
}

/** Converts the constant x to typ in place, or reports that it does not fit. */
export function representable(c: Checker, x: Operand, typ: Basic): void {
	const v = representation(x, typ);
	if (typeof v === "string") {
		invalidConversion(c, v, x, typ);
		x.mode = Mode.Invalid;
		return;
	}
	x.val = v;
}

/** The value of constant x as typ, or the code of the error. */
export function representation(x: Operand, typ: Basic): Value | string {
	const v = representableConst(x.val as Value, typ);
	if (v !== null) return v;
	if (isNumeric(x.type) && isNumeric(typ)) {
		return !isInteger(x.type) && isInteger(typ) ? "TruncatedFloat" : "NumericOverflow";
	}
	return "InvalidConstVal";
}

export function invalidConversion(c: Checker, code: string, x: Operand, target: Type): void {
	let msg = "cannot convert %s to type %s";
	if (code === "TruncatedFloat") msg = "%s truncated to %s";
	else if (code === "NumericOverflow") msg = "%s overflows %s";
	errorf(c, x, code, msg, x, target);
}
