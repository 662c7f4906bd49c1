// Comparisons, Bool operations, CondSelect.

import * as o from "../../ops.gen.ts";
import type { Rewriter } from "../../rewrite.ts";
import { isFloat, sizeOfT, T } from "../../types.ts";
import { floatOf } from "./float.ts";
import { log2 } from "./integer.ts";
import type { RuleList } from "./rules.ts";

/** The unsigned value of a constant. */
const u = (r: Rewriter, v: number): bigint => BigInt.asUintN(r.f.type[v] === T.Bool ? 1 : sizeOfT[r.f.type[v]] * 8, r.f.auxInt[v]);

/** A pointer that is never nil: address of a symbol or slot. */
function isAddress(r: Rewriter, v: number): boolean {
	return r.f.op[v] === o.OpSlotAddr || r.f.op[v] === o.OpSymAddr;
}

function eq(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const ne = op === o.OpNe;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const t = f.type[x] as T;
	if (isFloat(t)) {
		if (f.op[x] !== o.OpConstF || f.op[y] !== o.OpConstF) return false;
		return r.toBool(v, (floatOf(r, x) === floatOf(r, y)) !== ne);
	}
	if (x === y) return r.toBool(v, !ne);
	if (t === T.Bool && f.op[x] === o.OpNot && f.op[y] === o.OpNot) return r.set(v, op, [f.arg(x, 0), f.arg(y, 0)]);
	if (!r.isConst(y)) {
		if (isAddress(r, x) && isAddress(r, y) && f.op[x] !== f.op[y]) return r.toBool(v, ne);
		if (f.op[x] === o.OpSlotAddr && f.op[y] === o.OpSlotAddr && f.auxInt[x] !== f.auxInt[y]) {
			const size = (a: number): number => f.slots[f.int(a)].size;
			if (size(x) > 0 && size(y) > 0) return r.toBool(v, ne);
		}
		return false;
	}
	if (r.isConst(x)) return r.toBool(v, (f.auxInt[x] === f.auxInt[y]) !== ne);
	if (t === T.Bool) {
		const same = r.is(y, 1) !== ne;
		return same ? r.copy(v, x) : r.set(v, o.OpNot, [x]);
	}
	switch (f.op[x]) {
		case o.OpAdd:
			if (!r.isConst(f.arg(x, 1)) || t === T.Addr) return false;
			return r.set(v, op, [f.arg(x, 0), r.constant(t, f.auxInt[y] - f.auxInt[f.arg(x, 1)])]);
		case o.OpSub:
			if (t === T.Addr || !r.is(y, 0)) return false;
			return r.set(v, op, [f.arg(x, 0), f.arg(x, 1)]);
		case o.OpXor:
			return r.is(y, 0) && r.set(v, op, [f.arg(x, 0), f.arg(x, 1)]);
		case o.OpNeg:
			return r.set(v, op, [f.arg(x, 0), r.constant(t, -f.auxInt[y])]);
		case o.OpSignExt:
		case o.OpZeroExt:
			return eqExtended(r, v, x, y);
		case o.OpAnd: {
			// One bit: x&c == c is x&c != 0.
			const c = f.arg(x, 1);
			if (!r.isConst(c) || f.auxInt[c] !== f.auxInt[y] || log2(u(r, c)) < 0) return false;
			return r.set(v, ne ? o.OpEq : o.OpNe, [x, r.constant(t, 0n)]);
		}
		case o.OpCondSelect: {
			// Of constants: the condition again.
			const a = f.arg(x, 0);
			const b = f.arg(x, 1);
			if (!r.isConst(a) || !r.isConst(b)) return false;
			const onTrue = (f.auxInt[a] === f.auxInt[y]) !== ne;
			const onFalse = (f.auxInt[b] === f.auxInt[y]) !== ne;
			if (onTrue === onFalse) return r.toBool(v, onTrue);
			return onTrue ? r.copy(v, f.arg(x, 2)) : r.set(v, o.OpNot, [f.arg(x, 2)]);
		}
		case o.OpSymAddr:
		case o.OpSlotAddr:
			return r.is(y, 0) && r.toBool(v, ne);
		case o.OpPtrToInt:
		case o.OpIntToPtr:
			return r.is(y, 0) && r.set(v, op, [f.arg(x, 0), r.constant(f.type[f.arg(x, 0)] as T, 0n)]);
	}
	return false;
}

/** An extended value against a constant: compare the narrow one, if the constant can be reached at all. */
function eqExtended(r: Rewriter, v: number, x: number, y: number): boolean {
	const { f } = r;
	const z = f.arg(x, 0);
	const t = f.type[z] as T;
	const w = t === T.Bool ? 1 : sizeOfT[t] * 8;
	const c = f.auxInt[y];
	const reach = f.op[x] === o.OpSignExt ? BigInt.asIntN(w, c) : BigInt.asUintN(w, c);
	if (reach !== c) return r.toBool(v, f.op[v] === o.OpNe);
	return r.set(v, f.op[v], [z, r.constant(t, c)]);
}

