// A GOROOT when the machine has none: the toolchain module of the Go version we target, from the module proxy.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { ZipError } from "#modfile";
import { type BuildEnv, gorootVersion, loadEnv, UserError } from "./env.ts";
import {
	downloadTo,
	installTree,
	isExtracted,
	type ModulePaths,
	modulePaths,
	readModuleZip,
	removeTree,
	TreeWriter,
	withLock,
	writeAtomically,
} from "./modules/cache.ts";
import { FetchError, parseGoproxy, type Proxy, tryProxies, type Vars, Web } from "./modules/proxy.ts";
import { lookupSums, parseGosumdb } from "./modules/sumdb.ts";

/** Reports progress; done = the last report. */
export type Progress = (text: string, done: boolean) => void;

/** A toolchain release and the h1 hash of its module zip for linux/amd64. */
export interface PinnedToolchain {
	version: string;
	hash: string;
}

/** The release that we fetch. The hash stands in when the checksum database is switched off. */
const pinned: PinnedToolchain = { version: "go1.26.8", hash: "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=" };

const modulePath = "golang.org/toolchain";
const platform = "linux-amd64";
const smallLimit = 1 << 20;

interface Job {
	env: BuildEnv;
	proxies: Proxy[];
	web: Web;
	version: string;
	at: ModulePaths;
	pinned: PinnedToolchain;
	progress: Progress;
	/** "go1.26.8 (linux/amd64)", for people. */
	label: string;
}

/** The toolchain's GOROOT in the module cache, fetched and verified when it is not there yet. */
export async function ensureGoroot(vars: Vars, progress: Progress, release: PinnedToolchain = pinned): Promise<string> {
	const env = loadEnv(vars, "");
	const version = `v0.0.1-${release.version}.${platform}`;
	const at = modulePaths(env.gomodcache, modulePath, version);
	if (isExtracted(at) && gorootVersion(at.dir) !== "") return at.dir;
	const proxies = parseGoproxy(env.goproxy || "https://proxy.golang.org,direct");
	const web = new Web(vars);
	const job: Job = { env, proxies, web, version, at, pinned: release, progress, label: `${release.version} (linux/amd64)` };
	try {
		await withLock(`${at.download}.tsugo-lock`, () => fetchToolchain(job));
	} catch (err) {
		if (err instanceof UserError)
			throw new UserError(`tsugo: no Go source tree found (GOROOT, go on PATH), and fetching one failed:\n${err.message}`);
		if (err instanceof FetchError || err instanceof ZipError) throw failure(job, err.message);
		const code = (err as NodeJS.ErrnoException).code;
		if (code !== undefined && /^E[A-Z]+$/.test(code)) throw failure(job, (err as Error).message);
		throw err;
	} finally {
		web.close();
	}
	return at.dir;
}

function failure(job: Job, why: string): UserError {
	return new UserError(
		`tsugo: no Go source tree found (GOROOT, go on PATH), and fetching one failed:\n${modulePath}@${job.version}: ${why}`,
	);
}

async function fetchToolchain(job: Job): Promise<void> {
	const { at } = job;
	// Another process may have done it while we waited for the lock.
	if (isExtracted(at) && gorootVersion(at.dir) !== "") return;
	mkdirSync(dirname(at.download), { recursive: true });
	// Before the big download: without a hash there is no point in it.
	const want = await expectedHash(job);
	const zip = `${at.download}.zip`;
	const fresh = !existsSync(zip);
	const file = fresh ? `${zip}.${process.pid}.tmp` : zip;
	try {
		if (fresh) await download(job, file);
		const hash = extract(job, file, want);
		if (fresh) renameSync(file, zip);
		writeAtomically(`${zip}hash`, hash);
	} finally {
		if (fresh) rmSync(file, { force: true });
	}
}

interface Expected {
	/** "" when the proxy is a local directory, which the go command trusts too. */
	hash: string;
	/** Who says so. */
	source: string;
}

/**
 * The hash that the zip must have: from the checksum database; when that is switched off, the one of the release that we know. A single
 * file: proxy is believed, as by the go command (a distribution's own toolchain).
 */
