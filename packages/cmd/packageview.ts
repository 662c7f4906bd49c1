// The Package struct of `list` (go help list): what templates and JSON see of a package.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
	type BuildEnv,
	type Loader,
	type LoadError,
	loadErrorText,
	type LoadInfo,
	type Package,
	resolvedImport,
	resolveEmbeds,
} from "#build";
import { defaultGodebug, packageDoc, packageModule } from "#build/describe";
import { type ModulePublic, publicString } from "#build/modules";
import { Struct, type Value } from "#template";
import { timeValue } from "./timevalue.ts";
import { executableName } from "./build.ts";

function plain(v: unknown): Value {
	if (v !== null && typeof v === "object" && !Array.isArray(v))
		return new Map(Object.entries(v as Record<string, unknown>).map(([k, x]) => [k, plain(x)]));
	return v as Value;
}

/** A module as templates see it. */
export function moduleValue(m: ModulePublic | null): Struct | null {
	if (m === null) return null;
	const fields = new Map<string, Value>();
	for (const [name, v] of Object.entries(m) as [string, unknown][]) {
		if (name === "Replace" || name === "Update") fields.set(name, moduleValue(v as ModulePublic | null));
		else if (name === "Error" && v !== null)
			fields.set(name, new Struct("modinfo.ModuleError", new Map([["Err", (v as { Err: string }).Err]]), true));
		else if (name === "Time") fields.set(name, v === "" ? null : timeValue(v as string));
		else fields.set(name, plain(v));
	}
	return new Struct("modinfo.ModulePublic", fields, true, { String: () => publicString(m) });
}

export function errorValue(e: LoadError | null): Value {
	if (e === null) return null;
	const fields = new Map<string, Value>([
		["ImportStack", e.stack.map((s) => s.path)],
		["Pos", e.pos],
		["Err", e.msg],
	]);
	return new Struct("load.PackageError", fields, true, { Error: () => loadErrorText(e), String: () => loadErrorText(e) });
}

/** Where `install` puts executables. */
export function binDir(env: BuildEnv): string {
	return env.env.get("GOBIN") || join(env.gopath.split(delimiter)[0], "bin");
}

/** Commands of GOROOT that belong in its bin folder; the others are tools. */
const distributed: ReadonlySet<string> = new Set(["cmd/go", "cmd/gofmt"]);

/** The file that `install` writes for a package, "" for libraries. */
export function installTarget(env: BuildEnv, p: Package): string {
	if (p.name !== "main" || p.forTest !== "" || p.testMain) return "";
	const name = p.commandLine ? executableName(p, p.goFiles) : executableName(p, []);
	if (!p.standard) return join(binDir(env), name);
	if (distributed.has(p.importPath)) return join(env.goroot, "bin", name);
	return p.importPath.startsWith("cmd/")
		? join(env.goroot, "pkg", "tool", `${env.goos}_${env.goarch}`, name)
		: join(env.goroot, "bin", name);
}

/** How a package appears in a listing. */
export interface Shown {
	pkg: Package;
	info: LoadInfo;
	/** Import path, with " [p.test]" for what a test compiles again. */
	importPath: string;
	forTest: string;
	/** Import paths as written and as resolved. */
	imports: readonly { written: string; shown: string }[];
	match: readonly string[];
	depOnly: boolean;
	deps: readonly string[];
	depsErrors: readonly LoadError[];
	/** Text of _testmain.go, for the main package of a test. */
	testMain: string;
	/** Files whose //go:debug lines count. */
	godebugFiles: readonly string[];
	find: boolean;
	compiled: boolean;
	/** Its tests were loaded. */
	tested: boolean;
	/** Why `install` would do something for a package; "" when it would not. */
	stale: (p: Package) => string;
}

const paths = (list: readonly { path: string }[]): string[] => [...new Set(list.map((r) => r.path))].sort();

function embedFiles(p: Package, patterns: Package["embedPatterns"]): string[] {
	if (patterns.length === 0 || p.dir === "") return [];
	return [...new Set([...resolveEmbeds(p.dir, patterns).byPattern.values()].flat())].sort();
}

