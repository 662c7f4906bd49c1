// Time of the amd64 back end (lowering to finished symbols) on random functions.
// `node bench/arch.ts [functions] [statements]` prints milliseconds of processor time per function.

import { FragmentBuilder } from "#object";
import { FuncCompiler, type Func, newOptimizeContext, optimize } from "#ssa";
import { Gen } from "../packages/ssa/test/amd64/gen.ts";

const count = Number(process.argv[2] ?? 400);
const statements = Number(process.argv[3] ?? 90);

function make(n: number): { list: Func[]; values: number } {
	const list: Func[] = [];
	let values = 0;
	for (let seed = 1; list.length < n; seed++) {
		const { f } = new Gen(`f${seed}`, Math.imul(seed, -1640531535), { statements, calls: true, floats: true, slots: true });
		optimize(f, newOptimizeContext());
		list.push(f);
		for (const b of f.blocks) values += b.values.length;
	}
	return { list, values };
}

const compiler = new FuncCompiler();
for (let round = 0; round < 4; round++) {
	const { list, values } = make(count);
	const fb = new FragmentBuilder("bench");
	const start = process.cpuUsage();
	for (const f of list) compiler.compile(f, { position: (pos) => ({ file: "x.go", line: 1 + (pos >> 4) }) }, fb);
	const used = process.cpuUsage(start);
	const ms = (used.user + used.system) / 1000;
	let bytes = 0;
	for (const s of fb.fragment.syms) bytes += s.func === null ? 0 : s.size;
	console.log(
		`round ${round}: ${(ms / count).toFixed(4)} ms per function of ${Math.round(values / count)} values, ${Math.round(bytes / count)} bytes`,
	);
}
