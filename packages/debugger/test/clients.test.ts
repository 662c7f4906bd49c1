// Many clients of one session: roles, the audit log, and a selection of their own.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { DebuggerState } from "../api.ts";
import { Engine } from "../host.ts";
import { openAudit } from "../server/audit.ts";
import { readTokens, TOKEN_PREFIX } from "../server/gate.ts";
import { findGo, fixture } from "../../proc/test/fixtures.ts";
import { Client, config, serve } from "./rpc.ts";

const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };

test("clients in control and observers", options, async () => {
	const dir = mkdtempSync(join(tmpdir(), "tsugo-clients-"));
	const file = join(dir, "tokens");
	const log = join(dir, "audit");
	writeFileSync(file, "control the-one-in-control ann\nobserve the-one-who-looks eve\n");
	const audit = openAudit(log);
	const engine = await Engine.start(config(fixture("waits", undefined, new URL("data/", import.meta.url).pathname)));
	const { server, port } = await serve(engine, true, { audit, tokens: readTokens(file) });
	const ann = new Client(port, `${TOKEN_PREFIX}the-one-in-control\n`);
	const eve = new Client(port, `${TOKEN_PREFIX}the-one-who-looks\n`);
	const selected = async (c: Client): Promise<number> =>
		(await c.call<{ State: DebuggerState }>("State", {})).State.currentGoroutine?.id ?? 0;
	try {
		await ann.call("CreateBreakpoint", { Breakpoint: { functionName: "main.stop", line: -1 } });
		for (const [method, arg] of [
			["CreateBreakpoint", { Breakpoint: { functionName: "main.main" } }],
			["Command", { name: "continue" }],
			["Command", { name: "call", expr: "main.stop()" }],
			["Set", { Scope: { GoroutineID: -1 }, Symbol: "x", Value: "1" }],
			["Restart", {}],
			["Detach", { Kill: true }],
		] as const)
			await assert.rejects(eve.call(method, arg), /^Error: not allowed: this client may observe, not /, method);
		await ann.command("continue");
		assert.equal(await eve.evaluate("1 + 1"), "2");
		const [first, other] = (await eve.call<{ Goroutines: { id: number }[] }>("ListGoroutines", { Start: 0, Count: 10 })).Goroutines;
		assert.ok(first !== undefined && other !== undefined);
		const stopped = await selected(ann);
		const wanted = first.id === stopped ? other.id : first.id;
		await eve.call("Command", { name: "switchGoroutine", goroutineID: wanted });
		assert.deepEqual([await selected(eve), await selected(ann)], [wanted, stopped]);
		await ann.call("Command", { name: "switchGoroutine", goroutineID: wanted });
		await eve.call("Command", { name: "switchGoroutine", goroutineID: stopped });
		assert.deepEqual([await selected(eve), await selected(ann)], [stopped, wanted]);
		await ann.call("Command", { name: "switchGoroutine", goroutineID: stopped });
		// A step of one is a stop for all.
		await ann.command("next");
		assert.deepEqual([await selected(eve), await selected(ann)], [stopped, stopped]);
	} finally {
		ann.close();
		eve.close();
		server.close();
		await engine.request("Detach", { Kill: true }).catch(() => {});
		await engine.close();
	}
	const read = (): Record<string, unknown>[] =>
		readFileSync(log, "utf8")
			.trim()
			.split("\n")
			.map((l) => JSON.parse(l) as Record<string, unknown>);
	while (read().filter((l) => l["event"] === "disconnect").length < 2) await new Promise((r) => setTimeout(r, 10));
	audit.close();
	const lines = read();
	rmSync(dir, { recursive: true });
	const evaluated = lines.filter((l) => l["method"] === "Eval");
	assert.deepEqual(
		evaluated.map((l) => [l["name"], l["role"], (l["argument"] as { Expr: string }).Expr, l["error"]]),
		[["eve", "observe", "1 + 1", undefined]],
	);
	assert.equal(lines.filter((l) => String(l["error"]).startsWith("not allowed")).length, 6);
	assert.deepEqual(
		["connect", "disconnect"].map((e) => lines.filter((l) => l["event"] === e).length),
		[2, 2],
	);
	assert.ok(lines.every((l) => /^127\.0\.0\.1:\d+$/.test(String(l["client"])) && !Number.isNaN(Date.parse(String(l["time"])))));
});
