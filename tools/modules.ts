// Fetches well-known modules through the module proxy and works on each whole, beside the official toolchain:
//
//   node tools/modules.ts [--only REGEXP] [--steps REGEXP] [--out FILE] [--work DIR] [--fresh] [--short] [--snapshot] [--tsugo PROGRAM]
//
// A row for each step of each module goes to FILE (default tsugo-modules.jsonl in the temporary folder) as it ends; a later call goes on where it
// stopped: rows that are not "same" run again when --steps names them. --snapshot writes docs/modules-table.md. Without a `go` on PATH there is nothing
// to compare with: it says so and ends.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = new URL("..", import.meta.url).pathname;

const modules = [
	"github.com/spf13/cobra@v1.10.2",
	"github.com/gorilla/mux@v1.8.1",
	"github.com/stretchr/testify@v1.12.1",
	"github.com/BurntSushi/toml@v1.6.0",
	"github.com/yuin/goldmark@v1.8.7",
	"github.com/google/go-cmp@v0.7.0",
	"go.uber.org/zap@v1.28.0",
	"github.com/gin-gonic/gin@v1.12.0",
	"github.com/klauspost/compress@v1.20.3",
	"google.golang.org/protobuf@v1.36.12",
];

const { values: o } = parseArgs({
	options: {
		only: { type: "string", default: "" },
		steps: { type: "string" },
		out: { type: "string", default: join(tmpdir(), "tsugo-modules.jsonl") },
		work: { type: "string", default: join(tmpdir(), "tsugo-modules") },
		timeout: { type: "string", default: "3600" },
		fresh: { type: "boolean", default: false },
		short: { type: "boolean", default: false },
		snapshot: { type: "boolean", default: false },
		tsugo: { type: "string", default: join(root, "npm/bin/tsugo") },
	},
});

interface Row {
	module: string;
	step: string;
	same: boolean;
	/** What was compared, in one line: counts; or the first differences. */
	detail: string;
	ms: number;
	officialMs: number;
}

interface Result {
	code: number | null;
	out: string;
	err: string;
	ms: number;
}

/** One of the two toolchains, with a module cache of its own. */
interface Side {
	name: "tsugo" | "go";
	program: string;
	cache: string;
}

