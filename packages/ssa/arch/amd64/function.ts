// A whole function: prologue, blocks in order, edges, exits, failure paths,
// stack growth, and its metadata (FuncInfo and funcdata symbols).

import { ByteWriter, InternalError } from "#base";
import { type FragmentBuilder, type FuncInfo, type InlinedCall, newRelocs, type Relocs, RelocKind, SymFlag, SymKind } from "#object";
import { NoReg as NoR, ops as X } from "#obj";
import { BlockKind, type CallAux, type Func, type SymRef } from "../../func.ts";
import { OpArg } from "../../ops.gen.ts";
import { isFloat, sizeOfT } from "../../types.ts";
import { AllLive, ArgLive } from "./arglive.ts";
import { Code } from "./code.ts";
import { dwarfOf, PosLog } from "./dwarf.ts";
import { Edges } from "./edges.ts";
import { InstEmitter } from "./emit.ts";
import { Frame } from "./frame.ts";
import { type Layout, layout } from "./layout.ts";
import { AM, Lir, Remat } from "./lir.ts";
import { Liveness } from "./liveness.ts";
import { Lower } from "./lower.ts";
import * as O from "./ops.ts";
import { NoReg, RegAlloc } from "./regalloc.ts";
import { AX, BP, floatArgReg, intArgRegs, R12, R14, SP } from "./regs.ts";
import { VarLocs } from "./varlocs.ts";
import { BoundsConstX, BoundsConstY } from "./rules/mem.ts";
import { isDeferReturn, StackMaps } from "./stackmap.ts";

export interface CompileOptions {
	/** Where a Pos is, as line tables record it (trimmed path). */
	position: (pos: number) => { file: string; line: number };
	/** FuncID of an inlined function by linker name; 0 = normal. */
	inlinedFuncId?: (name: string) => number;
	/** Makes no debug information. */
	noDwarf?: boolean;
}

const StackSmall = 128;
const StackBig = 4096;
/** g.stackguard0. */
const GuardOffset = 16;
/** Entries of the bounds PCDATA: internal/abi numBoundsCodes. */
const BoundsCodes = 9;

const noArgs = new ArgLive(null, []);

/** Compiles functions; keeps its scratch memory between them. */
export class Compiler {
	readonly l: Lir = new Lir();
	readonly lo: Lower = new Lower(this.l);
	readonly live: Liveness = new Liveness();
	readonly ra: RegAlloc = new RegAlloc(this.l);
	readonly edges: Edges = new Edges();
	readonly fr: Frame = new Frame();
	readonly maps: StackMaps = new StackMaps();
	readonly c: Code = new Code();
	readonly em: InstEmitter = new InstEmitter(this.l, this.ra, this.fr, this.c);
	private f!: Func;
	private opt!: CompileOptions;
	private fb!: FragmentBuilder;
	private lay!: Layout;
	/** By block: values that are stored to their homes at its start, vreg and register alternating. */
	private lateStores: Map<number, number[]> = new Map();
	private argLive = new ArgLive(null, []);
	/** Homes of register arguments: offset in the argument area, block from whose start on they are stored (-1 = never). */
	private argHomes: { off: number; block: number }[] = [];
	private readonly scratch = new ByteWriter(256);
	// positions
	private lastPos = -1;
	private lastInl = -2;
	private posPos = -1;
	private posLine = 0;
	private posFile = 0;
	private startLine = 0;
	private files: string[] = [];
	private fileIndex = new Map<string, number>();
	private parentPc: number[] = [];
	private deferReturn = -1;
	/** The block being emitted is where the runtime goes on after recover: its deferreturn is the one that the table names. */
	private recovering = false;
	private needMoreStack = false;
	private moreLabel = 0;
	private tables: { name: string; block: number }[] = [];
	private unsafeNow = false;
	/** Statement starts as indices in marks, and the end of the prologue. */
	private stmts: number[] = [];
	private lastStmtLine = -1;
	private prologueEnd = -1;
	/** What is being emitted puts arguments into their slots. */
	private saving = false;
	private readonly posLog = new PosLog();
	private readonly locs = new VarLocs();
	/** Variables at failing bounds checks, in the order of em.slow. */
	private readonly slowVars: Int32Array[] = [];

	compile(f: Func, opt: CompileOptions, fb: FragmentBuilder): void {
		this.f = f;
		this.opt = opt;
		this.fb = fb;
		this.lay = layout(f);
		this.lo.run(f, this.lay.order, this.lay.count);
		this.live.run(this.lo, this.lay);
		this.ra.run(this.lo, this.lay, this.live);
		this.edges.run(this.ra);
		this.lateStores = this.ra.placeStores();
		this.startArgs();
		this.fr.run(this.ra, this.lay, this.lo.slotUsed);
		this.maps.run(this.ra, this.fr, this.lay, this.lo.slotUsed);
		this.pinned();
		if (this.opt.noDwarf !== true) this.locs.begin(this.lo, this.ra, this.fr, this.lay, this.em, this.lateStores);
		this.code();
		this.finish();
	}

