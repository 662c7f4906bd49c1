// What happens to programs and clients: death, exec, many children, threads, goroutines, much memory, deep stacks. Nothing may hang, and what
// is let go goes on. TSUGO_TEST_FULL=1 makes the numbers large.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ApiStackframe, DebuggerState } from "../api.ts";
import { Engine } from "../host.ts";
import { findGo, fixture } from "../../proc/test/fixtures.ts";
import { Client, config } from "./rpc.ts";

const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };
const full = process.env["TSUGO_TEST_FULL"] === "1";
const dir = mkdtempSync(join(tmpdir(), "tsugo-faults-"));
after(() => rmSync(dir, { recursive: true }));
const program = (): string => fixture("faults", ["-gcflags=all=-N -l"], new URL("data/", import.meta.url).pathname);

interface Stateful {
	State: DebuggerState;
}

/** A session of the program in a mode, stopped in main.ready; its standard output so far. */
async function session(mode: string, n: number, f: (e: Engine, output: () => string) => Promise<void>): Promise<void> {
	const exe = program();
	const out = join(dir, `${mode}-${n}`);
	const engine = await Engine.start({ ...config(exe), args: [exe, mode, String(n)], redirects: ["", out, ""] });
	try {
		await engine.request("CreateBreakpoint", { Breakpoint: { functionName: "main.ready", line: -1 } });
		const { State } = await engine.request<Stateful>("Command", { name: "continue" });
		assert.equal(State.currentThread?.function?.name, "main.ready");
		await f(engine, () => readFileSync(out, "utf8"));
	} finally {
		engine.kick();
		await engine.request("Detach", { Kill: true }).catch(() => {});
		await engine.close();
	}
}

const end = async (e: Engine): Promise<void> => {
	const { State } = await e.request<Stateful>("Command", { name: "continue" });
	assert.deepEqual([State.exited, State.exitStatus], [true, 0]);
};

/** Pid of the session's process. */
const pidOf = async (e: Engine): Promise<number> => (await e.request<{ Pid: number }>("ProcessPid", {})).Pid;

test("many children", options, () =>
	session("forks", full ? 1000 : 60, async (e, output) => {
		await end(e);
		assert.match(output(), new RegExp(`children: ${full ? 1000 : 60}\nend`));
	}),
);

test("many threads", options, () =>
	session("threads", full ? 500 : 80, async (e) => {
		const { Threads } = await e.request<{ Threads: unknown[] }>("ListThreads", {});
		assert.ok(Threads.length > (full ? 500 : 80));
		await e.request("Command", { name: "next" });
		await end(e);
	}),
);

test("many goroutines, in pages", options, () =>
	session("goroutines", full ? 100_000 : 5000, async (e) => {
		let count = 0;
		for (let at = 0; at >= 0; ) {
			const page = await e.request<{ Goroutines: unknown[]; Nextg: number }>("ListGoroutines", { Start: at, Count: 4096 });
			count += page.Goroutines.length;
			at = page.Nextg;
		}
		assert.ok(count > (full ? 100_000 : 5000), `${count}`);
		await end(e);
	}),
);

test("much memory", options, () =>
	session("memory", full ? 1024 : 64, async (e) => {
		const before = process.memoryUsage().rss;
		const { Variable } = await e.request<{ Variable: { len: number } }>("Eval", { Scope: { GoroutineID: -1 }, Expr: "main.heap" });
		assert.equal(Variable.len, full ? 1024 : 64);
		assert.ok(process.memoryUsage().rss - before < 200 << 20);
		await end(e);
	}),
);

test("a deep stack", options, () =>
	session("dive", 2000, async (e) => {
		const { Locations } = await e.request<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: -1, Depth: 5000 });
		assert.equal(Locations.filter((f) => f.function?.name === "main.dive").length, 2001);
		assert.equal(Locations.at(-1)?.function?.name, "runtime.goexit");
		const deep = await e.request<{ Variable: { value: string } }>("Eval", { Scope: { GoroutineID: -1, Frame: 1500 }, Expr: "n" });
		assert.equal(deep.Variable.value, "1499");
		const { State } = await e.request<Stateful>("Command", { name: "stepOut" });
		assert.equal(State.currentThread?.function?.name, "main.dive");
		await end(e);
	}),
);

test("exec: breakpoints hold in the new program", options, () =>
	session("exec", 1, async (e) => {
		const pid = await pidOf(e);
		const { State } = await e.request<Stateful>("Command", { name: "continue" });
		assert.deepEqual([State.Pid, State.currentThread?.function?.name], [pid, "main.ready"]);
		const got = await e.request<{ Variable: { value: string } }>("Eval", { Scope: { GoroutineID: -1 }, Expr: "main.after" });
		assert.equal(got.Variable.value, "after");
		await end(e);
	}),
);

