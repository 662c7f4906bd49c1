// The build information of a program: what `version -m` prints and runtime/debug.ReadBuildInfo gives.

import { type BuildEnv, UserError } from "./env.ts";
import { defaultGodebug } from "./godebug.ts";
import type { Loader } from "./load.ts";
import type { Module } from "./module.ts";
import type { Package } from "./package.ts";
import { findRepository, hasProgram, vcsStatus, type VcsStatus } from "./vcs.ts";

/** The settings of a build that `version -m` shows. */
export interface BuildSettings {
	tags: string;
	trimpath: boolean;
	ldflags: string;
	gcflags: string;
	/** -buildvcs. */
	vcs: "auto" | "true" | "false";
	/** GODEBUG settings that the program starts with; of its own files when undefined. */
	godebug?: string;
}

/** "dep\tpath\tversion\tsum", or without the sum and followed by the line of what replaces it. */
function moduleLines(kind: string, m: Module, version: string): string[] {
	if (m.replace === null) return [`${kind}\t${m.path}\t${version}\t${m.sum}`];
	const { path, version: v } = m.replace;
	return [`${kind}\t${m.path}\t${version}`, `=>\t${path}\t${v === "" ? "(devel)" : v}\t${m.sum}`];
}

/** The state of the repository that holds the program's module and the working directory; null when it is not wanted or there is none. */
function stampOf(env: BuildEnv, loader: Loader, main: Package, mode: BuildSettings["vcs"]): (VcsStatus & { vcs: string }) | null {
	const wanted = mode === "true" || (mode === "auto" && !main.testMain && main.forTest === "");
	const module = main.module;
	if (!wanted || module === null || module.version !== "" || main.standard) return null;
	const fail = (why: string): never => {
		throw new UserError(`error obtaining VCS status: ${why}\n\tUse -buildvcs=false to disable VCS stamping.`);
	};
	const repo = findRepository(loader.cwd);
	if (typeof repo === "string") return fail(repo);
	if (repo === null || !(within(module.dir, repo.root) || within(repo.root, module.dir))) return null;
	if (mode === "auto" && !hasProgram(repo.vcs, process.env.PATH ?? "")) return null;
	for (const [what, dir] of [
		["main package", main.dir],
		["main module", module.dir],
	]) {
		const other = findRepository(dir);
		if (typeof other === "string") return fail(other);
		if (other?.root === repo.root) continue;
		if (mode === "auto") return null;
		return fail(
			`${what} is in repository ${JSON.stringify(other?.root ?? "")} but current directory is in repository ${JSON.stringify(repo.root)}`,
		);
	}
	if (repo.vcs !== "git" && repo.vcs !== "hg") return null;
	try {
		return { vcs: repo.vcs, ...vcsStatus(repo, module) };
	} catch (err) {
		const e = err as { status?: number | null; stderr?: string; message: string };
		return fail(typeof e.status === "number" ? `exit status ${e.status}` : e.message);
	}
}

function within(path: string, root: string): boolean {
	return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

/** Text of runtime/debug.BuildInfo (without version line), as the go command forms it. */
export function modInfo(env: BuildEnv, loader: Loader, main: Package, settings: BuildSettings): string {
	const stamp = stampOf(env, loader, main, settings.vcs);
	const lines: string[] = [`path\t${main.importPath}`];
	// Files named on the command line belong to no module.
	const module = main.commandLine ? null : main.module;
	if (module !== null) {
		const version = module.version === "" ? stamp?.version || "(devel)" : module.version;
		lines.push(...moduleLines("mod", module, version));
	}
	const used = new Set(loader.closure([main]).map((p) => (p.commandLine ? null : p.module)));
	const deps = [...used].filter((m): m is Module => m !== null && m.path !== module?.path);
	for (const m of deps.sort((a, b) => (a.path < b.path ? -1 : 1)))
		lines.push(...moduleLines("dep", m, m.version === "" ? "(devel)" : m.version));
	const setting = (key: string, value: string): void => {
		if (value === "") return;
		lines.push(`build\t${key}=${/[\s"`]/.test(value) ? JSON.stringify(value) : value}`);
	};
	setting("-buildmode", "exe");
	setting("-compiler", "gc");
	setting("-gcflags", settings.gcflags);
	if (!settings.trimpath) setting("-ldflags", settings.ldflags);
	setting("-tags", settings.tags);
	setting("-trimpath", settings.trimpath ? "true" : "");
	setting("DefaultGODEBUG", settings.godebug ?? defaultGodebug(loader, main));
	setting("CGO_ENABLED", "0");
	setting("GOARCH", env.goarch);
	setting("GOEXPERIMENT", env.env.get("GOEXPERIMENT"));
	setting("GOOS", env.goos);
	setting("GOAMD64", env.env.get("GOAMD64") || "v1");
	if (stamp !== null) {
		setting("vcs", stamp.vcs);
		setting("vcs.revision", stamp.revision);
		if (stamp.time !== null) setting("vcs.time", new Date(stamp.time).toISOString().replace(/\.000Z$/, "Z"));
		setting("vcs.modified", String(stamp.modified));
	}
	return `${lines.join("\n")}\n`;
}
