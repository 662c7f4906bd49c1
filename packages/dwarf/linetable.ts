// Reading line tables of DWARF 2 to 5: the header at once, rows on demand and as columns.

import { ByteReader, FormatError } from "#base";
import * as D from "./constants.ts";
import { cstrAt } from "./entry.ts";
import * as F from "./forms.ts";
import { type DwarfSections, readOffset, readUnitLength } from "./sections.ts";

/** Rows as columns; a row with END starts nothing: it is the first address after a sequence. */
export interface LineRows {
	count: number;
	address: Float64Array;
	/** Index into the table's files. */
	file: Int32Array;
	line: Int32Array;
	flags: Uint8Array;
}

export const LINE_STMT = 1;
export const LINE_PROLOGUE_END = 2;
export const LINE_END = 4;

/** The line table of one unit. */
export class LineTable {
	/** Paths by the number that rows use; number 0 of DWARF before 5 is "". */
	readonly files: readonly string[];
	readonly end: number;
	private readonly section: Uint8Array;
	private readonly start: number;
	private readonly minLength: number;
	private readonly defaultStmt: boolean;
	private readonly lineBase: number;
	private readonly lineRange: number;
	private readonly lengths: number[];
	private cached: LineRows | null = null;

	/** Reads the header at an offset of .debug_line. Relative file names are relative to compDir. */
	constructor(s: DwarfSections, offset: number, compDir: string) {
		this.section = s.line;
		const r = new ByteReader(s.line, offset);
		const { end, wide } = readUnitLength(r);
		this.end = end;
		const version = r.u16();
		if (version < 2 || version > 5) throw new FormatError(`line table version ${version}`, offset + 4);
		if (version >= 5) r.u16();
		const headerLength = readOffset(r, wide);
		this.start = r.pos + headerLength;
		this.minLength = r.u8();
		if (version >= 4) r.u8();
		this.defaultStmt = r.u8() !== 0;
		this.lineBase = (r.u8() << 24) >> 24;
		this.lineRange = r.u8();
		if (this.lineRange === 0) throw new FormatError("line range 0", r.pos - 1);
		const opcodeBase = r.u8();
		this.lengths = [0];
		for (let i = 1; i < opcodeBase; i++) this.lengths.push(r.u8());
		this.files = version >= 5 ? readFiles5(r, s, wide, compDir) : readFiles(r, compDir);
	}

	/** All rows in file order. */
	rows(): LineRows {
		this.cached ??= this.run();
		return this.cached;
	}

	private run(): LineRows {
		const p = new ByteReader(this.section, this.start, this.end);
		const out = new RowBuilder(Math.min(p.left, 1 << 20));
		const { lineBase, lineRange, lengths, minLength } = this;
		const opcodeBase = lengths.length;
		const skip = Math.floor((255 - opcodeBase) / lineRange) * minLength;
		let address = 0;
		let file = 1;
		let line = 1;
		let stmt = this.defaultStmt ? LINE_STMT : 0;
		let prologue = 0;
		while (p.left > 0) {
			const op = p.u8();
			if (op >= opcodeBase) {
				const n = op - opcodeBase;
				address += Math.floor(n / lineRange) * minLength;
				line += lineBase + (n % lineRange);
				out.add(address, file, line, stmt | prologue);
				prologue = 0;
				continue;
			}
			switch (op) {
				case 0: {
					const stop = p.uleb() + p.pos;
					const sub = stop > p.pos ? p.u8() : 0;
					if (sub === D.DW_LNE_end_sequence) {
						out.add(address, file, line, stmt | LINE_END);
						address = 0;
						file = 1;
						line = 1;
						stmt = this.defaultStmt ? LINE_STMT : 0;
					} else if (sub === D.DW_LNE_set_address) address = stop - p.pos >= 8 ? p.u64() : p.u32();
					if (stop > p.end) throw new FormatError("line instruction ends after the table", p.pos);
					p.pos = stop;
					break;
				}
				case D.DW_LNS_copy:
					out.add(address, file, line, stmt | prologue);
					prologue = 0;
					break;
				case D.DW_LNS_advance_pc:
					address += p.uleb() * minLength;
					break;
				case D.DW_LNS_advance_line:
					line += p.sleb();
					break;
				case D.DW_LNS_set_file:
					file = p.uleb();
					break;
				case D.DW_LNS_negate_stmt:
					stmt ^= LINE_STMT;
					break;
				case D.DW_LNS_const_add_pc:
					address += skip;
					break;
				case D.DW_LNS_fixed_advance_pc:
					address += p.u16();
					break;
				case D.DW_LNS_set_prologue_end:
					prologue = LINE_PROLOGUE_END;
					break;
				default:
					for (let n = lengths[op] ?? 0; n > 0; n--) p.uleb();
			}
		}
		return out.finish();
	}
}

