// Changing selected versions: upgrades that may be given up, versions that must come out exactly. What requires too much is lowered, or
// removed, until all of it holds (https://research.swtch.com/vgo-mvs, "downgrade", with graph pruning).

import {
	compareVersions,
	loadGraph,
	minimalRequirements,
	type ModuleGraph,
	moduleKey,
	type ModuleVersion,
	type Pruning,
	pruningFor,
	type Requirements,
	sameModule,
	sortModules,
	toolchainVersion,
} from "#modfile";
import { allowedBy, versionsOf } from "./query.ts";
import { checkGraph, convertPruning } from "./roots.ts";
import type { ModuleState } from "./state.ts";

/** A way from a wanted version to a requirement that rules it out. */
export interface Conflict {
	path: ModuleVersion[];
	/** The version that was asked for, unless error says that a go.mod could not be read. */
	constraint: ModuleVersion | null;
	error: string;
}

export function conflictSummary(c: Conflict): string {
	const first = moduleKey(c.path[0]);
	const last = c.path[c.path.length - 1];
	if (c.path.length === 1) return c.error !== "" ? `${first}: ${c.error}` : `${first} is above ${c.constraint?.version}`;
	const adverb = c.path.length > 2 ? "indirectly " : "";
	if (c.error !== "") return `${first} ${adverb}requires ${moduleKey(last)}: ${c.error}`;
	return `${first} ${adverb}requires ${moduleKey(last)}, but ${c.constraint?.version} is requested`;
}

/** Every module that its own requirements are not the ones asked for: "a requires b requires c". */
export function conflictText(c: Conflict): string {
	let out = moduleKey(c.path[0]);
	if (c.path.length === 1) out += " found";
	else for (const m of c.path.slice(1)) out += ` requires\n\t${moduleKey(m)}`;
	if (c.constraint !== null) out += `, but ${c.constraint.version} is requested`;
	return c.error === "" ? out : `${out}: ${c.error}`;
}

/** The way from m to what rules it out; null when nothing does. */
function problemOf(
	state: ModuleState,
	graph: ModuleGraph,
	m: ModuleVersion,
	pruning: Pruning,
	max: ReadonlyMap<string, string>,
	extended: ReadonlySet<string>,
): { path: ModuleVersion[]; error: string } | null {
	const over = (r: ModuleVersion): boolean => {
		const v = max.get(r.path);
		return v !== undefined && compareVersions(r.path, r.version, v) > 0;
	};
	const from = new Map<string, ModuleVersion | null>([[moduleKey(m), null]]);
	const queue: { m: ModuleVersion; deep: boolean }[] = [{ m, deep: true }];
	const way = (end: ModuleVersion): ModuleVersion[] => {
		const path: ModuleVersion[] = [];
		for (let at: ModuleVersion | null = end; at !== null; at = from.get(moduleKey(at)) ?? null) path.unshift(at);
		return path;
	};
	for (let i = 0; i < queue.length; i++) {
		const { m: at, deep } = queue[i];
		if (over(at)) return { path: way(at), error: "" };
		if (!deep) continue;
		const summary = graph.requiredBy(at) === undefined && at !== m ? null : state.summary(at);
		if (summary === null) continue;
		if (summary.error !== "") return { path: way(at), error: summary.error };
		// Below a pruned module only what it names itself counts, and what lies below a version that would become a root.
		const down = pruning === "unpruned" || summary.pruning === "unpruned";
		for (const r of summary.require) {
			if (from.has(moduleKey(r))) continue;
			from.set(moduleKey(r), at);
			queue.push({ m: r, deep: down || extended.has(moduleKey(r)) });
		}
	}
	return null;
}

/** The next lower version that may be used; "none" below the lowest. Null while unknown. */
function previousVersion(state: ModuleState, m: ModuleVersion): string | null {
	if (m.path === "go" || m.path === "toolchain") return "none";
	const list = versionsOf(state, m.path);
	if (list === null) return null;
	if (!list.ok) return "none";
	const allowed = allowedBy(state);
	for (const v of [...list.value].reverse()) {
		if (compareVersions(m.path, v, m.version) >= 0) continue;
		const may = allowed({ path: m.path, version: v });
		if (may === null) return null;
		if (may === "") return v;
	}
	return "none";
}

export interface Edited {
	req: Requirements;
	changed: boolean;
	conflicts: Conflict[];
}

