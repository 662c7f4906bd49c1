// A program from its main package: front end, compiler, assembler, linker.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { constants, deflateRawSync } from "node:zlib";
import { type Diagnostic, formatDiagnostics, SourceSet } from "#base";
import { AsmContext, assemble, type Includes, symabis } from "#asm";
import {
	type AsmAbis,
	type CompileDebug,
	type Compiled,
	compileProgram,
	type EmbeddedFile,
	goAsmHeader,
	isRuntimePkg,
	type LinkRow,
	type PackageUnit,
	type Program,
	type StoredSymbol,
	structShape,
} from "#compile";
import { defaultFlags, link, type LinkFlags, type StructLayout, WANTED_TYPES } from "#link";
import { ABI0, type Fragment } from "#object";
import type { OptimizeContext } from "#ssa";
import { Compiler } from "#ssa/amd64";
import type { Var } from "#types";
import { openBuildId } from "./buildid.ts";
import { DiskStore } from "./cache.ts";
import { noteInputs } from "./cacheinputs.ts";
import { type CachePlan, cachePlan, codeFlagsText } from "./cacheplan.ts";
import { type CacheLimits, takeLease, trimNowAndThen, usualLimits } from "./cachetrim.ts";
import { resolveEmbeds } from "./embed.ts";
import { UserError } from "./env.ts";
import { Frontend, type MemoryFile, type Unit } from "./frontend.ts";
import { type GcFlags, noGcFlags } from "./gcflags.ts";
import { badDirectives, defaultGodebug } from "./godebug.ts";
import { loadErrorText } from "./graph.ts";
import { linkRecord } from "./linkrecord.ts";
import type { Loader } from "./load.ts";
import type { BuildError } from "./output.ts";
import type { Package } from "./package.ts";
import { Threads } from "./threads.ts";
import { PathMap } from "./trimpath.ts";

export interface ExecutableOptions {
	main: Package;
	memory?: readonly MemoryFile[];
	trimpath: boolean;
	/** -s, -w, -X. */
	link: Partial<LinkFlags>;
	/** runtime/debug.BuildInfo. */
	modInfo: string;
	/** GODEBUG settings that the program starts with; those of the main package's own files when undefined. */
	godebug?: string;
	/** Receives the milliseconds of each phase. */
	time?: (phase: string, ms: number) => void;
	verify?: boolean;
	/** Folder of the function cache; none = everything is compiled. */
	cacheDir?: string;
	/** How large the cache may get, and how old. */
	cacheLimits?: CacheLimits;
	/** Compiles everything afresh besides, and makes it an error when the result differs. */
	verifyCache?: boolean;
	/** Hooks of tools that look into the compilation. */
	debug?: CompileDebug;
	/** Packages (as the linker names them) that are compiled whole, whether reached or not. */
	whole?: ReadonlySet<string>;
	/** Threads beside the main one; default: none. The program's bytes do not depend on it. */
	threads?: number;
	/** Inline calls of small functions (default). Without, there is no cache. */
	inline?: boolean;
	/** The compiler's arguments by package; absent = none. */
	gcflags?: ((p: Package) => GcFlags) | undefined;
	/** Passes switched off, dumped, timed; checks between them. */
	passes?: OptimizeContext | undefined;
	/** Receives the code of each package with -S among its arguments. */
	listing?: (importPath: string, fragments: readonly Fragment[]) => void;
	/** Receives the lines of -m for each package that has it among its arguments. */
	decisions?: (importPath: string, lines: readonly string[]) => void;
}

export interface Executable {
	/** null when there were errors. */
	image: Uint8Array | null;
	/** Blocks as the go command prints them: "# package" and its lines. */
	errors: BuildError[];
}

/** Packages whose assembly may name ABIs (cmd/internal/objabi/pkgspecial.go). */
const asmAbiPackages: ReadonlySet<string> = new Set([
	"runtime",
	"reflect",
	"syscall",
	"internal/bytealg",
	"internal/chacha8rand",
	"internal/runtime/syscall/linux",
	"internal/runtime/startlinetest",
]);

