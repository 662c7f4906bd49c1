// Messages for selectors and field names that were not found, when something with a similar name was.

import type { Checker } from "./checker.ts";
import { sprintf } from "./format.ts";
import { isExported, type Obj, ObjKind, samePkg } from "./objects.ts";
import type { Type } from "./types.ts";

/** How the object found with another capitalization relates to the name asked for. */
type Near = "missing" | "misspelled" | "unexported" | "inaccessible";

/** The name without its first character. */
const tail = (s: string): string => [...s].slice(1).join("");

function nearness(c: Checker, sel: string, obj: Obj | null): Near {
	if (obj === null) return "missing";
	const alt = obj.name;
	if (samePkg(obj.pkg, c.pkg)) return "misspelled";
	if (isExported(sel)) {
		if (isExported(alt)) return "misspelled";
		return tail(sel) === tail(alt) ? "unexported" : "missing";
	}
	if (isExported(alt)) return tail(sel) === tail(alt) ? "misspelled" : "missing";
	return sel === alt ? "inaccessible" : "missing";
}

/** Why type t has no field or method sel; obj is what differs by case only, if anything. */
export function lookupError(c: Checker, t: Type, sel: string, obj: Obj | null, structLit: boolean): string {
	const near = nearness(c, sel, obj);
	const alt = obj?.name ?? "";
	if (structLit) {
		if (near === "inaccessible") return sprintf(c, "cannot refer to unexported field %s in struct literal of type %s", alt, t);
		const text = sprintf(c, "unknown field %s in struct literal of type %s", sel, t);
		if (near === "missing") return text;
		return `${text}, but does have ${near === "unexported" ? "unexported " : ""}${alt}`;
	}
	const what = obj === null ? "object" : obj.kind === ObjKind.Var ? "field" : obj.kind === ObjKind.Func ? "method" : "object";
	if (near === "inaccessible") return `cannot refer to unexported ${what} ${alt}`;
	const text = sprintf(c, "type %s has no field or method %s", t, sel);
	if (near === "missing") return text;
	return `${text}, but does have ${near === "unexported" ? "unexported " : ""}${what} ${alt}`;
}
