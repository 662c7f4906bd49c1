// The checks on a package full of mistakes; want.txt has what the official vet says about it (of the checks that are here), sorted.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "#build";

const testdata = new URL("testdata", import.meta.url).pathname;
const main = new URL("../../cmd/main.ts", import.meta.url).pathname;
const goroot = findGoroot(process.env, (p) => realpathSync(p));

test("messages are those of go vet", { skip: goroot === "" ? "no Go source tree" : false }, () => {
	const r = spawnSync(process.execPath, ["--stack-size=3900", main, "vet", "./p"], {
		cwd: testdata,
		encoding: "utf8",
		env: { ...process.env, GOROOT: goroot, GOFLAGS: "", PWD: testdata },
	});
	assert.equal(r.status, 1);
	assert.deepEqual(r.stderr.trimEnd().split("\n").sort(), readFileSync(join(testdata, "want.txt"), "utf8").trimEnd().split("\n"));
});
