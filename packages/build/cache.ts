// The function cache, first version: symbols of the standard library, kept in one
// file per compiler, GOROOT and set of options. The file's header records a digest
// of each standard package whose symbols are in it; when one of those that a
// program loads has changed, the file is not used.
//
// Layout: magic, size and SHA-256 of the front; front: header (JSON), ends and CRC-32
// of the entries, their names; entries as compile/store.ts encodes them. Written
// aside and renamed; a damaged file or entry is as good as none.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, FormatError } from "#base";
import { type CachedSymbol, decodeSymbol, encodeSymbol, type ParamTag, type SymbolStore } from "#compile";
import { type Abi, CodecVersion, decodeFragment, encodeFragment, type Fragment } from "#object";

const Magic = "tsugo-symbols\n";
/** Changes whenever the layout does. */
const FileVersion = 2;
/** Symbol files of other compilers and settings that stay, and for how long. */
const KeptFiles = 12;
const KeptDays = 10;

/** What a cache file holds for; everything that the code of a standard package depends on besides its files. */
export interface CacheKey {
	goVersion: string;
	goos: string;
	goarch: string;
	experiments: string[];
	tags: string[];
	trimpath: boolean;
	/** Flags of standard packages that change their code. */
	gcflags: string[];
	/** Of this compiler. */
	compiler: string;
}

interface Header {
	key: CacheKey;
	/** Digest of each standard package by import path. */
	packages: Record<string, string>;
}

function sha(text: string | Uint8Array): string {
	return createHash("sha256").update(text).digest("hex");
}

/** Folders of the sources whose code has no part in making a symbol. */
const notCompiler: ReadonlySet<string> = new Set([
	...["test", "node_modules", "cmd", "link", "elf", "dwarf", "proc", "debugger", "bininfo", "profile", "pprof", "modfile", "template"],
]);

/** Identifies the code that is running: names, sizes and times of its files. */
export function compilerId(): string {
	const here = import.meta.dirname;
	const bundled = import.meta.filename.endsWith(".mjs");
	const rows: string[] = [];
	const walk = (dir: string): void => {
		for (const e of readdirSync(dir, { withFileTypes: true })) {
			const path = join(dir, e.name);
			if (e.isDirectory()) {
				if (!notCompiler.has(e.name)) walk(path);
			} else if (e.name.endsWith(bundled ? ".mjs" : ".ts")) {
				const s = statSync(path);
				rows.push(`${e.name} ${s.size} ${s.mtimeMs}`);
			}
		}
	};
	walk(bundled ? here : join(here, ".."));
	return sha(rows.sort().join("\n"));
}

/** Digest of a package's files by name and stamp (size and time). */
export function filesDigest(names: readonly string[], stampOf: (name: string) => string): string {
	return sha(names.map((n) => `${n} ${stampOf(n)}`).join("\n"));
}

/**
 * A name that contains the path of one of the program's own packages does not belong here: after anything that is no part of a
 * path, or after the prefix of a symbol that belongs to a type (`type:.eq.`, `go:itab.`).
 */
export function userPattern(prefixes: readonly string[]): RegExp {
	const escaped = prefixes.map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`(?:^|[^\\w./%-]|:\\.?[a-z]+\\.)(?:${escaped.join("|")})\\.`);
}

export class DiskStore implements SymbolStore {
	private readonly file: string;
	private readonly header: Header;
	private readonly user: RegExp;
	/** Of the file: entries by key, where each begins and ends in body, and its CRC-32. */
	private readonly index = new Map<string, number>();
	private names: readonly string[] = [];
	private ends: Uint32Array = new Uint32Array(0);
	private sums: Uint32Array = new Uint32Array(0);
	private body: Uint8Array = new Uint8Array(0);
	/** Entries that this build adds. */
	private readonly added = new Map<string, Uint8Array>();
	private readonly tags = new Map<string, readonly ParamTag[] | null>();
	private readonly asked = new Map<string, CachedSymbol | null>();
	private readonly covered = new Map<string, boolean>();

	/** userPackages: linker prefixes of packages outside GOROOT; standard: digests of the standard packages that the program loads. */
	constructor(dir: string, key: CacheKey, userPackages: readonly string[], standard: ReadonlyMap<string, string>) {
		this.file = join(dir, `std-${sha(JSON.stringify([CodecVersion, FileVersion, key])).slice(0, 32)}.symbols`);
		this.header = { key, packages: Object.fromEntries(standard) };
		this.user = userPattern(userPackages);
		this.load(standard);
	}

	private load(standard: ReadonlyMap<string, string>): void {
		let bytes: Uint8Array;
		try {
			const read = readFileSync(this.file);
			bytes = new Uint8Array(read.buffer, read.byteOffset, read.length);
		} catch {
			return;
		}
		try {
			const r = new ByteReader(bytes);
			if (r.str(Magic.length) !== Magic) throw new FormatError("not a symbol file", 0);
			const size = r.u32();
			const digest = r.bytes(32);
			const front = r.bytes(size);
			if (!createHash("sha256").update(front).digest().equals(digest)) throw new FormatError("bad checksum", 0);
			this.parseFront(new ByteReader(front), standard);
			this.body = r.bytes(r.left);
			if (this.ends.length > 0 && this.ends[this.ends.length - 1] > this.body.length) throw new FormatError("short file", 0);
		} catch (err) {
			if (!(err instanceof FormatError || err instanceof SyntaxError)) throw err;
			this.index.clear();
			rmSync(this.file, { force: true });
		}
	}

