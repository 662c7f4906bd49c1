// A debugging session: the processes under control, the breakpoints, what is selected. Terminal, RPC and DAP all work through
// this. Everything is synchronous: it runs in a thread of its own (engine.ts), which blocks while the program runs.
import { statSync } from "node:fs";
import { CoreProcess, type Goroutine, type ThreadView, type Variable } from "#proc";
import {
	currentG,
	Group,
	loadLibc,
	type NativeThread,
	type Returning,
	Stepper,
	type Stop,
	Target,
	type ThreadStop,
	type Watch,
	word,
} from "#proc/live";
import type { ApiBreakpoint, ApiDumpState, ApiEvent, ApiThread, DebuggerCommand, DebuggerState, EvalScope, LoadConfig } from "./api.ts";
import { Binaries, Debuggee } from "./debuggee.ts";
import { commandLineOf, executableOf } from "./procfs.ts";
import { ExitedError, exitedState } from "./exited.ts";
import { environment, openCoreFile, verifyExecutable } from "./opening.ts";
import { SessionDump } from "./dump.ts";
import { BreakpointStore } from "./store.ts";
import { versionProblem } from "./goversion.ts";
import { locationFor } from "./locspec.ts";
import type { PathRules } from "./paths.ts";
import { PendingCall } from "./call.ts";
import { loadOf, variableViews } from "./evaluate.ts";
import { returnValues } from "./returns.ts";
import { goroutineView, threadView } from "./views.ts";

export interface SessionConfig {
	mode: "launch" | "attach" | "core";
	/** The program and its arguments; of an attach or a core, the executable, when it was given. */
	args: string[];
	pid: number;
	core: string;
	workingDir: string;
	/** Additional or changed variables; null removes one. */
	env: Record<string, string | null>;
	redirects: [string, string, string];
	tty: string;
	disableAslr: boolean;
	foreground: boolean;
	checkGoVersion: boolean;
	debugInfoDirectories: string[];
}

/** What a client looks at: a process, a thread, the address of a goroutine's g. */
interface Selection {
	current: Debuggee | null;
	thread: number;
	g: number;
}

export interface SessionHooks {
	haltRequested(): boolean;
	/** The program is about to run, or stopped. */
	running(is: boolean): void;
	/** Kernel id of the thread that waits for the program. */
	thread(tid: number): void;
	event(e: ApiEvent): void;
	log(layer: string, text: string): void;
}

export const EVENT_RESUMED = 0;
export const EVENT_STOPPED = 1;
export const EVENT_MATERIALIZED = 3;
export const EVENT_SPAWNED = 4;

/** How deep values of calls are read when the client does not say. */
const CALL_LOAD: LoadConfig = { FollowPointers: true, MaxVariableRecurse: 1, MaxStringLen: 64, MaxArrayValues: 64, MaxStructFields: -1 };

export class Session {
	readonly config: SessionConfig;
	readonly hooks: SessionHooks;
	readonly breakpoints: BreakpointStore;
	readonly binaries: Binaries = new Binaries();
	private group: Group | null = null;
	private readonly debuggees: Map<number, Debuggee> = new Map();
	private current: Debuggee | null = null;
	private currentThread = 0;
	/** Address of the selected goroutine's g; 0 = none. */
	private selectedG = 0;
	/** Whose request is carried out; what others have selected for themselves since the program stopped, and what was selected by the stop. */
	private client = 0;
	private readonly chosen: Map<number, Selection> = new Map();
	private atStop: Selection = { current: null, thread: 0, g: 0 };
	/** What returns when the step under way ends, and what has returned at this stop. */
	private returning: Returning | null = null;
	private returned: { thread: number; values: Variable[] } | null = null;
	/** What returned is the value of an expression with calls. */
	private callReturned: "" | "values" | "assigned" = "";
	/** Expressions with calls that are not done. */
	private calls: PendingCall[] = [];
	/** Address of the g that steps; -1 = none does. */
	private steppingG = -1;
	private exit: { pid: number; status: number } | null = null;
	private detached = false;
	private stopReason = "";
	private followExecPattern: RegExp | null = null;
	private followExec = false;
	private lastModified: Date;
	/** What is missing from the core file, in words. */
	readonly warnings: string[] = [];
	/** The core file that is being written, or was written last. */
	dump: SessionDump | null = null;
	private events = false;
	/** An error of a condition, to be reported by the command that let the program run. */
	private conditionError: Error | null = null;

