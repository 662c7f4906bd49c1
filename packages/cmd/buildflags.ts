// The flags that build, run, test, list and clean share, and what they open: the
// environment, the build context, the modules and the package loader.

import { realpathSync } from "node:fs";
import { delimiter, isAbsolute } from "node:path";
import { type BuildEnv, findGoroot, Loader, loadEnv, newBuildContext, noModules, UserError } from "#build";
import { installOverlay, readOverlay } from "#build/overlay";
import { FlagError, type FlagSpec, type ParsedFlags, parseFlags, splitQuoted } from "./flags.ts";

const missing = (type: FlagSpec["type"]): FlagSpec => ({ type, help: "", missing: true });

const refused = (type: FlagSpec["type"], why: string): FlagSpec => ({ type, help: "", refused: why });

/** Flags of build, run, test, list, install, vet and clean. */
export const buildFlags: Readonly<Record<string, FlagSpec>> = {
	a: { type: "bool", help: "rebuild what is up to date" },
	n: { type: "bool", help: "print the steps, do not do them" },
	p: { type: "int", help: "how many programs (tests) run at once, how many threads compile" },
	v: { type: "bool", help: "print the names of packages as they are compiled" },
	x: { type: "bool", help: "print the steps" },
	tags: { type: "string", help: "comma-separated build tags" },
	trimpath: { type: "bool", help: "remove file system paths from the executable" },
	gcflags: { type: "list", help: "'[pattern=]arguments' for the compiler: -N -l -e -C -lang=VERSION -S -B" },
	ldflags: { type: "list", help: "'[pattern=]arguments' for the linker: -s -w -X path.name=value" },
	mod: { type: "string", help: "module mode: readonly, vendor or mod" },
	buildvcs: { type: "string", optional: "true", help: "stamp version control information: true, false or auto" },
	json: { type: "bool", help: "print build output as JSON lines" },
	time: { type: "bool", help: "print the time each phase took" },
	work: { type: "bool", help: "print the name of the temporary folder and keep it" },
	buildmode: { type: "string", help: "default or exe" },
	compiler: { type: "string", help: "gc" },
	pgo: { type: "string", help: "off or auto; profiles are not used" },
	"cache-limit": { type: "string", help: "bytes that the build cache may hold: 500MB, 2GiB, off (TSUGO_CACHE_LIMIT)" },
	"cache-age": { type: "string", help: "how long the build cache keeps what nobody uses: 36h, 10d, off (TSUGO_CACHE_AGE)" },
	d: missing("list"),
	race: refused("bool", "the race detector needs C code of LLVM that tsugo cannot link"),
	msan: refused("bool", "the memory sanitizer needs cgo"),
	asan: refused("bool", "the address sanitizer needs cgo"),
	cover: refused("bool", "tsugo does not measure coverage"),
	covermode: refused("string", "tsugo does not measure coverage"),
	coverpkg: refused("string", "tsugo does not measure coverage"),
	asmflags: missing("list"),
	gccgoflags: refused("list", "gccgo is not used"),
	installsuffix: missing("string"),
	linkshared: refused("bool", "tsugo links no shared libraries"),
	modcacherw: { type: "bool", help: "leave newly created directories of the module cache writable" },
	modfile: { type: "string", help: "read, and perhaps write, another go.mod file" },
	overlay: { type: "string", help: "JSON file that says which files stand for others" },
	pkgdir: refused("string", "tsugo writes no package archives"),
	toolexec: refused("string", "compiler, assembler and linker are functions of tsugo, not programs that could be wrapped"),
};

/** Refuses values that flags can have with go and not here. */
function checkedFlags(flags: ParsedFlags): void {
	const value = (name: string): string => flags.strings.get(name) ?? "";
	if (!["", "default", "exe"].includes(value("buildmode")))
		throw new FlagError(`-buildmode=${value("buildmode")} is not supported by tsugo (only default and exe are)`);
	if (value("compiler") === "gccgo") throw new FlagError("-compiler=gccgo is not supported by tsugo");
	if (!["", "gc"].includes(value("compiler"))) throw new FlagError(`go: unknown compiler ${JSON.stringify(value("compiler"))}`);
	if (value("tags").includes(",") && /\s/.test(value("tags"))) throw new UserError("go: -tags space-separated list contains comma");
	if (!["", "off", "auto"].includes(value("pgo")))
		throw new FlagError("-pgo: profile-guided optimization is not supported by tsugo; use -pgo=off");
	const vcs = flags.strings.get("buildvcs");
	if (vcs !== undefined && vcs !== "auto") {
		if (/^(1|t|T|true|TRUE|True)$/.test(vcs)) flags.strings.set("buildvcs", "true");
		else if (/^(0|f|F|false|FALSE|False)$/.test(vcs)) flags.strings.set("buildvcs", "false");
		else throw new FlagError(`invalid boolean value ${JSON.stringify(vcs)} for -buildvcs: value is neither 'auto' nor a valid bool`);
	}
	const p = flags.strings.get("p");
	if (p !== undefined && Number(p) <= 0) throw new FlagError(`go: -p must be a positive integer: ${p}`);
	for (const tag of value("tags").split(/[\s,]+/))
		if (tag !== "" && !/^[\p{L}\p{N}_.]+$/u.test(tag)) throw new FlagError(`invalid build tag ${JSON.stringify(tag)}`);
}

