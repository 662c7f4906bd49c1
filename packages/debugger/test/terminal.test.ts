// Recorded sessions: the terminal prints what the official dlv prints, but for addresses and ids.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { findGo, fixture as build } from "../../proc/test/fixtures.ts";

const root = new URL("../../..", import.meta.url).pathname;
const data = new URL("data/", import.meta.url).pathname;
const sessions = new URL("sessions/", import.meta.url).pathname;
const dlv = (process.env["PATH"] ?? "").split(delimiter).find((d) => existsSync(join(d, "dlv")));
const skip = dlv === undefined ? "no official dlv to compare with" : findGo() === null ? "no official go to build fixtures with" : false;

async function run(command: string, args: readonly string[]): Promise<string> {
	const child = promisify(execFile)(command, args, {
		env: { ...process.env, XDG_CONFIG_HOME: "/nonexistent", TERM: "dumb" },
	});
	child.child.stdin?.end();
	const { stdout, stderr } = await child;
	return normalized(stdout + stderr);
}

/** Ids and addresses that differ from run to run are named; the order of addresses of one breakpoint is Delve's map's. */
function normalized(text: string): string {
	return text
		.replace(/0x[0-9a-f]{9,16}/g, "ADDRESS")
		.replace(/(thread|Thread|Process|PID) \d+/g, "$1 N")
		.replace(/(at )(0x[0-9a-f]+(?:,0x[0-9a-f]+)+)/g, (_m, at: string, list: string) => at + list.split(",").sort().join(","));
}

for (const name of readdirSync(sessions)) {
	for (const flags of [["-gcflags=all=-N -l"], []]) {
		// Optimized code: only what does not depend on which variables are still there.
		if (flags.length === 0 && name === "data.txt") continue;
		test(`${name} ${flags.length === 0 ? "optimized" : "-N -l"}`, { skip }, async () => {
			const args = ["exec", "--allow-non-terminal-interactive", "--init", join(sessions, name), build("steps", flags, data)];
			const want = await run(join(dlv as string, "dlv"), args);
			const got = await run(process.execPath, ["--stack-size=3900", join(root, "packages/cmd/main.ts"), "dlv", ...args]);
			assert.equal(got, want);
		});
	}
}