test("it dies: of itself, by another's hand while it runs, and while it is stopped", options, async () => {
	await session("crash", 1, async (e) => {
		const { State } = await e.request<Stateful>("Command", { name: "continue" });
		assert.deepEqual([State.exited, State.exitStatus], [true, -9]);
		await assert.rejects(e.request("Stacktrace", { Id: 1, Depth: 5 }), /has exited with status -9/);
	});
	await session("wait", 1, async (e) => {
		const pid = await pidOf(e);
		const running = e.request<Stateful>("Command", { name: "continue" });
		setTimeout(() => process.kill(pid, "SIGKILL"), 50);
		const { State } = await running;
		assert.deepEqual([State.exited, State.exitStatus], [true, -9]);
		await e.request("Restart", {});
		assert.notEqual(await pidOf(e), pid);
	});
	await session("wait", 2, async (e) => {
		process.kill(await pidOf(e), "SIGKILL");
		await new Promise((r) => setTimeout(r, 50));
		// Memory is gone: an error, or what was read before.
		await e.request("Eval", { Scope: { GoroutineID: -1 }, Expr: "main.heap" }).catch((err: Error) => assert.match(err.message, /./));
		const { State } = await e.request<Stateful>("Command", { name: "continue" });
		assert.deepEqual([State.exited, State.exitStatus], [true, -9]);
	});
});

/** The program in "wait" by itself. */
async function waiting(wrap: readonly string[] = []): Promise<ChildProcess> {
	const words = [...wrap, program(), "wait", "1"];
	const child = spawn(words[0] as string, words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
	await new Promise((r) => child.stdout?.once("data", r));
	return child;
}

const status = (pid: number, field: string): string =>
	new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

async function isFree(pid: number): Promise<void> {
	while (status(pid, "TracerPid") !== "0" || !/[SR]/.test(status(pid, "State"))) await new Promise((r) => setTimeout(r, 25));
}

test("a server that is attached, and its client vanishes: the program goes on", options, async () => {
	const child = await waiting();
	const pid = child.pid ?? 0;
	const main = fileURLToPath(new URL("../../cmd/main.ts", import.meta.url));
	const server = spawn(process.execPath, [main, "dlv", "attach", String(pid), "--headless"], { stdio: ["ignore", "pipe", "inherit"] });
	try {
		const exit = new Promise((r) => server.once("exit", r));
		const port = await new Promise<number>((r) =>
			server.stdout.on("data", (d) => {
				const m = /listening at: .*:(\d+)/.exec(String(d));
				if (m !== null) r(Number(m[1]));
			}),
		);
		const client = new Client(port);
		await client.call("CreateBreakpoint", { Breakpoint: { functionName: "main.done" } });
		assert.equal((await client.command("continue")).currentThread?.function?.name, "main.done");
		void client.command("continue").catch(() => {});
		client.close();
		await exit;
		await isFree(pid);
		// It calls main.done all the time: a trap that was left would have killed it.
		await new Promise((r) => setTimeout(r, 100));
		assert.equal(child.exitCode ?? child.signalCode, null);
	} finally {
		server.kill("SIGKILL");
		child.kill("SIGKILL");
	}
});

function canUnshare(): boolean {
	try {
		execFileSync("unshare", ["--pid", "--fork", "true"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

test("a program in another pid namespace, by its pid here", {
	...options,
	skip: options.skip || (canUnshare() ? false : "no unshare"),
}, async () => {
	const outer = await waiting(["unshare", "--pid", "--fork", "--kill-child"]);
	try {
		const children = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8").trim();
		const pid = Number(children);
		assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), new RegExp(`^NSpid:\\s+${pid}\\s+1$`, "m"));
		const engine = await Engine.start({ ...config(program()), mode: "attach", pid, args: [] });
		await engine.request("CreateBreakpoint", { Breakpoint: { functionName: "main.done" } });
		const { State } = await engine.request<Stateful>("Command", { name: "continue" });
		assert.deepEqual([State.Pid, State.currentThread?.function?.name], [pid, "main.done"]);
		assert.ok((await engine.request<{ Goroutines: unknown[] }>("ListGoroutines", {})).Goroutines.length > 1);
		await engine.request("Detach", { Kill: false });
		await engine.close();
		await isFree(pid);
	} finally {
		outer.kill("SIGKILL");
	}
});
