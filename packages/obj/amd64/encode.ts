// The core of the amd64 encoder: prefixes, ModRM, SIB, displacements. It takes
// integers only. The compiler's back end reaches it through emit.ts, the
// assembler through forms.ts.
//
// Registers are hardware numbers 0-15 (vectors 0-31). An address is base,
// index, scale, disp: base and index may be NoReg; base may be RIP, then disp
// is the 32-bit field's content and index must be NoReg. Scale is 1, 2, 4, 8.

import type { ByteWriter } from "#base";

export const NoReg = -1;
/** Base register value of RIP-relative addresses. */
export const RIP = 64;

/** Writes ModRM for two registers. Only the low three bits of each are used. */
export function modRR(w: ByteWriter, reg: number, rm: number): void {
	w.u8(0xc0 | ((reg & 7) << 3) | (rm & 7));
}

function log2scale(scale: number): number {
	return scale === 8 ? 3 : scale >> 1;
}

/**
 * Writes ModRM, SIB and displacement. disp8 is the factor of compressed
 * displacements (1 outside EVEX). Returns the offset in w of the displacement
 * field, or -1 if there is none.
 */
export function modMem(w: ByteWriter, reg: number, base: number, index: number, scale: number, disp: number, disp8: number): number {
	const r = (reg & 7) << 3;
	if (base === RIP) {
		w.u8(r | 5);
		w.u32(disp);
		return w.len - 4;
	}
	if (base === NoReg) {
		w.u8(r | 4);
		w.u8(index === NoReg ? 0x25 : (log2scale(scale) << 6) | ((index & 7) << 3) | 5);
		w.u32(disp);
		return w.len - 4;
	}
	const b = base & 7;
	let mod = 0x80;
	let short = disp;
	if (disp === 0 && b !== 5) mod = 0;
	else if (disp8 === 1) {
		if (disp >= -128 && disp <= 127) mod = 0x40;
	} else if (disp % disp8 === 0) {
		short = disp / disp8;
		if (short >= -128 && short <= 127) mod = 0x40;
	}
	if (index !== NoReg) {
		w.u8(mod | r | 4);
		w.u8((log2scale(scale) << 6) | ((index & 7) << 3) | b);
	} else if (b === 4) {
		w.u8(mod | r | 4);
		w.u8(0x24);
	} else w.u8(mod | r | b);
	if (mod === 0) return -1;
	if (mod === 0x40) {
		w.u8(short & 0xff);
		return w.len - 1;
	}
	w.u32(disp);
	return w.len - 4;
}

/** Bits R, X, B of REX for a register and an address. */
export function rexMem(reg: number, base: number, index: number): number {
	let rex = (reg & 8) >> 1;
	if (index > 7) rex |= 2;
	if (base > 7 && base !== RIP) rex |= 1;
	return rex;
}

/** Writes the escape bytes of opcode map 0 (none), 1 (0F), 2 (0F 38) or 3 (0F 3A). */
export function escape(w: ByteWriter, map: number): void {
	if (map === 0) return;
	w.u8(0x0f);
	if (map === 2) w.u8(0x38);
	else if (map === 3) w.u8(0x3a);
}

/** Writes mandatory prefix pp: 0 none, 1 = 66, 2 = F3, 3 = F2. */
export function mandatory(w: ByteWriter, pp: number): void {
	if (pp === 1) w.u8(0x66);
	else if (pp === 2) w.u8(0xf3);
	else if (pp === 3) w.u8(0xf2);
}

/** Writes a VEX prefix, two bytes where possible. r, x, b are the uninverted fourth bits; vvvv the uninverted register. */
export function vex(w: ByteWriter, map: number, pp: number, wbit: number, l: number, vvvv: number, r: number, x: number, b: number): void {
	const tail = ((~vvvv & 15) << 3) | (l << 2) | pp;
	if (map === 1 && wbit === 0 && x === 0 && b === 0) {
		w.u8(0xc5);
		w.u8((r ? 0 : 0x80) | tail);
		return;
	}
	w.u8(0xc4);
	w.u8((r ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | map);
	w.u8((wbit << 7) | tail);
}

const nops: readonly Uint8Array[] = [
	[],
	[0x90],
	[0x66, 0x90],
	[0x0f, 0x1f, 0x00],
	[0x0f, 0x1f, 0x40, 0x00],
	[0x0f, 0x1f, 0x44, 0x00, 0x00],
	[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
	[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
	[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
	[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
].map((b) => Uint8Array.from(b));

/** Writes n bytes of no-operations, as few instructions as possible. */
export function nop(w: ByteWriter, n: number): void {
	while (n > 0) {
		const k = n > 9 ? 9 : n;
		w.bytes(nops[k] as Uint8Array);
		n -= k;
	}
}
