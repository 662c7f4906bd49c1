// The DAP adapter, driven by a client over a socket; every message it sends is checked against the protocol's schema.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestClient } from "./dap/client.ts";
import { clientAbilities, killServers, serve } from "./dap/server.ts";

const root = new URL("../../../", import.meta.url).pathname;
const source = join(root, "packages/debugger/test/fixtures/session.go");
const work = mkdtempSync(join(tmpdir(), "tsugo-dap-"));
after(() => {
	killServers();
	rmSync(work, { recursive: true, force: true });
});

const program = join(work, "session");
const hasGo =
	spawnSync("go", ["build", "-gcflags=all=-N -l", "-o", program, source], { env: { ...process.env, CGO_ENABLED: "0" } }).status === 0;
const skip = hasGo ? false : "no official go to build the fixture";

/** Lines of the fixture by a piece of their text. */
function line(piece: string): number {
	const at = readFileSync(source, "utf8")
		.split("\n")
		.findIndex((l) => l.includes(piece));
	assert.ok(at >= 0, piece);
	return at + 1;
}

/** A session that stands in add, at its first line, the first time it is called. */
async function inAdd(launch: object = {}): Promise<{ client: TestClient; ended: Promise<number | null>; thread: number; frame: number }> {
	const { client, ended } = await serve("dap", "--listen=127.0.0.1:0");
	await client.request("initialize", clientAbilities);
	await client.request("launch", { mode: "exec", program, outputMode: "remote", ...launch });
	await client.event("initialized");
	const set = await client.request("setBreakpoints", { source: { path: source }, breakpoints: [{ line: line("sum := a + b") }] });
	assert.partialDeepStrictEqual(set, { breakpoints: [{ verified: true, line: line("sum := a + b") }] });
	await client.request("setExceptionBreakpoints", { filters: ["unrecovered-panic", "runtime-fatal-throw"] });
	await client.request("configurationDone");
	const stop = (await client.event("stopped")) as unknown as { reason: string; threadId: number };
	assert.equal(stop.reason, "breakpoint");
	const { stackFrames } = (await client.request("stackTrace", { threadId: stop.threadId })) as unknown as {
		stackFrames: { id: number; name: string; line: number }[];
	};
	assert.deepEqual(
		stackFrames.slice(0, 2).map((f) => `${f.name}:${f.line}`),
		[`main.add:${line("sum := a + b")}`, `main.main:${line("in the loop")}`],
	);
	return { client, ended, thread: stop.threadId, frame: stackFrames[0]?.id ?? 0 };
}

type Variable = { name: string; value: string; type: string; evaluateName: string; variablesReference: number; indexedVariables?: number };

async function locals(client: TestClient, frameId: number): Promise<Map<string, Variable>> {
	const { scopes } = (await client.request("scopes", { frameId })) as unknown as { scopes: { variablesReference: number }[] };
	return children(client, scopes[0]?.variablesReference ?? 0);
}

async function children(client: TestClient, variablesReference: number, more: object = {}): Promise<Map<string, Variable>> {
	const { variables } = (await client.request("variables", { variablesReference, ...more })) as unknown as { variables: Variable[] };
	return new Map(variables.map((v) => [v.name, v]));
}

async function frameOf(client: TestClient, threadId: number, index = 0): Promise<number> {
	const { stackFrames } = (await client.request("stackTrace", { threadId })) as unknown as { stackFrames: { id: number }[] };
	return stackFrames[index]?.id ?? 0;
}

test("launch, breakpoints, variables, evaluate, steps, end", { skip }, async () => {
	const { client, ended, thread, frame } = await inAdd();
	const args = await locals(client, frame);
	assert.equal(args.get("a")?.value, "0");
	assert.equal(args.get("b")?.type, "int");
	const outer = await locals(client, await frameOf(client, thread, 1));
	const numbers = outer.get("numbers") as Variable;
	assert.equal(numbers.indexedVariables, 100);
	const page = await children(client, numbers.variablesReference, { filter: "indexed", start: 90, count: 3 });
	assert.deepEqual(
		[...page.values()].map((v) => `${v.name}=${v.value} ${v.evaluateName}`),
		["[90]=90 numbers[90]", "[91]=91 numbers[91]", "[92]=92 numbers[92]"],
	);
	assert.equal(outer.get("text")?.value, '"hello, 世界"');
	const bytes = await children(client, outer.get("bytes")?.variablesReference ?? 0);
	assert.equal(bytes.get("string()")?.value, '"bytes"');
	assert.equal(bytes.get("[0]")?.value, "98 = 0x62");
	const head = await children(client, outer.get("head")?.variablesReference ?? 0);
	const fields = await children(client, [...head.values()][0]?.variablesReference ?? 0);
	assert.equal(fields.get("name")?.value, '"n2"');
	assert.equal(fields.get("any")?.type, "interface {}(int)");
	const marks = await children(client, fields.get("marks")?.variablesReference ?? 0);
	assert.equal(marks.get('"i"')?.value, "2");
	assert.partialDeepStrictEqual(await client.request("evaluate", { expression: "a + b + 40", frameId: frame, context: "repl" }), {
		result: "40",
	});
	assert.match(
		await client.refused("evaluate", { expression: "nothing", frameId: frame, context: "repl" }),
		/could not find symbol value for nothing/,
	);
	await client.request("next", { threadId: thread });
	assert.equal((await client.event("stopped"))["reason"], "step");
	await client.request("stepOut", { threadId: thread });
	assert.equal((await client.event("stopped"))["reason"], "step");
	await client.request("setBreakpoints", { source: { path: source }, breakpoints: [] });
	await client.request("continue", { threadId: thread });
	assert.equal((await client.event("exited"))["exitCode"], 0);
	await client.event("terminated");
	const out = client.events.filter((e) => e.event === "output").map((e) => e.body as unknown as { category: string; output: string });
	assert.equal(
		out
			.filter((o) => o.category === "stdout")
			.map((o) => o.output)
			.join(""),
		"total 22 hello, 世界 bytes n2\n",
	);
	assert.equal(
		out
			.filter((o) => o.category === "stderr")
			.map((o) => o.output)
			.join(""),
		"to stderr\n",
	);
	await client.request("disconnect");
	assert.equal(await ended, 0);
});

