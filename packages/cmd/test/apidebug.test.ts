// The debugger's API: the example of docs/API.md, and what it does not show.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { debug, UserError } from "../api.ts";
import { findGo } from "../../proc/test/fixtures.ts";

const options = { skip: findGo() === null ? "no official go to build a program with" : false };
const source = `package main

import (
	"fmt"
	"time"
)

type request struct{ path string }

func handle(r request) int {
	n := len(r.path)
	fmt.Println(n)
	return n
}

func main() {
	total := 0
	for _, p := range []string{"/", "/short", "/a/longer/path"} {
		total += handle(request{p})
	}
	for total < 0 {
		time.Sleep(time.Millisecond)
	}
}
`;
let dir = "";
before(() => {
	if (options.skip !== false) return;
	dir = mkdtempSync(join(tmpdir(), "apidebug-"));
	writeFileSync(join(dir, "main.go"), source);
	const env = { ...process.env, GO111MODULE: "off", GOFLAGS: "", CGO_ENABLED: "0" };
	execFileSync("go", ["build", "-gcflags=all=-N -l", "-o", "server", "main.go"], { cwd: dir, env });
});
after(() => rmSync(dir, { recursive: true, force: true }));

test("the manual's example", options, async () => {
	const page = readFileSync(join(import.meta.dirname, "../../../docs/API.md"), "utf8");
	const example = /import \{ debug \} from "tsugo";\n([^]*?)```/.exec(page)?.[1] ?? "";
	const said: unknown[][] = [];
	const log = { log: (...words: unknown[]) => said.push(words) };
	const here = process.cwd();
	process.chdir(dir);
	try {
		const AsyncFunction = (async () => {}).constructor as new (...a: string[]) => (...a: unknown[]) => Promise<void>;
		await new AsyncFunction("debug", "console", example)(debug, log);
		assert.ok(existsSync("server.core"));
		assert.equal(readFileSync("server.log", "utf8"), "1\n6\n");
	} finally {
		process.chdir(here);
	}
	const text = said.map((w) => w.join(" "));
	for (const want of ["resumed", "stopped", "main.handle 10 /a/longer/path", "main.main 19", "runtime.goexit 1771"]) {
		const re = new RegExp(want.replace("1771", "\\d+"));
		assert.ok(
			text.some((t) => re.test(t)),
			`${want} in ${text.join("; ")}`,
		);
	}
	const core = await debug({ core: join(dir, "server.core"), program: join(dir, "server") });
	assert.equal((await core.evaluate("len(r.path)", { frame: 0 })).value, "14");
	await assert.rejects(core.next(), /can not continue execution of core process/);
	await core.close();
});

test("conditions, tracepoints, set, halt, attach", options, async () => {
	const d = await debug({ program: join(dir, "server"), stdout: "/dev/null" });
	const traced = await d.breakpoint("main.handle", { trace: true });
	assert.deepEqual(
		traced.places.map((p) => p.function),
		["main.handle"],
	);
	await assert.rejects(d.breakpoint("main.nothing"), /main\.nothing/);
	await d.breakpoint("main.go:21");
	const stop = await d.continue();
	assert.deepEqual([stop.reason, stop.function, stop.line, stop.goroutine], ["breakpoint", "main.main", 21, 1]);
	await d.set("total", "-1");
	assert.equal((await d.evaluate("total")).value, "-1");
	assert.ok((await d.goroutines()).goroutines.some((g) => g.id === 1 && g.function === "main.main"));
	await d.clear(2);
	const running = d.continue();
	setTimeout(() => d.halt(), 50);
	assert.equal((await running).reason, "manual");
	await d.close();

	const child = spawn(join(dir, "server"), { stdio: "ignore" });
	const end = new Promise((r) => child.once("exit", r));
	const attached = await debug({ pid: child.pid ?? 0 }).catch(() => null);
	await attached?.close();
	assert.equal(await end, 0);
	await assert.rejects(debug({}), UserError);
	await assert.rejects(debug({ pid: 1, core: "x" }), UserError);
	await assert.rejects(debug({ program: join(dir, "nothing") }), /could not launch process/);
});
