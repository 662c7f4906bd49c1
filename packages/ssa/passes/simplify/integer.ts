// Addition, multiplication, bit operations.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { sizeOfT, T } from "../../types.ts";
import type { RuleList } from "./rules.ts";

/** The k of 2^k, -1 if n is no power of two. */
export function log2(n: bigint): number {
	if (n <= 0n || (n & (n - 1n)) !== 0n) return -1;
	return n.toString(2).length - 1;
}

const bitsOf = (r: Rewriter, v: number): number => sizeOfT[r.f.type[v]] * 8;

/** v's op is op and its second argument a constant. */
const withConst = (r: Rewriter, v: number, op: number): boolean => r.f.op[v] === op && r.isConst(r.f.arg(v, 1));

function add(r: Rewriter, v: number): boolean {
	const { f } = r;
	const t = f.type[v] as T;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (r.isConst(y)) {
		if (r.isConst(x)) return r.toConst(v, f.auxInt[x] + f.auxInt[y]);
		if (r.is(y, 0)) return r.copy(v, x);
		if (withConst(r, x, o.OpAdd)) {
			return r.set(v, o.OpAdd, [f.arg(x, 0), r.constant(t, f.auxInt[f.arg(x, 1)] + f.auxInt[y])]);
		}
		if (f.op[x] === o.OpSub && r.isConst(f.arg(x, 0))) {
			return r.set(v, o.OpSub, [r.constant(t, f.auxInt[f.arg(x, 0)] + f.auxInt[y]), f.arg(x, 1)]);
		}
		return false;
	}
	if (f.op[y] === o.OpNeg) return r.set(v, o.OpSub, [x, f.arg(y, 0)]);
	if (f.op[x] === o.OpNeg) return r.set(v, o.OpSub, [y, f.arg(x, 0)]);
	if (f.op[x] === o.OpSub && f.arg(x, 1) === y) return r.copy(v, f.arg(x, 0));
	if (f.op[y] === o.OpSub && f.arg(y, 1) === x) return r.copy(v, f.arg(y, 0));
	return false;
}

function sub(r: Rewriter, v: number): boolean {
	const { f } = r;
	const t = f.type[v] as T;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (x === y) return r.toConst(v, 0n);
	if (r.isConst(y)) return r.isConst(x) ? r.toConst(v, f.auxInt[x] - f.auxInt[y]) : r.set(v, o.OpAdd, [x, r.constant(t, -f.auxInt[y])]);
	if (r.is(x, 0) && t !== T.Addr) return r.set(v, o.OpNeg, [y]);
	if (f.op[y] === o.OpNeg) return r.set(v, o.OpAdd, [x, f.arg(y, 0)]);
	if (f.op[x] === o.OpAdd) {
		if (f.arg(x, 0) === y) return r.copy(v, f.arg(x, 1));
		if (f.arg(x, 1) === y) return r.copy(v, f.arg(x, 0));
		if (withConst(r, x, o.OpAdd) && withConst(r, y, o.OpAdd) && f.arg(x, 0) === f.arg(y, 0))
			return r.toConst(v, f.auxInt[f.arg(x, 1)] - f.auxInt[f.arg(y, 1)]);
	}
	if (f.op[y] === o.OpAdd && t !== T.Addr) {
		if (f.arg(y, 0) === x) return r.set(v, o.OpNeg, [f.arg(y, 1)]);
		if (f.arg(y, 1) === x) return r.set(v, o.OpNeg, [f.arg(y, 0)]);
	}
	if (f.op[y] === o.OpSub && f.arg(y, 0) === x) return r.copy(v, f.arg(y, 1));
	if (f.op[x] === o.OpSub && f.arg(x, 0) === y && t !== T.Addr) return r.set(v, o.OpNeg, [f.arg(x, 1)]);
	if (r.isConst(x) && withConst(r, y, o.OpAdd)) return r.set(v, o.OpSub, [r.constant(t, f.auxInt[x] - f.auxInt[f.arg(y, 1)]), f.arg(y, 0)]);
	return false;
}

