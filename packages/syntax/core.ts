// The parser's state: scanner, error reporting, recovery, pragmas. The grammar
// is in decls.ts, stmts.ts, exprs.ts and typexprs.ts as functions of a Parser.

import type { Interner, Pos, Report, SourceFile } from "#base";
import { applyLineDirective } from "./directives.ts";
import { goScannerMessage } from "./header.ts";
import { BadExpr, BasicLit, type Directive, type LitKind, Name, type NodeIds, opText, type Pragma } from "./nodes.ts";
import { misplaced, parseDirective } from "./pragma.ts";
import { Scanner } from "./scanner.ts";
import * as T from "./tokens.ts";

/** Levels of nesting (expressions, types, statements) that are accepted; deeper source is an error, not a stack overflow. */
export const MAX_NESTING = 400;

/**
 * Whose code it is, for the directives that only some may use. "header": of files whose header is read only, and of bodies parsed
 * late, whose directives were checked before.
 */
export type Origin = "user" | "std" | "runtime" | "header";

export interface ParserOptions {
	ids: NodeIds;
	file: SourceFile;
	interner: Interner;
	report: Report;
	/** Report every syntax error, not only the first of a line as gc does. */
	allErrors: boolean;
	origin: Origin;
}

/** Statement keywords: good places to resume inside a function. */
const statementStart: readonly number[] = [
	T.BREAK,
	T.CONST,
	T.CONTINUE,
	T.DEFER,
	T.FALLTHROUGH,
	T.FOR,
	T.GO,
	T.GOTO,
	T.IF,
	T.RETURN,
	T.SELECT,
	T.SWITCH,
	T.TYPE,
	T.VAR,
];

export class Parser extends Scanner {
	readonly ids: NodeIds;
	readonly file: SourceFile;
	readonly base: Pos;
	readonly allErrors: boolean;
	readonly origin: Origin;
	private readonly sink: Report;
	errors = 0;
	private lastSyntaxErrorLine = 0;
	private lastError = "";
	/** Before the package clause. */
	top = false;
	/** Function nesting; recovery stops at statement keywords inside functions. */
	funcDepth = 0;
	/** Expression nesting; negative in a statement header, where `{` starts the block. */
	exprLevel = 0;
	/** Nesting of productions, for MAX_NESTING. */
	depth = 0;
	lazyBodies = false;
	goVersion = "";
	/** Directives seen since the last declaration began or ended. */
	private pending: Directive[] = [];
	/** Directives of the whole file; null when a skipped body is parsed, since its directives were recorded when it was skipped. */
	readonly directives: Directive[] | null;

	constructor(o: ParserOptions, start: number, directives: Directive[] | null) {
		super(o.file.src, o.interner, start);
		this.ids = o.ids;
		this.file = o.file;
		this.base = o.file.base;
		this.sink = o.report;
		this.allErrors = o.allErrors;
		this.origin = o.origin;
		this.directives = directives;
	}

	/** Position of the current token. */
	pos(): Pos {
		return this.base + this.start;
	}

	// ---- errors ----

	override errorAt(offset: number, msg: string): void {
		if (this.origin === "header" && this.directives !== null) {
			// go/scanner reports an unterminated literal at its start
			this.error(this.base + (msg.startsWith("newline in ") ? this.start : offset), goScannerMessage(msg));
		} else this.error(this.base + offset, msg);
	}

	error(pos: Pos, msg: string): void {
		this.errors++;
		if (msg.startsWith("syntax error")) {
			const line = this.file.lineAt(pos - this.base);
			if (line === this.lastSyntaxErrorLine && !this.allErrors) return;
			this.lastSyntaxErrorLine = line;
		}
		const key = `${pos}:${msg}`;
		if (key === this.lastError) return;
		this.lastError = key;
		this.sink({ pos, code: "SyntaxError", msg, soft: false });
	}

	/** An error that is not the grammar's, of a branch or a directive: it has no influence on how parsing goes on. */
	remark(pos: Pos, code: string, msg: string, soft: boolean): void {
		this.sink({ pos, code, msg, soft });
	}

	syntaxError(msg: string): void {
		this.syntaxErrorAt(this.pos(), msg);
	}

	/** Reports msg; after "unexpected <token>" if it begins with "expected", "in", "at" or "after". */
	syntaxErrorAt(pos: Pos, msg: string): void {
		if (this.tok === T.EOF && this.errors > 0) return; // a consequence of the first error
		if (msg.startsWith("expected ")) msg = `unexpected ${this.describe()}, ${msg}`;
		else if (/^(in|at|after) /.test(msg)) msg = `unexpected ${this.describe()} ${msg}`;
		this.error(pos, `syntax error: ${msg}`);
	}