class Builder {
	private readonly loader: Loader;
	private readonly o: ExecutableOptions;
	private readonly front: Frontend;
	private readonly paths: PathMap;
	private readonly errors: BuildError[] = [];
	private phaseStart = performance.now();

	constructor(loader: Loader, o: ExecutableOptions) {
		this.loader = loader;
		this.o = o;
		this.front = new Frontend(loader);
		this.paths = new PathMap(loader.ctx.goroot, o.trimpath);
	}

	private flagsOf(p: Package): GcFlags {
		return this.o.gcflags?.(p) ?? noGcFlags;
	}

	private phase(name: string): void {
		const now = performance.now();
		this.o.time?.(name, now - this.phaseStart);
		this.phaseStart = now;
	}

	run(): Executable {
		try {
			return this.build();
		} finally {
			this.threads?.close();
			this.endLease?.();
		}
	}

	private build(): Executable {
		if (!this.load()) return { image: null, errors: this.errors };
		this.phase("load, parse, declare");
		// What imports a package with errors is not compiled.
		const failed = new Set<string>();
		for (const u of this.front.units) {
			const lines = u.lazy ? [] : u.imports.some((i) => failed.has(i)) ? null : this.front.check(u);
			if (lines === null || lines.length > 0) failed.add(u.path);
			if (lines !== null) this.report(u, lines);
		}
		this.phase("check");
		if (this.errors.length > 0) return { image: null, errors: this.errors };
		for (const u of this.front.units) if (!u.lazy && u.path !== "main") this.store?.putPackageNote(u.path, this.checkedNote(u.path), "");
		const compiled = this.compile();
		for (const u of this.front.units) this.report(u, this.front.errors(u));
		this.phase("compile");
		if (this.errors.length > 0) return { image: null, errors: this.errors };
		const image = this.link(compiled);
		if (image !== null) this.saveStore();
		this.loader.ctx.index?.save();
		this.phase("link");
		return { image, errors: this.errors };
	}

	private report(u: Unit, lines: string[]): void {
		if (lines.length > 0 && !this.errors.some((e) => e.pkg === u.source.importPath)) this.errors.push({ pkg: u.source.importPath, lines });
	}

	private load(): boolean {
		const { loader } = this;
		const runtime = loader.import("runtime", null);
		const order = loader.closure([runtime, this.o.main]);
		for (const { pkg, error } of loader.graph.errors([this.o.main]))
			this.errors.push({ pkg: "", importPath: pkg.importPath, lines: [loadErrorText(error)] });
		const bad = this.o.main.testMain || this.o.main.library ? [] : badDirectives(loader, this.o.main);
		if (bad.length > 0) this.errors.push({ pkg: this.o.main.importPath, lines: bad });
		if (this.errors.length > 0) return false;
		const lang = `go${/^go(\d+\.\d+)/.exec(loader.ctx.goVersion)?.[1] ?? "1.26"}`;
		this.store = this.openStore(order.filter((p) => p.importPath !== "unsafe"));
		this.threads = this.startThreads();
		for (const p of order) {
			if (p.importPath === "unsafe") continue;
			const isMain = p === this.o.main;
			const flags = this.flagsOf(p);
			const lazy = p.standard || (!isMain && this.wasChecked(p.importPath));
			const unit = this.front.add(p, isMain ? "main" : p.importPath, isMain ? (this.o.memory ?? []) : [], lang, flags, lazy);
			if (!isMain && unit.diagnostics.length > 0) this.report(unit, this.front.errors(unit));
		}
		return this.errors.length === 0;
	}

	// ---- assembly ----

	private includes(u: Unit, goAsm: string): Includes {
		const cache = new Map<string, Uint8Array | null>();
		return (name) => {
			if (name === "go_asm.h") return new TextEncoder().encode(goAsm);
			let found = cache.get(name);
			if (found === undefined) {
				found = readFirst([join(u.source.dir, name), join(this.loader.ctx.goroot, "pkg", "include", name)]);
				cache.set(name, found);
			}
			return found;
		};
	}

