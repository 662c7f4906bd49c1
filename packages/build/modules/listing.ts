// What `list -m` says about modules.

import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import {
	badModulePath,
	compareVersions,
	isToolchainPath,
	matchesPathMajor,
	type ModuleVersion,
	parseSemver,
	type Requirements,
} from "#modfile";
import { UserError } from "../env.ts";
import { isExtracted, modulePaths } from "./cache.ts";
import { loadModuleGraph } from "./open.ts";
import { allowedBy, anyVersion, deprecation, exclusion, queryModule, type QueryFailure, retraction } from "./query.ts";
import type { RevInfo } from "./repo.ts";
import type { ModuleState } from "./state.ts";
import { settle } from "./wants.ts";

/** A module as `go list -m -json` prints it; fields in its order. */
export interface ModulePublic {
	Path: string;
	Version: string;
	Query: string;
	Versions: string[];
	Replace: ModulePublic | null;
	Time: string;
	Update: ModulePublic | null;
	Main: boolean;
	Indirect: boolean;
	Dir: string;
	GoMod: string;
	GoVersion: string;
	Retracted: string[];
	Deprecated: string;
	Error: { Err: string } | null;
	Sum: string;
	GoModSum: string;
	Origin: Record<string, unknown> | null;
	Reuse: boolean;
}

export interface ListMode {
	updates: boolean;
	versions: boolean;
	retracted: boolean;
}

export const plainMode: ListMode = { updates: false, versions: false, retracted: false };

function blank(m: ModuleVersion): ModulePublic {
	return {
		Path: m.path,
		Version: m.version,
		Query: "",
		Versions: [],
		Replace: null,
		Time: "",
		Update: null,
		Main: false,
		Indirect: false,
		Dir: "",
		GoMod: "",
		GoVersion: "",
		Retracted: [],
		Deprecated: "",
		Error: null,
		Sum: "",
		GoModSum: "",
		Origin: null,
		Reuse: false,
	};
}

/** Without empty fields, for JSON. */
export function publicJson(m: ModulePublic): Record<string, unknown> {
	const out: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(m) as [string, unknown][]) {
		if (value === "" || value === false || value === null || (Array.isArray(value) && value.length === 0)) continue;
		out[key] = key === "Replace" || key === "Update" ? publicJson(value as ModulePublic) : value;
	}
	return out;
}

/** As `list -m` prints a module. */
export function publicString(m: ModulePublic): string {
	const version = (x: ModulePublic): string => (x.Retracted.length === 0 ? x.Version : `${x.Version} (retracted)`);
	let s = m.Path;
	if (m.Version !== "") s += ` ${version(m)}${m.Update === null ? "" : ` [${version(m.Update)}]`}`;
	if (m.Deprecated !== "") s += " (deprecated)";
	if (m.Replace !== null) {
		s += ` => ${m.Replace.Path}`;
		if (m.Replace.Version !== "") s += ` ${version(m.Replace)}${m.Replace.Update === null ? "" : ` [${version(m.Replace.Update)}]`}`;
		if (m.Replace.Deprecated !== "") s += " (deprecated)";
	}
	return s;
}

/** "module path: why" or "path@version: why", unless the text says so already. */
export function moduleErrorText(path: string, version: string, got: QueryFailure): string {
	if (got.kind === "noPatchBase") return got.error;
	if (got.kind === "noVersion") return `module ${path}: ${got.error}`;
	if (got.kind === "invalid" && got.error.startsWith("malformed")) return version === "" ? got.error : `${path}@${version}: ${got.error}`;
	if (version === "" && got.error.startsWith("module lookup disabled")) return `${path}: ${got.error}`;
	if (got.error.startsWith(`${path}@`) || got.error.startsWith(`${path}: `) || got.error.startsWith(`module ${path}`)) return got.error;
	return version === "" ? `module ${path}: ${got.error}` : `${path}@${version}: ${got.error}`;
}

/** Fills in what the module cache and the proxy know. `sums`: only what go.sum vouches for. */
function complete(state: ModuleState, m: ModulePublic, sums: boolean, mode: ListMode): void {
	if (isToolchainPath(m.Path)) return;
	const trusted = (suffix: string): boolean =>
		!sums || m.Version === "" || !state.store.requireSums || state.store.sums.has(m.Path, m.Version + suffix);
	if (m.Version !== "") {
		const got = queryModule(state, m.Path, m.Version, "", anyVersion);
		if (got === null) return;
		if (got.ok) {
			m.Version = got.value.Version;
			m.Time = got.value.Time;
		} else m.Error = { Err: moduleErrorText(m.Path, m.Version, got) };
	}
	const mod = { path: m.Path, version: m.Version };
	if (m.Version === "") {
		if (m.GoVersion === "") m.GoVersion = goVersionOf(state, mod, m.Dir);
		return;
	}
	if (m.Error !== null) return;
	const at = modulePaths(state.settings.modcache, m.Path, m.Version);
	if (trusted("/go.mod")) {
		const info = state.rawInfo(mod, m.Path);
		if (info === null) return;
		if (m.GoVersion === "" && info.error === "") m.GoVersion = info.goLine;
		if (existsSync(`${at.download}.mod`)) m.GoMod = `${at.download}.mod`;
		m.GoModSum = state.store.sums.get(m.Path, `${m.Version}/go.mod`)[0] ?? "";
	}
	if (trusted("")) {
		if (isExtracted(at) && existsSync(`${at.download}.ziphash`)) m.Dir = at.dir;
		m.Sum = state.store.sums.get(m.Path, m.Version)[0] ?? "";
	}
	if (mode.retracted) addRetraction(state, m);
}

