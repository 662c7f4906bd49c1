// Assignments and local declarations.

import { type Assign, type DeclStmt, type Expr, Kind, Op as S, unparen, walk } from "#syntax";
import { Mode, type Obj, ObjKind, type Type, TypeKind, type Var, VarKind } from "#types";
import { OpLtU, T } from "#ssa";
import { isComplexType, isFloatType, isInterface, isString, isUntyped, u } from "../subst.ts";
import { arith, shift, type ShiftCount, shiftCount } from "./arith.ts";
import { type Builder, Val } from "./builder.ts";
import { isZeroLit } from "./complit.ts";
import { defaultType } from "./const.ts";
import { convert, expr, exprTo, multiExpr } from "./expr.ts";
import { declare } from "./func.ts";
import { mapAccess, mapAssign } from "./maps.ts";
import { ahead, callsFirst, isFixed, mayChange, prepare, prepareCalls } from "./order.ts";
import { type Place, place, readPlace, selectionOf, writePlace } from "./place.ts";
import { growFor, scaleIndex } from "./slices.ts";
import { concatVals } from "./strings.ts";

/** What an assignment stores to, its operands evaluated. */
export type Target = { k: "blank" } | { k: "place"; place: Place; type: Type } | { k: "map"; mt: Type; m: number; key: Val; type: Type };

export function exprList(e: Expr | null): readonly Expr[] {
	if (e === null) return [];
	return e.kind === Kind.ListExpr ? e.list : [e];
}

export function isBlank(e0: Expr): boolean {
	const e = unparen(e0);
	return e.kind === Kind.Name && e.name === "_";
}

/** Evaluates the operands of an assignment's left side. */
export function target(b: Builder, e0: Expr): Target {
	const e = unparen(e0);
	if (isBlank(e)) return { k: "blank" };
	if (e.kind === Kind.Index) {
		const mt = b.typeOf(e.x);
		const m = u(mt);
		if (m.kind === TypeKind.Map) {
			const mv = expr(b, e.x).one;
			const key = b.stabilise(m.key, exprTo(b, e.index, m.key));
			return { k: "map", mt, m: mv, key, type: m.elem };
		}
	}
	const pl = place(b, e);
	return { k: "place", place: pl, type: pl.type };
}

export function assign(b: Builder, t: Target, v: Val): void {
	switch (t.k) {
		case "blank":
			return;
		case "place":
			writePlace(b, t.place, v);
			return;
		case "map": {
			const at = mapAssign(b, t.mt, t.m, t.key);
			b.storeVal(t.type, at, 0, v);
			return;
		}
	}
}

/** The type an expression has when it is assigned to nothing in particular. */
function valueType(b: Builder, e: Expr): Type {
	const t = b.typeOf(e);
	return isUntyped(t) ? defaultType(b, t) : t;
}

export function assignStmt(b: Builder, s: Assign): void {
	const lhs = exprList(s.lhs);
	if (s.op !== S.None) {
		opAssign(b, s);
		return;
	}
	const rhs = exprList(s.rhs);
	if (lhs.length === 1 && rhs.length === 1) {
		single(b, s, lhs[0], rhs[0]);
		return;
	}
	if (rhs.length === 1) {
		multi(b, s, lhs, rhs[0]);
		return;
	}
	parallel(b, s, lhs, rhs);
}

/** The variable that a name on the left of := declares, or null when it is an assignment. */
export function declaredVar(b: Builder, e: Expr, def: boolean): Var | null {
	if (!def || e.kind !== Kind.Name) return null;
	const obj = b.p.build.info.defs.get(e);
	return obj !== undefined && obj !== null && obj.kind === ObjKind.Var ? obj : null;
}

function single(b: Builder, s: Assign, l: Expr, r: Expr): void {
	const v = declaredVar(b, l, s.def);
	if (v !== null) {
		declare(b, v, exprTo(b, r, b.varType(v)));
		return;
	}
	if (isBlank(l)) {
		if (isNilValue(b, r)) return;
		expr(b, r);
		return;
	}
	if (appendInPlace(b, s, l, r)) return;
	if (isAppendTo(b, l, r)) {
		// x = append(x, …): the place is evaluated once, by both sides alike.
		const val = exprTo(b, r, b.typeOf(l));
		b.pos = s.pos;
		assign(b, target(b, l), val);
		return;
	}
	// The right side is evaluated before the left side is indexed or dereferenced; calls are made from left to right.
	if (mayChange(b, l) || mayChange(b, r)) prepareTarget(b, l);
	if (resliceInPlace(b, s, l, r)) return;
	if (!isBlank(l) && !isInterface(leftType(b, l)) && isZeroLit(b, r)) {
		const to = target(b, l);
		b.pos = s.pos;
		if (to.k === "place" && to.place.k === "mem") b.zero(to.type, to.place.ptr, to.place.off);
		else assign(b, to, b.zeroVal(b.typeOf(l)));
		return;
	}
	assignTo(b, l, r, s.pos);
}

