// Runs one case of GOROOT/test through the TypeScript interface, in this process.

import { spawnSync } from "node:child_process";
import {
	closeSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
	type BuildEnv,
	findGoroot,
	Loader,
	loadEnv,
	noModules,
	type Module,
	newBuildContext,
	newPackage,
	noGcFlags,
	type Package,
} from "#build";
import { writeExecutable } from "#build/check";
import { buildExecutable, type ExecutableOptions } from "#build/executable";
import { Frontend } from "../../packages/build/frontend.ts";
import { scanFiles } from "../../packages/build/scan.ts";
import { matchErrors } from "./errors.ts";
import { type Recipe, readRecipe } from "./recipe.ts";

export interface Result {
	name: string;
	action: string;
	status: "pass" | "fail" | "crash" | "skip";
	/** Why, for all but "pass": first line for counting, details below. */
	detail: string;
}

/** A failure of the case, not of the runner. */
class Failed extends Error {}

const lang = "go1.26";
const runTimeout = 60_000;

export class Runner {
	private readonly env: BuildEnv;
	private readonly testDir: string;
	private readonly cacheDir: string | undefined;

	constructor(goroot: string, cacheDir: string | undefined) {
		this.env = loadEnv(process.env, goroot !== "" ? goroot : findGoroot(process.env, (p) => realpathSync(p)));
		this.testDir = join(this.env.goroot, "test");
		this.cacheDir = cacheDir;
	}

	/**
	 * Runs cases: those that are only compiled, and plain programs, in one build for all. A case is run once more, alone and as it
	 * is, where anything but success came out.
	 */
	runAll(names: readonly string[]): Result[] {
		const hasTag = newBuildContext(this.env, []).hasTag;
		const recipes = new Map(names.map((n) => [n, readRecipe(this.testDir, n, hasTag)]));
		const passed = new Set<string>();
		const compiled = names.filter((n) => onlyCompiled(recipes.get(n) as Recipe));
		if (compiled.length > 1 && this.compileTogether(compiled, recipes)) for (const n of compiled) passed.add(n);
		this.runTogether(
			names.filter((n) => isPlainProgram(recipes.get(n) as Recipe)),
			recipes,
			passed,
		);
		return names.map((name) =>
			passed.has(name) ? { name, action: recipes.get(name)?.action ?? "", status: "pass", detail: "" } : this.run(name),
		);
	}

	/** Makes one program of several: each is a package, whose main the real one calls. Adds those that do what they should to passed. */
	private runTogether(names: readonly string[], recipes: ReadonlyMap<string, Recipe>, passed: Set<string>): void {
		if (names.length < 2) return;
		const temp = mkdtempSync(join(tmpdir(), "tsugo-case-"));
		let some = false;
		try {
			const cases = names.map((n) => new Case(this.env, this.testDir, this.cacheDir, n, recipes.get(n) as Recipe, temp));
			const exe = cases[0].buildTogether(cases.map((c, i) => c.asPackage(`case${i}`)));
			cases.forEach((c, i) => {
				if (!c.runsAs(exe, i)) return;
				passed.add(names[i]);
				some = true;
			});
		} catch {
			// smaller groups
		} finally {
			rmSync(temp, { recursive: true, force: true });
		}
		if (some) return;
		const half = names.length >> 1;
		this.runTogether(names.slice(0, half), recipes, passed);
		this.runTogether(names.slice(half), recipes, passed);
	}

	private compileTogether(names: readonly string[], recipes: ReadonlyMap<string, Recipe>): boolean {
		const temp = mkdtempSync(join(tmpdir(), "tsugo-case-"));
		try {
			const cases = names.map((n) => new Case(this.env, this.testDir, this.cacheDir, n, recipes.get(n) as Recipe, temp));
			const packages = cases.flatMap((c, i) => c.wholePackages(`case${i}`));
			return packages.every((p) => p.name !== "main") && cases[0].compiles(packages);
		} catch {
			return false;
		} finally {
			rmSync(temp, { recursive: true, force: true });
		}
	}

