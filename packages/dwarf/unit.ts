// Units of .debug_info: headers, and what their first entry says about all others.

import { ByteReader, FormatError } from "#base";
import { AbbrevTable } from "./abbrevtable.ts";
import * as D from "./constants.ts";
import { EntryCursor } from "./entry.ts";
import * as F from "./forms.ts";
import { type PcRange, readRanges } from "./ranges.ts";
import { type DwarfSections, readOffset, readUnitLength } from "./sections.ts";

/** A compilation unit. */
export class Unit {
	readonly dwarf: Dwarf;
	readonly index: number;
	/** Offsets in .debug_info: of the header, of the first entry, of the end. */
	readonly offset: number;
	readonly first: number;
	readonly end: number;
	readonly version: number;
	readonly wide: boolean;
	readonly addrSize: number;
	readonly abbrevOffset: number;
	private rootInfo: UnitRoot | null = null;

	constructor(
		dwarf: Dwarf,
		index: number,
		offset: number,
		first: number,
		end: number,
		version: number,
		wide: boolean,
		addrSize: number,
		abbrevOffset: number,
	) {
		this.dwarf = dwarf;
		this.index = index;
		this.offset = offset;
		this.first = first;
		this.end = end;
		this.version = version;
		this.wide = wide;
		this.addrSize = addrSize;
		this.abbrevOffset = abbrevOffset;
	}

	get abbrevs(): AbbrevTable {
		return this.dwarf.abbrevs(this);
	}

	/** Attributes of the unit's own entry. */
	get root(): UnitRoot {
		this.rootInfo ??= readRoot(this);
		return this.rootInfo;
	}

	/** Addresses the unit covers. */
	ranges(): readonly PcRange[] {
		return this.root.ranges;
	}

	/** Address number i of .debug_addr. */
	address(i: number): number {
		const s = this.dwarf.sections.addr;
		return new ByteReader(s, this.root.addrBase + i * this.addrSize).u64();
	}
}

export interface UnitRoot {
	name: string;
	compDir: string;
	producer: string;
	language: number;
	/** The Go package's name; "" for other languages. */
	goPackage: string;
	/** Offset in .debug_line, -1 = none. */
	stmtList: number;
	lowPc: number;
	ranges: readonly PcRange[];
	addrBase: number;
	strOffsetsBase: number;
	rnglistsBase: number;
	loclistsBase: number;
}

function readRoot(unit: Unit): UnitRoot {
	const c = new EntryCursor(unit, unit.first);
	const root: UnitRoot = {
		name: "",
		compDir: "",
		producer: "",
		language: 0,
		goPackage: "",
		stmtList: -1,
		lowPc: 0,
		ranges: [],
		addrBase: 8,
		strOffsetsBase: 8,
		rnglistsBase: 0,
		loclistsBase: 0,
	};
	if (!c.next()) return root;
	// Bases first: other attributes are relative to them.
	root.addrBase = c.uint(D.DW_AT_addr_base, 8);
	root.strOffsetsBase = c.uint(F.DW_AT_str_offsets_base, 8);
	root.rnglistsBase = c.uint(F.DW_AT_rnglists_base, 0);
	root.loclistsBase = c.uint(F.DW_AT_loclists_base, 0);
	c.bases = root;
	root.name = c.string(D.DW_AT_name);
	root.compDir = c.string(D.DW_AT_comp_dir);
	root.producer = c.string(D.DW_AT_producer);
	root.language = c.uint(D.DW_AT_language, 0);
	root.goPackage = c.string(D.DW_AT_go_package_name);
	root.stmtList = c.uint(D.DW_AT_stmt_list, -1);
	root.lowPc = c.uint(D.DW_AT_low_pc, 0);
	root.ranges = readRanges(unit, c, root);
	return root;
}

/** All of a file's debugging entries, read on demand. */
export class Dwarf {
	readonly sections: DwarfSections;
	private unitList: Unit[] | null = null;
	private readonly tables: Map<string, AbbrevTable> = new Map();

	constructor(sections: DwarfSections) {
		this.sections = sections;
	}

	get units(): readonly Unit[] {
		this.unitList ??= readUnits(this);
		return this.unitList;
	}

	abbrevs(u: Unit): AbbrevTable {
		const key = `${u.abbrevOffset},${u.addrSize},${u.wide ? 1 : 0},${u.version > 2 ? 3 : 2}`;
		let t = this.tables.get(key);
		if (t === undefined) {
			t = new AbbrevTable(this.sections.abbrev, u.abbrevOffset, u.addrSize, u.wide, u.version);
			this.tables.set(key, t);
		}
		return t;
	}

	/** The unit that holds an offset of .debug_info. */
	unitAt(offset: number): Unit {
		const units = this.units;
		let lo = 0;
		let hi = units.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (units[mid].offset <= offset) lo = mid;
			else hi = mid;
		}
		const u = units[lo];
		if (u === undefined || offset < u.first || offset >= u.end) throw new FormatError("no debugging entry", offset);
		return u;
	}

	/** A cursor that stands on the entry at an offset of .debug_info. */
	entry(offset: number): EntryCursor {
		const c = new EntryCursor(this.unitAt(offset), offset);
		if (!c.next() || c.decl === null) throw new FormatError("no debugging entry", offset);
		return c;
	}
}

function readUnits(dwarf: Dwarf): Unit[] {
	const out: Unit[] = [];
	const r = new ByteReader(dwarf.sections.info);
	while (r.left > 0) {
		const offset = r.pos;
		const { end, wide } = readUnitLength(r);
		const version = r.u16();
		if (version < 2 || version > 5) throw new FormatError(`DWARF version ${version}`, offset + 4);
		let type = D.DW_UT_compile;
		let addrSize = 8;
		let abbrev = 0;
		if (version >= 5) {
			type = r.u8();
			addrSize = r.u8();
			abbrev = readOffset(r, wide);
			if (type === F.DW_UT_skeleton || type === F.DW_UT_split_compile) r.u64();
			else if (type === F.DW_UT_type || type === F.DW_UT_split_type) {
				r.u64();
				readOffset(r, wide);
			}
		} else {
			abbrev = readOffset(r, wide);
			addrSize = r.u8();
		}
		if (addrSize !== 8 && addrSize !== 4) throw new FormatError(`address size ${addrSize}`, offset);
		out.push(new Unit(dwarf, out.length, offset, r.pos, end, version, wide, addrSize, abbrev));
		r.pos = end;
	}
	return out;
}
