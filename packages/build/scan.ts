// Reading a directory into a Package: which files take part (names, build
// constraints), their package name, imports and embed patterns.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { type Diagnostic, Interner, SourceSet } from "#base";
import { ConstraintError, evalConstraint, fileConstraint, Kind, matchFileName, NodeIds, parseImports } from "#syntax";
import type { BuildContext } from "./context.ts";
import { scanEmbeds } from "./embedscan.ts";
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
	/** Package name; "" when the file could not be parsed that far. */
	pkgName: string;
	imports: ImportRef[];
	embeds: ImportRef[];
	/** "file:line:col" and the text of the first error. */
	error: { pos: string; msg: string } | null;
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
		if (d.kind === Kind.ImportDecl && d.path.text.length > 2) imports.push(ref(d.path.text.slice(1, -1), (d.localName ?? d.path).pos));
	const embeds: ImportRef[] = [];
	if (imports.some((i) => i.path === "embed"))
		for (const e of scanEmbeds(src)) embeds.push({ path: e.pattern, pos: { file, line: e.line, col: e.col } });
	let error: Header["error"] = null;
	for (const d of tree.decls) {
		if (d.kind !== Kind.ImportDecl || d.path.text.length > 2 || error !== null) continue;
		const at = source.physical(d.path.pos);
		error = { pos: "", msg: `${file}:${at.line}:${at.col}: invalid import path: ` };
	}
	if (list.length > 0) {
		const first = list.reduce((a, b) => (b.pos < a.pos ? b : a));
		const at = source.physical(first.pos);
		error = { pos: `${shortPath(file)}:${at.line}:${at.col}`, msg: headerError(first.msg) };
		imports.length = 0; // a file that go/build cannot read imports nothing
	}
	return { name, pkgName: tree.pkgName.name === "_" && list.length > 0 ? "" : tree.pkgName.name, imports, embeds, error };
}

/** Relative to the working directory when that is shorter, as the go command shows file names. */
function shortPath(file: string): string {
	const rel = relative(process.cwd(), file);
	return rel !== "" && rel.length < file.length ? rel : file;
}

/** What go/parser says, which the go command reads headers with, where gc's parser says something else. */
function headerError(msg: string): string {
	const text = msg.replace(/^syntax error: /, "");
	if (text === "package statement must be first") return "expected 'package', found 'EOF'";
	return text;
}

/** The package in dir. Problems (no Go files, several packages, syntax errors) are in its errors. */
export function scanDir(ctx: BuildContext, dir: string, importPath: string): Package {
	const pkg = newPackage(dir, importPath);
	const headers: Header[] = [];
	for (const e of entries(dir)) {
		const name = e;
		if (name.startsWith("_") || name.startsWith(".")) continue;
		if (name.endsWith(".go")) {
			const src = matchFileName(name, ctx.hasTag) ? readFileSync(join(dir, name)) : null;
			if (src !== null && constraintHolds(ctx, src)) headers.push(readHeader(dir, name, src));
			else pkg.ignoredGoFiles.push(name);
		} else {
			addOtherFile(ctx, pkg, dir, name);
		}
	}
	finish(ctx, pkg, headers);
	return pkg;
}

/** Names of the files in dir, sorted; links to folders are no files. */
function entries(dir: string): string[] {
	return readdirSync(dir, { withFileTypes: true })
		.filter(
			(e) => !e.isDirectory() && !(e.isSymbolicLink() && (statSync(join(dir, e.name), { throwIfNoEntry: false })?.isDirectory() ?? false)),
		)
		.map((e) => e.name)
		.sort();
}

function finish(ctx: BuildContext, pkg: Package, headers: readonly Header[]): void {
	addGoFiles(ctx, pkg, headers);
	pkg.ignoredGoFiles.sort();
	if (pkg.goFiles.length + pkg.cgoFiles.length + pkg.testGoFiles.length + pkg.xtestGoFiles.length === 0 && pkg.errors.length === 0)
		pkg.errors.push({ kind: "nogo", pos: "", msg: noGoFiles(pkg) });
}

/** Why a package has no Go files to build. */
export function noGoFiles(pkg: Package): string {
	if (pkg.ignoredGoFiles.length > 0) return `build constraints exclude all Go files in ${pkg.dir}`;
	if (pkg.testGoFiles.length + pkg.xtestGoFiles.length > 0) return `no non-test Go files in ${pkg.dir}`;
	return `no Go files in ${pkg.dir}`;
}

