// A Go executable (or shared object) as a debugger sees it. Reads on demand; addresses in and out are those of the
// running program, `slide` above those in the file.

import { ByteReader, type ByteSource, FormatError } from "#base";
import { DW_AT_const_value, DW_AT_location, DW_AT_type, DW_OP_addr, Dwarf, FrameTable, type Unit } from "#dwarf";
import { type BuildInfo, ElfFile, type ElfSymbols, ET_DYN, PT_LOAD, PT_TLS, readBuildInfo } from "#elf";
import { type CodeFrame, type Func, FuncTable } from "./funcs.ts";
import {
	DebugIndex,
	ENTRY_ABSTRACT,
	ENTRY_CONSTANT,
	ENTRY_FUNC,
	ENTRY_INLINED,
	ENTRY_TYPE,
	ENTRY_VARIABLE,
	type UnitIndex,
} from "./index.ts";
import { FuncIndex, FuncIndexBuilder } from "./funcindex.ts";
import { Lines } from "./lines.ts";
import { findModuleData, type ModuleData, relocated } from "./moduledata.ts";
import { packageOf, withoutTypeArgs } from "./names.ts";
import { readScope, type Scope } from "./scope.ts";
import { ElfDwarfSections, type Inflate, sectionData, sectionSize } from "./sections.ts";
import { type Type, TypeTable } from "./types.ts";

export interface BinaryOptions {
	inflate: Inflate;
	/** What DebugIndex.save gave for this file at another time, null when there is nothing; asked for when it is needed. */
	savedIndex?: () => Uint8Array | null;
	/** What FuncIndex.save gave for this file at another time. */
	savedFuncs?: () => Uint8Array | null;
	/** What the loader added to the file's addresses; 0 for executables at fixed addresses. */
	slide?: number;
}

export interface PackageVariable {
	name: string;
	/** Offset of its entry in .debug_info. */
	entry: number;
}

/** A place where a function was inlined. */
export interface InlineSite {
	/** Lowest address of the inlined code. */
	address: number;
	/** The function whose code it is part of. */
	caller: Func | null;
}

const encoder = new TextEncoder();
const DEFAULT_G_OFFSET = -8;
/** Functions whose inlined copies are looked for before a table of all pays. */
const LINEAR_LOOKUPS = 16;

export class Binary {
	readonly elf: ElfFile;
	readonly slide: number;
	private readonly inflate: Inflate;
	private readonly savedIndex: () => Uint8Array | null;
	private readonly savedFuncs: () => Uint8Array | null;
	private readonly sections: ElfDwarfSections;
	private table: FuncTable | null = null;
	/** What was kept of functions; read with the table. */
	private funcIndex: FuncIndex | null = null;
	private module: ModuleData | null = null;
	private dwarfData: Dwarf | null = null;
	private debugIndex: DebugIndex | null = null;
	private lineData: Lines | null = null;
	private typeTable: TypeTable | null = null;
	private info: BuildInfo | null | undefined = undefined;
	private unitRanges: { low: number; high: number; unit: Unit }[] | null = null;
	private unitsByName: Map<string, Unit[]> | null = null;
	private readonly scopes: Map<number, Scope | null> = new Map();
	private readonly typeByName: Map<string, Type | null> = new Map();
	private readonly runtimeTypes: Map<number, number> = new Map();
	private typeUnits: Iterator<UnitIndex> | null = null;
	private sites: Map<number, { unit: UnitIndex; row: number }[]> | null = null;
	private cfi: FrameTable[] | null = null;
	private siteLookups = 0;
	private symbolTable: ElfSymbols | null = null;
	private tlsOffset: number | null = null;

	/** Throws FormatError when the bytes are not an ELF file of a machine that this can debug. */
	constructor(file: Uint8Array | ByteSource, options: BinaryOptions) {
		this.elf = new ElfFile(file);
		this.slide = options.slide ?? 0;
		this.inflate = options.inflate;
		this.savedIndex = options.savedIndex ?? (() => null);
		this.savedFuncs = options.savedFuncs ?? (() => null);
		this.sections = new ElfDwarfSections(this.elf, options.inflate);
	}

