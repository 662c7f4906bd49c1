// The table-driven encoder: finds the form of a mnemonic that fits the
// operands and writes it.
//
// A line of the table is `MNEMONIC form form ...`, a form is `args:one.two`.
// args are pairs of a class and a role, in Plan 9 order (destination last);
// one and two are base-36 words:
//
//   one  bits 0-7 opcode, 8-10 map, 11-12 prefix (none 66 F3 F2), 13 W, 14-15 vector length,
//        16-17 kind (legacy, VEX, EVEX), 18-21 opcode digit + 1
//   two  bits 0-2 immediate (1 byte, 2 word, 3 dword, 4 qword, 5 word and byte), 3 has a fixed byte after
//        the opcode, 4-11 that byte, 12-15 log2 of the displacement's unit, 16-18 log2 of the broadcast
//        element + 1, 19 zeroing, 20 rounding, 21 suppress exceptions, 22 prefix 66 for width, 26 mask needed
//
// Roles: g ModRM.reg, e ModRM.rm, b both of them, v VEX.vvvv, o low bits of the opcode (or of the fixed byte), n immediate,
// 4 register in the immediate's high half, k write mask, - implied.

import type { ByteWriter } from "#base";
import { escape, mandatory, modMem, modRR, NoReg, RIP, vex } from "./encode.ts";
import { formTable } from "./forms.gen.ts";
import { type Operand, OperandKind, Reg } from "./operand.ts";

const Zeroing = 1 << 19;
const Rounding = 1 << 20;
const SaeOk = 1 << 21;
const Op16 = 1 << 22;
const MaskNeeded = 1 << 26;

/** Suffixes of a mnemonic (.Z, .BCST, .SAE, .RN_SAE ...). */
export const Suffix = { Z: 1, Bcst: 2, Sae: 4, Round: 8, ModeShift: 4 } as const;

/** Why no form was chosen. */
export const EncodeError = {
	None: 0,
	Unknown: 1,
	NoForm: 2,
	Zeroing: 3,
	Rounding: 4,
	Sae: 5,
	SaeMemory: 6,
	Broadcast: 7,
	BroadcastMemory: 8,
	ZeroingMask: 9,
	GatherDistinct: 10,
	GatherDistinct2: 11,
} as const;
export type EncodeError = (typeof EncodeError)[keyof typeof EncodeError];

export const encodeErrorText: readonly string[] = [
	"",
	"unrecognized instruction",
	"invalid instruction",
	"unsupported zeroing",
	"unsupported rounding",
	"unsupported SAE",
	"illegal SAE with memory argument",
	"unsupported broadcast",
	"illegal broadcast without memory argument",
	"mask register must be specified for .Z instructions",
	"mask, index, and destination registers should be distinct",
	"index and destination registers should be distinct",
];

export interface Form {
	/** Character codes. */
	classes: Uint8Array;
	roles: Uint8Array;
	/** Index of the mask operand, -1 = none. */
	mask: number;
	one: number;
	two: number;
}

function parseForm(text: string): Form {
	const colon = text.indexOf(":");
	const n = colon >> 1;
	const classes = new Uint8Array(n);
	const roles = new Uint8Array(n);
	let mask = -1;
	for (let i = 0; i < n; i++) {
		classes[i] = text.charCodeAt(2 * i);
		roles[i] = text.charCodeAt(2 * i + 1);
		if (roles[i] === 0x6b) mask = i;
	}
	const dot = text.indexOf(".", colon);
	const one = Number.parseInt(text.slice(colon + 1, dot < 0 ? undefined : dot), 36);
	const two = dot < 0 ? 0 : Number.parseInt(text.slice(dot + 1), 36);
	return { classes, roles, mask, one, two };
}

/** What the last encode wrote, as byte offsets in the writer; -1 = absent. */
export class Encoded {
	/** Offset of a 32-bit displacement field, and its operand. */
	disp = -1;
	memArg = -1;
	/** Offset and size of the immediate, and its operand. */
	imm = -1;
	immSize = 0;
	immArg = -1;
	error: EncodeError = 0;
}

