// Collecting the package-level objects of a package: file scopes, imports, and which
// methods belong to which type. No expression or type is looked at.

import { decodeBytes, makeInt, unquoteBytes } from "#constant";
import type { Pos } from "#base";
import {
	type ConstDecl,
	type Decl,
	type Expr,
	type File,
	type FuncDecl,
	type ImportDecl,
	Kind,
	type Name,
	Op,
	type VarDecl,
} from "#syntax";
import type { Checker } from "./checker.ts";
import { ConstGroup, declare } from "./decl.ts";
import { addAltDecl, addf, errorf, newError, reportError, softErrorf } from "./errors.ts";
import { Const, DeclInfo, Func, isExported, type Obj, ObjKind, PkgName, TypeName, Var, VarKind } from "./objects.ts";
import { unpackList, unparen } from "./operand.ts";
import { Package } from "./package.ts";
import { Scope } from "./scope.ts";
import { unpackRecv } from "./signature.ts";
import { go1_18, go1_21, goCurrent, parseVersion, verifyVersionf, versionString } from "./version.ts";

/** A method whose receiver type is still to be found. */
interface PendingMethod {
	obj: Func;
	ptr: boolean;
	recv: Name;
}

/** Declares the objects of files in the package. */
export function collectObjects(c: Checker, files: readonly File[]): void {
	acceptFiles(c, files);
	const methods: PendingMethod[] = [];
	for (const file of c.files) collectFile(c, file, methods);
	checkFileScopes(c);
	for (const m of methods) {
		const base = resolveBaseTypeName(c, m.ptr, m.recv);
		if (base === null) continue;
		m.obj.hasPtrRecv = base.ptr;
		const list = c.methods.get(base.name);
		if (list === undefined) c.methods.set(base.name, [m.obj]);
		else list.push(m.obj);
	}
}

/** Checks package clauses and language versions. */
function acceptFiles(c: Checker, files: readonly File[]): void {
	for (const file of files) {
		const name = file.pkgName.name;
		if (name === "_") {
			errorf(c, file.pkgName, "BlankPkgName", "invalid package name _");
			c.files.push(file);
		} else if (c.pkg.name === "") {
			c.pkg.name = name;
			c.files.push(file);
		} else if (name === c.pkg.name) c.files.push(file);
		else errorf(c, file, "MismatchedPkgName", "package %s; expected package %s", name, c.pkg.name);
	}
	const first = files[0];
	if (first !== undefined && c.version > goCurrent) {
		const [have, max] = [versionString(c.version), versionString(goCurrent)];
		errorf(c, first, "TooNew", "package requires newer Go version %v (application built with %v)", have, max);
	}
}

/** The version a file is checked with: that of its //go:build line, at least 1.21, else the package's. */
function fileVersion(c: Checker, file: File): number {
	const v = parseVersion(file.goVersion);
	if (v === 0) return c.version;
	if (v > goCurrent) errorf(c, file.pkgName, "TooNew", "file requires newer Go version %v", versionString(v));
	return Math.max(v, go1_21);
}

function collectFile(c: Checker, file: File, methods: PendingMethod[]): void {
	const version = fileVersion(c, file);
	c.env.version = version;
	c.info.fileVersions.set(file, versionString(version));
	c.info.defs.set(file.pkgName, null);
	const scope = new Scope(c.pkg.scope, "file", true);
	scope.pos = file.pos;
	scope.end = file.eof;
	c.fileScopes.set(file, scope);
	c.info.scopes.set(file, scope);
	const group = new ConstGroup();
	for (let i = 0; i < file.decls.length; i++) {
		const d = file.decls[i] as Decl;
		const info = (): DeclInfo => new DeclInfo(file, scope, version);
		switch (d.kind) {
			case Kind.ImportDecl:
				collectImport(c, scope, d);
				break;
			case Kind.ConstDecl:
				collectConsts(c, d, group.next(d, i, file.decls[i - 1]), info);
				break;
			case Kind.VarDecl:
				collectVars(c, d, info);
				break;
			case Kind.TypeDecl: {
				const di = info();
				di.tdecl = d;
				declarePkgObj(c, d.name, new TypeName(d.name.pos, c.pkg, d.name.name, null), di);
				break;
			}
			case Kind.FuncDecl: {
				const di = info();
				di.fdecl = d;
				collectFunc(c, d, di, methods);
				break;
			}
		}
	}
}

function declarePkgObj(c: Checker, name: Name, obj: Obj, d: DeclInfo): void {
	if (name.name === "init") {
		errorf(c, name, "InvalidInitDecl", "cannot declare init - must be func");
		return;
	}
	if (name.name === "main" && c.pkg.name === "main") {
		errorf(c, name, "InvalidMainDecl", "cannot declare main - must be func");
		return;
	}
	declare(c, c.pkg.scope, name, obj, 0);
	addObject(c, obj, d);
}

