// Constant values. Every value is immutable. Numeric values have one of four representations: an integer (a
// JavaScript number while it is exactly that, else a bigint), a fraction of bigints, a binary float with a 512-bit
// mantissa (for values whose fraction would be unreasonably large), and a pair of those. A value keeps the
// representation that computed it: 1.0 is a Float (a fraction n/1) until toInt makes it an Int.

import { type BigFloat, floatFromRatio } from "./bigfloat.ts";

export const Kind = { Unknown: 0, Bool: 1, String: 2, Int: 3, Float: 4, Complex: 5 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Representations, ordered so that a binary operation converts its operands to the larger one. */
export const Rep = { Unknown: 0, Bool: 1, String: 2, Int: 3, Rat: 4, Float: 5, Complex: 6 } as const;

/** The value of an erroneous constant expression; absorbs every operation. */
export class UnknownVal {
	readonly rep: typeof Rep.Unknown = Rep.Unknown;
}

export class BoolVal {
	readonly rep: typeof Rep.Bool = Rep.Bool;
	readonly value: boolean;
	constructor(value: boolean) {
		this.value = value;
	}
}

/** A string of bytes: each UTF-16 unit of `bytes` is one byte (0..255), so comparison, length and concatenation are Go's. */
export class StringVal {
	readonly rep: typeof Rep.String = Rep.String;
	readonly bytes: string;
	constructor(bytes: string) {
		this.bytes = bytes;
	}
}

/** An integer: `small` when `big` is null, which is so exactly for safe integers. */
export class IntVal {
	readonly rep: typeof Rep.Int = Rep.Int;
	readonly small: number;
	readonly big: bigint | null;
	constructor(small: number, big: bigint | null) {
		this.small = small;
		this.big = big;
	}
}

/** num/den in lowest terms, den > 0. */
export class RatVal {
	readonly rep: typeof Rep.Rat = Rep.Rat;
	readonly num: bigint;
	readonly den: bigint;
	constructor(num: bigint, den: bigint) {
		this.num = num;
		this.den = den;
	}
}

export class FloatVal {
	readonly rep: typeof Rep.Float = Rep.Float;
	readonly f: BigFloat;
	constructor(f: BigFloat) {
		this.f = f;
	}
}

/** Real and imaginary part are Int or Float values. */
export class ComplexVal {
	readonly rep: typeof Rep.Complex = Rep.Complex;
	readonly re: Value;
	readonly im: Value;
	constructor(re: Value, im: Value) {
		this.re = re;
		this.im = im;
	}
}

export type Value = UnknownVal | BoolVal | StringVal | IntVal | RatVal | FloatVal | ComplexVal;

const kinds: readonly Kind[] = [Kind.Unknown, Kind.Bool, Kind.String, Kind.Int, Kind.Float, Kind.Float, Kind.Complex];

export function kindOf(x: Value): Kind {
	return kinds[x.rep] as Kind;
}

export const unknown: Value = new UnknownVal();
const trueVal: Value = new BoolVal(true);
const falseVal: Value = new BoolVal(false);
const emptyString: Value = new StringVal("");

export function makeBool(b: boolean): Value {
	return b ? trueVal : falseVal;
}

/** A String value of a byte string (see StringVal). */
export function makeString(bytes: string): Value {
	return bytes === "" ? emptyString : new StringVal(bytes);
}

const minSmall = -16;
const smallInts: IntVal[] = Array.from({ length: 16 + 257 }, (_, i) => new IntVal(i + minSmall, null));

/** An Int value of a safe integer. */
export function makeInt(n: number): IntVal {
	if (n >= minSmall && n <= 256) return smallInts[n - minSmall] as IntVal;
	return new IntVal(n, null);
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

export function makeBig(n: bigint): IntVal {
	if (n <= maxSafe && n >= -maxSafe) return makeInt(Number(n));
	return new IntVal(0, n);
}

/** Components of a fraction have fewer bits than this; beyond, values become floats. */
export const maxRatBits = 4096;

export function bigBitLen(x: bigint): number {
	const hex = (x < 0n ? -x : x).toString(16);
	if (hex === "0") return 0;
	return hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}

export function gcd(a: bigint, b: bigint): bigint {
	let x = a < 0n ? -a : a;
	let y = b < 0n ? -b : b;
	while (y !== 0n) {
		if (x <= maxSafe && y <= maxSafe) {
			let m = Number(x);
			let n = Number(y);
			while (n !== 0) [m, n] = [n, m % n];
			return BigInt(m);
		}
		[x, y] = [y, x % y];
	}
	return x;
}

/** num/den as a Float value; den is not 0. */
export function makeRat(num: bigint, den: bigint): Value {
	let n = num;
	let d = den;
	if (d < 0n) {
		n = -n;
		d = -d;
	}
	if (d !== 1n) {
		const g = gcd(n, d);
		if (g !== 1n) {
			n /= g;
			d /= g;
		}
	}
	if (bigBitLen(n) < maxRatBits && bigBitLen(d) < maxRatBits) return new RatVal(n, d);
	return makeFloat(floatFromRatio(n, d));
}

/** A Float value of a big float; null stands for an infinity and gives unknown. */
export function makeFloat(f: BigFloat | null): Value {
	return f === null ? unknown : new FloatVal(f);
}

/** A Float value of a double; -0 becomes 0, infinities and NaN unknown. */
export function makeFloat64(x: number): Value {
	if (!Number.isFinite(x)) return unknown;
	if (Number.isInteger(x)) return new RatVal(BigInt(x), 1n);
	// x = m / 2^k: doubling is exact until x is an integer.
	let k = 0;
	let m = x;
	while (!Number.isInteger(m)) {
		const step = Math.abs(m) < 1 ? 512 : 1;
		const scaled = m * 2 ** step;
		if (step === 512 && Math.abs(scaled) > 2 ** 53) {
			m *= 2;
			k++;
		} else {
			m = scaled;
			k += step;
		}
	}
	return makeRat(BigInt(m), 1n << BigInt(k));
}

export function makeComplex(re: Value, im: Value): Value {
	if (re.rep === Rep.Unknown || im.rep === Rep.Unknown) return unknown;
	return new ComplexVal(re, im);
}

/** x as the imaginary part of a Complex value. */
export function makeImag(x: Value): Value {
	return x.rep === Rep.Unknown ? unknown : makeComplex(makeInt(0), x);
}

export function real(x: Value): Value {
	return x.rep === Rep.Complex ? x.re : x;
}

export function imag(x: Value): Value {
	if (x.rep === Rep.Complex) return x.im;
	return x.rep === Rep.Unknown ? unknown : makeInt(0);
}

export function isInt(x: Value): x is IntVal {
	return x.rep === Rep.Int;
}

export function boolVal(x: Value): boolean {
	return x.rep === Rep.Bool && x.value;
}

/** The bytes of a String value as a byte string. */
export function stringVal(x: Value): string {
	return x.rep === Rep.String ? x.bytes : "";
}

/** The Int value as a number when that is exact, else NaN. */
export function smallInt(x: Value): number {
	return x.rep === Rep.Int && x.big === null ? x.small : Number.NaN;
}

/** The Int value as bigint; 0 for other kinds. */
export function bigVal(x: Value): bigint {
	if (x.rep !== Rep.Int) return 0n;
	return x.big ?? BigInt(x.small);
}

/** The Int value wrapped to 64 bits, signed. */
export function int64Val(x: Value): bigint {
	return BigInt.asIntN(64, bigVal(x));
}

/** The Int value wrapped to 64 bits, unsigned. */
export function uint64Val(x: Value): bigint {
	return BigInt.asUintN(64, bigVal(x));
}

/** -1, 0, 1 by the sign of a numeric value; for complex values 0 only when both parts are; 1 for unknown. */
export function sign(x: Value): number {
	switch (x.rep) {
		case Rep.Int:
			if (x.big !== null) return x.big < 0n ? -1 : 1;
			return Math.sign(x.small);
		case Rep.Rat:
			return x.num === 0n ? 0 : x.num < 0n ? -1 : 1;
		case Rep.Float:
			return x.f.mant === 0n ? 0 : x.f.mant < 0n ? -1 : 1;
		case Rep.Complex:
			return sign(x.re) | sign(x.im);
		default:
			return 1;
	}
}
