// Functions: entry, parameters, results, returns; inlined calls.

import { SymFlag } from "#object";
import { type Block, type Call, Kind } from "#syntax";
import { type Signature, type Type, type Var, VarKind } from "#types";
import {
	BlockKind,
	type Func,
	OpArg,
	OpGetClosurePtr,
	OpInlMark,
	OpReturn,
	OpSlotAddr,
	OpStoreNoWB,
	OpZero,
	T,
	OpLoad,
	OpMove,
	OpOffPtr,
	OpStore,
	type DwarfVarInfo,
	removeUnreachable,
	sizeOfT,
} from "#ssa";
import type { AbiLayout } from "../abi.ts";
import { argInfo } from "../arginfo.ts";
import { isRuntimePkg } from "../pragma.ts";
import { type FuncInst, type Plan, Product, type Program } from "../program.ts";
import { Builder, Val } from "./builder.ts";
import { bindCaptures } from "./closure.ts";
import { deferExit, finishDefers, setupDefers } from "./defer.ts";
import { bodyVars, capturedByValue, capturesOf, factsOf, topOf } from "./facts.ts";
import { Frame, type Loc } from "./frame.ts";
import { newObject } from "./iface.ts";
import { isStaticInit } from "./init.ts";
import { locPlace, readPlace, writePlace } from "./place.ts";
import { bindKnown, type Known, knownArgs, noteResult } from "./known.ts";
import { bindRangeFunc, enterLoopBody, rangeExtras } from "./rangefunc.ts";
import { block } from "./stmt.ts";

/** Builds the SSA of a function with a body. */
export function compileInst(p: Program, fn: FuncInst): Product {
	const body = p.bodyOf(fn);
	if (body === null) throw new Error(`${fn.name} has no body`);
	const out = new Product(fn.unit.pkg.path);
	const abi = p.abiOf(fn.sig);
	const pos = fn.decl?.name.pos ?? fn.lit?.pos ?? 0;
	const b = new Builder(p, out, fn, fn.name, abi.sig, pos);
	const facts = factsOf(p, fn);
	b.frame = new Frame(fn, p.planner.plan(fn), facts, null, null, -1);
	setFlags(b.f, fn);
	b.f.argInfo = argInfo(b.layout, abi);
	const loop = fn.lit !== null && fn.lit.kind === Kind.For ? fn.lit : null;
	const extras = fn.lit === null ? [] : bindCaptures(b, capturesOf(facts, fn.lit), loop === null ? [] : rangeExtras(b, fn));
	const args = incomingArgs(b, abi);
	if (loop === null) bindParams(b, abi, args);
	setupDefers(b, body);
	if (loop === null) bindResults(b, abi);
	if (loop !== null) bindRangeFunc(b, loop, extras, args);
	block(b, p.syntheticBodies.has(fn) ? body.list.filter((s) => !isStaticInit(p, s)) : body.list);
	b.pos = body.rbrace;
	if (loop !== null) b.frame.rangeBody?.finish(b);
	else returnNow(b, abi);
	finishDefers(b);
	finish(b);
	out.funcs.push(b.f);
	return out;
}

/** Seals everything and notes which slots have their address taken. */
export function finish(b: Builder): void {
	const f = b.f;
	for (const blk of f.blocks) if (blk.kind === BlockKind.Open) blk.kind = BlockKind.Exit;
	b.ssa.finish();
	b.dropLimbo();
	removeUnreachable(f);
	for (const blk of f.blocks) {
		for (const v of blk.values) markUses(b, v);
	}
	f.slots.forEach((s, i) => {
		const t = b.slotTypes[i];
		if (s.addrTaken && s.ptrmask !== null && t !== null && t !== undefined && s.gcSym === "") s.gcSym = b.p.descriptors.gcMask(t).name;
	});
}

/** A slot's address that is used as more than the address of a load or store. */
function markUses(b: Builder, v: number): void {
	const f = b.f;
	const op = f.op[v];
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		let a = f.arg(v, i);
		while (f.op[a] === OpOffPtr) a = f.arg(a, 0);
		if (f.op[a] !== OpSlotAddr) continue;
		const direct =
			op === OpLoad || op === OpZero || op === OpMove || op === OpOffPtr || ((op === OpStore || op === OpStoreNoWB) && i === 0);
		if (!direct) f.slots[f.int(a)].addrTaken = true;
	}
}

