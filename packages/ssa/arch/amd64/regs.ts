// Registers of amd64 as the allocator numbers them: general registers by their
// hardware number 0-15, floating ones 16-31 (X0-X15). A set is a bit mask.

export const AX = 0;
export const CX = 1;
export const DX = 2;
export const BX = 3;
export const SP = 4;
export const BP = 5;
export const SI = 6;
export const DI = 7;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
/** The current g. */
export const R14 = 14;
export const X0 = 16;
/** Always zero in ABIInternal code. */
export const X15 = 31;

/** General registers that the allocator hands out: all but SP, BP, R14. */
export const gpMask: number = 0xffff & ~((1 << SP) | (1 << BP) | (1 << R14));
/** X0-X14. */
export const fpMask = 0x7fff_0000;
export const allMask: number = gpMask | fpMask;

/** ABIInternal's integer argument and result registers in order. */
export const intArgRegs: readonly number[] = [AX, BX, CX, DI, SI, 8, 9, 10, 11];
/** Floating argument i is in X0 + i, 15 of them. */
export function floatArgReg(i: number): number {
	return X0 + i;
}
