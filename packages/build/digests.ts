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
		const own = p.standard ? stampDigest(p, index) : contentDigest(p);
		const parts = [p.importPath, own, settings(p)];
		// The compiler itself reads the runtime's declarations.
		for (const path of ["runtime", ...p.imports.map((i) => resolvedImport(p, i.path))]) {
			const dep = byPath.get(path);
			if (dep !== undefined) parts.push(`${path} ${dep.deep}`);
		}
		const digest = { own, deep: createHash("sha256").update(parts.join("\n")).digest("hex") };
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

function contentDigest(p: Package): string {
	const embedded = p.embedPatterns.length === 0 ? [] : [...resolveEmbeds(p.dir, p.embedPatterns).byPattern].flat(2);
	const sum = createHash("sha256");
	// Line tables hold the directory.
	sum.update(`${p.dir}\0${p.name}\0`);
	for (const name of [...p.goFiles, ...p.sFiles, ...p.hFiles, ...new Set(embedded)]) {
		sum.update(`${name}\0`);
		try {
			sum.update(
				createHash("sha256")
					.update(readFileSync(join(p.dir, name)))
					.digest(),
			);
		} catch {
			// A pattern, or a file that has gone: whoever needs it says so.
			sum.update("?");
		}
	}
	return sum.digest("hex");
}
