// Processes under control: resuming them until something worth reporting happens. All threads stop together; a thread that
// reaches a breakpoint whose condition is false goes on without the others being disturbed where that is possible.
import type { ProcessView } from "./backend.ts";
import { Breakpoints, type Physical } from "./breakpoints.ts";
import { type Displacement, makeDisplacement } from "./displaced.ts";
import type { LaunchOptions } from "./backend/native/launch.ts";
import type { Libc } from "./backend/native/libc.ts";
import {
	type NativeProcess,
	type NativeThread,
	ThreadGoneError,
	TRAP_HARDWARE,
	TRAP_TRACE,
	type TraceEvent,
	Tracer,
} from "./backend/native/tracer.ts";
import { PTRACE_SINGLESTEP } from "./backend/native/libc.ts";
import { Pinning } from "./pinning.ts";
import { type Watch, Watches } from "./watch.ts";

/** Why one thread is where it is, at a stop. */
export interface ThreadStop {
	/** The breakpoint's address; the pc of the thread. */
	address: number;
	/** Logical breakpoints that were hit here, in the order they were set. */
	logical: number[];
	/** A step that was under way ends here. */
	step: boolean;
	internal: boolean;
	/** A trap instruction that is part of the program. */
	hardcoded: boolean;
	watch: Watch | null;
}

export type Stop =
	| { kind: "stopped"; thread: NativeThread; stop: ThreadStop }
	| { kind: "manual" }
	| { kind: "exited"; pid: number; status: number };

/** One process with its traps and watchpoints. */
export class Target implements ProcessView {
	readonly process: NativeProcess;
	readonly memory: Breakpoints;
	readonly watches: Watches = new Watches();
	readonly stops: Map<number, ThreadStop> = new Map();
	/** Where copies of instructions under traps may run; null until needed or when there is no room. */
	displacement: Displacement | null | undefined = undefined;
	/** A forked child that only lives until its exec: its stops are not reported. */
	readonly transient: boolean;

	constructor(process: NativeProcess, transient: boolean = false) {
		this.process = process;
		this.memory = new Breakpoints(process.memory);
		this.transient = transient;
	}

	get pid(): number {
		return this.process.pid;
	}

	threads(): NativeThread[] {
		return this.process.threads();
	}

	stopOf(thread: NativeThread): ThreadStop | undefined {
		return this.stops.get(thread.id);
	}

	setWatch(address: number, size: number, type: number, logical: number): Watch {
		const watch = this.watches.add(address, size, type, logical);
		try {
			for (const t of this.threads()) this.watches.apply(t);
		} catch (e) {
			this.clearWatch(watch);
			throw e;
		}
		return watch;
	}

	/** Lets a watch guard another address; threads that run keep the old one until they stop. */
	moveWatch(watch: Watch, address: number): Watch {
		const moved = this.watches.move(watch, address);
		for (const t of this.threads()) if (t.stopped) this.watches.apply(t);
		return moved;
	}

	clearWatch(watch: Watch): void {
		this.watches.remove(watch);
		for (const t of this.threads()) {
			try {
				this.watches.apply(t);
			} catch {
				// the thread is going away
			}
		}
	}
}

export interface GroupHooks {
	/** True when the user asked for a stop. */
	haltRequested(): boolean;
	/** A process replaced its program: its traps are gone. */
	executed(target: Target): void;
	/** A child executed a program: true = keep control of it (the hook has been given its Target to prepare). */
	follow(target: Target): boolean;
	/** A watchpoint fired: false = nothing to report (the value it guards did not matter). */
	watchHit(thread: NativeThread, watch: Watch): boolean;
}

/** All processes of a debugging session. */
export class Group {
	readonly tracer: Tracer;
	readonly targets: Map<number, Target> = new Map();
	private readonly hooks: GroupHooks;
	private readonly pinning: Pinning;
	private exited: { pid: number; status: number } | null = null;

	constructor(libc: Libc, hooks: GroupHooks) {
		this.tracer = new Tracer(libc);
		this.hooks = hooks;
		this.pinning = new Pinning(libc);
	}

	launch(options: LaunchOptions): Target {
		return this.adopt(this.tracer.launch(options));
	}

	attach(pid: number): Target {
		const target = this.adopt(this.tracer.attach(pid));
		this.drain();
		return target;
	}

	private adopt(process: NativeProcess, transient: boolean = false): Target {
		const target = new Target(process, transient);
		this.targets.set(process.pid, target);
		return target;
	}

	/** The processes that are reported to the user. */
	live(): Target[] {
		return [...this.targets.values()].filter((t) => !t.transient);
	}

