// Speed and size of compiled programs against the official toolchain: node bench/code.ts [--count N] [--runs N] [NAME...]
// Both executables of bench/code run in turns; the fastest processor time of each benchmark counts.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
	options: {
		count: { type: "string", default: "5" },
		runs: { type: "string", default: "2" },
		keep: { type: "string" },
	},
	allowPositionals: true,
});
const dir = join(import.meta.dirname, "code");
const out = values.keep ?? mkdtempSync(join(tmpdir(), "tsugo-bench-"));

function run(cmd: string, args: readonly string[]): string {
	const r = spawnSync(cmd, args, { cwd: dir, encoding: "utf8" });
	if (r.status !== 0) throw new Error(`${cmd} ${args.join(" ")}: ${(r.stdout + r.stderr).slice(0, 1000)}`);
	return r.stdout;
}

const ours = join(out, "ours");
const theirs = join(out, "official");
run("go", ["build", "-buildvcs=false", "-o", theirs, "."]);
run(process.execPath, ["--stack-size=3900", join(import.meta.dirname, "../packages/cmd/main.ts"), "build", "-o", ours, "."]);

/** Fastest times in microseconds, and results, by benchmark. */
function measure(exe: string, into: Map<string, { time: number; result: string }>): void {
	for (const line of run(exe, ["-count", values.count, ...positionals])
		.trim()
		.split("\n")) {
		const [name, time, result] = line.split(" ");
		const old = into.get(name);
		if (old === undefined || Number(time) < old.time) into.set(name, { time: Number(time), result });
	}
}

const a = new Map<string, { time: number; result: string }>();
const b = new Map<string, { time: number; result: string }>();
for (let i = 0; i < Number(values.runs); i++) {
	measure(theirs, a);
	measure(ours, b);
}
let logs = 0;
for (const [name, want] of a) {
	const got = b.get(name);
	if (got === undefined || got.result !== want.result) throw new Error(`${name}: ${got?.result} instead of ${want.result}`);
	const ratio = got.time / want.time;
	logs += Math.log(ratio);
	process.stdout.write(`${name.padEnd(12)} ${String(want.time).padStart(8)} ${String(got.time).padStart(8)} µs  ${ratio.toFixed(2)}\n`);
}
const sizes = [theirs, ours].map((f) => statSync(f).size);
process.stdout.write(`geometric mean ${Math.exp(logs / a.size).toFixed(3)}; size ${(sizes[1] / sizes[0]).toFixed(3)}\n`);
if (values.keep === undefined) rmSync(out, { recursive: true });
