// Package loading: import paths and patterns to packages, on top of the module set.

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { badImportPath } from "#modfile";
import type { BuildContext } from "./context.ts";
import { UserError } from "./env.ts";
import { conflictDir, gopathImportPath, gopathPlace, gopathRoot } from "./gopath.ts";
import { Graph } from "./graph.ts";
import type { Module, ModuleSet } from "./module.ts";
import { newPackage, type Package } from "./package.ts";
import { scanDir, scanFiles } from "./scan.ts";

/** What an import path stands for. */
interface Place {
	dir: string;
	importPath: string;
	standard: boolean;
	module: Module | null;
}

export class Loader {
	readonly ctx: BuildContext;
	readonly mods: ModuleSet;
	/** Working directory, for relative patterns and for shortening file names in messages. */
	readonly cwd: string;
	private readonly packages: Map<string, Package>;
	/** Packages that stand for an import path instead of what is on disk: test variants. */
	private readonly overrides: ReadonlyMap<string, Package>;
	/** A listing that shows no embedded files does not look for them. */
	ignoreEmbeds = false;
	/** Who imports whom, and what is wrong with it. */
	readonly graph: Graph = new Graph(this);

	constructor(
		ctx: BuildContext,
		mods: ModuleSet,
		cwd: string,
		packages: Map<string, Package> = new Map(),
		overrides: ReadonlyMap<string, Package> = new Map(),
	) {
		this.ctx = ctx;
		this.mods = mods;
		this.cwd = cwd;
		this.packages = packages;
		this.overrides = overrides;
	}

	/** A loader that shares what was read, with packages in place of others. */
	withOverrides(overrides: ReadonlyMap<string, Package>): Loader {
		return new Loader(this.ctx, this.mods, this.cwd, this.packages, overrides);
	}

	/** The directory of an import path, or why there is none, in the go command's words. */
	private place(path: string, from: Package | null): Place | string {
		const { gopath } = this.mods;
		if (gopath !== null) {
			const found = gopathPlace(this.ctx.goroot, gopath, path, from);
			return typeof found === "string" ? found : { ...found, module: null };
		}
		if (from !== null && /^\.\.?(\/|$)/.test(path))
			return `${JSON.stringify(path)} is relative, but relative import paths are not supported in module mode`;
		const src = join(this.ctx.goroot, "src");
		if (from?.standard) {
			const vendored = join(src, "vendor", path);
			const cmdVendored = join(src, "cmd", "vendor", path);
			const dotted = path.split("/")[0].includes(".");
			if (dotted && /^cmd(\/|$)/.test(from.importPath) && existsSync(cmdVendored))
				return { dir: cmdVendored, importPath: `cmd/vendor/${path}`, standard: true, module: null };
			if (dotted && existsSync(vendored)) return { dir: vendored, importPath: `vendor/${path}`, standard: true, module: null };
		}
		// testdata lies in GOROOT/src, but is no package.
		if ((isStandardPath(path) && path !== "testdata" && !path.startsWith("testdata/")) || path.startsWith("vendor/golang.org/")) {
			const dir = join(src, path);
			// Modules may have paths without a dot too, where a replacement or go.work says where they are.
			const told = from?.standard ? undefined : this.mods.places.get(path);
			if (told !== undefined && (typeof told !== "string" || path === "cmd")) return this.modulePlace(path);
			if (isDirectory(dir)) return { dir, importPath: path, standard: true, module: null };
			if (told !== undefined) return this.modulePlace(path);
			if (!this.mods.mains.some((m) => withinModule(path, m.path))) return `package ${path} is not in std (${dir})`;
		}
		return this.modulePlace(path);
	}

	private modulePlace(path: string): Place | string {
		const told = this.mods.places.get(path);
		if (told !== undefined)
			return typeof told === "string" ? told : { dir: told.dir, importPath: path, standard: false, module: told.module };
		// Not asked for when modules were prepared: only the main modules can have it.
		const main = this.mods.main;
		if (main === null) return `no required module provides package ${path}: ${this.noModRoot()}`;
		const owner = this.mods.mains.filter((m) => withinModule(path, m.path)).sort((a, b) => b.path.length - a.path.length)[0];
		if (owner === undefined) return `no required module provides package ${path}; to add it:\n\tgo get ${path}`;
		const dir = join(owner.dir, path.slice(owner.path.length));
		if (existsSync(dir)) return { dir, importPath: path, standard: false, module: owner };
		return `package ${path} is not in ${owner.path} (${dir})`;
	}

