// A few random kills of downloads (tools/kills.ts does a hundred, of builds too): the next run is right.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "#build";

const root = join(import.meta.dirname, "..");

test("downloads that are killed", { skip: findGoroot(process.env, (p) => p) === "" ? "no GOROOT" : false }, () => {
	const args = [join(root, "tools/kills.ts"), "--kills", "6", "--seed", "7", "--only", "download"];
	const ran = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, GOFLAGS: "" } });
	assert.equal(ran.status, 0, ran.stderr);
	assert.match(ran.stdout, /[1-6] downloads killed, every next one right/);
});
