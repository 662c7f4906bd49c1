// Binary floats with a 512-bit mantissa, rounded to nearest even: the precision that gc computes constants with once
// their fractions get too large. The value is mant * 2^exp. Exponents are limited to 32 bits, as gc's are: beyond,
// a result is null (infinite) or zero.

import { bigBitLen } from "./value.ts";

export interface BigFloat {
	readonly mant: bigint;
	readonly exp: number;
}

const prec = 512;
const maxExp = 2 ** 31 - 1;
const minExp = -(2 ** 31);
const zero: BigFloat = { mant: 0n, exp: 0 };

type Rounding = "nearest" | "down" | "up";

/** mant * 2^exp rounded to `bits`; `sticky` says that mant was cut off above its true magnitude. */
function round(mant: bigint, exp: number, bits = prec, sticky = false, mode: Rounding = "nearest"): BigFloat | null {
	if (mant === 0n) return zero;
	const neg = mant < 0n;
	let m = neg ? -mant : mant;
	let e = exp;
	const drop = bigBitLen(m) - bits;
	if (drop > 0) {
		const shift = BigInt(drop);
		const rest = m & ((1n << shift) - 1n);
		m >>= shift;
		e += drop;
		if (mode === "up") {
			if (rest !== 0n || sticky) m += 1n;
		} else if (mode === "nearest") {
			const half = 1n << (shift - 1n);
			if (rest > half || (rest === half && (sticky || (m & 1n) === 1n))) m += 1n;
		}
	}
	const top = e + bigBitLen(m);
	if (top > maxExp) return null;
	if (top < minExp) return zero;
	return { mant: neg ? -m : m, exp: e };
}

export function floatFromBig(x: bigint): BigFloat | null {
	return round(x, 0);
}

/** num/den, correctly rounded. */
export function floatFromRatio(num: bigint, den: bigint): BigFloat | null {
	return quoMant(num, den, 0, prec);
}

function quoMant(num: bigint, den: bigint, exp: number, bits: number): BigFloat | null {
	const neg = num < 0n !== den < 0n;
	let n = num < 0n ? -num : num;
	const d = den < 0n ? -den : den;
	const shift = Math.max(0, bits + 2 - (bigBitLen(n) - bigBitLen(d)));
	n <<= BigInt(shift);
	const q = n / d;
	return round(neg ? -q : q, exp - shift, bits, q * d !== n);
}

export function floatQuo(x: BigFloat, y: BigFloat): BigFloat | null {
	return quoMant(x.mant, y.mant, x.exp - y.exp, prec);
}

export function floatMul(x: BigFloat, y: BigFloat): BigFloat | null {
	return round(x.mant * y.mant, x.exp + y.exp);
}

export function floatNeg(x: BigFloat): BigFloat {
	return { mant: -x.mant, exp: x.exp };
}

/** Position of the highest bit: 0.5 <= |x| / 2^e < 1; 0 for zero. */
export function floatExp(x: BigFloat): number {
	return x.mant === 0n ? 0 : x.exp + bigBitLen(x.mant);
}

export function floatAdd(x: BigFloat, y: BigFloat): BigFloat | null {
	if (x.mant === 0n) return y;
	if (y.mant === 0n) return x;
	// An addend this much smaller can not change the rounded sum.
	const gap = floatExp(x) - floatExp(y);
	if (gap > 2 * prec + 8) return x;
	if (gap < -2 * prec - 8) return y;
	const e = Math.min(x.exp, y.exp);
	return round((x.mant << BigInt(x.exp - e)) + (y.mant << BigInt(y.exp - e)), e);
}

export function floatCmp(x: BigFloat, y: BigFloat): number {
	const sx = x.mant === 0n ? 0 : x.mant < 0n ? -1 : 1;
	const sy = y.mant === 0n ? 0 : y.mant < 0n ? -1 : 1;
	if (sx !== sy || sx === 0) return sx - sy;
	const ex = floatExp(x);
	const ey = floatExp(y);
	if (ex !== ey) return ex < ey ? -sx : sx;
	const e = Math.min(x.exp, y.exp);
	const a = x.mant << BigInt(x.exp - e);
	const b = y.mant << BigInt(y.exp - e);
	return a < b ? -1 : a > b ? 1 : 0;
}

/** The integer x is, or null. Only for moderate exponents. */
export function floatToBig(x: BigFloat): bigint | null {
	if (x.exp >= 0) return x.mant << BigInt(x.exp);
	const shift = BigInt(-x.exp);
	const n = x.mant >> shift;
	return n << shift === x.mant ? n : null;
}

/** x with 4 bits less precision, towards or away from zero: undoes the rounding errors of a few operations. */
export function floatTrim(x: BigFloat, mode: "down" | "up"): BigFloat | null {
	return round(x.mant, x.exp, prec - 4, false, mode);
}

const guard = prec + 64;

/** mant * base^exp for base 5 by repeated squaring with guard bits. */
function pow5(exp: number): BigFloat | null {
	let result: BigFloat = { mant: 1n, exp: 0 };
	let square: BigFloat = { mant: 5n, exp: 0 };
	for (let n = exp; ; ) {
		if (n % 2 === 1) {
			const r = round(result.mant * square.mant, result.exp + square.exp, guard);
			if (r === null) return null;
			result = r;
		}
		n = Math.floor(n / 2);
		if (n === 0) return result;
		const s = round(square.mant * square.mant, square.exp * 2, guard);
		if (s === null) return null;
		square = s;
	}
}

/** mant * 2^exp2 * 10^exp10; null when it overflows. */
export function floatFromDecimal(mant: bigint, exp2: number, exp10: number): BigFloat | null {
	if (mant === 0n) return zero;
	if (exp10 === 0) return round(mant, exp2);
	const p = pow5(Math.abs(exp10));
	if (p === null) return exp10 > 0 ? null : zero;
	if (exp10 > 0) return round(mant * p.mant, p.exp + exp2 + exp10);
	return quoMant(mant, p.mant, exp2 + exp10 - p.exp, prec);
}
