// Emit writes single instructions for the compiler's back end: integers in,
// bytes out, nothing allocated. Op arguments are words of ops.ts. Operand
// order is destination first. Sizes are operand bytes: 1, 2, 4, 8.

import type { ByteWriter } from "#base";
import { escape, mandatory, modMem, modRR, NoReg, nop, RIP, rexMem, vex } from "./encode.ts";

/** Digit of an immediate form (80, 81, 83 /digit) from an operation word of the ADD..CMP group. */
function aluDigit(op: number): number {
	return (op >> 11) & 7;
}

export class Emit {
	readonly w: ByteWriter;

	constructor(w: ByteWriter) {
		this.w = w;
	}

	/** Prefixes, REX, escape and opcode. rex holds R, X, B; byteReg is a register that needs REX to be spl..dil, or 0. */
	private head(op: number, opcode: number, size: number, rex: number, byteReg: number): void {
		const w = this.w;
		const pp = (op >> 18) & 3;
		if (size === 2) w.u8(0x66);
		if (pp !== 0) mandatory(w, pp);
		if (size === 8) rex |= 8;
		if (rex !== 0 || byteReg > 3) w.u8(0x40 | rex);
		escape(w, (op >> 16) & 3);
		w.u8(size === 1 && (op & 0x100000) !== 0 ? opcode & 0xfe : opcode);
	}

	/** dst = dst op src, or dst = op src. */
	rr(op: number, size: number, dst: number, src: number): void {
		const mr = (op >> 8) & 0xff;
		let byteReg = 0;
		if (size === 1) byteReg = dst > src ? dst : src;
		if ((op & 0x200000) !== 0) byteReg = src;
		if (mr !== 0) {
			this.head(op, mr, size, ((src & 8) >> 1) | (dst >> 3), byteReg);
			modRR(this.w, src, dst);
		} else {
			this.head(op, op & 0xff, size, ((dst & 8) >> 1) | (src >> 3), byteReg);
			modRR(this.w, dst, src);
		}
	}

	/** reg = reg op mem, or reg = op mem. */
	load(op: number, size: number, reg: number, base: number, index: number, scale: number, disp: number): void {
		this.head(op, op & 0xff, size, rexMem(reg, base, index), size === 1 ? reg : 0);
		modMem(this.w, reg, base, index, scale, disp, 1);
	}

	/** mem = mem op reg, or mem = reg. */
	store(op: number, size: number, reg: number, base: number, index: number, scale: number, disp: number): void {
		this.head(op, (op >> 8) & 0xff, size, rexMem(reg, base, index), size === 1 ? reg : 0);
		modMem(this.w, reg, base, index, scale, disp, 1);
	}

	/** As load from a RIP-relative place; returns the offset of the 32-bit field for the relocation (PcRel, addend 0). */
	loadRip(op: number, size: number, reg: number): number {
		this.load(op, size, reg, RIP, NoReg, 1, 0);
		return this.w.len - 4;
	}

	/** As store to a RIP-relative place; returns the offset of the 32-bit field. */
	storeRip(op: number, size: number, reg: number): number {
		this.store(op, size, reg, RIP, NoReg, 1, 0);
		return this.w.len - 4;
	}

	private immSized(size: number, imm: number): void {
		if (size === 1) this.w.u8(imm & 0xff);
		else if (size === 2) this.w.u16(imm & 0xffff);
		else this.w.u32(imm);
	}

	/** dst = dst op imm for ADD..CMP; imm is sign-extended from 32 bits at most. */
	ri(op: number, size: number, dst: number, imm: number): void {
		const w = this.w;
		const digit = aluDigit(op);
		const rex = dst >> 3;
		const short = size !== 1 && imm >= -128 && imm <= 127;
		if (dst === 0 && !short) {
			this.head(0x100000, (digit << 3) | 5, size, 0, 0);
			this.immSized(size, imm);
			return;
		}
		this.head(0x100000, short ? 0x83 : 0x81, size, rex, size === 1 ? dst : 0);
		modRR(w, digit, dst);
		if (short) w.u8(imm & 0xff);
		else this.immSized(size, imm);
	}

