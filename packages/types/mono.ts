// Infinite instantiation: a generic function or type that, used with type argument
// T, leads to its use with a type built from T can never be fully instantiated.
// Type parameters are vertices; an edge says that a parameter (or a type built from
// it, weight 1) is passed as argument for another. A cycle of positive weight is an error.

import type { Pos } from "#base";
import { type Expr, startPos } from "#syntax";
import type { Checker } from "./checker.ts";
import { addf, newError, reportError } from "./errors.ts";
import { isAlias } from "./cycles.ts";
import { type Obj, ObjKind, type TypeName } from "./objects.ts";
import type { Scope } from "./scope.ts";
import { type Named, type Type, TypeKind, type TypeParam } from "./types.ts";
import { relativeTo, typeString } from "./typestring.ts";
import { typeOf } from "./resolve.ts";
import { typeSetOf } from "./typeset.ts";
import { unalias } from "./under.ts";

interface Vertex {
	obj: TypeName;
	/** Weight of the heaviest path here, its last edge and length. */
	weight: number;
	pre: number;
	len: number;
}

interface Edge {
	dst: number;
	src: number;
	weight: number;
	pos: Pos;
	type: Type;
}

export class MonoGraph {
	readonly vertices: Vertex[] = [];
	readonly edges: Edge[] = [];
	/** Receiver type parameters stand for those of the type. */
	readonly canon: Map<TypeParam, TypeParam> = new Map();
	readonly index: Map<TypeName, number> = new Map();
}

export function recordCanon(c: Checker, recv: TypeParam, tparam: TypeParam): void {
	c.mono.canon.set(recv, tparam);
}

/** Notes an instantiation; xlist are the type argument expressions, for positions. */
export function recordMonoInstance(
	c: Checker,
	pos: Pos,
	tparams: readonly TypeParam[],
	targs: readonly Type[],
	xlist: readonly Expr[],
): void {
	for (let i = 0; i < tparams.length; i++) {
		const x = xlist[i];
		assign(c, x === undefined ? pos : startPos(x), tparams[i] as TypeParam, targs[i] as Type);
	}
}

function assign(c: Checker, pos: Pos, tpar: TypeParam, targ: Type): void {
	if (tpar.obj.pkg !== c.pkg) return;
	const g = c.mono;
	const flow = (src: number, t: Type): void => {
		g.edges.push({ dst: paramVertex(g, tpar), src, weight: t === targ ? 0 : 1, pos, type: targ });
	};
	const walkAll = (list: readonly { type: Type | null }[]): void => {
		for (const v of list) walk(v.type as Type);
	};
	const walk = (t0: Type): void => {
		const t = unalias(t0);
		switch (t.kind) {
			case TypeKind.TypeParam:
				if (t.obj.pkg === c.pkg) flow(paramVertex(g, t), t);
				break;
			case TypeKind.Named: {
				const src = localNamedVertex(c, t.inst?.orig ?? t);
				if (src >= 0) flow(src, t);
				for (const a of t.inst?.targs ?? []) walk(a);
				break;
			}
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
			case TypeKind.Interface:
				for (const m of typeSetOf(t).methods) walk(typeOf(m));
				break;
			case TypeKind.Signature:
				walkAll(t.params.vars);
				walkAll(t.results.vars);
				break;
			case TypeKind.Struct:
				walkAll(t.fields);
				break;
			default:
				break;
		}
	};
	walk(targ);
}

function newVertex(g: MonoGraph, obj: TypeName): number {
	g.vertices.push({ obj, weight: 0, pre: 0, len: 0 });
	return g.vertices.length - 1;
}

function paramVertex(g: MonoGraph, p: TypeParam): number {
	const obj = (g.canon.get(p) ?? p).obj;
	let i = g.index.get(obj);
	if (i === undefined) {
		i = newVertex(g, obj);
		g.index.set(obj, i);
	}
	return i;
}

/** A type declared inside a generic function depends on the function's type parameters; -1 for other types. */
function localNamedVertex(c: Checker, n: Named): number {
	const g = c.mono;
	const obj = n.obj;
	if (obj.pkg !== c.pkg || obj.parent === c.pkg.scope) return -1;
	const known = g.index.get(obj);
	if (known !== undefined) return known;
	let index = -1;
	for (let s: Scope | null = obj.parent; s !== null && s !== c.pkg.scope; s = s.parent) {
		for (const e of s.elems.values()) {
			if (!isOuterTypeParam(e, obj)) continue;
			if (index < 0) index = newVertex(g, obj);
			g.edges.push({ dst: index, src: paramVertex(g, e.type as TypeParam), weight: 1, pos: obj.pos, type: e.type as Type });
		}
	}
	g.index.set(obj, index);
	return index;
}

function isOuterTypeParam(e: Obj, obj: TypeName): boolean {
	return e.kind === ObjKind.TypeName && !isAlias(e) && e.pos < obj.pos && e.type !== null && e.type.kind === TypeKind.TypeParam;
}

/** Reports an instantiation cycle, if there is one. */
export function monomorph(c: Checker): void {
	const g = c.mono;
	for (let again = true; again; ) {
		again = false;
		for (let i = 0; i < g.edges.length; i++) {
			const e = g.edges[i] as Edge;
			const src = g.vertices[e.src] as Vertex;
			const dst = g.vertices[e.dst] as Vertex;
			const w = src.weight + e.weight;
			if (w <= dst.weight) continue;
			dst.pre = i;
			dst.len = src.len + 1;
			if (dst.len === g.vertices.length) {
				reportInstanceLoop(c, e.dst);
				return;
			}
			dst.weight = w;
			again = true;
		}
	}
}

function reportInstanceLoop(c: Checker, start: number): void {
	const g = c.mono;
	const stack: number[] = [];
	const edgeTo = (v: number): Edge => g.edges[(g.vertices[v] as Vertex).pre] as Edge;
	let v = start;
	while (!stack.includes(v)) {
		stack.push(v);
		v = edgeTo(v).src;
	}
	const loop = stack.slice(stack.indexOf(v));
	const err = newError(c, "InvalidInstanceCycle");
	addf(err, (g.vertices[v] as Vertex).obj, "instantiation cycle:");
	for (const w of loop) {
		const e = edgeTo(w);
		const obj = (g.vertices[e.dst] as Vertex).obj;
		const what = (obj.type as Type).kind === TypeKind.TypeParam ? "%s instantiated as %s" : "%s implicitly parameterized by %s";
		addf(err, e.pos, what, obj.name, typeString(e.type, relativeTo(c.pkg)));
	}
	reportError(err);
}