	constructor(config: SessionConfig, hooks: SessionHooks) {
		this.config = config;
		this.hooks = hooks;
		this.breakpoints = new BreakpointStore(this);
		this.lastModified = new Date(0);
		this.start();
		this.checkVersion();
	}

	// Beginning and end.

	/** Lets a program of a Go version that is not known go again. Throws with Delve's words. */
	private checkVersion(): void {
		if (!this.config.checkGoVersion) return;
		const problem = versionProblem(this.debuggee.binary.goVersion);
		if (problem === null) return;
		this.detach(this.config.mode === "launch");
		throw new Error(problem);
	}

	private start(): void {
		const { config } = this;
		if (config.mode === "core") {
			this.openCore();
			return;
		}
		const libc = loadLibc();
		this.hooks.thread(libc.gettid());
		this.group = new Group(libc, {
			haltRequested: () => this.hooks.haltRequested(),
			executed: (t) => this.executed(t),
			follow: (t) => this.follow(t),
			watchHit: (t, w) => this.watchHit(t, w),
		});
		if (config.mode === "attach") this.attach();
		else this.launch();
	}

	private launch(): void {
		const { config } = this;
		const program = config.args[0] ?? "";
		const path = verifyExecutable(program);
		let target: Target;
		try {
			target = (this.group as Group).launch({
				path,
				args: [path, ...config.args.slice(1)],
				env: environment(config.env),
				dir: config.workingDir,
				redirects: config.redirects,
				tty: config.tty,
				disableAslr: config.disableAslr,
				foreground: config.foreground,
			});
		} catch (e) {
			const text = e instanceof Error ? e.message : String(e);
			throw new Error(text.startsWith("could not launch process") ? text : `could not launch process: ${text}`);
		}
		try {
			this.adopt(new Debuggee(path, target, target, this.binaries.ofProcess(path, target.pid), [path, ...config.args.slice(1)].join(" ")));
		} catch (e) {
			this.group?.kill(target);
			throw new Error(`could not launch process: ${e instanceof Error ? e.message : String(e)}`);
		}
		this.lastModified = statSync(path).mtime;
		this.stopReason = "launched";
	}

	private attach(): void {
		const { pid, args } = this.config;
		if (!(pid > 0)) throw new Error(`invalid process ID: ${pid}`);
		const target = (this.group as Group).attach(pid);
		try {
			const path = args[0] ?? executableOf(pid);
			this.adopt(new Debuggee(path, target, target, this.binaries.ofProcess(path, pid), commandLineOf(pid)));
			this.lastModified = statSync(path).mtime;
		} catch (e) {
			this.group?.detach(target);
			throw new Error(`could not attach to pid ${pid}: ${e instanceof Error ? e.message : String(e)}`);
		}
		this.stopReason = "attached";
	}

	private openCore(): void {
		const { core, args } = this.config;
		const path = args[0] as string;
		const view = new CoreProcess(openCoreFile(core));
		const plain = this.binaries.open(path, 0);
		const binary = plain.positionIndependent && view.entry !== 0 ? this.binaries.open(path, view.entry - plain.elf.entry) : plain;
		view.useFile((address, length) => binary.fileBytes(address, length));
		this.warnings.push(...view.problems.map((p) => `core file: ${p}`));
		const d = new Debuggee(path, view, null, binary, view.commandLine);
		this.debuggees.set(d.pid, d);
		this.current = d;
		this.select(view.threads()[0] ?? null);
		this.lastModified = statSync(path).mtime;
	}

	private adopt(d: Debuggee): void {
		this.debuggees.set(d.pid, d);
		this.current ??= d;
		if (this.current === d) this.select(d.view.threads()[0] ?? null);
		this.breakpoints.place(d);
	}

