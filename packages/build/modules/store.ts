// Modules on this machine and beyond: what is in the cache is answered at once, the rest is wanted (wants.ts), fetched and verified
// against go.sum and the checksum database.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { canonicalVersion, compareSemver, hash1, encodeHex, type GoSum, parseSemver, sumKey, unescapePath, ZipError } from "#modfile";
import { UserError } from "../env.ts";
import {
	type ByteProgress,
	installTree,
	isExtracted,
	modulePaths,
	readModuleZip,
	removeTree,
	TreeWriter,
	writeAtomically,
} from "./cache.ts";
import { withFileLock } from "./lock.ts";
import { FetchError, type Vars, Web } from "./proxy.ts";
import { ModuleError, type Repo, RepoList, type RevInfo } from "./repo.ts";
import type { ModuleSettings } from "./settings.ts";
import { nodeCrypto, parseGosumdb, SumClient } from "./sumdb.ts";
import { SumFile } from "./sumfile.ts";
import { Wants } from "./wants.ts";

/** A lookup's outcome: null while it is wanted. */
export type Lookup<T> = { ok: true; value: T } | { ok: false; error: string; notFound: boolean; missingSum: boolean };

function failed(err: unknown): Lookup<never> {
	const notFound = (err instanceof ModuleError || err instanceof FetchError) && err.notFound;
	return { ok: false, error: (err as Error).message, notFound, missingSum: false };
}

const mismatchHelp = `

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
`;
const sumdbHelp = `

SECURITY ERROR
This download does NOT match the one reported by the checksum server.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
`;

export interface StoreOptions {
	/** Modules must have a go.sum line before they are used (-mod=readonly with a go.mod). */
	requireSums: boolean;
	/** Shows "go: downloading …" and progress. */
	log: (line: string) => void;
	/** Milliseconds without a byte after which a server counts as gone. */
	idle?: number;
	/** Requests and commands of version control (-x). */
	trace?: (line: string) => void;
	progress: (text: string) => void;
}

export class ModuleStore {
	readonly settings: ModuleSettings;
	readonly wants: Wants = new Wants();
	readonly sums: SumFile;
	readonly web: Web;
	requireSums: boolean;
	/** Says nothing about downloads: they are what was asked for. */
	quiet = false;
	private readonly options: StoreOptions;
	private readonly repos: RepoList;
	private readonly mods: Map<string, Lookup<string>> = new Map();
	private readonly dirs: Map<string, Lookup<string>> = new Map();
	private readonly lists: Map<string, Lookup<string[]>> = new Map();
	private readonly infos: Map<string, Lookup<RevInfo>> = new Map();
	private readonly zips: Map<string, Promise<string>> = new Map();
	private sumClient: SumClient | null = null;

	constructor(settings: ModuleSettings, vars: Vars, sums: SumFile, options: StoreOptions) {
		if (settings.modcache === "") throw new UserError("go: module cache not found: neither GOMODCACHE nor GOPATH is set");
		if (!isAbsolute(settings.modcache))
			throw new UserError(`go: GOMODCACHE entry is relative; must be absolute path: ${JSON.stringify(settings.modcache)}.`);
		this.settings = settings;
		this.sums = sums;
		this.options = options;
		this.requireSums = options.requireSums;
		this.web = new Web({ ...vars, GOAUTH: settings.goauth }, options.trace, options.idle);
		this.repos = new RepoList(this.web, settings.proxies, async () => {
			const { DirectRepo } = await import("./coderepo.ts");
			return new DirectRepo(settings, vars, this.web, options.trace);
		});
	}

	close(): void {
		this.web.close();
	}

	private want<T>(into: Map<string, Lookup<T>>, key: string, name: string, job: () => Promise<T>): null {
		this.wants.add(name, async () => {
			try {
				into.set(key, { ok: true, value: await job() });
			} catch (err) {
				if (err instanceof TypeError || err instanceof RangeError || err instanceof ReferenceError) throw err;
				into.set(key, failed(err));
			}
		});
		return null;
	}

	private missingSum(path: string, version: string, suffix: string): Lookup<never> {
		return { ok: false, error: `${path}@${version}: missing go.sum entry${suffix}`, notFound: false, missingSum: true };
	}

