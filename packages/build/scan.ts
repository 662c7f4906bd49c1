// Reading a directory into a Package: which files take part (names, build
// constraints), their package name, imports and embed patterns.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, formatDiagnostics, Interner, SourceSet } from "#base";
import { ConstraintError, evalConstraint, fileConstraint, Kind, matchFileName, NodeIds, parseImports } from "#syntax";
import type { BuildContext } from "./context.ts";
import { type ImportRef, newPackage, type Package } from "./package.ts";

/** Whether the build constraint of a file holds; malformed constraints do not. */
export function constraintHolds(ctx: BuildContext, src: Uint8Array): boolean {
	try {
		const constraint = fileConstraint(src);
		return constraint === null || evalConstraint(constraint, ctx.hasTag);
	} catch (err) {
		if (err instanceof ConstraintError) return false;
		throw err;
	}
}

interface Header {
	name: string;
	file: string;
	/** Package name; "" when the file could not be parsed that far. */
	pkgName: string;
	pkgDoc: string;
	imports: ImportRef[];
	embeds: ImportRef[];
	errors: string[];
}

function readHeader(dir: string, name: string, src: Uint8Array): Header {
	const file = join(dir, name);
	const set = new SourceSet();
	const list: Diagnostic[] = [];
	const source = set.add(file, src);
	const tree = parseImports(new NodeIds(), source, new Interner(), (d) => list.push(d));
	const ref = (path: string, pos: number): ImportRef => {
		const at = source.physical(pos);
		return { path, pos: { file, line: at.line, col: at.col } };
	};
	const imports: ImportRef[] = [];
	for (const d of tree.decls)
		if (d.kind === Kind.ImportDecl && d.path.text.length > 2) imports.push(ref(d.path.text.slice(1, -1), d.path.pos));
	const embeds: ImportRef[] = [];
	for (const d of tree.directives) if (d.name === "embed") for (const p of d.args) embeds.push(ref(p, d.pos));
	return {
		name,
		file,
		pkgName: tree.pkgName.name === "_" && list.length > 0 ? "" : tree.pkgName.name,
		pkgDoc: "",
		imports,
		embeds,
		errors: list.length > 0 ? formatDiagnostics(set, list) : [],
	};
}

/** The package in dir. Problems (no Go files, several packages, syntax errors) are in its errors. */
export function scanDir(ctx: BuildContext, dir: string, importPath: string): Package {
	const pkg = newPackage(dir, importPath);
	const names = readdirSync(dir, { withFileTypes: true })
		.filter((e) => !e.isDirectory())
		.map((e) => e.name)
		.sort();
	const headers: Header[] = [];
	for (const name of names) {
		if (name.startsWith("_") || name.startsWith(".")) {
			if (name.endsWith(".go")) pkg.ignoredGoFiles.push(name);
			continue;
		}
		if (name.endsWith(".go")) {
			const src = matchFileName(name, ctx.hasTag) ? readFileSync(join(dir, name)) : null;
			if (src !== null && constraintHolds(ctx, src)) headers.push(readHeader(dir, name, src));
			else pkg.ignoredGoFiles.push(name);
		} else {
			addOtherFile(ctx, pkg, dir, name);
		}
	}
	addGoFiles(ctx, pkg, headers);
	if (pkg.name === "" && pkg.errors.length === 0) pkg.errors.push({ pos: "", msg: noGoFiles(pkg), importStack: [] });
	return pkg;
}

function noGoFiles(pkg: Package): string {
	if (pkg.ignoredGoFiles.length > 0) return `build constraints exclude all Go files in ${pkg.dir}`;
	return `no Go files in ${pkg.dir}`;
}

function addOtherFile(ctx: BuildContext, pkg: Package, dir: string, name: string): void {
	const ext = name.slice(name.lastIndexOf(".") + 1);
	const lists: Record<string, string[] | undefined> = {
		s: pkg.sFiles,
		h: pkg.hFiles,
		inc: pkg.hFiles,
		syso: pkg.sysoFiles,
		c: pkg.cFiles,
		cc: pkg.cFiles,
		cpp: pkg.cFiles,
		m: pkg.cFiles,
	};
	const list = name.includes(".") ? lists[ext] : undefined;
	if (list === undefined) return;
	const takes = matchFileName(name, ctx.hasTag) && (ext === "syso" || constraintHolds(ctx, readFileSync(join(dir, name))));
	if (takes) list.push(name);
	else pkg.ignoredOtherFiles.push(name);
}

/** A command-line package made of the named files of dir; constraints apply, file name rules do not. */
export function scanFiles(ctx: BuildContext, dir: string, names: readonly string[]): Package {
	const pkg = newPackage(dir, "command-line-arguments");
	const headers: Header[] = [];
	for (const name of [...names].sort()) {
		const src = readFileSync(join(dir, name));
		if (!name.endsWith(".go")) addOtherFile(ctx, pkg, dir, name);
		else if (constraintHolds(ctx, src)) headers.push(readHeader(dir, name, src));
		else pkg.ignoredGoFiles.push(name);
	}
	addGoFiles(ctx, pkg, headers);
	if (pkg.name === "" && pkg.errors.length === 0) pkg.errors.push({ pos: "", msg: noGoFiles(pkg), importStack: [] });
	return pkg;
}

function addGoFiles(ctx: BuildContext, pkg: Package, headers: readonly Header[]): void {
	let first = "";
	for (const h of headers) {
		for (const e of h.errors) pkg.errors.push({ pos: "", msg: e, importStack: [] });
		if (h.pkgName === "" || h.pkgName === "documentation") {
			pkg.ignoredGoFiles.push(h.name);
			continue;
		}
		const isTest = h.name.endsWith("_test.go");
		const external = isTest && h.pkgName.endsWith("_test");
		const name = external ? h.pkgName.slice(0, -5) : h.pkgName;
		if (pkg.name === "") {
			pkg.name = name;
			first = h.name;
		} else if (pkg.name !== name) {
			const msg = `found packages ${pkg.name} (${first}) and ${name} (${h.name}) in ${pkg.dir}`;
			if (!pkg.errors.some((e) => e.msg.startsWith("found packages"))) pkg.errors.push({ pos: "", msg, importStack: [] });
		}
		const cgo = h.imports.some((i) => i.path === "C");
		if (cgo && !ctx.hasTag("cgo")) {
			// As go with CGO_ENABLED=0: the file is left out; a package that needs it fails for lack of its names.
			pkg.ignoredGoFiles.push(h.name);
			pkg.cgoFiles.push(h.name);
			continue;
		}
		if (external) add(pkg.xtestGoFiles, pkg.xtestImports, pkg.xtestEmbedPatterns, h);
		else if (isTest) add(pkg.testGoFiles, pkg.testImports, pkg.testEmbedPatterns, h);
		else add(pkg.goFiles, pkg.imports, pkg.embedPatterns, h);
	}
	for (const list of [pkg.imports, pkg.testImports, pkg.xtestImports])
		list.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function add(files: string[], imports: ImportRef[], embeds: ImportRef[], h: Header): void {
	files.push(h.name);
	for (const i of h.imports) if (!imports.some((j) => j.path === i.path)) imports.push(i);
	embeds.push(...h.embeds);
}
