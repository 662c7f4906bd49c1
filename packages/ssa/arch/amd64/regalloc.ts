// Register allocation: one forward pass over the blocks in layout order, greedy
// with next-use distances, on SSA. Every value has at most one home in memory,
// stored once after its definition (SSA: that is right on every path); dropping
// a value from a register therefore costs nothing at that place. All registers
// are caller-saved, so a call drops everything and what lives on gets a home.
//
// A block starts with the register state of a predecessor that is already done;
// the other edges are adapted by parallel moves (edges.ts). Loop headers keep
// only what is used before the next call. Phis take the register of the argument
// of the first predecessor where it dies, else a free one, else live in memory.
//
// The result: registers in the r* columns of Lir, and per block a list of items:
// instruction indices, or -1 - index of a move that the allocator inserted.

import { InternalError } from "#base";
import { BlockKind, type Func } from "../../func.ts";
import { OpArg } from "../../ops.gen.ts";
import { sizeOfT } from "../../types.ts";
import type { Layout } from "./layout.ts";
import { AM, type Lir, Remat } from "./lir.ts";
import { CallDistance, type Liveness } from "./liveness.ts";
import type { Lower } from "./lower.ts";
import {
	AnyPlace,
	aMask,
	bMask,
	clobbers,
	cMask,
	dst2Mask,
	dstMask,
	isTied,
	LAluRI,
	LAluRRk,
	LCall,
	LCallR,
	LEntry,
	LF,
	LLoad,
	LLoadX,
	LMov,
	LMovX,
	lirFlags,
	lirNames,
} from "./ops.ts";
import { allMask, fpMask, gpMask, R14 } from "./regs.ts";
import { ops as X } from "#obj";

/** Kinds of moves. */
export const MK = {
	/** Register to register, any classes, 8 bytes. */
	Copy: 1,
	/** Home of vreg v to register. */
	Load: 2,
	/** Makes rematerialisable vreg v again in a register. */
	Remat: 3,
	/** As Remat without changing the flags. */
	RematKeepFlags: 4,
	/** Register to the home of v. */
	Store: 5,
	/** Exchanges two general registers. */
	Xchg: 6,
	/** Zeroes X15 again. */
	ZeroX15: 7,
} as const;

/** No register. */
export const NoReg = 255;
const Far = 0x3fff_ffff;

function grow(a: Int32Array): Int32Array<ArrayBuffer> {
	const to = new Int32Array(a.length * 2);
	to.set(a);
	return to;
}
function pop(m: number): number {
	return 31 - Math.clz32(m & -m);
}

export class RegAlloc {
	readonly l: Lir;
	private lo!: Lower;
	private f!: Func;
	private lay!: Layout;
	live!: Liveness;

	// ---- results ----
	/** Items by block: ranges in items. */
	items: Int32Array = new Int32Array(1024);
	nItems = 0;
	itemStart: Int32Array = new Int32Array(64);
	itemEnd: Int32Array = new Int32Array(64);
	moveKind: Uint8Array = new Uint8Array(256);
	moveDst: Int32Array = new Int32Array(256);
	moveSrc: Int32Array = new Int32Array(256);
	nMoves = 1;
	/** By vreg: 1 = has a home in memory. */
	spilled: Uint8Array = new Uint8Array(256);
	/** By vreg: register right after the definition (NoReg = never in one). */
	defReg: Uint8Array = new Uint8Array(256);
	/** By vreg: linear positions of definition and last use. */
	from: Int32Array = new Int32Array(256);
	to: Int32Array = new Int32Array(256);
	/** Linear position of the start of a block. */
	base: Int32Array = new Int32Array(64);
	/** By block: register contents (vregs) required at the start, and at the end; 32 each. */
	startRegs: Int32Array = new Int32Array(64);
	endRegs: Int32Array = new Int32Array(64);
	/** By LIR instruction: list of pointer vregs that live across the call, range in safeV; -1 = no call. */
	safeStart: Int32Array = new Int32Array(256);
	safeCount: Int32Array = new Int32Array(256);
	safeV: Int32Array = new Int32Array(256);
	nSafe = 0;
	/** By vreg: value that stays readable in the argument area at inOff (its home is there, nothing is stored). */
	inHome: Uint8Array = new Uint8Array(256);
	/** By vreg: lives into a deferreturn path: its home is never shared. */
	pinned: Uint8Array = new Uint8Array(256);

