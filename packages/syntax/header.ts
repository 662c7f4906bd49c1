// The package clause and imports of a file, as loading packages reads them. The
// errors are go/parser's, not the compiler's: the go command parses headers with
// that before any compiler runs, and its words are what users see.

import type { Pos } from "#base";
import type { Parser } from "./core.ts";
import { type Decl, Group, ImportDecl, LitKind, Name, opText } from "./nodes.ts";
import * as T from "./tokens.ts";

/** Errors after which the rest is not worth reading. */
const MAX_ERRORS = 10;

/** Reads the header; null if the package clause is wrong. */
export function header(p: Parser): { name: Name; decls: Decl[] } | null {
	const errors = new HeaderErrors(p);
	p.top = false;
	if (p.errors > 0) return null;
	errors.expect(T.PACKAGE, "package");
	const name = ident(p, errors);
	errors.semicolon();
	if (p.errors > 0) return null;
	const decls: Decl[] = [];
	while (p.tok === T.IMPORT) {
		p.next();
		if (p.tok !== T.LPAREN) {
			importSpec(p, errors, null, decls);
			continue;
		}
		const group = new Group();
		p.next();
		while (p.tok !== T.RPAREN && p.tok !== T.EOF) importSpec(p, errors, group, decls);
		errors.expect(T.RPAREN, ")");
		errors.semicolon();
	}
	return { name, decls };
}

function ident(p: Parser, errors: HeaderErrors): Name {
	const name = new Name(p.ids, p.pos(), p.tok === T.NAME ? p.name : "_");
	errors.expect(T.NAME, "IDENT");
	return name;
}

function importSpec(p: Parser, errors: HeaderErrors, group: Group | null, decls: Decl[]): void {
	const pos = p.pos();
	let local: Name | null = null;
	if (p.tok === T.NAME) local = p.ident();
	else if (p.tok === T.DOT) {
		local = new Name(p.ids, p.pos(), ".");
		p.next();
	}
	const isString = p.tok === T.LITERAL && p.lit === LitKind.String;
	const path = p.literal();
	if (path !== null && isString) decls.push(new ImportDecl(p.ids, pos, group, local, path));
	else if (path !== null) errors.add(path.pos, "import path must be a string");
	else if (p.tok === T.NAME) {
		errors.add(p.pos(), "import path must be a string");
		p.next();
	} else {
		errors.add(p.pos(), "missing import path");
		p.skipTo(T.COMMA, T.COLON, T.RBRACK, T.RPAREN, T.RBRACE);
	}
	errors.semicolon();
}

/** Reports in go/parser's words: one error per line, and no more than some. */
class HeaderErrors {
	private readonly p: Parser;
	private count = 0;
	private lastLine = 0;

	constructor(p: Parser) {
		this.p = p;
	}

	add(pos: Pos, msg: string): void {
		const line = this.p.file.position(pos).line;
		if (line === this.lastLine || this.count > MAX_ERRORS) return;
		this.count++;
		this.lastLine = line;
		this.p.error(pos, msg);
	}

	private expected(what: string): void {
		this.add(this.p.pos(), `expected '${what}', found ${this.found()}`);
	}

	/** Takes the token, or reports that it is missing and takes what is there. */
	expect(tok: number, spelled: string): void {
		if (this.p.tok !== tok) this.expected(spelled);
		this.p.skipOne();
	}

	semicolon(): void {
		const p = this.p;
		if (p.tok === T.RPAREN || p.tok === T.RBRACE || p.got(T.SEMI)) return;
		this.expected(";");
		if (p.tok === T.COMMA) {
			p.next();
			return;
		}
		p.funcDepth++; // go on at a statement
		p.skipTo(T.EOF);
		p.funcDepth--;
	}

	private found(): string {
		const p = this.p;
		switch (p.tok) {
			case T.NAME:
				return p.name;
			case T.LITERAL:
				return p.text();
			case T.SEMI:
				return p.name === "semicolon" ? "';'" : "newline";
			case T.OPERATOR:
				return `'${opText[p.op]}'`;
			case T.ASSIGN_OP:
				return `'${opText[p.op]}='`;
			case T.INC_OP:
				return `'${opText[p.op]}${opText[p.op]}'`;
			default:
				return `'${T.tokenText[p.tok]}'`;
		}
	}
}

/** go/scanner's wording of a lexical error. */
export function goScannerMessage(msg: string): string {
	switch (msg) {
		case "newline in string":
		case "string not terminated":
			return "string literal not terminated";
		case "newline in rune literal":
			return "rune literal not terminated";
		case "empty rune literal or unescaped '":
		case "more than one character in rune literal":
			return "illegal rune literal";
		case "invalid NUL character":
			return "illegal character NUL";
		case "invalid UTF-8 encoding":
			return "illegal UTF-8 encoding";
		case "invalid BOM in the middle of the file":
			return "illegal byte order mark";
		default:
			return msg.startsWith("invalid character U+") ? `illegal${msg.slice(7)}` : msg;
	}
}
