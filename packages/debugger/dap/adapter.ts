// A DAP client's session: requests come in, the engine carries them out. Behaviour, texts and defaults are those of Delve's adapter;
// completions, breakpointLocations, gotoTargets, loadedSources, modules, setExpression, source, stepInTargets, terminate and cancel go beyond it.
import { closeSync } from "node:fs";
import { resolve } from "node:path";
import type { ApiBreakpoint, DebuggerState } from "../api.ts";
import { EngineClient } from "../client.ts";
import { Engine } from "../host.ts";
import type { SessionConfig } from "../session.ts";
import { DapBreakpoints, type PathMap, sourceOf } from "./breakpoints.ts";
import type { DapClient, DapRequest } from "./client.ts";
import { type AttachConfig, ConfigError, decodeAttach, decodeLaunch, type LaunchConfig } from "./config.ts";
import { attempt, DapError, detailsOf, ErrorId } from "./errors.ts";
import { Inspector } from "./inspect.ts";
import { checkLaunch, OutputPipes, PlainProcess, prepareProgram, refuseLaunch, sessionConfig } from "./launch.ts";
import { LOOKING_REQUESTS } from "./looking.ts";
import type { Arguments, Capabilities } from "./protocol.gen.ts";
import { Runner } from "./runner.ts";
import { RUNNING_REQUESTS } from "./running.ts";
import { type AdapterOptions, AdapterState, ANSWERED, type Live, substitute } from "./state.ts";

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

export class Adapter {
	private readonly s: AdapterState;
	private queue: Promise<void> = Promise.resolve();

	constructor(client: DapClient, options: AdapterOptions) {
		this.s = new AdapterState(client, options);
	}

	/** Takes a request; they are carried out one after the other. */
	take(request: DapRequest): void {
		if (request.command === "cancel") {
			this.s.building?.abort();
			this.s.client.respond(request, null);
			return;
		}
		// Nobody waits for what is being built any more.
		if (request.command === "disconnect" || request.command === "terminate") this.s.building?.abort();
		this.queue = this.queue.then(() => this.answer(request));
	}

	private async answer(request: DapRequest): Promise<void> {
		try {
			const body = await this.carryOut(request);
			if (body !== ANSWERED) this.s.client.respond(request, body);
		} catch (e) {
			this.s.client.fail(request, e instanceof DapError ? e : new DapError(ErrorId.InternalError, "Internal Error", detailsOf(e)));
		}
	}

