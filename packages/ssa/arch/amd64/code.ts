// The code buffer of a function: bytes, labels and jumps, relocations, position
// and pc-value tables. Jumps are written in their long form and shortened at the
// end (relax), when everything that holds a pc is moved along.

import { ByteWriter } from "#base";
import { type FragmentBuilder, newRelocs, type RelocKind, type Relocs } from "#object";
import { Emit } from "#obj";
import { PcTable } from "./pctab.ts";

/** Unconditional jump, as condition. */
const Always = -1;

export class Code {
	readonly w: ByteWriter = new ByteWriter(4096);
	readonly e: Emit = new Emit(this.w);
	relocs: Relocs = newRelocs();
	readonly pcsp: PcTable = new PcTable();
	readonly pcline: PcTable = new PcTable();
	readonly pcfile: PcTable = new PcTable();
	readonly pcinline: PcTable = new PcTable();
	readonly unsafe: PcTable = new PcTable();
	readonly stackMap: PcTable = new PcTable();
	readonly bounds: PcTable = new PcTable();
	readonly argLive: PcTable = new PcTable();
	// labels
	labelOff: Int32Array = new Int32Array(256);
	private labelJumps: Int32Array = new Int32Array(256);
	nLabels = 0;
	// jumps
	private jumpAt: Int32Array = new Int32Array(256);
	private jumpTo: Int32Array = new Int32Array(256);
	private jumpCond: Int8Array = new Int8Array(256);
	private jumpShort: Uint8Array = new Uint8Array(256);
	private nJumps = 0;
	private shrink: Int32Array = new Int32Array(256);
	/** Pcs to be moved along, in increasing order. */
	readonly marks: number[] = [];

	clear(): void {
		this.w.len = 0;
		this.relocs = newRelocs();
		for (const t of [this.pcsp, this.pcline, this.pcfile, this.pcinline, this.unsafe, this.stackMap, this.bounds, this.argLive]) t.clear();
		this.nLabels = 0;
		this.nJumps = 0;
		this.marks.length = 0;
	}

	get pc(): number {
		return this.w.len;
	}

	label(): number {
		if (this.nLabels === this.labelOff.length) {
			const a = new Int32Array(this.nLabels * 2);
			a.set(this.labelOff);
			this.labelOff = a;
			const b = new Int32Array(this.nLabels * 2);
			b.set(this.labelJumps);
			this.labelJumps = b;
		}
		this.labelOff[this.nLabels] = -1;
		return this.nLabels++;
	}

	/** n labels with consecutive numbers; returns the first. */
	labels(n: number): number {
		const first = this.nLabels;
		for (let i = 0; i < n; i++) this.label();
		return first;
	}

	place(label: number): void {
		this.labelOff[label] = this.w.len;
		this.labelJumps[label] = this.nJumps;
	}

	/** A label at the first byte. */
	startLabel(): number {
		const label = this.label();
		this.labelOff[label] = 0;
		this.labelJumps[label] = 0;
		return label;
	}

	private addJump(cond: number, to: number): void {
		const n = this.nJumps;
		if (n === this.jumpAt.length) {
			const grow = (a: Int32Array): Int32Array => {
				const t = new Int32Array(n * 2);
				t.set(a);
				return t;
			};
			this.jumpAt = grow(this.jumpAt);
			this.jumpTo = grow(this.jumpTo);
			this.shrink = new Int32Array(n * 2 + 1);
			const c = new Int8Array(n * 2);
			c.set(this.jumpCond);
			this.jumpCond = c;
			this.jumpShort = new Uint8Array(n * 2);
		}
		this.jumpAt[n] = this.w.len;
		this.jumpTo[n] = to;
		this.jumpCond[n] = cond;
		this.nJumps++;
	}

	jcc(cond: number, to: number): void {
		this.addJump(cond, to);
		this.e.jcc32(cond);
	}

	jmp(to: number): void {
		this.addJump(Always, to);
		this.e.jmp32();
	}

	/** A relocation of 4 bytes at `off`. */
	reloc(off: number, kind: RelocKind, target: number, add: number): void {
		const r = this.relocs;
		r.off.push(off);
		r.size.push(4);
		r.kind.push(kind);
		r.target.push(target);
		r.add.push(add);
	}

