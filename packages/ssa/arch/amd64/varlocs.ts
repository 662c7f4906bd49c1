// Where variables are while the code runs: location lists from VarValues.
//
// First a data flow over the blocks finds what every variable's pieces are at the
// start of each block (a value, or unknown where paths disagree). Then emission
// reports every instruction and move, and this module keeps what each register
// holds; a piece's value is in its home, a register, the argument area, or is a
// constant. A variable has a location while all its pieces have one: debuggers
// show missing pieces as zeros.
//
// Ends of ranges: a register is lost, or a home is used for another value, while an
// instruction runs, not before: stopped at it, the variable is still there. In calls
// only the first byte of the instruction counts, since callers are looked up by the
// byte before the return address.

import { ByteWriter, InternalError } from "#base";
import { BlockKind, type Func } from "../../func.ts";
import * as S from "../../ops.gen.ts";
import { type Described, describe, described } from "../../varvalue.ts";
import type { InstEmitter } from "./emit.ts";
import type { Frame } from "./frame.ts";
import type { Layout } from "./layout.ts";
import type { Lower } from "./lower.ts";
import * as O from "./ops.ts";
import { clobbers, dst2Mask, dstMask } from "./ops.ts";
import { MK, NoReg, type RegAlloc } from "./regalloc.ts";
import { allMask, floatArgReg, intArgRegs } from "./regs.ts";

const DW_OP_addr = 0x03;
const DW_OP_consts = 0x11;
const DW_OP_reg0 = 0x50;
const DW_OP_regx = 0x90;
const DW_OP_fbreg = 0x91;
const DW_OP_piece = 0x93;
const DW_OP_stack_value = 0x9f;

/** DWARF's numbers of the general registers in hardware order; floating ones follow from 17 on. */
const dwarfReg: readonly number[] = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

/** A DWARF expression; symbols whose address goes to 8 bytes at `off`. */
export interface Expr {
	bytes: Uint8Array;
	syms: { off: number; name: string; add: number }[];
}

/** Where a piece is, in the low bits of its code; above them a vreg, a VarValue or a register. */
const P = { Home: 1, Arg: 2, Remat: 3, Note: 4, Reg: 5 } as const;
const PBits = 3;

/** More pieces times blocks than this are not followed. */
const MaxCells = 4_000_000;

const Top = -1;
const Unknown = 0;

export class VarLocs {
	private f!: Func;
	private lo!: Lower;
	private ra!: RegAlloc;
	private fr!: Frame;
	private lay!: Layout;
	private em!: InstEmitter;
	/** Whether the function has VarValues at all. */
	on = false;
	/** By tag (variable << 8 | piece): dense index of the piece. */
	private readonly index = new Map<number, number>();
	/** Variables all of whose pieces have VarValues somewhere: index in Func.vars; their pieces in order in `pieces`, from first on. */
	private readonly vars: number[] = [];
	private readonly first: number[] = [];
	private readonly pieces: number[] = [];
	/** By piece: index in `vars` of its variable, -1 = not shown. */
	private owner: Int32Array = new Int32Array(64);
	/** By block and piece: the value at the start. A value id, Unknown, or -2 - (VarValue with a description). */
	private ins: Int32Array = new Int32Array(0);
	private n = 0;

	// ---- during emission ----
	/** By register: vreg it holds, 0 = nothing known. */
	private readonly regs: Int32Array = new Int32Array(32);
	/** By block: registers at the end, where the only successor edge needs them. */
	private readonly ends = new Map<number, Int32Array>();
	/** By piece: its value now. */
	private cur: Int32Array = new Int32Array(64);
	/** By value: pieces that have it now. */
	private watch: Int32Array = new Int32Array(256);
	/** Indices in `vars` to look at again. */
	private readonly dirty: number[] = [];
	private readonly late = new Map<number, number>();
	private block = 0;
	private linear = 0;
	/** Linear position after which some home in use may be used for another value. */
	private expiry = Infinity;
	private readonly pcs: number[] = [];
	/** By index in `vars`: where the open range begins (index in pcs), -1 = none is open; codes of its pieces by piece. */
	private from: Int32Array = new Int32Array(64);
	private codes: Int32Array = new Int32Array(64);
	private next: Int32Array = new Int32Array(64);
	/** Closed ranges: [index in vars, from, to, added to the pc at to, codes...]. */
	private readonly closed: number[] = [];
	private lists: Map<number, { from: number; to: number; expr: Expr }[]> | null = null;

