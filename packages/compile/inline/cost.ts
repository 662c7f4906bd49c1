// What inlining a function costs: its nodes, counted as gc counts those of its own
// representation (cmd/compile/internal/inline), so that programs are inlined where
// users of the official compiler expect it.
//
// A node of ours is one of gc's or none (parentheses, conversions without code); some
// things that the source leaves out count too: the declaration that goes with :=, an
// implicit conversion to an interface, dereferences on the path to a field.

import { type CompositeLit, type Expr, Kind, Op, type Selector, type Stmt } from "#syntax";
import {
	BasicKind,
	BuiltinId,
	Mode,
	ObjKind,
	SelectionKind,
	type Signature,
	type Struct,
	type Type,
	TypeKind,
	under,
	type Var,
} from "#types";
import { type Body, unparen } from "../escape/body.ts";
import type { FuncInst } from "../program.ts";

export const MaxBudget = 80;
/** A call that stays a call. */
const CallCost = 57;
/** A call of a parameter: its argument may turn out to be a known function. */
const ParamCallCost = 17;
const ClosureCost = 15;

/** Why a function cannot be inlined at all, whatever its size. */
export class Hairy extends Error {}

export interface CostHost {
	/** Cost of a callee that would be inlined into fn, or null. */
	inlineCost(callee: FuncInst): number | null;
	isIntrinsic(callee: FuncInst): boolean;
}

/** Functions of these packages that are single instructions on this machine: their calls count as one node. */
const cheapMethods = /^(littleEndian|bigEndian)$/;
const cheapMethodNames = /^(Put|Append)?Uint(16|32|64)$/;
const cheapByteorder = /^(LE|BE)(Put|Append)?Uint(16|32|64)$/;

/** What n values of one call cost that go through temporaries. */
function spreadCost(n: number): number {
	return 4 * n + 1;
}

/** Integer types of one representation. */
function plainKind(k: BasicKind): BasicKind {
	if (k === BasicKind.Int) return BasicKind.Int64;
	return k === BasicKind.Uint || k === BasicKind.Uintptr ? BasicKind.Uint64 : k;
}

/** Counts a function body up to a limit. */
export class Coster {
	private readonly body: Body;
	private readonly host: CostHost;
	private readonly limit: number;
	cost = 0;

	constructor(body: Body, host: CostHost, limit: number) {
		this.body = body;
		this.host = host;
		this.limit = limit;
	}

	get tooMuch(): boolean {
		return this.cost > this.limit;
	}

	block(list: readonly Stmt[]): void {
		let dead = false;
		for (const s of list) {
			if (this.tooMuch) return;
			if (dead && s.kind !== Kind.Labeled) continue;
			this.stmt(s);
			dead = this.terminates(s);
		}
	}

	private terminates(s: Stmt): boolean {
		if (s.kind === Kind.Return) return true;
		if (s.kind === Kind.Branch) return s.tok === "goto";
		if (s.kind !== Kind.If) return false;
		const known = this.body.constBool(s.cond);
		const last = s.thenBlock.list.at(-1);
		return known === true && last !== undefined && this.terminates(last);
	}

	private list(e: Expr | null): readonly Expr[] {
		return e === null ? [] : e.kind === Kind.ListExpr ? e.list : [e];
	}

	// ---- statements ----

	private stmt(s: Stmt | null): void {
		if (s === null || this.tooMuch) return;
		switch (s.kind) {
			case Kind.Empty:
				return;
			case Kind.Labeled:
				this.cost++;
				this.stmt(s.stmt);
				return;
			case Kind.Block:
				this.block(s.list);
				return;
			case Kind.ExprStmt:
				this.expr(s.x);
				return;
			case Kind.Send: {
				this.cost++;
				this.expr(s.chan);
				const u = this.body.under(s.chan);
				this.conv(s.value, u.kind === TypeKind.Chan ? u.elem : null);
				return;
			}
			case Kind.DeclStmt:
				for (const d of s.decls) if (d.kind === Kind.VarDecl) this.define(d.names, d.values);
				return;
			case Kind.Assign:
				this.assign(s);
				return;
			case Kind.Branch:
				if (s.tok !== "fallthrough") this.cost++;
				return;
			case Kind.CallStmt:
				throw new Hairy(`unhandled op ${s.tok.toUpperCase()}`);
			case Kind.Return:
				this.ret(s.results);
				return;
			case Kind.If:
				this.ifStmt(s);
				return;
			case Kind.For:
				this.forStmt(s);
				return;
			case Kind.Switch:
				this.switchStmt(s);
				return;
			case Kind.Select:
				this.cost++;
				for (const c of s.body) {
					this.cost++;
					this.stmt(c.comm);
					this.block(c.body);
				}
				return;
		}
	}

