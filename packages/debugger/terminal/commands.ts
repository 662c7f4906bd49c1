// The terminal's commands, in the order in which help lists them.
import { writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { printValue } from "#proc";
import type {
	ApiBreakpoint,
	ApiGoroutine,
	ApiLocation,
	ApiStackframe,
	ApiThread,
	ApiVariable,
	AsmInstruction,
	DebuggerState,
	EvalScope,
	LoadConfig,
} from "../api.ts";
import { checkBreakpointName, emptyBreakpoint } from "../logical.ts";
import { substitutePath } from "../locspec.ts";
import {
	breakpointAttributes,
	breakpointName,
	goroutineLong,
	goroutineText,
	hex,
	SHORT_LOAD,
	sameLoad,
	singleLine,
	tabTable,
} from "./format.ts";
import { type Context, ExitRequest, message, type Terminal } from "./terminal.ts";

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

const split2 = (s: string): [string, string] => {
	const m = /^(\S*)\s*([\s\S]*)$/.exec(s.trim());
	return [m?.[1] ?? "", m?.[2]?.trim() ?? ""];
};

// Breakpoints.

function placeOf(t: Terminal, bp: ApiBreakpoint): string {
	const addresses = (bp.addrs ?? [bp.addr]).map(hex).join(",");
	if (bp.WatchExpr !== "") return addresses;
	const name = bp.functionName === undefined ? "" : `${bp.functionName}() `;
	return `${addresses} for ${name}${t.formatPath(bp.file)}:${bp.line}`;
}

interface Found {
	Locations: ApiLocation[];
	SubstituteLocExpr: string;
}

function findLocation(t: Terminal, scope: EvalScope, spec: string): Promise<Found> {
	return t.client.call<Found>("FindLocation", {
		Scope: scope,
		Loc: spec,
		IncludeNonExecutableLines: true,
		SubstitutePathRules: t.config.substitutePath,
	});
}

function nameAndSpec(args: string): { name: string; spec: string } {
	const [first, rest] = split2(args);
	if (args === "") return { name: "", spec: "+0" };
	if (rest === "") return { name: "", spec: args };
	try {
		checkBreakpointName(first);
		return { name: first, spec: rest };
	} catch {
		return { name: "", spec: args };
	}
}

async function setBreakpoint(t: Terminal, c: Context, args: string, tracepoint: boolean): Promise<ApiBreakpoint[]> {
	let { name, spec } = nameAndSpec(args);
	let condition = "";
	let found: Found;
	try {
		found = await findLocation(t, c.scope, spec);
	} catch (first) {
		let error: unknown = first;
		let text = args;
		const m = /^if | if /.exec(args);
		let got: Found | null = null;
		if (m !== null) {
			condition = args.slice(m.index + m[0].length);
			text = args.slice(0, m.index);
			({ name, spec } = nameAndSpec(text));
			got = await findLocation(t, c.scope, spec).catch((e: unknown) => {
				error = e;
				return null;
			});
		}
		if (got === null && name !== "") {
			name = "";
			spec = text;
			got = await findLocation(t, c.scope, spec).catch(() => null);
		}
		if (got === null) {
			const exited = await t.state().then(
				() => false,
				(e: unknown) => message(e).includes("has exited"),
			);
			if (!exited) throw error;
			t.error(`Command failed: ${message(error)}`);
			if (!(await t.yesNo("Set a suspended breakpoint (Delve will try to set this breakpoint when process restarts) [Y/n]?"))) return [];
			return [await create(t, { ...emptyBreakpoint(), name, Cond: condition, continue: tracepoint }, spec, true)];
		}
		found = got;
	}
	if (found.SubstituteLocExpr !== "") spec = found.SubstituteLocExpr;
	const out: ApiBreakpoint[] = [];
	for (const l of found.Locations) {
		const request = {
			...emptyBreakpoint(),
			name,
			Cond: condition,
			continue: tracepoint,
			addr: l.pc,
			addrs: l.pcs ?? null,
			addrpid: l.pcpids ?? null,
		};
		if (l.pc === 0) Object.assign(request, { file: l.file, line: l.line });
		if (tracepoint) request.LoadArgs = SHORT_LOAD;
		out.push(await create(t, request, spec, false));
	}
	if (tracepoint && (/^\/.*\/$/.test(spec) || !/:\d+$/.test(spec))) {
		for (const l of found.Locations) {
			if (l.function === undefined) continue;
			const { Addrs } = await t.client.call<{ Addrs: number[] }>("FunctionReturnLocations", { FnName: l.function.name });
			for (const addr of Addrs) {
				await t.client.call("CreateBreakpoint", {
					Breakpoint: { ...emptyBreakpoint(), addr, traceReturn: true, line: -1, LoadArgs: SHORT_LOAD },
				});
			}
		}
	}
	return out;
}

async function create(t: Terminal, request: ApiBreakpoint, spec: string, suspended: boolean): Promise<ApiBreakpoint> {
	const { Breakpoint: bp } = await t.client.call<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", {
		Breakpoint: request,
		LocExpr: spec,
		SubstitutePathRules: t.config.substitutePath,
		Suspended: suspended,
	});
	t.line(`${breakpointName(bp, true)} set at ${placeOf(t, bp)}`);
	return bp;
}

