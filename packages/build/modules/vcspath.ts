// Where a module's repository is: hosts with a known layout, paths that name their version control system ("example.com/x.git/sub"), and for
// everything else the <meta name="go-import"> of a web page (https://go.dev/ref/mod#vcs-find). GOVCS decides what may be used.

import { matchPrefixPatterns } from "#modfile";
import { FetchError, type Web } from "./proxy.ts";
import type { ModuleSettings } from "./settings.ts";

export interface RepoRoot {
	/** "git", "hg", "svn", "bzr", "fossil", or "mod": a module proxy. */
	vcs: string;
	/** Address, with its scheme. */
	repo: string;
	/** Module path of the repository's root (of subdir in it). */
	root: string;
	/** Folder of the repository that is its root for import paths; "" for the whole. */
	subdir: string;
}

const systems = ["hg", "git", "svn", "bzr", "fossil"];

interface Site {
	/** First elements of the path; "" for any. */
	prefix: string;
	/** Group 1 is the root. */
	pattern: RegExp;
	vcs: string;
	/** Whether a root with ".git" behind it is refused. */
	noSuffix: boolean;
}

const sites: readonly Site[] = [
	{ prefix: "github.com", pattern: /^(github\.com\/[\w.-]+\/[\w.-]+)(\/[\w.-]+)*$/, vcs: "git", noSuffix: true },
	{ prefix: "bitbucket.org", pattern: /^(bitbucket\.org\/[\w.-]+\/[\w.-]+)(\/[\w.-]+)*$/, vcs: "git", noSuffix: true },
	{ prefix: "hub.jazz.net/git", pattern: /^(hub\.jazz\.net\/git\/[a-z0-9]+\/[\w.-]+)(\/[\w.-]+)*$/, vcs: "git", noSuffix: true },
	{ prefix: "git.apache.org", pattern: /^(git\.apache\.org\/[a-z0-9_.-]+\.git)(\/[\w.-]+)*$/, vcs: "git", noSuffix: false },
	{ prefix: "git.openstack.org", pattern: /^(git\.openstack\.org\/[\w.-]+\/[\w.-]+?)(\.git)?(\/[\w.-]+)*$/, vcs: "git", noSuffix: false },
	{ prefix: "chiselapp.com", pattern: /^(chiselapp\.com\/user\/[A-Za-z0-9]+\/repository\/[\w.-]+)$/, vcs: "fossil", noSuffix: false },
];

/** "host/path.git/sub": the repository is at one of several schemes. */
const suffixed = /^((?:[a-z0-9.-]+\.)+[a-z0-9.-]+(?::[0-9]+)?(?:\/~?[\w.-]+)+?)\.(bzr|fossil|git|hg|svn)(?:\/~?[\w.-]+)*$/;

const hasPrefix = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);

/** Whether an address answers as a repository. */
export type Ping = (url: string) => Promise<boolean>;

/** A place that the path itself tells; null when a web page has to. */
async function knownRoot(path: string, settings: ModuleSettings, ping: Ping): Promise<RepoRoot | null> {
	if (hasPrefix(path, "example.net")) throw new FetchError("no modules on example.net", true);
	if (path === "rsc.io") throw new FetchError("rsc.io is not a module", true);
	for (const site of sites) {
		if (!hasPrefix(path, site.prefix)) continue;
		const m = site.pattern.exec(path);
		if (m === null) throw new FetchError(`invalid ${site.prefix} import path ${JSON.stringify(path)}`, true);
		if (site.noSuffix && systems.some((s) => m[1].endsWith(`.${s}`)))
			throw new FetchError(`invalid version control suffix in ${site.prefix}/ path`, true);
		checkGovcs(settings, site.vcs, m[1]);
		return { vcs: site.vcs, repo: `https://${m[1]}`, root: m[1], subdir: "" };
	}
	const m = suffixed.exec(path);
	if (m === null) return null;
	const [, repo, vcs] = m;
	const root = `${repo}.${vcs}`;
	checkGovcs(settings, vcs, root);
	const insecure = settings.isInsecure(path);
	for (const scheme of schemesOf(vcs, insecure, settings))
		if (await ping(`${scheme}://${repo}`)) return { vcs, repo: `${scheme}://${repo}`, root, subdir: "" };
	throw new FetchError(`no ${insecure ? "" : "secure "}protocol found for repository`, true);
}

