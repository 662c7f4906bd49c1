// Looking up fields and methods, and whether a type has the methods of an interface.

import type { Checker } from "./checker.ts";
import { sprintf } from "./format.ts";
import { type Cause } from "./instantiate.ts";
import { methodAt, methodIndex } from "./named.ts";
import { type Func, ObjKind, sameId, type Var } from "./objects.ts";
import type { Package } from "./package.ts";
import { asNamed, deref, identical, isInterface, isTypeParam, isValid } from "./predicates.ts";
import { signatureOf, typeOf } from "./resolve.ts";
import { type Interface, type Named, type Struct, type Type, TypeKind } from "./types.ts";
import { lookupInSet, typeSetOf } from "./typeset.ts";
import { signatureString } from "./typestring.ts";
import { under } from "./under.ts";

export interface LookupResult {
	/** The field or method; null if not found. */
	obj: Var | Func | null;
	/** Path to it. With obj null: where the selector was ambiguous, else null. */
	index: number[] | null;
	/** A pointer is followed on the path. With obj null and index null: the method needs a pointer receiver. */
	indirect: boolean;
}

const notFound: LookupResult = { obj: null, index: null, indirect: false };

/** The field or method `name`, written in package pkg, of type t or *t. A method with pointer receiver is found only if addressable or through a pointer. */
export function lookupFieldOrMethod(
	t: Type,
	addressable: boolean,
	pkg: Package | null,
	name: string,
	foldCase: boolean = false,
): LookupResult {
	// A defined pointer type has no methods, but the fields of its base.
	const n = asNamed(t);
	if (n !== null) {
		const u = under(n);
		if (u.kind === TypeKind.Pointer) {
			const r = lookup(u, false, pkg, name, foldCase);
			return r.obj !== null && r.obj.kind === ObjKind.Func ? notFound : r;
		}
	}
	return lookup(t, addressable, pkg, name, foldCase);
}

/** A type reached through embedded fields. */
interface Embedded {
	type: Type;
	index: number[];
	indirect: boolean;
	/** Reached more than once at this depth. */
	multiples: boolean;
}

/** Breadth first by depth of embedding: the shallowest match wins, two at one depth are ambiguous. */
function lookup(t: Type, addressable: boolean, pkg: Package | null, name: string, foldCase: boolean): LookupResult {
	if (name === "_") return notFound;
	const [base, isPtr] = deref(t);
	if (isPtr && isInterface(base)) return notFound; // pointers to interfaces have no methods
	const direct = foldCase ? null : lookupDirect(base, isPtr, addressable, pkg, name);
	if (direct !== null) return direct;
	let current: Embedded[] = [{ type: base, index: [], indirect: isPtr, multiples: false }];
	const seen: Named[] = [];
	while (current.length > 0) {
		const next: Embedded[] = [];
		const found: { obj: Var | Func; at: Embedded; i: number }[] = [];
		for (const e of current) {
			const n = asNamed(e.type);
			if (n !== null) {
				if (seen.some((s) => s === n || identical(s, n))) continue;
				seen.push(n);
				const i = methodIndex(n, pkg, name, foldCase);
				if (i >= 0) {
					found.push({ obj: methodAt(n, i), at: e, i });
					if (e.multiples || found.length > 1) return { obj: null, index: [...e.index, i], indirect: false };
					continue;
				}
			}
			lookupIn(e, pkg, name, foldCase, found, next);
			const last = found[found.length - 1];
			if (last !== undefined && last.at === e && (e.multiples || found.length > 1)) {
				return { obj: null, index: [...e.index, last.i], indirect: false };
			}
		}
		const f = found[0];
		if (f !== undefined) {
			if (f.obj.kind === ObjKind.Func && f.obj.hasPtrRecv && !f.at.indirect && !addressable) {
				return { obj: null, index: null, indirect: true };
			}
			return { obj: f.obj, index: [...f.at.index, f.i], indirect: f.at.indirect };
		}
		current = consolidate(next);
	}
	return notFound;
}

