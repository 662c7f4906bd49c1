// What a stopped program looks like: threads (goroutines are DAP's threads), stacks, scopes, values, memory, code.
import { Kind } from "#bininfo";
import { EMPTY_VIEW } from "#proc/print";
import type { ApiGoroutine, ApiRegister, ApiStackframe, ApiVariable, AsmInstruction, DebuggerState, EvalScope } from "../api.ts";
import type { EngineClient } from "../client.ts";
import type { GoroutineFilter } from "../inspect.ts";
import { type PathMap, sourceOf } from "./breakpoints.ts";
import type { CommonConfig } from "./config.ts";
import { attempt, DapError, detailsOf, ErrorId } from "./errors.ts";
import { Handles } from "./handles.ts";
import { indexedAndNamed, type MemoryRange, type Node, Presenter, type Settings } from "./present.ts";
import type {
	Arguments,
	CompletionItem,
	DisassembledInstruction,
	EvaluateResponseBody,
	Scope,
	StackFrame,
	Thread,
	Variable,
} from "./protocol.gen.ts";

/** More goroutines than these are not listed. */
const MAX_THREADS = 1024;
/** A single string that the user asks for. */
const MAX_STRING = 4 << 10;
const MAX_MEMORY = 1 << 20;
const MAX_INSTRUCTION = 15;
const MAX_INSTRUCTIONS = 10_000;
const USER_GOROUTINES: GoroutineFilter = { Kind: 7, Negated: false, Arg: "" };
const TOP: EvalScope = { GoroutineID: -1, Frame: 0, DeferredCall: 0 };
const hex = (n: number): string => `0x${n.toString(16)}`;

