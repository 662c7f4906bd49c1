// A DAP client's session: requests come in, the engine carries them out. Behaviour, texts and defaults are those of Delve's adapter;
// completions, breakpointLocations, gotoTargets, loadedSources, modules, setExpression, source, stepInTargets, terminate and cancel go beyond it.
import { closeSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ApiBreakpoint, ApiLocation, ApiVariable, AsmInstruction, DebuggerState, EvalScope } from "../api.ts";
import { EngineClient, type Identity } from "../client.ts";
import { Engine } from "../host.ts";
import type { Audit } from "../server/audit.ts";
import type { SessionConfig } from "../session.ts";
import { DapBreakpoints, type PathMap, sourceOf } from "./breakpoints.ts";
import type { DapClient, DapRequest } from "./client.ts";
import { type AttachConfig, type CommonConfig, ConfigError, decodeAttach, decodeLaunch, type LaunchConfig } from "./config.ts";
import { consoleCommand } from "./console.ts";
import { attempt, DapError, detailsOf, ErrorId } from "./errors.ts";
import { Inspector, packageOf } from "./inspect.ts";
import { type BuildForDebug, checkLaunch, OutputPipes, PlainProcess, prepareProgram, refuseLaunch, sessionConfig } from "./launch.ts";
import { emptySettings, type Settings } from "./present.ts";
import type { Arguments, Capabilities, StepInTarget } from "./protocol.gen.ts";
import { goroutineOf, Runner } from "./runner.ts";

export interface AdapterOptions {
	/** The session that is there already; null: launch and attach make one. */
	engine: EngineClient | null;
	/** Who the client is, and where it is noted what it does with a session of its own. */
	identity: Identity;
	audit: Audit;
	/** The server outlives its clients. */
	multi: boolean;
	/** Where the server listens, for messages. */
	address: string;
	/** What launch and attach start from. */
	base: SessionConfig;
	build: BuildForDebug | null;
	/** Finds a process by the beginning of its command line; resolves when there is one. */
	waitFor: (prefix: string) => Promise<number>;
	pipe: () => [number, number];
	/** The session is over. */
	done: () => void;
}

const SCRATCH_BREAKPOINT = "stepInTarget";
const MAX_LINES = 5000;

const capabilities: Capabilities = {
	supportsConfigurationDoneRequest: true,
	supportsConditionalBreakpoints: true,
	supportsHitConditionalBreakpoints: true,
	supportsDelayedStackTraceLoading: true,
	supportsFunctionBreakpoints: true,
	supportsInstructionBreakpoints: true,
	supportsExceptionInfoRequest: true,
	supportsSetVariable: true,
	supportsSetExpression: true,
	supportsEvaluateForHovers: true,
	supportsClipboardContext: true,
	supportsSteppingGranularity: true,
	supportsLogPoints: true,
	supportsDisassembleRequest: true,
	supportsRestartRequest: true,
	supportsTerminateRequest: true,
	supportsLoadedSourcesRequest: true,
	supportsModulesRequest: true,
	supportsReadMemoryRequest: true,
	supportsWriteMemoryRequest: true,
	supportsCancelRequest: true,
	supportsDataBreakpoints: true,
	supportsCompletionsRequest: true,
	completionTriggerCharacters: ["."],
	supportsBreakpointLocationsRequest: true,
	supportsStepInTargetsRequest: true,
	supportsGotoTargetsRequest: true,
	exceptionBreakpointFilters: [
		{ filter: "unrecovered-panic", label: "Unrecovered Panics", default: true },
		{ filter: "runtime-fatal-throw", label: "Fatal Throws", default: true },
	],
};

/** What a debugged program needs; made by launch or attach. */
interface Live {
	engine: EngineClient;
	inspector: Inspector;
	breakpoints: DapBreakpoints;
	runner: Runner;
}

type Handler = (live: Live, args: never, request: DapRequest) => Promise<object | null | typeof ANSWERED>;

/** The handler has answered by itself. */
const ANSWERED: unique symbol = Symbol("answered");

export class Adapter {
	private readonly client: DapClient;
	private readonly options: AdapterOptions;
	private readonly settings: Settings = emptySettings();
	private wantsProgress = false;
	private wantsInvalidated = false;
	private config: CommonConfig = decodeLaunch({});
	private launchConfig: LaunchConfig | null = null;
	private live: Live | null = null;
	private plain: PlainProcess | null = null;
	private pipes: OutputPipes | null = null;
	private removeBinary: () => void = () => {};
	private over = false;
	private queue: Promise<void> = Promise.resolve();
	private building: AbortController | null = null;
	/** Targets of gotoTargets and stepInTargets of this stop, by number. */
	private readonly places: Map<number, number> = new Map();

