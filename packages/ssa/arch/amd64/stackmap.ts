// Stack maps: which words of the frame hold live pointers at each call.
//
// Spilled values are exact: the allocator lists the pointers that live across a
// call. Slots with pointers are live from their SlotDef to the last instruction
// that reads them or takes their address; slots whose address escapes are stack
// objects, which the collector scans when a live pointer leads to them. Slots
// that live at entry, and those that a deferred call or a slot of unknown layout
// keeps alive throughout, are zeroed in the prologue.

import { ByteWriter } from "#base";
import { BlockKind, type Func } from "../../func.ts";
import type { Frame } from "./frame.ts";
import type { Layout } from "./layout.ts";
import { AM, Remat } from "./lir.ts";
import { LCall, LCallR, LKeep, LSlotDef, LStore, LStoreI, LStoreX, LStoreZ } from "./ops.ts";
import { MK, type RegAlloc } from "./regalloc.ts";

export class StackMaps {
	/** Slots that are tracked by liveness: their index in bit sets; -1 = not. */
	private index: Int32Array = new Int32Array(64);
	private tracked: number[] = [];
	/** Slots that are in every map. */
	private always: number[] = [];
	/** Slots to zero at entry. */
	entryZero: number[] = [];
	private words = 0;
	private liveOut: Uint32Array = new Uint32Array(64);
	private liveIn: Uint32Array = new Uint32Array(64);
	/** By LIR call instruction: live tracked slots, `words` per call, in order of callAt. */
	private callAt: Int32Array = new Int32Array(256);
	private callBits: Uint32Array = new Uint32Array(64);
	private nCalls = 0;
	// finished maps
	private readonly keys = new Map<string, number>();
	private locals: Uint8Array[] = [];
	private args: Uint8Array[] = [];
	private localBits = 0;
	private argBits = 0;
	private f!: Func;
	private ra!: RegAlloc;
	private fr!: Frame;
	private cur: Uint8Array = new Uint8Array(16);
	private curArgs: Uint8Array = new Uint8Array(16);

	run(ra: RegAlloc, fr: Frame, lay: Layout, slotUsed: Uint8Array): void {
		this.f = ra.lower().f;
		this.ra = ra;
		this.fr = fr;
		this.keys.clear();
		this.locals = [];
		this.args = [];
		this.entryZero = [];
		this.nCalls = 0;
		this.classify(lay, slotUsed);
		if (this.tracked.length > 0) this.solve(lay);
		const f = this.f;
		this.localBits = (fr.body - fr.ptrStart) >> 3;
		let args = 0;
		for (const loc of f.sig.args) if (loc.type === 8 && loc.off >= 0) args = Math.max(args, loc.off + 8);
		for (let s = 0; s < f.slots.length; s++) {
			const slot = f.slots[s];
			if (slot.argOffset >= 0 && slot.ptrmask !== null) args = Math.max(args, slot.argOffset + ((slot.size + 7) & ~7));
		}
		this.argBits = args >> 3;
		if (this.cur.length < (this.localBits + 7) >> 3) this.cur = new Uint8Array(this.localBits >> 2);
		if (this.curArgs.length < (this.argBits + 7) >> 3) this.curArgs = new Uint8Array((this.argBits >> 2) + 1);
		this.entryMap();
	}

	/** Map 0: at entry all arguments are in their places, nothing else is. */
	private entryMap(): void {
		this.cur.fill(0);
		this.curArgs.fill(0);
		for (const loc of this.f.sig.args) if (loc.type === 8 && loc.off >= 0) this.setBit(this.curArgs, loc.off >> 3);
		for (let s = 0; s < this.f.slots.length; s++) {
			const slot = this.f.slots[s];
			if (slot.argOffset >= 0 && slot.ptrmask !== null && !this.isResult(slot.argOffset)) this.slotBits(s);
		}
		this.intern();
	}

	/** Whether an offset in the argument area belongs to the results. */
	private isResult(off: number): boolean {
		let first = this.f.sig.resultOff ?? 0x7fff_ffff;
		for (const r of this.f.sig.results) if (r.reg < 0 && r.off >= 0 && r.off < first) first = r.off;
		return off >= first;
	}

	private classify(lay: Layout, slotUsed: Uint8Array): void {
		const f = this.f;
		const n = f.slots.length;
		if (this.index.length < n) this.index = new Int32Array(n * 2);
		this.tracked = [];
		this.always = [];
		const pinned = new Uint8Array(n);
		if (f.openDefers !== null) for (const s of f.openDefers.closureSlots) pinned[s] = 1;
		this.deferSlots(lay, pinned);
		for (let s = 0; s < n; s++) {
			this.index[s] = -1;
			const slot = f.slots[s];
			if (slot.ptrmask === null) continue;
			if (slot.argOffset >= 0) {
				this.always.push(s);
				if (this.isResult(slot.argOffset)) this.entryZero.push(s);
				continue;
			}
			if (slotUsed[s] === 0 && pinned[s] === 0) continue;
			if (pinned[s] === 1 || (slot.addrTaken && slot.gcSym === "")) {
				this.always.push(s);
				this.entryZero.push(s);
				continue;
			}
			this.index[s] = this.tracked.length;
			this.tracked.push(s);
		}
		// open-coded defers test the bits whatever happened before they were set
		if (f.openDefers !== null) this.entryZero.push(f.openDefers.bitsSlot);
	}

