// Scopes: sets of names, linked to the scope around them.

import type { Pos } from "#base";
import type { Obj } from "./objects.ts";

const noElems: ReadonlyMap<string, Obj> = new Map();
const noChildren: readonly Scope[] = [];

export class Scope {
	readonly parent: Scope | null;
	/** For debugging. */
	readonly comment: string;
	/** Made with the first element: most blocks declare nothing. */
	elems: ReadonlyMap<string, Obj> = noElems;
	/** Scopes opened inside, for unused-variable reports. */
	children: readonly Scope[] = noChildren;
	/** Outermost scope of a function. */
	isFunc = false;
	pos: Pos = 0;
	end: Pos = 0;
	/** Package scopes: declares the package's objects, at the first look into it. */
	fill: (() => void) | null = null;

	constructor(parent: Scope | null, comment: string, link: boolean = false) {
		this.parent = parent;
		this.comment = comment;
		if (link && parent !== null) parent.addChild(this);
	}

	/** Runs fill if it has not run yet. */
	load(): void {
		const fill = this.fill;
		this.fill = null;
		fill?.();
	}

	lookup(name: string): Obj | null {
		if (this.fill !== null) this.load();
		return this.elems.get(name) ?? null;
	}

	private addChild(s: Scope): void {
		if (this.children === noChildren) this.children = [s];
		else (this.children as Scope[]).push(s);
	}

	/** Makes name mean obj, whatever it meant before. */
	set(name: string, obj: Obj): void {
		if (this.elems === noElems) this.elems = new Map();
		(this.elems as Map<string, Obj>).set(name, obj);
	}

	/** Inserts obj unless its name is taken; returns the object that has the name then, null on success. Blank names are not inserted. */
	insert(obj: Obj): Obj | null {
		const alt = this.elems.get(obj.name);
		if (alt !== undefined) return alt;
		this.set(obj.name, obj);
		if (obj.parent === null) obj.parent = this;
		return null;
	}

	/** The object that name means here: its innermost enclosing declaration. */
	find(name: string): Obj | null {
		for (let s: Scope | null = this; s !== null; s = s.parent) {
			if (s.elems === noElems) continue;
			const obj = s.elems.get(name);
			if (obj !== undefined) return obj;
		}
		return null;
	}

	/** As find, and the scope that declares it. */
	lookupParent(name: string): { scope: Scope; obj: Obj } | null {
		for (let s: Scope | null = this; s !== null; s = s.parent) {
			const obj = s.elems.get(name);
			if (obj !== undefined) return { scope: s, obj };
		}
		return null;
	}
}
