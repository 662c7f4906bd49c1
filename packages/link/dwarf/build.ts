// The debug sections of a program, from what the fragments say about its functions
// and variables.

import { Abbrev, abbrevSection, DW_LANG_Go, DW_OP_addr, FrameWriter, LineWriter } from "#dwarf";
import { type ObjSym, SymFlag, SymKind } from "#object";
import { PcValues } from "#pclntab";
import { fileExpander } from "../files.ts";
import { compressSections, type ExtraSection } from "../image.ts";
import type { LinkInput } from "../input.ts";
import type { Layout } from "../layout.ts";
import type { TypeInfo } from "../typeinfo.ts";
import { InfoWriter } from "./info.ts";
import { TypeEntries, WANTED_TYPES } from "./types.ts";
import { type AbstractFunc, inlineRanges, Lists, type PlacedFunc, UnitWriter, varKey } from "./unit.ts";

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
		writeUnit(unit, info, entries, lists, abstracts, line, lineOffset, layout, input, expand);
		for (const f of unit.funcs) {
			addRows(line, f, expand);
			addFrame(frames, f);
		}
		if (unit.funcs.length > 0) {
			const bytes = line.finish();
			lines.push(bytes);
			lineOffset += bytes.length;
		}
	}
	writeTypesUnit(info, entries, input, programTypes(layout, types));
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
	const byPkg = new Map<string, Unit>();
	const unitOf = (id: number): Unit => {
		const pkg = syms.pkgs[syms.frag[id]];
		let u = byPkg.get(pkg);
		if (u === undefined) {
			u = { pkg, funcs: [], abstracts: [], globals: [] };
			byPkg.set(pkg, u);
		}
		return u;
	};
	for (const id of text) {
		const def = syms.defs[id] as ObjSym;
		if (def.func === null || syms.size[id] === 0) continue;
		const refs = syms.refs[syms.frag[id]];
		unitOf(id).funcs.push({
			name: syms.names[id],
			addr: layout.addr[id],
			size: syms.size[id],
			info: def.func,
			typeOf: (nameIndex) => refs[nameIndex],
			addrOf: (nameIndex) => (layout.sec[refs[nameIndex]] >= 0 ? layout.addr[refs[nameIndex]] : -1),
			wrapper: (def.flags & SymFlag.Wrapper) !== 0,
			external: (def.flags & SymFlag.Local) === 0,
		});
	}
	for (let id = 1; id < syms.count; id++) if (isVariable(layout, id)) unitOf(id).globals.push(id);
	return [...byPkg.values()];
}

/** Whether a placed symbol is a package variable that debuggers should list. */
function isVariable(layout: Layout, id: number): boolean {
	const { syms } = layout;
	if (layout.sec[id] < 0 || (syms.flags[id] & SymFlag.Local) !== 0 || syms.gotype(id) === 0) return false;
	switch (syms.kind[id]) {
		case SymKind.Noptrdata:
		case SymKind.Data:
		case SymKind.Bss:
		case SymKind.Noptrbss:
		case SymKind.NoptrdataFips:
		case SymKind.DataFips: {
			const name = syms.names[id];
			return !name.includes("..") && !name.startsWith("go:") && !name.includes(":");
		}
		default:
			return false;
	}
}

