// Opening modules for a command, and writing back what it changed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
	addPathEntry,
	cleanupGoMod,
	compareGoVersion,
	dropEntries,
	formatModSyntax,
	isToolchainPath,
	moduleKey,
	type ModuleVersion,
	type Require,
	type Requirements,
	setGoLine,
	setRequire,
	setRequireSeparateIndirect,
	setToolchainLine,
	sumKey,
	toolchainVersion,
} from "#modfile";
import { type BuildEnv, UserError } from "../env.ts";
import { writeAtomically } from "./cache.ts";
import { withFileLock } from "./lock.ts";
import { resolveVersion } from "./query.ts";
import { convertPruning, dirty as dirtyGoMod, updateRoots } from "./roots.ts";
import { ModuleState, type OpenOptions } from "./state.ts";
import { settle } from "./wants.ts";

/** Opens the modules that a command in cwd works on. Versions in go.mod that are none (a branch) are looked up. */
export async function openModules(env: BuildEnv, options: OpenOptions): Promise<ModuleState> {
	const state = new ModuleState(env, options);
	for (const main of state.mains) {
		if (main.file.unresolved.length === 0) continue;
		const fixed = await settle(state.store.wants, () =>
			main.file.unresolved.map((u) => ({ u, got: resolveVersion(state, u.path, u.version) })),
		);
		for (const { u, got } of fixed) {
			if (got === null) continue;
			if (!got.ok) throw new UserError(`go: errors parsing ${state.short(main.gomod)}:\n${got.error}`);
			u.set(got.value.Version);
		}
		state.reread(main);
		if (main.file.errors.length > 0) throw new UserError(`go: errors parsing ${state.short(main.gomod)}:\n${main.file.errors.join("\n")}`);
		state.reset();
	}
	if (state.inWorkspace || !state.hasModRoot) return state;
	if (state.vendor === null && state.requirements.hasRedundantRoot)
		state.requirements = await settle(state.store.wants, () =>
			updateRoots(state, state.requirements, { direct: state.requirements.direct }),
		);
	return state;
}

/** Adds the go line that a go.mod without one gets when it is written. */
export async function addGoLine(state: ModuleState, version: string): Promise<void> {
	const main = state.main;
	if (!state.hasModRoot || state.inWorkspace || main.file.mod.go !== "") return;
	setGoLine(main.file.syntax, version);
	state.reread(main);
	const roots = state.requirements.roots.filter((r) => r.path !== "go");
	state.requirements = state.requirements.with({ roots: [...roots, { path: "go", version }] });
	if (compareGoVersion(version, "1.17") >= 0)
		state.requirements = await settle(state.store.wants, () => convertPruning(state, state.requirements, "pruned"));
}

export interface WriteOptions {
	addTools?: readonly string[];
	dropTools?: readonly string[];
	dropToolchain?: boolean;
	explicitToolchain?: boolean;
}

/** The text that go.mod gets from the requirements, and whether it says something else than before. */
export function updatedGoMod(state: ModuleState, options: WriteOptions = {}): { text: string; dirty: boolean } {
	const main = state.main;
	const syntax = main.file.syntax;
	const before = main.file.mod;
	let go = "";
	let toolchain = "";
	const list: Require[] = [];
	for (const r of state.requirements.roots) {
		if (r.path === "go") go = r.version;
		else if (r.path === "toolchain") toolchain = r.version;
		else list.push({ ...r, indirect: !state.requirements.direct.has(r.path) });
	}
	if (compareGoVersion(go, state.settings.goVersion) > 0) throw new UserError(`go: ${state.tooNew("updating go.mod", go)}`);
	if (before.go !== go && !(before.go === "" && go === "1.16" && state.buildMod !== "mod")) setGoLine(syntax, go);
	if (toolchain === "") toolchain = `go${go}`;
	const number = toolchainVersion(toolchain);
	const old = number === "" || compareGoVersion(number, "1.21") < 0;
	setToolchainLine(syntax, options.dropToolchain || toolchain === `go${go}` || (old && !options.explicitToolchain) ? "" : toolchain);
	for (const t of options.addTools ?? []) addPathEntry(syntax, "tool", t);
	for (const t of options.dropTools ?? []) dropEntries(syntax, "tool", (a) => a[0] === t);
	if (compareGoVersion(go, "1.17") < 0) setRequire(syntax, list);
	else setRequireSeparateIndirect(syntax, list);
	cleanupGoMod(syntax);
	const text = formatModSyntax(syntax);
	state.reread(main);
	const after = main.file.mod;
	const reqs = (m: typeof before): string =>
		m.require
			.map((r) => `${moduleKey(r)}${r.indirect}`)
			.sort()
			.join();
	const dirty =
		main.file.mod.go !== before.go ||
		after.toolchain !== before.toolchain ||
		reqs(after) !== reqs(before) ||
		after.tool.join() !== before.tool.join();
	return { text, dirty };
}

