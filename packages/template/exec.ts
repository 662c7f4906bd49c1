// Executes a parsed template.

import { formatValue, quote, sprint, sprintf } from "./format.ts";
import { type Arg, argText, type Command, type Node, parseTemplate, type Pipe, pipeText, TemplateError } from "./parse.ts";
import { type Func, isInt, isMap, isSlice, isTrue, sortedKeys, Struct, typeName, type Value } from "./value.ts";

class Break extends Error {}
class Continue extends Error {}

/** A function's complaint; execution adds where it happened. */
export class CallError extends Error {}

function length(v: Value): number {
	if (typeof v === "string") return new TextEncoder().encode(v).length;
	if (isSlice(v)) return v.length;
	if (isMap(v)) return v.size;
	throw new CallError(v === null || v === undefined ? "len of nil pointer" : `len of type ${typeName(v)}`);
}

function index(item: Value, keys: readonly Value[]): Value {
	let v = item;
	if (v === null || v === undefined) throw new CallError("index of untyped nil");
	for (const k of keys) {
		if (isMap(v)) v = v.get(k as string) ?? "";
		else if (isSlice(v) || typeof v === "string") {
			if (!isInt(k)) throw new CallError(`cannot index slice/array with type ${typeName(k)}`);
			if (Number(k) < 0 || Number(k) >= length(v)) throw new CallError(`index out of range: ${k}`);
			v = typeof v === "string" ? new TextEncoder().encode(v)[Number(k)] : v[Number(k)];
		} else throw new CallError(`can't index item of type ${typeName(v)}`);
	}
	return v;
}

function slice(item: Value, bounds: readonly Value[]): Value {
	const n = length(item);
	const at = bounds.map(Number);
	const [lo, hi] = [at[0] ?? 0, at[1] ?? n];
	if (lo < 0 || hi > n) throw new CallError(`index out of range: ${lo < 0 ? lo : hi}`);
	if (lo > hi) throw new CallError(`invalid slice index: ${lo} > ${hi}`);
	if (typeof item === "string") return new TextDecoder().decode(new TextEncoder().encode(item).subarray(lo, hi));
	if (!isSlice(item)) throw new CallError(`can't slice item of type ${typeName(item)}`);
	return item.slice(lo, hi);
}

function basicKind(v: Value): string {
	if (typeof v === "boolean") return "bool";
	if (typeof v === "string") return "string";
	if (isInt(v)) return "int";
	if (typeof v === "number") return "float";
	return "";
}

function equal(a: Value, b: Value): boolean {
	const nil = (v: Value): boolean => v === null || v === undefined;
	if (nil(a) || nil(b)) return nil(a) && nil(b);
	const [ka, kb] = [basicKind(a), basicKind(b)];
	if (ka === "" || kb === "") {
		if (ka === kb && (isSlice(a) || isMap(a) || typeof a === "function"))
			throw new CallError(`non-comparable type ${formatValue(a)}: ${typeName(a)}`);
		return a === b;
	}
	if (ka !== kb) throw new CallError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
	return ka === "int" ? BigInt(a as number) === BigInt(b as number) : a === b;
}

function less(a: Value, b: Value): boolean {
	const [ka, kb] = [basicKind(a), basicKind(b)];
	if (ka === "" || kb === "" || ka === "bool") throw new CallError("invalid type for comparison");
	if (ka !== kb) throw new CallError("incompatible types for comparison");
	return (a as number) < (b as number);
}

const htmlEscapes: Readonly<Record<string, string>> = {
	'"': "&#34;",
	"'": "&#39;",
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\u0000": "\ufffd",
};

function jsEscape(s: string): string {
	return s.replace(/[\\'"<>&=\p{Cc}\u0080-\uffff]/gu, (c) => {
		const short: string | undefined = {
			"\\": "\\\\",
			"'": "\\'",
			'"': '\\"',
			"<": "\\u003C",
			">": "\\u003E",
			"&": "\\u0026",
			"=": "\\u003D",
		}[c];
		if (short !== undefined) return short;
		const code = c.codePointAt(0) as number;
		if (code >= 0x80 && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(c)) return c;
		return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
	});
}

