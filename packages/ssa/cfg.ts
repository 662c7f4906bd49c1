// Changes of the graph that keep edges, predecessor order and phis consistent.

import { InternalError } from "#base";
import { postorder } from "./dom.ts";
import { BlockKind, type Func } from "./func.ts";
import { OpCopy, OpNop, OpPhi } from "./ops.gen.ts";
import { dropNotes, isNote } from "./varvalue.ts";

/** Drops the k-th successor of b, and the phi arguments that came along it. The kind of b is the caller's business. */
export function removeEdge(f: Func, b: number, k: number): void {
	const c = f.blocks[b].succs[k];
	const at = predIndex(f, b, k);
	f.blocks[b].succs.splice(k, 1);
	removePred(f, c, at);
}

/** The place in c.preds of the edge that is the k-th successor of b. */
export function predIndex(f: Func, b: number, k: number): number {
	const succs = f.blocks[b].succs;
	const c = succs[k];
	// The i-th edge from b to c among succs is the i-th occurrence of b among preds.
	let nth = 0;
	for (let i = 0; i < k; i++) if (succs[i] === c) nth++;
	const preds = f.blocks[c].preds;
	for (let i = 0; i < preds.length; i++) if (preds[i] === b && nth-- === 0) return i;
	throw new InternalError(`${f.name}: b${c} does not know its predecessor b${b}`);
}

/** The place in p.succs of the edge that is the i-th predecessor of c. */
export function succIndex(f: Func, c: number, i: number): number {
	const preds = f.blocks[c].preds;
	const p = preds[i];
	let nth = 0;
	for (let k = 0; k < i; k++) if (preds[k] === p) nth++;
	const succs = f.blocks[p].succs;
	for (let k = 0; k < succs.length; k++) if (succs[k] === c && nth-- === 0) return k;
	throw new InternalError(`${f.name}: b${p} does not know its successor b${c}`);
}

function removePred(f: Func, c: number, at: number): void {
	const blk = f.blocks[c];
	blk.preds.splice(at, 1);
	for (const v of blk.values) {
		if (f.op[v] === OpNop) continue;
		if (f.op[v] !== OpPhi) break;
		const args: number[] = [];
		for (let i = 0, n = f.nargs(v); i < n; i++) if (i !== at) args.push(f.arg(v, i));
		f.setArgs(v, args);
	}
}

/** Cuts all edges out of blocks that the entry does not reach and empties them; they stay as Exit blocks until compact. */
export function removeUnreachable(f: Func): boolean {
	const reach = new Uint8Array(f.blocks.length);
	for (const b of postorder(f)) reach[b] = 1;
	let changed = false;
	for (let b = 0; b < f.blocks.length; b++) {
		if (reach[b] === 1) continue;
		const blk = f.blocks[b];
		if (isDead(f, b)) continue;
		changed = true;
		for (let k = blk.succs.length - 1; k >= 0; k--) removeEdge(f, b, k);
		killBlock(f, b);
	}
	return changed;
}

/** A block that was removed: no edges, no values. */
export function isDead(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	return b !== 0 && blk.kind === BlockKind.Exit && blk.preds.length === 0 && blk.values.length === 0;
}

/** Empties a block without successors. */
export function killBlock(f: Func, b: number): void {
	const blk = f.blocks[b];
	for (const v of blk.values) {
		f.op[v] = OpNop;
		f.setArgs(v, []);
	}
	blk.values.length = 0;
	blk.kind = BlockKind.Exit;
	blk.control = 0;
	blk.likely = 0;
	blk.unsafe = false;
}

/** Makes b end with a jump to its k-th successor only. */
export function keepEdge(f: Func, b: number, k: number): void {
	const blk = f.blocks[b];
	for (let i = blk.succs.length - 1; i >= 0; i--) if (i !== k) removeEdge(f, b, i);
	blk.kind = BlockKind.Plain;
	blk.control = 0;
	blk.likely = 0;
}

/** A new Plain block on the k-th edge out of b. */
export function splitEdge(f: Func, b: number, k: number): number {
	const c = f.blocks[b].succs[k];
	const at = predIndex(f, b, k);
	const m = f.newBlock(BlockKind.Plain);
	f.blocks[m].preds.push(b);
	f.blocks[m].succs.push(c);
	f.blocks[b].succs[k] = m;
	f.blocks[c].preds[at] = m;
	f.blocks[m].pos = f.blocks[b].pos;
	f.blocks[m].inl = f.blocks[b].inl;
	f.blocks[m].unsafe = f.blocks[c].unsafe;
	return m;
}

/** Puts a block on each edge from a block with several successors to one with several predecessors. */
export function splitCriticalEdges(f: Func): void {
	const n = f.blocks.length;
	for (let b = 0; b < n; b++) {
		const succs = f.blocks[b].succs;
		if (succs.length < 2) continue;
		for (let k = 0; k < succs.length; k++) if (f.blocks[succs[k]].preds.length > 1) splitEdge(f, b, k);
	}
}

/** Cuts block b before the place `at` of its values: the rest and the end move to a new block, which is returned. b is left Open. */
export function splitBlock(f: Func, b: number, at: number): number {
	const m = f.newBlock();
	const old = f.blocks[b];
	const blk = f.blocks[m];
	for (const v of old.values.splice(at)) {
		blk.values.push(v);
		f.block[v] = m;
	}
	blk.kind = old.kind;
	blk.control = old.control;
	blk.likely = old.likely;
	blk.pos = old.pos;
	blk.inl = old.inl;
	for (const c of old.succs) blk.succs.push(c);
	const moved = new Set(old.succs);
	for (const c of moved) {
		const preds = f.blocks[c].preds;
		for (let i = 0; i < preds.length; i++) if (preds[i] === b) preds[i] = m;
	}
	old.succs.length = 0;
	old.kind = BlockKind.Open;
	old.control = 0;
	old.likely = 0;
	return m;
}

