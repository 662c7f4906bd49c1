// Grammar of files and declarations.

import type { Parser } from "./core.ts";
import { binary, exprList, primary, unparen } from "./exprs.ts";
import {
	type BasicLit,
	Binary,
	type Block,
	ConstDecl,
	type Decl,
	type Expr,
	type Field,
	File,
	FuncDecl,
	FuncType,
	Group,
	ImportDecl,
	BasicLit as Literal,
	Kind,
	LitKind,
	Name,
	Op,
	TypeDecl,
	Unary,
	VarDecl,
} from "./nodes.ts";
import { params } from "./params.ts";
import { skipBody } from "./skip.ts";
import { funcBody } from "./stmts.ts";
import * as T from "./tokens.ts";
import { arrayType, nameList, signature, sliceType, type, typeOrNull } from "./typexprs.ts";

const declStart = [T.IMPORT, T.CONST, T.TYPE, T.VAR, T.FUNC] as const;

/** The package clause; null if it has errors, and then the rest of the file is not worth parsing. */
export function packageClause(p: Parser): Name | null {
	p.top = false;
	if (!p.got(T.PACKAGE)) {
		p.syntaxError("package statement must be first");
		return null;
	}
	p.checkPragma(p.takePragma(), "package");
	const name = p.ident();
	p.want(T.SEMI);
	return p.errors > 0 ? null : name;
}

/** All declarations up to the end of the file. */
export function declarations(p: Parser): Decl[] {
	const decls: Decl[] = [];
	let previous: number = T.IMPORT;
	while (p.tok !== T.EOF) {
		if (p.tok === T.IMPORT && previous !== T.IMPORT) p.syntaxError("imports must appear before other declarations");
		previous = p.tok;
		if (!topLevel(p, decls)) continue;
		p.clearPragma(); // before the semicolon is taken: comments after it belong to the next declaration
		if (p.tok !== T.EOF && !p.got(T.SEMI)) {
			p.syntaxError("after top level declaration");
			p.skipTo(...declStart);
		}
	}
	p.clearPragma();
	return decls;
}

function topLevel(p: Parser, decls: Decl[]): boolean {
	switch (p.tok) {
		case T.IMPORT:
			p.next();
			declGroup(p, decls, importDecl);
			return true;
		case T.CONST:
			p.next();
			declGroup(p, decls, constDecl);
			return true;
		case T.TYPE:
			p.next();
			declGroup(p, decls, typeDecl);
			return true;
		case T.VAR:
			p.next();
			declGroup(p, decls, varDecl);
			return true;
		case T.FUNC:
			p.next();
			decls.push(funcDecl(p));
			return true;
		default: {
			const last = decls[decls.length - 1];
			if (p.tok === T.LBRACE && last !== undefined && last.kind === Kind.FuncDecl && !last.hasBody) {
				p.syntaxError("unexpected semicolon or newline before {");
			} else p.syntaxError("non-declaration statement outside function body");
			p.skipTo(...declStart);
			return false;
		}
	}
}

/** One declaration, or a parenthesised group of them; appended to decls, which is returned. */
export function declGroup(p: Parser, decls: Decl[], decl: (p: Parser, group: Group | null) => Decl | null): Decl[] {
	if (p.tok !== T.LPAREN) {
		const d = decl(p, null);
		if (d !== null) decls.push(d);
		return decls;
	}
	const group = new Group();
	p.clearPragma();
	p.next();
	let closed = true;
	while (p.tok !== T.EOF && p.tok !== T.RPAREN && closed) {
		const d = decl(p, group);
		if (d !== null) decls.push(d);
		closed = p.separated("grouped declaration", T.SEMI, T.RPAREN);
	}
	if (closed) p.want(T.RPAREN);
	return decls;
}

function importDecl(p: Parser, group: Group | null): ImportDecl | null {
	const pos = p.pos();
	p.checkPragma(p.takePragma(), "other");
	let localName: Name | null = null;
	if (p.tok === T.NAME) localName = p.ident();
	else if (p.tok === T.DOT) {
		localName = new Name(p.ids, p.pos(), ".");
		p.next();
	}
	let path: BasicLit | null = p.literal();
	if (path === null) {
		p.syntaxError("missing import path");
		p.skipTo(T.SEMI, T.RPAREN);
		return null;
	}
	if (!path.bad && path.lit !== LitKind.String) {
		p.syntaxErrorAt(path.pos, "import path must be a string");
		path = new Literal(p.ids, path.pos, path.lit, path.text, true, path.len);
	}
	return new ImportDecl(p.ids, pos, group, localName, path);
}

export function constDecl(p: Parser, group: Group | null): ConstDecl {
	const pos = p.pos();
	p.checkPragma(p.takePragma(), "other");
	const names = nameList(p, p.ident());
	let t: Expr | null = null;
	let values: Expr | null = null;
	if (p.tok !== T.EOF && p.tok !== T.SEMI && p.tok !== T.RPAREN) {
		t = typeOrNull(p);
		if (p.gotAssign()) values = exprList(p);
	}
	return new ConstDecl(p.ids, pos, group, names, t, values);
}

export function varDecl(p: Parser, group: Group | null): VarDecl {
	const pos = p.pos();
	const pragma = p.takePragma();
	p.checkPragma(pragma, "var");
	const names = nameList(p, p.ident());
	let t: Expr | null = null;
	let assigned = p.gotAssign();
	if (!assigned) {
		t = type(p);
		assigned = p.gotAssign();
	}
	return new VarDecl(p.ids, pos, group, names, t, assigned ? exprList(p) : null, pragma);
}

