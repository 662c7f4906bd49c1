// On-the-fly SSA construction for scalar variables, after Braun, Buchwald, Hack,
// Leißa, Mallon and Zwinkau, "Simple and Efficient Construction of Static Single
// Assignment Form" (2013).
//
// How to use: newVar for each variable; write at assignments and read at uses, in
// the block where they happen; sealBlock once all predecessors of a block are
// there (loop headers after the back edges); finish once at the end.
//
// Two differences to the paper. Walks up the graph are loops with a work list, so
// long chains of blocks cannot overflow the stack. A phi that turns out to be
// trivial is not searched for in its users: it forwards to its value, reads see
// through that, and finish replaces what is left in one sweep. Until then a phi
// lives in a list of its own: finish puts phis in front of their blocks.

import { InternalError } from "#base";
import { type Func } from "./func.ts";
import { OpArg, OpConst, OpConstF, OpGetClosurePtr, OpNop, OpPhi, OpVarValue } from "./ops.gen.ts";
import { isFloat, T } from "./types.ts";

export class SsaBuilder {
	readonly f: Func;
	private readonly varTypes: T[] = [];
	/** By variable: what debuggers know it as. */
	private readonly tags: (number | undefined)[] = [];
	private shown = false;
	/** Writes are not recorded: the variable changes in a way that debuggers need not see. */
	muted = false;
	/** Where VarValues go instead of the end of the block: for passes that make a new list of its values. */
	notes: number[] | null = null;
	/** Open-addressing table of (variable, block) -> value. */
	private keyVar: Int32Array = new Int32Array(256);
	private keyBlock: Int32Array = new Int32Array(256);
	private vals: Int32Array = new Int32Array(256);
	private used = 0;
	/** By block: 1 = all predecessors are known. */
	private sealed: Uint8Array = new Uint8Array(64);
	/** By block: phis of a block in order of creation, [phi, variable, phi, variable, ...]. */
	private readonly phis: (number[] | undefined)[] = [];
	/** By value: what a trivial phi stands for; 0 = itself. */
	private forward: Int32Array = new Int32Array(256);
	/** By type: the zero value in the entry block that stands for undefined reads. */
	private readonly zeros: number[] = [];
	/** Phis whose operands are to be read: phi, variable alternating. */
	private readonly work: number[] = [];
	private readonly walked: number[] = [];

	constructor(f: Func) {
		this.f = f;
	}

	/**
	 * Debuggers show the variable as piece tag&255 of Func.vars[tag>>8]: every value that it takes from now on is recorded by
	 * a VarValue.
	 */
	show(variable: number, tag: number): void {
		this.tags[variable] = tag;
		this.shown = true;
	}

	/** Records that a piece has `value` from the present end of block b on. */
	note(tag: number, b: number, value: number): void {
		const { f } = this;
		const v = f.newValueFloating(OpVarValue, T.Void, [value], BigInt(tag), 0, 0, -1);
		f.block[v] = b;
		(this.notes ?? f.blocks[b].values).push(v);
	}

	newVar(type: T): number {
		return this.varTypes.push(type) - 1;
	}

	/** Variable `variable` has `value` from here to the end of block `b`. */
	write(variable: number, b: number, value: number): void {
		if (value <= 0) throw new InternalError(`${this.f.name}: b${b}: variable ${variable} is given no value`);
		this.setDef(variable, b, value);
		if (this.shown && !this.muted) {
			const tag = this.tags[variable];
			if (tag !== undefined) this.note(tag, b, value);
		}
	}

	/** The value of the variable at the present end of block `b`; zero where the variable has no definition. */
	read(variable: number, b: number): number {
		const hit = this.getDef(variable, b);
		if (hit !== 0) return this.resolve(hit);
		const work = this.work;
		const base = work.length;
		const v = this.lookup(variable, b);
		for (let at = base; at < work.length; at += 2) this.fillPhi(work[at], work[at + 1]);
		for (let at = work.length - 2; at >= base; at -= 2) this.tryTrivial(work[at]);
		work.length = base;
		return this.resolve(v);
	}