function addObject(c: Checker, obj: Obj, d: DeclInfo): void {
	obj.decl = d;
	c.objList.push(obj);
	obj.order = c.objList.length;
}

function collectConsts(c: Checker, d: ConstDecl, spec: ReturnType<ConstGroup["next"]>, info: () => DeclInfo): void {
	for (let i = 0; i < d.names.length; i++) {
		const name = d.names[i] as Name;
		const di = info();
		di.cdecl = d;
		di.vtype = spec.type;
		di.init = spec.values[i] ?? null;
		di.inherited = spec.inherited;
		declarePkgObj(c, name, new Const(name.pos, c.pkg, name.name, null, makeInt(spec.iota)), di);
	}
	arity(c, d.pos, d.names, spec.values, true, spec.inherited);
}

function collectVars(c: Checker, d: VarDecl, info: () => DeclInfo): void {
	const values = unpackList(d.values);
	const lhs = d.names.map((name) => new Var(VarKind.Package, name.pos, c.pkg, name.name, null));
	const make = (init: Expr | null, all: Var[] | null): DeclInfo => {
		const di = info();
		di.vdecl = d;
		di.vtype = d.type;
		di.init = init;
		di.lhs = all;
		return di;
	};
	// One initialiser (or none) for all names: they share a DeclInfo.
	const shared = values.length <= 1 ? make(values[0] ?? null, lhs) : null;
	for (let i = 0; i < lhs.length; i++) declarePkgObj(c, d.names[i] as Name, lhs[i] as Var, shared ?? make(values[i] ?? null, null));
	if (d.type === null || values.length > 0) arity(c, d.pos, d.names, values, false, false);
}

function collectFunc(c: Checker, d: FuncDecl, di: DeclInfo, methods: PendingMethod[]): void {
	const name = d.name.name;
	const obj = new Func(d.name.pos, c.pkg, name, null);
	const tparam0 = d.tparams[0];
	let reported = false;
	if (d.recv === null) {
		if (name === "init" || (name === "main" && c.pkg.name === "main")) {
			const code = name === "main" ? "InvalidMainDecl" : "InvalidInitDecl";
			if (tparam0 !== undefined) {
				softErrorf(c, tparam0, code, "func %s must have no type parameters", name);
				reported = true;
			}
			if (d.type.params.length > 0 || d.type.results.length > 0) {
				softErrorf(c, d.name, code, "func %s must have no arguments and no return values", name);
			}
		}
		if (name === "init") {
			// not declared: several are allowed and none can be called
			obj.parent = c.pkg.scope;
			c.info.defs.set(d.name, obj);
			if (!d.hasBody) softErrorf(c, obj.pos, "MissingInitBody", "func init must have a body");
		} else declare(c, c.pkg.scope, d.name, obj, 0);
	} else {
		const r = unpackRecv(null, d.recv.type);
		if (r.base.kind === Kind.Name && name !== "_") methods.push({ obj, ptr: r.ptr, recv: r.base });
		c.info.defs.set(d.name, obj);
	}
	if (tparam0 !== undefined && !reported) verifyVersionf(c, tparam0, go1_18, "type parameter");
	addObject(c, obj, di);
}

// ---- imports ----

function collectImport(c: Checker, scope: Scope, d: ImportDecl): void {
	if (d.path.bad) return;
	const bytes = unquoteBytes(d.path.text);
	const path = bytes === null ? "" : decodeBytes(bytes);
	const fault = bytes === null ? "invalid syntax" : importPathFault(path);
	if (fault !== "") {
		errorf(c, d.path, "BadImportPath", "invalid import path (%s)", fault);
		return;
	}
	const imp = importPackage(c, d.path.pos, path);
	let name = imp.name;
	if (d.localName !== null) {
		name = d.localName.name;
		if (path === "C") {
			errorf(c, d.localName, "ImportCRenamed", 'cannot rename import "C"');
			return;
		}
	}
	if (name === "init") {
		errorf(c, d, "InvalidInitDecl", "cannot import package as init - init must be a func");
		return;
	}
	if (!c.pkg.imports.includes(imp)) c.pkg.imports.push(imp);
	const obj = new PkgName(d.pos, c.pkg, name, imp);
	if (d.localName !== null) c.info.defs.set(d.localName, obj);
	else c.info.implicits.set(d, obj);
	if (imp.fake) obj.used = true;
	c.imports.push(obj);
	if (name === ".") dotImport(c, scope, d, obj);
	else declare(c, scope, null, obj, 0);
}

/** Why an import path is not well-formed, or "". */
function importPathFault(path: string): string {
	if (path === "") return "empty string";
	for (const ch of path) {
		const graphic = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u.test(ch);
		if (graphic && !/\s/u.test(ch) && !"!\"#$%&'()*,:;<=>?[\\]^{|}`\ufffd".includes(ch)) continue;
		const code = ch.codePointAt(0) as number;
		const hex = code.toString(16).toUpperCase().padStart(4, "0");
		return `invalid character U+${hex}${graphic || ch === "\ufffd" ? ` '${ch}'` : ""}`;
	}
	return "";
}

