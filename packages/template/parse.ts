// The template language (https://pkg.go.dev/text/template): text with {{actions}} to a tree.

import { quote } from "./format.ts";

export type Node =
	| { kind: "text"; text: string }
	| { kind: "action"; line: number; col: number; pipe: Pipe }
	| { kind: "if" | "with"; line: number; col: number; pipe: Pipe; list: Node[]; other: Node[] }
	| { kind: "range"; line: number; col: number; pipe: Pipe; list: Node[]; other: Node[] }
	| { kind: "break" | "continue" }
	| { kind: "template"; line: number; col: number; name: string; pipe: Pipe | null };

/** Commands joined with |; declared variables take the result. */
export interface Pipe {
	decl: string[];
	assign: boolean;
	commands: Command[];
}

export interface Command {
	args: Arg[];
	line: number;
	col: number;
}

/** fields: the names behind `.`, `$x.`, `(…).`. col counts bytes from 0 as text/template's messages do. */
export type Arg = { line: number; col: number; fields: string[] } & (
	| { kind: "dot" }
	| { kind: "nil" }
	| { kind: "field" }
	| { kind: "variable"; name: string }
	| { kind: "function"; name: string }
	| { kind: "pipe"; pipe: Pipe }
	| { kind: "constant"; value: string | boolean | number | bigint; text: string }
);

export class TemplateError extends Error {}

interface Token {
	/** "id", "field", "var", "string", "number", "char", or the punctuation itself. */
	kind: string;
	text: string;
	at: number;
	/** White space comes before it. */
	spaced: boolean;
}

const tokenRe =
	/(?<space>\s+)|(?<string>"(?:[^"\\\n]|\\.)*")|(?<raw>`[^`]*`)|(?<char>'(?:[^'\\\n]|\\.)+')|(?<number>[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*\b|\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<var>\$[\p{L}\p{N}_]*)|(?<id>[\p{L}_][\p{L}\p{N}_]*)|(?<punct>:=|=|\||\(|\)|,|\.)/uy;

const keywords = new Set(["if", "else", "end", "range", "with", "define", "block", "template", "break", "continue"]);

class Parser {
	private readonly name: string;
	private readonly src: string;
	private readonly functions: ReadonlySet<string>;
	readonly templates: Map<string, Node[]> = new Map();
	private pos = 0;
	/** A left trim marker `-}}` cuts the white space at the start of the next text. */
	private trimNext = false;
	private tokens: Token[] = [];
	private at = 0;
	private actionStart = 0;
	private vars: string[] = ["$"];
	private ranges = 0;

	constructor(name: string, src: string, functions: ReadonlySet<string>) {
		this.name = name;
		this.src = src;
		this.functions = functions;
	}

	fail(message: string, offset: number = this.actionStart): never {
		throw new TemplateError(`template: ${this.name}:${this.src.slice(0, offset).split("\n").length}: ${message}`);
	}

