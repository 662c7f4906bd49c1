// Scopes: sets of names, linked to the scope around them.

import type { Pos } from "#base";
import type { Obj } from "./objects.ts";

export class Scope {
	readonly parent: Scope | null;
	/** For debugging. */
	readonly comment: string;
	readonly elems: Map<string, Obj> = new Map();
	/** Scopes opened inside, for unused-variable reports. */
	readonly children: Scope[] = [];
	/** Outermost scope of a function. */
	isFunc = false;
	pos: Pos = 0;
	end: Pos = 0;

	constructor(parent: Scope | null, comment: string, link: boolean = false) {
		this.parent = parent;
		this.comment = comment;
		if (link && parent !== null) parent.children.push(this);
	}

	lookup(name: string): Obj | null {
		return this.elems.get(name) ?? null;
	}

	/** Inserts obj unless its name is taken; returns the object that has the name then, null on success. Blank names are not inserted. */
	insert(obj: Obj): Obj | null {
		const alt = this.elems.get(obj.name);
		if (alt !== undefined) return alt;
		this.elems.set(obj.name, obj);
		if (obj.parent === null) obj.parent = this;
		return null;
	}

	/** The innermost enclosing declaration of name, this scope included. */
	lookupParent(name: string): { scope: Scope; obj: Obj } | null {
		for (let s: Scope | null = this; s !== null; s = s.parent) {
			const obj = s.elems.get(name);
			if (obj !== undefined) return { scope: s, obj };
		}
		return null;
	}
}
