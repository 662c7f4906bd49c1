// range loops over integers, slices, arrays, strings, maps and channels.

import { boolVal, kindOf, Kind as CKind, sign, stringVal } from "#constant";
import { type Expr, type For, Kind, type RangeClause } from "#syntax";
import { type Type, TypeKind, type Var, ObjKind } from "#types";
import { OpLt, OpLtU, OpNe, OpZeroExt, T } from "#ssa";
import { isString, isUnsigned, isUntyped, u } from "../subst.ts";
import { assign, declaredVar, exprList, hasCall, isBlank, target } from "./assign.ts";
import { clearMemory } from "./builtin.ts";
import { type Builder, Val } from "./builder.ts";
import { defaultType } from "./const.ts";
import { convert, expr, exprTo } from "./expr.ts";
import { declare } from "./func.ts";
import { runtimeField } from "./iface.ts";
import { place } from "./place.ts";
import { rangeFunc } from "./rangefunc.ts";
import { scaleIndex } from "./slices.ts";
import { stringAsBytes } from "./strings.ts";
import { perIteration, scoped } from "./stmt.ts";

/** The loop variables: what is to be done with each iteration's values. */
interface Vars {
	key: Expr | null;
	val: Expr | null;
	def: boolean;
	/** Before Go 1.22: declared once, assigned in each iteration. */
	shared: boolean;
}

export function rangeStmt(b: Builder, s: For, c: RangeClause): void {
	const lhs = exprList(c.lhs);
	const nonBlank = (e: Expr | undefined): Expr | null => (e === undefined || isBlank(e) ? null : e);
	const vars: Vars = { key: nonBlank(lhs[0]), val: nonBlank(lhs[1]), def: c.def, shared: c.def && !perIteration(b) };
	if (vars.shared) for (const e of [vars.key, vars.val]) if (e !== null) declareShared(b, e);
	const xt = b.typeOf(c.x);
	const x = u(xt);
	b.pos = c.x.pos;
	switch (x.kind) {
		case TypeKind.Basic:
			if (isString(xt)) rangeString(b, s, c, vars);
			else rangeInt(b, s, c, vars, xt);
			return;
		case TypeKind.Slice:
		case TypeKind.Array:
		case TypeKind.Pointer:
			rangeElems(b, s, c, vars, xt);
			return;
		case TypeKind.Map:
			rangeMap(b, s, c, vars, xt);
			return;
		case TypeKind.Chan:
			rangeChan(b, s, c, vars, x.elem);
			return;
		case TypeKind.Signature:
			rangeFunc(b, s, c);
			return;
		default:
			b.fail("range over this type");
	}
}

function declareShared(b: Builder, e: Expr): void {
	const v = declaredVar(b, e, true);
	if (v !== null) declare(b, v, null);
}

/** Gives an iteration variable its value. */
function give(b: Builder, vars: Vars, e: Expr | null, val: Val, from: Type): void {
	if (e === null) return;
	const v = declaredVar(b, e, vars.def);
	if (v !== null && !vars.shared) {
		declare(b, v, convert(b, val, from, b.varType(v)));
		return;
	}
	const t = target(b, e);
	if (t.k !== "blank") assign(b, t, convert(b, val, from, t.type));
}

/** Both variables at once: operands of the left side are evaluated before either is assigned. */
function giveBoth(b: Builder, vars: Vars, key: Val, keyType: Type, val: Val, valType: Type): void {
	if (vars.key === null || vars.val === null || vars.def) {
		give(b, vars, vars.key, key, keyType);
		give(b, vars, vars.val, val, valType);
		return;
	}
	const k = target(b, vars.key);
	const v = target(b, vars.val);
	if (k.k !== "blank") assign(b, k, convert(b, key, keyType, k.type));
	if (v.k !== "blank") assign(b, v, convert(b, val, valType, v.type));
}

interface Loop {
	head: number;
	body: number;
	cont: number;
	after: number;
}

function openLoop(b: Builder, s: For): Loop {
	const l = { head: b.newBlock(), body: b.newBlock(), cont: b.newBlock(), after: b.newBlock() };
	b.frame.targets.set(s, { brk: l.after, cont: l.cont });
	b.jump(l.head);
	b.start(l.head, false);
	return l;
}

/** Body, then step, then back to the head. */
function runLoop(b: Builder, s: For, l: Loop, step: () => void): void {
	scoped(b, s.body);
	b.jump(l.cont);
	b.start(l.cont);
	b.pos = s.pos;
	step();
	b.jump(l.head);
	b.ssa.sealBlock(l.head);
	b.start(l.after);
}

