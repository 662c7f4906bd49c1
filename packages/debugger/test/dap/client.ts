// A DAP client for tests: sends requests, keeps events, and checks every message from the adapter against the protocol's schema.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

interface Schema {
	$ref?: string;
	type?: string | string[];
	enum?: unknown[];
	items?: Schema;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: Schema | boolean;
	allOf?: Schema[];
	oneOf?: Schema[];
}

const { definitions } = JSON.parse(readFileSync(new URL("schema.json", import.meta.url), "utf8")) as {
	definitions: Record<string, Schema>;
};

/** Definitions of responses by command and of events by name. */
const responses = new Map<string, string>();
const events = new Map<string, string>();
for (const [name, d] of Object.entries(definitions)) {
	const own = d.allOf?.find((x) => x.$ref === undefined);
	const event = own?.properties?.["event"]?.enum?.[0];
	if (typeof event === "string") events.set(event, name);
	const command = own?.properties?.["command"]?.enum?.[0];
	if (typeof command === "string") responses.set(command, name.replace(/Request$/, "Response"));
}

function typeOf(v: unknown): string {
	if (v === null) return "null";
	if (Array.isArray(v)) return "array";
	return typeof v === "number" ? (Number.isInteger(v) ? "integer" : "number") : typeof v;
}

/** What is wrong with a value, by path. */
function problems(v: unknown, s: Schema, at: string): string[] {
	if (s.$ref !== undefined) return problems(v, definitions[s.$ref.replace("#/definitions/", "")] as Schema, at);
	const out: string[] = [];
	for (const part of s.allOf ?? []) out.push(...problems(v, part, at));
	if (s.oneOf !== undefined && s.oneOf.every((x) => problems(v, x, at).length > 0)) out.push(`${at}: fits none of the alternatives`);
	if (s.enum !== undefined && !s.enum.includes(v)) out.push(`${at}: ${JSON.stringify(v)} is not one of ${JSON.stringify(s.enum)}`);
	const wanted = s.type === undefined ? [] : [s.type].flat();
	const got = typeOf(v);
	if (wanted.length > 0 && !wanted.includes(got) && !(got === "integer" && wanted.includes("number")))
		return [...out, `${at}: ${got}, not ${wanted.join(" or ")}`];
	if (got === "array" && s.items !== undefined)
		for (const [i, x] of (v as unknown[]).entries()) out.push(...problems(x, s.items, `${at}[${i}]`));
	if (got !== "object") return out;
	const o = v as Record<string, unknown>;
	for (const r of s.required ?? []) if (o[r] === undefined) out.push(`${at}: no ${r}`);
	for (const [k, p] of Object.entries(s.properties ?? {})) if (o[k] !== undefined) out.push(...problems(o[k], p, `${at}.${k}`));
	return out;
}

export interface Message {
	seq: number;
	type: string;
	event?: string;
	command?: string;
	request_seq?: number;
	success?: boolean;
	message?: string;
	// biome-ignore lint/suspicious/noExplicitAny: bodies are looked into freely
	body?: Record<string, never>;
}

function check(m: Message): void {
	const isFailure = m.type === "response" && m.success === false;
	const name = m.type === "event" ? events.get(m.event ?? "") : isFailure ? "ErrorResponse" : responses.get(m.command ?? "");
	assert.ok(name !== undefined && definitions[name] !== undefined, `no definition for ${JSON.stringify(m)}`);
	assert.deepEqual(problems(m, definitions[name] as Schema, name), [], JSON.stringify(m));
}

export class TestClient {
	private readonly socket: Socket;
	private buffer: Buffer = Buffer.alloc(0);
	private seq = 1;
	private readonly waiting: Map<number, (m: Message) => void> = new Map();
	readonly events: Message[] = [];
	private wake: () => void = () => {};
	private over = false;
	readonly closed: Promise<void>;

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", (b: Buffer) => this.take(b));
		socket.on("error", () => {});
		const end = Promise.withResolvers<void>();
		this.closed = end.promise;
		socket.on("close", () => {
			this.over = true;
			this.wake();
			end.resolve();
		});
	}

	/** first: what is said before anything else. */
	static open(port: number, first: string = ""): Promise<TestClient> {
		const done = Promise.withResolvers<TestClient>();
		const socket = connect(port, "127.0.0.1", () => {
			if (first !== "") socket.write(first);
			done.resolve(new TestClient(socket));
		});
		socket.on("error", done.reject);
		return done.promise;
	}

	private take(b: Buffer): void {
		this.buffer = Buffer.concat([this.buffer, b]);
		for (;;) {
			const end = this.buffer.indexOf("\r\n\r\n");
			if (end < 0) return;
			const size = Number(/Content-Length: (\d+)/.exec(this.buffer.subarray(0, end).toString())?.[1]);
			if (this.buffer.length < end + 4 + size) return;
			const m = JSON.parse(this.buffer.subarray(end + 4, end + 4 + size).toString()) as Message;
			this.buffer = this.buffer.subarray(end + 4 + size);
			check(m);
			if (m.type === "response") {
				this.waiting.get(m.request_seq ?? 0)?.(m);
				this.waiting.delete(m.request_seq ?? 0);
			} else {
				this.events.push(m);
				this.wake();
			}
		}
	}

	/** The response, whatever it is. */
	send(command: string, args: object = {}): Promise<Message> {
		const seq = this.seq++;
		const done = Promise.withResolvers<Message>();
		this.waiting.set(seq, done.resolve);
		this.raw(JSON.stringify({ seq, type: "request", command, arguments: args }));
		return done.promise;
	}

	raw(text: string): void {
		this.socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
	}

	/** The body of a response that must be a success. */
	// biome-ignore lint/suspicious/noExplicitAny: bodies are looked into freely
	async request(command: string, args: object = {}): Promise<Record<string, never>> {
		const m = await this.send(command, args);
		assert.equal(m.success, true, `${command}: ${JSON.stringify(m)}`);
		return m.body ?? {};
	}

	/** The text of the error of a response that must be a failure. */
	async refused(command: string, args: object = {}): Promise<string> {
		const m = await this.send(command, args);
		assert.equal(m.success, false, `${command}: ${JSON.stringify(m)}`);
		return (m.body as unknown as { error: { format: string } }).error.format;
	}

	/** The next event of a name that was not taken yet; other events before it stay. */
	async event(name: string): Promise<Record<string, never>> {
		for (;;) {
			const at = this.events.findIndex((e) => e.event === name);
			if (at >= 0) return this.events.splice(at, 1)[0]?.body ?? {};
			if (this.over) throw new Error(`no ${name} event before the connection ended; have ${JSON.stringify(this.events)}`);
			await new Promise<void>((r) => {
				this.wake = r;
			});
		}
	}

	close(): void {
		this.socket.destroy();
	}
}
