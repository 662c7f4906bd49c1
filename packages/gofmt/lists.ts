// Lists: expressions, parameters, fields.

import { type BasicLit, type Expr, type Field, type FuncType, Kind, type Name } from "#syntax";
import { type Extent, listOf } from "./extent.ts";
import { isTypeElement } from "./operators.ts";
import type { Tokens } from "./tokens.ts";
import { Writer, Ws } from "./writer.ts";

/** Longer than any line. */
const wide = 1e6;

/** Names that share a type: parameters or fields of one group. */
export interface FieldGroup {
	names: Name[];
	type: Expr;
	tag: BasicLit | null;
}

/** Fields as they were written: a, b T is one group. */
export function grouped(fields: readonly Field[], tags: readonly (BasicLit | null)[] = []): FieldGroup[] {
	const out: FieldGroup[] = [];
	let last: Expr | null = null;
	fields.forEach((f, i) => {
		if (f.name !== null && f.type === last) {
			out[out.length - 1].names.push(f.name);
			return;
		}
		out.push({ names: f.name === null ? [] : [f.name], type: f.type, tag: tags[i] ?? null });
		last = f.name === null ? null : f.type;
	});
	return out;
}

/** What an expression list may do. */
export interface ListMode {
	/** A line break before the closing bracket needs a comma. */
	comma?: boolean;
	/** Lines are not indented further. */
	flat?: boolean;
}

function withoutParens(e: Expr): Expr {
	return e.kind === Kind.Paren ? withoutParens(e.x) : e;
}

/** Whether P followed by the constraint could be read as an expression: [P *T]. */
function readsAsProduct(e: Expr): boolean {
	if (e.kind === Kind.Unary) return e.op === starOp && !isTypeElement(e.x);
	if (e.kind === Kind.Binary) return readsAsProduct(e.x) && !isTypeElement(e.y);
	return e.kind === Kind.Paren && !isTypeElement(e.x);
}

const starOp = 16;

export abstract class Lists extends Writer {
	readonly extent: Extent;
	/** Sizes of nodes by id; what was measured first stays, whatever the limit. */
	private readonly sizes: Map<number, number>;

	constructor(tokens: Tokens, extent: Extent, comments: boolean, sizes: Map<number, number>) {
		super(tokens, comments);
		this.extent = extent;
		this.sizes = sizes;
	}

	/** Prints an expression. prec: of the operator around it; depth: how nested it is, which decides about blanks. */
	abstract expr(e: Expr, depth?: number, prec?: number): void;
	/** Another one of these without comments, for measuring. */
	protected abstract measuring(sizes: Map<number, number>): Lists;

	startLine_(e: Expr): number {
		return this.lineOf(this.extent.start(e));
	}

	/** How many bytes a node takes on one line; limit + 1 when it takes more, or several lines. */
	protected sizeOf(id: number, limit: number, print: (f: Lists) => void): number {
		const known = this.sizes.get(id);
		if (known !== undefined) return known;
		this.sizes.set(id, limit + 1);
		const f = this.measuring(this.sizes);
		print(f);
		const text = f.finish().replace(/[ \t\v]+$/, "");
		if (/[\n\f]/.test(text) || text.includes("\ue00a") || text.length > limit) return limit + 1;
		this.sizes.set(id, text.length);
		return text.length;
	}

	protected exprSize(e: Expr, limit: number): number {
		return this.sizeOf(e.id, limit, (f) => f.expr(e));
	}

