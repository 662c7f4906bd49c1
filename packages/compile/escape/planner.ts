// Escape analysis of whole functions: bottom-up over the strongly connected
// components of the static call graph, on demand. A declared function is analysed
// together with the function literals inside it; what callers need of it is one
// tag per parameter.

import { type Block, type Expr, type For, type FuncLit, Kind, type Node, type RangeClause, walk } from "#syntax";
import { ObjKind, type Signature, type Type, TypeKind, under, type Var } from "#types";
import type { FuncInst, Plan, Planner, Program } from "../program.ts";
import { bodyVars, factsOf } from "../build/facts.ts";
import { Body, unparen } from "./body.ts";
import { Flow, type FlowHost, Frame } from "./flow.ts";
import { type Activation, Graph, leaksToHeap, Location, noLeak, type ParamTag } from "./graph.ts";
import { StmtFlow } from "./stmt.ts";

class FramePlan implements Plan {
	readonly fn: FuncInst;
	readonly inlined: ReadonlyMap<number, Plan>;
	private readonly frame: Frame;

	constructor(fn: FuncInst, frame: Frame) {
		this.fn = fn;
		this.frame = frame;
		const inlined = new Map<number, Plan>();
		for (const [call, inner] of frame.inlined) inlined.set(call, new FramePlan(inner.body.fn, inner));
		this.inlined = inlined;
	}

	varOnHeap(v: Var): boolean {
		return this.frame.vars.get(v)?.escapes ?? true;
	}

	siteOnHeap(site: number): boolean {
		return this.frame.sites.get(site)?.escapes ?? true;
	}
}

/** The parsed and checked body of a declared function; null when it has none. */
export type CheckedBody = (fn: FuncInst) => Block | null;

interface Done {
	frame: Frame;
	tags: ParamTag[];
}

export class EscapePlanner implements Planner {
	private readonly program: Program;
	private readonly checkedBody: CheckedBody;
	private readonly done = new Map<FuncInst, Done>();

	constructor(program: Program, checkedBody: CheckedBody) {
		this.program = program;
		this.checkedBody = checkedBody;
	}

	plan(fn: FuncInst): Plan {
		let top = fn;
		while (top.outer !== null) top = top.outer;
		return new FramePlan(fn, this.analysed(top).frame);
	}

	/** Parameter tags of a function, receiver first. */
	tags(fn: FuncInst): readonly ParamTag[] {
		const known = this.done.get(fn);
		if (known !== undefined) return known.tags;
		if (this.checkedBody(fn) === null) return this.externTags(fn);
		return this.analysed(fn).tags;
	}

	/** Functions written in assembly or elsewhere: parameters leak unless the declaration says noescape. */
	private externTags(fn: FuncInst): ParamTag[] {
		const n = bodyVars(fn).params.length;
		return new Array<ParamTag>(n).fill(fn.pragmas.noescape ? noLeak : leaksToHeap);
	}

	private analysed(fn: FuncInst): Done {
		const known = this.done.get(fn);
		if (known !== undefined) return known;
		for (const component of this.components(fn)) this.analyse(component);
		return this.done.get(fn) as Done;
	}

	/** Strongly connected components of the call graph below fn that are not analysed yet, callees first (Tarjan, iterative). */
	private components(root: FuncInst): FuncInst[][] {
		const index = new Map<FuncInst, number>();
		const low = new Map<FuncInst, number>();
		const stack: FuncInst[] = [];
		const onStack = new Set<FuncInst>();
		const out: FuncInst[][] = [];
		const todo: { fn: FuncInst; callees: FuncInst[]; next: number }[] = [];
		const enter = (fn: FuncInst): void => {
			index.set(fn, index.size);
			low.set(fn, index.size - 1);
			stack.push(fn);
			onStack.add(fn);
			todo.push({ fn, callees: this.callees(fn), next: 0 });
		};
		enter(root);
		while (todo.length > 0) {
			const top = todo[todo.length - 1];
			if (top.next < top.callees.length) {
				const callee = top.callees[top.next++];
				if (this.done.has(callee)) continue;
				if (!index.has(callee)) enter(callee);
				else if (onStack.has(callee)) low.set(top.fn, Math.min(low.get(top.fn) as number, index.get(callee) as number));
				continue;
			}
			todo.pop();
			const mine = low.get(top.fn) as number;
			if (todo.length > 0) {
				const parent = todo[todo.length - 1].fn;
				low.set(parent, Math.min(low.get(parent) as number, mine));
			}
			if (mine !== index.get(top.fn)) continue;
			const component: FuncInst[] = [];
			for (;;) {
				const fn = stack.pop() as FuncInst;
				onStack.delete(fn);
				component.push(fn);
				if (fn === top.fn) break;
			}
			out.push(component);
		}
		return out;
	}

