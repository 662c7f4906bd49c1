// .debug_info as it grows: bytes, and references to entries whose place is not known yet.

import { ByteWriter } from "#base";

/** An entry that others refer to; resolved to an offset in .debug_info. */
export type Label = number;

export class InfoWriter {
	readonly w: ByteWriter = new ByteWriter(1 << 16);
	private readonly offsets: number[] = [];
	private readonly refPos: number[] = [];
	private readonly refLabel: Label[] = [];

	newLabel(): Label {
		this.offsets.push(-1);
		return this.offsets.length - 1;
	}

	/** The next entry is label's. */
	place(label: Label): void {
		this.offsets[label] = this.w.len;
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

	/** Patches the references. */
	finish(): Uint8Array {
		const { view } = this.w;
		for (let i = 0; i < this.refPos.length; i++) {
			const off = this.offsets[this.refLabel[i]];
			if (off < 0) throw new Error(`dwarf: entry ${this.refLabel[i]} was never written`);
			view.setUint32(this.refPos[i], off, true);
		}
		return this.w.take();
	}
}
