import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FormatError } from "#base";
import { CoreProcess, type Goroutine, Goroutines, MemoryError } from "../mod.ts";
import type { Mode } from "./build.ts";
import { coreOf, openCore } from "./dump.ts";

for (const mode of ["noopt", "opt", "pie", "stripped", "tsugo"] as Mode[]) {
	test(`goroutines and stacks of a core (${mode})`, (t) => {
		const it = openCore("goroutines", mode);
		if (it === null) return t.skip("no toolchain, or no cores in the working directory");
		const { core, program } = it;
		assert.deepEqual(core.problems, []);
		assert.equal(core.signal, 6);
		const all = new Goroutines(program);
		const { goroutines, next } = all.page(0, 0);
		assert.equal(next, -1);
		const started = (name: string): Goroutine[] => goroutines.filter((g) => all.creation(g).func?.name === "main.main" && shows(g, name));
		const shows = (g: Goroutine, name: string): boolean => all.stack(g, 50).some((f) => f.name === name);
		assert.equal(started("main.receive").length, 5);
		for (const g of started("main.receive")) {
			assert.equal(all.waitReason(g), "chan receive");
			assert.equal(all.userCurrent(g).func?.name, "main.receive");
			assert.equal(all.creation(g).line, 40);
			assert.ok(g.parentId > 0 && g.status === 4);
			assert.deepEqual(
				all.ancestors(g, 10).map((a) => a.id),
				[g.parentId],
			);
		}
		const channels = started("main.receive").map((g) => all.waitingChannels(g));
		assert.ok(channels.every((c) => c.length === 1 && c[0] === channels[0][0]) && all.waitsOn(started("main.receive")[0], channels[0][0]));
		const [locked] = started("main.lock");
		assert.equal(all.waitsOn(locked, channels[0][0]), false);
		assert.equal(all.waitReason(locked), "sync.Mutex.Lock");
		const [deep] = started("main.deep");
		assert.equal(all.stack(deep, 100).filter((f) => f.name === "main.deep").length, 11);
		const labelled = goroutines.find((g) => all.labels(g).size > 0);
		assert.deepEqual(labelled && [...all.labels(labelled)], [["job", "one"]]);
		// The thread that died, through the signal handler's frames.
		const g1 = all.ofThread(core.threads()[0]);
		assert.equal(g1?.id, 1);
		const frames = all.stack(g1, 100);
		const at = frames.findIndex((f) => f.name === "runtime.sigpanic");
		assert.ok(at > 0);
		assert.deepEqual(
			frames.slice(at + 1).map((f) => `${f.name}:${f.line > 60 ? "" : f.line}`),
			["main.crash:29", "main.inlined:31", "main.main:48", "runtime.main:", "runtime.goexit:"],
		);
		assert.equal(frames[frames.length - 1].bottom, true);
		assert.equal(all.find(1)?.id, 1);
		assert.equal(all.find(99999), null);
	});
}

test("a core that is cut off or damaged", (t) => {
	const path = coreOf("goroutines", "noopt");
	if (path === null) return t.skip("no cores here");
	const bytes = readFileSync(path);
	const source = (b: Uint8Array): { size: number; read(o: number, n: number): Uint8Array } => ({
		size: b.length,
		read: (o, n) => b.subarray(o, o + n),
	});
	const short = new CoreProcess(source(bytes.subarray(0, bytes.length >> 1)));
	assert.match(short.problems.join(), /cut off.*ulimit/);
	const last = short.segments.findLast((s) => s.memory > 0 && s.file < s.memory);
	assert.ok(last !== undefined);
	assert.throws(() => short.memory.read(last.address + last.memory - 8, 8), MemoryError);
	const head = bytes.subarray(0, 1 << 16);
	let seed = 7;
	for (let round = 0; round < 3000; round++) {
		seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
		const copy = new Uint8Array(head.subarray(0, round % 2 === 0 ? head.length : seed % head.length));
		for (let i = 0; i < 8 && copy.length > 0; i++) {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			copy[(seed >>> 8) % Math.min(copy.length, 8192)] = seed & 255;
		}
		try {
			new CoreProcess(source(copy)).threads()[0].registers();
		} catch (e) {
			if (!(e instanceof FormatError)) throw e;
		}
	}
});
