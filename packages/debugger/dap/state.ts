// What a DAP client's session is made of: its settings, its program, and what the requests share.
import type { EngineClient, Identity } from "../client.ts";
import type { Audit } from "../server/audit.ts";
import type { SessionConfig } from "../session.ts";
import type { DapBreakpoints } from "./breakpoints.ts";
import type { DapClient, DapRequest } from "./client.ts";
import { type CommonConfig, decodeLaunch, type LaunchConfig } from "./config.ts";
import type { Inspector } from "./inspect.ts";
import type { BuildForDebug, OutputPipes, PlainProcess } from "./launch.ts";
import { emptySettings, type Settings } from "./present.ts";
import type { Runner } from "./runner.ts";

export interface AdapterOptions {
	/** The session that is there already; null: launch and attach make one. */
	engine: EngineClient | null;
	/** Who the client is, and where it is noted what it does with a session of its own. */
	identity: Identity;
	audit: Audit;
	/** The server outlives its clients. */
	multi: boolean;
	/** Where the server listens, for messages. */
	address: string;
	/** What launch and attach start from. */
	base: SessionConfig;
	build: BuildForDebug | null;
	/** Finds a process by the beginning of its command line; resolves when there is one. */
	waitFor: (prefix: string) => Promise<number>;
	pipe: () => [number, number];
	/** The session is over. */
	done: () => void;
}

/** What a debugged program needs; made by launch or attach. */
export interface Live {
	engine: EngineClient;
	inspector: Inspector;
	breakpoints: DapBreakpoints;
	runner: Runner;
}

/** Carries out a request to a program that is being debugged; its body, or ANSWERED. */
export type Handler = (s: AdapterState, live: Live, args: never, request: DapRequest) => Promise<object | null | typeof ANSWERED>;

/** The handler has answered by itself. */
export const ANSWERED: unique symbol = Symbol("answered");

export class AdapterState {
	readonly client: DapClient;
	readonly options: AdapterOptions;
	readonly settings: Settings = emptySettings();
	wantsProgress: boolean = false;
	wantsInvalidated: boolean = false;
	config: CommonConfig = decodeLaunch({});
	launchConfig: LaunchConfig | null = null;
	live: Live | null = null;
	plain: PlainProcess | null = null;
	pipes: OutputPipes | null = null;
	removeBinary: () => void = () => {};
	over: boolean = false;
	building: AbortController | null = null;
	/** Targets of gotoTargets and stepInTargets of this stop, by number. */
	readonly places: Map<number, number> = new Map();

	constructor(client: DapClient, options: AdapterOptions) {
		this.client = client;
		this.options = options;
	}

	/** Takes over the settings of a configuration. */
	apply(c: CommonConfig): void {
		Object.assign(this.config, c);
		this.settings.maxStringLen = c.maxStringLen;
		this.settings.maxArrayValues = c.maxArrayValues;
		this.settings.showRawStrings = c.showRawStrings;
	}

	/** The client may look, and nothing else. */
	get observes(): boolean {
		return this.options.identity.role !== "control";
	}
}

/** Replaces the first rule's path that is the beginning of this one. */
export function substitute(path: string, rules: readonly { from: string; to: string }[], a: "from" | "to", b: "from" | "to"): string {
	for (const rule of rules) {
		const from = rule[a].replace(/\/+$/, "");
		const to = rule[b].replace(/\/+$/, "");
		if (from === "" && !path.startsWith("/")) return `${to}/${path}`;
		if (from !== "" && (path === from || path.startsWith(`${from}/`))) return to + path.slice(from.length) || "/";
	}
	return path;
}
