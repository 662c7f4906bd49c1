// Edits that change what a program reaches of the standard library: a build whose cache has seen all earlier edits gives the bytes of
// one whose cache has not, and so compiles what it reaches newly.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "#build";

const goroot = findGoroot(process.env, (p) => p);
const main = join(import.meta.dirname, "../../cmd/main.ts");

function program(imports: readonly string[], body: string): string {
	return `package main

import (
${imports.map((i) => `\t${JSON.stringify(i)}\n`).join("")})

type own []int

func (o own) Len() int           { return len(o) }
func (o own) Less(i, j int) bool { return o[i] < o[j] }
func (o own) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }

func main() {
	o := own{3, 1, 2}
${body}}
`;
}

const stages: readonly { why: string; text: string; prints: string }[] = [
	{ why: "nothing of std", text: program([], "\tprintln(len(o))\n"), prints: "3" },
	{
		why: "methods that only an interface call of std reaches",
		text: program(["sort"], "\tsort.Sort(o)\n\tprintln(o[0], o[2])\n"),
		prints: "1 3",
	},
	{
		why: "one more package",
		text: program(["sort", "strings"], '\tsort.Sort(o)\n\tprintln(o[0], strings.Repeat("ab", o[1]))\n'),
		prints: "1 abab",
	},
	{
		why: "a method by its name",
		text: program(["reflect"], '\tprintln(reflect.ValueOf(o).MethodByName("Len").Call(nil)[0].Int())\n'),
		prints: "3",
	},
	{ why: "less again", text: program([], "\tprintln(len(o), 7)\n"), prints: "3 7" },
	{
		why: "back to the interface call",
		text: program(["sort"], "\tsort.Sort(sort.Reverse(o))\n\tprintln(o[0])\n"),
		prints: "3",
	},
];

test("edits of what is reached", { skip: goroot === "" ? "no GOROOT" : false }, () => {
	const dir = mkdtempSync(join(tmpdir(), "tsugo-reach-"));
	const build = (cache: string, out: string): Buffer => {
		const r = spawnSync(process.execPath, ["--stack-size=3900", main, "build", "-trimpath", "-o", join(dir, out), "main.go"], {
			cwd: dir,
			env: { ...process.env, GOCACHE: join(dir, cache), GOFLAGS: "", GOPROXY: "off" },
			encoding: "utf8",
		});
		assert.equal(r.stderr, "");
		assert.equal(r.status, 0);
		return readFileSync(join(dir, out));
	};
	try {
		for (const [i, { why, text, prints }] of stages.entries()) {
			writeFileSync(join(dir, "main.go"), text);
			const got = build("cache", "got");
			const run = spawnSync(join(dir, "got"), { encoding: "utf8" });
			assert.equal(run.stderr.trim(), prints, why);
			if (i === 0) {
				mkdirSync(join(dir, "first"));
				cpSync(join(dir, "cache"), join(dir, "first"), { recursive: true });
				continue;
			}
			cpSync(join(dir, "first"), join(dir, `other${i}`), { recursive: true });
			assert.ok(build(`other${i}`, "other").equals(got), why);
		}
	} finally {
		rmSync(dir, { recursive: true });
	}
});
