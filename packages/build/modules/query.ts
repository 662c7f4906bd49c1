// Version queries (https://go.dev/ref/mod#version-queries): what @latest, @v1.2, @<v1.3, @upgrade, @patch, a branch or a commit stand for.

import {
	badFilePath,
	badImportPath,
	badModulePath,
	canonicalVersion,
	compareGoVersion,
	compareVersions,
	isPrerelease,
	isPseudoVersion,
	matchesPathMajor,
	moduleKey,
	type ModuleVersion,
	parseSemver,
	pathMajorPrefix,
	pseudoParts,
	pseudoVersion,
	retracts,
	splitPathVersion,
} from "#modfile";
import type { RevInfo } from "./repo.ts";
import type { ModuleState } from "./state.ts";
import type { Lookup } from "./store.ts";

/** Why a query has no answer. `kind` ranks errors of several candidates. */
export interface QueryFailure {
	ok: false;
	error: string;
	kind: "noPackage" | "noVersion" | "noPatchBase" | "invalid" | "notFound" | "other";
}
export type QueryResult<T> = { ok: true; value: T } | QueryFailure;

function fail(error: string, kind: QueryFailure["kind"]): QueryFailure {
	return { ok: false, error, kind };
}

/** Whether a version may be chosen; null while that is not known. A text says why not. */
export type Allowed = (m: ModuleVersion) => string | null;

export const anyVersion: Allowed = () => "";

/** What a range or keyword takes. */
interface Matcher {
	prefix: string;
	test: (v: string) => boolean;
	preferLower: boolean;
	mayUseLatest: boolean;
	incompatible: boolean;
	/** One version: asked for directly. */
	stat: boolean;
}

function isVersion(path: string, v: string): boolean {
	if (path === "go") return /^\d+(\.\d+)*((rc|beta|alpha)\d+)?$/.test(v);
	if (path === "toolchain") return /^go\d/.test(v);
	return parseSemver(v) !== null;
}

/** "v1" and "v1.2" are the beginning of versions. */
function isVersionPrefix(path: string, v: string): boolean {
	if (path === "go") return /^\d+(\.\d+)?$/.test(v) && compareGoVersion(v, "1.21") >= 0 && v.split(".").length < 2;
	if (path === "toolchain") return false;
	return /^v\d+(\.\d+)?$/.test(v);
}

function matcher(path: string, query: string, current: string): Matcher | QueryFailure | null {
	const m: Matcher = {
		prefix: "",
		test: () => true,
		preferLower: false,
		mayUseLatest: false,
		incompatible: current.endsWith("+incompatible"),
		stat: false,
	};
	const has = current !== "" && current !== "none";
	const atLeast = (v: string): boolean => compareVersions(path, v, current) >= 0;
	if (query === "latest") return { ...m, mayUseLatest: true };
	if (query === "upgrade") return has ? { ...m, mayUseLatest: isPseudoVersion(current), test: atLeast } : { ...m, mayUseLatest: true };
	if (query === "patch") {
		if (!has) return fail(`can't query version "patch" of module ${path}: no existing version is required`, "noPatchBase");
		const p = parseSemver(current);
		return { ...m, mayUseLatest: isPseudoVersion(current), prefix: `v${p?.major}.${p?.minor}.`, test: atLeast };
	}
	const range = /^(<=|<|>=|>)(.*)$/.exec(query);
	if (range !== null) {
		const [, op, v] = range;
		if (!isVersion(path, v)) return fail(`invalid semantic version ${JSON.stringify(v)} in range ${JSON.stringify(query)}`, "other");
		if ((op === "<=" || op === ">") && isVersionPrefix(path, v))
			return fail(`ambiguous semantic version ${JSON.stringify(v)} in range ${JSON.stringify(query)}`, "other");
		const tests: Record<string, (c: number) => boolean> = {
			"<=": (c) => c <= 0,
			"<": (c) => c < 0,
			">=": (c) => c >= 0,
			">": (c) => c > 0,
		};
		return {
			...m,
			test: (mv) => tests[op](compareVersions(path, mv, v)),
			preferLower: op.startsWith(">"),
			incompatible: m.incompatible || !matchesPathMajor(v, path),
		};
	}
	if (!isVersion(path, query)) return null;
	const incompatible = m.incompatible || !matchesPathMajor(query, path);
	if (isVersionPrefix(path, query)) return { ...m, prefix: `${query}.`, test: (mv) => compareVersions(path, mv, query) >= 0, incompatible };
	return { ...m, stat: true, incompatible };
}