	/** The package that `path` means when written in `from` (null: on the command line). Never fails: problems are in errors. */
	import(path: string, from: Package | null): Package {
		const override = this.overrides.get(path);
		if (override !== undefined) return override;
		const place = this.place(path, from);
		if (typeof place === "string") {
			const known = this.packages.get(path);
			if (known !== undefined) return known;
			const pkg = newPackage("", path);
			pkg.errors.push({ kind: "missing", pos: "", msg: place });
			this.packages.set(path, pkg);
			return pkg;
		}
		const known = this.packages.get(place.importPath);
		if (known !== undefined) return known;
		const scan = (): Package => scanDir(this.ctx, place.dir, place.importPath);
		const index = place.standard ? this.ctx.index : null;
		const pkg = index === null ? scan() : index.package(place.dir, scan, () => newPackage(place.dir, place.importPath));
		pkg.standard = place.standard;
		pkg.module = place.module;
		// A folder of GOROOT/src that only holds others is no package.
		if (place.standard && pkg.errors[0]?.kind === "nogo" && pkg.ignoredGoFiles.length === 0 && from === null)
			pkg.errors[0] = { kind: "missing", pos: "", msg: `package ${path} is not in std (${place.dir})` };
		this.resolveImports(pkg);
		this.packages.set(place.importPath, pkg);
		return pkg;
	}

	/** A package made of files given on the command line. */
	fromFiles(files: readonly string[]): Package {
		const dirs = new Set(files.map((f) => dirname(resolve(this.cwd, f))));
		if (dirs.size > 1) {
			const [a, b] = [...dirs].map((d) => relative(this.cwd, d) || ".");
			throw new UserError(`named files must all be in one directory; have ${a} and ${b}`);
		}
		const dir = [...dirs][0];
		for (const f of files) if (!existsSync(resolve(this.cwd, f))) throw new UserError(`stat ${f}: no such file or directory`);
		const pkg = scanFiles(
			this.ctx,
			dir,
			files.map((f) => basename(f)),
		);
		pkg.commandLine = true;
		pkg.module = this.mods.main;
		this.resolveImports(pkg);
		return pkg;
	}

	private resolveImports(pkg: Package): void {
		if (!pkg.standard && this.mods.gopath === null) return;
		for (const list of [pkg.imports, pkg.testImports, pkg.xtestImports]) {
			for (const ref of list) {
				const place = this.place(ref.path, pkg);
				if (typeof place !== "string" && place.importPath !== ref.path) pkg.importMap.set(ref.path, place.importPath);
			}
		}
	}

	/** The packages that pkg imports, and what a program needs besides. */
	importsOf(pkg: Package): readonly Package[] {
		return this.graph.info(pkg).deps;
	}

	/** The packages and all they need, dependencies first, each once. */
	closure(roots: readonly Package[]): Package[] {
		return this.graph.list(roots);
	}

	/** Expands patterns of the command line: import paths, ./dir, ./..., path/..., all, std, cmd, main-module paths. */
	match(patterns: readonly string[]): { packages: Package[]; matches: Map<Package, string[]>; warnings: string[] } {
		const warnings: string[] = [];
		const matches = new Map<Package, string[]>();
		for (const pattern of patterns) {
			const packages = this.matchOne(pattern);
			if (packages.length === 0) warnings.push(`go: warning: ${JSON.stringify(pattern)} matched no packages`);
			for (const p of packages) {
				const known = matches.get(p);
				if (known === undefined) matches.set(p, [pattern]);
				else known.push(pattern);
			}
		}
		return { packages: [...matches.keys()], matches, warnings };
	}

	private matchOne(pattern: string): Package[] {
		const told = this.mods.matches.get(pattern);
		if (told !== undefined) return told.map((path) => this.import(path, null));
		// As the go command: no programs among vendored packages.
		if (pattern === "cmd")
			return this.walk(join(this.ctx.goroot, "src", "cmd"), "cmd", () => false).filter(
				(p) => p.name !== "main" || !p.importPath.startsWith("cmd/vendor/"),
			);
		if (pattern === "std") return this.walk(join(this.ctx.goroot, "src"), "", (d) => d === "cmd");
		if (pattern === "all" && this.mods.gopath !== null) return this.matchGopath("...");
		if (pattern === "all") return this.closure(this.matchOne(`${this.mods.main?.path ?? "std"}/...`)).sort(byPath);
		if (isLocal(pattern)) return this.matchLocal(pattern);
		if (!pattern.includes("...")) {
			const path = pattern.replace(/\/+/g, "/").replace(/\/$/, "");
			const problem = this.mods.gopath === null || path.includes("@") ? this.badPattern(path) : "";
			return problem === "" ? [this.import(path, null)] : this.nothing(path, problem);
		}
		const re = patternRegexp(pattern);
		if (this.mods.gopath !== null) return this.matchGopath(pattern);
		const main = this.mods.main;
		const all = main !== null && patternMayMatch(pattern, main.path) ? this.walk(main.dir, main.path, () => false) : [];
		if (patternMayMatch(pattern, "")) {
			const head = pattern.slice(0, pattern.indexOf("...")).replace(/[^/]*$/, "");
			if (head === "" || existsSync(join(this.ctx.goroot, "src", head))) {
				all.push(...this.walk(join(this.ctx.goroot, "src", head), head.replace(/\/$/, ""), (d) => d === "cmd" || d === "vendor"));
			}
		}
		for (const m of this.mods.list.values())
			if (!m.main && m.dir !== "" && patternMayMatch(pattern, m.path)) all.push(...this.walk(m.dir, m.path, () => false));
		return all.filter((p) => re.test(p.importPath)).sort(byPath);
	}