	// ---- state ----
	private readonly regV: Int32Array = new Int32Array(32);
	private loc: Int32Array = new Int32Array(256);
	private head: Int32Array = new Int32Array(256);
	private usePos: Int32Array = new Int32Array(1024);
	private useNext: Int32Array = new Int32Array(1024);
	private nUse = 1;
	private hint: Uint8Array = new Uint8Array(256);
	private free = allMask;
	private locked = 0;
	private pos = 0;
	private linear = 0;
	/** Pointers alive here: set as list and places. */
	private liveList: Int32Array = new Int32Array(64);
	private nLive = 0;
	private liveAt: Int32Array = new Int32Array(256);
	private keepFlags = false;
	/** Positions of the calls of the block, last first; the next one is at the end of the list. */
	private calls: Int32Array = new Int32Array(64);
	private nCalls = 0;
	private nextCall = Far;
	/** By vreg: the block that dominates all places where its home must be valid, -1 = none. */
	homeBlock: Int32Array = new Int32Array(256);
	private cur = 0;
	private outStamp: Int32Array = new Int32Array(256);

	constructor(l: Lir) {
		this.l = l;
	}

	run(lo: Lower, lay: Layout, live: Liveness): void {
		this.lo = lo;
		this.f = lo.f;
		this.lay = lay;
		this.live = live;
		this.reset();
		for (let i = 0; i < lay.count; i++) this.doBlock(lay.order[i]);
	}

	private reset(): void {
		const l = this.l;
		const nv = l.nv;
		if (this.loc.length < nv) {
			const n = nv * 2;
			this.spilled = new Uint8Array(n);
			this.defReg = new Uint8Array(n);
			this.inHome = new Uint8Array(n);
			this.pinned = new Uint8Array(n);
			this.hint = new Uint8Array(n);
			this.from = new Int32Array(n);
			this.to = new Int32Array(n);
			this.loc = new Int32Array(n);
			this.head = new Int32Array(n);
			this.liveAt = new Int32Array(n);
			this.outStamp = new Int32Array(n);
			this.homeBlock = new Int32Array(n);
			this.atDef = new Uint8Array(n);
		}
		this.homeBlock.fill(-1, 0, nv);
		this.spilled.fill(0, 0, nv);
		this.defReg.fill(NoReg, 0, nv);
		this.inHome.fill(0, 0, nv);
		this.pinned.fill(0, 0, nv);
		this.hint.fill(NoReg, 0, nv);
		this.from.fill(Far, 0, nv);
		this.to.fill(-1, 0, nv);
		this.loc.fill(0, 0, nv);
		this.head.fill(0, 0, nv);
		this.liveAt.fill(-1, 0, nv);
		this.outStamp.fill(-1, 0, nv);
		const nb = this.f.blocks.length;
		if (this.itemStart.length < nb) {
			this.itemStart = new Int32Array(nb * 2);
			this.itemEnd = new Int32Array(nb * 2);
			this.base = new Int32Array(nb * 2);
		}
		if (this.startRegs.length < nb * 32) {
			this.startRegs = new Int32Array(nb * 64);
			this.endRegs = new Int32Array(nb * 64);
		}
		this.startRegs.fill(0, 0, nb * 32);
		this.endRegs.fill(0, 0, nb * 32);
		if (this.safeStart.length < l.n) {
			this.safeStart = new Int32Array(l.n * 2);
			this.safeCount = new Int32Array(l.n * 2);
		}
		this.safeStart.fill(-1, 0, l.n);
		this.nItems = 0;
		this.nMoves = 1;
		this.nSafe = 0;
		this.linear = 0;
	}

	// ---- output ----

	item(x: number): void {
		if (this.nItems === this.items.length) this.items = grow(this.items);
		this.items[this.nItems++] = x;
	}

	move(kind: number, dst: number, src: number): void {
		if (this.nMoves === this.moveDst.length) {
			this.moveDst = grow(this.moveDst);
			this.moveSrc = grow(this.moveSrc);
			const k = new Uint8Array(this.moveDst.length);
			k.set(this.moveKind);
			this.moveKind = k;
		}
		this.moveKind[this.nMoves] = kind;
		this.moveDst[this.nMoves] = dst;
		this.moveSrc[this.nMoves] = src;
		this.item(-1 - this.nMoves++);
	}

	// ---- uses ----

	private addUse(v: number, pos: number): void {
		if (this.nUse === this.usePos.length) {
			this.usePos = grow(this.usePos);
			this.useNext = grow(this.useNext);
		}
		const u = this.nUse++;
		this.usePos[u] = pos;
		this.useNext[u] = this.head[v];
		this.head[v] = u;
	}

	private nextUse(v: number): number {
		const h = this.head[v];
		return h === 0 ? Far + 1 : this.usePos[h];
	}