	/** open, close: offsets of what stands before and behind the list; -1 when nothing there matters. */
	exprList(open: number, list: readonly Expr[], depth: number, mode: ListMode, close: number): void {
		if (list.length === 0) return;
		const { extent } = this;
		const openLine = open < 0 ? 0 : this.lineOf(open);
		const closeLine = close < 0 ? 0 : this.lineOf(close);
		const firstLine = this.startLine_(list[0]);
		if (openLine > 0 && openLine === firstLine && firstLine === this.lineOf(extent.end(list[list.length - 1]))) {
			list.forEach((e, i) => {
				if (i > 0) {
					this.at(extent.start(e));
					this.put(",");
					this.ws(Ws.Blank);
				}
				this.expr(e, depth);
			});
			return;
		}
		let indent: Ws = mode.flat ? Ws.Ignore : Ws.Indent;
		let lastBroken = -1;
		if (openLine > 0 && openLine < firstLine && this.breakLine(firstLine, 0, indent, true) > 0) {
			indent = Ws.Ignore;
			lastBroken = 0;
		}
		let size = 0;
		const sizes = new Ratio();
		let before = openLine;
		list.forEach((e, i) => {
			const line = this.startLine_(e);
			const previous = size;
			size = this.exprSize(e, wide);
			const pair = e.kind === Kind.KeyValue ? e : null;
			if (size > wide || openLine === 0 || closeLine === 0) size = 0;
			else if (pair !== null) size = this.exprSize(pair.key, wide);
			const section = previous <= 0 || size <= 0 || sizes.differ(previous, size);
			const broken = before > 0 && before < line;
			if (i > 0) {
				if (!broken) this.at(extent.start(e));
				this.put(",");
				const breaks = broken ? this.breakLine(line, 0, indent, section || lastBroken + 1 < i) : 0;
				if (breaks > 0) {
					indent = Ws.Ignore;
					lastBroken = i;
				} else this.ws(Ws.Blank);
				if (breaks > 1) sizes.reset();
			}
			if (list.length > 1 && pair !== null && size > 0 && broken) {
				this.expr(pair.key);
				this.at(extent.of(pair.pos));
				this.put(":");
				this.ws(Ws.Cell);
				this.expr(pair.value);
			} else this.expr(e, depth);
			if (size > 0) sizes.add(size);
			before = line;
		});
		const indented = indent === Ws.Ignore && !mode.flat;
		if (mode.comma && closeLine > 0 && this.pos.line < closeLine) {
			this.put(",");
			if (indented) this.ws(Ws.Unindent);
			this.ws(Ws.Section);
		} else if (indented) this.ws(Ws.Unindent);
	}

	protected names(list: readonly Name[], indent: boolean): void {
		this.exprList(-1, list, 1, { flat: !indent }, -1);
	}

	/** open: token of the opening bracket. */
	protected parameters(open: number, fields: readonly Field[], kind: "values" | "types of a function" | "types of a type"): void {
		const { tokens, extent } = this;
		const close = tokens.match(open);
		const groups = grouped(fields);
		this.at(tokens.starts[open]);
		this.put(kind === "values" ? "(" : "[");
		if (groups.length > 0) {
			let before = this.lineOf(tokens.starts[open]);
			let indent: Ws = Ws.Indent;
			groups.forEach((g, i) => {
				const start = g.names.length > 0 ? extent.of(g.names[0].pos) : extent.start(g.type);
				const line = this.lineOf(start);
				const broken = before > 0 && before < line;
				if (i > 0) {
					if (!broken) this.at(start);
					this.put(",");
				}
				if (broken && this.breakLine(line, 0, indent, true) > 0) indent = Ws.Ignore;
				else if (i > 0) this.ws(Ws.Blank);
				if (g.names.length > 0) {
					this.names(g.names, indent === Ws.Indent);
					this.ws(Ws.Blank);
				}
				this.expr(withoutParens(g.type));
				before = this.lineOf(extent.end(g.type));
			});
			const closeLine = this.lineOf(tokens.starts[close]);
			if (before > 0 && before < closeLine) {
				this.put(",");
				this.breakLine(closeLine, 0, Ws.Ignore, true);
			} else if (kind === "types of a type" && fields.length === 1 && readsAsProduct(withoutParens(fields[0].type))) this.put(",");
			if ((indent as Ws) === Ws.Ignore) this.ws(Ws.Unindent);
		}
		this.at(tokens.starts[close]);
		this.put(kind === "values" ? ")" : "]");
	}

	/** From the parameters on; open: token of their parenthesis. */
	protected signature(open: number, type: FuncType): void {
		this.parameters(open, type.params, "values");
		const { results } = type;
		if (results.length === 0) return;
		this.ws(Ws.Blank);
		if (results.length === 1 && results[0].name === null) this.expr(withoutParens(results[0].type));
		else this.parameters(this.tokens.match(open) + 1, results, "values");
	}

	/** Comment on the line of a field's or declaration's end. */
	protected hasLineComment(end: number): boolean {
		const last = this.extent.lastToken(end);
		const explicit = this.tokens.text[this.tokens.starts[last + 1]] === ";";
		return this.tokens.lineComment(explicit ? last + 1 : last) !== null;
	}

	private fieldEnd(g: FieldGroup): number {
		return g.tag === null ? this.extent.end(g.type) : this.extent.end(g.tag);
	}

