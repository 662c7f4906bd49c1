// A build that has nothing to do: what a successful `tsugo build` asked of the file
// system and what it wrote is recorded, and when all of it still holds, the next
// build with the same arguments, environment and directory is done.
//
// The record is made below the code that loads and compiles: the functions of
// node:fs note what they are asked, so that no reader of a file can be forgotten.
// What cannot be noted (asynchronous reads, child processes, a program that printed
// something) makes no record. Files are compared by size, times and inode; a file
// that changed so shortly before it was read that its times could miss a second
// change makes no record either.

import { createHash } from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import childProcess from "node:child_process";
import { dirname, join, resolve } from "node:path";

/** Changes whenever the record's layout or meaning does. */
const Version = 1;
/** Milliseconds: a file changed less than this before it was read may change again with the same times. */
const Racy = 50;
/** Records that stay. */
const KeptRecords = 300;
/** Variables that say nothing about a build. */
const ignoredVariables: ReadonlySet<string> = new Set(["_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES", "NODE_COMPILE_CACHE"]);

/** What is known of a path: a file's stamp, a directory's stamp and listing, or whether something is there. */
type Fact =
	| { kind: "file"; stamp: string }
	| { kind: "listing"; stamp: string; names: string }
	| { kind: "dir" }
	| { kind: "there" }
	| { kind: "absent" };

interface Stored {
	version: number;
	facts: Record<string, Fact>;
	/** What symbolic links led to. */
	links: Record<string, string>;
	/** Files that were written, with their stamps. */
	outputs: Record<string, string>;
}

function sha(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}

function stampOf(s: fs.Stats): string {
	return `${s.size} ${s.mtimeMs} ${s.ctimeMs} ${s.ino} ${s.mode}`;
}

function listing(entries: readonly fs.Dirent[], without: ReadonlySet<string>): string {
	return sha(
		entries
			.filter((e) => !without.has(join(e.parentPath, e.name)))
			.map((e) => `${e.isDirectory() ? "d" : e.isFile() ? "f" : "o"}${e.name}`)
			.sort()
			.join("\n"),
	);
}

/** Where records are kept: in the build cache, found without reading the Go installation. null = no cache. */
function recordFolder(vars: Readonly<Record<string, string | undefined>>): string | null {
	const home = vars.HOME ?? "";
	const file = vars.GOENV || join(vars.XDG_CONFIG_HOME || join(home, ".config"), "go", "env");
	let written = "";
	try {
		if (file !== "off") written = /^GOCACHE=(.*)$/m.exec(fs.readFileSync(file, "utf8"))?.[1].trim() ?? "";
	} catch {
		// No settings.
	}
	const cache = vars.GOCACHE || written || join(vars.XDG_CACHE_HOME || join(home, ".cache"), "go-build");
	return cache === "off" ? null : join(cache, "tsugo", "builds");
}

function recordFile(vars: Readonly<Record<string, string | undefined>>, args: readonly string[]): string | null {
	const folder = recordFolder(vars);
	if (folder === null) return null;
	const env = Object.keys(vars)
		.filter((name) => !ignoredVariables.has(name))
		.sort()
		.map((name) => `${name}=${vars[name]}`);
	const self = stampOf(fs.statSync(process.argv[1]));
	return join(folder, sha(JSON.stringify([Version, process.argv[1], self, process.version, process.cwd(), args, env])));
}

/** Whether one of the arguments, or of GOFLAGS, asks for a build in any case. */
function forced(vars: Readonly<Record<string, string | undefined>>, args: readonly string[]): boolean {
	const words = [...args, ...(vars.GOFLAGS ?? "").split(/\s+/)];
	return words.some((w) => /^--?(a|n|x|v|time|work|json|debug-actiongraph|debug-trace)(=|$)/.test(w));
}

function load(file: string): Stored | null {
	try {
		const text = fs.readFileSync(file, "utf8");
		const body = text.slice(65);
		if (text.slice(0, 64) !== sha(body)) return null;
		const stored = JSON.parse(body) as Stored;
		return stored.version === Version ? stored : null;
	} catch {
		return null;
	}
}

function holds(path: string, s: fs.Stats | undefined, fact: Fact, outputs: ReadonlySet<string>): boolean {
	switch (fact.kind) {
		case "absent":
			return s === undefined;
		case "there":
			return s !== undefined;
		case "dir":
			return s?.isDirectory() === true;
		case "file":
			return s !== undefined && stampOf(s) === fact.stamp;
		case "listing":
			if (s === undefined || !s.isDirectory()) return false;
			return stampOf(s) === fact.stamp || listing(fs.readdirSync(path, { withFileTypes: true }), outputs) === fact.names;
	}
}

/** What comparing with an earlier build's record found. */
export interface RecordCheck {
	/** Whether that build did all there is to do. */
	done: boolean;
	/** Files and directories that are what they were, for a build that follows at once: it need not ask for them again. */
	unchanged: ReadonlyMap<string, fs.Stats>;
}

