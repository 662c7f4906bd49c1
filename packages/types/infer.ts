// Type inference: type arguments from function arguments, then from constraints,
// then defaults of untyped constants.

import type { Pos } from "#base";
import type { Checker } from "./checker.ts";
import { addf, type TypeError } from "./errors.ts";
import { formatPosition } from "#base";
import { hasAllMethods } from "./lookup.ts";
import { Mode } from "./mode.ts";
import { TypeName, type Var } from "./objects.ts";
import { isNil, type Operand } from "./operand.ts";
import { defaultType, isTyped, maxType } from "./predicates.ts";
import { typeOf } from "./resolve.ts";
import { makeSubstMap, subst } from "./subst.ts";
import { type Tuple, type Type, TypeKind, TypeParam } from "./types.ts";
import { termsEvery, typeSetOf } from "./typeset.ts";
import { commonUnder, constraintOf, unalias } from "./under.ts";
import { Assign, Exact, Unifier } from "./unify.ts";
import { Invalid } from "./universe.ts";
import { allowVersion, go1_21 } from "./version.ts";

/**
 * Infers the missing type arguments of tparams for a call with the given operands
 * for params (one each). null, and an entry added to err, if that is not possible
 * (no entry if an operand is invalid). reverse: params is the type that a generic
 * function is assigned to, for the error message.
 */
export function infer(
	c: Checker,
	pos: Pos,
	tparams: readonly TypeParam[],
	targs0: readonly (Type | null)[],
	params0: Tuple,
	args: readonly Operand[],
	reverse: boolean,
	err: TypeError,
): Type[] | null {
	const targs = tparams.map((_, i) => targs0[i] ?? null);
	if (!targs.includes(null)) return targs as Type[];
	if (args.some((a) => a.mode === Mode.Invalid)) return null;
	const params = subst(c.ctx, params0, makeSubstMap(tparams, targs));
	const u = new Unifier(tparams, targs, allowVersion(c, go1_21));

	const untyped = unifyArguments(c, u, tparams, params, args, reverse, err);
	if (untyped === null || !unifyConstraints(c, u, pos, tparams, err)) return null;
	if (!defaultUntyped(u, params, args, untyped, err)) return null;

	const inferred = u.inferred(tparams);
	killCycles(tparams, inferred);
	simplify(c, tparams, targs, inferred);
	for (let i = 0; i < inferred.length; i++) {
		const t = inferred[i] as Type | null;
		if (t !== null && !isParameterized(tparams, t)) continue;
		const obj = (tparams[i] as TypeParam).obj;
		addf(err, pos, "cannot infer %s (declared at %v)", obj.name, formatPosition(c.build.sources.position(obj.pos)));
		return null;
	}
	return inferred as Type[];
}

/** Unifies parameter with argument types; the indices of untyped arguments for plain type parameters, or null after an error. */
function unifyArguments(
	c: Checker,
	u: Unifier,
	tparams: readonly TypeParam[],
	params: Tuple,
	args: readonly Operand[],
	reverse: boolean,
	err: TypeError,
): number[] | null {
	const untyped: number[] = [];
	for (let i = 0; i < args.length; i++) {
		const arg = args[i] as Operand;
		const par = (params.vars[i] as Var).type as Type;
		if (!isParameterized(tparams, par) && !isParameterized(tparams, arg.type)) continue;
		if (isTyped(arg.type)) {
			if (u.unify(par, arg.type, Assign)) continue;
			mismatch(c, u, tparams, par, arg, reverse, err);
			return null;
		}
		if (par.kind === TypeKind.TypeParam && !isNil(arg)) untyped.push(i);
	}
	return untyped;
}

function mismatch(c: Checker, u: Unifier, tparams: readonly TypeParam[], par: Type, arg: Operand, reverse: boolean, err: TypeError): void {
	const targs = u.inferred(tparams);
	if (targs.every((t) => t === null)) {
		addf(err, arg, "type %s of %s does not match %s (cannot infer %s)", arg.type, arg.expr, par, typeParamsString(tparams));
		return;
	}
	const inferred = subst(c.ctx, par, makeSubstMap(tparams, targs));
	if (inferred === par) addf(err, arg, "type %s of %s does not match %s", arg.type, arg.expr, par);
	else if (reverse) addf(err, arg, "inferred type %s for %s does not match type %s of %s", inferred, par, arg.type, arg.expr);
	else addf(err, arg, "type %s of %s does not match inferred type %s for %s", arg.type, arg.expr, inferred, par);
}

