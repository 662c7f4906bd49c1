// Integer and pointer arithmetic, shifts, division, bit operations, conversions.

import { ops as X } from "#obj";
import { OpAdd, OpAnd, OpConst, OpHMul, OpLoad, OpMod, OpModU, OpOr, OpShl, OpSub, OpTrunc, OpXor } from "../../../ops.gen.ts";
import { sizeOfT } from "../../../types.ts";
import { AM } from "../lir.ts";
import type { Lower } from "../lower.ts";
import {
	LAdcRR,
	LAluRI,
	LAluRM,
	LAluRR,
	LAluRRk,
	LBitScan,
	LBswap,
	LBtsI,
	LCarryIn,
	LCmov,
	LCmpRI,
	LDiv,
	LDivU2,
	LExt,
	LImulI,
	LLea,
	LLoad,
	LMov,
	LMul1,
	LSbbMask,
	LShiftCL,
	LShiftI,
	LUnary,
} from "../ops.ts";

/** Width at which the processor computes: 8, or 4 for everything narrower. */
export function opSize(t: number): number {
	return sizeOfT[t] === 8 ? 8 : 4;
}

function aluWord(op: number): number {
	switch (op) {
		case OpAdd:
			return X.ADD;
		case OpSub:
			return X.SUB;
		case OpAnd:
			return X.AND;
		case OpOr:
			return X.OR;
		case OpXor:
			return X.XOR;
	}
	return X.IMUL;
}

/** Add, And, Or, Xor, Sub, Mul. */
export function aluRule(lo: Lower, v: number): void {
	const f = lo.f;
	const op = f.op[v];
	const t = f.type[v];
	const size = opSize(t);
	const word = aluWord(op);
	let a = lo.canon(f.arg(v, 0));
	let b = lo.canon(f.arg(v, 1));
	const commutes = op !== OpSub;
	if (commutes && f.op[a] === OpConst) {
		const x = a;
		a = b;
		b = x;
	}
	if (lo.isImm(b)) {
		let imm = lo.imm(b);
		if (word === X.IMUL) {
			mulImm(lo, v, a, imm, size);
			return;
		}
		if (word === X.SUB && imm !== -0x8000_0000) {
			lo.emitImm(-imm, LAluRI, size, X.ADD, v, lo.reg(a), 0);
			return;
		}
		if (word === X.AND && size === 8 && imm >= 0) {
			lo.emitImm(imm, LAluRI, 4, X.AND, v, lo.reg(a), 0);
			return;
		}
		if (word === X.AND && imm === 0xff) imm = 0xff;
		lo.emitImm(imm, LAluRI, size, word, v, lo.reg(a), 0);
		return;
	}
	if (word === X.AND && size === 8 && f.op[b] === OpConst && BigInt.asUintN(64, f.auxInt[b]) === 0xffff_ffffn) {
		lo.emit(LExt, 4, X.MOV, v, lo.reg(a), 0);
		return;
	}
	if (op === OpAdd && leaAdd(lo, v, a, b, size)) return;
	const exact = sizeOfT[t] >= 4;
	if (exact && lo.foldableAs(b, size) && a !== b) {
		const r = lo.reg(a);
		lo.addressOfLoad(b);
		lo.emitMem(LAluRM, size, word, v, r);
	} else if (exact && commutes && lo.foldableAs(a, size) && a !== b) {
		const r = lo.reg(b);
		lo.addressOfLoad(a);
		lo.emitMem(LAluRM, size, word, v, r);
	} else lo.emit(commutes ? LAluRRk : LAluRR, size, word, v, lo.reg(a), lo.reg(b));
}

/** x + y<<k as one address computation. */
function leaAdd(lo: Lower, v: number, a: number, b: number, size: number): boolean {
	const f = lo.f;
	for (let k = 0; k < 2; k++) {
		if (f.op[b] === OpShl && lo.single(b)) {
			const n = lo.canon(f.arg(b, 1));
			if (lo.isImm(n) && lo.imm(n) >= 1 && lo.imm(n) <= 3) {
				lo.frameArea(AM.Reg, 0);
				lo.amBase = lo.reg(a);
				lo.amIndex = lo.reg(f.arg(b, 0));
				lo.amScale = 1 << lo.imm(n);
				lo.emitMem(LLea, size, 0, v, 0);
				return true;
			}
		}
		const x = a;
		a = b;
		b = x;
	}
	return false;
}

