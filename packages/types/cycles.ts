// Declaration cycles: which are valid, and how invalid ones are reported.

import { type Name, Kind } from "#syntax";
import { type Checker, pop, push } from "./checker.ts";
import { addf, errorf, newError, reportError } from "./errors.ts";
import { type Obj, ObjKind, type TypeName } from "./objects.ts";
import { isGeneric } from "./predicates.ts";
import { type Type, TypeKind } from "./types.ts";
import { packagePrefix } from "./typestring.ts";
import { rhsOf, selfName } from "./named.ts";
import { unalias } from "./under.ts";
import { Invalid } from "./universe.ts";

/** obj's declaration refers to itself: reports whether that is allowed, and an error if not. */
export function validCycle(c: Checker, obj: Obj): boolean {
	const cycle = c.objPath.slice(obj.pathIndex);
	let nval = 0;
	let ndef = 0;
	for (const o of cycle) {
		if (o.kind === ObjKind.Const || o.kind === ObjKind.Var) nval++;
		else if (o.kind === ObjKind.TypeName) {
			// A generic type may be used in the constraints of its own type parameters.
			if (c.env.inTParamList && o.type !== null && isGeneric(o.type)) return true;
			if (!isAliasName(c, o)) ndef++;
		}
	}
	// Cycles of values only are found when the initialisation order is determined.
	if (nval === cycle.length) return true;
	// Types need a definition among them.
	if (nval === 0 && ndef > 0) return true;
	cycleError(c, cycle, firstInSrc(cycle));
	return false;
}

function isAliasName(c: Checker, o: TypeName): boolean {
	if (!c.enableAlias && o.decl !== null) return o.decl.tdecl?.alias ?? false;
	return isAlias(o);
}

/** The name denotes a type that is not declared by it. */
export function isAlias(o: TypeName): boolean {
	const t = o.type;
	if (t === null) return false;
	switch (t.kind) {
		case TypeKind.Basic:
			return o.pkg !== null || t.name !== o.name || t.name === "byte" || t.name === "rune";
		case TypeKind.Named:
			return o !== t.obj;
		case TypeKind.TypeParam:
			return o !== t.obj;
		default:
			return true;
	}
}

export function cycleError(c: Checker, cycle: readonly Obj[], start: number): void {
	const name = (o: Obj): string => packagePrefix(o.pkg, (p) => c.qualifier(p)) + o.name;
	let obj = cycle[start] as Obj;
	const isType = obj.kind === ObjKind.TypeName;
	if (isType && obj.type !== null) {
		// avoid follow-on errors
		if (c.enableAlias) {
			if (obj.type.kind === TypeKind.Alias) {
				obj.type.fromRHS = Invalid;
				obj.type.actual = null;
			}
		} else if (isAlias(obj as TypeName)) {
			c.brokenAliases.delete(obj as TypeName);
			obj.type = Invalid;
		}
	}
	if (cycle.length === 1) {
		errorf(
			c,
			obj,
			"InvalidDeclCycle",
			isType ? "invalid recursive type: %s refers to itself" : "invalid cycle in declaration: %s refers to itself",
			name(obj),
		);
		return;
	}
	const err = newError(c, "InvalidDeclCycle");
	addf(err, obj, isType ? "invalid recursive type %s" : "invalid cycle in declaration of %s", name(obj));
	for (let i = 0; i < cycle.length; i++) {
		const next = cycle[(start + i + 1) % cycle.length] as Obj;
		addf(err, obj, "%s refers to %s", name(obj), name(next));
		obj = next;
	}
	reportError(err);
}

/** Index of the object that comes first in the source. */
export function firstInSrc(path: readonly Obj[]): number {
	let first = 0;
	for (let i = 1; i < path.length; i++) if ((path[i] as Obj).pos < (path[first] as Obj).pos) first = i;
	return first;
}

/** Finds types declared as each other without a type literal between, and makes them invalid. Syntactic: runs before any type is checked. */
export function directCycles(c: Checker): void {
	const done = new Set<TypeName>();
	for (const obj of c.objList) {
		const path: TypeName[] = [];
		let t: Obj | null = obj;
		while (t !== null && t.kind === ObjKind.TypeName && !done.has(t)) {
			const start = path.indexOf(t);
			if (start >= 0) {
				t.type = Invalid;
				const cycle = path.slice(start);
				cycleError(c, cycle, firstInSrc(cycle));
				break;
			}
			path.push(t);
			const rhs: { kind: number } | undefined = t.decl?.tdecl?.type;
			t = rhs !== undefined && rhs.kind === Kind.Name ? c.pkg.scope.lookup((rhs as Name).name) : null;
		}
		for (const p of path) done.add(p);
	}
}

/** Values of the type have a finite size; reports an error if not. Used before sizes are needed while types are being declared. */
export function finiteSize(c: Checker, type: Type): boolean {
	const t = unalias(type);
	switch (t.kind) {
		case TypeKind.Named: {
			if (t.finite !== 0) return t.finite === 1;
			const self = selfName(t);
			if (self.pathIndex >= 0) {
				if (self.pkg !== c.pkg) return true; // being declared by the checker that asked this one
				const cycle = c.objPath.slice(self.pathIndex);
				cycleError(c, cycle, firstInSrc(cycle));
				return false;
			}
			const rhs = rhsOf(t);
			push(c, self);
			const ok = rhs === null || finiteSize(c, rhs);
			pop(c);
			if (rhs !== null) t.finite = ok ? 1 : 2;
			return ok;
		}
		case TypeKind.Array:
			return finiteSize(c, t.elem);
		case TypeKind.Struct:
			return t.fields.every((f) => f.type === null || finiteSize(c, f.type));
		default:
			return true;
	}
}
