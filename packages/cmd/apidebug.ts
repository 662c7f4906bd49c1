// The debugger as a library: docs/API.md. A session is in a thread of its own (packages/debugger); what is here gives its answers simpler shapes.
import { resolve } from "node:path";
import type { ApiBreakpoint, ApiEvent, ApiGoroutine, ApiLocation, ApiVariable, DebuggerState, SessionConfig } from "#debugger";
import { Engine } from "#debugger";
import { UserError } from "#build/usererror";
import type {
	BreakpointOptions,
	CodePlace,
	Debug,
	DebugBreakpoint,
	DebugEvent,
	Debugger,
	DebugGoroutine,
	DebugRequest,
	DebugScope,
	DebugStop,
	DebugValue,
} from "./debugtypes.ts";

const LOAD = { FollowPointers: true, MaxVariableRecurse: 2, MaxStringLen: 4096, MaxArrayValues: 256, MaxStructFields: -1 };
const DEPTH = 50;
const POLL_MS = 1000;

function config(r: DebugRequest): SessionConfig {
	const wanted = [r.pid, r.core].filter((x) => x !== undefined).length;
	if (wanted > 1) throw new UserError("debug: pid and core exclude each other");
	if (r.program === undefined && r.pid === undefined) throw new UserError("debug: no program");
	return {
		mode: r.pid !== undefined ? "attach" : r.core !== undefined ? "core" : "launch",
		args: r.program === undefined ? [] : [resolve(r.dir ?? "", r.program), ...(r.args ?? [])],
		pid: r.pid ?? 0,
		core: r.core === undefined ? "" : resolve(r.core),
		workingDir: r.dir ?? "",
		env: { ...r.env },
		redirects: [r.stdin ?? "", r.stdout ?? "", r.stderr ?? ""],
		tty: "",
		disableAslr: false,
		foreground: false,
		checkGoVersion: true,
		debugInfoDirectories: ["/usr/lib/debug/.build-id"],
	};
}

export const debug: Debug = async (request) => {
	const c = config(request);
	const engine = await Engine.start(c);
	return new EngineDebugger(engine, c.mode === "launch");
};

const place = (l: Pick<ApiLocation, "file" | "line" | "pc" | "function">): CodePlace => ({
	function: l.function?.name ?? "",
	file: l.file,
	line: l.line,
	pc: l.pc,
});

const value = (v: ApiVariable): DebugValue => ({
	name: v.name,
	type: v.type,
	value: v.value,
	length: v.len,
	address: v.addr,
	unreadable: v.unreadable,
	children: v.children.map(value),
});

const goroutine = (g: ApiGoroutine): DebugGoroutine => ({
	...place(g.userCurrentLoc),
	id: g.id,
	thread: g.threadID,
	createdBy: place(g.goStatementLoc),
	labels: g.labels ?? {},
});

function stop(s: DebuggerState): DebugStop {
	const t = s.currentThread;
	return {
		...place(t ?? { file: "", line: 0, pc: 0 }),
		reason: s.exited ? "exited" : (s.stopReason ?? ""),
		exitStatus: s.exited ? s.exitStatus : null,
		goroutine: t?.goroutineID ?? 0,
		breakpoint: t?.breakPoint?.id ?? 0,
	};
}

function event(e: ApiEvent): DebugEvent | null {
	if (e.Kind === 0) return { kind: "resumed" };
	if (e.Kind === 1) return { kind: "stopped" };
	if (e.Kind === 3) return { kind: "breakpoint", id: e.Breakpoint?.id ?? 0 };
	if (e.Kind === 4) return { kind: "process", pid: e.PID ?? 0, command: e.Cmdline ?? "", followed: e.WillFollow === true };
	return null;
}

const scopeOf = (s: DebugScope | undefined): object => ({ GoroutineID: s?.goroutine ?? -1, Frame: s?.frame ?? 0, DeferredCall: 0 });

class EngineDebugger implements Debugger {
	private readonly engine: Engine;
	private readonly launched: boolean;

	constructor(engine: Engine, launched: boolean) {
		this.engine = engine;
		this.launched = launched;
	}

	request<T = unknown>(method: string, argument: object): Promise<T> {
		return this.engine.request<T>(method, argument);
	}

	async pid(): Promise<number> {
		return (await this.request<{ Pid: number }>("ProcessPid", {})).Pid;
	}

