// Division by constants: powers of two by shifts; others by multiplication with a
// reciprocal (Granlund and Montgomery, "Division by Invariant Integers using
// Multiplication", 1994). Expanded late only: before, passes see what is divided.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { sizeOfT, T } from "../../types.ts";
import { log2 } from "./integer.ts";
import type { RuleList } from "./rules.ts";

const count = (r: Rewriter, n: number): number => r.constant(T.I8, BigInt(n));
const shr = (r: Rewriter, t: T, x: number, n: number): number => (n === 0 ? x : r.make(o.OpShr, t, [x, count(r, n)], 1n));
const sar = (r: Rewriter, t: T, x: number, n: number): number => (n === 0 ? x : r.make(o.OpSar, t, [x, count(r, n)], 1n));

/** Smallest k with d <= 2^k. */
const ceilLog2 = (d: bigint): number => (d - 1n).toString(2).length - (d === 1n ? 1 : 0);
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

function fold(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const w = sizeOfT[f.type[v]] * 8;
	let a = f.auxInt[f.arg(v, 0)];
	let b = f.auxInt[f.arg(v, 1)];
	if (op === o.OpDivU || op === o.OpModU) {
		a = BigInt.asUintN(w, a);
		b = BigInt.asUintN(w, b);
	}
	return r.toConst(v, op === o.OpDiv || op === o.OpDivU ? a / b : a % b);
}

function divide(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const t = f.type[v] as T;
	const w = sizeOfT[t] * 8;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const unsigned = op === o.OpDivU || op === o.OpModU;
	const mod = op === o.OpMod || op === o.OpModU;
	if (!r.isConst(y) || r.is(y, 0)) return false;
	if (r.isConst(x)) return fold(r, v);
	if (r.is(y, 1)) return mod ? r.toConst(v, 0n) : r.copy(v, x);
	if (!unsigned && r.is(y, -1)) return mod ? r.toConst(v, 0n) : r.set(v, o.OpNeg, [x]);
	const d = unsigned ? BigInt.asUintN(w, f.auxInt[y]) : f.auxInt[y];
	const k = log2(d);
	if (unsigned && k > 0) {
		if (mod) return r.set(v, o.OpAnd, [x, r.constant(t, d - 1n)]);
		return r.set(v, o.OpShr, [x, count(r, k)], 1n);
	}
	// What is zero-extended has no sign.
	if (!unsigned && d > 0n && f.op[x] === o.OpZeroExt) return r.set(v, mod ? o.OpModU : o.OpDivU, [x, y]);
	if (!r.late) return false;
	if (mod) {
		const q = r.make(unsigned ? o.OpDivU : o.OpDiv, t, [x, y]);
		return r.set(v, o.OpSub, [x, r.make(o.OpMul, t, [q, y])]);
	}
	return unsigned ? unsignedDivide(r, v, x, d, w) : signedDivide(r, v, x, d, w);
}

function signedDivide(r: Rewriter, v: number, x: number, d: bigint, w: number): boolean {
	const t = r.f.type[v] as T;
	const c = d < 0n ? -d : d;
	const k = log2(c);
	if (k > 0) {
		if (k === w - 1) return r.set(v, o.OpZeroExt, [r.make(o.OpEq, T.Bool, [x, r.constant(t, d)])]);
		// Rounds toward zero: negative dividends are raised by c-1 first.
		const raise = shr(r, t, k === 1 ? x : sar(r, t, x, w - 1), w - k);
		const q = sar(r, t, r.make(o.OpAdd, t, [x, raise]), k);
		return d < 0n ? r.set(v, o.OpNeg, [q]) : r.copy(v, q);
	}
	const s = ceilLog2(c);
	const m = (1n << BigInt(w - 1 + s)) / c + 1n;
	let q: number;
	if (w < 64) {
		const wide = r.make(o.OpSignExt, T.I64, [x]);
		const p = r.make(o.OpMul, T.I64, [wide, r.constant(T.I64, m)]);
		q = r.make(o.OpTrunc, t, [sar(r, T.I64, p, w - 1 + s)]);
	} else if ((m & 1n) === 0n) {
		q = sar(r, t, r.make(o.OpHMul, t, [x, r.constant(t, m >> 1n)]), s - 2);
	} else {
		q = sar(r, t, r.make(o.OpAdd, t, [r.make(o.OpHMul, t, [x, r.constant(t, m)]), x]), s - 1);
	}
	const sign = sar(r, t, x, w - 1);
	return r.set(v, o.OpSub, d < 0n ? [sign, q] : [q, sign]);
}

function unsignedDivide(r: Rewriter, v: number, x: number, d: bigint, w: number): boolean {
	const t = r.f.type[v] as T;
	if (w < 64) {
		const wide = r.make(o.OpZeroExt, T.I64, [x]);
		let q: number;
		if (w <= 16) q = shr(r, T.I64, r.make(o.OpMul, T.I64, [wide, r.constant(T.I64, ceilDiv(1n << 32n, d))]), 32);
		else q = r.make(o.OpHMulU, T.I64, [wide, r.constant(T.I64, ceilDiv(1n << 64n, d))]);
		return r.set(v, o.OpTrunc, [q]);
	}
	// Try a reciprocal of 64 bits, after dividing out the twos of d.
	let twos = 0;
	while (((d >> BigInt(twos)) & 1n) === 0n) twos++;
	for (const pre of twos > 0 ? [0, twos] : [0]) {
		const odd = d >> BigInt(pre);
		for (let s = 0; s <= ceilLog2(odd); s++) {
			const m = ceilDiv(1n << BigInt(64 + s), odd);
			if (m >> 64n !== 0n) break;
			if (m * odd - (1n << BigInt(64 + s)) > 1n << BigInt(s + pre)) continue;
			const h = r.make(o.OpHMulU, t, [shr(r, t, x, pre), r.constant(t, m)]);
			return r.copy(v, shr(r, t, h, s));
		}
	}
	// The reciprocal has 65 bits: 2^64 + m.
	const s = ceilLog2(d);
	const m = (1n << BigInt(64 + s)) / d + 1n;
	const h = r.make(o.OpHMulU, t, [x, r.constant(t, m)]);
	const half = shr(r, t, r.make(o.OpSub, t, [x, h]), 1);
	return r.copy(v, shr(r, t, r.make(o.OpAdd, t, [half, h]), s - 1));
}

export const divideRules: RuleList = [
	[o.OpDiv, divide],
	[o.OpDivU, divide],
	[o.OpMod, divide],
	[o.OpModU, divide],
];