	/** Prepares for a function; to be called when registers and homes are known. */
	begin(lo: Lower, ra: RegAlloc, fr: Frame, lay: Layout, em: InstEmitter, lateStores: ReadonlyMap<number, number[]>): void {
		const f = lo.f;
		this.f = f;
		this.lo = lo;
		this.ra = ra;
		this.fr = fr;
		this.lay = lay;
		this.em = em;
		this.on = false;
		if (f.vars.length === 0 || f.noOpt) return;
		this.collect();
		if (this.n === 0 || this.n * f.blocks.length > MaxCells) return;
		this.on = true;
		this.solve();
		this.late.clear();
		for (const [b, list] of lateStores) for (let k = 0; k < list.length; k += 2) this.late.set(list[k], b);
		this.ends.clear();
		this.pcs.length = 0;
		this.closed.length = 0;
		this.dirty.length = 0;
		this.lists = null;
		if (this.cur.length < this.n) {
			this.cur = new Int32Array(this.n * 2);
			this.codes = new Int32Array(this.n * 2);
			this.next = new Int32Array(this.n * 2);
			this.from = new Int32Array(this.n * 2);
		}
		this.cur.fill(0);
		this.from.fill(-1);
		if (this.watch.length < f.nvals) this.watch = new Int32Array(f.nvals * 2);
		this.watch.fill(0);
	}

	private collect(): void {
		const { f } = this;
		this.index.clear();
		this.vars.length = 0;
		this.first.length = 0;
		this.pieces.length = 0;
		this.n = 0;
		const count = new Map<number, number>();
		for (const blk of f.blocks) {
			for (const v of blk.values) {
				if (f.op[v] !== S.OpVarValue) continue;
				const tag = f.auxWords[2 * v];
				if (this.index.has(tag)) continue;
				this.index.set(tag, this.n++);
				count.set(tag >> 8, (count.get(tag >> 8) ?? 0) + 1);
			}
		}
		if (this.owner.length < this.n) this.owner = new Int32Array(this.n * 2);
		this.owner.fill(-1);
		for (const [k, n] of count) {
			if (n !== Math.max(f.vars[k].pieces.length, 1)) continue;
			this.first.push(this.pieces.length);
			for (let i = 0; i < n; i++) {
				const at = this.index.get((k << 8) | i) as number;
				this.owner[at] = this.vars.length;
				this.pieces.push(at);
			}
			this.vars.push(k);
		}
		this.first.push(this.pieces.length);
	}

	private valueOf(note: number): number {
		const { f } = this;
		if (f.nargs(note) === 1) return this.lo.canon(f.arg(note, 0));
		if (f.aux[note] === 0) return Unknown;
		const d = described(f, note);
		if (d === null || (d.k === "slot" && this.lo.slotUsed[d.slot] === 0 && f.slots[d.slot].argOffset < 0)) return Unknown;
		return -2 - note;
	}