export function setFlags(f: Func, fn: FuncInst): void {
	const pr = fn.pragmas;
	if (pr.nosplit) f.symFlags |= SymFlag.Nosplit;
	if (pr.systemstack) f.symFlags |= SymFlag.SystemStack;
	if (pr.nowritebarrierrec) f.symFlags |= SymFlag.NoWriteBarrierRec;
	if (pr.yeswritebarrierrec) f.symFlags |= SymFlag.YesWriteBarrierRec;
	// on the path from a panic to a deferred function that recovers, as runtime.reflectcall is
	if (fn.name === "reflect.callReflect" || fn.name === "reflect.callMethod") f.symFlags |= SymFlag.Wrapper;
	if (topOf(fn).subst !== null) f.symFlags |= SymFlag.Dupok;
	const path = fn.unit.pkg.path;
	f.unsafePoints = isRuntimePkg(path) || pr.nosplit;
	f.noWriteBarrier = pr.nowritebarrier;
}

/** The scalars or slots in which arguments arrive, by parameter. */
export function incomingArgs(b: Builder, abi: AbiLayout): Val[] {
	const scalars = abi.sig.args.map((a, i) => b.v(OpArg, a.type, [], BigInt(i)));
	return abi.params.map((p) => {
		if (p.mem >= 0) {
			const slot = b.newSlot(p.type, "arg");
			b.f.slots[slot].argOffset = p.mem;
			return Val.mem(b.slotAddr(slot), 0, true);
		}
		const parts = scalars.slice(p.first, p.first + p.count);
		b.markLengths(p.type, parts);
		return bigRegs(b, p.type, Val.list(parts));
	});
}

function bindParams(b: Builder, abi: AbiLayout, vals: readonly Val[]): void {
	const { params } = bodyVars(b.fn);
	params.forEach((v, i) => {
		const p = abi.params[i];
		if (v.name === "_" || v.name === "") {
			nameless(b, v, i, p, vals[i]);
			return;
		}
		if (p.mem >= 0 && !needsHeap(b, v)) {
			const loc: Loc = { k: "slot", slot: slotOf(b, vals[i].ptr), type: p.type };
			b.frame.vars.set(v, loc);
			describe(b, v, loc);
			return;
		}
		if (b.noOpt && needsHeap(b, v)) showArgument(b, v.name, v.pos, p, vals[i]);
		if (declare(b, v, vals[i]).k === "slot") arrives(b, p);
	});
}

/** Where an argument is that the code looks at elsewhere or not at all, for debuggers: they count arguments, and set those of calls. */
function showArgument(b: Builder, name: string, pos: number, p: AbiLayout["params"][number], val: Val): void {
	if (p.mem >= 0) {
		describeAs(b, name, "param", pos, { k: "slot", slot: slotOf(b, val.ptr), type: p.type }, -1);
		return;
	}
	const slot = b.newSlot(p.type, name);
	b.slotDef(slot);
	b.storeVal(p.type, b.slotAddr(slot), 0, val, true);
	describeAs(b, name, "param", pos, { k: "slot", slot, type: p.type }, -1);
	arrives(b, p);
}

/** The parameter that was described last is in its slot only when the prologue has put it there. */
function arrives(b: Builder, p: AbiLayout["params"][number]): void {
	const v = b.f.vars[b.f.vars.length - 1];
	if (v.pieces.length === p.count) v.firstArg = p.first;
}

/** A parameter without name: debuggers count them. */
function nameless(b: Builder, v: Var, i: number, p: AbiLayout["params"][number], val: Val): void {
	if (v.varKind === VarKind.Recv) return;
	const { params } = bodyVars(b.fn);
	const name = `~p${params[0].varKind === VarKind.Recv ? i - 1 : i}`;
	if (p.mem >= 0 || b.noOpt) return showArgument(b, name, v.pos, p, val);
	if (val.parts === null || !b.layout.isSsa(p.type)) return;
	const vars = b.layout.parts(p.type).map((l) => b.ssa.newVar(l.t));
	b.writeVars(vars, val.parts);
	describeAs(b, name, "param", v.pos, { k: "ssa", vars, type: p.type }, -1);
}

function slotOf(b: Builder, addr: number): number {
	return b.f.int(addr);
}

/** A value that is in memory in the builder but arrived in registers. */
function bigRegs(b: Builder, t: Type, v: Val): Val {
	if (v.parts === null || b.layout.isSsa(t)) return v;
	const ptr = b.temp(t, "arg");
	b.storeVal(t, ptr, 0, v, true);
	return Val.mem(ptr, 0, true);
}

