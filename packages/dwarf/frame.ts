// .debug_frame: call frame information from SP deltas.

import { ByteWriter } from "#base";
import * as D from "./constants.ts";

const DATA_ALIGN = -8;

export class FrameWriter {
	private readonly w: ByteWriter = new ByteWriter(1 << 14);

	/** first: of the section. Then the common entry is written: the CFA is SP+8 on entry, the return address below it. */
	constructor(first: boolean) {
		const w = this.w;
		if (!first) return;
		const at = open(w);
		w.u32(0xffffffff);
		w.u8(3); // version
		w.u8(0); // no augmentation
		w.uleb(1); // code alignment
		w.sleb(DATA_ALIGN);
		w.uleb(D.REG_RIP);
		w.u8(D.DW_CFA_def_cfa);
		w.uleb(D.REG_RSP);
		w.uleb(8);
		w.u8(D.DW_CFA_offset | D.REG_RIP);
		w.uleb(1);
		close(w, at);
	}

	/** Adds a function's entry as frameEntry made it. */
	add(addr: number, entry: Uint8Array): void {
		const at = this.w.len;
		this.w.bytes(entry);
		const { view } = this.w;
		view.setUint32(at + 8, addr >>> 0, true);
		view.setUint32(at + 12, Math.floor(addr / 0x1_0000_0000), true);
	}

	finish(): Uint8Array {
		return this.w.take();
	}
}

function open(w: ByteWriter): number {
	w.u32(0);
	return w.len;
}

function close(w: ByteWriter, at: number): void {
	while ((w.len - at) % 8 !== 4) w.u8(D.DW_CFA_nop);
	w.view.setUint32(at - 4, w.len - at, true);
}

/** The entry of a function, its address missing. delta[i] is how far SP is below its value at entry up to ends[i] (exclusive). */
export function frameEntry(size: number, delta: readonly number[], ends: readonly number[]): Uint8Array {
	const w = new ByteWriter(64);
	const at = open(w);
	w.u32(0);
	w.u64(0);
	w.u64(size);
	let pc = 0;
	let cfa = 8;
	for (let i = 0; i < delta.length; i++) {
		const now = delta[i] + 8;
		const start = i === 0 ? 0 : ends[i - 1];
		if (now === cfa || start >= size) continue;
		advance(w, start - pc);
		w.u8(D.DW_CFA_def_cfa_offset);
		w.uleb(now);
		cfa = now;
		pc = start;
	}
	close(w, at);
	return w.take();
}

function advance(w: ByteWriter, n: number): void {
	if (n === 0) return;
	if (n < 0x40) w.u8(D.DW_CFA_advance_loc | n);
	else if (n < 0x100) {
		w.u8(D.DW_CFA_advance_loc1);
		w.u8(n);
	} else if (n < 0x10000) {
		w.u8(D.DW_CFA_advance_loc2);
		w.u16(n);
	} else {
		w.u8(D.DW_CFA_advance_loc4);
		w.u32(n);
	}
}