	/** Finds the pointers that a deferreturn path reads from their homes. */
	private pinned(): void {
		const { ra, l } = this;
		this.maps.pinnedHomes = [];
		if (!this.f.hasDefer) return;
		for (let v = 1; v < l.nv; v++) if (ra.pinned[v] === 1 && l.vptr[v] === 1 && ra.spilled[v] === 1) this.maps.pinnedHomes.push(v);
	}

	// ---- positions ----

	private file(name: string): number {
		const old = this.fileIndex.get(name);
		if (old !== undefined) return old;
		const id = this.files.length;
		this.files.push(name);
		this.fileIndex.set(name, id);
		return id;
	}

	private setPos(pos: number, inl: number): void {
		if (pos === this.lastPos && inl === this.lastInl) return;
		const c = this.c;
		if (pos === 0) {
			// no position of its own: stays in the line before, if that is in the same function
			if (inl === this.lastInl) return;
			pos = inl >= 0 ? this.f.inlined[inl].declPos : this.f.pos;
		}
		this.lastPos = pos;
		this.lastInl = inl;
		if (pos !== this.posPos) {
			const at = this.opt.position(pos);
			this.posPos = pos;
			this.posLine = at.line;
			this.posFile = this.file(at.file);
		}
		if (inl < 0 && this.posLine !== this.lastStmtLine) {
			this.lastStmtLine = this.posLine;
			this.stmts.push(c.marks.length);
			c.marks.push(c.pc);
		}
		this.posLog.add(c.pc, pos, inl);
		c.pcline.set(c.pc, this.posLine - this.startLine);
		c.pcfile.set(c.pc, this.posFile);
		if (this.f.inlined.length > 0) c.pcinline.set(c.pc, inl);
	}

	private setValuePos(i: number): void {
		const val = this.l.val[i];
		const f = this.f;
		if (val > 0) this.setPos(f.vpos[val], f.inl[val]);
		else if (val < 0) {
			const b = f.blocks[-1 - val];
			this.setPos(b.pos, b.inl);
		}
	}

	// ---- code ----

	private code(): void {
		const { f, c, fr, l } = this;
		c.clear();
		this.em.begin(f, this.fb);
		this.files = [];
		this.fileIndex = new Map();
		this.parentPc = [];
		this.deferReturn = -1;
		this.tables = [];
		this.stmts = [];
		this.lastStmtLine = -1;
		this.prologueEnd = -1;
		this.saving = false;
		this.posLog.clear();
		this.slowVars.length = 0;
		this.lastPos = -1;
		this.lastInl = -2;
		this.posPos = -1;
		const start = this.opt.position(f.pos);
		this.startLine = start.line;
		this.file(start.file);
		this.em.atCall = (i) => {
			const aux = f.auxes[l.sub[i]] as CallAux;
			c.stackMap.set(c.pc, this.maps.at(i, aux.noreturn));
			if (this.recovering && this.deferReturn < 0 && isDeferReturn(f, l.sub[i])) {
				this.deferReturn = c.marks.length;
				c.marks.push(c.pc);
			}
		};
		c.labels(f.blocks.length);
		c.pcsp.set(0, 0);
		if (f.unsafePoints) c.unsafe.set(0, -2);
		this.setPos(f.pos, -1);
		this.prologue();
		// memory order is the order of ids: the layout pass has arranged them
		let b = 0;
		while (b >= 0) {
			let next = b + 1;
			while (next < f.blocks.length && this.lay.place[next] < 0) next++;
			if (next === f.blocks.length) next = -1;
			this.block(b, next);
			b = next;
		}
		this.slowPaths();
		// a call at the very end would return into the next function
		if (this.em.slow.length > 0 || l.hasCall) c.e.int3();
		if (this.needMoreStack) this.moreStack();
		if (fr.size > 0x7000_0000) throw new InternalError(`${f.name}: frame too large`);
	}

	private unsafePoint(on: boolean): void {
		this.unsafeNow = on;
		if (!this.f.unsafePoints) this.c.unsafe.set(this.c.pc, on ? -2 : -1);
	}

