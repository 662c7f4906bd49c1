// Data symbols that function bodies bring along.

import { addReloc, newRelocs, RelocKind, SymKind } from "#object";
import type { SymRef } from "#ssa";
import type { Type } from "#types";
import type { Product, Program } from "../program.ts";

export interface Word {
	off: number;
	ref: SymRef;
	add?: number;
}

/** Defines a data symbol of Go type t in out, with addresses at some offsets. */
export function dataSym(
	p: Program,
	out: Product,
	name: string,
	kind: SymKind,
	t: Type,
	opt: { bytes?: Uint8Array; words?: readonly Word[]; flags?: number },
): SymRef {
	const l = p.layout.of(t);
	const relocs = newRelocs();
	for (const w of opt.words ?? []) addReloc(relocs, w.off, 8, RelocKind.Addr, out.frag.ref(w.ref.name, w.ref.abi), w.add ?? 0);
	const hasType = kind === SymKind.Data || kind === SymKind.Bss;
	const bytes = opt.bytes ?? (kind === SymKind.Bss || kind === SymKind.Noptrbss ? new Uint8Array(0) : new Uint8Array(l.size));
	out.frag.data(name, kind, bytes, {
		align: Math.max(l.align, 1),
		size: l.size,
		flags: opt.flags ?? 0,
		relocs,
		gotype: hasType ? out.frag.ref(p.typeSym(t).name) : -1,
	});
	return { name, abi: 0 };
}