function schemesOf(vcs: string, insecure: boolean, settings: ModuleSettings): string[] {
	if (vcs !== "git") return [];
	const allowed = settings.gitAllowProtocol === "" ? ["https", "git+ssh", "ssh"] : settings.gitAllowProtocol.split(":");
	return ["git", "https", "http", "git+ssh", "ssh"].filter((s) => insecure || allowed.includes(s));
}

interface Rule {
	pattern: string;
	allowed: string[];
}

function parseGovcs(setting: string): Rule[] {
	const rules: Rule[] = [];
	const bad = (why: string): never => {
		throw new FetchError(why, false);
	};
	if (setting.trim() === "") return rules;
	for (const part of setting.trim().split(",")) {
		const item = part.trim();
		const quoted = JSON.stringify(item);
		if (item === "") bad("empty entry in GOVCS");
		const colon = item.indexOf(":");
		if (colon < 0) bad(`malformed entry in GOVCS (missing colon): ${quoted}`);
		const pattern = item.slice(0, colon).trim();
		const list = item.slice(colon + 1).trim();
		if (pattern === "") bad(`empty pattern in GOVCS: ${quoted}`);
		if (list === "") bad(`empty VCS list in GOVCS: ${quoted}`);
		if (/^\.\.?(\/|$)/.test(pattern)) bad(`relative pattern not allowed in GOVCS: ${JSON.stringify(pattern)}`);
		const before = rules.find((r) => r.pattern === pattern);
		if (before !== undefined)
			bad(`unreachable pattern in GOVCS: ${quoted} after ${JSON.stringify(`${before.pattern}:${before.allowed.join("|")}`)}`);
		const allowed = list.split("|").map((a) => a.trim());
		if (allowed.includes("")) bad(`empty VCS name in GOVCS: ${quoted}`);
		rules.push({ pattern, allowed });
	}
	return rules;
}

function checkGovcs(settings: ModuleSettings, vcs: string, root: string): void {
	if (vcs === "mod") return;
	const isPrivate = settings.isPrivate(root);
	const rules = [...parseGovcs(settings.govcs), { pattern: "private", allowed: ["all"] }, { pattern: "public", allowed: ["git", "hg"] }];
	const rule = rules.find(({ pattern }) =>
		pattern === "private" ? isPrivate : pattern === "public" ? !isPrivate : matchPrefixPatterns(pattern, root),
	);
	if (rule === undefined || !rule.allowed.some((a) => a === vcs || a === "all"))
		throw new FetchError(`GOVCS disallows using ${vcs} for ${isPrivate ? "private" : "public"} ${root}; see 'go help vcs'`, true);
}

interface MetaImport {
	prefix: string;
	vcs: string;
	repo: string;
	subdir: string;
}

const maxPage = 1 << 20;

/** The go-import tags of a page's head. A "mod" tag goes before the others with its prefix. */
export function metaImports(html: string): MetaImport[] {
	const head = html.replace(/<!--[\s\S]*?-->/g, "").split(/<body[\s>]|<\/head\s*>/i)[0];
	const all: MetaImport[] = [];
	for (const tag of head.matchAll(/<meta\s+([^>]*)>/gi)) {
		const attrs = new Map<string, string>();
		for (const a of tag[1].matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g))
			attrs.set(a[1].toLowerCase(), unescapeHtml(a[2] ?? a[3] ?? a[4] ?? ""));
		if (attrs.get("name") !== "go-import") continue;
		const f = (attrs.get("content") ?? "").split(/\s+/).filter((w) => w !== "");
		if (f.length === 3 || f.length === 4) all.push({ prefix: f[0], vcs: f[1], repo: f[2], subdir: f[3] ?? "" });
	}
	const mods = all.filter((m) => m.vcs === "mod");
	return [...mods, ...all.filter((m) => m.vcs !== "mod" && !mods.some((x) => x.prefix === m.prefix))];
}

