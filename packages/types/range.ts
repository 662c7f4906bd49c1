// for … range statements.

import { makeInt } from "#constant";
import { type Expr, type For, Kind, type RangeClause } from "#syntax";
import { assignment, assignVar, initVar } from "./assign.ts";
import { type Checker, closeScope, openScope } from "./checker.ts";
import { declare } from "./decl.ts";
import { errorf, softErrorf } from "./errors.ts";
import { expr } from "./expr.ts";
import { formatFault } from "./format.ts";
import { Mode } from "./mode.ts";
import { Var, VarKind } from "./objects.ts";
import { Operand, unparen, valueOperand } from "./operand.ts";
import { identical, isBoolean, isInteger, isString } from "./predicates.ts";
import { recordTypeAndValue } from "./record.ts";
import { stmt } from "./stmt.ts";
import { type ArrayT, type Basic, BasicKind, ChanDir, type Type, TypeKind } from "./types.ts";
import { commonUnder, typeErrorf, under } from "./under.ts";
import { Invalid, Typ, universeRune } from "./universe.ts";
import { allowVersion, go1_22, go1_23 } from "./version.ts";

const typ = (k: BasicKind): Basic => Typ[k] as Basic;

/** The array that t is or points to, or t. */
export function arrayPtrDeref(t: Type): Type {
	if (t.kind !== TypeKind.Pointer) return t;
	const a = under(t.elem);
	return a.kind === TypeKind.Array ? a : t;
}

export function rangeStmt(c: Checker, inner: number, s: For, clause: RangeClause): void {
	const list = clause.lhs === null ? [] : clause.lhs.kind === Kind.ListExpr ? clause.lhs.list : [clause.lhs];
	const sKey = list[0] ?? null;
	const sValue = list[1] ?? null;
	const sExtra = list[2] ?? null;

	const x = new Operand();
	c.env.hasCallOrRecv = false;
	expr(c, null, x, clause.x);
	if (x.mode !== Mode.Invalid && sValue === null && !c.env.hasCallOrRecv) {
		// The range expression is not evaluated if at most its length is needed and that is constant.
		const a = arrayPtrDeref(under(x.type));
		if (a.kind === TypeKind.Array) recordTypeAndValue(c, unparen(clause.x), Mode.Constant, typ(BasicKind.Int), makeInt((a as ArrayT).len));
	}
	const { key, val } = x.mode === Mode.Invalid ? { key: null, val: null } : iterationTypes(c, x, sKey, sValue, sExtra);

	// Variables are declared in a new scope, after the range expression was checked.
	openScope(c, s, "range");
	const rangeOverInt = isInteger(x.type);
	const lhs: [Expr | null, Expr | null] = [sKey, sValue];
	const types: [Type | null, Type | null] = [key, val];
	if (clause.def) defineVars(c, x, s, clause, lhs, types, rangeOverInt);
	else if (sKey !== null) {
		for (let i = 0; i < 2; i++) {
			const e = lhs[i] as Expr | null;
			const t = types[i] as Type | null;
			if (e !== null && t !== null && t !== Invalid) assignIteration(c, x, e, t, rangeOverInt);
		}
	} else if (rangeOverInt) {
		// Without iteration variables an untyped count still needs a type.
		assignment(c, x, null, "range clause");
	}
	stmt(c, inner, s.body);
	closeScope(c);
}

function iterationTypes(
	c: Checker,
	x: Operand,
	sKey: Expr | null,
	sValue: Expr | null,
	sExtra: Expr | null,
): { key: Type | null; val: Type | null } {
	const r = rangeKeyVal(c, x.type);
	if (r.bad) {
		if (r.cause !== "") softErrorf(c, x, "InvalidRangeExpr", "cannot range over %s: %s", x, r.cause);
		else softErrorf(c, x, "InvalidRangeExpr", "cannot range over %s", x);
	} else if (r.key === null && sKey !== null) {
		softErrorf(c, sKey, "InvalidIterVar", "range over %s permits no iteration variables", x);
	} else if (r.val === null && sValue !== null) {
		softErrorf(c, sValue, "InvalidIterVar", "range over %s permits only one iteration variable", x);
	} else if (sExtra !== null) {
		softErrorf(c, sExtra, "InvalidIterVar", "range clause permits at most two iteration variables");
	}
	return r;
}

function assignIteration(c: Checker, x: Operand, e: Expr, t: Type, rangeOverInt: boolean): void {
	if (!rangeOverInt) {
		assignVar(c, e, null, valueOperand(e, t), "assignment"); // error is on variable, use "assignment" not "range clause"
		return;
	}
	assignVar(c, e, null, x, "range clause");
	// The variable gives an untyped count its type, which must be an integer type.
	if (x.mode !== Mode.Invalid && !isInteger(x.type)) {
		softErrorf(c, e, "InvalidRangeExpr", "cannot use iteration variable of type %s", x.type);
	}
}