function mul(r: Rewriter, v: number): boolean {
	const { f } = r;
	const t = f.type[v] as T;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (!r.isConst(y)) return false;
	if (r.isConst(x)) return r.toConst(v, f.auxInt[x] * f.auxInt[y]);
	if (r.is(y, 0)) return r.toConst(v, 0n);
	if (r.is(y, 1)) return r.copy(v, x);
	if (r.is(y, -1)) return r.set(v, o.OpNeg, [x]);
	const c = f.auxInt[y];
	const k = log2(BigInt.asUintN(bitsOf(r, v), c));
	if (k > 0) return r.set(v, o.OpShl, [x, r.constant(T.I8, BigInt(k))], 1n);
	if (withConst(r, x, o.OpMul)) return r.set(v, o.OpMul, [f.arg(x, 0), r.constant(t, f.auxInt[f.arg(x, 1)] * c)]);
	if (withConst(r, x, o.OpShl) && f.auxInt[x] === 1n)
		return r.set(v, o.OpMul, [f.arg(x, 0), r.constant(t, c << BigInt(r.low(f.arg(x, 1)) & 63))]);
	if (f.op[x] === o.OpNeg) return r.set(v, o.OpMul, [f.arg(x, 0), r.constant(t, -c)]);
	// (x + a) * c: the constant part meets others in address computations.
	if (withConst(r, x, o.OpAdd)) {
		const m = r.make(o.OpMul, t, [f.arg(x, 0), y]);
		return r.set(v, o.OpAdd, [m, r.constant(t, f.auxInt[f.arg(x, 1)] * c)]);
	}
	return false;
}

function hmul(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const n = bitsOf(r, v);
	if (r.is(y, 0)) return r.toConst(v, 0n);
	if (!r.isConst(x) || !r.isConst(y)) return false;
	const unsigned = f.op[v] === o.OpHMulU;
	const a = unsigned ? BigInt.asUintN(n, f.auxInt[x]) : f.auxInt[x];
	const b = unsigned ? BigInt.asUintN(n, f.auxInt[y]) : f.auxInt[y];
	return r.toConst(v, (a * b) >> BigInt(n));
}

function neg(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	switch (f.op[x]) {
		case o.OpConst:
			return r.toConst(v, -f.auxInt[x]);
		case o.OpNeg:
			return r.copy(v, f.arg(x, 0));
		case o.OpSub:
			return r.set(v, o.OpSub, [f.arg(x, 1), f.arg(x, 0)]);
		case o.OpCom:
			return r.set(v, o.OpAdd, [f.arg(x, 0), r.constant(f.type[v] as T, 1n)]);
		case o.OpAdd:
			return r.isConst(f.arg(x, 1)) && r.set(v, o.OpSub, [r.constant(f.type[v] as T, -f.auxInt[f.arg(x, 1)]), f.arg(x, 0)]);
	}
	return false;
}

function com(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (r.isConst(x)) return r.toConst(v, ~f.auxInt[x]);
	if (f.op[x] === o.OpCom) return r.copy(v, f.arg(x, 0));
	if (f.op[x] === o.OpNeg) return r.set(v, o.OpAdd, [f.arg(x, 0), r.constant(f.type[v] as T, -1n)]);
	return false;
}

const isNotOf = (r: Rewriter, x: number, y: number): boolean => (r.f.op[x] === o.OpCom || r.f.op[x] === o.OpNot) && r.f.arg(x, 0) === y;

/** What And, Or and Xor have in common: constants gather at the right. */
function gather(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	if (!r.isConst(y) || !withConst(r, x, op)) return false;
	const a = f.auxInt[f.arg(x, 1)];
	const b = f.auxInt[y];
	const c = op === o.OpAnd ? a & b : op === o.OpOr ? a | b : a ^ b;
	return r.set(v, op, [f.arg(x, 0), r.constant(f.type[v] as T, c)]);
}

function and(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const bool = f.type[v] === T.Bool;
	if (x === y) return r.copy(v, x);
	if (r.is(y, 0)) return r.toConst(v, 0n);
	if (r.is(y, bool ? 1 : -1)) return r.copy(v, x);
	if (isNotOf(r, x, y) || isNotOf(r, y, x)) return r.toConst(v, 0n);
	if (r.isConst(y)) {
		if (r.isConst(x)) return r.toConst(v, f.auxInt[x] & f.auxInt[y]);
		// The bits that a zero extension leaves.
		if (f.op[x] === o.OpZeroExt) {
			const w = f.type[f.arg(x, 0)] === T.Bool ? 1 : sizeOfT[f.type[f.arg(x, 0)]] * 8;
			const mask = (1n << BigInt(w)) - 1n;
			if ((f.auxInt[y] & mask) === mask) return r.copy(v, x);
		}
	}
	return gather(r, v);
}

