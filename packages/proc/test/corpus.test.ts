// The leak finder on sixty programs with the usual mistakes and twenty that only wait.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findLeaks, Goroutines } from "../mod.ts";
import { fixtures, type Mode } from "./build.ts";
import { openCore } from "./dump.ts";

const source = readFileSync(`${fixtures}corpus.go`, "utf8");
const patterns = [...source.matchAll(/^func (leak\w+)\(/gm)].map((m) => `main.${m[1]}`).sort();

for (const mode of ["noopt", "opt", "tsugo"] as Mode[]) {
	test(`leak corpus (${mode})`, (t) => {
		const it = openCore("corpus", mode);
		if (it === null) return t.skip("no toolchain, or no cores in the working directory");
		const all = new Goroutines(it.program);
		const found = new Set<string>();
		for (const l of findLeaks(it.program)) {
			const name = all.start(l.goroutine).func?.name ?? "?";
			found.add(name.replace(/^main\.start\w+\.gowrap\d+$/, "?"));
			assert.doesNotMatch(name, /^main\.ok/, "false report");
			const names = all.stack(l.goroutine, 50).map((f) => f.name);
			const own = names.find((n) => /^main\.(leak|ok)/.test(n)) ?? "?";
			assert.doesNotMatch(own, /^main\.ok/, "false report");
			found.add(own.replace(/\.func\d+.*$|-range\d+$/, ""));
		}
		const missed = patterns.filter((p) => !found.has(p));
		assert.ok(missed.length <= patterns.length * 0.05, `missed ${missed.join(" ")}`);
		t.diagnostic(
			`${patterns.length - missed.length} of ${patterns.length} found${missed.length > 0 ? `; missed ${missed.join(" ")}` : ""}`,
		);
	});
}