class RowBuilder {
	private rows: LineRows;

	constructor(guess: number) {
		this.rows = columns(Math.max(guess, 16));
		this.rows.count = 0;
	}

	add(address: number, file: number, line: number, flags: number): void {
		let r = this.rows;
		if (r.count === r.flags.length) {
			const bigger = columns(r.count * 2);
			bigger.address.set(r.address);
			bigger.file.set(r.file);
			bigger.line.set(r.line);
			bigger.flags.set(r.flags);
			bigger.count = r.count;
			this.rows = bigger;
			r = bigger;
		}
		const i = r.count++;
		r.address[i] = address;
		r.file[i] = file;
		r.line[i] = line;
		r.flags[i] = flags;
	}

	finish(): LineRows {
		const { count, address, file, line, flags } = this.rows;
		return {
			count,
			address: address.slice(0, count),
			file: file.slice(0, count),
			line: line.slice(0, count),
			flags: flags.slice(0, count),
		};
	}
}

function columns(n: number): LineRows {
	return { count: 0, address: new Float64Array(n), file: new Int32Array(n), line: new Int32Array(n), flags: new Uint8Array(n) };
}

function join(dir: string, name: string): string {
	return name.startsWith("/") || dir === "" || dir === "." ? name : `${dir.replace(/\/$/, "")}/${name}`;
}

function readFiles(r: ByteReader, compDir: string): string[] {
	const dirs = [compDir];
	for (let d = r.cstr(); d !== ""; d = r.cstr()) dirs.push(join(compDir, d));
	const files = [""];
	for (let name = r.cstr(); name !== ""; name = r.cstr()) {
		const dir = r.uleb();
		r.uleb();
		r.uleb();
		files.push(join(dirs[dir] ?? "", name));
	}
	return files;
}

function readFiles5(r: ByteReader, s: DwarfSections, wide: boolean, compDir: string): string[] {
	const dirs = readEntries(r, s, wide).map((e) => join(compDir, e.path));
	return readEntries(r, s, wide).map((e) => join(dirs[e.dir] ?? "", e.path));
}

function readEntries(r: ByteReader, s: DwarfSections, wide: boolean): { path: string; dir: number }[] {
	const format: [type: number, form: number][] = [];
	for (let n = r.u8(); n > 0; n--) format.push([r.uleb(), r.uleb()]);
	const out: { path: string; dir: number }[] = [];
	const count = r.uleb();
	if (count > r.left) throw new FormatError(`${count} line table entries`, r.pos);
	for (let i = 0; i < count; i++) {
		const e = { path: "", dir: 0 };
		for (const [type, form] of format) {
			const v = readField(r, s, wide, form);
			if (type === D.DW_LNCT_path && typeof v === "string") e.path = v;
			else if (type === D.DW_LNCT_directory_index && typeof v === "number") e.dir = v;
		}
		out.push(e);
	}
	return out;
}

function readField(r: ByteReader, s: DwarfSections, wide: boolean, form: number): string | number {
	switch (form) {
		case D.DW_FORM_string:
			return r.cstr();
		case F.DW_FORM_line_strp:
			return cstrAt(s.lineStr, readOffset(r, wide));
		case F.DW_FORM_strp:
			return cstrAt(s.str, readOffset(r, wide));
		case D.DW_FORM_udata:
			return r.uleb();
		case D.DW_FORM_data1:
			return r.u8();
		case D.DW_FORM_data2:
			return r.u16();
		case D.DW_FORM_data4:
			return r.u32();
		case F.DW_FORM_data8:
			return r.u64();
		case F.DW_FORM_data16:
			r.bytes(16);
			return 0;
		case F.DW_FORM_block:
			r.bytes(r.uleb());
			return 0;
		default:
			throw new FormatError(`line table form 0x${form.toString(16)}`, r.pos);
	}
}
