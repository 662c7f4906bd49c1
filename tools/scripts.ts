// Runs cmd/go's scripts (GOROOT/src/cmd/go/testdata/script) against tsugo:
//
//   node tools/scripts.ts [--filter REGEXP] [--jobs N] [--timeout SECONDS] [--out FILE] [--fresh] [--failed] [--snapshot]
//                         [-v] [--keep] [--go PROGRAM] [--all] [NAME…]
//
// A result line for each script goes to FILE (default scripts.jsonl in the temporary folder) as it ends; a later call goes on where it stopped.
// NAMEs always run. --failed runs those again that failed. --snapshot writes test/snapshots/cmd-go-scripts.txt from FILE.
// --go runs another go command (the official one, to see what can pass here). --all also runs what is out of scope.

import { spawnSync } from "node:child_process";
import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findGoroot } from "#build";
import { removeAll, scriptCommands } from "./scripts/commands.ts";
import { outOfScope, scriptConditions } from "./scripts/conditions.ts";
import { type Outcome, runScript, State } from "./scripts/engine.ts";
import { ModuleProxy, verifierKey } from "./scripts/proxy.ts";
import { parseTxtar } from "./scripts/txtar.ts";
import { VcsTest } from "./scripts/vcstest.ts";

const root = new URL("..", import.meta.url).pathname;

const { values: o, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		filter: { type: "string" },
		jobs: { type: "string", default: "1" },
		timeout: { type: "string", default: "240" },
		out: { type: "string", default: join(tmpdir(), "scripts.jsonl") },
		fresh: { type: "boolean", default: false },
		failed: { type: "boolean", default: false },
		snapshot: { type: "boolean", default: false },
		verbose: { type: "boolean", short: "v", default: false },
		keep: { type: "boolean", default: false },
		go: { type: "string" },
		all: { type: "boolean", default: false },
		short: { type: "boolean", default: false },
	},
});

interface Row extends Outcome {
	name: string;
	ms: number;
}

const goroot = findGoroot(process.env, (p) => realpathSync(p));
const cmdGo = join(goroot, "src/cmd/go");
if (!existsSync(join(cmdGo, "testdata/script"))) {
	process.stderr.write(`no ${cmdGo}/testdata/script: this needs a Go source tree\n`);
	process.exit(1);
}

function readRows(): Map<string, Row> {
	const rows = new Map<string, Row>();
	if (o.fresh && positionals.length === 0) rmSync(o.out, { force: true });
	if (!existsSync(o.out)) return rows;
	for (const line of readFileSync(o.out, "utf8")
		.split("\n")
		.filter((l) => l !== "")) {
		const row = JSON.parse(line) as Row;
		rows.set(row.name, row);
	}
	return rows;
}

/** A folder with a `go` that is the program under test. */
function makeBin(dir: string): string {
	const bin = join(dir, "bin");
	mkdirSync(bin);
	const program = o.go ?? join(root, "npm/bin/tsugo");
	writeFileSync(join(bin, "go"), `#!/bin/sh\nexec '${program}' "$@"\n`);
	chmodSync(join(bin, "go"), 0o755);
	if (o.go === undefined) {
		const made = spawnSync(process.execPath, [join(root, "tools/bundle.ts")], { stdio: "inherit" });
		if (made.status !== 0) process.exit(1);
	}
	return bin;
}

function scriptEnv(bin: string, proxy: string, cache: string): Map<string, string> {
	const version = /^go1\.\d+/.exec(readFileSync(join(goroot, "VERSION"), "utf8"))?.[0].slice(2) ?? "";
	const full = /^go(\S+)/.exec(readFileSync(join(goroot, "VERSION"), "utf8"))?.[1] ?? version;
	return new Map([
		["PATH", `${bin}:${process.env.PATH ?? ""}`],
		["HOME", "/no-home"],
		["CCACHE_DISABLE", "1"],
		["GOARCH", "amd64"],
		["TESTGO_GOHOSTARCH", "amd64"],
		["GOCACHE", cache],
		["GOCOVERDIR", ""],
		["GODEBUG", ""],
		["GOEXE", ""],
		["GOEXPERIMENT", ""],
		["GOOS", "linux"],
		["TESTGO_GOHOSTOS", "linux"],
		["GOPROXY", proxy],
		["GOPRIVATE", ""],
		["GOROOT", goroot],
		["GOTRACEBACK", "system"],
		["TESTGONETWORK", "panic"],
		["TESTGO_GOROOT", goroot],
		["TESTGO_EXE", join(bin, "go")],
		["GOSUMDB", verifierKey],
		["GONOPROXY", ""],
		["GONOSUMDB", ""],
		["GOVCS", "*:all"],
		["devnull", "/dev/null"],
		["goversion", full],
		["CMDGO_TEST_RUN_MAIN", "true"],
		["HGRCPATH", ""],
		["GOTOOLCHAIN", "auto"],
		["newline", "\n"],
	]);
}

interface World {
	base: string;
	env: Map<string, string>;
	/** Variables of the scripts that need vcs-test.golang.org. */
	vcs: readonly [string, string][];
	go: string;
}