	/** Text of a module's go.mod, verified. */
	gomod(path: string, version: string, forPath: string = path): Lookup<string> | null {
		const key = sumKey(path, version);
		const known = this.mods.get(key);
		if (known !== undefined) {
			if (known.ok && this.requireSums && !this.sums.has(path, `${version}/go.mod`))
				return this.missingSum(path, version, ` for go.mod file; to add it:\n\tgo mod download ${forPath}`);
			return known;
		}
		if (this.requireSums && !this.sums.has(path, `${version}/go.mod`))
			return this.missingSum(path, version, ` for go.mod file; to add it:\n\tgo mod download ${forPath}`);
		const file = `${modulePaths(this.settings.modcache, path, version).download}.mod`;
		const here = existsSync(file) ? readFileSync(file) : null;
		if (here !== null && this.sums.matches(path, `${version}/go.mod`, goModHash(here))) {
			const value: Lookup<string> = { ok: true, value: here.toString("utf8") };
			this.mods.set(key, value);
			return value;
		}
		return this.want(this.mods, key, `mod ${key}`, () => this.fetchMod(path, version));
	}

	/** The directory of an extracted module, verified. */
	dir(path: string, version: string): Lookup<string> | null {
		const key = sumKey(path, version);
		const known = this.dirs.get(key);
		if (known !== undefined) return known;
		if (this.requireSums && !this.sums.has(path, version)) return this.missingSum(path, version, "");
		const at = modulePaths(this.settings.modcache, path, version);
		if (isExtracted(at) && existsSync(`${at.download}.ziphash`)) {
			const hash = readFileSync(`${at.download}.ziphash`, "utf8").trim();
			if (this.sums.matches(path, version, hash)) {
				const value: Lookup<string> = { ok: true, value: at.dir };
				this.dirs.set(key, value);
				return value;
			}
		}
		return this.want(this.dirs, key, `dir ${key}`, () => this.fetchDir(path, version));
	}

	/** Tagged versions of a module path, ascending. */
	versions(path: string): Lookup<string[]> | null {
		return this.lists.get(path) ?? this.want(this.lists, path, `list ${path}`, () => this.repos.ask(path, "", (r) => r.versions(path)));
	}

	/** What a version, branch or commit stands for. */
	stat(path: string, rev: string): Lookup<RevInfo> | null {
		const key = sumKey(path, rev);
		const known = this.infos.get(key);
		if (known !== undefined) return known;
		if (parseSemver(rev) !== null && canonicalVersion(rev) === rev) {
			const file = `${modulePaths(this.settings.modcache, path, rev).download}.info`;
			const info = existsSync(file) ? parseInfo(readFileSync(file, "utf8")) : null;
			if (info !== null && info.Version === rev) {
				const value: Lookup<RevInfo> = { ok: true, value: info };
				this.infos.set(key, value);
				return value;
			}
		}
		return this.want(this.infos, key, `stat ${key}`, () => this.fetchInfo(path, rev));
	}

	/** The newest revision by @latest: for modules without tags. */
	latest(path: string): Lookup<RevInfo> | null {
		const key = sumKey(path, "@latest");
		return (
			this.infos.get(key) ??
			this.want(this.infos, key, `latest ${path}`, async () => {
				const info = await this.repos.ask(path, "", (r) => r.latest(path));
				this.keepInfo(path, info);
				return info;
			})
		);
	}

	private keepInfo(path: string, info: RevInfo): void {
		if (canonicalVersion(info.Version) !== info.Version || info.Version === "") return;
		const file = `${modulePaths(this.settings.modcache, path, info.Version).download}.info`;
		if (existsSync(file)) return;
		const out: Record<string, unknown> = { Version: info.Version };
		if (info.Time !== "") out.Time = info.Time;
		if (info.Origin !== undefined) out.Origin = info.Origin;
		this.writeDownload(file, JSON.stringify(out));
	}

	private writeDownload(file: string, data: string): void {
		try {
			mkdirSync(dirname(file), { recursive: true });
			writeAtomically(file, data);
		} catch (err) {
			throw new UserError(`go: writing module cache: ${(err as Error).message}`);
		}
	}

	async fetchInfo(path: string, rev: string): Promise<RevInfo> {
		const info = await this.repos.ask(path, rev, (r) => r.stat(path, rev));
		this.keepInfo(path, info);
		return info;
	}

	async fetchMod(path: string, version: string): Promise<string> {
		const file = `${modulePaths(this.settings.modcache, path, version).download}.mod`;
		let text: string;
		if (existsSync(file)) text = readFileSync(file, "utf8");
		else {
			if (canonicalVersion(version) !== version) throw new ModuleError(path, version, "not a canonical version");
			text = await this.repos.ask(path, version, (r) => r.gomod(path, version));
			await this.checkSum(path, `${version}/go.mod`, goModHash(Buffer.from(text)));
			this.writeDownload(file, text);
			this.writeList(path, version);
			return text;
		}
		await this.checkSum(path, `${version}/go.mod`, goModHash(Buffer.from(text)));
		return text;
	}

