// Checks of calls and literals: appends, assign, composites, defers, httpresponse, shift, sigchanyzer, stdmethods, timeformat, unmarshal,
// unusedresult, waitgroup.

import { int64Val, toInt } from "#constant";
import { type Call, type Expr, type File, Kind, type Name, Op, type Stmt, walk } from "#syntax";
import {
	asNamed,
	asTypeParam,
	deref,
	identical,
	isString,
	Mode,
	type Obj,
	ObjKind,
	type Signature,
	sizeof,
	type Type,
	TypeKind,
	typeOf,
	typeString,
	unalias,
	under,
	universeError,
} from "#types";
import {
	constantString,
	fullName,
	isFunctionOf,
	isTypeNamed,
	list,
	noEffects,
	type Pass,
	signatureOf,
	startPos,
	text,
	typeText,
	unparen,
} from "./pass.ts";
import { callee } from "./pass.ts";
import { isError } from "./printf.ts";

function eachCall(pass: Pass, f: (call: Call) => void): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.Call) f(n);
		});
}

function imports(pass: Pass, path: string): boolean {
	return pass.pkg.imports.some((p) => p.path === path);
}

/** append(x). */
export function appends(pass: Pass): void {
	eachCall(pass, (call) => {
		const fun = unparen(call.fun);
		const obj = fun.kind === Kind.Name ? pass.info.uses.get(fun) : undefined;
		if (obj?.kind === ObjKind.Builtin && obj.name === "append" && call.args.length === 1)
			pass.report(startPos(call), "append with no values");
	});
}

function isMapIndex(pass: Pass, e: Expr): boolean {
	const x = unparen(e);
	if (x.kind !== Kind.Index) return false;
	const t = pass.info.types.get(x.x)?.type;
	return t !== undefined && under(t).kind === TypeKind.Map;
}

/** x = x. */
export function assign(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.Assign || n.def || n.op !== Op.None || n.rhs === null) return;
			const [lhs, rhs] = [list(n.lhs), list(n.rhs)];
			if (lhs.length !== rhs.length) return;
			const same = lhs.filter(
				(l, i) =>
					l.kind === rhs[i].kind &&
					noEffects(pass.info, l) &&
					noEffects(pass.info, rhs[i]) &&
					!isMapIndex(pass, l) &&
					text(l) === text(rhs[i]),
			);
			if (same.length > 0) pass.report(startPos(n.lhs), `self-assignment of ${same.map(text).join(", ")}`);
		});
}

/** Structs of the standard library whose fields everybody knows. */
const knownFields: ReadonlySet<string> = new Set(
	(
		"image/color.Alpha16 image/color.Alpha image/color.CMYK image/color.Gray16 image/color.Gray image/color.NRGBA64 image/color.NRGBA image/color.NYCbCrA " +
		"image/color.RGBA64 image/color.RGBA image/color.YCbCr image.Point image.Rectangle image.Uniform unicode.Range16 unicode.Range32 " +
		"testing.InternalBenchmark testing.InternalExample testing.InternalTest testing.InternalFuzzTarget"
	).split(" "),
);

function isLocal(pass: Pass, t: Type): boolean {
	const u = unalias(t);
	if (u.kind === TypeKind.Struct) return true;
	if (u.kind === TypeKind.Pointer) return isLocal(pass, u.elem);
	const path = asNamed(u)?.obj.pkg?.path;
	return path !== undefined && path.replace(/_test$/, "") === pass.pkg.path.replace(/_test$/, "");
}

/** Literals of other packages' structs without the names of fields. */
export function composites(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.CompositeLit) return;
			const t = pass.info.types.get(n)?.type;
			if (t === undefined || knownFields.has(typeText(t)) || asTypeParam(t) !== null) return;
			if (under(deref(t)[0]).kind !== TypeKind.Struct || isLocal(pass, t) || n.elems.every((e) => e.kind === Kind.KeyValue)) return;
			pass.report(startPos(n), `${typeText(t)} struct literal uses unkeyed fields`);
		});
}

/** defer f(time.Since(t)). */
export function defers(pass: Pass): void {
	if (!imports(pass, "time")) return;
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.CallStmt || n.tok !== "defer") return;
			walk(n.call, (x) => {
				if (x.kind === Kind.FuncLit) return false;
				if (x.kind === Kind.Call && isFunctionOf(callee(pass.info, x), "time", ["Since"]))
					pass.report(startPos(x), "call to time.Since is not deferred");
				return true;
			});
		});
}

