// range over functions. The loop body becomes a closure that is passed to the
// function. What makes it leave the loop in other ways than by the next iteration
// goes through a control record in the frame of the function around the outermost
// loop: `next` says where to continue (0 = after the loop, -1 = return the values in
// the record, -2 = bare return, positive: a branch, numbered in source order), and
// the token for deferred calls. Each loop has a state word (internal/abi RF_State).

import { type Branch, type For, Kind, type Node, type RangeClause, type Return, type Stmt, walk } from "#syntax";
import { type Signature, type Struct, type Type, TypeKind, typeOf as objType } from "#types";
import { OpEq, OpNe, OpReturn, T } from "#ssa";
import { resultTypes } from "../abi.ts";
import type { FuncInst } from "../program.ts";
import { u } from "../subst.ts";
import { assign, declaredVar, exprList, isBlank, target } from "./assign.ts";
import { type Builder, Val } from "./builder.ts";
import { emitCall } from "./call.ts";
import { closureObject, closureShape, litInstOf } from "./closure.ts";
import { deferPoint } from "./defer.ts";
import { convert, expr } from "./expr.ts";
import { bodyVars, capturesOf } from "./facts.ts";
import { declare, describeAs, inlineKnown, returnNow, setResults } from "./func.ts";
import { newObject } from "./iface.ts";
import { callsOf, inlinesKnown, type Known, knownOf } from "./known.ts";
import { placeAddr, readPlace, varPlace } from "./place.ts";
import { labelBlock, returnValues } from "./stmt.ts";

const Done = 0;
const Ready = 1;
const Panic = 2;
const Exhausted = 3;
const MissingPanic = 4;

/** The function that contains the outermost loop. */
function ownerOf(fn: FuncInst): FuncInst {
	let f = fn;
	while (f.lit !== null && f.lit.kind === Kind.For && f.outer !== null) f = f.outer;
	return f;
}

function controlType(b: Builder, owner: FuncInst): Struct {
	const ts = b.p.types;
	const rs = resultTypes(owner.sig).map((t, i): [string, Type] => [`R${i}`, t]);
	return ts.structOf([["Next", ts.int], ["Defers", ts.emptyIface], ...rs]);
}

/** Hidden fields of a loop body's closure. */
export function rangeExtras(b: Builder, fn: FuncInst): [string, Type][] {
	const ts = b.p.types;
	return [
		["Ctl", ts.pointerTo(controlType(b, ownerOf(fn)))],
		["State", ts.pointerTo(ts.int)],
	];
}

interface Exit {
	tok: "break" | "continue" | "goto";
	to: Stmt;
	code: number;
}

/** Branches inside a loop's body (nested loop bodies included, literals not), numbered. */
function exitsOf(loop: For): Exit[] {
	const out: Exit[] = [];
	walk(loop.body, (n: Node) => {
		if (n.kind === Kind.FuncLit) return false;
		if (n.kind === Kind.Branch && n.tok !== "fallthrough" && n.target !== null) {
			const to = branchTarget(n);
			out.push({ tok: n.tok, to, code: n.id });
		}
		return true;
	});
	return out;
}

function branchTarget(n: Branch): Stmt {
	const t = n.target as Stmt;
	return n.tok !== "goto" && t.kind === Kind.Labeled ? t.stmt : t;
}

/** Whether the statements of a function's own body (not of range-over-func bodies in it) contain the label. */
function holdsLabel(b: Builder, label: Stmt): boolean {
	const body = b.p.bodyOf(b.frame.fn);
	let found = false;
	if (body === null) return false;
	walk(body, (n: Node) => {
		if (n.kind === Kind.FuncLit) return false;
		if (n === label) found = true;
		if (n.kind === Kind.For && n.init !== null && n.init.kind === Kind.RangeClause) {
			const t = b.p.build.info.typeOf(n.init.x);
			if (t !== null && u(b.subst(t)).kind === TypeKind.Signature) return false;
		}
		return !found;
	});
	return found;
}

function has(loop: For, what: (n: Node) => boolean): boolean {
	let found = false;
	walk(loop.body, (n: Node) => {
		if (n.kind === Kind.FuncLit) return false;
		if (what(n)) found = true;
		return !found;
	});
	return found;
}

/** The body of a loop while it is compiled as a function. */
export class RangeBody {
	readonly loop: For;
	/** SSA variables: pointers to the control record and to the loop's state. */
	readonly ctl: number;
	readonly state: number;
	readonly owner: FuncInst;

	constructor(loop: For, ctl: number, state: number, owner: FuncInst) {
		this.loop = loop;
		this.ctl = ctl;
		this.state = state;
		this.owner = owner;
	}

	private leave(b: Builder, state: number, go: boolean): void {
		b.store(b.ssa.read(this.state, b.cur), 0, b.i64(state));
		if (b.frame.retBlock >= 0) {
			setResults(b, [Val.of(b.bool(go))]);
			b.jump(b.frame.retBlock);
			return;
		}
		b.v(OpReturn, T.Void, [b.bool(go)]);
		b.endRet();
	}

