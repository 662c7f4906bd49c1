// Programs of test/health, built with tsugo, against what they printed when the official toolchain had built them:
//   node tools/health.ts [--record] [--exe DIR] [FOLDER...]
// --record runs the official toolchain and writes the expected texts; --exe keeps the executables.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
	options: { record: { type: "boolean", default: false }, exe: { type: "string" } },
	allowPositionals: true,
});
const root = join(import.meta.dirname, "..");
const dir = join(root, "test", "health");
const out = values.exe ?? mkdtempSync(join(tmpdir(), "health-"));
const folders = positionals.length > 0 ? positionals : ["language", "order", "iterators", "panics", "runtime", "library"];
/** Folders whose program prints what is compared as it is. */
const whole: ReadonlySet<string> = new Set(["order", "iterators"]);
/** Folders whose program lists its cases and runs one; the others print ok. */
const byCase: ReadonlySet<string> = new Set(["panics"]);
let bad = 0;

function build(folder: string): string {
	const exe = join(out, `${folder}.${values.record ? "go" : "tsugo"}`);
	const cmd: [string, string[]] = values.record
		? ["go", ["build", "-buildvcs=false"]]
		: [process.execPath, ["--stack-size=3900", join(root, "packages", "cmd", "main.ts"), "build"]];
	execFileSync(cmd[0], [...cmd[1], "-trimpath", "-o", exe, `./${folder}`], { cwd: dir, stdio: "inherit" });
	return exe;
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}): string {
	const r = spawnSync(file, args, { cwd: out, encoding: "utf8", timeout: 300_000, env: { ...process.env, PROFDIR: out, ...env } });
	return `${r.stdout}${r.stderr}exit ${r.signal ?? r.status}\n`;
}

/** Without the goroutines of the runtime, which are where they happen to be. */
function withoutSystem(text: string): string {
	const blocks = text.split("\n\n");
	return blocks.filter((x) => !(x.startsWith("goroutine ") && /\ncreated by runtime\./.test(x))).join("\n\n");
}

/** Without what differs between two builds or two runs: addresses, argument words, offsets, goroutine numbers, the depth of a loop. */
function normalise(text: string): string {
	const end = text.lastIndexOf("exit ");
	return withoutSystem(text.slice(0, end))
		.concat(text.slice(end))
		.replace(/^(goroutine )\d+( gp=\S+ m=\S+( mp=\S+)?)?/gm, "$1N")
		.replace(/ in goroutine \d+$/gm, " in goroutine N")
		.replace(/^([\w./%*()[\]-]+)\((.*)\)$/gm, (line, name: string) => (line.startsWith("panic(") ? "panic(...)" : `${name}(...)`))
		.replace(/ \+0x[0-9a-f]+( fp=\S+ sp=\S+ pc=\S+)?$/gm, "")
		.replace(/0x[0-9a-f]+/g, "0xX")
		.replace(/ fp=0xX sp=0xX pc=0xX$/gm, "")
		.replace(/^\.\.\.\d+ frames elided\.\.\.$/gm, "...frames elided...");
}

function cases(exe: string): string[] {
	return run(exe, [])
		.split("\n")
		.filter((c) => c !== "" && !c.startsWith("exit "))
		.sort();
}

for (const folder of folders) {
	const exe = build(folder);
	if (whole.has(folder)) {
		const file = join(dir, folder, "expected.txt");
		const got = run(exe, []);
		if (values.record) writeFileSync(file, got);
		else {
			const ok = got === readFileSync(file, "utf8");
			if (!ok) bad++;
			process.stdout.write(`${folder}: ${ok ? "ok" : got}\n`);
		}
		continue;
	}
	if (!byCase.has(folder)) {
		const text = run(exe, []);
		const ok = /(^|\n)ok[^\n]*\nexit 0\n$/.test(text);
		if (!ok) bad++;
		process.stdout.write(`${folder}: ${ok ? "ok" : text.slice(-2000)}\n`);
		continue;
	}
	const file = join(dir, folder, "expected.json");
	const got = Object.fromEntries(cases(exe).map((c) => [c, normalise(run(exe, [c]))]));
	if (values.record) {
		writeFileSync(file, `${JSON.stringify(got, null, "\t")}\n`);
		continue;
	}
	const want = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}) as Record<string, string>;
	for (const [c, text] of Object.entries(want)) {
		if (got[c] === text) continue;
		bad++;
		process.stdout.write(`${folder} ${c}:\n--- want\n${text}--- got\n${got[c] ?? "no such case\n"}`);
	}
	process.stdout.write(`${folder}: ${Object.keys(want).length} cases\n`);
}
if (values.exe === undefined) rmSync(out, { recursive: true });
process.exitCode = bad === 0 ? 0 : 1;
