// Grammar of expressions.

import type { Pos } from "#base";
import type { Parser } from "./core.ts";
import {
	Assert,
	BadExpr,
	Binary,
	Call,
	ChanDir,
	ChanType,
	CompositeLit,
	type Expr,
	FuncLit,
	Index,
	KeyValue,
	Kind,
	ListExpr,
	Op,
	Paren,
	Selector,
	SliceExpr,
	TypeSwitchGuard,
	Unary,
} from "./nodes.ts";
import { exprString } from "./printer.ts";
import { funcBody } from "./stmts.ts";
import * as T from "./tokens.ts";
import { signature, type, typeArgs } from "./typexprs.ts";

/** How many levels of nesting a function literal counts for: its statements take more stack than an operand. */
const FUNC_LEVELS = 3;

export function expr(p: Parser): Expr {
	return binary(p, unary(p), 0);
}

/** The binary expression that starts with operand x, of operators that bind tighter than floor. */
export function binary(p: Parser, x: Expr, floor: number): Expr {
	while ((p.tok === T.OPERATOR || p.tok === T.STAR) && p.prec > floor) {
		const pos = p.pos();
		const op = p.op;
		const prec = p.prec;
		p.next();
		x = new Binary(p.ids, pos, op, x, binary(p, unary(p), prec));
	}
	return x;
}

/** Expressions separated by commas; several are a ListExpr. */
export function exprList(p: Parser): Expr {
	const first = expr(p);
	if (p.tok !== T.COMMA) return first;
	const list = [first];
	while (p.got(T.COMMA)) list.push(expr(p));
	return new ListExpr(p.ids, first.pos, list);
}

function unary(p: Parser): Expr {
	if (p.tok === T.NAME) return primary(p, p.ident());
	if (!p.enter()) return p.bad();
	const x = operatorOrPrimary(p);
	p.leave();
	return x;
}

function operatorOrPrimary(p: Parser): Expr {
	const pos = p.pos();
	if (p.tok === T.OPERATOR || p.tok === T.STAR) {
		const op = p.op;
		switch (op) {
			case Op.Mul:
			case Op.Add:
			case Op.Sub:
			case Op.Not:
			case Op.Xor:
			case Op.Tilde:
				p.next();
				return new Unary(p.ids, pos, op, unary(p));
			case Op.And:
				p.next();
				return new Unary(p.ids, pos, op, unparen(unary(p)));
		}
	}
	if (p.tok === T.ARROW) {
		p.next();
		const x = unary(p);
		return x.kind === Kind.ChanType ? receiveChan(p, x) : new Unary(p.ids, pos, Op.Recv, x);
	}
	return primary(p, operand(p, true));
}

/** `<-` before what turned out to be a channel type: the arrow binds to the innermost reading, <-chan T. */
function receiveChan(p: Parser, outer: ChanType): Expr {
	const chain: ChanType[] = [];
	let t: Expr = outer;
	let dir: ChanDir = ChanDir.SendOnly;
	while (dir === ChanDir.SendOnly && t.kind === Kind.ChanType) {
		dir = t.dir;
		if (dir === ChanDir.RecvOnly) p.syntaxError("unexpected <-, expected chan");
		chain.push(t);
		t = t.elem;
	}
	if (dir === ChanDir.SendOnly) p.syntaxError(`unexpected ${exprString(t)}, expected chan`);
	for (const c of chain.reverse()) t = new ChanType(p.ids, c.pos, ChanDir.RecvOnly, t);
	return t;
}

export function unparen(x: Expr): Expr {
	while (x.kind === Kind.Paren) x = x.x;
	return x;
}

/** An operand. Parentheses are kept where asked, and before a `{`, where they matter for errors. */
function operand(p: Parser, keepParens: boolean): Expr {
	switch (p.tok) {
		case T.NAME:
			return p.ident();
		case T.LITERAL:
			return p.literal() as Expr;
		case T.LPAREN: {
			const pos = p.pos();
			p.next();
			p.exprLevel++;
			const x = expr(p);
			p.exprLevel--;
			const rparen = p.pos();
			p.want(T.RPAREN);
			return keepParens || p.tok === T.LBRACE ? new Paren(p.ids, pos, x, rparen) : x;
		}
		case T.FUNC: {
			const pos = p.pos();
			p.next();
			const sig = signature(p, "function type");
			if (p.tok !== T.LBRACE) return sig.type;
			if (!p.deeper(FUNC_LEVELS)) return sig.type;
			p.exprLevel++;
			const body = funcBody(p);
			p.exprLevel--;
			p.depth -= FUNC_LEVELS;
			return new FuncLit(p.ids, pos, sig.type, body);
		}
		case T.LBRACK:
		case T.CHAN:
		case T.MAP:
		case T.STRUCT:
		case T.INTERFACE:
			return type(p);
		default: {
			const bad = p.bad();
			p.syntaxError("expected expression");
			p.skipTo(T.RPAREN, T.RBRACK, T.RBRACE);
			return bad;
		}
	}
}

/** The call after `go` or `defer`, with its parentheses if it has wrong ones. */
export function callOperand(p: Parser): Expr {
	if (!p.enter()) return p.bad();
	const x = primary(p, operand(p, p.tok === T.LPAREN));
	p.leave();
	return x;
}

