// Applies the rewrite rules to a whole function until nothing changes, decides
// branches on constants and removes Copies.

import { cleanGraph, keepEdge } from "../../cfg.ts";
import { postorder } from "../../dom.ts";
import { BlockKind, type Func } from "../../func.ts";
import * as o from "../../ops.gen.ts";
import { Rewriter } from "../../rewrite.ts";
import { simplifyValue } from "./mod.ts";

const maxRounds = 4;
const maxRewrites = 32;

export function simplify(f: Func): void {
	run(f, false);
}

/** Also expands divisions. */
export function lateSimplify(f: Func): void {
	run(f, true);
}

function run(f: Func, late: boolean): void {
	const r = new Rewriter(f);
	r.late = late;
	for (let round = 0; round < maxRounds; round++) {
		const order = postorder(f);
		let graph = false;
		let again = false;
		for (let i = order.length - 1; i >= 0; i--) {
			const b = order[i];
			if (simplifyBlock(f, r, b)) again = true;
			if (decide(f, b)) graph = true;
		}
		if (graph) cleanGraph(f);
		removeCopies(f);
		if (!again && hasTrivialPhi(f)) again = true;
		if (!graph && !again) break;
	}
}

/** Simplifies the values of b; tells whether a value changed that was perhaps looked at before: a phi. */
function simplifyBlock(f: Func, r: Rewriter, b: number): boolean {
	const values = f.blocks[b].values;
	const out: number[] = [];
	r.out = out;
	r.block = b;
	let phis = false;
	let changed = false;
	for (let i = 0; i < values.length; i++) {
		const v = values[i];
		resolveArgs(f, v);
		r.pos = f.vpos[v];
		r.inl = f.inl[v];
		const wasPhi = f.op[v] === o.OpPhi;
		for (let n = 0; n < maxRewrites && simplifyValue(r, v); n++) {
			changed = true;
			if (wasPhi) phis = true;
		}
		if (f.op[v] !== o.OpNop) out.push(v);
	}
	if (changed || out.length !== values.length) setValues(f, b, phis ? phisFirst(f, out) : out);
	const c = f.blocks[b].control;
	if (c !== 0) f.blocks[b].control = resolve(f, c);
	return phis;
}

/** Replaces the values of b. */
export function setValues(f: Func, b: number, list: readonly number[]): void {
	const values = f.blocks[b].values;
	values.length = 0;
	for (let i = 0; i < list.length; i++) values.push(list[i]);
}

/** Values of loops may have changed after the phis at their heads were looked at. */
function hasTrivialPhi(f: Func): boolean {
	for (let b = 0; b < f.blocks.length; b++) {
		const values = f.blocks[b].values;
		for (let i = 0; i < values.length && f.op[values[i]] === o.OpPhi; i++) {
			const v = values[i];
			let same = 0;
			let trivial = true;
			for (let k = 0, n = f.nargs(v); k < n; k++) {
				const a = f.arg(v, k);
				if (a === v || a === same) continue;
				if (same !== 0) trivial = false;
				same = a;
			}
			if (trivial) return true;
		}
	}
	return false;
}

/** A phi that became another value must not stand among the phis. */
function phisFirst(f: Func, values: number[]): number[] {
	const front: number[] = [];
	const rest: number[] = [];
	for (const v of values) (f.op[v] === o.OpPhi ? front : rest).push(v);
	return front.concat(rest);
}

export function resolve(f: Func, v: number): number {
	while (f.op[v] === o.OpCopy) v = f.arg(v, 0);
	return v;
}

function resolveArgs(f: Func, v: number): void {
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		const a = f.arg(v, i);
		if (f.op[a] === o.OpCopy) f.setArg(v, i, resolve(f, a));
	}
}

/** Uses of Copies become uses of what they copy, and the Copies vanish. */
export function removeCopies(f: Func): void {
	for (let b = 0; b < f.blocks.length; b++) {
		const blk = f.blocks[b];
		const values = blk.values;
		for (let i = 0; i < values.length; i++) resolveArgs(f, values[i]);
		if (blk.control !== 0) blk.control = resolve(f, blk.control);
	}
	for (let b = 0; b < f.blocks.length; b++) {
		const values = f.blocks[b].values;
		let n = 0;
		for (let i = 0; i < values.length; i++) {
			const v = values[i];
			if (f.op[v] === o.OpCopy) {
				f.op[v] = o.OpNop;
				f.setArgs(v, []);
			} else if (f.op[v] !== o.OpNop) values[n++] = v;
		}
		values.length = n;
	}
}

/** A branch whose way is known becomes a jump, one on a negation turns around. */
function decide(f: Func, b: number): boolean {
	const blk = f.blocks[b];
	if (blk.kind === BlockKind.If) {
		const c = blk.control;
		if (f.op[c] === o.OpConst) {
			keepEdge(f, b, !f.isZero(c) ? 0 : 1);
			return true;
		}
		if (f.op[c] === o.OpNot) {
			blk.control = f.arg(c, 0);
			blk.succs.reverse();
			blk.likely = -blk.likely;
			return decide(f, b);
		}
	} else if (blk.kind === BlockKind.JumpTable && f.op[blk.control] === o.OpConst) {
		const n = f.auxInt[blk.control];
		if (n >= 0n && n < BigInt(blk.succs.length)) {
			keepEdge(f, b, Number(n));
			return true;
		}
	}
	return false;
}
