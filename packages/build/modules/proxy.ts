// Module proxies: the GOPROXY list, and reading from one by https, http or file.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { UserError } from "../env.ts";
import { Netrc } from "./netrc.ts";

export type Vars = Readonly<Record<string, string | undefined>>;

export interface Proxy {
	/** Without a slash at its end; or the words "direct" and "off". */
	url: string;
	/** After `|`: any error leads to the next one. After `,` only "not found" does. */
	anyError: boolean;
}

/** The proxies of a GOPROXY setting in order; ends at "direct" or "off". */
export function parseGoproxy(setting: string): Proxy[] {
	const list: Proxy[] = [];
	for (const m of setting.matchAll(/([^,|]*)([,|]|$)/g)) {
		let url = m[1].trim();
		if (url === "") continue;
		if (url === "direct" || url === "off") {
			list.push({ url, anyError: false });
			break;
		}
		if (/[.:/]/.test(url) && !url.includes(":/") && !isAbsolute(url)) url = `https://${url}`;
		if (!URL.canParse(url) || !["https:", "http:", "file:"].includes(new URL(url).protocol))
			throw new UserError(`invalid proxy URL ${redact(url)}: it must be an https, http or file URL`);
		list.push({ url: url.replace(/\/+$/, ""), anyError: m[2] === "|" });
	}
	if (list.length === 0) throw new UserError("GOPROXY list is not the empty string, but contains no entries");
	return list;
}

/** A URL without the password in it. */
export function redact(url: string): string {
	return url.replace(/^([a-z]+:\/\/[^/@]*):[^/@]*@/, "$1:xxxxx@");
}

/** A server or file system that did not give what was asked. */
export class FetchError extends Error {
	/** 404 and 410, or no such file. */
	readonly notFound: boolean;
	/** The connection broke: another try may do better. */
	readonly broken: boolean;
	constructor(message: string, notFound: boolean, broken = false) {
		super(message);
		this.notFound = notFound;
		this.broken = broken;
	}
}

export interface Body {
	stream: Readable;
	/** Bytes in all, -1 when not told. */
	size: number;
	/** Where the stream begins; 0 when the server cannot continue. */
	start: number;
}

const idleTimeout = 60_000;
const maxRedirects = 10;

/** Opens addresses. Honors HTTP_PROXY, HTTPS_PROXY and NO_PROXY; trusts the system's certificates beside Node's. */
export class Web {
	private http: HttpAgent | null = null;
	private readonly vars: Vars;
	private readonly trace: ((line: string) => void) | undefined;
	private readonly idle: number;
	private readonly netrc: Netrc | null;
	private https: HttpsAgent | null = null;

	/** trace is told of every request and its outcome (-x). idle: milliseconds without a byte after which a server counts as gone. */
	constructor(vars: Vars, trace?: (line: string) => void, idle: number = idleTimeout) {
		this.vars = vars;
		this.trace = trace;
		this.idle = idle;
		this.netrc = vars.GOAUTH === "off" ? null : new Netrc(vars);
	}

	// Node's web modules take 100 ms to load: most builds fetch nothing.

	private httpAgent(): HttpAgent {
		this.http ??= new (process.getBuiltinModule("node:http").Agent)({ keepAlive: true, proxyEnv: this.vars });
		return this.http;
	}

	private httpsAgent(): HttpsAgent {
		const { getCACertificates } = process.getBuiltinModule("node:tls");
		this.https ??= new (process.getBuiltinModule("node:https").Agent)({
			keepAlive: true,
			proxyEnv: this.vars,
			ca: [...getCACertificates("default"), ...getCACertificates("system")],
		});
		return this.https;
	}

	/** Ends the connections. */
	close(): void {
		this.http?.destroy();
		this.https?.destroy();
	}