	/** Use lists of block b, from what lives out of it and a backward scan; also hints for registers. */
	private collectUses(b: number): void {
		const l = this.l;
		const f = this.f;
		const live = this.live;
		this.nUse = 1;
		const end = l.blockEnd[b] - l.blockStart[b];
		const succs = f.blocks[b].succs;
		for (let k = 0; k < succs.length; k++) {
			const s = succs[k];
			for (let j = live.start[s]; j < live.start[s + 1]; j++) {
				const v = live.liveV[j];
				const d = end + live.liveDist[j];
				if (this.outStamp[v] === b) {
					if (d < this.usePos[this.head[v]]) this.usePos[this.head[v]] = d;
					continue;
				}
				this.outStamp[v] = b;
				this.addUse(v, d > Far ? Far : d);
			}
			const np = live.phiStart[s + 1] - live.phiStart[s];
			if (np === 0) continue;
			const preds = f.blocks[s].preds;
			const done = this.lay.place[s] <= this.lay.place[b];
			for (let e = 0; e < preds.length; e++) {
				if (preds[e] !== b) continue;
				for (let q = 0; q < np; q++) {
					const phi = live.phis[live.phiStart[s] + q];
					const v = live.phiArgs[live.phiArgStart[live.phiStart[s] + q] + e];
					const h = done ? this.defReg[phi] : this.hint[phi];
					if (h !== NoReg) this.hint[v] = h;
					if (l.remat[v] !== 0) continue;
					if (this.outStamp[v] === b) {
						if (end < this.usePos[this.head[v]]) this.usePos[this.head[v]] = end;
						continue;
					}
					this.outStamp[v] = b;
					this.addUse(v, end);
				}
			}
		}
		this.nCalls = 0;
		for (let q = l.blockEnd[b] - 1, p = end - 1; p >= 0; q--, p--) {
			const i = l.seq[q];
			const op = l.op[i];
			if (op === LCall || op === LCallR) {
				if (this.nCalls === this.calls.length) this.calls = grow(this.calls);
				this.calls[this.nCalls++] = p;
			}
			this.instUses(i, p);
		}
		this.nextCall = this.nCalls > 0 ? this.calls[this.nCalls - 1] : Far;
	}

	private instUses(i: number, p: number): void {
		const l = this.l;
		const nu = l.extUses[i];
		const at = l.ext[i];
		for (let j = nu - 1; j >= 0; j--) {
			const v = l.pool[at + 2 * j];
			this.addUse(v, p);
			this.hint[v] = l.pool[at + 2 * j + 1];
		}
		const op = l.op[i];
		const a = l.a[i];
		if (a !== 0) {
			const dies = this.head[a] === 0;
			this.addUse(a, p);
			const m = aMask[op];
			if (isTied[op] === 1 || op === LMov || op === LMovX) {
				// The result takes a's register only if a is not wanted later.
				const h = this.hint[l.dst[i]];
				if (h !== NoReg && (dies || this.hint[a] === NoReg)) this.hint[a] = h;
			} else if ((m & (m - 1)) === 0 && m !== AnyPlace) this.hint[a] = pop(m);
		}
		const b = l.b[i];
		if (b !== 0) {
			this.addUse(b, p);
			const m = bMask[op];
			if ((m & (m - 1)) === 0) this.hint[b] = pop(m);
		}
		if (l.c[i] !== 0) this.addUse(l.c[i], p);
		if (l.base[i] !== 0) this.addUse(l.base[i], p);
		if (l.index[i] !== 0) this.addUse(l.index[i], p);
	}

	// ---- registers ----

	private setReg(r: number, v: number): void {
		this.regV[r] = v;
		this.loc[v] |= 1 << r;
		this.free &= ~(1 << r);
	}

	private dropReg(r: number): void {
		const v = this.regV[r];
		if (v === 0) return;
		this.regV[r] = 0;
		this.loc[v] &= ~(1 << r);
		this.free |= 1 << r;
	}

	private dropAll(v: number): void {
		for (let m = this.loc[v]; m !== 0; m &= m - 1) {
			const r = pop(m);
			this.regV[r] = 0;
			this.free |= 1 << r;
		}
		this.loc[v] = 0;
	}

	needHome(v: number): void {
		if (this.l.remat[v] !== 0 || this.spilled[v] === 1) return;
		if (this.l.vfloat[v] === 2) throw new InternalError(`regalloc: vector v${v} in ${this.f.name} would be spilled`);
		this.spilled[v] = 1;
	}

	/** The home of v must be valid in block b. */
	useHome(v: number, b: number): void {
		const dom = this.lay.dom;
		let h = this.homeBlock[v];
		if (h < 0 || dom === null) {
			this.homeBlock[v] = b;
			return;
		}
		while (!dom.dominates(h, b)) h = dom.idom[h];
		this.homeBlock[v] = h;
	}

	/** Makes register r empty; its value keeps its other registers or its home. */
	private evict(r: number): void {
		const v = this.regV[r];
		if (v === 0) return;
		this.dropReg(r);
		if (this.loc[v] === 0 && this.head[v] !== 0) this.needHome(v);
	}

