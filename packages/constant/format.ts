// How messages print constants.

import { floatExp, floatFromRatio } from "./bigfloat.ts";
import { float64Val } from "./convert.ts";
import { decodeRune } from "./text.ts";
import { type FloatVal, makeFloat, Rep, type Value } from "./value.ts";

/** A quoted Go string literal of a byte string. */
export function quote(bytes: string): string {
	const escapes: Readonly<Record<string, string>> = {
		"\x07": "\\a",
		"\b": "\\b",
		"\f": "\\f",
		"\n": "\\n",
		"\r": "\\r",
		"\t": "\\t",
		"\v": "\\v",
		"\\": "\\\\",
		'"': '\\"',
	};
	let out = '"';
	for (let i = 0; i < bytes.length; ) {
		const { rune, size } = decodeRune(bytes, i);
		const ch = rune < 0 ? "" : String.fromCodePoint(rune);
		const hex = (n: number, width: number): string => n.toString(16).padStart(width, "0");
		if (rune < 0) out += `\\x${hex(bytes.charCodeAt(i), 2)}`;
		else if (escapes[ch] !== undefined) out += escapes[ch];
		else if (isPrint(rune, ch)) out += ch;
		else if (rune < 0x80) out += `\\x${hex(rune, 2)}`;
		else out += rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`;
		i += size;
	}
	return `${out}"`;
}

function isPrint(rune: number, ch: string): boolean {
	if (rune < 0x7f) return rune >= 0x20;
	return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(ch);
}

/** The value as messages show it: strings quoted and shortened, numbers with about six digits. */
export function toString(x: Value): string {
	switch (x.rep) {
		case Rep.String: {
			const q = quote(x.bytes);
			const runes = [...q];
			return runes.length > 72 ? `${runes.slice(0, 69).join("")}...` : q;
		}
		case Rep.Rat: {
			const f = floatFromRatio(x.num, x.den);
			return f === null ? "+Inf" : floatString(makeFloat(f) as FloatVal, x.den === 1n);
		}
		case Rep.Float:
			return floatString(x, x.f.exp >= 0);
		case Rep.Complex:
			return `(${toString(x.re)} + ${toString(x.im)}i)`;
		default:
			return exactString(x);
	}
}

/** The exact value; floats that are not fractions print their binary mantissa and exponent. */
export function exactString(x: Value): string {
	switch (x.rep) {
		case Rep.Unknown:
			return "unknown";
		case Rep.Bool:
			return String(x.value);
		case Rep.String:
			return quote(x.bytes);
		case Rep.Int:
			return String(x.big ?? x.small);
		case Rep.Rat:
			return x.den === 1n ? String(x.num) : `${x.num}/${x.den}`;
		case Rep.Float:
			return `${x.f.mant}p${x.f.exp >= 0 ? "+" : ""}${x.f.exp}`;
		case Rep.Complex:
			return `(${exactString(x.re)} + ${exactString(x.im)}i)`;
	}
}

function floatString(v: FloatVal, integral: boolean): string {
	const x = float64Val(v);
	if ((v.f.mant === 0n) === (x === 0) && Number.isFinite(x)) {
		const s = formatG(x.toExponential(5), 6);
		return integral || s.includes(".") ? s : formatG(x.toExponential(), 6);
	}
	// Outside of the doubles: an approximation of mantissa and decimal exponent is enough.
	const exp = floatExp(v.f);
	const scaled = makeFloat({ mant: v.f.mant, exp: v.f.exp - exp }) as FloatVal;
	const d = (exp * Math.LN2) / Math.LN10;
	let e = Math.trunc(d);
	let m = float64Val(scaled) * 10 ** (d - e);
	if (Math.abs(m) < 1 - 0.5e-6) {
		m *= 10;
		e--;
	} else if (Math.abs(m) >= 10) {
		m /= 10;
		e++;
	}
	return `${formatG(m.toExponential(5), 6)}e${e >= 0 ? "+" : ""}${e}`;
}

/** C's %g of a number in JavaScript's exponential form: no trailing zeros, exponents of at least two digits. */
function formatG(exponential: string, precision: number): string {
	const [mantissa, exponent] = exponential.split("e") as [string, string];
	const neg = mantissa.startsWith("-") ? "-" : "";
	const digits = mantissa.replace(/[-.]/g, "").replace(/0+$/, "") || "0";
	const e = Number(exponent);
	if (e < -4 || e >= precision) {
		const frac = digits.length > 1 ? `.${digits.slice(1)}` : "";
		return `${neg}${digits.charAt(0)}${frac}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
	}
	if (e < 0) return `${neg}0.${"0".repeat(-e - 1)}${digits}`;
	if (digits.length <= e + 1) return neg + digits.padEnd(e + 1, "0");
	return `${neg}${digits.slice(0, e + 1)}.${digits.slice(e + 1)}`;
}
