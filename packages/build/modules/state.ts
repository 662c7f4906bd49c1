// The main module (or the modules of a workspace), what it requires, and where modules and packages are.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import {
	badImportPath,
	compareGoVersion,
	compareVersions,
	goAtLeast,
	type GoModFile,
	type GoWork,
	isLocalPath,
	isToolchainPath,
	moduleKey,
	type ModuleVersion,
	parseGoMod,
	parseGoWork,
	parseVendorList,
	pruningFor,
	type Pruning,
	rereadGoMod,
	Requirements,
	type Retract,
	sortModules,
	type Summary,
	type VendorList,
	vendorProblems,
} from "#modfile";
import { type BuildEnv, UserError } from "../env.ts";
import { moduleSettings, type ModuleSettings } from "./settings.ts";
import { ModuleStore } from "./store.ts";
import { SumFile } from "./sumfile.ts";

export type BuildMod = "mod" | "readonly" | "vendor";

/** A module that is worked on: go.mod is ours to read and, in mod mode, to write. */
export interface MainModule {
	path: string;
	version: "";
	/** Absolute; "" for the made-up module of files on the command line. */
	dir: string;
	/** Path of go.mod, or of the file that -modfile names. */
	gomod: string;
	/** As read from the disk. */
	text: string;
	file: GoModFile;
}

export interface OpenOptions {
	cwd: string;
	/** -mod, "" when it was not given. */
	mod: string;
	/** The mode when -mod was not given: "auto" is readonly, or vendor where a vendor directory is in use. */
	defaultMod: BuildMod | "auto";
	/** -modfile. */
	modfile?: string;
	modcacherw?: boolean;
	/** Messages for people. */
	log: (line: string) => void;
	/** -x: folders that go.mod tells to ignore are named. */
	showIgnored?: boolean;
	progress: (text: string) => void;
	/** Outside of any module, as `install pkg@version` works. */
	noModule?: boolean;
	/** -x: shows requests and commands of version control. */
	trace?: boolean;
	/** A workspace command: an old go line in go.work is mended later. */
	workCommand?: boolean;
	/** GOWORK is not looked at: the command works on go.mod. */
	ignoreWork?: boolean;
}

export interface WorkFile {
	file: string;
	dir: string;
	work: GoWork;
}

/** go.mod of a dependency. */
export interface ModuleInfo {
	path: string;
	/** 1.16 without a go line. */
	go: string;
	/** As written, "" without. */
	goLine: string;
	toolchain: string;
	deprecated: string;
	retract: Retract[];
	require: ModuleVersion[];
	ignore: string[];
	error: string;
	/** The error is that it needs a newer Go. */
	tooNew?: boolean;
}

export type Found =
	| { kind: "pending" }
	| { kind: "none" }
	| { kind: "std"; dir: string }
	| { kind: "module"; mod: ModuleVersion; root: string; dir: string; alt: ModuleVersion[] }
	/** Not in any module that was looked at. */
	| { kind: "missing"; isStd: boolean }
	| { kind: "ambiguous"; error: string; mods: ModuleVersion[] }
	| { kind: "sums"; mods: ModuleVersion[]; found: boolean }
	| { kind: "invalid"; error: string }
	| { kind: "error"; error: string };

export class ModuleState {
	readonly env: BuildEnv;
	readonly settings: ModuleSettings;
	readonly store: ModuleStore;
	readonly options: OpenOptions;
	readonly cwd: string;
	readonly work: WorkFile | null;
	mains: MainModule[];
	buildMod: BuildMod;
	/** -mod was given. */
	readonly modExplicit: boolean;
	/** Why buildMod is what it is, for messages. */
	modReason = "";
	vendor: VendorList | null = null;
	requirements: Requirements;
	/** Import paths may be looked up though there is no go.mod to note them in. */
	allowMissing = false;
	private readonly infos: Map<string, ModuleInfo> = new Map();
	private readonly goDirs: Map<string, boolean> = new Map();
	private readonly goModDirs: Map<string, boolean> = new Map();
	private readonly stdDirs: Map<string, boolean> = new Map();

	constructor(env: BuildEnv, options: OpenOptions) {
		this.env = env;
		this.options = options;
		this.cwd = options.cwd;
		if (env.env.get("GO111MODULE") === "off") throw new UserError("go: modules disabled by GO111MODULE=off; see 'go help modules'");
		this.settings = moduleSettings(env, { writable: options.modcacherw ?? false });
		this.work = options.noModule || options.ignoreWork ? null : this.openWork();
		if (this.work !== null && (options.modfile ?? "") !== "") throw new UserError("go: -modfile cannot be used in workspace mode");
		this.mains = this.openMains();
		this.modExplicit = options.mod !== "";
		this.buildMod = this.chooseMod();
		const sumFile =
			this.work !== null ? `${this.work.file}.sum` : this.mains[0].gomod === "" ? "" : this.mains[0].gomod.replace(/\.mod$/, ".sum");
		const others = this.work === null ? [] : this.mains.filter((m) => m.gomod !== "").map((m) => m.gomod.replace(/\.mod$/, ".sum"));
		const requireSums = this.hasModRoot && this.buildMod === "readonly" && this.work === null;
		this.store = new ModuleStore(this.settings, process.env, new SumFile(sumFile, others), {
			requireSums,
			log: options.log,
			trace: options.trace ? options.log : undefined,
			progress: options.progress,
		});
		this.requirements = this.initialRequirements();
		if (this.buildMod === "vendor") this.openVendor();
	}

