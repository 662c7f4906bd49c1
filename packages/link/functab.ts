// The runtime's function table from the placed functions.

import { type LoadedPack, type Pack, SymFlag } from "#object";
import {
	FUNCDATA_InlTree,
	FuncFlagAsm,
	FuncFlagSPWrite,
	FuncFlagTopFrame,
	FuncIDWrapper,
	funcIds,
	PCDATA_InlTreeIndex,
	type PclnTable,
	PclnWriter,
} from "#pclntab";
import { fileExpander } from "./files.ts";
import { dataAlign, type Layout, roundUp, Sec } from "./layout.ts";

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

/** Adds functions to a table; remembers where names, tables and file lists of each pack went. */
class Functab {
	readonly w: PclnWriter;
	private readonly layout: Layout;
	private readonly funcdataSize: number;
	private readonly expand: (path: string) => string;
	/** By the name's number, 0 = not there yet. */
	private readonly names: Int32Array;
	/** By pack: offsets of pc-value tables and places of file lists, less one; 0 = not there yet. */
	private readonly tables: Int32Array[];
	private readonly lists: Int32Array[];
	/** FuncIDs of functions that have one of their own, by the name's number. */
	private readonly ids: Uint8Array;
	/** Lists of several packs by their text. */
	private readonly listAt = new Map<string, number>();

	constructor(layout: Layout, n: number, funcdataSize: number, expand: (path: string) => string) {
		this.layout = layout;
		this.w = new PclnWriter(n);
		this.funcdataSize = funcdataSize;
		this.expand = expand;
		const { syms } = layout;
		this.names = new Int32Array(syms.space.count);
		this.ids = new Uint8Array(syms.space.count);
		for (const [name, id] of funcIds) this.ids[syms.space.lookup(name)] = id;
		this.ids[0] = 0;
		this.tables = syms.packs.map((p) => new Int32Array(p.pack.tabHash.length));
		this.lists = syms.packs.map((p) => new Int32Array(p.pack.listAt.length));
	}

	name(id: number): number {
		return this.names[id] || (this.names[id] = this.w.name(this.layout.syms.space.bytes(id)));
	}

	private table(pack: number, p: Pack, t: number): number {
		if (t < 0) return 0;
		const at = this.tables[pack];
		return at[t] || (at[t] = this.w.table(p.tabBytes, p.tabAt[t], p.tabAt[t + 1], p.tabHash[t]));
	}

	private files(pack: number, lp: LoadedPack, list: number): number {
		if (list < 0) return -1;
		const known = this.lists[pack];
		if (known[list] !== 0) return known[list] - 1;
		const { listAt, listName } = lp.pack;
		const paths: string[] = [];
		for (let i = listAt[list]; i < listAt[list + 1]; i++) paths.push(lp.text(listName[i]));
		const key = paths.join("\0");
		let at = this.listAt.get(key);
		if (at === undefined) {
			at = this.w.fileList(paths.map(this.expand));
			this.listAt.set(key, at);
		}
		known[list] = at + 1;
		return at;
	}

	private tree(lp: LoadedPack, f: number): number {
		const p = lp.pack;
		const at = this.w.tree();
		for (let i = p.fnInlAt[f]; i < p.fnInlAt[f + 1]; i++) {
			const name = lp.id(p.inlFunc[i]);
			this.w.inlined(this.ids[name], this.name(name), p.inlPc[i], p.inlStart[i]);
		}
		return this.funcdataSize + at;
	}

	func(id: number): void {
		const { syms, addr } = this.layout;
		const entry = addr[id];
		const size = syms.size[id];
		const flags = syms.flags[id];
		const name = this.names[id >> 1];
		const f = syms.func(id);
		const own = (flags & SymFlag.Wrapper) !== 0 ? FuncIDWrapper : this.ids[id >> 1];
		if (f < 0) {
			// Text without metadata: one frame, no lines.
			const none = { pcsp: 0, pcfile: 0, pcln: 0, files: -1, pcdata: [], funcdata: [] };
			this.w.func({ entry, size, name, args: -0x80000000, deferReturn: 0, startLine: 0, funcId: own, flag: flagBits(flags), ...none });
			return;
		}
		const pack = syms.pack[id];
		const lp = syms.packs[pack];
		const p = lp.pack;
		const inlines = p.fnInlAt[f + 1] > p.fnInlAt[f];
		const funcdata: number[] = [];
		for (let i = p.fnFuncdataAt[f]; i < p.fnFuncdataAt[f + 1]; i++) funcdata.push(this.funcdata(id, lp, p.funcdataRef[i]));
		if (inlines) {
			while (funcdata.length <= FUNCDATA_InlTree) funcdata.push(-1);
			funcdata[FUNCDATA_InlTree] = this.tree(lp, f);
		}
		const pcsp = this.table(pack, p, p.fnPcsp[f]);
		const pcfile = this.table(pack, p, p.fnPcfile[f]);
		const pcln = this.table(pack, p, p.fnPcln[f]);
		const files = this.files(pack, lp, p.fnFiles[f]);
		const pcdata: number[] = [];
		const first = p.fnPcdataAt[f];
		const n = Math.max(p.fnPcdataAt[f + 1] - first, inlines ? PCDATA_InlTreeIndex + 1 : 0);
		for (let k = 0; k < n; k++) {
			const given = first + k < p.fnPcdataAt[f + 1] ? p.pcdataTable[first + k] : -1;
			pcdata.push(this.table(pack, p, k === PCDATA_InlTreeIndex && inlines ? p.fnPcinline[f] : given));
		}
		this.w.func({
			entry,
			size,
			name,
			args: p.fnArgs[f],
			deferReturn: p.fnDefer[f],
			startLine: p.fnStart[f],
			pcsp,
			pcfile,
			pcln,
			files,
			funcId: p.fnId[f] || own,
			flag: p.fnFlag[f] | flagBits(flags),
			pcdata,
			funcdata,
		});
	}

	/** Offset of a FUNCDATA symbol in go:func.*, -1 = none. Assembly may name argument maps nobody made. */
	private funcdata(func: number, lp: LoadedPack, ref: number): number {
		if (ref < 0) return -1;
		const { syms, addr, alias } = this.layout;
		const id = lp.symbol(ref);
		if (!syms.isDefined(id)) {
			if ((syms.flags[func] & SymFlag.Asm) === 0) syms.error(`${syms.name(func)}: relocation target ${syms.name(id)} not defined`);
			return -1;
		}
		return addr[alias[id] || id];
	}
}

/** Builds the table for text symbols in address order; their addr is still the offset in .text. */
export function buildFunctab(layout: Layout, text: readonly number[], funcdata: FuncdataLayout, goroot: string): PclnTable {
	const table = new Functab(layout, text.length, funcdata.size, fileExpander(goroot));
	for (const id of text) table.name(id >> 1);
	for (const id of text) table.func(id);
	return table.w.finish(funcdata.size, funcdata.align);
}

function flagBits(flags: number): number {
	return (
		((flags & SymFlag.TopFrame) !== 0 ? FuncFlagTopFrame : 0) |
		((flags & SymFlag.SPWrite) !== 0 ? FuncFlagSPWrite : 0) |
		((flags & SymFlag.Asm) !== 0 ? FuncFlagAsm : 0)
	);
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
