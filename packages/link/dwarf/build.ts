// The debug sections of a program, from what the fragments say about its functions
// and variables.

import { Abbrev, abbrevSection, DW_LANG_Go, DW_OP_addr, FrameWriter, LineWriter } from "#dwarf";
import { SymBit, SymFlag, SymKind } from "#object";
import { fileExpander } from "../files.ts";
import { compressSections, type ExtraSection } from "../image.ts";
import type { LinkInput } from "../input.ts";
import type { Layout } from "../layout.ts";
import type { TypeInfo } from "../typeinfo.ts";
import { InfoWriter } from "./info.ts";
import { TypeEntries, WANTED_TYPES } from "./types.ts";
import { type AbstractFunc, Lists, type PlacedFunc, UnitWriter, varKey } from "./unit.ts";

const COMP_DIR = ".";

interface Unit {
	pkg: string;
	funcs: PlacedFunc[];
	/** Functions first inlined in this package. */
	abstracts: AbstractFunc[];
	/** Symbol ids. */
	globals: number[];
}

/** Builds the sections; text is in address order. */
export function buildDwarf(layout: Layout, types: TypeInfo, text: readonly number[], input: LinkInput): ExtraSection[] {
	const units = collectUnits(layout, text);
	const info = new InfoWriter();
	const entries = new TypeEntries(info, layout, types);
	const lists = new Lists();
	const frames = new FrameWriter();
	const expand = fileExpander(input.defaultGoroot);
	const abstracts = collectAbstracts(units, info);
	const lines: Uint8Array[] = [];
	let lineOffset = 0;
	for (const unit of units) {
		if (unit.funcs.length === 0 && unit.globals.length === 0) continue;
		const line = new LineWriter(COMP_DIR);
		const numbers = new Map<number, number>();
		const fileIndex = (name: number): number => {
			let n = numbers.get(name);
			if (n === undefined) {
				n = line.fileIndex(expand(layout.syms.space.text(name)));
				numbers.set(name, n);
			}
			return n;
		};
		const writer = new UnitWriter(info, entries, lists, layout, abstracts, fileIndex);
		writeUnit(unit, info, entries, lists, writer, lineOffset, layout, input);
		for (const f of unit.funcs) {
			addLines(line, f, fileIndex);
			const p = f.from.pack;
			frames.add(f.addr, p.frameBytes.subarray(p.fnFrameAt[f.f], p.fnFrameAt[f.f + 1]));
		}
		if (unit.funcs.length > 0) {
			const bytes = line.finish();
			lines.push(bytes);
			lineOffset += bytes.length;
		}
	}
	writeTypesUnit(info, entries, input, programTypes(layout));
	const { addrs, ranges, locs } = lists.finish();
	const out: ExtraSection[] = [
		{ name: ".debug_abbrev", bytes: abbrevSection(), flags: 0 },
		{ name: ".debug_line", bytes: concat(lines), flags: 0 },
		{ name: ".debug_frame", bytes: frames.finish(), flags: 0 },
	];
	const script = gdbScript(input.defaultGoroot);
	if (script !== null) out.push(script);
	out.push(
		{ name: ".debug_info", bytes: info.finish(), flags: 0 },
		{ name: ".debug_loclists", bytes: locs, flags: 0 },
		{ name: ".debug_rnglists", bytes: ranges, flags: 0 },
		{ name: ".debug_addr", bytes: addrs, flags: 0 },
	);
	return input.flags.compressDwarf === null ? out : compressSections(out, input.flags.compressDwarf);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const p of parts) {
		out.set(p, at);
		at += p.length;
	}
	return out;
}

/** .debug_gdb_scripts: where gdb finds the GOROOT's Python helpers. */
function gdbScript(goroot: string): ExtraSection | null {
	if (goroot === "") return null;
	const path = new TextEncoder().encode(`${goroot}/src/runtime/runtime-gdb.py`);
	const bytes = new Uint8Array(path.length + 2);
	bytes[0] = 1;
	bytes.set(path, 1);
	return { name: ".debug_gdb_scripts", bytes, flags: 0 };
}

/** Packages in the order of their text; a package of data only comes after. */
function collectUnits(layout: Layout, text: readonly number[]): Unit[] {
	const { syms } = layout;
	const byPkg = new Map<number, Unit>();
	const unitOf = (id: number): Unit => {
		const pkg = syms.pkg[id];
		let u = byPkg.get(pkg);
		if (u === undefined) {
			u = { pkg: syms.space.text(pkg), funcs: [], abstracts: [], globals: [] };
			byPkg.set(pkg, u);
		}
		return u;
	};
	for (const id of text) {
		const f = syms.func(id);
		if (f < 0 || syms.size[id] === 0) continue;
		unitOf(id).funcs.push({
			name: id >> 1,
			addr: layout.addr[id],
			size: syms.size[id],
			from: syms.packs[syms.pack[id]],
			f,
			wrapper: (syms.flags[id] & SymFlag.Wrapper) !== 0,
			external: (syms.flags[id] & SymFlag.Local) === 0,
		});
	}
	for (const id of syms.defined)
		if ((syms.bits[id] & SymBit.Variable) !== 0 && layout.sec[id] >= 0 && syms.gotype[id] !== 0) unitOf(id).globals.push(id);
	return [...byPkg.values()];
}

