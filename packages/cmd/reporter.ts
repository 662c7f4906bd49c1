// What a build says: errors as text or as JSON lines (-json), the steps (-x, -n), package names (-v).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildEnv, type Loader, type Package, resolveEmbeds } from "#build";
import type { BuildError } from "#build/check";
import type { ParsedFlags } from "./flags.ts";
import { jsonString } from "./gojson.ts";

export class Reporter {
	readonly json: boolean;
	readonly dry: boolean;
	readonly steps: boolean;
	readonly verbose: boolean;
	private readonly keepWork: boolean;
	private readonly env: BuildEnv;
	private workDir = "";
	private readonly named: Set<string> = new Set();
	private readonly numbers: Map<string, string> = new Map();

	constructor(env: BuildEnv, flags: ParsedFlags) {
		const on = (name: string): boolean => flags.bools.get(name) ?? false;
		this.env = env;
		this.json = on("json");
		this.dry = on("n");
		this.steps = on("n") || on("x");
		this.verbose = on("v");
		this.keepWork = on("work");
		if (this.keepWork || this.steps) {
			const base = env.env.get("GOTMPDIR") || tmpdir();
			this.workDir = this.dry ? "/tmp/go-build" : this.temporary(base);
			process.stderr.write(`WORK=${this.workDir}\n`);
		}
	}

	/** A folder of this build, made when it is first asked for. */
	work(): string {
		if (this.workDir === "") this.workDir = this.temporary(this.env.env.get("GOTMPDIR") || tmpdir());
		return this.workDir;
	}

	private temporary(base: string): string {
		const dir = mkdtempSync(join(base, "go-build"));
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

	/** The steps that make packages, in the words of the go command's tools: -v names them, -x shows them. */
	compiling(loader: Loader, roots: readonly Package[], gcflags: readonly string[], trimpath: boolean): void {
		if (!this.verbose && !this.steps) return;
		for (const p of loader.closure(roots)) {
			if (p.importPath === "unsafe" || (p.standard && !roots.includes(p)) || this.named.has(p.importPath)) continue;
			this.named.add(p.importPath);
			if (this.verbose) process.stderr.write(`${p.importPath}\n`);
			const dir = this.objectDir(p.importPath);
			const flags = [...(trimpath ? ['-trimpath "$WORK=>"'] : []), ...gcflags].map((f) => `${f} `).join("");
			const path = p.name === "main" && !p.library ? "main" : p.importPath;
			const lang = p.module === null ? "" : `-lang=go${p.module.goVersion} `;
			this.step(`mkdir -p ${dir}/`);
			if (p.embedPatterns.length > 0) {
				const files = Object.fromEntries(resolveEmbeds(p.dir, p.embedPatterns).byPattern);
				this.step(`cat >${dir}/embedcfg << 'EOF' # internal\n${JSON.stringify({ Patterns: files }, null, "\t")}\nEOF`);
			}
			this.step(`cd ${p.dir}`);
			this.step(`compile -o ${dir}/_pkg_.a ${flags}-p ${path} ${lang}-complete -pack ${p.goFiles.map((f) => `./${f}`).join(" ")}`);
			for (const f of p.sFiles) this.step(`asm -p ${path} ${flags}-o ${dir}/${f.replace(/\.s$/, ".o")} ./${f}`);
		}
	}

	/** The steps that link a program and put it into its place. */
	linking(p: Package, ldflags: readonly string[], target: string): void {
		const dir = this.objectDir(p.importPath);
		const flags = ldflags.map((f) => `${f} `).join("");
		this.step(`link -o ${dir}/exe/a.out -buildmode=exe ${flags}${dir}/_pkg_.a`);
		if (target !== "") this.step(`mv ${dir}/exe/a.out ${target}`);
	}
}
