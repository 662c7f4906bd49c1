// Removes bounds checks and branches that facts decide: comparisons on the way to a
// block, earlier checks, definitions, and induction variables. See facts.ts for
// what a fact is.
//
// An induction variable is a phi at the head of a loop whose second operand is the
// phi plus a constant, where a comparison on the way from the phi to the addition
// keeps it from running over: then it never goes back behind its first value.

import { cleanGraph, keepEdge } from "../cfg.ts";
import { DomTree } from "../dom.ts";
import { BlockKind, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { sizeOfT, T } from "../types.ts";
import { Facts } from "./facts.ts";

export function prove(f: Func): void {
	new Prover(f).run();
}

const isInt = (t: number): boolean => t >= T.I8 && t <= T.I64;

class Prover {
	private readonly f: Func;
	private readonly dom: DomTree;
	private readonly facts: Facts;
	private branches: [b: number, k: number][] = [];

	constructor(f: Func) {
		this.f = f;
		this.dom = new DomTree(f);
		this.facts = new Facts(f);
	}

	run(): void {
		const { dom, facts } = this;
		const stack: number[] = [0];
		const marks: number[] = [];
		while (stack.length > 0) {
			const b = stack.pop() as number;
			if (b < 0) {
				facts.undo(marks.pop() as number);
				facts.contradiction = false;
				continue;
			}
			marks.push(facts.mark());
			stack.push(-1);
			this.edge(b);
			// Facts that contradict each other: the branch that leads here is never taken.
			if (facts.contradiction) {
				this.dead(b);
				continue;
			}
			this.block(b);
			// A check in b that always fails: what b dominates is not reached, and not looked at.
			if (!facts.contradiction) for (let c = dom.child[b]; c >= 0; c = dom.sibling[c]) stack.push(c);
		}
		if (this.branches.length === 0) return;
		for (const [b, k] of this.branches) if (this.f.blocks[b].succs.length === 2) keepEdge(this.f, b, k);
		cleanGraph(this.f);
	}

	/** Block b is never reached. */
	private dead(b: number): void {
		const { preds } = this.f.blocks[b];
		if (preds.length !== 1) return;
		const p = this.f.blocks[preds[0]];
		if (p.kind !== BlockKind.If || p.succs[0] === p.succs[1]) return;
		this.branches.push([preds[0], p.succs[0] === b ? 1 : 0]);
	}

	private edge(b: number): void {
		const { f } = this;
		const { preds } = f.blocks[b];
		if (preds.length !== 1) return;
		const p = f.blocks[preds[0]];
		if (p.kind === BlockKind.If && p.succs[0] !== p.succs[1]) this.condition(p.control, p.succs[0] === b);
	}

	/** c holds, or does not. */
	private condition(c: number, holds: boolean): void {
		const { f, facts } = this;
		const op = f.op[c];
		facts.range(c, holds ? 1 : 0, holds ? 1 : 0);
		if (f.nargs(c) < 1) return;
		const x = f.arg(c, 0);
		if (op === o.OpNot) return this.condition(x, !holds);
		if (f.nargs(c) !== 2) return;
		const y = f.arg(c, 1);
		if (op === (holds ? o.OpAnd : o.OpOr) && f.type[c] === T.Bool) {
			this.condition(x, holds);
			this.condition(y, holds);
			return;
		}
		if (!isInt(f.type[x])) return;
		switch (op) {
			case o.OpLt:
				return holds ? facts.atMost(x, y, -1) : facts.atMost(y, x, 0);
			case o.OpLe:
				return holds ? facts.atMost(x, y, 0) : facts.atMost(y, x, -1);
			case o.OpLtU:
				return holds ? this.below(x, y, -1) : this.below(y, x, 0);
			case o.OpLeU:
				return holds ? this.below(x, y, 0) : this.below(y, x, -1);
			case o.OpEq:
			case o.OpNe:
				return holds === (op === o.OpEq) ? facts.equal(x, y) : this.differ(x, y);
		}
	}

	/** x - y <= c as unsigned numbers: tells something of the signed ones if y is not negative. */
	private below(x: number, y: number, c: number): void {
		const { facts } = this;
		if (!facts.isNonNegative(y)) return;
		facts.range(x, 0, Number.POSITIVE_INFINITY);
		facts.atMost(x, y, c);
	}

	private differ(x: number, y: number): void {
		const { facts } = this;
		const at = facts.lo[y];
		if (at === facts.hi[y]) {
			if (facts.lo[x] === at) facts.range(x, at + 1, Number.POSITIVE_INFINITY);
			if (facts.hi[x] === at) facts.range(x, Number.NEGATIVE_INFINITY, at - 1);
		}
		if (facts.proves(x, y, 0)) facts.atMost(x, y, -1);
		else if (facts.proves(y, x, 0)) facts.atMost(y, x, -1);
	}

	private block(b: number): void {
		const { f, facts } = this;
		const { values } = f.blocks[b];
		let n = 0;
		for (let i = 0; i < values.length; i++) {
			const v = values[i];
			if (!facts.contradiction) this.value(b, v);
			if (f.op[v] !== o.OpNop) values[n++] = v;
		}
		values.length = n;
	}

	private value(b: number, v: number): void {
		const { f } = this;
		const op = f.op[v];
		if (op >= 256) return;
		if (op === o.OpBoundsCheck) return this.boundsCheck(v);
		const t = f.type[v];
		if (t === T.Bool) {
			if (f.nargs(v) === 2 && isInt(f.type[f.arg(v, 0)])) this.compare(v);
			return;
		}
		if (!isInt(t)) return;
		if (f.nonNegative.has(v)) this.facts.range(v, 0, Number.POSITIVE_INFINITY);
		if (op === o.OpPhi) this.phi(b, v);
		else if (f.nargs(v) > 0) this.define(v);
	}

	private boundsCheck(v: number): void {
		const { f, facts } = this;
		const i = f.arg(v, 0);
		const n = f.arg(v, 1);
		const code = Number(f.auxInt[v] & 0xffn);
		const c = code === 0 ? -1 : 0;
		if (facts.isNonNegative(i) && facts.proves(i, n, c)) {
			f.op[v] = o.OpNop;
			f.setArgs(v, []);
			return;
		}
		// The length of s[x:y] (3, 6, 7: x <= y) was checked as an index before; in others it is a length.
		if (code !== 3 && code !== 6 && code !== 7) facts.range(n, 0, Number.POSITIVE_INFINITY);
		this.below(i, n, c);
	}

	/** A comparison that facts decide becomes a constant. */
	private compare(v: number): void {
		const { f, facts } = this;
		const x = f.arg(v, 0);
		const y = f.arg(v, 1);
		const op = f.op[v];
		let yes = false;
		let no = false;
		switch (op) {
			case o.OpLt:
				yes = facts.proves(x, y, -1);
				no = !yes && facts.proves(y, x, 0);
				break;
			case o.OpLe:
				yes = facts.proves(x, y, 0);
				no = !yes && facts.proves(y, x, -1);
				break;
			case o.OpLtU:
			case o.OpLeU: {
				const c = op === o.OpLtU ? -1 : 0;
				// Where both are known not to be negative, or where the smaller one is and bounds the other.
				if (facts.isNonNegative(x)) yes = facts.proves(x, y, c);
				if (!yes && facts.isNonNegative(y)) no = facts.proves(y, x, -1 - c);
				break;
			}
			case o.OpEq:
			case o.OpNe: {
				const same = facts.proves(x, y, 0) && facts.proves(y, x, 0);
				const other = !same && (facts.proves(x, y, -1) || facts.proves(y, x, -1));
				yes = op === o.OpEq ? same : other;
				no = op === o.OpEq ? other : same;
				break;
			}
			default:
				return;
		}
		if (!yes && !no) return;
		f.op[v] = o.OpConst;
		f.auxInt[v] = yes ? 1n : 0n;
		f.setArgs(v, []);
		facts.range(v, yes ? 1 : 0, yes ? 1 : 0);
	}

	/** What the definition of v tells. */
	private define(v: number): void {
		const { f, facts } = this;
		const { lo, hi } = facts;
		const x = f.arg(v, 0);
		const y = f.nargs(v) > 1 ? f.arg(v, 1) : 0;
		const w = sizeOfT[f.type[v]] * 8;
		switch (f.op[v]) {
			case o.OpAdd:
				if (this.fits(v, lo[x] + lo[y], hi[x] + hi[y])) {
					if (f.op[y] === o.OpConst) {
						facts.atMost(v, x, hi[y]);
						facts.atMost(x, v, -lo[y]);
					} else {
						if (lo[x] >= 0) facts.atMost(y, v, -lo[x]);
						if (lo[y] >= 0) facts.atMost(x, v, -lo[y]);
						if (hi[x] <= 0) facts.atMost(v, y, hi[x]);
						if (hi[y] <= 0) facts.atMost(v, x, hi[y]);
					}
				}
				return;
			case o.OpSub:
				// Differences of two that are not negative do not run over.
				if (this.fits(v, lo[x] - hi[y], hi[x] - lo[y]) || (lo[x] >= 0 && lo[y] >= 0)) {
					if (lo[y] > -(2 ** 53)) facts.atMost(v, x, -lo[y]);
					if (facts.proves(y, x, 0)) facts.range(v, 0, Number.POSITIVE_INFINITY);
				}
				return;
			case o.OpAnd:
				if (lo[x] >= 0) this.upTo(v, x);
				if (lo[y] >= 0) this.upTo(v, y);
				return;
			case o.OpModU:
				if (lo[y] > 0) {
					facts.range(v, 0, Number.POSITIVE_INFINITY);
					facts.atMost(v, y, -1);
				}
				if (lo[x] >= 0) this.upTo(v, x);
				return;
			case o.OpMod:
				if (lo[x] >= 0) {
					this.upTo(v, x);
					if (lo[y] > 0) {
						facts.atMost(v, y, -1);
						f.op[v] = o.OpModU;
					}
				} else if (lo[y] > 0) {
					facts.atMost(v, y, -1);
					facts.range(v, 1 - hi[y], Number.POSITIVE_INFINITY);
				}
				return;
			case o.OpDiv:
				if (lo[x] >= 0 && lo[y] > 0) {
					this.upTo(v, x);
					facts.range(v, 0, Math.floor(hi[x] / lo[y]));
					f.op[v] = o.OpDivU;
				}
				return;
			case o.OpDivU:
				if (lo[x] >= 0) {
					this.upTo(v, x);
					if (lo[y] > 0) facts.range(v, 0, Math.floor(hi[x] / lo[y]));
				}
				return;
			case o.OpSar:
			case o.OpShr:
				this.shift(v, x, y, w);
				return;
			case o.OpShl:
				this.bound(v, y, w);
				if (lo[x] >= 0 && lo[y] >= 0 && hi[y] < w && hi[x] * 2 ** hi[y] <= this.limit(v)) facts.range(v, lo[x], hi[x] * 2 ** hi[y]);
				return;
			case o.OpMul:
				if (lo[x] >= 0 && lo[y] >= 0 && hi[x] * hi[y] <= this.limit(v)) facts.range(v, lo[x] * lo[y], hi[x] * hi[y]);
				return;
			case o.OpZeroExt:
				if (f.type[x] === T.Bool) facts.range(v, 0, 1);
				else if (lo[x] >= 0) facts.equal(v, x);
				else facts.range(v, 0, 2 ** (8 * sizeOfT[f.type[x]]) - 1);
				return;
			case o.OpSignExt:
				facts.equal(v, x);
				if (lo[x] >= 0) f.op[v] = o.OpZeroExt;
				return;
			case o.OpTrunc:
				if (lo[x] >= -this.limit(v) - 1 && hi[x] <= this.limit(v)) facts.equal(v, x);
				return;
			case o.OpCtz:
			case o.OpBitLen:
			case o.OpPopCount:
				facts.range(v, 0, w);
				return;
			case o.OpCondSelect:
				this.select(v, x, y, f.arg(v, 2));
				return;
		}
	}

	/** 0 <= v <= x */
	private upTo(v: number, x: number): void {
		this.facts.range(v, 0, Number.POSITIVE_INFINITY);
		this.facts.atMost(v, x, 0);
	}

	/** The largest number of v's type. */
	private limit(v: number): number {
		const w = sizeOfT[this.f.type[v]] * 8;
		return w === 64 ? 2 ** 53 - 1 : 2 ** (w - 1) - 1;
	}

	/** Whether an exact result in lo..hi is in v's type; if so, it is v's range. */
	private fits(v: number, lo: number, hi: number): boolean {
		const { f } = this;
		// 64 bits hold any sum of one exact number and one that is within a step of the type's limit only if that limit is not reached.
		const max = this.limit(v);
		if (f.type[v] === T.I64 ? !(lo > -(2 ** 53) && hi < 2 ** 53) : lo < -max - 1 || hi > max) return this.fitsHalf(v);
		this.facts.range(v, lo, hi);
		return true;
	}

	/** x + c where only the side matters that c moves to: c < 0 and x not negative, or x at most some y - c. */
	private fitsHalf(v: number): boolean {
		const { f, facts } = this;
		const x = f.arg(v, 0);
		const y = f.arg(v, 1);
		const { lo, hi } = facts;
		if (f.op[v] !== o.OpAdd || f.type[v] !== T.I64) return false;
		if (f.op[y] === o.OpConst && lo[y] === hi[y]) {
			if (hi[y] <= 0 && lo[x] > -(2 ** 53)) {
				facts.range(v, lo[x] + lo[y], Number.POSITIVE_INFINITY);
				return true;
			}
			if (lo[y] > 0 && (hi[x] < 2 ** 53 || facts.hasUpper(x, -lo[y]))) {
				facts.range(v, lo[x] + lo[y], hi[x] + lo[y]);
				return true;
			}
		}
		return false;
	}

	private shift(v: number, x: number, y: number, w: number): void {
		const { f, facts } = this;
		const { lo, hi } = facts;
		this.bound(v, y, w);
		if (lo[x] >= 0) {
			if (f.op[v] === o.OpSar) f.op[v] = o.OpShr;
			this.upTo(v, x);
			if (lo[y] >= 0 && lo[y] < 64) facts.range(v, 0, Math.floor(hi[x] / 2 ** lo[y]));
		} else if (f.op[v] === o.OpShr && lo[y] > 0 && lo[y] < w) facts.range(v, 0, 2 ** (w - lo[y]) - 1);
	}

	/** A count that is known to be below the width. */
	private bound(v: number, y: number, w: number): void {
		const { f, facts } = this;
		if (f.isZero(v) && facts.lo[y] >= 0 && facts.hi[y] < w) f.auxInt[v] = 1n;
	}

	/** The smaller or larger of two, and what both have in common. */
	private select(v: number, x: number, y: number, c: number): void {
		const { f, facts } = this;
		facts.range(v, Math.min(facts.lo[x], facts.lo[y]), Math.max(facts.hi[x], facts.hi[y]));
		const op = f.op[c];
		if (op !== o.OpLt && op !== o.OpLe) return;
		const [p, q] = [f.arg(c, 0), f.arg(c, 1)];
		if (p === x && q === y) {
			facts.atMost(v, x, 0);
			facts.atMost(v, y, 0);
		} else if (p === y && q === x) {
			facts.atMost(x, v, 0);
			facts.atMost(y, v, 0);
		}
	}

	// ---- phis ----

	private phi(b: number, v: number): void {
		const { f, facts, dom } = this;
		const { preds } = f.blocks[b];
		let lo = Number.POSITIVE_INFINITY;
		let hi = Number.NEGATIVE_INFINITY;
		let back = -1;
		let backs = 0;
		for (let i = 0; i < preds.length; i++) {
			const a = f.arg(v, i);
			if (a === v) continue;
			if (dom.dominates(b, preds[i])) {
				back = a;
				backs++;
				continue;
			}
			if (f.op[a] !== o.OpConst && !dom.dominates(f.block[a], b)) {
				// Defined below the common dominator: its facts are gone, but not what its type says.
				lo = Number.NEGATIVE_INFINITY;
				hi = Number.POSITIVE_INFINITY;
				continue;
			}
			lo = Math.min(lo, facts.lo[a]);
			hi = Math.max(hi, facts.hi[a]);
		}
		if (backs === 0) facts.range(v, lo, hi);
		else if (backs === 1 && preds.length === 2) this.induction(b, v, back, lo, hi);
	}

	private induction(b: number, v: number, next: number, lo: number, hi: number): void {
		const { f, facts, dom } = this;
		if (f.op[next] !== o.OpAdd || f.arg(next, 0) !== v || f.op[f.arg(next, 1)] !== o.OpConst) return;
		const step = facts.lo[f.arg(next, 1)];
		if (step === 0 || step !== facts.hi[f.arg(next, 1)]) return;
		const init = f.arg(v, dom.dominates(b, f.blocks[b].preds[0]) ? 1 : 0);
		const guard = this.guard(b, v, next, step, init);
		if (guard === null) return;
		if (step > 0) {
			facts.range(v, lo, Number.POSITIVE_INFINITY);
			facts.atMost(init, v, 0);
		} else {
			facts.range(v, Number.NEGATIVE_INFINITY, hi);
			facts.atMost(v, init, 0);
		}
		const { limit, slack } = guard;
		// Steps of one stop exactly at a limit that does not move.
		if (!this.isInvariant(limit, b)) return;
		if (step > 0 && facts.proves(init, limit, slack + step)) facts.atMost(v, limit, slack + step);
		if (step < 0 && facts.proves(limit, init, slack - step)) facts.atMost(limit, v, slack - step);
	}

	/** Whether v does not change in the loop whose head is b. */
	private isInvariant(v: number, b: number): boolean {
		const { f, dom } = this;
		return f.op[v] === o.OpConst || (f.block[v] !== b && dom.dominates(f.block[v], b));
	}

	/**
	 * A comparison that holds wherever next is computed and keeps it from running over:
	 * v - limit <= slack (upward) or limit - v <= slack (downward). Then v + step is in the type.
	 */
	private guard(head: number, v: number, next: number, step: number, init: number): { limit: number; slack: number } | null {
		const { f, dom, facts } = this;
		for (let d = f.block[next]; d !== head && d >= 0; d = dom.idom[d]) {
			const { preds } = f.blocks[d];
			if (preds.length !== 1) continue;
			const p = f.blocks[preds[0]];
			if (p.kind !== BlockKind.If || p.succs[0] === p.succs[1]) continue;
			const holds = p.succs[0] === d;
			const c = p.control;
			if (f.nargs(c) !== 2) continue;
			const [x, y] = [f.arg(c, 0), f.arg(c, 1)];
			let limit = 0;
			let slack = 0;
			const op = f.op[c];
			if (op === o.OpLt || op === o.OpLe) {
				const strict = (op === o.OpLt) === holds;
				// What holds is small < large or small <= large.
				const [small, large] = holds ? [x, y] : [y, x];
				if ((step > 0 ? small : large) !== v) continue;
				limit = step > 0 ? large : small;
				slack = strict ? -1 : 0;
			} else if (op === (holds ? o.OpNe : o.OpEq) && (x === v || y === v) && Math.abs(step) === 1) {
				limit = x === v ? y : x;
				if (!this.isInvariant(limit, head)) continue;
				// Starts on the right side and cannot jump over.
				if (!(step > 0 ? facts.proves(init, limit, 0) : facts.proves(limit, init, 0))) continue;
				slack = -1;
			} else continue;
			const room = Math.abs(step) + slack;
			const max = f.type[v] === T.I64 ? Number.POSITIVE_INFINITY : 2 ** (8 * sizeOfT[f.type[v]] - 1) - 1;
			// The limit must be so far from the end of the type that one step more fits.
			if (room <= 0) return { limit, slack };
			if (limit >= facts.lo.length) continue;
			if (step > 0 ? facts.hi[limit] + room <= Math.min(max, 2 ** 53) : facts.lo[limit] - room >= Math.max(-max - 1, -(2 ** 53)))
				return { limit, slack };
		}
		return null;
	}
}
