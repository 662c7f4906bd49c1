// Our terminal prints for the recorded scripts what the official dlv printed. A few of them by default; all with
// TSUGO_SESSIONS=all. Record again with tools/sessions.ts where dlv is present. What is known to differ is in sessions.failing.txt.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allScripts, expected, program, run } from "./sessions.ts";

const all = process.env["TSUGO_SESSIONS"] === "all";
const FAST = new Set([
	"calls",
	"closures-nested",
	"defers-return",
	"generics",
	"maps",
	"panics-recover",
	"rangefunc-vars",
	"exits",
	"watch",
]);
const failing = new Set(
	readFileSync(new URL("sessions.failing.txt", import.meta.url), "utf8")
		.split("\n")
		.filter((l) => l !== "" && !l.startsWith("#"))
		.map((l) => l.split(/\s*#/)[0]?.trim() ?? ""),
);

test("sessions", { concurrency: 2 }, async (t) => {
	const work: Promise<void>[] = [];
	for (const s of allScripts()) {
		for (const build of s.builds) {
			if (failing.has(`${s.name} ${build}`) || (!all && (build !== "noopt" || !FAST.has(s.name)))) continue;
			work.push(
				t.test(`${s.name} ${build}`, async (t2) => {
					if (program(build) === null) return t2.skip("no official toolchain");
					const want = await expected(s, build);
					if (want === null) return t2.skip("not recorded, and no dlv");
					assert.equal(await run(s, build, false), want);
				}),
			);
		}
	}
	await Promise.all(work);
});
