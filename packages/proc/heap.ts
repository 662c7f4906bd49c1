// The program's heap as the runtime's spans describe it: which object an address is in.

import type { CachedMemory } from "./memory.ts";
import type { Program } from "./program.ts";

const PAGE = 8192;
const ARENA_PAGES = 8192;
const MSPAN = "runtime.mspan";
const SPAN_IN_USE = 1;
const SPAN_MANUAL = 2;
const MAX_SPANS = 1 << 24;

interface Span {
	state: number;
	nelems: number;
	elemSize: number;
	spanClass: number;
}

/** Spans that are in use, as columns, and marks on their objects. */
export class Heap {
	private readonly memory: CachedMemory;
	/** Span number plus one, by page, in chunks of an arena. */
	private readonly pages: Map<number, Int32Array> = new Map();
	private readonly start: number[] = [];
	private readonly elemSize: number[] = [];
	private readonly noscan: boolean[] = [];
	private readonly marks: Uint8Array[] = [];
	/** Bytes in spans of objects. */
	size = 0;

	constructor(program: Program) {
		this.memory = program.memory;
		Heap.eachSpan(program, (start, npages, s) => {
			if (s.state !== SPAN_IN_USE || s.nelems === 0 || s.elemSize === 0) return;
			const n = this.start.length;
			this.start.push(start);
			this.elemSize.push(s.elemSize);
			this.noscan.push((s.spanClass & 1) !== 0);
			this.marks.push(new Uint8Array(s.nelems));
			this.size += npages * PAGE;
			for (let p = 0; p < npages; p++) this.setPage(Math.floor(start / PAGE) + p, n + 1);
		});
	}

	/** Every span that is in use, for objects or (stacks) by hand: its address and length in pages. */
	static eachSpan(program: Program, f: (start: number, pages: number, s: Span) => void): void {
		const { layout, memory } = program;
		const heap = layout.variable("runtime.mheap_");
		const all = heap + layout.offset("runtime.mheap", "allspans");
		const count = Math.min(memory.word(all + 8), MAX_SPANS);
		const list = memory.word(all);
		const at = {
			start: layout.offset(MSPAN, "startAddr"),
			npages: layout.offset(MSPAN, "npages"),
			elemsize: layout.offset(MSPAN, "elemsize"),
			nelems: layout.offset(MSPAN, "nelems"),
			nelemsSize: layout.find(MSPAN, "nelems")?.size ?? 2,
			spanclass: layout.offset(MSPAN, "spanclass"),
			state: layout.optional(MSPAN, "state.s.value", "state.s", "state"),
		};
		for (let i = 0; i < count; i++) {
			const s = memory.word(list + i * 8);
			const state = memory.u8(s + at.state);
			if (state !== SPAN_IN_USE && state !== SPAN_MANUAL) continue;
			f(memory.word(s + at.start), memory.word(s + at.npages), {
				state,
				nelems: memory.uint(s + at.nelems, at.nelemsSize),
				elemSize: memory.word(s + at.elemsize),
				spanClass: memory.u8(s + at.spanclass),
			});
		}
	}

	private setPage(page: number, value: number): void {
		const arena = Math.floor(page / ARENA_PAGES);
		let a = this.pages.get(arena);
		if (a === undefined) {
			a = new Int32Array(ARENA_PAGES);
			this.pages.set(arena, a);
		}
		a[page % ARENA_PAGES] = value;
	}

	/** Number of the span that holds an address, -1 = none. */
	spanOf(address: number): number {
		const page = Math.floor(address / PAGE);
		const arena = this.pages.get(Math.floor(page / ARENA_PAGES));
		return arena === undefined ? -1 : arena[page % ARENA_PAGES] - 1;
	}

	/** Address of the object that an address points into, 0 = none. */
	objectOf(address: number): number {
		const s = this.spanOf(address);
		if (s < 0) return 0;
		const i = Math.floor((address - this.start[s]) / this.elemSize[s]);
		return i < this.marks[s].length ? this.start[s] + i * this.elemSize[s] : 0;
	}

	objectSize(object: number): number {
		const s = this.spanOf(object);
		return s < 0 ? 0 : this.elemSize[s];
	}

	isMarked(address: number): boolean {
		const s = this.spanOf(address);
		if (s < 0) return false;
		return this.marks[s][Math.floor((address - this.start[s]) / this.elemSize[s])] === 1;
	}

	/** Marks the object at an address; true when it is new and has pointers to follow. */
	mark(address: number): boolean {
		const s = this.spanOf(address);
		if (s < 0) return false;
		const i = Math.floor((address - this.start[s]) / this.elemSize[s]);
		const marks = this.marks[s];
		if (i >= marks.length || marks[i] === 1) return false;
		marks[i] = 1;
		return !this.noscan[s];
	}

	/** Calls f with each word of a range that may be a pointer into the heap. */
	words(from: number, length: number, f: (word: number) => void): void {
		const chunk = 1 << 16;
		const start = Math.ceil(from / 8) * 8;
		const end = from + length;
		for (let at = start; at + 8 <= end; at += chunk) {
			const n = Math.floor(Math.min(chunk, end - at) / 8) * 8;
			let bytes: Uint8Array;
			try {
				bytes = this.memory.read(at, n);
			} catch {
				continue;
			}
			const view = new DataView(bytes.buffer, bytes.byteOffset, n);
			for (let i = 0; i < n; i += 8) {
				const high = view.getUint32(i + 4, true);
				// Nothing above user space is a pointer, and little below 4 GB is.
				if (high >= 0x8000) continue;
				const v = high * 0x1_0000_0000 + view.getUint32(i, true);
				if (v >= 4096) f(v);
			}
		}
	}
}