	/** The current token as messages call it. */
	private describe(): string {
		switch (this.tok) {
			case T.NAME:
				return `name ${this.name}`;
			case T.SEMI:
				return this.name;
			case T.LITERAL:
				return `literal ${this.text()}`;
			case T.OPERATOR:
				return opText[this.op] as string;
			case T.ASSIGN_OP:
				return `${opText[this.op]}=`;
			case T.INC_OP:
				return `${opText[this.op]}${opText[this.op]}`;
			default:
				return T.describeToken(this.tok);
		}
	}

	/** Enters a nested production; false, after an error that ends the parse, if there are too many. */
	enter(): boolean {
		return this.deeper(1);
	}

	/** Enters a production that takes the stack of several levels. */
	deeper(levels: number): boolean {
		this.depth += levels;
		if (this.depth <= MAX_NESTING) return true;
		this.syntaxError("exceeded max nesting depth");
		this.limit = this.start;
		this.end = this.start;
		this.nlsemi = false;
		this.tok = T.EOF;
		return false;
	}

	leave(): void {
		this.depth--;
	}

	// ---- tokens ----

	got(tok: number): boolean {
		if (this.tok !== tok) return false;
		this.next();
		return true;
	}

	want(tok: number): void {
		if (this.tok === tok) {
			this.next();
			return;
		}
		this.syntaxError(`expected ${T.describeToken(tok)}`);
		this.skipOne();
	}

	/** Takes `=`; takes `:=` too, after an error. */
	gotAssign(): boolean {
		if (this.tok === T.DEFINE) this.syntaxError("expected =");
		else if (this.tok !== T.ASSIGN) return false;
		this.next();
		return true;
	}

	/** Skips the current token, so that recovery makes progress. */
	skipOne(): void {
		if (this.tok !== T.EOF) this.next();
	}

	/** Skips to one of the tokens, or to a statement if inside a function. */
	skipTo(...tokens: number[]): void {
		while (this.tok !== T.EOF && !tokens.includes(this.tok)) {
			if (this.funcDepth > 0 && statementStart.includes(this.tok)) return;
			this.next();
		}
	}

	/**
	 * After an element of a list: true if the list goes on or stands at its closing token. Otherwise reports and skips to a
	 * closing token; true if it is the list's.
	 */
	separated(context: string, separator: number, close: number): boolean {
		if (this.tok === separator) {
			this.next();
			return true;
		}
		if (this.tok === close) return true;
		this.syntaxError(`in ${context}; possibly missing ${T.describeToken(separator)} or ${T.describeToken(close)}`);
		this.skipTo(T.RPAREN, T.RBRACK, T.RBRACE);
		return this.tok === close;
	}

	// ---- leaves ----

	bad(): BadExpr {
		return new BadExpr(this.ids, this.pos());
	}

	ident(): Name {
		const n = new Name(this.ids, this.pos(), this.tok === T.NAME ? this.name : "_");
		if (this.tok === T.NAME) this.next();
		else {
			this.syntaxError("expected name");
			this.skipOne();
		}
		return n;
	}

	/** The literal at the current token, or null. */
	literal(): BasicLit | null {
		if (this.tok !== T.LITERAL) return null;
		const len = this.end - this.start;
		const text = len <= 40 ? this.interner.intern(this.src, this.start, this.end) : this.text();
		const x = new BasicLit(this.ids, this.pos(), this.lit as LitKind, text, this.badLit, len);
		this.next();
		return x;
	}

	// ---- directives ----

	override directive(start: number, end: number): void {
		const src = this.src;
		if (src[start + 2] === 108) {
			if (this.directives === null) return; // recorded when the body was skipped
			const atLineStart = start === 0 || src[start - 1] === 10;
			if (atLineStart || src[start + 1] === 42) applyLineDirective(this.file, start, end, (offset, msg) => this.errorAt(offset, msg));
			return;
		}
		const d = parseDirective(this, start, end);
		if (d === null) return;
		if (this.directives !== null && d.lasting) this.directives.push(d.directive);
		this.pending.push(d.directive);
	}

	/** Records a directive of a skipped body. */
	fileDirective(start: number, end: number): void {
		const pending = this.pending;
		this.pending = [];
		this.directive(start, end);
		this.pending = pending;
	}

	/** The directives before a declaration that starts here. */
	takePragma(): Pragma | null {
		if (this.pending.length === 0) return null;
		const directives = this.pending;
		this.pending = [];
		return { directives };
	}

	/** Called where no declaration follows: directives that belong to one are misplaced. */
	clearPragma(): void {
		if (this.pending.length === 0) return;
		this.checkPragma(this.takePragma(), "none");
	}

	/** Reports the directives of a pragma that mean nothing before such a declaration. */
	checkPragma(pragma: Pragma | null, before: "none" | "package" | "func" | "var" | "other"): void {
		if (pragma === null) return;
		for (const d of pragma.directives) {
			const msg = misplaced(d, before);
			if (msg !== "") this.remark(d.pos + 2, "MisplacedDirective", msg, false);
		}
	}
}
