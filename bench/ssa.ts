// Time of the SSA passes on random functions. `node bench/ssa.ts [functions] [size]`
// prints milliseconds per function and by pass.

import { compact } from "../packages/ssa/cfg.ts";
import { newOptimizeContext, optimize } from "../packages/ssa/compile.ts";
import type { Func } from "../packages/ssa/func.ts";
import { RandomFunc } from "../packages/ssa/test/random.ts";

const count = Number(process.argv[2] ?? 1000);
const size = Number(process.argv[3] ?? 90);

function make(n: number): { list: Func[]; values: number } {
	const list: Func[] = [];
	let values = 0;
	for (let seed = 1; list.length < n; seed++) {
		const { f } = new RandomFunc(seed, size);
		compact(f);
		list.push(f);
		for (const b of f.blocks) values += b.values.length;
	}
	return { list, values };
}

for (let round = 0; round < 4; round++) {
	const { list, values } = make(count);
	const ctx = newOptimizeContext();
	if (round === 3) ctx.now = () => performance.now();
	const start = performance.now();
	for (const f of list) optimize(f, ctx);
	const ms = performance.now() - start;
	console.log(`round ${round}: ${(ms / count).toFixed(4)} ms per function of ${Math.round(values / count)} values`);
	for (const [name, t] of ctx.times) console.log(`  ${name.padEnd(14)} ${(t / count).toFixed(4)} ms ${((100 * t) / ms).toFixed(0)} %`);
}
