// Printing of syntax. In messages: on one line, with the contents of function
// literals and composite literals as "…", as gc shows expressions. In full:
// source that parses to an equal tree.

import { ChanDir, type Decl, type Expr, type Field, type FuncType, Kind, type Name, type Node, Op, opText, type Stmt } from "./nodes.ts";
import { fileText } from "./printfile.ts";

/** An expression or type as messages show it. */
export function exprString(x: Expr): string {
	return new Printer(true).expr(x);
}

/** A simple statement as messages show it. */
export function stmtString(s: Stmt): string {
	return new Printer(true).simple(s);
}

/** Source text of any node; of a File with all bodies parsed, a whole file. */
export function nodeText(n: Node): string {
	return fileText(n);
}

export class Printer {
	/** Abbreviate literals, never break lines. */
	readonly short: boolean;
	/** Prints a block in full form; set by the file printer. */
	block: ((body: readonly Stmt[]) => string) | null = null;
	/** In a statement header outside of parentheses, where `T{` would start the block. */
	inHeader = false;

	constructor(short: boolean) {
		this.short = short;
	}

	expr(x: Expr): string {
		// long chains of binary operators lean to the left: no recursion for them
		if (x.kind === Kind.Binary) {
			const tail: string[] = [];
			let left: Expr = x;
			while (left.kind === Kind.Binary) {
				tail.push(` ${opText[left.op]} ${this.expr(left.y)}`);
				left = left.x;
			}
			return this.expr(left) + tail.reverse().join("");
		}
		switch (x.kind) {
			case Kind.BadExpr:
				return "<bad expr>";
			case Kind.Name:
				return x.name;
			case Kind.BasicLit:
				return x.text;
			case Kind.FuncLit:
				return `${this.expr(x.type)} ${this.funcBody(x.body.list)}`;
			case Kind.CompositeLit: {
				const type = x.type === null ? "" : this.expr(x.type);
				if (this.short) return `${type}{${x.elems.length > 0 ? "…" : ""}}`;
				return `${type}{${this.inside(() => this.list(x.elems))}}`;
			}
			case Kind.KeyValue:
				return `${this.expr(x.key)}: ${this.expr(x.value)}`;
			case Kind.Paren:
				return `(${this.inside(() => this.expr(x.x))})`;
			case Kind.Selector:
				return `${this.dotted(x.x)}.${x.sel.name}`;
			case Kind.Index:
				return `${this.expr(x.x)}[${this.inside(() => this.expr(x.index))}]`;
			case Kind.SliceExpr:
				return this.sliced(x.x, x.lo, x.hi, x.max);
			case Kind.Assert:
				return `${this.dotted(x.x)}.(${this.inside(() => this.expr(x.type))})`;
			case Kind.TypeSwitchGuard:
				return `${x.lhs === null ? "" : `${x.lhs.name} := `}${this.expr(x.x)}.(type)`;
			case Kind.Unary:
				return this.unary(x.op, x.x);
			case Kind.Call:
				return `${this.expr(x.fun)}(${this.inside(() => this.list(x.args))}${x.hasDots ? this.dots(x.args) : ""})`;
			case Kind.ListExpr:
				return this.list(x.list);
			default:
				return this.type(x);
		}
	}

	private unary(op: Op, x: Expr): string {
		const text = opText[op] as string;
		const operand = this.expr(x);
		if (this.short) return text + operand;
		if (op === Op.And && this.inHeader && x.kind === Kind.CompositeLit) return `&(${operand})`;
		// two operators must not become one token
		const glued = x.kind === Kind.Unary && (text + (opText[x.op] as string)).match(/^(\+\+|--|&&|&\^|<-<-|<--)/) !== null;
		return glued ? `${text} ${operand}` : text + operand;
	}

	/** An operand before a dot: a number must not take the dot for its own. */
	private dotted(x: Expr): string {
		return !this.short && x.kind === Kind.BasicLit ? `${x.text} ` : this.expr(x);
	}

	private dots(args: readonly Expr[]): string {
		return !this.short && args[args.length - 1]?.kind === Kind.BasicLit ? " ..." : "...";
	}

