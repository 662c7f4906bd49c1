// Type sets of interfaces and unions: the methods a type must have and the list of
// terms (T or ~T) it must be in. Term lists are unions of disjoint terms; null
// stands for all types.

import type { Pos } from "#base";
import { type Checker, later } from "./checker.ts";
import { addf, errorf, newError, reportError } from "./errors.ts";
import { compareObjs, type Func, objId, sameId } from "./objects.ts";
import type { Package } from "./package.ts";
import { comparableType, identical, isValid } from "./predicates.ts";
import { type Interface, type Type, TypeKind, type Union, type UnionTerm } from "./types.ts";
import { unalias, under } from "./under.ts";
import { allowVersion, go1_14, go1_18, verifyVersionf } from "./version.ts";

/** What an interface admits. */
export interface TypeSet {
	/** All methods, sorted by compareObjs. */
	methods: Func[];
	/** null: all types. Empty: no type. */
	terms: UnionTerm[] | null;
	/** Only comparable types; set only when terms is null. */
	comparable: boolean;
}

/** More terms make checking unreasonably slow. */
export const maxTermCount = 100;

const topTypeSet: TypeSet = { methods: [], terms: null, comparable: false };

export const isEmptySet = (s: TypeSet): boolean => s.terms !== null && s.terms.length === 0;
/** Described by methods alone. */
export const isMethodSet = (s: TypeSet): boolean => !s.comparable && s.terms === null;
/** The set of all types. */
export const isAllSet = (s: TypeSet): boolean => isMethodSet(s) && s.methods.length === 0;
/** Has specific types. */
export const hasTerms = (s: TypeSet): boolean => s.terms !== null && s.terms.length > 0;

export function isComparableSet(s: TypeSet, seen: Set<Type> | null): boolean {
	if (s.terms === null) return s.comparable;
	return termsEvery(s, (t) => t !== null && comparableType(t.type, false, seen) === null);
}

/** f for each specific term, or once with null if there is none. */
export function termsEvery(s: TypeSet, f: (t: UnionTerm | null) => boolean): boolean {
	if (s.terms === null || s.terms.length === 0) return f(null);
	return s.terms.every(f);
}

/** f for each specific type and its underlying type, or once with nulls if there is none. */
export function typeSetEvery(s: TypeSet, f: (t: Type | null, u: Type | null) => boolean): boolean {
	return termsEvery(s, (t) => {
		if (t === null) return f(null, null);
		return f(t.type, t.tilde ? unalias(t.type) : under(t.type));
	});
}

export function lookupInSet(s: TypeSet, pkg: Package | null, name: string, foldCase: boolean): Func | null {
	if (name === "_") return null;
	for (const m of s.methods) if (sameId(m, pkg, name, foldCase)) return m;
	return null;
}

// ---- terms ----

function disjoint(x: UnionTerm, y: UnionTerm): boolean {
	return !identical(y.tilde ? under(x.type) : x.type, x.tilde ? under(y.type) : y.type);
}

/** x's types are all in y. */
function termSubset(x: UnionTerm, y: UnionTerm): boolean {
	return !disjoint(x, y) && (!x.tilde || y.tilde);
}

/** The index of a term that shares types with t, or -1. Interface terms are ignored. */
export function overlappingTerm(terms: readonly UnionTerm[], t: UnionTerm): number {
	return terms.findIndex((x) => under(x.type).kind !== TypeKind.Interface && !disjoint(x, t));
}

/** Merges overlapping terms. */
function normalize(list: readonly UnionTerm[]): UnionTerm[] {
	const out: UnionTerm[] = [];
	const used = new Set<number>();
	for (let i = 0; i < list.length; i++) {
		if (used.has(i)) continue;
		let x = list[i] as UnionTerm;
		for (let j = i + 1; j < list.length; j++) {
			const y = list[j] as UnionTerm;
			if (used.has(j) || disjoint(x, y)) continue;
			if (y.tilde && !x.tilde) x = y;
			used.add(j);
		}
		out.push(x);
	}
	return out;
}

function intersectTerms(x: UnionTerm[] | null, y: UnionTerm[] | null): UnionTerm[] | null {
	if (x === null) return y;
	if (y === null) return x;
	const out: UnionTerm[] = [];
	for (const a of x) {
		for (const b of y) if (!disjoint(a, b)) out.push(a.tilde && !b.tilde ? b : a);
	}
	return normalize(out);
}

/** The terms describe the same types. */
export function sameTerms(x: UnionTerm[] | null, y: UnionTerm[] | null): boolean {
	return termsSubset(x, y) && termsSubset(y, x);
}

export function termsSubset(x: UnionTerm[] | null, y: UnionTerm[] | null): boolean {
	if (y === null) return true;
	if (x === null) return false;
	return x.every((a) => y.some((b) => termSubset(a, b)));
}

/** The term list includes the type. */
export function termsInclude(list: UnionTerm[] | null, t: Type): boolean {
	return list === null || list.some((x) => identical(x.type, x.tilde ? under(t) : t));
}