	/** Packages of GOROOT and of all entries of GOPATH that a pattern matches. */
	private matchGopath(pattern: string): Package[] {
		const re = patternRegexp(pattern);
		const head = pattern
			.slice(0, pattern.indexOf("..."))
			.replace(/[^/]*$/, "")
			.replace(/\/$/, "");
		const out: Package[] = [];
		for (const root of [this.ctx.goroot, ...(this.mods.gopath ?? [])]) {
			const dir = join(root, "src", head);
			if (existsSync(dir)) out.push(...this.walk(dir, head, () => false).filter((p) => re.test(p.importPath)));
		}
		return out;
	}

	/** A package that stands for a pattern that means nothing. */
	private nothing(pattern: string, msg: string): Package[] {
		const pkg = newPackage("", pattern);
		pkg.errors.push({ kind: "pattern", pos: "", msg });
		return [pkg];
	}

	/** Why a word of the command line is no import path; "" when it is one. */
	private badPattern(path: string): string {
		if (path.includes("@")) return `package ${path}: can only use path@version syntax with 'go get' and 'go install' in module-aware mode`;
		// As Go quotes control characters.
		const text = path === "" ? "" : badImportPath(path).replace(/\\u00([0-9a-f]{2})/g, "\\x$1");
		return [...text].map((c) => (c < " " ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c)).join("");
	}

	private matchLocal(pattern: string): Package[] {
		const wild = pattern.indexOf("...");
		const dir = resolve(this.cwd, wild < 0 ? pattern : pattern.slice(0, wild).replace(/[^/]*$/, ""));
		const there = existsSync(dir) && statSync(dir).isDirectory();
		if (!there && wild >= 0) {
			const shown = pattern.slice(0, wild).replace(/[^/]*$/, "");
			return this.nothing(pattern, `pattern ${pattern}: lstat ${shown}: no such file or directory`);
		}
		if (!there) return this.nothing(pattern, this.mods.problems.get(pattern) ?? `stat ${dir}: directory not found`);
		const problem = this.mods.problems.get(pattern);
		if (problem !== undefined) return this.nothing(pattern, problem);
		let root: string;
		try {
			root = this.importPathOf(dir);
		} catch (err) {
			if (!(err instanceof UserError)) throw err;
			if (this.mods.main === null) throw err;
			return this.nothing(pattern, wild < 0 ? err.message.replace(/^go: /, "") : `pattern ${pattern}: ${err.message.replace(/^go: /, "")}`);
		}
		if (wild < 0) {
			const pkg = this.import(root, null);
			// A folder without any Go file, even ignored ones, is no package of this module.
			if (pkg.errors[0]?.kind === "nogo" && pkg.ignoredGoFiles.length === 0) return this.nothing(pattern, `no Go files in ${dir}`);
			return [pkg];
		}
		const re = patternRegexp(
			isAbsolute(pattern)
				? pattern
				: `${dir}/${pattern.slice(wild - (/[^/]*$/.exec(pattern.slice(0, wild)) as RegExpExecArray)[0].length)}`,
		);
		// GOROOT/src/...: the packages of std, as if it were a module; the module cmd and vendored packages are not in it.
		const top = dir === join(this.ctx.goroot, "src") && this.mods.gopath === null;
		return this.walk(dir, root, (name) => top && (name === "cmd" || name === "vendor")).filter(
			(p) => re.test(p.dir) || re.test(`${p.dir}/`),
		);
	}

	/** The import path of a directory of the main module or of GOROOT/src. */
	importPathOf(dir: string): string {
		const src = join(this.ctx.goroot, "src");
		if (dir === src || dir.startsWith(`${src}/`)) return dir.slice(src.length + 1);
		if (this.mods.gopath !== null) return gopathImportPath(this.ctx.goroot, this.mods.gopath, dir);
		const told = this.mods.dirs.get(dir);
		if (told !== undefined) return told;
		const main = this.mods.mains.find((m) => dir === m.dir || dir.startsWith(`${m.dir}/`)) ?? this.mods.main;
		if (main === null) throw new UserError(`go: ${this.mods.state?.noMainModule() ?? this.noModRoot()}`);
		if (dir === main.dir) return main.path;
		if (dir.startsWith(`${main.dir}/`)) return `${main.path}/${dir.slice(main.dir.length + 1)}`;
		throw new UserError(`go: directory ${relative(this.cwd, dir) || "."} outside main module or its selected dependencies`);
	}