async function breakpointNamed(t: Terminal, name: string): Promise<ApiBreakpoint> {
	const arg = /^-?\d+$/.test(name) ? { Id: Number(name) } : { Name: name };
	return (await t.client.call<{ Breakpoint: ApiBreakpoint }>("GetBreakpoint", arg)).Breakpoint;
}

async function listBreakpoints(t: Terminal, args: string): Promise<void> {
	const words = args.split(/\s+/);
	const { Breakpoints } = await t.client.call<{ Breakpoints: ApiBreakpoint[] }>("ListBreakpoints", { All: words.includes("-a") });
	const save = words.indexOf("-save");
	if (save >= 0) {
		const file = words[save + 1];
		if (file === undefined) throw new Error("missing filename after -save flag");
		saveBreakpoints(Breakpoints, file);
		t.line(`Breakpoints successfully saved to '${file}'`);
		return;
	}
	for (const bp of [...Breakpoints].sort((a, b) => a.id - b.id)) {
		const how = bp.disabled ? "(disabled)" : bp.ExprString === "" ? "(enabled)" : "(suspended)";
		t.line(`${breakpointName(bp, true)} ${how} at ${bp.ExprString === "" ? `${placeOf(t, bp)} (${bp.totalHitCount})` : bp.ExprString}`);
		const attributes = breakpointAttributes("\t", bp, t.config.load);
		if (attributes.length > 0) t.line(attributes.join("\n"));
	}
}

function saveBreakpoints(list: readonly ApiBreakpoint[], file: string): void {
	let out = "";
	for (const bp of list) {
		if (bp.id < 0 || bp.WatchExpr !== "") continue;
		const name = bp.name === "" ? `bp${bp.id}` : bp.name;
		out += `${bp.continue ? "trace" : "break"} ${name} ${bp.file}:${bp.line}\n`;
		if (bp.Cond !== "") out += `condition ${name} ${bp.Cond}\n`;
		if (bp.HitCond !== "") out += `condition ${bp.HitCondPerG ? "-per-g-hitcount" : "-hitcount"} ${name} ${bp.HitCond}\n`;
		if (bp.disabled) out += `toggle ${name}\n`;
	}
	writeFileSync(file, out);
}

async function condition(t: Terminal, args: string, c: Context): Promise<void> {
	const [first, rest] = split2(args);
	if (c.breakpoint !== null) {
		c.breakpoint.Cond = args;
		return;
	}
	const amend = async (name: string, change: Partial<ApiBreakpoint>): Promise<void> => {
		const bp = await breakpointNamed(t, name);
		await t.client.call("AmendBreakpoint", { Breakpoint: { ...bp, ...change } });
	};
	if (first === "-hitcount" || first === "-per-g-hitcount") {
		const [name, text] = split2(rest);
		return amend(name, { HitCond: text, HitCondPerG: first === "-per-g-hitcount" });
	}
	if (first === "-clear") return amend(rest, { Cond: "", HitCond: "" });
	if (rest === "") throw new Error("not enough arguments");
	return amend(first, { Cond: rest });
}

// Running.

function topmost(t: Terminal): void {
	if (t.frame !== 0) throw new Error("not on topmost frame");
}

async function stepLike(t: Terminal, name: string, word: string, showSource: boolean = true): Promise<void> {
	topmost(t);
	const state = await t.resume(name);
	await finishStep(t, state, word, showSource);
}

