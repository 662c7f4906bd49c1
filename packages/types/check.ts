// Checking packages: whole ones with all errors, or objects and bodies on demand.

import type { Diagnostic } from "#base";
import type { File } from "#syntax";
import { type Build, Checker, processDelayed } from "./checker.ts";
import { directCycles } from "./cycles.ts";
import { checkFuncBody, objDecl } from "./decl.ts";
import { checkDirectives } from "./directives.ts";
import { initOrder } from "./initorder.ts";
import { monomorph } from "./mono.ts";
import { type Func, type Obj, ObjKind } from "./objects.ts";
import { Package } from "./package.ts";
import { collectObjects, unusedImports } from "./resolver.ts";
import { checkRestrictions } from "./restrict.ts";
import { checkTooLarge } from "./toolarge.ts";
import { parseVersion } from "./version.ts";

export interface PackageOptions {
	path: string;
	/** "" takes it from the first file. */
	name?: string;
	files: readonly File[] | (() => readonly File[]);
	/** Language version, such as "go1.26"; "" allows everything. */
	goVersion: string;
	report: (d: Diagnostic) => void;
	/** The package is Go only (no assembly, no C), so that each function needs a body. */
	complete?: boolean;
	/** Changes to the checker before it starts, for tests of the checker. */
	configure?: (c: Checker) => unknown;
}

/** A package with its objects declared (at the first look into its scope, if files is a function; it needs a name then); nothing is checked yet. Imports are asked for with build.importPackage. */
export function newPackage(build: Build, o: PackageOptions): Package {
	const pkg = new Package(o.path, o.name ?? "", build.universe);
	pkg.goVersion = o.goVersion;
	const c = new Checker(build, pkg, parseVersion(o.goVersion), o.report);
	c.complete = o.complete ?? false;
	o.configure?.(c);
	pkg.checker = c;
	build.packages.push(pkg);
	const { files } = o;
	if (typeof files === "function") pkg.scope.fill = () => collectObjects(c, files());
	else collectObjects(c, files);
	return pkg;
}

/** Checks everything in the package and reports all errors. */
export function checkPackage(pkg: Package): void {
	const c = pkg.checker;
	if (c === null) return;
	pkg.scope.load();
	c.checkBodies = true;
	c.depth++;
	directCycles(c);
	checkDeclarations(c);
	processDelayed(c, 0);
	// Functions that other packages had resolved before are checked now.
	for (const obj of c.objList) if (obj.kind === ObjKind.Func) checkFuncBody(c, obj);
	processDelayed(c, 0);
	c.depth--;
	initOrder(c);
	unusedImports(c);
	if (c.firstError === null) monomorph(c);
	checkRestrictions(c);
	if (c.firstError === null) checkDirectives(c);
	if (c.firstError === null) checkTooLarge(c);
}

/** Resolves all package-level objects, without bodies: types first, aliases last among them, so that errors come out as gc has them. */
export function checkDeclarations(c: Checker): void {
	c.depth++;
	const later: Obj[] = [];
	for (const obj of c.objList) {
		if (obj.kind === ObjKind.TypeName && !(obj.decl?.tdecl?.alias ?? false)) objDecl(c, obj);
		else if (obj.kind === ObjKind.TypeName) later.push(obj);
	}
	for (const obj of later) objDecl(c, obj);
	for (const obj of c.objList) if (obj.kind !== ObjKind.TypeName) objDecl(c, obj);
	c.depth--;
	if (c.depth === 0) processDelayed(c, 0);
}

/** Checks the body of a function or method (of a generic type: of its origin) unless that was done before. */
export function checkBody(f: Func): void {
	const origin = f.origin;
	const c = origin.pkg?.checker ?? null;
	if (c === null || origin.decl === null || origin.decl.bodyChecked) return;
	if (origin.type === null) objDecl(c, origin);
	const outermost = c.depth++ === 0;
	checkFuncBody(c, origin);
	if (outermost) processDelayed(c, 0);
	c.depth--;
}

/** Checks the initialisers of a package that is checked on demand, and determines their order (checker.initOrder). */
export function checkInit(pkg: Package): void {
	pkg.scope.load();
	const c = pkg.checker;
	if (c === null || c.checkBodies || c.initDone) return;
	c.initDone = true;
	initOrder(c);
}