/** Versions that replace directives of the main module make up, beside the published ones. */
function replacedVersions(state: ModuleState, path: string): string[] {
	const all = [...state.mains.flatMap((m) => m.file.mod.replace), ...(state.work?.work.replace ?? [])];
	return all.filter((r) => r.old.path === path && r.old.version !== "").map((r) => r.old.version);
}

function isReplacedAtAll(state: ModuleState, path: string): boolean {
	const all = [...state.mains.flatMap((m) => m.file.mod.replace), ...(state.work?.work.replace ?? [])];
	return all.some((r) => r.old.path === path);
}

/** A made-up version below all real ones, for a module that only a replacement without version provides. */
export function zeroPseudoVersion(path: string): string {
	const { major } = splitPathVersion(path);
	return pseudoVersion(pathMajorPrefix(major), "", "00010101000000", "000000000000");
}

/** Published versions and those that replacements name. */
export function versionsOf(state: ModuleState, path: string): Lookup<string[]> | null {
	const extra = replacedVersions(state, path);
	// A path that cannot be fetched may still be replaced.
	if (badModulePath(path) !== "") return { ok: true, value: [...new Set(extra)].sort((a, b) => compareVersions(path, a, b)) };
	const got = state.store.versions(path);
	if (got === null || (extra.length === 0 && (got.ok || !isReplacedAtAll(state, path)))) return got;
	if (!got.ok && !got.notFound) return got;
	const all = new Set([...(got.ok ? got.value : []), ...extra]);
	return { ok: true, value: [...all].sort((a, b) => compareVersions(path, a, b)) };
}

function statOf(state: ModuleState, path: string, rev: string): Lookup<RevInfo> | null {
	const canonical = canonicalVersion(rev) === rev && rev !== "";
	if (canonical) {
		const r = state.replacementFrom({ path, version: rev });
		if (r !== null) {
			const parts = pseudoParts(rev);
			return { ok: true, value: { Version: rev, Time: parts === null || parts.time.startsWith("0001") ? "" : pseudoTime(parts.time) } };
		}
	}
	return state.store.stat(path, rev);
}

function pseudoTime(t: string): string {
	return `${t.slice(0, 4)}-${t.slice(4, 6)}-${t.slice(6, 8)}T${t.slice(8, 10)}:${t.slice(10, 12)}:${t.slice(12, 14)}Z`;
}

function latestOf(state: ModuleState, path: string): Lookup<RevInfo> | null {
	if (badModulePath(path) !== "" && isReplacedAtAll(state, path))
		return { ok: true, value: { Version: zeroPseudoVersion(path), Time: "" } };
	const got = state.store.latest(path);
	if (got === null || got.ok || !isReplacedAtAll(state, path)) return got;
	return { ok: true, value: { Version: zeroPseudoVersion(path), Time: "" } };
}

function fromLookup(got: { ok: false; error: string; notFound: boolean }): QueryFailure {
	return fail(got.error, got.notFound ? "notFound" : "other");
}

/**
 * What a query for a module stands for. current: the version in use, "" or "none" when there is none. Null while something is wanted.
 */
export function queryModule(
	state: ModuleState,
	path: string,
	query: string,
	current: string,
	allowed: Allowed,
): QueryResult<RevInfo> | null {
	if (state.buildMod === "vendor") {
		const reason = state.modReason === "" ? "" : `\n\t(${state.modReason})`;
		return fail(`cannot query module due to -mod=vendor${reason}`, "other");
	}
	if (state.isMain(path) && (query === "upgrade" || query === "patch")) return { ok: true, value: { Version: "", Time: "" } };
	if (path === "std" || path === "cmd")
		return fail(`can't query specific version (${JSON.stringify(query)}) of standard-library module ${JSON.stringify(path)}`, "other");
	if (path === "go" || path === "toolchain") return queryGo(state, path, query, current);
	const bad = badModulePath(path);
	if (bad !== "" && !isReplacedAtAll(state, path)) return fail(bad, "invalid");
	const m = matcher(path, query, current);
	if (m !== null && "ok" in m) return m;
	if (m === null || m.stat) return queryRevision(state, path, query, allowed);
	const list = versionsOf(state, path);
	if (list === null) return null;
	if (!list.ok) return fromLookup(list);
	const picked = pick(state, path, list.value, m, allowed);
	if (picked === null) return null;
	if (picked !== "") return lookup(state, path, picked, query, current, allowed);
	if (m.mayUseLatest) {
		const latest = latestOf(state, path);
		if (latest === null) return null;
		if (latest.ok) {
			const may = m.test(latest.value.Version) ? allowed({ path, version: latest.value.Version }) : "not in range";
			if (may === null) return null;
			if (may === "") return lookup(state, path, latest.value.Version, query, current, allowed);
		} else if (!latest.notFound) return fromLookup(latest);
	}
	if ((query === "upgrade" || query === "patch") && current !== "" && current !== "none") {
		const may = allowed({ path, version: current });
		if (may === null) return null;
		if (may !== "") return fail(may, "other");
		return lookup(state, path, current, query, current, allowed);
	}
	const also = current !== "" && current !== "none" ? ` (current version is ${current})` : "";
	return fail(`no matching versions for query ${JSON.stringify(query)}${also}`, "noVersion");
}