function addOtherFile(ctx: BuildContext, pkg: Package, dir: string, name: string): void {
	const ext = name.slice(name.lastIndexOf("."));
	const lists: Record<string, string[] | undefined> = {
		".c": pkg.cFiles,
		".cc": pkg.cxxFiles,
		".cpp": pkg.cxxFiles,
		".cxx": pkg.cxxFiles,
		".m": pkg.mFiles,
		".h": pkg.hFiles,
		".hh": pkg.hFiles,
		".hpp": pkg.hFiles,
		".hxx": pkg.hFiles,
		".f": pkg.fFiles,
		".F": pkg.fFiles,
		".for": pkg.fFiles,
		".f90": pkg.fFiles,
		".s": pkg.sFiles,
		".S": pkg.ignoredOtherFiles,
		".sx": pkg.ignoredOtherFiles,
		".swig": pkg.swigFiles,
		".swigcxx": pkg.swigCxxFiles,
		".syso": pkg.sysoFiles,
	};
	const list = name.includes(".") ? lists[ext] : undefined;
	if (list === undefined) return;
	const takes = matchFileName(name, ctx.hasTag) && (ext === ".syso" || constraintHolds(ctx, readFileSync(join(dir, name))));
	if (takes) list.push(name);
	else pkg.ignoredOtherFiles.push(name);
}

/** A command-line package made of the named files of dir: neither names nor constraints leave a file out. */
export function scanFiles(ctx: BuildContext, dir: string, names: readonly string[]): Package {
	const pkg = newPackage(dir, "command-line-arguments");
	const headers: Header[] = [];
	// In the order of the command line: variables and examples go by it.
	for (const name of names) {
		const src = readFileSync(join(dir, name));
		if (!name.endsWith(".go")) addOtherFile(ctx, pkg, dir, name);
		else headers.push(readHeader(dir, name, src));
	}
	finish(ctx, pkg, headers);
	return pkg;
}

function addGoFiles(ctx: BuildContext, pkg: Package, headers: readonly Header[]): void {
	let first = "";
	const bad = (name: string, error: Package["errors"][number]): void => {
		pkg.errors.push(error);
		if (!pkg.invalidGoFiles.includes(name)) pkg.invalidGoFiles.push(name);
	};
	for (const h of headers) {
		if (h.error !== null) bad(h.name, { kind: h.error.pos === "" ? "other" : "syntax", ...h.error });
		if (h.pkgName === "documentation") {
			pkg.ignoredGoFiles.push(h.name);
			continue;
		}
		const isTest = h.name.endsWith("_test.go");
		const external = isTest && h.pkgName.endsWith("_test") && pkg.name !== h.pkgName;
		const name = external ? h.pkgName.slice(0, -5) : h.pkgName;
		if (pkg.name === "") {
			pkg.name = name;
			first = h.name;
		} else if (pkg.name !== name && name !== "") {
			bad(h.name, { kind: "other", pos: "", msg: `found packages ${pkg.name} (${first}) and ${name} (${h.name}) in ${pkg.dir}` });
		}
		const cgo = h.imports.some((i) => i.path === "C");
		if (cgo && isTest) {
			bad(h.name, { kind: "other", pos: "", msg: `use of cgo in test ${h.name} not supported` });
			continue;
		}
		if (cgo && !ctx.hasTag("cgo")) {
			// As go with CGO_ENABLED=0: the file is left out; a package that needs it fails for lack of its names.
			pkg.ignoredGoFiles.push(h.name);
			continue;
		}
		if (external) add(pkg.xtestGoFiles, pkg.xtestImports, pkg.xtestEmbedPatterns, h);
		else if (isTest) add(pkg.testGoFiles, pkg.testImports, pkg.testEmbedPatterns, h);
		else if (cgo) add(pkg.cgoFiles, pkg.imports, pkg.embedPatterns, h);
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

/**
 * Embed patterns of all files of a directory whatever their names say about platforms; those of tests too unless `onlyGo`. Null: no
 * file takes part.
 */
export function embedPatternsOf(dir: string, onlyGo: boolean): string[] | null {
	const patterns: string[] = [];
	let files = 0;
	for (const e of readdirSync(dir, { withFileTypes: true })) {
		if (e.isDirectory() || !e.name.endsWith(".go") || /^[._]/.test(e.name)) continue;
		files++;
		if (onlyGo && e.name.endsWith("_test.go")) continue;
		for (const ref of readHeader(dir, e.name, readFileSync(join(dir, e.name))).embeds) patterns.push(ref.path);
	}
	return files === 0 ? null : patterns;
}
