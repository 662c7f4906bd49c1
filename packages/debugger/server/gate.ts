// What a connection goes through before it is served: whose it is, the token, and whether it speaks one of our protocols at all.
// A web page that was made to talk to this port (DNS rebinding) begins with an HTTP request: nothing of it is read as a request to us.
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Audit } from "./audit.ts";
import { ListenError, peerText, sameUser } from "./listen.ts";
import { ROLES, type Role } from "./roles.ts";

/** First bytes of a connection that must prove itself: this word, a space, the token, a newline. */
export const TOKEN_PREFIX = "TSUGO-TOKEN ";

const TOKEN_TIMEOUT = 10_000;
const MAX_LINE = 4096;
/** Connections that have not shown yet who they are. */
const MAX_STRANGERS = 128;

/** A client that was let in. */
export interface Guest {
	socket: Socket;
	/** What has been read already: the beginning of its first request. */
	first: Buffer;
	protocol: "rpc" | "dap";
	role: Role;
	/** Name in its certificate or beside its token. */
	name: string;
	address: string;
}

interface Token {
	digest: Buffer;
	role: Role;
	name: string;
}

/** Loaded when a token is compared. */
const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");
const digest = (text: string): Buffer => crypto().createHash("sha256").update(text).digest();

/** Reads a token file: a line is `TOKEN`, `ROLE TOKEN` or `ROLE TOKEN NAME`; # begins a comment. Throws ListenError. */
export function readTokens(path: string): Token[] {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (e) {
		throw new ListenError(`--token-file: ${e instanceof Error ? e.message : String(e)}`);
	}
	const out: Token[] = [];
	for (const [i, line] of text.split("\n").entries()) {
		const words = line.trim().split(/\s+/);
		if (words[0] === "" || words[0]?.startsWith("#") === true) continue;
		if (words.length === 1) words.unshift("control");
		const [role, token, name] = words as [string, string, string?];
		if (!isRole(role)) throw new ListenError(`${path}:${i + 1}: role ${JSON.stringify(role)} is neither control nor observe`);
		if (token.length < 16) throw new ListenError(`${path}:${i + 1}: a token has at least 16 characters`);
		out.push({ digest: digest(token), role, name: name ?? "" });
	}
	if (out.length === 0) throw new ListenError(`${path} has no token`);
	return out;
}

function isRole(text: string): text is Role {
	return ROLES.includes(text as Role);
}

/** The token that a client says: of a file of its own, the first one in it. */
export function clientToken(path: string): string {
	for (const line of readFileSync(path, "utf8").split("\n")) {
		const words = line.trim().split(/\s+/);
		if (words[0] === "" || words[0]?.startsWith("#") === true) continue;
		return words[words.length === 1 ? 0 : 1] as string;
	}
	throw new Error(`${path} has no token`);
}

export interface GateOptions {
	onlySameUser: boolean;
	/** Null = none is asked for. */
	tokens: readonly Token[] | null;
	audit: Audit;
	/** What is spoken here: a connection of another kind is closed. */
	protocols: readonly ("rpc" | "dap")[];
	/** Whether another client may be served; false closes it. */
	open: () => boolean;
}

type Looks = "rpc" | "dap" | "http" | "unknown" | "short";

const DAP_HEADER = "content-length";

/** What the first bytes of a connection look like; short = too few to say. */
export function protocolOf(bytes: Uint8Array): Looks {
	let at = 0;
	while (at < bytes.length && (bytes[at] === 0x20 || (bytes[at] as number) - 9 <= 4)) at++;
	if (at === bytes.length) return "short";
	if (bytes[at] === 0x7b) return "rpc";
	const word = Buffer.from(bytes.subarray(at, at + DAP_HEADER.length + 1)).toString("latin1");
	const lower = word.toLowerCase();
	if (DAP_HEADER.startsWith(lower)) return "short";
	if (lower.startsWith(`${DAP_HEADER}:`) || lower.startsWith(`${DAP_HEADER} `)) return "dap";
	if (/^[A-Z]{3,}[ \t]/.test(word) || (/^[A-Z]{1,16}$/.test(word) && "OPTIONS PROPFIND CONNECT ".includes(word))) return "http";
	return "unknown";
}

const FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 37\r\n\r\nthis is a debugger, not a web server\n";

/** Lets connections in, one by one. */
export class Gate {
	private readonly o: GateOptions;
	private strangers = 0;
	private readonly enter: (guest: Guest) => void;

	constructor(o: GateOptions, enter: (guest: Guest) => void) {
		this.o = o;
		this.enter = enter;
	}

