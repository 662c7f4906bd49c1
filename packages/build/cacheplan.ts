// What the cached symbols of a program depend on: the cache's key, and a digest of each package with all that went into it.

import { join } from "node:path";
import { escapePath } from "#compile";
import { type CacheKey, compilerId, type UserPackage } from "./cache.ts";
import { type PackageDigest, packageDigests } from "./digests.ts";
import { wasBuilt } from "./cacheinputs.ts";
import { declarationsOf } from "./declarations.ts";
import type { GcFlags } from "./gcflags.ts";
import type { Loader } from "./load.ts";
import type { Package } from "./package.ts";

export interface CachePlan {
	key: CacheKey;
	/** Packages outside GOROOT (and the main package) in dependency order. */
	packages: UserPackage[];
	/** Digests of the standard packages that the program loads. */
	standard: Map<string, string>;
	/** Of all packages. */
	digests: Map<Package, PackageDigest>;
}

/** What of a package's flags changes its code. */
export function codeFlagsText(path: string, f: GcFlags): string[] {
	const text = `${f.noOpt ? "N" : ""}${f.noInline ? "l" : ""}${f.noBounds ? "B" : ""}${f.lang}`;
	return text === "" ? [] : [`${path}:${text}`];
}

export interface PlanOptions {
	trimpath: boolean;
	flagsOf: (p: Package) => GcFlags;
	/** Where what was found out about packages is kept, null = nowhere. */
	cacheDir: string | null;
	/** The main package has no files but those on disk. */
	plainMain: boolean;
}

/** order: the program's packages but unsafe, dependencies first. */
export function cachePlan(loader: Loader, main: Package, order: readonly Package[], o: PlanOptions): CachePlan {
	const { ctx } = loader;
	const isMain = (p: Package): boolean => p === main;
	const flags = (p: Package): string[] => codeFlagsText(p.importPath, o.flagsOf(p));
	const compiler = compilerId();
	// Of a program that is built once, as tests are by the thousand, nothing is kept.
	const keepsMain = o.plainMain && !main.standard && !main.testMain && o.cacheDir !== null && wasBuilt(o.cacheDir, main);
	const settings = (p: Package): string => JSON.stringify([p.module?.path, p.module?.version, p.module?.goVersion, isMain(p), ...flags(p)]);
	const digests = packageDigests(order, ctx.index, settings, (p, own, files) =>
		isMain(p) && !keepsMain
			? { digest: own, functions: new Map() }
			: declarationsOf(
					own,
					p,
					[...files].map(([name, digest]) => ({ name, path: join(p.dir, name), digest })),
					compiler,
					o.cacheDir,
				),
	);
	const std = order.filter((p) => p.standard && !isMain(p));
	const own = order.filter((p) => !p.standard || isMain(p) || p.goFiles.some((f) => f.endsWith("_test.go")));
	return {
		key: {
			goVersion: ctx.goVersion,
			goos: ctx.goos,
			goarch: ctx.goarch,
			experiments: [...ctx.experiments].sort(),
			tags: [...ctx.userTags].sort(),
			trimpath: o.trimpath,
			gcflags: std.flatMap(flags),
			compiler,
		},
		packages: own.map((p) => ({
			prefix: escapePath(isMain(p) ? "main" : p.importPath),
			path: isMain(p) ? "main" : p.importPath,
			digest: p.standard || (isMain(p) && !keepsMain) ? null : (digests.get(p)?.declared ?? null),
			content: digests.get(p)?.own ?? "",
			functions: digests.get(p)?.functions ?? new Map(),
			standard: p.standard,
		})),
		standard: new Map(std.map((p) => [p.importPath, digests.get(p)?.own ?? ""])),
		digests,
	};
}
