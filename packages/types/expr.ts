// Expressions. rawExpr dispatches on the kind of an expression and records the
// outcome; expr, multiExpr, exprOrType and genericExpr state what is acceptable.

import { type Binary, type Expr, Kind, Op } from "#syntax";
import { callExpr, funcInst } from "./call.ts";
import type { Checker } from "./checker.ts";
import { finiteSize } from "./cycles.ts";
import { errorf } from "./errors.ts";
import { indexExpr, sliceExpr } from "./index.ts";
import type { Cause } from "./instantiate.ts";
import { basicLit, compositeLit, funcLit } from "./literals.ts";
import { assertableTo } from "./lookup.ts";
import { Mode } from "./mode.ts";
import { Operand, valueOperand } from "./operand.ts";
import { binary, binaryRest, unary } from "./operators.ts";
import { identical, isGeneric, isTypeParam, isValid } from "./predicates.ts";
import { record } from "./record.ts";
import { selector } from "./selector.ts";
import { use } from "./call.ts";
import { type Basic, BasicKind, Pointer, type Signature, type Type, TypeKind } from "./types.ts";
import { ident, typ, validVarType, varType } from "./typexpr.ts";
import { under, underIs } from "./under.ts";
import { Invalid, Typ, universeError } from "./universe.ts";

/** What a call or other expression may be used as. */
export const ExprKind = { Conversion: 0, Expression: 1, Statement: 2 } as const;
export type ExprKind = (typeof ExprKind)[keyof typeof ExprKind];

/** The function type that a generic function is assigned to, from which its type arguments may be inferred. */
export interface Target {
	readonly sig: Signature;
	/** How messages call the variable. */
	readonly desc: string;
}

export function newTarget(t: Type, desc: string): Target | null {
	const u = under(t);
	return u.kind === TypeKind.Signature ? { sig: u, desc } : null;
}

/** Checks e into x. hint is the element type of an enclosing composite literal; generic functions and types are errors unless allowed. */
export function rawExpr(c: Checker, target: Target | null, x: Operand, e: Expr, hint: Type | null, allowGeneric: boolean): ExprKind {
	const kind = exprInternal(c, target, x, e, hint);
	finish(c, target, x, allowGeneric);
	return kind;
}

/** What every expression ends with: the outcome must be usable, and is recorded. */
function finish(c: Checker, target: Target | null, x: Operand, allowGeneric: boolean): void {
	if (!allowGeneric) nonGeneric(c, target, x);
	// A value of a type whose declaration is being checked must not need the type's size.
	const k = x.type.kind;
	if ((k === TypeKind.Named || k === TypeKind.Alias) && x.mode !== Mode.Invalid && x.mode !== Mode.NoValue && !finiteSize(c, x.type)) {
		x.mode = Mode.Invalid;
		x.type = Invalid;
	}
	record(c, x);
}

/** Reports a generic function or type that was not instantiated; a target lets a function be. */
export function nonGeneric(c: Checker, target: Target | null, x: Operand): void {
	if (x.mode === Mode.Invalid || x.mode === Mode.NoValue) return;
	const t = x.type;
	let what = "";
	if (t.kind === TypeKind.Named || t.kind === TypeKind.Alias) {
		if (isGeneric(t)) what = "type";
	} else if (t.kind === TypeKind.Signature && t.tparams.length > 0) {
		if (target !== null) {
			funcInst(c, target, (x.expr as Expr).pos, x, null, true);
			return;
		}
		what = "function";
	}
	if (what === "") return;
	errorf(c, x.expr as Expr, "WrongTypeArgCount", "cannot use generic %s %s without instantiation", what, x.expr);
	x.mode = Mode.Invalid;
	x.type = Invalid;
}

/** Invalid outcomes count as statements, which avoids errors about unused results. */
function bad(x: Operand, e: Expr): ExprKind {
	x.mode = Mode.Invalid;
	x.expr = e;
	return ExprKind.Statement;
}