	get hasModRoot(): boolean {
		return this.mains[0].dir !== "";
	}

	get inWorkspace(): boolean {
		return this.work !== null;
	}

	/** The single main module. */
	get main(): MainModule {
		return this.mains[0];
	}

	/** The go line in force: of go.work, or of go.mod (1.16 without one). */
	get goVersion(): string {
		if (this.work !== null) return this.work.work.go === "" ? "1.18" : this.work.work.go;
		if (!this.hasModRoot) return this.settings.goVersion;
		return this.main.file.mod.go === "" ? "1.16" : this.main.file.mod.go;
	}

	isMain(path: string): boolean {
		return this.mains.some((m) => m.path === path);
	}

	tools(): Set<string> {
		return new Set(this.mains.flatMap((m) => m.file.mod.tool));
	}

	private readonly ignored: Set<string> = new Set();

	/** Whether the ignore directives of a module in dir leave out one of its folders; rel: its path in the module. */
	ignoring(dir: string, patterns: readonly string[]): (rel: string) => boolean {
		const bounded = (p: string): string => `/${p}/`.replace(/\/+/g, "/");
		return (rel) => {
			const path = bounded(rel);
			const hit = patterns.some((p) => (p.startsWith("./") ? path.startsWith(bounded(p.slice(2))) : path.includes(bounded(p))));
			const full = join(dir, rel);
			if (hit && this.options.showIgnored && !this.ignored.has(full)) this.options.log(`# ignoring directory ${full}`);
			if (hit) this.ignored.add(full);
			return hit;
		};
	}

	/** A file name for messages. */
	short(file: string): string {
		const rel = relative(this.cwd, file);
		return rel !== "" && rel.length < file.length ? rel : rel === "" ? "." : file;
	}

	private openWork(): WorkFile | null {
		const file = findGoWork(this.env, this.cwd);
		if (file === "") return null;
		let text: string;
		try {
			text = readFileSync(file, "utf8");
		} catch {
			throw new UserError(`go: reading go.work: open ${file}: no such file or directory`);
		}
		const parsed = parseGoWork(this.short(file), text);
		if (parsed.errors.length > 0) throw new UserError(`go: errors parsing ${this.short(file)}:\n${parsed.errors.join("\n")}`);
		if (parsed.work.go !== "" && compareGoVersion(parsed.work.go, this.settings.goVersion) > 0)
			throw new UserError(`go: ${this.tooNew(this.short(file), parsed.work.go)}`);
		this.checkGodebug(file, "go.work", text, parsed.work.godebug);
		return { file, dir: dirname(file), work: parsed.work };
	}

	tooNew(what: string, go: string): string {
		const setting = this.env.env.get("GOTOOLCHAIN");
		return `${what} requires go >= ${go} (running go ${this.settings.goVersion}${setting === "" || setting === "auto" ? "" : `; GOTOOLCHAIN=${setting}`})`;
	}

	private openMains(): MainModule[] {
		if (this.work !== null && !this.options.noModule) {
			const seen = new Set<string>();
			const list = this.work.work.use.map((use) => {
				const dir = resolve((this.work as WorkFile).dir, use);
				if (seen.has(dir))
					throw new UserError(
						`go: error loading go.work:\n${this.short((this.work as WorkFile).file)}:${this.useLine(use)}: path ${dir} appears multiple times in workspace`,
					);
				seen.add(dir);
				const file = join(dir, "go.mod");
				if (!existsSync(file)) {
					const what = existsSync(dir)
						? `open ${this.short(file)}: no such file or directory`
						: `open ${this.short(file)}: no such file or directory`;
					throw new UserError(`go: cannot load module ${this.short(dir)} listed in go.work file: ${what}`);
				}
				return this.openMain(file, dir, `go: cannot load module ${this.short(dir)} listed in go.work file: `);
			});
			for (const m of list) {
				const wv = this.work.work.go === "" ? "1.18" : this.work.work.go;
				const mv = m.file.mod.go === "" ? "1.16" : m.file.mod.go;
				if (this.options.workCommand || compareGoVersion(mv, wv) <= 0 || compareGoVersion(mv, "1.21") < 0) continue;
				const verb = this.work.work.go === "" ? "implicitly requires" : "lists";
				throw new UserError(
					`go: module ${this.short(m.dir)} listed in go.work file requires go >= ${mv}, but go.work ${verb} go ${wv}; to update it:\n\tgo work use`,
				);
			}
			const paths = new Set<string>();
			for (const m of list) {
				if (paths.has(m.path)) {
					const dirs = list.filter((o) => o.path === m.path).map((o) => this.short(o.dir));
					throw new UserError(`go: module ${m.path} appears multiple times in workspace (${dirs.join(", ")})`);
				}
				paths.add(m.path);
			}
			for (const r of this.work.work.replace)
				if (r.old.version === "" && paths.has(r.old.path))
					throw new UserError(
						`go: workspace module ${r.old.path} is replaced at all versions in the go.work file. To fix, remove the replacement from the go.work file or specify the version at which to replace the module.`,
					);
			this.checkReplacements(list);
			if (list.length > 0) return list;
		}
		let gomod = this.options.noModule ? "" : findUp(this.cwd, "go.mod");
		// Who tries something in /tmp does not mean all that is made below.
		if (gomod !== "" && dirname(gomod) === resolve(tmpdir())) {
			this.options.log(`go: warning: ignoring go.mod in system temp root ${tmpdir()}`);
			gomod = "";
		}
		const gopath = this.env.gopath.split(delimiter)[0];
		if (gomod !== "" && gopath !== "" && dirname(gomod) === resolve(gopath)) {
			this.options.log(`go: warning: ignoring go.mod in $GOPATH ${gopath}`);
			gomod = "";
		}
		if (gomod === "" || this.work !== null) return [noModule()];
		const file = this.options.modfile === undefined || this.options.modfile === "" ? gomod : resolve(this.cwd, this.options.modfile);
		return [this.openMain(file, dirname(gomod), "go: ")];
	}