	/** mem = mem op imm for ADD..CMP. */
	mi(op: number, size: number, base: number, index: number, scale: number, disp: number, imm: number): void {
		const digit = aluDigit(op);
		const short = size !== 1 && imm >= -128 && imm <= 127;
		this.head(0x100000, short ? 0x83 : 0x81, size, rexMem(digit, base, index), 0);
		modMem(this.w, digit, base, index, scale, disp, 1);
		if (short) this.w.u8(imm & 0xff);
		else this.immSized(size, imm);
	}

	/** As mi at a RIP-relative place; returns the field's offset. The relocation's addend is minus the bytes after the field (w.len - field - 4). */
	miRip(op: number, size: number, imm: number): number {
		this.mi(op, size, RIP, NoReg, 1, 0, imm);
		return this.w.len - 4 - (size !== 1 && imm >= -128 && imm <= 127 ? 1 : size > 4 ? 4 : size);
	}

	/** test dst, imm. */
	testI(size: number, dst: number, imm: number): void {
		if (dst === 0) this.head(0x100000, 0xa9, size, 0, 0);
		else {
			this.head(0x100000, 0xf7, size, dst >> 3, size === 1 ? dst : 0);
			modRR(this.w, 0, dst);
		}
		this.immSized(size, imm);
	}

	/** test mem, imm. */
	testMI(size: number, base: number, index: number, scale: number, disp: number, imm: number): void {
		this.head(0x100000, 0xf7, size, rexMem(0, base, index), 0);
		modMem(this.w, 0, base, index, scale, disp, 1);
		this.immSized(size, imm);
	}

	/** dst = 0; changes the flags. */
	zero(dst: number): void {
		this.rr(0x3133, 4, dst, dst);
	}

	/** dst = imm, any integer of magnitude below 2^53, shortest form that leaves the flags alone. */
	movI(dst: number, imm: number): void {
		const w = this.w;
		if (imm >= 0 && imm <= 0xffff_ffff) {
			if (dst > 7) w.u8(0x41);
			w.u8(0xb8 | (dst & 7));
			w.u32(imm);
		} else if (imm >= -0x8000_0000 && imm < 0) {
			w.u8(0x48 | (dst >> 3));
			w.u8(0xc7);
			modRR(w, 0, dst);
			w.u32(imm);
		} else {
			w.u8(0x48 | (dst >> 3));
			w.u8(0xb8 | (dst & 7));
			w.u64(imm);
		}
	}

	/** As movI for any 64-bit value given as two's complement halves. */
	movI64(dst: number, lo: number, hi: number): void {
		const w = this.w;
		lo |= 0;
		hi |= 0;
		if (hi === 0) this.movI(dst, lo >>> 0);
		else if (hi === -1 && lo < 0) this.movI(dst, lo);
		else {
			w.u8(0x48 | (dst >> 3));
			w.u8(0xb8 | (dst & 7));
			w.u32(lo);
			w.u32(hi);
		}
	}

	/** mem = imm, sign-extended from 32 bits for size 8. */
	movMI(size: number, base: number, index: number, scale: number, disp: number, imm: number): void {
		this.head(0x100000, 0xc7, size, rexMem(0, base, index), 0);
		modMem(this.w, 0, base, index, scale, disp, 1);
		this.immSized(size, imm);
	}

	/** As movMI at a RIP-relative place; returns the field's offset; addend is minus the immediate's bytes (min(size, 4)). */
	movMIRip(size: number, imm: number): number {
		this.movMI(size, RIP, NoReg, 1, 0, imm);
		return this.w.len - 4 - (size > 4 ? 4 : size);
	}

	/** dst = address; size 4 or 8. */
	lea(size: number, dst: number, base: number, index: number, scale: number, disp: number): void {
		this.head(0, 0x8d, size, rexMem(dst, base, index), 0);
		modMem(this.w, dst, base, index, scale, disp, 1);
	}

	/** dst = address of a symbol; returns the field's offset. */
	leaRip(dst: number): number {
		this.lea(8, dst, RIP, NoReg, 1, 0);
		return this.w.len - 4;
	}

	/** dst = src * imm. */
	imulI(size: number, dst: number, src: number, imm: number): void {
		const short = imm >= -128 && imm <= 127;
		this.head(0, short ? 0x6b : 0x69, size, ((dst & 8) >> 1) | (src >> 3), 0);
		modRR(this.w, dst, src);
		if (short) this.w.u8(imm & 0xff);
		else this.immSized(size, imm);
	}

