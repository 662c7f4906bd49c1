// What go.mod has to require (https://go.dev/ref/mod#go-mod-file-updates, #lazy-loading). Everything is computed over what is known
// (wants.ts): callers settle.
//
// In a pruned module (go >= 1.17) every module that provides a package which the main module's packages and tests import, however
// indirectly, is a root at its selected version. In an older one the roots are as few as give the same build list, and the direct ones.

import {
	compareVersions,
	minimalRequirements,
	type ModuleVersion,
	type Pruning,
	type Requirements,
	sameModule,
	sortModules,
} from "#modfile";
import { UserError } from "../env.ts";
import type { ModuleState } from "./state.ts";

/** A loaded package, as far as requirements care. */
export interface PackageUse {
	path: string;
	/** null: standard library, or not found. */
	mod: ModuleVersion | null;
	alt: readonly ModuleVersion[];
	/** A package or test of the main module imports it, however indirectly. */
	inAll: boolean;
	isRoot: boolean;
	fromRoot: boolean;
	imports: readonly PackageUse[];
	test: PackageUse | null;
}

export interface RootsUpdate {
	direct: ReadonlySet<string>;
	packages?: readonly PackageUse[];
	add?: readonly ModuleVersion[];
	/** The roots of the package graph count as imported (go get). */
	rootsImported?: boolean;
}

/** go.mod must not be changed, and it does not do. */
export class DirtyGoMod extends UserError {}

export function dirty(state: ModuleState): DirtyGoMod {
	if (state.modExplicit)
		return new DirtyGoMod(`go: updates to go.mod needed, disabled by -mod=${state.buildMod}; to update it:\n\tgo mod tidy`);
	if (state.modReason !== "")
		return new DirtyGoMod(
			`go: updates to go.mod needed, disabled by -mod=${state.buildMod}\n\t(${state.modReason})\n\tto update it:\n\tgo mod tidy`,
		);
	return new DirtyGoMod("go: updates to go.mod needed; to update it:\n\tgo mod tidy");
}

/** Whether go.mod is to be taken as it is. */
function fixed(state: ModuleState): boolean {
	return state.hasModRoot && state.buildMod !== "mod" && !state.inWorkspace;
}

export function isExternal(state: ModuleState, p: PackageUse): p is PackageUse & { mod: ModuleVersion } {
	return p.mod !== null && p.mod.path !== "" && !state.isMain(p.mod.path);
}

function sameRoots(a: readonly ModuleVersion[], b: readonly ModuleVersion[]): boolean {
	return a.length === b.length && a.every((m, i) => sameModule(m, b[i]));
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
	return a.size === b.size && [...a].every((x) => b.has(x));
}

/** Throws the graph's error, unless something is still wanted. */
export function checkGraph(state: ModuleState, graph: ReturnType<Requirements["graph"]>): void {
	if (state.store.wants.pending) return;
	const error = graph.error();
	if (error !== "") throw new UserError(`go: ${error}`);
}

export function updateRoots(state: ModuleState, req: Requirements, change: RootsUpdate): Requirements {
	if (req.pruning === "workspace") return req.with({ direct: change.direct });
	return req.pruning === "pruned" ? updatePruned(state, req, change) : updateUnpruned(state, req, change);
}

