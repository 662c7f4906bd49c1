// Delve's RPC methods (service RPCServer, API version 2): the shape of each argument, and what carries it out.
import type { ApiBreakpoint, ApiDumpState, DebuggerCommand, EvalScope, LoadConfig } from "../api.ts";
import { disassemble } from "../disassemble.ts";
import { NEWEST, OLDEST } from "../goversion.ts";
import { libraries } from "#proc";
import { evaluate, functionArguments, localVariables, packageVariables, setVariable, typeInfo } from "../evaluate.ts";
import { ancestors, filtered, type GoroutineFilter, type Grouping, listGoroutines, listRegisters, stacktrace } from "../inspect.ts";
import { type GuessArguments, guessSubstitutePath } from "../guess.ts";
import { deadlocks, leaks } from "../leaks.ts";
import { goRegExp, type PathRules } from "../locspec.ts";
import type { Session } from "../session.ts";
import { threadView } from "../views.ts";
import { DecodeError, decode, type Shape } from "./decode.ts";

const pointer = (shape: Shape): Shape => ({ pointer: shape });
const list = (shape: Shape): Shape => ({ list: shape });
const struct = (name: string, fields: Record<string, Shape>): Shape => ({ struct: name, fields });

const LOAD = struct("LoadConfig", {
	FollowPointers: "bool",
	MaxVariableRecurse: "int",
	MaxStringLen: "int",
	MaxArrayValues: "int",
	MaxStructFields: "int",
});
const SCOPE = struct("EvalScope", { GoroutineID: "int", Frame: "int", DeferredCall: "int" });
const RULES: Shape = list({ list: "string", length: 2 });
const BREAKPOINT = struct("Breakpoint", {
	id: "int",
	name: "string",
	addr: "uint64",
	addrs: list("uint64"),
	addrpid: list("int"),
	file: "string",
	line: "int",
	functionName: "string",
	ExprString: "string",
	Cond: "string",
	HitCond: "string",
	HitCondPerG: "bool",
	continue: "bool",
	traceReturn: "bool",
	goroutine: "bool",
	stacktrace: "int",
	variables: list("string"),
	LoadArgs: pointer(LOAD),
	LoadLocals: pointer(LOAD),
	customCommands: list("string"),
	WatchExpr: "string",
	WatchType: "int",
	hitCount: { map: "uint64" },
	totalHitCount: "uint64",
	disabled: "bool",
	RootFuncName: "string",
	TraceFollowCalls: "int",
});
const BY_ID = { Id: "int", Name: "string" } as const;
const FILTER = { Filter: "string" } as const;
const GOROUTINE_FILTER = struct("ListGoroutinesFilter", { Kind: "int", Negated: "bool", Arg: "string" });

interface Method {
	shape: Shape;
	/** `arg` has the shape. */
	run: (s: Session, arg: never) => unknown;
}

function method<T>(name: string, fields: Record<string, Shape>, run: (s: Session, arg: T) => unknown): Method {
	return { shape: struct(name, fields), run: run as (s: Session, arg: never) => unknown };
}

const unsupported = (name: string, fields: Record<string, Shape>, message: string): Method =>
	method(name, fields, () => {
		throw new Error(message);
	});

/** A breakpoint by number or name. Throws with Delve's words. */
function find(s: Session, a: { Id: number; Name: string }): number {
	if (a.Name !== "") {
		const b = s.breakpoints.byName(a.Name);
		if (b === null) throw new Error(`no breakpoint with name ${a.Name}`);
		return b.id;
	}
	if (s.breakpoints.get(a.Id) === null) throw new Error(`no breakpoint with id ${a.Id}`);
	return a.Id;
}

const MAX_EXAMINE = 1 << 16;
const NO_DUMP: ApiDumpState = { Dumping: false, AllDone: false, ThreadsDone: 0, ThreadsTotal: 0, MemDone: 0, MemTotal: 0, Err: "" };

