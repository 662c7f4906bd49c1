// Alias types and their instances.

import type { Pos } from "#base";
import type { Context } from "./context.ts";
import { TypeName } from "./objects.ts";
import { makeSubstMap, subst } from "./subst.ts";
import { Alias, type Type, type TypeIds } from "./types.ts";
import { Invalid } from "./universe.ts";

/** An alias for rhs (null: not known yet); obj gets it as type if it has none. */
export function newAlias(ids: TypeIds, obj: TypeName, rhs: Type | null): Alias {
	const a = new Alias(ids, obj, rhs);
	if (obj.type === null) obj.type = a;
	return a;
}

/** The instance of a generic alias; as many arguments as parameters. */
export function newAliasInstance(ctx: Context, pos: Pos, orig: Alias, targs: Type[]): Alias {
	const rhs = orig.fromRHS === null ? Invalid : subst(ctx, orig.fromRHS, makeSubstMap(orig.tparams, targs), pos);
	const a = new Alias(ctx.ids, new TypeName(pos, orig.obj.pkg, orig.obj.name, null), rhs);
	a.obj.type = a;
	a.orig = orig;
	a.tparams = orig.tparams;
	a.targs = targs;
	return a;
}
