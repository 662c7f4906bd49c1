// Version control information for the build information of programs: which repository a folder is in, its commit, whether it has changes.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { compareSemver, parseSemver, splitPathVersion } from "#modfile";

export interface Repository {
	/** "git", "hg", "svn", "bzr", "fossil". */
	vcs: string;
	root: string;
}

export interface VcsStatus {
	revision: string;
	/** Milliseconds since 1970; null without a commit. */
	time: number | null;
	modified: boolean;
	/** The module's version at this commit, "" when it has none. */
	version: string;
}

const markers: readonly { name: string; vcs: string; file?: boolean }[] = [
	{ name: ".git", vcs: "git" },
	{ name: ".hg", vcs: "hg" },
	{ name: ".svn", vcs: "svn" },
	{ name: ".bzr", vcs: "bzr" },
	{ name: ".fslckout", vcs: "fossil", file: true },
	{ name: "_FOSSIL_", vcs: "fossil", file: true },
];

/** The repository that dir is in, the innermost one; null when it is in none. Several at one place or around are an error's text. */
export function findRepository(dir: string): Repository | string | null {
	let found: Repository | null = null;
	for (let d = dir; ; d = dirname(d)) {
		for (const m of markers) {
			const at = join(d, m.name);
			if (!existsSync(at) || (m.vcs !== "git" && statSync(at).isDirectory() === (m.file ?? false))) continue;
			if (found === null) found = { vcs: m.vcs, root: d };
			else if (found.vcs === m.vcs && m.vcs !== "git" && m.vcs !== "hg") continue;
			else if (found.vcs === m.vcs) return found;
			else return `multiple VCS detected: ${found.vcs} in ${JSON.stringify(found.root)}, and ${m.vcs} in ${JSON.stringify(d)}`;
		}
		if (dirname(d) === d) return found;
	}
}

function run(cmd: string, args: readonly string[], cwd: string): string {
	return execFileSync(cmd, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

/** Whether the program is on PATH. */
export function hasProgram(name: string, path: string): boolean {
	return path.split(":").some((d) => d !== "" && existsSync(join(d, name)));
}

/** Asks git or hg; throws what the program says. module: the module's path and folder, for its version. */
export function vcsStatus(repo: Repository, module: { path: string; dir: string }): VcsStatus {
	if (repo.vcs === "git") return gitStatus(repo.root, module);
	if (repo.vcs === "hg") return hgStatus(repo.root);
	throw new Error(`${repo.vcs} is not supported`);
}

function gitStatus(root: string, module: { path: string; dir: string }): VcsStatus {
	const modified = run("git", ["status", "--porcelain"], root) !== "";
	let line: string;
	try {
		line = run("git", ["-c", "log.showsignature=false", "log", "-1", "--format=%H:%ct"], root).trim();
	} catch {
		// A repository without commits.
		return { revision: "", time: null, modified, version: "" };
	}
	const [revision, seconds] = line.split(":");
	const time = Number(seconds) * 1000;
	return { revision, time, modified, version: gitVersion(root, module, revision, time, modified) };
}

function hgStatus(root: string): VcsStatus {
	const out = run("hg", ["log", "-l1", "-T", "{node}:{date|hgdate}"], root).trim();
	const modified = run("hg", ["status", "-S"], root) !== "";
	const m = /^([0-9a-f]+):(\d+)/.exec(out);
	if (m === null || /^0+$/.test(m[1])) return { revision: "", time: null, modified, version: "" };
	return { revision: m[1], time: Number(m[2]) * 1000, modified, version: "" };
}

/** The tag of the commit, or a pseudo-version after the highest tag before it. */
function gitVersion(root: string, module: { path: string; dir: string }, revision: string, time: number, modified: boolean): string {
	const gomod = join(root, "go.mod");
	const rootPath = existsSync(gomod) ? (/^module\s+"?([^\s"]+)/m.exec(readFileSync(gomod, "utf8"))?.[1] ?? "") : "";
	const code = splitPathVersion(rootPath);
	const own = splitPathVersion(module.path);
	if (rootPath === "" || (own.prefix !== code.prefix && !own.prefix.startsWith(`${code.prefix}/`))) return "";
	const prefix = own.prefix === code.prefix ? "" : `${own.prefix.slice(code.prefix.length + 1)}/`;
	const major = own.major === "" ? "" : own.major.replace(/^[/.]/, "");
	const fits = (v: string): boolean => {
		const s = parseSemver(v);
		if (s === null || v.includes("+") || v.split(".").length < 3) return false;
		const m = v.slice(0, v.indexOf("."));
		return major === "" ? m === "v0" || m === "v1" : m === major;
	};
	const versions = (args: readonly string[]): string[] =>
		run("git", ["tag", ...args], root)
			.split("\n")
			.filter((t) => t.startsWith(prefix) && fits(t.slice(prefix.length)))
			.map((t) => t.slice(prefix.length))
			.filter((v) => !/-(0\.)?\d{14}-[0-9a-f]{12}$/.test(v))
			.sort(compareSemver);
	const dirty = modified ? "+dirty" : "";
	const at = versions(["--points-at", revision]).pop();
	if (at !== undefined) return at + dirty;
	const base = versions(["--merged", revision]).pop();
	const stamp = `${new Date(time).toISOString().replace(/\D/g, "").slice(0, 14)}-${revision.slice(0, 12)}`;
	if (base === undefined) return `${major === "" ? "v0" : major}.0.0-${stamp}${dirty}`;
	if (base.includes("-")) return `${base}.0.${stamp}${dirty}`;
	const [a, b, c] = base.split(".");
	return `${a}.${b}.${Number(c) + 1}-0.${stamp}${dirty}`;
}
