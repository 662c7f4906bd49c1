// Runs `// run` programs of GOROOT/test with our compiler:
//   node tools/gotest.ts [-keep DIR] FILE.go...
// Prints one line for each that fails: COMPILE, RUN or OUTPUT with the first line of what went wrong.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExecutable } from "#build/executable";
import { matchArguments } from "../packages/cmd/build.ts";
import { openEnv, openLoader } from "../packages/cmd/buildflags.ts";

const files = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "gotest"));
const env = await openEnv();
let ok = 0;
let bad = 0;

function report(file: string, what: string, detail: string): void {
	bad++;
	process.stdout.write(`${what} ${file}: ${detail.split("\n").slice(0, 3).join(" | ").slice(0, 300)}\n`);
}

for (const file of files) {
	const text = readFileSync(file, "utf8");
	const action = /^\/\/ (\w+)(.*)$/m.exec(text.replace(/^\/\/go:build.*\n+/, ""));
	if (action === null || action[1] !== "run") continue;
	let image: Uint8Array | null = null;
	try {
		const loader = await openLoader(env, { strings: new Map(), bools: new Map(), lists: new Map(), args: [] } as never, [file]);
		const [main] = matchArguments(loader, [file]);
		const r = buildExecutable(loader, { main, trimpath: false, link: {}, modInfo: "" });
		image = r.image;
		if (r.errors.length > 0) {
			report(file, "COMPILE", r.errors.map((e) => e.lines.join("\n")).join("\n"));
			continue;
		}
	} catch (err) {
		report(file, "CRASH", (err as Error).stack ?? String(err));
		continue;
	}
	if (image === null) continue;
	const exe = join(dir, "a.out");
	writeFileSync(exe, image, { mode: 0o755 });
	const args = action[2]
		.trim()
		.split(/\s+/)
		.filter((a) => a !== "" && !a.startsWith("-"));
	const r = spawnSync(exe, args, { cwd: dir, timeout: 20_000, encoding: "utf8", maxBuffer: 1 << 26 });
	if (r.status !== 0) {
		report(file, "RUN", `${r.signal ?? r.status} ${r.stdout.slice(-150)} ${r.stderr}`);
		continue;
	}
	const want = file.replace(/\.go$/, ".out");
	if (existsSync(want) && readFileSync(want, "utf8") !== r.stdout + r.stderr) {
		report(file, "OUTPUT", r.stdout + r.stderr);
		continue;
	}
	ok++;
}
rmSync(dir, { recursive: true });
process.stdout.write(`${ok} passed, ${bad} failed\n`);