function or(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const all = f.type[v] === T.Bool ? 1 : -1;
	if (x === y || r.is(y, 0)) return r.copy(v, x);
	if (r.is(y, all)) return r.copy(v, y);
	if (isNotOf(r, x, y) || isNotOf(r, y, x)) return r.toConst(v, BigInt(all));
	if (r.isConst(y) && r.isConst(x)) return r.toConst(v, f.auxInt[x] | f.auxInt[y]);
	return gather(r, v) || rotate(r, v);
}

function xor(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const bool = f.type[v] === T.Bool;
	if (x === y) return r.toConst(v, 0n);
	if (r.is(y, 0)) return r.copy(v, x);
	if (r.is(y, bool ? 1 : -1)) return r.set(v, bool ? o.OpNot : o.OpCom, [x]);
	if (r.isConst(y) && r.isConst(x)) return r.toConst(v, f.auxInt[x] ^ f.auxInt[y]);
	if (f.op[x] === o.OpXor) {
		if (f.arg(x, 0) === y) return r.copy(v, f.arg(x, 1));
		if (f.arg(x, 1) === y) return r.copy(v, f.arg(x, 0));
	}
	return gather(r, v) || rotate(r, v);
}

/** x<<c | x>>(w-c) with constant c is a rotation; also of + and ^. */
function rotate(r: Rewriter, v: number): boolean {
	const { f } = r;
	let x = f.arg(v, 0);
	let y = f.arg(v, 1);
	if (f.op[x] === o.OpShr) [x, y] = [y, x];
	if (!withConst(r, x, o.OpShl) || !withConst(r, y, o.OpShr) || f.arg(x, 0) !== f.arg(y, 0)) return false;
	const c = f.arg(x, 1);
	const d = f.arg(y, 1);
	if (!r.fits32(c) || !r.fits32(d) || r.low(c) <= 0 || r.low(d) <= 0 || r.low(c) + r.low(d) !== bitsOf(r, v)) return false;
	return r.set(v, o.OpRotL, [f.arg(x, 0), c]);
}

function addOrRotate(r: Rewriter, v: number): boolean {
	return add(r, v) || rotate(r, v);
}

function bits(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	if (!r.isConst(x)) return false;
	const n = bitsOf(r, v);
	const s = BigInt.asUintN(n, f.auxInt[x]).toString(2);
	switch (f.op[v]) {
		case o.OpCtz:
			return r.toConst(v, s === "0" ? BigInt(n) : BigInt(s.length - 1 - s.lastIndexOf("1")));
		case o.OpBitLen:
			return r.toConst(v, s === "0" ? 0n : BigInt(s.length));
		case o.OpPopCount:
			return r.toConst(v, BigInt(s.replaceAll("0", "").length));
	}
	let out = 0n;
	for (let i = 0; i < n; i += 8) out = (out << 8n) | ((f.auxInt[x] >> BigInt(i)) & 0xffn);
	return r.toConst(v, out);
}

/** The elements of MulU2, AddC and SubB of constants; a constant operand of AddC that is zero. */
function result(r: Rewriter, v: number): boolean {
	const { f } = r;
	const t = f.arg(v, 0);
	const op = f.op[t];
	if (op !== o.OpMulU2 && op !== o.OpAddC && op !== o.OpSubB) return false;
	for (let i = 0; i < f.nargs(t); i++) if (!r.isConst(f.arg(t, i))) return false;
	const u = (i: number): bigint => BigInt.asUintN(64, f.auxInt[f.arg(t, i)]);
	const second = f.auxInt[v] === 1n;
	if (op === o.OpMulU2) return r.toConst(v, second ? u(0) * u(1) : (u(0) * u(1)) >> 64n);
	const x = op === o.OpAddC ? u(0) + u(1) + u(2) : u(0) - u(1) - u(2);
	return r.toConst(v, second ? (x >> 64n) & 1n : x);
}

export const integerRules: RuleList = [
	[o.OpAdd, addOrRotate],
	[o.OpSub, sub],
	[o.OpMul, mul],
	[o.OpHMul, hmul],
	[o.OpHMulU, hmul],
	[o.OpCom, com],
	[o.OpAnd, and],
	[o.OpOr, or],
	[o.OpXor, xor],
	[o.OpCtz, bits],
	[o.OpBitLen, bits],
	[o.OpPopCount, bits],
	[o.OpBswap, bits],
	[o.OpResult, result],
];

export { neg as negInteger };