/** Shifts by more than there are bits. */
export function shift(pass: Pass): void {
	const check = (at: number, x: Expr, y: Expr): void => {
		const tv = pass.info.types.get(x);
		const amount = pass.info.types.get(y)?.value ?? null;
		if (tv === undefined || tv.value !== null || amount === null || asTypeParam(tv.type) !== null) return;
		const n = int64Val(toInt(amount));
		if (n === null) return;
		const bits = 8 * sizeof(tv.type);
		if (n >= bits) pass.report(at, `${text(x)} (${bits} bits) too small for shift of ${n}`);
	};
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.Binary && (n.op === Op.Shl || n.op === Op.Shr)) check(startPos(n), n.x, n.y);
			else if (n.kind === Kind.Assign && n.rhs !== null && (n.op === Op.Shl || n.op === Op.Shr)) check(startPos(n.lhs), n.lhs, n.rhs);
		});
}

/** signal.Notify with a channel that has no buffer. */
export function sigchanyzer(pass: Pass): void {
	if (!imports(pass, "os/signal")) return;
	for (const file of pass.files) {
		const made = new Map<Obj, Expr>();
		const note = (names: readonly Expr[], values: readonly Expr[]): void => {
			if (names.length !== values.length) return;
			names.forEach((l, i) => {
				const obj = l.kind === Kind.Name ? (pass.info.defs.get(l) ?? null) : null;
				if (obj !== null) made.set(obj, values[i]);
			});
		};
		walk(file, (n) => {
			if (n.kind === Kind.Assign && n.def) note(list(n.lhs), list(n.rhs));
			else if (n.kind === Kind.VarDecl) note(n.names, list(n.values));
		});
		walk(file, (n) => {
			if (n.kind !== Kind.Call || n.args.length === 0 || !isFunctionOf(callee(pass.info, n), "os/signal", ["Notify"])) return;
			const [arg] = n.args;
			const used = arg.kind === Kind.Name ? pass.info.uses.get(arg) : undefined;
			const value = arg.kind === Kind.Call ? arg : used === undefined ? undefined : made.get(used);
			if (value?.kind !== Kind.Call || value.args.length !== 1) return;
			if (value === arg && pass.info.types.get(value.fun)?.mode === Mode.Builtin) return;
			pass.report(startPos(n), "misuse of unbuffered os.Signal channel as argument to signal.Notify");
		});
	}
}

interface Shape {
	args: string[];
	results: string[];
}

/** Methods whose name promises an interface. "=" marks what makes it likely that it is meant. */
const canonical: Readonly<Record<string, Shape>> = Object.fromEntries(
	[
		"As(any) bool",
		"Format(=fmt.State, rune)",
		"GobDecode([]byte) error",
		"GobEncode() []byte, error",
		"Is(error) bool",
		"MarshalJSON() []byte, error",
		"MarshalXML(*xml.Encoder, xml.StartElement) error",
		"ReadByte() byte, error",
		"ReadFrom(=io.Reader) int64, error",
		"ReadRune() rune, int, error",
		"Scan(=fmt.ScanState, rune) error",
		"Seek(=int64, int) int64, error",
		"UnmarshalJSON([]byte) error",
		"UnmarshalXML(*xml.Decoder, xml.StartElement) error",
		"UnreadByte() error",
		"UnreadRune() error",
		"Unwrap() error",
		"WriteByte(byte) error",
		"WriteTo(=io.Writer) int64, error",
	].map((row) => {
		const [, name, args, results] = /^(\w+)\((.*?)\)(.*)$/.exec(row) as RegExpExecArray;
		const words = (s: string): string[] => (s.trim() === "" ? [] : s.trim().split(", "));
		return [name, { args: words(args), results: words(results) }];
	}),
);

function shortType(t: Type): string {
	return typeString(t, (p) => p.name);
}

function matches(expect: readonly string[], actual: readonly { type: Type | null }[], marked: boolean): boolean {
	if (!marked && actual.length > expect.length) return false;
	return expect.every((x, i) => {
		if (marked && !x.startsWith("=")) return true;
		const t = actual[i]?.type ?? null;
		if (t === null) return false;
		const [want, got] = [x.replace("=", ""), shortType(t)];
		const any = (s: string): boolean => s === "any" || s === "interface{}";
		return got === want || (any(got) && any(want));
	});
}

