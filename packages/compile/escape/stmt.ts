// Statements as flows.

import {
	type Assign,
	type Call,
	type CallStmt,
	type Expr,
	type For,
	type If,
	Kind,
	Op,
	type RangeClause,
	type Stmt,
	type Switch,
} from "#syntax";
import { BuiltinId, ObjKind, SelectionKind, type Signature, type Type, TypeKind, type Tuple, under, type Var } from "#types";
import { type Callee, unparen } from "./body.ts";
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

	/** What follows a statement that ends the control flow does not count, up to the next label. */
	block(list: readonly Stmt[]): void {
		const depth = this.f.loopDepth;
		let dead = false;
		for (const s of list) {
			if (dead && s.kind !== Kind.Labeled) continue;
			this.stmt(s);
			dead = this.terminates(s);
		}
		this.f.loopDepth = depth;
	}

	private terminates(s: Stmt | null): boolean {
		if (s === null) return false;
		switch (s.kind) {
			case Kind.Branch:
				return s.tok === "goto";
			case Kind.Return:
				return true;
			case Kind.ExprStmt: {
				const x = unparen(s.x);
				if (x.kind !== Kind.Call) return false;
				const callee = this.f.body.callee(x);
				return callee.kind === "builtin" && callee.id === BuiltinId.Panic;
			}
			case Kind.If: {
				const known = this.f.body.constBool(s.cond);
				return (known === false || this.terminates(s.thenBlock)) && (known === true || this.terminates(s.elseStmt));
			}
			case Kind.Block: {
				for (let i = s.list.length - 1; i >= 0; i--) if (s.list[i].kind !== Kind.Empty) return this.terminates(s.list[i]);
				return false;
			}
			default:
				return false;
		}
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
				if (sel.kind === SelectionKind.FieldVal && !sel.indirect && under(f.body.typeOf(x.x)).kind !== TypeKind.Pointer)
					return this.target(x.x);
				f.expr(f.mutator(), x.x);
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
				f.expr(f.mutator(), x.x);
				return f.heap();
			}
			case Kind.Unary:
				f.expr(f.mutator(), x.x);
				return f.heap();
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
			if (f.isStringType(f.body.typeOf(s.lhs))) f.spill(k, s, 32);
			f.discard(s.rhs);
			return;
		}
		const rhs = s.rhs.kind === Kind.ListExpr ? s.rhs.list : [s.rhs];
		if (lhs.length === rhs.length) {
			lhs.forEach((x, i) => {
				if (f.isHeaderData(unparen(x))) {
					this.target(x);
					f.unsafeValue(f.heap(), rhs[i]);
				} else if (this.isSelfAssign(x, rhs[i])) {
					this.target(x);
					f.discard(rhs[i]);
				} else f.convertTo(this.target(x), rhs[i], this.typeOfTarget(x));
			});
		} else {
			this.multi(
				lhs.map((x) => this.target(x)),
				lhs.map((x) => this.typeOfTarget(x)),
				rhs[0],
			);
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
					return f.boxedResult(k, x, f.body.subst(from[i].type as Type), to);
				}),
				x,
			);
		} else {
			f.expr(ks[0] ?? null, x);
		}
	}

	/** x.f = x.f[i:j], x.f = x.g, x.f[i] = x.f[j]: storing what is there already keeps nothing new alive. */
	private isSelfAssign(d: Expr, s: Expr): boolean {
		const dst = unparen(d);
		const src = unparen(s);
		if (src.kind === Kind.SliceExpr) {
			const base = this.throughPointer(dst);
			return base !== null && this.f.body.under(src.x).kind !== TypeKind.Array && base === this.throughPointer(unparen(src.x));
		}
		if (dst.kind === Kind.Selector && src.kind === Kind.Selector) {
			return (
				this.f.body.selection(dst)?.kind === SelectionKind.FieldVal &&
				this.f.body.selection(src)?.kind === SelectionKind.FieldVal &&
				this.same(dst.x, src.x)
			);
		}
		if (dst.kind === Kind.Index && src.kind === Kind.Index) {
			const u = this.f.body.under(dst.x);
			return (
				u.kind !== TypeKind.Map &&
				this.f.body.under(src.x).kind !== TypeKind.Map &&
				this.pure(dst.index) &&
				this.pure(src.index) &&
				this.same(dst.x, src.x)
			);
		}
		return false;
	}

	/** The local variable p of *p or p.f, p a pointer. */
	private throughPointer(x: Expr): Var | null {
		const { body } = this.f;
		if (x.kind === Kind.Unary && x.op === Op.Mul) return body.localVar(unparen(x.x));
		if (x.kind !== Kind.Selector) return null;
		const sel = body.selection(x);
		if (sel === null || sel.kind !== SelectionKind.FieldVal || sel.index.length !== 1) return null;
		return body.under(x.x).kind === TypeKind.Pointer ? body.localVar(unparen(x.x)) : null;
	}

	/** Two operands without calls that denote the same place. */
	private same(a: Expr, b: Expr): boolean {
		const { body } = this.f;
		const x = unparen(a);
		const y = unparen(b);
		if (x.kind === Kind.Name && y.kind === Kind.Name)
			return body.objectOf(x) === body.objectOf(y) && body.objectOf(x)?.kind === ObjKind.Var;
		if (x.kind === Kind.Selector && y.kind === Kind.Selector) {
			const sx = body.selection(x);
			const sy = body.selection(y);
			if (sx === null || sy === null) return sx === sy && body.objectOf(x.sel) === body.objectOf(y.sel);
			return sx.kind === SelectionKind.FieldVal && sx.obj === sy.obj && this.same(x.x, y.x);
		}
		if (x.kind === Kind.Unary && y.kind === Kind.Unary) return x.op === Op.Mul && y.op === Op.Mul && this.same(x.x, y.x);
		if (x.kind === Kind.Index && y.kind === Kind.Index) return this.same(x.x, y.x) && this.same(x.index, y.index);
		const n = body.constInt(x);
		return n !== null && n === body.constInt(y);
	}

	/** Evaluating x changes no memory. */
	private pure(e: Expr): boolean {
		const x = unparen(e);
		switch (x.kind) {
			case Kind.Name:
			case Kind.BasicLit:
				return true;
			case Kind.Selector:
				return this.pure(x.x);
			case Kind.Index:
				return this.pure(x.x) && this.pure(x.index);
			case Kind.Unary:
				return x.op !== Op.Recv && x.op !== Op.And && this.pure(x.x);
			case Kind.Binary:
				return this.pure(x.x) && this.pure(x.y);
			default:
				return false;
		}
	}

	private goDefer(s: CallStmt): void {
		const f = this.f;
		const call = unparen(s.call);
		if (call.kind !== Kind.Call) return;
		const callee = f.body.callee(call);
		if (s.tok === "defer" && f.loopDepth === 1 && !f.deferInLoop) {
			this.deferred(call, callee);
			return;
		}
		const record = f.spill(f.heap(), s, 0);
		if (callee.kind === "builtin" || callee.kind === "conversion") {
			for (const a of call.args) if (!f.body.isType(a)) f.convertTo(f.heap(), a, this.deferredOperand(call, a, callee));
			return;
		}
		const sig = f.body.under(call.fun);
		if (sig.kind !== TypeKind.Signature) return;
		if (callee.kind === "literal") f.expr({ dst: record, derefs: 0 }, callee.lit);
		else if (callee.kind === "dynamic") f.expr(f.heap(), call.fun);
		f.args(call, sig, callee.kind === "static" || callee.kind === "interface" ? callee.recv : null, () => f.heap());
	}

	/** The type that a builtin which is called later converts an operand to; null = its own. */
	private deferredOperand(call: Call, a: Expr, callee: Callee): Type | null {
		const { body } = this.f;
		if (callee.kind !== "builtin") return null;
		if (callee.id === BuiltinId.Panic) return body.program.types.anyType();
		const m = callee.id === BuiltinId.Delete && a === call.args[1] ? body.under(call.args[0]) : null;
		return m !== null && m.kind === TypeKind.Map ? m.key : null;
	}

	/** Runs when this function ends, on its stack: like a call. Operands and the closure object last until then. */
	private deferred(call: Call, callee: Callee): void {
		const f = this.f;
		if (callee.kind !== "literal") {
			f.noInline = call;
			f.call([], call);
			f.noInline = null;
			return;
		}
		const sig = f.body.under(call.fun) as Signature;
		f.expr({ dst: f.lasting(), derefs: 0 }, callee.lit);
		const made = f.frame.literals.get(callee.lit);
		f.args(call, sig, null, (i) => (made === undefined ? f.heap() : { dst: made.params[i], derefs: 0 }));
	}

	private ret(results: Expr | null): void {
		const f = this.f;
		if (results === null) return;
		const list = results.kind === Kind.ListExpr ? results.list : [results];
		const types = this.resultTypes();
		if (list.length === f.results.length) list.forEach((x, i) => f.convertTo({ dst: f.results[i], derefs: 0 }, x, types[i] ?? null));
		else
			this.multi(
				f.results.map((r) => ({ dst: r, derefs: 0 })),
				types,
				list[0],
			);
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
		// The operand is evaluated before the loop and lasts as long.
		const tmp = f.lasting();
		f.expr({ dst: tmp, derefs: 0 }, clause.x);
		const perIteration = f.body.perIterationLoopVars;
		if (perIteration) f.loopDepth++;
		const lhs = clause.lhs === null ? [] : clause.lhs.kind === Kind.ListExpr ? clause.lhs.list : [clause.lhs];
		const holes = lhs.map((x) => this.rangeTarget(x, clause.def));
		if (!perIteration) f.loopDepth++;
		const value = ptr.kind === TypeKind.Chan ? null : (holes[1] ?? null);
		if (value !== null) f.graph.flow(value.dst, tmp, value.derefs + (u.kind === TypeKind.Array ? 0 : 1));
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
				if (f.body.hasPointers(t)) holes.push(f.dotType({ dst: l, derefs: 0 }, t));
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