function defineVars(
	c: Checker,
	x: Operand,
	s: For,
	clause: RangeClause,
	lhs: readonly (Expr | null)[],
	types: readonly (Type | null)[],
	rangeOverInt: boolean,
): void {
	const vars: Var[] = [];
	for (let i = 0; i < 2; i++) {
		const e = lhs[i] ?? null;
		if (e === null) continue;
		let v: Var;
		if (e.kind === Kind.Name) {
			v = new Var(VarKind.Local, e.pos, c.pkg, e.name, null);
			c.info.defs.set(e, v);
			if (e.name !== "_") vars.push(v);
		} else {
			errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: cannot declare %s", e);
			v = new Var(VarKind.Local, e.pos, c.pkg, "_", null);
		}
		const t = types[i] ?? null;
		if (t === null || t === Invalid) {
			v.type = Invalid;
			v.used = true; // don't complain about an unused variable
		} else if (rangeOverInt) {
			initVar(c, v, x, "range clause");
		} else {
			initVar(c, v, valueOperand(e, t), "assignment"); // error is on variable, use "assignment" not "range clause"
		}
	}
	if (vars.length === 0) errorf(c, s, "NoNewVar", "no new variables on left side of :=");
	for (const v of vars) declare(c, c.env.scope, null, v, s.body.pos);
	void clause;
}

interface RangeTypes {
	key: Type | null;
	val: Type | null;
	/** Why t cannot be ranged over, if bad and there is more to say. */
	cause: string;
	bad: boolean;
}

const badRange = (cause: string): RangeTypes => ({ key: Invalid, val: Invalid, cause, bad: true });
const goodRange = (key: Type | null, val: Type | null): RangeTypes => ({ key, val, cause: "", bad: false });

/** The types of the iteration variables of a range over t; null for those that there are not. */
export function rangeKeyVal(c: Checker, t: Type): RangeTypes {
	const { type: u, err } = commonUnder(t, (t1, u1) =>
		u1 !== null && u1.kind === TypeKind.Chan && u1.dir === ChanDir.SendOnly ? typeErrorf("receive from send-only channel %s", t1) : null,
	);
	if (u === null) return badRange(err === null ? "" : formatFault(c, err));
	const r = arrayPtrDeref(u);
	switch (r.kind) {
		case TypeKind.Basic:
			if (isString(r)) return goodRange(typ(BasicKind.Int), universeRune);
			if (!isInteger(r)) break;
			if (!allowVersion(c, go1_22)) return badRange("requires go1.22 or later");
			return goodRange(t, null);
		case TypeKind.Array:
		case TypeKind.Slice:
			return goodRange(typ(BasicKind.Int), r.elem);
		case TypeKind.Map:
			return goodRange(r.key, r.elem);
		case TypeKind.Chan:
			return goodRange(r.elem, null);
		case TypeKind.Signature: {
			if (!allowVersion(c, go1_23)) return badRange("requires go1.23 or later");
			const first = r.params.vars[0];
			if (r.params.vars.length !== 1 || first === undefined) return iteratorFault("wrong argument count");
			if (r.results.vars.length !== 0) return iteratorFault("unexpected results");
			return yieldTypes(c, first.type as Type);
		}
	}
	return { key: null, val: null, cause: "", bad: true };
}

const iteratorFault = (what: string): RangeTypes => badRange(`func must be func(yield func(...) bool): ${what}`);

/** The parameters of the yield function are the iteration variables. */
function yieldTypes(c: Checker, t: Type): RangeTypes {
	const { type: cb, err } = commonUnder(t, null);
	if (cb === null || cb.kind !== TypeKind.Signature) {
		if (err !== null) return iteratorFault(`in yield type, ${formatFault(c, err)}`);
		return iteratorFault("argument is not func");
	}
	const params = cb.params.vars;
	if (params.length > 2) return iteratorFault("yield func has too many parameters");
	const result = cb.results.vars[0]?.type ?? null;
	if (cb.results.vars.length !== 1 || result === null || !identical(result, typ(BasicKind.Bool))) {
		if (cb.results.vars.length === 1 && result !== null && isBoolean(result)) {
			return iteratorFault("yield func returns user-defined boolean, not bool");
		}
		return iteratorFault("yield func does not return bool");
	}
	return goodRange(params[0]?.type ?? null, params[1]?.type ?? null);
}
