// Lets the program run for a DAP client until there is something to tell, and tells it.
import type { ApiBreakpoint, ApiThread, ApiVariable, DebuggerState } from "../api.ts";
import type { EngineClient } from "../client.ts";
import { type DapBreakpoints, FUNCTION_PREFIX, INSTRUCTION_PREFIX, type PathMap, sourceOf } from "./breakpoints.ts";
import type { DapClient } from "./client.ts";
import { detailsOf } from "./errors.ts";
import type { Inspector } from "./inspect.ts";
import type { LogMessage } from "./logpoint.ts";
import type { StoppedEventBody } from "./protocol.gen.ts";

const PANIC = "unrecovered-panic";
const FATAL = "runtime-fatal-throw";
const HARDCODED = "hardcoded-breakpoint";
const TOP_FRAME = 0;
const BAD_ACCESS =
	"invalid memory address or nil pointer dereference [signal SIGSEGV: segmentation violation]\nUnable to propagate EXC_BAD_ACCESS signal to target process and panic (see https://github.com/go-delve/delve/issues/852)";
const NEXT_WHILE_NEXTING = `Unable to step while the previous step is interrupted by a breakpoint.
Use 'Continue' to resume the original step command.`;

export function goroutineOf(state: DebuggerState): number {
	return state.currentGoroutine?.id ?? state.currentThread?.goroutineID ?? 0;
}

export class Runner {
	private readonly engine: EngineClient;
	private readonly client: DapClient;
	private readonly inspector: Inspector;
	private readonly breakpoints: DapBreakpoints;
	private readonly paths: PathMap;
	/** A client's command has not come to its end: stops on the way to it do not count. */
	private busy = false;
	private haltAsked = false;
	/** The goroutine at which another client's command ended, as this client was told; 0 = none. */
	private shown = 0;
	/** The error of the last command, for exceptionInfo. */
	failure: string | null = null;
	/** Held while the program is stopped only to set breakpoints, so that it does not go on meanwhile. */
	private gate: Promise<void> = Promise.resolve();
	/** Output of the program that has not arrived yet, when it comes through here. */
	drained: () => Promise<void> = async () => {};

	constructor(engine: EngineClient, client: DapClient, inspector: Inspector, breakpoints: DapBreakpoints, paths: PathMap) {
		this.engine = engine;
		this.client = client;
		this.inspector = inspector;
		this.breakpoints = breakpoints;
		this.paths = paths;
	}

	get running(): boolean {
		return this.busy || this.engine.running;
	}

	/** Carries something out while the program is stopped; it goes on afterwards by itself. */
	async whileStopped<T>(part: () => Promise<T>): Promise<T> {
		const open = Promise.withResolvers<void>();
		const before = this.gate;
		this.gate = open.promise;
		await before;
		try {
			if (this.engine.running) await this.engine.request("Command", { name: "halt" });
			return await part();
		} finally {
			open.resolve();
		}
	}

	/** Stops the program for good; its command ends with a stopped event. */
	async halt(): Promise<DebuggerState | null> {
		this.haltAsked = true;
		if (!this.engine.running) return null;
		return (await this.engine.request<{ State: DebuggerState }>("Command", { name: "halt" })).State;
	}

	/** Runs a command to its end and reports how it ended, with a reason of the caller's for an ordinary stop if it has one. */
	async run(command: string, reason?: string): Promise<void> {
		this.haltAsked = false;
		this.busy = true;
		let state: DebuggerState | null = null;
		let error: string | null = null;
		this.engine.announce(true);
		try {
			state = await this.resume(command);
		} catch (e) {
			error = detailsOf(e);
		} finally {
			this.busy = false;
			this.engine.announce(false);
		}
		if (this.client.closed) return;
		if (state?.exited === true || /has exited with status/.test(error ?? "")) return this.exited(state, error ?? "");
		this.inspector.forget();
		const body = error === null ? await this.stopped(state as DebuggerState) : await this.failed(error);
		if (reason !== undefined && body.reason === "breakpoint") {
			body.reason = reason;
			delete body.hitBreakpointIds;
		}
		this.client.event("stopped", { ...body, allThreadsStopped: true });
		if (state?.NextInProgress === true && state.stopReason !== "manual") {
			this.client.console("Step interrupted by a breakpoint. Use 'Continue' to resume the original step command.");
		}
	}

