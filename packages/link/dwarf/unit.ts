// The entries of one package: its functions with their variables and inlined calls,
// and its global variables.

import { ByteWriter } from "#base";
import { Abbrev, DW_LLE_base_addressx, DW_LLE_end_of_list, DW_LLE_offset_pair, DW_OP_call_frame_cfa } from "#dwarf";
import { DW_RLE_base_addressx, DW_RLE_end_of_list, DW_RLE_offset_pair } from "#dwarf";
import type { LoadedPack } from "#object";
import type { Layout } from "../layout.ts";
import type { Abstracts } from "./abstracts.ts";
import type { InfoWriter, Label } from "./info.ts";
import type { TypeEntries } from "./types.ts";

/** A placed function. */
export interface PlacedFunc {
	/** Number of its name. */
	name: number;
	addr: number;
	size: number;
	/** Its metadata: where, and the index there. */
	from: LoadedPack;
	f: number;
	wrapper: boolean;
	external: boolean;
}

/** A variable of an abstract function. */
export interface AbstractVar {
	label: Label;
	name: number;
	/** As in the pack. */
	kind: number;
	line: number;
	type: number;
}

/** A function that was inlined somewhere: what its instances share. */
export interface AbstractFunc {
	name: number;
	label: Label;
	startLine: number;
	/** By varKey. */
	vars: Map<number, AbstractVar>;
}

/** Range and location lists of units, and the addresses they and functions start at. Each unit has a contribution to each section. */
export class Lists {
	private readonly parts: readonly Contributions[] = [new Contributions(false), new Contributions(true), new Contributions(true)];

	private get addrs(): ByteWriter {
		return this.parts[0].w;
	}

	private get ranges(): ByteWriter {
		return this.parts[1].w;
	}

	private get locs(): ByteWriter {
		return this.parts[2].w;
	}

	private count = 0;

	/** Starts a unit; returns its DW_AT_addr_base. */
	beginUnit(): number {
		this.count = 0;
		for (const p of this.parts) p.begin();
		return this.parts[0].offset;
	}

	endUnit(): void {
		for (const p of this.parts) p.end();
	}

	/** Index of a new address in the unit. */
	addr(addr: number): number {
		this.addrs.u64(addr);
		return this.count++;
	}

	/** Starts a list of ranges relative to the address at index; its offset in .debug_rnglists. */
	beginRanges(index: number): number {
		const at = this.parts[1].offset;
		this.ranges.u8(DW_RLE_base_addressx);
		this.ranges.uleb(index);
		return at;
	}

	range(from: number, to: number): void {
		const w = this.ranges;
		w.u8(DW_RLE_offset_pair);
		w.uleb(from);
		w.uleb(to);
	}

	endRanges(): void {
		this.ranges.u8(DW_RLE_end_of_list);
	}

	/** Starts a list of locations; its offset in .debug_loclists. */
	beginLocs(index: number): number {
		const at = this.parts[2].offset;
		this.locs.u8(DW_LLE_base_addressx);
		this.locs.uleb(index);
		return at;
	}

	loc(from: number, to: number, expr: Uint8Array): void {
		const w = this.locs;
		w.u8(DW_LLE_offset_pair);
		w.uleb(from);
		w.uleb(to);
		w.uleb(expr.length);
		w.bytes(expr);
	}

	endLocs(): void {
		this.locs.u8(DW_LLE_end_of_list);
	}

	/** Leaves out bytes of an earlier link. */
	skip(addrs: number, ranges: number, locs: number): void {
		[addrs, ranges, locs].forEach((n, i) => this.parts[i].skip(n));
	}

	/** What was written since the last time. */
	take(): { addrs: Uint8Array; ranges: Uint8Array; locs: Uint8Array } {
		const [addrs, ranges, locs] = this.parts.map((p) => p.take());
		return { addrs, ranges, locs };
	}
}

/** A section of contributions: length, version 5, address size, segment size; those of lists also say that they have no offset table. */
class Contributions {
	w: ByteWriter = new ByteWriter(1 << 12);
	private readonly isList: boolean;
	private base = 0;
	private start = 0;

