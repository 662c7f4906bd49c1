// The pointers on a goroutine's stack, as the garbage collector finds them: by the stack maps of each frame. Frames
// without a map at their place are read whole.

import { FUNCDATA_ArgsPointerMaps, FUNCDATA_LocalsPointerMaps, FUNCDATA_StackObjects, PCDATA_StackMapIndex } from "#pclntab";
import type { Heap } from "./heap.ts";
import type { Program } from "./program.ts";
import type { Frame } from "./stack.ts";

const POINTER = 8;
const MAX_BITS = 1 << 20;
const OBJECT_RECORD = 16;

interface StackObject {
	from: number;
	to: number;
}

/** Calls visit with each pointer that the frames hold, and pointers in what they point to on the stack itself. */
export function stackPointers(
	program: Program,
	heap: Heap,
	frames: readonly Frame[],
	lo: number,
	hi: number,
	visit: (p: number) => void,
): void {
	const objects: StackObject[] = [];
	const pending: number[] = [];
	const seen = new Set<number>();
	const found = (p: number): void => {
		if (p >= lo && p < hi) pending.push(p);
		else visit(p);
	};
	for (const f of frames) {
		if (f.inlined || f.systemStack || f.cfa === 0) continue;
		if (f.func === null || !mapped(program, f, found, objects)) heap.words(f.regs.sp, f.cfa - f.regs.sp, found);
	}
	// Objects on the stack count only when something points to them.
	for (let p = pending.pop(); p !== undefined; p = pending.pop()) {
		for (const o of objects) {
			if (p < o.from || p >= o.to || seen.has(o.from)) continue;
			seen.add(o.from);
			heap.words(o.from, o.to - o.from, found);
		}
	}
}

/** Visits a frame's pointers by its maps; false when it has none for where it stands. */
function mapped(program: Program, f: Frame, found: (p: number) => void, objects: StackObject[]): boolean {
	const func = f.func;
	if (func === null) return false;
	const { funcdata } = func.record;
	const locals = funcdata[FUNCDATA_LocalsPointerMaps] ?? -1;
	const args = funcdata[FUNCDATA_ArgsPointerMaps] ?? -1;
	// A place inside a function that a signal interrupted has no map: registers and dead slots are unknown.
	if (f.regs.thread !== null) return false;
	let index = func.pcdata(PCDATA_StackMapIndex, Math.max(f.regs.pc - 1, func.entry));
	if (index < 0) index = 0;
	const frameSize = f.cfa - 8 - f.regs.sp;
	// Above the locals lie the saved frame pointer and the return address.
	const varp = frameSize > 0 ? f.cfa - 16 : f.cfa - 8;
	if (frameSize > 8) {
		if (locals < 0) return false;
		const bits = bitmap(program, locals, index);
		if (bits === null) return false;
		visitBits(program, varp - bits.count * POINTER, bits, found);
	}
	if (args >= 0) {
		const bits = bitmap(program, args, index);
		if (bits !== null) visitBits(program, f.cfa, bits, found);
	}
	const list = funcdata[FUNCDATA_StackObjects] ?? -1;
	if (list >= 0) {
		const at = program.binary.moduleData.gofunc + list;
		const count = Math.min(program.binary.word(at), 10_000);
		for (let i = 0; i < count; i++) {
			const record = program.binary.fileWords(at + 8 + i * OBJECT_RECORD, OBJECT_RECORD);
			if (record === null) break;
			const offset = record.getInt32(0, true);
			const from = (offset < 0 ? varp : f.cfa) + offset;
			objects.push({ from, to: from + record.getInt32(4, true) });
		}
	}
	return true;
}

interface Bits {
	count: number;
	bytes: Uint8Array;
}

/** Row `index` of a stack map: a count of rows, bits per row, and the rows. */
function bitmap(program: Program, offset: number, index: number): Bits | null {
	const at = program.binary.moduleData.gofunc + offset;
	const head = program.binary.fileWords(at, 8);
	if (head === null) return null;
	const rows = head.getInt32(0, true);
	const count = head.getInt32(4, true);
	if (index >= rows || count < 0 || count > MAX_BITS) return null;
	const size = (count + 7) >> 3;
	const row = program.binary.fileWords(at + 8 + index * size, size);
	return row === null ? null : { count, bytes: new Uint8Array(row.buffer, row.byteOffset, size) };
}

function visitBits(program: Program, from: number, bits: Bits, found: (p: number) => void): void {
	for (let i = 0; i < bits.count; i++) {
		if ((bits.bytes[i >> 3] & (1 << (i & 7))) === 0) continue;
		const p = program.memory.word(from + i * POINTER);
		if (p >= 4096) found(p);
	}
}