function order(r: Rewriter, v: number): boolean {
	const { f } = r;
	const op = f.op[v];
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const t = f.type[x] as T;
	const strict = op === o.OpLt || op === o.OpLtU;
	if (isFloat(t)) {
		if (f.op[x] !== o.OpConstF || f.op[y] !== o.OpConstF) return false;
		const a = floatOf(r, x);
		const b = floatOf(r, y);
		return r.toBool(v, strict ? a < b : a <= b);
	}
	if (x === y) return r.toBool(v, !strict);
	const unsigned = op === o.OpLtU || op === o.OpLeU;
	if (r.isConst(x) && r.isConst(y)) {
		const a = unsigned ? u(r, x) : f.auxInt[x];
		const b = unsigned ? u(r, y) : f.auxInt[y];
		return r.toBool(v, strict ? a < b : a <= b);
	}
	if (unsigned) {
		if (r.is(y, 0)) return strict ? r.toBool(v, false) : r.set(v, o.OpEq, [x, y]);
		if (r.is(x, 0)) return strict ? r.set(v, o.OpNe, [y, x]) : r.toBool(v, true);
		if (strict && r.is(y, 1)) return r.set(v, o.OpEq, [x, r.constant(t, 0n)]);
		if (r.is(y, -1) && !strict) return r.toBool(v, true);
		if (r.is(x, 1) && !strict) return r.set(v, o.OpNe, [y, r.constant(t, 0n)]);
	} else {
		const w = BigInt(sizeOfT[t] * 8 - 1);
		if (r.isConst(y) && f.auxInt[y] === (strict ? -(1n << w) : (1n << w) - 1n)) return r.toBool(v, !strict);
		if (r.isConst(x) && f.auxInt[x] === (strict ? (1n << w) - 1n : -(1n << w))) return r.toBool(v, !strict);
		// What is zero-extended has no sign.
		const pos = (z: number): boolean => f.op[z] === o.OpZeroExt || (f.op[z] === o.OpConst && f.auxWords[2 * z + 1] >= 0);
		if (pos(x) && pos(y)) return r.set(v, strict ? o.OpLtU : o.OpLeU, [x, y]);
	}
	// Both extended from one type.
	const ext = unsigned ? o.OpZeroExt : o.OpSignExt;
	if (f.op[x] === ext && f.op[y] === ext && f.type[f.arg(x, 0)] === f.type[f.arg(y, 0)] && f.type[f.arg(x, 0)] !== T.Bool)
		return r.set(v, op, [f.arg(x, 0), f.arg(y, 0)]);
	return false;
}

function not(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const a = f.nargs(x) > 0 ? f.arg(x, 0) : 0;
	const float = a !== 0 && isFloat(f.type[a]);
	switch (f.op[x]) {
		case o.OpConst:
			return r.toBool(v, f.isZero(x));
		case o.OpNot:
			return r.copy(v, a);
		case o.OpEq:
			return r.set(v, o.OpNe, [a, f.arg(x, 1)]);
		case o.OpNe:
			return r.set(v, o.OpEq, [a, f.arg(x, 1)]);
		case o.OpLt:
			return !float && r.set(v, o.OpLe, [f.arg(x, 1), a]);
		case o.OpLe:
			return !float && r.set(v, o.OpLt, [f.arg(x, 1), a]);
		case o.OpLtU:
			return r.set(v, o.OpLeU, [f.arg(x, 1), a]);
		case o.OpLeU:
			return r.set(v, o.OpLtU, [f.arg(x, 1), a]);
	}
	return false;
}

function condSelect(r: Rewriter, v: number): boolean {
	const { f } = r;
	const x = f.arg(v, 0);
	const y = f.arg(v, 1);
	const c = f.arg(v, 2);
	const t = f.type[v] as T;
	if (x === y) return r.copy(v, x);
	if (r.isConst(c)) return r.copy(v, r.is(c, 1) ? x : y);
	if (f.op[c] === o.OpNot) return r.set(v, o.OpCondSelect, [y, x, f.arg(c, 0)]);
	if (isFloat(t) || t === T.Ptr || t === T.Addr) return false;
	if (r.is(x, 1) && r.is(y, 0)) return t === T.Bool ? r.copy(v, c) : r.set(v, o.OpZeroExt, [c]);
	if (r.is(x, 0) && r.is(y, 1)) {
		const n = r.make(o.OpNot, T.Bool, [c]);
		return t === T.Bool ? r.copy(v, n) : r.set(v, o.OpZeroExt, [n]);
	}
	if (t !== T.Bool) return false;
	if (r.is(y, 0) || y === c) return r.set(v, o.OpAnd, [c, x]);
	if (r.is(x, 1) || x === c) return r.set(v, o.OpOr, [c, y]);
	return false;
}

export const compareRules: RuleList = [
	[o.OpEq, eq],
	[o.OpNe, eq],
	[o.OpLt, order],
	[o.OpLe, order],
	[o.OpLtU, order],
	[o.OpLeU, order],
	[o.OpNot, not],
	[o.OpCondSelect, condSelect],
];