/** The type of an operand on the left side; the checker notes none for names that := assigns to. */
function leftType(b: Builder, l: Expr): Type {
	const obj = l.kind === Kind.Name ? b.p.build.info.objectOf(l) : null;
	return obj !== null && obj.kind === ObjKind.Var ? b.varType(obj) : b.typeOf(l);
}

/** What the value of r is converted to: v = the variable that l declares. */
function leftTypeOf(b: Builder, l: Expr, v: Var | null, r: Expr): Type {
	if (v !== null) return b.varType(v);
	return isBlank(l) ? valueType(b, r) : leftType(b, l);
}

/** Makes the calls of an operand on the left side; keys of maps are copied if they are passed by address. */
function prepareTarget(b: Builder, l: Expr): void {
	if (!isBlank(l)) prepare(b, l, null);
}

/** l = r, evaluated in this order: the value, the place. */
function assignTo(b: Builder, l: Expr, r: Expr, pos: number): void {
	const type = leftTypeOf(b, l, null, r);
	if (isBlank(l) && isNilValue(b, r)) return;
	let val = exprTo(b, r, type);
	b.pos = pos;
	const to = target(b, l);
	if (to.k === "map" || (to.k === "place" && to.place.k === "mem" && mayOverlap(b, type, l, r))) val = b.stabilise(type, val);
	b.pos = pos;
	assign(b, to, val);
}

/** x = append(x, …) where x is in memory: without growth only the length is written. */
function appendInPlace(b: Builder, s: Assign, l: Expr, r0: Expr): boolean {
	const c = unparen(r0);
	if (c.kind !== Kind.Call || c.hasDots || c.args.length < 2 || c.fun.kind !== Kind.Name || c.fun.name !== "append") return false;
	const obj = b.p.build.info.objectOf(c.fun);
	if (obj === null || obj.kind !== ObjKind.Builtin || !sameSafe(b, l, c.args[0])) return false;
	const t = b.typeOf(l);
	const x = u(t);
	if (x.kind !== TypeKind.Slice || c.args.slice(1).some(hasCall)) return false;
	const vals = c.args.slice(1).map((a) => b.stabilise(x.elem, exprTo(b, a, x.elem)));
	const pl = place(b, l);
	if (pl.k !== "mem") {
		b.pos = c.pos;
		const old = readPlace(b, pl);
		const [ptr, len, cap] = growFor(b, old, b.i64(vals.length), x.elem, c);
		storeTail(b, x.elem, ptr, len, vals);
		writePlace(b, pl, Val.of(ptr, len, cap));
		return true;
	}
	b.pos = c.pos;
	const ptr0 = b.load(T.Ptr, pl.ptr, pl.off);
	const len0 = b.load(T.I64, pl.ptr, pl.off + 8);
	const cap0 = b.load(T.I64, pl.ptr, pl.off + 16);
	const num = b.i64(vals.length);
	const len = b.add(T.I64, len0, num);
	const [ptr] = b.choose(
		b.cmp(OpLtU, cap0, len),
		[T.Ptr],
		() => {
			const g = b.rt("growslice", [ptr0, len, cap0, num, b.typeWord(x.elem)]);
			b.store(pl.ptr, pl.off + 16, g[2]);
			b.store(pl.ptr, pl.off, g[0]);
			return [g[0]];
		},
		() => [ptr0],
		-1,
	);
	b.pos = s.pos;
	b.store(pl.ptr, pl.off + 8, len);
	storeTail(b, x.elem, ptr, len, vals);
	return true;
}

/** Stores the last elements of a slice. */
function storeTail(b: Builder, elem: Type, ptr: number, len: number, vals: readonly Val[]): void {
	const size = b.layout.size(elem);
	const at = b.ptrAdd(ptr, scaleIndex(b, b.sub(T.I64, len, b.i64(vals.length)), size));
	vals.forEach((v, i) => {
		b.storeVal(elem, at, i * size, v);
	});
}