function mulImm(lo: Lower, v: number, a: number, imm: number, size: number): void {
	if (imm === 3 || imm === 5 || imm === 9) {
		const r = lo.reg(a);
		lo.frameArea(AM.Reg, 0);
		lo.amBase = r;
		lo.amIndex = r;
		lo.amScale = imm - 1;
		lo.emitMem(LLea, size, 0, v, 0);
	} else if (imm > 0 && (imm & (imm - 1)) === 0) lo.emitImm(31 - Math.clz32(imm), LShiftI, size, X.SHL, v, lo.reg(a), 0);
	else lo.emitImm(imm, LImulI, size, 0, v, lo.reg(a), 0);
}

/** Neg and Com of integers. */
export function unaryInt(lo: Lower, v: number, word: number): void {
	lo.emit(LUnary, opSize(lo.f.type[v]), word, v, lo.reg(lo.f.arg(v, 0)), 0);
}

/** A register with v extended to 32 bits if it is narrower (or v's own register). */
export function extended(lo: Lower, v: number, signed: boolean): number {
	const size = sizeOfT[lo.f.type[v]];
	const r = lo.reg(v);
	if (size >= 4) return r;
	const x = lo.l.newVreg(0, 0);
	lo.emit(LExt, 4, size === 1 ? (signed ? X.MOVSX8 : X.MOVZX8) : signed ? X.MOVSX16 : X.MOVZX16, x, r, 0);
	return x;
}

/** Shl (word SHL), Shr, Sar with Go's meaning of large counts. */
export function shiftRule(lo: Lower, v: number, word: number): void {
	const f = lo.f;
	const l = lo.l;
	const t = f.type[v];
	const width = sizeOfT[t] * 8;
	const size = opSize(t);
	const xv = f.arg(v, 0);
	const count = lo.canon(f.arg(v, 1));
	if (f.op[count] === OpConst) {
		const c = BigInt.asUintN(sizeOfT[f.type[f.arg(v, 1)]] * 8, f.auxInt[count]);
		const x = word === X.SHL ? lo.reg(xv) : extended(lo, xv, word === X.SAR);
		if (c >= BigInt(width)) {
			if (word === X.SAR) lo.emitImm(width - 1, LShiftI, size, X.SAR, v, x, 0);
			else lo.emitImm(0, LAluRI, 4, X.AND, v, x, 0);
		} else if (c === 0n) lo.emit(LMov, 8, 0, v, x, 0);
		else lo.emitImm(Number(c), LShiftI, size, word, v, x, 0);
		return;
	}
	const x = word === X.SHL ? lo.reg(xv) : extended(lo, xv, word === X.SAR);
	const n = lo.reg(count);
	if (f.auxInt[v] === 1n) {
		lo.emit(LShiftCL, size, word, v, x, n);
		return;
	}
	const csize = sizeOfT[f.type[f.arg(v, 1)]];
	const limit = size === 8 ? 64 : 32;
	if (word === X.SAR) {
		// count | (count < limit ? 0 : -1)
		lo.emitImm(limit, LCmpRI, csize, X.CMP, 0, n, 0);
		const m = l.newVreg(0, 0);
		lo.emit(LSbbMask, 4, 0, m, 0, 0);
		const inv = l.newVreg(0, 0);
		lo.emit(LUnary, 4, X.NOT, inv, m, 0);
		const sat = l.newVreg(0, 0);
		lo.emit(LAluRRk, 4, X.OR, sat, inv, n);
		lo.emit(LShiftCL, size, word, v, x, sat);
		return;
	}
	const s = l.newVreg(0, 0);
	lo.emit(LShiftCL, size, word, s, x, n);
	lo.emitImm(limit, LCmpRI, csize, X.CMP, 0, n, 0);
	const m = l.newVreg(0, 0);
	lo.emit(LSbbMask, size, 0, m, 0, 0);
	lo.emit(LAluRRk, size, X.AND, v, s, m);
}

export function rotateRule(lo: Lower, v: number): void {
	const f = lo.f;
	const size = sizeOfT[f.type[v]];
	const count = lo.canon(f.arg(v, 1));
	const x = lo.reg(f.arg(v, 0));
	if (lo.isImm(count)) {
		const c = lo.imm(count) & (size * 8 - 1);
		if (c === 0) lo.emit(LMov, 8, 0, v, x, 0);
		else lo.emitImm(c, LShiftI, size, X.ROL, v, x, 0);
	} else lo.emit(LShiftCL, size, X.ROL, v, x, lo.reg(count));
}

/** Div, DivU, Mod, ModU. */
export function divRule(lo: Lower, v: number, signed: boolean): void {
	const f = lo.f;
	const size = opSize(f.type[v]);
	const y = lo.canon(f.arg(v, 1));
	const a = extended(lo, f.arg(v, 0), signed);
	const b = extended(lo, f.arg(v, 1), signed);
	let mode = 0;
	if (signed) {
		// min / -1 traps at full width only
		mode = sizeOfT[f.type[v]] < 4 || (f.op[y] === OpConst && f.auxInt[y] !== -1n) ? 1 : 2;
	}
	const mod = f.op[v] === OpMod || f.op[v] === OpModU;
	const i = lo.emit(LDiv, size, mode, mod ? 0 : v, a, b);
	if (mod) lo.l.dst2[i] = v;
}

