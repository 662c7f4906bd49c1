// Package patterns of the module commands to import paths.

import { existsSync, readdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { isToolchainPath, moduleKey } from "#modfile";
import { UserError } from "../env.ts";
import { isExtracted, modulePaths } from "./cache.ts";
import { moduleMatcher } from "./listing.ts";
import { type PackageLoader, packagesInModule } from "./packages.ts";
import { findUp, isDir, isFile, type ModuleState } from "./state.ts";

export function isLocalPattern(p: string): boolean {
	return p === "." || p === ".." || p.startsWith("./") || p.startsWith("../") || isAbsolute(p);
}

/** The import path of a directory, or why it has none. */
export function importPathOfDir(state: ModuleState, dir: string): { path: string; error: string } {
	const fail = (error: string): { path: string; error: string } => ({ path: "", error });
	if (!existsSync(dir)) return fail(`stat ${dir}: directory not found`);
	const src = join(state.env.goroot, "src");
	if (isDir(dir) && !readdirSync(dir).some((n) => n.endsWith(".go"))) return fail(`no Go files in ${dir}`);
	// Whether or not the main module is std: its packages are named without a module path.
	if (dir === join(src, "builtin")) return fail('"builtin" is a pseudo-package, not an importable package');
	if (dir.startsWith(`${src}/`)) return { path: dir.slice(src.length + 1), error: "" };
	for (const m of [...state.mains].sort((a, b) => b.dir.length - a.dir.length)) {
		if (m.dir === "") continue;
		if (dir === m.dir) return { path: m.path, error: "" };
		if (!dir.startsWith(`${m.dir}/`) || dir.slice(m.dir.length).includes("@")) continue;
		const rel = dir.slice(m.dir.length + 1);
		if (rel.startsWith("vendor/")) {
			if (state.buildMod !== "vendor") return fail(`without -mod=vendor, directory ${dir} has no package path`);
			const pkg = rel.slice(7);
			if (!state.vendor?.modules.some((v) => v.packages.includes(pkg)))
				return fail(`directory ${dir} is not a package listed in vendor/modules.txt`);
			return { path: pkg, error: "" };
		}
		const pkg = `${m.path}/${rel}`;
		if (!state.dirInModule(pkg, m.path, m.dir, true).ok) return fail(`main module (${m.path}) does not contain package ${pkg}`);
		return { path: pkg, error: "" };
	}
	for (const m of state.requirements.roots) {
		if (isToolchainPath(m.path) || m.version === "") continue;
		const a = state.actual(m);
		const at = a.version === "" ? null : modulePaths(state.settings.modcache, a.path, a.version);
		if (at !== null && !isExtracted(at)) continue;
		const root = at === null ? a.path : at.dir;
		if (dir === root) return { path: m.path, error: "" };
		if (dir.startsWith(`${root}/`)) return { path: `${m.path}/${dir.slice(root.length + 1)}`, error: "" };
	}
	const shown = state.short(dir) === "." ? "current directory" : `directory ${state.short(dir)}`;
	if (state.inWorkspace) {
		const mod = findUp(dir, "go.mod");
		if (mod !== "")
			return fail(
				`${shown} is contained in a module that is not one of the workspace modules listed in go.work. You can add the module to the workspace using:\n\tgo work use ${state.short(mod.slice(0, -"/go.mod".length))}`,
			);
		return fail(`${shown} outside modules listed in go.work or their selected dependencies`);
	}
	return fail(`${shown} outside main module or its selected dependencies`);
}

export interface PatternMatch {
	pattern: string;
	paths: string[];
	errors: string[];
}

/** Expands patterns by the requirements in force. Modules that have to be looked into are wanted. */
export function matchPatterns(state: ModuleState, loader: PackageLoader, patterns: readonly string[]): PatternMatch[] {
	return patterns.map((pattern) => {
		const match: PatternMatch = { pattern, paths: [], errors: [] };
		if (isLocalPattern(pattern)) matchLocal(state, loader, match);
		else if (pattern === "all") match.paths = [...loader.mainPackages(), ...state.tools()];
		else if (pattern === "work") match.paths = loader.mainPackages();
		else if (pattern === "tool") match.paths = [...state.tools()];
		else if (pattern === "std" || pattern === "cmd") match.paths = stdPackages(state, loader, pattern);
		else if (pattern.includes("...")) match.paths = matchWild(state, loader, pattern);
		else match.paths = [pattern.replace(/(?<=[^/])\/+$/, "")];
		return match;
	});
}

/** Whether the module that a directory is in is a main one, std, or one that may be required. */
function inKnownModule(state: ModuleState, dir: string): boolean {
	const root = dirname(findUp(dir, "go.mod"));
	if (state.mains.some((m) => m.dir === root)) return true;
	if (`${dir}/`.startsWith(`${join(state.env.goroot, "src")}/`) || dir.startsWith(`${state.settings.modcache}/`)) return true;
	return state.requirements.roots.some((m) => {
		const a = state.actual(m);
		return a.version === "" && `${dir}/`.startsWith(`${a.path}/`);
	});
}

function matchLocal(state: ModuleState, loader: PackageLoader, match: PatternMatch): void {
	const { pattern } = match;
	const wild = pattern.indexOf("...");
	if (wild < 0) {
		const got = importPathOfDir(state, resolve(state.cwd, pattern));
		if (got.error === "") match.paths.push(got.path);
		else match.errors.push(got.error);
		return;
	}
	const head = pattern.slice(0, wild).replace(/[^/]*$/, "");
	const base = resolve(state.cwd, head === "" ? "." : head);
	const test = moduleMatcher(isAbsolute(pattern) ? pattern : join(base, pattern.slice(head.length)));
	const main = state.containing(base);
	if (!inKnownModule(state, base)) {
		const scope = state.inWorkspace
			? "modules listed in go.work or their selected dependencies"
			: "main module or its selected dependencies";
		match.errors.push(`directory prefix ${state.short(base)} does not contain ${scope}`);
		return;
	}
	if (!existsSync(base)) {
		match.errors.push(`lstat ${pattern.slice(0, wild).replace(/\/$/, "")}: no such file or directory`);
		return;
	}
	const ignored = main === undefined ? () => false : state.ignoring(main.dir, main.file.mod.ignore);
	const walk = (dir: string): void => {
		if (test(dir) && readdirSync(dir).some((n) => n.endsWith(".go")) && !loader.scan(dir).noGo) {
			const got = importPathOfDir(state, dir);
			if (got.error === "") match.paths.push(got.path);
		}
		// A folder named vendor may be a package; what is below belongs to others.
		if (dir.endsWith("/vendor") && dir !== base) return;
		for (const e of readdirSync(dir, { withFileTypes: true })) {
			const sub = join(dir, e.name);
			if (!e.isDirectory() || /^[._]/.test(e.name) || e.name === "testdata") continue;
			if (isFile(join(sub, "go.mod")) && !state.mains.some((m) => m.dir === sub)) continue;
			if (main !== undefined && ignored(sub.slice(main.dir.length + 1))) continue;
			walk(sub);
		}
	};
	walk(base);
}

function stdPackages(state: ModuleState, loader: PackageLoader, which: string): string[] {
	const src = join(state.env.goroot, "src");
	const out: string[] = [];
	const walk = (rel: string): void => {
		const dir = join(src, rel);
		if (rel !== "" && state.hasGoFiles(dir) && !loader.scan(dir).noGo) out.push(rel);
		for (const e of readdirSync(dir, { withFileTypes: true })) {
			if (!e.isDirectory() || /^[._]/.test(e.name) || e.name === "testdata" || e.name === "vendor") continue;
			if (rel === "" && e.name === "cmd") continue;
			walk(rel === "" ? e.name : `${rel}/${e.name}`);
		}
	};
	walk(which === "cmd" ? "cmd" : "");
	return out.sort();
}

/** Whether a pattern can match something below a path. */
function mayMatch(pattern: string, root: string): boolean {
	const fixed = pattern.slice(0, pattern.indexOf("..."));
	return root.startsWith(fixed) || `${root}/`.startsWith(fixed) || fixed.startsWith(`${root}/`) || fixed.replace(/\/$/, "") === root;
}

function matchWild(state: ModuleState, loader: PackageLoader, pattern: string): string[] {
	const test = moduleMatcher(pattern);
	const out = new Set<string>();
	const graph = state.requirements.graph();
	const first = pattern.split("/")[0];
	if (!first.includes(".") || first === "...") for (const p of stdPackages(state, loader, "std")) if (test(p)) out.add(p);
	if (state.vendor !== null) {
		for (const p of loader.mainPackages()) if (test(p)) out.add(p);
		for (const m of state.vendor.modules) for (const p of m.packages) if (test(p)) out.add(p);
		return [...out].sort();
	}
	for (const m of graph.buildList()) {
		if (isToolchainPath(m.path) || !mayMatch(pattern, m.path)) continue;
		const main = state.mains.find((x) => m.version === "" && x.path === m.path);
		if (main !== undefined && main.dir === "") continue;
		const dir = state.moduleDir(m);
		if (dir === null || !dir.ok) {
			if (dir !== null && !dir.missingSum) throw new UserError(`go: ${dir.error}`);
			if (dir !== null) throw new UserError(`go: ${moduleKey(m)}: missing go.sum entry`);
			continue;
		}
		const ignore = state.ignoring(dir.dir, main?.file.mod.ignore ?? state.info(m)?.ignore ?? []);
		for (const p of packagesInModule(dir.dir, m.path, ignore, (d) => loader.scan(d))) if (test(p)) out.add(p);
	}
	return [...out].sort();
}
