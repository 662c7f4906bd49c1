// Formatting of messages: Go's verbs applied to types, objects, operands and expressions.

import { quote, type Value } from "#constant";
import { type Expr, exprString, type Node } from "#syntax";
import type { Checker } from "./checker.ts";
import { isAlias } from "./cycles.ts";
import { type Obj, ObjKind, VarKind } from "./objects.ts";
import { Operand, operandString } from "./operand.ts";
import type { Package } from "./package.ts";
import { deref } from "./predicates.ts";
import { type Signature, type Type, TypeKind } from "./types.ts";
import { packagePrefix, type Qualifier, signatureString, tparamsString, typeString } from "./typestring.ts";
import { type TypeFault, under } from "./under.ts";
import { emptyInterface, Universe } from "./universe.ts";

export type Arg =
	| string
	| number
	| bigint
	| boolean
	| null
	| Type
	| Obj
	| Operand
	| Node
	| Value
	| readonly Type[]
	| readonly Operand[]
	| readonly Expr[];

/** Replaces the verbs %s %v %d %q %t %% of format by args. c gives the qualifier of packages; null writes import paths. */
export function sprintf(c: Checker | null, format: string, ...args: readonly Arg[]): string {
	if (args.length === 0 && !format.includes("%")) return format;
	let next = 0;
	return format.replace(/%(?:\[\d+\])?[#+]?([a-zA-Z%])/g, (_, verb: string) => {
		if (verb === "%") return "%";
		const text = argString(c, args[next++] ?? null);
		return verb === "q" ? quoteText(text) : text;
	});
}

/** The text of a TypeFault. */
export function formatFault(c: Checker | null, fault: TypeFault): string {
	return sprintf(c, fault.format, ...fault.args);
}

/** As Go's strconv.Quote. */
export function quoteText(text: string): string {
	let bytes = "";
	for (const b of new TextEncoder().encode(text)) bytes += String.fromCharCode(b);
	return quote(bytes);
}

function argString(c: Checker | null, a: Arg): string {
	if (a === null) return "<nil>";
	if (typeof a !== "object") return String(a);
	if (Array.isArray(a)) return `[${(a as readonly Arg[]).map((x) => argString(c, x)).join(", ")}]`;
	const qf = qualifierOf(c);
	if (a instanceof Operand) return operandString(a, qf);
	const o = a as Type | Obj | Node | Value;
	if ("rep" in o) return "value";
	if ("scopePos" in o) return objectString(o, qf);
	if ("pos" in o) return exprString(o as Expr);
	return typeString(o, qf);
}

/** How the messages of a checker write package names. */
export function qualifierOf(c: Checker | null): Qualifier {
	return c === null ? null : (p: Package) => c.qualifier(p);
}

/** An object with its type, such as "func f(x int)" or "field a string". */
export function objectString(obj: Obj, qf: Qualifier): string {
	switch (obj.kind) {
		case ObjKind.PkgName: {
			const path = obj.imported.path;
			return `package ${obj.name}${path !== "" && path !== obj.name ? ` (${quoteText(path)})` : ""}`;
		}
		case ObjKind.Func:
			return `func ${funcName(obj, qf)}${obj.type === null ? "" : signatureString(obj.type as Signature, qf)}`;
		case ObjKind.Nil:
			return "nil";
		case ObjKind.Label:
			return `label ${obj.name}`;
		case ObjKind.Builtin:
			return `builtin ${qualified(obj, qf)}`;
		case ObjKind.Const:
			return withType("const", obj, qf);
		case ObjKind.Var:
			return withType(obj.varKind === VarKind.Field ? "field" : "var", obj, qf);
		case ObjKind.TypeName:
			return typeNameString(obj, qf);
	}
}

function withType(word: string, obj: Obj, qf: Qualifier): string {
	return `${word} ${qualified(obj, qf)}${obj.type === null ? "" : ` ${typeString(obj.type, qf)}`}`;
}

/** Package-level names are qualified. */
function qualified(obj: Obj, qf: Qualifier): string {
	return obj.pkg !== null && obj.pkg.scope.lookup(obj.name) === obj ? packagePrefix(obj.pkg, qf) + obj.name : obj.name;
}

function typeNameString(obj: Obj & { kind: typeof ObjKind.TypeName }, qf: Qualifier): string {
	const t = obj.type;
	let s = `type ${t !== null && t.kind === TypeKind.TypeParam ? "parameter " : ""}${qualified(obj, qf)}`;
	if (t === null || t.kind === TypeKind.Basic) return s;
	if ((t.kind === TypeKind.Named || t.kind === TypeKind.Alias) && t.tparams.length > 0) s += tparamsString(t.tparams, qf);
	let rhs: Type = t;
	if (isAlias(obj)) {
		s += " =";
		if (t.kind === TypeKind.Alias && t.fromRHS !== null) rhs = t.fromRHS;
	} else if (t.kind === TypeKind.TypeParam) rhs = t.bound;
	else rhs = under(t);
	if (obj.name === "any" && obj.parent === Universe) rhs = emptyInterface;
	return `${s} ${typeString(rhs, qf)}`;
}

function funcName(f: Obj & { kind: typeof ObjKind.Func }, qf: Qualifier): string {
	const sig = f.type as Signature | null;
	if (sig !== null && sig.recv !== null) {
		const [base, ptr] = deref(sig.recv.type as Type);
		if (base.kind === TypeKind.Interface) return `(interface).${f.name}`;
		return `(${ptr ? "*" : ""}${typeString(base, qf)}).${f.name}`;
	}
	return f.pkg !== null ? packagePrefix(f.pkg, qf) + f.name : f.name;
}

/** What an object is, in words. */
export function objectKind(obj: Obj): string {
	switch (obj.kind) {
		case ObjKind.PkgName:
			return "package name";
		case ObjKind.Const:
			return "constant";
		case ObjKind.TypeName:
			if (isAlias(obj)) return "type alias";
			return obj.type !== null && obj.type.kind === TypeKind.TypeParam ? "type parameter" : "defined type";
		case ObjKind.Var:
			return ["", "package-level variable", "local variable", "receiver", "parameter", "result variable", "struct field"][
				obj.varKind
			] as string;
		case ObjKind.Func:
			return isMethod(obj) ? "method" : "function";
		case ObjKind.Label:
			return "label";
		case ObjKind.Builtin:
			return "built-in function";
		case ObjKind.Nil:
			return "untyped nil";
	}
}

function isMethod(f: Obj & { kind: typeof ObjKind.Func }): boolean {
	const sig = f.type as Signature | null;
	return sig !== null ? sig.recv !== null : (f.decl?.fdecl?.recv ?? null) !== null;
}
