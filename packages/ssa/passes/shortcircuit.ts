// Branches on a phi of Bools: a predecessor whose operand is known goes where the
// branch would send it. This is what && and || and inlined predicates leave behind.
//
//	b: p = Phi(false, x); if p -> yes, no      the first predecessor goes to `no`
//
// b must hold nothing else, and p must have no other use.

import { cleanGraph, predIndex, removeEdge, succIndex } from "../cfg.ts";
import { BlockKind, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { T } from "../types.ts";
import { forget, isNote } from "../varvalue.ts";

export function shortCircuit(f: Func): void {
	const candidates: number[] = [];
	for (let b = 1; b < f.blocks.length; b++) if (isCandidate(f, b)) candidates.push(b);
	if (candidates.length === 0) return;
	const uses = countUses(f);
	let changed = false;
	for (const b of candidates) if (uses[f.blocks[b].control] === 1 && thread(f, b)) changed = true;
	if (changed) cleanGraph(f);
}

function isCandidate(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	if (blk.kind !== BlockKind.If || blk.preds.length < 2 || blk.unsafe) return false;
	const p = blk.control;
	if (f.op[p] !== o.OpPhi || f.block[p] !== b || f.type[p] !== T.Bool) return false;
	for (const v of blk.values) if (v !== p && !isNote(f.op[v])) return false;
	return blk.succs[0] !== b && blk.succs[1] !== b;
}

function countUses(f: Func): Int32Array {
	const uses = new Int32Array(f.nvals);
	for (const blk of f.blocks) {
		uses[blk.control]++;
		for (const v of blk.values) if (f.op[v] !== o.OpVarValue) for (let i = 0, n = f.nargs(v); i < n; i++) uses[f.arg(v, i)]++;
	}
	return uses;
}

/** What the branch does for those that come from preds[i]: 1 true, 0 false, -1 unknown. */
function known(f: Func, b: number, i: number): number {
	const blk = f.blocks[b];
	const a = f.arg(blk.control, i);
	if (f.op[a] === o.OpConst) return !f.isZero(a) ? 1 : 0;
	const p = f.blocks[blk.preds[i]];
	if (p.kind !== BlockKind.If || p.control !== a || p.succs[0] === p.succs[1]) return -1;
	return p.succs[0] === b ? 1 : 0;
}

function thread(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	let changed = false;
	for (let i = blk.preds.length - 1; i >= 0; i--) {
		const way = known(f, b, i);
		if (way < 0) continue;
		const k = way === 1 ? 0 : 1;
		const p = blk.preds[i];
		if (f.blocks[p].kind !== BlockKind.Plain && f.blocks[p].kind !== BlockKind.If) continue;
		if (p === b) continue;
		redirect(f, p, b, k, succIndex(f, b, i));
		changed = true;
	}
	if (changed) forgetPhi(f, b);
	return changed;
}

/** b no longer stands before all that it stood before: what is said there of its phi, and what it says, holds no more. */
function forgetPhi(f: Func, b: number): void {
	if (f.vars.length === 0) return;
	const blk = f.blocks[b];
	const p = blk.control;
	const tags = new Set<bigint>();
	for (const v of blk.values) if (f.op[v] === o.OpVarValue) tags.add(f.auxInt[v]);
	for (const c of blk.succs) forget(f, c, tags);
	for (let k = 0; k < f.blocks.length; k++) {
		if (k === b) continue;
		for (const v of f.blocks[k].values) if (f.op[v] === o.OpVarValue && f.nargs(v) === 1 && f.arg(v, 0) === p) f.setArgs(v, []);
	}
}

/** The edge that is p's at-th, to b, becomes an edge to b's k-th successor. */
function redirect(f: Func, p: number, b: number, k: number, at: number): void {
	const c = f.blocks[b].succs[k];
	const from = predIndex(f, b, k);
	for (const v of f.blocks[c].values) {
		if (f.op[v] === o.OpNop) continue;
		if (f.op[v] !== o.OpPhi) break;
		f.addArg(v, f.arg(v, from));
	}
	removeEdge(f, p, at);
	// The new edge stands where the old one stood; phis got their operand above.
	f.blocks[p].succs.splice(at, 0, c);
	f.blocks[c].preds.push(p);
}