	private ifStmt(s: Extract<Stmt, { kind: typeof Kind.If }>): void {
		const known = this.body.constBool(s.cond);
		this.stmt(s.init);
		if (known !== null) {
			if (known) this.block(s.thenBlock.list);
			else this.stmt(s.elseStmt);
			return;
		}
		this.cost++;
		this.expr(s.cond);
		this.block(s.thenBlock.list);
		this.stmt(s.elseStmt);
	}

	private ret(results: Expr | null): void {
		this.cost++;
		const list = this.list(results);
		const types = this.resultTypes;
		if (list.length === 1 && types.length > 1) {
			this.cost += spreadCost(types.length);
			this.expr(list[0]);
		} else if (list.length !== types.length) for (const x of list) this.expr(x);
		else list.forEach((x, i) => this.conv(x, types[i]));
	}

	/** Of the function whose body is counted. */
	resultTypes: readonly Type[] = [];

	/** A multi-valued expression whose values are converted to types. Converted ones go through temporaries. */
	private multi(x: Expr, types: readonly (Type | null)[]): void {
		this.expr(x);
		const t = this.body.typeOf(unparen(x));
		if (t.kind !== TypeKind.Tuple) return;
		const link = (v: Type): string => this.body.program.types.link(v);
		const differ = types.some(
			(to, i) => to !== null && t.vars[i] !== undefined && link(this.body.subst(t.vars[i].type as Type)) !== link(to),
		);
		if (differ) this.cost += spreadCost(types.length);
	}

	private assign(s: Extract<Stmt, { kind: typeof Kind.Assign }>): void {
		if (s.rhs === null) {
			// x++
			this.cost += 2;
			this.expr(s.lhs);
			return;
		}
		const lhs = this.list(s.lhs);
		if (s.def) {
			this.define(lhs, s.rhs);
			return;
		}
		if (s.op !== 0) {
			this.cost++;
			this.expr(s.lhs);
			this.expr(s.rhs);
			return;
		}
		const rhs = this.list(s.rhs);
		this.cost++;
		for (const x of lhs) this.target(x);
		const types = lhs.map((x) => (this.isBlank(x) ? null : this.body.typeOf(x)));
		if (lhs.length === rhs.length) rhs.forEach((x, i) => this.conv(x, types[i]));
		else this.multi(rhs[0], types);
	}

	private isBlank(x: Expr): boolean {
		return x.kind === Kind.Name && x.name === "_";
	}

	private target(x: Expr): void {
		if (this.isBlank(x)) this.cost++;
		else this.expr(x);
	}

	/** Each new variable counts with its declaration. */
	private define(names: readonly Expr[], values: Expr | null): void {
		const rhs = this.list(values);
		const types = names.map((n) => (this.isBlank(n) ? null : this.body.typeOf(n)));
		for (const n of names) {
			const made = n.kind === Kind.Name && !this.isBlank(n) && (this.body.info.defs.get(n) ?? null) !== null;
			this.cost += made ? 2 : 0;
		}
		if (rhs.length === 0) {
			this.cost += 2 * names.length;
			return;
		}
		this.cost += 1 + names.length;
		if (rhs.length === names.length) rhs.forEach((x, i) => this.conv(x, types[i]));
		else this.multi(rhs[0], types);
	}

	private forStmt(s: Extract<Stmt, { kind: typeof Kind.For }>): void {
		this.cost++;
		if (s.init !== null && s.init.kind === Kind.RangeClause) {
			const c = s.init;
			const u = this.body.under(c.x);
			if (u.kind === TypeKind.Signature) throw new Hairy("range over a function");
			for (const x of this.list(c.lhs)) {
				if (c.def && !this.isBlank(x)) this.cost += 3;
				else this.target(x);
			}
			this.expr(c.x);
			this.block(s.body.list);
			return;
		}
		this.stmt(s.init);
		if (s.cond !== null) this.expr(s.cond);
		this.stmt(s.post);
		this.block(s.body.list);
	}