	/** Slots that a deferreturn path refers to live throughout: any call may lead there. */
	private deferSlots(lay: Layout, pinned: Uint8Array): void {
		const f = this.f;
		const l = this.ra.l;
		const seen = new Uint8Array(f.blocks.length);
		const stack: number[] = [];
		for (let i = 0; i < lay.count; i++) {
			const b = lay.order[i];
			if (f.blocks[b].kind === BlockKind.Defer) stack.push(f.blocks[b].succs[1]);
		}
		while (stack.length > 0) {
			const b = stack.pop() as number;
			if (seen[b] === 1) continue;
			seen[b] = 1;
			for (let q = l.blockStart[b]; q < l.blockEnd[b]; q++) {
				const i = l.seq[q];
				if (l.am[i] === AM.Slot) pinned[l.sym[i]] = 1;
				for (const v of [l.a[i], l.b[i], l.base[i], l.index[i]]) if (v !== 0 && l.remat[v] === Remat.Slot) pinned[l.rsym[v]] = 1;
				for (let j = 0; j < l.extUses[i]; j++) {
					const v = l.pool[l.ext[i] + 2 * j];
					if (l.remat[v] === Remat.Slot) pinned[l.rsym[v]] = 1;
				}
			}
			for (const s of f.blocks[b].succs) stack.push(s);
		}
	}

	// ---- liveness of slots ----

	private solve(lay: Layout): void {
		const f = this.f;
		const w = (this.tracked.length + 31) >> 5;
		this.words = w;
		const nb = f.blocks.length;
		if (this.liveIn.length < nb * w) {
			this.liveIn = new Uint32Array(nb * w * 2);
			this.liveOut = new Uint32Array(nb * w * 2);
		}
		this.liveIn.fill(0, 0, nb * w);
		this.liveOut.fill(0, 0, nb * w);
		const cur = new Uint32Array(w);
		for (let changed = true; changed; ) {
			changed = false;
			for (let i = lay.count - 1; i >= 0; i--) {
				const b = lay.order[i];
				this.outOf(b, cur);
				this.transfer(b, cur, false);
				const at = b * w;
				for (let k = 0; k < w; k++) {
					if (this.liveIn[at + k] === cur[k] >>> 0) continue;
					this.liveIn[at + k] = cur[k];
					changed = true;
				}
			}
		}
		for (let i = 0; i < lay.count; i++) {
			const b = lay.order[i];
			this.outOf(b, cur);
			this.transfer(b, cur, true);
		}
		for (let k = 0; k < this.tracked.length; k++) if ((this.liveIn[k >> 5] & (1 << (k & 31))) !== 0) this.entryZero.push(this.tracked[k]);
	}

	private outOf(b: number, cur: Uint32Array): void {
		const w = this.words;
		cur.fill(0);
		for (const s of this.f.blocks[b].succs) for (let k = 0; k < w; k++) cur[k] |= this.liveIn[s * w + k];
	}

	/** Walks block b backward from cur; records the sets at calls if asked. */
	private transfer(b: number, cur: Uint32Array, record: boolean): void {
		const ra = this.ra;
		const l = ra.l;
		for (let q = ra.itemEnd[b] - 1; q >= ra.itemStart[b]; q--) {
			const i = ra.items[q];
			if (i < 0) {
				const m = -1 - i;
				const k = ra.moveKind[m];
				if (k === MK.Remat || k === MK.RematKeepFlags) {
					const v = ra.moveSrc[m];
					if (l.remat[v] === Remat.Slot) this.gen(cur, l.rsym[v]);
				}
				continue;
			}
			const op = l.op[i];
			if (op === LSlotDef) {
				const k = this.index[l.sym[i]];
				if (k >= 0) cur[k >> 5] &= ~(1 << (k & 31));
				continue;
			}
			if (op === LKeep) {
				// The address of a slot is in no register, but what the slot holds stays alive.
				const v = l.a[i];
				if (l.remat[v] === Remat.Slot) this.gen(cur, l.rsym[v]);
				continue;
			}
			if ((op === LCall || op === LCallR) && record) {
				this.record(i, cur);
				continue;
			}
			if (l.am[i] === AM.Slot && op !== LStore && op !== LStoreX && op !== LStoreI && op !== LStoreZ) this.gen(cur, l.sym[i]);
		}
	}

	private gen(cur: Uint32Array, slot: number): void {
		const k = this.index[slot];
		if (k >= 0) cur[k >> 5] |= 1 << (k & 31);
	}

