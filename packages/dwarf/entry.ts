// A cursor over the entries of a unit: nothing is decoded before it is asked for.

import { ByteReader, FormatError } from "#base";
import { type AbbrevDecl, type AbbrevTable, fixedSize } from "./abbrevtable.ts";
import * as D from "./constants.ts";
import * as F from "./forms.ts";
import type { Unit, UnitRoot } from "./unit.ts";

const decoder = new TextDecoder();

/** Walks entries in file order. After next() the cursor stands on an entry and its attributes can be asked for. */
export class EntryCursor {
	readonly unit: Unit;
	private readonly r: ByteReader;
	private readonly abbrevs: AbbrevTable;
	/** What relative forms are relative to; null = the unit's root entry. */
	bases: UnitRoot | null = null;
	/** Offset of the current entry in .debug_info. */
	offset = 0;
	/** The current entry's shape; null on the entry that ends a list of children. */
	decl: AbbrevDecl | null = null;
	/** Depth relative to where the cursor started. */
	depth = 0;
	private values = 0;
	/** Where the entry ends, -1 before that is known. */
	private after: number;
	/** The attribute found last: position, form and implicit value. */
	private at = 0;
	private form = 0;
	private implicit = 0;

	constructor(unit: Unit, offset: number) {
		this.unit = unit;
		this.r = new ByteReader(unit.dwarf.sections.info, offset, unit.end);
		this.abbrevs = unit.abbrevs;
		this.after = offset;
	}

	get tag(): number {
		return this.decl === null ? 0 : this.decl.tag;
	}

	/** Moves to the next entry in file order; false at the unit's end. A null entry has decl null. */
	next(): boolean {
		const previous = this.decl;
		const start = this.end();
		if (previous !== null && previous.children) this.depth++;
		const r = this.r;
		if (start >= r.end) return false;
		r.pos = start;
		this.offset = start;
		const code = r.uleb();
		this.values = r.pos;
		if (code === 0) {
			this.decl = null;
			this.depth--;
			this.after = r.pos;
			return true;
		}
		const decl = this.abbrevs.get(code);
		if (decl === undefined) throw new FormatError(`entry with abbreviation ${code}, which is not declared`, start);
		this.decl = decl;
		this.after = decl.fixed >= 0 ? this.values + decl.fixed : -1;
		return true;
	}

	/** Skips the current entry's children: next() then goes to its sibling. */
	skipChildren(): void {
		if (this.decl === null || !this.decl.children) return;
		const depth = this.depth;
		while (this.next()) {
			if (this.decl === null && this.depth <= depth) break;
		}
	}

	private end(): number {
		if (this.after >= 0) return this.after;
		const attrs = (this.decl as AbbrevDecl).attrs;
		this.r.pos = this.values;
		for (let i = 1; i < attrs.length; i += 2) this.skip(attrs[i]);
		this.after = this.r.pos;
		return this.after;
	}

	private skip(form: number): void {
		const r = this.r;
		switch (form) {
			case D.DW_FORM_string: {
				const buf = r.buf;
				let p = r.pos;
				const end = r.end;
				while (p < end && buf[p] !== 0) p++;
				if (p >= end) throw new FormatError("unterminated string", r.pos);
				r.pos = p + 1;
				return;
			}
			case D.DW_FORM_udata:
			case D.DW_FORM_sdata:
			case F.DW_FORM_ref_udata:
			case D.DW_FORM_addrx:
			case F.DW_FORM_strx:
			case F.DW_FORM_loclistx:
			case F.DW_FORM_rnglistx: {
				const buf = r.buf;
				let p = r.pos;
				while (p < r.end && (buf[p] as number) >= 0x80) p++;
				if (p >= r.end) throw new FormatError("LEB128 ends after the unit", r.pos);
				r.pos = p + 1;
				return;
			}
			case D.DW_FORM_block1:
				r.bytes(r.u8());
				return;
			case F.DW_FORM_block2:
				r.bytes(r.u16());
				return;
			case F.DW_FORM_block4:
				r.bytes(r.u32());
				return;
			case F.DW_FORM_block:
			case D.DW_FORM_exprloc:
				r.bytes(r.uleb());
				return;
			case F.DW_FORM_indirect:
				this.skip(r.uleb());
				return;
			default: {
				const n = this.sizeOf(form);
				if (n < 0) throw new FormatError(`attribute form 0x${form.toString(16)}`, r.pos);
				r.need(n);
				r.pos += n;
			}
		}
	}

	private sizeOf(form: number): number {
		const u = this.unit;
		return fixedSize(form, u.addrSize, u.wide, u.version);
	}

	/** Finds an attribute of the current entry; the readers below then take its value. */
	private find(attribute: number): boolean {
		const decl = this.decl;
		if (decl === null) return false;
		const attrs = decl.attrs;
		let i = 0;
		while (i < attrs.length && attrs[i] !== attribute) i += 2;
		if (i >= attrs.length) return false;
		this.r.pos = this.values;
		for (let k = 1; k < i; k += 2) this.skip(attrs[k]);
		let form = attrs[i + 1];
		while (form === F.DW_FORM_indirect) form = this.r.uleb();
		this.form = form;
		this.at = this.r.pos;
		this.implicit = form === F.DW_FORM_implicit_const ? (decl.implicit[i >> 1] ?? 0) : 0;
		return true;
	}

	has(attribute: number): boolean {
		return this.decl !== null && this.find(attribute);
	}

	/** The form of an attribute, 0 when it is absent. */
	formOf(attribute: number): number {
		return this.find(attribute) ? this.form : 0;
	}

