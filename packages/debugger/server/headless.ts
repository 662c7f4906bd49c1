// The headless server: a session, who is let in, and how it ends.
import { rmSync } from "node:fs";
import { Engine, SessionError } from "../host.ts";
import { RpcServer } from "../rpc/server.ts";
import type { SessionConfig } from "../session.ts";
import { type Audit, NO_AUDIT, openAudit } from "./audit.ts";
import { Gate, readTokens } from "./gate.ts";
import { isLocal, listen, ListenError, type ListenOptions, type Listening, splitAddress } from "./listen.ts";

export interface HeadlessOptions extends ListenOptions {
	session: SessionConfig;
	acceptMulticlient: boolean;
	continueOnStart: boolean;
	/** Builds the program again, for a restart that asks for it; null = it was not built by us. False when that fails. */
	rebuild: (() => Promise<boolean>) | null;
	/** Runs before the process ends. */
	atExit: () => void;
	log: ((layer: string, text: string) => void) | null;
	print: (line: string) => void;
	fail: (line: string) => void;
}

/** What guards a server, read before it listens. */
interface Guard {
	bound: Listening;
	tokens: ReturnType<typeof readTokens> | null;
	audit: Audit;
}

/** Reads what guards a server, and listens. Throws ListenError. */
async function guardedListen(o: ListenOptions): Promise<Guard> {
	const tokens = o.tokenFile === "" ? null : readTokens(o.tokenFile);
	const bound = await listen(o);
	const path = o.auditLog === "" && !isLocal(splitAddress(o.address)) ? "-" : o.auditLog;
	let audit = NO_AUDIT;
	try {
		if (path !== "") audit = openAudit(path);
	} catch (e) {
		bound.server.close();
		throw new ListenError(`--audit-log: ${e instanceof Error ? e.message : String(e)}`);
	}
	bound.connections.failed = (client, why) => audit.note({ event: "refuse", client, name: "", role: "", error: why });
	return { bound, tokens, audit };
}

/** Listens, and says where; null when that cannot be, and why has been said. */
export async function announced(o: ListenOptions & { print: (line: string) => void }, what: "API" | "DAP"): Promise<Guard | null> {
	try {
		const guard = await guardedListen(o);
		o.print(`${what} server listening at: ${guard.bound.shown}`);
		return guard;
	} catch (e) {
		if (!(e instanceof ListenError)) throw e;
		o.print(`couldn't start listener: ${e.message}`);
		return null;
	}
}

/** Signals that end a server end its session first. */
export function onSignals(end: () => void): void {
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
}

/** Runs the server until its session is over; the exit code. */
export async function serveHeadless(o: HeadlessOptions): Promise<number> {
	const guard = await announced(o, "API");
	if (guard === null) return 1;
	const { bound, tokens, audit } = guard;
	let engine: Engine;
	try {
		engine = await Engine.start(o.session);
	} catch (e) {
		bound.connections.close();
		bound.server.close();
		if (!(e instanceof SessionError)) throw e;
		o.fail(e.message);
		return 1;
	}
	const { log } = o;
	if (log !== null) engine.log = log;
	for (const w of engine.warnings) o.fail(`Warning: ${w}`);
	engine.rebuild = o.rebuild;
	const over = Promise.withResolvers<void>();
	const rpc = new RpcServer(engine, {
		acceptMulticlient: o.acceptMulticlient,
		audit,
		claimed: () => bound.server.close(),
		dap: (guest, client) => {
			const at = { client, multi: o.acceptMulticlient, address: bound.shown, done: over.resolve };
			void import("../dap/serve.ts").then((d) => d.serveDapClient(guest, { base: o.session, build: null, log }, at, audit));
		},
		done: over.resolve,
		log: (text) => log?.("rpc", text),
	});
	const protocols = ["rpc", "dap"] as const;
	const gate = new Gate({ onlySameUser: o.onlySameUser, tokens, audit, protocols, open: () => rpc.open }, (g) => rpc.take(g));
	bound.connections.take((socket) => gate.knock(socket));
	onSignals(over.resolve);
	if (o.continueOnStart) {
		engine.request("Command", { name: "continue" }).catch((e: unknown) => o.fail(e instanceof Error ? e.message : String(e)));
	}
	await over.promise;
	bound.server.close();
	const at = splitAddress(o.address);
	if ("path" in at) rmSync(at.path, { force: true });
	await endSession(engine, o.session.mode === "launch");
	rpc.close();
	audit.close();
	o.atExit();
	return engine.exit(0);
}

/** Longer than a machine with much else to do needs to let 500 threads go: who is left attached dies of its traps. */
const STOP_TIMEOUT = 60_000;

/** Stops the program if it runs, and kills it or lets it go on. */
export async function endSession(engine: Engine, kill: boolean): Promise<void> {
	engine.kick();
	const late = Promise.withResolvers<void>();
	const timer = setTimeout(late.resolve, STOP_TIMEOUT);
	try {
		await Promise.race([engine.request("Detach", { Kill: kill }), late.promise]);
	} catch (e) {
		if (!(e instanceof SessionError)) throw e;
	} finally {
		clearTimeout(timer);
	}
}