	/** Values at the starts of blocks: paths that disagree leave nothing known. */
	private solve(): void {
		const { f, n, lay } = this;
		const nb = f.blocks.length;
		this.ins = new Int32Array(nb * n).fill(Top);
		const out = new Int32Array(nb * n).fill(Top);
		const cur = new Int32Array(n);
		for (let changed = true; changed; ) {
			changed = false;
			for (let i = 0; i < lay.count; i++) {
				const b = lay.order[i];
				const blk = f.blocks[b];
				cur.fill(blk.preds.length === 0 ? Unknown : Top);
				for (const p of blk.preds) {
					const runtime = f.blocks[p].kind === BlockKind.Defer && f.blocks[p].succs[1] === b;
					for (let k = 0; k < n; k++) {
						const x = runtime ? Unknown : out[p * n + k];
						if (x === Top || cur[k] === x) continue;
						cur[k] = cur[k] === Top ? x : Unknown;
					}
				}
				this.ins.set(cur, b * n);
				for (const v of blk.values) {
					if (f.op[v] !== S.OpVarValue) continue;
					cur[this.index.get(f.auxWords[2 * v]) as number] = this.valueOf(v);
				}
				for (let k = 0; k < n; k++) {
					if (out[b * n + k] === cur[k]) continue;
					out[b * n + k] = cur[k];
					changed = true;
				}
			}
		}
	}

	// ---- emission ----

	/** The start of a block, after what is stored there. */
	start(b: number, pc: number): void {
		const { ra, f, regs } = this;
		this.block = b;
		this.linear = ra.base[b] + 1;
		regs.fill(0);
		const preds = f.blocks[b].preds;
		const before = preds.length === 1 && this.hasNoMoves(b) ? this.ends.get(preds[0]) : undefined;
		if (before !== undefined) regs.set(before);
		for (let r = 0; r < 32; r++) {
			const v = ra.startRegs[b * 32 + r];
			if (v !== 0) regs[r] = v;
		}
		if (b === 0) {
			for (const v of f.blocks[0].values) {
				if (f.op[v] !== S.OpArg) continue;
				const loc = f.sig.args[f.auxWords[2 * v]];
				if (loc.reg >= 0) regs[loc.type === 6 || loc.type === 7 ? floatArgReg(loc.reg) : intArgRegs[loc.reg]] = v;
			}
		}
		for (let k = 0; k < this.n; k++) {
			const v = this.ins[b * this.n + k];
			if (v !== this.cur[k]) this.bind(k, v);
		}
		// the prologue leaves arguments where they are
		this.refreshAll(b === 0 ? 0 : pc, 0);
	}

	private bind(k: number, v: number): void {
		const old = this.cur[k];
		if (old > 0) this.watch[old]--;
		if (v > 0) this.watch[v]++;
		this.cur[k] = v;
	}

	private hold(r: number, v: number): void {
		const old = this.regs[r];
		if (old === v) return;
		this.regs[r] = v;
		const n = this.f.nvals;
		if (old < n && this.watch[old] > 0) this.touch(old);
		if (v < n && this.watch[v] > 0) this.touch(v);
	}

	/** Variables that have value v are to be looked at again. */
	private touch(v: number): void {
		for (let k = 0; k < this.n; k++) if (this.cur[k] === v && this.owner[k] >= 0) this.dirty.push(this.owner[k]);
	}

	private hasNoMoves(b: number): boolean {
		const live = this.ra.live;
		return live.phiStart[b + 1] === live.phiStart[b];
	}

	/** Before instruction i: homes whose value is no longer wanted may be overwritten from now on. */
	before(i: number, pc: number): void {
		this.linear++;
		const op = this.ra.l.op[i];
		const call = op === O.LCall || op === O.LCallR;
		if (!call && this.linear <= this.expiry) return;
		if (call) for (let r = 0; r < 32; r++) this.hold(r, 0);
		if (this.linear > this.expiry) this.refreshAll(pc, 1);
		else this.refresh(pc, 1);
	}

