// The main module and the modules that its packages come from: go.mod found from
// a directory upwards, versions selected, module directories in the module cache,
// in a replacement or in vendor/. Fetching is not done here: what is not in the
// cache is reported.

import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { compareGoVersion, compareSemver, escapePath, type GoMod, isLocalPath, parseGoMod } from "#modfile";
import { UserError } from "./env.ts";

export interface Module {
	path: string;
	/** "" for the main module. */
	version: string;
	/** "" when it is not in the cache. */
	dir: string;
	main: boolean;
	/** Language version of its go.mod: "1.26". */
	goVersion: string;
	replace: { path: string; version: string } | null;
}

export interface ModuleSet {
	/** null: no go.mod; packages are files given as arguments or the standard library. */
	main: Module | null;
	gomod: GoMod | null;
	/** Path of go.mod, "" without one. */
	gomodFile: string;
	/** Selected modules by path, the main module included. */
	list: Map<string, Module>;
	/** Import paths that vendor/modules.txt provides, to the module they come from; null when not in vendor mode. */
	vendored: Map<string, Module> | null;
}

export type ModMode = "mod" | "readonly" | "vendor" | "";

/** Language version of a go.mod: "1.21" of "1.21.3"; 1.16 without a go line. */
export function languageVersion(go: string): string {
	const m = /^(\d+)\.(\d+)/.exec(go);
	return m === null ? "1.16" : `${m[1]}.${m[2]}`;
}

export function readGoMod(file: string): GoMod {
	const parsed = parseGoMod(file, readFileSync(file, "utf8"));
	if (parsed.errors.length > 0) throw new UserError(`go: errors parsing ${file}:\n${parsed.errors.join("\n")}`);
	return parsed.mod;
}

/** The go.mod that governs dir, or "". */
export function findGoMod(dir: string): string {
	for (let d = resolve(dir); ; d = dirname(d)) {
		if (existsSync(join(d, "go.mod"))) return join(d, "go.mod");
		if (dirname(d) === d) return "";
	}
}

export function loadModules(cwd: string, modcache: string, mode: ModMode): ModuleSet {
	const gomodFile = findGoMod(cwd);
	if (gomodFile === "") return { main: null, gomod: null, gomodFile, list: new Map(), vendored: null };
	const gomod = readGoMod(gomodFile);
	if (gomod.module === "")
		throw new UserError(
			`go: error reading go.mod: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod`,
		);
	const root = dirname(gomodFile);
	const main: Module = { path: gomod.module, version: "", dir: root, main: true, goVersion: languageVersion(gomod.go), replace: null };
	const set: ModuleSet = { main, gomod, gomodFile, list: new Map([[main.path, main]]), vendored: null };
	const vendorFile = join(root, "vendor", "modules.txt");
	const useVendor = mode === "vendor" || (mode === "" && existsSync(vendorFile) && compareGoVersion(main.goVersion, "1.14") >= 0);
	if (useVendor) {
		if (!existsSync(vendorFile)) throw new UserError(`go: inconsistent vendoring in ${root}:\n\tvendor/modules.txt: no such file`);
		set.vendored = readVendor(set, vendorFile, root);
	} else {
		selectVersions(set, root, modcache);
	}
	return set;
}

/** Applies the main module's replace directives. */
function replaced(gomod: GoMod, path: string, version: string): { path: string; version: string } | null {
	const exact = gomod.replace.find((r) => r.old.path === path && r.old.version === version);
	return (exact ?? gomod.replace.find((r) => r.old.path === path && r.old.version === ""))?.with ?? null;
}

function gomodOf(gomod: GoMod, root: string, modcache: string, path: string, version: string): string {
	const r = replaced(gomod, path, version);
	if (r !== null && isLocalPath(r.path)) return join(isAbsolute(r.path) ? r.path : join(root, r.path), "go.mod");
	const at = r ?? { path, version };
	return join(modcache, "cache", "download", escapePath(at.path), "@v", `${escapePath(at.version)}.mod`);
}

/**
 * Minimal version selection (https://go.dev/ref/mod#minimal-version-selection). From go 1.17 on the main
 * go.mod lists every module that provides a package, so only modules it names are read (graph pruning).
 */
