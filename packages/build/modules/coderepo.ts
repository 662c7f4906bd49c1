// A module in a repository: which folder it is in at a revision, which tags are its versions, what its pseudo-versions are
// (https://go.dev/ref/mod#vcs).

import {
	badPathMajor,
	canonicalSemver,
	canonicalVersion,
	compareGoVersion,
	compareSemver,
	goAtLeast,
	isPrerelease,
	isPseudoVersion,
	majorOf,
	moduleFiles,
	parseGoMod,
	parseSemver,
	pathMajorPrefix,
	pathVersionValid,
	pseudoBase,
	pseudoParts,
	pseudoVersion,
	quoteWord,
	retracts,
	splitPathVersion,
	ZipError,
} from "#modfile";
import type { ByteProgress } from "./cache.ts";
import { GitHost, gitVars, type Origin, type Revision, runGit } from "./githost.ts";
import { FetchError, type Vars, type Web } from "./proxy.ts";
import { ModuleError, ProxyRepo, type Repo, type RevInfo } from "./repo.ts";
import type { ModuleSettings } from "./settings.ts";
import { readTar } from "./tar.ts";
import { repoRoot } from "./vcspath.ts";
import { writeZip } from "./zipwrite.ts";

/** A version that a repository does not have or that may not be called so. */
class InvalidVersion extends ModuleError {
	constructor(path: string, version: string, why: string, notFound: boolean, noun = "version") {
		super(path, version, why, notFound);
		this.message = `${path}@${version}: invalid ${noun}: ${why}`;
	}
}

function joinPath(...parts: readonly string[]): string {
	return parts
		.flatMap((p) => p.split("/"))
		.filter((p) => p !== "")
		.join("/");
}

interface Place {
	rev: string;
	/** Folder of the module; "" for the repository's root. */
	dir: string;
	/** Text of its go.mod, null without one. */
	gomod: string | null;
}

/** Whether a go.mod's module path has the major version of the path that is asked for. */
function sameMajor(gomodPath: string, major: string): boolean {
	if (gomodPath === "" || !pathVersionValid(gomodPath)) return false;
	const own = splitPathVersion(gomodPath).major;
	if (major === "") return ["", "v0", "v1"].includes(pathMajorPrefix(own));
	return own !== "" && own.slice(1) === major.slice(1);
}

const modulePathOf = (gomod: string): string => parseGoMod("go.mod", gomod, { lax: true }).mod.module;

/** YYYYMMDDhhmmss of seconds since 1970. */
const stamp = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\D/g, "").slice(0, 14);

/** One module path in one repository. */
class CodeRepo {
	private readonly host: GitHost;
	private readonly root: string;
	private readonly path: string;
	/** Path without its major version suffix. */
	private readonly prefix: string;
	/** "/v2", ".v1" or "". */
	private readonly major: string;
	/** Folder of the module, without the major version's. */
	private readonly dir: string;
	private readonly goVersion: string;
	private retracted: Promise<(v: string) => boolean> | undefined;

	/** root is the module path of the repository's root, subdir the folder that this is. */
	constructor(host: GitHost, root: string, subdir: string, path: string, goVersion: string) {
		if (path !== root && !path.startsWith(`${root}/`)) throw new FetchError(`mismatched repo: found ${root} for ${path}`, false);
		const { prefix, major } = splitPathVersion(path);
		this.host = host;
		this.root = root;
		this.path = path;
		this.major = major;
		this.prefix = root === path ? path : prefix;
		if (root !== path && this.prefix !== root && !this.prefix.startsWith(`${root}/`))
			throw new FetchError(`repository rooted at ${root} cannot contain module ${path}`, false);
		this.dir = joinPath(root === path ? "" : this.prefix.slice(root.length), subdir);
		this.goVersion = goVersion;
	}

	private get tagPrefix(): string {
		return this.dir === "" ? "" : `${this.dir}/`;
	}

	private invalid(version: string, why: string, notFound = false): InvalidVersion {
		return new InvalidVersion(this.path, version, why, notFound);
	}

	/** The tag (or branch, or commit) that a version is in the repository. */
	private revOf(rev: string): string {
		if (parseSemver(rev) === null) return rev;
		const pseudo = pseudoParts(rev);
		if (pseudo !== null) return pseudo.rev;
		return this.tagPrefix + rev.replace(/\+incompatible$/, "");
	}

