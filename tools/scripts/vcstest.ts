// vcs-test.golang.org for cmd/go's scripts: repositories and pages made by the scripts of GOROOT/src/cmd/go/testdata/vcstest, behind a
// forward proxy. The program under test and git find it by HTTPS_PROXY and trust its certificate by SSL_CERT_FILE, so neither has hooks for tests.
// Handlers: dir, git (by `git http-backend`), auth, insecure; other version control systems answer 501, as where they are not installed.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { dirname, join, normalize } from "node:path";
import { moduleFiles } from "#modfile";
import { removeAll, scriptCommands, start } from "./commands.ts";
import { type Command, type Conditions, runScript, ScriptError, State, StopError } from "./engine.ts";
import { parseTxtar } from "./txtar.ts";
import { zipOf } from "./zip.ts";

const host = "vcs-test.golang.org";

interface Site {
	handler: string;
	dir: string;
	/** Path of the site on the server. */
	prefix: string;
	env: Record<string, string>;
	/** Why it could not be made. */
	error: string;
}

/** Files below a directory, with slashes. */
function filesBelow(dir: string, prefix = ""): string[] {
	return readdirSync(join(dir, prefix), { withFileTypes: true }).flatMap((e) =>
		e.isDirectory() ? filesBelow(dir, join(prefix, e.name)) : [join(prefix, e.name)],
	);
}

function unquote(text: string): string {
	return JSON.parse(`"${text.replace(/\\x([0-9a-f]{2})/gi, "\\u00$1")}"`) as string;
}

export class VcsTest {
	private readonly scripts: string;
	private readonly work: string;
	private readonly sites: Map<string, Promise<Site>> = new Map();
	private readonly servers: Server[] = [];
	private readonly sockets: Set<Socket> = new Set();
	private readonly conditions: Conditions;

	/** scripts is testdata/vcstest; base a folder that goes away in the end. */
	constructor(scripts: string, base: string, conditions: Conditions) {
		this.scripts = scripts;
		this.work = mkdtempSync(join(base, "vcs-"));
		this.conditions = conditions;
	}

	/** Starts listening; gives the variables by which programs find it. */
	async listen(): Promise<[string, string][]> {
		const cert = join(this.work, "cert.pem");
		const key = join(this.work, "key.pem");
		const made = spawnSync("openssl", [
			...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
			...["-keyout", key, "-out", cert, "-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`],
		]);
		if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
		const serve = (req: IncomingMessage, res: ServerResponse): void => {
			this.serve(req, res).catch((err: unknown) => res.writeHead(500).end(String(err)));
		};
		const tls = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, serve);
		// Plain requests come whole to a proxy: GET http://host/path.
		const proxy = createServer(serve);
		const tlsPort = await this.start(tls);
		proxy.on("connect", (req: IncomingMessage, client: Socket) => {
			if (req.url !== `${host}:443`) {
				client.end("HTTP/1.1 502 no such host\r\n\r\n");
				return;
			}
			const server = connect(tlsPort, "127.0.0.1", () => {
				client.write("HTTP/1.1 200 OK\r\n\r\n");
				client.pipe(server).pipe(client);
			});
			for (const s of [client, server]) {
				this.sockets.add(s);
				s.on("error", () => s.destroy());
				s.on("close", () => this.sockets.delete(s));
			}
		});
		const url = `http://127.0.0.1:${await this.start(proxy)}`;
		return [
			["HTTPS_PROXY", url],
			["HTTP_PROXY", url],
			["https_proxy", url],
			["http_proxy", url],
			["NO_PROXY", "127.0.0.1,localhost"],
			["no_proxy", "127.0.0.1,localhost"],
			["SSL_CERT_FILE", cert],
			["GIT_SSL_CAINFO", cert],
		];
	}

	private start(server: Server): Promise<number> {
		this.servers.push(server);
		return new Promise((resolve) => {
			server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
		});
	}

	close(): void {
		for (const s of this.sockets) s.destroy();
		for (const s of this.servers) {
			s.closeAllConnections();
			s.close();
		}
		removeAll(this.work);
	}