function updatePruned(state: ModuleState, old: Requirements, change: RootsUpdate): Requirements {
	let req = old;
	let roots: ModuleVersion[] = [...req.roots];
	let raised = false;
	const spotCheck: ModuleVersion[] = [];
	const paths = new Set<string>();
	for (const p of change.packages ?? []) {
		if (!isExternal(state, p)) continue;
		if (!p.inAll && !p.isRoot && !(change.rootsImported && p.fromRoot)) continue;
		if (req.rootSelected(p.mod.path) !== undefined) spotCheck.push(p.mod);
		else if (!paths.has(`${p.mod.path}@${p.mod.version}`)) {
			paths.add(`${p.mod.path}@${p.mod.version}`);
			roots.push(p.mod);
			raised = true;
		}
	}
	for (const m of change.add ?? []) {
		const v = req.rootSelected(m.path);
		if (v !== undefined && compareVersions(m.path, v, m.version) >= 0) continue;
		roots.push(m);
		raised = true;
	}
	sortModules(roots);
	// Every root at the version that is selected: raising one may raise others.
	for (;;) {
		let graph: ReturnType<Requirements["graph"]> | null = null;
		if (raised) {
			if (fixed(state)) throw dirty(state);
			req = req.with({ roots, direct: change.direct });
			graph = req.graph();
		} else if (req.graphLoaded || !rootsHold(state, req, spotCheck)) graph = req.graph();
		if (graph !== null) {
			checkGraph(state, graph);
			if (!graph.complete) return req;
		}
		const next: ModuleVersion[] = [];
		const have = new Set(state.mains.map((m) => m.path));
		raised = false;
		for (const m of req.roots) {
			if (have.has(m.path)) continue;
			have.add(m.path);
			const version = graph === null ? (req.rootSelected(m.path) as string) : graph.selected(m.path);
			next.push({ path: m.path, version });
			if (version !== m.version) raised = true;
		}
		roots = next;
		if (raised) continue;
		if (state.buildMod !== "mod") return req;
		if (sameRoots(roots, req.roots) && sameSet(change.direct, req.direct)) return req;
		return req.with({ roots, direct: change.direct });
	}
}

/** Whether the roots satisfy what these modules' own go.mod files require. */
function rootsHold(state: ModuleState, req: Requirements, mods: readonly ModuleVersion[]): boolean {
	for (const m of mods) {
		const summary = state.summary(m);
		if (summary === null) continue; // wanted: asked again
		if (summary.error !== "") return false;
		for (const r of summary.require) {
			const v = req.rootSelected(r.path);
			if (v !== undefined && compareVersions(r.path, v, r.version) < 0) return false;
		}
	}
	return true;
}

function updateUnpruned(state: ModuleState, req: Requirements, change: RootsUpdate): Requirements {
	const graph = req.graph();
	checkGraph(state, graph);
	if (!graph.complete) return req;
	if (fixed(state)) {
		const wrong = [...req.roots, ...(change.add ?? [])].some((m) => graph.selected(m.path) !== m.version);
		const unlisted = [...change.direct].some((path) => req.rootSelected(path) === undefined);
		if (wrong || unlisted) throw dirty(state);
		return req;
	}
	const base: string[] = [];
	for (const m of req.roots) if (graph.selected(m.path) === m.version && !base.includes(m.path)) base.push(m.path);
	const keep = [...graph.buildList().slice(graph.start.length), ...(change.add ?? [])];
	for (const m of keep) if (change.direct.has(m.path) && !base.includes(m.path)) base.push(m.path);
	const { list, graph: full } = minimalRequirements({ path: state.main.path, version: "" }, base, keep, (m) => state.summary(m));
	checkGraph(state, full);
	if (!full.complete) return req;
	if (req.pruning === "unpruned" && sameRoots(list, req.roots) && sameSet(change.direct, req.direct)) return req;
	return req.with({ pruning: "unpruned", roots: list, direct: change.direct });
}

/** The same build list under the other rule. */
export function convertPruning(state: ModuleState, req: Requirements, pruning: Pruning): Requirements {
	if (req.pruning === pruning || req.pruning === "workspace") return req;
	if (pruning === "unpruned") return updateUnpruned(state, req, { direct: req.direct });
	const graph = req.graph();
	checkGraph(state, graph);
	if (!graph.complete) return req;
	return req.with({ pruning: "pruned", roots: graph.buildList().slice(graph.start.length) });
}

/** The fewest roots that keep the versions of all these packages and hold to the rule of the module's go version. */
export function tidyRoots(state: ModuleState, req: Requirements, packages: readonly PackageUse[]): Requirements {
	return req.pruning === "unpruned" ? tidyUnpruned(state, req, packages) : tidyPruned(state, req, packages);
}

