// .debug_info as it grows: bytes, and references to entries whose place is not known yet. It is taken in parts; a part's references lead
// into itself and to what was taken before.

import { ByteWriter } from "#base";

/** An entry that others refer to; resolved to an offset in .debug_info. */
export type Label = number;

export class InfoWriter {
	w: ByteWriter = new ByteWriter(1 << 16);
	private readonly offsets: number[] = [];
	private readonly refPos: number[] = [];
	private readonly refLabel: Label[] = [];
	/** Offset in the section of the part at hand. */
	private base = 0;

	newLabel(): Label {
		this.offsets.push(-1);
		return this.offsets.length - 1;
	}

	/** The label of an entry in a part of an earlier link. */
	labelAt(offset: number): Label {
		this.offsets.push(offset);
		return this.offsets.length - 1;
	}

	/** The next entry is label's. */
	place(label: Label): void {
		this.offsets[label] = this.base + this.w.len;
	}

	/** Offset in the section; the entry must have been written. */
	offsetOf(label: Label): number {
		const off = this.offsets[label];
		if (off < 0) throw new Error(`dwarf: entry ${label} was never written`);
		return off;
	}

	/** Writes a reference (DW_FORM_ref_addr). */
	ref(label: Label): void {
		this.refPos.push(this.w.len);
		this.refLabel.push(label);
		this.w.u32(0);
	}

	/** Starts a unit; returns what endUnit needs. */
	beginUnit(): number {
		const w = this.w;
		const at = w.len;
		w.u32(0);
		w.u16(5);
		w.u8(1); // DW_UT_compile
		w.u8(8);
		w.u32(0);
		return at;
	}

	endUnit(at: number): void {
		this.w.view.setUint32(at, this.w.len - at - 4, true);
	}

	/** Leaves out n bytes that an earlier link has. */
	skip(n: number): void {
		this.base += n;
	}

	/** The part at hand, its references patched. */
	take(): Uint8Array {
		const { view } = this.w;
		for (let i = 0; i < this.refPos.length; i++) view.setUint32(this.refPos[i], this.offsetOf(this.refLabel[i]), true);
		this.refPos.length = 0;
		this.refLabel.length = 0;
		const out = this.w.take();
		this.base += out.length;
		this.w = new ByteWriter(1 << 14);
		return out;
	}
}
