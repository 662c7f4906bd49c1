// go.work: which modules are worked on together, and bringing their requirements in line (https://go.dev/ref/mod#workspaces).

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import {
	addUse,
	cleanupGoMod,
	compareGoVersion,
	dropUse,
	formatModSyntax,
	type GoWorkFile,
	isToolchainPath,
	moduleKey,
	type ModuleVersion,
	parseGoMod,
	parseGoWork,
	rereadGoWork,
	setToolchainLine,
	setWorkGoLine,
	sortBlocks,
	sortModules,
	toolchainVersion,
} from "#modfile";
import { type BuildEnv, UserError } from "../env.ts";
import { editRequirements } from "./edit.ts";
import { graphSums, loadModuleGraph, openModules, writeGoMod, writeGoSum } from "./open.ts";
import { PackageLoader } from "./packages.ts";
import { type ModuleState, type OpenOptions } from "./state.ts";
import { loadedSums } from "./tidy.ts";
import { settle } from "./wants.ts";

export const noWorkFile = "go: no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)";

/** Go's version in a go.work without go line. */
function workGo(file: GoWorkFile): string {
	return file.work.go === "" ? "1.18" : file.work.go;
}

export function readWorkFile(file: string, shown: string): GoWorkFile {
	if (!existsSync(file)) throw new UserError(`go: reading go.work: open ${file}: no such file or directory`);
	const parsed = parseGoWork(shown, readFileSync(file, "utf8"));
	if (parsed.errors.length > 0) throw new UserError(`go: errors parsing ${shown}:\n${parsed.errors.join("\n")}`);
	return parsed;
}