	constructor(isList: boolean) {
		this.isList = isList;
	}

	private get headerSize(): number {
		return this.isList ? 12 : 8;
	}

	/** Offset in the section of what comes next. */
	get offset(): number {
		return this.base + this.w.len;
	}

	begin(): void {
		const { w } = this;
		this.start = w.len;
		w.u32(0);
		w.u16(5);
		w.u8(8);
		w.u8(0);
		if (this.isList) w.u32(0);
	}

	end(): void {
		const { w, start } = this;
		if (w.len === start + this.headerSize) w.len = start;
		else w.view.setUint32(start, w.len - start - 4, true);
	}

	skip(n: number): void {
		this.base += n;
	}

	take(): Uint8Array {
		const out = this.w.take();
		this.base += out.length;
		this.w = new ByteWriter(1 << 10);
		return out;
	}
}

/** Identifies a variable among those of its function; name: number of its name, kind as in the pack. */
export function varKey(name: number, kind: number, line: number): number {
	return (2 * name + (kind === 0 ? 0 : 1)) * 0x400000 + line;
}

export class UnitWriter {
	private readonly info: InfoWriter;
	private readonly types: TypeEntries;
	private readonly lists: Lists;
	private readonly layout: Layout;
	private readonly abstracts: Abstracts;
	/** Number of a file, by its name's number. */
	private readonly fileIndex: (name: number) => number;

	constructor(
		info: InfoWriter,
		types: TypeEntries,
		lists: Lists,
		layout: Layout,
		abstracts: Abstracts,
		fileIndex: (name: number) => number,
	) {
		this.info = info;
		this.types = types;
		this.lists = lists;
		this.layout = layout;
		this.abstracts = abstracts;
		this.fileIndex = fileIndex;
	}

	/** Of the function at hand. */
	private readonly scopes = new Tree();
	private readonly calls = new Tree();

	private name(id: number): void {
		const { w } = this.info;
		w.bytes(this.layout.syms.space.bytes(id));
		w.u8(0);
	}

	abstract(a: AbstractFunc): void {
		const { info } = this;
		const { w } = info;
		info.place(a.label);
		w.uleb(Abbrev.abstractFunction);
		this.name(a.name);
		w.u8(1);
		w.uleb(Math.max(a.startLine, 0));
		w.u8(1);
		for (const v of a.vars.values()) {
			info.place(v.label);
			w.uleb(v.kind === 0 ? Abbrev.abstractVar : Abbrev.abstractParam);
			this.name(v.name);
			if (v.kind !== 0) w.u8(v.kind === 2 ? 1 : 0);
			w.uleb(v.line);
			info.ref(this.types.of(v.type));
		}
		w.u8(0);
	}

	func(fn: PlacedFunc): void {
		const { info } = this;
		const { w } = info;
		const { f } = fn;
		const p = fn.from.pack;
		const index = this.lists.addr(fn.addr);
		const origin = this.abstracts.get(fn.name);
		if (origin !== undefined) {
			w.uleb(Abbrev.concreteFunction);
			info.ref(origin.label);
		} else {
			w.uleb(fn.wrapper ? Abbrev.wrapper : Abbrev.function);
			this.name(fn.name);
		}
		w.uleb(index);
		w.uleb(fn.size);
		w.u8(1);
		w.u8(DW_OP_call_frame_cfa);
		if (origin === undefined) {
			if (fn.wrapper) w.u8(1);
			else {
				w.u32(this.file(fn.from, p.fnDeclFile[f]));
				w.uleb(Math.max(p.fnStart[f], 0));
				w.u8(fn.external ? 1 : 0);
			}
		}
		// Variables of the function itself come first, those of inlined calls behind them.
		let own = p.fnVarAt[f];
		while (own < p.fnVarAt[f + 1] && p.varInl[own] === -1) own++;
		if (p.fnDwarf[f] === 1) {
			this.scopes.set(p.scopeParent, p.fnScopeAt[f], p.fnScopeAt[f + 1]);
			this.scope(fn, 0, own, index, origin);
		}
		if (p.fnInlAt[f] < p.fnInlAt[f + 1]) {
			this.calls.set(p.inlParent, p.fnInlAt[f], p.fnInlAt[f + 1]);
			this.inlinedCalls(fn, -1, own, index);
		}
		w.u8(0);
	}

