// tsugo vet, and the checks that `test` runs first.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type BuildEnv, loadErrorText, type Loader, type Package, UserError } from "#build";
import { Frontend, type Unit } from "#build/frontend";
import { testProgram, type TestProgram } from "#build/test";
import { formatPosition } from "#base";
import { checkBody, type Func } from "#types";
import { checkNames, testChecks, vet } from "#vet";
import { matchArguments } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags } from "./buildflags.ts";
import { FlagError, type FlagSpec } from "./flags.ts";
import { Reporter } from "./reporter.ts";

/** Checks of go vet that tsugo does not have. */
const missingChecks = "asmdecl cgocall framepointer hostport loopclosure lostcancel slog stdversion testinggoroutine unsafeptr".split(" ");

interface Result {
	/** Type errors, as lines. */
	errors: string[];
	/** "file:line:col: text". */
	lines: string[];
}

/** Type-checks packages of a loader and runs checks on one of them. */
function check(loader: Loader, p: Package, names: readonly string[]): Result {
	const front = new Frontend(loader);
	const lang = `go${/^go(\d+\.\d+)/.exec(loader.ctx.goVersion)?.[1] ?? ""}`;
	for (const q of loader.closure([p])) if (q.importPath !== "unsafe") front.add(q, q.importPath, [], lang);
	const unit = front.unit(p.importPath);
	if (unit === undefined) return { errors: [], lines: [] };
	// What only the compiler says about directives is none of vet's.
	const errors = front.check(unit).filter((l) => !l.endsWith("misplaced compiler directive"));
	if (errors.length > 0) return { errors, lines: [] };
	return vetUnit(front, unit, names);
}

function vetUnit(front: Frontend, unit: Unit, names: readonly string[]): Result {
	const { loader } = front;
	const found = vet(
		{
			pkg: unit.pkg,
			info: front.build.info,
			files: unit.files,
			sourceOf: (file) => {
				const source = unit.fileOf.get(file);
				if (source === undefined) throw new Error("a file of another package");
				return source;
			},
			bodyOf: (f) => functionBody(front, f),
			place: (pos, from) => {
				const at = front.sources.position(pos);
				return `${relative(dirname(front.sources.position(from).file), at.file)}:${at.line}`;
			},
		},
		names,
	);
	const lines = found.map((f) => {
		const at = front.sources.position(f.pos);
		return `${formatPosition({ ...at, file: loader.shorten(at.file) })}: ${f.msg}`;
	});
	return { errors: [], lines };
}

function functionBody(front: Frontend, f: Func): Unit["files"][number]["decls"][number] | null {
	const decl = f.origin.decl?.fdecl ?? null;
	if (decl === null || !decl.hasBody) return null;
	checkBody(f);
	return front.bodyOf(f.origin) === null ? null : decl;
}

/** The checks that -vet=… or vet's flags choose. */
function chosen(mode: string | undefined): readonly string[] {
	if (mode === undefined || mode === "") return testChecks;
	if (mode === "off") return [];
	if (mode === "all") return checkNames;
	const alias: Readonly<Record<string, string>> = { bool: "bools", buildtags: "buildtag" };
	return mode.split(",").map((word) => {
		const name = alias[word] ?? word;
		if (missingChecks.includes(name)) throw new FlagError(`-vet=${word}: tsugo does not have this check`);
		if (!checkNames.includes(name))
			throw new FlagError(`-vet argument must be a supported analyzer or a distinguished value; found ${word}`);
		return name;
	});
}

/** Whether these files passed these checks before. */
class VetCache {
	private readonly file: string;

	constructor(env: BuildEnv, p: Package, key: string, names: readonly string[]) {
		const h = createHash("sha256").update(`${key} ${names.join(",")}`);
		for (const f of [...p.goFiles, ...p.testGoFiles, ...p.xtestGoFiles]) h.update(f).update(readFileSync(join(p.dir, f)));
		const hash = h.digest("hex");
		this.file = env.gocache === "off" ? "" : join(env.cacheDir, "vet", hash.slice(0, 2), hash);
	}

