// Statements and function bodies.

import { kindOf, makeBool, float64Val, toFloat, compare, makeFloat64, type Value } from "#constant";
import {
	type Assign,
	type Block,
	type CaseClause,
	type CommClause,
	type Expr,
	type For,
	Kind,
	Name,
	Op,
	opText,
	type Return,
	type Select,
	type Stmt,
	type Switch,
	type TypeSwitchGuard,
} from "#syntax";
import { formatPosition, type Pos } from "#base";
import { assignment, assignVar, assignVars, initVars, shortVarDecl } from "./assign.ts";
import { use } from "./call.ts";
import { type Checker, closeScope, Environment, openScope, processDelayed } from "./checker.ts";
import { declare, declStmt } from "./decl.ts";
import { addf, errorf, newError, reportError, softErrorf } from "./errors.ts";
import { expr, ExprKind, rawExpr, typeAssertion } from "./expr.ts";
import { constKey } from "./literals.ts";
import { Mode } from "./mode.ts";
import { type DeclInfo, ObjKind, Var, VarKind } from "./objects.ts";
import { Operand, unpackList, unparen } from "./operand.ts";
import { binary, chanElem, comparison } from "./operators.ts";
import { allBoolean, allNumeric, comparable, hasNil, identical, isInterface, isTypeParam, isValid } from "./predicates.ts";
import { rangeStmt } from "./range.ts";
import { isTerminating } from "./return.ts";
import { type Basic, BasicKind, type Signature, type Type } from "./types.ts";
import { varType } from "./typexpr.ts";
import { Invalid, Typ } from "./universe.ts";
import { convertUntyped } from "./untyped.ts";
import { usage } from "./usage.ts";

/**
 * Checks a function body. decl is the package-level declaration that it belongs
 * to (receives the dependencies), iota the value in a constant declaration's
 * function literal.
 */
export function funcBody(c: Checker, decl: DeclInfo | null, name: string, sig: Signature, body: Block, iota: Value | null): void {
	void name;
	const scope = sig.scope;
	if (scope === null) return; // the signature was invalid
	const saved = c.env;
	const env = new Environment(scope, saved.version);
	env.decl = decl;
	env.iota = iota;
	env.sig = sig;
	c.env = env;
	stmtList(c, 0, body.list);
	if (sig.results.vars.length > 0 && !isTerminating(body, "", env.isPanic)) {
		errorf(c, body.rbrace, "MissingReturn", "missing return");
	}
	usage(c, scope);
	c.env = saved;
}

function simpleStmt(c: Checker, s: Stmt | null): void {
	if (s !== null) stmt(c, 0, s);
}

export function stmtList(c: Checker, ctxt: number, list: readonly Stmt[]): void {
	for (let i = 0; i < list.length; i++) stmt(c, ctxt, list[i] as Stmt);
}

function multipleDefaults(c: Checker, body: readonly (CaseClause | CommClause)[]): void {
	let first: CaseClause | CommClause | null = null;
	for (const clause of body) {
		if ((clause.kind === Kind.CaseClause ? clause.cases : clause.comm) !== null) continue;
		if (first === null) {
			first = clause;
			continue;
		}
		errorf(c, clause, "DuplicateDefault", "multiple defaults (first at %s)", formatPosition(c.build.sources.position(first.pos)));
	}
}

/** go call, defer call */
function suspendedCall(c: Checker, keyword: "go" | "defer", call: Expr): void {
	const code = keyword === "go" ? "InvalidGo" : "InvalidDefer";
	if (call.kind !== Kind.Call) {
		errorf(c, call, code, "expression in %s must be function call", keyword);
		use(c, call);
		return;
	}
	const x = new Operand();
	switch (rawExpr(c, null, x, call, null, false)) {
		case ExprKind.Conversion:
			errorf(c, x, code, "%s requires function call, not conversion %s", keyword, x);
			break;
		case ExprKind.Expression:
			errorf(c, x, "UnusedResults", "%s discards result of %s", keyword, x);
			break;
	}
}

/**
 * Checks a statement. Branches were checked with their syntax. What the
 * statement delayed (bodies of function literals) is checked at its end.
 */