	/** After instruction i and the stores of its results. */
	after(i: number, pc: number): void {
		const l = this.ra.l;
		const op = l.op[i];
		if (op === O.LVar) {
			const note = l.val[i];
			const k = this.index.get(this.f.auxWords[2 * note]) as number;
			this.bind(k, this.valueOf(note));
			if (this.owner[k] >= 0) this.update(this.owner[k], pc, 0);
			return;
		}
		if (op !== O.LCall && op !== O.LCallR) {
			let clob = clobbers[op] & allMask;
			for (let r = 0; clob !== 0; r++, clob >>>= 1) if ((clob & 1) !== 0) this.hold(r, 0);
			if (dstMask[op] !== 0) this.hold(l.rdst[i], l.dst[i]);
			if (dst2Mask[op] !== 0) this.hold(l.rdst2[i], l.dst2[i]);
		}
		const at = l.ext[i] + 2 * l.extUses[i];
		for (let j = 0; j < l.extDefs[i]; j++) this.hold(l.pool[at + 2 * j + 1], l.pool[at + 2 * j]);
		// arguments get their homes at the entry
		if (op === O.LEntry) this.refreshAll(pc, 0);
		else if (this.dirty.length > 0) this.refresh(pc, 0);
	}

	/** After move m of the allocator. */
	moved(m: number, pc: number): void {
		const { ra, regs } = this;
		const dst = ra.moveDst[m];
		const src = ra.moveSrc[m];
		switch (ra.moveKind[m]) {
			case MK.Copy:
				this.hold(dst, regs[src]);
				break;
			case MK.Xchg: {
				const t = regs[dst];
				this.hold(dst, regs[src]);
				this.hold(src, t);
				break;
			}
			case MK.Load:
			case MK.Remat:
			case MK.RematKeepFlags:
				this.hold(dst, src);
				break;
		}
		if (this.dirty.length > 0) this.refresh(pc, 0);
	}

	/** The end of a block, before its jumps and the moves on its edges; `plain`: there are no moves. */
	end(b: number, pc: number, plain: boolean): void {
		if (!plain) this.closeAll(pc);
		else if (this.f.blocks[b].succs.some((s) => this.f.blocks[s].preds.length === 1)) this.ends.set(b, this.regs.slice());
	}

	/** After the jumps of a block. */
	closeAll(pc: number): void {
		for (let x = 0; x < this.vars.length; x++) if (this.from[x] >= 0) this.close(x, this.mark(pc), 0);
	}

	/** Codes of what survives in the frame, for the code at the end that reports a failed check. */
	snapshot(): Int32Array {
		const out = new Int32Array(this.n);
		for (let k = 0; k < this.n; k++) out[k] = this.owner[k] < 0 ? 0 : this.place(this.cur[k], false);
		return out;
	}

	/** The variables of a snapshot are there in the code that begins here. */
	resume(snapshot: Int32Array, pc: number): void {
		const from = this.mark(pc);
		for (let x = 0; x < this.vars.length; x++) {
			let all = true;
			for (let j = this.first[x]; j < this.first[x + 1]; j++) {
				const k = this.pieces[j];
				this.codes[k] = snapshot[k];
				if (snapshot[k] === 0) all = false;
			}
			this.from[x] = all ? from : -1;
		}
	}

	private mark(pc: number): number {
		const n = this.pcs.length;
		if (n > 0 && this.pcs[n - 1] === pc) return n - 1;
		return this.pcs.push(pc) - 1;
	}

	private close(x: number, at: number, extra: number): void {
		const { closed } = this;
		closed.push(x, this.from[x], at, extra);
		for (let j = this.first[x]; j < this.first[x + 1]; j++) closed.push(this.codes[this.pieces[j]]);
		this.from[x] = -1;
	}

	/** Looks at the variables that something happened to. extra: what was there before still is in the first byte at pc. */
	private refresh(pc: number, extra: number): void {
		const { dirty } = this;
		for (let i = 0; i < dirty.length; i++) this.update(dirty[i], pc, extra);
		dirty.length = 0;
	}