	/** The processes under control, the first one first. */
	all(): Debuggee[] {
		return [...this.debuggees.values()];
	}

	/** The selected process. Throws when it has exited or was let go. */
	get debuggee(): Debuggee {
		if (this.exit !== null) throw new ExitedError(this.exit.pid, this.exit.status);
		if (this.detached || this.current === null) throw new Error("detached from the process");
		return this.current;
	}

	debuggeeOf(thread: ThreadView): Debuggee {
		for (const d of this.debuggees.values()) if (d.thread(thread.id) !== null) return d;
		return this.debuggee;
	}

	get pid(): number {
		return this.current?.pid ?? this.exit?.pid ?? this.config.pid;
	}

	get modified(): Date {
		return this.lastModified;
	}

	/** Ends the session: kills the processes or lets them go on. */
	detach(kill: boolean): void {
		const { group } = this;
		this.detached = true;
		for (const d of this.all()) {
			if (d.target === null || group === null) continue;
			if (kill) group.kill(d.target);
			else {
				this.breakpoints.clearSteps(d);
				group.detach(d.target);
			}
		}
		this.debuggees.clear();
	}

	/** Begins to write a core file of the selected process; `dump` advances it. */
	startDump(path: string): ApiDumpState {
		const { target } = this.debuggee;
		if (target === null) throw new Error("core dumping not supported");
		if (this.dump?.running === true) throw new Error("core dump in progress");
		this.dump = new SessionDump(target, this.currentThread, path);
		return this.dump.view();
	}

	/** Starts the program again. Returns breakpoints that have no place any more. */
	restart(newArgs: string[] | null, redirects: [string, string, string] | null): { breakpoint: ApiBreakpoint; reason: string }[] {
		if (this.config.mode === "attach") throw new Error("cannot restart process Delve did not create");
		if (this.config.mode === "core") throw new Error("can not restart this target");
		if (this.exit === null && !this.detached) this.detach(true);
		if (newArgs !== null) {
			this.config.args = [this.config.args[0] as string, ...newArgs];
			if (redirects !== null) this.config.redirects = redirects;
		}
		this.exit = null;
		this.calls = [];
		this.detached = false;
		this.current = null;
		this.chosen.clear();
		this.debuggees.clear();
		this.breakpoints.forgetPlaces();
		this.breakpoints.resetHits();
		this.launch();
		return this.breakpoints.discardLost();
	}

	// Processes that come and go.

	private executed(target: Target): void {
		const old = this.debuggees.get(target.pid);
		const path = executableOf(target.pid);
		const d = new Debuggee(path, target, target, this.binaries.ofProcess(path, target.pid), commandLineOf(target.pid));
		this.debuggees.set(target.pid, d);
		if (this.current === old || this.current === null) this.current = d;
		this.breakpoints.forgetProcess(target.pid);
		this.breakpoints.place(d);
	}

	private follow(target: Target): boolean {
		const commandLine = commandLineOf(target.pid);
		const will = this.followExec && (this.followExecPattern === null || this.followExecPattern.test(commandLine));
		this.emit({ Kind: EVENT_SPAWNED, PID: target.pid, ThreadID: target.pid, Cmdline: commandLine, WillFollow: will });
		if (!will) return false;
		try {
			const path = executableOf(target.pid);
			this.adopt(new Debuggee(path, target, target, this.binaries.ofProcess(path, target.pid), commandLine));
			return true;
		} catch (e) {
			this.hooks.log("debugger", `could not follow process ${target.pid}: ${String(e)}`);
			return false;
		}
	}

	setFollowExec(enable: boolean, pattern: string): void {
		if (!enable && pattern !== "") throw new Error("regex specified when disabling follow exec mode");
		this.followExecPattern = pattern === "" ? null : new RegExp(pattern);
		this.followExec = enable;
	}

	get followsExec(): boolean {
		return this.followExec;
	}

	emit(e: ApiEvent): void {
		if (this.events) this.hooks.event(e);
	}

