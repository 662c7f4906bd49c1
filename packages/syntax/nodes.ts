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
// Fields are `declare`d and there is no common base class: field definitions that
// run before the constructor, and super(), make building a tree twice as slow.
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

// ---- expressions ----

export class BadExpr {
	declare readonly kind: typeof Kind.BadExpr;
	declare readonly id: number;
	declare readonly pos: Pos;
	constructor(ids: NodeIds, pos: Pos) {
		this.kind = Kind.BadExpr;
		this.id = ids.next++;
		this.pos = pos;
	}
}

export class Name {
	declare readonly kind: typeof Kind.Name;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** Interned. */
	declare readonly name: string;
	constructor(ids: NodeIds, pos: Pos, name: string) {
		this.kind = Kind.Name;
		this.id = ids.next++;
		this.pos = pos;
		this.name = name;
	}
}

export class BasicLit {
	declare readonly kind: typeof Kind.BasicLit;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly lit: LitKind;
	/** Source text, quotes included (carriage returns of raw strings included). */
	declare readonly text: string;
	/** The scanner reported an error in it. */
	declare readonly bad: boolean;
	/** Byte length in the source. */
	declare readonly len: number;
	constructor(ids: NodeIds, pos: Pos, lit: LitKind, text: string, bad: boolean, len: number) {
		this.kind = Kind.BasicLit;
		this.id = ids.next++;
		this.pos = pos;
		this.lit = lit;
		this.text = text;
		this.bad = bad;
		this.len = len;
	}
}

export class CompositeLit {
	declare readonly kind: typeof Kind.CompositeLit;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** null: elided inside an outer literal. */
	declare readonly type: Expr | null;
	declare readonly elems: Expr[];
	/** Number of elems that are KeyValue. */
	declare readonly nkeys: number;
	declare readonly lbrace: Pos;
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, type: Expr | null, elems: Expr[], nkeys: number, lbrace: Pos, rbrace: Pos) {
		this.kind = Kind.CompositeLit;
		this.id = ids.next++;
		this.pos = pos;
		this.type = type;
		this.elems = elems;
		this.nkeys = nkeys;
		this.lbrace = lbrace;
		this.rbrace = rbrace;
	}
}

export class KeyValue {
	declare readonly kind: typeof Kind.KeyValue;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly key: Expr;
	declare readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, key: Expr, value: Expr) {
		this.kind = Kind.KeyValue;
		this.id = ids.next++;
		this.pos = pos;
		this.key = key;
		this.value = value;
	}
}

export class FuncLit {
	declare readonly kind: typeof Kind.FuncLit;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly type: FuncType;
	declare readonly body: Block;
	constructor(ids: NodeIds, pos: Pos, type: FuncType, body: Block) {
		this.kind = Kind.FuncLit;
		this.id = ids.next++;
		this.pos = pos;
		this.type = type;
		this.body = body;
	}
}

export class Paren {
	declare readonly kind: typeof Kind.Paren;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	declare readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, rparen: Pos) {
		this.kind = Kind.Paren;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
		this.rparen = rparen;
	}
}

export class Selector {
	declare readonly kind: typeof Kind.Selector;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	declare readonly sel: Name;
	constructor(ids: NodeIds, pos: Pos, x: Expr, sel: Name) {
		this.kind = Kind.Selector;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
		this.sel = sel;
	}
}

/** x[index], or an instantiation x[T1, T2]; several arguments are a ListExpr. */
export class Index {
	declare readonly kind: typeof Kind.Index;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	declare readonly index: Expr;
	declare readonly rbrack: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, index: Expr, rbrack: Pos) {
		this.kind = Kind.Index;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
		this.index = index;
		this.rbrack = rbrack;
	}
}

export class SliceExpr {
	declare readonly kind: typeof Kind.SliceExpr;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	declare readonly lo: Expr | null;
	declare readonly hi: Expr | null;
	declare readonly max: Expr | null;
	/** Second colon present. */
	declare readonly full: boolean;
	declare readonly rbrack: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, lo: Expr | null, hi: Expr | null, max: Expr | null, full: boolean, rbrack: Pos) {
		this.kind = Kind.SliceExpr;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
		this.lo = lo;
		this.hi = hi;
		this.max = max;
		this.full = full;
		this.rbrack = rbrack;
	}
}

