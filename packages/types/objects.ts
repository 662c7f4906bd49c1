// Objects: what a name denotes. Package-level objects are resolved on demand:
// read an object's type with typeOf(obj), which checks its declaration first
// when that has not happened yet.

import type { Pos } from "#base";
import type { Value } from "#constant";
import type { ConstDecl, Expr, File, FuncDecl, TypeDecl, VarDecl } from "#syntax";
import type { Package } from "./package.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./types.ts";

export const ObjKind = {
	PkgName: 1,
	Const: 2,
	TypeName: 3,
	Var: 4,
	Func: 5,
	Label: 6,
	Builtin: 7,
	Nil: 8,
} as const;
export type ObjKind = (typeof ObjKind)[keyof typeof ObjKind];

/** What the declaration of a package-level object (or method) says, and what it depends on for initialisation. */
export class DeclInfo {
	/** Scope of the file that holds the declaration. */
	readonly fileScope: Scope;
	readonly file: File;
	/** Language version of the file, as [major, minor] packed by version.ts. */
	readonly version: number;
	/** All variables on the left of `var a, b = f()`, else null. */
	lhs: Var[] | null = null;
	vtype: Expr | null = null;
	init: Expr | null = null;
	/** A constant's init expression is inherited from an earlier ConstSpec. */
	inherited = false;
	cdecl: ConstDecl | null = null;
	vdecl: VarDecl | null = null;
	tdecl: TypeDecl | null = null;
	fdecl: FuncDecl | null = null;
	/** Package-level objects that the initialiser or body refers to. */
	readonly deps: Set<Obj> = new Set();
	/** A function's body has been checked (or is being). */
	bodyChecked = false;
	constructor(file: File, fileScope: Scope, version: number) {
		this.file = file;
		this.fileScope = fileScope;
		this.version = version;
	}
}

abstract class ObjBase {
	/** Position of the declaring identifier. */
	readonly pos: Pos;
	/** Null for universe objects. */
	readonly pkg: Package | null;
	readonly name: string;
	/** Null until the declaration is checked; use typeOf(obj). */
	type: Type | null;
	parent: Scope | null = null;
	/** Where the object's scope starts, for local objects. */
	scopePos: Pos = 0;
	/** Source order among package-level objects and methods, from 1; 0 = not one. */
	order = 0;
	/** Index in the checker's object path while the declaration is being checked, -1 otherwise. */
	pathIndex = -1;
	/** Declaration of package-level objects and methods; null for others. */
	decl: DeclInfo | null = null;
	constructor(pos: Pos, pkg: Package | null, name: string, type: Type | null) {
		this.pos = pos;
		this.pkg = pkg;
		this.name = name;
		this.type = type;
	}
}

export class PkgName extends ObjBase {
	readonly kind: typeof ObjKind.PkgName = ObjKind.PkgName;
	readonly imported: Package;
	used = false;
	constructor(pos: Pos, pkg: Package | null, name: string, imported: Package) {
		super(pos, pkg, name, null);
		this.imported = imported;
	}
}

export class Const extends ObjBase {
	readonly kind: typeof ObjKind.Const = ObjKind.Const;
	/** The value; before the declaration is checked, iota of its ConstSpec. */
	val: Value;
	constructor(pos: Pos, pkg: Package | null, name: string, type: Type | null, val: Value) {
		super(pos, pkg, name, type);
		this.val = val;
	}
}

export class TypeName extends ObjBase {
	readonly kind: typeof ObjKind.TypeName = ObjKind.TypeName;
}

export const VarKind = { Package: 1, Local: 2, Recv: 3, Param: 4, Result: 5, Field: 6 } as const;
export type VarKind = (typeof VarKind)[keyof typeof VarKind];

export class Var extends ObjBase {
	readonly kind: typeof ObjKind.Var = ObjKind.Var;
	varKind: VarKind;
	/** Fields only. */
	embedded: boolean;
	/** Local variables: some use was seen. */
	used = false;
	/** The field or parameter of the generic declaration this was instantiated from, or itself. */
	origin: Var;
	constructor(varKind: VarKind, pos: Pos, pkg: Package | null, name: string, type: Type | null, embedded: boolean = false) {
		super(pos, pkg, name, type);
		this.varKind = varKind;
		this.embedded = embedded;
		this.origin = this;
	}
}

