// The scanner: tokens of Go source over bytes. It makes no token objects; the
// current token is in fields. Positions are byte offsets into `src`.
//
// Bytes that are wrong wherever they stand (NUL, malformed UTF-8, a byte order
// mark after the start) are found by `badBytes` before scanning, so the
// scanner proper skips them without a word.

import type { Interner } from "#base";
import { byteClass, DIGIT, decodeRune, isUnicodeDigit, isUnicodeLetter, LETTER, unicodeName } from "./chars.ts";
import { scanNumber, scanRawString, scanRune, scanString } from "./literals.ts";
import { Op } from "./nodes.ts";
import * as T from "./tokens.ts";

/** Keywords by (first*4 + second*48 + length) & 63, which is free of collisions. */
const keywordToken = new Uint8Array(64);
const keywordBytes: Uint8Array[] = [];
for (let tok: number = T.BREAK; tok <= T.VAR; tok++) {
	const text = new TextEncoder().encode(T.tokenText[tok]);
	keywordToken[((text[0] as number) * 4 + (text[1] as number) * 48 + text.length) & 63] = tok;
	keywordBytes[tok] = text;
}

const decoder = new TextDecoder();

export abstract class Scanner {
	readonly src: Uint8Array;
	readonly interner: Interner;
	/** One past the last byte to scan. */
	limit: number;
	/** The current token and its extent. */
	tok = 0;
	start = 0;
	end: number;
	/** End of the token before the current one. */
	prevEnd = 0;
	/** Of NAME: the name; of SEMI: "semicolon", "newline" or "EOF". */
	name = "";
	/** Of LITERAL: its LitKind, and whether an error was reported in it. */
	lit = 0;
	badLit = false;
	/** Of OPERATOR, STAR, ASSIGN_OP, INC_OP. */
	op: Op = Op.None;
	prec = 0;
	/** Whether a line end after the current token is a semicolon. */
	nlsemi = false;

	constructor(src: Uint8Array, interner: Interner, start: number) {
		this.src = src;
		this.interner = interner;
		this.limit = src.length;
		this.end = start;
	}

	/** Reports a lexical error at a byte offset. */
	abstract errorAt(offset: number, msg: string): void;
	/** Told of every comment that starts with `//go:`, `//line ` or `/*line `; end excludes the line end. */
	abstract directive(start: number, end: number): void;

	text(): string {
		return decoder.decode(this.src.subarray(this.start, this.end));
	}

	/** Advances to the next token. */
	next(): void {
		const src = this.src;
		const limit = this.limit;
		let i = this.end;
		this.prevEnd = i;
		const nlsemi = this.nlsemi;
		this.nlsemi = false;
		for (;;) {
			let c = i < limit ? (src[i] as number) : -1;
			while (c === 32 || c === 9 || (c === 10 && !nlsemi) || c === 13) c = ++i < limit ? (src[i] as number) : -1;
			this.start = i;
			if (c < 0) {
				this.end = i;
				if (nlsemi) {
					this.name = "EOF";
					this.tok = T.SEMI;
				} else this.tok = T.EOF;
				return;
			}
			if (byteClass[c] === LETTER) {
				this.identifier(i);
				return;
			}
			if (c === 47 && i + 1 < limit) {
				const d = src[i + 1];
				if (d === 47) {
					i = this.lineComment(i);
					continue;
				}
				if (d === 42) {
					const stop = this.fullComment(i);
					if (nlsemi && hasNewline(src, i, stop)) {
						this.end = stop;
						this.name = "newline";
						this.tok = T.SEMI;
						return;
					}
					i = stop;
					continue;
				}
			}
			if (c === 0) {
				i++;
				continue;
			}
			if (c >= 0x80) {
				const rune = decodeRune(src, i, limit);
				// malformed bytes and byte order marks were reported before
				if (rune === 0xfffd * 8 + 1 || rune >> 3 === 0xfeff) {
					i += rune & 7;
					continue;
				}
				this.identifier(i);
				return;
			}
			if (this.punctuation(c, i)) return;
			this.errorAt(i, `invalid character ${unicodeName(c)}`);
			i++;
		}
	}

