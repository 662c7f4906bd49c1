// From loaded packages to checked syntax: parses the files of a program's
// packages, declares them to the type checker, and checks what is not GOROOT's whole.

import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Diagnostic, formatDiagnostics, formatPosition, Interner, type Pos, type SourceFile, SourceSet } from "#base";
import { type Block, bodyOf, type File, NodeIds, parseFile } from "#syntax";
import { Build, checkPackage, type Func, newPackage, type Package as TypesPackage, unsafePackage } from "#types";
import { type GcFlags, noGcFlags } from "./gcflags.ts";
import type { Loader } from "./load.ts";
import { type Package, resolvedImport } from "./package.ts";

/** A source file that exists only in memory (the main package of a test binary). */
export interface MemoryFile {
	name: string;
	text: string;
}

/** A package of the program with its syntax and types. */
export interface Unit {
	/** The path that the linker and the type checker know: "main" for the program's main package. */
	path: string;
	source: Package;
	/** Imports as resolved unit paths. */
	imports: string[];
	pkg: TypesPackage;
	files: File[];
	fileOf: Map<File, SourceFile>;
	diagnostics: Diagnostic[];
	flags: GcFlags;
	/** Read on demand; never checked whole. */
	lazy: boolean;
}

export class Frontend {
	readonly loader: Loader;
	readonly sources: SourceSet = new SourceSet();
	readonly ids: NodeIds = new NodeIds();
	readonly interner: Interner = new Interner();
	readonly build: Build;
	/** In dependency order. */
	readonly units: Unit[] = [];
	private readonly byPath = new Map<string, Unit>();
	private readonly bySource = new Map<Package, Unit>();
	private readonly sourceOf = new Map<TypesPackage, Package>();
	private readonly fileUnits = new Map<File, Unit>();

	constructor(loader: Loader) {
		this.loader = loader;
		this.build = new Build({
			sources: this.sources,
			importPackage: (path, from) => this.importPackage(path, from),
			bodyOf: (file, decl) => {
				if (decl.body !== null || !decl.hasBody) return decl.body;
				const unit = this.fileUnits.get(file);
				const source = unit?.fileOf.get(file);
				if (unit === undefined || source === undefined) return decl.body;
				return bodyOf({ ids: this.ids, file: source, interner: this.interner, report: (d) => unit.diagnostics.push(d) }, decl);
			},
		});
	}

	private importPackage(path: string, from: TypesPackage): TypesPackage | string {
		if (path === "unsafe") return unsafePackage;
		const fault = importFault(path);
		if (fault !== "") return fault;
		const source = this.sourceOf.get(from);
		const resolved = source === undefined ? path : resolvedImport(source, path);
		return this.byPath.get(resolved)?.pkg ?? "no such package";
	}

	/** The body of a declared function, parsed now if it was skipped; null: it has none. */
	bodyOf(f: Func): Block | null {
		const decl = f.decl?.fdecl ?? null;
		const file = f.decl?.file;
		if (decl === null || file === undefined || decl.body !== null) return decl?.body ?? null;
		const source = this.fileUnits.get(file)?.fileOf.get(file);
		return source === undefined ? null : bodyOf({ ids: this.ids, file: source, interner: this.interner, report: () => {} }, decl);
	}

	unit(path: string): Unit | undefined {
		return this.byPath.get(path);
	}

	/** The package of the file that a position is in. */
	unitAt(pos: Pos): Unit | undefined {
		const file = this.sources.fileOf(pos);
		return this.units.find((u) => u.files.some((f) => u.fileOf.get(f) === file));
	}

