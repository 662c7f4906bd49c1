// Checks that no chain of nosplit functions can use more stack than every split
// function leaves below its limit.

import type { BitSet } from "#base";
import { ABI0, RelocKind, SymFlag, SymKind } from "#object";
import { PcValues } from "#pclntab";
import type { Symbols } from "./symbols.ts";

/** internal/abi.StackNosplitBase less the return address that CALL pushes. */
const CALL_SIZE = 8;
const LIMIT: number = 800 - CALL_SIZE;
/** Height of a function that is being visited: a cycle never fits. */
const CYCLE = 32767;
/** Target of an indirect call, and of growth without a call. */
const INDIRECT = -1;
const LEAF = 0;

interface Edge {
	growth: number;
	target: number;
}

class StackCheck {
	private readonly syms: Symbols;
	private readonly morestack: number;
	private readonly height = new Map<number, number>();
	/** Out-edges, recorded when a chain must be explained. */
	readonly graph: Map<number, Edge[]> | null;

	constructor(syms: Symbols, record: boolean) {
		this.syms = syms;
		this.morestack = syms.lookup("runtime.morestack", ABI0);
		this.graph = record ? new Map() : null;
	}

	heightOf(id: number): number {
		return this.height.get(id) ?? 0;
	}

	/** Bytes that id and its callees can add before a split check. */
	check(id: number): number {
		const old = this.height.get(id);
		if (old !== undefined) return old;
		this.height.set(id, CYCLE);
		const edges = this.edges(id);
		let h = 0;
		for (const e of edges) h = Math.max(h, e.growth + this.check(e.target));
		const own = this.frame(id);
		if (own > h) {
			// A leaf, or grown larger between calls than at any of them.
			edges.push({ growth: own, target: LEAF });
			h = own;
		}
		h = Math.min(h, CYCLE);
		this.height.set(id, h);
		this.graph?.set(id, edges);
		return h;
	}

	private edges(id: number): Edge[] {
		if (id === this.morestack) return [];
		if (id === INDIRECT) return [{ growth: CALL_SIZE, target: this.morestack }];
		if (this.syms.func(id) < 0) return [];
		if ((this.syms.flags[id] & SymFlag.Nosplit) === 0) return [{ growth: CALL_SIZE, target: this.morestack }];
		return this.nosplitEdges(id);
	}

	/** Runs of SP deltas. */
	private deltas(id: number): PcValues {
		const p = this.syms.packAt(id);
		const t = p.fnPcsp[this.syms.func(id)];
		return new PcValues(t < 0 ? new Uint8Array(0) : p.tabBytes.subarray(p.tabAt[t], p.tabAt[t + 1]));
	}

	private nosplitEdges(id: number): Edge[] {
		const out: Edge[] = [];
		const { relOff: off, relKind: kind } = this.syms;
		const calls: number[] = [];
		for (let i = this.syms.relFrom[id]; i < this.syms.relTo[id]; i++)
			if (kind[i] === RelocKind.Call || kind[i] === RelocKind.CallInd) calls.push(i);
		calls.sort((a, b) => off[a] - off[b]);
		let next = 0;
		const it = this.deltas(id);
		while (it.step()) {
			for (; next < calls.length && off[calls[next]] < it.next; next++) {
				const target = kind[calls[next]] === RelocKind.CallInd ? INDIRECT : this.syms.relTarget[calls[next]];
				out.push({ growth: it.value + CALL_SIZE, target });
			}
		}
		return out;
	}

	/** The most a nosplit function itself adds. */
	private frame(id: number): number {
		if (id === INDIRECT || id === this.morestack || this.syms.func(id) < 0 || (this.syms.flags[id] & SymFlag.Nosplit) === 0) return 0;
		let max = 0;
		const it = this.deltas(id);
		while (it.step()) max = Math.max(max, it.value);
		return max;
	}
}

/** Reports every chain over the limit, one error for each root. */
export function checkStack(syms: Symbols, reached: BitSet): void {
	const quick = new StackCheck(syms, false);
	const failed: number[] = [];
	for (const id of reached) {
		if (syms.kind[id] === SymKind.Text && syms.made[id] === 0 && quick.check(id) > LIMIT) failed.push(id);
	}
	if (failed.length === 0) return;
	const full = new StackCheck(syms, true);
	for (const id of failed) full.check(id);
	for (const root of findRoots(full)) {
		const lines: string[] = [];
		explain(syms, full.graph as Map<number, Edge[]>, [{ growth: 0, target: root }], new Set([0]), LIMIT, lines);
		syms.error([`${syms.name(root)}: nosplit stack over ${LIMIT} byte limit`, symName(syms, root), ...lines].join("\n"));
	}
}

/** Functions nothing else in the graph calls; of a cycle without a caller, the first. Highest first. */
function findRoots(check: StackCheck): number[] {
	const graph = check.graph as Map<number, Edge[]>;
	const called = new Set<number>();
	for (const edges of graph.values()) for (const e of edges) called.add(e.target);
	const roots = [...graph.keys()].filter((id) => !called.has(id));
	const covered = new Set<number>();
	const cover = (id: number): void => {
		if (covered.has(id)) return;
		covered.add(id);
		for (const e of graph.get(id) ?? []) cover(e.target);
	};
	for (const id of roots) cover(id);
	for (const id of [...graph.keys()].sort((a, b) => a - b)) {
		if (covered.has(id)) continue;
		roots.push(id);
		cover(id);
	}
	return roots.sort((a, b) => check.heightOf(b) - check.heightOf(a) || a - b);
}

function symName(syms: Symbols, id: number): string {
	return id === INDIRECT ? "indirect" : `${syms.name(id)}<${syms.abi(id)}>`;
}

/** Walks down from the end of chain; printed holds the positions of the chain that lines already show. */
function explain(syms: Symbols, graph: Map<number, Edge[]>, chain: Edge[], printed: Set<number>, left: number, lines: string[]): void {
	const at = chain[chain.length - 1].target;
	const edges = graph.get(at) ?? [];
	const isCycle = at !== LEAF && !graph.has(at);
	graph.delete(at);
	for (const e of edges) {
		const depth = chain.length;
		chain.push(e);
		printed.delete(depth);
		explain(syms, graph, chain, printed, left - e.growth, lines);
		chain.pop();
	}
	graph.set(at, edges);
	if (edges.length > 0 || (left >= 0 && !isCycle)) return;
	let indent = "";
	chain.forEach((e, i) => {
		if (i === 0) return;
		indent = "    ".repeat(i);
		if (printed.has(i)) return;
		printed.add(i);
		const call = e.target === LEAF ? "" : `, calls ${symName(syms, e.target)}`;
		lines.push(`${indent}grows ${e.growth} bytes${call}`);
	});
	lines.push(isCycle ? `${indent}infinite cycle` : `${indent}${-left} bytes over limit`);
}
