// Modules for a build: everything that the named packages import is found, fetched and verified before packages are loaded.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { languageVersion, type ModuleVersion } from "#modfile";
import { UserError } from "../env.ts";
import { type Module, type ModuleSet, noModules } from "../module.ts";
import { addGoLine, graphSums, writeGoMod, writeGoSum } from "./open.ts";
import { type LoadedPackage, PackageLoader } from "./packages.ts";
import { isLocalPattern, matchPatterns, type PatternMatch } from "./patterns.ts";
import { importsOf } from "./scan.ts";
import { isFile, type ModuleState } from "./state.ts";
import { loadedSums } from "./tidy.ts";
import { settle } from "./wants.ts";

export interface PrepareOptions {
	/** Whether a build tag holds. */
	hasTag: (tag: string) => boolean;
	/** Patterns, or .go files; []: the current directory. */
	patterns: readonly string[];
	/** The tests of these packages too. */
	tests: boolean;
}

function moduleOf(state: ModuleState, m: ModuleVersion, known: Map<string, Module>): Module {
	const have = known.get(m.path);
	if (have !== undefined) return have;
	const r = state.replacementFrom(m);
	const main = m.version === "" ? state.mains.find((x) => x.path === m.path) : undefined;
	const vendored = state.vendor?.modules.find((v) => v.path === m.path);
	const dir = state.vendor !== null && main === undefined ? join(state.vendorDir, m.path) : "";
	const actual = state.actual(m);
	const out: Module = {
		path: m.path,
		version: m.version,
		dir,
		main: main !== undefined,
		goVersion: languageVersion(main !== undefined ? main.file.mod.go : (vendored?.go ?? "")),
		replace: r === null ? null : { path: r.to.path, version: r.to.version },
		sum: actual.version === "" ? "" : (state.store.sums.get(actual.path, actual.version)[0] ?? ""),
	};
	if (main !== undefined) out.dir = main.dir;
	else if (state.vendor === null) {
		const got = state.moduleDir(m);
		if (got?.ok) out.dir = got.dir;
		const info = state.info(m);
		if (info !== null && info.error === "") out.goVersion = languageVersion(info.goLine);
	}
	known.set(m.path, out);
	return out;
}

/** The set without packages: what is known before anything was loaded. */
function emptySet(state: ModuleState): ModuleSet {
	const set = noModules();
	set.state = state;
	if (!state.hasModRoot) return set;
	set.mains = state.mains.map((m) => moduleOf(state, { path: m.path, version: "" }, set.list));
	const here = state.containing(state.cwd) ?? state.mains[0];
	set.main = set.list.get(here.path) ?? set.mains[0];
	set.gomodFile = here.gomod;
	set.gomod = state.work?.work ?? here.file.mod;
	return set;
}

/** Imports of files that are named on the command line. */
function fileImports(cwd: string, files: readonly string[]): string[] {
	const out = new Set<string>();
	for (const f of files) {
		try {
			for (const path of importsOf(readFileSync(resolve(cwd, f)))) if (path !== "C") out.add(path);
		} catch {
			// Loading says what is wrong with the file.
		}
	}
	return [...out];
}

export async function prepareModules(state: ModuleState, options: PrepareOptions): Promise<ModuleSet> {
	const set = emptySet(state);
	const patterns = options.patterns.length === 0 ? ["."] : options.patterns;
	// As the go command: a file that is there makes all arguments files; a folder may be called x.go.
	const files = patterns.some((p) => p.endsWith(".go") && isFile(resolve(state.cwd, p)));
	if (!state.hasModRoot && !state.allowMissing) return set;
	if (state.buildMod === "mod" && state.hasModRoot && !state.inWorkspace) await addGoLine(state, state.settings.goVersion);
	const loader: PackageLoader = new PackageLoader(state, {
		tags: options.hasTag,
		roots: () => (files ? fileImports(state.cwd, patterns) : matchPatterns(state, loader, patterns).flatMap((m) => m.paths)),
		all: patterns.includes("all"),
		resolveMissing: state.buildMod === "mod",
		loadTests: options.tests,
	});
	const { packages, errors, graphErrors } = await loader.load();
	if (graphErrors.length > 0) throw new UserError(graphErrors.join("\n"));
	if (state.buildMod === "mod" && errors.length === 0) await writeGoMod(state);
	if (state.buildMod !== "vendor" && state.hasModRoot) {
		const keep = await settle(
			state.store.wants,
			() =>
				new Set([
					...loadedSums(state, state.requirements, packages, false),
					...graphSums(state, state.requirements, state.buildMod === "mod"),
				]),
		);
		if (state.buildMod === "mod" || state.inWorkspace) await writeGoSum(state, keep, false);
	}
	await settle(state.store.wants, () => fill(state, set, loader, packages));
	if (!files) {
		const matches = await settle(state.store.wants, () => matchPatterns(state, loader, patterns));
		for (const m of matches) noteMatch(set, m, packages);
	}
	return set;
}

function noteMatch(set: ModuleSet, m: PatternMatch, packages: readonly LoadedPackage[]): void {
	if (m.errors.length > 0) {
		if (!m.pattern.includes("...")) set.problems.set(m.pattern, m.errors[0]);
		else if (m.paths.length === 0) set.problems.set(m.pattern, `pattern ${m.pattern}: ${m.errors[0]}`);
		return;
	}
	const wild = m.pattern.includes("...") || ["all", "work", "tool"].includes(m.pattern);
	if (m.pattern === "all") m.paths = packages.filter((p) => p.inAll && p.testOf === null).map((p) => p.path);
	if (wild || (isLocalPattern(m.pattern) && m.paths.length === 1)) set.matches.set(m.pattern, [...new Set(m.paths)].sort());
}

function fill(state: ModuleState, set: ModuleSet, loader: PackageLoader, packages: readonly LoadedPackage[]): void {
	for (const p of packages) {
		if (p.testOf !== null || p.inStd || p.path === "C") continue;
		if (p.kind !== "ok" && p.kind !== "noGo") {
			const found = p.kind === "missing" ? state.locate(p.path) : null;
			if (p.kind === "sums") p.error = loader.sumsMessage(p);
			if (found?.kind === "missing" && p.error.startsWith("no required module")) p.error = loader.missingMessage(p, found.isStd);
			// A package that is there but breaks a rule of modules: who loads it hears of it.
			if (p.error !== "") set.places.set(p.path, p.error);
			continue;
		}
		if (p.mod === null) continue;
		const module = moduleOf(state, p.mod, set.list);
		set.places.set(p.path, { dir: p.dir, module });
		set.dirs.set(p.dir, p.path);
	}
}
