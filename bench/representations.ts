// A prototype to choose the representation of syntax trees: one object per node
// (what packages/syntax has) against columns of typed arrays, over real sources.
//
//   go list -deps -f '{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}' fmt > files
//   node --expose-gc bench/representations.ts files
//
// Columns hold the nodes in preorder: kind, position, the index after the subtree (so the first child is i + 1 and the
// next sibling end[i]), and a data word: name or literal text by number, operator, flags for absent children; a second
// position where a node has one. What a builder would do is measured as a copy from the same parsed trees, into new
// objects or into columns; the walk in front of the copy is the same in both.

import { readFileSync } from "node:fs";
import { Interner, SourceSet } from "#base";
import { type File, forEachChild, Kind, type Node, NodeIds, parseFile, walk } from "#syntax";
import * as S from "#syntax";

const list = readFileSync(process.argv[2] ?? "files", "utf8")
	.split("\n")
	.filter((f) => f !== "");
const runs = Number(process.argv[3] ?? 5);
const gc = (globalThis as { gc?: () => void }).gc;

// ---- columns ----

class Columns {
	n = 0;
	kind = new Uint8Array(1 << 16);
	pos = new Uint32Array(1 << 16);
	end = new Uint32Array(1 << 16);
	data = new Int32Array(1 << 16);
	pos2 = new Uint32Array(1 << 16);
	readonly texts: string[] = [];
	private readonly numbers = new Map<string, number>();

	add(kind: number, pos: number, data: number, pos2: number): number {
		if (this.n === this.kind.length) this.grow();
		const i = this.n++;
		this.kind[i] = kind;
		this.pos[i] = pos;
		this.data[i] = data;
		this.pos2[i] = pos2;
		return i;
	}

	number(text: string): number {
		let id = this.numbers.get(text);
		if (id === undefined) {
			id = this.texts.push(text) - 1;
			this.numbers.set(text, id);
		}
		return id;
	}

	private grow(): void {
		const copy = <A extends Uint8Array | Uint32Array | Int32Array>(a: A, b: A): A => {
			b.set(a);
			return b;
		};
		const n = this.n * 2;
		this.kind = copy(this.kind, new Uint8Array(n));
		this.pos = copy(this.pos, new Uint32Array(n));
		this.end = copy(this.end, new Uint32Array(n));
		this.data = copy(this.data, new Int32Array(n));
		this.pos2 = copy(this.pos2, new Uint32Array(n));
	}
}

function toColumns(c: Columns, n: Node): void {
	let data = 0;
	let pos2 = 0;
	switch (n.kind) {
		case Kind.Name:
			data = c.number(n.name);
			break;
		case Kind.BasicLit:
			data = c.number(n.text);
			pos2 = n.len;
			break;
		case Kind.Unary:
		case Kind.Binary:
			data = n.op;
			break;
		case Kind.Assign:
			data = n.op * 2 + (n.def ? 1 : 0);
			break;
		case Kind.CompositeLit:
		case Kind.Block:
		case Kind.StructType:
		case Kind.InterfaceType:
		case Kind.Switch:
		case Kind.Select:
			pos2 = n.rbrace;
			break;
		case Kind.Call:
		case Kind.Paren:
		case Kind.Assert:
			pos2 = n.rparen;
			break;
		case Kind.Index:
		case Kind.SliceExpr:
			pos2 = n.rbrack;
			break;
		case Kind.If:
			data = (n.init === null ? 0 : 1) + (n.elseStmt === null ? 0 : 2);
			break;
		case Kind.For:
			data = (n.init === null ? 0 : 1) + (n.cond === null ? 0 : 2) + (n.post === null ? 0 : 4);
			break;
		case Kind.FuncType:
			data = n.params.length;
			pos2 = n.end;
			break;
		case Kind.Field:
			data = n.name === null ? 0 : 1;
			break;
		case Kind.ConstDecl:
		case Kind.VarDecl:
			data = n.names.length * 4 + (n.type === null ? 0 : 1) + (n.values === null ? 0 : 2);
			break;
	}
	const i = c.add(n.kind, n.pos, data, pos2);
	forEachChild(n, (child) => toColumns(c, child));
	c.end[i] = c.n;
}

