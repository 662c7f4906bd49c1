// The preprocessor: #include, #define with arguments, #ifdef, #ifndef, #else,
// #endif, #undef, #line, and macro expansion. It delivers tokens.

import { Interner, type SourceFile } from "#base";
import { ScanError, Scanner, Tok, type Token, unquote } from "./token.ts";

/** A user error; pos is an offset in the root file. */
export class AsmError extends Error {
	readonly pos: number;
	constructor(message: string, pos: number) {
		super(message);
		this.pos = pos;
	}
}

interface Macro {
	name: string;
	/** null: no parameter list. */
	args: string[] | null;
	/** null: not scanned yet, the text is below. */
	body: Token[] | null;
	src: Uint8Array;
	pos: number;
}

/** A place that tokens come from: a file being scanned, or the tokens of a macro. */
interface Source {
	scanner: Scanner | null;
	tokens: Token[] | null;
	at: number;
	file: number;
	/** For macros: the line of the invocation. Lines of included files count in themselves. */
	line: number;
	/** Offset in the root file that errors are reported at, -1 = the scanner's own. */
	rootPos: number;
	lineDelta: number;
}

export type Includes = (name: string) => Uint8Array | null;

export class Preprocessor {
	/** File names as line tables record them. */
	readonly files: string[];
	private readonly stack: Source[] = [];
	private readonly macros = new Map<string, Macro>();
	/** One entry per open #if: tokens are enabled here. */
	private readonly conditions: boolean[] = [];
	private readonly includes: Includes;
	private readonly names: Interner;
	private lineStart = true;
	private peeked: Token | null = null;

	constructor(file: SourceFile, includes: Includes, defines: Readonly<Record<string, string>>, names: Interner = new Interner()) {
		this.files = [file.name];
		this.names = names;
		this.includes = includes;
		for (const [name, value] of Object.entries(defines)) this.define(name, value);
		this.pushFile(file.src, 0, -1);
	}

	private define(name: string, value: string): void {
		const src = new TextEncoder().encode(`${value}\n`);
		this.macros.set(name, { name, args: null, body: null, src, pos: 0 });
	}

	private pushFile(src: Uint8Array, file: number, rootPos: number): void {
		if (this.stack.length > 100) throw new AsmError("input recursion", Math.max(rootPos, 0));
		this.stack.push({ scanner: new Scanner(src, this.names), tokens: null, at: 0, file, line: 0, rootPos, lineDelta: 0 });
	}

	/** The next raw token of the stack, without macro expansion. */
	private raw(): Token {
		for (;;) {
			const top = this.stack[this.stack.length - 1];
			if (top === undefined) return { kind: Tok.EOF, text: "", pos: 0, file: 0, line: 0 };
			if (top.tokens !== null) {
				const t = top.tokens[top.at++];
				if (t !== undefined) return { kind: t.kind, text: t.text, pos: top.rootPos, file: top.file, line: top.line };
			} else {
				const s = top.scanner as Scanner;
				const kind = this.scan(s, top);
				if (kind !== Tok.EOF) {
					const pos = top.rootPos >= 0 ? top.rootPos : s.start;
					return { kind, text: s.text(), pos, file: top.file, line: s.tokLine + top.lineDelta };
				}
				if (this.stack.length === 1) return { kind, text: "", pos: top.rootPos >= 0 ? top.rootPos : s.start, file: top.file, line: s.line };
			}
			this.stack.pop();
		}
	}

	private scan(s: Scanner, top: Source): number {
		try {
			return s.next();
		} catch (e) {
			throw this.converted(e, s, top);
		}
	}

	/** The scanner's errors become ours. */
	private converted(e: unknown, s: Scanner, top: Source): unknown {
		return e instanceof ScanError ? new AsmError(e.message, top.rootPos >= 0 ? top.rootPos : s.start) : e;
	}

	private skipBody(s: Scanner, top: Source): boolean {
		try {
			return s.skipBody();
		} catch (e) {
			throw this.converted(e, s, top);
		}
	}

	private get enabled(): boolean {
		return this.conditions.length === 0 || (this.conditions[this.conditions.length - 1] as boolean);
	}

