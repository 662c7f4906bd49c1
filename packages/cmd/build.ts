// tsugo build [-o output] [build flags] [packages]

import { existsSync, mkdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import {
	argsFor,
	type BuildEnv,
	type GcFlags,
	gcFlagsOf,
	type Loader,
	loadErrorText,
	noGoFiles,
	type Package,
	requireTarget,
} from "#build";
import { escapePath } from "#compile";
import type { Fragment } from "#object";
import type { OptimizeContext } from "#ssa";
import { passContext } from "./passflags.ts";
import { type BuildError, type BuildSettings, checkPackages, modInfo, writeExecutable } from "#build/check";
import { type CacheLimits, cacheLimits } from "#build/cachetrim";
import { buildExecutable, type Executable, type ExecutableOptions } from "#build/executable";
import { buildFlags, openEnv, openLoader, parseWithGoflags, perPackageArgs, requireCache, UserError } from "./buildflags.ts";
import { FlagError, type FlagSpec, type ParsedFlags } from "./flags.ts";
import { type CompilePlan, Reporter } from "./reporter.ts";

export const flags: Readonly<Record<string, FlagSpec>> = { ...buildFlags, o: { type: "string", help: "output file or directory" } };

/** What the flags ask of the compiler and the linker. */
export interface ToolOptions {
	trimpath: boolean;
	stripSymbols: boolean;
	stripDwarf: boolean;
	defines: [string, string][];
	settings: BuildSettings;
	/** Where the function cache is; undefined with -a or GOCACHE=off. */
	cacheDir: (env: BuildEnv) => string | undefined;
	cacheLimits: CacheLimits;
	time: ((phase: string, ms: number) => void) | undefined;
	/** -compressdwarf of the linker. */
	compressDwarf: boolean;
	buildId: string | undefined;
	/** The compiler's arguments by package, given the packages that the command line names. */
	gcflags: (loader: Loader, named: readonly Package[]) => (p: Package) => GcFlags;
	/** -d=ssa/… of the compiler; undefined = none. */
	passes: OptimizeContext | undefined;
	/** Threads beside the main one. */
	threads: number;
	/** -S is among the compiler's arguments. */
	asm: boolean;
	/** What prints the code; there from openSession on if asm is set. */
	listing: ((fragments: readonly Fragment[]) => string) | null;
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
		cacheLimits: cacheLimits({ limit: parsed.strings.get("cache-limit"), age: parsed.strings.get("cache-age") }, process.env),
		cacheDir: (env) => (parsed.bools.get("a") || env.gocache === "off" ? undefined : env.cacheDir),
		settings: {
			tags: parsed.strings.get("tags") ?? "",
			trimpath: parsed.bools.get("trimpath") ?? false,
			ldflags: (parsed.lists.get("ldflags") ?? []).join(" "),
			gcflags: (parsed.lists.get("gcflags") ?? []).join(" "),
			vcs: (parsed.strings.get("buildvcs") ?? "auto") as BuildSettings["vcs"],
		},
		gcflags: (loader, named) => {
			const paths = new Set(named.map((p) => p.importPath));
			return gcFlagsOf(gcArgs, loader, (p) => p.commandLine || paths.has(p.importPath));
		},
		asm: gcArgs.some(({ args }) => args.some((a) => /^--?S(=(1|t|true))?$/i.test(a))),
		listing: null,
		passes: passContext(gcArgs, process.env.GOSSAFUNC ?? ""),
		threads: threadCount(parsed.strings.get("p")),
		time: parsed.bools.get("time")
			? (phase, ms) => process.stderr.write(`${phase.padEnd(24)}${ms.toFixed(0).padStart(7)} ms\n`)
			: undefined,
	};
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
				out.defines.push([linkerName(def.slice(0, eq)), def.slice(eq + 1)]);
			} else throw new FlagError(`-ldflags: flag ${arg} is not supported by tsugo yet`);
		}
	}
	return out;
}

/** PATH.NAME as the linker knows it. */
function linkerName(name: string): string {
	const dot = name.lastIndexOf(".");
	return dot < 0 ? name : `${escapePath(name.slice(0, dot))}${name.slice(dot)}`;
}

/** What of the options goes to buildExecutable. */
export function compileOptions(
	tools: ToolOptions,
	loader: Loader,
	named: readonly Package[],
): Pick<ExecutableOptions, "link" | "gcflags" | "passes" | "threads" | "listing" | "decisions" | "verifyCache"> {
	const { listing } = tools;
	return {
		decisions: (pkg, lines) => void process.stderr.write([`# ${pkg}`, ...lines, ""].join("\n")),
		...(listing === null ? {} : { listing: (pkg, fragments) => void process.stderr.write(`# ${pkg}\n${listing(fragments)}`) }),
		link: {
			stripSymbols: tools.stripSymbols,
			stripDwarf: tools.stripDwarf,
			defines: tools.defines,
			...(tools.compressDwarf ? {} : { compressDwarf: null }),
			...(tools.buildId === undefined ? {} : { buildId: tools.buildId }),
		},
		gcflags: tools.gcflags(loader, named),
		passes: tools.passes,
		verifyCache: process.env.TSUGO_VERIFY_CACHE === "1",
		threads: tools.threads,
	};
}