function toolchainRoots(req: Requirements): ModuleVersion[] {
	const out: ModuleVersion[] = [];
	for (const path of ["go", "toolchain"]) {
		const version = req.rootSelected(path);
		if (version !== undefined) out.push({ path, version });
	}
	return out;
}

function tidyPruned(state: ModuleState, old: Requirements, packages: readonly PackageUse[]): Requirements {
	let roots = toolchainRoots(old);
	const rootPaths = new Set([state.main.path, ...roots.map((r) => r.path)]);
	let queue: PackageUse[] = [];
	const queued = new Set<PackageUse>();
	const promote = (m: ModuleVersion): void => {
		roots.push(m);
		rootPaths.add(m.path);
	};
	for (const p of packages) {
		if (!p.inAll) continue;
		if (isExternal(state, p) && !rootPaths.has(p.mod.path)) promote(p.mod);
		queue.push(p);
		queued.add(p);
	}
	let tidy = old.with({ pruning: "pruned", roots });
	// Outwards from "all", a distance at a time: tests of dependencies may need versions that nothing so far brings in.
	while (queue.length > 0) {
		const graph = tidy.graph();
		checkGraph(state, graph);
		if (!graph.complete) return tidy;
		roots = [...tidy.roots];
		const next: PackageUse[] = [];
		for (const p of queue) {
			if (p.mod === null || p.mod.path === "") continue;
			for (const dep of p.test === null ? p.imports : [...p.imports, p.test]) {
				if (queued.has(dep)) continue;
				queued.add(dep);
				next.push(dep);
			}
			if (!rootPaths.has(p.mod.path) && compareVersions(p.mod.path, graph.selected(p.mod.path), p.mod.version) < 0) promote(p.mod);
		}
		queue = next;
		if (roots.length > tidy.roots.length) tidy = tidy.with({ roots });
	}
	// Imports that only a root told apart must still be told apart.
	for (;;) {
		const graph = tidy.graph();
		checkGraph(state, graph);
		if (!graph.complete) return tidy;
		roots = [...tidy.roots];
		for (const p of packages) {
			if (p.mod === null || p.mod.path === "" || rootPaths.has(p.mod.path)) continue;
			if (state.locate(p.path, tidy).kind === "ambiguous") promote(p.mod);
		}
		if (roots.length === tidy.roots.length) return tidy;
		tidy = tidy.with({ roots });
	}
}

function tidyUnpruned(state: ModuleState, old: Requirements, packages: readonly PackageUse[]): Requirements {
	const keep = toolchainRoots(old);
	const kept = new Set(keep.map((m) => m.path));
	const base: string[] = [];
	const alt = new Map<string, string>();
	for (const p of packages) {
		if (!isExternal(state, p)) continue;
		if (!kept.has(p.mod.path)) {
			kept.add(p.mod.path);
			keep.push(p.mod);
			if (old.direct.has(p.mod.path)) base.push(p.mod.path);
		}
		for (const m of p.alt) alt.set(m.path, m.version);
	}
	const main = { path: state.main.path, version: "" };
	const read = (m: ModuleVersion): ReturnType<ModuleState["summary"]> => state.summary(m);
	let found = minimalRequirements(main, base, keep, read);
	checkGraph(state, found.graph);
	// A module that might have had a package must not be lowered: it would have to be looked into again.
	const lowered: ModuleVersion[] = [];
	for (const m of found.graph.buildList()) {
		const v = alt.get(m.path);
		if (v !== undefined && compareVersions(m.path, m.version, v) < 0) lowered.push({ path: m.path, version: v });
	}
	if (lowered.length > 0) {
		found = minimalRequirements(main, base, [...keep, ...lowered], read);
		checkGraph(state, found.graph);
	}
	return old.with({ pruning: "unpruned", roots: found.list });
}