/** Uses core types and methods of the constraints until nothing more is learnt. */
function unifyConstraints(c: Checker, u: Unifier, pos: Pos, tparams: readonly TypeParam[], err: TypeError): boolean {
	for (;;) {
		const before = u.unknowns();
		for (const p of tparams) {
			const tx = u.at(p);
			const core = coreTerm(p);
			if (core !== null) {
				if (tx !== null) {
					if (!u.unify(tx, core.type, 0)) {
						addf(err, pos, "%s (type %s) does not satisfy %s", p, tx, p.bound);
						return false;
					}
				} else if (core.single && !core.tilde) u.set(p, core.type);
			}
			if (tx !== null && !isParameterized(tparams, tx)) {
				const cause = { text: "" };
				if (!hasAllMethods(c, tx, constraintOf(p), true, (x, y) => u.unify(x, y, Exact), cause)) {
					addf(err, pos, "%s (type %s) does not satisfy %s %s", p, tx, p.bound, cause.text);
					return false;
				}
			}
		}
		if (u.unknowns() === before) return true;
	}
}

/** Gives parameters that only untyped constants say something about the default type of the largest kind. */
function defaultUntyped(u: Unifier, params: Tuple, args: readonly Operand[], untyped: readonly number[], err: TypeError): boolean {
	const max = new Map<TypeParam, Type>();
	for (const i of untyped) {
		const p = (params.vars[i] as Var).type as TypeParam;
		if (u.at(p) !== null) continue;
		const arg = args[i] as Operand;
		const old = max.get(p);
		const t = old === undefined ? arg.type : maxType(old, arg.type);
		if (t === null) {
			addf(err, arg, "mismatched types %s and %s (cannot infer %s)", old as Type, arg.type, p);
			return false;
		}
		max.set(p, t);
	}
	for (const [p, t] of max) u.set(p, defaultType(t));
	return true;
}

/** Replaces type parameters inside inferred types by what was inferred for them. */
function simplify(c: Checker, tparams: readonly TypeParam[], targs: readonly (Type | null)[], inferred: (Type | null)[]): void {
	let dirty: number[] = [];
	for (let i = 0; i < inferred.length; i++) if (inferred[i] !== null && targs[i] === null) dirty.push(i);
	while (dirty.length > 0) {
		const m = makeSubstMap(tparams, inferred);
		dirty = dirty.filter((i) => {
			const t0 = inferred[i] as Type;
			const t1 = subst(c.ctx, t0, m);
			if (t1 === t0) return false;
			if (t1.kind === TypeKind.Signature && t1.tparams.length > 0 && !isParameterized(tparams, t1)) t1.tparams = [];
			inferred[i] = t1;
			return true;
		});
	}
}

/** Fresh copies of type parameters, and t expressed with them, so that a function can be called inside itself. */
export function renameTParams<T extends Type>(c: Checker, tparams: readonly TypeParam[], t: T): { tparams: TypeParam[]; type: Type } {
	if (tparams.length === 0) return { tparams: [], type: t };
	const fresh = tparams.map((p) => {
		const obj = new TypeName(p.obj.pos, p.obj.pkg, p.obj.name, null);
		const q = new TypeParam(c.ids, obj, Invalid);
		obj.type = q;
		q.index = p.index;
		return q;
	});
	const m = makeSubstMap(tparams, fresh);
	for (let i = 0; i < fresh.length; i++) (fresh[i] as TypeParam).bound = subst(c.ctx, (tparams[i] as TypeParam).bound, m);
	return { tparams: fresh, type: subst(c.ctx, t as Type, m) };
}

