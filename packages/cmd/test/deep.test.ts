import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { isStackOverflow, runDeep } from "../deep.ts";

test("recursions that fill the stack of this thread fit in the other one", async () => {
	const recurse = (n: number): number => (n === 0 ? 0 : recurse(n - 1) + 1);
	assert.throws(() => recurse(1_000_000), isStackOverflow);
	const dir = mkdtempSync(join(tmpdir(), "deep"));
	const file = join(dir, "x.mjs");
	writeFileSync(
		file,
		"const f = (n) => (n === 0 ? 0 : f(n - 1) + 1);\nprocess.exitCode = process.argv[2] === 'a' ? f(1_000_000) / 100_000 : 1;\n",
	);
	assert.equal(await runDeep(pathToFileURL(file).href, ["a"]), 10);
	rmSync(dir, { recursive: true });
});