function selectVersions(set: ModuleSet, root: string, modcache: string): void {
	const gomod = set.gomod as GoMod;
	const pruned = compareGoVersion(set.main?.goVersion ?? "1.16", "1.17") >= 0;
	const chosen = new Map<string, string>();
	const queue = gomod.require.map((r) => ({ path: r.path, version: r.version }));
	const excluded = new Set(gomod.exclude.map((x) => `${x.path}@${x.version}`));
	const seen = new Set<string>();
	while (queue.length > 0) {
		const { path, version } = queue.pop() as { path: string; version: string };
		if (path === gomod.module || excluded.has(`${path}@${version}`) || seen.has(`${path}@${version}`)) continue;
		seen.add(`${path}@${version}`);
		const old = chosen.get(path);
		if (old === undefined || compareSemver(old, version) < 0) chosen.set(path, version);
		if (pruned) continue;
		const file = gomodOf(gomod, root, modcache, path, version);
		if (existsSync(file)) queue.push(...readGoMod(file).require);
	}
	for (const [path, version] of [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))) {
		set.list.set(path, locate(gomod, root, modcache, path, version));
	}
}

function locate(gomod: GoMod, root: string, modcache: string, path: string, version: string): Module {
	const r = replaced(gomod, path, version);
	const at = r ?? { path, version };
	const dir =
		isLocalPath(at.path) && r !== null
			? isAbsolute(at.path)
				? at.path
				: join(root, at.path)
			: join(modcache, `${escapePath(at.path)}@${escapePath(at.version)}`);
	const own = join(dir, "go.mod");
	const go = existsSync(own) ? languageVersion(readGoMod(own).go) : "1.16";
	return { path, version, dir: existsSync(dir) ? dir : "", main: false, goVersion: go, replace: r };
}

/** vendor/modules.txt: "# path version [=> path [version]]", "## explicit; go 1.x", package lines. */
function readVendor(set: ModuleSet, file: string, root: string): Map<string, Module> {
	const provided = new Map<string, Module>();
	const explicit = new Set<string>();
	let current: Module | null = null;
	for (const line of readFileSync(file, "utf8").split("\n")) {
		const m = /^# (\S+)(?: (v\S+))?(?: => (\S+)(?: (v\S+))?)?$/.exec(line);
		if (m !== null) {
			const replace = m[3] === undefined ? null : { path: m[3], version: m[4] ?? "" };
			current = { path: m[1], version: m[2] ?? "", dir: join(root, "vendor", m[1]), main: false, goVersion: "1.16", replace };
			if (m[2] !== undefined) set.list.set(current.path, current);
		} else if (line.startsWith("## ") && current !== null) {
			if (/^## explicit\b/.test(line)) explicit.add(current.path);
			const go = /go (\d+\.\d+)/.exec(line);
			if (go !== null) current.goVersion = go[1];
		} else if (line !== "" && !line.startsWith("#") && current !== null) {
			provided.set(line.trim(), current);
		}
	}
	checkVendor(set, explicit, root);
	return provided;
}

/** Two-way consistency of go.mod and vendor/modules.txt (from go 1.14 on). */
function checkVendor(set: ModuleSet, explicit: Set<string>, root: string): void {
	const problems: string[] = [];
	for (const r of (set.gomod as GoMod).require) {
		const have = set.list.get(r.path);
		if (have === undefined || have.main || !explicit.has(r.path)) {
			problems.push(`\t${r.path}@${r.version}: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt`);
		} else if (have.version !== r.version) {
			problems.push(
				`\t${r.path}@${r.version}: is explicitly required in go.mod, but vendor/modules.txt indicates ${r.path}@${have.version}`,
			);
		}
	}
	const required = new Set((set.gomod as GoMod).require.map((r) => r.path));
	for (const path of explicit) {
		if (required.has(path)) continue;
		problems.push(
			`\t${path}@${set.list.get(path)?.version ?? ""}: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod`,
		);
	}
	if (problems.length === 0) return;
	const help = "\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n\t\tgo mod vendor";
	throw new UserError(`go: inconsistent vendoring in ${root}:\n${problems.join("\n")}\n\n${help}`);
}
