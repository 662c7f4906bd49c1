// A package: its path, name and scope, and the checker that resolves its objects on demand.

import type { Checker } from "./checker.ts";
import { Scope } from "./scope.ts";

export class Package {
	readonly path: string;
	name: string;
	readonly scope: Scope;
	/** Direct imports, in order of first use. */
	imports: Package[] = [];
	/** Could not be imported: uses of it report no further errors. */
	fake = false;
	/** Language version, as go.mod gives it ("go1.26"), or "". */
	goVersion = "";
	/** Where the position space of its files starts: positions relative to it do not depend on what else was loaded. */
	posBase = 0;
	/** Numbers of the types that functions declare, by position of the name; the compiler's. */
	localTypes: Map<number, number> | null = null;
	/** Null for package unsafe and fake packages. */
	checker: Checker | null = null;
	constructor(path: string, name: string, universe: Scope) {
		this.path = path;
		this.name = name;
		this.scope = new Scope(universe, `package ${path}`);
	}
}