	private refreshAll(pc: number, extra: number): void {
		this.expiry = Infinity;
		this.dirty.length = 0;
		for (let x = 0; x < this.vars.length; x++) this.update(x, pc, extra);
	}

	private update(x: number, pc: number, extra: number): void {
		const { pieces, next, codes } = this;
		const from = this.first[x];
		const to = this.first[x + 1];
		let known = true;
		let same = this.from[x] >= 0;
		for (let j = from; j < to; j++) {
			const k = pieces[j];
			const code = this.place(this.cur[k], true);
			next[k] = code;
			if (code === 0) known = false;
			if (code !== codes[k]) same = false;
		}
		if (known && same) return;
		if (!known && this.from[x] < 0) return;
		const at = this.mark(pc);
		if (this.from[x] >= 0) this.close(x, at, extra);
		if (!known) return;
		for (let j = from; j < to; j++) codes[pieces[j]] = next[pieces[j]];
		this.from[x] = at;
	}

	/** The code of where a value is, 0 = nowhere. */
	private place(v: number, registers: boolean): number {
		if (v === Unknown || v === Top) return 0;
		if (v < 0) return ((-2 - v) << PBits) | P.Note;
		const { f, regs } = this;
		switch (f.op[v]) {
			case S.OpConst:
			case S.OpConstF:
			case S.OpSymAddr:
				return (v << PBits) | P.Remat;
			case S.OpSlotAddr: {
				const s = f.auxWords[2 * v];
				return this.lo.slotUsed[s] === 1 || f.slots[s].argOffset >= 0 ? (v << PBits) | P.Remat : 0;
			}
			case S.OpArg:
				if (f.sig.args[f.auxWords[2 * v]].reg < 0) return (v << PBits) | P.Arg;
		}
		if (this.homeValid(v)) return (v << PBits) | P.Home;
		if (registers) for (let r = 0; r < 32; r++) if (regs[r] === v) return (r << PBits) | P.Reg;
		return 0;
	}

	/** Whether the home of v holds v here, and notes until when. */
	private homeValid(v: number): boolean {
		const { ra, fr, f } = this;
		if (ra.spilled[v] === 0) return false;
		if (ra.inHome[v] === 0) {
			if (ra.atDef[v] === 0) {
				const from = this.late.get(v);
				if (from === undefined || this.lay.dom?.dominates(from, this.block) !== true) return false;
			} else if (ra.defReg[v] === NoReg && f.op[v] !== S.OpPhi) return false;
		}
		if (ra.from[v] > this.linear) return false;
		if (fr.homeIn[v] === 1 || ra.pinned[v] === 1) return true;
		if (ra.to[v] < this.linear) return false;
		if (ra.to[v] < this.expiry) this.expiry = ra.to[v];
		return true;
	}

	// ---- results ----

	remap(map: (pc: number) => number): void {
		for (let i = 0; i < this.pcs.length; i++) this.pcs[i] = map(this.pcs[i]);
	}

	/** The location list of a variable, after remap. */
	list(variable: number): readonly { from: number; to: number; expr: Expr }[] {
		this.lists ??= this.build();
		return this.lists.get(variable) ?? [];
	}

	/** What expressions are written to before their size is known. */
	private readonly scratch: ByteWriter = new ByteWriter(64);

	private build(): Map<number, { from: number; to: number; expr: Expr }[]> {
		const out = new Map<number, { from: number; to: number; expr: Expr }[]>();
		const { closed, pcs } = this;
		for (let i = 0; i < closed.length; ) {
			const x = closed[i];
			const n = this.first[x + 1] - this.first[x];
			const from = pcs[closed[i + 1]];
			const to = pcs[closed[i + 2]] + closed[i + 3];
			const codes = closed.slice(i + 4, i + 4 + n);
			i += 4 + n;
			let list = out.get(this.vars[x]);
			if (list === undefined) {
				list = [];
				out.set(this.vars[x], list);
			}
			const last = list[list.length - 1];
			// what ends in the first byte of an instruction gives way to what begins there
			if (last !== undefined && last.to > from) last.to = from;
			if (last !== undefined && last.to <= last.from) list.pop();
			if (to <= from) continue;
			const expr = this.expression(codes, this.f.vars[this.vars[x]]);
			const before = list[list.length - 1];
			if (before !== undefined && before.to === from && sameExpr(before.expr, expr)) before.to = to;
			else list.push({ from, to, expr });
		}
		return out;
	}