/** x = x[:j] writes only the length: the pointer stays, so no write barrier either. */
function resliceInPlace(b: Builder, s: Assign, l: Expr, r0: Expr): boolean {
	const r = unparen(r0);
	if (r.kind !== Kind.SliceExpr || !sameSafe(b, l, r.x) || u(b.typeOf(l)).kind !== TypeKind.Slice) return false;
	if (r.lo !== null && !isZero(b, r.lo)) return false;
	const val = expr(b, r);
	b.pos = s.pos;
	const to = place(b, l);
	if (to.k !== "mem") writePlace(b, to, val);
	else {
		if (r.hi !== null) b.store(to.ptr, to.off + 8, val.part(1));
		if (r.max !== null) b.store(to.ptr, to.off + 16, val.part(2));
	}
	return true;
}

function isZero(b: Builder, e: Expr): boolean {
	const tv = b.p.build.info.types.get(e);
	return tv?.value != null && b.constOf(expr(b, e).one) === 0n;
}

/** Both denote the same variable whatever is evaluated between: names, fields, dereferences of such. */
function sameSafe(b: Builder, x0: Expr, y0: Expr): boolean {
	const x = unparen(x0);
	const y = unparen(y0);
	if (x.kind === Kind.Name && y.kind === Kind.Name) return b.p.build.info.objectOf(x) === b.p.build.info.objectOf(y);
	if (x.kind === Kind.Selector && y.kind === Kind.Selector) {
		const sx = b.p.build.info.selections.get(x);
		const sy = b.p.build.info.selections.get(y);
		if (sx === undefined || sy === undefined) return sx === sy && b.p.build.info.objectOf(x.sel) === b.p.build.info.objectOf(y.sel);
		return sx.obj === sy.obj && sameSafe(b, x.x, y.x);
	}
	if (x.kind === Kind.Unary && y.kind === Kind.Unary) return x.op === S.Mul && y.op === S.Mul && sameSafe(b, x.x, y.x);
	return false;
}

function isNilValue(b: Builder, e: Expr): boolean {
	const tv = b.p.build.info.types.get(e);
	return tv !== undefined && tv.mode === Mode.NilValue;
}

function isAppendTo(b: Builder, l: Expr, r: Expr): boolean {
	const c = unparen(r);
	if (c.kind !== Kind.Call || c.fun.kind !== Kind.Name || c.fun.name !== "append" || l.kind !== Kind.Name) return false;
	const obj = b.p.build.info.objectOf(c.fun);
	return obj !== null && obj.kind === ObjKind.Builtin;
}

/** Copies of arrays between memory that pointers reach may overlap partially. */
function mayOverlap(b: Builder, type: Type, l: Expr, r: Expr): boolean {
	if (b.layout.isSsa(type)) return false;
	const simple = (e: Expr): boolean => unparen(e).kind === Kind.Name;
	return !(simple(l) || simple(r));
}

/** An expression that may call something. */
export function hasCall(e: Expr): boolean {
	switch (e.kind) {
		case Kind.Name:
		case Kind.BasicLit:
		case Kind.FuncLit:
			return false;
		case Kind.Paren:
		case Kind.Selector:
			return hasCall(e.x);
		case Kind.Unary:
			return e.op === S.Recv || hasCall(e.x);
		case Kind.Binary:
			return hasCall(e.x) || hasCall(e.y);
		case Kind.Index:
			return hasCall(e.x) || hasCall(e.index);
		default:
			return true;
	}
}

/** Values of one expression: they are all there before the operands on the left are read. */
function multi(b: Builder, s: Assign, lhs: readonly Expr[], r: Expr): void {
	const isNew = (l: Expr): boolean => declaredVar(b, l, s.def) !== null;
	for (const l of lhs) if (!isNew(l)) prepareTarget(b, l);
	const m = multiExpr(b, r);
	b.pos = s.pos;
	const vals = m.vals.map((v, i) => b.stabilise(m.types[i], v));
	const writes = new Writes(b);
	for (const l of lhs) {
		if (isNew(l)) continue;
		writes.saveTarget(l);
		writes.note(l);
	}
	lhs.forEach((l, i) => {
		const v = declaredVar(b, l, s.def);
		const from = isUntyped(m.types[i]) ? defaultType(b, m.types[i]) : m.types[i];
		if (v !== null) declare(b, v, convert(b, vals[i], from, b.varType(v)));
		else if (!isBlank(l)) assign(b, target(b, l), convert(b, vals[i], from, leftType(b, l)));
	});
}

