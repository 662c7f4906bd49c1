// Instances of generic types and functions, and whether type arguments satisfy their constraints.

import type { Pos } from "#base";
import { newAliasInstance } from "./alias.ts";
import type { Checker } from "./checker.ts";
import type { Context } from "./context.ts";
import { errorf } from "./errors.ts";
import { sprintf } from "./format.ts";
import { hasAllMethods, isInterfacePtr } from "./lookup.ts";
import { comparableType, identical, isValid } from "./predicates.ts";
import { cloneSignature, makeSubstMap, subst } from "./subst.ts";
import { Alias, Named, type Signature, type Type, TypeKind, type TypeParam, type UnionTerm } from "./types.ts";
import { hasTerms, isAllSet, isComparableSet, isEmptySet, termsInclude, termsSubset, typeSetOf } from "./typeset.ts";
import { constraintOf, under } from "./under.ts";
import { typeString } from "./typestring.ts";
import { Invalid } from "./universe.ts";
import { allowVersion, go1_20 } from "./version.ts";

export type GenericType = Named | Alias | Signature;

/** The instance of a generic type with as many arguments as parameters (for Named: expands when used). */
export function instance(ctx: Context, pos: Pos, orig: Named | Alias, targs: Type[]): Type {
	const known = ctx.lookup(orig, targs);
	if (known !== null) return known;
	const t =
		orig.kind === TypeKind.Named ? new Named(ctx.ids, ctx, orig.obj, { orig, targs, pos }) : newAliasInstance(ctx, pos, orig, targs);
	ctx.add(orig, targs, t);
	return t;
}

/**
 * Instantiates a generic type or signature. For aliases and signatures a wrong
 * number of arguments is reported and gives an invalid type; for Named that is
 * left to validateTArgLen, as its type parameters may not be declared yet.
 */
export function instantiate(c: Checker, pos: Pos, orig: GenericType, targs: Type[]): Type {
	if (orig.kind === TypeKind.Named) return instance(c.ctx, pos, orig, targs);
	if (orig.kind === TypeKind.Alias) {
		if (!validateTArgLen(c, pos, orig.obj.name, orig.tparams.length, targs.length)) return Invalid;
		return orig.tparams.length === 0 ? orig : instance(c.ctx, pos, orig, targs);
	}
	if (!validateTArgLen(c, pos, typeString(orig, null), orig.tparams.length, targs.length)) return Invalid;
	return orig.tparams.length === 0 ? orig : instantiateSignatureType(c.ctx, orig, targs);
}

/** A generic signature with arguments for all its type parameters; it is not generic any more. */
export function instantiateSignatureType(ctx: Context, orig: Signature, targs: readonly Type[]): Signature {
	const sig = subst(ctx, orig, makeSubstMap(orig.tparams, targs));
	const inst = sig === orig ? cloneSignature(ctx, orig) : sig;
	inst.tparams = [];
	return inst;
}

export function validateTArgLen(c: Checker, pos: Pos, name: string, want: number, got: number): boolean {
	if (got === want) return true;
	const qual = got < want ? "not enough" : "too many";
	errorf(c, pos, "WrongTypeArgCount", "%s type arguments for type %s: have %d, want %d", qual, name, got, want);
	return false;
}

/** The first type argument that does not satisfy its constraint, with the reason; null if all do. */
export function verify(
	c: Checker | null,
	ctx: Context,
	tparams: readonly TypeParam[],
	targs: readonly Type[],
): { index: number; cause: string } | null {
	const m = makeSubstMap(tparams, targs);
	for (let i = 0; i < tparams.length; i++) {
		const p = tparams[i] as TypeParam;
		constraintOf(p); // wraps the bound into an interface if need be
		const bound = subst(ctx, p.bound, m, p.obj.pos);
		const cause = { text: "" };
		if (!implementsType(c, targs[i] as Type, bound, true, cause)) return { index: i, cause: cause.text };
	}
	return null;
}

/** Receives the explanation of a negative answer. */
export interface Cause {
	text: string;
}

/** v implements interface t, or satisfies the constraint t. */
export function implementsType(c: Checker | null, v: Type, t: Type, constraint: boolean, cause: Cause | null): boolean {
	const vu = under(v);
	const tu = under(t);
	if (!isValid(vu) || !isValid(tu)) return true;
	if (vu.kind === TypeKind.Pointer && !isValid(under(vu.elem))) return true;
	const verb = constraint ? "satisfy" : "implement";
	const fail = (format: string, ...args: Parameters<typeof sprintf>[2][]): false => {
		if (cause !== null) cause.text = sprintf(c, format, ...args);
		return false;
	};
	if (tu.kind !== TypeKind.Interface) {
		const what = isInterfacePtr(tu) ? "type %s is pointer to interface, not interface" : "%s is not an interface";
		return fail("%s does not %s %s (%s)", v, verb, t, sprintf(c, what, t));
	}
	const tset = typeSetOf(tu);
	if (isAllSet(tset)) return true;
	const vset = vu.kind === TypeKind.Interface ? typeSetOf(vu) : null;
	if (vset !== null && isEmptySet(vset)) return true;
	if (isEmptySet(tset)) return fail("cannot %s %s (empty type set)", verb, t);
	if (!hasAllMethods(c, v, t, true, identical, cause)) return fail("%s does not %s %s %s", v, verb, t, cause?.text ?? "");
	if (hasTerms(tset)) {
		if (vset !== null) {
			if (!termsSubset(vset.terms, tset.terms)) return fail("%s does not %s %s", v, verb, t);
		} else if (!termsInclude(tset.terms, v)) {
			return fail("%s does not %s %s (%s)", v, verb, t, cause === null ? "" : missingTerm(c, v, t, tset.terms as UnionTerm[]));
		}
	}
	// comparability
	if (!isComparableSet(tset, null) || comparableType(v, false, null) === null) return true;
	if (constraint && comparableType(v, true, null) === null) {
		if (c === null || allowVersion(c, go1_20)) return true;
		return fail("%s to %s comparable requires go1.20 or later", v, verb);
	}
	return fail("%s does not %s comparable", v, verb);
}

/** Explains why v is in none of the terms of t's type set. */
function missingTerm(c: Checker | null, v: Type, t: Type, terms: UnionTerm[]): string {
	const near = terms.find((x) => !x.tilde && identical(x.type, under(x.type)) && identical(x.type, under(v)));
	if (near !== undefined) return sprintf(c, "possibly missing ~ for %s in %s", near.type, t);
	if (mentions(under(t), v)) return sprintf(c, "%s mentions %s, but %s is not in the type set of %s", t, v, v, t);
	return sprintf(c, "%s missing in %s", v, terms.map((x) => (x.tilde ? "~" : "") + typeString(x.type, null)).join(" | "));
}

/** t has `what` as embedded element or term. */
function mentions(t: Type, what: Type): boolean {
	if (t.kind === TypeKind.Interface) return t.embeddeds.some((e) => mentions(e, what));
	if (t.kind === TypeKind.Union) return t.terms.some((x) => mentions(x.type, what));
	return identical(t, what);
}