/** The variable's address is taken, or a literal refers to the variable itself. */
export function needsMemory(b: Builder, v: Var): boolean {
	const facts = b.frame.facts;
	if (facts.addrTaken.has(v)) return true;
	return facts.captured.has(v) && !capturedByValue(facts, v, b.layout.size(b.varType(v)));
}

/** Variables bigger than this do not go on the stack (ir.MaxStackVarSize). */
const MaxStackVar = 128 << 10;

function needsHeap(b: Builder, v: Var): boolean {
	if (b.layout.size(b.varType(v)) > MaxStackVar) return true;
	return needsMemory(b, v) && b.frame.plan.varOnHeap(v);
}

/** Gives a variable its place and first value; null = zero. */
export function declare(b: Builder, v: Var, init: Val | null): Loc {
	const type = b.varType(v);
	let loc: Loc;
	if (needsHeap(b, v)) {
		const mem = newObject(b, type);
		if (init !== null) b.storeVal(type, mem, 0, init);
		const ptr = b.ssa.newVar(T.Ptr);
		b.ssa.write(ptr, b.cur, mem);
		loc = { k: "ptr", ptr, type };
	} else if (b.layout.isSsa(type) && !b.noOpt && !needsMemory(b, v)) {
		const vars = b.layout.parts(type).map((l) => b.ssa.newVar(l.t));
		b.writeVars(vars, (init ?? b.zeroVal(type)).parts as readonly number[]);
		loc = { k: "ssa", vars, type };
	} else {
		const slot = b.newSlot(type, v.name);
		b.slotDef(slot);
		const at = b.slotAddr(slot);
		if (init === null) b.zero(type, at, 0);
		else b.storeVal(type, at, 0, init, true);
		loc = { k: "slot", slot, type };
	}
	b.frame.vars.set(v, loc);
	describe(b, v, loc);
	return loc;
}

/** Tells debuggers where a variable is. */
function describe(b: Builder, v: Var, loc: Loc): void {
	if (v.name === "" || v.name === "_") return;
	const isParam = v.varKind === VarKind.Param || v.varKind === VarKind.Recv;
	// Without optimizations the argument itself is described too.
	const moved = b.noOpt && loc.k === "ptr";
	const kind = v.varKind === VarKind.Result ? "result" : isParam && !moved ? "param" : "local";
	describeAs(b, v.name, kind, v.pos, loc, -1);
}

/**
 * closureOffset: of captured variables, where the closure object holds them. What is behind a pointer is described by the
 * pointer, under the name that debuggers expect.
 */
export function describeAs(b: Builder, name: string, kind: DwarfVarInfo["kind"], declPos: number, loc: Loc, closureOffset: number): void {
	const f = b.f;
	const behind = loc.k === "ptr";
	const type = behind ? b.p.types.pointerTo(loc.type) : loc.type;
	const index = f.vars.length;
	f.vars.push({
		name: behind ? `&${name}` : name,
		type: b.p.debugType(type),
		kind,
		declPos,
		scope: b.scope,
		inlined: b.frame.inl,
		closureOffset,
		size: b.layout.size(type),
		pieces: b.layout.of(type).leaves?.map((p) => ({ off: p.off, size: sizeOfT[p.t] })) ?? [],
		firstArg: -1,
	});
	if (loc.k === "ssa") loc.vars.forEach((v, k) => show(b, v, (index << 8) | k));
	else if (loc.k === "ptr" && !b.noOpt) show(b, loc.ptr, index << 8);
	if (loc.k === "slot") f.slots[loc.slot].dwarfVar = index;
	else if (b.noOpt && loc.k === "ptr") {
		const slot = b.newSlot(type, `&${name}`);
		// nothing reads it but debuggers: it must follow the stack when that moves
		f.slots[slot].addrTaken = true;
		b.slotTypes[slot] = null;
		f.slots[slot].dwarfVar = index;
		b.slotDef(slot);
		b.storeVal(type, b.slotAddr(slot), 0, Val.of(b.ssa.read(loc.ptr, b.cur)), true);
		loc.shown = slot;
	}
}

function show(b: Builder, variable: number, tag: number): void {
	const now = b.ssa.read(variable, b.cur);
	b.ssa.show(variable, tag);
	b.ssa.note(tag, b.cur, now);
}

