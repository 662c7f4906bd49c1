// Function values that the builder knows: literals and bodies of range-over-func loops. Calls of them are inlined: the body is
// walked in place, in a frame whose lexical frame is the one that the literal was written in, so that captured variables are
// simply variables. A loop's body that is only called never becomes a closure object at all.

import { type Call, type Expr, type For, type FuncLit, Kind, type Node, unparen, walk } from "#syntax";
import { BuiltinId, Mode, ObjKind, type Signature, type Var, VarKind } from "#types";
import type { FuncInst } from "../program.ts";
import { u } from "../subst.ts";
import type { Builder, Val } from "./builder.ts";
import { litInstOf } from "./closure.ts";
import { bodyVars, capturesOf } from "./facts.ts";
import type { Frame } from "./frame.ts";

/** Nodes of a body that is inlined at its only call, at one of several. */
const MaxOnce = 300;
const MaxOften = 40;
/** Values of a function beyond which no more bodies are inlined. */
const MaxValues = 20_000;

export interface Known {
	readonly lit: FuncLit | For;
	readonly fn: FuncInst;
	/** The frame whose variables it uses. */
	readonly frame: Frame;
	/** Loop bodies: SSA variables that hold the pointers to control record and state. */
	readonly hidden: readonly [ctl: number, state: number] | null;
	/** How many calls of it there are, as far as one can see. */
	readonly calls: number;
}

/** The function that the value of e is, if that is certain. e was evaluated before if it is a call. */
export function knownOf(b: Builder, e0: Expr): Known | null {
	if (b.noOpt || b.p.codeFlags(b.fn.unit.pkg.path).noInline || !b.p.planner.inlinesLiterals) return null;
	const e = unparen(e0);
	if (e.kind !== Kind.Name) return knownIn(b, e, b.frame);
	const v = b.p.build.info.objectOf(e);
	return v !== null && v.kind === ObjKind.Var && v.varKind !== VarKind.Package ? knownVar(b, v) : null;
}

function knownIn(b: Builder, e: Expr, frame: Frame): Known | null {
	if (e.kind === Kind.FuncLit) return knownLiteral(b, e, frame);
	return e.kind === Kind.Call ? (frame.knownCalls.get(e.id) ?? null) : null;
}

export function knownVar(b: Builder, v: Var): Known | null {
	for (let f: Frame | null = b.frame; f !== null; f = f.lexical) {
		const k = f.known.get(v);
		if (k !== undefined) return k;
		if (!f.vars.has(v)) continue;
		const { facts } = f;
		// Captured by the function being built: its definition is in another one.
		if (f.lexical === null && f.fn.lit !== null && capturesOf(facts, f.fn.lit).includes(v)) return null;
		if (facts.assigned.has(v) || facts.addrTaken.has(v) || facts.loopLabels.size > 0) return null;
		const def = facts.defs.get(v);
		return def === undefined ? null : knownIn(b, unparen(def), f);
	}
	return null;
}

function knownLiteral(b: Builder, lit: FuncLit, frame: Frame): Known {
	const saved = b.frame;
	b.frame = frame;
	const fn = litInstOf(b, lit, u(b.p.build.info.typeOf(lit) as Signature) as Signature);
	b.frame = saved;
	return { lit, fn, frame, hidden: null, calls: 2 };
}

/** Notes which literal an inlined call returns, if that is all it does. */
export function noteResult(b: Builder, e: Call, callee: Frame, caller: Frame): void {
	const last = b.p.bodyOf(callee.fn)?.list.at(-1);
	if (last === undefined || last.kind !== Kind.Return || last.results === null || callee.facts.returns !== 1) return;
	const value = unparen(last.results);
	if (value.kind === Kind.FuncLit && bodyVars(callee.fn).results[0]?.name === "")
		caller.knownCalls.set(e.id, knownLiteral(b, value, callee));
}

/** The functions that the arguments of a call are, by argument. */
export function knownArgs(b: Builder, e: Call): (Known | null)[] {
	return e.args.map((a) => knownOf(b, a));
}

/** Binds parameters of a frame to known arguments. */
export function bindKnown(frame: Frame, params: readonly Var[], args: readonly (Known | null)[]): void {
	const skip = params.length - args.length;
	if (skip < 0) return;
	args.forEach((k, i) => {
		const v = params[skip + i];
		if (k !== null && !frame.facts.assigned.has(v) && !frame.facts.addrTaken.has(v)) frame.known.set(v, k);
	});
}

/** Whether a call of k here is inlined. */
export function inlinesKnown(b: Builder, k: Known): boolean {
	for (let f: Frame | null = b.frame; f !== null; f = f.caller) if (f.fn === k.fn) return false;
	if (b.f.nvals > MaxValues) return false;
	let budget = k.calls === 1 ? MaxOnce : MaxOften;
	walk(k.lit.body, (n: Node) => {
		budget -= needsFrame(b, n) ? 10_000 : 1;
		return budget >= 0 && n.kind !== Kind.FuncLit;
	});
	return budget >= 0;
}

/** What a function must have a frame of its own for. */
function needsFrame(b: Builder, n: Node): boolean {
	if (n.kind === Kind.CallStmt || n.kind === Kind.Labeled) return true;
	if (n.kind !== Kind.Call) return false;
	const fun = unparen(n.fun);
	if (fun.kind !== Kind.Name || b.p.build.info.types.get(fun)?.mode !== Mode.Builtin) return false;
	const obj = b.p.build.info.objectOf(fun);
	return obj !== null && obj.kind === ObjKind.Builtin && obj.id === BuiltinId.Recover;
}

/** How often a variable is called in a body; -1 when it is used in another way, or in a literal. */
export function callsOf(b: Builder, v: Var, body: Node): number {
	const { info } = b.p.build;
	let calls = 0;
	let names = 0;
	walk(body, (n: Node) => {
		if (n.kind === Kind.Name && info.objectOf(n) === v) names++;
		if (n.kind === Kind.Call) {
			const fun = unparen(n.fun);
			if (fun.kind === Kind.Name && info.objectOf(fun) === v) calls++;
		}
		return true;
	});
	let inside = false;
	walk(body, (n: Node) => {
		if (n.kind === Kind.FuncLit) walk(n.body, (x) => !(inside ||= x.kind === Kind.Name && info.objectOf(x) === v));
		return !inside;
	});
	return calls === names && !inside ? calls : -1;
}

/** Arguments of an inlined call: values, or a loop's body that has none. */
export type KnownArg = Val | Known;