function goVersionOf(state: ModuleState, m: ModuleVersion, dir: string): string {
	return state.rawInfo({ path: dir === "" ? m.path : dir, version: "" }, m.path)?.goLine ?? "";
}

export function moduleInfo(state: ModuleState, req: Requirements | null, m: ModuleVersion, mode: ListMode): ModulePublic {
	const info = blank(m);
	const main = m.version === "" ? state.mains.find((x) => x.path === m.path) : undefined;
	if (main !== undefined) {
		info.Main = true;
		info.Dir = main.dir;
		info.GoMod = main.gomod;
		info.GoVersion = main.dir === "" ? "" : main.file.mod.go === "" ? "1.16" : main.file.mod.go;
		return info;
	}
	info.Indirect = req !== null && !req.direct.has(m.path);
	if (req === null) {
		complete(state, info, false, mode);
		return info;
	}
	const r = state.replacementFrom(m);
	if (r === null) {
		if (state.buildMod !== "vendor") complete(state, info, true, mode);
		else info.GoVersion = state.vendor?.modules.find((v) => v.path === m.path)?.go ?? "";
		return info;
	}
	const to = blank(r.to);
	info.Replace = to;
	if (r.to.version === "") {
		to.Dir = isAbsolute(r.to.path) ? r.to.path : join(r.dir, r.to.path);
		to.GoMod = join(to.Dir, "go.mod");
	}
	if (state.buildMod === "vendor") to.GoVersion = state.vendor?.modules.find((v) => v.path === m.path)?.go ?? "";
	else {
		complete(state, to, true, mode);
		info.Dir = to.Dir;
		info.GoMod = to.GoMod;
		info.Retracted = to.Retracted;
	}
	info.GoVersion = to.GoVersion;
	return info;
}

function addRetraction(state: ModuleState, m: ModulePublic): void {
	if (m.Version === "") return;
	const r = retraction(state, { path: m.Path, version: m.Version });
	if (r !== null && r.error !== "" && m.Error === null)
		m.Error = { Err: `loading module retractions for ${m.Path}@${m.Version}: ${r.error.replace(`module ${m.Path}: `, "")}` };
	if (r?.retracted) m.Retracted = r.why.length === 0 ? ["retracted by module author"] : r.why;
}

function addUpdate(state: ModuleState, m: ModulePublic): void {
	if (m.Version === "") return;
	const got = queryModule(state, m.Path, "upgrade", m.Version, allowedBy(state));
	if (got === null) return;
	if (!got.ok) {
		if (got.kind !== "noVersion" && got.kind !== "notFound" && m.Error === null && !/retracted|excluded/.test(got.error))
			m.Error = { Err: got.error };
		return;
	}
	if (compareVersions(m.Path, got.value.Version, m.Version) <= 0) return;
	m.Update = { ...blank({ path: m.Path, version: got.value.Version }), Time: got.value.Time };
}

function addVersions(state: ModuleState, m: ModulePublic, retracted: boolean): void {
	const bad = badModulePath(m.Path);
	if (bad !== "" && m.Error === null) m.Error = { Err: bad };
	if (bad !== "") return;
	const list = state.store.versions(m.Path);
	if (list === null) return;
	if (!list.ok) {
		if (m.Error === null) m.Error = { Err: list.error };
		return;
	}
	const allowed = retracted ? (x: ModuleVersion): string | null => exclusion(state, x) : allowedBy(state);
	m.Versions = list.value.filter((v) => allowed({ path: m.Path, version: v }) === "");
	// +incompatible versions count only while no go.mod was there; the query rules decide.
	m.Versions = m.Versions.filter((v) => matchesPathMajor(v, m.Path) || v.endsWith("+incompatible"));
}

function addNews(state: ModuleState, m: ModulePublic, mode: ListMode): void {
	if (mode.updates) addUpdate(state, m);
	if (mode.versions) addVersions(state, m, mode.retracted || mode.updates);
	if (mode.retracted || mode.updates) addRetraction(state, m);
	if (mode.updates && !m.Main) {
		const d = deprecation(state, m.Path);
		if (d !== null) m.Deprecated = d;
	}
}

/** path@version of an argument. */
export function splitVersion(arg: string): { path: string; version: string | null } {
	const at = arg.indexOf("@");
	if (at < 0) return { path: arg, version: null };
	const version = arg.slice(at + 1);
	if (/^[-/]/.test(version)) throw new UserError(`go: invalid module version ${JSON.stringify(version)}`);
	return { path: arg.slice(0, at), version };
}