function exprInternal(c: Checker, target: Target | null, x: Operand, e: Expr, hint: Type | null): ExprKind {
	x.mode = Mode.Invalid;
	x.type = Invalid;
	switch (e.kind) {
		case Kind.BadExpr:
			return bad(x, e); // reported by the parser
		case Kind.Name:
			ident(c, x, e, false);
			break;
		case Kind.DotsType:
			errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: invalid use of ...");
			return bad(x, e);
		case Kind.BasicLit:
			if (e.bad) return bad(x, e);
			basicLit(c, x, e);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.FuncLit:
			funcLit(c, x, e);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.CompositeLit:
			compositeLit(c, x, e, hint);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.Paren: {
			// Parentheses hide neither a target nor a hint; they may not be passed on, as gc does not.
			const kind = rawExpr(c, null, x, e.x, null, false);
			x.expr = e;
			return kind;
		}
		case Kind.Selector:
			selector(c, x, e, false);
			break;
		case Kind.Index:
			if (indexExpr(c, x, e)) funcInst(c, target, e.pos, x, e, true);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.SliceExpr:
			sliceExpr(c, x, e);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.Assert: {
			expr(c, null, x, e.x);
			if (x.mode === Mode.Invalid) return bad(x, e);
			if (isTypeParam(x.type)) {
				errorf(c, x, "InvalidAssert", "invalid operation: cannot use type assertion on type parameter value %s", x);
				return bad(x, e);
			}
			if (under(x.type).kind !== TypeKind.Interface) {
				errorf(c, x, "InvalidAssert", "invalid operation: %s is not an interface", x);
				return bad(x, e);
			}
			const T = varType(c, e.type);
			if (!isValid(T)) return bad(x, e);
			typeAssertion(c, e, x, T, false);
			x.mode = Mode.CommaOk;
			x.type = T;
			break;
		}
		case Kind.TypeSwitchGuard:
			// The parser has reported guards outside of type switches.
			errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: use of .(type) outside type switch");
			use(c, e.x);
			return bad(x, e);
		case Kind.Call:
			return callExpr(c, x, e);
		case Kind.ListExpr:
			errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: unexpected list of expressions");
			return bad(x, e);
		case Kind.Unary:
			if (e.op === Op.Mul) {
				if (!dereference(c, x, e.x)) return bad(x, e);
				break;
			}
			unary(c, x, e);
			if (x.mode === Mode.Invalid) return bad(x, e);
			if (e.op === Op.Recv) {
				x.expr = e;
				return ExprKind.Statement;
			}
			break;
		case Kind.Binary:
			if (e.x.kind === Kind.Binary) binaryChain(c, x, e);
			else binary(c, x, e, e.x, e.y, e.op);
			if (x.mode === Mode.Invalid) return bad(x, e);
			break;
		case Kind.KeyValue:
			errorf(c, e, "InvalidSyntaxTree", "invalid syntax tree: no key:value expected");
			return bad(x, e);
		default:
			x.mode = Mode.TypExpr;
			x.type = typ(c, e);
	}
	x.expr = e;
	return ExprKind.Expression;
}

/** a op b op c …, from left to right: generated code has chains that are too long for recursion. */
function binaryChain(c: Checker, x: Operand, e: Binary): void {
	const chain: Binary[] = [];
	let left: Expr = e;
	for (; left.kind === Kind.Binary; left = left.x) chain.push(left);
	expr(c, null, x, left);
	for (let i = chain.length - 1; i >= 0; i--) {
		const b = chain[i] as Binary;
		binaryRest(c, x, b, b.x, b.y, b.op);
		if (i === 0) return; // the caller does the rest
		x.expr = b;
		finish(c, null, x, false);
		exclude(c, x, notValue);
		singleValue(c, x);
	}
}

/** *e, an indirection or a pointer type; false after an error. */
function dereference(c: Checker, x: Operand, e: Expr): boolean {
	exprOrType(c, x, e, false);
	if (x.mode === Mode.Invalid) return false;
	if (x.mode === Mode.TypExpr) {
		validVarType(c, e, x.type);
		x.type = new Pointer(c.ids, x.type);
		return true;
	}
	let base: Type | null = null;
	const ok = underIs(x.type, (u) => {
		if (u === null || u.kind !== TypeKind.Pointer) {
			errorf(c, x, "InvalidIndirection", "invalid operation: cannot indirect %s", x);
			return false;
		}
		if (base !== null && !identical(u.elem, base)) {
			errorf(c, x, "InvalidIndirection", "invalid operation: pointers of %s must have identical base types", x);
			return false;
		}
		base = u.elem;
		return true;
	});
	if (!ok || base === null) return false;
	x.mode = Mode.Variable;
	x.type = base;
	return true;
}