function queryRevision(state: ModuleState, path: string, query: string, allowed: Allowed): QueryResult<RevInfo> | null {
	if (badFilePath(query) !== "" || /^-|[!/]/.test(query)) return fail(`disallowed version string ${JSON.stringify(query)}`, "other");
	let got = statOf(state, path, query);
	if (got === null) return null;
	const canonical = canonicalVersion(query);
	if (!got.ok && canonical !== "" && canonical !== query) {
		const again = statOf(state, path, canonical);
		if (again === null) return null;
		if (again.ok || !again.notFound) got = again;
	}
	if (!got.ok) return fromLookup(got);
	const may = allowed({ path, version: got.value.Version });
	if (may === null) return null;
	if (may !== "" && may.startsWith("excluded")) return fail(`${path}@${got.value.Version}: ${may}`, "other");
	return { ok: true, value: got.value };
}

/** The best of the versions: null while unknown, "" when none matches. */
function pick(state: ModuleState, path: string, versions: readonly string[], m: Matcher, allowed: Allowed): string | null {
	const releases: string[] = [];
	const prereleases: string[] = [];
	let incompatible = m.incompatible;
	let lastCompatible = "";
	for (const v of versions) {
		if ((m.prefix !== "" && !v.startsWith(m.prefix)) || !m.test(v)) continue;
		const may = allowed({ path, version: v });
		if (may === null) return null;
		if (may !== "") continue;
		if (!incompatible) {
			if (!v.endsWith("+incompatible")) lastCompatible = v;
			else if (lastCompatible !== "") {
				// A module whose last compatible version has a go.mod does not go on as +incompatible.
				const has = hasGoMod(state, { path, version: lastCompatible });
				if (has === null) return null;
				if (has) break;
				incompatible = true;
			}
		}
		(isPrerelease(v) ? prereleases : releases).push(v);
	}
	const from = releases.length > 0 ? releases : prereleases;
	if (from.length === 0) return "";
	return m.preferLower ? from[0] : from[from.length - 1];
}

/** Whether the version has a go.mod of its own (not one that the proxy made up). */
function hasGoMod(state: ModuleState, m: ModuleVersion): boolean | null {
	const actual = state.actual(m);
	if (actual.version === "") return true;
	const got = state.store.gomod(actual.path, actual.version, m.path);
	if (got === null) return null;
	// A made-up go.mod is just the module line.
	return !got.ok || got.value.trim() !== `module ${/[^A-Za-z0-9./_~-]/.test(m.path) ? JSON.stringify(m.path) : m.path}`;
}

function lookup(
	state: ModuleState,
	path: string,
	v: string,
	query: string,
	current: string,
	allowed: Allowed,
): QueryResult<RevInfo> | null {
	const got = statOf(state, path, v);
	if (got === null) return null;
	if (!got.ok) return fromLookup(got);
	const base = (query === "upgrade" || query === "patch") && v !== current ? pseudoParts(current) : null;
	if (base !== null && got.value.Time !== "" && got.value.Time.replace(/\D/g, "").slice(0, 14) < base.time) {
		// A commit after the newest tag is in use: an upgrade does not go back.
		const may = allowed({ path, version: current });
		if (may === null) return null;
		if (may !== "") return fail(may, "other");
		const now = statOf(state, path, current);
		return now === null ? null : now.ok ? { ok: true, value: now.value } : fromLookup(now);
	}
	return { ok: true, value: got.value };
}