function bindResults(b: Builder, abi: AbiLayout): void {
	const { results } = bodyVars(b.fn);
	b.frame.results = results.map((v, i) => {
		const r = abi.results[i];
		const named = v.name !== "" && v.name !== "_";
		if (named && needsHeap(b, v)) return declare(b, v, null);
		let loc: Loc;
		if (r.mem >= 0 || b.noOpt || b.defers !== null || !b.layout.isSsa(r.type) || (named && needsMemory(b, v))) {
			const slot = b.newSlot(r.type, named ? v.name : "~r");
			if (r.mem >= 0) b.f.slots[slot].argOffset = r.mem;
			else b.slotDef(slot);
			b.zero(r.type, b.slotAddr(slot), 0);
			loc = { k: "slot", slot, type: r.type };
		} else {
			const vars = b.layout.parts(r.type).map((l) => b.ssa.newVar(l.t));
			b.writeVars(vars, b.zeroVal(r.type).parts as readonly number[]);
			loc = { k: "ssa", vars, type: r.type };
		}
		if (named) b.frame.vars.set(v, loc);
		if (named) describeAs(b, v.name, "result", v.pos, loc, -1);
		// Debuggers that call the function count its results, wherever they are.
		else describeAs(b, `~r${i}`, "result", b.f.pos, b.noOpt ? loc : { k: "ssa", vars: [], type: r.type }, -1);
		return loc;
	});
}

/** Leaves the function: deferred calls, then the results as they are now. */
export function returnNow(b: Builder, abi: AbiLayout = b.p.abiOf(b.fn.sig)): void {
	if (b.dead) return;
	if (b.frame.retBlock >= 0) {
		b.jump(b.frame.retBlock);
		return;
	}
	if (b.defers !== null) deferExit(b);
	emitReturn(b, abi);
}

/** Loads the results from their places and returns. */
export function emitReturn(b: Builder, abi: AbiLayout): void {
	const root = rootFrame(b.frame);
	const scalars: number[] = [];
	root.results.forEach((loc, i) => {
		const r = abi.results[i];
		if (r.mem >= 0) {
			if (loc.k === "slot" && b.f.slots[loc.slot].argOffset === r.mem) return;
			const slot = b.newSlot(r.type, "~r");
			b.f.slots[slot].argOffset = r.mem;
			b.storeVal(r.type, b.slotAddr(slot), 0, readPlace(b, locPlace(b, loc)), true);
			return;
		}
		scalars.push(...b.scalars(r.type, readPlace(b, locPlace(b, loc))));
	});
	b.v(OpReturn, T.Void, scalars);
	b.endRet();
}

export function rootFrame(f: Frame): Frame {
	let r = f;
	while (r.caller !== null) r = r.caller;
	return r;
}

/** Assigns return values to the results. */
export function setResults(b: Builder, vals: readonly Val[]): void {
	const locs = b.frame.results;
	const stable = vals.length > 1 ? vals.map((v, i) => b.stabilise(locs[i].type, v)) : vals;
	// the statement has not run yet where it has no code before the results are there: debuggers see them as they were
	b.ssa.muted = true;
	stable.forEach((v, i) => {
		writePlace(b, locPlace(b, locs[i]), v);
	});
	b.ssa.muted = false;
}

/** Walks the body of a function in place of a call. lexical: the frame around an inlined literal. */
export function inlineCall(b: Builder, e: Call, plan: Plan, args: readonly Val[], lexical: Frame | null): Val[] {
	const fn = plan.fn;
	const body = b.p.bodyOf(fn);
	if (body === null) return b.fail(`inlined ${fn.name} has no body`);
	const known = fn.sig.variadic ? [] : knownArgs(b, e);
	const saved = enterInlined(b, fn, plan, lexical, e.pos);
	const { frame } = b;
	const { params, results } = bodyVars(fn);
	params.forEach((v, i) => {
		if (v.name !== "_" && v.name !== "") declare(b, v, b.stabilise(b.varType(v), args[i]));
	});
	bindKnown(frame, params, known);
	const vals = inlineBody(b, body, results);
	leaveInlined(b, saved);
	noteResult(b, e, frame, saved.frame);
	return vals;
}