/** Parses GOFLAGS (flags this command does not know are skipped, as go does) and then args. */
export function parseWithGoflags(specs: Readonly<Record<string, FlagSpec>>, env: BuildEnv, args: readonly string[]): ParsedFlags {
	const known = env.goflags.filter((f) => {
		const name = /^--?([^=]+)/.exec(f)?.[1] ?? "";
		return Object.hasOwn(specs, name) && !specs[name].missing;
	});
	for (const f of env.goflags) if (!/^--?[^-=]/.test(f)) throw new UserError(`go: parsing $GOFLAGS: non-flag ${JSON.stringify(f)}`);
	const flags = parseFlags(specs, args, parseFlags(specs, known));
	checkedFlags(flags);
	return withOverlay(flags);
}

/** Puts -overlay in force. */
export function withOverlay(flags: ParsedFlags): ParsedFlags {
	const file = flags.strings.get("overlay") ?? "";
	if (file === "") return flags;
	flags.overlay = readOverlay(file, process.cwd());
	installOverlay(flags.overlay);
	return flags;
}

export interface Opened {
	env: BuildEnv;
	loader: Loader;
}

/** Refuses a build cache that has no place, in the go command's words. GOCACHE=off is allowed here: nothing is remembered then. */
export function requireCache(env: BuildEnv, vars: Readonly<Record<string, string | undefined>> = process.env): void {
	const cannot = "build cache is required, but could not be located: ";
	const set = env.env.get("GOCACHE");
	if (set === "off") return;
	if (set !== "" && !isAbsolute(set)) throw new UserError(`${cannot}GOCACHE is not an absolute path`);
	if (set === "" && !vars.XDG_CACHE_HOME && !vars.HOME)
		throw new UserError(`${cannot}GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined`);
}

export async function openEnv(vars: Readonly<Record<string, string | undefined>> = process.env): Promise<BuildEnv> {
	const found = findGoroot(vars, (p) => realpathSync(p));
	const goroot = found !== "" ? found : await (await import("#build/goroot")).ensureGoroot(vars, progress);
	return loadEnv(vars, goroot);
}

function progress(text: string, done: boolean): void {
	if (!process.stderr.isTTY) {
		if (done) process.stderr.write(`${text}\n`);
		return;
	}
	process.stderr.write(`\r\u001b[K${text}${done ? "\n" : ""}`);
}

/** Finds, and where need be fetches, the modules of the packages that args name; a loader over them. */
export async function openLoader(
	env: BuildEnv,
	flags: ParsedFlags,
	args: readonly string[],
	tests = false,
	dir: string = process.cwd(),
	noCgo = true,
): Promise<Loader> {
	const tags = (flags.strings.get("tags") ?? "").split(/[\s,]+/).filter((t) => t !== "");
	const mode = flags.strings.get("mod") ?? "";
	if (!["", "mod", "readonly", "vendor"].includes(mode))
		throw new FlagError(`-mod=${mode} not supported (can be '', 'mod', 'readonly', or 'vendor')`);
	const ctx = newBuildContext(env, tags, noCgo);
	// The index of GOROOT goes by its directories' times.
	if (flags.overlay?.touches(env.goroot)) ctx.index = null;
	if (env.env.get("GO111MODULE") === "off") {
		if (mode === "mod" || mode === "readonly") throw new UserError(`build flag -mod=${mode} only valid when using modules`);
		return new Loader(ctx, { ...noModules(), gopath: env.gopath.split(delimiter).filter((p) => p !== "") }, process.cwd());
	}
	const { openState } = await import("./modopen.ts");
	const state = await openState(env, {
		cwd: dir,
		mod: mode,
		defaultMod: "auto",
		modfile: flags.strings.get("modfile"),
		modcacherw: flags.bools.get("modcacherw") ?? false,
		showIgnored: flags.bools.get("x") ?? false,
	});
	try {
		const { prepareModules } = await import("#build/modules");
		return new Loader(ctx, await prepareModules(state, { hasTag: ctx.hasTag, patterns: args, tests }), dir);
	} finally {
		state.store.close();
	}
}

/** Splits [pattern=]args flags: the arguments that apply to command-line packages, and those by pattern. */
export function perPackageArgs(values: readonly string[]): { pattern: string; args: string[] }[] {
	return values.map((value) => {
		const m = /^([^-\s'"=][^=\s]*)=(.*)$/s.exec(value.trim());
		return m === null ? { pattern: "", args: splitQuoted(value) } : { pattern: m[1], args: splitQuoted(m[2]) };
	});
}

export { UserError };