	/** Functions with bodies that fn calls statically, literals inside included. */
	private callees(fn: FuncInst): FuncInst[] {
		const block = this.checkedBody(fn);
		if (block === null) return [];
		const body = new Body(this.program, fn);
		const found = new Set<FuncInst>();
		walk(block, (n: Node) => {
			if (n.kind === Kind.If) {
				const known = body.constBool(n.cond);
				if (known === null) return true;
				const live = known ? n.thenBlock : n.elseStmt;
				for (const part of [n.init, live]) if (part !== null) walk(part, (x) => this.addCallee(body, x, found));
				return false;
			}
			return this.addCallee(body, n, found);
		});
		return [...found].filter((f) => this.checkedBody(f) !== null);
	}

	private addCallee(body: Body, n: Node, found: Set<FuncInst>): boolean {
		if (n.kind !== Kind.Call) return true;
		const callee = body.callee(n);
		if (callee.kind === "static") found.add(callee.inst);
		return true;
	}

	private analyse(component: readonly FuncInst[]): void {
		const graph = new Graph();
		const batch = new Map<FuncInst, Frame>();
		const acts = new Map<FuncInst, Activation>();
		for (const fn of component) {
			this.checkedBody(fn);
			const body = new Body(this.program, fn);
			const frame = new Frame(body, factsOf(this.program, fn));
			const act: Activation = { parent: null, direct: false };
			frame.params = bodyVars(fn).params.map((v, i) => this.parameter(graph, frame, v, act, i, -1));
			frame.results = bodyVars(fn).results.map((v, i) => this.parameter(graph, frame, v, act, -1, i));
			batch.set(fn, frame);
			acts.set(fn, act);
		}
		const host: FlowHost = {
			inBatch: (fn) => batch.get(fn) ?? null,
			tags: (fn) => this.tags(fn),
			inlineFrame: () => null,
			literal: (flow, lit, direct) => this.literal(flow, lit, direct),
		};
		for (const [fn, frame] of batch) {
			const flow = new Flow(graph, host, frame, acts.get(fn) as Activation);
			flow.results = frame.results;
			this.statements(flow, this.checkedBody(fn) as Block, bodyVars(fn).results.map((v) => frame.body.varType(v)));
		}
		graph.solve();
		for (const [fn, frame] of batch) {
			const tags = frame.params.map((l) => ({ heap: l.leakHeap, results: l.leakResults ?? [] }));
			this.done.set(fn, { frame, tags });
		}
	}

	private parameter(graph: Graph, frame: Frame, v: Var, act: Activation, param: number, result: number): Location {
		const l = graph.add(new Location(act, 1, param, result));
		frame.vars.set(v, l);
		return l;
	}

	private statements(flow: Flow, block: Block, resultTypes: readonly Type[]): void {
		const stmts = new StmtFlow(flow, (f, s, clause) => this.rangeFunc(f, s, clause, resultTypes));
		stmts.resultTypes = () => resultTypes;
		stmts.block(block.list);
	}

	/** Flows a literal's body inside the frame of the function that contains it: variables are shared. */
	private literal(flow: Flow, lit: FuncLit, direct: boolean): { params: Location[]; results: Location[] } {
		const sig = flow.body.info.types.get(lit)?.type as Signature;
		const act: Activation = { parent: flow.act, direct };
		const params = sig.params.vars.map((v) => this.parameter(flow.graph, flow.frame, v, act, -1, -1));
		const results = sig.results.vars.map((v, i) => this.parameter(flow.graph, flow.frame, v, act, -1, direct ? -1 : i));
		const saved = { act: flow.act, loopDepth: flow.loopDepth, results: flow.results };
		flow.act = act;
		flow.loopDepth = 1;
		flow.results = results;
		this.statements(flow, lit.body, sig.results.vars.map((v) => flow.body.varType(v)));
		flow.act = saved.act;
		flow.loopDepth = saved.loopDepth;
		flow.results = saved.results;
		return { params, results };
	}

	/**
	 * for x := range f { body }: the body becomes a closure that is passed to f. It may return from the enclosing
	 * function, so that function's results are in scope as they are.
	 */
	private rangeFunc(flow: Flow, s: For, clause: RangeClause, resultTypes: readonly Type[]): void {
		const closure = flow.spill(null, s.id, 0);
		flow.capture(closure, flow.frame.facts.captures.get(s.body) ?? []);
		const seq = unparen(clause.x);
		flow.rangeOver(seq, closure);
		const saved = { act: flow.act, loopDepth: flow.loopDepth };
		flow.act = { parent: flow.act, direct: true };
		flow.loopDepth = 1;
		const lhs = clause.lhs === null ? [] : clause.lhs.kind === Kind.ListExpr ? clause.lhs.list : [clause.lhs];
		for (const x of lhs) this.declareRangeVar(flow, x, clause.def);
		this.statements(flow, s.body, resultTypes);
		flow.act = saved.act;
		flow.loopDepth = saved.loopDepth;
	}

	private declareRangeVar(flow: Flow, x: Expr, def: boolean): void {
		if (!def || x.kind !== Kind.Name) return;
		const obj = flow.body.info.defs.get(x);
		if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) flow.declare(obj);
	}
}
