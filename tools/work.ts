// How much work compiling a program is: for each pass, milliseconds, values and blocks before and after, and how many
// of its runs changed nothing; then functions, inlined calls, and functions that the executable does not have.
//   node tools/work.ts DIR-or-FILES...

import { buildExecutable } from "#build/executable";
import { ElfFile } from "#elf";
import { type Func, newOptimizeContext } from "#ssa";
import { matchArguments } from "../packages/cmd/build.ts";
import { openEnv, openLoader } from "../packages/cmd/buildflags.ts";

interface Row {
	runs: number;
	idle: number;
	values: number;
	blocks: number;
	ms: number;
}

const rows = new Map<string, Row>();
let previous: { f: Func; sum: number; at: number } | null = null;
const functions: { name: string; values: number; inlined: number; left: number }[] = [];

/** Values in blocks. */
function size(f: Func): number {
	let n = 0;
	for (const b of f.blocks) n += b.values.length;
	return n;
}

/** Of all that passes change. */
function checksum(f: Func): number {
	let h = f.nvals;
	const add = (x: number): void => {
		h = Math.imul(h ^ x, 0x9e3779b1) ^ (h >>> 15);
	};
	for (const b of f.blocks) {
		add(b.kind * 8 + b.likely);
		add(b.control);
		for (const s of b.succs) add(s);
		for (const v of b.values) {
			add(v);
			add(f.op[v]);
			add(f.auxWords[2 * v]);
			for (let i = 0; i < f.nargs(v); i++) add(f.arg(v, i));
		}
	}
	return h;
}

function after(f: Func, pass: string): void {
	const now = performance.now();
	const sum = checksum(f);
	let row = rows.get(pass);
	if (row === undefined) {
		row = { runs: 0, idle: 0, values: 0, blocks: 0, ms: 0 };
		rows.set(pass, row);
	}
	row.runs++;
	row.values += size(f);
	row.blocks += f.blocks.length;
	if (previous?.f === f) {
		row.ms += now - previous.at;
		if (previous.sum === sum) row.idle++;
	}
	previous = { f, sum, at: performance.now() };
}

const context = newOptimizeContext();
context.after = after;
const env = await openEnv();
const loader = await openLoader(env, { strings: new Map(), bools: new Map(), lists: new Map(), args: [] } as never, process.argv.slice(2));
const [main] = matchArguments(loader, process.argv.slice(2));
const phases: string[] = [];
const { image, errors } = buildExecutable(loader, {
	main,
	trimpath: false,
	link: {},
	modInfo: "",
	time: (phase, ms) => void phases.push(`${phase} ${ms.toFixed(0)} ms`),
	passes: context,
	debug: {
		built: (f) => void functions.push({ name: f.name, values: size(f), inlined: f.inlined.length, left: 0 }),
		optimized: (f) => {
			functions[functions.length - 1].left = size(f);
		},
	},
});
for (const e of errors) process.stderr.write(`# ${e.pkg}\n${e.lines.slice(0, 20).join("\n")}\n`);

const out: string[] = ["| pass | runs | without change | values after | blocks after | ms |", "|---|---|---|---|---|---|"];
for (const [name, r] of rows) out.push(`| ${name} | ${r.runs} | ${r.idle} | ${r.values} | ${r.blocks} | ${r.ms.toFixed(0)} |`);
const sum = (of: (f: (typeof functions)[number]) => number): number => functions.reduce((n, f) => n + of(f), 0);
out.push(
	"",
	`${functions.length} functions, ${sum((f) => f.inlined)} inlined calls, ${sum((f) => f.values)} values built, ${sum((f) => f.left)} left`,
);
if (image !== null) {
	const linked = new Set(new ElfFile(image).symbols().names);
	const lost = functions.filter((f) => !linked.has(f.name));
	out.push(`compiled and not linked: ${lost.length} functions, ${lost.reduce((n, f) => n + f.values, 0)} values`);
	out.push(
		...lost
			.sort((a, b) => b.values - a.values)
			.slice(0, 400)
			.map((f) => `\t${f.name} ${f.values}`),
	);
}
out.push(phases.join(", "));
process.stdout.write(`${out.join("\n")}\n`);
