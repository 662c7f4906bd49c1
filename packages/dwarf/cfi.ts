// Reading call frame information: .debug_frame and .eh_frame (DWARF 5, 6.4; LSB for the latter).

import { ByteReader, FormatError } from "#base";
import { readUnitLength } from "./sections.ts";

interface Cie {
	codeAlign: number;
	dataAlign: number;
	returnRegister: number;
	/** Encoding of addresses (DW_EH_PE); 0 = 8 bytes. */
	encoding: number;
	augmented: boolean;
	/** A frame the kernel made for a signal: its pc is not a return address. */
	signal: boolean;
	start: number;
	end: number;
}

/** How a register of the caller is found. */
export type Rule =
	| { kind: "same" | "undefined" }
	/** At address CFA + value, or is CFA + value. */
	| { kind: "offset" | "valOffset"; value: number }
	| { kind: "register"; value: number }
	| { kind: "expr" | "valExpr"; expr: Uint8Array };

export interface FrameRules {
	/** CFA = register + offset, or an expression. */
	cfaRegister: number;
	cfaOffset: number;
	cfaExpr: Uint8Array | null;
	returnRegister: number;
	registers: Map<number, Rule>;
	signal: boolean;
}

/** Frame descriptions of a file, by address. */
export class FrameTable {
	private readonly section: Uint8Array;
	private readonly eh: boolean;
	/** Address of the section in memory; .eh_frame's pointers are relative to themselves. */
	private readonly address: number;
	private readonly cies: Map<number, Cie> = new Map();
	/** Columns sorted by low address. */
	private readonly low: number[] = [];
	private readonly high: number[] = [];
	private readonly at: number[] = [];

	constructor(section: Uint8Array, eh: boolean, address: number) {
		this.section = section;
		this.eh = eh;
		this.address = address;
		this.index();
	}

	private index(): void {
		const rows: [low: number, high: number, at: number][] = [];
		const r = new ByteReader(this.section);
		while (r.left >= 4) {
			const start = r.pos;
			const { end, wide } = readUnitLength(r);
			if (end === r.pos) {
				if (this.eh) break;
				continue;
			}
			const idAt = r.pos;
			const id = wide ? r.u64() : r.u32();
			const isCie = this.eh ? id === 0 : id >= 0xffffffff;
			if (!isCie) {
				const cie = this.cie(this.eh ? idAt - id : id);
				const low = this.pointer(r, cie.encoding);
				const size = this.pointer(r, cie.encoding & 0x0f);
				rows.push([low, low + size, start]);
			}
			r.pos = end;
		}
		rows.sort((a, b) => a[0] - b[0]);
		for (const [low, high, at] of rows) {
			this.low.push(low);
			this.high.push(high);
			this.at.push(at);
		}
	}

	private pointer(r: ByteReader, encoding: number): number {
		const at = this.address + r.pos;
		const base = (encoding & 0x70) === 0x10 ? at : 0;
		if ((encoding & 0x60) !== 0) throw new FormatError(`pointer encoding 0x${encoding.toString(16)}`, r.pos);
		switch (encoding & 0x0f) {
			case 0x00:
			case 0x04:
				return base + r.u64();
			case 0x0c:
				return base + Number(BigInt.asIntN(64, r.big64()));
			case 0x01:
				return base + r.uleb();
			case 0x09:
				return base + r.sleb();
			case 0x02:
				return base + r.u16();
			case 0x0a:
				return base + ((r.u16() << 16) >> 16);
			case 0x03:
				return base + r.u32();
			case 0x0b:
				return base + r.i32();
			default:
				throw new FormatError(`pointer encoding 0x${encoding.toString(16)}`, r.pos);
		}
	}

	private cie(at: number): Cie {
		const known = this.cies.get(at);
		if (known !== undefined) return known;
		const r = new ByteReader(this.section, at);
		const { end, wide } = readUnitLength(r);
		if (wide) r.u64();
		else r.u32();
		const version = r.u8();
		if (version !== 1 && version !== 3 && version !== 4) throw new FormatError(`frame information version ${version}`, at);
		const augmentation = r.cstr();
		if (version === 4) r.u16();
		const cie: Cie = {
			codeAlign: r.uleb(),
			dataAlign: r.sleb(),
			returnRegister: version === 1 ? r.u8() : r.uleb(),
			encoding: 0,
			augmented: augmentation.startsWith("z"),
			signal: augmentation.includes("S"),
			start: 0,
			end,
		};
		if (cie.augmented) {
			const stop = r.uleb() + r.pos;
			for (const c of augmentation.slice(1)) {
				if (c === "R") cie.encoding = r.u8();
				else if (c === "L") r.u8();
				else if (c === "P") this.pointer(r, r.u8() & 0x1f);
				else if (c !== "S" && c !== "B") break;
			}
			r.pos = stop;
		}
		cie.start = r.pos;
		this.cies.set(at, cie);
		return cie;
	}

