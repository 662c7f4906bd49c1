// tsugo list [-f format] [-json[=fields]] [-m] [list flags] [build flags] [packages]

import { existsSync } from "node:fs";
import { type BuildEnv, type Loader, type LoadError, loadErrorText, type LoadInfo, type Package, resolvedImport, UserError } from "#build";
import { packageModule } from "#build/describe";
import { testProgram } from "#build/test";
import { Struct, Template, TemplateError, type Value } from "#template";
import { compilePlan, matchPackages } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags } from "./buildflags.ts";
import type { FlagSpec, ParsedFlags } from "./flags.ts";
import { toJson } from "./gojson.ts";
import { installTarget, moduleValue, packageValue, type Shown } from "./packageview.ts";
import { madeBy } from "./reporter.ts";

export const listFlags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	json: { type: "fields", help: "print packages as JSON; -json=Dir,Imports prints only those fields" },
	deps: { type: "bool", help: "list dependencies too, in depth-first post-order" },
	e: { type: "bool", help: "report errors in the output, do not stop at them" },
	find: { type: "bool", help: "do not resolve dependencies" },
	f: { type: "string", help: "print with this template (text/template)" },
	m: { type: "bool", help: "list modules instead of packages" },
	test: { type: "bool", help: "list test binaries and what they compile again too" },
	compiled: { type: "bool", help: "set CompiledGoFiles" },
	export: { type: "bool", help: "", missing: true },
	u: { type: "bool", help: "with -m: look for upgrades" },
	versions: { type: "bool", help: "with -m: list the versions that there are" },
	retracted: { type: "bool", help: "say which versions are retracted" },
	reuse: { type: "string", help: "with -m: JSON of an earlier listing to go by" },
};

/** Prints what is listed, as -f or -json say. */
export class Printer {
	private readonly template: Template | null;
	/** Fields to keep; null with -json alone. */
	private readonly fields: ReadonlySet<string> | null;
	/** Output ends a line: a template that prints no newline gets one. */
	private atStart = true;

	constructor(flags: ParsedFlags, format: string, functions: Readonly<Record<string, (...args: Value[]) => Value>>) {
		const json = flags.strings.get("json");
		if (json !== undefined && (flags.strings.get("f") ?? "") !== "") throw new UserError("go list -f cannot be used with -json");
		this.fields = json === undefined || json === "" ? null : new Set(json.split(","));
		try {
			this.template = json === undefined ? new Template("main", flags.strings.get("f") || format, functions) : null;
		} catch (err) {
			if (err instanceof TemplateError) throw new UserError(err.message);
			throw err;
		}
	}

	/** Whether a field of the struct is asked for. */
	needs(name: string, format: string): boolean {
		if (this.template !== null) return format.includes(name);
		return this.fields === null || this.fields.has(name);
	}

	print(v: Struct): void {
		let out = "";
		const write = (t: string): void => {
			out += t;
			if (t !== "") this.atStart = t.endsWith("\n");
		};
		try {
			if (this.template === null) write(`${toJson(this.chosen(v))}\n`);
			else {
				this.template.execute(v, write);
				if (!this.atStart) write("\n");
			}
		} catch (err) {
			if (!(err instanceof TemplateError)) throw err;
			process.stdout.write(out);
			throw new UserError(err.message);
		}
		process.stdout.write(out);
	}

	private chosen(v: Struct): Struct {
		const { fields } = this;
		if (fields === null) return v;
		return new Struct(v.type, new Map([...v.fields].filter(([name]) => fields.has(name))), v.pointer);
	}
}

/** What templates can call. */
export function templateFunctions(env: BuildEnv, loader: Loader): Record<string, (...args: Value[]) => Value> {
	return {
		join: (list, sep) => (list as readonly string[]).join(sep as string),
		context: () => contextValue(env, loader),
		module: (path) => {
			const m = loader.mods.list.get(path as string);
			return moduleValue(m === undefined ? null : packageModule(loader, m));
		},
	};
}

function contextValue(env: BuildEnv, loader: Loader): Struct {
	const { ctx } = loader;
	const minor = Number(/^go1\.(\d+)/.exec(ctx.goVersion)?.[1] ?? 0);
	const level = Number(/^v([1-4])$/.exec(env.env.get("GOAMD64") || "v1")?.[1] ?? 1);
	const levels = ctx.goarch === "amd64" ? Array.from({ length: level }, (_, i) => `amd64.v${i + 1}`) : [];
	const rows: [string, Value][] = [
		["GOARCH", ctx.goarch],
		["GOOS", ctx.goos],
		["GOROOT", ctx.goroot],
		["GOPATH", env.gopath],
		["CgoEnabled", ctx.hasTag("cgo")],
		["UseAllFiles", false],
		["Compiler", "gc"],
		["BuildTags", ctx.userTags],
		["ToolTags", [...levels, ...[...ctx.experiments].sort().map((e) => `goexperiment.${e}`)]],
		["ReleaseTags", Array.from({ length: minor }, (_, i) => `go1.${i + 1}`)],
		["InstallSuffix", ""],
	];
	return new Struct("list.Context", new Map(rows), true);
}

