// Directives, headers, positions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPosition } from "#base";
import { bodyOf, type Decl, endPos, type Expr, Kind, type Node, parseImports, startPos, walk } from "../mod.ts";
import { parse, shown } from "./util.ts";

test("pragmas belong to the next declaration", () => {
	const p = parse(`//go:build go1.21

package p

import _ "unsafe"

//go:noinline
//go:nosplit

func f()

//go:linkname g runtime.g
func g()

//go:embed "a b" c* \`d\`
var x string

type (
	//go:notinheap
	T int
)
`);
	assert.deepEqual(shown(p), []);
	assert.equal(p.file.goVersion, "go1.21");
	const pragmas = p.file.decls.map((d) => ("pragma" in d && d.pragma !== null ? d.pragma.directives.map((x) => [x.name, ...x.args]) : []));
	assert.deepEqual(pragmas, [
		[],
		[["noinline"], ["nosplit"]],
		[["linkname", "g", "runtime.g"]],
		[["embed", "a b", "c*", "d"]],
		[["notinheap"]],
	]);
	assert.deepEqual(
		p.file.directives.map((d) => d.name),
		["linkname", "embed"],
	);
});

test("misplaced and malformed directives", () => {
	const cases: Record<string, string[]> = {
		"//go:noinline\ntype T int": ["2:3: misplaced compiler directive"],
		"//go:nosplit\nvar x int": ["2:3: misplaced compiler directive"],
		"//go:embed x\nfunc f()": ["2:3: misplaced go:embed directive"],
		"func f() {\n//go:noinline\nx()\n}": ["3:3: misplaced compiler directive"],
		"var x int //go:noinline": ["2:13: misplaced compiler directive"],
		"//go:build x": ["2:3: misplaced compiler directive"],
		"//go:linkname a b c": ["2:3: usage: //go:linkname localname [linkname]"],
		"//go:embed\nvar x string": ["2:3: usage: //go:embed pattern..."],
		'//go:embed "a\nvar x string': ['2:3: invalid quoted string in //go:embed: "a'],
	};
	for (const [text, want] of Object.entries(cases)) assert.deepEqual(shown(parse(`package p\n${text}\n`)), want, text);
});

test("directives that only some code may use", () => {
	const text = 'package p\n//go:systemstack\nfunc f()\n//go:uintptrkeepalive\nfunc g()\n//go:cgo_ldflag "-lx"\n';
	const of = (origin: "user" | "std" | "runtime"): string[] => shown(parse(text, { lazyBodies: false, origin }));
	assert.deepEqual(of("user"), [
		"2:3: //go:systemstack only allowed in runtime",
		"4:3: //go:uintptrkeepalive is only allowed in the standard library",
		'6:3: //go:cgo_ldflag "-lx" only allowed in cgo-generated code',
	]);
	assert.deepEqual(of("std"), ["2:3: //go:systemstack only allowed in runtime"]);
	assert.deepEqual(of("runtime"), []);
});

test("directives of skipped bodies are recorded once", () => {
	const text = "package p\nfunc f() {\n\t//go:linkname a b\n//line y.go:7\n\tx(/*line z.go:9:5*/ y)\n}\n//go:linkname c d\n";
	const lazy = parse(text, { lazyBodies: true });
	const eager = parse(text);
	for (const d of lazy.file.decls)
		if (d.kind === Kind.FuncDecl) bodyOf({ ids: lazy.ids, file: lazy.src, interner: lazy.interner, report: () => {} }, d);
	assert.deepEqual(lazy.file.directives, eager.file.directives);
	assert.deepEqual(lazy.src.directives, eager.src.directives);
	assert.deepEqual(
		lazy.src.directives.map((d) => `${d.file}:${d.line}:${d.col}`),
		["y.go:7:0", "z.go:9:5"],
	);
	const names: string[] = [];
	walk(eager.file, (n) => {
		if (n.kind === Kind.Name) names.push(`${n.name} ${formatPosition(eager.src.position(n.pos))}`);
	});
	assert.deepEqual(names, ["p x.go:1:9", "f x.go:2:6", "x y.go:7", "y z.go:9:6"]);
});

