// Loads of what is known: what was loaded from or stored to the same place before.
// The pass knows the content of some places, block by block; a block with one
// predecessor begins with what that one knew. Also drops stores that are
// overwritten in their block before anything could see them.

import { postorder } from "../dom.ts";
import { BlockKind, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { sizeOfT, T } from "../types.ts";
import { removeCopies } from "./simplify/pass.ts";

/** How many places are remembered. */
const maxKnown = 24;

class Known {
	readonly base: number;
	readonly off: number;
	readonly type: number;
	readonly value: number;
	/** The store that made it known and that nothing read yet; 0 = none. */
	store: number;
	constructor(base: number, off: number, type: number, value: number, store: number) {
		this.base = base;
		this.off = off;
		this.type = type;
		this.value = value;
		this.store = store;
	}
}

export function memory(f: Func): void {
	new Memory(f).run();
}

/** The same places, stores counted as read: what others know stays theirs. */
function seenAll(list: readonly Known[]): Known[] {
	const out: Known[] = [];
	for (let i = 0; i < list.length; i++) {
		const k = list[i];
		out.push(k.store === 0 ? k : new Known(k.base, k.off, k.type, k.value, 0));
	}
	return out;
}

/** v's base address and constant offset. */
function place(f: Func, p: number, off: number): { base: number; off: number } {
	while (f.op[p] === o.OpOffPtr) {
		off += f.int(p);
		p = f.arg(p, 0);
	}
	return { base: p, off };
}

/** The runtime enters b from any call after the deferring one: memory is not what it was at the edge. */
function isDeferReturn(f: Func, pred: number, b: number): boolean {
	const p = f.blocks[pred];
	return p.kind === BlockKind.Defer && p.succs[1] === b;
}

class Memory {
	private readonly f: Func;
	private known: Known[] = [];
	private changed = false;

	constructor(f: Func) {
		this.f = f;
	}

	run(): void {
		const { f } = this;
		const order = postorder(f).reverse();
		const ends: (Known[] | undefined)[] = new Array<Known[] | undefined>(f.blocks.length);
		for (let i = 0; i < order.length; i++) {
			const b = order[i];
			const blk = f.blocks[b];
			const before = blk.preds.length === 1 && !isDeferReturn(f, blk.preds[0], b) ? ends[blk.preds[0]] : undefined;
			this.known = before === undefined ? [] : seenAll(before);
			for (let k = 0; k < blk.values.length; k++) this.value(blk.values[k]);
			let wanted = false;
			for (const c of blk.succs) if (f.blocks[c].preds.length === 1) wanted = true;
			if (wanted && this.known.length > 0) ends[b] = this.known;
		}
		if (this.changed) removeCopies(f);
	}

	private value(v: number): void {
		const { f } = this;
		const op = f.op[v];
		for (let i = 0, n = f.nargs(v); i < n; i++) {
			const a = f.arg(v, i);
			if (f.op[a] === o.OpCopy) f.setArg(v, i, f.arg(a, 0));
		}
		switch (op) {
			case o.OpLoad:
				return this.load(v);
			case o.OpStore:
			case o.OpStoreNoWB:
				return this.store(v);
			case o.OpZero:
			case o.OpMove: {
				const { base, off } = place(f, f.arg(v, 0), 0);
				if (op === o.OpMove) {
					const from = place(f, f.arg(v, 1), 0);
					this.seen(from.base, from.off, f.int(v));
				}
				this.forget(base, off, f.int(v));
				return;
			}
			case o.OpSlotDef:
			case o.OpSlotKill:
				this.known = this.known.filter((k) => f.op[k.base] !== o.OpSlotAddr || f.auxInt[k.base] !== f.auxInt[v]);
				return;
			case o.OpVarValue:
			case o.OpInlMark:
			case o.OpKeepAlive:
				return;
			case o.OpNilCheck:
			case o.OpBoundsCheck:
				return this.mayPanic();
		}
		if (op >= 256) {
			this.known = [];
			return;
		}
		const flags = o.opFlags[op];
		if ((flags & (o.OpFlag.Writes | o.OpFlag.Call)) !== 0) this.clobber(v);
		else if ((flags & o.OpFlag.Reads) !== 0) this.mayPanic();
	}

	private load(v: number): void {
		const { f } = this;
		const { base, off } = place(f, f.arg(v, 0), f.int(v));
		const t = f.type[v];
		const size = sizeOfT[t];
		for (const k of this.known) {
			if (k.base !== base || k.off !== off || k.type !== t) continue;
			f.op[v] = o.OpCopy;
			f.auxInt[v] = 0n;
			f.setArgs(v, [k.value]);
			this.changed = true;
			return;
		}
		// A load may fault, after which everything that was stored can be seen.
		this.mayPanic();
		this.seen(base, off, size);
		this.remember(new Known(base, off, t, v, 0));
	}

	private store(v: number): void {
		const { f } = this;
		const x = f.arg(v, 1);
		const { base, off } = place(f, f.arg(v, 0), f.int(v));
		const t = f.type[x];
		for (const k of this.known) {
			if (k.base !== base || k.off !== off || sizeOfT[k.type] !== sizeOfT[t]) continue;
			if (k.type === t && k.value === x) return this.drop(v);
			// The pointer that was overwritten is what a write barrier must see: the first store had it.
			if (k.store !== 0 && t !== T.Ptr && f.type[f.arg(k.store, 1)] !== T.Ptr) this.drop(k.store);
		}
		this.forget(base, off, sizeOfT[t]);
		// The store may fault itself: then older ones can be seen, unless they are to the same base.
		for (const k of this.known) if (k.base !== base) k.store = 0;
		this.remember(new Known(base, off, t, x, v));
	}

	private drop(v: number): void {
		const { f } = this;
		f.op[v] = o.OpNop;
		f.setArgs(v, []);
		this.changed = true;
	}

	private remember(k: Known): void {
		if (this.known.length === maxKnown) this.known.shift();
		this.known.push(k);
	}

	private mayPanic(): void {
		for (const k of this.known) k.store = 0;
	}

	/** Something reads size bytes at base + off. */
	private seen(base: number, off: number, size: number): void {
		for (const k of this.known) if (k.store !== 0 && this.mayOverlap(k, base, off, size)) k.store = 0;
	}

	/** Something writes size bytes at base + off. */
	private forget(base: number, off: number, size: number): void {
		let n = 0;
		for (const k of this.known) if (!this.mayOverlap(k, base, off, size)) this.known[n++] = k;
		this.known.length = n;
	}

	private mayOverlap(k: Known, base: number, off: number, size: number): boolean {
		const { f } = this;
		if (k.base === base) return k.off < off + size && off < k.off + sizeOfT[k.type];
		const a = f.op[k.base];
		const b = f.op[base];
		if (a === o.OpSlotAddr && b === o.OpSlotAddr) return f.auxInt[k.base] === f.auxInt[base];
		if (a === o.OpSlotAddr) return !this.isPrivate(k.base) && b !== o.OpSymAddr;
		if (b === o.OpSlotAddr) return !this.isPrivate(base) && a !== o.OpSymAddr;
		return true;
	}

	/** A slot whose address is nowhere but in the loads and stores of this function. */
	private isPrivate(addr: number): boolean {
		return !this.f.slots[this.f.int(addr)].addrTaken;
	}

	/** An effect that may read and write all memory but private slots. */
	private clobber(v: number): void {
		const { f } = this;
		void v;
		let n = 0;
		for (const k of this.known) {
			k.store = 0;
			if (f.op[k.base] === o.OpSlotAddr && this.isPrivate(k.base) && f.slots[f.int(k.base)].argOffset < 0) this.known[n++] = k;
		}
		this.known.length = n;
	}
}
