// The escape graph. A location is a variable or an allocation; an edge says that
// a value flows from one location to another after some dereferences (-1: its
// address flows). Solving finds which locations must live on the heap, because
// their address reaches a place that outlives them, and where the values of
// parameters leak.
//
// The flow-insensitive formulation with dereference counts is that of the Go
// compiler's design (https://go.dev/src/cmd/compile/internal/escape): for every
// root, shortest dereference distances backwards over the edges.

import type { Node } from "#syntax";
import type { Var } from "#types";

/** A function whose locals live in one stack frame: a declared function or a function literal. Inlined bodies belong to their caller's. */
export interface Activation {
	readonly parent: Activation | null;
	/** Some call of the literal is not known: its results may go anywhere. */
	resultsLost: boolean;
	/** Result locations of a literal. */
	results: Location[];
}

/** What is true of a location's storage or of what it points to. */
export const Attr = {
	/** Must be on the heap. */
	Escapes: 1,
	/** The storage lives on after the statement: it cannot be reused at once. */
	Persists: 2,
	/** Memory that pointers in it reach may be written. */
	Mutates: 4,
	/** Functions that it reaches may be called by someone unknown. */
	Calls: 8,
} as const;
const everything = 15;

const noEdges: Location[] = [];
const noDerefs: number[] = [];

export class Location {
	readonly act: Activation | null;
	loopDepth: number;
	/** Index in the parameter list (receiver first) of its function, -1 = not a parameter. */
	readonly param: number;
	/** Index in the result list, -1 = not a result. Results of inlined calls are ordinary locations. */
	readonly result: number;
	/** Bits of Attr. */
	attrs = 0;
	/** The variable, or the node of the allocation. */
	readonly what: Var | Node | null;
	/** A literal's closure object: its activation. */
	literal: Activation | null = null;
	/** Incoming edges, as parallel arrays; none has arrays of its own. */
	from: Location[] = noEdges;
	derefs: number[] = noDerefs;
	/** Parameters only: fewest dereferences with which the value gets there; -1 = never. */
	leakHeap = -1;
	leakMutator = -1;
	leakCallee = -1;
	leakResults: number[] | null = null;

	// scratch of the solver
	distance = 0;
	visit = 0;
	queued = false;
	inWalk = 0;

	constructor(act: Activation | null, loopDepth: number, what: Var | Node | null, param = -1, result = -1) {
		this.act = act;
		this.loopDepth = loopDepth;
		this.what = what;
		this.param = param;
		this.result = result;
	}

	get escapes(): boolean {
		return (this.attrs & Attr.Escapes) !== 0;
	}

	leakTo(root: Location, derefs: number): void {
		if ((root.attrs & Attr.Escapes) === 0 && root.result >= 0 && root.act === this.act) {
			this.leakResults ??= [];
			const old = this.leakResults[root.result] ?? -1;
			if (old < 0 || derefs < old) this.leakResults[root.result] = derefs;
		} else if (this.leakHeap < 0 || derefs < this.leakHeap) {
			this.leakHeap = derefs;
		}
	}
}

/** How the values of one parameter leave a function. */
export interface ParamTag {
	/** Fewest dereferences before reaching the heap, -1 = does not. */
	heap: number;
	/** Before memory is written, before an unknown function is called with it. */
	mutator: number;
	callee: number;
	/** By result index: fewest dereferences, -1 or absent = does not flow there. */
	results: readonly number[];
}

export const leaksToHeap: ParamTag = { heap: 0, mutator: -1, callee: -1, results: [] };
/** Of assembly that promises not to keep its arguments. */
export const noEscape: ParamTag = { heap: -1, mutator: 0, callee: 0, results: [] };

/** The tag of a solved parameter. A path to the heap makes longer ones elsewhere useless. */
export function tagOf(l: Location): ParamTag {
	const heap = l.leakHeap;
	const keep = (d: number): number => (heap >= 0 && d >= heap ? -1 : d);
	return {
		heap,
		mutator: keep(l.leakMutator),
		callee: keep(l.leakCallee),
		results: l.leakResults === null ? [] : Array.from(l.leakResults, (d) => keep(d ?? -1)),
	};
}

function encloses(outer: Activation | null, inner: Activation | null): boolean {
	if (outer === null) return false;
	for (let a = inner?.parent ?? null; a !== null; a = a.parent) if (a === outer) return true;
	return false;
}