test("malformed line directives", () => {
	assert.deepEqual(shown(parse("//line a.go:x\n//line a.go:0\n//line a.go:1:0\n//line a\n //line a.go:x\npackage p\n")), [
		"1:13: invalid line number: x",
		"2:13: invalid line number: 0",
		"3:15: invalid column number: 0",
	]);
});

test("headers, in go/parser's words", () => {
	const cases: Record<string, string[]> = {
		"": ["1:1: expected 'package', found 'EOF'"],
		'import "x"': ["1:1: expected 'package', found 'import'"],
		package: ["1:8: expected 'IDENT', found 'EOF'"],
		"package 1\n": ["1:9: expected 'IDENT', found 1"],
		"package p import": ["1:11: expected ';', found 'import'"],
		"package p\nimport\n": ["3:1: missing import path"],
		"package p\nimport 1\n": ["2:8: import path must be a string"],
		'package p\nimport ("a" "b")\n': ["2:13: expected ';', found \"b\"", "3:1: expected ')', found 'EOF'"],
		'package p\nimport (\n"fmt"\nfoo bar\n)\n': ["4:5: import path must be a string"],
		'package p\nimport "a\nfunc': ["2:8: string literal not terminated"],
		'package p; import ("a"; . "b"; c "d")\nfunc }': [],
	};
	for (const [text, want] of Object.entries(cases)) {
		const p = parse("package p\n");
		const src = p.set.add("h.go", new TextEncoder().encode(text));
		const errors: string[] = [];
		const f = parseImports(p.ids, src, p.interner, (d) => {
			const at = src.physical(d.pos);
			errors.push(`${at.line}:${at.col}: ${d.msg}`);
		});
		assert.deepEqual(errors, want, text);
		if (want.length === 0)
			assert.deepEqual(
				f.decls.map((d) => (d.kind === Kind.ImportDecl ? `${d.localName?.name ?? ""} ${d.path.text}` : "?")),
				[' "a"', '. "b"', 'c "d"'],
			);
	}
});

/** Offset of each node of the statement's expression: kind, pos, start, end. */
test("positions are gc's", () => {
	const cases: Record<string, [keyof typeof Kind, number, number, number]> = {
		"a + b": ["Binary", 2, 0, 5],
		"a.b": ["Selector", 1, 0, 3],
		"a[b]": ["Index", 1, 0, 3],
		"a[b:c]": ["SliceExpr", 1, 1, 1],
		"a(b)": ["Call", 1, 0, 3],
		"a.(b)": ["Assert", 1, 0, 4],
		"-a": ["Unary", 0, 0, 2],
		"(a)": ["Paren", 0, 0, 2],
		"T{a}": ["CompositeLit", 1, 0, 3],
		"[]T{a: b}": ["CompositeLit", 3, 0, 8],
		"func() {}": ["FuncLit", 0, 0, 8],
		'"é"': ["BasicLit", 0, 0, 4],
		é: ["Name", 0, 0, 2],
	};
	for (const [text, [kind, pos, start, end]] of Object.entries(cases)) {
		const p = parse(`package p\nvar _ = ${text}\n`);
		const from = p.src.base + 18;
		const d = p.file.decls[0] as Extract<Decl, { kind: typeof Kind.VarDecl }>;
		const x = d.values as Expr;
		assert.deepEqual([x.kind, x.pos - from, startPos(x) - from, endPos(x) - from], [Kind[kind], pos, start, end], text);
	}
	const p = parse("package p\nfunc (r R) m(a int) { L: for i := range x { c <- 1; i++ } }\n");
	const at: Record<string, number> = {};
	const names = Object.fromEntries(Object.entries(Kind).map(([k, v]) => [v, k]));
	walk(p.file, (n: Node) => {
		at[names[n.kind] as string] ??= n.pos - p.src.base - 10;
	});
	assert.deepEqual(
		[at.FuncDecl, at.FuncType, at.Labeled, at.For, at.RangeClause, at.Send, at.Assign, at.Field],
		[5, 12, 23, 25, 34, 46, 53, 6],
	);
});
