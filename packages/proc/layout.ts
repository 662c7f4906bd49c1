// Where the fields of the runtime's structures are, read from the program's own types once.

import type { Binary, Type } from "#bininfo";

/** A field's place in its structure. */
export interface FieldAt {
	offset: number;
	size: number;
	type: Type;
}

/** What a program without debugging information still tells. */
export interface LayoutFallback {
	type(name: string): Type | null;
	/** Address, 0 = not known. */
	variable(name: string): number;
}

/** A runtime structure that is not described as this needs it: the program has no debugging information, or its Go version is too different. */
export class LayoutError extends Error {
	constructor(what: string) {
		super(what);
		this.name = "LayoutError";
	}
}

/** Fields of runtime structures by type and path. */
export class Layout {
	private readonly binary: Binary;
	/** Where types come from when there is no debugging information, and variables. */
	private readonly fallback: LayoutFallback;
	private readonly known: Map<string, FieldAt | null> = new Map();

	constructor(binary: Binary, fallback: LayoutFallback) {
		this.binary = binary;
		this.fallback = fallback;
	}

	private type(name: string): Type | null {
		return this.binary.hasDwarf ? this.binary.typeNamed(name) : this.fallback.type(name);
	}

	/** A field such as ("runtime.g", "sched.sp"), null when this version has none. */
	find(type: string, path: string): FieldAt | null {
		const key = `${type}.${path}`;
		let at = this.known.get(key);
		if (at === undefined) {
			at = this.resolve(type, path);
			this.known.set(key, at);
		}
		return at;
	}

	private resolve(type: string, path: string): FieldAt | null {
		let t = this.type(type)?.real ?? null;
		let offset = 0;
		for (const name of path.split(".")) {
			const f: FieldAt | null = t === null ? null : findField(t, name);
			if (f === null) return null;
			offset += f.offset;
			t = f.type.real;
		}
		return t === null ? null : { offset, size: t.size, type: t };
	}

	/** Offset of a field; throws LayoutError when there is none. */
	offset(type: string, path: string): number {
		const f = this.find(type, path);
		if (f === null) throw new LayoutError(`could not find field ${path} of ${type}`);
		return f.offset;
	}

	/** Offset of the first of several spellings, -1 when this version has none. */
	optional(type: string, ...paths: string[]): number {
		for (const p of paths) {
			const f = this.find(type, p);
			if (f !== null) return f.offset;
		}
		return -1;
	}

	size(type: string): number {
		const t = this.type(type);
		if (t === null) throw new LayoutError(`could not find type ${type}`);
		return t.size;
	}

	/** Address of a package variable in the program; throws LayoutError when there is none. */
	variable(name: string): number {
		const at = this.optionalVariable(name);
		if (at === 0) throw new LayoutError(`could not find variable ${name}`);
		return at;
	}

	/** Address of a package variable, 0 when there is none. */
	optionalVariable(name: string): number {
		if (!this.binary.hasDwarf) return this.fallback.variable(name);
		const v = this.binary.variableNamed(name);
		return v === null ? 0 : this.binary.variableAddress(v);
	}
}

function findField(t: Type, name: string): FieldAt | null {
	for (const f of t.fields) if (f.name === name) return { offset: f.offset, size: f.type.size, type: f.type };
	for (const f of t.fields) {
		if (!f.embedded) continue;
		const inner = findField(f.type.real, name);
		if (inner !== null) return { ...inner, offset: inner.offset + f.offset };
	}
	return null;
}