function importPackage(c: Checker, pos: Pos, path: string): Package {
	if (path === "C" && c.fakeImportC) {
		const imp = new Package("C", "C", c.build.universe);
		imp.fake = true;
		return imp;
	}
	let found = c.build.importPackage(path, c.pkg);
	if (typeof found !== "string" && (found.name === "_" || found.name === "")) found = `invalid package name: ${JSON.stringify(found.name)}`;
	if (typeof found !== "string") return found;
	errorf(c, pos, "BrokenImport", "could not import %s (%s)", path, found);
	const trimmed = path.endsWith("/") ? path.slice(0, -1) : path;
	const imp = new Package(path, trimmed.slice(trimmed.lastIndexOf("/") + 1), c.build.universe);
	imp.fake = true; // lookups in it report nothing more
	return imp;
}

function dotImport(c: Checker, scope: Scope, d: ImportDecl, pkgName: PkgName): void {
	let through = c.dotImports.get(scope);
	if (through === undefined) {
		through = new Map();
		c.dotImports.set(scope, through);
	}
	pkgName.imported.scope.load();
	for (const [name, obj] of pkgName.imported.scope.elems) {
		if (!isExported(name)) continue;
		const alt = scope.lookup(name);
		if (alt !== null) {
			const err = newError(c, "DuplicateDecl");
			addf(err, d.localName ?? d, "%s redeclared in this block", alt.name);
			addAltDecl(err, alt);
			reportError(err);
			continue;
		}
		scope.set(name, obj);
		through.set(name, pkgName);
	}
}

/** Names of a file scope (imports) must not be names of the package. */
function checkFileScopes(c: Checker): void {
	for (const file of c.files) {
		const scope = c.fileScopes.get(file) as Scope;
		for (const [name, obj] of scope.elems) {
			const alt = c.pkg.scope.lookup(name);
			if (alt === null) continue;
			const err = newError(c, "DuplicateDecl");
			if (obj.kind === ObjKind.PkgName) {
				const p = obj.imported;
				addf(err, alt, "%s already declared through import of %s", alt.name, packageText(p));
			} else addf(err, alt, "%s already declared through dot-import of %s", alt.name, obj.pkg === null ? "" : packageText(obj.pkg));
			addAltDecl(err, obj);
			reportError(err);
		}
	}
}

/** A package as messages show the object itself. */
function packageText(p: Package): string {
	return `package ${p.name} (${JSON.stringify(p.path)})`;
}

/** The defined type that a receiver type name denotes, through aliases; null if there is none in the package. ptr: a pointer is involved. */
function resolveBaseTypeName(c: Checker, ptr0: boolean, recv: Name): { ptr: boolean; name: TypeName } | null {
	let ptr = ptr0;
	let name: Expr = recv;
	const seen = new Set<Obj>();
	while (name.kind === Kind.Name) {
		const obj = c.pkg.scope.lookup(name.name);
		if (obj === null || obj.kind !== ObjKind.TypeName || seen.has(obj)) return null;
		const d = obj.decl?.tdecl ?? null;
		if (d === null) return null;
		if (!d.alias) return { ptr, name: obj };
		if (d.tparams.length > 0) return null;
		seen.add(obj);
		name = unparen(d.type);
		if (name.kind === Kind.Unary && name.op === Op.Mul) {
			if (ptr) return null;
			ptr = true;
			name = unparen(name.x);
		}
	}
	return null;
}

/** Reports a number of initialisers that does not fit the names. */
export function arity(c: Checker, pos: Pos, names: readonly Name[], inits: readonly Expr[], isConst: boolean, inherited: boolean): void {
	const code = "WrongAssignCount";
	const extra = inits[names.length];
	if (extra !== undefined) {
		if (inherited) {
			const at = c.build.sources.position(extra.pos);
			errorf(c, pos, code, "extra init expr at %s", `${at.file}:${at.line}:${at.col}`);
		} else errorf(c, extra, code, "extra init expr %s", extra);
	} else if (names.length > inits.length && (isConst || inits.length !== 1)) {
		const n = names[inits.length] as Name;
		errorf(c, n, code, "missing init expr for %s", n.name);
	}
}

/** Reports imports that nothing refers to. */
export function unusedImports(c: Checker): void {
	for (const obj of c.imports) {
		if (obj.used || obj.name === "_") continue;
		const path = obj.imported.path;
		const elem = path.slice(path.lastIndexOf("/") + 1);
		if (obj.name === "" || obj.name === "." || obj.name === elem) softErrorf(c, obj, "UnusedImport", "%q imported and not used", path);
		else softErrorf(c, obj, "UnusedImport", "%q imported as %s and not used", path, obj.name);
	}
}