	/** Writes the cache's own @v/list, which makes the cache a proxy: the versions whose go.mod is there. */
	private writeList(path: string, version: string): void {
		const dir = dirname(modulePaths(this.settings.modcache, path, version).download);
		const list = readdirSync(dir).flatMap((f) => {
			const v = f.endsWith(".mod") ? unescapePath(f.slice(0, -".mod".length)) : null;
			return v !== null && v !== "" && canonicalVersion(v) === v ? [v] : [];
		});
		const text = list
			.sort(compareSemver)
			.map((v) => `${v}\n`)
			.join("");
		const file = join(dir, "list");
		if (!existsSync(file) || readFileSync(file, "utf8") !== text) this.writeDownload(file, text);
	}

	/** Checks a hash against go.sum, then against the database unless go.sum had it; remembers it. */
	async checkSum(path: string, version: string, hash: string): Promise<void> {
		const label = `${path}@${version.replace(/\/go\.mod$/, "")}`;
		const noun = version.endsWith("/go.mod") ? "go.mod" : "module";
		const have = this.sums.get(path, version);
		const other = this.sums.contradiction(path, version, hash);
		if (have.includes(hash) && other === null) return;
		const told = other?.hash ?? have.find((h) => h.startsWith("h1:"));
		if (told !== undefined) {
			throw new MismatchError(
				`verifying ${label}${noun === "go.mod" ? "/go.mod" : ""}: checksum mismatch\n\tdownloaded: ${hash}\n\t${other?.file ?? "go.sum"}:     ${told}${mismatchHelp}`,
			);
		}
		if (this.settings.usesSumdb(path)) {
			const lines = await this.lookupSum(path, version.replace(/\/go\.mod$/, ""), noun);
			const prefix = `${path} ${version} `;
			const want = lines.filter((l) => l.startsWith(prefix)).map((l) => l.slice(prefix.length));
			if (!want.includes(hash)) {
				const db = this.client().name;
				const one = want.find((h) => h.startsWith("h1:"));
				const what = `${label}: verifying ${noun}`;
				if (one === undefined) throw new MismatchError(`${what}: ${db} has no h1 hash for it, so it cannot be verified${sumdbHelp}`);
				throw new MismatchError(`${what}: checksum mismatch\n\tdownloaded: ${hash}\n\t${db}: ${one}${sumdbHelp}`);
			}
		}
		this.sums.add(path, version, hash);
	}

	private async lookupSum(path: string, version: string, noun: string): Promise<string[]> {
		try {
			return await this.client().lookup(path, version);
		} catch (err) {
			throw new UserError(`${path}@${version}: verifying ${noun}: ${(err as Error).message}`);
		}
	}

	/** The checksum database's client. */
	client(): SumClient {
		if (this.sumClient === null) {
			const db = parseGosumdb(this.settings.gosumdb);
			const cache = join(this.settings.modcache, "cache", "download", "sumdb");
			this.sumClient = new SumClient(db, this.settings.proxies("golang.org"), this.web, { config: this.settings.sumdbDir, cache });
		}
		return this.sumClient;
	}

	/** The zip in the cache, downloaded and verified when it is not there; gives its hash. */
	fetchZip(path: string, version: string): Promise<string> {
		const key = sumKey(path, version);
		let job = this.zips.get(key);
		if (job === undefined) {
			job = this.downloadZip(path, version);
			this.zips.set(key, job);
		}
		return job;
	}

