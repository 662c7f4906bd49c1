// Runs the standard library's own tests with `tsugo test -short -v`:
//
//   node tools/conformance-std.ts [--jobs N] [--timeout SECONDS] [--out FILE] [--fresh] [--snapshot] [PACKAGE…]
//
// Without packages: those that the goals name. A result line for each package goes to FILE (default /tmp/tsugo-std.jsonl) as it
// ends; a later call goes on where it stopped. --snapshot writes test/snapshots/std-test.txt: a line for each top-level test that
// did not pass, and the counts of each package.

import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = new URL("..", import.meta.url).pathname;

const goals =
	`errors unicode/utf8 strconv strings bytes sort slices maps container/heap container/list container/ring bufio fmt math math/bits math/big
sync sync/atomic context time io text/template encoding/json encoding/binary encoding/base64 regexp compress/flate crypto/sha256 hash/crc32 reflect iter
unique`.split(/\s+/);

interface Row {
	pkg: string;
	/** "ok", "FAIL", "build", "timeout". */
	status: string;
	passed: number;
	/** Names of the top-level tests that failed or were not reached. */
	failed: string[];
	skipped: string[];
	ms: number;
	/** The last lines of what it printed, when it did not pass. */
	tail: string;
}

const { values: o, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		jobs: { type: "string", default: "1" },
		timeout: { type: "string", default: "600" },
		out: { type: "string", default: "/tmp/tsugo-std.jsonl" },
		fresh: { type: "boolean", default: false },
		snapshot: { type: "boolean", default: false },
	},
});

const rows = new Map<string, Row>();

function capture(pkg: string): Promise<{ code: number | null; out: string; late: boolean }> {
	return new Promise((resolve) => {
		const args = ["--stack-size=3900", join(root, "packages/cmd/main.ts"), "test", "-short", "-v", "-count=1", pkg];
		const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
		let out = "";
		let late = false;
		const take = (d: Buffer): void => {
			if (out.length < 1 << 26) out += d.toString();
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		const timer = setTimeout(() => {
			late = true;
			// The test binary too: it is in the same process group.
			if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
		}, Number(o.timeout) * 1000);
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code, out, late });
		});
	});
}

/** Names of the tests of a status, without those of subtests. */
function named(out: string, status: string): string[] {
	return [...out.matchAll(new RegExp(`^--- ${status}: (\\S+) \\(`, "gm"))].map((m) => m[1]);
}

async function runPackage(pkg: string): Promise<Row> {
	const start = performance.now();
	const { code, out, late } = await capture(pkg);
	const passed = named(out, "PASS");
	const skipped = named(out, "SKIP");
	const failed = named(out, "FAIL");
	const ended = new Set([...passed, ...skipped, ...failed]);
	for (const m of out.matchAll(/^=== RUN {3}([^/\s]+)$/gm)) if (!ended.has(m[1])) failed.push(m[1]);
	const ran = /^=== RUN/m.test(out);
	const status = late ? "timeout" : code === 0 ? "ok" : ran ? "FAIL" : "build";
	const tail =
		status === "ok"
			? ""
			: out
					.split("\n")
					.filter((l) => !/^(=== |--- (PASS|SKIP))/.test(l.trim()))
					.slice(0, 40)
					.join("\n")
					.slice(0, 4000);
	return { pkg, status, passed: passed.length, failed, skipped, ms: Math.round(performance.now() - start), tail };
}

function report(row: Row): void {
	const why =
		row.failed.length > 0 ? `: ${row.failed.slice(0, 12).join(" ")}` : row.status === "build" ? `: ${row.tail.split("\n")[0]}` : "";
	process.stdout.write(
		`${row.status.padEnd(8)}${row.pkg.padEnd(20)}${String(row.passed).padStart(5)} passed ${String(row.failed.length).padStart(4)} failed ${String(row.ms).padStart(8)} ms${why}\n`,
	);
}

function writeSnapshot(): void {
	mkdirSync(join(root, "test/snapshots"), { recursive: true });
	const lines: string[] = [];
	for (const r of [...rows.values()].sort((a, b) => (a.pkg < b.pkg ? -1 : 1))) {
		lines.push(`${r.pkg} ${r.status}: ${r.passed} passed, ${r.failed.length} failed, ${r.skipped.length} skipped`);
		for (const name of r.failed.sort()) lines.push(`${r.pkg} ${name} fail`);
	}
	writeFileSync(join(root, "test/snapshots/std-test.txt"), `${lines.join("\n")}\n`);
}

if (o.fresh) rmSync(o.out, { force: true });
if (existsSync(o.out)) {
	for (const line of readFileSync(o.out, "utf8")
		.split("\n")
		.filter((l) => l !== "")) {
		const row = JSON.parse(line) as Row;
		rows.set(row.pkg, row);
	}
}
const queue = positionals.length > 0 ? [...positionals] : goals.filter((p) => !rows.has(p));
await Promise.all(
	Array.from({ length: Number(o.jobs) }, async () => {
		for (let pkg = queue.shift(); pkg !== undefined; pkg = queue.shift()) {
			const row = await runPackage(pkg);
			rows.set(pkg, row);
			appendFileSync(o.out, `${JSON.stringify(row)}\n`);
			report(row);
		}
	}),
);
if (o.snapshot) writeSnapshot();
const ok = [...rows.values()].filter((r) => r.status === "ok").length;
process.stdout.write(
	`${ok} of ${rows.size} packages pass, ${[...rows.values()].reduce((n, r) => n + r.passed, 0)} tests passed, ${[...rows.values()].reduce((n, r) => n + r.failed.length, 0)} failed\n`,
);
