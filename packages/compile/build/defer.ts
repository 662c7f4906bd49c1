// defer, go and recover. Deferred calls become closures without arguments. They run
// open-coded (at the returns, guarded by bits), from records on the stack, or from
// heap records when they are in loops.

import { type Block, type Call, type CallStmt, type Expr, Kind, type Node, unparen, walk } from "#syntax";
import { BuiltinId, Mode, ObjKind, type Type, TypeKind } from "#types";
import { BlockKind, OpAnd, OpKeepAlive, OpNe, OpOr, OpStoreNoWB, T } from "#ssa";
import { u } from "../subst.ts";
import { builtinArgs } from "./args.ts";
import { type Builder, Val } from "./builder.ts";
import { clearVal, printItems, printVals } from "./builtin.ts";
import { type ReadyCall, resolveCall, emitCall, type Target } from "./call.ts";
import { closureObject } from "./closure.ts";
import { topOf } from "./facts.ts";
import { buildSynthetic, closureContext, emitReturn } from "./func.ts";
import { exprTo, expr } from "./expr.ts";
import { runtimeField } from "./iface.ts";
import { copyVals } from "./slices.ts";

/** How the function's deferred calls are kept. */
export interface DeferState {
	open: boolean;
	/** Open-coded: slot of the bits (one byte) and of each closure; stmts in order of source. */
	bitsSlot: number;
	slots: number[];
	count: number;
	inLoop: Set<CallStmt>;
	/** Block that the runtime enters after a recovered panic; -1 = not made yet. */
	recoverBlock: number;
	/** Range-over-func: SSA variable with the token of deferrangefunc of the outermost function; -1 = none. */
	token: number;
}

interface Found {
	all: CallStmt[];
	inLoop: Set<CallStmt>;
	returns: number;
}

/** Deferred calls of a body, not of literals in it. */
function findDefers(b: Builder, body: Block): Found {
	const found: Found = { all: [], inLoop: new Set(), returns: 0 };
	const visit = (n: Node, loop: boolean): void => {
		walk(n, (x: Node) => {
			if (x === n) return true;
			if (x.kind === Kind.FuncLit) return false;
			if (x.kind === Kind.For) {
				visit(x, true);
				return false;
			}
			if (x.kind === Kind.Labeled && b.frame.facts.loopLabels.has(x.label.name)) loop = true;
			if (x.kind === Kind.Return) found.returns++;
			if (x.kind === Kind.CallStmt && x.tok === "defer") {
				found.all.push(x);
				if (loop) found.inLoop.add(x);
			}
			return true;
		});
	};
	visit(body, false);
	return found;
}

const MaxOpen = 8;

export function setupDefers(b: Builder, body: Block): void {
	if (b.fn.lit !== null && b.fn.lit.kind === Kind.For) return;
	const found = findDefers(b, body);
	if (found.all.length === 0) return;
	b.f.hasDefer = true;
	const open = !b.noOpt && found.inLoop.size === 0 && found.all.length <= MaxOpen && (found.returns + 1) * found.all.length <= 15;
	const d: DeferState = { open, bitsSlot: -1, slots: [], count: 0, inLoop: found.inLoop, recoverBlock: -1, token: -1 };
	b.defers = d;
	if (!open) return;
	d.bitsSlot = b.newSlot(b.p.types.basic(8), ".deferBits");
	b.slotDef(d.bitsSlot);
	b.store(b.slotAddr(d.bitsSlot), 0, b.int(T.I8, 0));
	for (let i = 0; i < found.all.length; i++) {
		const s = b.newSlot(b.p.types.unsafePtr, `.defer${i}`);
		b.slotDef(s);
		b.store(b.slotAddr(s), 0, b.nil());
		d.slots.push(s);
	}
	b.f.openDefers = { bitsSlot: d.bitsSlot, closureSlots: d.slots };
}

/** Ends the current block with an edge to the recovery path, which the runtime enters at deferreturn. */
export function deferPoint(b: Builder, d: DeferState): void {
	if (b.dead) return;
	const made = d.recoverBlock < 0;
	if (made) d.recoverBlock = b.newBlock();
	const next = b.newBlock();
	const blk = b.f.blocks[b.cur];
	blk.kind = BlockKind.Defer;
	blk.pos = b.pos;
	blk.inl = b.inl;
	b.f.addEdge(b.cur, next);
	b.f.addEdge(b.cur, d.recoverBlock);
	b.start(next);
}

/** Builds the recovery path; call once, when the body is done. */
export function finishDefers(b: Builder): void {
	const d = b.defers;
	if (d === null || d.recoverBlock < 0) return;
	b.start(d.recoverBlock);
	b.rt("deferreturn", []);
	for (const loc of b.frame.results) if (loc.k === "slot") b.v(OpKeepAlive, T.Void, [b.slotAddr(loc.slot)]);
	emitReturn(b, b.p.abiOf(b.fn.sig));
}

