// Expressions and types.

import {
	type Binary,
	type Block,
	type Call,
	ChanDir,
	type CompositeLit,
	type Expr,
	Kind,
	LitKind,
	Op,
	opText,
	type Selector,
	type SliceExpr,
} from "#syntax";
import { Lists, grouped } from "./lists.ts";
import { blankLimit, highestPrec, normalNumber, precedence, unaryPrec } from "./operators.ts";
import { Ws } from "./writer.ts";

export abstract class Exprs extends Lists {
	/** A function's body behind a header of that many bytes. */
	protected abstract funcBody(header: number, separator: Ws, body: Block): void;

	/** The bytes since a column of the output, when the source's line has not ended since offset. */
	protected distance(offset: number, column: number): number {
		return this.lineOf(offset) === this.pos.line ? this.outColumn - column : Number.MAX_SAFE_INTEGER;
	}

	expr(e: Expr, depth: number = 1, prec: number = 0): void {
		const { extent } = this;
		this.at(extent.start(e));
		switch (e.kind) {
			case Kind.Name:
				this.put(this.sourceText(extent.of(e.pos)), "IDENT");
				break;
			case Kind.BasicLit: {
				const text = this.sourceText(extent.of(e.pos));
				if (e.lit === LitKind.Int) this.put(normalNumber(text), "INT");
				else this.put(e.lit === LitKind.Float || e.lit === LitKind.Imag ? normalNumber(text) : text, "STRING");
				break;
			}
			case Kind.Binary:
				this.binary(e, prec, depth);
				break;
			case Kind.KeyValue:
				this.expr(e.key);
				this.at(extent.of(e.pos));
				this.put(":");
				this.ws(Ws.Blank);
				this.expr(e.value);
				break;
			case Kind.Unary: {
				const paren = extent.droppedParen(e);
				this.put(opText[e.op]);
				if (paren >= 0) {
					this.put("(");
					this.expr(e.x, Math.max(1, depth - 1));
					this.at(this.tokens.starts[this.tokens.match(paren)]);
					this.put(")");
					break;
				}
				if (e.op === Op.Mul) this.expr(e.x);
				else this.expr(e.x, depth, unaryPrec);
				break;
			}
			case Kind.FuncLit: {
				const start = extent.start(e.type);
				this.put("func");
				const column = this.outColumn - "func".length;
				this.signature(extent.paramsOpen(e.type), e.type);
				this.funcBody(this.distance(start, column), Ws.Blank, e.body);
				break;
			}
			case Kind.Paren:
				if (e.x.kind === Kind.Paren) this.expr(e.x, depth);
				else {
					this.put("(");
					this.expr(e.x, Math.max(1, depth - 1));
					this.at(extent.of(e.rparen));
					this.put(")");
				}
				break;
			case Kind.Selector:
				this.selector(e, depth, false);
				break;
			case Kind.Assert:
				this.assertion(e.x, depth, () => this.expr(e.type), extent.of(e.rparen));
				break;
			case Kind.TypeSwitchGuard: {
				const dot = this.tokens.at(extent.end(e.x));
				this.assertion(e.x, depth, () => this.put("type"), this.tokens.starts[dot + 3]);
				break;
			}
			case Kind.Index: {
				this.expr(e.x, 1, highestPrec);
				const rbrack = extent.of(e.rbrack);
				const lbrack = this.opening(rbrack);
				this.at(lbrack);
				this.put("[");
				if (e.index.kind === Kind.ListExpr) this.exprList(lbrack, e.index.list, depth + 1, { comma: true }, rbrack);
				else this.expr(e.index, depth + 1);
				this.at(rbrack);
				this.put("]");
				break;
			}
			case Kind.SliceExpr:
				this.slice(e, depth);
				break;
			case Kind.Call:
				this.call(e, e.args.length > 1 ? depth + 1 : depth);
				break;
			case Kind.CompositeLit:
				this.composite(e, depth);
				break;
			default:
				this.type(e);
		}
	}

	private sourceText(offset: number): string {
		const { tokens } = this;
		return tokens.text.slice(offset, tokens.ends[tokens.at(offset)]);
	}

	/** Offset of the bracket that the one at an offset closes. */
	protected opening(offset: number): number {
		const { tokens } = this;
		return tokens.starts[tokens.match(tokens.at(offset))];
	}

	private type(e: Expr): void {
		switch (e.kind) {
			case Kind.ArrayType:
				this.put("[");
				if (e.len === null) this.put("...");
				else this.expr(e.len);
				this.put("]");
				this.expr(e.elem);
				break;
			case Kind.SliceType:
				this.put("[");
				this.put("]");
				this.expr(e.elem);
				break;
			case Kind.DotsType:
				this.put("...");
				this.expr(e.elem);
				break;
			case Kind.StructType:
				this.put("struct");
				this.fields(grouped(e.fields, e.tags), this.extent.of(e.rbrace), true);
				break;
			case Kind.InterfaceType:
				this.put("interface");
				this.fields(
					e.methods.map((m) => ({ names: m.name === null ? [] : [m.name], type: m.type, tag: null })),
					this.extent.of(e.rbrace),
					false,
				);
				break;
			case Kind.FuncType:
				this.put("func");
				this.signature(this.extent.paramsOpen(e), e);
				break;
			case Kind.MapType:
				this.put("map");
				this.put("[");
				this.expr(e.key);
				this.put("]");
				this.expr(e.value);
				break;
			case Kind.ChanType:
				if (e.dir === ChanDir.RecvOnly) this.put("<-");
				this.put("chan");
				if (e.dir === ChanDir.SendOnly) {
					this.at(this.tokens.starts[this.tokens.at(this.extent.start(e)) + 1]);
					this.put("<-");
				}
				this.ws(Ws.Blank);
				this.expr(e.elem);
				break;
			default:
				throw new Error(`gofmt: kind ${e.kind}`);
		}
	}

