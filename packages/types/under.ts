// Underlying types, aliases, and the types of a type parameter's type set.

import type { Arg } from "./format.ts";
import { rhsOf } from "./named.ts";
import { identical } from "./predicates.ts";
import { type Alias, type Chan, ChanDir, type Interface, type Named, type Type, TypeKind, type TypeParam } from "./types.ts";
import { typeSetEvery, typeSetOf } from "./typeset.ts";
import { emptyInterface, Invalid } from "./universe.ts";
import { wrapConstraint } from "./typeparam.ts";

/** Why a type is not what was asked for, as format and arguments; "" without further explanation. */
export interface TypeFault {
	format: string;
	args: Arg[];
}

export function typeErrorf(format: string, ...args: Arg[]): TypeFault {
	return { format, args };
}

/** The type an alias denotes; other types themselves. */
export function unalias(t: Type): Type {
	return t.kind === TypeKind.Alias ? (t.actual ?? resolveAlias(t)) : t;
}

/** Follows the chain of aliases; remembers the end of it once it is known. */
function resolveAlias(a: Alias): Type {
	let t: Type | null = a;
	while (t !== null && t.kind === TypeKind.Alias) t = t.actual ?? t.fromRHS;
	if (t === null) return Invalid;
	a.actual = t;
	return t;
}

/** The underlying type: never Named or Alias; a type parameter's is its constraint interface. */
export function under(t: Type): Type {
	switch (t.kind) {
		case TypeKind.Named:
			return t.underlying ?? resolveUnder(t);
		case TypeKind.Alias:
			return under(unalias(t));
		case TypeKind.TypeParam:
			return constraintOf(t);
		default:
			return t;
	}
}

/** Follows right-hand sides to the first type that is not defined by another one, and remembers it in every type passed. */
function resolveUnder(n: Named): Type {
	const path: Named[] = [];
	let t: Type | null = n;
	while (t !== null) {
		if (t.kind === TypeKind.Alias) {
			t = unalias(t);
		} else if (t.kind === TypeKind.Named) {
			if (t.underlying !== null) {
				t = t.underlying;
				break;
			}
			if (path.includes(t)) return Invalid;
			path.push(t);
			t = rhsOf(t);
		} else break;
	}
	if (t === null) return Invalid; // the declaration is still being checked
	if (t.kind === TypeKind.TypeParam) t = Invalid;
	for (const p of path) p.underlying = t;
	return t;
}

/** The constraint of a type parameter as an interface. */
export function constraintOf(p: TypeParam): Interface {
	const u = under(p.bound);
	if (p.bound.kind === TypeKind.TypeParam || u === Invalid) return emptyInterface; // reported elsewhere
	if (u.kind === TypeKind.Interface) {
		if (u.tset === null) typeSetOf(u);
		return u;
	}
	return wrapConstraint(p);
}

/**
 * Whether f holds for every type (with its underlying type) of t's type set if t
 * is a type parameter, called with nulls if the set has no specific types; else for t itself.
 */
export function all(t: Type, f: (t: Type | null, u: Type | null) => boolean): boolean {
	const p = unalias(t);
	if (p.kind === TypeKind.TypeParam) return typeSetEvery(typeSetOf(constraintOf(p)), f);
	return f(t, under(t));
}

export function underIs(t: Type, f: (u: Type | null) => boolean): boolean {
	return all(t, (_, u) => f(u));
}

/** The (type, underlying type) pairs of t's type set; [null, null] when there are no specific types. */
export function typesetOf(t: Type): [Type | null, Type | null][] {
	const out: [Type | null, Type | null][] = [];
	all(t, (x, u) => {
		out.push([x, u]);
		return true;
	});
	return out;
}

/**
 * The underlying type common to all types of t's type set, or the reason why there
 * is none. Channels may differ in direction when one is more restricted. cond, if
 * given, is asked first for each pair.
 */
export function commonUnder(
	t: Type,
	cond: ((t: Type | null, u: Type | null) => TypeFault | null) | null,
): { type: Type; err: null } | { type: null; err: TypeFault } {
	let ct: Type | null = null;
	let cu: Type | null = null;
	let err: TypeFault | null = null;
	all(t, (t1, u1) => {
		err = cond === null ? null : cond(t1, u1);
		if (err !== null) return false;
		if (t1 === null || u1 === null) {
			err = typeErrorf("no specific type");
			return false;
		}
		if (ct === null || cu === null) {
			ct = t1;
			cu = u1;
			return true;
		}
		if (cu.kind === TypeKind.Chan && u1.kind === TypeKind.Chan) {
			err = joinChans(ct, cu, t1, u1);
			if (err !== null) return false;
			if (cu.dir !== u1.dir && cu.dir === ChanDir.Both) {
				ct = t1;
				cu = u1;
			}
			return true;
		}
		if (!identical(cu, u1)) {
			err = typeErrorf("%s and %s have different underlying types", ct, t1);
			return false;
		}
		return true;
	});
	if (err !== null) return { type: null, err };
	return { type: cu as unknown as Type, err: null };
}

function joinChans(ct: Type, cu: Chan, t: Type, u: Chan): TypeFault | null {
	if (!identical(cu.elem, u.elem)) return typeErrorf("channels %s and %s have different element types", ct, t);
	if (cu.dir === u.dir || cu.dir === ChanDir.Both || u.dir === ChanDir.Both) return null;
	return typeErrorf("channels %s and %s have conflicting directions", ct, t);
}

/** The core type: commonUnder without the reason; null if there is none. */
export function coreType(t: Type): Type | null {
	return commonUnder(t, null).type;
}
