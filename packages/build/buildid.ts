// The Go build id of an executable: ids of the link's inputs, of the main package's
// inputs and of its content, and (made by the linker) of the executable's content,
// each 20 characters of base64. Nothing in it depends on where the files are.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

interface HashedPackage {
	importPath: string;
	dir: string;
	goFiles: readonly string[];
	sFiles: readonly string[];
	standard: boolean;
}

function id(parts: readonly string[]): string {
	const h = createHash("sha256");
	for (const p of parts) h.update(`${p.length}:${p}\n`);
	return h.digest("base64url").slice(0, 20);
}

/** Contents of a package's files; those of GOROOT are known by its version. */
function sources(p: HashedPackage): string {
	const h = createHash("sha256");
	for (const name of [...p.goFiles, ...p.sFiles]) {
		const bytes = readFileSync(join(p.dir, name));
		h.update(`${basename(name)} ${bytes.length}\n`).update(bytes);
	}
	return `${p.importPath} ${h.digest("hex")}`;
}

/** Everything of the id but the executable's content; ends in a slash. options: what else the build depends on. */
export function openBuildId(
	main: HashedPackage,
	packages: readonly HashedPackage[],
	goVersion: string,
	options: readonly string[],
): string {
	const own = sources(main);
	const deps = packages.map((p) => (p.standard ? p.importPath : p === main ? own : sources(p))).sort();
	return `${id(["link", goVersion, ...options, ...deps])}/${id(["compile", goVersion, own, ...deps])}/${id(["content", goVersion, own])}/`;
}
