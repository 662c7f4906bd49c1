// tsugo install PACKAGE@VERSION, tsugo run PACKAGE@VERSION: outside of the main module's requirements.

import { type BuildEnv, Loader, loadErrorText, newBuildContext, type Package } from "#build";
import type { BuildError } from "#build/check";
import { prepareModules, requireVersioned } from "#build/modules";
import { matchPackages, sessionOf, type Session } from "./build.ts";
import type { ParsedFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

interface Outside {
	session: Session;
	patterns: string[];
}

/** Opens the packages; null when there are errors, which are printed. */
export async function openVersioned(
	env: BuildEnv,
	flags: ParsedFlags,
	args: readonly string[],
	commandLine: readonly string[],
): Promise<Outside | null> {
	if (commandLine.some((a) => /^--?modfile(=|$)/.test(a)))
		throw new UserError("go: -modfile cannot be used with commands that ignore the current module");
	const tags = (flags.strings.get("tags") ?? "").split(/[\s,]+/).filter((t) => t !== "");
	const ctx = newBuildContext(env, tags);
	const state = await openState(env, {
		mod: flags.strings.get("mod") ?? "",
		defaultMod: "mod",
		modcacherw: flags.bools.get("modcacherw") ?? false,
		noModule: true,
	});
	try {
		if (flags.strings.get("mod") === "vendor") throw new UserError("go: build flag -mod=vendor only valid when using modules");
		const { root, patterns } = await requireVersioned(state, args, ctx.hasTag);
		const set = await prepareModules(state, { hasTag: ctx.hasTag, patterns, tests: false });
		const loader = new Loader(ctx, set, process.cwd());
		const { packages, matches } = matchPackages(loader, patterns);
		const session = await sessionOf(env, flags, loader, packages, matches);
		const errors: BuildError[] = loader.graph
			.errors(packages)
			.map(({ pkg, error }) => ({ pkg: "", importPath: pkg.importPath, lines: [loadErrorText(error)] }));
		for (const p of packages) {
			const m = p.module;
			const at = `${root.path}@${root.version}`;
			const fail = (line: string): void => void errors.push({ pkg: "", importPath: p.importPath, lines: line.split("\n") });
			if (p.errors.length > 0) continue;
			if (m === null) fail(`package ${p.importPath} not provided by module ${at}`);
			else if (m.path !== root.path || m.version !== root.version)
				fail(
					`package ${p.importPath} provided by module ${m.path}@${m.version}\n\tAll packages must be provided by the same module (${at}).`,
				);
		}
		session.reporter.errors(errors);
		return errors.length > 0 ? null : { session, patterns };
	} finally {
		state.store.close();
	}
}

/** What of the packages is installed: wildcards take main packages only. null after an error, which is printed. */
export function mainsOf({ session, patterns }: Outside): Package[] | null {
	const { packages, matches } = session;
	const wild = (p: string): boolean => p.includes("...");
	for (const pattern of patterns.filter(wild)) {
		const matched = packages.filter((p) => matches.get(p)?.includes(pattern));
		if (matched.length > 0 && matched.every((p) => p.name !== "main"))
			process.stderr.write(`go: warning: ${JSON.stringify(pattern)} matched only non-main packages\n`);
	}
	const mains = packages.filter((p) => p.name === "main");
	const other = packages.find((p) => p.name !== "main" && !matches.get(p)?.every(wild));
	if (other === undefined) return mains;
	process.stderr.write(`package ${other.importPath} is not a main package\n`);
	return null;
}
