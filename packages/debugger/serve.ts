// The headless server: where it listens, who may connect, and how it ends.
import { timingSafeEqual } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { createServer, isIP, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, Server as TlsServer } from "node:tls";
import { Engine, SessionError } from "./host.ts";
import { RpcServer } from "./rpc/server.ts";
import type { SessionConfig } from "./session.ts";

export interface ListenOptions {
	/** host:port, or unix:path. */
	address: string;
	onlySameUser: boolean;
	tlsCert: string;
	tlsKey: string;
	tlsClientCa: string;
	tokenFile: string;
}

export interface HeadlessOptions extends ListenOptions {
	session: SessionConfig;
	acceptMulticlient: boolean;
	continueOnStart: boolean;
	/** Builds the program again, for a restart that asks for it; null = it was not built by us. False when that fails. */
	rebuild: (() => Promise<boolean>) | null;
	/** Runs before the process ends. */
	atExit: () => void;
	log: ((layer: string, text: string) => void) | null;
	print: (line: string) => void;
	fail: (line: string) => void;
}

/** First bytes of a connection that must prove itself: this word, a space, the token, a newline. */
export const TOKEN_PREFIX = "TSUGO-TOKEN ";
const TOKEN_TIMEOUT = 10_000;

export class ListenError extends Error {}

/** Splits host:port as Go does. Throws ListenError. */
export function splitAddress(address: string): { host: string; port: number } | { path: string } {
	if (address.startsWith("unix:")) return { path: address.slice(5) };
	const m = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address);
	const port = Number(m?.[3]);
	if (m === null) throw new ListenError(`listen tcp: address ${address}: missing port in address`);
	if (port > 65535) throw new ListenError(`listen tcp: address ${port}: invalid port`);
	return { host: m[1] ?? m[2] ?? "", port };
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Connections of a server: those that come before anyone serves them wait. */
export class Connections {
	private readonly early: Socket[] = [];
	private serve: ((socket: Socket) => void) | null = null;

	constructor(server: Server) {
		server.on(server instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) => {
			if (this.serve !== null) this.serve(socket);
			else {
				socket.on("error", () => socket.destroy());
				this.early.push(socket);
			}
		});
	}

	take(serve: (socket: Socket) => void): void {
		this.serve = serve;
		for (const s of this.early.splice(0)) serve(s);
	}

	close(): void {
		for (const s of this.early.splice(0)) s.destroy();
	}
}

/** A listening socket. Throws ListenError: also when it would be open to others without protection. */
export async function listen(o: ListenOptions): Promise<{ server: Server; connections: Connections; shown: string }> {
	const at = splitAddress(o.address);
	const secure = o.tlsCert !== "" || o.tlsKey !== "";
	if (secure && (o.tlsCert === "" || o.tlsKey === "")) throw new ListenError("--tls-cert and --tls-key go together");
	if (!secure && o.tlsClientCa !== "") throw new ListenError("--tls-client-ca needs --tls-cert and --tls-key");
	if (!("path" in at) && !isLoopback(at.host) && !(secure && (o.tokenFile !== "" || o.tlsClientCa !== ""))) {
		throw new ListenError(
			`refusing to listen on ${o.address}: whoever connects can run code here. Use a loopback address or a unix socket, or give --tls-cert, --tls-key and --token-file or --tls-client-ca`,
		);
	}
	const server = secure
		? createTlsServer({
				cert: readFileSync(o.tlsCert),
				key: readFileSync(o.tlsKey),
				...(o.tlsClientCa === "" ? {} : { ca: readFileSync(o.tlsClientCa), requestCert: true, rejectUnauthorized: true }),
				minVersion: "TLSv1.3",
			})
		: createServer();
	const connections = new Connections(server);
	const done = Promise.withResolvers<void>();
	server.once("error", (e: NodeJS.ErrnoException) => done.reject(new ListenError(listenErrorText(o.address, e))));
	if ("path" in at) server.listen(at.path, done.resolve);
	else server.listen(at.port, at.host === "localhost" ? "127.0.0.1" : at.host, done.resolve);
	await done.promise;
	const bound = server.address();
	if (typeof bound === "string" || bound === null) return { server, connections, shown: "path" in at ? at.path : o.address };
	return { server, connections, shown: addressText(bound) };
}

function listenErrorText(address: string, e: NodeJS.ErrnoException): string {
	const what = e.code === "EADDRINUSE" ? "bind: address already in use" : e.code === "EACCES" ? "bind: permission denied" : e.message;
	return `listen ${address.startsWith("unix:") ? "unix" : "tcp"} ${address.replace(/^unix:/, "")}: ${what}`;
}

function addressText(a: AddressInfo): string {
	return a.family === "IPv6" ? `[${a.address}]:${a.port}` : `${a.address}:${a.port}`;
}

