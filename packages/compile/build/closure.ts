// Function values: literals, method values and expressions, static functions.
// A closure is an object whose first word is the code address; captured values
// and pointers to captured variables follow.

import { type Expr, type For, type FuncLit, Kind, type Selector } from "#syntax";
import { type Func, objId, type Selection, type Signature, type Struct, type Type, TypeKind, typeOf as objType, type Var } from "#types";
import { OpGetClosurePtr, OpStoreNoWB, type SymRef, T } from "#ssa";
import type { FuncInst } from "../program.ts";
import { isInterface, u } from "../subst.ts";
import { type Builder, Val } from "./builder.ts";
import { noteReflection, typeArgs } from "./call.ts";
import { capturedByValue, capturesOf } from "./facts.ts";
import type { Loc } from "./frame.ts";
import { describeAs } from "./func.ts";
import { newObject } from "./iface.ts";
import { pathPlace, place, placeAddr, readPlace, varPlace } from "./place.ts";
import { litNames } from "./litnames.ts";

/** A function used as a value. */
export function staticFuncVal(b: Builder, node: Expr, obj: Func): Val {
	const fn = b.p.inst(obj, typeArgs(b, node));
	return Val.of(funcValue(b, b.p.funcRef(fn)));
}

export function funcValue(b: Builder, ref: SymRef): number {
	return b.sym(b.p.funcVal(ref));
}

/** One captured variable in a closure object. */
export interface Capture {
	v: Var;
	byValue: boolean;
	/** Type of the variable. */
	type: Type;
}

/** The layout of a closure object: F and then the captures. */
export interface ClosureShape {
	captures: Capture[];
	struct: Struct;
}

export function closureShape(b: Builder, captures: readonly Var[], extra: readonly [string, Type][] = []): ClosureShape {
	const list = captures.map((v): Capture => {
		const type = b.varType(v);
		return { v, byValue: capturedByValue(b.frame.facts, v, b.layout.size(type)), type };
	});
	const fields: [string, Type][] = [["F", b.p.types.uintptr]];
	list.forEach((c, i) => {
		fields.push([`X${i}`, c.byValue ? c.type : b.p.types.pointerTo(c.type)]);
	});
	fields.push(...extra);
	return { captures: list, struct: b.p.types.structOf(fields) };
}

/** The function that a literal is, inside the current frame's function. */
export function litInstOf(b: Builder, lit: FuncLit | For, sig: Signature): FuncInst {
	const outer = b.frame.fn;
	const name = litNames(b.p, outer).get(lit);
	if (name === undefined) return b.fail("function literal without name");
	return b.p.litInst(outer, lit, sig, b.p.types.subst(sig, outer.subst) as Signature, name);
}

export function funcLit(b: Builder, e: FuncLit): Val {
	const sig = b.p.build.info.typeOf(e) as Signature;
	return Val.of(makeClosure(b, e, litInstOf(b, e, u(sig) as Signature), e.id));
}

/** The closure object of a literal; on the stack when the plan says so. */
export function makeClosure(b: Builder, lit: FuncLit | For, fn: FuncInst, site: number): number {
	const captures = capturesOf(b.frame.facts, lit);
	const ref = b.p.funcRef(fn);
	if (captures.length === 0) return funcValue(b, ref);
	const shape = closureShape(b, captures);
	const vals = shape.captures.map((c) => {
		const pl = varPlace(b, c.v);
		return c.byValue ? readPlace(b, pl) : Val.of(placeAddr(b, pl));
	});
	return closureObject(b, ref, shape.struct, vals, b.frame.plan.siteOnHeap(site));
}

/** Fills a closure object: code address, then vals as the fields of struct after the first. */
export function closureObject(b: Builder, code: SymRef, struct: Struct, vals: readonly Val[], onHeap: boolean): number {
	const ptr = onHeap ? newObject(b, struct) : b.temp(struct, ".closure");
	b.v(OpStoreNoWB, T.Void, [ptr, b.sym(code)], 0n);
	vals.forEach((v, i) => {
		b.storeVal(objType(struct.fields[i + 1]), ptr, b.layout.fieldOffset(struct, i + 1), v, !onHeap);
	});
	return ptr;
}

/** At the entry of a closure body: gives its captured variables their places. */
/** Gives the values of the extra fields, which are pointers. */
export function bindCaptures(b: Builder, captures: readonly Var[], extra: readonly [string, Type][] = []): number[] {
	if (captures.length + extra.length === 0) return [];
	b.f.needCtxt = true;
	const ctx = b.v(OpGetClosurePtr, T.Ptr, []);
	const shape = closureShape(b, captures, extra);
	if (b.noOpt && b.fn.lit?.kind === Kind.For) showContext(b, ctx);
	shape.captures.forEach((c, i) => {
		const off = b.layout.fieldOffset(shape.struct, i + 1);
		const loc = bindCapture(b, c, ctx, off);
		b.frame.vars.set(c.v, loc);
		describeAs(b, c.v.name, "closure", c.v.pos, loc, off);
	});
	return extra.map((_, i) => b.load(T.Ptr, ctx, b.layout.fieldOffset(shape.struct, 1 + captures.length + i)));
}

