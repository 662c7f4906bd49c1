// Short branches around nothing much become CondSelects (conditional moves):
//
//	b: if c -> t, j    t: (at most two cheap values) -> j    j: x = Phi(from b, from t)
//
// and the same with both sides. What would be computed for nothing must be cheaper
// than a branch that is predicted badly; a phi that a loop carries stays, as its
// operand would then have to wait for the condition in every round.

import { cleanGraph, keepEdge, killBlock, predIndex, removeEdge } from "../cfg.ts";
import { DomTree } from "../dom.ts";
import { BlockKind, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { isFloat, T } from "../types.ts";
import { dropNotes, isNote } from "../varvalue.ts";

/** Values in one side, phis at the join. */
const maxCost = 2;
const maxPhis = 2;

const cheap: ReadonlySet<number> = new Set([
	o.OpConst,
	o.OpAdd,
	o.OpSub,
	o.OpNeg,
	o.OpCom,
	o.OpAnd,
	o.OpOr,
	o.OpXor,
	o.OpOffPtr,
	o.OpPtrAdd,
	o.OpSignExt,
	o.OpZeroExt,
	o.OpTrunc,
	o.OpSymAddr,
	o.OpNot,
	o.OpEq,
	o.OpNe,
	o.OpLt,
	o.OpLe,
	o.OpLtU,
	o.OpLeU,
	o.OpPtrToInt,
	o.OpIntToPtr,
]);

export function branchElim(f: Func): void {
	let changed = false;
	let heads: Uint8Array | null = null;
	for (let b = 0; b < f.blocks.length; b++) {
		const blk = f.blocks[b];
		if (blk.kind !== BlockKind.If || blk.likely !== 0) continue;
		const join = joinOf(f, b);
		if (join < 0) continue;
		heads ??= loopHeads(f);
		if (heads[join] === 0 && convert(f, b, join)) changed = true;
	}
	if (changed) cleanGraph(f);
}

/** By block: 1 = some edge goes back to it. */
function loopHeads(f: Func): Uint8Array {
	const dom = new DomTree(f);
	const heads = new Uint8Array(f.blocks.length);
	for (let b = 0; b < f.blocks.length; b++) if (f.blocks[b].preds.some((p) => dom.dominates(b, p))) heads[b] = 1;
	return heads;
}

/** The block where both successors of b meet after at most a short block each; -1 = none. */
function joinOf(f: Func, b: number): number {
	const [x, y] = f.blocks[b].succs;
	if (x === y || x === b || y === b) return -1;
	const ends = (s: number): number => (isShort(f, s) ? f.blocks[s].succs[0] : -1);
	const ex = ends(x);
	const ey = ends(y);
	const join = ex >= 0 && (ex === y || ex === ey) ? ex : ey >= 0 && ey === x ? x : -1;
	return join === b || join === 0 || join < 0 || f.blocks[join].unsafe ? -1 : join;
}

/** A block with one way in and one out that is cheap enough to be executed always. */
function isShort(f: Func, s: number): boolean {
	const blk = f.blocks[s];
	if (blk.kind !== BlockKind.Plain || blk.preds.length !== 1 || blk.unsafe) return false;
	let cost = 0;
	for (const v of blk.values) {
		const op = f.op[v];
		if (isNote(op) || op === o.OpConst) continue;
		if (!cheap.has(op) || ++cost > maxCost) return false;
	}
	return true;
}

function convert(f: Func, b: number, join: number): boolean {
	const blk = f.blocks[b];
	const sides = blk.succs.slice();
	const at = sides.map((s, k) => (s === join ? predIndex(f, b, k) : predIndex(f, s, 0)));
	const selects: number[] = [];
	for (const v of f.blocks[join].values) {
		if (f.op[v] === o.OpNop) continue;
		if (f.op[v] !== o.OpPhi) break;
		if (f.arg(v, at[0]) === f.arg(v, at[1])) continue;
		const t = f.type[v];
		if (isFloat(t) || selects.push(v) > maxPhis) return false;
	}
	if (selects.length === 0) return false;
	for (const s of sides) {
		if (s === join) continue;
		dropNotes(f, s, join);
		for (const v of f.blocks[s].values) {
			if (f.op[v] === o.OpNop) continue;
			f.block[v] = b;
			// executed whether its statement is or not
			f.vpos[v] = 0;
			blk.values.push(v);
		}
		f.blocks[s].values.length = 0;
	}
	// The edge that stays is the first side's; its phi operands become selects. The other side is unreachable then.
	for (const v of selects) {
		const x = f.newValue(
			b,
			o.OpCondSelect,
			f.type[v] as T,
			[f.arg(v, at[0]), f.arg(v, at[1]), blk.control],
			0n,
			0,
			f.vpos[v] || blk.pos,
			f.inl[v],
		);
		f.setArg(v, at[0], x);
	}
	keepEdge(f, b, 0);
	if (sides[1] !== join) {
		removeEdge(f, sides[1], 0);
		killBlock(f, sides[1]);
	}
	return true;
}
