// The shapes of Delve's API version 2, as they are on the wire: clients of the terminal, RPC and DAP all get these.
// Source: the JSON that Delve 1.27.2 sends. Addresses are numbers (user space is below 2^47).

import type { VariableView } from "#proc";

export interface LoadConfig {
	FollowPointers: boolean;
	MaxVariableRecurse: number;
	MaxStringLen: number;
	MaxArrayValues: number;
	/** -1 = all. */
	MaxStructFields: number;
}

export interface ApiFunction {
	name: string;
	value: number;
	type: number;
	goType: number;
	optimized: boolean;
}

export interface ApiLocation {
	pc: number;
	file: string;
	line: number;
	function?: ApiFunction;
	pcs?: number[];
	pcpids?: number[];
}

export type ApiVariable = VariableView;

export interface ApiBreakpoint {
	id: number;
	name: string;
	addr: number;
	addrs: number[] | null;
	addrpid: number[] | null;
	file: string;
	line: number;
	functionName?: string;
	ExprString: string;
	Cond: string;
	HitCond: string;
	HitCondPerG: boolean;
	/** A tracepoint. */
	continue: boolean;
	traceReturn: boolean;
	goroutine: boolean;
	stacktrace: number;
	variables?: string[];
	LoadArgs: LoadConfig | null;
	LoadLocals: LoadConfig | null;
	customCommands?: string[];
	WatchExpr: string;
	WatchType: number;
	VerboseDescr?: string[];
	hitCount: Record<string, number>;
	totalHitCount: number;
	disabled: boolean;
	RootFuncName: string;
	TraceFollowCalls: number;
}

export interface BreakpointInfo {
	stacktrace?: ApiStackframe[];
	goroutine?: ApiGoroutine;
	variables?: ApiVariable[];
	arguments?: ApiVariable[];
	locals?: ApiVariable[];
}

export interface ApiThread {
	id: number;
	pc: number;
	file: string;
	line: number;
	function?: ApiFunction;
	goroutineID: number;
	breakPoint?: ApiBreakpoint;
	breakPointInfo?: BreakpointInfo;
	ReturnValues: ApiVariable[] | null;
	CallReturn: boolean;
}

export interface ApiGoroutine {
	id: number;
	currentLoc: ApiLocation;
	userCurrentLoc: ApiLocation;
	goStatementLoc: ApiLocation;
	startLoc: ApiLocation;
	threadID: number;
	status: number;
	waitSince: number;
	waitReason: number;
	unreadable: string;
	labels?: Record<string, string>;
}

export interface ApiDefer {
	DeferredLoc: ApiLocation;
	DeferLoc: ApiLocation;
	SP: number;
	Unreadable: string;
}

export interface ApiStackframe extends ApiLocation {
	Locals: ApiVariable[] | null;
	Arguments: ApiVariable[] | null;
	FrameOffset: number;
	FramePointerOffset: number;
	Defers: ApiDefer[] | null;
	Bottom?: boolean;
	Err: string;
}

export interface DebuggerState {
	Pid: number;
	TargetCommandLine: string;
	Running: boolean;
	Recording: boolean;
	CoreDumping: boolean;
	currentThread?: ApiThread;
	currentGoroutine?: ApiGoroutine;
	Threads: ApiThread[] | null;
	NextInProgress: boolean;
	WatchOutOfScope: ApiBreakpoint[] | null;
	exited: boolean;
	exitStatus: number;
	When: string;
	stopReason?: string;
}

export interface DebuggerCommand {
	name: string;
	threadID: number;
	goroutineID: number;
	ReturnInfoLoadConfig: LoadConfig | null;
	expr: string;
	WithEvents: boolean;
	unsafeCall: boolean;
}

export interface EvalScope {
	GoroutineID: number;
	Frame: number;
	DeferredCall: number;
}

export interface AsmInstruction {
	Loc: ApiLocation;
	DestLoc: ApiLocation | null;
	Text: string;
	/** Base64, as Go encodes bytes. */
	Bytes: string;
	Breakpoint: boolean;
	AtPC: boolean;
}

export interface ApiRegister {
	Name: string;
	Value: string;
	DwarfNumber: number;
}

export interface ApiEvent {
	/** 0 resumed, 1 stopped, 2 download, 3 breakpoint materialized, 4 process spawned, 5 download done. */
	Kind: number;
	Breakpoint?: ApiBreakpoint;
	PID?: number;
	ThreadID?: number;
	Cmdline?: string;
	WillFollow?: boolean;
}

export interface ApiDumpState {
	Dumping: boolean;
	AllDone: boolean;
	ThreadsDone: number;
	ThreadsTotal: number;
	/** Bytes of memory. */
	MemDone: number;
	MemTotal: number;
	Err: string;
}
