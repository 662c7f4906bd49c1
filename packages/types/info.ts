// What checking learns about syntax: side tables by node id, one Info per build.

import type { Value } from "#constant";
import type { Expr, File, Node } from "#syntax";
import type { Mode } from "./mode.ts";
import type { Obj, Var } from "./objects.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./types.ts";

const Bits = 9;
const Chunk = 1 << Bits;

/** A map from node ids, dense within the regions of the tree that were checked. */
export class NodeTable<T> {
	private readonly chunks: (T | undefined)[][] = [];

	get(node: { readonly id: number }): T | undefined {
		const chunk = this.chunks[node.id >> Bits];
		return chunk === undefined ? undefined : chunk[node.id & (Chunk - 1)];
	}

	set(node: { readonly id: number }, value: T): void {
		const at = node.id >> Bits;
		while (this.chunks.length <= at) this.chunks.push(NoChunk as (T | undefined)[]);
		let chunk = this.chunks[at] as (T | undefined)[];
		if (chunk === NoChunk) {
			chunk = new Array<T | undefined>(Chunk).fill(undefined);
			this.chunks[at] = chunk;
		}
		chunk[node.id & (Chunk - 1)] = value;
	}
}

const NoChunk: readonly undefined[] = Object.freeze([]) as readonly undefined[];

export class TypeAndValue {
	readonly mode: Mode;
	readonly type: Type;
	/** Constant value, if mode is Constant. */
	readonly value: Value | null;
	constructor(mode: Mode, type: Type, value: Value | null) {
		this.mode = mode;
		this.type = type;
		this.value = value;
	}
}

export const SelectionKind = {
	/** x.f is a struct field. */
	FieldVal: 0,
	/** x.f is a method value (or the function of a method call). */
	MethodVal: 1,
	/** T.f is a method expression. */
	MethodExpr: 2,
} as const;
export type SelectionKind = (typeof SelectionKind)[keyof typeof SelectionKind];

/** x.f that is not a qualified identifier. */
export interface Selection {
	kind: SelectionKind;
	/** Type of x. */
	recv: Type;
	/** Field (Var) or method (Func). */
	obj: Obj;
	/** Path from x to f: indices of embedded fields, then of the field or method. */
	index: number[];
	/** Some pointer is followed on the way. */
	indirect: boolean;
}

/** A use of a generic function or type with its type arguments. */
export interface InstanceInfo {
	targs: Type[];
	type: Type;
}

/** lhs = init, in the order package initialisation runs it. */
export interface Initializer {
	lhs: Var[];
	rhs: Expr;
}

export class Info {
	/** Every checked expression. */
	readonly types: NodeTable<TypeAndValue> = new NodeTable();
	/** Declaring names. Null object: package clause, symbolic variable of a type switch guard. */
	readonly defs: NodeTable<Obj | null> = new NodeTable();
	/** Names that refer to an object. */
	readonly uses: NodeTable<Obj> = new NodeTable();
	/** By Selector node. */
	readonly selections: NodeTable<Selection> = new NodeTable();
	/** By the Name that denotes the generic function or type. */
	readonly instances: NodeTable<InstanceInfo> = new NodeTable();
	/** ImportDecl without local name: PkgName; CaseClause of a type switch with symbolic variable: Var; Field without name: Var. */
	readonly implicits: NodeTable<Obj> = new NodeTable();
	/** File, FuncType, TypeDecl, Block, If, Switch, CaseClause, CommClause, For. */
	readonly scopes: NodeTable<Scope> = new NodeTable();
	/** Go version that a file is checked with, e.g. "go1.22". */
	readonly fileVersions: NodeTable<string> = new NodeTable();

	/** Records of expressions without constant value, shared: by mode, then type id. */
	private readonly shared: NodeTable<TypeAndValue>[] = Array.from({ length: 12 }, () => new NodeTable<TypeAndValue>());

	/** Records the outcome of an expression. */
	record(e: { readonly id: number }, mode: Mode, type: Type, value: Value | null): void {
		if (value !== null) {
			this.types.set(e, new TypeAndValue(mode, type, value));
			return;
		}
		const table = this.shared[mode] as NodeTable<TypeAndValue>;
		const known = table.get(type);
		if (known !== undefined && known.type === type) {
			this.types.set(e, known);
			return;
		}
		const tv = new TypeAndValue(mode, type, null);
		table.set(type, tv);
		this.types.set(e, tv);
	}

	/** The recorded type and value, by expression. */
	typeOf(e: Expr): Type | null {
		return this.types.get(e)?.type ?? null;
	}

	/** The object that a name declares or refers to. */
	objectOf(name: Node): Obj | null {
		return this.defs.get(name) ?? this.uses.get(name) ?? null;
	}
}

/** Where bodies come from: syntax's bodyOf, given by whoever parsed the files lazily. */
export type FileOf = (file: File) => unknown;