function rangeInt(b: Builder, s: For, c: RangeClause, vars: Vars, xt: Type): void {
	let t = xt;
	if (isUntyped(t)) {
		const v = vars.key === null ? null : varTypeOf(b, vars.key);
		t = v ?? defaultType(b, t);
	}
	const n = exprTo(b, c.x, t).one;
	const mt = b.layout.scalar(t);
	const i = b.ssa.newVar(mt);
	b.ssa.write(i, b.cur, b.int(mt, 0));
	const l = openLoop(b, s);
	b.branch(b.cmp(isUnsigned(t) ? OpLtU : OpLt, b.ssa.read(i, b.cur), n), l.body, l.after, 1);
	b.start(l.body);
	give(b, vars, vars.key, Val.of(b.ssa.read(i, b.cur)), t);
	runLoop(b, s, l, () => b.ssa.write(i, b.cur, b.add(mt, b.ssa.read(i, b.cur), b.int(mt, 1))));
}

function varTypeOf(b: Builder, e: Expr): Type | null {
	const obj = e.kind === Kind.Name ? b.p.build.info.objectOf(e) : null;
	return obj !== null && obj.kind === ObjKind.Var ? b.varType(obj as Var) : b.typeOf(e);
}

/** for i := range a { a[i] = zero } clears the memory at once. */
function clearLoop(b: Builder, s: For, c: RangeClause, vars: Vars): boolean {
	const st = s.body.list.length === 1 ? s.body.list[0] : null;
	if (
		st === null ||
		st.kind !== Kind.Assign ||
		st.def ||
		st.op !== 0 ||
		st.rhs === null ||
		vars.val !== null ||
		vars.key === null ||
		!vars.def
	)
		return false;
	const l = st.lhs;
	if (l.kind !== Kind.Index || l.index.kind !== Kind.Name || l.x.kind !== Kind.Name || c.x.kind !== Kind.Name) return false;
	const info = b.p.build.info;
	const i = declaredVar(b, vars.key, true);
	if (i === null || info.objectOf(l.index) !== i || info.objectOf(l.x) !== info.objectOf(c.x)) return false;
	const x = u(b.typeOf(c.x));
	if (x.kind !== TypeKind.Slice || !isZeroExpr(b, st.rhs)) return false;
	const v = expr(b, c.x);
	b.pos = s.pos;
	clearMemory(b, x.elem, v.part(0), v.part(1));
	return true;
}

function isZeroExpr(b: Builder, e: Expr): boolean {
	const tv = b.p.build.info.types.get(e);
	if (tv === undefined) return false;
	if (tv.mode === 8) return true;
	const v = tv.value;
	if (v === null) return false;
	const k = kindOf(v);
	if (k === CKind.Bool) return !boolVal(v);
	if (k === CKind.String) return stringVal(v) === "";
	return sign(v) === 0;
}

function rangeElems(b: Builder, s: For, c: RangeClause, vars: Vars, xt: Type): void {
	const x = u(xt);
	if (clearLoop(b, s, c, vars)) return;
	let base = 0;
	let len: number;
	let elem: Type;
	if (x.kind === TypeKind.Slice) {
		const v = stringAsBytes(b, c.x) ?? expr(b, c.x);
		base = v.part(0);
		len = v.part(1);
		elem = x.elem;
	} else {
		const at = x.kind === TypeKind.Pointer ? u(x.elem) : x;
		if (at.kind !== TypeKind.Array) return b.fail("range over a pointer");
		elem = at.elem;
		len = b.i64(at.len);
		if (x.kind === TypeKind.Pointer) {
			base = expr(b, c.x).one;
			if (vars.val !== null) b.nilCheck(base);
		} else if (vars.val !== null) {
			const v = b.stabilise(xt, expr(b, c.x));
			base = b.inMemory(xt, v);
		} else if (hasCall(c.x)) place(b, c.x); // else its length is constant, and it is not evaluated
	}
	const size = b.layout.size(elem);
	const i = b.ssa.newVar(T.I64);
	b.ssa.write(i, b.cur, b.i64(0));
	const l = openLoop(b, s);
	b.branch(b.cmp(OpLt, b.ssa.read(i, b.cur), len), l.body, l.after, 1);
	b.start(l.body);
	const idx = b.ssa.read(i, b.cur);
	if (vars.val !== null) {
		const ptr = b.ptrAdd(base, scaleIndex(b, idx, size));
		const v = b.stabilise(elem, b.loadVal(elem, ptr, 0));
		giveBoth(b, vars, Val.of(idx), b.p.types.int, v, elem);
	} else give(b, vars, vars.key, Val.of(idx), b.p.types.int);
	runLoop(b, s, l, () => b.ssa.write(i, b.cur, b.add(T.I64, b.ssa.read(i, b.cur), b.i64(1))));
}

