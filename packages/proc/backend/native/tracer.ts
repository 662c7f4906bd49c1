// The processes and threads under ptrace, and the one wait loop over all of them. Knows nothing of breakpoints or of Go.
// Everything is called from one thread, and nothing here waits for anything but the kernel.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { MemoryError, type Memory, type ProcessView, type ThreadView } from "../../backend.ts";
import { type LaunchOptions, launchSeized } from "./launch.ts";
import * as sys from "./libc.ts";
import type { Libc } from "./libc.ts";
import { ORIG_RAX, UserRegisters, USER_REGS_SIZE, XSAVE_SIZE } from "./registers.ts";

const NT_X86_XSTATE = 0x202;
const NT_PRFPREG = 2;
const DEBUG_REGISTERS = 848;
const OPTIONS = sys.PTRACE_O_TRACECLONE | sys.PTRACE_O_TRACEFORK | sys.PTRACE_O_TRACEVFORK | sys.PTRACE_O_TRACEEXEC;

/** What a wait can tell. `code` of a trap is the signal's si_code. */
export type TraceEvent =
	| { kind: "trap"; thread: NativeThread; code: number }
	| { kind: "signal"; thread: NativeThread; signal: number }
	| { kind: "stopped"; thread: NativeThread }
	| { kind: "exec"; thread: NativeThread }
	| { kind: "fork"; thread: NativeThread; child: NativeProcess; sharesMemory: boolean }
	| { kind: "thread"; thread: NativeThread; parent: NativeThread }
	| { kind: "exit"; process: NativeProcess }
	| { kind: "interrupted" }
	| { kind: "none" };

export const TRAP_TRACE = 2;
export const TRAP_HARDWARE = 4;

export class NativeThread implements ThreadView {
	readonly id: number;
	readonly process: NativeProcess;
	private readonly libc: Libc;
	stopped: boolean = false;
	/** Delivered when it is resumed next. */
	pendingSignal: number = 0;
	/** We asked it to stop and have not seen that stop yet. */
	interruptSent: boolean = false;
	private regs: UserRegisters | undefined = undefined;

	constructor(libc: Libc, process: NativeProcess, id: number) {
		this.libc = libc;
		this.process = process;
		this.id = id;
	}

	registers(): UserRegisters {
		if (this.regs !== undefined) return this.regs;
		const bytes = new Uint8Array(USER_REGS_SIZE);
		if (Number(this.libc.ptraceBuffer(sys.PTRACE_GETREGS, this.id, 0, bytes)) < 0) throw this.gone("read the registers");
		this.regs = new UserRegisters(bytes, () => this.readVector());
		return this.regs;
	}

	setRegisters(regs: UserRegisters): void {
		if (Number(this.libc.ptraceBuffer(sys.PTRACE_SETREGS, this.id, 0, regs.bytes)) < 0) throw this.gone("write the registers");
		this.regs = new UserRegisters(regs.bytes.slice(), () => this.readVector());
	}

	/** Sets the pc, and forgets a system call that the kernel would restart. */
	setPc(pc: number): void {
		const regs = this.registers();
		regs.set(16, BigInt(pc));
		regs.setIndex(ORIG_RAX, 0xffffffffffffffffn);
		this.setRegisters(regs);
	}

	private readVector(): Uint8Array {
		const area = new Uint8Array(XSAVE_SIZE);
		let n = this.libc.ptraceRegset(sys.PTRACE_GETREGSET, this.id, NT_X86_XSTATE, area);
		if (n < 0) n = this.libc.ptraceRegset(sys.PTRACE_GETREGSET, this.id, NT_PRFPREG, area);
		if (n < 0) throw this.gone("read the vector registers");
		return area.subarray(0, n);
	}

	setVector(area: Uint8Array): void {
		const note = area.length > 512 ? NT_X86_XSTATE : NT_PRFPREG;
		if (this.libc.ptraceRegset(sys.PTRACE_SETREGSET, this.id, note, area) < 0) throw this.gone("write the vector registers");
		this.regs = undefined;
	}

	debugRegister(n: number): bigint {
		const raw = this.libc.ptrace(sys.PTRACE_PEEKUSER, this.id, DEBUG_REGISTERS + 8 * n, 0);
		return BigInt.asUintN(64, BigInt(raw));
	}

