// Unification: finds type arguments for which two types become the same (or, in
// inexact mode, assignable). Each type parameter to infer has a cell; parameters
// found to be the same share one.

import { lookupFieldOrMethod } from "./lookup.ts";
import { ObjKind, objId, sameId, type Func, type Var } from "./objects.ts";
import { asNamed, identical, identicalOrigin, isInterface, isTypeLit, isTypeParam } from "./predicates.ts";
import { typeOf } from "./resolve.ts";
import {
	type Basic,
	ChanDir,
	type Interface,
	type Named,
	type Signature,
	type Struct,
	type Tuple,
	type Type,
	TypeKind,
	type TypeParam,
} from "./types.ts";
import { sameTerms, typeSetOf } from "./typeset.ts";
import { commonUnder, unalias, under } from "./under.ts";

/** Unify as for an assignment: channel directions may differ at the top, elements must match exactly. */
export const Assign = 1;
/** Types must match exactly; otherwise a defined type may match a type literal by its underlying type. */
export const Exact = 2;

const depthLimit = 100;

/** What is known of a type parameter, shared by those joined with it. */
interface Cell {
	type: Type | null;
}

/** Interfaces being compared, to end cycles through methods. */
interface Pair {
	x: Interface;
	y: Interface;
	prev: Pair | null;
}

export class Unifier {
	private readonly cells: Map<TypeParam, Cell> = new Map();
	private depth = 0;
	/** Use methods of interfaces that are not identical (go1.21). */
	private readonly interfaceInference: boolean;

	constructor(tparams: readonly TypeParam[], targs: readonly (Type | null)[], interfaceInference: boolean) {
		for (let i = 0; i < tparams.length; i++) this.cells.set(tparams[i] as TypeParam, { type: targs[i] ?? null });
		this.interfaceInference = interfaceInference;
	}

	unify(x: Type, y: Type, mode: number): boolean {
		return this.nify(x, y, mode, null);
	}

	at(p: TypeParam): Type | null {
		return (this.cells.get(p) as Cell).type;
	}

	set(p: TypeParam, t: Type): void {
		(this.cells.get(p) as Cell).type = t;
	}

	/** Number of parameters without type. */
	unknowns(): number {
		let n = 0;
		for (const cell of this.cells.values()) if (cell.type === null) n++;
		return n;
	}

	inferred(tparams: readonly TypeParam[]): (Type | null)[] {
		return tparams.map((p) => this.at(p));
	}

	/** x as one of the parameters to infer. */
	private bound(x: Type): TypeParam | null {
		const p = unalias(x);
		return p.kind === TypeKind.TypeParam && this.cells.has(p) ? p : null;
	}

	/** Makes x and y share a cell; false if both have a type already. */
	private join(x: TypeParam, y: TypeParam): boolean {
		const cx = this.cells.get(x) as Cell;
		const cy = this.cells.get(y) as Cell;
		if (cx === cy) return true;
		if (cx.type !== null && cy.type !== null) return false;
		const [keep, drop] = cx.type !== null ? [cx, cy] : [cy, cx];
		for (const [p, cell] of this.cells) if (cell === drop) this.cells.set(p, keep);
		return true;
	}

	private nify(x: Type, y: Type, mode: number, p: Pair | null): boolean {
		if (x === y || unalias(x) === unalias(y)) return true;
		if (this.depth > depthLimit) return false;
		this.depth++;
		const ok = this.unifyDistinct(x, y, mode, p);
		this.depth--;
		return ok;
	}

	private unifyDistinct(x0: Type, y0: Type, mode: number, p: Pair | null): boolean {
		let x = x0;
		let y = y0;
		// A parameter to infer goes to x; otherwise a defined type goes to y.
		if (asNamed(x) !== null || this.bound(y) !== null) [x, y] = [y, x];

		const ny = asNamed(y);
		if ((mode & Exact) === 0 && ny !== null && isTypeLit(x) && !(this.interfaceInference && isInterface(x))) {
			y = under(ny);
			if (x === y || unalias(x) === y) return true;
		}

		const px = this.bound(x);
		const py = this.bound(y);
		if (px !== null && py !== null) {
			return this.join(px, py) || this.nify(this.at(px) as Type, this.at(py) as Type, mode, p);
		}
		if (px !== null) return this.unifyParam(px, y, mode, p);

		if (this.interfaceInference && (mode & Exact) === 0) {
			const r = this.unifyByMethods(x, y, p);
			if (r !== null) return r;
		}
		// An unbound type parameter goes to x (its core type may be used).
		if (isTypeParam(y)) [x, y] = [y, x];
		return this.unifyStructure(unalias(x), unalias(y), y, mode, p);
	}

	/** x is a parameter to infer, y is not. */
	private unifyParam(px: TypeParam, y: Type, mode: number, p: Pair | null): boolean {
		const x = this.at(px);
		if (x === null) {
			this.set(px, y);
			return true;
		}
		if (!this.nify(x, y, mode, p)) return false;
		// x and y match, but may differ: an inferred type must be one that both can be assigned to.
		const xi = asInterface(x);
		const yi = asInterface(y);
		const xn = asNamed(x) !== null;
		const yn = asNamed(y) !== null;
		if (xi !== null && yi !== null) {
			if (xn && yn) return identical(x, y);
			if (typeSetOf(xi).methods.length !== typeSetOf(yi).methods.length) return false;
		} else if (xi !== null || yi !== null) return false;
		if ((mode & Exact) !== 0 || xn) return true;
		const yu = under(y);
		if (yn || (yu.kind === TypeKind.Chan && yu.dir !== ChanDir.Both)) this.set(px, y);
		return true;
	}

