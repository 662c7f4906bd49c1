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

export interface PackageError {
	/** "" when the error has no position. */
	pos: string;
	msg: string;
	/** Import path chain for errors of dependencies, outermost first. */
	importStack: string[];
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
	goFiles: string[];
	cgoFiles: string[];
	testGoFiles: string[];
	xtestGoFiles: string[];
	sFiles: string[];
	/** .h, .inc and other files that assembly includes. */
	hFiles: string[];
	ignoredGoFiles: string[];
	ignoredOtherFiles: string[];
	/** .syso objects; linking them is not supported. */
	sysoFiles: string[];
	cFiles: string[];
	embedPatterns: ImportRef[];
	testEmbedPatterns: ImportRef[];
	xtestEmbedPatterns: ImportRef[];
	imports: ImportRef[];
	testImports: ImportRef[];
	xtestImports: ImportRef[];
	/** Import path as written -> resolved (std vendor). Identity when absent. */
	importMap: Map<string, string>;
	errors: PackageError[];
	doc: string;
}

export function newPackage(dir: string, importPath: string): Package {
	return {
		dir,
		importPath,
		name: "",
		standard: false,
		module: null,
		commandLine: false,
		goFiles: [],
		cgoFiles: [],
		testGoFiles: [],
		xtestGoFiles: [],
		sFiles: [],
		hFiles: [],
		ignoredGoFiles: [],
		ignoredOtherFiles: [],
		sysoFiles: [],
		cFiles: [],
		embedPatterns: [],
		testEmbedPatterns: [],
		xtestEmbedPatterns: [],
		imports: [],
		testImports: [],
		xtestImports: [],
		importMap: new Map(),
		errors: [],
		doc: "",
	};
}

/** The resolved import path of an import written as path in pkg. */
export function resolvedImport(pkg: Package, path: string): string {
	return pkg.importMap.get(path) ?? path;
}