	private openIndex(): DebugIndex {
		const saved = this.savedIndex();
		const index = new DebugIndex(this.dwarf);
		if (saved === null) return index;
		try {
			index.load(saved);
			return index;
		} catch (e) {
			// Of another version, or damaged.
			if (!(e instanceof FormatError)) throw e;
			return new DebugIndex(this.dwarf);
		}
	}

	get positionIndependent(): boolean {
		return this.elf.type === ET_DYN;
	}

	/** Version and module information, null when the file is not Go's. */
	get buildInfo(): BuildInfo | null {
		if (this.info === undefined) this.info = readBuildInfo(this.elf);
		return this.info;
	}

	/** "go1.26.8", "" when not known. */
	get goVersion(): string {
		return this.buildInfo?.goVersion ?? "";
	}

	/** GNU build id in hex, else Go's build id; "" when there is none. */
	get buildId(): string {
		const notes = this.elf.notes();
		const gnu = notes.find((n) => n.name === "GNU" && n.type === 3);
		if (gnu !== undefined) return Array.from(gnu.desc, (b) => b.toString(16).padStart(2, "0")).join("");
		const go = notes.find((n) => n.name === "Go" && n.type === 4);
		return go === undefined ? "" : new TextDecoder().decode(go.desc);
	}

	/** The file has debugging entries. */
	get hasDwarf(): boolean {
		return this.elf.section(".debug_info") !== null || this.elf.section(".zdebug_info") !== null;
	}

	/** Bytes of .debug_info when it is inflated. */
	get debugInfoSize(): number {
		const s = this.elf.section(".debug_info") ?? this.elf.section(".zdebug_info");
		return s === null ? 0 : sectionSize(this.elf, s);
	}

	get moduleData(): ModuleData {
		this.module ??= findModuleData(this.elf, this.pclntabSection().address);
		return this.module;
	}

	/** The pclntab's bytes, up to the end of what is loaded with it, and its address in the file. */
	private pclntabSection(): { bytes: Uint8Array; address: number } {
		for (const name of [".gopclntab", ".data.rel.ro.gopclntab"]) {
			const s = this.elf.section(name);
			if (s !== null) return { bytes: relocated(this.elf, s), address: s.addr };
		}
		// Sections may be stripped away: the table's magic, at an aligned place of a read-only segment.
		for (const p of this.elf.segments) {
			if (p.type !== PT_LOAD || p.filesz === 0) continue;
			const bytes = this.elf.source.read(p.offset, p.filesz);
			for (let at = 0; at + 72 <= bytes.length; at += 32) {
				if (bytes[at] === 0xf1 && bytes[at + 1] === 0xff && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff && bytes[at + 7] === 8) {
					return { bytes: bytes.subarray(at), address: p.vaddr + at };
				}
			}
		}
		throw new FormatError("no pclntab: not a Go executable", 0);
	}

	/** Functions by address and name. */
	get funcs(): FuncTable {
		if (this.table === null) {
			const table = this.openFuncs();
			this.funcIndex = this.openFuncIndex(table);
			table.hashes = this.funcIndex?.names ?? null;
			this.table = table;
		}
		return this.table;
	}

	private openFuncs(): FuncTable {
		const { bytes, address } = this.pclntabSection();
		const md = this.moduleData;
		const text = md.text + this.slide;
		// go:func.* lies after the pclntab in its section since Go 1.26, in .rodata before.
		const gofunc = md.gofunc - address;
		if (gofunc >= 0 && gofunc < bytes.length) return new FuncTable(bytes, gofunc, text);
		const at = this.elf.offsetOf(md.gofunc);
		const pcln = this.elf.offsetOf(address);
		if (pcln >= 0 && pcln <= at) return new FuncTable(this.elf.source.read(pcln, this.elf.source.size - pcln), at - pcln, text);
		if (at < 0) return new FuncTable(bytes, -1, text);
		// Inline trees before the table: both in one buffer.
		const segment = this.elf.segments.find((p) => p.type === PT_LOAD && at >= p.offset && at < p.offset + p.filesz);
		const end = segment === undefined ? at : segment.offset + segment.filesz;
		const trees = this.elf.source.read(at, (pcln > at ? Math.min(pcln, end) : end) - at);
		const both = new Uint8Array(bytes.length + trees.length);
		both.set(bytes);
		both.set(trees, bytes.length);
		return new FuncTable(both, bytes.length, text);
	}

