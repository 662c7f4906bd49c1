// The packages that a command is about, all that they import, and with them what go.mod has to require.
//
// Loading goes in rounds: load packages by the requirements so far, bring the requirements in line with what was found, look up what no
// module provides; until nothing changes.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
	compareGoVersion,
	compareVersions,
	isToolchainPath,
	moduleKey,
	type ModuleVersion,
	pruningFor,
	type Requirements,
	sameModule,
	sortModules,
} from "#modfile";
import { UserError } from "../env.ts";
import { allowedBy, queryPackage, zeroPseudoVersion, notInModule } from "./query.ts";
import { checkGraph, convertPruning, dirty, isExternal, type PackageUse, tidyRoots, updateRoots } from "./roots.ts";
import { type DirImports, scanImports, type Tags } from "./scan.ts";
import { isFile, type MainModule, type ModuleState } from "./state.ts";
import { settle } from "./wants.ts";

export interface LoadOptions {
	/** null: all tags but "ignore". */
	tags: Tags;
	/** Import paths, given the requirements in force. */
	roots: (req: Requirements) => string[];
	/** The pattern "all" is among what is asked for. */
	all: boolean;
	/** Look for modules that provide missing packages. */
	resolveMissing: boolean;
	/** Tests of the root packages too. */
	loadTests: boolean;
	/** "all" as `mod vendor` means it, whatever the go line. */
	vendorAll?: boolean;
	tidy?: { go: string };
	/** Roots count as imported by the main module. */
	rootsImported?: boolean;
	/** Do not look for missing packages of the standard library's name space. */
	silenceStd?: boolean;
	/** Follow imports within the standard library too. */
	std?: boolean;
}

/** A package, or the test of one. */
export class LoadedPackage implements PackageUse {
	readonly path: string;
	readonly testOf: LoadedPackage | null;
	mod: ModuleVersion | null = null;
	root = "";
	dir = "";
	alt: ModuleVersion[] = [];
	inStd = false;
	/** "" when all is well. */
	error = "";
	kind: "ok" | "missing" | "other" | "sums" | "noGo" | "none" = "ok";
	sums: ModuleVersion[] = [];
	imports: LoadedPackage[] = [];
	testImports: string[] = [];
	test: LoadedPackage | null = null;
	/** Who brought it in; null for roots. */
	stack: LoadedPackage | null = null;
	inAll = false;
	isRoot = false;
	fromRoot = false;
	loaded = false;
	/** Its imports were given its flags. */
	visited = false;

	constructor(path: string, testOf: LoadedPackage | null) {
		this.path = path;
		this.testOf = testOf;
	}
}

export interface LoadResult {
	packages: LoadedPackage[];
	/** Errors of packages, with how they came to be imported, and of the module graph. */
	errors: string[];
	/** Those of them that are about the module graph. */
	graphErrors: string[];
}

/** Directories of a module's packages as import paths: those with a file that takes part. Nested modules are left out. */
export function packagesInModule(
	root: string,
	path: string,
	ignored: (rel: string) => boolean,
	scan: (dir: string) => DirImports,
): string[] {
	const out: string[] = [];
	const visit = (dir: string, rel: string): void => {
		const entries = readdirSync(dir, { withFileTypes: true });
		if (entries.some((e) => e.name.endsWith(".go") && !e.isDirectory()) && !scan(dir).noGo) out.push(rel === "" ? path : `${path}/${rel}`);
		// A folder named vendor may be a package; what is below belongs to others.
		if (rel === "vendor" || rel.endsWith("/vendor")) return;
		for (const e of entries) {
			if (!e.isDirectory() || /^[._]/.test(e.name) || e.name === "testdata") continue;
			const sub = join(dir, e.name);
			const subRel = rel === "" ? e.name : `${rel}/${e.name}`;
			if (isFile(join(sub, "go.mod")) || ignored(subRel)) continue;
			visit(sub, subRel);
		}
	};
	visit(root, "");
	return out.sort();
}

export class PackageLoader {
	readonly state: ModuleState;
	readonly options: LoadOptions;
	private readonly scans: Map<string, DirImports> = new Map();
	private readonly said: Set<string> = new Set();
	private nodes: Map<string, LoadedPackage> = new Map();
	private packages: LoadedPackage[] = [];
	private skipGoMods = false;
	private allTests = false;

	constructor(state: ModuleState, options: LoadOptions) {
		this.state = state;
		this.options = options;
	}

	private say(line: string): void {
		if (this.said.has(line)) return;
		this.said.add(line);
		this.state.options.log(line);
	}