	/** Resumes everything and returns at the next stop worth reporting; every thread is stopped then. */
	run(): Stop {
		for (const t of this.targets.values()) t.stops.clear();
		try {
			for (;;) {
				this.stepOverTraps();
				const early = this.drain() ?? this.recorded();
				if (early !== null) return early;
				if (this.hooks.haltRequested()) return { kind: "manual" };
				this.resumeAll();
				const stop = this.waitForStop();
				if (stop !== null) return stop;
			}
		} finally {
			this.pinning.release();
		}
	}

	/** One instruction of one thread, the others held. The thread's stop is reported when it ran into something, else null. */
	stepInstruction(thread: NativeThread): Stop | null {
		for (const t of this.targets.values()) t.stops.clear();
		if (!this.singleStep(thread)) return this.drain() ?? this.exitStop();
		return this.drain();
	}

	/** A stop is still there to be reported: nobody took it since. */
	stopIsReal(stop: Stop & { kind: "stopped" }): boolean {
		return this.targets.get(stop.thread.process.pid)?.stopOf(stop.thread) === stop.stop;
	}

	/** Steps one thread, the others held, as long as its pc satisfies a condition. What others ran into is left to be reported. */
	stepWhile(thread: NativeThread, inside: (pc: number) => boolean): void {
		while (inside(thread.registers().pc)) if (!this.singleStep(thread)) return;
	}

	/** Waits for events until all threads are stopped for a reason (a Stop), or must be restarted together (null). */
	private waitForStop(): Stop | null {
		for (;;) {
			const e = this.tracer.wait();
			switch (e.kind) {
				case "interrupted":
					if (!this.hooks.haltRequested()) continue;
					this.tracer.stopAll();
					return this.drain() ?? { kind: "manual" };
				case "none":
					return this.exitStop() ?? { kind: "manual" };
				case "trap": {
					const verdict = this.guarded(e.thread, () => this.trapped(e.thread, e.code));
					if (verdict === "go") {
						e.thread.resume();
						continue;
					}
					if (verdict === "miss" && this.goOnAlone(e.thread)) {
						if (!this.hooks.haltRequested()) continue;
						this.tracer.stopAll();
						return this.drain() ?? { kind: "manual" };
					}
					this.tracer.stopAll();
					const other = this.drain();
					if (verdict === "hit") return this.stopAt(e.thread) ?? other;
					return other;
				}
				default: {
					const stop = this.event(e, true);
					if (stop !== null) return stop;
				}
			}
		}
	}

	private stopAt(thread: NativeThread): Stop | null {
		const stop = this.targets.get(thread.process.pid)?.stopOf(thread);
		return stop === undefined ? this.exitStop() : { kind: "stopped", thread, stop };
	}

	/** A stop that was recorded while threads were stepped over traps. */
	private recorded(): Stop | null {
		for (const target of this.targets.values()) {
			for (const id of target.stops.keys()) {
				const thread = target.process.byId.get(id);
				if (thread !== undefined) return this.stopAt(thread);
			}
		}
		return null;
	}

	private exitStop(): Stop | null {
		if (this.exited === null) return null;
		const { pid, status } = this.exited;
		return { kind: "exited", pid, status };
	}

	/** Takes every event that is already there, all threads being stopped; the first hit, if any. */
	private drain(leaving: boolean = false): Stop | null {
		let found: Stop | null = null;
		this.settle();
		this.takePendingTraps(leaving);
		for (;;) {
			const e = this.tracer.next();
			if (e === null) return found;
			if (e.kind === "trap") {
				const verdict = this.guarded(e.thread, () => this.trapped(e.thread, e.code));
				if (verdict === "hit") found ??= this.stopAt(e.thread);
			} else found ??= this.event(e, false);
		}
	}

	/** Threads that are passing a trap elsewhere are put back into the program's code. */
	private settle(): void {
		for (const target of this.targets.values()) {
			if (target.displacement === undefined || target.displacement === null) continue;
			for (const t of target.threads()) {
				try {
					if (t.stopped) target.displacement.settle(t);
				} catch (e) {
					if (!(e instanceof ThreadGoneError)) throw e;
				}
			}
		}
	}

	/** Traps that threads have run into but not reported. `everywhere`: wherever they stand (a watchpoint's trap can be anywhere). */
	private takePendingTraps(everywhere: boolean): void {
		for (const target of this.targets.values()) {
			for (const t of target.threads()) {
				try {
					if (!t.stopped) continue;
					if (everywhere || target.memory.at(t.registers().pc - 1)?.installed === true) this.tracer.takePendingTrap(t);
				} catch (e) {
					if (!(e instanceof ThreadGoneError)) throw e;
				}
			}
		}
	}

