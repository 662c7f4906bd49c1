// Loads, stores, block moves, checks, atomics.

import { ops as X } from "#obj";
import { OpAdd, OpAnd, OpConst, OpConstF, OpLoad, OpOr, OpSub, OpXor } from "../../../ops.gen.ts";
import { isFloat, sizeOfT, T } from "../../../types.ts";
import type { Lower } from "../lower.ts";
import {
	LAluMI,
	LAluMR,
	LAluRI,
	LAluRR,
	LAluRRk,
	LAtomicLoop,
	LBounds,
	LAluRM,
	LCmpRI,
	LCmpRM,
	LCmpXchg,
	LKeep,
	LLoad,
	LLoadX,
	LLockMI,
	LLockMR,
	LMoveLoop,
	LNilCheck,
	LPause,
	LPrefetch,
	LRepMovs,
	LRepStos,
	LSetcc,
	LStore,
	LStoreI,
	LStoreX,
	LStoreZ,
	LXadd,
	LXchg,
	LZeroLoop,
} from "../ops.ts";
import { callRuntime } from "./call.ts";
import { setBool } from "./compare.ts";

export function loadRule(lo: Lower, v: number): void {
	const f = lo.f;
	lo.address(f.arg(v, 0), f.int(v));
	lo.load(f.type[v], v);
}

function rmwWord(op: number): number {
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
	return 0;
}

/** mem = mem op x in one instruction, if the value stored is that. */
function storeUpdate(lo: Lower, v: number, val: number): boolean {
	const f = lo.f;
	const word = rmwWord(f.op[val]);
	if (word === 0 || !lo.single(val) || f.type[val] === T.Bool) return false;
	let ld = lo.canon(f.arg(val, 0));
	let x = lo.canon(f.arg(val, 1));
	if (word !== X.SUB && f.op[ld] !== OpLoad) {
		const s = ld;
		ld = x;
		x = s;
	}
	if (f.op[ld] !== OpLoad || ld === x || !lo.foldable(ld)) return false;
	const size = sizeOfT[f.type[f.arg(v, 1)]];
	if (sizeOfT[f.type[val]] !== size || sizeOfT[f.type[ld]] !== size || f.auxInt[ld] !== f.auxInt[v]) return false;
	if (lo.canon(f.arg(ld, 0)) !== lo.canon(f.arg(v, 0))) return false;
	if (f.type[val] === T.Ptr) return false;
	if (lo.isImm(x)) {
		lo.addressOfLoad(ld);
		lo.emitMemImm(lo.imm(x), LAluMI, size, word, 0, 0);
		return true;
	}
	const r = lo.reg(x);
	lo.addressOfLoad(ld);
	lo.emitMem(LAluMR, size, word, 0, r);
	return true;
}

/** Store and StoreNoWB. */
export function storeRule(lo: Lower, v: number): void {
	const f = lo.f;
	const val = lo.canon(f.arg(v, 1));
	const t = f.type[f.arg(v, 1)];
	const off = f.int(v);
	const p = f.arg(v, 0);
	const size = sizeOfT[t];
	if (lo.isImm(val)) {
		lo.address(p, off);
		lo.emitMemImm(lo.imm(val), LStoreI, size, 0, 0, 0);
		return;
	}
	if (f.op[val] === OpConstF && f.isZero(val)) {
		lo.address(p, off);
		lo.emitMemImm(0, LStoreI, size, 0, 0, 0);
		return;
	}
	if (!isFloat(t) && storeUpdate(lo, v, val)) return;
	const r = lo.reg(val);
	lo.address(p, off);
	if (isFloat(t)) lo.emitMem(LStoreX, 4, t === T.F32 ? X.MOVSS : X.MOVSD, 0, r);
	else lo.emitMem(LStore, size, X.MOV, 0, r);
}

/** Largest block that is cleared or copied by straight-line code. */
const InlineBytes = 192;
/** From this size the string instructions are used. */
const RepBytes = 2048;

export function zeroRule(lo: Lower, v: number): void {
	const f = lo.f;
	const size = f.int(v);
	const p = f.arg(v, 0);
	if (size === 0) return;
	if (size <= InlineBytes) {
		zeroInline(lo, p, size);
		return;
	}
	const r = lo.reg(p);
	lo.noteFault(lo.canon(p));
	if (size >= RepBytes) {
		lo.emitImm(size >> 3, LRepStos, 8, 0, 0, r, 0);
		if ((size & 7) !== 0) {
			lo.address(p, size - (size & 7));
			zeroTail(lo, size & 7);
		}
		return;
	}
	lo.emitImm(size, LZeroLoop, 8, 0, 0, r, 0);
}

function zeroInline(lo: Lower, p: number, size: number): void {
	lo.address(p, 0);
	const disp = lo.amDisp;
	let at = 0;
	for (; size - at >= 16; at += 16) {
		lo.amDisp = disp + at;
		lo.emitMem(LStoreZ, 16, 0, 0, 0);
	}
	if (at === size) return;
	if (size > 16) {
		lo.amDisp = disp + size - 16;
		lo.emitMem(LStoreZ, 16, 0, 0, 0);
		return;
	}
	zeroTail(lo, size);
}

