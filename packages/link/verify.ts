// Reads a finished image back with the readers and checks it against the layout:
// what a debug link and the tests run.

import { InternalError } from "#base";
import { ElfFile } from "#elf";
import { type PclnTable, Pclntab, PcValues } from "#pclntab";
import { type Layout, Sec, SECTION_NAMES } from "./layout.ts";

function check(cond: boolean, what: string): void {
	if (!cond) throw new InternalError(`link verify: ${what}`);
}

export function verifyImage(image: Uint8Array, layout: Layout, table: PclnTable): void {
	const elf = new ElfFile(image);
	layout.sections.forEach((s, i) => {
		const header = elf.section(SECTION_NAMES[i]);
		check(header !== null && header.addr === s.addr && header.size === s.size, `section ${SECTION_NAMES[i]} differs from the layout`);
		if (i > 0) check(layout.sections[i - 1].addr + layout.sections[i - 1].size <= s.addr, `section ${SECTION_NAMES[i]} overlaps`);
	});
	verifyPlaces(layout);
	const section = elf.section(SECTION_NAMES[Sec.pclntab]);
	if (section === null) return;
	const pcln = new Pclntab(elf.data(section), table.funcdata.off);
	const text = layout.sections[Sec.text];
	const byAddr = new Map(layout.placed[Sec.text].filter((id) => layout.syms.made[id] === 0).map((id) => [layout.addr[id] - text.addr, id]));
	check(
		pcln.nfunc === byAddr.size || layout.placed[Sec.text].some((id) => layout.syms.size[id] === 0),
		"pclntab has not one entry per function",
	);
	for (let i = 0; i < pcln.nfunc; i++) {
		const f = pcln.func(i);
		check(pcln.entry(i) <= pcln.entry(i + 1), `pclntab entry ${i} is out of order`);
		const id = byAddr.get(f.entry);
		check(id !== undefined, `pclntab entry ${i} (${f.name}) is no function`);
		verifyTables(pcln, f, layout.syms.size[id as number]);
		check(pcln.find(f.entry) >= i || layout.syms.size[id as number] === 0, `pclntab lookup of ${f.name}`);
	}
}

/** Symbols of a section lie in it, in order and apart. */
function verifyPlaces(layout: Layout): void {
	layout.placed.forEach((list, sec) => {
		let end = layout.sections[sec].addr;
		for (const id of list) {
			check(layout.addr[id] >= end, `${layout.syms.name(id)} overlaps its neighbour`);
			end = layout.addr[id] + layout.syms.size[id];
		}
		check(end <= layout.end(sec as Sec), `${SECTION_NAMES[sec]} is too small`);
	});
}

function verifyTables(pcln: Pclntab, f: ReturnType<Pclntab["func"]>, size: number): void {
	for (const off of [f.pcsp, f.pcfile, f.pcln, ...f.pcdata]) {
		if (off === 0) continue;
		const it = new PcValues(pcln.table(off));
		while (it.step());
		check(it.next <= size, `a pc-value table of ${f.name} covers ${it.next} of ${size} bytes`);
	}
	if (f.pcfile !== 0) pcln.frames(f, 0);
}
