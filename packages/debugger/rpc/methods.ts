// Delve's RPC methods (service RPCServer, API version 2): what carries each out; shapes.ts has the arguments.
import type { ApiBreakpoint, ApiDumpState, DebuggerCommand, EvalScope, LoadConfig } from "../api.ts";
import { disassemble } from "../disassemble.ts";
import { NEWEST, OLDEST } from "../goversion.ts";
import { libraries } from "#proc";
import { evaluate, functionArguments, localVariables, packageVariables, setVariable, typeInfo } from "../evaluate.ts";
import { ancestors, filtered, type GoroutineFilter, type Grouping, listGoroutines, listRegisters, stacktrace } from "../inspect.ts";
import { type GuessArguments, guessSubstitutePath } from "../guess.ts";
import { deadlocks, leaks } from "../leaks.ts";
import { goRegExp } from "../locspec.ts";
import type { PathRules } from "../paths.ts";
import type { Session } from "../session.ts";
import { threadView } from "../views.ts";
import { decodeArgument, isMethod } from "./shapes.ts";

type Method = (s: Session, arg: never) => unknown;

function method<T>(run: (s: Session, arg: T) => unknown): Method {
	return run as Method;
}

const unsupported =
	(message: string): Method =>
	() => {
		throw new Error(message);
	};

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

