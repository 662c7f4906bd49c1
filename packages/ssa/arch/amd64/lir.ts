// The low-level form between lowering and emission: instructions as columns.
// Registers are virtual (vregs): ids below Func.nvals are SSA values, higher
// ones temporaries. Every vreg has one definition, save that a dst tied to `a`
// takes over its register.

import type { Func } from "../../func.ts";

/** Address modes: what the displacement is relative to. */
export const AM = {
	None: 0,
	/** base + index*scale + disp. */
	Reg: 1,
	/** Slot sym of the frame (+ index*scale) + disp. */
	Slot: 2,
	/** Symbol: auxes[sym] is a SymRef; RIP-relative, no index. */
	Sym: 3,
	/** Outgoing argument area. */
	Out: 4,
	/** Incoming argument area (0 = first byte above the return address). */
	In: 5,
	/** Floating constant vreg sym: a symbol made at emission. */
	Const: 6,
} as const;

/** How a vreg that needs no register between uses is made again. */
export const Remat = {
	None: 0,
	/** 64-bit constant immLo, immHi. */
	Const: 1,
	/** Floating constant by bits. */
	ConstF: 2,
	/** Symbol rsym plus rdisp. */
	Sym: 3,
	/** Slot rsym plus rdisp. */
	Slot: 4,
	/** R14. */
	G: 5,
	/** Outgoing argument area plus rdisp. */
	Out: 6,
} as const;

function grow32(old: Int32Array, n: number): Int32Array {
	const to = new Int32Array(n);
	to.set(old);
	return to;
}
function grow8(old: Uint8Array, n: number): Uint8Array {
	const to = new Uint8Array(n);
	to.set(old);
	return to;
}

export class Lir {
	// ---- instructions ----
	n = 0;
	op: Uint8Array = new Uint8Array(1024);
	size: Uint8Array = new Uint8Array(1024);
	sub: Int32Array = new Int32Array(1024);
	dst: Int32Array = new Int32Array(1024);
	dst2: Int32Array = new Int32Array(1024);
	a: Int32Array = new Int32Array(1024);
	b: Int32Array = new Int32Array(1024);
	c: Int32Array = new Int32Array(1024);
	am: Uint8Array = new Uint8Array(1024);
	base: Int32Array = new Int32Array(1024);
	index: Int32Array = new Int32Array(1024);
	scale: Uint8Array = new Uint8Array(1024);
	disp: Int32Array = new Int32Array(1024);
	sym: Int32Array = new Int32Array(1024);
	imm: Int32Array = new Int32Array(1024);
	/** SSA value it comes from (position), or -1 - block for block ends. */
	val: Int32Array = new Int32Array(1024);
	/** Extra operands: uses at ext, then definitions; see extUses, extDefs. */
	ext: Int32Array = new Int32Array(1024);
	extUses: Int32Array = new Int32Array(1024);
	extDefs: Int32Array = new Int32Array(1024);
	/** Pairs vreg, register. */
	pool: Int32Array = new Int32Array(1024);
	poolLen = 0;
	// registers given by the allocator
	rdst: Uint8Array = new Uint8Array(1024);
	rdst2: Uint8Array = new Uint8Array(1024);
	ra: Uint8Array = new Uint8Array(1024);
	rb: Uint8Array = new Uint8Array(1024);
	rc: Uint8Array = new Uint8Array(1024);
	rbase: Uint8Array = new Uint8Array(1024);
	rindex: Uint8Array = new Uint8Array(1024);

	// ---- vregs ----
	nv = 0;
	/** 1 = floating, 2 = a 16-byte vector (lives between two instructions, is never spilled). */
	vfloat: Uint8Array = new Uint8Array(1024);
	/** 1 = a pointer for the collector. */
	vptr: Uint8Array = new Uint8Array(1024);
	remat: Uint8Array = new Uint8Array(1024);
	rsym: Int32Array = new Int32Array(1024);
	rdisp: Int32Array = new Int32Array(1024);
	/** Constants. */
	immLo: Int32Array = new Int32Array(1024);
	immHi: Int32Array = new Int32Array(1024);

	// ---- blocks: sequences of instruction indices ----
	seq: Int32Array = new Int32Array(1024);
	seqLen = 0;
	/** Start and end in seq by block id. */
	blockStart: Int32Array = new Int32Array(64);
	blockEnd: Int32Array = new Int32Array(64);
	/** Condition of an If block's jump to succs[0]; 16 = float equal, 17 = float not equal; -1 = no If. */
	cond: Int32Array = new Int32Array(64);
	/** Bytes of outgoing arguments. */
	outSize = 0;
	hasCall = false;
	func: Func | null = null;