export class Graph {
	readonly locations: Location[] = [];
	/** Everything that is not on this stack. */
	readonly heap: Location = new Location(null, 0, null);
	/** Pointers whose memory is written; functions that are called. */
	readonly mutator: Location = new Location(null, 0, null);
	readonly callee: Location = new Location(null, 0, null);
	private visits = 0;
	private readonly work: Location[] = [];

	constructor() {
		this.heap.attrs = everything;
		this.mutator.attrs = Attr.Mutates;
		this.callee.attrs = Attr.Calls;
	}

	add(l: Location): Location {
		this.locations.push(l);
		return l;
	}

	/** A value flows from src to dst after derefs dereferences (-1: its address). */
	flow(dst: Location, src: Location, derefs: number): void {
		if (dst === src && derefs >= 0) return;
		if (derefs < 0 && (dst.attrs & Attr.Escapes) !== 0) {
			// The address reaches the heap: no need to keep the edge.
			src.attrs |= everything;
			return;
		}
		if (dst.from === noEdges) {
			dst.from = [src];
			dst.derefs = [derefs];
			return;
		}
		dst.from.push(src);
		dst.derefs.push(derefs);
	}

	/** Whether a value stored in l may be used after other's storage is gone. */
	private outlives(l: Location, other: Location): boolean {
		if ((l.attrs & Attr.Escapes) !== 0) return true;
		if (l === this.mutator || l === this.callee) return false;
		// Results of a literal stay inside as long as all its calls are known.
		if (l.result >= 0) return !(encloses(other.act, l.act) && !(l.act as Activation).resultsLost);
		if (l.act === other.act) return l.loopDepth < other.loopDepth;
		return encloses(l.act, other.act);
	}

	private enqueue(l: Location): void {
		if (l.queued) return;
		l.queued = true;
		this.work.push(l);
	}

	solve(): void {
		for (const l of this.locations) this.enqueue(l);
		this.enqueue(this.callee);
		this.enqueue(this.mutator);
		this.enqueue(this.heap);
		for (let root = this.work.pop(); root !== undefined; root = this.work.pop()) {
			root.queued = false;
			this.walk(root);
		}
	}

	/** Finds what reaches root, by shortest distance in dereferences. */
	private walk(root: Location): void {
		if ((root.attrs & Attr.Calls) !== 0 && root.literal !== null && !root.literal.resultsLost) {
			root.literal.resultsLost = true;
			for (const r of root.literal.results) this.enqueue(r);
		}
		if (root.from.length === 0 && root.param < 0) return;
		const visit = ++this.visits;
		root.visit = visit;
		root.distance = 0;
		const todo: Location[] = [root];
		for (let next = 0; next < todo.length; next++) {
			const l = todo[next];
			l.inWalk = 0;
			const addressOf = l.distance < 0;
			const base = addressOf ? 0 : l.distance;
			let attrs = 0;
			const outlived = (addressOf || l.param >= 0) && this.outlives(root, l);
			if (addressOf) {
				if (outlived) attrs = everything;
				else attrs |= root.attrs & Attr.Persists;
			}
			if (base === 0) attrs |= root.attrs & (Attr.Mutates | Attr.Calls);
			if (l.param >= 0) this.leak(l, root, base, outlived);
			if ((attrs & ~l.attrs) !== 0) {
				l.attrs |= attrs;
				this.enqueue(l);
				// As a root of its own it will carry on from here.
				if ((l.attrs & Attr.Escapes) !== 0) continue;
			}
			for (let i = 0; i < l.from.length; i++) {
				const src = l.from[i];
				if ((src.attrs & Attr.Escapes) !== 0) continue;
				const d = base + l.derefs[i];
				if (src.visit === visit && src.distance <= d) continue;
				src.visit = visit;
				src.distance = d;
				if (src.inWalk !== visit) {
					src.inWalk = visit;
					todo.push(src);
				}
			}
		}
	}

	private leak(l: Location, root: Location, derefs: number, outlived: boolean): void {
		if (outlived) l.leakTo(root, derefs);
		if ((root.attrs & Attr.Mutates) !== 0 && (l.leakMutator < 0 || derefs < l.leakMutator)) l.leakMutator = derefs;
		if ((root.attrs & Attr.Calls) !== 0 && (l.leakCallee < 0 || derefs < l.leakCallee)) l.leakCallee = derefs;
	}
}