	/** Declares that block b gets no more predecessors. */
	sealBlock(b: number): void {
		if (this.isSealed(b)) throw new InternalError(`${this.f.name}: b${b} is sealed twice`);
		this.growSealed(b);
		this.sealed[b] = 1;
		const open = this.phis[b];
		if (open === undefined) return;
		const work = this.work;
		for (let i = 0; i < open.length; i++) work.push(open[i]);
		for (let at = 0; at < work.length; at += 2) this.fillPhi(work[at], work[at + 1]);
		for (let at = work.length - 2; at >= 0; at -= 2) this.tryTrivial(work[at]);
		work.length = 0;
	}

	isSealed(b: number): boolean {
		return b < this.sealed.length && this.sealed[b] === 1;
	}

	/** The value that v stands for: follows removed phis. Values in the hands of the builder may be stale, which is harmless. */
	resolve(v: number): number {
		const fw = this.forward;
		if (v >= fw.length || fw[v] === 0) return v;
		let root = fw[v];
		while (root < fw.length && fw[root] !== 0) root = fw[root];
		while (v !== root) {
			const next = fw[v];
			fw[v] = root;
			v = next;
		}
		return root;
	}

	/** Seals what is not sealed, removes trivial phis, replaces their uses, puts phis in front. Call once. */
	finish(): void {
		const f = this.f;
		for (let b = 0; b < f.blocks.length; b++) if (!this.isSealed(b)) this.sealBlock(b);
		this.settlePhis();
		for (let b = 0; b < f.blocks.length; b++) {
			const blk = f.blocks[b];
			const made = this.phis[b];
			if (made !== undefined) {
				const live: number[] = [];
				const notes: number[] = [];
				for (let i = 0; i < made.length; i += 2) {
					if (f.op[made[i]] !== OpPhi) continue;
					live.push(made[i]);
					const tag = this.tags[made[i + 1]];
					if (tag === undefined) continue;
					const note = f.newValueFloating(OpVarValue, T.Void, [made[i]], BigInt(tag), 0, 0, -1);
					f.block[note] = b;
					notes.push(note);
				}
				// the block may have phis of its own already: all phis come before anything else
				let at = 0;
				while (at < blk.values.length && (f.op[blk.values[at]] === OpPhi || f.op[blk.values[at]] === OpNop)) at++;
				blk.values.splice(at, 0, ...notes);
				blk.values.unshift(...live);
			}
			blk.control = this.resolve(blk.control);
			for (const v of blk.values) {
				for (let i = 0, n = f.nargs(v); i < n; i++) {
					const a = f.arg(v, i);
					const r = this.resolve(a);
					if (r !== a) f.setArg(v, i, r);
				}
			}
		}
		this.placeZeros();
	}

	// ---- the table ----

