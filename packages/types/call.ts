// Calls: conversions, built-in and ordinary calls, instantiation of generic
// functions, passing of arguments.

import type { Pos } from "#base";
import { type Call, type Expr, type Index, Kind, Name, startPos } from "#syntax";
import { assignment, typesSummary, withoutUse } from "./assign.ts";
import { builtin } from "./builtins.ts";
import { type Checker, later } from "./checker.ts";
import { conversion } from "./conversion.ts";
import { addf, errorf, newError, type Poser, reportError, softErrorf, versionErrorf } from "./errors.ts";
import { exclude, expr, ExprKind, exprOrType, genericExpr, multiExpr, nonGeneric, rawExpr, type Target } from "./expr.ts";
import { formatFault } from "./format.ts";
import { infer, isParameterized, renameTParams } from "./infer.ts";
import { instantiateSignatureType, verify } from "./instantiate.ts";
import { indexExpr } from "./index.ts";
import { Mode } from "./mode.ts";
import { recordMonoInstance } from "./mono.ts";
import { Var, VarKind } from "./objects.ts";
import { Operand, unpackList, unparen, valueOperand } from "./operand.ts";
import { isTypeParam } from "./predicates.ts";
import { record, recordInstance, recordTypeAndValue } from "./record.ts";
import { makeSubstMap, subst } from "./subst.ts";
import { Signature, type Slice, Tuple, type Type, TypeKind, type TypeParam } from "./types.ts";
import { typeList } from "./typexpr.ts";
import { isMethodSet, typeSetOf } from "./typeset.ts";
import { commonUnder, typeErrorf, under } from "./under.ts";
import { emptyTuple, Invalid, predeclaredFuncs } from "./universe.ts";
import { allowVersion, go1_18, go1_21, verifyVersionf } from "./version.ts";

/**
 * Instantiates the generic function x with the type arguments of inst (if any),
 * inferring missing ones from the target (if any) or from constraints. Without
 * `inferRest`, too few arguments are returned instead; null if x is done or invalid.
 */
export function funcInst(c: Checker, target: Target | null, pos: Pos, x: Operand, inst: Index | null, inferRest: boolean): Type[] | null {
	if (inst !== null) x.expr = inst;
	const at = inst === null ? pos : inst.pos;
	const versionOk = verifyVersionf(c, at, go1_18, "function instantiation");

	let targs: Type[] = [];
	let xlist: Expr[] = [];
	if (inst !== null) {
		xlist = unpackList(inst.index);
		const list = typeList(c, xlist);
		if (list === null) {
			x.mode = Mode.Invalid;
			return null;
		}
		targs = list;
	}
	const sig = x.type as Signature;
	const want = sig.tparams.length;
	if (targs.length > want) {
		errorf(c, xlist[targs.length - 1] as Expr, "WrongTypeArgCount", "got %d type arguments but want %d", targs.length, want);
		x.mode = Mode.Invalid;
		return null;
	}
	if (targs.length < want) {
		if (!inferRest) return targs;
		const inferred = inferFromTarget(c, target, pos, at, x, sig, targs, inst, versionOk);
		if (inferred === null) {
			x.mode = Mode.Invalid;
			return null;
		}
		targs = inferred;
	}
	x.type = instantiateSignature(c, (x.expr as Expr).pos, x.expr as Expr, sig, targs, xlist);
	x.mode = Mode.Value;
	return null;
}

function inferFromTarget(
	c: Checker,
	target: Target | null,
	pos: Pos,
	at: Pos,
	x: Operand,
	sig: Signature,
	targs: Type[],
	inst: Index | null,
	versionOk: boolean,
): Type[] | null {
	// If the function is assigned to a variable of function type, that type gives the arguments:
	// they are inferred as if the function were a parameter of its own type.
	const args: Operand[] = [];
	const params: Var[] = [];
	if (target !== null) {
		if (versionOk && !allowVersion(c, go1_21)) {
			versionErrorf(c, at, "go1.21", `${inst !== null ? "partially" : "implicitly"} instantiated function in assignment`);
		}
		const gsig = new Signature(c.ids, null, sig.params, sig.results, sig.variadic);
		const xpos = (x.expr as Expr).pos;
		params.push(new Var(VarKind.Param, xpos, c.pkg, "", gsig));
		args.push(valueOperand(new Name({ next: 0 }, xpos, target.desc), target.sig));
	}
	const { tparams, type } = renameTParams(c, sig.tparams, new Tuple(c.ids, params));
	const err = newError(c, "CannotInferTypeArgs");
	const inferred = infer(c, pos, tparams, targs, type as Tuple, args, target !== null, err);
	if (inferred === null && err.desc.length > 0) reportError(err);
	return inferred;
}

