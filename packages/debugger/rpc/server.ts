// Serves a session on a socket: Delve's JSON-RPC, and DAP on the same port (told apart by the first byte).
import type { Server, Socket } from "node:net";
import { type Engine, SessionError } from "../host.ts";
import { DecodeError } from "./decode.ts";
import { type Connections, demandToken } from "../serve.ts";
import { FramingError, JsonSplitter } from "./framing.ts";
import { checkBreakpointName } from "../logical.ts";
import { decodeArgument, METHODS, versionReply } from "./methods.ts";
import type { ApiEvent } from "../api.ts";

export interface ServeOptions {
	acceptMulticlient: boolean;
	/** Whether a new connection may be served; false closes it. */
	admit: (socket: Socket) => boolean;
	/** What a client must say first; null = nothing. */
	token: Buffer | null;
	/** Serves a DAP client; null = refused. `first` is what has been read already. */
	dap: ((socket: Socket, first: Buffer) => void) | null;
	/** The last client is gone, or has detached: the session should end. */
	done: () => void;
	log: (text: string) => void;
}

const EVENT_BUFFER = 100;

/** Methods whose answer does not hold up later requests of the same connection. */
const ASYNCHRONOUS = new Set(["Command", "State", "Restart", "StopRecording", "GetEvents", "CancelDownloads", "DownloadLibraryDebugInfo"]);

export class RpcServer {
	private readonly engine: Engine;
	private readonly options: ServeOptions;
	private readonly sockets: Set<Socket> = new Set();
	private readonly events: ApiEvent[] = [];
	private eventWaiter: (() => void) | null = null;
	private served = false;

	constructor(engine: Engine, options: ServeOptions) {
		this.engine = engine;
		this.options = options;
		engine.onEvent((e) => {
			if (this.events.length < EVENT_BUFFER) this.events.push(e);
			this.eventWaiter?.();
		});
	}

	/** Serves what connects, once it has proved itself where that is asked for. */
	listen(server: Server, connections: Connections): void {
		const { token } = this.options;
		connections.take((socket) => {
			if (token === null) this.accept(server, socket);
			else demandToken(socket, token, (s) => this.accept(server, s));
		});
	}

	private accept(server: Server, socket: Socket): void {
		socket.on("error", () => socket.destroy());
		if (!this.options.admit(socket)) {
			socket.destroy();
			return;
		}
		if (!this.options.acceptMulticlient) {
			if (this.served) {
				socket.destroy();
				return;
			}
			this.served = true;
			server.close();
		}
		this.sockets.add(socket);
		socket.on("close", () => this.sockets.delete(socket));
		socket.once("data", (first: Buffer) => {
			if (first[0] === 0x43 /* C of Content-Length */) {
				if (this.options.dap === null) socket.destroy();
				else this.options.dap(socket, first);
				return;
			}
			this.serve(socket, first);
		});
		socket.once("close", () => {
			if (!this.options.acceptMulticlient) this.options.done();
		});
	}

	private serve(socket: Socket, first: Buffer): void {
		const splitter = new JsonSplitter();
		let chain: Promise<void> = Promise.resolve();
		const receive = (bytes: Buffer): void => {
			try {
				for (const text of splitter.push(bytes)) {
					const request = parseRequest(text);
					if (ASYNCHRONOUS.has(request.name)) chain = chain.then(() => void this.answer(socket, request));
					else chain = chain.then(() => this.answer(socket, request));
				}
			} catch (e) {
				if (!(e instanceof FramingError) && !(e instanceof SyntaxError)) throw e;
				this.options.log(`rpc: ${e.message}`);
				socket.destroy();
			}
		};
		socket.on("data", receive);
		receive(first);
	}

	private async answer(socket: Socket, request: Request): Promise<void> {
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
		if (!socket.destroyed) socket.write(`{"id":${JSON.stringify(request.id)},"result":${result},"error":${JSON.stringify(error)}}\n`);
		if (request.name === "Detach") this.options.done();
	}

	private async call(request: Request): Promise<string> {
		this.options.log(`<- ${request.method} ${JSON.stringify(request.arg)}`);
		if (!request.method.startsWith("RPCServer.") || METHODS[request.name] === undefined) {
			throw new SessionError(`unknown method: ${request.method}`);
		}
		const arg = decodeArgument(request.name, request.arg);
		switch (request.name) {
			case "CreateBreakpoint":
			case "AmendBreakpoint":
				checkName((arg as { Breakpoint: { name: string } }).Breakpoint.name);
				return this.engine.requestText(request.name, arg);
			case "IsMulticlient":
				return JSON.stringify({ IsMulticlient: this.options.acceptMulticlient });
			case "SetApiVersion":
				if ((arg as { APIVersion: number }).APIVersion !== 2) throw new SessionError("unknown API version");
				return "{}";
			case "GetVersion":
				return versionReply(await this.engine.request("GetVersion", {}));
			case "GetEvents":
				return this.nextEvents();
			default:
				return this.engine.requestText(request.name, arg);
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

	close(): void {
		for (const s of this.sockets) s.end();
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
