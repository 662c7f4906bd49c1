// runtime.firstmoduledata, field by field by name, so that a release that moves or
// drops fields needs nothing here and one that adds a field is refused by name.

import { InternalError } from "#base";
import type { PclnPart, PclnTable } from "#pclntab";
import type { StructLayout } from "./input.ts";
import { type Layout, Sec } from "./layout.ts";

export interface ModuleParts {
	table: PclnTable;
	/** Addresses and counts of what the linker made. */
	gcdata: number;
	gcbss: number;
	textsectmap: number;
	typelinks: number;
	itablinks: number;
	inittasks: number;
	inittaskCount: number;
	/** Bounds of text that the table covers. */
	minpc: number;
	maxpc: number;
	/** End of the coverage counters; they are empty. */
	end: number;
}

/** Fields that stay zero: the runtime or another build mode fills them. */
const ZERO = new Set([
	"NotInHeap",
	"_",
	"ptab",
	"pluginpath",
	"pkghashes",
	"modulename",
	"modulehashes",
	"bad",
	"gcdatamask",
	"gcbssmask",
	"typemap",
	"next",
]);

/** The bytes of the struct. */
export function moduledataBytes(layout: Layout, struct: StructLayout, p: ModuleParts): Uint8Array {
	const bytes = new Uint8Array(struct.size);
	const view = new DataView(bytes.buffer);
	const sections = layout.sections;
	const pcln = sections[Sec.pclntab].addr;
	const word = (off: number, v: number): void => {
		view.setUint32(off, v >>> 0, true);
		view.setUint32(off + 4, Math.floor(v / 0x1_0000_0000), true);
	};
	const slice = (addr: number, len: number): number[] => [addr, len, len];
	const part = (x: PclnPart, unit = 1): number[] => slice(pcln + x.off, x.size / unit);
	const bounds = (sec: Sec): [number, number] => [sections[sec].addr, layout.end(sec)];
	const [text, etext] = bounds(Sec.text);
	const [noptrdata, enoptrdata] = bounds(Sec.noptrdata);
	const [data, edata] = bounds(Sec.data);
	const [bss, ebss] = bounds(Sec.bss);
	const [noptrbss, enoptrbss] = bounds(Sec.noptrbss);
	const [rodata, erodata] = bounds(Sec.rodata);
	const values: Record<string, number | number[]> = {
		pcHeader: pcln,
		funcnametab: part(p.table.funcnametab),
		cutab: part(p.table.cutab, 4),
		filetab: part(p.table.filetab),
		pctab: part(p.table.pctab),
		pclntable: part(p.table.functab),
		ftab: slice(pcln + p.table.functab.off, p.table.nfunc + 1),
		findfunctab: pcln + p.table.findfunctab.off,
		minpc: p.minpc,
		maxpc: p.maxpc,
		text,
		etext,
		noptrdata,
		enoptrdata,
		data,
		edata,
		bss,
		ebss,
		noptrbss,
		enoptrbss,
		covctrs: enoptrbss,
		ecovctrs: enoptrbss,
		end: p.end,
		gcdata: p.gcdata,
		gcbss: p.gcbss,
		types: rodata,
		etypes: erodata,
		rodata,
		gofunc: pcln + p.table.funcdata.off,
		epclntab: layout.end(Sec.pclntab),
		textsectmap: slice(p.textsectmap, 1),
		typelinks: slice(sections[Sec.typelink].addr, p.typelinks),
		itablinks: slice(sections[Sec.itablink].addr, p.itablinks),
		inittasks: p.inittaskCount === 0 ? [0, 0, 0] : slice(p.inittasks, p.inittaskCount),
	};
	for (const f of struct.fields) {
		const v = values[f.name];
		if (f.name === "hasmain") bytes[f.off] = 1;
		else if (v === undefined) {
			if (!ZERO.has(f.name)) throw new InternalError(`link: runtime.moduledata has a field ${f.name} that this linker does not know`);
		} else if (typeof v === "number") word(f.off, v);
		else v.forEach((x, i) => word(f.off + 8 * i, x));
	}
	return bytes;
}
