// Slots that are only read and written piece by piece become values: the builder
// puts composite temporaries into slots, inlining makes address-taken variables
// local. A slot qualifies if its address is used as the address of Loads, Stores,
// Zeros and as the target of Moves only, and if all Loads and Stores cut it into
// the same pieces of the same types.
//
// Also finds out anew which slots have their address taken (a PtrAdd counts).

import { SsaBuilder } from "../braun.ts";
import { DomTree } from "../dom.ts";
import type { Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { Rewriter } from "../rewrite.ts";
import { isFloat, sizeOfT, type T } from "../types.ts";
import { removeCopies, setValues } from "./simplify/pass.ts";

const maxPieces = 32;

interface Piece {
	off: number;
	type: T;
	variable: number;
}

interface Use {
	/** The address goes elsewhere. */
	escapes: boolean;
	/** Cannot become values, though the address stays. */
	whole: boolean;
	pieces: Piece[];
	/** Ranges of Zeros and Moves: offset and end alternating. */
	ranges: number[];
}

export function promoteSlots(f: Func): void {
	if (f.slots.length === 0) return;
	const uses: Use[] = f.slots.map(() => ({ escapes: false, whole: false, pieces: [], ranges: [] }));
	for (const blk of f.blocks) {
		for (const v of blk.values) scan(f, uses, v);
	}
	if (f.openDefers !== null) {
		uses[f.openDefers.bitsSlot].escapes = true;
		for (const s of f.openDefers.closureSlots) uses[s].escapes = true;
	}
	let any = false;
	for (let s = 0; s < uses.length; s++) {
		const u = uses[s];
		f.slots[s].addrTaken = u.escapes;
		if (u.escapes || f.slots[s].argOffset >= 0 || u.pieces.length > maxPieces || cut(u)) u.whole = true;
		else if (!u.whole) any = true;
	}
	if (any) new Promoter(f, uses).run();
}

/** The slot and offset that an address is in; slot -1 = no slot. */
function place(f: Func, p: number): { slot: number; off: number } {
	let off = 0;
	while (f.op[p] === o.OpOffPtr) {
		off += f.int(p);
		p = f.arg(p, 0);
	}
	return f.op[p] === o.OpSlotAddr ? { slot: f.int(p), off } : { slot: -1, off: 0 };
}

function scan(f: Func, uses: Use[], v: number): void {
	const op = f.op[v];
	if (op === o.OpOffPtr) return;
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		const a = f.arg(v, i);
		if (f.op[a] !== o.OpSlotAddr && f.op[a] !== o.OpOffPtr) continue;
		const { slot, off } = place(f, a);
		if (slot < 0) continue;
		const u = uses[slot];
		const size = f.slots[slot].size;
		if (i === 0 && op === o.OpLoad) addPiece(u, off + f.int(v), f.type[v] as T, size);
		else if (i === 0 && (op === o.OpStore || op === o.OpStoreNoWB)) addPiece(u, off + f.int(v), f.type[f.arg(v, 1)] as T, size);
		else if (i === 0 && (op === o.OpZero || op === o.OpMove)) u.ranges.push(off, off + f.int(v));
		else if (op === o.OpMove || op === o.OpMemequal || op === o.OpNilCheck || op === o.OpKeepAlive) u.whole = true;
		else u.escapes = true;
	}
}

/** Whether a Zero or Move ends within a piece. */
function cut(u: Use): boolean {
	for (const p of u.pieces) {
		const end = p.off + sizeOfT[p.type];
		for (const at of u.ranges) if (at > p.off && at < end) return true;
	}
	return false;
}

function addPiece(u: Use, off: number, type: T, size: number): void {
	const end = off + sizeOfT[type];
	if (off < 0 || end > size) u.whole = true;
	for (const p of u.pieces) {
		if (p.off === off && p.type === type) return;
		if (p.off < end && off < p.off + sizeOfT[p.type]) u.whole = true;
	}
	if (u.pieces.length <= maxPieces) u.pieces.push({ off, type, variable: -1 });
}

