// From allocated instructions to bytes. One big switch over the shapes; control
// flow, prologue and the rest of the frame are in function.ts.

import { InternalError } from "#base";
import { type FragmentBuilder, isMapInit, RelocKind, SymFlag, SymKind } from "#object";
import { NoReg as NoR, RIP, ops as X } from "#obj";
import type { CallAux, Func, SymRef } from "../../func.ts";
import { OpArg } from "../../ops.gen.ts";
import type { Code } from "./code.ts";
import type { Frame } from "./frame.ts";
import { AM, type Lir, Remat } from "./lir.ts";
import * as O from "./ops.ts";
import { MK, type RegAlloc } from "./regalloc.ts";
import { AX, CX, DI, DX, R12, R13, R14, SI, SP, X15 } from "./regs.ts";
import { BoundsConstX, BoundsConstY } from "./rules/mem.ts";
import { CondFEq } from "./rules/compare.ts";

/** A bounds check's failure path, emitted after the blocks. */
export interface SlowBounds {
	label: number;
	inst: number;
}

export class InstEmitter {
	readonly l: Lir;
	readonly ra: RegAlloc;
	readonly fr: Frame;
	readonly c: Code;
	fb!: FragmentBuilder;
	f!: Func;
	slow: SlowBounds[] = [];
	/** Called at each call instruction with its index, before the bytes. */
	atCall: (i: number) => void = () => undefined;
	private mBase = 0;
	private mIndex = NoR;
	private mScale = 1;
	private mDisp = 0;
	/** Index of a symbol for a RIP-relative operand, -1 = none. */
	private mSym = -1;

	constructor(l: Lir, ra: RegAlloc, fr: Frame, c: Code) {
		this.l = l;
		this.ra = ra;
		this.fr = fr;
		this.c = c;
	}

	begin(f: Func, fb: FragmentBuilder): void {
		this.f = f;
		if (fb !== this.fb) this.shared = new Set();
		this.fb = fb;
		this.slow = [];
	}

	/** Offset from SP of byte 0 of the incoming arguments. */
	argBase(): number {
		return this.fr.size + 8;
	}

	slotDisp(s: number): number {
		return this.f.slots[s].argOffset >= 0 ? this.argBase() + this.fr.slotOff[s] : this.fr.slotOff[s];
	}

	homeDisp(v: number): number {
		return this.fr.homeIn[v] === 1 ? this.argBase() + this.fr.homeOff[v] : this.fr.homeOff[v];
	}

	/** Resolves the memory operand of instruction i. */
	private mem(i: number): void {
		const l = this.l;
		this.mSym = -1;
		this.mIndex = l.index[i] !== 0 ? l.rindex[i] : NoR;
		this.mScale = l.scale[i];
		this.mDisp = l.disp[i];
		switch (l.am[i]) {
			case AM.Reg:
				this.mBase = l.base[i] !== 0 ? l.rbase[i] : NoR;
				return;
			case AM.Slot:
				this.mBase = SP;
				this.mDisp += this.slotDisp(l.sym[i]);
				return;
			case AM.Out:
				this.mBase = SP;
				return;
			case AM.In:
				this.mBase = SP;
				this.mDisp += this.argBase();
				return;
			case AM.Sym: {
				const s = this.f.auxes[l.sym[i]] as SymRef;
				this.mBase = RIP;
				this.mIndex = NoR;
				this.mSym = this.fb.ref(s.name, s.abi);
				return;
			}
			case AM.Const:
				this.mBase = RIP;
				this.mIndex = NoR;
				this.mDisp = 0;
				this.mSym = this.constSym(l.sym[i]);
				return;
		}
		throw new InternalError(`emit: address mode ${l.am[i]} of ${this.ra.describe(i)}`);
	}

	/** After an instruction with a RIP-relative operand: its relocation; `tail` bytes follow the field. */
	private rip(tail: number): void {
		if (this.mSym < 0) return;
		const at = this.c.w.len - 4 - tail;
		this.c.w.view.setInt32(at, 0, true);
		this.c.reloc(at, RelocKind.PcRel, this.mSym, this.mDisp - tail);
	}

