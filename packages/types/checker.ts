// The Checker: the state of checking one package. Functions of the checker are
// free functions that take it as first argument `c`.
//
// A Build holds what packages share: the Context of instances and ids, the Info
// side tables and the way to import. Package-level objects of any package are
// resolved when something asks for them (typeOf, objDecl), each by the checker of
// its own package; what must wait until a declaration is complete is queued with
// later(c, f) and runs when the outermost resolution of that package ends.

import { type Diagnostic, InternalError, type Pos, type SourceSet } from "#base";
import type { Value } from "#constant";
import type { ArrayType, Block, Call, ChanType, Expr, File, FuncDecl, InterfaceType } from "#syntax";
import { Context } from "./context.ts";
import { Info, type Initializer } from "./info.ts";
import { MonoGraph } from "./mono.ts";
import { type DeclInfo, type Func, type Obj, ObjKind, type PkgName, type TypeName } from "./objects.ts";
import type { Package } from "./package.ts";
import { Scope } from "./scope.ts";
import type { Signature, TypeIds } from "./types.ts";
import { Universe } from "./universe.ts";

/** Finds the package that an import path means in a file of package `from`; a string is the reason why it cannot be imported. */
export type ImportPackage = (path: string, from: Package) => Package | string;

export interface BuildOptions {
	sources: SourceSet;
	importPackage: ImportPackage;
	/** The body of a function declaration, parsed on first use; null when it has none. */
	bodyOf: (file: File, decl: FuncDecl) => Block | null;
	/** Universe to use; tests of the checker add assert and trace. */
	universe?: Scope | undefined;
}

export class Build {
	readonly sources: SourceSet;
	readonly importPackage: ImportPackage;
	readonly bodyOf: (file: File, decl: FuncDecl) => Block | null;
	readonly universe: Scope;
	readonly ctx: Context = new Context();
	readonly info: Info = new Info();
	readonly packages: Package[] = [];
	constructor(o: BuildOptions) {
		this.sources = o.sources;
		this.importPackage = o.importPackage;
		this.bodyOf = o.bodyOf;
		this.universe = o.universe ?? Universe;
	}
}

/** Language version as major*1000+minor; 0 = unknown, allows everything. */
export type Version = number;

/** Where checking currently is; saved and replaced around each declaration and function body. */
export class Environment {
	/** Package-level declaration whose initialiser or body is checked; receives dependencies. */
	decl: DeclInfo | null = null;
	scope: Scope;
	version: Version;
	/** Value of iota in a constant declaration. */
	iota: Value | null = null;
	/** If not 0, errors are reported here: the name of a constant with inherited initialiser. */
	errpos: Pos = 0;
	inTParamList = false;
	/** Signature of the function whose body is checked. */
	sig: Signature | null = null;
	/** Calls of panic seen in the current function, for terminating statements. */
	isPanic: Set<Call> | null = null;
	hasLabel = false;
	/** An expression contained a function call or channel receive. */
	hasCallOrRecv = false;
	constructor(scope: Scope, version: Version) {
		this.scope = scope;
		this.version = version;
	}
}

interface Action {
	version: Version;
	run: () => void;
}

export class Checker {
	readonly build: Build;
	readonly pkg: Package;
	readonly ctx: Context;
	readonly ids: TypeIds;
	readonly info: Info;
	readonly report: (d: Diagnostic) => void;
	/** Accepted version of the package; files may differ (env.version). */
	readonly version: Version;
	/** gotypesalias=0 semantics when false; only the checker's own tests ask for that. */
	enableAlias = true;

	/** Accept import "C" as a package of unknown contents; only the checker's own tests ask for that. */
	fakeImportC = false;

	/** The package has no assembly and no C: functions need bodies. */
	complete = false;

	files: File[] = [];
	/** Package-level objects and methods, in source order. */
	objList: Obj[] = [];
	/** Methods by receiver base type name, until its declaration is checked. */
	readonly methods: Map<TypeName, Func[]> = new Map();
	readonly imports: PkgName[] = [];
	/** Interface types that are not empty, for restrict.ts. */
	readonly interfaces: InterfaceType[] = [];
	/** Array and channel types, for toolarge.ts. */
	readonly sizedTypes: (ArrayType | ChanType)[] = [];
	/** Dot-imported objects by file scope: how they came in. */
	readonly dotImports: Map<Scope, Map<string, PkgName>> = new Map();
	readonly fileScopes: Map<File, Scope> = new Map();
	/** Set by initOrder. */
	initOrder: Initializer[] = [];

