// Compares inlining decisions with the official compiler's:
//   go build -gcflags='all=-m=2' std 2>&1 | grep -E 'can inline|cannot inline|inlining call' > M    (from GOROOT/src)
//   node tools/inline-compare.ts M [-n LINES] [-v costs|calls] PACKAGE...

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Kind } from "#syntax";
import { checkBody, ObjKind, type Signature, typeOf } from "#types";
import { Frontend } from "../packages/build/frontend.ts";
import { openEnv, openLoader } from "../packages/cmd/buildflags.ts";
import type { Frame } from "../packages/compile/escape/flow.ts";
import { EscapePlanner } from "../packages/compile/escape/planner.ts";
import { Inliner } from "../packages/compile/inline/inliner.ts";
import { type FuncInst, Program } from "../packages/compile/program.ts";
import { parseFlags } from "./flags.ts";

const opt = parseFlags(process.argv.slice(2), ["n", "v"], []);
const [golden, ...paths] = opt.rest;
const env = await openEnv();
const loader = await openLoader(env, { strings: new Map(), bools: new Map(), lists: new Map(), args: [] } as never, paths);
const front = new Frontend(loader);
const roots = paths.flatMap((p) => [loader.import(p, null)]);
for (const p of loader.closure([loader.import("runtime", null), ...roots]))
	if (p.importPath !== "unsafe") front.add(p, p.importPath, [], "go1.26");
const units = front.units.map((u) => ({
	pkg: u.pkg,
	files: u.files,
	asm: { defs: new Map(), refs: new Map() },
	standard: u.source.standard,
	links: null,
}));
const program = new Program({ build: front.build, sources: front.sources, units, goarch: "amd64" });
const checked = (fn: FuncInst): ReturnType<Program["bodyOf"]> => {
	if (fn.obj !== null) checkBody(fn.obj);
	return program.bodyOf(fn);
};
const inliner = new Inliner(program, checked);
const planner = new EscapePlanner(program, checked, inliner);
const src = join(loader.ctx.goroot, "src");

const can = new Map<string, { name: string; cost: number | null; reason: string }>();
const calls = new Map<string, Set<string>>();
for (const line of readFileSync(golden, "utf8").split("\n")) {
	let m = /^([^ ]+:\d+:\d+): can inline (\S+) with cost (\d+)/.exec(line);
	if (m !== null) can.set(m[1], { name: m[2], cost: Number(m[3]), reason: "" });
	m = /^([^ ]+:\d+:\d+): cannot inline ([^:]+): (.*)$/.exec(line);
	if (m !== null) can.set(m[1], { name: m[2], cost: null, reason: m[3] });
	m = /^([^ ]+:\d+:\d+): inlining call to (\S+)/.exec(line);
	if (m !== null) calls.set(m[1], (calls.get(m[1]) ?? new Set()).add(m[2]));
}

const at = (pos: number): string => {
	const p = front.sources.position(pos);
	return `${relative(src, p.file)}:${p.line}:${p.col}`;
};
let same = 0;
let off = 0;
let wrong = 0;
const costs: string[] = [];
const missing: string[] = [];
const extra: string[] = [];
let sameCalls = 0;
let spent = 0;

function compareCalls(frame: Frame, top: boolean, seen: Set<string>): void {
	for (const [, inner] of frame.inlined) {
		seen.add(at(inner.call?.pos ?? 0));
		if (top) compareCalls(inner, false, seen);
	}
}

const ourCalls = new Set<string>();
const lines = new Set<string>();
for (const u of front.units) {
	if (!roots.includes(u.source)) continue;
	for (const file of u.files) {
		for (const d of file.decls) {
			if (d.kind !== Kind.FuncDecl) continue;
			const obj = front.build.info.defs.get(d.name);
			if (obj === undefined || obj === null || obj.kind !== ObjKind.Func || obj.name === "_") continue;
			const sig = typeOf(obj) as Signature;
			if (sig.tparams.length > 0 || sig.rparams.length > 0) continue;
			const fn = program.inst(obj, []);
			const start = performance.now();
			const v = inliner.verdict(fn);
			spent += performance.now() - start;
			const key = at(d.pos);
			const t = can.get(key);
			if (t !== undefined) {
				if (t.cost === v.cost) same++;
				else if (t.cost === null || v.cost === null) {
					wrong++;
					costs.push(`${key} ${t.name}: gc ${t.cost ?? t.reason}, ours ${v.cost ?? v.reason}`);
				} else {
					off++;
					costs.push(`(${key} ${t.name}: gc ${t.cost}, ours ${v.cost})`);
				}
			}
			if (d.hasBody) {
				const body = checked(fn);
				const from = front.sources.position(d.pos);
				for (let l = from.line, end = front.sources.position(body?.rbrace ?? d.pos).line; l <= end; l++)
					lines.add(`${relative(src, from.file)}:${l}`);
				compareCalls(planner.frame(fn), true, ourCalls);
			}
		}
	}
}
for (const [key, names] of calls) {
	if (!lines.has(key.slice(0, key.lastIndexOf(":")))) continue;
	if (ourCalls.has(key)) sameCalls++;
	else missing.push(`${key} ${[...names].join(" ")}`);
}
for (const key of ourCalls) if (!calls.has(key) && lines.has(key.slice(0, key.lastIndexOf(":")))) extra.push(key);
process.stdout.write(
	`verdicts: ${same} same cost, ${off} other cost, ${wrong} wrong; calls: ${sameCalls} same, ${missing.length} missing, ${extra.length} extra; ${spent.toFixed(0)} ms\n`,
);
const n = Number(opt.values.n ?? 40);
const show = (opt.values.v ?? "").split(",");
if (show.includes("costs")) for (const l of costs.slice(0, n)) process.stdout.write(`${l}\n`);
if (show.includes("wrong")) for (const l of costs.filter((c) => !c.startsWith("(")).slice(0, n)) process.stdout.write(`${l}\n`);
if (show.includes("calls")) {
	for (const l of missing.slice(0, n)) process.stdout.write(`missing ${l}\n`);
	for (const l of extra.slice(0, n)) process.stdout.write(`extra ${l}\n`);
}