	/** Opens an address, from byte `start` on where the server can. */
	async open(url: string, start = 0): Promise<Body> {
		if (url.startsWith("file:")) return openFile(url, start);
		let at = url;
		for (let i = 0; i < maxRedirects; i++) {
			const res = await this.request(at, start);
			const status = res.statusCode ?? 0;
			if (status >= 300 && status < 400 && res.headers.location !== undefined) {
				res.resume();
				const next = new URL(res.headers.location, at);
				if (at.startsWith("https:") && next.protocol !== "https:")
					throw new FetchError(`${redact(at)}: redirected to insecure URL ${redact(next.href)}`, false);
				at = next.href;
				continue;
			}
			if (status !== 200 && status !== 206) {
				const detail = await errorDetail(res);
				throw new FetchError(
					`reading ${redact(at)}: ${`${status} ${res.statusMessage ?? ""}`.trimEnd()}${detail}`,
					status === 404 || status === 410,
					status >= 500,
				);
			}
			if (/^text\/html/i.test(res.headers["content-type"] ?? "")) {
				res.destroy();
				throw new FetchError(`reading ${redact(at)}: the server answered with a web page (text/html), not with module data`, false);
			}
			const from = status === 206 ? start : 0;
			const length = res.headers["content-length"];
			return { stream: res, size: length === undefined ? -1 : Number(length) + from, start: from };
		}
		throw new FetchError(`Get ${JSON.stringify(redact(at))}: stopped after ${maxRedirects} redirects`, false);
	}

	/**
	 * A web page of at most `limit` bytes whatever its status, with the address that it was found at; error is "" for status 200. insecure: http is tried
	 * where https fails, and followed.
	 */
	async page(url: string, limit: number, insecure: boolean): Promise<{ url: string; status: number; error: string; text: string }> {
		try {
			return await this.followPage(url, limit, insecure);
		} catch (err) {
			if (!insecure || !url.startsWith("https:")) throw err;
			return this.followPage(url.replace(/^https:/, "http:"), limit, insecure);
		}
	}

	private async followPage(
		url: string,
		limit: number,
		insecure: boolean,
	): Promise<{ url: string; status: number; error: string; text: string }> {
		let at = url;
		for (let i = 0; i < maxRedirects; i++) {
			const res = await this.request(at, 0, insecure);
			const status = res.statusCode ?? 0;
			if (status >= 300 && status < 400 && res.headers.location !== undefined) {
				res.resume();
				const next = new URL(res.headers.location, at);
				if (!insecure && next.protocol !== "https:")
					throw new FetchError(
						`https fetch: Get ${JSON.stringify(next.href)}: redirected from secure URL ${at} to insecure URL ${next.href}`,
						false,
					);
				at = next.href;
				continue;
			}
			if (status === 200) return { url: redact(at), status, error: "", text: await limited(res, limit) };
			const detail = await errorDetail(res);
			const error = `reading ${redact(at)}: ${`${status} ${res.statusMessage ?? ""}`.trimEnd()}${detail}`;
			return { url: redact(at), status, error, text: "" };
		}
		throw new FetchError(`${redact(url)}: stopped after ${maxRedirects} redirects`, false);
	}

	private async request(url: string, start: number, insecure = false): Promise<IncomingMessage> {
		if (this.trace === undefined) return this.send(url, start, insecure);
		const since = performance.now();
		const spent = (): string => `(${((performance.now() - since) / 1000).toFixed(3)}s)`;
		this.trace(`# get ${redact(url)}`);
		try {
			const res = await this.send(url, start, insecure);
			this.trace(`# get ${redact(url)}: ${`${res.statusCode} ${res.statusMessage ?? ""}`.trimEnd()} ${spent()}`);
			return res;
		} catch (err) {
			this.trace(`# get ${redact(url)}: ${(err as Error).message} ${spent()}`);
			throw err;
		}
	}

	private send(url: string, start: number, insecure: boolean): Promise<IncomingMessage> {
		return new Promise((resolve, reject) => {
			const headers: Record<string, string> = { "user-agent": "tsugo" };
			if (start > 0) headers.range = `bytes=${start}-`;
			const secure = url.startsWith("https:");
			const login = secure && !/^https:\/\/[^/]*@/.test(url) ? this.netrc?.header(new URL(url).hostname) : undefined;
			if (login !== undefined) headers.authorization = login;
			const req = secure
				? process.getBuiltinModule("node:https").get(url, { agent: this.httpsAgent(), headers, rejectUnauthorized: !insecure }, resolve)
				: process.getBuiltinModule("node:http").get(url, { agent: this.httpAgent(), headers }, resolve);
			req.setTimeout(this.idle, () => req.destroy(new Error(`no answer for ${this.idle / 1000} s`)));
			req.on("error", (err: Error) => reject(new FetchError(`${redact(url)}: ${err.message}`, false, true)));
		});
	}

