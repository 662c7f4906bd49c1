// Statements as flows.

import { type Assign, type Call, type CallStmt, type Expr, type For, type If, Kind, type RangeClause, type Selector, type Stmt, type Switch } from "#syntax";
import { ObjKind, SelectionKind, type Type, TypeKind, type Tuple, under, type Var } from "#types";
import { unparen } from "./body.ts";
import type { Flow, K } from "./flow.ts";
import type { Location } from "./graph.ts";

/** Flows the body of a range-over-func loop as a function literal; implemented by the planner. */
export type RangeFuncBody = (f: Flow, s: For, clause: RangeClause) => void;

export class StmtFlow {
	private readonly f: Flow;
	private readonly rangeFunc: RangeFuncBody;

	constructor(f: Flow, rangeFunc: RangeFuncBody) {
		this.f = f;
		this.rangeFunc = rangeFunc;
	}

	block(list: readonly Stmt[]): void {
		for (const s of list) this.stmt(s);
	}

	private stmt(s: Stmt | null): void {
		if (s === null) return;
		const f = this.f;
		switch (s.kind) {
			case Kind.Labeled:
				if (f.frame.facts.loopLabels.has(s.label.name)) f.loopDepth++;
				this.stmt(s.stmt);
				break;
			case Kind.Block:
				this.block(s.list);
				break;
			case Kind.ExprStmt:
				f.discard(s.x);
				break;
			case Kind.Send: {
				f.discard(s.chan);
				const u = f.body.under(s.chan);
				f.convertTo(f.heap(), s.value, u.kind === TypeKind.Chan ? u.elem : null);
				break;
			}
			case Kind.DeclStmt:
				for (const d of s.decls) if (d.kind === Kind.VarDecl) this.define(d.names, d.values);
				break;
			case Kind.Assign:
				this.assign(s);
				break;
			case Kind.CallStmt:
				this.goDefer(s);
				break;
			case Kind.Return:
				this.ret(s.results);
				break;
			case Kind.If:
				this.ifStmt(s);
				break;
			case Kind.For:
				this.forStmt(s);
				break;
			case Kind.Switch:
				this.switchStmt(s);
				break;
			case Kind.Select:
				for (const c of s.body) {
					this.stmt(c.comm);
					this.block(c.body);
				}
				break;
			default:
				break;
		}
	}

	/** Branches that a constant condition rules out are not compiled and do not count. */
	private ifStmt(s: If): void {
		this.stmt(s.init);
		this.f.discard(s.cond);
		const known = this.f.body.constBool(s.cond);
		if (known !== false) this.block(s.thenBlock.list);
		if (known !== true) this.stmt(s.elseStmt);
	}

	/** The hole that an assignment to x stores into. */
	private target(x: Expr): K {
		const f = this.f;
		x = unparen(x);
		switch (x.kind) {
			case Kind.Name: {
				if (x.name === "_") return null;
				const v = f.body.localVar(x);
				return v === null ? f.heap() : { dst: f.varLocation(v), derefs: 0 };
			}
			case Kind.Selector: {
				const sel = f.body.selection(x);
				if (sel === null) return f.heap();
				if (sel.kind === SelectionKind.FieldVal && !sel.indirect && under(f.body.typeOf(x.x)).kind !== TypeKind.Pointer) return this.target(x.x);
				f.discard(x.x);
				return f.heap();
			}
			case Kind.Index: {
				const u = f.body.under(x.x);
				if (u.kind === TypeKind.Map) {
					f.discard(x.x);
					f.convertTo(f.heap(), x.index, u.key);
					return f.heap();
				}
				f.discard(x.index);
				if (u.kind === TypeKind.Array) return this.target(x.x);
				f.discard(x.x);
				return f.heap();
			}
			default:
				f.discard(x);
				return f.heap();
		}
	}

	private typeOfTarget(x: Expr): Type | null {
		x = unparen(x);
		if (x.kind === Kind.Name && x.name === "_") return null;
		return this.f.body.typeOf(x);
	}