	private isShort(groups: readonly FieldGroup[]): boolean {
		if (groups.length !== 1) return false;
		const [g] = groups;
		if (g.tag !== null || this.hasLineComment(this.fieldEnd(g))) return false;
		return (g.names.length > 0 ? 1 : 0) + this.exprSize(g.type, 30) <= 30;
	}

	/** Fields of a struct or elements of an interface, braces included. */
	protected fields(groups: readonly FieldGroup[], rbrace: number, isStruct: boolean): void {
		const { tokens } = this;
		const close = tokens.at(rbrace);
		const lbrace = tokens.starts[tokens.match(close)];
		const comments = this.commentBefore(rbrace);
		if (!comments && this.lineOf(lbrace) === this.lineOf(rbrace) && (groups.length === 0 || this.isShort(groups))) {
			this.at(lbrace);
			this.put("{");
			if (groups.length > 0) {
				this.ws(Ws.Blank);
				this.shortField(groups[0], isStruct);
				this.ws(Ws.Blank);
			}
			this.at(rbrace);
			this.put("}");
			return;
		}
		this.ws(Ws.Blank);
		this.at(lbrace);
		this.put("{");
		this.ws(Ws.Indent);
		if (comments || groups.length > 0) this.ws(Ws.Section);
		let line = 0;
		groups.forEach((g, i) => {
			const start = g.names.length > 0 ? this.extent.of(g.names[0].pos) : this.extent.start(g.type);
			if (i > 0) this.breakLine(this.lineOf(start), 1, Ws.Ignore, this.outLine - line > 0);
			this.onLine((l) => {
				line = l;
			});
			if (isStruct) this.structField(g, groups.length === 1 ? Ws.Blank : Ws.Cell);
			else this.element(g);
		});
		this.ws(Ws.Unindent, Ws.Section);
		this.at(rbrace);
		this.put("}");
	}

	private shortField(g: FieldGroup, isStruct: boolean): void {
		if (!isStruct) {
			this.element(g);
			return;
		}
		g.names.forEach((n, i) => {
			if (i > 0) {
				this.put(",");
				this.ws(Ws.Blank);
			}
			this.expr(n);
		});
		if (g.names.length > 0) this.ws(Ws.Blank);
		this.expr(g.type);
	}

	private element(g: FieldGroup): void {
		if (g.names.length === 0) {
			this.expr(g.type);
			return;
		}
		this.expr(g.names[0]);
		this.signature(this.tokens.at(this.extent.of(g.names[0].pos)) + 1, g.type as FuncType);
	}

	private structField(g: FieldGroup, separator: Ws): void {
		let empty = 2;
		if (g.names.length > 0) {
			this.names(g.names, false);
			this.ws(separator);
			empty = 1;
		}
		this.expr(g.type);
		if (g.tag !== null) {
			if (g.names.length > 0 && separator === Ws.Cell) this.ws(separator);
			this.ws(separator);
			this.expr(g.tag);
			empty = 0;
		}
		if (this.hasLineComment(this.fieldEnd(g))) for (; empty > 0; empty--) this.ws(separator);
	}

	/** Whether a list over several lines looks better when all of it is indented. */
	protected wantsIndent(list: readonly Expr[]): boolean {
		if (list.length < 2) return false;
		const { extent } = this;
		let line = this.startLine_(list[0]);
		if (line >= this.lineOf(extent.end(list[list.length - 1]))) return false;
		let several = 0;
		for (const e of list) {
			const start = this.startLine_(e);
			const end = this.lineOf(extent.end(e));
			if (line < start) return true;
			if (start < end) several++;
			line = end;
		}
		return several > 1;
	}

	/** Expressions of a list node. */
	protected all(e: Expr | null): readonly Expr[] {
		return listOf(e);
	}
}

/** Whether a size is so unlike those before it that they are not aligned. */
class Ratio {
	private logs = 0;
	private count = 0;

	differ(previous: number, size: number): boolean {
		if (this.count === 0 || (previous <= 40 && size <= 40)) return false;
		const ratio = size / Math.exp(this.logs / this.count);
		return 2.5 * ratio <= 1 || ratio >= 2.5;
	}

	add(size: number): void {
		this.logs += Math.log(size);
		this.count++;
	}

	reset(): void {
		this.logs = 0;
		this.count = 0;
	}
}
