// Escape analysis of whole functions: bottom-up over the strongly connected
// components of the static call graph, on demand. A declared function is analysed
// together with the function literals inside it; what callers need of it is one
// tag per parameter.

import { type Block, type Call, type Expr, type For, type FuncLit, Kind, type Node, type RangeClause, walk } from "#syntax";
import { ObjKind, SelectionKind, type Signature, type Type, type Var } from "#types";
import type { Facts } from "../facts.ts";
import type { DirectMethod, FuncInst, Plan, Planner, Program } from "../program.ts";
import { bodyVars, factsOf } from "../build/facts.ts";
import type { Inliner } from "../inline/inliner.ts";
import { Body } from "./body.ts";
import { Flow, type FlowHost, Frame, type Literal } from "./flow.ts";
import { type Activation, Attr, Graph, leaksToHeap, Location, noEscape, type ParamTag, tagOf } from "./graph.ts";
import { StmtFlow } from "./stmt.ts";

class FramePlan implements Plan {
	readonly fn: FuncInst;
	readonly inlined: ReadonlyMap<number, Plan>;
	readonly direct: ReadonlyMap<number, DirectMethod>;
	private readonly frame: Frame;

	constructor(fn: FuncInst, frame: Frame) {
		this.fn = fn;
		this.frame = frame;
		this.direct = frame.direct;
		this.inlined = inlinedPlans(frame);
	}

	varOnHeap(v: Var): boolean {
		return this.frame.vars.get(v)?.escapes ?? true;
	}

	siteOnHeap(site: number): boolean {
		return this.frame.sites.get(site)?.escapes ?? true;
	}

	siteReadOnly(site: number): boolean {
		const l = this.frame.sites.get(site);
		return l !== undefined && (l.attrs & (Attr.Escapes | Attr.Mutates)) === 0;
	}
}

const noPlans: ReadonlyMap<number, Plan> = new Map();

function inlinedPlans(frame: Frame): ReadonlyMap<number, Plan> {
	if (frame.inlined.size === 0) return noPlans;
	const plans = new Map<number, Plan>();
	for (const [call, inner] of frame.inlined) plans.set(call, new FramePlan(inner.body.fn, inner));
	return plans;
}

/** The parsed body of a declared function, checked; null when it has none. */
export type CheckedBody = (fn: FuncInst) => Block | null;

/** Parameter tags of functions from earlier builds, by declaring package and linker name. */
export interface TagStore {
	covers(name: string): boolean;
	getTags(key: string): FunctionTags | null;
	putTags(key: string, tags: FunctionTags, facts: Facts): void;
}

/**
 * The linker name alone is not enough: a function without body in one package may be defined by a linkname of another
 * (runtime gives sync/atomic.StorePointer its code), and callers know only what the declaration they see promises.
 */
export function tagKey(fn: FuncInst): string {
	return `${fn.unit.pkg.path} ${fn.name}`;
}

export interface FunctionTags {
	/** Of the parameters, receiver first. */
	params: readonly ParamTag[];
	/** Keys of the functions that it was analysed with, since they call each other. */
	component: readonly string[];
}

interface Done {
	/** null: the function is compiled, and its frame was let go. */
	frame: Frame | null;
	tags: FunctionTags;
	/** What was read to find out. */
	facts: Facts;
}

export class EscapePlanner implements Planner {
	private readonly program: Program;
	private readonly checkedBody: CheckedBody;
	private readonly inliner: Inliner | null;
	private readonly tagStore: TagStore | undefined;
	private readonly done = new Map<FuncInst, Done>();
	private readonly plans = new Map<Frame, Plan>();
	/** What the store had when it was asked first. */
	private readonly stored = new Map<FuncInst, FunctionTags | null>();
	private readonly active = new Set<FuncInst>();

	/** inliner: null = every call stays a call. */
	constructor(program: Program, checkedBody: CheckedBody, inliner: Inliner | null, tagStore?: TagStore) {
		this.inliner = inliner;
		this.tagStore = tagStore;
		this.program = program;
		this.checkedBody = checkedBody;
	}

	get inlinesLiterals(): boolean {
		return this.inliner !== null;
	}

	/** What was found out about a declared function: for reports. */
	frame(fn: FuncInst): Frame {
		return this.frameOf(fn);
	}

	private frameOf(fn: FuncInst): Frame {
		const { frame } = this.analysed(fn);
		if (frame !== null) return frame;
		this.analyse([fn]);
		return (this.done.get(fn) as Done).frame as Frame;
	}

	/** The function is compiled: of its plan only the tags are needed. Literals that it contains may be compiled later. */
	release(fn: FuncInst): void {
		const done = this.done.get(fn);
		if (done === undefined || done.frame === null || done.frame.facts.captures.size > 0) return;
		this.plans.delete(done.frame);
		done.frame = null;
	}

	plan(fn: FuncInst): Plan {
		let top = fn;
		while (top.outer !== null) top = top.outer;
		const frame = this.frameOf(top);
		this.program.facts.include((this.done.get(top) as Done).facts);
		let made = this.plans.get(frame);
		if (made === undefined) {
			made = new FramePlan(frame.body.fn, frame);
			this.plans.set(frame, made);
		}
		return made;
	}