test("conditions, hit counts, log points, function and data breakpoints", { skip }, async () => {
	const { client, ended, thread } = await inAdd();
	const at = line("sum := a + b");
	const ret = line("return sum");
	await client.request("setBreakpoints", {
		source: { path: source },
		breakpoints: [
			{ line: at, condition: "b == 3" },
			{ line: ret, logMessage: "sum is {sum}" },
		],
	});
	await client.request("continue", { threadId: thread });
	await client.event("stopped");
	assert.equal((await locals(client, await frameOf(client, thread))).get("b")?.value, "3");
	const logged = client.events.filter((e) => e.event === "output").map((e) => String((e.body as unknown as { output: string }).output));
	assert.deepEqual(
		logged.filter((t) => t.includes("sum is")),
		["sum is 0", "sum is 1", "sum is 3"].map((t) => `> [Go ${thread}]: ${t}\n`),
	);
	await client.request("setBreakpoints", { source: { path: source }, breakpoints: [] });
	assert.partialDeepStrictEqual(await client.request("setFunctionBreakpoints", { breakpoints: [{ name: "main.double" }] }), {
		breakpoints: [{ verified: true }],
	});
	await client.request("continue", { threadId: thread });
	assert.equal((await client.event("stopped"))["reason"], "function breakpoint");
	await client.request("setFunctionBreakpoints", { breakpoints: [] });
	await client.request("stepOut", { threadId: thread });
	await client.event("stopped");
	const frame = await frameOf(client, thread);
	const info = await client.request("dataBreakpointInfo", { name: "total", frameId: frame });
	assert.partialDeepStrictEqual(
		await client.request("setDataBreakpoints", { breakpoints: [{ dataId: info["dataId"], accessType: "write" }] }),
		{
			breakpoints: [{ verified: true }],
		},
	);
	await client.request("continue", { threadId: thread });
	assert.equal((await client.event("stopped"))["reason"], "data breakpoint");
	await client.request("disconnect");
	assert.equal(await ended, 0);
});

test("set variables, choose the call to step into", { skip }, async () => {
	const { client, thread, frame } = await inAdd();
	const { scopes } = (await client.request("scopes", { frameId: frame })) as unknown as { scopes: { variablesReference: number }[] };
	const reference = scopes[0]?.variablesReference ?? 0;
	assert.partialDeepStrictEqual(await client.request("setVariable", { variablesReference: reference, name: "a", value: "7" }), {
		value: "7",
	});
	await client.event("invalidated");
	assert.partialDeepStrictEqual(await client.request("evaluate", { expression: "a", frameId: frame, context: "watch" }), { result: "7" });
	assert.partialDeepStrictEqual(await client.request("setExpression", { expression: "b", value: "5", frameId: frame }), { value: "5" });
	await client.request("setBreakpoints", { source: { path: source }, breakpoints: [{ line: line("total = add(double(total)") }] });
	await client.request("continue", { threadId: thread });
	await client.event("stopped");
	const outer = await frameOf(client, thread);
	const { targets } = (await client.request("stepInTargets", { frameId: outer })) as unknown as {
		targets: { id: number; label: string }[];
	};
	assert.deepEqual(
		targets.map((t) => t.label),
		["main.double", "main.double", "main.add"],
	);
	await client.request("stepIn", { threadId: thread, targetId: targets[2]?.id });
	assert.equal((await client.event("stopped"))["reason"], "step");
	assert.equal((await locals(client, await frameOf(client, thread))).get("b")?.value, "2");
	client.close();
});