	private readonly defines: Readonly<Record<string, string>> = { GOOS_linux: "1", GOARCH_amd64: "1", GOAMD64_v1: "1" };

	private asmFiles(u: Unit, set: SourceSet): ReturnType<SourceSet["add"]>[] {
		return u.source.sFiles.map((name) => set.add(join(u.source.dir, name), readFileSync(join(u.source.dir, name))));
	}

	private readonly asmContext: AsmContext = new AsmContext();
	private readonly asmNames = new Map<string, string[]>();

	private linksOf(u: Unit): LinkRow[] | null {
		const known = u.lazy ? (this.store?.getPackageNote(u.path, this.linksNote(u.path)) ?? null) : null;
		return known === null ? null : (JSON.parse(known) as LinkRow[]);
	}

	private abisOf(u: Unit): AsmAbis {
		const abis: AsmAbis = { defs: new Map(), refs: new Map() };
		if (u.source.sFiles.length === 0) return abis;
		const store = u.source.standard ? this.store : null;
		const known = store?.getPackageNote(u.path, "abis") ?? null;
		if (known !== null) {
			const { defs, refs, names } = JSON.parse(known) as { defs: [string, number][]; refs: [string, number][]; names: string[] };
			this.asmNames.set(u.path, names);
			return { defs: new Map(defs), refs: new Map(refs) };
		}
		const found = symabis(this.asmFiles(u, new SourceSet()), { pkgPath: u.path, includes: this.includes(u, ""), defines: this.defines });
		this.asmNames.set(u.path, found.goAsmNames);
		const add = (into: Map<string, number>, name: string, abi: number): void => {
			into.set(name, (into.get(name) ?? 0) | (abi === ABI0 ? 1 : 2));
		};
		for (const d of found.defs) add(abis.defs, d.name, d.abi);
		for (const r of found.refs) add(abis.refs, r.name, r.abi);
		for (const name of found.data) abis.defs.set(name, 4);
		store?.putPackageNote(u.path, "abis", JSON.stringify({ defs: [...abis.defs], refs: [...abis.refs], names: found.goAsmNames }));
		return abis;
	}

	private assemble(path: string, program: Program, kept: boolean): readonly (Fragment | StoredSymbol)[] {
		const u = this.front.unit(path);
		if (u === undefined) return [];
		const store = u.source.standard && kept ? this.store : null;
		const known = store?.getAssembly(path) ?? null;
		if (known !== null) return known;
		const header = goAsmHeader(program.layout, u.pkg, this.asmNames.get(path) ?? []);
		const set = new SourceSet();
		const list: Diagnostic[] = [];
		const out: Fragment[] = [];
		for (const file of this.asmFiles(u, set)) {
			out.push(
				assemble(
					file,
					{
						pkgPath: path,
						includes: this.includes(u, header),
						defines: this.defines,
						allowAbi: asmAbiPackages.has(path),
						context: this.asmContext,
						recordedName: this.paths.record(file.name, u),
					},
					(d) => list.push(d),
				),
			);
		}
		if (list.length > 0) this.report(u, formatDiagnostics(set, list));
		else store?.putAssembly(path, out);
		return out;
	}

	// ---- compiler ----

	private store: DiskStore | null = null;
	private endLease: (() => void) | null = null;
	private plan: CachePlan | null = null;

	/** order: packages, dependencies first. */
	private openStore(order: readonly Package[]): DiskStore | null {
		const { cacheDir } = this.o;
		if (cacheDir === undefined || this.o.inline === false || this.o.passes !== undefined) return null;
		// -S shows code as it was made.
		if (order.some((p) => this.flagsOf(p).asm)) return null;
		this.endLease = takeLease(cacheDir);
		this.plan = cachePlan(this.loader, this.o.main, order, {
			trimpath: this.o.trimpath,
			flagsOf: (p) => this.flagsOf(p),
			cacheDir,
			plainMain: (this.o.memory ?? []).length === 0,
		});
		return new DiskStore(cacheDir, this.plan.key, this.plan.packages, this.plan.standard);
	}

