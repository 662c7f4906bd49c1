// The worker that owns the traced processes. Requests arrive as messages and are carried out one after the other.
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { type EngineMessage, type EngineRequest, SHARED_HALT, SHARED_RUNNING, SHARED_TID } from "./host.ts";
import { dispatch } from "./rpc/methods.ts";
import { Session, type SessionConfig } from "./session.ts";

const port = parentPort;
if (port === null) throw new Error("engine.ts runs in a worker");
const { config, shared } = workerData as { config: SessionConfig; shared: Int32Array };
const post = (m: EngineMessage): void => port.postMessage(m);

function errorText(e: unknown): string {
	if (!(e instanceof Error)) return String(e);
	const internal = e instanceof TypeError || e instanceof RangeError || e instanceof ReferenceError;
	return internal ? `Internal debugger error: ${e.message}${process.env["TSUGO_DEBUG"] === undefined ? "" : `\n${e.stack}`}` : e.message;
}

let session: Session | null = null;
try {
	session = new Session(config, {
		haltRequested: () => Atomics.load(shared, SHARED_HALT) === 1,
		running: (is) => {
			Atomics.store(shared, SHARED_RUNNING, is ? 1 : 0);
			if (!is) Atomics.store(shared, SHARED_HALT, 0);
		},
		thread: (tid) => Atomics.store(shared, SHARED_TID, tid),
		event: (event) => post({ kind: "event", event }),
		log: (layer, text) => post({ kind: "log", layer, text }),
	});
	post({ kind: "ready", error: null, warnings: session.warnings });
} catch (e) {
	post({ kind: "ready", error: errorText(e), warnings: [] });
}

function carryOut(s: Session, m: EngineRequest): void {
	// The process ends without clearing up: what V8 has compiled is kept now.
	if (m.method === "Detach") flushCompileCache();
	try {
		s.actAs(m.client);
		post({ kind: "reply", id: m.id, text: JSON.stringify(dispatch(s, m.method, m.arg)), error: null });
	} catch (e) {
		post({ kind: "reply", id: m.id, text: "", error: errorText(e) });
	}
}

/** Requests that wait for a core file to be complete. */
const held: EngineRequest[] = [];
/** Requests to be answered at a time, or when the core file is complete. */
let waits: { request: EngineRequest; end: number }[] = [];

/** Writes a piece of a core file, and lets messages in between. */
function dumpOn(s: Session): void {
	const runs = s.dump?.advance() === true;
	const now = performance.now();
	const due = waits.filter((w) => !runs || w.end <= now);
	waits = waits.filter((w) => !due.includes(w));
	for (const w of due) carryOut(s, w.request);
	if (runs) {
		setImmediate(() => dumpOn(s));
		return;
	}
	for (let m = held.shift(); m !== undefined; m = held.shift()) take(s, m);
}

const isDumping = (s: Session): boolean => s.dump?.running === true;

function take(s: Session, m: EngineRequest): void {
	if (s.dump === null || !isDumping(s)) {
		carryOut(s, m);
		if (isDumping(s)) setImmediate(() => dumpOn(s));
		return;
	}
	if (m.method === "DumpWait") waits.push({ request: m, end: performance.now() + Number((m.arg as { Wait?: number } | null)?.Wait ?? 0) });
	else if (m.method === "Detach") {
		s.dump.cancel();
		carryOut(s, m);
	} else if (m.method === "DumpCancel" || (m.method === "State" && (m.arg as { NonBlocking?: boolean } | null)?.NonBlocking === true))
		carryOut(s, m);
	else held.push(m);
}

port.on("message", (m: EngineRequest) => {
	if (session !== null) take(session, m);
});

/** While nobody asks for anything: reads more of the debugging information. */
const IDLE_MS = 300;

function idle(s: Session): void {
	let more = false;
	try {
		more = s.binaries.indexOn();
	} catch {
		// Bad debugging information is reported to who asks for it.
	}
	if (more) setImmediate(() => idle(s));
}

if (session !== null) {
	const s = session;
	setTimeout(() => idle(s), IDLE_MS).unref();
}