/** The encoding table with forms parsed on first use. One per assembler; holds no other state. */
export class FormTable {
	private readonly lines = new Map<string, string>();
	private readonly forms = new Map<string, readonly Form[]>();

	constructor() {
		let at = 1;
		while (at < formTable.length) {
			const end = formTable.indexOf("\n", at);
			const space = formTable.indexOf(" ", at);
			this.lines.set(formTable.slice(at, space), formTable.slice(space + 1, end));
			at = end + 1;
		}
	}

	has(name: string): boolean {
		return this.lines.has(name);
	}

	get(name: string): readonly Form[] | null {
		const old = this.forms.get(name);
		if (old !== undefined) return old;
		const line = this.lines.get(name);
		if (line === undefined) return null;
		const list = line.split(" ").map(parseForm);
		this.forms.set(name, list);
		return list;
	}

	names(): string[] {
		return [...this.lines.keys()];
	}
}

function inRange(a: Operand, low: number, high: number): boolean {
	return a.kind === OperandKind.Imm && a.big === null && a.value >= low && a.value <= high;
}

function regIn(a: Operand, base: number, count: number): boolean {
	return a.kind === OperandKind.Reg && a.reg >= base && a.reg < base + count;
}

/** A memory operand without vector index. */
function plainMem(a: Operand): boolean {
	return a.kind === OperandKind.Mem && a.index < 16;
}

function vectorMem(a: Operand, base: number, count: number): boolean {
	return a.kind === OperandKind.Mem && a.index >= base && a.index < base + count;
}

/**
 * Does an operand belong to a class? high = number of vector registers the kind of encoding reaches, maxInt32 = the largest
 * value of a sign-extended immediate of 32 bits.
 */
function fits(a: Operand, cls: number, high: number, maxInt32: number): boolean {
	switch (cls) {
		case 0x62: // b
			return a.kind === OperandKind.Reg && a.reg >= 0 && a.reg < 40;
		case 0x42: // B
			return (a.kind === OperandKind.Reg && a.reg >= 0 && a.reg < 40) || plainMem(a);
		case 0x72: // r
			return regIn(a, 0, 16);
		case 0x52: // R
			return regIn(a, 0, 16) || plainMem(a);
		case 0x4d: // M
			return plainMem(a);
		case 0x78: // x
			return regIn(a, Reg.X, high);
		case 0x58: // X
			return regIn(a, Reg.X, high) || plainMem(a);
		case 0x79: // y
			return regIn(a, Reg.Y, high);
		case 0x59: // Y
			return regIn(a, Reg.Y, high) || plainMem(a);
		case 0x7a: // z
			return regIn(a, Reg.Z, 32);
		case 0x5a: // Z
			return regIn(a, Reg.Z, 32) || plainMem(a);
		case 0x6b: // k
			return regIn(a, Reg.K, 8);
		case 0x51: // Q
			return regIn(a, Reg.K, 8) || plainMem(a);
		case 0x4b: // K: write mask
			return regIn(a, Reg.K + 1, 7);
		case 0x6d: // m
			return regIn(a, Reg.M, 8);
		case 0x4e: // N
			return regIn(a, Reg.M, 8) || plainMem(a);
		case 0x75: // u: memory with X index
			return vectorMem(a, Reg.X, high);
		case 0x76: // v
			return vectorMem(a, Reg.Y, high);
		case 0x77: // w
			return vectorMem(a, Reg.Z, 32);
		case 0x69: // i
			return inRange(a, -128, 127);
		case 0x6a: // j
			return inRange(a, -128, 255);
		case 0x73: // s
			return inRange(a, -32768, 65535);
		case 0x64: // d
			return inRange(a, -0x8000_0000, maxInt32) || a.kind === OperandKind.Addr;
		case 0x65: // e
			return inRange(a, -0x8000_0000, 0xffff_ffff) || a.kind === OperandKind.Addr;
		case 0x6f: // o
			return a.kind === OperandKind.Imm || a.kind === OperandKind.Addr;
		case 0x41: // A
			return a.kind === OperandKind.Reg && (a.reg === Reg.Byte || a.reg === 0);
		case 0x61: // a
			return a.kind === OperandKind.Reg && a.reg === 0;
		case 0x43: // C
			return a.kind === OperandKind.Reg && (a.reg === 1 || a.reg === Reg.Byte + 1);
		case 0x44: // D
			return a.kind === OperandKind.Reg && a.reg === 2;
		case 0x31: // 1
			return inRange(a, 1, 1);
		case 0x33: // 3
			return inRange(a, 3, 3);
		case 0x30: // 0
			return inRange(a, 0, 0);
		case 0x68: // h
			return regIn(a, Reg.X, 1);
		case 0x66: // f
			return regIn(a, Reg.F, 8);
		case 0x46: // F
			return regIn(a, Reg.F, 1);
		case 0x70: // p
			return regIn(a, Reg.Seg + 4, 1);
		case 0x50: // P
			return regIn(a, Reg.Seg + 5, 1);
		case 0x53: // S
			return regIn(a, Reg.Seg, 6);
		case 0x63: // c
			return regIn(a, Reg.CR, 16);
		case 0x71: // q
			return inRange(a, 0, 3);
		default:
			return fitsRare(a, cls);
	}
}

