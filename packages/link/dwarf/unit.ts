// The entries of one package: its functions with their variables and inlined calls,
// and its global variables.

import { ByteWriter } from "#base";
import { Abbrev, DW_LLE_base_addressx, DW_LLE_end_of_list, DW_LLE_offset_pair, DW_OP_call_frame_cfa } from "#dwarf";
import { DW_RLE_base_addressx, DW_RLE_end_of_list, DW_RLE_offset_pair } from "#dwarf";
import type { DwarfFunc, DwarfVar, FuncInfo } from "#object";
import { PcValues, pcValueAt } from "#pclntab";
import type { InfoWriter, Label } from "./info.ts";
import type { TypeEntries } from "./types.ts";

/** A placed function. */
export interface PlacedFunc {
	name: string;
	addr: number;
	size: number;
	info: FuncInfo;
	/** Fragment-local name index to type symbol id. */
	typeOf: (nameIndex: number) => number;
	/** Address of a symbol by its fragment-local name index, -1 = not in the program. */
	addrOf: (nameIndex: number) => number;
	wrapper: boolean;
	external: boolean;
}

/** A function that was inlined somewhere: what its instances share. */
export interface AbstractFunc {
	name: string;
	label: Label;
	startLine: number;
	vars: Map<string, { label: Label; v: DwarfVar; type: number }>;
}

/** Range and location lists of all units, and the addresses they and functions start at. */
export class Lists {
	readonly addrs: ByteWriter = new ByteWriter(1 << 12);
	readonly ranges: ByteWriter = new ByteWriter(1 << 12);
	readonly locs: ByteWriter = new ByteWriter(1 << 12);
	private base = 0;
	private count = 0;

	constructor() {
		// Unit headers: length, version 5, address size, segment size; lists also have no offset table.
		for (const w of [this.addrs, this.ranges, this.locs]) {
			w.u32(0);
			w.u16(5);
			w.u8(8);
			w.u8(0);
		}
		this.ranges.u32(0);
		this.locs.u32(0);
	}

	/** Starts a unit's addresses; returns its DW_AT_addr_base. */
	beginUnit(): number {
		this.base = this.count;
		return this.addrs.len;
	}

	/** Index of a new address in the unit. */
	addr(addr: number): number {
		this.addrs.u64(addr);
		return this.count++ - this.base;
	}

	/** Offset in .debug_rnglists of a list of [from, to) relative to the address at index. */
	rangeList(index: number, list: readonly (readonly [number, number])[]): number {
		const w = this.ranges;
		const at = w.len;
		w.u8(DW_RLE_base_addressx);
		w.uleb(index);
		for (const [from, to] of list) {
			w.u8(DW_RLE_offset_pair);
			w.uleb(from);
			w.uleb(to);
		}
		w.u8(DW_RLE_end_of_list);
		return at;
	}

	locList(index: number, list: readonly Loc[]): number {
		const w = this.locs;
		const at = w.len;
		w.u8(DW_LLE_base_addressx);
		w.uleb(index);
		for (const l of list) {
			w.u8(DW_LLE_offset_pair);
			w.uleb(l.from);
			w.uleb(l.to);
			w.uleb(l.expr.length);
			w.bytes(l.expr);
		}
		w.u8(DW_LLE_end_of_list);
		return at;
	}

	/** The sections, lengths filled in. */
	finish(): { addrs: Uint8Array; ranges: Uint8Array; locs: Uint8Array } {
		const close = (w: ByteWriter): Uint8Array => {
			w.view.setUint32(0, w.len - 4, true);
			return w.take();
		};
		return { addrs: close(this.addrs), ranges: close(this.ranges), locs: close(this.locs) };
	}
}

interface Loc {
	from: number;
	to: number;
	expr: Uint8Array;
}

