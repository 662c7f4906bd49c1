// Data laid out as a Go struct of the runtime: fields are set by name, at the
// offsets that the type-checked declaration gives.

import { InternalError } from "#base";
import { addReloc, type FragmentBuilder, newRelocs, RelocKind, type Relocs } from "#object";
import type { SymRef } from "#ssa";
import { type Struct, type Type, typeOf } from "#types";
import type { Program } from "../program.ts";
import { u } from "../subst.ts";

/** Offsets of the fields of a struct type, embedded structs' fields included, and its size. */
export interface StructShape {
	size: number;
	fields: ReadonlyMap<string, { off: number; size: number }>;
}

export function structShape(p: Program, t: Type): StructShape {
	const fields = new Map<string, { off: number; size: number }>();
	const visit = (s: Struct, base: number): void => {
		s.fields.forEach((f, i) => {
			const off = base + p.layout.fieldOffset(s, i);
			fields.set(f.name, { off, size: p.layout.size(typeOf(f)) });
			if (f.embedded) visit(u(typeOf(f)) as Struct, off);
		});
	};
	visit(u(t) as Struct, 0);
	return { size: p.layout.size(t), fields };
}

/** Writes v, an integer of magnitude below 2^53, into size bytes, little-endian. */
export function writeInt(bytes: Uint8Array, off: number, size: number, v: number): void {
	let word = v | 0;
	for (let i = 0; i < size; i++) {
		if (i === 4) word = Math.floor(v / 0x1_0000_0000) | 0;
		bytes[off + i] = word;
		word >>= 8;
	}
}

/** Bytes and relocations of a symbol in the making. */
export class Data {
	readonly frag: FragmentBuilder;
	readonly bytes: Uint8Array;
	readonly relocs: Relocs = newRelocs();

	constructor(frag: FragmentBuilder, size: number) {
		this.frag = frag;
		this.bytes = new Uint8Array(size);
	}

	/** v: of magnitude below 2^53. */
	int(off: number, size: number, v: number): void {
		if (size !== 1 && size !== 2 && size !== 4 && size !== 8) throw new InternalError(`integer of ${size} bytes`);
		writeInt(this.bytes, off, size, v);
	}

	ref(off: number, size: number, kind: RelocKind, target: SymRef, add = 0): void {
		addReloc(this.relocs, off, size, kind, this.frag.ref(target.name, target.abi), add);
	}

	addr(off: number, target: SymRef, add = 0): void {
		this.ref(off, 8, RelocKind.Addr, target, add);
	}

	/** A struct of `shape` at offset base. */
	record(shape: StructShape, base = 0): Record {
		return new Record(this, shape, base);
	}
}

/** Sets fields by name. */
export class Record {
	private readonly data: Data;
	private readonly shape: StructShape;
	private readonly base: number;
	constructor(data: Data, shape: StructShape, base: number) {
		this.data = data;
		this.shape = shape;
		this.base = base;
	}

	at(name: string): { off: number; size: number } {
		const f = this.shape.fields.get(name);
		if (f === undefined) throw new InternalError(`the runtime's struct has no field ${name}`);
		return { off: this.base + f.off, size: f.size };
	}

	int(name: string, v: number): void {
		const f = this.at(name);
		this.data.int(f.off, f.size, v);
	}

	addr(name: string, target: SymRef, add = 0): void {
		this.data.addr(this.at(name).off, target, add);
	}

	/** A 32-bit offset (NameOff, TypeOff, TextOff). */
	off(name: string, kind: RelocKind, target: SymRef): void {
		this.data.ref(this.at(name).off, 4, kind, target);
	}
}
