// Calls of Printf-like functions: directives against arguments. Functions that hand their arguments on to such functions count too.

import type { Pos } from "#base";
import { type Call, type Expr, type FuncLit, Kind, Op, type Node, walk } from "#syntax";
import {
	asNamed,
	asTypeParam,
	BasicKind,
	type Func,
	identical,
	implementsType,
	lookupFieldOrMethod,
	type Obj,
	ObjKind,
	type Signature,
	Typ,
	type Type,
	TypeKind,
	typeSetOf,
	unalias,
	under,
	universeError,
	type Var,
	typeOf,
} from "#types";
import { type Directive, parseFormat } from "./fmtstr.ts";
import { callee, constantString, fullName, isEmptyInterface, list, type Pass, signatureOf, startPos, text, typeText } from "./pass.ts";

type PrintKind = "none" | "print" | "printf" | "errorf";

/** Functions known to print; the names without a package in lower case stand for any function so called. */
const known: ReadonlySet<string> = new Set(
	[
		"fmt.Appendf fmt.Append fmt.Appendln fmt.Errorf fmt.Fprint fmt.Fprintf fmt.Fprintln fmt.Print fmt.Printf fmt.Println fmt.Sprint fmt.Sprintf",
		"fmt.Sprintln runtime/trace.Logf log.Print log.Printf log.Println log.Fatal log.Fatalf log.Fatalln log.Panic log.Panicf log.Panicln",
		...["Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Print", "Printf", "Println"].map((n) => `(*log.Logger).${n}`),
		...["Error", "Errorf", "Fatal", "Fatalf", "Log", "Logf", "Skip", "Skipf"].flatMap((n) => [
			`(*testing.common).${n}`,
			`(testing.TB).${n}`,
		]),
	]
		.join(" ")
		.split(" "),
);

const Bool = 1;
const Byte = 2;
const Int = 4;
const Rune = 8;
const Str = 16;
const Float = 32;
const Complex = 64;
const Ptr = 128;
const Err = 256;
const Any = 511;

const num = " -+.0";
const sharp = " -+.0#";
const verbs: Readonly<Record<string, [flags: string, types: number]>> = {
	"%": ["", 0],
	b: [sharp, Int | Float | Complex | Ptr],
	c: ["-", Rune | Int],
	d: [num, Int | Ptr],
	e: [sharp, Float | Complex],
	E: [sharp, Float | Complex],
	f: [sharp, Float | Complex],
	F: [sharp, Float | Complex],
	g: [sharp, Float | Complex],
	G: [sharp, Float | Complex],
	o: [sharp, Int | Ptr],
	O: [sharp, Int | Ptr],
	p: ["-#", Ptr],
	q: [sharp, Rune | Int | Str],
	s: [num, Str],
	t: ["-", Bool],
	T: ["-", Any],
	U: ["-#", Rune | Int],
	v: [sharp, Any],
	w: [sharp, Err],
	x: [sharp, Rune | Int | Str | Ptr | Float | Complex],
	X: [sharp, Rune | Int | Str | Ptr | Float | Complex],
};

function plural(n: number, what: string): string {
	return n === 1 ? `1 ${what}` : `${n} ${what}s`;
}

function minor(version: string): number {
	const m = /^go1\.(\d+)/.exec(version);
	return m === null ? -1 : Number(m[1]);
}

/** The format parameter (or null) and the variadic ...any one; null when a function is not like that. */
function printParams(sig: Signature): { format: Var | null; args: Var } | null {
	if (!sig.variadic || sig.params.vars.length === 0) return null;
	const { vars } = sig.params;
	const args = vars[vars.length - 1];
	const before = vars.length >= 2 ? vars[vars.length - 2] : null;
	const t = args.type;
	if (t === null || t.kind !== TypeKind.Slice || !isEmptyInterface(t.elem)) return null;
	return { format: before !== null && before.type === Typ[BasicKind.String] ? before : null, args };
}

export class Printf {
	private readonly pass: Pass;
	private readonly kinds: Map<Obj, PrintKind> = new Map();
	/** Function literals by the variable that holds them. */
	private readonly literals: Map<Obj, FuncLit> = new Map();

	constructor(pass: Pass) {
		this.pass = pass;
	}

