// What tracebacks print of a function's arguments (FUNCDATA_ArgInfo): a program of
// bytes that names the offset and size of each word, with braces around aggregates.
// internal/abi defines the operators, runtime.printArgs reads them.

import { type Type, TypeKind, typeOf } from "#types";
import type { AbiLayout } from "./abi.ts";
import type { Layout } from "./layout.ts";
import { u } from "./subst.ts";

/** Numbers of internal/abi: TraceArgsLimit and so on. */
const Limit = 10;
const MaxDepth = 5;
const EndSeq = 0xff;
const StartAgg = 0xfe;
const EndAgg = 0xfd;
const Dots = 0xfc;
const OffsetTooLarge = 0xfb;
const Special = 0xf0;

class Writer {
	readonly out: number[] = [];
	private components = 0;
	private readonly layout: Layout;
	constructor(layout: Layout) {
		this.layout = layout;
	}

	/** Writes a value at off; false = the limit is reached, nothing follows. */
	value(t: Type, off: number, depth: number): boolean {
		if (this.components >= Limit) {
			this.out.push(Dots);
			return false;
		}
		const parts = this.parts(t);
		if (parts === null) {
			this.word(this.layout.size(t), off);
			return true;
		}
		this.out.push(StartAgg);
		if (depth + 1 >= MaxDepth) {
			this.out.push(Dots);
			this.components++;
		} else if (parts.length === 0) this.components++;
		else for (const p of parts) if (!this.part(p, off, depth + 1)) break;
		this.out.push(EndAgg);
		return true;
	}

	private part(p: Part, off: number, depth: number): boolean {
		if (p.type !== null) return this.value(p.type, off + p.off, depth);
		if (this.components >= Limit) {
			this.out.push(Dots);
			return false;
		}
		this.word(p.size, off + p.off);
		return true;
	}

	private word(size: number, off: number): void {
		if (off >= Special) this.out.push(OffsetTooLarge);
		else this.out.push(off, size);
		this.components++;
	}

	/** Components of an aggregate; null for a scalar. */
	private parts(t: Type): Part[] | null {
		const x = u(t);
		const words = (n: number, size: number): Part[] => Array.from({ length: n }, (_, i) => ({ type: null, off: i * size, size }));
		switch (x.kind) {
			case TypeKind.Interface:
				return words(2, 8);
			case TypeKind.Slice:
				return words(3, 8);
			case TypeKind.Basic: {
				const leaves = this.layout.of(t).leaves;
				return leaves !== null && leaves.length === 2 ? words(2, this.layout.size(t) / 2) : null;
			}
			case TypeKind.Array: {
				const size = this.layout.size(x.elem);
				return Array.from({ length: Math.min(x.len, Limit + 1) }, (_, i) => ({ type: x.elem, off: i * size, size }));
			}
			case TypeKind.Struct:
				return x.fields.map((f, i) => ({ type: typeOf(f), off: this.layout.fieldOffset(x, i), size: 0 }));
			default:
				return null;
		}
	}
}

interface Part {
	/** null: a scalar of `size` bytes. */
	type: Type | null;
	off: number;
	size: number;
}

/** The content of FUNCDATA_ArgInfo. */
export function argInfo(layout: Layout, abi: AbiLayout): Uint8Array {
	const w = new Writer(layout);
	for (const p of abi.params) if (!w.value(p.type, p.home, 0)) break;
	w.out.push(EndSeq);
	return Uint8Array.from(w.out);
}
