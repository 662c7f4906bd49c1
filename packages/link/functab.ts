// The runtime's function table from the placed functions.

import { type FuncInfo, type ObjSym, SymFlag } from "#object";
import { buildPclntab, FuncFlagAsm, FuncFlagSPWrite, FuncFlagTopFrame, funcIdOf, type PclnTable } from "#pclntab";
import { fileExpander } from "./files.ts";
import { dataAlign, type Layout, roundUp, Sec } from "./layout.ts";

const EMPTY = new Uint8Array(0);

/** Metadata of text that has none: one frame, no lines. */
const NO_INFO: FuncInfo = {
	args: -0x80000000,
	locals: 0,
	funcId: 0,
	funcFlag: 0,
	startLine: 0,
	deferReturn: 0,
	files: [],
	pcfile: EMPTY,
	pcln: EMPTY,
	pcsp: EMPTY,
	pcinline: EMPTY,
	inlined: [],
	pcdata: [],
	funcdata: [],
	dwarf: null,
};

/** go:func.*: symbols by offset in it. */
export interface FuncdataLayout {
	size: number;
	align: number;
}

/** Gives funcdata symbols their offsets in go:func.*; addr holds the offset until the table is placed. */
export function layoutFuncdata(layout: Layout, list: readonly number[]): FuncdataLayout {
	layout.fold(list);
	let size = 0;
	let align = 4;
	for (const id of list) {
		if (layout.alias[id] !== 0) continue;
		const a = dataAlign(layout.syms, id);
		align = Math.max(align, a);
		size = roundUp(size, a);
		layout.addr[id] = size;
		size += layout.syms.size[id];
	}
	return { size: roundUp(size, 4), align };
}

/** Builds the table for text symbols in address order; their addr is still the offset in .text. */
export function buildFunctab(layout: Layout, text: readonly number[], funcdata: FuncdataLayout, goroot: string): PclnTable {
	const { syms } = layout;
	const n = text.length;
	const input = {
		names: new Array<string>(n),
		entries: new Float64Array(n),
		sizes: new Float64Array(n),
		infos: new Array<FuncInfo>(n),
		ids: new Uint8Array(n),
		flags: new Uint8Array(n),
		funcdata: new Array<number[]>(n),
		funcdataSize: funcdata.size,
		funcdataAlign: funcdata.align,
		fileName: fileExpander(goroot),
	};
	for (let i = 0; i < n; i++) {
		const id = text[i];
		const def = syms.defs[id] as ObjSym;
		const info = def.func ?? NO_INFO;
		const name = syms.names[id];
		input.names[i] = name;
		input.entries[i] = layout.addr[id];
		input.sizes[i] = syms.size[id];
		input.infos[i] = info;
		input.ids[i] = info.funcId || funcIdOf(name, (def.flags & SymFlag.Wrapper) !== 0);
		input.flags[i] = info.funcFlag | flagBits(def.flags);
		input.funcdata[i] = info.funcdata.map((f) => funcdataOffset(layout, id, f));
	}
	return buildPclntab(input);
}

function flagBits(flags: number): number {
	return (
		((flags & SymFlag.TopFrame) !== 0 ? FuncFlagTopFrame : 0) |
		((flags & SymFlag.SPWrite) !== 0 ? FuncFlagSPWrite : 0) |
		((flags & SymFlag.Asm) !== 0 ? FuncFlagAsm : 0)
	);
}

/** Offset of a FUNCDATA symbol in go:func.*, -1 = none. Assembly may name argument maps nobody made. */
function funcdataOffset(layout: Layout, func: number, f: number): number {
	if (f < 0) return -1;
	const { syms } = layout;
	const id = syms.refs[syms.frag[func]][f];
	if (syms.defs[id] === null) {
		if ((syms.flags[func] & SymFlag.Asm) === 0) syms.error(`${syms.names[func]}: relocation target ${syms.names[id]} not defined`);
		return -1;
	}
	return layout.addr[layout.alias[id] || id];
}

/** Registers the table in its section and the funcdata symbols at their final offsets. */
export function placeFunctab(layout: Layout, table: PclnTable, funcdata: readonly number[], align: number): void {
	layout.reserve(Sec.pclntab, table.bytes.length, Math.max(align, 8));
	for (const id of funcdata) {
		if (layout.alias[id] !== 0) continue;
		layout.addr[id] += table.funcdata.off;
		layout.sec[id] = Sec.pclntab;
		layout.placed[Sec.pclntab].push(id);
	}
}