export const METHODS: Readonly<Record<string, Method>> = {
	ProcessPid: method("ProcessPidIn", {}, (s) => ({ Pid: s.pid })),
	LastModified: method("LastModifiedIn", {}, (s) => ({ Time: s.modified.toISOString() })),
	Detach: method<{ Kill: boolean }>("DetachIn", { Kill: "bool" }, (s, a) => {
		s.detach(a.Kill);
		return {};
	}),
	Restart: method<{
		Position: string;
		ResetArgs: boolean;
		NewArgs: string[] | null;
		Rebuild: boolean;
		NewRedirects: [string, string, string];
	}>(
		"RestartIn",
		{
			Position: "string",
			ResetArgs: "bool",
			NewArgs: list("string"),
			Rerecord: "bool",
			Rebuild: "bool",
			NewRedirects: { list: "string", length: 3 },
		},
		(s, a) => {
			if (a.Position !== "") throw new Error("not a recording");
			if (a.Rebuild) throw new Error("cannot rebuild a binary");
			const discarded = s.restart(a.ResetArgs ? (a.NewArgs ?? []) : null, a.ResetArgs ? a.NewRedirects : null);
			return {
				DiscardedBreakpoints: discarded.length === 0 ? null : discarded.map((x) => ({ Breakpoint: x.breakpoint, Reason: x.reason })),
			};
		},
	),
	State: method("StateIn", { NonBlocking: "bool" }, (s) => ({ State: s.state(null, false) })),
	Command: method<DebuggerCommand>(
		"DebuggerCommand",
		{
			name: "string",
			threadID: "int",
			goroutineID: "int",
			ReturnInfoLoadConfig: pointer(LOAD),
			expr: "string",
			WithEvents: "bool",
			unsafeCall: "bool",
		},
		(s, a) => ({ State: s.command(a) }),
	),
	GetBufferedTracepoints: method("GetBufferedTracepointsIn", { LoadCfg: pointer(LOAD) }, () => ({ TracepointResults: null })),
	GetBreakpoint: method<{ Id: number; Name: string }>("GetBreakpointIn", BY_ID, (s, a) => ({ Breakpoint: s.breakpoints.view(find(s, a)) })),
	Stacktrace: method<{ Id: number; Depth: number; Full: boolean; Defers: boolean; Opts: number; Cfg: LoadConfig | null; Skip: number }>(
		"StacktraceIn",
		{ Id: "int", Depth: "int", Full: "bool", Defers: "bool", Opts: "int", Cfg: pointer(LOAD), Skip: "int" },
		(s, a) => {
			const cfg = a.Cfg ?? (a.Full ? fullValue() : null);
			return { Locations: stacktrace(s, a.Id, a.Depth, a.Defers ? a.Opts | 1 : a.Opts, cfg, a.Skip) };
		},
	),
	Ancestors: method<{ GoroutineID: number; NumAncestors: number; Depth: number }>(
		"AncestorsIn",
		{ GoroutineID: "int", NumAncestors: "int", Depth: "int" },
		(s, a) => ({ Ancestors: ancestors(s, a.GoroutineID, a.NumAncestors, a.Depth) }),
	),
	ListBreakpoints: method<{ All: boolean }>("ListBreakpointsIn", { All: "bool" }, (s, a) => ({
		Breakpoints: a.All ? s.breakpoints.listAll() : s.breakpoints.list(),
	})),
	CreateBreakpoint: method<{ Breakpoint: ApiBreakpoint; LocExpr: string; SubstitutePathRules: PathRules | null; Suspended: boolean }>(
		"CreateBreakpointIn",
		{ Breakpoint: BREAKPOINT, LocExpr: "string", SubstitutePathRules: RULES, Suspended: "bool" },
		(s, a) => ({ Breakpoint: s.breakpoints.create(a.Breakpoint, a.LocExpr, a.SubstitutePathRules ?? [], a.Suspended) }),
	),
	SetExecutionPoint: method<{ Addr: number }>("SetExecutionPointIn", { Addr: "uint64" }, (s, a) => {
		s.setExecutionPoint(a.Addr);
		return { State: s.state(null, false) };
	}),
	CreateEBPFTracepoint: unsupported("CreateEBPFTracepointIn", { FunctionName: "string" }, "eBPF is not supported"),
	ClearBreakpoint: method<{ Id: number; Name: string }>("ClearBreakpointIn", BY_ID, (s, a) => ({
		Breakpoint: s.breakpoints.clear(find(s, a)),
	})),
	ToggleBreakpoint: method<{ Id: number; Name: string }>("ToggleBreakpointIn", BY_ID, (s, a) => {
		const view = s.breakpoints.view(find(s, a)) as ApiBreakpoint;
		s.breakpoints.amend({ ...view, disabled: !view.disabled });
		return { Breakpoint: { ...view, disabled: !view.disabled } };
	}),
	AmendBreakpoint: method<{ Breakpoint: ApiBreakpoint }>("AmendBreakpointIn", { Breakpoint: BREAKPOINT }, (s, a) => {
		s.breakpoints.amend(a.Breakpoint);
		return {};
	}),
	CancelNext: method("CancelNextIn", {}, (s) => {
		s.endSteps();
		return {};
	}),
	ListThreads: method("ListThreadsIn", {}, (s) => {
		void s.debuggee;
		return { Threads: s.all().flatMap((d) => d.view.threads().map((t) => s.threadState(d, t, null, false))) };
	}),
	GetThread: method<{ Id: number }>("GetThreadIn", { Id: "int" }, (s, a) => {
		void s.debuggee;
		for (const d of s.all()) {
			const t = d.thread(a.Id);
			if (t !== null) return { Thread: s.threadState(d, t, null, false) };
		}
		throw new Error(`no thread with id ${a.Id}`);
	}),
	ListPackageVars: method<{ Filter: string; Cfg: LoadConfig }>("ListPackageVarsIn", { ...FILTER, Cfg: LOAD }, (s, a) => ({
		Variables: packageVariables(s, goRegExp(a.Filter), a.Cfg),
	})),
	ListRegisters: method<{ ThreadID: number; IncludeFp: boolean; Scope: EvalScope | null }>(
		"ListRegistersIn",
		{ ThreadID: "int", IncludeFp: "bool", Scope: pointer(SCOPE) },
		(s, a) => listRegisters(s, a.ThreadID, a.Scope, a.IncludeFp),
	),
	ListLocalVars: method<{ Scope: EvalScope; Cfg: LoadConfig }>("ListLocalVarsIn", { Scope: SCOPE, Cfg: LOAD }, (s, a) => ({
		Variables: localVariables(s, a.Scope, a.Cfg),
	})),
	ListFunctionArgs: method<{ Scope: EvalScope; Cfg: LoadConfig }>("ListFunctionArgsIn", { Scope: SCOPE, Cfg: LOAD }, (s, a) => ({
		Args: functionArguments(s, a.Scope, a.Cfg),
	})),
	Eval: method<{ Scope: EvalScope; Expr: string; Cfg: LoadConfig | null }>(
		"EvalIn",
		{ Scope: SCOPE, Expr: "string", Cfg: pointer(LOAD) },
		(s, a) => ({
			Variable: evaluate(s, a.Scope, a.Expr, a.Cfg ?? fullValue()),
		}),
	),
	Set: method<{ Scope: EvalScope; Symbol: string; Value: string }>("SetIn", { Scope: SCOPE, Symbol: "string", Value: "string" }, (s, a) => {
		setVariable(s, a.Scope, a.Symbol, a.Value);
		return {};
	}),
	ListSources: method<{ Filter: string }>("ListSourcesIn", FILTER, (s, a) => ({
		Sources: filtered(
			s.all().flatMap((d) => [...d.locator.sources()]),
			a.Filter,
		),
	})),
	ListFunctions: method<{ Filter: string; FollowCalls: number }>("ListFunctionsIn", { ...FILTER, FollowCalls: "int" }, (s, a) => {
		if (a.FollowCalls > 0) throw new Error("following calls is not supported yet");
		return {
			Funcs: filtered(
				s.all().flatMap((d) => [...d.binary.functionNames()]),
				a.Filter,
			),
		};
	}),
	ListTypes: method<{ Filter: string }>("ListTypesIn", FILTER, (s, a) => ({
		Types: filtered(
			s.all().flatMap((d) => (d.binary.hasDwarf ? d.binary.typeNames() : [])),
			a.Filter,
		),
	})),
	ListGoroutines: method<{ Start: number; Count: number; Filters: GoroutineFilter[] | null; EvalScope: EvalScope | null } & Grouping>(
		"ListGoroutinesIn",
		{
			Start: "int",
			Count: "int",
			Filters: list(GOROUTINE_FILTER),
			GroupBy: "int",
			GroupByKey: "string",
			MaxGroupMembers: "int",
			MaxGroups: "int",
			EvalScope: pointer(SCOPE),
		},
		(s, a) => listGoroutines(s, a.Start, a.Count, a.Filters ?? [], a, a.EvalScope),
	),
	AttachedToExistingProcess: method("AttachedToExistingProcessIn", {}, (s) => ({ Answer: s.config.mode === "attach" })),
	FindLocation: method<{ Scope: EvalScope; Loc: string; IncludeNonExecutableLines: boolean; SubstitutePathRules: PathRules | null }>(
		"FindLocationIn",
		{ Scope: SCOPE, Loc: "string", IncludeNonExecutableLines: "bool", SubstitutePathRules: RULES },
		(s, a) => {
			const found = s.findLocation(a.Scope, a.Loc, a.IncludeNonExecutableLines, a.SubstitutePathRules ?? []);
			return { Locations: found.locations, SubstituteLocExpr: found.substitute };
		},
	),
	Disassemble: method<{ Scope: EvalScope; StartPC: number; EndPC: number; Flavour: number }>(
		"DisassembleIn",
		{ Scope: SCOPE, StartPC: "uint64", EndPC: "uint64", Flavour: "int" },
		(s, a) => {
			const d = s.debuggee;
			let { StartPC: start, EndPC: end } = a;
			if (end === 0) {
				const f = d.binary.funcAt(start);
				if (f === null) throw new Error(`address 0x${start.toString(16)} does not belong to any function`);
				start = f.entry;
				end = f.end;
				// What fills the room up to the next function is not part of it.
				while (end > start + 1 && f.line(end - 1) < 0) end--;
			}
			const g = s.findGoroutine(a.Scope.GoroutineID);
			return { Disassemble: disassemble(d, (g?.thread ?? s.thread()).registers(), start, end, a.Flavour) };
		},
	),
	Recorded: method("RecordedIn", {}, () => ({ Recorded: false, TraceDirectory: "" })),
	Checkpoint: unsupported("CheckpointIn", { Where: "string" }, "not a recording"),
	ListCheckpoints: unsupported("ListCheckpointsIn", {}, "not a recording"),
	ClearCheckpoint: unsupported("ClearCheckpointIn", { ID: "int" }, "not a recording"),
	IsMulticlient: method("IsMulticlientIn", {}, () => ({ IsMulticlient: false })),
	FunctionReturnLocations: method<{ FnName: string }>("FunctionReturnLocationsIn", { FnName: "string" }, (s, a) => {
		const out: number[] = [];
		for (const d of s.all()) {
			const funcs = d.locator.instances(a.FnName);
			if (funcs.length === 0) throw new Error(`unable to find function ${a.FnName}`);
			for (const f of funcs) out.push(...d.locator.returns(f), ...d.locator.deferReturnCalls(f));
		}
		return { Addrs: out };
	}),
	ListDynamicLibraries: method("ListDynamicLibrariesIn", {}, (s) => {
		const d = s.debuggee;
		const List = libraries(d.view.memory, d.binary).map((l) => ({ Path: l.path, Address: l.address, LoadError: "", Trimpath: false }));
		return { List, ExecutableTrimpath: false };
	}),
	ListPackagesBuildInfo: method<{ IncludeFiles: boolean; Filter: string }>(
		"ListPackagesBuildInfoIn",
		{ IncludeFiles: "bool", Filter: "string" },
		(s, a) => ({ List: packagesBuildInfo(s, a.IncludeFiles, a.Filter) }),
	),
	ExamineMemory: method<{ Address: number; Length: number }>("ExamineMemoryIn", { Address: "uint64", Length: "int" }, (s, a) => {
		if (a.Length > MAX_EXAMINE) throw new Error(`len must be less than or equal to ${MAX_EXAMINE}`);
		return { Mem: Buffer.from(s.debuggee.view.memory.read(a.Address, a.Length)).toString("base64"), IsLittleEndian: true };
	}),
	StopRecording: unsupported("StopRecordingIn", {}, "debugger is not recording"),
	DumpStart: method<{ Destination: string }>("DumpStartIn", { Destination: "string" }, (s, a) => ({ State: s.startDump(a.Destination) })),
	DumpWait: method("DumpWaitIn", { Wait: "int" }, (s) => ({ State: s.dump?.view() ?? NO_DUMP })),
	DumpCancel: method("DumpCancelIn", {}, (s) => {
		s.dump?.cancel();
		return {};
	}),
	CreateWatchpoint: method<{ Scope: EvalScope; Expr: string; Type: number }>(
		"CreateWatchpointIn",
		{ Scope: SCOPE, Expr: "string", Type: "int" },
		(s, a) => s.breakpoints.createWatch(a.Scope, a.Expr, a.Type),
	),
	BuildID: method("BuildIDIn", {}, (s) => ({ BuildID: s.debuggee.binary.buildId })),
	ListTargets: method("ListTargetsIn", {}, (s) => ({
		Targets: s.all().map((d) => ({
			Pid: d.pid,
			CmdLine: d.commandLine,
			CurrentThread: threadView(d, d === s.debuggee ? s.thread() : (d.view.threads()[0] as never)),
		})),
	})),
	FollowExec: method<{ Enable: boolean; Regex: string }>("FollowExecIn", { Enable: "bool", Regex: "string" }, (s, a) => {
		s.setFollowExec(a.Enable, a.Regex);
		return {};
	}),
	FollowExecEnabled: method("FollowExecEnabledIn", {}, (s) => ({ Enabled: s.followsExec })),
	DebugInfoDirectories: method<{ Set: boolean; List: string[] | null }>(
		"DebugInfoDirectoriesIn",
		{ Set: "bool", List: list("string") },
		(s, a) => {
			if (a.Set) s.config.debugInfoDirectories = a.List ?? [];
			return { List: s.config.debugInfoDirectories };
		},
	),
	GuessSubstitutePath: method<{ Args: GuessArguments }>(
		"GuessSubstitutePathIn",
		{
			Args: struct("GuessSubstitutePathIn", {
				ImportPathOfMainPackage: "string",
				ClientGOROOT: "string",
				ClientModuleDirectories: { map: "string" },
			}),
		},
		(s, a) => ({ List: guessSubstitutePath(s, a.Args) }),
	),
	GetEvents: method("GetEventsIn", {}, () => ({ Events: [] })),
	CancelDownloads: method("CancelDownloadsIn", {}, () => ({})),
	DownloadLibraryDebugInfo: unsupported(
		"DownloadLibraryDebugInfoIn",
		{ N: "int", WithEvents: "bool" },
		"downloading debug information is not supported",
	),
	TypeInfo: method<{ Name: string }>("TypeInfoIn", { Name: "string" }, (s, a) => ({ TypeInfo: typeInfo(s, a.Name) })),
	GetVersion: method("GetVersionIn", {}, (s) => ({
		DelveVersion: "Version: 1.27.2\nBuild: tsugo",
		APIVersion: 2,
		Backend: s.config.mode === "core" ? "core" : "native",
		TargetGoVersion: s.producer(),
		MinSupportedVersionOfGo: `${OLDEST.join(".")}.0`,
		MaxSupportedVersionOfGo: `${NEWEST.join(".")}.0`,
	})),
	/** Not Delve's: goroutines that nothing can wake, and circles of waiting ones. */
	FindLeaks: method("FindLeaksIn", {}, (s) => ({ Leaks: leaks(s) })),
	FindDeadlocks: method("FindDeadlocksIn", {}, (s) => ({ Deadlocks: deadlocks(s) })),
	/** Not Delve's: the program's own words for reasons to wait, by number. */
	WaitReasons: method("WaitReasonsIn", {}, (s) => ({ Reasons: s.debuggee.goroutines.waitReasons() })),
	SetApiVersion: method("SetAPIVersionIn", { APIVersion: "int" }, () => ({})),
};