/** Versions of Go itself come from the toolchain modules. */
function queryGo(state: ModuleState, path: "go" | "toolchain", query: string, current: string): QueryResult<RevInfo> | null {
	const strip = (v: string): string => v.replace(/^go/, "");
	const name = (v: string): string => (path === "go" ? v : `go${v}`);
	if (isVersion(path, query) && /^(go)?\d+\.\d+(\.\d+|(rc|beta)\d+)$/.test(query)) return { ok: true, value: { Version: query, Time: "" } };
	if (path === "toolchain" && (query === "default" || query === "local")) return { ok: true, value: { Version: query, Time: "" } };
	const list = state.store.versions("golang.org/toolchain");
	if (list === null) return null;
	const seen = new Set<string>([state.settings.goVersion]);
	if (list.ok)
		for (const v of list.value) seen.add(/^v0\.0\.1-go([^-]+?)\.(?:[a-z0-9]+)-(?:[a-z0-9]+)$/.exec(v)?.[1] ?? state.settings.goVersion);
	const all = [...seen].sort(compareGoVersion);
	const releases = all.filter((v) => !/[a-z]/.test(v));
	let fit = releases;
	if (query === "patch") {
		const prefix = strip(current).split(".").slice(0, 2).join(".");
		fit = releases.filter((v) => v === prefix || v.startsWith(`${prefix}.`));
	} else if (isVersion(path, query)) fit = releases.filter((v) => v === strip(query) || v.startsWith(`${strip(query)}.`));
	else if (query !== "latest" && query !== "upgrade") {
		const m = matcher(path, query, current);
		if (m !== null && "ok" in m) return m;
		if (m === null) return fail(`no matching versions for query ${JSON.stringify(query)}`, "noVersion");
		fit = releases.filter((v) => m.test(name(v)));
		if (m.preferLower) fit.reverse();
	}
	const best = fit[fit.length - 1];
	if (best === undefined) return fail(`no matching versions for query ${JSON.stringify(query)}`, "noVersion");
	const keep =
		(query === "upgrade" || query === "patch") && current !== "" && current !== "none" && compareGoVersion(strip(current), best) > 0;
	return { ok: true, value: { Version: keep ? current : name(best), Time: "" } };
}

/** What a version in go.mod that is none (a branch, a short form) stands for. */
export function resolveVersion(state: ModuleState, path: string, version: string): QueryResult<RevInfo> | null {
	const got = queryModule(state, path, version, "", anyVersion);
	return got !== null && !got.ok ? { ...got, error: `require ${path}: version ${JSON.stringify(version)} invalid: ${got.error}` } : got;
}

/** Excluded by the main module's go.mod. */
export function exclusion(state: ModuleState, m: ModuleVersion): string {
	const out = state.mains.some((x) => x.file.mod.exclude.some((e) => moduleKey(e) === moduleKey(m)));
	return out ? "excluded by go.mod" : "";
}

export interface Retracted {
	/** Rationales; [] when it is not retracted. */
	why: string[];
	retracted: boolean;
	/** Why that could not be found out, though the module is there; "" otherwise. */
	error: string;
}

/** Whether the newest version of a module retracts this one. Null while unknown. */
export function retraction(state: ModuleState, m: ModuleVersion): Retracted | null {
	const no: Retracted = { why: [], retracted: false, error: "" };
	if (m.version === "" || m.path === "go" || m.path === "toolchain") return no;
	if (state.replacementFrom(m) !== null) return no;
	const got = queryModule(state, m.path, "latest", "", anyVersion);
	if (got === null) return null;
	if (!got.ok) return got.kind === "other" ? { ...no, error: got.error } : no;
	const latest = got.value.Version;
	const mod = { path: m.path, version: latest };
	const info = newsInfo(state, mod);
	if (info === null) return null;
	const hits = info.retract.filter((r) => retracts(r, m.version));
	return { error: "", retracted: hits.length > 0, why: hits.map((r) => r.rationale).filter((w) => w !== "") };
}

/** go.mod of the version that tells news (retractions, deprecation); go.sum does not have to know it. */
function newsInfo(state: ModuleState, m: ModuleVersion): ReturnType<ModuleState["info"]> {
	const { store } = state;
	const before = store.requireSums;
	store.requireSums = false;
	const info = state.rawInfo(state.actual(m), m.path);
	store.requireSums = before;
	return info;
}

/** The newest version, retracted or not; "" when there is none. */
function latestForNews(state: ModuleState, path: string): string | null {
	const got = queryModule(state, path, "latest", "", anyVersion);
	if (got === null) return null;
	return got.ok ? got.value.Version : "";
}

