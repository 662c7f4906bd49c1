// The output side: tokens come in with their places in the source, white space as wishes; comments are put in where they stood. What
// comes out goes through align. The rules are gofmt's, whose output this must equal.

import { protect } from "./align.ts";
import { trimRight, unindentComment } from "./comments.ts";
import { formatDoc } from "./doc.ts";
import type { Comment, CommentGroup, Tokens } from "./tokens.ts";

/** White space that waits for the next token. */
export const Ws = { Ignore: "", Blank: " ", Cell: "\v", Newline: "\n", Section: "\f", Indent: ">", Unindent: "<" } as const;
export type Ws = (typeof Ws)[keyof typeof Ws];

const impliesSemicolon: ReadonlySet<string> = new Set(["break", "continue", "fallthrough", "return", "++", "--", ")", "]", "}"]);

/** Pairs of a token and the first character of the next that would become another token. */
const combining: ReadonlySet<string> = new Set(["INT.", "++", "--", "/*", "<-", "<<", "&&", "&^"]);

const far = Number.MAX_SAFE_INTEGER;

/** A place in the source, as far as it is known. */
interface Place {
	offset: number;
	line: number;
	column: number;
}

export class Writer {
	readonly tokens: Tokens;
	protected out: string[] = [];
	private waiting: Ws[] = [];
	private indent = 0;
	/** Depth of composite literals. */
	protected level = 0;
	protected noExtraBlank = false;
	protected noExtraBreak = false;
	/** The rest of the line is not aligned: a literal or comment broke the line. */
	private unaligned = false;
	private semicolon = false;
	/** Text of the last token; INT, STRING and IDENT for those kinds; "" after white space. */
	private lastToken = "";
	/** The bracket that was opened just before, "" when something stood behind it. */
	private opened = "";
	protected readonly pos: Place = { offset: 0, line: 1, column: 1 };
	protected outLine = 1;
	protected outColumn = 1;
	private lastLine = 0;
	private mark: ((line: number) => void) | null = null;
	private readonly groups: readonly CommentGroup[];
	private nextGroup = 0;

	/** comments: none of them when sizes are measured. */
	constructor(tokens: Tokens, comments: boolean) {
		this.tokens = tokens;
		this.groups = comments ? tokens.comments : [];
	}

	// ---- places ----

	lineOf(offset: number): number {
		return this.tokens.line(offset);
	}

	/** The next token stands there in the source. */
	at(offset: number): void {
		this.pos.offset = offset;
		this.pos.line = this.tokens.line(offset);
		this.pos.column = this.tokens.column(offset);
	}

	/** Tells the output line of the next token. */
	onLine(mark: (line: number) => void): void {
		this.mark = mark;
	}

	protected get isEmpty(): boolean {
		return this.out.length === 0;
	}

	// ---- comments that wait ----

	private hasLineBreak(g: CommentGroup): boolean {
		const line = this.lineOf(g.start);
		return g.list.some((c) => this.lineOf(c.start) !== line || c.text[1] === "/" || c.text.includes("\n"));
	}

	private pendingBefore(offset: number, index: number = this.nextGroup): boolean {
		const g = this.groups[index];
		return g !== undefined && g.start < offset && (!this.semicolon || !this.hasLineBreak(g));
	}

	/** Whether a comment has to be printed before what stands at an offset. */
	commentBefore(offset: number): boolean {
		return this.pendingBefore(offset);
	}

	/** About how long the comments before an offset are. */
	commentSizeBefore(offset: number): number {
		let size = 0;
		for (let i = this.nextGroup; this.pendingBefore(offset, i); i++) for (const c of this.groups[i].list) size += c.text.length;
		return size;
	}

	// ---- characters ----

	private startLine(): void {
		if (this.outColumn !== 1) return;
		this.out.push("\t".repeat(this.indent));
		this.pos.offset += this.indent;
		this.pos.column += this.indent;
		this.outColumn += this.indent;
	}

	private space(c: string, n: number): void {
		let ch = c;
		if (this.unaligned) {
			if (ch === "\t" || ch === "\v") ch = " ";
			else if (ch === "\n" || ch === "\f") {
				ch = "\f";
				this.unaligned = false;
			}
		}
		this.startLine();
		this.out.push(ch.repeat(n));
		this.pos.offset += n;
		if (ch === "\n" || ch === "\f") {
			this.pos.line += n;
			this.outLine += n;
			this.pos.column = 1;
			this.outColumn = 1;
		} else {
			this.pos.column += n;
			this.outColumn += n;
		}
	}

