// Grammar of types: type expressions, struct and interface bodies.

import type { Pos } from "#base";
import type { Parser } from "./core.ts";
import { expr } from "./exprs.ts";
import {
	ArrayType,
	type BasicLit,
	Binary,
	ChanDir,
	ChanType,
	type Expr,
	Field,
	FuncType,
	Index,
	InterfaceType,
	ListExpr,
	MapType,
	Name,
	Op,
	Selector,
	SliceType,
	StructType,
	Unary,
} from "./nodes.ts";
import { params } from "./params.ts";
import * as T from "./tokens.ts";

/** A type; an error if there is none. */
export function type(p: Parser): Expr {
	const t = typeOrNull(p);
	if (t !== null) return t;
	const bad = p.bad();
	p.syntaxError("expected type");
	p.skipTo(T.COMMA, T.COLON, T.SEMI, T.RPAREN, T.RBRACK, T.RBRACE);
	return bad;
}

/** A type, or null if the current token starts none. */
export function typeOrNull(p: Parser): Expr | null {
	if (p.tok === T.NAME) return qualifiedName(p, null);
	if (!p.enter()) return p.bad();
	const t = otherType(p);
	p.leave();
	return t;
}

function otherType(p: Parser): Expr | null {
	const pos = p.pos();
	switch (p.tok) {
		case T.STAR:
			p.next();
			return new Unary(p.ids, pos, Op.Mul, type(p));
		case T.ARROW:
			p.next();
			p.want(T.CHAN);
			return new ChanType(p.ids, pos, ChanDir.RecvOnly, chanElem(p));
		case T.CHAN: {
			p.next();
			const dir = p.got(T.ARROW) ? ChanDir.SendOnly : ChanDir.Both;
			return new ChanType(p.ids, pos, dir, chanElem(p));
		}
		case T.FUNC:
			p.next();
			return signature(p, "function type").type;
		case T.LBRACK:
			p.next();
			return p.got(T.RBRACK) ? sliceType(p, pos) : arrayType(p, pos, null);
		case T.MAP: {
			p.next();
			p.want(T.LBRACK);
			const key = type(p);
			p.want(T.RBRACK);
			return new MapType(p.ids, pos, key, type(p));
		}
		case T.STRUCT:
			return structType(p);
		case T.INTERFACE:
			return interfaceType(p);
		case T.LPAREN: {
			p.next();
			const t = type(p);
			p.want(T.RPAREN);
			return t; // parentheses around types are not kept
		}
		default:
			return null;
	}
}

function chanElem(p: Parser): Expr {
	const t = typeOrNull(p);
	if (t !== null) return t;
	const bad = p.bad();
	p.syntaxError("missing channel element type");
	return bad;
}

/** []T after the brackets; pos is of the opening one. */
export function sliceType(p: Parser, pos: Pos): Expr {
	return new SliceType(p.ids, pos, type(p));
}

/** [n]T or [...]T after the opening bracket at pos; len is the length if it was parsed already. */
export function arrayType(p: Parser, pos: Pos, len: Expr | null): Expr {
	if (len === null && !p.got(T.DOTDOTDOT)) {
		p.exprLevel++;
		len = expr(p);
		p.exprLevel--;
	}
	if (p.tok === T.COMMA) {
		p.syntaxError("unexpected comma; expected ]");
		p.next();
	}
	p.want(T.RBRACK);
	return new ArrayType(p.ids, pos, len, type(p));
}

/** A type name: name is its first identifier if that was consumed already. */
export function qualifiedName(p: Parser, name: Name | null): Expr {
	let x: Expr;
	if (name !== null) x = name;
	else if (p.tok === T.NAME) x = p.ident();
	else {
		x = new Name(p.ids, p.pos(), "_");
		p.syntaxError("expected name");
		p.skipTo(T.DOT, T.SEMI, T.RBRACE);
	}
	if (p.tok === T.DOT) {
		const pos = p.pos();
		p.next();
		x = new Selector(p.ids, pos, x, p.ident());
	}
	return p.tok === T.LBRACK ? typeInstance(p, x) : x;
}

function typeInstance(p: Parser, x: Expr): Expr {
	const pos = p.pos();
	p.want(T.LBRACK);
	let args: Expr;
	if (p.tok === T.RBRACK) {
		p.syntaxError("expected type argument list");
		args = p.bad();
	} else {
		if (!p.enter()) return x;
		args = typeArgs(p, true).x;
		p.leave();
	}
	const rbrack = p.pos();
	p.want(T.RBRACK);
	return new Index(p.ids, pos, x, args, rbrack);
}

