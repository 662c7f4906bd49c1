// After an edit, a build with the cache of earlier ones gives the program that a build without knowledge of the module's packages gives.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "#build";

const goroot = findGoroot(process.env, (p) => p);
const main = join(import.meta.dirname, "../../cmd/main.ts");

const files: Record<string, string> = {
	"go.mod": "module edit.test/m\n\ngo 1.26\n",
	"main.go": `package main

import (
	_ "unsafe"

	"edit.test/m/mid"
)

type own struct{ n int }

//go:linkname pushed edit.test/m/low.Pushed
func pushed() int { return 1 }

func main() {
	println(mid.Sum([]int{1, 2}), mid.Kind(own{1}), mid.Text(), mid.Pushed())
}
`,
	"mid/mid.go": `package mid

import "edit.test/m/low"

func Sum(xs []int) int { return low.Fold(xs, 0, func(a, b int) int { return a + b + low.Step() }) }

func Kind(x any) string {
	if k, ok := any(low.Thing{}).(interface{ Kind() string }); ok {
		return k.Kind()
	}
	return "none"
}

func Text() string { return low.Text }

func Pushed() int { return low.Pushed() }
`,
	"low/low.go": `package low

import _ "embed"

type Thing struct{ a int }

//go:embed text.txt
var Text string

func Step() int { return 10 }

func Pushed() int

func Fold[T, R any](xs []T, zero R, f func(R, T) R) R {
	for _, x := range xs {
		zero = f(zero, x)
	}
	return zero
}
`,
	"low/empty.s": "",
	"low/text.txt": "one",
};

/** What is edited in which file, and what the program prints then; null = it is not built. */
const edits: readonly [file: string, from: string, to: string, prints: string | null][] = [
	["main.go", "own{1}", "own{2}", "23 none one 1"],
	["low/low.go", "return 10", "return 20", "43 none one 1"],
	["low/low.go", "func Step", 'func (Thing) Kind() string { return "thing" }\n\nfunc Step', "43 thing one 1"],
	["low/text.txt", "one", "two", "43 thing two 1"],
	["main.go", "return 1 }", "return 2 }", "43 thing two 2"],
	// What the linker has from the last link must not show: new strings, types with methods, instances, closures, variables, imports.
	["main.go", "import (\n", 'import (\n\t"slices"\n', null],
	[
		"main.go",
		"func main() {",
		`func (o own) String() string { return "a new string" }

var list = []own{{3}, {1}}

func main() {
	slices.SortFunc(list, func(a, b own) int { return a.n - b.n })
	println(list[0].n, any(list[0]).(interface{ String() string }).String())`,
		"1 a new string\n43 thing two 2",
	],
	["mid/mid.go", "func Text()", "var count = 5\n\nfunc init() { count++ }\n\nfunc Text()", "1 a new string\n43 thing two 2"],
	// Bodies of functions: parameters that escape from now on, lines that move, a call that is inlined no more, and back.
	["low/low.go", "for _, x := range xs", "go func() { _ = xs }()\n\tfor _, x := range xs", "1 a new string\n43 thing two 2"],
	["low/low.go", "return 20 }", "\n\n\treturn 21 }", "1 a new string\n45 thing two 2"],
	["low/low.go", "return 21 }", 'defer println("step")\n\treturn 21 }', "1 a new string\nstep\nstep\n45 thing two 2"],
	["low/low.go", 'defer println("step")\n\treturn 21 }', "return 21 }", "1 a new string\n45 thing two 2"],
	["mid/mid.go", "return low.Text }", 'println("text")\n\treturn low.Text }', "1 a new string\ntext\n45 thing two 2"],
];

test("edits of packages of a module", { skip: goroot === "" ? "no GOROOT" : false }, () => {
	const dir = mkdtempSync(join(tmpdir(), "tsugo-edits-"));
	const cache = join(dir, "cache");
	const build = (gocache: string, out: string): Buffer => {
		const r = spawnSync(process.execPath, ["--stack-size=3900", main, "build", "-trimpath", "-o", join(dir, out), "."], {
			cwd: join(dir, "m"),
			env: { ...process.env, GOCACHE: gocache, GOFLAGS: "", GOPROXY: "off" },
			encoding: "utf8",
		});
		assert.equal(r.stderr, "");
		assert.equal(r.status, 0);
		return readFileSync(join(dir, out));
	};
	try {
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(dirname(join(dir, "m", name)), { recursive: true });
			writeFileSync(join(dir, "m", name), text);
		}
		build(cache, "first");
		for (const [i, [file, from, to, prints]] of edits.entries()) {
			const path = join(dir, "m", file);
			writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
			if (prints === null) continue;
			const edited = build(cache, "edited");
			const run = spawnSync(join(dir, "edited"), { encoding: "utf8" });
			assert.equal(run.stderr.trim(), prints, file);
			// Standard packages from the cache, the module's afresh.
			const fresh = join(dir, `fresh${i}`);
			mkdirSync(join(fresh, "tsugo"), { recursive: true });
			for (const e of readdirSync(join(cache, "tsugo"), { withFileTypes: true }))
				if (e.isFile()) cpSync(join(e.parentPath, e.name), join(fresh, "tsugo", e.name));
			assert.ok(build(fresh, "afresh").equals(edited), `after the edit of ${file}`);
		}
		const said = spawnSync(process.execPath, ["--stack-size=3900", main, "explain", "cache", "-trimpath"], {
			cwd: join(dir, "m"),
			env: { ...process.env, GOCACHE: cache, GOFLAGS: "", GOPROXY: "off" },
			encoding: "utf8",
		});
		assert.equal(said.stdout, "edit.test/m: 2 packages beside the main one and the standard library, all in the cache\n");
		assert.equal(said.status, 0);
	} finally {
		rmSync(dir, { recursive: true });
	}
});