class Promoter {
	private readonly f: Func;
	private readonly uses: Use[];
	private readonly s: SsaBuilder;
	private readonly r: Rewriter;
	private out: number[] = [];

	constructor(f: Func, uses: Use[]) {
		this.f = f;
		this.uses = uses;
		this.s = new SsaBuilder(f);
		this.r = new Rewriter(f);
		for (let s = 0; s < uses.length; s++) {
			const u = uses[s];
			if (u.whole) continue;
			for (const p of u.pieces) p.variable = this.s.newVar(p.type);
			if (f.slots[s].dwarfVar >= 0) this.show(f.slots[s].dwarfVar, u.pieces);
			f.slots[s].dwarfVar = -1;
		}
	}

	/** The variable that was in a slot is what its pieces are from now on. */
	private show(variable: number, pieces: readonly Piece[]): void {
		this.f.vars[variable].pieces.forEach((piece, k) => {
			const p = pieces.find((x) => x.off === piece.off && sizeOfT[x.type] === piece.size);
			if (p !== undefined) this.s.show(p.variable, (variable << 8) | k);
		});
	}

	run(): void {
		const { f, s } = this;
		const dom = new DomTree(f);
		const done = new Uint8Array(f.blocks.length);
		const seal = (b: number): void => {
			if (!s.isSealed(b) && f.blocks[b].preds.every((p) => done[p] === 1 || !dom.reachable(p))) s.sealBlock(b);
		};
		for (const b of dom.order) {
			seal(b);
			this.block(b);
			done[b] = 1;
			for (const c of f.blocks[b].succs) if (done[c] === 1) seal(c);
		}
		s.finish();
		removeCopies(f);
	}

	private block(b: number): void {
		const { f, r } = this;
		this.out = [];
		r.out = this.out;
		this.s.notes = this.out;
		r.block = b;
		for (const v of f.blocks[b].values) {
			r.pos = f.vpos[v];
			r.inl = f.inl[v];
			if (!this.rewrite(b, v)) this.out.push(v);
		}
		setValues(f, b, this.out);
	}

	/** Handles v if it is an access to a slot that goes; true = v itself goes. */
	private rewrite(b: number, v: number): boolean {
		const { f } = this;
		const op = f.op[v];
		if (op === o.OpSlotDef || op === o.OpSlotKill) {
			const u = this.uses[f.int(v)];
			return !u.whole && r0(f, v);
		}
		if (op !== o.OpLoad && op !== o.OpStore && op !== o.OpStoreNoWB && op !== o.OpZero && op !== o.OpMove) return false;
		const { slot, off } = place(f, f.arg(v, 0));
		if (slot < 0 || this.uses[slot].whole) return false;
		const { pieces } = this.uses[slot];
		if (op === o.OpZero || op === o.OpMove) {
			this.bulk(b, v, pieces, off);
			return r0(f, v);
		}
		const at = off + f.int(v);
		const p = pieces.find((x) => x.off === at) as Piece;
		if (op === o.OpLoad) {
			const x = this.s.read(p.variable, b);
			this.r.copy(v, x);
			return false;
		}
		this.s.write(p.variable, b, f.arg(v, 1));
		return r0(f, v);
	}

	/** Zero or Move of bytes from `off` of a slot: piece by piece. */
	private bulk(b: number, v: number, pieces: Piece[], off: number): void {
		const { f, r } = this;
		const end = off + f.int(v);
		// All pieces are read before any is written; the source is no slot that goes.
		for (const p of pieces) {
			if (p.off >= end || p.off + sizeOfT[p.type] <= off) continue;
			let x: number;
			if (f.op[v] === o.OpZero) x = isFloat(p.type) ? r.make(o.OpConstF, p.type, []) : r.constant(p.type, 0n);
			else x = r.make(o.OpLoad, p.type, [f.arg(v, 1)], BigInt(p.off - off));
			this.s.write(p.variable, b, x);
		}
	}
}

function r0(f: Func, v: number): true {
	f.op[v] = o.OpNop;
	f.setArgs(v, []);
	return true;
}