/** A package as one program or test sees it: a test compiles again what depends on the package under test. */
interface Node {
	pkg: Package;
	loader: Loader;
	info: LoadInfo;
	forTest: string;
	importPath: string;
	testMain: string;
	/** Files whose //go:debug lines count; undefined: the package's own. */
	godebugFiles?: readonly string[];
}

class Listing {
	private readonly base: Loader;
	private readonly nodes: Map<string, Node> = new Map();
	/** By variant loader: its packages that depend on what the test replaces. */
	private readonly affected: Map<Loader, { path: string; packages: Set<Package> }> = new Map();

	constructor(base: Loader) {
		this.base = base;
	}

	node(pkg: Package, loader: Loader = this.base): Node {
		const test = this.affected.get(loader);
		const variant = test !== undefined && (pkg.forTest !== "" || pkg.testMain || test.packages.has(pkg));
		const owner = variant ? loader : this.base;
		const forTest = variant && !pkg.testMain ? (test?.path ?? "") : "";
		const importPath = forTest === "" ? pkg.importPath : `${pkg.importPath} [${forTest}.test]`;
		let node = this.nodes.get(importPath);
		if (node === undefined || (!variant && node.pkg !== pkg)) {
			node = { pkg, loader: owner, info: owner.graph.info(pkg), forTest, importPath, testMain: "" };
			this.nodes.set(importPath, node);
		}
		return node;
	}

	/** The package that a test's variant stands for. */
	original(n: Node): Package | undefined {
		return n.pkg.forTest === n.pkg.importPath ? this.nodes.get(n.pkg.importPath)?.pkg : undefined;
	}

	deps(n: Node): Node[] {
		return n.info.deps.map((d) => this.node(d, n.loader));
	}

	/** Dependencies first, each once. */
	closure(roots: readonly Node[]): Node[] {
		const order: Node[] = [];
		const seen = new Set<Node>();
		const visit = (n: Node): void => {
			if (seen.has(n)) return;
			seen.add(n);
			for (const d of this.deps(n)) visit(d);
			order.push(n);
		};
		for (const r of roots) visit(r);
		return order;
	}

	/** The test binary of a package, and the package and its external tests as compiled for it. */
	tests(p: Package): Node[] {
		const program = testProgram(this.base, p);
		if (program === null) return [];
		const { loader, main } = program;
		const packages = new Set<Package>();
		const reaches = new Map<Package, boolean>();
		const depends = (q: Package): boolean => {
			const known = reaches.get(q);
			if (known !== undefined) return known;
			reaches.set(q, false);
			// All are visited, not only up to the first that is found.
			const found = loader.graph.info(q).deps.filter((d) => depends(d) || d === program.variant).length > 0;
			reaches.set(q, found);
			if (found) packages.add(q);
			return found;
		};
		for (const q of [program.variant, program.external, main]) if (q !== null) depends(q);
		this.affected.set(loader, { path: p.importPath, packages });
		const out = [this.node(main, loader)];
		out[0].testMain = program.memory[0].text;
		out[0].godebugFiles = [...p.goFiles, ...p.testGoFiles, ...p.xtestGoFiles];
		if (program.variant !== null) out.push(this.node(program.variant, loader));
		if (program.external !== null) out.push(this.node(program.external, loader));
		return out;
	}
}

export async function listCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(listFlags, env, args);
	const on = (name: string): boolean => flags.bools.get(name) ?? false;
	if (flags.strings.has("reuse") && !on("m")) throw new UserError("go list -reuse cannot be used without -m");
	if (on("m")) {
		return (await import("./listm.ts")).listModulesCommand(env, flags);
	}
	if (on("retracted") && env.env.get("GO111MODULE") === "off")
		throw new UserError("go list -retracted can only be used in module-aware mode");
	for (const name of ["u", "versions"]) if (on(name)) throw new UserError(`go list -${name} can only be used with -m`);
	for (const name of ["deps", "test", "export"])
		if (on("find") && on(name)) throw new UserError(`go list -${name} cannot be used with -find`);
	// Packages can be listed as cgo would see them; nothing is compiled.
	const loader = await openLoader(env, flags, flags.args, on("test"), process.cwd(), env.env.get("CGO_ENABLED") !== "1");
	return listPackages(env, loader, flags);
}