	private record(i: number, cur: Uint32Array): void {
		if (this.callAt.length < this.ra.l.n) this.callAt = new Int32Array(this.ra.l.n * 2);
		const w = this.words;
		const at = this.nCalls * w;
		if (at + w > this.callBits.length) {
			const to = new Uint32Array(Math.max(this.callBits.length * 2, at + w));
			to.set(this.callBits);
			this.callBits = to;
		}
		for (let k = 0; k < w; k++) this.callBits[at + k] = cur[k];
		this.callAt[i] = this.nCalls++;
	}

	// ---- maps ----

	private setBit(bits: Uint8Array, i: number): void {
		bits[i >> 3] |= 1 << (i & 7);
	}

	private slotBits(s: number): void {
		const slot = this.f.slots[s];
		const mask = slot.ptrmask as Uint8Array;
		const inArgs = slot.argOffset >= 0;
		const first = inArgs ? slot.argOffset >> 3 : (this.fr.slotOff[s] - this.fr.ptrStart) >> 3;
		const n = slot.size >> 3;
		const bits = inArgs ? this.curArgs : this.cur;
		for (let k = 0; k < n; k++) if ((mask[k >> 3] & (1 << (k & 7))) !== 0) this.setBit(bits, first + k);
	}

	private begin(): void {
		this.cur.fill(0);
		this.curArgs.fill(0);
		for (const loc of this.f.sig.args) if (loc.type === 8 && loc.reg < 0) this.setBit(this.curArgs, loc.off >> 3);
		for (const s of this.always) this.slotBits(s);
		for (let k = 0; k < this.pinnedHomes.length; k++) this.homeBit(this.pinnedHomes[k]);
	}

	/** Index of the map at call instruction i; nothing but permanent slots lives across a call that does not return. */
	at(i: number, noreturn: boolean): number {
		const { ra, fr } = this;
		this.begin();
		if (!noreturn) {
			const n = ra.safeCount[i];
			for (let k = 0; k < n; k++) {
				const v = ra.safeV[ra.safeStart[i] + k];
				if (fr.homeIn[v] === 1) this.setBit(this.curArgs, fr.homeOff[v] >> 3);
				else this.setBit(this.cur, (fr.homeOff[v] - fr.ptrStart) >> 3);
			}
			const w = this.words;
			const t = this.tracked;
			if (t.length > 0) {
				const at = this.callAt[i] * w;
				for (let k = 0; k < t.length; k++) if ((this.callBits[at + (k >> 5)] & (1 << (k & 31))) !== 0) this.slotBits(t[k]);
			}
		}
		return this.intern();
	}

	/** Pointers that a deferreturn path reads from their homes: in every map, since any call may lead there. Zeroed at entry. */
	pinnedHomes: number[] = [];

	private homeBit(v: number): void {
		const fr = this.fr;
		if (fr.homeIn[v] === 1) this.setBit(this.curArgs, fr.homeOff[v] >> 3);
		else this.setBit(this.cur, (fr.homeOff[v] - fr.ptrStart) >> 3);
	}

	/** Index of the map of a call that does not return. */
	dead(): number {
		this.begin();
		return this.intern();
	}

	private intern(): number {
		const nl = (this.localBits + 7) >> 3;
		const na = (this.argBits + 7) >> 3;
		let key = "";
		for (let k = 0; k < nl; k++) key += String.fromCharCode(this.cur[k]);
		for (let k = 0; k < na; k++) key += String.fromCharCode(this.curArgs[k]);
		const old = this.keys.get(key);
		if (old !== undefined) return old;
		const id = this.locals.length;
		this.keys.set(key, id);
		this.locals.push(this.cur.slice(0, nl));
		this.args.push(this.curArgs.slice(0, na));
		return id;
	}

	/** The funcdata: count, bits, bitmaps. */
	private encode(maps: readonly Uint8Array[], bits: number): Uint8Array {
		const w = new ByteWriter(64);
		w.u32(maps.length);
		w.u32(bits);
		for (const m of maps) w.bytes(m);
		return w.take();
	}

	localsMap(): Uint8Array {
		return this.encode(this.locals, this.localBits);
	}

	argsMap(): Uint8Array {
		return this.encode(this.args, this.argBits);
	}

	/** Slots that are stack objects, by address. */
	objects(slotUsed: Uint8Array): number[] {
		const f = this.f;
		const out: number[] = [];
		for (let s = 0; s < f.slots.length; s++) {
			const slot = f.slots[s];
			if (slot.ptrmask === null || !slot.addrTaken || slot.gcSym === "" || (slotUsed[s] === 0 && slot.argOffset < 0)) continue;
			out.push(s);
		}
		const off = (s: number): number => (f.slots[s].argOffset >= 0 ? 0x1000_0000 + f.slots[s].argOffset : this.fr.slotOff[s]);
		return out.sort((a, b) => off(a) - off(b));
	}
}

/** Whether a call's aux names runtime.deferreturn. */
export function isDeferReturn(f: Func, aux: number): boolean {
	const a = f.auxes[aux];
	return a !== null && typeof a === "object" && "target" in a && a.target !== null && a.target.name === "runtime.deferreturn";
}