/** What most selectors name: a method or field of the type itself, not of an embedded field; null if there is none. */
function lookupDirect(t: Type, isPtr: boolean, addressable: boolean, pkg: Package | null, name: string): LookupResult | null {
	const n = asNamed(t);
	if (n !== null) {
		const i = methodIndex(n, pkg, name, false);
		if (i >= 0) {
			const obj = methodAt(n, i);
			if (obj.hasPtrRecv && !isPtr && !addressable) return { obj: null, index: null, indirect: true };
			return { obj, index: [i], indirect: isPtr };
		}
	}
	const u = under(t);
	if (u.kind !== TypeKind.Struct) return null;
	const fields = u.fields;
	for (let i = 0; i < fields.length; i++) {
		const f = fields[i] as Var;
		if (f.name === name && sameId(f, pkg, name, false)) return { obj: f, index: [i], indirect: isPtr };
	}
	return null;
}

/** Looks at the fields or interface methods of one embedded type; queues its embedded fields. */
function lookupIn(
	e: Embedded,
	pkg: Package | null,
	name: string,
	fold: boolean,
	found: { obj: Var | Func; at: Embedded; i: number }[],
	next: Embedded[],
): void {
	const u = under(e.type);
	if (u.kind === TypeKind.Struct) {
		for (let i = 0; i < u.fields.length; i++) {
			const f = u.fields[i] as Var;
			if (sameId(f, pkg, name, fold)) {
				found.push({ obj: f, at: e, i });
				if (e.multiples || found.length > 1) return;
				continue;
			}
			if (found.length === 0 && f.embedded) {
				const [type, isPtr] = deref(f.type as Type);
				next.push({ type, index: [...e.index, i], indirect: e.indirect || isPtr, multiples: e.multiples });
			}
		}
	} else if (u.kind === TypeKind.Interface) {
		const methods = typeSetOf(u).methods;
		for (let i = 0; i < methods.length; i++) {
			const m = methods[i] as Func;
			if (!sameId(m, pkg, name, fold)) continue;
			found.push({ obj: m, at: e, i });
			return;
		}
	}
}

/** One entry per type; those that occur more than once are marked. */
function consolidate(list: Embedded[]): Embedded[] {
	if (list.length <= 1) return list;
	const out: Embedded[] = [];
	for (const e of list) {
		const other = out.find((o) => identical(o.type, e.type));
		if (other !== undefined) other.multiples = true;
		else out.push(e);
	}
	return out;
}

/** The method that t must have to implement an interface, if one is missing. */
export interface MissingMethod {
	method: Func;
	/** Found, but with another signature or a pointer receiver. */
	wrongType: boolean;
}

type Miss = "notFound" | "wrongName" | "unexported" | "wrongSig" | "ambiguous" | "ptrRecv" | "field";

/**
 * The first method of interface t that v lacks, or null. static: v's dynamic type
 * does not count if v is an interface. same compares signatures.
 */
export function missingMethod(
	c: Checker | null,
	v: Type,
	t: Type,
	isStatic: boolean,
	same: (x: Type, y: Type) => boolean,
	cause: Cause | null,
): MissingMethod | null {
	const methods = typeSetOf(under(t) as Interface).methods;
	if (methods.length === 0) return null;
	const vu = under(v);
	for (const m of methods) {
		const r = vu.kind === TypeKind.Interface ? missInInterface(vu, m, isStatic, same) : missInConcrete(v, m, same);
		if (r === null) continue;
		if (cause !== null) cause.text = missCause(c, v, t, m, r.miss, r.f);
		return { method: m, wrongType: r.miss === "wrongSig" || r.miss === "ptrRecv" };
	}
	return null;
}

function missInInterface(
	v: Interface,
	m: Func,
	isStatic: boolean,
	same: (x: Type, y: Type) => boolean,
): { miss: Miss; f: Func | null } | null {
	const f = lookupInSet(typeSetOf(v), m.pkg, m.name, false);
	if (f === null) return isStatic ? { miss: "notFound", f: null } : null;
	return same(typeOf(f), typeOf(m)) ? null : { miss: "wrongSig", f };
}

