// Shifts and rotations. Counts are unsigned and may exceed the width.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { sizeOfT, T } from "../../types.ts";
import type { RuleList } from "./rules.ts";

/** The constant count of shift v, the width if it is larger, -1 if it is no constant. */
function countOf(r: Rewriter, v: number): number {
	const { f } = r;
	const c = f.arg(v, 1);
	if (!r.isConst(c)) return -1;
	const n = r.unsigned(c);
	const w = sizeOfT[f.type[v]] * 8;
	return n < 0 || n > w ? w : n;
}

function shift(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const w = sizeOfT[f.type[v]] * 8;
	const n = countOf(r, v);
	if (n >= 0) return constantShift(r, v, n, w);
	if (r.is(x, 0)) return r.copy(v, x);
	if (op === o.OpSar && r.is(x, -1)) return r.copy(v, x);
	// Counts are unsigned at any width.
	if (f.op[y] === o.OpZeroExt && f.type[f.arg(y, 0)] !== T.Bool) return r.set(v, op, [x, f.arg(y, 0)], f.auxInt[v]);
	if (f.isZero(v) && f.op[y] === o.OpAnd && r.isConst(f.arg(y, 1))) {
		const mask = r.unsigned(f.arg(y, 1));
		if (mask >= 0 && mask < w) {
			f.auxInt[v] = 1n;
			return true;
		}
	}
	// The processor masks counts of wide shifts itself, see the back end; a masked count needs no second mask.
	return false;
}

function constantShift(r: Rewriter, v: number, n: number, w: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const t = f.type[v] as T;
	if (n === 0) return r.copy(v, x);
	if (r.isConst(x)) {
		const a = f.auxInt[x];
		const k = BigInt(n);
		if (op === o.OpShl) return r.toConst(v, a << k);
		if (op === o.OpSar) return r.toConst(v, a >> k);
		return r.toConst(v, BigInt.asUintN(w, a) >> k);
	}
	if (n >= w) {
		if (op !== o.OpSar) return r.toConst(v, 0n);
		return r.set(v, o.OpSar, [x, r.constant(T.I8, BigInt(w - 1))], 1n);
	}
	if (f.isZero(v) || f.type[f.arg(v, 1)] !== T.I8) return r.set(v, op, [x, r.constant(T.I8, BigInt(n))], 1n);
	const inner = f.op[x];
	if (inner === o.OpShl || inner === o.OpShr || inner === o.OpSar) {
		const m = countOf(r, x);
		if (m > 0 && m < w) return twoShifts(r, v, n, m, w);
	}
	if (op === o.OpShr && inner === o.OpZeroExt && f.type[f.arg(x, 0)] !== T.Bool && n >= sizeOfT[f.type[f.arg(x, 0)]] * 8)
		return r.toConst(v, 0n);
	if (op === o.OpSar && inner === o.OpZeroExt) return r.set(v, o.OpShr, [x, f.arg(v, 1)], 1n);
	// (x + c) << n
	if (op === o.OpShl && inner === o.OpAdd && r.isConst(f.arg(x, 1))) {
		const m = r.make(o.OpShl, t, [f.arg(x, 0), f.arg(v, 1)], 1n);
		return r.set(v, o.OpAdd, [m, r.constant(t, f.auxInt[f.arg(x, 1)] << BigInt(n))]);
	}
	return false;
}

/** v shifts by n what x shifted by m. */
function twoShifts(r: Rewriter, v: number, n: number, m: number, w: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const t = f.type[v] as T;
	const inner = f.op[x];
	const z = f.arg(x, 0);
	if (op === inner) {
		if (n + m >= w && op !== o.OpSar) return r.toConst(v, 0n);
		return r.set(v, op, [z, r.constant(T.I8, BigInt(Math.min(n + m, w - 1)))], 1n);
	}
	// A logical shift to the right leaves no sign.
	if (op === o.OpSar && inner === o.OpShr) return r.set(v, o.OpShr, [x, f.arg(v, 1)], 1n);
	if (n !== m) return false;
	const all = (1n << BigInt(w)) - 1n;
	if (op === o.OpShl) return r.set(v, o.OpAnd, [z, r.constant(t, (all << BigInt(n)) & all)]);
	if (op === o.OpShr && inner === o.OpShl) return r.set(v, o.OpAnd, [z, r.constant(t, all >> BigInt(n))]);
	return false;
}

function rotl(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (!r.isConst(y)) return false;
	const w = sizeOfT[f.type[v]] * 8;
	const n = r.low(y) & (w - 1);
	if (n === 0) return r.copy(v, x);
	if (r.isConst(x)) {
		const a = BigInt.asUintN(w, f.auxInt[x]);
		return r.toConst(v, (a << BigInt(n)) | (a >> BigInt(w - n)));
	}
	if (f.op[x] === o.OpRotL && r.isConst(f.arg(x, 1))) {
		return r.set(v, o.OpRotL, [f.arg(x, 0), r.constant(T.I8, BigInt((n + r.low(f.arg(x, 1))) & (w - 1)))]);
	}
	return !r.is(y, n) && r.set(v, o.OpRotL, [x, r.constant(T.I8, BigInt(n))]);
}

export const shiftRules: RuleList = [
	[o.OpShl, shift],
	[o.OpShr, shift],
	[o.OpSar, shift],
	[o.OpRotL, rotl],
];
