// Comparisons: to flags for branches and selections, to a Bool otherwise.

import { ops as X } from "#obj";
import { OpAnd, OpConst, OpEq, OpLe, OpLeU, OpLt, OpLtU, OpNe, OpNot, OpShl } from "../../../ops.gen.ts";
import { sizeOfT, T } from "../../../types.ts";
import { type Lower, testBool } from "../lower.ts";
import { LAluRI, LBtRI, LBtRR, LCmov, LCmpMI, LCmpMR, LCmpRI, LCmpRM, LCmpRR, LCmpXM, LCmpXX, LSelX, LSetcc, LSetccX } from "../ops.ts";

/** Conditions beyond the processor's: float equality and inequality. */
export const CondFEq = 16;
export const CondFNe = 17;

export function invertCond(c: number): number {
	return c ^ 1;
}

/** The condition of b ? a when `a ? b` has condition c. */
function swapCond(c: number): number {
	switch (c) {
		case X.CondL:
			return X.CondG;
		case X.CondG:
			return X.CondL;
		case X.CondLE:
			return X.CondGE;
		case X.CondGE:
			return X.CondLE;
		case X.CondB:
			return X.CondA;
		case X.CondA:
			return X.CondB;
		case X.CondBE:
			return X.CondAE;
		case X.CondAE:
			return X.CondBE;
	}
	return c;
}

function condOf(op: number): number {
	switch (op) {
		case OpEq:
			return X.CondE;
		case OpNe:
			return X.CondNE;
		case OpLt:
			return X.CondL;
		case OpLe:
			return X.CondLE;
		case OpLtU:
			return X.CondB;
		case OpLeU:
			return X.CondBE;
	}
	return -1;
}

/** Emits instructions that set the flags by Bool v; returns the condition under which v is true. */
export function lowerCompare(lo: Lower, v: number): number {
	const f = lo.f;
	v = lo.canon(v);
	if (f.op[v] === OpNot && (lo.single(v) || lo.need[v] === 0)) return invertCond(lowerCompare(lo, f.arg(v, 0)));
	const cond = condOf(f.op[v]);
	// a compare that somebody needs as a Bool anyway is only tested, unless it is here
	if (cond < 0 || (f.block[v] !== lo.block && lo.uses[v] > 1)) return testBool(lo, v);
	return compare(lo, v, cond);
}

function compare(lo: Lower, v: number, cond: number): number {
	const f = lo.f;
	const t = f.type[f.arg(v, 0)];
	if (t === T.F32 || t === T.F64) return compareFloat(lo, v, cond, t);
	const size = sizeOfT[t];
	let a = lo.canon(f.arg(v, 0));
	let b = lo.canon(f.arg(v, 1));
	if (f.op[a] === OpConst && f.op[b] !== OpConst) {
		const x = a;
		a = b;
		b = x;
		cond = swapCond(cond);
	}
	const once = lo.uses[v] <= 1;
	if (lo.isImm(b)) return compareImm(lo, a, narrowImm(lo.imm(b), size), size, cond, once);
	if (once && lo.foldable(b) && sizeOfT[f.type[b]] === size) {
		const r = lo.reg(a);
		lo.addressOfLoad(b);
		lo.emitMem(LCmpRM, size, X.CMP, 0, r);
	} else if (once && lo.foldable(a) && sizeOfT[f.type[a]] === size) {
		const r = lo.reg(b);
		lo.addressOfLoad(a);
		lo.emitMem(LCmpMR, size, X.CMP, 0, r);
	} else lo.emit(LCmpRR, size, X.CMP, 0, lo.reg(a), lo.reg(b));
	return cond;
}

function narrowImm(x: number, size: number): number {
	if (size === 1) return (x << 24) >> 24;
	if (size === 2) return (x << 16) >> 16;
	return x;
}

function compareImm(lo: Lower, a: number, imm: number, size: number, cond: number, once: boolean): number {
	const f = lo.f;
	if (once && imm === 0 && (cond === X.CondE || cond === X.CondNE) && f.op[a] === OpAnd && lo.single(a) && sizeOfT[f.type[a]] === size) {
		const done = testAnd(lo, a, size, cond);
		if (done >= 0) return done;
	}
	if (once && lo.foldable(a) && sizeOfT[f.type[a]] === size) {
		lo.addressOfLoad(a);
		lo.emitMemImm(imm, LCmpMI, size, X.CMP, 0, 0);
		return cond;
	}
	lo.emitImm(imm, LCmpRI, size, X.CMP, 0, lo.reg(a), 0);
	return cond;
}