	run(): void {
		const { pass } = this;
		for (const file of pass.files) walk(file, (n) => this.collect(n));
		for (const file of pass.files) {
			const version = pass.info.fileVersions.get(file) ?? pass.pkg.goVersion;
			walk(file, (n) => {
				if (n.kind === Kind.FuncDecl || n.kind === Kind.FuncLit) this.wrapper(n);
				if (n.kind !== Kind.Call) return;
				const f = callee(pass.info, n);
				if (f === null) return;
				const kind = this.kindOf(f);
				if (kind === "print") this.checkPrint(n, fullName(f));
				else if (kind !== "none") this.checkPrintf(n, kind, fullName(f), minor(version));
			});
		}
	}

	private collect(n: Node): void {
		const { info } = this.pass;
		const bind = (names: readonly Expr[], values: readonly Expr[]): void => {
			values.forEach((v, i) => {
				const target = names[i];
				if (v.kind !== Kind.FuncLit || target === undefined) return;
				const obj =
					target.kind === Kind.Name
						? info.objectOf(target)
						: target.kind === Kind.Selector
							? (info.selections.get(target)?.obj ?? info.uses.get(target.sel) ?? null)
							: null;
				if (obj !== null && obj.kind === ObjKind.Var) this.literals.set(obj, v);
			});
		};
		if (n.kind === Kind.VarDecl) bind(n.names, list(n.values));
		else if (n.kind === Kind.Assign) bind(list(n.lhs), list(n.rhs));
	}

	/** Wrappers are looked at for wrong forwarding even when nothing calls them. */
	private wrapper(n: Node): void {
		if (n.kind !== Kind.FuncDecl) return;
		const obj = this.pass.info.defs.get(n.name);
		if (obj !== undefined && obj !== null && obj.kind === ObjKind.Func) this.kindOf(obj);
	}

	private kindOf(f: Func | Var): PrintKind {
		const origin = f.kind === ObjKind.Func ? f.origin : f;
		const seen = this.kinds.get(origin);
		if (seen !== undefined) return seen;
		this.kinds.set(origin, "none");
		const name = fullName(f);
		let kind: PrintKind = "none";
		if (known.has(name) || known.has(f.name.toLowerCase()))
			kind = name === "fmt.Errorf" ? "errorf" : f.name.endsWith("f") ? "printf" : "print";
		else kind = this.forwards(origin);
		this.kinds.set(origin, kind);
		return kind;
	}

	/** What a function is that hands its arguments on. */
	private forwards(f: Func | Var): PrintKind {
		const { pass } = this;
		const sig = signatureOf(typeOf(f));
		const params = sig === null ? null : printParams(sig);
		if (params === null) return "none";
		const own = f.pkg === pass.pkg;
		const literal = f.kind === ObjKind.Var ? this.literals.get(f) : undefined;
		const body = literal !== undefined ? literal.body : f.kind === ObjKind.Func ? pass.bodyOf(f) : null;
		if (body === null || body === undefined) return "none";
		const real = literal === undefined ? params : printParams(signatureOf(pass.info.typeOf(literal)) as Signature);
		if (real === null) return "none";
		return this.scan(body, real.format, real.args, own);
	}

	private scan(body: Node, format: Var | null, args: Var, own: boolean): PrintKind {
		const { info } = this.pass;
		const is = (e: Expr | undefined, v: Var | null): boolean =>
			v !== null && e !== undefined && e.kind === Kind.Name && info.objectOf(e) === v;
		let kind: PrintKind = "none";
		let changed = false;
		walk(body, (n) => {
			if (changed) return false;
			if (n.kind === Kind.Assign && list(n.lhs).some((e) => is(e, format) || is(e, args))) changed = true;
			else if (n.kind === Kind.Unary && n.op === Op.And && (is(n.x, format) || is(n.x, args))) changed = true;
			else if (n.kind === Kind.Call && n.args.length > 0 && is(n.args[n.args.length - 1], args)) {
				const f = callee(info, n);
				const to = f === null ? "none" : this.kindOf(f);
				if (to !== "none" && this.checkForward(n, to, is(n.args[n.args.length - 2], format), own)) kind = to;
			}
			return true;
		});
		return kind;
	}

	private checkForward(call: Call, kind: PrintKind, withFormat: boolean, own: boolean): boolean {
		if (kind !== "print" && !withFormat) return false;
		if (call.hasDots) return true;
		const sig = signatureOf(this.pass.info.typeOf(call.fun));
		if (sig === null || call.args.length > sig.params.vars.length) return false;
		if (own) this.pass.report(startPos(call), `missing ... in args forwarded to ${kind}-like function`);
		return false;
	}

	// ---- calls ----

