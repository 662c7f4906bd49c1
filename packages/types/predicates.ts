// Questions about types: classes of types, identity, comparability.

import { type TypeFault, typeErrorf } from "./under.ts";
import { objId, sameId } from "./objects.ts";
import { substParams } from "./subst.ts";
import {
	type Basic,
	BasicKind,
	type Interface,
	IsBoolean,
	IsComplex,
	IsConstType,
	IsFloat,
	IsInteger,
	IsNumeric,
	IsOrdered,
	IsString,
	IsUnsigned,
	IsUntyped,
	type Named,
	type Signature,
	type Struct,
	type Tuple,
	type Type,
	TypeKind,
	type TypeParam,
} from "./types.ts";
import { isComparableSet, isEmptySet, sameTerms, termsEvery, typeSetOf } from "./typeset.ts";
import { all, unalias, under } from "./under.ts";
import { Typ, universeRune } from "./universe.ts";
import { unionTypeSet } from "./typeset.ts";

export function isValid(t: Type): boolean {
	const u = unalias(t);
	return !(u.kind === TypeKind.Basic && u.basic === BasicKind.Invalid);
}

// ---- the is* predicates look at the underlying type; a type parameter is none of these ----

export function isBasic(t: Type, info: number): boolean {
	const u = under(t);
	return u.kind === TypeKind.Basic && (u.info & info) !== 0;
}

export const isBoolean = (t: Type): boolean => isBasic(t, IsBoolean);
export const isInteger = (t: Type): boolean => isBasic(t, IsInteger);
export const isUnsigned = (t: Type): boolean => isBasic(t, IsUnsigned);
export const isFloat = (t: Type): boolean => isBasic(t, IsFloat);
export const isComplex = (t: Type): boolean => isBasic(t, IsComplex);
export const isNumeric = (t: Type): boolean => isBasic(t, IsNumeric);
export const isString = (t: Type): boolean => isBasic(t, IsString);
export const isIntegerOrFloat = (t: Type): boolean => isBasic(t, IsInteger | IsFloat);
export const isConstType = (t: Type): boolean => isBasic(t, IsConstType);

// ---- the all* predicates hold for a type parameter if they hold for every type of its type set ----

export function allBasic(t: Type, info: number): boolean {
	const u = unalias(t);
	if (u.kind === TypeKind.TypeParam)
		return termsEvery(typeSetOf(under(u) as Interface), (term) => term !== null && isBasic(term.type, info));
	return isBasic(t, info);
}

export const allBoolean = (t: Type): boolean => allBasic(t, IsBoolean);
export const allInteger = (t: Type): boolean => allBasic(t, IsInteger);
export const allUnsigned = (t: Type): boolean => allBasic(t, IsUnsigned);
export const allNumeric = (t: Type): boolean => allBasic(t, IsNumeric);
export const allString = (t: Type): boolean => allBasic(t, IsString);
export const allOrdered = (t: Type): boolean => allBasic(t, IsOrdered);
export const allNumericOrString = (t: Type): boolean => allBasic(t, IsNumeric | IsString);

/** Predeclared, defined, or a type parameter. */
export function hasName(t: Type): boolean {
	const k = unalias(t).kind;
	return k === TypeKind.Basic || k === TypeKind.Named || k === TypeKind.TypeParam;
}

/** Not a defined type or type parameter (basic types count as literals). */
export function isTypeLit(t: Type): boolean {
	const k = unalias(t).kind;
	return k !== TypeKind.Named && k !== TypeKind.TypeParam;
}

export function isUntyped(t: Type): boolean {
	return t.kind === TypeKind.Basic && (t.info & IsUntyped) !== 0;
}

export function isTyped(t: Type): boolean {
	return !isUntyped(t);
}

export function isUntypedNumeric(t: Type): boolean {
	return t.kind === TypeKind.Basic && (t.info & IsUntyped) !== 0 && (t.info & IsNumeric) !== 0;
}

/** Interfaces; type parameters too. */
export function isInterface(t: Type): boolean {
	return under(t).kind === TypeKind.Interface;
}

export function isTypeParam(t: Type): boolean {
	return unalias(t).kind === TypeKind.TypeParam;
}

export function isNonTypeParamInterface(t: Type): boolean {
	return !isTypeParam(t) && isInterface(t);
}

export function asNamed(t: Type | null): Named | null {
	if (t === null) return null;
	const u = unalias(t);
	return u.kind === TypeKind.Named ? u : null;
}

export function asTypeParam(t: Type): TypeParam | null {
	const u = unalias(t);
	return u.kind === TypeKind.TypeParam ? u : null;
}

/** A type parameter whose (already computed) type set is empty. */
export function hasEmptyTypeset(t: Type): boolean {
	const p = asTypeParam(t);
	if (p === null) return false;
	const bound = unalias(p.bound);
	const u = bound.kind === TypeKind.Named ? bound.underlying : bound;
	return u !== null && u.kind === TypeKind.Interface && u.tset !== null && isEmptySet(u.tset);
}

