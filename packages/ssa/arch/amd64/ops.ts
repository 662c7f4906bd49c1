// Machine operations of the low-level form (lir.ts). An operation is a shape
// (which operands are registers, memory, immediates); the instruction proper is
// in the `sub` column (an opcode word of #obj's ops, a condition, a digit).
//
// Constraint letters: - none, r general, x floating, = the register of a,
// A C D S I W the fixed AX CX DX SI DI R11, n general but AX and DX,
// c general but CX, u any place (no register needed).
// Flags: m has a memory operand, U reads the processor flags, k commutative,
// e dst must differ from all inputs, t dst2 is a temporary (differs from all),
// P a pseudo operation without code.

import { AX, CX, DI, DX, fpMask, gpMask, R11, SI } from "./regs.ts";

export const LMov = 1;
export const LMovX = 2;
export const LLoad = 3;
export const LLoadX = 4;
export const LStore = 5;
export const LStoreX = 6;
/** mem = imm. */
export const LStoreI = 7;
/** 16 zero bytes from X15. */
export const LStoreZ = 8;
export const LLea = 9;
export const LAluRR = 10;
/** Commutative. */
export const LAluRRk = 11;
export const LAluRI = 12;
export const LAluRM = 13;
/** mem = mem op a. */
export const LAluMR = 14;
export const LAluMI = 15;
export const LCmpRR = 16;
export const LCmpRI = 17;
/** a compared to mem. */
export const LCmpRM = 18;
/** mem compared to a. */
export const LCmpMR = 19;
export const LCmpMI = 20;
/** Bit b of a into carry. */
export const LBtRR = 21;
export const LBtRI = 22;
export const LCmpXX = 23;
export const LCmpXM = 24;
export const LSetcc = 25;
/** Float equality (sub CondE) or inequality (CondNE): combines with parity. */
export const LSetccX = 26;
/** dst = cond ? b : a. */
export const LCmov = 27;
/** Floating dst = cond ? b : a, by a branch. */
export const LSelX = 28;
export const LImulI = 29;
/** dst (DX) high, dst2 (AX) low of a * b. */
export const LMul1 = 30;
/** dst (AX) quotient, dst2 (DX) remainder; sub: 0 unsigned, 1 signed, 2 signed with check of -1. */
export const LDiv = 31;
/** c:a / b. */
export const LDivU2 = 32;
export const LShiftI = 33;
export const LShiftCL = 34;
export const LUnary = 35;
export const LBswap = 36;
/** Sets bit imm. */
export const LBtsI = 37;
/** dst = carry ? -1 : 0. */
export const LSbbMask = 38;
/** movzx, movsx, movsxd, mov 32. */
export const LExt = 39;
/** bsf, bsr, popcnt. */
export const LBitScan = 40;
export const LXchg = 41;
export const LXadd = 42;
/** lock mem op= a. */
export const LLockMR = 43;
export const LLockMI = 44;
export const LCmpXchg = 45;
/** dst (AX) = old; mem = old op a, by a compare-and-swap loop. */
export const LAtomicLoop = 46;
export const LFopRR = 47;
export const LFopRRk = 48;
export const LFopRM = 49;
export const LFunXX = 50;
export const LFunXM = 51;
/** dst = round(a) with mode imm. */
export const LRound = 52;
export const LCvtXR = 53;
export const LCvtRX = 54;
/** dst = b * c + a. */
export const LFma = 55;
/** Go's min (sub 0) and max (sub 1). */
export const LMinMax = 56;
/** Unsigned 64-bit to float. */
export const LCvtUX = 57;
/** Float to unsigned 64-bit. */
export const LCvtXU = 58;
export const LNilCheck = 59;
/** Bounds check of a and b; see emit. */
export const LBounds = 60;
export const LWB = 61;
/** rep stosq of imm words at a. */
export const LRepStos = 62;
/** rep movsq of imm words from a to b. */
export const LRepMovs = 63;
export const LCall = 64;
/** Call of the code address a. */
export const LCallR = 65;
export const LRet = 66;
export const LTail = 67;
/** Defines the arguments. */
export const LEntry = 68;
export const LJmpTab = 69;
export const LPause = 70;
export const LPrefetch = 71;
export const LInlMark = 72;
export const LUnsafe = 73;
export const LKeep = 74;
/** Adds or subtracts with the carry flag as it is. */
export const LAdcRR = 75;
/** Sets the carry flag from a (0 or 1): neg a copy. */
export const LCarryIn = 76;
export const LSlotDef = 77;
export const LSlotKill = 78;
/** Zeroing loop of imm bytes at a, 64 at a time. */
export const LZeroLoop = 79;
/** Copy loop of imm bytes from a to b, 64 at a time. */
export const LMoveLoop = 80;
export const LVar = 81;