export function highMulRule(lo: Lower, v: number): void {
	const f = lo.f;
	const t = f.type[v];
	const signed = f.op[v] === OpHMul;
	if (sizeOfT[t] < 4) {
		const p = lo.l.newVreg(0, 0);
		lo.emit(LAluRRk, 4, X.IMUL, p, extended(lo, f.arg(v, 0), signed), extended(lo, f.arg(v, 1), signed));
		lo.emitImm(sizeOfT[t] * 8, LShiftI, 4, signed ? X.SAR : X.SHR, v, p, 0);
		return;
	}
	lo.emit(LMul1, opSize(t), signed ? X.IMUL1 : X.MUL, v, lo.reg(f.arg(v, 0)), lo.reg(f.arg(v, 1)));
}

/** The Result of index k of tuple v if somebody needs it, else 0. */
export function resultOf(lo: Lower, v: number, k: number): number {
	for (let r = lo.resHead[v]; r !== 0; r = lo.resNext[r]) if (lo.f.auxInt[r] === BigInt(k) && lo.need[r] === 1) return r;
	return 0;
}

/** Makes every needed Result of index k equal to vreg (duplicates after the first are copies). */
function otherResults(lo: Lower, v: number, k: number, first: number): void {
	for (let r = lo.resHead[v]; r !== 0; r = lo.resNext[r]) {
		if (r !== first && lo.f.auxInt[r] === BigInt(k) && lo.need[r] === 1) lo.emit(LMov, 8, 0, r, first, 0);
	}
}

export function mul2Rule(lo: Lower, v: number): void {
	const f = lo.f;
	const hi = resultOf(lo, v, 0);
	const low = resultOf(lo, v, 1);
	if (hi === 0 && low === 0) return;
	const i = lo.emit(LMul1, 8, X.MUL, hi, lo.reg(f.arg(v, 0)), lo.reg(f.arg(v, 1)));
	lo.l.dst2[i] = low;
	otherResults(lo, v, 0, hi);
	otherResults(lo, v, 1, low);
}

export function div2Rule(lo: Lower, v: number): void {
	const f = lo.f;
	const q = resultOf(lo, v, 0);
	const r = resultOf(lo, v, 1);
	const i = lo.emit(LDivU2, 8, 0, q, lo.reg(f.arg(v, 1)), lo.reg(f.arg(v, 2)));
	lo.l.c[i] = lo.reg(f.arg(v, 0));
	lo.l.dst2[i] = r;
	otherResults(lo, v, 0, q);
	otherResults(lo, v, 1, r);
}

/** AddC and SubB. */
export function carryRule(lo: Lower, v: number, word: number): void {
	const f = lo.f;
	const l = lo.l;
	const sum = resultOf(lo, v, 0);
	const carry = resultOf(lo, v, 1);
	if (sum === 0 && carry === 0) return;
	const x = lo.reg(f.arg(v, 0));
	const y = lo.reg(f.arg(v, 1));
	const c = lo.canon(f.arg(v, 2));
	const to = sum === 0 ? l.newVreg(0, 0) : sum;
	if (lo.isImm(c) && lo.imm(c) === 0) lo.emit(LAluRR, 8, word === X.ADC ? X.ADD : X.SUB, to, x, y);
	else {
		const t = l.newVreg(0, 0);
		// the copies that two-address form may need come before the flag is made
		const xc = l.newVreg(0, 0);
		lo.emit(LMov, 8, 0, xc, x, 0);
		lo.emit(LCarryIn, 8, 0, t, lo.reg(c), 0);
		lo.emit(LAdcRR, 8, word, to, xc, y);
	}
	if (carry !== 0) {
		const m = l.newVreg(0, 0);
		lo.emit(LSbbMask, 8, 0, m, 0, 0);
		lo.emit(LUnary, 8, X.NEG, carry, m, 0);
	}
	if (sum !== 0) otherResults(lo, v, 0, sum);
	otherResults(lo, v, 1, carry);
}

export function ptrAddRule(lo: Lower, v: number): void {
	const f = lo.f;
	const x = lo.canon(f.arg(v, 1));
	if (lo.isImm(x)) {
		offset(lo, v, f.arg(v, 0), lo.imm(x));
		return;
	}
	lo.noAccess = true;
	lo.address(v, 0);
	lo.noAccess = false;
	if (lo.amKind === AM.Reg && lo.amScale === 1 && lo.amDisp === 0 && lo.amBase !== 0 && lo.amIndex !== 0) {
		lo.emit(LAluRRk, 8, X.ADD, v, lo.amBase, lo.amIndex);
		return;
	}
	lo.emitMem(LLea, 8, 0, v, 0);
}