	/** Parameter tags of a function, receiver first. */
	tags(fn: FuncInst): readonly ParamTag[] {
		const found = this.functionTags(fn);
		if (found === null) return new Array<ParamTag>(bodyVars(fn).params.length).fill(leaksToHeap);
		this.program.facts.tags(fn, found);
		return found.params;
	}

	/** null: reached in a way that callees does not see, while it is being analysed. */
	functionTags(fn: FuncInst): FunctionTags | null {
		const known = this.done.get(fn)?.tags ?? this.storedTags(fn);
		if (known !== null) return known;
		if (fn.lit === null && fn.decl?.hasBody !== true) return { params: this.externTags(fn), component: [] };
		return this.active.has(fn) ? null : this.analysed(fn).tags;
	}

	/** Tags that an earlier build found for a function whose own body is not needed now. */
	private storedTags(fn: FuncInst): FunctionTags | null {
		if (this.tagStore === undefined || fn.decl?.hasBody !== true || !this.tagStore.covers(fn.name)) return null;
		let tags = this.stored.get(fn);
		if (tags === undefined) {
			tags = this.tagStore.getTags(tagKey(fn));
			this.stored.set(fn, tags);
		}
		return tags;
	}

	/** Functions written in assembly or elsewhere: parameters leak unless the declaration says noescape. */
	private externTags(fn: FuncInst): ParamTag[] {
		const n = bodyVars(fn).params.length;
		return new Array<ParamTag>(n).fill(fn.pragmas.noescape ? noEscape : leaksToHeap);
	}

	private analysed(fn: FuncInst): Done {
		const known = this.done.get(fn);
		if (known !== undefined) return known;
		// Bodies are looked through only to find the order.
		for (const component of this.program.facts.record(() => this.components(fn)).result) {
			// The call of a method that turned out to be certain may have been analysed while another was.
			if (!this.done.has(component[0])) this.analyse(component);
		}
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
				if (this.done.has(callee) || this.active.has(callee) || this.storedTags(callee) !== null) continue;
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
		return [...found].filter((f) => this.storedTags(f) === null && this.checkedBody(f) !== null);
	}

	private addCallee(body: Body, n: Node, found: Set<FuncInst>): boolean {
		if (n.kind === Kind.Call) {
			const callee = body.callee(n);
			if (callee.kind === "static") found.add(callee.inst);
		} else if (n.kind === Kind.Selector) {
			const sel = body.selection(n);
			const m = sel !== null && sel.kind === SelectionKind.MethodVal ? this.program.selectMethod(sel, body.fn.subst).fn : null;
			if (m !== null) found.add(m);
		} else if (n.kind === Kind.RangeClause && n.x.kind === Kind.Name) {
			const obj = body.objectOf(n.x);
			if (obj !== null && obj.kind === ObjKind.Func && (obj.type as Signature).tparams.length === 0) found.add(this.program.inst(obj, []));
		}
		return true;
	}

	private analyse(component: readonly FuncInst[]): void {
		const { result: frames, facts } = this.program.facts.record(() => this.flow(component));
		const others = component.map(tagKey).sort();
		for (const [fn, frame] of frames) {
			const known = this.done.get(fn);
			const tags = known?.tags ?? { params: frame.params.map(tagOf), component: others.filter((x) => x !== tagKey(fn)) };
			this.done.set(fn, { frame, tags, facts });
			if (known === undefined && this.tagStore?.covers(fn.name) === true) this.tagStore.putTags(tagKey(fn), tags, facts);
			this.active.delete(fn);
		}
	}

	/** The solved flow of functions that call each other. */
	private flow(component: readonly FuncInst[]): Map<FuncInst, Frame> {
		const graph = new Graph();
		const batch = new Map<FuncInst, Frame>();
		const acts = new Map<FuncInst, Activation>();
		for (const fn of component) {
			this.checkedBody(fn);
			const body = new Body(this.program, fn);
			const frame = new Frame(body, factsOf(this.program, fn));
			const act: Activation = { parent: null, resultsLost: false, results: [] };
			frame.params = bodyVars(fn).params.map((v, i) => this.parameter(graph, frame, v, act, i, -1));
			frame.results = bodyVars(fn).results.map((v, i) => this.parameter(graph, frame, v, act, -1, i));
			this.active.add(fn);
			batch.set(fn, frame);
			acts.set(fn, act);
		}
		const host: FlowHost = {
			inBatch: (fn) => batch.get(fn) ?? null,
			tags: (fn) => this.tags(fn),
			inlineFrame: (flow, call, callee) => this.inlineFrame(flow, call, callee),
			inlineBody: (flow, frame) => this.inlineBody(flow, frame),
			literal: (flow, lit, closure) => this.literal(flow, lit, closure),
		};
		for (const [fn, frame] of batch) {
			const flow = new Flow(graph, host, frame, acts.get(fn) as Activation);
			flow.results = frame.results;
			this.statements(
				flow,
				this.checkedBody(fn) as Block,
				bodyVars(fn).results.map((v) => frame.body.varType(v)),
			);
		}
		graph.solve();
		return batch;
	}

