// The full printer: declarations, statements, files.

import { isTypeElem } from "./decls.ts";
import { type Decl, type Expr, type Field, type Group, Kind, type Node, Op, type RangeClause, type Stmt } from "./nodes.ts";
import { Printer } from "./printer.ts";

export function fileText(n: Node): string {
	const p = new FilePrinter();
	switch (n.kind) {
		case Kind.File: {
			p.line(`package ${n.pkgName.name}`);
			p.decls(n.decls);
			return p.out;
		}
		case Kind.ImportDecl:
		case Kind.ConstDecl:
		case Kind.TypeDecl:
		case Kind.VarDecl:
		case Kind.FuncDecl:
			p.decls([n]);
			return p.out;
		case Kind.Field:
			return p.exprs.paramList([n]);
		case Kind.RangeClause:
			return p.range(n);
		case Kind.CaseClause:
		case Kind.CommClause:
			p.clause(n);
			return p.out;
		case Kind.Empty:
		case Kind.Labeled:
		case Kind.Block:
		case Kind.ExprStmt:
		case Kind.Send:
		case Kind.DeclStmt:
		case Kind.Assign:
		case Kind.Branch:
		case Kind.CallStmt:
		case Kind.Return:
		case Kind.If:
		case Kind.For:
		case Kind.Switch:
		case Kind.Select:
			p.stmt(n);
			return p.out;
		default:
			return p.exprs.expr(n);
	}
}

class FilePrinter {
	out = "";
	private indent = "";
	readonly exprs: Printer = new Printer(false);

	constructor() {
		this.exprs.block = (body) => this.captured(() => this.block(body));
	}

	line(text: string): void {
		this.out += `${this.indent}${text}\n`;
	}

	private captured(print: () => void): string {
		const before = this.out;
		this.out = "";
		print();
		const text = this.out;
		this.out = before;
		return text;
	}

	/** A block from `{` to `}`, without the indentation before nor the line end after it. */
	private block(body: readonly Stmt[]): void {
		this.out += "{\n";
		this.body(body);
		this.out += `${this.indent}}`;
	}

	private body(body: readonly Stmt[]): void {
		const outer = this.indent;
		this.indent += "\t";
		for (const s of body) this.stmt(s);
		this.indent = outer;
	}

	// ---- declarations ----

	decls(list: readonly Decl[]): void {
		for (let i = 0; i < list.length; ) {
			const d = list[i] as Decl;
			const group = groupOf(d);
			if (group === null) {
				this.decl(d);
				i++;
				continue;
			}
			this.line(`${keyword(d)} (`);
			for (; i < list.length && groupOf(list[i] as Decl) === group; i++) this.line(`\t${this.spec(list[i] as Decl)}`);
			this.line(")");
		}
	}

	private decl(d: Decl): void {
		if (d.kind !== Kind.FuncDecl) {
			this.line(`${keyword(d)} ${this.spec(d)}`);
			return;
		}
		const recv = d.recv === null ? "" : `${this.exprs.params([d.recv])} `;
		const tparams = d.tparams.length === 0 ? "" : `[${this.exprs.paramList(d.tparams)}]`;
		this.out += `${this.indent}func ${recv}${d.name.name}${tparams}${this.exprs.signature(d.type)}`;
		if (d.body !== null) {
			this.out += " ";
			this.block(d.body.list);
		}
		this.out += "\n";
	}

	private spec(d: Exclude<Decl, { kind: typeof Kind.FuncDecl }> | Decl): string {
		switch (d.kind) {
			case Kind.ImportDecl:
				return `${d.localName === null ? "" : `${d.localName.name} `}${d.path.text}`;
			case Kind.ConstDecl:
			case Kind.VarDecl:
				return this.exprs.valueSpec(d);
			case Kind.TypeDecl:
				return `${d.name.name}${this.typeParams(d.tparams)}${d.alias ? " = " : " "}${this.exprs.expr(d.type)}`;
			case Kind.FuncDecl:
				return "";
		}
	}

	/** A single parameter that could be read as an array length is followed by a comma. */
	private typeParams(list: readonly Field[]): string {
		const only = list[0];
		if (only === undefined) return "";
		return `[${this.exprs.paramList(list)}${list.length === 1 && combines(only.type) ? "," : ""}]`;
	}

