// Speed of the debugger beside Delve's: node bench/debugger.ts [--runs N] [--big EXECUTABLE] [--json] [NAME...]
// Both serve JSON-RPC on the same targets, in turns, to the same client; medians of the runs. Ours starts from the bundle (npm run bundle).

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
	options: { runs: { type: "string", default: "5" }, big: { type: "string" }, json: { type: "boolean", default: false } },
	allowPositionals: true,
});
const here = import.meta.dirname;
const out = mkdtempSync(join(tmpdir(), "tsugo-bench-"));
const loop = join(out, "loop");
/** Where ours keeps its indexes: empty before the first run. */
const indexes = join(out, "indexes");

function must(cmd: string, args: readonly string[]): string {
	const r = spawnSync(cmd, args, { encoding: "utf8" });
	if (r.status !== 0) throw new Error(`${cmd} ${args.join(" ")}: ${r.error?.message ?? r.stdout + r.stderr}`);
	return r.stdout.trim();
}

const dlv = must("sh", ["-c", "command -v dlv"]);
/** Delve itself, with its debugging information, is a program of the size that is asked for. */
const big = values.big ?? dlv;
must("go", ["build", "-gcflags=all=-N -l", "-o", loop, join(here, "debugger/loop.go")]);
const bundle = join(here, "../npm/bin/tsugo");
if (!existsSync(join(here, "../npm/dist/tsugo.mjs"))) throw new Error("no bundle: npm run bundle");

type Side = "dlv" | "tsugo";

/** A server with a target of its own, and a client of it. */
class Server {
	readonly child: ChildProcess;
	private socket: Socket | null = null;
	private parts: string[] = [];
	private next = 0;
	private answered: ((text: string) => void) | null = null;

	constructor(side: Side, target: string, args: readonly string[], env: Record<string, string>) {
		const flags = ["exec", "--headless", "--api-version=2", "--listen=127.0.0.1:0", target, "--", ...args];
		this.child = spawn(side === "dlv" ? dlv : bundle, side === "dlv" ? flags : ["dlv", ...flags], {
			stdio: ["ignore", "pipe", "ignore"],
			env: { ...process.env, ...env },
		});
	}

	/** Waits until the server listens. */
	async listening(): Promise<void> {
		let said = "";
		const stdout = this.child.stdout as NonNullable<typeof this.child.stdout>;
		for await (const piece of stdout) {
			said += String(piece);
			const port = /listening at: 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
			if (port === undefined) continue;
			const socket = connect(Number(port), "127.0.0.1");
			socket.setNoDelay(true);
			await new Promise((r) => socket.once("connect", r));
			socket.setEncoding("utf8");
			socket.on("data", (d: string) => {
				this.parts.push(d);
				if (d.endsWith("\n")) this.answered?.(this.parts.splice(0).join(""));
			});
			this.socket = socket;
			return;
		}
		throw new Error(`the server ended: ${said}`);
	}

	async call<T>(method: string, arg: object = {}): Promise<T> {
		const done = Promise.withResolvers<string>();
		this.answered = done.resolve;
		this.socket?.write(JSON.stringify({ method: `RPCServer.${method}`, params: [arg], id: this.next++ }));
		const text = await done.promise;
		const m = JSON.parse(text) as { result: T; error: string | null };
		if (m.error !== null) throw new Error(`${method}: ${m.error}`);
		return m.result;
	}

	/** Megabytes that the server's process occupies. */
	memory(): number {
		return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8"))?.[1]) / 1024;
	}

	/** Processor time so far, in milliseconds. */
	cpu(): number {
		const text = readFileSync(`/proc/${this.child.pid}/stat`, "utf8");
		const f = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return (Number(f[11]) + Number(f[12])) * 10;
	}

	async end(): Promise<void> {
		await this.call("Detach", { Kill: true }).catch(() => {});
		this.socket?.destroy();
		this.child.kill("SIGTERM");
	}
}

type Figures = Record<string, number>;