/** The signature with its type parameters replaced; records the instance for the function that fun denotes. */
function instantiateSignature(c: Checker, pos: Pos, fun: Expr, sig: Signature, targs: Type[], xlist: readonly Expr[]): Signature {
	const inst = instantiateSignatureType(c.ctx, sig, targs);
	recordInstance(c, fun, targs, inst);
	// Constraints can be verified only when all types are set up.
	later(c, () => {
		const fault = verify(c, c.ctx, sig.tparams, targs);
		if (fault === null) {
			recordMonoInstance(c, pos, sig.tparams, targs, xlist);
			return;
		}
		const arg = xlist[fault.index];
		softErrorf(c, arg === undefined ? pos : startPos(arg), "InvalidTypeArg", "%s", fault.cause);
	});
	return inst;
}

function invalidCall(c: Checker, x: Operand, call: Call): ExprKind {
	use(c, ...call.args);
	x.mode = Mode.Invalid;
	x.expr = call;
	return ExprKind.Statement;
}

/** fun(args…): a conversion, or a call of a built-in or other function. */
export function callExpr(c: Checker, x: Operand, call: Call): ExprKind {
	let inst: Index | null = null; // explicit instantiation of the function
	if (call.fun.kind === Kind.Index) {
		// Type arguments may be incomplete: the rest is inferred from the arguments.
		if (indexExpr(c, x, call.fun)) inst = call.fun;
		x.expr = call.fun;
		record(c, x);
	} else {
		exprOrType(c, x, call.fun, true);
	}
	switch (x.mode) {
		case Mode.Invalid:
			return invalidCall(c, x, call);
		case Mode.TypExpr:
			nonGeneric(c, null, x);
			if ((x.mode as Mode) === Mode.Invalid) return ExprKind.Conversion;
			conversionCall(c, x, call);
			x.expr = call;
			return ExprKind.Conversion;
		case Mode.Builtin: {
			const id = x.id;
			if (!builtin(c, x, call, id)) x.mode = Mode.Invalid;
			x.expr = call;
			const mode = x.mode as Mode;
			if (mode !== Mode.Invalid && mode !== Mode.Constant) c.env.hasCallOrRecv = true;
			return predeclaredFuncs[id]?.kind === "statement" ? ExprKind.Statement : ExprKind.Expression;
		}
	}
	return ordinaryCall(c, x, call, inst);
}

/** T(arg) */
function conversionCall(c: Checker, x: Operand, call: Call): void {
	const T = x.type;
	x.mode = Mode.Invalid;
	const first = call.args[0];
	if (first === undefined) {
		errorf(c, call, "WrongArgCount", "missing argument in conversion to %s", T);
		return;
	}
	if (call.args.length > 1) {
		use(c, ...call.args);
		errorf(c, call.args[call.args.length - 1] as Expr, "WrongArgCount", "too many arguments in conversion to %s", T);
		return;
	}
	expr(c, null, x, first);
	if ((x.mode as Mode) === Mode.Invalid) return;
	const u = under(T);
	if (u.kind === TypeKind.Interface && !isTypeParam(T) && !isMethodSet(typeSetOf(u))) {
		const text = "cannot use interface %s in conversion (contains specific type constraints or is comparable)";
		errorf(c, call, "MisplacedConstraintIface", text, T);
		x.mode = Mode.Invalid;
		return;
	}
	if (call.hasDots) {
		errorf(c, first, "BadDotDotDotSyntax", "invalid use of ... in conversion to %s", T);
		x.mode = Mode.Invalid;
		return;
	}
	conversion(c, x, T);
}