/**
 * Several values: calls come first; then one assignment after the other is made, each evaluating its operands (a panic finds the
 * earlier ones done), but for operands that an earlier assignment may change: their values are saved before.
 */
function parallel(b: Builder, s: Assign, lhs: readonly Expr[], rhs: readonly Expr[]): void {
	const vars = lhs.map((l) => declaredVar(b, l, s.def));
	const left = lhs.filter((l, i) => vars[i] === null && !isBlank(l));
	const typeOf = (i: number): Type => leftTypeOf(b, lhs[i], vars[i], rhs[i]);
	if (left.some((l) => mayChange(b, l)) || rhs.some((r) => mayChange(b, r))) {
		for (const l of left) prepareTarget(b, l);
		rhs.forEach((r, i) => {
			prepare(b, r, typeOf(i));
		});
	}
	const writes = new Writes(b);
	lhs.forEach((l, i) => {
		if (vars[i] === null) writes.saveTarget(l);
		writes.save(rhs[i]);
		if (vars[i] === null) writes.note(l);
	});
	lhs.forEach((l, i) => {
		const v = vars[i];
		if (v === null && isMapElem(b, l)) {
			const to = target(b, l);
			if (to.k !== "map") return b.fail("element of a map");
			b.pos = s.pos;
			const at = mapAssign(b, to.mt, to.m, to.key);
			b.storeVal(to.type, at, 0, exprTo(b, rhs[i], to.type));
		} else if (v === null) assignTo(b, l, rhs[i], s.pos);
		else declare(b, v, exprTo(b, rhs[i], b.varType(v)));
	});
}

/** What the first assignments of a statement write. */
class Writes {
	private readonly b: Builder;
	private readonly vars = new Set<Obj>();
	private memory = false;
	/** A result that deferred functions see has been written. */
	private result = false;

	constructor(b: Builder) {
		this.b = b;
	}

	private affected(e: Expr): boolean {
		if (this.result) return true;
		if (this.memory && !isFixed(this.b, e)) return true;
		if (this.vars.size === 0) return false;
		let found = false;
		walk(e, (n) => {
			if (n.kind !== Kind.Name) return !found;
			const obj = this.b.p.build.info.objectOf(n);
			if (obj !== null && this.vars.has(obj)) found = true;
			return !found;
		});
		return found;
	}

	/** Takes the value of e now if it may change. */
	save(e: Expr): void {
		if (this.affected(e)) ahead(this.b, e);
	}

	/** As save, for the operands of a left side. */
	saveTarget(l0: Expr): void {
		const b = this.b;
		let l = unparen(l0);
		for (;;) {
			if (l.kind === Kind.Selector) {
				const sel = selectionOf(b, l);
				if (sel === null) return;
				if (sel.indirect || u(b.typeOf(l.x)).kind === TypeKind.Pointer) {
					this.save(l.x);
					return;
				}
				l = unparen(l.x);
				continue;
			}
			if (l.kind === Kind.Index) {
				if (!isConst(b, l.index)) this.save(l.index);
				if (u(b.typeOf(l.x)).kind === TypeKind.Array) {
					l = unparen(l.x);
					continue;
				}
				this.save(l.x);
			} else if (l.kind === Kind.Unary) this.save(l.x);
			return;
		}
	}

	note(l0: Expr): void {
		const b = this.b;
		if (isBlank(l0)) return;
		let l = unparen(l0);
		for (;;) {
			if (l.kind === Kind.Selector && selectionOf(b, l)?.indirect === false && u(b.typeOf(l.x)).kind === TypeKind.Struct) l = unparen(l.x);
			else if (l.kind === Kind.Index && u(b.typeOf(l.x)).kind === TypeKind.Array) l = unparen(l.x);
			else break;
		}
		const v = l.kind === Kind.Name ? b.p.build.info.objectOf(l) : null;
		if (v === null || v.kind !== ObjKind.Var) {
			this.memory = true;
			return;
		}
		if (v.varKind === VarKind.Result && b.defers !== null) this.result = true;
		else if (v.varKind !== VarKind.Package && b.frame.find(v)?.k === "ssa") this.vars.add(v);
		else this.memory = true;
	}
}

