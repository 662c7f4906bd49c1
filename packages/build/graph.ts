// The import graph as the go command loads it: depth first, imports in sorted order, with the stack of imports that led to a package,
// so that an error says who imports what is wrong.

import { basename } from "node:path";
import { resolveEmbeds } from "./embed.ts";
import type { Loader } from "./load.ts";
import type { ImportRef, Package, SourcePos } from "./package.ts";

/** A package on the way to an error, and where the one before imports it. */
export interface StackEntry {
	path: string;
	pos: SourcePos | null;
}

/** Why a package cannot be used. */
export interface LoadError {
	/** Outermost first. */
	stack: StackEntry[];
	/** "file:line:col" with a short file name; "" when the error has none. */
	pos: string;
	msg: string;
	cycle: boolean;
	/** The stack is shown though there is a position. */
	showStack: boolean;
}

/** What loading found out about a package, beyond its own directory. */
export interface LoadInfo {
	/** Direct imports in order; a program also needs the runtime. */
	deps: Package[];
	error: LoadError | null;
	/** It, or something it needs, has an error. */
	incomplete: boolean;
	state: "loading" | "done";
}

/** The error as the go command prints it. */
export function loadErrorText(e: LoadError): string {
	if (e.pos !== "" && (e.stack.length === 0 || !e.showStack)) return `${e.pos}: ${e.msg}`;
	if (e.stack.length === 0) return e.msg;
	const names = e.stack.map((s) => {
		if (!e.cycle) return s.path;
		const path = s.path.replace(/ \(test\)$/, "");
		return s.pos === null ? path : `${path} from ${basename(s.pos.file)}`;
	});
	return `package ${names.join("\n\timports ")}${e.pos === "" ? "" : `\n\t${e.pos}`}: ${e.msg}`;
}

/** Whether an argument could be taken for a flag or worse by some command. */
function safeArg(name: string): boolean {
	return /^[0-9A-Za-z._/\u0080-\u{10ffff}]/u.test(name);
}

/** Two names that are one on file systems that ignore case. */
function foldedTwice(names: readonly string[]): [string, string] | null {
	const seen = new Map<string, string>();
	for (const n of names) {
		const fold = n.toLowerCase();
		const other = seen.get(fold);
		if (other !== undefined) return other < n ? [other, n] : [n, other];
		seen.set(fold, n);
	}
	return null;
}

export class Graph {
	private readonly loader: Loader;
	private readonly infos: Map<Package, LoadInfo> = new Map();
	private readonly folded: Map<string, string> = new Map();

	constructor(loader: Loader) {
		this.loader = loader;
	}

	/** What is known of a package, which is loaded with everything it imports if it was not. */
	info(p: Package): LoadInfo {
		return this.infos.get(p) ?? this.root(p);
	}

	/** As info, for a package that a command names: no other package leads to it. */
	root(p: Package): LoadInfo {
		return this.visit(p, p.commandLine ? "command-line-arguments" : p.importPath, [], null);
	}

	/** The packages and all they need, dependencies first, each once. */
	list(roots: readonly Package[]): Package[] {
		const order: Package[] = [];
		const seen = new Set<Package>();
		const stack: { pkg: Package; deps: readonly Package[]; next: number }[] = [];
		const enter = (pkg: Package): void => {
			seen.add(pkg);
			stack.push({ pkg, deps: this.info(pkg).deps, next: 0 });
		};
		for (const root of roots) {
			if (!seen.has(root)) enter(root);
			while (stack.length > 0) {
				const top = stack[stack.length - 1];
				if (top.next === top.deps.length) {
					order.push(top.pkg);
					stack.pop();
				} else {
					const dep = top.deps[top.next++];
					if (!seen.has(dep)) enter(dep);
				}
			}
		}
		return order;
	}

	/** Errors of the packages and of all they need, in the order of list. */
	errors(roots: readonly Package[]): { pkg: Package; error: LoadError }[] {
		if (!roots.map((r) => this.root(r)).some((r) => r.incomplete)) return [];
		return this.list(roots).flatMap((pkg) => {
			const { error } = this.info(pkg);
			return error === null ? [] : [{ pkg, error }];
		});
	}