	/** Another client has let the program run, or what it wanted has come to its end: this one's client is told where. */
	async othersRan(running: boolean): Promise<void> {
		if (this.busy || this.client.closed) return;
		if (running) {
			if (this.shown !== 0) this.client.event("continued", { threadId: this.shown, allThreadsContinued: true });
			this.shown = 0;
			return;
		}
		let state: DebuggerState;
		try {
			state = (await this.engine.request<{ State: DebuggerState }>("State", { NonBlocking: true })).State;
		} catch (e) {
			if (/has exited with status/.test(detailsOf(e))) await this.exited(null, detailsOf(e));
			return;
		}
		// It may run again by now.
		if (this.busy || this.client.closed || state.Running) return;
		if (state.exited) return this.exited(state, "");
		this.inspector.forget();
		const threadId = goroutineOf(state);
		const body = state.stopReason === "manual" ? { reason: "pause", threadId } : await this.reason(state, threadId);
		this.shown = body.threadId ?? threadId;
		this.client.event("stopped", { ...body, allThreadsStopped: true });
	}

	private async resume(command: string): Promise<DebuggerState> {
		for (let name = command; ; name = "directionCongruentContinue") {
			await this.gate;
			if (this.haltAsked) return (await this.engine.request<{ State: DebuggerState }>("State", {})).State;
			const { State: state } = await this.engine.request<{ State: DebuggerState }>("Command", { name, WithEvents: true });
			if (state.exited || this.client.closed) return state;
			for (const t of state.Threads ?? []) await this.logPoint(t);
			const isPassing = state.stopReason === "breakpoint" || state.stopReason === "manual";
			if (!isPassing || name === "stepInstruction" || this.haltAsked || stoppedThreads(state).length > 0) return state;
		}
	}

	private async exited(state: DebuggerState | null, error: string): Promise<void> {
		await this.drained();
		const exitCode = state?.exited === true ? state.exitStatus : Number(/status (-?\d+)/.exec(error)?.[1] ?? 0);
		this.client.event("exited", { exitCode });
		this.client.event("terminated");
	}

	private async stopped(state: DebuggerState): Promise<StoppedEventBody> {
		const threadId = goroutineOf(state);
		if (state.stopReason === "manual" || state.stopReason === undefined) {
			if (state.NextInProgress) await this.engine.request("CancelNext", {});
			return { reason: state.stopReason === undefined ? "unknown" : "pause", threadId };
		}
		const body = await this.reason(state, threadId);
		return this.haltAsked && body.reason !== "exception" ? { ...body, reason: "pause", hitBreakpointIds: [] } : body;
	}

	private async reason(state: DebuggerState, threadId: number): Promise<StoppedEventBody> {
		if (state.stopReason === "next finished") return { reason: "step", threadId };
		if (state.stopReason === "watchpoint") return { reason: "data breakpoint", threadId };
		const at = stoppedThreads(state)[0];
		const bp = at?.breakPoint;
		if (at === undefined || bp === undefined) return { reason: "breakpoint", threadId: at?.goroutineID ?? threadId };
		const where = { threadId: at.goroutineID };
		const hit = { hitBreakpointIds: bp.name === HARDCODED ? [] : [bp.id] };
		if (bp.name === FATAL)
			return { reason: "exception", description: "fatal error", text: await this.throwReason(at.goroutineID), ...where, ...hit };
		if (bp.name === PANIC)
			return { reason: "exception", description: "panic", text: await this.panicReason(at.goroutineID), ...where, ...hit };
		const prefixed = [FUNCTION_PREFIX, INSTRUCTION_PREFIX].findIndex((p) => bp.name.startsWith(p));
		return { reason: ["function breakpoint", "instruction breakpoint"][prefixed] ?? "breakpoint", ...where, ...hit };
	}

