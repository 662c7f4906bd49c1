// Facts about the variables of a function body that do not depend on types:
// which are assigned after their declaration, which have their address taken,
// which are captured by function literals. Computed once per declaration and
// shared by all its instances.

import { type Block, type Expr, type FuncLit, Kind, type Node, Op, type Stmt, walk } from "#syntax";
import { type Info, type Obj, ObjKind, type Var, VarKind } from "#types";
import type { Sources } from "./devirtualize.ts";

export class VarFacts {
	/** Assigned other than by its declaration (or declared without value and assigned later, incremented, ranged over with "="). */
	readonly assigned: Set<Var> = new Set();
	/** Assigned where a literal that captures it could notice: not only in straight-line code before its first capture. */
	readonly reassigned: Set<Var> = new Set();
	/** The expression that gives a variable its first value, when its declaration pairs them one to one. */
	readonly defs: Map<Var, Expr> = new Map();
	/** Operand of & (itself, a field or array element of it), sliced as an array, or receiver of a pointer method call. */
	readonly addrTaken: Set<Var> = new Set();
	/** Used in a function literal (or range-over-func body) other than the one that declares it. */
	readonly captured: Set<Var> = new Set();
	/** By function literal or range-over-func body: outer variables it uses, itself or in literals inside, in order of first use. */
	readonly captures: Map<FuncLit | Block, Var[]> = new Map();
	/** Return statements of the function itself. */
	returns = 0;
	/** What interface variables are given; made when first asked for (devirtualize.ts). */
	sources: Sources | null = null;
	/** Statements with a label that is the target of a backward goto: they are loops. */
	readonly loopLabels: Set<string> = new Set();
}

/** Questions about types that decide what counts as an address or a function body. */
export interface TypeQuestions {
	isRangeFunc: (x: Expr) => boolean;
	/** A selector whose method call takes the address of its operand. */
	isPtrMethodCall: (x: Node) => boolean;
	isArray: (x: Expr) => boolean;
	/** Loop variables are made anew for each iteration (files of Go 1.22 and later). */
	perIteration: boolean;
}

interface Scope {
	owner: FuncLit | Block | null;
	parent: Scope | null;
	/** Variables that the owner declares. */
	declared: Set<Var>;
	/** Loop depth of the code around the owner. */
	madeAt: number;
}

/** Walks a function body. params are the function's own parameters and results. */
export function varFacts(body: Block, params: readonly Var[], info: Info, ask: TypeQuestions): VarFacts {
	return new Walker(info, ask).run(body, params);
}

class Walker {
	private readonly facts = new VarFacts();
	private readonly info: Info;
	private readonly ask: TypeQuestions;
	private scope: Scope = { owner: null, parent: null, declared: new Set(), madeAt: 0 };
	/** Loop depth inside the current function, and that of each variable at its declaration. */
	private depth = 1;
	private readonly declDepth = new Map<Var, number>();

	constructor(info: Info, ask: TypeQuestions) {
		this.info = info;
		this.ask = ask;
	}

	run(body: Block, params: readonly Var[]): VarFacts {
		this.findLoopLabels(body);
		for (const p of params) this.declareVar(p);
		this.block(body.list);
		return this.facts;
	}

	/** Labels before a goto to them. */
	private findLoopLabels(body: Block): void {
		const seen = new Set<string>();
		walk(body, (n) => {
			if (n.kind === Kind.Labeled) seen.add(n.label.name);
			else if (n.kind === Kind.Branch && n.tok === "goto" && n.label !== null && seen.has(n.label.name))
				this.facts.loopLabels.add(n.label.name);
		});
	}

	private declareVar(v: Var): void {
		this.scope.declared.add(v);
		this.declDepth.set(v, this.depth);
	}

	private varOf(n: Expr): Var | null {
		if (n.kind !== Kind.Name) return null;
		const obj: Obj | null = this.info.objectOf(n);
		return obj !== null && obj.kind === ObjKind.Var && obj.varKind !== VarKind.Package && obj.varKind !== VarKind.Field ? obj : null;
	}