// ---- objects ----

function copyList<N extends Node>(ids: NodeIds, from: readonly N[]): N[] {
	const out: N[] = [];
	for (let i = 0; i < from.length; i++) out.push(copy(ids, from[i] as N));
	return out;
}

function maybe<N extends Node>(ids: NodeIds, n: N | null): N | null {
	return n === null ? null : copy(ids, n);
}

function copy<N extends Node>(ids: NodeIds, n: N): N {
	return copyNode(ids, n) as N;
}

function copyNode(ids: NodeIds, n: Node): Node {
	switch (n.kind) {
		case Kind.BadExpr:
			return new S.BadExpr(ids, n.pos);
		case Kind.Name:
			return new S.Name(ids, n.pos, n.name);
		case Kind.BasicLit:
			return new S.BasicLit(ids, n.pos, n.lit, n.text, n.bad, n.len);
		case Kind.CompositeLit:
			return new S.CompositeLit(ids, n.pos, maybe(ids, n.type), copyList(ids, n.elems), n.nkeys, n.lbrace, n.rbrace);
		case Kind.KeyValue:
			return new S.KeyValue(ids, n.pos, copy(ids, n.key), copy(ids, n.value));
		case Kind.FuncLit:
			return new S.FuncLit(ids, n.pos, copy(ids, n.type), copy(ids, n.body));
		case Kind.Paren:
			return new S.Paren(ids, n.pos, copy(ids, n.x), n.rparen);
		case Kind.Selector:
			return new S.Selector(ids, n.pos, copy(ids, n.x), copy(ids, n.sel));
		case Kind.Index:
			return new S.Index(ids, n.pos, copy(ids, n.x), copy(ids, n.index), n.rbrack);
		case Kind.SliceExpr:
			return new S.SliceExpr(ids, n.pos, copy(ids, n.x), maybe(ids, n.lo), maybe(ids, n.hi), maybe(ids, n.max), n.full, n.rbrack);
		case Kind.Assert:
			return new S.Assert(ids, n.pos, copy(ids, n.x), copy(ids, n.type), n.rparen);
		case Kind.TypeSwitchGuard:
			return new S.TypeSwitchGuard(ids, n.pos, maybe(ids, n.lhs), copy(ids, n.x));
		case Kind.Unary:
			return new S.Unary(ids, n.pos, n.op, copy(ids, n.x));
		case Kind.Binary:
			return new S.Binary(ids, n.pos, n.op, copy(ids, n.x), copy(ids, n.y));
		case Kind.Call:
			return new S.Call(ids, n.pos, copy(ids, n.fun), copyList(ids, n.args), n.hasDots, n.lparen, n.rparen);
		case Kind.ListExpr:
			return new S.ListExpr(ids, n.pos, copyList(ids, n.list));
		case Kind.ArrayType:
			return new S.ArrayType(ids, n.pos, maybe(ids, n.len), copy(ids, n.elem));
		case Kind.SliceType:
			return new S.SliceType(ids, n.pos, copy(ids, n.elem));
		case Kind.DotsType:
			return new S.DotsType(ids, n.pos, copy(ids, n.elem));
		case Kind.StructType:
			return new S.StructType(
				ids,
				n.pos,
				copyList(ids, n.fields),
				n.tags.map((t) => maybe(ids, t)),
				n.rbrace,
			);
		case Kind.InterfaceType:
			return new S.InterfaceType(ids, n.pos, copyList(ids, n.methods), n.rbrace);
		case Kind.FuncType:
			return new S.FuncType(ids, n.pos, copyList(ids, n.params), copyList(ids, n.results), n.end);
		case Kind.MapType:
			return new S.MapType(ids, n.pos, copy(ids, n.key), copy(ids, n.value));
		case Kind.ChanType:
			return new S.ChanType(ids, n.pos, n.dir, copy(ids, n.elem));
		case Kind.Field:
			return new S.Field(ids, n.pos, maybe(ids, n.name), copy(ids, n.type));
		case Kind.Empty:
			return new S.Empty(ids, n.pos);
		case Kind.Labeled:
			return new S.Labeled(ids, n.pos, copy(ids, n.label), copy(ids, n.stmt));
		case Kind.Block:
			return new S.Block(ids, n.pos, copyList(ids, n.list), n.rbrace);
		case Kind.ExprStmt:
			return new S.ExprStmt(ids, n.pos, copy(ids, n.x));
		case Kind.Send:
			return new S.Send(ids, n.pos, copy(ids, n.chan), copy(ids, n.value));
		case Kind.DeclStmt:
			return new S.DeclStmt(ids, n.pos, copyList(ids, n.decls));
		case Kind.Assign:
			return new S.Assign(ids, n.pos, n.def, n.op, copy(ids, n.lhs), maybe(ids, n.rhs));
		case Kind.Branch:
			return new S.Branch(ids, n.pos, n.tok, maybe(ids, n.label));
		case Kind.CallStmt:
			return new S.CallStmt(ids, n.pos, n.tok, copy(ids, n.call));
		case Kind.Return:
			return new S.Return(ids, n.pos, maybe(ids, n.results));
		case Kind.If:
			return new S.If(ids, n.pos, maybe(ids, n.init), copy(ids, n.cond), copy(ids, n.thenBlock), maybe(ids, n.elseStmt));
		case Kind.For:
			return new S.For(ids, n.pos, maybe(ids, n.init), maybe(ids, n.cond), maybe(ids, n.post), copy(ids, n.body));
		case Kind.RangeClause:
			return new S.RangeClause(ids, n.pos, maybe(ids, n.lhs), n.def, copy(ids, n.x));
		case Kind.Switch:
			return new S.Switch(ids, n.pos, maybe(ids, n.init), maybe(ids, n.tag), copyList(ids, n.body), n.rbrace);
		case Kind.CaseClause:
			return new S.CaseClause(ids, n.pos, maybe(ids, n.cases), copyList(ids, n.body), n.colon);
		case Kind.Select:
			return new S.Select(ids, n.pos, copyList(ids, n.body), n.rbrace);
		case Kind.CommClause:
			return new S.CommClause(ids, n.pos, maybe(ids, n.comm), copyList(ids, n.body), n.colon);
		case Kind.ImportDecl:
			return new S.ImportDecl(ids, n.pos, n.group, maybe(ids, n.localName), copy(ids, n.path));
		case Kind.ConstDecl:
			return new S.ConstDecl(ids, n.pos, n.group, copyList(ids, n.names), maybe(ids, n.type), maybe(ids, n.values));
		case Kind.TypeDecl:
			return new S.TypeDecl(ids, n.pos, n.group, copy(ids, n.name), copyList(ids, n.tparams), n.alias, copy(ids, n.type), n.pragma);
		case Kind.VarDecl:
			return new S.VarDecl(ids, n.pos, n.group, copyList(ids, n.names), maybe(ids, n.type), maybe(ids, n.values), n.pragma);
		case Kind.FuncDecl:
			return new S.FuncDecl(
				ids,
				n.pos,
				n.pragma,
				maybe(ids, n.recv),
				copy(ids, n.name),
				copyList(ids, n.tparams),
				copy(ids, n.type),
				n.hasBody,
				maybe(ids, n.body),
				n.bodyStart,
				n.bodyEnd,
			);
		case Kind.File:
			return new S.File(ids, n.pos, copy(ids, n.pkgName), copyList(ids, n.decls), n.eof, n.goVersion, n.directives);
	}
}