/** Compares with the record of an earlier build with these arguments. */
export function checkRecord(vars: Readonly<Record<string, string | undefined>>, args: readonly string[]): RecordCheck {
	const unchanged = new Map<string, fs.Stats>();
	if (forced(vars, args)) return { done: false, unchanged };
	try {
		const file = recordFile(vars, args);
		const stored = file === null ? null : load(file);
		return { done: stored !== null && compare(stored, unchanged), unchanged };
	} catch {
		return { done: false, unchanged };
	}
}

function compare(stored: Stored, unchanged: Map<string, fs.Stats>): boolean {
	let same = true;
	const stat = (path: string): fs.Stats | undefined => fs.statSync(path, { throwIfNoEntry: false });
	for (const [path, stamp] of Object.entries(stored.outputs)) {
		const s = stat(path);
		if (s === undefined || stampOf(s) !== stamp) same = false;
	}
	const outputs = new Set(Object.keys(stored.outputs));
	for (const [path, fact] of Object.entries(stored.facts)) {
		const s = stat(path);
		if (!holds(path, s, fact, outputs)) same = false;
		else if (s !== undefined && fact.kind === "file") unchanged.set(path, s);
	}
	return same && Object.entries(stored.links).every(([path, target]) => fs.realpathSync(path) === target);
}