	private switchStmt(s: Extract<Stmt, { kind: typeof Kind.Switch }>): void {
		this.stmt(s.init);
		this.cost++;
		if (s.tag !== null && s.tag.kind === Kind.TypeSwitchGuard) {
			this.cost++;
			this.expr(s.tag.x);
			if (s.tag.lhs !== null) this.cost++;
			for (const c of s.body) {
				this.cost++;
				const v = this.body.info.implicits.get(c);
				if (v !== undefined && v.kind === ObjKind.Var) this.cost++;
				for (const x of this.list(c.cases)) if (!this.body.isType(x)) this.cost++;
				this.block(c.body);
			}
			return;
		}
		const t = s.tag === null ? null : this.body.typeOf(s.tag);
		if (s.tag !== null) this.expr(s.tag);
		for (const c of s.body) {
			this.cost++;
			for (const x of this.list(c.cases)) this.conv(x, t);
			this.block(c.body);
		}
	}

	// ---- expressions ----

	private boxes(from: Type, to: Type): boolean {
		if (!this.body.isInterface(to)) return false;
		const u = under(from);
		if (u.kind === TypeKind.Interface) return this.body.program.types.link(from) !== this.body.program.types.link(to);
		return !(u.kind === TypeKind.Basic && u.basic === BasicKind.UntypedNil);
	}

	/** x where a value of type `to` is wanted. */
	private conv(x: Expr, to: Type | null): void {
		if (to !== null && this.boxes(this.body.typeOf(x), to)) this.cost++;
		this.expr(x);
	}

	expr(e: Expr): void {
		if (this.tooMuch) return;
		if (this.body.isConst(e)) {
			this.cost++;
			return;
		}
		switch (e.kind) {
			case Kind.Paren:
				this.expr(e.x);
				break;
			case Kind.FuncLit:
				this.cost += ClosureCost + 1;
				break;
			case Kind.Selector:
				this.selector(e);
				break;
			case Kind.Index:
				this.index(e);
				break;
			case Kind.SliceExpr:
				this.slice(e);
				break;
			case Kind.Assert:
				this.cost++;
				this.expr(e.x);
				break;
			case Kind.Unary:
				this.unary(e);
				break;
			case Kind.Binary:
				this.binary(e);
				break;
			case Kind.Call:
				this.call(e);
				break;
			case Kind.CompositeLit:
				this.composite(e);
				break;
			case Kind.ListExpr:
				for (const x of e.list) this.expr(x);
				break;
			default:
				this.cost++;
		}
	}

	private selector(e: Selector): void {
		const sel = this.body.selection(e);
		if (sel === null) {
			this.cost++;
			return;
		}
		if (sel.kind === SelectionKind.MethodExpr) return;
		if (sel.kind === SelectionKind.MethodVal) {
			this.cost += 2;
			this.expr(e.x);
			return;
		}
		this.cost += sel.index.length;
		this.expr(e.x);
	}

	private index(e: Extract<Expr, { kind: typeof Kind.Index }>): void {
		const u = this.body.under(e.x);
		this.cost++;
		if (u.kind === TypeKind.Signature) return;
		if (u.kind === TypeKind.Pointer) this.cost++;
		this.expr(e.x);
		this.conv(e.index, u.kind === TypeKind.Map ? u.key : null);
	}

	private slice(e: Extract<Expr, { kind: typeof Kind.SliceExpr }>): void {
		this.cost++;
		if (this.body.under(e.x).kind === TypeKind.Array) this.cost += this.isFirstField(e.x) ? -1 : 1;
		this.expr(e.x);
		if (e.lo !== null && this.body.constInt(e.lo) !== 0) this.expr(e.lo);
		if (e.hi !== null) this.expr(e.hi);
		if (e.max !== null) this.expr(e.max);
	}

	private unary(e: Extract<Expr, { kind: typeof Kind.Unary }>): void {
		this.cost++;
		// The address of a first field is free, and so is half of what reads through an address.
		if (e.op === Op.And && this.isFirstField(e.x)) this.cost -= 2;
		if (e.op === Op.Mul) {
			const x = this.withoutConversions(e.x);
			if (x.kind === Kind.Unary && x.op === Op.And) this.cost--;
		}
		this.expr(e.x);
	}

