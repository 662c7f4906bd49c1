// Range lists and location lists: .debug_rnglists and .debug_loclists of DWARF 5, .debug_ranges and .debug_loc before.

import { ByteReader, FormatError } from "#base";
import * as D from "./constants.ts";
import type { EntryCursor } from "./entry.ts";
import * as F from "./forms.ts";
import type { Unit, UnitRoot } from "./unit.ts";

/** Addresses [low, high). */
export interface PcRange {
	low: number;
	high: number;
}

/** A location that holds for addresses [low, high). */
export interface Location {
	low: number;
	high: number;
	expr: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** The addresses of an entry: its ranges, or low_pc and high_pc; empty when it has none. */
export function readRanges(unit: Unit, c: EntryCursor, root: UnitRoot = unit.root): PcRange[] {
	const form = c.formOf(D.DW_AT_ranges);
	if (form !== 0) {
		const v = c.uint(D.DW_AT_ranges, 0);
		if (unit.version < 5) return readOldList(unit, unit.dwarf.sections.ranges, v, root, false);
		const at = form === F.DW_FORM_rnglistx ? listOffset(unit, unit.dwarf.sections.rnglists, root.rnglistsBase, v) : v;
		return readList(unit, unit.dwarf.sections.rnglists, at, root, false);
	}
	if (!c.has(D.DW_AT_low_pc) || !c.has(D.DW_AT_high_pc)) return [];
	const low = c.uint(D.DW_AT_low_pc, 0);
	const high = c.uint(D.DW_AT_high_pc, 0);
	return [{ low, high: c.formOf(D.DW_AT_high_pc) === D.DW_FORM_addr ? high : low + high }];
}

/** Where an entry's attribute (DW_AT_location, DW_AT_frame_base) says a thing is: one expression for all addresses, or a list. */
export function readLocations(c: EntryCursor, attribute: number): Location[] {
	const form = c.formOf(attribute);
	if (form === 0) return [];
	const expr = c.block(attribute);
	if (expr !== null) return [{ low: 0, high: Number.MAX_SAFE_INTEGER, expr }];
	const unit = c.unit;
	const root = unit.root;
	const v = c.uint(attribute, 0);
	if (unit.version < 5) return readOldList(unit, unit.dwarf.sections.loc, v, root, true);
	const at = form === F.DW_FORM_loclistx ? listOffset(unit, unit.dwarf.sections.loclists, root.loclistsBase, v) : v;
	return readList(unit, unit.dwarf.sections.loclists, at, root, true);
}

function listOffset(unit: Unit, section: Uint8Array, base: number, index: number): number {
	const r = new ByteReader(section, base + index * (unit.wide ? 8 : 4));
	return base + (unit.wide ? r.u64() : r.u32());
}

function readWord(r: ByteReader, unit: Unit): number {
	return unit.addrSize === 8 ? r.u64() : r.u32();
}

function addressOf(unit: Unit, root: UnitRoot, i: number): number {
	return readWord(new ByteReader(unit.dwarf.sections.addr, root.addrBase + i * unit.addrSize), unit);
}

function readList(unit: Unit, section: Uint8Array, at: number, root: UnitRoot, located: boolean): Location[] {
	const r = new ByteReader(section, at);
	const out: Location[] = [];
	let base = root.lowPc;
	for (;;) {
		const kind = r.u8();
		let low = 0;
		let high = 0;
		switch (located && kind >= F.LLE_base_address ? kind - 1 : kind) {
			case F.LE_end_of_list:
				return out;
			case F.LE_base_addressx:
				base = addressOf(unit, root, r.uleb());
				continue;
			case F.LE_startx_endx:
				low = addressOf(unit, root, r.uleb());
				high = addressOf(unit, root, r.uleb());
				break;
			case F.LE_startx_length:
				low = addressOf(unit, root, r.uleb());
				high = low + r.uleb();
				break;
			case F.LE_offset_pair:
				low = base + r.uleb();
				high = base + r.uleb();
				break;
			case F.RLE_base_address:
				if (located && kind === F.LLE_default_location) {
					high = Number.MAX_SAFE_INTEGER;
					break;
				}
				base = readWord(r, unit);
				continue;
			case F.RLE_start_end:
				low = readWord(r, unit);
				high = readWord(r, unit);
				break;
			case F.RLE_start_length:
				low = readWord(r, unit);
				high = low + r.uleb();
				break;
			default:
				throw new FormatError(`list entry of kind ${kind}`, r.pos - 1);
		}
		out.push({ low, high, expr: located ? r.bytes(r.uleb()) : EMPTY });
	}
}

function readOldList(unit: Unit, section: Uint8Array, at: number, root: UnitRoot, located: boolean): Location[] {
	const r = new ByteReader(section, at);
	const out: Location[] = [];
	const top = unit.addrSize === 8 ? 2 ** 64 : 0xffffffff;
	let base = root.lowPc;
	for (;;) {
		const low = readWord(r, unit);
		const high = readWord(r, unit);
		if (low === 0 && high === 0) return out;
		if (low >= top - 1) base = high;
		else out.push({ low: base + low, high: base + high, expr: located ? r.bytes(r.u16()) : EMPTY });
	}
}