	private watchHit(thread: NativeThread, watch: Watch): boolean {
		return this.breakpoints.watchHit(thread, watch);
	}

	// Selection.

	/** Makes a thread current, and the goroutine it runs. */
	private select(thread: ThreadView | null): void {
		this.currentThread = thread?.id ?? 0;
		this.selectedG = 0;
		if (thread === null) return;
		const d = this.debuggeeOf(thread);
		this.current = d;
		try {
			this.selectedG = d.goroutines.ofThread(thread)?.address ?? 0;
		} catch {
			// no goroutines yet
		}
	}

	/** Requests that follow come from this client: until the program runs again it has a selection of its own. */
	actAs(client: number): void {
		if (client === this.client) return;
		const now = { current: this.current, thread: this.currentThread, g: this.selectedG };
		if (this.chosen.has(this.client)) this.chosen.set(this.client, now);
		else this.atStop = now;
		this.client = client;
		const s = this.chosen.get(client) ?? this.atStop;
		if (s.current !== null && !this.debuggees.has(s.current.pid)) return;
		this.current = s.current;
		this.currentThread = s.thread;
		this.selectedG = s.g;
	}

	thread(): ThreadView {
		const d = this.debuggee;
		const t = d.thread(this.currentThread) ?? d.view.threads()[0];
		if (t === undefined) throw new Error("no threads");
		return t;
	}

	/** The selected goroutine, null when the current thread runs none. */
	goroutine(): Goroutine | null {
		if (this.selectedG === 0) return null;
		const d = this.debuggee;
		try {
			return d.goroutines.read(this.selectedG);
		} catch {
			return null;
		}
	}

	/** A goroutine by number: 0 and -1 = the selected one. Throws with Delve's words. */
	findGoroutine(id: number): Goroutine | null {
		if (id <= 0) return this.goroutine();
		const selected = this.goroutine();
		if (selected?.id === id) return selected;
		const found = this.debuggee.goroutines.find(id);
		if (found === null) throw new Error(`unknown goroutine ${id}`);
		return found;
	}

	switchThread(id: number): void {
		for (const d of this.debuggees.values()) {
			const t = d.thread(id);
			if (t === null) continue;
			this.select(t);
			return;
		}
		throw new Error(`thread ${id} does not exist`);
	}

	switchGoroutine(id: number): void {
		const g = this.findGoroutine(id);
		if (g === null) return;
		if (g.thread !== null) this.select(g.thread);
		this.selectedG = g.address;
	}

	// State.

	state(load: LoadConfig | null, withInfo: boolean): DebuggerState {
		const d = this.debuggee;
		const g = this.goroutine();
		const state: DebuggerState = {
			Pid: d.pid,
			TargetCommandLine: d.commandLine,
			Running: false,
			Recording: false,
			CoreDumping: this.dump?.running === true,
			Threads: [],
			NextInProgress: this.breakpoints.stepping,
			WatchOutOfScope: this.breakpoints.takeOutOfScope(),
			exited: false,
			exitStatus: 0,
			When: "",
		};
		const current = this.thread().id;
		for (const each of this.debuggees.values()) {
			for (const t of each.view.threads()) {
				const view = this.threadState(each, t, load, withInfo);
				state.Threads?.push(view);
				if (t.id === current) state.currentThread = view;
			}
		}
		if (g !== null) state.currentGoroutine = goroutineView(d, g);
		if (this.stopReason !== "") state.stopReason = this.stopReason;
		return state;
	}

	threadState(d: Debuggee, t: ThreadView, load: LoadConfig | null, withInfo: boolean): ApiThread {
		const view = threadView(d, t);
		if (this.returned?.thread === t.id && (load !== null || this.callReturned !== "")) {
			if (this.callReturned !== "assigned") view.ReturnValues = variableViews(d, this.returned.values, load ?? CALL_LOAD);
			view.CallReturn = this.callReturned !== "";
		}
		const stop = d.target?.stops.get(t.id);
		if (stop === undefined) return view;
		const bp = this.breakpointAt(stop);
		if (bp === null) return view;
		view.breakPoint = bp;
		if (withInfo) view.breakPointInfo = this.breakpoints.information(d, t, bp);
		if (bp.traceReturn && withInfo) {
			const f = d.binary.funcAt(view.pc);
			const regs = t.registers();
			const limits = load ?? bp.LoadArgs;
			if (f !== null && limits !== null) view.ReturnValues = variableViews(d, returnValues(d, f, regs, regs.sp + 8), limits);
		}
		return view;
	}

