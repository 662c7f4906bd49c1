// tsugo build [-o output] [build flags] [packages]

import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildEnv, type GcFlags, gcFlagsOf, type Loader, type Package } from "#build";
import type { OptimizeContext } from "#ssa";
import { passContext } from "./passflags.ts";
import { type BuildSettings, checkPackages, modInfo, writeExecutable } from "#build/check";
import { buildExecutable, type ExecutableOptions } from "#build/executable";
import { buildFlags, openEnv, openLoader, parseWithGoflags, perPackageArgs, UserError } from "./buildflags.ts";
import { FlagError, type FlagSpec, type ParsedFlags } from "./flags.ts";

const flags: Readonly<Record<string, FlagSpec>> = { ...buildFlags, o: { type: "string", help: "output file or directory" } };

/** What the flags ask of the compiler and the linker. */
export interface ToolOptions {
	trimpath: boolean;
	stripSymbols: boolean;
	stripDwarf: boolean;
	defines: [string, string][];
	settings: BuildSettings;
	/** Where the function cache is; undefined with -a or GOCACHE=off. */
	cacheDir: (env: BuildEnv) => string | undefined;
	time: ((phase: string, ms: number) => void) | undefined;
	/** -compressdwarf of the linker. */
	compressDwarf: boolean;
	buildId: string | undefined;
	/** The compiler's arguments by package, given the packages that the command line names. */
	gcflags: (loader: Loader, named: readonly Package[]) => (p: Package) => GcFlags;
	/** -d=ssa/… of the compiler; undefined = none. */
	passes: OptimizeContext | undefined;
}

export function toolOptions(parsed: ParsedFlags): ToolOptions {
	const gcArgs = perPackageArgs(parsed.lists.get("gcflags") ?? []);
	const out: ToolOptions = {
		trimpath: parsed.bools.get("trimpath") ?? false,
		stripSymbols: false,
		stripDwarf: false,
		compressDwarf: true,
		buildId: undefined,
		defines: [],
		cacheDir: (env) => (parsed.bools.get("a") || env.gocache === "off" ? undefined : env.cacheDir),
		settings: {
			tags: parsed.strings.get("tags") ?? "",
			trimpath: parsed.bools.get("trimpath") ?? false,
			ldflags: (parsed.lists.get("ldflags") ?? []).join(" "),
			gcflags: (parsed.lists.get("gcflags") ?? []).join(" "),
		},
		gcflags: (loader, named) => {
			const paths = new Set(named.map((p) => p.importPath));
			return gcFlagsOf(gcArgs, loader, (p) => p.commandLine || paths.has(p.importPath));
		},
		passes: passContext(gcArgs),
		time: parsed.bools.get("time")
			? (phase, ms) => process.stderr.write(`${phase.padEnd(24)}${ms.toFixed(0).padStart(7)} ms\n`)
			: undefined,
	};
	if (parsed.strings.get("buildvcs") === "true") throw new FlagError("flag -buildvcs=true is not supported by tsugo yet");
	for (const { args } of perPackageArgs(parsed.lists.get("ldflags") ?? [])) {
		for (let i = 0; i < args.length; i++) {
			const arg = args[i].replace(/^--/, "-");
			if (arg === "-s") out.stripSymbols = true;
			else if (arg === "-w" || arg === "-w=1" || arg === "-w=true") out.stripDwarf = true;
			else if (arg === "-w=0" || arg === "-w=false") out.stripDwarf = false;
			else if (/^-compressdwarf(=.*)?$/.test(arg)) out.compressDwarf = !/=(0|f|false)$/i.test(arg);
			else if (arg === "-buildid") out.buildId = args[++i] ?? "";
			else if (arg.startsWith("-buildid=")) out.buildId = arg.slice("-buildid=".length);
			else if (arg === "-X" || arg.startsWith("-X=")) {
				const def = arg === "-X" ? (args[++i] ?? "") : arg.slice(3);
				const eq = def.indexOf("=");
				if (eq < 0) throw new FlagError(`-X flag requires argument of the form importpath.name=value`);
				out.defines.push([def.slice(0, eq), def.slice(eq + 1)]);
			} else throw new FlagError(`-ldflags: flag ${arg} is not supported by tsugo yet`);
		}
	}
	return out;
}