	/** The rules at an address of the file, or null when no description covers it. */
	rules(pc: number): FrameRules | null {
		let lo = 0;
		let hi = this.low.length;
		while (hi - lo > 1) {
			const mid = (lo + hi) >> 1;
			if (this.low[mid] <= pc) lo = mid;
			else hi = mid;
		}
		if (this.low.length === 0 || pc < this.low[lo] || pc >= this.high[lo]) return null;
		const r = new ByteReader(this.section, this.at[lo]);
		const { end, wide } = readUnitLength(r);
		const idAt = r.pos;
		const id = wide ? r.u64() : r.u32();
		const cie = this.cie(this.eh ? idAt - id : id);
		this.pointer(r, cie.encoding);
		this.pointer(r, cie.encoding & 0x0f);
		if (cie.augmented) r.bytes(r.uleb());
		const out: FrameRules = {
			cfaRegister: 0,
			cfaOffset: 0,
			cfaExpr: null,
			returnRegister: cie.returnRegister,
			registers: new Map(),
			signal: cie.signal,
		};
		this.execute(new ByteReader(this.section, cie.start, cie.end), cie, out, null, 0, pc);
		const initial = new Map(out.registers);
		this.execute(new ByteReader(this.section, r.pos, end), cie, out, initial, this.low[lo], pc);
		return out;
	}

	private execute(r: ByteReader, cie: Cie, out: FrameRules, initial: Map<number, Rule> | null, low: number, pc: number): void {
		let at = low;
		const saved: { registers: Map<number, Rule>; cfaRegister: number; cfaOffset: number; cfaExpr: Uint8Array | null }[] = [];
		const set = (reg: number, rule: Rule): void => void out.registers.set(reg, rule);
		const restore = (reg: number): void => {
			const rule = initial?.get(reg);
			if (rule === undefined) out.registers.delete(reg);
			else out.registers.set(reg, rule);
		};
		while (r.left > 0) {
			const op = r.u8();
			const low6 = op & 0x3f;
			let advance = -1;
			if (op >= 0xc0) restore(low6);
			else if (op >= 0x80) set(low6, { kind: "offset", value: r.uleb() * cie.dataAlign });
			else if (op >= 0x40) advance = low6;
			else if (op === 0x01) at = this.pointer(r, cie.encoding);
			else if (op === 0x02) advance = r.u8();
			else if (op === 0x03) advance = r.u16();
			else if (op === 0x04) advance = r.u32();
			else if (op === 0x0a) saved.push({ ...out, registers: new Map(out.registers) });
			else if (op === 0x0b) {
				const s = saved.pop();
				if (s === undefined) throw new FormatError("frame state restored without being saved", r.pos);
				out.registers = s.registers;
				out.cfaRegister = s.cfaRegister;
				out.cfaOffset = s.cfaOffset;
				out.cfaExpr = s.cfaExpr;
			} else if (op === 0x06) restore(r.uleb());
			else instruction(r, op, cie, out, set);
			if (advance >= 0) at += advance * cie.codeAlign;
			if (at > pc && initial !== null) return;
		}
	}
}

function instruction(r: ByteReader, op: number, cie: Cie, out: FrameRules, set: (reg: number, rule: Rule) => void): void {
	switch (op) {
		case 0x00:
			return;
		case 0x05:
			return set(r.uleb(), { kind: "offset", value: r.uleb() * cie.dataAlign });
		case 0x07:
			return set(r.uleb(), { kind: "undefined" });
		case 0x08:
			return set(r.uleb(), { kind: "same" });
		case 0x09:
			return set(r.uleb(), { kind: "register", value: r.uleb() });
		case 0x0c:
		case 0x12:
			out.cfaRegister = r.uleb();
			out.cfaOffset = op === 0x0c ? r.uleb() : r.sleb() * cie.dataAlign;
			out.cfaExpr = null;
			return;
		case 0x0d:
			out.cfaRegister = r.uleb();
			out.cfaExpr = null;
			return;
		case 0x0e:
			out.cfaOffset = r.uleb();
			return;
		case 0x13:
			out.cfaOffset = r.sleb() * cie.dataAlign;
			return;
		case 0x0f:
			out.cfaExpr = r.bytes(r.uleb());
			return;
		case 0x10:
			return set(r.uleb(), { kind: "expr", expr: r.bytes(r.uleb()) });
		case 0x16:
			return set(r.uleb(), { kind: "valExpr", expr: r.bytes(r.uleb()) });
		case 0x11:
			return set(r.uleb(), { kind: "offset", value: r.sleb() * cie.dataAlign });
		case 0x14:
			return set(r.uleb(), { kind: "valOffset", value: r.uleb() * cie.dataAlign });
		case 0x15:
			return set(r.uleb(), { kind: "valOffset", value: r.sleb() * cie.dataAlign });
		case 0x2e: // GNU_args_size
			r.uleb();
			return;
		default:
			throw new FormatError(`frame instruction 0x${op.toString(16)}`, r.pos - 1);
	}
}