	private saveStore(): void {
		const { cacheDir } = this.o;
		const wrote = this.store?.save() ?? false;
		this.endLease?.();
		if (cacheDir === undefined) return;
		if (this.plan !== null) noteInputs(cacheDir, this.o.main, this.plan);
		const limits = this.o.cacheLimits ?? usualLimits;
		if (wrote || limits.strict) trimNowAndThen(cacheDir, limits);
	}

	/** Whether an earlier build found no error in a package that is not the main one. */
	private wasChecked(path: string): boolean {
		return (this.store?.getPackageNote(path, this.checkedNote(path)) ?? null) !== null;
	}

	/** What is in bodies decides on errors, too. */
	private checkedNote(path: string): string {
		return `checked ${this.store?.contentDigest(path) ?? ""}`;
	}

	private linksNote(path: string): string {
		return `links ${this.store?.contentDigest(path) ?? ""}`;
	}

	private compile(): Compiled {
		const { store } = this;
		const units: PackageUnit[] = this.front.units.map((u) => ({
			pkg: u.pkg,
			files: u.files,
			asm: this.abisOf(u),
			standard: u.source.standard,
			links: this.linksOf(u),
		}));
		const backend = new Compiler();
		if (this.o.passes !== undefined) this.o.passes.source = (pos) => this.functionText(pos);
		const position = this.position();
		const { threads } = this;
		const compiled = compileProgram({
			backend: threads ?? undefined,
			store: store ?? undefined,
			notes: store ?? undefined,
			build: this.front.build,
			sources: this.front.sources,
			units,
			goarch: this.loader.ctx.goarch,
			fieldTrack: this.loader.ctx.experiments.has("fieldtrack"),
			debug: this.o.debug,
			report: (d) => this.front.unitAt(d.pos)?.diagnostics.push(d),
			whole: this.o.whole,
			inline: this.o.inline ?? true,
			explain: (path) => this.flagsOfUnit(path).decisions,
			optimize: this.o.passes,
			debugTypes: this.o.link.stripDwarf === true || this.o.link.stripSymbols === true ? null : WANTED_TYPES,
			codeFlags: this.o.gcflags === undefined ? undefined : (path) => this.flagsOfUnit(path),
			ids: this.front.ids,
			entry: "_rt0_amd64_linux",
			assemble: (path, program, kept) => this.assemble(path, program, kept),
			embedOf: (v) => this.embedOf(v),
			emit: (f, out) => backend.compile(f, { position }, out.frag),
		});
		for (const [path, lines] of compiled.decisions) {
			const u = this.front.unit(path) as Unit;
			this.o.decisions?.(
				u.source.importPath,
				lines.map((l) => `${this.front.where(u, l.pos)}: ${l.text}`),
			);
		}
		for (const u of this.front.units) {
			if (!u.flags.asm) continue;
			this.o.listing?.(
				u.source.importPath,
				compiled.fragments.filter((frag) => frag.pkg === u.path),
			);
		}
		for (const u of units) if (u.links !== null) store?.putPackageNote(u.pkg.path, this.linksNote(u.pkg.path), JSON.stringify(u.links));
		return compiled;
	}

	/** The source of a function, from the line of its position to a closing brace at the margin. */
	private functionText(pos: number): string {
		const file = this.front.sources.fileOf(pos);
		if (file === null) return "";
		const lines = new TextDecoder().decode(file.src).split("\n");
		const first = this.front.sources.position(pos).line - 1;
		const last = lines.findIndex((line, i) => i >= first && line.startsWith("}"));
		return lines
			.slice(first, last < 0 ? first + 1 : last + 1)
			.map((line, i) => `${first + i + 1}  ${line}`)
			.join("\n");
	}