/** Selectors, indices, calls, … after operand x. */
export function primary(p: Parser, x: Expr): Expr {
	for (;;) {
		switch (p.tok) {
			case T.DOT:
				x = dotted(p, x);
				break;
			case T.LBRACK:
				if (!p.enter()) return x;
				x = indexed(p, x);
				p.leave();
				break;
			case T.LPAREN:
				if (!p.enter()) return x;
				x = call(p, x);
				p.leave();
				break;
			case T.LBRACE: {
				const t = unparen(x);
				if (!startsComposite(p, t)) return x;
				if (t !== x) p.syntaxError("cannot parenthesize type in composite literal");
				x = composite(p, x);
				break;
			}
			default:
				return x;
		}
	}
}

function dotted(p: Parser, x: Expr): Expr {
	const pos = p.pos();
	p.next();
	if (p.tok === T.NAME) return new Selector(p.ids, pos, x, p.ident());
	if (p.tok !== T.LPAREN) {
		p.syntaxError("expected name or (");
		p.skipTo(T.SEMI, T.RPAREN);
		return x;
	}
	p.next();
	if (p.got(T.TYPE)) {
		p.want(T.RPAREN);
		return new TypeSwitchGuard(p.ids, pos, null, x);
	}
	const t = type(p);
	const rparen = p.pos();
	p.want(T.RPAREN);
	return new Assert(p.ids, pos, x, t, rparen);
}

function indexed(p: Parser, x: Expr): Expr {
	const pos = p.pos();
	p.next();
	let index: Expr | null = null;
	if (p.tok !== T.COLON) {
		let comma = false;
		if (p.tok === T.RBRACK) {
			p.syntaxError("expected operand");
			index = p.bad();
		} else {
			const args = typeArgs(p, false);
			index = args.x;
			comma = args.comma;
		}
		if (comma || p.tok === T.RBRACK) {
			const rbrack = p.pos();
			p.want(T.RBRACK);
			return new Index(p.ids, pos, x, index, rbrack);
		}
	}
	return sliced(p, pos, x, index);
}

/** x[lo: from the first colon on. */
function sliced(p: Parser, pos: Pos, x: Expr, lo: Expr | null): Expr {
	if (!p.got(T.COLON)) {
		p.syntaxError("expected comma, : or ]");
		p.skipTo(T.COMMA, T.COLON, T.RBRACK);
	}
	p.exprLevel++;
	let hi: Expr | null = null;
	let max: Expr | null = null;
	if (p.tok !== T.COLON && p.tok !== T.RBRACK) hi = expr(p);
	const full = p.tok === T.COLON;
	if (full) {
		if (hi === null) {
			p.error(p.pos(), "middle index required in 3-index slice");
			hi = p.bad();
		}
		p.next();
		if (p.tok === T.RBRACK) {
			p.error(p.pos(), "final index required in 3-index slice");
			max = p.bad();
		} else max = expr(p);
	}
	p.exprLevel--;
	const rbrack = p.pos();
	p.want(T.RBRACK);
	return new SliceExpr(p.ids, pos, x, lo, hi, max, full, rbrack);
}

function call(p: Parser, fun: Expr): Expr {
	const pos = p.pos();
	p.next();
	p.exprLevel++;
	const args: Expr[] = [];
	let hasDots = false;
	let closed = true;
	while (p.tok !== T.EOF && p.tok !== T.RPAREN && closed && !hasDots) {
		args.push(expr(p));
		hasDots = p.got(T.DOTDOTDOT);
		closed = p.separated("argument list", T.COMMA, T.RPAREN);
	}
	const rparen = p.pos();
	if (closed) p.want(T.RPAREN);
	p.exprLevel--;
	return new Call(p.ids, pos, fun, args, hasDots, pos, rparen);
}

/** Whether a `{` after t starts a composite literal, not a block. */
function startsComposite(p: Parser, t: Expr): boolean {
	switch (t.kind) {
		case Kind.Name:
		case Kind.Selector:
			return p.exprLevel >= 0;
		case Kind.Index:
			return p.exprLevel >= 0 && !isValue(t);
		case Kind.ArrayType:
		case Kind.SliceType:
		case Kind.StructType:
		case Kind.MapType:
			return true;
		default:
			return false;
	}
}

/** Whether x can only be a value, by its form. */
function isValue(x: Expr): boolean {
	switch (x.kind) {
		case Kind.BasicLit:
		case Kind.CompositeLit:
		case Kind.FuncLit:
		case Kind.SliceExpr:
		case Kind.Assert:
		case Kind.TypeSwitchGuard:
		case Kind.Call:
		case Kind.Binary:
			return true;
		case Kind.Unary:
			return x.op !== Op.Mul;
		case Kind.Paren:
			return isValue(x.x);
		case Kind.Index:
			return isValue(x.x) || isValue(x.index);
		default:
			return false;
	}
}

function composite(p: Parser, type: Expr | null): Expr {
	const lbrace = p.pos();
	if (!p.enter()) return new BadExpr(p.ids, lbrace);
	p.exprLevel++;
	p.want(T.LBRACE);
	const elems: Expr[] = [];
	let nkeys = 0;
	let closed = true;
	while (p.tok !== T.EOF && p.tok !== T.RBRACE && closed) {
		let e = element(p);
		if (p.tok === T.COLON) {
			const colon = p.pos();
			p.next();
			e = new KeyValue(p.ids, colon, e, element(p));
			nkeys++;
		}
		elems.push(e);
		closed = p.separated("composite literal", T.COMMA, T.RBRACE);
	}
	const rbrace = p.pos();
	if (closed) p.want(T.RBRACE);
	p.exprLevel--;
	p.leave();
	return new CompositeLit(p.ids, lbrace, type, elems, nkeys, lbrace, rbrace);
}

function element(p: Parser): Expr {
	return p.tok === T.LBRACE ? composite(p, null) : expr(p);
}