	constructor(client: DapClient, options: AdapterOptions) {
		this.client = client;
		this.options = options;
	}

	/** Takes a request; they are carried out one after the other. */
	take(request: DapRequest): void {
		if (request.command === "cancel") {
			this.building?.abort();
			this.client.respond(request, null);
			return;
		}
		this.queue = this.queue.then(() => this.answer(request));
	}

	private async answer(request: DapRequest): Promise<void> {
		try {
			const body = await this.carryOut(request);
			if (body !== ANSWERED) this.client.respond(request, body);
		} catch (e) {
			this.client.fail(request, e instanceof DapError ? e : new DapError(ErrorId.InternalError, "Internal Error", detailsOf(e)));
		}
	}

	private carryOut(request: DapRequest): Promise<object | null | typeof ANSWERED> {
		const { command, arguments: args } = request;
		if (this.plain !== null && command !== "disconnect" && command !== "terminate") {
			if (command === "restart") throw unsupported(command);
			throw new DapError(ErrorId.NoDebugIsRunning, "noDebug mode", `unable to process '${command}' request`);
		}
		switch (command) {
			case "initialize":
				return this.initialize(args as unknown as Arguments["initialize"]);
			case "launch":
				return this.launch(args, request);
			case "attach":
				return this.attach(args, request);
			case "disconnect":
				return this.disconnect(args as Arguments["disconnect"], request);
			case "terminate":
				return this.terminate(request);
		}
		const handler = HANDLERS[command];
		if (handler === undefined) throw unsupported(command);
		const { live } = this;
		if (live === null)
			throw new DapError(ErrorId.NoDebugIsRunning, "No debug session started", "Use launch or attach request first.", true);
		if (live.runner.running && !RUNNING.has(command)) {
			if (command === "dataBreakpointInfo" || command === "setDataBreakpoints") {
				const why = "cannot set data breakpoints while the program is running";
				throw new DapError(ErrorId.UnableToSetBreakpoints, why, why);
			}
			throw new DapError(ErrorId.DebuggeeIsRunning, `Unable to process \`${command}\``, "debuggee is running");
		}
		return handler.call(this, live, args as never, request);
	}

	// Beginning.

	private async initialize(a: Arguments["initialize"]): Promise<Capabilities> {
		const refuse = (why: string): never => {
			throw new DapError(ErrorId.FailedToInitialize, "Failed to initialize", why);
		};
		if (a.pathFormat !== undefined && a.pathFormat !== "path") refuse(`Unsupported 'pathFormat' value '${a.pathFormat}'.`);
		if (a.linesStartAt1 === false) refuse("Only 1-based line numbers are supported.");
		if (a.columnsStartAt1 === false) refuse("Only 1-based column numbers are supported.");
		this.settings.paging = a.supportsVariablePaging === true;
		this.settings.types = a.supportsVariableType === true;
		this.settings.memory = a.supportsMemoryReferences === true;
		this.wantsProgress = a.supportsProgressReporting === true;
		this.wantsInvalidated = a.supportsInvalidatedEvent === true;
		return capabilities;
	}

	private async launch(args: Record<string, unknown>, request: DapRequest): Promise<typeof ANSWERED> {
		if (this.live !== null || this.options.engine !== null) {
			refuseLaunch(
				`debug session already in progress at ${this.options.address} - use remote attach mode to connect to a server with an active debug session`,
			);
		}
		let c: LaunchConfig;
		try {
			c = decodeLaunch(args);
		} catch (e) {
			if (!(e instanceof ConfigError)) throw e;
			return refuseLaunch(`invalid debug configuration - ${e.message}`);
		}
		checkLaunch(c);
		const dir = c.dlvCwd === "" ? process.cwd() : resolve(c.dlvCwd);
		this.building = new AbortController();
		const program = await prepareProgram(c, dir, this.client, this.options.build, this.wantsProgress, this.building.signal);
		this.building = null;
		this.removeBinary = program.remove;
		this.apply(c);
		this.launchConfig = c;
		if (c.noDebug) {
			this.plain = new PlainProcess(c, program.path, dir, this.client);
			this.client.respond(request, null);
			return ANSWERED;
		}
		if (c.outputMode === "remote") this.pipes = new OutputPipes(this.client, this.options.pipe);
		const what =
			c.mode === "core"
				? ` core file ${c.coreFilePath}`
				: c.mode === "test"
					? ` tests of ${c.program}`
					: c.mode === "debug"
						? ` ${c.program}`
						: "";
		let engine: EngineClient;
		try {
			engine = await this.startSession(sessionConfig(c, this.options.base, program.path, dir, this.pipes));
		} catch (e) {
			this.removeBinary();
			await this.pipes?.drain(closeSync);
			return refuseLaunch(detailsOf(e), what);
		}
		const live = this.begin(engine);
		const { State: state } = await engine.request<{ State: DebuggerState }>("State", {});
		this.client.event("process", {
			name: state.TargetCommandLine,
			systemProcessId: state.Pid,
			isLocalProcess: true,
			startMethod: "launch",
		});
		await this.follow(live);
		this.client.event("initialized");
		this.client.respond(request, null);
		return ANSWERED;
	}