	private chars(place: Place | null, text: string, literal: boolean): void {
		this.startLine();
		if (place !== null) Object.assign(this.pos, place);
		this.out.push(literal ? protect(text) : text);
		let lines = 0;
		let last = -1;
		for (let i = 0; i < text.length; i++) {
			if (text[i] !== "\n" && text[i] !== "\f") continue;
			lines++;
			last = i;
		}
		this.pos.offset += text.length;
		if (lines > 0) {
			this.unaligned = true;
			this.pos.line += lines;
			this.outLine += lines;
			this.pos.column = text.length - last;
			this.outColumn = text.length - last;
		} else {
			this.pos.column += text.length;
			this.outColumn += text.length;
		}
		this.lastLine = this.pos.line;
	}

	// ---- white space ----

	ws(...list: Ws[]): void {
		for (const w of list) {
			this.noteOpened();
			if (w === Ws.Ignore) continue;
			this.waiting.push(w);
			if (w === Ws.Newline || w === Ws.Section) this.semicolon = false;
			this.lastToken = "";
		}
	}

	private noteOpened(): void {
		if (this.lastToken === "") return;
		this.opened = this.lastToken === "(" || this.lastToken === "[" ? this.lastToken : "";
	}

	/** Writes the first n of the waiting ones. */
	private release(n: number): void {
		const list = this.waiting;
		for (let i = 0; i < n; i++) {
			const w = list[i];
			if (w === Ws.Ignore) continue;
			if (w === Ws.Indent) this.indent++;
			else if (w === Ws.Unindent) this.indent = Math.max(0, this.indent - 1);
			else if ((w === Ws.Newline || w === Ws.Section) && i + 1 < n && list[i + 1] === Ws.Unindent) {
				// A label: the indentation goes before the line break.
				list[i] = Ws.Unindent;
				list[i + 1] = Ws.Section;
				i--;
			} else this.space(w, 1);
		}
		this.waiting = list.slice(n);
	}

	/** Breaks lines as the source does, at least min times and at most twice; how many it were, 2 and more for a new section. */
	breakLine(line: number, min: number, before: Ws, section: boolean): number {
		let n = Math.max(Math.min(line - this.pos.line, 2), min);
		if (n <= 0) return 0;
		let breaks = n;
		this.ws(before);
		if (section) {
			this.ws(Ws.Section);
			n--;
			breaks = n + 2;
		}
		for (; n > 0; n--) this.ws(Ws.Newline);
		return breaks;
	}

	// ---- tokens ----

	/** Prints a token where the last call of at said, or behind what was printed. kind: for literals and names. */
	put(text: string, kind: "" | "INT" | "STRING" | "IDENT" = ""): void {
		this.noteOpened();
		if (kind === "" && combining.has(this.lastToken + text[0])) this.waiting.unshift(Ws.Blank);
		let implied = kind !== "" || impliesSemicolon.has(text);
		this.lastToken = kind === "" ? text : kind;
		const next: Place = { ...this.pos };
		const { wrote, dropped } = this.flush(next, this.lastToken);
		if (!this.semicolon) {
			let n = Math.min(next.line - this.pos.line, 2);
			if (wrote && n === 2) n = 1;
			if (n > 0) {
				this.space(dropped ? "\f" : "\n", n);
				implied = false;
			}
		}
		if (this.mark !== null) this.mark(this.outLine);
		this.mark = null;
		this.chars(next, text, kind === "INT" || kind === "STRING");
		this.semicolon = implied;
	}

	/** What is left at the end of the file. */
	finish(): string {
		this.semicolon = false;
		this.flush({ offset: far, line: far, column: 0 }, "EOF");
		return this.out.join("");
	}

	private flush(next: Place, token: string): { wrote: boolean; dropped: boolean } {
		if (this.pendingBefore(next.offset)) return this.intersperse(next, token);
		this.release(this.waiting.length);
		return { wrote: false, dropped: false };
	}

	// ---- comments ----

	private intersperse(next: Place, token: string): { wrote: boolean; dropped: boolean } {
		let last: Comment | null = null;
		while (this.pendingBefore(next.offset)) {
			const g = this.groups[this.nextGroup];
			const end = g.end + 1;
			let { list } = g;
			const doc =
				this.lastToken !== "import" &&
				this.tokens.column(g.start) === 1 &&
				end === next.offset &&
				next.column === 1 &&
				next.line === this.lineOf(Math.min(end, this.tokens.text.length));
			if (doc) list = formatDoc(list);
			if (doc && list.length === 0) {
				this.commentPrefix(g.start, next, last, token);
				Object.assign(this.pos, next);
				this.lastLine = next.line;
				this.nextGroup++;
				return this.commentSuffix(false);
			}
			for (const c of list) {
				this.commentPrefix(c.start, next, last, token);
				this.comment(c);
				last = c;
			}
			if (doc) {
				last = g.list[g.list.length - 1];
				this.at(last.end);
				this.lastLine = this.pos.line;
			}
			this.nextGroup++;
		}
		return this.afterComments(last as Comment, next, token);
	}