/** Locations with the addresses of symbols filled in. */
function placeLocs(f: PlacedFunc, locs: DwarfVar["locs"]): readonly Loc[] {
	if (locs.every((l) => l.syms.length === 0)) return locs;
	const out: Loc[] = [];
	for (const l of locs) {
		const expr = l.expr.slice();
		const view = new DataView(expr.buffer);
		let ok = true;
		for (const s of l.syms) {
			const addr = f.addrOf(s.sym);
			if (addr < 0) ok = false;
			else view.setBigUint64(s.off, BigInt(addr + s.add), true);
		}
		if (ok) out.push({ from: l.from, to: l.to, expr });
	}
	return out;
}

export function varKey(v: DwarfVar): string {
	return `${v.kind === "param" || v.kind === "result" ? "p" : "v"}${v.name} ${v.declLine}`;
}

type Ranges = [number, number][];

/** Byte ranges of each inlined call, its own inlined calls included. */
export function inlineRanges(info: FuncInfo): Ranges[] {
	const out: Ranges[] = info.inlined.map(() => []);
	const it = new PcValues(info.pcinline);
	while (it.step()) {
		for (let k = it.value; k >= 0 && k < out.length; k = info.inlined[k].parent) {
			const list = out[k];
			const last = list[list.length - 1];
			if (last !== undefined && last[1] === it.pc) last[1] = it.next;
			else list.push([it.pc, it.next]);
		}
	}
	return out;
}

/** Calls inlined into call k, at k + 1; into the function itself at 0. */
function childCalls(info: FuncInfo): number[][] {
	const out: number[][] = Array.from({ length: info.inlined.length + 1 }, () => []);
	info.inlined.forEach((call, k) => out[call.parent + 1].push(k));
	return out;
}

export class UnitWriter {
	private readonly info: InfoWriter;
	private readonly types: TypeEntries;
	private readonly lists: Lists;
	private readonly abstracts: ReadonlyMap<string, AbstractFunc>;
	private readonly fileIndex: (path: string) => number;

	constructor(
		info: InfoWriter,
		types: TypeEntries,
		lists: Lists,
		abstracts: ReadonlyMap<string, AbstractFunc>,
		fileIndex: (path: string) => number,
	) {
		this.info = info;
		this.types = types;
		this.lists = lists;
		this.abstracts = abstracts;
		this.fileIndex = fileIndex;
	}

	abstract(a: AbstractFunc): void {
		const { info } = this;
		const { w } = info;
		info.place(a.label);
		w.uleb(Abbrev.abstractFunction);
		w.cstr(a.name);
		w.u8(1);
		w.uleb(Math.max(a.startLine, 0));
		w.u8(1);
		for (const { label, v, type } of a.vars.values()) {
			info.place(label);
			const isParam = v.kind === "param" || v.kind === "result";
			w.uleb(isParam ? Abbrev.abstractParam : Abbrev.abstractVar);
			w.cstr(v.name);
			if (isParam) w.u8(v.kind === "result" ? 1 : 0);
			w.uleb(v.declLine);
			info.ref(this.types.of(type));
		}
		w.u8(0);
	}

	func(f: PlacedFunc): void {
		const { info } = this;
		const { w } = info;
		const index = this.lists.addr(f.addr);
		const origin = this.abstracts.get(f.name);
		if (origin !== undefined) {
			w.uleb(Abbrev.concreteFunction);
			info.ref(origin.label);
		} else {
			w.uleb(f.wrapper ? Abbrev.wrapper : Abbrev.function);
			w.cstr(f.name);
		}
		w.uleb(index);
		w.uleb(f.size);
		w.u8(1);
		w.u8(DW_OP_call_frame_cfa);
		if (origin === undefined) {
			if (f.wrapper) w.u8(1);
			else {
				w.u32(this.declFile(f.info));
				w.uleb(Math.max(f.info.startLine, 0));
				w.u8(f.external ? 1 : 0);
			}
		}
		const d = f.info.dwarf;
		if (d !== null) this.scope(f, d, 0, index, origin);
		if (f.info.inlined.length > 0) this.inlinedCalls(f, childCalls(f.info), -1, inlineRanges(f.info), index);
		w.u8(0);
	}

	private declFile(info: FuncInfo): number {
		const file = info.files[Math.max(0, pcValueAt(info.pcfile, 0, 0))];
		return file === undefined ? 0 : this.fileIndex(file);
	}

