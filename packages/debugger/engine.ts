// The worker that owns the traced processes. Requests arrive as messages and are carried out one after the other.
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
	post({ kind: "ready", error: null });
} catch (e) {
	post({ kind: "ready", error: errorText(e) });
}

port.on("message", (m: EngineRequest) => {
	if (session === null) return;
	try {
		session.actAs(m.client);
		post({ kind: "reply", id: m.id, text: JSON.stringify(dispatch(session, m.method, m.arg)), error: null });
	} catch (e) {
		post({ kind: "reply", id: m.id, text: "", error: errorText(e) });
	}
});