/** Zeroes n < 16 bytes at the address matched last. */
function zeroTail(lo: Lower, n: number): void {
	const disp = lo.amDisp;
	let at = 0;
	for (let w = 8; w > 0; w >>= 1) {
		for (; n - at >= w; at += w) {
			lo.amDisp = disp + at;
			lo.emitMemImm(0, LStoreI, w, 0, 0, 0);
		}
	}
	lo.amDisp = disp;
}

export function moveMemRule(lo: Lower, v: number): void {
	const f = lo.f;
	const size = f.int(v);
	const to = f.arg(v, 0);
	const from = f.arg(v, 1);
	if (size === 0) return;
	if (size <= InlineBytes) {
		moveInline(lo, to, from, size);
		return;
	}
	const src = lo.reg(from);
	const dst = lo.reg(to);
	lo.noteFault(lo.canon(to));
	lo.noteFault(lo.canon(from));
	if (size >= RepBytes) {
		lo.emitImm(size >> 3, LRepMovs, 8, 0, 0, src, dst);
		if ((size & 7) !== 0) moveInlineAt(lo, to, from, size - (size & 7), size);
		return;
	}
	lo.emitImm(size, LMoveLoop, 8, 0, 0, src, dst);
}

function moveInline(lo: Lower, to: number, from: number, size: number): void {
	moveInlineAt(lo, to, from, 0, size);
}

/** Copies bytes start..size. Loads run at most four ahead of the stores. */
function moveInlineAt(lo: Lower, to: number, from: number, start: number, size: number): void {
	const l = lo.l;
	let at = start;
	const temps: number[] = [];
	while (at < size) {
		const batch: number[] = [];
		const widths: number[] = [];
		while (at < size && batch.length < 4) {
			const left = size - at;
			let w = left >= 16 ? 16 : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
			let off = at;
			if (w < 16 && size - start >= 16) {
				w = 16;
				off = size - 16;
			} else if (w < 8 && size - start >= 8) {
				w = 8;
				off = size - 8;
			} else if (left === 3 && size - start >= 4) {
				w = 4;
				off = size - 4;
			}
			batch.push(off);
			widths.push(w);
			at = off + w;
		}
		temps.length = 0;
		for (let k = 0; k < batch.length; k++) {
			lo.address(from, batch[k]);
			const w = widths[k];
			const t = l.newVreg(w === 16 ? 2 : 0, 0);
			temps.push(t);
			if (w === 16) lo.emitMem(LLoadX, 4, X.MOVUPS, t, 0);
			else lo.emitMem(LLoad, w === 8 ? 8 : 4, w === 1 ? X.MOVZX8 : w === 2 ? X.MOVZX16 : X.MOV, t, 0);
		}
		for (let k = 0; k < batch.length; k++) {
			lo.address(to, batch[k]);
			const w = widths[k];
			if (w === 16) lo.emitMem(LStoreX, 4, X.MOVUPS, 0, temps[k]);
			else lo.emitMem(LStore, w, X.MOV, 0, temps[k]);
		}
	}
}

export function nilCheckRule(lo: Lower, v: number): void {
	const p = lo.canon(lo.f.arg(v, 0));
	if (lo.faulting.includes(p)) return;
	lo.emit(LNilCheck, 8, 0, 0, lo.reg(p), 0);
	lo.noteFault(p);
}

/** Bits of the sub column of LBounds beside the low 9 bits of auxInt. */
export const BoundsConstX = 0x200;
export const BoundsConstY = 0x400;

export function boundsRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const x = lo.canon(f.arg(v, 0));
	const y = lo.canon(f.arg(v, 1));
	let sub = f.int(v) & 0x1ff;
	l.hasCall = true;
	const constX = lo.isImm(x);
	const constY = lo.isImm(y) && !constX;
	if (constX) sub |= BoundsConstX;
	if (constY) sub |= BoundsConstY;
	const i = lo.emit(LBounds, 8, sub, 0, constX ? 0 : lo.reg(x), constY ? 0 : lo.reg(y));
	if (constX) l.imm[i] = lo.imm(x);
	if (constY) l.imm[i] = lo.imm(y);
}

export function keepAliveRule(lo: Lower, v: number): void {
	const x = lo.canon(lo.f.arg(v, 0));
	const op = lo.f.op[x];
	if (op === OpConst) return;
	lo.emit(LKeep, 8, 0, 0, lo.reg(x), 0);
}

// ---- atomics ----

/** AtomicExchange, and AtomicStore with dst of no interest. */
export function exchangeRule(lo: Lower, v: number): void {
	const f = lo.f;
	const t = f.type[f.arg(v, 1)];
	const r = lo.reg(f.arg(v, 1));
	const dst = lo.need[v] === 1 ? v : lo.l.newVreg(0, 0);
	lo.address(f.arg(v, 0), f.int(v));
	lo.emitMem(LXchg, sizeOfT[t], X.XCHG, dst, r);
}

