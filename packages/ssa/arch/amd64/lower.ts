// Instruction selection: SSA to the low-level form. Blocks are walked in
// reverse order and values from last to first, so that every user is seen
// before its operands: a value that was folded into all its users (a compare
// into a branch, a load into an add, an address into an access) is never
// emitted by itself. The rules by kind of operation are in rules/.
//
// Registers hold narrow integers with unspecified upper bits; a Bool is 0 or 1
// in the low byte.

import { InternalError } from "#base";
import { ops as X } from "#obj";
import { BlockKind, type Func } from "../../func.ts";
import {
	OpAdd,
	OpAnd,
	OpArg,
	OpConst,
	OpConstF,
	OpCopy,
	OpFlag,
	OpGetClosurePtr,
	OpGetG,
	OpInlMark,
	OpKeepAlive,
	OpLoad,
	OpMul,
	OpNop,
	OpOffPtr,
	OpOr,
	OpOutArgAddr,
	OpPhi,
	OpPtrAdd,
	OpResult,
	OpShl,
	OpShr,
	OpSlotAddr,
	OpSub,
	OpSymAddr,
	OpTrunc,
	OpVarValue,
	OpXor,
	OpZeroExt,
	opFlags,
	opNames,
} from "../../ops.gen.ts";
import { sizeOfT, T } from "../../types.ts";
import { AM, type Lir, Remat } from "./lir.ts";
import { LCmpMI, LCmpRI, LEntry, LJmpTab, LLea, LLoad, LLoadX } from "./ops.ts";
import { DX, floatArgReg, intArgRegs } from "./regs.ts";
import { lowerCompare } from "./rules/compare.ts";
import { keepsFaults, rules } from "./rules/table.ts";

/** Values of a constant that fit an immediate field. */
const NoImm = 0;
const HasImm = 1;

export class Lower {
	f!: Func;
	readonly l: Lir;
	/** SSA uses of a value. */
	uses: Int32Array = new Int32Array(256);
	/** 1 = some emitted instruction wants the value in a register. */
	need: Uint8Array = new Uint8Array(256);
	/** Number of effects before the value in its block. */
	epoch: Int32Array = new Int32Array(256);
	/** Constants that fit 32 bits, sign-extended. */
	private immKind: Uint8Array = new Uint8Array(256);
	private immVal: Int32Array = new Int32Array(256);
	/** Results of a tuple or call: linked list through resNext. */
	resHead: Int32Array = new Int32Array(256);
	resNext: Int32Array = new Int32Array(256);
	/** Register copy of a rematerialisable value in the current block. */
	private local: Int32Array = new Int32Array(256);
	private localStamp: Int32Array = new Int32Array(256);
	private stamp = 0;
	/** Block, effect count and value being lowered. */
	block = 0;
	curEpoch = 0;
	cur = 0;
	/** Segments of the current block: starts of instruction runs, in reverse order. */
	private segs: Int32Array = new Int32Array(256);
	/** By slot: 1 = something refers to it. */
	slotUsed: Uint8Array = new Uint8Array(64);
	/** Pointers whose access below this point faults if they are nil: SSA values, valid while no effect comes between. */
	readonly faulting: number[] = [];
	// the address mode matched last
	amKind = 0;
	amBase = 0;
	amIndex = 0;
	amScale = 1;
	amDisp = 0;
	amSym = 0;
	/** The address being matched is not accessed (LEA, prefetch). */
	noAccess = false;

	constructor(l: Lir) {
		this.l = l;
	}

	/** Lowers f; order is the block order (reverse postorder of some kind). */
	run(f: Func, order: Int32Array, count: number): void {
		this.f = f;
		this.l.begin(f);
		this.prepare();
		for (let i = count - 1; i >= 0; i--) this.lowerBlock(order[i]);
	}