async function withServer(side: Side, target: string, args: readonly string[], f: (s: Server) => Promise<Figures>): Promise<Figures> {
	const s = new Server(side, target, args, { TSUGO_DLV_INDEX: indexes });
	try {
		await s.listening();
		return await f(s);
	} finally {
		await s.end();
	}
}

const since = (start: number): number => performance.now() - start;

async function stopAt(s: Server, functionName: string, more: object = {}): Promise<void> {
	await s.call("CreateBreakpoint", { Breakpoint: { functionName, line: -1, ...more } });
	await s.call("Command", { name: "continue" });
}

const HITS = 20_000;
const STEPS = 300;
const GOROUTINES = 100_000;
const GROUP = { GroupBy: 2, MaxGroupMembers: 5, MaxGroups: 50 };

/** What is measured; figures are milliseconds unless their name says something else. */
const BENCHES: Record<string, (side: Side) => Promise<Figures>> = {
	ready: async (side) => {
		const start = performance.now();
		return withServer(side, big, ["version"], async (s) => {
			await s.call("CreateBreakpoint", { Breakpoint: { functionName: "main.main" } });
			const figures = { ready: since(start), "processor time of ready": s.cpu(), "memory of ready, MB": s.memory() };
			// Ours keeps its index once nobody asks for anything.
			if (side === "tsugo" && !existsSync(indexes)) await new Promise((r) => setTimeout(r, 5000));
			return figures;
		});
	},
	condition: (side) =>
		withServer(side, loop, ["hits", String(HITS)], async (s) => {
			await s.call("CreateBreakpoint", { Breakpoint: { functionName: "main.hit", line: -1, Cond: "i == -1" } });
			const start = performance.now();
			await stopAt(s, "main.ready");
			return { "false condition, µs": (since(start) * 1000) / HITS };
		}),
	next: (side) =>
		withServer(side, loop, ["lines", "100000"], async (s) => {
			await stopAt(s, "main.lines");
			for (let i = 0; i < 20; i++) await s.call("Command", { name: "next" });
			const start = performance.now();
			for (let i = 0; i < STEPS; i++) await s.call("Command", { name: "next" });
			return { next: since(start) / STEPS };
		}),
	goroutines: (side) =>
		withServer(side, loop, ["goroutines", String(GOROUTINES)], async (s) => {
			await stopAt(s, "main.ready");
			const start = performance.now();
			await s.call("ListGoroutines", { Start: 0, Count: 1024 });
			const first = since(start);
			const before = performance.now();
			const grouped = await s.call<{ Groups: unknown[] }>("ListGoroutines", { Start: 0, Count: 0, ...GROUP });
			if (grouped.Groups.length < 2) throw new Error("no groups");
			return { "first 1,024 goroutines of 100,000": first, "all grouped": since(before), "memory of 100,000 goroutines, MB": s.memory() };
		}),
};

const median = (v: readonly number[]): number => v.toSorted((a, b) => a - b)[v.length >> 1] as number;

const results = new Map<string, Record<Side, number[]>>();
for (const [name, bench] of Object.entries(BENCHES)) {
	if (positionals.length > 0 && !positionals.includes(name)) continue;
	for (let i = 0; i < Number(values.runs); i++) {
		for (const side of ["dlv", "tsugo"] as const) {
			for (const [figure, value] of Object.entries(await bench(side))) {
				const row = results.get(figure) ?? { dlv: [], tsugo: [] };
				results.set(figure, row);
				row[side].push(value);
			}
		}
	}
}
rmSync(out, { recursive: true });
const rows = [...results].map(([figure, r]) => ({ figure, dlv: median(r.dlv), tsugo: median(r.tsugo), first: r.tsugo[0] as number }));
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
	for (const r of rows) {
		const n = (v: number): string => v.toFixed(v < 10 ? 2 : 1).padStart(9);
		process.stdout.write(
			`${r.figure.padEnd(34)}${n(r.dlv)}${n(r.tsugo)}  ${(r.tsugo / r.dlv).toFixed(2)}   first run ${n(r.first).trim()}\n`,
		);
	}
}