	private prologue(): void {
		const { f, c, fr, em } = this;
		const e = c.e;
		const nosplit = (f.symFlags & SymFlag.Nosplit) !== 0 || (!this.l.hasCall && fr.size < StackSmall);
		this.needMoreStack = !nosplit;
		if (f.sig.abi === 0) em.enterInternal();
		if (!nosplit) {
			this.unsafePoint(true);
			const more = c.label();
			this.moreLabel = more;
			if (fr.size <= StackSmall) e.load(X.CMP, 8, SP, R14, NoR, 1, GuardOffset);
			else if (fr.size <= StackBig) {
				e.lea(8, R12, SP, NoR, 1, -(fr.size - StackSmall));
				e.load(X.CMP, 8, R12, R14, NoR, 1, GuardOffset);
			} else {
				e.rr(X.MOV, 8, R12, SP);
				e.ri(X.SUB, 8, R12, fr.size - StackSmall);
				c.jcc(X.CondB, more);
				e.load(X.CMP, 8, R12, R14, NoR, 1, GuardOffset);
			}
			c.jcc(X.CondBE, more);
			this.unsafePoint(false);
		}
		if (fr.hasBP) {
			e.push(BP);
			c.pcsp.set(c.pc, 8);
			e.rr(X.MOV, 8, BP, SP);
		}
		if (fr.body > 0) {
			e.ri(X.SUB, 8, SP, fr.body);
			c.pcsp.set(c.pc, fr.size);
		}
		this.zeroAtEntry();
	}

	/** Slots that may be seen by the collector before they are written. */
	private zeroAtEntry(): void {
		const { f, em } = this;
		const ranges: [number, number][] = [];
		for (const s of this.maps.entryZero) {
			const slot = f.slots[s];
			if (slot.ptrmask === null) {
				this.c.e.movMI(1, SP, NoR, 1, em.slotDisp(s), 0);
				continue;
			}
			const at = em.slotDisp(s);
			ranges.push([at, at + ((slot.size + 7) & ~7)]);
		}
		for (const v of this.maps.pinnedHomes) if (this.fr.homeIn[v] === 0) ranges.push([em.homeDisp(v), em.homeDisp(v) + 8]);
		ranges.sort((a, b) => a[0] - b[0]);
		for (let i = 0; i < ranges.length; ) {
			const from = ranges[i][0];
			let to = ranges[i][1];
			for (i++; i < ranges.length && ranges[i][0] <= to; i++) to = Math.max(to, ranges[i][1]);
			em.zeroFrame(from, to);
		}
	}

	private epilogue(): void {
		const { c, fr } = this;
		if (fr.body > 0) {
			c.e.ri(X.ADD, 8, SP, fr.body);
			c.pcsp.set(c.pc, 8);
		}
		if (fr.hasBP) {
			c.e.pop(BP);
			c.pcsp.set(c.pc, 0);
		}
	}

	private inside(): void {
		this.c.pcsp.set(this.c.pc, this.fr.size);
	}

	/** Stores register arguments to their places in the caller's frame, grows the stack, starts again. */
	private moreStack(): void {
		const { f, c } = this;
		c.place(this.moreLabel);
		c.pcsp.set(c.pc, 0);
		this.lastPos = -1;
		this.setPos(f.pos, -1);
		if (!f.unsafePoints) c.unsafe.set(c.pc, -2);
		c.stackMap.set(c.pc, -1);
		c.argLive.set(c.pc, AllLive);
		this.spillArgs(true);
		const ctxt = f.needCtxt || (f.symFlags & SymFlag.NeedCtxt) !== 0;
		if ((f.symFlags & SymFlag.SystemStack) !== 0) c.callSym(this.fb, "runtime.morestackc", f.sig.abi, RelocKind.Call);
		else c.callSym(this.fb, ctxt ? "runtime.morestack" : "runtime.morestack_noctxt", 0, RelocKind.Call);
		this.spillArgs(false);
		c.jmp(c.startLabel());
		if (!f.unsafePoints) c.unsafe.set(c.pc, -1);
	}

	private spillArgs(store: boolean): void {
		const e = this.c.e;
		for (const loc of this.f.sig.args) {
			if (loc.reg < 0) continue;
			const at = 8 + loc.off;
			const size = sizeOfT[loc.type];
			if (isFloat(loc.type)) {
				const op = size === 4 ? X.MOVSS : X.MOVSD;
				const r = floatArgReg(loc.reg) & 15;
				if (store) e.store(op, 4, r, SP, NoR, 1, at);
				else e.load(op, 4, r, SP, NoR, 1, at);
				continue;
			}
			const r = intArgRegs[loc.reg];
			if (store) e.store(X.MOV, size, r, SP, NoR, 1, at);
			else if (size >= 4) e.load(X.MOV, size, r, SP, NoR, 1, at);
			else e.load(size === 1 ? X.MOVZX8 : X.MOVZX16, 4, r, SP, NoR, 1, at);
		}
	}

