// What a check sees of a package, and how it reports.

import type { Pos, SourceFile } from "#base";
import { decodeBytes, Kind as ValueKind, kindOf, stringVal } from "#constant";
import { type Call, type Expr, type File, type FuncDecl, Kind, type Node, nodeText, Op, walk } from "#syntax";
import {
	asNamed,
	type Func,
	type Info,
	Mode,
	type Obj,
	ObjKind,
	type Package,
	Pointer,
	type Signature,
	type Type,
	TypeKind,
	typeOf,
	typeString,
	unalias,
	type Var,
} from "#types";

export interface Finding {
	pos: Pos;
	msg: string;
	/** The check that found it. */
	check: string;
}

export interface Pass {
	pkg: Package;
	info: Info;
	files: readonly File[];
	sourceOf: (file: File) => SourceFile;
	/** The body of a function of another package, parsed and checked now if it was not; null: there is none. */
	bodyOf: (f: Func) => Node | null;
	/** "file:line" of a position, the file relative to the folder of another position's. */
	place: (pos: Pos, from: Pos) => string;
	report: (pos: Pos, msg: string) => void;
}

/** Text of Go files that take no part in this build, for the checks of comments. */
export interface OtherFile {
	source: SourceFile;
	/** Whether it is a Go file (others have // comments too). */
	go: boolean;
}

/** Where an expression begins. */
export function startPos(n: Node): Pos {
	switch (n.kind) {
		case Kind.Selector:
		case Kind.Index:
		case Kind.SliceExpr:
		case Kind.Assert:
		case Kind.Binary:
			return startPos(n.x);
		case Kind.Call:
			return startPos(n.fun);
		case Kind.CompositeLit:
			return n.type === null ? n.pos : startPos(n.type);
		case Kind.ListExpr:
			return startPos(n.list[0]);
		case Kind.KeyValue:
			return startPos(n.key);
		default:
			return n.pos;
	}
}

export function unparen(e: Expr): Expr {
	return e.kind === Kind.Paren ? unparen(e.x) : e;
}

/** Expressions of a list, or the one there is. */
export function list(e: Expr | null): readonly Expr[] {
	if (e === null) return [];
	return e.kind === Kind.ListExpr ? e.list : [e];
}

export function text(e: Expr): string {
	return nodeText(e);
}

/** The string that a constant expression stands for; null for others. */
export function constantString(info: Info, e: Expr): string | null {
	const v = info.types.get(e)?.value ?? null;
	return v !== null && kindOf(v) === ValueKind.String ? decodeBytes(stringVal(v)) : null;
}

/** Types with the full paths of packages, as go/types prints them. */
export function typeText(t: Type): string {
	return typeString(t, (p) => p.path);
}

/** The function, method or variable that is called; null for conversions, predeclared functions and computed values. */
export function callee(info: Info, call: Call): Func | Var | null {
	let fun = unparen(call.fun);
	if (fun.kind === Kind.Index) fun = unparen(fun.x);
	let obj: Obj | null = null;
	if (fun.kind === Kind.Name) obj = info.uses.get(fun) ?? null;
	else if (fun.kind === Kind.Selector) obj = info.selections.get(fun)?.obj ?? info.uses.get(fun.sel) ?? null;
	return obj !== null && (obj.kind === ObjKind.Func || obj.kind === ObjKind.Var) ? obj : null;
}

export function signatureOf(t: Type | null): Signature | null {
	if (t === null) return null;
	const u = unalias(t);
	return u.kind === TypeKind.Signature ? u : null;
}

/** "fmt.Printf", "(*log.Logger).Printf": go/types' FullName. */
export function fullName(f: Func | Var): string {
	if (f.kind !== ObjKind.Func) return f.name;
	const sig = signatureOf(typeOf(f));
	const recv = sig?.recv ?? null;
	if (recv !== null && recv.type !== null) {
		const t = unalias(recv.type);
		const named = asNamed(t.kind === TypeKind.Pointer ? (t as Pointer).elem : t);
		if (named === null) return `(interface).${f.name}`;
		const path = named.obj.pkg === null ? "" : `${named.obj.pkg.path}.`;
		return `(${t.kind === TypeKind.Pointer ? "*" : ""}${path}${named.obj.name}).${f.name}`;
	}
	return f.pkg === null ? f.name : `${f.pkg.path}.${f.name}`;
}

/** Whether the object is a function of that package and one of the names. */
export function isFunctionOf(obj: Obj | null, path: string, names: readonly string[]): boolean {
	return (
		obj !== null &&
		obj.kind === ObjKind.Func &&
		obj.pkg?.path === path &&
		signatureOf(typeOf(obj))?.recv === null &&
		names.includes(obj.name)
	);
}

export function isNil(info: Info, e: Expr): boolean {
	return info.types.get(e)?.mode === Mode.NilValue || (e.kind === Kind.Name && info.uses.get(e)?.kind === ObjKind.Nil);
}

export function isEmptyInterface(t: Type): boolean {
	const u = unalias(t);
	return u.kind === TypeKind.Interface && u.methods.length === 0 && u.embeddeds.length === 0;
}

/** Whether evaluating an expression does nothing else: no calls, no receives. */
export function noEffects(info: Info, e: Expr): boolean {
	let none = true;
	walk(e, (n) => {
		if (n.kind === Kind.Call) {
			const mode = info.types.get(n.fun)?.mode;
			const constant = info.types.get(n)?.value != null;
			if (mode !== Mode.TypExpr && !constant) none = false;
		} else if (n.kind === Kind.Unary && n.op === Op.Recv) none = false;
		else if (n.kind === Kind.FuncLit) return false;
		return none;
	});
	return none;
}

/** Whether a type is the one declared with a name in a package. */
export function isTypeNamed(t: Type, path: string, name: string): boolean {
	const named = asNamed(unalias(t));
	return named !== null && named.obj.name === name && named.obj.pkg?.path === path;
}

/** Functions declared in a file. */
export function functionsOf(file: File): FuncDecl[] {
	return file.decls.filter((d): d is FuncDecl => d.kind === Kind.FuncDecl);
}
