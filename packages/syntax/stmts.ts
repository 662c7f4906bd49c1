// Grammar of statements.

import { type Pos, NoPos } from "#base";
import { checkBranches } from "./branches.ts";
import type { Parser } from "./core.ts";
import { constDecl, declGroup, typeDecl, varDecl } from "./decls.ts";
import { callOperand, expr, exprList, unparen } from "./exprs.ts";
import {
	Assign,
	BadExpr,
	Block,
	Branch,
	type BranchTok,
	CallStmt,
	CaseClause,
	CommClause,
	DeclStmt,
	Empty,
	type Expr,
	ExprStmt,
	For,
	If,
	Kind,
	Labeled,
	type Name,
	Op,
	RangeClause,
	Return,
	Select,
	Send,
	type Stmt,
	Switch,
	TypeSwitchGuard,
} from "./nodes.ts";
import { exprString, stmtString } from "./printer.ts";
import * as T from "./tokens.ts";

/** A function body, at its brace; labels and branches are resolved unless the body has syntax errors. */
export function funcBody(p: Parser): Block {
	p.funcDepth++;
	const errors = p.errors;
	const body = block(p, "");
	p.funcDepth--;
	if (errors === p.errors) checkBranches(body, p.file, (pos, code, msg, soft) => p.remark(pos, code, msg, soft));
	return body;
}

/** A block; context names what needs one, in the error if there is none. */
export function block(p: Parser, context: string): Block {
	const pos = p.pos();
	if (!p.got(T.LBRACE)) {
		p.syntaxError(`expected { after ${context}`);
		p.skipTo(T.NAME, T.RBRACE);
		const rbrace = p.pos();
		if (p.got(T.RBRACE)) return new Block(p.ids, pos, [], rbrace);
	}
	const list = stmtList(p);
	const rbrace = p.pos();
	p.want(T.RBRACE);
	return new Block(p.ids, pos, list, rbrace);
}

export function stmtList(p: Parser): Stmt[] {
	const list: Stmt[] = [];
	while (p.tok !== T.EOF && p.tok !== T.RBRACE && p.tok !== T.CASE && p.tok !== T.DEFAULT) {
		const s = stmtOrNull(p);
		p.clearPragma();
		if (s === null) break;
		list.push(s);
		if (!p.got(T.SEMI) && p.tok !== T.RBRACE) {
			p.syntaxError("at end of statement");
			p.skipTo(T.SEMI, T.RBRACE, T.CASE, T.DEFAULT);
			p.got(T.SEMI);
		}
	}
	return list;
}

/** A statement, or null if the current token starts none. */
function stmtOrNull(p: Parser): Stmt | null {
	if (p.tok === T.NAME) {
		p.clearPragma();
		const lhs = exprList(p);
		if (p.tok === T.COLON && lhs.kind === Kind.Name) return labeled(p, lhs);
		return simpleStmt(p, lhs);
	}
	if (!p.enter()) return null;
	const s = otherStmt(p);
	p.leave();
	return s;
}

function otherStmt(p: Parser): Stmt | null {
	switch (p.tok) {
		case T.VAR:
			return declStmt(p, varDecl);
		case T.CONST:
			return declStmt(p, constDecl);
		case T.TYPE:
			return declStmt(p, typeDecl);
	}
	p.clearPragma();
	const pos = p.pos();
	switch (p.tok) {
		case T.LBRACE:
			return block(p, "");
		case T.OPERATOR:
		case T.STAR:
			switch (p.op) {
				case Op.Add:
				case Op.Sub:
				case Op.Mul:
				case Op.And:
				case Op.Xor:
				case Op.Not:
					return simpleStmt(p, null);
				default:
					return null;
			}
		case T.LITERAL:
		case T.FUNC:
		case T.LPAREN:
		case T.LBRACK:
		case T.STRUCT:
		case T.MAP:
		case T.CHAN:
		case T.INTERFACE:
		case T.ARROW:
			return simpleStmt(p, null);
		case T.FOR:
			return forStmt(p);
		case T.SWITCH:
			return switchStmt(p);
		case T.SELECT:
			return selectStmt(p);
		case T.IF:
			return ifStmt(p);
		case T.FALLTHROUGH:
		case T.BREAK:
		case T.CONTINUE:
		case T.GOTO:
			return branch(p, p.tok);
		case T.GO:
		case T.DEFER:
			return callStmt(p);
		case T.RETURN: {
			p.next();
			const bare = p.tok === T.SEMI || p.tok === T.RBRACE;
			return new Return(p.ids, pos, bare ? null : exprList(p));
		}
		case T.SEMI:
			return new Empty(p.ids, pos);
		default:
			return null;
	}
}

function branch(p: Parser, tok: number): Stmt {
	const pos = p.pos();
	p.next();
	let label: Name | null = null;
	if (tok === T.GOTO || (tok !== T.FALLTHROUGH && p.tok === T.NAME)) label = p.ident();
	return new Branch(p.ids, pos, T.tokenText[tok] as BranchTok, label);
}