export function atomicAddRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const d = lo.canon(f.arg(v, 1));
	const size = sizeOfT[f.type[f.arg(v, 1)]];
	const off = f.int(v);
	if (lo.need[v] === 0) {
		if (lo.isImm(d)) {
			lo.address(f.arg(v, 0), off);
			lo.emitMemImm(lo.imm(d), LLockMI, size, X.ADD, 0, 0);
		} else {
			const r = lo.reg(d);
			lo.address(f.arg(v, 0), off);
			lo.emitMem(LLockMR, size, X.ADD, 0, r);
		}
		return;
	}
	const r = lo.reg(d);
	lo.address(f.arg(v, 0), off);
	const old = l.newVreg(0, 0);
	lo.emitMem(LXadd, size, X.XADD, old, r);
	if (lo.isImm(d)) lo.emitImm(lo.imm(d), LAluRI, size === 8 ? 8 : 4, X.ADD, v, old, 0);
	else lo.emit(LAluRRk, size === 8 ? 8 : 4, X.ADD, v, old, r);
}

export function casRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const size = sizeOfT[f.type[f.arg(v, 2)]];
	const old = lo.reg(f.arg(v, 1));
	const to = lo.reg(f.arg(v, 2));
	lo.address(f.arg(v, 0), f.int(v));
	const i = lo.emitMem(LCmpXchg, size, X.CMPXCHG, l.newVreg(0, 0), old);
	l.b[i] = to;
	if (lo.need[v] === 1) lo.emit(LSetcc, 1, X.CondE, v, 0, 0);
}

export function atomicLogicRule(lo: Lower, v: number, word: number): void {
	const f = lo.f;
	const size = sizeOfT[f.type[f.arg(v, 1)]];
	const r = lo.reg(f.arg(v, 1));
	lo.address(f.arg(v, 0), f.int(v));
	if (lo.need[v] === 0) lo.emitMem(LLockMR, size, word, 0, r);
	else lo.emitMem(LAtomicLoop, size, word, v, r);
}

export function prefetchRule(lo: Lower, v: number): void {
	const f = lo.f;
	lo.noAccess = true;
	lo.address(f.arg(v, 0), 0);
	lo.noAccess = false;
	lo.emitMem(LPrefetch, 8, f.isZero(v) ? 1 : 0, 0, 0);
}

export function pauseRule(lo: Lower, v: number): void {
	lo.emit(LPause, 4, 0, lo.l.newVreg(0, 0), lo.reg(lo.f.arg(v, 0)), 0);
}

// ---- comparing memory ----

export function memequalRule(lo: Lower, v: number): void {
	const f = lo.f;
	const n = lo.canon(f.arg(v, 2));
	if (f.op[n] !== OpConst || !lo.isImm(n) || lo.imm(n) > 32 || lo.imm(n) < 0) {
		callRuntime(lo, "runtime.memequal", [f.arg(v, 0), f.arg(v, 1), n], v);
		return;
	}
	const size = lo.imm(n);
	const p = f.arg(v, 0);
	const q = f.arg(v, 1);
	const l = lo.l;
	if (size === 0) {
		lo.emitImm(1, LAluRI, 4, X.OR, v, lo.constReg(1, 0), 0);
		return;
	}
	if (size === 1 || size === 2 || size === 4 || size === 8) {
		compareWord(lo, p, q, 0, size);
		setBool(lo, X.CondE, v);
		return;
	}
	// differences of overlapping words, ored
	let all = 0;
	for (let at = 0; at < size; ) {
		let w = size >= 8 ? 8 : size >= 4 ? 4 : 2;
		let off = at;
		if (size - at < w) {
			if (size === 3) w = 1;
			else off = size - w;
		}
		lo.address(p, off);
		const x = l.newVreg(0, 0);
		lo.emitMem(LLoad, w === 8 ? 8 : 4, w === 1 ? X.MOVZX8 : w === 2 ? X.MOVZX16 : X.MOV, x, 0);
		let d = l.newVreg(0, 0);
		lo.address(q, off);
		if (w >= 4) {
			const i = lo.emitMem(LAluRM, w, X.XOR, d, x);
			l.a[i] = x;
		} else {
			const y = l.newVreg(0, 0);
			lo.emitMem(LLoad, 4, w === 1 ? X.MOVZX8 : X.MOVZX16, y, 0);
			lo.emit(LAluRR, 4, X.XOR, d, x, y);
		}
		if (all !== 0) {
			const s = l.newVreg(0, 0);
			lo.emit(LAluRRk, 8, X.OR, s, all, d);
			d = s;
		}
		all = d;
		at = off + w;
	}
	lo.emitImm(0, LCmpRI, 8, X.CMP, 0, all, 0);
	setBool(lo, X.CondE, v);
}

/** Flags of comparing `size` bytes at p+off and q+off. */
function compareWord(lo: Lower, p: number, q: number, off: number, size: number): void {
	const l = lo.l;
	const x = l.newVreg(0, 0);
	lo.address(p, off);
	lo.emitMem(LLoad, size === 8 ? 8 : 4, size === 1 ? X.MOVZX8 : size === 2 ? X.MOVZX16 : X.MOV, x, 0);
	lo.address(q, off);
	lo.emitMem(LCmpRM, size, X.CMP, 0, x);
}