export function moduleMatcher(pattern: string): (path: string) => boolean {
	const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\.\\.\\.", ".*");
	const re = new RegExp(`^${escaped.replace(/\/\.\*$/, "(/.*)?")}$`, "s");
	return (p) => re.test(p);
}

/** A query for anything but a range: it may name what is retracted. */
function isRevision(path: string, v: string): boolean {
	if (["latest", "upgrade", "patch"].includes(v) || /^[<>]/.test(v)) return false;
	return !(parseSemver(v) !== null && /^v\d+(\.\d+)?$/.test(v)) || isToolchainPath(path);
}

export async function listModules(
	state: ModuleState,
	args: readonly string[],
	mode: ListMode,
): Promise<{ list: ModulePublic[]; error: string }> {
	for (const arg of args) {
		if (arg.includes("\\")) throw new UserError("go: module paths never use backslash");
		if (/^\.\.?(\/|$)/.test(arg)) throw new UserError(`go: cannot use relative path ${arg} to specify module`);
		splitVersion(arg);
	}
	const whole = needsGraph(state, args, mode);
	let error = "";
	if (whole) {
		try {
			await loadModuleGraph(state);
		} catch (err) {
			if (!(err instanceof UserError)) throw err;
			error = err.message;
		}
	}
	const list = await settle(state.store.wants, () => matchModules(state, args, mode, whole, error !== ""));
	return { list, error };
}

function needsGraph(state: ModuleState, args: readonly string[], mode: ListMode): boolean {
	const req = state.requirements;
	let whole = false;
	for (const arg of args) {
		const refuse = (extra: string): void => {
			if (!state.hasModRoot) throw new UserError(`go: cannot match ${JSON.stringify(arg)}${extra}: ${state.noModRoot()}`);
		};
		const { path, version } = splitVersion(arg);
		if (arg === "all" || arg.includes("...")) {
			whole = true;
			refuse("");
		} else if (version !== null) {
			if ((version === "upgrade" || version === "patch") && (req.rootSelected(path) === undefined || req.pruning === "unpruned")) {
				whole = true;
				refuse("");
			}
		} else if (req.rootSelected(arg) === undefined || req.pruning === "unpruned") {
			whole = true;
			if (!mode.versions) refuse(" without -versions or an explicit version");
		}
	}
	return whole;
}

function matchModules(state: ModuleState, args: readonly string[], mode: ListMode, whole: boolean, broken: boolean): ModulePublic[] {
	const req = state.requirements;
	const graph = whole ? req.graph() : null;
	const out: ModulePublic[] = [];
	const seen = new Set<string>();
	const selected = (path: string): string => (graph === null ? (req.rootSelected(path) ?? "none") : graph.selected(path));
	if (args.length === 0) for (const m of state.mains) out.push(moduleInfo(state, req, { path: m.path, version: "" }, mode));
	for (const arg of args) {
		const { path, version } = splitVersion(arg);
		if (version !== null) {
			const current = selected(path);
			const allowed = isRevision(path, version) || mode.retracted ? anyVersion : allowedBy(state);
			const got = queryModule(state, path, version, current, allowed);
			if (got === null) continue;
			if (!got.ok) {
				out.push({ ...blank({ path, version }), Error: { Err: moduleErrorText(path, version, got) } });
				continue;
			}
			const info = moduleInfo(state, null, { path, version: got.value.Version }, mode);
			if (version !== info.Version) info.Query = version;
			info.Origin = (got.value as RevInfo).Origin ?? null;
			out.push(info);
		} else if (arg === "all" || arg.includes("...")) {
			const match = arg === "all" ? () => true : moduleMatcher(arg);
			const hits = (graph?.buildList() ?? []).filter((m) => !isToolchainPath(m.path) && match(m.path) && !seen.has(m.path));
			for (const m of hits) seen.add(m.path);
			if (hits.length === 0 && !state.store.wants.pending)
				state.options.log(`go: warning: pattern ${JSON.stringify(arg)} matched no module dependencies`);
			out.push(...hits.map((m) => moduleInfo(state, req, m, mode)));
		} else {
			const v = selected(arg);
			if (v !== "none") out.push(moduleInfo(state, req, { path: arg, version: v }, mode));
			else if (broken) continue;
			else if (state.buildMod === "vendor")
				out.push({
					...blank({ path: arg, version: "" }),
					Error: { Err: `module ${arg}: can't resolve module using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)` },
				});
			else if (mode.versions) out.push(blank({ path: arg, version: "" }));
			else out.push({ ...blank({ path: arg, version: "" }), Error: { Err: `module ${arg}: not a known dependency` } });
		}
	}
	if (mode.updates || mode.versions || mode.retracted) {
		for (const m of out) {
			addNews(state, m, mode);
			if (m.Replace !== null && m.Replace.Version !== "") addNews(state, m.Replace, mode);
		}
	}
	return out;
}
