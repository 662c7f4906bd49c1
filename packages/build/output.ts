// Writing executables, checking packages without building, build information.

import { chmodSync, closeSync, constants, openSync, readSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "./env.ts";
import { Frontend } from "./frontend.ts";
import type { GcFlags } from "./gcflags.ts";
import { loadErrorText } from "./graph.ts";
import type { Loader } from "./load.ts";
import type { Package } from "./package.ts";
import { errnoText } from "./syserror.ts";

/** What an executable or archive begins with; anything else is not overwritten. */
const objectMarks = [
	"!<arch>\n",
	"<bigaf>\n",
	"\u007fELF",
	"\u00fe\u00ed\u00fa\u00ce",
	"\u00fe\u00ed\u00fa\u00cf",
	"\u00ce\u00fa\u00ed\u00fe",
	"\u00cf\u00fa\u00ed\u00fe",
	"MZ",
	"\u0000asm",
];

/** Refuses to overwrite folders and what no linker wrote. */
function checkTarget(file: string): void {
	const info = statSync(file, { throwIfNoEntry: false });
	if (info?.isDirectory()) throw new UserError(`go: build output ${JSON.stringify(file)} already exists and is a directory`);
	if (info === undefined || !info.isFile() || info.size === 0) return;
	const head = Buffer.alloc(8);
	// As a number, so that uptodate.ts does not take the old program for an input.
	const fd = openSync(file, constants.O_RDONLY);
	const n = readSync(fd, head, 0, 8, 0);
	closeSync(fd);
	const text = head.toString("latin1", 0, n);
	if (!objectMarks.some((m) => text.startsWith(m)))
		throw new UserError(`go: build output ${JSON.stringify(file)} already exists and is not an object file`);
}

/** Writes the file aside and renames it, so that no partial output stays. Devices are written to. */
export function writeExecutable(file: string, image: Uint8Array): void {
	try {
		checkTarget(file);
		const info = statSync(file, { throwIfNoEntry: false });
		if (info !== undefined && !info.isFile()) {
			writeFileSync(file, image);
			return;
		}
	} catch (err) {
		if (err instanceof UserError) throw err;
		throw new UserError(`go: writing ${file}: ${errnoText(err)}`);
	}
	const aside = join(dirname(file), `.tsugo-${process.pid}-${Math.random().toString(36).slice(2)}`);
	try {
		writeFileSync(aside, image, { mode: 0o755 });
		chmodSync(aside, 0o755 & ~process.umask());
		renameSync(aside, file);
	} catch (err) {
		rmSync(aside, { force: true });
		throw new UserError(`go: writing ${file}: ${errnoText(err)}`);
	}
}

/** Errors of a package, as lines below "# pkg"; of loading when pkg is "". */
export interface BuildError {
	pkg: string;
	/** The package that has them, where pkg does not say it. */
	importPath?: string;
	lines: string[];
}

/** Type-checks packages with everything they import; gives the errors of packages outside GOROOT. */
export function checkPackages(loader: Loader, packages: readonly Package[], gcflags?: (p: Package) => GcFlags): BuildError[] {
	const errors: BuildError[] = [];
	const order = loader.closure([...packages]);
	for (const { pkg, error } of loader.graph.errors(packages))
		errors.push({ pkg: "", importPath: pkg.importPath, lines: [loadErrorText(error)] });
	if (errors.length > 0) return errors;
	const front = new Frontend(loader);
	const lang = `go${/^go(\d+\.\d+)/.exec(loader.ctx.goVersion)?.[1] ?? ""}`;
	for (const p of order) if (p.importPath !== "unsafe") front.add(p, p.importPath, [], lang, gcflags?.(p));
	// What imports a package with errors is not compiled.
	const failed = new Set<string>();
	for (const u of front.units) {
		if (u.source.standard && !packages.includes(u.source)) continue;
		const lines = u.imports.some((i) => failed.has(i)) ? null : front.check(u);
		if (lines === null || lines.length > 0) failed.add(u.path);
		if (lines !== null && lines.length > 0) errors.push({ pkg: u.source.importPath, lines });
	}
	return errors;
}

export { type BuildSettings, modInfo } from "./buildinfo.ts";
