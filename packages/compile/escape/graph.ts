// The escape graph. A location is a variable or an allocation; an edge says that
// a value flows from one location to another after some dereferences (-1: its
// address flows). Solving finds which locations must live on the heap, because
// their address reaches a place that outlives them, and where the values of
// parameters leak.
//
// The flow-insensitive formulation with dereference counts is that of the Go
// compiler's design (https://go.dev/src/cmd/compile/internal/escape): for every
// root, shortest dereference distances backwards over the edges.

/** A function whose locals live in one stack frame: a declared function or a function literal. Inlined bodies belong to their caller's. */
export interface Activation {
	parent: Activation | null;
	/** Called where it is written and nowhere else: its results do not outlive the caller. */
	direct: boolean;
}

export class Location {
	readonly act: Activation | null;
	readonly loopDepth: number;
	/** Index in the parameter list (receiver first) of the function being summarised, -1 = not a parameter. */
	readonly param: number;
	/** Index in the result list, -1 = not a result. Results of direct closures and inlined calls are ordinary locations. */
	readonly result: number;
	/** Must be on the heap. */
	escapes = false;
	/** Incoming edges, as parallel arrays. */
	readonly from: Location[] = [];
	readonly derefs: number[] = [];
	/** Parameters only: fewest dereferences with which the value reaches the heap, or result i; -1 = never. */
	leakHeap = -1;
	leakResults: number[] | null = null;

	// scratch of the solver
	distance = 0;
	visit = 0;
	queued = false;

	constructor(act: Activation | null, loopDepth: number, param = -1, result = -1) {
		this.act = act;
		this.loopDepth = loopDepth;
		this.param = param;
		this.result = result;
	}

	leakTo(root: Location, derefs: number): void {
		if (!root.escapes && root.result >= 0 && root.act === this.act) {
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
	/** By result index: fewest dereferences, -1 or absent = does not flow there. */
	results: readonly number[];
}

export const noLeak: ParamTag = { heap: -1, results: [] };
export const leaksToHeap: ParamTag = { heap: 0, results: [] };

function encloses(outer: Activation, inner: Activation | null): boolean {
	for (let a = inner?.parent ?? null; a !== null; a = a.parent) if (a === outer) return true;
	return false;
}

/** Whether a value stored in l may be used after other's storage is gone. */
function outlives(l: Location, other: Location): boolean {
	if (l.escapes || l.result >= 0) return true;
	if (l.act === null || other.act === null) return false;
	if (l.act === other.act) return l.loopDepth < other.loopDepth;
	return encloses(l.act, other.act);
}

export class Graph {
	readonly locations: Location[] = [];
	/** Everything that is not on this stack. */
	readonly heap: Location = new Location(null, 0);
	private visits = 0;

	constructor() {
		this.heap.escapes = true;
		this.locations.push(this.heap);
	}

	add(l: Location): Location {
		this.locations.push(l);
		return l;
	}

	/** A value flows from src to dst after derefs dereferences (-1: its address). */
	flow(dst: Location, src: Location, derefs: number): void {
		if (dst === src && derefs >= 0) return;
		if (dst.escapes && derefs < 0) {
			// The address reaches the heap: no need to keep the edge.
			src.escapes = true;
			return;
		}
		dst.from.push(src);
		dst.derefs.push(derefs);
	}

	solve(): void {
		const work = this.locations.slice();
		for (const l of work) l.queued = true;
		for (let root = work.pop(); root !== undefined; root = work.pop()) {
			root.queued = false;
			this.walk(root, work);
		}
	}

	/** Finds what reaches root, by shortest distance in dereferences. */
	private walk(root: Location, work: Location[]): void {
		const visit = ++this.visits;
		root.visit = visit;
		root.distance = 0;
		const todo: Location[] = [root];
		for (let l = todo.pop(); l !== undefined; l = todo.pop()) {
			const addressOf = l.distance < 0;
			const base = addressOf ? 0 : l.distance;
			if (outlives(root, l)) {
				if (l.param >= 0 && (root.escapes || root.result >= 0)) l.leakTo(root, base);
				if (addressOf && !l.escapes) {
					l.escapes = true;
					if (!l.queued) {
						l.queued = true;
						work.push(l);
					}
					// As a root of its own it will carry on from here.
					continue;
				}
			}
			for (let i = 0; i < l.from.length; i++) {
				const src = l.from[i];
				if (src.escapes && src.param < 0) continue;
				const d = base + l.derefs[i];
				if (src.visit === visit && src.distance <= d) continue;
				src.visit = visit;
				src.distance = d;
				todo.push(src);
			}
		}
	}
}
