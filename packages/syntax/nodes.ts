// The syntax tree. Every node is an object with a literal `kind`, a position and
// typed fields, all set by the constructor (one hidden class per kind). Positions
// are those of gc's syntax package, since diagnostics and line tables show them:
// leaves at their start; a binary operation at its operator; selector, type
// assertion, index, slice, call and composite literal at their `.`, `[`, `(` or
// `{`; key-value at the colon; assignment and send at the operator; a labeled
// statement at the colon; a declaration at its first name (a function at what
// follows `func`); other statements at their keyword. startPos and endPos give
// a node's extent.
//
// Trees are immutable after parsing. What later stages learn about a node goes
// to side tables indexed by `id`: ids are dense within a NodeIds counter.

import type { Pos } from "#base";

/** Hands out node ids; one per build. */
export class NodeIds {
	next = 1;
}

export const Kind = {
	// expressions
	BadExpr: 1,
	Name: 2,
	BasicLit: 3,
	CompositeLit: 4,
	KeyValue: 5,
	FuncLit: 6,
	Paren: 7,
	Selector: 8,
	Index: 9,
	SliceExpr: 10,
	Assert: 11,
	TypeSwitchGuard: 12,
	Unary: 13,
	Binary: 14,
	Call: 15,
	ListExpr: 16,
	// types
	ArrayType: 17,
	SliceType: 18,
	DotsType: 19,
	StructType: 20,
	InterfaceType: 21,
	FuncType: 22,
	MapType: 23,
	ChanType: 24,
	Field: 25,
	// statements
	Empty: 30,
	Labeled: 31,
	Block: 32,
	ExprStmt: 33,
	Send: 34,
	DeclStmt: 35,
	Assign: 36,
	Branch: 37,
	CallStmt: 38,
	Return: 39,
	If: 40,
	For: 41,
	Switch: 42,
	Select: 43,
	RangeClause: 44,
	CaseClause: 45,
	CommClause: 46,
	// declarations
	ImportDecl: 50,
	ConstDecl: 51,
	TypeDecl: 52,
	VarDecl: 53,
	FuncDecl: 54,
	File: 55,
} as const;

/** Operators, of expressions and of assignments. Ordered so that binary operators of one precedence are adjacent. */
export const Op = {
	None: 0,
	// unary only
	Not: 1, // !
	Recv: 2, // <-
	Tilde: 3, // ~
	// precedence 1, 2
	OrOr: 4,
	AndAnd: 5,
	// precedence 3
	Eql: 6,
	Neq: 7,
	Lss: 8,
	Leq: 9,
	Gtr: 10,
	Geq: 11,
	// precedence 4
	Add: 12,
	Sub: 13,
	Or: 14,
	Xor: 15,
	// precedence 5
	Mul: 16, // also unary: dereference, pointer type
	Div: 17,
	Rem: 18,
	And: 19, // also unary: address
	AndNot: 20,
	Shl: 21,
	Shr: 22,
} as const;
export type Op = (typeof Op)[keyof typeof Op];

/** Source text of each operator, by Op. */
export const opText: readonly string[] = [
	"",
	"!",
	"<-",
	"~",
	"||",
	"&&",
	"==",
	"!=",
	"<",
	"<=",
	">",
	">=",
	"+",
	"-",
	"|",
	"^",
	"*",
	"/",
	"%",
	"&",
	"&^",
	"<<",
	">>",
];

export const LitKind = { Int: 0, Float: 1, Imag: 2, Rune: 3, String: 4 } as const;
export type LitKind = (typeof LitKind)[keyof typeof LitKind];

abstract class NodeBase {
	/** Dense id for side tables. */
	readonly id: number;
	readonly pos: Pos;
	constructor(ids: NodeIds, pos: Pos) {
		this.id = ids.next++;
		this.pos = pos;
	}
}

// ---- expressions ----

export class BadExpr extends NodeBase {
	readonly kind: typeof Kind.BadExpr = Kind.BadExpr;
}

export class Name extends NodeBase {
	readonly kind: typeof Kind.Name = Kind.Name;
	/** Interned. */
	readonly name: string;
	constructor(ids: NodeIds, pos: Pos, name: string) {
		super(ids, pos);
		this.name = name;
	}
}

