// runtime.gcdata and runtime.gcbss: programs that describe which words of .data and
// .bss hold pointers (runtime/mbitmap.go, "Packed GC pointer bitmaps").

import { ByteWriter } from "#base";
import type { Symbols } from "./symbols.ts";
import { Kind, type TypeInfo } from "./typeinfo.ts";

const WORD = 8;
/** Most bits of one literal instruction, a multiple of 8. */
const LITERAL = 120;

/** Encodes bits emitted in order: literals, and repetitions of the n bits before. */
export class GcProgram {
	private readonly w: ByteWriter = new ByteWriter(256);
	private bits: number[] = [];
	/** Bits emitted so far, pending ones included. */
	index = 0;

	private bit(b: number): void {
		this.bits.push(b);
		this.index++;
		if (this.bits.length === LITERAL) this.flush();
	}

	private flush(): void {
		const n = this.bits.length;
		if (n === 0) return;
		this.w.u8(n);
		for (let i = 0; i < n; i += 8) {
			let byte = 0;
			for (let k = 0; k < 8 && i + k < n; k++) byte |= this.bits[i + k] << k;
			this.w.u8(byte);
		}
		this.bits = [];
	}

	/** Repeats the last n bits c more times. */
	repeat(n: number, c: number): void {
		if (n === 0 || c === 0) return;
		this.flush();
		if (n < 0x80) this.w.u8(0x80 | n);
		else {
			this.w.u8(0x80);
			this.w.uleb(n);
		}
		this.w.uleb(c);
		this.index += n * c;
	}

	zeroUntil(index: number): void {
		const n = index - this.index;
		if (n < 0) throw new Error(`gc program: bit ${index} after ${this.index}`);
		if (n < 4 * 8) {
			for (let i = 0; i < n; i++) this.bit(0);
			return;
		}
		this.bit(0);
		this.repeat(1, n - 1);
	}

	ptr(index: number): void {
		this.zeroUntil(index);
		this.bit(1);
	}

	end(words: number): Uint8Array {
		this.zeroUntil(words);
		this.flush();
		this.w.u8(0);
		return this.w.take();
	}
}

/** Builds the program of one section: symbols with offsets from its start, in order. */
export function sectionGcProgram(
	syms: Symbols,
	types: TypeInfo,
	ids: readonly number[],
	offsets: readonly number[],
	size: number,
): Uint8Array {
	const p = new GcProgram();
	ids.forEach((id, i) => {
		const typ = syms.gotype[id];
		if (typ === 0) {
			syms.error(`missing Go type information for global symbol ${syms.name(id)}: size ${syms.size[id]}`);
			return;
		}
		if (!syms.isDefined(typ)) {
			syms.error(`${syms.name(id)}: type descriptor ${syms.name(typ)} not defined`);
			return;
		}
		addType(p, syms, types, offsets[i] / WORD, typ);
	});
	return p.end(Math.floor(size / WORD));
}

/** Adds the pointers of a value of type typ at word index at. */
function addType(p: GcProgram, syms: Symbols, types: TypeInfo, at: number, typ: number): void {
	const words = types.ptrBytes(typ) / WORD;
	if (words === 0) return;
	switch (types.kind(typ)) {
		case Kind.Array: {
			const elem = types.arrayElem(typ);
			const n = types.arrayLen(typ);
			addType(p, syms, types, at, elem);
			if (n > 1) {
				const stride = types.size(elem) / WORD;
				p.zeroUntil(at + stride);
				p.repeat(stride, n - 1);
			}
			return;
		}
		case Kind.Struct:
			for (const f of types.fields(typ)) if (types.ptrBytes(f.typ) > 0) addType(p, syms, types, at + f.off / WORD, f.typ);
			return;
		default: {
			const mask = syms.data(types.gcMask(typ));
			if (!syms.isDefined(types.gcMask(typ)) || types.maskOnDemand(typ)) {
				syms.error(`${syms.name(typ)}: GC mask not available`);
				return;
			}
			for (let i = 0; i < words; i++) if (((mask[i >> 3] >> (i & 7)) & 1) !== 0) p.ptr(at + i);
		}
	}
}
