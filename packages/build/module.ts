// The modules of a build, as package loading sees them: which module and directory each import path means. modules/ decides that,
// before loading, since modules may have to be fetched.

import { findUp, type ModuleState } from "./modules/state.ts";

export interface Module {
	path: string;
	/** "" for the main module. */
	version: string;
	/** "" when it is not known. */
	dir: string;
	main: boolean;
	/** Language version of its go.mod: "1.26". */
	goVersion: string;
	replace: { path: string; version: string } | null;
	/** go.sum's hash of its files (or of the replacement's), "" without one. */
	sum: string;
}

export interface ModuleSet {
	/** null: no go.mod; packages are files given as arguments or the standard library. */
	main: Module | null;
	/** All modules that are worked on: one, or those of the workspace. */
	mains: Module[];
	/** Path of go.mod, "" without one. */
	gomodFile: string;
	/** What go.mod (or, in a workspace, go.work) says about settings; null without one. */
	gomod: { godebug: { key: string; value: string }[] } | null;
	/** Modules that provide packages of this build by path, the main module included. */
	list: Map<string, Module>;
	/** Where the packages are that were found; a text says why one was not. */
	places: Map<string, { dir: string; module: Module } | string>;
	/** Import paths of directories. */
	dirs: Map<string, string>;
	/** What the patterns of the command line stand for. */
	matches: Map<string, string[]>;
	/** Why a folder named on the command line is no package of these modules. */
	problems: Map<string, string>;
	/** null: modules have no part in this. */
	state: ModuleState | null;
	/** Entries of GOPATH when GO111MODULE=off; null in module mode. */
	gopath: readonly string[] | null;
}

export type ModMode = "mod" | "readonly" | "vendor" | "";

/** The go.mod that governs dir, or "". */
export function findGoMod(dir: string): string {
	return findUp(dir, "go.mod");
}

/** A set without modules. */
export function noModules(): ModuleSet {
	return {
		main: null,
		mains: [],
		gomodFile: "",
		gomod: null,
		list: new Map(),
		places: new Map(),
		dirs: new Map(),
		matches: new Map(),
		problems: new Map(),
		state: null,
		gopath: null,
	};
}
