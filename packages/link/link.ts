// Fragments in, executable out. Each phase reads what the previous ones left in
// Symbols and Layout; nothing is kept between links.

import { ByteWriter } from "#base";
import { encodeBuildInfo, wrapModInfo } from "#elf";
import { ABI0, Names, SymKind } from "#object";
import type { PclnTable } from "#pclntab";
import { findReachable } from "./deadcode.ts";
import { buildDwarf } from "./dwarf/build.ts";
import { defineFips, type FipsMarks, placeFips, writeFipsInfo } from "./fips.ts";
import { buildFunctab, layoutFuncdata, placeFunctab } from "./functab.ts";
import { sectionGcProgram } from "./gcprog.ts";
import { sha256 } from "./sha256.ts";
import { buildNotes, headerSize, loadedSections, loadedSize, writeImage } from "./image.ts";
import { orderInitTasks } from "./inittask.ts";
import type { LinkInput } from "./input.ts";
import { GROUP, type Groups, groupSymbols, Layout, PAGE, Sec } from "./layout.ts";
import { moduledataBytes } from "./moduledata.ts";
import { orderEntries } from "./order.ts";
import { assignOwners } from "./owners.ts";
import { packFragments } from "./packer.ts";
import { Relocator } from "./relocate.ts";
import { checkBarriers } from "./barriercheck.ts";
import { checkStack } from "./stackcheck.ts";
import { defineStrings, placeStrings, type StringVar, writeStrings } from "./strings.ts";
import { Symbols } from "./symbols.ts";
import { buildSymtab, type GroupSymbol } from "./symtab.ts";
import { TypeInfo } from "./typeinfo.ts";
import { verifyImage } from "./verify.ts";

const DEFAULT_ENTRY = "_rt0_amd64_linux";
/** The first bytes of .rodata hold nothing, so that no type has offset 0. */
const TYPES_RESERVE = 8;

/** Symbols the linker makes or takes over. */
interface Made {
	moduledata: number;
	lastmoduledatap: number;
	mainTasks: number;
	runtimeTasks: number;
	runtimeTasksVar: number;
	fips: FipsMarks;
	gcdata: number;
	gcbss: number;
	textsectmap: number;
	buildinfo: number;
	mainOrder: number[];
	runtimeOrder: number[];
}

/** The executable, or null after errors were reported. */
export function link(input: LinkInput): Uint8Array | null {
	if (input.flags.buildmode !== "exe" && input.flags.buildmode !== "default") {
		throw new Error(`link: -buildmode=${input.flags.buildmode} is not supported yet`);
	}
	const syms = loadSymbols(input);
	if (syms.errors > 0) return null;
	const types = new TypeInfo(syms, input.structLayout);
	const buildInfo = encodeBuildInfo(input.goVersion, wrapModInfo(input.modInfo));
	const made = defineMade(syms, input, buildInfo);
	const entry = syms.lookup(input.flags.entry === "" ? DEFAULT_ENTRY : input.flags.entry, ABI0);
	if (entry === 0 || !syms.isDefined(entry)) syms.error(`entry symbol ${input.flags.entry || DEFAULT_ENTRY} not defined`);
	const reached = findReachable(syms, types, [entry, ...made.mainOrder, ...made.runtimeOrder]);
	const strings = defineStrings(syms, stringValues(input), (id) => reached.has(id));
	if (syms.errors > 0) return null;
	checkStack(syms, reached);
	checkBarriers(syms, reached);

	const order = assignOwners(syms, input.packages, reached);
	const groups = groupSymbols(syms, reached, order.ranks);
	const layout = new Layout(syms);
	const { buildId } = input.flags;
	const open = buildId.endsWith("/");
	const noteError = (msg: string): void => syms.error(msg);
	const notes = buildNotes(open ? buildId + "0".repeat(CONTENT_ID) : buildId, input.flags.hostBuildId, noteError);
	const table = layoutAll(layout, types, groups, made, strings, input.defaultGoroot);
	layout.finish(headerSize(notes));
	setBoundaries(layout, table);
	if (syms.errors > 0) return null;

	const loaded = new Uint8Array(loadedSize(layout));
	loaded.set(table.table.bytes, layout.sections[Sec.pclntab].offset);
	new Relocator(layout, reached, loaded).run();
	writeMade(layout, types, groups, made, table, input, loaded);
	writeStrings(layout, strings, loaded);
	loaded.set(buildInfo, layout.fileOffset(made.buildinfo));
	writeFipsInfo(layout, made.fips, loaded, input.flags.sha256 ?? sha256);
	if (syms.errors > 0) return null;

	const { headers, index } = loadedSections(layout, notes);
	const symbols = input.flags.stripSymbols ? null : buildSymtab(layout, groupNames(layout, table), index);
	const noDwarf = input.flags.stripDwarf || input.flags.stripSymbols;
	const debug = noDwarf ? [] : buildDwarf(layout, types, table.funcs, order, input);
	const image = writeImage(layout, loaded, notes, headers, debug, symbols?.table ?? null, symbols?.firstGlobal ?? 0, layout.addr[entry]);
	if (open) {
		const content = base64((input.flags.sha256 ?? sha256)(image)).slice(0, CONTENT_ID);
		for (const n of buildNotes(buildId + content, input.flags.hostBuildId, noteError)) image.set(n.bytes, n.offset);
	}
	if (input.verify) verifyImage(image, layout, table.table);
	return image;
}

