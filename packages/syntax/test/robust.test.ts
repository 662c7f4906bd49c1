// Any input gives a tree and errors with positions in the file: no exception, no endless loop, no stack overflow.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bodyOf, Kind, parseImports, walk } from "../mod.ts";
import { mutate, random } from "./mutate.ts";
import { goroot, parse, type Parsed, shown } from "./util.ts";

const sample = `//go:build linux && go1.20

package p // é

import ("fmt"; m "math")

//go:noinline
func f[T ~[]E, E any](x T, fs ...func(int) (a, b string)) (r map[string]chan<- E, err error) {
	type L[P *Q,] struct { *m.T "tag"; a, b int; G[int] }
L:
	for i, v := range x { switch y := any(v).(type) { case int, string: goto L; default: continue L } }
	select { case r["k"] <- x[0]: case v, ok := <-c: _ = v; default: return nil, &E{1: {2, 'c', "\\u00e9"}, 3: 0x1p-2i} }
	if x := g(); !x { defer func() { recover() }() } else if y[1:2:3] != nil {} else { go h(x...) }
	var a, b = 1 + 2*3 <<4, ^-+5; a++; b -= 6; *p = \`raw
string\`
	return
}

type I interface { ~int | string; m(x int) error; fmt.Stringer; comparable }
`;

function check(p: Parsed): void {
	const { base, src } = p.src;
	for (const d of p.errors) assert.ok(d.pos >= base && d.pos <= base + src.length, `position ${d.pos} of ${d.msg}`);
	walk(p.file, (n) => {
		assert.ok(n.pos >= base && n.pos <= base + src.length, `position of kind ${n.kind}`);
		assert.ok(n.id > 0 && n.id < p.ids.next);
	});
}

test("every prefix", () => {
	const bytes = new TextEncoder().encode(sample);
	for (let n = 0; n <= bytes.length; n++) {
		const p = parse(bytes.subarray(0, n));
		check(p);
		if (n === bytes.length) assert.deepEqual(shown(p), []);
		const lazy = parse(bytes.subarray(0, n), { lazyBodies: true });
		for (const d of lazy.file.decls)
			if (d.kind === Kind.FuncDecl) bodyOf({ ids: lazy.ids, file: lazy.src, interner: lazy.interner, report: () => {} }, d);
		parseImports(lazy.ids, lazy.src, lazy.interner, () => {});
	}
});

test("mutations", () => {
	const pick = random(3);
	for (let i = 0; i < 3000; i++) check(parse(mutate(sample, pick), { lazyBodies: i % 2 === 0, allErrors: true }));
});

test("random bytes", () => {
	const pick = random(5);
	const bytes = new TextEncoder().encode(sample);
	for (let i = 0; i < 1000; i++) {
		const copy = bytes.slice();
		for (let k = 0; k < 8; k++) copy[pick(copy.length)] = pick(256);
		check(parse(copy));
	}
});

test("prefixes of a real file", { skip: goroot === "" ? "no GOROOT with sources" : false }, () => {
	const bytes = readFileSync(join(goroot, "src/text/template/parse/parse.go"));
	for (let n = 0; n < bytes.length; n += 97) check(parse(bytes.subarray(0, n)));
});

const nested: Record<string, (n: number) => string> = {
	parentheses: (n) => `var x = ${"(".repeat(n)}1${")".repeat(n)}`,
	operators: (n) => `var x = ${"- ".repeat(n)}1`,
	indices: (n) => `var x = ${"a[".repeat(n)}1${"]".repeat(n)}`,
	calls: (n) => `var x = ${"a(".repeat(n)}1${")".repeat(n)}`,
	literals: (n) => `var x = ${"T{".repeat(n)}1${"}".repeat(n)}`,
	"elided literals": (n) => `var x = T${"{".repeat(n)}1${"}".repeat(n)}`,
	slices: (n) => `var x ${"[]".repeat(n)}int`,
	structs: (n) => `var x ${"struct{a ".repeat(n)}int${"}".repeat(n)}`,
	instances: (n) => `var x ${"T[".repeat(n)}int${"]".repeat(n)}`,
	interfaces: (n) => `type T ${"interface{ m() ".repeat(n)}${"}".repeat(n)}`,
	blocks: (n) => `func f() ${"{".repeat(n)}${"}".repeat(n)}`,
	switches: (n) => `func f() {${"switch { case x: ".repeat(n)}${"}".repeat(n)}}`,
	labels: (n) => `func f() {${"_: ".repeat(n)}}`,
	functions: (n) => `var x = ${"func() { x = ".repeat(n)}1${"}".repeat(n)}`,
	"function types": (n) => `var x ${"func(".repeat(n)}int${")".repeat(n)}`,
	headers: (n) => `func f() {${"if func() bool {".repeat(n)}${"; return true }() {}".repeat(n)}}`,
};

for (const [name, make] of Object.entries(nested)) {
	test(`100,000 nested ${name}`, () => {
		const p = parse(`package p\n${make(100_000)}\n`);
		assert.equal(p.errors.length, 1);
		assert.match(shown(p)[0] as string, /^2:\d+: syntax error: exceeded max nesting depth$/);
		assert.deepEqual(shown(parse(`package p\n${make(50)}\n`)), []);
	});
}

test("long chains are no nesting", () => {
	const n = 100_000;
	for (const text of [`var x = 1${" + 1".repeat(n)}`, `var x = a${".b".repeat(n)}`, `func f() { if x {} ${"else if x {}".repeat(n)} }`]) {
		assert.deepEqual(shown(parse(`package p\n${text}\n`)), []);
	}
});

test("literals of 10 MB", () => {
	const text = `package p\nvar a = "${"a".repeat(1e7)}"\nvar b = \`${"b\n".repeat(5e6)}\`\nvar c = ${"1".repeat(1e7)}\n// ${"c".repeat(1e7)}\n`;
	const start = performance.now();
	const p = parse(text);
	assert.equal(p.errors.length, 0);
	assert.equal(p.file.decls.length, 3);
	assert.ok(performance.now() - start < 15_000);
});
