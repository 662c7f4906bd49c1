// DAP requests that let the program run, step it, or say where it goes on.
import { closeSync } from "node:fs";
import { resolve } from "node:path";
import type { ApiBreakpoint, ApiLocation, AsmInstruction, DebuggerState } from "../api.ts";
import type { DapRequest } from "./client.ts";
import { ConfigError, decodeLaunch, type LaunchConfig } from "./config.ts";
import { attempt, DapError, detailsOf, ErrorId } from "./errors.ts";
import { packageOf } from "./inspect.ts";
import { OutputPipes, prepareProgram } from "./launch.ts";
import type { Arguments, StepInTarget } from "./protocol.gen.ts";
import { goroutineOf } from "./runner.ts";
import { type AdapterState, ANSWERED, type Handler, type Live, substitute } from "./state.ts";

const SCRATCH_BREAKPOINT = "stepInTarget";

async function configurationDone(s: AdapterState, live: Live, _: unknown, request: DapRequest): Promise<typeof ANSWERED> {
	if (s.config.stopOnEntry) s.client.event("stopped", { reason: "entry", threadId: 1, allThreadsStopped: true });
	s.client.console("Type 'dlv help' for list of commands.");
	s.client.respond(request, null);
	if (s.observes) {
		// It finds the program as others have it.
		if (!live.engine.running) await live.runner.othersRan(false);
	} else if (!s.config.stopOnEntry) go(s, live, "continue");
	return ANSWERED;
}

/** Starts a command; what comes of it arrives as events. */
function go(s: AdapterState, live: Live, command: string): void {
	s.places.clear();
	void live.runner.run(command).catch((e: unknown) => s.client.output("stderr", `${detailsOf(e)}\n`));
}

async function resume(s: AdapterState, live: Live, _: unknown, request: DapRequest): Promise<typeof ANSWERED> {
	s.client.respond(request, { allThreadsContinued: true });
	go(s, live, "continue");
	return ANSWERED;
}

async function step(s: AdapterState, live: Live, command: string, a: Arguments["next"], request: DapRequest): Promise<typeof ANSWERED> {
	s.client.event("continued", { threadId: a.threadId, allThreadsContinued: true });
	s.client.respond(request, null);
	try {
		await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
	} catch (e) {
		const threadId = await live.engine
			.request<{ State: DebuggerState }>("State", {})
			.then((r) => goroutineOf(r.State))
			.catch(() => 0);
		s.client.event("stopped", { reason: "error", text: detailsOf(e), threadId, allThreadsStopped: true });
		return ANSWERED;
	}
	go(s, live, a.granularity === "instruction" ? (command === "next" ? "nextInstruction" : "stepInstruction") : command);
	return ANSWERED;
}

function next(s: AdapterState, live: Live, a: Arguments["next"], request: DapRequest): Promise<typeof ANSWERED> {
	return step(s, live, "next", a, request);
}

async function stepIn(s: AdapterState, live: Live, a: Arguments["stepIn"], request: DapRequest): Promise<typeof ANSWERED> {
	const target = a.targetId === undefined ? undefined : s.places.get(a.targetId);
	if (target === undefined) return step(s, live, "step", a, request);
	// Up to the chosen function, or to the next line when it is not called after all.
	const { Breakpoint } = await live.engine.request<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", {
		Breakpoint: { name: SCRATCH_BREAKPOINT, addr: target, Cond: `runtime.curg.goid == ${a.threadId}` },
	});
	s.client.event("continued", { threadId: a.threadId, allThreadsContinued: true });
	s.client.respond(request, null);
	await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
	s.places.clear();
	void live.runner
		.run("next", "step")
		.finally(() => live.engine.request("ClearBreakpoint", { Id: Breakpoint.id }).catch(() => {}))
		.then(() => live.engine.request("CancelNext", {}).catch(() => {}));
	return ANSWERED;
}

function stepOut(s: AdapterState, live: Live, a: Arguments["stepOut"], request: DapRequest): Promise<typeof ANSWERED> {
	return step(s, live, "stepOut", a, request);
}

async function stepInTargets(s: AdapterState, live: Live, a: Arguments["stepInTargets"]): Promise<{ targets: StepInTarget[] }> {
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
		targets.push({ id: place(s, (x.DestLoc as ApiLocation).pc), label: f.name });
	}
	return { targets };
}