function loadSymbols(input: LinkInput): Symbols {
	const { stored, packages } = input;
	const names = stored?.names ?? new Names();
	const fresh = packFragments(input.fragments, names);
	const packs = [...(stored?.packs ?? []), fresh];
	const pack: number[] = [...(stored?.pack ?? [])];
	const entry: number[] = [...(stored?.entry ?? [])];
	for (let e = 0; e < fresh.pack.entRef.length; e++) {
		pack.push(packs.length - 1);
		entry.push(e);
	}
	const order =
		stored === undefined
			? { pack: Int32Array.from(pack), entry: Int32Array.from(entry) }
			: orderEntries(packs, pack, entry, packages, names);
	const syms = new Symbols(names, input.report);
	syms.load(packs, order);
	return syms;
}

/** Characters of each part of a build id. */
const CONTENT_ID = 20;

/** In the alphabet for file names; whole groups of three bytes only. */
function base64(bytes: Uint8Array): string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	let out = "";
	for (let i = 0; i + 2 < bytes.length; i += 3) {
		const n = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
		out += letters[n >> 18] + letters[(n >> 12) & 63] + letters[(n >> 6) & 63] + letters[n & 63];
	}
	return out;
}

function stringValues(input: LinkInput): Map<string, Uint8Array> {
	const utf8 = new TextEncoder();
	const values = new Map<string, Uint8Array>();
	values.set("runtime.buildVersion", utf8.encode(input.goVersion));
	if (input.modInfo !== "") values.set("runtime.modinfo", wrapModInfo(input.modInfo));
	if (input.defaultGoroot !== "") values.set("runtime.defaultGOROOT", utf8.encode(input.defaultGoroot));
	if (input.godebugDefault !== "") values.set("runtime.godebugDefault", utf8.encode(input.godebugDefault));
	for (const [name, value] of input.flags.defines) values.set(name, utf8.encode(value));
	return values;
}

