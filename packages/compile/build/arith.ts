// Operators on numbers and booleans.

import { int64Val, isInt, toInt } from "#constant";
import { type Binary, type Expr, Op as S } from "#syntax";
import type { Type } from "#types";
import {
	isFloat,
	OpAdd,
	OpAddF,
	OpAnd,
	OpCom,
	OpDiv,
	OpDivF,
	OpDivU,
	OpEq,
	OpLt,
	OpMod,
	OpModU,
	OpMul,
	OpMulF,
	OpNeg,
	OpNot,
	OpOr,
	OpSar,
	OpShl,
	OpShr,
	OpSub,
	OpSubF,
	OpXor,
	type Op,
	sizeOfT,
	T,
} from "#ssa";
import { isComplexType, isString, isUnsigned } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { compare } from "./compare.ts";
import { expr, exprTo } from "./expr.ts";
import { callsFirst } from "./order.ts";
import { concat } from "./strings.ts";
import { toF64, fromF64 } from "./conv.ts";

export function binaryExpr(b: Builder, e: Binary): Val {
	switch (e.op) {
		case S.AndAnd:
		case S.OrOr: {
			const [r] = shortCircuit(b, e);
			return Val.of(r);
		}
		default:
			callsFirst(b, [e.x, e.y]);
	}
	switch (e.op) {
		case S.Eql:
		case S.Neq:
		case S.Lss:
		case S.Leq:
		case S.Gtr:
		case S.Geq:
			return Val.of(compare(b, e));
		case S.Shl:
		case S.Shr:
			return shiftExpr(b, e);
		default:
			break;
	}
	const t = b.typeOf(e);
	if (isString(t)) return concat(b, e);
	const x = exprTo(b, e.x, t);
	const y = exprTo(b, e.y, t);
	b.pos = e.pos;
	return arith(b, e.op, t, x, y);
}

function shortCircuit(b: Builder, e: Binary): number[] {
	const r = b.ssa.newVar(T.Bool);
	const rest = b.newBlock();
	const after = b.newBlock();
	const x = expr(b, e.x).one;
	b.ssa.write(r, b.cur, x);
	if (e.op === S.AndAnd) b.branch(x, rest, after);
	else b.branch(x, after, rest);
	b.start(rest);
	b.ssa.write(r, b.cur, expr(b, e.y).one);
	b.jump(after);
	b.start(after);
	return [b.ssa.read(r, b.cur)];
}

const intOps: Record<number, Op> = { [S.Add]: OpAdd, [S.Sub]: OpSub, [S.Mul]: OpMul, [S.And]: OpAnd, [S.Or]: OpOr, [S.Xor]: OpXor };
const floatOps: Record<number, Op> = { [S.Add]: OpAddF, [S.Sub]: OpSubF, [S.Mul]: OpMulF, [S.Div]: OpDivF };

/** x op y, both of type t; no strings, no shifts, no comparisons. */
export function arith(b: Builder, op: S, t: Type, x: Val, y: Val): Val {
	if (isComplexType(t)) return complexArith(b, op, t, x, y);
	const mt = b.layout.scalar(t);
	if (isFloat(mt)) {
		const o = floatOps[op];
		if (o === undefined) return b.fail("operator on floats");
		return Val.of(b.v(o, mt, [x.one, y.one]));
	}
	switch (op) {
		case S.AndNot:
			return Val.of(b.v(OpAnd, mt, [x.one, b.v(OpCom, mt, [y.one])]));
		case S.Div:
		case S.Rem:
			return Val.of(divide(b, op, t, mt, x.one, y.one));
		default: {
			const o = intOps[op];
			if (o === undefined) return b.fail("operator on integers");
			return Val.of(b.v(o, mt, [x.one, y.one]));
		}
	}
}

function divide(b: Builder, op: S, t: Type, mt: T, x: number, y: number): number {
	const c = b.constOf(y);
	if (c === null || c === 0n) {
		b.when(
			b.cmp(OpEq, y, b.int(mt, 0)),
			() => {
				b.rt("panicdivide", []);
			},
			-1,
		);
	}
	const u = isUnsigned(t);
	return b.v(op === S.Div ? (u ? OpDivU : OpDiv) : u ? OpModU : OpMod, mt, [x, y]);
}

function complexArith(b: Builder, op: S, t: Type, x: Val, y: Val): Val {
	const mt = b.layout.parts(t)[0].t;
	const f = (o: Op, p: number, q: number, as: T = mt): number => b.v(o, as, [p, q]);
	const [xr, xi, yr, yi] = [x.part(0), x.part(1), y.part(0), y.part(1)];
	switch (op) {
		case S.Add:
			return Val.of(f(OpAddF, xr, yr), f(OpAddF, xi, yi));
		case S.Sub:
			return Val.of(f(OpSubF, xr, yr), f(OpSubF, xi, yi));
		case S.Mul: {
			const w = [xr, xi, yr, yi].map((v) => toF64(b, mt, v));
			const re = f(OpSubF, f(OpMulF, w[0], w[2], T.F64), f(OpMulF, w[1], w[3], T.F64), T.F64);
			const im = f(OpAddF, f(OpMulF, w[0], w[3], T.F64), f(OpMulF, w[1], w[2], T.F64), T.F64);
			return Val.of(fromF64(b, mt, re), fromF64(b, mt, im));
		}
		case S.Div: {
			const w = [xr, xi, yr, yi].map((v) => toF64(b, mt, v));
			const r = b.rt("complex128div", w);
			return Val.of(fromF64(b, mt, r[0]), fromF64(b, mt, r[1]));
		}
		default:
			return b.fail("operator on complex numbers");
	}
}

function shiftExpr(b: Builder, e: Binary): Val {
	const t = b.typeOf(e);
	const x = exprTo(b, e.x, t).one;
	return Val.of(shift(b, e.op, t, x, shiftCount(b, e.y), e.pos));
}

/** The right operand of a shift, not checked yet. */
export interface ShiftCount {
	value: number;
	/** It may be negative. */
	signed: boolean;
}

/** x << y and x >> y. */
export function shift(b: Builder, op: S, t: Type, x: number, y: ShiftCount, pos: number): number {
	const mt = b.layout.scalar(t);
	if (y.signed) {
		b.pos = pos;
		b.when(
			b.cmp(OpLt, y.value, b.int(b.f.type[y.value] as T, 0)),
			() => {
				b.rt("panicshift", []);
			},
			-1,
		);
	}
	const c = b.constOf(y.value);
	const bounded = c !== null && c >= 0n && c < BigInt(sizeOfT[mt] * 8) ? 1n : 0n;
	const o = op === S.Shl ? OpShl : isUnsigned(t) ? OpShr : OpSar;
	return b.v(o, mt, [x, y.value], bounded);
}

export function shiftCount(b: Builder, e: Expr): ShiftCount {
	const tv = b.p.build.info.types.get(e);
	// a constant may be an untyped float or complex number
	const n = tv?.value == null ? null : toInt(tv.value);
	if (n !== null && isInt(n)) return { value: b.i64(int64Val(n)), signed: false };
	const value = expr(b, e).one;
	return { value, signed: !isUnsigned(b.typeOf(e)) };
}

/** -x, +x, ^x, !x. */
export function unaryArith(b: Builder, op: S, t: Type, x: Val): Val {
	if (op === S.Add) return x;
	if (op === S.Not) return Val.of(b.v(OpNot, T.Bool, [x.one]));
	return Val.list(b.scalars(t, x).map((v, i) => b.v(op === S.Sub ? OpNeg : OpCom, b.layout.parts(t)[i].t, [v])));
}
