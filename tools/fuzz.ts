// Random programs against the official toolchain:
//   node tools/fuzz.ts [--keep DIR] [--funcs N] [--order N] [--print] FROM [COUNT]
// --order N: the seeds from 0 to N-1 are parts of the systematic program of fuzz/order.ts instead.
// Each seed's program is built by both, run, and run again under GC stress with ours; what they print must be equal.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { orderProgram } from "./fuzz/order.ts";
import { randomProgram } from "./fuzz/program.ts";

const { values, positionals } = parseArgs({
	options: {
		keep: { type: "string", default: join(tmpdir(), "tsugo-fuzz") },
		funcs: { type: "string", default: "25" },
		order: { type: "string", default: "" },
		print: { type: "boolean", default: false },
	},
	allowPositionals: true,
});
const from = Number(positionals[0] ?? "1");
const count = Number(positionals[1] ?? "1");
const dir = values.keep;
const cli = join(import.meta.dirname, "../packages/cmd/main.ts");
let bad = 0;

function program(seed: number): string {
	return values.order !== "" ? orderProgram(seed, Number(values.order)) : randomProgram(seed, Number(values.funcs));
}

interface Outcome {
	text: string;
	status: number | string | null;
}

function execute(cmd: string, args: readonly string[], env: Record<string, string> = {}): Outcome {
	const r = spawnSync(cmd, args, {
		cwd: dir,
		encoding: "utf8",
		timeout: 400_000,
		maxBuffer: 1 << 26,
		env: { ...process.env, GOTRACEBACK: "1", ...env },
	});
	// Tracebacks have addresses.
	return { text: (r.stdout + r.stderr).replace(/\n\ngoroutine [^]*$/, ""), status: r.signal ?? r.status };
}

/** The lines in which two outputs first differ. */
function difference(want: string, got: string): string {
	const w = want.split("\n");
	const g = got.split("\n");
	const at = w.findIndex((l, i) => l !== g[i]);
	return `want ${w[at]}\n  got  ${g[at]}`;
}

function trySeed(seed: number): string | null {
	const file = join(dir, `f${seed}.go`);
	writeFileSync(file, program(seed));
	const exe = join(dir, `f${seed}`);
	const official = execute("go", ["build", "-o", `${exe}.go.exe`, file], { GOFLAGS: "-buildvcs=false" });
	if (official.status !== 0) return `the official toolchain refuses it: ${official.text.slice(0, 400)}`;
	const ours = execute(process.execPath, ["--stack-size=3900", cli, "build", "-o", `${exe}.exe`, file]);
	if (ours.status !== 0) return `does not build: ${ours.text.slice(0, 600)}`;
	const want = execute(`${exe}.go.exe`, []);
	const runs: [string, string[], Record<string, string>][] = [
		["plain", [], {}],
		["stress", ["stress"], { GOGC: "1", GODEBUG: "clobberfree=1,gccheckmark=1" }],
	];
	for (const [name, args, env] of runs) {
		const got = execute(`${exe}.exe`, args, env);
		if (got.text !== want.text || got.status !== want.status) return `${name} (${got.status}):\n  ${difference(want.text, got.text)}`;
	}
	return null;
}

if (values.print) process.stdout.write(program(from));
else {
	mkdirSync(dir, { recursive: true });
	for (let seed = from; seed < from + count; seed++) {
		const problem = trySeed(seed);
		if (problem === null) continue;
		bad++;
		process.stdout.write(`seed ${seed}: ${problem}\n`);
	}
	process.stdout.write(`${count - bad} equal, ${bad} different\n`);
	process.exitCode = bad === 0 ? 0 : 1;
}