	run(name: string): Result {
		const ctx = newBuildContext(this.env, []);
		const recipe = readRecipe(this.testDir, name, ctx.hasTag);
		const result: Result = { name, action: recipe.action, status: "pass", detail: "" };
		if (recipe.skip !== "") return { ...result, status: "skip", detail: recipe.skip };
		const temp = mkdtempSync(join(tmpdir(), "tsugo-case-"));
		try {
			new Case(this.env, this.testDir, this.cacheDir, name, recipe, temp).perform();
		} catch (err) {
			const known = err instanceof Failed || (err instanceof Error && "exit" in err);
			result.status = known ? "fail" : "crash";
			result.detail = known ? (err as Error).message : String((err as Error).stack ?? err);
		} finally {
			rmSync(temp, { recursive: true, force: true });
		}
		return result;
	}
}

function isPlainProgram(r: Recipe): boolean {
	return r.skip === "" && r.action === "run" && r.flags.length + r.args.length === 0 && r.goexperiment + r.godebug === "";
}

function onlyCompiled(r: Recipe): boolean {
	return (
		r.skip === "" &&
		(r.action === "compile" || r.action === "compiledir") &&
		r.goexperiment === "" &&
		r.flags.every((f) => !f.startsWith("-tags="))
	);
}

class Case {
	private readonly env: BuildEnv;
	private readonly testDir: string;
	private readonly cacheDir: string | undefined;
	private readonly name: string;
	private readonly r: Recipe;
	private readonly temp: string;
	private readonly file: string;

	constructor(env: BuildEnv, testDir: string, cacheDir: string | undefined, name: string, r: Recipe, temp: string) {
		this.env =
			r.goexperiment === "" ? env : { ...env, env: { ...env.env, get: (n) => (n === "GOEXPERIMENT" ? r.goexperiment : env.env.get(n)) } };
		this.testDir = testDir;
		this.cacheDir = cacheDir;
		this.name = name;
		this.r = r;
		this.temp = temp;
		this.file = join(testDir, name);
	}

	perform(): void {
		switch (this.r.action) {
			case "errorcheck":
				return this.errorCheck(this.file);
			case "errorcheckdir":
				return this.errorCheckDir();
			case "errorcheckandrundir":
				this.errorCheckDir();
				return this.compareOutput(this.runFile(this.buildDirectory(), []));
			case "errorcheckoutput":
				return this.errorCheck(this.generate());
			case "compile":
				return this.compileWhole([this.single(this.file, "p")]);
			case "compiledir":
				return this.compileWhole(this.directoryPackages());
			case "rundir":
				return this.compareOutput(this.runFile(this.buildDirectory(), []));
			case "runindir":
				return this.compareOutput(this.runFile(this.buildModule(), []));
			case "build": {
				const pkg = this.single(this.file, "p");
				if (pkg.name !== "main") return this.compileWhole([pkg]);
				this.buildFile(this.file);
				return;
			}
			case "builddir":
				this.buildMixed();
				return;
			case "buildrundir":
				return this.compareOutput(this.runFile(this.buildMixed(), []));
			case "run":
			case "buildrun":
				return this.compareOutput(this.runFile(this.buildFile(this.file), this.r.args));
			case "runoutput":
				return this.compareOutput(this.runFile(this.buildFile(this.generate()), []));
			default:
				throw new Error(`action ${this.r.action}`);
		}
	}

	// ---- packages ----

	private loader(overrides: ReadonlyMap<string, Package> = new Map(), dir: string = this.testDir): Loader {
		const tags = this.r.flags.filter((f) => f.startsWith("-tags=")).flatMap((f) => f.slice(6).split(","));
		const ctx = newBuildContext(this.env, ["test_run", ...tags]);
		const mods = noModules();
		return new Loader(ctx, mods, dir, new Map(), overrides);
	}

	/** A package of one file, whatever its package clause says. */
	private single(file: string, path: string): Package {
		return this.files(join(file, ".."), [basename(file)], path);
	}