	private threads: Threads | null = null;

	private startThreads(): Threads | null {
		const { debug, passes, threads = 0 } = this.o;
		// A command that runs in a thread does so for its stack (cmd/deep.ts), which others do not have.
		if (debug !== undefined || passes !== undefined || threads === 0 || !isMainThread) return null;
		let nameOf: ReturnType<Builder["recordedName"]> | null = null;
		return new Threads(threads, this.store?.isEmpty ?? true, this.front.sources, (file, container) => {
			nameOf ??= this.recordedName();
			return nameOf(file, container);
		});
	}

	private flagsOfUnit(path: string): GcFlags {
		const u = this.front.unit(path);
		return u === undefined ? noGcFlags : this.flagsOf(u.source);
	}

	/** A file's name as line tables have it; container: the file with the `//line` directive that gives the name, or the file itself. */
	private recordedName(): (file: string, container: string) => string {
		const unitOf = new Map<string, Unit>();
		for (const u of this.front.units) {
			if (u.source.standard) continue;
			for (const name of u.source.goFiles) unitOf.set(join(u.source.dir, name), u);
			for (const f of u.fileOf.values()) unitOf.set(f.name, u);
		}
		const names = new Map<string, string>();
		return (file, container) => {
			const key = file === container ? file : `${file}\u0000${container}`;
			let name = names.get(key);
			if (name === undefined) {
				// `//line :1` takes the name away
				name = file === "" ? "??" : this.paths.record(file, unitOf.get(container));
				names.set(key, name);
			}
			return name;
		};
	}

	private buildId(): string {
		const { main, link: flags, modInfo, trimpath, memory = [] } = this.o;
		const defines = (flags.defines ?? []).map(([name, value]) => `${name}=${value}`);
		const options = [
			modInfo,
			`${trimpath} ${flags.stripDwarf === true} ${flags.stripSymbols === true}`,
			...defines,
			...memory.map((m) => m.text),
			...this.front.units.flatMap((u) => codeFlagsText(u.path, u.flags)),
		];
		return openBuildId(
			main,
			this.front.units.map((u) => u.source),
			this.loader.ctx.goVersion,
			options,
		);
	}

	private position(): (pos: number) => { file: string; line: number } {
		const { sources } = this.front;
		const recorded = this.recordedName();
		return (pos) => {
			const file = sources.fileOf(pos);
			if (file === null) return { file: "<autogenerated>", line: 1 };
			const at = file.position(pos);
			return { file: recorded(at.file, file.name), line: at.line };
		};
	}

	private embedOf(v: Var): EmbeddedFile[] | null {
		const u = v.pkg === null ? undefined : this.front.unit(v.pkg.path);
		const decl = v.decl?.vdecl ?? null;
		if (u === undefined || decl === null || decl.pragma === null) return null;
		const patterns = decl.pragma.directives.filter((d) => d.name === "embed").flatMap((d) => d.args);
		if (patterns.length === 0) return null;
		const files = resolveEmbeds(
			u.source.dir,
			patterns.map((path) => ({ path, pos: { file: "", line: 0, col: 0 } })),
		);
		const names = new Set([...files.byPattern.values()].flat());
		return embeddedFiles(u.source.dir, names);
	}

	// ---- linker ----

	/** As cachePlan has it: symbols that mention the package are GOROOT's. */
	private isStandard(u: Unit): boolean {
		return u.source.standard && u.source !== this.o.main && !u.source.goFiles.some((f) => f.endsWith("_test.go"));
	}