/** Removes the oldest of many records. */
function trim(folder: string): void {
	const files = fs
		.readdirSync(folder)
		.map((name) => ({ path: join(folder, name), time: fs.statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
		.sort((a, b) => b.time - a.time);
	for (const f of files.slice(KeptRecords)) fs.rmSync(f.path, { force: true });
}

type AnyFunction = (...args: never[]) => unknown;
type Patchable = Record<string, AnyFunction>;

/** Notes what the process asks of the file system from now on. */
export class BuildRecorder {
	private readonly file: string | null;
	private readonly folder: string;
	private readonly facts = new Map<string, Fact>();
	private readonly links = new Map<string, string>();
	/** What the directories that were listed held. */
	private readonly listings = new Map<string, fs.Dirent[]>();
	/** Files whose content was read. */
	private readonly read = new Set<string>();
	private readonly outputs = new Set<string>();
	private useless = false;
	private readonly stat = fs.statSync;
	private readonly list = fs.readdirSync;
	private readonly restore: (() => void)[] = [];
	private readonly unchanged: ReadonlyMap<string, fs.Stats>;

	/** unchanged: what need not be asked for again (RecordCheck). */
	constructor(
		vars: Readonly<Record<string, string | undefined>>,
		args: readonly string[],
		unchanged: ReadonlyMap<string, fs.Stats> = new Map(),
	) {
		this.unchanged = unchanged;
		this.file = forced(vars, args) ? null : recordFile(vars, args);
		this.folder = this.file === null ? "" : dirname(dirname(this.file));
		if (this.file !== null) this.install();
	}

	private ours(path: string): boolean {
		return path.startsWith(`${this.folder}/`) || path === this.folder;
	}

	private path(p: unknown): string | null {
		if (typeof p === "string") return resolve(p);
		if (p instanceof URL && p.protocol === "file:") return decodeURIComponent(p.pathname);
		this.useless = true;
		return null;
	}

	/** Keeps the stronger of two facts about a path; facts that disagree make the record useless. */
	private note(path: string, fact: Fact): void {
		if (this.ours(path) || this.outputs.has(path)) return;
		const old = this.facts.get(path);
		if (old === undefined || old.kind === "there" || (old.kind === "dir" && fact.kind === "listing")) this.facts.set(path, fact);
		else if (fact.kind === "absent" ? old.kind !== "absent" : old.kind === "absent") this.useless = true;
		else if (fact.kind === "file" && old.kind === "file" && fact.stamp !== old.stamp) this.useless = true;
	}

	private noteStat(path: string): void {
		if (this.facts.get(path)?.kind === "file") return;
		const s = this.stat(path, { throwIfNoEntry: false });
		if (s === undefined) this.note(path, { kind: "absent" });
		else if (s.isDirectory()) this.note(path, { kind: "dir" });
		else {
			if (Math.max(s.mtimeMs, s.ctimeMs) > Date.now() - Racy && !this.ours(path)) this.useless = true;
			this.note(path, { kind: "file", stamp: stampOf(s) });
		}
	}

	private noteRead(path: string): void {
		this.read.add(path);
		this.noteStat(path);
	}

	private noteListing(path: string): void {
		if (this.facts.get(path)?.kind === "listing" || this.ours(path)) return;
		const s = this.stat(path, { throwIfNoEntry: false });
		if (s === undefined || !s.isDirectory()) this.noteStat(path);
		else {
			// What the build replaces in it is only known at the end.
			this.listings.set(path, this.list(path, { withFileTypes: true }));
			this.note(path, { kind: "listing", stamp: "", names: "" });
		}
	}

	private install(): void {
		const on = (target: object, name: string, before: (...args: unknown[]) => void): void => {
			const table = target as Patchable;
			const original = table[name];
			const patched = (...args: never[]): unknown => {
				if (!inside) {
					inside = true;
					try {
						before(...args);
					} catch {
						this.useless = true;
					} finally {
						inside = false;
					}
				}
				return original.apply(target, args);
			};
			// realpathSync.native and the like.
			table[name] = Object.assign(patched as AnyFunction, original);
			this.restore.push(() => {
				table[name] = original;
			});
		};
		let inside = false;
		const each = (names: readonly string[], what: (path: string) => void): void => {
			for (const name of names)
				on(fs, name, (p) => {
					const path = this.path(p);
					if (path !== null) what(path);
				});
		};
		each(["statSync"], (p) => this.noteStat(p));
		this.answerStats();
		each(["readFileSync"], (p) => this.noteRead(p));
		each(["existsSync", "accessSync"], (p) => {
			const s = this.stat(p, { throwIfNoEntry: false });
			this.note(p, { kind: s === undefined ? "absent" : "there" });
		});
		each(["readdirSync"], (p) => this.noteListing(p));
		each(["realpathSync", "lstatSync", "readlinkSync"], (p) => {
			this.noteStat(p);
			// What the cache has of its own, leases say, comes and goes.
			if (!this.ours(p) && fs.existsSync(p)) this.links.set(p, fs.realpathSync(p));
		});
		on(fs, "renameSync", (_, to) => this.wrote(to));
		on(fs, "writeFileSync", (p) => this.wrote(p));
		on(fs, "openSync", (p, flags) => {
			// Flags as a number: what is read decides on an error at most (writeExecutable looks at what it replaces).
			if (flags === fs.constants.O_RDONLY) return;
			const path = this.path(p);
			if (path !== null && (flags === undefined || flags === "r")) this.noteRead(path);
			else this.wrote(p);
		});
		const spoil = (target: object, names: readonly string[]): void => {
			for (const name of names)
				on(target, name, () => {
					this.useless = true;
				});
		};
		spoil(fs, ["readFile", "readdir", "stat", "createReadStream", "opendirSync", "opendir", "copyFileSync", "linkSync", "symlinkSync"]);
		spoil(fs.promises, ["readFile", "readdir", "stat", "lstat", "access", "open", "opendir", "realpath", "copyFile"]);
		spoil(childProcess, ["spawn", "exec", "execFile", "fork", "spawnSync", "execSync", "execFileSync"]);
		spoil(process.stderr, ["write"]);
		spoil(process.stdout, ["write"]);
		syncBuiltinESMExports();
	}

	/** Asks for nothing that has been compared a moment ago, unless the build has written it since. */
	private answerStats(): void {
		if (this.unchanged.size === 0) return;
		const ask = fs.statSync;
		const patched = (path: fs.PathLike, options?: fs.StatSyncOptions): unknown => {
			const known = typeof path === "string" && options?.bigint !== true && !this.outputs.has(path) ? this.unchanged.get(path) : undefined;
			if (known === undefined) return ask(path, options);
			if (!this.facts.has(path as string)) this.note(path as string, { kind: "file", stamp: stampOf(known) });
			return known;
		};
		(fs as unknown as Patchable).statSync = patched as unknown as AnyFunction;
		this.restore.push(() => {
			(fs as unknown as Patchable).statSync = ask as unknown as AnyFunction;
		});
	}

	private wrote(p: unknown): void {
		const path = this.path(p);
		if (path === null || this.ours(path)) return;
		if (this.read.has(path)) this.useless = true;
		this.outputs.add(path);
		this.facts.delete(path);
	}

	/** Ends the recording; keeps it when the build succeeded. Not being able to write it is no error. */
	finish(succeeded: boolean): void {
		for (const undo of this.restore.reverse()) undo();
		syncBuiltinESMExports();
		if (this.file === null || !succeeded || this.useless) return;
		const outputs: Record<string, string> = {};
		for (const path of this.outputs) {
			// Files that were moved to their place are gone.
			const s = fs.statSync(path, { throwIfNoEntry: false });
			if (s !== undefined) outputs[path] = stampOf(s);
		}
		const facts: Record<string, Fact> = {};
		for (const [path, fact] of this.facts) {
			if (fact.kind !== "listing") {
				facts[path] = fact;
				continue;
			}
			// Writing the program may have changed its directory; what else is in it must not have.
			const s = fs.statSync(path, { throwIfNoEntry: false });
			const names = listing(this.listings.get(path) ?? [], this.outputs);
			if (s === undefined || listing(fs.readdirSync(path, { withFileTypes: true }), this.outputs) !== names) return;
			facts[path] = { kind: "listing", stamp: stampOf(s), names };
		}
		const body = JSON.stringify({ version: Version, facts, links: Object.fromEntries(this.links), outputs } satisfies Stored);
		const aside = `${this.file}.${process.pid}`;
		try {
			fs.mkdirSync(dirname(this.file), { recursive: true });
			fs.writeFileSync(aside, `${sha(body)}\n${body}`);
			fs.renameSync(aside, this.file);
			if (Date.now() % 16 === 0) trim(dirname(this.file));
		} catch {
			fs.rmSync(aside, { force: true });
		}
	}
}