	private async failed(error: string): Promise<StoppedEventBody> {
		this.failure = error;
		const isNext = error === "next while nexting";
		const text = isNext ? NEXT_WHILE_NEXTING : error === "bad access" ? BAD_ACCESS : error;
		const description = isNext ? "invalid command" : "runtime error";
		if (isNext) this.client.console(`${description}: ${text}`);
		let threadId = 0;
		try {
			threadId = goroutineOf((await this.engine.request<{ State: DebuggerState }>("State", { NonBlocking: true })).State);
		} catch {
			// the process may be gone
		}
		return { reason: "exception", description, text, threadId };
	}

	// Log points.

	private async logPoint(t: ApiThread): Promise<void> {
		const bp = t.breakPoint;
		if (bp === undefined || !bp.continue) return;
		const message = this.breakpoints.message(bp.name);
		if (message === null) return;
		const text = await this.logText(message, t.goroutineID);
		const source = bp.file === "" ? {} : { source: sourceOf(this.paths.toClient(bp.file)), line: bp.line };
		this.client.output("stdout", `> [Go ${t.goroutineID}]: ${text}\n`, source);
	}

	private async logText(m: LogMessage, goroutine: number): Promise<string> {
		const scope = { GoroutineID: goroutine, Frame: TOP_FRAME, DeferredCall: 0 };
		let out = m.texts[0] ?? "";
		for (const [i, expr] of m.exprs.entries()) {
			try {
				const v = await this.inspector.show.evaluate(scope, expr);
				out += (await this.inspector.show.convert(v, "", scope, { noReference: true, full: true })).value;
			} catch (e) {
				out += `{eval err: ${detailsOf(e)}}`;
			}
			out += m.texts[i + 1] ?? "";
		}
		return out;
	}

	// Exceptions.

	private async text(goroutine: number, expr: string): Promise<string> {
		const v: ApiVariable = await this.inspector.show.evaluate({ GoroutineID: goroutine, Frame: TOP_FRAME, DeferredCall: 0 }, expr);
		if (v.unreadable !== "") throw new Error(v.unreadable);
		return JSON.stringify(v.value);
	}

	throwReason(goroutine: number): Promise<string> {
		return this.text(goroutine, "s").catch((e: unknown) => `Error getting throw reason: ${detailsOf(e)}`);
	}

	panicReason(goroutine: number): Promise<string> {
		return this.text(goroutine, "(*msgs).arg.(data)").catch((e: unknown) => `Error getting panic message: ${detailsOf(e)}`);
	}

	/** What stopped a goroutine, when it is an exception: its kind and text. */
	async exception(goroutine: number): Promise<{ exceptionId: string; description: string; hasStack: boolean } | string> {
		const { State: state } = await this.engine.request<{ State: DebuggerState }>("State", { NonBlocking: true });
		const thread = (state.Threads ?? []).find((t) => t.goroutineID === goroutine);
		const name = thread?.breakPoint?.name;
		if (name === FATAL) return { exceptionId: "fatal error", description: await this.throwReason(goroutine), hasStack: true };
		if (name === PANIC) return { exceptionId: "panic", description: await this.panicReason(goroutine), hasStack: true };
		if (this.failure === null) return "no runtime error found";
		if (this.failure === "next while nexting") return { exceptionId: "invalid command", description: NEXT_WHILE_NEXTING, hasStack: false };
		if (thread === undefined || thread.id !== state.currentThread?.id) return `no exception found for goroutine ${goroutine}`;
		return { exceptionId: "runtime error", description: this.failure === "bad access" ? BAD_ACCESS : this.failure, hasStack: true };
	}
}

/** Threads that stand on a breakpoint that stops, the current one first. */
function stoppedThreads(state: DebuggerState): ApiThread[] {
	const stops = (t: ApiThread): boolean => isStop(t.breakPoint) || t.function?.name === "runtime.breakpoint";
	const current = state.currentThread;
	const rest = (state.Threads ?? []).filter((t) => t.id !== current?.id && stops(t));
	const isHere = current !== undefined && (stops(current) || state.stopReason === "hardcoded breakpoint");
	return isHere ? [current, ...rest] : rest;
}

function isStop(b: ApiBreakpoint | undefined): boolean {
	return b !== undefined && !b.continue;
}
