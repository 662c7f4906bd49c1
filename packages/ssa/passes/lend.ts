// string(b) that only a look-up in a map sees, or unique.Make, which copies what it keeps: the string may be b's own bytes, so
// nothing is copied. Holds where nothing is written between the conversion and the call.

import { BlockKind, type CallAux, type Func } from "../func.ts";
import * as o from "../ops.gen.ts";
import { detach } from "../varvalue.ts";

/** Where the string is among the call's arguments. */
const borrowers: ReadonlyMap<string, number> = new Map([
	["runtime.mapaccess1_faststr", 2],
	["runtime.mapaccess2_faststr", 2],
	["runtime.mapdelete_faststr", 2],
	["unique.Make[string]", 0],
]);

export function lendBytes(f: Func): void {
	for (let b = 0; b < f.blocks.length; b++) {
		const { values } = f.blocks[b];
		for (let i = 0; i < values.length; i++) {
			if (f.op[values[i]] !== o.OpCall) continue;
			const at = borrowers.get(calleeOf(f, values[i]));
			if (at !== undefined) lend(f, b, i, at);
		}
	}
}

function calleeOf(f: Func, call: number): string {
	return (f.auxes[f.aux[call]] as CallAux).target?.name ?? "";
}

/** The call at index i of block b borrows the string that is its arguments `at` and `at + 1`. */
function lend(f: Func, b: number, i: number, at: number): void {
	const { values } = f.blocks[b];
	const call = values[i];
	const ptr = f.arg(call, at);
	const len = f.arg(call, at + 1);
	if (f.op[ptr] !== o.OpResult || f.op[len] !== o.OpResult || f.arg(ptr, 0) !== f.arg(len, 0) || !f.isZero(ptr)) return;
	const conv = f.arg(ptr, 0);
	if (f.op[conv] !== o.OpCall || calleeOf(f, conv) !== "runtime.slicebytetostring") return;
	let from = i - 1;
	while (from >= 0 && values[from] !== conv && isQuiet(f.op[values[from]])) from--;
	if (from < 0 || values[from] !== conv || usesOf(f, ptr) !== 1) return;
	const bytes = f.arg(conv, 1);
	const n = f.arg(conv, 2);
	f.setArg(call, at, bytes);
	for (const blk of f.blocks) {
		if (blk.control === len) blk.control = n;
		for (const v of blk.values) {
			for (let k = 0, args = f.nargs(v); k < args; k++) {
				if (f.arg(v, k) === len) f.setArg(v, k, n);
				else if (f.arg(v, k) === ptr) detach(f, v);
			}
		}
	}
	for (const v of [ptr, len, conv]) {
		f.op[v] = o.OpNop;
		f.setArgs(v, []);
	}
}

/** Writes nothing. */
function isQuiet(op: number): boolean {
	if (op === o.OpInlMark || op === o.OpVarValue || op === o.OpNop || op === o.OpSlotDef) return true;
	return op < 256 && (o.opFlags[op] & (o.OpFlag.Writes | o.OpFlag.Call)) === 0;
}

function usesOf(f: Func, x: number): number {
	let n = 0;
	for (const blk of f.blocks) {
		if (blk.kind !== BlockKind.Plain && blk.control === x) n++;
		for (const v of blk.values) {
			if (f.op[v] === o.OpVarValue) continue;
			for (let k = 0, args = f.nargs(v); k < args; k++) if (f.arg(v, k) === x) n++;
		}
	}
	return n;
}