/** "P", "P and Q", "P, Q, and R" */
export function typeParamsString(list: readonly TypeParam[]): string {
	const names = list.map((p) => p.obj.name);
	if (names.length <= 2) return names.join(" and ");
	return `${names.slice(0, -1).join(", ")}, and ${names[names.length - 1]}`;
}

/** t mentions one of tparams. */
export function isParameterized(tparams: readonly TypeParam[], t: Type): boolean {
	return mentions(tparams, t, new Map());
}

function mentions(tparams: readonly TypeParam[], t: Type, seen: Map<Type, boolean>): boolean {
	if (t.kind === TypeKind.Basic) return false;
	if (t.kind === TypeKind.TypeParam) return tparams.includes(t);
	const known = seen.get(t);
	if (known !== undefined) return known;
	seen.set(t, false);
	const any = (list: readonly { type: Type | null }[]): boolean => list.some((v) => mentions(tparams, v.type as Type, seen));
	const go = (): boolean => {
		switch (t.kind) {
			case TypeKind.Alias:
				return mentions(tparams, unalias(t), seen);
			case TypeKind.Array:
			case TypeKind.Slice:
			case TypeKind.Pointer:
			case TypeKind.Chan:
				return mentions(tparams, t.elem, seen);
			case TypeKind.Map:
				return mentions(tparams, t.key, seen) || mentions(tparams, t.elem, seen);
			case TypeKind.Struct:
				return any(t.fields);
			case TypeKind.Tuple:
				return any(t.vars);
			case TypeKind.Signature:
				return any(t.params.vars) || any(t.results.vars);
			case TypeKind.Interface: {
				const set = typeSetOf(t);
				return (
					set.methods.some((m) => mentions(tparams, typeOf(m), seen)) ||
					termsEvery(set, (x) => x !== null && mentions(tparams, x.type, seen))
				);
			}
			case TypeKind.Named:
				return t.inst?.targs.some((a) => mentions(tparams, a, seen)) ?? false;
			default:
				return false;
		}
	};
	const r = go();
	seen.set(t, r);
	return r;
}

/** The single term of p's constraint, or its core type (tilde if some term has one). */
function coreTerm(p: TypeParam): { type: Type; tilde: boolean; single: boolean } | null {
	const terms = typeSetOf(constraintOf(p)).terms ?? [];
	const first = terms[0];
	if (terms.length === 1 && first !== undefined) return { type: first.type, tilde: first.tilde, single: true };
	const t = commonUnder(p, null).type;
	return t === null ? null : { type: t, tilde: terms.some((x) => x.tilde), single: false };
}

/** Forgets inferred types that lead back to their own parameter. */
function killCycles(tparams: readonly TypeParam[], inferred: (Type | null)[]): void {
	const active = new Set<Type>();
	const list = (vars: readonly { type: Type | null }[]): void => {
		for (const v of vars) if (v.type !== null) walk(v.type);
	};
	const walk = (t0: Type): void => {
		const t = unalias(t0);
		if (active.has(t)) {
			if (t.kind === TypeKind.TypeParam) {
				const i = tparams.indexOf(t);
				if (i >= 0) inferred[i] = null;
			}
			return;
		}
		active.add(t);
		switch (t.kind) {
			case TypeKind.Array:
			case TypeKind.Slice:
			case TypeKind.Pointer:
			case TypeKind.Chan:
				walk(t.elem);
				break;
			case TypeKind.Map:
				walk(t.key);
				walk(t.elem);
				break;
			case TypeKind.Struct:
				list(t.fields);
				break;
			case TypeKind.Signature:
				list(t.params.vars);
				list(t.results.vars);
				break;
			case TypeKind.Union:
				list(t.terms);
				break;
			case TypeKind.Interface:
				list(t.methods);
				for (const e of t.embeddeds) walk(e);
				break;
			case TypeKind.Named:
				for (const a of t.inst?.targs ?? []) walk(a);
				break;
			case TypeKind.TypeParam: {
				const i = tparams.indexOf(t);
				const x = i >= 0 ? inferred[i] : null;
				if (x !== null && x !== undefined) walk(x);
				break;
			}
			default:
				break;
		}
		active.delete(t);
	};
	for (const p of tparams) walk(p);
}
