// Runs the cases of GOROOT/test for linux/amd64 without cgo:
//
//   node tools/conformance.ts [--goroot DIR] [--only RE] [--action A,B] [--shard I/N] [--jobs N] [--timeout SECONDS]
//                             [--out FILE] [--fresh] [--failed] [--snapshot] [--cache DIR]
//
// Results go to FILE (default /tmp/tsugo-conformance.jsonl), a line for each case as it ends; a later call goes on where
// it stopped (--fresh: from the start, --failed: what did not pass once more). --snapshot writes test/snapshots/goroot-test.txt.
//
// Cases that are only compiled, and plain programs, are built 20 in one program; what does not pass so runs alone.
// Flags of a case that choose optimizations of gc (-N, -l, -d=checkptr, …) have no meaning here; -lang, -tags, -goexperiment,
// -godebug and -gomodversion are applied. Which cases do not apply, and why, is in conformance/recipe.ts.

import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findGoroot } from "./check.ts";
import type { Result } from "./conformance/run.ts";
import { listCases } from "./conformance/recipe.ts";

type Row = Result & { ms: number; rss: number };

const root = new URL("..", import.meta.url).pathname;
/** Cases that a process runs before it is replaced, and the memory at which it is replaced before. */
const casesPerWorker = 60;
/** Cases that are only compiled go together, and so do programs (see Runner.runAll). */
const batchSize = 20;
const maxRss = 1.5e9;

const { values: o } = parseArgs({
	options: {
		goroot: { type: "string", default: "" },
		only: { type: "string", default: "" },
		action: { type: "string", default: "" },
		shard: { type: "string", default: "0/1" },
		jobs: { type: "string", default: "1" },
		timeout: { type: "string", default: "180" },
		out: { type: "string", default: "/tmp/tsugo-conformance.jsonl" },
		cache: { type: "string", default: "/tmp/tsugo-conformance-cache" },
		fresh: { type: "boolean", default: false },
		failed: { type: "boolean", default: false },
		snapshot: { type: "boolean", default: false },
		verbose: { type: "boolean", short: "v", default: false },
	},
});

const goroot = o.goroot === "" ? findGoroot() : o.goroot;
const rows = new Map<string, Row>();

function readResults(): void {
	if (o.fresh) rmSync(o.out, { force: true });
	if (!existsSync(o.out)) return;
	for (const line of readFileSync(o.out, "utf8").split("\n")) {
		if (line === "") continue;
		const row = JSON.parse(line) as Row;
		rows.set(row.name, row);
	}
}

/** The action of a case without its source being read by a worker; cheap enough for all. */
function actionOf(name: string): string {
	const text = readFileSync(join(goroot, "test", name), "utf8");
	return /^\/\/ *(\w+)/m.exec(text.replace(/^(?:\/\/go:build.*|\/\/ \+build.*|\s*)\n/gm, ""))?.[1] ?? "";
}

function chooseCases(): string[] {
	const [index, count] = o.shard.split("/").map(Number);
	const only = new RegExp(o.only);
	const actions = o.action.split(",").filter((a) => a !== "");
	return listCases(join(goroot, "test")).filter((name, i) => {
		if (i % count !== index || !only.test(name)) return false;
		if (actions.length > 0 && !actions.includes(actionOf(name))) return false;
		const known = rows.get(name);
		return known === undefined || (o.failed && known.status !== "pass" && known.status !== "skip");
	});
}

/** Lists of cases to run at once, in the order of their first. */
function groupCases(names: readonly string[]): string[][] {
	const out: string[][] = [];
	const batches = new Map<string, string[]>();
	for (const name of names) {
		const action = actionOf(name);
		const kind = action === "run" || action === "compile" || action === "compiledir" ? action.slice(0, 7) : "";
		let batch = batches.get(kind);
		if (batch === undefined || kind === "" || batch.length === batchSize) {
			batch = [];
			batches.set(kind, batch);
			out.push(batch);
		}
		batch.push(name);
	}
	return out;
}

function record(row: Row): void {
	rows.set(row.name, row);
	appendFileSync(o.out, `${JSON.stringify(row)}\n`);
	if (o.verbose || (row.status !== "pass" && row.status !== "skip"))
		process.stdout.write(`${row.status.padEnd(5)} ${row.name} (${row.action}, ${row.ms} ms): ${row.detail.split("\n")[0].slice(0, 200)}\n`);
}

