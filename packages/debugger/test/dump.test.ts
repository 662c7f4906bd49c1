// Core files of programs that go on: `dlv gcore`, and the dump of a session.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CoreProcess, FileSource } from "#proc";
import type { ApiDumpState, ApiStackframe, DebuggerState } from "../api.ts";
import { explainCores } from "../corehelp.ts";
import { gcore } from "../dump.ts";
import { Engine, SessionError } from "../host.ts";
import { Session } from "../session.ts";
import { findGo, fixture } from "../../proc/test/fixtures.ts";
import { config } from "./rpc.ts";

const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };
const dir = mkdtempSync(join(tmpdir(), "tsugo-dump-"));
const opened: Engine[] = [];
after(async () => {
	for (const e of opened) await e.close();
	rmSync(dir, { recursive: true });
});
const build = (name: string): string => fixture(name, undefined, new URL("data/", import.meta.url).pathname);

/** Whether a program is here, for what it is to say about a core file. */
function run(command: string, args: readonly string[]): string | null {
	try {
		return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	} catch (e) {
		if ((e as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw e;
	}
}

async function core(exe: string, path: string): Promise<Engine> {
	const engine = await Engine.start({ ...config(exe), mode: "core", core: path });
	opened.push(engine);
	return engine;
}

/** The functions of goroutine 1, and how many goroutines wait in main.wait. */
async function shown(engine: Engine): Promise<[string[], number]> {
	const { Locations } = await engine.request<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: 1, Depth: 10 });
	const { Goroutines } = await engine.request<{ Goroutines: { userCurrentLoc: { function?: { name: string } } }[] }>("ListGoroutines", {});
	const waiting = Goroutines.filter((g) => g.userCurrentLoc.function?.name === "main.wait").length;
	return [Locations.map((f) => f.function?.name ?? "?").filter((n) => n.startsWith("main.")), waiting];
}

test("gcore: the process goes on, and every debugger reads the file", options, async () => {
	const exe = build("heap");
	const child = spawn(exe, ["8", "30"], { stdio: ["ignore", "pipe", "inherit"] });
	try {
		await new Promise((r) => child.stdout.once("data", r));
		const main = fileURLToPath(new URL("../../cmd/main.ts", import.meta.url));
		const pid = child.pid ?? 0;
		const [whole, small] = [join(dir, "whole"), join(dir, "small")];
		const said = execFileSync(process.execPath, [main, "dlv", "gcore", String(pid), "-o", whole], { encoding: "utf8" });
		assert.match(said, /whole: \d+ threads, [\d.]+ MiB of memory/);
		await gcore({ pid, path: small, goOnly: true, canceled: () => false });
		assert.equal(await gcore({ pid, path: join(dir, "given up"), goOnly: false, canceled: () => true }), null);
		assert.equal(existsSync(join(dir, "given up")), false);
		await assert.rejects(
			gcore({ pid, path: join(dir, "no", "where"), goOnly: false, canceled: () => false }),
			/open .*: no such file or directory/,
		);
		await assert.rejects(gcore({ pid: 999999999, path: small, goOnly: false, canceled: () => false }), /no such process/);
		assert.equal(child.exitCode, null);
		while (!/^State:\s+[SR] /m.test(readFileSync(`/proc/${child.pid}/status`, "utf8"))) await new Promise((r) => setTimeout(r, 10));
		assert.match(readFileSync(`/proc/${child.pid}/status`, "utf8"), /^TracerPid:\s+0$/m);
		assert.equal(statSync(whole).mode & 0o777, 0o600);
		const blocks = (p: string): number => statSync(p).blocks * 512;
		assert.ok(blocks(whole) < statSync(whole).size * 0.95, "holes");
		assert.ok(blocks(small) < blocks(whole) * 0.75, `only Go: ${blocks(small)} of ${blocks(whole)}`);
		for (const path of [whole, small]) {
			const engine = await core(exe, path);
			assert.deepEqual(engine.warnings, []);
			assert.deepEqual(await shown(engine), [["main.main"], 30]);
			await engine.close();
		}
		const gdb = run("gdb", ["-nx", "-batch", "-ex", "info threads", exe, whole]);
		assert.match(gdb ?? "runtime.futex", /runtime\.(futex|epollwait|usleep)|Syscall6/);
		const dlv = run("sh", [
			"-c",
			`command -v dlv >/dev/null || exit 0; echo 'goroutine 1 stack' | dlv core ${exe} ${whole} --allow-non-terminal-interactive`,
		]);
		assert.match(dlv || "in main.main", /in \S*main\.main/);
		// Half of it.
		truncateSync(whole, Math.floor(statSync(whole).size / 2));
		const half = await core(exe, whole);
		assert.match(half.warnings.join("\n"), /the file is cut off: \d+ of \d+ bytes are there.*ulimit -c unlimited/);
		await half.close();
	} finally {
		child.kill("SIGKILL");
		// A session in this thread would take the news of its end.
		await new Promise((r) => child.once("exit", r));
	}
});