	/**
	 * Declares a package, whose imports must be there already. lazy: it is read when something looks into it, since it is known to have
	 * no errors.
	 */
	add(
		source: Package,
		path: string,
		memory: readonly MemoryFile[],
		lang: string,
		flags: GcFlags = noGcFlags,
		lazy: boolean = source.standard,
	): Unit {
		const known = this.bySource.get(source);
		if (known !== undefined) return known;
		const diagnostics: Diagnostic[] = [];
		const files: File[] = [];
		const fileOf = new Map<File, SourceFile>();
		const report = (d: Diagnostic): void => {
			diagnostics.push(d);
		};
		const parse = (name: string, bytes: Uint8Array): void => {
			const file = this.sources.add(name, bytes);
			const tree = parseFile(this.ids, file, this.interner, report, {
				lazyBodies: lazy,
				origin: source.standard ? "runtime" : "user",
			});
			files.push(tree);
			fileOf.set(tree, file);
		};
		let syntaxErrors = 0;
		const parseAll = (): File[] => {
			pkg.posBase = this.sources.end;
			for (const name of source.goFiles) {
				const bytes = readFileSync(join(source.dir, name));
				parse(join(source.dir, name), new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
			}
			for (const m of memory) parse(m.name, new TextEncoder().encode(m.text));
			for (const f of files) this.fileUnits.set(f, unit);
			syntaxErrors = diagnostics.length;
			return files;
		};
		const version = flags.lang !== "" ? flags.lang : source.module !== null ? `go${source.module.goVersion}` : lang;
		const pkg = newPackage(this.build, {
			path,
			name: source.name,
			files: parseAll,
			goVersion: version,
			report,
			complete: !source.standard && source.sFiles.length === 0 && source.sysoFiles.length === 0,
			// imports are asked for while the package is declared
			configure: (c) => this.sourceOf.set(c.pkg, source),
		});
		const imports = source.imports.map((i) => resolvedImport(source, i.path)).filter((i) => i !== "unsafe" && i !== "C");
		const unit: Unit = { path, source, imports: [...new Set(imports)], pkg, files, fileOf, diagnostics, flags, lazy };
		this.units.push(unit);
		this.byPath.set(path, unit);
		this.bySource.set(source, unit);
		if (!lazy) {
			pkg.scope.load();
			// After syntax errors nothing more is said: declarations may be missing for them.
			if (syntaxErrors > 0) diagnostics.length = syntaxErrors;
		}
		return unit;
	}

	/** Checks a package whole and gives its errors as gc prints them, file names shortened. */
	check(unit: Unit): string[] {
		// As gc: only syntax errors keep a package from being checked.
		if (!unit.diagnostics.some((d) => d.msg.startsWith("syntax error"))) checkPackage(unit.pkg);
		return this.errors(unit);
	}

	/** A position as the unit's diagnostics show it. */
	where(unit: Unit, pos: Pos): string {
		const p = this.sources.position(pos);
		return formatPosition({ ...p, file: this.loader.shorten(p.file), col: unit.flags.noColumns ? 0 : p.col });
	}

	/** The diagnostics of a unit so far, file names relative to the working directory. */
	errors(unit: Unit): string[] {
		if (unit.diagnostics.length === 0) return [];
		const { allErrors, noColumns } = unit.flags;
		const { loader } = this;
		const lines = formatDiagnostics(this.sources, unit.diagnostics, allErrors ? Infinity : 10, (p) =>
			formatPosition({ ...p, file: loader.shorten(p.file), col: noColumns ? 0 : p.col }),
		);
		// Positions within the text too ("other declaration of x").
		return lines.map((l) => l.replace(/([ \t])(\/[^\s:]+)(?=:\d)/g, (_, before: string, file: string) => before + loader.shorten(file)));
	}
}

/** Why gc does not look for a package of this path; "" = it does. Most bad paths are refused before, by the loader. */
function importFault(path: string): string {
	if (path === "main") return 'cannot import "main"';
	if (path.startsWith("/")) return "import path cannot be absolute path";
	const canonical = posix.normalize(path).replace(/(.)\/$/, "$1");
	const local = path === "." || path === ".." || path.startsWith("./") || path.startsWith("../");
	if (canonical !== path && !local) return `non-canonical import path ${JSON.stringify(path)} (should be ${JSON.stringify(canonical)})`;
	return "";
}
