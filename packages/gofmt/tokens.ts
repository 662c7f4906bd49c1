// A Go file as columns of tokens and groups of comments: where everything stands. Offsets are bytes; the text is kept as one string with a
// character per byte, so that columns and sizes count bytes as gofmt counts them.

import { Interner } from "#base";
import { Scanner, T } from "#syntax";

class TokenScanner extends Scanner {
	errorAt(): void {}
	directive(): void {}
}

export interface Comment {
	start: number;
	end: number;
	text: string;
}

/** Comments with nothing but white space, and no empty line, between them. */
export interface CommentGroup {
	list: Comment[];
	start: number;
	end: number;
	/** Index of the token after it. */
	next: number;
}

export class Tokens {
	readonly text: string;
	/** By token, without the semicolons that line ends stand for: kind (T), start, end. */
	readonly kinds: number[] = [];
	readonly starts: number[] = [];
	readonly ends: number[] = [];
	readonly comments: CommentGroup[] = [];
	private readonly matches: Int32Array;
	private readonly lines: number[] = [0];

	constructor(src: Uint8Array, text: string) {
		this.text = text;
		for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.lines.push(i + 1);
		const scanner = new TokenScanner(src, new Interner(), 0);
		for (scanner.next(); scanner.tok !== T.EOF; scanner.next()) {
			if (scanner.tok === T.SEMI && scanner.name !== "semicolon") continue;
			this.kinds.push(scanner.tok);
			this.starts.push(scanner.start);
			this.ends.push(scanner.end);
		}
		this.kinds.push(T.EOF);
		this.starts.push(text.length);
		this.ends.push(text.length);
		this.matches = new Int32Array(this.kinds.length).fill(-1);
		const open: number[] = [];
		for (let i = 0; i < this.kinds.length; i++) {
			const kind = this.kinds[i];
			if (kind === T.LPAREN || kind === T.LBRACK || kind === T.LBRACE) open.push(i);
			else if ((kind === T.RPAREN || kind === T.RBRACK || kind === T.RBRACE) && open.length > 0) {
				const other = open.pop() as number;
				this.matches[i] = other;
				this.matches[other] = i;
			}
			this.gap(i);
		}
	}

	/** Collects the comments before token i. */
	private gap(i: number): void {
		const { text } = this;
		const from = i === 0 ? 0 : this.ends[i - 1];
		const to = this.starts[i];
		const found: Comment[] = [];
		for (let at = text.indexOf("/", from); at >= 0 && at < to; ) {
			let end: number;
			if (text[at + 1] === "/") {
				end = text.indexOf("\n", at);
				if (end < 0 || end > to) end = to;
			} else {
				end = text.indexOf("*/", at + 2) + 2;
				if (end < 2) end = to;
			}
			found.push({ start: at, end, text: text.slice(at, end) });
			at = text.indexOf("/", end);
		}
		// Comments beside the token before them are a group of their own.
		const beside = i === 0 ? -1 : this.line(this.starts[i - 1]);
		let group: CommentGroup | null = null;
		let reach = 0;
		let endLine = 0;
		for (const c of found) {
			const line = this.line(c.start);
			if (group === null || line > endLine + reach) {
				reach =
					this.comments.at(-1)?.next !== i && (line === beside || this.line(i === 0 ? 0 : this.ends[i - 1]) === line) && i > 0 ? 0 : 1;
				group = { list: [], start: c.start, end: c.end, next: i };
				this.comments.push(group);
			}
			group.list.push(c);
			group.end = c.end;
			endLine = this.line(c.end);
		}
	}

	/** Line (from 1) of an offset. */
	line(offset: number): number {
		let lo = 0;
		let hi = this.lines.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (this.lines[mid] <= offset) lo = mid;
			else hi = mid;
		}
		return lo + 1;
	}

	/** Column (from 1) of an offset. */
	column(offset: number): number {
		return offset - this.lines[this.line(offset) - 1] + 1;
	}

	/** The first token that starts at an offset or behind it. */
	at(offset: number): number {
		let lo = 0;
		let hi = this.starts.length - 1;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			if (this.starts[mid] < offset) lo = mid + 1;
			else hi = mid;
		}
		return lo;
	}

	/** The bracket that belongs to the one at token i; i itself if none does. */
	match(i: number): number {
		return this.matches[i] < 0 ? i : this.matches[i];
	}

	/** The group that documents what token i begins: it ends on the line before. */
	doc(i: number): CommentGroup | null {
		const g = this.lastBefore(i);
		return g !== null && this.line(g.end) + 1 === this.line(this.starts[i]) && !this.isBeside(g, i) ? g : null;
	}

	/** The group behind token i on its line, when nothing else follows on that line. */
	lineComment(i: number): CommentGroup | null {
		const n = i + 1;
		const g = this.comments[this.firstFor(n)];
		if (g === undefined || g.next !== n || !this.isBeside(g, n)) return null;
		const end = this.line(g.end);
		return this.kinds[n] === T.EOF || this.kinds[n] === T.SEMI || this.line(this.starts[n]) !== end ? g : null;
	}

	private isBeside(g: CommentGroup, next: number): boolean {
		return next > 0 && this.line(this.ends[next - 1]) === this.line(g.start);
	}

	/** Index of the first group before token i or a later one. */
	private firstFor(i: number): number {
		let lo = 0;
		let hi = this.comments.length;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			if (this.comments[mid].next < i) lo = mid + 1;
			else hi = mid;
		}
		return lo;
	}

	private lastBefore(i: number): CommentGroup | null {
		const g = this.comments[this.firstFor(i + 1) - 1];
		return g !== undefined && g.next === i ? g : null;
	}
}