	private assign(s: Assign): void {
		const f = this.f;
		if (s.rhs === null) {
			this.target(s.lhs);
			f.discard(s.lhs);
			return;
		}
		const lhs = s.lhs.kind === Kind.ListExpr ? s.lhs.list : [s.lhs];
		if (s.def) {
			this.define(lhs, s.rhs);
			return;
		}
		if (s.op !== 0) {
			// x op= y: only string concatenation makes a new value that flows.
			const k = this.target(s.lhs);
			if (f.isStringType(f.body.typeOf(s.lhs))) f.spill(k, s.id, 32);
			f.discard(s.lhs);
			f.expr(k !== null && f.isStringType(f.body.typeOf(s.lhs)) ? null : k, s.rhs);
			return;
		}
		const rhs = s.rhs.kind === Kind.ListExpr ? s.rhs.list : [s.rhs];
		if (lhs.length === rhs.length) {
			lhs.forEach((x, i) => {
				if (this.isSelfAssign(x, rhs[i])) {
					f.discard(rhs[i]);
					f.discard(x);
				} else f.convertTo(this.target(x), rhs[i], this.typeOfTarget(x));
			});
		} else {
			this.multi(lhs.map((x) => this.target(x)), lhs.map((x) => this.typeOfTarget(x)), rhs[0]);
		}
	}

