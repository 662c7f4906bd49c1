// Substitution of type arguments for type parameters. Types are never changed:
// what mentions a substituted parameter is rebuilt, the rest is shared.

import type { Pos } from "#base";
import { Context } from "./context.ts";
import { instance } from "./instantiate.ts";
import { newAliasInstance } from "./alias.ts";
import { Func, Var } from "./objects.ts";
import {
	ArrayT,
	Chan,
	Interface,
	MapT,
	Pointer,
	Signature,
	Slice,
	Struct,
	Tuple,
	type Type,
	TypeKind,
	type TypeParam,
	Union,
	type UnionTerm,
} from "./types.ts";
import { Invalid } from "./universe.ts";

export type SubstMap = ReadonlyMap<TypeParam, Type>;

/** tparams[i] -> targs[i]; a null argument leaves its parameter alone. */
export function makeSubstMap(tparams: readonly TypeParam[], targs: readonly (Type | null)[]): SubstMap {
	const m = new Map<TypeParam, Type>();
	for (let i = 0; i < tparams.length; i++) {
		const t = targs[i];
		if (t !== null && t !== undefined) m.set(tparams[i] as TypeParam, t);
	}
	return m;
}

/**
 * t with the type parameters of m replaced; t itself if it mentions none.
 * pos: where instances made on the way are reported, should they be wrong.
 */
export function subst<T extends Type>(ctx: Context, t: T, m: SubstMap, pos: Pos = 0): T extends Tuple | Signature ? T : Type {
	type R = T extends Tuple | Signature ? T : Type;
	if (m.size === 0 || t.kind === TypeKind.Basic) return t as R;
	return go(ctx, pos, m, t) as R;
}

function go(ctx: Context, pos: Pos, m: SubstMap, t: Type): Type {
	switch (t.kind) {
		case TypeKind.Basic:
			return t;
		case TypeKind.TypeParam:
			return m.get(t) ?? t;
		case TypeKind.Pointer: {
			const e = go(ctx, pos, m, t.elem);
			return e === t.elem ? t : new Pointer(ctx.ids, e);
		}
		case TypeKind.Slice: {
			const e = go(ctx, pos, m, t.elem);
			return e === t.elem ? t : new Slice(ctx.ids, e);
		}
		case TypeKind.Array: {
			const e = go(ctx, pos, m, t.elem);
			return e === t.elem ? t : new ArrayT(ctx.ids, e, t.len);
		}
		case TypeKind.Chan: {
			const e = go(ctx, pos, m, t.elem);
			return e === t.elem ? t : new Chan(ctx.ids, t.dir, e);
		}
		case TypeKind.Map: {
			const k = go(ctx, pos, m, t.key);
			const e = go(ctx, pos, m, t.elem);
			return k === t.key && e === t.elem ? t : new MapT(ctx.ids, k, e);
		}
		case TypeKind.Struct: {
			const fields = mapChanged(t.fields, (f) => substVar(ctx, pos, m, f));
			return fields === t.fields ? t : new Struct(ctx.ids, fields, t.tags);
		}
		case TypeKind.Tuple:
			return substTuple(ctx, pos, m, t);
		case TypeKind.Signature:
			return substSignature(ctx, pos, m, t);
		case TypeKind.Union: {
			const terms = mapChanged(t.terms, (x): UnionTerm => {
				const u = go(ctx, pos, m, x.type);
				return u === x.type ? x : { tilde: x.tilde, type: u };
			});
			return terms === t.terms ? t : new Union(ctx.ids, terms);
		}
		case TypeKind.Interface:
			return substInterface(ctx, pos, m, t);
		case TypeKind.Named: {
			const orig = t.inst?.orig ?? t;
			if (orig.tparams.length === 0) return t;
			if (t.inst === null || t.inst.targs.length !== orig.tparams.length) return t.inst === null ? t : Invalid;
			const targs = mapChanged(t.inst.targs, (a) => go(ctx, pos, m, a));
			return targs === t.inst.targs ? t : instance(ctx, pos, orig, targs);
		}
		case TypeKind.Alias: {
			const n = t.orig.tparams.length;
			if (n === 0) return t;
			if (t.targs.length !== n) return Invalid;
			const targs = mapChanged(t.targs, (a) => go(ctx, pos, m, a));
			return targs === t.targs ? t : newAliasInstance(ctx, pos, t.orig, targs);
		}
	}
}