function fitsRare(a: Operand, cls: number): boolean {
	if (cls === 0x74) return a.kind === OperandKind.RegList && a.reg >= Reg.Z && a.reg < Reg.Z + 32;
	if (cls === 0x54) return a.kind === OperandKind.RegList && a.reg >= Reg.X && a.reg < Reg.X + 32;
	if (cls === 0x47) return regIn(a, Reg.DR, 16);
	return false;
}

/** Checks all operands; a missing mask operand is tolerated where the form allows. */
function formFits(form: Form, args: readonly Operand[], n: number, maxInt32: number): boolean {
	const want = form.classes.length;
	const skip = n === want ? -1 : form.mask;
	if (n !== want && (n !== want - 1 || skip < 0 || (form.two & MaskNeeded) !== 0)) return false;
	const high = ((form.one >> 16) & 3) === 2 ? 32 : 16;
	let at = 0;
	for (let i = 0; i < want; i++) {
		if (i === skip) continue;
		if (!fits(args[at++] as Operand, form.classes[i] as number, high, maxInt32)) return false;
	}
	return true;
}

/** Hardware number of a register. */
function hw(reg: number): number {
	if (reg < 32) return reg & 15;
	if (reg < 64) return reg & 15;
	if (reg < Reg.K) return reg & 31;
	if (reg < Reg.Seg) return reg & 7;
	if (reg < Reg.CR) return reg - Reg.Seg;
	return reg & 15;
}

/** Operands sorted by role, filled by encode. One object per encoder, reused. */
class Roles {
	reg = 0;
	rm = 0;
	mem: Operand | null = null;
	memArg = -1;
	vvvv = 0;
	opreg = 0;
	mask = 0;
	is4 = -1;
	imm: Operand | null = null;
	immArg = -1;
	imm2: Operand | null = null;
	rex = 0;

	fill(form: Form, args: readonly Operand[], n: number): void {
		this.reg = 0;
		this.rm = -1;
		this.mem = null;
		this.vvvv = 0;
		this.opreg = 0;
		this.mask = 0;
		this.is4 = -1;
		this.imm = null;
		this.imm2 = null;
		this.rex = 0;
		const skip = n === form.classes.length ? -1 : form.mask;
		let at = 0;
		for (let i = 0; i < form.roles.length; i++) {
			if (i === skip) continue;
			const a = args[at] as Operand;
			this.place(form, form.roles[i] as number, form.classes[i] as number, a, at);
			at++;
		}
	}