function defineMade(syms: Symbols, input: LinkInput, buildInfo: Uint8Array): Made {
	const mainOrder = orderInitTasks(syms, input.packages, "main..inittask");
	const runtimeOrder = orderInitTasks(syms, input.packages, "runtime..inittask");
	return {
		moduledata: syms.define("runtime.firstmoduledata", SymKind.Noptrdata, input.structLayout("runtime.moduledata").size),
		lastmoduledatap: syms.define("runtime.lastmoduledatap", SymKind.Noptrdata, 8),
		mainTasks: syms.define("go:main.inittasks", SymKind.Noptrdata, 8 * mainOrder.length),
		runtimeTasks: syms.define("go:runtime.inittasks", SymKind.Noptrdata, 8 * runtimeOrder.length),
		runtimeTasksVar: syms.define("runtime.runtime_inittasks", SymKind.Noptrdata, 24),
		fips: defineFips(syms),
		gcdata: syms.define("runtime.gcdata", SymKind.Rodata, 0),
		gcbss: syms.define("runtime.gcbss", SymKind.Rodata, 0),
		textsectmap: syms.define("runtime.textsectionmap", SymKind.Rodata, input.structLayout("runtime.textsect").size),
		buildinfo: syms.define("go:buildinfo", SymKind.Noptrdata, buildInfo.length),
		mainOrder,
		runtimeOrder,
	};
}

interface Tables {
	table: PclnTable;
	gcdata: Uint8Array;
	gcbss: Uint8Array;
	/** Groups of read-only symbols: bounds as offsets in .rodata. */
	bounds: { name: string; from: number; to: number }[];
	/** Text symbols in the function table, in order. */
	funcs: number[];
}

/** Places everything; addresses are still offsets in sections. */
function layoutAll(layout: Layout, types: TypeInfo, groups: Groups, made: Made, strings: readonly StringVar[], goroot: string): Tables {
	// What no edit changes first, and what every edit may change last.
	placeFips(layout, Sec.text, made.fips.text, () => layout.placeText(groups.textFips));
	layout.placeText(groups.text);
	const funcdata = layoutFuncdata(layout, groups.funcdata);
	const funcs = [...groups.textFips, ...groups.text];
	const table = buildFunctab(layout, funcs, funcdata, goroot);
	placeFunctab(layout, table, groups.funcdata, funcdata.align);

	placeWritable(layout, groups, made);
	const gcdata = gcProgram(layout, types, Sec.data);
	const gcbss = gcProgram(layout, types, Sec.bss);
	layout.syms.size[made.gcdata] = gcdata.length;
	layout.syms.size[made.gcbss] = gcbss.length;

	const bounds: Tables["bounds"] = [];
	const rodata = layout.sections[Sec.rodata];
	const group = (name: string, place: () => void): void => {
		const from = layout.reserve(Sec.rodata, 0, GROUP);
		place();
		bounds.push({ name, from, to: rodata.size });
	};
	for (const list of [groups.strings, groups.gcbits, groups.rodata]) layout.fold(list);
	group("type:*", () => {
		layout.reserve(Sec.rodata, TYPES_RESERVE, 32);
		layout.placeData(Sec.rodata, groups.types);
	});
	placeFips(layout, Sec.rodata, made.fips.rodata, () => layout.placeData(Sec.rodata, groups.rodataFips));
	group("go:string.*", () => layout.placeData(Sec.rodata, groups.strings));
	group("runtime.gcbits.*", () => layout.placeData(Sec.rodata, groups.gcbits));
	layout.reserve(Sec.rodata, 0, GROUP);
	layout.placeData(Sec.rodata, groups.rodata);
	layout.place(Sec.rodata, made.textsectmap, 8);
	layout.place(Sec.rodata, made.gcdata, 1);
	layout.place(Sec.rodata, made.gcbss, 1);
	placeStrings(layout, strings);
	layout.reserve(Sec.typelink, groups.typelinks.length * 4, 32);
	layout.reserve(Sec.itablink, groups.itabs.length * 8, 32);
	return { table, gcdata, gcbss, bounds, funcs };
}

