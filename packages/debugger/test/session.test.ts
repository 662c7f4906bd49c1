import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { ApiBreakpoint, ApiStackframe, DebuggerState } from "../api.ts";
import { Engine } from "../host.ts";
import { versionProblem } from "../goversion.ts";
import { Client, config, serve } from "./rpc.ts";
import { findGo, fixture as build } from "../../proc/test/fixtures.ts";

const data = new URL("data/", import.meta.url).pathname;
const fixture = (name: string): string => build(name, undefined, data);
const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };

async function session(f: (c: Client, port: number) => Promise<void>): Promise<void> {
	const engine = await Engine.start(config(fixture("steps")));
	const { server, port } = await serve(engine, true);
	const client = new Client(port);
	try {
		await f(client, port);
	} finally {
		client.close();
		server.close();
		engine.kick();
		await engine.request("Detach", { Kill: true }).catch(() => {});
		await engine.close();
	}
}

const at = (s: DebuggerState): string => `${s.currentThread?.function?.name}:${s.currentThread?.line}`;

test("breakpoints, steps, variables over JSON-RPC", options, () =>
	session(async (c) => {
		const make = async (functionName: string, more: object = {}): Promise<ApiBreakpoint> =>
			(await c.call<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", { Breakpoint: { functionName, ...more } })).Breakpoint;
		assert.equal((await make("main.main")).id, 1);
		await assert.rejects(make("main.main"), /^Error: Breakpoint exists at .*steps\.go:46 at /);
		await assert.rejects(make("main.nothing"), /could not find function main\.nothing/);
		await assert.rejects(make("main.add", { name: "1" }), /breakpoint name can not be a number/);
		assert.equal(at(await c.command("continue")), "main.main:46");
		assert.equal(at(await c.command("next")), "main.main:47");
		assert.equal(at(await c.command("next")), "main.main:48");
		assert.equal(at(await c.command("step")), "main.deferred:19");
		assert.equal(at(await c.command("next")), "main.deferred:20");
		assert.equal(await c.evaluate("p.name"), "origin");
		assert.equal(await c.evaluate("p.x + 10"), "11");
		await assert.rejects(c.evaluate("nosuch"), /could not find symbol value for nosuch/);
		const stack = await c.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: -1, Depth: 10 });
		assert.deepEqual(
			stack.Locations.map((f) => f.function?.name),
			["main.deferred", "main.main", "runtime.main", "runtime.goexit"],
		);
		assert.equal(at(await c.command("stepOut")), "main.main:49");
		const add = await make("main.add", { Cond: "b == 4" });
		const hit = await c.command("continue");
		assert.equal(at(hit), "main.add:14");
		assert.equal(hit.currentThread?.breakPoint?.id, add.id);
		assert.equal(await c.evaluate("b"), "4");
		await c.call("Set", { Scope: { GoroutineID: -1, Frame: 1 }, Symbol: "total", Value: "1000" });
		await c.call("AmendBreakpoint", { Breakpoint: { ...add, Cond: "", HitCond: "> 3" } });
		await c.command("continue");
		assert.equal(await c.evaluate("b"), "7");
		await c.call("ClearBreakpoint", { Id: add.id });
		const end = await c.command("continue");
		assert.deepEqual([end.exited, end.exitStatus], [true, 0]);
		await assert.rejects(c.command("switchThread"), /Process \d+ has exited with status 0/);
		await c.call("Restart");
		assert.equal(at(await c.command("continue")), "main.main:46");
	}),
);

