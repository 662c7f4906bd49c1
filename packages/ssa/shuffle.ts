// Brings the values of each block into another order that means the same, to find
// passes and back ends that depend on the order by accident. For tests.

import type { Func } from "./func.ts";
import * as o from "./ops.gen.ts";

/** Reorders values within blocks; equal seeds give equal orders. */
export function shuffle(f: Func, seed: number): void {
	const random = mulberry(seed);
	for (let b = 0; b < f.blocks.length; b++) shuffleBlock(f, b, random);
}

/** Numbers in 0 <= x < 1 from a 32-bit seed (mulberry32). */
export function mulberry(seed: number): () => number {
	let s = seed | 0;
	return () => {
		s = (s + 0x6d2b79f5) | 0;
		let t = Math.imul(s ^ (s >>> 15), 1 | s);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

/** Whether v may change places with other pure values: no effect, no tie to its neighbours. */
function isFree(f: Func, v: number): boolean {
	const op = f.op[v];
	if (op >= 256) return false;
	return op !== o.OpResult && op !== o.OpArg && op !== o.OpGetClosurePtr && o.opFlags[op] === (o.opFlags[op] & ~(4 | 8 | 16 | 32));
}

function shuffleBlock(f: Func, b: number, random: () => number): void {
	const all = f.blocks[b].values;
	const phis = all.filter((v) => f.op[v] === o.OpPhi);
	const rest = all.filter((v) => f.op[v] !== o.OpPhi);
	for (let i = phis.length - 1; i > 0; i--) {
		const k = Math.floor(random() * (i + 1));
		[phis[i], phis[k]] = [phis[k], phis[i]];
	}
	// Tied values stay a queue; at each step the queue's head or any ready free value comes next.
	const tied = rest.filter((v) => !isFree(f, v));
	const free = new Set(rest.filter((v) => isFree(f, v)));
	const waiting = new Set(rest);
	const ready = (v: number): boolean => {
		for (let i = 0; i < f.nargs(v); i++) if (waiting.has(f.arg(v, i))) return false;
		return true;
	};
	const out: number[] = [];
	const emit = (v: number): void => {
		out.push(v);
		waiting.delete(v);
		free.delete(v);
	};
	let at = 0;
	while (waiting.size > 0) {
		// Nothing comes between a call and its results, or before arguments.
		const op = at < tied.length ? f.op[tied[at]] : 0;
		const glued = op === o.OpResult || op === o.OpArg || op === o.OpGetClosurePtr;
		const choices = glued ? [] : [...free].filter(ready);
		// The last tied value may have to be the last of all: Return, a call that does not return.
		const wait = at === tied.length - 1 && free.size > 0 && choices.length > 0;
		if (at < tied.length && !wait && ready(tied[at]) && (glued || choices.length === 0 || random() < 0.3)) emit(tied[at++]);
		else if (choices.length > 0) emit(choices[Math.floor(random() * choices.length)]);
		else break;
	}
	for (const v of rest) if (waiting.has(v)) out.push(v);
	all.length = 0;
	all.push(...phis, ...out);
}