	async versions(): Promise<string[]> {
		if (this.path.startsWith("gopkg.in/") && this.path.endsWith("-unstable")) return [];
		const list: string[] = [];
		const incompatible: string[] = [];
		for (const { name } of (await this.host.tags(this.tagPrefix)).list) {
			const v = name.slice(this.tagPrefix.length);
			if (v === "" || v !== canonicalSemver(v) || isPseudoVersion(v)) continue;
			if (badPathMajor(v, this.major) === "") list.push(v);
			else if (this.dir === "" && this.major === "" && Number(majorOf(v).slice(1)) > 1) incompatible.push(v);
		}
		list.sort(compareSemver);
		incompatible.sort(compareSemver);
		return [...list, ...(await this.incompatibleVersions(list, incompatible))];
	}

	/** Later major versions without a go.mod count as versions of a module that has none either. */
	private async incompatibleVersions(list: readonly string[], candidates: readonly string[]): Promise<string[]> {
		if (candidates.length === 0) return [];
		const hasGoMod = async (v: string): Promise<boolean> => (await this.host.readFile(v, "go.mod")) !== null;
		if (list.length > 0 && (await hasGoMod(list[list.length - 1]))) return [];
		const out: string[] = [];
		const byMajor = Map.groupBy(candidates, majorOf);
		for (const versions of byMajor.values())
			if (!(await hasGoMod(versions[versions.length - 1]))) out.push(...versions.map((v) => `${v}+incompatible`));
		return out;
	}

	async stat(rev: string): Promise<RevInfo> {
		let found: Revision;
		try {
			found = await this.host.stat(this.revOf(rev));
		} catch (err) {
			if (err instanceof FetchError) throw new InvalidVersion(this.path, rev, err.message, err.notFound);
			throw err;
		}
		return this.convert(found, rev);
	}

	async latest(): Promise<RevInfo> {
		return this.convert(await this.host.latest(), "");
	}

	/** A revision as a version of the module. asked: what was asked for, "" for the newest. */
	private async convert(rev: Revision, asked: string): Promise<RevInfo> {
		const version = await this.versionOf(rev, asked);
		const origin: Origin = { VCS: rev.origin.VCS, URL: rev.origin.URL };
		if (this.dir !== "") origin.Subdir = this.dir;
		origin.Hash = rev.origin.Hash;
		// A pseudo-version depends on the tags too.
		if (isPseudoVersion(version) && (version !== asked || !version.startsWith("v0.0.0-"))) {
			const tags = await this.host.tags(this.tagPrefix + (this.major === "" ? "" : `${this.major.slice(1)}.`));
			if (tags.origin.TagPrefix !== "") origin.TagPrefix = tags.origin.TagPrefix;
			origin.TagSum = tags.origin.TagSum;
		}
		if (rev.origin.Ref !== undefined) origin.Ref = rev.origin.Ref;
		return { Version: version, Time: new Date(rev.time * 1000).toISOString().replace(".000Z", "Z"), Origin: { ...origin } };
	}

	/** A tag as a version (v1.2.3), and whether it is written so; null for other tags. */
	private tagVersion(tag: string): { version: string; canonical: boolean } | null {
		if (!tag.startsWith(this.tagPrefix) || isPseudoVersion(tag)) return null;
		const text = tag.slice(this.tagPrefix.length);
		const version = canonicalSemver(text);
		return version === "" || !text.startsWith(version) ? null : { version, canonical: version === text };
	}

	private fits(v: string): boolean {
		return pathVersionValid(this.path) && badPathMajor(v, this.major) === "";
	}

	/** Whether a version of another major may be called +incompatible: there is no go.mod. */
	private async incompatibleOk(rev: Revision, v: string, asked: string): Promise<boolean> {
		if (this.dir !== "" || this.major !== "") return false;
		if ((await this.host.readFile(rev.hash, "go.mod")) !== null) return false;
		if (v === "" || asked.endsWith("+incompatible")) return true;
		return (await this.host.readFile(rev.hash, `${majorOf(v)}/go.mod`)) === null;
	}