	/** If one of them is an interface: by the methods they share. null if neither is. */
	private unifyByMethods(x: Type, y: Type, p: Pair | null): boolean | null {
		const xi = asInterface(x);
		const yi = asInterface(y);
		if (xi !== null && yi !== null) {
			const xs = typeSetOf(xi);
			const ys = typeSetOf(yi);
			if (xs.comparable !== ys.comparable || !sameTerms(xs.terms, ys.terms)) return false;
			if (comparedBefore(p, xi, yi)) return true;
			const pair = { x: xi, y: yi, prev: p };
			const [few, many] = xs.methods.length > ys.methods.length ? [ys.methods, xs.methods] : [xs.methods, ys.methods];
			return few.every((m) => {
				const other = many.find((o) => objId(o.pkg, o.name) === objId(m.pkg, m.name));
				return other !== undefined && this.nify(typeOf(m), typeOf(other), Exact, pair);
			});
		}
		const iface = yi ?? xi;
		if (iface === null) return null;
		const concrete = yi !== null ? x : y;
		return typeSetOf(iface).methods.every((m) => {
			const obj = lookupFieldOrMethod(concrete, false, m.pkg, m.name).obj;
			return obj !== null && obj.kind === ObjKind.Func && this.nify(typeOf(m), typeOf(obj), Exact, p);
		});
	}

	/** Element by element. yorig is y before aliases were resolved. */
	private unifyStructure(x: Type, y: Type, yorig: Type, mode: number, p: Pair | null): boolean {
		const emode = (mode & Assign) !== 0 ? mode | Exact : mode;
		if (x.kind === TypeKind.TypeParam) {
			const core = commonUnder(x, null).type;
			return core !== null && this.nify(core, yorig, Assign, p);
		}
		if (x.kind !== y.kind) return false;
		switch (x.kind) {
			case TypeKind.Basic:
				return x.basic === (y as Basic).basic;
			case TypeKind.Pointer:
			case TypeKind.Slice:
				return this.nify(x.elem, (y as typeof x).elem, emode, p);
			case TypeKind.Array: {
				const n = (y as typeof x).len;
				return (x.len < 0 || n < 0 || x.len === n) && this.nify(x.elem, (y as typeof x).elem, emode, p);
			}
			case TypeKind.Map:
				return this.nify(x.key, (y as typeof x).key, emode, p) && this.nify(x.elem, (y as typeof x).elem, emode, p);
			case TypeKind.Chan:
				return ((mode & Exact) === 0 || x.dir === (y as typeof x).dir) && this.nify(x.elem, (y as typeof x).elem, emode, p);
			case TypeKind.Struct:
				return this.unifyStructs(x, y as Struct, emode, p);
			case TypeKind.Tuple:
				return this.unifyTuples(x, y as Tuple, mode, p);
			case TypeKind.Signature: {
				const ys = y as Signature;
				return (
					x.variadic === ys.variadic && this.unifyTuples(x.params, ys.params, emode, p) && this.unifyTuples(x.results, ys.results, emode, p)
				);
			}
			case TypeKind.Interface:
				return this.unifyInterfaces(x, y as Interface, p);
			case TypeKind.Named: {
				const xargs = x.inst?.targs ?? [];
				const yn = y as Named;
				const yargs = yn.inst?.targs ?? [];
				if (xargs.length !== yargs.length) return false;
				return xargs.every((a, i) => this.nify(a, yargs[i] as Type, mode, p)) && identicalOrigin(x, yn);
			}
			default:
				return false;
		}
	}

	private unifyTuples(x: Tuple, y: Tuple, mode: number, p: Pair | null): boolean {
		if (x.vars.length !== y.vars.length) return false;
		return x.vars.every((v, i) => this.nify(v.type as Type, (y.vars[i] as Var).type as Type, mode, p));
	}

	private unifyStructs(x: Struct, y: Struct, mode: number, p: Pair | null): boolean {
		if (x.fields.length !== y.fields.length) return false;
		return x.fields.every((f, i) => {
			const g = y.fields[i] as Var;
			if (f.embedded !== g.embedded || (x.tags[i] ?? "") !== (y.tags[i] ?? "") || !sameId(f, g.pkg, g.name, false)) return false;
			return this.nify(f.type as Type, g.type as Type, mode, p);
		});
	}

	private unifyInterfaces(x: Interface, y: Interface, p: Pair | null): boolean {
		const xs = typeSetOf(x);
		const ys = typeSetOf(y);
		if (xs.comparable !== ys.comparable || xs.methods.length !== ys.methods.length || !sameTerms(xs.terms, ys.terms)) return false;
		if (comparedBefore(p, x, y)) return true;
		const pair = { x, y, prev: p };
		return xs.methods.every((f, i) => {
			const g = ys.methods[i] as Func;
			return objId(f.pkg, f.name) === objId(g.pkg, g.name) && this.nify(typeOf(f), typeOf(g), Exact, pair);
		});
	}
}

function comparedBefore(p: Pair | null, x: Interface, y: Interface): boolean {
	for (let q = p; q !== null; q = q.prev) if ((q.x === x && q.y === y) || (q.x === y && q.y === x)) return true;
	return false;
}

/** t's underlying interface, unless t is a type parameter. */
function asInterface(t: Type): Interface | null {
	if (isTypeParam(t)) return null;
	const u = under(t);
	return u.kind === TypeKind.Interface ? u : null;
}
