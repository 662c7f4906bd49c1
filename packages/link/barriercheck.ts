// Checks that no function marked go:nowritebarrierrec reaches a write barrier by calls within its package, functions marked
// go:yeswritebarrierrec and their callees excepted. What a function gives to runtime.systemstack counts as called by it.

import type { BitSet } from "#base";
import { RelocKind, SymFlag, SymKind } from "#object";
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
	const def = syms.defs[id];
	const f = def?.func;
	if (def == null || f == null) return syms.names[id];
	const pc = def.relocs.off[reloc];
	return `${f.files[pcValueAt(f.pcfile, 0, pc)] ?? "?"}:${f.startLine + pcValueAt(f.pcln, 0, pc)}`;
}

/** Text symbols that a function calls, or names while it calls systemstack, by relocation. */
function callees(syms: Symbols, id: number): [target: number, reloc: number][] {
	const relocs = syms.defs[id]?.relocs;
	if (relocs === undefined) return [];
	const targets = relocs.kind.map((_, i) => syms.target(id, i));
	const switches = targets.some((t, i) => relocs.kind[i] === RelocKind.Call && syms.names[t] === systemStack);
	const out: [number, number][] = [];
	targets.forEach((t, i) => {
		const kind = relocs.kind[i];
		if (kind === RelocKind.Call) out.push([t, i]);
		else if (switches && (kind === RelocKind.Addr || kind === RelocKind.PcRel)) out.push([codeOf(syms, t), i]);
	});
	return out;
}

/** The function of a function value without context, or the symbol itself. */
function codeOf(syms: Symbols, id: number): number {
	return syms.names[id].endsWith("·f") && syms.defs[id]?.relocs.kind.length === 1 ? syms.target(id, 0) : id;
}

/** Reports every write barrier that a marked function reaches. */
export function checkBarriers(syms: Symbols, reached: BitSet): void {
	const seen = new Map<number, Reach>();
	const queue: number[] = [];
	for (const id of reached) {
		if (syms.kind[id] !== SymKind.Text || ((syms.defs[id]?.flags ?? 0) & SymFlag.NoWriteBarrierRec) === 0) continue;
		seen.set(id, { from: -1, at: 0 });
		queue.push(id);
	}
	for (let i = 0; i < queue.length; i++) {
		const id = queue[i];
		const calls = callees(syms, id);
		const barrier = calls.find(([t]) => isBarrier(syms.names[t]));
		if (barrier !== undefined) {
			report(syms, seen, id, barrier[1]);
			continue;
		}
		const pkg = packageOf(syms.names[id]);
		for (const [t, at] of calls) {
			const def = syms.defs[t];
			if (def?.func == null || seen.has(t) || packageOf(syms.names[t]) !== pkg) continue;
			if ((def.flags & (SymFlag.YesWriteBarrierRec | SymFlag.Asm)) !== 0) continue;
			seen.set(t, { from: id, at });
			queue.push(t);
		}
	}
}

function report(syms: Symbols, seen: ReadonlyMap<number, Reach>, id: number, at: number): void {
	const lines = [`${position(syms, id, at)}: write barrier prohibited by caller; ${syms.names[id]}`];
	for (let r = seen.get(id); r !== undefined && r.from >= 0; r = seen.get(r.from)) {
		lines.push(`\t${position(syms, r.from, r.at)}: called by ${syms.names[r.from]}`);
	}
	syms.error(lines.join("\n"));
}