async function expectedHash(job: Job): Promise<Expected> {
	const { env } = job;
	const off = env.gosumdb === "off" || exempt(env);
	if (off && job.pinned.hash !== "") return { hash: job.pinned.hash, source: "tsugo" };
	if (/^file:\/\/[^,|]*$/.test(env.goproxy) && off) return { hash: "", source: "" };
	const db = parseGosumdb(env.gosumdb || "sum.golang.org");
	job.progress(`tsugo: looking up the checksum of ${job.label}`, false);
	const lines = await lookupSums(db, modulePath, job.version, job.proxies, job.web, `${env.gopath.split(":")[0]}/pkg/sumdb`);
	const hash = lines.map((l) => l.split(" ")).find((w) => w[1] === job.version)?.[2];
	if (hash === undefined) throw new UserError(`${modulePath}@${job.version}: verifying module: ${db.key.name} has no checksum for it`);
	return { hash, source: db.key.name };
}

/** Whether GONOSUMDB or GOPRIVATE matches the toolchain module. */
function exempt(env: BuildEnv): boolean {
	const patterns = env.env.get("GONOSUMDB") || env.env.get("GOPRIVATE");
	return patterns.split(",").some((p) => {
		const words = p.trim().replace(/\/+$/, "").split("/");
		const path = modulePath.split("/").slice(0, words.length);
		return p.trim() !== "" && path.length === words.length && words.every((w, i) => globMatches(w, path[i]));
	});
}

/** Whether a path element matches a pattern of path.Match. */
function globMatches(pattern: string, name: string): boolean {
	const re = pattern
		.replace(/[.+^${}()|\\]/g, "\\$&")
		.replaceAll("*", "[^/]*")
		.replaceAll("?", "[^/]");
	try {
		return new RegExp(`^${re}$`).test(name);
	} catch {
		return false;
	}
}

function megabytes(n: number): string {
	return (n / 1e6).toFixed(n < 1e7 ? 1 : 0);
}

/** A progress function of bytes that speaks at most every 100 ms. */
function meter(job: Job, verb: string): (done: number, total: number) => void {
	let last = 0;
	return (done, total) => {
		const now = Date.now();
		if (now - last < 100) return;
		last = now;
		const bar =
			total > 0 ? ` ${Math.floor((100 * done) / total)}% (${megabytes(done)} of ${megabytes(total)} MB)` : ` ${megabytes(done)} MB`;
		job.progress(`tsugo: ${verb} ${job.label}${bar}`, false);
	};
}

async function download(job: Job, file: string): Promise<void> {
	job.progress(`tsugo: downloading ${job.label}`, false);
	await tryProxies(job.proxies, `${modulePath}@${job.version}`, async (proxy) => {
		const base = `${proxy}/${modulePath}/@v/${job.version}`;
		const info = await job.web.text(`${base}.info`, smallLimit);
		const mod = await job.web.text(`${base}.mod`, smallLimit);
		await downloadTo(job.web, `${base}.zip`, file, meter(job, "downloading"));
		writeAtomically(`${job.at.download}.info`, info);
		writeAtomically(`${job.at.download}.mod`, mod);
	});
}

/** Files of the module that are programs; the zip does not keep modes. Same list as the go command's. */
const executableRe = /^(?:bin\/|pkg\/tool\/|lib\/[^/]*_[^/]*_exec$)/;

/** Extracts aside, verifies the hash, and only then puts the tree in its place. Gives the hash. */
function extract(job: Job, zip: string, want: Expected): string {
	const aside = `${job.at.dir}.tmp-${process.pid}`;
	removeTree(aside);
	try {
		const tree = new TreeWriter(aside);
		const take = (path: string, data: Uint8Array): void => {
			tree.write(path, data, executableRe.test(path) ? 0o555 : 0o444);
			// A module zip has one go.mod, so the toolchain's others are packed as _go.mod.
			if (/(^|\/)_go\.mod$/.test(path)) tree.write(path.replace(/_go\.mod$/, "go.mod"), data, 0o444);
		};
		const hash = readModuleZip(zip, `${modulePath}@${job.version}/`, take, meter(job, "extracting"));
		if (want.hash !== "" && hash !== want.hash) {
			throw new UserError(
				`${modulePath}@${job.version}: verifying module: checksum mismatch\n\tdownloaded: ${hash}\n\t${want.source}: ${want.hash}\n\nSECURITY ERROR\n` +
					"This download does NOT match the one reported by the checksum server.\nThe bits may have been replaced on the origin server, or an attacker may\nhave intercepted the download attempt.",
			);
		}
		if (gorootVersion(aside) !== job.pinned.version)
			throw new UserError(`${modulePath}@${job.version}: it is not the Go source tree of ${job.pinned.version}`);
		installTree(aside, job.at);
		job.progress(`tsugo: fetched ${job.label} into the module cache`, true);
		return hash;
	} finally {
		removeTree(aside);
	}
}