	/** False when the processor or the kernel refuses it. */
	setDebugRegister(n: number, value: bigint): boolean {
		return Number(this.libc.ptrace(sys.PTRACE_POKEUSER, this.id, DEBUG_REGISTERS + 8 * n, value)) === 0;
	}

	/** Lets it run, delivering its pending signal. False when it is gone. */
	resume(request: number = sys.PTRACE_CONT): boolean {
		const signal = this.pendingSignal;
		this.pendingSignal = 0;
		this.regs = undefined;
		this.stopped = false;
		return Number(this.libc.ptrace(request, this.id, 0, signal)) >= 0;
	}

	forgetRegisters(): void {
		this.regs = undefined;
	}

	private gone(what: string): Error {
		return new ThreadGoneError(this.id, `could not ${what} of thread ${this.id}: ${this.libc.strerror(this.libc.errno())}`);
	}
}

/** The thread died (or was killed) between its stop and this request. */
export class ThreadGoneError extends Error {
	readonly thread: number;
	constructor(thread: number, message: string) {
		super(message);
		this.name = "ThreadGoneError";
		this.thread = thread;
	}
}

class NativeMemory implements Memory {
	private readonly libc: Libc;
	private readonly pid: number;
	private fd = -1;

	constructor(libc: Libc, pid: number) {
		this.libc = libc;
		this.pid = pid;
		this.reopen();
	}

	/** After an exec the process has another address space. */
	reopen(): void {
		this.close();
		this.fd = this.libc.open(`/proc/${this.pid}/mem`, 2 | 0o2000000);
	}

	close(): void {
		if (this.fd >= 0) this.libc.close(this.fd);
		this.fd = -1;
	}

	read(address: number, length: number): Uint8Array {
		if (length === 0) return new Uint8Array(0);
		if (!(address > 0 && length > 0 && address + length < 2 ** 63)) throw new MemoryError(address, length);
		const out = new Uint8Array(length);
		let done = 0;
		while (done < length) {
			const n = this.libc.pread(this.fd, done === 0 ? out : out.subarray(done), length - done, address + done);
			if (n <= 0) throw new MemoryError(address + done, length - done);
			done += n;
		}
		return out;
	}

	write(address: number, bytes: Uint8Array): void {
		if (!(address > 0)) throw new MemoryError(address, bytes.length, "could not write");
		let done = 0;
		while (done < bytes.length) {
			const part = bytes.subarray(done);
			const n = this.libc.pwrite(this.fd, part, part.length, address + done);
			if (n <= 0) throw new MemoryError(address + done, part.length, "could not write");
			done += n;
		}
	}
}

export class NativeProcess implements ProcessView {
	readonly pid: number;
	readonly memory: NativeMemory;
	readonly byId: Map<number, NativeThread> = new Map();
	/** We started it (so it dies with its session) rather than attached to it. */
	readonly launched: boolean;
	exited: boolean = false;
	/** Exit status, or minus the signal that killed it. */
	exitStatus: number = 0;

	constructor(libc: Libc, pid: number, launched: boolean) {
		this.pid = pid;
		this.memory = new NativeMemory(libc, pid);
		this.launched = launched;
	}

	threads(): NativeThread[] {
		return [...this.byId.values()];
	}
}

/** One per debugging session; owns the calling thread's tracees. */
export class Tracer {
	readonly libc: Libc;
	readonly processes: Map<number, NativeProcess> = new Map();
	private readonly threads = new Map<number, NativeThread>();
	/** New threads and processes whose first stop came before their parent's event. */
	private readonly early = new Set<number>();
	private readonly status = new Int32Array(1);
	private readonly message = new Uint8Array(8);
	private readonly siginfo = new Uint8Array(128);
	/** Events that arrived while we were waiting for something else. */
	private readonly deferred: TraceEvent[] = [];

	constructor(libc: Libc) {
		this.libc = libc;
	}

	/** A new process, stopped right after its exec. */
	launch(options: LaunchOptions): NativeProcess {
		const pid = launchSeized(this.libc, options, OPTIONS | sys.PTRACE_O_EXITKILL);
		const process = this.addProcess(pid, true);
		for (;;) {
			const e = this.wait();
			if (e.kind === "exec") break;
			if (e.kind === "exit") throw new Error(`could not launch process: ${options.path} could not be executed`);
			if (e.kind === "signal" || e.kind === "trap" || e.kind === "stopped") e.thread.resume();
		}
		if (options.foreground) this.takeForeground(pid);
		return process;
	}

