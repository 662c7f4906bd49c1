// Compiles a main package and shows what the compiler made of its functions:
//   node tools/compile.ts [-f REGEXP] [-opt] [-l] [-o FILE] DIR-or-FILES...
// -l: no inlining. Prints the SSA of functions whose name matches -f (as built; with -opt after the
// passes), verifies every function as built, and counts defects by message.

import { writeFileSync } from "node:fs";
import { buildExecutable } from "#build/executable";
import { dump, verify } from "#ssa";
import { matchArguments } from "../packages/cmd/build.ts";
import { openEnv, openLoader } from "../packages/cmd/buildflags.ts";
import { parseFlags } from "./flags.ts";

const opt = parseFlags(process.argv.slice(2), ["f", "o", "n"], ["opt", "stack", "q", "l"]);
const want = opt.values.f === undefined ? null : new RegExp(opt.values.f);
const failures = new Map<string, { n: number; first: string; stack: string }>();
let built = 0;
let values = 0;

function fail(name: string, message: string, stack: string): void {
	const key = message
		.replace(/^[^ ]*: /, "")
		.replace(/ at [^ ]*:\d+:\d+$/, "")
		.replace(/v\d+/g, "v")
		.replace(/b\d+/g, "b");
	const old = failures.get(key);
	if (old !== undefined) old.n++;
	else failures.set(key, { n: 1, first: `${name}: ${message}`, stack });
}

const env = await openEnv();
const loader = await openLoader(env, { strings: new Map(), bools: new Map(), lists: new Map(), args: [] } as never, opt.rest);
const [main] = matchArguments(loader, opt.rest);
const start = performance.now();
const r = buildExecutable(loader, {
	main,
	trimpath: false,
	link: {},
	modInfo: "",
	time: (phase, ms) => void process.stderr.write(`${phase} ${ms.toFixed(0)} ms\n`),
	inline: !opt.flags.has("l"),
	debug: {
		error: (name, err) => {
			const e = err as Error;
			fail(name, e.message.split("\n")[0], e.stack ?? "");
			if (opt.flags.has("stack") && want?.test(name) === true) process.stdout.write(`${e.stack}\n`);
		},
		built: (f) => {
			built++;
			values += f.nvals;
			if (want?.test(f.name) === true && !opt.flags.has("opt")) process.stdout.write(`${dump(f)}\n`);
			const errors = verify(f);
			for (const e of errors.slice(0, 1)) fail(f.name, `verify: ${e}`, "");
		},
		optimized: (f) => {
			if (want?.test(f.name) === true && opt.flags.has("opt")) process.stdout.write(`${dump(f)}\n`);
		},
	},
});
process.stderr.write(`${built} functions, ${values} values, ${(performance.now() - start).toFixed(0)} ms\n`);
const list = [...failures].sort((a, b) => b[1].n - a[1].n).slice(0, Number(opt.values.n ?? 25));
for (const [, f] of list) process.stderr.write(`${f.n}x ${f.first}\n${f.stack.split("\n").slice(1, 6).join("\n")}\n`);
for (const e of r.errors) process.stderr.write(`# ${e.pkg}\n${e.lines.slice(0, 20).join("\n")}\n`);
if (r.image !== null && opt.values.o !== undefined) writeFileSync(opt.values.o, r.image, { mode: 0o755 });
