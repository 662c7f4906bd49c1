// The order of blocks in memory. Blocks follow their likely successor; blocks that
// end in a panic and what only unlikely branches lead to go to the end; loops that
// test at the top are turned so that the test is at the bottom. Also marks
// branches as likely or not where that follows from the graph.

import { compact } from "../cfg.ts";
import { DomTree } from "../dom.ts";
import { BlockKind, type Func } from "../func.ts";
import { LoopNest } from "../loops.ts";

export function layout(f: Func): void {
	if (f.blocks.length <= 2) return compact(f);
	compact(f, new Layout(f).run());
}

class Layout {
	private readonly f: Func;
	private readonly dom: DomTree;
	private readonly nest: LoopNest;
	/** By block: 1 = hardly ever reached. */
	private readonly cold: Uint8Array;
	private readonly placed: Uint8Array;
	private readonly order: number[] = [];

	constructor(f: Func) {
		this.f = f;
		this.dom = new DomTree(f);
		this.nest = new LoopNest(f, this.dom);
		this.cold = new Uint8Array(f.blocks.length);
		this.placed = new Uint8Array(f.blocks.length);
	}

	run(): number[] {
		const { dom, cold, placed } = this;
		this.findCold();
		this.trace(0, false);
		for (const b of dom.order) if (placed[b] === 0 && cold[b] === 0) this.trace(b, false);
		for (const b of dom.order) if (placed[b] === 0) this.trace(b, true);
		this.rotate();
		for (let b = 0; b < this.f.blocks.length; b++) if (placed[b] === 0) this.order.push(b);
		return this.order;
	}

	private findCold(): void {
		const { f, dom, cold } = this;
		const { order } = dom;
		for (let i = order.length - 1; i >= 0; i--) {
			const b = order[i];
			const blk = f.blocks[b];
			if (b !== 0 && blk.kind === BlockKind.Exit) cold[b] = 1;
			else if (b !== 0 && blk.succs.length > 0 && blk.succs.every((c) => cold[c] === 1)) cold[b] = 1;
			if (blk.kind === BlockKind.If && blk.likely === 0 && cold[blk.succs[0]] !== cold[blk.succs[1]])
				blk.likely = cold[blk.succs[0]] === 1 ? -1 : 1;
		}
		for (let i = 1; i < order.length; i++) {
			const b = order[i];
			if (cold[b] === 1) continue;
			if (f.blocks[b].preds.every((p) => cold[p] === 1 || this.isRare(p, b) || dom.index[p] < 0 || (dom.index[p] >= i && p !== b)))
				cold[b] = 1;
		}
	}

	/** Whether p goes to b hardly ever. Leaving a loop is unlikely in each round, but not rare. */
	private isRare(p: number, b: number): boolean {
		return this.isUnlikely(p, b) && this.nest.depth(b) >= this.nest.depth(p);
	}

	private isUnlikely(p: number, b: number): boolean {
		const blk = this.f.blocks[p];
		if (blk.kind === BlockKind.Defer) return blk.succs[1] === b && blk.succs[0] !== b;
		if (blk.kind !== BlockKind.If || blk.likely === 0 || blk.succs[0] === blk.succs[1]) return false;
		return blk.succs[blk.likely > 0 ? 1 : 0] === b;
	}

	/** Places b and what follows, depth first; what is put off is taken up again before what was put off earlier. */
	private trace(start: number, coldToo: boolean): void {
		const { f, placed, cold } = this;
		const pending = [start];
		while (pending.length > 0) {
			let b = pending.pop() as number;
			while (b >= 0 && placed[b] === 0) {
				placed[b] = 1;
				this.order.push(b);
				const next = this.follow(b, coldToo);
				const { succs } = f.blocks[b];
				for (let k = succs.length - 1; k >= 0; k--) {
					const c = succs[k];
					if (c !== next && placed[c] === 0 && (coldToo || cold[c] === 0)) pending.push(c);
				}
				b = next;
			}
		}
	}

	/** The successor that comes right after b; -1 = none. */
	private follow(b: number, coldToo: boolean): number {
		const { f, placed, cold, nest, dom } = this;
		let best = -1;
		let bestScore = -1;
		const { succs } = f.blocks[b];
		for (let k = 0; k < succs.length; k++) {
			const c = succs[k];
			if (placed[c] === 1 || (cold[c] === 1 && !coldToo)) continue;
			// A join comes after all that leads to it.
			if (f.blocks[c].preds.some((p) => placed[p] === 0 && dom.index[p] >= 0 && (coldToo || cold[p] === 0) && !dom.dominates(c, p)))
				continue;
			let score = 2 * Math.min(nest.depth(c), nest.depth(b));
			if (!this.isUnlikely(b, c)) score += 1;
			if (score > bestScore) {
				best = c;
				bestScore = score;
			}
		}
		return best;
	}

	/** Moves loop heads that test behind the block that jumps back to them. */
	private rotate(): void {
		const { f, nest, order } = this;
		if (nest.loops.length === 0) return;
		const n = f.blocks.length;
		const next = new Int32Array(n).fill(-1);
		const prev = new Int32Array(n).fill(-1);
		for (let i = 1; i < order.length; i++) {
			next[order[i - 1]] = order[i];
			prev[order[i]] = order[i - 1];
		}
		let changed = false;
		for (let l = 0; l < nest.loops.length; l++) {
			const { header, latches } = nest.loops[l];
			const h = f.blocks[header];
			if (header === 0 || h.kind !== BlockKind.If || prev[header] < 0) continue;
			// Of several that jump back, the innermost loop's: the first in the order.
			let latch = -1;
			for (let b = next[header]; latch < 0 && b >= 0 && this.isIn(b, l); b = next[b]) {
				if (f.blocks[b].kind === BlockKind.Plain && latches.includes(b) && this.cold[b] === 0) latch = b;
			}
			if (latch < 0) continue;
			const inside = (b: number): boolean => this.isIn(b, l);
			if (inside(h.succs[0]) === inside(h.succs[1])) continue;
			next[prev[header]] = next[header];
			prev[next[header]] = prev[header];
			prev[header] = latch;
			next[header] = next[latch];
			if (next[latch] >= 0) prev[next[latch]] = header;
			next[latch] = header;
			changed = true;
		}
		if (!changed) return;
		order.length = 0;
		for (let b = 0; b >= 0; b = next[b]) order.push(b);
	}

	private isIn(b: number, loop: number): boolean {
		const { nest } = this;
		for (let l = nest.of[b]; l >= 0; l = nest.loops[l].parent) if (l === loop) return true;
		return false;
	}
}