test("panics, restart, completions and the rest", { skip }, async () => {
	const { client, thread, frame, ended } = await inAdd({ args: ["panic"] });
	const { targets } = (await client.request("completions", { text: "2 * b", column: 6, frameId: frame })) as unknown as {
		targets: { label: string }[];
	};
	assert.deepEqual(
		targets.map((t) => t.label),
		["b"],
	);
	assert.partialDeepStrictEqual(await client.request("breakpointLocations", { source: { path: source }, line: 18, endLine: 21 }), {
		breakpoints: [{ line: 18 }, { line: 19 }, { line: 20 }],
	});
	const { sources } = (await client.request("loadedSources")) as unknown as { sources: { path: string }[] };
	assert.ok(sources.some((s) => s.path === source));
	assert.partialDeepStrictEqual(await client.request("modules"), { totalModules: 1 });
	const { stackFrames } = (await client.request("stackTrace", { threadId: thread })) as unknown as {
		stackFrames: { instructionPointerReference: string }[];
	};
	const code = (await client.request("disassemble", {
		memoryReference: stackFrames[0]?.instructionPointerReference,
		instructionOffset: -2,
		instructionCount: 5,
	})) as unknown as { instructions: { address: string }[] };
	assert.equal(code.instructions[2]?.address, stackFrames[0]?.instructionPointerReference);
	await client.request("setBreakpoints", { source: { path: source }, breakpoints: [] });
	await client.request("continue", { threadId: thread });
	const stop = (await client.event("stopped")) as unknown as { reason: string; description: string; text: string; threadId: number };
	assert.deepEqual([stop.reason, stop.description], ["exception", "panic"]);
	const info = (await client.request("exceptionInfo", { threadId: stop.threadId })) as unknown as {
		exceptionId: string;
		details: { stackTrace: string };
	};
	assert.equal(info.exceptionId, "panic");
	assert.match(info.details.stackTrace, /main\.main/);
	await client.request("restart");
	await client.event("initialized");
	await client.request("setFunctionBreakpoints", { breakpoints: [{ name: "main.list" }] });
	await client.request("configurationDone");
	assert.equal((await client.event("stopped"))["reason"], "function breakpoint");
	await client.request("terminate");
	await client.event("terminated");
	await client.request("disconnect");
	assert.equal(await ended, 0);
});

test("requests out of order, wrong configurations, garbage", { skip }, async () => {
	const { client, ended } = await serve("dap", "--listen=127.0.0.1:0");
	assert.match(await client.refused("threads"), /^No debug session started: Use launch or attach request first\.$/);
	await client.request("initialize", clientAbilities);
	assert.match(await client.refused("launch", { mode: "exec" }), /The program attribute is missing in debug configuration\./);
	assert.match(await client.refused("launch", { mode: "fly", program }), /unsupported 'mode' attribute "fly"/);
	assert.match(await client.refused("launch", { mode: "exec", program: 3 }), /cannot unmarshal number into "program" of type string/);
	assert.match(
		await client.refused("launch", { mode: "exec", program: join(work, "none") }),
		/Failed to launch: could not launch process: stat .*none: no such file or directory/,
	);
	assert.match(
		await client.refused("attach", { mode: "local" }),
		/The 'processId' or 'waitFor' attribute is missing in debug configuration/,
	);
	assert.match(await client.refused("nonsense"), /Unsupported command: cannot process "nonsense" request/);
	client.raw("no JSON");
	await client.closed;
	assert.equal(await ended, 0);
});

test("pause while it runs, attach by pid, leave it running", { skip }, async () => {
	const loop = join(work, "loop");
	const built = spawnSync("go", ["build", "-o", loop, join(root, "packages/debugger/test/fixtures/loop.go")], {
		env: { ...process.env, CGO_ENABLED: "0" },
	});
	assert.equal(built.status, 0, String(built.stderr));
	const target = spawn(loop, { stdio: ["ignore", "pipe", "ignore"] });
	try {
		await new Promise((r) => target.stdout.once("data", r));
		const { client, ended } = await serve("dap", "--listen=127.0.0.1:0");
		await client.request("initialize", clientAbilities);
		await client.request("attach", { mode: "local", processId: target.pid });
		await client.event("initialized");
		await client.request("configurationDone");
		assert.deepEqual(await client.request("threads"), { threads: [{ id: -1, name: "Current" }] });
		assert.match(await client.refused("stackTrace", { threadId: 1 }), /^Unable to process `stackTrace`: debuggee is running$/);
		await client.request("pause", { threadId: 1 });
		assert.equal((await client.event("stopped"))["reason"], "pause");
		const { threads } = (await client.request("threads")) as unknown as { threads: { name: string }[] };
		assert.ok(threads.length > 1);
		await client.request("disconnect", { terminateDebuggee: false });
		assert.equal(await ended, 0);
		assert.equal(target.exitCode, null);
	} finally {
		target.kill("SIGKILL");
	}
});
