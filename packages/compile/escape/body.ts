// What escape analysis asks about the typed syntax of one function instance:
// substituted types, objects, and what a call calls.

import { boolVal, int64Val, isInt, Kind as ConstKind, kindOf, toInt } from "#constant";
import {
	BuiltinId,
	type Info,
	Mode,
	type Obj,
	ObjKind,
	type Selection,
	SelectionKind,
	type Type,
	TypeKind,
	type Var,
	VarKind,
	under,
} from "#types";
import { type Call, type Expr, type FuncLit, type Index, Kind, type Name, Op, type Selector } from "#syntax";
import { perIterationLoopVars } from "../build/facts.ts";
import type { FuncInst, Program } from "../program.ts";

/** What a call expression does. */
export type Callee =
	| { kind: "conversion"; to: Type }
	| { kind: "builtin"; id: BuiltinId }
	/** recv: the receiver expression, passed first after following `path`; null with a method's instance: a method expression, the receiver is the first argument. */
	| { kind: "static"; inst: FuncInst; recv: Selector | null }
	| { kind: "literal"; lit: FuncLit }
	| { kind: "dynamic" }
	/** Interface method: recv is the selector. */
	| { kind: "interface"; recv: Selector };

export function unparen(e: Expr): Expr {
	while (e.kind === Kind.Paren) e = e.x;
	return e;
}

export class Body {
	readonly program: Program;
	readonly fn: FuncInst;
	readonly info: Info;
	/** Loop variables are made anew for each iteration (files of Go 1.22 and later). */
	readonly perIterationLoopVars: boolean;

	constructor(program: Program, fn: FuncInst) {
		this.program = program;
		this.fn = fn;
		this.info = program.build.info;
		this.perIterationLoopVars = perIterationLoopVars(this.info, fn.file);
	}

	subst(t: Type): Type {
		return this.fn.subst === null ? t : this.program.types.subst(t, this.fn.subst);
	}

	typeOf(e: Expr): Type {
		const t = this.info.types.get(e)?.type ?? null;
		if (t !== null) return this.subst(t);
		const obj = e.kind === Kind.Name ? this.info.objectOf(e) : null;
		if (obj?.type == null) throw new Error(`escape: expression ${e.id} of ${this.fn.name} has no type`);
		return this.subst(obj.type);
	}

	under(e: Expr): Type {
		return under(this.typeOf(e));
	}

	varType(v: Var): Type {
		return this.subst(v.type as Type);
	}

	isType(e: Expr): boolean {
		return this.info.types.get(e)?.mode === Mode.TypExpr;
	}

	isConst(e: Expr): boolean {
		const tv = this.info.types.get(e);
		return tv !== undefined && tv.mode === Mode.Constant;
	}

	/** The integer value of a constant expression, or null. */
	constInt(e: Expr): number | null {
		const tv = this.info.types.get(e);
		if (tv === undefined || tv.mode !== Mode.Constant || tv.value === null) return null;
		const n = toInt(tv.value);
		return isInt(n) && Number.isSafeInteger(Number(int64Val(n))) ? Number(int64Val(n)) : null;
	}

	/** The value of a condition that constants decide, or null. */
	constBool(e: Expr): boolean | null {
		if (e.kind === Kind.Paren) return this.constBool(e.x);
		if (e.kind === Kind.Unary && e.op === Op.Not) {
			const x = this.constBool(e.x);
			return x === null ? null : !x;
		}
		if (e.kind === Kind.Binary && (e.op === Op.AndAnd || e.op === Op.OrOr)) {
			const x = this.constBool(e.x);
			const decides = e.op === Op.OrOr;
			if (x === decides) return x;
			const y = this.constBool(e.y);
			if (x !== null) return y;
			return y === decides ? y : null;
		}
		const tv = this.info.types.get(e);
		if (tv === undefined || tv.mode !== Mode.Constant || tv.value === null) return null;
		return kindOf(tv.value) === ConstKind.Bool ? boolVal(tv.value) : null;
	}

	objectOf(n: Name): Obj | null {
		return this.info.objectOf(n);
	}

	/** The local variable (parameter and result included) that a name means, or null. */
	localVar(e: Expr): Var | null {
		if (e.kind !== Kind.Name) return null;
		const obj = this.info.objectOf(e);
		return obj !== null && obj.kind === ObjKind.Var && obj.varKind !== VarKind.Package && obj.varKind !== VarKind.Field ? obj : null;
	}

	selection(e: Selector): Selection | null {
		return this.info.selections.get(e) ?? null;
	}

	hasPointers(t: Type): boolean {
		return this.program.layout.hasPointers(t);
	}

	isInterface(t: Type): boolean {
		return under(t).kind === TypeKind.Interface;
	}

	callee(call: Call): Callee {
		const fun = unparen(call.fun);
		const tv = this.info.types.get(fun);
		if (tv?.mode === Mode.TypExpr) return { kind: "conversion", to: this.subst(tv.type) };
		if (fun.kind === Kind.FuncLit) return { kind: "literal", lit: fun };
		const target = fun.kind === Kind.Index ? unparen((fun as Index).x) : fun;
		if (target.kind === Kind.Name) return this.namedCallee(target);
		if (target.kind === Kind.Selector) return this.selectorCallee(target);
		return { kind: "dynamic" };
	}

	private namedCallee(n: Name): Callee {
		const obj = this.info.objectOf(n);
		if (obj === null) return { kind: "dynamic" };
		if (obj.kind === ObjKind.Builtin) return { kind: "builtin", id: obj.id };
		if (obj.kind === ObjKind.Func) return { kind: "static", inst: this.program.inst(obj, this.targsOf(n)), recv: null };
		return { kind: "dynamic" };
	}

	private targsOf(n: Name): Type[] {
		return (this.info.instances.get(n)?.targs ?? []).map((t) => this.subst(t));
	}

	private selectorCallee(s: Selector): Callee {
		const sel = this.selection(s);
		if (sel === null) return this.namedCallee(s.sel);
		if (sel.kind === SelectionKind.FieldVal || sel.obj.kind !== ObjKind.Func) return { kind: "dynamic" };
		const m = this.program.selectMethod(sel, this.fn.subst);
		if (sel.kind === SelectionKind.MethodExpr) {
			// Promoted methods and pointers to value receivers go through wrappers.
			const plain =
				m.fn !== null &&
				m.index.length === 1 &&
				m.fn.sig.recv !== null &&
				this.program.types.link(m.fn.sig.recv.type as Type) === this.program.types.link(m.recv);
			return plain ? { kind: "static", inst: m.fn as FuncInst, recv: null } : { kind: "dynamic" };
		}
		return m.fn === null ? { kind: "interface", recv: s } : { kind: "static", inst: m.fn, recv: s };
	}
}