	begin(f: Func): void {
		this.func = f;
		this.n = 1;
		this.poolLen = 0;
		this.seqLen = 0;
		this.outSize = 0;
		this.hasCall = false;
		this.nv = f.nvals;
		this.reserveVregs(f.nvals + 64);
		this.vfloat.fill(0, 0, this.nv);
		this.vptr.fill(0, 0, this.nv);
		this.remat.fill(0, 0, this.nv);
		const nb = f.blocks.length;
		if (this.blockStart.length < nb) {
			this.blockStart = new Int32Array(nb * 2);
			this.blockEnd = new Int32Array(nb * 2);
			this.cond = new Int32Array(nb * 2);
		}
		this.cond.fill(-1, 0, nb);
		this.blockStart.fill(0, 0, nb);
		this.blockEnd.fill(0, 0, nb);
	}

	private reserveVregs(n: number): void {
		if (n <= this.vfloat.length) return;
		const to = n * 2;
		this.vfloat = grow8(this.vfloat, to);
		this.vptr = grow8(this.vptr, to);
		this.remat = grow8(this.remat, to);
		this.rsym = grow32(this.rsym, to);
		this.rdisp = grow32(this.rdisp, to);
		this.immLo = grow32(this.immLo, to);
		this.immHi = grow32(this.immHi, to);
	}

	newVreg(float: number, ptr: number): number {
		const v = this.nv++;
		if (v >= this.vfloat.length) this.reserveVregs(v + 1);
		this.vfloat[v] = float;
		this.vptr[v] = ptr;
		this.remat[v] = 0;
		return v;
	}

	private growInsts(): void {
		const to = this.op.length * 2;
		this.op = grow8(this.op, to);
		this.size = grow8(this.size, to);
		this.am = grow8(this.am, to);
		this.scale = grow8(this.scale, to);
		this.rdst = grow8(this.rdst, to);
		this.rdst2 = grow8(this.rdst2, to);
		this.ra = grow8(this.ra, to);
		this.rb = grow8(this.rb, to);
		this.rc = grow8(this.rc, to);
		this.rbase = grow8(this.rbase, to);
		this.rindex = grow8(this.rindex, to);
		this.sub = grow32(this.sub, to);
		this.dst = grow32(this.dst, to);
		this.dst2 = grow32(this.dst2, to);
		this.a = grow32(this.a, to);
		this.b = grow32(this.b, to);
		this.c = grow32(this.c, to);
		this.base = grow32(this.base, to);
		this.index = grow32(this.index, to);
		this.disp = grow32(this.disp, to);
		this.sym = grow32(this.sym, to);
		this.imm = grow32(this.imm, to);
		this.val = grow32(this.val, to);
		this.ext = grow32(this.ext, to);
		this.extUses = grow32(this.extUses, to);
		this.extDefs = grow32(this.extDefs, to);
	}

	/** Appends an instruction; other columns start at zero. */
	add(op: number, size: number, sub: number, dst: number, a: number, b: number, val: number): number {
		const i = this.n++;
		if (i >= this.op.length) this.growInsts();
		this.op[i] = op;
		this.size[i] = size;
		this.sub[i] = sub;
		this.dst[i] = dst;
		this.dst2[i] = 0;
		this.a[i] = a;
		this.b[i] = b;
		this.c[i] = 0;
		this.am[i] = 0;
		this.base[i] = 0;
		this.index[i] = 0;
		this.scale[i] = 1;
		this.disp[i] = 0;
		this.sym[i] = 0;
		this.imm[i] = 0;
		this.val[i] = val;
		this.ext[i] = 0;
		this.extUses[i] = 0;
		this.extDefs[i] = 0;
		return i;
	}

	pushPool(vreg: number, reg: number): void {
		if (this.poolLen + 2 > this.pool.length) this.pool = grow32(this.pool, this.pool.length * 2);
		this.pool[this.poolLen++] = vreg;
		this.pool[this.poolLen++] = reg;
	}

	pushSeq(i: number): void {
		if (this.seqLen === this.seq.length) this.seq = grow32(this.seq, this.seq.length * 2);
		this.seq[this.seqLen++] = i;
	}
}