/** Debuggers find the function around a range-over-func body by the body's closure. */
function showContext(b: Builder, ctx: number): void {
	const type = b.p.types.pointerTo(b.p.types.basic(8));
	const slot = b.newSlot(type, ".closureptr");
	b.slotDef(slot);
	b.storeVal(type, b.slotAddr(slot), 0, Val.of(ctx), true);
	b.f.slots[slot].addrTaken = true;
	b.slotTypes[slot] = null;
	describeAs(b, ".closureptr", "local", b.f.pos, { k: "slot", slot, type }, -1);
}

function bindCapture(b: Builder, c: Capture, ctx: number, off: number): Loc {
	if (c.byValue && b.noOpt) {
		const slot = b.newSlot(c.type, c.v.name);
		b.slotDef(slot);
		b.storeVal(c.type, b.slotAddr(slot), 0, b.loadVal(c.type, ctx, off), true);
		return { k: "slot", slot, type: c.type };
	}
	if (c.byValue && b.layout.isSsa(c.type)) {
		const vars = b.layout.parts(c.type).map((l) => b.ssa.newVar(l.t));
		b.writeVars(vars, b.loadVal(c.type, ctx, off).parts as readonly number[]);
		return { k: "ssa", vars, type: c.type };
	}
	const ptr = b.ssa.newVar(T.Ptr);
	b.ssa.write(ptr, b.cur, c.byValue ? b.offPtr(ctx, off) : b.load(T.Ptr, ctx, off));
	return { k: "ptr", ptr, type: c.type };
}

/** x.M as a value: a closure that holds the receiver. */
export function methodValue(b: Builder, e: Selector, sel: Selection): Val {
	const m = b.p.selectMethod(sel, b.frame.fn.subst);
	noteReflection(b, m.method);
	const { val, type } = boundReceiver(b, e, m.index, m.fn, m.method);
	b.pos = e.pos;
	if (isInterface(type)) {
		b.nilCheck(val.part(0));
		b.p.ifaceMethodUsed(m.method);
	}
	const code = b.p.wrappers.methodValue(type, objId(m.method.pkg, m.method.name));
	const struct = methodValueStruct(b, type);
	return Val.of(closureObject(b, code, struct, [val], b.frame.plan.siteOnHeap(e.id)));
}

function boundReceiver(b: Builder, e: Selector, index: readonly number[], fn: FuncInst | null, m: Func): { val: Val; type: Type } {
	const pl = pathPlace(b, place(b, e.x), index.slice(0, -1));
	if (fn === null) return { val: readPlace(b, pl), type: pl.type };
	const want = objType(fn.sig.recv ?? (b.fail(`${m.name} has no receiver`) as never));
	const have = u(pl.type);
	if (u(want).kind === TypeKind.Pointer) {
		if (have.kind === TypeKind.Pointer) return { val: readPlace(b, pl), type: want };
		return { val: Val.of(placeAddr(b, pl)), type: want };
	}
	if (have.kind === TypeKind.Pointer) {
		const ptr = readPlace(b, pl).one;
		b.nilCheck(ptr);
		return { val: b.loadVal(want, ptr, 0), type: want };
	}
	return { val: readPlace(b, pl), type: want };
}

/** The closure object of a method value: wrappers read the receiver from field R. */
export function methodValueStruct(b: Builder, recv: Type): Struct {
	return b.p.types.structOf([
		["F", b.p.types.uintptr],
		["R", recv],
	]);
}

/** T.M: the method as a function that takes the receiver first. */
export function methodExpr(b: Builder, e: Selector, sel: Selection): Val {
	const m = b.p.selectMethod(sel, b.frame.fn.subst);
	const recv = m.recv;
	noteReflection(b, m.method);
	b.pos = e.pos;
	if (m.fn !== null && m.index.length === 1 && m.fn.sig.recv !== null && b.p.types.link(objType(m.fn.sig.recv)) === b.p.types.link(recv)) {
		return Val.of(funcValue(b, b.p.funcRef(m.fn)));
	}
	if (m.fn === null) b.p.ifaceMethodUsed(m.method);
	return Val.of(funcValue(b, b.p.wrappers.method(recv, objId(m.method.pkg, m.method.name))));
}