	private files(dir: string, names: readonly string[], path: string): Package {
		const pkg = scanFiles(this.loader().ctx, dir, names);
		for (const n of names) if (n.endsWith(".go") && !pkg.goFiles.includes(n) && this.r.action.startsWith("errorcheck")) pkg.goFiles.push(n);
		// Here a name that ends in _test is like any other.
		pkg.goFiles.push(...pkg.testGoFiles, ...pkg.xtestGoFiles);
		pkg.imports.push(...pkg.testImports, ...pkg.xtestImports);
		pkg.testGoFiles = [];
		pkg.xtestGoFiles = [];
		pkg.errors = [];
		pkg.importPath = path;
		// The compiler alone, without -complete, takes functions without bodies for assembly's.
		if (/^(errorcheck|compile|rundir)/.test(this.r.action) && !this.r.flags.includes("-complete")) pkg.sysoFiles = ["elsewhere.syso"];
		const version = this.r.flags.find((f) => f.startsWith("-lang="))?.slice(8);
		if (version !== undefined) pkg.module = { path, version: "", dir, goVersion: version, main: true, replace: null } as unknown as Module;
		return pkg;
	}

	/** The packages of the case's directory in the order of their first files; "./a" in them is "test/a". */
	private directoryPackages(prefix = "test"): Package[] {
		const dir = this.file.replace(/\.go$/, ".dir");
		const groups = new Map<string, string[]>();
		for (const name of readdirSync(dir).sort()) {
			if (!name.endsWith(".go")) continue;
			const clause = /^package ([\p{L}\w]+)/mu.exec(readFileSync(join(dir, name), "utf8"))?.[1] ?? "";
			const key = this.r.singleFiles ? name : clause;
			const list = groups.get(key);
			if (list === undefined) groups.set(key, [name]);
			else list.push(name);
		}
		return [...groups.values()].map((names) => {
			const pkg = this.files(dir, names, `${prefix}/${names[0].replace(/\.go$/, "")}`);
			for (const ref of pkg.imports) {
				if (!ref.path.startsWith("./")) continue;
				pkg.importMap.set(ref.path, `${prefix}/${ref.path.slice(2)}`);
				ref.path = `${prefix}/${ref.path.slice(2)}`;
			}
			return pkg;
		});
	}

	// ---- errors ----

	/** Checks packages in order, each with what it imports; gives the errors of each. */
	private check(packages: readonly Package[], allErrors = true): string[][] {
		const overrides = new Map(packages.map((p) => [p.importPath, p]));
		const loader = this.loader(overrides);
		const front = new Frontend(loader);
		for (const p of loader.closure([...packages])) {
			if (p.importPath === "unsafe" || p.dir === "") continue;
			const unit = front.add(p, p.importPath, [], lang, { ...noGcFlags, allErrors });
			if (packages.includes(p)) unit.source = p;
		}
		return packages.map((p) => {
			const unit = front.units.find((u) => u.source === p);
			return unit === undefined ? [] : front.check(unit);
		});
	}

	private errorCheck(file: string): void {
		const pkg = this.single(file, "p");
		let [lines] = this.check([pkg], !this.r.flags.includes("-e=0"));
		const files = new Map([[file, basename(file)]]);
		let problems = matchErrors(lines, files);
		if (problems.length > 0 && lines.length === 0) {
			// Some errors come from the compiler proper.
			lines = this.buildWhole([this.single(file, "p")]);
			problems = matchErrors(lines, files);
		}
		if (problems.length > 0) throw new Failed(problems.join("\n"));
		if (this.r.wantError !== lines.length > 0)
			throw new Failed(lines.length > 0 ? `unexpected: ${lines[0]}` : "compilation succeeded unexpectedly");
	}

	private errorCheckDir(): void {
		const packages = this.directoryPackages();
		const last = packages.length - (this.r.action === "errorcheckandrundir" && this.r.wantError ? 2 : 1);
		const found = this.check(packages);
		const problems: string[] = [];
		packages.forEach((p, i) => {
			problems.push(...matchErrors(found[i], new Map(p.goFiles.map((f) => [join(p.dir, f), f]))));
			if (i !== last && found[i].length > 0) problems.push(`unexpected: ${found[i][0]}`);
			if (i === last && this.r.wantError && found[i].length === 0) problems.push("compilation succeeded unexpectedly");
		});
		if (problems.length > 0) throw new Failed(problems.join("\n"));
	}

	// ---- building ----

	private build(loader: Loader, main: Package, more: Partial<ExecutableOptions> = {}): { image: Uint8Array | null; lines: string[] } {
		const built = buildExecutable(loader, {
			main,
			trimpath: false,
			link: { stripDwarf: true },
			modInfo: "",
			cacheDir: this.cacheDir,
			...more,
		});
		return { image: built.image, lines: built.errors.flatMap((e) => e.lines) };
	}

