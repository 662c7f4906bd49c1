// Strings: concatenation and conversions. Results that do not escape use a buffer on the stack.

import { stringVal } from "#constant";
import { type Binary, type Expr, Kind, Op as S, unparen } from "#syntax";
import { BasicKind, type Type, TypeKind } from "#types";
import { OpMove, T } from "#ssa";
import { isIntegerType, isString, isUnsigned, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { resize } from "./conv.ts";
import { expr, exprTo } from "./expr.ts";
import { newObject } from "./iface.ts";
import { callsFirst } from "./order.ts";

/** Operands of a chain of string additions, constants folded by the checker. */
function operands(b: Builder, e0: Expr, out: Expr[]): void {
	const e = unparen(e0);
	const tv = b.p.build.info.types.get(e);
	if (e.kind === Kind.Binary && e.op === S.Add && (tv === undefined || tv.value === null)) {
		operands(b, e.x, out);
		operands(b, e.y, out);
	} else out.push(e);
}

export function concat(b: Builder, e: Binary): Val {
	const list: Expr[] = [];
	operands(b, e, list);
	const t = b.typeOf(e);
	callsFirst(b, list);
	// With a constant part, the result is always new memory, so byte slices may lend theirs.
	const lend = list.some((x) => {
		const v = b.p.build.info.types.get(x)?.value ?? null;
		return v !== null && stringVal(v) !== "";
	});
	const vals = list.map((x) => (lend ? bytesAsString(b, x) : null) ?? exprTo(b, x, t));
	b.pos = e.pos;
	return concatVals(b, vals, b.frame.plan.siteOnHeap(e.id));
}

/** The concatenation of strings. */
export function concatVals(b: Builder, vals: readonly Val[], onHeap: boolean): Val {
	const buf = onHeap ? b.nil() : buffer(b, 1, 32);
	const n = vals.length;
	if (n <= 5) {
		const r = b.rt(`concatstring${n}`, [buf, ...vals.flatMap((v) => [v.part(0), v.part(1)])]);
		return Val.of(r[0], r[1]);
	}
	const at = b.p.types.arrayOf(b.p.types.string, n);
	const arr = b.temp(at, ".concat");
	vals.forEach((v, i) => {
		b.storeVal(b.p.types.string, arr, i * 16, v, true);
	});
	const r = b.rt("concatstrings", [buf, arr, b.i64(n), b.i64(n)]);
	return Val.of(r[0], r[1]);
}

/** A stack buffer of n elements of `size` bytes without pointers. */
function buffer(b: Builder, size: 1 | 4, n: number): number {
	return b.temp(b.p.types.arrayOf(b.p.types.basic(size === 1 ? BasicKind.Uint8 : BasicKind.Int32), n), ".buf");
}

/** Conversions from and to strings; null when both are strings or none applies. */
export function stringConversion(b: Builder, call: Expr, x: Expr, from: Type, to: Type): Val | null {
	const onHeap = b.frame.plan.siteOnHeap(call.id);
	if (isString(to)) {
		if (isString(from)) return expr(b, x);
		if (isIntegerType(from)) {
			const v = expr(b, x).one;
			b.pos = call.pos;
			const wide = resize(b, v, b.layout.scalar(from), T.I64, !isUnsigned(from));
			const r = b.rt("intstring", [onHeap ? b.nil() : buffer(b, 1, 4), wide]);
			return Val.of(r[0], r[1]);
		}
		const f = u(from);
		if (f.kind !== TypeKind.Slice) return null;
		const s = expr(b, x);
		b.pos = call.pos;
		if (b.layout.size(f.elem) === 1) {
			const r = b.rt("slicebytetostring", [onHeap ? b.nil() : buffer(b, 1, 32), s.part(0), s.part(1)]);
			return Val.of(r[0], r[1]);
		}
		const r = b.rt("slicerunetostring", [onHeap ? b.nil() : buffer(b, 1, 32), s.part(0), s.part(1), s.part(2)]);
		return Val.of(r[0], r[1]);
	}
	const t = u(to);
	if (t.kind !== TypeKind.Slice || !isString(from)) return null;
	const bytes = b.layout.size(t.elem) === 1;
	const s = exprTo(b, x, from);
	b.pos = call.pos;
	if (bytes && b.frame.plan.siteReadOnly(call.id)) return lent(b, s);
	const n = b.constOf(s.part(1));
	if (bytes && n !== null) return copyOfConstant(b, s.part(0), Number(n), onHeap);
	if (bytes) {
		const r = b.rt("stringtoslicebyte", [onHeap ? b.nil() : buffer(b, 1, 32), s.part(0), s.part(1)]);
		return Val.of(r[0], r[1], r[2]);
	}
	const r = b.rt("stringtoslicerune", [onHeap ? b.nil() : buffer(b, 4, 32), s.part(0), s.part(1)]);
	return Val.of(r[0], r[1], r[2]);
}

/** The bytes of a string as a slice that is only read. It is not nil even if the string is empty. */
function lent(b: Builder, s: Val): Val {
	const n = s.part(1);
	const known = b.constOf(n);
	if (known !== null && known > 0n) return Val.of(s.part(0), n, n);
	const zero = (): number[] => [b.sym(b.p.rtVar("zerobase"))];
	const ptr = known === 0n ? zero() : b.choose(b.notNil(s.part(0)), [T.Ptr], () => [s.part(0)], zero, 1);
	return Val.of(ptr[0], n, n);
}

/** Larger variables without a name are on the heap (cmd/compile/internal/ir/cfg.go). */
const MaxImplicitStackVarSize = 64 * 1024;

/** []byte("text"): an array filled from read-only data. */
function copyOfConstant(b: Builder, from: number, n: number, onHeap: boolean): Val {
	const len = b.i64(n);
	if (n === 0) return Val.of(b.sym(b.p.rtVar("zerobase")), len, len);
	const t = b.p.types.arrayOf(b.p.types.basic(BasicKind.Uint8), n);
	const ptr = onHeap || n > MaxImplicitStackVarSize ? newObject(b, t) : b.temp(t, ".buf");
	b.v(OpMove, T.Void, [ptr, from], BigInt(n));
	return Val.of(ptr, len, len);
}

/** A []byte viewed as a string without copying: only for uses that end before the bytes can change. */
export function bytesAsString(b: Builder, e: Expr): Val | null {
	const x = unparen(e);
	if (x.kind !== Kind.Call || x.args.length !== 1 || b.frame.early.has(x.id)) return null;
	const tv = b.p.build.info.types.get(x.fun);
	if (tv === undefined || tv.mode !== 3 || !isString(b.subst(tv.type))) return null;
	const from = u(b.typeOf(x.args[0]));
	if (from.kind !== TypeKind.Slice || b.layout.size(from.elem) !== 1) return null;
	const s = expr(b, x.args[0]);
	return Val.of(s.part(0), s.part(1));
}

/** []byte(s) viewed without copying: only where the bytes are not written, and not kept. */
export function stringAsBytes(b: Builder, e: Expr): Val | null {
	const x = unparen(e);
	if (x.kind !== Kind.Call || x.args.length !== 1 || b.frame.early.has(x.id)) return null;
	const tv = b.p.build.info.types.get(x.fun);
	if (tv === undefined || tv.mode !== 3) return null;
	const to = u(b.subst(tv.type));
	if (to.kind !== TypeKind.Slice || b.layout.size(to.elem) !== 1 || !isString(b.typeOf(x.args[0]))) return null;
	const s = exprTo(b, x.args[0], b.p.types.string);
	return Val.of(s.part(0), s.part(1), s.part(1));
}
