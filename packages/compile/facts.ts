// What making a symbol finds out about functions of other declarations, so that the store knows when the symbol no longer holds. What a
// package declares (all its text but the bodies of functions) is covered by the name of the store's file; a fact is what else was read: a
// question, and a digest of the answer.
//
//     b PACKAGE FUNCTION    the text of a function's declaration, its body included, and where it stands
//     a PACKAGE             all of a package's text: its initialisers were put in order, or became data
//     c PACKAGE SYMBOL      what inlining the function costs
//     t PACKAGE SYMBOL      the escape tags of its parameters
//
// The last two end the chain: a function whose callee was edited holds when the callee's tags are what they were.

import { type FuncDecl, Kind } from "#syntax";
import type { FunctionTags } from "./escape/planner.ts";
import type { FuncInst } from "./program.ts";

/** Questions with digests of the answers. */
export type Facts = ReadonlyMap<string, string>;

/** Digests of what the program's text says now; null = the package is covered otherwise, and nothing needs to be noted. */
export interface FactSource {
	/** Of a function by functionKey. */
	functionDigest(path: string, key: string): string | null;
	/** Of all of a package. */
	contentDigest(path: string): string | null;
}

/** Finds out what no kept answer tells: by package and linker name; undefined = it cannot. */
export interface FactAnswers {
	cost(path: string, name: string): number | null | undefined;
	tags(path: string, name: string): FunctionTags | undefined;
}

/** Name of a declared function within its package, with the receiver's type; "" when several may have it. */
export function functionKey(decl: FuncDecl): string {
	const name = decl.name.name;
	if (decl.recv === null) return name === "init" || name === "_" ? "" : name;
	let t = decl.recv.type;
	for (;;) {
		if (t.kind === Kind.Name) return name === "_" ? "" : `${t.name}.${name}`;
		if (t.kind === Kind.Paren || t.kind === Kind.Unary || t.kind === Kind.Index) t = t.x;
		else return "";
	}
}

export function costText(cost: number | null): string {
	return cost === null ? "no" : String(cost);
}

export function tagsText(tags: FunctionTags): string {
	return JSON.stringify([tags.params, tags.component]);
}

const nothing: Facts = new Map();

export class FactRecorder {
	private readonly source: FactSource | null;
	private current: Map<string, string> | null = null;
	/** What was read for the initial values of each package. */
	private readonly initials = new Map<string, Map<string, string>>();

	/** source: null = nobody wants to know. */
	constructor(source: FactSource | null) {
		this.source = source;
	}

	/** What run reads, which is not noted for whatever else is being made. */
	record<R>(run: () => R): { result: R; facts: Facts } {
		if (this.source === null) return { result: run(), facts: nothing };
		const outer = this.current;
		const facts = new Map<string, string>();
		this.current = facts;
		try {
			return { result: run(), facts };
		} finally {
			this.current = outer;
		}
	}

	include(facts: Facts): void {
		if (this.current !== null) for (const [key, value] of facts) this.current.set(key, value);
	}

	/** run looks at initial values of a package, some of which may have been looked at before. */
	initial<R>(path: string, run: () => R): R {
		if (this.source === null) return run();
		const { result, facts } = this.record(run);
		let all = this.initials.get(path);
		if (all === undefined) {
			all = new Map();
			this.initials.set(path, all);
			const digest = this.source.contentDigest(path);
			if (digest !== null) all.set(`a ${path}`, digest);
		}
		for (const [key, value] of facts) all.set(key, value);
		this.include(all);
		return result;
	}

	/** The body of a function is read, or that of a literal inside. */
	body(fn: FuncInst): void {
		if (this.current === null || this.source === null) return;
		let top = fn;
		while (top.outer !== null) top = top.outer;
		const { path } = top.unit.pkg;
		const key = top.decl === null ? "" : functionKey(top.decl);
		if (key === "") {
			const digest = this.source.contentDigest(path);
			if (digest !== null) this.current.set(`a ${path}`, digest);
			return;
		}
		const digest = this.source.functionDigest(path, key);
		if (digest !== null) this.current.set(`b ${path} ${key}`, digest);
	}

	/** What inlining a function costs. */
	cost(fn: FuncInst, cost: number | null): void {
		if (this.isNoted(fn)) this.current?.set(`c ${fn.unit.pkg.path} ${fn.name}`, costText(cost));
	}

	/** The tags of a function's parameters. */
	tags(fn: FuncInst, tags: FunctionTags): void {
		if (this.isNoted(fn)) this.current?.set(`t ${fn.unit.pkg.path} ${fn.name}`, tagsText(tags));
	}

	/** Without a body, the declaration says all. */
	private isNoted(fn: FuncInst): boolean {
		return this.current !== null && fn.decl?.hasBody === true && this.source?.contentDigest(fn.unit.pkg.path) != null;
	}
}
