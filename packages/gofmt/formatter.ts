// Statements, declarations and files.

import {
	type Block,
	type CaseClause,
	type CommClause,
	type ConstDecl,
	type Decl,
	type Expr,
	type File,
	type FuncDecl,
	type ImportDecl,
	Kind,
	Op,
	opText,
	type RangeClause,
	type Stmt,
	T,
	type TypeDecl,
	type VarDecl,
	walk,
} from "#syntax";
import { Exprs } from "./exprs.ts";
import type { Extent } from "./extent.ts";
import type { Tokens } from "./tokens.ts";
import { Ws } from "./writer.ts";

type Clause = CaseClause | CommClause;
type Spec = ImportDecl | ConstDecl | TypeDecl | VarDecl;
type ValueSpec = ConstDecl | VarDecl;

/** A declaration of the file: one function, or a keyword with its specifications. */
interface TopDecl {
	keyword: number;
	end: number;
	func: FuncDecl | null;
	specs: Spec[];
}

function isTypeName(e: Expr | null): boolean {
	return e !== null && (e.kind === Kind.Name || (e.kind === Kind.Selector && isTypeName(e.x)));
}

/** Without parentheses that a header does not need: those around composite literals stay. */
function headerExpr(e: Expr): Expr {
	if (e.kind !== Kind.Paren) return e;
	let needed = false;
	walk(e.x, (n) => {
		if (n.kind === Kind.Paren) return false;
		if (n.kind !== Kind.CompositeLit) return true;
		if (isTypeName(n.type)) needed = true;
		return false;
	});
	return needed ? e : headerExpr(e.x);
}

/** By specification: whether its column of types is kept; a run of values without any type moves to the left. */
function typeColumns(specs: readonly ValueSpec[]): boolean[] {
	const out = specs.map(() => false);
	let from = -1;
	let keep = false;
	const close = (to: number): void => {
		if (from >= 0 && keep) out.fill(true, from, to);
		from = -1;
	};
	specs.forEach((s, i) => {
		if (s.values === null) close(i);
		else if (from < 0) {
			from = i;
			keep = false;
		}
		if (s.type !== null) keep = true;
	});
	close(specs.length);
	return out;
}

export class Formatter extends Exprs {
	protected measuring(sizes: Map<number, number>): Formatter {
		return new Formatter(this.tokens, this.extent, false, sizes);
	}

	// ---- statements ----

	/** nindent 0: clauses, each a section of its own. */
	private statements(list: readonly (Stmt | Clause)[], indent: boolean, beforeBrace: boolean): void {
		if (indent) this.ws(Ws.Indent);
		let line = 0;
		let i = 0;
		for (const s of list) {
			if (s.kind === Kind.Empty) continue;
			if (!this.isEmpty) this.breakLine(this.lineOf(this.extent.start(s)), 1, Ws.Ignore, i === 0 || !indent || this.outLine - line > 0);
			let extra = 0;
			for (let t: Stmt | Clause = s; t.kind === Kind.Labeled; t = t.stmt) extra++;
			this.onLine((l) => {
				line = l;
			});
			this.statement(s, beforeBrace && i === list.length - 1);
			line += extra;
			i++;
		}
		if (indent) this.ws(Ws.Unindent);
	}

	private block(lbrace: number, list: readonly (Stmt | Clause)[], rbrace: number, indent: boolean): void {
		this.at(lbrace);
		this.put("{");
		this.statements(list, indent, true);
		this.breakLine(this.lineOf(rbrace), 1, Ws.Ignore, true);
		this.at(rbrace);
		this.put("}");
	}

	private body(b: Block): void {
		this.block(this.extent.of(b.pos), b.list, this.extent.of(b.rbrace), true);
	}

	private clauses(list: readonly Clause[], rbrace: number): void {
		this.block(this.opening(rbrace), list, rbrace, false);
	}

	/** A keyword or operator where an offset says. */
	private putAt(offset: number, text: string): void {
		this.at(offset);
		this.put(text);
	}