function ordinaryCall(c: Checker, x: Operand, call: Call, inst: Index | null): ExprKind {
	const cgocall = x.mode === Mode.CgoFunc;
	// All types of x's type set must have the same underlying function type.
	let sig: Signature;
	if (x.type.kind === TypeKind.Signature) sig = x.type;
	else {
		const { type, err } = commonUnder(x.type, (t, u) =>
			u !== null && u.kind !== TypeKind.Signature ? typeErrorf("%s is not a function", t) : null,
		);
		if (err !== null) {
			errorf(c, x, "InvalidCall", "invalid operation: cannot call %s: %s", x, formatFault(c, err));
			// gc does not look at the arguments here
			x.mode = Mode.Invalid;
			x.expr = call;
			return ExprKind.Statement;
		}
		sig = type as Signature;
	}
	const wasGeneric = sig.tparams.length > 0;

	let xlist: Expr[] = [];
	let targs: Type[] = [];
	if (inst !== null) {
		xlist = unpackList(inst.index);
		const list = typeList(c, xlist);
		if (list === null) return invalidCall(c, x, call);
		targs = list;
		const want = sig.tparams.length;
		if (targs.length > want) {
			errorf(c, xlist[want] as Expr, "WrongTypeArgCount", "got %d type arguments but want %d", targs.length, want);
			return invalidCall(c, x, call);
		}
		// With all type arguments the function can be instantiated before the arguments are looked at.
		if (targs.length === want && want > 0) {
			verifyVersionf(c, inst, go1_18, "function instantiation");
			sig = instantiateSignature(c, inst.pos, inst, sig, targs, xlist);
			targs = [];
			xlist = [];
		}
	}
	const { args, atargs } = genericExprList(c, call.args);
	sig = passArguments(c, call, sig, targs, xlist, args, atargs);
	if (wasGeneric && sig.tparams.length === 0) recordTypeAndValue(c, call.fun, Mode.Value, sig, null);

	const results = sig.results.vars;
	if (results.length === 0) x.mode = Mode.NoValue;
	else {
		x.mode = cgocall && results.length === 1 ? Mode.CommaErr : Mode.Value;
		x.type = results.length === 1 ? ((results[0] as Var).type as Type) : sig.results;
	}
	x.expr = call;
	c.env.hasCallOrRecv = true;
	// A result that depends on type arguments which could not be inferred (an error was reported) is unusable.
	if (x.mode === Mode.Value && sig.tparams.length > 0 && isParameterized(sig.tparams, x.type)) x.mode = Mode.Invalid;
	return ExprKind.Statement;
}

/** The operands of a list; a single call may give several. */
export function exprList(c: Checker, list: readonly Expr[]): Operand[] {
	if (list.length === 1) return multiExpr(c, list[0] as Expr, false).list;
	return list.map((e) => {
		const x = new Operand();
		expr(c, null, x, e);
		return x;
	});
}

/** As exprList, for arguments, which may be generic functions; atargs are the type arguments of partially instantiated ones. */
function genericExprList(c: Checker, list: readonly Expr[]): { args: Operand[]; atargs: readonly (Type[] | undefined)[] } {
	const args: Operand[] = [];
	let atargs: readonly (Type[] | undefined)[] = noTargs;
	// Before go1.21 there is no inference between arguments.
	const inferRest = list.length > 0 && !allowVersion(c, go1_21);
	for (let i = 0; i < list.length; i++) {
		const e = list[i] as Expr;
		const x = new Operand();
		if (e.kind === Kind.Index) {
			if (indexExpr(c, x, e)) {
				const targs = funcInst(c, null, (x.expr as Expr).pos, x, e, inferRest);
				if (targs !== null) {
					atargs = list.map((_, k) => (k === i ? targs : atargs[k]));
					x.expr = e;
				} else {
					record(c, x);
				}
			} else {
				// As any other expression.
				x.expr = e;
				record(c, x);
				exclude(c, x, (1 << Mode.NoValue) | (1 << Mode.Builtin) | (1 << Mode.TypExpr));
			}
			args.push(x);
		} else if (list.length > 1) {
			genericExpr(c, x, e);
			args.push(x);
		} else {
			rawExpr(c, null, x, e, null, true);
			exclude(c, x, (1 << Mode.NoValue) | (1 << Mode.Builtin) | (1 << Mode.TypExpr));
			if (x.type.kind === TypeKind.Tuple && x.mode !== Mode.Invalid) {
				for (const v of x.type.vars) args.push(valueOperand(e, v.type ?? Invalid));
			} else {
				args.push(x);
			}
		}
	}
	return { args, atargs };
}

