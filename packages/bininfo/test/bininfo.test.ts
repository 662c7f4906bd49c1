import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FormatError } from "#base";
import { build, inflate, type Mode, open } from "../../proc/test/build.ts";
import { Binary, DebugIndex, inlinedAt, Kind, parseFuncName, variablesAt, withoutTypeArgs } from "../mod.ts";

for (const mode of ["noopt", "opt", "pie", "stripped", "tsugo"] as Mode[]) {
	test(`functions and lines (${mode})`, (t) => {
		const path = build("basic", mode);
		if (path === null) return t.skip("no official go");
		const b = open(path);
		const [main] = b.funcs.named("main.main");
		assert.ok(main !== undefined && main.end > main.entry);
		assert.match(main.file, /basic\.go$/);
		assert.equal(main.startLine, 30);
		assert.equal(b.funcAt(main.entry), main);
		assert.equal(b.funcAt(main.end - 1), main);
		assert.notEqual(b.funcAt(main.end), main);
		assert.equal(b.position(main.entry)?.line, 30);
		assert.match(b.goVersion, /^go1\./);
		assert.equal(b.hasDwarf, mode !== "stripped");
		assert.ok(b.sources().some((s) => s.endsWith("/basic.go")));
		assert.ok([...b.functionNames()].some((f) => withoutTypeArgs(f) === "main.(*Box).Get"));
		if (mode !== "noopt" && mode !== "pie") {
			const inlined = [];
			for (let pc = main.entry; pc < main.end; pc++) if (b.frames(pc)[0].name === "main.add") inlined.push(pc);
			assert.ok(inlined.length > 0, "main.add is not inlined anywhere");
			assert.deepEqual(
				b.frames(inlined[0]).map((f) => `${f.name}:${f.line}`),
				["main.add:24", "main.main:37"],
			);
		}
	});
}

for (const mode of ["noopt", "opt", "pie", "tsugo"] as Mode[]) {
	test(`types, variables, scopes (${mode})`, (t) => {
		const path = build("basic", mode);
		if (path === null) return t.skip("no official go");
		const b = open(path);
		const g = b.typeNamed("runtime.g");
		assert.ok(g?.field("goid") && g.real.kind === Kind.Struct && g.size > 300);
		const pair = b.typeNamed("main.Pair");
		assert.deepEqual(
			pair?.fields.map((f) => [f.name, f.offset, f.type.name]),
			[
				["Left", 0, "main.Number"],
				["right", 8, "string"],
				["list", 24, "[]main.Number"],
				["table", 48, "map[string]int"],
			],
		);
		const table = pair.field("table")?.type;
		assert.deepEqual([table?.kind, table?.key?.name, table?.elem?.name, table?.real], [Kind.Map, "string", "int", table]);
		assert.equal(pair.field("list")?.type.elem?.real.kind, Kind.Int);
		assert.equal(b.typeNamed("no.such"), null);
		assert.notEqual(b.variableNamed("main.counter"), null);
		assert.equal(b.variableNamed("main.missing"), null);
		const [main] = b.funcs.named("main.main");
		const scope = b.scope(main);
		assert.ok(scope !== null);
		if (mode === "noopt") {
			const at = b.lines.addressesOf(main.file, 40);
			assert.equal(at.length, 1);
			assert.deepEqual(
				variablesAt(scope, at[0]).map((v) => `${v.name} ${b.types.at(v.type).name} ${v.declLine}`),
				["box *main.Box[string] 33", "f func(int) int 34", "p *main.Pair 31", "s main.Shower 32", "arr [4]uint8 35"],
			);
			assert.equal(b.optimized(main), false);
		}
		if (mode === "opt") {
			const [site] = b.inlineSites("main.add");
			assert.equal(site.caller, main);
			assert.deepEqual(
				inlinedAt(scope, site.address).map((c) => c.name),
				["main.add"],
			);
			assert.equal(b.optimized(main), true);
		}
		const kept = b.index.save();
		const again = new DebugIndex(b.dwarf);
		again.load(kept);
		assert.deepEqual(again.save(), kept);
		assert.throws(() => new DebugIndex(b.dwarf).load(kept.subarray(0, 100)), FormatError);
		for (const [saved, loaded] of [
			[kept, true],
			[kept.subarray(0, 1000), false],
			[null, false],
		] as const) {
			const c = new Binary(b.elf.source, { inflate, savedIndex: () => saved });
			assert.equal(c.index.loaded, loaded);
			assert.deepEqual(
				c.inlineSites("main.add"),
				b.inlineSites("main.add").map((s) => ({ ...s, caller: c.funcs.at(s.address) })),
			);
			while (c.index.advance());
			assert.deepEqual(c.index.save(), kept);
		}
	});
}

test("function names", () => {
	const cases: [string, string, string, string][] = [
		["main.main", "main", "", "main"],
		["encoding/json.(*Decoder).Decode", "encoding/json", "(*Decoder)", "Decode"],
		["a.b/c.F[go.shape.int].func1", "a.b/c", "F[go.shape.int]", "func1"],
		["x/y.(*T[a/b.C]).M", "x/y", "(*T[a/b.C])", "M"],
		["go:buildid", "", "", "go:buildid"],
	];
	for (const [name, pkg, receiver, base] of cases) {
		const n = parseFuncName(name);
		assert.deepEqual([n.pkg, n.receiver, n.base], [pkg, receiver, base], name);
	}
	assert.equal(withoutTypeArgs("x/y.(*T[a/b.C]).M"), "x/y.(*T).M");
});

test("damaged files give typed errors", (t) => {
	const path = build("basic", "noopt");
	if (path === null) return t.skip("no official go");
	const bytes = readFileSync(path);
	let seed = 1;
	const random = (n: number): number => {
		seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
		return seed % n;
	};
	for (let round = 0; round < 60; round++) {
		const copy = Uint8Array.from(round % 3 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
		for (let i = 0; i < 40; i++) copy[random(copy.length)] = random(256);
		for (let i = 0; i < 4; i++) copy[random(Math.min(copy.length, 4096))] = random(256);
		const attempt = (f: (b: Binary) => void): void => {
			try {
				f(new Binary(copy, { inflate }));
			} catch (e) {
				if (!(e instanceof FormatError)) throw e;
			}
		};
		attempt((b) => void b.funcs.names());
		attempt((b) => void b.typeNamed("runtime.g")?.fields.map((f) => f.type.size));
		attempt((b) => void b.frameTables);
		attempt((b) => {
			const [main] = b.funcs.named("main.main");
			if (main !== undefined) b.scope(main);
		});
	}
});