	/** Declares names and gives them their initial values. Redeclared names of := are assigned. */
	private define(names: readonly Expr[], values: Expr | null): void {
		const f = this.f;
		const rhs = values === null ? [] : values.kind === Kind.ListExpr ? values.list : [values];
		const types = names.map((n) => (n.kind === Kind.Name && n.name !== "_" ? f.body.typeOf(n) : null));
		const locate = (n: Expr): K => {
			if (n.kind !== Kind.Name || n.name === "_") return null;
			const obj = f.body.info.defs.get(n);
			if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) return { dst: f.declare(obj), derefs: 0 };
			return this.target(n);
		};
		if (rhs.length === names.length) {
			// Values are flowed before the names are declared: they may not see them.
			const holes = names.map(locate);
			names.forEach((_, i) => f.convertTo(holes[i], rhs[i], types[i]));
		} else if (rhs.length === 1) {
			this.multi(names.map(locate), types, rhs[0]);
		} else {
			names.forEach(locate);
		}
	}

	/** ks receive the values of one multi-valued expression: a call, or a comma-ok form. */
	private multi(ks: readonly K[], types: readonly (Type | null)[], e: Expr): void {
		const f = this.f;
		const x = unparen(e);
		if (x.kind === Kind.Call && f.body.callee(x).kind !== "builtin") {
			const t = f.body.typeOf(x);
			const from = t.kind === TypeKind.Tuple ? (t as Tuple).vars : [];
			f.call(
				ks.map((k, i) => {
					const to = types[i];
					if (k === null || to === null || from[i] === undefined) return k;
					const ft = f.body.subst(from[i].type as Type);
					return f.body.isInterface(to) && !f.body.isInterface(ft) ? f.box(f.tee(k, f.heap()), -x.id, ft) : k;
				}),
				x,
			);
		} else {
			f.expr(ks[0] ?? null, x);
		}
	}

	/** x.f = x.f[i:j] and the like: storing a slice of what is there keeps nothing new alive. */
	private isSelfAssign(dst: Expr, src: Expr): boolean {
		const s = unparen(src);
		const d = unparen(dst);
		if (s.kind !== Kind.SliceExpr || d.kind !== Kind.Selector) return false;
		const from = unparen(s.x);
		if (from.kind !== Kind.Selector || from.sel.name !== d.sel.name) return false;
		const u = this.f.body.under(from);
		if (u.kind !== TypeKind.Slice && !this.f.isStringType(u)) return false;
		const base = (sel: Selector): Var | null => this.f.body.localVar(unparen(sel.x));
		return base(from) !== null && base(from) === base(d);
	}

	private goDefer(s: CallStmt): void {
		const f = this.f;
		const call = s.call;
		if (call.kind !== Kind.Call) return;
		const callee = f.body.callee(call);
		const onHeap = s.tok === "go" || f.loopDepth > 1;
		if (callee.kind === "builtin" || callee.kind === "conversion") {
			f.discard(call);
			return;
		}
		if (!onHeap && (callee.kind === "static" || callee.kind === "literal")) {
			// Runs when this function ends, on its stack: like a call. A literal's closure object lives in this frame.
			this.deferred(call);
			return;
		}
		const record = f.spill(onHeap ? f.heap() : null, s.id, 0);
		const sig = f.body.under(call.fun);
		if (sig.kind !== TypeKind.Signature) return;
		if (callee.kind === "literal") {
			f.expr({ dst: record, derefs: 0 }, callee.lit);
		} else if (callee.kind === "dynamic") {
			f.expr(f.heap(), call.fun);
		}
		f.args(call, sig, callee.kind === "static" || callee.kind === "interface" ? callee.recv : null, () => f.heap());
	}

	private deferred(call: Call): void {
		this.f.call([], call);
	}

	private ret(results: Expr | null): void {
		const f = this.f;
		if (results === null) return;
		const list = results.kind === Kind.ListExpr ? results.list : [results];
		const types = this.resultTypes();
		if (list.length === f.results.length) list.forEach((x, i) => f.convertTo({ dst: f.results[i], derefs: 0 }, x, types[i] ?? null));
		else this.multi(f.results.map((r) => ({ dst: r, derefs: 0 })), types, list[0]);
	}

	/** Set by whoever flows a body: the types of the current function's results. */
	resultTypes: () => readonly (Type | null)[] = () => [];

	private forStmt(s: For): void {
		const f = this.f;
		if (s.init !== null && s.init.kind === Kind.RangeClause) {
			this.range(s, s.init);
			return;
		}
		// Per-iteration variables are made anew inside the loop.
		const perIteration = f.body.perIterationLoopVars;
		if (perIteration) f.loopDepth++;
		this.stmt(s.init);
		if (!perIteration) f.loopDepth++;
		f.discard(s.cond);
		this.stmt(s.post);
		this.block(s.body.list);
		f.loopDepth--;
	}

	private range(s: For, clause: RangeClause): void {
		const f = this.f;
		const u = f.body.under(clause.x);
		if (u.kind === TypeKind.Signature) {
			this.rangeFunc(f, s, clause);
			return;
		}
		const ptr = u.kind === TypeKind.Pointer ? under(u.elem) : u;
		const perIteration = f.body.perIterationLoopVars;
		if (perIteration) f.loopDepth++;
		const lhs = clause.lhs === null ? [] : clause.lhs.kind === Kind.ListExpr ? clause.lhs.list : [clause.lhs];
		const holes = lhs.map((x) => this.rangeTarget(x, clause.def));
		if (!perIteration) f.loopDepth++;
		const isArray = u.kind === TypeKind.Array;
		const source = ptr.kind === TypeKind.Map ? f.tee(holes[0] ?? null, holes[1] ?? null) : ptr.kind === TypeKind.Chan ? null : (holes[1] ?? null);
		f.loopDepth--;
		f.expr(isArray ? source : f.deref(source), clause.x);
		f.loopDepth++;
		this.block(s.body.list);
		f.loopDepth--;
	}

	private rangeTarget(x: Expr, def: boolean): K {
		const f = this.f;
		if (def && x.kind === Kind.Name) {
			const obj = f.body.info.defs.get(x);
			if (obj !== undefined && obj !== null && obj.kind === ObjKind.Var) return { dst: f.declare(obj), derefs: 0 };
		}
		const k = this.target(x);
		// An element stored in an interface variable is boxed for every iteration.
		const t = this.typeOfTarget(x);
		return k !== null && t !== null && f.body.isInterface(t) ? f.tee(k, f.heap()) : k;
	}

	private switchStmt(s: Switch): void {
		const f = this.f;
		this.stmt(s.init);
		if (s.tag !== null && s.tag.kind === Kind.TypeSwitchGuard) {
			const holes: K[] = [];
			for (const c of s.body) {
				const v = f.body.info.implicits.get(c);
				if (v === undefined || v.kind !== ObjKind.Var) continue;
				const l: Location = f.declare(v);
				const t = f.body.varType(v);
				const direct = f.body.isInterface(t) || f.body.program.layout.isDirectIface(t);
				holes.push({ dst: l, derefs: direct ? 0 : 1 });
			}
			f.expr(f.tee(...holes), s.tag.x);
			for (const c of s.body) this.block(c.body);
			return;
		}
		const tagType = s.tag === null ? null : f.body.typeOf(s.tag);
		f.discard(s.tag);
		for (const c of s.body) {
			for (const x of c.cases === null ? [] : c.cases.kind === Kind.ListExpr ? c.cases.list : [c.cases]) f.convertTo(null, x, tagType);
			this.block(c.body);
		}
	}
}
