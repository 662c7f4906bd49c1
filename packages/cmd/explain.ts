// tsugo explain checksum [MODULE@VERSION] | version MODULE

import { explainChecksum, explainVersion, loadModuleGraph, splitVersion } from "#build/modules";
import { isToolchainPath, type ModuleVersion } from "#modfile";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

/** The main package whose cache is asked about: the one in the working directory, or that of the newest build with the named package. */
async function cacheCommand(args: readonly string[]): Promise<number> {
	const [{ cacheUsage, explainCache, inputsWith, usageLines, usageOf }, build, { buildFlags, openLoader, parseWithGoflags }] =
		await Promise.all([import("#build/explaincache"), import("./build.ts"), import("./buildflags.ts")]);
	const env = await openEnv();
	const flags = parseWithGoflags({ ...buildFlags, sizes: { type: "bool", help: "how much the caches hold" } }, env, args);
	if (flags.bools.get("sizes")) {
		process.stdout.write(
			`${[env.cacheDir, ...usageLines([...cacheUsage(env.cacheDir), usageOf("module cache", env.gomodcache)])].join("\n")}\n`,
		);
		return 0;
	}
	if (env.gocache === "off") throw new UserError("tsugo explain cache: GOCACHE=off: nothing is remembered");
	const tools = build.toolOptions(flags);
	const dirs = [process.cwd()];
	for (const name of flags.args) {
		const noted = inputsWith(env.cacheDir, name.replace(/\.(\(\*?\w+\)\.)?\w+$/, "")) ?? inputsWith(env.cacheDir, name);
		if (noted !== null) dirs.push(noted.main.dir);
	}
	for (const dir of dirs) {
		const loader = await openLoader(env, flags, ["."], false, dir);
		const [main] = build.matchArguments(loader, ["."]);
		if (main === undefined || main.name !== "main") continue;
		const problems = loader.graph.errors([main]);
		if (problems.length > 0) throw new UserError(`tsugo explain cache: ${main.importPath}: ${problems[0].error.msg}`);
		const { lines, hit } = explainCache(loader, {
			cacheDir: env.cacheDir,
			main,
			trimpath: tools.trimpath,
			flagsOf: tools.gcflags(loader, [main]),
			what: flags.args.map((a) => (a === "." ? main.importPath : a)),
		});
		process.stdout.write(`${lines.join("\n")}\n`);
		return hit ? 0 : 1;
	}
	throw new UserError(
		"tsugo explain cache: there is no main package here, and no build was noted of a program with what you name: run it in the directory of a main package",
	);
}

const usage = `Explain says why something is as it is.

Usage:

	tsugo explain cache [build flags] [package|function]   which packages the next build finds in the cache; which input changed of those it does not
	tsugo explain cache -sizes                how much the build cache and the module cache hold
	tsugo explain checksum [module@version]   why a checksum does not match (all modules of the build without an argument)
	tsugo explain version module              why this version of a module was selected
`;

async function checksum(args: readonly string[]): Promise<number> {
	const flags = parseFlags({}, args);
	const state = await openState(await openEnv());
	try {
		const list: ModuleVersion[] = flags.args.map((arg) => {
			const { path, version } = splitVersion(arg);
			if (version === null) throw new UserError(`tsugo explain checksum: ${arg}: need module@version`);
			return { path, version };
		});
		const all = list.length === 0;
		if (all) {
			const graph = await loadModuleGraph(state);
			for (const m of graph.buildList()) {
				const a = state.actual(m);
				if (!isToolchainPath(m.path) && m.version !== "" && a.version !== "" && state.store.sums.has(a.path, a.version)) list.push(a);
			}
		}
		let wrong = 0;
		for (const m of list) {
			const got = await explainChecksum(state, m);
			if (got.wrong) wrong++;
			if (got.wrong || !all) process.stdout.write(`${got.lines.join("\n")}\n`);
		}
		if (all && wrong === 0) process.stdout.write(`no mismatch in ${list.length} module${list.length === 1 ? "" : "s"}\n`);
		return wrong > 0 ? 1 : 0;
	} finally {
		state.store.close();
	}
}

async function version(args: readonly string[]): Promise<number> {
	const flags = parseFlags({}, args);
	if (flags.args.length === 0) throw new UserError("tsugo explain version: need a module path");
	const state = await openState(await openEnv());
	try {
		if (!state.hasModRoot) throw new UserError(`go: ${state.noModRoot()}`);
		for (const path of flags.args) process.stdout.write(`${(await explainVersion(state, path)).join("\n")}\n`);
		return 0;
	} finally {
		state.store.close();
	}
}

export async function explainCommand(args: readonly string[]): Promise<number> {
	const [name, ...rest] = args;
	if (name === "cache") return cacheCommand(rest);
	if (name === "checksum") return checksum(rest);
	if (name === "version") return version(rest);
	if (name === undefined || name === "help" || name === "-h") {
		process.stderr.write(usage);
		return 2;
	}
	const planned = ["link", "symbol", "exposure"];
	if (planned.includes(name)) throw new UserError(`tsugo explain ${name}: not supported by this version of tsugo yet`, 2);
	throw new UserError(`tsugo explain ${name}: unknown topic; there are: cache, checksum, version`, 2);
}