	/** A thread may be killed while we look at it: that is not an error, its exit will be reported. */
	private guarded(thread: NativeThread, f: () => "hit" | "miss" | "go"): "hit" | "miss" | "go" {
		try {
			return f();
		} catch (e) {
			if (e instanceof ThreadGoneError && e.thread === thread.id) return "go";
			throw e;
		}
	}

	/** Everything but traps. `running`: threads go on right away. */
	private event(e: TraceEvent, running: boolean): Stop | null {
		switch (e.kind) {
			case "signal":
				this.targets.get(e.thread.process.pid)?.displacement?.signal(e.thread, isFault(e.signal));
				if (running) e.thread.resume();
				return null;
			case "stopped":
				if (running) e.thread.resume();
				return null;
			case "thread": {
				const target = this.targets.get(e.thread.process.pid);
				if (target !== undefined && target.watches.list().length > 0) target.watches.apply(e.thread);
				this.pinning.newThread(e.thread, e.parent);
				if (running) {
					e.thread.resume();
					e.parent.resume();
				}
				return null;
			}
			case "fork":
				this.forked(e.thread, e.child, e.sharesMemory);
				if (running) {
					for (const t of e.child.threads()) t.resume();
					e.thread.resume();
				}
				return null;
			case "exec":
				return this.executed(e.thread, running);
			case "exit":
				return this.processExited(e.process);
			default:
				return null;
		}
	}

	private forked(parent: NativeThread, child: NativeProcess, sharesMemory: boolean): void {
		const origin = this.targets.get(parent.process.pid);
		if (origin === undefined) return;
		// A child that shares our memory runs into our traps: it is stepped over them until its exec. A copy gets rid of them.
		if (!sharesMemory) origin.memory.removeAllFrom(child.memory);
		const target = this.adopt(child, true);
		if (sharesMemory) for (const p of origin.memory.byAddress.values()) target.memory.byAddress.set(p.address, p);
	}

	private executed(thread: NativeThread, running: boolean): Stop | null {
		const target = this.targets.get(thread.process.pid);
		if (target === undefined) return null;
		target.memory.forget();
		target.watches.clear();
		target.displacement = undefined;
		if (!target.transient) {
			this.hooks.executed(target);
		} else {
			this.targets.delete(target.pid);
			const kept = new Target(thread.process);
			if (this.hooks.follow(kept)) this.targets.set(kept.pid, kept);
			else {
				this.tracer.detach(thread.process);
				return null;
			}
		}
		if (running) thread.resume();
		return null;
	}

	private processExited(process: NativeProcess): Stop | null {
		const target = this.targets.get(process.pid);
		this.targets.delete(process.pid);
		if (target === undefined || target.transient) return null;
		this.exited = { pid: process.pid, status: process.exitStatus };
		if (this.live().length > 0) return null;
		return this.exitStop();
	}

	/** "hit": a stop is recorded for the thread. "miss": it stands before a trap that does not concern it. "go": let it run. */
	private trapped(thread: NativeThread, code: number): "hit" | "miss" | "go" {
		const target = this.targets.get(thread.process.pid);
		if (target === undefined) return "go";
		if (code === TRAP_HARDWARE) return this.watchTrapped(target, thread);
		const pc = thread.registers().pc;
		if (code === TRAP_TRACE) return "go";
		const address = pc - 1;
		const physical = target.memory.at(address);
		if (physical === undefined) {
			if (target.transient) return "go";
			target.stops.set(thread.id, { ...newStop(pc), hardcoded: true });
			return "hit";
		}
		thread.setPc(address);
		if (target.transient) return "miss";
		return this.check(target, thread, physical);
	}

	private check(target: Target, thread: NativeThread, physical: Physical): "hit" | "miss" {
		const stop = newStop(physical.address);
		let hit = false;
		for (const b of [...physical.breaklets]) {
			if (b.check(thread) === "miss") continue;
			hit = true;
			if (b.kind === "user") stop.logical.push(b.logical);
			else if (b.kind === "step") stop.step = true;
			else stop.internal = true;
		}
		if (!hit) return "miss";
		target.stops.set(thread.id, stop);
		return "hit";
	}

	private watchTrapped(target: Target, thread: NativeThread): "hit" | "go" {
		const watch = target.watches.triggered(thread);
		if (watch === undefined || !this.hooks.watchHit(thread, watch)) return "go";
		target.stops.set(thread.id, { ...newStop(thread.registers().pc), logical: [watch.logical], watch });
		return "hit";
	}

