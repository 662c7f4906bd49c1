// The terminal: reads commands, carries them out as a client of the API, prints what Delve's terminal prints.
import { readFileSync, appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { printValue } from "#proc/print";
import type { ApiBreakpoint, ApiGoroutine, ApiLocation, ApiStackframe, ApiThread, ApiVariable, DebuggerState, EvalScope } from "../api.ts";
import { substitutePath } from "../paths.ts";
import { COMMANDS, type Command } from "./commands.ts";
import { Config, configPath } from "./config.ts";
import {
	breakpointName,
	goroutineLong,
	hex,
	labelsText,
	locationText,
	type PathFormat,
	SHORT_LOAD,
	sameLoad,
	singleLine,
	stackText,
} from "./format.ts";
import { runScript, type ScriptCommand } from "./script.ts";
import { listFile, type Palette, PALETTE } from "./source.ts";

/** What the terminal talks to: a session in this process, or a server. */
export interface ApiClient {
	call<T>(method: string, arg: object): Promise<T>;
	/** Asks the running program to stop, without waiting. */
	halt(): void;
	/** Ends the connection without touching the program. */
	close(): void;
}

export interface TerminalOptions {
	/** A server's address, when connected to one. */
	remote: boolean;
	attached: boolean;
	initFile: string;
	interactive: boolean;
	/** Only tracepoints are shown, on standard error: the trace command. */
	trace: boolean;
}

/** The user asked to leave. */
export class ExitRequest extends Error {
	readonly andContinue: boolean;
	constructor(andContinue: boolean) {
		super("exit");
		this.andContinue = andContinue;
	}
}

export interface Context {
	scope: EvalScope;
	/** "on" commands change this instead of printing. */
	breakpoint: ApiBreakpoint | null;
}

/** Commands that can follow "deferred N". */
const DEFERRED: ReadonlySet<string> = new Set(["print", "args", "locals"]);
const OPTIMIZED = "Warning: debugging optimized function";

export class Terminal {
	readonly client: ApiClient;
	readonly options: TerminalOptions;
	readonly config: Config;
	readonly palette: Palette | null;
	frame = 0;
	readonly displays: ({ expr: string; format: string } | null)[] = [];
	private reader: Interface | null = null;
	private readonly lines: string[] = [];
	private waiting: ((line: string | null) => void) | null = null;
	private inputEnded = false;
	private oldPid = 0;
	private reasons: string[] | null = null;
	private built: Date | null = null;
	private transcript: { path: string; only: boolean } | null = null;
	/** Commands that scripts defined. */
	readonly scripts: Map<string, ScriptCommand> = new Map();
	private capture: string[] | null = null;
	private lastCommand = "";
	private running = false;

	constructor(client: ApiClient, options: TerminalOptions) {
		this.client = client;
		this.options = options;
		this.config = Config.load((text) => this.error(text));
		const plain = (process.env["TERM"] ?? "").toLowerCase() === "dumb" || (process.env["NO_COLOR"] ?? "") !== "";
		this.palette = plain ? null : PALETTE;
	}

	// Output.

	print(text: string): void {
		if (this.capture !== null) {
			this.capture.push(text);
			return;
		}
		if (this.transcript !== null) appendFileSync(this.transcript.path, text);
		if (this.transcript?.only !== true) (this.options.trace ? process.stderr : process.stdout).write(text);
	}

	line(text: string): void {
		this.print(`${text}\n`);
	}

	error(text: string): void {
		process.stderr.write(`${text}\n`);
	}

	/** What is printed while something is done, instead of printing it. */
	async captured(f: () => Promise<void>): Promise<string> {
		const before = this.capture;
		const own: string[] = [];
		this.capture = own;
		try {
			await f();
		} finally {
			this.capture = before;
		}
		return own.join("");
	}

	setTranscript(path: string, only: boolean): void {
		this.transcript = path === "" ? null : { path, only };
	}

	get paths(): PathFormat {
		const bold = this.palette === null ? "" : "\x1b[1m";
		return { path: (f) => this.formatPath(f), bold, reset: bold === "" ? "" : "\x1b[0m" };
	}

	formatPath(file: string): string {
		return substitutePath(file, this.config.substitutePath).replace(process.cwd(), ".");
	}

	location(l: ApiLocation): string {
		return locationText(l, this.paths);
	}

	multiLine(v: ApiVariable, indent: string): string {
		return printValue(v, { newlines: true, indent, rawStrings: this.config.bool("show-raw-strings") });
	}

	// Input.

	/** Reads a line; null at the end of input. */
	async ask(prompt: string): Promise<string | null> {
		if (this.reader === null) this.openReader();
		process.stdout.write(prompt);
		const ready = this.lines.shift();
		if (ready !== undefined) return ready;
		if (this.inputEnded) return null;
		return new Promise((r) => {
			this.waiting = r;
		});
	}

	private openReader(): void {
		const r = createInterface({
			input: process.stdin,
			output: process.stdout,
			terminal: this.options.interactive,
			historySize: 1000,
			completer: (l: string) => this.complete(l),
		});
		this.reader = r;
		r.setPrompt("");
		r.on("line", (l) => {
			const w = this.waiting;
			this.waiting = null;
			if (w !== null) w(l);
			else this.lines.push(l);
		});
		r.on("close", () => {
			this.inputEnded = true;
			this.waiting?.(null);
			this.waiting = null;
		});
		r.on("SIGINT", () => this.interrupt());
	}

	private complete(line: string): [string[], string] {
		if (line.includes(" ")) return [[], line];
		const all = COMMANDS.flatMap((c) => c.names);
		const found = all.filter((n) => n.startsWith(line));
		return [found, line];
	}

	private interrupt(): void {
		if (this.running) {
			this.line("received SIGINT, stopping process (will not forward signal)");
			this.client.halt();
		}
	}

	/** A yes or no, yes by default. Throws at the end of input. */
	async yesNo(question: string): Promise<boolean> {
		for (;;) {
			const answer = await this.ask(question);
			if (answer === null) throw new Error("EOF");
			if (answer.trim() === "") return true;
			if (/^y(es)?$/i.test(answer.trim())) return true;
			if (/^no?$/i.test(answer.trim())) return false;
		}
	}

	// The loop.

	/** Runs until the user leaves; the exit code. */
	async run(): Promise<number> {
		const onInterrupt = (): void => this.interrupt();
		process.on("SIGINT", onInterrupt);
		try {
			this.line("Type 'help' for list of commands.");
			if (this.options.initFile !== "") {
				try {
					await this.source(this.options.initFile);
				} catch (e) {
					if (e instanceof ExitRequest) return await this.leave(e.andContinue);
					this.error(`Error executing init file: ${message(e)}`);
				}
			}
			await this.client.call("State", {}).catch(() => {});
			for (;;) {
				const prompt = this.config.string("prompt") === "" ? "(dlv) " : this.config.string("prompt");
				const typed = await this.ask(prompt);
				if (typed === null) {
					this.line("exit");
					return await this.leave(false);
				}
				if (!this.options.interactive) process.stdout.write(typed === "" ? "" : "");
				const command = typed.trim() === "" ? this.lastCommand : typed;
				this.lastCommand = command;
				if (command.trim() === "") continue;
				this.remember(typed);
				try {
					await this.execute(command, { scope: { GoroutineID: -1, Frame: this.frame, DeferredCall: 0 }, breakpoint: null });
				} catch (e) {
					if (e instanceof ExitRequest) return await this.leave(e.andContinue);
					const text = message(e);
					this.error(text.includes("exited") ? text : `Command failed: ${text}`);
				}
			}
		} finally {
			process.off("SIGINT", onInterrupt);
			this.reader?.close();
		}
	}

	private remember(line: string): void {
		if (!this.options.interactive || line.trim() === "") return;
		try {
			const path = configPath().replace(/config\.yml$/, ".dbg_history");
			mkdirSync(dirname(path), { recursive: true });
			appendFileSync(path, `${line}\n`);
		} catch {
			// no history
		}
	}

	private async leave(andContinue: boolean): Promise<number> {
		try {
			return await this.end(andContinue);
		} catch (e) {
			if (message(e) !== "EOF") throw e;
			this.error("EOF");
			return 2;
		}
	}

	private async end(andContinue: boolean): Promise<number> {
		let state: DebuggerState;
		try {
			state = (await this.client.call<{ State: DebuggerState }>("State", {})).State;
		} catch (e) {
			if (!message(e).includes("has exited")) return 1;
			if (!(await this.multiclient())) return 0;
			if (await this.yesNo("Remote process has exited. Would you like to kill the headless instance? [Y/n] "))
				await this.client.call("Detach", { Kill: true });
			return 0;
		}
		if (state.exited) return 0;
		if (andContinue) {
			void this.client.call("Command", { name: "continue" }).catch(() => {});
			await new Promise((r) => setTimeout(r, 50));
			this.client.close();
			return 0;
		}
		if ((await this.multiclient()) && !(await this.yesNo("Would you like to kill the headless instance? [Y/n] "))) return 0;
		const { Answer } = await this.client.call<{ Answer: boolean }>("AttachedToExistingProcess", {});
		const kill = Answer ? await this.yesNo("Would you like to kill the process? [Y/n] ") : true;
		await this.client.call("Detach", { Kill: kill });
		return 0;
	}

	async multiclient(): Promise<boolean> {
		if (!this.options.remote) return false;
		return (await this.client.call<{ IsMulticlient: boolean }>("IsMulticlient", {})).IsMulticlient;
	}

	/** Executes the commands of a file; errors are told and do not end it. */
	async source(path: string): Promise<void> {
		let text: string;
		try {
			text = readFileSync(path, "utf8");
		} catch {
			throw new Error(`open ${path}: no such file or directory`);
		}
		if (/\.m?js$/.test(path)) {
			await runScript(this, path, text, { scope: { GoroutineID: -1, Frame: this.frame, DeferredCall: 0 }, breakpoint: null });
			return;
		}
		let n = 0;
		for (const raw of text.split("\n")) {
			n++;
			const line = raw.trim();
			if (line === "" || line.startsWith("#")) continue;
			try {
				await this.execute(line, { scope: { GoroutineID: -1, Frame: this.frame, DeferredCall: 0 }, breakpoint: null });
			} catch (e) {
				if (e instanceof ExitRequest) throw e;
				this.line(`${path}:${n}: ${message(e)}`);
			}
		}
	}

	find(name: string): Command | null {
		for (const c of COMMANDS) if (c.names.includes(name) || (this.config.aliases[c.names[0] as string] ?? []).includes(name)) return c;
		return null;
	}

	async execute(text: string, context: Context): Promise<void> {
		const m = /^(\S+)\s*([\s\S]*)$/.exec(text.trim());
		const command = this.find(m?.[1] ?? "");
		const script = this.scripts.get(m?.[1] ?? "");
		if (command === null && script !== undefined) {
			await script(m?.[2]?.trim() ?? "");
			return;
		}
		if (command === null) throw new Error("command not available");
		if (context.breakpoint !== null && command.on !== true) throw new Error("command not available");
		if (context.scope.DeferredCall > 0 && !DEFERRED.has(command.names[0] as string)) throw new Error("command not available");
		await command.run(this, m?.[2]?.trim() ?? "", context);
	}

	// Showing the program.

	async waitReason(n: number): Promise<string> {
		if (this.reasons === null) {
			this.reasons = await this.client.call<{ Reasons: string[] }>("WaitReasons", {}).then(
				(r) => r.Reasons,
				() => [],
			);
		}
		return this.reasons[n] ?? `unknown wait reason ${n}`;
	}

	async loadReasons(): Promise<(n: number) => string> {
		await this.waitReason(0);
		const list = this.reasons ?? [];
		return (n) => list[n] ?? `unknown wait reason ${n}`;
	}

	async state(): Promise<DebuggerState> {
		return (await this.client.call<{ State: DebuggerState }>("State", {})).State;
	}

	/** Lets the program run; goes on at tracepoints. Shows each stop. */
	async resume(name: string, more: object = {}, show: boolean = true): Promise<DebuggerState> {
		let next = name;
		this.frame = 0;
		this.running = true;
		try {
			for (;;) {
				const { State: state } = await this.client.call<{ State: DebuggerState }>("Command", {
					name: next,
					ReturnInfoLoadConfig: this.config.load,
					...more,
				});
				if (state.exited) throw new Error(`Process ${state.Pid} has exited with status ${state.exitStatus}`);
				if (show) this.showContext(state);
				const stopped = (state.Threads ?? []).filter((t) => t.breakPoint !== undefined);
				const tracing = stopped.length > 0 && stopped.every((t) => t.breakPoint?.continue === true || t.breakPoint?.traceReturn === true);
				if (!tracing || (name !== "continue" && name !== "directionCongruentContinue")) return state;
				next = "directionCongruentContinue";
			}
		} catch (e) {
			// Something went wrong: where the program is now is said first.
			const state = await this.state().catch(() => null);
			if (state !== null) this.showContext(state);
			throw e;
		} finally {
			this.running = false;
		}
	}

	/** The program was started again. */
	forgetProcess(): void {
		this.oldPid = 0;
		this.frame = 0;
		this.built = null;
	}

	showContext(state: DebuggerState): void {
		if (this.options.trace) {
			for (const t of state.Threads ?? []) if (t.breakPoint !== undefined) this.showThread(t);
			return;
		}
		if (state.Pid !== this.oldPid) {
			if (this.oldPid !== 0) this.line(`Switch target process from ${this.oldPid} to ${state.Pid} (${state.TargetCommandLine})`);
			this.oldPid = state.Pid;
		}
		const current = state.currentThread;
		for (const t of state.Threads ?? []) if (t.id !== current?.id && t.breakPoint !== undefined) this.showThread(t);
		if (current === undefined) {
			this.line("No current thread available");
			return;
		}
		const g = state.currentGoroutine;
		const thread = g === undefined ? current : (state.Threads ?? []).find((t) => t.id === g.threadID);
		if (thread === undefined) {
			this.showLocation((g as ApiGoroutine).currentLoc);
			return;
		}
		if (thread.file === "") {
			this.line(`Stopped at: ${hex(current.pc)}`);
			this.line("=>   1:\tno source available");
			return;
		}
		this.showThread(thread);
		for (const w of state.WatchOutOfScope ?? []) this.line(`${breakpointName(w, true)} went out of scope and was cleared`);
	}

	private showLocation(l: ApiLocation): void {
		this.line(`> ${l.function?.name ?? "???"}() ${this.formatPath(l.file)}:${l.line} (PC: ${hex(l.pc)})`);
		if (l.function?.optimized === true) this.line(OPTIMIZED);
	}

	private showReturnValues(t: ApiThread): void {
		if (t.ReturnValues === null || t.ReturnValues === undefined) return;
		this.line("Values returned:");
		for (const v of t.ReturnValues) this.line(`\t${v.name}: ${this.multiLine(v, "\t")}`);
		this.line("");
	}

	private showThread(t: ApiThread): void {
		const bp = t.breakPoint;
		if (bp === undefined) {
			this.showLocation(t);
			this.showReturnValues(t);
			return;
		}
		const loaded = t.breakPointInfo?.arguments ?? [];
		const all = loaded.filter((v) => (v.flags & 8) !== 0).map(singleLine);
		const short = sameLoad(bp.LoadArgs, SHORT_LOAD);
		const args = short ? all : [];
		const returns = short && loaded.some((v) => (v.flags & 16) !== 0);
		let name = "";
		if (bp.WatchExpr !== "") name = `watchpoint on [${bp.WatchExpr}] `;
		else if (bp.name !== "") name = `[${bp.name}] `;
		else if (!bp.continue) name = `[Breakpoint ${bp.id}] `;
		if (bp.continue || bp.traceReturn) {
			this.showTracepoint(t, bp, name, all, returns);
			return;
		}
		const own = bp.hitCount[String(t.goroutineID)];
		const hits = own === undefined ? `hits total:${bp.totalHitCount}` : `hits goroutine(${t.goroutineID}):${own} total:${bp.totalHitCount}`;
		this.line(
			`> ${name}${t.function?.name ?? "???"}(${args.join(", ")}) ${this.formatPath(t.file)}:${t.line} (${hits}) (PC: ${hex(t.pc)})`,
		);
		if (t.function?.optimized === true) this.line(OPTIMIZED);
		this.showReturnValues(t);
		this.showInformation(t, bp, false);
	}

	private showTracepoint(t: ApiThread, bp: ApiBreakpoint, name: string, args: readonly string[], returns: boolean): void {
		const stamp = this.config.bool("trace-show-timestamp") ? `${new Date().toISOString()} ` : "";
		const who = `goroutine(${t.goroutineID}):`;
		if (bp.continue) {
			this.line(`${stamp}> ${who} ${name}${t.function?.name ?? "???"}(${args.join(", ")})`);
			this.showInformation(t, bp, returns);
		}
		if (bp.traceReturn)
			this.line(`${stamp}>> ${who} ${t.function?.name ?? "???"} => (${(t.ReturnValues ?? []).map(singleLine).join(",")})`);
		const stack = t.breakPointInfo?.stacktrace;
		if ((bp.traceReturn || !returns) && stack !== undefined) this.print(`\tStack:\n${stackText(stack, "\t\t", false, this.paths)}`);
	}

	/** What a breakpoint collected. `apart`: after an empty line. */
	private showInformation(t: ApiThread, bp: ApiBreakpoint, apart: boolean): void {
		const info = t.breakPointInfo;
		if (info === undefined || bp.traceReturn) return;
		const some = [info.goroutine, info.variables?.[0], info.locals?.[0], info.stacktrace?.[0]].some((x) => x !== undefined);
		const long0 = sameLoad(bp.LoadArgs, this.config.load) && (info.arguments?.length ?? 0) > 0;
		if (apart && (some || long0)) this.line("");
		const long = this.config.load;
		if (info.goroutine !== undefined) this.print(goroutineLong(info.goroutine, "\t", this.paths));
		for (const v of info.variables ?? []) this.line(`\t${v.name}: ${this.multiLine(v, "\t")}`);
		for (const v of info.locals ?? []) this.line(`\t${v.name}: ${sameLoad(bp.LoadLocals, long) ? this.multiLine(v, "\t") : singleLine(v)}`);
		if (sameLoad(bp.LoadArgs, long)) for (const v of info.arguments ?? []) this.line(`\t${v.name}: ${this.multiLine(v, "\t")}`);
		if (info.stacktrace !== undefined) this.print(`\tStack:\n${stackText(info.stacktrace, "\t\t", false, this.paths)}`);
	}

	/** Source around a place. */
	async list(file: string, line: number, arrow: boolean): Promise<void> {
		if (file === "") return;
		if (this.built === null) {
			const { Time } = await this.client.call<{ Time: string }>("LastModified", {});
			this.built = new Date(Time);
		}
		const path = substitutePath(file, this.config.substitutePath);
		const tab = this.config.string("tab") === "" ? "\t" : this.config.string("tab").replaceAll("\\t", "\t");
		this.print(listFile(path, line, arrow, this.config.number("source-list-line-count", 5), this.palette, tab, this.built));
	}

	async showPosition(t: ApiThread | undefined): Promise<void> {
		// Source that is not there is no reason to fail: the place was said.
		if (t !== undefined) await this.list(t.file, t.line, true).catch(() => {});
	}

	/** After every stop: the displayed expressions. */
	async showDisplays(): Promise<void> {
		for (const [i, d] of this.displays.entries()) if (d !== null) await this.showDisplay(i, d.expr, d.format);
	}

	async showDisplay(i: number, expr: string, format: string): Promise<void> {
		try {
			const { Variable: v } = await this.client.call<{ Variable: ApiVariable }>("Eval", {
				Scope: { GoroutineID: -1 },
				Expr: expr,
				Cfg: SHORT_LOAD,
			});
			this.line(`${i}: ${expr} = ${printValue(v, { format })}`);
		} catch (e) {
			const text = message(e);
			if (!text.includes("has exited")) this.line(`${i}: ${expr} = error ${text}`);
		}
	}

	printStack(stack: readonly ApiStackframe[], indent: string, offsets: boolean): void {
		this.print(stackText(stack, indent, offsets, this.paths));
	}

	printLabels(g: ApiGoroutine, indent: string): void {
		this.print(labelsText(g, indent));
	}
}

export function message(e: unknown): string {
	return e instanceof Error ? e.message : String(e);
}
