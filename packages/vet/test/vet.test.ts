// The checks on packages full of mistakes; PACKAGE.want has what the official vet says about each, sorted. UPDATE=1 asks it again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "#build";

const testdata = new URL("testdata", import.meta.url).pathname;
const main = new URL("../../cmd/main.ts", import.meta.url).pathname;
const goroot = findGoroot(process.env, (p) => realpathSync(p));

function vet(command: readonly string[], pkg: string): { status: number | null; lines: string[] } {
	const r = spawnSync(command[0], [...command.slice(1), "vet", `./${pkg}`], {
		cwd: testdata,
		encoding: "utf8",
		env: { ...process.env, GOROOT: goroot, GOFLAGS: "", PWD: testdata },
	});
	return {
		status: r.status,
		lines: r.stderr
			.trimEnd()
			.split("\n")
			.filter((l) => !l.startsWith("#"))
			.sort(),
	};
}

for (const pkg of ["p", "q"])
	test(`messages about ${pkg} are those of go vet`, { skip: goroot === "" ? "no Go source tree" : false }, () => {
		const file = join(testdata, `${pkg}.want`);
		if (process.env.UPDATE) writeFileSync(file, `${vet([join(goroot, "bin/go")], pkg).lines.join("\n")}\n`);
		const got = vet([process.execPath, "--stack-size=3900", main], pkg);
		assert.deepEqual(got.lines, readFileSync(file, "utf8").trimEnd().split("\n"));
		assert.equal(got.status, 1);
	});
