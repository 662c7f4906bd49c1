// Tokens of Plan 9 assembly and the scanner that makes them.

import { Interner } from "#base";

/** Token kinds; single characters are their code. */
export const Tok = {
	EOF: -1,
	Ident: 256,
	Int: 257,
	Float: 258,
	Char: 259,
	String: 260,
	Shl: 261,
	Shr: 262,
	Arrow: 263,
	Rot: 264,
	MacroName: 265,
} as const;

export interface Token {
	kind: number;
	text: string;
	/** Byte offset in the root file: of the token itself or of the macro's invocation. */
	pos: number;
	/** Index of the file (of the preprocessor's list) and line that line tables record. */
	file: number;
	line: number;
}

const single: readonly string[] = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i));

export class ScanError extends Error {}

function isIdentStart(c: number): boolean {
	return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c >= 0x80;
}

function isDigit(c: number): boolean {
	return c >= 48 && c <= 57;
}

function isHex(c: number): boolean {
	return isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
}

/** Scans bytes into tokens, comments dropped, newlines kept. Fields describe the token that next() found. */
export class Scanner {
	readonly src: Uint8Array;
	private readonly names: Interner;
	pos = 0;
	line = 1;
	kind: number = Tok.EOF;
	start = 0;
	/** Line at which the token starts. */
	tokLine = 1;

	constructor(src: Uint8Array, names: Interner) {
		this.src = src;
		this.names = names;
	}

	text(): string {
		if (this.kind >= 0 && this.kind < 128) return single[this.kind] as string;
		return this.names.intern(this.src, this.start, this.pos);
	}

	peekByte(): number {
		return this.pos < this.src.length ? (this.src[this.pos] as number) : -1;
	}

	next(): number {
		this.skipBlank();
		const src = this.src;
		this.start = this.pos;
		this.tokLine = this.line;
		if (this.pos >= src.length) {
			this.kind = Tok.EOF;
			return Tok.EOF;
		}
		const c = src[this.pos] as number;
		if (isIdentStart(c)) {
			while (this.pos < src.length && (isIdentStart(src[this.pos] as number) || isDigit(src[this.pos] as number))) this.pos++;
			this.kind = Tok.Ident;
		} else if (isDigit(c) || (c === 46 && isDigit(src[this.pos + 1] ?? 0))) this.number();
		else if (c === 34) this.quoted(34, Tok.String);
		else if (c === 39) this.quoted(39, Tok.Char);
		else {
			this.pos++;
			const d = src[this.pos];
			this.kind = c;
			if (c === 10) this.line++;
			else if (c === 60 && d === 60) this.two(Tok.Shl);
			else if (c === 62 && d === 62) this.two(Tok.Shr);
			else if (c === 45 && d === 62) this.two(Tok.Arrow);
			else if (c === 64 && d === 62) this.two(Tok.Rot);
		}
		return this.kind;
	}

	/**
	 * Skips the body of a #define to its newline, which is consumed; a backslash continues the line.
	 * False at the end of the file.
	 */
	skipBody(): boolean {
		const src = this.src;
		for (;;) {
			this.skipBlank();
			const c = src[this.pos];
			if (c === undefined) return false;
			this.pos++;
			if (c === 10) {
				this.line++;
				return true;
			}
			if (c === 92) {
				this.skipBlank(); // a comment may stand before the newline
				if (src[this.pos] === 10) this.line++;
				this.pos++;
			} else if (c === 34 || c === 39) {
				while (this.pos < src.length && src[this.pos] !== c && src[this.pos] !== 10) this.pos += src[this.pos] === 92 ? 2 : 1;
				if (src[this.pos] === c) this.pos++;
			}
		}
	}

	private two(kind: number): void {
		this.pos++;
		this.kind = kind;
	}

	private skipBlank(): void {
		const src = this.src;
		for (;;) {
			const c = src[this.pos];
			if (c === 32 || c === 9 || c === 13) this.pos++;
			else if (c === 47 && src[this.pos + 1] === 47) {
				while (this.pos < src.length && src[this.pos] !== 10) this.pos++;
			} else if (c === 47 && src[this.pos + 1] === 42) {
				let at = this.pos + 2;
				while (at < src.length && !(src[at] === 42 && src[at + 1] === 47)) {
					if (src[at] === 10) this.line++;
					at++;
				}
				if (at >= src.length) throw new ScanError("comment not terminated");
				this.pos = at + 2;
			} else return;
		}
	}

	private number(): void {
		const src = this.src;
		this.kind = Tok.Int;
		if (src[this.pos] === 48 && ((src[this.pos + 1] as number) | 32) === 120) {
			this.pos += 2;
			while (isHex(src[this.pos] ?? 0) || src[this.pos] === 95) this.pos++;
			return;
		}
		if (src[this.pos] === 48 && [98, 111].includes((src[this.pos + 1] as number) | 32)) this.pos += 2;
		while (isDigit(src[this.pos] ?? 0) || src[this.pos] === 95) this.pos++;
		if (src[this.pos] === 46) {
			this.kind = Tok.Float;
			this.pos++;
			while (isDigit(src[this.pos] ?? 0)) this.pos++;
		}
		if (((src[this.pos] ?? 0) | 32) === 101) {
			const sign = src[this.pos + 1] === 43 || src[this.pos + 1] === 45 ? 2 : 1;
			if (isDigit(src[this.pos + sign] ?? 0)) {
				this.kind = Tok.Float;
				this.pos += sign;
				while (isDigit(src[this.pos] ?? 0)) this.pos++;
			}
		}
	}

	private quoted(quote: number, kind: number): void {
		const src = this.src;
		this.pos++;
		for (;;) {
			const c = src[this.pos];
			if (c === undefined || c === 10) throw new ScanError(quote === 34 ? "string literal not terminated" : "rune literal not terminated");
			this.pos++;
			if (c === quote) break;
			if (c === 92) this.pos++;
		}
		this.kind = kind;
	}
}

/** The bytes of a quoted string or character literal (with Go's escapes), or null if malformed. */
export function unquote(text: string): Uint8Array | null {
	const out: number[] = [];
	const encoder = new TextEncoder();
	const body = text.slice(1, -1);
	const simple: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, "'": 39, '"': 34 };
	for (let i = 0; i < body.length; ) {
		const c = body.codePointAt(i) as number;
		if (c !== 92) {
			const s = String.fromCodePoint(c);
			out.push(...encoder.encode(s));
			i += s.length;
			continue;
		}
		const e = body[i + 1] ?? "";
		const plain = simple[e];
		if (plain !== undefined) {
			out.push(plain);
			i += 2;
			continue;
		}
		const digits = e === "x" ? 2 : e === "u" ? 4 : e === "U" ? 8 : 0;
		const hex = digits > 0 ? body.slice(i + 2, i + 2 + digits) : body.slice(i + 1, i + 4);
		const value = digits > 0 ? Number.parseInt(hex, 16) : Number.parseInt(hex, 8);
		if (Number.isNaN(value)) return null;
		if (e === "u" || e === "U") out.push(...encoder.encode(String.fromCodePoint(value)));
		else out.push(value & 0xff);
		i += digits > 0 ? 2 + digits : 4;
	}
	return Uint8Array.from(out);
}
