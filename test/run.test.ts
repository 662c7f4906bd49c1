// Small programs whose output the official toolchain recorded: NAME.go prints NAME.out. UPDATE=1 records anew with the official go.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = new URL("..", import.meta.url).pathname;
const dir = join(root, "test/run");

const programs = readdirSync(dir).filter((name) => name.endsWith(".go"));

for (const name of programs) {
	test(`run ${name}`, () => {
		const official = process.env.UPDATE === "1";
		const args = official ? ["run", name] : ["--stack-size=3900", join(root, "packages/cmd/main.ts"), "run", name];
		const run = spawnSync(official ? "go" : process.execPath, args, { cwd: dir, encoding: "utf8", timeout: 300_000 });
		const recorded = join(dir, name.replace(/\.go$/, ".out"));
		if (official) writeFileSync(recorded, run.stdout);
		assert.equal(run.stdout, readFileSync(recorded, "utf8"), run.stderr);
		assert.equal(run.status, 0, run.stderr);
	});
}

test("there are programs", () => assert.ok(programs.length > 0));
