// Resolving objects on demand.

import { InternalError } from "#base";
import { objDecl } from "./decl.ts";
import type { Func, Obj } from "./objects.ts";
import type { Signature, Type } from "./types.ts";

/** The type of an object; checks its declaration first if that has not happened yet. */
export function typeOf(obj: Obj): Type {
	if (obj.type === null) resolve(obj);
	return obj.type as Type;
}

export function signatureOf(f: Func): Signature {
	return typeOf(f) as Signature;
}

function resolve(obj: Obj): void {
	const c = obj.pkg?.checker ?? null;
	if (c === null || obj.decl === null) throw new InternalError(`types: ${obj.name} has neither type nor declaration`);
	objDecl(c, obj);
	if (obj.type === null) throw new InternalError(`types: ${obj.name} was not given a type`);
}