	env: Environment;
	/** Untyped left operands of non-constant shifts: their final type must be an integer type. */
	readonly shiftOperands: Set<Expr> = new Set();
	delayed: Action[] = [];
	/** Objects whose declarations are being checked, outermost first. */
	readonly objPath: Obj[] = [];
	/** Nesting of resolutions of this package; the delayed queue runs when it returns to 0. */
	depth = 0;
	/** Check bodies as their functions are declared (user packages), or only on demand. */
	checkBodies = false;
	/** initOrder was determined for a package that is checked on demand. */
	initDone = false;
	/** The first error reported. */
	firstError: Diagnostic | null = null;
	/** gotypesalias=0: aliases under declaration. */
	readonly brokenAliases: Set<TypeName> = new Set();
	/** Flow of type parameters into type arguments, to find infinite instantiation. */
	readonly mono: MonoGraph = new MonoGraph();
	/** Package names that occur for more than one path, for messages; built on demand. */
	pkgPaths: Map<string, Set<string>> | null = null;

	constructor(build: Build, pkg: Package, version: Version, report: (d: Diagnostic) => void) {
		this.build = build;
		this.pkg = pkg;
		this.ctx = build.ctx;
		this.ids = build.ctx.ids;
		this.info = build.info;
		this.version = version;
		this.report = report;
		this.env = new Environment(pkg.scope, version);
	}

	/** How messages of this package write other packages: by name, or by quoted path where the name is ambiguous. */
	qualifier(pkg: Package): string {
		if (pkg === this.pkg) return "";
		if (this.pkgPaths === null) {
			this.pkgPaths = new Map();
			markImports(this.pkgPaths, this.pkg, new Set());
		}
		return (this.pkgPaths.get(pkg.name)?.size ?? 0) > 1 ? JSON.stringify(pkg.path) : pkg.name;
	}
}

function markImports(paths: Map<string, Set<string>>, pkg: Package, seen: Set<Package>): void {
	if (seen.has(pkg)) return;
	seen.add(pkg);
	const set = paths.get(pkg.name);
	if (set === undefined) paths.set(pkg.name, new Set([pkg.path]));
	else set.add(pkg.path);
	for (const p of pkg.imports) markImports(paths, p, seen);
}

/** Runs f when the current declaration is complete. */
export function later(c: Checker, f: () => void): void {
	c.delayed.push({ version: c.env.version, run: f });
}

/** Runs the actions queued since the queue had length `top`, and those that they queue. */
export function processDelayed(c: Checker, top: number): void {
	const saved = c.env.version;
	for (let i = top; i < c.delayed.length; i++) {
		const a = c.delayed[i] as Action;
		c.env.version = a.version;
		a.run();
	}
	c.env.version = saved;
	c.delayed.length = top;
}

/** Marks obj as being checked. */
export function push(c: Checker, obj: Obj): void {
	obj.pathIndex = c.objPath.length;
	c.objPath.push(obj);
}

export function pop(c: Checker): Obj {
	const obj = c.objPath.pop();
	if (obj === undefined) throw new InternalError("types: object path is empty");
	obj.pathIndex = -1;
	return obj;
}

/** Opens a scope for node inside the current one. */
export function openScope(c: Checker, node: { readonly id: number }, comment: string): Scope {
	const s = new Scope(c.env.scope, comment, true);
	c.info.scopes.set(node, s);
	c.env.scope = s;
	return s;
}

export function closeScope(c: Checker): void {
	c.env.scope = c.env.scope.parent as Scope;
}

/** Notes that the declaration being checked refers to `to`, for the initialisation order. */
export function addDeclDep(c: Checker, to: Obj): void {
	const from = c.env.decl;
	if (from === null || to.decl === null || to.pkg !== c.pkg) return;
	if (to.kind === ObjKind.Func && to.origin !== to) return; // a method of an instance
	from.deps.add(to);
}