/** Everything, followed one pointer deep: what Delve loads when a request has no limits of its own. */
export function fullValue(): LoadConfig {
	return { FollowPointers: true, MaxVariableRecurse: 1, MaxStringLen: 64, MaxArrayValues: 64, MaxStructFields: -1 };
}

function packagesBuildInfo(
	s: Session,
	includeFiles: boolean,
	filter: string,
): { ImportPath: string; DirectoryPath: string; Files: string[] | null }[] {
	const re = filter === "" ? null : goRegExp(filter);
	const packages = new Map<string, { dir: string; files: Set<string> }>();
	for (const d of s.all()) {
		if (!d.binary.hasDwarf) continue;
		for (const unit of d.binary.dwarf.units) {
			const name = unit.root.name;
			if (name === "" || name.includes(".c") || (re !== null && !re.test(name))) continue;
			const table = d.binary.lines.table(unit);
			if (table === null) continue;
			const { files } = table;
			// As Delve has it: packages whose code begins in a file that is not Go's or assembly are left out.
			if (!packages.has(name) && !/\.(?:go|s)$/.test(files[table.rows().file[0] ?? 0] ?? "")) continue;
			const p = packages.get(name) ?? { dir: "", files: new Set<string>() };
			packages.set(name, p);
			for (const f of files) {
				if (!f.startsWith("/")) continue;
				p.files.add(f);
				p.dir ||= f.slice(0, f.lastIndexOf("/"));
			}
		}
	}
	return [...packages].map(([ImportPath, p]) => ({ ImportPath, DirectoryPath: p.dir, Files: includeFiles ? [...p.files].sort() : null }));
}

/** An argument in its method's shape. Throws DecodeError. */
export function decodeArgument(name: string, arg: unknown): unknown {
	const m = METHODS[name];
	if (m === undefined) throw new DecodeError(`unknown method: ${name}`);
	return decode(m.shape, arg, name);
}

/** Carries a method out; its argument is decoded here. */
export function dispatch(session: Session, name: string, arg: unknown): unknown {
	const m = METHODS[name];
	if (m === undefined) throw new Error(`unknown method: RPCServer.${name}`);
	return m.run(session, decode(m.shape, arg, name) as never);
}

export function versionReply(reply: unknown): string {
	return JSON.stringify(reply);
}
