// The main package of a test binary: which test functions the files declare, and
// the program that hands them to package testing.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, formatDiagnostics, Interner, SourceSet } from "#base";
import { type Expr, type FuncDecl, Kind, NodeIds, Op, parseFile } from "#syntax";
import type { Package } from "./package.ts";

export interface TestFunc {
	/** "_test" or "_xtest". */
	pkg: string;
	name: string;
}

export interface TestExample extends TestFunc {
	output: string;
	unordered: boolean;
}

export interface TestFuncs {
	tests: TestFunc[];
	benchmarks: TestFunc[];
	fuzz: TestFunc[];
	examples: TestExample[];
	testMain: TestFunc | null;
	/** Import the package under test, its external tests; by name only if something of it is called. */
	importTest: boolean;
	needTest: boolean;
	importXtest: boolean;
	needXtest: boolean;
	errors: string[];
}

/** "TestX" and "Test", but not "Testify": what follows the prefix does not start with a lower-case letter. */
function isTestName(name: string, prefix: string): boolean {
	return name.startsWith(prefix) && (name.length === prefix.length || !/^\p{Ll}/u.test(name.slice(prefix.length)));
}

/** func(t *testing.T), under whatever name testing is imported. */
function takesTesting(fn: FuncDecl, arg: string): boolean {
	if (fn.type.results.length !== 0 || fn.type.params.length !== 1) return false;
	const t: Expr = fn.type.params[0].type;
	if (t.kind !== Kind.Unary || t.op !== Op.Mul) return false;
	if (t.x.kind === Kind.Name) return t.x.name === arg;
	return t.x.kind === Kind.Selector && t.x.sel.name === arg;
}

/** Reads the test functions of the package's test files. */
export function collectTests(pkg: Package, report: (file: string) => string = (f) => f): TestFuncs {
	const found: TestFuncs = {
		tests: [],
		benchmarks: [],
		fuzz: [],
		examples: [],
		testMain: null,
		importTest: pkg.goFiles.length + pkg.testGoFiles.length > 0,
		needTest: false,
		importXtest: false,
		needXtest: false,
		errors: [],
	};
	for (const name of pkg.testGoFiles) collectFile(found, pkg, name, "_test", report);
	for (const name of pkg.xtestGoFiles) collectFile(found, pkg, name, "_xtest", report);
	return found;
}

function collectFile(found: TestFuncs, pkg: Package, name: string, from: string, report: (file: string) => string): void {
	const set = new SourceSet();
	const source = set.add(report(join(pkg.dir, name)), readFileSync(join(pkg.dir, name)));
	const errors: Diagnostic[] = [];
	const tree = parseFile(new NodeIds(), source, new Interner(), (d) => errors.push(d), { lazyBodies: true });
	if (errors.length > 0) {
		found.errors.push(...formatDiagnostics(set, errors));
		return;
	}
	let imported = false;
	let needed = false;
	const wrong = (fn: FuncDecl, why: string): void => {
		const before = new TextDecoder("latin1").decode(source.src.subarray(0, fn.pos - source.base));
		const at = source.position(source.base + before.lastIndexOf("func"));
		found.errors.push(`${at.file}:${at.line}:${at.col}: wrong signature for ${fn.name.name}, ${why}`);
	};
	const add = (fn: FuncDecl, list: TestFunc[], arg: string): void => {
		if (!takesTesting(fn, arg)) wrong(fn, `must be: func ${fn.name.name}(${arg.toLowerCase()} *testing.${arg})`);
		else if (fn.tparams.length > 0) wrong(fn, "test functions cannot have type parameters");
		list.push({ pkg: from, name: fn.name.name });
		imported = true;
		needed = true;
	};
	for (const d of tree.decls) {
		if (d.kind !== Kind.FuncDecl || d.recv !== null) continue;
		const fname = d.name.name;
		if (fname === "TestMain" && !takesTesting(d, "T")) {
			const list: TestFunc[] = [];
			add(d, list, "M");
			if (found.testMain !== null) found.errors.push("multiple definitions of TestMain");
			found.testMain = list[0];
		} else if (isTestName(fname, "Test")) add(d, found.tests, "T");
		else if (isTestName(fname, "Benchmark")) add(d, found.benchmarks, "B");
		else if (isTestName(fname, "Fuzz")) add(d, found.fuzz, "F");
		else if (
			isTestName(fname, "Example") &&
			d.type.params.length === 0 &&
			d.type.results.length === 0 &&
			d.tparams.length === 0 &&
			d.hasBody
		) {
			imported = true;
			const expected = exampleOutput(source.src, d.bodyStart, d.bodyEnd);
			if (expected === null) continue;
			found.examples.push({ pkg: from, name: fname, ...expected });
			needed = true;
		}
	}
	if (from === "_test") {
		found.importTest ||= imported;
		found.needTest ||= needed;
	} else {
		found.importXtest = true;
		found.needXtest ||= needed;
	}
}