/** Functions that were inlined somewhere, with the variables their instances have; by the number of their name. */
function collectAbstracts(units: readonly Unit[], info: InfoWriter): Map<number, AbstractFunc> {
	const out = new Map<number, AbstractFunc>();
	for (const unit of units) {
		for (const { from, f } of unit.funcs) {
			const p = from.pack;
			const first = p.fnInlAt[f];
			if (first === p.fnInlAt[f + 1]) continue;
			for (let call = first; call < p.fnInlAt[f + 1]; call++) {
				const name = from.id(p.inlFunc[call]);
				if (p.inlRangeAt[call] === p.inlRangeAt[call + 1] || out.has(name)) continue;
				const a: AbstractFunc = { name, label: info.newLabel(), startLine: p.inlStart[call], vars: new Map() };
				out.set(name, a);
				unit.abstracts.push(a);
			}
			for (let v = p.fnVarAt[f]; v < p.fnVarAt[f + 1]; v++) {
				const k = p.varInl[v];
				const a = k < 0 ? undefined : out.get(from.id(p.inlFunc[first + k]));
				if (a === undefined) continue;
				const name = from.id(p.varName[v]);
				const key = varKey(name, p.varKind[v], p.varLine[v]);
				if (a.vars.has(key)) continue;
				const type = from.symbol(p.varType[v]);
				a.vars.set(key, { label: info.newLabel(), name, kind: p.varKind[v], line: p.varLine[v], type });
			}
		}
	}
	return out;
}

function producer(pkg: string, input: LinkInput): string {
	const flags = input.packages.find((p) => p.path === pkg)?.flags ?? "";
	return `Go cmd/compile ${input.goVersion}; ${flags}regabi`;
}

function packageName(pkg: string, input: LinkInput): string {
	const given = input.packages.find((p) => p.path === pkg)?.name ?? "";
	return given !== "" ? given : pkg.slice(pkg.lastIndexOf("/") + 1);
}

function writeUnit(
	unit: Unit,
	info: InfoWriter,
	entries: TypeEntries,
	lists: Lists,
	writer: UnitWriter,
	lineOffset: number,
	layout: Layout,
	input: LinkInput,
): void {
	const { w } = info;
	const at = info.beginUnit();
	const hasText = unit.funcs.length > 0;
	w.uleb(hasText ? Abbrev.compileUnit : Abbrev.compileUnitNoText);
	w.cstr(unit.pkg);
	w.u8(DW_LANG_Go);
	const addrBase = lists.beginUnit();
	if (hasText) {
		const low = unit.funcs[0].addr;
		w.u32(lineOffset);
		w.u64(low);
		w.u32(lists.beginRanges(lists.addr(low)));
		for (const [from, to] of unitRanges(unit.funcs, low)) lists.range(from, to);
		lists.endRanges();
	}
	w.cstr(COMP_DIR);
	w.cstr(producer(unit.pkg, input));
	w.cstr(packageName(unit.pkg, input));
	if (hasText) w.u32(addrBase);
	for (const a of unit.abstracts) writer.abstract(a);
	for (const f of unit.funcs) writer.func(f);
	for (const id of unit.globals) {
		w.uleb(Abbrev.global);
		w.cstr(layout.syms.name(id));
		w.uleb(9);
		w.u8(DW_OP_addr);
		w.u64(layout.addr[id]);
		info.ref(entries.of(layout.syms.gotype[id]));
		w.u8(1);
	}
	w.u8(0);
	info.endUnit(at);
}

/** Bytes that may lie between two functions of a run: alignment. */
const MAX_PADDING = 64;

function unitRanges(funcs: readonly PlacedFunc[], low: number): [number, number][] {
	const out: [number, number][] = [];
	for (const f of funcs) {
		const last = out[out.length - 1];
		const from = f.addr - low;
		if (last !== undefined && from - last[1] < MAX_PADDING) last[1] = from + f.size;
		else out.push([from, from + f.size]);
	}
	return out;
}

/** Descriptors in the program: any value of an interface may have one of these types. */
function programTypes(layout: Layout): number[] {
	const out: number[] = [];
	const { syms } = layout;
	for (const id of syms.defined) if (syms.kind[id] === SymKind.Type && layout.sec[id] >= 0 && syms.isType(id)) out.push(id);
	return out;
}

function writeTypesUnit(info: InfoWriter, entries: TypeEntries, input: LinkInput, used: readonly number[]): void {
	const { w } = info;
	const at = info.beginUnit();
	w.uleb(Abbrev.compileUnitNoText);
	w.cstr("runtime");
	w.u8(DW_LANG_Go);
	w.cstr(COMP_DIR);
	w.cstr(producer("runtime", input));
	w.cstr("runtime");
	for (const name of WANTED_TYPES) entries.named(name);
	for (const id of used) entries.of(id);
	entries.flush();
	w.u8(0);
	info.endUnit(at);
}

/** The rows of a function. */
function addLines(line: LineWriter, fn: PlacedFunc, fileIndex: (name: number) => number): void {
	const p = fn.from.pack;
	const to = p.fnLineAt[fn.f + 1];
	if (p.fnLineAt[fn.f] === to) return;
	line.begin(fn.addr);
	for (let i = p.fnLineAt[fn.f]; i < to; i++) {
		const name = p.lineFile[i];
		line.run(name < 0 ? 0 : fileIndex(fn.from.id(name)), p.lineBytes.subarray(p.lineCodeAt[i], p.lineCodeAt[i + 1]));
	}
}