	/** x.f where x is a local variable and f lies at its start. */
	private isFirstField(e: Expr): boolean {
		const x = unparen(e);
		if (x.kind !== Kind.Selector || this.body.localVar(unparen(x.x)) === null) return false;
		const sel = this.body.selection(x);
		return sel !== null && sel.kind === SelectionKind.FieldVal && sel.index.length === 1 && this.fieldOffset(x.x, sel.index[0]) === 0;
	}

	private withoutConversions(e: Expr): Expr {
		for (let x = unparen(e); ; x = unparen(x.args[0])) if (x.kind !== Kind.Call || this.body.callee(x).kind !== "conversion") return x;
	}

	private fieldOffset(x: Expr, i: number): number {
		let u = this.body.under(x);
		if (u.kind === TypeKind.Pointer) u = under(u.elem);
		return this.body.program.layout.fieldOffset(u as Struct, i);
	}

	private binary(e: Extract<Expr, { kind: typeof Kind.Binary }>): void {
		const x = unparen(e.x);
		const t = under(this.body.typeOf(e));
		// A chain of string additions is one node.
		const chained =
			e.op === Op.Add &&
			x.kind === Kind.Binary &&
			x.op === Op.Add &&
			!this.body.isConst(x) &&
			t.kind === TypeKind.Basic &&
			t.basic === BasicKind.String;
		if (!chained) this.cost++;
		if (e.op < Op.Eql || e.op > Op.Geq) {
			this.expr(e.x);
			this.expr(e.y);
			if (chained) this.cost--;
			return;
		}
		const tx = this.body.typeOf(e.x);
		const ty = this.body.typeOf(e.y);
		this.conv(e.x, this.body.isInterface(tx) ? null : ty);
		this.conv(e.y, this.body.isInterface(ty) ? null : tx);
	}

	private composite(e: CompositeLit): void {
		let u = under(this.body.typeOf(e));
		this.cost++;
		if (u.kind === TypeKind.Pointer) {
			this.cost++;
			u = under(u.elem);
		}
		if (u.kind === TypeKind.Slice) this.cost++;
		e.elems.forEach((x, i) => {
			const value = x.kind === Kind.KeyValue ? x.value : x;
			if (u.kind === TypeKind.Struct) {
				const field = x.kind === Kind.KeyValue && x.key.kind === Kind.Name ? this.body.objectOf(x.key) : u.fields[i];
				this.cost++;
				this.conv(value, field === null ? null : this.body.subst(field.type as Type));
			} else if (u.kind === TypeKind.Map) {
				if (x.kind !== Kind.KeyValue) return;
				this.cost++;
				this.conv(x.key, u.key);
				this.conv(value, u.elem);
			} else {
				if (x.kind === Kind.KeyValue) this.cost += 2;
				this.conv(value, u.kind === TypeKind.Array || u.kind === TypeKind.Slice ? u.elem : null);
			}
		});
	}

	// ---- calls ----

	private call(e: Extract<Expr, { kind: typeof Kind.Call }>): void {
		const callee = this.body.callee(e);
		switch (callee.kind) {
			case "conversion":
				this.conversion(e, callee.to);
				break;
			case "builtin":
				this.builtin(e, callee.id);
				break;
			case "static":
				this.cost++;
				if (callee.inst.sig.recv === null) this.cost++;
				this.cost += this.transferCost(callee.inst);
				if (callee.recv !== null) this.receiver(callee.recv);
				this.args(e);
				break;
			case "literal":
				this.cost += 1 + CallCost + ClosureCost + 1;
				this.args(e);
				break;
			case "interface":
				this.cost += 2 + CallCost;
				this.expr(callee.recv.x);
				this.args(e);
				break;
			case "dynamic": {
				const v = this.body.localVar(unparen(e.fun));
				this.cost += 1 + (v !== null && this.params.has(v) ? ParamCallCost : CallCost);
				this.expr(e.fun);
				this.args(e);
				break;
			}
		}
	}

	/** Parameters of the function. */
	params: ReadonlySet<Var> = new Set();