	private expression(codes: readonly number[], info: { size: number; pieces: readonly { off: number; size: number }[] }): Expr {
		const w = this.scratch;
		w.len = 0;
		const syms: Expr["syms"] = [];
		const { size, pieces } = info;
		const whole = codes.length === 1 && (pieces.length === 0 || pieces[0].size === size);
		let at = 0;
		for (let i = 0; i < codes.length; i++) {
			if (!whole && pieces[i].off > at) {
				w.u8(DW_OP_piece);
				w.uleb(pieces[i].off - at);
			}
			this.one(w, codes[i], syms);
			if (whole) break;
			w.u8(DW_OP_piece);
			w.uleb(pieces[i].size);
			at = pieces[i].off + pieces[i].size;
		}
		if (!whole && at < size) {
			w.u8(DW_OP_piece);
			w.uleb(size - at);
		}
		return { bytes: w.take(), syms };
	}

	/** The expression of one piece. Frame offsets count from the canonical frame address. */
	private one(w: ByteWriter, code: number, syms: Expr["syms"]): void {
		const { f } = this;
		const v = code >> PBits;
		const base = this.fr.size + 8;
		switch (code & ((1 << PBits) - 1)) {
			case P.Home:
				w.u8(DW_OP_fbreg);
				w.sleb(this.em.homeDisp(v) - base);
				return;
			case P.Arg:
				w.u8(DW_OP_fbreg);
				w.sleb(f.sig.args[f.auxWords[2 * v]].off);
				return;
			case P.Reg:
				registerExpr(w, v);
				return;
			case P.Note:
				this.described(w, described(f, v), syms);
				return;
			default:
				this.described(w, describe(f, v), syms);
		}
	}

	private described(w: ByteWriter, d: Described | null, syms: Expr["syms"]): void {
		if (d === null) throw new InternalError(`${this.f.name}: nothing is known of a variable's value`);
		if (d.k === "const") {
			w.u8(DW_OP_consts);
			slebBig(w, d.bits);
		} else if (d.k === "slot") {
			w.u8(DW_OP_fbreg);
			w.sleb(this.em.slotDisp(d.slot) - this.fr.size - 8);
		} else {
			w.u8(DW_OP_addr);
			syms.push({ off: w.len, name: d.name, add: d.add });
			w.u64(0);
		}
		w.u8(DW_OP_stack_value);
	}
}

/** The location that is a register, numbered as the allocator does. */
export function registerExpr(w: ByteWriter, register: number): void {
	const r = register < 16 ? dwarfReg[register] : register + 1;
	if (r < 32) w.u8(DW_OP_reg0 + r);
	else {
		w.u8(DW_OP_regx);
		w.uleb(r);
	}
}

function sameExpr(a: Expr, b: Expr): boolean {
	if (a.bytes.length !== b.bytes.length || a.syms.length !== b.syms.length) return false;
	for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return false;
	return a.syms.every((s, i) => s.off === b.syms[i].off && s.name === b.syms[i].name && s.add === b.syms[i].add);
}

function slebBig(w: ByteWriter, x: bigint): void {
	for (;;) {
		const byte = Number(x & 0x7fn);
		x >>= 7n;
		if ((x === 0n && (byte & 0x40) === 0) || (x === -1n && (byte & 0x40) !== 0)) {
			w.u8(byte);
			return;
		}
		w.u8(byte | 0x80);
	}
}