async function runOne(name: string, { base, env, vcs, go }: World): Promise<Row> {
	const start = performance.now();
	const archive = parseTxtar(readFileSync(join(cmdGo, "testdata/script", `${name}.txt`)));
	const row = (r: Outcome): Row => ({ name, ...r, ms: Math.round(performance.now() - start) });
	const why = o.all ? "" : outOfScope(name, archive.comment);
	if (why !== "") return row({ status: "skip", line: 0, text: "", why });
	const work = mkdtempSync(join(base, `${name}-`));
	const s = new State(work, archive.comment.includes("vcs-test.golang.org") ? [...env, ...vcs] : env);
	s.env.set("WORK", work);
	s.env.set("TEST_TELEMETRY_DIR", join(work, "telemetry"));
	s.env.set("TMPDIR", join(work, "tmp"));
	s.env.set("GOPATH", join(work, "gopath"));
	for (const d of ["telemetry", "tmp", "gopath/src"]) mkdirSync(join(work, d), { recursive: true });
	s.chdir(join(work, "gopath/src"));
	let late = false;
	const timer = setTimeout(() => {
		late = true;
		for (const kill of s.running) kill();
	}, Number(o.timeout) * 1000);
	let outcome: Outcome;
	try {
		s.extract(archive);
		outcome = await runScript(s, archive.comment, scriptCommands(go), scriptConditions(goroot, o.short));
	} catch (err) {
		outcome = { status: "fail", line: 0, text: "", why: `runner: ${(err as Error).message}` };
	}
	clearTimeout(timer);
	for (const b of s.background) b.kill();
	await Promise.race([Promise.all(s.background.map((b) => b.done)), new Promise((r) => setTimeout(r, 2000))]);
	for (const kill of s.running) kill();
	if (late && outcome.status === "fail") outcome = { ...outcome, why: `timeout: ${outcome.why}` };
	if (o.verbose) process.stdout.write(`=== ${name} (WORK=${work})\n${s.log.join("")}`);
	if (!o.keep) removeAll(work);
	return row(outcome);
}

async function main(): Promise<void> {
	const rows = readRows();
	const all = readdirSync(join(cmdGo, "testdata/script"))
		.filter((f) => f.endsWith(".txt"))
		.map((f) => f.slice(0, -4))
		.sort();
	if (!o.snapshot || positionals.length > 0) await runAll(rows, all);
	if (o.snapshot) writeSnapshot(rows, all);
}

async function runAll(rows: Map<string, Row>, all: readonly string[]): Promise<void> {
	const filter = new RegExp(o.filter ?? "");
	const wanted = positionals.length > 0 ? positionals : all.filter((n) => filter.test(n));
	const queue = wanted.filter((n) => positionals.length > 0 || !rows.has(n) || (o.failed && rows.get(n)?.status === "fail"));
	const base = mkdtempSync(join(realpathSync(tmpdir()), "cmd-go-test-"));
	const bin = makeBin(base);
	const proxy = new ModuleProxy(join(cmdGo, "testdata/mod"));
	const vcstest = new VcsTest(join(cmdGo, "testdata/vcstest"), base, scriptConditions(goroot, o.short));
	const cache = process.env.GOCACHE || join(base, "cache");
	const world = { base, env: scriptEnv(bin, await proxy.listen(), cache), vcs: await vcstest.listen(), go: join(bin, "go") };
	const worker = async (): Promise<void> => {
		for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
			const row = await runOne(name, world);
			rows.set(name, row);
			appendFileSync(o.out, `${JSON.stringify(row)}\n`);
			process.stdout.write(`${describe(row)} (${(row.ms / 1000).toFixed(1)}s)\n`);
		}
	};
	await Promise.all(Array.from({ length: Number(o.jobs) }, worker));
	proxy.close();
	vcstest.close();
	if (!o.keep) removeAll(base);
	const done = wanted.flatMap((n) => rows.get(n) ?? []);
	const count = (status: string): number => done.filter((r) => r.status === status).length;
	const tried = count("pass") + count("fail");
	process.stdout.write(
		`${count("pass")} of ${tried} pass (${((100 * count("pass")) / Math.max(1, tried)).toFixed(1)} %), ${count("skip")} skipped\n`,
	);
}

function describe(row: Row): string {
	if (row.status === "pass") return `${row.name} pass`;
	if (row.status === "skip") return `${row.name} skip: ${row.why}`;
	return `${row.name} fail: line ${row.line}: ${row.text}: ${row.why.split("\n")[0]}`;
}

/** The snapshot has no paths of this machine and no line of output: a script's name, its result, and the command that failed. */
function writeSnapshot(rows: ReadonlyMap<string, Row>, all: readonly string[]): void {
	const file = join(root, "test/snapshots/cmd-go-scripts.txt");
	// Scripts that did not run keep their lines.
	const before = new Map(
		(existsSync(file) ? readFileSync(file, "utf8") : "")
			.split("\n")
			.filter((l) => l !== "" && !l.startsWith("#"))
			.map((l) => [l.slice(0, l.indexOf(" ")), l]),
	);
	const lines = all.flatMap((n) => {
		const row = rows.get(n);
		if (row === undefined) return before.get(n) ?? [];
		return [row.status === "fail" ? `${n} fail: line ${row.line}: ${row.text}` : describe(row)];
	});
	const passed = lines.filter((l) => l.endsWith(" pass")).length;
	const failed = lines.filter((l) => / fail: /.test(l)).length;
	const head = `# ${passed} of ${passed + failed} pass; ${lines.length - passed - failed} out of scope or skipped by themselves\n`;
	writeFileSync(file, `${head}${lines.join("\n")}\n`);
}

await main();