	/** A register of mask for v: free if possible, else the one whose value is used last. It is empty afterwards. */
	private pick(mask: number, v: number): number {
		const m = mask & ~this.locked;
		const free = m & this.free;
		if (free !== 0) {
			const h = this.hint[v];
			if (h !== NoReg && ((free >>> h) & 1) === 1) return h;
			return pop(free);
		}
		let best = -1;
		let bestPos = -1;
		for (let k = m; k !== 0; k &= k - 1) {
			const r = pop(k);
			const u = this.regV[r];
			if (this.l.vfloat[u] === 2) continue;
			let d = this.nextUse(u);
			if ((this.loc[u] & (this.loc[u] - 1)) !== 0) d = Far + 2;
			else if (this.l.remat[u] !== 0) d += 64;
			else if (this.spilled[u] === 1) d += 8;
			if (d > bestPos) {
				bestPos = d;
				best = r;
			}
		}
		if (best < 0) throw new InternalError(`regalloc: no register for v${v} in ${this.f.name}, mask ${mask.toString(16)}`);
		this.evict(best);
		return best;
	}

	/** Brings v into a register of mask, locks it and returns it. */
	private fetch(v: number, mask: number): number {
		const remat = this.l.remat[v];
		if (remat === Remat.G && (mask & (mask - 1)) !== 0) return R14;
		const have = this.loc[v] & mask;
		if (have !== 0) {
			const r = pop(have);
			this.locked |= 1 << r;
			return r;
		}
		let r: number;
		if ((mask & (mask - 1)) === 0) {
			r = pop(mask);
			this.vacate(r, 0);
		} else r = this.pick(mask, v);
		this.bring(v, r);
		this.locked |= 1 << r;
		return r;
	}

	/** Puts v into the empty register r. */
	private bring(v: number, r: number): void {
		const at = this.loc[v];
		if (at !== 0) this.move(MK.Copy, r, pop(at));
		else if (this.l.remat[v] !== 0) this.move(this.keepFlags ? MK.RematKeepFlags : MK.Remat, r, v);
		else {
			this.needHome(v);
			this.useHome(v, this.cur);
			this.move(MK.Load, r, v);
		}
		this.setReg(r, v);
	}

	/** Empties register r; a value that is still wanted moves to a free register outside of `not` if there is one. */
	private vacate(r: number, not: number): void {
		const v = this.regV[r];
		if (v === 0) return;
		const others = this.loc[v] & ~(1 << r) & ~not;
		if (others === 0 && this.head[v] !== 0 && this.l.remat[v] === 0) {
			const cls = r < 16 ? gpMask : fpMask;
			const h = this.hint[v];
			let m = this.free & cls & ~this.locked & ~not;
			if (h !== NoReg && h !== r && ((m >>> h) & 1) === 1) m = 1 << h;
			if (m !== 0) {
				const to = pop(m);
				this.move(MK.Copy, to, r);
				this.setReg(to, v);
			}
		}
		const wasLocked = (this.locked >>> r) & 1;
		if (wasLocked === 1) this.locked &= ~(1 << r);
		this.evict(r);
	}

	// ---- live pointers ----

	private addLive(v: number): void {
		if (this.l.vptr[v] === 0 || this.liveAt[v] >= 0) return;
		if (this.nLive === this.liveList.length) this.liveList = grow(this.liveList);
		this.liveAt[v] = this.nLive;
		this.liveList[this.nLive++] = v;
	}

	private removeLive(v: number): void {
		const at = this.liveAt[v];
		if (at < 0) return;
		const last = this.liveList[--this.nLive];
		this.liveList[at] = last;
		this.liveAt[last] = at;
		this.liveAt[v] = -1;
	}

	private clearLive(): void {
		for (let k = 0; k < this.nLive; k++) this.liveAt[this.liveList[k]] = -1;
		this.nLive = 0;
	}

	/** One use of v is done; after the last one its registers are free. */
	private consume(v: number): void {
		this.head[v] = this.useNext[this.head[v]];
		if (this.linear > this.to[v]) this.to[v] = this.linear;
		if (this.head[v] === 0) {
			this.dropAll(v);
			this.removeLive(v);
		} else if (this.loc[v] !== 0 && this.usePos[this.head[v]] > this.nextCall) {
			// no register is worth keeping over a call
			this.dropAll(v);
			this.needHome(v);
		}
	}

	private define(v: number, r: number): void {
		this.defReg[v] = r;
		if (this.linear < this.from[v]) this.from[v] = this.linear;
		if (this.linear > this.to[v]) this.to[v] = this.linear;
		if (this.head[v] === 0) return;
		this.addLive(v);
		if (this.usePos[this.head[v]] > this.nextCall) this.needHome(v);
		else this.setReg(r, v);
	}

	// ---- blocks ----

