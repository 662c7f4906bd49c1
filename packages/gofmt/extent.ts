// Where nodes start and end, to the byte (the tree's own positions are those that diagnostics show).

import { type Expr, type Field, Kind, type Node, type Unary } from "#syntax";
import type { Tokens } from "./tokens.ts";

/** Expressions of a list, or the one there is. */
export function listOf(e: Expr | null): readonly Expr[] {
	if (e === null) return [];
	return e.kind === Kind.ListExpr ? e.list : [e];
}

export class Extent {
	private readonly tokens: Tokens;
	/** The file's first position: offsets are positions less this. */
	private readonly base: number;

	constructor(tokens: Tokens, base: number) {
		this.tokens = tokens;
		this.base = base;
	}

	/** Offset of a position. */
	of(pos: number): number {
		return pos - this.base;
	}

	/** Offset of the first byte of a node. */
	start(n: Node): number {
		switch (n.kind) {
			case Kind.CompositeLit:
				return n.type === null ? this.of(n.lbrace) : this.start(n.type);
			case Kind.KeyValue:
				return this.start(n.key);
			case Kind.Selector:
			case Kind.Index:
			case Kind.SliceExpr:
			case Kind.Assert:
			case Kind.Binary:
			case Kind.ExprStmt:
				return this.start(n.x);
			case Kind.TypeSwitchGuard:
				return this.start(n.lhs ?? n.x);
			case Kind.Call:
				return this.start(n.fun);
			case Kind.ListExpr:
				return this.start(n.list[0]);
			case Kind.Send:
				return this.start(n.chan);
			case Kind.Assign:
				return this.start(n.lhs);
			case Kind.Labeled:
				return this.of(n.label.pos);
			case Kind.Field:
				return n.name === null ? this.start(n.type) : this.of(n.name.pos);
			case Kind.FuncLit:
				return this.start(n.type);
			default:
				return this.of(n.pos);
		}
	}

	/** Offset behind the token that starts there. */
	private behind(offset: number): number {
		return this.tokens.ends[this.tokens.at(offset)];
	}

	/** Offset behind an expression. */
	end(n: Expr): number {
		switch (n.kind) {
			case Kind.CompositeLit:
			case Kind.StructType:
			case Kind.InterfaceType:
				return this.of(n.rbrace) + 1;
			case Kind.FuncLit:
				return this.of(n.body.rbrace) + 1;
			case Kind.Paren:
			case Kind.Assert:
			case Kind.Call:
				return this.of(n.rparen) + 1;
			case Kind.Index:
			case Kind.SliceExpr:
				return this.of(n.rbrack) + 1;
			case Kind.KeyValue:
				return this.end(n.value);
			case Kind.Selector:
				return this.behind(this.of(n.sel.pos));
			case Kind.Unary: {
				const paren = this.droppedParen(n);
				return paren < 0 ? this.end(n.x) : this.tokens.ends[this.tokens.match(paren)];
			}
			case Kind.Binary:
				return this.end(n.y);
			case Kind.ListExpr:
				return this.end(n.list[n.list.length - 1]);
			case Kind.ArrayType:
			case Kind.SliceType:
			case Kind.DotsType:
			case Kind.ChanType:
				return this.end(n.elem);
			case Kind.MapType:
				return this.end(n.value);
			case Kind.FuncType:
				return this.signatureEnd(this.paramsOpen(n), n.results);
			case Kind.TypeSwitchGuard:
				// x.(type)
				return this.tokens.ends[this.tokens.at(this.end(n.x)) + 3];
			default:
				return this.behind(this.of(n.pos));
		}
	}

	/** Token of the parenthesis behind an operator that the parser left out of the tree, as in &(x); -1 without one. */
	droppedParen(n: Unary): number {
		const next = this.tokens.at(this.of(n.pos)) + 1;
		const at = this.tokens.starts[next];
		return this.tokens.text[at] === "(" && this.start(n.x) > at ? next : -1;
	}

	/** Token of the parenthesis that opens a function type's parameters. */
	paramsOpen(t: { pos: number }): number {
		const i = this.tokens.at(this.of(t.pos));
		return this.tokens.text[this.tokens.starts[i]] === "(" ? i : i + 1;
	}

	signatureEnd(open: number, results: readonly Field[]): number {
		const close = this.tokens.match(open);
		if (results.length === 0) {
			const next = close + 1;
			const empty = this.tokens.text[this.tokens.starts[next]] === "(" && this.tokens.match(next) === next + 1;
			return this.tokens.ends[empty ? next + 1 : close];
		}
		if (this.tokens.text[this.tokens.starts[close + 1]] === "(") return this.tokens.ends[this.tokens.match(close + 1)];
		return this.end(results[results.length - 1].type);
	}

	/** Index of the last token before an offset. */
	lastToken(offset: number): number {
		return this.tokens.at(offset) - 1;
	}
}