/** Reports an assertion (or type switch case) e of x to T that can never hold. */
export function typeAssertion(c: Checker, e: Expr, x: Operand, T: Type, typeSwitch: boolean): void {
	const cause: Cause = { text: "" };
	if (assertableTo(c, x.type, T, cause)) return;
	if (typeSwitch) {
		errorf(c, e, "ImpossibleAssert", "impossible type switch case: %s\n\t%s cannot have dynamic type %s %s", e, x, T, cause.text);
		return;
	}
	errorf(c, e, "ImpossibleAssert", "impossible type assertion: %s\n\t%s does not implement %s %s", e, T, x.type, cause.text);
}

const notValue = (1 << Mode.NoValue) | (1 << Mode.Builtin) | (1 << Mode.TypExpr);

/** A single value. */
export function expr(c: Checker, target: Target | null, x: Operand, e: Expr): void {
	rawExpr(c, target, x, e, null, false);
	exclude(c, x, notValue);
	singleValue(c, x);
}

/** A single value, possibly a generic function. */
export function genericExpr(c: Checker, x: Operand, e: Expr): void {
	rawExpr(c, null, x, e, null, true);
	exclude(c, x, notValue);
	singleValue(c, x);
}

/** One or more values: a call may give several, and a comma-ok expression two if that is allowed. */
export function multiExpr(c: Checker, e: Expr, allowCommaOk: boolean): { list: Operand[]; commaOk: boolean } {
	const x = new Operand();
	rawExpr(c, null, x, e, null, false);
	exclude(c, x, notValue);
	if (x.type.kind === TypeKind.Tuple && x.mode !== Mode.Invalid) {
		return { list: x.type.vars.map((v) => valueOperand(e, v.type ?? Invalid)), commaOk: false };
	}
	if (allowCommaOk && (x.mode === Mode.MapIndex || x.mode === Mode.CommaOk || x.mode === Mode.CommaErr)) {
		const second = valueOperand(e, x.mode === Mode.CommaErr ? universeError : (Typ[BasicKind.UntypedBool] as Basic));
		return { list: [x, second], commaOk: true };
	}
	return { list: [x], commaOk: false };
}

/** A single value; hint is the type of composite literals without one. */
export function exprWithHint(c: Checker, x: Operand, e: Expr, hint: Type): void {
	rawExpr(c, null, x, e, hint, false);
	exclude(c, x, notValue);
	singleValue(c, x);
}

/** A single value, a built-in function or a type. */
export function exprOrType(c: Checker, x: Operand, e: Expr, allowGeneric: boolean): void {
	rawExpr(c, null, x, e, null, allowGeneric);
	exclude(c, x, 1 << Mode.NoValue);
	singleValue(c, x);
}

/** Makes x invalid if its mode is in the set. */
export function exclude(c: Checker, x: Operand, modes: number): void {
	if ((modes & (1 << x.mode)) === 0) return;
	switch (x.mode) {
		case Mode.NoValue:
			errorf(c, x, "TooManyValues", (modes & (1 << Mode.TypExpr)) !== 0 ? "%s used as value" : "%s used as value or type", x);
			break;
		case Mode.Builtin:
			errorf(c, x, "UncalledBuiltin", "%s must be called", x);
			break;
		default:
			errorf(c, x, "NotAnExpr", "%s is not an expression", x);
	}
	x.mode = Mode.Invalid;
}

/** Reports a call with several results where one is wanted. */
export function singleValue(c: Checker, x: Operand): void {
	if (x.mode !== Mode.Value || x.type.kind !== TypeKind.Tuple) return;
	errorf(c, x, "TooManyValues", "multiple-value %s in single-value context", x);
	x.mode = Mode.Invalid;
}
