// Why the next build of a program would, or would not, find a package (or a function) in the cache: what the last build put into its digests,
// beside what would go into them now.

import { existsSync, statSync } from "node:fs";
import { escapePath } from "#compile";
import { type CacheKey, cacheKeyText, DiskStore, packageFile, standardFile } from "./cache.ts";
import { type PackageInputs, programInputs, type ProgramInputs, readInputs } from "./cacheinputs.ts";
import { cachePlan } from "./cacheplan.ts";
import type { GcFlags } from "./gcflags.ts";
import type { Loader } from "./load.ts";
import type { Package } from "./package.ts";
import { UserError } from "./usererror.ts";

export { inputsWith } from "./cacheinputs.ts";
export { CacheProg, HelpedFiles } from "./cacheprog.ts";
export { cacheUsage, formatBytes, usageLines, usageOf } from "./cachesize.ts";

export interface ExplainOptions {
	cacheDir: string;
	main: Package;
	trimpath: boolean;
	flagsOf: (p: Package) => GcFlags;
	/** Import paths and functions; []: every package of the program that would be compiled. */
	what: readonly string[];
}

interface Comparison {
	main: Package;
	now: ProgramInputs;
	before: ProgramInputs | null;
	key: CacheKey;
	store: DiskStore;
	cacheDir: string;
	/** Package -> lines that say why its digest differs; [] when it does not. */
	causes: Map<string, string[]>;
}

const keyNames: Readonly<Record<keyof CacheKey, string>> = {
	goVersion: "the Go version",
	goos: "GOOS",
	goarch: "GOARCH",
	experiments: "GOEXPERIMENT",
	tags: "-tags",
	trimpath: "-trimpath",
	gcflags: "-gcflags of standard packages",
	compiler: "tsugo itself (its files)",
};

