// Minimal version selection over the module graph, with graph pruning (https://go.dev/ref/mod#minimal-version-selection,
// #graph-pruning). The go and toolchain lines are requirements on the made-up modules "go" and "toolchain".
//
// Nothing here waits: `read` gives what is known of a module's go.mod, or null. Null is taken as "requires nothing" and noted in
// `complete`: who asked fetches what is missing and computes again.

import type { ModuleVersion } from "./gomod.ts";
import { compareGoVersion, compareSemver } from "./semver.ts";

/** How much of the graph below a module is read: "pruned" from go 1.17 on. */
export type Pruning = "pruned" | "unpruned" | "workspace";

/** What the graph needs of a go.mod. */
export interface Summary {
	require: readonly ModuleVersion[];
	pruning: Pruning;
	/** Why the go.mod cannot be used, or "". */
	error: string;
	/** The version whose go.mod that was, when a replacement's. */
	actual: ModuleVersion | null;
}

export type ReadSummary = (m: ModuleVersion) => Summary | null;

export function pruningFor(go: string): Pruning {
	return compareGoVersion(go === "" ? "1.16" : go, "1.17") < 0 ? "unpruned" : "pruned";
}

export function moduleKey(m: ModuleVersion): string {
	return m.version === "" ? m.path : `${m.path}@${m.version}`;
}

export function sameModule(a: ModuleVersion, b: ModuleVersion): boolean {
	return a.path === b.path && a.version === b.version;
}

export function isToolchainPath(path: string): boolean {
	return path === "go" || path === "toolchain";
}

/** Orders versions of a path; "none" is the lowest, "" (a main module) the highest. */
export function compareVersions(path: string, a: string, b: string): number {
	if (a === b) return 0;
	if (a === "none" || b === "none") return a === "none" ? -1 : 1;
	if (a === "" || b === "") return a === "" ? 1 : -1;
	if (path === "go") return compareGoVersion(a, b);
	if (path === "toolchain") return compareToolchains(a, b);
	return compareSemver(a, b);
}

/** "go1.21.3-suffix" counts as 1.21.3; names that are none (default, local) are the lowest. */
export function toolchainVersion(name: string): string {
	return /^go(\d[^-\s]*)/.exec(name)?.[1] ?? "";
}

function compareToolchains(a: string, b: string): number {
	const x = toolchainVersion(a);
	const y = toolchainVersion(b);
	if (x === "" || y === "") return (x === "" ? 0 : 1) - (y === "" ? 0 : 1);
	return compareGoVersion(x, y);
}

function byModule(a: ModuleVersion, b: ModuleVersion): number {
	return a.path !== b.path ? (a.path < b.path ? -1 : 1) : compareVersions(a.path, a.version, b.version);
}

export function sortModules(list: ModuleVersion[]): ModuleVersion[] {
	return list.sort(byModule);
}

export class ModuleGraph {
	/** Main modules, or the one whose requirements the graph's roots are. */
	readonly start: readonly ModuleVersion[];
	/** False: some go.mod was not known yet. */
	complete = true;
	/** Requirements by moduleKey, of the modules whose go.mod was read. */
	private readonly required: Map<string, readonly ModuleVersion[]> = new Map();
	private readonly chosen: Map<string, string> = new Map();
	private readonly errors: Map<string, Summary> = new Map();

	constructor(start: readonly ModuleVersion[]) {
		this.start = start;
		for (const m of start) this.chosen.set(m.path, m.version);
	}

	require(m: ModuleVersion, list: readonly ModuleVersion[]): void {
		this.required.set(moduleKey(m), list);
		for (const r of list) {
			const v = this.chosen.get(r.path);
			if (v === undefined || compareVersions(r.path, v, r.version) < 0) this.chosen.set(r.path, r.version);
		}
	}

	fail(m: ModuleVersion, summary: Summary): void {
		this.errors.set(moduleKey(m), summary);
	}

	/** "none" for a path that nobody requires. */
	selected(path: string): string {
		return this.chosen.get(path) ?? "none";
	}

	/** Undefined when its go.mod is not part of the graph. */
	requiredBy(m: ModuleVersion): readonly ModuleVersion[] | undefined {
		return this.required.get(moduleKey(m));
	}

	/** The main modules, then the selected versions by path; with "go" and "toolchain". */
	buildList(): ModuleVersion[] {
		const main = new Set(this.start.map((m) => m.path));
		const rest: ModuleVersion[] = [];
		for (const [path, version] of this.chosen) if (!main.has(path) && version !== "none") rest.push({ path, version });
		return [...this.start, ...sortModules(rest)];
	}