const rows: readonly string[] = [
	// name dst dst2 a b c flags
	"Invalid - - - - - -",
	"Mov r - r - - -",
	"MovX x - x - - -",
	"Load r - - - - m",
	"LoadX x - - - - m",
	"Store - - r - - m",
	"StoreX - - x - - m",
	"StoreI - - - - - m",
	"StoreZ - - - - - m",
	"Lea r - - - - m",
	"AluRR = - r r - -",
	"AluRRk = - r r - k",
	"AluRI = - r - - -",
	"AluRM = - r - - m",
	"AluMR - - r - - m",
	"AluMI - - - - - m",
	"CmpRR - - r r - -",
	"CmpRI - - r - - -",
	"CmpRM - - r - - m",
	"CmpMR - - r - - m",
	"CmpMI - - - - - m",
	"BtRR - - r r - -",
	"BtRI - - r - - -",
	"CmpXX - - x x - -",
	"CmpXM - - x - - m",
	"Setcc r - - - - U",
	"SetccX r r - - - Ut",
	"Cmov = - r r - U",
	"SelX = - x x - U",
	"ImulI r - r - - -",
	"Mul1 D A A r - -",
	"Div A D A n - -",
	"DivU2 A D A n D -",
	"ShiftI = - r - - -",
	"ShiftCL = - c C - -",
	"Unary = - r - - -",
	"Bswap = - r - - -",
	"BtsI = - r - - -",
	"SbbMask r - - - - U",
	"Ext r - r - - -",
	"BitScan r - r - - -",
	"Xchg = - r - - m",
	"Xadd = - r - - m",
	"LockMR - - r - - m",
	"LockMI - - - - - m",
	"CmpXchg A - A r - m",
	"AtomicLoop A r r - - met",
	"FopRR = - x x - -",
	"FopRRk = - x x - k",
	"FopRM = - x - - m",
	"FunXX x - x - - -",
	"FunXM x - - - - m",
	"Round x - x - - -",
	"CvtXR x - r - - -",
	"CvtRX r - x - - -",
	"Fma = - x x x -",
	"MinMax = - x x - -",
	"CvtUX x r r - - t",
	"CvtXU r x x - - t",
	"NilCheck - - r - - -",
	"Bounds - - r r - -",
	"WB W - - - - -",
	"RepStos - - I - - -",
	"RepMovs - - S I - -",
	"Call - - - - - -",
	"CallR - - r - - -",
	"Ret - - - - - -",
	"Tail - - - - - -",
	"Entry - - - - - P",
	"JmpTab - r r - - t",
	"Pause = - r - - -",
	"Prefetch - - - - - m",
	"InlMark - - - - - -",
	"Unsafe - - - - - P",
	"Keep - - u - - P",
	"AdcRR = - r r - U",
	"CarryIn = - r - - -",
	"SlotDef - - - - - P",
	"SlotKill - - - - - P",
	"ZeroLoop - - I - - -",
	"MoveLoop - x S I - t",
	"Var - - - - - P",
];

/** Operand may be in any place. */
export const AnyPlace: number = 1 << 31;
/** dst takes the register of a. */
export const Tied = 1;

const letters: Record<string, number> = {
	"-": 0,
	r: gpMask,
	x: fpMask,
	"=": Tied,
	A: 1 << AX,
	C: 1 << CX,
	D: 1 << DX,
	S: 1 << SI,
	I: 1 << DI,
	W: 1 << R11,
	n: gpMask & ~((1 << AX) | (1 << DX)),
	c: gpMask & ~(1 << CX),
	u: AnyPlace,
};

export const LF = { Mem: 1, UsesFlags: 2, Commutes: 4, Early: 8, Temp2: 16, Pseudo: 32 } as const;
const flagBits: Record<string, number> = { m: LF.Mem, U: LF.UsesFlags, k: LF.Commutes, e: LF.Early, t: LF.Temp2, P: LF.Pseudo, "-": 0 };

export const lirNames: readonly string[] = rows.map((r) => r.split(" ")[0] as string);
function maskColumn(i: number): Int32Array {
	return Int32Array.from(rows, (r) => letters[r.split(" ")[i] as string] as number);
}
/** 1 in the column of dst means tied (bit 0 alone is AX: see isTied). */
export const dstMask: Int32Array = maskColumn(1);
export const dst2Mask: Int32Array = maskColumn(2);
export const aMask: Int32Array = maskColumn(3);
export const bMask: Int32Array = maskColumn(4);
export const cMask: Int32Array = maskColumn(5);
/** dst is the register of a. */
export const isTied: Uint8Array = Uint8Array.from(rows, (r) => (r.split(" ")[1] === "=" ? 1 : 0));
export const lirFlags: Int32Array = Int32Array.from(rows, (r) =>
	[...(r.split(" ")[6] as string)].reduce((s, c) => s | (flagBits[c] ?? 0), 0),
);
/** Registers that the operation destroys besides its results. */
export const clobbers: Int32Array = new Int32Array(rows.length);
clobbers[LWB] = fpMask;
clobbers[LRepStos] = (1 << AX) | (1 << CX) | (1 << DI);
clobbers[LRepMovs] = (1 << SI) | (1 << CX) | (1 << DI);
clobbers[LZeroLoop] = (1 << CX) | (1 << DI);
clobbers[LMoveLoop] = (1 << SI) | (1 << CX) | (1 << DI);
clobbers[LCall] = gpMask | fpMask;
clobbers[LCallR] = gpMask | fpMask;
clobbers[LMul1] = 0;