// ---- the passes: count names per length, sum positions, in source order ----

function passObjects(n: Node, counts: Int32Array): void {
	if (n.kind === Kind.Name) counts[n.name.length & 63]++;
	counts[64 + n.kind]++;
	forEachChild(n, (child) => passObjects(child, counts));
}

function passRecursive(c: Columns, i: number, counts: Int32Array): void {
	const kind = c.kind[i] as number;
	if (kind === Kind.Name) counts[(c.texts[c.data[i] as number] as string).length & 63]++;
	counts[64 + kind]++;
	const end = c.end[i] as number;
	for (let child = i + 1; child < end; child = c.end[child] as number) passRecursive(c, child, counts);
}

function passLinear(c: Columns, counts: Int32Array): void {
	for (let i = 0; i < c.n; i++) {
		const kind = c.kind[i] as number;
		if (kind === Kind.Name) counts[(c.texts[c.data[i] as number] as string).length & 63]++;
		counts[64 + kind]++;
	}
}

// ---- measuring ----

function memory(): number {
	gc?.();
	gc?.();
	const m = process.memoryUsage();
	return (m.heapUsed + m.arrayBuffers) / 1e6;
}

function time<R>(name: string, work: () => R): R {
	let best = Number.POSITIVE_INFINITY;
	let result: R | undefined;
	for (let i = 0; i < runs; i++) {
		result = undefined;
		gc?.();
		const start = process.threadCpuUsage();
		result = work();
		const used = process.threadCpuUsage(start);
		best = Math.min(best, (used.user + used.system) / 1000);
	}
	process.stdout.write(`${name.padEnd(44)} ${best.toFixed(0).padStart(6)} ms\n`);
	return result as R;
}