	private openFuncIndex(funcs: FuncTable): FuncIndex | null {
		const saved = this.savedFuncs();
		try {
			return saved === null ? null : FuncIndex.load(saved, funcs.length);
		} catch (e) {
			// Of another version, or damaged.
			if (!(e instanceof FormatError)) throw e;
			return null;
		}
	}

	/** Where the prologue of a function ends according to an index; -1 = that says nothing. */
	prologueEnd(f: Func): number {
		const n = this.funcIndex?.prologues[f.index] ?? 0;
		return n === 0 ? -1 : f.entry + n - 1;
	}

	/** Makes what savedFuncs is to give another time, a unit at a time. */
	buildFuncIndex(): FuncIndexBuilder {
		return new FuncIndexBuilder(this.funcs, this.lines, this.index, this.slide);
	}

	/** A table whose inline trees lie before it in the file: both in one buffer. */
	private separateGofunc(bytes: Uint8Array, address: number, md: ModuleData, at: number): FuncTable {
		let tab = bytes;
		let gofunc = -1;
		if (at >= 0) {
			const segment = this.elf.segments.find((p) => p.type === PT_LOAD && at >= p.offset && at < p.offset + p.filesz);
			const pcln = this.elf.offsetOf(address);
			const end = segment === undefined ? at : segment.offset + segment.filesz;
			const trees = this.elf.source.read(at, (pcln > at ? Math.min(pcln, end) : end) - at);
			tab = new Uint8Array(bytes.length + trees.length);
			tab.set(bytes);
			tab.set(trees, bytes.length);
			gofunc = bytes.length;
		}
		this.table = new FuncTable(tab, gofunc, md.text + this.slide);
		return this.table;
	}

	/** Debugging entries. Throws FormatError when the file has none. */
	get dwarf(): Dwarf {
		if (!this.hasDwarf) throw new FormatError("could not open debug info", 0);
		this.dwarfData ??= new Dwarf(this.sections);
		return this.dwarfData;
	}

	get index(): DebugIndex {
		this.debugIndex ??= this.openIndex();
		return this.debugIndex;
	}

	get lines(): Lines {
		this.lineData ??= new Lines(this.dwarf);
		return this.lineData;
	}

	get types(): TypeTable {
		this.typeTable ??= new TypeTable(this.dwarf);
		return this.typeTable;
	}

	// Addresses.

	funcAt(pc: number): Func | null {
		return this.funcs.at(pc);
	}

	/** The calls at the address of an instruction, innermost first. */
	frames(pc: number): readonly CodeFrame[] {
		return this.funcs.frames(pc);
	}

	/** File, line and function of an instruction, innermost inlined call first; null outside Go's code. */
	position(pc: number): { file: string; line: number; func: Func } | null {
		const f = this.funcs.at(pc);
		return f === null ? null : { file: f.fileAt(pc), line: f.line(pc), func: f };
	}

	/** Name and address of the symbol that holds an address, from the symbol table: for code that is not Go's and for data. */
	symbolAt(address: number): { name: string; address: number; size: number } | null {
		this.symbolTable ??= this.elf.symbols();
		const s = this.symbolTable;
		const at = address - this.slide;
		let best = -1;
		for (let i = 0; i < s.names.length; i++) {
			if (s.shndx[i] === 0 || s.value[i] > at || s.names[i] === "") continue;
			if (best < 0 || s.value[i] > s.value[best]) best = i;
		}
		if (best < 0) return null;
		if (s.size[best] > 0 && at >= s.value[best] + s.size[best]) return null;
		return { name: s.names[best], address: s.value[best] + this.slide, size: s.size[best] };
	}

	// Units.

