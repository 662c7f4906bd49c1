// Operands of an instruction as the table-driven encoder takes them, and the
// assembler's register numbers: a class in the high bits, the hardware number
// in the low ones.

/** Register numbers: class base + hardware number. */
export const Reg = {
	/** 16, 32 and 64-bit registers AX..R15: the instruction tells the width. */
	Gp: 0,
	/** AL..R15B. */
	Byte: 16,
	/** AH CH DH BH have hardware numbers 4-7 without REX. */
	HighByte: 32,
	X: 64,
	Y: 96,
	Z: 128,
	K: 160,
	M: 168,
	F: 176,
	/** ES CS SS DS FS GS. */
	Seg: 184,
	CR: 192,
	DR: 208,
	TR: 224,
	/** Bases of symbolic addresses and thread-local storage; never encoded. */
	TLS: 240,
	FP: 241,
	PseudoSP: 242,
	SB: 243,
	PC: 244,
	None: -1,
} as const;

export const OperandKind = { Reg: 1, Imm: 2, Mem: 3, RegList: 4, Addr: 5, Float: 6, Str: 7, Branch: 8 } as const;
export type OperandKind = (typeof OperandKind)[keyof typeof OperandKind];

export class Operand {
	kind: OperandKind = 1;
	/** Reg: the register; RegList: the first of four. */
	reg = -1;
	/** Mem: base and index as register numbers (index may be X, Y, Z), -1 = none. RIP = relocated. */
	base = -1;
	index = -1;
	scale = 1;
	/** Mem: displacement; Imm: the value when it is a safe integer. */
	value = 0;
	/** Imm: the exact value as 64 bits when it is not a safe integer, else null. */
	big: bigint | null = null;
	/** Symbol of Mem, Addr and Branch operands; index in the user's table, -1 = none. */
	sym = -1;
	/** Segment override register of Mem (FS, GS) or -1. */
	seg = -1;
	/** Float: value; Str: bytes. */
	float = 0;
	bytes: Uint8Array | null = null;
	/** Branch: name of a label; "" = target or sym. */
	label = "";
	/** Branch: distance in instructions (n(PC)). */
	target = 0;
}
