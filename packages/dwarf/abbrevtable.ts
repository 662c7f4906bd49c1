// Reading .debug_abbrev: shapes of entries, each with a precomputed way to skip its values.

import { ByteReader, FormatError } from "#base";
import * as D from "./constants.ts";
import * as F from "./forms.ts";

/** One abbreviation declaration. */
export class AbbrevDecl {
	readonly tag: number;
	readonly children: boolean;
	/** Attribute and form, alternating. */
	readonly attrs: Int32Array;
	/** Values of DW_FORM_implicit_const, by attribute index; empty when there is none. */
	readonly implicit: number[];
	/** Size of all values when no form is of variable size, else -1. */
	readonly fixed: number;

	constructor(tag: number, children: boolean, attrs: Int32Array, implicit: number[], fixed: number) {
		this.tag = tag;
		this.children = children;
		this.attrs = attrs;
		this.implicit = implicit;
		this.fixed = fixed;
	}
}

/** The declarations of one table by code. */
export class AbbrevTable {
	private readonly dense: (AbbrevDecl | undefined)[] = [];
	private readonly sparse: Map<number, AbbrevDecl> = new Map();

	/** Reads the table at an offset; sizes of addresses and offsets are those of the units that use it. */
	constructor(section: Uint8Array, offset: number, addrSize: number, wide: boolean, version: number) {
		const r = new ByteReader(section, offset);
		for (let code = r.uleb(); code !== 0; code = r.uleb()) {
			const decl = readDecl(r, addrSize, wide, version);
			if (code < 4096) this.dense[code] = decl;
			else this.sparse.set(code, decl);
		}
	}

	get(code: number): AbbrevDecl | undefined {
		return code < 4096 ? this.dense[code] : this.sparse.get(code);
	}
}

function readDecl(r: ByteReader, addrSize: number, wide: boolean, version: number): AbbrevDecl {
	const tag = r.uleb();
	const children = r.u8() !== 0;
	const attrs: number[] = [];
	const implicit: number[] = [];
	let fixed = 0;
	for (;;) {
		const at = r.uleb();
		const form = r.uleb();
		if (at === 0 && form === 0) break;
		if (at > 0xffff || form > 0xffff) throw new FormatError(`attribute 0x${at.toString(16)} of form 0x${form.toString(16)}`, r.pos);
		if (form === F.DW_FORM_implicit_const) implicit[attrs.length >> 1] = r.sleb();
		attrs.push(at, form);
		const size = fixedSize(form, addrSize, wide, version);
		fixed = size < 0 || fixed < 0 ? -1 : fixed + size;
	}
	return new AbbrevDecl(tag, children, Int32Array.from(attrs), implicit, fixed);
}

/** Size of a value of a form, -1 when it varies. */
export function fixedSize(form: number, addrSize: number, wide: boolean, version: number): number {
	switch (form) {
		case D.DW_FORM_data1:
		case D.DW_FORM_flag:
		case F.DW_FORM_ref1:
		case F.DW_FORM_strx1:
		case F.DW_FORM_addrx1:
			return 1;
		case D.DW_FORM_data2:
		case F.DW_FORM_ref2:
		case F.DW_FORM_strx2:
		case F.DW_FORM_addrx2:
			return 2;
		case F.DW_FORM_strx3:
		case F.DW_FORM_addrx3:
			return 3;
		case D.DW_FORM_data4:
		case F.DW_FORM_ref4:
		case F.DW_FORM_ref_sup4:
		case F.DW_FORM_strx4:
		case F.DW_FORM_addrx4:
			return 4;
		case F.DW_FORM_data8:
		case F.DW_FORM_ref8:
		case F.DW_FORM_ref_sup8:
		case F.DW_FORM_ref_sig8:
			return 8;
		case F.DW_FORM_data16:
			return 16;
		case F.DW_FORM_flag_present:
		case F.DW_FORM_implicit_const:
			return 0;
		case D.DW_FORM_addr:
			return addrSize;
		case D.DW_FORM_ref_addr:
			return version <= 2 ? addrSize : wide ? 8 : 4;
		case D.DW_FORM_sec_offset:
		case F.DW_FORM_strp:
		case F.DW_FORM_line_strp:
		case F.DW_FORM_strp_sup:
		case F.DW_FORM_GNU_ref_alt:
		case F.DW_FORM_GNU_strp_alt:
			return wide ? 8 : 4;
		default:
			return -1;
	}
}