/** Computes over what is known: callers settle. */
export function editRequirements(
	state: ModuleState,
	original: Requirements,
	upgrade: readonly ModuleVersion[],
	must: readonly ModuleVersion[],
): Edited {
	let req = original;
	let pruning: Pruning = req.pruning;
	for (const m of must) {
		if (m.path === "go") pruning = pruningFor(m.version);
		else if (m.path === "toolchain" && toolchainVersion(m.version) !== "" && pruningFor(toolchainVersion(m.version)) === "unpruned")
			pruning = "unpruned";
	}
	const nothing: Edited = { req: original, changed: false, conflicts: [] };
	if (pruning !== req.pruning) req = convertPruning(state, req, pruning);
	const chosen = new Map<string, string>();
	if (pruning === "pruned") for (const r of req.roots) chosen.set(r.path, req.rootSelected(r.path) as string);
	else {
		const graph = req.graph();
		checkGraph(state, graph);
		for (const m of graph.buildList().slice(graph.start.length)) chosen.set(m.path, m.version);
	}
	if (state.store.wants.pending) return nothing;
	for (const m of upgrade) {
		const v = chosen.get(m.path);
		if (v === undefined || compareVersions(m.path, v, m.version) < 0) chosen.set(m.path, m.version);
	}
	const max = new Map<string, string>();
	const conflicts: Conflict[] = [];
	for (const m of must) {
		const v = max.get(m.path);
		if (v !== undefined && v !== m.version) {
			const other = { path: m.path, version: v };
			const higher = compareVersions(m.path, v, m.version) > 0;
			conflicts.push({ path: [higher ? other : m], constraint: higher ? m : other, error: "" });
			continue;
		}
		max.set(m.path, m.version);
		chosen.set(m.path, m.version);
	}
	const rejected = new Set<string>();
	const main = [{ path: state.main.path, version: "" }];
	let roots: ModuleVersion[] = [];
	for (let dirty = conflicts.length === 0; dirty; ) {
		dirty = false;
		roots = sortModules([...chosen].filter(([, v]) => v !== "none").map(([path, version]) => ({ path, version })));
		const { graph, raised: extended } = extendGraph(state, main, roots, pruning, chosen);
		for (const m of roots) extended.add(moduleKey(m));
		if (!graph.complete) return nothing;
		for (const m of roots) {
			const problem = problemOf(state, graph, m, pruning, max, extended);
			if (state.store.wants.pending) return nothing;
			if (problem === null) continue;
			const last = problem.path[problem.path.length - 1];
			const constraint = problem.error === "" ? { path: last.path, version: max.get(last.path) as string } : null;
			const conflict: Conflict = { ...problem, constraint };
			if (max.get(m.path) === m.version) {
				conflicts.push(conflict);
				continue;
			}
			const selected = { path: m.path, version: graph.selected(m.path) };
			if (
				selected.version !== m.version &&
				!rejected.has(moduleKey(selected)) &&
				problemOf(state, graph, selected, pruning, max, extended) === null
			)
				continue;
			const before = original.graph().selected(m.path);
			if (conflict.error !== "" && before === m.version) {
				conflicts.push(conflict);
				continue;
			}
			const lower = lowerVersion(state, graph, m, before, pruning, max, extended, rejected);
			if (lower === null) return nothing;
			chosen.set(m.path, lower);
			dirty = true;
			if (conflict.error !== "") {
				const action = lower === "none" ? `removing ${moduleKey(m)}` : `${lower === before ? "restoring" : "trying"} ${m.path}@${lower}`;
				state.options.log(`go: ${conflictSummary(conflict)}\n\t${action}`);
			}
		}
		if (conflicts.length > 0) break;
		if (dirty) continue;
		for (const [path, version] of chosen) {
			const actual = graph.selected(path);
			if (max.has(path) || actual === version) continue;
			chosen.set(path, actual);
			dirty = true;
		}
	}
	if (conflicts.length > 0) return { req: original, changed: false, conflicts };
	return finish(state, original, req, pruning, roots, must);
}

/** The graph with the go.mod files of all versions that roots were raised to. */
function extendGraph(
	state: ModuleState,
	main: readonly ModuleVersion[],
	roots: readonly ModuleVersion[],
	pruning: Pruning,
	chosen: ReadonlyMap<string, string>,
): { graph: ModuleGraph; raised: Set<string> } {
	const raised = new Set<string>();
	for (;;) {
		const graph = loadGraph(main, roots, pruning, (m) => state.summary(m), raised);
		if (pruning === "unpruned" || !graph.complete) return { graph, raised };
		const before = raised.size;
		for (const path of chosen.keys()) {
			const m = { path, version: graph.selected(path) };
			if (m.version !== "none" && graph.requiredBy(m) === undefined) raised.add(moduleKey(m));
		}
		if (raised.size === before) return { graph, raised };
	}
}

function lowerVersion(
	state: ModuleState,
	graph: ModuleGraph,
	m: ModuleVersion,
	before: string,
	pruning: Pruning,
	max: ReadonlyMap<string, string>,
	extended: ReadonlySet<string>,
	rejected: Set<string>,
): string | null {
	rejected.add(moduleKey(m));
	let prev = m;
	for (;;) {
		let version = previousVersion(state, prev);
		if (version === null) return null;
		// What was in use before counts, listed or not.
		if (compareVersions(m.path, prev.version, before) > 0 && compareVersions(m.path, version, before) < 0) version = before;
		prev = { path: m.path, version };
		if (version === "none") return version;
		if (rejected.has(moduleKey(prev))) continue;
		const problem = problemOf(state, graph, prev, pruning, max, extended);
		if (state.store.wants.pending) return null;
		if (problem === null) return version;
		rejected.add(moduleKey(prev));
	}
}

function finish(
	state: ModuleState,
	original: Requirements,
	req: Requirements,
	pruning: Pruning,
	found: readonly ModuleVersion[],
	must: readonly ModuleVersion[],
): Edited {
	let roots = [...found];
	if (pruning === "unpruned") {
		const base = must.filter((m) => m.version !== "none" && !state.isMain(m.path)).map((m) => m.path);
		for (const m of roots) {
			const v = req.rootSelected(m.path);
			if (v !== undefined && (v === m.version || req.direct.has(m.path))) base.push(m.path);
		}
		const { list, graph } = minimalRequirements({ path: state.main.path, version: "" }, base, roots, (m) => state.summary(m));
		checkGraph(state, graph);
		roots = list;
	}
	const same =
		pruning === original.pruning && roots.length === original.roots.length && roots.every((r, i) => sameModule(r, original.roots[i]));
	if (same) return { req: original, changed: false, conflicts: [] };
	const direct = new Set([...req.direct].filter((path) => roots.some((r) => r.path === path)));
	let edited = req.with({ pruning, roots, direct });
	if (pruning === "unpruned" && pruningFor(edited.goVersion) === "pruned") edited = convertPruning(state, edited, "pruned");
	return { req: edited, changed: true, conflicts: [] };
}
