// The terminal's commands, in the order in which help lists them.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { ApiBreakpoint, ApiThread, ApiVariable, DebuggerState } from "../api.ts";
import { substitutePath } from "../paths.ts";
import { condition, findLocation, listBreakpoints, on, placeOf, setBreakpoint, watch } from "./breakpoints.ts";
import { dumpCore } from "./dump.ts";
import { display, examineMemory, names, print, printVariables, variableArguments, whatis } from "./data.ts";
import { breakpointName, hex } from "./format.ts";
import { HELP } from "./help.ts";
import { goroutine, listGoroutines, threads } from "./goroutines.ts";
import { continueTo, repeatNext, restart, restarted, stepInstruction, stepLike } from "./running.ts";
import { disassemble, frame, list, stack } from "./stacks.ts";
import { type Context, ExitRequest, type Terminal, message } from "./terminal.ts";
import { split2 } from "./words.ts";

export interface Command {
	names: readonly string[];
	group: "run" | "break" | "data" | "goroutine" | "stack" | "other";
	help: string;
	/** It can follow "on BREAKPOINT". */
	on?: boolean;
	run: (t: Terminal, args: string, c: Context) => Promise<void>;
}

const GROUPS: readonly (readonly [Command["group"], string])[] = [
	["run", "Running the program"],
	["break", "Manipulating breakpoints"],
	["data", "Viewing program variables and memory"],
	["goroutine", "Listing and switching between threads and goroutines"],
	["stack", "Viewing the call stack and selecting frames"],
	["other", "Other commands"],
];

async function target(t: Terminal, args: string): Promise<void> {
	const [what, rest] = split2(args);
	interface Targets {
		Targets: { Pid: number; CmdLine: string; CurrentThread: ApiThread | null }[];
	}
	switch (what) {
		case "list": {
			const { Targets } = await t.client.call<Targets>("ListTargets", {});
			const state = await t.state();
			const width = Math.max(...Targets.map((x) => String(x.Pid).length));
			for (const x of Targets) t.line(`${x.Pid === state.Pid ? "*" : " "}   ${String(x.Pid).padEnd(width)}  ${x.CmdLine}`);
			return;
		}
		case "follow-exec":
			if (rest === "-off") await t.client.call("FollowExec", { Enable: false, Regex: "" });
			else if (rest.startsWith("-on")) await t.client.call("FollowExec", { Enable: true, Regex: rest.slice(3).trim() });
			else if (rest === "")
				t.line(`Follow exec is ${(await t.client.call<{ Enabled: boolean }>("FollowExecEnabled", {})).Enabled ? "enabled" : "disabled"}.`);
			else throw new Error(`unknown argument ${JSON.stringify(rest)} to 'target follow-exec'`);
			return;
		case "switch": {
			const { Targets } = await t.client.call<Targets>("ListTargets", {});
			const x = Targets.find((y) => String(y.Pid) === rest);
			if (x?.CurrentThread === null || x === undefined) throw new Error(`could not find target ${rest}`);
			await t.client.call("Command", { name: "switchThread", threadID: x.CurrentThread.id });
			return;
		}
		default:
			throw new Error(what === "" ? "not enough arguments for 'target'" : `unknown command 'target ${what}'`);
	}
}

async function edit(t: Terminal, args: string, c: Context): Promise<void> {
	const editor = process.env["DELVE_EDITOR"] ?? process.env["EDITOR"];
	if (editor === undefined || editor === "") throw new Error("Neither DELVE_EDITOR or EDITOR is set");
	const place = args === "" ? (await t.state()).currentThread : (await findLocation(t, c.scope, args)).Locations[0];
	if (place === undefined) throw new Error("no location");
	spawnSync(editor, [`+${place.line}`, substitutePath(place.file, t.config.substitutePath)], { stdio: "inherit", shell: true });
}

async function help(t: Terminal, args: string): Promise<void> {
	if (args !== "") {
		const c = t.find(args);
		if (c === null) throw new Error("command not available");
		t.line(c.help);
		const more = HELP[c.names[0] as string];
		if (more !== undefined) t.line(`\n${more}`);
		return;
	}
	t.line("The following commands are available:");
	for (const [group, title] of GROUPS) {
		t.line(`\n${title}:`);
		const own = COMMANDS.filter((c) => c.group === group).sort((a, b) => ((a.names[0] as string) < (b.names[0] as string) ? -1 : 1));
		const rows = own.map(
			(c) =>
				[
					`    ${c.names[0]}${c.names.length > 1 ? ` (alias: ${c.names.slice(1).join(" | ")})` : ""} `,
					c.help.split("\n")[0] ?? "",
				] as const,
		);
		const width = Math.max(...rows.map(([l]) => l.length));
		for (const [l, r] of rows) t.line(`${l.padEnd(width, "-")} ${r}`);
	}
	t.line("\nType help followed by a command for full documentation.");
}