export class BasicLit extends NodeBase {
	readonly kind: typeof Kind.BasicLit = Kind.BasicLit;
	readonly lit: LitKind;
	/** Source text, quotes included (carriage returns of raw strings included). */
	readonly text: string;
	/** The scanner reported an error in it. */
	readonly bad: boolean;
	/** Byte length in the source. */
	readonly len: number;
	constructor(ids: NodeIds, pos: Pos, lit: LitKind, text: string, bad: boolean, len: number) {
		super(ids, pos);
		this.lit = lit;
		this.text = text;
		this.bad = bad;
		this.len = len;
	}
}

export class CompositeLit extends NodeBase {
	readonly kind: typeof Kind.CompositeLit = Kind.CompositeLit;
	/** null: elided inside an outer literal. */
	readonly type: Expr | null;
	readonly elems: Expr[];
	/** Number of elems that are KeyValue. */
	readonly nkeys: number;
	readonly lbrace: Pos;
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, type: Expr | null, elems: Expr[], nkeys: number, lbrace: Pos, rbrace: Pos) {
		super(ids, pos);
		this.type = type;
		this.elems = elems;
		this.nkeys = nkeys;
		this.lbrace = lbrace;
		this.rbrace = rbrace;
	}
}

export class KeyValue extends NodeBase {
	readonly kind: typeof Kind.KeyValue = Kind.KeyValue;
	readonly key: Expr;
	readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, key: Expr, value: Expr) {
		super(ids, pos);
		this.key = key;
		this.value = value;
	}
}

export class FuncLit extends NodeBase {
	readonly kind: typeof Kind.FuncLit = Kind.FuncLit;
	readonly type: FuncType;
	readonly body: Block;
	constructor(ids: NodeIds, pos: Pos, type: FuncType, body: Block) {
		super(ids, pos);
		this.type = type;
		this.body = body;
	}
}

export class Paren extends NodeBase {
	readonly kind: typeof Kind.Paren = Kind.Paren;
	readonly x: Expr;
	readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, rparen: Pos) {
		super(ids, pos);
		this.x = x;
		this.rparen = rparen;
	}
}

export class Selector extends NodeBase {
	readonly kind: typeof Kind.Selector = Kind.Selector;
	readonly x: Expr;
	readonly sel: Name;
	constructor(ids: NodeIds, pos: Pos, x: Expr, sel: Name) {
		super(ids, pos);
		this.x = x;
		this.sel = sel;
	}
}

/** x[index], or an instantiation x[T1, T2]; several arguments are a ListExpr. */
export class Index extends NodeBase {
	readonly kind: typeof Kind.Index = Kind.Index;
	readonly x: Expr;
	readonly index: Expr;
	readonly rbrack: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, index: Expr, rbrack: Pos) {
		super(ids, pos);
		this.x = x;
		this.index = index;
		this.rbrack = rbrack;
	}
}

export class SliceExpr extends NodeBase {
	readonly kind: typeof Kind.SliceExpr = Kind.SliceExpr;
	readonly x: Expr;
	readonly lo: Expr | null;
	readonly hi: Expr | null;
	readonly max: Expr | null;
	/** Second colon present. */
	readonly full: boolean;
	readonly rbrack: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, lo: Expr | null, hi: Expr | null, max: Expr | null, full: boolean, rbrack: Pos) {
		super(ids, pos);
		this.x = x;
		this.lo = lo;
		this.hi = hi;
		this.max = max;
		this.full = full;
		this.rbrack = rbrack;
	}
}

export class Assert extends NodeBase {
	readonly kind: typeof Kind.Assert = Kind.Assert;
	readonly x: Expr;
	readonly type: Expr;
	readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, type: Expr, rparen: Pos) {
		super(ids, pos);
		this.x = x;
		this.type = type;
		this.rparen = rparen;
	}
}

/** lhs := x.(type) in a switch header; lhs may be absent. */
export class TypeSwitchGuard extends NodeBase {
	readonly kind: typeof Kind.TypeSwitchGuard = Kind.TypeSwitchGuard;
	readonly lhs: Name | null;
	readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, lhs: Name | null, x: Expr) {
		super(ids, pos);
		this.lhs = lhs;
		this.x = x;
	}
}