/** Walks the body of a known function in place of a call. funcs: the known functions among the arguments, or the body of a loop. */
export function inlineKnown(b: Builder, k: Known, pos: number, args: readonly Val[], funcs: readonly (Known | null)[]): Val[] {
	const saved = enterInlined(b, k.fn, k.frame.plan, k.frame, pos);
	const { frame } = b;
	let vals: Val[];
	if (k.lit.kind === Kind.For) {
		frame.results = [tempLoc(b, b.p.types.bool)];
		frame.retBlock = b.newBlock();
		enterLoopBody(b, k, args);
		block(b, k.lit.body.list);
		b.pos = k.lit.body.rbrace;
		frame.rangeBody?.finish(b);
		b.start(frame.retBlock);
		vals = frame.results.map((l) => readPlace(b, locPlace(b, l)));
	} else {
		const { params, results } = bodyVars(k.fn);
		params.forEach((v, i) => {
			if (i < args.length && v.name !== "_" && v.name !== "") declare(b, v, b.stabilise(b.varType(v), args[i]));
		});
		bindKnown(frame, params, funcs);
		vals = inlineBody(b, k.lit.body, results);
	}
	leaveInlined(b, saved);
	return vals;
}

interface Outside {
	frame: Frame;
	inl: number;
	pos: number;
	scope: number;
}

function enterInlined(b: Builder, fn: FuncInst, plan: Plan, lexical: Frame | null, callPos: number): Outside {
	const saved = { frame: b.frame, inl: b.inl, pos: b.pos, scope: b.scope };
	b.f.inlined.push({ parent: b.inl, func: fn.name, declPos: fn.decl?.name.pos ?? fn.lit?.pos ?? 0, callPos });
	const inl = b.f.inlined.length - 1;
	b.v(OpInlMark, T.Void, [], BigInt(inl));
	b.frame = new Frame(fn, plan, factsOf(b.p, fn), saved.frame, lexical, inl);
	b.inl = inl;
	b.scope = b.f.scopes.push({ parent: -1, pos: 0, end: 0, inl }) - 1;
	return saved;
}

function leaveInlined(b: Builder, saved: Outside): void {
	b.frame = saved.frame;
	b.inl = saved.inl;
	b.pos = saved.pos;
	b.scope = saved.scope;
}

/** Walks the statements of an inlined function whose parameters are bound. */
function inlineBody(b: Builder, body: Block, results: readonly Var[]): Val[] {
	const { frame } = b;
	frame.results = results.map((v) => {
		const named = v.name !== "" && v.name !== "_";
		if (named) return declare(b, v, null);
		const type = b.varType(v);
		return tempLoc(b, type);
	});
	frame.retBlock = b.newBlock();
	block(b, body.list);
	b.jump(frame.retBlock);
	b.start(frame.retBlock);
	const vals = frame.results.map((l) => {
		const v = readPlace(b, locPlace(b, l));
		return v.parts === null ? Val.mem(v.ptr, v.off, true) : v;
	});
	return vals;
}

/** A place for an unnamed result. */
function tempLoc(b: Builder, type: Type): Loc {
	if (b.layout.isSsa(type)) {
		const vars = b.layout.parts(type).map((l) => b.ssa.newVar(l.t));
		b.writeVars(vars, b.zeroVal(type).parts as readonly number[]);
		return { k: "ssa", vars, type };
	}
	const slot = b.newSlot(type, "~r");
	b.slotDef(slot);
	b.zero(type, b.slotAddr(slot), 0);
	return { k: "slot", slot, type };
}

/** A function made by the compiler: no source, body built by `body` from its arguments; marked as wrapper. */
export function buildSynthetic(
	p: Program,
	out: Product,
	o: { name: string; fn: FuncInst; sig: Signature; pos: number; wrapper: boolean; frame: Frame | null },
	body: (b: Builder, args: Val[], abi: AbiLayout) => void,
): Func {
	const abi = p.abiOf(o.sig);
	const b = new Builder(p, out, o.fn, o.name, abi.sig, o.pos);
	b.frame = o.frame ?? new Frame(o.fn, noPlan(o.fn), factsOf(p, o.fn), null, null, -1);
	if (o.wrapper) b.f.symFlags |= SymFlag.Wrapper;
	setFlags(b.f, o.fn);
	b.f.symFlags &= ~SymFlag.Nosplit;
	b.f.argInfo = argInfo(b.layout, abi);
	body(b, incomingArgs(b, abi), abi);
	finish(b);
	out.funcs.push(b.f);
	return b.f;
}

export function noPlan(fn: FuncInst): Plan {
	return { fn, inlined: new Map(), direct: new Map(), varOnHeap: () => true, siteOnHeap: () => true, siteReadOnly: () => false };
}

/** The context pointer of the closure being built. */
export function closureContext(b: Builder): number {
	b.f.needCtxt = true;
	return b.v(OpGetClosurePtr, T.Ptr, []);
}