function rangeString(b: Builder, s: For, c: RangeClause, vars: Vars): void {
	const v = exprTo(b, c.x, b.p.types.string);
	const [ptr, len] = [v.part(0), v.part(1)];
	const i = b.ssa.newVar(T.I64);
	const next = b.ssa.newVar(T.I64);
	const r = b.ssa.newVar(T.I32);
	b.ssa.write(i, b.cur, b.i64(0));
	const l = openLoop(b, s);
	const at = b.ssa.read(i, b.cur);
	b.branch(b.cmp(OpLt, at, len), l.body, l.after, 1);
	b.start(l.body);
	const ch = b.v(OpZeroExt, T.I32, [b.load(T.I8, b.ptrAdd(ptr, at))]);
	const wide = b.newBlock();
	const narrow = b.newBlock();
	const go = b.newBlock();
	b.branch(b.cmp(OpLtU, ch, b.int(T.I32, 0x80)), narrow, wide, 1);
	b.start(narrow);
	b.ssa.write(r, b.cur, ch);
	b.ssa.write(next, b.cur, b.add(T.I64, at, b.i64(1)));
	b.jump(go);
	b.start(wide);
	const d = b.rt("decoderune", [ptr, len, at]);
	b.ssa.write(r, b.cur, d[0]);
	b.ssa.write(next, b.cur, d[1]);
	b.jump(go);
	b.start(go);
	const nextAt = b.ssa.read(next, b.cur);
	const rune = b.ssa.read(r, b.cur);
	giveBoth(b, vars, Val.of(at), b.p.types.int, Val.of(rune), b.p.types.basic(5));
	runLoop(b, s, l, () => b.ssa.write(i, b.cur, nextAt));
}

function rangeMap(b: Builder, s: For, c: RangeClause, vars: Vars, mt: Type): void {
	const m = u(mt);
	if (m.kind !== TypeKind.Map) return b.fail("range over no map");
	const mv = expr(b, c.x).one;
	const it = b.p.rtType("internal/runtime/maps", "Iter");
	const iter = b.temp(it, ".iter");
	b.zero(it, iter, 0);
	b.rt("mapIterStart", [b.typeWord(mt), mv, iter]);
	const l = openLoop(b, s);
	const key = b.load(T.Ptr, iter, runtimeField(b, "internal/runtime/maps", "Iter", "key"));
	b.branch(b.cmp(OpNe, key, b.nil()), l.body, l.after, 1);
	b.start(l.body);
	if (vars.key !== null) {
		const k = b.stabilise(m.key, b.loadVal(m.key, key, 0));
		const v =
			vars.val === null
				? null
				: b.stabilise(m.elem, b.loadVal(m.elem, b.load(T.Ptr, iter, runtimeField(b, "internal/runtime/maps", "Iter", "elem")), 0));
		if (v === null) give(b, vars, vars.key, k, m.key);
		else giveBoth(b, vars, k, m.key, v, m.elem);
	} else if (vars.val !== null) {
		const e = b.load(T.Ptr, iter, runtimeField(b, "internal/runtime/maps", "Iter", "elem"));
		give(b, vars, vars.val, b.stabilise(m.elem, b.loadVal(m.elem, e, 0)), m.elem);
	}
	runLoop(b, s, l, () => void b.rt("mapIterNext", [iter]));
}

function rangeChan(b: Builder, s: For, c: RangeClause, vars: Vars, elem: Type): void {
	const ch = expr(b, c.x).one;
	const tmp = b.temp(elem, ".recv");
	b.zero(elem, tmp, 0);
	const l = openLoop(b, s);
	const ok = b.rt1("chanrecv2", [ch, tmp]);
	b.branch(ok, l.body, l.after, 1);
	b.start(l.body);
	if (vars.key !== null) give(b, vars, vars.key, b.stabilise(elem, b.loadVal(elem, tmp, 0)), elem);
	if (b.layout.hasPointers(elem)) b.zero(elem, tmp, 0);
	runLoop(b, s, l, () => {});
}