/** Threads beside the main one: what -p asks for, or the processors that are there. More than three have nothing to do. */
function threadCount(p: string | undefined): number {
	if (p === undefined) return Math.min(3, availableParallelism() - 1);
	if (Number(p) < 1) throw new UserError(`go: -p must be a positive integer: ${p}`, 2);
	return Number(p) - 1;
}

export interface Matched {
	packages: Package[];
	/** The patterns that named each. */
	matches: Map<Package, string[]>;
}

/** The packages that the arguments name. What is wrong with them is in the loader's graph. */
export function matchPackages(loader: Loader, args: readonly string[]): Matched {
	const patterns = args.length > 0 ? args : ["."];
	if (patterns.some((p) => p.endsWith(".go") && (statSync(p, { throwIfNoEntry: false })?.isFile() ?? false))) {
		for (const p of patterns) if (!p.endsWith(".go")) throw new UserError(`named files must be .go files: ${p}`);
		const pkg = loader.fromFiles(patterns);
		if (pkg.errors[0]?.kind === "nogo") throw new UserError("go: no Go source files");
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

/** What is needed to build programs. */
export interface Session {
	env: BuildEnv;
	flags: ParsedFlags;
	tools: ToolOptions;
	loader: Loader;
	/** The packages that the command line names. */
	packages: Package[];
	/** The patterns that named each. */
	matches: ReadonlyMap<Package, readonly string[]>;
	reporter: Reporter;
}

export interface SessionOptions {
	/** Arguments to match instead of the flags' own. */
	args?: readonly string[];
	/** Instead of the working directory. */
	dir?: string | undefined;
}

/** A session on packages that are loaded. */
export async function sessionOf(
	env: BuildEnv,
	flags: ParsedFlags,
	loader: Loader,
	packages: Package[],
	matches: ReadonlyMap<Package, readonly string[]>,
): Promise<Session> {
	const tools = toolOptions(flags);
	if (tools.asm) tools.listing = (await import("./asmlist.ts")).listing;
	return { env, flags, tools, loader, packages, matches, reporter: new Reporter(env, flags) };
}

/** Opens everything a build needs and matches the packages; with what keeps packages from being loaded. */
export async function loadSession(
	env: BuildEnv,
	flags: ParsedFlags,
	o: SessionOptions = {},
): Promise<{ session: Session; errors: BuildError[] }> {
	requireCache(env);
	const args = o.args ?? flags.args;
	const loader = await openLoader(env, flags, args, false, o.dir);
	const { packages, matches } = matchPackages(loader, args);
	const session = await sessionOf(env, flags, loader, packages, matches);
	const errors = loader.graph.errors(packages);
	if (errors.length === 0 && env.env.get("GOCACHEPROG") !== "") {
		const { fetchFromHelper } = await import("./cachehelper.ts");
		const mains = packages.filter((p) => p.name === "main");
		await fetchFromHelper(session, mains);
	}
	return { session, errors: errors.map(({ pkg, error }) => ({ pkg: "", importPath: pkg.importPath, lines: [loadErrorText(error)] })) };
}

/** As loadSession; null when there are errors, which are printed. */
export async function openSession(env: BuildEnv, flags: ParsedFlags, o: SessionOptions = {}): Promise<Session | null> {
	const { session, errors } = await loadSession(env, flags, o);
	if (errors.length === 0) return session;
	session.reporter.errors(errors);
	return null;
}

/** Compiles and links a main package. */
export function compileMain(s: Session, p: Package): Executable {
	const { env, loader, tools, packages } = s;
	return buildExecutable(loader, {
		main: p,
		trimpath: tools.trimpath,
		...compileOptions(tools, loader, packages),
		modInfo: modInfo(env, loader, p, tools.settings),
		time: tools.time,
		cacheDir: tools.cacheDir(env),
		cacheLimits: tools.cacheLimits,
	});
}

/** Type-checks packages that are not built. */
export function checkSession(s: Session, packages: readonly Package[]): BuildError[] {
	return checkPackages(s.loader, packages, s.tools.gcflags(s.loader, s.packages));
}

/** Flags as their words, for -x. */
function words(flags: ParsedFlags, name: string): string[] {
	return perPackageArgs(flags.lists.get(name) ?? [])
		.filter((g) => g.pattern === "")
		.flatMap((g) => g.args);
}

/** What of a session decides how packages are compiled, for -x and -v. */
export function compilePlan(s: Pick<Session, "flags" | "loader" | "packages">, roots: readonly Package[]): CompilePlan {
	const list = perPackageArgs(s.flags.lists.get("gcflags") ?? []);
	const asm = perPackageArgs(s.flags.lists.get("asmflags") ?? []);
	const named = (p: Package): boolean => p.commandLine || s.packages.some((q) => q.importPath === p.importPath);
	const flagsOf = (p: Package): readonly string[] => argsFor(list, s.loader, p, named);
	return { loader: s.loader, roots, flagsOf, flagText: (p) => JSON.stringify([flagsOf(p), argsFor(asm, s.loader, p, named)]) };
}

/** The program of a main package; null when it has errors, which are printed, or with -n. target is told to -x. */
export function buildProgram(s: Session, p: Package, target: string): Uint8Array | null {
	const { loader, reporter } = s;
	reporter.compiling(compilePlan(s, [p]));
	reporter.linking(loader, p, words(s.flags, "ldflags"), target);
	if (reporter.dry) return null;
	requireTarget(s.env, p.importPath);
	const built = compileMain(s, p);
	reporter.errors(built.errors);
	if (built.errors.length > 0) return null;
	reporter.compiled();
	return built.image;
}

/** Without Go files of its own a package cannot be built, though its tests may; a wildcard leaves it out. */
export function buildable(s: Session): Package[] | null {
	const { packages, reporter } = s;
	const missing = packages.filter((p) => p.goFiles.length === 0 && p.testGoFiles.length + p.xtestGoFiles.length > 0);
	const wild = (pattern: string): boolean => pattern.includes("...") || ["all", "std", "cmd", "work", "tool"].includes(pattern);
	const named = missing.filter((p) => !s.matches.get(p)?.every(wild));
	if (named.length > 0) {
		reporter.errors(named.map((p) => ({ pkg: "", importPath: p.importPath, lines: [`${p.importPath}: ${noGoFiles(p)}`] })));
		return null;
	}
	return packages.filter((p) => !missing.includes(p));
}

function isDirectory(file: string): boolean {
	return file.endsWith("/") || (statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Where programs go: by package; a package that is not in it is only checked. */
function outputs(s: Session, packages: readonly Package[]): Map<Package, string> {
	const mains = packages.filter((p) => p.name === "main");
	const name = (p: Package): string => executableName(p, s.flags.args);
	const asked = s.flags.strings.get("o") ?? "";
	const null_ = asked === "/dev/null";
	if (asked === "" || null_) return new Map(!null_ && packages.length === 1 && mains.length === 1 ? [[mains[0], name(mains[0])]] : []);
	if (isDirectory(asked)) {
		if (mains.length === 0) throw new UserError("go: no main packages to build");
		return new Map(mains.map((p) => [p, join(asked, name(p))]));
	}
	if (s.flags.strings.get("buildmode") === "exe" && (packages.length !== 1 || mains.length !== 1))
		throw new UserError("-buildmode=exe requires exactly one main package");
	if (packages.length > 1) throw new UserError(`go: cannot write multiple packages to non-directory ${asked}`);
	if (packages.length === 0) throw new UserError("no packages to build");
	if (mains.length === 0)
		throw new UserError(`tsugo: -o ${asked}: ${packages[0].importPath} is not a main package, and tsugo writes no package archives`);
	return new Map([[mains[0], asked]]);
}

/** Tells of profiles that go would use. */
export function warnProfiles(s: Session): void {
	if (s.flags.strings.get("pgo") === "off") return;
	for (const p of s.packages)
		if (p.name === "main" && existsSync(join(p.dir, "default.pgo")))
			process.stderr.write(
				`tsugo: ${s.loader.shortPath(join(p.dir, "default.pgo"))} is not used: tsugo has no profile-guided optimization\n`,
			);
}

/** Writes a program; what is in its way is an error of its package. */
function writeTarget(p: Package, file: string, image: Uint8Array): boolean {
	try {
		writeExecutable(file, image);
		return true;
	} catch (err) {
		if (!(err instanceof UserError) || !err.message.includes("is not an object file")) throw err;
		process.stderr.write(`${p.importPath}: go build ${p.importPath}: ${err.message.replace(/^go: /, "")}\n`);
		return false;
	}
}

/** A build that is up to date: what -x and -work say of it. */
export async function nothingToDo(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	new Reporter(env, parseWithGoflags(flags, env, args)).work();
	return 0;
}

export async function buildCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const session = await openSession(env, parseWithGoflags(flags, env, args));
	if (session === null) return 1;
	const packages = buildable(session);
	if (packages === null) return 1;
	const targets = outputs(session, packages);
	warnProfiles(session);
	let failed = false;
	const checked = packages.filter((p) => !targets.has(p));
	if (checked.length > 0) {
		const { reporter } = session;
		reporter.compiling(compilePlan(session, checked));
		if (!reporter.dry) {
			requireTarget(env, checked[0].importPath);
			const errors = checkSession(session, checked);
			reporter.errors(errors);
			failed = errors.length > 0;
			if (!failed) reporter.compiled();
		}
	}
	for (const [p, file] of targets) {
		if (!file.startsWith("/dev/") && existsSync(file) && statSync(file).isDirectory())
			throw new UserError(`go: build output ${JSON.stringify(file)} already exists and is a directory`);
		const image = buildProgram(session, p, file);
		if (image === null) failed ||= !session.reporter.dry;
		else {
			if (!file.startsWith("/dev/")) mkdirSync(dirname(file), { recursive: true });
			failed = !writeTarget(p, file, image) || failed;
		}
	}
	return failed ? 1 : 0;
}
