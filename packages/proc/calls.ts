// Call instructions in machine code: where they are and where they go.
import type { Instruction, Register as RegisterNumber } from "iced-x86";
import type { Memory, Registers } from "./backend.ts";
import { x86 } from "./x86.ts";

export interface CallSite {
	address: number;
	length: number;
	/** 0 when it depends on registers or memory. */
	target: number;
	/** The destination with a thread's registers at the call. */
	resolve(regs: Registers, memory: Memory): number;
}

/** Decoded instructions of [start, end); the caller frees nothing: they are released here. */
export function visitInstructions(bytes: Uint8Array, start: number, f: (i: Instruction) => void): void {
	const { Decoder, DecoderOptions } = x86();
	const decoder = new Decoder(64, bytes, DecoderOptions.None);
	decoder.ip = BigInt(start);
	try {
		while (decoder.canDecode) {
			const i = decoder.decode();
			try {
				f(i);
			} finally {
				i.free();
			}
		}
	} finally {
		decoder.free();
	}
}

export function callsIn(memory: Memory, start: number, end: number): CallSite[] {
	const out: CallSite[] = [];
	if (end <= start) return out;
	const { FlowControl } = x86();
	visitInstructions(memory.read(start, end - start), start, (i) => {
		if (i.flowControl === FlowControl.Call) {
			out.push({ address: Number(i.ip), length: i.length, target: Number(i.nearBranchTarget), resolve: () => Number.NaN });
		} else if (i.flowControl === FlowControl.IndirectCall) {
			out.push({ address: Number(i.ip), length: i.length, target: 0, resolve: indirect(i) });
		}
	});
	return out;
}

/** DWARF number of a 64-bit general register; -1 for others. */
export function dwarfOf(register: RegisterNumber): number {
	const { Register } = x86();
	switch (register) {
		case Register.RAX:
			return 0;
		case Register.RDX:
			return 1;
		case Register.RCX:
			return 2;
		case Register.RBX:
			return 3;
		case Register.RSI:
			return 4;
		case Register.RDI:
			return 5;
		case Register.RBP:
			return 6;
		case Register.RSP:
			return 7;
		case Register.RIP:
			return 16;
		default:
			return register >= Register.R8 && register <= Register.R15 ? 8 + (register - Register.R8) : -1;
	}
}

function indirect(i: Instruction): CallSite["resolve"] {
	if (i.op0Kind === x86().OpKind.Register) {
		const reg = dwarfOf(i.op0Register);
		return (regs) => Number(regs.get(reg) ?? 0n);
	}
	const base = i.isIpRelMemoryOperand ? -1 : dwarfOf(i.memoryBase);
	const index = dwarfOf(i.memoryIndex);
	const scale = BigInt(i.memoryIndexScale);
	const displacement = i.isIpRelMemoryOperand ? i.ipRelMemoryAddress : BigInt.asIntN(64, i.memoryDisplacement);
	return (regs, memory) => {
		let a = displacement;
		if (base >= 0) a += regs.get(base) ?? 0n;
		if (index >= 0) a += (regs.get(index) ?? 0n) * scale;
		const b = memory.read(Number(BigInt.asUintN(64, a)), 8);
		return Number(new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0, true));
	};
}