function run(side: Side, cwd: string, args: readonly string[]): Promise<Result> {
	return new Promise((resolve) => {
		const start = performance.now();
		const env = {
			...process.env,
			GOMODCACHE: join(side.cache, "mod"),
			GOTOOLCHAIN: "local",
			GOWORK: "off",
			GOFLAGS: "-modcacherw -buildvcs=false",
			CGO_ENABLED: "0",
		};
		const child = spawn(side.program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
		const out: Buffer[] = [];
		const err: Buffer[] = [];
		child.stdout.on("data", (d: Buffer) => out.push(d));
		child.stderr.on("data", (d: Buffer) => err.push(d));
		const timer = setTimeout(() => {
			if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
		}, Number(o.timeout) * 1000);
		child.on("close", (code) => {
			clearTimeout(timer);
			const text = (b: Buffer[]): string => Buffer.concat(b).toString("utf8");
			resolve({ code, out: text(out), err: text(err), ms: Math.round(performance.now() - start) });
		});
	});
}

/** Files of a tree with the hash of their content. */
function tree(dir: string, prefix = ""): string[] {
	if (!existsSync(dir)) return [];
	const out: string[] = [];
	for (const e of readdirSync(join(dir, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
		const path = prefix === "" ? e.name : `${prefix}/${e.name}`;
		if (e.isDirectory()) out.push(...tree(dir, path));
		else
			out.push(
				`${path} ${createHash("sha256")
					.update(readFileSync(join(dir, path)))
					.digest("hex")
					.slice(0, 16)}`,
			);
	}
	return out;
}

/** A test's name; addresses in it are of the heap and change from run to run. */
function testName(name: string | undefined): string {
	return name?.replace(/\b0x[0-9a-f]{6,}\b/g, "0x…") ?? "(package)";
}

/** Lines that only one side has, a few of them. */
function difference(ours: readonly string[], theirs: readonly string[]): string {
	const a = new Set(ours);
	const b = new Set(theirs);
	const extra = ours.filter((l) => !b.has(l)).map((l) => `+${l}`);
	const missing = theirs.filter((l) => !a.has(l)).map((l) => `-${l}`);
	const all = [...missing, ...extra];
	if (all.length === 0) return ours.join("\n") === theirs.join("\n") ? "" : "same lines in another order";
	return `${all.length} lines differ: ${all.slice(0, 8).join(" | ").slice(0, 600)}`;
}

const lines = (text: string): string[] => text.split("\n").filter((l) => l !== "");
const fileLines = (file: string): string[] => (existsSync(file) ? lines(readFileSync(file, "utf8")) : ["(no such file)"]);

/** How each test and each package of a `go test -json` ended: "package Test outcome", sorted. */
function testResults(text: string): string[] {
	const ends: string[] = [];
	for (const line of lines(text)) {
		if (!line.startsWith("{")) continue;
		const e = JSON.parse(line) as { Action: string; Package?: string; Test?: string; ImportPath?: string };
		if (["pass", "fail", "skip"].includes(e.Action) && e.Package !== undefined) ends.push(`${e.Package} ${testName(e.Test)} ${e.Action}`);
		else if (e.Action === "build-fail") ends.push(`${e.ImportPath} (build) fail`);
	}
	return ends.sort();
}

type Compare = (ours: Result, theirs: Result, dirs: { ours: string; theirs: string }) => { problem: string; detail: string };

interface Step {
	name: string;
	args: (module: string) => string[];
	compare: Compare;
}

const sameOutput: Compare = (a, b) => {
	let problem = difference(lines(a.out), lines(b.out));
	if (a.code !== b.code) problem = `exit ${a.code} instead of ${b.code}: ${a.err.trim().slice(0, 400)} ${problem}`;
	return { problem, detail: `${lines(b.out).length} lines` };
};

const sameTests: Compare = (a, b) => {
	const [ours, theirs] = [testResults(a.out), testResults(b.out)];
	const count = (word: string): number => theirs.filter((l) => l.endsWith(` ${word}`) && !l.includes(" (package) ")).length;
	let problem = difference(ours, theirs);
	if (a.code !== b.code) problem = `exit ${a.code} instead of ${b.code} ${a.err.trim().slice(0, 400)} ${problem}`;
	return { problem, detail: `${count("pass")} pass, ${count("fail")} fail, ${count("skip")} skip` };
};

const steps: readonly Step[] = [
	{
		name: "tidy",
		args: () => ["mod", "tidy"],
		compare: (a, b, dirs) => {
			const mod = difference(fileLines(join(dirs.ours, "go.mod")), fileLines(join(dirs.theirs, "go.mod")));
			const sum = difference(fileLines(join(dirs.ours, "go.sum")), fileLines(join(dirs.theirs, "go.sum")));
			const code = a.code === b.code ? "" : `exit ${a.code} instead of ${b.code}: ${a.err.slice(0, 400)}`;
			return {
				problem: [code, mod && `go.mod: ${mod}`, sum && `go.sum: ${sum}`].filter((p) => p !== "").join("; "),
				detail: `go.mod and go.sum, ${fileLines(join(dirs.theirs, "go.sum")).length} sums`,
			};
		},
	},
	{ name: "list -m all", args: () => ["list", "-m", "all"], compare: sameOutput },
	{ name: "mod graph", args: () => ["mod", "graph"], compare: sameOutput },
	{ name: "mod why -m all", args: () => ["mod", "why", "-m", "all"], compare: sameOutput },
	{ name: "mod why all", args: () => ["mod", "why", "all"], compare: sameOutput },
	{ name: "list -deps -test", args: () => ["list", "-deps", "-test", "./..."], compare: sameOutput },
	{ name: "mod verify", args: () => ["mod", "verify"], compare: sameOutput },
	{
		name: "vendor",
		args: () => ["mod", "vendor", "-o", "../vendored"],
		compare: (a, b, dirs) => {
			const [ours, theirs] = [tree(join(dirs.ours, "../vendored")), tree(join(dirs.theirs, "../vendored"))];
			const code = a.code === b.code ? "" : `exit ${a.code} instead of ${b.code}: ${a.err.slice(0, 400)} `;
			return { problem: code + difference(ours, theirs), detail: `${theirs.length} files` };
		},
	},
	{ name: "build", args: () => ["build", "./..."], compare: sameOutput },
	{
		name: "test",
		args: () => ["test", "-json", "-count=1", ...(o.short ? ["-short"] : []), "-timeout=30m", "./..."],
		compare: sameTests,
	},
];

const rows = new Map<string, Row>();

function keep(row: Row): void {
	rows.set(`${row.module} ${row.step}`, row);
	appendFileSync(o.out, `${JSON.stringify(row)}\n`);
	process.stdout.write(
		`${row.same ? "same" : "DIFF"} ${row.module} ${row.step}: ${row.detail} (${(row.ms / 1000).toFixed(1)} s, official ${(row.officialMs / 1000).toFixed(1)} s)\n`,
	);
}

function wanted(module: string, step: string): boolean {
	const done = rows.get(`${module} ${step}`);
	if (o.steps !== undefined && !new RegExp(o.steps).test(step)) return false;
	return done === undefined || (o.steps !== undefined && !done.same);
}

/** A writable copy of the module's files for one side, downloaded by it. */
async function fetchModule(side: Side, module: string, base: string): Promise<{ sums: string; dir: string; ms: number }> {
	const dir = join(base, side.name, "src");
	const outside = join(base, side.name, "outside");
	mkdirSync(outside, { recursive: true });
	const got = await run(side, outside, ["mod", "download", "-json", module]);
	if (got.code !== 0) return { sums: `${side.name}: exit ${got.code}: ${got.out}${got.err}`, dir, ms: got.ms };
	const info = JSON.parse(got.out) as { Dir: string; Sum: string; GoModSum: string };
	if (!existsSync(dir)) cpSync(info.Dir, dir, { recursive: true });
	spawnSync("chmod", ["-R", "u+w", dir]);
	return { sums: `${info.Sum} ${info.GoModSum}`, dir, ms: got.ms };
}

async function runModule(module: string, ours: Side, theirs: Side): Promise<void> {
	if (!steps.some((s) => wanted(module, s.name)) && !wanted(module, "fetch")) return;
	const base = join(o.work, module.replaceAll("/", "_"));
	const a = await fetchModule(ours, module, base);
	const b = await fetchModule(theirs, module, base);
	const same = a.sums === b.sums;
	if (wanted(module, "fetch"))
		keep({ module, step: "fetch", same, detail: same ? "h1 sums" : `${a.sums} / ${b.sums}`, ms: a.ms, officialMs: b.ms });
	if (!same) return;
	for (const step of steps) {
		if (!wanted(module, step.name)) continue;
		const args = step.args(module);
		const r = await run(ours, a.dir, args);
		const s = await run(theirs, b.dir, args);
		const { problem, detail } = step.compare(r, s, { ours: a.dir, theirs: b.dir });
		if (problem !== "") {
			writeFileSync(join(base, `${step.name.replaceAll(" ", "-")}.tsugo.txt`), r.out + r.err);
			writeFileSync(join(base, `${step.name.replaceAll(" ", "-")}.go.txt`), s.out + s.err);
		}
		keep({ module, step: step.name, same: problem === "", detail: problem === "" ? detail : problem, ms: r.ms, officialMs: s.ms });
	}
}

/** A table for docs: a line for each module, a column for each step. */
function writeTable(): void {
	const names = ["fetch", ...steps.map((s) => s.name)];
	const out = [
		"<!-- written by: node tools/modules.ts --snapshot -->",
		"",
		`| module | ${names.join(" | ")} | tests (official) |`,
		`|---|${names.map(() => "---|").join("")}---|`,
	];
	const problems: string[] = [];
	for (const module of modules) {
		const cells = names.map((n) => {
			const row = rows.get(`${module} ${n}`);
			if (row !== undefined && !row.same) problems.push(`- ${module}, ${n}: ${row.detail.replaceAll("|", "¦")}`);
			return row === undefined ? "not run" : row.same ? "same" : "**differs**";
		});
		const tests = rows.get(`${module} test`);
		out.push(`| ${module} | ${cells.join(" | ")} | ${tests?.same ? tests.detail : ""} |`);
	}
	writeFileSync(join(root, "docs/modules-table.md"), `${[...out, "", ...problems].join("\n").trimEnd()}\n`);
}

async function main(): Promise<void> {
	if (spawnSync("go", ["version"]).status !== 0) {
		process.stderr.write("no go command on PATH: nothing to compare with\n");
		process.exit(1);
	}
	if (o.fresh) for (const f of [o.out, o.work]) rmSync(f, { recursive: true, force: true });
	for (const line of existsSync(o.out) ? lines(readFileSync(o.out, "utf8")) : []) {
		const row = JSON.parse(line) as Row;
		rows.set(`${row.module} ${row.step}`, row);
	}
	const ours: Side = { name: "tsugo", program: o.tsugo, cache: join(o.work, "cache-tsugo") };
	const theirs: Side = { name: "go", program: "go", cache: join(o.work, "cache-go") };
	for (const module of modules) if (new RegExp(o.only).test(module)) await runModule(module, ours, theirs);
	if (o.snapshot) writeTable();
	const all = [...rows.values()];
	process.stdout.write(`${all.filter((r) => r.same).length} of ${all.length} steps are the same\n`);
}

await main();