	private prepare(): void {
		const f = this.f;
		const n = f.nvals;
		if (this.uses.length < n) this.grow(n * 2);
		this.uses.fill(0, 0, n);
		this.need.fill(0, 0, n);
		this.immKind.fill(NoImm, 0, n);
		this.resHead.fill(0, 0, n);
		this.resNext.fill(0, 0, n);
		this.localStamp.fill(0, 0, n);
		this.stamp = 0;
		if (this.slotUsed.length < f.slots.length) this.slotUsed = new Uint8Array(f.slots.length * 2);
		this.slotUsed.fill(0);
		for (let b = 0; b < f.blocks.length; b++) {
			const block = f.blocks[b];
			let epoch = 0;
			const values = block.values;
			for (let i = 0; i < values.length; i++) {
				const v = values[i];
				const op = f.op[v];
				if (op === OpNop) continue;
				const t = f.type[v];
				this.l.vfloat[v] = t === T.F32 || t === T.F64 ? 1 : 0;
				this.l.vptr[v] = t === T.Ptr ? 1 : 0;
				this.epoch[v] = epoch;
				if ((opFlags[op] & (OpFlag.Writes | OpFlag.Call)) !== 0 && op !== OpInlMark && op !== OpVarValue && op !== OpKeepAlive) epoch++;
				const na = f.nargs(v);
				if (op !== OpVarValue && this.canon(v) === v) for (let k = 0; k < na; k++) this.uses[this.canon(f.arg(v, k))]++;
				if (op === OpConst) {
					const low = f.auxWords[2 * v];
					if (f.auxWords[2 * v + 1] === low >> 31) {
						this.immKind[v] = HasImm;
						this.immVal[v] = low;
					}
				} else if (op === OpResult) {
					const of = f.arg(v, 0);
					this.resNext[v] = this.resHead[of];
					this.resHead[of] = v;
				}
			}
			if (block.control !== 0) this.uses[this.canon(block.control)]++;
		}
		for (let b = 0; b < f.blocks.length; b++) {
			const values = f.blocks[b].values;
			for (let i = 0; i < values.length; i++) {
				const v = values[i];
				if (f.op[v] === OpNop) continue;
				if (f.op[v] !== OpPhi) break;
				const na = f.nargs(v);
				for (let k = 0; k < na; k++) this.phiArg(f.arg(v, k));
			}
		}
	}

	private grow(n: number): void {
		this.uses = new Int32Array(n);
		this.need = new Uint8Array(n);
		this.epoch = new Int32Array(n);
		this.immKind = new Uint8Array(n);
		this.immVal = new Int32Array(n);
		this.resHead = new Int32Array(n);
		this.resNext = new Int32Array(n);
		this.local = new Int32Array(n);
		this.localStamp = new Int32Array(n);
	}

	/** The vreg that stands for SSA value v in phis and liveness: v itself after aliases; constants become rematerialisable. */
	phiArg(v: number): number {
		const c = this.canon(v);
		if (this.setRemat(c, c)) return c;
		this.need[c] = 1;
		return c;
	}

	/** Follows copies, truncations and free zero extensions. */
	canon(v: number): number {
		const f = this.f;
		for (;;) {
			const op = f.op[v];
			if (op === OpCopy) v = f.arg(v, 0);
			else if (op === OpTrunc && f.op[f.arg(v, 0)] !== OpConst) v = f.arg(v, 0);
			else if (op === OpZeroExt && this.zeroExtended(f.arg(v, 0))) v = f.arg(v, 0);
			else return v;
		}
	}

	/** Whether the register of v is sure to have zeros above v's width: emitted by an instruction that clears them. */
	private zeroExtended(v: number): boolean {
		const f = this.f;
		const op = f.op[v];
		if (op === OpLoad) return f.type[v] !== T.I64;
		if (f.type[v] !== T.I32) return false;
		return op === OpAdd || op === OpSub || op === OpAnd || op === OpOr || op === OpXor || op === OpMul || op === OpShl || op === OpShr;
	}

	/** If v is a constant or an address constant: describes vreg r as made again on demand. */
	setRemat(v: number, r: number): boolean {
		const f = this.f;
		const l = this.l;
		switch (f.op[v]) {
			case OpConst: {
				l.remat[r] = Remat.Const;
				l.immLo[r] = f.auxWords[2 * v];
				l.immHi[r] = f.auxWords[2 * v + 1];
				return true;
			}
			case OpConstF: {
				l.remat[r] = Remat.ConstF;
				l.immLo[r] = f.auxWords[2 * v];
				l.immHi[r] = f.auxWords[2 * v + 1];
				l.rsym[r] = sizeOfT[f.type[v]];
				l.vfloat[r] = 1;
				return true;
			}
			case OpSymAddr:
				l.remat[r] = Remat.Sym;
				l.rsym[r] = f.aux[v];
				l.rdisp[r] = f.int(v);
				return true;
			case OpSlotAddr:
				l.remat[r] = Remat.Slot;
				l.rsym[r] = f.auxWords[2 * v];
				l.rdisp[r] = 0;
				this.slotUsed[l.rsym[r]] = 1;
				return true;
			case OpGetG:
				l.remat[r] = Remat.G;
				return true;
			case OpOutArgAddr:
				l.remat[r] = Remat.Out;
				l.rdisp[r] = f.auxWords[2 * v];
				return true;
		}
		return false;
	}

