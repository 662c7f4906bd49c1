// Running the instruction under a trap somewhere else: a copy followed by a jump back. So a thread passes a breakpoint without the
// trap being taken out (other threads would miss it), without a single step, and without the others being stopped.
//
// The copies are in a page of their own, near the code, that the program is made to map. No function of the program is there, so
// the runtime takes a thread that a signal catches in it for one that is not at a safe point.
import { readFileSync } from "node:fs";
import type { Physical } from "./breakpoints.ts";
import { PTRACE_SINGLESTEP } from "./backend/native/libc.ts";
import type { NativeThread, Tracer } from "./backend/native/tracer.ts";
import { ORIG_RAX } from "./backend/native/registers.ts";
import type { Target } from "./target.ts";
import { x86 } from "./x86.ts";

const PAGE = 4096;
const SLOT = 48;
const MAX_INSTRUCTION = 15;
const JUMP = 5;
const SYS_MMAP = 9n;
const SYS_MUNMAP = 11n;
const PROT_READ_EXEC = 5n;
const MAP_PRIVATE_ANONYMOUS_FIXED_NOREPLACE = 0x100022n;

type Slot =
	| { kind: "copy"; at: number; address: number; length: number; copied: number }
	| { kind: "call"; length: number; target: number }
	| { kind: "none" };

export class Displacement {
	private readonly target: Target;
	private readonly page: number;
	private used = 0;
	private readonly slots: Map<number, Slot> = new Map();
	/** A signal reached a thread in the page: a handler may return there. */
	private interrupted = false;

	constructor(target: Target, page: number) {
		this.target = target;
		this.page = page;
	}

	/** Sends a thread past a trap; false when this instruction must be stepped in place. */
	goOn(thread: NativeThread, physical: Physical): boolean {
		let slot = this.slots.get(physical.address);
		if (slot === undefined) {
			slot = this.make(physical.address);
			this.slots.set(physical.address, slot);
		}
		switch (slot.kind) {
			case "none":
				return false;
			case "copy":
				thread.setPc(slot.at);
				return true;
			case "call": {
				const regs = thread.registers();
				const sp = regs.sp - 8;
				const ret = new Uint8Array(8);
				new DataView(ret.buffer).setBigUint64(0, BigInt(physical.address + slot.length), true);
				this.target.memory.write(sp, ret);
				regs.set(7, BigInt(sp));
				regs.set(16, BigInt(slot.target));
				regs.setIndex(ORIG_RAX, 0xffffffffffffffffn);
				thread.setRegisters(regs);
				return true;
			}
		}
	}

	private make(address: number): Slot {
		const at = this.page + this.used;
		if (this.used + SLOT > PAGE) return { kind: "none" };
		const code = this.target.memory.read(address, MAX_INSTRUCTION);
		const { BlockEncoder, BlockEncoderOptions, Decoder, DecoderOptions, FlowControl } = x86();
		const decoder = new Decoder(64, code, DecoderOptions.None);
		decoder.ip = BigInt(address);
		const i = decoder.decode();
		try {
			if (i.isInvalid) return { kind: "none" };
			switch (i.flowControl) {
				case FlowControl.Call:
					return { kind: "call", length: i.length, target: Number(i.nearBranchTarget) };
				case FlowControl.Next:
				case FlowControl.ConditionalBranch:
				case FlowControl.UnconditionalBranch:
				case FlowControl.Return:
				case FlowControl.IndirectBranch:
					break;
				default:
					return { kind: "none" };
			}
			const encoder = new BlockEncoder(64, BlockEncoderOptions.None);
			let copy: Uint8Array;
			try {
				encoder.add(i);
				copy = encoder.encode(BigInt(at));
			} catch {
				return { kind: "none" };
			} finally {
				encoder.free();
			}
			const jump = new Uint8Array(JUMP);
			jump[0] = 0xe9;
			new DataView(jump.buffer).setInt32(1, address + i.length - (at + copy.length + JUMP), true);
			if (copy.length + JUMP > SLOT) return { kind: "none" };
			const bytes = new Uint8Array(copy.length + JUMP);
			bytes.set(copy);
			bytes.set(jump, copy.length);
			this.target.process.memory.write(at, bytes);
			this.used += SLOT;
			return { kind: "copy", at, address, length: i.length, copied: copy.length };
		} finally {
			i.free();
			decoder.free();
		}
	}