	private checkPrintf(call: Call, kind: PrintKind, name: string, version: number): void {
		const { pass } = this;
		const sig = signatureOf(pass.info.typeOf(call.fun));
		if (sig === null || !sig.variadic) return;
		const at = sig.params.vars.length - 2;
		if (at < 0 || at >= call.args.length) return;
		const formatArg = call.args[at];
		const format = constantString(pass.info, formatArg);
		if (format === null) {
			if (at === call.args.length - 1 && version >= 24) pass.report(startPos(formatArg), `non-constant format string in call to ${name}`);
			return;
		}
		const first = at + 1;
		if (!format.includes("%")) {
			if (call.args.length > first) pass.report(startPos(call.args[first]), `${name} call has arguments but no formatting directives`);
			return;
		}
		const directives = parseFormat(format, first);
		if (typeof directives === "string") {
			pass.report(startPos(formatArg), `${name} ${directives}`);
			return;
		}
		const check = new CallCheck(this, pass, call, name, first, version);
		for (const d of directives) {
			const pos = directivePos(formatArg, format, d);
			if (!check.directive(d, pos)) return;
			if (d.verb === "w" && kind !== "errorf") {
				pass.report(pos, `${name} does not support error-wrapping directive %w`);
				return;
			}
		}
		if ((call.hasDots && check.last >= call.args.length - 2) || directives.some((d) => d.indexed)) return;
		if (check.last + 1 >= call.args.length) return;
		const want = check.last + 1 - first;
		pass.report(startPos(call), `${name} call needs ${plural(want, "arg")} but has ${plural(call.args.length - first, "arg")}`);
	}

