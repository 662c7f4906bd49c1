import assert from "node:assert/strict";
import { test } from "node:test";
import { findDeadlocks, findLeaks, Goroutines } from "../mod.ts";
import type { Mode } from "./build.ts";
import { openCore } from "./dump.ts";

for (const mode of ["noopt", "opt", "tsugo"] as Mode[]) {
	test(`goroutines that nothing can wake (${mode})`, (t) => {
		const it = openCore("leaks", mode);
		if (it === null) return t.skip("no toolchain, or no cores in the working directory");
		const all = new Goroutines(it.program);
		const starter = (g: Parameters<typeof all.start>[0]): string =>
			all
				.stack(g, 50)
				.map((f) => f.name)
				.find((n) => /^main\.(leak|ok|cycle)/.test(n)) ?? "?";
		const leaks = findLeaks(it.program);
		const names = leaks.map((l) => starter(l.goroutine)).sort();
		assert.deepEqual(names, [
			"main.leakCond",
			"main.leakContext",
			"main.leakEmptySelect",
			"main.leakGroup",
			"main.leakMutex",
			"main.leakNil",
			"main.leakPartner",
			"main.leakPartner",
			"main.leakRange",
			"main.leakReceive",
			"main.leakSelect",
			"main.leakSend",
		]);
		const partners = leaks.filter((l) => starter(l.goroutine) === "main.leakPartner");
		assert.deepEqual(
			partners.map((l) => l.holders),
			[[partners[1].goroutine.id], [partners[0].goroutine.id]],
		);
		assert.ok(leaks.filter((l) => l.kind !== "nothing").every((l) => l.objects.length > 0));
		assert.ok(leaks.every((l) => all.creation(l.goroutine).func?.name === "main.start"));
		const cycles = findDeadlocks(it.program).map((c) =>
			c.waits
				.map((w) => starter(w.goroutine))
				.sort()
				.join(),
		);
		assert.deepEqual(cycles.sort(), ["main.cycleFirst,main.cycleSecond", "main.leakPartner,main.leakPartner"]);
	});
}