/** Functions that every template has; `and`, `or` are evaluated lazily by the executor. */
const builtins: Readonly<Record<string, Func>> = {
	and: (...args) => args.find((a) => !isTrue(a)) ?? args[args.length - 1],
	or: (...args) => args.find(isTrue) ?? args[args.length - 1],
	not: (v) => !isTrue(v),
	len: (v) => length(v),
	index: (v, ...keys) => index(v, keys),
	slice: (v, ...bounds) => slice(v, bounds),
	print: (...args) => sprint(args),
	printf: (format, ...args) => sprintf(format as string, args),
	println: (...args) => `${args.map((a) => formatValue(a)).join(" ")}\n`,
	html: (...args) => sprint(args).replace(/["'&<>\0]/g, (c) => htmlEscapes[c]),
	js: (...args) => jsEscape(sprint(args)),
	urlquery: (...args) =>
		encodeURIComponent(sprint(args))
			.replace(/%20/g, "+")
			.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
	eq: (a, ...rest) => {
		if (rest.length === 0) throw new CallError("missing argument for comparison");
		return rest.some((b) => equal(a, b));
	},
	ne: (a, b) => !equal(a, b),
	lt: (a, b) => less(a, b),
	le: (a, b) => less(a, b) || equal(a, b),
	gt: (a, b) => !less(a, b) && !equal(a, b),
	ge: (a, b) => !less(a, b),
	call: (f, ...args) => {
		if (typeof f !== "function") throw new CallError(`non-function ${formatValue(f)} of type ${typeName(f)}`);
		return f(...args);
	},
};

export class Template {
	private readonly name: string;
	private readonly parts: Map<string, Node[]>;
	private readonly functions: Readonly<Record<string, Func>>;

	/** Throws TemplateError when src is malformed. */
	constructor(name: string, src: string, functions: Readonly<Record<string, Func>> = {}) {
		this.name = name;
		this.functions = { ...builtins, ...functions };
		this.parts = parseTemplate(name, src, new Set(Object.keys(this.functions)));
	}

	/** The template's output for data. Throws TemplateError; write gets what comes before an error. */
	execute(data: Value, write: (text: string) => void): void {
		new Executor(this.name, this.parts, this.functions, write).run("", data);
	}

	/** The output as one string. */
	render(data: Value): string {
		let out = "";
		this.execute(data, (t) => {
			out += t;
		});
		return out;
	}
}

class Executor {
	private readonly name: string;
	private readonly parts: ReadonlyMap<string, Node[]>;
	private readonly functions: Readonly<Record<string, Func>>;
	private readonly write: (text: string) => void;
	private vars: { name: string; value: Value }[] = [];
	private current = "";
	private depth = 0;

	constructor(name: string, parts: ReadonlyMap<string, Node[]>, functions: Readonly<Record<string, Func>>, write: (text: string) => void) {
		this.name = name;
		this.parts = parts;
		this.functions = functions;
		this.write = write;
	}

	run(part: string, data: Value): void {
		const saved = { vars: this.vars, current: this.current };
		this.vars = [{ name: "$", value: data }];
		this.current = part === "" ? this.name : part;
		this.list(this.parts.get(part) ?? [], data);
		this.vars = saved.vars;
		this.current = saved.current;
	}

	private fail(at: { line: number; col: number }, context: string, message: string): never {
		const short = context.length > 20 ? `${context.slice(0, 20)}...` : context;
		throw new TemplateError(`template: ${this.name}:${at.line}:${at.col}: executing ${quote(this.current)} at <${short}>: ${message}`);
	}

	private list(nodes: readonly Node[], dot: Value): void {
		for (const n of nodes) this.node(n, dot);
	}

	private node(n: Node, dot: Value): void {
		switch (n.kind) {
			case "text":
				this.write(n.text);
				return;
			case "action": {
				const v = this.pipe(n.pipe, dot);
				if (n.pipe.decl.length === 0) this.print(n, v);
				return;
			}
			case "if":
			case "with": {
				const mark = this.vars.length;
				const v = this.pipe(n.pipe, dot);
				if (isTrue(v)) this.list(n.list, n.kind === "with" ? v : dot);
				else this.list(n.other, dot);
				this.vars.length = mark;
				return;
			}
			case "range":
				this.range(n, dot);
				return;
			case "break":
				throw new Break();
			case "continue":
				throw new Continue();
			case "template": {
				if (!this.parts.has(n.name)) this.fail(n, `{{template ${quote(n.name)}}}`, `template ${quote(n.name)} not defined`);
				if (++this.depth > 100_000) this.fail(n, n.name, "exceeded maximum template depth (100000)");
				this.run(n.name, n.pipe === null ? undefined : this.pipe(n.pipe, dot));
				this.depth--;
			}
		}
	}

	private print(n: { line: number; col: number; pipe: Pipe }, v: Value): void {
		if (v === undefined) this.write("<no value>");
		else if (typeof v === "function") this.fail(n, pipeText(n.pipe), `can't print {{${pipeText(n.pipe)}}} of type ${typeName(v)}`);
		// What a pointer points to is printed.
		else this.write(formatValue(v instanceof Struct && v.pointer ? new Struct(v.type, v.fields, false, v.methods) : v));
	}

	private range(n: Extract<Node, { kind: "range" }>, dot: Value): void {
		const mark = this.vars.length;
		const v = this.pipe({ ...n.pipe, decl: [] }, dot);
		const entries: [Value, Value][] = [];
		const single = isInt(v);
		if (isSlice(v)) v.forEach((x, i) => entries.push([i, x]));
		else if (isMap(v)) for (const k of sortedKeys(v)) entries.push([k, v.get(k)]);
		else if (single) for (let i = 0; i < Number(v); i++) entries.push([i, i]);
		else if (v !== null && v !== undefined) this.fail(n.pipe.commands[0], pipeText(n.pipe), `range can't iterate over ${formatValue(v)}`);
		for (const [k, x] of entries) {
			const names = n.pipe.decl;
			const values = names.length === 2 ? [k, x] : [x];
			names.forEach((name, i) => (n.pipe.assign ? this.assign(name, values[i]) : this.vars.push({ name, value: values[i] })));
			try {
				this.list(n.list, x);
			} catch (err) {
				if (err instanceof Break) break;
				if (!(err instanceof Continue)) throw err;
			} finally {
				this.vars.length = n.pipe.assign ? Math.max(mark, 0) : mark;
			}
		}
		this.vars.length = mark;
		if (entries.length === 0) this.list(n.other, dot);
	}

	private assign(name: string, value: Value): void {
		for (let i = this.vars.length - 1; i >= 0; i--) {
			if (this.vars[i].name !== name) continue;
			this.vars[i].value = value;
			return;
		}
	}

	private pipe(p: Pipe, dot: Value): Value {
		let v: Value;
		p.commands.forEach((c, i) => {
			v = this.command(c, dot, i === 0 ? [] : [v]);
		});
		for (const name of p.decl) {
			if (p.assign) this.assign(name, v);
			else this.vars.push({ name, value: v });
		}
		return v;
	}

	/** The first word is called with the others and what came through the pipe. */
	private command(c: Command, dot: Value, piped: readonly Value[]): Value {
		const [first, ...rest] = c.args;
		if (first.kind === "function" && first.fields.length === 0) return this.function(first, rest, dot, piped);
		if (first.fields.length > 0) return this.fields(first, this.base(first, dot), dot, rest, piped);
		if (rest.length + piped.length > 0) {
			this.fail(first, argText(first), `can't give argument to non-function ${argText(first)}`);
		}
		if (first.kind === "nil") this.fail(first, "nil", "nil is not a command");
		return this.base(first, dot);
	}

	private function(f: Extract<Arg, { kind: "function" }>, rest: readonly Arg[], dot: Value, piped: readonly Value[]): Value {
		if (f.name === "and" || f.name === "or") {
			if (rest.length + piped.length === 0) this.fail(f, f.name, `wrong number of args for ${f.name}: want at least 1 got 0`);
			let v: Value = piped[0];
			for (const a of rest) {
				v = this.arg(a, dot);
				if (isTrue(v) === (f.name === "or")) return v;
			}
			return piped.length > 0 ? piped[0] : v;
		}
		const text = [f, ...rest].map(argText).join(" ");
		return this.call(f, this.functions[f.name], [...rest.map((a) => this.arg(a, dot)), ...piped], text);
	}

	/** text is the call as written. */
	private call(at: Arg, f: Func, args: readonly Value[], text: string = argText(at)): Value {
		const name = at.kind === "function" ? at.name : (at.fields[at.fields.length - 1] ?? "");
		const fixed = Object.hasOwn(builtins, name) || at.kind !== "function" ? Number.POSITIVE_INFINITY : f.length;
		if (f.length > args.length || args.length > fixed) {
			this.fail(at, argText(at), `wrong number of args for ${name}: want ${f.length} got ${args.length}`);
		}
		try {
			return f(...args);
		} catch (err) {
			if (!(err instanceof CallError)) throw err;
			return this.fail(at, text, `error calling ${name}: ${err.message}`);
		}
	}

	private arg(a: Arg, dot: Value): Value {
		if (a.kind === "function" && a.fields.length === 0) return this.call(a, this.functions[a.name], []);
		if (a.fields.length > 0) return this.fields(a, this.base(a, dot), dot, [], []);
		return this.base(a, dot);
	}

	private base(a: Arg, dot: Value): Value {
		switch (a.kind) {
			case "dot":
			case "field":
				return dot;
			case "nil":
				return null;
			case "constant":
				return a.value;
			case "pipe":
				return this.pipe(a.pipe, dot);
			case "variable":
				for (let i = this.vars.length - 1; i >= 0; i--) if (this.vars[i].name === a.name) return this.vars[i].value;
				return undefined;
			case "function":
				return this.call(a, this.functions[a.name], []);
		}
	}

	private fields(a: Arg, base: Value, dot: Value, rest: readonly Arg[], piped: readonly Value[]): Value {
		let v = base;
		a.fields.forEach((name, i) => {
			const last = i === a.fields.length - 1;
			const args = last ? [...rest.map((x) => this.arg(x, dot)), ...piped] : [];
			v = this.field(a, v, name, args);
		});
		return v;
	}

	private field(a: Arg, v: Value, name: string, args: readonly Value[]): Value {
		const noArgs = (): void => {
			if (args.length > 0) this.fail(a, argText(a), `${name} has arguments but cannot be invoked as function`);
		};
		if (v instanceof Struct) {
			if (Object.hasOwn(v.methods, name)) return this.call(a, v.methods[name], args);
			if (!v.fields.has(name)) this.fail(a, argText(a), `can't evaluate field ${name} in type ${typeName(v)}`);
			noArgs();
			return v.fields.get(name);
		}
		if (isMap(v)) {
			noArgs();
			return v.get(name);
		}
		if (v === null) return this.fail(a, argText(a), `nil pointer evaluating interface {}.${name}`);
		if (v === undefined) return undefined;
		return this.fail(a, argText(a), `can't evaluate field ${name} in type ${typeName(v)}`);
	}
}
