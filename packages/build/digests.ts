// Digests of packages for the function cache: a package's own files and settings, and
// the digests of all it imports. Packages of GOROOT go by the stamps of their files,
// others by content.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesDigest } from "./cache.ts";
import { resolveEmbeds } from "./embed.ts";
import { type Package, resolvedImport } from "./package.ts";
import { fileStamp, type StdIndex } from "./stdindex.ts";

export interface PackageDigest {
	/** Of its files. */
	own: string;
	/** Of its files, settings, and all it imports, the runtime included. */
	deep: string;
	/** What went into it: files outside GOROOT by name, with digests of their content; settings; import paths with their deep digests. */
	files: ReadonlyMap<string, string>;
	settings: string;
	imports: ReadonlyMap<string, string>;
}

/** settings: what decides on a package's code besides its files and imports. order: dependencies first. */
export function packageDigests(
	order: readonly Package[],
	index: StdIndex | null,
	settings: (p: Package) => string,
): Map<Package, PackageDigest> {
	const out = new Map<Package, PackageDigest>();
	const byPath = new Map<string, PackageDigest>();
	for (const p of order) {
		const files = p.standard ? new Map<string, string>() : contentDigests(p);
		const own = p.standard ? stampDigest(p, index) : contentDigest(p, files);
		const text = settings(p);
		const imports = new Map<string, string>();
		// The compiler itself reads the runtime's declarations.
		for (const path of ["runtime", ...p.imports.map((i) => resolvedImport(p, i.path))]) {
			const dep = byPath.get(path);
			if (dep !== undefined) imports.set(path, dep.deep);
		}
		const parts = [p.importPath, own, text, ...[...imports].map(([path, deep]) => `${path} ${deep}`)];
		const digest = { own, deep: createHash("sha256").update(parts.join("\n")).digest("hex"), files, settings: text, imports };
		out.set(p, digest);
		byPath.set(p.importPath, digest);
	}
	return out;
}

function stampDigest(p: Package, index: StdIndex | null): string {
	return filesDigest([...p.goFiles, ...p.sFiles, ...p.hFiles], (name) =>
		index === null ? fileStamp(join(p.dir, name)) : index.stamp(p.dir, name),
	);
}

/** Digests of a package's files by name, embedded ones included. */
function contentDigests(p: Package): Map<string, string> {
	const embedded = p.embedPatterns.length === 0 ? [] : [...resolveEmbeds(p.dir, p.embedPatterns).byPattern].flat(2);
	const out = new Map<string, string>();
	for (const name of [...p.goFiles, ...p.sFiles, ...p.hFiles, ...embedded]) {
		try {
			out.set(
				name,
				createHash("sha256")
					.update(readFileSync(join(p.dir, name)))
					.digest("hex"),
			);
		} catch {
			// A pattern, or a file that has gone: whoever needs it says so.
			out.set(name, "?");
		}
	}
	return out;
}

function contentDigest(p: Package, files: ReadonlyMap<string, string>): string {
	// Line tables hold the directory.
	const rows = [p.dir, p.name, ...[...files].map(([name, digest]) => `${name} ${digest}`)];
	return createHash("sha256").update(rows.join("\0")).digest("hex");
}
