// Serving DAP: `dlv dap`, which serves one client, and clients of a headless server.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { Engine } from "../host.ts";
import { type Connections, demandToken, listen, ListenError, type ListenOptions, sameUser } from "../serve.ts";
import type { SessionConfig } from "../session.ts";
import { findProcess } from "../waitfor.ts";
import { Adapter } from "./adapter.ts";
import { DapClient } from "./client.ts";
import type { BuildForDebug } from "./launch.ts";

export interface DapOptions {
	base: SessionConfig;
	build: BuildForDebug | null;
	log: ((layer: string, text: string) => void) | null;
}

interface Attached {
	engine: Engine | null;
	multi: boolean;
	address: string;
	done: () => void;
}

/** Serves a client whose first bytes have been read. */
export async function serveDapClient(socket: Socket, first: Uint8Array, o: DapOptions, at: Attached): Promise<void> {
	const { loadSignals } = await import("#proc/native");
	const { pipe } = loadSignals();
	const client = new DapClient(socket, (text) => o.log?.("dap", text));
	const adapter = new Adapter(client, {
		...at,
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
	let address = o.clientAddress;
	let served: Socket | null = null;
	const serve = (socket: Socket, first: Uint8Array): void => {
		served = socket;
		void serveDapClient(socket, first, o, { engine: null, multi: false, address, done: () => over.resolve() });
	};
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => over.resolve());
	if (o.clientAddress !== "") {
		const to = dialAddress(o.clientAddress);
		if (to === null) {
			o.print(`Failed to connect to the DAP client: dial tcp: address ${o.clientAddress}: missing port in address`);
			return 1;
		}
		const socket = connect(to);
		socket.once("error", (e) => {
			o.print(`Failed to connect to the DAP client: ${e.message}`);
			over.resolve();
		});
		socket.once("connect", () => serve(socket, new Uint8Array(0)));
		await over.promise;
		await hangUp(socket);
		return 0;
	}
	let bound: Awaited<ReturnType<typeof listen>>;
	try {
		bound = await listen(o);
	} catch (e) {
		if (!(e instanceof ListenError) && !(e instanceof Error && "code" in e)) throw e;
		o.print(`couldn't start listener: ${e.message}`);
		return 1;
	}
	address = bound.shown;
	o.print(`DAP server listening at: ${bound.shown}`);
	accept(bound.connections, o, (socket) => {
		bound.server.close();
		serve(socket, new Uint8Array(0));
	});
	await over.promise;
	bound.server.close();
	bound.connections.close();
	if (served !== null) await hangUp(served);
	return 0;
}

function dialAddress(address: string): { path: string } | { host: string; port: number } | null {
	if (address.startsWith("unix:")) return { path: address.slice(5) };
	const at = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address);
	return at === null ? null : { host: (at[1] ?? at[2]) || "127.0.0.1", port: Number(at[3]) };
}

const HANG_UP_MS = 500;

/** Sends what is left, and does not wait for the other end for long. */
async function hangUp(socket: Socket): Promise<void> {
	const closed = Promise.withResolvers<void>();
	socket.once("close", () => closed.resolve());
	if (socket.destroyed) return;
	const timer = setTimeout(() => socket.destroy(), HANG_UP_MS);
	socket.end();
	await closed.promise;
	clearTimeout(timer);
}

/** Takes the first connection that may be served, and no other. */
function accept(connections: Connections, o: ListenOptions, serve: (socket: Socket) => void): void {
	const token = o.tokenFile === "" ? null : Buffer.from(readFileSync(o.tokenFile, "utf8").trim(), "latin1");
	let taken = false;
	connections.take((socket) => {
		socket.on("error", () => socket.destroy());
		if (taken || (o.onlySameUser && !sameUser(socket))) {
			socket.destroy();
			return;
		}
		const start = (s: Socket): void => {
			if (taken) {
				s.destroy();
				return;
			}
			taken = true;
			serve(s);
		};
		if (token === null) start(socket);
		else demandToken(socket, token, start);
	});
}
