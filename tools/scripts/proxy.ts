// A module proxy that serves the archives of GOROOT/src/cmd/go/testdata/mod, with the special paths that cmd/go's scripts ask for
// (cmd/go/proxy_test.go): /mod/<status>/…, /mod/invalid/…, /mod/redirect/<n>/…, /mod/sumdb-{direct,wrong,redirect,<status>}/….

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { compareSemver, escapePath, hash1 } from "#modfile";
import { type Reply, SumDb } from "./sumdb.ts";
import { type Archive, parseTxtar } from "./txtar.ts";
import { zipOf } from "./zip.ts";

const sumdbName = "localhost.localdev/sumdb";
/** GOSUMDB of the scripts. */
export const verifierKey = "localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6";
const signerKey = "PRIVATE+KEY+localhost.localdev/sumdb+00000c67+AXu6+oaVaOYuQOFrf1V59JK1owcFlJcHwwXHDfDGxSPk";

interface ModuleVersion {
	path: string;
	version: string;
}

/** Undoes "!x" for "X"; null for what is not such a text. */
export function unescape(text: string): string | null {
	if (/[A-Z]|!(?![a-z])/.test(text)) return null;
	return text.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase());
}

const pseudo = /^v[0-9]+\.(0\.0-|\d+\.\d+-([^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
	const h = createHash("sha256");
	for (const p of parts) h.update(p);
	return h.digest();
};

export class ModuleProxy {
	private readonly dir: string;
	private readonly list: ModuleVersion[] = [];
	private readonly archives = new Map<string, Archive | null>();
	private readonly zips = new Map<string, Uint8Array>();
	private readonly sums: SumDb;
	private readonly wrongSums: SumDb;
	private server: Server | null = null;

	/** dir is testdata/mod. */
	constructor(dir: string) {
		this.dir = dir;
		for (const file of readdirSync(dir).sort()) {
			const m = /^(.+)_(v[^_]*(?:_[^v][^_]*)*)\.txt$/.exec(file);
			if (m === null) continue;
			const at = file.lastIndexOf("_v");
			const path = unescape(file.slice(0, at).replaceAll("_", "/"));
			const version = unescape(file.slice(at + 1, -4));
			if (path !== null && version !== null && path !== "example.com/invalidpath/v1") this.list.push({ path, version });
		}
		this.sums = new SumDb(signerKey, (path, version) => this.gosum(path, version));
		this.wrongSums = new SumDb(signerKey, (path, version) => `${path} ${version} h1:wrong\n${path} ${version}/go.mod h1:wrong\n`);
		for (const m of this.list) this.sums.lookup(m.path, m.version);
	}

	/** Starts listening on loopback; gives the GOPROXY setting. */
	async listen(): Promise<string> {
		const server = createServer((req, res) => {
			try {
				this.serve(decodeURIComponent(new URL(req.url ?? "/", "http://x").pathname), res);
			} catch (err) {
				res.writeHead(500).end(String(err));
			}
		});
		this.server = server;
		await new Promise<void>((resolve) => {
			server.listen(0, "127.0.0.1", resolve);
		});
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mod`;
	}

	close(): void {
		this.server?.closeAllConnections();
		this.server?.close();
	}

	private serve(url: string, res: ServerResponse): void {
		const send = (r: Reply): void => {
			res.writeHead(r.status, { "Content-Type": "text/plain; charset=utf-8" }).end(r.body);
		};
		if (!url.startsWith("/mod/")) {
			send({ status: 404, body: "404 page not found\n" });
			return;
		}
		let path = url.slice(5);
		if (path.startsWith("invalid/")) {
			send({ status: 200, body: "invalid" });
			return;
		}
		const status = /^(\d+)\//.exec(path);
		if (status !== null && Number(status[1]) >= 200) {
			send({ status: Number(status[1]), body: "" });
			return;
		}
		const sumStatus = /^sumdb-(\d+)\//.exec(path);
		if (sumStatus !== null && Number(sumStatus[1]) >= 200) {
			path = path.slice(sumStatus[0].length);
			if (path.startsWith("sumdb/")) {
				send({ status: Number(sumStatus[1]), body: "" });
				return;
			}
		}
		const redirect = /^redirect\/(\d+)\/(.*)$/.exec(path);
		if (redirect !== null) {
			const n = Number(redirect[1]);
			res.writeHead(302, { Location: n <= 1 ? `/mod/${redirect[2]}` : `/mod/redirect/${n - 1}/${redirect[2]}` }).end();
			return;
		}
		send(this.sumdb(path) ?? this.module(path));
	}

	private sumdb(path: string): Reply | null {
		if (path.startsWith("sumdb-direct/")) return this.sums.serve(path.slice(12), unescape);
		if (path.startsWith("sumdb-wrong/")) return this.wrongSums.serve(path.slice(11), unescape);
		const redirect = /^sumdb-redirect(\/[^:]*):(.*)$/.exec(path);
		if (redirect !== null) return this.sums.serve(redirect[2].startsWith("/lookup/") ? `/lookup${redirect[1]}` : redirect[2], unescape);
		if (path === `sumdb/${sumdbName}/supported`) return { status: 200, body: "" };
		if (path.startsWith(`sumdb/${sumdbName}/`)) return this.sums.serve(path.slice(sumdbName.length + 6), unescape);
		return null;
	}

	private archive(path: string, version: string): Archive | null {
		const file = join(this.dir, `${escapePath(path).replaceAll("/", "_")}_${escapePath(version)}.txt`);
		let found = this.archives.get(file);
		if (found === undefined) {
			found = existsSync(file) ? parseTxtar(readFileSync(file)) : null;
			this.archives.set(file, found);
		}
		return found;
	}

	private latest(path: string): string | null {
		let release = "";
		let pre = "";
		let commit = "";
		for (const m of this.list) {
			if (m.path !== path) continue;
			// As the scripts' proxy has it: of several, the smallest (they expect what it gives).
			if (pseudo.test(m.version) && (commit === "" || compareSemver(commit, m.version) > 0)) commit = m.version;
			else if (/-/.test(m.version) && (pre === "" || compareSemver(pre, m.version) > 0)) pre = m.version;
			else if (release === "" || compareSemver(release, m.version) > 0) release = m.version;
		}
		return release || pre || commit || null;
	}

	/** PATH/@latest, PATH/@v/list, PATH/@v/VERSION.{info,mod,zip}. */
	private module(url: string): Reply {
		const notFound: Reply = { status: 404, body: "404 page not found\n" };
		let at = url;
		const latest = at.lastIndexOf("/@latest");
		if (latest >= 0) {
			const path = unescape(at.slice(0, latest));
			const version = path === null ? null : this.latest(path);
			if (version === null) return notFound;
			at = `${at.slice(0, latest)}/@v/${escapePath(version)}.info`;
		}
		const split = at.indexOf("/@v/");
		const path = split < 0 ? null : unescape(at.slice(0, split));
		if (path === null) return notFound;
		const file = at.slice(split + 4);
		if (file === "list") return this.versions(path) ?? notFound;
		const m = /^(.*)\.([^.]*)$/.exec(file);
		const version = m === null ? null : unescape(m[1]);
		if (m === null || version === null) return notFound;
		const chosen = /^[0-9a-f]+$/.test(version) ? (this.byCommit(path, version) ?? version) : version;
		const archive = this.archive(path, chosen);
		if (archive === null) return notFound;
		if (m[2] === "zip") return { status: 200, body: this.zip(path, chosen, archive) };
		const f = archive.files.find((x) => x.name === `.${m[2]}`);
		return f === undefined || (m[2] !== "info" && m[2] !== "mod") ? notFound : { status: 200, body: f.data };
	}

	private versions(path: string): Reply | null {
		const all = this.list.filter((m) => m.path === path);
		if (all.length === 0) return null;
		const major = /\/v(\d+)$/.exec(path)?.[1];
		const fits = (v: string): boolean => {
			const own = /^v(\d+)\./.exec(v)?.[1] ?? "";
			if (path.startsWith("gopkg.in/")) return true;
			return major !== undefined ? own === major : own === "0" || own === "1" || v.endsWith("+incompatible");
		};
		const lines = all.filter((m) => !pseudo.test(m.version) && fits(m.version)).map((m) => `${m.version}\n`);
		return { status: 200, body: lines.join("") };
	}

	/** The newest version whose commit is the one named. */
	private byCommit(path: string, commit: string): string | null {
		let best: string | null = null;
		for (const m of this.list) {
			if (m.path !== path || (best !== null && compareSemver(best, m.version) >= 0)) continue;
			let hash = m.version.slice(m.version.lastIndexOf("-") + 1);
			if (!pseudo.test(m.version)) {
				const info = this.archive(m.path, m.version)?.files.find((f) => f.name === ".info");
				hash = info === undefined ? "" : ((JSON.parse(Buffer.from(info.data).toString()) as { Short?: string }).Short ?? "");
			}
			if (hash.startsWith(commit) || commit.startsWith(hash)) best = m.version;
		}
		return best;
	}

	private zip(path: string, version: string, archive: Archive): Uint8Array {
		const key = `${path}@${version}`;
		let bytes = this.zips.get(key);
		if (bytes === undefined) {
			const files = archive.files
				.filter((f) => ![".info", ".mod", ".zip"].includes(f.name))
				.map((f) => ({ name: f.name.startsWith("/") ? f.name.slice(1) : `${key}/${f.name}`, data: f.data }));
			bytes = zipOf(files);
			this.zips.set(key, bytes);
		}
		return bytes;
	}

	private gosum(path: string, version: string): string | null {
		const archive = this.archive(path, version);
		if (archive === null) return null;
		const crypto = { sha256, ed25519Verify: (): boolean => false };
		const hex = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
		const files = archive.files.filter((f) => !f.name.startsWith("."));
		const mod = archive.files.find((f) => f.name === ".mod")?.data ?? new Uint8Array(0);
		const all = hash1(
			files.map((f) => ({ name: `${path}@${version}/${f.name}`, sha256: hex(f.data) })),
			crypto,
		);
		return `${path} ${version} ${all}\n${path} ${version}/go.mod ${hash1([{ name: "go.mod", sha256: hex(mod) }], crypto)}\n`;
	}
}
