// Where a server listens, and what that takes: anything but loopback and Unix sockets needs encryption and a proof of who connects.
import { chmodSync, readFileSync } from "node:fs";
import { createServer, isIP, type AddressInfo, type Server, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";

export interface ListenOptions {
	/** host:port, or unix:path. */
	address: string;
	onlySameUser: boolean;
	tlsCert: string;
	tlsKey: string;
	tlsClientCa: string;
	tokenFile: string;
	/** Where it is noted who did what; "" = only on addresses that others can reach, to standard error. */
	auditLog: string;
}

export class ListenError extends Error {}

export type Address = { host: string; port: number } | { path: string };

const HANDSHAKE_MS = 10_000;

/** Splits host:port as Go does. Throws ListenError. */
export function splitAddress(address: string): Address {
	if (address.startsWith("unix:")) return { path: address.slice(5) };
	const m = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address);
	const port = Number(m?.[3]);
	if (m === null) throw new ListenError(`listen tcp: address ${address}: missing port in address`);
	if (port > 65535) throw new ListenError(`listen tcp: address ${port}: invalid port`);
	return { host: m[1] ?? m[2] ?? "", port };
}

export function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether only processes of this machine can reach an address. */
export function isLocal(at: Address): boolean {
	return "path" in at || isLoopback(at.host);
}

/** What OpenSSL calls an error, without where in its sources that is. */
export function sslReason(e: Error & { reason?: string }): string {
	return e.reason ?? e.message;
}

/** Connections of a server: those that come before anyone serves them wait. */
export class Connections {
	private readonly early: Socket[] = [];
	private serve: ((socket: Socket) => void) | null = null;
	/** Called with what went wrong while a connection was being encrypted. */
	failed: (address: string, why: string) => void = () => {};

	constructor(server: Server, encrypted: boolean) {
		server.on(encrypted ? "secureConnection" : "connection", (socket: Socket) => {
			if (this.serve !== null) this.serve(socket);
			else {
				socket.on("error", () => socket.destroy());
				this.early.push(socket);
			}
		});
		if (encrypted) {
			server.on("tlsClientError", (e: Error, socket: Socket) => {
				this.failed(socket.remoteAddress ?? "", sslReason(e));
				socket.destroy();
			});
		}
	}

	take(serve: (socket: Socket) => void): void {
		this.serve = serve;
		for (const s of this.early.splice(0)) serve(s);
	}

	close(): void {
		for (const s of this.early.splice(0)) s.destroy();
	}
}

/** Throws ListenError when the server would be open to others without protection. */
export function checkProtection(o: ListenOptions): void {
	const secure = o.tlsCert !== "" || o.tlsKey !== "";
	if (secure && (o.tlsCert === "" || o.tlsKey === "")) throw new ListenError("--tls-cert and --tls-key go together");
	if (!secure && o.tlsClientCa !== "") throw new ListenError("--tls-client-ca needs --tls-cert and --tls-key");
	if (isLocal(splitAddress(o.address)) || (secure && (o.tokenFile !== "" || o.tlsClientCa !== ""))) return;
	throw new ListenError(
		`refusing to listen on ${o.address}: whoever connects can run code here. Use a loopback address or a unix socket, or give --tls-cert, --tls-key and --token-file or --tls-client-ca (tsugo dlv cert makes certificates)`,
	);
}

function tlsOptions(o: ListenOptions): TlsOptions {
	const clients = o.tlsClientCa === "" ? {} : { ca: readFileSync(o.tlsClientCa), requestCert: true, rejectUnauthorized: true };
	return {
		cert: readFileSync(o.tlsCert),
		key: readFileSync(o.tlsKey),
		minVersion: "TLSv1.3",
		handshakeTimeout: HANDSHAKE_MS,
		...clients,
	};
}

export interface Listening {
	server: Server;
	connections: Connections;
	/** As in "API server listening at: …". */
	shown: string;
}