// ---- type declarations ----

export function typeDecl(p: Parser, group: Group | null): TypeDecl {
	const pos = p.pos();
	const pragma = p.takePragma();
	p.checkPragma(pragma, "other");
	const name = p.ident();
	let tparams: Field[] = [];
	let alias = false;
	let t: Expr | null;
	if (p.tok === T.LBRACK) {
		const lbrack = p.pos();
		p.next();
		if (p.tok === T.NAME) {
			const x = lengthOrParam(p);
			const split = splitParam(x, p.tok === T.COMMA);
			if (split !== null && (split.type !== null || p.tok !== T.RBRACK)) {
				const bound = split.type === null ? null : split.type(p);
				tparams = params(p, split.name, bound, T.RBRACK, true, false);
				alias = p.gotAssign();
				t = typeOrNull(p);
			} else t = arrayType(p, lbrack, x);
		} else if (p.tok === T.RBRACK) {
			p.next();
			t = sliceType(p, lbrack);
		} else t = arrayType(p, lbrack, null);
	} else {
		alias = p.gotAssign();
		t = typeOrNull(p);
	}
	if (t === null) {
		t = p.bad();
		p.syntaxError("in type declaration");
		p.skipTo(T.SEMI, T.RPAREN);
	}
	return new TypeDecl(p.ids, pos, group, name, tparams, alias, t, pragma);
}

/**
 * After `type T [`, at a name: what follows, read as an expression. It is an array length or begins a type parameter list.
 * A name followed by `[` can only be a type parameter, since no constant is indexed or sliced: then just the name.
 */
function lengthOrParam(p: Parser): Expr {
	const name = p.ident();
	if (p.tok === T.LBRACK) return name;
	p.exprLevel++;
	const x = binary(p, primary(p, name), 0);
	p.exprLevel--;
	return x;
}

/** A type parameter and its constraint (made on demand: it needs new nodes), the latter null if x was just a name. */
interface Param {
	name: Name;
	type: ((p: Parser) => Expr) | null;
}

/**
 * Reads expression x as `name constraint`: P *T, P (T), and unions of these. Null if x cannot be one, or might as well be
 * an ordinary expression (and force is not set).
 */
function splitParam(x: Expr, force: boolean): Param | null {
	if (x.kind === Kind.Name) return { name: x, type: null };
	if (x.kind === Kind.Call) {
		const arg = x.args[0];
		if (x.fun.kind !== Kind.Name || x.args.length !== 1 || arg === undefined || x.hasDots) return null;
		return force || isTypeElem(arg) ? { name: x.fun, type: () => unparen(arg) } : null;
	}
	if (x.kind !== Kind.Binary) return null;
	if (x.op === Op.Mul && x.x.kind === Kind.Name) {
		return force || isTypeElem(x.y) ? { name: x.x, type: (p) => new Unary(p.ids, x.pos, Op.Mul, x.y) } : null;
	}
	if (x.op !== Op.Or) return null;
	const left = splitParam(x.x, force || isTypeElem(x.y));
	if (left === null || left.type === null) return null;
	const bound = left.type;
	return { name: left.name, type: (p) => new Binary(p.ids, x.pos, Op.Or, bound(p), x.y) };
}

/** Whether x can only be an element of a constraint, by its form. */
export function isTypeElem(x: Expr): boolean {
	switch (x.kind) {
		case Kind.ArrayType:
		case Kind.StructType:
		case Kind.FuncType:
		case Kind.InterfaceType:
		case Kind.SliceType:
		case Kind.MapType:
		case Kind.ChanType:
			return true;
		case Kind.Binary:
			return isTypeElem(x.x) || isTypeElem(x.y);
		case Kind.Unary:
			return x.op === Op.Tilde || isTypeElem(x.x);
		case Kind.Paren:
			return isTypeElem(x.x);
		default:
			return false;
	}
}

// ---- functions ----

function funcDecl(p: Parser): FuncDecl {
	const pos = p.pos();
	const pragma = p.takePragma();
	p.checkPragma(pragma, "func");
	let recv: Field | null = null;
	const isMethod = p.got(T.LPAREN);
	if (isMethod) {
		const list = params(p, null, null, T.RPAREN, false, false);
		if (list.length === 0) p.error(p.pos(), "method has no receiver");
		else if (list.length > 1) p.error(p.pos(), "method has multiple receivers");
		recv = list[0] ?? null;
	}
	let name: Name;
	let tparams: Field[] = [];
	let type: FuncType;
	if (p.tok === T.NAME) {
		name = p.ident();
		const sig = signature(p, isMethod ? "method" : "");
		tparams = sig.tparams;
		type = sig.type;
	} else {
		name = new Name(p.ids, p.pos(), "_");
		type = new FuncType(p.ids, p.pos(), [], [], p.pos());
		p.syntaxError(isMethod ? "expected name" : "expected name or (");
		p.skipTo(T.LBRACE, T.SEMI);
	}
	if (p.tok !== T.LBRACE) return new FuncDecl(p.ids, pos, pragma, recv, name, tparams, type, false, null, 0, 0);
	const start = p.start;
	let body: Block | null = null;
	let end = p.lazyBodies ? skipBody(p) : -1;
	if (end < 0) {
		body = funcBody(p);
		end = body.rbrace - p.base;
	}
	return new FuncDecl(p.ids, pos, pragma, recv, name, tparams, type, true, body, start, end);
}

export function makeFile(p: Parser, pos: number, name: Name, decls: Decl[]): File {
	return new File(p.ids, pos, name, decls, p.pos(), p.goVersion, p.directives ?? []);
}