	private place(_form: Form, role: number, cls: number, a: Operand, at: number): void {
		if (a.kind === OperandKind.Reg && (cls === 0x62 || cls === 0x42)) {
			// SPB, BPB, SIB, DIB and the low bytes of SP..DI exist only with REX.
			if (a.reg < 32 && (a.reg & 15) >= 4 && (a.reg & 15) < 8) this.rex |= 0x40;
		}
		switch (role) {
			case 0x67:
				this.reg = hw(a.reg);
				break;
			case 0x65:
				if (a.kind === OperandKind.Mem) {
					this.mem = a;
					this.memArg = at;
				} else this.rm = hw(a.reg);
				break;
			case 0x62:
				this.reg = hw(a.reg);
				this.rm = this.reg;
				break;
			case 0x76:
				this.vvvv = hw(a.reg);
				break;
			case 0x6f:
				this.opreg = hw(a.reg);
				break;
			case 0x6b:
				this.mask = a.reg - Reg.K;
				break;
			case 0x34:
				this.is4 = hw(a.reg);
				break;
			case 0x6e:
				if (this.imm === null) {
					this.imm = a;
					this.immArg = at;
				} else this.imm2 = a;
				break;
			default:
		}
	}
}

/** Mask, vector index and destination of an AVX2 gather name one register twice. */
function sharedGatherRegister(args: readonly Operand[]): boolean {
	const [mask, mem, dst] = args as [Operand, Operand, Operand];
	if (mask.kind !== OperandKind.Reg || mem.kind !== OperandKind.Mem || mem.index < Reg.X || dst.kind !== OperandKind.Reg) return false;
	const index = hw(mem.index);
	return hw(mask.reg) === index || hw(mask.reg) === hw(dst.reg) || index === hw(dst.reg);
}

/** Writes instructions chosen from the table. */
export class TableEncoder {
	readonly table: FormTable;
	/** Result of the last encode. */
	readonly out: Encoded = new Encoded();
	private readonly roles = new Roles();

	constructor(table: FormTable) {
		this.table = table;
	}

	/** Encodes one instruction with n operands; returns false and sets out.error if no form fits. */
	encode(w: ByteWriter, name: string, suffix: number, args: readonly Operand[], n: number): boolean {
		const forms = this.table.get(name);
		this.out.error = EncodeError.Unknown;
		if (forms === null) return false;
		let error = this.tryForms(w, forms, suffix, args, n, 0x7fff_ffff);
		// As the official assembler does, takes 0xffffffff for -1 where nothing else fits, though it is sign-extended.
		if (error === EncodeError.NoForm) error = this.tryForms(w, forms, suffix, args, n, 0xffff_ffff);
		if (error === EncodeError.None) return true;
		this.out.error = error === EncodeError.NoForm && n === 3 && sharedGatherRegister(args) ? EncodeError.GatherDistinct : error;
		return false;
	}

	private tryForms(
		w: ByteWriter,
		forms: readonly Form[],
		suffix: number,
		args: readonly Operand[],
		n: number,
		maxInt32: number,
	): EncodeError {
		let error: EncodeError = EncodeError.NoForm;
		for (let i = 0; i < forms.length; i++) {
			const form = forms[i] as Form;
			if (suffix !== 0 && ((form.one >> 16) & 3) !== 2) continue;
			if (!formFits(form, args, n, maxInt32)) continue;
			const bad = suffix === 0 ? this.checkRegisters(form, args, n) : this.checkSuffix(form, suffix, args, n);
			if (bad !== 0) {
				error = bad;
				continue;
			}
			this.write(w, form, suffix, args, n);
			return EncodeError.None;
		}
		return error;
	}

