// == != < <= > >=, on all types.

import { type Binary, type Expr, Op as S } from "#syntax";
import { type Type, TypeKind, typeOf as objType, typeSetOf } from "#types";
import { OpEq, OpLe, OpLeU, OpLt, OpLtU, OpMemequal, OpNot, OpCall, OpResult, T } from "#ssa";
import { isComplexType, isEmptyInterface, isFloatType, isInterface, isString, isUnsigned, isUntyped, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { defaultType } from "./const.ts";
import { convert, expr, exprTo } from "./expr.ts";
import { itabOrType, unpackData } from "./iface.ts";
import { fieldPlace, type Place, readPlace } from "./place.ts";
import { bytesAsString } from "./strings.ts";

const not: Record<number, boolean> = { [S.Neq]: true };

export function compare(b: Builder, e: Binary): number {
	const nilSide = isNil(b, e.y) ? e.x : isNil(b, e.x) ? e.y : null;
	if (nilSide !== null) {
		const v = expr(b, nilSide);
		b.pos = e.pos;
		const w = v.part(0);
		return e.op === S.Eql ? b.isNil(w) : b.notNil(w);
	}
	let xt = b.typeOf(e.x);
	let yt = b.typeOf(e.y);
	if (isUntyped(xt)) xt = isUntyped(yt) ? defaultType(b, xt) : yt;
	if (isUntyped(yt)) yt = xt;
	if (isInterface(xt) !== isInterface(yt)) return mixed(b, e, xt, yt);
	if (isString(xt)) {
		// Conversions from byte slices need no copy: the comparison ends before the bytes can change.
		const p = bytesAsString(b, e.x) ?? exprTo(b, e.x, xt);
		const q = bytesAsString(b, e.y) ?? exprTo(b, e.y, yt);
		b.pos = e.pos;
		if (e.op === S.Eql || e.op === S.Neq) return negate(b, e.op, equal(b, xt, p, q));
		return ordered(b, e.op, xt, p, q);
	}
	const x = convert(b, expr(b, e.x), b.typeOf(e.x), xt);
	let y = convert(b, expr(b, e.y), b.typeOf(e.y), yt);
	b.pos = e.pos;
	if (isInterface(xt) && isEmptyInterface(xt) !== isEmptyInterface(yt)) {
		const eface = b.p.types.emptyIface;
		const xe = convert(b, x, xt, eface);
		y = convert(b, y, yt, eface);
		return negate(b, e.op, equal(b, eface, xe, y));
	}
	if (isInterface(xt) && b.p.types.link(xt) !== b.p.types.link(yt)) {
		const toX = methodCount(yt) >= methodCount(xt);
		const same = toX ? equal(b, xt, x, convert(b, y, yt, xt)) : equal(b, yt, convert(b, x, xt, yt), y);
		return negate(b, e.op, same);
	}
	if (e.op === S.Eql || e.op === S.Neq) return negate(b, e.op, equal(b, xt, x, y));
	return ordered(b, e.op, xt, x, y);
}

function methodCount(t: Type): number {
	const x = u(t);
	return x.kind === TypeKind.Interface ? typeSetOf(x).methods.length : 0;
}

function isNil(b: Builder, e: Expr): boolean {
	const tv = b.p.build.info.types.get(e);
	return tv !== undefined && (tv.mode === 8 || (tv.type.kind === TypeKind.Basic && tv.type.basic === 25));
}

function negate(b: Builder, op: S, eq: number): number {
	return not[op] === true ? b.v(OpNot, T.Bool, [eq]) : eq;
}

const swapped: Record<number, S> = { [S.Gtr]: S.Lss, [S.Geq]: S.Leq };

export function ordered(b: Builder, op: S, t: Type, x: Val, y: Val): number {
	const sw = swapped[op];
	if (sw !== undefined) return ordered(b, sw, t, y, x);
	const strict = op === S.Lss;
	if (isString(t)) {
		const r = b.rt1("cmpstring", [x.part(0), x.part(1), y.part(0), y.part(1)]);
		return b.cmp(strict ? OpLt : OpLe, r, b.i64(0));
	}
	const unsigned = isUnsigned(t) && !isFloatType(t);
	return b.cmp(strict ? (unsigned ? OpLtU : OpLt) : unsigned ? OpLeU : OpLe, x.one, y.one);
}

/** An interface compared with a concrete value: types first, then values. */
function mixed(b: Builder, e: Binary, xt: Type, yt: Type): number {
	const x = expr(b, e.x);
	const y = expr(b, e.y);
	b.pos = e.pos;
	const [it, iv, ct, cv] = isInterface(xt) ? [xt, x, yt, y] : [yt, y, xt, x];
	const r = b.choose(
		b.cmp(OpEq, iv.part(0), itabOrType(b, ct, it)),
		[T.Bool],
		() => [equal(b, ct, unpackData(b, ct, iv.part(1)), cv)],
		() => [b.bool(false)],
	);
	return negate(b, e.op, r[0]);
}

/** x == y, both of type t. */
export function equal(b: Builder, t: Type, x: Val, y: Val): number {
	const ut = u(t);
	switch (ut.kind) {
		case TypeKind.Basic:
			if (isString(t)) return equalStrings(b, x, y);
			if (isComplexType(t)) return b.and(T.Bool, b.cmp(OpEq, x.part(0), y.part(0)), b.cmp(OpEq, x.part(1), y.part(1)));
			return b.cmp(OpEq, x.one, y.one);
		case TypeKind.Interface: {
			const name = isEmptyInterface(t) ? "efaceeq" : "ifaceeq";
			const r = b.choose(
				b.cmp(OpEq, x.part(0), y.part(0)),
				[T.Bool],
				() => b.rt(name, [x.part(0), x.part(1), y.part(1)]),
				() => [b.bool(false)],
			);
			return r[0];
		}
		case TypeKind.Struct:
		case TypeKind.Array:
			return equalMemory(b, t, x, y);
		default:
			return b.cmp(OpEq, x.part(0), y.part(0));
	}
}

function equalStrings(b: Builder, x: Val, y: Val): number {
	for (const [c, other] of [
		[x, y],
		[y, x],
	]) {
		if (b.constOf(c.part(1)) === 0n) return b.cmp(OpEq, other.part(1), b.i64(0));
	}
	const n = b.constOf(y.part(1)) !== null ? y.part(1) : x.part(1);
	const r = b.choose(
		b.cmp(OpEq, x.part(1), y.part(1)),
		[T.Bool],
		() => [memequal(b, x.part(0), y.part(0), n)],
		() => [b.bool(false)],
	);
	return r[0];
}

export function memequal(b: Builder, p: number, q: number, n: number): number {
	const c = b.constOf(n);
	if (c !== null && c <= 64n) return b.v(OpMemequal, T.Bool, [p, q, n]);
	return b.rt1("memequal", [p, q, n]);
}

function equalMemory(b: Builder, t: Type, x: Val, y: Val): number {
	const size = b.layout.size(t);
	if (size === 0) return b.bool(true);
	if (x.parts === null && y.parts === null && b.p.algs.isMemory(t)) {
		return memequal(b, b.offPtr(x.ptr, x.off), b.offPtr(y.ptr, y.off), b.i64(size));
	}
	const s = u(t);
	if (s.kind === TypeKind.Struct && (x.parts !== null || s.fields.length <= 4)) {
		const xp: Place = { k: "val", val: x, type: t };
		const yp: Place = { k: "val", val: y, type: t };
		// Numbers and lengths of strings before bytes of strings; nothing moves past what may panic.
		const tests: (() => number)[] = [];
		let bytes: (() => number)[] = [];
		s.fields.forEach((f, i) => {
			if (f.name === "_") return;
			const t = objType(f);
			const sides = (): [Val, Val] => [readPlace(b, fieldPlace(b, xp, i)), readPlace(b, fieldPlace(b, yp, i))];
			if (isString(t)) {
				tests.push(() => b.cmp(OpEq, ...(sides().map((v) => v.part(1)) as [number, number])));
				bytes.push(() => equal(b, t, ...sides()));
				return;
			}
			if (u(t).kind !== TypeKind.Basic && u(t).kind !== TypeKind.Pointer) {
				tests.push(...bytes);
				bytes = [];
			}
			tests.push(() => equal(b, t, ...sides()));
		});
		return allOf(b, [...tests, ...bytes]);
	}
	if (s.kind === TypeKind.Array && x.parts !== null) return s.len === 0 ? b.bool(true) : equal(b, s.elem, x, y);
	const ref = b.p.descriptors.eqFunc(t);
	const sig = b.p.rt("memequal").sig;
	const two = { ...sig, args: sig.args.slice(0, 2) };
	const call = b.v(OpCall, T.Tuple, [b.inMemory(t, x), b.inMemory(t, y)], 0n, b.f.newAux({ target: ref, sig: two, noreturn: false }));
	return b.v(OpResult, T.Bool, [call], 0n);
}

/** Conjunction that stops at the first false. */
function allOf(b: Builder, tests: readonly (() => number)[]): number {
	if (tests.length === 0) return b.bool(true);
	const r = b.ssa.newVar(T.Bool);
	const after = b.newBlock();
	tests.forEach((test, i) => {
		const x = test();
		b.ssa.write(r, b.cur, x);
		if (i === tests.length - 1) {
			b.jump(after);
			return;
		}
		const next = b.newBlock();
		b.branch(x, next, after);
		b.start(next);
	});
	b.start(after);
	return b.ssa.read(r, b.cur);
}