/** Writes go.mod when what it says changed (or, with force, when its text did). */
export async function writeGoMod(state: ModuleState, options: WriteOptions & { force?: boolean } = {}): Promise<void> {
	if (state.inWorkspace || !state.hasModRoot) return;
	const main = state.main;
	const { text, dirty } = updatedGoMod(state, options);
	if (dirty && state.buildMod !== "mod") throw dirtyGoMod(state);
	if ((!options.force && !dirty && main.text !== "") || text === main.text) return;
	await withFileLock(join(state.settings.modcache, "cache", "lock"), async () => {
		const now = existsSync(main.gomod) ? readFileSync(main.gomod, "utf8") : "";
		if (now === text) return;
		if (now !== main.text) throw new UserError("go: updating go.mod: existing contents have changed since last read");
		writeAtomically(main.gomod, text);
	});
	main.text = text;
}

/** Writes go.sum: what was there and what `keep` names of the new lines; with trim, only what `keep` names. */
export async function writeGoSum(state: ModuleState, keep: ReadonlySet<string>, trim: boolean): Promise<void> {
	const { sums } = state.store;
	if (sums.file === "" || sums.text(keep, trim) === null) return;
	const readonly = state.buildMod === "readonly" && !state.inWorkspace && state.hasModRoot;
	await withFileLock(join(state.settings.modcache, "cache", "lock"), async () => sums.write(keep, trim, readonly));
}

/** go.sum keys of a version's go.mod and, apart, of its files. */
export function sumKeys(state: ModuleState, m: ModuleVersion): { mod: string; zip: string } | null {
	if (isToolchainPath(m.path) || m.version === "" || m.version === "none") return null;
	const a = state.actual(m);
	return a.version === "" ? null : { mod: sumKey(a.path, `${a.version}/go.mod`), zip: sumKey(a.path, a.version) };
}

/** Sums that the graph needs: of every go.mod in it; with zips, of the selected modules too. */
export function graphSums(state: ModuleState, req: Requirements, zips: boolean): Set<string> {
	const keep = new Set<string>();
	const add = (m: ModuleVersion, which: "mod" | "zip"): void => {
		const keys = sumKeys(state, m);
		if (keys !== null) keep.add(keys[which]);
	};
	if (!req.graphLoaded) {
		for (const m of req.roots) {
			add(m, "mod");
			if (zips) add(m, "zip");
		}
		return keep;
	}
	const graph = req.graph();
	graph.walk((m) => {
		if (graph.requiredBy(m) !== undefined) add(m, "mod");
	});
	if (zips) {
		for (const m of graph.buildList()) {
			if (compareGoVersion(state.goVersion, "1.21") >= 0 || state.buildMod === "mod") add(m, "mod");
			add(m, "zip");
		}
	}
	return keep;
}

/** The whole module graph, made consistent in memory. */
export async function loadModuleGraph(state: ModuleState): Promise<ReturnType<Requirements["graph"]>> {
	return settle(state.store.wants, () => {
		let graph = state.requirements.graph();
		if (graph.error() !== "") throw new UserError(`go: ${graph.error()}`);
		if (!graph.complete) return graph;
		const roots = state.inWorkspace ? state.mains : state.requirements.roots;
		if (roots.some((r) => graph.selected(r.path) !== r.version)) {
			const req = updateRoots(state, state.requirements, { direct: state.requirements.direct });
			graph = req.graph();
			if (graph.complete && !state.store.wants.pending) state.requirements = req;
		}
		return graph;
	});
}
