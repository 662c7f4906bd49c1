// Assignments, initialisations, short variable declarations, return values.

import type { Pos } from "#base";
import { type Call, endPos, type Expr, exprString, Kind, type Return } from "#syntax";
import { type Checker, processDelayed } from "./checker.ts";
import { use, useLHS, exprList } from "./call.ts";
import { assignableTo } from "./conversion.ts";
import { declare } from "./decl.ts";
import { addf, errorf, newError, type Poser, reportError, softErrorf } from "./errors.ts";
import { expr, multiExpr, newTarget } from "./expr.ts";
import { sprintf } from "./format.ts";
import type { Cause } from "./instantiate.ts";
import { Mode } from "./mode.ts";
import { type Const, ObjKind, Var, VarKind } from "./objects.ts";
import { isNil, Operand, unparen } from "./operand.ts";
import { defaultType, isNonTypeParamInterface, isNumeric, isUntyped, isValid } from "./predicates.ts";
import { recordCommaOkTypes } from "./record.ts";
import { type Basic, BasicKind, type Type, TypeKind } from "./types.ts";
import { under } from "./under.ts";
import { Invalid, Typ } from "./universe.ts";
import { implicitTypeAndValue, setImplicit } from "./untyped.ts";

/** Where a value is assigned, for messages: a text, or the call that it is an argument of. */
export type AssignContext = string | Call;

function contextText(context: AssignContext): string {
	return typeof context === "string" ? context : `argument to ${exprString(context.fun)}`;
}

/**
 * Checks that x can be assigned to a variable of type T and gives it that type
 * if it is untyped. Without T, an untyped x gets its default type. The context
 * completes the message "cannot use x as T value in …".
 */
export function assignment(c: Checker, x: Operand, T: Type | null, context: AssignContext): void {
	switch (x.mode) {
		case Mode.Invalid:
			return;
		case Mode.NoValue:
		case Mode.Builtin:
		case Mode.TypExpr:
		case Mode.CgoFunc:
			errorf(c, x, "IncompatibleAssign", "cannot assign %s to %s in %s", x, T, contextText(context));
			x.mode = Mode.Invalid;
			return;
	}
	if (isUntyped(x.type) && !assignUntyped(c, x, T, context)) return;
	const sig = x.type.kind === TypeKind.Signature ? x.type : under(x.type);
	// A generic function must have been instantiated by now.
	if (sig.kind === TypeKind.Signature && sig.tparams.length > 0) {
		errorf(c, x, "WrongTypeArgCount", "cannot use generic function %s without instantiation in %s", x, contextText(context));
		x.mode = Mode.Invalid;
		return;
	}
	// A nil T stands for a variable whose type is taken from x.
	if (T === null || x.type === T) return;
	const cause: Cause = { text: "" };
	const code = assignableTo(c, x, T, cause);
	if (code === "") return;
	if (cause.text !== "") errorf(c, x, code, "cannot use %s as %s value in %s: %s", x, T, contextText(context), cause.text);
	else errorf(c, x, code, "cannot use %s as %s value in %s", x, T, contextText(context));
	x.mode = Mode.Invalid;
}

/** Gives the untyped x its type; false after an error. */
function assignUntyped(c: Checker, x: Operand, T: Type | null, context: AssignContext): boolean {
	let target = T;
	if (isNil(x)) {
		if (T === null) {
			errorf(c, x, "UntypedNilUse", "use of untyped nil in %s", contextText(context));
			x.mode = Mode.Invalid;
			return false;
		}
	} else if (T === null || isNonTypeParamInterface(T)) {
		target = defaultType(x.type);
	}
	const r = implicitTypeAndValue(c, x, target as Type);
	if (r.code !== "") {
		let msg = sprintf(c, "cannot use %s as %s value in %s", x, target, contextText(context));
		let code = r.code;
		if (code === "TruncatedFloat") msg += " (truncated)";
		else if (code === "NumericOverflow") msg += " (overflows)";
		else code = "IncompatibleAssign";
		errorf(c, x, code, "%s", msg);
		x.mode = Mode.Invalid;
		return false;
	}
	setImplicit(c, x, r);
	return true;
}