	private binary(e: Binary, around: number, depth: number): void {
		const prec = precedence(e.op);
		if (prec < around) throw new Error("gofmt: operator without its parentheses");
		let blank = prec < blankLimit(e, depth);
		const sameLevel = e.x.kind === Kind.Binary && precedence(e.x.op) === prec;
		this.expr(e.x, sameLevel ? depth : depth + 1, prec);
		if (blank) this.ws(Ws.Blank);
		const { line } = this.pos;
		const next = this.startLine_(e.y);
		this.at(this.extent.of(e.pos));
		this.put(opText[e.op]);
		let indented = false;
		if (line !== next && this.breakLine(next, 1, Ws.Indent, true) > 0) {
			indented = true;
			blank = false;
		}
		if (blank) this.ws(Ws.Blank);
		this.expr(e.y, depth + 1, prec + 1);
		if (indented) this.ws(Ws.Unindent);
	}

	private assertion(x: Expr, depth: number, type: () => void, rparen: number): void {
		this.expr(x, depth, highestPrec);
		this.put(".");
		this.at(this.opening(rparen));
		this.put("(");
		type();
		this.at(rparen);
		this.put(")");
	}

	/** Whether the name stands on a line of its own; then, if keep, what follows stays indented. */
	private selector(e: Selector, depth: number, keep: boolean): boolean {
		this.expr(e.x, depth, highestPrec);
		this.put(".");
		const at = this.extent.of(e.sel.pos);
		const broken = this.pos.line < this.lineOf(at);
		if (broken) this.ws(Ws.Indent, Ws.Newline);
		this.at(at);
		this.put(this.sourceText(at), "IDENT");
		if (broken && !keep) this.ws(Ws.Unindent);
		return broken;
	}

	private slice(e: SliceExpr, depth: number): void {
		this.expr(e.x, 1, highestPrec);
		const rbrack = this.extent.of(e.rbrack);
		this.at(this.opening(rbrack));
		this.put("[");
		const parts = e.full || e.max !== null ? [e.lo, e.hi, e.max] : [e.lo, e.hi];
		const there = parts.filter((p) => p !== null);
		const blanks = depth <= 1 && there.length > 1 && there.some((p) => p.kind === Kind.Binary);
		parts.forEach((p, i) => {
			if (i > 0) {
				if (parts[i - 1] !== null && blanks) this.ws(Ws.Blank);
				this.put(":");
				if (p !== null && blanks) this.ws(Ws.Blank);
			}
			if (p !== null) this.expr(p, depth + 1);
		});
		this.at(rbrack);
		this.put("]");
	}

	private call(e: Call, depth: number): void {
		const { extent, tokens } = this;
		const { fun } = e;
		const parens = fun.kind === Kind.FuncType || (fun.kind === Kind.ChanType && fun.dir === ChanDir.RecvOnly);
		if (parens) this.put("(");
		let indented = false;
		if (fun.kind === Kind.Selector) {
			this.at(extent.start(fun));
			indented = this.selector(fun, depth, true);
		} else this.expr(fun, depth, highestPrec);
		if (parens) this.put(")");
		const rparen = extent.of(e.rparen);
		const lparen = this.opening(rparen);
		this.at(lparen);
		this.put("(");
		if (e.hasDots) {
			let dots = tokens.at(rparen) - 1;
			while (tokens.text.slice(tokens.starts[dots], tokens.ends[dots]) !== "...") dots--;
			const at = tokens.starts[dots];
			this.exprList(lparen, e.args, depth, {}, at);
			this.at(at);
			this.put("...");
			if (this.lineOf(at) < this.lineOf(rparen)) {
				this.put(",");
				this.ws(Ws.Section);
			}
		} else this.exprList(lparen, e.args, depth, { comma: true }, rparen);
		this.at(rparen);
		this.put(")");
		if (indented) this.ws(Ws.Unindent);
	}

	private composite(e: CompositeLit, depth: number): void {
		const { extent } = this;
		if (e.type !== null) this.expr(e.type, depth, highestPrec);
		this.level++;
		const lbrace = extent.of(e.lbrace);
		const rbrace = extent.of(e.rbrace);
		this.at(lbrace);
		this.put("{");
		this.exprList(lbrace, e.elems, 1, { comma: true }, rbrace);
		this.ws(Ws.Indent, Ws.Unindent);
		this.noExtraBreak = !this.noExtraBreak;
		if (e.elems.length > 0) this.noExtraBlank = !this.noExtraBlank;
		this.at(rbrace);
		this.put("}");
		this.noExtraBreak = !this.noExtraBreak;
		if (e.elems.length > 0) this.noExtraBlank = !this.noExtraBlank;
		this.level--;
	}
}
