// A git repository as a source of modules, kept bare in the module cache in the go command's layout (cache/vcs), under its lock files.
//
// Commits are fetched one by one without history; all branches and tags only where ancestry decides (pseudo-versions).

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalSemver, compareSemver, isPseudoVersion } from "#modfile";
import { withFileLock } from "./lock.ts";
import { FetchError, type Vars, type Web } from "./proxy.ts";

/** Where something was found, in the order and with the names of .info files. */
export interface Origin {
	VCS?: string;
	URL?: string;
	Subdir?: string;
	Hash?: string;
	TagPrefix?: string;
	TagSum?: string;
	Ref?: string;
	RepoSum?: string;
}

export interface Revision {
	/** The full commit. */
	hash: string;
	/** As pseudo-versions have it. */
	short: string;
	/** Seconds since 1970. */
	time: number;
	/** What was asked for where that is a tag of the commit, else the commit. */
	version: string;
	tags: string[];
	origin: Origin;
}

interface Ran {
	code: number;
	out: Buffer;
	err: string;
}

const minHex = 7;
const isHex = (rev: string): boolean => /^[0-9a-f]*$/.test(rev);

/** Variables for git: it must not ask anybody anything. */
export function gitVars(vars: Vars): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = { ...vars };
	env.GIT_TERMINAL_PROMPT ||= "0";
	env.GCM_INTERACTIVE ||= "never";
	if (!env.GIT_SSH && !env.GIT_SSH_COMMAND) env.GIT_SSH_COMMAND = "ssh -o ControlMaster=no -o BatchMode=yes";
	return env;
}