/** Op is one of Not Recv Tilde Add Sub Xor And (address) Mul (dereference or pointer type). */
export class Unary extends NodeBase {
	readonly kind: typeof Kind.Unary = Kind.Unary;
	readonly op: Op;
	readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, op: Op, x: Expr) {
		super(ids, pos);
		this.op = op;
		this.x = x;
	}
}

export class Binary extends NodeBase {
	readonly kind: typeof Kind.Binary = Kind.Binary;
	readonly op: Op;
	readonly x: Expr;
	readonly y: Expr;
	constructor(ids: NodeIds, pos: Pos, op: Op, x: Expr, y: Expr) {
		super(ids, pos);
		this.op = op;
		this.x = x;
		this.y = y;
	}
}

export class Call extends NodeBase {
	readonly kind: typeof Kind.Call = Kind.Call;
	readonly fun: Expr;
	readonly args: Expr[];
	/** The last argument is followed by "...". */
	readonly hasDots: boolean;
	readonly lparen: Pos;
	readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, fun: Expr, args: Expr[], hasDots: boolean, lparen: Pos, rparen: Pos) {
		super(ids, pos);
		this.fun = fun;
		this.args = args;
		this.hasDots = hasDots;
		this.lparen = lparen;
		this.rparen = rparen;
	}
}

/** Two or more expressions where the grammar allows a list: assignment sides, case lists, return values, index lists. */
export class ListExpr extends NodeBase {
	readonly kind: typeof Kind.ListExpr = Kind.ListExpr;
	readonly list: Expr[];
	constructor(ids: NodeIds, pos: Pos, list: Expr[]) {
		super(ids, pos);
		this.list = list;
	}
}

// ---- types ----

export class ArrayType extends NodeBase {
	readonly kind: typeof Kind.ArrayType = Kind.ArrayType;
	/** null: [...]T. */
	readonly len: Expr | null;
	readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, len: Expr | null, elem: Expr) {
		super(ids, pos);
		this.len = len;
		this.elem = elem;
	}
}

export class SliceType extends NodeBase {
	readonly kind: typeof Kind.SliceType = Kind.SliceType;
	readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, elem: Expr) {
		super(ids, pos);
		this.elem = elem;
	}
}

/** ...T in a parameter list. */
export class DotsType extends NodeBase {
	readonly kind: typeof Kind.DotsType = Kind.DotsType;
	readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, elem: Expr) {
		super(ids, pos);
		this.elem = elem;
	}
}

/** A struct field, parameter, result, type parameter, method or embedded element: one name each (a, b T gives two that share type). */
export class Field extends NodeBase {
	readonly kind: typeof Kind.Field = Kind.Field;
	/** null: anonymous or embedded. */
	readonly name: Name | null;
	readonly type: Expr;
	constructor(ids: NodeIds, pos: Pos, name: Name | null, type: Expr) {
		super(ids, pos);
		this.name = name;
		this.type = type;
	}
}

export class StructType extends NodeBase {
	readonly kind: typeof Kind.StructType = Kind.StructType;
	readonly fields: Field[];
	/** By field; null = no tag. Shorter than fields when the rest have none. */
	readonly tags: (BasicLit | null)[];
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, fields: Field[], tags: (BasicLit | null)[], rbrace: Pos) {
		super(ids, pos);
		this.fields = fields;
		this.tags = tags;
		this.rbrace = rbrace;
	}
}

/** Methods have a name and a FuncType; embedded elements have no name, and ~T and unions are Unary Tilde and Binary Or. */
export class InterfaceType extends NodeBase {
	readonly kind: typeof Kind.InterfaceType = Kind.InterfaceType;
	readonly methods: Field[];
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, methods: Field[], rbrace: Pos) {
		super(ids, pos);
		this.methods = methods;
		this.rbrace = rbrace;
	}
}

export class FuncType extends NodeBase {
	readonly kind: typeof Kind.FuncType = Kind.FuncType;
	readonly params: Field[];
	readonly results: Field[];
	/** End of the signature's text. */
	readonly end: Pos;
	constructor(ids: NodeIds, pos: Pos, params: Field[], results: Field[], end: Pos) {
		super(ids, pos);
		this.params = params;
		this.results = results;
		this.end = end;
	}
}

