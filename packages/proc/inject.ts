// Calls of functions in a stopped program, by the protocol of runtime.debugCallV2 (runtime/asm_amd64.s): the debugger makes the
// thread call it; it traps with a number in r12 that says what the debugger may do now. Calls nest: while one has returned but its
// frame is still there, another may be begun on top. Registers of results are kept in the lower frame, which the garbage collector
// scans conservatively as long as there is a call above it; so results stay alive until all calls are ended, in reverse order.
import type { Func } from "#bininfo";
import { FIRST_XMM, INTEGER_REGISTERS, type Part } from "./abi.ts";
import type { NativeThread } from "./backend/native/tracer.ts";
import type { UserRegisters } from "./backend/native/registers.ts";
import type { Group, Target } from "./target.ts";

/** What r12 says at a trap of the protocol. */
export const CallStep = { ready: 0, returned: 1, panicked: 2, refused: 8, restore: 16 } as const;

const PROTOCOL = 12;
const SP = 7;
const PC = 16;
const CONTEXT = 1;
const FLAGS = 49;
const WORD = 8;
/** Room that debugCallV2 needs on the stack. */
export const CALL_STACK = 256;
/** Room for the registers that results may be in. */
const KEPT: number = INTEGER_REGISTERS.length * WORD;
const SYSTEM_CALL = 15;
const XMM_AREA = 160;
const XSAVE_HEADER = 512;

/** A call under way on a thread: what its registers were before. */
export interface Injection {
	readonly registers: UserRegisters;
	readonly vector: Uint8Array;
}

/** The arguments of a call, laid out by the ABI. */
export interface CallArguments {
	registers: { part: Part; bytes: Uint8Array }[];
	/** The argument area: what goes to the stack, results, spill room. */
	stack: Uint8Array;
}

/** Makes a thread enter the protocol. `frame`: bytes of the argument area, with room for the integer registers at its end. */
export function beginCall(target: Target, thread: NativeThread, debugCall: Func, frame: number): Injection {
	const registers = thread.registers().copy();
	const vector = registers.vectorState().slice();
	const sp = registers.sp - WORD;
	put(target, sp, registers.pc);
	put(target, sp - 2 * WORD, frame);
	const regs = registers.copy();
	regs.set(SP, BigInt(sp));
	regs.set(PC, BigInt(debugCall.entry));
	regs.setIndex(SYSTEM_CALL, 0xffff_ffff_ffff_ffffn);
	thread.setRegisters(regs);
	return { registers, vector };
}

/** What a thread at a trap of the protocol asks for. */
export function callStep(thread: NativeThread): number {
	return Number(thread.registers().get(PROTOCOL) ?? -1n);
}

/** At CallStep.ready: makes the thread call a function. `closure`: address of its closure, 0 = none. */
export function enterFunction(target: Target, thread: NativeThread, entry: number, closure: number, args: CallArguments): void {
	const sp = thread.registers().sp;
	target.memory.write(sp, args.stack);
	const vectors = args.registers.filter((r) => r.part.register >= FIRST_XMM);
	if (vectors.length > 0) {
		const area = thread.registers().vectorState().slice();
		for (const { part, bytes } of vectors) {
			const at = XMM_AREA + 16 * (part.register - FIRST_XMM);
			area.fill(0, at, at + 16);
			area.set(bytes, at);
		}
		// The parts of the state that are not marked as in use would be reset.
		if (area.length > XSAVE_HEADER) area[XSAVE_HEADER] = (area[XSAVE_HEADER] as number) | 2;
		thread.setVector(area);
	}
	const regs = thread.registers().copy();
	for (const { part, bytes } of args.registers) {
		if (part.register >= FIRST_XMM) continue;
		const word = new Uint8Array(WORD);
		word.set(bytes);
		regs.set(part.register, new DataView(word.buffer).getBigUint64(0, true));
	}
	if (closure !== 0) regs.set(CONTEXT, BigInt(closure));
	put(target, sp - WORD, regs.pc);
	regs.set(SP, BigInt(sp - WORD));
	regs.set(PC, BigInt(entry));
	thread.setRegisters(regs);
}

/** At CallStep.returned: keeps what the registers of results point to alive, at the end of the argument area. */
export function keepResults(target: Target, thread: NativeThread, frame: number): void {
	const regs = thread.registers();
	const bytes = new Uint8Array(KEPT);
	const view = new DataView(bytes.buffer);
	INTEGER_REGISTERS.forEach((r, i) => view.setBigUint64(i * WORD, regs.get(r) ?? 0n, true));
	target.memory.write(regs.sp + frame - KEPT, bytes);
}

/** At CallStep.restore: puts the registers back and leaves debugCallV2. */
export function endCall(group: Group, thread: NativeThread, debugCall: Func, before: Injection): void {
	const now = thread.registers();
	const regs = before.registers.copy();
	regs.set(SP, BigInt(now.sp));
	regs.set(PC, BigInt(now.pc));
	regs.setIndex(SYSTEM_CALL, 0xffff_ffff_ffff_ffffn);
	thread.setVector(before.vector);
	thread.setRegisters(regs);
	group.stepWhile(thread, (pc) => pc >= debugCall.entry && pc < debugCall.end);
	// The last instructions of debugCallV2 spoil the flags.
	const after = thread.registers().copy();
	after.set(FLAGS, before.registers.get(FLAGS) ?? 0n);
	thread.setRegisters(after);
}

/** The thread stands behind a trap of the protocol. */
export function inDebugCall(name: string): boolean {
	return /^(?:runtime\.)?debugCall/.test(name);
}

function put(target: Target, address: number, value: number): void {
	const b = new Uint8Array(WORD);
	new DataView(b.buffer).setBigUint64(0, BigInt(value), true);
	target.memory.write(address, b);
}