	/** Number in the unit of a file by its name in the pack. */
	private file(from: LoadedPack, name: number): number {
		return name < 0 ? 0 : this.fileIndex(from.id(name));
	}

	/** Variables of a scope of the function itself, then its blocks. end: of the function's own variables. */
	private scope(fn: PlacedFunc, scope: number, end: number, index: number, origin: AbstractFunc | undefined): void {
		const { f } = fn;
		const p = fn.from.pack;
		const { w } = this.info;
		for (let v = firstVar(p.varScope, p.fnVarAt[f], end, scope); v < end && p.varScope[v] === scope; v++)
			this.variable(fn, v, index, origin);
		const first = p.fnScopeAt[f];
		for (let child = this.scopes.first(scope); child >= 0; child = this.scopes.next(child)) {
			const s = first + child;
			if (child === 0 || p.scopeVars[s] === 0) continue;
			const from = p.scopeRangeAt[s];
			const to = p.scopeRangeAt[s + 1];
			if (to - from === 1) {
				w.uleb(Abbrev.lexicalBlock);
				w.uleb(this.lists.addr(fn.addr + p.scopeFrom[from]));
				w.uleb(p.scopeTo[from] - p.scopeFrom[from]);
			} else {
				w.uleb(Abbrev.lexicalBlockRanges);
				w.u32(this.lists.beginRanges(index));
				for (let i = from; i < to; i++) this.lists.range(p.scopeFrom[i], p.scopeTo[i]);
				this.lists.endRanges();
			}
			this.scope(fn, child, end, index, origin);
			w.u8(0);
		}
	}

	/** The expression of a location with the addresses of symbols filled in, null when one of them is not in the program. */
	private expr(fn: PlacedFunc, loc: number): Uint8Array | null {
		const p = fn.from.pack;
		const bytes = p.exprBytes.subarray(p.locExprAt[loc], p.locExprAt[loc + 1]);
		const to = p.locSymAt[loc + 1];
		if (p.locSymAt[loc] === to) return bytes;
		const out = bytes.slice();
		const view = new DataView(out.buffer);
		const { addr, sec } = this.layout;
		for (let i = p.locSymAt[loc]; i < to; i++) {
			const id = fn.from.symbol(p.lsRef[i]);
			this.types.touch(id);
			if (sec[id] < 0) return null;
			view.setBigUint64(p.lsOff[i], BigInt(addr[id] + p.lsAdd[i]), true);
		}
		return out;
	}

	private variable(fn: PlacedFunc, v: number, index: number, origin: AbstractFunc | undefined): void {
		const { info } = this;
		const { w } = info;
		const p = fn.from.pack;
		const kind = p.varKind[v];
		const isParam = kind !== 0;
		const first = p.varLocAt[v];
		const end = p.varLocAt[v + 1];
		// Locations that name symbols may fall away.
		const plain = p.locSymAt[first] === p.locSymAt[end];
		let count = end - first;
		let only = first;
		if (!plain) {
			count = 0;
			for (let i = first; i < end; i++) {
				if (this.expr(fn, i) === null) continue;
				if (count === 0) only = i;
				count++;
			}
		}
		const whole = count === 0 || (count === 1 && p.locFrom[only] === 0 && p.locTo[only] >= fn.size);
		const name = fn.from.id(p.varName[v]);
		const shared = origin?.vars.get(varKey(name, kind, p.varLine[v]));
		if (shared !== undefined) {
			if (isParam) w.uleb(whole ? Abbrev.originParamExpr : Abbrev.originParamList);
			else w.uleb(whole ? Abbrev.originVarExpr : Abbrev.originVarList);
			info.ref(shared.label);
		} else {
			const captured = p.varClosure[v] >= 0;
			if (isParam) w.uleb(whole ? Abbrev.paramExpr : Abbrev.paramList);
			else if (captured) w.uleb(whole ? Abbrev.closureExpr : Abbrev.closureList);
			else w.uleb(whole ? Abbrev.varExpr : Abbrev.varList);
			this.name(name);
			if (isParam) w.u8(kind === 2 ? 1 : 0);
			w.uleb(p.varLine[v]);
			info.ref(this.types.of(fn.from.symbol(p.varType[v])));
			if (!isParam && captured) w.uleb(p.varClosure[v]);
		}
		if (whole) {
			const e = count === 0 ? null : this.expr(fn, only);
			w.uleb(e === null ? 0 : e.length);
			if (e !== null) w.bytes(e);
			return;
		}
		w.u32(this.lists.beginLocs(index));
		for (let i = first; i < end; i++) {
			const e = this.expr(fn, i);
			if (e !== null) this.lists.loc(p.locFrom[i], p.locTo[i], e);
		}
		this.lists.endLocs();
	}