export class MapType extends NodeBase {
	readonly kind: typeof Kind.MapType = Kind.MapType;
	readonly key: Expr;
	readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, key: Expr, value: Expr) {
		super(ids, pos);
		this.key = key;
		this.value = value;
	}
}

export const ChanDir = { Both: 0, SendOnly: 1, RecvOnly: 2 } as const;
export type ChanDir = (typeof ChanDir)[keyof typeof ChanDir];

export class ChanType extends NodeBase {
	readonly kind: typeof Kind.ChanType = Kind.ChanType;
	readonly dir: ChanDir;
	readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, dir: ChanDir, elem: Expr) {
		super(ids, pos);
		this.dir = dir;
		this.elem = elem;
	}
}

export type Expr =
	| BadExpr
	| Name
	| BasicLit
	| CompositeLit
	| KeyValue
	| FuncLit
	| Paren
	| Selector
	| Index
	| SliceExpr
	| Assert
	| TypeSwitchGuard
	| Unary
	| Binary
	| Call
	| ListExpr
	| ArrayType
	| SliceType
	| DotsType
	| StructType
	| InterfaceType
	| FuncType
	| MapType
	| ChanType;

// ---- statements ----

export class Empty extends NodeBase {
	readonly kind: typeof Kind.Empty = Kind.Empty;
}

export class Labeled extends NodeBase {
	readonly kind: typeof Kind.Labeled = Kind.Labeled;
	readonly label: Name;
	readonly stmt: Stmt;
	constructor(ids: NodeIds, pos: Pos, label: Name, stmt: Stmt) {
		super(ids, pos);
		this.label = label;
		this.stmt = stmt;
	}
}

export class Block extends NodeBase {
	readonly kind: typeof Kind.Block = Kind.Block;
	readonly list: Stmt[];
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, list: Stmt[], rbrace: Pos) {
		super(ids, pos);
		this.list = list;
		this.rbrace = rbrace;
	}
}

export class ExprStmt extends NodeBase {
	readonly kind: typeof Kind.ExprStmt = Kind.ExprStmt;
	readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, x: Expr) {
		super(ids, pos);
		this.x = x;
	}
}

export class Send extends NodeBase {
	readonly kind: typeof Kind.Send = Kind.Send;
	readonly chan: Expr;
	readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, chan: Expr, value: Expr) {
		super(ids, pos);
		this.chan = chan;
		this.value = value;
	}
}

export class DeclStmt extends NodeBase {
	readonly kind: typeof Kind.DeclStmt = Kind.DeclStmt;
	readonly decls: Decl[];
	constructor(ids: NodeIds, pos: Pos, decls: Decl[]) {
		super(ids, pos);
		this.decls = decls;
	}
}

/** lhs = rhs, lhs := rhs (def), lhs op= rhs (op), x++ and x-- (op Add or Sub, rhs null). Lists are ListExpr. */
export class Assign extends NodeBase {
	readonly kind: typeof Kind.Assign = Kind.Assign;
	readonly def: boolean;
	readonly op: Op;
	readonly lhs: Expr;
	readonly rhs: Expr | null;
	constructor(ids: NodeIds, pos: Pos, def: boolean, op: Op, lhs: Expr, rhs: Expr | null) {
		super(ids, pos);
		this.def = def;
		this.op = op;
		this.lhs = lhs;
		this.rhs = rhs;
	}
}

export type BranchTok = "break" | "continue" | "goto" | "fallthrough";

/** Targets are resolved by the parser's branch check when bodies are parsed: `target` is the statement branched to (a Labeled for goto). */
export class Branch extends NodeBase {
	readonly kind: typeof Kind.Branch = Kind.Branch;
	readonly tok: BranchTok;
	readonly label: Name | null;
	/** Set once, by the branch check; null for fallthrough and for unresolved labels. */
	target: Stmt | null = null;
	constructor(ids: NodeIds, pos: Pos, tok: BranchTok, label: Name | null) {
		super(ids, pos);
		this.tok = tok;
		this.label = label;
	}
}

/** go or defer; call is a Call unless the source was wrong. */
export class CallStmt extends NodeBase {
	readonly kind: typeof Kind.CallStmt = Kind.CallStmt;
	readonly tok: "go" | "defer";
	readonly call: Expr;
	constructor(ids: NodeIds, pos: Pos, tok: "go" | "defer", call: Expr) {
		super(ids, pos);
		this.tok = tok;
		this.call = call;
	}
}