	private takeForeground(pid: number): void {
		const SIGTTOU = 22;
		if (this.libc.tcgetpgrp(0) < 0) return;
		this.libc.ignoreSignal(SIGTTOU);
		this.libc.tcsetpgrp(0, pid);
	}

	/** Seizes every thread of a process and stops them all. Throws when that is not permitted. */
	attach(pid: number): NativeProcess {
		if (!existsSync(`/proc/${pid}`)) throw new Error(`could not attach to pid ${pid}: no such process`);
		const process = new NativeProcess(this.libc, pid, false);
		let found = true;
		while (found) {
			found = false;
			for (const tid of tasks(pid)) {
				if (process.byId.has(tid)) continue;
				if (Number(this.libc.ptrace(sys.PTRACE_SEIZE, tid, 0, OPTIONS)) < 0) {
					const errno = this.libc.errno();
					if (errno === sys.ESRCH && tid !== pid) continue;
					// A thread that one of them started meanwhile is traced already; its parent's event will tell of it.
					if (tid !== pid && tracedByUs(tid)) continue;
					process.memory.close();
					throw attachError(this.libc, pid, errno);
				}
				found = true;
				this.addThread(process, tid);
			}
		}
		this.processes.set(pid, process);
		process.memory.reopen();
		this.stopAll();
		return process;
	}

	private addProcess(pid: number, launched: boolean): NativeProcess {
		const process = new NativeProcess(this.libc, pid, launched);
		this.processes.set(pid, process);
		this.addThread(process, pid);
		return process;
	}

	private addThread(process: NativeProcess, tid: number): NativeThread {
		const known = this.threads.get(tid);
		if (known !== undefined) return known;
		const thread = new NativeThread(this.libc, process, tid);
		process.byId.set(tid, thread);
		this.threads.set(tid, thread);
		return thread;
	}

	private removeThread(thread: NativeThread): void {
		this.threads.delete(thread.id);
		thread.process.byId.delete(thread.id);
		thread.stopped = false;
	}

	/** The next event; blocks. "interrupted" when a signal woke us, "none" only when block is false. */
	wait(block: boolean = true): TraceEvent {
		const early = this.deferred.shift();
		if (early !== undefined) return early;
		for (;;) {
			const tid = this.libc.waitpid(-1, this.status, sys.WALL | sys.WNOTHREAD | (block ? 0 : sys.WNOHANG));
			if (tid === 0) return { kind: "none" };
			if (tid < 0) {
				const errno = this.libc.errno();
				if (errno === sys.EINTR) return { kind: "interrupted" };
				// Nothing left to wait for: whatever we still list is gone.
				const left = [...this.processes.values()].find((p) => !p.exited);
				if (left !== undefined) return this.processGone(left, 0);
				return { kind: "none" };
			}
			const e = this.decode(tid, this.status[0] as number);
			if (e !== null) return e;
		}
	}

	/** An event that is held back; null when there is none. Does not ask the kernel. */
	next(): TraceEvent | null {
		return this.deferred.shift() ?? null;
	}

	/** Puts an event back, to be returned by a later wait. */
	defer(e: TraceEvent): void {
		this.deferred.push(e);
	}

	/** Events that are held back; drops those that `keep` refuses. */
	filterDeferred(keep: (e: TraceEvent) => boolean): void {
		const kept = this.deferred.filter(keep);
		this.deferred.length = 0;
		this.deferred.push(...kept);
	}

	private processGone(process: NativeProcess, status: number): TraceEvent {
		for (const t of process.threads()) this.removeThread(t);
		process.exited = true;
		process.exitStatus = status;
		process.memory.close();
		this.processes.delete(process.pid);
		return { kind: "exit", process };
	}