function callStmt(p: Parser): Stmt {
	const pos = p.pos();
	const tok = p.tok === T.GO ? "go" : "defer";
	p.next();
	const x = callOperand(p);
	const bare = unparen(x);
	if (bare !== x) p.error(x.pos, `expression in ${tok} must not be parenthesized`);
	return new CallStmt(p.ids, pos, tok, bare);
}

function declStmt(p: Parser, decl: typeof varDecl | typeof constDecl | typeof typeDecl): Stmt {
	const pos = p.pos();
	p.next();
	return new DeclStmt(p.ids, pos, declGroup(p, [], decl));
}

function labeled(p: Parser, label: Name): Stmt | null {
	const pos = p.pos();
	p.want(T.COLON);
	if (p.tok === T.RBRACE) return new Labeled(p.ids, pos, label, new Empty(p.ids, p.pos()));
	if (!p.enter()) return null;
	const s = stmtOrNull(p);
	p.leave();
	if (s !== null) return new Labeled(p.ids, pos, label, s);
	p.syntaxErrorAt(pos, "missing statement after label");
	return null;
}

/** A simple statement; lhs is its first expression list if that was parsed already. */
function simpleStmt(p: Parser, lhs: Expr | null): Stmt {
	return simpleOrRange(p, lhs, 0) as Stmt;
}

/** A simple statement; in the header of a `for` (keyword) possibly a range clause, of a `switch` a type switch guard. */
function simpleOrRange(p: Parser, lhs: Expr | null, keyword: number): Stmt | RangeClause {
	if (keyword === T.FOR && p.tok === T.RANGE) return rangeClause(p, null, false);
	const left = lhs ?? exprList(p);
	const pos = p.pos();
	if (p.tok === T.ASSIGN || p.tok === T.DEFINE) {
		const def = p.tok === T.DEFINE;
		p.next();
		if (keyword === T.FOR && p.tok === T.RANGE) return rangeClause(p, left, def);
		const right = exprList(p);
		if (right.kind === Kind.TypeSwitchGuard && keyword === T.SWITCH && def && left.kind === Kind.Name) {
			return new ExprStmt(p.ids, right.pos, new TypeSwitchGuard(p.ids, right.pos, left, right.x));
		}
		return new Assign(p.ids, pos, def, Op.None, left, right);
	}
	if (left.kind === Kind.ListExpr) {
		p.syntaxError("expected := or = or comma");
		p.skipTo(T.SEMI, T.RBRACE);
		const first = left.list[0] as Expr;
		return new ExprStmt(p.ids, first.pos, first);
	}
	switch (p.tok) {
		case T.ASSIGN_OP: {
			const op = p.op;
			p.next();
			return new Assign(p.ids, pos, false, op, left, expr(p));
		}
		case T.INC_OP: {
			const op = p.op;
			p.next();
			return new Assign(p.ids, pos, false, op, left, null);
		}
		case T.ARROW:
			p.next();
			return new Send(p.ids, pos, left, expr(p));
		default:
			return new ExprStmt(p.ids, left.pos, left);
	}
}

function rangeClause(p: Parser, lhs: Expr | null, def: boolean): RangeClause {
	const pos = p.pos();
	p.next();
	return new RangeClause(p.ids, pos, lhs, def, expr(p));
}

// ---- if, for, switch, select ----

interface Header {
	init: Stmt | RangeClause | null;
	cond: Expr | null;
	post: Stmt | null;
}

/** The header of an if, for or switch statement, with its keyword, up to the block. */
function header(p: Parser, keyword: number): Header {
	p.want(keyword);
	const h: Header = { init: null, cond: null, post: null };
	if (p.tok === T.LBRACE) {
		if (keyword === T.IF) {
			p.syntaxError("missing condition in if statement");
			h.cond = p.bad();
		}
		return h;
	}
	const outer = p.exprLevel;
	p.exprLevel = -1;
	clauses(p, keyword, h);
	p.exprLevel = outer;
	return h;
}

