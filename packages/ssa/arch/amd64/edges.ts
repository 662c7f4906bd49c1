// Moves on control-flow edges: from the registers at the end of a block to those
// its successor starts with, phis included, as one parallel move per edge.

import { InternalError } from "#base";
import { BlockKind } from "../../func.ts";
import { OpPhi } from "../../ops.gen.ts";
import { MK, NoReg, type RegAlloc } from "./regalloc.ts";
import { AX, allMask, fpMask, gpMask, X15 } from "./regs.ts";

/** Places: 0-31 registers; Home + v the home of vreg v; -1 - v rematerialisable vreg v. */
const Home = 64;

export class Edges {
	/** By edge (first[b] + k): range of items. */
	first: Int32Array = new Int32Array(64);
	start: Int32Array = new Int32Array(64);
	end: Int32Array = new Int32Array(64);
	private readonly dst: number[] = [];
	private readonly src: number[] = [];
	private endLoc: Int32Array = new Int32Array(256);
	private scratch = 0;
	private usedX15 = false;
	/** X15 holds a value of a cycle. */
	private cycleX15 = false;

	run(ra: RegAlloc): void {
		const f = ra.lower().f;
		const nb = f.blocks.length;
		if (this.first.length < nb + 1) this.first = new Int32Array(nb * 2 + 1);
		let n = 0;
		for (let b = 0; b < nb; b++) {
			this.first[b] = n;
			n += f.blocks[b].succs.length;
		}
		if (this.start.length < n) {
			this.start = new Int32Array(n * 2);
			this.end = new Int32Array(n * 2);
		}
		if (this.endLoc.length < ra.l.nv) this.endLoc = new Int32Array(ra.l.nv * 2);
		for (let b = 0; b < nb; b++) {
			const block = f.blocks[b];
			for (let k = 0; k < block.succs.length; k++) {
				const e = this.first[b] + k;
				this.start[e] = ra.nItems;
				if (ra.isReached(b) && (block.kind !== BlockKind.Defer || k === 0)) this.edge(ra, b, k);
				this.end[e] = ra.nItems;
			}
		}
	}

	private edge(ra: RegAlloc, b: number, k: number): void {
		const f = ra.lower().f;
		const live = ra.live;
		const s = f.blocks[b].succs[k];
		const to = s * 32;
		const from = b * 32;
		let pred = -1;
		const phis = live.phiStart[s + 1] - live.phiStart[s];
		if (phis > 0) pred = predIndex(f.blocks[s].preds, f.blocks[b].succs, b, k);
		else if (f.blocks[s].preds.length === 1) return;
		const endLoc = this.endLoc;
		for (let r = 31; r >= 0; r--) {
			const v = ra.endRegs[from + r];
			if (v !== 0) endLoc[v] = r + 1;
		}
		this.dst.length = 0;
		this.src.length = 0;
		let busy = 0;
		for (let r = 0; r < 32; r++) {
			let v = ra.startRegs[to + r];
			if (v === 0) continue;
			busy |= 1 << r;
			if (v < f.nvals && f.op[v] === OpPhi && live.defBlock[v] === s) v = this.phiArg(ra, s, v, pred);
			// in the right register already, perhaps among others
			if (ra.endRegs[from + r] === v) {
				this.push(r, r);
				continue;
			}
			this.push(r, this.place(ra, v, b));
		}
		for (let q = live.phiStart[s]; q < live.phiStart[s + 1]; q++) {
			const phi = live.phis[q];
			if (ra.defReg[phi] !== NoReg || ra.spilled[phi] === 0) continue;
			this.push(Home + phi, this.place(ra, live.phiArgs[live.phiArgStart[q] + pred], b));
		}
		for (let r = 0; r < 32; r++) {
			const v = ra.endRegs[from + r];
			if (v !== 0) endLoc[v] = 0;
		}
		if (this.dst.length > 0) this.solve(ra, busy);
	}

	private phiArg(ra: RegAlloc, s: number, phi: number, pred: number): number {
		const live = ra.live;
		for (let q = live.phiStart[s]; q < live.phiStart[s + 1]; q++) if (live.phis[q] === phi) return live.phiArgs[live.phiArgStart[q] + pred];
		throw new InternalError(`edges: v${phi} is no phi of b${s}`);
	}

	private place(ra: RegAlloc, v: number, b: number): number {
		if (this.endLoc[v] !== 0) return this.endLoc[v] - 1;
		if (ra.l.remat[v] !== 0) return -1 - v;
		ra.needHome(v);
		ra.useHome(v, b);
		return Home + v;
	}

	private push(dst: number, src: number): void {
		this.dst.push(dst);
		this.src.push(src);
	}