export const COMMANDS: readonly Command[] = [
	{ names: ["help", "h"], group: "other", help: "Prints the help message.\n\n\thelp [command]", run: help },
	{
		names: ["break", "b"],
		group: "break",
		help: "Sets a breakpoint.\n\n\tbreak [name] [locspec] [if <condition>]",
		run: async (t, a, c) => void (await setBreakpoint(t, c, a, false)),
	},
	{
		names: ["trace", "t"],
		group: "break",
		help: "Set tracepoint.\n\n\ttrace [name] [locspec]",
		on: true,
		run: async (t, a, c) => {
			if (c.breakpoint === null) await setBreakpoint(t, c, a, true);
			else c.breakpoint.continue = true;
		},
	},
	{ names: ["watch"], group: "break", help: "Set watchpoint.\n\n\twatch [-r|-w|-rw] <expr>", run: watch },
	{ names: ["restart", "r"], group: "run", help: "Restart process.\n\n\trestart [-noargs] [newargv...] [redirects...]", run: restart },
	{
		names: ["rebuild"],
		group: "run",
		help: "Rebuild the target executable and restarts it. It does not work if the executable was not built by delve.",
		run: async (t) => {
			await t.client.call("Restart", { Rebuild: true });
			await restarted(t);
		},
	},
	{
		names: ["continue", "c"],
		group: "run",
		help: "Run until breakpoint or program termination.\n\n\tcontinue [<locspec>]",
		run: continueTo,
	},
	{ names: ["step", "s"], group: "run", help: "Single step through program.", run: (t) => stepLike(t, "step", "step") },
	{
		names: ["step-instruction", "si", "stepi"],
		group: "run",
		help: "Single step a single cpu instruction.",
		run: (t) => stepInstruction(t, "stepInstruction"),
	},
	{
		names: ["next-instruction", "ni", "nexti"],
		group: "run",
		help: "Single step a single cpu instruction, skipping function calls.",
		run: (t) => stepInstruction(t, "nextInstruction"),
	},
	{ names: ["next", "n"], group: "run", help: "Step over to next source line.\n\n\tnext [count]", run: repeatNext },
	{ names: ["stepout", "so"], group: "run", help: "Step out of the current function.", run: (t) => stepLike(t, "stepOut", "stepout") },
	{
		names: ["call"],
		group: "run",
		help: "Resumes process, injecting a function call (EXPERIMENTAL!!!)\n\n\tcall [-unsafe] <function call expression>",
		run: async (t, a) => {
			const [flag, rest] = split2(a);
			const unsafeCall = flag === "-unsafe";
			const state = await t.resume("call", { expr: unsafeCall ? rest : a, unsafeCall });
			await t.showPosition(state.currentThread);
		},
	},
	{
		names: ["jump", "j"],
		group: "run",
		help: "Set the next instruction to be executed (EXPERIMENTAL!!!).\n\n\tjump <locspec>",
		run: async (t, a, c) => {
			const { Locations } = await findLocation(t, c.scope, a);
			const l = Locations[0];
			if (l === undefined) throw new Error("no location");
			const { State } = await t.client.call<{ State: DebuggerState }>("SetExecutionPoint", { Addr: l.pc });
			t.showContext(State);
			await t.showPosition(State.currentThread);
		},
	},
	{ names: ["threads"], group: "goroutine", help: "Print out info for every traced thread.", run: threads },
	{
		names: ["thread", "tr"],
		group: "goroutine",
		help: "Switch to the specified thread.\n\n\tthread <id>",
		run: async (t, a) => {
			if (a === "") throw new Error("you must specify a thread");
			const before = await t.state();
			const { State } = await t.client.call<{ State: DebuggerState }>("Command", { name: "switchThread", threadID: Number(a) });
			const id = (s: DebuggerState): string => String(s.currentThread?.id ?? "<none>");
			t.line(`Switched from ${id(before)} to ${id(State)}`);
		},
	},
	{
		names: ["clear"],
		group: "break",
		help: "Deletes breakpoint.\n\n\tclear <breakpoint name or id>",
		run: async (t, a) => {
			if (a === "") throw new Error("not enough arguments");
			const arg = /^-?\d+$/.test(a) ? { Id: Number(a) } : { Name: a };
			const { Breakpoint } = await t.client.call<{ Breakpoint: ApiBreakpoint }>("ClearBreakpoint", arg);
			t.line(`${breakpointName(Breakpoint, true)} cleared at ${placeOf(t, Breakpoint)}`);
		},
	},
	{
		names: ["clearall"],
		group: "break",
		help: "Deletes multiple breakpoints.\n\n\tclearall [<locspec>]",
		run: async (t, a) => {
			const { Breakpoints } = await t.client.call<{ Breakpoints: ApiBreakpoint[] }>("ListBreakpoints", {});
			const only =
				a === ""
					? null
					: new Set(
							(await findLocation(t, { GoroutineID: -1, Frame: 0, DeferredCall: 0 }, a)).Locations.flatMap((l) => [l.pc, ...(l.pcs ?? [])]),
						);
			for (const bp of Breakpoints) {
				if (bp.id < 0 || (only !== null && !only.has(bp.addr))) continue;
				await t.client
					.call("ClearBreakpoint", { Id: bp.id })
					.catch((e: unknown) => t.line(`Couldn't delete ${breakpointName(bp, false)} at ${placeOf(t, bp)}: ${message(e)}`));
				t.line(`${breakpointName(bp, true)} cleared at ${placeOf(t, bp)}`);
			}
		},
	},
	{
		names: ["toggle"],
		group: "break",
		help: "Toggles on or off a breakpoint.\n\n\ttoggle <breakpoint name or id>",
		run: async (t, a) => {
			if (a === "") throw new Error("not enough arguments");
			const arg = /^-?\d+$/.test(a) ? { Id: Number(a) } : { Name: a };
			const { Breakpoint } = await t.client.call<{ Breakpoint: ApiBreakpoint }>("ToggleBreakpoint", arg);
			t.line(`${breakpointName(Breakpoint, true)} toggled at ${placeOf(t, Breakpoint)}`);
		},
	},
	{
		names: ["goroutines", "grs"],
		group: "goroutine",
		help: "List program goroutines.\n\n\tgoroutines [-u|-r|-g|-s] [-t [depth]] [-l] [-with loc expr] [-without loc expr] [-group argument] [-chan expr] [-exec command]\n\tgoroutines -s waiting|running|runnable|syscall|dead\n\tgoroutines -leaks [-t [depth]] [-l]\n\tgoroutines -deadlock [-t [depth]] [-l]",
		run: listGoroutines,
	},
	{
		names: ["goroutine", "gr"],
		group: "goroutine",
		help: "Shows or changes current goroutine\n\n\tgoroutine [<id>] [<command>]",
		on: true,
		run: goroutine,
	},
	{
		names: ["breakpoints", "bp"],
		group: "break",
		help: "Print out info for active breakpoints.\n\n\tbreakpoints [-a] [-save <filename>]",
		run: listBreakpoints,
	},
	{ names: ["print", "p"], group: "data", help: "Evaluate an expression.\n\n\tprint [%format] <expression>", on: true, run: print },
	{ names: ["whatis"], group: "data", help: "Prints type of an expression or a type.\n\n\twhatis <expression>", run: whatis },
	{
		names: ["set"],
		group: "data",
		help: "Changes the value of a variable.\n\n\tset <variable> = <value>",
		run: async (t, a, c) => {
			const eq = /^((?:[^=!<>]|[!<>=]=)*[^=!<>])=(?!=)([\s\S]*)$/.exec(a);
			if (eq === null) throw new Error("syntax error '=' not found");
			await t.client.call("Set", { Scope: c.scope, Symbol: (eq[1] as string).trim(), Value: (eq[2] as string).trim() });
		},
	},
	{
		names: ["sources"],
		group: "other",
		help: "Print list of source files.\n\n\tsources [<regex>]",
		run: (t, a) => names(t, "ListSources", "Sources", a),
	},
	{
		names: ["funcs"],
		group: "other",
		help: "Print list of functions.\n\n\tfuncs [<regex>]",
		run: (t, a) => names(t, "ListFunctions", "Funcs", a),
	},
	{ names: ["types"], group: "other", help: "Print list of types\n\n\ttypes [<regex>]", run: (t, a) => names(t, "ListTypes", "Types", a) },
	{
		names: ["packages"],
		group: "other",
		help: "Print list of packages.\n\n\tpackages [<regex>]",
		run: async (t, a) => {
			const { List } = await t.client.call<{ List: { ImportPath: string }[] }>("ListPackagesBuildInfo", { Filter: a });
			for (const p of List.map((x) => x.ImportPath).sort()) t.line(p);
		},
	},
	{
		names: ["args"],
		group: "data",
		help: "Print function arguments.\n\n\targs [-v] [<regex>]",
		on: true,
		run: async (t, a, c) => {
			const { filter, load } = variableArguments(t, a);
			if (c.breakpoint !== null) {
				if (filter !== "") throw new Error("filter not supported on breakpoint");
				c.breakpoint.LoadArgs = load;
				return;
			}
			const { Args } = await t.client.call<{ Args: ApiVariable[] }>("ListFunctionArgs", { Scope: c.scope, Cfg: load });
			printVariables(t, "args", Args, filter, load);
		},
	},
	{
		names: ["locals"],
		group: "data",
		help: "Print local variables.\n\n\tlocals [-v] [<regex>]",
		on: true,
		run: async (t, a, c) => {
			const { filter, load } = variableArguments(t, a);
			if (c.breakpoint !== null) {
				if (filter !== "") throw new Error("filter not supported on breakpoint");
				c.breakpoint.LoadLocals = load;
				return;
			}
			const { Variables } = await t.client.call<{ Variables: ApiVariable[] }>("ListLocalVars", { Scope: c.scope, Cfg: load });
			printVariables(t, "locals", Variables, filter, load);
		},
	},
	{
		names: ["vars"],
		group: "data",
		help: "Print package variables.\n\n\tvars [-v] [<regex>]",
		run: async (t, a) => {
			const { filter, load } = variableArguments(t, a);
			const { Variables } = await t.client.call<{ Variables: ApiVariable[] }>("ListPackageVars", { Filter: filter, Cfg: load });
			printVariables(t, "vars", Variables, filter, load);
		},
	},
	{
		names: ["regs"],
		group: "data",
		help: "Print contents of CPU registers.\n\n\tregs [-a]",
		run: async (t, a, c) => {
			const plain = c.scope.GoroutineID < 0 && c.scope.Frame === 0;
			const { Registers } = await t.client.call<{ Registers: string }>("ListRegisters", {
				IncludeFp: a === "-a",
				Scope: plain ? null : c.scope,
			});
			t.line(Registers);
		},
	},
	{
		names: ["exit", "quit", "q"],
		group: "other",
		help: "Exit the debugger.\n\n\texit [-c]",
		run: async (t, a) => {
			if (a === "-c" && !(await t.multiclient())) throw new Error("not connected to an --accept-multiclient server");
			throw new ExitRequest(a === "-c");
		},
	},
	{ names: ["list", "ls", "l"], group: "other", help: "Show source code.\n\n\tlist [<locspec>]", run: list },
	{
		names: ["stack", "bt"],
		group: "stack",
		help: "Print stack trace.\n\n\tstack [<depth>] [-full] [-offsets] [-defer] [-a <n>] [-adepth <depth>] [-mode <mode>]",
		on: true,
		run: stack,
	},
	{
		names: ["frame"],
		group: "stack",
		help: "Set the current frame, or execute command on a different frame.\n\n\tframe <m>\n\tframe <m> <command>",
		run: (t, a, c) => frame(t, a, c, 0),
	},
	{
		names: ["up"],
		group: "stack",
		help: "Move the current frame up.\n\n\tup [<m>]\n\tup [<m>] <command>",
		run: (t, a, c) => frame(t, a, c, 1),
	},
	{
		names: ["down"],
		group: "stack",
		help: "Move the current frame down.\n\n\tdown [<m>]\n\tdown [<m>] <command>",
		run: (t, a, c) => frame(t, a, c, -1),
	},
	{
		names: ["deferred"],
		group: "stack",
		help: "Executes command in the context of a deferred call.\n\n\tdeferred <n> <command>",
		run: async (t, a, c) => {
			const [n, rest] = split2(a);
			if (rest === "") throw new Error("not enough arguments");
			if (!/^[+-]?\d+$/.test(n)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(n)}: invalid syntax`);
			if (Number(n) <= 0)
				throw new Error("argument of deferred must be a number greater than 0 (use 'stack -defer' to see the list of deferred calls)");
			await t.execute(rest, { ...c, scope: { ...c.scope, DeferredCall: Number(n) } });
		},
	},
	{
		names: ["source"],
		group: "other",
		help: "Executes a file containing a list of delve commands\n\n\tsource <path>\n\nA path that ends with .js is a script: the body of an async function that sees dlv.METHOD(arguments) for every method of the\nJSON-RPC API, evaluate(expr), command(text) (what it printed), run(text), print, scope(), loadConfig(), readFile, writeFile,\nappendFile and sleep(ms). Functions named command_NAME become commands; main() is called.",
		run: async (t, a) => {
			if (a === "") throw new Error("wrong number of arguments: source <filename>");
			if (a.endsWith(".star") || a === "-")
				throw new Error("Starlark scripts are not supported: scripts are JavaScript files (source FILE.js)");
			await t.source(a);
		},
	},
	{
		names: ["disassemble", "disass"],
		group: "other",
		help: "Disassembler.\n\n\tdisassemble [-a <start> <end>] [-l <locspec>]",
		run: disassemble,
	},
	{
		names: ["on"],
		group: "break",
		help: "Executes a command when a breakpoint is hit.\n\n\ton <breakpoint name or id> <command>",
		run: on,
	},
	{
		names: ["condition", "cond"],
		group: "break",
		help: "Set breakpoint condition.\n\n\tcondition <breakpoint name or id> <boolean expression>",
		on: true,
		run: condition,
	},
	{
		names: ["config"],
		group: "other",
		help: "Changes configuration parameters.\n\n\tconfig -list\n\tconfig -save\n\tconfig <parameter> <value>",
		run: (t, a) => {
			const [name, rest] = split2(a);
			if (name === "-list") t.print(t.config.list());
			else if (name === "-save") t.config.save();
			else if (name === "") return Promise.reject(new Error('wrong number of arguments to "config"'));
			else t.config.set(name, rest);
			return Promise.resolve();
		},
	},
	{ names: ["edit", "ed"], group: "other", help: "Open where you are in $DELVE_EDITOR or $EDITOR\n\n\tedit [locspec]", run: edit },
	{
		names: ["libraries"],
		group: "other",
		help: "List loaded dynamic libraries.",
		run: async (t) => {
			const { List } = await t.client.call<{ List: { Path: string; Address: number; LoadError: string }[] }>("ListDynamicLibraries", {});
			List.forEach((l, i) => t.line(`${i}. ${hex(l.Address)} ${l.Path}${l.LoadError === "" ? "" : `\n   Load error: ${l.LoadError}`}`));
		},
	},
	{
		names: ["examinemem", "x"],
		group: "data",
		help: "Examine raw memory at the given address.\n\n\texaminemem [-fmt <format>] [-count|-len <count>] [-size <size>] <address>\n\texaminemem [...] -x <expression>",
		run: examineMemory,
	},
	{
		names: ["display"],
		group: "data",
		help: "Print value of an expression every time the program stops.\n\n\tdisplay -a [%format] <expression>\n\tdisplay -d <number>",
		run: display,
	},
	{
		names: ["dump"],
		group: "other",
		help: "Creates a core dump from the current process state\n\n\tdump <output file>",
		run: async (t, a) => {
			if (a === "") throw new Error("not enough arguments");
			await dumpCore(t, a);
		},
	},
	{
		names: ["transcript"],
		group: "other",
		help: "Appends command output to a file.\n\n\ttranscript [-t] [-x] <output file>\n\ttranscript -off",
		run: (t, a) => {
			const words = a.split(/\s+/);
			const file = words.find((w) => !w.startsWith("-")) ?? "";
			if (words.includes("-off")) t.setTranscript("", false);
			else if (file === "") return Promise.reject(new Error("no output path specified"));
			else {
				if (words.includes("-t")) writeFileSync(file, "");
				t.setTranscript(file, words.includes("-x"));
			}
			return Promise.resolve();
		},
	},
	{
		names: ["target"],
		group: "other",
		help: "Manages child process debugging.\n\n\ttarget follow-exec [-on [regex]] [-off]\n\ttarget list\n\ttarget switch [pid]",
		run: target,
	},
];
