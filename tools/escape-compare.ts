// Compares escape analysis with the official compiler's, position by position:
//   go build -gcflags='all=-m -l' std 2> M    (from GOROOT/src, so that paths are relative to it)
//   node tools/escape-compare.ts M [-v KIND] [-n LINES] PACKAGE...
// Kinds of differences: unsafe (gc says heap or leaks, we do not), imprecise (the
// other way round), missing (gc has a line where we have none), extra.

import { readFileSync } from "node:fs";
import { relative, join } from "node:path";
import { Frontend } from "../packages/build/frontend.ts";
import { Program } from "../packages/compile/program.ts";
import { EscapePlanner } from "../packages/compile/escape/planner.ts";
import { reportExtern, reportFrame } from "../packages/compile/escape/report.ts";
import { Kind } from "#syntax";
import { checkBody, ObjKind, type Func, type Signature, typeOf } from "#types";
import { openEnv, openLoader } from "../packages/cmd/buildflags.ts";
import { parseFlags } from "./flags.ts";

const opt = parseFlags(process.argv.slice(2), ["v", "n"], ["t"]);
const [golden, ...paths] = opt.rest;

/** Verdict by position and kind of thing: e.g. "strings/builder.go:10:3 append" -> "heap". */
type Verdicts = Map<string, string>;

function classify(text: string): [string, string] | null {
	let m = /^moved to heap: (.*)$/.exec(text);
	if (m !== null) return [`var ${m[1]}`, "heap"];
	m = /^leaking param content: (.*)$/.exec(text);
	if (m !== null) return [`param ${m[1]}`, "content"];
	m = /^leaking param: (\S+) to result (.*) level=(\d+)$/.exec(text);
	if (m !== null) return [`param ${m[1]} to ${m[2]}`, `level ${m[3]}`];
	m = /^leaking param: (\S+)$/.exec(text);
	if (m !== null) return [`param ${m[1]}`, "leak"];
	m = /^(.*) (escapes to heap|does not escape)$/s.exec(text);
	if (m === null) return null;
	const verdict = m[2] === "escapes to heap" ? "heap" : "stack";
	if (m[1] === "append") return ["append", verdict];
	if (m[1] === "... argument") return ["args", verdict];
	if (m[1] === "func literal") return ["lit", verdict];
	return ["site", verdict];
}

function add(into: Verdicts, at: string, text: string): void {
	const c = classify(text);
	if (c === null) return;
	const key = `${at} ${c[0]}`;
	if (into.get(key) !== "heap") into.set(key, c[1]);
}

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
const src = join(loader.ctx.goroot, "src");

let spent = 0;
const planner = new EscapePlanner(
	program,
	(fn) => {
		if (fn.obj !== null) checkBody(fn.obj);
		return program.bodyOf(fn);
	},
	null,
);
program.planner = planner;

const ours: Verdicts = new Map();
/** Line ranges of generic functions, which gc reports by shape: not compared. */
const skip = new Map<string, [number, number][]>();
const seenFiles = new Set<string>();
let functions = 0;
for (const u of front.units) {
	if (!roots.includes(u.source)) continue;
	for (const file of u.files) {
		for (const d of file.decls) {
			if (d.kind !== Kind.FuncDecl) continue;
			const at = front.sources.position(d.pos);
			const name = relative(src, at.file);
			seenFiles.add(name);
			const obj = front.build.info.defs.get(d.name);
			if (obj === undefined || obj === null || obj.kind !== ObjKind.Func) continue;
			const sig = typeOf(obj) as Signature;
			if (sig.tparams.length > 0 || sig.rparams.length > 0) {
				const end = d.hasBody ? endLine(obj) : at.line;
				const list = skip.get(name) ?? [];
				list.push([at.line, end]);
				skip.set(name, list);
				continue;
			}
			if (obj.name === "_") continue;
			const fn = program.inst(obj, []);
			functions++;
			const t0 = performance.now();
			const tags = planner.tags(fn);
			spent += performance.now() - t0;
			const lines = d.hasBody ? reportFrame(planner.frame(fn)) : reportExtern(fn, tags, (t) => program.layout.hasPointers(t));
			for (const l of lines) {
				const p = front.sources.position(l.pos);
				const text = `${relative(src, p.file)}:${p.line}:${p.col}`;
				add(ours, text, l.text);
				if (opt.flags.has("t")) process.stdout.write(`${text}: ${l.text}\n`);
			}
		}
	}
}

function endLine(obj: Func): number {
	const decl = obj.decl;
	const body = decl?.fdecl == null ? null : front.build.bodyOf(decl.file, decl.fdecl);
	return body === null ? 0 : front.sources.position(body.rbrace).line;
}

const theirs: Verdicts = new Map();
const texts = new Map<string, string>();
for (const line of readFileSync(golden, "utf8").split("\n")) {
	const m = /^([^:]+):(\d+):(\d+): (.*)$/.exec(line);
	if (m === null || !seenFiles.has(m[1])) continue;
	const n = Number(m[2]);
	if (skip.get(m[1])?.some(([a, b]) => n >= a && n <= b) === true) continue;
	add(theirs, `${m[1]}:${m[2]}:${m[3]}`, m[4]);
	texts.set(`${m[1]}:${m[2]}:${m[3]}`, m[4]);
}

const rank: Readonly<Record<string, number>> = { heap: 9, leak: 9, content: 5, stack: 0 };
const found = new Map<string, string[]>();
let same = 0;
const note = (kind: string, line: string): void => {
	const list = found.get(kind) ?? [];
	list.push(line);
	found.set(kind, list);
};
const value = (v: string): number => rank[v] ?? 8 - Number(v.slice(6));
const where = (key: string): string => key.slice(0, key.indexOf(" "));
for (const [key, t] of theirs) {
	const o = ours.get(key);
	if (o === t) same++;
	else if (o === undefined) {
		const param = /^(\S+ param \S+)(?: to .*)?$/.exec(key)?.[1];
		if (t !== "stack")
			note(param !== undefined || key.includes(" var ") ? "unsafe" : "missing", `${key}: gc ${t} (${texts.get(where(key))})`);
		else if (!key.includes("site")) note("missing", `${key}: gc ${t} (${texts.get(where(key))})`);
		else note(ours.get(key.replace(/ site$/, "")) === undefined ? "missing" : "same", `${key}: gc ${t} (${texts.get(where(key))})`);
	} else note(value(t) > value(o) ? "unsafe" : "imprecise", `${key}: gc ${t}, ours ${o} (${texts.get(where(key))})`);
}
for (const [key, o] of ours) if (!theirs.has(key)) note(o === "stack" || key.includes("site") ? "extra" : "imprecise", `${key}: ours ${o}`);

process.stdout.write(
	`${functions} functions, ${spent.toFixed(0)} ms, ${same} same, ${[...found].map(([k, l]) => `${l.length} ${k}`).join(", ")}\n`,
);
const show = opt.values.v === undefined ? [] : opt.values.v.split(",");
for (const k of show) for (const l of (found.get(k) ?? []).slice(0, Number(opt.values.n ?? 40))) process.stdout.write(`${k} ${l}\n`);
