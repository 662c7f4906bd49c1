// Block order: reverse postorder in which the likely successor follows its
// predecessor, loops stay together, and cold blocks are at the end. Every block
// but the entry has a predecessor before it (the allocator relies on it).

import { DomTree } from "../../dom.ts";
import { BlockKind, type Func } from "../../func.ts";
import { LoopNest } from "../../loops.ts";

export interface Layout {
	order: Int32Array;
	count: number;
	/** By block: place in order, -1 = unreachable. */
	place: Int32Array;
	/** By block: loop depth. */
	depth: Uint8Array;
	/** By block: 1 = target of a back edge. */
	header: Uint8Array;
	/** By block: 1 = expected to run rarely. */
	cold: Uint8Array;
	/** null = a single block. */
	dom: DomTree | null;
}

/** Which successor should be visited last, so that it follows b. */
function follow(f: Func, b: number, depth: Uint8Array): number {
	const block = f.blocks[b];
	const s = block.succs;
	if (s.length !== 2) return 0;
	const exit0 = f.blocks[s[0]].kind === BlockKind.Exit;
	const exit1 = f.blocks[s[1]].kind === BlockKind.Exit;
	if (exit0 !== exit1) return exit0 ? 1 : 0;
	if (depth[s[0]] !== depth[s[1]]) return depth[s[0]] > depth[s[1]] ? 0 : 1;
	return block.likely < 0 ? 1 : 0;
}

export function layout(f: Func): Layout {
	const n = f.blocks.length;
	const depth = new Uint8Array(n);
	const header = new Uint8Array(n);
	let branches = false;
	for (let b = 0; b < n && !branches; b++) branches = f.blocks[b].preds.length > 1;
	let dom: DomTree | null = null;
	if (branches) {
		const nest = new LoopNest(f);
		dom = nest.dom;
		for (let b = 0; b < n; b++) depth[b] = Math.min(255, nest.depth(b));
	}
	if (dom === null && n > 1) dom = new DomTree(f);
	const post = new Int32Array(n);
	let np = 0;
	const state = new Uint8Array(n);
	const stack = new Int32Array(n + 1);
	const at = new Int32Array(n + 1);
	let sp = 0;
	stack[0] = 0;
	state[0] = 1;
	sp = 1;
	while (sp > 0) {
		const b = stack[sp - 1];
		const succs = f.blocks[b].succs;
		const k = at[sp - 1]++;
		if (k >= succs.length) {
			state[b] = 2;
			post[np++] = b;
			sp--;
			continue;
		}
		// the successor that should follow is visited last
		const last = follow(f, b, depth);
		const s = succs[k === succs.length - 1 ? last : k >= last && succs.length > 1 ? k + 1 : k];
		if (state[s] === 1) header[s] = 1;
		if (state[s] !== 0) continue;
		state[s] = 1;
		stack[sp] = s;
		at[sp] = 0;
		sp++;
	}
	const cold = coldBlocks(f, post, np);
	const order = new Int32Array(np);
	const place = new Int32Array(n).fill(-1);
	let count = 0;
	for (let pass = 0; pass < 2; pass++) {
		for (let i = np - 1; i >= 0; i--) {
			const b = post[i];
			if (cold[b] !== pass) continue;
			place[b] = count;
			order[count++] = b;
		}
	}
	return { order, count, place, depth, header, cold, dom };
}

/** Blocks that end in a panic, are on the unlikely side of a branch, or are reached from such ones only. */
function coldBlocks(f: Func, post: Int32Array, np: number): Uint8Array {
	const cold = new Uint8Array(f.blocks.length);
	const rpo = new Int32Array(f.blocks.length).fill(-1);
	for (let i = 0; i < np; i++) rpo[post[i]] = np - 1 - i;
	for (let i = np - 2; i >= 0; i--) {
		const b = post[i];
		const block = f.blocks[b];
		if (block.kind === BlockKind.Exit) {
			cold[b] = 1;
			continue;
		}
		let warm = false;
		for (const p of block.preds) {
			if (rpo[p] < 0 || rpo[p] >= rpo[b]) continue;
			if (cold[p] === 1) continue;
			const pb = f.blocks[p];
			if (pb.kind === BlockKind.Defer && pb.succs[1] === b) continue;
			if (pb.kind === BlockKind.If && pb.likely !== 0 && pb.succs[pb.likely > 0 ? 1 : 0] === b && pb.succs[0] !== pb.succs[1]) continue;
			warm = true;
			break;
		}
		if (!warm) cold[b] = 1;
	}
	return cold;
}
