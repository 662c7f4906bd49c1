// Reading a stopped process through a cache of pages, and the values that structures are made of.

import { type Memory, MemoryError } from "./backend.ts";

const PAGE = 4096;
const MAX_PAGES = 8192;
const decoder = new TextDecoder();

/** Memory of a process at one stop. Call invalidate() when the process has run or was written to behind its back. */
export class CachedMemory implements Memory {
	private readonly memory: Memory;
	private readonly pages: Map<number, DataView | null> = new Map();
	private lastPage = -1;
	private last: DataView | null = null;

	constructor(memory: Memory) {
		this.memory = memory;
	}

	invalidate(): void {
		this.pages.clear();
		this.lastPage = -1;
		this.last = null;
	}

	private page(n: number): DataView | null {
		if (n === this.lastPage) return this.last;
		let view = this.pages.get(n);
		if (view === undefined) {
			try {
				const bytes = this.memory.read(n * PAGE, PAGE);
				view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
			} catch (e) {
				if (!(e instanceof MemoryError)) throw e;
				view = null;
			}
			if (this.pages.size >= MAX_PAGES) this.pages.clear();
			this.pages.set(n, view);
		}
		this.lastPage = n;
		this.last = view;
		return view;
	}

	/** The bytes are valid until the next write and must not be changed. */
	read(address: number, length: number): Uint8Array {
		const at = address % PAGE;
		if (at + length <= PAGE && address >= 0 && Number.isInteger(address)) {
			const view = this.page((address - at) / PAGE);
			if (view !== null) return new Uint8Array(view.buffer, view.byteOffset + at, length);
		}
		return this.memory.read(address, length);
	}

	write(address: number, bytes: Uint8Array): void {
		this.memory.write(address, bytes);
		this.invalidate();
	}

	private at(address: number, length: number): DataView {
		const bytes = this.memory.read(address, length);
		return new DataView(bytes.buffer, bytes.byteOffset, length);
	}

	u8(address: number): number {
		return this.read(address, 1)[0] as number;
	}

	u32(address: number): number {
		const at = address % PAGE;
		const view = at <= PAGE - 4 ? this.page((address - at) / PAGE) : null;
		return view === null ? this.at(address, 4).getUint32(0, true) : view.getUint32(at, true);
	}

	/** A 64-bit word as a number: exact for addresses and counts, rounded above 2^53. */
	word(address: number): number {
		const at = address % PAGE;
		const view = at <= PAGE - 8 ? this.page((address - at) / PAGE) : null;
		if (view === null) {
			const v = this.at(address, 8);
			return v.getUint32(0, true) + v.getUint32(4, true) * 0x1_0000_0000;
		}
		return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
	}

	big(address: number): bigint {
		const at = address % PAGE;
		const view = at <= PAGE - 8 ? this.page((address - at) / PAGE) : null;
		return view === null ? this.at(address, 8).getBigUint64(0, true) : view.getBigUint64(at, true);
	}

	/** An unsigned integer of 1, 2, 4 or 8 bytes. */
	uint(address: number, size: number): number {
		if (size === 8) return this.word(address);
		const b = this.read(address, size);
		let v = 0;
		for (let i = size - 1; i >= 0; i--) v = v * 256 + b[i];
		return v;
	}

	/** A Go string whose header is at an address; at most `max` bytes of it. */
	string(address: number, max: number): string {
		const length = Math.min(this.word(address + 8), max);
		return length === 0 ? "" : decoder.decode(this.read(this.word(address), length));
	}
}

/** Memory that is bytes at an address, over other memory: values in registers and pieces. */
export class OverlayMemory implements Memory {
	private readonly under: Memory;
	private readonly base: number;
	private readonly bytes: Uint8Array;

	constructor(under: Memory, base: number, bytes: Uint8Array) {
		this.under = under;
		this.base = base;
		this.bytes = bytes;
	}

	read(address: number, length: number): Uint8Array {
		const at = address - this.base;
		if (at < 0 || at >= this.bytes.length) return this.under.read(address, length);
		if (at + length > this.bytes.length) throw new MemoryError(this.base + this.bytes.length, length);
		return this.bytes.subarray(at, at + length);
	}

	write(address: number, bytes: Uint8Array): void {
		const at = address - this.base;
		if (at < 0 || at >= this.bytes.length) this.under.write(address, bytes);
		else throw new MemoryError(address, bytes.length, "could not write to registers:");
	}
}