	/** The next token after preprocessing. Newlines are tokens. */
	next(): Token {
		if (this.peeked !== null) {
			const t = this.peeked;
			this.peeked = null;
			return t;
		}
		for (let nesting = 0; nesting < 100; ) {
			const t = this.raw();
			if (t.kind === 35) {
				if (!this.lineStart) throw new AsmError("'#' must be first item on line", t.pos);
				this.directive(t);
				this.lineStart = true;
				continue;
			}
			if (t.kind === Tok.Ident && this.enabled) {
				const macro = this.macros.get(t.text);
				if (macro !== undefined) {
					nesting++;
					this.invoke(macro, t);
					continue;
				}
			}
			if (t.kind === Tok.MacroName) t.kind = Tok.Ident;
			if (t.kind === Tok.EOF && this.conditions.length > 0) throw new AsmError("unclosed #ifdef or #ifndef", t.pos);
			this.lineStart = t.kind === 10;
			if (this.enabled || t.kind === Tok.EOF) return t;
		}
		throw new AsmError("recursive macro invocation", 0);
	}

	private push(tokens: Token[], at: Token): void {
		if (this.stack.length > 100) throw new AsmError("input recursion", at.pos);
		this.stack.push({ scanner: null, tokens, at: 0, file: at.file, line: at.line, rootPos: at.pos, lineDelta: 0 });
	}

	/** A macro's tokens, scanned when it is first used: most of go_asm.h never is. */
	private body(macro: Macro): Token[] {
		if (macro.body !== null) return macro.body;
		const s = new Scanner(macro.src, this.names);
		s.pos = macro.pos;
		const body: Token[] = [];
		try {
			for (let kind = s.next(); kind !== 10 && kind !== Tok.EOF; kind = s.next()) {
				if (kind === 92) {
					kind = s.next();
					if (kind !== 10 && kind !== 92) throw new ScanError(`can only escape \\ or \\n in definition for macro: ${macro.name}`);
				}
				body.push({ kind, text: s.text(), pos: 0, file: 0, line: 0 });
			}
		} catch (e) {
			if (e instanceof ScanError) throw new AsmError(e.message, 0);
			throw e;
		}
		macro.body = body;
		return body;
	}

	private invoke(macro: Macro, at: Token): void {
		if (macro.args === null) {
			this.push(this.body(macro), at);
			return;
		}
		const open = this.raw();
		if (open.kind !== 40) {
			// A macro with parameters that is named without arguments stands for its name.
			this.push([{ ...at, kind: Tok.MacroName }, open], at);
			return;
		}
		const actuals = this.arguments(macro, macro.args, at);
		const body: Token[] = [];
		for (const t of this.body(macro)) {
			const replacement = t.kind === Tok.Ident ? actuals.get(t.text) : undefined;
			if (replacement === undefined) body.push(t);
			else body.push(...replacement);
		}
		this.push(body, at);
	}

	private arguments(macro: Macro, params: string[], at: Token): Map<string, Token[]> {
		const args: Token[][] = [];
		let nesting = 0;
		let current: Token[] = [];
		for (;;) {
			const t = this.raw();
			if (t.kind === Tok.EOF || t.kind === 10) throw new AsmError(`unterminated arg list invoking macro: ${macro.name}`, at.pos);
			if (nesting === 0 && (t.kind === 41 || t.kind === 44)) {
				args.push(current);
				current = [];
				if (t.kind === 41) break;
				continue;
			}
			if (t.kind === 40) nesting++;
			if (t.kind === 41) nesting--;
			current.push(t);
		}
		const none = params.length === 0 && args.length === 1 && (args[0] as Token[]).length === 0;
		if (!none && args.length !== params.length) throw new AsmError(`wrong arg count for macro ${macro.name}`, at.pos);
		return new Map(params.map((p, i) => [p, args[i] as Token[]]));
	}