	private get observes(): boolean {
		return this.options.identity.role !== "control";
	}

	private async follow(live: Live): Promise<void> {
		const { followExec, followExecRegex } = this.config;
		if (!followExec) return;
		try {
			await live.engine.request("FollowExec", { Enable: true, Regex: followExecRegex });
		} catch (e) {
			this.client.output("important", `Failed to enable follow exec: ${detailsOf(e)}\n`);
		}
	}

	private async attach(args: Record<string, unknown>, request: DapRequest): Promise<typeof ANSWERED> {
		const refuse = (details: string): never => {
			throw new DapError(ErrorId.FailedToAttach, "Failed to attach", details, true);
		};
		let c: AttachConfig;
		try {
			c = decodeAttach(args);
		} catch (e) {
			if (!(e instanceof ConfigError)) throw e;
			return refuse(`invalid debug configuration - ${e.message}`);
		}
		const mode = c.mode === "" ? "local" : c.mode;
		if (mode !== "local" && mode !== "remote") refuse(`invalid debug configuration - unsupported 'mode' attribute ${JSON.stringify(mode)}`);
		if (c.guessSubstitutePath !== null) refuse("'guessSubstitutePath' is not supported by this version of tsugo: give 'substitutePath'");
		if (!["", "default", "native"].includes(c.backend))
			refuse(`backend ${JSON.stringify(c.backend)} is not supported by this version of tsugo`);
		this.apply(c);
		if (mode === "local") await this.attachLocal(c, refuse);
		else if (this.options.engine === null) refuse("no debugger found");
		else {
			const live = this.begin(this.options.engine);
			// An observer finds the program as others have it.
			if (!this.observes) await attempt(ErrorId.FailedToAttach, "Failed to attach", () => live.runner.halt());
		}
		const canTerminate = mode === "local" || this.options.multi || this.options.engine?.config.mode === "attach";
		if (canTerminate) this.client.event("capabilities", { capabilities: { supportTerminateDebuggee: true } });
		this.client.event("initialized");
		this.client.respond(request, null);
		return ANSWERED;
	}

	private async attachLocal(c: AttachConfig, refuse: (details: string) => never): Promise<void> {
		if (this.live !== null || this.options.engine !== null) {
			refuse(
				`debug session already in progress at ${this.options.address} - use remote mode to connect to a server with an active debug session`,
			);
		}
		if (c.waitFor !== "" && c.processId !== 0) {
			refuse("'processId' and 'waitFor' are mutually exclusive, and can't be specified at the same time");
		}
		if (c.waitFor === "" && c.processId === 0) refuse("The 'processId' or 'waitFor' attribute is missing in debug configuration");
		if (c.followExec) this.client.output("important", "Follow exec not supported in attach request yet.");
		const pid = c.processId !== 0 ? c.processId : await this.options.waitFor(c.waitFor);
		try {
			this.begin(await this.startSession({ ...this.options.base, mode: "attach", pid, args: [] }));
		} catch (e) {
			refuse(detailsOf(e));
		}
	}

	/** Takes over the settings of a configuration. */
	private apply(c: CommonConfig): void {
		Object.assign(this.config, c);
		this.settings.maxStringLen = c.maxStringLen;
		this.settings.maxArrayValues = c.maxArrayValues;
		this.settings.showRawStrings = c.showRawStrings;
	}

	/** A session of this client's own. An observer starts nothing. */
	private async startSession(config: SessionConfig): Promise<EngineClient> {
		const { identity, audit } = this.options;
		if (identity.role !== "control") throw new Error("not allowed: this client may observe, not start programs");
		const engine = await Engine.start(config);
		for (const w of engine.warnings) this.client.output("important", `Warning: ${w}\n`);
		return new EngineClient(engine, identity, audit);
	}

