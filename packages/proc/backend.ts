// What the symbolic half of the debugger needs from a process, live or dead: memory, threads, registers.
// Addresses are JS numbers (user space ends below 2^47); machine words are bigint.

/** Memory that cannot be read or written; `address` is the first byte that failed, as far as known. */
export class MemoryError extends Error {
	readonly address: number;
	readonly length: number;
	constructor(address: number, length: number, what: string = "could not read") {
		super(`${what} ${length} bytes at 0x${address.toString(16)}`);
		this.name = "MemoryError";
		this.address = address;
		this.length = length;
	}
}

/** A process' memory. A read is all or nothing: both throw MemoryError. Reads never show breakpoints that the debugger wrote. */
export interface Memory {
	read(address: number, length: number): Uint8Array;
	write(address: number, bytes: Uint8Array): void;
}

/** A thread's registers at a stop. Register numbers are DWARF's for amd64: 0..15 general, 16 the return address (rip), 17..32 xmm. */
export interface Registers {
	readonly pc: number;
	readonly sp: number;
	readonly bp: number;
	/** Base of the fs segment: the g pointer is at fsBase + tls offset (-8 in static executables). */
	readonly fsBase: number;
	/** A general register, the flags (49) or a segment register (50..55), fs.base (58), gs.base (59); undefined when there is no such register. */
	get(dwarf: number): bigint | undefined;
	/** A vector register's bytes (16, or 32 when the upper half is saved too): xmm0..15 are 17..32. */
	vector(dwarf: number): Uint8Array | undefined;
}

export interface ThreadView {
	/** Kernel thread id. */
	readonly id: number;
	registers(): Registers;
}

export interface ProcessView {
	readonly pid: number;
	readonly memory: Memory;
	threads(): readonly ThreadView[];
}
