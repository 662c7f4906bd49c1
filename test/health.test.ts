// What compiled programs print and how they end: the quick folders of test/health.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const root = new URL("..", import.meta.url).pathname;

for (const folder of ["language", "order", "iterators", "panics"]) {
	test(`test/health/${folder}`, () => {
		const run = spawnSync(process.execPath, ["tools/health.ts", folder], { cwd: root, encoding: "utf8", timeout: 600_000 });
		assert.equal(run.status, 0, run.stdout + run.stderr);
	});
}
