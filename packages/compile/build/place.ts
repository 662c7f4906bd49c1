// Places: what an operand denotes before it is read. A place is a range of SSA
// variables, an address, or a value that has no place of its own. Selecting fields
// and elements maps places to places, so reading, assigning and taking addresses
// share one walk over the operand.

import { callsFirst } from "./order.ts";
import { knownVar } from "./known.ts";
import { loopClosure } from "./rangefunc.ts";
import { InternalError } from "#base";
import { type Expr, Kind, Op, unparen } from "#syntax";
import { type Selection, SelectionKind, ObjKind, type Type, TypeKind, typeOf as objType, type Var, VarKind } from "#types";
import { T } from "#ssa";
import { u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { expr } from "./expr.ts";
import type { Loc } from "./frame.ts";
import { boundsCheck, indexValue, scaleIndex } from "./slices.ts";

export type Place =
	| { k: "vars"; vars: readonly number[]; type: Type }
	| { k: "mem"; ptr: number; off: number; type: Type }
	| { k: "val"; val: Val; type: Type };

export function locPlace(b: Builder, l: Loc): Place {
	switch (l.k) {
		case "ssa":
			return { k: "vars", vars: l.vars, type: l.type };
		case "slot":
			return { k: "mem", ptr: b.slotAddr(l.slot), off: 0, type: l.type };
		case "ptr":
			return { k: "mem", ptr: b.ssa.read(l.ptr, b.cur), off: 0, type: l.type };
	}
}

export function readPlace(b: Builder, pl: Place): Val {
	switch (pl.k) {
		case "vars":
			return Val.list(b.readVars(pl.vars));
		case "mem":
			return b.loadVal(pl.type, pl.ptr, pl.off);
		case "val":
			return pl.val;
	}
}

export function writePlace(b: Builder, pl: Place, val: Val): void {
	switch (pl.k) {
		case "vars":
			b.writeVars(pl.vars, b.scalars(pl.type, val));
			return;
		case "mem":
			b.storeVal(pl.type, pl.ptr, pl.off, val);
			return;
		case "val":
			throw new InternalError("assignment to a value");
	}
}

/** The address of a place in memory. */
export function placeAddr(b: Builder, pl: Place): number {
	if (pl.k === "mem") return b.offPtr(pl.ptr, pl.off);
	if (pl.k === "val" && pl.val.parts === null) return b.offPtr(pl.val.ptr, pl.val.off);
	return b.fail("address of a variable that lives in registers");
}

/** What pointer value ptr to a t points to; checks that it is not nil. */
export function derefPlace(b: Builder, ptr: number, t: Type): Place {
	b.nilCheck(ptr);
	return { k: "mem", ptr, off: 0, type: t };
}

export function fieldPlace(b: Builder, pl: Place, i: number): Place {
	const s = u(pl.type);
	if (s.kind !== TypeKind.Struct) return b.fail(`field of ${b.p.types.link(pl.type)}`);
	const type = objType(s.fields[i]);
	const off = b.layout.fieldOffset(s, i);
	if (pl.k === "mem") return { k: "mem", ptr: pl.ptr, off: pl.off + off, type };
	if (pl.k === "val" && pl.val.parts === null) {
		const at = pl.val.off + off;
		if (!b.layout.isSsa(type)) return { k: "val", val: Val.mem(pl.val.ptr, at, pl.val.stable), type };
		return { k: "val", val: b.loadVal(type, pl.val.ptr, at), type };
	}
	let first = 0;
	for (let j = 0; j < i; j++) first += b.layout.parts(objType(s.fields[j])).length;
	const n = b.layout.parts(type).length;
	if (pl.k === "vars") return { k: "vars", vars: pl.vars.slice(first, first + n), type };
	return { k: "val", val: Val.list((pl.val.parts as readonly number[]).slice(first, first + n)), type };
}

/** Follows a path of fields, through pointers where embedded fields are pointers. */
export function pathPlace(b: Builder, pl: Place, path: readonly number[]): Place {
	for (const i of path) {
		const t = u(pl.type);
		if (t.kind === TypeKind.Pointer) pl = derefPlace(b, readPlace(b, pl).one, t.elem);
		pl = fieldPlace(b, pl, i);
	}
	return pl;
}

/** Element idx (I64, checked) of an array place. */
export function elemPlace(b: Builder, pl: Place, idx: number): Place {
	const a = u(pl.type);
	if (a.kind !== TypeKind.Array) return b.fail("element of no array");
	// No element: the bounds check has failed.
	if (a.len === 0 && pl.k !== "mem") return { k: "mem", ptr: b.nil(), off: 0, type: a.elem };
	const size = b.layout.size(a.elem);
	if (pl.k === "vars") return { k: "vars", vars: pl.vars, type: a.elem };
	if (pl.k === "val" && pl.val.parts !== null) return { k: "val", val: pl.val, type: a.elem };
	const at = pl.k === "mem" ? pl : { ptr: pl.val.ptr, off: pl.val.off };
	const c = b.constOf(idx);
	const ptr = c !== null ? at.ptr : b.ptrAdd(b.offPtr(at.ptr, at.off), scaleIndex(b, idx, size));
	const off = c !== null ? at.off + Number(c) * size : 0;
	if (pl.k === "mem") return { k: "mem", ptr, off, type: a.elem };
	if (!b.layout.isSsa(a.elem)) return { k: "val", val: Val.mem(ptr, off, pl.val.stable), type: a.elem };
	return { k: "val", val: b.loadVal(a.elem, ptr, off), type: a.elem };
}

export function varPlace(b: Builder, v: Var): Place {
	if (v.varKind === VarKind.Package) return { k: "mem", ptr: b.sym(b.p.varSym(v)), off: 0, type: objType(v) };
	const l = b.frame.find(v);
	if (l !== null) return locPlace(b, l);
	const body = knownVar(b, v);
	if (body === null) return b.fail(`variable ${v.name} has no place`);
	return { k: "val", val: loopClosure(b, body), type: b.varType(v) };
}

export function selectionOf(b: Builder, e: Expr): Selection | null {
	return e.kind === Kind.Selector ? (b.p.build.info.selections.get(e) ?? null) : null;
}

/** What an operand denotes. */
export function place(b: Builder, e0: Expr): Place {
	const e = unparen(e0);
	if (b.frame.early.has(e.id)) return { k: "val", val: expr(b, e), type: b.typeOf(e) };
	switch (e.kind) {
		case Kind.Name: {
			const obj = b.p.build.info.objectOf(e);
			if (obj !== null && obj.kind === ObjKind.Var) return varPlace(b, obj);
			break;
		}
		case Kind.Selector: {
			const sel = selectionOf(b, e);
			if (sel === null) {
				const obj = b.p.build.info.objectOf(e.sel);
				if (obj !== null && obj.kind === ObjKind.Var) return varPlace(b, obj);
				break;
			}
			if (sel.kind !== SelectionKind.FieldVal) break;
			return pathPlace(b, place(b, e.x), sel.index);
		}
		case Kind.Index:
			return indexPlace(b, e);
		case Kind.Unary:
			if (e.op === Op.Mul) {
				const ptr = expr(b, e.x).one;
				b.pos = e.pos;
				return derefPlace(b, ptr, b.typeOf(e));
			}
			break;
		default:
			break;
	}
	return { k: "val", val: expr(b, e), type: b.typeOf(e) };
}

function indexPlace(b: Builder, e: Extract<Expr, { kind: typeof Kind.Index }>): Place {
	const xt = b.typeOf(e.x);
	const x = u(xt);
	callsFirst(b, [e.x, e.index]);
	switch (x.kind) {
		case TypeKind.Array: {
			const base = place(b, e.x);
			const idx = indexValue(b, e.index);
			b.pos = e.pos;
			boundsCheck(b, idx, b.i64(x.len), 0);
			return elemPlace(b, base, idx.v);
		}
		case TypeKind.Pointer: {
			const a = u(x.elem);
			if (a.kind !== TypeKind.Array) break;
			const ptr = expr(b, e.x).one;
			const idx = indexValue(b, e.index);
			b.pos = e.pos;
			b.nilCheck(ptr);
			boundsCheck(b, idx, b.i64(a.len), 0);
			return elemPlace(b, { k: "mem", ptr, off: 0, type: x.elem }, idx.v);
		}
		case TypeKind.Slice: {
			const s = expr(b, e.x);
			const idx = indexValue(b, e.index);
			b.pos = e.pos;
			boundsCheck(b, idx, s.part(1), 0);
			const size = b.layout.size(x.elem);
			const c = b.constOf(idx.v);
			if (c !== null && Number(c) * size < 1 << 30) return { k: "mem", ptr: s.part(0), off: Number(c) * size, type: x.elem };
			return { k: "mem", ptr: b.ptrAdd(s.part(0), scaleIndex(b, idx.v, size)), off: 0, type: x.elem };
		}
		case TypeKind.Basic: {
			const s = expr(b, e.x);
			const idx = indexValue(b, e.index);
			b.pos = e.pos;
			boundsCheck(b, idx, s.part(1), 0);
			return { k: "val", val: Val.of(b.load(T.I8, b.ptrAdd(s.part(0), idx.v))), type: b.typeOf(e) };
		}
		default:
			break;
	}
	return { k: "val", val: expr(b, e), type: b.typeOf(e) };
}