	/** NOT, NEG, MUL, IMUL1, DIV, IDIV, INC, DEC of a register. */
	unary(op: number, size: number, reg: number): void {
		this.head(0x100000, op & 0xff, size, reg >> 3, size === 1 ? reg : 0);
		modRR(this.w, op >> 8, reg);
	}

	unaryMem(op: number, size: number, base: number, index: number, scale: number, disp: number): void {
		this.head(0x100000, op & 0xff, size, rexMem(0, base, index), 0);
		modMem(this.w, op >> 8, base, index, scale, disp, 1);
	}

	/** Sign-extends AX into DX: cwd, cdq, cqo by size 2, 4, 8. */
	signExtendAX(size: number): void {
		this.head(0, 0x99, size, 0, 0);
	}

	/** Shifts or rotates by CL. */
	shiftCL(op: number, size: number, dst: number): void {
		this.head(0x100000, 0xd3, size, dst >> 3, size === 1 ? dst : 0);
		modRR(this.w, op, dst);
	}

	shiftI(op: number, size: number, dst: number, count: number): void {
		this.head(0x100000, count === 1 ? 0xd1 : 0xc1, size, dst >> 3, size === 1 ? dst : 0);
		modRR(this.w, op, dst);
		if (count !== 1) this.w.u8(count);
	}

	shiftMI(op: number, size: number, base: number, index: number, scale: number, disp: number, count: number): void {
		this.head(0x100000, count === 1 ? 0xd1 : 0xc1, size, rexMem(0, base, index), 0);
		modMem(this.w, op, base, index, scale, disp, 1);
		if (count !== 1) this.w.u8(count);
	}

	/** Double shift: dst shifted by count, filled from src; right or left. */
	shiftDoubleI(right: boolean, size: number, dst: number, src: number, count: number): void {
		this.head(0x10000, right ? 0xac : 0xa4, size, ((src & 8) >> 1) | (dst >> 3), 0);
		modRR(this.w, src, dst);
		this.w.u8(count);
	}

	shiftDoubleCL(right: boolean, size: number, dst: number, src: number): void {
		this.head(0x10000, right ? 0xad : 0xa5, size, ((src & 8) >> 1) | (dst >> 3), 0);
		modRR(this.w, src, dst);
	}

	/** BMI2 shifts with count in a register: dst = src op count; op SHL, SHR or SAR; size 4 or 8. */
	shiftX(op: number, size: number, dst: number, src: number, count: number): void {
		const pp = op === 4 ? 1 : op === 5 ? 3 : 2;
		vex(this.w, 2, pp, size === 8 ? 1 : 0, 0, count, dst & 8, 0, src & 8);
		this.w.u8(0xf7);
		modRR(this.w, dst, src);
	}

	/** Bit test with an immediate: BT, BTS, BTR, BTC. */
	btI(op: number, size: number, reg: number, bit: number): void {
		this.head(0x10000, 0xba, size, reg >> 3, 0);
		modRR(this.w, (op >> 11) & 7, reg);
		this.w.u8(bit);
	}

	bswap(size: number, reg: number): void {
		this.head(0x10000, 0xc8 | (reg & 7), size, reg >> 3, 0);
	}

	/** Byte register = condition. */
	setcc(cond: number, reg: number): void {
		this.head(0x10000, 0x90 | cond, 4, reg >> 3, reg);
		modRR(this.w, 0, reg);
	}

	setccMem(cond: number, base: number, index: number, scale: number, disp: number): void {
		this.head(0x10000, 0x90 | cond, 4, rexMem(0, base, index), 0);
		modMem(this.w, 0, base, index, scale, disp, 1);
	}

	/** dst = src if the condition holds; size 2, 4, 8 (4 clears the upper half in any case). */
	cmov(cond: number, size: number, dst: number, src: number): void {
		this.head(0x10000, 0x40 | cond, size, ((dst & 8) >> 1) | (src >> 3), 0);
		modRR(this.w, dst, src);
	}

	cmovMem(cond: number, size: number, dst: number, base: number, index: number, scale: number, disp: number): void {
		this.head(0x10000, 0x40 | cond, size, rexMem(dst, base, index), 0);
		modMem(this.w, dst, base, index, scale, disp, 1);
	}

	/** Two-byte conditional jump; rel counts from its end. */
	jcc8(cond: number, rel: number): void {
		this.w.u8(0x70 | cond);
		this.w.u8(rel & 0xff);
	}