	/** The vreg of v as a register operand of an instruction being emitted. */
	reg(v: number): number {
		v = this.canon(v);
		if (this.localStamp[v] === this.stamp) return this.local[v];
		const op = this.f.op[v];
		if (op === OpConst || op === OpConstF || op === OpSymAddr || op === OpSlotAddr || op === OpGetG || op === OpOutArgAddr) {
			const r = this.l.newVreg(0, 0);
			this.setRemat(v, r);
			this.local[v] = r;
			this.localStamp[v] = this.stamp;
			return r;
		}
		this.need[v] = 1;
		return v;
	}

	isImm(v: number): boolean {
		return this.immKind[v] === HasImm;
	}

	imm(v: number): number {
		return this.immVal[v];
	}

	/** A fresh register with a constant. */
	constReg(lo: number, hi: number): number {
		const r = this.l.newVreg(0, 0);
		this.l.remat[r] = Remat.Const;
		this.l.immLo[r] = lo;
		this.l.immHi[r] = hi;
		return r;
	}

	/** A fresh floating register with bits of size 4 or 8. */
	floatBits(size: number, lo: number, hi: number): number {
		const r = this.l.newVreg(1, 0);
		this.l.remat[r] = Remat.ConstF;
		this.l.immLo[r] = lo;
		this.l.immHi[r] = hi;
		this.l.rsym[r] = size;
		return r;
	}

	/** Emits an instruction of the current value. */
	emit(op: number, size: number, sub: number, dst: number, a: number, b: number): number {
		return this.l.add(op, size, sub, dst, a, b, this.cur);
	}

	/** Emits an instruction with an immediate. (Columns may grow: never index one with the result of emit.) */
	emitImm(imm: number, op: number, size: number, sub: number, dst: number, a: number, b: number): number {
		const i = this.l.add(op, size, sub, dst, a, b, this.cur);
		this.l.imm[i] = imm;
		return i;
	}

	/** Emits an instruction that names slot sym. */
	emitSym(sym: number, op: number, size: number, sub: number, dst: number, a: number, b: number): number {
		const i = this.l.add(op, size, sub, dst, a, b, this.cur);
		this.l.sym[i] = sym;
		return i;
	}

	/** As emitMem, with an immediate. */
	emitMemImm(imm: number, op: number, size: number, sub: number, dst: number, a: number): number {
		const i = this.emitMem(op, size, sub, dst, a);
		this.l.imm[i] = imm;
		return i;
	}

	/** Emits an instruction with the address mode matched last. */
	emitMem(op: number, size: number, sub: number, dst: number, a: number): number {
		const l = this.l;
		const i = l.add(op, size, sub, dst, a, 0, this.cur);
		l.am[i] = this.amKind;
		l.base[i] = this.amBase;
		l.index[i] = this.amIndex;
		l.scale[i] = this.amScale;
		l.disp[i] = this.amDisp;
		l.sym[i] = this.amSym;
		return i;
	}

	/** Whether v, an operand of the current value, is a load that can become its memory operand. */
	foldable(v: number): boolean {
		const f = this.f;
		return f.op[v] === OpLoad && this.uses[v] === 1 && f.block[v] === this.block && this.epoch[v] === this.curEpoch;
	}

	/** As foldable, and the load is as wide as the operation. */
	foldableAs(v: number, size: number): boolean {
		return this.foldable(v) && sizeOfT[this.f.type[v]] === size;
	}

	/** Whether v is used once and computed in this block: its computation may move to its user. */
	single(v: number): boolean {
		return this.uses[v] === 1 && this.f.block[v] === this.block;
	}

	/** Matches the address of a load folded into the current instruction. */
	addressOfLoad(v: number): void {
		this.address(this.f.arg(v, 0), this.f.int(v));
	}

	/** disp + the constant of v; infinite when that needs more than 32 bits. */
	private displaced(disp: number, v: number): number {
		const low = this.f.auxWords[2 * v];
		return this.f.auxWords[2 * v + 1] === low >> 31 ? disp + low : Number.POSITIVE_INFINITY;
	}

