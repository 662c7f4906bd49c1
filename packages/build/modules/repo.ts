// A module's versions and files, wherever they come from: a module proxy here, version control in git.ts
// (https://go.dev/ref/mod#goproxy-protocol).

import {
	badModulePath,
	canonicalVersion,
	compareSemver,
	escapePath,
	isPseudoVersion,
	matchesPathMajor,
	parseSemver,
	pseudoParts,
} from "#modfile";
import { UserError } from "../env.ts";
import { type ByteProgress, downloadTo } from "./cache.ts";
import { FetchError, type Proxy, redact, type Web } from "./proxy.ts";

/** What a revision is, as .info files have it. */
export interface RevInfo {
	Version: string;
	/** RFC 3339, "" unknown. */
	Time: string;
	Origin?: Record<string, unknown>;
}

export interface Repo {
	/** Tagged versions with a prefix, in ascending order. */
	versions(path: string): Promise<string[]>;
	stat(path: string, rev: string): Promise<RevInfo>;
	latest(path: string): Promise<RevInfo>;
	gomod(path: string, version: string): Promise<string>;
	/** Writes the module's zip to a file of its own. */
	zip(path: string, version: string, file: string, progress: ByteProgress): Promise<void>;
}

/** An error about a module or one of its versions, in the go command's form. */
export class ModuleError extends Error {
	/** The proxies do not have it: another path may. */
	readonly notFound: boolean;
	constructor(path: string, version: string, why: string, notFound = false) {
		super(
			version === ""
				? `module ${path}: ${why}`
				: `${path}@${version}: ${version !== canonicalVersion(version) ? "invalid version: " : ""}${why}`,
		);
		this.notFound = notFound;
	}
}

/** An error of a version that is known to be canonical. */
export function moduleError(path: string, version: string, err: unknown): ModuleError {
	if (err instanceof ModuleError) return err;
	const notFound = err instanceof FetchError && err.notFound;
	return new ModuleError(path, version, (err as Error).message, notFound);
}

const infoLimit = 1 << 20;
const listLimit = 16 << 20;
const modLimit = 16 << 20;

/** A JSON error in the words of Go. */
function jsonProblem(err: Error): string {
	const token = /^Unexpected token '(.)'/su.exec(err.message);
	if (token !== null) return `invalid character '${token[1]}' looking for beginning of value`;
	return /^Unexpected end/.test(err.message) ? "unexpected end of JSON input" : err.message;
}

export class ProxyRepo implements Repo {
	private readonly base: string;
	private readonly web: Web;

	constructor(base: string, web: Web) {
		this.base = base;
		this.web = web;
	}

	private url(path: string, file: string): string {
		const escaped = escapePath(path).split("/").map(encodeURIComponent).join("/");
		return `${this.base}/${escaped}/${file}`;
	}

	private version(v: string): string {
		return encodeURIComponent(escapePath(v)).replaceAll("%2F", "/").replaceAll("%2B", "+").replaceAll("!", "%21").replaceAll("%21", "!");
	}

	private async list(path: string): Promise<string[][]> {
		const text = await this.web.text(this.url(path, "@v/list"), listLimit);
		return text
			.split("\n")
			.map((l) => l.split(/\s+/).filter((w) => w !== ""))
			.filter((f) => f.length > 0 && parseSemver(f[0]) !== null);
	}

	async versions(path: string): Promise<string[]> {
		const list = (await this.list(path)).map((f) => f[0]).filter((v) => !isPseudoVersion(v));
		return list.sort((a, b) => compareSemver(a, b) || (a < b ? -1 : a > b ? 1 : 0));
	}

