// Source paths of the program and of this machine.

export type PathRules = readonly (readonly [string, string])[];

/** Applies Delve's substitute-path rules: the first whose from is a prefix ending at a separator. */
export function substitutePath(path: string, rules: PathRules): string {
	for (const [from, to] of rules) {
		if (path === from) return to;
		let rest: string;
		if (from === "") {
			if (path.startsWith("/")) continue;
			rest = path;
		} else {
			if (!path.startsWith(from)) continue;
			rest = path.slice(from.length);
			if (!from.endsWith("/") && !rest.startsWith("/")) continue;
		}
		if (to === "") return rest.startsWith("/") ? rest.slice(1) : rest;
		if (to.endsWith("/") && rest.startsWith("/")) return to.slice(0, -1) + rest;
		return to.endsWith("/") || rest.startsWith("/") ? to + rest : `${to}/${rest}`;
	}
	return path;
}