function clauses(p: Parser, keyword: number, h: Header): void {
	if (p.tok !== T.SEMI) {
		if (p.got(T.VAR)) p.syntaxError(`var declaration not allowed in ${T.tokenText[keyword]} initializer`);
		h.init = simpleOrRange(p, null, keyword);
		if (h.init.kind === Kind.RangeClause) return;
	}
	if (p.tok === T.LBRACE) {
		const only = h.init as Stmt;
		h.init = null;
		h.cond = condition(p, only);
		return;
	}
	let semi: Pos = NoPos;
	let semiText = "";
	if (p.tok === T.SEMI) {
		semi = p.pos();
		semiText = p.name;
		p.next();
	} else {
		p.want(T.LBRACE); // what is most likely missing here
		if (p.tok !== T.LBRACE) p.skipTo(T.LBRACE, T.RBRACE);
	}
	let cond: Stmt | null = null;
	if (keyword === T.FOR) {
		if (p.tok !== T.SEMI) {
			if (p.tok === T.LBRACE) {
				p.syntaxError("expected for loop condition");
				return;
			}
			cond = simpleStmt(p, null);
		}
		p.want(T.SEMI);
		if (p.tok !== T.LBRACE) {
			h.post = simpleStmt(p, null);
			if (h.post.kind === Kind.Assign && h.post.def) p.syntaxErrorAt(h.post.pos, "cannot declare in post statement of for loop");
		}
	} else if (p.tok !== T.LBRACE) cond = simpleOrRange(p, null, keyword) as Stmt;
	if (cond !== null) h.cond = condition(p, cond);
	else if (keyword === T.IF && semi !== NoPos) {
		if (semiText === "semicolon") p.syntaxErrorAt(semi, "missing condition in if statement");
		else p.syntaxErrorAt(semi, `unexpected ${semiText}, expected { after if clause`);
		h.cond = new BadExpr(p.ids, semi);
	}
}

/** The expression of the statement that stands where a condition must. */
function condition(p: Parser, s: Stmt): Expr | null {
	if (s.kind === Kind.ExprStmt) return s.x;
	// often "=" was written for "=="
	let shown: string;
	if (s.kind === Kind.Assign && s.op === Op.None && !s.def && s.rhs !== null)
		shown = `assignment ${emphasize(s.lhs)} = ${emphasize(s.rhs)}`;
	else shown = stmtString(s);
	p.syntaxErrorAt(s.pos, `cannot use ${shown} as value`);
	return null;
}

function emphasize(x: Expr): string {
	return x.kind === Kind.Binary ? `(${exprString(x)})` : exprString(x);
}

function forStmt(p: Parser): Stmt {
	const pos = p.pos();
	const h = header(p, T.FOR);
	return new For(p.ids, pos, h.init, h.cond, h.post, block(p, "for clause"));
}

/** An if with its else-ifs, without recursion: chains may be long. */
function ifStmt(p: Parser): Stmt {
	const chain: { pos: Pos; init: Stmt | null; cond: Expr; then: Block }[] = [];
	let last: Stmt | null = null;
	for (;;) {
		const pos = p.pos();
		const h = header(p, T.IF);
		const cond = h.cond ?? new BadExpr(p.ids, pos);
		chain.push({ pos, init: h.init as Stmt | null, cond, then: block(p, "if clause") });
		if (!p.got(T.ELSE)) break;
		if (p.tok === T.IF) continue;
		if (p.tok === T.LBRACE) last = block(p, "");
		else {
			p.syntaxError("else must be followed by if or statement block");
			p.skipTo(T.NAME, T.RBRACE);
		}
		break;
	}
	for (let i = chain.length - 1; i >= 0; i--) {
		const c = chain[i] as (typeof chain)[number];
		last = new If(p.ids, c.pos, c.init, c.cond, c.then, last);
	}
	return last as Stmt;
}

function switchStmt(p: Parser): Stmt {
	const pos = p.pos();
	const h = header(p, T.SWITCH);
	openClauses(p, "switch");
	const body: CaseClause[] = [];
	while (p.tok !== T.EOF && p.tok !== T.RBRACE) {
		const at = p.pos();
		const cases = clauseStart(p) ? exprList(p) : null;
		const colon = p.pos();
		p.want(T.COLON);
		body.push(new CaseClause(p.ids, at, cases, stmtList(p), colon));
	}
	const rbrace = p.pos();
	p.want(T.RBRACE);
	return new Switch(p.ids, pos, h.init as Stmt | null, h.cond, body, rbrace);
}

function selectStmt(p: Parser): Stmt {
	const pos = p.pos();
	p.want(T.SELECT);
	openClauses(p, "select");
	const body: CommClause[] = [];
	while (p.tok !== T.EOF && p.tok !== T.RBRACE) {
		const at = p.pos();
		const comm = clauseStart(p) ? simpleStmt(p, null) : null;
		const colon = p.pos();
		p.want(T.COLON);
		body.push(new CommClause(p.ids, at, comm, stmtList(p), colon));
	}
	const rbrace = p.pos();
	p.want(T.RBRACE);
	return new Select(p.ids, pos, body, rbrace);
}

function openClauses(p: Parser, statement: string): void {
	if (p.got(T.LBRACE)) return;
	p.syntaxError(`missing { after ${statement} clause`);
	p.skipTo(T.CASE, T.DEFAULT, T.RBRACE);
}

/** Takes `case` (true) or `default` (false). */
function clauseStart(p: Parser): boolean {
	if (p.got(T.CASE)) return true;
	if (p.got(T.DEFAULT)) return false;
	p.syntaxError("expected case or default or }");
	p.skipTo(T.COLON, T.CASE, T.DEFAULT, T.RBRACE);
	return false;
}