	/** Sets a package's error unless it has one. */
	setError(p: Package, msg: string): void {
		const info = this.info(p);
		info.incomplete = true;
		info.error ??= { stack: [], pos: "", msg, cycle: false, showStack: false };
	}

	private visit(p: Package, path: string, stack: StackEntry[], at: ImportRef | null): LoadInfo {
		const entry: StackEntry = { path, pos: at?.pos ?? null };
		const known = this.infos.get(p);
		if (known !== undefined) {
			this.again(p, known, [...stack, entry]);
			return known;
		}
		const info: LoadInfo = { deps: [], error: null, incomplete: false, state: "loading" };
		this.infos.set(p, info);
		const fail = (msg: string, own: boolean, pos = ""): void => {
			info.incomplete = true;
			if (info.error !== null) return;
			const on = own ? [...stack, entry] : [...stack];
			// An error of the import itself is placed where it is written.
			const imported = !own && at !== null ? this.place(at.pos) : "";
			info.error = { stack: on, pos: pos !== "" ? pos : imported, msg, cycle: false, showStack: false };
		};
		const first = p.errors[0];
		if (first !== undefined) fail(first.msg, first.kind === "nogo" || first.kind === "syntax", first.pos);
		if (!this.checkPath(p, fail)) {
			info.state = "done";
			return info;
		}
		stack.push(entry);
		this.checkFiles(p, (msg, pos = "") => {
			info.incomplete = true;
			info.error ??= { stack: [...stack], pos, msg, cycle: false, showStack: false };
		});
		this.imports(p, info, stack);
		stack.pop();
		this.checkForeign(p, (msg) => fail(msg, false));
		info.state = "done";
		return info;
	}

	/** A package that was met before: a cycle when it is still being loaded; a shorter way to it makes a better message. */
	private again(p: Package, info: LoadInfo, stack: StackEntry[]): void {
		if (info.state === "loading") {
			const msg = p.forTest === "" ? "import cycle not allowed" : "import cycle not allowed in test";
			if (info.error === null) info.error = { stack, pos: "", msg, cycle: true, showStack: false };
			else info.error.cycle = true;
			info.incomplete = true;
		}
		const e = info.error;
		if (e !== null && !e.cycle && e.stack.length > 0 && shorter(stack, e.stack)) e.stack = stack;
	}

	private place(pos: SourcePos): string {
		return `${this.loader.shortPath(pos.file)}:${pos.line}:${pos.col}`;
	}

	private checkPath(p: Package, fail: (msg: string, own: boolean) => void): boolean {
		if (p.errors[0]?.kind === "pattern") return false;
		const fold = p.importPath.toLowerCase();
		const other = this.folded.get(fold);
		if (other === undefined) this.folded.set(fold, p.importPath);
		else if (other !== p.importPath) {
			fail(`case-insensitive import collision: ${JSON.stringify(p.importPath)} and ${JSON.stringify(other)}`, false);
			return false;
		}
		if (!safeArg(p.importPath)) {
			fail(`invalid import path ${JSON.stringify(p.importPath)}`, false);
			return false;
		}
		return true;
	}

	private checkFiles(p: Package, fail: (msg: string, pos?: string) => void): void {
		if (p.dir === "" || p.standard || p.forTest !== "" || p.testMain) return;
		if (p.embedPatterns.length > 0 && !this.loader.ignoreEmbeds) {
			const problem = resolveEmbeds(p.dir, p.embedPatterns).errors[0];
			if (problem !== undefined) fail(problem.msg, this.place(problem.ref.pos));
		}
		const files = [...p.goFiles, ...p.cgoFiles, ...p.ignoredGoFiles, ...p.sFiles, ...p.hFiles, ...p.testGoFiles, ...p.xtestGoFiles];
		const twice = foldedTwice(files);
		if (twice !== null) fail(`case-insensitive file name collision: ${JSON.stringify(twice[0])} and ${JSON.stringify(twice[1])}`);
		for (const f of files) if (!safeArg(f) || f.startsWith("_cgo_")) fail(`invalid input file name ${JSON.stringify(f)}`);
		if (!safeArg(basename(p.importPath))) fail(`invalid input directory name ${JSON.stringify(basename(p.importPath))}`);
		if (/[\r\n]/.test(p.dir)) fail(`invalid package directory ${JSON.stringify(p.dir)}`);
	}