/** Sends cases to one child after the other until there are none. */
class Worker {
	private readonly queue: string[][];
	private child: ChildProcess | null = null;
	private done = 0;

	constructor(queue: string[][]) {
		this.queue = queue;
	}

	private start(): Promise<ChildProcess> {
		const flags = ["--stack-size=3900", "--max-old-space-size=3000"];
		const child = fork(join(root, "tools/conformance/worker.ts"), [goroot, o.cache], {
			execArgv: flags,
			stdio: ["ignore", "inherit", "inherit", "ipc"],
		});
		this.done = 0;
		return new Promise((resolve, reject) => {
			child.once("message", () => resolve(child));
			child.once("exit", (code) => reject(new Error(`worker did not start: ${code}`)));
		});
	}

	private one(child: ChildProcess, names: readonly string[]): Promise<Row[]> {
		return new Promise((resolve) => {
			const start = performance.now();
			const failed = (detail: string): Row[] => {
				const ms = Math.round(performance.now() - start);
				return names.map((name) => ({ name, action: actionOf(name), status: "crash", detail, ms, rss: 0 }));
			};
			const timer = setTimeout(
				() => finish(failed(`no end after ${o.timeout} s`), true),
				Number(o.timeout) * 1000 * (names.length > 1 ? 5 : 1),
			);
			const onExit = (code: number | null, signal: string | null): void => finish(failed(`worker ended: ${signal ?? code}`), true);
			const finish = (rows: Row[], dead: boolean): void => {
				clearTimeout(timer);
				child.removeAllListeners();
				if (dead) {
					child.kill("SIGKILL");
					this.child = null;
				}
				resolve(rows);
			};
			child.on("message", (rows: Row[]) => finish(rows, false));
			child.on("exit", onExit);
			child.send(names);
		});
	}

	async run(): Promise<void> {
		for (let names = this.queue.shift(); names !== undefined; names = this.queue.shift()) {
			this.child ??= await this.start();
			const list = await this.one(this.child, names);
			for (const row of list) record(row);
			this.done += list.length;
			if (this.child !== null && (this.done >= casesPerWorker || list[0].rss > maxRss)) this.stop();
		}
		this.stop();
	}

	private stop(): void {
		this.child?.removeAllListeners();
		this.child?.kill("SIGKILL");
		this.child = null;
	}
}

/** Families of actions, as the goals name them. */
const families: Record<string, RegExp> = {
	"run-like": /^(run|rundir|runindir|runoutput|buildrun|buildrundir|errorcheckandrundir)$/,
	"compile-like": /^(compile|compiledir|build|builddir)$/,
	errorcheck: /^(errorcheck|errorcheckdir|errorcheckoutput)$/,
};

function summary(): void {
	const line = (label: string, list: readonly Row[]): void => {
		const applicable = list.filter((r) => r.status !== "skip");
		const pass = applicable.filter((r) => r.status === "pass").length;
		const rate = applicable.length === 0 ? "" : `${((100 * pass) / applicable.length).toFixed(1)}%`;
		const crashed = applicable.filter((r) => r.status === "crash").length;
		process.stdout.write(
			`${label.padEnd(22)}${String(pass).padStart(5)} of ${String(applicable.length).padStart(5)} ${rate.padStart(7)}   crashed ${crashed}, not applicable ${list.length - applicable.length}\n`,
		);
	};
	const all = [...rows.values()];
	for (const action of [...new Set(all.map((r) => r.action))].sort())
		line(
			`  ${action}`,
			all.filter((r) => r.action === action),
		);
	for (const [name, re] of Object.entries(families))
		line(
			name,
			all.filter((r) => re.test(r.action)),
		);
}

readResults();
const queue = groupCases(chooseCases());
await Promise.all(Array.from({ length: Number(o.jobs) }, () => new Worker(queue).run()));
summary();
if (o.snapshot) {
	mkdirSync(join(root, "test/snapshots"), { recursive: true });
	const text = [...rows.values()]
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.map((r) => `${r.name} ${r.status === "skip" ? `skip: ${r.detail}` : r.status === "pass" ? "pass" : "fail"}\n`)
		.join("");
	writeFileSync(join(root, "test/snapshots/goroot-test.txt"), text);
}