/** const lhs = x */
export function initConst(c: Checker, lhs: Const, x: Operand): void {
	if (x.mode === Mode.Invalid || !isValid(x.type) || (lhs.type !== null && !isValid(lhs.type))) {
		lhs.type ??= Invalid;
		return;
	}
	if (x.mode !== Mode.Constant) {
		errorf(c, x, "InvalidConstInit", "%s is not constant", x);
		lhs.type ??= Invalid;
		return;
	}
	lhs.type ??= x.type;
	assignment(c, x, lhs.type, "constant declaration");
	if ((x.mode as Mode) === Mode.Invalid || x.val === null) return;
	lhs.val = x.val;
}

/** var lhs = x; a variable without type gets x's. */
export function initVar(c: Checker, lhs: Var, x: Operand, context: string): void {
	if (x.mode === Mode.Invalid || !isValid(x.type) || (lhs.type !== null && !isValid(lhs.type))) {
		lhs.type ??= Invalid;
		x.mode = Mode.Invalid;
		return;
	}
	if (lhs.type === null) {
		let type = x.type;
		if (isUntyped(type)) {
			if (type === Typ[BasicKind.UntypedNil]) {
				errorf(c, x, "UntypedNilUse", "use of untyped nil in %s", context);
				lhs.type = Invalid;
				x.mode = Mode.Invalid;
				return;
			}
			type = defaultType(type);
		}
		lhs.type = type;
	}
	assignment(c, x, lhs.type, context);
}

/** The local variable of this package that name denotes, or null. */
function localVar(c: Checker, name: string): Var | null {
	const obj = c.env.scope.find(name);
	return obj !== null && obj.kind === ObjKind.Var && obj.pkg === c.pkg ? obj : null;
}

/** Evaluates e without counting it as a use of the variable it denotes, if it is a plain name. */
export function withoutUse(c: Checker, e: Expr, eval_: () => void): void {
	const x = unparen(e);
	const v = x.kind === Kind.Name ? localVar(c, x.name) : null;
	if (v === null) {
		eval_();
		return;
	}
	const used = v.used;
	eval_();
	v.used = used;
}

/** The type of the variable on the left of an assignment; null for the blank identifier, Invalid after an error. */
export function lhsVar(c: Checker, lhs: Expr): Type | null {
	const ident = unparen(lhs);
	if (ident.kind === Kind.Name && ident.name === "_") {
		c.info.defs.set(ident, null);
		return null;
	}
	const x = new Operand();
	withoutUse(c, lhs, () => expr(c, null, x, lhs));
	if (x.mode === Mode.Invalid || !isValid(x.type)) return Invalid;
	if (x.mode === Mode.Variable || x.mode === Mode.MapIndex) return x.type;
	if (x.expr !== null && x.expr.kind === Kind.Selector) {
		const op = new Operand();
		expr(c, null, op, x.expr.x);
		if (op.mode === Mode.MapIndex) {
			errorf(c, x, "UnaddressableFieldAssign", "cannot assign to struct field %s in map", exprString(x.expr));
			return Invalid;
		}
	}
	errorf(c, x, "UnassignableOperand", "cannot assign to %s (neither addressable nor a map index expression)", x.expr);
	return Invalid;
}

/** lhs = rhs, where x is the already evaluated rhs if not null. */
export function assignVar(c: Checker, lhs: Expr, rhs: Expr | null, x: Operand | null, context: string): void {
	const T = lhsVar(c, lhs);
	if (T !== null && !isValid(T)) {
		if (x !== null) x.mode = Mode.Invalid;
		else if (rhs !== null) use(c, rhs);
		return;
	}
	let y = x;
	if (y === null) {
		y = new Operand();
		// A generic function on the right may be instantiated from the variable's type.
		const target = T !== null && under(T).kind === TypeKind.Signature ? newTarget(T, exprString(lhs)) : null;
		expr(c, target, y, rhs as Expr);
	}
	assignment(c, y, T, T === null && context === "assignment" ? "assignment to _ identifier" : context);
}