	/** End of the body: the next iteration. */
	finish(b: Builder): void {
		if (!b.dead) this.leave(b, Ready, true);
	}

	stop(b: Builder): void {
		this.leave(b, Done, false);
	}

	private setNext(b: Builder, code: number): void {
		b.store(b.ssa.read(this.ctl, b.cur), 0, b.i64(code));
	}

	/** The label is outside of this body. */
	leavesTo(b: Builder, label: Stmt): boolean {
		return !holdsLabel(b, label);
	}

	/** A branch whose target is this loop or outside of it. */
	branchOut(b: Builder, s: Branch): void {
		const to = branchTarget(s);
		if (to === this.loop) {
			if (s.tok === "continue") this.finish(b);
			else this.stop(b);
			return;
		}
		this.setNext(b, s.id);
		this.stop(b);
	}

	returnOut(b: Builder, s: Return): void {
		const types = resultTypes(this.owner.sig);
		const vals = returnValues(b, s, types);
		if (vals !== null) {
			const ct = controlType(b, this.owner);
			const stable = vals.map((v, i) => b.stabilise(types[i], v));
			stable.forEach((v, i) => {
				b.storeVal(types[i], b.ssa.read(this.ctl, b.cur), b.layout.fieldOffset(ct, i + 2), v);
			});
		}
		this.setNext(b, vals === null ? -2 : -1);
		this.stop(b);
	}

	/** defer inside the loop: belongs to the function around it. */
	deferIn(b: Builder, fn: number): void {
		const ctl = b.ssa.read(this.ctl, b.cur);
		b.rt("deferprocat", [fn, b.load(T.Addr, ctl, 8), b.load(T.Ptr, ctl, 16)]);
	}
}

/** At the entry of a loop body: state check and loop variables. */
export function bindRangeFunc(b: Builder, loop: For, extras: readonly number[], args: readonly Val[]): void {
	const ctl = b.ssa.newVar(T.Ptr);
	const state = b.ssa.newVar(T.Ptr);
	b.ssa.write(ctl, b.cur, extras[0]);
	b.ssa.write(state, b.cur, extras[1]);
	startBody(b, b.fn, loop, ctl, state, args);
}

/** As bindRangeFunc, for a body that is inlined in the place of a call. */
export function enterLoopBody(b: Builder, k: Known, args: readonly Val[]): void {
	if (k.hidden === null || k.lit.kind !== Kind.For) return b.fail("not the body of a loop");
	startBody(b, k.fn, k.lit, k.hidden[0], k.hidden[1], args);
}

function startBody(b: Builder, fn: FuncInst, loop: For, ctl: number, stateVar: number, args: readonly Val[]): void {
	b.frame.rangeBody = new RangeBody(loop, ctl, stateVar, ownerOf(fn));
	b.pos = loop.pos;
	const state = b.ssa.read(stateVar, b.cur);
	const now = b.load(T.I64, state);
	b.store(state, 0, b.i64(Panic));
	b.when(b.cmp(OpNe, now, b.i64(Ready)), () => void b.rt("panicrangestate", [now]), -1);
	const c = loop.init as RangeClause;
	const params = fn.sig.params.vars;
	exprList(c.lhs).forEach((e, i) => {
		if (isBlank(e)) return;
		const from = objType(params[i]);
		const v = declaredVar(b, e, c.def);
		if (v !== null) declare(b, v, convert(b, args[i], from, b.varType(v)));
		else {
			const t = target(b, e);
			if (t.k !== "blank") assign(b, t, convert(b, args[i], from, t.type));
		}
	});
}

/** Debuggers find this frame from the body's by the closure. */
function showClosure(b: Builder, s: For, type: Type, closure: Val): void {
	const slot = b.newSlot(type, "#yield");
	b.slotDef(slot);
	b.storeVal(type, b.slotAddr(slot), 0, closure, true);
	b.f.slots[slot].addrTaken = true;
	b.slotTypes[slot] = null;
	describeAs(b, `#yield${b.unique("yield")}`, "local", s.pos, { k: "slot", slot, type }, -1);
}

