// -gcflags: the compiler's arguments by package. Words and rules as the go command
// (`[pattern=]args`, the last match for a package wins) and gc have them.

import { resolve } from "node:path";
import { UserError } from "./env.ts";
import type { Loader } from "./load.ts";
import { patternRegexp } from "./load.ts";
import type { Package } from "./package.ts";

/** What the compiler's arguments ask for in one package. */
export interface GcFlags {
	/** -N: no optimization. */
	noOpt: boolean;
	/** -l: no inlining. */
	noInline: boolean;
	/** -B: no bounds checks. */
	noBounds: boolean;
	/** -e: no limit on the number of errors. */
	allErrors: boolean;
	/** -C: no columns in error messages. */
	noColumns: boolean;
	/** -lang: language version such as go1.21, "" = as go.mod says. */
	lang: string;
	/** -S: print the assembly. */
	asm: boolean;
	/** -m: print inlining and escape decisions. */
	decisions: boolean;
	/** -d: the comma-separated keys. */
	debug: readonly string[];
}

export const noGcFlags: GcFlags = {
	noOpt: false,
	noInline: false,
	noBounds: false,
	allErrors: false,
	noColumns: false,
	lang: "",
	asm: false,
	decisions: false,
	debug: [],
};

type Switch = "noOpt" | "noInline" | "noBounds" | "allErrors" | "noColumns" | "asm" | "decisions";
const switches: Readonly<Record<string, Switch>> = {
	N: "noOpt",
	l: "noInline",
	B: "noBounds",
	e: "allErrors",
	C: "noColumns",
	S: "asm",
	m: "decisions",
};

/** The compiler's arguments; `what` says in errors where they come from. Throws UserError. */
export function parseGcFlags(args: readonly string[], goVersion: string): GcFlags {
	const out = { ...noGcFlags, debug: [] as string[] };
	for (let i = 0; i < args.length; i++) {
		const m = /^--?([^=]+)(?:=(.*))?$/s.exec(args[i]);
		if (m === null) throw new UserError(`-gcflags: ${args[i]} is no flag of the compiler`);
		const [, name, given] = m;
		const value = (): string => {
			const v = given ?? args[++i];
			if (v === undefined) throw new UserError(`-gcflags: flag needs an argument: -${name}`);
			return v;
		};
		if (name === "m" && given !== undefined && !/^(0|1|t|f|true|false)$/i.test(given))
			throw new UserError(`-gcflags: -m=${given} is not supported by tsugo yet (only -m)`);
		if (Object.hasOwn(switches, name)) out[switches[name]] = given === undefined || !/^(0|f|false)$/i.test(given);
		else if (name === "lang") out.lang = checkLang(value(), goVersion);
		else if (name === "d") out.debug.push(...value().split(","));
		else if (name === "dwarf" || name === "complete" || name === "pack" || name === "shared") {
			if (given === undefined || /^(1|t|true)$/i.test(given)) continue;
			throw new UserError(`-gcflags: flag ${args[i]} is not supported by tsugo yet`);
		} else if (name === "c") {
			const n = value();
			if (Number(n) < 1) throw new UserError(`compile: -c must be at least 1, got ${n}`);
		} else throw new UserError(`-gcflags: flag -${name} is not supported by tsugo yet`);
	}
	return out;
}

function checkLang(lang: string, goVersion: string): string {
	const m = /^go1\.(\d+)$/.exec(lang);
	if (m === null) throw new UserError(`invalid value ${JSON.stringify(lang)} for -lang: should be something like "go1.12"`);
	const have = Number(/^go1\.(\d+)/.exec(goVersion)?.[1] ?? 0);
	if (Number(m[1]) > have) throw new UserError(`invalid value ${JSON.stringify(lang)} for -lang: max known version is "go1.${have}"`);
	return lang;
}

/** One -gcflags, -ldflags or -asmflags: the arguments and the packages they are for. */
export interface PatternArgs {
	/** "" = the packages named on the command line. */
	pattern: string;
	args: readonly string[];
}

/** The arguments for a package: those of the last flag whose pattern matches it. */
export function argsFor(list: readonly PatternArgs[], loader: Loader, p: Package, named: (p: Package) => boolean): readonly string[] {
	for (let i = list.length - 1; i >= 0; i--) if (matches(list[i].pattern, loader, p, named)) return list[i].args;
	return [];
}

function matches(pattern: string, loader: Loader, p: Package, named: (p: Package) => boolean): boolean {
	if (pattern === "") return named(p);
	if (pattern === "all") return true;
	if (pattern === "std") return p.standard;
	if (pattern === "cmd") return p.importPath === "cmd" || p.importPath.startsWith("cmd/");
	if (pattern === "work") return p.module?.main ?? false;
	if (pattern === "tool") return loader.mods.state?.tools().has(p.importPath) ?? false;
	if (/^\.\.?(\/|$)/.test(pattern) || pattern.startsWith("/")) return patternRegexp(resolve(loader.cwd, pattern)).test(p.dir);
	return patternRegexp(pattern).test(p.importPath);
}

/** Flags by package, parsed once for each set of arguments. */
export function gcFlagsOf(list: readonly PatternArgs[], loader: Loader, named: (p: Package) => boolean): (p: Package) => GcFlags {
	if (list.length === 0) return () => noGcFlags;
	const parsed = new Map<readonly string[], GcFlags>();
	for (const { args } of list) parsed.set(args, parseGcFlags(args, loader.ctx.goVersion));
	return (p) => parsed.get(argsFor(list, loader, p, named)) ?? noGcFlags;
}