	private noModRoot(): string {
		return this.mods.state?.noModRoot() ?? "go.mod file not found in current directory or any parent directory; see 'go help modules'";
	}

	/** In GOPATH mode: the directory that hides the package's own; "" otherwise. */
	conflictDir(p: Package): string {
		return this.mods.gopath === null || p.dir === "" ? "" : conflictDir(this.ctx.goroot, this.mods.gopath, p.dir);
	}

	/** The folder that a package belongs to: GOROOT, its module's, its GOPATH entry; "" for files outside of all. */
	rootOf(p: Package): string {
		if (p.standard) return this.ctx.goroot;
		if (this.mods.gopath !== null) return p.dir === "" ? "" : gopathRoot(this.ctx.goroot, this.mods.gopath, p.dir);
		return p.commandLine ? "" : (p.module?.dir ?? "");
	}

	/** The import path of a directory, "." for one outside of the main module. */
	pathOfDir(dir: string): string {
		try {
			return this.importPathOf(dir);
		} catch {
			return ".";
		}
	}

	/** All packages at and under dir; folders that start with "." or "_", testdata, and nested modules are left out. */
	private walk(dir: string, importPath: string, skip: (name: string) => boolean): Package[] {
		const out: Package[] = [];
		const visit = (d: string, path: string, top: boolean): void => {
			let hasGo = false;
			const subs: string[] = [];
			for (const e of readdirSync(d, { withFileTypes: true })) {
				if (e.isDirectory()) subs.push(e.name);
				else if (e.name.endsWith(".go")) hasGo = true;
			}
			if (hasGo) {
				// The first is documentation only; the second needs cgo.
				const ignored = d.startsWith(this.ctx.goroot) && (path === "builtin" || (path === "runtime/cgo" && !this.ctx.hasTag("cgo")));
				const pkg = ignored ? null : this.import(path, null);
				if (pkg !== null && pkg.errors[0]?.kind !== "nogo") out.push(pkg);
			}
			for (const name of subs.sort()) {
				if (name.startsWith(".") || name.startsWith("_") || name === "testdata") continue;
				if (top && skip(name)) continue;
				if (name === "vendor" && this.mods.gopath === null && !d.startsWith(join(this.ctx.goroot, "src")) && existsSync(join(d, "go.mod")))
					continue;
				if (
					this.mods.gopath === null &&
					!(top && name === "cmd") &&
					existsSync(join(d, name, "go.mod")) &&
					statSync(join(d, name, "go.mod")).isFile()
				)
					continue;
				visit(join(d, name), path === "" ? name : `${path}/${name}`, false);
			}
		};
		visit(dir, importPath, true);
		return out;
	}

	/** A file name relative to the working directory when that is shorter. */
	shortPath(file: string): string {
		const rel = relative(this.cwd, file);
		return rel !== "" && rel.length < file.length ? rel : file;
	}

	/** A file name as the compiler's messages show it: as shortPath, with "./" before a plain name. */
	shorten(file: string): string {
		const rel = relative(this.cwd, file);
		if (rel.length >= file.length) return file;
		return rel.startsWith("..") ? rel : `./${rel}`.replace(/^\.\/(?=.*\/)/, "");
	}
}

function isDirectory(dir: string): boolean {
	return statSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function byPath(a: Package, b: Package): number {
	return a.importPath < b.importPath ? -1 : a.importPath > b.importPath ? 1 : 0;
}

/** Standard library paths have no dot in their first element. */
export function isStandardPath(path: string): boolean {
	return !path.split("/")[0].includes(".");
}

function withinModule(path: string, module: string): boolean {
	return path === module || path.startsWith(`${module}/`);
}

function isLocal(pattern: string): boolean {
	return pattern === "." || pattern === ".." || pattern.startsWith("./") || pattern.startsWith("../") || isAbsolute(pattern);
}

/** "..." matches any string; a trailing "/..." also matches nothing; vendor folders only match when named. */
export function patternRegexp(pattern: string): RegExp {
	// No wildcard takes in an element "vendor" or a part of it.
	const wild = "(?:(?!(?:^|(?<=/))vendor/).)*";
	const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\.\\.\\.", wild);
	const tail = `/${wild}`;
	return new RegExp(`^${escaped.endsWith(tail) ? `${escaped.slice(0, -tail.length)}(?:${tail})?` : escaped}$`);
}

function patternMayMatch(pattern: string, root: string): boolean {
	const fixed = pattern.slice(0, pattern.indexOf("...")).replace(/\/$/, "");
	return root.startsWith(fixed) || fixed.startsWith(root);
}
