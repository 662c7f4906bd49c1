// Calls, returns, arguments.

import { InternalError } from "#base";
import { ops as X } from "#obj";
import type { CallAux, CallSig } from "../../../func.ts";
import { OpCall, OpCallClosure } from "../../../ops.gen.ts";
import { isFloat, sizeOfT, T } from "../../../types.ts";
import { AM } from "../lir.ts";
import type { Lower } from "../lower.ts";
import { LCall, LCallR, LLea, LLoad, LMov, LMovX, LRet, LStore, LStoreI, LStoreX, LTail, LWB } from "../ops.ts";
import { DX, floatArgReg, intArgRegs } from "../regs.ts";

/** Register of a location. */
function regOf(t: T, seq: number): number {
	return isFloat(t) ? floatArgReg(seq) : intArgRegs[seq];
}

/** Stores scalar v of type t to an area of the frame. */
function storeTo(lo: Lower, kind: number, off: number, v: number, t: T): void {
	v = lo.canon(v);
	if (lo.isImm(v)) {
		lo.frameArea(kind, off);
		lo.emitMemImm(lo.imm(v), LStoreI, sizeOfT[t], 0, 0, 0);
		return;
	}
	const r = lo.reg(v);
	lo.frameArea(kind, off);
	if (isFloat(t)) lo.emitMem(LStoreX, 4, t === T.F32 ? X.MOVSS : X.MOVSD, 0, r);
	else lo.emitMem(LStore, sizeOfT[t], X.MOV, 0, r);
}

/** Call, CallClosure, CallInter. */
export function callRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const aux = f.auxes[f.aux[v]] as CallAux;
	const sig = aux.sig;
	const op = f.op[v];
	const first = op === OpCall ? 0 : op === OpCallClosure ? 2 : 1;
	if (f.nargs(v) - first !== sig.args.length) {
		throw new InternalError(`lower: call v${v} in ${f.name} has ${f.nargs(v) - first} arguments, its signature ${sig.args.length}`);
	}
	l.hasCall = true;
	if (sig.stackSize > l.outSize) l.outSize = sig.stackSize;
	for (let k = 0; k < sig.args.length; k++)
		if (sig.args[k].reg < 0) storeTo(lo, AM.Out, sig.args[k].off, f.arg(v, first + k), sig.args[k].type);
	const target = op === OpCall ? 0 : lo.reg(f.arg(v, 0));
	const at = l.poolLen;
	let uses = 0;
	for (let k = 0; k < sig.args.length; k++) {
		const loc = sig.args[k];
		if (loc.reg < 0) continue;
		l.pushPool(lo.reg(f.arg(v, first + k)), regOf(loc.type, loc.reg));
		uses++;
	}
	if (op === OpCallClosure) {
		l.pushPool(lo.reg(f.arg(v, 1)), DX);
		uses++;
	}
	const defs = pushResults(lo, v, sig);
	const i = lo.emit(op === OpCall ? LCall : LCallR, 8, f.aux[v], 0, target, 0);
	l.ext[i] = at;
	l.extUses[i] = uses;
	l.extDefs[i] = defs;
	stackResults(lo, v, sig);
}

/** Definitions of the results in registers. */
function pushResults(lo: Lower, v: number, sig: CallSig): number {
	const f = lo.f;
	const l = lo.l;
	let defs = 0;
	for (let r = lo.resHead[v]; r !== 0; r = lo.resNext[r]) {
		if (lo.need[r] === 0 || duplicateOf(lo, v, r) !== 0) continue;
		const loc = sig.results[f.int(r)];
		if (loc.reg < 0) continue;
		l.pushPool(r, regOf(loc.type, loc.reg));
		defs++;
	}
	return defs;
}

/** An earlier needed Result in the list with the same index. */
function duplicateOf(lo: Lower, v: number, r: number): number {
	const f = lo.f;
	for (let s = lo.resHead[v]; s !== r; s = lo.resNext[s]) if (lo.need[s] === 1 && f.auxInt[s] === f.auxInt[r]) return s;
	return 0;
}