export function stmt(c: Checker, ctxt: number, s: Stmt): void {
	const top = c.delayed.length;
	stmtInternal(c, ctxt, s);
	if (c.delayed.length > top) processDelayed(c, top);
}

function stmtInternal(c: Checker, ctxt: number, s: Stmt): void {
	switch (s.kind) {
		case Kind.Empty:
		case Kind.Branch:
			break;
		case Kind.DeclStmt:
			declStmt(c, s.decls);
			break;
		case Kind.Labeled:
			stmt(c, ctxt, s.stmt);
			break;
		case Kind.ExprStmt:
			exprStmt(c, s.x);
			break;
		case Kind.Send: {
			const ch = new Operand();
			const val = new Operand();
			expr(c, null, ch, s.chan);
			expr(c, null, val, s.value);
			if (ch.mode === Mode.Invalid || val.mode === Mode.Invalid) break;
			const elem = chanElem(c, s, ch, false);
			if (elem !== null) assignment(c, val, elem, "send");
			break;
		}
		case Kind.Assign:
			assignStmt(c, s);
			break;
		case Kind.CallStmt:
			suspendedCall(c, s.tok, s.call);
			break;
		case Kind.Return:
			returnStmt(c, s);
			break;
		case Kind.Block:
			openScope(c, s, "block");
			stmtList(c, ctxt, s.list);
			closeScope(c);
			break;
		case Kind.If: {
			openScope(c, s, "if");
			simpleStmt(c, s.init);
			condition(c, s.cond, "if");
			stmt(c, ctxt, s.thenBlock);
			if (s.elseStmt !== null) stmt(c, ctxt, s.elseStmt);
			closeScope(c);
			break;
		}
		case Kind.Switch:
			openScope(c, s, "switch");
			simpleStmt(c, s.init);
			if (s.tag !== null && s.tag.kind === Kind.TypeSwitchGuard) typeSwitchStmt(c, ctxt, s, s.tag);
			else switchStmt(c, ctxt, s);
			closeScope(c);
			break;
		case Kind.Select:
			selectStmt(c, ctxt, s);
			break;
		case Kind.For:
			forStmt(c, ctxt, s);
			break;
	}
}

function condition(c: Checker, e: Expr, what: "if" | "for"): void {
	const x = new Operand();
	expr(c, null, x, e);
	if (x.mode !== Mode.Invalid && !allBoolean(x.type)) errorf(c, e, "InvalidCond", `non-boolean condition in ${what} statement`);
}

function exprStmt(c: Checker, e: Expr): void {
	const x = new Operand();
	const kind = rawExpr(c, null, x, e, null, false);
	switch (x.mode) {
		case Mode.Builtin:
			errorf(c, x, "UncalledBuiltin", "%s must be called", x);
			break;
		case Mode.TypExpr:
			errorf(c, x, "NotAnExpr", "%s is not an expression", x);
			break;
		default:
			// spec: "With the exception of specific built-in functions, calls and receive operations can appear in statement context."
			if (kind !== ExprKind.Statement) errorf(c, x, "UnusedExpr", "%s is not used", x);
	}
}

function assignStmt(c: Checker, s: Assign): void {
	if (s.rhs === null) {
		// x++ or x--
		const x = new Operand();
		expr(c, null, x, s.lhs);
		if (x.mode === Mode.Invalid) return;
		if (!allNumeric(x.type)) {
			const op = opText[s.op] as string;
			errorf(c, s.lhs, "NonNumericIncDec", "invalid operation: %s%s%s (non-numeric type %s)", s.lhs, op, op, x.type);
			return;
		}
		assignVar(c, s.lhs, null, x, "assignment");
		return;
	}
	const lhs = unpackList(s.lhs);
	const rhs = unpackList(s.rhs);
	if (s.def) {
		shortVarDecl(c, s.pos, lhs, rhs);
		return;
	}
	if (s.op === Op.None) {
		assignVars(c, lhs, rhs);
		return;
	}
	const [l, r] = [lhs[0], rhs[0]];
	if (lhs.length !== 1 || rhs.length !== 1 || l === undefined || r === undefined) {
		errorf(c, s, "MultiValAssignOp", "assignment operation %s requires single-valued expressions", opText[s.op] as string);
		return;
	}
	const x = new Operand();
	binary(c, x, null, l, r, s.op);
	assignVar(c, l, null, x, "assignment");
}