	/** What the call of a known function costs besides its nodes. */
	private transferCost(fn: FuncInst): number {
		const path = fn.unit.pkg.path;
		const name = fn.obj?.name ?? "";
		if (path === "internal/runtime/sys" && (name === "GetCallerPC" || name === "GetCallerSP")) throw new Hairy(`call to ${name}`);
		if (path === "internal/abi" && (name === "NoEscape" || name === "EscapeNonString")) return 0;
		if (path === "internal/byteorder" && cheapByteorder.test(name)) return 0;
		if (path === "encoding/binary" && fn.sig.recv !== null && cheapMethodNames.test(name)) {
			const t = fn.sig.recv.type as Type;
			if (t.kind === TypeKind.Named && cheapMethods.test(t.obj.name)) return 0;
		}
		if (this.host.isIntrinsic(fn)) return 0;
		return this.host.inlineCost(fn) ?? CallCost;
	}

	/** The receiver of a method call, with the implicit address or dereference. */
	private receiver(recv: Selector): void {
		const sel = this.body.selection(recv);
		if (sel !== null) {
			this.cost += sel.index.length - 1;
			const want = (sel.obj.type as Signature | null)?.recv?.type ?? null;
			const m = this.body.program.selectMethod(sel, this.body.fn.subst);
			if (m.fn !== null && want !== null && sel.index.length === 1) {
				const wants = under(want as Type).kind === TypeKind.Pointer;
				const have = this.body.under(recv.x).kind === TypeKind.Pointer;
				if (wants !== have) {
					this.cost += wants && this.isFirstField(recv.x) ? -1 : 1;
				}
			}
		}
		this.expr(recv.x);
	}

	private args(e: Extract<Expr, { kind: typeof Kind.Call }>): void {
		const sig = this.body.under(e.fun) as Signature;
		if (sig.kind !== TypeKind.Signature) return;
		const types = sig.params.vars.map((p) => this.body.subst(p.type as Type));
		if (e.args.length === 1 && this.body.typeOf(unparen(e.args[0])).kind === TypeKind.Tuple) {
			const n = (this.body.typeOf(unparen(e.args[0])) as { vars: Var[] }).vars.length;
			this.cost += spreadCost(n);
			this.expr(e.args[0]);
			return;
		}
		const spread = sig.variadic && !e.hasDots;
		const fixed = spread ? types.length - 1 : types.length;
		if (spread) this.cost += e.args.length > fixed ? 2 : 1;
		const last = spread ? (under(types[fixed]) as { elem?: Type }).elem : undefined;
		e.args.forEach((x, i) => this.conv(x, i < fixed ? types[i] : (last ?? null)));
	}

	private conversion(e: Extract<Expr, { kind: typeof Kind.Call }>, to: Type): void {
		const x = e.args[0];
		const from = under(this.body.typeOf(x));
		const u = under(to);
		const basic = (t: Type): boolean => t.kind === TypeKind.Basic;
		// Conversions that only change the type are free.
		const same =
			this.body.program.types.link(from) === this.body.program.types.link(u) ||
			(from.kind === TypeKind.Basic && u.kind === TypeKind.Basic && plainKind(from.basic) === plainKind(u.basic)) ||
			(!basic(from) && !basic(u) && u.kind === from.kind && u.kind !== TypeKind.Interface) ||
			(u.kind === TypeKind.Basic && u.basic === BasicKind.UnsafePointer) ||
			(from.kind === TypeKind.Basic && from.basic === BasicKind.UnsafePointer) ||
			(u.kind === TypeKind.Interface && from.kind === TypeKind.Interface && !this.boxes(this.body.typeOf(x), to));
		if (!same) this.cost++;
		this.expr(x);
	}

	private builtin(e: Extract<Expr, { kind: typeof Kind.Call }>, id: BuiltinId): void {
		const values = e.args.filter((a) => this.body.info.types.get(a)?.mode !== Mode.TypExpr);
		this.cost++;
		switch (id) {
			case BuiltinId.Recover:
				throw new Hairy("call to recover");
			case BuiltinId.Panic:
				this.cost++;
				this.expr(values[0]);
				return;
			case BuiltinId.Append: {
				const u = under(this.body.typeOf(e));
				values.forEach((a, i) => this.conv(a, i > 0 && !e.hasDots && u.kind === TypeKind.Slice ? u.elem : null));
				return;
			}
			case BuiltinId.Print:
			case BuiltinId.Println:
				for (const a of values) this.expr(a);
				return;
			default:
				for (const a of values) this.expr(a);
		}
	}
}
