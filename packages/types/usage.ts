// Unused local variables.

import type { Checker } from "./checker.ts";
import { softErrorf } from "./errors.ts";
import { ObjKind, type Var, VarKind } from "./objects.ts";
import type { Scope } from "./scope.ts";

/** Reports the unused variables of a function's scope, but not those of function literals, which report their own. */
export function usage(c: Checker, scope: Scope): void {
	const unused: Var[] = [];
	for (const obj of scope.elems.values()) {
		if (obj.kind === ObjKind.Var && !obj.used && obj.varKind === VarKind.Local) unused.push(obj);
	}
	unused.sort((a, b) => a.pos - b.pos);
	for (const v of unused) softErrorf(c, v.pos, "UnusedVar", "declared and not used: %s", v.name);
	for (const s of scope.children) if (!s.isFunc) usage(c, s);
}