	private parseFront(r: ByteReader, standard: ReadonlyMap<string, string>): void {
		const header = JSON.parse(r.str(r.u32())) as Header;
		for (const [path, digest] of Object.entries(header.packages)) {
			const now = standard.get(path);
			if (now !== undefined && now !== digest) return;
		}
		Object.assign(this.header.packages, { ...header.packages, ...this.header.packages });
		const count = r.u32();
		const column = (): Uint32Array => new Uint32Array(r.bytes(4 * count).slice().buffer);
		const ends = column();
		this.sums = column();
		this.names = r.str(r.left).split("\u0000");
		if (count !== this.names.length && count > 0) throw new FormatError("names and entries differ in number", 0);
		for (let i = 0; i < count; i++) this.index.set(this.names[i], i);
		this.ends = ends;
	}

	/** An entry of the file; one that is damaged is as good as none. */
	private entry(key: string): Uint8Array | undefined {
		const i = this.index.get(key);
		if (i === undefined) return undefined;
		const bytes = this.body.subarray(i === 0 ? 0 : this.ends[i - 1], this.ends[i]);
		if (crc32(bytes) === this.sums[i]) return bytes;
		this.index.delete(key);
		return undefined;
	}

	covers(name: string): boolean {
		let known = this.covered.get(name);
		if (known === undefined) {
			known = !this.user.test(name);
			this.covered.set(name, known);
		}
		return known;
	}

	get(name: string, abi: Abi): CachedSymbol | null {
		const key = `${abi}${name}`;
		const known = this.asked.get(key);
		if (known !== undefined) return known;
		const bytes = this.entry(key);
		const symbol = bytes === undefined ? null : decodeSymbol(bytes);
		this.asked.set(key, symbol);
		return symbol;
	}

	put(name: string, abi: Abi, symbol: CachedSymbol, bytes: Uint8Array | null): void {
		const w = new ByteWriter((bytes?.length ?? 256) + 256);
		encodeSymbol(symbol, w, bytes);
		this.added.set(`${abi}${name}`, w.take());
	}

	private json(key: string): unknown {
		const bytes = this.entry(key);
		return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
	}

	private addText(key: string, text: string): void {
		this.added.set(key, new TextEncoder().encode(text));
	}

	getTags(key: string): readonly ParamTag[] | null {
		const known = this.tags.get(key);
		if (known !== undefined) return known;
		const tags = (this.json(`tags ${key}`) as ParamTag[] | undefined) ?? null;
		this.tags.set(key, tags);
		return tags;
	}

	putTags(key: string, tags: readonly ParamTag[]): void {
		this.addText(`tags ${key}`, JSON.stringify(tags));
	}

	getCost(key: string): number | null | undefined {
		return this.json(`cost ${key}`) as number | null | undefined;
	}

	putCost(key: string, cost: number | null): void {
		this.addText(`cost ${key}`, JSON.stringify(cost));
	}

	/** A short text about a standard package. */
	getNote(key: string): string | null {
		const bytes = this.entry(`note ${key}`);
		return bytes === undefined ? null : new TextDecoder().decode(bytes);
	}

	putNote(key: string, text: string): void {
		if (!this.index.has(`note ${key}`)) this.addText(`note ${key}`, text);
	}

	/** The assembled files of a standard package. */
	getAssembly(path: string): Fragment[] | null {
		const bytes = this.entry(`asm ${path}`);
		if (bytes === undefined) return null;
		const r = new ByteReader(bytes);
		const out: Fragment[] = [];
		while (r.left > 0) out.push(decodeFragment(r));
		return out;
	}

	putAssembly(path: string, fragments: readonly Fragment[]): void {
		const w = new ByteWriter(1 << 16);
		for (const f of fragments) encodeFragment(f, w);
		this.added.set(`asm ${path}`, w.take());
	}

	/** Writes the file when symbols were added. Failing to is no error: the next build starts without them. */
	save(): void {
		if (this.added.size === 0) return;
		const all = new Map<string, Uint8Array>();
		for (const key of this.index.keys()) {
			const bytes = this.entry(key);
			if (bytes !== undefined) all.set(key, bytes);
		}
		for (const [key, bytes] of this.added) all.set(key, bytes);
		const front = new ByteWriter(1 << 20);
		const header = new TextEncoder().encode(JSON.stringify(this.header));
		front.u32(header.length);
		front.bytes(header);
		front.u32(all.size);
		let end = 0;
		for (const b of all.values()) front.u32((end += b.length));
		for (const b of all.values()) front.u32(crc32(b));
		front.bytes(new TextEncoder().encode([...all.keys()].join("\u0000")));
		const w = new ByteWriter(front.len + end + 64);
		w.str(Magic);
		w.u32(front.len);
		w.bytes(createHash("sha256").update(front.view8()).digest());
		w.bytes(front.view8());
		for (const b of all.values()) w.bytes(b);
		const aside = `${this.file}.${process.pid}`;
		try {
			mkdirSync(dirname(this.file), { recursive: true });
			writeFileSync(aside, w.view8());
			renameSync(aside, this.file);
			trim(dirname(this.file), basename(this.file));
		} catch {
			rmSync(aside, { force: true });
		}
	}
}

/** Removes symbol files that nothing has written for long, or that are many: of other compilers and settings. */
function trim(dir: string, own: string): void {
	const files = readdirSync(dir)
		.filter((name) => /^std-.*\.symbols/.test(name) && name !== own)
		.map((name) => ({ name, time: statSync(join(dir, name)).mtimeMs }))
		.sort((a, b) => b.time - a.time);
	files.forEach((f, i) => {
		if (i >= KeptFiles || Date.now() - f.time > KeptDays * 86_400_000) rmSync(join(dir, f.name), { force: true });
	});
}