test("dump: a piece at a time, canceled", options, () => {
	const path = join(dir, "canceled");
	const hooks = { haltRequested: () => false, running: () => {}, thread: () => {}, event: () => {}, log: () => {} };
	const session = new Session(config(build("heap")), hooks);
	try {
		session.startDump(path);
		assert.equal(session.dump?.running, true);
		assert.equal(session.state(null, false).CoreDumping, true);
		assert.throws(() => session.startDump(path), /core dump in progress/);
		session.dump?.cancel();
		const state = session.dump?.view();
		assert.deepEqual([state?.Dumping, state?.AllDone, existsSync(path)], [false, false, false]);
		assert.equal(session.state(null, false).CoreDumping, false);
		session.startDump(path);
		while (session.dump?.advance() === true);
		assert.deepEqual([session.dump?.view().AllDone, existsSync(path)], [true, true]);
	} finally {
		session.detach(true);
	}
});

test("dump: others ask meanwhile; what cannot be", options, async () => {
	const exe = build("heap");
	const engine = await Engine.start({ ...config(exe), args: [exe, "20", "10"] });
	const path = join(dir, "dumped");
	try {
		await engine.request("CreateBreakpoint", { Breakpoint: { functionName: "time.Sleep", line: -1 } });
		await engine.request("Command", { name: "continue" });
		const start = async (to: string): Promise<ApiDumpState> =>
			(await engine.request<{ State: ApiDumpState }>("DumpStart", { Destination: to })).State;
		const wait = async (ms: number): Promise<ApiDumpState> =>
			(await engine.request<{ State: ApiDumpState }>("DumpWait", { Wait: ms })).State;
		await assert.rejects(start(join(dir, "no", "where")), /no such file or directory/);
		assert.equal((await start(path)).Dumping, true);
		// What needs the program waits for the dump.
		const value = engine.request<{ Variable: { value: string } }>("Eval", { Scope: { GoroutineID: -1 }, Expr: "1 + 1" });
		const done = await wait(60_000);
		assert.deepEqual([done.Dumping, done.AllDone, done.Err, done.MemDone], [false, true, "", done.MemTotal]);
		assert.equal((await value).Variable.value, "2");
		const dead = await core(exe, path);
		const [frames, waiting] = await shown(dead);
		assert.deepEqual([frames, waiting], [["main.main"], 10]);
		// The breakpoint is not in the file.
		const { State } = await dead.request<{ State: DebuggerState }>("State", {});
		const at = State.currentThread?.pc ?? 0;
		const { Mem } = await dead.request<{ Mem: string }>("ExamineMemory", { Address: at, Length: 1 });
		assert.notEqual(Buffer.from(Mem, "base64")[0], 0xcc);
		await assert.rejects(dead.request("DumpStart", { Destination: path }), /core dumping not supported/);
		await dead.close();
		// Memory as it is in the process.
		const file = new CoreProcess(new FileSource(path));
		assert.deepEqual(file.problems, []);
		assert.equal(file.threads()[0]?.id, (await engine.request<{ State: DebuggerState }>("State", {})).State.currentThread?.id);
	} finally {
		await engine.request("Detach", { Kill: true });
		await engine.close();
	}
});

test("no core file: why", async () => {
	const exe = process.execPath;
	await assert.rejects(
		core(exe, join(dir, "none")),
		(e: Error) => e instanceof SessionError && /no such file or directory\n.*GOTRACEBACK=crash/.test(e.message),
	);
	const cases: [string, string, RegExp][] = [
		["core", "0", /limit for core files is 0[^]*named core, in the working directory/],
		["/var/cores/%e.%p", "unlimited", /named \/var\/cores\/%e\.%p \(/],
		["|/usr/lib/systemd/systemd-coredump %P %u", "1000", /cut off at 1000 bytes[^]*coredumpctl/],
		["|/usr/share/apport/apport %p", "unlimited", /\/var\/crash/],
		["", "unlimited", /core_pattern is empty/],
	];
	for (const [pattern, limit, want] of cases) assert.match(explainCores(pattern, limit).join("\n"), want);
});
