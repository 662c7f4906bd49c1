// Finds types that contain themselves.

import type { Checker } from "./checker.ts";
import { cycleError } from "./cycles.ts";
import { rhsOf, selfName } from "./named.ts";
import { identical } from "./predicates.ts";
import { type Named, type Type, TypeKind } from "./types.ts";
import { unalias } from "./under.ts";
import { Invalid } from "./universe.ts";

/** Reports an error if t contains itself, other than through a pointer or the like; the type becomes invalid then. */
export function validType(c: Checker, t: Named): void {
	valid(c, t, [], []);
}

/**
 * nest: the types whose declarations enclose t, outermost first. path: the same,
 * without the cuts made for type arguments, for the error message.
 */
function valid(c: Checker, type: Type | null, nest: readonly Named[], path: readonly Named[]): boolean {
	if (type === null) return true;
	const t = unalias(type);
	switch (t.kind) {
		case TypeKind.Array:
			return valid(c, t.elem, nest, path);
		case TypeKind.Struct:
			return t.fields.every((f) => valid(c, f.type, nest, path));
		case TypeKind.Union:
			return t.terms.every((x) => valid(c, x.type, nest, path));
		case TypeKind.Interface:
			return t.embeddeds.every((e) => valid(c, e, nest, path));
		case TypeKind.Named:
			return validNamed(c, t, nest, path);
		case TypeKind.TypeParam: {
			// It stands for the type argument of the innermost instance, which was written outside of that.
			const inst = nest[nest.length - 1];
			if (inst === undefined || inst.inst === null) return true;
			const i = inst.inst.orig.tparams.indexOf(t);
			const targ = i >= 0 ? inst.inst.targs[i] : undefined;
			return targ === undefined || valid(c, targ, nest.slice(0, -1), path);
		}
		default:
			return true;
	}
}

function validNamed(c: Checker, t: Named, nest: readonly Named[], path: readonly Named[]): boolean {
	const orig = t.inst?.orig ?? t;
	// finiteSize has looked at it already, but it does not look into interfaces.
	const k = t.fromRHS?.kind;
	if (
		t.inst === null &&
		t.finite === 1 &&
		t.tparams.length === 0 &&
		(k === TypeKind.Struct || k === TypeKind.Array || k === TypeKind.Basic)
	)
		return true;
	if (nest.some((e) => identical(e, t))) {
		orig.fromRHS = Invalid;
		orig.underlying = null;
		const start = path.findIndex((p) => identical(p, t));
		cycleError(c, path.slice(start).map(selfName), 0);
		return false;
	}
	// Types of other packages that are not instances cannot lead back here.
	if (t.inst === null && t.obj.pkg !== c.pkg) return true;
	return valid(c, rhsOf(orig), [...nest, t], [...path, t]);
}
