// Scanning of literals. Each function is called at the literal's first byte,
// sets the scanner's token fields and returns true.

import { byteClass, DIGIT, decodeRune, quoteRune, unicodeName } from "./chars.ts";
import { LitKind } from "./nodes.ts";
import type { Scanner } from "./scanner.ts";
import { LITERAL } from "./tokens.ts";

function finish(s: Scanner, kind: LitKind, end: number, ok: boolean): true {
	s.tok = LITERAL;
	s.end = end;
	s.lit = kind;
	s.badLit = !ok;
	s.nlsemi = true;
	return true;
}

function at(s: Scanner, i: number): number {
	return i < s.limit ? (s.src[i] as number) : -1;
}

// ---- strings and runes ----

export function scanString(s: Scanner, start: number): true {
	const src = s.src;
	const limit = s.limit;
	let ok = true;
	let i = start + 1;
	while (i < limit) {
		const c = src[i] as number;
		if (c === 34) return finish(s, LitKind.String, i + 1, ok);
		if (c === 92) {
			const stop = escape(s, i + 1, 34);
			if (stop < 0) ok = false;
			i = Math.abs(stop);
		} else if (c === 10) {
			s.errorAt(i, "newline in string");
			return finish(s, LitKind.String, i, false);
		} else i++;
	}
	s.errorAt(start, "string not terminated");
	return finish(s, LitKind.String, i, false);
}

export function scanRawString(s: Scanner, start: number): true {
	const stop = s.src.indexOf(96, start + 1);
	if (stop >= 0 && stop < s.limit) return finish(s, LitKind.String, stop + 1, true);
	s.errorAt(start, "string not terminated");
	return finish(s, LitKind.String, s.limit, false);
}

export function scanRune(s: Scanner, start: number): true {
	let ok = true;
	let i = start + 1;
	for (let count = 0; ; ) {
		const c = at(s, i);
		if (c === 39) {
			if (ok && count === 0) s.errorAt(i, "empty rune literal or unescaped '");
			else if (ok && count > 1) s.errorAt(start, "more than one character in rune literal");
			return finish(s, LitKind.Rune, i + 1, ok && count === 1);
		}
		if (c < 0 || c === 10) {
			if (ok && c < 0) s.errorAt(start, "rune literal not terminated");
			else if (ok) s.errorAt(i, "newline in rune literal");
			return finish(s, LitKind.Rune, i, false);
		}
		if (c === 92) {
			const stop = escape(s, i + 1, 39);
			if (stop < 0) ok = false;
			i = Math.abs(stop);
			count++;
			continue;
		}
		const decoded = decodeRune(s.src, i, s.limit);
		i += decoded & 7;
		if (c !== 0 && decoded !== 0xfffd * 8 + 1 && decoded >> 3 !== 0xfeff) count++;
	}
}

const selfContained = new Uint8Array(128);
for (const c of "abfnrtv\\") selfContained[c.charCodeAt(0)] = 1;

/** Checks the escape whose backslash is before i; returns where to go on, negated if an error was reported. */
function escape(s: Scanner, i: number, quote: number): number {
	const c = at(s, i);
	if (c < 0) return i; // the caller finds the literal unterminated
	if (c === quote || (c < 128 && selfContained[c] === 1)) return i + 1;
	let digits = 3;
	let base = 8;
	if (c === 120) digits = 2;
	else if (c === 117) digits = 4;
	else if (c === 85) digits = 8;
	else if (c < 48 || c > 55) {
		s.errorAt(i, "unknown escape");
		return -i;
	}
	if (digits !== 3) {
		base = 16;
		i++;
	}
	let value = 0;
	for (let left = digits; left > 0; left--, i++) {
		const d = at(s, i);
		if (d < 0) return i;
		const digit = digitValue(d);
		if (digit >= base) {
			const rune = decodeRune(s.src, i, s.limit) >> 3;
			s.errorAt(i, `invalid character ${quoteRune(rune)} in ${baseName(base)} escape`);
			return -i;
		}
		value = value * base + digit;
	}
	if (base === 8 && value > 255) {
		s.errorAt(i, `octal escape value ${value} > 255`);
		return -i;
	}
	if (digits >= 4 && (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))) {
		s.errorAt(i, `escape is invalid Unicode code point ${unicodeName(value)}`);
		return -i;
	}
	return i;
}

function digitValue(c: number): number {
	if (c >= 48 && c <= 57) return c - 48;
	const lower = c | 32;
	return lower >= 97 && lower <= 102 ? lower - 87 : 99;
}

// ---- numbers ----

function baseName(base: number): string {
	return base === 2 ? "binary" : base === 8 ? "octal" : base === 10 ? "decimal" : "hexadecimal";
}

/** Bytes that continue a plain decimal number into something else. */
const complicates = new Uint8Array(256);
for (const c of "._eEpPi") complicates[c.charCodeAt(0)] = 1;