	private link(compiled: Compiled): Uint8Array | null {
		const lines: string[] = [];
		const { program } = compiled;
		const layouts = new Map<string, StructLayout>();
		const { cacheDir } = this.o;
		const image = link({
			fragments: compiled.fragments,
			stored: compiled.stored,
			flags: {
				...defaultFlags,
				compressDwarf: (data) => deflateRawSync(data, { level: 1, finishFlush: constants.Z_SYNC_FLUSH }),
				sha256: (data) => createHash("sha256").update(data).digest(),
				buildId: this.buildId(),
				...this.o.link,
			},
			goVersion: this.loader.ctx.goVersion,
			defaultGoroot: this.o.trimpath ? "" : this.loader.ctx.goroot,
			modInfo: this.o.modInfo,
			godebugDefault: this.o.godebug ?? defaultGodebug(this.loader, this.o.main),
			packages: this.front.units.map((u) => ({
				path: u.path,
				name: u.pkg.name,
				imports: u.imports,
				flags: producerFlags(u),
				standard: this.isStandard(u),
			})),
			structLayout: (name) => {
				let l = layouts.get(name);
				if (l === undefined) {
					const noted = this.store?.getNote(`layout ${name}`) ?? null;
					l = noted === null ? structLayout(program, name) : (JSON.parse(noted) as StructLayout);
					if (noted === null) this.store?.putNote(`layout ${name}`, JSON.stringify(l));
					layouts.set(name, l);
				}
				return l;
			},
			report: (d) => lines.push(d.msg),
			record: this.plan === null || cacheDir === undefined ? undefined : linkRecord(cacheDir, this.o.main, this.plan.key.compiler),
			verify: this.o.verify ?? false,
		});
		if (lines.length > 0) this.errors.push({ pkg: this.o.main.importPath, lines: lines.slice(0, 20) });
		return image;
	}
}

/** What debuggers are told of how the package was compiled. */
function producerFlags(u: Unit): string {
	const { noOpt, noInline } = u.flags;
	return `${noOpt && !isRuntimePkg(u.path) ? "-N " : ""}${noInline ? "-l " : ""}`;
}

function structLayout(program: Program, name: string): StructLayout {
	const dot = name.lastIndexOf(".");
	const shape = structShape(program, program.rtType(name.slice(0, dot), name.slice(dot + 1)));
	return { size: shape.size, fields: [...shape.fields].map(([field, at]) => ({ name: field, ...at })) };
}

function readFirst(names: readonly string[]): Uint8Array | null {
	for (const name of names) {
		try {
			return readFileSync(name);
		} catch (err) {
			if ((err as { code?: string }).code !== "ENOENT") throw new UserError(`${name}: ${(err as Error).message}`);
		}
	}
	return null;
}

/** Files and the directories above them, in the order of package embed: by directory, then by name. */
function embeddedFiles(dir: string, names: ReadonlySet<string>): EmbeddedFile[] {
	const all = new Map<string, EmbeddedFile>();
	for (const name of names) {
		const data = readFileSync(join(dir, name));
		all.set(name, { name, data, hash: createHash("sha256").update(data).digest().subarray(0, 16) });
		for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
			const parent = `${name.slice(0, at)}/`;
			all.set(parent, { name: parent, data: new Uint8Array(0), hash: new Uint8Array(16) });
		}
	}
	const split = (name: string): [string, string] => {
		const trimmed = name.replace(/\/$/, "");
		const at = trimmed.lastIndexOf("/");
		return at < 0 ? [".", trimmed] : [trimmed.slice(0, at), basename(trimmed)];
	};
	return [...all.values()].sort((a, b) => {
		const [ad, an] = split(a.name);
		const [bd, bn] = split(b.name);
		return ad < bd ? -1 : ad > bd ? 1 : an < bn ? -1 : an > bn ? 1 : 0;
	});
}

/** Builds an executable image in memory. */
export function buildExecutable(loader: Loader, o: ExecutableOptions): Executable {
	const built = new Builder(loader, o).run();
	if (o.verifyCache !== true || built.image === null || o.cacheDir === undefined) return built;
	const afresh = new Builder(loader, { ...o, cacheDir: undefined }).run();
	const same = afresh.image !== null && Buffer.compare(afresh.image, built.image) === 0;
	if (!same) built.errors.push({ pkg: "", lines: ["tsugo: the cache is wrong: without it, the program is another one"] });
	return built;
}