test("clients vanish, send garbage, half a message, too much: others go on", options, () =>
	session(async (c, port) => {
		await c.call("CreateBreakpoint", { Breakpoint: { functionName: "main.main" } });
		const rude = [
			"garbage\n",
			'{"method":"RPCServer.State","params":[{',
			"[1,2,3]",
			'{"method":1,"params":"x","id":{}}',
			'{"method":"RPCServer.State","params":[{"NonBlocking":"yes"}],"id":1}',
			'{"method":"RPCServer.Nothing","params":[{}],"id":1}',
			`{"method":"RPCServer.Eval","params":[{"Expr":"${"x".repeat(20 << 20)}`,
			`${"{".repeat(100000)}`,
			"\0\0\0\0",
		];
		await Promise.all(
			rude.map(async (text) => {
				const s = connect(port, "127.0.0.1");
				s.on("error", () => {});
				await new Promise<void>((r) => s.write(text, () => setTimeout(r, 50)));
				s.destroy();
			}),
		);
		assert.equal(at(await c.command("continue")), "main.main:46");
	}),
);

test("halt while it runs, state while it runs", options, () =>
	session(async (c, port) => {
		await c.call("CreateBreakpoint", { Breakpoint: { functionName: "main.add", Cond: "a == -1" } });
		void c.command("continue").catch(() => {});
		const other = new Client(port);
		const state = await other.call<{ State: DebuggerState }>("State", { NonBlocking: true });
		assert.ok(state.State.Running || state.State.exited || state.State.Pid > 0);
		await other.command("halt").catch((e: Error) => assert.match(e.message, /has exited/));
		other.close();
	}),
);

test("the official client drives a whole session", { skip: options.skip || findDlv() === null ? "no dlv" : false }, async () => {
	const engine = await Engine.start(config(fixture("steps")));
	const { server, port, over } = await serve(engine, false);
	const dir = mkdtempSync(join(tmpdir(), "tsugo-dlv-test-"));
	try {
		const script = join(dir, "init");
		const commands = [
			"break main.add",
			"continue",
			"args",
			"stack",
			"stepout",
			"locals",
			"print p.name",
			"goroutines",
			"regs",
			"disassemble",
			"watch -w total",
			"exit",
		];
		writeFileSync(script, commands.join("\n"));
		const { stdout } = await promisify(execFile)(findDlv() as string, ["connect", `127.0.0.1:${port}`, "--init", script]);
		for (const want of [
			/Breakpoint 1 set at .* for main\.add\(\)/,
			/a = 1\nb = 2/,
			/main\.deferred/,
			/"origin"/,
			/Goroutine 1 - User/,
			/Rip = 0x/,
			/mov /,
		]) {
			assert.match(stdout, want);
		}
		await over;
	} finally {
		rmSync(dir, { recursive: true });
		server.close();
		await engine.request("Detach", { Kill: true }).catch(() => {});
		await engine.close();
	}
});

function findDlv(): string | null {
	try {
		return execFileSync("/bin/sh", ["-c", "command -v dlv"], { encoding: "utf8" }).trim();
	} catch {
		return null;
	}
}

test("goroutines that wait on a channel", options, async () => {
	const engine = await Engine.start(config(fixture("waits")));
	try {
		await engine.request("CreateBreakpoint", { Breakpoint: { functionName: "main.stop", line: -1 } });
		await engine.request("Command", { name: "continue" });
		const scope = { GoroutineID: -1, Frame: 1, DeferredCall: 0 };
		const waiting = async (expr: string): Promise<number> => {
			const filter = { Kind: 8, Negated: false, Arg: expr };
			const list = await engine.request<{ Goroutines: unknown[] }>("ListGoroutines", {
				Start: 0,
				Count: 100,
				Filters: [filter],
				EvalScope: scope,
			});
			return list.Goroutines.length;
		};
		assert.deepEqual([await waiting("first"), await waiting("second")], [2, 1]);
		assert.equal(await waiting("1"), 0);
	} finally {
		await engine.request("Detach", { Kill: true });
		await engine.close();
	}
});

test("versions of Go", () => {
	for (const fine of ["go1.24.1", "go1.26.8", "go1.27rc1", "devel go1.30-abc", ""]) assert.equal(versionProblem(fine), null, fine);
	assert.match(versionProblem("go1.23.4") ?? "", /^Go version 1\.23\.4 is too old/);
	assert.match(versionProblem("go1.28") ?? "", /^Version of Delve is too old for Go version 1\.28/);
});