export class Assert {
	declare readonly kind: typeof Kind.Assert;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	declare readonly type: Expr;
	declare readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, x: Expr, type: Expr, rparen: Pos) {
		this.kind = Kind.Assert;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
		this.type = type;
		this.rparen = rparen;
	}
}

/** lhs := x.(type) in a switch header; lhs may be absent. */
export class TypeSwitchGuard {
	declare readonly kind: typeof Kind.TypeSwitchGuard;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly lhs: Name | null;
	declare readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, lhs: Name | null, x: Expr) {
		this.kind = Kind.TypeSwitchGuard;
		this.id = ids.next++;
		this.pos = pos;
		this.lhs = lhs;
		this.x = x;
	}
}

/** Op is one of Not Recv Tilde Add Sub Xor And (address) Mul (dereference or pointer type). */
export class Unary {
	declare readonly kind: typeof Kind.Unary;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly op: Op;
	declare readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, op: Op, x: Expr) {
		this.kind = Kind.Unary;
		this.id = ids.next++;
		this.pos = pos;
		this.op = op;
		this.x = x;
	}
}

export class Binary {
	declare readonly kind: typeof Kind.Binary;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly op: Op;
	declare readonly x: Expr;
	declare readonly y: Expr;
	constructor(ids: NodeIds, pos: Pos, op: Op, x: Expr, y: Expr) {
		this.kind = Kind.Binary;
		this.id = ids.next++;
		this.pos = pos;
		this.op = op;
		this.x = x;
		this.y = y;
	}
}

export class Call {
	declare readonly kind: typeof Kind.Call;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly fun: Expr;
	declare readonly args: Expr[];
	/** The last argument is followed by "...". */
	declare readonly hasDots: boolean;
	declare readonly lparen: Pos;
	declare readonly rparen: Pos;
	constructor(ids: NodeIds, pos: Pos, fun: Expr, args: Expr[], hasDots: boolean, lparen: Pos, rparen: Pos) {
		this.kind = Kind.Call;
		this.id = ids.next++;
		this.pos = pos;
		this.fun = fun;
		this.args = args;
		this.hasDots = hasDots;
		this.lparen = lparen;
		this.rparen = rparen;
	}
}

/** Two or more expressions where the grammar allows a list: assignment sides, case lists, return values, index lists. */
export class ListExpr {
	declare readonly kind: typeof Kind.ListExpr;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly list: Expr[];
	constructor(ids: NodeIds, pos: Pos, list: Expr[]) {
		this.kind = Kind.ListExpr;
		this.id = ids.next++;
		this.pos = pos;
		this.list = list;
	}
}

// ---- types ----

export class ArrayType {
	declare readonly kind: typeof Kind.ArrayType;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** null: [...]T. */
	declare readonly len: Expr | null;
	declare readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, len: Expr | null, elem: Expr) {
		this.kind = Kind.ArrayType;
		this.id = ids.next++;
		this.pos = pos;
		this.len = len;
		this.elem = elem;
	}
}

export class SliceType {
	declare readonly kind: typeof Kind.SliceType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, elem: Expr) {
		this.kind = Kind.SliceType;
		this.id = ids.next++;
		this.pos = pos;
		this.elem = elem;
	}
}

/** ...T in a parameter list. */
export class DotsType {
	declare readonly kind: typeof Kind.DotsType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, elem: Expr) {
		this.kind = Kind.DotsType;
		this.id = ids.next++;
		this.pos = pos;
		this.elem = elem;
	}
}

/** A struct field, parameter, result, type parameter, method or embedded element: one name each (a, b T gives two that share type). */
export class Field {
	declare readonly kind: typeof Kind.Field;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** null: anonymous or embedded. */
	declare readonly name: Name | null;
	declare readonly type: Expr;
	constructor(ids: NodeIds, pos: Pos, name: Name | null, type: Expr) {
		this.kind = Kind.Field;
		this.id = ids.next++;
		this.pos = pos;
		this.name = name;
		this.type = type;
	}
}

export class StructType {
	declare readonly kind: typeof Kind.StructType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly fields: Field[];
	/** By field; null = no tag. Shorter than fields when the rest have none. */
	declare readonly tags: (BasicLit | null)[];
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, fields: Field[], tags: (BasicLit | null)[], rbrace: Pos) {
		this.kind = Kind.StructType;
		this.id = ids.next++;
		this.pos = pos;
		this.fields = fields;
		this.tags = tags;
		this.rbrace = rbrace;
	}
}

