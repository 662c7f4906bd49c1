// The debug sections of a program, from what the fragments say about its functions
// and variables.

import { Abbrev, abbrevSection, DW_LANG_Go, DW_OP_addr, FrameWriter, LineWriter } from "#dwarf";
import { SymBit, SymFlag, SymKind } from "#object";
import { fileExpander } from "../files.ts";
import type { ExtraSection } from "../image.ts";
import type { LinkInput } from "../input.ts";
import type { Layout } from "../layout.ts";
import type { PackageOrder } from "../owners.ts";
import type { TypeInfo } from "../typeinfo.ts";
import { Abstracts } from "./abstracts.ts";
import { InfoWriter } from "./info.ts";
import { joinPieces, PART_SECTIONS, pieceOf } from "./parts.ts";
import { type DebugRecord, decodeRecord, encodeRecord, Fingerprints, holds, type Part, recordSettings, sameShape } from "./record.ts";
import { TypeEntries, WANTED_TYPES } from "./types.ts";
import { Lists, type PlacedFunc, UnitWriter } from "./unit.ts";

const COMP_DIR = ".";
/** A part ends with the package that brings it to as many bytes of .debug_info. */
const PART_SIZE = 1 << 16;

/** A package. */
interface Unit {
	pkg: string;
	funcs: PlacedFunc[];
	/** Symbol ids of variables, and of descriptors: any value of an interface may have one of these types. */
	globals: number[];
	types: number[];
}

/** Builds the sections; text is in address order. */
export function buildDwarf(
	layout: Layout,
	types: TypeInfo,
	text: readonly number[],
	order: PackageOrder,
	input: LinkInput,
): ExtraSection[] {
	const { ranks } = order;
	const units = collectUnits(layout, text, order);
	const settings = recordSettings(input);
	const prints = input.record === undefined ? [] : new Fingerprints(layout, ranks, units.length, input).texts();
	const earlier = input.record?.earlier ?? null;
	const record = earlier === null ? null : decodeRecord(earlier, settings);
	const { parts, isNew } = new DebugWriter(layout, types, ranks, input).write(units, record, prints);
	if (isNew) input.record?.keep(() => encodeRecord(settings, { parts, prints }));
	const compressed = input.flags.compressDwarf !== null;
	const [line, frame, ...rest] = PART_SECTIONS.map((name, i) =>
		joinPieces(
			name,
			parts.map((p) => p.pieces[i]),
			compressed,
		),
	);
	const script = gdbScript(input.defaultGoroot);
	return [{ name: ".debug_abbrev", bytes: abbrevSection(), flags: 0 }, line, frame, ...(script === null ? [] : [script]), ...rest];
}

/** Writes units part by part. */
class DebugWriter {
	private readonly layout: Layout;
	private readonly input: LinkInput;
	private readonly info = new InfoWriter();
	private readonly entries: TypeEntries;
	private readonly lists = new Lists();
	private readonly abstracts: Abstracts;
	private readonly expand: (path: string) => string;
	private frames: FrameWriter = new FrameWriter(true);
	private lines: Uint8Array[] = [];
	private lineOffset = 0;

	constructor(layout: Layout, types: TypeInfo, ranks: Int32Array, input: LinkInput) {
		this.layout = layout;
		this.input = input;
		this.entries = new TypeEntries(this.info, layout, types, ranks);
		this.abstracts = new Abstracts(this.info, layout.syms.space);
		this.expand = fileExpander(input.defaultGoroot);
	}

	/** All parts, those of the record that hold among them; isNew: another record would serve better. units: by rank of their package, the first is none. */
	write(units: readonly Unit[], record: DebugRecord | null, prints: readonly string[]): { parts: Part[]; isNew: boolean } {
		const { syms } = this.layout;
		const has = (name: string): boolean => {
			const id = syms.lookup(`type:${name}`);
			return id !== 0 && syms.isDefined(id);
		};
		const parts: Part[] = [];
		let isNew = false;
		/** Everything so far lies where it lay. */
		let aligned = record !== null;
		for (let rank = 1; rank < units.length; ) {
			const n = parts.length;
			let part = aligned && record !== null && holds(record, n, rank, prints, has) ? record.parts[n] : null;
			if (part !== null) this.skip(part);
			else {
				part = this.make(units, rank, parts.length === 0);
				// What is not in the cache will be another one next time, too.
				isNew ||= prints.length > 0 && prints.slice(part.from, part.to).every((p) => p !== "");
				aligned &&= sameShape(part, record?.parts[n]);
			}
			parts.push(part);
			rank = part.to;
		}
		return { parts, isNew };
	}

	/** Makes the part of the packages from a rank on. */
	private make(units: readonly Unit[], from: number, isFirst: boolean): Part {
		this.frames = new FrameWriter(isFirst);
		for (let rank = from; ; rank++) {
			this.unit(units[rank]);
			// The main package has a part of its own: it is the one that changes.
			if (this.info.w.len >= PART_SIZE || rank + 2 >= units.length) return this.take(from, rank + 1);
		}
	}

	private skip(p: Part): void {
		const [line, , info, locs, ranges, addrs] = p.pieces.map((x) => x.size);
		this.lineOffset += line;
		this.info.skip(info);
		this.lists.skip(addrs, ranges, locs);
		this.entries.restore(p.types, p.typeOffsets);
		this.abstracts.restore(p.abstracts);
	}

