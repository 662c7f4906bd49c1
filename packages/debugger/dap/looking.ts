// DAP requests about breakpoints, values and sources.
import { closeSync, readFileSync } from "node:fs";
import type { ApiVariable, DebuggerState, EvalScope } from "../api.ts";
import { sourceOf } from "./breakpoints.ts";
import { consoleCommand } from "./console.ts";
import { attempt, DapError, detailsOf, ErrorId } from "./errors.ts";
import { packageOf } from "./inspect.ts";
import type { Arguments } from "./protocol.gen.ts";
import { goroutineOf } from "./runner.ts";
import { type AdapterState, type Handler, type Live, substitute } from "./state.ts";

const MAX_LINES = 5000;

async function setBreakpoints(s: AdapterState, live: Live, a: Arguments["setBreakpoints"]): Promise<object> {
	const { path } = a.source;
	if (path === undefined || path === "") {
		throw new DapError(ErrorId.UnableToSetBreakpoints, "Unable to set or clear breakpoints", "empty file path");
	}
	return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.source(path, a.breakpoints ?? [])) };
}

async function setFunctionBreakpoints(s: AdapterState, live: Live, a: Arguments["setFunctionBreakpoints"]): Promise<object> {
	return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.functions(a.breakpoints)) };
}

async function setInstructionBreakpoints(s: AdapterState, live: Live, a: Arguments["setInstructionBreakpoints"]): Promise<object> {
	return { breakpoints: await live.runner.whileStopped(() => live.breakpoints.instructions(a.breakpoints)) };
}

async function setExceptionBreakpoints(s: AdapterState, live: Live, a: Arguments["setExceptionBreakpoints"]): Promise<object> {
	return { breakpoints: await live.breakpoints.exceptions(a.filters) };
}

async function dataBreakpointInfo(s: AdapterState, live: Live, a: Arguments["dataBreakpointInfo"]): Promise<object> {
	const info = live.inspector.dataBreakpoint(a);
	return { ...info, accessTypes: ["read", "write", "readWrite"], canPersist: false };
}

async function setDataBreakpoints(s: AdapterState, live: Live, a: Arguments["setDataBreakpoints"]): Promise<object> {
	return { breakpoints: await live.breakpoints.data(a.breakpoints) };
}

async function breakpointLocations(s: AdapterState, live: Live, a: Arguments["breakpointLocations"]): Promise<object> {
	const to = Math.min(a.endLine ?? a.line, a.line + MAX_LINES);
	return { breakpoints: (await live.breakpoints.lines(a.source.path ?? "", a.line, to)).map((line) => ({ line })) };
}

// Looking.

async function threads(s: AdapterState, live: Live): Promise<object> {
	return { threads: live.runner.running ? [{ id: -1, name: "Current" }] : await live.inspector.threads() };
}

function stackTrace(s: AdapterState, live: Live, a: Arguments["stackTrace"]): Promise<object> {
	return live.inspector.stackTrace(a);
}

async function scopes(s: AdapterState, live: Live, a: Arguments["scopes"]): Promise<object> {
	return { scopes: await live.inspector.scopes(a) };
}

async function variables(s: AdapterState, live: Live, a: Arguments["variables"]): Promise<object> {
	return { variables: await live.inspector.variables(a) };
}

async function evaluate(s: AdapterState, live: Live, a: Arguments["evaluate"]): Promise<object> {
	const showUser = !["watch", "repl", "hover"].includes(a.context ?? "");
	const refuse =
		(id: number, summary: string) =>
		(e: unknown): never => {
			throw e instanceof DapError ? e : new DapError(id, summary, detailsOf(e), showUser);
		};
	const command = /^\s*dlv\s+(\S.*)$/s.exec(a.expression);
	if (command !== null) {
		const result = await consoleCommand(command[1] as string, {
			engine: live.engine,
			config: s.config,
			changed: (areas) => s.client.event("invalidated", { areas }),
			reapply: () => s.apply(s.config),
		}).catch(refuse(ErrorId.UnableToRunDlvCommand, "Unable to run dlv command"));
		return { result, variablesReference: 0 };
	}
	const scope = live.inspector.scopeOf(a.frameId);
	const call = /^\s*call\s+(\S.*)$/s.exec(a.expression);
	const summary = "Unable to evaluate expression";
	if (call !== null) {
		const results = await callFunction(s, live, scope, call[1] as string).catch(refuse(ErrorId.UnableToEvaluateExpression, summary));
		return live.inspector.results(results, scope);
	}
	return live.inspector.evaluate(a).catch(refuse(ErrorId.UnableToEvaluateExpression, summary));
}

/** Calls a function of the program, or assigns; its results. Throws when something stopped the program before it was done. */
async function callFunction(s: AdapterState, live: Live, scope: EvalScope, expr: string): Promise<ApiVariable[]> {
	if (scope.Frame > 0) throw new Error("call is only supported with topmost stack frame");
	const load = { ...live.inspector.show.loadConfig(), MaxStringLen: 1 << 20 };
	const before = (await live.engine.request<{ State: DebuggerState }>("State", {})).State;
	const id = scope.GoroutineID > 0 ? scope.GoroutineID : goroutineOf(before);
	const { State: state } = await live.engine.request<{ State: DebuggerState }>("Command", {
		name: "call",
		expr,
		goroutineID: id,
		ReturnInfoLoadConfig: load,
		WithEvents: true,
	});
	if (state.exited) {
		await s.pipes?.drain(closeSync);
		s.client.event("exited", { exitCode: state.exitStatus });
		s.client.event("terminated");
		throw new Error("terminated");
	}
	const thread = (state.Threads ?? []).find((t) => t.goroutineID === id && t.CallReturn);
	if (thread !== undefined) return thread.ReturnValues ?? [];
	live.inspector.forget();
	s.client.event("stopped", { reason: state.stopReason ?? "unknown", threadId: goroutineOf(state), allThreadsStopped: true });
	throw new Error("call stopped");
}

