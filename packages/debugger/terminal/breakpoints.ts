// Commands for breakpoints: setting, listing, saving, conditions, watchpoints.
import { writeFileSync } from "node:fs";
import type { ApiBreakpoint, ApiLocation, EvalScope } from "../api.ts";
import { checkBreakpointName, emptyBreakpoint } from "../logical.ts";
import { SHORT_LOAD, breakpointAttributes, breakpointName, hex } from "./format.ts";
import { type Context, type Terminal, message } from "./terminal.ts";
import { split2 } from "./words.ts";

export function placeOf(t: Terminal, bp: ApiBreakpoint): string {
	const addresses = (bp.addrs ?? [bp.addr]).map(hex).join(",");
	if (bp.WatchExpr !== "") return addresses;
	const name = bp.functionName === undefined ? "" : `${bp.functionName}() `;
	return `${addresses} for ${name}${t.formatPath(bp.file)}:${bp.line}`;
}

interface Found {
	Locations: ApiLocation[];
	SubstituteLocExpr: string;
}

export function findLocation(t: Terminal, scope: EvalScope, spec: string): Promise<Found> {
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

export async function setBreakpoint(t: Terminal, c: Context, args: string, tracepoint: boolean): Promise<ApiBreakpoint[]> {
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

export async function listBreakpoints(t: Terminal, args: string): Promise<void> {
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

export async function condition(t: Terminal, args: string, c: Context): Promise<void> {
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

export async function watch(t: Terminal, args: string, c: Context): Promise<void> {
	const [flag, expr] = split2(args);
	const type = { "-r": 1, "-w": 2, "-rw": 3 }[flag];
	if (expr === "") throw new Error("wrong number of arguments: watch [-r|-w|-rw] <expr>");
	if (type === undefined) throw new Error(`wrong argument ${JSON.stringify(flag)} to watch`);
	const bp = await t.client.call<ApiBreakpoint>("CreateWatchpoint", { Scope: c.scope, Expr: expr, Type: type });
	t.line(`${breakpointName(bp, true)} set at ${placeOf(t, bp)}`);
}

export async function on(t: Terminal, args: string, c: Context): Promise<void> {
	const [name, command] = split2(args);
	if (command === "") throw new Error("not enough arguments");
	const bp = await breakpointNamed(t, name);
	await t.execute(command, { ...c, breakpoint: bp });
	await t.client.call("AmendBreakpoint", { Breakpoint: bp });
}
