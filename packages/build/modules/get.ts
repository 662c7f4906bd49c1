// go get: versions asked for by module, package or pattern, and what has to change so that they are the selected ones.

import { existsSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { badModulePath, compareVersions, goAtLeast, isToolchainPath, moduleKey, type ModuleVersion, sameModule } from "#modfile";
import { UserError } from "../env.ts";
import { type Conflict, conflictText, editRequirements } from "./edit.ts";
import { moduleErrorText, moduleMatcher } from "./listing.ts";
import { addGoLine, graphSums, writeGoMod, writeGoSum } from "./open.ts";
import { PackageLoader, packagesInModule } from "./packages.ts";
import { importPathOfDir, isLocalPattern, matchPatterns } from "./patterns.ts";
import {
	type Allowed,
	allowedBy,
	anyVersion,
	candidatePaths,
	deprecation,
	exclusion,
	notInModule,
	queryModule,
	type QueryFailure,
	queryPackage,
	retraction,
	shortRationale,
	worst,
} from "./query.ts";
import type { ModuleState } from "./state.ts";
import { loadedSums } from "./tidy.ts";
import { settle } from "./wants.ts";

export interface GetOptions {
	/** "", "upgrade" or "patch": what -u says. */
	update: string;
	tests: boolean;
	tool: boolean;
	verbose: boolean;
	hasTag: (tag: string) => boolean;
}

/** One argument. */
interface Query {
	raw: string;
	pattern: string;
	version: string;
	/** As written, "" without. */
	rawVersion: string;
	local: boolean;
	wild: boolean;
	/** It named packages, which have to be loadable in the end. */
	matchesPackages: boolean;
	/** Paths that have been looked up. */
	seen: Set<string>;
	candidates: Candidate[];
	/** A conflict with another argument was reported. */
	conflicts: boolean;
}

/** Modules that would satisfy a query, not decided yet. */
interface Candidate {
	path: string;
	/** Modules that have the package. */
	withPackage: ModuleVersion[];
	/** The module of that very path. */
	module: ModuleVersion | null;
	error: string;
}

interface Resolved {
	version: string;
	query: Query;
}

function describe(q: Query, m: ModuleVersion): string {
	if (q.pattern === m.path) return q.version === m.version ? `${m.path}@${m.version}` : `${m.path}@${q.version} (${m.version})`;
	return `${moduleKey(m)} (matching ${m.version === q.version ? q.raw : `${q.pattern}@${q.version}`})`;
}

class Getter {
	private readonly state: ModuleState;
	private readonly options: GetOptions;
	private readonly queries: Query[];
	private readonly resolved: Map<string, Resolved> = new Map();
	private readonly initial: Map<string, string> = new Map();
	private buildList: ModuleVersion[] = [];
	private versions: Map<string, string> = new Map();
	private failed = false;
	/** Decisions that the build list does not show yet. */
	private undone = false;

	constructor(state: ModuleState, options: GetOptions, queries: Query[]) {
		this.state = state;
		this.options = options;
		this.queries = queries;
	}

	private settle<T>(f: () => T): Promise<T> {
		return settle(this.state.store.wants, f);
	}

	private complain(message: string): void {
		this.state.options.log(`go: ${message.replace(/^go: /, "")}`);
		this.failed = true;
	}

	private exitIfFailed(): void {
		if (this.failed) throw new GetFailed();
	}

	private async readBuildList(first: boolean): Promise<void> {
		const list = await this.settle(() => {
			const graph = this.state.requirements.graph();
			const error = graph.error();
			if (error !== "" && !this.state.store.wants.pending) throw new UserError(`go: ${error}`);
			return graph.buildList();
		});
		this.buildList = list;
		this.versions = new Map(list.map((m) => [m.path, m.version]));
		if (first) for (const m of list) this.initial.set(m.path, m.version);
	}

	private selected(path: string): string {
		return this.versions.get(path) ?? "none";
	}

	private initialOf(path: string): string {
		return this.initial.get(path) ?? "none";
	}

	async run(): Promise<void> {
		await this.readBuildList(true);
		for (const q of this.queries) {
			if (q.local) await this.localQuery(q);
			else if (q.version === "none") this.noneQuery(q);
			else if (q.pattern === "tool") for (const t of this.state.tools()) await this.packageQuery(q, t);
			else if (!q.wild && q.pattern !== "all" && q.pattern !== "work") await this.pathQuery(q);
			if (q.pattern === "work" || q.pattern === "all") q.matchesPackages = true;
			if (q.pattern === "work") {
				const loader = this.loader([q.pattern]);
				const [match] = await this.settle(() => matchPatterns(this.state, loader, [q.pattern]));
				if (match.paths.length === 0) this.state.options.log('go: warning: "work" matched no packages');
			}
		}
		for (;;) {
			for (const q of this.queries) if (q.wild && !q.local && q.version !== "none") await this.wildcardQuery(q);
			for (const q of this.queries) if (q.wild && q.version === "none") this.noneQuery(q);
			for (const q of this.queries) if (q.pattern === "all") await this.allQuery(q);
			if (await this.resolveAll()) continue;
			if (await this.applyUpgrades(await this.upgradesOfImports())) continue;
			if ((await this.missingWildcards()) && (await this.resolveAll())) continue;
			break;
		}
		await this.checkWildcards();
	}

	/** The version that may be chosen although it is retracted: it was asked for, or is in use. */
	private allowedOr(asked: string, current: (path: string) => string): Allowed {
		const usual = allowedBy(this.state);
		return (m) => {
			if (m.version === asked) return exclusion(this.state, m);
			if ((asked === "upgrade" || asked === "patch") && m.version === current(m.path)) return "";
			return usual(m);
		};
	}

	private async localQuery(q: Query): Promise<void> {
		const dir = resolve(this.state.cwd, q.wild ? q.pattern.slice(0, q.pattern.indexOf("...")).replace(/[^/]*$/, "") || "." : q.pattern);
		const detail = isAbsolute(q.pattern) ? "" : ` (${resolve(this.state.cwd, q.pattern)})`;
		const main = this.state.containing(dir);
		if (main === undefined) {
			const dirs = this.state.mains.map((m) => m.dir).join(", ");
			return this.complain(`${q.pattern}${detail} is not within module${this.state.mains.length > 1 ? "s" : ""} rooted at ${dirs}`);
		}
		const loader = this.loader([q.pattern]);
		const [match] = await this.settle(() => matchPatterns(this.state, loader, [q.pattern]));
		if (match.paths.length === 0) {
			if (q.wild) return this.state.options.log(`go: warning: ${JSON.stringify(q.pattern)} matched no packages`);
			if (q.raw === "" || q.raw === ".") return this.complain(this.errorText(q, "no package to get in current directory"));
			return this.complain(`${q.pattern}${detail} is not a package in module rooted at ${main.dir}`);
		}
		const got = q.wild ? null : importPathOfDir(this.state, dir);
		q.pattern = got === null ? q.pattern : got.path;
		q.matchesPackages = true;
	}

	private noneQuery(q: Query): void {
		const fix = (path: string): void => {
			if (q.seen.has(path)) return;
			q.seen.add(path);
			if (this.state.isMain(path)) {
				this.complain(this.errorText(q, `can't request version "none" of the main module (${path})`));
				return;
			}
			this.fixVersion(q, { path, version: "none" });
		};
		if (!q.wild) fix(q.pattern);
		const match = q.wild ? moduleMatcher(q.pattern) : (p: string): boolean => p === q.pattern;
		for (const m of this.buildList)
			if (!isToolchainPath(m.path) && match(m.path) && !(m.version === "" && q.wild && !match(m.path))) fix(m.path);
	}

	private fixVersion(q: Query, m: ModuleVersion): void {
		const have = this.resolved.get(m.path);
		if (have !== undefined && have.version !== m.version) {
			this.complainOfConflict(q, m, have);
			return;
		}
		if (this.state.isMain(m.path) && m.version !== "") return;
		this.resolved.set(m.path, { version: m.version, query: q });
		if (have === undefined) this.undone = true;
	}

	/** Two arguments ask for different versions of a module. */
	private complainOfConflict(q: Query, m: ModuleVersion, have: Resolved): void {
		if (q.conflicts) return;
		q.conflicts = true;
		let [first, second] = [{ version: m.version, query: q }, have];
		// The one that is sure goes before a pattern.
		if (q.wild && !have.query.wild) [first, second] = [second, first];
		const text = (r: Resolved): string =>
			r.version === r.query.version ? r.query.raw : `${r.query.pattern}@${r.query.version} (${r.version})`;
		const detail = m.path === first.query.pattern ? "" : `for module ${m.path}, `;
		this.complain(this.errorText(q, `${detail}${text(first)} conflicts with ${text(second)}`));
	}

	/** Wildcards whose modules stayed at versions that they do not ask for. */
	private async checkWildcards(): Promise<void> {
		for (const q of this.queries) {
			if (!q.wild || q.local || q.version === "none") continue;
			const match = moduleMatcher(q.pattern);
			const fixed = q.pattern.slice(0, q.pattern.indexOf("..."));
			for (const m of this.buildList) {
				if (isToolchainPath(m.path) || m.version === "" || match(m.path)) continue;
				if (!m.path.startsWith(fixed) && !fixed.startsWith(m.path)) continue;
				const error = await this.settle(() => this.wildcardLost(q, m, match));
				if (error !== "") this.complain(this.errorText(q, error));
			}
		}
		this.exitIfFailed();
	}

	/** Why the version that a wildcard stands for would not match it any more, or "". */
	private wildcardLost(q: Query, m: ModuleVersion, match: (p: string) => boolean): string {
		const { state } = this;
		const loader = this.loader([q.pattern]);
		const matches = (mod: ModuleVersion): boolean | null => {
			const dir = state.moduleDir(mod);
			return dir === null
				? null
				: dir.ok &&
						packagesInModule(
							dir.dir,
							mod.path,
							() => false,
							(d) => loader.scan(d),
						).some(match);
		};
		if (matches(m) !== true) return "";
		const allowed = this.allowedOr(q.version, (p) => this.initialOf(p));
		const got = queryModule(state, m.path, q.version, this.initialOf(m.path), allowed);
		if (got === null) return "";
		if (!got.ok) return moduleErrorText(m.path, "", got);
		const now = { path: m.path, version: got.value.Version };
		if (now.version === m.version || matches(now) !== false) return "";
		const shown = now.version === q.version ? moduleKey(now) : `${m.path}@${q.version} (${now.version})`;
		return `${q.raw} matches packages in ${moduleKey(m)} but not ${shown}: specify a different version for module ${m.path}`;
	}

	/** Whether another argument removes the module. */
	private removed(path: string): boolean {
		return this.queries.some((q) => q.version === "none" && (q.wild ? moduleMatcher(q.pattern)(path) : q.pattern === path));
	}

	private async pathQuery(q: Query): Promise<void> {
		q.seen.add(q.pattern);
		const { state } = this;
		if (!q.pattern.split("/")[0].includes(".") && state.isStandardPackage(q.pattern)) {
			if (q.rawVersion !== "")
				return this.complain(
					this.errorText(q, `can't request explicit version ${JSON.stringify(q.version)} of standard library package ${q.pattern}`),
				);
			q.matchesPackages = true;
			return;
		}
		if (isToolchainPath(q.pattern)) {
			const got = await this.settle(() => queryModule(state, q.pattern, q.version, this.initialOf(q.pattern), anyVersion));
			if (got === null) return;
			if (!got.ok) return this.complain(`${q.pattern}@${q.version}: ${got.error}`);
			q.candidates.push({ path: q.pattern, withPackage: [], module: { path: q.pattern, version: got.value.Version }, error: "" });
			return;
		}
		q.candidates.push(await this.settle(() => this.queryPath(q)));
	}

	private queryPath(q: Query): Candidate {
		const { state } = this;
		const path = q.pattern;
		const out: Candidate = { path, withPackage: [], module: null, error: "" };
		for (const m of state.mains) {
			if (m.dir === "" || (path !== m.path && !path.startsWith(`${m.path}/`))) continue;
			const has = state.dirInModule(path, m.path, m.dir, true).ok;
			if (!["upgrade", "patch"].includes(q.version)) {
				if (path === m.path) return { ...out, error: `can't request version ${JSON.stringify(q.version)} of the main module (${m.path})` };
				if (has) return { ...out, error: `package ${path} is in the main module, so can't request version ${q.version}` };
			}
			if (has) return { ...out, withPackage: [{ path: m.path, version: "" }] };
			if (path === m.path) return { ...out, module: { path, version: "" } };
		}
		const errors: QueryFailure[] = [];
		const allowed = this.allowedOr(q.version, (p) => this.initialOf(p));
		for (const prefix of candidatePaths(state, path)) {
			const got = queryModule(state, prefix, q.version, this.initialOf(prefix), allowed);
			if (got === null) continue;
			if (!got.ok) {
				errors.push({
					...got,
					error: moduleErrorText(
						prefix,
						got.kind === "noVersion" ? "" : q.version === "upgrade" || q.version === "patch" ? "" : q.version,
						got,
					),
				});
				continue;
			}
			const mod = { path: prefix, version: got.value.Version };
			const dir = state.moduleDir(mod);
			if (dir === null) continue;
			if (!dir.ok) {
				errors.push({ ok: false, error: dir.error, kind: "other" });
				continue;
			}
			if (prefix === path) out.module = mod;
			if (state.dirInModule(path, prefix, dir.dir, dir.local).ok) out.withPackage.push(mod);
			else errors.push({ ok: false, error: notInModule(state, mod, q.version, path), kind: "noPackage" });
		}
		if (out.withPackage.length === 0 && out.module === null) out.error = worst(errors)?.error ?? `no module provides ${path}`;
		return out;
	}

	private async packageQuery(q: Query, path: string): Promise<void> {
		if (q.seen.has(path)) return;
		q.seen.add(path);
		const got = await this.settle(() =>
			queryPackage(
				this.state,
				path,
				q.version,
				(p) => this.initialOf(p),
				this.allowedOr(q.version, (p) => this.initialOf(p)),
			),
		);
		if (got === null) return;
		q.candidates.push({ path, withPackage: got.ok ? got.value.map((h) => h.mod) : [], module: null, error: got.ok ? "" : got.error });
	}

	private async wildcardQuery(q: Query): Promise<void> {
		const match = moduleMatcher(q.pattern);
		const fixed = q.pattern.slice(0, q.pattern.indexOf("..."));
		for (const m of this.buildList) {
			if (isToolchainPath(m.path) || q.seen.has(m.path)) continue;
			if (!m.path.startsWith(fixed) && !fixed.startsWith(m.path) && !match(m.path)) continue;
			q.seen.add(m.path);
			if (this.removed(m.path)) continue;
			const c = await this.settle(() => this.wildcardIn(q, m, match));
			if (c !== null) q.candidates.push(c);
		}
	}

	private wildcardIn(q: Query, m: ModuleVersion, match: (p: string) => boolean): Candidate | null {
		const { state } = this;
		const out: Candidate = { path: m.path, withPackage: [], module: null, error: "" };
		const main = state.mains.find((x) => x.path === m.path && m.version === "");
		if (main !== undefined) {
			const okVersion = q.version === "upgrade" || q.version === "patch";
			if (match(m.path) && !okVersion)
				return { ...out, error: `can't request version ${JSON.stringify(q.version)} of the main module (${m.path})` };
			const loader = this.loader([q.pattern]);
			const hit = loader.mainPackages([main]).filter(match);
			if (hit.length === 0) return null;
			if (!okVersion) {
				const what = hit.length > 1 ? `${hit.length} packages` : `package ${hit[0]}`;
				return { ...out, error: `pattern ${q.pattern} matches ${what} in the main module, so can't request version ${q.version}` };
			}
			return { ...out, withPackage: [{ path: m.path, version: "" }] };
		}
		const got = queryModule(
			state,
			m.path,
			q.version,
			this.initialOf(m.path),
			this.allowedOr(q.version, (p) => this.initialOf(p)),
		);
		if (got === null) return null;
		if (!got.ok) return got.kind === "noVersion" || got.kind === "notFound" ? null : { ...out, error: moduleErrorText(m.path, "", got) };
		const mod = { path: m.path, version: got.value.Version };
		const dir = state.moduleDir(mod);
		if (dir === null) return null;
		if (!dir.ok) return { ...out, error: dir.error };
		const loader = this.loader([q.pattern]);
		const hit = packagesInModule(
			dir.dir,
			m.path,
			() => false,
			(d) => loader.scan(d),
		).some(match);
		if (hit) return { ...out, withPackage: [mod] };
		return match(m.path) ? { ...out, module: mod } : null;
	}

	/** "all" asks for a version of every package that the main module needs. */
	private async allQuery(q: Query): Promise<void> {
		const { packages } = await this.loader(["all"]).load();
		await this.readBuildList(false);
		const paths = packages
			.filter((p) => p.testOf === null && p.mod !== null && p.mod.path !== "" && p.mod.version !== "" && p.inAll)
			.map((p) => p.path);
		for (const path of paths.sort()) await this.packageQuery(q, path);
	}

	/** Wildcards that match nothing so far may stand for packages of modules that are not required yet. */
	private async missingWildcards(): Promise<boolean> {
		let some = false;
		for (const q of this.queries) {
			if (!q.wild || q.local || q.version === "none" || q.matchesPackages || q.candidates.length > 0 || this.resolvedBy(q)) continue;
			const base = q.pattern.slice(0, q.pattern.indexOf("...")).replace(/\/?[^/]*$/, "");
			if (q.seen.has(`?${base}`)) continue;
			if (base === "") {
				q.seen.add("?");
				q.candidates.push({
					path: q.pattern,
					withPackage: [],
					module: null,
					error: `no modules to query for ${q.pattern}@${q.version} because first path element contains a wildcard`,
				});
				some = true;
				continue;
			}
			q.seen.add(`?${base}`);
			const match = moduleMatcher(q.pattern);
			const c = await this.settle(() => this.queryWildBase(q, base, match));
			q.candidates.push(c);
			some = true;
		}
		return some;
	}

	private resolvedBy(q: Query): boolean {
		return [...this.resolved.values()].some((r) => r.query === q);
	}

	private queryWildBase(q: Query, base: string, match: (p: string) => boolean): Candidate {
		const { state } = this;
		const out: Candidate = { path: q.pattern, withPackage: [], module: null, error: "" };
		const errors: QueryFailure[] = [];
		const loader = this.loader([q.pattern]);
		for (const prefix of candidatePaths(state, base)) {
			const got = queryModule(
				state,
				prefix,
				q.version,
				this.initialOf(prefix),
				this.allowedOr(q.version, (p) => this.initialOf(p)),
			);
			if (got === null) continue;
			if (!got.ok) {
				errors.push({ ...got, error: moduleErrorText(prefix, "", got) });
				continue;
			}
			const mod = { path: prefix, version: got.value.Version };
			const dir = state.moduleDir(mod);
			if (dir === null) continue;
			if (!dir.ok) errors.push({ ok: false, error: dir.error, kind: "other" });
			else if (
				packagesInModule(
					dir.dir,
					prefix,
					() => false,
					(d) => loader.scan(d),
				).some(match)
			)
				out.withPackage.push(mod);
			else errors.push({ ok: false, error: notInModule(state, mod, q.version, q.pattern), kind: "noPackage" });
		}
		if (out.withPackage.length === 0) out.error = worst(errors)?.error ?? `no module matches ${q.pattern}`;
		return out;
	}

	/** What is left of a candidate after the decisions so far; `module` when only one way is left. */
	private decide(c: Candidate): { one: ModuleVersion | null; isPackage: boolean; sure: boolean; rest: Candidate } {
		const rest: Candidate = { ...c, withPackage: [], module: null };
		for (const m of c.withPackage) {
			if (this.removed(m.path)) continue;
			if (this.state.isMain(m.path)) {
				if (m.version === "") return { one: m, isPackage: true, sure: true, rest };
				continue;
			}
			const r = this.resolved.get(m.path);
			if (r === undefined) rest.withPackage.push(m);
			else if (r.version === m.version) return { one: m, isPackage: true, sure: true, rest };
		}
		if (c.module !== null) {
			const r = this.resolved.get(c.module.path);
			if (r === undefined || r.version === c.module.version) rest.module = c.module;
		}
		const [first] = rest.withPackage;
		if (rest.withPackage.length === 1 && (rest.module === null || sameModule(rest.module, first)))
			return { one: first, isPackage: true, sure: true, rest };
		if (rest.withPackage.length === 0) return { one: rest.module, isPackage: false, sure: true, rest };
		return { one: first, isPackage: true, sure: false, rest };
	}

	private choose(c: Candidate): { m: ModuleVersion | null; isPackage: boolean } {
		// What is required already comes first, then the longest path.
		for (const m of c.withPackage) if (this.state.isMain(m.path) || this.selected(m.path) === m.version) return { m, isPackage: true };
		for (const m of c.withPackage) if (this.selected(m.path) !== "none") return { m, isPackage: true };
		if (c.withPackage.length > 0) return { m: c.withPackage[0], isPackage: true };
		return { m: c.module, isPackage: false };
	}

	/** Decides what can be decided; true when the build list changed. */
	private async resolveAll(): Promise<boolean> {
		for (let more = true; more; ) {
			more = false;
			for (const q of this.queries) {
				const open: Candidate[] = [];
				for (const c of q.candidates) {
					if (c.error !== "") {
						this.complain(this.errorText(q, c.error));
						more = true;
						continue;
					}
					const { one, isPackage, sure, rest } = this.decide(c);
					if (!sure) {
						open.push(rest);
						continue;
					}
					const pick = one === null ? this.choose(c) : { m: one, isPackage };
					if (pick.isPackage) q.matchesPackages = true;
					if (pick.m !== null) this.fixVersion(q, pick.m);
					more = true;
				}
				q.candidates = open;
			}
			this.exitIfFailed();
		}
		this.exitIfFailed();
		const decided = this.undone;
		this.undone = false;
		if (decided && (await this.updateBuildList([]))) return true;
		let arbitrary = false;
		for (const q of this.queries) {
			for (const c of q.candidates) {
				const { m, isPackage } = this.choose(c);
				if (isPackage) q.matchesPackages = true;
				if (m !== null) this.fixVersion(q, m);
				arbitrary = true;
			}
			q.candidates = [];
		}
		this.exitIfFailed();
		this.undone = false;
		return arbitrary && (await this.updateBuildList([]));
	}

	private errorText(q: Query, error: string): string {
		const plain = error.replace(/^go: /, "");
		const literal = (t: string): string => t.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
		const named = new RegExp(`(?:[ \t("\`]|^)${literal(q.pattern)}(?:[ @:;)"\`]|$)`, "m").test(plain);
		const versioned = q.rawVersion === "" || new RegExp(`(?:[ @("\`]|^)${literal(q.version)}(?:[ :;)"\`]|$)`, "m").test(plain);
		return (named && versioned) || q.raw === "" ? plain : `${q.raw}: ${plain}`;
	}

	private async updateBuildList(add: readonly ModuleVersion[]): Promise<boolean> {
		const { state } = this;
		const must = [...this.resolved].filter(([path]) => !state.isMain(path)).map(([path, r]) => ({ path, version: r.version }));
		const edited = await this.settle(() => editRequirements(state, state.requirements, add, must));
		if (edited.conflicts.length > 0) {
			for (const c of edited.conflicts) this.reportConflict(c);
			throw new GetFailed();
		}
		if (!edited.changed) return false;
		state.requirements = edited.req;
		await this.readBuildList(false);
		return true;
	}

	private reportConflict(c: Conflict): void {
		if (this.options.verbose) this.state.options.log(`go: ${conflictText(c)}`);
		const reason = (m: ModuleVersion): string => {
			const r = this.resolved.get(m.path);
			return r === undefined ? moduleKey(m) : describe(r.query, m);
		};
		const adverb = c.path.length > 2 ? "indirectly " : "";
		const last = c.path[c.path.length - 1];
		const first = reason(c.path[0]);
		if (c.error !== "") this.complain(`${first} ${adverb}requires ${moduleKey(last)}: ${c.error}`);
		else this.complain(`${first} ${adverb}requires ${moduleKey(last)}, not ${reason(c.constraint as ModuleVersion)}`);
	}

	private loader(patterns: readonly string[], tags: ((tag: string) => boolean) | null = null): PackageLoader {
		const loader: PackageLoader = new PackageLoader(this.state, {
			tags,
			roots: () => matchPatterns(this.state, loader, patterns).flatMap((m) => m.paths),
			all: patterns.includes("all"),
			resolveMissing: false,
			loadTests: this.options.tests,
			rootsImported: true,
		});
		return loader;
	}

	private packagePatterns(): string[] {
		return this.queries.filter((q) => q.matchesPackages && q.version !== "none").map((q) => q.pattern);
	}

	/** Modules that would provide what is missing or, with -u, newer versions of what the packages import. */
	private async upgradesOfImports(): Promise<Candidate[]> {
		const patterns = this.packagePatterns();
		if (patterns.length === 0) return [];
		const { packages } = await this.loader(patterns).load();
		await this.readBuildList(false);
		return this.settle(() => {
			const out: Candidate[] = [];
			for (const p of packages) {
				if (p.testOf !== null || p.inStd || p.path === "C") continue;
				const missing = p.kind === "missing" || (p.kind === "other" && p.error.startsWith("ambiguous"));
				const external = p.mod !== null && p.mod.path !== "" && p.mod.version !== "";
				if (!missing && !external) continue;
				if (!missing && (this.options.update === "" || this.resolved.has((p.mod as ModuleVersion).path))) continue;
				const version = missing ? "latest" : this.options.update;
				const allowed = this.allowedOr(version, (path) => this.selected(path));
				const got = queryPackage(this.state, p.path, version, (path) => this.selected(path), allowed);
				if (got === null) continue;
				if (got.ok && !missing && got.value.some((h) => sameModule(h.mod, p.mod as ModuleVersion))) continue;
				if (!got.ok && (["noPackage", "noVersion", "notFound"].includes(got.kind) || (missing && badModulePath(p.path) !== ""))) continue;
				out.push({ path: p.path, withPackage: got.ok ? got.value.map((h) => h.mod) : [], module: null, error: got.ok ? "" : got.error });
			}
			return out.sort((a, b) => (a.path < b.path ? -1 : 1));
		});
	}

	private async applyUpgrades(upgrades: readonly Candidate[]): Promise<boolean> {
		const add: ModuleVersion[] = [];
		for (const c of upgrades) {
			if (c.error !== "") {
				this.complain(c.error);
				continue;
			}
			const { one, sure, rest } = this.decide(c);
			const m = sure ? one : this.choose(rest).m;
			if (m !== null && m.version !== "") add.push(m);
		}
		this.exitIfFailed();
		return add.length > 0 && this.updateBuildList(add);
	}

	/** Loads what was asked for as a build would, says what is wrong with it, and warns of retracted and deprecated modules. */
	async check(): Promise<Set<string>> {
		const { state } = this;
		const patterns = this.packagePatterns();
		const keep = new Set<string>();
		const relevant = new Map<string, { m: ModuleVersion; named: boolean; needed: boolean }>();
		for (const [path, r] of this.resolved) relevant.set(path, { m: { path, version: r.version }, named: true, needed: false });
		if (patterns.length > 0) {
			const { packages, errors } = await this.loader(patterns, this.options.hasTag).load();
			await this.readBuildList(false);
			for (const e of errors) {
				if (e.endsWith("no Go source files")) continue;
				state.options.log(e);
				this.failed = true;
			}
			for (const m of packages.flatMap((p) => (p.error.startsWith("ambiguous") ? p.sums : [])))
				if (m.version !== "" && !relevant.has(m.path)) relevant.set(m.path, { m, named: false, needed: true });
			for (const p of packages) {
				if (p.mod === null || p.mod.version === "") continue;
				const have = relevant.get(p.mod.path);
				relevant.set(p.mod.path, { m: p.mod, named: (have?.named ?? false) || p.isRoot, needed: true });
			}
			for (const key of await this.settle(() => loadedSums(state, state.requirements, packages, false))) keep.add(key);
		}
		await this.news([...relevant.values()].filter((r) => r.m.version !== "none" && r.m.version !== "" && !isToolchainPath(r.m.path)));
		await this.keepZips();
		return keep;
	}

	private async news(list: { m: ModuleVersion; named: boolean; needed: boolean }[]): Promise<void> {
		const { state } = this;
		list.sort((a, b) => (a.m.path < b.m.path ? -1 : 1));
		const found = await this.settle(() =>
			list.map(({ m, named }) => ({
				m,
				retracted: retraction(state, m),
				deprecated: named || state.requirements.direct.has(m.path) ? deprecation(state, m.path) : "",
			})),
		);
		for (const f of found) if (f.deprecated) state.options.log(`go: module ${f.m.path} is deprecated: ${shortRationale(f.deprecated, "")}`);
		let path = "";
		for (const f of found) {
			if (!f.retracted?.retracted) continue;
			const why = f.retracted.why[0] ?? "";
			state.options.log(`go: warning: ${moduleKey(f.m)}: retracted by module author${why === "" ? "" : `: ${shortRationale(why)}`}`);
			path = path === "" ? f.m.path : "<module>";
		}
		if (path !== "") state.options.log(`go: to switch to the latest unretracted version, run:\n\tgo get ${path}@latest`);
	}

	/** A module whose files go.sum knew keeps that at its new version. */
	private async keepZips(): Promise<void> {
		const { state } = this;
		for (const m of this.buildList) {
			const old = this.initial.get(m.path);
			if (old === undefined || old === "" || isToolchainPath(m.path)) continue;
			const now = state.actual(m);
			const before = state.actual({ path: m.path, version: old });
			if (sameModule(now, before) || now.version === "" || before.version === "" || !state.store.sums.has(before.path, before.version))
				continue;
			try {
				await state.store.fetchZip(now.path, now.version);
			} catch (err) {
				if (err instanceof TypeError) throw err;
				const verb = compareVersions(m.path, m.version, old) < 0 ? "downgraded" : "upgraded";
				const replaced = sameModule(now, m) ? "" : ` (replaced by ${moduleKey(now)})`;
				this.complain(
					`${verb} ${m.path} ${old} => ${m.version}${replaced}: error finding sum for ${moduleKey(now)}: ${(err as Error).message.replace(`${moduleKey(now)}: `, "")}`,
				);
			}
		}
	}

	get bad(): boolean {
		return this.failed;
	}

	/** Packages that the arguments name, with whether they are to be removed from the tools. */
	async tools(): Promise<{ add: string[]; drop: string[] }> {
		const out = { add: [] as string[], drop: [] as string[] };
		for (const q of this.queries) {
			if (["all", "std", "cmd", "tool", "work", "toolchain"].includes(q.pattern))
				throw new UserError(`go: go get -tool does not work with "${q.pattern}".`);
			const loader = this.loader([q.pattern]);
			const paths = (await this.settle(() => matchPatterns(this.state, loader, [q.pattern]))).flatMap((m) => m.paths);
			(q.version === "none" ? out.drop : out.add).push(...paths);
		}
		return out;
	}

	reportChanges(
		before: readonly ModuleVersion[],
		after: readonly ModuleVersion[],
		goBefore: [string, string],
		goAfter: [string, string],
	): void {
		const changes = new Map<string, { old: string; now: string }>();
		for (const [path, r] of this.resolved) {
			if (isToolchainPath(path)) continue;
			const old = this.initial.get(path) ?? "";
			if (old !== r.version && (old !== "" || r.version !== "none")) changes.set(path, { old, now: r.version });
		}
		for (const m of before) {
			const now = this.versions.get(m.path) ?? "";
			if (m.version !== now) changes.set(m.path, { old: m.version, now });
		}
		for (const m of after) {
			const old = this.initial.get(m.path) ?? "";
			if (m.version !== old) changes.set(m.path, { old, now: m.version });
		}
		if (goBefore[0] !== goAfter[0]) changes.set("go", { old: goBefore[0], now: goAfter[0] });
		if (goBefore[1] !== goAfter[1]) changes.set("toolchain", { old: goBefore[1], now: goAfter[1] });
		const rank = (p: string): string => (p === "go" ? " 0" : p === "toolchain" ? " 1" : p);
		for (const [path, { old, now }] of [...changes].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))) {
			if (this.state.isMain(path)) continue;
			if (old === "") this.state.options.log(`go: added ${path} ${now}`);
			else if (now === "none" || now === "") this.state.options.log(`go: removed ${path} ${old}`);
			else if (compareVersions(path, now, old) > 0) {
				this.state.options.log(`go: upgraded ${path} ${old} => ${now}`);
				if (path === "go" && !goAtLeast(old, "1.17") && goAtLeast(now, "1.17"))
					this.state.options.log("\tnote: expanded dependencies to upgrade to go 1.17 or higher; run 'go mod tidy' to clean up");
			} else this.state.options.log(`go: downgraded ${path} ${old} => ${now}`);
		}
	}
}

