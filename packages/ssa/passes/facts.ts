// What is known of integer values at a point of the program: a range for each and
// differences between pairs, x - y <= c. Facts are added on the way down the
// dominator tree and taken back on the way up.
//
// Numbers are JavaScript numbers: all bounds are exact integers below 2^53 in
// magnitude, or infinite. An infinite bound means the limit of the type.

import type { Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { sizeOfT, T } from "../types.ts";

const exact = 2 ** 53;
/** How far a new bound spreads, and how far a proof looks. */
const spreadBudget = 24;
const proofBudget = 48;

export class Facts {
	readonly f: Func;
	readonly lo: Float64Array;
	readonly hi: Float64Array;
	/** Edges x - y <= c, in lists by x (upper) and by y (lower). */
	private readonly upper: Int32Array;
	private readonly lower: Int32Array;
	private readonly edgeX: number[] = [0];
	private readonly edgeY: number[] = [0];
	private readonly edgeC: number[] = [0];
	private readonly nextUpper: number[] = [0];
	private readonly nextLower: number[] = [0];
	/** Undo log: value, old lo, old hi alternating; an edge is -1, 0, 0. */
	private readonly log: number[] = [];
	/** Set when facts contradict each other: this point is never reached. */
	contradiction = false;

	constructor(f: Func) {
		this.f = f;
		const n = f.nvals;
		this.lo = new Float64Array(n);
		this.hi = new Float64Array(n);
		this.upper = new Int32Array(n);
		this.lower = new Int32Array(n);
		for (let v = 1; v < n; v++) this.limits(v);
	}

	/** The range that the type alone gives. */
	private limits(v: number): void {
		const t = this.f.type[v];
		if (t === T.Bool) this.hi[v] = 1;
		else if (t >= T.I8 && t <= T.I32) {
			this.hi[v] = 2 ** (8 * sizeOfT[t] - 1) - 1;
			this.lo[v] = -this.hi[v] - 1;
		} else {
			this.lo[v] = Number.NEGATIVE_INFINITY;
			this.hi[v] = Number.POSITIVE_INFINITY;
		}
		if (this.f.op[v] === o.OpConst) {
			const c = this.f.auxInt[v];
			if (c < BigInt(exact) && c > -BigInt(exact)) this.lo[v] = this.hi[v] = Number(c);
			else if (c > 0n) this.lo[v] = exact;
			else this.hi[v] = -exact;
		}
	}

	mark(): number {
		return this.log.length;
	}

	undo(mark: number): void {
		const { log } = this;
		while (log.length > mark) {
			const hi = log.pop() as number;
			const lo = log.pop() as number;
			const v = log.pop() as number;
			if (v >= 0) {
				this.lo[v] = lo;
				this.hi[v] = hi;
				continue;
			}
			const x = this.edgeX.pop() as number;
			const y = this.edgeY.pop() as number;
			this.edgeC.pop();
			this.upper[x] = this.nextUpper.pop() as number;
			this.lower[y] = this.nextLower.pop() as number;
		}
	}

	/** v lies in lo..hi. */
	range(v: number, lo: number, hi: number): void {
		this.spread(v, lo, hi, { left: spreadBudget });
	}

	private spread(v: number, lo: number, hi: number, budget: { left: number }): void {
		if (v >= this.lo.length) return;
		if (!(lo > this.lo[v]) && !(hi < this.hi[v])) return;
		this.log.push(v, this.lo[v], this.hi[v]);
		if (lo > this.lo[v] && lo > -exact) this.lo[v] = Math.min(lo, exact);
		if (hi < this.hi[v] && hi < exact) this.hi[v] = Math.max(hi, -exact);
		if (this.lo[v] > this.hi[v]) {
			this.contradiction = true;
			return;
		}
		if (budget.left-- <= 0) return;
		// Those that are at most v + c, and those that v is at most.
		const now = this.hi[v];
		if (now < exact) {
			for (let e = this.lower[v]; e !== 0; e = this.nextLower[e])
				this.spread(this.edgeX[e], Number.NEGATIVE_INFINITY, now + this.edgeC[e], budget);
		}
		const low = this.lo[v];
		if (low > -exact) {
			for (let e = this.upper[v]; e !== 0; e = this.nextUpper[e])
				this.spread(this.edgeY[e], low - this.edgeC[e], Number.POSITIVE_INFINITY, budget);
		}
	}

	/** x - y <= c, as mathematical integers. */
	atMost(x: number, y: number, c: number): void {
		if (x >= this.lo.length || y >= this.lo.length || Math.abs(c) >= exact) return;
		if (x === y) {
			if (c < 0) this.contradiction = true;
			return;
		}
		const { f } = this;
		if (f.op[y] !== o.OpConst && f.op[x] !== o.OpConst && !this.hasEdge(x, y, c)) {
			const e = this.edgeX.length;
			this.edgeX.push(x);
			this.edgeY.push(y);
			this.edgeC.push(c);
			this.nextUpper.push(this.upper[x]);
			this.nextLower.push(this.lower[y]);
			this.upper[x] = e;
			this.lower[y] = e;
			this.log.push(-1, 0, 0);
		}
		if (this.hi[y] < exact) this.range(x, Number.NEGATIVE_INFINITY, this.hi[y] + c);
		if (this.lo[x] > -exact) this.range(y, this.lo[x] - c, Number.POSITIVE_INFINITY);
	}

	private hasEdge(x: number, y: number, c: number): boolean {
		for (let e = this.upper[x]; e !== 0; e = this.nextUpper[e]) if (this.edgeY[e] === y && this.edgeC[e] <= c) return true;
		return false;
	}

	equal(x: number, y: number): void {
		this.atMost(x, y, 0);
		this.atMost(y, x, 0);
	}

	/** Whether x - y <= c is known. */
	proves(x: number, y: number, c: number): boolean {
		if (this.contradiction) return true;
		if (x >= this.lo.length || y >= this.lo.length) return false;
		return this.search(x, y, c, { left: proofBudget }, 0);
	}

	private search(x: number, y: number, c: number, budget: { left: number }, depth: number): boolean {
		if (x === y) return c >= 0;
		if (this.hi[x] < exact && this.lo[y] > -exact && this.hi[x] - this.lo[y] <= c) return true;
		if (depth > 6 || budget.left-- <= 0) return false;
		for (let e = this.upper[x]; e !== 0; e = this.nextUpper[e]) {
			if (this.search(this.edgeY[e], y, c - this.edgeC[e], budget, depth + 1)) return true;
		}
		return false;
	}

	/** Whether some value y is known with x - y <= c. */
	hasUpper(x: number, c: number): boolean {
		if (x >= this.lo.length) return false;
		for (let e = this.upper[x]; e !== 0; e = this.nextUpper[e]) if (this.edgeC[e] <= c) return true;
		return false;
	}

	isNonNegative(v: number): boolean {
		return v < this.lo.length && this.lo[v] >= 0;
	}
}