	private checkSuffix(form: Form, suffix: number, args: readonly Operand[], n: number): EncodeError {
		let mem = false;
		for (let i = 0; i < n; i++) if ((args[i] as Operand).kind === OperandKind.Mem) mem = true;
		const two = form.two;
		if ((suffix & Suffix.Bcst) !== 0) {
			if (((two >> 16) & 7) === 0) return EncodeError.Broadcast;
			if (!mem) return EncodeError.BroadcastMemory;
		}
		if ((suffix & Suffix.Round) !== 0) {
			if ((two & Rounding) === 0 || mem) return EncodeError.Rounding;
			if (!this.lengthTakesRounding(form)) return EncodeError.Rounding;
		} else if ((suffix & Suffix.Sae) !== 0) {
			if ((two & SaeOk) === 0 || !this.lengthTakesRounding(form)) return EncodeError.Sae;
			if (mem) return EncodeError.SaeMemory;
		}
		if ((suffix & Suffix.Z) !== 0) {
			if ((two & Zeroing) === 0) return EncodeError.Zeroing;
			if (n !== form.classes.length) return EncodeError.ZeroingMask;
		}
		return this.checkRegisters(form, args, n);
	}

	/** Rounding control is for 512-bit and scalar forms; the latter have no other lengths in the table. */
	private lengthTakesRounding(form: Form): boolean {
		return (form.two & (Rounding | SaeOk)) !== 0;
	}

	/** Gathers want distinct registers. */
	private checkRegisters(form: Form, args: readonly Operand[], n: number): EncodeError {
		for (let i = 0; i < n; i++) {
			const a = args[i] as Operand;
			if (a.kind !== OperandKind.Mem || a.index < Reg.X) continue;
			const dst = args[n - 1] as Operand;
			if (dst.kind !== OperandKind.Reg) continue;
			const index = hw(a.index);
			if (((form.one >> 16) & 3) === 1) {
				const mask = hw((args[0] as Operand).reg);
				if (mask === index || mask === hw(dst.reg) || index === hw(dst.reg)) return EncodeError.GatherDistinct;
			} else if (dst.reg < Reg.K && index === hw(dst.reg)) return EncodeError.GatherDistinct2;
		}
		return 0;
	}

	private write(w: ByteWriter, form: Form, suffix: number, args: readonly Operand[], n: number): void {
		const r = this.roles;
		r.fill(form, args, n);
		const { one, two } = form;
		const kind = (one >> 16) & 3;
		const digit = ((one >> 18) & 15) - 1;
		if (digit >= 0) r.reg = digit;
		const opreg = r.opreg;
		const out = this.out;
		out.disp = -1;
		out.memArg = -1;
		out.imm = -1;
		out.immArg = -1;
		out.error = 0;
		let disp8 = 1;
		if (r.mem !== null && r.mem.seg >= 0) w.u8(r.mem.seg === Reg.Seg + 4 ? 0x64 : 0x65);
		if (kind === 0) this.legacyPrefix(w, form, opreg);
		else if (kind === 1) this.vexPrefix(w, form);
		else disp8 = this.evexPrefix(w, form, suffix);
		const fixed = (two & 8) !== 0;
		w.u8((one & 0xff) + (fixed ? 0 : opreg & 7));
		if (fixed) w.u8(((two >> 4) & 0xff) + (opreg & 7));
		else if (r.mem !== null) this.memory(w, r.mem, disp8);
		else if (r.rm >= 0) modRR(w, r.reg, r.rm);
		if (r.is4 >= 0) w.u8(r.is4 << 4);
		this.immediate(w, two & 7);
	}

	private memory(w: ByteWriter, m: Operand, disp8: number): void {
		const r = this.roles;
		let at: number;
		const index = m.index >= 0 ? hw(m.index) : NoReg;
		if (m.sym >= 0 && m.base === RIP) at = modMem(w, r.reg, RIP, NoReg, 1, 0, 1);
		else if (m.sym >= 0) {
			// A relocated displacement takes 32 bits whatever it is.
			at = modMem(w, r.reg, m.base < 0 ? NoReg : m.base, index, m.scale, 0x7fff_ffff, 1);
			w.view.setInt32(at, m.value, true);
		} else at = modMem(w, r.reg, m.base < 0 ? NoReg : m.base, index, m.scale, m.value, disp8);
		this.out.disp = at;
		this.out.memArg = r.memArg;
	}