function testMainFile(env: BuildEnv, text: string): string {
	const hash = createHash("sha256").update(text).digest("hex");
	const dir = join(env.cacheDir, "testmain");
	const file = join(dir, `${hash}-d`);
	if (env.gocache !== "off" && !existsSync(file)) {
		mkdirSync(dir, { recursive: true });
		writeFileSync(file, text);
	}
	return file;
}

/** Resolves import paths of test files (std's vendored packages), sorted, each once. */
function resolved(p: Package, list: readonly { path: string }[]): string[] {
	return [...new Set(list.map((r) => resolvedImport(p, r.path)))].sort();
}

/** The Package struct. */
export function packageValue(env: BuildEnv, loader: Loader, s: Shown): Struct {
	const { pkg: p, info } = s;
	const xtest = p.importPath.endsWith("_test") && p.forTest !== "" && p.name.endsWith("_test");
	const derived = p.testMain || xtest;
	const importMap = new Map<string, Value>();
	for (const i of s.imports) if (i.written !== i.shown) importMap.set(i.written, i.shown);
	const stale = s.stale(p);
	const rows: [string, Value][] = [
		["Dir", p.dir],
		["ImportPath", s.importPath],
		["ImportComment", ""],
		["Name", p.name],
		["Doc", derived || p.dir === "" ? "" : packageDoc(p)],
		["Target", installTarget(env, p)],
		["Shlib", ""],
		["Root", p.dir === "" ? "" : loader.rootOf(p)],
		["ConflictDir", loader.conflictDir(p)],
		["ForTest", s.forTest],
		["Export", ""],
		["BuildID", ""],
		["Module", p.module === null || p.commandLine ? null : moduleValue(packageModule(loader, p.module))],
		["Match", s.match],
		["Goroot", p.standard && !p.testMain],
		["Standard", p.standard && !derived],
		["DepOnly", s.depOnly],
		["BinaryOnly", false],
		["Incomplete", info.incomplete],
		["DefaultGODEBUG", p.dir === "" ? "" : defaultGodebug(loader, p, s.godebugFiles)],
		["Stale", stale !== ""],
		["StaleReason", stale],
		["GoFiles", p.testMain ? [testMainFile(env, s.testMain)] : p.goFiles],
		["CgoFiles", p.cgoFiles],
		["CompiledGoFiles", s.compiled && info.error === null ? p.goFiles : []],
		["IgnoredGoFiles", derived ? [] : p.ignoredGoFiles],
		["InvalidGoFiles", derived ? [] : p.invalidGoFiles],
		["IgnoredOtherFiles", derived ? [] : p.ignoredOtherFiles],
		["CFiles", []],
		["CXXFiles", []],
		["MFiles", []],
		["HFiles", derived ? [] : p.hFiles],
		["FFiles", p.fFiles],
		["SFiles", derived ? [] : p.sFiles],
		["SwigFiles", []],
		["SwigCXXFiles", []],
		["SysoFiles", derived ? [] : p.sysoFiles],
		["EmbedPatterns", xtest ? [] : paths(p.embedPatterns)],
		["EmbedFiles", embedFiles(p, p.embedPatterns)],
		...["CgoCFLAGS", "CgoCPPFLAGS", "CgoCXXFLAGS", "CgoFFLAGS", "CgoLDFLAGS", "CgoPkgConfig"].map((n): [string, Value] => [n, []]),
		["Imports", s.find ? [] : s.imports.map((i) => i.shown)],
		["ImportMap", s.find ? new Map() : importMap],
		["Deps", s.deps],
		["Error", errorValue(info.error)],
		["DepsErrors", s.depsErrors.map(errorValue)],
		["TestGoFiles", derived ? [] : p.testGoFiles],
		["TestImports", derived || s.find ? [] : resolved(p, p.testImports)],
		["TestEmbedPatterns", derived ? [] : paths(p.testEmbedPatterns)],
		["TestEmbedFiles", derived || !s.tested ? [] : embedFiles(p, p.testEmbedPatterns)],
		["XTestGoFiles", derived ? [] : p.xtestGoFiles],
		["XTestImports", derived || s.find ? [] : resolved(p, p.xtestImports)],
		["XTestEmbedPatterns", derived ? [] : paths(p.xtestEmbedPatterns)],
		["XTestEmbedFiles", derived || !s.tested ? [] : embedFiles(p, p.xtestEmbedPatterns)],
	];
	return new Struct("load.PackagePublic", new Map(rows), true);
}