export class Func extends ObjBase {
	readonly kind: typeof ObjKind.Func = ObjKind.Func;
	/** Syntactically a method with pointer receiver (known before the signature is). */
	hasPtrRecv = false;
	/** The method of the generic type this was instantiated from, or itself. */
	origin: Func;
	constructor(pos: Pos, pkg: Package | null, name: string, type: Type | null) {
		super(pos, pkg, name, type);
		this.origin = this;
	}
}

export class Label extends ObjBase {
	readonly kind: typeof ObjKind.Label = ObjKind.Label;
	used = false;
}

export class Builtin extends ObjBase {
	readonly kind: typeof ObjKind.Builtin = ObjKind.Builtin;
	readonly id: BuiltinId;
	constructor(pkg: Package | null, name: string, id: BuiltinId) {
		super(0, pkg, name, null);
		this.id = id;
	}
}

export class Nil extends ObjBase {
	readonly kind: typeof ObjKind.Nil = ObjKind.Nil;
}

export type Obj = PkgName | Const | TypeName | Var | Func | Label | Builtin | Nil;

/** Predeclared functions, then those of package unsafe. */
export const BuiltinId = {
	Append: 0,
	Cap: 1,
	Clear: 2,
	Close: 3,
	Complex: 4,
	Copy: 5,
	Delete: 6,
	Imag: 7,
	Len: 8,
	Make: 9,
	Max: 10,
	Min: 11,
	New: 12,
	Panic: 13,
	Print: 14,
	Println: 15,
	Real: 16,
	Recover: 17,
	Add: 18,
	Alignof: 19,
	Offsetof: 20,
	Sizeof: 21,
	Slice: 22,
	SliceData: 23,
	String: 24,
	StringData: 25,
	// testing support, defined by test universes only
	Assert: 26,
	Trace: 27,
} as const;
export type BuiltinId = (typeof BuiltinId)[keyof typeof BuiltinId];

/** Reports whether a name starts with an upper-case letter (Unicode class Lu). */
export function isExported(name: string): boolean {
	const c = name.charCodeAt(0);
	if (c < 0x80) return c >= 65 && c <= 90;
	return /^\p{Lu}/u.test(name);
}

/** The name, qualified with the package path unless exported: equal ids mean the same field or method name. */
export function objId(pkg: Package | null, name: string): string {
	if (isExported(name)) return name;
	return `${pkg !== null && pkg.path !== "" ? pkg.path : "_"}.${name}`;
}

/** Reports whether obj is the field or method that `name`, written in pkg, means. */
export function sameId(obj: Obj, pkg: Package | null, name: string, foldCase: boolean): boolean {
	if (foldCase && obj.name.toLowerCase() === name.toLowerCase()) return true;
	if (obj.name !== name) return false;
	return isExported(name) || samePkg(obj.pkg, pkg);
}

export function samePkg(a: Package | null, b: Package | null): boolean {
	if (a === null || b === null) return a === b;
	return a === b || a.path === b.path;
}

/** Source order for methods of a type set: exported first, then by name, then by package path. */
export function compareObjs(a: Obj, b: Obj): number {
	if (a === b) return 0;
	const ea = isExported(a.name);
	const eb = isExported(b.name);
	if (ea !== eb) return ea ? -1 : 1;
	if (a.name !== b.name) return compareNames(a.name, b.name);
	if (!ea) return compareNames(a.pkg?.path ?? "", b.pkg?.path ?? "");
	return 0;
}

/** Compares as Go compares strings: by code point order, which for UTF-8 is byte order. */
export function compareNames(a: string, b: string): number {
	const n = Math.min(a.length, b.length);
	for (let i = 0; i < n; i++) {
		const x = a.charCodeAt(i);
		const y = b.charCodeAt(i);
		if (x === y) continue;
		const sx = x >= 0xd800 && x <= 0xdfff;
		const sy = y >= 0xd800 && y <= 0xdfff;
		if (sx !== sy) return sx ? 1 : -1;
		return x - y;
	}
	return a.length - b.length;
}
