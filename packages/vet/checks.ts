// The small checks: atomic, bools, errorsas, ifaceassert, nilfunc, stringintconv, tests.

import type { SourceFile } from "#base";
import { type Binary, type Call, type Expr, type FuncDecl, Kind, Op, opText, walk } from "#syntax";
import {
	asNamed,
	asTypeParam,
	BasicKind,
	identical,
	isInteger,
	isInterface,
	lookupFieldOrMethod,
	missingMethod,
	type Obj,
	ObjKind,
	type Package,
	type Type,
	TypeKind,
	typeSetOf,
	under,
	universeError,
} from "#types";
import {
	callee,
	functionsOf,
	isEmptyInterface,
	isFunctionOf,
	isNil,
	list,
	noEffects,
	type Pass,
	startPos,
	text,
	typeText,
	unparen,
} from "./pass.ts";
import { isError } from "./printf.ts";

/** x = atomic.AddInt32(&x, 1). */
export function atomic(pass: Pass): void {
	const names = ["AddInt32", "AddInt64", "AddUint32", "AddUint64", "AddUintptr"];
	for (const file of pass.files) {
		walk(file, (n) => {
			if (n.kind !== Kind.Assign) return;
			const [lhs, rhs] = [list(n.lhs), list(n.rhs)];
			if (lhs.length !== rhs.length || (lhs.length === 1 && n.def)) return;
			rhs.forEach((r, i) => {
				if (r.kind !== Kind.Call || r.args.length !== 2 || !isFunctionOf(callee(pass.info, r), "sync/atomic", names)) return;
				const [left, arg] = [lhs[i], r.args[0]];
				const same =
					arg.kind === Kind.Unary && arg.op === Op.And
						? text(left) === text(arg.x)
						: left.kind === Kind.Unary && left.op === Op.Mul && text(left.x) === text(arg);
				if (same) pass.report(startPos(left), "direct assignment to atomic value");
			});
		});
	}
}

/** e || e, x != 1 || x != 2 and their like with &&. */
export function bools(pass: Pass): void {
	for (const file of pass.files) {
		const seen = new Set<Binary>();
		walk(file, (n) => {
			if (n.kind !== Kind.Binary || (n.op !== Op.OrOr && n.op !== Op.AndAnd) || seen.has(n)) return;
			const exprs: Expr[] = [];
			splitBool(n, n.op, seen, exprs);
			let set: Expr[] = [];
			for (const e of [...exprs, null]) {
				if (e !== null && noEffects(pass.info, e)) set.push(e);
				else {
					checkSet(pass, n.op, set);
					set = [];
				}
			}
		});
	}
}

function splitBool(e: Expr, op: Op, seen: Set<Binary>, out: Expr[]): void {
	const x = unparen(e);
	if (x.kind !== Kind.Binary || x.op !== op) {
		out.push(x);
		return;
	}
	seen.add(x);
	splitBool(x.y, op, seen, out);
	splitBool(x.x, op, seen, out);
}

function checkSet(pass: Pass, op: Op, exprs: readonly Expr[]): void {
	const name = op === Op.OrOr ? "or" : "and";
	const bad = op === Op.OrOr ? Op.Neq : Op.Eql;
	const all = new Set<string>();
	for (const e of exprs) {
		const t = text(e);
		if (all.has(t)) pass.report(startPos(e), `redundant ${name}: ${t} ${opText[op]} ${t}`);
		all.add(t);
	}
	const compared = new Map<string, string>();
	for (const e of exprs) {
		if (e.kind !== Kind.Binary || e.op !== bad) continue;
		const constant = (x: Expr): boolean => pass.info.types.get(x)?.value != null;
		const x = constant(e.y) ? e.x : constant(e.x) ? e.y : null;
		if (x === null) continue;
		const [xt, et] = [text(x), text(e)];
		const before = compared.get(xt);
		if (before === undefined) compared.set(xt, et);
		else if (before !== et) pass.report(startPos(e), `suspect ${name}: ${et} ${opText[op]} ${before}`);
	}
}