function place(s: AdapterState, address: number): number {
	const id = s.places.size + 1;
	s.places.set(id, address);
	return id;
}

async function gotoTargets(s: AdapterState, live: Live, a: Arguments["gotoTargets"]): Promise<object> {
	const path = substitute(a.source.path ?? "", s.config.substitutePath, "from", "to");
	const found = await live.engine.request<{ Locations: ApiLocation[] | null }>("FindLocation", {
		Scope: { GoroutineID: -1, Frame: 0, DeferredCall: 0 },
		Loc: `${path}:${a.line}`,
		IncludeNonExecutableLines: false,
	});
	const targets = (found.Locations ?? []).map((l) => ({
		id: place(s, l.pc),
		label: `${l.function?.name ?? "?"}:${l.line}`,
		line: l.line,
		instructionPointerReference: `0x${l.pc.toString(16)}`,
	}));
	return { targets };
}

async function goTo(s: AdapterState, live: Live, a: Arguments["goto"], request: DapRequest): Promise<typeof ANSWERED> {
	const address = s.places.get(a.targetId);
	if (address === undefined) throw new DapError(ErrorId.InternalError, "Unable to go there", `unknown target ${a.targetId}`);
	await attempt(ErrorId.InternalError, "Unable to go there", async () => {
		await live.engine.request("Command", { name: "switchGoroutine", goroutineID: a.threadId });
		await live.engine.request("SetExecutionPoint", { Addr: address });
	});
	live.inspector.forget();
	s.client.respond(request, null);
	s.client.event("stopped", { reason: "goto", threadId: a.threadId, allThreadsStopped: true });
	return ANSWERED;
}

async function pause(s: AdapterState, live: Live): Promise<null> {
	await attempt(ErrorId.UnableToHalt, "Unable to halt execution", () => live.runner.halt());
	return null;
}

async function restart(s: AdapterState, live: Live, args: Record<string, unknown>, request: DapRequest): Promise<typeof ANSWERED> {
	const refuse = (summary: string, details: string): never => {
		throw new DapError(ErrorId.FailedToLaunch, summary, details);
	};
	await live.runner.halt().catch(() => null);
	if (live.engine.config.mode === "attach") refuse("Cannot restart", "cannot restart process Delve did not create");
	const given = args["arguments"] as Record<string, unknown> | undefined;
	const c = s.launchConfig;
	if (given !== undefined && given["request"] === "launch") {
		try {
			const fresh = decodeLaunch(given);
			s.apply(fresh);
			if (c !== null && fresh.args !== null) c.args = fresh.args;
		} catch (e) {
			if (!(e instanceof ConfigError)) throw e;
			refuse("Cannot restart", "unable to unmarshal launch args");
		}
	}
	const isBuilt = c !== null && (c.mode === "debug" || c.mode === "test");
	if (isBuilt && given?.["rebuild"] !== false) await rebuild(s, c, live);
	if (s.pipes !== null) {
		await s.pipes.drain(closeSync);
		s.pipes = new OutputPipes(s.client, s.options.pipe);
	}
	const own = live.engine.config;
	const redirects = s.pipes === null ? own.redirects : [own.redirects[0], ...s.pipes.paths];
	await attempt(ErrorId.FailedToLaunch, "Failed to restart", () =>
		live.engine.request("Restart", { ResetArgs: true, NewArgs: c?.args ?? own.args.slice(1), NewRedirects: redirects }),
	);
	live.inspector.forget();
	s.client.respond(request, null);
	s.client.event("initialized");
	return ANSWERED;
}

async function rebuild(s: AdapterState, c: LaunchConfig, live: Live): Promise<void> {
	const path = live.engine.config.args[0] as string;
	const dir = c.dlvCwd === "" ? process.cwd() : resolve(c.dlvCwd);
	await prepareProgram({ ...c, output: path }, dir, s.client, s.options.build, s.wantsProgress, new AbortController().signal);
}

/** Requests that let the program run, or say where it goes on. */
export const RUNNING_REQUESTS: Readonly<Record<string, Handler>> = {
	configurationDone,
	continue: resume,
	next,
	stepIn,
	stepOut,
	stepInTargets,
	gotoTargets,
	goto: goTo,
	pause,
	restart,
};