	/** Calls inlined into call parent (-1 = the function); vars: where variables of inlined calls start. */
	private inlinedCalls(fn: PlacedFunc, parent: number, vars: number, index: number): void {
		const { w } = this.info;
		const { f } = fn;
		const p = fn.from.pack;
		const first = p.fnInlAt[f];
		for (let k = this.calls.first(parent); k >= 0; k = this.calls.next(k)) {
			const call = first + k;
			const origin = this.abstracts.get(fn.from.id(p.inlFunc[call]));
			const at = p.inlRangeAt[call];
			const end = p.inlRangeAt[call + 1];
			if (at === end || origin === undefined) continue;
			w.uleb(end - at === 1 ? Abbrev.inlined : Abbrev.inlinedRanges);
			this.info.ref(origin.label);
			if (end - at === 1) {
				w.uleb(this.lists.addr(fn.addr + p.rangeFrom[at]));
				w.uleb(p.rangeTo[at] - p.rangeFrom[at]);
			} else {
				w.u32(this.lists.beginRanges(index));
				for (let i = at; i < end; i++) this.lists.range(p.rangeFrom[i], p.rangeTo[i]);
				this.lists.endRanges();
			}
			w.u32(this.file(fn.from, p.inlFile[call]));
			w.uleb(p.inlLine[call]);
			let v = firstVar(p.varInl, vars, p.fnVarAt[f + 1], k);
			for (; v < p.fnVarAt[f + 1] && p.varInl[v] === k; v++) this.variable(fn, v, index, origin);
			this.inlinedCalls(fn, k, vars, index);
			w.u8(0);
		}
	}
}

/** The children of each row of a table whose rows name their parents, in order. */
class Tree {
	/** By row plus one (0 = no parent): the first child plus one; by row: the next sibling plus one. 0 = none. */
	private firsts: Int32Array = new Int32Array(64);
	private nexts: Int32Array = new Int32Array(64);

	/** The rows from..to of the column, whose elements are counted from `from`. */
	set(parents: Int32Array, from: number, to: number): void {
		const n = to - from;
		if (n + 1 > this.firsts.length) {
			this.firsts = new Int32Array(2 * n);
			this.nexts = new Int32Array(2 * n);
		}
		const { firsts, nexts } = this;
		firsts.fill(0, 0, n + 1);
		for (let k = n - 1; k >= 0; k--) {
			const parent = parents[from + k] + 1;
			nexts[k] = firsts[parent];
			firsts[parent] = k + 1;
		}
	}

	/** The first child of a row (-1: row without parent), -1 = none. */
	first(row: number): number {
		return this.firsts[row + 1] - 1;
	}

	next(row: number): number {
		return this.nexts[row] - 1;
	}
}

/** The first of the sorted elements from..to that is not smaller than k. */
function firstVar(list: Int32Array, from: number, to: number, k: number): number {
	let lo = from;
	let hi = to;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (list[mid] < k) lo = mid + 1;
		else hi = mid;
	}
	return lo;
}