	private doBlock(b: number): void {
		const l = this.l;
		this.cur = b;
		this.collectUses(b);
		this.base[b] = this.linear;
		this.itemStart[b] = this.nItems;
		this.startState(b);
		this.linear++;
		const from = l.blockStart[b];
		const to = l.blockEnd[b];
		for (let q = from; q < to; q++) {
			this.pos = q - from;
			while (this.nCalls > 0 && this.calls[this.nCalls - 1] < this.pos) this.nCalls--;
			this.nextCall = this.nCalls > 0 ? this.calls[this.nCalls - 1] : Far;
			this.linear++;
			this.doInst(l.seq[q]);
		}
		this.linear++;
		this.itemEnd[b] = this.nItems;
		this.finish(b);
	}

	/** Remembers the registers at the end and forgets the state of the block. */
	private finish(b: number): void {
		const live = this.live;
		const at = b * 32;
		const defer = this.f.blocks[b].kind === BlockKind.Defer;
		for (let r = 0; r < 32; r++) {
			const v = this.regV[r];
			if (v === 0) continue;
			if (this.head[v] !== 0) this.endRegs[at + r] = v;
			this.loc[v] = 0;
			this.regV[r] = 0;
		}
		this.free = allMask;
		const succs = this.f.blocks[b].succs;
		for (let k = 0; k < succs.length; k++) {
			const s = succs[k];
			for (let j = live.start[s]; j < live.start[s + 1]; j++) {
				const v = live.liveV[j];
				this.head[v] = 0;
				if (this.linear > this.to[v]) this.to[v] = this.linear;
				if (defer && k === 1) {
					this.pinned[v] = 1;
					this.needHome(v);
					this.useHome(v, 0);
				}
			}
			const preds = this.f.blocks[s].preds;
			for (let e = 0; e < preds.length; e++) {
				if (preds[e] !== b) continue;
				for (let q = live.phiStart[s]; q < live.phiStart[s + 1]; q++) {
					const v = live.phiArgs[live.phiArgStart[q] + e];
					this.head[v] = 0;
					if (this.linear > this.to[v]) this.to[v] = this.linear;
					// the home of a phi is written at the ends of its predecessors
					const phi = live.phis[q];
					if (this.linear > this.to[phi]) this.to[phi] = this.linear;
					if (this.linear < this.from[phi]) this.from[phi] = this.linear;
				}
			}
		}
		this.clearLive();
	}

	/** Chooses the register contents at the start of block b. */
	private startState(b: number): void {
		const f = this.f;
		const live = this.live;
		const lay = this.lay;
		const from = live.start[b];
		const to = live.start[b + 1];
		const preds = f.blocks[b].preds;
		let primary = -1;
		let open = false;
		for (let e = 0; e < preds.length; e++) {
			const p = preds[e];
			if (lay.place[p] < 0) continue;
			if (lay.place[p] >= lay.place[b]) {
				open = true;
				continue;
			}
			if (f.blocks[p].kind === BlockKind.Defer && f.blocks[p].succs[1] === b) continue;
			// a hot predecessor, the latest of them
			if (
				primary < 0 ||
				lay.cold[p] < lay.cold[preds[primary]] ||
				(lay.cold[p] === lay.cold[preds[primary]] && lay.place[p] > lay.place[preds[primary]])
			)
				primary = e;
		}
		// dist of live-in values, by a use list of their own: the head is the next use in this block or beyond
		const end = primary < 0 ? -1 : preds[primary] * 32;
		for (let j = from; j < to; j++) {
			const v = live.liveV[j];
			this.addLive(v);
			if (this.base[b] < this.from[v]) this.from[v] = this.base[b];
			if (this.linear > this.to[v]) this.to[v] = this.linear;
		}
		if (end >= 0) {
			const many = preds.length > 1;
			for (let r = 0; r < 32; r++) {
				const v = this.endRegs[end + r];
				if (v === 0 || this.liveAt2(v, from, to) < 0) continue;
				if (this.nextUse(v) > this.nextCall || (many && this.nextUse(v) >= CallDistance)) continue;
				if (many && this.loc[v] !== 0) continue;
				this.setReg(r, v);
			}
		}
		if (open && end >= 0) this.preload(b, from, to);
		this.placePhis(b, primary);
		const at = b * 32;
		for (let r = 0; r < 32; r++) this.startRegs[at + r] = this.regV[r];
		for (let j = from; j < to; j++) {
			const v = live.liveV[j];
			if (this.loc[v] === 0) this.needHome(v);
		}
	}