	private breakpointAt(stop: ThreadStop): ApiBreakpoint | null {
		if (stop.hardcoded) return this.breakpoints.hardcoded(stop.address);
		const id = stop.logical[0];
		return id === undefined ? null : this.breakpoints.view(id);
	}

	// Running.

	command(c: DebuggerCommand): DebuggerState {
		const still = c.name === "switchThread" || c.name === "switchGoroutine" || c.name === "halt";
		this.events = c.WithEvents;
		try {
			if (!still) this.emit({ Kind: EVENT_RESUMED });
			this.carryOut(c);
			if (still) this.chosen.set(this.client, { current: this.current, thread: this.currentThread, g: this.selectedG });
			return this.state(c.ReturnInfoLoadConfig, !still);
		} catch (e) {
			if (e instanceof ExitedError && c.name !== "switchThread" && c.name !== "switchGoroutine") return exitedState(e);
			throw e;
		} finally {
			if (!still) {
				this.chosen.clear();
				this.emit({ Kind: EVENT_STOPPED });
			}
		}
	}

	private carryOut(c: DebuggerCommand): void {
		switch (c.name) {
			case "switchThread":
				void this.debuggee;
				return this.switchThread(c.threadID);
			case "switchGoroutine":
				void this.debuggee;
				return this.switchGoroutine(c.goroutineID);
			case "halt":
				void this.debuggee;
				return;
		}
		void this.debuggee;
		if (this.group === null) throw new Error("can not continue execution of core process");
		switch (c.name) {
			case "continue":
			case "directionCongruentContinue":
				return this.run();
			case "next":
				return this.step((s) => s.line(false));
			case "step":
				return this.step((s) => s.line(true));
			case "stepOut":
				return this.step((s) => s.out());
			case "call":
				return this.call(c);
			case "stepInstruction":
				return this.stepInstruction(false);
			case "nextInstruction":
				return this.stepInstruction(true);
			case "rewind":
			case "reverseNext":
			case "reverseStep":
			case "reverseStepOut":
			case "reverseStepInstruction":
			case "reverseNextInstruction":
				throw new Error("direction change not supported");
			default:
				throw new Error(`unknown command ${c.name}`);
		}
	}

	private step(prepare: (s: Stepper) => void): void {
		if (this.breakpoints.stepping) throw new Error("next while nexting");
		const d = this.debuggee;
		const thread = this.thread() as NativeThread;
		const g = this.goroutine();
		const target = d.target as Target;
		const context = { target, binary: d.binary, locator: d.locator, layout: d.program.layout };
		const regs = (g?.thread ?? (g === null ? thread : null))?.registers() ?? null;
		let pc = regs?.pc ?? g?.pc ?? 0;
		let sp = regs?.sp ?? g?.sp ?? 0;
		if (g !== null) {
			const top = d.goroutines.stack(g, 1)[0];
			if (top !== undefined) {
				pc = top.pc;
				sp = top.regs.sp;
			}
		}
		const own = (g?.thread as NativeThread | null | undefined) ?? thread;
		this.steppingG = g?.address ?? 0;
		try {
			const stepper = new Stepper(context, {
				pc,
				sp,
				g: g?.address ?? currentG(context, thread),
				thread: own,
				parked: g !== null && g.thread === null,
			});
			prepare(stepper);
			this.returning = stepper.returning;
		} catch (e) {
			this.breakpoints.clearSteps(d);
			throw e;
		}
		this.run();
	}

