// The main thread's side of a debugging session. The session itself (session.ts) runs in a worker, which owns the traced
// processes and blocks while they run; requests queue up there. What must be answered meanwhile is answered here.
import { flushCompileCache, getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Signals } from "#proc/native";
import type { ApiEvent, DebuggerState } from "./api.ts";
import type { SessionConfig } from "./session.ts";

/** Indexes of the shared words. */
export const SHARED_HALT = 0;
export const SHARED_TID = 1;
export const SHARED_RUNNING = 2;
export const SHARED_WORDS = 4;

export interface EngineRequest {
	id: number;
	/** Whose selection it works on. */
	client: number;
	method: string;
	arg: unknown;
}

export type EngineMessage =
	| { kind: "ready"; error: string | null; warnings: readonly string[] }
	| { kind: "reply"; id: number; text: string; error: string | null }
	| { kind: "event"; event: ApiEvent }
	| { kind: "log"; layer: string; text: string };

/** An error that a method of the session answered with: its message is for the user. */
export class SessionError extends Error {}

interface Waiting {
	method: string;
	resolve: (text: string) => void;
	reject: (e: Error) => void;
}

const KICK_MS = 2;
const SIGURG = 23;

/** Command names that do not let the program run. */
export const STILL: ReadonlySet<string> = new Set(["switchThread", "switchGoroutine", "halt"]);

export class Engine {
	private readonly worker: Worker;
	private readonly shared: Int32Array;
	private readonly waiting: Map<number, Waiting> = new Map();
	private readonly eventListeners: Set<(e: ApiEvent) => void> = new Set();
	private readonly runListeners: Set<(running: boolean, client: number) => void> = new Set();
	private nextId = 1;
	private clients = 0;
	private runs = 0;
	private dead: string | null = null;
	/** What the C library does for us: loaded when it is first needed. */
	private signals: Signals | null = null;
	private kicking: NodeJS.Timeout | null = null;
	readonly config: SessionConfig;
	/** Builds the program again; null = it was not built by us. */
	rebuild: (() => Promise<boolean>) | null = null;
	log: (layer: string, text: string) => void = () => {};
	/** What the user should know of the program that was opened: parts of a core file that are missing. */
	warnings: readonly string[] = [];

	private constructor(config: SessionConfig) {
		this.config = config;
		this.shared = new Int32Array(new SharedArrayBuffer(4 * SHARED_WORDS));
		const cache = getCompileCacheDir();
		const file = import.meta.url.endsWith(".ts") ? "./engineworker.ts" : "./dlv-engine.mjs";
		this.worker = new Worker(new URL(file, import.meta.url), {
			workerData: { config, shared: this.shared, cache: cache === undefined ? undefined : dirname(cache) },
			resourceLimits: { stackSizeMb: 4 },
		});
	}

	/** Starts the session: launches, attaches or opens the core. Rejects with the reason when that fails. */
	static async start(config: SessionConfig): Promise<Engine> {
		const engine = new Engine(config);
		const ready = Promise.withResolvers<void>();
		engine.worker.on("message", (m: EngineMessage) => {
			if (m.kind === "ready") {
				engine.warnings = m.warnings;
				if (m.error === null) ready.resolve();
				else ready.reject(new SessionError(m.error));
			} else engine.message(m);
		});
		engine.worker.on("error", (e: Error) => {
			ready.reject(e);
			engine.fail(`Internal debugger error: ${e.message}`);
		});
		engine.worker.on("exit", () => {
			ready.reject(new SessionError("the debugger's thread ended"));
			engine.fail("the debugger's thread ended");
		});
		try {
			await ready.promise;
		} catch (e) {
			await engine.worker.terminate();
			throw e;
		}
		return engine;
	}

	/** Among them a signal that interrupts the worker's wait, and does nothing else. */
	private async loadSignals(): Promise<Signals> {
		if (this.signals === null) {
			const signals = (await import("#proc/native")).loadSignals();
			process.on("SIGURG", () => {});
			signals.interrupting(SIGURG);
			this.signals = signals;
		}
		return this.signals;
	}

	private message(m: EngineMessage): void {
		if (m.kind === "event") for (const f of this.eventListeners) f(m.event);
		if (m.kind === "log") this.log(m.layer, m.text);
		if (m.kind !== "reply") return;
		const w = this.waiting.get(m.id);
		this.waiting.delete(m.id);
		if (w === undefined) return;
		if (m.error === null) w.resolve(m.text);
		else w.reject(new SessionError(m.error));
	}