	private afterComments(last: Comment, next: Place, token: string): { wrote: boolean; dropped: boolean } {
		let lineBreak = false;
		const inner = last.text[1] === "*" && this.lineOf(last.start) === next.line;
		const closing = (token === ")" && this.opened !== "(") || (token === "]" && this.opened !== "[");
		if (!this.noExtraBlank && inner && token !== "," && !closing) {
			const breaks = this.waiting.includes(Ws.Newline) || this.waiting.includes(Ws.Section);
			if (breaks && !this.noExtraBreak && this.level === 0) lineBreak = true;
			else this.space(" ", 1);
		}
		if (last.text[1] === "/" || token === "EOF" || (token === "}" && !this.noExtraBreak)) lineBreak = true;
		return this.commentSuffix(lineBreak);
	}

	private commentPrefix(start: number, next: Place, prev: Comment | null, token: string): void {
		if (this.isEmpty) return;
		const line = this.lineOf(start);
		if (line === this.lastLine && (prev === null || prev.text[1] !== "/")) this.prefixBeside(line, next, prev);
		else this.prefixBelow(start, line, next, prev, token);
	}

	/** A comment on the line of what was printed last. */
	private prefixBeside(line: number, next: Place, prev: Comment | null): void {
		let separated = false;
		if (prev === null) {
			let n = 0;
			for (let i = 0; i < this.waiting.length; i++) {
				const w = this.waiting[i];
				if (w === Ws.Blank) this.waiting[i] = Ws.Ignore;
				else if (w === Ws.Cell) separated = true;
				else if (w !== Ws.Indent) {
					n = i;
					break;
				}
			}
			this.release(n);
		}
		if (!separated) this.space(line === next.line ? " " : "\t", 1);
	}

	/** A comment on a line of its own, or behind a line comment. */
	private prefixBelow(start: number, line: number, next: Place, prev: Comment | null, token: string): void {
		let dropped = false;
		let n = 0;
		const { waiting } = this;
		for (let i = 0; i < waiting.length; i++) {
			const w = waiting[i];
			if (w === Ws.Blank || w === Ws.Cell) {
				waiting[i] = Ws.Ignore;
				continue;
			}
			if (w === Ws.Indent) continue;
			if (w === Ws.Unindent) {
				if (waiting[i + 1] === Ws.Unindent) continue;
				// Comments before a case belong to it when they stand as far left as it.
				if (token !== "}" && this.tokens.column(start) === next.column) continue;
			} else if (w === Ws.Newline || w === Ws.Section) {
				waiting[i] = Ws.Ignore;
				dropped = prev === null;
			}
			n = i;
			break;
		}
		this.release(n);
		let breaks = this.lastLine > 0 ? Math.max(0, line - this.lastLine) : 0;
		if (this.indent === 0 && dropped) breaks++;
		if (breaks === 0 && prev !== null && prev.text[1] === "/") breaks = 1;
		if (breaks > 0) this.space("\f", Math.min(breaks, 2));
	}

	private comment(c: Comment): void {
		const column = this.tokens.column(c.start);
		const place: Place = { offset: c.start, line: this.lineOf(c.start), column };
		const { indent } = this;
		if (c.text.startsWith("//line ") && column === 1) this.indent = 0;
		if (c.text[1] === "/") {
			this.chars(place, trimRight(c.text), true);
			this.indent = indent;
			return;
		}
		const lines = c.text.split("\n");
		// What stood in the first column and is indented now looks as if it had always been.
		if (column === 1 && this.indent > 0) for (let i = 1; i < lines.length; i++) lines[i] = `   ${lines[i]}`;
		unindentComment(lines);
		lines.forEach((text, i) => {
			if (i > 0) this.space("\f", 1);
			if (text !== "") this.chars(i === 0 ? place : null, trimRight(text), true);
		});
	}

	private commentSuffix(lineBreak: boolean): { wrote: boolean; dropped: boolean } {
		let needs = lineBreak;
		let wrote = false;
		let dropped = false;
		this.waiting.forEach((w, i) => {
			if (w === Ws.Blank || w === Ws.Cell) this.waiting[i] = Ws.Ignore;
			else if (w === Ws.Newline || w === Ws.Section) {
				if (needs) {
					needs = false;
					wrote = true;
				} else {
					if (w === Ws.Section) dropped = true;
					this.waiting[i] = Ws.Ignore;
				}
			}
		});
		this.release(this.waiting.length);
		if (needs) {
			this.space("\n", 1);
			wrote = true;
		}
		return { wrote, dropped };
	}
}