	/** Files of other languages that nothing here compiles. */
	private checkForeign(p: Package, fail: (msg: string) => void): void {
		if (p.fFiles.length > 0) fail(`Fortran source files not allowed when not using cgo or SWIG: ${p.fFiles.join(" ")}`);
	}

	private imports(p: Package, info: LoadInfo, stack: StackEntry[]): void {
		const refs = p.imports.filter((r) => r.path !== "C");
		for (const ref of refs) {
			const dep = this.loader.import(ref.path, p);
			const top = stack[stack.length - 1];
			// What the tests of a package import is said to be theirs.
			const byTest = p.forTest === p.importPath && ref.pos.file.endsWith("_test.go");
			if (byTest) stack[stack.length - 1] = { ...top, path: `${p.importPath} (test)` };
			const got = this.visit(dep, ref.path, stack, ref);
			if (got.incomplete) info.incomplete = true;
			const problem = this.forbidden(p, dep, got, ref);
			if (problem !== null) {
				info.incomplete = true;
				info.error ??= { stack: [...stack], pos: this.place(ref.pos), msg: problem.msg, cycle: false, showStack: problem.showStack };
			}
			if (byTest) stack[stack.length - 1] = top;
			info.deps.push(dep);
		}
		if (p.name !== "main" || p.library) return;
		const runtime = this.loader.import("runtime", null);
		if (refs.some((r) => r.path === "runtime")) return;
		this.visit(runtime, "runtime", stack, null);
		info.deps.push(runtime);
	}

	/** Whether p may import dep, which depends on both. */
	private forbidden(p: Package, dep: Package, got: LoadInfo, ref: ImportRef): { msg: string; showStack: boolean } | null {
		if (got.error === null && !this.internalAllowed(p, dep) && !ref.pos.file.endsWith("_testmain.go"))
			return { msg: `use of internal package ${dep.importPath} not allowed`, showStack: true };
		if (/^\.\.?(\/|$)/.test(ref.path) && this.loader.mods.gopath === null && !p.standard && got.error !== null) {
			const msg = ref.path === "." ? ".: cannot import current directory" : `local import ${JSON.stringify(ref.path)} in non-local package`;
			return { msg, showStack: false };
		}
		const vendor = /(?:^|\/)vendor\/(.*)$/.exec(ref.path);
		if (vendor !== null && !p.standard) return { msg: `${ref.path} must be imported as ${vendor[1]}`, showStack: false };
		if (dep.name === "main" && p.dir !== dep.dir && !p.testMain)
			return { msg: `import ${JSON.stringify(ref.path)} is a program, not an importable package`, showStack: false };
		return null;
	}

	/** The rule of internal folders: only code rooted at the parent of "internal" may import it. */
	private internalAllowed(from: Package, dep: Package): boolean {
		if (dep.dir === "") return true;
		const parts = dep.importPath.split("/");
		const last = parts.lastIndexOf("internal");
		if (last < 0) return true;
		const parent = parts.slice(0, last).join("/");
		if (dep.standard) return from.standard;
		if (dep.module === null) {
			const root = dep.dir.slice(0, dep.dir.length - dep.importPath.length + parent.length);
			return within(from.dir, root);
		}
		const importer = from.commandLine ? this.loader.pathOfDir(from.dir) : from.importPath;
		// An external test belongs to the package that it tests.
		return within(importer, parent) || (importer.endsWith("_test") && within(importer.slice(0, -"_test".length), parent));
	}
}

function within(path: string, root: string): boolean {
	return root === "" || path === root || path.startsWith(`${root}/`);
}

function shorter(a: readonly StackEntry[], b: readonly StackEntry[]): boolean {
	if (a.length !== b.length) return a.length < b.length;
	const i = a.findIndex((e, k) => e.path !== b[k].path);
	return i >= 0 && a[i].path < b[i].path;
}