/** The types as a parenthesised list for messages: "(number, string, ...T)". */
export function typesSummary(c: Checker, list: readonly (Type | null)[], variadic: boolean, hasDots: boolean): string {
	const res: string[] = [];
	list.forEach((t, i) => {
		let s: string;
		if (t === null || !isValid(t)) s = "unknown type";
		else if (isUntyped(t)) s = isNumeric(t) ? "number" : (t as Basic).name.replaceAll("untyped ", "");
		else s = sprintf(c, "%s", t);
		if (i === list.length - 1) {
			if (variadic) s = `...${t !== null && t.kind === TypeKind.Slice ? sprintf(c, "%s", t.elem) : s}`;
			else if (hasDots) s += "...";
		}
		res.push(s);
	});
	return `(${res.join(", ")})`;
}

function measure(n: number, unit: string): string {
	return n === 1 ? `1 ${unit}` : `${n} ${unit}s`;
}

function assignError(c: Checker, rhs: readonly Expr[], l: number, r: number): void {
	const vars = measure(l, "variable");
	const vals = measure(r, "value");
	const first = rhs[0] as Expr;
	const call = unparen(first);
	if (rhs.length === 1 && call.kind === Kind.Call) {
		errorf(c, first, "WrongAssignCount", "assignment mismatch: %s but %s returns %s", vars, call.fun, vals);
		return;
	}
	errorf(c, first, "WrongAssignCount", "assignment mismatch: %s but %s", vars, vals);
}

function returnError(c: Checker, stmt: Return, lhs: readonly Var[], rhs: readonly Operand[]): void {
	let at: Poser = stmt;
	let qualifier = "not enough";
	if (rhs.length > lhs.length) {
		at = rhs[lhs.length] as Operand; // report at first extra value
		qualifier = "too many";
	} else if (rhs.length > 0) {
		at = rhs[rhs.length - 1] as Operand; // report at last value
	}
	const err = newError(c, "WrongResultCount");
	addf(err, at, "%s return values", qualifier);
	addf(
		err,
		0,
		"have %s",
		typesSummary(
			c,
			rhs.map((x) => x.type),
			false,
			false,
		),
	);
	addf(
		err,
		0,
		"want %s",
		typesSummary(
			c,
			lhs.map((v) => v.type),
			false,
			false,
		),
	);
	reportError(err);
}

function invalidateVars(lhs: readonly Var[]): void {
	for (const v of lhs) v.type ??= Invalid;
}

const isCallExpr = (e: Expr | undefined): boolean => e !== undefined && unparen(e).kind === Kind.Call;

/** lhs… = rhs… of a variable declaration, or of a return statement if `ret` is given. */
export function initVars(c: Checker, lhs: readonly Var[], rhs: readonly Expr[], ret: Return | null): void {
	const context = ret === null ? "assignment" : "return statement";
	const l = lhs.length;
	if (l === rhs.length && !(l === 1 && isCallExpr(rhs[0]))) {
		for (let i = 0; i < l; i++) {
			const v = lhs[i] as Var;
			const x = new Operand();
			const desc = ret !== null && v.name === "" ? "result variable" : v.name;
			expr(c, v.type === null ? null : newTarget(v.type, desc), x, rhs[i] as Expr);
			initVar(c, v, x, context);
		}
		return;
	}
	if (rhs.length !== 1) {
		// Only report a mismatch if there are no other errors.
		if (use(c, ...rhs)) {
			if (ret !== null) returnError(c, ret, lhs, exprList(c, rhs));
			else assignError(c, rhs, l, rhs.length);
		}
		invalidateVars(lhs);
		return;
	}
	const only = rhs[0] as Expr;
	const { list, commaOk } = multiExpr(c, only, l === 2 && ret === null);
	const first = list[0];
	if (l === list.length) {
		for (let i = 0; i < l; i++) initVar(c, lhs[i] as Var, list[i] as Operand, context);
		const second = list[1];
		if (commaOk && first !== undefined && second !== undefined && first.mode !== Mode.Invalid && second.mode !== Mode.Invalid) {
			recordCommaOkTypes(c, only, first, second);
		}
		return;
	}
	if (first === undefined || first.mode !== Mode.Invalid) {
		if (ret !== null) returnError(c, ret, lhs, list);
		else assignError(c, rhs, l, list.length);
	}
	invalidateVars(lhs);
}