	private statement(s: Stmt | Clause, beforeBrace: boolean): void {
		const { extent } = this;
		this.at(extent.start(s));
		switch (s.kind) {
			case Kind.Empty:
				break;
			case Kind.DeclStmt:
				this.group(this.tokens.at(extent.of(s.pos)), s.decls as Spec[]);
				break;
			case Kind.Labeled:
				this.ws(Ws.Unindent);
				this.expr(s.label);
				this.putAt(extent.of(s.pos), ":");
				this.ws(Ws.Indent);
				if (s.stmt.kind !== Kind.Empty) this.breakLine(this.lineOf(extent.start(s.stmt)), 1, Ws.Ignore, true);
				else if (!beforeBrace) {
					this.ws(Ws.Newline);
					this.putAt(extent.of(s.stmt.pos), ";");
					break;
				}
				this.statement(s.stmt, beforeBrace);
				break;
			case Kind.ExprStmt:
				this.expr(s.x);
				break;
			case Kind.Send:
				this.expr(s.chan);
				this.ws(Ws.Blank);
				this.putAt(extent.of(s.pos), "<-");
				this.ws(Ws.Blank);
				this.expr(s.value);
				break;
			case Kind.Assign: {
				const at = extent.of(s.pos);
				if (s.rhs === null) {
					this.expr(s.lhs, 2);
					this.putAt(at, opText[s.op] + opText[s.op]);
					break;
				}
				const lhs = this.all(s.lhs);
				const rhs = this.all(s.rhs);
				const depth = lhs.length > 1 && rhs.length > 1 ? 2 : 1;
				this.exprList(extent.start(s), lhs, depth, {}, at);
				this.ws(Ws.Blank);
				this.putAt(at, s.def ? ":=" : `${s.op === Op.None ? "" : opText[s.op]}=`);
				this.ws(Ws.Blank);
				this.exprList(at, rhs, depth, {}, -1);
				break;
			}
			case Kind.CallStmt:
				this.put(s.tok);
				this.ws(Ws.Blank);
				this.expr(s.call);
				break;
			case Kind.Return: {
				this.put("return");
				if (s.results === null) break;
				const list = this.all(s.results);
				this.ws(Ws.Blank);
				const flat = this.wantsIndent(list);
				if (flat) this.ws(Ws.Indent);
				this.exprList(-1, list, 1, { flat }, -1);
				if (flat) this.ws(Ws.Unindent);
				break;
			}
			case Kind.Branch:
				this.put(s.tok);
				if (s.label !== null) {
					this.ws(Ws.Blank);
					this.expr(s.label);
				}
				break;
			case Kind.Block:
				this.body(s);
				break;
			case Kind.If:
				this.put("if");
				this.header(false, s.init, s.cond, null);
				this.body(s.thenBlock);
				if (s.elseStmt !== null) {
					this.ws(Ws.Blank);
					this.put("else");
					this.ws(Ws.Blank);
					this.statement(s.elseStmt, beforeBrace);
				}
				break;
			case Kind.CaseClause: {
				const colon = extent.of(s.colon);
				this.put(s.cases === null ? "default" : "case");
				if (s.cases !== null) {
					this.ws(Ws.Blank);
					this.exprList(extent.of(s.pos), this.all(s.cases), 1, {}, colon);
				}
				this.putAt(colon, ":");
				this.statements(s.body, true, beforeBrace);
				break;
			}
			case Kind.CommClause:
				this.put(s.comm === null ? "default" : "case");
				if (s.comm !== null) {
					this.ws(Ws.Blank);
					this.statement(s.comm, false);
				}
				this.putAt(extent.of(s.colon), ":");
				this.statements(s.body, true, beforeBrace);
				break;
			case Kind.Switch:
				this.put("switch");
				if (s.tag?.kind === Kind.TypeSwitchGuard) this.typeSwitchHeader(s.init, s.tag);
				else this.header(false, s.init, s.tag, null);
				this.clauses(s.body, extent.of(s.rbrace));
				break;
			case Kind.Select: {
				const rbrace = extent.of(s.rbrace);
				this.put("select");
				this.ws(Ws.Blank);
				if (s.body.length > 0 || this.commentBefore(rbrace)) this.clauses(s.body, rbrace);
				else {
					this.putAt(this.opening(rbrace), "{");
					this.putAt(rbrace, "}");
				}
				break;
			}
			case Kind.For:
				this.put("for");
				if (s.init?.kind === Kind.RangeClause) this.rangeHeader(s.init);
				else this.header(true, s.init, s.cond, s.post);
				this.body(s.body);
				break;
		}
	}