const sources = list.map((f) => new Uint8Array(readFileSync(f)));
const interner = new Interner();
function parseAll(): File[] {
	const set = new SourceSet();
	const ids = new NodeIds();
	return sources.map((src, i) => parseFile(ids, set.add(list[i] as string, src), interner, () => {}, { lazyBodies: false }));
}

parseAll(); // names and code are warm from here on
const before = memory();
const trees = time("parse, objects (scanner included)", parseAll);
const objectMemory = memory() - before;
const copied = time("build: copy to objects", () => {
	const ids = new NodeIds();
	return trees.map((t) => copy(ids, t));
});
const counts = new Int32Array(128);
time("walk: objects, forEachChild recursion", () => {
	for (const t of copied) passObjects(t, counts);
});
time("walk: objects, walk()", () => {
	for (const t of copied) {
		walk(t, (n) => {
			if (n.kind === Kind.Name) counts[n.name.length & 63]++;
			counts[64 + n.kind]++;
		});
	}
});
copied.length = 0;
const beforeColumns = memory();
const columns = time("build: copy to columns", () => {
	const c = new Columns();
	for (const t of trees) toColumns(c, t);
	return c;
});
const columnMemory = memory() - beforeColumns;
time("walk: columns, recursion", () => {
	for (let i = 0; i < columns.n; i = columns.end[i] as number) passRecursive(columns, i, counts);
});
time("walk: columns, linear", () => passLinear(columns, counts));
time("to another thread: copy of the columns", () => [
	columns.kind.slice(0, columns.n),
	columns.pos.slice(0, columns.n),
	columns.end.slice(0, columns.n),
	columns.data.slice(0, columns.n),
	columns.pos2.slice(0, columns.n),
]);
const some = trees.slice(0, Math.ceil(trees.length / 10));
time("to another thread: structuredClone of 1/10", () => structuredClone(some));
process.stdout.write(
	`${columns.n} nodes; objects ${objectMemory.toFixed(0)} MB (${((objectMemory * 1e6) / columns.n).toFixed(0)} bytes each), columns ${columnMemory.toFixed(0)} MB (${((columnMemory * 1e6) / columns.n).toFixed(0)} each)\n`,
);