	/** Whether v lives into the block being started: it has uses left and was not defined here. */
	private liveAt2(v: number, from: number, to: number): number {
		if (this.head[v] === 0) return -1;
		// live-in lists are sorted by vreg
		let lo = from;
		let hi = to;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			const x = this.live.liveV[mid];
			if (x === v) return mid;
			if (x < v) lo = mid + 1;
			else hi = mid;
		}
		return -1;
	}

	/** Values in memory that the loop uses before it calls get registers at its header: they are loaded outside. */
	private preload(b: number, from: number, to: number): void {
		const live = this.live;
		const l = this.l;
		// leave registers for the phis and some to work with
		let gp = 6 + (live.phiStart[b + 1] - live.phiStart[b]);
		let fp = gp;
		for (let m = this.free & gpMask; m !== 0; m &= m - 1) gp--;
		for (let m = this.free & fpMask; m !== 0; m &= m - 1) fp--;
		for (let j = from; j < to && (gp < 0 || fp < 0); j++) {
			const v = live.liveV[j];
			if (this.loc[v] !== 0 || live.liveDist[j] >= 512) continue;
			if (l.vfloat[v] !== 0) {
				if (fp >= 0) continue;
				fp++;
				this.setReg(pop(this.free & fpMask), v);
			} else {
				if (gp >= 0) continue;
				gp++;
				const h = this.hint[v];
				this.setReg(h !== NoReg && ((this.free >>> h) & 1) === 1 ? h : pop(this.free & gpMask), v);
			}
		}
	}

	private placePhis(b: number, primary: number): void {
		const live = this.live;
		const l = this.l;
		const first = live.phiStart[b];
		const last = live.phiStart[b + 1];
		if (first === last) return;
		if (primary < 0) throw new InternalError(`regalloc: phis in block b${b} of ${this.f.name} that only the runtime enters`);
		const end = this.f.blocks[b].preds[primary] * 32;
		// first those whose argument is in a register and dies
		for (let q = first; q < last; q++) {
			const phi = live.phis[q];
			if (this.head[phi] === 0) continue;
			const v = live.phiArgs[live.phiArgStart[q] + primary];
			if (l.remat[v] !== 0 || l.vfloat[v] !== l.vfloat[phi]) continue;
			for (let r = 0; r < 32; r++) {
				if (this.endRegs[end + r] !== v || this.regV[r] !== 0) continue;
				if (this.nextUse(phi) < CallDistance && this.nextUse(phi) <= this.nextCall) this.define(phi, r);
				break;
			}
		}
		for (let q = first; q < last; q++) {
			const phi = live.phis[q];
			this.addLive(phi);
			if (this.base[b] < this.from[phi]) this.from[phi] = this.base[b];
			if (this.linear > this.to[phi]) this.to[phi] = this.linear;
			if (this.loc[phi] !== 0 || this.head[phi] === 0) {
				if (this.head[phi] === 0) this.removeLive(phi);
				continue;
			}
			const cls = l.vfloat[phi] !== 0 ? fpMask : gpMask;
			const free = this.free & cls;
			if (free === 0 || this.nextUse(phi) >= CallDistance || this.nextUse(phi) > this.nextCall) {
				this.needHome(phi);
				continue;
			}
			const h = this.hint[phi];
			this.define(phi, h !== NoReg && ((free >>> h) & 1) === 1 ? h : pop(free));
		}
	}

	// ---- instructions ----

	private doInst(i: number): void {
		const l = this.l;
		const op = l.op[i];
		const flags = lirFlags[op];
		this.locked = 0;
		this.keepFlags = (flags & LF.UsesFlags) !== 0;
		if (op === LEntry) {
			this.defineExt(i);
			this.item(i);
			return;
		}
		const nu = l.extUses[i];
		if (nu > 0) this.fetchExt(i, nu);
		this.operands(i, op, flags);
		// what the instruction destroys
		const d1 = dstMask[op];
		const d2 = dst2Mask[op];
		let clob = clobbers[op];
		const tied = isTied[op] === 1;
		if (!tied && d1 !== 0 && (d1 & (d1 - 1)) === 0) clob |= d1;
		if (d2 !== 0 && (d2 & (d2 - 1)) === 0) clob |= d2;
		this.consumeAll(i, nu);
		if (op === LCall || op === LCallR) this.call(i);
		else if (clob !== 0) {
			for (let m = clob & ~this.free & allMask; m !== 0; m &= m - 1) {
				const r = pop(m);
				if (this.regV[r] !== 0) this.vacate(r, clob);
			}
		}
		const at = this.nItems;
		this.item(i);
		if (tied) this.tie(i, op, at);
		else if (d1 !== 0) {
			const dst = l.dst[i];
			let r: number;
			if ((d1 & (d1 - 1)) === 0) r = pop(d1);
			else if ((op === LMov || op === LMovX) && this.takeOver(i)) r = l.ra[i];
			else {
				if ((flags & LF.Early) === 0) this.locked = 0;
				r = this.pickDst(d1 & ~clob, dst);
			}
			l.rdst[i] = r;
			if (dst !== 0) this.define(dst, r);
			this.locked |= 1 << r;
		}
		if (d2 !== 0) {
			let r: number;
			if ((d2 & (d2 - 1)) === 0) r = pop(d2);
			else {
				this.locked |= this.operandRegs(i);
				r = this.pick(d2 & ~clob, 0);
			}
			l.rdst2[i] = r;
			if (l.dst2[i] !== 0) this.define(l.dst2[i], r);
		}
		if (l.extDefs[i] > 0) this.defineExt(i);
		this.noteInHome(i, op);
	}

	/** A register for a result nobody may want. */
	private pickDst(mask: number, dst: number): number {
		return this.pick(mask, dst);
	}

	/** dst of a move can be the register of its operand, which died here. */
	private takeOver(i: number): boolean {
		const r = this.l.ra[i];
		return ((this.free >>> r) & 1) === 1;
	}

	private operandRegs(i: number): number {
		const l = this.l;
		let m = 0;
		if (l.a[i] !== 0) m |= 1 << l.ra[i];
		if (l.b[i] !== 0) m |= 1 << l.rb[i];
		if (l.c[i] !== 0) m |= 1 << l.rc[i];
		if (l.base[i] !== 0) m |= 1 << l.rbase[i];
		if (l.index[i] !== 0) m |= 1 << l.rindex[i];
		if (l.dst[i] !== 0 || dstMask[l.op[i]] !== 0) m |= 1 << l.rdst[i];
		return m;
	}

	/** Brings the operands into registers, those with a fixed one first. */
	private operands(i: number, op: number, flags: number): void {
		const l = this.l;
		let not = 0;
		// a result in a fixed register that is written before the operands are read
		if ((flags & LF.Early) !== 0 && (dstMask[op] & (dstMask[op] - 1)) === 0) not = dstMask[op];
		const a = l.a[i];
		const b = l.b[i];
		const c = l.c[i];
		for (let fixed = 1; fixed >= 0; fixed--) {
			if (a !== 0) {
				const m = aMask[op] & ~not;
				if (m === AnyPlace) {
					if (fixed === 0) {
						l.ra[i] = NoReg;
						if (this.loc[a] === 0 && l.remat[a] === 0) this.useHome(a, this.cur);
					}
				} else if (((m & (m - 1)) === 0 ? 1 : 0) === fixed) l.ra[i] = this.fetch(a, m);
			}
			if (b !== 0) {
				const m = bMask[op] & ~not;
				if (((m & (m - 1)) === 0 ? 1 : 0) === fixed) l.rb[i] = this.fetch(b, m);
			}
			if (c !== 0) {
				const m = cMask[op] & ~not;
				if (((m & (m - 1)) === 0 ? 1 : 0) === fixed) l.rc[i] = this.fetch(c, m);
			}
		}
		if (l.base[i] !== 0) l.rbase[i] = this.fetch(l.base[i], gpMask & ~not);
		if (l.index[i] !== 0) l.rindex[i] = this.fetch(l.index[i], gpMask & ~not);
	}

	private consumeAll(i: number, nu: number): void {
		const l = this.l;
		for (let j = 0; j < nu; j++) this.consume(l.pool[l.ext[i] + 2 * j]);
		if (l.a[i] !== 0) this.consume(l.a[i]);
		if (l.b[i] !== 0) this.consume(l.b[i]);
		if (l.c[i] !== 0) this.consume(l.c[i]);
		if (l.base[i] !== 0) this.consume(l.base[i]);
		if (l.index[i] !== 0) this.consume(l.index[i]);
	}

	/** Arguments in fixed registers: those in place first; a value in the way goes where it is wanted itself. */
	private fetchExt(i: number, nu: number): void {
		const l = this.l;
		const at = l.ext[i];
		for (let j = 0; j < nu; j++) {
			const v = l.pool[at + 2 * j];
			const r = l.pool[at + 2 * j + 1];
			if (this.regV[r] === v) this.locked |= 1 << r;
		}
		for (let j = 0; j < nu; j++) {
			const v = l.pool[at + 2 * j];
			const r = l.pool[at + 2 * j + 1];
			if (this.regV[r] === v) continue;
			this.fetch(v, 1 << r);
		}
	}

	private defineExt(i: number): void {
		const l = this.l;
		const at = l.ext[i] + 2 * l.extUses[i];
		for (let j = 0; j < l.extDefs[i]; j++) this.define(l.pool[at + 2 * j], l.pool[at + 2 * j + 1]);
	}

	/** Everything that lives on gets a home; remembers the live pointers. */
	private call(i: number): void {
		for (let r = 0; r < 32; r++) if (this.regV[r] !== 0) this.evict(r);
		// the results are after this call
		while (this.nCalls > 0 && this.calls[this.nCalls - 1] <= this.pos) this.nCalls--;
		this.nextCall = this.nCalls > 0 ? this.calls[this.nCalls - 1] : Far;
		this.safeStart[i] = this.nSafe;
		this.safeCount[i] = this.nLive;
		while (this.nSafe + this.nLive > this.safeV.length) this.safeV = grow(this.safeV);
		for (let k = 0; k < this.nLive; k++) {
			const v = this.liveList[k];
			this.safeV[this.nSafe++] = v;
			this.useHome(v, this.cur);
		}
	}

	/** dst takes the register of a, which is copied first if it lives on. `at` is the place of the instruction in items. */
	private tie(i: number, op: number, at: number): void {
		const l = this.l;
		const dst = l.dst[i];
		let ra = l.ra[i];
		const a = l.a[i];
		if (ra !== R14 && (lirFlags[op] & LF.Commutes) !== 0) {
			const rb = l.rb[i];
			const lives = this.regV[ra] !== 0 && this.loc[a] === 1 << ra;
			if (rb !== R14 && rb !== ra && this.regV[rb] === 0 && (lives || this.hint[dst] === rb)) {
				l.ra[i] = rb;
				l.rb[i] = ra;
				const b = l.b[i];
				l.b[i] = a;
				l.a[i] = b;
				ra = rb;
			}
		}
		if (ra !== R14 && this.regV[ra] === 0) {
			l.rdst[i] = ra;
			this.define(dst, ra);
			return;
		}
		if (ra !== R14 && (this.loc[this.regV[ra]] & ~(1 << ra)) !== 0) {
			// another copy of a remains
			this.dropReg(ra);
			l.rdst[i] = ra;
			this.define(dst, ra);
			return;
		}
		const m = op === LAluRI || op === LAluRRk || ra === R14 || ra < 16 ? aMask[op] & gpMask : fpMask;
		this.locked |= 1 << ra;
		const r = this.pick(m & ~clobbers[op], dst);
		l.rdst[i] = r;
		const lea = (op === LAluRI || op === LAluRRk) && l.sub[i] === X.ADD && l.size[i] >= 4;
		if (!lea) {
			// the copy goes before the instruction
			this.nItems = at;
			this.move(MK.Copy, r, ra);
			l.ra[i] = r;
			this.item(i);
		}
		this.define(dst, r);
	}

	/** A stack argument that is loaded at entry already has a home. */
	private noteInHome(i: number, op: number): void {
		const l = this.l;
		if ((op !== LLoad && op !== LLoadX) || l.am[i] !== AM.In) return;
		const v = l.dst[i];
		if (v < this.f.nvals && this.f.op[v] === OpArg) this.inHome[v] = 1;
	}

	/**
	 * Decides where values with a home are stored: after the definition, or at the start of a block further down that
	 * dominates all places that need the home, if it is in no deeper loop and the value is still in a register there.
	 * Returns for each such block the list of vreg, register, ...; the others stay with their definition.
	 */
	placeStores(): Map<number, number[]> {
		const late = new Map<number, number[]>();
		const { lay, l } = this;
		const dom = lay.dom;
		this.atDef.fill(1, 0, l.nv);
		if (dom === null) return late;
		for (let v = 1; v < l.nv; v++) {
			if (this.spilled[v] === 0 || this.defReg[v] === NoReg || this.inHome[v] === 1 || this.pinned[v] === 1) continue;
			const def = this.live.defBlock[v];
			let b = this.homeBlock[v];
			if (b < 0 || b === def) {
				if (b < 0 && l.vptr[v] === 0) this.atDef[v] = 0;
				continue;
			}
			let best = -1;
			let bestReg = 0;
			let bestDepth = lay.depth[def];
			for (; b !== def && b >= 0; b = dom.idom[b]) {
				if (lay.depth[b] > bestDepth || (best >= 0 && lay.depth[b] === bestDepth)) continue;
				const r = this.startReg(b, v);
				if (r < 0) continue;
				best = b;
				bestReg = r;
				bestDepth = lay.depth[b];
			}
			if (best < 0) continue;
			this.atDef[v] = 0;
			const list = late.get(best);
			if (list === undefined) late.set(best, [v, bestReg]);
			else list.push(v, bestReg);
		}
		return late;
	}
	/** By vreg: 1 = stored right after its definition (if it has a home at all). */
	atDef: Uint8Array = new Uint8Array(256);

	private startReg(b: number, v: number): number {
		for (let r = 0; r < 32; r++) if (this.startRegs[b * 32 + r] === v) return r;
		return -1;
	}

	/** Bytes to move between a register and the home of v. */
	homeSize(v: number): number {
		if (v < this.f.nvals && this.f.op[v] === OpArg) return sizeOfT[this.f.type[v]];
		return 8;
	}

	/** For error messages. */
	describe(i: number): string {
		return `${lirNames[this.l.op[i]]} #${i} of ${this.f.name}`;
	}

	isReached(b: number): boolean {
		return this.lay.place[b] >= 0;
	}

	lower(): Lower {
		return this.lo;
	}
}