	/** Six-byte conditional jump; returns the offset of the 32-bit field. */
	jcc32(cond: number, rel = 0): number {
		this.w.u8(0x0f);
		this.w.u8(0x80 | cond);
		this.w.u32(rel);
		return this.w.len - 4;
	}

	jmp8(rel: number): void {
		this.w.u8(0xeb);
		this.w.u8(rel & 0xff);
	}

	/** Five-byte jump; returns the offset of the 32-bit field (RelocKind.Call for tail calls). */
	jmp32(rel = 0): number {
		this.w.u8(0xe9);
		this.w.u32(rel);
		return this.w.len - 4;
	}

	jmpReg(reg: number): void {
		this.head(0, 0xff, 4, reg >> 3, 0);
		modRR(this.w, 4, reg);
	}

	jmpMem(base: number, index: number, scale: number, disp: number): void {
		this.head(0, 0xff, 4, rexMem(0, base, index), 0);
		modMem(this.w, 4, base, index, scale, disp, 1);
	}

	/** call rel32; returns the offset of the field for the relocation. */
	call(): number {
		this.w.u8(0xe8);
		this.w.u32(0);
		return this.w.len - 4;
	}

	callReg(reg: number): void {
		this.head(0, 0xff, 4, reg >> 3, 0);
		modRR(this.w, 2, reg);
	}

	callMem(base: number, index: number, scale: number, disp: number): void {
		this.head(0, 0xff, 4, rexMem(0, base, index), 0);
		modMem(this.w, 2, base, index, scale, disp, 1);
	}

	/** Sets a rel32 field so that it reaches the byte offset target. */
	patch32(field: number, target: number): void {
		this.w.view.setInt32(field, target - field - 4, true);
	}

	ret(): void {
		this.w.u8(0xc3);
	}

	push(reg: number): void {
		if (reg > 7) this.w.u8(0x41);
		this.w.u8(0x50 | (reg & 7));
	}

	pop(reg: number): void {
		if (reg > 7) this.w.u8(0x41);
		this.w.u8(0x58 | (reg & 7));
	}

	/** Registers with an immediate byte: PSHUFD, ROUNDSD, SHUFPS, PINSRQ (size 8), ... */
	rri8(op: number, size: number, dst: number, src: number, imm: number): void {
		this.rr(op, size, dst, src);
		this.w.u8(imm);
	}

	/** VEX three-operand form: dst, src1 (vvvv), src2. */
	vex3(op: number, dst: number, src1: number, src2: number): void {
		vex(this.w, (op >> 16) & 3, (op >> 18) & 3, (op >> 22) & 1, 0, src1, dst & 8, 0, src2 & 8);
		this.w.u8(op & 0xff);
		modRR(this.w, dst, src2);
	}

	/** Prefix of the next instruction, a store of CMPXCHG, XADD, ADD.., or unaryMem. XCHG with memory locks by itself. */
	lock(): void {
		this.w.u8(0xf0);
	}

	/** prefetcht0 (hint 1), t1 (2), t2 (3), nta (0). */
	prefetch(hint: number, base: number, index: number, scale: number, disp: number): void {
		this.head(0x10000, 0x18, 4, rexMem(0, base, index), 0);
		modMem(this.w, hint, base, index, scale, disp, 1);
	}

	pause(): void {
		this.w.u16(0x90f3);
	}

	mfence(): void {
		this.w.u8(0x0f);
		this.w.u16(0xf0ae);
	}

	ud2(): void {
		this.w.u16(0x0b0f);
	}

	int3(): void {
		this.w.u8(0xcc);
	}

	/** rep movsq, rep stosq. */
	repMovsq(): void {
		this.w.u8(0xf3);
		this.w.u16(0xa548);
	}

	repStosq(): void {
		this.w.u8(0xf3);
		this.w.u16(0xab48);
	}

	cpuid(): void {
		this.w.u16(0xa20f);
	}

	rdtsc(): void {
		this.w.u16(0x310f);
	}

	nop(bytes: number): void {
		nop(this.w, bytes);
	}

	/** reg = qword at FS:offset (thread-local block); Go on linux keeps g at FS:-8. */
	loadFS(reg: number, offset: number): number {
		this.w.u8(0x64);
		this.load(0x898b, 8, reg, NoReg, NoReg, 1, offset);
		return this.w.len - 4;
	}
}
