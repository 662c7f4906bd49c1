// The conformance runner reads recipes and matches errors as cmd/internal/testdir does; its snapshots are well formed.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { matchErrors } from "../tools/conformance/errors.ts";
import { readRecipe } from "../tools/conformance/recipe.ts";

const root = new URL("..", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "tsugo-recipe-"));
after(() => rmSync(dir, { recursive: true, force: true }));

function recipe(text: string): ReturnType<typeof readRecipe> {
	writeFileSync(join(dir, "x.go"), text);
	return readRecipe(dir, "x.go", (tag) => tag === "linux" || tag === "amd64" || tag === "gc");
}

test("recipes", () => {
	const run = recipe('//go:build !wasm\n\n// run -goexperiment fieldtrack -gcflags="-l -N" one "two three"\n\npackage main\n');
	assert.deepEqual(
		[run.action, run.goexperiment, run.flags, run.args, run.skip],
		["run", "fieldtrack", ["-gcflags=-l -N"], ["one", "two three"], ""],
	);
	assert.equal(recipe("// errorcheck\n\npackage p\n").wantError, true);
	assert.equal(recipe("// errorcheck -0 -lang=go1.17\n\npackage p\n").wantError, false);
	const skips: Record<string, string> = {
		"// run\n\n//go:build windows\n\npackage main\n": "build constraint",
		"// errorcheck -0 -m -l\n\npackage p\n": "tests gc's internals",
		"// asmcheck\n\npackage p\n": "tests gc's output",
		"// skip\n\npackage p\n": "skip",
		"// Copyright\n\npackage p\n": "no recipe",
		'// run\n\npackage main\nfunc main() { exec.Command("go", "build") }\n': "runs the go command",
	};
	for (const [text, why] of Object.entries(skips)) assert.equal(recipe(text).skip, why);
});

test("errors against comments", () => {
	const file = join(dir, "e.go");
	writeFileSync(
		file,
		'package p\n\nvar a = b // ERROR "undefined: b" "declared at LINE-2"\nvar c int //// ERROR "disabled"\nvar d = e // GC_ERROR "undefined"\n',
	);
	const match = (...lines: string[]): string[] => matchErrors(lines, new Map([[file, "e.go"]]));
	const fine = [`${file}:3:9: undefined: b`, `${file}:3:9: b declared at ${file}:1:5`, `${file}:5:9: undefined: e`];
	assert.deepEqual(match(...fine), []);
	assert.deepEqual(match(...fine.slice(0, 2)), ['e.go:5: missing error "undefined"']);
	assert.deepEqual(match(...fine, `${file}:4:1: more`), ["unexpected: e.go:4: more"]);
	assert.deepEqual(match(fine[0], "e.go:3:1: other", fine[2]).slice(0, 1), ['e.go:3: no match for "declared at e.go:1" in: e.go:3: other']);
	assert.deepEqual(match(...fine, "/elsewhere/f.go:1:1: not ours"), []);
});

test("snapshots have a line for each case, sorted", () => {
	const file = join(root, "test/snapshots/goroot-test.txt");
	assert.ok(existsSync(file));
	const lines = readFileSync(file, "utf8").trimEnd().split("\n");
	for (const l of lines) assert.match(l, /^\S+\.go (pass|fail|skip: .+)$/);
	const names = lines.map((l) => l.split(" ")[0]);
	assert.deepEqual(names, [...new Set(names)].sort());
});