	private block(b: number, next: number): void {
		const { f, c, ra, l, em } = this;
		const block = f.blocks[b];
		c.place(b);
		this.inside();
		this.recovering = block.preds.some((p) => f.blocks[p].kind === BlockKind.Defer && f.blocks[p].succs[1] === b);
		if (block.unsafe !== this.unsafeNow || b === 0) this.unsafePoint(block.unsafe);
		// phis in registers that have a home
		const live = this.live;
		for (let q = live.phiStart[b]; q < live.phiStart[b + 1]; q++) {
			const phi = live.phis[q];
			if (ra.spilled[phi] === 1 && ra.defReg[phi] !== NoReg && ra.atDef[phi] === 1) em.storeHome(ra.defReg[phi], phi);
		}
		const late = this.lateStores.get(b);
		if (late !== undefined) for (let k = 0; k < late.length; k += 2) em.storeHome(late[k + 1], late[k]);
		this.argsAt(b);
		const locs = this.locs.on ? this.locs : null;
		locs?.start(b, c.pc);
		for (let q = ra.itemStart[b]; q < ra.itemEnd[b]; q++) {
			const i = ra.items[q];
			if (i < 0) {
				em.move(-1 - i);
				locs?.moved(-1 - i, c.pc);
				continue;
			}
			locs?.before(i, c.pc);
			if (l.op[i] === O.LVar) {
				locs?.after(i, c.pc);
				continue;
			}
			this.setValuePos(i);
			this.one(i, b, q);
			this.spill(i);
			if (locs !== null) {
				locs.after(i, c.pc);
				while (this.slowVars.length < em.slow.length) this.slowVars.push(locs.snapshot());
			}
			if (l.op[i] === O.LEntry) {
				this.prologueEnd = c.marks.length;
				c.marks.push(c.pc);
				this.saving = f.noOpt;
			} else if (this.saving) {
				// Without optimizations arguments are put into their slots first: a debugger stops after that.
				this.saving = b === 0 && l.val[i] > 0 && f.vpos[l.val[i]] === f.pos && l.op[i] !== O.LCall && l.op[i] !== O.LCallR;
				if (this.saving) c.marks[this.prologueEnd] = c.pc;
			}
		}
		const last = l.blockEnd[b] > l.blockStart[b] ? l.op[l.seq[l.blockEnd[b] - 1]] : 0;
		locs?.end(b, c.pc, this.isPlainEnd(b));
		this.blockEnd(b, next, last);
		locs?.closeAll(c.pc);
	}

	/** No edge out of b has moves. */
	private isPlainEnd(b: number): boolean {
		for (let k = 0; k < this.f.blocks[b].succs.length; k++) if (this.edgeItems(b, k) > 0) return false;
		return true;
	}

	/** Finds where the homes of register arguments are stored: at entry, at the start of a block, or never. */
	private startArgs(): void {
		const { f, ra } = this;
		this.argHomes = [];
		if (f.argInfo === null) {
			this.argLive = noArgs;
			return;
		}
		const regs = f.sig.args.filter((loc) => loc.reg >= 0 && loc.off >= 0).map((loc) => loc.off);
		this.argLive = new ArgLive(f.argInfo, regs);
		if (regs.length === 0) return;
		const stored = new Map<number, number>();
		for (const [b, list] of this.lateStores) for (let k = 0; k < list.length; k += 2) stored.set(list[k], b);
		const rest = new Set(regs);
		for (const v of f.blocks[0].values) {
			if (f.op[v] !== OpArg || ra.spilled[v] === 0) continue;
			const off = f.sig.args[f.auxWords[2 * v]].off;
			const block = ra.atDef[v] === 1 ? 0 : stored.get(v);
			if (block === undefined || !rest.delete(off)) continue;
			this.argHomes.push({ off, block });
		}
		for (const off of rest) this.argHomes.push({ off, block: -1 });
	}

	/** Notes which arguments are in their homes in block b. */
	private argsAt(b: number): void {
		if (this.argHomes.length === 0) return;
		const dom = this.lay.dom;
		const stale = new Set<number>();
		for (const { off, block } of this.argHomes) {
			if (block < 0 || (block !== 0 && dom?.dominates(block, b) !== true)) stale.add(off);
		}
		this.c.argLive.set(this.c.pc, this.argLive.index(stale));
	}

	/** Stores the results of instruction i that have a home. */
	private spill(i: number): void {
		const { l, ra, em } = this;
		let v = l.dst[i];
		if (v !== 0 && ra.spilled[v] === 1 && ra.inHome[v] === 0 && ra.atDef[v] === 1) em.storeHome(ra.defReg[v], v);
		v = l.dst2[i];
		if (v !== 0 && ra.spilled[v] === 1 && ra.atDef[v] === 1) em.storeHome(ra.defReg[v], v);
		const n = l.extDefs[i];
		if (n === 0) return;
		const at = l.ext[i] + 2 * l.extUses[i];
		for (let j = 0; j < n; j++) {
			v = l.pool[at + 2 * j];
			if (ra.spilled[v] === 1 && ra.atDef[v] === 1) em.storeHome(ra.defReg[v], v);
		}
	}