/** The second argument of errors.As. */
export function errorsas(pass: Pass): void {
	if (pass.pkg.path === "errors" || pass.pkg.path === "errors_test") return;
	const wrong = "second argument to errors.As must be a non-nil pointer to either a type that implements error, or to any interface type";
	eachCall(pass, (call) => {
		if (call.args.length < 2 || !isFunctionOf(callee(pass.info, call), "errors", ["As"])) return;
		const t = pass.info.typeOf(call.args[1]);
		if (t === null || isEmptyInterface(under(t))) return;
		const p = under(t);
		if (p.kind !== TypeKind.Pointer) pass.report(startPos(call), wrong);
		else if (identical(p.elem, universeError)) pass.report(startPos(call), "second argument to errors.As should not be *error");
		else if (!isInterface(p.elem) && !isError(p.elem)) pass.report(startPos(call), wrong);
	});
}

function eachCall(pass: Pass, f: (call: Call) => void): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.Call) f(n);
		});
}

/** Assertions from one interface to another that no type can satisfy. */
export function ifaceassert(pass: Pass): void {
	const check = (x: Expr, target: Expr): void => {
		const [v, t] = [pass.info.typeOf(x), pass.info.typeOf(target)];
		if (v === null || t === null || !isInterface(v) || !isInterface(t) || asTypeParam(v) !== null || asTypeParam(t) !== null) return;
		const missed = missingMethod(null, v, t, false, identical, null);
		if (missed === null || !missed.wrongType) return;
		const name = missed.method.name;
		pass.report(
			startPos(target),
			`impossible type assertion: no type can implement both ${typeText(v)} and ${typeText(t)} (conflicting types for ${name} method)`,
		);
	};
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.Assert) check(n.x, n.type);
			else if (n.kind === Kind.Switch && n.tag !== null && n.tag.kind === Kind.TypeSwitchGuard)
				for (const c of n.body) for (const target of list(c.cases)) check(n.tag.x, target);
		});
}

/** f == nil where f is a declared function. */
export function nilfunc(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.Binary || (n.op !== Op.Eql && n.op !== Op.Neq)) return;
			const other = isNil(pass.info, n.x) ? n.y : isNil(pass.info, n.y) ? n.x : null;
			let e = other === null ? null : unparen(other);
			if (e?.kind === Kind.Index) e = e.x;
			const name = e?.kind === Kind.Name ? e : e?.kind === Kind.Selector ? e.sel : null;
			const obj = name === null ? undefined : pass.info.uses.get(name);
			if (obj?.kind === ObjKind.Func)
				pass.report(startPos(n), `comparison of function ${obj.name} ${opText[n.op]} nil is always ${n.op === Op.Neq}`);
		});
}

/** The types that a type stands for: itself, or what a type parameter allows. */
function structuralTypes(t: Type): Type[] {
	const param = asTypeParam(t);
	if (param === null) return [t];
	return (typeSetOf(under(param) as Parameters<typeof typeSetOf>[0]).terms ?? []).map((x) => x.type);
}

function shortName(t: Type): string {
	if (t.kind === TypeKind.Basic) return t.name;
	return asNamed(t)?.obj.name ?? asTypeParam(t)?.obj.name ?? "";
}

/** string(i) for an integer i that is neither a byte nor a rune. */
export function stringintconv(pass: Pass): void {
	eachCall(pass, (call) => {
		if (call.args.length !== 1) return;
		const fun = call.fun;
		const name = fun.kind === Kind.Name ? fun : fun.kind === Kind.Selector ? fun.sel : null;
		const tname = name === null ? undefined : pass.info.uses.get(name);
		if (tname?.kind !== ObjKind.TypeName || tname.type === null) return;
		const [target, source] = [tname.type, pass.info.typeOf(call.args[0])];
		if (source === null) return;
		const to = structuralTypes(target).find((t) => {
			const u = under(t);
			return u.kind === TypeKind.Basic && u.basic === BasicKind.String;
		});
		const from = structuralTypes(source).find((t) => {
			const u = under(t);
			if (u.kind !== TypeKind.Basic || !isInteger(u)) return false;
			return u.basic !== BasicKind.Uint8 && u.basic !== BasicKind.Int32 && u.basic !== BasicKind.UntypedRune;
		});
		if (to === undefined || from === undefined) return;
		const [t, s] = [describe(to, target, tname.name), describe(from, source, shortName(source))];
		if (t !== "" && s !== "")
			pass.report(startPos(call), `conversion from ${s} to ${t} yields a string of one rune, not a string of digits`);
	});
}