	private directive(hash: Token): void {
		// Directives are raw tokens of the innermost file.
		const word = this.raw();
		if (word.kind !== Tok.Ident) throw new AsmError(`expected identifier after '#'`, hash.pos);
		const conditional = ["ifdef", "ifndef", "else", "endif"].includes(word.text);
		if (!this.enabled && !conditional) {
			this.skipLine();
			return;
		}
		switch (word.text) {
			case "define":
				this.defineDirective(word);
				return;
			case "undef": {
				const name = this.identifier("undef", word);
				if (!this.macros.delete(name)) throw new AsmError(`#undef for undefined macro: ${name}`, word.pos);
				this.endOfLine(word);
				return;
			}
			case "include":
				this.includeDirective(word);
				return;
			case "line":
				this.lineDirective(word);
				return;
			case "ifdef":
			case "ifndef": {
				const name = this.identifier(word.text, word);
				const truth = this.macros.has(name) === (word.text === "ifdef");
				this.conditions.push(this.enabled && truth);
				this.endOfLine(word);
				return;
			}
			case "else": {
				this.endOfLine(word);
				if (this.conditions.length === 0) throw new AsmError("unmatched #else", word.pos);
				const last = this.conditions.length - 1;
				if (last === 0 || this.conditions[last - 1]) this.conditions[last] = !this.conditions[last];
				return;
			}
			case "endif":
				this.endOfLine(word);
				if (this.conditions.length === 0) throw new AsmError("unmatched #endif", word.pos);
				this.conditions.pop();
				return;
			default:
				throw new AsmError(`unexpected token after '#': ${word.text}`, word.pos);
		}
	}

	private skipLine(): void {
		for (;;) {
			const t = this.raw();
			if (t.kind === 10 || t.kind === Tok.EOF) return;
			if (t.kind === 92) this.raw();
		}
	}

	private endOfLine(at: Token): void {
		const t = this.raw();
		if (t.kind !== 10 && t.kind !== Tok.EOF) throw new AsmError(`syntax error in #${at.text}: unexpected ${t.text}`, at.pos);
	}

	private identifier(what: string, at: Token): string {
		const t = this.raw();
		if (t.kind !== Tok.Ident) throw new AsmError(`expected identifier after #${what}`, at.pos);
		return t.text;
	}

	private defineDirective(at: Token): void {
		const name = this.identifier("define", at);
		if (this.macros.has(name)) throw new AsmError(`redefinition of macro: ${name}`, at.pos);
		const top = this.stack[this.stack.length - 1] as Source;
		const adjacent = top.scanner !== null && top.scanner.peekByte() === 40;
		let args: string[] | null = null;
		if (top.scanner === null) throw new AsmError(`#define in a macro: ${name}`, at.pos);
		if (adjacent) {
			this.raw();
			args = this.parameters(name);
		}
		const scanner = top.scanner;
		const pos = scanner.pos;
		if (!this.skipBody(scanner, top)) throw new AsmError(`missing newline in definition for macro: ${name}`, at.pos);
		this.macros.set(name, { name, args, body: null, src: scanner.src, pos });
	}

	private parameters(name: string): string[] {
		const args: string[] = [];
		for (;;) {
			const t = this.raw();
			if (t.kind === 41 && args.length === 0) return args;
			if (t.kind !== Tok.Ident) throw new AsmError(`bad syntax in definition for macro: ${name}`, t.pos);
			if (args.includes(t.text)) throw new AsmError(`duplicate argument ${t.text} in definition for macro: ${name}`, t.pos);
			args.push(t.text);
			const sep = this.raw();
			if (sep.kind === 41) return args;
			if (sep.kind !== 44) throw new AsmError(`bad syntax in definition for macro: ${name}`, t.pos);
		}
	}

	private includeDirective(at: Token): void {
		const t = this.raw();
		const bytes = t.kind === Tok.String ? unquote(t.text) : null;
		if (bytes === null) throw new AsmError("expected string after #include", at.pos);
		this.endOfLine(at);
		const name = new TextDecoder().decode(bytes);
		const src = this.includes(name);
		if (src === null) throw new AsmError(`#include: open ${name}: no such file or directory`, at.pos);
		let file = this.files.indexOf(name);
		if (file < 0) file = this.files.push(name) - 1;
		this.pushFile(src, file, at.pos);
	}

	private lineDirective(at: Token): void {
		const n = this.raw();
		const f = this.raw();
		const bytes = f.kind === Tok.String ? unquote(f.text) : null;
		if (n.kind !== Tok.Int || bytes === null) throw new AsmError("error parsing #line", at.pos);
		this.endOfLine(at);
		const name = new TextDecoder().decode(bytes);
		const top = this.stack[this.stack.length - 1] as Source;
		let file = this.files.indexOf(name);
		if (file < 0) file = this.files.push(name) - 1;
		top.file = file;
		top.lineDelta = Number(n.text) - (top.scanner as Scanner).line;
	}
}
