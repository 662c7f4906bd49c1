// Which vregs are live at the start of each block, and how far their next use
// is. Uses outside of the defining block are walked back to it (per vreg, so the
// cost is the size of the result). Rematerialisable vregs do not take part.

import { OpNop, OpPhi } from "../../ops.gen.ts";
import type { Layout } from "./layout.ts";
import type { Lir } from "./lir.ts";
import type { Lower } from "./lower.ts";
import { LCall, LCallR } from "./ops.ts";

/** Distance added by a call on the way. */
export const CallDistance: number = 1 << 20;
const ColdDistance: number = 1 << 10;
const Far = 0x3fff_ffff;

export class Liveness {
	/** By block: range in liveV and liveDist. */
	start: Int32Array = new Int32Array(65);
	liveV: Int32Array = new Int32Array(256);
	/** Distance of the next use from the start of the block. */
	liveDist: Int32Array = new Int32Array(256);
	/** By vreg: block of the definition, -1 = none. */
	defBlock: Int32Array = new Int32Array(256);
	/** By block: phis as range in phis. */
	phiStart: Int32Array = new Int32Array(65);
	phis: Int32Array = new Int32Array(64);
	/** Arguments of the phis, canonical vregs, in the order of predecessors: first argument of phi k is phiArgs[phiArgStart[k]]. */
	phiArgStart: Int32Array = new Int32Array(64);
	phiArgs: Int32Array = new Int32Array(256);
	/** Length of a block in instructions, calls weighted. */
	private weight: Int32Array = new Int32Array(64);

	// scratch
	private useV: Int32Array = new Int32Array(256);
	private useB: Int32Array = new Int32Array(256);
	private usePos: Int32Array = new Int32Array(256);
	private nUses = 0;
	private seen: Int32Array = new Int32Array(256);
	private pairV: Int32Array = new Int32Array(256);
	private pairB: Int32Array = new Int32Array(256);
	private pairPos: Int32Array = new Int32Array(256);
	private nPairs = 0;
	private dist: Int32Array = new Int32Array(256);
	private distStamp: Int32Array = new Int32Array(256);

	run(lo: Lower, lay: Layout): void {
		const l = lo.l;
		const nb = lo.f.blocks.length;
		if (this.defBlock.length < l.nv) {
			const n = l.nv * 2;
			this.defBlock = new Int32Array(n);
			this.seen = new Int32Array(n);
			this.dist = new Int32Array(n);
			this.distStamp = new Int32Array(n);
		}
		if (this.start.length < nb + 2) {
			this.start = new Int32Array(nb * 2 + 2);
			this.phiStart = new Int32Array(nb * 2 + 2);
			this.weight = new Int32Array(nb * 2 + 2);
		}
		this.defBlock.fill(-1, 0, l.nv);
		this.seen.fill(-1, 0, l.nv);
		this.distStamp.fill(-1, 0, l.nv);
		this.nUses = 0;
		this.nPairs = 0;
		this.collectPhis(lo);
		this.collectDefs(l, lay);
		for (let i = 0; i < lay.count; i++) this.collectUses(lo, lay.order[i]);
		this.collectPhiUses(lo, lay);
		this.walk(lo, nb);
		this.distances(lo, lay);
	}

	private collectPhis(lo: Lower): void {
		const f = lo.f;
		const nb = f.blocks.length;
		let n = 0;
		let na = 0;
		for (let b = 0; b < nb; b++) {
			this.phiStart[b] = n;
			const values = f.blocks[b].values;
			for (let i = 0; i < values.length; i++) {
				const v = values[i];
				const op = f.op[v];
				if (op === OpNop) continue;
				if (op !== OpPhi) break;
				if (n + 1 >= this.phis.length) {
					this.phis = grow(this.phis);
					this.phiArgStart = grow(this.phiArgStart);
				}
				this.phis[n] = v;
				this.phiArgStart[n] = na;
				n++;
				const k = f.nargs(v);
				while (na + k > this.phiArgs.length) this.phiArgs = grow(this.phiArgs);
				for (let j = 0; j < k; j++) this.phiArgs[na++] = lo.canon(f.arg(v, j));
				this.defBlock[v] = b;
			}
		}
		this.phiStart[nb] = n;
		this.phiArgStart[n] = na;
	}

	private collectDefs(l: Lir, lay: Layout): void {
		const def = this.defBlock;
		for (let k = 0; k < lay.count; k++) {
			const b = lay.order[k];
			for (let q = l.blockStart[b]; q < l.blockEnd[b]; q++) {
				const i = l.seq[q];
				def[l.dst[i]] = b;
				def[l.dst2[i]] = b;
				const nd = l.extDefs[i];
				if (nd > 0) {
					const at = l.ext[i] + 2 * l.extUses[i];
					for (let j = 0; j < nd; j++) def[l.pool[at + 2 * j]] = b;
				}
			}
		}
	}

	private use(l: Lir, v: number, b: number, pos: number): void {
		if (v === 0 || this.defBlock[v] === b || l.remat[v] !== 0 || this.seen[v] === b) return;
		this.seen[v] = b;
		this.addUse(v, b, pos);
	}

	private addUse(v: number, b: number, pos: number): void {
		if (this.nUses === this.useV.length) {
			this.useV = grow(this.useV);
			this.useB = grow(this.useB);
			this.usePos = grow(this.usePos);
		}
		this.useV[this.nUses] = v;
		this.useB[this.nUses] = b;
		this.usePos[this.nUses++] = pos;
	}