	private parseInfo(text: string): RevInfo {
		let data: unknown;
		try {
			data = JSON.parse(text);
		} catch (err) {
			throw new FetchError(`invalid response from proxy ${JSON.stringify(redact(this.base))}: ${jsonProblem(err as Error)}`, false);
		}
		const d = data as Partial<RevInfo> | null;
		if (typeof d !== "object" || d === null || typeof d.Version !== "string")
			throw new FetchError(`invalid response from proxy ${JSON.stringify(redact(this.base))}: no version in it`, false);
		const info: RevInfo = { Version: d.Version, Time: typeof d.Time === "string" ? d.Time : "" };
		if (typeof d.Origin === "object" && d.Origin !== null) info.Origin = d.Origin;
		return info;
	}

	async stat(path: string, rev: string): Promise<RevInfo> {
		const info = this.parseInfo(await this.web.text(this.url(path, `@v/${this.version(rev)}.info`), infoLimit));
		if (info.Version !== rev && rev === canonicalVersion(rev) && badModulePath(path) === "" && matchesPathMajor(rev, path))
			throw new FetchError(`proxy returned info for version ${info.Version} instead of requested version`, false);
		if (parseSemver(info.Version) === null) throw new FetchError(`proxy returned invalid version ${JSON.stringify(info.Version)}`, false);
		return info;
	}

	async latest(path: string): Promise<RevInfo> {
		try {
			return this.parseInfo(await this.web.text(this.url(path, "@latest"), infoLimit));
		} catch (err) {
			if (!(err instanceof FetchError) || !err.notFound) throw err;
		}
		let best = "";
		let bestTime = "";
		for (const f of await this.list(path)) {
			const time = f[1] !== undefined ? f[1].replace(/\D/g, "").slice(0, 14) : (pseudoParts(f[0])?.time ?? "");
			if (time > bestTime) [best, bestTime] = [f[0], time];
		}
		if (best === "") throw new FetchError("no commits", true);
		return this.stat(path, best);
	}

	async gomod(path: string, version: string): Promise<string> {
		return this.web.text(this.url(path, `@v/${this.version(version)}.mod`), modLimit);
	}

	async zip(path: string, version: string, file: string, progress: ByteProgress): Promise<void> {
		await downloadTo(this.web, this.url(path, `@v/${this.version(version)}.zip`), file, progress);
	}
}

/** Asks the places of a GOPROXY list one after the other, by its rules for errors. */
export class RepoList {
	private readonly web: Web;
	private readonly proxies: (path: string) => Proxy[];
	private readonly direct: () => Promise<Repo>;
	private readonly repos: Map<string, Repo> = new Map();

	constructor(web: Web, proxies: (path: string) => Proxy[], direct: () => Promise<Repo>) {
		this.web = web;
		this.proxies = proxies;
		this.direct = direct;
	}

	private async repo(url: string): Promise<Repo> {
		const known = this.repos.get(url);
		if (known !== undefined) return known;
		const repo = url === "direct" ? await this.direct() : new ProxyRepo(url, this.web);
		this.repos.set(url, repo);
		return repo;
	}

	async ask<T>(path: string, version: string, f: (repo: Repo) => Promise<T>): Promise<T> {
		const bad = badModulePath(path);
		if (bad !== "") throw new ModuleError(path, version, bad);
		let worst: { err: unknown; rank: number } | null = null;
		const list = this.proxies(path);
		if (list.length === 0) throw new UserError(`${path}: GOPROXY list is not the empty string, but contains no entries`);
		for (const proxy of list) {
			try {
				if (proxy.url === "off") throw new FetchError("module lookup disabled by GOPROXY=off", true);
				return await f(await this.repo(proxy.url));
			} catch (err) {
				if (!(err instanceof FetchError) && !(err instanceof ModuleError))
					throw err instanceof UserError ? err : moduleError(path, version, err);
				// "not found" tells least; what version control says, most.
				const rank = err.notFound ? 0 : proxy.url === "direct" ? 2 : 1;
				if (worst === null || rank >= worst.rank) worst = { err, rank };
				if (!err.notFound && !proxy.anyError) break;
			}
		}
		throw moduleError(path, version, worst?.err ?? new FetchError("not found", true));
	}
}