	private async downloadZip(path: string, version: string): Promise<string> {
		const at = modulePaths(this.settings.modcache, path, version);
		const zip = `${at.download}.zip`;
		const hashFile = `${at.download}.ziphash`;
		const ready = (): string | null => (existsSync(zip) && existsSync(hashFile) ? readFileSync(hashFile, "utf8").trim() : null);
		const known = ready();
		if (known !== null && known !== "") {
			await this.checkSum(path, version, known);
			return known;
		}
		return withFileLock(`${at.download}.lock`, async () => {
			const now = ready();
			if (now !== null && now !== "") {
				await this.checkSum(path, version, now);
				return now;
			}
			const prefix = `${path}@${version}/`;
			if (existsSync(zip)) {
				// Without its hash: whoever was at it did not finish.
				try {
					const hash = readModuleZip(
						zip,
						prefix,
						() => undefined,
						() => undefined,
					);
					await this.checkSum(path, version, hash);
					writeAtomically(hashFile, hash);
					return hash;
				} catch (err) {
					if (!(err instanceof ZipError)) throw err;
					rmSync(zip, { force: true });
				}
			}
			if (!this.quiet) this.options.log(`go: downloading ${path} ${version}`);
			mkdirSync(dirname(zip), { recursive: true });
			const aside = `${zip}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
			try {
				await this.repos.ask(path, version, (r) => r.zip(path, version, aside, this.meter(path, version)));
				const hash = this.hashZip(aside, zip, prefix);
				await this.checkSum(path, version, hash);
				renameSync(aside, zip);
				writeAtomically(hashFile, hash);
				return hash;
			} finally {
				rmSync(aside, { force: true });
				this.options.progress("");
			}
		});
	}

	/** A module's zip as a proxy gives it now, unverified, in a file of the caller's. */
	async rawZip(path: string, version: string, file: string): Promise<void> {
		await this.repos.ask(path, version, (r) => r.zip(path, version, file, () => undefined));
	}

	/** name: where the file is to be, for messages. */
	private hashZip(file: string, name: string, prefix: string): string {
		try {
			return readModuleZip(
				file,
				prefix,
				() => undefined,
				() => undefined,
			);
		} catch (err) {
			if (!(err instanceof ZipError)) throw err;
			const stray = /^(.*): path does not have prefix "/s.exec(err.message);
			if (stray !== null) throw new UserError(`zip for ${prefix.slice(0, -1)} has unexpected file ${stray[1]}`);
			throw new UserError(`unzip ${name}: ${err.message}`);
		}
	}

	private meter(path: string, version: string): ByteProgress {
		let last = Date.now();
		return (done, total) => {
			const now = Date.now();
			if (now - last < 100) return;
			last = now;
			const mb = (n: number): string => (n / 1e6).toFixed(1);
			this.options.progress(`go: downloading ${path} ${version} ${mb(done)}${total > 0 ? `/${mb(total)}` : ""} MB`);
		};
	}

	/** The extracted module: from the zip in the cache, fetched first when need be. */
	async fetchDir(path: string, version: string): Promise<string> {
		const at = modulePaths(this.settings.modcache, path, version);
		const hash = await this.fetchZip(path, version);
		if (isExtracted(at)) return at.dir;
		await withFileLock(`${at.download}.lock`, async () => {
			if (isExtracted(at)) return;
			const aside = `${at.dir}.tmp-${process.pid}-${Math.random().toString(36).slice(2)}`;
			try {
				const tree = new TreeWriter(aside);
				const mode = this.settings.writable ? 0o644 : 0o444;
				let got: string;
				try {
					got = readModuleZip(
						`${at.download}.zip`,
						`${path}@${version}/`,
						(name, data) => tree.write(name, data, mode),
						() => undefined,
					);
				} catch (err) {
					if (err instanceof ZipError)
						throw new ModuleError(
							path,
							version,
							`${err.message}\n\tthe zip in the module cache is damaged (${at.download}.zip); to fetch it again:\n\trm ${at.download}.zip ${at.download}.ziphash`,
						);
					throw err;
				}
				if (got !== hash) {
					throw new MismatchError(
						`verifying ${path}@${version}: the zip in the module cache is not what it was when it was verified\n\tzip:        ${got}\n\tziphash:    ${hash}\n\tto fetch it again: rm ${at.download}.zip ${at.download}.ziphash; see also: tsugo explain checksum ${path}@${version}`,
					);
				}
				installTree(aside, at, this.settings.writable);
			} finally {
				removeTree(aside);
			}
		});
		return at.dir;
	}

	/** All of a module that the cache keeps, for `mod download`. */
	async download(
		path: string,
		version: string,
	): Promise<{ info: string; mod: string; zip: string; dir: string; sum: string; modSum: string; origin?: unknown }> {
		const at = modulePaths(this.settings.modcache, path, version);
		const infoFile = `${at.download}.info`;
		const info = existsSync(infoFile) ? parseInfo(readFileSync(infoFile, "utf8")) : null;
		const rev = info ?? (await this.fetchInfo(path, version));
		const mod = await this.fetchMod(path, version);
		const sum = await this.fetchZip(path, version);
		const dir = await this.fetchDir(path, version);
		const modSum = goModHash(Buffer.from(mod));
		return { info: infoFile, mod: `${at.download}.mod`, zip: `${at.download}.zip`, dir, sum, modSum, origin: rev.Origin };
	}
}

/** A hash that is not the one it should be. */
export class MismatchError extends UserError {}

/** The h1 hash of a go.mod file. */
export function goModHash(data: Uint8Array): string {
	return hash1([{ name: "go.mod", sha256: encodeHex(nodeCrypto.sha256(data)) }], nodeCrypto);
}

export function parseInfo(text: string): RevInfo | null {
	try {
		const d = JSON.parse(text) as Partial<RevInfo>;
		if (typeof d.Version !== "string") return null;
		return { Version: d.Version, Time: typeof d.Time === "string" ? d.Time : "", ...(d.Origin === undefined ? {} : { Origin: d.Origin }) };
	} catch {
		return null;
	}
}

export type { GoSum, Repo };
