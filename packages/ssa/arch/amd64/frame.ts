// The frame: from SP up the outgoing arguments, values without pointers, slots
// and spilled values with pointers (so that the stack map is short), the saved
// frame pointer, the return address. Homes of spilled values are shared by
// values whose lives do not overlap.

import type { Slot } from "../../func.ts";
import { OpArg } from "../../ops.gen.ts";
import type { Layout } from "./layout.ts";
import type { RegAlloc } from "./regalloc.ts";

/** Offset of slots that nothing uses: they are not in the frame. */
export const Unplaced: number = -(2 ** 31);

export class Frame {
	/** Bytes subtracted from SP after the frame pointer is pushed. */
	body = 0;
	/** Bytes between SP and the return address, saved frame pointer included. */
	size = 0;
	/** Saves the frame pointer. */
	hasBP = false;
	/** By slot: offset from SP in the body, or from the argument area for slots that live there; Unplaced. */
	slotOff: Int32Array = new Int32Array(64);
	/** By vreg: offset of the home from SP; meaningful if spilled and not in the argument area. */
	homeOff: Int32Array = new Int32Array(256);
	/** By vreg: 1 = the home is in the argument area at homeOff. */
	homeIn: Uint8Array = new Uint8Array(256);
	/** Offset from SP where the part with pointers begins; it ends at `body`. */
	ptrStart = 0;

	run(ra: RegAlloc, lay: Layout, slotUsed: Uint8Array): void {
		const l = ra.l;
		const f = ra.lower().f;
		if (this.homeOff.length < l.nv) {
			this.homeOff = new Int32Array(l.nv * 2);
			this.homeIn = new Uint8Array(l.nv * 2);
		}
		if (this.slotOff.length < f.slots.length) this.slotOff = new Int32Array(f.slots.length * 2);
		this.slotOff.fill(Unplaced, 0, f.slots.length);
		let at = (l.outSize + 7) & ~7;
		const homes = this.shareHomes(ra, lay);
		// without pointers
		at = this.placeSlots(f.slots, slotUsed, at, false, f.openDefers);
		for (const v of homes.plainOf) this.homeOff[v] = at + 8 * this.homeOff[v];
		at += 8 * homes.plain;
		this.ptrStart = at;
		for (const v of homes.ptrOf) this.homeOff[v] = at + 8 * this.homeOff[v];
		at += 8 * homes.ptr;
		at = this.placeSlots(f.slots, slotUsed, at, true, f.openDefers);
		if (f.openDefers !== null) {
			for (const s of f.openDefers.closureSlots) {
				this.slotOff[s] = at;
				at += 8;
			}
		}
		this.body = at;
		this.hasBP = at > 0 || l.hasCall;
		this.size = at + (this.hasBP ? 8 : 0);
	}

	private placeSlots(
		slots: readonly Slot[],
		used: Uint8Array,
		at: number,
		pointers: boolean,
		open: { bitsSlot: number; closureSlots: number[] } | null,
	): number {
		for (let s = 0; s < slots.length; s++) {
			const slot = slots[s];
			if (slot.argOffset >= 0) {
				this.slotOff[s] = slot.argOffset;
				continue;
			}
			if ((slot.ptrmask !== null) !== pointers) continue;
			if (open !== null && open.closureSlots.includes(s)) continue;
			if (used[s] === 0 && (open === null || open.bitsSlot !== s)) continue;
			const align = pointers || slot.size >= 8 ? 8 : slot.align < 1 ? 1 : slot.align;
			at = (at + align - 1) & ~(align - 1);
			this.slotOff[s] = at;
			at += slot.size;
			if (pointers) at = (at + 7) & ~7;
		}
		return (at + 7) & ~7;
	}

	/** Gives every spilled vreg an index of a home of its kind (with or without pointers) in homeOff. */
	private shareHomes(ra: RegAlloc, lay: Layout): { ptr: number; plain: number; ptrOf: number[]; plainOf: number[] } {
		const l = ra.l;
		const f = ra.lower().f;
		const list: number[] = [];
		const ptrOf: number[] = [];
		const plainOf: number[] = [];
		let ptr = 0;
		let plain = 0;
		for (let v = 1; v < l.nv; v++) {
			this.homeIn[v] = 0;
			if (ra.spilled[v] === 0) continue;
			if (v < f.nvals && f.op[v] === OpArg) {
				// register arguments have their place in the caller's frame, stack arguments are there
				this.homeIn[v] = 1;
				this.homeOff[v] = f.sig.args[f.int(v)].off;
				continue;
			}
			if (ra.pinned[v] === 1) {
				if (l.vptr[v] === 1) {
					ptrOf.push(v);
					this.homeOff[v] = ptr++;
				} else {
					plainOf.push(v);
					this.homeOff[v] = plain++;
				}
				continue;
			}
			list.push(v);
		}
		this.extend(ra, lay);
		list.sort((a, b) => ra.from[a] - ra.from[b] || a - b);
		const ends: [Heap, Heap] = [new Heap(), new Heap()];
		for (const v of list) {
			const kind = l.vptr[v] === 1 ? 1 : 0;
			const heap = ends[kind];
			let home: number;
			if (heap.size() > 0 && heap.topKey() < ra.from[v]) home = heap.pop();
			else home = kind === 1 ? ptr++ : plain++;
			heap.push(ra.to[v], home);
			this.homeOff[v] = home;
			(kind === 1 ? ptrOf : plainOf).push(v);
		}
		return { ptr, plain, ptrOf, plainOf };
	}

	/** Live ranges of values that are live into blocks reach over these blocks' starts; the allocator has extended their ends. */
	private extend(ra: RegAlloc, lay: Layout): void {
		const live = ra.live;
		for (let i = 0; i < lay.count; i++) {
			const b = lay.order[i];
			for (let j = live.start[b]; j < live.start[b + 1]; j++) {
				const v = live.liveV[j];
				if (ra.base[b] < ra.from[v]) ra.from[v] = ra.base[b];
				if (ra.base[b] > ra.to[v]) ra.to[v] = ra.base[b];
			}
		}
	}
}

/** A small binary heap of (key, value), least key first. */
class Heap {
	private readonly keys: number[] = [];
	private readonly vals: number[] = [];

	size(): number {
		return this.keys.length;
	}

	topKey(): number {
		return this.keys[0];
	}

	push(key: number, val: number): void {
		const { keys, vals } = this;
		let i = keys.length;
		keys.push(key);
		vals.push(val);
		while (i > 0) {
			const p = (i - 1) >> 1;
			if (keys[p] <= key) break;
			keys[i] = keys[p];
			vals[i] = vals[p];
			i = p;
		}
		keys[i] = key;
		vals[i] = val;
	}

	pop(): number {
		const { keys, vals } = this;
		const top = vals[0];
		const key = keys.pop() as number;
		const val = vals.pop() as number;
		const n = keys.length;
		if (n === 0) return top;
		let i = 0;
		for (;;) {
			let c = 2 * i + 1;
			if (c >= n) break;
			if (c + 1 < n && keys[c + 1] < keys[c]) c++;
			if (keys[c] >= key) break;
			keys[i] = keys[c];
			vals[i] = vals[c];
			i = c;
		}
		keys[i] = key;
		vals[i] = val;
		return top;
	}
}