export function scanNumber(s: Scanner, start: number): true {
	const src = s.src;
	const limit = s.limit;
	let i = start;
	while (i < limit && byteClass[src[i] as number] === DIGIT) i++;
	// a decimal integer without leading zero, or a single 0
	if (
		i > start &&
		(i === limit || complicates[src[i] as number] === 0) &&
		(src[start] !== 48 || (i === start + 1 && !isPrefix(at(s, i))))
	) {
		return finish(s, LitKind.Int, i, true);
	}
	if (i === start + 1 && src[start] === 48 && (at(s, i) | 32) === 120) {
		// plain hexadecimal
		for (i++; i < limit && digitValue(src[i] as number) < 16; i++);
		if (i > start + 2 && (i === limit || complicates[src[i] as number] === 0)) return finish(s, LitKind.Int, i, true);
	}
	return new NumberScan(s, start).run();
}

function isPrefix(c: number): boolean {
	const lower = c | 32;
	return c > 0 && (lower === 120 || lower === 111 || lower === 98);
}

/** A number literal of any form; remembers only the first error. */
class NumberScan {
	readonly s: Scanner;
	readonly start: number;
	i: number;
	base = 10;
	/** Lower-case letter of a 0x, 0o, 0b prefix, "0" for a leading zero, "" otherwise. */
	prefix = "";
	sawDigit = false;
	sawSeparator = false;
	/** Offset of the first digit that the base lacks. */
	wrongDigit = -1;
	ok = true;

	constructor(s: Scanner, start: number) {
		this.s = s;
		this.start = start;
		this.i = start;
	}

	run(): true {
		const s = this.s;
		let kind: LitKind = LitKind.Int;
		if (at(s, this.i) !== 46) {
			this.takePrefix();
			this.digits(this.base);
		}
		if (at(s, this.i) === 46) {
			if (this.prefix === "o" || this.prefix === "b") this.fail(this.i, `invalid radix point in ${baseName(this.base)} literal`);
			this.i++;
			kind = LitKind.Float;
			this.digits(this.base);
		}
		if (!this.sawDigit) this.fail(this.i, `${baseName(this.base)} literal has no digits`);
		const e = at(s, this.i) | 32;
		if (at(s, this.i) > 0 && (e === 101 || e === 112)) {
			kind = LitKind.Float;
			this.exponent(e === 101);
		} else if (this.prefix === "x" && kind === LitKind.Float) this.fail(this.i, "hexadecimal mantissa requires a 'p' exponent");
		if (at(s, this.i) === 105) {
			kind = LitKind.Imag;
			this.i++;
		}
		if (kind === LitKind.Int && this.wrongDigit >= 0) {
			const digit = String.fromCharCode(s.src[this.wrongDigit] as number);
			this.fail(this.wrongDigit, `invalid digit '${digit}' in ${baseName(this.base)} literal`);
		}
		if (this.sawSeparator && this.ok) this.checkSeparators();
		return finish(s, kind, this.i, this.ok);
	}

	private fail(offset: number, msg: string): void {
		if (this.ok) this.s.errorAt(offset, msg);
		this.ok = false;
	}

	private takePrefix(): void {
		if (at(this.s, this.i) !== 48) return;
		const letter = String.fromCharCode(at(this.s, this.i + 1) | 32);
		if (isPrefix(at(this.s, this.i + 1))) {
			this.prefix = letter;
			this.base = letter === "x" ? 16 : letter === "o" ? 8 : 2;
			this.i += 2;
			return;
		}
		this.prefix = "0";
		this.base = 8;
		this.sawDigit = true;
		this.i++;
	}

	private digits(base: number): void {
		for (; ; this.i++) {
			const c = at(this.s, this.i);
			if (c === 95) {
				this.sawSeparator = true;
				continue;
			}
			const value = digitValue(c);
			if (c < 0 || value >= (base === 16 ? 16 : 10)) return;
			if (value >= base && this.wrongDigit < 0) this.wrongDigit = this.i;
			this.sawDigit = true;
		}
	}

	private exponent(decimal: boolean): void {
		const shown = quoteRune(at(this.s, this.i));
		if (decimal && this.prefix !== "" && this.prefix !== "0") this.fail(this.i, `${shown} exponent requires decimal mantissa`);
		else if (!decimal && this.prefix !== "x") this.fail(this.i, `${shown} exponent requires hexadecimal mantissa`);
		this.i++;
		const sign = at(this.s, this.i);
		if (sign === 43 || sign === 45) this.i++;
		this.sawDigit = false;
		this.digits(10);
		if (!this.sawDigit) this.fail(this.i, "exponent has no digits");
	}

	/** Every underscore stands between two digits; a base prefix counts as a digit. */
	private checkSeparators(): void {
		const src = this.s.src;
		const hex = this.prefix === "x";
		const prefixed = hex || this.prefix === "o" || this.prefix === "b";
		const isDigit = (i: number): boolean => {
			if (i < this.start || i >= this.i) return false;
			if (prefixed && i === this.start + 1) return true;
			return digitValue(src[i] as number) < (hex ? 16 : 10);
		};
		for (let i = this.start; i < this.i; i++) {
			if (src[i] !== 95) continue;
			if (!isDigit(i - 1) || (src[i + 1] !== 95 && !isDigit(i + 1))) {
				this.fail(i, "'_' must separate successive digits");
				return;
			}
		}
	}
}
