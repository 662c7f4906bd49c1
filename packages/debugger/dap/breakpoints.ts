// Breakpoints as DAP sets them: each request gives all of a kind. What was there and is not any more goes, the rest is amended or made.
import type { ApiBreakpoint, ApiLocation, EvalScope } from "../api.ts";
import type { EngineClient } from "../client.ts";
import { emptyBreakpoint } from "../logical.ts";
import { detailsOf } from "./errors.ts";
import { type LogMessage, parseLogMessage } from "./logpoint.ts";
import type { Breakpoint, DataBreakpoint, FunctionBreakpoint, InstructionBreakpoint, SourceBreakpoint } from "./protocol.gen.ts";

/** Beginnings of the names of our breakpoints, by kind. */
export const FUNCTION_PREFIX = "functionBreakpoint";
export const INSTRUCTION_PREFIX = "instructionBreakpoint";
const DATA_PREFIX = "dataBreakpoint";

/** What a client wants. */
interface Wanted {
	name: string;
	condition: string;
	hitCondition: string;
	logMessage: string;
	/** Finds the place and makes the breakpoint; its name and conditions are set from this. */
	make: (template: ApiBreakpoint) => Promise<ApiBreakpoint>;
}

export interface PathMap {
	toServer(path: string): string;
	toClient(path: string): string;
}

const WATCH_READ = 1;
const WATCH_WRITE = 2;
const accessTypes: Record<string, number> = { read: WATCH_READ, write: WATCH_WRITE, readWrite: WATCH_READ | WATCH_WRITE };

export class DapBreakpoints {
	private readonly engine: EngineClient;
	private readonly paths: PathMap;
	/** Messages of log points by name. */
	private readonly messages: Map<string, LogMessage> = new Map();

	constructor(engine: EngineClient, paths: PathMap) {
		this.engine = engine;
		this.paths = paths;
	}

	message(name: string): LogMessage | null {
		return this.messages.get(name) ?? null;
	}

	source(path: string, wanted: readonly SourceBreakpoint[]): Promise<Breakpoint[]> {
		const prefix = `sourceBp Path=${JSON.stringify(path)} `;
		const file = this.paths.toServer(path);
		return this.set(
			(b) => b.name.startsWith(prefix),
			wanted.map((w) => ({
				...conditions(w),
				name: `${prefix} Line=${w.line} Column=${w.column ?? 0}`,
				make: (t) => this.create({ ...t, file, line: w.line }),
			})),
		);
	}

	functions(wanted: readonly FunctionBreakpoint[]): Promise<Breakpoint[]> {
		return this.set(
			(b) => b.name.startsWith(FUNCTION_PREFIX),
			wanted.map((w) => ({
				...conditions(w),
				name: `${FUNCTION_PREFIX} Name=${w.name}`,
				make: async (t) => {
					const at = await this.findFunction(w.name);
					return this.create({ ...t, addr: at.pc, addrs: at.pcs ?? null });
				},
			})),
		);
	}

	/** Only names of functions, and places in them or in files, mean the same later. */
	private async findFunction(name: string): Promise<ApiLocation> {
		if (/^(\*|[+-]?\d+$|\/)/.test(name) || name === "") {
			throw new Error(
				`breakpoint name ${JSON.stringify(name)} could not be parsed as a function. name must be in the format 'funcName', 'funcName:line' or 'fileName:line'`,
			);
		}
		if (name.startsWith(".")) throw new Error("breakpoint names that are relative paths are not supported");
		const { Locations } = await this.engine.request<{ Locations: ApiLocation[] | null }>("FindLocation", {
			Scope: { GoroutineID: -1, Frame: 0, DeferredCall: 0 },
			Loc: name,
			IncludeNonExecutableLines: true,
		});
		const at = Locations?.[0];
		if (at === undefined) throw new Error(`location ${JSON.stringify(name)} not found`);
		return at;
	}