	private async versionOf(rev: Revision, asked: string): Promise<string> {
		if (isPseudoVersion(asked)) {
			const v = await this.canonical(rev, asked, asked);
			await this.checkPseudo(rev, asked);
			return v;
		}
		const named = this.tagVersion(rev.version);
		if (named?.canonical) {
			try {
				return await this.canonical(rev, named.version, asked);
			} catch (err) {
				if (!(err instanceof ModuleError)) throw err;
			}
		}
		const retracted = await this.retractions();
		const ok = async (v: string): Promise<boolean> => this.fits(v) || this.incompatibleOk(rev, v, asked);
		let highest = "";
		let base = "";
		for (const tag of rev.tags) {
			const t = this.tagVersion(tag);
			if (t === null) continue;
			if (asked !== "" && compareSemver(t.version, asked) === 0) {
				if (t.canonical) return this.canonical(rev, t.version, asked);
				base = t.version;
			}
			if (t.canonical && (highest === "" || compareSemver(highest, t.version) < 0) && !retracted(t.version) && (await ok(t.version)))
				highest = t.version;
		}
		if (highest !== "") return this.canonical(rev, highest, asked);
		if (base === "") {
			const noGoMod = await this.incompatibleOk(rev, "", asked);
			const tag = await this.host.recentTag(rev.hash, this.tagPrefix, (name) => {
				const v = this.tagVersion(name)?.version;
				return v !== undefined && (this.fits(v) || noGoMod) && !retracted(v);
			});
			base = tag === "" ? "" : (this.tagVersion(tag)?.version ?? "");
		}
		return this.canonical(rev, pseudoVersion(pathMajorPrefix(this.major), base, stamp(rev.time), rev.short), asked);
	}

	/** Checks that the revision may be called v, and adds "+incompatible" where it has to be there. */
	private async canonical(rev: Revision, version: string, asked: string): Promise<string> {
		try {
			await this.place(version, rev.hash);
		} catch (err) {
			if (err instanceof FetchError) throw this.invalid(version, err.message, true);
			throw err;
		}
		let v = version === asked.replace(/\+incompatible$/, "") ? asked : version;
		const base = v.replace(/\+incompatible$/, "");
		let problem = "";
		if (!this.fits(base)) {
			if (await this.incompatibleOk(rev, base, asked)) v = `${base}+incompatible`;
			else
				problem =
					this.major !== ""
						? "module path includes a major version suffix, so major version must match"
						: `module contains a go.mod file, so module path must match major version (${JSON.stringify(joinPath(this.prefix, majorOf(v)))})`;
		} else if (v.endsWith("+incompatible")) problem = `+incompatible suffix not allowed: major version ${majorOf(v)} is compatible`;
		const askedBase = asked.replace(/\+incompatible$/, "");
		if (asked !== "" && asked === canonicalVersion(asked) && askedBase !== base)
			throw this.invalid(asked, `resolves to version ${v} (${askedBase} is not a tag)`);
		if (problem !== "") throw this.invalid(v, problem);
		return v;
	}

	/** A pseudo-version has to be exactly the one that the revision would get from the tag that it names. */
	private async checkPseudo(rev: Revision, version: string): Promise<void> {
		const fail = (why: string): never => {
			throw new InvalidVersion(this.path, version, why, false, "pseudo-version");
		};
		const parts = pseudoParts(version) ?? fail("syntax error");
		if (parts.rev !== rev.short) {
			if (parts.rev.startsWith(rev.short)) fail(`revision is longer than canonical (expected ${rev.short})`);
			if (rev.short.startsWith(parts.rev)) fail(`revision is shorter than canonical (expected ${rev.short})`);
			fail(`does not match short name of revision (expected ${rev.short})`);
		}
		if (parts.time !== stamp(rev.time)) fail(`does not match version-control timestamp (expected ${stamp(rev.time)})`);
		const base = pseudoBase(version.replace(/\+incompatible$/, ""));
		if (base === "") {
			if (this.major === "" && majorOf(version) === "v1") fail("major version without preceding tag must be v0, not v1");
			return;
		}
		const exact = rev.tags.find((t) => (t.startsWith(this.tagPrefix) ? t.slice(this.tagPrefix.length) : t) === base);
		if (exact !== undefined)
			fail(
				`tag (${exact}) found on revision ${parts.rev} is already canonical, so should not be replaced with a pseudo-version derived from that tag`,
			);
		const tags = (await this.host.tags(this.tagPrefix + base)).list.filter(
			(t) => compareSemver(t.name.slice(this.tagPrefix.length), base) === 0,
		);
		if (tags.length === 0) fail(`preceding tag (${base}) not found`);
		for (const t of tags) if (await this.host.descendsFrom(rev.hash, t.name)) return;
		fail(`revision ${parts.rev} is not a descendent of preceding tag (${tags[tags.length - 1].name})`);
	}