	private carryOut(request: DapRequest): Promise<object | null | typeof ANSWERED> {
		const { command, arguments: args } = request;
		if (this.s.plain !== null && command !== "disconnect" && command !== "terminate") {
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
		const handler = RUNNING_REQUESTS[command] ?? LOOKING_REQUESTS[command];
		if (handler === undefined) throw unsupported(command);
		const { live } = this.s;
		if (live === null)
			throw new DapError(ErrorId.NoDebugIsRunning, "No debug session started", "Use launch or attach request first.", true);
		if (live.runner.running && !RUNNING.has(command)) {
			if (command === "dataBreakpointInfo" || command === "setDataBreakpoints") {
				const why = "cannot set data breakpoints while the program is running";
				throw new DapError(ErrorId.UnableToSetBreakpoints, why, why);
			}
			throw new DapError(ErrorId.DebuggeeIsRunning, `Unable to process \`${command}\``, "debuggee is running");
		}
		if (this.s.observes && RESUMING.has(command))
			throw new DapError(ErrorId.UnsupportedCommand, "Not allowed", `this client may observe, not ${command}`);
		return handler(this.s, live, args as never, request);
	}

	// Beginning.

	private async initialize(a: Arguments["initialize"]): Promise<Capabilities> {
		const refuse = (why: string): never => {
			throw new DapError(ErrorId.FailedToInitialize, "Failed to initialize", why);
		};
		if (a.pathFormat !== undefined && a.pathFormat !== "path") refuse(`Unsupported 'pathFormat' value '${a.pathFormat}'.`);
		if (a.linesStartAt1 === false) refuse("Only 1-based line numbers are supported.");
		if (a.columnsStartAt1 === false) refuse("Only 1-based column numbers are supported.");
		this.s.settings.paging = a.supportsVariablePaging === true;
		this.s.settings.types = a.supportsVariableType === true;
		this.s.settings.memory = a.supportsMemoryReferences === true;
		this.s.wantsProgress = a.supportsProgressReporting === true;
		this.s.wantsInvalidated = a.supportsInvalidatedEvent === true;
		return capabilities;
	}

	private async launch(args: Record<string, unknown>, request: DapRequest): Promise<typeof ANSWERED> {
		if (this.s.live !== null || this.s.options.engine !== null) {
			refuseLaunch(
				`debug session already in progress at ${this.s.options.address} - use remote attach mode to connect to a server with an active debug session`,
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
		this.s.building = new AbortController();
		const program = await prepareProgram(c, dir, this.s.client, this.s.options.build, this.s.wantsProgress, this.s.building.signal);
		this.s.building = null;
		this.s.removeBinary = program.remove;
		this.s.apply(c);
		this.s.launchConfig = c;
		if (c.noDebug) {
			this.s.plain = new PlainProcess(c, program.path, dir, this.s.client);
			this.s.client.respond(request, null);
			return ANSWERED;
		}
		if (c.outputMode === "remote") this.s.pipes = new OutputPipes(this.s.client, this.s.options.pipe);
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
			engine = await this.startSession(sessionConfig(c, this.s.options.base, program.path, dir, this.s.pipes));
		} catch (e) {
			this.s.removeBinary();
			await this.s.pipes?.drain(closeSync);
			return refuseLaunch(detailsOf(e), what);
		}
		const live = this.begin(engine);
		const { State: state } = await engine.request<{ State: DebuggerState }>("State", {});
		this.s.client.event("process", {
			name: state.TargetCommandLine,
			systemProcessId: state.Pid,
			isLocalProcess: true,
			startMethod: "launch",
		});
		await this.follow(live);
		this.s.client.event("initialized");
		this.s.client.respond(request, null);
		return ANSWERED;
	}

	private async follow(live: Live): Promise<void> {
		const { followExec, followExecRegex } = this.s.config;
		if (!followExec) return;
		try {
			await live.engine.request("FollowExec", { Enable: true, Regex: followExecRegex });
		} catch (e) {
			this.s.client.output("important", `Failed to enable follow exec: ${detailsOf(e)}\n`);
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
		if (!["", "default", "native"].includes(c.backend))
			refuse(`backend ${JSON.stringify(c.backend)} is not supported by this version of tsugo`);
		this.s.apply(c);
		if (mode === "local") await this.attachLocal(c, refuse);
		else if (this.s.options.engine === null) refuse("no debugger found");
		else {
			const live = this.begin(this.s.options.engine);
			// An observer finds the program as others have it.
			if (!this.s.observes) await attempt(ErrorId.FailedToAttach, "Failed to attach", () => live.runner.halt());
		}
		if (c.guessSubstitutePath !== null) await attempt(ErrorId.FailedToAttach, "Failed to attach", () => this.guessPaths(c));
		const canTerminate = mode === "local" || this.s.options.multi || this.s.options.engine?.config.mode === "attach";
		if (canTerminate) this.s.client.event("capabilities", { capabilities: { supportTerminateDebuggee: true } });
		this.s.client.event("initialized");
		this.s.client.respond(request, null);
		return ANSWERED;
	}

	/** Adds where the client has the program's modules to the path rules. */
	private async guessPaths(c: AttachConfig): Promise<void> {
		const { live } = this.s;
		if (live === null) return;
		const { List } = await live.engine.request<{ List: [string, string][] }>("GuessSubstitutePath", { Args: c.guessSubstitutePath });
		c.substitutePath = [...c.substitutePath, ...List.map(([to, from]) => ({ from, to }))];
		this.s.apply(c);
	}

	private async attachLocal(c: AttachConfig, refuse: (details: string) => never): Promise<void> {
		if (this.s.live !== null || this.s.options.engine !== null) {
			refuse(
				`debug session already in progress at ${this.s.options.address} - use remote mode to connect to a server with an active debug session`,
			);
		}
		if (c.waitFor !== "" && c.processId !== 0) {
			refuse("'processId' and 'waitFor' are mutually exclusive, and can't be specified at the same time");
		}
		if (c.waitFor === "" && c.processId === 0) refuse("The 'processId' or 'waitFor' attribute is missing in debug configuration");
		if (c.followExec) this.s.client.output("important", "Follow exec not supported in attach request yet.");
		const pid = c.processId !== 0 ? c.processId : await this.s.options.waitFor(c.waitFor);
		try {
			this.begin(await this.startSession({ ...this.s.options.base, mode: "attach", pid, args: [] }));
		} catch (e) {
			refuse(detailsOf(e));
		}
	}

	/** A session of this client's own. An observer starts nothing. */
	private async startSession(config: SessionConfig): Promise<EngineClient> {
		const { identity, audit } = this.s.options;
		if (identity.role !== "control") throw new Error("not allowed: this client may observe, not start programs");
		const engine = await Engine.start(config);
		for (const w of engine.warnings) this.s.client.output("important", `Warning: ${w}\n`);
		return new EngineClient(engine, identity, audit);
	}

	private begin(engine: EngineClient): Live {
		const { client } = this.s;
		const paths: PathMap = {
			toServer: (p) => substitute(p, this.s.config.substitutePath, "from", "to"),
			toClient: (p) => substitute(p, this.s.config.substitutePath, "to", "from"),
		};
		const inspector = new Inspector(engine, this.s.config, this.s.settings, paths, (line) => client.console(line));
		const breakpoints = new DapBreakpoints(engine, paths);
		const runner = new Runner(engine, client, inspector, breakpoints, paths);
		runner.drained = async () => {
			await this.s.pipes?.drain(closeSync);
		};
		engine.onEvent((e) => {
			if (e.Kind === 4) client.event("process", { name: e.Cmdline ?? "", systemProcessId: e.PID, isLocalProcess: true });
			if (e.Kind === 3 && e.Breakpoint !== undefined) this.materialized(e.Breakpoint, paths);
		});
		if (this.s.options.engine !== null) engine.onOthersRun((running) => void runner.othersRan(running));
		this.s.live = { engine, inspector, breakpoints, runner };
		return this.s.live;
	}

	private materialized(b: ApiBreakpoint, paths: PathMap): void {
		this.s.client.event("breakpoint", {
			reason: "changed",
			breakpoint: { verified: true, id: b.id, line: b.line, source: sourceOf(paths.toClient(b.file)) },
		});
	}

	// End.

	private async disconnect(a: Arguments["disconnect"], request: DapRequest): Promise<typeof ANSWERED> {
		const { live, options } = this.s;
		const isMine = options.engine === null;
		if (live !== null && options.multi && a.terminateDebuggee !== true) {
			const isExited = live.runner.running
				? false
				: await live.engine.request("State", {}).then(
						() => false,
						() => true,
					);
			const status = live.runner.running ? "running" : isExited ? "exited" : "halted";
			this.s.client.console(`Closing client session, but leaving multi-client DAP server at ${options.address} with debuggee ${status}`);
			this.s.client.respond(request, null);
			this.s.client.event("terminated");
			this.s.over = true;
			this.s.client.close();
			return ANSWERED;
		}
		if (this.s.plain !== null) await this.s.plain.stop();
		else if (live !== null) {
			const kill = live.engine.config.mode !== "attach" || a.terminateDebuggee === true;
			await attempt(ErrorId.DisconnectError, "Error while disconnecting", () => this.stop(live, kill));
		}
		this.s.client.respond(request, null);
		if (this.s.plain === null) this.s.client.event("terminated");
		this.finish(isMine);
		return ANSWERED;
	}

	private async terminate(request: DapRequest): Promise<typeof ANSWERED> {
		if (this.s.plain !== null) await this.s.plain.stop();
		else if (this.s.live !== null) await this.stop(this.s.live, true);
		this.s.client.respond(request, null);
		if (this.s.plain === null) this.s.client.event("terminated");
		return ANSWERED;
	}

	/** Halts the program, and kills it or lets it go. */
	private async stop(live: Live, kill: boolean): Promise<void> {
		if (this.s.over) return;
		this.s.over = true;
		let exited: string | null = null;
		try {
			const halted = await live.runner.halt();
			if (halted?.exited === true) exited = `Process ${halted.Pid} has exited with status ${halted.exitStatus}`;
			else await live.engine.request("State", {});
		} catch (e) {
			if (/has exited with status/.test(detailsOf(e))) exited = detailsOf(e);
		}
		if (exited !== null) this.s.client.console(exited);
		const how = kill ? "Detaching and terminating target process" : "Detaching without terminating target process";
		this.s.client.console(exited !== null ? "Detaching" : how);
		try {
			await live.engine.request("Detach", { Kill: kill });
		} catch (e) {
			if (!/has exited with status|detached/.test(detailsOf(e))) throw e;
		}
		await this.s.pipes?.drain(closeSync);
	}

	private finish(isMine: boolean): void {
		this.s.removeBinary();
		if (isMine) void this.s.live?.engine.close();
		this.s.options.done();
	}

	/** The client is gone without a word: what it launched ends, what it attached to goes on. */
	async lost(): Promise<void> {
		if (this.s.over && this.s.plain === null) return;
		if (this.s.options.multi) return;
		this.s.building?.abort();
		await this.s.plain?.stop();
		const { live } = this.s;
		if (live !== null) await this.stop(live, live.engine.config.mode !== "attach").catch(() => {});
		this.finish(this.s.options.engine === null);
	}
}

function unsupported(command: string): DapError {
	return new DapError(ErrorId.UnsupportedCommand, "Unsupported command", `cannot process "${command}" request`);
}

/** Requests that are served while the program runs. */
const RUNNING = new Set(["threads", "setBreakpoints", "setFunctionBreakpoints", "setInstructionBreakpoints", "pause", "restart", "source"]);

/** Requests after which the program runs, or has been stopped. */
const RESUMING = new Set(["continue", "next", "stepIn", "stepOut", "goto", "pause", "restart"]);