function returnStmt(c: Checker, s: Return): void {
	const vars = (c.env.sig as Signature).results.vars;
	const results = unpackList(s.results);
	if (results.length > 0 || vars.length === 0 || (vars[0] as Var).name === "") {
		initVars(c, vars, results, s);
		return;
	}
	// The named results are returned; they must not be shadowed here.
	for (const v of vars) {
		const alt = c.env.scope.find(v.name);
		if (alt === null || alt === v) continue;
		const err = newError(c, "OutOfScopeResult");
		addf(err, s, "result parameter %s not in scope at return", v.name);
		addf(err, alt, "inner declaration of %s", v);
		reportError(err);
	}
}

function selectStmt(c: Checker, ctxt: number, s: Select): void {
	multipleDefaults(c, s.body);
	for (const clause of s.body) {
		const comm = clause.comm;
		if (comm !== null && comm.kind !== Kind.Send && !isReceive(comm)) {
			errorf(c, comm, "InvalidSelectCase", "select case must be send or receive (possibly with assignment)");
			continue;
		}
		openScope(c, clause, "case");
		if (comm !== null) stmt(c, ctxt, comm);
		stmtList(c, ctxt, clause.body);
		closeScope(c);
	}
}

function isReceive(s: Stmt): boolean {
	const rhs = s.kind === Kind.Assign ? s.rhs : s.kind === Kind.ExprStmt ? s.x : null;
	if (rhs === null || rhs.kind === Kind.ListExpr) return false;
	const x = unparen(rhs);
	return x.kind === Kind.Unary && x.op === Op.Recv;
}

function forStmt(c: Checker, ctxt: number, s: For): void {
	if (s.init !== null && s.init.kind === Kind.RangeClause) {
		rangeStmt(c, ctxt, s, s.init);
		return;
	}
	openScope(c, s, "for");
	simpleStmt(c, s.init);
	if (s.cond !== null) condition(c, s.cond, "for");
	simpleStmt(c, s.post);
	// The parser has reported a declaration in the post statement.
	if (s.post !== null && s.post.kind === Kind.Assign && s.post.def) use(c, s.post.lhs);
	stmt(c, ctxt, s.body);
	closeScope(c);
}

// ---- switch ----

/** Case constants seen so far, by key. */
type SeenValues = Map<string, { pos: Pos; type: Type }[]>;

function switchStmt(c: Checker, ctxt: number, s: Switch): void {
	const x = new Operand();
	if (s.tag !== null) {
		expr(c, null, x, s.tag);
		// By checking the assignment of x to an invisible temporary, x gets a type.
		assignment(c, x, null, "switch expression");
		if (x.mode !== Mode.Invalid && !comparable(x.type) && !hasNil(x.type)) {
			errorf(c, x, "InvalidExprSwitch", "cannot switch on %s (%s is not comparable)", x, x.type);
			x.mode = Mode.Invalid;
		}
	} else {
		// A missing tag is the constant true.
		x.mode = Mode.Constant;
		x.type = Typ[BasicKind.Bool] as Basic;
		x.val = makeBool(true);
		x.expr = new Name({ next: 0 }, s.body[0]?.pos ?? s.rbrace, "true");
	}
	multipleDefaults(c, s.body);
	const seen: SeenValues = new Map();
	for (const clause of s.body) {
		caseValues(c, x, unpackList(clause.cases), seen);
		openScope(c, clause, "case");
		stmtList(c, ctxt, clause.body);
		closeScope(c);
	}
}

/** Key of a constant that takes part in the duplicate check, or "". */
function caseKey(v: Value): string {
	switch (kindOf(v)) {
		case 2:
		case 3:
			return constKey(v);
		case 4:
			// Only floats that are exact can be compared reliably.
			return compare(toFloat(v), "==", makeFloat64(float64Val(v))) ? `f${float64Val(v)}` : "";
		default:
			return "";
	}
}