	private legacyPrefix(w: ByteWriter, form: Form, opreg: number): void {
		const r = this.roles;
		const { one, two } = form;
		if ((two & Op16) !== 0) w.u8(0x66);
		const pp = (one >> 11) & 3;
		if (pp !== 0) mandatory(w, pp);
		let rex = r.rex | ((r.reg & 8) >> 1);
		if ((one & 0x2000) !== 0) rex |= 8;
		if (r.mem !== null) {
			if (r.mem.index > 7) rex |= 2;
			if (r.mem.base > 7 && r.mem.base !== RIP) rex |= 1;
		} else if (r.rm > 7 || opreg > 7) rex |= 1;
		if (rex !== 0) w.u8(0x40 | rex);
		escape(w, (one >> 8) & 7);
	}

	private vexPrefix(w: ByteWriter, form: Form): void {
		const r = this.roles;
		const one = form.one;
		let x = 0;
		let b = r.rm > 7 ? 1 : 0;
		if (r.mem !== null) {
			x = r.mem.index >= 0 && (hw(r.mem.index) & 8) !== 0 ? 1 : 0;
			b = r.mem.base > 7 && r.mem.base !== RIP ? 1 : 0;
		}
		vex(w, (one >> 8) & 7, (one >> 11) & 3, (one >> 13) & 1, (one >> 14) & 1, r.vvvv, r.reg & 8, x, b);
	}

	/** Writes the EVEX prefix; returns the unit of an 8-bit displacement. */
	private evexPrefix(w: ByteWriter, form: Form, suffix: number): number {
		const r = this.roles;
		const { one, two } = form;
		let x = 0;
		let b: number;
		let v4 = (r.vvvv >> 4) & 1;
		if (r.mem !== null) {
			b = r.mem.base > 7 && r.mem.base !== RIP ? 1 : 0;
			if (r.mem.index >= 0) {
				const index = hw(r.mem.index);
				x = (index >> 3) & 1;
				if (r.mem.index >= Reg.X) v4 = (index >> 4) & 1;
			}
		} else {
			b = (r.rm >> 3) & 1;
			x = (r.rm >> 4) & 1;
		}
		let length = (one >> 14) & 3;
		let bc = 0;
		if ((suffix & (Suffix.Round | Suffix.Sae)) !== 0) {
			bc = 1;
			length = (suffix & Suffix.Round) !== 0 ? (suffix >> Suffix.ModeShift) & 3 : length;
		} else if ((suffix & Suffix.Bcst) !== 0) bc = 1;
		w.u8(0x62);
		w.u8(((r.reg & 8) !== 0 ? 0 : 0x80) | (x !== 0 ? 0 : 0x40) | (b !== 0 ? 0 : 0x20) | ((r.reg & 16) !== 0 ? 0 : 0x10) | ((one >> 8) & 7));
		w.u8((((one >> 13) & 1) << 7) | ((~r.vvvv & 15) << 3) | 4 | ((one >> 11) & 3));
		w.u8(((suffix & Suffix.Z) !== 0 ? 0x80 : 0) | (length << 5) | (bc << 4) | (v4 !== 0 ? 0 : 8) | r.mask);
		if (bc !== 0 && r.mem !== null) return 1 << (((two >> 16) & 7) - 1);
		return 1 << ((two >> 12) & 15);
	}

	private immediate(w: ByteWriter, size: number): void {
		if (size === 0) return;
		const r = this.roles;
		const imm = r.imm as Operand;
		this.out.imm = w.len;
		this.out.immArg = r.immArg;
		this.out.immSize = size === 1 ? 1 : size === 2 ? 2 : size === 4 ? 8 : 4;
		const value = imm.kind === OperandKind.Imm ? imm.value : 0;
		if (size === 1) w.u8(value & 0xff);
		else if (size === 2) w.u16(value & 0xffff);
		else if (size === 3) w.u32(value);
		else if (size === 4) {
			if (imm.big !== null) w.big64(imm.big);
			else w.u64(value);
		} else {
			w.u16(value & 0xffff);
			w.u8((r.imm2 as Operand).value & 0xff);
		}
	}
}
