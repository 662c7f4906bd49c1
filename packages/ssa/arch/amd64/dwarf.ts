// Debug information of a function: statement starts, the end of the prologue,
// variables in slots with their scopes.

import { ByteWriter } from "#base";
import type { DwarfFunc, DwarfVar, FragmentBuilder } from "#object";
import type { Func } from "../../func.ts";
import type { Frame } from "./frame.ts";

const DW_OP_fbreg = 0x91;

/** Where source positions begin in the code: collected during emission as (pc, position). */
export class PosLog {
	private pc: Int32Array = new Int32Array(256);
	private pos: Int32Array = new Int32Array(256);
	n = 0;

	clear(): void {
		this.n = 0;
	}

	add(pc: number, pos: number): void {
		if (this.n > 0 && this.pc[this.n - 1] === pc) {
			this.pos[this.n - 1] = pos;
			return;
		}
		if (this.n === this.pc.length) {
			const a = new Int32Array(this.n * 2);
			a.set(this.pc);
			this.pc = a;
			const b = new Int32Array(this.n * 2);
			b.set(this.pos);
			this.pos = b;
		}
		this.pc[this.n] = pc;
		this.pos[this.n++] = pos;
	}

	remap(map: (pc: number) => number): void {
		for (let i = 0; i < this.n; i++) this.pc[i] = map(this.pc[i]);
	}

	/** Ranges of code whose positions are in pos..end. */
	ranges(pos: number, end: number, size: number): [number, number][] {
		const out: [number, number][] = [];
		for (let i = 0; i < this.n; i++) {
			if (this.pos[i] < pos || this.pos[i] >= end) continue;
			const to = i + 1 < this.n ? this.pc[i + 1] : size;
			const last = out[out.length - 1];
			if (last !== undefined && last[1] === this.pc[i]) last[1] = to;
			else out.push([this.pc[i], to]);
		}
		return out;
	}
}

export interface DwarfInput {
	f: Func;
	fr: Frame;
	fb: FragmentBuilder;
	size: number;
	stmts: number[];
	prologueEnd: number;
	log: PosLog;
	slotDisp: (slot: number) => number;
	line: (pos: number) => number;
}

export function dwarfOf(d: DwarfInput): DwarfFunc {
	const { f, size } = d;
	const scopes: DwarfFunc["scopes"] = f.scopes.map((s, i) =>
		i === 0 ? { parent: -1, ranges: [[0, size]] } : { parent: s.parent, ranges: d.log.ranges(s.pos, s.end, size) },
	);
	if (scopes.length === 0) scopes.push({ parent: -1, ranges: [[0, size]] });
	const vars: DwarfVar[] = [];
	const slotOf = new Map<number, number>();
	for (let s = 0; s < f.slots.length; s++) if (f.slots[s].dwarfVar >= 0) slotOf.set(f.slots[s].dwarfVar, s);
	f.vars.forEach((v, k) => {
		const slot = slotOf.get(k);
		if (slot === undefined) return;
		const w = new ByteWriter(8);
		w.u8(DW_OP_fbreg);
		// from the canonical frame address, which is above the return address
		w.sleb(d.slotDisp(slot) - d.fr.size - 8);
		vars.push({
			name: v.name,
			type: d.fb.ref(v.type),
			kind: v.kind,
			declLine: d.line(v.declPos),
			scope: v.scope,
			inlined: v.inlined,
			locs: [{ from: 0, to: size, expr: w.take() }],
			closureOffset: v.closureOffset,
		});
	});
	return { scopes, vars, stmts: d.stmts, prologueEnd: d.prologueEnd };
}