/** A function's name without the directories of its package's path. */
function shortName(f: { name: string } | undefined): string {
	if (f === undefined || f.name === "") return "???";
	const dot = f.name.indexOf(".", f.name.lastIndexOf("/", f.name.search(/[[(]|$/)) + 1);
	const slash = f.name.lastIndexOf("/", dot);
	return f.name.slice(slash + 1);
}

export function packageOf(f: { name: string } | undefined): string {
	if (f === undefined || f.name === "") return "runtime";
	const end = f.name.search(/[[(]|$/);
	const slash = f.name.lastIndexOf("/", end);
	const dot = f.name.indexOf(".", slash + 1);
	return dot < 0 ? "" : f.name.slice(0, dot);
}

export class Inspector {
	private readonly engine: EngineClient;
	private readonly config: CommonConfig;
	private readonly paths: PathMap;
	private readonly frames: Handles<EvalScope> = new Handles();
	private readonly nodes: Handles<Node> = new Handles();
	private readonly ranges: Handles<MemoryRange> = new Handles();
	private readonly log: (line: string) => void;
	readonly show: Presenter;

	constructor(engine: EngineClient, config: CommonConfig, settings: Settings, paths: PathMap, log: (line: string) => void) {
		this.engine = engine;
		this.config = config;
		this.paths = paths;
		this.log = log;
		this.show = new Presenter(engine, settings, this.nodes, this.ranges);
	}

	/** The program ran: numbers of frames and variables mean nothing any more. */
	forget(): void {
		this.frames.clear();
		this.nodes.clear();
		this.ranges.clear();
	}

	private async state(): Promise<DebuggerState> {
		return (await this.engine.request<{ State: DebuggerState }>("State", { NonBlocking: true })).State;
	}

	// Threads and stacks.

	async threads(): Promise<Thread[]> {
		const dummy: Thread[] = [{ id: 1, name: "Dummy" }];
		let list: ApiGoroutine[];
		let state: DebuggerState;
		try {
			const filters = [
				...parseFilters(this.config.goroutineFilters, this.log),
				...(this.config.hideSystemGoroutines ? [USER_GOROUTINES] : []),
			];
			const page = await this.engine.request<{ Goroutines: ApiGoroutine[] | null; Nextg: number }>("ListGoroutines", {
				Start: 0,
				Count: MAX_THREADS,
				Filters: filters,
			});
			list = page.Goroutines ?? [];
			state = await this.state();
			if (page.Nextg > 0) {
				this.log(`Too many goroutines, only loaded ${list.length}`);
				const selected = state.currentGoroutine;
				if (selected !== undefined && !list.some((g) => g.id === selected.id)) list.push(selected);
			}
		} catch (e) {
			if (!/has exited with status/.test(detailsOf(e))) this.log(`Unable to retrieve goroutines: ${detailsOf(e)}`);
			return dummy;
		}
		if (list.length === 0) return dummy;
		const selected = state.currentGoroutine?.id;
		return list.map((g) => {
			if (g.unreadable !== "") return { id: g.id, name: ` Unreadable goroutine: ${g.unreadable}` };
			const mark = g.id === selected ? "* " : "";
			const thread = g.threadID === 0 ? "" : ` (Thread ${g.threadID})`;
			return { id: g.id, name: `${mark}[Go ${g.id}${this.labels(g)}] ${shortName(g.userCurrentLoc.function)}${thread}` };
		});
	}

	private labels(g: ApiGoroutine): string {
		const labels = g.labels ?? {};
		const wanted = this.config.showPprofLabels;
		if (wanted.length === 1 && wanted[0] !== "*") {
			const v = labels[wanted[0] as string] ?? "";
			return v === "" ? "" : ` ${v}`;
		}
		const keys = wanted[0] === "*" ? Object.keys(labels).sort() : wanted;
		return keys.map((k) => ((labels[k] ?? "") === "" ? "" : ` ${k}:${labels[k]}`)).join("");
	}

	async stackTrace(a: Arguments["stackTrace"]): Promise<{ stackFrames: StackFrame[]; totalFrames: number }> {
		return attempt(ErrorId.UnableToProduceStackTrace, "Unable to produce stack trace", async () => {
			const start = Math.max(a.startFrame ?? 0, 0);
			const levels = (a.levels ?? 0) > 0 ? (a.levels as number) : this.config.stackTraceDepth;
			const all = await this.stack(a.threadId, start + levels - 1);
			const isSystem = packageOf(all[all.length - 1]?.function) === "runtime" && all.every((f) => packageOf(f.function) === "runtime");
			const stackFrames = all.slice(start, start + levels).map((f, i): StackFrame => {
				const id = this.frames.add({ GoroutineID: a.threadId, Frame: start + i, DeferredCall: 0 });
				const isSubtle = !isSystem && packageOf(f.function) === "runtime";
				return {
					id,
					name: shortName(f.function),
					line: f.line,
					column: 0,
					instructionPointerReference: hex(f.pc),
					...(f.file === "<autogenerated>" || f.file === "" ? {} : { source: sourceOf(this.paths.toClient(f.file)) }),
					...(isSubtle ? { presentationHint: "subtle" as const } : {}),
				};
			});
			const hasMore = all.length >= start + levels && all[all.length - 1]?.Bottom !== true;
			return { stackFrames, totalFrames: all.length + (hasMore ? this.config.stackTraceDepth : 0) };
		});
	}

	async stack(goroutine: number, depth: number): Promise<ApiStackframe[]> {
		const { Locations } = await this.engine.request<{ Locations: ApiStackframe[] | null }>("Stacktrace", { Id: goroutine, Depth: depth });
		return Locations ?? [];
	}

	private frame(id: number | undefined): EvalScope {
		return (id === undefined ? undefined : this.frames.get(id)) ?? TOP;
	}

	// Variables.

	async scopes(a: Arguments["scopes"]): Promise<Scope[]> {
		const scope = this.frames.get(a.frameId);
		if (scope === undefined) throw new DapError(ErrorId.UnableToListLocals, "Unable to list locals", `unknown frame id ${a.frameId}`);
		const noFunction = "Unable to find enclosing function";
		const stack = await attempt(ErrorId.UnableToListArgs, noFunction, () => this.stack(scope.GoroutineID, scope.Frame));
		const f = stack[scope.Frame]?.function;
		if (f === undefined) throw new DapError(ErrorId.UnableToListArgs, noFunction, "");
		const Cfg = this.show.loadConfig();
		const { Args } = await attempt(ErrorId.UnableToListArgs, "Unable to list args", () =>
			this.engine.request<{ Args: ApiVariable[] | null }>("ListFunctionArgs", { Scope: scope, Cfg }),
		);
		const { Variables } = await attempt(ErrorId.UnableToListLocals, "Unable to list locals", () =>
			this.engine.request<{ Variables: ApiVariable[] | null }>("ListLocalVars", { Scope: scope, Cfg }),
		);
		const out = [
			this.scope(`Locals${f.optimized ? " (warning: optimized function)" : ""}`, "", [...(Args ?? []), ...(Variables ?? [])], scope),
		];
		if (this.config.showGlobalVariables) out.push(await this.globals(scope));
		if (this.config.showRegisters) out.push(await this.registers(scope));
		return out;
	}

	/** A list of variables as one that can be opened. */
	private scope(name: string, expr: string, children: ApiVariable[], scope: EvalScope): Scope {
		const v = { ...EMPTY_VIEW, name, children };
		return { name, variablesReference: this.nodes.add({ v, expr, isScope: true, start: 0, scope }), expensive: false };
	}

	private async globals(scope: EvalScope): Promise<Scope> {
		return attempt(ErrorId.UnableToListGlobals, "Unable to list globals", async () => {
			const current = (await this.stack(scope.GoroutineID, 0))[0];
			const name = packageOf(current?.function);
			const { Variables } = await this.engine.request<{ Variables: ApiVariable[] | null }>("ListPackageVars", {
				Filter: `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\.`,
				Cfg: this.show.loadConfig(),
			});
			const list = (Variables ?? []).map((v) => ({ ...v, name: v.name.startsWith(`${name}.`) ? v.name.slice(name.length + 1) : v.name }));
			return this.scope(`Globals (package ${name})`, name, list, TOP);
		});
	}

	private async registers(scope: EvalScope): Promise<Scope> {
		return attempt(ErrorId.UnableToListRegisters, "Unable to list registers", async () => {
			const { Regs } = await this.engine.request<{ Regs: ApiRegister[] | null }>("ListRegisters", { IncludeFp: false, Scope: scope });
			const list = (Regs ?? []).map((r) => ({
				...EMPTY_VIEW,
				name: r.Name.toLowerCase().padStart(6),
				value: r.Value,
				kind: Kind.Int,
			}));
			return this.scope("Registers", "", list, scope);
		});
	}

	async variables(a: Arguments["variables"]): Promise<Variable[]> {
		const summary = "Unable to lookup variable";
		const node = this.nodes.get(a.variablesReference);
		if (node === undefined) throw new DapError(ErrorId.UnableToLookupVariable, summary, `unknown reference ${a.variablesReference}`);
		return attempt(ErrorId.UnableToLookupVariable, summary, () => this.show.children(node, a.filter, a.start ?? 0, a.count ?? 0));
	}

	/** An expression; calls and commands of the console are the adapter's. */
	async evaluate(a: Arguments["evaluate"]): Promise<EvaluateResponseBody> {
		const scope = this.frame(a.frameId);
		let v = await this.show.evaluate(scope, a.expression);
		const isWanted = ["repl", "variables", "hover", "clipboard"].includes(a.context ?? "");
		if (isWanted && v.kind === Kind.String && v.unreadable === "" && v.len > Buffer.byteLength(v.value)) {
			v = await this.show.evaluate(scope, a.expression, { ...this.show.loadConfig(), MaxStringLen: MAX_STRING });
		}
		const full = a.context === "clipboard" || a.context === "variables";
		const { value, reference } = await this.show.convert(v, `(${a.expression})`, scope, { full });
		const type = this.show.type(v);
		return { result: value, ...(type === "" ? {} : { type }), variablesReference: reference, ...indexedAndNamed(v) };
	}

	scopeOf(frameId: number | undefined): EvalScope {
		return this.frame(frameId);
	}

	/** The results of a call, as one value that can be opened. */
	async results(list: ApiVariable[], scope: EvalScope): Promise<EvaluateResponseBody> {
		if (list.length === 0) return { result: "", variablesReference: 0 };
		const texts: string[] = [];
		for (const v of list) texts.push((await this.show.convert(v, "", scope, { noReference: true })).value);
		const v = { ...EMPTY_VIEW, children: list };
		return { result: texts.join(", "), variablesReference: this.nodes.add({ v, expr: "", isScope: false, start: 0, scope }) };
	}

	/** What a part of an open variable is called in an expression. */
	async assignable(reference: number, name: string): Promise<{ expr: string; scope: EvalScope }> {
		const node = this.nodes.get(reference);
		if (node === undefined) throw new DapError(ErrorId.UnableToSetVariable, "Unable to lookup variable", `unknown reference ${reference}`);
		const parts = await this.show.children(node, "", 0, 0);
		const part = parts.find((p) => p.name === name);
		const summary = "Unable to set variable";
		if (part === undefined) throw new DapError(ErrorId.UnableToSetVariable, summary, `cannot find "${name}" in ${node.v.name}`);
		if (part.evaluateName === undefined) throw new DapError(ErrorId.UnableToSetVariable, summary, `"${name}" cannot be assigned to`);
		return { expr: part.evaluateName, scope: node.scope };
	}

	dataBreakpoint(a: Arguments["dataBreakpointInfo"]): { dataId: string; description: string } {
		const summary = "Could not get data breakpoint info";
		const refuse = (why: string): never => {
			throw new DapError(ErrorId.UnableToGetDataBreakpointInfo, summary, why);
		};
		if (a.variablesReference === undefined || a.variablesReference === 0) {
			const scope = a.frameId === undefined ? undefined : this.frames.get(a.frameId);
			return { dataId: `${scope?.GoroutineID ?? -1},${scope?.Frame ?? 0},${a.name}`, description: a.name };
		}
		const node = this.nodes.get(a.variablesReference);
		if (node === undefined) return refuse(`variable reference ${a.variablesReference} unknown`);
		const child = node.v.children.find((c) => c.name === a.name);
		if (child === undefined) return refuse(`field ${a.name} not found`);
		if (child.unreadable !== "") return refuse(`field ${a.name} is unreadable: ${child.unreadable}`);
		const description = node.isScope ? child.name : `${node.v.name}.${child.name}`;
		if (node.isScope) return { dataId: `${node.scope.GoroutineID},${node.scope.Frame},${child.name}`, description };
		return { dataId: `-1,0,*(*${JSON.stringify(child.type)})(${hex(child.addr)})`, description };
	}

	/** Names in scope that begin as the text before the cursor ends. */
	async completions(a: Arguments["completions"]): Promise<CompletionItem[]> {
		const before = a.text.slice(0, Math.max(a.column - 1, 0));
		const m = /((?:[\p{L}_][\p{L}\p{N}_]*\.)*)([\p{L}_][\p{L}\p{N}_]*)?$/u.exec(before);
		const path = (m?.[1] ?? "").slice(0, -1);
		const start = m?.[2] ?? "";
		const scope = this.frame(a.frameId);
		const Cfg = { ...this.show.loadConfig(), MaxVariableRecurse: 0 };
		let names: string[];
		if (path === "") {
			const args = await this.engine.request<{ Args: ApiVariable[] | null }>("ListFunctionArgs", { Scope: scope, Cfg });
			const locals = await this.engine.request<{ Variables: ApiVariable[] | null }>("ListLocalVars", { Scope: scope, Cfg });
			names = [...(args.Args ?? []), ...(locals.Variables ?? [])].map((v) => v.name);
		} else {
			const v = await this.show.evaluate(scope, path);
			const of = v.kind === Kind.Pointer ? v.children[0] : v;
			names = of?.kind === Kind.Struct ? of.children.map((c) => c.name) : [];
		}
		const type = path === "" ? "variable" : "field";
		return [...new Set(names)]
			.filter((n) => n.startsWith(start) && /^[\p{L}_]/u.test(n))
			.map((label) => ({ label, type, start: before.length - start.length, length: start.length }));
	}

	// Memory and code.

	private range(reference: string): MemoryRange | undefined {
		return /^\d+$/.test(reference) ? this.ranges.get(Number(reference)) : undefined;
	}

	async readMemory(a: Arguments["readMemory"]): Promise<{ address: string; data?: string; unreadableBytes?: number }> {
		const summary = "Unable to read memory";
		return attempt(ErrorId.UnableToReadMemory, summary, async () => {
			if (a.count < 0) throw new Error("negative count");
			const range = this.range(a.memoryReference);
			if (range === undefined) throw new Error("unknown memoryReference");
			const offset = a.offset ?? 0;
			const from = Math.min(Math.max(offset, 0), range.size);
			const to = Math.min(Math.max(offset + Math.min(a.count, MAX_MEMORY), 0), range.size);
			const address = range.address + from;
			if (to <= from) return { address: hex(address), unreadableBytes: a.count };
			const parts: Buffer[] = [];
			for (let at = from; at < to; at += 1 << 16) {
				const length = Math.min(1 << 16, to - at);
				const { Mem } = await this.engine.request<{ Mem: string }>("ExamineMemory", { Address: range.address + at, Length: length });
				parts.push(Buffer.from(Mem, "base64"));
			}
			const data = Buffer.concat(parts);
			return { address: hex(address), data: data.toString("base64"), unreadableBytes: a.count - data.length };
		});
	}

	async writeMemory(a: Arguments["writeMemory"]): Promise<{ bytesWritten: number }> {
		return attempt(ErrorId.UnableToWriteMemory, "Unable to write memory", async () => {
			if (a.data === "") throw new Error("empty data");
			const range = this.range(a.memoryReference);
			if (range === undefined) throw new Error("unknown memoryReference");
			const bytes = Buffer.from(a.data, "base64");
			const offset = a.offset ?? 0;
			if (offset < 0 || offset + bytes.length > range.size) throw new Error("outside of the value");
			for (const [i, b] of bytes.entries()) {
				await this.engine.request("Set", { Scope: TOP, Symbol: `*(*"uint8")(${hex(range.address + offset + i)})`, Value: String(b) });
			}
			return { bytesWritten: bytes.length };
		});
	}

	async disassemble(a: Arguments["disassemble"]): Promise<DisassembledInstruction[]> {
		return attempt(ErrorId.UnableToDisassemble, "Unable to disassemble", async () => {
			const invalid = (address: string): DisassembledInstruction => ({ address, instruction: "invalid instruction" });
			const count = Math.min(Math.max(a.instructionCount, 0), MAX_INSTRUCTIONS);
			if (!/^(0x[0-9a-f]+|\d+)$/i.test(a.memoryReference)) {
				throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(a.memoryReference)}: invalid syntax`);
			}
			const address = Number(a.memoryReference) + (a.offset ?? 0);
			const skip = a.instructionOffset ?? 0;
			if (address === 0 || address > Number.MAX_SAFE_INTEGER) return Array.from({ length: count }, () => invalid(a.memoryReference));
			const code = await this.code(address, skip, count);
			const at = code.findIndex((x) => x.Loc.pc === address);
			if (at < 0) throw new Error("could not find memory reference");
			let last = "";
			return Array.from({ length: count }, (_, i): DisassembledInstruction => {
				const x = code[at + skip + i];
				if (x === undefined) return invalid(at + skip + i < 0 ? "0x0" : "0xffffffffffffffff");
				const line = `${x.Loc.file}:${x.Loc.line}`;
				const isFirst = line !== last;
				last = line;
				return {
					address: hex(x.Loc.pc),
					instructionBytes: Buffer.from(x.Bytes, "base64").toString("hex"),
					instruction: x.Text,
					...(isFirst ? { location: sourceOf(this.paths.toClient(x.Loc.file)), line: x.Loc.line } : {}),
				};
			});
		});
	}

	/** Instructions around an address: its function, and its neighbours as far as they are asked for. */
	private async code(address: number, skip: number, count: number): Promise<AsmInstruction[]> {
		const one = async (pc: number): Promise<AsmInstruction[]> => {
			const r = await this.engine.request<{ Disassemble: AsmInstruction[] | null }>("Disassemble", {
				Scope: TOP,
				StartPC: pc,
				EndPC: 0,
				Flavour: 2,
			});
			return r.Disassemble ?? [];
		};
		const code = await one(address);
		const index = code.findIndex((x) => x.Loc.pc === address);
		for (let need = -skip - index; need > 0 && code.length > 0; ) {
			const before = await this.neighbour(one, (code[0] as AsmInstruction).Loc.pc - 1, -1);
			if (before.length === 0) break;
			code.unshift(...before);
			need -= before.length;
		}
		for (let need = skip + count - (code.length - index); need > 0 && code.length > 0; ) {
			const last = code[code.length - 1] as AsmInstruction;
			const after = await this.neighbour(one, last.Loc.pc + Buffer.from(last.Bytes, "base64").length, 1);
			if (after.length === 0) break;
			code.push(...after);
			need -= after.length;
		}
		return code;
	}

	/** The function on the other side of the padding, which is shorter than a cache line. */
	private async neighbour(one: (pc: number) => Promise<AsmInstruction[]>, pc: number, step: number): Promise<AsmInstruction[]> {
		for (let i = 0; i < 4 * MAX_INSTRUCTION; i++) {
			const code = await one(pc + i * step).catch(() => []);
			if (code.length > 0) return code;
		}
		return [];
	}
}

const filterKinds: Record<string, number> = { curloc: 1, userloc: 2, goloc: 3, startloc: 4, label: 5, running: 6, user: 7 };

/** goroutineFilters: -with and -without, as the terminal's goroutines command has them. */
function parseFilters(text: string, log: (line: string) => void): GoroutineFilter[] {
	const words = text.trim() === "" ? [] : text.trim().split(/\s+/);
	const out: GoroutineFilter[] = [];
	for (let i = 0; i < words.length; i++) {
		const way = words[i];
		const kind = filterKinds[words[++i] ?? ""];
		if ((way !== "-with" && way !== "-w" && way !== "-without" && way !== "-wo") || kind === undefined) {
			log(`unknown goroutine filter ${JSON.stringify(`${way} ${words[i] ?? ""}`.trim())}`);
			return out;
		}
		out.push({ Kind: kind, Negated: way.startsWith("-wo"), Arg: kind <= 5 ? (words[++i] ?? "") : "" });
	}
	return out;
}