const noTargs: readonly Type[][] = [];

/**
 * Checks the arguments of a call against the parameters; infers type arguments if
 * sig, or a function among the arguments, is generic. Returns the instantiated
 * signature, or sig itself after an error.
 */
export function passArguments(
	c: Checker,
	call: Call,
	sig: Signature,
	targs: readonly Type[],
	xlist: readonly Expr[],
	args: readonly Operand[],
	atargs: readonly (Type[] | undefined)[] = noTargs,
): Signature {
	const nargs = args.length;
	let npars = sig.params.vars.length;
	// For a variadic call without "...", this parameter and the following arguments are of the element type.
	let spread = -1;
	if (sig.variadic) {
		if (call.hasDots) {
			// variadic_func(a, b, c...)
			if (call.args.length === 1 && nargs > 1) {
				errorf(c, call, "InvalidDotDotDot", "cannot use ... with %d-valued %s", nargs, call.args[0]);
				return sig;
			}
		} else if (nargs >= npars - 1) {
			spread = npars - 1;
			npars = nargs;
		} else {
			npars--; // for the message below
		}
	} else if (call.hasDots) {
		errorf(c, call, "NonVariadicDotDotDot", "cannot use ... in call to non-variadic %s", call.fun);
		return sig;
	}
	if (nargs !== npars) {
		argCountError(c, call, sig, args, npars);
		return sig;
	}
	if (sig.tparams.length > 0 || args.some(isGenericFunc)) {
		return genericArguments(c, call, sig, targs, xlist, args, atargs, spread);
	}
	const params = sig.params.vars;
	for (let i = 0; i < nargs; i++) {
		const type = spread >= 0 && i >= spread ? ((params[spread] as Var).type as Slice).elem : ((params[i] as Var).type as Type);
		assignment(c, args[i] as Operand, type, call);
	}
	return sig;
}

function isGenericFunc(x: Operand): boolean {
	return x.type.kind === TypeKind.Signature && x.type.tparams.length > 0;
}

function argCountError(c: Checker, call: Call, sig: Signature, args: readonly Operand[], npars: number): void {
	let at: Poser = call;
	let qualifier = "not enough";
	if (args.length > npars) {
		at = (args[npars] as Operand).expr as Expr; // report at first extra argument
		qualifier = "too many";
	} else if (args.length > 0) {
		at = (args[args.length - 1] as Operand).expr as Expr; // report at last argument
	}
	const err = newError(c, "WrongArgCount");
	addf(err, at, "%s arguments in call to %s", qualifier, call.fun);
	addf(
		err,
		0,
		"have %s",
		typesSummary(
			c,
			args.map((x) => x.type),
			false,
			call.hasDots,
		),
	);
	addf(
		err,
		0,
		"want %s",
		typesSummary(
			c,
			sig.params.vars.map((v) => v.type),
			sig.variadic,
			false,
		),
	);
	reportError(err);
}

/** One parameter per argument: the variadic one is repeated with its element type. */
function spreadParams(c: Checker, sig: Signature, nargs: number, spread: number): Tuple {
	if (spread < 0) return sig.params;
	const vars = sig.params.vars.slice(0, spread);
	const last = sig.params.vars[spread] as Var;
	while (vars.length < nargs) vars.push(new Var(VarKind.Param, last.pos, last.pkg, last.name, (last.type as Slice).elem));
	return vars.length === 0 ? emptyTuple : new Tuple(c.ids, vars);
}

