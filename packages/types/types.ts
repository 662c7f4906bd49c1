// The types of Go. Each is a class with a literal `kind`; every type of a build
// has a dense id (predeclared ones have fixed ids, below FirstTypeId), so that
// later stages keep what they know about types in arrays.
//
// Types are compared with identical(x, y), never with ===. Named and Alias are
// seen through with under(t) and unalias(t).

import type { Pos } from "#base";
import type { Checker } from "./checker.ts";
import type { Context } from "./context.ts";
import type { Func, TypeName, Var } from "./objects.ts";
import type { Scope } from "./scope.ts";
import type { TypeSet } from "./typeset.ts";

export const TypeKind = {
	Basic: 1,
	Named: 2,
	Alias: 3,
	Pointer: 4,
	Slice: 5,
	Array: 6,
	Map: 7,
	Chan: 8,
	Signature: 9,
	Struct: 10,
	Interface: 11,
	Tuple: 12,
	TypeParam: 13,
	Union: 14,
} as const;
export type TypeKind = (typeof TypeKind)[keyof typeof TypeKind];

/** Types made during a build have ids from here on; smaller ids are predeclared types. */
export const FirstTypeId = 64;

/** Hands out type ids; one per build. */
export class TypeIds {
	next: number = FirstTypeId;
}

/** The basic types. Order matters: integers, floats, complex, untyped kinds are ranges. */
export const BasicKind = {
	Invalid: 0,
	Bool: 1,
	Int: 2,
	Int8: 3,
	Int16: 4,
	Int32: 5,
	Int64: 6,
	Uint: 7,
	Uint8: 8,
	Uint16: 9,
	Uint32: 10,
	Uint64: 11,
	Uintptr: 12,
	Float32: 13,
	Float64: 14,
	Complex64: 15,
	Complex128: 16,
	String: 17,
	UnsafePointer: 18,
	UntypedBool: 19,
	UntypedInt: 20,
	UntypedRune: 21,
	UntypedFloat: 22,
	UntypedComplex: 23,
	UntypedString: 24,
	UntypedNil: 25,
} as const;
export type BasicKind = (typeof BasicKind)[keyof typeof BasicKind];

/** Properties of basic types, as bits of Basic.info. */
export const IsBoolean = 1;
export const IsInteger = 2;
export const IsUnsigned = 4;
export const IsFloat = 8;
export const IsComplex = 16;
export const IsString = 32;
export const IsUntyped = 64;
export const IsOrdered: number = IsInteger | IsFloat | IsString;
export const IsNumeric: number = IsInteger | IsFloat | IsComplex;
export const IsConstType: number = IsBoolean | IsNumeric | IsString;

abstract class TypeBase {
	readonly id: number;
	constructor(ids: TypeIds) {
		this.id = ids.next++;
	}
}

export class Basic {
	readonly kind: typeof TypeKind.Basic = TypeKind.Basic;
	readonly id: number;
	readonly basic: BasicKind;
	readonly info: number;
	readonly name: string;
	constructor(id: number, basic: BasicKind, info: number, name: string) {
		this.id = id;
		this.basic = basic;
		this.info = info;
		this.name = name;
	}
}

export class Pointer extends TypeBase {
	readonly kind: typeof TypeKind.Pointer = TypeKind.Pointer;
	elem: Type;
	constructor(ids: TypeIds, elem: Type) {
		super(ids);
		this.elem = elem;
	}
}

export class Slice extends TypeBase {
	readonly kind: typeof TypeKind.Slice = TypeKind.Slice;
	elem: Type;
	constructor(ids: TypeIds, elem: Type) {
		super(ids);
		this.elem = elem;
	}
}

export class ArrayT extends TypeBase {
	readonly kind: typeof TypeKind.Array = TypeKind.Array;
	/** Number of elements; -1 when unknown (an error was reported, or [...]T before its literal was seen). */
	len: number;
	elem: Type;
	constructor(ids: TypeIds, elem: Type, len: number) {
		super(ids);
		this.elem = elem;
		this.len = len;
	}
}

export class MapT extends TypeBase {
	readonly kind: typeof TypeKind.Map = TypeKind.Map;
	key: Type;
	elem: Type;
	constructor(ids: TypeIds, key: Type, elem: Type) {
		super(ids);
		this.key = key;
		this.elem = elem;
	}
}

/** Channel directions; the numbers are those of syntax's ChanDir. */
export const ChanDir = { Both: 0, SendOnly: 1, RecvOnly: 2 } as const;
export type ChanDir = (typeof ChanDir)[keyof typeof ChanDir];

export class Chan extends TypeBase {
	readonly kind: typeof TypeKind.Chan = TypeKind.Chan;
	dir: ChanDir;
	elem: Type;
	constructor(ids: TypeIds, dir: ChanDir, elem: Type) {
		super(ids);
		this.dir = dir;
		this.elem = elem;
	}
}

/** An ordered list of variables: parameters, results, the type of a multi-valued call. */
export class Tuple extends TypeBase {
	readonly kind: typeof TypeKind.Tuple = TypeKind.Tuple;
	vars: Var[];
	constructor(ids: TypeIds, vars: Var[]) {
		super(ids);
		this.vars = vars;
	}
}