/** x&y ==/!= 0. */
function testAnd(lo: Lower, and: number, size: number, cond: number): number {
	const f = lo.f;
	let x = lo.canon(f.arg(and, 0));
	let y = lo.canon(f.arg(and, 1));
	if (f.op[x] === OpConst) {
		const s = x;
		x = y;
		y = s;
	}
	if (lo.isImm(y)) {
		const imm = narrowImm(lo.imm(y), size);
		if (lo.foldable(x) && sizeOfT[f.type[x]] === size) {
			lo.addressOfLoad(x);
			lo.emitMemImm(imm, LCmpMI, size, X.TEST, 0, 0);
		} else if (size === 8 && imm >= 0) lo.emitImm(imm, LCmpRI, 4, X.TEST, 0, lo.reg(x), 0);
		else lo.emitImm(imm, LCmpRI, size, X.TEST, 0, lo.reg(x), 0);
		return cond;
	}
	const bt = cond === X.CondE ? X.CondAE : X.CondB;
	if (f.op[y] === OpConst && size === 8) {
		const c = BigInt.asUintN(64, f.auxInt[y]);
		if ((c & (c - 1n)) === 0n) {
			lo.emitImm(c.toString(2).length - 1, LBtRI, 8, 0, 0, lo.reg(x), 0);
			return bt;
		}
	}
	for (let k = 0; k < 2; k++) {
		// 1 << n with n known below the width
		if (size >= 4 && f.op[y] === OpShl && f.auxInt[y] === 1n && lo.single(y)) {
			const one = lo.canon(f.arg(y, 0));
			if (lo.isImm(one) && lo.imm(one) === 1) {
				lo.emit(LBtRR, size, 0, 0, lo.reg(x), lo.reg(f.arg(y, 1)));
				return bt;
			}
		}
		const s = x;
		x = y;
		y = s;
	}
	lo.emit(LCmpRR, size, X.TEST, 0, lo.reg(x), lo.reg(y));
	return cond;
}

function compareFloat(lo: Lower, v: number, cond: number, t: number): number {
	const f = lo.f;
	let a = lo.canon(f.arg(v, 0));
	let b = lo.canon(f.arg(v, 1));
	let result = cond;
	if (cond === X.CondE) result = CondFEq;
	else if (cond === X.CondNE) result = CondFNe;
	else {
		// a < b is b > a: "above" is false for unordered operands
		const s = a;
		a = b;
		b = s;
		result = cond === X.CondL ? X.CondA : X.CondAE;
	}
	const sub = t === T.F32 ? X.UCOMISS : X.UCOMISD;
	if (lo.uses[v] <= 1 && lo.foldable(b)) {
		const r = lo.reg(a);
		lo.addressOfLoad(b);
		lo.emitMem(LCmpXM, 4, sub, 0, r);
	} else lo.emit(LCmpXX, 4, sub, 0, lo.reg(a), lo.reg(b));
	return result;
}

/** Bool result of a comparison. */
export function compareRule(lo: Lower, v: number): void {
	const cond = compare(lo, v, condOf(lo.f.op[v]));
	setBool(lo, cond, v);
}

/** dst = 1 if the condition holds. */
export function setBool(lo: Lower, cond: number, dst: number): void {
	// the negation of "above" must stay false for NaN: compareFloat never gives an inverted condition here
	if (cond >= CondFEq) lo.emit(LSetccX, 1, cond, dst, 0, 0);
	else lo.emit(LSetcc, 1, cond, dst, 0, 0);
}

export function notRule(lo: Lower, v: number): void {
	const x = lo.canon(lo.f.arg(v, 0));
	if (condOf(lo.f.op[x]) >= 0 && lo.single(x)) {
		setBool(lo, invertCond(lowerCompare(lo, x)), v);
		return;
	}
	lo.emitImm(1, LAluRI, 4, X.XOR, v, lo.reg(x), 0);
}

/** c ? x : y. */
export function selectRule(lo: Lower, v: number): void {
	const f = lo.f;
	const t = f.type[v];
	const x = lo.reg(f.arg(v, 0));
	const y = lo.reg(f.arg(v, 1));
	const cond = lowerCompare(lo, f.arg(v, 2));
	if (t === T.F32 || t === T.F64) {
		lo.emit(LSelX, 4, cond, v, y, x);
		return;
	}
	const size = sizeOfT[t] === 8 ? 8 : 4;
	if (cond < CondFEq) {
		lo.emit(LCmov, size, cond, v, y, x);
		return;
	}
	// equal: zero and no parity; start from one side and replace it in either of two cases
	const from = cond === CondFEq ? x : y;
	const to = cond === CondFEq ? y : x;
	const mid = lo.l.newVreg(0, lo.l.vptr[v]);
	lo.emit(LCmov, size, X.CondNE, mid, from, to);
	lo.emit(LCmov, size, X.CondP, v, mid, to);
}