	walk(visit: (m: ModuleVersion) => void): void {
		const seen = new Set<string>();
		let row: ModuleVersion[] = [...this.start];
		while (row.length > 0) {
			const next: ModuleVersion[] = [];
			for (const m of row) {
				const key = moduleKey(m);
				if (seen.has(key)) continue;
				seen.add(key);
				visit(m);
				next.push(...(this.required.get(key) ?? []));
			}
			row = next;
		}
	}

	/** The shortest way from the start to a module that the test holds for; [] when there is none. */
	findPath(test: (m: ModuleVersion) => boolean): ModuleVersion[] {
		const from = new Map<string, ModuleVersion | null>();
		const queue: ModuleVersion[] = [];
		for (const m of this.start) {
			from.set(moduleKey(m), null);
			queue.push(m);
		}
		for (let i = 0; i < queue.length; i++) {
			const m = queue[i];
			if (test(m)) {
				const path: ModuleVersion[] = [];
				for (let at: ModuleVersion | null = m; at !== null; at = from.get(moduleKey(at)) ?? null) path.unshift(at);
				return path;
			}
			for (const r of this.required.get(moduleKey(m)) ?? []) {
				if (from.has(moduleKey(r))) continue;
				from.set(moduleKey(r), m);
				queue.push(r);
			}
		}
		return [];
	}

	/** Why the graph is not to be trusted, with the way to the go.mod that failed; "" when all is well. */
	error(): string {
		if (this.errors.size === 0) return "";
		const path = this.findPath((m) => this.errors.has(moduleKey(m)));
		const last = path[path.length - 1] ?? { path: "", version: "" };
		const summary = this.errors.get(moduleKey(last)) ?? [...this.errors.values()][0];
		return requirementError(path, summary);
	}
}

/** "a@v1 requires\n\tb@v2: why". */
export function requirementError(path: readonly ModuleVersion[], summary: { error: string; actual: ModuleVersion | null }): string {
	const chain = path.filter((m, i) => !(m.version === "" && path.slice(0, i).every((p) => p.version === "")));
	if (chain.length === 0) return summary.error;
	const last = chain[chain.length - 1];
	const head = chain
		.slice(0, -1)
		.map((m) => `${moduleKey(m)} requires\n\t`)
		.join("");
	const { actual } = summary;
	if (actual === null || sameModule(actual, last)) return `${head}${moduleKey(last)}: ${summary.error}`;
	return `${head}${moduleKey(last)} (replaced by ${moduleKey(actual)}): ${summary.error}`;
}

/** The roots of a graph: what go.mod (or go.work) names. */
export class Requirements {
	readonly pruning: Pruning;
	/** Sorted; a path may occur twice in a go.mod that was edited by hand. */
	readonly roots: readonly ModuleVersion[];
	/** Paths of modules that provide a package which the main module itself imports. */
	readonly direct: ReadonlySet<string>;
	private readonly main: readonly ModuleVersion[];
	private readonly read: ReadSummary;
	private readonly highest: Map<string, string> = new Map();
	private cached: ModuleGraph | null = null;

	constructor(
		pruning: Pruning,
		roots: readonly ModuleVersion[],
		direct: ReadonlySet<string>,
		main: readonly ModuleVersion[],
		read: ReadSummary,
	) {
		this.pruning = pruning;
		this.roots = roots;
		this.direct = direct;
		this.main = main;
		this.read = read;
		for (const r of roots) {
			const v = this.highest.get(r.path);
			if (v === undefined || compareVersions(r.path, v, r.version) < 0) this.highest.set(r.path, r.version);
		}
	}

	with(change: { pruning?: Pruning; roots?: readonly ModuleVersion[]; direct?: ReadonlySet<string> }): Requirements {
		const roots = change.roots === undefined ? this.roots : sortModules([...change.roots]);
		return new Requirements(change.pruning ?? this.pruning, roots, change.direct ?? this.direct, this.main, this.read);
	}

	/** The version of a path among main modules and roots alone; undefined when it is not there. */
	rootSelected(path: string): string | undefined {
		if (this.main.some((m) => m.path === path)) return "";
		return this.highest.get(path);
	}

	get goVersion(): string {
		return this.highest.get("go") ?? "1.16";
	}

	get hasRedundantRoot(): boolean {
		return this.roots.some((r, i) => this.main.some((m) => m.path === r.path) || (i > 0 && r.path === this.roots[i - 1].path));
	}

	get graphLoaded(): boolean {
		return this.cached !== null;
	}