	get passed(): boolean {
		return this.file !== "" && existsSync(this.file);
	}

	pass(): void {
		if (this.file === "") return;
		try {
			mkdirSync(join(this.file, ".."), { recursive: true });
			writeFileSync(this.file, "");
		} catch {
			// A cache that cannot be written is no error.
		}
	}
}

/** Runs the checks on a package and its tests; false when something was found, which is printed. key: hash of the test's program. */
export function vetForTest(
	env: BuildEnv,
	reporter: Reporter,
	program: TestProgram,
	p: Package,
	mode: string | undefined,
	key: string,
): boolean {
	const names = chosen(mode);
	if (names.length === 0 || p.standard) return true;
	const cache = new VetCache(env, p, key, names);
	if (cache.passed) return true;
	let good = true;
	for (const q of [program.variant ?? p, program.external]) {
		if (q === null) continue;
		const { lines } = check(program.loader, q, names);
		if (lines.length === 0) continue;
		good = false;
		reporter.errors([{ pkg: q.importPath, lines: [`# [${q.importPath}]`, ...lines] }]);
	}
	if (good) cache.pass();
	return good;
}

export const vetFlags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	json: { type: "bool", help: "", missing: true },
	c: { type: "int", help: "" },
	...Object.fromEntries(checkNames.map((n) => [n, { type: "bool", help: `run the ${n} check` } satisfies FlagSpec])),
	...Object.fromEntries(missingChecks.map((n) => [n, { type: "bool", help: "", missing: true } satisfies FlagSpec])),
	vettool: { type: "string", help: "", refused: "the checks are part of tsugo" },
	fix: { type: "bool", help: "", missing: true },
	diff: { type: "bool", help: "", missing: true },
};

/** As go vet: named checks alone, or all without those switched off. */
function namedChecks(bools: ReadonlyMap<string, boolean>): string[] {
	const on = checkNames.filter((n) => bools.get(n) === true);
	return on.length > 0 ? on : checkNames.filter((n) => bools.get(n) !== false);
}

export async function vetCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(vetFlags, env, args);
	const names = namedChecks(flags.bools);
	const loader = await openLoader(env, flags, flags.args, true);
	const packages = matchArguments(loader, flags.args);
	const reporter = new Reporter(env, flags);
	const errors = loader.graph.errors(packages);
	if (errors.length > 0) {
		reporter.errors(errors.map(({ pkg, error }) => ({ pkg: "", importPath: pkg.importPath, lines: [loadErrorText(error)] })));
		return 1;
	}
	if (packages.length === 0) throw new UserError("no packages to vet");
	let failed = false;
	for (const p of packages) failed = !vetPackage(loader, p, names, reporter) || failed;
	return failed ? 1 : 0;
}

/** The package with its test files, and its external tests. */
function vetPackage(loader: Loader, p: Package, names: readonly string[], reporter: Reporter): boolean {
	let program: TestProgram | null = null;
	try {
		program = testProgram(loader, p);
	} catch (err) {
		if (!(err instanceof UserError)) throw err;
		reporter.errors([{ pkg: "", importPath: p.importPath, lines: [err.message] }]);
		return false;
	}
	const owner = program?.loader ?? loader;
	let good = true;
	for (const q of [program?.variant ?? p, program?.external ?? null]) {
		if (q === null || q.goFiles.length === 0) continue;
		const problems = owner.graph.errors([q]);
		const shown = q.forTest === "" ? q.importPath : `${q.importPath} [${p.importPath}.test]`;
		if (problems.length > 0) {
			reporter.errors(problems.map(({ error }) => ({ pkg: shown, lines: [loadErrorText(error)] })));
			good = false;
			continue;
		}
		const { errors, lines } = check(owner, q, names);
		if (errors.length > 0) reporter.errors([{ pkg: shown, lines: [`# [${q.importPath}]`, ...errors.slice(0, 1).map((l) => `vet: ${l}`)] }]);
		else reporter.errors([{ pkg: "", importPath: q.importPath, lines }]);
		good &&= errors.length === 0 && lines.length === 0;
	}
	return good;
}