	private collectUses(lo: Lower, b: number): void {
		const l = lo.l;
		let pos = 0;
		for (let q = l.blockStart[b]; q < l.blockEnd[b]; q++) {
			const i = l.seq[q];
			this.use(l, l.a[i], b, pos);
			this.use(l, l.b[i], b, pos);
			this.use(l, l.c[i], b, pos);
			this.use(l, l.base[i], b, pos);
			this.use(l, l.index[i], b, pos);
			const nu = l.extUses[i];
			const at = l.ext[i];
			for (let j = 0; j < nu; j++) this.use(l, l.pool[at + 2 * j], b, pos);
			const op = l.op[i];
			pos += op === LCall || op === LCallR ? CallDistance : 1;
			if (pos > Far) pos = Far;
		}
		this.weight[b] = pos;
	}

	private collectPhiUses(lo: Lower, lay: Layout): void {
		const f = lo.f;
		const l = lo.l;
		for (let b = 0; b < f.blocks.length; b++) {
			if (lay.place[b] < 0) continue;
			const preds = f.blocks[b].preds;
			for (let k = this.phiStart[b]; k < this.phiStart[b + 1]; k++) {
				for (let j = 0; j < preds.length; j++) {
					const p = preds[j];
					if (lay.place[p] < 0) continue;
					const v = this.phiArgs[this.phiArgStart[k] + j];
					if (this.defBlock[v] !== p && l.remat[v] === 0) this.addUse(v, p, this.weight[p]);
				}
			}
		}
	}

	/** From uses to live-in sets. */
	private walk(lo: Lower, nb: number): void {
		const f = lo.f;
		const nv = lo.l.nv;
		const n = this.nUses;
		// uses by vreg
		const first = new Int32Array(nv + 1);
		for (let k = 0; k < n; k++) first[this.useV[k] + 1]++;
		for (let v = 0; v < nv; v++) first[v + 1] += first[v];
		const fill = first.slice();
		const sorted = new Int32Array(n);
		for (let k = 0; k < n; k++) sorted[fill[this.useV[k]]++] = k;
		const mark = new Int32Array(nb).fill(-1);
		const where = new Int32Array(nb);
		let stack = new Int32Array(256);
		for (let s = 0; s < n; ) {
			const v = this.useV[sorted[s]];
			const def = this.defBlock[v];
			for (; s < n && this.useV[sorted[s]] === v; s++) {
				const k = sorted[s];
				const b = this.useB[k];
				if (mark[b] === v) {
					const at = where[b];
					if (this.usePos[k] < this.pairPos[at]) this.pairPos[at] = this.usePos[k];
					continue;
				}
				mark[b] = v;
				where[b] = this.addPair(v, b, this.usePos[k]);
				let sp = 0;
				stack[sp++] = b;
				while (sp > 0) {
					const c = stack[--sp];
					const preds = f.blocks[c].preds;
					for (let j = 0; j < preds.length; j++) {
						const p = preds[j];
						if (p === def || mark[p] === v) continue;
						mark[p] = v;
						where[p] = this.addPair(v, p, Far);
						if (sp === stack.length) stack = grow(stack);
						stack[sp++] = p;
					}
				}
			}
		}
		this.byBlock(nb);
	}

	private addPair(v: number, b: number, pos: number): number {
		if (this.nPairs === this.pairV.length) {
			this.pairV = grow(this.pairV);
			this.pairB = grow(this.pairB);
			this.pairPos = grow(this.pairPos);
		}
		this.pairV[this.nPairs] = v;
		this.pairB[this.nPairs] = b;
		this.pairPos[this.nPairs] = pos;
		return this.nPairs++;
	}

	private byBlock(nb: number): void {
		const n = this.nPairs;
		const start = this.start;
		start.fill(0, 0, nb + 1);
		for (let k = 0; k < n; k++) start[this.pairB[k] + 1]++;
		for (let b = 0; b < nb; b++) start[b + 1] += start[b];
		if (this.liveV.length < n) {
			this.liveV = new Int32Array(n * 2);
			this.liveDist = new Int32Array(n * 2);
		}
		const fill = start.slice(0, nb + 1);
		for (let k = 0; k < n; k++) {
			const at = fill[this.pairB[k]]++;
			this.liveV[at] = this.pairV[k];
			this.liveDist[at] = this.pairPos[k];
		}
	}

	/** Completes the distances of vregs that a block does not use itself; two rounds serve loops. */
	private distances(lo: Lower, lay: Layout): void {
		const f = lo.f;
		let stamp = 0;
		for (let round = 0; round < 2; round++) {
			for (let i = lay.count - 1; i >= 0; i--) {
				const b = lay.order[i];
				const from = this.start[b];
				const to = this.start[b + 1];
				if (from === to) continue;
				stamp++;
				const succs = f.blocks[b].succs;
				for (let k = 0; k < succs.length; k++) {
					const s = succs[k];
					const extra = lay.cold[s] === 1 && lay.cold[b] === 0 ? ColdDistance : lay.depth[s] < lay.depth[b] ? 64 : 0;
					for (let j = this.start[s]; j < this.start[s + 1]; j++) {
						const v = this.liveV[j];
						const d = this.liveDist[j] + extra;
						if (this.distStamp[v] !== stamp || d < this.dist[v]) {
							this.distStamp[v] = stamp;
							this.dist[v] = d;
						}
					}
				}
				const w = this.weight[b];
				for (let j = from; j < to; j++) {
					const v = this.liveV[j];
					if (this.liveDist[j] < w) continue;
					if (this.distStamp[v] !== stamp) continue;
					const d = w + this.dist[v];
					if (d < this.liveDist[j]) this.liveDist[j] = d > Far ? Far : d;
				}
			}
		}
	}
}

function grow(a: Int32Array): Int32Array<ArrayBuffer> {
	const to = new Int32Array(a.length * 2);
	to.set(a);
	return to;
}