export function writeWorkFile(file: string, work: GoWorkFile): void {
	sortBlocks(work.syntax);
	cleanupGoMod(work.syntax);
	const text = formatModSyntax(work.syntax);
	if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

/** Raises the go line; a toolchain line that says nothing more goes. */
export function raiseWorkGo(work: GoWorkFile, go: string): GoWorkFile {
	if (compareGoVersion(workGo(work), go) >= 0) return work;
	setWorkGoLine(work.syntax, go);
	const { toolchain } = work.work;
	const number = toolchainVersion(toolchain);
	const idle = toolchain === `go${go}` || number === "" || compareGoVersion(number, go) < 0 || compareGoVersion(number, "1.21") < 0;
	if (toolchain !== "" && idle) {
		setToolchainLine(work.syntax, "");
		cleanupGoMod(work.syntax);
	}
	return rereadGoWork(work);
}

/** A directory as go.work has it: relative to the file, with ./ in front, unless it was given as absolute. */
export function workPath(workDir: string, cwd: string, dir: string): { abs: string; shown: string } {
	const abs = resolve(cwd, dir);
	if (isAbsolute(dir)) return { abs, shown: abs };
	const rel = relative(workDir, abs);
	return { abs, shown: rel === "" ? "." : rel.startsWith("..") ? rel : `./${rel}` };
}

/** work use: adds directories with a go.mod, drops those without. */
export function useDirectories(
	start: GoWorkFile,
	file: string,
	cwd: string,
	dirs: readonly string[],
	recursive: boolean,
	log: (line: string) => void,
): GoWorkFile {
	const workDir = dirname(file);
	let work = start;
	const errors: string[] = [];
	const short = (p: string): string => {
		const rel = relative(cwd, p);
		return rel === "" ? "." : rel.length < p.length ? rel : p;
	};
	const have = new Map<string, string[]>();
	for (const use of work.work.use) {
		const abs = resolve(workDir, use);
		have.set(abs, [...(have.get(abs) ?? []), use]);
	}
	const keep = new Map<string, string>();
	const look = (dir: string): void => {
		const { abs, shown } = workPath(workDir, cwd, dir);
		const mod = join(abs, "go.mod");
		if (!existsSync(mod)) {
			keep.set(abs, "");
			return;
		}
		if (!statSync(mod).isFile()) {
			errors.push(`go: ${short(mod)} is not a regular file`);
			return;
		}
		const other = keep.get(abs);
		if (other !== undefined && other !== "" && other !== shown) errors.push(`go: already added "${shown}" as "${other}"`);
		keep.set(abs, shown);
	};
	for (const dir of dirs) {
		const { abs } = workPath(workDir, cwd, dir);
		if (!existsSync(abs)) {
			errors.push(`go: directory ${short(abs)} does not exist`);
			continue;
		}
		if (!statSync(abs).isDirectory()) {
			errors.push(`go: ${short(abs)} is not a directory`);
			continue;
		}
		if (!recursive) {
			look(dir);
			continue;
		}
		walk(cwd, dir, look, log, short);
		for (const known of have.keys()) if ((known === abs || known.startsWith(`${abs}/`)) && !keep.has(known)) keep.set(known, "");
	}
	for (const [abs, shown] of keep) {
		const uses = have.get(abs) ?? [];
		const same = uses.filter((u) => u === shown).length;
		for (const u of uses) if (u !== shown || same > 1) dropUse(work.syntax, u);
		if (shown !== "" && same !== 1) addUse(work.syntax, shown);
	}
	cleanupGoMod(work.syntax);
	work = rereadGoWork(work);
	let go = workGo(work);
	for (const use of work.work.use) {
		const mod = join(resolve(workDir, use), "go.mod");
		if (!existsSync(mod)) {
			errors.push(`go: open ${short(mod)}: no such file or directory`);
			continue;
		}
		const parsed = parseGoMod(short(mod), readFileSync(mod, "utf8"), { resolve: true });
		if (parsed.errors.length === 0 && parsed.mod.module === "") {
			errors.push(
				`go: error reading ${short(mod)}: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod`,
			);
			continue;
		}
		if (parsed.errors.length > 0) {
			errors.push(`go: errors parsing ${short(mod)}:\n${parsed.errors.join("\n")}`);
			continue;
		}
		const version = parsed.mod.go === "" ? "1.16" : parsed.mod.go;
		if (compareGoVersion(version, go) > 0) go = version;
	}
	if (errors.length > 0) throw new UserError(errors.join("\n"));
	return raiseWorkGo(work, go);
}

function walk(cwd: string, dir: string, look: (dir: string) => void, log: (line: string) => void, short: (p: string) => string): void {
	look(dir);
	for (const e of readdirSync(resolve(cwd, dir), { withFileTypes: true })) {
		const sub = join(dir, e.name);
		const abs = resolve(cwd, sub);
		if (e.isSymbolicLink() && existsSync(abs) && statSync(abs).isDirectory()) log(`warning: ignoring symlink ${short(abs)}`);
		else if (e.isDirectory()) walk(cwd, sub.startsWith(".") || isAbsolute(sub) ? sub : `./${sub}`, look, log, short);
	}
}

/** work sync: every module requires what the workspace selected for its packages. */
export async function syncWorkspace(env: BuildEnv, options: OpenOptions): Promise<void> {
	const state = await openModules(env, options);
	try {
		if (state.work === null) throw new UserError(noWorkFile);
		await loadModuleGraph(state);
		let go = "";
		for (const main of state.mains) {
			if (main.dir === "") continue;
			const must = await neededBy(state, main.path);
			const version = await syncModule(env, options, main.dir, must);
			if (go === "" || compareGoVersion(version, go) > 0) go = version;
		}
		await writeGoSum(state, graphSums(state, state.requirements, true), false);
		const { file } = state.work;
		const work = readWorkFile(file, state.short(file));
		writeWorkFile(file, go === "" ? work : raiseWorkGo(work, go));
	} finally {
		state.store.close();
	}
}

/** The modules, as the workspace selects them, of all that a module's packages and tests need. */
async function neededBy(state: ModuleState, path: string): Promise<ModuleVersion[]> {
	const main = state.mains.find((m) => m.path === path);
	const loader: PackageLoader = new PackageLoader(state, {
		tags: null,
		roots: () => (main === undefined ? [] : loader.mainPackages([main])),
		all: true,
		resolveMissing: false,
		loadTests: true,
	});
	const { packages } = await loader.load();
	const found = new Map<string, ModuleVersion>();
	for (const p of packages) if (p.mod !== null && p.mod.version !== "") found.set(moduleKey(p.mod), p.mod);
	return sortModules([...found.values()]);
}

/** Edits and tidies one module of the workspace by itself; gives its go version. */
async function syncModule(env: BuildEnv, options: OpenOptions, dir: string, must: readonly ModuleVersion[]): Promise<string> {
	const state = await openModules(env, { ...options, cwd: dir, ignoreWork: true, defaultMod: "mod" });
	try {
		const edited = await settle(state.store.wants, () =>
			editRequirements(
				state,
				state.requirements,
				[],
				must.filter((m) => !isToolchainPath(m.path)),
			),
		);
		if (edited.conflicts.length > 0 || !edited.changed) return state.goVersion;
		state.requirements = edited.req;
		const loader: PackageLoader = new PackageLoader(state, {
			tags: null,
			roots: () => [...loader.mainPackages(), ...state.tools()],
			all: true,
			resolveMissing: false,
			loadTests: true,
			tidy: { go: "" },
			silenceStd: true,
		});
		const { packages } = await loader.load();
		await writeGoMod(state);
		const keep = await settle(
			state.store.wants,
			() => new Set([...loadedSums(state, state.requirements, packages, true), ...graphSums(state, state.requirements, false)]),
		);
		await writeGoSum(state, keep, false);
		return state.goVersion;
	} finally {
		state.store.close();
	}
}