/** Runs git; what it prints is kept whole. A machine without git is a FetchError. */
export function runGit(args: readonly string[], cwd: string | undefined, env: NodeJS.ProcessEnv): Promise<Ran> {
	return new Promise((resolve, reject) => {
		const child = spawn("git", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
		const out: Buffer[] = [];
		const err: Buffer[] = [];
		child.stdout.on("data", (d: Buffer) => out.push(d));
		child.stderr.on("data", (d: Buffer) => err.push(d));
		child.on("error", (e: NodeJS.ErrnoException) =>
			reject(new FetchError(e.code === "ENOENT" ? `git: executable file not found in $PATH` : `git: ${e.message}`, false)),
		);
		child.on("close", (code, signal) =>
			resolve({ code: signal === null ? (code ?? 1) : 128, out: Buffer.concat(out), err: Buffer.concat(err).toString("utf8") }),
		);
	});
}

export class GitHost {
	/** Address of the repository. */
	readonly url: string;
	private readonly dir: string;
	private readonly env: NodeJS.ProcessEnv;
	private readonly web: Web;
	private readonly log: (line: string) => void;
	private opened: Promise<void> | undefined;
	private refs: Promise<Map<string, string>> | undefined;
	private localTags: Set<string> = new Set();
	private hashLength = 40;
	/** All branches and tags are here. */
	private complete = false;
	private readonly stats: Map<string, Promise<Revision>> = new Map();

	/** log shows commands (-x). */
	constructor(url: string, modcache: string, vars: Vars, web: Web, log: (line: string) => void = () => undefined) {
		if (!url.includes("://")) throw new FetchError(`git remote (${url}) must not be local directory`, false);
		this.url = url;
		this.web = web;
		this.log = log;
		this.dir = join(modcache, "cache", "vcs", createHash("sha256").update(`git3:${url}`).digest("hex"));
		this.env = { ...gitVars(vars), GIT_DIR: this.dir };
	}

	private async git(...args: string[]): Promise<Ran> {
		this.log(`cd ${this.dir}; git ${args.join(" ")}`);
		return runGit(args, this.dir, this.env);
	}

	private failure(args: readonly string[], ran: Ran): string {
		const text = ran.err.replace(/\n+$/, "").replaceAll("\n", "\n\t");
		return `git ${args.join(" ")} in ${this.dir}: exit status ${ran.code}${text === "" ? "" : `:\n\t${text}`}`;
	}

	/** Runs git and gives its output; a failure is a FetchError in the go command's words. */
	private async must(...args: string[]): Promise<Buffer> {
		const ran = await this.git(...args);
		if (ran.code !== 0) throw new FetchError(this.failure(args, ran), false);
		return ran.out;
	}

	private locked<T>(f: () => Promise<T>): Promise<T> {
		return withFileLock(`${this.dir}.lock`, f);
	}

	/** Makes the bare repository where there is none. */
	private open(): Promise<void> {
		this.opened ??= this.locked(async () => {
			const key = `git3:${this.url}`;
			const info = `${this.dir}.info`;
			if (existsSync(info) && existsSync(this.dir)) {
				const have = readFileSync(info, "utf8").trimEnd();
				if (have !== key)
					throw new FetchError(`${info} exists with wrong content (have ${JSON.stringify(have)} want ${JSON.stringify(key)})`, false);
			} else {
				rmSync(this.dir, { recursive: true, force: true });
				mkdirSync(this.dir, { recursive: true });
				writeFileSync(info, key);
			}
			if (!existsSync(join(this.dir, "objects"))) await this.init();
			const format = (await this.git("config", "extensions.objectformat")).out.toString().trim();
			if (format === "sha256") this.hashLength = 64;
			for (const tag of (await this.git("tag", "-l")).out.toString().split("\n")) if (tag !== "") this.localTags.add(tag);
		});
		return this.opened;
	}

	private async init(): Promise<void> {
		try {
			const refs = await this.askRefs(this.url).catch(() => null);
			const hash = refs === null ? "" : ([...refs.values()][0] ?? "");
			const format = hash.length === 64 ? "sha256" : "sha1";
			await this.must("init", "--bare", `--object-format=${format}`);
			await this.must("remote", "add", "origin", "--", this.url);
		} catch (err) {
			rmSync(this.dir, { recursive: true, force: true });
			throw err;
		}
	}

	private async askRefs(remote: string): Promise<Map<string, string>> {
		const args = ["ls-remote", "-q", "--end-of-options", remote];
		const ran = await this.git(...args);
		if (ran.code !== 0) {
			let text = this.failure(args, ran);
			if (ran.err.includes("fatal: could not read Username"))
				text +=
					"\nConfirm the import path was entered correctly.\nIf this is a private repository, see https://golang.org/doc/faq#git_https for additional information.";
			throw new FetchError(text, await this.missing());
		}
		const refs = new Map<string, string>();
		for (const line of ran.out.toString("utf8").split("\n")) {
			const [hash, ref] = line.split("\t");
			if (ref === "HEAD" || ref?.startsWith("refs/heads/") || ref?.startsWith("refs/tags/")) refs.set(ref, hash);
		}
		// An annotated tag stands for its commit.
		for (const [ref, hash] of [...refs]) {
			if (!ref.endsWith("^{}")) continue;
			refs.set(ref.slice(0, -3), hash);
			refs.delete(ref);
		}
		return refs;
	}

	/** Whether the server says that there is no such thing (git cannot tell it from a private one). */
	private async missing(): Promise<boolean> {
		if (!/^https?:/.test(this.url)) return false;
		try {
			const page = await this.web.page(this.url, 1 << 16, this.url.startsWith("http:"));
			return page.status === 404 || page.status === 410;
		} catch {
			return false;
		}
	}

	private async loadRefs(): Promise<Map<string, string>> {
		await this.open();
		this.refs ??= this.askRefs("origin");
		return this.refs;
	}

	/** Tags with a prefix in order, and the sum over those that are versions. */
	async tags(prefix: string): Promise<{ list: { name: string; hash: string }[]; origin: Origin }> {
		const list = [...(await this.loadRefs())]
			.filter(([ref]) => ref.startsWith(`refs/tags/${prefix}`))
			.map(([ref, hash]) => ({ name: ref.slice("refs/tags/".length), hash }))
			.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
		const dir = prefix.slice(0, prefix.lastIndexOf("/") + 1);
		const h = createHash("sha256");
		for (const { name, hash } of list) {
			const tag = name.slice(dir.length);
			const v = canonicalSemver(tag);
			if (v !== "" && tag.startsWith(v) && !isPseudoVersion(tag)) h.update(`${JSON.stringify(name)} ${hash}\n`);
		}
		return { list, origin: { VCS: "git", URL: this.url, TagPrefix: prefix, TagSum: `t1:${h.digest("base64")}` } };
	}

	async latest(): Promise<Revision> {
		const head = (await this.loadRefs()).get("HEAD");
		if (head === undefined) throw new FetchError("no commits", true);
		const rev = await this.stat(head);
		return { ...rev, origin: { ...rev.origin, Ref: "HEAD", Hash: head } };
	}

	/** A commit by tag, branch or hash; it is in the repository then. */
	stat(rev: string): Promise<Revision> {
		let job = this.stats.get(rev);
		if (job === undefined) {
			job = this.find(rev);
			this.stats.set(rev, job);
		}
		return job;
	}

	private async find(asked: string): Promise<Revision> {
		await this.open();
		const maybeHash = asked.length >= minHex && asked.length <= this.hashLength && isHex(asked);
		if (maybeHash) {
			const here = await this.local(asked, asked);
			if (here !== null) return here;
		}
		if (this.localTags.has(asked)) return this.mustLocal(asked, `refs/tags/${asked}`);
		const { ref, hash } = await this.resolve(asked, maybeHash);
		// What branches and HEAD mean changes: their commit is what is remembered.
		const version = ref.startsWith("refs/tags/") ? asked : hash;
		const found = await this.locked(() => this.bring(version, ref, hash, maybeHash));
		return { ...found, origin: { ...found.origin, Hash: found.hash, ...(ref !== "" && ref !== found.hash ? { Ref: ref } : {}) } };
	}

	private async resolve(rev: string, maybeHash: boolean): Promise<{ ref: string; hash: string }> {
		const refs = await this.loadRefs();
		for (const ref of [`refs/tags/${rev}`, `refs/heads/${rev}`, ...(rev === "HEAD" ? ["HEAD"] : [])]) {
			const hash = refs.get(ref);
			if (hash !== undefined) return { ref, hash };
		}
		if (!maybeHash) throw new FetchError(`unknown revision ${rev}`, true);
		const fit = [...refs].filter(([, h]) => h.startsWith(rev)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
		if (new Set(fit.map(([, h]) => h)).size > 1) throw new FetchError(`ambiguous revision ${rev}`, false);
		if (fit.length > 0) return { ref: fit[0][0], hash: fit[0][1] };
		return { ref: "", hash: rev };
	}

	/** With the lock: makes the commit local, as cheaply as can be. */
	private async bring(version: string, ref: string, hash: string, known: boolean): Promise<Revision> {
		const tag = ref.startsWith("refs/tags/") ? ref.slice("refs/tags/".length) : "";
		if (!known && hash !== "") {
			const here = await this.local(version, hash);
			if (here !== null) {
				if (tag === "" || this.localTags.has(tag)) return here;
				await this.git("tag", "--end-of-options", tag, hash);
				this.localTags.add(tag);
				return this.mustLocal(version, ref);
			}
		}
		if (!this.complete && ref !== "") {
			const spec = ref === "HEAD" ? `${hash}:refs/dummy` : `${ref}:${ref}`;
			const ran = await this.git("-c", "protocol.version=2", "fetch", "-f", "--depth=1", "--end-of-options", "origin", spec);
			if (ran.code === 0) {
				if (tag !== "") this.localTags.add(tag);
				return this.mustLocal(version, ref === "HEAD" ? hash : ref);
			}
		}
		await this.fetchAll();
		return this.mustLocal(version, tag !== "" ? ref : version);
	}

	/** With the lock: all branches and tags with their history. */
	private async fetchAll(): Promise<void> {
		if (this.complete) return;
		await this.must("fetch", "-f", "--end-of-options", "origin", "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*");
		if (existsSync(join(this.dir, "shallow"))) await this.must("fetch", "--unshallow", "-f", "--end-of-options", "origin");
		this.complete = true;
	}

	private async mustLocal(version: string, rev: string): Promise<Revision> {
		const found = await this.local(version, rev);
		if (found === null) throw new FetchError(`unknown revision ${rev}`, true);
		return found;
	}

	/** What the repository knows of a revision without asking anybody; null when it has none. */
	private async local(version: string, rev: string): Promise<Revision | null> {
		const args = [
			"-c",
			"log.showsignature=false",
			"log",
			"--no-decorate",
			"-n1",
			"--format=format:%H %ct %D",
			"--end-of-options",
			rev,
			"--",
		];
		const ran = await this.git(...args);
		if (ran.code !== 0) return null;
		const text = ran.out.toString("utf8");
		const m = /^([0-9a-f]+) (\d+) ?(.*)/.exec(text);
		if (m === null) throw new FetchError(`unexpected response from git log: ${JSON.stringify(text)}`, false);
		const [, hash, seconds, names] = m;
		const tags = new Set(names.split(", ").flatMap((n) => (n.startsWith("tag: ") ? [n.slice(5)] : [])));
		const refs = await this.refs?.catch(() => null);
		for (const [ref, h] of refs ?? []) if (h === hash && ref.startsWith("refs/tags/")) tags.add(ref.slice("refs/tags/".length));
		const origin: Origin = { VCS: "git", URL: this.url, Hash: hash };
		if (!hash.startsWith(rev)) origin.Ref = rev;
		return {
			hash,
			short: hash.slice(0, 12),
			time: Number(seconds),
			version: tags.has(version) ? version : hash,
			tags: [...tags].sort(),
			origin,
		};
	}

	/** A file of a revision; null when there is none. */
	async readFile(rev: string, file: string): Promise<string | null> {
		const { hash } = await this.stat(rev);
		const ran = await this.git("cat-file", "--end-of-options", "blob", `${hash}:${file}`);
		return ran.code === 0 ? ran.out.toString("utf8") : null;
	}

	/** The highest tag with the prefix before (or at) a revision that is allowed, "" when there is none. */
	async recentTag(rev: string, prefix: string, allowed: (tag: string) => boolean): Promise<string> {
		const { hash } = await this.stat(rev);
		const highest = async (): Promise<string> => {
			let best = "";
			for (const line of (await this.must("for-each-ref", "--format=%(refname)", `--merged=${hash}`)).toString("utf8").split("\n")) {
				if (!line.startsWith(`refs/tags/${prefix}`)) continue;
				const tag = line.slice("refs/tags/".length);
				if (allowed(tag) && (best === "" || compareSemver(tag.slice(prefix.length), best.slice(prefix.length)) > 0)) best = tag;
			}
			return best;
		};
		const first = await highest();
		if (first !== "") return first;
		if ((await this.tags(`${prefix}v`)).list.length === 0) return "";
		await this.locked(() => this.fetchAll());
		return highest();
	}

	async descendsFrom(rev: string, tag: string): Promise<boolean> {
		const ask = async (): Promise<boolean> => (await this.git("merge-base", "--is-ancestor", "--", tag, rev)).code === 0;
		if (await ask()) return true;
		if ((await this.tags(tag)).list.length === 0) return false;
		await this.stat(rev);
		await this.locked(() => this.fetchAll());
		return ask();
	}

	/** The files of a revision (below a folder, ""  for all) as a tar archive, as git would check them out on Unix. */
	async archive(rev: string, subdir: string): Promise<Uint8Array> {
		const { hash } = await this.stat(rev);
		return this.locked(async () => {
			const attributes = "\n* -export-subst -export-ignore\n";
			const file = join(this.dir, "info", "attributes");
			mkdirSync(join(this.dir, "info"), { recursive: true });
			if (!existsSync(file) || statSync(file).size === 0 || !readFileSync(file, "utf8").endsWith(attributes))
				appendFileSync(file, attributes);
			const args = [
				"-c",
				"core.autocrlf=input",
				"-c",
				"core.eol=lf",
				"-c",
				"tar.umask=0022",
				"archive",
				"--format=tar",
				"--end-of-options",
				hash,
			];
			return this.must(...args, ...(subdir === "" ? [] : [subdir]));
		});
	}
}