/**
 * Types (the first may be any expression unless strict) separated by commas; several are a ListExpr. `comma`: there was a
 * comma, possibly a trailing one.
 */
export function typeArgs(p: Parser, strict: boolean): { x: Expr; comma: boolean } {
	p.exprLevel++;
	const first = strict ? type(p) : expr(p);
	let comma = false;
	let list: Expr[] | null = null;
	while (p.tok === T.COMMA) {
		p.next();
		comma = true;
		const t = typeOrNull(p);
		if (t === null) break;
		if (list === null) list = [first, t];
		else list.push(t);
	}
	p.exprLevel--;
	return { x: list === null ? first : new ListExpr(p.ids, first.pos, list), comma };
}

export interface Signature {
	tparams: Field[];
	type: FuncType;
}

/** Type parameters, parameters and results. A context (such as "method") says that type parameters are not permitted there. */
export function signature(p: Parser, context: string): Signature {
	const pos = p.pos();
	let tparams: Field[] = [];
	if (p.got(T.LBRACK)) {
		if (context !== "") p.syntaxErrorAt(pos, `${context} must have no type parameters`);
		if (p.tok === T.RBRACK) {
			p.syntaxError("empty type parameter list");
			p.next();
		} else tparams = params(p, null, null, T.RBRACK, true, false);
	}
	p.want(T.LPAREN);
	const ins = params(p, null, null, T.RPAREN, false, true);
	const outs = results(p);
	return { tparams, type: new FuncType(p.ids, pos, ins, outs, p.base + p.prevEnd) };
}

function results(p: Parser): Field[] {
	if (p.got(T.LPAREN)) return params(p, null, null, T.RPAREN, false, false);
	const pos = p.pos();
	const t = typeOrNull(p);
	return t === null ? [] : [new Field(p.ids, pos, null, t)];
}

// ---- structs ----

class Fields {
	readonly list: Field[] = [];
	readonly tags: (BasicLit | null)[] = [];
	add(p: Parser, pos: Pos, name: Name | null, type: Expr, tag: BasicLit | null): void {
		if (tag !== null) {
			while (this.tags.length < this.list.length) this.tags.push(null);
			this.tags.push(tag);
		}
		this.list.push(new Field(p.ids, pos, name, type));
	}
}

function structType(p: Parser): Expr {
	const pos = p.pos();
	p.want(T.STRUCT);
	p.want(T.LBRACE);
	const fields = new Fields();
	let closed = true;
	while (p.tok !== T.EOF && p.tok !== T.RBRACE && closed) {
		fieldDecl(p, fields);
		closed = p.separated("struct type", T.SEMI, T.RBRACE);
	}
	const rbrace = p.pos();
	if (closed) p.want(T.RBRACE);
	return new StructType(p.ids, pos, fields.list, fields.tags, rbrace);
}

function fieldDecl(p: Parser, fields: Fields): void {
	const pos = p.pos();
	switch (p.tok) {
		case T.NAME:
			namedOrEmbedded(p, fields, pos);
			return;
		case T.STAR: {
			p.next();
			const x = parenthesizedName(p);
			const ptr = new Unary(p.ids, pos, Op.Mul, x);
			fields.add(p, pos, null, ptr, p.literal());
			return;
		}
		case T.LPAREN: {
			p.syntaxError("cannot parenthesize embedded type");
			p.next();
			const star = p.pos();
			let t: Expr;
			if (p.got(T.STAR)) t = new Unary(p.ids, star, Op.Mul, qualifiedName(p, null));
			else t = qualifiedName(p, null);
			p.got(T.RPAREN);
			fields.add(p, pos, null, t, p.literal());
			return;
		}
		default:
			p.syntaxError("expected field name or embedded type");
			p.skipTo(T.SEMI, T.RBRACE);
	}
}

/** The type name after the star of an embedded pointer; parentheses are an error. */
function parenthesizedName(p: Parser): Expr {
	if (p.tok !== T.LPAREN) return qualifiedName(p, null);
	p.syntaxError("cannot parenthesize embedded type");
	p.next();
	const x = qualifiedName(p, null);
	p.got(T.RPAREN);
	return x;
}