async function finishStep(t: Terminal, first: DebuggerState, word: string, showSource: boolean): Promise<void> {
	let state = first;
	let skip = false;
	try {
		while (state.NextInProgress) {
			t.print(`\tbreakpoint hit during ${word}`);
			if (skip) t.line(", continuing...");
			else {
				t.line("");
				const answer = await t.ask(`[c] continue [s] stop here and cancel ${word}, [f] finish ${word} skipping all breakpoints? `);
				if (answer === "f") skip = true;
				if (answer !== "f" && answer !== "c") {
					await t.client.call("CancelNext", {});
					if (answer === null) {
						await t.showPosition(state.currentThread);
						throw new Error("EOF");
					}
					break;
				}
				t.line("continuing...");
			}
			state = await t.resume("directionCongruentContinue");
		}
		if (showSource) await t.showPosition(state.currentThread);
	} finally {
		await t.showDisplays();
	}
}

async function continueTo(t: Terminal, args: string, c: Context): Promise<void> {
	const temporary =
		args === ""
			? []
			: await setBreakpoint(t, c, args, false).catch((e: unknown) =>
					message(e).includes("Breakpoint exists") ? [] : Promise.reject(e as Error),
				);
	try {
		const state = await t.resume("continue");
		await t.showPosition(state.currentThread);
	} finally {
		await t.showDisplays();
		for (const bp of temporary)
			await t.client.call("ClearBreakpoint", { Id: bp.id }).catch(() => t.line(`failed to clear temporary breakpoint: ${bp.id}`));
	}
}