	/** Where the module is at a version; hash: its commit where that is known. */
	private async place(version: string, hash = ""): Promise<Place> {
		const rev = this.revOf(version);
		const at = hash === "" ? rev : hash;
		const file = joinPath(this.dir, "go.mod");
		const text = await this.host.readFile(at, file);
		const path = text === null ? "" : modulePathOf(text);
		// Some forks of gopkg.in modules never changed their module lines; replacing with them has to go on working.
		const found = text !== null && (sameMajor(path, this.major) || (this.major === "" && path.startsWith("gopkg.in/")));
		let below = "";
		if (this.major !== "" && this.root !== this.path && !this.major.startsWith(".")) {
			const dir = joinPath(this.dir, this.major.slice(1));
			below = `${dir}/go.mod`;
			const text2 = await this.host.readFile(at, below);
			const path2 = text2 === null ? "" : modulePathOf(text2);
			if (text2 !== null && sameMajor(path2, this.major)) {
				if (found)
					throw new FetchError(
						`${this.prefix}/${file} and ...${this.major}/go.mod both have ...${this.major} module paths at revision ${rev}`,
						true,
					);
				return { rev, dir, gomod: text2 };
			}
			if (text2 !== null)
				throw new FetchError(
					path2 === ""
						? `${this.root}/${below} is missing module path at revision ${rev}`
						: `${this.root}/${below} has non-...${this.major} module path ${JSON.stringify(path2)} at revision ${rev}`,
					true,
				);
		}
		if (found) return { rev, dir: this.dir, gomod: text };
		if (text !== null) throw new FetchError(this.misplaced(file, path, below, version, rev), true);
		if (this.dir === "" && (this.major === "" || this.major.startsWith("."))) return { rev, dir: "", gomod: null };
		throw new FetchError(
			below === ""
				? `missing ${this.prefix}/go.mod at revision ${rev}`
				: `missing ${this.prefix}/go.mod and ...${this.major}/go.mod at revision ${rev}`,
			true,
		);
	}

	private misplaced(file: string, path: string, below: string, version: string, rev: string): string {
		const suffix = below === "" ? "" : ` (and ...${this.major}/go.mod does not exist)`;
		if (path === "") return `${file} is missing module path${suffix} at revision ${rev}`;
		const quoted = JSON.stringify(path);
		if (this.major !== "") return `${file} has non-...${this.major} module path ${quoted}${suffix} at revision ${rev}`;
		if (!pathVersionValid(path)) return `${file} has malformed module path ${quoted}${suffix} at revision ${rev}`;
		return `${file} has post-${majorOf(version)} module path ${quoted}${suffix} at revision ${rev}`;
	}

	async gomod(version: string): Promise<string> {
		if (version !== canonicalVersion(version)) throw new FetchError(`version ${version} is not canonical`, false);
		if (isPseudoVersion(version)) await this.stat(version);
		return (await this.place(version)).gomod ?? `module ${quoteWord(this.path)}\n`;
	}

	/** What the go.mod of the highest version retracts. */
	private retractions(): Promise<(v: string) => boolean> {
		this.retracted ??= (async () => {
			try {
				const versions = (await this.versions()).filter((v) => !v.endsWith("+incompatible"));
				const highest = versions.findLast((v) => !isPrerelease(v)) ?? versions[versions.length - 1];
				if (highest === undefined) return () => false;
				const { mod } = parseGoMod("go.mod", await this.gomod(highest), { lax: true });
				return (v) => mod.retract.some((r) => retracts(r, v));
			} catch (err) {
				if (err instanceof FetchError || err instanceof ModuleError) return () => false;
				throw err;
			}
		})();
		return this.retracted;
	}

