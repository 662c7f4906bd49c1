// Makes the record of a build (uptodate.ts), below the code that loads and compiles: the functions of node:fs note what they are
// asked, so that no reader of a file can be forgotten. What cannot be noted (asynchronous reads, programs that run on, a program that
// printed something) makes no record; neither does a file that changed so shortly before it was read that its times could miss a
// second change.

import childProcess, { type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join, resolve } from "node:path";
import {
	type BuildRecord,
	checksum,
	type CommandFact,
	type Fact,
	listing,
	type RecordCheck,
	type RecordPlace,
	stampOf,
} from "./uptodate.ts";

/** Milliseconds: a file changed less than this before it was read may change again with the same times. */
const Racy = 50;
/** Records that stay. */
const KeptRecords = 300;

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

/** An absolute path that resolve leaves as it is. */
function isClean(path: string): boolean {
	return path.charCodeAt(0) === 0x2f && !path.includes("//") && !path.includes("/.") && (path.length === 1 || !path.endsWith("/"));
}

/** Notes what the process asks of the file system from now on. */
export class BuildRecorder {
	private readonly place: RecordPlace | null;
	private readonly folder: string;
	private readonly commands: CommandFact[] = [];
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

	constructor({ place, unchanged }: RecordCheck) {
		this.place = place;
		this.unchanged = unchanged;
		this.folder = place === null ? "" : dirname(dirname(place.file));
		if (place !== null) this.install();
	}

	private ours(path: string): boolean {
		return path.startsWith(`${this.folder}/`) || path === this.folder;
	}

	private path(p: unknown): string | null {
		if (typeof p === "string") return isClean(p) ? p : resolve(p);
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
		this.watchPrograms(spoil);
		spoil(process.stderr, ["write"]);
		spoil(process.stdout, ["write"]);
		syncBuiltinESMExports();
	}

	/** Programs that print something and are done are asked again by the check; others make no record. */
	private watchPrograms(spoil: (target: object, names: readonly string[]) => void): void {
		spoil(childProcess, ["spawn", "exec", "execFile", "fork", "spawnSync", "execSync"]);
		const table = childProcess as unknown as Patchable;
		const original = childProcess.execFileSync;
		table.execFileSync = ((file: string, args: readonly string[], o: ExecFileSyncOptionsWithStringEncoding): string => {
			const output = original(file, args, o);
			const { cwd, encoding, env, input } = o;
			if (encoding === "utf8" && typeof cwd === "string" && env === undefined && input === undefined)
				this.commands.push({ file, args, cwd, output });
			else this.useless = true;
			return output;
		}) as unknown as AnyFunction;
		this.restore.push(() => {
			table.execFileSync = original as unknown as AnyFunction;
		});
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
		const { place } = this;
		if (place === null || !succeeded || this.useless) return;
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
		const record: BuildRecord = { key: place.key, facts, links: Object.fromEntries(this.links), commands: this.commands, outputs };
		const body = new TextEncoder().encode(JSON.stringify(record));
		const aside = `${place.file}.${process.pid}`;
		try {
			fs.mkdirSync(dirname(place.file), { recursive: true });
			fs.writeFileSync(aside, Buffer.concat([new TextEncoder().encode(checksum(body)), body]));
			fs.renameSync(aside, place.file);
			if (Date.now() % 16 === 0) trim(dirname(place.file));
		} catch {
			fs.rmSync(aside, { force: true });
		}
	}
}
