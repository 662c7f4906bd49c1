// What the last build of each program put into the digests of its packages, so that `explain cache` can say which input changed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CacheKey } from "./cache.ts";
import type { CachePlan } from "./cacheplan.ts";
import type { Package } from "./package.ts";

/** Changes whenever the layout does. */
const Version = 2;
/** Records that stay. */
const Kept = 200;

export interface PackageInputs {
	dir: string;
	/** Digest of all of it. */
	digest: string;
	/** Of all but the bodies of functions. */
	declared: string;
	/** Files with digests of their content. */
	files: Record<string, string>;
	/** Module, its version and language version, compiler flags. */
	settings: string;
	/** Imports with their digests. */
	imports: Record<string, string>;
}

export interface ProgramInputs {
	version: number;
	main: { importPath: string; dir: string };
	key: CacheKey;
	/** Packages outside GOROOT by import path. */
	packages: Record<string, PackageInputs>;
	/** Standard packages with digests of their files. */
	standard: Record<string, string>;
}

/** The inputs of a plan. */
export function programInputs(main: Package, plan: CachePlan): ProgramInputs {
	const packages: Record<string, PackageInputs> = {};
	for (const [p, d] of plan.digests) {
		if (p.standard && p !== main) continue;
		packages[p.importPath] = {
			dir: p.dir,
			digest: d.deep,
			declared: d.declared,
			files: Object.fromEntries(d.files),
			settings: d.settings,
			imports: Object.fromEntries(d.imports),
		};
	}
	return {
		version: Version,
		main: { importPath: main.importPath, dir: main.dir },
		key: plan.key,
		packages,
		standard: Object.fromEntries(plan.standard),
	};
}

const folder = (cacheDir: string): string => join(cacheDir, "inputs");

function fileOf(cacheDir: string, main: { importPath: string; dir: string }): string {
	const name = createHash("sha256").update(`${main.importPath}\0${main.dir}`).digest("hex").slice(0, 32);
	return join(folder(cacheDir), `${name}.json`);
}

/** Whether the inputs of an earlier build of a program are kept. */
export function wasBuilt(cacheDir: string, main: { importPath: string; dir: string }): boolean {
	return existsSync(fileOf(cacheDir, main));
}

/** Keeps the inputs of a program that was built. Not being able to is no error. */
export function noteInputs(cacheDir: string, main: Package, plan: CachePlan): void {
	const file = fileOf(cacheDir, main);
	const aside = `${file}.${process.pid}`;
	try {
		const text = JSON.stringify(programInputs(main, plan));
		if (existsSync(file) && readFileSync(file, "utf8") === text) return;
		mkdirSync(folder(cacheDir), { recursive: true });
		writeFileSync(aside, text);
		renameSync(aside, file);
		trim(folder(cacheDir));
	} catch {
		rmSync(aside, { force: true });
	}
}

function trim(dir: string): void {
	const names = readdirSync(dir);
	if (names.length <= Kept) return;
	const files = names
		.map((name) => ({ path: join(dir, name), time: statSync(join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
		.sort((a, b) => b.time - a.time);
	for (const f of files.slice(Kept)) rmSync(f.path, { force: true });
}

function read(file: string): ProgramInputs | null {
	try {
		const got = JSON.parse(readFileSync(file, "utf8")) as ProgramInputs;
		return got.version === Version ? got : null;
	} catch {
		return null;
	}
}

/** What the last build of this main package noted; null when there is none. */
export function readInputs(cacheDir: string, main: { importPath: string; dir: string }): ProgramInputs | null {
	return read(fileOf(cacheDir, main));
}

/** The newest note of a program that has a package outside GOROOT. */
export function inputsWith(cacheDir: string, importPath: string): ProgramInputs | null {
	if (!existsSync(folder(cacheDir))) return null;
	const files = readdirSync(folder(cacheDir))
		.filter((n) => n.endsWith(".json"))
		.map((n) => ({ path: join(folder(cacheDir), n), time: statSync(join(folder(cacheDir), n), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
		.sort((a, b) => b.time - a.time);
	for (const { path } of files) {
		const got = read(path);
		if (got !== null && Object.hasOwn(got.packages, importPath)) return got;
	}
	return null;
}