	private one(i: number, b: number, q: number): void {
		const { l, c, em } = this;
		switch (l.op[i]) {
			case O.LSlotDef:
				this.slotDef(l.sym[i], b, q);
				return;
			case O.LSlotKill:
				return;
			case O.LUnsafe:
				this.unsafePoint(l.sub[i] === 1);
				return;
			case O.LInlMark:
				this.parentPc[l.imm[i]] = c.marks.length;
				c.marks.push(c.pc);
				c.e.nop(1);
				return;
			case O.LRet:
				this.epilogue();
				c.e.ret();
				return;
			case O.LTail: {
				this.epilogue();
				const t = (this.f.auxes[l.sub[i]] as CallAux).target as SymRef;
				c.reloc(c.e.jmp32(), RelocKind.Call, this.fb.ref(t.name, t.abi), 0);
				return;
			}
			case O.LJmpTab:
				this.jumpTable(i, b);
				return;
		}
		em.inst(i);
	}

	/** Zeroes the pointers of a slot that starts its life unless they are written before anything can look at them. */
	private slotDef(s: number, b: number, q: number): void {
		const f = this.f;
		const slot = f.slots[s];
		if (slot.ptrmask === null || slot.argOffset >= 0 || this.lo.slotUsed[s] === 0) return;
		if (this.writtenFirst(s, b, q)) return;
		const at = this.em.slotDisp(s);
		// fixed registers R12 and R13 may be in use here: plain stores, or a block operation for large slots
		const size = (slot.size + 7) & ~7;
		if (size > 1024) {
			this.zeroLarge(at, size);
			return;
		}
		const e = this.c.e;
		let o = 0;
		for (; size - o >= 16; o += 16) e.store(X.MOVUPS, 4, 15, SP, NoR, 1, at + o);
		if (o < size) e.movMI(8, SP, NoR, 1, at + o, 0);
	}

	/** Zeroing loop that keeps the registers it uses in X15, which is zero again afterwards. */
	private zeroLarge(at: number, size: number): void {
		const c = this.c;
		const e = c.e;
		// AX counts down from size; its value is kept in the slot's last word meanwhile, which is zeroed at last
		const keep = at + size - 8;
		e.store(X.MOV, 8, AX, SP, NoR, 1, keep);
		const words = (size >> 3) - 1;
		e.movI(AX, words);
		const again = c.label();
		c.place(again);
		e.store(X.MOVSD, 4, 15, SP, AX, 8, at - 8);
		e.ri(X.SUB, 4, AX, 1);
		c.jcc(X.CondNE, again);
		e.load(X.MOV, 8, AX, SP, NoR, 1, keep);
		e.movMI(8, SP, NoR, 1, keep, 0);
	}

	/** Whether all pointer words of slot s are stored after item q of block b before a call or an unknown use. */
	private writtenFirst(s: number, b: number, q: number): boolean {
		const { l, ra } = this;
		const slot = this.f.slots[s];
		const mask = slot.ptrmask as Uint8Array;
		const words = slot.size >> 3;
		if (words > 64) return this.blockWrite(s, b, q);
		const done = new Uint8Array(words + 2);
		let left = 0;
		for (let k = 0; k < words; k++) if ((mask[k >> 3] & (1 << (k & 7))) !== 0) left++;
		for (let p = q + 1; p < ra.itemEnd[b]; p++) {
			const i = ra.items[p];
			if (i < 0) continue;
			const op = l.op[i];
			if (op === O.LCall || op === O.LCallR || op === O.LBounds) return false;
			if (op === O.LZeroLoop || op === O.LRepStos || op === O.LMoveLoop || op === O.LRepMovs) {
				if (this.covers(i, s)) return true;
				continue;
			}
			if (l.am[i] !== AM.Slot || l.sym[i] !== s || l.index[i] !== 0) continue;
			let n = 0;
			if (op === O.LStoreZ || (op === O.LStoreX && l.sub[i] === X.MOVUPS)) n = 2;
			else if ((op === O.LStore || op === O.LStoreI) && l.size[i] === 8) n = 1;
			else continue;
			for (let k = 0; k < n; k++) {
				const w = (l.disp[i] >> 3) + k;
				if ((l.disp[i] & 7) !== 0 || w < 0 || w >= words || done[w] === 1) continue;
				done[w] = 1;
				if ((mask[w >> 3] & (1 << (w & 7))) !== 0 && --left === 0) return true;
			}
		}
		return left === 0;
	}

	private blockWrite(s: number, b: number, q: number): boolean {
		const { l, ra } = this;
		for (let p = q + 1; p < ra.itemEnd[b]; p++) {
			const i = ra.items[p];
			if (i < 0) continue;
			const op = l.op[i];
			if (op === O.LCall || op === O.LCallR || op === O.LBounds) return false;
			if ((op === O.LZeroLoop || op === O.LRepStos || op === O.LMoveLoop || op === O.LRepMovs) && this.covers(i, s)) return true;
		}
		return false;
	}