async function repeatNext(t: Terminal, args: string): Promise<void> {
	const count = args === "" ? 1 : Number(args);
	if (!Number.isInteger(count)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(args)}: invalid syntax`);
	if (count <= 0) throw new Error("Invalid next count.");
	for (let i = 0; i < count; i++) await stepLike(t, "next", "next", i === count - 1);
}

async function restart(t: Terminal, args: string): Promise<void> {
	const words = args === "" ? [] : args.split(/\s+/);
	const redirects: [string, string, string] = ["", "", ""];
	const rest: string[] = [];
	let reset = false;
	for (const w of words) {
		if (w === "-noargs") reset = true;
		else if (w.startsWith("<")) redirects[0] = w.slice(1);
		else if (w.startsWith("2>")) redirects[2] = w.slice(2);
		else if (w.startsWith(">")) redirects[1] = w.slice(1);
		else rest.push(w);
	}
	const { DiscardedBreakpoints } = await t.client.call<{ DiscardedBreakpoints: { Breakpoint: ApiBreakpoint; Reason: string }[] | null }>(
		"Restart",
		{
			ResetArgs: reset || rest.length > 0,
			NewArgs: rest,
			NewRedirects: redirects,
		},
	);
	for (const d of DiscardedBreakpoints ?? [])
		t.line(`Discarded ${breakpointName(d.Breakpoint, false)} at ${placeOf(t, d.Breakpoint)}: ${d.Reason}`);
	await restarted(t);
}

async function restarted(t: Terminal): Promise<void> {
	const { Pid } = await t.client.call<{ Pid: number }>("ProcessPid", {});
	t.forgetProcess();
	t.line(`Process restarted with PID ${Pid}`);
}

// Data.

function formatArgument(args: string): { format: string; expr: string } {
	const m = /^%(\S+)\s+([\s\S]+)$/.exec(args);
	return m === null ? { format: "", expr: args } : { format: `%${m[1]}`, expr: m[2] as string };
}

function evaluate(t: Terminal, scope: EvalScope, Expr: string, Cfg: LoadConfig): Promise<ApiVariable> {
	return t.client.call<{ Variable: ApiVariable }>("Eval", { Scope: scope, Expr, Cfg }).then((r) => r.Variable);
}

async function print(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "") throw new Error("not enough arguments");
	if (c.breakpoint !== null) {
		c.breakpoint.variables = [...(c.breakpoint.variables ?? []), args];
		return;
	}
	const { format, expr } = formatArgument(args);
	const v = await evaluate(t, c.scope, expr, t.config.load);
	t.line(printValue(v, { newlines: true, format, rawStrings: t.config.bool("show-raw-strings") }));
}

function variableArguments(t: Terminal, args: string): { filter: string; load: LoadConfig } {
	const [first, rest] = split2(args);
	return first === "-v" ? { filter: rest, load: t.config.load } : { filter: args, load: SHORT_LOAD };
}

function printVariables(t: Terminal, kind: string, list: readonly ApiVariable[], filter: string, load: LoadConfig): void {
	const re = new RegExp(filter);
	let any = false;
	for (const v of list) {
		if (!re.test(v.name)) continue;
		any = true;
		const name = (v.flags & 2) !== 0 ? `(${v.name})` : v.name;
		t.line(`${name} = ${sameLoad(load, SHORT_LOAD) ? singleLine(v) : t.multiLine(v, "")}`);
	}
	if (!any) t.line(`(no ${kind})`);
}

async function whatis(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "") throw new Error("not enough arguments");
	let v: ApiVariable;
	try {
		v = await evaluate(t, c.scope, args, SHORT_LOAD);
	} catch (e) {
		interface Info {
			TypeInfo: {
				Kind: number;
				Size: number;
				RealType: string;
				Fields: { Name: string; Type: string }[] | null;
				Methods: { Name: string }[] | null;
			};
		}
		const info = await t.client.call<Info>("TypeInfo", { Name: args }).catch(() => null);
		if (info === null) throw e;
		const i = info.TypeInfo;
		t.line(`${KINDS[i.Kind] ?? "invalid"} type, size: ${i.Size} bytes`);
		if (i.RealType !== "") t.line(`Real type: ${i.RealType}`);
		const fields = i.Fields ?? [];
		const width = Math.max(...fields.map((f) => f.Name.length), 0) + 2;
		if (fields.length > 0) t.print(`Fields:\n${fields.map((f) => `\t${f.Name.padEnd(width)}${f.Type}\n`).join("")}`);
		if ((i.Methods ?? []).length > 0) t.print(`Methods:\n${(i.Methods ?? []).map((m) => `\t${m.Name}\n`).join("")}`);
		return;
	}
	if ((v.flags & 128) !== 0) return t.line("CPU Register");
	if (v.type !== "") t.line(v.type);
	if (v.realType !== v.type) t.line(`Real type: ${v.realType}`);
	const inner = v.children[0];
	if (v.kind === 20 && inner !== undefined) t.line(`Concrete type: ${inner.type}`);
	if (t.config.bool("show-location-expr") && v.LocationExpr !== "") t.line(`location: ${v.LocationExpr}`);
}

const KINDS =
	"invalid bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 complex64 complex128 array chan func interface map ptr slice string struct unsafe.Pointer".split(
		" ",
	);

async function names(t: Terminal, method: string, key: string, filter: string): Promise<void> {
	const r = await t.client.call<Record<string, string[]>>(method, { Filter: filter });
	for (const n of r[key] ?? []) t.line(n);
}

async function examineMemory(t: Terminal, args: string, c: Context): Promise<void> {
	let format = "x";
	let count = 1;
	let size = 1;
	let operand = "";
	let isExpr = false;
	const words = args.split(/\s+/);
	for (let i = 0; i < words.length; i++) {
		const w = words[i];
		if (w === "-fmt")
			format =
				{ binary: "b", bin: "b", octal: "o", oct: "o", decimal: "d", dec: "d", hexadecimal: "x", hex: "x", raw: "r" }[words[++i] ?? ""] ??
				"?";
		else if (w === "-count" || w === "-len") count = Number(words[++i]);
		else if (w === "-size") size = Number(words[++i]);
		else if (w === "-x") {
			isExpr = true;
			operand = words.slice(i + 1).join(" ");
			break;
		} else {
			operand = w ?? "";
			if (i !== words.length - 1) throw new Error(`unknown option ${JSON.stringify(w)}`);
		}
	}
	if (format === "?") throw new Error("invalid size or format");
	if (!(count > 0) || !(size > 0 && size <= 8)) throw new Error("count/len must be a positive integer");
	if (operand === "") throw new Error("no address specified");
	let address = Number(operand);
	if (isExpr) {
		const v = await evaluate(t, c.scope, operand, t.config.load);
		address = v.kind === 22 ? (v.children[0]?.addr ?? 0) : Number(v.value);
	}
	if (!Number.isInteger(address))
		throw new Error(`convert address into uintptr type failed, strconv.ParseUint: parsing ${JSON.stringify(operand)}: invalid syntax`);
	const { Mem } = await t.client.call<{ Mem: string }>("ExamineMemory", { Address: address, Length: count * size });
	const bytes = Buffer.from(Mem, "base64");
	if (format === "r") process.stdout.write(bytes);
	else t.print(memoryTable(address, bytes, format, size));
}

/** Memory in rows of columns, as Delve prints it. */
function memoryTable(address: number, bytes: Buffer, format: string, size: number): string {
	const digits = { b: 8 * size, o: Math.ceil((8 * size) / 3), d: { 1: 3, 2: 5, 4: 10, 8: 20 }[size] ?? 3 * size, x: 2 * size }[format] ?? 2;
	const prefix = { b: "", o: "0", d: "", x: "0x" }[format] ?? "";
	const columns = format === "b" ? 4 : 8;
	const radix = { b: 2, o: 8, d: 10, x: 16 }[format] ?? 16;
	let out = "";
	for (let i = 0; i < bytes.length; i += size * columns) {
		out += `${hex(address + i)}:`;
		for (let c = 0; c < columns && i + c * size < bytes.length; c++) {
			let v = 0n;
			for (let k = size - 1; k >= 0; k--) v = (v << 8n) | BigInt(bytes[i + c * size + k] ?? 0);
			out += `   ${prefix}${v.toString(radix).padStart(digits, "0")}`;
		}
		out += "   \n";
	}
	return out;
}

// Goroutines.

interface GoroutineArguments {
	kind: "Runtime" | "User" | "Go" | "Start";
	stack: number;
	labels: boolean;
	filters: { Kind: number; Negated: boolean; Arg: string }[];
	group: { GroupBy: number; GroupByKey: string; MaxGroupMembers: number; MaxGroups: number };
	exec: string;
}

const FIELDS: Readonly<Record<string, number>> = { curloc: 1, userloc: 2, goloc: 3, startloc: 4, label: 5, running: 6, user: 7 };

function parseGoroutineArguments(args: string): GoroutineArguments {
	const out: GoroutineArguments = {
		kind: "User",
		stack: -1,
		labels: false,
		filters: [],
		group: { GroupBy: 0, GroupByKey: "", MaxGroupMembers: 0, MaxGroups: 0 },
		exec: "",
	};
	const words = args === "" ? [] : args.split(/\s+/);
	for (let i = 0; i < words.length; i++) {
		const w = words[i] as string;
		switch (w) {
			case "-u":
				out.kind = "User";
				break;
			case "-r":
				out.kind = "Runtime";
				break;
			case "-g":
				out.kind = "Go";
				break;
			case "-s":
				out.kind = "Start";
				break;
			case "-l":
				out.labels = true;
				break;
			case "-t":
				out.stack = /^\d+$/.test(words[i + 1] ?? "") ? Number(words[++i]) : 10;
				break;
			case "-w":
			case "-with":
			case "-without": {
				const field = words[++i] ?? "";
				const kind = FIELDS[field];
				if (kind === undefined) throw new Error(`unrecognized argument to ${w} ${field}`);
				const arg = kind >= 6 ? "" : (words[++i] ?? "");
				out.filters.push({ Kind: kind, Negated: w === "-without", Arg: arg });
				break;
			}
			case "-chan":
				out.filters.push({ Kind: 8, Negated: false, Arg: words.slice(++i).join(" ") });
				i = words.length;
				break;
			case "-group": {
				const field = words[++i] ?? "";
				const kind = FIELDS[field];
				if (kind === undefined) throw new Error(`unrecognized argument to ${w} ${field}`);
				out.group = { GroupBy: kind, GroupByKey: kind === 5 ? (words[++i] ?? "") : "", MaxGroupMembers: 5, MaxGroups: 50 };
				break;
			}
			case "-exec":
				out.exec = words.slice(i + 1).join(" ");
				i = words.length;
				break;
			default:
				throw new Error(`unrecognized argument: ${w}`);
		}
	}
	return out;
}

interface GoroutinePage {
	Goroutines: ApiGoroutine[];
	Nextg: number;
	Groups: { Name: string; Offset: number; Count: number; Total: number }[] | null;
	TooManyGroups: boolean;
}

async function listGoroutines(t: Terminal, args: string, c: Context): Promise<void> {
	const a = parseGoroutineArguments(args);
	const state = await t.state();
	const reason = await t.loadReasons();
	let total = 0;
	const show = async (g: ApiGoroutine, indent: string): Promise<void> => {
		const mark = state.currentGoroutine?.id === g.id ? "* " : "  ";
		t.line(`${indent}${mark}Goroutine ${goroutineText(g, a.kind, t.paths, reason)}`);
		if (a.labels) t.printLabels(g, `${indent}\t`);
		if (a.stack >= 0) {
			const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: g.id, Depth: a.stack });
			t.printStack(Locations, `${indent}\t`, false);
		}
		if (a.exec !== "") await t.execute(a.exec, { ...c, scope: { ...c.scope, GoroutineID: g.id } });
	};
	let start = 0;
	while (start >= 0) {
		const grouped = a.group.GroupBy !== 0;
		const page = await t.client.call<GoroutinePage>("ListGoroutines", {
			Start: start,
			Count: grouped ? 0 : 100,
			Filters: a.filters,
			...a.group,
			EvalScope: c.scope,
		});
		if (grouped) {
			for (const group of page.Groups ?? []) {
				t.line(group.Name);
				for (const g of page.Goroutines.slice(group.Offset, group.Offset + group.Count)) await show(g, "\t");
				t.line(`\tTotal: ${group.Total}`);
				if (group.Count !== group.Total) t.line(`\t(first ${group.Count} shown)`);
				total += group.Total;
			}
			if (page.TooManyGroups) t.line("Too many groups");
		} else {
			for (const g of page.Goroutines) await show(g, "");
			total += page.Goroutines.length;
		}
		start = page.Nextg;
	}
	if (total > 0) t.line(`[${total} goroutines]`);
}

async function goroutine(t: Terminal, args: string, c: Context): Promise<void> {
	if (c.breakpoint !== null) {
		if (args !== "") throw new Error("too many arguments to goroutine");
		c.breakpoint.goroutine = true;
		return;
	}
	if (args === "") {
		const state = await t.state();
		const thread = state.currentThread;
		t.line(`Thread ${thread === undefined ? "<nil>" : `${thread.id} at ${t.formatPath(thread.file)}:${thread.line}`}`);
		if (state.currentGoroutine !== undefined) t.print(goroutineLong(state.currentGoroutine, "", t.paths));
		return;
	}
	const [first, rest] = split2(args);
	if (!/^-?\d+$/.test(first)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(first)}: invalid syntax`);
	const id = Number(first);
	if (rest !== "") return t.execute(rest, { ...c, scope: { ...c.scope, GoroutineID: id } });
	const before = await t.state();
	const { State: after } = await t.client.call<{ State: DebuggerState }>("Command", { name: "switchGoroutine", goroutineID: id });
	t.frame = 0;
	t.line(`Switched from ${before.currentGoroutine?.id ?? 0} to ${id} (thread ${after.currentThread?.id ?? 0})`);
}