	private take(from: number, to: number): Part {
		const { compressDwarf } = this.input.flags;
		const info = this.info.take();
		const { addrs, ranges, locs } = this.lists.take();
		const sections = [concat(this.lines), this.frames.finish(), info, locs, ranges, addrs];
		this.lines = [];
		const { keys, offsets, absent, touched } = this.entries.take();
		return {
			from,
			to,
			types: keys,
			typeOffsets: offsets,
			absent,
			touched,
			abstracts: this.abstracts.take(),
			pieces: sections.map((bytes) => pieceOf(bytes, compressDwarf)),
		};
	}

	private unit(unit: Unit): void {
		const { layout, entries, info } = this;
		const wanted = unit.pkg === "runtime" ? WANTED_TYPES : [];
		if (unit.funcs.length + unit.globals.length + unit.types.length + wanted.length === 0) return;
		const line = new LineWriter(COMP_DIR);
		const numbers = new Map<number, number>();
		const fileIndex = (name: number): number => {
			let n = numbers.get(name);
			if (n === undefined) {
				n = line.fileIndex(this.expand(layout.syms.space.text(name)));
				numbers.set(name, n);
			}
			return n;
		};
		const at = this.header(unit);
		const writer = new UnitWriter(info, entries, this.lists, layout, this.abstracts, fileIndex);
		for (const a of this.abstracts.collect(unit.funcs)) writer.abstract(a);
		for (const f of unit.funcs) writer.func(f);
		for (const id of unit.globals) this.global(id);
		for (const name of wanted) entries.named(name);
		for (const id of unit.types) entries.of(id);
		entries.flush();
		info.w.u8(0);
		info.endUnit(at);
		this.lists.endUnit();
		for (const f of unit.funcs) {
			addLines(line, f, fileIndex);
			const p = f.from.pack;
			this.frames.add(f.addr, p.frameBytes.subarray(p.fnFrameAt[f.f], p.fnFrameAt[f.f + 1]));
		}
		if (unit.funcs.length === 0) return;
		const bytes = line.finish();
		this.lines.push(bytes);
		this.lineOffset += bytes.length;
	}

	/** Starts a unit and writes its own entry. */
	private header(unit: Unit): number {
		const { info, lists, input } = this;
		const at = info.beginUnit();
		const { w } = info;
		const hasText = unit.funcs.length > 0;
		w.uleb(hasText ? Abbrev.compileUnit : Abbrev.compileUnitNoText);
		w.cstr(unit.pkg);
		w.u8(DW_LANG_Go);
		const addrBase = lists.beginUnit();
		if (hasText) {
			const low = unit.funcs[0].addr;
			w.u32(this.lineOffset);
			w.u64(low);
			w.u32(lists.beginRanges(lists.addr(low)));
			for (const [from, to] of unitRanges(unit.funcs, low)) lists.range(from, to);
			lists.endRanges();
		}
		w.cstr(COMP_DIR);
		w.cstr(producer(unit.pkg, input));
		w.cstr(packageName(unit.pkg, input));
		if (hasText) w.u32(addrBase);
		return at;
	}

	private global(id: number): void {
		const { info, layout, entries } = this;
		const { w } = info;
		w.uleb(Abbrev.global);
		w.cstr(layout.syms.name(id));
		w.uleb(9);
		w.u8(DW_OP_addr);
		w.u64(layout.addr[id]);
		info.ref(entries.of(layout.syms.gotype[id]));
		w.u8(1);
	}
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

/** Packages by rank; the first is none. */
function collectUnits(layout: Layout, text: readonly number[], order: PackageOrder): Unit[] {
	const { syms } = layout;
	const { ranks } = order;
	const units = order.names.map((name): Unit => ({ pkg: syms.space.text(name), funcs: [], globals: [], types: [] }));
	for (const id of text) {
		const f = syms.func(id);
		if (f < 0 || syms.size[id] === 0) continue;
		units[ranks[syms.pkg[id]]].funcs.push({
			name: id >> 1,
			addr: layout.addr[id],
			size: syms.size[id],
			from: syms.packs[syms.pack[id]],
			f,
			wrapper: (syms.flags[id] & SymFlag.Wrapper) !== 0,
			external: (syms.flags[id] & SymFlag.Local) === 0,
		});
	}
	for (const id of syms.defined) {
		if (layout.sec[id] < 0) continue;
		if ((syms.bits[id] & SymBit.Variable) !== 0 && syms.gotype[id] !== 0) units[ranks[syms.pkg[id]]].globals.push(id);
		if (syms.kind[id] === SymKind.Type && syms.isType(id)) units[ranks[syms.pkg[id]]].types.push(id);
	}
	return units;
}

function producer(pkg: string, input: LinkInput): string {
	const flags = input.packages.find((p) => p.path === pkg)?.flags ?? "";
	return `Go cmd/compile ${input.goVersion}; ${flags}regabi`;
}

function packageName(pkg: string, input: LinkInput): string {
	const given = input.packages.find((p) => p.path === pkg)?.name ?? "";
	return given !== "" ? given : pkg.slice(pkg.lastIndexOf("/") + 1);
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