/** Methods have a name and a FuncType; embedded elements have no name, and ~T and unions are Unary Tilde and Binary Or. */
export class InterfaceType {
	declare readonly kind: typeof Kind.InterfaceType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly methods: Field[];
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, methods: Field[], rbrace: Pos) {
		this.kind = Kind.InterfaceType;
		this.id = ids.next++;
		this.pos = pos;
		this.methods = methods;
		this.rbrace = rbrace;
	}
}

export class FuncType {
	declare readonly kind: typeof Kind.FuncType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly params: Field[];
	declare readonly results: Field[];
	/** End of the signature's text. */
	declare readonly end: Pos;
	constructor(ids: NodeIds, pos: Pos, params: Field[], results: Field[], end: Pos) {
		this.kind = Kind.FuncType;
		this.id = ids.next++;
		this.pos = pos;
		this.params = params;
		this.results = results;
		this.end = end;
	}
}

export class MapType {
	declare readonly kind: typeof Kind.MapType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly key: Expr;
	declare readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, key: Expr, value: Expr) {
		this.kind = Kind.MapType;
		this.id = ids.next++;
		this.pos = pos;
		this.key = key;
		this.value = value;
	}
}

export const ChanDir = { Both: 0, SendOnly: 1, RecvOnly: 2 } as const;
export type ChanDir = (typeof ChanDir)[keyof typeof ChanDir];

export class ChanType {
	declare readonly kind: typeof Kind.ChanType;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly dir: ChanDir;
	declare readonly elem: Expr;
	constructor(ids: NodeIds, pos: Pos, dir: ChanDir, elem: Expr) {
		this.kind = Kind.ChanType;
		this.id = ids.next++;
		this.pos = pos;
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

export class Empty {
	declare readonly kind: typeof Kind.Empty;
	declare readonly id: number;
	declare readonly pos: Pos;
	constructor(ids: NodeIds, pos: Pos) {
		this.kind = Kind.Empty;
		this.id = ids.next++;
		this.pos = pos;
	}
}

export class Labeled {
	declare readonly kind: typeof Kind.Labeled;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly label: Name;
	declare readonly stmt: Stmt;
	constructor(ids: NodeIds, pos: Pos, label: Name, stmt: Stmt) {
		this.kind = Kind.Labeled;
		this.id = ids.next++;
		this.pos = pos;
		this.label = label;
		this.stmt = stmt;
	}
}

export class Block {
	declare readonly kind: typeof Kind.Block;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly list: Stmt[];
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, list: Stmt[], rbrace: Pos) {
		this.kind = Kind.Block;
		this.id = ids.next++;
		this.pos = pos;
		this.list = list;
		this.rbrace = rbrace;
	}
}

export class ExprStmt {
	declare readonly kind: typeof Kind.ExprStmt;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, x: Expr) {
		this.kind = Kind.ExprStmt;
		this.id = ids.next++;
		this.pos = pos;
		this.x = x;
	}
}

export class Send {
	declare readonly kind: typeof Kind.Send;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly chan: Expr;
	declare readonly value: Expr;
	constructor(ids: NodeIds, pos: Pos, chan: Expr, value: Expr) {
		this.kind = Kind.Send;
		this.id = ids.next++;
		this.pos = pos;
		this.chan = chan;
		this.value = value;
	}
}

export class DeclStmt {
	declare readonly kind: typeof Kind.DeclStmt;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly decls: Decl[];
	constructor(ids: NodeIds, pos: Pos, decls: Decl[]) {
		this.kind = Kind.DeclStmt;
		this.id = ids.next++;
		this.pos = pos;
		this.decls = decls;
	}
}

/** lhs = rhs, lhs := rhs (def), lhs op= rhs (op), x++ and x-- (op Add or Sub, rhs null). Lists are ListExpr. */
export class Assign {
	declare readonly kind: typeof Kind.Assign;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly def: boolean;
	declare readonly op: Op;
	declare readonly lhs: Expr;
	declare readonly rhs: Expr | null;
	constructor(ids: NodeIds, pos: Pos, def: boolean, op: Op, lhs: Expr, rhs: Expr | null) {
		this.kind = Kind.Assign;
		this.id = ids.next++;
		this.pos = pos;
		this.def = def;
		this.op = op;
		this.lhs = lhs;
		this.rhs = rhs;
	}
}

export type BranchTok = "break" | "continue" | "goto" | "fallthrough";