function stackResults(lo: Lower, v: number, sig: CallSig): void {
	const f = lo.f;
	for (let r = lo.resHead[v]; r !== 0; r = lo.resNext[r]) {
		if (lo.need[r] === 0) continue;
		const twin = duplicateOf(lo, v, r);
		if (twin !== 0) {
			lo.emit(lo.l.vfloat[r] === 1 ? LMovX : LMov, 8, 0, r, twin, 0);
			continue;
		}
		const loc = sig.results[f.int(r)];
		if (loc.reg >= 0) continue;
		lo.frameArea(AM.Out, loc.off);
		lo.load(f.type[r], r);
	}
}

/** A call of a runtime function in ABIInternal with integer arguments and one integer result v. */
export function callRuntime(lo: Lower, name: string, args: readonly number[], v: number): void {
	const f = lo.f;
	const l = lo.l;
	const sig: CallSig = {
		args: args.map((a, k) => ({ type: f.type[a] as T, reg: k, off: k * 8 })),
		results: [{ type: f.type[v] as T, reg: 0, off: -1 }],
		stackSize: args.length * 8,
		abi: 1,
	};
	const aux = f.newAux({ target: { name, abi: 1 }, sig, noreturn: false });
	l.hasCall = true;
	if (sig.stackSize > l.outSize) l.outSize = sig.stackSize;
	const at = l.poolLen;
	for (let k = 0; k < args.length; k++) l.pushPool(lo.reg(args[k]), intArgRegs[k]);
	l.pushPool(v, intArgRegs[0]);
	const i = lo.emit(LCall, 8, aux, 0, 0, 0);
	l.ext[i] = at;
	l.extUses[i] = args.length;
	l.extDefs[i] = 1;
}

export function returnRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const sig = f.sig;
	const n = f.nargs(v);
	for (let k = 0; k < n; k++) if (sig.results[k].reg < 0) storeTo(lo, AM.In, sig.results[k].off, f.arg(v, k), sig.results[k].type);
	const at = l.poolLen;
	let uses = 0;
	for (let k = 0; k < n; k++) {
		const loc = sig.results[k];
		if (loc.reg < 0) continue;
		l.pushPool(lo.reg(f.arg(v, k)), regOf(loc.type, loc.reg));
		uses++;
	}
	const i = lo.emit(LRet, 8, 0, 0, 0, 0);
	l.ext[i] = at;
	l.extUses[i] = uses;
}

/** Jump to another function with arguments in place. */
export function tailCallRule(lo: Lower, v: number): void {
	const f = lo.f;
	const l = lo.l;
	const aux = f.auxes[f.aux[v]] as CallAux;
	const n = f.nargs(v);
	for (let k = 0; k < n; k++) if (aux.sig.args[k].reg < 0) storeTo(lo, AM.In, aux.sig.args[k].off, f.arg(v, k), aux.sig.args[k].type);
	const at = l.poolLen;
	let uses = 0;
	for (let k = 0; k < n; k++) {
		const loc = aux.sig.args[k];
		if (loc.reg < 0) continue;
		l.pushPool(lo.reg(f.arg(v, k)), regOf(loc.type, loc.reg));
		uses++;
	}
	const i = lo.emit(LTail, 8, f.aux[v], 0, 0, 0);
	l.ext[i] = at;
	l.extUses[i] = uses;
}

/** Arg: register arguments are defined at entry, stack arguments are loaded at entry. */
export function argRule(lo: Lower, v: number): void {
	const f = lo.f;
	const loc = f.sig.args[f.int(v)];
	if (loc.reg >= 0) return;
	lo.frameArea(AM.In, loc.off);
	lo.load(f.type[v], v);
}

export function callerSPRule(lo: Lower, v: number): void {
	lo.frameArea(AM.In, 0);
	lo.emitMem(LLea, 8, 0, v, 0);
}

export function callerPCRule(lo: Lower, v: number): void {
	lo.frameArea(AM.In, -8);
	lo.emitMem(LLoad, 8, X.MOV, v, 0);
}

export function wbRule(lo: Lower, v: number): void {
	lo.l.hasCall = true;
	lo.emitImm(lo.f.int(v), LWB, 8, 0, v, 0, 0);
}
