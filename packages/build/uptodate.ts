// A build that has nothing to do: what a successful `tsugo build` asked of the file system and of version control, and what it wrote,
// is recorded (recorder.ts), and when all of it still holds, the next build with the same arguments, environment and directory is
// done. Files are compared by size, times and inode.
//
// This runs before anything else is loaded. Node's own modules cost more than the comparison: `process.getBuiltinModule` leaves out
// what an import statement would fill in, and neither crypto nor child_process is loaded unless there is a use for it.

import type fs from "node:fs";

const { readFileSync, readdirSync, realpathSync, statSync } = process.getBuiltinModule("node:fs");
const { join } = process.getBuiltinModule("node:path");

/** Changes whenever the record's layout or meaning does. */
const Version = 2;
/** Variables that say nothing about a build. */
const ignoredVariables: ReadonlySet<string> = new Set(["_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES", "NODE_COMPILE_CACHE"]);

type Variables = Readonly<Record<string, string | undefined>>;

/** What is known of a path: a file's stamp, a directory's stamp and listing, or whether something is there. */
export type Fact =
	| { kind: "file"; stamp: string }
	| { kind: "listing"; stamp: string; names: string }
	| { kind: "dir" }
	| { kind: "there" }
	| { kind: "absent" };

/** A program that a build ran, and what it printed. */
export interface CommandFact {
	file: string;
	args: readonly string[];
	cwd: string;
	output: string;
}

export interface BuildRecord {
	/** Everything that chooses the record. */
	key: string;
	facts: Record<string, Fact>;
	/** What symbolic links led to. */
	links: Record<string, string>;
	commands: CommandFact[];
	/** Files that were written, with their stamps. */
	outputs: Record<string, string>;
}

/** Where the record of builds with some arguments is, and its key. */
export interface RecordPlace {
	file: string;
	key: string;
}

/** What comparing with an earlier build's record found. */
export interface RecordCheck {
	/** Whether that build did all there is to do. */
	done: boolean;
	/** Files that are what they were, for a build that follows at once: it need not ask for them again. */
	unchanged: ReadonlyMap<string, fs.Stats>;
	/** Where this build's record goes; null when it leaves none. */
	place: RecordPlace | null;
}

/** Two sums of 32 bits over words of 32 bits, as text: tells damage and different keys, not malice. */
export function checksum(bytes: Uint8Array): string {
	const n = bytes.length >> 2;
	const words =
		bytes.byteOffset % 4 === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, n) : new Uint32Array(bytes.slice(0, 4 * n).buffer);
	let a = 0x811c9dc5 ^ bytes.length;
	let b = 0x1b873593;
	for (let i = 0; i < n; i++) {
		a = Math.imul(a ^ words[i], 0x01000193);
		a ^= a >>> 15;
		b = Math.imul(b ^ words[i], 0x85ebca6b);
		b ^= b >>> 13;
	}
	for (let i = 4 * n; i < bytes.length; i++) {
		a = Math.imul(a ^ bytes[i], 0x01000193);
		b = Math.imul(b ^ bytes[i], 0x85ebca6b);
	}
	const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, "0");
	return hex(a ^ (a >>> 16)) + hex(b ^ (b >>> 16));
}

export const checksumSize = 16;

export function stampOf(s: fs.Stats): string {
	return `${s.size} ${s.mtimeMs} ${s.ctimeMs} ${s.ino} ${s.mode}`;
}

/** What a directory holds, as text. */
export function listing(entries: readonly fs.Dirent[], without: ReadonlySet<string>): string {
	return entries
		.filter((e) => !without.has(join(e.parentPath, e.name)))
		.map((e) => `${e.isDirectory() ? "d" : e.isFile() ? "f" : "o"}${e.name}`)
		.sort()
		.join("\n");
}

/** Where records are kept: in the build cache, found without reading the Go installation. null = no cache. */
function recordFolder(vars: Variables): string | null {
	const home = vars.HOME ?? "";
	const file = vars.GOENV || join(vars.XDG_CONFIG_HOME || join(home, ".config"), "go", "env");
	let written = "";
	try {
		if (file !== "off") written = /^GOCACHE=(.*)$/m.exec(readFileSync(file, "utf8"))?.[1].trim() ?? "";
	} catch {
		// No settings.
	}
	const cache = vars.GOCACHE || written || join(vars.XDG_CACHE_HOME || join(home, ".cache"), "go-build");
	return cache === "off" ? null : join(cache, "tsugo", "builds");
}

function recordPlace(vars: Variables, args: readonly string[]): RecordPlace | null {
	if (forced(vars, args)) return null;
	const folder = recordFolder(vars);
	if (folder === null) return null;
	const env = Object.keys(vars)
		.filter((name) => !ignoredVariables.has(name))
		.sort()
		.map((name) => `${name}=${vars[name]}`);
	const self = stampOf(statSync(process.argv[1]));
	const key = JSON.stringify([Version, process.argv[1], self, process.version, process.cwd(), args, env]);
	return { file: join(folder, checksum(new TextEncoder().encode(key))), key };
}

/** Whether one of the arguments, or of GOFLAGS, asks for a build in any case. */
function forced(vars: Variables, args: readonly string[]): boolean {
	const words = [...args, ...(vars.GOFLAGS ?? "").split(/\s+/)];
	return words.some((w) => /^--?(a|n|x|v|time|work|json|debug-actiongraph|debug-trace)(=|$)/.test(w));
}

function load(place: RecordPlace): BuildRecord | null {
	try {
		const bytes = readFileSync(place.file);
		const body = bytes.subarray(checksumSize);
		if (bytes.toString("latin1", 0, checksumSize) !== checksum(body)) return null;
		const record = JSON.parse(body.toString()) as BuildRecord;
		return record.key === place.key ? record : null;
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
			return stampOf(s) === fact.stamp || listing(readdirSync(path, { withFileTypes: true }), outputs) === fact.names;
	}
}

/** Compares with the record of an earlier build with these arguments. */
export function checkRecord(vars: Variables, args: readonly string[]): RecordCheck {
	const unchanged = new Map<string, fs.Stats>();
	let place: RecordPlace | null = null;
	try {
		place = recordPlace(vars, args);
		const record = place === null ? null : load(place);
		return { done: record !== null && compare(record, unchanged), unchanged, place };
	} catch {
		return { done: false, unchanged, place };
	}
}

function compare(record: BuildRecord, unchanged: Map<string, fs.Stats>): boolean {
	let same = true;
	const stat = (path: string): fs.Stats | undefined => statSync(path, { throwIfNoEntry: false });
	for (const path in record.outputs) {
		const s = stat(path);
		if (s === undefined || stampOf(s) !== record.outputs[path]) same = false;
	}
	const outputs = new Set(Object.keys(record.outputs));
	for (const path in record.facts) {
		const fact = record.facts[path];
		const s = stat(path);
		if (!holds(path, s, fact, outputs)) same = false;
		else if (s !== undefined && fact.kind === "file") unchanged.set(path, s);
	}
	for (const path in record.links) if (same && realpathSync(path) !== record.links[path]) same = false;
	return same && record.commands.every(saysTheSame);
}

function saysTheSame(c: CommandFact): boolean {
	const { execFileSync } = process.getBuiltinModule("node:child_process");
	return (
		execFileSync(c.file, c.args, { cwd: c.cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 }) === c.output
	);
}
