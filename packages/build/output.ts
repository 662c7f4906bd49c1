// Writing executables, checking packages without building, build information.

import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BuildEnv, UserError } from "./env.ts";
import { Frontend } from "./frontend.ts";
import type { GcFlags } from "./gcflags.ts";
import { loadErrorText } from "./graph.ts";
import type { Loader } from "./load.ts";
import type { Package } from "./package.ts";

/** Writes the file aside and renames it, so that no partial output stays. */
export function writeExecutable(file: string, image: Uint8Array): void {
	const aside = join(dirname(file), `.tsugo-${process.pid}-${Math.random().toString(36).slice(2)}`);
	try {
		writeFileSync(aside, image, { mode: 0o755 });
		chmodSync(aside, 0o755 & ~process.umask());
		renameSync(aside, file);
	} catch (err) {
		rmSync(aside, { force: true });
		throw new UserError(`go: writing ${file}: ${(err as Error).message}`);
	}
}

/** Type-checks packages with everything they import; gives the errors of packages outside GOROOT. */
export function checkPackages(
	loader: Loader,
	packages: readonly Package[],
	gcflags?: (p: Package) => GcFlags,
): { pkg: string; lines: string[] }[] {
	const errors: { pkg: string; lines: string[] }[] = [];
	const order = loader.closure([...packages]);
	for (const { error } of loader.graph.errors(packages)) errors.push({ pkg: "", lines: [loadErrorText(error)] });
	if (errors.length > 0) return errors;
	const front = new Frontend(loader);
	const lang = `go${/^go(\d+\.\d+)/.exec(loader.ctx.goVersion)?.[1] ?? ""}`;
	for (const p of order) if (p.importPath !== "unsafe") front.add(p, p.importPath, [], lang, gcflags?.(p));
	for (const u of front.units) {
		if (u.source.standard && !packages.includes(u.source)) continue;
		const lines = front.check(u);
		if (lines.length > 0) errors.push({ pkg: u.source.importPath, lines });
	}
	return errors;
}

/** The settings of a build that `version -m` shows. */
export interface BuildSettings {
	tags: string;
	trimpath: boolean;
	ldflags: string;
	gcflags: string;
}

/** Text of runtime/debug.BuildInfo (without version line), as the go command forms it. */
export function modInfo(env: BuildEnv, loader: Loader, main: Package, settings: BuildSettings): string {
	const lines: string[] = [`path\t${main.importPath}`];
	if (main.module !== null) lines.push(`mod\t${main.module.path}\t${main.module.version === "" ? "(devel)" : main.module.version}\t`);
	const used = new Set(loader.closure([main]).map((p) => p.module));
	for (const m of loader.mods.list.values()) {
		if (m.main || !used.has(m)) continue;
		lines.push(`dep\t${m.path}\t${m.version}\t${m.replace === null ? m.sum : ""}`.replace(/\t$/, m.replace === null ? "\t" : ""));
		if (m.replace !== null) lines.push(`=>\t${m.replace.path}\t${m.replace.version === "" ? "(devel)" : m.replace.version}\t${m.sum}`);
	}
	const setting = (key: string, value: string): void => {
		if (value !== "") lines.push(`build\t${key}=${/[\s"]/.test(value) ? JSON.stringify(value) : value}`);
	};
	setting("-buildmode", "exe");
	setting("-compiler", "gc");
	setting("-gcflags", settings.gcflags);
	if (!settings.trimpath) setting("-ldflags", settings.ldflags);
	setting("-tags", settings.tags);
	setting("-trimpath", settings.trimpath ? "true" : "");
	setting("CGO_ENABLED", "0");
	setting("GOARCH", env.goarch);
	setting("GOOS", env.goos);
	setting("GOAMD64", env.env.get("GOAMD64") || "v1");
	return `${lines.join("\n")}\n`;
}