/** Targets are resolved by the parser's branch check when bodies are parsed: `target` is the statement branched to (a Labeled for goto). */
export class Branch {
	declare readonly kind: typeof Kind.Branch;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly tok: BranchTok;
	declare readonly label: Name | null;
	/** Set once, by the branch check; null for fallthrough and for unresolved labels. */
	declare target: Stmt | null;
	constructor(ids: NodeIds, pos: Pos, tok: BranchTok, label: Name | null) {
		this.kind = Kind.Branch;
		this.id = ids.next++;
		this.pos = pos;
		this.tok = tok;
		this.label = label;
		this.target = null;
	}
}

/** go or defer; call is a Call unless the source was wrong. */
export class CallStmt {
	declare readonly kind: typeof Kind.CallStmt;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly tok: "go" | "defer";
	declare readonly call: Expr;
	constructor(ids: NodeIds, pos: Pos, tok: "go" | "defer", call: Expr) {
		this.kind = Kind.CallStmt;
		this.id = ids.next++;
		this.pos = pos;
		this.tok = tok;
		this.call = call;
	}
}

export class Return {
	declare readonly kind: typeof Kind.Return;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly results: Expr | null;
	constructor(ids: NodeIds, pos: Pos, results: Expr | null) {
		this.kind = Kind.Return;
		this.id = ids.next++;
		this.pos = pos;
		this.results = results;
	}
}

export class If {
	declare readonly kind: typeof Kind.If;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly init: Stmt | null;
	declare readonly cond: Expr;
	declare readonly thenBlock: Block;
	/** If or Block. */
	declare readonly elseStmt: Stmt | null;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | null, cond: Expr, thenBlock: Block, elseStmt: Stmt | null) {
		this.kind = Kind.If;
		this.id = ids.next++;
		this.pos = pos;
		this.init = init;
		this.cond = cond;
		this.thenBlock = thenBlock;
		this.elseStmt = elseStmt;
	}
}

/** A RangeClause as init makes it a range loop (cond and post are null then). */
export class For {
	declare readonly kind: typeof Kind.For;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly init: Stmt | RangeClause | null;
	declare readonly cond: Expr | null;
	declare readonly post: Stmt | null;
	declare readonly body: Block;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | RangeClause | null, cond: Expr | null, post: Stmt | null, body: Block) {
		this.kind = Kind.For;
		this.id = ids.next++;
		this.pos = pos;
		this.init = init;
		this.cond = cond;
		this.post = post;
		this.body = body;
	}
}

export class RangeClause {
	declare readonly kind: typeof Kind.RangeClause;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly lhs: Expr | null;
	declare readonly def: boolean;
	declare readonly x: Expr;
	constructor(ids: NodeIds, pos: Pos, lhs: Expr | null, def: boolean, x: Expr) {
		this.kind = Kind.RangeClause;
		this.id = ids.next++;
		this.pos = pos;
		this.lhs = lhs;
		this.def = def;
		this.x = x;
	}
}

/** tag is a TypeSwitchGuard in a type switch; null for a tagless switch. */
export class Switch {
	declare readonly kind: typeof Kind.Switch;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly init: Stmt | null;
	declare readonly tag: Expr | null;
	declare readonly body: CaseClause[];
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, init: Stmt | null, tag: Expr | null, body: CaseClause[], rbrace: Pos) {
		this.kind = Kind.Switch;
		this.id = ids.next++;
		this.pos = pos;
		this.init = init;
		this.tag = tag;
		this.body = body;
		this.rbrace = rbrace;
	}
}

export class CaseClause {
	declare readonly kind: typeof Kind.CaseClause;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** null: default. */
	declare readonly cases: Expr | null;
	declare readonly body: Stmt[];
	declare readonly colon: Pos;
	constructor(ids: NodeIds, pos: Pos, cases: Expr | null, body: Stmt[], colon: Pos) {
		this.kind = Kind.CaseClause;
		this.id = ids.next++;
		this.pos = pos;
		this.cases = cases;
		this.body = body;
		this.colon = colon;
	}
}

export class Select {
	declare readonly kind: typeof Kind.Select;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly body: CommClause[];
	declare readonly rbrace: Pos;
	constructor(ids: NodeIds, pos: Pos, body: CommClause[], rbrace: Pos) {
		this.kind = Kind.Select;
		this.id = ids.next++;
		this.pos = pos;
		this.body = body;
		this.rbrace = rbrace;
	}
}

