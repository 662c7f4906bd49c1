import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../backend/native/libc.ts";
import type { NativeThread } from "../backend/native/tracer.ts";
import { Group, type GroupHooks, type Stop, type Target } from "../target.ts";
import { findGo, fixture, symbol } from "./fixtures.ts";

const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };
const quiet: GroupHooks = { haltRequested: () => false, executed: () => {}, follow: () => false, watchHit: () => true };

function launch(path: string, args: string[], out: string, hooks: GroupHooks = quiet): { group: Group; target: Target } {
	const group = new Group(loadLibc(), hooks);
	const target = group.launch({
		path,
		args: [path, ...args],
		env: ["FIXTURE=yes", "HOME=/"],
		dir: "",
		redirects: ["", out, ""],
		tty: "",
		disableAslr: true,
		foreground: false,
	});
	return { group, target };
}

function temporary(f: (dir: string) => void | Promise<void>): () => Promise<void> {
	return async () => {
		const dir = mkdtempSync(join(tmpdir(), "tsugo-proc-test-"));
		try {
			await f(dir);
		} finally {
			rmSync(dir, { recursive: true });
		}
	};
}

test(
	"a program runs to its end: environment, redirection, exit status",
	options,
	temporary((dir) => {
		const { group } = launch(fixture("threads"), ["x"], join(dir, "out"));
		const stop = group.run();
		assert.deepEqual({ ...stop, pid: 0 }, { kind: "exited", pid: 0, status: 7 });
		assert.equal(readFileSync(join(dir, "out"), "utf8"), "hello yes 2\nsum 6240\n");
	}),
);

test(
	"a trap sees every call from every thread, whether it stops them or not",
	options,
	temporary((dir) => {
		for (const stopEvery of [1, 100000, 37]) {
			const path = fixture("threads");
			const { group, target } = launch(path, [], join(dir, "out"));
			let seen = 0;
			target.memory.add(symbol(path, "main.work"), { kind: "user", logical: 1, check: () => (++seen % stopEvery === 0 ? "hit" : "miss") });
			let stop: Stop = group.run();
			while (stop.kind === "stopped") {
				assert.deepEqual(stop.stop.logical, [1]);
				assert.equal(target.memory.read(symbol(path, "main.work"), 1)[0] === 0xcc, false);
				stop = group.run();
			}
			assert.equal(seen, 320);
			assert.equal(stop.kind === "exited" && stop.status, 7);
			assert.equal(readFileSync(join(dir, "out"), "utf8"), "hello yes 1\nsum 6240\n");
		}
	}),
);

test(
	"a hardware watchpoint stops at each write",
	options,
	temporary((dir) => {
		const path = fixture("threads");
		const { group, target } = launch(path, [], join(dir, "out"));
		target.setWatch(symbol(path, "main.total"), 8, 2, 5);
		let writes = 0;
		let stop = group.run();
		for (; stop.kind === "stopped"; stop = group.run()) {
			assert.equal(stop.stop.watch?.logical, 5);
			writes++;
		}
		assert.equal(writes, 40);
	}),
);

test(
	"forked children are left alone",
	options,
	temporary((dir) => {
		const path = fixture("forks");
		const { group, target } = launch(path, [], join(dir, "out"));
		// The child of a vfork runs this too, in our memory.
		let seen = 0;
		target.memory.add(symbol(path, "syscall.rawVforkSyscall.abi0"), { kind: "user", logical: 1, check: () => (seen++, "miss") });
		assert.equal(group.run().kind, "exited");
		assert.ok(seen >= 100);
		assert.equal(readFileSync(join(dir, "out"), "utf8"), "children 100\n");
		assert.equal(group.tracer.processes.size, 0);
	}),
);

test(
	"attach, trap, detach: the program goes on by itself",
	options,
	temporary(async (dir) => {
		const path = fixture("spin");
		const flag = join(dir, "flag");
		const child = spawn(path, [flag], { stdio: ["ignore", "pipe", "inherit"] });
		let output = "";
		const ready = Promise.withResolvers<void>();
		child.stdout.on("data", (d) => {
			output += String(d);
			ready.resolve();
		});
		await ready.promise;
		const tick = symbol(path, "main.tick");
		for (let round = 0; round < 3; round++) {
			const group = new Group(loadLibc(), quiet);
			const target = group.attach(child.pid as number);
			assert.ok(target.threads().length > 1);
			target.memory.add(tick, { kind: "user", logical: 1, check: () => "hit" });
			const stop = group.run();
			assert.equal(stop.kind === "stopped" && stop.stop.address, tick);
			group.detach(target);
		}
		writeFileSync(flag, "");
		const code = await new Promise<number | null>((r) => child.on("close", r));
		assert.equal(code, 0);
		assert.equal(output, "ready\ndone true\n");
	}),
);

test(
	"the program may be killed at any moment",
	options,
	temporary((dir) => {
		const path = fixture("spin");
		for (const when of ["running", "stopped"]) {
			const { group, target } = launch(path, [join(dir, "never")], join(dir, "out"));
			let count = 0;
			const kill = (): void => {
				process.kill(target.pid, "SIGKILL");
			};
			target.memory.add(symbol(path, "main.tick"), {
				kind: "user",
				logical: 1,
				check: (_t: NativeThread) => {
					if (when === "running" && ++count === 20) kill();
					return when === "running" ? "miss" : "hit";
				},
			});
			let stop = group.run();
			if (when === "stopped") {
				kill();
				stop = group.run();
			}
			assert.equal(stop.kind === "exited" && stop.status, -9);
		}
	}),
);

test("an executable that cannot be run is an error", options, () => {
	assert.throws(() => launch("/etc/passwd", [], ""), /could not launch process/);
});