	/** Matches the address p + off and marks its registers as needed. */
	address(p: number, off: number): void {
		const f = this.f;
		let disp = off;
		let index = 0;
		let scale = 1;
		const access = p;
		for (;;) {
			const op = f.op[p];
			if (op === OpCopy) p = f.arg(p, 0);
			else if (op === OpOffPtr) {
				const d = this.displaced(disp, p);
				if (d > 0x3fff_ffff || d < -0x3fff_ffff) break;
				disp = d;
				p = f.arg(p, 0);
			} else if (op === OpPtrAdd) {
				const x = this.canon(f.arg(p, 1));
				const d = f.op[x] === OpConst ? this.displaced(disp, x) : Number.POSITIVE_INFINITY;
				if (d <= 0x3fff_ffff && d >= -0x3fff_ffff) {
					disp = d;
					p = f.arg(p, 0);
				} else if (index === 0 && (this.uses[p] <= 2 || f.block[p] === this.block)) {
					index = x;
					p = f.arg(p, 0);
				} else break;
			} else break;
		}
		if (index !== 0) {
			for (let again = true; again; ) {
				again = false;
				const op = f.op[index];
				if (op === OpShl && scale === 1 && f.type[index] === T.I64) {
					const k = this.canon(f.arg(index, 1));
					if (this.immKind[k] === HasImm && this.immVal[k] >= 0 && this.immVal[k] <= 3) {
						scale = 1 << this.immVal[k];
						index = this.canon(f.arg(index, 0));
						again = true;
					}
				} else if (op === OpMul && scale === 1 && f.type[index] === T.I64) {
					const k = this.canon(f.arg(index, 1));
					const m = this.immKind[k] === HasImm ? this.immVal[k] : 0;
					if (m === 2 || m === 4 || m === 8) {
						scale = m;
						index = this.canon(f.arg(index, 0));
						again = true;
					}
				} else if (op === OpAdd && f.type[index] === T.I64) {
					const k = this.canon(f.arg(index, 1));
					if (this.immKind[k] === HasImm) {
						const d = disp + this.immVal[k] * scale;
						if (d <= 0x3fff_ffff && d >= -0x3fff_ffff) {
							disp = d;
							index = this.canon(f.arg(index, 0));
							again = true;
						}
					}
				}
			}
			if (f.op[index] === OpConst && this.immKind[index] === HasImm && Math.abs(disp + this.immVal[index] * scale) < 0x3fff_ffff) {
				disp += this.immVal[index] * scale;
				index = 0;
			}
		}
		this.amDisp = disp;
		this.amScale = scale;
		this.amSym = 0;
		this.amBase = 0;
		this.amIndex = 0;
		const op = f.op[p];
		if (op === OpSlotAddr) {
			this.amKind = AM.Slot;
			this.amSym = f.auxWords[2 * p];
			this.slotUsed[this.amSym] = 1;
		} else if (op === OpOutArgAddr) {
			this.amKind = AM.Out;
			this.amDisp = disp + f.auxWords[2 * p];
		} else if (op === OpSymAddr && index === 0) {
			const d = disp + f.auxWords[2 * p];
			this.amKind = AM.Sym;
			this.amSym = f.aux[p];
			this.amDisp = d;
		} else {
			this.amKind = AM.Reg;
			this.amBase = this.reg(p);
			if (index === 0 && disp >= 0 && disp < 4096 && !this.noAccess) {
				this.noteFault(this.canon(p));
				if (access !== p) this.noteFault(this.canon(access));
			}
		}
		if (index !== 0) this.amIndex = this.reg(index);
	}

	/** An access through p was emitted at the current place: it faults if p is nil. */
	noteFault(p: number): void {
		if (!this.faulting.includes(p)) this.faulting.push(p);
	}

	/** dst = address p + off. */
	lea(dst: number, p: number, off: number): void {
		this.noAccess = true;
		this.address(p, off);
		this.noAccess = false;
		this.emitMem(LLea, 8, 0, dst, 0);
	}

	/** Plain address of an area of the frame. */
	frameArea(kind: number, disp: number): void {
		this.amKind = kind;
		this.amBase = 0;
		this.amIndex = 0;
		this.amScale = 1;
		this.amDisp = disp;
		this.amSym = 0;
	}

	/** Memory operand of a floating constant. */
	constOperand(v: number): void {
		this.frameArea(AM.Const, 0);
		const r = this.l.newVreg(1, 0);
		this.setRemat(v, r);
		this.amSym = r;
	}

	/** Loads a value of type t from the address matched last into dst. */
	load(t: number, dst: number): void {
		switch (t) {
			case T.Bool:
			case T.I8:
				this.emitMem(LLoad, 4, X.MOVZX8, dst, 0);
				break;
			case T.I16:
				this.emitMem(LLoad, 4, X.MOVZX16, dst, 0);
				break;
			case T.I32:
				this.emitMem(LLoad, 4, X.MOV, dst, 0);
				break;
			case T.F32:
				this.emitMem(LLoadX, 4, X.MOVSS, dst, 0);
				break;
			case T.F64:
				this.emitMem(LLoadX, 4, X.MOVSD, dst, 0);
				break;
			default:
				this.emitMem(LLoad, 8, X.MOV, dst, 0);
		}
	}