/**
 * Tidies the graph: joins a block with its only successor if that has no other
 * predecessor, skips empty blocks, turns branches with equal targets into jumps.
 * Blocks that become unused stay as dead ones.
 */
export function cleanGraph(f: Func): boolean {
	let any = removeUnreachable(f);
	for (let b = 0; b < f.blocks.length; b++) {
		if (isDead(f, b)) continue;
		while (mergeNext(f, b) || sameTargets(f, b)) any = true;
		if (skipEmpty(f, b)) any = true;
	}
	return any;
}

function mergeNext(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	if (blk.kind !== BlockKind.Plain) return false;
	const c = blk.succs[0];
	const next = f.blocks[c];
	if (c === b || c === 0 || next.preds.length !== 1) return false;
	for (let i = 0; i < next.values.length; i++) {
		const v = next.values[i];
		// A phi of one argument.
		if (f.op[v] === OpPhi) f.op[v] = OpCopy;
		f.block[v] = b;
		blk.values.push(v);
	}
	next.values.length = 0;
	blk.kind = next.kind;
	blk.control = next.control;
	blk.likely = next.likely;
	blk.pos = next.pos;
	blk.inl = next.inl;
	blk.succs.length = 0;
	for (let i = 0; i < next.succs.length; i++) {
		const d = next.succs[i];
		blk.succs.push(d);
		const preds = f.blocks[d].preds;
		for (let k = 0; k < preds.length; k++) if (preds[k] === c) preds[k] = b;
	}
	next.succs.length = 0;
	next.preds.length = 0;
	killBlock(f, c);
	return true;
}

/** A two-way branch to one block, without phis that tell the edges apart. */
function sameTargets(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	if (blk.kind !== BlockKind.If || blk.succs[0] !== blk.succs[1]) return false;
	const c = blk.succs[0];
	const i = predIndex(f, b, 0);
	const k = predIndex(f, b, 1);
	for (const v of f.blocks[c].values) {
		if (f.op[v] === OpNop) continue;
		if (f.op[v] !== OpPhi) break;
		if (f.arg(v, i) !== f.arg(v, k)) return false;
	}
	keepEdge(f, b, 0);
	return true;
}

/** An empty Plain block: its predecessors go to its successor directly, unless phis there could not tell edges apart. */
function skipEmpty(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	if (b === 0 || blk.kind !== BlockKind.Plain || blk.preds.length === 0) return false;
	for (const v of blk.values) if (!isNote(f.op[v])) return false;
	const c = blk.succs[0];
	if (c === b || f.blocks[c].unsafe !== blk.unsafe) return false;
	const next = f.blocks[c];
	const at = predIndex(f, b, 0);
	const phis: number[] = [];
	for (const v of next.values) {
		if (f.op[v] === OpNop) continue;
		if (f.op[v] !== OpPhi) break;
		phis.push(v);
	}
	if (phis.length > 0) {
		for (const p of blk.preds) {
			// A two-way branch that would have both edges into c, or a critical edge that would come back at once.
			if (f.blocks[p].succs.includes(c) || f.blocks[p].succs.length > 1) return false;
		}
	}
	// Defer's successors and jump tables keep their own blocks: the back end identifies the edge by its target.
	for (const p of blk.preds) if (f.blocks[p].kind === BlockKind.Defer) return false;
	dropNotes(f, b, c);
	const preds = blk.preds.slice();
	const extra = preds.length - 1;
	for (let i = 0; i < preds.length; i++) {
		const p = preds[i];
		const succs = f.blocks[p].succs;
		for (let k = 0; k < succs.length; k++) {
			if (succs[k] === b) {
				succs[k] = c;
				break;
			}
		}
		if (i === 0) next.preds[at] = p;
		else next.preds.push(p);
	}
	for (const v of phis) for (let i = 0; i < extra; i++) f.addArg(v, f.arg(v, at));
	blk.preds.length = 0;
	blk.succs.length = 0;
	blk.values.length = 0;
	killBlock(f, b);
	return true;
}

/** Drops dead blocks and deleted values and numbers blocks anew in the given order (default: present order). */
export function compact(f: Func, order?: readonly number[]): void {
	const ids = new Int32Array(f.blocks.length).fill(-1);
	const keep = (order ?? f.blocks.map((_, b) => b)).filter((b) => !isDead(f, b));
	if (keep[0] !== 0) throw new InternalError(`${f.name}: the entry block is not first`);
	keep.forEach((b, i) => {
		ids[b] = i;
	});
	const blocks = keep.map((b) => f.blocks[b]);
	f.blocks.length = 0;
	for (let b = 0; b < blocks.length; b++) {
		const blk = blocks[b];
		f.blocks.push(blk);
		for (let i = 0; i < blk.succs.length; i++) blk.succs[i] = ids[blk.succs[i]];
		for (let i = 0; i < blk.preds.length; i++) blk.preds[i] = ids[blk.preds[i]];
		let n = 0;
		for (let i = 0; i < blk.values.length; i++) {
			const v = blk.values[i];
			if (f.op[v] === OpNop) continue;
			f.block[v] = b;
			blk.values[n++] = v;
		}
		blk.values.length = n;
	}
}