	/** An unsigned number, flag, section offset or address; indexes of .debug_addr are resolved. */
	uint(attribute: number, absent: number): number {
		return this.find(attribute) ? this.number(false) : absent;
	}

	/** A constant with its sign. */
	int(attribute: number, absent: number): number {
		return this.find(attribute) ? this.number(true) : absent;
	}

	flag(attribute: number): boolean {
		return this.find(attribute) && this.number(false) !== 0;
	}

	private number(signed: boolean): number {
		const r = this.r;
		r.pos = this.at;
		switch (this.form) {
			case D.DW_FORM_data1:
			case D.DW_FORM_flag:
				return signed ? (r.u8() << 24) >> 24 : r.u8();
			case D.DW_FORM_data2:
				return signed ? (r.u16() << 16) >> 16 : r.u16();
			case D.DW_FORM_data4:
				return signed ? r.i32() : r.u32();
			case F.DW_FORM_data8:
				return signed ? Number(BigInt.asIntN(64, r.big64())) : r.u64();
			case D.DW_FORM_udata:
			case F.DW_FORM_rnglistx:
			case F.DW_FORM_loclistx:
				return r.uleb();
			case D.DW_FORM_sdata:
				return r.sleb();
			case F.DW_FORM_implicit_const:
				return this.implicit;
			case F.DW_FORM_flag_present:
				return 1;
			case D.DW_FORM_addr:
				return this.unit.addrSize === 8 ? r.u64() : r.u32();
			case D.DW_FORM_sec_offset:
				return this.unit.wide ? r.u64() : r.u32();
			case D.DW_FORM_addrx:
				return this.address(r.uleb());
			case F.DW_FORM_addrx1:
				return this.address(r.u8());
			case F.DW_FORM_addrx2:
				return this.address(r.u16());
			case F.DW_FORM_addrx4:
				return this.address(r.u32());
			default:
				throw new FormatError(`form 0x${this.form.toString(16)} is not a number`, this.at);
		}
	}

	private address(i: number): number {
		const base = (this.bases ?? this.unit.root).addrBase;
		const size = this.unit.addrSize;
		const r = new ByteReader(this.unit.dwarf.sections.addr, base + i * size);
		return size === 8 ? r.u64() : r.u32();
	}

	/** Offset in .debug_info that a reference points to, -1 when absent. */
	ref(attribute: number): number {
		if (!this.find(attribute)) return -1;
		const r = this.r;
		r.pos = this.at;
		const base = this.unit.offset;
		switch (this.form) {
			case D.DW_FORM_ref_addr:
				return this.sizeOf(D.DW_FORM_ref_addr) === 8 ? r.u64() : r.u32();
			case F.DW_FORM_ref1:
				return base + r.u8();
			case F.DW_FORM_ref2:
				return base + r.u16();
			case F.DW_FORM_ref4:
				return base + r.u32();
			case F.DW_FORM_ref8:
				return base + r.u64();
			case F.DW_FORM_ref_udata:
				return base + r.uleb();
			default:
				return -1;
		}
	}

	/** Where an attribute's text lies when it is written in the entry itself, as most of Go's are; -1 otherwise. */
	inlineString(attribute: number): number {
		return this.find(attribute) && this.form === D.DW_FORM_string ? this.at : -1;
	}

	/** A string, "" when absent. */
	string(attribute: number): string {
		if (!this.find(attribute)) return "";
		const r = this.r;
		r.pos = this.at;
		const s = this.unit.dwarf.sections;
		const word = (): number => (this.unit.wide ? r.u64() : r.u32());
		switch (this.form) {
			case D.DW_FORM_string:
				return r.cstr();
			case F.DW_FORM_strp:
				return cstrAt(s.str, word());
			case F.DW_FORM_line_strp:
				return cstrAt(s.lineStr, word());
			case F.DW_FORM_strx:
				return this.indexed(r.uleb());
			case F.DW_FORM_strx1:
				return this.indexed(r.u8());
			case F.DW_FORM_strx2:
				return this.indexed(r.u16());
			case F.DW_FORM_strx3:
				return this.indexed(r.u16() + r.u8() * 0x10000);
			case F.DW_FORM_strx4:
				return this.indexed(r.u32());
			default:
				return "";
		}
	}

	private indexed(i: number): string {
		const s = this.unit.dwarf.sections;
		const base = (this.bases ?? this.unit.root).strOffsetsBase;
		const wide = this.unit.wide;
		const r = new ByteReader(s.strOffsets, base + i * (wide ? 8 : 4));
		return cstrAt(s.str, wide ? r.u64() : r.u32());
	}

	/** The bytes of a block or expression, null when absent or of another form. */
	block(attribute: number): Uint8Array | null {
		if (!this.find(attribute)) return null;
		const r = this.r;
		r.pos = this.at;
		switch (this.form) {
			case D.DW_FORM_block1:
				return r.bytes(r.u8());
			case F.DW_FORM_block2:
				return r.bytes(r.u16());
			case F.DW_FORM_block4:
				return r.bytes(r.u32());
			case F.DW_FORM_block:
			case D.DW_FORM_exprloc:
				return r.bytes(r.uleb());
			default:
				return null;
		}
	}
}

/** The NUL-terminated string at an offset of a section. */
export function cstrAt(section: Uint8Array, offset: number): string {
	const stop = section.indexOf(0, offset);
	if (stop < 0) throw new FormatError("unterminated string", offset);
	return decoder.decode(section.subarray(offset, stop));
}