function placeWritable(layout: Layout, groups: Groups, made: Made): void {
	layout.place(Sec.buildinfo, made.buildinfo, 16);
	layout.place(Sec.fipsinfo, made.fips.info, 32);
	layout.place(Sec.module, made.moduledata, 32);
	placeFips(layout, Sec.noptrdata, made.fips.noptrdata, () => layout.placeData(Sec.noptrdata, groups.noptrdataFips));
	layout.placeData(Sec.noptrdata, groups.noptrdata);
	for (const id of [made.lastmoduledatap, made.mainTasks, made.runtimeTasks, made.runtimeTasksVar]) layout.place(Sec.noptrdata, id, 8);
	layout.sections[Sec.data].align = GROUP;
	placeFips(layout, Sec.data, made.fips.data, () => layout.placeData(Sec.data, groups.dataFips));
	layout.placeData(Sec.data, groups.data);
	layout.sections[Sec.bss].align = PAGE;
	layout.placeData(Sec.bss, groups.bss);
	layout.sections[Sec.noptrbss].align = PAGE;
	layout.placeData(Sec.noptrbss, groups.noptrbss);
}

function gcProgram(layout: Layout, types: TypeInfo, sec: Sec): Uint8Array {
	const ids = layout.placed[sec].filter((id) => layout.syms.made[id] === 0);
	const offsets = ids.map((id) => layout.addr[id]);
	return sectionGcProgram(layout.syms, types, ids, offsets, layout.sections[sec].size);
}

/** Boundary symbols that assembly or Go code may mention. */
function setBoundaries(layout: Layout, t: Tables): void {
	const start = (name: string, sec: Sec): void => layout.setAddr(name, sec, layout.sections[sec].addr);
	const end = (name: string, sec: Sec): void => layout.setAddr(name, sec, layout.end(sec));
	start("runtime.text", Sec.text);
	end("runtime.etext", Sec.text);
	start("runtime.rodata", Sec.rodata);
	end("runtime.erodata", Sec.rodata);
	start("runtime.types", Sec.rodata);
	end("runtime.etypes", Sec.rodata);
	start("runtime.noptrdata", Sec.noptrdata);
	end("runtime.enoptrdata", Sec.noptrdata);
	start("runtime.data", Sec.data);
	end("runtime.edata", Sec.data);
	start("runtime.bss", Sec.bss);
	end("runtime.ebss", Sec.bss);
	start("runtime.noptrbss", Sec.noptrbss);
	end("runtime.enoptrbss", Sec.noptrbss);
	end("runtime.covctrs", Sec.noptrbss);
	end("runtime.ecovctrs", Sec.noptrbss);
	end("runtime.end", Sec.noptrbss);
	start("runtime.pclntab", Sec.pclntab);
	start("runtime.pcheader", Sec.pclntab);
	end("runtime.epclntab", Sec.pclntab);
	start("runtime.typelink", Sec.typelink);
	start("runtime.itablink", Sec.itablink);
	const pcln = layout.sections[Sec.pclntab].addr;
	layout.setAddr("runtime.findfunctab", Sec.pclntab, pcln + t.table.findfunctab.off);
	layout.setAddr("go:func.*", Sec.pclntab, pcln + t.table.funcdata.off);
}

function groupNames(layout: Layout, t: Tables): GroupSymbol[] {
	const out: GroupSymbol[] = [];
	const add = (name: string, sec: Sec, addr: number, size: number): void => {
		out.push({ name, addr, size, sec });
	};
	const edges = (name: string, sec: Sec, prefix = "e"): void => {
		add(`runtime.${name}`, sec, layout.sections[sec].addr, 0);
		add(`runtime.${prefix}${name}`, sec, layout.end(sec), 0);
	};
	edges("text", Sec.text);
	edges("types", Sec.rodata);
	edges("rodata", Sec.rodata);
	const rodata = layout.sections[Sec.rodata].addr;
	for (const b of t.bounds) add(b.name, Sec.rodata, rodata + b.from, b.to - b.from);
	edges("pclntab", Sec.pclntab);
	const pcln = layout.sections[Sec.pclntab].addr;
	add("go:func.*", Sec.pclntab, pcln + t.table.funcdata.off, t.table.funcdata.size);
	add("runtime.findfunctab", Sec.pclntab, pcln + t.table.findfunctab.off, t.table.findfunctab.size);
	add("runtime.typelink", Sec.typelink, layout.sections[Sec.typelink].addr, layout.sections[Sec.typelink].size);
	add("runtime.itablink", Sec.itablink, layout.sections[Sec.itablink].addr, layout.sections[Sec.itablink].size);
	edges("noptrdata", Sec.noptrdata);
	edges("data", Sec.data);
	edges("bss", Sec.bss);
	edges("noptrbss", Sec.noptrbss);
	add("runtime.covctrs", Sec.noptrbss, layout.end(Sec.noptrbss), 0);
	add("runtime.ecovctrs", Sec.noptrbss, layout.end(Sec.noptrbss), 0);
	add("runtime.end", Sec.noptrbss, layout.end(Sec.noptrbss), 0);
	return out;
}