	private write(built: { image: Uint8Array | null; lines: string[] }): string {
		if (built.image === null || built.lines.length > 0) throw new Failed(`build: ${built.lines.slice(0, 10).join("\n")}`);
		const exe = join(this.temp, "a.exe");
		rmSync(exe, { force: true });
		writeExecutable(exe, built.image);
		return exe;
	}

	private buildFile(file: string): string {
		// Further files belong to the case's own program, not to one that it generated.
		const more = file === this.file ? this.r.args.filter((a) => a.endsWith(".go")).map((a) => basename(a)) : [];
		const main = this.files(join(file, ".."), [basename(file), ...more], "command-line-arguments");
		main.commandLine = true;
		return this.write(this.build(this.loader(), main));
	}

	/** The last package of the directory is the program. */
	private buildDirectory(): string {
		const packages = this.directoryPackages();
		const main = packages[packages.length - 1];
		return this.write(this.build(this.loader(new Map(packages.map((p) => [p.importPath, p]))), main));
	}

	/** All Go and assembly files of the directory. */
	private buildMixed(): string {
		const dir = this.file.replace(/\.go$/, ".dir");
		const main = this.files(
			dir,
			readdirSync(dir).filter((n) => /\.(go|s)$/.test(n)),
			"command-line-arguments",
		);
		return this.write(this.build(this.loader(), main));
	}

	/** A module of its own, as `go run .` in it. */
	private buildModule(): string {
		const from = this.file.replace(/\.go$/, ".dir");
		const dir = join(this.temp, "src", basename(from));
		mkdirSync(dir, { recursive: true });
		cpSync(from, dir, { recursive: true });
		writeFileSync(join(dir, "go.mod"), `module ${basename(from)}\ngo ${this.r.gomodversion || "1.14"}\n`);
		const exe = join(this.temp, "a.exe");
		const cli = join(import.meta.dirname, "../../packages/cmd/main.ts");
		const built = spawnSync(process.execPath, ["--stack-size=3900", cli, "build", "-o", exe, "."], {
			cwd: dir,
			encoding: "utf8",
			env: {
				...process.env,
				GOROOT: this.env.goroot,
				GO111MODULE: "on",
				GOFLAGS: "",
				...(this.cacheDir === undefined ? {} : { GOCACHE: this.cacheDir }),
			},
		});
		if (built.status !== 0) throw new Failed(`build: ${built.stdout}${built.stderr}`);
		return exe;
	}

	/** Compiles every function of packages, with a program around them; gives the errors. */
	private buildWhole(packages: readonly Package[]): string[] {
		const own = packages.find((p) => p.name === "main") ?? null;
		const main = own ?? newPackage(this.temp, "command-line-arguments");
		main.name = "main";
		const rest = packages.filter((p) => p !== own);
		for (const p of rest) main.imports.push({ path: p.importPath, pos: { file: "_testmain.go", line: 1, col: 1 } });
		const imports = rest.map((p) => `import _ ${JSON.stringify(p.importPath)}\n`).join("");
		const text = `package main\n${imports}${own === null ? "func main() {}\n" : ""}`;
		const loader = this.loader(new Map(packages.map((p) => [p.importPath, p])));
		const whole = new Set([...rest.map((p) => p.importPath), "main"]);
		return this.build(loader, main, { memory: [{ name: "_main.go", text }], whole }).lines;
	}

	/** The program as a package that is no program. */
	asPackage(path: string): Package {
		const dir = join(this.temp, path);
		mkdirSync(dir);
		const text = readFileSync(this.file, "latin1");
		writeFileSync(join(dir, basename(this.file)), text.replace(/^package main\b/m, `package ${path}`), "latin1");
		return this.files(dir, [basename(this.file)], path);
	}