async function assign(s: AdapterState, live: Live, expr: string, scope: EvalScope, value: string): Promise<object> {
	const summary = "Unable to set variable";
	const old = await attempt(ErrorId.UnableToSetVariable, "Unable to lookup variable", () => live.inspector.show.evaluate(scope, expr));
	await attempt(ErrorId.UnableToSetVariable, summary, async () => {
		if (old.type === "string") await callFunction(s, live, scope, `${expr}=${value}`);
		else await live.engine.request("Set", { Scope: scope, Symbol: expr, Value: value });
	});
	const type = live.inspector.show.type(old);
	const fresh = await live.inspector.show.evaluate(scope, expr).catch(() => null);
	const shown = fresh === null ? value : (await live.inspector.show.convert(fresh, expr, scope, { noReference: true })).value;
	if (s.wantsInvalidated) s.client.event("invalidated", { areas: ["all"] });
	return { value: shown, ...(type === "" ? {} : { type }) };
}

async function setVariable(s: AdapterState, live: Live, a: Arguments["setVariable"]): Promise<object> {
	const { expr, scope } = await live.inspector.assignable(a.variablesReference, a.name);
	return assign(s, live, expr, scope, a.value);
}

function setExpression(s: AdapterState, live: Live, a: Arguments["setExpression"]): Promise<object> {
	return assign(s, live, a.expression, live.inspector.scopeOf(a.frameId), a.value);
}

async function completions(s: AdapterState, live: Live, a: Arguments["completions"]): Promise<object> {
	return { targets: await live.inspector.completions(a).catch(() => []) };
}

async function exceptionInfo(s: AdapterState, live: Live, a: Arguments["exceptionInfo"]): Promise<object> {
	const summary = "Unable to get exception info";
	const e = await attempt(ErrorId.UnableToGetExceptionInfo, summary, () => live.runner.exception(a.threadId));
	if (typeof e === "string") throw new DapError(ErrorId.UnableToGetExceptionInfo, summary, e);
	const body = { exceptionId: e.exceptionId, description: e.description, breakMode: "always" };
	if (!e.hasStack) return body;
	const stack = await live.inspector.stack(a.threadId, s.config.stackTraceDepth);
	const isRuntime = stack.every((f) => packageOf(f.function) === "runtime");
	const shown = stack.filter((f) => isRuntime || (f.function !== undefined && !f.function.name.startsWith("runtime.")));
	const toClient = (p: string): string => substitute(p, s.config.substitutePath, "to", "from");
	const lines = shown.map((f) => {
		const i = stack.indexOf(f);
		return `\t${String(i).padStart(2)}  0x${f.pc.toString(16).padStart(16, "0")} in ${f.function?.name ?? "?"}\n\t    at ${toClient(f.file)}:${f.line}\n`;
	});
	return { ...body, details: { stackTrace: `Stack:\n${lines.join("")}` } };
}

async function disassemble(s: AdapterState, live: Live, a: Arguments["disassemble"]): Promise<object> {
	return { instructions: await live.inspector.disassemble(a) };
}

function readMemory(s: AdapterState, live: Live, a: Arguments["readMemory"]): Promise<object> {
	return live.inspector.readMemory(a);
}

async function writeMemory(s: AdapterState, live: Live, a: Arguments["writeMemory"]): Promise<object> {
	const body = await live.inspector.writeMemory(a);
	if (s.wantsInvalidated) s.client.event("invalidated", { areas: ["variables"] });
	return body;
}

async function loadedSources(s: AdapterState, live: Live): Promise<object> {
	const { Sources } = await live.engine.request<{ Sources: string[] | null }>("ListSources", { Filter: "" });
	const toClient = (p: string): string => substitute(p, s.config.substitutePath, "to", "from");
	return { sources: (Sources ?? []).filter((s) => s.startsWith("/")).map((s) => sourceOf(toClient(s))) };
}

async function modules(s: AdapterState, live: Live, a: Arguments["modules"]): Promise<object> {
	const { Targets } = await live.engine.request<{ Targets: { Pid: number; CmdLine: string }[] | null }>("ListTargets", {});
	const all = (Targets ?? []).map((t) => {
		const path = t.CmdLine.split(" ")[0] ?? "";
		return { id: t.Pid, ...sourceOf(path) };
	});
	const start = a.startModule ?? 0;
	const count = a.moduleCount ?? 0;
	return { modules: count > 0 ? all.slice(start, start + count) : all.slice(start), totalModules: all.length };
}

async function source(s: AdapterState, _: Live, a: Arguments["source"]): Promise<object> {
	const path = substitute(a.source?.path ?? "", s.config.substitutePath, "from", "to");
	try {
		return { content: readFileSync(path, "utf8"), mimeType: "text/x-go" };
	} catch (e) {
		throw new DapError(ErrorId.InternalError, "Unable to read source", detailsOf(e));
	}
}

/** Requests about breakpoints, values and sources. */
export const LOOKING_REQUESTS: Readonly<Record<string, Handler>> = {
	setBreakpoints,
	setFunctionBreakpoints,
	setInstructionBreakpoints,
	setExceptionBreakpoints,
	dataBreakpointInfo,
	setDataBreakpoints,
	breakpointLocations,
	threads,
	stackTrace,
	scopes,
	variables,
	evaluate,
	setVariable,
	setExpression,
	completions,
	exceptionInfo,
	disassemble,
	readMemory,
	writeMemory,
	loadedSources,
	modules,
	source,
};