/** list with f applied; list itself if nothing changed. */
function mapChanged<T>(list: T[], f: (x: T) => T): T[] {
	let out: T[] | null = null;
	for (let i = 0; i < list.length; i++) {
		const x = list[i] as T;
		const y = f(x);
		if (y === x) continue;
		out ??= list.slice();
		out[i] = y;
	}
	return out ?? list;
}

function substTuple(ctx: Context, pos: Pos, m: SubstMap, t: Tuple): Tuple {
	const vars = mapChanged(t.vars, (v) => substVar(ctx, pos, m, v));
	return vars === t.vars ? t : new Tuple(ctx.ids, vars);
}

/** The receiver stays: whoever substitutes a named type or interface replaces it (a receiver leads back to its interface). */
function substSignature(ctx: Context, pos: Pos, m: SubstMap, t: Signature): Signature {
	const params = substTuple(ctx, pos, m, t.params);
	const results = substTuple(ctx, pos, m, t.results);
	if (params === t.params && results === t.results) return t;
	const s = new Signature(ctx.ids, t.recv, params, results, t.variadic);
	s.rparams = t.rparams;
	s.tparams = t.tparams;
	return s;
}

function substInterface(ctx: Context, pos: Pos, m: SubstMap, t: Interface): Interface {
	const methods = mapChanged(t.methods, (f) => {
		const u = go(ctx, pos, m, f.type as Type);
		return u === f.type ? f : cloneFunc(f, u);
	});
	const embeddeds = mapChanged(t.embeddeds, (e) => go(ctx, pos, m, e));
	if (methods === t.methods && embeddeds === t.embeddeds) return t;
	const iface = new Interface(ctx.ids, [], embeddeds, t.c);
	iface.embedPos = t.embedPos;
	iface.implicit = t.implicit;
	iface.complete = t.complete;
	iface.methods = replaceRecvType(ctx, methods, t, iface);
	return iface;
}

function substVar(ctx: Context, pos: Pos, m: SubstMap, v: Var): Var {
	const t = v.type === null ? null : go(ctx, pos, m, v.type);
	return t === null || t === v.type ? v : cloneVar(v, t);
}

export function cloneVar(v: Var, t: Type): Var {
	const w = new Var(v.varKind, v.pos, v.pkg, v.name, t, v.embedded);
	w.parent = v.parent;
	w.scopePos = v.scopePos;
	w.used = v.used;
	w.origin = v.origin;
	return w;
}

export function cloneFunc(f: Func, t: Type): Func {
	const g = new Func(f.pos, f.pkg, f.name, t);
	g.parent = f.parent;
	g.hasPtrRecv = f.hasPtrRecv;
	g.order = f.order;
	g.decl = f.decl;
	g.origin = f.origin;
	return g;
}

export function cloneSignature(ctx: Context, s: Signature): Signature {
	const t = new Signature(ctx.ids, s.recv, s.params, s.results, s.variadic);
	t.rparams = s.rparams;
	t.tparams = s.tparams;
	t.scope = s.scope;
	return t;
}

/** methods, with receivers of type `from` replaced by `to`. */
export function replaceRecvType(ctx: Context, methods: Func[], from: Type, to: Type): Func[] {
	return mapChanged(methods, (f) => {
		const sig = f.type as Signature;
		if (sig.recv === null || sig.recv.type !== from) return f;
		const s = cloneSignature(ctx, sig);
		s.recv = cloneVar(sig.recv, to);
		return cloneFunc(f, s);
	});
}

/** The parts of a generic signature with its type parameters renamed to `to`. */
export function substParams(sig: Signature, to: readonly TypeParam[]): { bounds: Type[]; params: Tuple; results: Tuple } {
	const ctx = new Context();
	const pos = 0;
	const m = makeSubstMap(sig.tparams, to);
	return {
		bounds: sig.tparams.map((p) => go(ctx, pos, m, p.bound)),
		params: substTuple(ctx, pos, m, sig.params),
		results: substTuple(ctx, pos, m, sig.results),
	};
}
