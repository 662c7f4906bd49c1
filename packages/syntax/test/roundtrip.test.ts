// Printing and parsing again gives an equal tree; lazy and eager parsing agree.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bodyOf, type Decl, exprString, Field, Group, Kind, type Node, nodeText } from "../mod.ts";
import { goFiles, goroot, parse, shown } from "./util.ts";

/** A tree as text without positions and ids; shared types and groups by number. */
function dump(root: Node): string {
	const out: string[] = [];
	const shared = new Map<object, number>();
	const visit = (x: unknown, key: string): void => {
		if (x === null || typeof x !== "object") {
			out.push(`${key}=${String(x)}`);
			return;
		}
		if (x instanceof Group) {
			const id = shared.get(x) ?? shared.size;
			shared.set(x, id);
			out.push(`${key}=group${id}`);
			return;
		}
		if (Array.isArray(x)) {
			out.push(`${key}[${x.length}`);
			let previous: unknown = null;
			for (const e of x) {
				if (e instanceof Field && previous instanceof Field && previous.type === e.type) out.push("same type");
				previous = e;
				visit(e, "");
			}
			return;
		}
		const n = x as Record<string, unknown>;
		if (n.kind === Kind.Branch) {
			out.push(`branch ${n.tok}`);
			visit(n.label, "label");
			return;
		}
		out.push(`${key}:${n.kind}`);
		for (const k of Object.keys(n)) {
			if (/^(id|pos|kind|lbrace|rbrace|rparen|lparen|rbrack|colon|end|eof|bodyStart|bodyEnd|pragma|directives|goVersion|brand)$/.test(k))
				continue;
			visit(n[k], k);
		}
	};
	visit(root, "");
	return out.join("\n");
}

function roundTrip(text: string | Uint8Array, name: string): void {
	const first = parse(text, undefined, name);
	if (first.errors.length > 0) return;
	const printed = nodeText(first.file);
	const second = parse(printed, undefined, name);
	assert.deepEqual(shown(second), [], `${name} printed:\n${printed.slice(0, 2000)}`);
	const a = dump(first.file);
	const b = dump(second.file);
	if (a === b) return;
	const la = a.split("\n");
	const lb = b.split("\n");
	const i = la.findIndex((line, k) => line !== lb[k]);
	assert.fail(`${name}: tree differs at ${la.slice(i - 5, i + 3).join(" ")} | ${lb.slice(i - 5, i + 3).join(" ")}`);
}

const noGoroot = goroot === "" ? "no GOROOT with sources" : false;

test("round trip of small forms", () => {
	for (const body of [
		"type T[P *C,] int",
		"type T[P *C, Q any] int",
		"type T[P interface{ *C }] int",
		"type T [n * 2]int",
		"type T[P []int] = map[P]int",
		"type T[P *struct{}] int",
		"type T[P ~int | *E] int",
		"var x = - -1 + + +2 - -3",
		"var x = & ^y &^ ^z",
		"var x = <-<-c",
		"var x = <-chan (<-chan int)(nil)",
		"var x chan (<-chan int)",
		"var x chan<- (chan int)",
		"func f() { if p := &(T{1}); p != nil {} }",
		"func f() { for range (T{}).x {} }",
		"func f() { ;; L: }",
		"func f() { L: ; x() }",
		"func f() { for ;; {}; for x {}; for ; ; i++ {}; for range 10 {} }",
		"func f() { var (); const ( a = iota; b ) }",
		"func f() { switch x := y; z := x.(type) {}; switch {}; switch x; {} }",
		"func f() { go func() {}(); defer (f)(1, x...) }",
		"func (t *T[A, _]) m(a, b int, c ...string) (d, e int) { return }",
		"var f = func(int, string) func() (int, error) { return nil }",
		"type I interface { m(); ~int | string; E[int]; error }",
		"type S struct { a, b int `t`; *E; p.F[int]; G }",
		"var x = [...]struct{ a int }{{1}, 2: {a: 3}}",
		'import ( a "b"; . "c" )',
		"var a, b, c = x[1:], x[:2:3], x[T, U](y)",
	]) {
		const p = parse(`package p\n${body}\n`);
		if (!body.includes("(f)(1"))
			assert.deepEqual(
				shown(p).filter((s) => !s.includes("label L defined")),
				[],
				body,
			);
		roundTrip(`package p\n${body}\n`, body);
	}
});

test("round trip of the standard library's sources", { skip: noGoroot }, () => {
	let n = 0;
	for (const dir of ["fmt", "go", "reflect", "slices", "text", "internal/types/testdata", "cmd/compile/internal/syntax/testdata"]) {
		for (const path of goFiles(join(goroot, "src", dir), false)) {
			roundTrip(readFileSync(path), path.slice(goroot.length + 1));
			n++;
		}
	}
	assert.ok(n > 400);
});

test("bodies parsed later equal bodies parsed at once", { skip: noGoroot }, () => {
	for (const path of goFiles(join(goroot, "src/go"))) {
		const eager = parse(readFileSync(path), undefined, path);
		const lazy = parse(readFileSync(path), { lazyBodies: true }, path);
		const ctx = { ids: lazy.ids, file: lazy.src, interner: lazy.interner, report: () => {} };
		for (const d of lazy.file.decls) if (d.kind === Kind.FuncDecl) bodyOf(ctx, d);
		assert.equal(dump(lazy.file), dump(eager.file), path);
		assert.deepEqual(lazy.file.directives, eager.file.directives);
		assert.deepEqual(lazy.src.directives, eager.src.directives);
	}
});

test("expressions as messages show them", () => {
	const cases: Record<string, string> = {
		"func(a, b int, c ...string) (x int, err error) { return }": "func(a, b int, c ...string) (x int, err error) {…}",
		"func() {}": "func() {}",
		"T{1, 2}": "T{…}",
		"[]int{}": "[]int{}",
		"map[string][]*T{}": "map[string][]*T{}",
		"struct{ a, b int; c string `tag` }{}": "struct{a, b int; c string `tag`}{}",
		"interface{ m(int) string; ~int|E }(nil)": "interface{m(int) string; ~int | E}(nil)",
		"x.y[i].(T)": "x.y[i].(T)",
		"s[1:2:3]": "s[1:2:3]",
		"s[:]": "s[:]",
		"f(a, b...)": "f(a, b...)",
		"(a+b)*-c": "(a + b) * -c",
		"<-(chan<- int)(nil)": "<-(chan<- int)(nil)",
		"(chan (<-chan int))(nil)": "(chan (<-chan int))(nil)",
		"F[int, []string]": "F[int, []string]",
		"[...]int{1}": "[...]int{…}",
		"*&x": "*&x",
	};
	for (const [text, want] of Object.entries(cases)) {
		const p = parse(`package p\nvar _ = ${text}\n`);
		assert.deepEqual(shown(p), []);
		const d = p.file.decls[0] as Extract<Decl, { kind: typeof Kind.VarDecl }>;
		assert.equal(exprString(d.values as NonNullable<typeof d.values>), want);
	}
});