export class Signature extends TypeBase {
	readonly kind: typeof TypeKind.Signature = TypeKind.Signature;
	/** Receiver type parameters of a method of a generic type, as its declaration names them. */
	rparams: TypeParam[];
	tparams: TypeParam[];
	/** Function scope (type parameters, parameters, results); null for instantiated and synthetic signatures. */
	scope: Scope | null;
	recv: Var | null;
	params: Tuple;
	results: Tuple;
	/** The last parameter is ...T; its type is the slice []T (string for append([]byte, s...)). */
	variadic: boolean;
	/** This signature without receiver, the type of method values; made on first use. */
	valueSig: Signature | null;
	constructor(ids: TypeIds, recv: Var | null, params: Tuple, results: Tuple, variadic: boolean) {
		super(ids);
		this.rparams = [];
		this.tparams = [];
		this.scope = null;
		this.recv = recv;
		this.params = params;
		this.results = results;
		this.variadic = variadic;
		this.valueSig = null;
	}
}

export class Struct extends TypeBase {
	readonly kind: typeof TypeKind.Struct = TypeKind.Struct;
	fields: Var[];
	/** Unquoted tags by field; shorter than fields when the rest have none. */
	tags: string[];
	constructor(ids: TypeIds, fields: Var[], tags: string[]) {
		super(ids);
		this.fields = fields;
		this.tags = tags;
	}
}

export class Interface extends TypeBase {
	readonly kind: typeof TypeKind.Interface = TypeKind.Interface;
	/** Explicitly declared methods, in source order. For all methods see typeSetOf(t). */
	methods: Func[];
	embeddeds: Type[];
	/** Positions of the embedded elements, for errors; may be shorter than embeddeds. */
	embedPos: Pos[];
	/** Wraps a constraint literal such as ~int in a type parameter list. */
	implicit: boolean;
	/** All methods and embedded elements are set up; the type set may be computed. */
	complete: boolean;
	/** Computed by typeSetOf. */
	tset: TypeSet | null;
	/** Reports errors found while the type set is computed; null for types not from source. */
	c: Checker | null;
	constructor(ids: TypeIds, methods: Func[], embeddeds: Type[], c: Checker | null = null) {
		super(ids);
		this.c = c;
		this.methods = methods;
		this.embeddeds = embeddeds;
		this.embedPos = [];
		this.implicit = false;
		this.complete = false;
		this.tset = null;
	}
}

/** One term of a union: T or ~T. */
export interface UnionTerm {
	tilde: boolean;
	type: Type;
}

export class Union extends TypeBase {
	readonly kind: typeof TypeKind.Union = TypeKind.Union;
	terms: UnionTerm[];
	/** Computed with the type set of the enclosing interface. */
	tset: TypeSet | null;
	/** More terms than are supported; the union is ignored. */
	overflow: boolean;
	constructor(ids: TypeIds, terms: UnionTerm[]) {
		super(ids);
		this.terms = terms;
		this.tset = null;
		this.overflow = false;
	}
}

export class TypeParam extends TypeBase {
	readonly kind: typeof TypeKind.TypeParam = TypeKind.TypeParam;
	readonly obj: TypeName;
	/** Position in its type parameter list; -1 until bound to one. */
	index: number;
	/** The declared constraint, any type; constraintOf(tp) gives the interface. */
	bound: Type;
	constructor(ids: TypeIds, obj: TypeName, bound: Type) {
		super(ids);
		this.obj = obj;
		this.index = -1;
		this.bound = bound;
	}
}

/** What a Named knows about the generic type it instantiates. */
export interface Instance {
	readonly orig: Named;
	readonly targs: Type[];
	/** Where it was first written. */
	readonly pos: Pos;
}

/**
 * A defined type, generic or not, or an instance of a generic one. Instances
 * expand lazily: use under(t), typeParamsOf(t), methodsOf(t) rather than the raw fields.
 */
export class Named extends TypeBase {
	readonly kind: typeof TypeKind.Named = TypeKind.Named;
	/** The declaring name; an instance shares its origin's. */
	readonly obj: TypeName;
	/** Where instances are kept; null for predeclared types. */
	readonly ctx: Context | null;
	/** Null for declared types. */
	readonly inst: Instance | null;
	/** The right-hand side of the declaration, or of its substitution for an instance; null until known. */
	fromRHS: Type | null;
	/** Cached by under(); never Named, Alias or TypeParam. */
	underlying: Type | null;
	tparams: TypeParam[];
	/** Declared methods by source order; for instances filled on demand, aligned with the origin's. Use methodAt(t, i). */
	methods: (Func | null)[];
	/** The instance's right-hand side has been substituted. */
	unpacked: boolean;
	/** 0 unknown, 1 finite size, 2 contains itself. */
	finite: number;
	/** A name of an instance of its own, for reports of cycles; see selfName. */
	self: TypeName | null;
	constructor(ids: TypeIds, ctx: Context | null, obj: TypeName, inst: Instance | null) {
		super(ids);
		this.obj = obj;
		this.ctx = ctx;
		this.inst = inst;
		this.fromRHS = null;
		this.underlying = null;
		this.tparams = [];
		this.methods = [];
		this.unpacked = inst === null;
		this.finite = 0;
		this.self = inst === null ? obj : null;
	}
}

export class Alias extends TypeBase {
	readonly kind: typeof TypeKind.Alias = TypeKind.Alias;
	readonly obj: TypeName;
	/** The generic alias this instantiates, or itself. */
	orig: Alias;
	tparams: TypeParam[];
	targs: Type[];
	/** Right-hand side; null until known. */
	fromRHS: Type | null;
	/** Cached by unalias(). */
	actual: Type | null;
	constructor(ids: TypeIds, obj: TypeName, rhs: Type | null) {
		super(ids);
		this.obj = obj;
		this.orig = this;
		this.tparams = [];
		this.targs = [];
		this.fromRHS = rhs;
		this.actual = null;
	}
}

export type Type =
	| Basic
	| Named
	| Alias
	| Pointer
	| Slice
	| ArrayT
	| MapT
	| Chan
	| Signature
	| Struct
	| Interface
	| Tuple
	| TypeParam
	| Union;