/** for x := range f {…}, in the function around it. */
export function rangeFunc(b: Builder, s: For, c: RangeClause): void {
	const info = b.p.build.info;
	const declSig = u(info.typeOf(c.x) as Type) as Signature;
	const sig = u(b.typeOf(c.x)) as Signature;
	const yieldDecl = u(objType((declSig.kind === TypeKind.Signature ? declSig : sig).params.vars[0])) as Signature;
	const f = expr(b, c.x).one;
	const fn = litInstOf(b, s, yieldDecl);
	const onHeap = b.frame.plan.siteOnHeap(s.id);
	const outer = b.frame.rangeBody;
	const ts = b.p.types;
	const ct = controlType(b, ownerOf(fn));
	const fresh = (t: Type, name: string): number => {
		if (onHeap) return newObject(b, t);
		const ptr = b.temp(t, name);
		b.zero(t, ptr, 0);
		return ptr;
	};
	let ctl: number;
	if (outer !== null) ctl = b.ssa.read(outer.ctl, b.cur);
	else {
		ctl = fresh(ct, ".ctl");
		if (has(s, (n) => n.kind === Kind.CallStmt && n.tok === "defer")) {
			const token = b.rt("deferrangefunc", []);
			if (b.defers !== null) deferPoint(b, b.defers);
			b.store(ctl, 8, token[0]);
			b.store(ctl, 16, token[1]);
		}
	}
	const state = fresh(ts.int, ".state");
	b.store(state, 0, b.i64(Ready));
	const hidden: [number, number] = [b.ssa.newVar(T.Ptr), b.ssa.newVar(T.Ptr)];
	b.writeVars(hidden, [ctl, state]);
	const body: Known = { lit: s, fn, frame: b.frame, hidden, calls: 0 };
	const seq = knownOf(b, c.x);
	const calls = seq === null ? -1 : callsOfParam(b, seq);
	if (seq !== null && calls >= 0 && inlinesKnown(b, { ...seq, calls: 1 }) && inlinesKnown(b, { ...body, calls })) {
		inlineKnown(b, seq, s.pos, [], [{ ...body, calls }]);
	} else {
		const closure = loopClosure(b, body);
		if (b.noOpt) showClosure(b, s, objType(sig.params.vars[0]), closure);
		b.pos = s.pos;
		emitCall(b, { k: "closure", fn: f }, b.p.abiOf(sig), [closure]);
	}
	const now = b.load(T.I64, state);
	b.when(b.cmp(OpEq, now, b.i64(Panic)), () => void b.rt("panicrangestate", [b.i64(MissingPanic)]), -1);
	b.store(state, 0, b.i64(Exhausted));
	afterLoop(b, s, ctl, ct, outer);
}

/** How often a known iterator calls its parameter; -1 when it does something else with it. */
function callsOfParam(b: Builder, seq: Known): number {
	const v = bodyVars(seq.fn).params[0];
	const { facts } = seq.frame;
	if (seq.lit.kind !== Kind.FuncLit || v.name === "" || v.name === "_" || facts.assigned.has(v) || facts.addrTaken.has(v)) return -1;
	return callsOf(b, v, seq.lit.body);
}

/** The closure object of a loop's body. */
export function loopClosure(b: Builder, k: Known): Val {
	if (k.hidden === null) return b.fail("not the body of a loop");
	const saved = b.frame;
	b.frame = k.frame;
	const shape = closureShape(b, capturesOf(b.frame.facts, k.lit), rangeExtras(b, k.fn));
	const vals = shape.captures.map((x) => {
		const pl = varPlace(b, x.v);
		return x.byValue ? readPlace(b, pl) : Val.of(placeAddr(b, pl));
	});
	const hidden = b.readVars(k.hidden).map((v) => Val.of(v));
	const obj = closureObject(b, b.p.funcRef(k.fn), shape.struct, [...vals, ...hidden], b.frame.plan.siteOnHeap(k.lit.id));
	b.frame = saved;
	return Val.of(obj);
}

/** Continues where the body asked to. */
function afterLoop(b: Builder, s: For, ctl: number, ct: Struct, outer: RangeBody | null): void {
	const exits = exitsOf(s).filter((x) => !inside(s, x.to) && x.to !== s);
	const returns = has(s, (n) => n.kind === Kind.Return);
	if (exits.length === 0 && !returns) return;
	const after = b.newBlock();
	const some = b.newBlock();
	const next = b.load(T.I64, ctl);
	b.branch(b.cmp(OpEq, next, b.i64(0)), after, some, 1);
	b.start(some);
	for (const x of exits) {
		const go = exitHere(b, x, outer);
		if (go === null) continue;
		const yes = b.newBlock();
		const no = b.newBlock();
		b.branch(b.cmp(OpEq, next, b.i64(x.code)), yes, no);
		b.start(yes);
		b.store(ctl, 0, b.i64(0));
		go();
		b.start(no);
	}
	if (outer !== null) outer.stop(b);
	else if (returns) {
		const bare = b.newBlock();
		const full = b.newBlock();
		b.branch(b.cmp(OpEq, next, b.i64(-1)), full, bare);
		b.start(full);
		const types = b.frame.results.map((r) => r.type);
		setResults(
			b,
			types.map((t, i) => b.loadVal(t, ctl, b.layout.fieldOffset(ct, i + 2))),
		);
		returnNow(b);
		b.start(bare);
		returnNow(b);
	} else b.exit();
	b.start(after);
}

/** Is the statement inside the loop's body? */
function inside(loop: For, s: Stmt): boolean {
	return has(loop, (n) => n === s);
}

/** How to do a branch in this function, or null when its target is further out. */
function exitHere(b: Builder, x: Exit, outer: RangeBody | null): (() => void) | null {
	if (x.tok === "goto") return holdsLabel(b, x.to) ? () => b.jump(labelBlock(b, x.to)) : null;
	const t = b.frame.targets.get(x.to);
	if (t !== undefined) return () => b.jump(x.tok === "break" ? t.brk : t.cont);
	if (outer !== null && outer.loop === x.to) return () => (x.tok === "continue" ? outer.finish(b) : outer.stop(b));
	return null;
}