	/** Whether block operation i writes all of slot s. */
	private covers(i: number, s: number): boolean {
		const l = this.l;
		const op = l.op[i];
		const rep = op === O.LRepStos || op === O.LRepMovs;
		const to = op === O.LZeroLoop || op === O.LRepStos ? l.a[i] : l.b[i];
		const bytes = rep ? l.imm[i] * 8 : l.imm[i];
		return l.remat[to] === Remat.Slot && l.rsym[to] === s && l.rdisp[to] === 0 && bytes >= this.f.slots[s].size - 7;
	}

	private jumpTable(i: number, b: number): void {
		const { l, c } = this;
		const name = `${this.f.name}.jump${this.tables.length}`;
		this.tables.push({ name, block: b });
		const t = l.rdst2[i];
		c.reloc(c.e.leaRip(t), RelocKind.PcRel, this.fb.ref(name), 0);
		c.e.jmpMem(t, l.ra[i], 8, 0);
	}

	// ---- ends of blocks ----

	private edgeItems(b: number, k: number): number {
		const e = this.edges.first[b] + k;
		return this.edges.end[e] - this.edges.start[e];
	}

	private emitEdge(b: number, k: number): void {
		const e = this.edges.first[b] + k;
		for (let q = this.edges.start[e]; q < this.edges.end[e]; q++) this.em.move(-1 - this.ra.items[q]);
	}

	private blockEnd(b: number, next: number, last: number): void {
		const { f, c } = this;
		const block = f.blocks[b];
		switch (block.kind) {
			case BlockKind.Plain:
			case BlockKind.Defer:
				this.setPos(block.pos, block.inl);
				this.emitEdge(b, 0);
				if (block.succs[0] !== next) c.jmp(block.succs[0]);
				return;
			case BlockKind.If:
				this.setPos(block.pos, block.inl);
				this.branch(b, next);
				return;
			case BlockKind.JumpTable:
				for (let k = 0; k < block.succs.length; k++) this.tableEdge(b, k);
				return;
			case BlockKind.Ret:
				if (last !== O.LRet) throw new InternalError(`${f.name}: Ret block b${b} without Return`);
				return;
			case BlockKind.Exit:
				if (last !== O.LTail && last !== O.LCall && last !== O.LCallR) c.e.ud2();
				return;
		}
		throw new InternalError(`${f.name}: block b${b} has kind ${block.kind}`);
	}

	/** Edges out of a jump table need moves only if they are critical; then a stub is entered instead. */
	private tableEdge(b: number, k: number): void {
		if (this.edgeItems(b, k) === 0) {
			this.stubs.set(this.edges.first[b] + k, this.f.blocks[b].succs[k]);
			return;
		}
		const c = this.c;
		const label = c.label();
		c.place(label);
		this.stubs.set(this.edges.first[b] + k, label);
		this.emitEdge(b, k);
		c.jmp(this.f.blocks[b].succs[k]);
	}
	/** By edge of a jump table: label to jump to. */
	private readonly stubs = new Map<number, number>();

	/** Jumps to label if the condition holds. */
	private jumpIf(cond: number, label: number): void {
		const c = this.c;
		if (cond < 16) {
			c.jcc(cond, label);
			return;
		}
		if (cond === 16) {
			// equal: zero flag and no parity
			const no = c.label();
			c.jcc(X.CondNE, no);
			c.jcc(X.CondNP, label);
			c.place(no);
			return;
		}
		c.jcc(X.CondNE, label);
		c.jcc(X.CondP, label);
	}

	private branch(b: number, next: number): void {
		const { f, c, l } = this;
		const block = f.blocks[b];
		const cond = l.cond[b];
		const m0 = this.edgeItems(b, 0);
		const m1 = this.edgeItems(b, 1);
		const [s0, s1] = block.succs;
		if (m0 === 0 && m1 === 0) {
			if (s0 === next) this.jumpIf(cond ^ 1, s1);
			else {
				this.jumpIf(cond, s0);
				if (s1 !== next) c.jmp(s1);
			}
			return;
		}
		if (m0 === 0) {
			this.jumpIf(cond, s0);
			this.emitEdge(b, 1);
			if (s1 !== next) c.jmp(s1);
			return;
		}
		if (m1 === 0) {
			this.jumpIf(cond ^ 1, s1);
			this.emitEdge(b, 0);
			if (s0 !== next) c.jmp(s0);
			return;
		}
		const other = c.label();
		// the edge that falls through comes last
		const k = s0 === next ? 1 : 0;
		this.jumpIf(k === 0 ? cond ^ 1 : cond, other);
		this.emitEdge(b, k);
		c.jmp(block.succs[k]);
		c.place(other);
		this.emitEdge(b, 1 - k);
		if (block.succs[1 - k] !== next) c.jmp(block.succs[1 - k]);
	}

