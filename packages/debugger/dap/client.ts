// The connection to a DAP client: envelopes around bodies, numbers of messages, requests to the client.
import type { Socket } from "node:net";
import { DapSplitter, dapMessage, FramingError } from "../rpc/framing.ts";
import { DapError, ErrorId } from "./errors.ts";

export interface DapRequest {
	seq: number;
	command: string;
	/** As the client sent them; handlers take what they know. */
	arguments: Record<string, unknown>;
}

export class DapClient {
	private readonly socket: Socket;
	private readonly log: (text: string) => void;
	private seq = 1;

	constructor(socket: Socket, log: (text: string) => void) {
		this.socket = socket;
		this.log = log;
	}

	/** Calls `serve` for each request. A client that does not keep the framing is disconnected. */
	receive(first: Uint8Array, serve: (request: DapRequest) => void): void {
		const splitter = new DapSplitter();
		const take = (bytes: Uint8Array): void => {
			try {
				for (const text of splitter.push(bytes)) this.message(text, serve);
			} catch (e) {
				if (!(e instanceof FramingError)) throw e;
				this.log(`DAP error: ${e.message}`);
				this.socket.destroy();
			}
		};
		this.socket.on("data", take);
		if (first.length > 0) take(first);
		this.socket.resume();
	}

	private message(text: string, serve: (request: DapRequest) => void): void {
		this.log(`[<- from client]${text}`);
		let m: { type?: unknown; seq?: unknown; command?: unknown; arguments?: unknown };
		try {
			m = JSON.parse(text) as typeof m;
		} catch {
			throw new FramingError("body is not JSON");
		}
		const seq = typeof m.seq === "number" ? m.seq : 0;
		if (m.type !== "request" || typeof m.command !== "string") {
			this.fail(
				{ seq, command: "", arguments: {} },
				new DapError(ErrorId.InternalError, "Internal Error", "Unable to process non-request"),
			);
			return;
		}
		const args = typeof m.arguments === "object" && m.arguments !== null ? (m.arguments as Record<string, unknown>) : {};
		serve({ seq, command: m.command, arguments: args });
	}

	get closed(): boolean {
		return this.socket.destroyed;
	}

	close(): void {
		this.socket.end();
	}

	private send(m: object): void {
		if (this.socket.destroyed) return;
		const text = dapMessage({ seq: this.seq++, ...m });
		this.log(`[-> to client]${text.slice(text.indexOf("{"))}`);
		this.socket.write(text);
	}

	respond(request: DapRequest, body: object | null): void {
		this.send({
			type: "response",
			request_seq: request.seq,
			success: true,
			command: request.command,
			...(body === null ? {} : { body }),
		});
	}

	fail(request: DapRequest, e: DapError): void {
		const error = { id: e.id, format: e.message, showUser: e.showUser };
		this.send({
			type: "response",
			request_seq: request.seq,
			success: false,
			command: request.command,
			message: e.summary,
			body: { error },
		});
	}

	event(event: string, body: object | null = null): void {
		this.send({ type: "event", event, ...(body === null ? {} : { body }) });
	}

	output(category: string, output: string, more: object = {}): void {
		this.event("output", { category, output, ...more });
	}

	/** A line in the debug console. */
	console(line: string): void {
		this.output("console", `${line}\n`);
	}
}
