// Debug information of a function: statement starts, the end of the prologue,
// variables in slots with their scopes.

import { ByteWriter } from "#base";
import type { DwarfFunc, DwarfVar, FragmentBuilder } from "#object";
import type { DwarfVarInfo, Func } from "../../func.ts";
import { isFloat } from "../../types.ts";
import { type Frame, Unplaced } from "./frame.ts";
import { floatArgReg, intArgRegs } from "./regs.ts";
import { registerExpr, type VarLocs } from "./varlocs.ts";

const DW_OP_fbreg = 0x91;
const DW_OP_piece = 0x93;

/** Where source positions begin in the code: collected during emission as (pc, position). */
export class PosLog {
	private pc: Int32Array = new Int32Array(256);
	private pos: Int32Array = new Int32Array(256);
	private inl: Int32Array = new Int32Array(256);
	n = 0;

	clear(): void {
		this.n = 0;
	}

	add(pc: number, pos: number, inl: number): void {
		if (this.n > 0 && this.pc[this.n - 1] === pc) {
			this.pos[this.n - 1] = pos;
			this.inl[this.n - 1] = inl;
			return;
		}
		if (this.n === this.pc.length) {
			const a = new Int32Array(this.n * 2);
			a.set(this.pc);
			this.pc = a;
			const b = new Int32Array(this.n * 2);
			b.set(this.pos);
			this.pos = b;
			const c = new Int32Array(this.n * 2);
			c.set(this.inl);
			this.inl = c;
		}
		this.pc[this.n] = pc;
		this.inl[this.n] = inl;
		this.pos[this.n++] = pos;
	}

	remap(map: (pc: number) => number): void {
		for (let i = 0; i < this.n; i++) this.pc[i] = map(this.pc[i]);
	}

	/** Ranges of code whose positions, seen from the inlined call `inl` (-1 = the function), are in pos..end. */
	ranges(f: Func, scope: { pos: number; end: number; inl: number }, size: number): [number, number][] {
		const out: [number, number][] = [];
		for (let i = 0; i < this.n; i++) {
			let pos = this.pos[i];
			let inl = this.inl[i];
			while (inl !== scope.inl && inl >= 0) {
				pos = f.inlined[inl].callPos;
				inl = f.inlined[inl].parent;
			}
			if (inl !== scope.inl || pos < scope.pos || pos >= scope.end) continue;
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
	locs: VarLocs;
	line: (pos: number) => number;
}

/** The scopes that hold variables, or scopes with variables, renumbered: index of each scope of the function, -1 = dropped. */
function usedScopes(f: Func): Int32Array {
	const used = new Uint8Array(f.scopes.length);
	for (const v of f.vars) for (let s = v.scope; s >= 0 && used[s] === 0; s = f.scopes[s].parent) used[s] = 1;
	used[0] = 1;
	const index = new Int32Array(f.scopes.length).fill(-1);
	let n = 0;
	for (let s = 0; s < used.length; s++) if (used[s] === 1) index[s] = n++;
	return index;
}

export function dwarfOf(d: DwarfInput): DwarfFunc {
	const { f, size } = d;
	const index = usedScopes(f);
	const scopes: DwarfFunc["scopes"] = [];
	f.scopes.forEach((s, i) => {
		if (index[i] < 0) return;
		if (s.parent < 0) scopes.push({ parent: -1, ranges: i === 0 ? [[0, size]] : [] });
		else scopes.push({ parent: index[s.parent], ranges: d.log.ranges(f, s, size) });
	});
	if (scopes.length === 0) scopes.push({ parent: -1, ranges: [[0, size]] });
	const vars: DwarfVar[] = [];
	const slotOf = new Map<number, number>();
	for (let s = 0; s < f.slots.length; s++) if (f.slots[s].dwarfVar >= 0) slotOf.set(f.slots[s].dwarfVar, s);
	f.vars.forEach((v, k) => {
		const slot = slotOf.get(k);
		const locs: DwarfVar["locs"] = [];
		if (slot !== undefined && v.size > 0) {
			const from = v.firstArg < 0 ? 0 : d.prologueEnd;
			if (from > 0) locs.push({ from: 0, to: from, expr: arrivalExpr(f, v), syms: [] });
			if (d.fr.slotOff[slot] !== Unplaced) locs.push({ from, to: size, expr: frameExpr(d, slot), syms: [] });
		} else if (v.size === 0) locs.push({ from: 0, to: size, expr: Uint8Array.of(DW_OP_fbreg, 0), syms: [] });
		else if (d.locs.on) {
			for (const { from, to, expr } of d.locs.list(k)) {
				const syms = expr.syms.map((s) => ({ off: s.off, sym: d.fb.ref(s.name), add: s.add }));
				locs.push({ from, to, expr: expr.bytes, syms });
			}
		}
		vars.push({
			name: v.name,
			type: d.fb.ref(v.type),
			kind: v.kind,
			declLine: d.line(v.declPos),
			scope: f.scopes.length === 0 ? 0 : index[v.scope],
			inlined: v.inlined,
			locs,
			closureOffset: v.closureOffset,
		});
	});
	return { scopes, vars, stmts: d.stmts, prologueEnd: d.prologueEnd };
}

/** Where a parameter's scalars are at the entry: debuggers that call functions put arguments there. */
function arrivalExpr(f: Func, v: DwarfVarInfo): Uint8Array {
	const w = new ByteWriter(16);
	const { size, pieces } = v;
	const whole = pieces.length === 1 && pieces[0].size === size;
	let at = 0;
	for (const [i, piece] of pieces.entries()) {
		const loc = f.sig.args[v.firstArg + i];
		if (piece.off > at) endPiece(w, piece.off - at);
		if (loc.reg < 0) {
			w.u8(DW_OP_fbreg);
			w.sleb(loc.off);
		} else registerExpr(w, isFloat(loc.type) ? floatArgReg(loc.reg) : intArgRegs[loc.reg]);
		if (!whole) endPiece(w, piece.size);
		at = piece.off + piece.size;
	}
	if (at < size) endPiece(w, size - at);
	return w.take();
}

/** Ends a piece of a size; empty when nothing was written since the last one. */
function endPiece(w: ByteWriter, size: number): void {
	w.u8(DW_OP_piece);
	w.uleb(size);
}

function frameExpr(d: DwarfInput, slot: number): Uint8Array {
	const w = new ByteWriter(8);
	w.u8(DW_OP_fbreg);
	// from the canonical frame address, which is above the return address
	w.sleb(d.slotDisp(slot) - d.fr.size - 8);
	return w.take();
}