function genericArguments(
	c: Checker,
	call: Call,
	sig: Signature,
	explicit: readonly Type[],
	xlist: readonly Expr[],
	args: readonly Operand[],
	atargs: readonly (Type[] | undefined)[],
	spread: number,
): Signature {
	let params = spreadParams(c, sig, args.length, spread);
	let tparams: TypeParam[] = [];
	const targs: (Type | null)[] = [...explicit];
	const n = sig.tparams.length;
	if (n > 0) {
		if (!allowVersion(c, go1_18)) {
			if (call.fun.kind === Kind.Index) versionErrorf(c, call.fun, "go1.18", "function instantiation");
			else versionErrorf(c, call, "go1.18", "implicit function instantiation");
		}
		// The function may be called inside itself: its type parameters are renamed for inference.
		const r = renameTParams(c, sig.tparams, params);
		tparams = r.tparams;
		params = r.type as Tuple;
		while (targs.length < n) targs.push(null);
	}
	// The type parameters of generic functions among the arguments are inferred together with those of sig.
	const generic: number[] = [];
	for (let i = 0; i < args.length; i++) {
		const arg = args[i] as Operand;
		if (!isGenericFunc(arg)) continue;
		const asig = arg.type as Signature;
		const r = renameTParams(c, asig.tparams, asig);
		const own = r.type as Signature;
		const renamed = new Signature(c.ids, own.recv, own.params, own.results, own.variadic);
		renamed.tparams = r.tparams;
		arg.type = renamed;
		tparams = tparams.concat(r.tparams);
		const given = atargs[i];
		if (given !== undefined) targs.push(...given);
		while (targs.length < tparams.length) targs.push(null);
		generic.push(i);
	}
	if (generic.length > 0) {
		verifyVersionf(c, args[generic[0] as number] as Operand, go1_21, "implicitly instantiated function as argument");
	}
	const err = newError(c, "CannotInferTypeArgs");
	const inferred = infer(c, call.pos, tparams, targs, params, args, false, err);
	if (inferred === null) {
		const first = err.desc[0];
		if (first !== undefined) errorf(c, first.pos, "CannotInferTypeArgs", "in call to %s, %s", call.fun, first.msg);
		return sig;
	}
	let rsig = sig;
	if (n > 0) {
		rsig = instantiateSignature(c, call.pos, call.fun, sig, inferred.slice(0, n), xlist);
		params = spread >= 0 ? (subst(c.ctx, params, makeSubstMap(tparams.slice(0, n), inferred.slice(0, n))) as Tuple) : rsig.params;
	}
	let j = n;
	for (const i of generic) {
		const arg = args[i] as Operand;
		const asig = arg.type as Signature;
		const k = j + asig.tparams.length;
		arg.type = instantiateSignature(c, call.pos, arg.expr as Expr, asig, inferred.slice(j, k), []);
		record(c, arg);
		j = k;
	}
	for (let i = 0; i < args.length; i++) assignment(c, args[i] as Operand, (params.vars[i] as Var).type, call);
	return rsig;
}

/** Evaluates expressions only for their errors and uses; false if one was invalid. */
export function use(c: Checker, ...list: Expr[]): boolean {
	let ok = true;
	for (const e of list) if (!use1(c, e, false)) ok = false;
	return ok;
}

/** As use, for left sides of assignments: plain variables do not count as used. */
export function useLHS(c: Checker, ...list: Expr[]): boolean {
	let ok = true;
	for (const e of list) if (!use1(c, e, true)) ok = false;
	return ok;
}

function use1(c: Checker, e: Expr, lhs: boolean): boolean {
	const x = new Operand();
	x.mode = Mode.Value; // anything but invalid
	const n = unparen(e);
	if (n.kind === Kind.Name) {
		if (n.name === "_") return true;
		if (lhs) withoutUse(c, n, () => exprOrType(c, x, n, true));
		else exprOrType(c, x, n, true);
	} else if (n.kind === Kind.ListExpr) {
		return lhs ? useLHS(c, ...n.list) : use(c, ...n.list);
	} else {
		rawExpr(c, null, x, e, null, true);
	}
	return (x.mode as Mode) !== Mode.Invalid;
}
