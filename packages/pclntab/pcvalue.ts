// Pc-value tables: pairs of (zig-zag value delta, pc delta) as varints, the value
// starting at -1, ended by a zero value delta that is not the first.

import { ByteReader, ByteWriter } from "#base";

/** Steps through a table: value holds for [pc, next). */
export class PcValues {
	private readonly r: ByteReader;
	value = -1;
	pc = 0;
	next = 0;
	private first = true;

	constructor(bytes: Uint8Array, at = 0) {
		this.r = new ByteReader(bytes, at);
	}

	/** Advances to the next run; false at the end of the table. An empty buffer is an empty table. */
	step(): boolean {
		const r = this.r;
		if (r.pos >= r.end) return false;
		const delta = r.uleb();
		if (delta === 0 && !this.first) return false;
		this.first = false;
		this.value += (delta & 1) === 0 ? delta / 2 : -(delta + 1) / 2;
		this.pc = this.next;
		this.next += r.uleb();
		return true;
	}

	/** Offset after the table, once step returned false. */
	get end(): number {
		return this.r.pos;
	}
}

/** The value at pc, or -1 outside the table. */
export function pcValueAt(bytes: Uint8Array, at: number, pc: number): number {
	const it = new PcValues(bytes, at);
	while (it.step()) if (pc < it.next) return it.value;
	return -1;
}

/** Encodes runs: values[i] holds up to ends[i] (exclusive); equal neighbours are joined. */
export function encodePcValues(values: readonly number[], ends: readonly number[]): Uint8Array {
	const w = new ByteWriter(16);
	let previous = -1;
	let pc = 0;
	let wrote = false;
	for (let i = 0; i < values.length; i++) {
		const value = values[i] as number;
		let end = ends[i] as number;
		while (i + 1 < values.length && values[i + 1] === value) end = ends[++i] as number;
		if (end <= pc) continue;
		zigzag(w, value - previous);
		w.uleb(end - pc);
		previous = value;
		pc = end;
		wrote = true;
	}
	if (!wrote) return new Uint8Array(0);
	w.u8(0);
	return w.take();
}

/** The table with every value increased by base. */
export function rebased(table: Uint8Array, base: number): Uint8Array {
	const r = new ByteReader(table);
	const first = r.uleb();
	const w = new ByteWriter(table.length + 4);
	zigzag(w, ((first & 1) === 0 ? first / 2 : -(first + 1) / 2) + base);
	w.bytes(table.subarray(r.pos));
	return w.take();
}

function zigzag(w: ByteWriter, v: number): void {
	w.uleb(v >= 0 ? v * 2 : -v * 2 - 1);
}