	private header(isFor: boolean, init: Stmt | null, cond: Expr | null, post: Stmt | null): void {
		const some = (s: Stmt | null): Stmt | null => (s === null || s.kind === Kind.Empty ? null : s);
		const first = some(init);
		const last = some(post);
		const put = (e: Expr | null): boolean => {
			if (e === null) return false;
			this.expr(headerExpr(e));
			return true;
		};
		this.ws(Ws.Blank);
		let blank: boolean;
		if (first === null && last === null) blank = put(cond);
		else {
			if (first !== null) this.statement(first, false);
			this.put(";");
			this.ws(Ws.Blank);
			blank = put(cond);
			if (isFor) {
				this.put(";");
				this.ws(Ws.Blank);
				blank = last !== null;
				if (last !== null) this.statement(last, false);
			}
		}
		if (blank) this.ws(Ws.Blank);
	}

	private typeSwitchHeader(init: Stmt | null, guard: Expr & { kind: typeof Kind.TypeSwitchGuard }): void {
		const { extent, tokens } = this;
		if (init !== null && init.kind !== Kind.Empty) {
			this.ws(Ws.Blank);
			this.statement(init, false);
			this.put(";");
		}
		this.ws(Ws.Blank);
		this.at(extent.start(guard));
		if (guard.lhs !== null) {
			const at = tokens.starts[tokens.at(extent.of(guard.lhs.pos)) + 1];
			this.exprList(extent.of(guard.lhs.pos), [guard.lhs], 1, {}, at);
			this.ws(Ws.Blank);
			this.putAt(at, ":=");
			this.ws(Ws.Blank);
		}
		const dot = tokens.at(extent.end(guard.x));
		this.at(extent.start(guard.x));
		this.expr(guard.x, 1, 7);
		this.put(".");
		this.putAt(tokens.starts[dot + 1], "(");
		this.put("type");
		this.putAt(tokens.starts[dot + 3], ")");
		this.ws(Ws.Blank);
	}

	private rangeHeader(r: RangeClause): void {
		const { extent, tokens } = this;
		const keyword = tokens.at(extent.start(r.x)) - 1;
		this.ws(Ws.Blank);
		if (r.lhs !== null) {
			this.all(r.lhs).forEach((e, i) => {
				if (i > 0) {
					this.putAt(extent.start(e), ",");
					this.ws(Ws.Blank);
				}
				this.expr(e);
			});
			this.ws(Ws.Blank);
			this.putAt(tokens.starts[keyword - 1], r.def ? ":=" : "=");
			this.ws(Ws.Blank);
		}
		this.put("range");
		this.ws(Ws.Blank);
		this.expr(headerExpr(r.x));
		this.ws(Ws.Blank);
	}

	// ---- functions ----

	private bodySize(b: Block, limit: number): number {
		const rbrace = this.extent.of(b.rbrace);
		if (this.lineOf(this.extent.of(b.pos)) !== this.lineOf(rbrace) || b.list.length > 5) return limit + 1;
		let size = this.commentSizeBefore(rbrace);
		b.list.forEach((s, i) => {
			if (size <= limit) size += (i > 0 ? 2 : 0) + this.sizeOf(s.id, limit, (f) => (f as Formatter).statement(s, false));
		});
		return size;
	}