	/** The whole body, of at most `limit` bytes. */
	async bytes(url: string, limit: number): Promise<Uint8Array> {
		const body = await this.open(url);
		const chunks: Uint8Array[] = [];
		let n = 0;
		try {
			for await (const chunk of body.stream as AsyncIterable<Uint8Array>) {
				n += chunk.length;
				if (n > limit) throw new FetchError(`${redact(url)}: more than ${limit} bytes`, false);
				chunks.push(chunk);
			}
		} catch (err) {
			if (err instanceof FetchError) throw err;
			throw new FetchError(`${redact(url)}: ${(err as Error).message}`, false, true);
		}
		return Buffer.concat(chunks);
	}

	async text(url: string, limit: number): Promise<string> {
		return Buffer.from(await this.bytes(url, limit)).toString("utf8");
	}
}

/** The start of a body, at most `limit` bytes of it. */
async function limited(res: IncomingMessage, limit: number): Promise<string> {
	const chunks: Uint8Array[] = [];
	let n = 0;
	for await (const chunk of res as AsyncIterable<Uint8Array>) {
		chunks.push(chunk);
		n += chunk.length;
		if (n > limit) break;
	}
	return Buffer.concat(chunks).toString("utf8");
}

const maxDetailLines = 8;

/** What a server that answers in plain text has to say about an error, at most eight lines. */
async function errorDetail(res: IncomingMessage): Promise<string> {
	if (!/^text\/plain(; *charset=(us-ascii|utf-8))?$/i.test(res.headers["content-type"] ?? "")) {
		res.resume();
		return "";
	}
	let text = "";
	try {
		for await (const chunk of res as AsyncIterable<Uint8Array>) {
			text += Buffer.from(chunk).toString("utf8");
			if (text.length > maxDetailLines * 81) break;
		}
	} catch {
		return "";
	}
	// Nothing that plays with the terminal; up to the first empty line.
	if (/[^\P{C}\s]/u.test(text)) return "";
	const all = text.trim().split("\n");
	const blank = all.findIndex((l) => l.trim() === "");
	const lines: string[] = [];
	let length = 0;
	for (const line of blank < 0 ? all : all.slice(0, blank)) {
		length += line.length + 2;
		const cut =
			lines.length >= maxDetailLines ? "[Truncated: too many lines.]" : length > maxDetailLines * 81 ? "[Truncated: too long.]" : "";
		lines.push(cut === "" ? line : cut);
		if (cut !== "") break;
	}
	if (lines.length === 0) return "";
	return `\n\tserver response:${lines.length > 1 ? "\n\t" : " "}${lines.join("\n\t")}`;
}

async function openFile(url: string, start: number): Promise<Body> {
	const path = fileURLToPath(url);
	try {
		const { size } = await stat(path);
		return { stream: createReadStream(path, { start }), size, start };
	} catch (err) {
		const missing = (err as NodeJS.ErrnoException).code === "ENOENT" || (err as NodeJS.ErrnoException).code === "ENOTDIR";
		throw new FetchError(`reading ${url}: ${missing ? "no such file or directory" : (err as Error).message}`, missing);
	}
}

/**
 * Tries the proxies in order until one gives a result. When none does, the error is the most telling one: a server's failure before
 * "not found". what says what is asked for.
 */
export async function tryProxies<T>(list: readonly Proxy[], what: string, ask: (proxy: string) => Promise<T>): Promise<T> {
	let worst: Error | null = null;
	for (const proxy of list) {
		if (proxy.url === "off") throw worst ?? new UserError(`${what}: module lookup disabled by GOPROXY=off`);
		if (proxy.url === "direct") {
			throw (
				worst ??
				new UserError(`${what}: cannot be fetched directly, only through a module proxy; set GOPROXY to one, or GOROOT to a Go source tree`)
			);
		}
		try {
			return await ask(proxy.url);
		} catch (err) {
			if (!(err instanceof FetchError)) throw err;
			if (worst === null || !err.notFound) worst = new UserError(`${what}: ${err.message}`);
			if (!err.notFound && !proxy.anyError) break;
		}
	}
	throw worst ?? new UserError(`${what}: not found`);
}
