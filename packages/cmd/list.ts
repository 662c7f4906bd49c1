// tsugo list [-json] [-deps] [-test] [-e] [-f TEMPLATE is not supported] [packages]

import { type Loader, type Package, resolvedImport } from "#build";
import { buildFlags, openEnv, openLoader, parseWithGoflags, UserError } from "./buildflags.ts";
import type { FlagSpec } from "./flags.ts";

const listFlags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	json: { type: "bool", help: "print packages as JSON" },
	deps: { type: "bool", help: "list dependencies too, in depth-first post-order" },
	e: { type: "bool", help: "report errors in the output, do not stop at them" },
	find: { type: "bool", help: "do not resolve dependencies" },
	f: { type: "string", help: "", missing: true },
	m: { type: "bool", help: "list modules instead of packages" },
	test: { type: "bool", help: "", missing: true },
	compiled: { type: "bool", help: "", missing: true },
	export: { type: "bool", help: "", missing: true },
	u: { type: "bool", help: "add available upgrades (with -m)" },
	versions: { type: "bool", help: "add all known versions (with -m)" },
	retracted: { type: "bool", help: "say which versions are retracted (with -m)" },
	reuse: { type: "string", help: "", missing: true },
};

/** The fields of `go list -json`, in its order; empty ones are left out. */
function describe(
	loader: Loader,
	p: Package,
	match: string[] | undefined,
	depOnly: boolean,
	deps: string[] | null,
): Record<string, unknown> {
	const paths = (list: readonly { path: string }[]): string[] => [...new Set(list.map((r) => r.path))].sort();
	const importMap = Object.fromEntries([...p.importMap].sort());
	const all: Record<string, unknown> = {
		Dir: p.dir,
		ImportPath: p.importPath,
		Name: p.name,
		Root: p.standard ? loader.ctx.goroot : (p.module?.dir ?? ""),
		Module: p.module === null ? null : moduleFields(p),
		Match: match ?? [],
		DepOnly: depOnly,
		Goroot: p.standard,
		Standard: p.standard,
		GoFiles: p.goFiles,
		CgoFiles: p.cgoFiles,
		IgnoredGoFiles: p.ignoredGoFiles,
		IgnoredOtherFiles: p.ignoredOtherFiles,
		HFiles: p.hFiles,
		SFiles: p.sFiles,
		SysoFiles: p.sysoFiles,
		EmbedPatterns: paths(p.embedPatterns),
		Imports: paths(p.imports).map((i) => resolvedImport(p, i)),
		ImportMap: importMap,
		Deps: deps ?? [],
		Error: p.errors.length > 0 ? { ImportStack: p.errors[0].importStack, Pos: p.errors[0].pos, Err: p.errors[0].msg } : null,
		TestGoFiles: p.testGoFiles,
		TestImports: paths(p.testImports),
		XTestGoFiles: p.xtestGoFiles,
		XTestImports: paths(p.xtestImports),
	};
	for (const [key, value] of Object.entries(all)) {
		const empty = value === null || value === "" || value === false || (Array.isArray(value) && value.length === 0);
		if (empty || (key === "ImportMap" && Object.keys(importMap).length === 0)) delete all[key];
	}
	return all;
}

function moduleFields(p: Package): Record<string, unknown> {
	const m = p.module;
	if (m === null) return {};
	if (m.main) return { Path: m.path, Main: true, Dir: m.dir, GoMod: `${m.dir}/go.mod`, GoVersion: m.goVersion };
	return { Path: m.path, Version: m.version, Dir: m.dir, GoVersion: m.goVersion };
}

export async function listCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(listFlags, env, args);
	if (flags.bools.get("m")) return (await import("./listm.ts")).listModulesCommand(env, flags, null);
	for (const f of ["u", "versions", "retracted"]) if (flags.bools.get(f)) throw new UserError(`go: list -${f} can only be used with -m`);
	const loader = openLoader(env, flags);
	const patterns = flags.args.length > 0 ? flags.args : ["."];
	const asFiles = patterns.every((p) => p.endsWith(".go"));
	const { packages, warnings } = asFiles ? { packages: [loader.fromFiles(patterns)], warnings: [] } : loader.match(patterns);
	for (const w of warnings) process.stderr.write(`${w}\n`);
	const find = flags.bools.get("find") ?? false;
	const closure = find ? packages : loader.closure(packages);
	const listed = flags.bools.get("deps") ? closure : packages;
	let failed = false;
	for (const p of listed) {
		if (p.errors.length > 0 && !flags.bools.get("e")) {
			failed = true;
			const e = p.errors[0];
			process.stderr.write(`${e.pos === "" ? "" : `${e.pos}: `}${e.msg}\n`);
			continue;
		}
		if (flags.bools.get("json")) {
			const deps = find
				? null
				: loader
						.closure([p])
						.filter((d) => d !== p)
						.map((d) => d.importPath)
						.sort();
			const match = packages.includes(p) ? patterns.filter((q) => loader.match([q]).packages.includes(p)) : undefined;
			process.stdout.write(`${JSON.stringify(describe(loader, p, match, !packages.includes(p), deps), null, "\t")}\n`);
		} else {
			process.stdout.write(`${p.importPath}\n`);
		}
	}
	if (failed && listed.length === 0) throw new UserError("");
	return failed ? 1 : 0;
}
