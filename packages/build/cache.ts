// The function cache, first version: symbols of the standard library, kept in one
// file per compiler, GOROOT and set of options. The file's header records a digest
// of each standard package whose symbols are in it; when one of those that a
// program loads has changed, the file is not used.
//
// Layout: magic, header (JSON), index (names, offsets), symbols as
// compile/store.ts encodes them, and the SHA-256 of everything before. Written
// aside and renamed; a damaged file is as good as none.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ByteReader, ByteWriter, FormatError } from "#base";
import { type CachedSymbol, decodeSymbol, encodeSymbol, type ParamTag, type SymbolStore } from "#compile";
import { type Abi, CodecVersion, decodeFragment, encodeFragment, type Fragment } from "#object";

const Magic = "tsugo-symbols\n";

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
	/** Encoded symbols by key: those of the file, those added. */
	private readonly old = new Map<string, Uint8Array>();
	private readonly added = new Map<string, Uint8Array>();
	private readonly tags = new Map<string, readonly ParamTag[] | null>();
	private readonly asked = new Map<string, CachedSymbol | null>();

	/** userPackages: linker prefixes of packages outside GOROOT; standard: digests of the standard packages that the program loads. */
	constructor(dir: string, key: CacheKey, userPackages: readonly string[], standard: ReadonlyMap<string, string>) {
		this.file = join(dir, `std-${sha(JSON.stringify([CodecVersion, key])).slice(0, 32)}.symbols`);
		this.header = { key, packages: Object.fromEntries(standard) };
		this.user = userPattern(userPackages);
		this.load(standard);
	}

	private load(standard: ReadonlyMap<string, string>): void {
		let bytes: Uint8Array;
		try {
			bytes = readFileSync(this.file);
		} catch {
			return;
		}
		try {
			const body = bytes.subarray(0, bytes.length - 32);
			if (bytes.length < 64 || sha(body) !== Buffer.from(bytes.subarray(bytes.length - 32)).toString("hex"))
				throw new FormatError("bad checksum", 0);
			const r = new ByteReader(body);
			if (r.str(Magic.length) !== Magic) throw new FormatError("not a symbol file", 0);
			const header = JSON.parse(r.str(r.u32())) as Header;
			for (const [path, digest] of Object.entries(header.packages)) {
				const now = standard.get(path);
				if (now !== undefined && now !== digest) return;
			}
			Object.assign(this.header.packages, { ...header.packages, ...this.header.packages });
			const count = r.u32();
			const names = r.str(r.u32()).split("\u0000");
			const sizes: number[] = [];
			for (let i = 0; i < count; i++) sizes.push(r.u32());
			for (let i = 0; i < count; i++) this.old.set(names[i], r.bytes(sizes[i]));
		} catch (err) {
			if (!(err instanceof FormatError || err instanceof SyntaxError)) throw err;
			this.old.clear();
			rmSync(this.file, { force: true });
		}
	}

	covers(name: string): boolean {
		return !this.user.test(name);
	}

	get(name: string, abi: Abi): CachedSymbol | null {
		const key = `${abi}${name}`;
		const known = this.asked.get(key);
		if (known !== undefined) return known;
		const bytes = this.old.get(key);
		const symbol = bytes === undefined ? null : decodeSymbol(bytes);
		this.asked.set(key, symbol);
		return symbol;
	}

	put(name: string, abi: Abi, symbol: CachedSymbol): void {
		const w = new ByteWriter(512);
		encodeSymbol(symbol, w);
		this.added.set(`${abi}${name}`, w.take());
	}

	getTags(name: string): readonly ParamTag[] | null {
		const known = this.tags.get(name);
		if (known !== undefined) return known;
		const bytes = this.old.get(`tags ${name}`);
		const tags = bytes === undefined ? null : (JSON.parse(new TextDecoder().decode(bytes)) as ParamTag[]);
		this.tags.set(name, tags);
		return tags;
	}

	putTags(name: string, tags: readonly ParamTag[]): void {
		this.added.set(`tags ${name}`, new TextEncoder().encode(JSON.stringify(tags)));
	}

	/** A short text about a standard package. */
	getNote(key: string): string | null {
		const bytes = this.old.get(`note ${key}`);
		return bytes === undefined ? null : new TextDecoder().decode(bytes);
	}

	putNote(key: string, text: string): void {
		if (this.old.has(`note ${key}`)) return;
		this.added.set(`note ${key}`, new TextEncoder().encode(text));
	}

	/** The assembled files of a standard package. */
	getAssembly(path: string): Fragment[] | null {
		const bytes = this.old.get(`asm ${path}`);
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
		const all = new Map([...this.old, ...this.added]);
		const w = new ByteWriter(1 << 20);
		const utf8 = new TextEncoder();
		const blob = (text: string): void => {
			const b = utf8.encode(text);
			w.u32(b.length);
			w.bytes(b);
		};
		w.str(Magic);
		blob(JSON.stringify(this.header));
		w.u32(all.size);
		blob([...all.keys()].join("\u0000"));
		for (const b of all.values()) w.u32(b.length);
		for (const b of all.values()) w.bytes(b);
		w.bytes(createHash("sha256").update(w.view8()).digest());
		const aside = `${this.file}.${process.pid}`;
		try {
			mkdirSync(join(this.file, ".."), { recursive: true });
			writeFileSync(aside, w.view8());
			renameSync(aside, this.file);
		} catch {
			rmSync(aside, { force: true });
		}
	}
}
