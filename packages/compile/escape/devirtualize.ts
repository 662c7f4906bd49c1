// Interface calls whose receiver's dynamic type is certain: every value that the interface variable is given has it. They become
// calls of the method itself, which may be inlined and whose parameters need not escape. What counts as certain follows gc
// (cmd/compile/internal/devirtualize); a nil interface still panics as such.

import { type Block, type Call, type Expr, Kind, type Node, type Selector, walk } from "#syntax";
import { lookupFieldOrMethod, Mode, ObjKind, type Signature, type Type, TypeKind, typeOf, under, type Var } from "#types";
import { bodyVars } from "../build/facts.ts";
import type { DirectMethod, Program } from "../program.ts";
import { implementsAll } from "../subst.ts";
import { type Body, unparen } from "./body.ts";
import type { Frame } from "./flow.ts";

/** Where a value comes from: an expression, result i of a call, or something that is not followed. */
type Source = { k: "expr"; e: Expr } | { k: "result"; call: Call; i: number } | { k: "unknown" };

/** Everything that is assigned to the variables of a body, literals inside included; by result, what its own return statements give. */
export interface Sources {
	vars: Map<Var, Source[]>;
	results: Source[][];
}

const unknown: Source = { k: "unknown" };

function list(e: Expr | null): readonly Expr[] {
	return e === null ? [] : e.kind === Kind.ListExpr ? e.list : [e];
}

function isInterfaceVar(v: Var): boolean {
	return v.type !== null && under(v.type).kind === TypeKind.Interface;
}

function collect(of: Body, body: Block, results: number): Sources {
	const { info } = of;
	const out: Sources = { vars: new Map(), results: Array.from({ length: results }, () => []) };
	const give = (to: Expr | Var, s: Source): void => {
		const x = "kind" in to && to.kind !== ObjKind.Var ? unparen(to as Expr) : null;
		const obj = x === null ? (to as Var) : x.kind === Kind.Name ? info.objectOf(x) : null;
		if (obj === null || obj.kind !== ObjKind.Var || !isInterfaceVar(obj)) return;
		const known = out.vars.get(obj);
		if (known === undefined) out.vars.set(obj, [s]);
		else known.push(s);
	};
	const pairs = (lhs: readonly Expr[], rhs: Expr | null): void => {
		const values = list(rhs);
		if (values.length === lhs.length) lhs.forEach((l, i) => give(l, { k: "expr", e: values[i] }));
		else if (values.length === 1) lhs.forEach((l, i) => give(l, spread(values[0], i)));
	};
	const returns = new Set<Node>();
	walk(body, (n) => {
		if (n.kind === Kind.Return) returns.add(n);
		return n.kind !== Kind.FuncLit;
	});
	const visit = (n: Node): boolean => {
		if (n.kind === Kind.If) {
			// Statements that a constant condition excludes give nothing.
			const known = of.constBool(n.cond);
			if (known === null) return true;
			for (const part of [n.init, known ? n.thenBlock : n.elseStmt]) if (part !== null) walk(part, visit);
			return false;
		}
		if (n.kind === Kind.Assign) pairs(list(n.lhs), n.op === 0 ? n.rhs : null);
		else if (n.kind === Kind.VarDecl) pairs(n.names, n.values);
		else if (n.kind === Kind.RangeClause) for (const l of list(n.lhs)) give(l, unknown);
		else if (n.kind === Kind.Switch && n.tag !== null && n.tag.kind === Kind.TypeSwitchGuard) {
			for (const c of n.body) {
				const v = info.implicits.get(c);
				if (v !== undefined && v.kind === ObjKind.Var) give(v, { k: "expr", e: n.tag.x });
			}
		} else if (n.kind === Kind.Return && n.results !== null && returns.has(n)) {
			const values = list(n.results);
			out.results.forEach((r, i) => {
				r.push(values.length === results ? { k: "expr", e: values[i] } : spread(values[0], i));
			});
		}
		return true;
	};
	walk(body, visit);
	return out;
}

/** Value i of an expression that has several. */
function spread(e0: Expr, i: number): Source {
	const e = unparen(e0);
	if (e.kind === Kind.Call) return { k: "result", call: e, i };
	return e.kind === Kind.Assert && i === 0 ? { k: "expr", e } : unknown;
}

/** No value but nil, or one that is being looked at. */
const Nothing = Symbol("nothing");
type Found = Type | typeof Nothing | null;

class Search {
	private readonly seen = new Map<Frame, Set<Var>>();
	private readonly program: Program;

	constructor(program: Program) {
		this.program = program;
	}

	/** The dynamic type of e, null = not certain. */
	expr(frame: Frame, e0: Expr): Found {
		const { body } = frame;
		for (let e = unparen(e0); ; ) {
			if (body.info.types.get(e)?.type == null && e.kind !== Kind.Name) return null;
			if (body.info.types.get(e)?.mode === Mode.NilValue) return Nothing;
			const t = body.typeOf(e);
			if (under(t).kind !== TypeKind.Interface) return t;
			if (e.kind === Kind.Assert) e = unparen(e.x);
			else if (e.kind === Kind.Call && body.callee(e).kind === "conversion") e = unparen(e.args[0]);
			else if (e.kind === Kind.Call) return this.result(frame, e, 0);
			else {
				const v = body.localVar(e);
				return v === null ? null : this.variable(frame, v);
			}
		}
	}