export function offPtrRule(lo: Lower, v: number): void {
	offset(lo, v, lo.f.arg(v, 0), lo.f.int(v));
}

function offset(lo: Lower, v: number, p: number, off: number): void {
	lo.noAccess = true;
	lo.address(p, off);
	lo.noAccess = false;
	if (lo.amKind === AM.Reg && lo.amIndex === 0) {
		if (lo.amDisp === 0) lo.emit(LMov, 8, 0, v, lo.amBase, 0);
		else lo.emitImm(lo.amDisp, LAluRI, 8, X.ADD, v, lo.amBase, 0);
		return;
	}
	lo.emitMem(LLea, 8, 0, v, 0);
}

export function moveRule(lo: Lower, v: number): void {
	lo.emit(LMov, 8, 0, v, lo.reg(lo.f.arg(v, 0)), 0);
}

/** SignExt and ZeroExt. */
export function extendRule(lo: Lower, v: number, signed: boolean): void {
	const f = lo.f;
	const x = lo.canon(f.arg(v, 0));
	let from = sizeOfT[f.type[f.arg(v, 0)]];
	let size = opSize(f.type[v]);
	if (f.op[f.arg(v, 0)] === OpTrunc) from = sizeOfT[f.type[f.arg(v, 0)]];
	if (!signed) size = 4;
	const word =
		from === 1
			? signed
				? X.MOVSX8
				: X.MOVZX8
			: from === 2
				? signed
					? X.MOVSX16
					: X.MOVZX16
				: from === 4 && signed && size === 8
					? X.MOVSX32
					: X.MOV;
	if (f.op[x] === OpLoad && lo.foldable(x) && sizeOfT[f.type[x]] >= from) {
		lo.addressOfLoad(x);
		// at the load's line: it is what may fault
		const { cur } = lo;
		lo.cur = x;
		lo.emitMem(LLoad, size, word, v, 0);
		lo.cur = cur;
		return;
	}
	lo.emit(LExt, size, word, v, lo.reg(x), 0);
}

export function ctzRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const size = sizeOfT[f.type[f.arg(v, 0)]];
	const x = lo.reg(f.arg(v, 0));
	if (size === 8) {
		const n = l.newVreg(0, 0);
		const width = lo.constReg(64, 0);
		lo.emit(LBitScan, 8, X.BSF, n, x, 0);
		lo.emit(LCmov, 8, X.CondE, v, n, width);
		return;
	}
	// a bit above the width stops the scan
	const t = l.newVreg(0, 0);
	lo.emitImm(size * 8, LBtsI, size === 4 ? 8 : 4, 0, t, x, 0);
	lo.emit(LBitScan, size === 4 ? 8 : 4, X.BSF, v, t, 0);
}

export function bitLenRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const size = sizeOfT[f.type[f.arg(v, 0)]];
	if (size === 8) {
		const x = lo.reg(f.arg(v, 0));
		const n = l.newVreg(0, 0);
		const none = lo.constReg(-1, -1);
		const m = l.newVreg(0, 0);
		lo.emit(LBitScan, 8, X.BSR, n, x, 0);
		lo.emit(LCmov, 8, X.CondE, m, n, none);
		lo.emitImm(1, LAluRI, 8, X.ADD, v, m, 0);
		return;
	}
	// index of the highest bit of 2x+1
	let z = extended(lo, f.arg(v, 0), false);
	if (size === 4) {
		const w = l.newVreg(0, 0);
		lo.emit(LExt, 4, X.MOV, w, z, 0);
		z = w;
	}
	const d = l.newVreg(0, 0);
	lo.frameArea(AM.Reg, 1);
	lo.amBase = z;
	lo.amIndex = z;
	lo.emitMem(LLea, 8, 0, d, 0);
	lo.emit(LBitScan, 8, X.BSR, v, d, 0);
}

export function popCountRule(lo: Lower, v: number): void {
	const f = lo.f;
	lo.emit(LBitScan, opSize(f.type[f.arg(v, 0)]), X.POPCNT, v, extended(lo, f.arg(v, 0), false), 0);
}

export function bswapRule(lo: Lower, v: number): void {
	const f = lo.f;
	const x = lo.reg(f.arg(v, 0));
	const size = sizeOfT[f.type[v]];
	if (size === 2) lo.emitImm(8, LShiftI, 2, X.ROL, v, x, 0);
	else lo.emit(LBswap, size, 0, v, x, 0);
}