	private declareName(n: Node | null): void {
		if (n === null || n.kind !== Kind.Name) return;
		const obj = this.info.defs.get(n);
		if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) this.declareVar(obj);
	}

	private use(v: Var): void {
		for (let s: Scope | null = this.scope; s !== null && !s.declared.has(v); s = s.parent) {
			if (s.owner === null) break;
			if (!this.facts.captured.has(v)) this.firstCapture(v);
			const list = this.facts.captures.get(s.owner) as Var[];
			if (!list.includes(v)) list.push(v);
		}
	}

	/** The literal around the current code, where v's own function makes it. */
	private firstCapture(v: Var): void {
		this.facts.captured.add(v);
		let s: Scope = this.scope;
		while (s.parent !== null && !s.parent.declared.has(v)) s = s.parent;
		if (this.facts.assigned.has(v) && s.madeAt !== this.declDepth.get(v)) this.facts.reassigned.add(v);
	}

	private nested(owner: FuncLit | Block, params: readonly Var[], visit: () => void): void {
		this.facts.captures.set(owner, []);
		const depth = this.depth;
		this.scope = { owner, parent: this.scope, declared: new Set(), madeAt: depth };
		this.depth = 1;
		for (const p of params) this.declareVar(p);
		visit();
		this.depth = depth;
		this.scope = this.scope.parent as Scope;
	}

	/** x is stored to: marks its variable as assigned when x is the variable, a field or an array element of it. */
	private assign(x: Expr): void {
		const v = this.root(x);
		this.expr(x);
		if (v !== null) this.markAssigned(v);
	}

	private markAssigned(v: Var): void {
		this.facts.assigned.add(v);
		if (this.facts.captured.has(v)) this.facts.reassigned.add(v);
	}

	/** The variable whose own storage x denotes, or null. */
	private root(x: Expr): Var | null {
		for (;;) {
			switch (x.kind) {
				case Kind.Name:
					return this.varOf(x);
				case Kind.Paren:
					x = x.x;
					break;
				case Kind.Selector: {
					const sel = this.info.selections.get(x);
					if (sel === undefined || sel.indirect) return null;
					x = x.x;
					break;
				}
				case Kind.Index:
					if (!this.ask.isArray(x.x)) return null;
					x = x.x;
					break;
				default:
					return null;
			}
		}
	}

	private address(x: Expr): void {
		const v = this.root(x);
		if (v !== null) this.facts.addrTaken.add(v);
	}

	private exprs(list: readonly Expr[]): void {
		for (const e of list) this.expr(e);
	}

	private expr(e: Expr | null): void {
		if (e === null) return;
		switch (e.kind) {
			case Kind.Name: {
				const v = this.varOf(e);
				if (v !== null) this.use(v);
				break;
			}
			case Kind.CompositeLit:
				this.exprs(e.elems);
				break;
			case Kind.KeyValue: {
				// A field name of a struct literal is no use of a variable: it resolves to a field.
				this.expr(e.key);
				this.expr(e.value);
				break;
			}
			case Kind.FuncLit: {
				const params = this.paramsOf(e);
				this.nested(e, params, () => this.block(e.body.list));
				break;
			}
			case Kind.Paren:
			case Kind.Selector:
			case Kind.Assert:
			case Kind.TypeSwitchGuard:
				if (e.kind === Kind.Selector && this.ask.isPtrMethodCall(e)) this.address(e.x);
				this.expr(e.x);
				break;
			case Kind.Index:
				this.expr(e.x);
				this.expr(e.index);
				break;
			case Kind.SliceExpr:
				if (this.ask.isArray(e.x)) this.address(e.x);
				this.expr(e.x);
				this.expr(e.lo);
				this.expr(e.hi);
				this.expr(e.max);
				break;
			case Kind.Unary:
				if (e.op === Op.And) this.address(e.x);
				this.expr(e.x);
				break;
			case Kind.Binary:
				this.expr(e.x);
				this.expr(e.y);
				break;
			case Kind.Call:
				this.expr(e.fun);
				this.exprs(e.args);
				break;
			case Kind.ListExpr:
				this.exprs(e.list);
				break;
			default:
				break;
		}
	}

	private paramsOf(e: FuncLit): Var[] {
		const out: Var[] = [];
		for (const f of [...e.type.params, ...e.type.results]) {
			const obj = f.name === null ? this.info.implicits.get(f) : this.info.defs.get(f.name);
			if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) out.push(obj);
		}
		return out;
	}

	private block(list: readonly Stmt[]): void {
		const depth = this.depth;
		for (const s of list) this.stmt(s);
		this.depth = depth;
	}

	private stmt(s: Stmt | null): void {
		if (s === null) return;
		switch (s.kind) {
			case Kind.Labeled:
				if (this.facts.loopLabels.has(s.label.name)) this.depth++;
				this.stmt(s.stmt);
				break;
			case Kind.Block:
				this.block(s.list);
				break;
			case Kind.ExprStmt:
				this.expr(s.x);
				break;
			case Kind.Send:
				this.expr(s.chan);
				this.expr(s.value);
				break;
			case Kind.DeclStmt:
				for (const d of s.decls) {
					if (d.kind !== Kind.VarDecl) continue;
					this.expr(d.values);
					for (const n of d.names) this.declareName(n);
					this.define(d.names, d.values);
				}
				break;
			case Kind.Assign:
				this.assignStmt(s.lhs, s.rhs, s.def);
				break;
			case Kind.CallStmt:
				this.expr(s.call);
				break;
			case Kind.Return:
				if (this.scope.parent === null) this.facts.returns++;
				this.expr(s.results);
				break;
			case Kind.If:
				this.stmt(s.init);
				this.expr(s.cond);
				this.block(s.thenBlock.list);
				this.stmt(s.elseStmt);
				break;
			case Kind.For:
				this.forStmt(s);
				break;
			case Kind.Switch:
				this.stmt(s.init);
				this.expr(s.tag);
				for (const c of s.body) {
					const v = this.info.implicits.get(c);
					if (v !== undefined && v.kind === ObjKind.Var) this.declareVar(v);
					this.expr(c.cases);
					this.block(c.body);
				}
				break;
			case Kind.Select:
				for (const c of s.body) {
					this.stmt(c.comm);
					this.block(c.body);
				}
				break;
			case Kind.Empty:
				break;
		}
	}

	private assignStmt(lhs: Expr, rhs: Expr | null, def: boolean): void {
		this.expr(rhs);
		const list = lhs.kind === Kind.ListExpr ? lhs.list : [lhs];
		for (const x of list) {
			const declared = def && x.kind === Kind.Name ? this.info.defs.get(x) : undefined;
			if (declared !== undefined && declared !== null) this.declareName(x);
			else this.assign(x);
		}
		if (def) this.define(list, rhs);
	}

	private define(names: readonly Expr[], values: Expr | null): void {
		const list = values === null ? [] : values.kind === Kind.ListExpr ? values.list : [values];
		if (list.length !== names.length) return;
		names.forEach((n, i) => {
			const obj = n.kind === Kind.Name ? this.info.defs.get(n) : undefined;
			if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) this.facts.defs.set(obj, list[i]);
		});
	}

	private forStmt(s: Extract<Stmt, { kind: typeof Kind.For }>): void {
		if (s.init !== null && s.init.kind === Kind.RangeClause) {
			const clause = s.init;
			this.expr(clause.x);
			const inner = (): void => {
				if (clause.lhs !== null) this.assignStmt(clause.lhs, null, clause.def);
				this.block(s.body.list);
				if (!this.ask.perIteration && clause.def) this.nextIteration(clause.lhs);
			};
			if (this.ask.isRangeFunc(clause.x)) this.nested(s.body, [], inner);
			else this.loop(inner);
			return;
		}
		const rest = (): void => {
			this.expr(s.cond);
			// The post statement changes the next iteration's variables only, not those that literals in the body captured.
			if (this.ask.perIteration) this.stmt(s.post);
			this.block(s.body.list);
			if (!this.ask.perIteration) this.stmt(s.post);
		};
		const init = s.init;
		if (!this.ask.perIteration) this.stmt(init);
		this.loop(() => {
			if (this.ask.perIteration) this.stmt(init);
			rest();
		});
	}

	/** Variables shared by all iterations are assigned again. */
	private nextIteration(lhs: Expr | null): void {
		for (const x of lhs === null ? [] : lhs.kind === Kind.ListExpr ? lhs.list : [lhs]) {
			const v = this.varOf(x);
			if (v !== null) this.markAssigned(v);
		}
	}

	private loop(visit: () => void): void {
		this.depth++;
		visit();
		this.depth--;
	}
}