	/** The unit whose code holds an address of the file. */
	unitOf(filePc: number): Unit | null {
		if (this.unitRanges === null) {
			this.unitRanges = [];
			for (const unit of this.dwarf.units) for (const r of unit.ranges()) this.unitRanges.push({ low: r.low, high: r.high, unit });
			this.unitRanges.sort((a, b) => a.low - b.low);
		}
		const list = this.unitRanges;
		let lo = 0;
		let hi = list.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (list[mid].low <= filePc) lo = mid;
			else hi = mid;
		}
		const hit = list[lo];
		return hit !== undefined && filePc >= hit.low && filePc < hit.high ? hit.unit : null;
	}

	/** Units by name: a Go package's units have its import path. */
	unitsNamed(name: string): readonly Unit[] {
		if (this.unitsByName === null) {
			this.unitsByName = new Map();
			for (const u of this.dwarf.units) {
				const old = this.unitsByName.get(u.root.name);
				if (old === undefined) this.unitsByName.set(u.root.name, [u]);
				else old.push(u);
			}
		}
		return this.unitsByName.get(name) ?? [];
	}

	/** The unit of a function: its package's, when that has it, so that other units stay unread. */
	private funcUnit(f: Func): { unit: UnitIndex; row: number } | null {
		const low = f.entry - this.slide;
		for (const u of this.unitsNamed(f.packageName)) {
			const x = this.index.unit(u.index);
			const row = x.funcRow(low);
			if (row >= 0) return { unit: x, row };
		}
		const u = this.unitOf(low);
		if (u === null) return null;
		const x = this.index.unit(u.index);
		const row = x.funcRow(low);
		return row < 0 ? null : { unit: x, row };
	}

	/** The unit that holds a function, null when there is no DWARF for it. */
	unitOfFunc(f: Func): Unit | null {
		return this.hasDwarf ? (this.funcUnit(f)?.unit.unit ?? null) : null;
	}

	/** The compiler optimized the function, as its unit's producer says. */
	optimized(f: Func): boolean {
		const u = this.unitOfFunc(f);
		if (u === null) return true;
		const producer = u.root.producer;
		const flags = producer.indexOf("; ");
		return flags < 0 || !/(^|\s)-N(\s|$)/.test(producer.slice(flags + 1));
	}

	/** Variables of a function, null when the file does not describe it. */
	scope(f: Func): Scope | null {
		let s = this.scopes.get(f.entry);
		if (s === undefined) {
			const at = this.hasDwarf ? this.funcUnit(f) : null;
			s = at === null ? null : readScope(this.dwarf, at.unit.offset[at.row]);
			this.scopes.set(f.entry, s);
		}
		return s;
	}

	// Names.

	/** Units in the order to look a package's things up in: the package's, then the runtime's (which holds Go's types), then the rest. */
	private *unitsFor(pkg: string): Generator<UnitIndex> {
		const seen = new Set<number>();
		for (const name of [pkg, "runtime"]) {
			for (const u of this.unitsNamed(name)) {
				if (seen.has(u.index)) continue;
				seen.add(u.index);
				yield this.index.unit(u.index);
			}
		}
		for (const u of this.dwarf.units) if (!seen.has(u.index)) yield this.index.unit(u.index);
	}

	/** A type by the name that the compiler gave it, e.g. "*encoding/json.Decoder"; null when the program has none. */
	typeNamed(name: string): Type | null {
		let t = this.typeByName.get(name);
		if (t === undefined) {
			t = this.findType(name);
			this.typeByName.set(name, t);
		}
		return t;
	}

	private findType(name: string): Type | null {
		if (!this.hasDwarf) return null;
		const bytes = encoder.encode(name);
		for (const u of this.unitsFor("runtime")) {
			const rows = u.find(bytes).filter((row) => u.kind[row] === ENTRY_TYPE);
			// A structure and the typedef of its name are the same type: the structure, which says more.
			if (rows.length > 0) return this.types.at(u.offset[rows[rows.length - 1]]);
		}
		return null;
	}

	/** The type that a runtime type descriptor's offset from moduledata.types belongs to. */
	typeOfRuntimeType(offset: number): Type | null {
		if (!this.hasDwarf || offset <= 0) return null;
		// Types are in the runtime's unit, or in those of the packages that have them: these are looked through only when they have to be.
		this.typeUnits ??= this.unitsFor("runtime")[Symbol.iterator]();
		while (!this.runtimeTypes.has(offset)) {
			const next = this.typeUnits.next();
			if (next.done === true) return null;
			const u = next.value;
			for (let row = 0; row < u.count; row++) {
				if (u.kind[row] !== ENTRY_TYPE || u.value[row] === 0) continue;
				// Some linkers write the address of the descriptor rather than its offset.
				const v = u.value[row] >= this.moduleData.types ? u.value[row] - this.moduleData.types : u.value[row];
				this.runtimeTypes.set(v, u.offset[row]);
			}
		}
		const at = this.runtimeTypes.get(offset);
		return at === undefined ? null : this.types.at(at);
	}

	/** Names of all types. */
	typeNames(): string[] {
		const out = new Set<string>();
		for (const u of this.index.all()) for (let r = 0; r < u.count; r++) if (u.kind[r] === ENTRY_TYPE) out.add(u.nameOf(r));
		out.delete("");
		return [...out].sort();
	}

	/** A package variable by its full name, null when there is none. */
	variableNamed(name: string): PackageVariable | null {
		return this.entryNamed(name, ENTRY_VARIABLE);
	}

	/** Address of a package variable; 0 when its place is not a plain address. */
	variableAddress(v: PackageVariable): number {
		const expr = this.dwarf.entry(v.entry).block(DW_AT_location);
		if (expr === null || expr.length !== 9 || expr[0] !== DW_OP_addr) return 0;
		return new ByteReader(expr, 1).u64() + this.slide;
	}

	/** Type of a package variable or constant. */
	variableType(v: PackageVariable): Type | null {
		const ref = this.dwarf.entry(v.entry).ref(DW_AT_type);
		return ref < 0 ? null : this.types.at(ref);
	}

	/** Value of a constant. */
	constantValue(v: PackageVariable): number {
		return this.dwarf.entry(v.entry).int(DW_AT_const_value, 0);
	}

	/** A constant by its full name. */
	constantNamed(name: string): PackageVariable | null {
		return this.entryNamed(name, ENTRY_CONSTANT);
	}

	private entryNamed(name: string, kind: number): PackageVariable | null {
		if (!this.hasDwarf) return null;
		const bytes = encoder.encode(name);
		for (const u of this.unitsFor(packageOf(name))) {
			const row = u.find(bytes).find((r) => u.kind[r] === kind);
			if (row !== undefined) return { name, entry: u.offset[row] };
		}
		return null;
	}

	/** All package variables, or all constants. */
	entries(kind: "variable" | "constant"): PackageVariable[] {
		const want = kind === "variable" ? ENTRY_VARIABLE : ENTRY_CONSTANT;
		const out: PackageVariable[] = [];
		for (const u of this.index.all()) {
			for (let r = 0; r < u.count; r++) if (u.kind[r] === want) out.push({ name: u.nameOf(r), entry: u.offset[r] });
		}
		return out;
	}

	/** Constants that a package's units describe. */
	constantsIn(pkg: string): PackageVariable[] {
		const out: PackageVariable[] = [];
		for (const unit of this.unitsNamed(pkg)) {
			const u = this.index.unit(unit.index);
			for (let r = 0; r < u.count; r++) if (u.kind[r] === ENTRY_CONSTANT) out.push({ name: u.nameOf(r), entry: u.offset[r] });
		}
		return out;
	}

	/** Names of all functions, those that exist only inlined too; unsorted. */
	functionNames(): Set<string> {
		const out = new Set(this.funcs.names().keys());
		if (!this.hasDwarf) return out;
		for (const u of this.index.all()) {
			for (let r = 0; r < u.count; r++) {
				if (u.kind[r] === ENTRY_ABSTRACT || (u.kind[r] === ENTRY_FUNC && u.origin[r] === 0)) out.add(u.nameOf(r));
			}
		}
		out.delete("");
		return out;
	}

	/** Instantiations of generic functions by the generic function's name. */
	genericFunctions(): Map<string, string[]> {
		const out = new Map<string, string[]>();
		for (const name of this.functionNames()) {
			const generic = withoutTypeArgs(name);
			if (generic === name) continue;
			const old = out.get(generic);
			if (old === undefined) out.set(generic, [name]);
			else old.push(name);
		}
		return out;
	}

	/** Where a function was inlined. Reads all of .debug_info once. */
	inlineSites(name: string): InlineSite[] {
		if (!this.hasDwarf || this.hasNoInlined(name)) return [];
		const all = this.index.all();
		// A few functions are found sooner without a table of all.
		if (this.sites === null && this.siteLookups++ < LINEAR_LOOKUPS) return this.scanSites(encoder.encode(name), all);
		if (this.sites === null) {
			this.sites = new Map();
			for (const unit of all) {
				for (let row = 0; row < unit.count; row++) {
					if (unit.kind[row] !== ENTRY_INLINED) continue;
					const old = this.sites.get(unit.origin[row]);
					if (old === undefined) this.sites.set(unit.origin[row], [{ unit, row }]);
					else old.push({ unit, row });
				}
			}
		}
		const bytes = encoder.encode(name);
		const out: InlineSite[] = [];
		for (const u of all) {
			for (const r of u.find(bytes)) {
				if (u.kind[r] !== ENTRY_ABSTRACT) continue;
				for (const site of this.sites.get(u.offset[r]) ?? []) this.addSite(site.unit, site.row, out);
			}
		}
		return out;
	}

	/** An index says that no function of that name was inlined. */
	private hasNoInlined(name: string): boolean {
		void this.funcs;
		return this.funcIndex?.mayBeInlined(name) === false;
	}

	private scanSites(name: Uint8Array, all: readonly UnitIndex[]): InlineSite[] {
		const origins = new Set<number>();
		for (const u of all) for (const r of u.find(name)) if (u.kind[r] === ENTRY_ABSTRACT) origins.add(u.offset[r]);
		const out: InlineSite[] = [];
		if (origins.size === 0) return out;
		for (const u of all) {
			const { kind, origin, count } = u;
			for (let row = 0; row < count; row++) if (kind[row] === ENTRY_INLINED && origins.has(origin[row])) this.addSite(u, row, out);
		}
		return out;
	}

	private addSite(unit: UnitIndex, row: number, out: InlineSite[]): void {
		const { ranges } = readScope(this.dwarf, unit.offset[row]);
		if (ranges.length === 0) return;
		const address = Math.min(...ranges.map((x) => x.low)) + this.slide;
		out.push({ address, caller: this.funcs.at(address) });
	}

	/** Source files, sorted: of the line tables, else of the pclntab. */
	sources(): string[] {
		const files = this.hasDwarf ? [...this.lines.files().keys()] : this.funcs.tab.fileNames();
		return files.sort();
	}

	// Memory.

	/** Bytes of the file at an address of the running program, as they were before it ran; null when the file has none there. */
	fileBytes(address: number, length: number): Uint8Array | null {
		const at = address - this.slide;
		for (const p of this.elf.segments) {
			if (p.type !== PT_LOAD || at < p.vaddr || at + length > p.vaddr + p.filesz) continue;
			const from = p.offset + (at - p.vaddr);
			return from + length > this.elf.source.size ? null : this.elf.source.read(from, length);
		}
		return null;
	}

	/** Offset of the current g from the thread pointer (fs base). */
	get gOffset(): number {
		this.tlsOffset ??= this.findG();
		return this.tlsOffset;
	}

	private findG(): number {
		const tls = this.elf.segments.find((p) => p.type === PT_TLS);
		// One word: nothing but g is there.
		if (tls?.memsz === 8) return DEFAULT_G_OFFSET;
		const value = tls === undefined ? null : this.elf.symbolValue("runtime.tlsg");
		if (tls === undefined || value === null) return DEFAULT_G_OFFSET;
		const align = Math.max(tls.align, 1);
		const memsz = tls.memsz + ((((-tls.vaddr - tls.memsz) % align) + align) % align);
		return value - memsz;
	}

	/** Frame descriptions: .debug_frame and .eh_frame. */
	get frameTables(): readonly FrameTable[] {
		if (this.cfi === null) {
			this.cfi = [];
			const debug = this.elf.section(".debug_frame") ?? this.elf.section(".zdebug_frame");
			if (debug !== null) this.cfi.push(new FrameTable(sectionData(this.elf, debug, this.inflate), false, 0));
			const eh = this.elf.section(".eh_frame");
			if (eh !== null) this.cfi.push(new FrameTable(this.elf.data(eh), true, eh.addr));
		}
		return this.cfi;
	}

	/** Bytes at an address of the file, for tables that do not change while the program runs; null when it has none there. */
	fileWords(address: number, length: number): DataView | null {
		const b = this.fileBytes(address + this.slide, length);
		return b === null ? null : new DataView(b.buffer, b.byteOffset, b.byteLength);
	}

	/** A little-endian word at an address of the file, for tables that do not change while the program runs. */
	word(address: number): number {
		const b = this.fileBytes(address + this.slide, 8);
		if (b === null) throw new FormatError(`address 0x${address.toString(16)} is not in the file`, 0);
		return new ByteReader(b).u64();
	}
}
