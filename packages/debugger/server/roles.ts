// What a client may do. An observer looks; what runs, changes or ends the program is for clients in control.

export type Role = "control" | "observe";

export const ROLES: readonly Role[] = ["control", "observe"];

/** Methods that neither run the program nor change it or what other clients see. */
const LOOKING: ReadonlySet<string> = new Set([
	"Ancestors",
	"AttachedToExistingProcess",
	"BuildID",
	"CancelDownloads",
	"Disassemble",
	"DumpWait",
	"Eval",
	"ExamineMemory",
	"FindDeadlocks",
	"FindLeaks",
	"FindLocation",
	"FollowExecEnabled",
	"FunctionReturnLocations",
	"GetBreakpoint",
	"GetBufferedTracepoints",
	"GetEvents",
	"GetThread",
	"GetVersion",
	"GuessSubstitutePath",
	"IsMulticlient",
	"LastModified",
	"ListBreakpoints",
	"ListCheckpoints",
	"ListDynamicLibraries",
	"ListFunctionArgs",
	"ListFunctions",
	"ListGoroutines",
	"ListLocalVars",
	"ListPackageVars",
	"ListPackagesBuildInfo",
	"ListRegisters",
	"ListSources",
	"ListTargets",
	"ListThreads",
	"ListTypes",
	"ProcessPid",
	"Recorded",
	"SetApiVersion",
	"Stacktrace",
	"State",
	"TypeInfo",
	"WaitReasons",
]);

/** Commands that change only what the client itself has selected. */
const SELECTING: ReadonlySet<string> = new Set(["switchThread", "switchGoroutine"]);

/** Methods that say nothing about what a client is after: they are not noted. */
const CHATTER: ReadonlySet<string> = new Set([
	"AttachedToExistingProcess",
	"CancelDownloads",
	"DumpWait",
	"GetBufferedTracepoints",
	"GetEvents",
	"GetVersion",
	"IsMulticlient",
	"LastModified",
	"ProcessPid",
	"Recorded",
	"SetApiVersion",
	"State",
	"WaitReasons",
]);

/** The `name` of a Command's argument, "" of other methods. */
export function commandName(method: string, arg: unknown): string {
	return method === "Command" ? String((arg as { name?: unknown } | null)?.name ?? "") : "";
}

/** Whether a role may use a method with this (decoded) argument. */
export function mayCall(role: Role, method: string, arg: unknown): boolean {
	if (role === "control" || LOOKING.has(method)) return true;
	// Setting the directories is for those in control, asking for them is not.
	if (method === "DebugInfoDirectories") return (arg as { Set?: unknown } | null)?.Set !== true;
	return SELECTING.has(commandName(method, arg));
}

export function isNoted(method: string): boolean {
	return !CHATTER.has(method);
}
