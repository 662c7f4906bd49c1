// Calls: arguments, the calling sequence, methods, interfaces, closures; inlined calls.

import { RelocKind, SymFlag } from "#object";
import { type Call, type Expr, Kind, type Selector, unparen } from "#syntax";
import {
	type Func,
	Mode,
	ObjKind,
	type Obj,
	SelectionKind,
	type Selection,
	type Signature,
	type Slice,
	type Type,
	TypeKind,
	typeOf as objType,
} from "#types";
import {
	type CallAux,
	OpCall,
	OpCallClosure,
	OpCallInter,
	OpKeepAlive,
	OpMove,
	OpOutArgAddr,
	OpResult,
	OpStoreNoWB,
	type SymRef,
	T,
} from "#ssa";
import { type AbiLayout, callSigOf, type ParamLoc } from "../abi.ts";
import type { DirectMethod, FuncInst } from "../program.ts";
import { isInterface, u } from "../subst.ts";
import { isTuple } from "./args.ts";
import { type Builder, Val } from "./builder.ts";
import { builtinCall } from "./builtin.ts";
import { conversion } from "./conv.ts";
import { convert, expr, exprTo, multiExpr } from "./expr.ts";
import { itabMethod, methodIndexOf, newObject, unpackData } from "./iface.ts";
import { inlineCall, inlineKnown } from "./func.ts";
import { inlinesKnown, knownArgs, knownOf } from "./known.ts";
import { funcPC, intrinsic } from "./intrinsics.ts";
import { callsFirst, isFixed } from "./order.ts";
import { pathPlace, type Place, place, placeAddr, readPlace, selectionOf } from "./place.ts";

/** What a call transfers to. */
export type Target = { k: "static"; ref: SymRef } | { k: "closure"; fn: number } | { k: "inter"; code: number };

/** The values of a call expression; none for functions without results. */
export function callExpr(b: Builder, e: Call): Val[] {
	const fun = unparen(e.fun);
	const info = b.p.build.info;
	const tv = info.types.get(fun);
	if (tv !== undefined && tv.mode === Mode.TypExpr) return [conversion(b, e, e.args[0], b.subst(tv.type))];
	if (tv !== undefined && tv.mode === Mode.Builtin) return builtinCall(b, e, builtinOf(b, fun));
	const r = resolveCall(b, e);
	b.pos = e.pos;
	return r.run();
}

function builtinOf(b: Builder, fun: Expr): number {
	const n = fun.kind === Kind.Selector ? fun.sel : fun;
	const obj = n.kind === Kind.Name ? b.p.build.info.objectOf(n) : null;
	if (obj === null || obj.kind !== ObjKind.Builtin) return b.fail("builtin without object");
	return obj.id;
}

/** A call whose operands are evaluated: what is left is the transfer. */
export interface ReadyCall {
	sig: Signature;
	/** Types of the arguments, receiver first. */
	types: Type[];
	args: Val[];
	target: Target | null;
	fn: FuncInst | null;
	/** Pointers that live until the call has returned. */
	keep: readonly number[];
	run: () => Val[];
}

/** The object that a call names directly, with the node that carries its instance. */
export function calleeName(b: Builder, fun: Expr): { obj: Obj | null; node: Expr } {
	let f = unparen(fun);
	if (f.kind === Kind.Index) {
		const tv = b.p.build.info.types.get(f.x);
		if (tv === undefined || tv.type.kind === TypeKind.Signature || tv.mode === Mode.Value) {
			const x = unparen(f.x);
			if (x.kind === Kind.Name || x.kind === Kind.Selector) f = x;
		}
	}
	if (f.kind === Kind.Name) return { obj: b.p.build.info.objectOf(f), node: f };
	if (f.kind === Kind.Selector && selectionOf(b, f) === null) return { obj: b.p.build.info.objectOf(f.sel), node: f.sel };
	return { obj: null, node: f };
}