export class Return extends NodeBase {
	readonly kind: typeof Kind.Return = Kind.Return;
	readonly results: Expr | null;
	constructor(ids: NodeIds, pos: Pos, results: Expr | null) {
		super(ids, pos);
		this.results = results;
	}
}

export class If extends NodeBase {
	readonly kind: typeof Kind.If = Kind.If;
	readonly init: Stmt | null;
	readonly cond: Expr;
	readonly thenBlock: Block;
	/** If or Block. */
	readonly elseStmt: Stmt | null;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | null, cond: Expr, thenBlock: Block, elseStmt: Stmt | null) {
		super(ids, pos);
		this.init = init;
		this.cond = cond;
		this.thenBlock = thenBlock;
		this.elseStmt = elseStmt;
	}
}

/** A RangeClause as init makes it a range loop (cond and post are null then). */
export class For extends NodeBase {
	readonly kind: typeof Kind.For = Kind.For;
	readonly init: Stmt | RangeClause | null;
	readonly cond: Expr | null;
	readonly post: Stmt | null;
	readonly body: Block;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | RangeClause | null, cond: Expr | null, post: Stmt | null, body: Block) {
		super(ids, pos);
		this.init = init;
		this.cond = cond;
		this.post = post;
		this.body = body;
	}
}

export class RangeClause extends NodeBase {
	readonly kind: typeof Kind.RangeClause = Kind.RangeClause;
	readonly lhs: Expr | null;
	readonly def: boolean;
	readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, lhs: Expr | null, def: boolean, x: Expr) {
		super(ids, pos);
		this.lhs = lhs;
		this.def = def;
		this.x = x;
	}
}

/** tag is a TypeSwitchGuard in a type switch; null for a tagless switch. */
export class Switch extends NodeBase {
	readonly kind: typeof Kind.Switch = Kind.Switch;
	readonly init: Stmt | null;
	readonly tag: Expr | null;
	readonly body: CaseClause[];
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | null, tag: Expr | null, body: CaseClause[], rbrace: Pos) {
		super(ids, pos);
		this.init = init;
		this.tag = tag;
		this.body = body;
		this.rbrace = rbrace;
	}
}

export class CaseClause extends NodeBase {
	readonly kind: typeof Kind.CaseClause = Kind.CaseClause;
	/** null: default. */
	readonly cases: Expr | null;
	readonly body: Stmt[];
	readonly colon: Pos;
	constructor(ids: NodeIds, pos: Pos, cases: Expr | null, body: Stmt[], colon: Pos) {
		super(ids, pos);
		this.cases = cases;
		this.body = body;
		this.colon = colon;
	}
}

export class Select extends NodeBase {
	readonly kind: typeof Kind.Select = Kind.Select;
	readonly body: CommClause[];
	readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, body: CommClause[], rbrace: Pos) {
		super(ids, pos);
		this.body = body;
		this.rbrace = rbrace;
	}
}

export class CommClause extends NodeBase {
	readonly kind: typeof Kind.CommClause = Kind.CommClause;
	/** Send, ExprStmt or Assign of a receive; null: default. */
	readonly comm: Stmt | null;
	readonly body: Stmt[];
	readonly colon: Pos;
	constructor(ids: NodeIds, pos: Pos, comm: Stmt | null, body: Stmt[], colon: Pos) {
		super(ids, pos);
		this.comm = comm;
		this.body = body;
		this.colon = colon;
	}
}

export type Stmt = Empty | Labeled | Block | ExprStmt | Send | DeclStmt | Assign | Branch | CallStmt | Return | If | For | Switch | Select;

// ---- declarations ----

/** Declarations of one parenthesised group share a Group object. */
export class Group {
	private declare readonly brand: unknown;
}

export class ImportDecl extends NodeBase {
	readonly kind: typeof Kind.ImportDecl = Kind.ImportDecl;
	readonly group: Group | null;
	readonly localName: Name | null;
	readonly path: BasicLit;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, localName: Name | null, path: BasicLit) {
		super(ids, pos);
		this.group = group;
		this.localName = localName;
		this.path = path;
	}
}