	private lowerBlock(b: number): void {
		const f = this.f;
		const l = this.l;
		const block = f.blocks[b];
		const values = block.values;
		this.block = b;
		this.stamp++;
		this.faulting.length = 0;
		let nseg = 0;
		this.cur = -1 - b;
		this.curEpoch = 0x7fff_ffff;
		if (this.segs.length < values.length + 4) this.segs = new Int32Array(values.length * 2 + 4);
		const first = l.n;
		// the end: its effect count is that after the last value
		for (let i = values.length - 1; i >= 0; i--) {
			const v = values[i];
			if (f.op[v] === OpNop) continue;
			const fl = opFlags[f.op[v]];
			this.curEpoch = this.epoch[v] + ((fl & (OpFlag.Writes | OpFlag.Call)) !== 0 ? 1 : 0);
			break;
		}
		this.segs[nseg++] = l.n;
		if (block.kind === BlockKind.If) l.cond[b] = lowerCompare(this, block.control);
		else if (block.kind === BlockKind.JumpTable) this.emit(LJmpTab, 8, 0, 0, this.reg(block.control), 0);
		for (let i = values.length - 1; i >= 0; i--) {
			const v = values[i];
			const op = f.op[v];
			if (op === OpNop) continue;
			if (op === OpPhi) break;
			const effect = (opFlags[op] & (OpFlag.Writes | OpFlag.Call)) !== 0;
			if (!effect && this.need[v] === 0 && this.resHead[v] === 0) continue;
			this.cur = v;
			this.curEpoch = this.epoch[v];
			const rule = rules[op];
			if (rule === undefined || rule === null) throw new InternalError(`lower: no rule for ${opNames[op] ?? op} (v${v} in ${f.name})`);
			this.segs[nseg++] = l.n;
			if (effect && op !== OpInlMark && op !== OpVarValue && op !== OpKeepAlive) this.faultBarrier(rule, v);
			else rule(this, v);
		}
		if (b === 0) {
			this.cur = 0;
			this.segs[nseg++] = l.n;
			this.entry();
		}
		this.segs[nseg] = l.n;
		if (l.n === first) {
			l.blockStart[b] = l.blockEnd[b] = l.seqLen;
			return;
		}
		l.blockStart[b] = l.seqLen;
		for (let s = nseg - 1; s >= 0; s--) for (let i = this.segs[s]; i < this.segs[s + 1]; i++) l.pushSeq(i);
		l.blockEnd[b] = l.seqLen;
	}

	/** An effect: faults noted below it do not count above it; its own accesses do. */
	private faultBarrier(rule: (lo: Lower, v: number) => void, v: number): void {
		const op = this.f.op[v];
		if (keepsFaults[op] === 1) {
			rule(this, v);
			return;
		}
		this.faulting.length = 0;
		rule(this, v);
	}

	/** Incoming register arguments and the closure context. */
	private entry(): void {
		const f = this.f;
		const l = this.l;
		const at = l.poolLen;
		let defs = 0;
		for (const v of f.blocks[0].values) {
			const op = f.op[v];
			if (op === OpArg && this.need[v] === 1) {
				const loc = f.sig.args[f.int(v)];
				if (loc.reg < 0) continue;
				l.pushPool(v, l.vfloat[v] === 1 ? floatArgReg(loc.reg) : intArgRegs[loc.reg]);
				defs++;
			} else if (op === OpGetClosurePtr && this.need[v] === 1) {
				l.pushPool(v, DX);
				defs++;
			}
		}
		const i = this.emit(LEntry, 8, 0, 0, 0, 0);
		l.ext[i] = at;
		l.extDefs[i] = defs;
	}
}

/** Emits `test v` for a Bool in a register or memory; the condition is CondNE. */
export function testBool(lo: Lower, v: number): number {
	v = lo.canon(v);
	if (lo.foldable(v)) {
		lo.addressOfLoad(v);
		lo.emitMemImm(0, LCmpMI, 1, X.CMP, 0, 0);
		return X.CondNE;
	}
	lo.emitImm(0, LCmpRI, 1, X.CMP, 0, lo.reg(v), 0);
	return X.CondNE;
}