	scan(dir: string): DirImports {
		let got = this.scans.get(dir);
		if (got === undefined) {
			got = scanImports(dir, this.options.tags);
			this.scans.set(dir, got);
		}
		return got;
	}

	/** Packages of the main modules: what "all" starts from. */
	mainPackages(mains: readonly MainModule[] = this.state.mains): string[] {
		const out: string[] = [];
		for (const m of mains)
			if (m.dir !== "") out.push(...packagesInModule(m.dir, m.path, this.state.ignoring(m.dir, m.file.mod.ignore), (d) => this.scan(d)));
		// GOROOT/src is the module std, whose packages do not have its name.
		if (!mains.some((m) => m.path === "std" && m.dir === join(this.state.env.goroot, "src"))) return out;
		return out.filter((p) => p !== "std/builtin").map((p) => p.replace(/^std\//, ""));
	}

	async load(): Promise<LoadResult> {
		const { state, options } = this;
		const { wants } = state.store;
		const step = <T>(f: () => T): Promise<T> => settle(wants, f);
		if (state.requirements.pruning === "unpruned") {
			state.requirements = await step(() => {
				const req = state.requirements;
				const graph = req.graph();
				checkGraph(state, graph);
				return req.roots.some((r) => graph.selected(r.path) !== r.version) ? updateRoots(state, req, { direct: req.direct }) : req;
			});
		}
		for (;;) {
			const go = options.tidy !== undefined && options.tidy.go !== "" ? options.tidy.go : this.goVersion();
			if (state.requirements.pruning !== "workspace")
				state.requirements = await step(() => convertPruning(state, state.requirements, pruningFor(go)));
			this.skipGoMods = options.tidy !== undefined && compareGoVersion(go, "1.21") < 0;
			this.allTests = compareGoVersion(go, "1.16") < 0 && !options.vendorAll;
			if (state.requirements.pruning === "pruned" && state.buildMod === "mod") {
				const req = await step(() => this.preloadRoots());
				if (req !== null) {
					state.requirements = req;
					continue;
				}
			}
			const round = await step(() => this.round());
			state.requirements = round.req;
			if (round.changed) continue;
			if (!options.resolveMissing || (!state.hasModRoot && !state.allowMissing)) break;
			const add = await step(() => this.resolveMissing());
			if (add.length === 0) break;
			for (const { pkg, mod } of add) this.say(`go: found ${pkg.path} in ${mod.path} ${mod.version}`);
			const mods = sortModules([...new Map(add.map((a) => [moduleKey(a.mod), a.mod])).values()]);
			state.requirements = await step(() =>
				updateRoots(state, state.requirements, { direct: state.requirements.direct, add: mods, rootsImported: options.rootsImported }),
			);
		}
		if (options.tidy !== undefined) await this.tidy(options.tidy.go);
		const graphErrors = this.sharedSources();
		return { packages: this.packages, errors: [...this.errors(), ...graphErrors], graphErrors };
	}

	/** Module versions that stand for modules of different paths: their packages would be there twice. */
	private sharedSources(): string[] {
		const { state } = this;
		const req = state.requirements;
		const first = new Map<string, string>();
		const out: string[] = [];
		for (const m of req.graphLoaded ? req.graph().buildList() : req.roots) {
			if (isToolchainPath(m.path) || m.version === "none") continue;
			const from = state.replacementFrom(m);
			const source = from === null ? m : from.to.version === "" ? state.actual(m) : from.to;
			const key = moduleKey(source);
			const prev = first.get(key);
			if (prev === undefined) first.set(key, m.path);
			else if (prev !== m.path)
				out.push(
					`go: ${from === null ? source.path : from.to.path}@${source.version} used for two different module paths (${prev} and ${m.path})`,
				);
		}
		return out;
	}

	private goVersion(): string {
		return this.state.requirements.rootSelected("go") ?? this.state.goVersion;
	}

	private async tidy(go: string): Promise<void> {
		const { state } = this;
		state.requirements = await settle(state.store.wants, () => {
			const tidy = tidyRoots(state, state.requirements, this.packages);
			if (go === "") return tidy;
			const roots = tidy.roots.filter((r) => r.path !== "go");
			const other = tidy.with({ roots: [...roots, { path: "go", version: go }] });
			const graph = other.graph();
			checkGraph(state, graph);
			const v = graph.selected("go");
			if (!graph.complete || v === go) return other;
			const path = graph.findPath((m) => m.path === "go" && m.version === v).slice(1);
			const adverb = path.length > 2 ? "indirectly " : "";
			throw new UserError(`go: ${moduleKey(path[0])} ${adverb}requires go@${v}, but ${go} is requested`);
		});
	}

	/** Modules of the root packages become roots first: mostly the rest then comes right at once. */
	private preloadRoots(): Requirements | null {
		const { state, options } = this;
		const need: ModuleVersion[] = [];
		for (const path of options.roots(state.requirements)) {
			let found = state.locate(path);
			let mod: ModuleVersion | null = null;
			if (found.kind === "missing" && options.resolveMissing) {
				const got = this.queryImport(path, found.isStd);
				if (got !== null && typeof got !== "string") mod = got;
				found = { kind: "pending" };
			}
			if (found.kind === "module") mod = found.mod;
			if (mod === null || mod.path === "" || state.isMain(mod.path)) continue;
			if (state.requirements.rootSelected(mod.path) !== mod.version && !need.some((m) => sameModule(m, mod as ModuleVersion)))
				need.push(mod);
		}
		if (need.length === 0 || state.store.wants.pending) return null;
		const { direct } = state.requirements;
		const req = updateRoots(state, state.requirements, { direct, add: sortModules(need), rootsImported: options.rootsImported });
		const same =
			req.roots.length === state.requirements.roots.length && req.roots.every((r, i) => sameModule(r, state.requirements.roots[i]));
		return same ? null : req;
	}

	/** Loads all packages by the requirements, and updates these. */
	private round(): { req: Requirements; changed: boolean } {
		this.loadAll();
		return this.updateRequirements();
	}

	private loadAll(): void {
		const { state, options } = this;
		this.nodes = new Map();
		const queue: LoadedPackage[] = [];
		const mark = (p: LoadedPackage, flags: { inAll?: boolean; isRoot?: boolean; fromRoot?: boolean }): void => {
			let { inAll, isRoot, fromRoot } = p;
			inAll ||= flags.inAll ?? false;
			isRoot ||= (flags.isRoot ?? false) || (inAll && options.all && p.testOf === null);
			fromRoot ||= (flags.fromRoot ?? false) || isRoot;
			if (p.visited && inAll === p.inAll && isRoot === p.isRoot && fromRoot === p.fromRoot) return;
			p.inAll = inAll;
			p.isRoot = isRoot;
			p.fromRoot = fromRoot;
			queue.push(p);
		};
		const node = (path: string): LoadedPackage => {
			let p = this.nodes.get(path);
			if (p === undefined) {
				p = new LoadedPackage(path, null);
				this.nodes.set(path, p);
			}
			return p;
		};
		const tools = state.tools();
		const roots: LoadedPackage[] = [];
		for (const path of options.roots(state.requirements)) {
			const p = node(path);
			if (!roots.includes(p)) roots.push(p);
			mark(p, { isRoot: true });
		}
		for (let p = queue.pop(); p !== undefined; p = queue.pop()) {
			p.visited = true;
			if (!p.loaded) {
				p.loaded = true;
				this.loadOne(p, node);
				if (tools.has(p.path) || (p.mod !== null && state.isMain(p.mod.path))) mark(p, { inAll: true });
			}
			for (const dep of p.imports) mark(dep, { inAll: p.inAll, fromRoot: p.fromRoot });
			if (p.testOf !== null || p.dir === "" || (p.inStd && !this.options.std)) continue;
			const main = p.mod !== null && state.isMain(p.mod.path);
			const wantsTest = (options.all && main) || (options.all && this.allTests && p.inAll) || (options.loadTests && p.isRoot);
			if (!wantsTest) continue;
			p.test ??= this.testOf(p, node);
			mark(p.test, { inAll: main || (this.allTests && p.inAll) });
		}
		this.packages = [];
		const reached = new Set<LoadedPackage>();
		const reach = (p: LoadedPackage, by: LoadedPackage | null): void => {
			if (reached.has(p)) return;
			reached.add(p);
			p.stack = by;
			this.packages.push(p);
		};
		for (const r of roots) reach(r, null);
		for (let i = 0; i < this.packages.length; i++) {
			const p = this.packages[i];
			for (const dep of p.imports) reach(dep, p);
			if (p.test !== null) reach(p.test, p);
		}
	}

	private testOf(p: LoadedPackage, node: (path: string) => LoadedPackage): LoadedPackage {
		const t = new LoadedPackage(`${p.path}.test`, p);
		t.mod = p.mod;
		t.root = p.root;
		t.dir = p.dir;
		t.loaded = true;
		t.imports = p.testImports.map(node);
		return t;
	}

	private loadOne(p: LoadedPackage, node: (path: string) => LoadedPackage): void {
		const { state } = this;
		const found = state.locate(p.path);
		switch (found.kind) {
			case "pending":
			case "none":
				p.kind = "none";
				return;
			case "std":
				p.inStd = true;
				p.dir = found.dir;
				if (this.options.std) {
					const got = this.scan(found.dir);
					p.imports = got.imports.map((path) => node(this.stdVendored(path)));
					p.testImports = got.testImports.map((path) => this.stdVendored(path));
				}
				return;
			case "missing":
				p.kind = "missing";
				p.error = state.missingMessage(p.path, found.isStd, "");
				return;
			case "sums":
				p.kind = "sums";
				p.sums = found.mods;
				p.error = found.found
					? `missing go.sum entry needed to verify package ${p.path} is provided by exactly one module`
					: `missing go.sum entry for module providing package ${p.path}`;
				return;
			case "ambiguous":
				p.kind = "other";
				p.sums = found.mods;
				p.error = found.error;
				return;
			case "invalid":
			case "error":
				p.kind = "other";
				p.error = found.error;
				return;
		}
		p.mod = found.mod;
		p.root = found.root;
		p.dir = found.dir;
		p.alt = found.alt;
		if (!this.skipGoMods && state.buildMod !== "vendor" && !state.isMain(found.mod.path)) {
			const info = state.info(found.mod);
			if (info !== null && info.error !== "") {
				p.kind = "other";
				p.error = `${moduleKey(found.mod)}: ${info.error}`;
				return;
			}
		}
		const got = this.scan(found.dir);
		if (got.noGo) {
			p.kind = "noGo";
			p.error = "no Go source files";
			return;
		}
		p.imports = got.imports.map(node);
		p.testImports = got.testImports;
	}

	/** Packages of GOROOT import others' packages from GOROOT/src/vendor. */
	private stdVendored(path: string): string {
		return this.state.isStandardPackage(`vendor/${path}`) ? `vendor/${path}` : path;
	}

	/** The import path of the main-module package that needs p, for messages. */
	private importerOf(p: LoadedPackage): MainModule | undefined {
		for (let s = p.stack; s !== null; s = s.stack) {
			const { mod } = s;
			if (mod !== null && this.state.isMain(mod.path)) return this.state.mains.find((m) => m.path === mod.path);
		}
		return undefined;
	}

	private updateRequirements(): { req: Requirements; changed: boolean } {
		const { state, options } = this;
		const old = state.requirements;
		const complete = options.all && options.tags === null;
		const direct = new Set<string>(complete ? ["go"] : old.direct);
		for (const p of this.packages) {
			if (p.mod === null || p.mod.version !== "" || !state.isMain(p.mod.path)) continue;
			for (const dep of p.imports) {
				if (!isExternal(state, dep)) continue;
				if (state.inWorkspace) {
					if (state.buildMod === "vendor") continue;
				} else if (p.error === "" && state.buildMod !== "mod" && old.rootSelected(dep.mod.path) !== dep.mod.version) {
					p.kind = "other";
					p.error = `package ${p.path} imports ${dep.path} from implicitly required module; to add missing requirements, run:\n\tgo get ${moduleKey(dep.mod)}`;
					continue;
				}
				direct.add(dep.mod.path);
			}
		}
		if (!complete && old.direct.has("go")) direct.add("go");
		const add = options.tidy === undefined ? [] : tidyRoots(state, old, this.packages).roots;
		if (state.store.wants.pending) return { req: old, changed: false };
		const req = updateRoots(state, old, { direct, packages: this.packages, add, rootsImported: options.rootsImported });
		if (state.store.wants.pending) return { req: old, changed: false };
		if (req.goVersion !== old.goVersion) return { req, changed: true };
		const same = req === old || (req.roots.length === old.roots.length && req.roots.every((r, i) => sameModule(r, old.roots[i])));
		if (same) return { req, changed: false };
		const graph = req.graph();
		checkGraph(state, graph);
		for (const p of this.packages) {
			if (isExternal(state, p) && graph.selected(p.mod.path) !== p.mod.version) return { req, changed: true };
			if (p.error !== "" && p.testOf === null && state.locate(p.path, req).kind === "module") return { req, changed: true };
		}
		return { req, changed: false };
	}

	/** The module to add for a package that none provides: a text says why there is none. Null while unknown. */
	private queryImport(path: string, isStd: boolean): ModuleVersion | string | null {
		const { state } = this;
		const graph = state.requirements.graph();
		if (!graph.complete) return null;
		for (const { path: mod, version } of state.highestReplaced()) {
			if (path !== mod && !path.startsWith(`${mod}/`)) continue;
			const m = { path: mod, version: version === "" ? zeroPseudoVersion(mod) : version };
			if (compareVersions(mod, graph.selected(mod), m.version) >= 0) continue;
			const dir = state.moduleDir(m);
			if (dir === null) return null;
			if (!dir.ok) return dir.error;
			if (state.dirInModule(path, mod, dir.dir, dir.local).ok) return m;
			if (isStd && !path.split("/")[0].includes(".")) return notInModule(state, m, m.version, path);
		}
		if (isStd) return state.missingMessage(path, true, "");
		if ((state.buildMod === "readonly" || state.buildMod === "vendor") && !state.allowMissing) return state.missingMessage(path, false, "");
		this.say(`go: finding module for package ${path}`);
		const got = queryPackage(state, path, "latest", (p) => graph.selected(p), allowedBy(state));
		if (got === null) return null;
		if (!got.ok) return got.kind === "notFound" ? `cannot find module providing package ${path}: ${got.error}` : got.error;
		let older = "";
		for (const [i, hit] of got.value.entries()) {
			const v = graph.selected(hit.mod.path);
			if (compareVersions(hit.mod.path, v, hit.mod.version) <= 0) return hit.mod;
			if (i === 0) older = v;
		}
		const first = got.value[0].mod;
		if (older !== "")
			return `package ${path} provided by ${first.path} at latest version ${first.version} but not at required version ${older}`;
		return `missing module for import: ${moduleKey(first)} provides ${path}`;
	}

	private resolveMissing(): { pkg: LoadedPackage; mod: ModuleVersion }[] {
		const out: { pkg: LoadedPackage; mod: ModuleVersion }[] = [];
		for (const p of this.packages) {
			if (p.kind !== "missing" || p.testOf !== null) continue;
			const found = this.state.locate(p.path);
			const got = this.queryImport(p.path, found.kind === "missing" && found.isStd);
			if (got === null) continue;
			if (typeof got === "string") p.error = got;
			else out.push({ pkg: p, mod: got });
		}
		return out;
	}

	/** "a imports\n\tb imports\n\tc". */
	stackText(p: LoadedPackage): string {
		const chain: LoadedPackage[] = [];
		for (let s: LoadedPackage | null = p; s !== null; s = s.stack) chain.unshift(s);
		return chain
			.map((s, i) => `${s.path}${i + 1 === chain.length ? "" : chain[i + 1].testOf === s ? " tested by\n\t" : " imports\n\t"}`)
			.join("");
	}

	private errors(): string[] {
		const out: string[] = [];
		for (const p of this.packages) {
			if (p.error === "") continue;
			if (p.kind === "sums") p.error = this.sumsMessage(p);
			if (p.kind === "missing" && this.options.silenceStd && !p.path.split("/")[0].includes(".")) continue;
			if (p.kind === "missing" && !this.options.resolveMissing) {
				const found = this.state.locate(p.path);
				p.error = this.state.missingMessage(p.path, found.kind === "missing" && found.isStd, "", this.importerOf(p));
			}
			out.push(`go: ${this.stackText(p)}: ${p.error}`);
		}
		return out;
	}

	/** The message about missing go.sum lines, with the importer and the command that adds them. */
	sumsMessage(p: LoadedPackage): string {
		if (p.error.includes("; to add:")) return p.error;
		return missingSums(p.error, p.sums, p.stack === null ? null : importerText(p.stack));
	}

	/** Why no module provides p, with the command that adds one. */
	missingMessage(p: LoadedPackage, isStd: boolean): string {
		return this.state.missingMessage(p.path, isStd, "", this.importerOf(p));
	}

	dirty(): UserError {
		return dirty(this.state);
	}
}

function importerText(p: LoadedPackage): { path: string; version: string; test: boolean } {
	return { path: p.testOf?.path ?? p.path, version: p.mod?.version ?? "", test: p.testOf !== null };
}

export function missingSums(
	message: string,
	mods: readonly ModuleVersion[],
	importer: { path: string; version: string; test: boolean } | null,
): string {
	if (importer === null) return `${message}; to add:\n\tgo mod download ${mods.map((m) => m.path).join(" ")}`;
	const by = ` (imported by ${importer.path})`;
	const text = message.includes("is provided by") ? message.replace(" is provided by", `${by} is provided by`) : `${message}${by}`;
	return `${text}; to add:\n\tgo get ${importer.test ? "-t " : ""}${importer.path}${importer.version === "" ? "" : `@${importer.version}`}`;
}