function listPackages(env: BuildEnv, loader: Loader, flags: ParsedFlags): number {
	const on = (name: string): boolean => flags.bools.get(name) ?? false;
	const format = flags.strings.get("f") || "{{.ImportPath}}";
	const printer = new Printer(flags, "{{.ImportPath}}", templateFunctions(env, loader));
	loader.ignoreEmbeds = flags.strings.has("json") && !["EmbedFiles", "TestEmbedFiles", "XTestEmbedFiles"].some((f) => printer.needs(f, ""));
	const find = on("find");
	const { packages, matches } = matchPackages(loader, flags.args);
	const listing = new Listing(loader);
	const infoOf = (p: Package): LoadInfo =>
		find ? { deps: [], error: ownError(p), incomplete: p.errors.length > 0, state: "done" } : loader.graph.root(p);
	let failed = false;
	const complain = (e: LoadError): void => {
		failed = true;
		process.stderr.write(`${loadErrorText(e)}\n`);
	};
	if (!on("e")) for (const p of packages) report(infoOf(p), complain);
	if (failed) return 1;
	let roots = find
		? packages.map((pkg): Node => ({ pkg, loader, info: infoOf(pkg), forTest: "", importPath: pkg.importPath, testMain: "" }))
		: packages.map((p) => listing.node(p));
	if (on("test")) {
		for (const p of packages) {
			const made = listing.tests(p);
			const [first] = on("e") || made.length === 0 ? [] : made[0].loader.graph.errors([...made.slice(1), made[0]].map((n) => n.pkg));
			if (first !== undefined) throw new UserError(`go: can't load test package: ${loadErrorText(first.error)}`);
			roots = [...roots, ...made];
		}
	}
	const named = new Set(roots);
	const listed = on("deps") ? listing.closure(roots) : roots;
	if (on("deps") && !on("e")) for (const n of listed) report(n.info, complain);
	const closures = new Closures(listing);
	const wantsStale = printer.needs("Stale", format);
	const stale = wantsStale ? staleness(env, loader, flags, packages) : () => "";
	for (const n of listed) {
		const shown: Shown = {
			pkg: n.pkg,
			info: n.info,
			importPath: n.importPath,
			forTest: n.pkg.testMain ? "" : n.forTest,
			imports: find ? [] : importsShown(listing, n),
			match: matches.get(n.pkg) ?? matches.get(listing.original(n) ?? n.pkg) ?? [],
			depOnly: !named.has(n),
			deps: !find && printer.needs("Deps", format) ? closures.paths(n) : [],
			depsErrors: !find && printer.needs("DepsErrors", format) ? closures.errors(n) : [],
			testMain: n.testMain,
			godebugFiles: n.godebugFiles ?? n.pkg.goFiles,
			find,
			compiled: on("compiled"),
			tested: on("test") && named.has(n),
			stale,
		};
		printer.print(packageValue(env, n.loader, shown));
	}
	return failed ? 1 : 0;
}

function report(info: LoadInfo, complain: (e: LoadError) => void): void {
	if (info.error !== null) complain(info.error);
}

/** Why `install` would do something for a package: programs that are not what their sources say, libraries that were not compiled before. */
function staleness(env: BuildEnv, loader: Loader, flags: ParsedFlags, packages: Package[]): (p: Package) => string {
	const made = madeBy(env, flags);
	const { flagText } = compilePlan({ flags, loader, packages }, packages);
	return (p) => {
		if (p.dir === "" || p.testMain || p.forTest !== "") return "";
		if (loader.graph.info(p).error !== null) return "";
		const target = installTarget(env, p);
		if (p.standard) return target === "" || existsSync(target) ? "" : "build ID mismatch";
		const done = target === "" ? made.has(loader, p, flagText) : made.isInstalled(loader, p, flagText, target);
		if (done) return "";
		return target === "" || existsSync(target) ? "build ID mismatch" : "target missing";
	};
}

/** With -find only what the package's own files say. */
function ownError(p: Package): LoadError | null {
	const e = p.errors[0];
	return e === undefined
		? null
		: { stack: e.kind === "nogo" ? [{ path: p.importPath, pos: null }] : [], pos: e.pos, msg: e.msg, cycle: false, showStack: false };
}

/** Imports as resolved, in the order of the import paths written, with the names of what a test compiles again. */
function importsShown(listing: Listing, n: Node): { written: string; shown: string }[] {
	const shown = new Map(listing.deps(n).map((d) => [d.pkg.importPath, d.importPath]));
	const written = n.pkg.imports.map((r) => r.path);
	// The package under test has the imports of its test files before its own; the generated main does not show the runtime.
	const variant = n.pkg.forTest !== "" && n.pkg.forTest === n.pkg.importPath;
	const order = variant ? written : [...new Set(written)].filter((p) => !n.pkg.testMain || p !== "runtime").sort();
	return order.map((path) => {
		const to = resolvedImport(n.pkg, path);
		return { written: path, shown: shown.get(to) ?? to };
	});
}

/** All dependencies of packages, computed once for each. */
class Closures {
	private readonly listing: Listing;
	private readonly sets: Map<Node, Set<Node>> = new Map();

	constructor(listing: Listing) {
		this.listing = listing;
	}

	private of(n: Node): Set<Node> {
		let set = this.sets.get(n);
		if (set === undefined) {
			set = new Set();
			this.sets.set(n, set);
			for (const d of this.listing.deps(n)) {
				set.add(d);
				for (const q of this.of(d)) set.add(q);
			}
		}
		return set;
	}

	paths(n: Node): string[] {
		return [...this.of(n)].map((d) => d.importPath).sort();
	}

	errors(n: Node): LoadError[] {
		const found = [...this.of(n)].flatMap((d) => d.info.error ?? []);
		const key = (e: LoadError): string => e.stack[e.stack.length - 1]?.path ?? `\u0000${e.msg}`;
		return found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
	}
}
