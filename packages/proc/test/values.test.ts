// Values and expressions: the same texts as Delve prints, on cores of one program.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { defaultLoad, EvalError, EvalScope, evaluate, Goroutines, Loader, printValue, viewOf } from "../mod.ts";
import { build, type Mode } from "./build.ts";
import { coreOf, openCore } from "./dump.ts";

const expressions = readFileSync(new URL("exprs.txt", import.meta.url), "utf8")
	.split("\n")
	.filter((l) => l !== "");

function scopeOf(mode: Mode): EvalScope | null {
	const it = openCore("values", mode);
	if (it === null) return null;
	const goroutines = new Goroutines(it.program);
	const g = goroutines.ofThread(it.core.threads()[0]);
	if (g === null) throw new Error("no goroutine");
	const frames = goroutines.stack(g, 50);
	const at = frames.findIndex((f) => f.name === "main.main");
	return new EvalScope(new Loader(it.program), g, frames.slice(at));
}

function print(scope: EvalScope, expr: string, newlines: boolean): string {
	try {
		return printValue(viewOf(scope.loader, evaluate(expr, scope, defaultLoad)), { newlines });
	} catch (e) {
		if (e instanceof EvalError) return e.message;
		throw e;
	}
}

/** What dlv prints for each expression in main.main's frame; null without dlv. */
function delve(mode: Mode, exprs: string[]): string | null {
	const exe = build("values", mode);
	const core = coreOf("values", mode);
	if (exe === null || core === null) return null;
	const dir = mkdtempSync(join(tmpdir(), "tsugo-dlv-"));
	const run = (commands: string[]): string | null => {
		const init = join(dir, "init");
		writeFileSync(init, `${commands.join("\n")}\nexit\n`);
		const r = spawnSync("dlv", ["core", exe, core, "--init", init, "--allow-non-terminal-interactive"], {
			encoding: "utf8",
			input: "",
			env: { ...process.env, XDG_CONFIG_HOME: dir },
		});
		return r.status === 0 ? r.stdout.replaceAll(/^.*\/init:\d+: /gm, "").replace(/^Type 'help'.*\n/, "") : null;
	};
	const frames = run(["bt"])
		?.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g"), "")
		.match(/^ *\d+  0x.*$/gm);
	if (frames === null || frames === undefined) return null;
	const at = frames.findIndex((l) => l.endsWith(" main.main"));
	return run(exprs.map((e) => `frame ${at} print ${e}`));
}

for (const mode of ["noopt", "opt"] as Mode[]) {
	test(`locals and expressions as Delve prints them (${mode})`, (t) => {
		const scope = scopeOf(mode);
		if (scope === null) return t.skip("no toolchain, or no cores in the working directory");
		const names = [...new Set(scope.locals().map((v) => v.name))].filter((n) => n !== "ch" && n !== "nilch");
		assert.ok(names.length > 25, `${names.length} locals`);
		const all = mode === "noopt" ? [...names, ...expressions] : names;
		const theirs = delve(mode, all);
		if (theirs === null) return t.skip("no dlv");
		assert.equal(`${all.map((e) => print(scope, e, true)).join("\n")}\n`, theirs);
	});
}

for (const mode of ["noopt", "tsugo"] as Mode[]) {
	test(`values on one line (${mode})`, (t) => {
		const scope = scopeOf(mode);
		if (scope === null) return t.skip("no toolchain, or no cores in the working directory");
		const cases: [string, string][] = [
			[
				"main.global",
				'main.Outer {Inner: main.Inner {X: 7, Y: 8, Name: "global"}, P: *main.Inner nil, Next: *main.Outer nil, List: []main.Inner len: 0, cap: 0, nil, Any: interface {} nil, Err: error nil, M: map[string]main.Inner nil, F: nil, C: chan int nil, Arr: [3]int8 [0,0,0], Small: [2]string ["",""]}',
			],
			["main.globalMap", 'map[int]string [1: "one", ]'],
			["main.global.X + 1", "8"],
			["main.globalErr.(data).s", '"a global error"'],
		];
		for (const [expr, want] of cases) assert.equal(print(scope, expr, false), want, expr);
	});
}

test("formats", (t) => {
	const scope = scopeOf("noopt");
	if (scope === null) return t.skip("no toolchain, or no cores in the working directory");
	const cases: [string, string, string][] = [
		["i32", "%x", "40000000"],
		["i8", "%08b", "-10000000"],
		["bytes", "%c", "[b,y,t,e,s]"],
		["s", "%x", "68656c6c6f2c20e4b896e7958c0a092271756f74656422"],
		["f64", "%.2f", "2.72"],
		["f64", "%e", "2.718282e+00"],
		["color", "%d", "2"],
		["b1", "%t", "true"],
		["c64", "%.1f", "(1.0+2.0i)"],
	];
	for (const [expr, format, want] of cases) {
		const got = printValue(viewOf(scope.loader, evaluate(expr, scope, defaultLoad)), { format });
		assert.equal(got.replace(/^\[\]uint8 len: 5, cap: 5, /, ""), want, `${format} ${expr}`);
	}
});
