// The terminal over a session in this process, or over a connection to a server.
import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { isatty } from "node:tty";
import { type Engine, SessionError } from "../host.ts";
import { JsonSplitter } from "../rpc/framing.ts";
import { clientToken, TOKEN_PREFIX } from "../server/gate.ts";
import { splitAddress, sslReason } from "../server/listen.ts";
import { emptyBreakpoint } from "../logical.ts";
import { SHORT_LOAD } from "./format.ts";
import { type ApiClient, message, Terminal } from "./terminal.ts";

/** Runs the terminal on a session of our own; the exit code. */
export function runTerminal(engine: Engine, initFile: string): Promise<number> {
	const client: ApiClient = {
		call: (method, arg) => engine.request(method, arg),
		halt: () => engine.kick(),
		close: () => {},
	};
	return new Terminal(client, {
		remote: false,
		attached: engine.config.mode === "attach",
		initFile,
		interactive: isatty(0) && isatty(1),
		trace: false,
	}).run();
}

export interface TraceOptions {
	/** Functions to trace. */
	pattern: string;
	/** Depth of the stacks to show, 0 = none. */
	stack: number;
	timestamp: boolean;
}

/** Shows calls and returns of functions until the program ends; the exit code. */
export async function traceProgram(engine: Engine, o: TraceOptions): Promise<number> {
	const client: ApiClient = { call: (method, arg) => engine.request(method, arg), halt: () => engine.kick(), close: () => {} };
	const terminal = new Terminal(client, { remote: false, attached: false, initFile: "", interactive: false, trace: true });
	if (o.timestamp) terminal.config.set("trace-show-timestamp", "true");
	const { Funcs } = await engine.request<{ Funcs: string[] }>("ListFunctions", { Filter: o.pattern });
	let placed = 0;
	let last = "";
	for (const name of Funcs) {
		const common = { ...emptyBreakpoint(), line: -1, stacktrace: o.stack, LoadArgs: SHORT_LOAD };
		try {
			await engine.request("CreateBreakpoint", { Breakpoint: { ...common, functionName: name, continue: true } });
			placed++;
			const { Addrs } = await engine.request<{ Addrs: number[] }>("FunctionReturnLocations", { FnName: name });
			for (const addr of Addrs) await engine.request("CreateBreakpoint", { Breakpoint: { ...common, addr, traceReturn: true } });
		} catch (e) {
			last = message(e);
			if (!last.startsWith("Breakpoint exists")) process.stderr.write(`unable to set tracepoint on function ${name}: ${last}\n`);
		}
	}
	if (placed === 0) {
		process.stderr.write("no breakpoints set\n");
		return 1;
	}
	const onInterrupt = (): void => engine.kick();
	process.on("SIGINT", onInterrupt);
	try {
		await terminal.resume("continue");
		return 0;
	} catch (e) {
		process.stderr.write(`${message(e)}\n`);
		return message(e).includes("exited") ? 0 : 1;
	} finally {
		process.off("SIGINT", onInterrupt);
	}
}

export interface ConnectOptions {
	address: string;
	initFile: string;
	tlsCa: string;
	tlsCert: string;
	tlsKey: string;
	tokenFile: string;
}

/** Runs the terminal on a server; the exit code. Throws Error when it cannot be reached. */
export async function connectTerminal(o: ConnectOptions): Promise<number> {
	const socket = await open(o);
	const client = new SocketClient(socket);
	if (o.tokenFile !== "") socket.write(`${TOKEN_PREFIX}${clientToken(o.tokenFile)}\n`);
	await client.call("SetApiVersion", { APIVersion: 2 });
	try {
		return await new Terminal(client, {
			remote: true,
			attached: false,
			initFile: o.initFile,
			interactive: isatty(0) && isatty(1),
			trace: false,
		}).run();
	} finally {
		client.close();
	}
}

async function open(o: ConnectOptions): Promise<Socket> {
	const at = splitAddress(o.address);
	const done = Promise.withResolvers<void>();
	let socket: Socket;
	if (o.tlsCa === "" && o.tlsCert + o.tlsKey !== "") throw new Error("--tls-cert and --tls-key need --tls-ca");
	if ((o.tlsCert === "") !== (o.tlsKey === "")) throw new Error("--tls-cert and --tls-key go together");
	if (o.tlsCa !== "") {
		const own = o.tlsCert === "" ? {} : { cert: readFileSync(o.tlsCert), key: readFileSync(o.tlsKey) };
		const to = "path" in at ? { path: at.path, servername: "localhost" } : { host: at.host === "" ? "localhost" : at.host, port: at.port };
		socket = process
			.getBuiltinModule("node:tls")
			.connect({ ...to, ca: readFileSync(o.tlsCa), minVersion: "TLSv1.3", ...own }, done.resolve);
	} else if ("path" in at) socket = connectPlain(at.path, done.resolve);
	else socket = connectPlain(at.port, at.host === "" ? "localhost" : at.host, done.resolve);
	socket.once("error", (e: NodeJS.ErrnoException) => {
		const why = e.code === "ECONNREFUSED" ? "connect: connection refused" : e.message;
		done.reject(new Error(`dial ${"path" in at ? "unix" : "tcp"} ${"path" in at ? at.path : o.address}: ${why}`));
	});
	await done.promise;
	return socket;
}

class SocketClient implements ApiClient {
	private readonly socket: Socket;
	private readonly waiting: Map<number, { resolve: (v: never) => void; reject: (e: Error) => void }> = new Map();
	private next = 0;
	private closed = false;
	/** Why the connection is over. */
	private reason = "connection is shut down";

	constructor(socket: Socket) {
		this.socket = socket;
		const splitter = new JsonSplitter(Number.POSITIVE_INFINITY);
		socket.on("data", (d: Buffer) => {
			for (const text of splitter.push(d)) {
				const m = JSON.parse(text) as { id: number | null; result: never; error: string | null };
				if (m.id === null) {
					// Not the answer to a request: the server does not want to talk.
					this.reason = m.error ?? this.reason;
					continue;
				}
				const w = this.waiting.get(m.id);
				this.waiting.delete(m.id);
				if (m.error === null) w?.resolve(m.result);
				else w?.reject(new SessionError(m.error));
			}
		});
		socket.on("error", (e) => {
			this.reason = sslReason(e);
			socket.destroy();
		});
		socket.on("close", () => {
			this.closed = true;
			for (const w of this.waiting.values()) w.reject(new SessionError(this.reason));
			this.waiting.clear();
		});
	}

	call<T>(method: string, arg: object): Promise<T> {
		if (this.closed) return Promise.reject(new SessionError(this.reason));
		const id = this.next++;
		const done = Promise.withResolvers<T>();
		this.waiting.set(id, { resolve: done.resolve as (v: never) => void, reject: done.reject });
		this.socket.write(JSON.stringify({ method: `RPCServer.${method}`, params: [arg], id }));
		return done.promise;
	}

	halt(): void {
		this.call("Command", { name: "halt" }).catch(() => {});
	}

	close(): void {
		this.socket.end();
	}
}