function missInConcrete(v: Type, m: Func, same: (x: Type, y: Type) => boolean): { miss: Miss; f: Func | null } | null {
	const r = lookup(v, false, m.pkg, m.name, false);
	if (r.obj === null) {
		if (r.index !== null) return { miss: "ambiguous", f: null };
		if (r.indirect) return { miss: "ptrRecv", f: null };
		const near = lookup(v, false, m.pkg, m.name, true).obj;
		if (near === null || near.kind !== ObjKind.Func) return { miss: "notFound", f: null };
		return { miss: near.name === m.name ? "unexported" : "wrongName", f: near };
	}
	if (r.obj.kind !== ObjKind.Func) return { miss: "field", f: null };
	return same(typeOf(r.obj), typeOf(m)) ? null : { miss: "wrongSig", f: r.obj };
}

function missCause(c: Checker | null, v: Type, t: Type, m: Func, miss: Miss, f: Func | null): string {
	switch (miss) {
		case "notFound":
			if (isInterfacePtr(v)) return `(${interfacePtrError(c, v)})`;
			if (isInterfacePtr(t)) return `(${interfacePtrError(c, t)})`;
			return `(missing method ${m.name})`;
		case "wrongName":
			return `(missing method ${m.name})\n\t\thave ${funcString(c, f as Func, false)}\n\t\twant ${funcString(c, m, false)}`;
		case "unexported":
			return `(unexported method ${m.name})`;
		case "wrongSig": {
			let have = funcString(c, f as Func, false);
			let want = funcString(c, m, false);
			if (have === want) {
				have = funcString(c, f as Func, true);
				want = funcString(c, m, true);
			}
			if (have === want) return `(wrong type for method ${m.name})`;
			return `(wrong type for method ${m.name})\n\t\thave ${have}\n\t\twant ${want}`;
		}
		case "ambiguous":
			return sprintf(c, "(ambiguous selector %s.%s)", v, m.name);
		case "ptrRecv":
			return `(method ${m.name} has pointer receiver)`;
		case "field":
			return sprintf(c, "(%s.%s is a field, not a method)", v, m.name);
	}
}

/** A method with its signature, without parameter names. withPkg tells apart signatures that print alike. */
export function funcString(c: Checker | null, f: Func, withPkg: boolean): string {
	const qf = c === null || withPkg ? null : (p: Package): string => c.qualifier(p);
	return f.name + signatureString(signatureOf(f), qf, { paramNames: false, pkgInfo: withPkg });
}

/** v has all methods of t; invalid embedded fields count as having any. */
export function hasAllMethods(
	c: Checker | null,
	v: Type,
	t: Type,
	isStatic: boolean,
	same: (x: Type, y: Type) => boolean,
	cause: Cause | null,
): boolean {
	if (!isValid(v)) return true;
	return missingMethod(c, v, t, isStatic, same, cause) === null || hasInvalidEmbeddedFields(v, new Set());
}

function hasInvalidEmbeddedFields(t: Type, seen: Set<Struct>): boolean {
	const s = under(derefStructPtr(t));
	if (s.kind !== TypeKind.Struct || seen.has(s)) return false;
	seen.add(s);
	return s.fields.some((f) => f.embedded && (!isValid(f.type as Type) || hasInvalidEmbeddedFields(f.type as Type, seen)));
}

/** Pointer to an interface (or type parameter). */
export function isInterfacePtr(t: Type): boolean {
	const u = under(t);
	return u.kind === TypeKind.Pointer && isInterface(u.elem);
}

export function interfacePtrError(c: Checker | null, t: Type): string {
	const u = under(t);
	if (u.kind === TypeKind.Pointer && isTypeParam(u.elem)) return sprintf(c, "type %s is pointer to type parameter, not type parameter", t);
	return sprintf(c, "type %s is pointer to interface, not interface", t);
}

/** A value of interface type v may hold a t (so v.(t) is allowed): interfaces always, others if they have v's methods. */
export function assertableTo(c: Checker | null, v: Type, t: Type, cause: Cause | null): boolean {
	if (isInterface(t)) return true;
	return hasAllMethods(c, t, v, false, identical, cause);
}

/** *S gives S if S is a struct; other types themselves. */
export function derefStructPtr(t: Type): Type {
	const u = under(t);
	return u.kind === TypeKind.Pointer && under(u.elem).kind === TypeKind.Struct ? u.elem : t;
}

export function fieldIndex(fields: readonly Var[], pkg: Package | null, name: string, foldCase: boolean): number {
	if (name === "_") return -1;
	return fields.findIndex((f) => sameId(f, pkg, name, foldCase));
}
