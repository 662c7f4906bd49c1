// The flags that build, run, test, list and clean share, and what they open: the
// environment, the build context, the modules and the package loader.

import { realpathSync } from "node:fs";
import { type BuildEnv, findGoroot, Loader, loadEnv, newBuildContext, UserError } from "#build";
import { FlagError, type FlagSpec, type ParsedFlags, parseFlags, splitQuoted } from "./flags.ts";

const missing = (type: FlagSpec["type"]): FlagSpec => ({ type, help: "", missing: true });

export const buildFlags: Readonly<Record<string, FlagSpec>> = {
	a: { type: "bool", help: "rebuild what is up to date" },
	n: missing("bool"),
	p: missing("int"),
	v: missing("bool"),
	x: missing("bool"),
	tags: { type: "string", help: "comma-separated build tags" },
	trimpath: { type: "bool", help: "remove file system paths from the executable" },
	gcflags: { type: "list", help: "'[pattern=]arguments' for the compiler: -N -l -e -C -lang=VERSION -S -B" },
	ldflags: { type: "list", help: "'[pattern=]arguments' for the linker: -s -w -X path.name=value" },
	mod: { type: "string", help: "module mode: readonly, vendor or mod" },
	buildvcs: { type: "string", help: "stamp version control information: true, false or auto" },
	json: missing("bool"),
	time: { type: "bool", help: "print the time each phase took" },
	d: missing("list"),
	race: missing("bool"),
	msan: missing("bool"),
	asan: missing("bool"),
	cover: missing("bool"),
	covermode: missing("string"),
	coverpkg: missing("string"),
	work: missing("bool"),
	asmflags: missing("list"),
	buildmode: missing("string"),
	compiler: missing("string"),
	gccgoflags: missing("list"),
	installsuffix: missing("string"),
	linkshared: missing("bool"),
	modcacherw: { type: "bool", help: "leave newly created directories of the module cache writable" },
	modfile: { type: "string", help: "read, and perhaps write, another go.mod file" },
	overlay: missing("string"),
	pgo: missing("string"),
	pkgdir: missing("string"),
	toolexec: missing("string"),
};

/** Parses GOFLAGS (flags this command does not know are skipped, as go does) and then args. */
export function parseWithGoflags(specs: Readonly<Record<string, FlagSpec>>, env: BuildEnv, args: readonly string[]): ParsedFlags {
	const known = env.goflags.filter((f) => {
		const name = /^--?([^=]+)/.exec(f)?.[1] ?? "";
		return Object.hasOwn(specs, name) && !specs[name].missing;
	});
	const base = parseFlags(
		specs,
		known.map((f) => (boolValued(specs, f) ? f : f)),
	);
	return parseFlags(specs, args, base);
}

function boolValued(specs: Readonly<Record<string, FlagSpec>>, flag: string): boolean {
	return specs[/^--?([^=]+)/.exec(flag)?.[1] ?? ""]?.type === "bool";
}

export interface Opened {
	env: BuildEnv;
	loader: Loader;
}

export async function openEnv(): Promise<BuildEnv> {
	const found = findGoroot(process.env, (p) => realpathSync(p));
	const goroot = found !== "" ? found : await (await import("#build/goroot")).ensureGoroot(process.env, progress);
	return loadEnv(process.env, goroot);
}

function progress(text: string, done: boolean): void {
	if (!process.stderr.isTTY) {
		if (done) process.stderr.write(`${text}\n`);
		return;
	}
	process.stderr.write(`\r\u001b[K${text}${done ? "\n" : ""}`);
}

/** Finds, and where need be fetches, the modules of the packages that args name; a loader over them. */
export async function openLoader(env: BuildEnv, flags: ParsedFlags, args: readonly string[], tests = false): Promise<Loader> {
	const tags = (flags.strings.get("tags") ?? "").split(/[\s,]+/).filter((t) => t !== "");
	const mode = flags.strings.get("mod") ?? "";
	if (!["", "mod", "readonly", "vendor"].includes(mode))
		throw new FlagError(`-mod=${mode} not supported (can be '', 'mod', 'readonly', or 'vendor')`);
	const ctx = newBuildContext(env, tags);
	const { openState } = await import("./modopen.ts");
	const state = await openState(env, {
		mod: mode,
		defaultMod: "auto",
		modfile: flags.strings.get("modfile"),
		modcacherw: flags.bools.get("modcacherw") ?? false,
	});
	try {
		const { prepareModules } = await import("#build/modules");
		return new Loader(ctx, await prepareModules(state, { hasTag: ctx.hasTag, patterns: args, tests }), process.cwd());
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
