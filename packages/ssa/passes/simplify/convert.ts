// Width changes and pointer conversions.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { sizeOfT, T } from "../../types.ts";
import type { RuleList } from "./rules.ts";

function signExt(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (r.isConst(x)) return r.toConst(v, f.auxInt[x]);
	if (f.op[x] === o.OpSignExt) return r.set(v, o.OpSignExt, [f.arg(x, 0)]);
	if (f.op[x] === o.OpZeroExt) return r.set(v, o.OpZeroExt, [f.arg(x, 0)]);
	return false;
}

function zeroExt(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (r.isConst(x)) return r.toConst(v, f.type[x] === T.Bool ? f.auxInt[x] : BigInt.asUintN(sizeOfT[f.type[x]] * 8, f.auxInt[x]));
	if (f.op[x] === o.OpZeroExt) return r.set(v, o.OpZeroExt, [f.arg(x, 0)]);
	if (f.op[x] === o.OpTrunc && f.type[f.arg(x, 0)] === f.type[v]) {
		const mask = (1n << BigInt(sizeOfT[f.type[x]] * 8)) - 1n;
		const z = f.arg(x, 0);
		// Only where the bits cut off are known to be zero; else the back end extends better than it masks.
		if (f.op[z] === o.OpAnd && r.isConst(f.arg(z, 1)) && (f.auxInt[f.arg(z, 1)] & ~mask) === 0n && f.auxInt[f.arg(z, 1)] >= 0n)
			return r.copy(v, z);
		if (f.op[z] === o.OpShr && r.isConst(f.arg(z, 1)) && r.unsigned(f.arg(z, 1)) >= (sizeOfT[f.type[z]] - sizeOfT[f.type[x]]) * 8)
			return r.copy(v, z);
	}
	return false;
}

function trunc(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const t = f.type[v];
	const op = f.op[x];
	if (op === o.OpConst) return r.toConst(v, f.auxInt[x]);
	if (op === o.OpTrunc) return r.set(v, o.OpTrunc, [f.arg(x, 0)]);
	if (op === o.OpSignExt || op === o.OpZeroExt) {
		const z = f.arg(x, 0);
		const from = f.type[z];
		if (from === T.Bool) return r.set(v, o.OpZeroExt, [z]);
		if (from === t) return r.copy(v, z);
		return r.set(v, sizeOfT[from] > sizeOfT[t] ? o.OpTrunc : op, [z]);
	}
	if (op === o.OpAnd && r.isConst(f.arg(x, 1))) {
		const mask = (1n << BigInt(sizeOfT[t] * 8)) - 1n;
		if ((f.auxInt[f.arg(x, 1)] & mask) === mask) return r.set(v, o.OpTrunc, [f.arg(x, 0)]);
	}
	return false;
}

/** What an address may have as its constant part. */
function isDisplacement(n: bigint): boolean {
	return n === BigInt.asIntN(31, n);
}

function offPtr(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (f.isZero(v)) return f.type[v] === f.type[x] && r.copy(v, x);
	const sum = f.auxInt[v] + f.auxInt[x];
	if (!isDisplacement(sum)) return false;
	if (f.op[x] === o.OpOffPtr) return r.set(v, o.OpOffPtr, [f.arg(x, 0)], sum);
	if (f.op[x] === o.OpSymAddr) {
		const aux = f.aux[x];
		r.set(v, o.OpSymAddr, [], sum);
		f.aux[v] = aux;
		return true;
	}
	return false;
}

function ptrAdd(r: Rewriter, v: number): boolean {
	const { f } = r;
	const y = f.arg(v, 1);
	return r.isConst(y) && isDisplacement(f.auxInt[y]) && r.set(v, o.OpOffPtr, [f.arg(v, 0)], f.auxInt[y]);
}

function ptrToInt(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (r.isConst(x)) return r.toConst(v, f.auxInt[x]);
	return f.op[x] === o.OpIntToPtr && f.type[f.arg(x, 0)] === f.type[v] && r.copy(v, f.arg(x, 0));
}

function intToPtr(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (r.isConst(x)) return r.toConst(v, f.auxInt[x]);
	return f.op[x] === o.OpPtrToInt && f.type[f.arg(x, 0)] === f.type[v] && r.copy(v, f.arg(x, 0));
}

/** All operands equal, or the phi itself. */
function phi(r: Rewriter, v: number): boolean {
	const { f } = r;
	let same = 0;
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		const a = f.arg(v, i);
		if (a === v || a === same) continue;
		if (same !== 0) return false;
		same = a;
	}
	return same !== 0 && r.copy(v, same);
}

export const convertRules: RuleList = [
	[o.OpSignExt, signExt],
	[o.OpZeroExt, zeroExt],
	[o.OpTrunc, trunc],
	[o.OpOffPtr, offPtr],
	[o.OpPtrAdd, ptrAdd],
	[o.OpPtrToInt, ptrToInt],
	[o.OpIntToPtr, intToPtr],
	[o.OpPhi, phi],
];