function isMapElem(b: Builder, l0: Expr): boolean {
	const l = unparen(l0);
	return l.kind === Kind.Index && u(b.typeOf(l.x)).kind === TypeKind.Map;
}

function isConst(b: Builder, e: Expr): boolean {
	return b.p.build.info.types.get(e)?.value != null;
}

/** x op= y, x++, x--. */
function opAssign(b: Builder, s: Assign): void {
	if (mayChange(b, s.lhs) || (s.rhs !== null && mayChange(b, s.rhs))) {
		prepareTarget(b, s.lhs);
		if (s.rhs !== null) prepareCalls(b, s.rhs);
	}
	const t = b.typeOf(s.lhs);
	if (isMapElem(b, s.lhs)) {
		mapOpAssign(b, s, t);
		return;
	}
	const at = place(b, s.lhs);
	const old = readPlace(b, at);
	const y = rightOperand(b, s, t);
	b.pos = s.pos;
	writePlace(b, at, apply(b, s, t, old, y));
}

/** The right side is evaluated before the element is made; and where it may be zero, so is the quotient. */
function mapOpAssign(b: Builder, s: Assign, t: Type): void {
	const y = rightOperand(b, s, t);
	const to = target(b, s.lhs);
	if (to.k !== "map") return b.fail("element of a map");
	b.pos = s.pos;
	if (s.op === S.Div || s.op === S.Rem) {
		const old = b.loadVal(t, mapAccess(b, to.mt, to.m, to.key, false)[0], 0);
		assign(b, to, apply(b, s, t, old, y));
		return;
	}
	const at: Place = { k: "mem", ptr: mapAssign(b, to.mt, to.m, to.key), off: 0, type: t };
	writePlace(b, at, apply(b, s, t, readPlace(b, at), y));
}

type RightOperand = { k: "val"; val: Val } | { k: "count"; count: ShiftCount };

function rightOperand(b: Builder, s: Assign, t: Type): RightOperand {
	if (s.rhs === null) return { k: "val", val: oneOf(b, t) };
	if (s.op === S.Shl || s.op === S.Shr) return { k: "count", count: shiftCount(b, s.rhs) };
	return { k: "val", val: exprTo(b, s.rhs, t) };
}

function apply(b: Builder, s: Assign, t: Type, x: Val, y: RightOperand): Val {
	if (y.k === "count") return Val.of(shift(b, s.op, t, x.one, y.count, s.pos));
	if (isString(t)) return concatVals(b, [x, y.val], true);
	return arith(b, s.op, t, x, y.val);
}

function oneOf(b: Builder, t: Type): Val {
	const bits = (mt: T): bigint => (mt === T.F64 ? 0x3ff0000000000000n : 0x3f800000n);
	const mt = b.layout.parts(t)[0].t;
	if (isComplexType(t)) return Val.of(b.floatBits(mt, bits(mt)), b.zeroOf(mt));
	if (isFloatType(t)) return Val.of(b.floatBits(mt, bits(mt)));
	return Val.of(b.int(mt, 1));
}

/** var declarations inside functions. */
export function declStmt(b: Builder, s: DeclStmt): void {
	for (const d of s.decls) {
		if (d.kind !== Kind.VarDecl) continue;
		const vars = d.names.map((n) => {
			const obj = b.p.build.info.defs.get(n);
			return obj !== undefined && obj !== null && obj.kind === ObjKind.Var ? obj : null;
		});
		const values = exprList(d.values);
		b.pos = d.pos;
		if (values.length === 0) {
			for (const v of vars) if (v !== null && v.name !== "_") declare(b, v, null);
			continue;
		}
		if (values.length === 1 && vars.length > 1) {
			const m = multiExpr(b, values[0]);
			vars.forEach((v, i) => {
				if (v !== null && v.name !== "_") declare(b, v, convert(b, m.vals[i], m.types[i], b.varType(v)));
			});
			continue;
		}
		callsFirst(
			b,
			values,
			values.map((e, i) => leftTypeOf(b, d.names[i], vars[i], e)),
		);
		const vals = values.map((e, i) => {
			const v = vars[i];
			const t = v === null ? valueType(b, e) : b.varType(v);
			const x = exprTo(b, e, t);
			return values.length > 1 ? b.stabilise(t, x) : x;
		});
		vars.forEach((v, i) => {
			if (v !== null && v.name !== "_") declare(b, v, vals[i]);
		});
	}
}
