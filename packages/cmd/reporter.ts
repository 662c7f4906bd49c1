// What a build says: errors as text or as JSON lines (-json), the steps (-x, -n), package names (-v).

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BuildEnv, type Loader, type Package, pathError, resolveEmbeds, UserError } from "#build";
import type { BuildError } from "#build/check";
import type { ParsedFlags } from "./flags.ts";
import { jsonString } from "./gojson.ts";
import { Made } from "./made.ts";

/** Packages to be compiled, and with which flags. */
export interface CompilePlan {
	loader: Loader;
	roots: readonly Package[];
	/** The words of -gcflags for a package. */
	flagsOf: (p: Package) => readonly string[];
	/** All that decides on its code besides its files. */
	flagText: (p: Package) => string;
}

/** -c of the compiler, as the go command gives it: at most four. */
function backendThreads(): number {
	const set = Number(process.env.GOMAXPROCS);
	return Math.min(4, Number.isInteger(set) && set > 0 ? set : availableParallelism());
}

/** The record of what was compiled with these flags. */
export function madeBy(env: BuildEnv, flags: ParsedFlags): Made {
	return new Made(env, `${flags.bools.get("trimpath") ?? false} ${flags.strings.get("tags") ?? ""}`);
}

export class Reporter {
	readonly json: boolean;
	readonly dry: boolean;
	readonly steps: boolean;
	readonly verbose: boolean;
	/** -a. */
	private readonly all: boolean;
	private readonly made: Made;
	private readonly planned: { plan: CompilePlan; pkg: Package }[] = [];
	private readonly keepWork: boolean;
	private readonly env: BuildEnv;
	private workDir = "";
	private readonly named: Set<string> = new Set();
	private readonly numbers: Map<string, string> = new Map();

	constructor(env: BuildEnv, flags: ParsedFlags) {
		const on = (name: string): boolean => flags.bools.get(name) ?? false;
		this.env = env;
		this.all = on("a");
		this.made = madeBy(env, flags);
		this.json = on("json");
		this.dry = on("n");
		this.steps = on("n") || on("x");
		this.verbose = on("v");
		this.keepWork = on("work");
		if (this.keepWork || this.steps) {
			this.workDir = this.dry ? "/tmp/go-build" : this.temporary();
			process.stderr.write(`WORK=${this.workDir}\n`);
		}
	}

	/** A folder of this build, made when it is first asked for. */
	work(): string {
		if (this.workDir === "") this.workDir = this.temporary();
		return this.workDir;
	}

	private temporary(): string {
		const base = resolve(this.env.env.get("GOTMPDIR") || tmpdir());
		let dir = "";
		try {
			dir = mkdtempSync(join(base, "go-build"));
		} catch (err) {
			const missing = (err as NodeJS.ErrnoException).code === "ENOENT";
			throw new UserError(`go: creating work dir: ${pathError(missing ? "stat" : "mkdir", missing ? base : join(base, "go-build"), err)}`);
		}
		const clean = (): void => {
			if (!this.keepWork) rmSync(dir, { recursive: true, force: true });
		};
		process.on("exit", clean);
		for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
			process.on(s, () => {
				clean();
				process.exit(1);
			});
		return dir;
	}

	/** Prints a step of -x and -n. */
	step(line: string): void {
		if (this.steps) process.stderr.write(`${line}\n`);
	}

	/** Prints errors: on stderr, or as events on stdout with -json. */
	errors(list: readonly BuildError[], name: (pkg: string) => string = (pkg) => pkg): void {
		for (const e of list) {
			const path = e.pkg === "" ? (e.importPath ?? "") : name(e.pkg);
			const text = [...(e.pkg === "" ? [] : [`# ${path}`]), ...e.lines];
			if (!this.json) {
				process.stderr.write(text.map((l) => `${l}\n`).join(""));
				continue;
			}
			for (const l of text) this.event(path, "build-output", `${l}\n`);
			this.event(path, "build-fail");
		}
	}

	private event(path: string, action: string, output?: string): void {
		const rest = output === undefined ? "" : `,"Output":${jsonString(output)}`;
		process.stdout.write(`{"ImportPath":${jsonString(path)},"Action":"${action}"${rest}}\n`);
	}

	private objectDir(path: string): string {
		let n = this.numbers.get(path);
		if (n === undefined) {
			n = `b${String(this.numbers.size + 1).padStart(3, "0")}`;
			this.numbers.set(path, n);
		}
		return `$WORK/${n}`;
	}