	callSym(fb: FragmentBuilder, name: string, abi: 0 | 1, kind: RelocKind): void {
		const at = this.e.call();
		this.reloc(at, kind, fb.ref(name, abi), 0);
	}

	/** Shortens jumps, fills in distances, moves labels, marks, relocations and tables. Returns the final bytes. */
	relax(...also: ((map: (pc: number) => number) => void)[]): Uint8Array {
		const n = this.nJumps;
		const { jumpAt, jumpTo, jumpCond, jumpShort, labelOff, labelJumps } = this;
		if (this.shrink.length < n + 1) this.shrink = new Int32Array(n + 1);
		const shrink = this.shrink;
		shrink.fill(0, 0, n + 1);
		jumpShort.fill(0, 0, n);
		for (let round = 0; round < 6; round++) {
			let changed = false;
			for (let j = 0; j < n; j++) {
				if (jumpShort[j] === 1) continue;
				const to = jumpTo[j];
				const target = labelOff[to] - shrink[labelJumps[to]];
				const end = jumpAt[j] - shrink[j] + 2;
				// a forward target moves by what this jump loses, too
				const d = target - end - (labelJumps[to] > j ? (jumpCond[j] < 0 ? 3 : 4) : 0);
				if (d >= -128 && d <= 127) {
					jumpShort[j] = 1;
					changed = true;
				}
			}
			if (!changed) break;
			let sum = 0;
			for (let j = 0; j < n; j++) {
				shrink[j] = sum;
				if (jumpShort[j] === 1) sum += jumpCond[j] < 0 ? 3 : 4;
			}
			shrink[n] = sum;
		}
		return this.rewrite(also);
	}

	private rewrite(also: readonly ((map: (pc: number) => number) => void)[]): Uint8Array {
		const n = this.nJumps;
		const { jumpAt, jumpTo, jumpCond, jumpShort, labelOff, labelJumps, shrink } = this;
		const src = this.w.buf;
		const size = this.w.len;
		const out = new Uint8Array(size - shrink[n]);
		const view = new DataView(out.buffer);
		let from = 0;
		let at = 0;
		for (let i = 0; i < this.nLabels; i++) labelOff[i] -= shrink[labelJumps[i]];
		for (let j = 0; j < n; j++) {
			const p = jumpAt[j];
			out.set(src.subarray(from, p), at);
			at += p - from;
			const cond = jumpCond[j];
			const target = labelOff[jumpTo[j]];
			if (jumpShort[j] === 1) {
				out[at] = cond < 0 ? 0xeb : 0x70 | cond;
				out[at + 1] = target - at - 2;
				at += 2;
			} else if (cond < 0) {
				out[at] = 0xe9;
				view.setInt32(at + 1, target - at - 5, true);
				at += 5;
			} else {
				out[at] = 0x0f;
				out[at + 1] = 0x80 | cond;
				view.setInt32(at + 2, target - at - 6, true);
				at += 6;
			}
			from = p + (cond < 0 ? 5 : 6);
		}
		out.set(src.subarray(from, size), at);
		this.moveTables(also);
		return out;
	}

	/** Final pc of a pc before shortening; calls must be in increasing order after reset. */
	private moveTables(also: readonly ((map: (pc: number) => number) => void)[]): void {
		const n = this.nJumps;
		const { jumpAt, shrink } = this;
		let j = 0;
		const map = (pc: number): number => {
			while (j < n && jumpAt[j] < pc) j++;
			return pc - shrink[j];
		};
		for (const t of [this.pcsp, this.pcline, this.pcfile, this.pcinline, this.unsafe, this.stackMap, this.bounds, this.argLive]) {
			j = 0;
			t.remap(map);
		}
		j = 0;
		const off = this.relocs.off;
		for (let i = 0; i < off.length; i++) off[i] = map(off[i]);
		for (const move of also) {
			j = 0;
			move(map);
		}
		// everything was recorded in order of emission
		j = 0;
		for (let i = 0; i < this.marks.length; i++) this.marks[i] = map(this.marks[i]);
	}
}