/** Evaluates the operands of a call that is no conversion and no builtin. now: the call is made where it is written. */
export function resolveCall(b: Builder, e: Call, now = true): ReadyCall {
	const fun = unparen(e.fun);
	const named = calleeName(b, fun);
	if (named.obj !== null && named.obj.kind === ObjKind.Func) return functionCall(b, e, named.obj, named.node);
	const sel = selectionOf(b, fun);
	if (sel !== null && sel.kind === SelectionKind.MethodVal) return methodCall(b, e, fun as Selector, sel);
	if (fun.kind === Kind.FuncLit) {
		const plan = b.frame.plan.inlined.get(e.id);
		if (plan !== undefined) {
			const sig = b.typeOf(fun) as Signature;
			const { args, types } = callArgs(b, e, sig);
			return ready(b, sig, types, args, null, plan.fn, () => inlineCall(b, e, plan, args, b.frame));
		}
	}
	const sig = u(b.typeOf(fun)) as Signature;
	if (now && fun.kind === Kind.Name) {
		const known = knownOf(b, fun);
		if (known !== null && !sig.variadic && inlinesKnown(b, known)) {
			const { args, types } = callArgs(b, e, sig);
			const funcs = knownArgs(b, e);
			return ready(b, sig, types, args, null, known.fn, () => inlineKnown(b, known, e.pos, args, funcs));
		}
	}
	callsFirst(b, [fun, ...e.args], [null, ...argTypes(sig, e)]);
	const fn = expr(b, fun).one;
	const { args, types } = callArgs(b, e, sig);
	return ready(b, sig, types, args, { k: "closure", fn }, null, null);
}

function ready(
	b: Builder,
	sig: Signature,
	types: Type[],
	args: Val[],
	target: Target | null,
	fn: FuncInst | null,
	run: (() => Val[]) | null,
): ReadyCall {
	const go =
		run ??
		((): Val[] => {
			if (target === null) return b.fail("call without target");
			return callTarget(b, target, sig, args);
		});
	return { sig, types, args, target, fn, keep: [], run: go };
}

/** Type arguments that a use of a generic function has in this frame. */
export function typeArgs(b: Builder, node: Expr): Type[] {
	const inst = b.p.build.info.instances.get(node);
	return inst === undefined ? [] : inst.targs.map((t) => b.subst(t));
}

function functionCall(b: Builder, e: Call, obj: Func, node: Expr): ReadyCall {
	const fn = b.p.inst(obj, typeArgs(b, node));
	const pc = funcPC(b, fn, e);
	if (pc !== null) return ready(b, fn.sig, [], [], null, fn, () => [pc]);
	const keep = keepsUintptrs(fn) ? [] : null;
	const { args, types } = callArgs(b, e, fn.sig, keep);
	const quick = intrinsic(b, fn, e, args);
	if (quick !== null) return ready(b, fn.sig, types, args, null, fn, () => quick());
	return keeping(b, staticCall(b, e, fn, fn.sig, types, args), keep);
}

function staticCall(b: Builder, e: Call, fn: FuncInst, sig: Signature, types: Type[], args: Val[]): ReadyCall {
	const plan = b.frame.plan.inlined.get(e.id);
	if (plan !== undefined)
		return ready(b, sig, types, args, { k: "static", ref: { name: "", abi: 1 } }, fn, () => inlineCall(b, e, plan, args, null));
	return ready(b, sig, types, args, { k: "static", ref: b.p.funcRef(fn) }, fn, null);
}

/** Calls of system calls and of assembly keep the pointers alive that their uintptr arguments were made from. */
function keepsUintptrs(fn: FuncInst): boolean {
	return fn.pragmas.uintptrkeepalive || fn.pragmas.uintptrescapes || (fn.decl !== null && !fn.decl.hasBody);
}

function keeping(b: Builder, r: ReadyCall, keep: readonly number[] | null): ReadyCall {
	if (keep === null || keep.length === 0) return r;
	const run = (): Val[] => {
		const out = r.run();
		for (const p of keep) b.v(OpKeepAlive, T.Void, [p]);
		return out;
	};
	return { ...r, keep, run };
}

