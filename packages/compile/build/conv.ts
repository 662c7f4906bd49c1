// Explicit conversions T(x).

import { type Expr } from "#syntax";
import { type Type, TypeKind } from "#types";
import { OpCvtFF, OpCvtFI, OpCvtFU, OpCvtIF, OpCvtUF, OpIntToPtr, OpPtrToInt, OpSignExt, OpTrunc, OpZeroExt, sizeOfT, T } from "#ssa";
import { isComplexType, isFloatType, isIntegerType, isInterface, isString, isUnsafePointer, isUnsigned, isUntyped, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { constVal, defaultType } from "./const.ts";
import { convert, expr, exprTo } from "./expr.ts";
import { sliceToArrayPtr } from "./slices.ts";
import { stringConversion } from "./strings.ts";

/** T(x) where call is the node of the conversion. */
export function conversion(b: Builder, call: Expr & { id: number }, x: Expr, to: Type): Val {
	const tv = b.p.build.info.types.get(x);
	let from = b.typeOf(x);
	if (tv !== undefined && (tv.mode === 8 || (from.kind === TypeKind.Basic && from.basic === 25))) return b.zeroVal(to);
	if (isInterface(to)) return exprTo(b, x, to);
	if (isUntyped(from)) from = defaultType(b, from);
	if (isString(to) || isString(from)) {
		const s = stringConversion(b, call, x, from, to);
		if (s !== null) return s;
	}
	// In generic code: a constant converted to a type parameter.
	if (tv?.value != null && isNumeric(from) && isNumeric(to)) return constVal(b, tv.value, to);
	const v = expr(b, x);
	b.pos = call.pos;
	return convertVal(b, v, from, to);
}

function isNumeric(t: Type): boolean {
	return isIntegerType(t) || isFloatType(t) || isComplexType(t);
}

/** Conversion between types other than strings and interfaces. */
export function convertVal(b: Builder, v: Val, from: Type, to: Type): Val {
	if (isIntegerType(to)) {
		if (isIntegerType(from)) return Val.of(intToInt(b, v.one, from, to));
		if (isFloatType(from)) return Val.of(floatToInt(b, v.one, from, to));
		if (isUnsafePointer(from)) return Val.of(b.v(OpPtrToInt, T.I64, [v.one]));
	}
	if (isFloatType(to)) {
		if (isFloatType(from)) return Val.of(floatToFloat(b, v.one, b.layout.scalar(from), b.layout.scalar(to)));
		if (isIntegerType(from)) return Val.of(intToFloat(b, v.one, from, b.layout.scalar(to)));
	}
	if (isComplexType(to) && isComplexType(from)) {
		const f = b.layout.parts(from)[0].t;
		const t = b.layout.parts(to)[0].t;
		return Val.list(b.scalars(from, v).map((p) => floatToFloat(b, p, f, t)));
	}
	if (isUnsafePointer(to) && isIntegerType(from)) return Val.of(b.v(OpIntToPtr, T.Ptr, [v.one]));
	const fu = u(from);
	const tu = u(to);
	if (fu.kind === TypeKind.Slice && tu.kind === TypeKind.Pointer) {
		const a = u(tu.elem);
		if (a.kind === TypeKind.Array) return Val.of(sliceToArrayPtr(b, v, a.len));
	}
	if (fu.kind === TypeKind.Slice && tu.kind === TypeKind.Array) {
		const p = sliceToArrayPtr(b, v, tu.len);
		return b.loadVal(to, p, 0);
	}
	if ((tu.kind === TypeKind.Pointer || isUnsafePointer(to)) && (fu.kind === TypeKind.Pointer || isUnsafePointer(from))) {
		// To and from pointers to memory that is not in the heap.
		const t = b.layout.scalar(to);
		if (t !== b.layout.scalar(from)) return Val.of(t === T.Addr ? b.v(OpPtrToInt, T.Addr, [v.one]) : b.v(OpIntToPtr, T.Ptr, [v.one]));
	}
	return convert(b, v, from, to);
}

export function intToInt(b: Builder, v: number, from: Type, to: Type): number {
	return resize(b, v, b.layout.scalar(from), b.layout.scalar(to), !isUnsigned(from));
}

/** Widens or narrows an integer scalar. */
export function resize(b: Builder, v: number, f: T, t: T, signed: boolean): number {
	const n = sizeOfT[f];
	const m = sizeOfT[t];
	if (m === n) return v;
	const c = b.constOf(v);
	if (c !== null) return b.int(t, signed || m < n ? c : BigInt.asUintN(n * 8, c));
	if (m < n) return b.v(OpTrunc, t, [v]);
	return b.v(signed ? OpSignExt : OpZeroExt, t, [v]);
}

export function floatToFloat(b: Builder, v: number, f: T, t: T): number {
	return f === t ? v : b.v(OpCvtFF, t, [v]);
}

export function toF64(b: Builder, f: T, v: number): number {
	return floatToFloat(b, v, f, T.F64);
}

export function fromF64(b: Builder, t: T, v: number): number {
	return floatToFloat(b, v, T.F64, t);
}

function intToFloat(b: Builder, v: number, from: Type, to: T): number {
	const f = b.layout.scalar(from);
	const size = sizeOfT[f];
	if (isUnsigned(from)) {
		if (size === 8) return b.v(OpCvtUF, to, [v]);
		return b.v(OpCvtIF, to, [resize(b, v, f, T.I64, false)]);
	}
	return b.v(OpCvtIF, to, [size < 4 ? resize(b, v, f, T.I32, true) : v]);
}

function floatToInt(b: Builder, v: number, _from: Type, to: Type): number {
	const t = b.layout.scalar(to);
	const size = sizeOfT[t];
	if (isUnsigned(to)) {
		if (size === 8) return b.v(OpCvtFU, T.I64, [v]);
		const w = b.v(OpCvtFI, T.I64, [v]);
		return resize(b, w, T.I64, t, true);
	}
	if (size >= 4) return b.v(OpCvtFI, t, [v]);
	return resize(b, b.v(OpCvtFI, T.I32, [v]), T.I32, t, true);
}
