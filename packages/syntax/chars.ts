// Characters: classes of bytes, UTF-8 decoding, and characters as messages quote them.

export const LETTER = 1;
export const DIGIT = 2;

/** Class of each byte: letter or underscore, decimal digit, or 0. */
export const byteClass: Uint8Array = new Uint8Array(256);
for (let c = 0; c < 26; c++) byteClass[65 + c] = byteClass[97 + c] = LETTER;
byteClass[95] = LETTER;
for (let c = 48; c < 58; c++) byteClass[c] = DIGIT;

export const RUNE_ERROR = 0xfffd;

/** Decodes the UTF-8 sequence at src[i]; returns code point * 8 + width. Malformed: U+FFFD with width 1. Past the end: -1 * 8. */
export function decodeRune(src: Uint8Array, i: number, end: number): number {
	if (i >= end) return -8;
	const a = src[i] as number;
	if (a < 0x80) return a * 8 + 1;
	const bad = RUNE_ERROR * 8 + 1;
	if (a < 0xc2 || a > 0xf4 || i + 1 >= end) return bad;
	const b = src[i + 1] as number;
	if ((b & 0xc0) !== 0x80) return bad;
	if (a < 0xe0) return (((a & 0x1f) << 6) | (b & 0x3f)) * 8 + 2;
	if (i + 2 >= end) return bad;
	const c = src[i + 2] as number;
	if ((c & 0xc0) !== 0x80) return bad;
	if (a < 0xf0) {
		const r = ((a & 0xf) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
		return r < 0x800 || (r >= 0xd800 && r < 0xe000) ? bad : r * 8 + 3;
	}
	if (i + 3 >= end) return bad;
	const d = src[i + 3] as number;
	if ((d & 0xc0) !== 0x80) return bad;
	const r = ((a & 7) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f);
	return r < 0x10000 || r > 0x10ffff ? bad : r * 8 + 4;
}

const letter = /^\p{L}$/u;
const decimal = /^\p{Nd}$/u;
const graphic = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

export function isUnicodeLetter(rune: number): boolean {
	return letter.test(String.fromCodePoint(rune));
}

export function isUnicodeDigit(rune: number): boolean {
	return decimal.test(String.fromCodePoint(rune));
}

function isPrintable(rune: number): boolean {
	return rune === 0x20 || (rune <= 0x10ffff && graphic.test(String.fromCodePoint(rune)));
}

function hex(n: number, width: number): string {
	return n.toString(16).padStart(width, "0");
}

const simpleEscapes: Record<number, string> = {
	7: "\\a",
	8: "\\b",
	9: "\\t",
	10: "\\n",
	11: "\\v",
	12: "\\f",
	13: "\\r",
	39: "\\'",
	92: "\\\\",
};

/** A character as Go's %q prints it. */
export function quoteRune(rune: number): string {
	const simple = simpleEscapes[rune];
	if (simple !== undefined) return `'${simple}'`;
	if (isPrintable(rune)) return `'${String.fromCodePoint(rune)}'`;
	if (rune < 0x20 || rune === 0x7f) return `'\\x${hex(rune, 2)}'`;
	return rune < 0x10000 ? `'\\u${hex(rune, 4)}'` : `'\\U${hex(rune, 8)}'`;
}

/** A character as Go's %#U prints it: U+0023 '#'. */
export function unicodeName(rune: number): string {
	const code = `U+${rune.toString(16).toUpperCase().padStart(4, "0")}`;
	return isPrintable(rune) ? `${code} '${String.fromCodePoint(rune)}'` : code;
}