	private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const url = new URL(req.url ?? "/", `http://${req.headers.host ?? host}`);
		if (url.hostname !== host) {
			res.writeHead(502).end(`no such host ${url.hostname}\n`);
			return;
		}
		const path = normalize(decodeURIComponent(url.pathname));
		const name = this.scriptOf(path);
		if (name === "") {
			res.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("404 page not found\n");
			return;
		}
		let job = this.sites.get(name);
		if (job === undefined) {
			job = this.make(name);
			this.sites.set(name, job);
		}
		const site = await job;
		if (site.error !== "") {
			res.writeHead(/not installed|unknown command/.test(site.error) ? 501 : 500).end(`${site.error}\n`);
			return;
		}
		const rest = path.slice(site.prefix.length) || "/";
		if (site.handler === "insecure") res.writeHead(302, { Location: `http://${host}${rest}${url.search}` }).end();
		else if (site.handler === "git") this.git(site, req, res, rest, url.search.slice(1));
		else if (site.handler === "auth" && !this.allowed(site, rest, req, res)) return;
		else this.file(site.dir, rest, res);
	}

	/** The script that makes a path: folders as far as they go, then NAME.txt. */
	private scriptOf(path: string): string {
		let at = "";
		for (const part of path.split("/").filter((p) => p !== "")) {
			at = join(at, part);
			if (existsSync(join(this.scripts, at))) continue;
			return existsSync(join(this.scripts, `${at}.txt`)) ? at : "";
		}
		return "";
	}

	private async make(name: string): Promise<Site> {
		const dir = join(this.work, "sites", name);
		const home = join(this.work, "home");
		for (const d of [dir, home]) mkdirSync(d, { recursive: true });
		writeFileSync(
			join(home, ".gitconfig"),
			"[user]\n\tname = Go Gopher\n\temail = gopher@golang.org\n[init]\n\tdefaultBranch = main\n[core]\n\teol = lf\n[gui]\n\tencoding = utf-8\n",
		);
		const site: Site = { handler: "", dir, prefix: `/${name}`, env: {}, error: "" };
		const env: [string, string][] = [
			["PATH", process.env.PATH ?? ""],
			["USER", "gopher"],
			["HOME", home],
			["GIT_CONFIG_NOSYSTEM", "1"],
			["TMPDIR", process.env.TMPDIR ?? "/tmp"],
		];
		const s = new State(dir, env);
		const archive = parseTxtar(readFileSync(join(this.scripts, `${name}.txt`)));
		try {
			s.extract(archive);
			const got = await runScript(s, archive.comment, { ...scriptCommands("false"), ...this.commands(site) }, this.conditions);
			if (got.status !== "pass") site.error = `${name}: line ${got.line}: ${got.text}: ${got.why}`;
			else if (site.handler === "") site.error = `${name}: script completed without setting handler`;
		} catch (err) {
			site.error = `${name}: ${(err as Error).message}`;
		}
		site.env = s.environ();
		return site;
	}

	private commands(site: Site): Record<string, Command> {
		return {
			at: {
				run: (s, [time]) => {
					s.env.set("GIT_COMMITTER_DATE", time);
					s.env.set("GIT_AUTHOR_DATE", time);
				},
			},
			git: { run: (s, args) => start(s, "git", args) },
			handle: {
				run: (s, [handler, dir]) => {
					if (!["dir", "git", "auth", "insecure"].includes(handler)) throw new ScriptError(`server for ${handler} VCS is not installed`);
					site.handler = handler;
					site.dir = dir === undefined ? s.pwd : s.path(dir);
				},
			},
			modzip: {
				run: (s, [zip, module, dir]) => {
					const from = s.path(dir);
					const all = filesBelow(from).map((path) => ({ path, size: statSync(join(from, path)).size, regular: true }));
					mkdirSync(dirname(s.path(zip)), { recursive: true });
					const files = moduleFiles(all, false).map((f) => ({ name: `${module}/${f.path}`, data: readFileSync(join(from, f.path)) }));
					writeFileSync(s.path(zip), zipOf(files));
				},
			},
			skip: {
				run: (_, args) => {
					throw new StopError(args.join(" "), true);
				},
			},
			unquote: { run: (_, [text]) => ({ stdout: unquote(text), stderr: "", error: "" }) },
		};
	}

	/** Runs git's CGI program. */
	private git(site: Site, req: IncomingMessage, res: ServerResponse, path: string, query: string): void {
		const env: Record<string, string> = {
			...site.env,
			GIT_PROJECT_ROOT: site.dir,
			GIT_HTTP_EXPORT_ALL: "1",
			PATH_INFO: path,
			QUERY_STRING: query,
			REQUEST_METHOD: req.method ?? "GET",
			CONTENT_TYPE: req.headers["content-type"] ?? "",
			REMOTE_ADDR: "127.0.0.1",
		};
		if (req.headers["content-length"] !== undefined) env.CONTENT_LENGTH = req.headers["content-length"];
		if (req.headers["content-encoding"] !== undefined) env.HTTP_CONTENT_ENCODING = req.headers["content-encoding"];
		const protocol = req.headers["git-protocol"];
		if (typeof protocol === "string") env.GIT_PROTOCOL = protocol;
		const child = spawn("git", ["http-backend"], { cwd: site.dir, env, stdio: ["pipe", "pipe", "ignore"] });
		req.pipe(child.stdin);
		child.stdin.on("error", () => undefined);
		const out: Buffer[] = [];
		child.stdout.on("data", (b: Buffer) => out.push(b));
		child.on("close", () => {
			const all = Buffer.concat(out);
			const end = all.indexOf("\r\n\r\n");
			const headers = all.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n");
			let status = end < 0 ? 500 : 200;
			for (const h of headers) {
				const colon = h.indexOf(":");
				if (colon < 0) continue;
				if (h.slice(0, colon).toLowerCase() === "status") status = Number.parseInt(h.slice(colon + 1), 10);
				else res.setHeader(h.slice(0, colon), h.slice(colon + 1).trim());
			}
			res.writeHead(status).end(all.subarray(end + 4));
		});
	}

	/** Checks a request against the nearest .access file. */
	private allowed(site: Site, path: string, req: IncomingMessage, res: ServerResponse): boolean {
		const plain = { "Content-Type": "text/plain; charset=utf-8" };
		const file = join(site.dir, path);
		if (path.slice(path.lastIndexOf("/") + 1).startsWith(".")) {
			res.writeHead(400, plain).end("filename contains leading dot\n");
			return false;
		}
		if (!existsSync(file)) {
			res.writeHead(404, plain).end("404 page not found\n");
			return false;
		}
		let dir = statSync(file).isDirectory() ? path : dirname(path);
		while (!existsSync(join(site.dir, dir, ".access"))) {
			if (dir === "/" || dir === ".") {
				res.writeHead(500, plain).end("failed to locate access file\n");
				return false;
			}
			dir = dirname(dir);
		}
		const want = JSON.parse(readFileSync(join(site.dir, dir, ".access"), "utf8")) as {
			Username: string;
			Password: string;
			StatusCode?: number;
			Message?: string;
		};
		const given = Buffer.from((req.headers.authorization ?? "").replace(/^Basic /i, ""), "base64").toString();
		if (given === `${want.Username}:${want.Password}`) return true;
		const code = want.StatusCode ?? 401;
		if (code === 401) res.setHeader("WWW-Authenticate", `basic realm=${dir}`);
		res.writeHead(code, plain).end(`${want.Message ?? ""}\n`);
		return false;
	}

	/** A file, or a folder's index.html. */
	private file(dir: string, path: string, res: ServerResponse): void {
		let file = join(dir, path);
		if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
		if (!existsSync(file)) {
			res.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("404 page not found\n");
			return;
		}
		const type = file.endsWith(".html") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
		res.writeHead(200, { "Content-Type": type }).end(readFileSync(file));
	}
}
