// tsugo clean [-i] [-r] [-cache] [-testcache] [-modcache] [-fuzzcache] [-n] [-x] [build flags] [packages]

import { existsSync, lstatSync, readdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { BuildEnv, Package } from "#build";
import { executableName, matchArguments } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags } from "./buildflags.ts";
import type { FlagSpec, ParsedFlags } from "./flags.ts";
import { installTarget } from "./packageview.ts";
import { expireTests } from "./testcache.ts";
import { UserError } from "./user.ts";

const flags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	cache: { type: "bool", help: "remove tsugo's part of the build cache" },
	testcache: { type: "bool", help: "forget test results" },
	modcache: { type: "bool", help: "remove the module cache" },
	fuzzcache: { type: "bool", help: "remove generated fuzz inputs" },
	i: { type: "bool", help: "remove the installed program too" },
	r: { type: "bool", help: "clean dependencies too" },
};

class Cleaner {
	private readonly dry: boolean;
	private readonly show: boolean;
	/** -v: says how much was removed. */
	private readonly told: boolean;

	constructor(parsed: ParsedFlags) {
		this.told = parsed.bools.get("v") ?? false;
		this.dry = parsed.bools.get("n") ?? false;
		this.show = this.dry || (parsed.bools.get("x") ?? false);
	}

	line(text: string): void {
		if (this.show) process.stdout.write(`${text}\n`);
	}

	get real(): boolean {
		return !this.dry;
	}

	/** Removes files of dir. */
	files(dir: string, names: readonly string[]): void {
		const there = names.filter((n) => existsSync(join(dir, n)));
		if (there.length === 0) return;
		this.line(`cd ${dir}`);
		this.line(`rm -f ${there.join(" ")}`);
		if (this.real) for (const n of there) unlinkSync(join(dir, n));
	}

	/** Removes a tree, read-only folders (the module cache's) included. */
	async tree(dir: string): Promise<void> {
		this.line(`rm -rf ${dir}`);
		if (!this.real) return;
		const usage = this.told ? (await import("#build/explaincache")).usageOf(dir, dir) : null;
		try {
			(await import("#build/modules")).removeTree(dir);
			if (usage !== null) {
				const { formatBytes } = await import("#build/explaincache");
				process.stderr.write(`tsugo: removed ${dir}: ${usage.files} files, ${formatBytes(usage.bytes)}\n`);
			}
		} catch (err) {
			throw new UserError(`go: ${(err as Error).message}`);
		}
	}
}

/** What builds and tests leave beside a package's sources. */
function leftovers(p: Package): string[] {
	const names = new Set(["_testmain.go", "test.out", "build.out", "a.out"]);
	const program = (name: string): void => {
		for (const n of [name, `${name}.exe`, `${name}.test`, `${name}.test.exe`]) names.add(n);
	};
	if (p.name === "main") for (const n of [basename(p.importPath), executableName(p, [])]) program(n);
	program(basename(p.dir));
	for (const n of [basename(p.importPath), executableName(p, [])]) names.add(`${n}.test`);
	for (const f of [...p.goFiles, ...p.testGoFiles, ...p.xtestGoFiles, ...p.ignoredGoFiles]) {
		const base = f.replace(/\.go$/, "");
		if (p.name === "main") program(base);
		else names.add(`${base}.test`);
	}
	for (const e of readdirSync(p.dir)) if (/\.(a|o|so|[5689ao])$/.test(e) && /^(_go_|_cgo_)/.test(e)) names.add(e);
	return [...names].filter((n) => {
		const info = lstatSync(join(p.dir, n), { throwIfNoEntry: false });
		return info !== undefined && !info.isDirectory();
	});
}

async function cleanPackages(env: BuildEnv, parsed: ParsedFlags, c: Cleaner): Promise<void> {
	const loader = await openLoader(env, parsed, parsed.args);
	// Outside of a module there is nothing here that a build could have left.
	if (parsed.args.length === 0 && loader.mods.main === null && loader.mods.gopath === null) return;
	const named = matchArguments(loader, parsed.args);
	const all = parsed.bools.get("r") ? loader.closure(named) : named;
	for (const p of all) {
		if (p.dir === "" || p.standard) continue;
		c.files(p.dir, leftovers(p).sort());
		if (!parsed.bools.get("i")) continue;
		const target = installTarget(env, p);
		if (target !== "" && existsSync(target)) {
			c.line(`rm -f ${target}`);
			if (c.real) unlinkSync(target);
		}
	}
}

export async function cleanCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseWithGoflags(flags, env, args);
	const on = (name: string): boolean => parsed.bools.get(name) ?? false;
	const caches = ["cache", "testcache", "modcache", "fuzzcache"].filter(on);
	if (caches.length > 0 && parsed.args.length > 0) throw new UserError(`go: clean -${caches[0]} cannot be used with package arguments`);
	const c = new Cleaner(parsed);
	if (parsed.args.length > 0 || caches.length === 0 || on("i") || on("r")) await cleanPackages(env, parsed, c);
	if (on("cache")) {
		if (env.gocache === "off") throw new UserError("go: cannot clean cache: GOCACHE=off");
		await c.tree(env.cacheDir);
	} else if (on("testcache") && env.gocache !== "off") {
		c.line(`rm -rf ${join(env.cacheDir, "test")}`);
		if (c.real) expireTests(env.cacheDir);
	}
	if (on("modcache")) {
		if (env.gomodcache === "") throw new UserError("go: cannot clean -modcache without a module cache");
		await c.tree(env.gomodcache);
	}
	if (on("fuzzcache")) await c.tree(join(env.gocache, "fuzz"));
	return 0;
}