	/** The path of a tool, as the go command's own would be called. */
	private tool(name: string): string {
		return join(this.env.goroot, "pkg", "tool", `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`, name);
	}

	/**
	 * The steps that make packages, in the words of the go command's tools: -v names them, -x shows them. What was made before is left out.
	 * remember: `compiled` is to note them even when nothing is shown.
	 */
	compiling(plan: CompilePlan, remember = false): void {
		if (!this.verbose && !this.steps && !remember) return;
		const { loader, roots } = plan;
		for (const p of loader.closure(roots)) {
			if (p.importPath === "unsafe" || this.named.has(p.importPath)) continue;
			if (p.standard && !this.all && !roots.includes(p)) continue;
			if (!this.all && !p.testMain && this.made.has(loader, p, plan.flagText)) continue;
			this.named.add(p.importPath);
			if (!this.dry) this.planned.push({ plan, pkg: p });
			if (this.verbose && !p.testMain) process.stderr.write(`${p.importPath}\n`);
			if (this.steps) this.compileSteps(plan, p);
		}
	}

	private compileSteps(plan: CompilePlan, p: Package): void {
		const dir = this.objectDir(p.importPath);
		this.step(`mkdir -p ${dir}/`);
		if (this.dry) this.step(`\n#\n# ${p.importPath}\n#\n`);
		const imports = plan.loader.importsOf(p).map((q) => `packagefile ${q.importPath}=${this.objectDir(q.importPath)}/_pkg_.a\n`);
		this.step(`cat >${dir}/importcfg << 'EOF' # internal\n# import config\n${imports.join("")}EOF`);
		if (p.embedPatterns.length > 0) {
			const files = Object.fromEntries(resolveEmbeds(p.dir, p.embedPatterns).byPattern);
			this.step(`cat >${dir}/embedcfg << 'EOF' # internal\n${JSON.stringify({ Patterns: files }, null, "\t")}\nEOF`);
		}
		this.step(`cd ${p.dir}`);
		const path = p.name === "main" && !p.library ? "main" : p.importPath;
		const words = ["-o", `${dir}/_pkg_.a`, "-trimpath", `"${dir}=>"`, "-p", path];
		if (p.standard) words.push("-std");
		else if (p.module !== null && p.module.goVersion !== "") words.push(`-lang=go${p.module.goVersion}`);
		if (p.sFiles.length === 0) words.push("-complete");
		words.push("-goversion", this.env.goVersion, `-c=${backendThreads()}`, "-nolocalimports", ...plan.flagsOf(p));
		words.push("-importcfg", `${dir}/importcfg`);
		if (p.embedPatterns.length > 0) words.push("-embedcfg", `${dir}/embedcfg`);
		if (p.sFiles.length > 0) words.push("-symabis", `${dir}/symabis`, "-asmhdr", `${dir}/go_asm.h`);
		this.step(`${this.tool("compile")} ${[...words, "-pack", ...p.goFiles.map((f) => (p.testMain ? `${dir}/${f}` : `./${f}`))].join(" ")}`);
		for (const f of p.sFiles)
			this.step(`${this.tool("asm")} -p ${path} -trimpath "${dir}=>" -I ${dir}/ -o ${dir}/${f.replace(/\.s$/, ".o")} ./${f}`);
	}

	/** The steps that link a program and put it into its place. */
	linking(loader: Loader, p: Package, ldflags: readonly string[], target: string): void {
		if (!this.steps) return;
		const dir = this.objectDir(p.importPath);
		const files = loader.closure([p]).filter((q) => q.importPath !== "unsafe");
		const lines = files.map((q) => `packagefile ${q.importPath}=${this.objectDir(q.importPath)}/_pkg_.a\n`);
		this.step(`cat >${dir}/importcfg.link << 'EOF' # internal\n${lines.join("")}EOF`);
		this.step(`mkdir -p ${dir}/exe/\ncd .`);
		const flags = ldflags.map((f) => `${f} `).join("");
		this.step(`${this.tool("link")} -o ${dir}/exe/a.out -importcfg ${dir}/importcfg.link -buildmode=exe ${flags}${dir}/_pkg_.a`);
		if (target !== "") this.step(`mv ${dir}/exe/a.out ${target}`);
	}

	/** What was to be compiled is compiled: remembered for -x and -v of later builds. */
	compiled(): void {
		for (const { plan, pkg } of this.planned) if (!pkg.testMain) this.made.add(plan.loader, pkg, plan.flagText);
		this.planned.length = 0;
	}
}
