// Reading a stopped process through a cache of pages, and the values that structures are made of.

import { type Memory, MemoryError } from "./backend.ts";

/** What is read at once: neighbouring stacks and objects are asked for together. */
const CHUNK = 32768;
/** The least that can be mapped: a chunk that is not mapped as a whole is read in pages. */
const PAGE = 4096;
const MAX_CHUNKS = 1024;
const decoder = new TextDecoder();

/** Memory of a process at one stop. Call invalidate() when the process has run or was written to behind its back. */
export class CachedMemory implements Memory {
	private readonly memory: Memory;
	private readonly chunks: Map<number, DataView | null> = new Map();
	private readonly pages: Map<number, DataView | null> = new Map();
	/** The range read last, and its bytes. */
	private low = 0;
	private high = 0;
	private view: DataView = new DataView(new ArrayBuffer(0));

	constructor(memory: Memory) {
		this.memory = memory;
	}

	invalidate(): void {
		this.chunks.clear();
		this.pages.clear();
		this.low = 0;
		this.high = 0;
	}

	private fetch(address: number, length: number): DataView | null {
		try {
			const bytes = this.memory.read(address, length);
			return new DataView(bytes.buffer, bytes.byteOffset, length);
		} catch (e) {
			if (!(e instanceof MemoryError)) throw e;
			return null;
		}
	}

	/** Makes low..high hold a range, false when it cannot be cached as one piece. */
	private hold(address: number, length: number): boolean {
		if (address >= this.low && address + length <= this.high) return true;
		if (!(address >= 0)) return false;
		const n = Math.floor(address / CHUNK);
		let view = this.chunks.get(n);
		if (view === undefined) {
			view = this.fetch(n * CHUNK, CHUNK);
			if (this.chunks.size >= MAX_CHUNKS) this.chunks.clear();
			this.chunks.set(n, view);
		}
		let low = n * CHUNK;
		let size = CHUNK;
		if (view === null) {
			const page = Math.floor(address / PAGE);
			view = this.pages.get(page);
			if (view === undefined) {
				view = this.fetch(page * PAGE, PAGE);
				if (this.pages.size >= MAX_CHUNKS) this.pages.clear();
				this.pages.set(page, view);
			}
			if (view === null) return false;
			low = page * PAGE;
			size = PAGE;
		}
		this.low = low;
		this.high = low + size;
		this.view = view;
		return address + length <= this.high;
	}

	/** The bytes are valid until the next write and must not be changed. */
	read(address: number, length: number): Uint8Array {
		if (length <= CHUNK && this.hold(address, length)) {
			return new Uint8Array(this.view.buffer, this.view.byteOffset + address - this.low, length);
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
		return this.hold(address, 4) ? this.view.getUint32(address - this.low, true) : this.at(address, 4).getUint32(0, true);
	}

	/** A 64-bit word as a number: exact for addresses and counts, rounded above 2^53. */
	word(address: number): number {
		if (this.hold(address, 8)) {
			const at = address - this.low;
			return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 0x1_0000_0000;
		}
		const v = this.at(address, 8);
		return v.getUint32(0, true) + v.getUint32(4, true) * 0x1_0000_0000;
	}

	big(address: number): bigint {
		return this.hold(address, 8) ? this.view.getBigUint64(address - this.low, true) : this.at(address, 8).getBigUint64(0, true);
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