	async zip(version: string, file: string): Promise<void> {
		if (version !== canonicalVersion(version)) throw new FetchError(`version ${version} is not canonical`, false);
		if (isPseudoVersion(version)) await this.stat(version);
		const { rev, dir, gomod } = await this.place(version);
		const go = gomod === null ? "" : parseGoMod("go.mod", gomod, { lax: true }).mod.go;
		if (go !== "" && compareGoVersion(go, this.goVersion) > 0)
			throw new FetchError(`${this.path}@${version} requires go >= ${go} (running go ${this.goVersion})`, false);
		const below = dir === "" ? "" : `${dir}/`;
		const entries = readTar(await this.host.archive(rev, dir)).flatMap((f) =>
			f.kind === "dir" || !f.path.startsWith(below)
				? []
				: [{ path: f.path.slice(below.length), size: f.data.length, regular: f.kind === "file", data: f.data }],
		);
		if (dir !== "" && !entries.some((e) => e.path === "LICENSE")) {
			const license = await this.host.readFile(rev, "LICENSE");
			if (license !== null) {
				const data = Buffer.from(license, "utf8");
				entries.push({ path: "LICENSE", size: data.length, regular: true, data });
			}
		}
		try {
			const kept = moduleFiles(entries, go !== "" && goAtLeast(go, "1.24"));
			writeZip(
				file,
				kept.map((f) => ({ name: `${this.path}@${version}/${f.path}`, data: f.data })),
			);
		} catch (err) {
			if (err instanceof ZipError) throw new FetchError(err.message, false);
			throw err;
		}
	}
}

/** Modules straight from version control (GOPROXY=direct). */
export class DirectRepo implements Repo {
	private readonly settings: ModuleSettings;
	private readonly vars: Vars;
	private readonly web: Web;
	private readonly trace: ((line: string) => void) | undefined;
	private readonly hosts: Map<string, GitHost> = new Map();
	private readonly repos: Map<string, Promise<Repo | CodeRepo>> = new Map();

	constructor(settings: ModuleSettings, vars: Vars, web: Web, trace?: (line: string) => void) {
		this.trace = trace;
		this.settings = settings;
		this.vars = vars;
		this.web = web;
	}

	private repo(path: string): Promise<Repo | CodeRepo> {
		let job = this.repos.get(path);
		if (job === undefined) {
			job = this.open(path);
			this.repos.set(path, job);
		}
		return job;
	}

	private async open(path: string): Promise<Repo | CodeRepo> {
		const ping = async (url: string): Promise<boolean> =>
			(await runGit(["ls-remote", "--end-of-options", url], undefined, gitVars(this.vars))).code === 0;
		const found = await repoRoot(path, this.settings, this.web, ping);
		if (found.vcs === "mod") return new ProxyRepo(found.repo.replace(/\/+$/, ""), this.web);
		if (found.vcs !== "git")
			throw new FetchError(
				`${path} is in a ${found.vcs} repository (${found.repo}): of the version control systems tsugo supports git only; set GOPROXY to a module proxy`,
				false,
			);
		let host = this.hosts.get(found.repo);
		if (host === undefined) {
			host = new GitHost(found.repo, this.settings.modcache, this.vars, this.web, this.trace);
			this.hosts.set(found.repo, host);
		}
		return new CodeRepo(host, found.root, found.subdir, path, this.settings.goVersion);
	}

	async versions(path: string): Promise<string[]> {
		const r = await this.repo(path);
		return r instanceof CodeRepo ? r.versions() : r.versions(path);
	}

	async stat(path: string, rev: string): Promise<RevInfo> {
		const r = await this.repo(path);
		return r instanceof CodeRepo ? r.stat(rev) : r.stat(path, rev);
	}

	async latest(path: string): Promise<RevInfo> {
		const r = await this.repo(path);
		return r instanceof CodeRepo ? r.latest() : r.latest(path);
	}

	async gomod(path: string, version: string): Promise<string> {
		const r = await this.repo(path);
		return r instanceof CodeRepo ? r.gomod(version) : r.gomod(path, version);
	}

	async zip(path: string, version: string, file: string, progress: ByteProgress): Promise<void> {
		const r = await this.repo(path);
		return r instanceof CodeRepo ? r.zip(version, file) : r.zip(path, version, file, progress);
	}
}