/** Whether the other end of a local TCP connection belongs to our user, by the kernel's table; true for what is not local TCP. */
export function sameUser(socket: Socket): boolean {
	const uid = process.getuid?.() ?? 0;
	const { remotePort, localPort, remoteAddress } = socket;
	if (remotePort === undefined || localPort === undefined || remoteAddress === undefined) return true;
	if (!isLoopback(remoteAddress.replace(/^::ffff:/, ""))) return true;
	const port = (n: number): string => n.toString(16).toUpperCase().padStart(4, "0");
	for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
		let text: string;
		try {
			text = readFileSync(table, "utf8");
		} catch {
			continue;
		}
		for (const line of text.split("\n").slice(1)) {
			const f = line.trim().split(/\s+/);
			if (f[1]?.endsWith(`:${port(remotePort)}`) !== true || f[2]?.endsWith(`:${port(localPort)}`) !== true) continue;
			return Number(f[7]) === uid;
		}
	}
	return false;
}

/** Waits for the token and then serves what follows; anything else is closed. */
export function demandToken(socket: Socket, expected: Buffer, serve: (socket: Socket) => void): void {
	let got: Buffer = Buffer.alloc(0);
	const timer = setTimeout(() => socket.destroy(), TOKEN_TIMEOUT);
	socket.on("error", () => socket.destroy());
	const receive = (bytes: Buffer): void => {
		got = Buffer.concat([got, bytes]);
		const end = got.indexOf(10);
		if (end < 0 && got.length < 4096) return;
		clearTimeout(timer);
		socket.off("data", receive);
		socket.pause();
		const line = got.subarray(0, Math.max(end, 0)).toString("latin1");
		const token = Buffer.from(line.startsWith(TOKEN_PREFIX) ? line.slice(TOKEN_PREFIX.length).trim() : "", "latin1");
		if (end < 0 || token.length !== expected.length || !timingSafeEqual(token, expected)) {
			socket.destroy();
			return;
		}
		const rest = got.subarray(end + 1);
		serve(socket);
		if (rest.length > 0) socket.unshift(rest);
		socket.resume();
	};
	socket.on("data", receive);
}

/** Runs the server until its session is over; the exit code. */
export async function serveHeadless(o: HeadlessOptions): Promise<number> {
	let bound: Awaited<ReturnType<typeof listen>>;
	try {
		bound = await listen(o);
	} catch (e) {
		if (!(e instanceof ListenError) && !(e instanceof Error && "code" in e)) throw e;
		o.print(`couldn't start listener: ${e.message}`);
		return 1;
	}
	o.print(`API server listening at: ${bound.shown}`);
	let engine: Engine;
	try {
		engine = await Engine.start(o.session);
	} catch (e) {
		bound.connections.close();
		bound.server.close();
		if (!(e instanceof SessionError)) throw e;
		o.fail(e.message);
		return 1;
	}
	const { log } = o;
	if (log !== null) engine.log = log;
	engine.rebuild = o.rebuild;
	const over = Promise.withResolvers<"client" | "signal">();
	const rpc = new RpcServer(engine, {
		acceptMulticlient: o.acceptMulticlient,
		admit: (s) => !o.onlySameUser || sameUser(s),
		token: o.tokenFile === "" ? null : Buffer.from(readFileSync(o.tokenFile, "utf8").trim(), "latin1"),
		dap: (socket, first) => {
			socket.pause();
			const at = { engine, multi: o.acceptMulticlient, address: bound.shown, done: () => over.resolve("client") };
			void import("./dap/serve.ts").then((d) => d.serveDapClient(socket, first, { base: o.session, build: null, log }, at));
		},
		done: () => over.resolve("client"),
		log: (text) => log?.("rpc", text),
	});
	rpc.listen(bound.server, bound.connections);
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => over.resolve("signal"));
	if (o.continueOnStart) {
		engine.request("Command", { name: "continue" }).catch((e: unknown) => o.fail(e instanceof Error ? e.message : String(e)));
	}
	await over.promise;
	bound.server.close();
	const at = splitAddress(o.address);
	if ("path" in at) rmSync(at.path, { force: true });
	await endSession(engine, o.session.mode === "launch");
	rpc.close();
	o.atExit();
	engine.exit(0);
}

const STOP_TIMEOUT = 5000;

/** Stops the program if it runs, and kills it or lets it go on. */
export async function endSession(engine: Engine, kill: boolean): Promise<void> {
	engine.kick();
	const late = Promise.withResolvers<void>();
	const timer = setTimeout(late.resolve, STOP_TIMEOUT);
	try {
		await Promise.race([engine.request("Detach", { Kill: kill }), late.promise]);
	} catch (e) {
		if (!(e instanceof SessionError)) throw e;
	} finally {
		clearTimeout(timer);
	}
}