	/** What a wait status means; null when it needs no one's attention. */
	private decode(tid: number, status: number): TraceEvent | null {
		const thread = this.threads.get(tid);
		if ((status & 0xff) !== 0x7f) {
			this.early.delete(tid);
			if (thread === undefined) return null;
			const process = thread.process;
			this.removeThread(thread);
			if (tid !== process.pid) return null;
			return this.processGone(process, (status & 0x7f) === 0 ? (status >> 8) & 0xff : -(status & 0x7f));
		}
		const signal = (status >> 8) & 0xff;
		const event = status >>> 16;
		if (thread === undefined) {
			if (event === sys.PTRACE_EVENT_EXEC) return null;
			this.early.add(tid);
			return null;
		}
		thread.stopped = true;
		thread.forgetRegisters();
		// Whatever stops it takes the place of the stop that we asked for; a late one is reported as "stopped" all the same.
		const asked = thread.interruptSent;
		thread.interruptSent = false;
		switch (event) {
			case 0:
				return this.signalStop(thread, signal);
			case sys.PTRACE_EVENT_CLONE:
			case sys.PTRACE_EVENT_FORK:
			case sys.PTRACE_EVENT_VFORK:
				return this.newTask(thread, event);
			case sys.PTRACE_EVENT_EXEC:
				return this.executed(thread);
			case sys.PTRACE_EVENT_STOP:
				return this.eventStop(thread, signal, asked);
			default:
				thread.resume();
				return null;
		}
	}

	private signalStop(thread: NativeThread, signal: number): TraceEvent {
		if (signal !== sys.SIGTRAP) {
			thread.pendingSignal = signal;
			return { kind: "signal", thread, signal };
		}
		this.libc.ptraceBuffer(sys.PTRACE_GETSIGINFO, thread.id, 0, this.siginfo);
		const code = new DataView(this.siginfo.buffer).getInt32(8, true);
		// A SIGTRAP that somebody sent (kill, tgkill) is the program's own.
		if (code <= 0) {
			thread.pendingSignal = signal;
			return { kind: "signal", thread, signal };
		}
		return { kind: "trap", thread, code };
	}

	private eventStop(thread: NativeThread, signal: number, asked: boolean): TraceEvent | null {
		// A group stop (SIGSTOP and its kin): it stays stopped until SIGCONT, as without a debugger.
		if (signal !== sys.SIGTRAP && !asked) {
			this.libc.ptrace(sys.PTRACE_LISTEN, thread.id, 0, 0);
			thread.stopped = false;
			return null;
		}
		return { kind: "stopped", thread };
	}

	private newTask(thread: NativeThread, event: number): TraceEvent {
		this.libc.ptraceBuffer(sys.PTRACE_GETEVENTMSG, thread.id, 0, this.message);
		const tid = new DataView(this.message.buffer).getUint32(0, true);
		const isThread = event === sys.PTRACE_EVENT_CLONE && threadGroup(tid) === thread.process.pid;
		const process = isThread ? thread.process : new NativeProcess(this.libc, tid, thread.process.launched);
		if (!isThread) this.processes.set(tid, process);
		const child = this.addThread(process, tid);
		if (!this.early.delete(tid)) this.awaitFirstStop(tid);
		child.stopped = true;
		if (isThread) return { kind: "thread", thread: child, parent: thread };
		return { kind: "fork", thread, child: process, sharesMemory: event !== sys.PTRACE_EVENT_FORK };
	}

	private awaitFirstStop(tid: number): void {
		for (;;) {
			const n = this.libc.waitpid(tid, this.status, sys.WALL);
			if (n === tid || this.libc.errno() !== sys.EINTR) return;
		}
	}

	/** The thread is the only one left of its process, under the process' id. */
	private executed(thread: NativeThread): TraceEvent {
		const process = thread.process;
		for (const t of process.threads()) if (t !== thread) this.removeThread(t);
		process.memory.reopen();
		return { kind: "exec", thread };
	}

	/** Stops every thread that runs (of one process, or of all); what they report meanwhile is deferred. */
	stopAll(only?: NativeProcess): void {
		for (;;) {
			let waiting = 0;
			for (const t of this.threads.values()) {
				if (t.stopped || (only !== undefined && t.process !== only)) continue;
				if (!t.interruptSent) {
					if (Number(this.libc.ptrace(sys.PTRACE_INTERRUPT, t.id, 0, 0)) < 0) {
						if (!existsSync(`/proc/${t.process.pid}/task/${t.id}`) && t.id !== t.process.pid) this.removeThread(t);
						else if (isZombie(t.id)) continue;
						else waiting++;
						continue;
					}
					t.interruptSent = true;
				}
				if (!isZombieLeader(t)) waiting++;
			}
			if (waiting === 0) return;
			const held = this.deferred.splice(0);
			const e = this.wait();
			this.deferred.unshift(...held);
			if (e.kind === "stopped" || e.kind === "interrupted") continue;
			if (e.kind === "none") return;
			this.deferred.push(e);
		}
	}