	// ---- statements ----

	private header(print: () => string): string {
		this.exprs.inHeader = true;
		const text = print();
		this.exprs.inHeader = false;
		return text;
	}

	range(r: RangeClause): string {
		const lhs = r.lhs === null ? "" : `${this.exprs.expr(r.lhs)} ${r.def ? ":=" : "="} `;
		return `${lhs}range ${this.exprs.expr(r.x)}`;
	}

	private simple(s: Stmt | RangeClause | null): string {
		return s === null ? "" : s.kind === Kind.RangeClause ? this.range(s) : this.exprs.simple(s);
	}

	/** `init; cond ` of an if or switch header. */
	private initAnd(init: Stmt | null, cond: Expr | null): string {
		const text = init === null ? "" : `${this.simple(init)}; `;
		return text + (cond === null ? "" : `${this.exprs.expr(cond)} `);
	}

	stmt(s: Stmt): void {
		switch (s.kind) {
			case Kind.Empty:
				this.line(";");
				return;
			case Kind.Labeled:
				this.line(`${s.label.name}:`);
				this.stmt(s.stmt);
				return;
			case Kind.DeclStmt:
				if (s.decls.length === 0) this.line("var ()");
				else this.decls(s.decls);
				return;
			case Kind.Branch:
				this.line(`${s.tok}${s.label === null ? "" : ` ${s.label.name}`}`);
				return;
			case Kind.CallStmt:
				this.line(`${s.tok} ${this.exprs.expr(s.call)}`);
				return;
			case Kind.Return:
				this.line(`return${s.results === null ? "" : ` ${this.exprs.expr(s.results)}`}`);
				return;
			case Kind.ExprStmt:
			case Kind.Send:
			case Kind.Assign:
				this.line(this.exprs.simple(s));
				return;
			default:
				this.out += this.indent;
				this.compound(s);
				this.out += "\n";
		}
	}

	private compound(s: Stmt): void {
		switch (s.kind) {
			case Kind.Block:
				this.block(s.list);
				return;
			case Kind.If:
				this.out += `if ${this.header(() => this.initAnd(s.init, s.cond))}`;
				this.block(s.thenBlock.list);
				if (s.elseStmt !== null) {
					this.out += " else ";
					this.compound(s.elseStmt);
				}
				return;
			case Kind.For:
				this.out += this.header(() => {
					if (s.init?.kind === Kind.RangeClause) return `for ${this.range(s.init)} `;
					const cond = s.cond === null ? "" : `${this.exprs.expr(s.cond)} `;
					if (s.init === null && s.post === null) return `for ${cond}`;
					return `for ${this.simple(s.init)}; ${cond}; ${this.simple(s.post)} `;
				});
				this.block(s.body.list);
				return;
			case Kind.Switch:
				this.out += `switch ${this.header(() => this.initAnd(s.init, s.tag))}{\n`;
				for (const c of s.body) this.clause(c);
				this.out += `${this.indent}}`;
				return;
			case Kind.Select:
				this.out += "select {\n";
				for (const c of s.body) this.clause(c);
				this.out += `${this.indent}}`;
				return;
		}
	}

	clause(c: Extract<Node, { colon: number }>): void {
		let head = "default";
		if (c.kind === Kind.CaseClause) {
			if (c.cases !== null) head = `case ${this.exprs.expr(c.cases)}`;
		} else if (c.comm !== null) head = `case ${this.simple(c.comm)}`;
		this.line(`${head}:`);
		this.body(c.body);
	}
}

function groupOf(d: Decl): Group | null {
	return d.kind === Kind.FuncDecl ? null : d.group;
}

function keyword(d: Decl): string {
	switch (d.kind) {
		case Kind.ImportDecl:
			return "import";
		case Kind.ConstDecl:
			return "const";
		case Kind.TypeDecl:
			return "type";
		case Kind.VarDecl:
			return "var";
		case Kind.FuncDecl:
			return "func";
	}
}

/** Whether a name followed by constraint x reads as an expression. */
function combines(x: Expr): boolean {
	if (x.kind === Kind.Unary) return x.op === Op.Mul && !isTypeElem(x.x);
	if (x.kind === Kind.Binary) return combines(x.x) && !isTypeElem(x.y);
	return x.kind === Kind.Paren && !isTypeElem(x.x);
}
