// The ELF symbol table: functions, variables and the boundary symbols. Type descriptors,
// strings and masks are not listed one by one but have a symbol for their group.

import { SHN_ABS, STB_GLOBAL, STB_LOCAL, STT_FILE, STT_FUNC, STT_OBJECT, SymtabWriter } from "#elf";
import { ABI0, ABIInternal, SymBit, SymFlag, SymKind } from "#object";
import { type Layout, Sec } from "./layout.ts";
import type { Symbols } from "./symbols.ts";

export interface GroupSymbol {
	name: string;
	addr: number;
	size: number;
	sec: Sec;
}

/** Index of each Sec in the section header table is given; returns the table and the index of the first global. */
export function buildSymtab(
	layout: Layout,
	groups: readonly GroupSymbol[],
	index: readonly number[],
): { table: SymtabWriter; firstGlobal: number } {
	const { syms } = layout;
	const w = new SymtabWriter();
	w.add("go.go", 0, 0, STB_LOCAL, STT_FILE, SHN_ABS);
	const globals: number[] = [];
	const emit = (id: number, bind: number): void => {
		const type = syms.kind[id] === SymKind.Text ? STT_FUNC : STT_OBJECT;
		w.add(elfName(syms, id), layout.addr[id], syms.size[id], bind, type, index[layout.sec[id]]);
	};
	for (const g of groups) w.add(g.name, g.addr, g.size, STB_LOCAL, g.sec === Sec.text ? STT_FUNC : STT_OBJECT, index[g.sec]);
	for (const [sec, list] of layout.placed.entries()) {
		if (sec === Sec.pclntab) continue;
		for (const id of list) {
			if ((syms.bits[id] & SymBit.Listed) === 0) continue;
			if ((syms.flags[id] & SymFlag.Local) !== 0) emit(id, STB_LOCAL);
			else globals.push(id);
		}
	}
	const firstGlobal = w.count;
	for (const id of globals) emit(id, STB_GLOBAL);
	return { table: w, firstGlobal };
}

/** The name in the table: an ABI0 function whose ABIInternal twin exists gets `.abi0`. */
function elfName(syms: Symbols, id: number): string {
	let name = syms.name(id);
	if (syms.kind[id] === SymKind.Text && syms.abi(id) === ABI0 && (syms.flags[id] & SymFlag.Local) === 0) {
		const twin = id | ABIInternal;
		if (syms.kind[twin] === SymKind.Text) name += ".abi0";
	}
	return name.includes("·") ? name.replaceAll("·", ".") : name;
}