	protected funcBody(header: number, separator: Ws, b: Block): void {
		const { level } = this;
		this.level = 0;
		if (header + this.bodySize(b, 100) <= 100) {
			this.ws(separator);
			this.putAt(this.extent.of(b.pos), "{");
			if (b.list.length > 0) {
				this.ws(Ws.Blank);
				b.list.forEach((s, i) => {
					if (i > 0) {
						this.put(";");
						this.ws(Ws.Blank);
					}
					this.statement(s, i === b.list.length - 1);
				});
				this.ws(Ws.Blank);
			}
			this.noExtraBreak = !this.noExtraBreak;
			this.putAt(this.extent.of(b.rbrace), "}");
			this.noExtraBreak = !this.noExtraBreak;
		} else {
			this.ws(Ws.Blank);
			this.body(b);
		}
		this.level = level;
	}

	private func(keyword: number, d: FuncDecl): void {
		const { tokens, extent } = this;
		const start = tokens.starts[keyword];
		this.putAt(start, "func");
		this.ws(Ws.Blank);
		const column = this.outColumn - "func".length;
		if (d.recv !== null) {
			this.parameters(keyword + 1, [d.recv], "values");
			this.ws(Ws.Blank);
		}
		this.expr(d.name);
		let open = tokens.at(extent.of(d.name.pos)) + 1;
		if (d.tparams.length > 0) {
			this.parameters(open, d.tparams, "types of a function");
			open = tokens.match(open) + 1;
		}
		this.signature(open, d.type);
		if (d.body !== null) this.funcBody(this.distance(start, column), Ws.Cell, d.body);
	}

	// ---- declarations ----

	/** A keyword with one specification or a group of them. */
	private group(keyword: number, specs: readonly Spec[]): void {
		const { tokens } = this;
		this.putAt(tokens.starts[keyword], tokens.text.slice(tokens.starts[keyword], tokens.ends[keyword]));
		this.ws(Ws.Blank);
		const open = keyword + 1;
		if (tokens.kinds[open] !== T.LPAREN) {
			this.spec(specs[0], true, true);
			return;
		}
		this.putAt(tokens.starts[open], "(");
		if (specs.length > 0) {
			this.ws(Ws.Indent, Ws.Section);
			const values = specs.filter((s): s is ValueSpec => s.kind === Kind.ConstDecl || s.kind === Kind.VarDecl);
			const keep = specs.length > 1 && values.length === specs.length ? typeColumns(values) : null;
			let line = 0;
			specs.forEach((s, i) => {
				if (i > 0) this.breakLine(this.lineOf(this.specStart(s)), 1, Ws.Ignore, this.outLine - line > 0);
				this.onLine((l) => {
					line = l;
				});
				if (keep !== null) this.value(s as ValueSpec, keep[i]);
				else this.spec(s, specs.length === 1, false);
			});
			this.ws(Ws.Unindent, Ws.Section);
		}
		this.putAt(tokens.starts[tokens.match(open)], ")");
	}

	private specStart(s: Spec): number {
		if (s.kind === Kind.ImportDecl) return this.extent.of((s.localName ?? s.path).pos);
		return this.extent.of(s.kind === Kind.TypeDecl ? s.name.pos : s.names[0].pos);
	}

	/** Offset behind a specification. */
	private specEnd(s: Spec): number {
		const { extent } = this;
		if (s.kind === Kind.ImportDecl) return extent.end(s.path);
		if (s.kind === Kind.TypeDecl) return extent.end(s.type);
		return extent.end(s.values ?? s.type ?? s.names[s.names.length - 1]);
	}

	private value(s: ValueSpec, keep: boolean): void {
		this.names(s.names, false);
		let empty = 3;
		if (s.type !== null || keep) {
			this.ws(Ws.Cell);
			empty--;
		}
		if (s.type !== null) this.expr(s.type);
		if (s.values !== null) {
			this.ws(Ws.Cell);
			this.put("=");
			this.ws(Ws.Blank);
			this.exprList(-1, this.all(s.values), 1, {}, -1);
			empty--;
		}
		if (this.hasLineComment(this.specEnd(s))) for (; empty > 0; empty--) this.ws(Ws.Cell);
	}

