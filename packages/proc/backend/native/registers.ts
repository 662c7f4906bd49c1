// The general registers as ptrace gives them (struct user_regs_struct) and the vector state (XSAVE, standard format).
import type { Registers } from "../../backend.ts";

export const USER_REGS_SIZE = 216;
export const XSAVE_SIZE = 8192;

/** Indices in user_regs_struct. */
const RBP = 4;
const RAX = 10;
export const ORIG_RAX = 15;
export const RIP = 16;
const EFLAGS = 18;
const RSP = 19;
export const FS_BASE = 21;
const GS_BASE = 22;

/** DWARF number to user_regs_struct index; -1 = not a general register. */
const FROM_DWARF: readonly number[] = (() => {
	const t = new Array<number>(60).fill(-1);
	// rax rdx rcx rbx rsi rdi rbp rsp
	[RAX, 12, 11, 5, 13, 14, RBP, RSP].forEach((v, i) => {
		t[i] = v;
	});
	// r8..r11 are at 9, 8, 7, 6 and r12..r15 at 3, 2, 1, 0.
	for (let r = 8; r <= 15; r++) t[r] = r < 12 ? 17 - r : 15 - r;
	t[16] = RIP;
	t[49] = EFLAGS;
	// es cs ss ds fs gs
	[24, 17, 20, 23, 25, 26].forEach((v, i) => {
		t[50 + i] = v;
	});
	t[58] = FS_BASE;
	t[59] = GS_BASE;
	return t;
})();

export class UserRegisters implements Registers {
	readonly bytes: Uint8Array;
	private readonly view: DataView;
	private readonly loadVector: () => Uint8Array;
	private xsave: Uint8Array | undefined = undefined;

	/** bytes: user_regs_struct; loadVector fetches the XSAVE area on first use. */
	constructor(bytes: Uint8Array, loadVector: () => Uint8Array) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		this.loadVector = loadVector;
	}

	private word(index: number): number {
		return this.view.getUint32(index * 8, true) + this.view.getUint32(index * 8 + 4, true) * 0x100000000;
	}

	get pc(): number {
		return this.word(RIP);
	}

	get sp(): number {
		return this.word(RSP);
	}

	get bp(): number {
		return this.word(RBP);
	}

	get fsBase(): number {
		return this.word(FS_BASE);
	}

	get(dwarf: number): bigint | undefined {
		const index = FROM_DWARF[dwarf] ?? -1;
		return index < 0 ? undefined : this.view.getBigUint64(index * 8, true);
	}

	/** False when there is no such register. Changes this copy only: NativeThread.setRegisters writes it back. */
	set(dwarf: number, value: bigint): boolean {
		const index = FROM_DWARF[dwarf] ?? -1;
		if (index < 0) return false;
		this.view.setBigUint64(index * 8, value, true);
		return true;
	}

	setIndex(index: number, value: bigint): void {
		this.view.setBigUint64(index * 8, value, true);
	}

	/** The whole XSAVE area. */
	vectorState(): Uint8Array {
		this.xsave ??= this.loadVector();
		return this.xsave;
	}

	vector(dwarf: number): Uint8Array | undefined {
		if (dwarf < 17 || dwarf > 32) return undefined;
		const area = this.vectorState();
		const n = dwarf - 17;
		if (area.length < 416) return undefined;
		const low = area.subarray(160 + 16 * n, 176 + 16 * n);
		const hasHigh = area.length >= 832 && ((area[512] as number) & 4) !== 0;
		if (!hasHigh) return low.slice();
		const out = new Uint8Array(32);
		out.set(low);
		out.set(area.subarray(576 + 16 * n, 592 + 16 * n), 16);
		return out;
	}

	copy(): UserRegisters {
		return new UserRegisters(this.bytes.slice(), this.loadVector);
	}
}