/** What of the options goes to buildExecutable. */
export function compileOptions(
	tools: ToolOptions,
	loader: Loader,
	named: readonly Package[],
): Pick<ExecutableOptions, "link" | "gcflags" | "passes"> {
	return {
		link: {
			stripSymbols: tools.stripSymbols,
			stripDwarf: tools.stripDwarf,
			defines: tools.defines,
			...(tools.compressDwarf ? {} : { compressDwarf: null }),
			...(tools.buildId === undefined ? {} : { buildId: tools.buildId }),
		},
		gcflags: tools.gcflags(loader, named),
		passes: tools.passes,
	};
}

export interface Matched {
	packages: Package[];
	/** The patterns that named each. */
	matches: Map<Package, string[]>;
}

/** The packages that the arguments name. What is wrong with them is in the loader's graph. */
export function matchPackages(loader: Loader, args: readonly string[]): Matched {
	const patterns = args.length > 0 ? args : ["."];
	const isFile = (p: string): boolean => p.endsWith(".go") && (statSync(p, { throwIfNoEntry: false })?.isFile() ?? false);
	if (patterns.some(isFile)) {
		for (const p of patterns) if (!p.endsWith(".go")) throw new UserError(`named files must be .go files: ${p}`);
		const pkg = loader.fromFiles(patterns);
		return { packages: [pkg], matches: new Map([[pkg, [...patterns]]]) };
	}
	const { packages, matches, warnings } = loader.match(patterns);
	for (const w of warnings) process.stderr.write(`${w}\n`);
	return { packages, matches };
}

export function matchArguments(loader: Loader, args: readonly string[]): Package[] {
	return matchPackages(loader, args).packages;
}

/** Name of the executable of a main package: the last element of its path that is not a major version. */
export function executableName(p: Package, args: readonly string[]): string {
	if (p.commandLine) return basename(args[0] ?? p.goFiles[0] ?? "a", ".go");
	const parts = p.importPath.split("/");
	if (parts.length > 1 && /^v\d+$/.test(parts[parts.length - 1])) parts.pop();
	return parts[parts.length - 1];
}

export function printErrors(errors: readonly { pkg: string; lines: readonly string[] }[]): void {
	for (const e of errors) {
		if (e.pkg !== "") process.stderr.write(`# ${e.pkg}\n`);
		for (const line of e.lines) process.stderr.write(`${line}\n`);
	}
}

export async function buildCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseWithGoflags(flags, env, args);
	const tools = toolOptions(parsed);
	const loader = await openLoader(env, parsed, parsed.args);
	const packages = matchArguments(loader, parsed.args);
	const mains = packages.filter((p) => p.name === "main");
	const output = parsed.strings.get("o");
	let directory = "";
	if (output !== undefined && (output.endsWith("/") || (existsSync(output) && statSync(output).isDirectory()))) {
		mkdirSync(output, { recursive: true });
		directory = output;
	}
	const writes = directory !== "" || output !== undefined || (packages.length === 1 && mains.length === 1);
	if (output !== undefined && directory === "" && packages.length > 1)
		throw new UserError("go: cannot write multiple packages to non-directory " + output);
	let failed = false;
	for (const p of packages) {
		if (!writes || p.name !== "main") {
			const errors = checkPackages(loader, [p], tools.gcflags(loader, packages));
			printErrors(errors);
			failed ||= errors.length > 0;
			continue;
		}
		const built = buildExecutable(loader, {
			main: p,
			trimpath: tools.trimpath,
			...compileOptions(tools, loader, packages),
			modInfo: modInfo(env, loader, p, tools.settings),
			time: tools.time,
			cacheDir: tools.cacheDir(env),
		});
		printErrors(built.errors);
		if (built.image === null || built.errors.length > 0) {
			failed = true;
			continue;
		}
		const name = executableName(p, parsed.args);
		const file = directory !== "" ? join(directory, name) : (output ?? name);
		writeExecutable(file, built.image);
	}
	return failed ? 1 : 0;
}