	async breakpoint(location: string, options: BreakpointOptions = {}): Promise<DebugBreakpoint> {
		const { Locations } = await this.request<{ Locations: (ApiLocation & { pcs?: number[]; pcpids?: number[] })[] | null }>(
			"FindLocation",
			{
				Scope: scopeOf(undefined),
				Loc: location,
				IncludeNonExecutableLines: false,
			},
		);
		const found = Locations ?? [];
		if (found.length !== 1) throw new Error(found.length === 0 ? `no place ${location}` : `${location} names ${found.length} places`);
		const [l] = found as [ApiLocation & { pcs?: number[]; pcpids?: number[] }];
		const { Breakpoint } = await this.request<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", {
			Breakpoint: {
				addr: l.pc,
				addrs: l.pcs ?? [l.pc],
				addrpid: l.pcpids ?? null,
				Cond: options.condition ?? "",
				HitCond: options.hits ?? "",
				continue: options.trace === true,
			},
			LocExpr: location,
		});
		const { id, file, line, functionName } = Breakpoint;
		return { id, places: (Breakpoint.addrs ?? []).map((pc) => ({ function: functionName ?? "", file, line, pc })) };
	}

	async clear(id: number): Promise<void> {
		await this.request("ClearBreakpoint", { Id: id });
	}

	private async command(name: string): Promise<DebugStop> {
		let s = (await this.request<{ State: DebuggerState }>("Command", { name, WithEvents: true })).State;
		// Tracepoints have been noted: on.
		while (!s.exited && s.stopReason === "breakpoint" && (s.Threads ?? []).every((t) => t.breakPoint?.continue !== false)) {
			s = (await this.request<{ State: DebuggerState }>("Command", { name: "directionCongruentContinue", WithEvents: true })).State;
		}
		return stop(s);
	}

	continue(): Promise<DebugStop> {
		return this.command("continue");
	}

	next(): Promise<DebugStop> {
		return this.command("next");
	}

	step(): Promise<DebugStop> {
		return this.command("step");
	}

	stepOut(): Promise<DebugStop> {
		return this.command("stepOut");
	}

	halt(): void {
		this.engine.kick();
	}

	async evaluate(expression: string, scope?: DebugScope): Promise<DebugValue> {
		const r = await this.request<{ Variable: ApiVariable }>("Eval", { Scope: scopeOf(scope), Expr: expression, Cfg: LOAD });
		return value(r.Variable);
	}

	async set(variable: string, expression: string, scope?: DebugScope): Promise<void> {
		await this.request("Set", { Scope: scopeOf(scope), Symbol: variable, Value: expression });
	}

	async locals(scope?: DebugScope): Promise<DebugValue[]> {
		const r = await this.request<{ Variables: ApiVariable[] | null }>("ListLocalVars", { Scope: scopeOf(scope), Cfg: LOAD });
		return (r.Variables ?? []).map(value);
	}

	async args(scope?: DebugScope): Promise<DebugValue[]> {
		const r = await this.request<{ Args: ApiVariable[] | null }>("ListFunctionArgs", { Scope: scopeOf(scope), Cfg: LOAD });
		return (r.Args ?? []).map(value);
	}

	async stack(id: number = -1, depth: number = DEPTH): Promise<CodePlace[]> {
		return (await this.request<{ Locations: ApiLocation[] }>("Stacktrace", { Id: id, Depth: depth })).Locations.map(place);
	}

	async goroutines(start: number = 0, count: number = 0): Promise<{ goroutines: DebugGoroutine[]; next: number }> {
		const r = await this.request<{ Goroutines: ApiGoroutine[] | null; Nextg: number }>("ListGoroutines", { Start: start, Count: count });
		return { goroutines: (r.Goroutines ?? []).map(goroutine), next: r.Nextg };
	}

	onEvent(f: (e: DebugEvent) => void): () => void {
		return this.engine.onEvent((e) => {
			const known = event(e);
			if (known !== null) f(known);
		});
	}

	async dump(path: string): Promise<void> {
		await this.request("DumpStart", { Destination: resolve(path) });
		for (;;) {
			const { State } = await this.request<{ State: { Dumping: boolean; Err: string } }>("DumpWait", { Wait: POLL_MS });
			if (State.Err !== "") throw new Error(State.Err);
			if (!State.Dumping) return;
		}
	}

	async close(options: { kill?: boolean } = {}): Promise<void> {
		this.engine.kick();
		await this.request("Detach", { Kill: options.kill ?? this.launched }).catch(() => {});
		await this.engine.close();
	}
}