	/** Symbol of a floating constant (vreg v). */
	private constSym(v: number): number {
		const l = this.l;
		const size = l.rsym[v];
		const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, "0");
		const name = size === 4 ? `$f32.${hex(l.immLo[v])}` : `$f64.${hex(l.immHi[v])}${hex(l.immLo[v])}`;
		const fb = this.fb;
		const id = fb.ref(name);
		if (this.define(id)) {
			const data = new Uint8Array(size);
			const view = new DataView(data.buffer);
			view.setInt32(0, l.immLo[v], true);
			if (size === 8) view.setInt32(4, l.immHi[v], true);
			fb.data(name, SymKind.Rodata, data, { flags: SymFlag.Dupok | SymFlag.ContentAddressable, align: size });
		}
		return id;
	}
	/** Shared symbols of the fragment that are defined. */
	private shared: Set<number> = new Set();

	/** Whether a symbol that functions share is to be defined now, by name table index. */
	define(id: number): boolean {
		if (this.shared.has(id)) return false;
		this.shared.add(id);
		return true;
	}

	private load(op: number, size: number, reg: number): void {
		this.c.e.load(op, size, reg & 15, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp);
		this.rip(0);
	}

	private store(op: number, size: number, reg: number): void {
		this.c.e.store(op, size, reg & 15, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp);
		this.rip(0);
	}

	// ---- moves of the allocator ----

	move(m: number): void {
		const ra = this.ra;
		const e = this.c.e;
		const dst = ra.moveDst[m];
		const src = ra.moveSrc[m];
		switch (ra.moveKind[m]) {
			case MK.Copy:
				this.copy(dst, src);
				return;
			case MK.Load:
				this.loadHome(dst, src);
				return;
			case MK.Store:
				this.storeHome(dst, src);
				return;
			case MK.Remat:
				this.remat(dst, src, false);
				return;
			case MK.RematKeepFlags:
				this.remat(dst, src, true);
				return;
			case MK.Xchg:
				e.rr(X.XCHG, 8, dst, src);
				return;
			case MK.ZeroX15:
				e.rr(X.XORPS, 4, 15, 15);
		}
	}

	copy(dst: number, src: number): void {
		const e = this.c.e;
		if (dst === src) return;
		if (dst < 16) {
			if (src < 16) e.rr(X.MOV, 8, dst, src);
			else e.rr(X.MOVD_STORE, 8, dst, src & 15);
		} else if (src < 16) e.rr(X.MOVD, 8, dst & 15, src);
		else e.rr(X.MOVAPS, 4, dst & 15, src & 15);
	}

	private loadHome(dst: number, v: number): void {
		const e = this.c.e;
		const at = this.homeDisp(v);
		const size = this.ra.homeSize(v);
		if (dst >= 16) {
			e.load(size === 4 ? X.MOVSS : X.MOVSD, 4, dst & 15, SP, NoR, 1, at);
			return;
		}
		if (size >= 4) e.load(X.MOV, size, dst, SP, NoR, 1, at);
		else e.load(size === 1 ? X.MOVZX8 : X.MOVZX16, 4, dst, SP, NoR, 1, at);
	}

	/** Stores a register to the home of v (argument order of moves: dst is the register). */
	storeHome(reg: number, v: number): void {
		const e = this.c.e;
		const at = this.homeDisp(v);
		const size = this.ra.homeSize(v);
		if (reg >= 16) e.store(size === 4 ? X.MOVSS : X.MOVSD, 4, reg & 15, SP, NoR, 1, at);
		else e.store(X.MOV, size, reg, SP, NoR, 1, at);
	}

	private remat(dst: number, v: number, keepFlags: boolean): void {
		const l = this.l;
		const e = this.c.e;
		switch (l.remat[v]) {
			case Remat.Const:
				if (l.immLo[v] === 0 && l.immHi[v] === 0 && !keepFlags) e.zero(dst);
				else e.movI64(dst, l.immLo[v], l.immHi[v]);
				return;
			case Remat.ConstF:
				if (l.immLo[v] === 0 && (l.immHi[v] === 0 || l.rsym[v] === 4)) {
					e.rr(X.XORPS, 4, dst & 15, dst & 15);
					return;
				}
				this.mBase = RIP;
				this.mIndex = NoR;
				this.mDisp = 0;
				this.mSym = this.constSym(v);
				this.load(l.rsym[v] === 4 ? X.MOVSS : X.MOVSD, 4, dst);
				return;
			case Remat.Sym: {
				const s = this.f.auxes[l.rsym[v]] as SymRef;
				this.c.reloc(e.leaRip(dst), RelocKind.PcRel, this.fb.ref(s.name, s.abi), l.rdisp[v]);
				return;
			}
			case Remat.Slot:
				e.lea(8, dst, SP, NoR, 1, this.slotDisp(l.rsym[v]) + l.rdisp[v]);
				return;
			case Remat.Out:
				e.lea(8, dst, SP, NoR, 1, l.rdisp[v]);
				return;
			case Remat.G:
				e.rr(X.MOV, 8, dst, R14);
				return;
		}
		throw new InternalError(`emit: v${v} of ${this.f.name} cannot be made again`);
	}

	// ---- instructions ----

	inst(i: number): void {
		const l = this.l;
		const c = this.c;
		const e = c.e;
		const size = l.size[i];
		const sub = l.sub[i];
		const d = l.rdst[i];
		const a = l.ra[i];
		const b = l.rb[i];
		switch (l.op[i]) {
			case O.LMov:
				if (d !== a) e.rr(X.MOV, 8, d, a);
				return;
			case O.LMovX:
				if (d !== a) e.rr(X.MOVAPS, 4, d & 15, a & 15);
				return;
			case O.LLoad:
			case O.LLoadX:
				this.mem(i);
				this.load(sub, size, d);
				return;
			case O.LStore:
			case O.LStoreX:
				this.mem(i);
				this.store(sub, size, a);
				return;
			case O.LStoreI:
				this.mem(i);
				e.movMI(size, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp, l.imm[i]);
				this.rip(size > 4 ? 4 : size);
				return;
			case O.LStoreZ:
				this.mem(i);
				this.store(X.MOVUPS, 4, X15);
				return;
			case O.LLea:
				this.mem(i);
				e.lea(size, d, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp);
				this.rip(0);
				return;
			case O.LAluRRk:
				if (d !== a) {
					// a live on: address arithmetic adds to a third register
					if (a === SP || b === SP) throw new InternalError("emit: SP as an operand");
					e.lea(size, d, a, b, 1, 0);
					return;
				}
				e.rr(sub, size, d, b);
				return;
			case O.LAluRR:
			case O.LAdcRR:
				e.rr(sub, size, d, b);
				return;
			case O.LAluRI:
				if (d !== a) e.lea(size, d, a, NoR, 1, l.imm[i]);
				else this.aluImm(sub, size, d, l.imm[i]);
				return;
			case O.LAluRM:
				this.mem(i);
				this.load(sub, size, d);
				return;
			case O.LAluMR:
				this.mem(i);
				this.store(sub, size, a);
				return;
			case O.LLockMR:
				this.mem(i);
				e.lock();
				this.store(sub, size, a);
				return;
			case O.LLockMI:
				e.lock();
				this.aluMem(i);
				return;
			case O.LAluMI:
				this.aluMem(i);
				return;
			case O.LCmpRR:
				e.rr(sub, size, a, b);
				return;
			case O.LCmpRI:
				if (sub === X.TEST) {
					if (size === 4 && l.imm[i] >= 0 && l.imm[i] <= 127) e.testI(1, a, l.imm[i]);
					else e.testI(size, a, l.imm[i]);
				} else if (l.imm[i] === 0) e.rr(X.TEST, size, a, a);
				else e.ri(X.CMP, size, a, l.imm[i]);
				return;
			case O.LCmpRM:
				this.mem(i);
				this.load(sub, size, a);
				return;
			case O.LCmpMR:
				this.mem(i);
				this.store(sub, size, a);
				return;
			case O.LCmpMI:
				this.compareMem(i);
				return;
			case O.LBtRR:
				e.rr(X.BT, size, a, b);
				return;
			case O.LBtRI:
				e.btI(X.BT, size, a, l.imm[i]);
				return;
			case O.LCmpXX:
				e.rr(sub, 4, a & 15, b & 15);
				return;
			case O.LCmpXM:
				this.mem(i);
				this.load(sub, 4, a);
				return;
			case O.LSetcc:
				e.setcc(sub, d);
				return;
			case O.LSetccX: {
				const t = l.rdst2[i];
				if (sub === CondFEq) {
					e.setcc(X.CondE, d);
					e.setcc(X.CondNP, t);
					e.rr(X.AND, 4, d, t);
				} else {
					e.setcc(X.CondNE, d);
					e.setcc(X.CondP, t);
					e.rr(X.OR, 4, d, t);
				}
				return;
			}
			case O.LCmov:
				e.cmov(sub, size, d, b);
				return;
			case O.LSelX: {
				this.selectFloat(sub, d, b);
				return;
			}
			case O.LImulI:
				e.imulI(size, d, a, l.imm[i]);
				return;
			case O.LMul1:
				e.unary(sub, size, b);
				return;
			case O.LDiv:
				this.div(i);
				return;
			case O.LDivU2:
				e.unary(X.DIV, 8, b);
				return;
			case O.LShiftI:
				e.shiftI(sub, size, d, l.imm[i]);
				return;
			case O.LShiftCL:
				e.shiftCL(sub, size, d);
				return;
			case O.LUnary:
				e.unary(sub, size, d);
				return;
			case O.LBswap:
				e.bswap(size, d);
				return;
			case O.LBtsI:
				e.btI(X.BTS, size, d, l.imm[i]);
				return;
			case O.LSbbMask:
				e.rr(X.SBB, size, d, d);
				return;
			case O.LCarryIn:
				e.unary(X.NEG, 8, d);
				return;
			case O.LExt:
				e.rr(sub, size, d, a);
				return;
			case O.LBitScan:
				if (sub === X.POPCNT && d !== a) e.zero(d);
				e.rr(sub, size, d, a);
				return;
			default:
				this.rest(i);
		}
	}

	private aluImm(op: number, size: number, d: number, imm: number): void {
		const e = this.c.e;
		if (op === X.ADD && imm === 1) e.unary(X.INC, size, d);
		else if (op === X.ADD && imm === -1) e.unary(X.DEC, size, d);
		else if (op === X.ADD && imm === 128) e.ri(X.SUB, size, d, -128);
		else if (op === X.AND && imm === 0) e.zero(d);
		else if (op === X.AND && imm === 0xff) e.rr(X.MOVZX8, 4, d, d);
		else if (op === X.AND && imm === 0xffff) e.rr(X.MOVZX16, 4, d, d);
		else if (op === X.XOR && imm === -1) e.unary(X.NOT, size, d);
		else e.ri(op, size, d, imm);
	}

	private aluMem(i: number): void {
		const l = this.l;
		this.mem(i);
		const size = l.size[i];
		const imm = l.imm[i];
		this.c.e.mi(l.sub[i], size, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp, imm);
		this.rip(size !== 1 && imm >= -128 && imm <= 127 ? 1 : size > 4 ? 4 : size);
	}

	private compareMem(i: number): void {
		const l = this.l;
		if (l.sub[i] === X.CMP) {
			this.aluMem(i);
			return;
		}
		this.mem(i);
		const size = l.size[i];
		this.c.e.testMI(size, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp, l.imm[i]);
		this.rip(size > 4 ? 4 : size);
	}

	/** dst = cond ? b : dst. */
	private selectFloat(cond: number, d: number, b: number): void {
		const c = this.c;
		const end = c.label();
		if (cond < CondFEq) c.jcc(cond ^ 1, end);
		else if (cond === CondFEq) {
			c.jcc(X.CondNE, end);
			c.jcc(X.CondP, end);
		} else {
			const yes = c.label();
			c.jcc(X.CondP, yes);
			c.jcc(X.CondE, end);
			c.place(yes);
		}
		c.e.rr(X.MOVAPS, 4, d & 15, b & 15);
		c.place(end);
	}

	private div(i: number): void {
		const l = this.l;
		const c = this.c;
		const e = c.e;
		const size = l.size[i];
		const b = l.rb[i];
		if (l.sub[i] === 0) {
			e.zero(DX);
			e.unary(X.DIV, size, b);
			return;
		}
		if (l.sub[i] === 1) {
			e.signExtendAX(size);
			e.unary(X.IDIV, size, b);
			return;
		}
		// min / -1 traps
		const minus = c.label();
		const end = c.label();
		e.ri(X.CMP, size, b, -1);
		c.jcc(X.CondE, minus);
		e.signExtendAX(size);
		e.unary(X.IDIV, size, b);
		c.jmp(end);
		c.place(minus);
		e.unary(X.NEG, size, AX);
		e.zero(DX);
		c.place(end);
	}

	private rest(i: number): void {
		const l = this.l;
		const c = this.c;
		const e = c.e;
		const size = l.size[i];
		const sub = l.sub[i];
		const d = l.rdst[i];
		const a = l.ra[i];
		const b = l.rb[i];
		switch (l.op[i]) {
			case O.LXchg:
				this.mem(i);
				this.load(X.XCHG, size, d);
				return;
			case O.LXadd:
				this.mem(i);
				e.lock();
				this.store(X.XADD, size, d);
				return;
			case O.LCmpXchg:
				this.mem(i);
				e.lock();
				this.store(X.CMPXCHG, size, b);
				return;
			case O.LAtomicLoop:
				this.atomicLoop(i);
				return;
			case O.LFopRR:
			case O.LFopRRk:
				e.rr(sub, 4, d & 15, b & 15);
				return;
			case O.LFopRM:
				this.mem(i);
				this.load(sub, 4, d);
				return;
			case O.LFunXX:
				if (d !== a) e.rr(X.XORPS, 4, d & 15, d & 15);
				e.rr(sub, 4, d & 15, a & 15);
				return;
			case O.LFunXM:
				this.mem(i);
				e.rr(X.XORPS, 4, d & 15, d & 15);
				this.load(sub, 4, d);
				return;
			case O.LRound:
				e.rri8(sub, 4, d & 15, a & 15, l.imm[i]);
				return;
			case O.LCvtXR:
				if (sub !== X.MOVD) e.rr(X.XORPS, 4, d & 15, d & 15);
				e.rr(sub, size, d & 15, a);
				return;
			case O.LCvtRX:
				if (sub === X.MOVD_STORE) e.rr(sub, size, d, a & 15);
				else e.rr(sub, size, d, a & 15);
				return;
			case O.LFma:
				e.vex3(sub, d & 15, b & 15, l.rc[i] & 15);
				return;
			case O.LMinMax:
				this.minMax(size, sub, d & 15, b & 15);
				return;
			case O.LCvtUX:
				this.uintToFloat(size, d & 15, a, l.rdst2[i]);
				return;
			case O.LCvtXU:
				this.floatToUint(size, d, a & 15, l.rdst2[i] & 15);
				return;
			case O.LNilCheck:
				e.store(X.TEST, 1, AX, a, NoR, 1, 0);
				return;
			case O.LBounds:
				this.bounds(i);
				return;
			case O.LWB:
				c.callSym(this.fb, `runtime.gcWriteBarrier${l.imm[i]}`, 1, RelocKind.Call);
				return;
			case O.LRepStos:
				e.zero(AX);
				e.movI(CX, l.imm[i]);
				e.repStosq();
				return;
			case O.LRepMovs:
				e.movI(CX, l.imm[i]);
				e.repMovsq();
				return;
			case O.LZeroLoop:
				this.zeroLoop(l.imm[i], DI, CX);
				return;
			case O.LMoveLoop:
				this.moveLoop(l.imm[i], l.rdst2[i] & 15);
				return;
			case O.LCall:
			case O.LCallR:
				this.call(i);
				return;
			case O.LPause: {
				const again = c.label();
				c.place(again);
				e.pause();
				e.ri(X.SUB, 4, d, 1);
				c.jcc(X.CondNE, again);
				return;
			}
			case O.LPrefetch:
				this.mem(i);
				e.prefetch(sub, this.mBase, this.mIndex, this.mScale, this.mSym >= 0 ? 0 : this.mDisp);
				this.rip(0);
				return;
			case O.LKeep:
			case O.LEntry:
			case O.LVar:
				return;
		}
		throw new InternalError(`emit: ${this.ra.describe(i)}`);
	}

	private atomicLoop(i: number): void {
		const l = this.l;
		const c = this.c;
		const e = c.e;
		const size = l.size[i];
		const t = l.rdst2[i];
		this.mem(i);
		this.load(size === 1 ? X.MOVZX8 : X.MOV, size === 8 ? 8 : 4, AX);
		const again = c.label();
		c.place(again);
		e.rr(X.MOV, 8, t, AX);
		e.rr(l.sub[i], size === 8 ? 8 : 4, t, l.ra[i]);
		e.lock();
		this.store(X.CMPXCHG, size, t);
		c.jcc(X.CondNE, again);
	}

	/** Go's min (max = 0) and max of d and b into d. */
	private minMax(size: number, max: number, d: number, b: number): void {
		const c = this.c;
		const e = c.e;
		const s = size === 4;
		const nan = c.label();
		const equal = c.label();
		const end = c.label();
		e.rr(s ? X.UCOMISS : X.UCOMISD, 4, d, b);
		c.jcc(X.CondP, nan);
		c.jcc(X.CondE, equal);
		e.rr(max === 1 ? (s ? X.MAXSS : X.MAXSD) : s ? X.MINSS : X.MINSD, 4, d, b);
		c.jmp(end);
		c.place(nan);
		e.rr(s ? X.ADDSS : X.ADDSD, 4, d, b);
		c.jmp(end);
		// equal numbers differ at most in the sign of zero
		c.place(equal);
		e.rr(max === 1 ? X.ANDPS : X.ORPS, 4, d, b);
		c.place(end);
	}

	private uintToFloat(size: number, d: number, a: number, t: number): void {
		const c = this.c;
		const e = c.e;
		const cvt = size === 4 ? X.CVTSI2SS : X.CVTSI2SD;
		const big = c.label();
		const end = c.label();
		e.rr(X.XORPS, 4, d, d);
		e.rr(X.TEST, 8, a, a);
		c.jcc(X.CondS, big);
		e.rr(cvt, 8, d, a);
		c.jmp(end);
		c.place(big);
		// half of it, the lost bit kept for rounding, doubled
		e.rr(X.MOV, 8, t, a);
		e.shiftI(X.SHR, 8, t, 1);
		const even = c.label();
		e.testI(1, a, 1);
		c.jcc(X.CondE, even);
		e.ri(X.OR, 8, t, 1);
		c.place(even);
		e.rr(cvt, 8, d, t);
		e.rr(size === 4 ? X.ADDSS : X.ADDSD, 4, d, d);
		c.place(end);
	}

	private floatToUint(size: number, d: number, a: number, t: number): void {
		const c = this.c;
		const e = c.e;
		const s = size === 4;
		const cvt = s ? X.CVTTSS2SI : X.CVTTSD2SI;
		const big = c.label();
		const end = c.label();
		// 2^63
		if (s) {
			e.movI(d, 0x5f00_0000);
			e.rr(X.MOVD, 4, t, d);
		} else {
			e.movI64(d, 0, 0x43e0_0000);
			e.rr(X.MOVD, 8, t, d);
		}
		e.rr(s ? X.UCOMISS : X.UCOMISD, 4, t, a);
		c.jcc(X.CondBE, big);
		e.rr(cvt, 8, d, a);
		c.jmp(end);
		c.place(big);
		// t = a - 2^63: through a negative copy
		e.rr(X.MOVD, 8, t, d);
		e.rr(s ? X.SUBSS : X.SUBSD, 4, t, a);
		e.rr(X.MOVD_STORE, 8, d, t);
		e.btI(X.BTC, 8, d, s ? 31 : 63);
		e.rr(X.MOVD, 8, t, d);
		e.rr(cvt, 8, d, t);
		e.btI(X.BTC, 8, d, 63);
		c.place(end);
	}

	/** Zeroes n bytes at register p, which moves; r counts. */
	zeroLoop(n: number, p: number, r: number): void {
		const c = this.c;
		const e = c.e;
		const again = c.label();
		e.movI(r, n >> 6);
		c.place(again);
		for (let k = 0; k < 64; k += 16) e.store(X.MOVUPS, 4, 15, p, NoR, 1, k);
		e.ri(X.ADD, 8, p, 64);
		e.ri(X.SUB, 4, r, 1);
		c.jcc(X.CondNE, again);
		const tail = n & 63;
		if (tail === 0) return;
		let at = 0;
		for (; tail - at >= 16; at += 16) e.store(X.MOVUPS, 4, 15, p, NoR, 1, at);
		if (at < tail) e.store(X.MOVUPS, 4, 15, p, NoR, 1, tail - 16);
	}

	/** Copies n bytes from (SI) to (DI) through floating register t. */
	private moveLoop(n: number, t: number): void {
		const c = this.c;
		const e = c.e;
		const again = c.label();
		const one = (at: number): void => {
			e.load(X.MOVUPS, 4, t, SI, NoR, 1, at);
			e.store(X.MOVUPS, 4, t, DI, NoR, 1, at);
		};
		e.movI(CX, n >> 6);
		c.place(again);
		for (let k = 0; k < 64; k += 16) one(k);
		e.ri(X.ADD, 8, SI, 64);
		e.ri(X.ADD, 8, DI, 64);
		e.ri(X.SUB, 4, CX, 1);
		c.jcc(X.CondNE, again);
		const tail = n & 63;
		if (tail === 0) return;
		let at = 0;
		for (; tail - at >= 16; at += 16) one(at);
		if (at < tail) one(tail - 16);
	}

	/** Compares and jumps out of line when the check fails: code 0 needs x < y, others x <= y. */
	private bounds(i: number): void {
		const l = this.l;
		const c = this.c;
		const e = c.e;
		const sub = l.sub[i];
		const strict = (sub & 0xff) === 0;
		const label = c.label();
		this.slow.push({ label, inst: i });
		if ((sub & BoundsConstX) !== 0) {
			// imm ? len
			this.compareImm(l.rb[i], l.imm[i]);
			c.jcc(strict ? X.CondBE : X.CondB, label);
		} else if ((sub & BoundsConstY) !== 0) {
			this.compareImm(l.ra[i], l.imm[i]);
			c.jcc(strict ? X.CondAE : X.CondA, label);
		} else {
			e.rr(X.CMP, 8, l.ra[i], l.rb[i]);
			c.jcc(strict ? X.CondAE : X.CondA, label);
		}
	}

	private compareImm(r: number, imm: number): void {
		if (imm === 0) this.c.e.rr(X.TEST, 8, r, r);
		else this.c.e.ri(X.CMP, 8, r, imm);
	}

	private call(i: number): void {
		const l = this.l;
		const c = this.c;
		const aux = this.f.auxes[l.sub[i]] as CallAux;
		this.atCall(i);
		if (l.op[i] === O.LCallR) {
			const r = c.relocs;
			r.off.push(c.pc);
			r.size.push(0);
			r.kind.push(RelocKind.CallInd);
			r.target.push(this.fb.ref(this.f.name, this.f.sig.abi));
			r.add.push(0);
			c.e.callReg(l.ra[i]);
		} else {
			const t = aux.target as SymRef;
			c.callSym(this.fb, t.name, t.abi, isMapInit(t.name) ? RelocKind.WeakCall : RelocKind.Call);
		}
		if (aux.noreturn) {
			c.e.ud2();
			return;
		}
		if (aux.sig.abi === 0) this.enterInternal();
	}

	/** After code of the stack ABI: g and the zero register. */
	enterInternal(): void {
		this.c.e.loadFS(R14, -8);
		this.c.e.rr(X.XORPS, 4, 15, 15);
	}

	/** Zeroes bytes from..to of the frame (offsets from SP, multiples of 8) when only R12 and R13 are known free. */
	zeroFrame(from: number, to: number): void {
		const e = this.c.e;
		const n = to - from;
		if (n >= 256) {
			e.lea(8, R12, SP, NoR, 1, from);
			this.zeroLoop(n, R12, R13);
			return;
		}
		let at = from;
		for (; to - at >= 16; at += 16) e.store(X.MOVUPS, 4, 15, SP, NoR, 1, at);
		if (at === to) return;
		if (n >= 16) e.store(X.MOVUPS, 4, 15, SP, NoR, 1, to - 16);
		else e.movMI(8, SP, NoR, 1, at, 0);
	}

	/** Whether v is an argument that arrives in memory: nothing to store. */
	isStackArg(v: number): boolean {
		return v < this.f.nvals && this.f.op[v] === OpArg && this.f.sig.args[this.f.int(v)].reg < 0;
	}
}
