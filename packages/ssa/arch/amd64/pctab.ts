// Pc-value tables: collected as (pc, value) changes, encoded as the runtime reads them.

import type { ByteWriter } from "#base";

export class PcTable {
	private pc: Int32Array = new Int32Array(64);
	private val: Int32Array = new Int32Array(64);
	n = 0;
	/** Value in force at the end. */
	last = -1;

	clear(): void {
		this.n = 0;
		this.last = -1;
	}

	/** From pc on the value is v. */
	set(pc: number, v: number): void {
		if (v === this.last) return;
		this.last = v;
		if (this.n > 0 && this.pc[this.n - 1] === pc) {
			this.val[this.n - 1] = v;
			return;
		}
		if (this.n === this.pc.length) {
			const p = new Int32Array(this.n * 2);
			p.set(this.pc);
			this.pc = p;
			const q = new Int32Array(this.n * 2);
			q.set(this.val);
			this.val = q;
		}
		this.pc[this.n] = pc;
		this.val[this.n++] = v;
	}

	/** Moves every pc by remap, which sees them in increasing order. */
	remap(map: (pc: number) => number): void {
		for (let i = 0; i < this.n; i++) this.pc[i] = map(this.pc[i]);
	}

	/** The table over 0..size. All -1 gives an empty array. */
	encode(w: ByteWriter, size: number): Uint8Array {
		w.len = 0;
		let prev = -1;
		let from = 0;
		let cur = -1;
		let first = true;
		for (let i = 0; i <= this.n; i++) {
			const pc = i < this.n ? this.pc[i] : size;
			if (pc > from && (i === this.n || this.val[i] !== cur)) {
				const d = cur - prev;
				if (d !== 0 || first) {
					w.uleb(d < 0 ? -2 * d - 1 : 2 * d);
					w.uleb(pc - from);
					first = false;
				}
				prev = cur;
				from = pc;
			}
			if (i < this.n) cur = this.val[i];
		}
		if (this.n === 0) return new Uint8Array(0);
		w.u8(0);
		return w.take();
	}
}