function caseValues(c: Checker, x: Operand, values: readonly Expr[], seen: SeenValues): void {
	for (const e of values) {
		const v = new Operand();
		expr(c, null, v, e);
		if (x.mode === Mode.Invalid || v.mode === Mode.Invalid) continue;
		convertUntyped(c, v, x.type);
		if ((v.mode as Mode) === Mode.Invalid) continue;
		// Order matters: by comparing v against x, error positions are at the case values.
		const res = new Operand();
		res.copy(v);
		comparison(c, res, x, Op.Eql, true);
		if (res.mode === Mode.Invalid || v.mode !== Mode.Constant || v.val === null) continue;
		const key = caseKey(v.val);
		if (key === "") continue;
		const list = seen.get(key);
		const previous = list?.find((p) => identical(v.type, p.type));
		if (previous !== undefined) {
			const err = newError(c, "DuplicateCase");
			addf(err, v, "duplicate case %s in expression switch", v);
			addf(err, previous.pos, "previous case");
			reportError(err);
			continue;
		}
		const entry = { pos: (v.expr as Expr).pos, type: v.type };
		if (list === undefined) seen.set(key, [entry]);
		else list.push(entry);
	}
}

function typeSwitchStmt(c: Checker, ctxt: number, s: Switch, guard: TypeSwitchGuard): void {
	let lhs = guard.lhs;
	if (lhs !== null) {
		if (lhs.name === "_") {
			softErrorf(c, lhs, "NoNewVar", "no new variable on left side of :=");
			lhs = null; // avoid an error about the unused variable below
		} else {
			c.info.defs.set(lhs, null); // the variable is implicitly declared in each clause
		}
	}
	const x = new Operand();
	expr(c, null, x, guard.x);
	let sx: Operand | null = null; // null if the cases cannot be compared with it
	if (x.mode !== Mode.Invalid) {
		if (isTypeParam(x.type)) errorf(c, x, "InvalidTypeSwitch", "cannot use type switch on type parameter value %s", x);
		else if (isInterface(x.type)) sx = x;
		else errorf(c, x, "InvalidTypeSwitch", "%s is not an interface", x);
	}
	multipleDefaults(c, s.body);
	const vars: Var[] = [];
	const seen: SeenTypes = [];
	for (const clause of s.body) {
		const T = caseTypes(c, sx, unpackList(clause.cases), seen);
		openScope(c, clause, "case");
		if (lhs !== null) {
			const v = new Var(VarKind.Local, lhs.pos, c.pkg, lhs.name, T);
			declare(c, c.env.scope, null, v, clause.colon);
			c.info.implicits.set(clause, v);
			vars.push(v);
		}
		stmtList(c, ctxt, clause.body);
		closeScope(c);
	}
	// The variable counts as used if it is used in some clause.
	if (lhs !== null) {
		let used = false;
		for (const v of vars) {
			if (v.used) used = true;
			v.used = true; // reported here, if at all
		}
		if (!used) softErrorf(c, lhs, "UnusedVar", "%s declared and not used", lhs.name);
	}
}

/** Types of the cases so far; null is nil. */
type SeenTypes = { type: Type | null; expr: Expr }[];

function isNilName(c: Checker, e: Expr): boolean {
	const name = unparen(e);
	return name.kind === Kind.Name && c.env.scope.find(name.name)?.kind === ObjKind.Nil;
}

/** Checks the types of a clause; gives the type of the clause's variable. */
function caseTypes(c: Checker, x: Operand | null, types: readonly Expr[], seen: SeenTypes): Type {
	let T: Type | null = null;
	for (const e of types) {
		if (isNilName(c, e)) {
			T = null;
			expr(c, null, new Operand(), e); // records nil as usual
		} else {
			T = varType(c, e);
			if (!isValid(T)) continue;
		}
		const t: Type | null = T;
		const other = seen.find((p) => (p.type === null || t === null ? p.type === t : identical(t, p.type)));
		if (other !== undefined) {
			const err = newError(c, "DuplicateCase");
			if (t === null) addf(err, e, "duplicate case nil in type switch");
			else addf(err, e, "duplicate case %s in type switch", t);
			addf(err, other.expr, "previous case");
			reportError(err);
			continue;
		}
		seen.push({ type: t, expr: e });
		if (x !== null && t !== null) typeAssertion(c, e, x, t, true);
	}
	// spec: with exactly one type in the clause, the variable has that type; otherwise that of the guard's expression.
	if (types.length === 1 && T !== null) return T;
	return x === null ? Invalid : x.type;
}