	/** Two modules of a workspace that replace the same version by different things: go.work has to say which. */
	private checkReplacements(list: readonly MainModule[]): void {
		const work = this.work as WorkFile;
		const seen = new Map<string, ModuleVersion>();
		for (const m of list) {
			const mine = new Map(m.file.mod.replace.map((r) => [moduleKey(r.old), r]));
			for (const [key, r] of mine) {
				if (work.work.replace.some((w) => w.old.path === r.old.path && (w.old.version === "" || w.old.version === r.old.version))) continue;
				const to = r.with.version === "" ? { path: resolve(m.dir, r.with.path), version: "" } : r.with;
				const other = seen.get(key);
				if (other !== undefined && moduleKey(other) !== moduleKey(to))
					throw new UserError(
						`go: conflicting replacements for ${key}:\n\t${moduleKey(other)}\n\t${moduleKey(to)}\nuse "go work edit -replace ${key}=[override]" to resolve`,
					);
				seen.set(key, to);
			}
		}
	}

	/** godebug lines that this Go does not know. */
	private checkGodebug(file: string, name: string, text: string, list: readonly { key: string; value: string }[]): void {
		const table = join(this.env.goroot, "src", "internal", "godebugs", "table.go");
		if (list.length === 0 || !isFile(table)) return;
		const source = readFileSync(table, "utf8");
		const removed = new Map([...source.matchAll(/\{Name: "(\w+)", Removed: (\d+)\}/g)].map((m) => [m[1], m[2]]));
		const known = new Set([...source.matchAll(/\{Name: "(\w+)"/g)].map((m) => m[1]));
		for (const { key } of list) {
			const since = removed.get(key);
			if (since !== undefined) {
				const at = text.split("\n").findIndex((l) => l.includes(`${key}=`)) + 1;
				const what = `use of removed godebug ${JSON.stringify(key)}, see https://go.dev/doc/godebug#go-1${since}`;
				throw new UserError(`go: error loading ${name}:\n${this.short(file)}:${at}: ${what}`);
			}
			if (key === "default" || known.has(key)) continue;
			const line = text.split("\n").findIndex((l) => l.includes(`${key}=`)) + 1;
			throw new UserError(`go: error loading ${name}:\n${this.short(file)}:${line}: unknown godebug ${JSON.stringify(key)}`);
		}
	}

	private useLine(use: string): number {
		const lines = readFileSync((this.work as WorkFile).file, "utf8").split("\n");
		return lines.findLastIndex((l) => l.split(/\s+/).includes(use)) + 1;
	}

	private openMain(file: string, dir: string, prefix: string): MainModule {
		let text: string;
		try {
			text = readFileSync(file, "utf8");
		} catch {
			throw new UserError(`${prefix}open ${this.short(file)}: no such file or directory`);
		}
		const parsed = parseGoMod(this.short(file), text, { resolve: true });
		const go = parsed.mod.go;
		if (go !== "" && compareGoVersion(go, this.settings.goVersion) > 0)
			throw new UserError(`${prefix}${this.tooNew(this.short(file), go)}`);
		if (parsed.errors.length > 0) throw new UserError(`${prefix}errors parsing ${this.short(file)}:\n${parsed.errors.join("\n")}`);
		if (parsed.mod.module === "")
			throw new UserError(
				"go: error reading go.mod: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod",
			);
		if (this.work === null) this.checkGodebug(file, "go.mod", text, parsed.mod.godebug);
		if (isToolchainPath(parsed.mod.module)) throw new UserError(`go: invalid module path ${JSON.stringify(parsed.mod.module)}`);
		const bad = badImportPath(parsed.mod.module);
		if (bad !== "") throw new UserError(`go: ${bad.replace("import path", "module path")}`);
		return { path: parsed.mod.module, version: "", dir, gomod: file, text, file: parsed };
	}

	/** Rereads a main module's directives after an edit of its syntax. */
	reread(m: MainModule): void {
		m.file = rereadGoMod(m.file);
		m.path = m.file.mod.module;
	}

	private chooseMod(): BuildMod {
		const { mod, defaultMod } = this.options;
		if (mod !== "") {
			if (this.work !== null && mod === "mod")
				throw new UserError(
					'go: -mod may only be set to readonly or vendor when in workspace mode, but it is set to "mod"\n\tRemove the -mod flag to use the default readonly value, \n\tor set GOWORK=off to disable workspace mode.',
				);
			return mod as BuildMod;
		}
		if (defaultMod !== "auto") return defaultMod;
		if (!this.hasModRoot && this.work === null) return "readonly";
		const source = this.work === null ? "go.mod" : "go.work";
		const go = this.work === null ? this.main.file.mod.go : this.work.work.go;
		const dir = this.vendorDir;
		if (!isDir(dir)) return "readonly";
		if (go === "") this.modReason = `Go version in ${source} is unspecified, so vendor directory was not used.`;
		else if (compareGoVersion(go, "1.14") < 0) this.modReason = `Go version in ${source} is ${go}, so vendor directory was not used.`;
		else {
			const list = join(dir, "modules.txt");
			const workspace = existsSync(list) && readFileSync(list, "utf8").startsWith("## workspace");
			if (workspace === (this.work !== null)) {
				this.modReason = `Go version in ${source} is at least 1.14 and vendor directory exists.`;
				return "vendor";
			}
			this.modReason = workspace
				? "Outside workspace mode, but vendor directory is for a workspace."
				: "In workspace mode, but vendor directory is not for a workspace";
		}
		return "readonly";
	}

	get vendorDir(): string {
		return join(this.work === null ? this.main.dir : this.work.dir, "vendor");
	}

	private openVendor(): void {
		const file = join(this.vendorDir, "modules.txt");
		this.vendor = parseVendorList(existsSync(file) ? readFileSync(file, "utf8") : "");
		const replace = [...this.mains.flatMap((m) => m.file.mod.replace), ...(this.work?.work.replace ?? [])];
		const problems = vendorProblems(this.vendor, {
			require: this.mains.map((m) => m.file.mod.require),
			replace,
			replacement: (m) => {
				const r = this.replacementFrom(m);
				return r === null ? null : { to: this.canonicalReplacement(r.to, r.dir), file: this.short(r.file) };
			},
			workspace: this.work !== null,
			old: this.work === null && (this.main.file.mod.go === "" || !goAtLeast(this.main.file.mod.go, "1.14")),
		});
		if (problems.length > 0) {
			throw new UserError(
				`go: inconsistent vendoring in ${dirname(this.vendorDir)}:\n${problems.join("\n")}\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n\t\tgo ${this.work === null ? "mod" : "work"} vendor`,
			);
		}
	}

	/** As modules.txt has the directory: relative to go.mod or go.work. */
	canonicalReplacement(to: ModuleVersion, dir: string): ModuleVersion {
		if (to.version !== "" || isAbsolute(to.path) || this.work === null) return to;
		let rel = relative(this.work.dir, join(dir, to.path));
		if (!isLocalPath(rel)) rel = `./${rel}`;
		return { path: rel, version: "" };
	}

	private initialRequirements(): Requirements {
		const read = (m: ModuleVersion): Summary | null => this.summary(m);
		const version = this.goVersion;
		const mainList = this.mains.map((m) => ({ path: m.path, version: "" }));
		const direct = new Set<string>(["go"]);
		const roots: ModuleVersion[] = [];
		let pruning: Pruning = pruningFor(version);
		let toolchain = "";
		if (this.work !== null) {
			pruning = "workspace";
			roots.push(...mainList);
			toolchain = this.work.work.toolchain;
			for (const m of this.mains) for (const r of m.file.mod.require) if (!r.indirect) direct.add(r.path);
		} else if (this.hasModRoot) {
			toolchain = this.main.file.mod.toolchain;
			const excluded = this.excluded();
			for (const r of this.main.file.mod.require) {
				if (excluded.has(moduleKey(r))) {
					if (this.buildMod === "mod") this.options.log(`go: dropping requirement on excluded version ${r.path} ${r.version}`);
					else this.options.log(`go: ignoring requirement on excluded version ${r.path} ${r.version}`);
					continue;
				}
				roots.push({ path: r.path, version: r.version });
				if (!r.indirect) direct.add(r.path);
			}
		} else toolchain = `go${this.settings.goVersion}`;
		roots.push({ path: "go", version });
		if (toolchain !== "" && toolchain !== "default") roots.push({ path: "toolchain", version: toolchain });
		return new Requirements(pruning, sortModules(roots), direct, mainList, read);
	}

	/** Starts over from the main modules' files. */
	reset(): void {
		this.requirements = this.initialRequirements();
	}

	private excluded(): Set<string> {
		return new Set(this.mains.flatMap((m) => m.file.mod.exclude.map((x) => moduleKey(x))));
	}

	/** The replacement of a version, and the directory that a path in it is relative to. */
	replacementFrom(m: ModuleVersion): { to: ModuleVersion; dir: string; file: string } | null {
		// go.work has the last word.
		if (this.work !== null) {
			const r = pickReplace(this.work.work.replace, m);
			if (r !== null) return { to: r, dir: this.work.dir, file: this.work.file };
			if (this.isMain(m.path)) return null;
		}
		for (const main of this.mains) {
			const r = pickReplace(main.file.mod.replace, m);
			if (r !== null) return { to: r, dir: main.dir, file: main.gomod };
		}
		return null;
	}

	/** The module version whose files stand for m; a local directory has version "" and an absolute path here. */
	actual(m: ModuleVersion): ModuleVersion {
		const r = this.replacementFrom(m);
		if (r === null) return m;
		if (r.to.version === "") return { path: isAbsolute(r.to.path) ? r.to.path : join(r.dir, r.to.path), version: "" };
		return r.to;
	}

	/** What the graph needs of a module. */
	summary(m: ModuleVersion): Summary | null {
		const plain = (require: ModuleVersion[], pruning: Pruning = "unpruned"): Summary => ({ require, pruning, error: "", actual: null });
		if (m.path === "go") return plain(goAtLeast(m.version, "1.21") ? [{ path: "toolchain", version: `go${m.version}` }] : []);
		if (m.path === "toolchain") return plain([]);
		if (m.version === "") {
			const main = this.mains.find((x) => x.path === m.path);
			if (main === undefined || main.dir === "") return plain([]);
			const mod = main.file.mod;
			const go = mod.go === "" ? "1.16" : mod.go;
			return plain(this.requires(mod.require, go), pruningFor(go));
		}
		if (this.vendor !== null) return plain(this.vendoredModules().some((v) => moduleKey(v) === moduleKey(m)) ? this.vendoredModules() : []);
		const info = this.info(m);
		if (info === null) return null;
		const actual = info.tooNew ? null : (this.replacementFrom(m)?.to ?? null);
		return { require: this.requires(info.require, info.go), pruning: pruningFor(info.go), error: info.error, actual };
	}

	private requires(list: readonly ModuleVersion[], go: string): ModuleVersion[] {
		const excluded = this.excluded();
		const out = list.filter((r) => !excluded.has(moduleKey(r))).map((r) => ({ path: r.path, version: r.version }));
		if (goAtLeast(go, "1.21")) out.push({ path: "go", version: go });
		return out;
	}

	vendoredModules(): ModuleVersion[] {
		return (this.vendor?.modules ?? [])
			.filter((m) => m.packages.length > 0 && m.version !== "")
			.map((m) => ({ path: m.path, version: m.version }));
	}

	/** The go.mod of a module version or of what replaces it; null while it is wanted. */
	info(m: ModuleVersion): ModuleInfo | null {
		const actual = this.actual(m);
		const info = this.rawInfo(actual, m.path);
		if (info === null || info.error !== "" || actual.version === "") return info;
		if (info.path === "") return { ...info, error: "parsing go.mod: missing module line" };
		if (info.path !== m.path && info.path !== actual.path)
			return { ...info, error: `parsing go.mod:\n\tmodule declares its path as: ${info.path}\n\t        but was required as: ${m.path}` };
		return info;
	}

	/** The go.mod of exactly this version (or local directory). */
	rawInfo(actual: ModuleVersion, forPath: string): ModuleInfo | null {
		const key = moduleKey(actual);
		const known = this.infos.get(key);
		const empty: ModuleInfo = {
			path: "",
			go: "1.16",
			goLine: "",
			toolchain: "",
			deprecated: "",
			retract: [],
			require: [],
			ignore: [],
			error: "",
		};
		let text: string;
		let name = "go.mod";
		if (actual.version === "") {
			if (known !== undefined) return known;
			const file = join(actual.path, "go.mod");
			name = this.short(file);
			try {
				text = readFileSync(file, "utf8");
			} catch {
				return { ...empty, error: `reading ${this.short(file)}: open ${file}: no such file or directory` };
			}
		} else {
			const got = this.store.gomod(actual.path, actual.version, forPath);
			if (got === null) return null;
			if (!got.ok) return { ...empty, error: got.error.replace(`${key}: `, "") };
			if (known !== undefined) return known;
			text = got.value;
		}
		const parsed = parseGoMod(name, text, { lax: true });
		const { mod } = parsed;
		const go = mod.go === "" ? "1.16" : mod.go;
		const info: ModuleInfo = {
			...empty,
			path: mod.module,
			go,
			goLine: mod.go,
			deprecated: mod.deprecated,
			retract: mod.retract,
			require: mod.require,
			ignore: mod.ignore,
		};
		if (parsed.errors.length > 0) info.error = `parsing ${name}: ${parsed.errors.join("\n")}`;
		else if (mod.go !== "" && compareGoVersion(mod.go, this.settings.goVersion) > 0 && compareGoVersion(mod.go, "1.21") >= 0) {
			const shown = actual.version !== "" ? key : relative(this.main.dir, actual.path).replace(/^(?!\.\.?(\/|$))/, "./");
			info.error = this.tooNew(`module ${shown}`, mod.go);
			info.tooNew = true;
		}
		this.infos.set(key, info);
		return info;
	}

	/** The directory of a module version: main module, replacement or cache. Error texts name the module. */
	moduleDir(m: ModuleVersion): { ok: true; dir: string; local: boolean } | { ok: false; error: string; missingSum: boolean } | null {
		const main = m.version === "" ? this.mains.find((x) => x.path === m.path) : undefined;
		if (main !== undefined && main.dir !== "") return { ok: true, dir: main.dir, local: true };
		const actual = this.actual(m);
		if (actual.version === "") {
			const r = this.replacementFrom(m);
			const fail = (why: string): { ok: false; error: string; missingSum: boolean } => ({
				ok: false,
				error: `${moduleKey(m)} (replaced by ${r?.to.path ?? ""}): ${why}`,
				missingSum: false,
			});
			if (r === null) return fail("no directory");
			if (!existsSync(actual.path)) return fail(`replacement directory ${r.to.path} does not exist`);
			if (!isDir(actual.path)) return fail(`replacement directory ${r.to.path} is not a directory`);
			if (!existsSync(join(actual.path, "go.mod")))
				return fail(`reading ${this.short(join(actual.path, "go.mod"))}: open ${join(actual.path, "go.mod")}: no such file or directory`);
			return { ok: true, dir: actual.path, local: true };
		}
		const got = this.store.dir(actual.path, actual.version);
		if (got === null) return null;
		if (got.ok) return { ok: true, dir: got.value, local: false };
		const label = moduleKey(m);
		const replaced = moduleKey(actual) !== label;
		return {
			ok: false,
			error: replaced ? `${label} (replaced by ${moduleKey(actual)}): ${got.error.replace(`${moduleKey(actual)}: `, "")}` : got.error,
			missingSum: got.missingSum,
		};
	}

	isStandardPackage(path: string): boolean {
		const known = this.stdDirs.get(path);
		if (known !== undefined) return known;
		const is = !path.split("/")[0].includes(".") && this.hasGoFiles(join(this.env.goroot, "src", path));
		this.stdDirs.set(path, is);
		return is;
	}

	/** Whether a directory holds .go files; tags do not matter. */
	hasGoFiles(dir: string): boolean {
		const known = this.goDirs.get(dir);
		if (known !== undefined) return known;
		let has = false;
		try {
			has = readdirSync(dir, { withFileTypes: true }).some(
				(e) => e.name.endsWith(".go") && (e.isFile() || (e.isSymbolicLink() && isFile(join(dir, e.name)))),
			);
		} catch {
			has = false;
		}
		this.goDirs.set(dir, has);
		return has;
	}

	private hasGoMod(dir: string): boolean {
		let has = this.goModDirs.get(dir);
		if (has === undefined) {
			has = isFile(join(dir, "go.mod"));
			this.goModDirs.set(dir, has);
		}
		return has;
	}

	/** The directory that a package of a module would be in, and whether there is one; "" when another module is in the way. */
	dirInModule(path: string, mod: string, root: string, local: boolean): { dir: string; ok: boolean } {
		if (path !== mod && !path.startsWith(`${mod}/`)) return { dir: "", ok: false };
		const dir = path === mod ? root : join(root, path.slice(mod.length + 1));
		if (local) for (let d = dir; d.length > root.length; d = dirname(d)) if (this.hasGoMod(d)) return { dir: "", ok: false };
		return { dir, ok: this.hasGoFiles(dir) };
	}

	/**
	 * The module that provides a package. With a pruned graph the main module and the roots are looked at first, the whole graph only when
	 * they do not have it; `whole` starts with the graph. The answer must be the only one.
	 */
	locate(
		path: string,
		req: Requirements = this.requirements,
		whole: boolean = req.pruning !== "pruned" && req.pruning !== "workspace",
	): Found {
		if (path.includes("@")) return { kind: "invalid", error: `import path ${JSON.stringify(path)} should not have @version` };
		if (/^\.\.?(\/|$)/.test(path))
			return { kind: "invalid", error: `${JSON.stringify(path)} is relative, but relative import paths are not supported in module mode` };
		if (path.startsWith("/")) return { kind: "invalid", error: `${JSON.stringify(path)} is not a package path; see 'go help packages'` };
		if (["std", "cmd", "all", "tool", "work"].includes(path))
			return { kind: "invalid", error: `${JSON.stringify(path)} is not an importable package; see 'go help packages'` };
		if (path === "C") return { kind: "none" };
		const bad = badImportPath(path);
		if (bad !== "") return { kind: "invalid", error: bad };
		const std = !path.split("/")[0].includes(".");
		const inStd = std && this.isStandardPackage(path);
		const stdDir = join(this.env.goroot, "src", path);
		if (this.vendor !== null) return this.locateVendored(path, inStd ? stdDir : "", std);
		if (inStd && !this.mains.some((m) => m.path === "std" || m.path === "cmd")) {
			const also = this.lookIn(path, req, false);
			if (also.hits.length > 0)
				return {
					kind: "ambiguous",
					mods: [],
					error: ambiguous(path, [{ mod: null, dir: stdDir }, ...also.hits.map((h) => ({ mod: h.mod, dir: h.dir }))]),
				};
			return { kind: "std", dir: stdDir };
		}
		for (const graph of whole ? [true] : [false, true]) {
			const { hits, alt, sums, pending, error } = this.lookIn(path, req, graph);
			if (error !== "") return { kind: "error", error };
			if (pending) return { kind: "pending" };
			if (hits.length > 1) return { kind: "ambiguous", mods: hits.map((h) => h.mod), error: ambiguous(path, hits.reverse()) };
			if (sums.length > 0) return { kind: "sums", mods: sums.reverse(), found: hits.length > 0 };
			if (hits.length === 1) return { kind: "module", ...hits[0], alt };
		}
		return { kind: "missing", isStd: std };
	}

	private lookIn(path: string, req: Requirements, whole: boolean): LookResult {
		const out: LookResult = { hits: [], alt: [], sums: [], pending: false, error: "" };
		const graph = whole ? req.graph() : null;
		if (graph !== null) {
			out.error = graph.error();
			out.pending = !graph.complete;
			if (out.error !== "") return out;
		}
		for (
			let prefix = path;
			prefix !== "." && prefix !== "";
			prefix = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "."
		) {
			if (isToolchainPath(prefix)) continue;
			const version = graph === null ? req.rootSelected(prefix) : graph.selected(prefix);
			if (version === undefined || version === "none") continue;
			const mod = { path: prefix, version };
			if (version === "" && this.mains.find((m) => m.path === prefix)?.dir === "") continue;
			const got = this.moduleDir(mod);
			if (got === null) out.pending = true;
			else if (!got.ok) {
				if (got.missingSum) out.sums.push(mod);
				else if (out.error === "") out.error = got.error;
			} else {
				const { dir, ok } = this.dirInModule(path, prefix, got.dir, got.local);
				if (ok) out.hits.push({ mod, root: got.dir, dir });
				else out.alt.push(mod);
			}
		}
		return out;
	}

	private locateVendored(path: string, stdDir: string, std: boolean): Found {
		const hits: { mod: ModuleVersion; root: string; dir: string }[] = [];
		for (const m of this.mains) {
			if (m.dir === "") continue;
			const { dir, ok } = this.dirInModule(path, m.path, m.dir, true);
			if (ok) hits.push({ mod: { path: m.path, version: "" }, root: m.dir, dir });
		}
		const dir = join(this.vendorDir, path);
		if (this.hasGoFiles(dir)) {
			const owner = this.vendor?.modules.find((m) => m.packages.includes(path));
			if (owner !== undefined) hits.push({ mod: { path: owner.path, version: owner.version }, root: this.vendorDir, dir });
			else if (!goAtLeast(this.goVersion, "1.23")) hits.push({ mod: { path: "", version: "" }, root: this.vendorDir, dir });
			else
				this.options.log(
					`go: ignoring package ${path} which exists in the vendor directory but is missing from vendor/modules.txt. To sync the vendor directory run go ${this.work === null ? "mod" : "work"} vendor.`,
				);
		}
		if (stdDir !== "" && hits.length === 0) return { kind: "std", dir: stdDir };
		if (hits.length + (stdDir === "" ? 0 : 1) > 1) {
			const dirs = [...(stdDir === "" ? [] : [stdDir]), ...hits.map((h) => h.dir)];
			return {
				kind: "ambiguous",
				mods: [],
				error: ambiguous(
					path,
					dirs.map((d) => ({ mod: null, dir: d })),
					"directories",
				),
			};
		}
		if (hits.length === 0) return { kind: "missing", isStd: std };
		return { kind: "module", ...hits[0], alt: [] };
	}

	/** The message for a package that no module provides. importer: the main module whose package needs it. */
	missingMessage(path: string, isStd: boolean, queryError: string, importer?: MainModule): string {
		if (isStd) return `package ${path} is not in std (${join(this.env.goroot, "src", path)})`;
		if (queryError !== "") return `cannot find module providing package ${path}: ${queryError}`;
		if (this.buildMod === "mod" || (this.buildMod === "readonly" && this.allowMissing))
			return `cannot find module providing package ${path}`;
		const replaced = this.replacedButNotRequired(path);
		if (typeof replaced === "string") return replaced;
		if (replaced !== null) {
			return `module ${replaced.path} provides package ${path} and is replaced but not required; to add it:\n\tgo get ${moduleKey(replaced)}`;
		}
		const message = `no required module provides package ${path}`;
		if (!this.hasModRoot) return `${message}: ${this.noModRoot()}`;
		if (this.modExplicit) return `cannot find module providing package ${path}: import lookup disabled by -mod=${this.buildMod}`;
		if (this.modReason !== "")
			return `cannot find module providing package ${path}: import lookup disabled by -mod=${this.buildMod}\n\t(${this.modReason})`;
		if (importer !== undefined && importer.dir !== "" && this.work !== null && importer !== this.containing(this.cwd))
			return `${message}; to add it:\n\tcd ${importer.dir}\n\tgo get ${path}`;
		return `${message}; to add it:\n\tgo get ${path}`;
	}

	noModRoot(): string {
		if (this.work !== null) return `no modules were found in the current workspace; see 'go help work'`;
		return "go.mod file not found in current directory or any parent directory; see 'go help modules'";
	}

	/** As noModRoot, for what cannot do without a module: a repository without go.mod is where to make one. */
	noMainModule(): string {
		const inGoroot = this.cwd === this.env.goroot || this.cwd.startsWith(`${this.env.goroot}/`);
		const found = inGoroot || this.work !== null ? "" : findUp(this.cwd, ".git/config");
		if (found === "") return this.noModRoot();
		const root = dirname(dirname(found));
		const rel = relative(this.cwd, root);
		const cd = rel === "" ? "" : `cd ${rel} && `;
		return `cannot find main module, but found .git/config in ${root}\n\tto create a module there, run:\n\t${cd}go mod init`;
	}

	containing(dir: string): MainModule | undefined {
		return this.mains
			.filter((m) => m.dir !== "" && (dir === m.dir || dir.startsWith(`${m.dir}/`)))
			.sort((a, b) => b.dir.length - a.dir.length)[0];
	}

	/** The module whose replacement has the package; a text says why it could not be looked into. */
	private replacedButNotRequired(path: string): ModuleVersion | string | null {
		for (const { path: mod, version } of this.highestReplaced()) {
			if (path !== mod && !path.startsWith(`${mod}/`)) continue;
			const m = { path: mod, version };
			const got = this.moduleDir(m);
			if (got?.ok === false) return got.missingSum ? `missing go.sum entry for module providing package ${path}` : got.error;
			if (got?.ok && this.dirInModule(path, mod, got.dir, got.local).ok) return m;
		}
		return null;
	}

	/** Paths that are replaced, longest first, with the highest version that a replacement names ("" when for all). */
	highestReplaced(): ModuleVersion[] {
		const best = new Map<string, string>();
		for (const r of [...this.mains.flatMap((m) => m.file.mod.replace), ...(this.work?.work.replace ?? [])]) {
			const now = best.get(r.old.path);
			if (now === undefined || now === "" || (r.old.version !== "" && compareVersions(r.old.path, now, r.old.version) < 0))
				best.set(r.old.path, r.old.version);
		}
		return [...best].map(([path, version]) => ({ path, version })).sort((a, b) => b.path.length - a.path.length);
	}
}

interface LookResult {
	hits: { mod: ModuleVersion; root: string; dir: string }[];
	alt: ModuleVersion[];
	sums: ModuleVersion[];
	pending: boolean;
	error: string;
}

function ambiguous(path: string, hits: readonly { mod: ModuleVersion | null; dir: string }[], what = "modules"): string {
	const lines = hits.map(({ mod, dir }) => (mod === null ? dir : `${mod.path}${mod.version === "" ? "" : ` ${mod.version}`} (${dir})`));
	return `ambiguous import: found package ${path} in multiple ${what}:\n\t${lines.join("\n\t")}`;
}

function pickReplace(list: readonly { old: ModuleVersion; with: ModuleVersion }[], m: ModuleVersion): ModuleVersion | null {
	// Of equal directives the last one counts.
	const exact = list.findLast((r) => r.old.path === m.path && r.old.version === m.version);
	return (exact ?? list.findLast((r) => r.old.path === m.path && r.old.version === ""))?.with ?? null;
}

function noModule(): MainModule {
	return { path: "command-line-arguments", version: "", dir: "", gomod: "", text: "", file: parseGoMod("go.mod", "") };
}

export function isDir(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		return false;
	}
}

export function isFile(path: string): boolean {
	try {
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** The file that governs dir: in it or above. "" when there is none. */
export function findUp(dir: string, name: string): string {
	for (let d = resolve(dir); ; d = dirname(d)) {
		if (isFile(join(d, name))) return join(d, name);
		if (dirname(d) === d) return "";
	}
}

/** The go.work in force: what GOWORK names, or the one above dir; "" when there is none or it is off. */
export function findGoWork(env: BuildEnv, dir: string): string {
	const setting = env.env.get("GOWORK");
	if (setting === "off") return "";
	if (setting !== "" && setting !== "auto") {
		if (!isAbsolute(setting)) throw new UserError("go: invalid GOWORK: not an absolute path");
		return setting;
	}
	return findUp(dir, "go.work");
}