/** A parameterized type that is not instantiated. */
export function isGeneric(t: Type): boolean {
	if (t.kind === TypeKind.Alias && t.tparams.length > 0 && t.targs.length === 0) return true;
	const n = asNamed(t);
	return n !== null && n.inst === null && n.tparams.length > 0;
}

/** Values of the type may be nil; for type parameters, of all types in the type set. */
export function hasNil(t: Type): boolean {
	const u = under(t);
	switch (u.kind) {
		case TypeKind.Basic:
			return u.basic === BasicKind.UnsafePointer;
		case TypeKind.Slice:
		case TypeKind.Pointer:
		case TypeKind.Signature:
		case TypeKind.Map:
		case TypeKind.Chan:
			return true;
		case TypeKind.Interface:
			return !isTypeParam(t) || all(t, (_, v) => v !== null && hasNil(v));
		default:
			return false;
	}
}

/** Comparable in the sense of the spec's comparison operators: interfaces are, dynamically. */
export function comparable(t: Type): boolean {
	return comparableType(t, true, null) === null;
}

/** Why t is not comparable, or null if it is. dynamic: interfaces that are not type parameters count as comparable. */
export function comparableType(t: Type, dynamic: boolean, seen: Set<Type> | null): TypeFault | null {
	const visited = seen ?? new Set<Type>();
	if (visited.has(t)) return null;
	visited.add(t);
	const u = under(t);
	switch (u.kind) {
		case TypeKind.Basic:
			return u.basic === BasicKind.UntypedNil ? typeErrorf("") : null;
		case TypeKind.Pointer:
		case TypeKind.Chan:
			return null;
		case TypeKind.Struct:
			for (const f of u.fields) {
				if (comparableType(f.type as Type, dynamic, visited) !== null) {
					return typeErrorf("struct containing %s cannot be compared", f.type as Type);
				}
			}
			return null;
		case TypeKind.Array:
			return comparableType(u.elem, dynamic, visited) === null ? null : typeErrorf("%s cannot be compared", t);
		case TypeKind.Interface: {
			if (dynamic && !isTypeParam(t)) return null;
			const set = typeSetOf(u);
			if (isComparableSet(set, visited)) return null;
			return typeErrorf(isEmptySet(set) ? "empty type set" : "incomparable types in type set");
		}
		default:
			return typeErrorf("");
	}
}

/** The type an untyped constant gets without context. */
export function defaultType(t: Type): Type {
	if (t.kind !== TypeKind.Basic) return t;
	switch (t.basic) {
		case BasicKind.UntypedBool:
			return Typ[BasicKind.Bool] as Basic;
		case BasicKind.UntypedInt:
			return Typ[BasicKind.Int] as Basic;
		case BasicKind.UntypedRune:
			return universeRune;
		case BasicKind.UntypedFloat:
			return Typ[BasicKind.Float64] as Basic;
		case BasicKind.UntypedComplex:
			return Typ[BasicKind.Complex128] as Basic;
		case BasicKind.UntypedString:
			return Typ[BasicKind.String] as Basic;
		default:
			return t;
	}
}

/** The larger of two untyped numeric kinds, or the type itself if both are the same; else null. */
export function maxType(x: Type, y: Type): Type | null {
	if (x === y) return x;
	if (isUntypedNumeric(x) && isUntypedNumeric(y)) return (x as Basic).basic > (y as Basic).basic ? x : y;
	return null;
}

// ---- identity ----

/** Interfaces whose comparison is under way, innermost first: cycles through methods end here. */
interface IfacePair {
	x: Interface;
	y: Interface;
	prev: IfacePair | null;
}

interface IdentityMode {
	ignoreTags: boolean;
	ignoreInvalids: boolean;
}

const strict: IdentityMode = { ignoreTags: false, ignoreInvalids: false };

export function identical(x: Type, y: Type): boolean {
	return x === y || same(strict, x, y, null);
}

export function identicalIgnoreTags(x: Type, y: Type): boolean {
	return x === y || same({ ignoreTags: true, ignoreInvalids: false }, x, y, null);
}

/** Both come from the same declaration. */
export function identicalOrigin(x: Named, y: Named): boolean {
	return (x.inst?.orig ?? x).obj === (y.inst?.orig ?? y).obj;
}

export function identicalLists(x: readonly Type[], y: readonly Type[]): boolean {
	if (x.length !== y.length) return false;
	for (let i = 0; i < x.length; i++) if (!identical(x[i] as Type, y[i] as Type)) return false;
	return true;
}

