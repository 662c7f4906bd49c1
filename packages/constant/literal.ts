// Values of literals. The scanner has checked their syntax; text that it refused gives the unknown value.

import { floatExp, floatFromDecimal } from "./bigfloat.ts";
import { encodeBytes, encodeRune } from "./text.ts";
import { makeBig, makeComplex, makeFloat, makeInt, makeRat, makeString, maxRatBits, unknown, type Value } from "./value.ts";

/** Forms of literals; the numbers are those of the syntax tree's LitKind. */
export const LitForm = { Int: 0, Float: 1, Imag: 2, Rune: 3, String: 4 } as const;
export type LitForm = (typeof LitForm)[keyof typeof LitForm];

/** The value of a literal's source text. */
export function makeFromLiteral(text: string, form: LitForm): Value {
	switch (form) {
		case LitForm.Int:
			return intLiteral(text);
		case LitForm.Float:
			return floatLiteral(text);
		case LitForm.Imag:
			return makeComplex(makeInt(0), floatLiteral(text.slice(0, -1)));
		case LitForm.Rune:
			return runeLiteral(text);
		case LitForm.String: {
			const bytes = unquoteBytes(text);
			return bytes === null ? unknown : makeString(bytes);
		}
	}
}

function intLiteral(text: string): Value {
	let s = text;
	if (s.length === 1) {
		const d = s.charCodeAt(0) - 48;
		return d >= 0 && d <= 9 ? makeInt(d) : unknown;
	}
	if (s.includes("_")) s = s.replaceAll("_", "");
	if (/^0[0-7]+$/.test(s)) s = `0o${s.slice(1)}`;
	else if (!/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0|[1-9][0-9]*)$/.test(s)) return unknown;
	return s.length <= 15 ? makeInt(Number(s)) : makeBig(BigInt(s));
}

const decimalForm = /^([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;
const hexForm = /^0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?$/;

/** A floating-point literal, or an integer literal used as one (of an imaginary literal, where a leading 0 is decimal). */
function floatLiteral(text: string): Value {
	const s = text.replaceAll("_", "");
	const hex = hexForm.exec(s);
	if (hex !== null) {
		const frac = hex[2] ?? "";
		const digits = (hex[1] as string) + frac;
		if (digits === "") return unknown;
		return scaled(BigInt(`0x${digits}`), Number(hex[3] ?? "0") - 4 * frac.length, 0);
	}
	if (/^0[bB][01]+$|^0[oO][0-7]+$/.test(s)) return scaled(BigInt(s), 0, 0);
	const dec = decimalForm.exec(s);
	if (dec === null) return unknown;
	const frac = dec[2] ?? "";
	const digits = (dec[1] as string) + frac;
	if (digits === "") return unknown;
	return scaled(BigInt(digits), 0, Number(dec[3] ?? "0") - frac.length);
}

/** mant * 2^exp2 * 10^exp10: a fraction if its binary exponent is moderate, else a float. */
function scaled(mant: bigint, exp2: number, exp10: number): Value {
	if (mant === 0n) return makeRat(0n, 1n);
	const f = floatFromDecimal(mant, exp2, exp10);
	if (f === null) return unknown;
	const e = floatExp(f);
	if (f.mant === 0n) return makeRat(0n, 1n);
	if (e <= -maxRatBits || e >= maxRatBits) return makeFloat(f);
	let num = mant;
	let den = 1n;
	if (exp2 > 0) num <<= BigInt(exp2);
	else den <<= BigInt(-exp2);
	if (exp10 > 0) num *= 10n ** BigInt(exp10);
	else den *= 10n ** BigInt(-exp10);
	return makeRat(num, den);
}

const simpleEscapes: Readonly<Record<string, number>> = {
	a: 7,
	b: 8,
	f: 12,
	n: 10,
	r: 13,
	t: 9,
	v: 11,
	"\\": 92,
	"'": 39,
	'"': 34,
};

/** An escape sequence at s[i] (after the backslash): its value, whether it is a byte rather than a rune, and where it ends. */
function escape(s: string, i: number): { value: number; byte: boolean; end: number } | null {
	const c = s.charAt(i);
	const simple = simpleEscapes[c];
	if (simple !== undefined) return { value: simple, byte: false, end: i + 1 };
	const width = c === "x" ? 2 : c === "u" ? 4 : c === "U" ? 8 : c >= "0" && c <= "7" ? 3 : 0;
	if (width === 0) return null;
	const octal = width === 3;
	const from = octal ? i : i + 1;
	const digits = s.slice(from, from + width);
	if (!(octal ? /^[0-7]{3}$/ : /^[0-9a-fA-F]+$/).test(digits) || digits.length !== width) return null;
	const value = Number.parseInt(digits, octal ? 8 : 16);
	const byte = octal || c === "x";
	if (byte ? value > 255 : value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return null;
	return { value, byte, end: from + width };
}

function runeLiteral(text: string): Value {
	if (text.length < 3 || !text.endsWith("'")) return unknown;
	if (text.charAt(1) !== "\\") return makeInt(text.codePointAt(1) as number);
	const e = escape(text, 2);
	return e === null ? unknown : makeInt(e.value);
}

/** The bytes of a string literal (raw or interpreted) as a byte string, or null when it is malformed. */
export function unquoteBytes(text: string): string | null {
	const n = text.length;
	if (n < 2) return null;
	const q = text.charAt(0);
	if (q !== text.charAt(n - 1)) return null;
	const inner = text.slice(1, -1);
	if (q === "`") return encodeBytes(inner.includes("\r") ? inner.replaceAll("\r", "") : inner);
	if (q !== '"') return null;
	if (!inner.includes("\\")) return encodeBytes(inner);
	const parts: string[] = [];
	for (let i = 0; i < inner.length; ) {
		const next = inner.indexOf("\\", i);
		if (next < 0) {
			parts.push(encodeBytes(inner.slice(i)));
			break;
		}
		if (next > i) parts.push(encodeBytes(inner.slice(i, next)));
		const e = escape(inner, next + 1);
		if (e === null) return null;
		parts.push(e.byte ? String.fromCharCode(e.value) : encodeRune(e.value));
		i = e.end;
	}
	return parts.join("");
}