	/** A step ended by a return: the results, for the thread that stopped. */
	private collectReturn(thread: NativeThread): void {
		const r = this.returning;
		this.returning = null;
		const d = this.debuggee;
		if (r === null || d.target === null) return;
		const regs = thread.registers();
		if (regs.pc !== r.address) return;
		const g = d.currentG(thread);
		const top = g === 0 ? 0 : word(d.target.memory, g + 8);
		try {
			this.returned = { thread: thread.id, values: returnValues(d, r.func, regs, top + r.offset) };
		} catch (e) {
			this.hooks.log("debugger", `results of ${r.func.name}: ${e instanceof Error ? e.message : String(e)}`);
		}
	}

	/** Lets everything run until the next stop, and selects what stopped. Throws ExitedError when the last process ended. */
	run(): void {
		const group = this.group as Group;
		this.conditionError = null;
		this.returned = null;
		this.callReturned = "";
		this.hooks.running(true);
		let stop: Stop;
		try {
			do {
				this.resumed();
				stop = group.run();
				this.resumed();
				// A call that is done is what is reported, whatever else happened at the same time.
				const ended = this.advanceCalls();
				if (ended !== null) {
					this.callEnded(ended);
					return;
				}
			} while (stop.kind === "stopped" && !group.stopIsReal(stop));
		} finally {
			this.hooks.running(false);
			this.resumed();
		}
		this.stopped(stop);
		if (this.conditionError !== null) throw this.conditionError;
	}

	// Calls of functions of the program.

	/** Evaluates an expression that may call functions. Throws Delve's words. */
	private call(c: DebuggerCommand): void {
		const d = this.debuggee;
		if (c.ReturnInfoLoadConfig === null) throw new Error("can not call function with nil ReturnInfoLoadConfig");
		const goroutine = c.goroutineID > 0 ? this.findGoroutine(c.goroutineID) : this.goroutine();
		if (goroutine?.thread != null && this.calls.some((x) => x.goroutine.address === goroutine.address || x.thread === goroutine.thread))
			throw new Error("cannot call function while another function call is already in progress");
		const call = new PendingCall({
			d,
			target: d.target as Target,
			group: this.group as Group,
			goroutine,
			text: c.expr,
			load: loadOf(c.ReturnInfoLoadConfig),
			checkEscape: !c.unsafeCall,
			hitCounts: (name) => this.breakpoints.hitCount(name),
		});
		this.returned = null;
		if (call.start()) return this.callEnded(call);
		this.calls.push(call);
		this.run();
	}

	/** Lets calls whose threads trapped go on; one that is done, if any. */
	private advanceCalls(): PendingCall | null {
		for (const call of this.calls) {
			const stops = this.debuggeeOf(call.thread).target?.stops;
			if (stops?.get(call.thread.id)?.hardcoded !== true || !call.concerns(call.thread)) continue;
			stops.delete(call.thread.id);
			if (call.advance()) return call;
		}
		return null;
	}

	/** Shows what an expression with calls gave. Throws its error. */
	private callEnded(call: PendingCall): void {
		this.calls = this.calls.filter((x) => x !== call);
		this.resumed();
		this.select(call.thread);
		this.stopReason = "call returned";
		if (call.error !== null) throw call.error;
		this.returned = { thread: call.thread.id, values: call.values };
		this.callReturned = call.assigned ? "assigned" : "values";
	}

	endSteps(): void {
		this.steppingG = -1;
		for (const d of this.debuggees.values()) this.breakpoints.clearSteps(d);
	}

	private resumed(): void {
		for (const d of this.debuggees.values()) d.program.resumed();
	}

	/** An error while a condition was evaluated: the program stops and the command reports it. */
	conditionFailed(e: Error): void {
		this.conditionError ??= e;
	}

