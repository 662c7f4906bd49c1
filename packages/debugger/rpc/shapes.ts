// The shape of each method's argument: Delve's RPC methods (service RPCServer, API version 2), and a few of our own.
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

/** Shapes of arguments by the methods' names. */
const SHAPES: Readonly<Record<string, Shape>> = {
	ProcessPid: struct("ProcessPidIn", {}),
	LastModified: struct("LastModifiedIn", {}),
	Detach: struct("DetachIn", { Kill: "bool" }),
	Restart: struct("RestartIn", {
		Position: "string",
		ResetArgs: "bool",
		NewArgs: list("string"),
		Rerecord: "bool",
		Rebuild: "bool",
		NewRedirects: { list: "string", length: 3 },
	}),
	State: struct("StateIn", { NonBlocking: "bool" }),
	Command: struct("DebuggerCommand", {
		name: "string",
		threadID: "int",
		goroutineID: "int",
		ReturnInfoLoadConfig: pointer(LOAD),
		expr: "string",
		WithEvents: "bool",
		unsafeCall: "bool",
	}),
	GetBufferedTracepoints: struct("GetBufferedTracepointsIn", { LoadCfg: pointer(LOAD) }),
	GetBreakpoint: struct("GetBreakpointIn", BY_ID),
	Stacktrace: struct("StacktraceIn", {
		Id: "int",
		Depth: "int",
		Full: "bool",
		Defers: "bool",
		Opts: "int",
		Cfg: pointer(LOAD),
		Skip: "int",
	}),
	Ancestors: struct("AncestorsIn", { GoroutineID: "int", NumAncestors: "int", Depth: "int" }),
	ListBreakpoints: struct("ListBreakpointsIn", { All: "bool" }),
	CreateBreakpoint: struct("CreateBreakpointIn", {
		Breakpoint: BREAKPOINT,
		LocExpr: "string",
		SubstitutePathRules: RULES,
		Suspended: "bool",
	}),
	SetExecutionPoint: struct("SetExecutionPointIn", { Addr: "uint64" }),
	CreateEBPFTracepoint: struct("CreateEBPFTracepointIn", { FunctionName: "string" }),
	ClearBreakpoint: struct("ClearBreakpointIn", BY_ID),
	ToggleBreakpoint: struct("ToggleBreakpointIn", BY_ID),
	AmendBreakpoint: struct("AmendBreakpointIn", { Breakpoint: BREAKPOINT }),
	CancelNext: struct("CancelNextIn", {}),
	ListThreads: struct("ListThreadsIn", {}),
	GetThread: struct("GetThreadIn", { Id: "int" }),
	ListPackageVars: struct("ListPackageVarsIn", { ...FILTER, Cfg: LOAD }),
	ListRegisters: struct("ListRegistersIn", { ThreadID: "int", IncludeFp: "bool", Scope: pointer(SCOPE) }),
	ListLocalVars: struct("ListLocalVarsIn", { Scope: SCOPE, Cfg: LOAD }),
	ListFunctionArgs: struct("ListFunctionArgsIn", { Scope: SCOPE, Cfg: LOAD }),
	Eval: struct("EvalIn", { Scope: SCOPE, Expr: "string", Cfg: pointer(LOAD) }),
	Set: struct("SetIn", { Scope: SCOPE, Symbol: "string", Value: "string" }),
	ListSources: struct("ListSourcesIn", FILTER),
	ListFunctions: struct("ListFunctionsIn", { ...FILTER, FollowCalls: "int" }),
	ListTypes: struct("ListTypesIn", FILTER),
	ListGoroutines: struct("ListGoroutinesIn", {
		Start: "int",
		Count: "int",
		Filters: list(GOROUTINE_FILTER),
		GroupBy: "int",
		GroupByKey: "string",
		MaxGroupMembers: "int",
		MaxGroups: "int",
		EvalScope: pointer(SCOPE),
	}),
	AttachedToExistingProcess: struct("AttachedToExistingProcessIn", {}),
	FindLocation: struct("FindLocationIn", { Scope: SCOPE, Loc: "string", IncludeNonExecutableLines: "bool", SubstitutePathRules: RULES }),
	Disassemble: struct("DisassembleIn", { Scope: SCOPE, StartPC: "uint64", EndPC: "uint64", Flavour: "int" }),
	Recorded: struct("RecordedIn", {}),
	Checkpoint: struct("CheckpointIn", { Where: "string" }),
	ListCheckpoints: struct("ListCheckpointsIn", {}),
	ClearCheckpoint: struct("ClearCheckpointIn", { ID: "int" }),
	IsMulticlient: struct("IsMulticlientIn", {}),
	FunctionReturnLocations: struct("FunctionReturnLocationsIn", { FnName: "string" }),
	ListDynamicLibraries: struct("ListDynamicLibrariesIn", {}),
	ListPackagesBuildInfo: struct("ListPackagesBuildInfoIn", { IncludeFiles: "bool", Filter: "string" }),
	ExamineMemory: struct("ExamineMemoryIn", { Address: "uint64", Length: "int" }),
	StopRecording: struct("StopRecordingIn", {}),
	DumpStart: struct("DumpStartIn", { Destination: "string" }),
	DumpWait: struct("DumpWaitIn", { Wait: "int" }),
	DumpCancel: struct("DumpCancelIn", {}),
	CreateWatchpoint: struct("CreateWatchpointIn", { Scope: SCOPE, Expr: "string", Type: "int" }),
	BuildID: struct("BuildIDIn", {}),
	ListTargets: struct("ListTargetsIn", {}),
	FollowExec: struct("FollowExecIn", { Enable: "bool", Regex: "string" }),
	FollowExecEnabled: struct("FollowExecEnabledIn", {}),
	DebugInfoDirectories: struct("DebugInfoDirectoriesIn", { Set: "bool", List: list("string") }),
	GuessSubstitutePath: struct("GuessSubstitutePathIn", {
		Args: struct("GuessSubstitutePathIn", {
			ImportPathOfMainPackage: "string",
			ClientGOROOT: "string",
			ClientModuleDirectories: { map: "string" },
		}),
	}),
	GetEvents: struct("GetEventsIn", {}),
	CancelDownloads: struct("CancelDownloadsIn", {}),
	DownloadLibraryDebugInfo: struct("DownloadLibraryDebugInfoIn", { N: "int", WithEvents: "bool" }),
	TypeInfo: struct("TypeInfoIn", { Name: "string" }),
	GetVersion: struct("GetVersionIn", {}),
	FindLeaks: struct("FindLeaksIn", {}),
	FindDeadlocks: struct("FindDeadlocksIn", {}),
	WaitReasons: struct("WaitReasonsIn", {}),
	SetApiVersion: struct("SetAPIVersionIn", { APIVersion: "int" }),
};

export function isMethod(name: string): boolean {
	return Object.hasOwn(SHAPES, name);
}

/** Names of all methods. */
export function methodNames(): string[] {
	return Object.keys(SHAPES);
}

/** An argument in its method's shape. Throws DecodeError. */
export function decodeArgument(name: string, arg: unknown): unknown {
	const shape = isMethod(name) ? SHAPES[name] : undefined;
	if (shape === undefined) throw new DecodeError(`unknown method: ${name}`);
	return decode(shape, arg, name);
}