	instructions(wanted: readonly InstructionBreakpoint[]): Promise<Breakpoint[]> {
		return this.set(
			(b) => b.name.startsWith(INSTRUCTION_PREFIX),
			wanted.map((w) => ({
				...conditions(w),
				name: `${INSTRUCTION_PREFIX} PC=${w.instructionReference}`,
				make: (t) => {
					const addr = Number(w.instructionReference);
					const isAddress = /^(0x[0-9a-f]+|\d+)$/i.test(w.instructionReference) && Number.isSafeInteger(addr);
					if (!isAddress) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(w.instructionReference)}: invalid syntax`);
					return this.create({ ...t, addr: addr + (w.offset ?? 0) });
				},
			})),
		);
	}

	data(wanted: readonly DataBreakpoint[]): Promise<Breakpoint[]> {
		return this.set(
			(b) => b.WatchExpr !== "",
			wanted.map((w) => ({
				...conditions(w),
				name: `${DATA_PREFIX} ${w.dataId}`,
				make: async (t) => {
					const m = /^(-?\d+),(-?\d+),(.*)$/s.exec(w.dataId);
					if (m === null) throw new Error(`malformed data ID: ${JSON.stringify(w.dataId)}`);
					const type = accessTypes[w.accessType ?? "write"];
					if (type === undefined) throw new Error(`unknown access type: ${JSON.stringify(w.accessType)}`);
					const scope: EvalScope = { GoroutineID: Number(m[1]), Frame: Number(m[2]), DeferredCall: 0 };
					const made = await this.engine.request<ApiBreakpoint>("CreateWatchpoint", { Scope: scope, Expr: m[3], Type: type });
					const got = { ...made, name: t.name, Cond: t.Cond, HitCond: t.HitCond };
					await this.engine.request("AmendBreakpoint", { Breakpoint: got });
					return got;
				},
			})),
		);
	}

	/** Turns those for panics and fatal errors on or off. */
	async exceptions(filters: readonly string[]): Promise<Breakpoint[]> {
		const out: Breakpoint[] = [];
		for (const b of await this.list()) {
			if (b.id >= 0) continue;
			const enable = filters.includes(b.name);
			if (enable === b.disabled) await this.engine.request("AmendBreakpoint", { Breakpoint: { ...b, disabled: !enable } });
			if (enable) out.push(this.view(b, null));
		}
		return out;
	}

	async list(): Promise<ApiBreakpoint[]> {
		const { Breakpoints } = await this.engine.request<{ Breakpoints: ApiBreakpoint[] | null }>("ListBreakpoints", { All: false });
		return Breakpoints ?? [];
	}

	/** The lines of a file with code, between two lines. */
	async lines(path: string, from: number, to: number): Promise<number[]> {
		const file = this.paths.toServer(path);
		const out: number[] = [];
		for (let line = from; line <= to; line++) {
			const found = await this.engine
				.request<{ Locations: ApiLocation[] | null }>("FindLocation", {
					Scope: { GoroutineID: -1, Frame: 0, DeferredCall: 0 },
					Loc: `${file}:${line}`,
					IncludeNonExecutableLines: false,
				})
				.catch(() => null);
			if (found?.Locations?.some((l) => l.line === line) === true) out.push(line);
		}
		return out;
	}

	private async create(b: ApiBreakpoint): Promise<ApiBreakpoint> {
		const made = await this.engine.request<{ Breakpoint: ApiBreakpoint }>("CreateBreakpoint", { Breakpoint: b });
		return made.Breakpoint;
	}

	private async set(isOurs: (b: ApiBreakpoint) => boolean, wanted: readonly Wanted[]): Promise<Breakpoint[]> {
		const existing = new Map((await this.list()).filter((b) => b.id > 0 && isOurs(b)).map((b) => [b.name, b]));
		const names = new Set(wanted.map((w) => w.name));
		for (const b of existing.values()) {
			if (names.has(b.name)) continue;
			this.messages.delete(b.name);
			await this.engine.request("ClearBreakpoint", { Id: b.id });
		}
		const done = new Set<string>();
		const out: Breakpoint[] = [];
		for (const w of wanted) {
			let got: ApiBreakpoint | null = existing.get(w.name) ?? null;
			let error: string | null = null;
			try {
				if (done.has(w.name)) throw new Error("breakpoint already exists");
				got = await this.place(w, got);
			} catch (e) {
				error = detailsOf(e);
			}
			done.add(w.name);
			out.push(this.view(got, error));
		}
		return out;
	}

	private async place(w: Wanted, existing: ApiBreakpoint | null): Promise<ApiBreakpoint> {
		const message = parseLogMessage(w.logMessage);
		const properties = { Cond: w.condition, HitCond: w.hitCondition, continue: message !== null };
		let got: ApiBreakpoint;
		if (existing === null) got = await w.make({ ...emptyBreakpoint(), ...properties, name: w.name });
		else {
			got = { ...existing, ...properties, disabled: false };
			await this.engine.request("AmendBreakpoint", { Breakpoint: got });
		}
		if (message === null) this.messages.delete(w.name);
		else this.messages.set(w.name, message);
		return got;
	}

	private view(b: ApiBreakpoint | null, failure: string | null): Breakpoint {
		const hasPlace = b !== null && (b.addrs?.length ?? 0) > 0;
		const error = failure ?? (hasPlace || (b !== null && b.WatchExpr !== "") || (b?.id ?? 0) < 0 ? null : "unable to set breakpoint");
		const path = b === null ? "" : this.paths.toClient(b.file);
		return {
			...(b === null ? {} : { id: b.id }),
			verified: error === null,
			...(error === null ? {} : { message: error }),
			...(b === null || b.file === "" ? {} : { line: b.line, source: sourceOf(path) }),
		};
	}
}

export function sourceOf(path: string): { name: string; path: string } {
	return { name: path.slice(path.lastIndexOf("/") + 1), path };
}

function conditions(w: { condition?: string; hitCondition?: string; logMessage?: string }): Omit<Wanted, "name" | "make"> {
	return { condition: w.condition ?? "", hitCondition: w.hitCondition ?? "", logMessage: w.logMessage ?? "" };
}