function same(m: IdentityMode, x0: Type, y0: Type, p: IfacePair | null): boolean {
	const x = x0.kind === TypeKind.Alias ? unalias(x0) : x0;
	const y = y0.kind === TypeKind.Alias ? unalias(y0) : y0;
	if (x === y) return true;
	if (m.ignoreInvalids && (!isValid(x) || !isValid(y))) return true;
	if (x.kind !== y.kind) return false;
	switch (x.kind) {
		case TypeKind.Basic:
			return x.basic === (y as Basic).basic;
		case TypeKind.Pointer:
		case TypeKind.Slice:
			return same(m, x.elem, (y as typeof x).elem, p);
		case TypeKind.Array: {
			const yt = y as typeof x;
			return (x.len < 0 || yt.len < 0 || x.len === yt.len) && same(m, x.elem, yt.elem, p);
		}
		case TypeKind.Map:
			return same(m, x.key, (y as typeof x).key, p) && same(m, x.elem, (y as typeof x).elem, p);
		case TypeKind.Chan:
			return x.dir === (y as typeof x).dir && same(m, x.elem, (y as typeof x).elem, p);
		case TypeKind.Tuple:
			return sameTuples(m, x, y as Tuple, p);
		case TypeKind.Struct:
			return sameStructs(m, x, y as Struct, p);
		case TypeKind.Signature:
			return sameSignatures(m, x, y as Signature, p);
		case TypeKind.Interface:
			return sameInterfaces(m, x, y as Interface, p);
		case TypeKind.Union:
			return sameTerms(unionTypeSet(null, 0, x).terms, unionTypeSet(null, 0, y as typeof x).terms);
		case TypeKind.Named: {
			const yt = y as Named;
			return identicalLists(x.inst?.targs ?? [], yt.inst?.targs ?? []) && identicalOrigin(x, yt);
		}
		default:
			return false;
	}
}

function sameTuples(m: IdentityMode, x: Tuple, y: Tuple, p: IfacePair | null): boolean {
	if (x.vars.length !== y.vars.length) return false;
	for (let i = 0; i < x.vars.length; i++) {
		if (!same(m, x.vars[i]?.type as Type, y.vars[i]?.type as Type, p)) return false;
	}
	return true;
}

function sameStructs(m: IdentityMode, x: Struct, y: Struct, p: IfacePair | null): boolean {
	if (x.fields.length !== y.fields.length) return false;
	for (let i = 0; i < x.fields.length; i++) {
		const f = x.fields[i] as Struct["fields"][number];
		const g = y.fields[i] as Struct["fields"][number];
		if (f.embedded !== g.embedded || !sameId(f, g.pkg, g.name, false)) return false;
		if (!m.ignoreTags && (x.tags[i] ?? "") !== (y.tags[i] ?? "")) return false;
		if (!same(m, f.type as Type, g.type as Type, p)) return false;
	}
	return true;
}

/** Type parameters are compared up to renaming. */
function sameSignatures(m: IdentityMode, x: Signature, y: Signature, p: IfacePair | null): boolean {
	if (x.tparams.length !== y.tparams.length || x.variadic !== y.variadic) return false;
	if (x.tparams.length === 0) return sameTuples(m, x.params, y.params, p) && sameTuples(m, x.results, y.results, p);
	const renamed = substParams(y, x.tparams);
	for (let i = 0; i < x.tparams.length; i++) {
		if (!same(m, (x.tparams[i] as TypeParam).bound, renamed.bounds[i] as Type, p)) return false;
	}
	return sameTuples(m, x.params, renamed.params, p) && sameTuples(m, x.results, renamed.results, p);
}

/** Same methods and same type restrictions; order does not matter. */
function sameInterfaces(m: IdentityMode, x: Interface, y: Interface, p: IfacePair | null): boolean {
	const xs = typeSetOf(x);
	const ys = typeSetOf(y);
	if (xs.comparable !== ys.comparable || xs.methods.length !== ys.methods.length || !sameTerms(xs.terms, ys.terms)) return false;
	for (let q = p; q !== null; q = q.prev) {
		if ((q.x === x && q.y === y) || (q.x === y && q.y === x)) return true;
	}
	const pair = { x, y, prev: p };
	for (let i = 0; i < xs.methods.length; i++) {
		const f = xs.methods[i] as (typeof xs.methods)[number];
		const g = ys.methods[i] as (typeof xs.methods)[number];
		if (objId(f.pkg, f.name) !== objId(g.pkg, g.name)) return false;
		if (!same(m, f.type as Type, g.type as Type, pair)) return false;
	}
	return true;
}

/** *T gives T and true; other types themselves and false. */
export function deref(t: Type): [Type, boolean] {
	const u = unalias(t);
	if (u.kind === TypeKind.Pointer) return [u.elem, true];
	return [t, false];
}

/** Letters, digits and underscores only, as far as error messages care. */
export function isValidName(s: string): boolean {
	return /^[\p{L}_][\p{L}_\p{Nd}]*$/u.test(s);
}