	private fail(why: string): void {
		this.dead ??= why;
		for (const w of this.waiting.values()) w.reject(new SessionError(why));
		this.waiting.clear();
	}

	onEvent(f: (e: ApiEvent) => void): () => void {
		this.eventListeners.add(f);
		return () => this.eventListeners.delete(f);
	}

	/** Calls f when a client has let the program run, and when what it wanted has come to its end. */
	onRun(f: (running: boolean, client: number) => void): () => void {
		this.runListeners.add(f);
		return () => this.runListeners.delete(f);
	}

	/** Says to other clients that this one lets the program run, or that it came to a stop that counts. */
	announce(running: boolean, client: number): void {
		for (const f of this.runListeners) f(running, client);
	}

	/** The program runs: a command that lets it run has not been answered yet. */
	get running(): boolean {
		return this.runs > 0;
	}

	/** A number for a client that is to have a selection of its own; 0 is the session's owner. */
	newClient(): number {
		return ++this.clients;
	}

	/** The JSON text of a method's result. Rejects with SessionError. */
	async requestText(method: string, arg: unknown, client: number = 0): Promise<string> {
		const name = method === "Command" ? String((arg as { name?: unknown } | null)?.name) : "";
		if (method === "State" && (arg as { NonBlocking?: boolean } | null)?.NonBlocking === true && this.running) {
			return JSON.stringify({ State: runningState(this.config.pid) });
		}
		if (method === "Restart" && (arg as { Rebuild?: boolean } | null)?.Rebuild === true) {
			if (this.rebuild === null) throw new SessionError("cannot rebuild a binary");
			if (!(await this.rebuild())) throw new SessionError("could not rebuild process: exit status 1");
			return this.requestText(method, { ...(arg as object), Rebuild: false }, client);
		}
		if (name === "halt") this.kick();
		const runs = method === "Command" && !STILL.has(name);
		if (runs) this.runs++;
		try {
			return await this.post(method, arg, client);
		} finally {
			if (runs) this.runs--;
		}
	}

	async request<T>(method: string, arg: unknown): Promise<T> {
		return JSON.parse(await this.requestText(method, arg)) as T;
	}

	private post(method: string, arg: unknown, client: number): Promise<string> {
		if (this.dead !== null) return Promise.reject(new SessionError(this.dead));
		const id = this.nextId++;
		const done = Promise.withResolvers<string>();
		this.waiting.set(id, { method, resolve: done.resolve, reject: done.reject });
		this.worker.postMessage({ id, client, method, arg } satisfies EngineRequest);
		return done.promise;
	}

	/** Makes the running program stop; the command that let it run is answered then. */
	kick(): void {
		if (!this.running || this.kicking !== null) return;
		Atomics.store(this.shared, SHARED_HALT, 1);
		void this.loadSignals();
		const poke = (): void => {
			if (Atomics.load(this.shared, SHARED_HALT) === 0 || !this.running || this.dead !== null) {
				if (this.kicking !== null) clearInterval(this.kicking);
				this.kicking = null;
				Atomics.store(this.shared, SHARED_HALT, 0);
				return;
			}
			if (Atomics.load(this.shared, SHARED_RUNNING) === 1) this.signals?.tgkill(process.pid, Atomics.load(this.shared, SHARED_TID), SIGURG);
		};
		this.kicking = setInterval(poke, KICK_MS);
		poke();
	}

	/** Ends the worker; the session must have been detached. */
	async close(): Promise<void> {
		this.fail("the session is over");
		await this.worker.terminate();
	}

	/** Ends this process at once, even when the worker is blocked. */
	async exit(code: number): Promise<never> {
		const { exitNow } = await this.loadSignals();
		flushCompileCache();
		exitNow(code);
		process.exit(code);
	}
}

function runningState(pid: number): DebuggerState {
	return {
		Pid: pid,
		TargetCommandLine: "",
		Running: true,
		Recording: false,
		CoreDumping: false,
		Threads: null,
		NextInProgress: false,
		WatchOutOfScope: null,
		exited: false,
		exitStatus: 0,
		When: "",
	};
}