	/** Scans a token that starts with the ASCII character c, which is no letter; false if none does. */
	private punctuation(c: number, i: number): boolean {
		const src = this.src;
		const d = i + 1 < this.limit ? (src[i + 1] as number) : -1;
		switch (c) {
			case 10:
				this.name = "newline";
				return this.take(T.SEMI, i + 1);
			case 40:
				return this.take(T.LPAREN, i + 1);
			case 41:
				this.nlsemi = true;
				return this.take(T.RPAREN, i + 1);
			case 44:
				return this.take(T.COMMA, i + 1);
			case 46:
				if (byteClass[d] === DIGIT) return scanNumber(this, i);
				if (d === 46 && i + 2 < this.limit && src[i + 2] === 46) return this.take(T.DOTDOTDOT, i + 3);
				return this.take(T.DOT, i + 1);
			case 34:
				return scanString(this, i);
			case 39:
				return scanRune(this, i);
			case 96:
				return scanRawString(this, i);
			case 48:
			case 49:
			case 50:
			case 51:
			case 52:
			case 53:
			case 54:
			case 55:
			case 56:
			case 57:
				return scanNumber(this, i);
			case 58:
				return d === 61 ? this.take(T.DEFINE, i + 2) : this.take(T.COLON, i + 1);
			case 59:
				this.name = "semicolon";
				return this.take(T.SEMI, i + 1);
			case 61:
				return d === 61 ? this.operator(Op.Eql, T.PREC_CMP, i + 2) : this.take(T.ASSIGN, i + 1);
			case 91:
				return this.take(T.LBRACK, i + 1);
			case 93:
				this.nlsemi = true;
				return this.take(T.RBRACK, i + 1);
			case 123:
				return this.take(T.LBRACE, i + 1);
			case 125:
				this.nlsemi = true;
				return this.take(T.RBRACE, i + 1);
			case 33:
				return d === 61 ? this.operator(Op.Neq, T.PREC_CMP, i + 2) : this.operator(Op.Not, 0, i + 1);
			case 126:
				return this.operator(Op.Tilde, 0, i + 1);
			case 43:
				return this.incOrAssignable(d === 43, Op.Add, i);
			case 45:
				return this.incOrAssignable(d === 45, Op.Sub, i);
			case 42:
				this.op = Op.Mul;
				this.prec = T.PREC_MUL;
				return d === 61 ? this.take(T.ASSIGN_OP, i + 2) : this.take(T.STAR, i + 1);
			case 47:
				return this.assignable(Op.Div, T.PREC_MUL, i + 1);
			case 37:
				return this.assignable(Op.Rem, T.PREC_MUL, i + 1);
			case 94:
				return this.assignable(Op.Xor, T.PREC_ADD, i + 1);
			case 38:
				if (d === 38) return this.operator(Op.AndAnd, T.PREC_ANDAND, i + 2);
				return d === 94 ? this.assignable(Op.AndNot, T.PREC_MUL, i + 2) : this.assignable(Op.And, T.PREC_MUL, i + 1);
			case 124:
				return d === 124 ? this.operator(Op.OrOr, T.PREC_OROR, i + 2) : this.assignable(Op.Or, T.PREC_ADD, i + 1);
			case 60:
				if (d === 61) return this.operator(Op.Leq, T.PREC_CMP, i + 2);
				if (d === 60) return this.assignable(Op.Shl, T.PREC_MUL, i + 2);
				return d === 45 ? this.take(T.ARROW, i + 2) : this.operator(Op.Lss, T.PREC_CMP, i + 1);
			case 62:
				if (d === 61) return this.operator(Op.Geq, T.PREC_CMP, i + 2);
				return d === 62 ? this.assignable(Op.Shr, T.PREC_MUL, i + 2) : this.operator(Op.Gtr, T.PREC_CMP, i + 1);
			default:
				return false;
		}
	}

	private take(tok: number, end: number): boolean {
		this.tok = tok;
		this.end = end;
		return true;
	}

	private operator(op: Op, prec: number, end: number): boolean {
		this.op = op;
		this.prec = prec;
		return this.take(T.OPERATOR, end);
	}

	/** An operator that may be followed by `=`. */
	private assignable(op: Op, prec: number, end: number): boolean {
		this.op = op;
		this.prec = prec;
		return end < this.limit && this.src[end] === 61 ? this.take(T.ASSIGN_OP, end + 1) : this.take(T.OPERATOR, end);
	}

	private incOrAssignable(twice: boolean, op: Op, i: number): boolean {
		if (!twice) return this.assignable(op, T.PREC_ADD, i + 1);
		this.op = op;
		this.prec = T.PREC_ADD;
		this.nlsemi = true;
		return this.take(T.INC_OP, i + 2);
	}