	// ---- failing bounds checks ----

	private slowPaths(): void {
		const { c, l, em } = this;
		if (em.slow.length === 0) return;
		const map = this.maps.dead();
		this.inside();
		this.argsAt(0);
		this.unsafePoint(false);
		em.slow.forEach(({ label, inst: i }, at) => {
			c.place(label);
			if (this.locs.on) this.locs.resume(this.slowVars[at], c.pc);
			this.lastPos = -1;
			this.setValuePos(i);
			const sub = l.sub[i];
			const signed = (sub & 0x100) !== 0;
			let bits = 0;
			if ((sub & BoundsConstX) !== 0) bits = this.boundsConst(l.imm[i], true, l.rb[i], signed) | 2 | (l.rb[i] << 7);
			else if ((sub & BoundsConstY) !== 0)
				bits = this.boundsConst(l.imm[i], false, l.ra[i], signed) | 1 | (signed ? 4 : 0) | (l.ra[i] << 3);
			else bits = 3 | (signed ? 4 : 0) | (l.ra[i] << 3) | (l.rb[i] << 7);
			c.bounds.set(c.pc, bits * BoundsCodes + (sub & 0xff));
			c.stackMap.set(c.pc, map);
			c.callSym(this.fb, "runtime.panicBounds", 1, RelocKind.Call);
			c.bounds.set(c.pc, -1);
			if (this.locs.on) this.locs.closeAll(c.pc);
		});
	}

	/** Bits for a constant operand; large ones go to a register that the other operand leaves free. */
	private boundsConst(imm: number, isX: boolean, other: number, signed: boolean): number {
		if (imm >= 0 && imm <= 31) return isX ? imm << 2 : imm << 7;
		const r = other === AX ? 1 : AX;
		this.c.e.movI(r, imm);
		return isX ? 1 | (signed ? 4 : 0) | (r << 3) : 2 | (r << 7);
	}

	// ---- metadata ----

	private finish(): void {
		const { f, c, fb, fr } = this;
		const data = c.relax(
			(map) => this.posLog.remap(map),
			(map) => this.locs.remap(map),
		);
		const size = data.length;
		const w = this.scratch;
		const funcdata: number[] = [-1, -1, -1, -1, -1, -1, -1, -1];
		const def = (k: number, suffix: string, bytes: Uint8Array, align: number, relocs: Relocs = newRelocs()): void => {
			const name = `${f.name}${f.sig.abi === 0 ? ".abi0" : ""}.${suffix}`;
			fb.data(name, SymKind.Funcdata, bytes, { align, relocs, flags: f.symFlags & SymFlag.Dupok });
			funcdata[k] = fb.ref(name);
		};
		// functions without them are taken for assembly, which is not preempted
		funcdata[0] = this.stackMap(this.maps.argsMap(), "argsmap");
		funcdata[1] = this.stackMap(this.maps.localsMap(), "localsmap");
		this.stackObjects(def);
		// without deferreturn no deferred call is reachable, and the runtime insists on it
		if (f.openDefers !== null && this.deferReturn >= 0) def(4, "opendefer", this.openDefers(), 1);
		const live = this.argLive.data();
		if (f.argInfo !== null) def(5, "arginfo1", f.argInfo, 1);
		if (live !== null) def(6, "argliveinfo", live, 1);
		if (f.wrapInfo !== null) {
			const relocs = newRelocs();
			relocs.off.push(0);
			relocs.size.push(4);
			relocs.kind.push(RelocKind.TextOff);
			relocs.target.push(fb.ref(f.wrapInfo.name, f.wrapInfo.abi));
			relocs.add.push(0);
			def(7, "wrapinfo", new Uint8Array(4), 4, relocs);
		}
		const inlined = this.inlineTree();
		const info: FuncInfo = {
			args: f.sig.stackSize,
			locals: fr.size,
			funcId: f.funcId,
			funcFlag: (f.symFlags & SymFlag.TopFrame) !== 0 ? 1 : 0,
			startLine: this.startLine,
			deferReturn: this.deferReturn >= 0 ? c.marks[this.deferReturn] : 0,
			files: this.files,
			pcfile: c.pcfile.encode(w, size),
			pcln: c.pcline.encode(w, size),
			pcsp: c.pcsp.encode(w, size),
			pcinline: f.inlined.length > 0 ? c.pcinline.encode(w, size) : new Uint8Array(0),
			inlined,
			pcdata: [
				c.unsafe.encode(w, size),
				c.stackMap.encode(w, size),
				new Uint8Array(0),
				live === null ? new Uint8Array(0) : c.argLive.encode(w, size),
				c.bounds.encode(w, size),
			],
			funcdata,
			dwarf:
				this.opt.noDwarf === true
					? null
					: dwarfOf({
							f,
							fr,
							fb,
							size,
							stmts: this.stmts.map((k) => c.marks[k]).filter((pc, k, all) => k === 0 || pc !== all[k - 1]),
							prologueEnd: this.prologueEnd >= 0 ? c.marks[this.prologueEnd] : 0,
							log: this.posLog,
							slotDisp: (slot) => this.em.slotDisp(slot),
							locs: this.locs,
							line: (pos) => this.opt.position(pos).line,
						}),
		};
		let flags = f.symFlags;
		if (!this.needMoreStack) flags |= SymFlag.Nosplit;
		if (f.needCtxt) flags |= SymFlag.NeedCtxt;
		fb.define({
			name: fb.ref(f.name, f.sig.abi),
			kind: SymKind.Text,
			flags,
			align: 16,
			size,
			data,
			relocs: c.relocs,
			gotype: -1,
			func: info,
		});
		this.jumpTables();
	}

