// Speed of scanner and parser over a list of files, one path a line:
//   go list -deps -f '{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}' fmt > files
//   node bench/syntax.ts files
// Prints the time of the first and the best of several runs in one process. It is processor time of the thread, since the machine
// may be busy with other things; compilation by V8's own threads is not in it.

import { readFileSync } from "node:fs";
import { Interner, SourceSet } from "#base";
import { bodyOf, Kind, NodeIds, parseFile, parseImports } from "#syntax";
import { Scanner } from "../packages/syntax/scanner.ts";
import { EOF } from "../packages/syntax/tokens.ts";

class Tokens extends Scanner {
	override errorAt(): void {}
	override directive(): void {}
}

const list = readFileSync(process.argv[2] ?? "files", "utf8")
	.split("\n")
	.filter((f) => f !== "");
const sources = list.map((f) => readFileSync(f));
const bytes = sources.reduce((n, s) => n + s.length, 0);
const runs = Number(process.argv[3] ?? 8);

function measure(name: string, work: () => string): void {
	let first = 0;
	let best = Number.POSITIVE_INFINITY;
	let note = "";
	for (let i = 0; i < runs; i++) {
		const start = process.threadCpuUsage();
		note = work();
		const used = process.threadCpuUsage(start);
		const ms = (used.user + used.system) / 1000;
		if (i === 0) first = ms;
		best = Math.min(best, ms);
	}
	process.stdout.write(
		`${name.padEnd(22)} first ${first.toFixed(0).padStart(5)} ms, best ${best.toFixed(0).padStart(5)} ms, ${(bytes / best / 1000).toFixed(1).padStart(6)} MB/s  ${note}\n`,
	);
}

function files(lazy: boolean, bodies: boolean): string {
	const set = new SourceSet();
	const ids = new NodeIds();
	const interner = new Interner();
	const report = (): void => {};
	for (let i = 0; i < sources.length; i++) {
		const file = set.add(list[i] as string, sources[i] as Uint8Array);
		const f = parseFile(ids, file, interner, report, { lazyBodies: lazy });
		if (bodies) for (const d of f.decls) if (d.kind === Kind.FuncDecl) bodyOf({ ids, file, interner, report }, d);
	}
	return `${ids.next} nodes`;
}

process.stdout.write(`${list.length} files, ${(bytes / 1e6).toFixed(2)} MB\n`);
const only = process.argv[4];
const cases: Record<string, () => string> = {
	"parser, eager": () => files(false, false),
	"parser, lazy": () => files(true, false),
	"parser, lazy + bodies": () => files(true, true),
	"imports only": () => {
		const set = new SourceSet();
		const ids = new NodeIds();
		const interner = new Interner();
		for (let i = 0; i < sources.length; i++) parseImports(ids, set.add(list[i] as string, sources[i] as Uint8Array), interner, () => {});
		return `${ids.next} nodes`;
	},
	scanner: () => {
		const interner = new Interner();
		let tokens = 0;
		for (const buf of sources) {
			const src = new Uint8Array(buf.buffer, buf.byteOffset, buf.length);
			const s = new Tokens(src, interner, 0);
			for (s.next(); s.tok !== EOF; s.next()) tokens++;
		}
		return `${tokens} tokens`;
	},
};
for (const [name, work] of Object.entries(cases)) if (only === undefined || only === name) measure(name, work);