export function deferStmt(b: Builder, s: CallStmt): void {
	const d = b.defers;
	const call = unparen(s.call);
	if (call.kind !== Kind.Call) return b.fail("defer of no call");
	if (d === null) {
		if (b.frame.rangeBody !== null) return b.frame.rangeBody.deferIn(b, closureOf(b, call, "defer", true));
		return b.fail("defer in a function without defers");
	}
	const loop = d.inLoop.has(s);
	const fn = closureOf(b, call, "defer", loop);
	b.pos = s.pos;
	if (d.open) {
		const i = d.count++;
		b.store(b.slotAddr(d.slots[i]), 0, fn);
		const bits = b.slotAddr(d.bitsSlot);
		b.store(bits, 0, b.v(OpOr, T.I8, [b.load(T.I8, bits), b.int(T.I8, 1 << i)]));
		deferPoint(b, d);
		return;
	}
	if (loop) b.rt("deferproc", [fn]);
	else {
		const t = b.p.rtType("runtime", "_defer");
		const rec = b.temp(t, ".defer");
		b.zero(t, rec, 0);
		b.v(OpStoreNoWB, T.Void, [rec, fn], BigInt(runtimeField(b, "runtime", "_defer", "fn")));
		b.rt("deferprocStack", [rec]);
	}
	deferPoint(b, d);
}

/** At a return: runs the deferred calls. */
export function deferExit(b: Builder): void {
	const d = b.defers;
	if (d === null) return;
	if (!d.open) {
		b.rt("deferreturn", []);
		return;
	}
	for (let i = d.count - 1; i >= 0; i--) {
		const bits = b.slotAddr(d.bitsSlot);
		const old = b.load(T.I8, bits);
		const bit = b.int(T.I8, 1 << i);
		b.when(b.cmp(OpNe, b.v(OpAnd, T.I8, [old, bit]), b.int(T.I8, 0)), () => {
			b.store(bits, 0, b.v(OpAnd, T.I8, [old, b.int(T.I8, ~(1 << i))]));
			const fn = b.load(T.Ptr, b.slotAddr(d.slots[i]));
			callThunk(b, fn);
		});
	}
}

/** Calls a func(). */
export function callThunk(b: Builder, fn: number): void {
	emitCall(b, { k: "closure", fn }, b.p.abiOf(b.p.types.signature([], [])), []);
}

export function goStmt(b: Builder, s: CallStmt): void {
	const call = unparen(s.call);
	if (call.kind !== Kind.Call) return b.fail("go of no call");
	const fn = closureOf(b, call, "go", true);
	b.pos = s.pos;
	b.rt("newproc", [fn]);
}

/** A func() that makes the call with its operands evaluated now. */
function closureOf(b: Builder, e: Call, why: "go" | "defer", onHeap: boolean): number {
	const fun = unparen(e.fun);
	const tv = b.p.build.info.types.get(fun);
	if (tv !== undefined && tv.mode === Mode.Builtin) return builtinThunk(b, e, fun, why, onHeap);
	if (tv !== undefined && tv.mode === Mode.TypExpr) {
		const v = exprTo(b, e, b.typeOf(e));
		void v;
		return thunk(b, [], [], why, onHeap, () => {});
	}
	if (e.args.length === 0 && plainFuncType(b, fun)) {
		const lit = fun.kind === Kind.FuncLit;
		if (lit) return expr(b, fun).one;
		const fn = expr(b, fun).one;
		return fn;
	}
	const r: ReadyCall = resolveCall(b, e, false);
	const target: Target =
		r.fn !== null ? { k: "static", ref: b.p.funcRef(r.fn) } : (r.target ?? (b.fail("deferred call without target") as never));
	const types = [...r.types];
	const vals = [...r.args];
	if (target.k === "closure") {
		types.push(b.p.types.unsafePtr);
		vals.push(Val.of(target.fn));
	} else if (target.k === "inter") {
		types.push(b.p.types.unsafePtr);
		vals.push(Val.of(target.code));
	}
	const n = r.args.length;
	const sig = r.sig;
	const kept = types.length;
	for (const ptr of r.keep) {
		types.push(b.p.types.unsafePtr);
		vals.push(Val.of(ptr));
	}
	return thunk(b, types, vals, why, onHeap, (c, got) => {
		const to: Target =
			target.k === "static" ? target : target.k === "closure" ? { k: "closure", fn: got[n].one } : { k: "inter", code: got[n].one };
		emitCall(c, to, c.p.abiOf(sig), got.slice(0, n));
		for (const p of got.slice(kept)) c.v(OpKeepAlive, T.Void, [p.one]);
	});
}