/** The pointer in uintptr(unsafe.Pointer(p)). */
function pointerOfUintptr(b: Builder, e0: Expr): Expr | null {
	const e = unparen(e0);
	if (e.kind !== Kind.Call || e.args.length !== 1) return null;
	const tv = b.p.build.info.types.get(e.fun);
	if (tv === undefined || tv.mode !== Mode.TypExpr || u(b.subst(tv.type)) !== b.p.types.uintptr) return null;
	const t = u(b.typeOf(e.args[0]));
	return t.kind === TypeKind.Basic && t.basic === 18 ? e.args[0] : null;
}

/** x.M(args): evaluates x first, follows embedded fields, takes its address or dereferences it as the method wants. */
function methodCall(b: Builder, e: Call, s: Selector, sel: Selection): ReadyCall {
	const m = b.p.selectMethod(sel, b.frame.fn.subst);
	noteReflection(b, m.method);
	const params = argTypes(m.fn === null ? (b.subst(objType(m.method)) as Signature) : m.fn.sig, e);
	// The receiver may be behind a pointer.
	callsFirst(b, [s.x, ...e.args], [null, ...params], !isFixed(b, s.x) || u(b.typeOf(s.x)).kind === TypeKind.Pointer);
	const r = methodReceiver(b, s.x, m.index, m.fn, m.method);
	if (m.fn !== null) {
		const sig = m.fn.sig;
		const keep = keepsUintptrs(m.fn) ? [] : null;
		const { args, types } = callArgs(b, e, sig, keep);
		args.unshift(r.val);
		types.unshift(r.type);
		const quick = intrinsic(b, m.fn, e, args);
		if (quick !== null) return ready(b, sig, types, args, null, m.fn, () => quick());
		return keeping(b, staticCall(b, e, m.fn, sig, types, args), keep);
	}
	const direct = b.frame.plan.direct.get(e.id);
	if (direct !== undefined) return directCall(b, e, direct, r.val);
	const sig = objType(m.method) as Signature;
	const { args, types } = callArgs(b, e, b.subst(sig) as Signature);
	b.pos = e.pos;
	return interCall(b, r.val, r.type, m.method, args, types);
}

/** An interface call whose method is certain. */
function directCall(b: Builder, e: Call, m: DirectMethod, recv: Val): ReadyCall {
	b.nilCheck(recv.part(0));
	const r = receiverFrom(b, { k: "val", val: unpackData(b, m.type, recv.part(1)), type: m.type }, m.index, m.fn, m.method);
	const keep = keepsUintptrs(m.fn) ? [] : null;
	const { args, types } = callArgs(b, e, m.fn.sig, keep);
	args.unshift(r.val);
	types.unshift(r.type);
	b.pos = e.pos;
	return keeping(b, staticCall(b, e, m.fn, m.fn.sig, types, args), keep);
}

/** A call of method m of the interface value recv. */
export function interCall(b: Builder, recv: Val, it: Type, m: Func, args: Val[], types: Type[]): ReadyCall {
	const i = methodIndexOf(b, it, m);
	b.p.ifaceMethodUsed(m);
	b.out.marks.push({ func: b.f.name, kind: RelocKind.UseIfaceMethod, sym: b.p.typeSym(it).name, add: i });
	b.nilCheck(recv.part(0));
	const code = itabMethod(b, recv.part(0), i);
	const sig = b.subst(objType(m)) as Signature;
	const plain = b.p.interSig(sig);
	return ready(b, plain, [b.p.types.unsafePtr, ...types], [Val.of(recv.part(1)), ...args], { k: "inter", code }, null, null);
}

/**
 * Method and MethodByName of reflect.Type and reflect.Value can reach any exported method of any type in an interface.
 * In reflect itself their implementations are alive anyway and do not count.
 */
export function noteReflection(b: Builder, m: Func): void {
	if (m.name !== "Method" && m.name !== "MethodByName") return;
	if (b.fn.unit.pkg.path === "reflect" && /\.(Method|MethodByName)$/.test(b.f.name)) return;
	const sig = objType(m) as Signature;
	if (sig.params.vars.length !== 1 || sig.results.vars.length < 1 || sig.results.vars.length > 2) return;
	const p = objType(sig.params.vars[0]);
	if (p.kind !== TypeKind.Basic || p.basic !== (m.name === "Method" ? 2 : 17)) return;
	const r = objType(sig.results.vars[0]);
	if (r.kind !== TypeKind.Named || r.obj.pkg?.path !== "reflect" || (r.obj.name !== "Method" && r.obj.name !== "Value")) return;
	b.f.symFlags |= SymFlag.ReflectMethod;
	b.p.reflectMethodUsed();
}