	/** Where a thread in the page really is: before the instruction, or after it. Undefined when it is elsewhere. */
	private origin(pc: number): number | undefined {
		if (pc < this.page || pc >= this.page + PAGE) return undefined;
		for (const s of this.slots.values()) {
			if (s.kind !== "copy" || pc < s.at || pc >= s.at + SLOT) continue;
			return pc < s.at + s.copied ? s.address : s.address + s.length;
		}
		return undefined;
	}

	/** Puts a stopped thread back into the program's own code. */
	settle(thread: NativeThread): void {
		const pc = this.origin(thread.registers().pc);
		if (pc !== undefined) thread.setPc(pc);
	}

	/** A signal is about to be delivered: a fault must be seen where the program's instruction is. */
	signal(thread: NativeThread, fault: boolean): void {
		if (this.origin(thread.registers().pc) === undefined) return;
		if (fault) this.settle(thread);
		else this.interrupted = true;
	}

	/** Unmaps the page; every thread is stopped and settled. It stays when a signal handler might return to it. */
	remove(tracer: Tracer): void {
		const thread = this.target.threads().find((t) => t.stopped);
		if (this.interrupted || thread === undefined) return;
		systemCall(tracer, this.target, thread, SYS_MUNMAP, [BigInt(this.page), BigInt(PAGE)]);
	}
}

/** Makes room near the program's code, with the help of a stopped thread; null when that cannot be done. */
export function makeDisplacement(tracer: Tracer, target: Target, thread: NativeThread): Displacement | null {
	const text = mappings(target.pid).find((m) => m.exec && !m.path.startsWith("["));
	if (text === undefined) return null;
	for (let i = 1; i <= 64; i++) {
		const hint = text.start - i * 0x10000;
		if (hint < 0x10000) break;
		const args = [BigInt(hint), BigInt(PAGE), PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS_FIXED_NOREPLACE, 0xffffffffffffffffn, 0n];
		const got = systemCall(tracer, target, thread, SYS_MMAP, args);
		if (got === BigInt(hint)) return new Displacement(target, hint);
		if (got === null) return null;
	}
	return null;
}

interface Mapping {
	start: number;
	end: number;
	exec: boolean;
	path: string;
}

function mappings(pid: number): Mapping[] {
	const out: Mapping[] = [];
	for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
		const m = /^([0-9a-f]+)-([0-9a-f]+) (....) \S+ \S+ \S+\s*(.*)$/.exec(line);
		if (m !== null)
			out.push({
				start: Number.parseInt(m[1] as string, 16),
				end: Number.parseInt(m[2] as string, 16),
				exec: m[3]?.[2] === "x",
				path: m[4] as string,
			});
	}
	return out;
}

/** DWARF numbers of the registers that hold a system call's arguments. */
const ARGUMENTS = [5, 4, 1, 10, 8, 9];

/** Lets a stopped thread make a system call, others running on; the result, or null when it could not. */
function systemCall(tracer: Tracer, target: Target, thread: NativeThread, number: bigint, args: readonly bigint[]): bigint | null {
	const at = findSyscall(target);
	if (at === 0) return null;
	const saved = thread.registers().copy();
	const signal = thread.pendingSignal;
	const regs = saved.copy();
	regs.set(0, number);
	args.forEach((a, i) => regs.set(ARGUMENTS[i] as number, a));
	regs.set(16, BigInt(at));
	regs.setIndex(ORIG_RAX, 0xffffffffffffffffn);
	const signals: number[] = [];
	let result: bigint | null = null;
	for (let tries = 0; tries < 10 && result === null; tries++) {
		thread.setRegisters(regs);
		thread.pendingSignal = 0;
		if (!thread.resume(PTRACE_SINGLESTEP)) return null;
		const e = tracer.waitFor(thread);
		if (e === null) return null;
		if (e.kind === "signal") signals.push(e.signal);
		else if (e.kind === "trap") result = thread.registers().get(0) ?? null;
	}
	saved.setIndex(ORIG_RAX, 0xffffffffffffffffn);
	thread.setRegisters(saved);
	thread.pendingSignal = signal;
	for (const s of signals) tracer.libc.tgkill(target.pid, thread.id, s);
	return result;
}

/** Address of a syscall instruction anywhere in executable memory; 0 = none. */
function findSyscall(target: Target): number {
	for (const m of mappings(target.pid)) {
		if (!m.exec || m.path === "[vsyscall]") continue;
		for (let at = m.start; at < m.end; at += 1 << 20) {
			let bytes: Uint8Array;
			try {
				bytes = target.memory.read(at, Math.min(1 << 20, m.end - at));
			} catch {
				break;
			}
			const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("\x0f\x05", 0, "latin1");
			if (found >= 0) return at + found;
		}
	}
	return 0;
}
