// Serves a session to clients that were let in: Delve's JSON-RPC here, DAP by its adapter, on the same port.
import type { Socket } from "node:net";
import type { ApiEvent } from "../api.ts";
import { EngineClient } from "../client.ts";
import { type Engine, SessionError, STILL } from "../host.ts";
import { checkBreakpointName } from "../logical.ts";
import type { Audit } from "../server/audit.ts";
import type { Guest } from "../server/gate.ts";
import { DecodeError } from "./decode.ts";
import { FramingError, JsonSplitter } from "./framing.ts";
import { decodeArgument, isMethod } from "./shapes.ts";

export interface ServeOptions {
	acceptMulticlient: boolean;
	audit: Audit;
	/** The only client is here: nobody else needs to come. */
	claimed: () => void;
	/** Serves a DAP client; null = refused. */
	dap: ((guest: Guest, client: EngineClient) => void) | null;
	/** The last client is gone, or has detached: the session should end. */
	done: () => void;
	log: (text: string) => void;
}

const EVENT_BUFFER = 100;
/** Requests of one connection that wait to be carried out, and bytes of answers that it does not read: then it is not read from. */
const MAX_PENDING = 256;
const MAX_UNREAD = 64 << 20;

/** Methods whose answer does not hold up later requests of the same connection. */
const ASYNCHRONOUS = new Set(["Command", "State", "Restart", "StopRecording", "GetEvents", "CancelDownloads", "DownloadLibraryDebugInfo"]);

export class RpcServer {
	private readonly engine: Engine;
	private readonly options: ServeOptions;
	private readonly sockets: Set<Socket> = new Set();
	private served = false;

	constructor(engine: Engine, options: ServeOptions) {
		this.engine = engine;
		this.options = options;
	}

	/** Whether another client may be served. */
	get open(): boolean {
		return this.options.acceptMulticlient || !this.served;
	}

	/** Serves a client. */
	take(guest: Guest): void {
		const { socket } = guest;
		const { acceptMulticlient, audit, dap } = this.options;
		this.served = true;
		if (!acceptMulticlient) {
			this.options.claimed();
			socket.once("close", () => this.options.done());
		}
		this.sockets.add(socket);
		socket.once("close", () => this.sockets.delete(socket));
		const client = new EngineClient(this.engine, guest, audit);
		if (guest.protocol === "rpc") new Connection(client, socket, this.options).serve(guest.first);
		else if (dap === null) socket.destroy();
		else dap(guest, client);
	}

	close(): void {
		for (const s of this.sockets) s.end();
	}
}

/** One JSON-RPC client. */
class Connection {
	private readonly client: EngineClient;
	private readonly socket: Socket;
	private readonly options: ServeOptions;
	private readonly splitter: JsonSplitter = new JsonSplitter();
	private readonly events: ApiEvent[] = [];
	private eventWaiter: (() => void) | null = null;
	private chain: Promise<void> = Promise.resolve();
	private pending = 0;

	constructor(client: EngineClient, socket: Socket, options: ServeOptions) {
		this.client = client;
		this.socket = socket;
		this.options = options;
		const forget = client.onEvent((e) => {
			if (this.events.length < EVENT_BUFFER) this.events.push(e);
			this.eventWaiter?.();
		});
		socket.once("close", forget);
	}

	serve(first: Buffer): void {
		this.socket.on("data", (bytes: Buffer) => this.receive(bytes));
		this.receive(first);
		this.flow();
	}

	private receive(bytes: Buffer): void {
		try {
			for (const text of this.splitter.push(bytes)) {
				const request = parseRequest(text);
				this.pending++;
				const answered = (): Promise<void> =>
					this.answer(request).finally(() => {
						this.pending--;
						this.flow();
					});
				if (ASYNCHRONOUS.has(request.name)) this.chain = this.chain.then(() => void answered());
				else this.chain = this.chain.then(answered);
			}
		} catch (e) {
			if (!(e instanceof FramingError) && !(e instanceof SyntaxError)) throw e;
			this.options.log(`rpc: ${e.message}`);
			this.socket.destroy();
		}
		this.flow();
	}

	/** Reads on while there is room for what comes. */
	private flow(): void {
		if (this.pending >= MAX_PENDING) this.socket.pause();
		else this.socket.resume();
	}

	private async answer(request: Request): Promise<void> {
		let result = "{}";
		let error: string | null = null;
		try {
			result = await this.call(request);
		} catch (e) {
			if (e instanceof DecodeError) error = `malformed request body: ${e.message}`;
			else if (e instanceof SessionError) error = e.message;
			else error = `Internal debugger error: ${e instanceof Error ? e.message : String(e)}`;
		}
		this.options.log(`-> ${request.method} ${error === null ? result.slice(0, 2000) : `error: ${error}`}`);
		// A client that asks and never reads is given up.
		if (this.socket.writableLength > MAX_UNREAD) this.socket.destroy();
		if (!this.socket.destroyed)
			this.socket.write(`{"id":${JSON.stringify(request.id)},"result":${result},"error":${JSON.stringify(error)}}\n`);
		if (request.name === "Detach" && this.client.identity.role === "control") this.options.done();
	}

	private async call(request: Request): Promise<string> {
		this.options.log(`<- ${request.method}`);
		if (!request.method.startsWith("RPCServer.") || !isMethod(request.name)) {
			throw new SessionError(`unknown method: ${request.method}`);
		}
		const arg = decodeArgument(request.name, request.arg);
		switch (request.name) {
			case "CreateBreakpoint":
			case "AmendBreakpoint":
				checkName((arg as { Breakpoint: { name: string } }).Breakpoint.name);
				return this.client.requestText(request.name, arg);
			case "IsMulticlient":
				return JSON.stringify({ IsMulticlient: this.options.acceptMulticlient });
			case "SetApiVersion":
				if ((arg as { APIVersion: number }).APIVersion !== 2) throw new SessionError("unknown API version");
				return "{}";
			case "GetVersion":
				return this.client.requestText("GetVersion", {});
			case "GetEvents":
				return this.nextEvents();
			case "Command":
				return this.command(arg as { name: string });
			default:
				return this.client.requestText(request.name, arg);
		}
	}

	private async command(arg: { name: string }): Promise<string> {
		if (STILL.has(arg.name) || this.client.identity.role !== "control") return this.client.requestText("Command", arg);
		this.client.announce(true);
		try {
			return await this.client.requestText("Command", arg);
		} finally {
			this.client.announce(false);
		}
	}

	private async nextEvents(): Promise<string> {
		while (this.events.length === 0) {
			const arrived = Promise.withResolvers<void>();
			this.eventWaiter = arrived.resolve;
			await arrived.promise;
		}
		return JSON.stringify({ Events: this.events.splice(0) });
	}
}

/** Names that clients of this protocol may give; DAP's are made here. Throws SessionError. */
function checkName(name: string): void {
	try {
		checkBreakpointName(name);
	} catch (e) {
		throw new SessionError((e as Error).message);
	}
}

interface Request {
	id: unknown;
	method: string;
	/** Without the service's name. */
	name: string;
	arg: unknown;
}

/** Throws SyntaxError when it is no request. */
function parseRequest(text: string): Request {
	const o = JSON.parse(text) as { id?: unknown; method?: unknown; params?: unknown };
	const method = typeof o.method === "string" ? o.method : "";
	const params = Array.isArray(o.params) ? o.params : [];
	return { id: o.id ?? null, method, name: method.slice(method.indexOf(".") + 1), arg: params[0] ?? null };
}