/** "MyInt (int)", "int (in T)": a type with what it is underneath and where it comes from. */
function describe(t: Type, inType: Type, inName: string): string {
	let name = inName;
	if (t !== inType) name = shortName(t);
	if (name === "") return "";
	const parts: string[] = [];
	const u = shortName(under(t));
	if (u !== name) parts.push(u);
	if (t !== inType) parts.push(`in ${inName}`);
	return parts.length === 0 ? name : `${name} (${parts.join(" ")})`.replace(/\((\w+) in /, "($1, in ");
}

// ---- tests ----

const testSuffix = (s: string): boolean => s === "" || !/^\p{Ll}/u.test(s);
const exampleSuffix = (s: string): boolean => s !== "" && /^\p{Ll}/u.test(s);

/** Names and signatures of tests, benchmarks, fuzz tests and examples in _test.go files. */
export function tests(pass: Pass): void {
	for (const file of pass.files) {
		if (!pass.sourceOf(file).name.endsWith("_test.go")) continue;
		for (const fn of functionsOf(file)) {
			if (fn.recv !== null) continue;
			const { name } = fn.name;
			if (name.startsWith("Example")) checkExample(pass, fn, pass.sourceOf(file));
			else if (name.startsWith("Test")) checkTest(pass, fn, "Test");
			else if (name.startsWith("Benchmark")) checkTest(pass, fn, "Benchmark");
			else if (name.startsWith("Fuzz")) checkTest(pass, fn, "Fuzz");
		}
	}
}

function checkTest(pass: Pass, fn: FuncDecl, prefix: string): void {
	const { params, results } = fn.type;
	if (results.length > 0 || params.length !== 1) return;
	const t = params[0].type;
	const want = prefix[0];
	if (t.kind !== Kind.Unary || t.op !== Op.Mul) return;
	const named = t.x.kind === Kind.Name ? t.x.name : t.x.kind === Kind.Selector ? t.x.sel.name : "";
	if (named !== want) return;
	if (fn.tparams.length > 0)
		pass.report(fn.tparams[0].pos - 1, `${fn.name.name} has type parameters: it will not be run by go test as a ${prefix}XXX function`);
	if (!testSuffix(fn.name.name.slice(prefix.length)))
		pass.report(fn.name.pos, `${fn.name.name} has malformed name: first letter after '${prefix}' must not be lowercase`);
}

/** The objects that an identifier of an example's name can mean: of the package, for external tests of the package under test. */
function candidates(pkg: Package, name: string): Obj[] {
	const own = pkg.scope.lookup(name);
	if (own !== null) return [own];
	if (!pkg.path.endsWith("_test")) return [];
	const tested = pkg.imports.find((p) => p.path === pkg.path.replace(/_test$/, ""));
	const found = tested?.scope.lookup(name) ?? null;
	return found === null ? [] : [found];
}

function checkExample(pass: Pass, fn: FuncDecl, source: SourceFile): void {
	const { name } = fn.name;
	const before = new TextDecoder("latin1").decode(source.src.subarray(0, fn.name.pos - source.base));
	const keyword = source.base + before.lastIndexOf("func");
	const report = (msg: string): void => pass.report(keyword, `${name} ${msg}`);
	if (fn.type.params.length > 0) report("should be niladic");
	if (fn.type.results.length > 0) report("should return nothing");
	if (fn.tparams.length > 0) report("should not have type params");
	if (name === "Example") return;
	const rest = name.slice("Example".length);
	const parts = rest.split("_");
	const elems = parts.length > 3 ? [parts[0], parts[1], parts.slice(2).join("_")] : parts;
	const objs = candidates(pass.pkg, elems[0]);
	if (elems[0] !== "" && objs.length === 0) {
		report(`refers to unknown identifier: ${elems[0]}`);
		return;
	}
	if (elems.length < 2) return;
	if (elems[0] === "") {
		if (!exampleSuffix(rest.slice(1))) report(`has malformed example suffix: ${rest.slice(1)}`);
		return;
	}
	const member = elems[1];
	if (!exampleSuffix(member)) {
		const found = objs.some((o) => o.type !== null && lookupFieldOrMethod(o.type, true, o.pkg, member).obj !== null);
		if (!found) report(`refers to unknown field or method: ${elems[0]}.${member}`);
	}
	if (elems.length === 3 && !exampleSuffix(elems[2])) report(`has malformed example suffix: ${elems[2]}`);
}