/** All that is to be said was said. */
export class GetFailed extends UserError {
	constructor() {
		super("");
	}
}

function parseQueries(state: ModuleState, args: readonly string[], options: GetOptions): { queries: Query[]; dropToolchain: boolean } {
	const queries: Query[] = [];
	let dropToolchain = false;
	const errors: string[] = [];
	for (const arg of args.length === 0 ? ["."] : args) {
		const at = arg.indexOf("@");
		const pattern = (at < 0 ? arg : arg.slice(0, at)).replace(/(?<=[^/])\/+$/, "");
		const rawVersion = at < 0 ? "" : arg.slice(at + 1);
		if (at >= 0 && (rawVersion === "" || rawVersion.includes("@"))) {
			errors.push(`go: invalid module version syntax ${JSON.stringify(arg)}`);
			continue;
		}
		if (/^[-/]/.test(rawVersion)) {
			errors.push(`go: invalid module version ${JSON.stringify(rawVersion)}`);
			continue;
		}
		const version = rawVersion !== "" ? rawVersion : options.update !== "" ? options.update : "upgrade";
		if (version === "none" && pattern === "go") {
			errors.push("go: cannot use go@none");
			continue;
		}
		if (version === "none" && pattern === "toolchain") {
			dropToolchain = true;
			continue;
		}
		const local = isLocalPattern(pattern);
		const raw = args.length === 0 ? "" : arg;
		if (raw.endsWith(".go") && rawVersion === "") {
			if (!raw.includes("/")) {
				errors.push(`go: ${raw}: arguments must be package or module paths`);
				continue;
			}
			if (existsSync(raw) && !statSync(raw).isDirectory()) {
				errors.push(`go: ${raw} exists as a file, but 'go get' requires package arguments`);
				continue;
			}
		}
		if (local && rawVersion !== "") {
			errors.push(
				`go: ${arg}: can't request explicit version ${JSON.stringify(rawVersion)} of path ${JSON.stringify(pattern)} in main module`,
			);
			continue;
		}
		if (["std", "cmd"].includes(pattern) && rawVersion !== "") {
			errors.push(
				`go: ${arg}: can't request explicit version ${JSON.stringify(rawVersion)} of standard library pattern ${JSON.stringify(pattern)}`,
			);
			continue;
		}
		if (pattern === "tool" && rawVersion !== "") {
			errors.push(`go: ${arg}: can't request explicit version of "tool" pattern`);
			continue;
		}
		if (pattern === "all" && rawVersion !== "" && !["upgrade", "patch", "none"].includes(rawVersion)) {
			errors.push(
				`go: ${arg}: can't request explicit version of "all" in main module`.replace(
					"explicit version",
					`version ${JSON.stringify(rawVersion)}`,
				),
			);
			continue;
		}
		queries.push({
			raw,
			pattern,
			version,
			rawVersion,
			local,
			wild: pattern.includes("..."),
			matchesPackages: false,
			seen: new Set(),
			candidates: [],
			conflicts: false,
		});
	}
	if (errors.length > 0) {
		for (const e of errors) state.options.log(e);
		throw new GetFailed();
	}
	return { queries, dropToolchain };
}

/** Runs go get; true when all went well. */
export async function getModules(state: ModuleState, args: readonly string[], options: GetOptions): Promise<boolean> {
	await addGoLine(state, state.settings.goVersion);
	const { queries, dropToolchain } = parseQueries(state, args, options);
	const before = state.main.file.mod;
	const getter = new Getter(state, options, queries);
	await getter.run();
	const keep = await getter.check();
	// What cannot be loaded is not written down.
	if (getter.bad) return false;
	const tools = options.tool ? await getter.tools() : { add: [], drop: [] };
	await writeGoMod(state, {
		addTools: tools.add,
		dropTools: tools.drop,
		dropToolchain,
		explicitToolchain: queries.some((q) => q.pattern === "toolchain"),
	});
	for (const key of await settle(state.store.wants, () => (state.requirements.graph(), graphSums(state, state.requirements, true))))
		keep.add(key);
	await writeGoSum(state, keep, false);
	const after = state.main.file.mod;
	getter.reportChanges(before.require, after.require, [before.go, before.toolchain], [after.go, after.toolchain]);
	return !getter.bad;
}
