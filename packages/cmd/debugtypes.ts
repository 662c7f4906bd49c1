// The types of the debugger's API (apidebug.ts), without imports, as apitypes.ts.

/** What to debug: a program to start (`program`), a process (`pid`), or a core file (`core`, with its `program`). */
export interface DebugRequest {
	/** Path of the executable; of a process, only where /proc cannot give it. */
	program?: string;
	/** Arguments of a program to start. */
	args?: readonly string[];
	/** Its working directory. Default: that of this process. */
	dir?: string;
	/** Variables to add to its environment, or (null) to take away. */
	env?: Readonly<Record<string, string | null>>;
	/** Files for its standard streams. Default: those of this process. */
	stdin?: string;
	stdout?: string;
	stderr?: string;
	pid?: number;
	core?: string;
}

/** Where code is. */
export interface CodePlace {
	/** Name of the function, "" where there is none. */
	function: string;
	file: string;
	line: number;
	pc: number;
}

/** Why the program stands still. */
export interface DebugStop extends CodePlace {
	/** breakpoint, "next finished", watchpoint, manual, launched, attached, …; exited: there is no program any more. */
	reason: string;
	/** Exit code, minus the number of a signal; null while it lives. */
	exitStatus: number | null;
	/** Number of the goroutine that stopped, 0 = none. */
	goroutine: number;
	/** Number of the breakpoint that was hit, 0 = none. */
	breakpoint: number;
}

export interface DebugBreakpoint {
	id: number;
	/** Empty for one whose place does not exist yet. */
	places: CodePlace[];
}

export interface BreakpointOptions {
	/** An expression: the program goes on where it is false. */
	condition?: string;
	/** As `> 3` or `% 10`, on the number of hits. */
	hits?: string;
	/** Note the hit in an event and go on. */
	trace?: boolean;
}

/** A value as the program has it. */
export interface DebugValue {
	name: string;
	type: string;
	/** Text of numbers, strings and the like; "" for what has children. */
	value: string;
	/** Elements of strings, arrays, slices, maps and channels there are; fewer may have been read. */
	length: number;
	address: number;
	/** Why it could not be read; "" = it could. */
	unreadable: string;
	children: DebugValue[];
}

/** Which goroutine and frame an expression is about. Default: those that stopped. */
export interface DebugScope {
	goroutine?: number;
	frame?: number;
}

export interface DebugGoroutine extends CodePlace {
	id: number;
	/** Kernel id of the thread that runs it, 0 = none does. */
	thread: number;
	/** Place of the go statement that made it. */
	createdBy: CodePlace;
	labels: Record<string, string>;
}

export type DebugEvent =
	| { kind: "resumed" | "stopped" }
	/** A process was started by the program. */
	| { kind: "process"; pid: number; command: string; followed: boolean }
	/** A breakpoint found its place. */
	| { kind: "breakpoint"; id: number };

/** A session. All methods reject with an Error in Delve's words when something cannot be done. */
export interface Debugger {
	pid(): Promise<number>;
	/** Sets a breakpoint; the location as in Delve's terminal: `main.main`, `file.go:12`, `+1`, `*0x49a0e0`, `/regexp/`. */
	breakpoint(location: string, options?: BreakpointOptions): Promise<DebugBreakpoint>;
	clear(id: number): Promise<void>;
	continue(): Promise<DebugStop>;
	next(): Promise<DebugStop>;
	step(): Promise<DebugStop>;
	stepOut(): Promise<DebugStop>;
	/** Stops a program that runs; the promise that runs it is fulfilled then. */
	halt(): void;
	evaluate(expression: string, scope?: DebugScope): Promise<DebugValue>;
	/** Assigns the value of an expression. */
	set(variable: string, expression: string, scope?: DebugScope): Promise<void>;
	locals(scope?: DebugScope): Promise<DebugValue[]>;
	args(scope?: DebugScope): Promise<DebugValue[]>;
	/** Frames, the innermost first. */
	stack(goroutine?: number, depth?: number): Promise<CodePlace[]>;
	/** Some goroutines, from a number that an earlier answer gave; next is -1 at the end. */
	goroutines(start?: number, count?: number): Promise<{ goroutines: DebugGoroutine[]; next: number }>;
	/** Calls f with what happens; call what it returns to stop that. */
	onEvent(f: (e: DebugEvent) => void): () => void;
	/** Writes a core file; the program goes on existing. */
	dump(path: string): Promise<void>;
	/** A method of Delve's JSON-RPC API version 2, for what is not here. */
	request(method: string, argument: object): Promise<unknown>;
	/** Ends the session. What was started is killed and what was attached to goes on, unless `kill` says otherwise. */
	close(options?: { kill?: boolean }): Promise<void>;
}

/** Starts a program, attaches to a process, or opens a core file. */
export type Debug = (request: DebugRequest) => Promise<Debugger>;