	private slotOf(variable: number, b: number): number {
		const mask = this.vals.length - 1;
		let h = Math.imul(variable, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
		h = (h ^ (h >>> 15)) & mask;
		while (this.vals[h] !== 0 && (this.keyVar[h] !== variable || this.keyBlock[h] !== b)) h = (h + 1) & mask;
		return h;
	}

	private getDef(variable: number, b: number): number {
		return this.vals[this.slotOf(variable, b)];
	}

	private setDef(variable: number, b: number, value: number): void {
		let h = this.slotOf(variable, b);
		if (this.vals[h] === 0) {
			if (this.used * 2 >= this.vals.length) {
				this.rehash();
				h = this.slotOf(variable, b);
			}
			this.used++;
			this.keyVar[h] = variable;
			this.keyBlock[h] = b;
		}
		this.vals[h] = value;
	}

	private rehash(): void {
		const { keyVar, keyBlock, vals } = this;
		const n = vals.length * 2;
		this.keyVar = new Int32Array(n);
		this.keyBlock = new Int32Array(n);
		this.vals = new Int32Array(n);
		for (let i = 0; i < vals.length; i++) {
			if (vals[i] === 0) continue;
			const h = this.slotOf(keyVar[i], keyBlock[i]);
			this.keyVar[h] = keyVar[i];
			this.keyBlock[h] = keyBlock[i];
			this.vals[h] = vals[i];
		}
	}

	private growSealed(b: number): void {
		if (b < this.sealed.length) return;
		const grown = new Uint8Array(Math.max(b + 1, this.sealed.length * 2));
		grown.set(this.sealed);
		this.sealed = grown;
	}

	// ---- reading ----

	/** The value at the end of b; may make a phi whose operands are then on the work list. */
	private lookup(variable: number, b: number): number {
		const { f, walked } = this;
		const base = walked.length;
		let v = 0;
		for (let steps = 0; ; steps++) {
			v = this.getDef(variable, b);
			if (v !== 0) break;
			walked.push(b);
			const preds = f.blocks[b].preds;
			if (!this.isSealed(b)) {
				v = this.newPhi(variable, b);
				break;
			}
			if (preds.length === 0 || steps > f.blocks.length) {
				v = this.zero(this.varTypes[variable]);
				break;
			}
			if (preds.length > 1) {
				v = this.newPhi(variable, b);
				this.work.push(v, variable);
				break;
			}
			b = preds[0];
		}
		for (let i = walked.length - 1; i >= base; i--) this.setDef(variable, walked[i], v);
		walked.length = base;
		return this.resolve(v);
	}

	private newPhi(variable: number, b: number): number {
		const v = this.f.newValueFloating(OpPhi, this.varTypes[variable], [], 0n, 0, 0, -1);
		this.f.block[v] = b;
		const list = this.phis[b];
		if (list === undefined) this.phis[b] = [v, variable];
		else list.push(v, variable);
		return v;
	}

	private fillPhi(phi: number, variable: number): void {
		const f = this.f;
		const preds = f.blocks[f.block[phi]].preds;
		const args: number[] = [];
		for (let i = 0; i < preds.length; i++) args.push(this.lookup(variable, preds[i]));
		f.setArgs(phi, args);
	}

	/** If all operands of the phi are one value or the phi itself, forwards it to that value. */
	private tryTrivial(phi: number): boolean {
		const f = this.f;
		let same = 0;
		for (let i = 0, n = f.nargs(phi); i < n; i++) {
			const a = this.resolve(f.arg(phi, i));
			if (a === same || a === phi) continue;
			if (same !== 0) return false;
			same = a;
		}
		if (same === 0) same = this.zero(f.type[phi] as T);
		if (phi >= this.forward.length) {
			const grown = new Int32Array(Math.max(f.op.length, phi + 1));
			grown.set(this.forward);
			this.forward = grown;
		}
		this.forward[phi] = same;
		f.op[phi] = OpNop;
		f.setArgs(phi, []);
		return true;
	}

	/** Removing a phi may make phis that use it trivial: repeats until none is left. */
	private settlePhis(): void {
		const f = this.f;
		let live: number[] = [];
		for (const list of this.phis)
			if (list !== undefined) for (let i = 0; i < list.length; i += 2) if (f.op[list[i]] === OpPhi) live.push(list[i]);
		for (let changed = true; changed; ) {
			changed = false;
			const rest: number[] = [];
			for (const phi of live) {
				if (this.tryTrivial(phi)) changed = true;
				else rest.push(phi);
			}
			live = rest;
		}
	}

	// ---- undefined values ----

	private zero(type: T): number {
		let v = this.zeros[type] ?? 0;
		if (v !== 0) return v;
		v = this.f.newValueFloating(isFloat(type) ? OpConstF : OpConst, type, [], 0n, 0, 0, -1);
		this.f.block[v] = 0;
		this.zeros[type] = v;
		return v;
	}

	private placeZeros(): void {
		const values = this.f.blocks[0].values;
		const made: number[] = [];
		for (const v of this.zeros) if (v !== undefined) made.push(v);
		if (made.length === 0) return;
		let at = 0;
		while (at < values.length) {
			const op = this.f.op[values[at]];
			if (op !== OpPhi && op !== OpArg && op !== OpGetClosurePtr) break;
			at++;
		}
		values.splice(at, 0, ...made);
	}
}