	private parameter(graph: Graph, frame: Frame, v: Var, act: Activation, param: number, result: number): Location {
		const l = graph.add(new Location(act, 1, v, param, result));
		l.attrs |= Attr.Persists;
		frame.vars.set(v, l);
		return l;
	}

	private statements(flow: Flow, block: Block, resultTypes: readonly Type[]): void {
		const stmts = new StmtFlow(flow, (f, s, clause) => this.rangeFunc(f, s, clause, resultTypes));
		stmts.resultTypes = () => resultTypes;
		stmts.block(block.list);
	}

	/** A frame for a call that is inlined: parameters and results are ordinary locations of the caller's activation. */
	private inlineFrame(flow: Flow, call: Call, callee: FuncInst): Frame | null {
		const { inliner } = this;
		if (inliner === null) return null;
		const old = flow.frame.inlined.get(call.id);
		if (old !== undefined) return old;
		const within: FuncInst[] = [];
		let f = flow.frame;
		for (; f.caller !== null; f = f.caller) within.push(f.body.fn);
		const { program } = this;
		if (program.codeFlags(f.body.fn.unit.pkg.path).noInline || program.codeFlags(callee.unit.pkg.path).noInline) return null;
		if (!inliner.inlines(f.body.fn, callee, within)) return null;
		// The inliner may have decided by what an earlier build found out.
		this.checkedBody(callee);
		const frame = new Frame(new Body(this.program, callee), factsOf(this.program, callee), flow.frame);
		const vars = bodyVars(callee);
		const declare = (v: Var): Location => {
			const l = flow.newLocation(v);
			l.attrs |= Attr.Persists;
			frame.vars.set(v, l);
			return l;
		};
		frame.params = vars.params.map(declare);
		frame.results = vars.results.map(declare);
		frame.call = call;
		flow.frame.addInlined(call.id, frame);
		return frame;
	}

	private inlineBody(flow: Flow, frame: Frame): void {
		if (frame.flowed) return;
		frame.flowed = true;
		const { fn } = frame.body;
		const saved = { frame: flow.frame, results: flow.results, loopDepth: flow.loopDepth };
		flow.frame = frame;
		flow.results = frame.results;
		this.statements(
			flow,
			this.checkedBody(fn) as Block,
			bodyVars(fn).results.map((v) => frame.body.varType(v)),
		);
		flow.frame = saved.frame;
		flow.results = saved.results;
		flow.loopDepth = saved.loopDepth;
	}

	/** Flows a literal's body inside the frame of the function that contains it: variables are shared. */
	private literal(flow: Flow, lit: FuncLit, closure: Location): Literal {
		const sig = flow.body.info.types.get(lit)?.type as Signature;
		const act: Activation = { parent: flow.act, resultsLost: false, results: [] };
		const params = sig.params.vars.map((v, i) => this.parameter(flow.graph, flow.frame, v, act, i, -1));
		act.results = sig.results.vars.map((v, i) => this.parameter(flow.graph, flow.frame, v, act, -1, i));
		closure.literal = act;
		const saved = { act: flow.act, loopDepth: flow.loopDepth, results: flow.results, deferInLoop: flow.deferInLoop };
		flow.act = act;
		flow.loopDepth = 1;
		flow.results = act.results;
		flow.deferInLoop = false;
		this.statements(
			flow,
			lit.body,
			sig.results.vars.map((v) => flow.body.varType(v)),
		);
		flow.act = saved.act;
		flow.loopDepth = saved.loopDepth;
		flow.results = saved.results;
		flow.deferInLoop = saved.deferInLoop;
		return { params, results: act.results };
	}

	/**
	 * for x := range f { body }: the body becomes a closure that is passed to f. It may return from the enclosing
	 * function, so that function's results are in scope as they are.
	 */
	private rangeFunc(flow: Flow, s: For, clause: RangeClause, resultTypes: readonly Type[]): void {
		const closure = flow.spill(null, s, 0);
		flow.capture(closure, flow.frame.facts.captures.get(s.body) ?? []);
		flow.rangeOver(clause.x, closure);
		const saved = { act: flow.act, loopDepth: flow.loopDepth, deferInLoop: flow.deferInLoop };
		flow.act = { parent: flow.act, resultsLost: false, results: [] };
		flow.deferInLoop = true;
		flow.loopDepth = 1;
		const lhs = clause.lhs === null ? [] : clause.lhs.kind === Kind.ListExpr ? clause.lhs.list : [clause.lhs];
		for (const x of lhs) this.declareRangeVar(flow, x, clause.def);
		this.statements(flow, s.body, resultTypes);
		flow.act = saved.act;
		flow.loopDepth = saved.loopDepth;
		flow.deferInLoop = saved.deferInLoop;
	}

	private declareRangeVar(flow: Flow, x: Expr, def: boolean): void {
		if (!def || x.kind !== Kind.Name) return;
		const obj = flow.body.info.defs.get(x);
		if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) flow.declare(obj);
	}
}
