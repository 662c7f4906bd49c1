// Checks that no function marked go:nowritebarrierrec reaches a write barrier by calls within its package, functions marked
// go:yeswritebarrierrec and their callees excepted. What a function gives to runtime.systemstack counts as called by it.

import type { BitSet } from "#base";
import { ABIInternal, RelocKind, SymFlag, SymKind } from "#object";
import { pcValueAt } from "#pclntab";
import type { Symbols } from "./symbols.ts";

const systemStack = "runtime.systemstack";

/** How a function is reached: the caller, -1 for a marked one, and the index of the relocation in it. */
interface Reach {
	from: number;
	at: number;
}

function isBarrier(name: string): boolean {
	return name.startsWith("runtime.gcWriteBarrier") || name === "runtime.wbMove" || name === "runtime.wbZero";
}

function packageOf(name: string): string {
	return name.slice(0, name.indexOf(".", name.lastIndexOf("/") + 1));
}

/** `file:line` of the instruction that holds a relocation of a function. */
function position(syms: Symbols, id: number, reloc: number): string {
	const f = syms.func(id);
	if (f < 0) return syms.name(id);
	const lp = syms.packs[syms.pack[id]];
	const p = lp.pack;
	const pc = syms.relOff[reloc];
	const valueAt = (t: number): number => (t < 0 ? -1 : pcValueAt(p.tabBytes.subarray(p.tabAt[t], p.tabAt[t + 1]), 0, pc));
	const file = valueAt(p.fnPcfile[f]);
	const list = p.fnFiles[f];
	const count = list < 0 ? 0 : p.listAt[list + 1] - p.listAt[list];
	return `${file >= 0 && file < count ? lp.text(p.listName[p.listAt[list] + file]) : "?"}:${valueAt(p.fnPcln[f])}`;
}

/** Text symbols that a function calls, or names while it calls systemstack, by relocation. */
function callees(syms: Symbols, id: number): [target: number, reloc: number][] {
	const { relKind, relTarget } = syms;
	const system = syms.lookup(systemStack, ABIInternal);
	const system0 = syms.lookup(systemStack);
	let switches = false;
	const out: [number, number][] = [];
	for (let i = syms.relFrom[id]; i < syms.relTo[id]; i++) {
		if (relKind[i] !== RelocKind.Call) continue;
		const t = relTarget[i];
		out.push([t, i]);
		if (t !== 0 && (t === system || t === system0)) switches = true;
	}
	if (!switches) return out;
	for (let i = syms.relFrom[id]; i < syms.relTo[id]; i++)
		if (relKind[i] === RelocKind.Addr || relKind[i] === RelocKind.PcRel) out.push([codeOf(syms, relTarget[i]), i]);
	return out.sort((a, b) => a[1] - b[1]);
}

/** The function of a function value without context, or the symbol itself. */
function codeOf(syms: Symbols, id: number): number {
	return syms.relTo[id] - syms.relFrom[id] === 1 && syms.name(id).endsWith("·f") ? syms.relTarget[syms.relFrom[id]] : id;
}

/** Reports every write barrier that a marked function reaches. */
export function checkBarriers(syms: Symbols, reached: BitSet): void {
	const seen = new Map<number, Reach>();
	const queue: number[] = [];
	for (const id of reached) {
		if (syms.kind[id] !== SymKind.Text || (syms.flags[id] & SymFlag.NoWriteBarrierRec) === 0) continue;
		seen.set(id, { from: -1, at: 0 });
		queue.push(id);
	}
	for (let i = 0; i < queue.length; i++) {
		const id = queue[i];
		const calls = callees(syms, id);
		const barrier = calls.find(([t]) => isBarrier(syms.name(t)));
		if (barrier !== undefined) {
			report(syms, seen, id, barrier[1]);
			continue;
		}
		const pkg = packageOf(syms.name(id));
		for (const [t, at] of calls) {
			if (syms.func(t) < 0 || seen.has(t) || packageOf(syms.name(t)) !== pkg) continue;
			if ((syms.flags[t] & (SymFlag.YesWriteBarrierRec | SymFlag.Asm)) !== 0) continue;
			seen.set(t, { from: id, at });
			queue.push(t);
		}
	}
}

function report(syms: Symbols, seen: ReadonlyMap<number, Reach>, id: number, at: number): void {
	const lines = [`${position(syms, id, at)}: write barrier prohibited by caller; ${syms.name(id)}`];
	for (let r = seen.get(id); r !== undefined && r.from >= 0; r = seen.get(r.from)) {
		lines.push(`\t${position(syms, r.from, r.at)}: called by ${syms.name(r.from)}`);
	}
	syms.error(lines.join("\n"));
}
