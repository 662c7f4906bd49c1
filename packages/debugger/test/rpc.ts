// A server in this process and a client of it, for tests.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { ApiVariable, DebuggerState } from "../api.ts";
import type { Engine } from "../host.ts";
import { RpcServer } from "../rpc/server.ts";
import { type Audit, NO_AUDIT } from "../server/audit.ts";
import { Gate, type readTokens } from "../server/gate.ts";
import { Connections } from "../server/listen.ts";
import type { SessionConfig } from "../session.ts";

export function config(path: string): SessionConfig {
	return {
		mode: "launch",
		args: [path],
		pid: 0,
		core: "",
		workingDir: "",
		env: {},
		redirects: ["", "/dev/null", ""],
		tty: "",
		disableAslr: false,
		foreground: false,
		checkGoVersion: true,
		debugInfoDirectories: [],
	};
}

export async function serve(
	engine: Engine,
	multi: boolean,
	guard: { audit: Audit; tokens: ReturnType<typeof readTokens> | null } = { audit: NO_AUDIT, tokens: null },
): Promise<{ server: Server; port: number; over: Promise<void> }> {
	const server = createServer();
	const connections = new Connections(server, false);
	const over = Promise.withResolvers<void>();
	const rpc = new RpcServer(engine, {
		acceptMulticlient: multi,
		audit: guard.audit,
		claimed: () => server.close(),
		dap: null,
		done: over.resolve,
		log: () => {},
	});
	await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
	const gate = new Gate(
		{ onlySameUser: true, tokens: guard.tokens, audit: guard.audit, protocols: ["rpc"], open: () => rpc.open },
		(guest) => rpc.take(guest),
	);
	connections.take((s) => gate.knock(s));
	return { server, port: (server.address() as AddressInfo).port, over: over.promise };
}

export class Client {
	private readonly socket: Socket;
	private text = "";
	private next = 1;
	private readonly waiting: Map<number, { resolve: (v: never) => void; reject: (e: Error) => void }> = new Map();

	/** first: what is said before anything else. */
	constructor(port: number, first: string = "") {
		this.socket = connect(port, "127.0.0.1");
		this.socket.on("error", () => {});
		if (first !== "") this.socket.write(first);
		this.socket.on("data", (d) => {
			this.text += String(d);
			for (let end = this.text.indexOf("\n"); end >= 0; end = this.text.indexOf("\n")) {
				const m = JSON.parse(this.text.slice(0, end)) as { id: number; result: never; error: string | null };
				this.text = this.text.slice(end + 1);
				if (m.error === null) this.waiting.get(m.id)?.resolve(m.result);
				else this.waiting.get(m.id)?.reject(new Error(m.error));
			}
		});
	}

	call<T>(method: string, arg: object = {}): Promise<T> {
		const id = this.next++;
		this.socket.write(JSON.stringify({ method: `RPCServer.${method}`, params: [arg], id }));
		return new Promise<T>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
	}

	async command(name: string): Promise<DebuggerState> {
		return (await this.call<{ State: DebuggerState }>("Command", { name })).State;
	}

	async evaluate(Expr: string): Promise<string> {
		return (await this.call<{ Variable: ApiVariable }>("Eval", { Scope: { GoroutineID: -1 }, Expr })).Variable.value;
	}

	close(): void {
		this.socket.destroy();
	}
}