	buildTogether(packages: readonly Package[]): string {
		const main = newPackage(this.temp, "command-line-arguments");
		main.name = "main";
		main.imports = ["os", "unsafe", ...packages.map((p) => p.importPath)].map((path) => ({
			path,
			pos: { file: "_main.go", line: 1, col: 1 },
		}));
		main.sysoFiles = ["elsewhere.syso"];
		const text = `package main
import "os"
import _ "unsafe"
${packages.map((p) => `import _ "${p.importPath}"\n`).join("")}
${packages.map((p, i) => `//go:linkname main${i} ${p.importPath}.main\nfunc main${i}()\n`).join("")}
func main() {
	n := os.Args[1]
	os.Args = os.Args[:1]
	switch n {
${packages.map((_, i) => `	case "${i}": main${i}()\n`).join("")}	}
}
`;
		return this.write(
			this.build(this.loader(new Map(packages.map((p) => [p.importPath, p]))), main, { memory: [{ name: "_main.go", text }] }),
		);
	}

	/** Whether program number i of an executable made by buildTogether does what is expected of it. */
	runsAs(exe: string, i: number): boolean {
		try {
			this.compareOutput(this.runFile(exe, [String(i)]));
			return true;
		} catch (err) {
			if (err instanceof Failed) return false;
			throw err;
		}
	}

	/** What a compile-like case compiles, with import paths that start with prefix. */
	wholePackages(prefix: string): Package[] {
		return this.r.action === "compile" ? [this.single(this.file, prefix)] : this.directoryPackages(prefix);
	}

	compiles(packages: readonly Package[]): boolean {
		return this.compileErrors(packages).length === 0;
	}

	private compileErrors(packages: readonly Package[]): string[] {
		// Functions without body and without assembly, and a program without main, are errors of the linker only.
		return this.buildWhole(packages).filter((l) => !/undefined: "|not defined|function main is undeclared/.test(l));
	}

	private compileWhole(packages: readonly Package[]): void {
		const lines = this.compileErrors(packages);
		if (lines.length > 0) throw new Failed(`build: ${lines.slice(0, 10).join("\n")}`);
	}

	// ---- running ----

	/** Runs a program as a test would; gives what it printed. */
	private runFile(exe: string, args: readonly string[]): string {
		return this.outputOf(exe, args).toString();
	}

	private outputOf(exe: string, args: readonly string[]): Buffer {
		const log = join(this.temp, "output");
		const fd = openSync(log, "w");
		const inTest = this.r.action === "run" || this.r.action === "runoutput";
		const env: Record<string, string | undefined> = { ...process.env, GOENV: "off", GOFLAGS: "" };
		if (this.r.godebug !== "") env.GODEBUG = this.r.godebug;
		try {
			const got = spawnSync(exe, args, {
				cwd: inTest ? this.testDir : this.temp,
				env,
				stdio: ["ignore", fd, fd],
				timeout: runTimeout,
				killSignal: "SIGKILL",
			});
			const bytes = readFileSync(log);
			const out = bytes.toString();
			if (got.error !== undefined && (got.error as NodeJS.ErrnoException).code === "ETIMEDOUT")
				throw new Failed(`run: no end after ${runTimeout / 1000} s\n${out.slice(0, 2000)}`);
			if (got.status !== 0)
				throw new Failed(`run: ${got.signal !== null ? `signal ${got.signal}` : `exit status ${got.status}`}\n${out.slice(0, 4000)}`);
			return bytes;
		} finally {
			closeSync(fd);
		}
	}

	/** The program's output as a source file. */
	private generate(): string {
		const out = this.outputOf(this.buildFile(this.file), this.r.args);
		const file = join(this.temp, "tmp__.go");
		writeFileSync(file, out);
		return file;
	}

	private compareOutput(got: string): void {
		const file = this.file.replace(/\.go$/, ".out");
		const want = existsSync(file) ? readFileSync(file, "utf8") : "";
		if (got.replaceAll("\r\n", "\n") !== want)
			throw new Failed(`output differs${want === "" ? " (none is expected)" : ""}:\n${firstDifference(got, want)}`);
	}
}

function firstDifference(got: string, want: string): string {
	const g = got.split("\n");
	const w = want.split("\n");
	const i = g.findIndex((l, n) => l !== w[n]);
	return i < 0
		? `ends after line ${g.length}`
		: `line ${i + 1}: got ${JSON.stringify(g[i])}, want ${JSON.stringify(w[i] ?? null)}\n${got.slice(0, 1000)}`;
}