function unescapeHtml(text: string): string {
	const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
	return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => named[name]);
}

function matchImport(imports: readonly MetaImport[], path: string): MetaImport | { mismatch: string } | { error: string } {
	const fit = imports.filter((m) => hasPrefix(path, m.prefix));
	if (fit.length === 0) return { mismatch: imports.map((m) => `meta tag ${m.prefix} did not match import path ${path}`).join(", ") };
	// Of a proxy and a repository the proxy counts.
	if (fit.length > 1 && !(fit[0].vcs === "mod" && fit[1].vcs !== "mod"))
		return { error: `multiple meta tags match import path ${JSON.stringify(path)}` };
	return fit[0];
}

interface Page {
	url: string;
	imports: MetaImport[];
}

async function readPage(path: string, web: Web, insecure: boolean): Promise<Page> {
	const slash = path.indexOf("/");
	const host = slash < 0 ? path : path.slice(0, slash);
	if (!host.includes(".")) throw new FetchError("import path does not begin with hostname", true);
	const rest = slash < 0 ? "/" : path.slice(slash);
	const got = await web.page(`https://${host}${rest}?go-get=1`, maxPage, insecure);
	const imports = metaImports(got.text);
	if (imports.length === 0 && got.error !== "") throw new FetchError(got.error, true);
	return { url: got.url, imports };
}

/** What the page of an import path says. */
async function dynamicRoot(path: string, settings: ModuleSettings, web: Web): Promise<RepoRoot> {
	const insecure = settings.isInsecure(path);
	const page = await readPage(path, web, insecure);
	const asked = `https://${path.includes("/") ? path : `${path}/`}?go-get=1`;
	const m = matchImport(page.imports, path);
	if ("error" in m) throw new FetchError(`parse ${asked}: ${m.error}`, true);
	if ("mismatch" in m) throw new FetchError(`parse ${page.url}: no go-import meta tags (${m.mismatch})`, true);
	if (m.prefix !== path) {
		// The prefix's own page has to agree.
		const top = await readPage(m.prefix, web, insecure);
		if (top.imports.length === 0) throw new FetchError(`fetching ${m.prefix}: no go-import meta tag found in ${top.url}`, true);
		const again = matchImport(top.imports, path);
		if (!("repo" in again) || again.prefix !== m.prefix || again.vcs !== m.vcs || again.repo !== m.repo || again.subdir !== m.subdir)
			throw new FetchError(`${page.url} and ${top.url} disagree about go-import for ${m.prefix}`, true);
	}
	if (/^[/-]/.test(m.subdir))
		throw new FetchError(
			`${page.url}: invalid subdirectory ${JSON.stringify(m.subdir)}: leading ${m.subdir.startsWith("/") ? "slash" : "hyphen"}`,
			true,
		);
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(m.repo)?.[1] ?? "";
	if (scheme === "" || scheme === "file")
		throw new FetchError(
			`${page.url}: invalid repo root ${JSON.stringify(m.repo)}: ${scheme === "" ? "no scheme" : "file scheme disallowed"}`,
			true,
		);
	if (m.vcs !== "mod" && !systems.includes(m.vcs)) throw new FetchError(`${page.url}: unknown vcs ${JSON.stringify(m.vcs)}`, true);
	checkGovcs(settings, m.vcs, m.prefix);
	return { vcs: m.vcs, repo: m.repo, root: m.prefix, subdir: m.subdir };
}

/** The repository of a module path. Errors are FetchErrors that count as "not found": another path may have one. */
export async function repoRoot(path: string, settings: ModuleSettings, web: Web, ping: Ping): Promise<RepoRoot> {
	const known = await knownRoot(path, settings, ping);
	if (known !== null) return known;
	try {
		return await dynamicRoot(path, settings, web);
	} catch (err) {
		if (!(err instanceof FetchError)) throw err;
		throw new FetchError(`unrecognized import path ${JSON.stringify(path)}: ${err.message}`, true);
	}
}