	/** Variables of a scope of the function itself, then its blocks. */
	private scope(f: PlacedFunc, d: DwarfFunc, scope: number, index: number, origin: AbstractFunc | undefined): void {
		for (const v of d.vars) if (v.scope === scope && v.inlined === -1) this.variable(f, v, index, origin);
		d.scopes.forEach((s, child) => {
			if (child === 0 || s.parent !== scope || !this.hasVars(d, child)) return;
			const { w } = this.info;
			if (s.ranges.length === 1) {
				w.uleb(Abbrev.lexicalBlock);
				w.uleb(this.lists.addr(f.addr + s.ranges[0][0]));
				w.uleb(s.ranges[0][1] - s.ranges[0][0]);
			} else {
				w.uleb(Abbrev.lexicalBlockRanges);
				w.u32(this.lists.rangeList(index, s.ranges));
			}
			this.scope(f, d, child, index, origin);
			w.u8(0);
		});
	}

	private hasVars(d: DwarfFunc, scope: number): boolean {
		if (d.vars.some((v) => v.scope === scope && v.inlined === -1)) return true;
		return d.scopes.some((s, child) => child !== 0 && s.parent === scope && this.hasVars(d, child));
	}

	private variable(f: PlacedFunc, v: DwarfVar, index: number, origin: AbstractFunc | undefined): void {
		const { info } = this;
		const { w } = info;
		const isParam = v.kind === "param" || v.kind === "result";
		const locs = placeLocs(f, v.locs);
		const whole = locs.length === 0 || (locs.length === 1 && locs[0].from === 0 && locs[0].to >= f.size);
		const shared = origin?.vars.get(varKey(v));
		if (shared !== undefined) {
			if (isParam) w.uleb(whole ? Abbrev.originParamExpr : Abbrev.originParamList);
			else w.uleb(whole ? Abbrev.originVarExpr : Abbrev.originVarList);
			info.ref(shared.label);
		} else {
			const captured = v.closureOffset >= 0;
			if (isParam) w.uleb(whole ? Abbrev.paramExpr : Abbrev.paramList);
			else if (captured) w.uleb(whole ? Abbrev.closureExpr : Abbrev.closureList);
			else w.uleb(whole ? Abbrev.varExpr : Abbrev.varList);
			w.cstr(v.name);
			if (isParam) w.u8(v.kind === "result" ? 1 : 0);
			w.uleb(v.declLine);
			info.ref(this.types.of(f.typeOf(v.type)));
			if (!isParam && captured) w.uleb(v.closureOffset);
		}
		if (!whole) w.u32(this.lists.locList(index, locs));
		else {
			const expr = locs.length === 0 ? new Uint8Array(0) : locs[0].expr;
			w.uleb(expr.length);
			w.bytes(expr);
		}
	}

	private inlinedCalls(f: PlacedFunc, children: readonly number[][], parent: number, ranges: Ranges[], index: number): void {
		const { w } = this.info;
		for (const k of children[parent + 1]) {
			const call = f.info.inlined[k];
			const origin = this.abstracts.get(call.func);
			if (ranges[k].length === 0 || origin === undefined) continue;
			const list = ranges[k];
			w.uleb(list.length === 1 ? Abbrev.inlined : Abbrev.inlinedRanges);
			this.info.ref(origin.label);
			if (list.length === 1) {
				w.uleb(this.lists.addr(f.addr + list[0][0]));
				w.uleb(list[0][1] - list[0][0]);
			} else w.u32(this.lists.rangeList(index, list));
			const file = f.info.files[pcValueAt(f.info.pcfile, 0, call.parentPc)];
			w.u32(file === undefined ? 0 : this.fileIndex(file));
			w.uleb(Math.max(0, pcValueAt(f.info.pcln, 0, call.parentPc) + f.info.startLine));
			for (const v of f.info.dwarf?.vars ?? []) if (v.inlined === k) this.variable(f, v, index, origin);
			this.inlinedCalls(f, children, k, ranges, index);
			w.u8(0);
		}
	}
}