	/** A connection that came; it is served later, or closed. */
	knock(socket: Socket): void {
		socket.on("error", () => socket.destroy());
		const address = peerText(socket);
		if (!this.o.open()) {
			socket.destroy();
			return;
		}
		if (this.strangers >= MAX_STRANGERS) return this.refuse(socket, address, "too many connections that say nothing");
		if (this.o.onlySameUser && !sameUser(socket)) {
			return this.refuse(socket, address, "connections to localhost are only accepted from the same UNIX user for security reasons");
		}
		const { role, name } = certificateOf(socket);
		if (this.o.tokens === null) this.sniff({ socket, first: Buffer.alloc(0), protocol: "rpc", role, name, address });
		else this.demandToken(socket, address, name);
	}

	private refuse(socket: Socket, client: string, error: string, say: string = ""): void {
		this.o.audit.note({ event: "refuse", client, name: "", role: "", error });
		if (say === "") socket.destroy();
		else socket.end(say, () => socket.destroy());
	}

	/** Reads until `step` has seen enough: it returns true then and takes the bytes over. `limit`: milliseconds, 0 = for ever. */
	private collect(socket: Socket, first: Buffer, limit: number, step: (got: Buffer) => boolean): void {
		let got = first;
		this.strangers++;
		const timer = limit === 0 ? null : setTimeout(() => socket.destroy(), limit);
		const leave = (): void => {
			this.strangers--;
			if (timer !== null) clearTimeout(timer);
			socket.off("data", receive);
			socket.off("close", leave);
		};
		const receive = (bytes: Buffer): void => {
			got = got.length === 0 ? bytes : Buffer.concat([got, bytes]);
			socket.pause();
			if (step(got)) leave();
			else socket.resume();
		};
		socket.on("data", receive);
		socket.on("close", leave);
		if (first.length > 0) receive(Buffer.alloc(0));
		else socket.resume();
	}

	private demandToken(socket: Socket, address: string, name: string): void {
		this.collect(socket, Buffer.alloc(0), TOKEN_TIMEOUT, (got) => {
			const end = got.indexOf(10);
			const start = got.subarray(0, TOKEN_PREFIX.length).toString("latin1");
			if (!TOKEN_PREFIX.startsWith(start)) {
				const isWeb = protocolOf(got) === "http";
				this.refuse(socket, address, isWeb ? "an HTTP request" : "no token", isWeb ? FORBIDDEN : DENIED);
				return true;
			}
			if (end < 0 && got.length < MAX_LINE) return false;
			const said = digest(got.subarray(TOKEN_PREFIX.length, Math.max(end, 0)).toString("latin1").trim());
			const token = (this.o.tokens ?? []).filter((t) => crypto().timingSafeEqual(t.digest, said))[0];
			if (end < 0 || token === undefined) {
				this.refuse(socket, address, "wrong token", DENIED);
				return true;
			}
			const first = got.subarray(end + 1);
			this.sniff({ socket, first, protocol: "rpc", role: token.role, name: token.name === "" ? name : token.name, address });
			return true;
		});
	}

	private sniff(guest: Guest): void {
		const { socket, address } = guest;
		this.collect(socket, guest.first, 0, (got) => {
			const looks = protocolOf(got);
			if (looks === "short" && got.length < MAX_LINE) return false;
			if (looks === "http") this.refuse(socket, address, "an HTTP request", FORBIDDEN);
			else if (looks !== "rpc" && looks !== "dap") this.refuse(socket, address, "neither JSON-RPC nor DAP");
			else if (!this.o.protocols.includes(looks)) this.refuse(socket, address, `${looks} is not spoken here`);
			else if (!this.o.open()) socket.destroy();
			else {
				this.o.audit.note({ event: "connect", client: address, name: guest.name, role: guest.role });
				socket.once("close", () => this.o.audit.note({ event: "disconnect", client: address, name: guest.name, role: guest.role }));
				this.enter({ ...guest, first: got, protocol: looks });
			}
			return true;
		});
	}
}

const DENIED = `{"id":null,"result":null,"error":"authentication failed: a token is needed, see --token-file"}\n`;

/** Who a client certificate names, and the role in its organizational unit (control unless it says observe). */
function certificateOf(socket: Socket): { role: Role; name: string } {
	if (!("getPeerCertificate" in socket)) return { role: "control", name: "" };
	const subject = (socket as TLSSocket).getPeerCertificate().subject as { CN?: string; OU?: string | string[] } | undefined;
	const units = [subject?.OU ?? []].flat();
	return { role: units.includes("observe") ? "observe" : "control", name: subject?.CN ?? "" };
}
