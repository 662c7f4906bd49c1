// The nest of natural loops. Cycles with several entries (irreducible) are no loops here.

import { DomTree } from "./dom.ts";
import type { Func } from "./func.ts";

export interface Loop {
	header: number;
	/** Index of the enclosing loop, -1 = none. */
	parent: number;
	/** 1 = outermost. */
	depth: number;
	/** All blocks of the loop, inner loops included; the header is first. */
	blocks: number[];
	/** Sources of edges to the header from within. */
	latches: number[];
}

export class LoopNest {
	/** Inner loops come before the loops around them. */
	readonly loops: Loop[] = [];
	/** By block: index of the innermost loop, -1 = none. */
	readonly of: Int32Array;
	readonly dom: DomTree;

	constructor(f: Func, dom: DomTree = new DomTree(f)) {
		this.dom = dom;
		const n = f.blocks.length;
		this.of = new Int32Array(n).fill(-1);
		// Headers from the last in reverse postorder: inner loops are found before outer ones.
		for (let i = dom.order.length - 1; i >= 0; i--) {
			const h = dom.order[i];
			const latches = f.blocks[h].preds.filter((p) => dom.dominates(h, p));
			if (latches.length > 0) this.collect(f, h, latches);
		}
		for (let l = this.loops.length - 1; l >= 0; l--) {
			const p = this.loops[l].parent;
			this.loops[l].depth = p < 0 ? 1 : this.loops[p].depth + 1;
		}
	}

	/** 0 outside of loops. */
	depth(b: number): number {
		const l = this.of[b];
		return l < 0 ? 0 : this.loops[l].depth;
	}

	private collect(f: Func, header: number, latches: number[]): void {
		const me = this.loops.length;
		const blocks = [header];
		this.loops.push({ header, parent: -1, depth: 0, blocks, latches: [...new Set(latches)] });
		const stack = [...latches];
		this.of[header] = me;
		while (stack.length > 0) {
			let b = stack.pop() as number;
			if (!this.dom.reachable(b)) continue;
			const inner = this.of[b];
			if (inner === me) continue;
			if (inner < 0) {
				this.of[b] = me;
				blocks.push(b);
				for (const p of f.blocks[b].preds) stack.push(p);
				continue;
			}
			// A block of a loop found before: take its outermost loop as a whole.
			let outer = inner;
			while (this.loops[outer].parent >= 0) outer = this.loops[outer].parent;
			if (outer === me) continue;
			this.loops[outer].parent = me;
			for (const c of this.loops[outer].blocks) blocks.push(c);
			b = this.loops[outer].header;
			for (const p of f.blocks[b].preds) stack.push(p);
		}
	}
}
