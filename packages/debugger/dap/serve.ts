// Serving DAP: `dlv dap`, which serves one client, and clients of a headless server.
import { connect, type Socket } from "node:net";
import type { EngineClient } from "../client.ts";
import { NO_AUDIT } from "../server/audit.ts";
import { Gate, type Guest } from "../server/gate.ts";
import { announced, onSignals } from "../server/headless.ts";
import { isLocal, type ListenOptions, splitAddress } from "../server/listen.ts";
import type { SessionConfig } from "../session.ts";
import { findProcess } from "../waitfor.ts";
import { Adapter } from "./adapter.ts";
import type { AdapterOptions } from "./state.ts";
import { DapClient } from "./client.ts";
import type { BuildForDebug } from "./launch.ts";

export interface DapOptions {
	base: SessionConfig;
	build: BuildForDebug | null;
	log: ((layer: string, text: string) => void) | null;
}

interface Attached {
	/** The session that is there already; null = the client starts one. */
	client: EngineClient | null;
	multi: boolean;
	address: string;
	done: () => void;
}

/** Serves a client that was let in. */
export async function serveDapClient(guest: Guest, o: DapOptions, at: Attached, audit: AdapterOptions["audit"] = NO_AUDIT): Promise<void> {
	const { socket, first, role, name, address } = guest;
	const { loadSignals } = await import("#proc/native");
	const { pipe } = loadSignals();
	const client = new DapClient(socket, (text) => o.log?.("dap", text));
	const adapter = new Adapter(client, {
		engine: at.client,
		identity: { role, name, address },
		audit,
		multi: at.multi,
		address: at.address,
		done: at.done,
		base: o.base,
		build: o.build,
		pipe,
		waitFor: (prefix) => findProcess(prefix, 1, 0),
	});
	socket.on("error", () => socket.destroy());
	socket.once("close", () => void adapter.lost());
	client.receive(first, (request) => adapter.take(request));
}

/** `dlv dap`: waits for a client, or calls one, and serves it to the end; the exit code. */
export async function serveDap(
	o: DapOptions & ListenOptions & { clientAddress: string; print: (line: string) => void; fail: (line: string) => void },
): Promise<number> {
	const over = Promise.withResolvers<void>();
	onSignals(over.resolve);
	if (o.clientAddress !== "") return callClient(o, over);
	const guard = await announced(o, "DAP");
	if (guard === null) return 1;
	const { bound, tokens, audit } = guard;
	let served: Socket | null = null;
	const protocols = ["dap"] as const;
	const gate = new Gate({ onlySameUser: o.onlySameUser, tokens, audit, protocols, open: () => served === null }, (guest) => {
		served = guest.socket;
		bound.server.close();
		void serveDapClient(guest, o, { client: null, multi: false, address: bound.shown, done: over.resolve }, audit);
	});
	bound.connections.take((socket) => gate.knock(socket));
	await over.promise;
	bound.server.close();
	bound.connections.close();
	if (served !== null) await hangUp(served);
	audit.close();
	return 0;
}

/** Calls a client that waits on this machine, and serves it. */
async function callClient(
	o: DapOptions & { clientAddress: string; print: (line: string) => void },
	over: PromiseWithResolvers<void>,
): Promise<number> {
	const to = dialAddress(o.clientAddress);
	if (to === null) {
		o.print(`Failed to connect to the DAP client: dial tcp: address ${o.clientAddress}: missing port in address`);
		return 1;
	}
	if (!isLocal(splitAddress(o.clientAddress))) {
		o.print(
			`Failed to connect to the DAP client: ${o.clientAddress} is not on this machine, and whoever answers there could run code here`,
		);
		return 1;
	}
	const socket = connect(to);
	socket.once("error", (e) => {
		o.print(`Failed to connect to the DAP client: ${e.message}`);
		over.resolve();
	});
	socket.once("connect", () => {
		const guest: Guest = { socket, first: Buffer.alloc(0), protocol: "dap", role: "control", name: "", address: o.clientAddress };
		void serveDapClient(guest, o, { client: null, multi: false, address: o.clientAddress, done: over.resolve });
	});
	await over.promise;
	await hangUp(socket);
	return 0;
}

function dialAddress(address: string): { path: string } | { host: string; port: number } | null {
	if (address.startsWith("unix:")) return { path: address.slice(5) };
	const at = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address);
	return at === null ? null : { host: (at[1] ?? at[2]) || "127.0.0.1", port: Number(at[3]) };
}

/** How long the other end may take to read what is left, and to hang up. */
const HANG_UP_MS = 10_000;

/** Sends what is left, and waits for the other end to hang up. */
async function hangUp(socket: Socket): Promise<void> {
	const closed = Promise.withResolvers<void>();
	socket.once("close", () => closed.resolve());
	if (socket.destroyed) return;
	const timer = setTimeout(() => socket.destroy(), HANG_UP_MS);
	socket.end();
	await closed.promise;
	clearTimeout(timer);
}