function checkMethod(pass: Pass, name: Name): void {
	const want = Object.hasOwn(canonical, name.name) ? canonical[name.name] : undefined;
	const sig = want === undefined ? null : signatureOf(pass.info.defs.get(name)?.type ?? null);
	if (want === undefined || sig === null) return;
	const [args, results] = [sig.params.vars, sig.results.vars];
	if (name.name === "WriteTo" && args.length > 1) return;
	if (["Is", "As", "Unwrap"].includes(name.name) && (sig.recv?.type == null || !isError(sig.recv.type))) return;
	if (name.name === "Unwrap") {
		const t = results.length === 1 && results[0].type !== null ? shortType(results[0].type) : "";
		if (args.length > 0 || (t !== "error" && t !== "[]error"))
			pass.report(name.pos, "method Unwrap() should have signature Unwrap() error or Unwrap() []error");
		return;
	}
	if (!matches(want.args, args, true) || !matches(want.results, results, true)) return;
	if (matches(want.args, args, false) && matches(want.results, results, false)) return;
	const join = (l: readonly string[]): string => l.map((x) => x.replace("=", "")).join(", ");
	const tail = want.results.length === 0 ? "" : want.results.length === 1 ? ` ${join(want.results)}` : ` (${join(want.results)})`;
	const actual = `${name.name}${shortType(sig).replace(/^func/, "")}`;
	pass.report(name.pos, `method ${actual} should have signature ${name.name}(${join(want.args)})${tail}`);
}

/** Methods with the name of a well-known interface's and another signature. */
export function stdmethods(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind === Kind.FuncDecl && n.recv !== null) checkMethod(pass, n.name);
			else if (n.kind === Kind.InterfaceType) for (const m of n.methods) if (m.name !== null) checkMethod(pass, m.name);
		});
}

/** time.Format("2006-02-01"). */
export function timeformat(pass: Pass): void {
	const bad = "2006-02-01";
	eachCall(pass, (call) => {
		const obj = callee(pass.info, call);
		if (obj === null || call.args.length === 0) return;
		if (fullName(obj) !== "(time.Time).Format" && !isFunctionOf(obj, "time", ["Parse"])) return;
		const [arg] = call.args;
		const t = pass.info.types.get(arg)?.type;
		const at = t?.kind === TypeKind.Basic && isString(t) ? (constantString(pass.info, arg)?.indexOf(bad) ?? -1) : -1;
		if (at >= 0) pass.report(arg.kind === Kind.BasicLit ? arg.pos + at + 1 : startPos(arg), `${bad} should be 2006-01-02`);
	});
}

/** json.Unmarshal into what is no pointer. */
export function unmarshal(pass: Pass): void {
	if (["encoding/gob", "encoding/json", "encoding/xml", "encoding/asn1"].includes(pass.pkg.path)) return;
	const decoders = ["json", "xml", "gob"].map((p) => `(*encoding/${p}.Decoder).Decode`);
	eachCall(pass, (call) => {
		const obj = callee(pass.info, call);
		if (obj === null || obj.kind !== ObjKind.Func) return;
		const second = ["json", "xml", "asn1"].some((p) => isFunctionOf(obj, `encoding/${p}`, ["Unmarshal"]));
		if (!second && !decoders.includes(fullName(obj))) return;
		const arg = call.args[second ? 1 : 0];
		const t = arg === undefined ? undefined : pass.info.types.get(arg)?.type;
		if (t === undefined || asTypeParam(t) !== null) return;
		const { kind } = under(t);
		if (kind === TypeKind.Pointer || kind === TypeKind.Interface) return;
		pass.report(call.lparen, `call of ${obj.name} passes non-pointer${second ? " as second argument" : ""}`);
	});
}

const pure: ReadonlySet<string> = new Set(
	(
		"context.WithCancel context.WithDeadline context.WithTimeout context.WithValue errors.New fmt.Append fmt.Appendf fmt.Appendln fmt.Errorf fmt.Sprint " +
		"fmt.Sprintf fmt.Sprintln maps.All maps.Clone maps.Collect maps.Equal maps.EqualFunc maps.Keys maps.Values slices.All slices.AppendSeq slices.Backward " +
		"slices.BinarySearch slices.BinarySearchFunc slices.Chunk slices.Clip slices.Clone slices.Collect slices.Compact slices.CompactFunc slices.Compare " +
		"slices.CompareFunc slices.Concat slices.Contains slices.ContainsFunc slices.Delete slices.DeleteFunc slices.Equal slices.EqualFunc slices.Grow " +
		"slices.Index slices.IndexFunc slices.Insert slices.IsSorted slices.IsSortedFunc slices.Max slices.MaxFunc slices.Min slices.MinFunc slices.Repeat " +
		"slices.Replace slices.Sorted slices.SortedFunc slices.SortedStableFunc slices.Values sort.Reverse"
	).split(" "),
);