function list(names: readonly string[]): string {
	const shown = names.slice(0, 5).join(", ");
	return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** Differences of two tables: "changed: a, b; added: c". */
function tableDifference(
	before: Record<string, string>,
	now: Record<string, string>,
): { changed: string[]; added: string[]; removed: string[] } {
	return {
		changed: Object.keys(now).filter((k) => Object.hasOwn(before, k) && before[k] !== now[k]),
		added: Object.keys(now).filter((k) => !Object.hasOwn(before, k)),
		removed: Object.keys(before).filter((k) => !Object.hasOwn(now, k)),
	};
}

/** Settings that every entry depends on and that are others now. */
function keyCauses(before: CacheKey, now: CacheKey): string[] {
	const out: string[] = [];
	for (const name of Object.keys(keyNames) as (keyof CacheKey)[]) {
		const [a, b] = [before[name], now[name]].map((v) => (Array.isArray(v) ? v.join(" ") : String(v)));
		if (a === b) continue;
		out.push(name === "compiler" ? `${keyNames[name]} changed` : `${keyNames[name]}: was ${JSON.stringify(a)}, is ${JSON.stringify(b)}`);
	}
	return out;
}

function settingsText(settings: string): string {
	const [path, version, go, , ...flags] = JSON.parse(settings) as (string | null)[];
	return [path === null ? "no module" : `${path}${version ? `@${version}` : ""}`, `go ${go ?? ""}`, ...flags].join(" ");
}

/** Why a package's digest is another one: its own files first, then what it imports, down to where the change is. */
function causesOf(c: Comparison, path: string): string[] {
	const known = c.causes.get(path);
	if (known !== undefined) return known;
	const before = c.before?.packages[path];
	const now = c.now.packages[path];
	const out: string[] = [];
	c.causes.set(path, out);
	if (before === undefined || now === undefined) {
		const was = c.before?.standard[path];
		const is = c.now.standard[path];
		if (was !== undefined && is !== undefined && was !== is) out.push(`files of the standard package ${path} changed (size or time)`);
		else if (before === undefined && now !== undefined) out.push(`${path} was not part of the last build`);
		return out;
	}
	ownCauses(path, before, now, out);
	const imports = tableDifference(before.imports, now.imports);
	if (imports.added.length > 0) out.push(`${path} imports more: ${list(imports.added)}`);
	if (imports.removed.length > 0) out.push(`${path} does not import any more: ${list(imports.removed)}`);
	for (const dep of imports.changed) {
		const why = causesOf(c, dep);
		for (const line of why) if (!out.includes(line)) out.push(line);
		if (why.length === 0) out.push(`${dep}, which it imports, changed through the standard packages that it imports`);
	}
	return out;
}

function ownCauses(path: string, before: PackageInputs, now: PackageInputs, out: string[]): void {
	const files = tableDifference(before.files, now.files);
	if (files.changed.length > 0) out.push(`${path}: content changed: ${list(files.changed)}`);
	if (files.added.length > 0) out.push(`${path}: new file: ${list(files.added)}`);
	if (files.removed.length > 0) out.push(`${path}: file gone (or left out by build constraints): ${list(files.removed)}`);
	if (before.dir !== now.dir) out.push(`${path}: is in another directory: was ${before.dir}, is ${now.dir}`);
	if (before.settings !== now.settings)
		out.push(`${path}: settings: was ${settingsText(before.settings)}, are ${settingsText(now.settings)}`);
}

/** The longest package of the program that a function's name begins with. */
function packageOf(c: Comparison, name: string): string | null {
	let best: string | null = null;
	for (const path of [...Object.keys(c.now.packages), ...Object.keys(c.now.standard)])
		if (name.startsWith(`${path}.`) && (best === null || path.length > best.length)) best = path;
	return best;
}

function size(file: string): string {
	const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
	return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

function explainPackage(c: Comparison, path: string): { lines: string[]; hit: boolean } {
	const keyText = cacheKeyText(c.key);
	const standard = Object.hasOwn(c.now.standard, path);
	if (!standard && !Object.hasOwn(c.now.packages, path))
		throw new UserError(`tsugo explain cache: ${c.main.importPath} does not import ${path}`);
	const isMain = path === c.main.importPath;
	const file = standard
		? standardFile(c.cacheDir, keyText)
		: packageFile(c.cacheDir, keyText, isMain ? "main" : escapePath(path), c.now.packages[path].declared);
	const own = standard ? standardCauses(c, path) : causesOf(c, path);
	if (existsSync(file) && (!standard || own.length === 0)) {
		const { count, stale } = standard ? { count: 0, stale: [] } : c.store.keptOf(isMain ? "main" : path);
		// What does not hold, though nothing changed since the last build, the program has no use for.
		if (stale.length === 0 || (c.before !== null && own.length === 0))
			return { lines: [`${path}: in the cache (${size(file)})`], hit: true };
		// The compiler may find that an edit changed nothing for those that call what was edited.
		const lines = [`${path}: in the cache, but up to ${stale.length} of ${count} symbols would be compiled: ${list(stale)}`];
		return { lines: [...lines, ...own.map((l) => `\t${l}`)], hit: false };
	}
	const lines = [`${path}: not in the cache`];
	if (c.before === null)
		lines.push("\tno build of this program was noted here: it was never built with this cache, or the cache was cleaned");
	else {
		for (const line of [...keyCauses(c.before.key, c.key), ...own]) lines.push(`\t${line}`);
		if (lines.length === 1 && isMain) lines.push("\tmain packages are kept from a program's second build on");
		else if (lines.length === 1)
			lines.push("\tnothing that it depends on changed: its entry was removed (trimmed, cleaned or damaged), or never written");
	}
	return { lines, hit: false };
}

/** All of GOROOT's symbols are in one file: a change of any package that the program loads makes it useless. */
function standardCauses(c: Comparison, path: string): string[] {
	if (c.before === null) return [];
	const { changed } = tableDifference(c.before.standard, c.now.standard);
	if (changed.length === 0) return [];
	const also = changed.includes(path) ? "" : " (symbols of all standard packages are kept together)";
	return [`files of standard packages changed: ${list(changed)}${also}`];
}

/** What a broken fact says of the symbol that rests on it. */
function factText(question: string): string {
	const [kind, path, name] = question.split(" ");
	switch (kind) {
		case "a":
			return `the text of ${path} changed, which decides on initial values`;
		case "b":
			return `${path}.${name} was edited (or moved to other lines): the function itself, or one whose body was read for it`;
		case "c":
			return `${name} changed, and perhaps what inlining it costs`;
		default:
			return `${name} changed, and perhaps which of its parameters escape`;
	}
}

function explainFunction(c: Comparison, name: string, path: string): string[] {
	const linkName = `${path === c.main.importPath ? "main" : escapePath(path)}${name.slice(path.length)}`;
	if (c.store.has(linkName, 1) || c.store.has(linkName, 0)) return [`${name}: in the cache, with ${path}`];
	const broken = c.store.brokenFact(linkName, 1) ?? c.store.brokenFact(linkName, 0);
	const { lines, hit } = explainPackage(c, path);
	if (broken !== null) return [`${name}: in the cache, but does not hold`, `\t${factText(broken)}`, ...lines.slice(1)];
	if (!hit && lines[0].endsWith(": not in the cache")) return [`${name}: not in the cache, like its package`, ...lines.slice(1)];
	return [
		`${name}: not in the cache, though ${path} is`,
		"\tno program that was built reached it as a function of its own (it was not called, or inlined everywhere), or there is none of this name",
	];
}

/** The files of the cache that building a program would read and write. */
export function cacheFiles(loader: Loader, o: Omit<ExplainOptions, "what">): string[] {
	const order = loader.closure([loader.import("runtime", null), o.main]).filter((p) => p.importPath !== "unsafe");
	const plan = cachePlan(loader, o.main, order, { ...o, plainMain: true });
	const text = cacheKeyText(plan.key);
	const own = plan.packages.flatMap((p) => (p.digest === null ? [] : [packageFile(o.cacheDir, text, p.prefix, p.digest)]));
	return [standardFile(o.cacheDir, text), ...own];
}

/** Lines that say what is in the cache and why not, and whether all that was asked for is. */
export function explainCache(loader: Loader, o: ExplainOptions): { lines: string[]; hit: boolean } {
	const order = loader.closure([loader.import("runtime", null), o.main]).filter((p) => p.importPath !== "unsafe");
	const plan = cachePlan(loader, o.main, order, { ...o, plainMain: true });
	const now = programInputs(o.main, plan);
	const before = readInputs(o.cacheDir, now.main);
	const store = new DiskStore(o.cacheDir, plan.key, plan.packages, plan.standard);
	const c: Comparison = { main: o.main, now, before, key: plan.key, store, cacheDir: o.cacheDir, causes: new Map() };
	const lines: string[] = [];
	let hit = true;
	for (const name of o.what) {
		const path = Object.hasOwn(now.packages, name) || Object.hasOwn(now.standard, name) ? null : packageOf(c, name);
		if (path !== null) {
			const got = explainFunction(c, name, path);
			lines.push(...got);
			if (got.length > 1) hit = false;
			continue;
		}
		const got = explainPackage(c, name);
		lines.push(...got.lines);
		hit &&= got.hit || name === o.main.importPath;
	}
	if (o.what.length > 0) return { lines, hit };
	const own = Object.keys(now.packages).filter((p) => p !== o.main.importPath);
	const misses = ["runtime", ...own].map((p) => explainPackage(c, p)).filter((r) => !r.hit);
	for (const m of misses) lines.push(...m.lines);
	lines.push(
		misses.length === 0
			? `${o.main.importPath}: ${own.length} package${own.length === 1 ? "" : "s"} beside the main one and the standard library, all in the cache`
			: `${o.main.importPath}: ${misses.length} of ${own.length + 1} would be compiled (the standard library counts as one)`,
	);
	return { lines, hit: misses.length === 0 };
}
