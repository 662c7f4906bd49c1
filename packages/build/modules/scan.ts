// Imports of a directory's files, for module loading: with build constraints of a context, or as if every tag but "ignore" could hold,
// so that go.mod serves every platform.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Interner, SourceSet } from "#base";
import { type Constraint, ConstraintError, fileConstraint, Kind, matchFileName, NodeIds, parseImports } from "#syntax";

export interface DirImports {
	imports: string[];
	testImports: string[];
	/** No file takes part. */
	noGo: boolean;
}

/** null: all tags. */
export type Tags = ((tag: string) => boolean) | null;

/** Whether a constraint can hold; with all tags, a tag is what would make it hold. */
function holds(x: Constraint, tags: Tags, prefer: boolean): boolean {
	switch (x.op) {
		case "tag":
			return tags !== null ? tags(x.tag) : x.tag !== "ignore" && prefer;
		case "not":
			return !holds(x.x, tags, !prefer);
		case "and":
			return holds(x.x, tags, prefer) && holds(x.y, tags, prefer);
		default:
			return holds(x.x, tags, prefer) || holds(x.y, tags, prefer);
	}
}

export function shouldBuild(src: Uint8Array, tags: Tags): boolean {
	try {
		const c = fileConstraint(src);
		return c === null || holds(c, tags, true);
	} catch (err) {
		if (err instanceof ConstraintError) return false;
		throw err;
	}
}

function isRegular(dir: string, name: string, link: boolean): boolean {
	if (!link) return true;
	try {
		return statSync(join(dir, name)).isFile();
	} catch {
		return false;
	}
}

export function importsOf(src: Uint8Array): string[] {
	const tree = parseImports(new NodeIds(), new SourceSet().add("x.go", src), new Interner(), () => undefined);
	const out: string[] = [];
	for (const d of tree.decls) if (d.kind === Kind.ImportDecl && d.path.text.length > 2) out.push(d.path.text.slice(1, -1));
	return out;
}

/** cgo's, and imports of long ago that no module provides: nothing to look for. */
const magicImport = /^(C|appengine(_internal)?(\/.*)?)$/;

export function scanImports(dir: string, tags: Tags): DirImports {
	const imports = new Set<string>();
	const testImports = new Set<string>();
	let files = 0;
	for (const e of readdirSync(dir, { withFileTypes: true })) {
		const { name } = e;
		if (!name.endsWith(".go") || /^[_.]/.test(name) || e.isDirectory() || !isRegular(dir, name, e.isSymbolicLink())) continue;
		if (tags !== null && !matchFileName(name, tags)) continue;
		const src = readFileSync(join(dir, name));
		const list = importsOf(src);
		if (list.includes("C") && tags !== null && !tags("cgo")) continue;
		if (!shouldBuild(src, tags)) continue;
		files++;
		const into = name.endsWith("_test.go") ? testImports : imports;
		for (const path of list) if (!magicImport.test(path)) into.add(path);
	}
	return { imports: [...imports].sort(), testImports: [...testImports].sort(), noGo: files === 0 };
}
