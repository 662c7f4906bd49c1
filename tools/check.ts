// Type-checks a package of a GOROOT with everything it imports:
//   node tools/check.ts [--bodies] [--init] [--time] [--goroot DIR] PACKAGE...   (std: all packages)
// Without flags declarations only; --bodies checks all function bodies of all packages loaded.

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, formatDiagnostics, Interner, type SourceFile, SourceSet } from "#base";
import { bodyOf, evalConstraint, type File, isConstraintLine, Kind, NodeIds, parseConstraintLine, parseFile } from "#syntax";
import { Build, checkDeclarations, checkInit, checkPackage, newPackage, type Package, type Scope, unsafePackage } from "#types";

const oses = new Set(
	"aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(" "),
);
const arches = new Set(
	"386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split(
		" ",
	),
);
const experiments = new Set(["regabiwrappers", "regabiargs", "dwarf5", "greenteagc", "randomizedheapbase64"]);

function tag(name: string): boolean {
	if (name === "linux" || name === "amd64" || name === "unix" || name === "gc" || name === "amd64.v1") return true;
	if (name.startsWith("goexperiment.")) return experiments.has(name.slice("goexperiment.".length));
	const m = /^go1\.(\d+)$/.exec(name);
	return m !== null && Number(m[1]) <= 26;
}

function goodName(name: string): boolean {
	if (!name.endsWith(".go") || name.endsWith("_test.go") || name.startsWith("_") || name.startsWith(".")) return false;
	const parts = name.slice(0, -3).split("_").slice(1);
	const last = parts[parts.length - 1] ?? "";
	const second = parts[parts.length - 2] ?? "";
	if (arches.has(last)) return last === "amd64" && (!oses.has(second) || second === "linux");
	return !oses.has(last) || last === "linux";
}

function goodConstraint(text: string): boolean {
	for (const line of text.split("\n")) {
		const l = line.trim();
		if (l.startsWith("package ")) return true;
		if (isConstraintLine(l)) return evalConstraint(parseConstraintLine(l), tag);
	}
	return true;
}

/** Loads packages of a GOROOT's src on demand. */
export class GorootLoader {
	readonly sources: SourceSet = new SourceSet();
	readonly ids: NodeIds = new NodeIds();
	readonly interner: Interner = new Interner();
	readonly diagnostics: Diagnostic[] = [];
	readonly packages: Map<string, Package> = new Map();
	readonly build: Build;
	readonly src: string;
	private readonly fileOf: Map<File, SourceFile> = new Map();
	readonly report = (d: Diagnostic): void => {
		this.diagnostics.push(d);
	};

	constructor(goroot: string, universe?: Scope) {
		this.src = join(goroot, "src");
		this.build = new Build({
			universe,
			sources: this.sources,
			importPackage: (path, from) => this.load(path, from.path),
			bodyOf: (file, decl) => {
				const f = this.fileOf.get(file);
				if (f === undefined) return decl.body;
				return bodyOf({ ids: this.ids, file: f, interner: this.interner, report: this.report }, decl);
			},
		});
	}

	load(path: string, from: string = ""): Package | string {
		if (path === "unsafe") return unsafePackage;
		if (path === "C") return "cgo is not supported";
		let full = path;
		const dotted = (path.split("/")[0] as string).includes(".");
		if (dotted && !from.startsWith("cmd/")) full = `vendor/${path}`;
		else if (dotted && existsSync(join(this.src, "cmd/vendor", path))) full = `cmd/vendor/${path}`;
		const known = this.packages.get(full);
		if (known !== undefined) return known;
		const dir = join(this.src, full);
		if (!existsSync(dir)) return `package ${path} is not in std`;
		const files: File[] = [];
		for (const name of readdirSync(dir).sort()) {
			if (!goodName(name)) continue;
			const bytes = readFileSync(join(dir, name));
			if (!goodConstraint(bytes.toString("latin1"))) continue;
			files.push(this.parse(`${full}/${name}`, bytes));
		}
		const kept = files.filter((f) => !f.decls.some((d) => d.kind === Kind.ImportDecl && d.path.text === '"C"'));
		const pkg = newPackage(this.build, { path: full, files: kept, goVersion: "go1.26", report: this.report });
		this.packages.set(full, pkg);
		return pkg;
	}

	parse(name: string, bytes: Uint8Array): File {
		const f = this.sources.add(name, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
		const file = parseFile(this.ids, f, this.interner, this.report, { lazyBodies: true });
		this.fileOf.set(file, f);
		return file;
	}
}

/** Import paths of all packages of the standard library. */
export function stdPackages(goroot: string): string[] {
	const out: string[] = [];
	const walk = (rel: string): void => {
		const entries = readdirSync(join(goroot, "src", rel), { withFileTypes: true });
		if (rel !== "" && entries.some((e) => e.isFile() && goodName(e.name))) out.push(rel);
		for (const e of entries) {
			if (!e.isDirectory() || e.name === "testdata" || e.name.startsWith("_") || e.name.startsWith(".")) continue;
			if (rel === "" && (e.name === "cmd" || e.name === "vendor" || e.name === "builtin")) continue;
			walk(rel === "" ? e.name : `${rel}/${e.name}`);
		}
	};
	walk("");
	return out.sort();
}

/** $GOROOT, else the tree around the `go` on PATH. */
export function findGoroot(): string {
	if ((process.env.GOROOT ?? "") !== "") return process.env.GOROOT as string;
	for (const dir of (process.env.PATH ?? "").split(":")) {
		const go = join(dir, "go");
		if (existsSync(go)) return join(realpathSync(go), "../..");
	}
	return "";
}

function main(args: string[]): void {
	let goroot = findGoroot();
	const at = args.indexOf("--goroot");
	if (at >= 0) goroot = args.splice(at, 2)[1] as string;
	const flags = new Set(args.filter((a) => a.startsWith("--")));
	let paths = args.filter((a) => !a.startsWith("--"));
	if (paths.includes("std")) paths = stdPackages(goroot);
	const loader = new GorootLoader(goroot);
	const t0 = performance.now();
	for (const p of paths) {
		const pkg = loader.load(p);
		if (typeof pkg === "string") process.stderr.write(`${p}: ${pkg}\n`);
	}
	const t1 = performance.now();
	const cpu1 = process.cpuUsage().user;
	for (const pkg of loader.packages.values()) {
		if (pkg.checker === null) continue;
		try {
			if (flags.has("--bodies")) checkPackage(pkg);
			else if (flags.has("--init")) checkInit(pkg);
			else checkDeclarations(pkg.checker);
		} catch (e) {
			process.stderr.write(`${pkg.path}: ${(e as Error).stack}\n`);
			process.exitCode = 2;
		}
	}
	const t2 = performance.now();
	for (const line of formatDiagnostics(loader.sources, loader.diagnostics, 0).slice(0, 300)) process.stdout.write(`${line}\n`);
	const ms = (a: number, b: number): string => `${(b - a).toFixed(0)} ms`;
	process.stderr.write(
		`${loader.packages.size} packages, ${loader.diagnostics.length} errors, load ${ms(t0, t1)}, check ${ms(t1, t2)} (${((process.cpuUsage().user - cpu1) / 1000).toFixed(0)} ms cpu)\n`,
	);
	if (loader.diagnostics.length > 0) process.exitCode = 1;
}

if (import.meta.main) main(process.argv.slice(2));