async function threads(t: Terminal): Promise<void> {
	const { Threads } = await t.client.call<{ Threads: ApiThread[] }>("ListThreads", {});
	const state = await t.state();
	for (const th of [...Threads].sort((a, b) => a.id - b.id)) {
		const mark = th.id === state.currentThread?.id ? "* " : "  ";
		if (th.function === undefined) t.line(`${mark}Thread ${th.id} at ${t.formatPath(th.file)}:${th.line}`);
		else t.line(`${mark}Thread ${th.id} at ${hex(th.pc)} ${t.formatPath(th.file)}:${th.line} ${th.function.name}`);
	}
}

// Stacks.

async function stack(t: Terminal, args: string, c: Context): Promise<void> {
	let depth = 50;
	let full = false;
	let offsets = false;
	let opts = 0;
	let ancestors = 0;
	let ancestorDepth = 0;
	const words = args === "" ? [] : args.split(/\s+/);
	const number = (w: string | undefined): number => {
		if (!/^\d+$/.test(w ?? "")) throw new Error(`expected number after ${w ?? ""}`);
		return Number(w);
	};
	for (let i = 0; i < words.length; i++) {
		const w = words[i] as string;
		if (w === "-full") full = true;
		else if (w === "-offsets") offsets = true;
		else if (w === "-defer") opts |= 1;
		else if (w === "-mode") opts |= { normal: 0, simple: 2, fromg: 6 }[words[++i] ?? ""] ?? 0;
		else if (w === "-a") ancestors = number(words[++i]);
		else if (w === "-adepth") ancestorDepth = number(words[++i]);
		else if (/^\d+$/.test(w)) depth = Number(w);
		else throw new Error("depth must be a number");
	}
	if (c.breakpoint !== null) {
		c.breakpoint.stacktrace = depth;
		return;
	}
	const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", {
		Id: c.scope.GoroutineID,
		Depth: depth,
		Opts: opts,
		Cfg: full ? SHORT_LOAD : null,
	});
	t.printStack(Locations, "", offsets);
	if (ancestors === 0) return;
	interface Ancestors {
		Ancestors: { ID: number; Unreadable: string; Stack: ApiStackframe[] }[] | null;
	}
	const list = await t.client.call<Ancestors>("Ancestors", {
		GoroutineID: c.scope.GoroutineID,
		NumAncestors: ancestors,
		Depth: ancestorDepth === 0 ? depth : ancestorDepth,
	});
	for (const a of list.Ancestors ?? []) {
		t.line(`Created by Goroutine ${a.ID}:`);
		if (a.Unreadable !== "") t.line(`\t${a.Unreadable}`);
		else t.printStack(a.Stack, "\t", false);
	}
}