	/** Symbol of a stack map; short ones are shared by content. (`name.args_stackmap` is the map of an assembly function.) */
	private stackMap(bytes: Uint8Array, suffix: string): number {
		const { f, fb } = this;
		let name = `${f.name}${f.sig.abi === 0 ? ".abi0" : ""}.${suffix}`;
		let flags = f.symFlags & SymFlag.Dupok;
		if (bytes.length <= 32) {
			name = "gclocals·";
			for (let i = 0; i < bytes.length; i++) name += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
			flags = SymFlag.Dupok | SymFlag.ContentAddressable;
		}
		const id = fb.ref(name);
		if (this.em.define(id)) fb.data(name, SymKind.Funcdata, bytes, { align: 4, flags });
		return id;
	}

	private jumpTables(): void {
		const { f, fb, c } = this;
		for (const { name, block } of this.tables) {
			const relocs = newRelocs();
			const text = fb.ref(f.name, f.sig.abi);
			const succs = f.blocks[block].succs;
			for (let k = 0; k < succs.length; k++) {
				relocs.off.push(8 * k);
				relocs.size.push(8);
				relocs.kind.push(RelocKind.Addr);
				relocs.target.push(text);
				relocs.add.push(c.labelOff[this.stubs.get(this.edges.first[block] + k) as number]);
			}
			fb.data(name, SymKind.Rodata, new Uint8Array(8 * succs.length), { align: 8, relocs, flags: f.symFlags & SymFlag.Dupok });
		}
		this.stubs.clear();
	}

	private stackObjects(def: (k: number, suffix: string, bytes: Uint8Array, align: number, relocs: Relocs) => void): void {
		const { f, fr, fb } = this;
		const objs = this.maps.objects(this.lo.slotUsed);
		if (objs.length === 0) return;
		const w = new ByteWriter(64);
		const relocs = newRelocs();
		w.u64(objs.length);
		for (const s of objs) {
			const slot = f.slots[s];
			w.u32(slot.argOffset >= 0 ? slot.argOffset : fr.slotOff[s] - fr.body);
			w.u32(slot.size);
			let last = -1;
			const mask = slot.ptrmask as Uint8Array;
			for (let k = 0; k < slot.size >> 3; k++) if ((mask[k >> 3] & (1 << (k & 7))) !== 0) last = k;
			w.u32((last + 1) * 8);
			relocs.off.push(w.len);
			relocs.size.push(4);
			// types begin where read-only data begins
			relocs.kind.push(RelocKind.TypeOff);
			relocs.target.push(fb.ref(slot.gcSym));
			relocs.add.push(0);
			w.u32(0);
		}
		def(2, "stkobj", w.take(), 8, relocs);
	}

	/** Distances from the saved frame pointer down to the defer bits and to the first closure. */
	private openDefers(): Uint8Array {
		const { f, fr } = this;
		const w = new ByteWriter(16);
		const od = f.openDefers as { bitsSlot: number; closureSlots: number[] };
		w.uleb(fr.body - fr.slotOff[od.bitsSlot]);
		w.uleb(fr.body - fr.slotOff[od.closureSlots[0]]);
		return w.take();
	}

	private inlineTree(): InlinedCall[] {
		const { f, c } = this;
		return f.inlined.map((site, k) => {
			const at = this.opt.position(site.callPos);
			const mark = this.parentPc[k];
			return {
				parent: site.parent,
				func: site.func,
				startLine: this.opt.position(site.declPos).line,
				file: this.file(at.file),
				line: at.line,
				parentPc: mark === undefined ? 0 : c.marks[mark],
			};
		});
	}
}

/** Compiles one function to a text symbol of fb, with its funcdata. */
export function compileFunc(f: Func, opt: CompileOptions, fb: FragmentBuilder): void {
	new Compiler().compile(f, opt, fb);
}