	private spec(s: Spec, alone: boolean, indentNames: boolean): void {
		const { extent } = this;
		if (s.kind === Kind.ImportDecl) {
			if (s.localName !== null) {
				this.expr(s.localName);
				this.ws(Ws.Blank);
			}
			const at = extent.of(s.path.pos);
			this.at(at);
			this.put(importPath(this.tokens.text.slice(at, extent.end(s.path))), "STRING");
			return;
		}
		if (s.kind === Kind.TypeDecl) {
			this.expr(s.name);
			if (s.tparams.length > 0) this.parameters(this.tokens.at(extent.of(s.name.pos)) + 1, s.tparams, "types of a type");
			this.ws(alone ? Ws.Blank : Ws.Cell);
			if (s.alias) {
				this.put("=");
				this.ws(Ws.Blank);
			}
			this.expr(s.type);
			return;
		}
		this.names(s.names, indentNames);
		if (s.type !== null) {
			this.ws(Ws.Blank);
			this.expr(s.type);
		}
		if (s.values === null) return;
		this.ws(Ws.Blank);
		this.put("=");
		this.ws(Ws.Blank);
		this.exprList(-1, this.all(s.values), 1, {}, -1);
	}

	// ---- the file ----

	/** Declarations with their keywords: empty groups leave no node in the tree. */
	private topDecls(first: number, decls: readonly Decl[]): TopDecl[] {
		const { tokens } = this;
		const out: TopDecl[] = [];
		let next = 0;
		for (let i = first; tokens.kinds[i] !== T.EOF; ) {
			if (tokens.kinds[i] === T.SEMI) {
				i++;
				continue;
			}
			const d: TopDecl = { keyword: i, end: 0, func: null, specs: [] };
			if (tokens.kinds[i] === T.FUNC) {
				d.func = decls[next++] as FuncDecl;
				d.end = this.funcEnd(d.func);
			} else if (tokens.kinds[i + 1] === T.LPAREN) {
				const close = tokens.starts[tokens.match(i + 1)];
				for (let s = decls[next]; s !== undefined && s.kind !== Kind.FuncDecl && this.specStart(s) < close; s = decls[++next])
					d.specs.push(s);
				d.end = close + 1;
			} else {
				d.specs.push(decls[next++] as Spec);
				d.end = this.specEnd(d.specs[0]);
			}
			out.push(d);
			i = tokens.at(d.end);
		}
		return out;
	}

	private funcEnd(d: FuncDecl): number {
		const { tokens, extent } = this;
		if (d.body !== null) return extent.of(d.body.rbrace) + 1;
		let open = tokens.at(extent.of(d.name.pos)) + 1;
		if (d.tparams.length > 0) open = tokens.match(open) + 1;
		return extent.signatureEnd(open, d.type.results);
	}

	file(f: File): string {
		const { tokens } = this;
		const name = tokens.at(this.extent.of(f.pkgName.pos));
		this.putAt(tokens.starts[name - 1], "package");
		this.ws(Ws.Blank);
		this.expr(f.pkgName);
		let before = -1;
		for (const d of this.topDecls(name + 1, f.decls)) {
			const kind = tokens.kinds[d.keyword];
			const line = this.lineOf(tokens.starts[d.keyword]);
			const min = kind !== before || tokens.doc(d.keyword) !== null ? 2 : 1;
			this.breakLine(line, min, Ws.Ignore, d.func !== null && this.lineOf(d.end) > line);
			if (d.func !== null) this.func(d.keyword, d.func);
			else this.group(d.keyword, d.specs);
			before = kind;
		}
		this.ws(Ws.Newline);
		return this.finish();
	}
}

/** An import path in double quotes, unless it is too strange. */
function importPath(text: string): string {
	if (!text.startsWith("`")) return text;
	const path = text.slice(1, -1);
	return /^[^\s!"#$%&'()*,:;<=>?[\\\]^`{|}\u0080-\u00ff]+$/.test(path) ? `"${path}"` : text;
}

export function newFormatter(tokens: Tokens, extent: Extent): Formatter {
	return new Formatter(tokens, extent, true, new Map());
}
