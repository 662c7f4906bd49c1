// Assignment of parameters and results to registers and stack: ABIInternal for
// amd64 as abi-internal.md says, and ABI0, which is the same with no registers.

import { ABI0, type Abi } from "#object";
import { type ArgLoc, type CallSig, isFloat } from "#ssa";
import { type Signature, type Type, typeOf } from "#types";
import { alignUp, type Layout, type Leaf } from "./layout.ts";

export const IntRegs = 9;
export const FloatRegs = 15;

/** Where one parameter or result is. */
export interface ParamLoc {
	type: Type;
	/** Its scalars in CallSig.args or results: first index and count. Zero when it is in memory or has no size. */
	first: number;
	count: number;
	/** Offset in the argument area when it is passed in memory as a whole; -1 = by scalars. */
	mem: number;
	/** Spill place of a register parameter, or its stack place; -1 = none (register results). */
	home: number;
}

export interface AbiLayout {
	sig: CallSig;
	/** Receiver first. */
	params: ParamLoc[];
	results: ParamLoc[];
	/** Bytes of stack arguments and results, without the spill area. */
	argBytes: number;
	/** Offset where results begin on the stack. */
	resultOff: number;
}

class Assigner {
	ints = 0;
	floats = 0;
	off = 0;
	readonly layout: Layout;
	readonly nint: number;
	readonly nfloat: number;
	constructor(layout: Layout, nint: number, nfloat: number) {
		this.layout = layout;
		this.nint = nint;
		this.nfloat = nfloat;
	}

	/** Register numbers for the scalars, or null when the value goes to the stack. */
	regs(leaves: readonly Leaf[] | null): number[] | null {
		if (leaves === null) return null;
		let i = this.ints;
		let f = this.floats;
		const out: number[] = [];
		for (const l of leaves) out.push(isFloat(l.t) ? f++ : i++);
		if (i > this.nint || f > this.nfloat) return null;
		this.ints = i;
		this.floats = f;
		return out;
	}

	stack(size: number, align: number): number {
		this.off = alignUp(this.off, align);
		const at = this.off;
		this.off += size;
		return at;
	}
}

/** Lays out a call of a function with parameters and results of these types. */
export function assignAbi(layout: Layout, params: readonly Type[], results: readonly Type[], abi: Abi): AbiLayout {
	const a = new Assigner(layout, abi === ABI0 ? 0 : IntRegs, abi === ABI0 ? 0 : FloatRegs);
	const args: ArgLoc[] = [];
	const res: ArgLoc[] = [];
	const spill: { leaves: readonly Leaf[]; at: ArgLoc[]; loc: ParamLoc; size: number; align: number }[] = [];
	const paramLocs: ParamLoc[] = [];
	const resultLocs: ParamLoc[] = [];
	const place = (t: Type, list: ArgLoc[], locs: ParamLoc[], isResult: boolean): void => {
		const l = layout.of(t);
		if (l.size === 0) {
			const at = a.stack(0, l.align);
			locs.push({ type: t, first: list.length, count: 0, mem: -1, home: at });
			return;
		}
		const regs = a.regs(l.leaves);
		if (regs === null || l.leaves === null) {
			const at = a.stack(l.size, l.align);
			if (!l.ssa || l.leaves === null) {
				locs.push({ type: t, first: list.length, count: 0, mem: at, home: at });
				return;
			}
			locs.push({ type: t, first: list.length, count: l.leaves.length, mem: -1, home: at });
			for (const p of l.leaves) list.push({ type: p.t, reg: -1, off: at + p.off });
			return;
		}
		const loc: ParamLoc = { type: t, first: list.length, count: regs.length, mem: -1, home: -1 };
		locs.push(loc);
		const made = l.leaves.map((p, i): ArgLoc => ({ type: p.t, reg: regs[i], off: -1 }));
		list.push(...made);
		if (!isResult) spill.push({ leaves: l.leaves, at: made, loc, size: l.size, align: l.align });
	};
	for (const t of params) place(t, args, paramLocs, false);
	a.off = alignUp(a.off, 8);
	const resultOff = a.off;
	a.ints = 0;
	a.floats = 0;
	for (const t of results) place(t, res, resultLocs, true);
	a.off = alignUp(a.off, 8);
	const argBytes = a.off;
	for (const s of spill) {
		const at = a.stack(s.size, s.align);
		s.loc.home = at;
		s.at.forEach((x, i) => {
			x.off = at + s.leaves[i].off;
		});
	}
	a.off = alignUp(a.off, 8);
	return { sig: { args, results: res, stackSize: a.off, resultOff, abi }, params: paramLocs, results: resultLocs, argBytes, resultOff };
}

/** Types of a signature's parameters, receiver first. */
export function paramTypes(sig: Signature): Type[] {
	const out = sig.params.vars.map((v) => typeOf(v));
	if (sig.recv !== null) out.unshift(typeOf(sig.recv));
	return out;
}

export function resultTypes(sig: Signature): Type[] {
	return sig.results.vars.map((v) => typeOf(v));
}

export function callSigOf(layout: Layout, sig: Signature, abi: Abi): AbiLayout {
	return assignAbi(layout, paramTypes(sig), resultTypes(sig), abi);
}