function namedOrEmbedded(p: Parser, fields: Fields, pos: Pos): void {
	const first = p.ident();
	if (p.tok === T.DOT || p.tok === T.LITERAL || p.tok === T.SEMI || p.tok === T.RBRACE) {
		const t = qualifiedName(p, first);
		fields.add(p, pos, null, t, p.literal());
		return;
	}
	if (p.tok === T.LBRACK) {
		// a field of array or slice type, or an embedded instantiated type
		const t = arrayOrInstance(p, first);
		fields.add(p, pos, t instanceof Index ? null : first, t, p.literal());
		return;
	}
	const names = nameList(p, first);
	const t = type(p);
	const tag = p.literal();
	for (const name of names) fields.add(p, name.pos, name, t, tag);
}

/** Further names after the first one of a list. */
export function nameList(p: Parser, first: Name): Name[] {
	const names = [first];
	while (p.got(T.COMMA)) names.push(p.ident());
	return names;
}

/** After a name, at `[`: an array or slice type of something called name, or the instantiation name[…] (an Index). */
export function arrayOrInstance(p: Parser, name: Name): Expr {
	const pos = p.pos();
	p.want(T.LBRACK);
	if (p.got(T.RBRACK)) return sliceType(p, pos);
	if (!p.enter()) return p.bad();
	const { x, comma } = typeArgs(p, false);
	p.leave();
	const rbrack = p.pos();
	p.want(T.RBRACK);
	if (!comma) {
		const elem = typeOrNull(p);
		if (elem !== null) return new ArrayType(p.ids, pos, x, elem);
	}
	return new Index(p.ids, pos, name, x, rbrack);
}

// ---- interfaces ----

function interfaceType(p: Parser): Expr {
	const pos = p.pos();
	p.want(T.INTERFACE);
	p.want(T.LBRACE);
	const methods: Field[] = [];
	let closed = true;
	while (p.tok !== T.EOF && p.tok !== T.RBRACE && closed) {
		methods.push(interfaceElem(p));
		closed = p.separated("interface type", T.SEMI, T.RBRACE);
	}
	const rbrace = p.pos();
	if (closed) p.want(T.RBRACE);
	return new InterfaceType(p.ids, pos, methods, rbrace);
}

function interfaceElem(p: Parser): Field {
	const pos = p.pos();
	if (p.tok !== T.NAME) return new Field(p.ids, pos, null, moreTerms(p, term(p)));
	const name = p.ident();
	switch (p.tok) {
		case T.LPAREN:
			return new Field(p.ids, pos, name, signature(p, "interface method").type);
		case T.LBRACK:
			return genericElem(p, pos, name);
		default:
			return new Field(p.ids, pos, null, moreTerms(p, qualifiedName(p, name)));
	}
}

/** name[…: a generic method, which is an error, or an embedded instantiated type. */
function genericElem(p: Parser, pos: Pos, name: Name): Field {
	const lbrack = p.pos();
	p.next();
	const embedded = (t: Expr): Field => new Field(p.ids, pos, null, moreTerms(p, t));
	const method = (): Field => new Field(p.ids, pos, name, signature(p, "interface method").type);
	if (p.tok === T.RBRACK) {
		const rbrack = p.pos();
		p.next();
		if (p.tok === T.LPAREN) {
			p.error(rbrack, "empty type parameter list");
			return method();
		}
		p.error(rbrack, "empty type argument list");
		return embedded(name);
	}
	const list = params(p, null, null, T.RBRACK, false, false);
	const first = list[0];
	if (first === undefined) return p.tok === T.LPAREN ? method() : embedded(name);
	if (first.name !== null) {
		const m = method();
		p.error(lbrack, "interface method must have no type parameters");
		return m;
	}
	const rbrack = p.base + p.prevEnd - 1;
	const args =
		list.length === 1
			? first.type
			: new ListExpr(
					p.ids,
					first.pos,
					list.map((f) => f.type),
				);
	return embedded(new Index(p.ids, lbrack, name, args, rbrack));
}

/** The union that starts with x. */
export function moreTerms(p: Parser, x: Expr): Expr {
	while (p.tok === T.OPERATOR && p.op === Op.Or) {
		const pos = p.pos();
		p.next();
		x = new Binary(p.ids, pos, Op.Or, x, term(p));
	}
	return x;
}

/** A type or ~type. */
export function term(p: Parser): Expr {
	const pos = p.pos();
	if (p.tok === T.OPERATOR && p.op === Op.Tilde) {
		p.next();
		return new Unary(p.ids, pos, Op.Tilde, type(p));
	}
	const t = typeOrNull(p);
	if (t !== null) return t;
	const bad = p.bad();
	p.syntaxError("expected ~ term or type");
	p.skipTo(T.OPERATOR, T.SEMI, T.RPAREN, T.RBRACK, T.RBRACE);
	return bad;
}