/** Functions that were inlined somewhere, with the variables their instances have. */
function collectAbstracts(units: readonly Unit[], info: InfoWriter): Map<string, AbstractFunc> {
	const out = new Map<string, AbstractFunc>();
	for (const unit of units) {
		for (const f of unit.funcs) {
			if (f.info.inlined.length === 0) continue;
			const ranges = inlineRanges(f.info);
			f.info.inlined.forEach((call, k) => {
				if (ranges[k].length === 0 || out.has(call.func)) return;
				const a: AbstractFunc = { name: call.func, label: info.newLabel(), startLine: call.startLine, vars: new Map() };
				out.set(call.func, a);
				unit.abstracts.push(a);
			});
			for (const v of f.info.dwarf?.vars ?? []) {
				const a = v.inlined < 0 ? undefined : out.get(f.info.inlined[v.inlined].func);
				if (a !== undefined && !a.vars.has(varKey(v))) a.vars.set(varKey(v), { label: info.newLabel(), v, type: f.typeOf(v.type) });
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
	abstracts: ReadonlyMap<string, AbstractFunc>,
	line: LineWriter,
	lineOffset: number,
	layout: Layout,
	input: LinkInput,
	expand: (path: string) => string,
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
		w.u32(lists.rangeList(lists.addr(low), unitRanges(unit.funcs, low)));
	}
	w.cstr(COMP_DIR);
	w.cstr(producer(unit.pkg, input));
	w.cstr(packageName(unit.pkg, input));
	if (hasText) w.u32(addrBase);
	const writer = new UnitWriter(info, entries, lists, abstracts, (path) => line.fileIndex(expand(path)));
	for (const a of unit.abstracts) writer.abstract(a);
	for (const f of unit.funcs) writer.func(f);
	for (const id of unit.globals) {
		w.uleb(Abbrev.global);
		w.cstr(layout.syms.names[id]);
		w.uleb(9);
		w.u8(DW_OP_addr);
		w.u64(layout.addr[id]);
		info.ref(entries.of(layout.syms.gotype(id)));
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
function programTypes(layout: Layout, types: TypeInfo): number[] {
	const out: number[] = [];
	for (let id = 1; id < layout.syms.count; id++) {
		if (layout.syms.kind[id] === SymKind.Type && layout.sec[id] >= 0 && types.isType(id)) out.push(id);
	}
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

/** Line rows of a function: one where file or line changes or a statement starts. */
function addRows(line: LineWriter, f: PlacedFunc, expand: (path: string) => string): void {
	const { info } = f;
	if (info.pcln.length === 0) return;
	const d = info.dwarf;
	let lastPath = "";
	let lastNumber = 0;
	const fileNumber = (path: string): number => {
		if (path !== lastPath) {
			lastPath = path;
			lastNumber = line.fileIndex(expand(path));
		}
		return lastNumber;
	};
	const fileAt = new PcValues(info.pcfile);
	const lineAt = new PcValues(info.pcln);
	fileAt.step();
	lineAt.step();
	let stmt = 0;
	let pc = 0;
	let lastFile = -1;
	let lastLine = -1;
	line.begin(f.addr);
	while (pc < f.size) {
		while (fileAt.next <= pc && fileAt.step());
		while (lineAt.next <= pc && lineAt.step());
		if (pc >= lineAt.next && pc >= fileAt.next) break;
		while (d !== null && stmt < d.stmts.length && d.stmts[stmt] < pc) stmt++;
		const starts = d === null || pc === 0 || pc === d.prologueEnd || d.stmts[stmt] === pc;
		const path = info.files[fileAt.value];
		const file = path === undefined ? 0 : fileNumber(path);
		const number = lineAt.value + info.startLine;
		if (file !== lastFile || number !== lastLine || (d !== null && starts)) {
			line.row(f.addr + pc, file, number, starts, d !== null && pc === d.prologueEnd);
			lastFile = file;
			lastLine = number;
		}
		pc = nextBoundary(pc, f.size, fileAt.next, lineAt.next, d === null ? [] : d.stmts, stmt, d?.prologueEnd ?? 0);
	}
	line.end(f.addr + f.size);
}

function nextBoundary(pc: number, size: number, a: number, b: number, stmts: readonly number[], stmt: number, prologueEnd: number): number {
	let next = size;
	if (a > pc) next = Math.min(next, a);
	if (b > pc) next = Math.min(next, b);
	for (let i = stmt; i < stmts.length && stmts[i] < next; i++)
		if (stmts[i] > pc) return Math.min(next, stmts[i], prologueEnd > pc ? prologueEnd : next);
	return prologueEnd > pc ? Math.min(next, prologueEnd) : next;
}

function addFrame(frames: FrameWriter, f: PlacedFunc): void {
	const delta: number[] = [];
	const ends: number[] = [];
	const it = new PcValues(f.info.pcsp);
	while (it.step()) {
		delta.push(it.value);
		ends.push(it.next);
	}
	frames.add(f.addr, f.size, delta, ends);
}
