// The headers of GOROOT's packages, remembered: which files a package has, what they
// import. An entry holds while its directory and each of its files have the stamps
// (size, times) that they had when they were read; reading a thousand file headers
// becomes as many stats. One JSON file per set of options, written aside and renamed.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ImportRef, Package } from "./package.ts";
import { markUsed } from "./cachetrim.ts";

/** Changes whenever the meaning of an entry does: what scanDir finds in a directory. */
const Version = 3;
/** A directory that changed less than this many milliseconds ago may change again with the same times. */
const Racy = 100;

type RefRow = [path: string, file: string, line: number, col: number];
type ListName = { [K in keyof Package]: Package[K] extends string[] ? K : never }[keyof Package];
type RefName = { [K in keyof Package]: Package[K] extends ImportRef[] ? K : never }[keyof Package];

const lists: readonly ListName[] = [
	"goFiles",
	"cgoFiles",
	"testGoFiles",
	"xtestGoFiles",
	"sFiles",
	"hFiles",
	"ignoredGoFiles",
	"ignoredOtherFiles",
	"sysoFiles",
	"cFiles",
	"cxxFiles",
	"mFiles",
	"fFiles",
	"swigFiles",
	"swigCxxFiles",
	"invalidGoFiles",
];
const refs: readonly RefName[] = ["embedPatterns", "testEmbedPatterns", "xtestEmbedPatterns", "imports", "testImports", "xtestImports"];

interface Entry {
	/** Of the directory. */
	stamp: string;
	/** Of its files, by name. */
	files: Record<string, string>;
	name: string;
	lists: string[][];
	refs: RefRow[][];
}

/** Size and time of a file. */
export function fileStamp(path: string): string {
	const s = statSync(path);
	return `${s.size} ${s.mtimeMs}`;
}

export class StdIndex {
	private readonly file: string;
	private readonly entries: Map<string, Entry>;
	/** Stamps of files that were compared in this process, by directory. */
	private readonly fresh = new Map<string, Readonly<Record<string, string>>>();
	private changed = false;

	/** key: everything besides the files that decides what a scan finds. */
	constructor(cacheDir: string, key: string) {
		this.file = join(cacheDir, `index-${createHash("sha256").update(`${Version} ${key}`).digest("hex").slice(0, 32)}.json`);
		this.entries = this.load();
	}

	private load(): Map<string, Entry> {
		try {
			const text = readFileSync(this.file, "utf8");
			markUsed(this.file, statSync(this.file).mtimeMs);
			const body = text.slice(65);
			if (createHash("sha256").update(body).digest("hex") === text.slice(0, 64))
				return new Map(Object.entries(JSON.parse(body) as Record<string, Entry>));
		} catch {
			// None, or damaged: as good as none.
		}
		return new Map();
	}

	/** The package in dir, from its entry or by scanning. */
	package(dir: string, scan: () => Package, empty: () => Package): Package {
		const known = this.entries.get(dir);
		if (known !== undefined && this.holds(dir, known)) return decode(dir, known, empty());
		const before = Date.now();
		const pkg = scan();
		if (pkg.errors.length > 0) return pkg;
		const entry = encode(dir, pkg);
		this.fresh.set(dir, entry.files);
		if (before - statSync(dir).mtimeMs < Racy) return pkg;
		this.entries.set(dir, entry);
		this.changed = true;
		return pkg;
	}

	private holds(dir: string, e: Entry): boolean {
		try {
			if (fileStamp(dir) !== e.stamp) return false;
			for (const name in e.files) if (fileStamp(`${dir}/${name}`) !== e.files[name]) return false;
		} catch {
			return false;
		}
		this.fresh.set(dir, e.files);
		return true;
	}

	/** The stamp of a file, without asking again for what was compared already. */
	stamp(dir: string, name: string): string {
		return this.fresh.get(dir)?.[name] ?? fileStamp(join(dir, name));
	}

	/** Keeps what was scanned. Not being able to is no error. */
	save(): void {
		if (!this.changed) return;
		this.changed = false;
		const body = JSON.stringify(Object.fromEntries(this.entries));
		const aside = `${this.file}.${process.pid}`;
		try {
			mkdirSync(dirname(this.file), { recursive: true });
			writeFileSync(aside, `${createHash("sha256").update(body).digest("hex")}\n${body}`);
			renameSync(aside, this.file);
		} catch {
			rmSync(aside, { force: true });
		}
	}
}

function encode(dir: string, pkg: Package): Entry {
	const files: Record<string, string> = {};
	for (const e of readdirSync(dir, { withFileTypes: true })) if (!e.isDirectory()) files[e.name] = fileStamp(join(dir, e.name));
	return {
		stamp: fileStamp(dir),
		files,
		name: pkg.name,
		lists: lists.map((l) => pkg[l]),
		refs: refs.map((r) => pkg[r].map(({ path, pos }): RefRow => [path, pos.file.slice(dir.length + 1), pos.line, pos.col])),
	};
}

function decode(dir: string, e: Entry, into: Package): Package {
	into.name = e.name;
	for (let i = 0; i < lists.length; i++) into[lists[i]] = e.lists[i];
	for (let i = 0; i < refs.length; i++)
		into[refs[i]] = e.refs[i].map(([path, file, line, col]) => ({ path, pos: { file: `${dir}/${file}`, line, col } }));
	return into;
}