	/** The whole graph; its `complete` says whether all of it was known. */
	graph(): ModuleGraph {
		if (this.cached !== null) return this.cached;
		const graph = loadGraph(this.main, this.roots, this.pruning, this.read);
		if (graph.complete) this.cached = graph;
		return graph;
	}
}

/** Loads a graph. unprune: keys of modules whose go.mod is read though it would be pruned out. */
export function loadGraph(
	main: readonly ModuleVersion[],
	roots: readonly ModuleVersion[],
	pruning: Pruning,
	read: ReadSummary,
	unprune: ReadonlySet<string> = new Set(),
): ModuleGraph {
	const graph = new ModuleGraph(pruning === "workspace" ? [...main] : main);
	if (pruning !== "workspace") graph.require(main[0], roots);
	const seen = new Set<string>();
	const queue: { m: ModuleVersion; pruning: Pruning }[] = [];
	const enqueue = (m: ModuleVersion, p: Pruning): void => {
		const key = `${p} ${moduleKey(m)}`;
		if (m.version === "none" || seen.has(key)) return;
		seen.add(key);
		queue.push({ m, pruning: p });
	};
	const drain = (): void => {
		for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
			const summary = read(next.m);
			if (summary === null) {
				graph.complete = false;
				continue;
			}
			if (summary.error !== "") {
				graph.fail(next.m, summary);
				continue;
			}
			graph.require(next.m, summary.require);
			const below = next.pruning === "unpruned" ? "unpruned" : summary.pruning;
			const cut = next.pruning === "pruned" && summary.pruning !== "unpruned";
			for (const r of summary.require) if (!cut || unprune.has(moduleKey(r))) enqueue(r, below);
		}
	};
	for (const m of roots) enqueue(m, pruning);
	drain();
	if (pruning === "workspace") expandWorkspace(graph, roots, enqueue, drain);
	return graph;
}

/**
 * In a workspace the selected version of every module that is near the roots is read too, because another module of the workspace may
 * have raised it.
 */
function expandWorkspace(
	graph: ModuleGraph,
	roots: readonly ModuleVersion[],
	enqueue: (m: ModuleVersion, p: Pruning) => void,
	drain: () => void,
): void {
	const near = new Set(roots.map((m) => m.path));
	const done = new Set<string>();
	for (;;) {
		const more = new Map<string, ModuleVersion>();
		for (const path of near) {
			const m = { path, version: graph.selected(path) };
			if (!done.has(moduleKey(m))) {
				more.set(moduleKey(m), m);
				continue;
			}
			for (const r of graph.requiredBy(m) ?? []) {
				const s = { path: r.path, version: graph.selected(r.path) };
				if (compareVersions(r.path, s.version, r.version) > 0 && !done.has(moduleKey(s))) more.set(moduleKey(s), s);
			}
		}
		if (more.size === 0) return;
		for (const [key, m] of more) {
			enqueue(m, "workspace");
			done.add(key);
			near.add(m.path);
		}
		drain();
	}
}

/**
 * The fewest requirements of `main` that give the same build list as `roots`, among them the selected version of every path in `base`
 * (algorithm R of https://research.swtch.com/vgo-mvs). Errors of go.mod files are given by `fail`.
 */
export function minimalRequirements(
	main: ModuleVersion,
	base: readonly string[],
	roots: readonly ModuleVersion[],
	read: ReadSummary,
): { list: ModuleVersion[]; graph: ModuleGraph } {
	const graph = loadGraph([main], roots, "unpruned", read);
	const order: ModuleVersion[] = [];
	const seen = new Set<string>([moduleKey(main)]);
	const visit = (m: ModuleVersion): void => {
		if (seen.has(moduleKey(m))) return;
		seen.add(moduleKey(m));
		for (const r of graph.requiredBy(m) ?? []) visit(r);
		order.push(m);
	};
	for (const m of graph.buildList()) visit(m);
	const have = new Set<string>();
	const cover = (m: ModuleVersion): void => {
		if (have.has(moduleKey(m))) return;
		have.add(moduleKey(m));
		for (const r of graph.requiredBy(m) ?? []) cover(r);
	};
	const list: ModuleVersion[] = [];
	const take = (m: ModuleVersion): void => {
		list.push(m);
		cover(m);
	};
	for (const path of new Set(base)) {
		const version = graph.selected(path);
		if (version !== "none") take({ path, version });
	}
	for (const m of order.reverse()) {
		if (graph.selected(m.path) !== m.version || have.has(moduleKey(m))) continue;
		take(m);
	}
	return { list: sortModules(list), graph };
}
