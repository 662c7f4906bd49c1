// tsugo mod why [-m] [-vendor] packages|modules

import { listModules, type LoadedPackage, matchPatterns, PackageLoader, settle } from "#build/modules";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

function chain(p: LoadedPackage | undefined): string[] {
	const out: string[] = [];
	for (let s: LoadedPackage | null = p ?? null; s !== null; s = s.stack) out.unshift(s.path);
	return out;
}

export async function modWhy(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ m: { type: "bool", help: "" }, vendor: { type: "bool", help: "" }, x: { type: "bool", help: "" } }, args);
	const vendor = flags.bools.get("vendor") ?? false;
	const state = await openState(await openEnv(), { trace: flags.bools.get("x") ?? false });
	try {
		if (!state.hasModRoot) throw new UserError(`go: ${state.noMainModule()}`);
		const newLoader = (patterns: readonly string[]): PackageLoader => {
			const loader: PackageLoader = new PackageLoader(state, {
				tags: null,
				roots: () => matchPatterns(state, loader, patterns).flatMap((m) => m.paths),
				all: patterns.includes("all"),
				resolveMissing: false,
				loadTests: !vendor,
				vendorAll: vendor,
				std: true,
			});
			return loader;
		};
		const modules = flags.bools.get("m") ?? false;
		if (modules)
			for (const a of flags.args)
				if (a.includes("@")) throw new UserError(`go: ${a}: 'go mod why' requires a module path, not a version query`);
		const named = modules
			? (await listModules(state, flags.args, { updates: false, versions: false, retracted: false })).list.map((m) => m.Path)
			: await namedPackages(newLoader(flags.args.length > 0 ? flags.args : ["."]), flags.args.length > 0 ? flags.args : ["."]);
		const { packages } = await newLoader(["all"]).load();
		const what = vendor ? " to vendor" : "";
		const parts = named.map((name) => {
			const hits = packages.filter((p) => p.testOf === null && (modules ? p.mod?.path === name : p.path === name));
			const chains = hits.map(chain).sort((a, b) => a.length - b.length || (a[a.length - 1] < b[b.length - 1] ? -1 : 1));
			const why = chains[0] ?? [`(main module does not need${what} ${modules ? "module" : "package"} ${name})`];
			return `# ${name}\n${why.join("\n")}\n`;
		});
		process.stdout.write(parts.join("\n"));
		return 0;
	} finally {
		state.store.close();
	}
}

async function namedPackages(loader: PackageLoader, patterns: readonly string[]): Promise<string[]> {
	const { packages } = await loader.load();
	const matches = await settle(loader.state.store.wants, () => matchPatterns(loader.state, loader, patterns));
	for (const m of matches) for (const e of m.errors) process.stderr.write(`go: ${e}\n`);
	return matches.flatMap((m) =>
		m.pattern === "all"
			? packages
					.filter((p) => p.inAll && p.testOf === null)
					.map((p) => p.path)
					.sort()
			: m.paths,
	);
}
