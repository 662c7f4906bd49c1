// A package as the file system has it: which files belong to it, what they import.

import type { Module } from "./module.ts";

/** Position of an import or embed directive, resolved. */
export interface SourcePos {
	/** Absolute file name. */
	file: string;
	line: number;
	col: number;
}

export interface ImportRef {
	path: string;
	pos: SourcePos;
}

/** A problem of a package's own directory and files. */
export interface PackageError {
	/** missing: there is no such package; nogo: no Go file takes part; syntax: a file's header is wrong; pattern: of the command line. */
	kind: "missing" | "nogo" | "syntax" | "pattern" | "other";
	/** "file:line:col", file names shortened; "" when the error has no position. */
	pos: string;
	msg: string;
}

/** File lists hold base names, sorted; `*Imports` are as written in the files, sorted, without duplicates. */
export interface Package {
	dir: string;
	importPath: string;
	name: string;
	/** A package of GOROOT/src (its vendor folder included). */
	standard: boolean;
	module: Module | null;
	/** Given as files on the command line. */
	commandLine: boolean;
	/** The import path of the package whose test this variant belongs to; "" otherwise. */
	forTest: string;
	/** The generated main package of a test. */
	testMain: boolean;
	/** Built as a library though its name may be main. */
	library: boolean;
	goFiles: string[];
	cgoFiles: string[];
	testGoFiles: string[];
	xtestGoFiles: string[];
	sFiles: string[];
	/** .h, .inc and other files that assembly includes. */
	hFiles: string[];
	ignoredGoFiles: string[];
	ignoredOtherFiles: string[];
	/** Go files with a wrong header or of another package than the first. */
	invalidGoFiles: string[];
	/** .syso objects; linking them is not supported. */
	sysoFiles: string[];
	cFiles: string[];
	cxxFiles: string[];
	mFiles: string[];
	fFiles: string[];
	swigFiles: string[];
	swigCxxFiles: string[];
	embedPatterns: ImportRef[];
	testEmbedPatterns: ImportRef[];
	xtestEmbedPatterns: ImportRef[];
	imports: ImportRef[];
	testImports: ImportRef[];
	xtestImports: ImportRef[];
	/** Import path as written -> resolved (std vendor). Identity when absent. */
	importMap: Map<string, string>;
	errors: PackageError[];
}

export function newPackage(dir: string, importPath: string): Package {
	return {
		dir,
		importPath,
		name: "",
		standard: false,
		module: null,
		commandLine: false,
		forTest: "",
		testMain: false,
		library: false,
		goFiles: [],
		cgoFiles: [],
		testGoFiles: [],
		xtestGoFiles: [],
		sFiles: [],
		hFiles: [],
		ignoredGoFiles: [],
		ignoredOtherFiles: [],
		invalidGoFiles: [],
		sysoFiles: [],
		cFiles: [],
		cxxFiles: [],
		mFiles: [],
		fFiles: [],
		swigFiles: [],
		swigCxxFiles: [],
		embedPatterns: [],
		testEmbedPatterns: [],
		xtestEmbedPatterns: [],
		imports: [],
		testImports: [],
		xtestImports: [],
		importMap: new Map(),
		errors: [],
	};
}

/** The resolved import path of an import written as path in pkg. */
export function resolvedImport(pkg: Package, path: string): string {
	return pkg.importMap.get(path) ?? path;
}
