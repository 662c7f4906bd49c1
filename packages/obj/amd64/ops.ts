// Opcode words of the instructions a compiler needs, for emit.ts. No imports:
// a bundler folds the constants into the code.
//
//   bits 0-7   opcode of the form reg <- reg/mem
//   bits 8-15  opcode of the form reg/mem <- reg, 0 = none; preferred between registers
//   bits 16-17 opcode map: 0, 0F, 0F 38, 0F 3A
//   bits 18-19 mandatory prefix: none, 66, F3, F2
//   bit 20     operand size 1 clears the opcode's low bit
//   bit 21     r/m is a byte register whatever the size (movzx, movsx)
// For integer operations size 2 adds prefix 66, size 8 REX.W. SSE operations
// take size 4, except those whose comment names REX.W: they take 4 or 8.

// Two-operand integer operations; those of the first group also take immediates (ri, mi).
export const ADD = 0x100103;
export const OR = 0x10090b;
export const ADC = 0x101113;
export const SBB = 0x10191b;
export const AND = 0x102123;
export const SUB = 0x10292b;
export const XOR = 0x103133;
export const CMP = 0x10393b;

export const MOV = 0x10898b;
export const TEST = 0x108585;
export const XCHG = 0x108787;
export const IMUL = 0x0100af;
export const MOVZX8 = 0x2100b6;
export const MOVZX16 = 0x0100b7;
export const MOVSX8 = 0x2100be;
export const MOVSX16 = 0x0100bf;
/** movsxd: sizes 8. */
export const MOVSX32 = 0x000063;
export const BSF = 0x0100bc;
export const BSR = 0x0100bd;
export const POPCNT = 0x0900b8;
export const TZCNT = 0x0900bc;
export const LZCNT = 0x0900bd;
/** Bit tests: rr(BT, size, value, bit index). */
export const BT = 0x01a300;
export const BTS = 0x01ab00;
export const BTR = 0x01b300;
export const BTC = 0x01bb00;
/** Stores only; with a lock prefix these are the atomics. */
export const CMPXCHG = 0x11b100;
export const XADD = 0x11c100;
/** movbe: load and store. */
export const MOVBE = 0x02f1f0;

// One-operand integer operations: opcode | digit << 8, for unary() and unaryMem().
export const NOT = 0x2f7;
export const NEG = 0x3f7;
export const MUL = 0x4f7;
export const IMUL1 = 0x5f7;
export const DIV = 0x6f7;
export const IDIV = 0x7f7;
export const INC = 0x0ff;
export const DEC = 0x1ff;

// Shifts: the digit, for shiftCL() and shiftI().
export const ROL = 0;
export const ROR = 1;
export const RCL = 2;
export const RCR = 3;
export const SHL = 4;
export const SHR = 5;
export const SAR = 7;

// Conditions, for jcc, setcc, cmov. cond ^ 1 is the opposite.
export const CondO = 0;
export const CondNO = 1;
/** Unsigned below; carry. */
export const CondB = 2;
export const CondAE = 3;
export const CondE = 4;
export const CondNE = 5;
export const CondBE = 6;
export const CondA = 7;
export const CondS = 8;
export const CondNS = 9;
export const CondP = 10;
export const CondNP = 11;
export const CondL = 12;
export const CondGE = 13;
export const CondLE = 14;
export const CondG = 15;

// SSE moves.
export const MOVSS = 0x091110;
export const MOVSD = 0x0d1110;
export const MOVUPS = 0x011110;
export const MOVUPD = 0x051110;
/** Between X registers, whole register. */
export const MOVAPS = 0x012928;
export const MOVDQU = 0x097f6f;
export const MOVDQA = 0x057f6f;
/** movd/movq between an X register (reg) and a general register or memory: size 4 or 8 (REX.W). rr: dst is X; use MOVD_STORE for general <- X. */
export const MOVD = 0x05006e;
/** rr(MOVD_STORE, size, general, X); store. */
export const MOVD_STORE = 0x057e00;
/** 64-bit load to X, zero extended. */
export const MOVQ_X = 0x09007e;

// SSE arithmetic.
export const ADDSS = 0x090058;
export const ADDSD = 0x0d0058;
export const SUBSS = 0x09005c;
export const SUBSD = 0x0d005c;
export const MULSS = 0x090059;
export const MULSD = 0x0d0059;
export const DIVSS = 0x09005e;
export const DIVSD = 0x0d005e;
export const SQRTSS = 0x090051;
export const SQRTSD = 0x0d0051;
export const MINSS = 0x09005d;
export const MINSD = 0x0d005d;
export const MAXSS = 0x09005f;
export const MAXSD = 0x0d005f;
export const UCOMISS = 0x01002e;
export const UCOMISD = 0x05002e;
/** Integer (size 4 or 8) to float. */
export const CVTSI2SS = 0x09002a;
export const CVTSI2SD = 0x0d002a;
/** Float to integer (size 4 or 8), truncating. */
export const CVTTSS2SI = 0x09002c;
export const CVTTSD2SI = 0x0d002c;
export const CVTSS2SD = 0x09005a;
export const CVTSD2SS = 0x0d005a;
export const ANDPS = 0x010054;
export const ANDPD = 0x050054;
export const ANDNPS = 0x010055;
export const ANDNPD = 0x050055;
export const ORPS = 0x010056;
export const ORPD = 0x050056;
export const XORPS = 0x010057;
export const XORPD = 0x050057;
export const PXOR = 0x0500ef;
export const PAND = 0x0500db;
export const POR = 0x0500eb;
export const PADDD = 0x0500fe;
export const PADDQ = 0x0500d4;
export const PSUBD = 0x0500fa;
export const PSUBQ = 0x0500fb;
export const PCMPEQB = 0x050074;
export const PCMPEQW = 0x050075;
export const PCMPEQD = 0x050076;
export const PSHUFB = 0x060000;
export const PUNPCKLBW = 0x050060;
export const PUNPCKLQDQ = 0x05006c;
/** General register <- mask of an X register's bytes. */
export const PMOVMSKB = 0x0500d7;
export const MOVMSKPS = 0x010050;
export const MOVMSKPD = 0x050050;
export const AESENC = 0x0600dc;
/** crc32: F2 0F 38 F1, sizes 2, 4, 8; size 1 is F0. */
export const CRC32 = 0x1e00f1;

// With an immediate byte: rri8().
export const PSHUFD = 0x050070;
export const PSHUFLW = 0x0d0070;
export const PSHUFHW = 0x090070;
export const SHUFPS = 0x0100c6;
export const SHUFPD = 0x0500c6;
export const ROUNDSS = 0x07000a;
export const ROUNDSD = 0x07000b;
export const PCLMULQDQ = 0x070044;
export const PINSRQ = 0x070022;

// VEX fused multiply-add, for vex3(): dst = src2 * src1 + dst (231 form).
export const VFMADD231SS = 0x0600b9;
export const VFMADD231SD = 0x4600b9;