const METHODS: Readonly<Record<string, Method>> = {
	ProcessPid: method((s) => ({ Pid: s.pid })),
	LastModified: method((s) => ({ Time: s.modified.toISOString() })),
	Detach: method<{ Kill: boolean }>((s, a) => {
		s.detach(a.Kill);
		return {};
	}),
	Restart: method<{
		Position: string;
		ResetArgs: boolean;
		NewArgs: string[] | null;
		Rebuild: boolean;
		NewRedirects: [string, string, string];
	}>((s, a) => {
		if (a.Position !== "") throw new Error("not a recording");
		if (a.Rebuild) throw new Error("cannot rebuild a binary");
		const discarded = s.restart(a.ResetArgs ? (a.NewArgs ?? []) : null, a.ResetArgs ? a.NewRedirects : null);
		return {
			DiscardedBreakpoints: discarded.length === 0 ? null : discarded.map((x) => ({ Breakpoint: x.breakpoint, Reason: x.reason })),
		};
	}),
	State: method((s) => ({ State: s.state(null, false) })),
	Command: method<DebuggerCommand>((s, a) => ({ State: s.command(a) })),
	GetBufferedTracepoints: method(() => ({ TracepointResults: null })),
	GetBreakpoint: method<{ Id: number; Name: string }>((s, a) => ({ Breakpoint: s.breakpoints.view(find(s, a)) })),
	Stacktrace: method<{ Id: number; Depth: number; Full: boolean; Defers: boolean; Opts: number; Cfg: LoadConfig | null; Skip: number }>(
		(s, a) => {
			const cfg = a.Cfg ?? (a.Full ? fullValue() : null);
			return { Locations: stacktrace(s, a.Id, a.Depth, a.Defers ? a.Opts | 1 : a.Opts, cfg, a.Skip) };
		},
	),
	Ancestors: method<{ GoroutineID: number; NumAncestors: number; Depth: number }>((s, a) => ({
		Ancestors: ancestors(s, a.GoroutineID, a.NumAncestors, a.Depth),
	})),
	ListBreakpoints: method<{ All: boolean }>((s, a) => ({
		Breakpoints: a.All ? s.breakpoints.listAll() : s.breakpoints.list(),
	})),
	CreateBreakpoint: method<{ Breakpoint: ApiBreakpoint; LocExpr: string; SubstitutePathRules: PathRules | null; Suspended: boolean }>(
		(s, a) => ({ Breakpoint: s.breakpoints.create(a.Breakpoint, a.LocExpr, a.SubstitutePathRules ?? [], a.Suspended) }),
	),
	SetExecutionPoint: method<{ Addr: number }>((s, a) => {
		s.setExecutionPoint(a.Addr);
		return { State: s.state(null, false) };
	}),
	CreateEBPFTracepoint: unsupported("eBPF is not supported"),
	ClearBreakpoint: method<{ Id: number; Name: string }>((s, a) => ({
		Breakpoint: s.breakpoints.clear(find(s, a)),
	})),
	ToggleBreakpoint: method<{ Id: number; Name: string }>((s, a) => {
		const view = s.breakpoints.view(find(s, a)) as ApiBreakpoint;
		s.breakpoints.amend({ ...view, disabled: !view.disabled });
		return { Breakpoint: { ...view, disabled: !view.disabled } };
	}),
	AmendBreakpoint: method<{ Breakpoint: ApiBreakpoint }>((s, a) => {
		s.breakpoints.amend(a.Breakpoint);
		return {};
	}),
	CancelNext: method((s) => {
		s.endSteps();
		return {};
	}),
	ListThreads: method((s) => {
		void s.debuggee;
		return { Threads: s.all().flatMap((d) => d.view.threads().map((t) => s.threadState(d, t, null, false))) };
	}),
	GetThread: method<{ Id: number }>((s, a) => {
		void s.debuggee;
		for (const d of s.all()) {
			const t = d.thread(a.Id);
			if (t !== null) return { Thread: s.threadState(d, t, null, false) };
		}
		throw new Error(`no thread with id ${a.Id}`);
	}),
	ListPackageVars: method<{ Filter: string; Cfg: LoadConfig }>((s, a) => ({
		Variables: packageVariables(s, goRegExp(a.Filter), a.Cfg),
	})),
	ListRegisters: method<{ ThreadID: number; IncludeFp: boolean; Scope: EvalScope | null }>((s, a) =>
		listRegisters(s, a.ThreadID, a.Scope, a.IncludeFp),
	),
	ListLocalVars: method<{ Scope: EvalScope; Cfg: LoadConfig }>((s, a) => ({
		Variables: localVariables(s, a.Scope, a.Cfg),
	})),
	ListFunctionArgs: method<{ Scope: EvalScope; Cfg: LoadConfig }>((s, a) => ({
		Args: functionArguments(s, a.Scope, a.Cfg),
	})),
	Eval: method<{ Scope: EvalScope; Expr: string; Cfg: LoadConfig | null }>((s, a) => ({
		Variable: evaluate(s, a.Scope, a.Expr, a.Cfg ?? fullValue()),
	})),
	Set: method<{ Scope: EvalScope; Symbol: string; Value: string }>((s, a) => {
		setVariable(s, a.Scope, a.Symbol, a.Value);
		return {};
	}),
	ListSources: method<{ Filter: string }>((s, a) => ({
		Sources: filtered(
			s.all().flatMap((d) => [...d.locator.sources()]),
			a.Filter,
		),
	})),
	ListFunctions: method<{ Filter: string; FollowCalls: number }>((s, a) => {
		if (a.FollowCalls > 0) throw new Error("following calls is not supported yet");
		return {
			Funcs: filtered(
				s.all().flatMap((d) => [...d.binary.functionNames()]),
				a.Filter,
			),
		};
	}),
	ListTypes: method<{ Filter: string }>((s, a) => ({
		Types: filtered(
			s.all().flatMap((d) => (d.binary.hasDwarf ? d.binary.typeNames() : [])),
			a.Filter,
		),
	})),
	ListGoroutines: method<{ Start: number; Count: number; Filters: GoroutineFilter[] | null; EvalScope: EvalScope | null } & Grouping>(
		(s, a) => listGoroutines(s, a.Start, a.Count, a.Filters ?? [], a, a.EvalScope),
	),
	AttachedToExistingProcess: method((s) => ({ Answer: s.config.mode === "attach" })),
	FindLocation: method<{ Scope: EvalScope; Loc: string; IncludeNonExecutableLines: boolean; SubstitutePathRules: PathRules | null }>(
		(s, a) => {
			const found = s.findLocation(a.Scope, a.Loc, a.IncludeNonExecutableLines, a.SubstitutePathRules ?? []);
			return { Locations: found.locations, SubstituteLocExpr: found.substitute };
		},
	),
	Disassemble: method<{ Scope: EvalScope; StartPC: number; EndPC: number; Flavour: number }>((s, a) => {
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
	}),
	Recorded: method(() => ({ Recorded: false, TraceDirectory: "" })),
	Checkpoint: unsupported("not a recording"),
	ListCheckpoints: unsupported("not a recording"),
	ClearCheckpoint: unsupported("not a recording"),
	IsMulticlient: method(() => ({ IsMulticlient: false })),
	FunctionReturnLocations: method<{ FnName: string }>((s, a) => {
		const out: number[] = [];
		for (const d of s.all()) {
			const funcs = d.locator.instances(a.FnName);
			if (funcs.length === 0) throw new Error(`unable to find function ${a.FnName}`);
			for (const f of funcs) out.push(...d.locator.returns(f), ...d.locator.deferReturnCalls(f));
		}
		return { Addrs: out };
	}),
	ListDynamicLibraries: method((s) => {
		const d = s.debuggee;
		const List = libraries(d.view.memory, d.binary).map((l) => ({ Path: l.path, Address: l.address, LoadError: "", Trimpath: false }));
		return { List, ExecutableTrimpath: false };
	}),
	ListPackagesBuildInfo: method<{ IncludeFiles: boolean; Filter: string }>((s, a) => ({
		List: packagesBuildInfo(s, a.IncludeFiles, a.Filter),
	})),
	ExamineMemory: method<{ Address: number; Length: number }>((s, a) => {
		if (a.Length > MAX_EXAMINE) throw new Error(`len must be less than or equal to ${MAX_EXAMINE}`);
		return { Mem: Buffer.from(s.debuggee.view.memory.read(a.Address, a.Length)).toString("base64"), IsLittleEndian: true };
	}),
	StopRecording: unsupported("debugger is not recording"),
	DumpStart: method<{ Destination: string }>((s, a) => ({ State: s.startDump(a.Destination) })),
	DumpWait: method((s) => ({ State: s.dump?.view() ?? NO_DUMP })),
	DumpCancel: method((s) => {
		s.dump?.cancel();
		return {};
	}),
	CreateWatchpoint: method<{ Scope: EvalScope; Expr: string; Type: number }>((s, a) => s.breakpoints.createWatch(a.Scope, a.Expr, a.Type)),
	BuildID: method((s) => ({ BuildID: s.debuggee.binary.buildId })),
	ListTargets: method((s) => ({
		Targets: s.all().map((d) => ({
			Pid: d.pid,
			CmdLine: d.commandLine,
			CurrentThread: threadView(d, d === s.debuggee ? s.thread() : (d.view.threads()[0] as never)),
		})),
	})),
	FollowExec: method<{ Enable: boolean; Regex: string }>((s, a) => {
		s.setFollowExec(a.Enable, a.Regex);
		return {};
	}),
	FollowExecEnabled: method((s) => ({ Enabled: s.followsExec })),
	DebugInfoDirectories: method<{ Set: boolean; List: string[] | null }>((s, a) => {
		if (a.Set) s.config.debugInfoDirectories = a.List ?? [];
		return { List: s.config.debugInfoDirectories };
	}),
	GuessSubstitutePath: method<{ Args: GuessArguments }>((s, a) => ({ List: guessSubstitutePath(s, a.Args) })),
	GetEvents: method(() => ({ Events: [] })),
	CancelDownloads: method(() => ({})),
	DownloadLibraryDebugInfo: unsupported("downloading debug information is not supported"),
	TypeInfo: method<{ Name: string }>((s, a) => ({ TypeInfo: typeInfo(s, a.Name) })),
	GetVersion: method((s) => ({
		DelveVersion: "Version: 1.27.2\nBuild: tsugo",
		APIVersion: 2,
		Backend: s.config.mode === "core" ? "core" : "native",
		TargetGoVersion: s.producer(),
		MinSupportedVersionOfGo: `${OLDEST.join(".")}.0`,
		MaxSupportedVersionOfGo: `${NEWEST.join(".")}.0`,
	})),
	/** Not Delve's: goroutines that nothing can wake, and circles of waiting ones. */
	FindLeaks: method((s) => ({ Leaks: leaks(s) })),
	FindDeadlocks: method((s) => ({ Deadlocks: deadlocks(s) })),
	/** Not Delve's: the program's own words for reasons to wait, by number. */
	WaitReasons: method((s) => ({ Reasons: s.debuggee.goroutines.waitReasons() })),
	SetApiVersion: method(() => ({})),
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

/** Carries a method out; its argument is decoded here. */
export function dispatch(session: Session, name: string, arg: unknown): unknown {
	const run = isMethod(name) ? METHODS[name] : undefined;
	if (run === undefined) throw new Error(`unknown method: RPCServer.${name}`);
	return run(session, decodeArgument(name, arg) as never);
}
