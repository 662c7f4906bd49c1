// DAP beyond one launched program: core files, builds with progress that are canceled, servers with a session, observers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findGo, fixture } from "../../proc/test/fixtures.ts";
import { gcore } from "../dump.ts";
import { TOKEN_PREFIX } from "../server/gate.ts";
import { TestClient } from "./dap/client.ts";
import { clientAbilities, killServers, serve } from "./dap/server.ts";

const options = { skip: findGo() === null ? "no official go to build fixtures with" : false };
const work = mkdtempSync(join(tmpdir(), "tsugo-dap-"));
after(() => {
	killServers();
	rmSync(work, { recursive: true, force: true });
});
const steps = (): string => fixture("steps", undefined, new URL("data/", import.meta.url).pathname);

interface Frames {
	stackFrames: { id: number; name: string }[];
}

const names = async (c: TestClient, threadId: number): Promise<string[]> =>
	((await c.request("stackTrace", { threadId })) as unknown as Frames).stackFrames.map((f) => f.name);

test("a core file", options, async () => {
	const exe = fixture("heap", undefined, new URL("data/", import.meta.url).pathname);
	const core = join(work, "core");
	const child = spawn(exe, ["1", "3"], { stdio: ["ignore", "pipe", "inherit"] });
	try {
		await new Promise((r) => child.stdout.once("data", r));
		await gcore({ pid: child.pid ?? 0, path: core, goOnly: false, canceled: () => false });
	} finally {
		child.kill("SIGKILL");
	}
	const { client, ended } = await serve("dap", "--listen=127.0.0.1:0");
	await client.request("initialize", clientAbilities);
	assert.match(await client.refused("launch", { mode: "core", program: exe }), /The 'coreFilePath' attribute is missing/);
	assert.match(
		await client.refused("launch", { mode: "core", program: exe, coreFilePath: join(work, "none") }),
		/no such file or directory/,
	);
	await client.request("launch", { mode: "core", program: exe, coreFilePath: core });
	await client.event("initialized");
	await client.request("setExceptionBreakpoints", { filters: [] });
	await client.request("configurationDone");
	await client.event("stopped");
	const { threads } = (await client.request("threads")) as unknown as { threads: { id: number; name: string }[] };
	assert.equal(threads.filter((t) => t.name.includes("main.wait")).length, 3);
	const main = await names(client, 1);
	assert.ok(main.includes("main.main"), main.join());
	const waiter = threads.find((t) => t.name.includes("main.wait"))?.id ?? 0;
	assert.ok((await names(client, waiter)).includes("main.wait"));
	const { stackFrames } = (await client.request("stackTrace", { threadId: waiter })) as unknown as Frames;
	const frameId = stackFrames.find((f) => f.name === "main.wait")?.id;
	assert.match(String((await client.request("evaluate", { expression: "id", frameId }))["result"]), /^[012]$/);
	await client.request("disconnect");
	assert.equal(await ended, 0);
});

test("a build: progress, errors, cancel, a client that leaves meanwhile", options, async () => {
	const bad = join(work, "bad.go");
	const good = join(work, "good.go");
	writeFileSync(bad, "package main\n\nfunc main() { nothing() }\n");
	writeFileSync(good, "package main\n\nfunc main() { println(1) }\n");
	const { client, ended } = await serve("dap", "--listen=127.0.0.1:0");
	await client.request("initialize", { ...clientAbilities, supportsProgressReporting: true });
	assert.match(
		await client.refused("launch", { mode: "debug", program: bad, output: join(work, "b") }),
		/Build error: Check the debug console/,
	);
	const started = await client.event("progressStart");
	assert.equal((await client.event("progressEnd"))["progressId"], started["progressId"]);
	const said = client.events.filter((e) => e.event === "output").map((e) => String((e.body as unknown as { output: string }).output));
	assert.match(said.join(""), /bad\.go:3:15: undefined: nothing/);
	const building = client.send("launch", { mode: "debug", program: good, output: join(work, "g") });
	await client.event("progressStart");
	await client.request("cancel", {});
	const answer = await building;
	assert.equal(answer.success, false, JSON.stringify(answer));
	await client.event("progressEnd");
	void client.send("launch", { mode: "debug", program: good, output: join(work, "g") });
	await client.event("progressStart");
	await client.request("disconnect");
	assert.equal(await ended, 0);
});

test("a server with a session: two in control, an observer who is told of stops", options, async () => {
	const tokens = join(work, "tokens");
	writeFileSync(tokens, "control the-one-in-control\nobserve the-one-who-looks\n");
	const exe = steps();
	const {
		client: stranger,
		port,
		ended,
	} = await serve("exec", "--headless", "--accept-multiclient", "--listen=127.0.0.1:0", `--token-file=${tokens}`, exe);
	stranger.close();
	const attach = async (token: string): Promise<TestClient> => {
		const c = await TestClient.open(port, `${TOKEN_PREFIX}${token}\n`);
		await c.request("initialize", clientAbilities);
		assert.match(await c.refused("launch", { mode: "exec", program: exe }), /debug session already in progress/);
		await c.request("attach", { mode: "remote" });
		await c.event("initialized");
		return c;
	};
	const ann = await attach("the-one-in-control");
	await ann.request("setFunctionBreakpoints", { breakpoints: [{ name: "main.add", condition: "b == 4" }] });
	const eve = await attach("the-one-who-looks");
	assert.match(await eve.refused("setFunctionBreakpoints", { breakpoints: [{ name: "main.main" }] }), /may observe/);
	await eve.request("configurationDone");
	await ann.request("configurationDone");
	const stop = (await ann.event("stopped")) as unknown as { reason: string; threadId: number };
	assert.equal(stop.reason, "function breakpoint");
	for (;;) {
		const seen = (await eve.event("stopped")) as unknown as { threadId: number };
		if (seen.threadId !== stop.threadId) continue;
		const frames = await names(eve, seen.threadId).catch(() => []);
		if (frames[0] === "main.add") break;
	}
	assert.equal((await eve.request("evaluate", { expression: "b", context: "repl" }))["result"], "4");
	assert.match(await eve.refused("continue", { threadId: stop.threadId }), /may observe/);
	eve.close();
	await ann.request("next", { threadId: stop.threadId });
	assert.equal((await ann.event("stopped"))["reason"], "step");
	await ann.request("disconnect", { terminateDebuggee: true });
	assert.equal(await ended, 0);
});