const outputRe = /^[ \t\n]*(unordered )?output:/i;

/** The `// Output:` comment that ends a body: the last comment group, if nothing but the brace follows. Null: the example is not run. */
export function exampleOutput(src: Uint8Array, bodyStart: number, bodyEnd: number): { output: string; unordered: boolean } | null {
	const body = new TextDecoder().decode(src.subarray(bodyStart, bodyEnd)).trimEnd();
	const text = lastComment(body);
	if (text === null) return null;
	const m = outputRe.exec(text);
	if (m === null) return null;
	let output = text.slice(m[0].length).replace(/^ +/, "");
	if (output.startsWith("\n")) output = output.slice(1);
	return { output, unordered: m[1] !== undefined };
}

/** The text of the comment group at the end of body, markers removed. */
function lastComment(body: string): string | null {
	if (body.endsWith("*/")) {
		const open = body.lastIndexOf("/*");
		return open < 0 ? null : cleanLines(body.slice(open + 2, -2).split("\n"));
	}
	const lines = body.split("\n");
	const group: string[] = [];
	while (lines.length > 0) {
		const line = lines[lines.length - 1].trimStart();
		if (!line.startsWith("//")) break;
		group.unshift(line.slice(line.startsWith("// ") ? 3 : 2));
		lines.pop();
	}
	if (group.length === 0) {
		// A comment behind the last statement on its line.
		const at = /^[^"'`]*?\/\/ ?(.*)$/.exec(lines[lines.length - 1]);
		if (at === null) return null;
		group.push(at[1]);
	}
	return cleanLines(group);
}

/** As go/ast's CommentGroup.Text: trailing space and surplus blank lines are dropped. */
function cleanLines(lines: readonly string[]): string {
	const out: string[] = [];
	for (const line of lines.map((l) => l.replace(/[ \t\r]+$/, "")))
		if (line !== "" || (out.length > 0 && out[out.length - 1] !== "")) out.push(line);
	while (out.length > 0 && out[out.length - 1] === "") out.pop();
	return out.length === 0 ? "" : `${out.join("\n")}\n`;
}

function table(name: string, type: string, rows: readonly string[]): string {
	return `var ${name} = []testing.${type}{\n${rows.map((r) => `\t{${r}},\n`).join("")}}\n\n`;
}

/** Source of the test binary's main package. xtestPath is the import path that the external test package gets. */
export function testMainSource(f: TestFuncs, pkg: Package, importPath: string, xtestPath: string): string {
	const q = JSON.stringify;
	const imports = ['"os"', f.testMain === null ? "" : '"reflect"', '"testing"', '"testing/internal/testdeps"'].filter((i) => i !== "");
	if (f.importTest) imports.push(`${f.needTest ? "_test" : "_"} ${q(importPath)}`);
	if (f.importXtest) imports.push(`${f.needXtest ? "_xtest" : "_"} ${q(xtestPath)}`);
	const call = (t: TestFunc): string => `${q(t.name)}, ${t.pkg}.${t.name}`;
	const run =
		f.testMain === null
			? "\tos.Exit(m.Run())\n"
			: `\t${f.testMain.pkg}.${f.testMain.name}(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName("exitCode").Int()))\n`;
	return (
		`// Code generated by 'tsugo test'. DO NOT EDIT.\n\npackage main\n\nimport (\n${imports.map((i) => `\t${i}\n`).join("")})\n\n` +
		table("tests", "InternalTest", f.tests.map(call)) +
		table("benchmarks", "InternalBenchmark", f.benchmarks.map(call)) +
		table("fuzzTargets", "InternalFuzzTarget", f.fuzz.map(call)) +
		table(
			"examples",
			"InternalExample",
			f.examples.map((e) => `${call(e)}, ${goQuote(e.output)}, ${e.unordered}`),
		) +
		`func init() {\n\ttestdeps.ModulePath = ${q(pkg.module?.path ?? "")}\n\ttestdeps.ImportPath = ${q(/^_\/|^command-line-arguments$/.test(importPath) ? "" : importPath)}\n}\n\n` +
		`func main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)\n${run}}\n`
	);
}

/** A Go string literal of s. */
export function goQuote(s: string): string {
	return JSON.stringify(s).replaceAll("\u007f", "\\x7f");
}
