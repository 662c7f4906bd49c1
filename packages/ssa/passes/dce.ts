// Removes values that nothing needs. Roots are effects, ends of blocks and calls;
// a VarValue (what the debugger is told) keeps nothing alive and is empty when its value is gone.

import type { Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { detach } from "../varvalue.ts";

export function dce(f: Func): void {
	const live = new Uint8Array(f.nvals);
	const work: number[] = [];
	const slotUsed = new Uint8Array(f.slots.length);
	for (let b = 0; b < f.blocks.length; b++) {
		const blk = f.blocks[b];
		const c = blk.control;
		if (c !== 0 && live[c] === 0) {
			live[c] = 1;
			work.push(c);
		}
		const values = blk.values;
		for (let i = 0; i < values.length; i++) {
			const v = values[i];
			const op = f.op[v];
			if (live[v] === 1 || !isRoot(op)) continue;
			live[v] = 1;
			work.push(v);
		}
	}
	while (work.length > 0) {
		const v = work.pop() as number;
		if (f.op[v] === o.OpSlotAddr) slotUsed[f.int(v)] = 1;
		for (let i = 0, n = f.nargs(v); i < n; i++) {
			const a = f.arg(v, i);
			if (live[a] !== 0) continue;
			live[a] = 1;
			work.push(a);
		}
	}
	for (let s = 0; s < f.slots.length; s++) if (f.slots[s].argOffset >= 0) slotUsed[s] = 1;
	if (f.openDefers !== null) {
		slotUsed[f.openDefers.bitsSlot] = 1;
		for (const s of f.openDefers.closureSlots) slotUsed[s] = 1;
	}
	detachNotes(f, live);
	for (let b = 0; b < f.blocks.length; b++) sweep(f, b, live, slotUsed);
}

/** Before values go: what VarValues can say without them. */
function detachNotes(f: Func, live: Uint8Array): void {
	if (f.vars.length === 0) return;
	for (const blk of f.blocks) {
		for (const v of blk.values) if (f.op[v] === o.OpVarValue && f.nargs(v) === 1 && live[f.arg(v, 0)] === 0) detach(f, v);
	}
}

function isRoot(op: number): boolean {
	if (op >= 256) return true;
	return (o.opFlags[op] & (o.OpFlag.Writes | o.OpFlag.Call)) !== 0 && op !== o.OpVarValue && op !== o.OpSlotDef && op !== o.OpSlotKill;
}

function sweep(f: Func, b: number, live: Uint8Array, slotUsed: Uint8Array): void {
	const values = f.blocks[b].values;
	let n = 0;
	for (let i = 0; i < values.length; i++) {
		const v = values[i];
		let keep = live[v] === 1;
		if (!keep) {
			const op = f.op[v];
			if (op === o.OpVarValue) keep = true;
			else if (op === o.OpSlotDef || op === o.OpSlotKill) keep = slotUsed[f.int(v)] === 1;
		}
		if (keep) {
			values[n++] = v;
			continue;
		}
		f.op[v] = o.OpNop;
		f.setArgs(v, []);
	}
	values.length = n;
}