function isStringMethod(sig: Signature): boolean {
	const { vars } = sig.results;
	return (
		sig.params.vars.length === 0 &&
		vars.length === 1 &&
		vars[0].type !== null &&
		unalias(vars[0].type).kind === TypeKind.Basic &&
		isString(vars[0].type)
	);
}

/** Calls that only have a result, which is dropped. */
export function unusedresult(pass: Pass): void {
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.ExprStmt) return;
			const call = unparen(n.x);
			const obj = call.kind === Kind.Call ? callee(pass.info, call) : null;
			const sig = signatureOf(obj === null ? null : typeOf(obj));
			if (obj === null || obj.kind !== ObjKind.Func || sig === null) return;
			if (sig.recv === null) {
				const name = `${obj.pkg?.path ?? ""}.${obj.name}`;
				if (pure.has(name)) pass.report(startPos(call), `result of ${name} call not used`);
			} else if ((obj.name === "String" || obj.name === "Error") && sig.recv.type !== null && isStringMethod(sig))
				pass.report(startPos(call), `result of (${typeText(sig.recv.type)}).${obj.name} call not used`);
		});
}

/** go func() { wg.Add(1); … }(). */
export function waitgroup(pass: Pass): void {
	if (!imports(pass, "sync")) return;
	for (const file of pass.files)
		walk(file, (n) => {
			if (n.kind !== Kind.CallStmt || n.tok !== "go" || n.call.kind !== Kind.Call || n.call.fun.kind !== Kind.FuncLit) return;
			const first = n.call.fun.body.list[0];
			if (first?.kind !== Kind.ExprStmt || first.x.kind !== Kind.Call) return;
			const obj = callee(pass.info, first.x);
			if (obj !== null && fullName(obj) === "(*sync.WaitGroup).Add")
				pass.report(first.x.lparen, "WaitGroup.Add called from inside new goroutine");
		});
}

function rootName(e: Expr): Name | null {
	if (e.kind === Kind.Name) return e;
	return e.kind === Kind.Selector ? rootName(e.x) : null;
}

function returnsResponse(pass: Pass, call: Call): boolean {
	if (call.fun.kind !== Kind.Selector) return false;
	const results = signatureOf(pass.info.types.get(call.fun)?.type ?? null)?.results.vars ?? [];
	if (results.length !== 2 || results[0].type === null || results[1].type === null) return false;
	const first = unalias(results[0].type);
	if (first.kind !== TypeKind.Pointer || !isTypeNamed(first.elem, "net/http", "Response")) return false;
	if (!identical(results[1].type, universeError)) return false;
	const t = pass.info.types.get(call.fun.x)?.type;
	if (t === undefined) return call.fun.x.kind === Kind.Name && call.fun.x.name === "http";
	return isTypeNamed(deref(t)[0], "net/http", "Client");
}

/** defer resp.Body.Close() before the error was looked at. */
export function httpresponse(pass: Pass): void {
	if (!imports(pass, "net/http")) return;
	const check = (stmts: readonly Stmt[]): void =>
		stmts.forEach((s, i) => {
			const next = stmts[i + 1];
			if (s.kind !== Kind.Assign || next?.kind !== Kind.CallStmt || next.tok !== "defer" || next.call.kind !== Kind.Call) return;
			const [call] = list(s.rhs);
			if (call?.kind !== Kind.Call || !returnsResponse(pass, call)) return;
			const resp = rootName(list(s.lhs)[0]);
			const root = rootName(next.call.fun);
			if (resp === null || root === null) return;
			const obj = pass.info.defs.get(resp) ?? pass.info.uses.get(resp);
			if (obj !== undefined && obj !== null && obj === pass.info.uses.get(root))
				pass.report(root.pos, `using ${resp.name} before checking for errors`);
		});
	const visit = (file: File): void =>
		walk(file, (n) => {
			if (n.kind === Kind.Block) check(n.list);
			else if (n.kind === Kind.FuncDecl && n.body !== null) check(n.body.list);
		});
	for (const file of pass.files) visit(file);
}