/** Function values whose type is func() need no wrapper. */
function plainFuncType(b: Builder, fun: Expr): boolean {
	const t = b.p.build.info.typeOf(fun);
	if (t === null) return false;
	const s = u(b.subst(t));
	if (s.kind !== TypeKind.Signature || s.params.vars.length !== 0 || s.results.vars.length !== 0) return false;
	if (fun.kind === Kind.FuncLit) return true;
	const sel = fun.kind === Kind.Selector ? b.p.build.info.selections.get(fun) : undefined;
	return sel === undefined || sel.kind === 0;
}

/** A closure over vals whose code runs body with them. */
export function thunk(
	b: Builder,
	types: readonly Type[],
	vals: readonly Val[],
	why: "go" | "defer",
	onHeap: boolean,
	body: (c: Builder, got: Val[]) => void,
): number {
	const p = b.p;
	const owner = b.frame.fn;
	const name = `${b.f.name}.${why === "go" ? "gowrap" : "deferwrap"}${b.unique("wrap")}`;
	const struct = p.types.structOf([["F", p.types.uintptr], ...types.map((t, i): [string, Type] => [`X${i}`, t])]);
	const pos = b.pos;
	const sig = p.types.signature([], []);
	buildSynthetic(p, b.out, { name, fn: topOf(owner), sig, pos, wrapper: true, frame: null }, (c, _args, abi) => {
		const ctx = types.length > 0 ? closureContext(c) : 0;
		const got = types.map((t, i) => {
			const off = c.layout.fieldOffset(struct, i + 1);
			return c.layout.isSsa(t) ? c.loadVal(t, ctx, off) : Val.mem(ctx, off, true);
		});
		body(c, got);
		emitReturn(c, abi);
	});
	const ref = { name, abi: 1 as const };
	if (types.length === 0) return b.sym(p.funcVal(ref));
	return closureObject(b, ref, struct, vals, onHeap);
}

/** go and defer of predeclared functions: operands now, effect in the thunk. */
function builtinThunk(b: Builder, e: Call, fun: Expr, why: "go" | "defer", onHeap: boolean): number {
	const n = fun.kind === Kind.Selector ? fun.sel : fun;
	const obj = n.kind === Kind.Name ? b.p.build.info.objectOf(n) : null;
	if (obj === null || obj.kind !== ObjKind.Builtin) return b.fail("builtin without object");
	switch (obj.id) {
		case BuiltinId.Close: {
			const t = b.typeOf(e.args[0]);
			return thunk(b, [t], [expr(b, e.args[0])], why, onHeap, (c, got) => void c.rt("closechan", [got[0].one]));
		}
		case BuiltinId.Panic: {
			const t = b.p.types.emptyIface;
			const v = exprTo(b, e.args[0], t);
			return thunk(b, [t], [v], why, onHeap, (c, got) => void c.rt("gopanic", [got[0].part(0), got[0].part(1)]));
		}
		case BuiltinId.Recover:
			return thunk(b, [], [], why, onHeap, (c) => void c.rt("gorecover", []));
		case BuiltinId.Print:
		case BuiltinId.Println: {
			const items = printItems(b, e);
			const ln = obj.id === BuiltinId.Println;
			return thunk(
				b,
				items.map((i) => i.t),
				items.map((i) => i.v),
				why,
				onHeap,
				(c, got) => {
					printVals(
						c,
						got.map((v, i) => ({ t: items[i].t, v })),
						ln,
					);
				},
			);
		}
		case BuiltinId.Delete: {
			const [of, at] = builtinArgs(b, e);
			const mt = of.type;
			const m = u(mt);
			if (m.kind !== TypeKind.Map) return b.fail("delete of no map");
			const mv = of.value();
			const key = at.to(m.key);
			return thunk(b, [mt, m.key], [mv, key], why, onHeap, (c, got) => {
				c.rt("mapdelete", [c.typeWord(mt), got[0].one, c.inMemory(m.key, got[1])]);
			});
		}
		case BuiltinId.Copy: {
			const args = builtinArgs(b, e);
			const types = args.map((a) => a.type);
			const to = u(types[0]);
			if (to.kind !== TypeKind.Slice) return b.fail("copy to no slice");
			return thunk(
				b,
				types,
				args.map((a) => a.value()),
				why,
				onHeap,
				(c, got) => void copyVals(c, to.elem, got[0], got[1]),
			);
		}
		case BuiltinId.Clear: {
			const t = b.typeOf(e.args[0]);
			return thunk(b, [t], [expr(b, e.args[0])], why, onHeap, (c, got) => clearVal(c, t, got[0]));
		}
		default:
			return b.fail(`${why} of builtin ${obj.name}`);
	}
}

/** recover(). */
export function recoverCall(b: Builder): Val {
	const r = b.rt("gorecover", []);
	return Val.of(r[0], r[1]);
}