export class CommClause {
	declare readonly kind: typeof Kind.CommClause;
	declare readonly id: number;
	declare readonly pos: Pos;
	/** Send, ExprStmt or Assign of a receive; null: default. */
	declare readonly comm: Stmt | null;
	declare readonly body: Stmt[];
	declare readonly colon: Pos;
	constructor(ids: NodeIds, pos: Pos, comm: Stmt | null, body: Stmt[], colon: Pos) {
		this.kind = Kind.CommClause;
		this.id = ids.next++;
		this.pos = pos;
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

export class ImportDecl {
	declare readonly kind: typeof Kind.ImportDecl;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly group: Group | null;
	declare readonly localName: Name | null;
	declare readonly path: BasicLit;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, localName: Name | null, path: BasicLit) {
		this.kind = Kind.ImportDecl;
		this.id = ids.next++;
		this.pos = pos;
		this.group = group;
		this.localName = localName;
		this.path = path;
	}
}

export class ConstDecl {
	declare readonly kind: typeof Kind.ConstDecl;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly group: Group | null;
	declare readonly names: Name[];
	declare readonly type: Expr | null;
	/** null: repeats the previous declaration of the group. */
	declare readonly values: Expr | null;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, names: Name[], type: Expr | null, values: Expr | null) {
		this.kind = Kind.ConstDecl;
		this.id = ids.next++;
		this.pos = pos;
		this.group = group;
		this.names = names;
		this.type = type;
		this.values = values;
	}
}

export class TypeDecl {
	declare readonly kind: typeof Kind.TypeDecl;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly group: Group | null;
	declare readonly name: Name;
	declare readonly tparams: Field[];
	declare readonly alias: boolean;
	declare readonly type: Expr;
	declare readonly pragma: Pragma | null;
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
		this.kind = Kind.TypeDecl;
		this.id = ids.next++;
		this.pos = pos;
		this.group = group;
		this.name = name;
		this.tparams = tparams;
		this.alias = alias;
		this.type = type;
		this.pragma = pragma;
	}
}

export class VarDecl {
	declare readonly kind: typeof Kind.VarDecl;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly group: Group | null;
	declare readonly names: Name[];
	declare readonly type: Expr | null;
	declare readonly values: Expr | null;
	declare readonly pragma: Pragma | null;
	constructor(ids: NodeIds, pos: Pos, group: Group | null, names: Name[], type: Expr | null, values: Expr | null, pragma: Pragma | null) {
		this.kind = Kind.VarDecl;
		this.id = ids.next++;
		this.pos = pos;
		this.group = group;
		this.names = names;
		this.type = type;
		this.values = values;
		this.pragma = pragma;
	}
}

export class FuncDecl {
	declare readonly kind: typeof Kind.FuncDecl;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly pragma: Pragma | null;
	declare readonly recv: Field | null;
	declare readonly name: Name;
	declare readonly tparams: Field[];
	declare readonly type: FuncType;
	/** Whether the declaration has a body at all (assembly and linkname declarations have none). */
	declare readonly hasBody: boolean;
	/** The parsed body; null when absent or skipped so far. Use bodyOf(file, decl) of parser.ts, which parses it on first use. */
	declare body: Block | null;
	/** Byte offsets in the file of the body's opening and closing brace; 0, 0 without body. */
	declare readonly bodyStart: number;
	declare readonly bodyEnd: number;
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
		this.kind = Kind.FuncDecl;
		this.id = ids.next++;
		this.pos = pos;
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

export class File {
	declare readonly kind: typeof Kind.File;
	declare readonly id: number;
	declare readonly pos: Pos;
	declare readonly pkgName: Name;
	declare readonly decls: Decl[];
	declare readonly eof: Pos;
	/** Go version of a `//go:build` line (such as "go1.21"), or "". */
	declare goVersion: string;
	/** `//go:linkname`, `//go:embed`, `//go:cgo_*` and `//go:debug` directives, wherever they stand, in order. */
	declare readonly directives: Directive[];
	constructor(ids: NodeIds, pos: Pos, pkgName: Name, decls: Decl[], eof: Pos, goVersion: string, directives: Directive[]) {
		this.kind = Kind.File;
		this.id = ids.next++;
		this.pos = pos;
		this.pkgName = pkgName;
		this.decls = decls;
		this.eof = eof;
		this.goVersion = goVersion;
		this.directives = directives;
	}
}

export type Node = Expr | Stmt | Decl | Field | RangeClause | CaseClause | CommClause | File;