async function frame(t: Terminal, args: string, c: Context, direction: -1 | 0 | 1): Promise<void> {
	if (args === "" && direction === 0) throw new Error("not enough arguments");
	const [first, rest] = split2(args);
	if (first !== "" && !/^-?\d+$/.test(first)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(first)}: invalid syntax`);
	const n = first === "" ? 1 : Number(first);
	const at = direction === 0 ? n : t.frame + direction * n;
	if (rest !== "") return t.execute(rest, { ...c, scope: { ...c.scope, Frame: at } });
	if (at < 0) throw new Error(`Invalid frame ${at}`);
	const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", { Id: c.scope.GoroutineID, Depth: at, Skip: at });
	const f = Locations[0];
	if (f === undefined) throw new Error(`Invalid frame ${at}`);
	t.frame = at;
	t.showContext(await t.state());
	t.line(`Frame ${at}: ${t.formatPath(f.file)}:${f.line} (PC: ${f.pc.toString(16)})`);
	await t.list(f.file, f.line, true);
}

async function list(t: Terminal, args: string, c: Context): Promise<void> {
	if (args === "" || /^\[.*\]$/.test(args)) {
		if (c.scope.Frame !== 0 || c.scope.GoroutineID >= 0) {
			const { Locations } = await t.client.call<{ Locations: ApiStackframe[] }>("Stacktrace", {
				Id: c.scope.GoroutineID,
				Depth: c.scope.Frame,
				Skip: c.scope.Frame,
			});
			const f = Locations[0];
			if (f === undefined) throw new Error(`Frame ${c.scope.Frame} does not exist in goroutine ${c.scope.GoroutineID}`);
			const id = c.scope.GoroutineID < 0 ? ((await t.state()).currentGoroutine?.id ?? -1) : c.scope.GoroutineID;
			t.line(`Goroutine ${id} frame ${c.scope.Frame} at ${f.file}:${f.line} (PC: ${hex(f.pc)})`);
			return t.list(f.file, f.line, true);
		}
		const state = await t.state();
		t.showContext(state);
		const g = state.currentGoroutine;
		if (g !== undefined) return t.list(g.currentLoc.file, g.currentLoc.line, true);
		return t.showPosition(state.currentThread);
	}
	const { Locations } = await findLocation(t, c.scope, args);
	const l = Locations[0];
	if (l === undefined || Locations.length > 1) throw new Error("location expression is ambiguous");
	t.line(`Showing ${l.file}:${l.line} (PC: ${hex(l.pc)})`);
	await t.list(l.file, l.line, false);
}

async function disassemble(t: Terminal, args: string, c: Context): Promise<void> {
	const usage = new Error("wrong number of arguments: disassemble [-a <start> <end>] [-l <locspec>]");
	const [flag, rest] = split2(args);
	let start = 0;
	let end = 0;
	if (flag === "-a") {
		const [a, b] = split2(rest);
		if (b === "") throw usage;
		for (const x of [a, b]) if (!Number.isInteger(Number(x))) throw new Error(`wrong argument: ${JSON.stringify(x)} is not a number`);
		start = Number(a);
		end = Number(b);
	} else if (flag === "" || flag === "-l") {
		if (flag === "-l" && rest === "") throw usage;
		const { Locations } = await findLocation(t, c.scope, flag === "" ? "+0" : rest);
		if (Locations.length !== 1) throw new Error("expression specifies multiple locations");
		start = Locations[0]?.pc ?? 0;
	} else throw usage;
	const { Disassemble } = await t.client.call<{ Disassemble: AsmInstruction[] }>("Disassemble", {
		Scope: c.scope,
		StartPC: start,
		EndPC: end,
		Flavour: flavourOf(t),
	});
	const first = Disassemble[0];
	if (first?.Loc.function !== undefined) t.line(`TEXT ${first.Loc.function.name}(SB) ${first.Loc.file}`);
	t.print(asmTable(Disassemble));
}

function flavourOf(t: Terminal): number {
	return { gnu: 0, go: 2 }[t.config.string("disassemble-flavor")] ?? 1;
}

function asmTable(list: readonly AsmInstruction[]): string {
	return tabTable(
		list.map((i) => [
			i.AtPC ? "=>" : "",
			`${i.Loc.file.slice(i.Loc.file.lastIndexOf("/") + 1)}:${i.Loc.line}`,
			`${hex(i.Loc.pc)}${i.Breakpoint ? "*" : ""}`,
			Buffer.from(i.Bytes, "base64").toString("hex"),
			i.Text,
		]),
	);
}

async function display(t: Terminal, args: string): Promise<void> {
	const [first, rest] = split2(args);
	if (first === "-d") {
		const n = Number(rest);
		if (!(n >= 0 && n < t.displays.length) || t.displays[n] === null) throw new Error(`${rest} is out of range`);
		t.displays[n] = null;
	} else if (first === "-a") {
		const { format, expr } = formatArgument(rest);
		if (expr === "") throw new Error("not enough arguments");
		t.displays.push({ expr, format });
		await t.showDisplay(t.displays.length - 1, expr, format);
	} else if (first === "") await t.showDisplays();
	else throw new Error("wrong arguments");
}

async function watch(t: Terminal, args: string, c: Context): Promise<void> {
	const [flag, expr] = split2(args);
	const type = { "-r": 1, "-w": 2, "-rw": 3 }[flag];
	if (expr === "") throw new Error("wrong number of arguments: watch [-r|-w|-rw] <expr>");
	if (type === undefined) throw new Error(`wrong argument ${JSON.stringify(flag)} to watch`);
	const bp = await t.client.call<ApiBreakpoint>("CreateWatchpoint", { Scope: c.scope, Expr: expr, Type: type });
	t.line(`${breakpointName(bp, true)} set at ${placeOf(t, bp)}`);
}

async function on(t: Terminal, args: string, c: Context): Promise<void> {
	const [name, command] = split2(args);
	if (command === "") throw new Error("not enough arguments");
	const bp = await breakpointNamed(t, name);
	await t.execute(command, { ...c, breakpoint: bp });
	await t.client.call("AmendBreakpoint", { Breakpoint: bp });
}

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
				t.line(
					`Follow exec mode is ${(await t.client.call<{ Enabled: boolean }>("FollowExecEnabled", {})).Enabled ? "enabled" : "disabled"}`,
				);
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
		return;
	}
	t.line("The following commands are available:");
	for (const [group, title] of GROUPS) {
		t.line(`\n${title}:`);
		const own = COMMANDS.filter((c) => c.group === group && c.names[0] !== "rev").sort((a, b) =>
			(a.names[0] as string) < (b.names[0] as string) ? -1 : 1,
		);
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

const missing = (what: string) => (): Promise<void> => Promise.reject(new Error(what));

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
		help: "List program goroutines.\n\n\tgoroutines [-u|-r|-g|-s] [-t [depth]] [-l] [-with loc expr] [-without loc expr] [-group argument] [-chan expr] [-exec command]",
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
			if (!/^\d+$/.test(n) || Number(n) <= 0)
				throw new Error("argument of deferred must be a number greater than 0 (use 'stack -defer' to see the list of deferred calls)");
			await t.execute(rest, { ...c, scope: { ...c.scope, DeferredCall: Number(n) } });
		},
	},
	{
		names: ["source"],
		group: "other",
		help: "Executes a file containing a list of delve commands\n\n\tsource <path>",
		run: async (t, a) => {
			if (a === "") throw new Error("wrong number of arguments: source <filename>");
			if (a.endsWith(".star") || a === "-") throw new Error("Starlark scripts are not supported");
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
			await t.client.call("DumpStart", { Destination: a });
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
			else if (file === "") return Promise.reject(new Error("too few arguments"));
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
	{
		names: ["rev", "rewind", "check", "checkpoint", "checkpoints", "clear-checkpoint", "clearcheck"],
		group: "other",
		help: "Only for recordings.",
		run: missing("not a recording"),
	},
];

const CONTEXT = 5;

async function stepInstruction(t: Terminal, name: string): Promise<void> {
	topmost(t);
	const state = await t.resume(name);
	const pc = state.currentThread?.pc ?? 0;
	const { Disassemble: all } = await t.client.call<{ Disassemble: AsmInstruction[] }>("Disassemble", {
		Scope: { GoroutineID: -1 },
		StartPC: pc,
		EndPC: 0,
		Flavour: flavourOf(t),
	});
	const at = all.findIndex((i) => i.Loc.pc === pc);
	t.print(asmTable(all.slice(Math.max(at - CONTEXT, 0), at + CONTEXT + 1)));
	await t.showDisplays();
}