/** The receiver that a method gets from operand x. */
export function methodReceiver(b: Builder, x: Expr, index: readonly number[], fn: FuncInst | null, m: Func): { val: Val; type: Type } {
	return receiverFrom(b, place(b, x), index, fn, m);
}

export function receiverFrom(b: Builder, base: Place, index: readonly number[], fn: FuncInst | null, m: Func): { val: Val; type: Type } {
	const pl = pathPlace(b, base, index.slice(0, -1));
	if (fn === null) return { val: readPlace(b, pl), type: pl.type };
	const want = objType((fn.sig.recv ?? b.fail(`${m.name} has no receiver`)) as never);
	const wantPtr = u(want).kind === TypeKind.Pointer && !isInterface(want);
	const have = u(pl.type);
	if (wantPtr) {
		if (have.kind === TypeKind.Pointer) return { val: readPlace(b, pl), type: want };
		return { val: Val.of(pl.k === "val" ? b.inMemory(pl.type, pl.val) : placeAddr(b, pl)), type: want };
	}
	if (have.kind === TypeKind.Pointer && u(want).kind !== TypeKind.Pointer) {
		const ptr = readPlace(b, pl).one;
		b.nilCheck(ptr);
		return { val: b.stabilise(want, b.loadVal(want, ptr, 0)), type: want };
	}
	return { val: b.stabilise(want, readPlace(b, pl)), type: want };
}

/** What each argument expression is converted to. */
function argTypes(sig: Signature, e: Call): Type[] {
	const types = sig.params.vars.map((v) => objType(v));
	const n = types.length;
	if (!sig.variadic || e.hasDots) return types;
	const elem = (u(types[n - 1]) as Slice).elem;
	return e.args.map((_, i) => (i < n - 1 ? types[i] : elem));
}

/** Evaluates arguments for the parameters of sig (receiver apart), packing variadic ones. */
export function callArgs(b: Builder, e: Call, sig: Signature, keep: number[] | null = null): { args: Val[]; types: Type[] } {
	const types = sig.params.vars.map((v) => objType(v));
	const n = types.length;
	let vals: (() => Val)[];
	let froms: Type[] | null = null;
	if (e.args.length === 1 && isTuple(b, e.args[0])) {
		const m = multiExpr(b, e.args[0]);
		froms = m.types;
		vals = m.vals.map((v) => () => v);
	} else {
		vals = [];
		callsFirst(b, e.args, argTypes(sig, e));
	}
	const count = froms === null ? e.args.length : vals.length;
	const arg = (i: number, t: Type): Val => {
		const kept = keep === null || froms !== null ? null : pointerOfUintptr(b, e.args[i]);
		if (kept !== null) {
			const p = expr(b, kept).one;
			keep?.push(p);
			return Val.of(b.ptrToInt(p));
		}
		const v = froms === null ? exprTo(b, e.args[i], t) : convert(b, vals[i](), froms[i], t);
		return i === count - 1 && !sig.variadic ? v : b.stabilise(t, v);
	};
	const args: Val[] = [];
	if (!sig.variadic || e.hasDots) {
		for (let i = 0; i < n; i++) args.push(arg(i, types[i]));
		return { args, types };
	}
	for (let i = 0; i < n - 1; i++) args.push(arg(i, types[i]));
	const elem = (u(types[n - 1]) as Slice).elem;
	const rest: Val[] = [];
	for (let i = n - 1; i < count; i++) rest.push(arg(i, elem));
	args.push(variadicSlice(b, types[n - 1], elem, rest, b.frame.plan.siteOnHeap(e.id)));
	return { args, types };
}

function variadicSlice(b: Builder, t: Type, elem: Type, vals: readonly Val[], onHeap: boolean): Val {
	if (vals.length === 0) return b.zeroVal(t);
	const at = b.p.types.arrayOf(elem, vals.length);
	const size = b.layout.size(elem);
	const ptr = onHeap ? newObject(b, at) : b.temp(at, ".args");
	vals.forEach((v, i) => {
		b.storeVal(elem, ptr, i * size, v, !onHeap);
	});
	const n = b.i64(vals.length);
	return Val.of(ptr, n, n);
}