/** Fills what the linker made: moduledata, init task lists, type and itab links, GC programs. */
function writeMade(layout: Layout, types: TypeInfo, groups: Groups, made: Made, t: Tables, input: LinkInput, image: Uint8Array): void {
	const { addr, sections } = layout;
	const words = (values: readonly number[]): Uint8Array => {
		const w = new ByteWriter(values.length * 8);
		for (const v of values) w.u64(v);
		return w.take();
	};
	const put = (id: number, bytes: Uint8Array): void => image.set(bytes, layout.fileOffset(id));
	const text = sections[Sec.text];
	put(made.gcdata, t.gcdata);
	put(made.gcbss, t.gcbss);
	put(made.textsectmap, words([0, text.size, text.addr]));
	put(made.mainTasks, words(made.mainOrder.map((id) => addr[id])));
	put(made.runtimeTasks, words(made.runtimeOrder.map((id) => addr[id])));
	put(made.runtimeTasksVar, words([addr[made.runtimeTasks], made.runtimeOrder.length, made.runtimeOrder.length]));
	put(made.lastmoduledatap, words([addr[made.moduledata]]));

	const keyed = groups.typelinks.map((id): [string, number] => [types.typeString(id), id]);
	keyed.sort((a, b) => compareBytes(a[0], b[0]) || layout.syms.seq[a[1]] - layout.syms.seq[b[1]]);
	const links = new ByteWriter(keyed.length * 4);
	for (const [, id] of keyed) links.u32(addr[id] - sections[Sec.rodata].addr);
	image.set(links.view8(), sections[Sec.typelink].offset);
	image.set(words(groups.itabs.map((id) => addr[id])), sections[Sec.itablink].offset);

	const first = t.funcs[0];
	const last = t.funcs[t.funcs.length - 1];
	put(
		made.moduledata,
		moduledataBytes(layout, input.structLayout("runtime.moduledata"), {
			table: t.table,
			gcdata: addr[made.gcdata],
			gcbss: addr[made.gcbss],
			textsectmap: addr[made.textsectmap],
			typelinks: groups.typelinks.length,
			itablinks: groups.itabs.length,
			inittasks: addr[made.mainTasks],
			inittaskCount: made.mainOrder.length,
			minpc: addr[first],
			maxpc: addr[last] + layout.syms.size[last],
			end: layout.end(Sec.noptrbss),
		}),
	);
}

/** Order of the UTF-8 bytes of two strings. */
function compareBytes(a: string, b: string): number {
	const n = Math.min(a.length, b.length);
	for (let i = 0; i < n; i++) {
		const x = a.charCodeAt(i);
		const y = b.charCodeAt(i);
		// Code units order as bytes do, except that surrogates lie below the rest of their plane.
		if (x !== y) return (isSurrogate(x) ? x + 0x10000 : x) - (isSurrogate(y) ? y + 0x10000 : y);
	}
	return a.length - b.length;
}

function isSurrogate(c: number): boolean {
	return c >= 0xd800 && c < 0xe000;
}
