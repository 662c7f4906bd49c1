// Floating point: folding that is exact, and nothing that changes a NaN or a sign of zero.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { sizeOfT, T } from "../../types.ts";
import { negInteger } from "./integer.ts";
import type { RuleList } from "./rules.ts";

const scratch = new DataView(new ArrayBuffer(8));

/** The value of a ConstF. */
export function floatOf(r: Rewriter, v: number): number {
	scratch.setBigInt64(0, r.f.auxInt[v], true);
	return r.f.type[v] === T.F32 ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}

/** auxInt of a ConstF. */
export function floatBits(t: number, x: number): bigint {
	if (t === T.F32) {
		scratch.setFloat32(0, x, true);
		return BigInt(scratch.getUint32(0, true));
	}
	scratch.setFloat64(0, x, true);
	return scratch.getBigInt64(0, true);
}

function toFloat(r: Rewriter, v: number, x: number): boolean {
	// The bits of a NaN are the processor's business.
	if (Number.isNaN(x)) return false;
	return r.set(v, o.OpConstF, [], floatBits(r.f.type[v], x));
}

function arith(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (f.op[y] !== o.OpConstF) return false;
	const b = floatOf(r, y);
	if (f.op[x] === o.OpConstF) {
		const a = floatOf(r, x);
		// Two roundings (F64, then F32) give what one gives for these four.
		return toFloat(r, v, op === o.OpAddF ? a + b : op === o.OpSubF ? a - b : op === o.OpMulF ? a * b : a / b);
	}
	if ((op === o.OpMulF || op === o.OpDivF) && b === 1) return r.copy(v, x);
	if (op === o.OpDivF && exactReciprocal(f.type[v], b)) {
		const inv = r.make(o.OpConstF, f.type[v] as T, [], floatBits(f.type[v], 1 / b));
		return r.set(v, o.OpMulF, [x, inv]);
	}
	return false;
}

/** b is a power of two whose reciprocal is a normal number. */
function exactReciprocal(t: number, b: number): boolean {
	const a = Math.abs(b);
	if (!(a > 0) || !Number.isFinite(a)) return false;
	const e = Math.log2(a);
	const limit = t === T.F32 ? 126 : 1022;
	return Number.isInteger(e) && 2 ** e === a && Math.abs(e) <= limit;
}

function unary(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (f.op[x] !== o.OpConstF) return false;
	const a = floatOf(r, x);
	switch (f.op[v]) {
		case o.OpSqrt:
			return toFloat(r, v, Math.sqrt(a));
		case o.OpFloor:
			return toFloat(r, v, Math.floor(a));
		case o.OpCeil:
			return toFloat(r, v, Math.ceil(a));
		case o.OpTruncF:
			return toFloat(r, v, Math.trunc(a));
		case o.OpAbsF:
			return toFloat(r, v, Math.abs(a));
		case o.OpCvtFF:
			return toFloat(r, v, a);
	}
	return false;
}

function neg(r: Rewriter, v: number): boolean {
	const { f } = r;
	if (f.type[v] !== T.F32 && f.type[v] !== T.F64) return negInteger(r, v);
	const x = f.arg(v, 0);
	if (f.op[x] === o.OpNeg) return r.copy(v, f.arg(x, 0));
	return f.op[x] === o.OpConstF && toFloat(r, v, -floatOf(r, x));
}

function fromInt(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (!r.isConst(x)) return false;
	const n = f.op[v] === o.OpCvtUF ? BigInt.asUintN(64, f.auxInt[x]) : f.auxInt[x];
	// Larger numbers would be rounded twice.
	if (f.type[v] === T.F32 && (n > 1n << 53n || n < -(1n << 53n))) return false;
	return toFloat(r, v, Number(n));
}

function toInt(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (f.op[x] !== o.OpConstF) return false;
	const a = Math.trunc(floatOf(r, x));
	const limit = f.op[v] === o.OpCvtFU || f.type[v] === T.I64 ? 2 ** 63 : 2 ** 31;
	// Out of range is as the processor does it.
	if (!(a > -limit && a < limit) || (f.op[v] === o.OpCvtFU && a < 0)) return false;
	return r.toConst(v, BigInt(a));
}

function sameBits(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const toInteger = f.op[v] === o.OpBitsFI;
	if (f.op[x] === (toInteger ? o.OpBitsIF : o.OpBitsFI) && f.type[f.arg(x, 0)] === f.type[v]) return r.copy(v, f.arg(x, 0));
	if (toInteger) return f.op[x] === o.OpConstF && r.toConst(v, f.auxInt[x]);
	if (!r.isConst(x)) return false;
	return r.set(v, o.OpConstF, [], sizeOfT[f.type[v]] === 4 ? BigInt.asUintN(32, f.auxInt[x]) : f.auxInt[x]);
}

export const floatRules: RuleList = [
	[o.OpAddF, arith],
	[o.OpSubF, arith],
	[o.OpMulF, arith],
	[o.OpDivF, arith],
	[o.OpSqrt, unary],
	[o.OpFloor, unary],
	[o.OpCeil, unary],
	[o.OpTruncF, unary],
	[o.OpAbsF, unary],
	[o.OpCvtFF, unary],
	[o.OpNeg, neg],
	[o.OpCvtIF, fromInt],
	[o.OpCvtUF, fromInt],
	[o.OpCvtFI, toInt],
	[o.OpCvtFU, toInt],
	[o.OpBitsFI, sameBits],
	[o.OpBitsIF, sameBits],
];
