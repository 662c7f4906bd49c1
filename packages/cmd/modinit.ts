// tsugo mod init [module-path]

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { writeAtomically } from "#build/modules";
import { newGoMod, badImportPath, pathVersionValid } from "#modfile";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { UserError } from "./user.ts";

export async function modInit(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ x: { type: "bool", help: "" }, modfile: { type: "string", help: "" } }, args);
	if (flags.args.length > 1) throw new UserError("go: 'go mod init' accepts at most one argument");
	const env = await openEnv();
	if (env.env.get("GO111MODULE") === "off") throw new UserError("go: modules disabled by GO111MODULE=off; see 'go help modules'");
	const cwd = process.cwd();
	const file = flags.strings.get("modfile") || join(cwd, "go.mod");
	if (existsSync(file)) throw new UserError(`go: ${file} already exists`);
	const path = flags.args[0] ?? guessPath(logicalDir(cwd), env.gopath);
	if (flags.args.length === 1) checkPath(path);
	process.stderr.write(`go: creating new go.mod: module ${path}\n`);
	writeAtomically(file, newGoMod(path, env.goVersion.replace(/^go/, "").split(" ")[0]));
	const busy = readdirSync(cwd, { withFileTypes: true }).some((e) => !/^[._]/.test(e.name) && (e.name.endsWith(".go") || e.isDirectory()));
	if (busy) process.stderr.write("go: to add module requirements and sums:\n\tgo mod tidy\n");
	return 0;
}

/** The working directory by the name that the shell has for it: links below GOPATH count. */
function logicalDir(cwd: string): string {
	const named = process.env.PWD ?? "";
	return named !== "" && isAbsolute(named) && real(named) === real(cwd) ? named : cwd;
}

function checkPath(path: string): void {
	const bad = badImportPath(path);
	if (bad !== "") {
		const local = path === "." || path === ".." || path.startsWith("./") || path.startsWith("../");
		throw new UserError(
			`go: ${local ? `malformed module path ${JSON.stringify(path)}: is a local import path` : bad.replace("import path", "module path")}`,
		);
	}
	if (path === "go" || path === "toolchain") throw new UserError(`go: invalid module path ${JSON.stringify(path)}: `);
	if (pathVersionValid(path)) return;
	if (path.startsWith("gopkg.in/")) {
		const number = (/\d+/.exec(path)?.[0] ?? "").replace(/^0+/, "");
		const fix = `${path.replace(/[\d.]*$/, "").replace(/\.v$|\/v$|\/$/, "")}.v${number === "" ? "1" : number}`;
		throw new UserError(
			`go: invalid module path "${path}": module paths beginning with gopkg.in/ must always have a major version suffix in the form of .vN:\n\tgo mod init ${fix}`,
		);
	}
	const tail = /[\d.]*$/.exec(path)?.[0] ?? "";
	const number = (/\d+/.exec(tail)?.[0] ?? "").replace(/^0+/, "");
	const prefix = path.slice(0, path.length - tail.length).replace(/\/v$|\/$/, "");
	const fix = `${prefix}/v${number === "" || number === "1" ? "2" : number}`;
	throw new UserError(
		`go: invalid module path "${path}": major version suffixes must be in the form of /vN and are only allowed for v2 or later:\n\tgo mod init ${fix}`,
	);
}

/** The path of an import comment in a file of a folder, "" without one. */
function importComment(dir: string): string {
	for (const e of readdirSync(dir, { withFileTypes: true })) {
		if (!e.isFile() || !e.name.endsWith(".go")) continue;
		const m = /^package[ \t]+[^ \t\r\n/]+[ \t]+(?:\/\/|\/\*)[ \t]*import[ \t]+("(?:[^"]+)"|`[^`]+`)/m.exec(
			readFileSync(join(dir, e.name), "utf8"),
		);
		if (m !== null) return m[1].slice(1, -1);
	}
	return "";
}

/** A module path from import comments in the files here or one folder down, or from the place below GOPATH/src. */
function guessPath(dir: string, gopath: string): string {
	const here = importComment(dir);
	if (here !== "") return here;
	for (const e of readdirSync(dir, { withFileTypes: true })) {
		if (!e.isDirectory()) continue;
		const below = importComment(join(dir, e.name));
		if (below.includes("/")) return below.slice(0, below.lastIndexOf("/"));
	}
	let reason = "outside GOPATH, module path must be specified";
	for (const root of gopath.split(":").filter((p) => p !== "")) {
		for (const [d, r] of [
			[dir, join(root, "src")],
			[real(dir), join(real(root), "src")],
		]) {
			const rel = relative(r, d);
			if (rel !== "" && !rel.startsWith("..")) {
				const bad = badImportPath(rel);
				if (bad === "") return rel;
				reason = `bad module path inferred from directory in GOPATH: ${bad}`;
			}
			if (rel === "")
				throw new UserError(
					`go: cannot determine module path for source directory ${dirname(r)} (outside GOPATH, module path must be specified)`,
				);
		}
	}
	throw new UserError(
		`go: cannot determine module path for source directory ${dir} (${reason})\n\nExample usage:\n\t'go mod init example.com/m' to initialize a v0 or v1 module\n\t'go mod init example.com/m/v2' to initialize a v2 module\n\nRun 'go help mod init' for more information.`,
	);
}

function real(p: string): string {
	try {
		return realpathSync(p);
	} catch {
		return p;
	}
}