	/** Text up to the next action; then its tokens. False at the end of the source. */
	private nextAction(out: Node[]): boolean {
		for (;;) {
			const open = this.src.indexOf("{{", this.pos);
			let text = this.src.slice(this.pos, open < 0 ? undefined : open);
			if (this.trimNext) text = text.replace(/^[ \t\r\n]+/, "");
			this.trimNext = false;
			const trimBefore = open >= 0 && /^-[ \t\r\n]/.test(this.src.slice(open + 2, open + 4));
			if (trimBefore) text = text.replace(/[ \t\r\n]+$/, "");
			if (text !== "") out.push({ kind: "text", text });
			if (open < 0) {
				this.pos = this.src.length;
				return false;
			}
			this.actionStart = open;
			const start = open + (trimBefore ? 3 : 2);
			const comment = /^\s*\/\*/.exec(this.src.slice(start));
			if (comment !== null) {
				const end = this.src.indexOf("*/", start + comment[0].length);
				if (end < 0) this.fail("unclosed comment");
				const close = /^(\s+-)?\}\}/.exec(this.src.slice(end + 2));
				if (close === null) this.fail("comment ends before closing delimiter");
				this.trimNext = (close as RegExpExecArray)[1] !== undefined;
				this.pos = end + 2 + (close as RegExpExecArray)[0].length;
				continue;
			}
			this.scan(start);
			return true;
		}
	}

	/** Reads the tokens of an action up to its closing delimiter. */
	private scan(start: number): void {
		this.tokens = [];
		this.at = 0;
		let spaced = false;
		let depth = 0;
		for (let i = start; ; ) {
			const rest = this.src.slice(i, i + 4);
			const trim = /^[ \t\r\n]-\}\}/.test(rest);
			if (trim || rest.startsWith("}}")) {
				if (depth > 0) this.fail("unclosed left paren", i);
				this.trimNext = trim;
				this.pos = i + (trim ? 4 : 2);
				this.tokens.push({ kind: "end", text: "}}", at: i, spaced });
				return;
			}
			if (i >= this.src.length) this.fail("unclosed action");
			tokenRe.lastIndex = i;
			const m = tokenRe.exec(this.src);
			const groups = m?.groups;
			if (m === null || groups === undefined) {
				const c = this.src[i];
				if (c === '"' || c === "'") this.fail(c === '"' ? "unterminated quoted string" : "unterminated character constant", i);
				if (c === "`") this.fail("unterminated raw quoted string", i);
				return this.fail(`unexpected ${quote(c)} in command`, i);
			}
			if (groups.space !== undefined) {
				// A trim marker needs the space before it.
				const stop = /[ \t\r\n]-\}\}/.exec(m[0] + this.src.slice(i + m[0].length, i + m[0].length + 3));
				i += stop === null ? m[0].length : Math.max(stop.index, 0);
				spaced = true;
				if (stop !== null && stop.index === 0) continue;
				continue;
			}
			const kind = Object.keys(groups).find((k) => groups[k] !== undefined) as string;
			if (m[0] === "(") depth++;
			if (m[0] === ")" && --depth < 0) this.fail("unexpected right paren", i);
			this.tokens.push({ kind: kind === "punct" ? m[0] : kind, text: m[0], at: i, spaced });
			spaced = false;
			i += m[0].length;
		}
	}

	private peek(): Token {
		return this.tokens[this.at];
	}

	private next(): Token {
		return this.tokens[this.at++];
	}

	private place(offset: number): { line: number; col: number } {
		const before = this.src.slice(0, offset);
		const start = before.lastIndexOf("\n") + 1;
		return { line: before.split("\n").length, col: new TextEncoder().encode(before.slice(start)).length };
	}

	parseTop(): Node[] {
		const { list, stop } = this.list();
		if (stop !== "") this.fail(`unexpected {{${stop}}}`);
		return list;
	}

	/** Nodes up to {{end}}, {{else …}} or the end of the source. */
	private list(): { list: Node[]; stop: string } {
		const list: Node[] = [];
		while (this.nextAction(list)) {
			const t = this.peek();
			if (t.kind === "id" && keywords.has(t.text)) {
				this.next();
				if (t.text === "end" || t.text === "else") return { list, stop: t.text };
				this.control(t, list);
				continue;
			}
			const where = this.place(t.at);
			const pipe = this.pipe("command");
			list.push({ kind: "action", ...where, pipe });
		}
		return { list, stop: "" };
	}

	private control(t: Token, list: Node[]): void {
		const where = this.place(t.at);
		switch (t.text) {
			case "if":
			case "with":
			case "range":
				list.push(this.branch(t.text, where));
				return;
			case "break":
			case "continue":
				if (this.ranges === 0) this.fail(`{{${t.text}}} outside {{range}}`);
				this.expectEnd(`{{${t.text}}}`);
				list.push({ kind: t.text });
				return;
			case "template": {
				const at = this.place(this.peek().at);
				const name = this.string("template clause");
				const pipe = this.peek().kind === "end" ? null : this.pipe("template clause");
				if (pipe === null) this.next();
				list.push({ kind: "template", ...at, name, pipe });
				return;
			}
			default: {
				const name = this.string(`${t.text} clause`);
				const pipe = t.text === "block" ? this.pipe("block clause") : null;
				if (pipe === null) this.expectEnd("define clause");
				const vars = this.vars;
				this.vars = ["$"];
				const body = this.list();
				this.vars = vars;
				if (body.stop !== "end") this.fail("unexpected EOF");
				this.expectEnd("end");
				this.templates.set(name, body.list);
				if (pipe !== null) list.push({ kind: "template", ...where, name, pipe });
			}
		}
	}

	private branch(kind: "if" | "with" | "range", where: { line: number; col: number }): Node {
		const vars = this.vars.length;
		const pipe = this.pipe(kind);
		if (kind === "range") this.ranges++;
		const body = this.list();
		let other: Node[] = [];
		if (body.stop === "else") {
			const t = this.peek();
			if (t.kind === "id" && t.text === kind && kind !== "range") {
				this.next();
				// {{else if}} shares the {{end}} of the outer one.
				other = [this.branch(kind, this.place(t.at))];
				this.vars.length = vars;
				return { kind, ...where, pipe, list: body.list, other };
			}
			this.expectEnd("else");
			if (kind === "range") this.ranges--;
			const second = this.list();
			if (kind === "range") this.ranges++;
			if (second.stop !== "end") this.fail(second.stop === "" ? "unexpected EOF" : "expected end; found {{else}}");
			other = second.list;
		} else if (body.stop !== "end") this.fail("unexpected EOF");
		this.expectEnd("end");
		if (kind === "range") this.ranges--;
		this.vars.length = vars;
		return { kind, ...where, pipe, list: body.list, other };
	}

	private expectEnd(context: string): void {
		const t = this.next();
		if (t.kind !== "end") this.fail(`unexpected ${describe(t)} in ${context}`, t.at);
	}

	private string(context: string): string {
		const t = this.next();
		if (t.kind !== "string" && t.kind !== "raw") this.fail(`unexpected ${describe(t)} in ${context}`, t.at);
		return t.kind === "raw" ? t.text.slice(1, -1) : this.unquote(t);
	}

	private unquote(t: Token): string {
		try {
			return unquoteGo(t.text.slice(1, -1));
		} catch {
			return this.fail("invalid syntax", t.at);
		}
	}

	/** A pipeline up to the closing delimiter. */
	private pipe(context: string): Pipe {
		const pipe: Pipe = { decl: [], assign: false, commands: [] };
		this.declarations(pipe, context);
		this.commands(pipe, "end", context);
		return pipe;
	}

	private declarations(pipe: Pipe, context: string): void {
		const save = this.at;
		const names: string[] = [];
		while (this.peek().kind === "var") {
			names.push(this.next().text);
			const t = this.next();
			if (t.kind === ":=" || t.kind === "=") {
				pipe.assign = t.kind === "=";
				if (names.length > 1 && context !== "range") this.fail(`too many declarations in ${context}`);
				for (const n of names) {
					if (!pipe.assign) this.vars.push(n);
					else if (!this.vars.includes(n)) this.fail(`undefined variable ${quote(n)}`);
				}
				pipe.decl = names;
				return;
			}
			if (t.kind !== "," || context !== "range" || names.length > 1) break;
		}
		this.at = save;
	}

	private commands(pipe: Pipe, stop: string, context: string): void {
		for (;;) {
			const t = this.peek();
			if (t.kind === stop) {
				this.next();
				if (pipe.commands.length === 0) this.fail(`missing value for ${context}`);
				this.checkPipe(pipe);
				return;
			}
			pipe.commands.push(this.command());
			const after = this.peek();
			if (after.kind === "|") {
				this.next();
				if (this.peek().kind === stop) this.fail(`missing value for ${context}`);
			} else if (after.kind !== stop) this.fail(`unexpected ${describe(after)} in ${stop === "end" ? context : "input"}`, after.at);
		}
	}

	/** Only a call can take what comes through a pipe. */
	private checkPipe(pipe: Pipe): void {
		pipe.commands.slice(1).forEach((c, i) => {
			const { kind } = c.args[0];
			if (["constant", "dot", "nil"].includes(kind)) this.fail(`non executable command in pipeline stage ${i + 2}`);
		});
	}

	private command(): Command {
		const args: Arg[] = [];
		const where = this.place(this.peek().at);
		for (;;) {
			const t = this.peek();
			if (t.kind === "end" || t.kind === "|" || t.kind === ")") break;
			args.push(this.operand());
			const after = this.peek();
			if (!after.spaced && !["end", "|", ")"].includes(after.kind)) this.fail(`unexpected ${describe(after)} in operand`, after.at);
		}
		if (args.length === 0) this.fail("empty command");
		return { args, ...where };
	}

	private operand(): Arg {
		const arg = this.term();
		// Messages about a chain point at its first field behind the term.
		if (this.peek().kind === "field" && !this.peek().spaced) Object.assign(arg, this.place(this.peek().at));
		while (this.peek().kind === "field" && !this.peek().spaced) {
			if (arg.kind === "constant" || arg.kind === "nil") this.fail(`unexpected . after term ${quote(argText(arg))}`);
			if (arg.kind === "dot") this.fail("unexpected <.> in operand");
			arg.fields.push(this.next().text.slice(1));
		}
		return arg;
	}

	private term(): Arg {
		const t = this.next();
		const base = { ...this.place(t.at), fields: [] as string[] };
		switch (t.kind) {
			case "id":
				if (t.text === "true" || t.text === "false") return { ...base, kind: "constant", value: t.text === "true", text: t.text };
				if (t.text === "nil") return { ...base, kind: "nil" };
				if (!this.functions.has(t.text)) this.fail(`function ${quote(t.text)} not defined`, t.at);
				return { ...base, kind: "function", name: t.text };
			case ".":
				return { ...base, kind: "dot" };
			case "field":
				return { ...base, kind: "field", fields: [t.text.slice(1)] };
			case "var":
				if (!this.vars.includes(t.text)) this.fail(`undefined variable ${quote(t.text)}`, t.at);
				return { ...base, kind: "variable", name: t.text };
			case "string":
				return { ...base, kind: "constant", value: this.unquote(t), text: t.text };
			case "raw":
				return { ...base, kind: "constant", value: t.text.slice(1, -1).replaceAll("\r", ""), text: t.text };
			case "char":
				return { ...base, kind: "constant", value: this.unquote(t).codePointAt(0) ?? 0, text: t.text };
			case "number":
				return { ...base, kind: "constant", value: this.number(t), text: t.text };
			case "(": {
				const pipe: Pipe = { decl: [], assign: false, commands: [] };
				this.declarations(pipe, "parenthesized pipeline");
				this.commands(pipe, ")", "parenthesized pipeline");
				return { ...base, kind: "pipe", pipe };
			}
			default:
				return this.fail(`unexpected ${describe(t)} in operand`, t.at);
		}
	}

	private number(t: Token): number | bigint {
		const text = t.text.replaceAll("_", "");
		if (/^[+-]?(0[xXbBoO][\da-fA-F]+|\d+)$/.test(text)) {
			const negative = text.startsWith("-");
			const digits = text.replace(/^[+-]/, "").replace(/^0(?=\d)/, "0o");
			const n = BigInt(digits) * (negative ? -1n : 1n);
			return n >= -(2n ** 53n) && n <= 2n ** 53n ? Number(n) : n;
		}
		const x = Number(text);
		return Number.isNaN(x) ? this.fail(`bad number syntax: ${quote(t.text)}`, t.at) : x;
	}
}