	/** Emits the moves of dst/src as if all happened at once. busy: registers that hold something afterwards. */
	private solve(ra: RegAlloc, busy: number): void {
		const { dst, src } = this;
		let used = busy;
		for (let i = 0; i < src.length; i++) if (src[i] >= 0 && src[i] < 32) used |= 1 << src[i];
		this.scratch = allMask & ~used;
		this.usedX15 = false;
		this.cycleX15 = false;
		let n = 0;
		for (let i = 0; i < dst.length; i++) {
			if (dst[i] === src[i]) continue;
			dst[n] = dst[i];
			src[n++] = src[i];
		}
		dst.length = n;
		src.length = n;
		while (dst.length > 0) {
			let progress = false;
			// rematerialised values last: they free nothing and may need their register as source before
			for (let i = 0; i < dst.length; i++) {
				if (this.isRead(dst[i], i)) continue;
				this.one(ra, dst[i], src[i]);
				const last = dst.length - 1;
				dst[i] = dst[last];
				src[i] = src[last];
				dst.length = last;
				src.length = last;
				progress = true;
				i--;
			}
			if (progress || dst.length === 0) continue;
			this.breakCycle(ra);
		}
		if (this.usedX15) ra.move(MK.ZeroX15, X15, 0);
	}

	private isRead(place: number, but: number): boolean {
		const src = this.src;
		for (let j = 0; j < src.length; j++) if (j !== but && src[j] === place) return true;
		return false;
	}

	/** All remaining moves are in cycles. */
	private breakCycle(ra: RegAlloc): void {
		const { dst, src } = this;
		// two general registers that want each other's content
		for (let i = 0; i < dst.length; i++) {
			if (dst[i] >= 16 || src[i] < 0 || src[i] >= 16) continue;
			// dst[i] <- src[i]: exchange; whoever reads dst[i] finds it in src[i] now, and the other way round
			const d = dst[i];
			const s = src[i];
			ra.move(MK.Xchg, d, s);
			dst.splice(i, 1);
			src.splice(i, 1);
			for (let j = src.length - 1; j >= 0; j--) {
				if (src[j] === d) src[j] = s;
				else if (src[j] === s) src[j] = d;
				if (src[j] === dst[j]) {
					src.splice(j, 1);
					dst.splice(j, 1);
				}
			}
			return;
		}
		const p = src[0];
		const t = this.temp(ra, p);
		this.one(ra, t, p);
		for (let j = 0; j < src.length; j++) if (src[j] === p) src[j] = t;
	}

	/** A register to hold the value of a place of a broken cycle; floating ones hold anything, their own kind is cheaper. */
	private temp(ra: RegAlloc, place: number): number {
		const own = this.free(place >= 16 && place < 32 ? fpMask : gpMask);
		const r = own >= 0 ? own : this.free(gpMask | fpMask);
		if (r >= 0) {
			this.scratch &= ~(1 << r);
			return r;
		}
		if (this.cycleX15) throw new InternalError(`edges: no scratch register in ${ra.lower().f.name}`);
		this.cycleX15 = true;
		this.usedX15 = true;
		return X15;
	}

	private free(mask: number): number {
		const m = this.scratch & mask;
		return m === 0 ? -1 : 31 - Math.clz32(m & -m);
	}

	private one(ra: RegAlloc, dst: number, src: number): void {
		if (dst < 32) {
			if (src < 0) ra.move(MK.Remat, dst, -1 - src);
			else if (src < 32) ra.move(MK.Copy, dst, src);
			else ra.move(MK.Load, dst, src - Home);
			return;
		}
		const phi = dst - Home;
		if (src >= 0 && src < 32) {
			ra.move(MK.Store, src, phi);
			return;
		}
		// through a register: any class for memory to memory, the value's own to make it again
		const mask = src >= 0 ? gpMask | fpMask : ra.l.vfloat[-1 - src] !== 0 ? fpMask : gpMask;
		let t = this.free(mask);
		if (t < 0 && this.cycleX15) throw new InternalError(`edges: no scratch register in ${ra.lower().f.name}`);
		if (t < 0) {
			this.usedX15 = true;
			if (mask === gpMask) {
				// borrow AX
				ra.move(MK.Copy, X15, AX);
				ra.move(MK.Remat, AX, -1 - src);
				ra.move(MK.Store, AX, phi);
				ra.move(MK.Copy, AX, X15);
				return;
			}
			t = X15;
		}
		if (src < 0) ra.move(MK.Remat, t, -1 - src);
		else ra.move(MK.Load, t, src - Home);
		ra.move(MK.Store, t, phi);
	}
}

/** The place among preds of s of the k-th edge out of b. */
function predIndex(preds: readonly number[], succs: readonly number[], b: number, k: number): number {
	let nth = 0;
	for (let j = 0; j < k; j++) if (succs[j] === succs[k]) nth++;
	for (let e = 0; e < preds.length; e++) if (preds[e] === b && nth-- === 0) return e;
	throw new InternalError(`edges: b${b} is no predecessor`);
}