/** A listening socket. Throws ListenError. */
export async function listen(o: ListenOptions): Promise<Listening> {
	checkProtection(o);
	const at = splitAddress(o.address);
	const encrypted = o.tlsCert !== "";
	let server: Server;
	try {
		server = encrypted ? (await import("node:tls")).createServer(tlsOptions(o)) : createServer();
	} catch (e) {
		throw new ListenError(`TLS certificates: ${e instanceof Error ? e.message : String(e)}`);
	}
	const connections = new Connections(server, encrypted);
	const done = Promise.withResolvers<void>();
	server.once("error", (e: NodeJS.ErrnoException) => done.reject(new ListenError(listenErrorText(o.address, e))));
	if ("path" in at) listenUnix(server, at.path, o.onlySameUser, done.resolve);
	else server.listen(at.port, at.host === "localhost" ? "127.0.0.1" : at.host, done.resolve);
	await done.promise;
	const bound = server.address();
	if (typeof bound === "string" || bound === null) return { server, connections, shown: "path" in at ? at.path : o.address };
	return { server, connections, shown: addressText(bound) };
}

/** A socket in the file system; its mode says who may connect, from its first moment on. */
function listenUnix(server: Server, path: string, onlySameUser: boolean, done: () => void): void {
	if (!onlySameUser) {
		server.listen(path, done);
		return;
	}
	const old = process.umask(0o177);
	try {
		server.listen(path, () => {
			chmodSync(path, 0o600);
			done();
		});
	} finally {
		process.umask(old);
	}
}

function listenErrorText(address: string, e: NodeJS.ErrnoException): string {
	const what = e.code === "EADDRINUSE" ? "bind: address already in use" : e.code === "EACCES" ? "bind: permission denied" : e.message;
	return `listen ${address.startsWith("unix:") ? "unix" : "tcp"} ${address.replace(/^unix:/, "")}: ${what}`;
}

function addressText(a: AddressInfo): string {
	return a.family === "IPv6" ? `[${a.address}]:${a.port}` : `${a.address}:${a.port}`;
}

/** The other end of a connection, for messages. */
export function peerText(socket: Socket): string {
	const { remoteAddress, remotePort } = socket;
	if (remoteAddress === undefined || remotePort === undefined) return "unix socket";
	return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

/** An address as /proc/net/tcp (four bytes) and tcp6 (sixteen) write it: words of the machine's byte order in hexadecimal. */
function kernelAddress(host: string, port: number): string[] {
	const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
	const v4 = isIP(host) === 4 ? host : host.startsWith("::ffff:") ? host.slice(7) : "";
	if (v4 !== "") {
		const word = v4
			.split(".")
			.reverse()
			.map((b) => Number(b).toString(16).toUpperCase().padStart(2, "0"))
			.join("");
		return [word + end, `0000000000000000FFFF0000${word}${end}`];
	}
	return host === "::1" ? [`00000000000000000000000001000000${end}`] : [];
}

/** The kernel's tables are not read in one piece: an entry can be passed over when others come and go. */
const LOOKS = 5;

/** Whether the other end of a local TCP connection belongs to our user, by the kernel's table; true for what is not local TCP. */
export function sameUser(socket: Socket): boolean {
	const uid = process.getuid?.() ?? 0;
	const { remotePort, localPort, remoteAddress, localAddress } = socket;
	if (remotePort === undefined || localPort === undefined || remoteAddress === undefined || localAddress === undefined) return true;
	if (!isLoopback(remoteAddress.replace(/^::ffff:/, ""))) return true;
	// The entry of the other end: its local address is our remote one.
	const local = kernelAddress(remoteAddress, remotePort);
	const remote = kernelAddress(localAddress, localPort);
	for (let look = 0; look < LOOKS; look++) {
		const owner = ownerOf(local, remote);
		if (owner !== null) return owner === uid;
	}
	return false;
}

/** The user whose connection has these addresses; null when there is none. */
function ownerOf(local: readonly string[], remote: readonly string[]): number | null {
	for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
		let text: string;
		try {
			text = readFileSync(table, "utf8");
		} catch {
			continue;
		}
		for (const line of text.split("\n").slice(1)) {
			const f = line.trim().split(/\s+/);
			if (local.includes(f[1] ?? "") && remote.includes(f[2] ?? "")) return Number(f[7]);
		}
	}
	return null;
}