function describe(t: Token): string {
	if (t.kind === "end") return '"}}"';
	return `<${t.text}>`;
}

/** The text between the quotes of a Go string literal, escapes resolved. */
export function unquoteGo(body: string): string {
	return body.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|[^])/g, (_, e: string) => {
		const short: string | undefined = { a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", '"': '"', "'": "'" }[
			e
		];
		if (short !== undefined) return short;
		if (/^[xuU]/.test(e)) return String.fromCodePoint(Number.parseInt(e.slice(1), 16));
		if (/^[0-7]{3}$/.test(e)) return String.fromCharCode(Number.parseInt(e, 8));
		throw new TemplateError(`bad escape \\${e}`);
	});
}

/** An operand as it was written, for messages. */
export function argText(a: Arg): string {
	const fields = a.fields.map((f) => `.${f}`).join("");
	switch (a.kind) {
		case "dot":
			return ".";
		case "nil":
			return "nil";
		case "field":
			return fields;
		case "variable":
		case "function":
			return a.name + fields;
		case "constant":
			return a.text;
		case "pipe":
			return `(${pipeText(a.pipe)})${fields}`;
	}
}

export function pipeText(p: Pipe): string {
	const decl = p.decl.length > 0 ? `${p.decl.join(", ")} ${p.assign ? "=" : ":="} ` : "";
	return decl + p.commands.map((c) => c.args.map(argText).join(" ")).join(" | ");
}

/** Parses a template; the result maps the names of {{define}}s, and "" for what is outside of them. Throws TemplateError. */
export function parseTemplate(name: string, src: string, functions: ReadonlySet<string>): Map<string, Node[]> {
	const p = new Parser(name, src, functions);
	const top = p.parseTop();
	return new Map([...p.templates, ["", top]]);
}