	/** Lets a thread that stands before a trap go on while the others keep running. False when all must be held for it. */
	private goOnAlone(thread: NativeThread): boolean {
		const target = this.targets.get(thread.process.pid);
		if (target === undefined || target.transient) return false;
		try {
			const physical = target.memory.at(thread.registers().pc);
			if (physical === undefined) return false;
			if (target.displacement === undefined) target.displacement = makeDisplacement(this.tracer, target, thread);
			this.pinning.miss(thread);
			return target.displacement?.goOn(thread, physical) === true && thread.resume();
		} catch (e) {
			// Killed: its end will be reported.
			if (e instanceof ThreadGoneError && e.thread === thread.id) return true;
			throw e;
		}
	}

	/** Moves every thread that stands before a trap past it; all threads are stopped. */
	private stepOverTraps(): void {
		for (const target of [...this.targets.values()]) {
			for (const thread of target.threads()) {
				if (!thread.stopped) continue;
				let pc: number;
				try {
					pc = thread.registers().pc;
				} catch (e) {
					if (e instanceof ThreadGoneError) continue;
					throw e;
				}
				if (target.memory.at(pc)?.installed === true) this.singleStep(thread);
			}
		}
	}

	/** One instruction; false when the thread died. Signals wait until the instruction is done. */
	private singleStep(thread: NativeThread): boolean {
		const target = this.targets.get(thread.process.pid);
		const physical = target?.memory.at(thread.registers().pc);
		if (physical !== undefined) target?.memory.uninstall(physical);
		const signals: number[] = [];
		try {
			for (;;) {
				if (thread.pendingSignal !== 0) signals.push(thread.pendingSignal);
				thread.pendingSignal = 0;
				if (!thread.resume(PTRACE_SINGLESTEP)) return this.died(thread);
				const e = this.tracer.waitFor(thread);
				if (e === null) return false;
				if (e.kind === "signal") {
					// A fault is the instruction's own result: the program must see it now.
					if (isFault(e.signal)) return true;
					continue;
				}
				if (e.kind === "trap" && (target?.watches.list().length ?? 0) > 0) this.watchIfHit(e.thread);
				else if (e.kind !== "trap" && e.kind !== "stopped") this.tracer.defer(e);
				else if (e.kind === "stopped") continue;
				return true;
			}
		} finally {
			if (thread.pendingSignal === 0) thread.pendingSignal = signals.shift() ?? 0;
			for (const s of signals) this.tracer.libc.tgkill(thread.process.pid, thread.id, s);
			if (physical !== undefined && target?.memory.at(physical.address) === physical) this.reinstall(target, physical);
		}
	}

	private watchIfHit(thread: NativeThread): void {
		const target = this.targets.get(thread.process.pid);
		if (target === undefined) return;
		if (this.watchTrapped(target, thread) === "go") target.stops.delete(thread.id);
	}

	private reinstall(target: Target, physical: Physical): void {
		try {
			target.memory.install(physical);
		} catch {
			physical.installed = false;
		}
	}

	private died(thread: NativeThread): false {
		this.tracer.libc.errno();
		thread.stopped = false;
		return false;
	}

	private resumeAll(): void {
		for (const target of this.targets.values()) {
			for (const t of target.threads()) if (t.stopped) t.resume();
		}
	}

	/** Lets every process go on by itself, its memory, debug registers and processors as they were. */
	detach(target: Target): void {
		this.tracer.stopAll();
		this.drain(true);
		if (target.process.exited) return;
		target.displacement?.remove(this.tracer);
		target.memory.removeAllFrom(target.process.memory);
		target.memory.forget();
		if (target.watches.list().length > 0) {
			target.watches.clear();
			for (const t of target.threads()) target.watches.apply(t);
		}
		for (const t of [...this.targets.values()]) if (t.transient) this.tracer.detach(t.process);
		this.tracer.detach(target.process);
		this.targets.delete(target.pid);
	}

	kill(target: Target): void {
		this.tracer.kill(target.process);
		this.targets.delete(target.pid);
		for (const t of [...this.targets.values()]) {
			if (!t.transient) continue;
			this.tracer.kill(t.process);
			this.targets.delete(t.pid);
		}
	}
}

function newStop(address: number): ThreadStop {
	return { address, logical: [], step: false, internal: false, hardcoded: false, watch: null };
}

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
function isFault(signal: number): boolean {
	return signal === 4 || signal === 5 || signal === 7 || signal === 8 || signal === 11;
}