	/**
	 * A thread that we interrupted may have run into a trap just before, whose signal it has not reported yet: it would die of it
	 * when let go. True when there is such a signal; the thread's trap is deferred then.
	 */
	takePendingTrap(thread: NativeThread): boolean {
		const pending = statusField(thread.id, "SigPnd");
		if (pending === "" || (Number.parseInt(pending.slice(-4), 16) & (1 << (sys.SIGTRAP - 1))) === 0) return false;
		// The signal is reported before the thread executes anything.
		const signal = thread.pendingSignal;
		if (!thread.resume()) return false;
		const e = this.waitFor(thread);
		if (e !== null && e.kind !== "stopped") this.deferred.push(e);
		if (signal !== 0 && thread.pendingSignal === 0) thread.pendingSignal = signal;
		return true;
	}

	/** Waits until one thread stops; everything that others report is deferred. Null when it died. */
	waitFor(thread: NativeThread): TraceEvent | null {
		const held = this.deferred.splice(0);
		try {
			for (;;) {
				if (this.threads.get(thread.id) !== thread) return null;
				const e = this.wait();
				if (e.kind === "none") return null;
				if (e.kind === "interrupted") continue;
				if ("thread" in e && (e.thread === thread || (e.kind === "thread" && e.parent === thread))) return e;
				held.push(e);
				if (e.kind === "exit" && e.process === thread.process) return null;
			}
		} finally {
			this.deferred.unshift(...held);
		}
	}

	/** Lets a process go on by itself. Its threads must be stopped. */
	detach(process: NativeProcess): void {
		for (const t of process.threads()) {
			this.libc.ptrace(sys.PTRACE_DETACH, t.id, 0, t.pendingSignal);
			this.threads.delete(t.id);
		}
		process.byId.clear();
		process.memory.close();
		this.processes.delete(process.pid);
		this.filterDeferred((e) => !("thread" in e) || e.thread.process !== process);
	}

	/** Ends a process and waits until it is gone. */
	kill(process: NativeProcess): void {
		if (process.exited) return;
		this.libc.kill(process.pid, sys.SIGKILL);
		for (const t of process.threads()) if (t.stopped) t.resume();
		this.filterDeferred((e) => !("thread" in e) || e.thread.process !== process);
		while (!process.exited) {
			const held = this.deferred.splice(0);
			const e = this.wait();
			this.deferred.unshift(...held);
			if (e.kind === "none") return;
			if (e.kind === "exit" && e.process !== process) this.deferred.push(e);
			else if ("thread" in e && e.thread.process === process) {
				if (e.kind === "fork") this.detach(e.child);
				e.thread.resume();
			} else if (e.kind !== "exit" && e.kind !== "interrupted") this.deferred.push(e);
		}
	}
}

function tasks(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [];
	}
}

function statusField(tid: number, name: string): string {
	try {
		const text = readFileSync(`/proc/${tid}/status`, "utf8");
		return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
	} catch {
		return "";
	}
}

function threadGroup(tid: number): number {
	return Number(statusField(tid, "Tgid"));
}

function isZombie(tid: number): boolean {
	return statusField(tid, "State").startsWith("Z");
}

/** A main thread that called exit alone stays as a zombie until the other threads are gone; it cannot be stopped. */
function isZombieLeader(t: NativeThread): boolean {
	return t.id === t.process.pid && t.process.byId.size > 1 && isZombie(t.id);
}

function tracedByUs(tid: number): boolean {
	const tracer = Number(statusField(tid, "TracerPid"));
	return tracer > 0 && threadGroup(tracer) === process.pid;
}

function attachError(libc: Libc, pid: number, errno: number): Error {
	const tracer = Number(statusField(pid, "TracerPid"));
	if (tracer > 0) return new Error(`could not attach to pid ${pid}: it is already traced by process ${tracer}`);
	let yama = "";
	try {
		yama = readFileSync("/proc/sys/kernel/yama/ptrace_scope", "utf8").trim();
	} catch {
		// no Yama
	}
	const why = libc.strerror(errno).toLowerCase();
	const hint =
		errno === sys.EPERM && yama !== "" && yama !== "0"
			? `: this could be caused by a kernel security setting, try writing "0" to /proc/sys/kernel/yama/ptrace_scope`
			: "";
	return new Error(`could not attach to pid ${pid}: ${why}${hint}`);
}
