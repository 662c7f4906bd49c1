// Floating-point operations.

import { ops as X } from "#obj";
import { OpAddF, OpConstF, OpLoad, OpMulF } from "../../../ops.gen.ts";
import { sizeOfT, T } from "../../../types.ts";
import type { Lower } from "../lower.ts";
import {
	LCvtRX,
	LCvtUX,
	LCvtXR,
	LCvtXU,
	LFma,
	LFopRM,
	LFopRR,
	LFopRRk,
	LFunXM,
	LFunXX,
	LLoad,
	LLoadX,
	LMinMax,
	LMovX,
	LRound,
} from "../ops.ts";
import { extended, opSize } from "./int.ts";

export function floatAlu(lo: Lower, v: number, single: number, double: number): void {
	const f = lo.f;
	const t = f.type[v];
	const word = t === T.F32 ? single : double;
	let a = lo.canon(f.arg(v, 0));
	let b = lo.canon(f.arg(v, 1));
	const op = f.op[v];
	const commutes = op === OpAddF || op === OpMulF;
	if (commutes && (f.op[a] === OpConstF || lo.foldable(a)) && a !== b) {
		const x = a;
		a = b;
		b = x;
	}
	if (lo.foldable(b) && a !== b) {
		const r = lo.reg(a);
		lo.addressOfLoad(b);
		lo.emitMem(LFopRM, 4, word, v, r);
	} else if (f.op[b] === OpConstF) {
		const r = lo.reg(a);
		lo.constOperand(b);
		lo.emitMem(LFopRM, 4, word, v, r);
	} else lo.emit(commutes ? LFopRRk : LFopRR, 4, word, v, lo.reg(a), lo.reg(b));
}

/** Sqrt and conversions between floats. */
export function floatUnary(lo: Lower, v: number, word: number): void {
	const x = lo.canon(lo.f.arg(v, 0));
	if (lo.foldable(x)) {
		lo.addressOfLoad(x);
		lo.emitMem(LFunXM, 4, word, v, 0);
	} else lo.emit(LFunXX, 4, word, v, lo.reg(x), 0);
}

export function roundRule(lo: Lower, v: number, mode: number): void {
	const f = lo.f;
	lo.emitImm(mode, LRound, 4, f.type[v] === T.F32 ? X.ROUNDSS : X.ROUNDSD, v, lo.reg(f.arg(v, 0)), 0);
}

/** Registers with the sign bit, or with all others. */
function signMask(lo: Lower, t: number): number {
	return t === T.F32 ? lo.floatBits(4, -0x8000_0000, 0) : lo.floatBits(8, 0, -0x8000_0000);
}
function magnitudeMask(lo: Lower, t: number): number {
	return t === T.F32 ? lo.floatBits(4, 0x7fff_ffff, 0) : lo.floatBits(8, -1, 0x7fff_ffff);
}

export function negFloat(lo: Lower, v: number): void {
	const f = lo.f;
	lo.emit(LFopRRk, 4, X.PXOR, v, lo.reg(f.arg(v, 0)), signMask(lo, f.type[v]));
}

export function absRule(lo: Lower, v: number): void {
	const f = lo.f;
	lo.emit(LFopRRk, 4, X.ANDPS, v, lo.reg(f.arg(v, 0)), magnitudeMask(lo, f.type[v]));
}

export function copysignRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const m = l.newVreg(1, 0);
	const s = l.newVreg(1, 0);
	lo.emit(LFopRRk, 4, X.ANDPS, m, lo.reg(f.arg(v, 0)), magnitudeMask(lo, f.type[v]));
	lo.emit(LFopRRk, 4, X.ANDPS, s, lo.reg(f.arg(v, 1)), signMask(lo, f.type[v]));
	lo.emit(LFopRRk, 4, X.ORPS, v, m, s);
}

export function fmaRule(lo: Lower, v: number): void {
	const f = lo.f;
	const i = lo.emit(LFma, 4, f.type[v] === T.F32 ? X.VFMADD231SS : X.VFMADD231SD, v, lo.reg(f.arg(v, 2)), lo.reg(f.arg(v, 0)));
	lo.l.c[i] = lo.reg(f.arg(v, 1));
}

export function minMaxRule(lo: Lower, v: number, max: number): void {
	const f = lo.f;
	lo.emit(LMinMax, sizeOfT[f.type[v]], max, v, lo.reg(f.arg(v, 0)), lo.reg(f.arg(v, 1)));
}

export function intToFloat(lo: Lower, v: number): void {
	const f = lo.f;
	const x = f.arg(v, 0);
	const word = f.type[v] === T.F32 ? X.CVTSI2SS : X.CVTSI2SD;
	lo.emit(LCvtXR, opSize(f.type[x]), word, v, extended(lo, x, true), 0);
}

export function uintToFloat(lo: Lower, v: number): void {
	const f = lo.f;
	lo.emit(LCvtUX, sizeOfT[f.type[v]], 0, v, lo.reg(f.arg(v, 0)), 0);
}

export function floatToInt(lo: Lower, v: number): void {
	const f = lo.f;
	const word = f.type[f.arg(v, 0)] === T.F32 ? X.CVTTSS2SI : X.CVTTSD2SI;
	lo.emit(LCvtRX, opSize(f.type[v]), word, v, lo.reg(f.arg(v, 0)), 0);
}

export function floatToUint(lo: Lower, v: number): void {
	const f = lo.f;
	lo.emit(LCvtXU, sizeOfT[f.type[f.arg(v, 0)]], 0, v, lo.reg(f.arg(v, 0)), 0);
}

export function floatToFloat(lo: Lower, v: number): void {
	const f = lo.f;
	const from = f.type[f.arg(v, 0)];
	if (from === f.type[v]) lo.emit(LMovX, 8, 0, v, lo.reg(f.arg(v, 0)), 0);
	else floatUnary(lo, v, from === T.F32 ? X.CVTSS2SD : X.CVTSD2SS);
}

export function bitsToInt(lo: Lower, v: number): void {
	const f = lo.f;
	const x = lo.canon(f.arg(v, 0));
	if (f.op[x] === OpLoad && lo.foldable(x)) {
		lo.addressOfLoad(x);
		lo.emitMem(LLoad, sizeOfT[f.type[v]], X.MOV, v, 0);
		return;
	}
	lo.emit(LCvtRX, sizeOfT[f.type[v]], X.MOVD_STORE, v, lo.reg(x), 0);
}

export function bitsToFloat(lo: Lower, v: number): void {
	const f = lo.f;
	const x = lo.canon(f.arg(v, 0));
	if (f.op[x] === OpLoad && lo.foldable(x) && sizeOfT[f.type[x]] === sizeOfT[f.type[v]]) {
		lo.addressOfLoad(x);
		lo.emitMem(LLoadX, 4, f.type[v] === T.F32 ? X.MOVSS : X.MOVSD, v, 0);
		return;
	}
	lo.emit(LCvtXR, sizeOfT[f.type[v]], X.MOVD, v, lo.reg(x), 0);
}