/** lhs… = rhs… */
export function assignVars(c: Checker, lhs: readonly Expr[], rhs: readonly Expr[]): void {
	const l = lhs.length;
	if (l === rhs.length && !(l === 1 && isCallExpr(rhs[0]))) {
		for (let i = 0; i < l; i++) assignVar(c, lhs[i] as Expr, rhs[i] as Expr, null, "assignment");
		return;
	}
	if (rhs.length !== 1) {
		const okLHS = useLHS(c, ...lhs);
		const okRHS = use(c, ...rhs);
		if (okLHS && okRHS) assignError(c, rhs, l, rhs.length);
		return;
	}
	const only = rhs[0] as Expr;
	const { list, commaOk } = multiExpr(c, only, l === 2);
	const first = list[0];
	if (l === list.length) {
		for (let i = 0; i < l; i++) assignVar(c, lhs[i] as Expr, null, list[i] as Operand, "assignment");
		const second = list[1];
		if (commaOk && first !== undefined && second !== undefined && first.mode !== Mode.Invalid && second.mode !== Mode.Invalid) {
			recordCommaOkTypes(c, only, first, second);
		}
		return;
	}
	if (first === undefined || first.mode !== Mode.Invalid) assignError(c, rhs, l, list.length);
	useLHS(c, ...lhs);
}

/** lhs… := rhs… */
export function shortVarDecl(c: Checker, pos: Pos, lhs: readonly Expr[], rhs: readonly Expr[]): void {
	const top = c.delayed.length;
	const scope = c.env.scope;
	const seen = new Set<string>();
	const vars: Var[] = [];
	const newVars: Var[] = [];
	let failed = false;
	for (const e of lhs) {
		const v = shortVar(c, e, seen, newVars);
		if (v === null) failed = true;
		vars.push(v ?? new Var(VarKind.Local, e.pos, c.pkg, "_", null));
	}
	initVars(c, vars, rhs, null);
	// Function literals on the right must not see the new variables.
	processDelayed(c, top);
	if (newVars.length === 0 && !failed) {
		softErrorf(c, pos, "NoNewVar", "no new variables on left side of :=");
		return;
	}
	const scopePos = endPos(rhs[rhs.length - 1] as Expr);
	for (const v of newVars) declare(c, scope, null, v, scopePos);
}

/** The variable that e on the left of := declares or refers to; null after an error. */
function shortVar(c: Checker, e: Expr, seen: Set<string>, newVars: Var[]): Var | null {
	if (e.kind !== Kind.Name) {
		useLHS(c, e);
		errorf(c, e, "BadDecl", "non-name %s on left side of :=", e);
		return null;
	}
	const name = e.name;
	if (name !== "_") {
		if (seen.has(name)) {
			errorf(c, e, "RepeatedDecl", "%s repeated on left side of :=", e);
			return null;
		}
		seen.add(name);
	}
	const alt = c.env.scope.lookup(name);
	if (alt !== null) {
		c.info.uses.set(e, alt);
		if (alt.kind === ObjKind.Var) return alt;
		errorf(c, e, "UnassignableOperand", "cannot assign to %s", e);
		return null;
	}
	const v = new Var(VarKind.Local, e.pos, c.pkg, name, null);
	if (name !== "_") newVars.push(v);
	c.info.defs.set(e, v);
	return v;
}