	private begin(engine: EngineClient): Live {
		const { client } = this;
		const paths: PathMap = {
			toServer: (p) => substitute(p, this.config.substitutePath, "from", "to"),
			toClient: (p) => substitute(p, this.config.substitutePath, "to", "from"),
		};
		const inspector = new Inspector(engine, this.config, this.settings, paths, (line) => client.console(line));
		const breakpoints = new DapBreakpoints(engine, paths);
		const runner = new Runner(engine, client, inspector, breakpoints, paths);
		runner.drained = async () => {
			await this.pipes?.drain(closeSync);
		};
		engine.onEvent((e) => {
			if (e.Kind === 4) client.event("process", { name: e.Cmdline ?? "", systemProcessId: e.PID, isLocalProcess: true });
			if (e.Kind === 3 && e.Breakpoint !== undefined) this.materialized(e.Breakpoint, paths);
		});
		this.live = { engine, inspector, breakpoints, runner };
		return this.live;
	}

	private materialized(b: ApiBreakpoint, paths: PathMap): void {
		this.client.event("breakpoint", {
			reason: "changed",
			breakpoint: { verified: true, id: b.id, line: b.line, source: sourceOf(paths.toClient(b.file)) },
		});
	}

	// End.

	private async disconnect(a: Arguments["disconnect"], request: DapRequest): Promise<typeof ANSWERED> {
		const { live, options } = this;
		const isMine = options.engine === null;
		if (live !== null && options.multi && a.terminateDebuggee !== true) {
			const isExited = live.runner.running
				? false
				: await live.engine.request("State", {}).then(
						() => false,
						() => true,
					);
			const status = live.runner.running ? "running" : isExited ? "exited" : "halted";
			this.client.console(`Closing client session, but leaving multi-client DAP server at ${options.address} with debuggee ${status}`);
			this.client.respond(request, null);
			this.client.event("terminated");
			this.over = true;
			this.client.close();
			return ANSWERED;
		}
		if (this.plain !== null) await this.plain.stop();
		else if (live !== null) {
			const kill = live.engine.config.mode !== "attach" || a.terminateDebuggee === true;
			await attempt(ErrorId.DisconnectError, "Error while disconnecting", () => this.stop(live, kill));
		}
		this.client.respond(request, null);
		if (this.plain === null) this.client.event("terminated");
		this.finish(isMine);
		return ANSWERED;
	}

	private async terminate(request: DapRequest): Promise<typeof ANSWERED> {
		if (this.plain !== null) await this.plain.stop();
		else if (this.live !== null) await this.stop(this.live, true);
		this.client.respond(request, null);
		if (this.plain === null) this.client.event("terminated");
		return ANSWERED;
	}

	/** Halts the program, and kills it or lets it go. */
	private async stop(live: Live, kill: boolean): Promise<void> {
		if (this.over) return;
		this.over = true;
		let exited: string | null = null;
		try {
			const halted = await live.runner.halt();
			if (halted?.exited === true) exited = `Process ${halted.Pid} has exited with status ${halted.exitStatus}`;
			else await live.engine.request("State", {});
		} catch (e) {
			if (/has exited with status/.test(detailsOf(e))) exited = detailsOf(e);
		}
		if (exited !== null) this.client.console(exited);
		const how = kill ? "Detaching and terminating target process" : "Detaching without terminating target process";
		this.client.console(exited !== null ? "Detaching" : how);
		try {
			await live.engine.request("Detach", { Kill: kill });
		} catch (e) {
			if (!/has exited with status|detached/.test(detailsOf(e))) throw e;
		}
		await this.pipes?.drain(closeSync);
	}

	private finish(isMine: boolean): void {
		this.removeBinary();
		if (isMine) void this.live?.engine.close();
		this.options.done();
	}

	/** The client is gone without a word: what it launched ends, what it attached to goes on. */
	async lost(): Promise<void> {
		if (this.over && this.plain === null) return;
		if (this.options.multi) return;
		await this.plain?.stop();
		const { live } = this;
		if (live !== null) await this.stop(live, live.engine.config.mode !== "attach").catch(() => {});
		this.finish(this.options.engine === null);
	}

	// Running.

	async configurationDone(live: Live, _: unknown, request: DapRequest): Promise<typeof ANSWERED> {
		if (this.config.stopOnEntry) this.client.event("stopped", { reason: "entry", threadId: 1, allThreadsStopped: true });
		this.client.console("Type 'dlv help' for list of commands.");
		this.client.respond(request, null);
		if (!this.config.stopOnEntry && !this.observes) this.go(live, "continue");
		return ANSWERED;
	}

	/** Starts a command; what comes of it arrives as events. */
	private go(live: Live, command: string): void {
		this.places.clear();
		void live.runner.run(command).catch((e: unknown) => this.client.output("stderr", `${detailsOf(e)}\n`));
	}

	async continue(live: Live, _: unknown, request: DapRequest): Promise<typeof ANSWERED> {
		this.client.respond(request, { allThreadsContinued: true });
		this.go(live, "continue");
		return ANSWERED;
	}

