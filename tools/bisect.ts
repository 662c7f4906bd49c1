// Finds the function whose optimization makes a program fail:
//   node tools/bisect.ts [-f FLAGS] PACKAGE-or-FILES -- COMMAND ARGS...
// The program is built with the passes on only for functions whose hash is in a range (-gcflags=-d=optrange), and
// COMMAND runs with the executable's name in place of {} (or added at its end). A command that fails (or runs for more than
// a minute) is guilty. The range is halved until one function is left, whose name is printed. -f: more arguments for -gcflags=all=….

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const args = process.argv.slice(2);
let flags = "";
if (args[0] === "-f") {
	flags = args[1] ?? "";
	args.splice(0, 2);
}
const split = args.indexOf("--");
if (split < 1 || split === args.length - 1) {
	process.stderr.write("usage: node tools/bisect.ts [-f FLAGS] PACKAGE-or-FILES -- COMMAND ARGS...\n");
	process.exit(2);
}
const packages = args.slice(0, split);
const command = args.slice(split + 1);
const dir = mkdtempSync(join(tmpdir(), "bisect"));
const exe = join(dir, "program");
const main = join(import.meta.dirname, "..", "packages", "cmd", "main.ts");

interface Outcome {
	fails: boolean;
	/** Functions that were optimized. */
	names: string[];
}

function outcome(lo: number, hi: number): Outcome {
	const debug = `-d=optrange=${lo.toString(16)}:${hi.toString(16)},optlist`;
	const built = spawnSync(
		process.execPath,
		["--stack-size=3900", main, "build", `-gcflags=all=${flags} ${debug}`, "-o", exe, ...packages],
		{ encoding: "utf8", maxBuffer: 1 << 28 },
	);
	const lines = built.stderr.split("\n");
	const names = lines.flatMap((line) => /^[0-9a-f]{8} (.*)$/.exec(line)?.[1] ?? []);
	if (built.status !== 0) throw new Error(`the build fails:\n${lines.filter((l) => !/^[0-9a-f]{8} /.test(l)).join("\n")}`);
	const words = command.includes("{}") ? command.map((w) => (w === "{}" ? exe : w)) : [...command, exe];
	const run = spawnSync(words[0], words.slice(1), { stdio: ["ignore", "ignore", "ignore"], timeout: 60_000 });
	const fails = run.status !== 0;
	process.stderr.write(
		`${lo.toString(16).padStart(8, "0")}:${hi.toString(16).padStart(9, "0")} ${names.length} functions: ${fails ? "fails" : "passes"}\n`,
	);
	return { fails, names };
}

/** Prints the guilty function, or those that only fail together. */
function search(): number {
	if (!outcome(0, 2 ** 32).fails) {
		process.stderr.write("the optimized program does not fail\n");
		return 1;
	}
	if (outcome(0, 0).fails) {
		process.stderr.write("the program fails without optimization, too\n");
		return 1;
	}
	let lo = 0;
	let hi = 2 ** 32;
	for (;;) {
		const mid = Math.floor((lo + hi) / 2);
		const low = outcome(lo, mid);
		if (low.fails) hi = mid;
		const names = low.fails ? low.names : null;
		if (!low.fails) {
			const high = outcome(mid, hi);
			if (!high.fails) {
				process.stdout.write(
					`functions in ${lo.toString(16)}:${hi.toString(16)} fail only together:\n${[...low.names, ...high.names].join("\n")}\n`,
				);
				return 0;
			}
			lo = mid;
			if (high.names.length === 1) return found(high.names[0]);
		} else if (names?.length === 1) return found(names[0]);
		if (hi - lo <= 1) return found(low.names.join(" "));
	}
}

function found(name: string): number {
	process.stdout.write(`${name}\n`);
	return 0;
}

try {
	process.exitCode = search();
} catch (err) {
	process.stderr.write(`${(err as Error).message}\n`);
	process.exitCode = 1;
} finally {
	rmSync(dir, { recursive: true, force: true });
}