	private stopped(stop: Stop): void {
		for (const d of this.all()) if (d.target?.process.exited === true && stop.kind !== "exited") this.debuggees.delete(d.pid);
		if (stop.kind === "exited") {
			this.exit = { pid: stop.pid, status: stop.status };
			this.calls = [];
			this.breakpoints.forgetPlaces();
			this.debuggees.clear();
			throw new ExitedError(stop.pid, stop.status);
		}
		if (this.current !== null && !this.debuggees.has(this.current.pid)) this.current = this.all()[0] ?? null;
		if (stop.kind === "manual") {
			this.stopReason = "manual";
			this.select(this.interestingThread());
			return;
		}
		this.select(stop.thread);
		const { stop: why } = stop;
		if (why.watch !== null) this.stopReason = "watchpoint";
		else if (why.hardcoded) {
			this.stopReason = "hardcoded breakpoint";
			this.leaveHardcoded(stop.thread);
		} else if (why.logical.length > 0) this.stopReason = "breakpoint";
		else this.stopReason = "next finished";
		this.breakpoints.removeExhausted();
		if (why.step) this.collectReturn(stop.thread);
		// A breakpoint on the goroutine that steps ends the step; on another one the step can be finished.
		if (why.step || this.selectedG === this.steppingG) this.endSteps();
	}

	/** The thread to show after a halt: the current one while it runs a goroutine, else one that does. */
	private interestingThread(): ThreadView {
		const d = this.debuggee;
		const threads = d.view.threads();
		const runs = (t: ThreadView): boolean => d.goroutineId(t) !== 0;
		const current = d.thread(this.currentThread);
		if (current !== null && runs(current)) return current;
		return threads.find(runs) ?? current ?? (threads[0] as ThreadView);
	}

	/** From a trap of the program's own in runtime.Breakpoint to where that was called. */
	private leaveHardcoded(thread: NativeThread): void {
		const d = this.debuggeeOf(thread);
		const why = d.target?.stopOf(thread);
		for (let i = 0; i < 20; i++) {
			const name = d.binary.funcAt(thread.registers().pc)?.name ?? "";
			if (name !== "runtime.breakpoint" && name !== "runtime.Breakpoint") break;
			this.group?.stepInstruction(thread);
		}
		if (why !== undefined) d.target?.stops.set(thread.id, { ...why, address: thread.registers().pc });
		this.resumed();
	}

	private stepInstruction(overCalls: boolean): void {
		const d = this.debuggee;
		const group = this.group as Group;
		const target = d.target as Target;
		const g = this.goroutine();
		const thread = (g === null ? this.thread() : g.thread) as NativeThread | null;
		if (thread === null && g !== null) {
			// A parked goroutine: when it runs again.
			this.breakpoints.addStep(d, g.pc, g.address);
			return this.run();
		}
		const t = thread as NativeThread;
		if (overCalls && this.breakpoints.stepOverCall(d, t)) return this.run();
		this.hooks.running(true);
		try {
			const stop = group.stepInstruction(t);
			this.resumed();
			if (stop !== null) return this.stopped(stop);
		} finally {
			this.hooks.running(false);
		}
		if (target.process.byId.get(t.id) === undefined) return this.run();
		this.select(t);
		this.breakpoints.noteArrival(d, t);
		this.stopReason = "next finished";
	}

	/** Makes the current thread go on elsewhere in the function it is in. */
	setExecutionPoint(address: number): void {
		const d = this.debuggee;
		const thread = this.thread();
		const f = d.binary.funcAt(thread.registers().pc);
		if (d.target === null) throw new Error("can not change the registers of a core file");
		if (f === null || address < f.entry || address >= f.end)
			throw new Error("can not set the next execution point outside of the current function");
		(thread as NativeThread).setPc(address);
		d.target.stops.delete(thread.id);
		d.program.resumed();
	}

	/** What the program was compiled with, as its units say it. */
	producer(): string {
		const { binary } = this.debuggee;
		if (!binary.hasDwarf) return "";
		for (const u of binary.unitsNamed("runtime")) return u.root.producer.split(";")[0] as string;
		return `Go cmd/compile ${binary.goVersion}`;
	}

	// Places.

	/** Finds a location for a scope, in every process. */
	findLocation(scope: EvalScope, text: string, includeNonExecutable: boolean, rules: PathRules): ReturnType<typeof locationFor> {
		void this.debuggee;
		return locationFor(this, scope, text, includeNonExecutable, rules);
	}
}