/** A call under the callee's own ABI: assembly of the stack ABI is called directly (systemstack must see no frame between). */
function callTarget(b: Builder, target: Target, sig: Signature, args: readonly Val[]): Val[] {
	if (target.k === "static" && target.ref.abi === 1 && b.p.isStackAsm(target.ref.name)) {
		return emitCall(b, { k: "static", ref: { name: target.ref.name, abi: 0 } }, callSigOf(b.layout, sig, 0), args);
	}
	return emitCall(b, target, b.p.abiOf(sig), args);
}

/** Emits the transfer: stack arguments, the call, results. */
export function emitCall(b: Builder, target: Target, abi: AbiLayout, args: readonly Val[]): Val[] {
	if (args.length !== abi.params.length) b.fail(`call with ${args.length} arguments for ${abi.params.length}`);
	const scalars: number[] = [];
	let aux: CallAux;
	const head: number[] = [];
	let op: number;
	switch (target.k) {
		case "static":
			op = OpCall;
			aux = { target: target.ref, sig: abi.sig, noreturn: isNoReturn(target.ref) };
			break;
		case "closure":
			op = OpCallClosure;
			b.nilCheck(target.fn);
			head.push(b.load(T.Addr, target.fn), target.fn);
			aux = { target: null, sig: abi.sig, noreturn: false };
			break;
		case "inter":
			op = OpCallInter;
			head.push(target.code);
			aux = { target: null, sig: abi.sig, noreturn: false };
			break;
	}
	abi.params.forEach((p, i) => {
		if (p.count > 0) scalars.push(...b.scalars(p.type, args[i]));
	});
	abi.params.forEach((p, i) => {
		if (p.mem >= 0) storeOutArg(b, p, args[i]);
	});
	const call = b.v(op, abi.sig.results.length === 0 ? T.Void : T.Tuple, [...head, ...scalars], 0n, b.f.newAux(aux));
	const res = abi.sig.results.map((r, i) => b.v(OpResult, r.type, [call], BigInt(i)));
	if (aux.noreturn) {
		b.exit();
	}
	return abi.results.map((r) => callResult(b, r, res));
}

function storeOutArg(b: Builder, p: ParamLoc, v: Val): void {
	const to = b.v(OpOutArgAddr, T.Addr, [], BigInt(p.mem));
	const n = b.layout.size(p.type);
	if (v.parts !== null) {
		const leaves = b.layout.parts(p.type);
		leaves.forEach((l, i) => {
			b.v(OpStoreNoWB, T.Void, [to, (v.parts as readonly number[])[i]], BigInt(l.off));
		});
		return;
	}
	b.v(OpMove, T.Void, [to, b.offPtr(v.ptr, v.off)], BigInt(n));
}

function callResult(b: Builder, r: ParamLoc, res: readonly number[]): Val {
	const parts = res.slice(r.first, r.first + r.count);
	b.markLengths(r.type, parts);
	if (r.mem < 0) {
		if (b.layout.isSsa(r.type)) return Val.list(parts);
		const tmp = b.temp(r.type, ".result");
		b.storeVal(r.type, tmp, 0, Val.list(parts), true);
		return Val.mem(tmp, 0, true);
	}
	const tmp = b.temp(r.type, ".result");
	const from = b.v(OpOutArgAddr, T.Addr, [], BigInt(r.mem));
	b.v(OpMove, T.Void, [tmp, from], BigInt(b.layout.size(r.type)));
	return Val.mem(tmp, 0, true);
}

function isNoReturn(ref: SymRef): boolean {
	return ref.name === "runtime.throw" || ref.name === "runtime.fatal" || ref.name === "runtime.gopanic" || ref.name === "runtime.block";
}

/** Calls a static function with Go values. */
export function callFunc(b: Builder, fn: FuncInst, args: readonly Val[]): Val[] {
	return callTarget(b, { k: "static", ref: b.p.funcRef(fn) }, fn.sig, args);
}
