// Moves pure values that do not change in a loop in front of it. Only where that
// pays: loops without calls (every register would be saved around those), values
// dearer than an addition (which addresses absorb), and nothing that is allowed
// only behind a test (division, what needs a processor feature).

import { DomTree } from "../dom.ts";
import { BlockKind, type Func } from "../func.ts";
import { LoopNest } from "../loops.ts";
import * as o from "../ops.gen.ts";

const worth: ReadonlySet<number> = new Set([
	o.OpMul,
	o.OpHMul,
	o.OpHMulU,
	o.OpShl,
	o.OpShr,
	o.OpSar,
	o.OpRotL,
	o.OpCvtIF,
	o.OpCvtUF,
	o.OpCvtFF,
	o.OpAddF,
	o.OpSubF,
	o.OpMulF,
	o.OpDivF,
	o.OpSqrt,
	o.OpBitLen,
	o.OpCtz,
	o.OpBswap,
	o.OpCondSelect,
	o.OpAnd,
	o.OpOr,
	o.OpXor,
	o.OpAdd,
	o.OpSub,
	o.OpSignExt,
	o.OpZeroExt,
]);
/** How many values may move out of one loop: they all need a register in it. */
const maxMoved = 4;

export function licm(f: Func): void {
	const dom = new DomTree(f);
	const nest = new LoopNest(f, dom);
	for (const loop of nest.loops) {
		const before = preheader(f, dom, loop.header);
		if (before < 0 || loop.blocks.some((b) => hasCall(f, b))) continue;
		const inside = new Set(loop.blocks);
		let moved = 0;
		for (const b of dom.order) {
			if (!inside.has(b) || moved >= maxMoved) continue;
			const { values } = f.blocks[b];
			let n = 0;
			for (let i = 0; i < values.length; i++) {
				const v = values[i];
				if (moved < maxMoved && worth.has(f.op[v]) && isInvariant(f, inside, v) && !allConst(f, v)) {
					hoistConstants(f, inside, v, before);
					f.block[v] = before;
					// a breakpoint on its line belongs into the loop
					f.vpos[v] = 0;
					f.blocks[before].values.push(v);
					moved++;
				} else values[n++] = v;
			}
			values.length = n;
		}
	}
}

/** The block that alone leads into the loop and nowhere else. */
function preheader(f: Func, dom: DomTree, header: number): number {
	let found = -1;
	for (const p of f.blocks[header].preds) {
		if (dom.dominates(header, p)) continue;
		if (found >= 0 || f.blocks[p].kind !== BlockKind.Plain) return -1;
		found = p;
	}
	return found;
}

function hasCall(f: Func, b: number): boolean {
	for (const v of f.blocks[b].values) if (f.op[v] >= 256 || (o.opFlags[f.op[v]] & o.OpFlag.Call) !== 0) return true;
	return false;
}

/** Constants do not count: they are made where they are used. */
function isInvariant(f: Func, inside: Set<number>, v: number): boolean {
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		const a = f.arg(v, i);
		if (inside.has(f.block[a]) && f.op[a] !== o.OpConst && f.op[a] !== o.OpConstF) return false;
	}
	return true;
}

function allConst(f: Func, v: number): boolean {
	for (let i = 0, n = f.nargs(v); i < n; i++) if ((o.opFlags[f.op[f.arg(v, i)]] & o.OpFlag.Remat) === 0) return false;
	return true;
}

function hoistConstants(f: Func, inside: Set<number>, v: number, before: number): void {
	for (let i = 0, n = f.nargs(v); i < n; i++) {
		const a = f.arg(v, i);
		if (!inside.has(f.block[a])) continue;
		f.setArg(v, i, f.newValue(before, f.op[a], f.type[a] as 1, [], f.auxInt[a], f.aux[a], f.vpos[a], f.inl[a]));
	}
}