	/** Result i of a call, if it is inlined. */
	private result(frame: Frame, call: Call, i: number): Found {
		const callee = frame.inlined.get(call.id);
		if (callee === undefined) {
			const t = under(frame.body.typeOf(call.fun));
			const r = t.kind === TypeKind.Signature ? t.results.vars[i] : undefined;
			return r?.type != null && under(r.type).kind !== TypeKind.Interface ? frame.body.subst(r.type) : null;
		}
		const v = bodyVars(callee.body.fn).results[i];
		const returned = this.sources(callee)?.results[i];
		if (v === undefined || returned === undefined || callee.facts.addrTaken.has(v)) return null;
		if (under(callee.body.varType(v)).kind !== TypeKind.Interface) return callee.body.varType(v);
		if (this.enter(callee, v)) return Nothing;
		return this.all(callee, [...returned, ...(this.sources(callee)?.vars.get(v) ?? [])]);
	}

	private variable(frame: Frame, v: Var): Found {
		if (frame.facts.addrTaken.has(v) || !isInterfaceVar(v)) return null;
		const vars = bodyVars(frame.body.fn);
		const assigned = this.sources(frame)?.vars.get(v) ?? [];
		if (vars.results.includes(v)) {
			if (frame.caller === null) return null;
			if (this.enter(frame, v)) return Nothing;
			return this.all(frame, [...(this.sources(frame)?.results[vars.results.indexOf(v)] ?? []), ...assigned]);
		}
		const param = vars.params.indexOf(v);
		if (param >= 0) {
			if (this.enter(frame, v)) return Nothing;
			return this.join(this.argument(frame, param), () => this.all(frame, assigned));
		}
		// Parameters of literals.
		if (!frame.vars.has(v) || this.isLiteralParam(frame, v)) return null;
		return this.enter(frame, v) ? Nothing : this.all(frame, assigned);
	}

	private isLiteralParam(frame: Frame, v: Var): boolean {
		const l = frame.vars.get(v);
		return l !== undefined && (l.param >= 0 || l.result >= 0);
	}

	/** What parameter i of an inlined call is given. */
	private argument(frame: Frame, i: number): Found {
		const { call, caller, body } = frame;
		if (call === null || caller === null) return null;
		const callee = caller.body.callee(call);
		const base = callee.kind === "static" && callee.recv === null ? 0 : body.fn.sig.recv === null ? 0 : 1;
		const at = i - base;
		const sig = under(caller.body.typeOf(call.fun));
		if (at < 0 || sig.kind !== TypeKind.Signature || (sig.variadic && at >= sig.params.vars.length - 1)) return null;
		if (call.args.length === 1 && sig.params.vars.length > 1) {
			const only = unparen(call.args[0]);
			return only.kind === Kind.Call ? this.result(caller, only, at) : null;
		}
		return at < call.args.length ? this.expr(caller, call.args[at]) : null;
	}

	private all(frame: Frame, from: readonly Source[]): Found {
		let found: Found = Nothing;
		for (const s of from) {
			found = this.join(found, () => (s.k === "unknown" ? null : s.k === "expr" ? this.expr(frame, s.e) : this.result(frame, s.call, s.i)));
			if (found === null) return null;
		}
		return found;
	}

	private join(x: Found, more: () => Found): Found {
		if (x === null) return null;
		const y = more();
		if (x === Nothing || y === null) return y;
		if (y === Nothing) return x;
		return this.program.types.link(x) === this.program.types.link(y) ? x : null;
	}

	/** Whether v is being looked at already. */
	private enter(frame: Frame, v: Var): boolean {
		let vars = this.seen.get(frame);
		if (vars === undefined) {
			vars = new Set();
			this.seen.set(frame, vars);
		}
		if (vars.has(v)) return true;
		vars.add(v);
		return false;
	}

	private sources(frame: Frame): Sources | null {
		const { facts, body } = frame;
		if (facts.sources === null) {
			const block = this.program.bodyOf(body.fn);
			if (block === null) return null;
			facts.sources = collect(body, block, bodyVars(body.fn).results.length);
		}
		return facts.sources;
	}
}

/** The method that the interface call recv(…) in frame calls, if that is certain and it is no method of an embedded interface. */
export function directMethod(program: Program, frame: Frame, recv: Selector): DirectMethod | null {
	const type = new Search(program).expr(frame, recv.x);
	if (type === null || type === Nothing) return null;
	const it = frame.body.under(recv.x);
	const sel = frame.body.selection(recv);
	if (sel === null || it.kind !== TypeKind.Interface || !implementsAll(program.types, type, it)) return null;
	const r = lookupFieldOrMethod(type, false, sel.obj.pkg, sel.obj.name);
	if (r.obj === null || r.obj.kind !== ObjKind.Func || r.index === null) return null;
	const own = (typeOf(r.obj) as Signature).recv;
	if (own === null || under(typeOf(own)).kind === TypeKind.Interface) return null;
	return { type, method: r.obj, fn: program.methodInst(r.obj), index: r.index };
}