/** The deprecation notice of a module, from its newest version. */
export function deprecation(state: ModuleState, path: string): string | null {
	if (state.isMain(path) || path === "go" || path === "toolchain") return "";
	const latest = latestForNews(state, path);
	if (latest === null) return null;
	if (latest === "") return "";
	const info = newsInfo(state, { path, version: latest });
	return info === null ? null : info.deprecated;
}

/** Neither excluded nor retracted. */
export function allowedBy(state: ModuleState): Allowed {
	return (m) => {
		const out = exclusion(state, m);
		if (out !== "") return out;
		const r = retraction(state, m);
		if (r === null) return null;
		if (!r.retracted) return "";
		return `retracted by module author${r.why.length === 0 ? "" : `: ${shortRationale(r.why[0])}`}`;
	};
}

/** A rationale for the terminal: one line, printable, not too long. */
export function shortRationale(why: string, empty = "retracted by module author"): string {
	const first = why.split("\n")[0].trim();
	if (first === "") return empty;
	if (/[\p{C}]/u.test(first)) return "(message omitted: contains non-printable characters)";
	return first.length > 500 ? "(message omitted: too long)" : first;
}

export interface PackageHit {
	mod: ModuleVersion;
	rev: RevInfo;
	packages: string[];
}

/** Module paths that could have a package: the path itself and what is above, main modules left out. */
export function candidatePaths(state: ModuleState, path: string): string[] {
	const out: string[] = [];
	for (let p = path; p !== ""; p = p.includes("/") ? p.slice(0, p.lastIndexOf("/")) : "") if (!state.isMain(p)) out.push(p);
	return out;
}

/**
 * The modules that can provide a package at what a query stands for, the one with the longest path first. current gives the version of a
 * path that is in use.
 */
export function queryPackage(
	state: ModuleState,
	path: string,
	query: string,
	current: (path: string) => string,
	allowed: Allowed,
): QueryResult<PackageHit[]> | null {
	const bad = badImportPath(path);
	if (bad !== "") return fail(bad, "invalid");
	const found: PackageHit[] = [];
	const errors: QueryFailure[] = [];
	let pending = false;
	for (const prefix of candidatePaths(state, path)) {
		const got = queryModule(state, prefix, query, current(prefix), allowed);
		if (got === null) {
			pending = true;
			continue;
		}
		if (!got.ok) {
			errors.push(got);
			continue;
		}
		const mod = { path: prefix, version: got.value.Version };
		const dir = state.moduleDir(mod);
		if (dir === null) pending = true;
		else if (!dir.ok) errors.push(fail(dir.error, "other"));
		else if (state.dirInModule(path, prefix, dir.dir, dir.local).ok) found.push({ mod, rev: got.value, packages: [path] });
		else errors.push(fail(notInModule(state, mod, query, path), "noPackage"));
	}
	if (pending) return null;
	if (found.length > 0) return { ok: true, value: found };
	return worst(errors) ?? fail(`no module provides package ${path}`, "notFound");
}

export function notInModule(state: ModuleState, mod: ModuleVersion, query: string, pattern: string): string {
	const wild = pattern.includes("...");
	const r = state.replacementFrom(mod);
	const replaced = r === null ? "" : r.to.version === "" ? `, replaced by ${r.to.path}` : `, replaced by ${moduleKey(r.to)}`;
	const found = query === mod.version || query === "" ? "" : ` (${mod.version}${replaced})`;
	const shown = query === mod.version || query === "" ? (replaced === "" ? "" : ` (${replaced.slice(2)})`) : found;
	const version = query === "" ? mod.version : query;
	if (wild) return `module ${mod.path}@${version} found${shown}, but does not contain packages matching ${pattern}`;
	return `module ${mod.path}@${version} found${shown}, but does not contain package ${pattern}`;
}

/** The error that tells most. */
export function worst(errors: readonly QueryFailure[]): QueryFailure | undefined {
	const sure = errors.some((e) => e.kind === "noPackage");
	const other = errors.find((e) => e.kind === "other");
	if (other !== undefined && (!sure || errors.indexOf(other) < errors.findIndex((e) => e.kind === "noPackage"))) return other;
	for (const kind of ["noPackage", "noVersion", "noPatchBase", "invalid", "notFound"] as const) {
		const e = errors.find((x) => x.kind === kind);
		if (e !== undefined) return e;
	}
	return other;
}
