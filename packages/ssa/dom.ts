// Orders of blocks and the dominator tree: Cooper, Harvey and Kennedy, "A Simple,
// Fast Dominance Algorithm" (2001).

import type { Func } from "./func.ts";

/** Blocks reachable from the entry, each after its successors where the graph has no cycle. */
export function postorder(f: Func): Int32Array {
	const n = f.blocks.length;
	// The result, the path to the block at hand from n, and from 2n by block: 0 = not seen, 1 + how many successors were followed.
	const out = new Int32Array(3 * n);
	if (n === 0) return out;
	let len = 0;
	const next = 2 * n;
	let top = n;
	out[top] = 0;
	out[next] = 1;
	while (top >= n) {
		const b = out[top];
		const succs = f.blocks[b].succs;
		if (out[next + b] > succs.length) {
			out[len++] = b;
			top--;
			continue;
		}
		const c = succs[out[next + b]++ - 1];
		if (out[next + c] === 0) {
			out[next + c] = 1;
			out[++top] = c;
		}
	}
	return out.subarray(0, len);
}

/** The dominator tree of the reachable blocks. Stale after any change of the graph. */
export class DomTree {
	/** Reverse postorder. */
	readonly order: Int32Array;
	/** By block: place in `order`; -1 = unreachable. */
	readonly index: Int32Array;
	/** By block: immediate dominator; -1 = the entry or unreachable. */
	readonly idom: Int32Array;
	/** By block: first child in the tree and next sibling; -1 = none. Children are in reverse postorder. */
	readonly child: Int32Array;
	readonly sibling: Int32Array;
	private readonly enter: Int32Array;
	private readonly leave: Int32Array;

	constructor(f: Func) {
		const n = f.blocks.length;
		this.order = postorder(f).reverse();
		this.index = new Int32Array(n).fill(-1);
		for (let i = 0; i < this.order.length; i++) this.index[this.order[i]] = i;
		this.idom = new Int32Array(n).fill(-1);
		this.child = new Int32Array(n).fill(-1);
		this.sibling = new Int32Array(n).fill(-1);
		this.enter = new Int32Array(n);
		this.leave = new Int32Array(n);
		this.solve(f);
		this.number();
	}

	/** Whether a dominates b; a block dominates itself. False for unreachable blocks. */
	dominates(a: number, b: number): boolean {
		return this.enter[a] <= this.enter[b] && this.leave[b] <= this.leave[a] && this.index[a] >= 0 && this.index[b] >= 0;
	}

	reachable(b: number): boolean {
		return this.index[b] >= 0;
	}

	private solve(f: Func): void {
		const { order, index, idom } = this;
		if (order.length === 0) return;
		idom[order[0]] = order[0];
		for (let changed = true; changed; ) {
			changed = false;
			for (let i = 1; i < order.length; i++) {
				const b = order[i];
				const preds = f.blocks[b].preds;
				let dom = -1;
				for (let k = 0; k < preds.length; k++) {
					let p = preds[k];
					if (index[p] < 0 || idom[p] < 0) continue;
					if (dom < 0) {
						dom = p;
						continue;
					}
					while (p !== dom) {
						while (index[p] > index[dom]) p = idom[p];
						while (index[dom] > index[p]) dom = idom[dom];
					}
				}
				if (idom[b] !== dom) {
					idom[b] = dom;
					changed = true;
				}
			}
		}
		idom[order[0]] = -1;
	}

	private number(): void {
		const { order, idom, child, sibling, enter, leave } = this;
		for (let i = order.length - 1; i > 0; i--) {
			const b = order[i];
			const p = idom[b];
			sibling[b] = child[p];
			child[p] = b;
		}
		let clock = 1;
		for (let b = order.length > 0 ? order[0] : -1; b >= 0; ) {
			enter[b] = clock++;
			if (child[b] >= 0) {
				b = child[b];
				continue;
			}
			leave[b] = clock++;
			while (b >= 0 && sibling[b] < 0) {
				b = idom[b];
				if (b >= 0) leave[b] = clock++;
			}
			if (b >= 0) b = sibling[b];
		}
	}
}