	private identifier(start: number): void {
		const src = this.src;
		const limit = this.limit;
		let i = start;
		while (i < limit && byteClass[src[i] as number] !== 0) i++;
		if (i < limit && ((src[i] as number) >= 0x80 || src[i] === 0)) i = this.unicodeIdent(start, i);
		this.end = i;
		const len = i - start;
		if (len >= 2 && len <= 11) {
			const tok = keywordToken[((src[start] as number) * 4 + (src[start + 1] as number) * 48 + len) & 63] as number;
			if (tok !== 0 && matches(keywordBytes[tok] as Uint8Array, src, start, len)) {
				this.tok = tok;
				this.nlsemi = tok === T.BREAK || tok === T.CONTINUE || tok === T.FALLTHROUGH || tok === T.RETURN;
				return;
			}
		}
		this.nlsemi = true;
		this.tok = T.NAME;
		this.name = this.interner.intern(src, start, i);
	}

	/** The end of an identifier with a non-ASCII character at i. */
	private unicodeIdent(start: number, i: number): number {
		const src = this.src;
		for (;;) {
			const decoded = decodeRune(src, i, this.limit);
			const rune = decoded >> 3;
			const width = decoded & 7;
			if (rune < 0) return i;
			if (rune === 0 || rune === 0xfeff || (rune === 0xfffd && width === 1)) {
				i += width; // reported before
				continue;
			}
			if (rune < 0x80) {
				if (byteClass[rune] === 0) return i;
			} else if (isUnicodeDigit(rune)) {
				if (i === start) this.errorAt(i, `identifier cannot begin with digit ${unicodeName(rune)}`);
			} else if (!isUnicodeLetter(rune)) {
				this.errorAt(i, `invalid character ${unicodeName(rune)} in identifier`);
			}
			i += width;
		}
	}

	/** Returns the offset of the line end. */
	private lineComment(start: number): number {
		const src = this.src;
		let stop = src.indexOf(10, start + 2);
		if (stop < 0 || stop > this.limit) stop = this.limit;
		if (isLineDirective(src, start, stop)) this.directive(start, stop);
		return stop;
	}

	/** Returns the offset after the comment. */
	private fullComment(start: number): number {
		const stop = commentEnd(this.src, start, this.limit);
		if (stop < 0) {
			this.errorAt(start, "comment not terminated");
			return this.limit;
		}
		if (isBlockDirective(this.src, start)) this.directive(start, stop);
		return stop;
	}
}

/** The offset after the general comment at start, -1 if it does not end. */
export function commentEnd(src: Uint8Array, start: number, limit: number): number {
	for (let i = start + 2; ; i++) {
		i = src.indexOf(42, i);
		if (i < 0 || i + 1 >= limit) return -1;
		if (src[i + 1] === 47) return i + 2;
	}
}

/** Whether the line comment at start is `//go:…` or `//line …`. */
export function isLineDirective(src: Uint8Array, start: number, stop: number): boolean {
	if (stop - start < 5) return false;
	const c = src[start + 2];
	if (c === 103) return src[start + 3] === 111 && src[start + 4] === 58;
	return c === 108 && isBlockDirective(src, start);
}

/** Whether the comment at start is `//line …` or `/*line …`. */
export function isBlockDirective(src: Uint8Array, start: number): boolean {
	return src[start + 2] === 108 && src[start + 3] === 105 && src[start + 4] === 110 && src[start + 5] === 101 && src[start + 6] === 32;
}

function hasNewline(src: Uint8Array, start: number, stop: number): boolean {
	for (let i = start; i < stop; i++) if (src[i] === 10) return true;
	return false;
}

function matches(want: Uint8Array, src: Uint8Array, start: number, len: number): boolean {
	if (want.length !== len) return false;
	for (let i = 0; i < len; i++) if (want[i] !== src[start + i]) return false;
	return true;
}

export interface BadByte {
	offset: number;
	msg: string;
}

/** NUL bytes, malformed UTF-8 and misplaced byte order marks, in order. */
export function badBytes(src: Uint8Array): BadByte[] {
	const found: BadByte[] = [];
	for (let i = 0; i < src.length; ) {
		const c = src[i] as number;
		if (c > 0 && c < 0x80) {
			i++;
			continue;
		}
		const decoded = decodeRune(src, i, src.length);
		if (c === 0) found.push({ offset: i, msg: "invalid NUL character" });
		else if (decoded === 0xfffd * 8 + 1) found.push({ offset: i, msg: "invalid UTF-8 encoding" });
		else if (decoded >> 3 === 0xfeff && i > 0) found.push({ offset: i, msg: "invalid BOM in the middle of the file" });
		i += decoded & 7;
	}
	return found;
}