	private checkPrint(call: Call, name: string): void {
		const { pass } = this;
		const type = pass.info.typeOf(call.fun);
		let first = 0;
		const sig = type === null ? null : under(type);
		if (sig !== null && sig.kind === TypeKind.Signature) {
			const params = printParams(sig);
			if (params === null) return;
			first = sig.params.vars.length - 1;
		}
		const args = call.args.slice(first);
		if (args.length === 0) return;
		const report = (msg: string): void => pass.report(startPos(call), msg);
		const writer = call.args[0];
		if (
			first === 0 &&
			writer.kind === Kind.Selector &&
			writer.x.kind === Kind.Name &&
			writer.x.name === "os" &&
			writer.sel.name.startsWith("Std")
		)
			report(`${name} does not take io.Writer but has first arg ${text(writer)}`);
		const head = constantString(pass.info, args[0])?.replace(/%$/, "") ?? "";
		for (const m of head.matchAll(/%[+\-#]*(?:\d+|(?:\[\d+\])?\*)?\.?(?:\d+|(?:\[\d+\])?\*)?(?:\[\d+\])?[bcdefgopqstvxEFGTUX]/g)) {
			if (/^%[0-9a-fA-F]{2}/.test(m[0])) continue;
			report(`${name} call has possible Printf formatting directive ${m[0]}`);
			break;
		}
		if (name.endsWith("ln") && (constantString(pass.info, args[args.length - 1]) ?? "").endsWith("\n"))
			report(`${name} arg list ends with redundant newline`);
		for (const a of args) {
			if (signatureOf(pass.info.typeOf(a)) !== null) report(`${name} arg ${text(a)} is a func value, not called`);
			const method = this.recursive(a);
			if (method !== "") report(`${name} arg ${text(a)} causes recursive call to ${method} method`);
		}
	}

	/** The String or Error method that printing e inside of it would call again. */
	recursive(e: Expr): string {
		const { pass } = this;
		const t = pass.info.typeOf(e);
		if (t === null || isFormatter(t)) return "";
		const x = e.kind === Kind.Unary && e.op === Op.And ? e.x : e;
		if (x.kind !== Kind.Name) return "";
		const used = pass.info.uses.get(x);
		for (const name of ["String", "Error"]) {
			const { obj } = lookupFieldOrMethod(t, false, pass.pkg, name);
			if (obj === null || obj.kind !== ObjKind.Func || obj.pkg !== pass.pkg) continue;
			const sig = signatureOf(typeOf(obj));
			if (sig !== null && isStringer(sig) && sig.recv !== null && used === sig.recv) return fullName(obj);
		}
		return "";
	}
}

/** In a literal without escapes before it, the directive itself; else the whole format. */
function directivePos(e: Expr, format: string, d: Directive): Pos {
	if (e.kind !== Kind.BasicLit) return startPos(e);
	const raw = e.text.startsWith("`");
	const before = format.slice(0, d.start);
	if (raw) return e.pos + 1 + new TextEncoder().encode(before).length;
	// Walk the literal: each escape stands for one character (or byte).
	let at = 1;
	let left = new TextEncoder().encode(before).length;
	while (left > 0 && at < e.text.length) {
		const m = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/.exec(e.text.slice(at));
		const source = m?.[0] ?? String.fromCodePoint(e.text.codePointAt(at) as number);
		const code = m === null ? source : /^\\[uU]/.test(source) ? String.fromCodePoint(Number.parseInt(source.slice(2), 16)) : "x";
		left -= new TextEncoder().encode(code).length;
		at += source.length;
	}
	return e.pos + new TextEncoder().encode(e.text.slice(0, at)).length;
}

class CallCheck {
	private readonly owner: Printf;
	private readonly pass: Pass;
	private readonly call: Call;
	private readonly name: string;
	private readonly first: number;
	private readonly version: number;
	/** The highest argument that a directive used. */
	last: number;

	constructor(owner: Printf, pass: Pass, call: Call, name: string, first: number, version: number) {
		this.owner = owner;
		this.pass = pass;
		this.call = call;
		this.name = name;
		this.first = first;
		this.version = version;
		this.last = first - 1;
	}

	/** False ends the check of this call. */
	directive(d: Directive, pos: Pos): boolean {
		const { pass, call, name } = this;
		const fail = (msg: string): false => {
			pass.report(pos, `${name} format ${d.text} ${msg}`);
			return false;
		};
		const spec = Object.hasOwn(verbs, d.verb) ? verbs[d.verb] : undefined;
		let types = spec?.[1] ?? 0;
		if (d.verb === "q" && this.version >= 26) types = Rune | Byte | Str;
		const argType = d.arg < call.args.length ? pass.info.typeOf(call.args[d.arg]) : null;
		const formatter = types !== Err && argType !== null && isFormatter(argType);
		if (!formatter) {
			if (spec === undefined) return fail(`has unknown verb ${d.verb}`);
			for (const flag of d.flags) if (flag !== "0" && !spec[0].includes(flag)) return fail(`has unrecognized flag ${flag}`);
		}
		for (const i of [d.width, d.precision]) {
			if (i < 0) continue;
			if (!this.there(i, d, pos)) return false;
			const problem = this.mismatch(Int, call.args[i]);
			if (problem !== null) return fail(`uses non-int ${text(call.args[i])}${problem} as argument of *`);
			this.last = Math.max(this.last, i);
		}
		if (d.verb !== "%") this.last = Math.max(this.last, d.arg);
		if (d.verb === "%" || formatter) return true;
		if (!this.there(d.arg, d, pos)) return false;
		const arg = call.args[d.arg];
		if (d.verb !== "p" && d.verb !== "T" && signatureOf(pass.info.typeOf(arg)) !== null)
			return fail(`arg ${text(arg)} is a func value, not called`);
		const problem = this.mismatch(types, arg);
		if (problem !== null) {
			const t = pass.info.typeOf(arg);
			return fail(`has arg ${text(arg)} of wrong type ${t === null ? "" : typeText(t)}${problem}`);
		}
		if ((types & Str) !== 0 && d.verb !== "T" && (!d.flags.includes("#") || "qxX".includes(d.verb))) {
			const method = this.owner.recursive(arg);
			if (method !== "") {
				pass.report(pos, `${name} format ${d.text} with arg ${text(arg)} causes recursive ${method} method call`);
				return false;
			}
		}
		return true;
	}

	private there(i: number, d: Directive, pos: Pos): boolean {
		const { call } = this;
		if (i < call.args.length - 1) return true;
		if (call.hasDots) return false;
		if (i < call.args.length) return true;
		const n = plural(call.args.length - this.first, "arg");
		this.pass.report(pos, `${this.name} format ${d.text} reads arg #${i - this.first + 1}, but call has ${n}`);
		return false;
	}

	/** Null when the argument fits; else a remark in parentheses or "". */
	private mismatch(types: number, arg: Expr): string | null {
		const t = this.pass.info.typeOf(arg);
		if (types === Any || t === null) return null;
		const m = new Matcher(types);
		return m.match(t, true) ? null : m.reason === "" ? "" : ` (${m.reason})`;
	}
}

function isStringer(sig: Signature): boolean {
	return sig.params.vars.length === 0 && sig.results.vars.length === 1 && sig.results.vars[0].type === Typ[BasicKind.String];
}

/** Interfaces may hold anything; types with a Format method print themselves. */
export function isFormatter(t: Type): boolean {
	if (under(t).kind === TypeKind.Interface && asTypeParam(t) === null) return true;
	const { obj } = lookupFieldOrMethod(t, false, null, "Format");
	const sig = obj !== null && obj.kind === ObjKind.Func ? signatureOf(typeOf(obj)) : null;
	if (sig === null || sig.params.vars.length !== 2 || sig.results.vars.length !== 0) return false;
	const state = asNamed(sig.params.vars[0].type as Type);
	return state?.obj.name === "State" && state.obj.pkg?.path === "fmt" && identical(sig.params.vars[1].type as Type, Typ[BasicKind.Int32]);
}

export function isError(t: Type): boolean {
	return identical(t, universeError) || implementsType(null, t, universeError, false, null);
}

function printsAsString(t: Type): boolean {
	const u = unalias(t);
	if (u.kind === TypeKind.Basic && u.basic === BasicKind.UntypedNil) return false;
	if (isError(t)) return true;
	const { obj } = lookupFieldOrMethod(t, false, null, "String");
	const sig = obj !== null && obj.kind === ObjKind.Func ? signatureOf(typeOf(obj)) : null;
	return sig !== null && isStringer(sig);
}

/** Whether values of a type fit a set of verbs' kinds. */
class Matcher {
	private readonly want: number;
	private readonly seen: Set<Type> = new Set();
	reason = "";

	constructor(want: number) {
		this.want = want;
	}

	match(type: Type, top: boolean): boolean {
		const { want } = this;
		if (want === Err) return isError(type);
		if (isFormatter(type)) return true;
		if ((want & Str) !== 0 && printsAsString(type)) return true;
		const param = asTypeParam(type);
		if (param !== null) {
			if (this.seen.has(param)) return true;
			this.seen.add(param);
			const terms = typeSetOf(under(param) as Parameters<typeof typeSetOf>[0]).terms ?? [];
			const first = this.seen.size === 1;
			if (terms.length === 0) return false;
			for (const term of terms) {
				if (this.match(term.type, top)) continue;
				if (first) this.reason = `contains ${term.tilde ? "~" : ""}${typeText(term.type)}`;
				return false;
			}
			return true;
		}
		const u = under(type);
		if (this.seen.has(u)) return true;
		this.seen.add(u);
		return this.underlying(u, top);
	}

	private underlying(u: Type, top: boolean): boolean {
		const { want } = this;
		const isByte = (t: Type): boolean => identical(under(t), Typ[BasicKind.Uint8]);
		switch (u.kind) {
			case TypeKind.Signature:
				return want === Ptr;
			case TypeKind.Map:
				return want === Ptr || (this.match(u.key, false) && this.match(u.elem, false));
			case TypeKind.Chan:
				return (want & Ptr) !== 0;
			case TypeKind.Array:
			case TypeKind.Slice:
				if (isByte(u.elem) && (want & Str) !== 0) return true;
				if (u.kind === TypeKind.Slice && want === Ptr) return true;
				return this.match(u.elem, false);
			case TypeKind.Pointer: {
				if (want === Ptr || asTypeParam(u.elem) !== null) return true;
				const inner = under(u.elem);
				if (![TypeKind.Struct, TypeKind.Array, TypeKind.Slice, TypeKind.Map].includes(inner.kind as never)) return (want & Ptr) !== 0;
				return top && this.match(inner, false);
			}
			case TypeKind.Struct:
				for (const f of u.fields) {
					if (!this.match(f.type as Type, false)) return false;
					if ((want & Str) !== 0 && !/^\p{Lu}/u.test(f.name) && printsAsString(f.type as Type)) return false;
				}
				return true;
			case TypeKind.Interface:
				return true;
			case TypeKind.Basic:
				return (basicKinds(u.basic) & want) !== 0 || u.basic === BasicKind.Invalid;
			default:
				return false;
		}
	}
}

function basicKinds(b: number): number {
	if (b === BasicKind.Bool || b === BasicKind.UntypedBool) return Bool;
	if (b === BasicKind.Uint8) return Int | Byte;
	if (b === BasicKind.Int32 || b === BasicKind.UntypedRune) return Int | Rune;
	if ((b >= BasicKind.Int && b <= BasicKind.Uintptr) || b === BasicKind.UntypedInt) return Int;
	if (b === BasicKind.Float32 || b === BasicKind.Float64 || b === BasicKind.UntypedFloat) return Float;
	if (b === BasicKind.Complex64 || b === BasicKind.Complex128 || b === BasicKind.UntypedComplex) return Complex;
	if (b === BasicKind.String || b === BasicKind.UntypedString) return Str;
	return b === BasicKind.UnsafePointer ? Ptr | Int : 0;
}