export { termSubset };

// ---- computation ----

/** The type set of an interface, computed on first use; errors go to the checker that declared it. */
export function typeSetOf(t: Interface): TypeSet {
	return t.tset ?? computeInterfaceTypeSet(t.c, 0, t);
}

interface MethodAt {
	m: Func;
	pos: Pos;
}

/** pos is used for errors about interfaces without own positions. */
export function computeInterfaceTypeSet(c: Checker | null, pos: Pos, t: Interface): TypeSet {
	if (t.tset !== null) return t.tset;
	if (!t.complete) return topTypeSet;
	const set: TypeSet = { methods: [], terms: null, comparable: false };
	t.tset = set;
	const seen = new Map<string, MethodAt>();
	for (const m of t.methods) addMethod(c, seen, m, m.pos, true);
	for (let i = 0; i < t.embeddeds.length; i++) {
		const at = t.embedPos[i] ?? 0;
		const part = embeddedSet(c, at, t.embeddeds[i] as Type);
		if (part === null) continue;
		for (const m of part.methods) addMethod(c, seen, m, at, false);
		restrict(set, part);
	}
	set.methods = [...seen.values()].map((e) => e.m).sort(compareObjs);
	void pos;
	return set;
}

/** The type set that an embedded element contributes; null when it is ignored after an error. */
function embeddedSet(c: Checker | null, at: Pos, t: Type): TypeSet | null {
	const u = under(t);
	const versioned = c !== null && at !== 0;
	if (u.kind === TypeKind.Interface) {
		const set = computeInterfaceTypeSet(c ?? u.c, at, u);
		if (versioned && isImportedConstraint(c, t) && !verifyVersionf(c, at, go1_18, "embedding constraint interface %s", t)) return null;
		return set;
	}
	if (u.kind === TypeKind.Union) {
		if (versioned && !verifyVersionf(c, at, go1_18, "embedding interface element %s", u)) return null;
		const set = unionTypeSet(c, at, u);
		return u.overflow ? null : set;
	}
	if (!isValid(u)) return null;
	if (versioned && !verifyVersionf(c, at, go1_18, "embedding non-interface type %s", t)) return null;
	return { methods: [], terms: [{ tilde: false, type: t }], comparable: false };
}

/** A constraint interface that another package declares. */
export function isImportedConstraint(c: Checker, t: Type): boolean {
	const n = unalias(t);
	if (n.kind !== TypeKind.Named || n.obj.pkg === c.pkg || n.obj.pkg === null) return false;
	const u = under(n);
	return u.kind === TypeKind.Interface && !isMethodSet(typeSetOf(u));
}

/** Intersects set with the type restrictions of part. */
function restrict(set: TypeSet, part: TypeSet): void {
	let terms = intersectTerms(set.terms, part.terms);
	let comparable = set.comparable || part.comparable;
	if (comparable && terms !== null) {
		terms = terms.filter((t) => comparableType(t.type, false, null) === null);
		comparable = false;
	}
	set.terms = terms;
	set.comparable = comparable;
}

function addMethod(c: Checker | null, seen: Map<string, MethodAt>, m: Func, pos: Pos, explicit: boolean): void {
	const key = objId(m.pkg, m.name);
	const other = seen.get(key);
	if (other === undefined) {
		seen.set(key, { m, pos });
		return;
	}
	if (c === null) return;
	const complain = (): void => {
		const err = newError(c, "DuplicateDecl");
		addf(err, pos, "duplicate method %s", m.name);
		addf(err, other.pos, "other declaration of method %s", m.name);
		reportError(err);
	};
	if (explicit) complain();
	else {
		later(c, () => {
			if ((pos !== 0 && !allowVersion(c, go1_14)) || !identical(m.type as Type, other.m.type as Type)) complain();
		});
	}
}

/** The type set of a union. u.overflow is set, and the set empty, if it has too many terms. */
export function unionTypeSet(c: Checker | null, pos: Pos, u: Union): TypeSet {
	if (u.tset !== null) return u.tset;
	const set: TypeSet = { methods: [], terms: [], comparable: false };
	u.tset = set;
	let list: UnionTerm[] | null = [];
	for (const t of u.terms) {
		const ut = under(t.type);
		let terms: UnionTerm[] | null;
		if (ut.kind === TypeKind.Interface) terms = computeInterfaceTypeSet(c ?? ut.c, pos, ut).terms;
		else if (!isValid(ut)) continue;
		else terms = t.tilde && !identical(t.type, ut) ? [] : [t];
		list = list === null || terms === null ? null : normalize([...list, ...terms]);
		if (list !== null && list.length > maxTermCount) {
			if (c !== null) errorf(c, pos, "InvalidUnion", "cannot handle more than %d union terms (implementation limitation)", maxTermCount);
			u.overflow = true;
			return set;
		}
	}
	set.terms = list;
	return set;
}