	private type(x: Expr): string {
		switch (x.kind) {
			case Kind.ArrayType:
				return `[${x.len === null ? "..." : this.inside(() => this.expr(x.len as Expr))}]${this.expr(x.elem)}`;
			case Kind.SliceType:
				return `[]${this.expr(x.elem)}`;
			case Kind.DotsType:
				return `...${this.expr(x.elem)}`;
			case Kind.StructType:
				return `struct{${this.inside(() => this.fields(x.fields, x.tags))}}`;
			case Kind.InterfaceType:
				return `interface{${this.inside(() => x.methods.map((m) => this.method(m)).join("; "))}}`;
			case Kind.FuncType:
				return `func${this.signature(x)}`;
			case Kind.MapType:
				return `map[${this.inside(() => this.expr(x.key))}]${this.expr(x.value)}`;
			case Kind.ChanType: {
				const elem = this.expr(x.elem);
				if (x.dir === ChanDir.RecvOnly) return `<-chan ${elem}`;
				if (x.dir === ChanDir.SendOnly) return `chan<- ${elem}`;
				return x.elem.kind === Kind.ChanType && x.elem.dir === ChanDir.RecvOnly ? `chan (${elem})` : `chan ${elem}`;
			}
			default:
				return this.expr(x);
		}
	}

	private inside(print: () => string): string {
		const outer = this.inHeader;
		this.inHeader = false;
		const text = print();
		this.inHeader = outer;
		return text;
	}

	private funcBody(body: readonly Stmt[]): string {
		if (this.short || this.block === null) return body.length > 0 ? "{…}" : "{}";
		const block = this.block;
		return this.inside(() => block(body));
	}

	list(list: readonly Expr[]): string {
		return list.map((e) => this.expr(e)).join(", ");
	}

	private sliced(x: Expr, lo: Expr | null, hi: Expr | null, max: Expr | null): string {
		const part = (e: Expr | null): string => (e === null ? "" : this.inside(() => this.expr(e)));
		return `${this.expr(x)}[${part(lo)}:${part(hi)}${max === null ? "" : `:${part(max)}`}]`;
	}

	private fields(fields: readonly Field[], tags: readonly (Expr | null)[]): string {
		const out: string[] = [];
		for (let i = 0; i < fields.length; ) {
			const f = fields[i] as Field;
			let j = i + 1;
			while (j < fields.length && f.name !== null && (fields[j] as Field).name !== null && (fields[j] as Field).type === f.type) j++;
			const names = fields.slice(i, j).map((g) => g.name?.name ?? "");
			const tag = tags[i] ?? null;
			out.push(`${f.name === null ? "" : `${names.join(", ")} `}${this.expr(f.type)}${tag === null ? "" : ` ${this.expr(tag)}`}`);
			i = j;
		}
		return out.join("; ");
	}

	private method(m: Field): string {
		if (m.name !== null && m.type.kind === Kind.FuncType) return m.name.name + this.signature(m.type);
		return this.expr(m.type);
	}

	signature(t: FuncType): string {
		const params = this.params(t.params);
		const only = t.results[0];
		if (only === undefined) return params;
		return `${params} ${t.results.length === 1 && only.name === null ? this.expr(only.type) : this.params(t.results)}`;
	}

	params(list: readonly Field[]): string {
		return `(${this.inside(() => this.paramList(list))})`;
	}

	paramList(list: readonly Field[]): string {
		let out = "";
		for (let i = 0; i < list.length; i++) {
			const f = list[i] as Field;
			if (i > 0) out += ", ";
			if (f.name !== null) {
				out += f.name.name;
				const next = list[i + 1];
				if (next !== undefined && next.name !== null && next.type === f.type) continue;
				out += " ";
			}
			out += this.expr(f.type);
		}
		return out;
	}

	names(names: readonly Name[]): string {
		return names.map((n) => n.name).join(", ");
	}

	/** A simple statement; "" for others. */
	simple(s: Stmt): string {
		switch (s.kind) {
			case Kind.ExprStmt:
				return this.expr(s.x);
			case Kind.Send:
				return `${this.expr(s.chan)} <- ${this.expr(s.value)}`;
			case Kind.Assign: {
				const op = opText[s.op] as string;
				if (s.rhs === null) return `${this.expr(s.lhs)}${op}${op}`;
				return `${this.expr(s.lhs)} ${s.def ? ":" : op}= ${this.expr(s.rhs)}`;
			}
			default:
				return "";
		}
	}

	/** A declaration of a const, var or import without its keyword. */
	valueSpec(d: Extract<Decl, { values: Expr | null }>): string {
		const type = d.type === null ? "" : ` ${this.expr(d.type)}`;
		return `${this.names(d.names)}${type}${d.values === null ? "" : ` = ${this.expr(d.values)}`}`;
	}
}