	private async step(live: Live, command: string, a: Arguments["next"], request: DapRequest): Promise<typeof ANSWERED> {
		this.client.event("continued", { threadId: a.threadId, allThreadsContinued: true });
		this.client.respond(request, null);
		try {
			await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
		} catch (e) {
			const threadId = await live.engine
				.request<{ State: DebuggerState }>("State", {})
				.then((r) => goroutineOf(r.State))
				.catch(() => 0);
			this.client.event("stopped", { reason: "error", text: detailsOf(e), threadId, allThreadsStopped: true });
			return ANSWERED;
		}
		this.go(live, a.granularity === "instruction" ? (command === "next" ? "nextInstruction" : "stepInstruction") : command);
		return ANSWERED;
	}

	next(live: Live, a: Arguments["next"], request: DapRequest): Promise<typeof ANSWERED> {
		return this.step(live, "next", a, request);
	}

	async stepIn(live: Live, a: Arguments["stepIn"], request: DapRequest): Promise<typeof ANSWERED> {
		const target = a.targetId === undefined ? undefined : this.places.get(a.targetId);
		if (target === undefined) return this.step(live, "step", a, request);
		// Up to the chosen function, or to the next line when it is not called after all.
		const { Breakpoint } = await live.engine.request<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", {
			Breakpoint: { name: SCRATCH_BREAKPOINT, addr: target, Cond: `runtime.curg.goid == ${a.threadId}` },
		});
		this.client.event("continued", { threadId: a.threadId, allThreadsContinued: true });
		this.client.respond(request, null);
		await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
		this.places.clear();
		void live.runner
			.run("next", "step")
			.finally(() => live.engine.request("ClearBreakpoint", { Id: Breakpoint.id }).catch(() => {}))
			.then(() => live.engine.request("CancelNext", {}).catch(() => {}));
		return ANSWERED;
	}

	stepOut(live: Live, a: Arguments["stepOut"], request: DapRequest): Promise<typeof ANSWERED> {
		return this.step(live, "stepOut", a, request);
	}

	async stepInTargets(live: Live, a: Arguments["stepInTargets"]): Promise<{ targets: StepInTarget[] }> {
		const scope = live.inspector.scopeOf(a.frameId);
		const frame = (await live.inspector.stack(scope.GoroutineID, scope.Frame))[scope.Frame];
		if (frame === undefined) return { targets: [] };
		const { Disassemble } = await live.engine.request<{ Disassemble: AsmInstruction[] | null }>("Disassemble", {
			Scope: scope,
			StartPC: frame.pc,
			EndPC: 0,
			Flavour: 2,
		});
		const targets: StepInTarget[] = [];
		for (const x of Disassemble ?? []) {
			const f = x.DestLoc?.function;
			const isHere = x.Loc.line === frame.line && x.Loc.file === frame.file && x.Loc.pc >= frame.pc;
			if (f === undefined || !isHere || !/^call/i.test(x.Text) || packageOf(f) === "runtime") continue;
			targets.push({ id: this.place((x.DestLoc as ApiLocation).pc), label: f.name });
		}
		return { targets };
	}

	private place(address: number): number {
		const id = this.places.size + 1;
		this.places.set(id, address);
		return id;
	}

	async gotoTargets(live: Live, a: Arguments["gotoTargets"]): Promise<object> {
		const path = substitute(a.source.path ?? "", this.config.substitutePath, "from", "to");
		const found = await live.engine.request<{ Locations: ApiLocation[] | null }>("FindLocation", {
			Scope: { GoroutineID: -1, Frame: 0, DeferredCall: 0 },
			Loc: `${path}:${a.line}`,
			IncludeNonExecutableLines: false,
		});
		const targets = (found.Locations ?? []).map((l) => ({
			id: this.place(l.pc),
			label: `${l.function?.name ?? "?"}:${l.line}`,
			line: l.line,
			instructionPointerReference: `0x${l.pc.toString(16)}`,
		}));
		return { targets };
	}

	async goto(live: Live, a: Arguments["goto"], request: DapRequest): Promise<typeof ANSWERED> {
		const address = this.places.get(a.targetId);
		if (address === undefined) throw new DapError(ErrorId.InternalError, "Unable to go there", `unknown target ${a.targetId}`);
		await attempt(ErrorId.InternalError, "Unable to go there", async () => {
			await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
			await live.engine.request("SetExecutionPoint", { Addr: address });
		});
		live.inspector.forget();
		this.client.respond(request, null);
		this.client.event("stopped", { reason: "goto", threadId: a.threadId, allThreadsStopped: true });
		return ANSWERED;
	}

	async pause(live: Live): Promise<null> {
		await attempt(ErrorId.UnableToHalt, "Unable to halt execution", () => live.runner.halt());
		return null;
	}

	async restart(live: Live, args: Record<string, unknown>, request: DapRequest): Promise<typeof ANSWERED> {
		const refuse = (summary: string, details: string): never => {
			throw new DapError(ErrorId.FailedToLaunch, summary, details);
		};
		await live.runner.halt().catch(() => null);
		if (live.engine.config.mode === "attach") refuse("Cannot restart", "cannot restart process Delve did not create");
		const given = args["arguments"] as Record<string, unknown> | undefined;
		const c = this.launchConfig;
		if (given !== undefined && given["request"] === "launch") {
			try {
				const fresh = decodeLaunch(given);
				this.apply(fresh);
				if (c !== null && fresh.args !== null) c.args = fresh.args;
			} catch (e) {
				if (!(e instanceof ConfigError)) throw e;
				refuse("Cannot restart", "unable to unmarshal launch args");
			}
		}
		const isBuilt = c !== null && (c.mode === "debug" || c.mode === "test");
		if (isBuilt && given?.["rebuild"] !== false) await this.rebuild(c, live);
		if (this.pipes !== null) {
			await this.pipes.drain(closeSync);
			this.pipes = new OutputPipes(this.client, this.options.pipe);
		}
		const own = live.engine.config;
		const redirects = this.pipes === null ? own.redirects : [own.redirects[0], ...this.pipes.paths];
		await attempt(ErrorId.FailedToLaunch, "Failed to restart", () =>
			live.engine.request("Restart", { ResetArgs: true, NewArgs: c?.args ?? own.args.slice(1), NewRedirects: redirects }),
		);
		live.inspector.forget();
		this.client.respond(request, null);
		this.client.event("initialized");
		return ANSWERED;
	}

	private async rebuild(c: LaunchConfig, live: Live): Promise<void> {
		const path = live.engine.config.args[0] as string;
		const dir = c.dlvCwd === "" ? process.cwd() : resolve(c.dlvCwd);
		await prepareProgram({ ...c, output: path }, dir, this.client, this.options.build, this.wantsProgress, new AbortController().signal);
	}

	// Breakpoints.

	async setBreakpoints(live: Live, a: Arguments["setBreakpoints"]): Promise<object> {
		const { path } = a.source;
		if (path === undefined || path === "") {
			throw new DapError(ErrorId.UnableToSetBreakpoints, "Unable to set or clear breakpoints", "empty file path");
		}
		return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.source(path, a.breakpoints ?? [])) };
	}

	async setFunctionBreakpoints(live: Live, a: Arguments["setFunctionBreakpoints"]): Promise<object> {
		return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.functions(a.breakpoints)) };
	}

	async setInstructionBreakpoints(live: Live, a: Arguments["setInstructionBreakpoints"]): Promise<object> {
		return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.instructions(a.breakpoints)) };
	}

	async setExceptionBreakpoints(live: Live, a: Arguments["setExceptionBreakpoints"]): Promise<object> {
		return { breakpoints: await live.breakpoints.exceptions(a.filters) };
	}

	async dataBreakpointInfo(live: Live, a: Arguments["dataBreakpointInfo"]): Promise<object> {
		const info = live.inspector.dataBreakpoint(a);
		return { ...info, accessTypes: ["read", "write", "readWrite"], canPersist: false };
	}

	async setDataBreakpoints(live: Live, a: Arguments["setDataBreakpoints"]): Promise<object> {
		return { breakpoints: await live.breakpoints.data(a.breakpoints) };
	}

	async breakpointLocations(live: Live, a: Arguments["breakpointLocations"]): Promise<object> {
		const to = Math.min(a.endLine ?? a.line, a.line + MAX_LINES);
		return { breakpoints: (await live.breakpoints.lines(a.source.path ?? "", a.line, to)).map((line) => ({ line })) };
	}

	// Looking.

	async threads(live: Live): Promise<object> {
		return { threads: live.runner.running ? [{ id: -1, name: "Current" }] : await live.inspector.threads() };
	}

	stackTrace(live: Live, a: Arguments["stackTrace"]): Promise<object> {
		return live.inspector.stackTrace(a);
	}

	async scopes(live: Live, a: Arguments["scopes"]): Promise<object> {
		return { scopes: await live.inspector.scopes(a) };
	}

	async variables(live: Live, a: Arguments["variables"]): Promise<object> {
		return { variables: await live.inspector.variables(a) };
	}

	async evaluate(live: Live, a: Arguments["evaluate"]): Promise<object> {
		const showUser = !["watch", "repl", "hover"].includes(a.context ?? "");
		const refuse =
			(id: number, summary: string) =>
			(e: unknown): never => {
				throw e instanceof DapError ? e : new DapError(id, summary, detailsOf(e), showUser);
			};
		const command = /^\s*dlv\s+(\S.*)$/s.exec(a.expression);
		if (command !== null) {
			const result = await consoleCommand(command[1] as string, {
				engine: live.engine,
				config: this.config,
				changed: (areas) => this.client.event("invalidated", { areas }),
				reapply: () => this.apply(this.config),
			}).catch(refuse(ErrorId.UnableToRunDlvCommand, "Unable to run dlv command"));
			return { result, variablesReference: 0 };
		}
		const scope = live.inspector.scopeOf(a.frameId);
		const call = /^\s*call\s+(\S.*)$/s.exec(a.expression);
		const summary = "Unable to evaluate expression";
		if (call !== null) {
			const results = await this.call(live, scope, call[1] as string).catch(refuse(ErrorId.UnableToEvaluateExpression, summary));
			return live.inspector.results(results, scope);
		}
		return live.inspector.evaluate(a).catch(refuse(ErrorId.UnableToEvaluateExpression, summary));
	}

	/** Calls a function of the program, or assigns; its results. Throws when something stopped the program before it was done. */
	private async call(live: Live, scope: EvalScope, expr: string): Promise<ApiVariable[]> {
		if (scope.Frame > 0) throw new Error("call is only supported with topmost stack frame");
		const load = { ...live.inspector.show.loadConfig(), MaxStringLen: 1 << 20 };
		const before = (await live.engine.request<{ State: DebuggerState }>("State", {})).State;
		const id = scope.GoroutineID > 0 ? scope.GoroutineID : goroutineOf(before);
		const { State: state } = await live.engine.request<{ State: DebuggerState }>("Command", {
			name: "call",
			expr,
			goroutineID: id,
			ReturnInfoLoadConfig: load,
			WithEvents: true,
		});
		if (state.exited) {
			await this.pipes?.drain(closeSync);
			this.client.event("exited", { exitCode: state.exitStatus });
			this.client.event("terminated");
			throw new Error("terminated");
		}
		const thread = (state.Threads ?? []).find((t) => t.goroutineID === id && t.CallReturn);
		if (thread !== undefined) return thread.ReturnValues ?? [];
		live.inspector.forget();
		this.client.event("stopped", { reason: state.stopReason ?? "unknown", threadId: goroutineOf(state), allThreadsStopped: true });
		throw new Error("call stopped");
	}

	private async assign(live: Live, expr: string, scope: EvalScope, value: string): Promise<object> {
		const summary = "Unable to set variable";
		const old = await attempt(ErrorId.UnableToSetVariable, "Unable to lookup variable", () => live.inspector.show.evaluate(scope, expr));
		await attempt(ErrorId.UnableToSetVariable, summary, async () => {
			if (old.type === "string") await this.call(live, scope, `${expr}=${value}`);
			else await live.engine.request("Set", { Scope: scope, Symbol: expr, Value: value });
		});
		const type = live.inspector.show.type(old);
		const fresh = await live.inspector.show.evaluate(scope, expr).catch(() => null);
		const shown = fresh === null ? value : (await live.inspector.show.convert(fresh, expr, scope, { noReference: true })).value;
		if (this.wantsInvalidated) this.client.event("invalidated", { areas: ["all"] });
		return { value: shown, ...(type === "" ? {} : { type }) };
	}

	async setVariable(live: Live, a: Arguments["setVariable"]): Promise<object> {
		const { expr, scope } = await live.inspector.assignable(a.variablesReference, a.name);
		return this.assign(live, expr, scope, a.value);
	}

	setExpression(live: Live, a: Arguments["setExpression"]): Promise<object> {
		return this.assign(live, a.expression, live.inspector.scopeOf(a.frameId), a.value);
	}

	async completions(live: Live, a: Arguments["completions"]): Promise<object> {
		return { targets: await live.inspector.completions(a).catch(() => []) };
	}

	async exceptionInfo(live: Live, a: Arguments["exceptionInfo"]): Promise<object> {
		const summary = "Unable to get exception info";
		const e = await attempt(ErrorId.UnableToGetExceptionInfo, summary, () => live.runner.exception(a.threadId));
		if (typeof e === "string") throw new DapError(ErrorId.UnableToGetExceptionInfo, summary, e);
		const body = { exceptionId: e.exceptionId, description: e.description, breakMode: "always" };
		if (!e.hasStack) return body;
		const stack = await live.inspector.stack(a.threadId, this.config.stackTraceDepth);
		const isRuntime = stack.every((f) => packageOf(f.function) === "runtime");
		const shown = stack.filter((f) => isRuntime || (f.function !== undefined && !f.function.name.startsWith("runtime.")));
		const toClient = (p: string): string => substitute(p, this.config.substitutePath, "to", "from");
		const lines = shown.map((f) => {
			const i = stack.indexOf(f);
			return `\t${String(i).padStart(2)}  0x${f.pc.toString(16).padStart(16, "0")} in ${f.function?.name ?? "?"}\n\t    at ${toClient(f.file)}:${f.line}\n`;
		});
		return { ...body, details: { stackTrace: `Stack:\n${lines.join("")}` } };
	}

	async disassemble(live: Live, a: Arguments["disassemble"]): Promise<object> {
		return { instructions: await live.inspector.disassemble(a) };
	}

	readMemory(live: Live, a: Arguments["readMemory"]): Promise<object> {
		return live.inspector.readMemory(a);
	}

	async writeMemory(live: Live, a: Arguments["writeMemory"]): Promise<object> {
		const body = await live.inspector.writeMemory(a);
		if (this.wantsInvalidated) this.client.event("invalidated", { areas: ["variables"] });
		return body;
	}

	async loadedSources(live: Live): Promise<object> {
		const { Sources } = await live.engine.request<{ Sources: string[] | null }>("ListSources", { Filter: "" });
		const toClient = (p: string): string => substitute(p, this.config.substitutePath, "to", "from");
		return { sources: (Sources ?? []).filter((s) => s.startsWith("/")).map((s) => sourceOf(toClient(s))) };
	}

	async modules(live: Live, a: Arguments["modules"]): Promise<object> {
		const { Targets } = await live.engine.request<{ Targets: { Pid: number; CmdLine: string }[] | null }>("ListTargets", {});
		const all = (Targets ?? []).map((t) => {
			const path = t.CmdLine.split(" ")[0] ?? "";
			return { id: t.Pid, ...sourceOf(path) };
		});
		const start = a.startModule ?? 0;
		const count = a.moduleCount ?? 0;
		return { modules: count > 0 ? all.slice(start, start + count) : all.slice(start), totalModules: all.length };
	}

	async source(_: Live, a: Arguments["source"]): Promise<object> {
		const path = substitute(a.source?.path ?? "", this.config.substitutePath, "from", "to");
		try {
			return { content: readFileSync(path, "utf8"), mimeType: "text/x-go" };
		} catch (e) {
			throw new DapError(ErrorId.InternalError, "Unable to read source", detailsOf(e));
		}
	}
}

