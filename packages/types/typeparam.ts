// Type parameters.

import { Context } from "./context.ts";
import type { TypeName } from "./objects.ts";
import { Interface, type Type, type TypeIds, TypeParam } from "./types.ts";
import { typeSetOf } from "./typeset.ts";

/** A type parameter; obj gets it as type if it has none. */
export function newTypeParam(ids: TypeIds, obj: TypeName, bound: Type): TypeParam {
	const p = new TypeParam(ids, obj, bound);
	if (obj.type === null) obj.type = p;
	return p;
}

/** Gives type parameters their place in the list that declares them. */
export function bindTParams(list: TypeParam[]): TypeParam[] {
	for (let i = 0; i < list.length; i++) (list[i] as TypeParam).index = i;
	return list;
}

/** A constraint that is not an interface stands for an implicit interface around it. */
export function wrapConstraint(p: TypeParam): Interface {
	const iface = new Interface(idsOf(p), [], [p.bound]);
	iface.complete = true;
	iface.implicit = true;
	p.bound = iface;
	typeSetOf(iface);
	return iface;
}

function idsOf(p: TypeParam): TypeIds {
	return p.obj.pkg?.checker?.ids ?? new Context().ids;
}