export class ConstDecl extends NodeBase {
	readonly kind: typeof Kind.ConstDecl = Kind.ConstDecl;
	readonly group: Group | null;
	readonly names: Name[];
	readonly type: Expr | null;
	/** null: repeats the previous declaration of the group. */
	readonly values: Expr | null;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, names: Name[], type: Expr | null, values: Expr | null) {
		super(ids, pos);
		this.group = group;
		this.names = names;
		this.type = type;
		this.values = values;
	}
}

export class TypeDecl extends NodeBase {
	readonly kind: typeof Kind.TypeDecl = Kind.TypeDecl;
	readonly group: Group | null;
	readonly name: Name;
	readonly tparams: Field[];
	readonly alias: boolean;
	readonly type: Expr;
	readonly pragma: Pragma | null;
	constructor(
		ids: NodeIds,
		pos: Pos,
		group: Group | null,
		name: Name,
		tparams: Field[],
		alias: boolean,
		type: Expr,
		pragma: Pragma | null,
	) {
		super(ids, pos);
		this.group = group;
		this.name = name;
		this.tparams = tparams;
		this.alias = alias;
		this.type = type;
		this.pragma = pragma;
	}
}

export class VarDecl extends NodeBase {
	readonly kind: typeof Kind.VarDecl = Kind.VarDecl;
	readonly group: Group | null;
	readonly names: Name[];
	readonly type: Expr | null;
	readonly values: Expr | null;
	readonly pragma: Pragma | null;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, names: Name[], type: Expr | null, values: Expr | null, pragma: Pragma | null) {
		super(ids, pos);
		this.group = group;
		this.names = names;
		this.type = type;
		this.values = values;
		this.pragma = pragma;
	}
}

export class FuncDecl extends NodeBase {
	readonly kind: typeof Kind.FuncDecl = Kind.FuncDecl;
	readonly pragma: Pragma | null;
	readonly recv: Field | null;
	readonly name: Name;
	readonly tparams: Field[];
	readonly type: FuncType;
	/** Whether the declaration has a body at all (assembly and linkname declarations have none). */
	readonly hasBody: boolean;
	/** The parsed body; null when absent or skipped so far. Use bodyOf(file, decl) of parser.ts, which parses it on first use. */
	body: Block | null;
	/** Byte offsets in the file of the body's opening and closing brace; 0, 0 without body. */
	readonly bodyStart: number;
	readonly bodyEnd: number;
	constructor(
		ids: NodeIds,
		pos: Pos,
		pragma: Pragma | null,
		recv: Field | null,
		name: Name,
		tparams: Field[],
		type: FuncType,
		hasBody: boolean,
		body: Block | null,
		bodyStart: number,
		bodyEnd: number,
	) {
		super(ids, pos);
		this.pragma = pragma;
		this.recv = recv;
		this.name = name;
		this.tparams = tparams;
		this.type = type;
		this.hasBody = hasBody;
		this.body = body;
		this.bodyStart = bodyStart;
		this.bodyEnd = bodyEnd;
	}
}

export type Decl = ImportDecl | ConstDecl | TypeDecl | VarDecl | FuncDecl;

/** A `//go:name args` directive before a declaration, e.g. name "linkname" args ["local", "pkg.remote"]; `pos` is of the comment. */
export interface Directive {
	pos: Pos;
	name: string;
	args: string[];
}

/** The directives that stand directly before a declaration. */
export interface Pragma {
	directives: Directive[];
}

export class File extends NodeBase {
	readonly kind: typeof Kind.File = Kind.File;
	readonly pkgName: Name;
	readonly decls: Decl[];
	readonly eof: Pos;
	/** Go version of a `//go:build` line (such as "go1.21"), or "". */
	goVersion: string;
	/** `//go:linkname`, `//go:embed`, `//go:cgo_*` and `//go:debug` directives, wherever they stand, in order. */
	readonly directives: Directive[];
	constructor(ids: NodeIds, pos: Pos, pkgName: Name, decls: Decl[], eof: Pos, goVersion: string, directives: Directive[]) {
		super(ids, pos);
		this.pkgName = pkgName;
		this.decls = decls;
		this.eof = eof;
		this.goVersion = goVersion;
		this.directives = directives;
	}
}

export type Node = Expr | Stmt | Decl | Field | RangeClause | CaseClause | CommClause | File;
