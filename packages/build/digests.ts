// Digests of packages for the function cache: a package's own files and settings, and
// the digests of all it imports. Packages of GOROOT go by the stamps of their files,
// others by content.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesDigest } from "./cache.ts";
import type { Declarations } from "./declarations.ts";
import { resolveEmbeds } from "./embed.ts";
import { type Package, resolvedImport } from "./package.ts";
import { fileStamp, type StdIndex } from "./stdindex.ts";

export interface PackageDigest {
	/** Of its files. */
	own: string;
	/** Of its files, settings, and all it imports, the runtime included. */
	deep: string;
	/** The same without what is in the bodies of functions outside GOROOT. */
	declared: string;
	/** Digests of its functions (declarations.ts); null = it is of GOROOT, or nobody asked. */
	functions: Declarations["functions"] | null;
	/** What went into it: files outside GOROOT by name, with digests of their content; settings; import paths with their deep digests. */
	files: ReadonlyMap<string, string>;
	settings: string;
	imports: ReadonlyMap<string, string>;
}

/** Looks through the files of a package, of which it is given the digest and those of each. */
export type Declared = (p: Package, own: string, files: ReadonlyMap<string, string>) => Declarations;

/**
 * settings: what decides on a package's code besides its files and imports. order: dependencies first. declared: for packages outside GOROOT;
 * without, all their text counts as declarations.
 */
export function packageDigests(
	order: readonly Package[],
	index: StdIndex | null,
	settings: (p: Package) => string,
	declared: Declared | null = null,
): Map<Package, PackageDigest> {
	const out = new Map<Package, PackageDigest>();
	const byPath = new Map<string, PackageDigest>();
	for (const p of order) {
		const files = p.standard ? new Map<string, string>() : contentDigests(p);
		const own = p.standard ? stampDigest(p, index) : contentDigest(p, files);
		const text = settings(p);
		const said = p.standard || declared === null ? null : declared(p, own, files);
		const imports = new Map<string, string>();
		const importsDeclared: string[] = [];
		// The compiler itself reads the runtime's declarations.
		for (const path of ["runtime", ...p.imports.map((i) => resolvedImport(p, i.path))]) {
			const dep = byPath.get(path);
			if (dep === undefined) continue;
			imports.set(path, dep.deep);
			importsDeclared.push(`${path} ${dep.declared}`);
		}
		const digestOf = (content: string, below: readonly string[]): string =>
			createHash("sha256")
				.update([p.importPath, content, text, ...below].join("\n"))
				.digest("hex");
		const deep = digestOf(
			own,
			[...imports].map(([path, digest]) => `${path} ${digest}`),
		);
		const digest = {
			own,
			deep,
			declared: digestOf(said?.digest ?? own, importsDeclared),
			functions: said?.functions ?? null,
			files,
			settings: text,
			imports,
		};
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
