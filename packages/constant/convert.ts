// Conversions between kinds, and correct rounding to the machine's formats.

import { floatExp, floatFromBig, floatToBig, floatTrim } from "./bigfloat.ts";
import {
	bigBitLen,
	ComplexVal,
	type IntVal,
	makeBig,
	makeFloat,
	makeInt,
	maxRatBits,
	RatVal,
	Rep,
	sign,
	unknown,
	type Value,
} from "./value.ts";

/** Number of bits of |x|, an Int value. */
export function bitLen(x: Value): number {
	if (x.rep !== Rep.Int) return 0;
	if (x.big !== null) return bigBitLen(x.big);
	const n = Math.abs(x.small);
	if (n < 2 ** 32) return 32 - Math.clz32(n);
	return 64 - Math.clz32(Math.floor(n / 2 ** 32));
}

/** x as an Int value if it is integral (up to the rounding errors of a few float operations), else unknown. */
export function toInt(x: Value): Value {
	switch (x.rep) {
		case Rep.Int:
			return x;
		case Rep.Rat:
			return x.den === 1n ? makeBig(x.num) : unknown;
		case Rep.Float: {
			const e = floatExp(x.f);
			if (e <= -maxRatBits || e >= maxRatBits) return unknown;
			for (const f of [x.f, floatTrim(x.f, "down"), floatTrim(x.f, "up")]) {
				const n = f === null ? null : floatToBig(f);
				if (n !== null) return makeBig(n);
			}
			return unknown;
		}
		case Rep.Complex: {
			const re = toFloat(x);
			return re.rep === Rep.Unknown ? unknown : toInt(re);
		}
		default:
			return unknown;
	}
}

function intToFloat(x: IntVal): Value {
	if (x.big === null) return new RatVal(BigInt(x.small), 1n);
	return bigBitLen(x.big) < maxRatBits ? new RatVal(x.big, 1n) : makeFloat(floatFromBig(x.big));
}

/** x as a Float value, if it is a real number, else unknown. */
export function toFloat(x: Value): Value {
	switch (x.rep) {
		case Rep.Int:
			return intToFloat(x);
		case Rep.Rat:
		case Rep.Float:
			return x;
		case Rep.Complex:
			return sign(x.im) === 0 ? toFloat(x.re) : unknown;
		default:
			return unknown;
	}
}

export function toComplex(x: Value): Value {
	switch (x.rep) {
		case Rep.Int:
		case Rep.Rat:
		case Rep.Float:
			return new ComplexVal(x, makeInt(0));
		case Rep.Complex:
			return x;
		default:
			return unknown;
	}
}

/** num/den * 2^exp rounded to nearest even with `bits` of mantissa; least exponent of a denormal's last bit is minExp. */
function roundTo(num: bigint, den: bigint, exp: number, bits: number, minExp: number, max: number): number {
	if (num === 0n) return 0;
	const neg = num < 0n;
	const n = neg ? -num : num;
	// The quotient gets bits or bits+1 bits, fewer where the last bit would be below minExp.
	const top = bigBitLen(n) - bigBitLen(den);
	let last = top + exp - bits;
	if (last < minExp) last = minExp;
	if (top + exp > 1100) return neg ? -Infinity : Infinity;
	if (top + exp < minExp - 2) return 0;
	const shift = exp - last;
	const a = shift >= 0 ? n << BigInt(shift) : n;
	const b = shift >= 0 ? den : den << BigInt(-shift);
	let q = a / b;
	let rest = a - q * b;
	let unit = b;
	if (bigBitLen(q) > bits) {
		rest += (q & 1n) * b;
		unit = b * 2n;
		q >>= 1n;
		last++;
	}
	const twice = rest * 2n;
	if (twice > unit || (twice === unit && (q & 1n) === 1n)) q += 1n;
	if (q === 0n) return 0; // constants have no negative zero
	// q has at most bits+1 bits and is exact as a double; scaling in two steps stays exact, denormals included.
	const half = Math.trunc(last / 2);
	const r = Number(q) * 2 ** half * 2 ** (last - half);
	if (r > max) return neg ? -Infinity : Infinity;
	return neg ? -r : r;
}

const maxFloat32 = 2 ** 127 * (2 - 2 ** -23);

function rounded(x: Value, bits: number, minExp: number, max: number): number {
	switch (x.rep) {
		case Rep.Int:
			return roundTo(x.big ?? BigInt(x.small), 1n, 0, bits, minExp, max);
		case Rep.Rat:
			return roundTo(x.num, x.den, 0, bits, minExp, max);
		case Rep.Float:
			return roundTo(x.f.mant, 1n, x.f.exp, bits, minExp, max);
		default:
			return 0;
	}
}

/** The nearest double of a numeric value that is not complex; infinite when it overflows. */
export function float64Val(x: Value): number {
	if (x.rep === Rep.Int && x.big === null) return x.small;
	return rounded(x, 53, -1074, Number.MAX_VALUE);
}

/** The nearest single-precision value; infinite when it overflows. */
export function float32Val(x: Value): number {
	return rounded(x, 24, -149, maxFloat32);
}

/** IEEE 754 bits of float64Val(x). */
export function float64Bits(x: Value): bigint {
	const scratch = new DataView(new ArrayBuffer(8));
	scratch.setFloat64(0, float64Val(x));
	return scratch.getBigUint64(0);
}

/** IEEE 754 bits of float32Val(x). */
export function float32Bits(x: Value): number {
	const scratch = new DataView(new ArrayBuffer(8));
	scratch.setFloat32(0, float32Val(x));
	return scratch.getUint32(0);
}
