// One instruction of a function under assembly.

import { type Operand } from "#obj";

export const Kind = {
	/** Encoded from the table. */
	Inst: 0,
	/** Jcc, JMP, LOOP... to an item of the function. */
	Branch: 1,
	/** CALL, JMP or Jcc to a symbol: 32-bit field with a relocation. */
	ToSymbol: 2,
	Ret: 3,
	Funcdata: 4,
	Pcdata: 5,
	Align: 6,
	Nop: 7,
	AdjSP: 8,
	/** BYTE, WORD, LONG, QUAD. */
	Data: 9,
	Text: 10,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Values of Item.cond beyond the sixteen conditions. */
export const Jump = { Jmp: 16, Loopne: 17, Loope: 18, Loop: 19, Jcxzl: 20, Jcxzq: 21, Call: 22, Xbegin: 23 } as const;

export class Item {
	kind: Kind;
	op: string;
	suffix = 0;
	args: Operand[];
	/** Offset in the root file; file index and line for line tables. */
	pos: number;
	file: number;
	line: number;
	cond = 0;
	label = "";
	/** Branch by distance: n(PC). */
	distance = 0;
	target: Item | null = null;
	/** Pcdata, Funcdata: index; Align: alignment. */
	index = 0;
	/** Pcdata, AdjSP: value; Funcdata: name index; Align: most bytes. */
	value = 0;
	/** Change of the SP delta after this item. */
	spadj = 0;
	/** Encoded bytes in the scratch writer. */
	start = 0;
	size = 0;
	pc = 0;
	long = false;
	/** Relocations of this item: indices in the function's list. */
	relocFrom = 0;
	relocTo = 0;

	constructor(kind: Kind, op: string, args: Operand[], pos: number, file: number, line: number) {
		this.kind = kind;
		this.op = op;
		this.args = args;
		this.pos = pos;
		this.file = file;
		this.line = line;
	}
}

/** Condition numbers by mnemonic without the J. */
const conditionNames: Readonly<Record<string, number>> = {
	OS: 0,
	O: 0,
	OC: 1,
	NO: 1,
	CS: 2,
	B: 2,
	C: 2,
	LO: 2,
	NAE: 2,
	CC: 3,
	AE: 3,
	HS: 3,
	NB: 3,
	NC: 3,
	EQ: 4,
	E: 4,
	Z: 4,
	NE: 5,
	NZ: 5,
	LS: 6,
	BE: 6,
	NA: 6,
	HI: 7,
	A: 7,
	NBE: 7,
	MI: 8,
	S: 8,
	PL: 9,
	NS: 9,
	PS: 10,
	P: 10,
	PE: 10,
	PC: 11,
	NP: 11,
	PO: 11,
	LT: 12,
	L: 12,
	NGE: 12,
	GE: 13,
	NL: 13,
	LE: 14,
	NG: 14,
	GT: 15,
	G: 15,
	NLE: 15,
};

const others: Readonly<Record<string, number>> = {
	JMP: Jump.Jmp,
	CALL: Jump.Call,
	LOOP: Jump.Loop,
	LOOPEQ: Jump.Loope,
	LOOPNE: Jump.Loopne,
	JCXZL: Jump.Jcxzl,
	JCXZQ: Jump.Jcxzq,
	XBEGIN: Jump.Xbegin,
};

/** Jump code of a mnemonic, -1 if it is no jump. */
export function jumpCode(op: string): number {
	const other = others[op];
	if (other !== undefined) return other;
	if (!op.startsWith("J")) return -1;
	return conditionNames[op.slice(1)] ?? -1;
}