function unsupported(command: string): DapError {
	return new DapError(ErrorId.UnsupportedCommand, "Unsupported command", `cannot process "${command}" request`);
}

/** Requests that are served while the program runs. */
const RUNNING = new Set(["threads", "setBreakpoints", "setFunctionBreakpoints", "setInstructionBreakpoints", "pause", "restart", "source"]);

const p = Adapter.prototype;
/** Requests to a program that is being debugged. */
const HANDLERS: Readonly<Record<string, Handler>> = {
	configurationDone: p.configurationDone,
	continue: p.continue,
	next: p.next,
	stepIn: p.stepIn,
	stepOut: p.stepOut,
	stepInTargets: p.stepInTargets,
	gotoTargets: p.gotoTargets,
	goto: p.goto,
	pause: p.pause,
	restart: p.restart,
	setBreakpoints: p.setBreakpoints,
	setFunctionBreakpoints: p.setFunctionBreakpoints,
	setInstructionBreakpoints: p.setInstructionBreakpoints,
	setExceptionBreakpoints: p.setExceptionBreakpoints,
	dataBreakpointInfo: p.dataBreakpointInfo,
	setDataBreakpoints: p.setDataBreakpoints,
	breakpointLocations: p.breakpointLocations,
	threads: p.threads,
	stackTrace: p.stackTrace,
	scopes: p.scopes,
	variables: p.variables,
	evaluate: p.evaluate,
	setVariable: p.setVariable,
	setExpression: p.setExpression,
	completions: p.completions,
	exceptionInfo: p.exceptionInfo,
	disassemble: p.disassemble,
	readMemory: p.readMemory,
	writeMemory: p.writeMemory,
	loadedSources: p.loadedSources,
	modules: p.modules,
	source: p.source,
};

/** Replaces the first rule's path that is the beginning of this one. */
function substitute(path: string, rules: readonly { from: string; to: string }[], a: "from" | "to", b: "from" | "to"): string {
	for (const rule of rules) {
		const from = rule[a].replace(/\/+$/, "");
		const to = rule[b].replace(/\/+$/, "");
		if (from === "" && !path.startsWith("/")) return `${to}/${path}`;
		if (from !== "" && (path === from || path.startsWith(`${from}/`))) return to + path.slice(from.length) || "/";
	}
	return path;
}
