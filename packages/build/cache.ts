// The function cache: symbols, and what else is expensive to find out, on disk.
//
// What depends on GOROOT alone lies in one file per compiler, GOROOT and set of
// options. Its header records a digest of each standard package whose symbols are in
// it; when one of those that a program loads has changed, the file is not used.
//
// What depends on other packages lies in a file per package and digest of what it and all it imports declare
// (declarations.ts): a symbol belongs to the last, in dependency order, of the packages that its name mentions, and
// holds while the facts do that it was made from (compile/facts.ts). Main packages are kept from a program's second
// build on; test variants of standard packages and the main packages of tests are not.

import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
	costText,
	entryOfStored,
	escapePath,
	type FactAnswers,
	type Facts,
	type FunctionTags,
	type MadePack,
	type PackedEntry,
	packOfStored,
	storedAt,
	type StoredSymbol,
	type StorePlace,
	type SymbolStore,
	tagsText,
	type TracedSymbol,
} from "#compile";
import { type Abi, type Fragment, type LoadedPack, Names, PackVersion } from "#object";
import { userPattern } from "#link";
import { FileVersion, SymbolFile } from "./symbolfile.ts";

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

/** Folders of the sources whose code has no part in making a symbol; of the linker only the packer has. */
const notCompiler: ReadonlySet<string> = new Set([
	...["test", "node_modules", "cmd", "elf", "link", "proc", "debugger", "bininfo", "profile", "pprof", "modfile", "template"],
]);

/** Names, sizes and times of the files below a folder whose names end so; enter: whether to look into a folder. */
export function stampsBelow(dir: string, ending: string, enter: (name: string) => boolean = () => true): string[] {
	return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
		const path = join(dir, e.name);
		if (e.isDirectory()) return enter(e.name) ? stampsBelow(path, ending, enter) : [];
		if (!e.name.endsWith(ending)) return [];
		const s = statSync(path);
		return [`${e.name} ${s.size} ${s.mtimeMs}`];
	});
}

/** Identifies the code that is running. */
export function compilerId(): string {
	const here = import.meta.dirname;
	const bundled = import.meta.filename.endsWith(".mjs");
	const rows = bundled
		? stampsBelow(here, ".mjs", () => false)
		: [...stampsBelow(join(here, ".."), ".ts", (name) => !notCompiler.has(name)), ...stampsBelow(join(here, "../link"), "packer.ts")];
	return sha(rows.sort().join("\n"));
}

/** Digest of a package's files by name and stamp (size and time). */
export function filesDigest(names: readonly string[], stampOf: (name: string) => string): string {
	return sha(names.map((n) => `${n} ${stampOf(n)}`).join("\n"));
}

/** A package outside GOROOT, or a main package, or a test variant. */
export interface UserPackage {
	/** As linker names have it. */
	prefix: string;
	/** Import path, `main` for the main package. */
	path: string;
	/** Of what it and all it imports declare (bodies of functions are left out); null = its symbols are not kept. */
	digest: string | null;
	/** Of all its files. */
	content: string;
	/** Digests of its functions by functionKey. */
	functions: ReadonlyMap<string, string>;
	/** A test variant of a standard package, or one that is the program. */
	standard: boolean;
}

/** A key as text, with the versions of what the files hold. */
export function cacheKeyText(key: CacheKey): string {
	return JSON.stringify([PackVersion, FileVersion, key]);
}

/** The file of GOROOT's symbols. */
export function standardFile(dir: string, keyText: string): string {
	return join(dir, `std-${sha(keyText).slice(0, 32)}.symbols`);
}

/** The file of a package outside GOROOT. */
export function packageFile(dir: string, keyText: string, prefix: string, digest: string): string {
	const name = sha(`${keyText} ${prefix} ${digest}`).slice(0, 32);
	return join(dir, "packages", name.slice(0, 2), `${name}.symbols`);
}

/** Where symbols of a name are: a file, and what is added to the name because of other packages that it mentions. */
interface Segment {
	file: SymbolFile;
	suffix: string;
}

export class DiskStore implements SymbolStore {
	private readonly dir: string;
	private readonly keyText: string;
	private readonly header: Header;
	private readonly std: SymbolFile;
	private readonly user: RegExp;
	private readonly packages: readonly UserPackage[];
	/** Index in packages by prefix. */
	private readonly order: ReadonlyMap<string, number>;
	private readonly files = new Map<string, SymbolFile>();
	private readonly segments = new Map<string, Segment | null>();
	readonly names: Names = new Names();
	readonly packs: LoadedPack[] = [];
	/** File of each pack; index in packs of a file's first. */
	private readonly fileOfPack: SymbolFile[] = [];
	private readonly firstPack = new Map<SymbolFile, number>();
	/** Standard packages count as the program's own (tests of them): then names of symbols decide even in the file of GOROOT's. */
	private readonly strict: boolean;
	/** By symbol: where it is kept, -1 = nowhere; 0 = not asked. */
	private readonly asked = new Map<number, number>();

	/** packages: those outside GOROOT in dependency order; standard: digests of the standard packages that the program loads. */
	constructor(dir: string, key: CacheKey, packages: readonly UserPackage[], standard: ReadonlyMap<string, string>) {
		this.dir = dir;
		this.keyText = cacheKeyText(key);
		this.header = { key, packages: Object.fromEntries(standard) };
		this.packages = packages;
		for (const p of packages) this.byPath.set(p.path, p);
		this.order = new Map(packages.map((p, i) => [p.prefix, i]));
		this.user = new RegExp(userPattern(packages.map((p) => p.prefix)), "g");
		this.strict = packages.some((p) => p.standard);
		this.std = this.open(standardFile(dir, this.keyText), !this.strict, (header) => this.acceptStandard(header as Header, standard));
	}

	private open(path: string, standard: boolean, accept: (header: unknown) => boolean): SymbolFile {
		const file = new SymbolFile(path, this.names, accept, standard);
		this.firstPack.set(file, this.packs.length);
		for (const p of file.packs) {
			this.packs.push(p);
			this.fileOfPack.push(file);
		}
		return file;
	}

	private acceptStandard(header: Header, standard: ReadonlyMap<string, string>): boolean {
		for (const [path, digest] of Object.entries(header.packages)) {
			const now = standard.get(path);
			if (now !== undefined && now !== digest) return false;
		}
		Object.assign(this.header.packages, { ...header.packages, ...this.header.packages });
		return true;
	}

	/** The file of a package outside GOROOT, null when nothing of it is kept. */
	private fileOf(p: UserPackage): SymbolFile | null {
		if (p.digest === null) return null;
		let file = this.files.get(p.prefix);
		if (file === undefined) {
			file = this.open(packageFile(this.dir, this.keyText, p.prefix, p.digest), false, () => true);
			this.files.set(p.prefix, file);
		}
		return file;
	}

	private segment(name: string): Segment | null {
		let known = this.segments.get(name);
		if (known === undefined) {
			known = this.findSegment(name);
			this.segments.set(name, known);
		}
		return known;
	}

	private findSegment(name: string): Segment | null {
		if (this.packages.length === 0) return { file: this.std, suffix: "" };
		const mentioned = new Set<number>();
		for (const m of name.matchAll(this.user)) mentioned.add(this.order.get(m[1]) as number);
		if (mentioned.size === 0) return { file: this.std, suffix: "" };
		const indices = [...mentioned].sort((a, b) => a - b);
		if (indices.some((i) => this.packages[i].digest === null)) return null;
		const owner = indices.pop() as number;
		const file = this.fileOf(this.packages[owner]) as SymbolFile;
		return { file, suffix: indices.map((i) => ` ${(this.packages[i].digest as string).slice(0, 32)}`).join("") };
	}

	/** Nothing of the standard library is known. */
	get isEmpty(): boolean {
		return this.std.isEmpty;
	}

	covers(name: string): boolean {
		return this.segment(name) !== null;
	}

	find(id: number): StoredSymbol {
		let at = this.asked.get(id);
		if (at === undefined) {
			const s = this.segment(this.names.text(id >> 1));
			at = s === null ? -1 : this.findIn(s, id);
			this.asked.set(id, at);
		}
		return at;
	}

	findNamed(name: string, abi: Abi): StoredSymbol {
		const s = this.segment(name);
		return s === null || s.file.isEmpty ? -1 : this.find(2 * this.names.intern(name) + abi);
	}

	/** anyway: though it does not hold. */
	private findIn(s: Segment, id: number, anyway = false): StoredSymbol {
		const first = this.firstPack.get(s.file) as number;
		for (let k = s.file.packs.length - 1; k >= 0; k--) {
			const lp = s.file.packs[k];
			const own = lp.ownName(id >> 1);
			const entry = own < 0 ? -1 : lp.entry(2 * own + (id & 1));
			if (entry < 0) continue;
			const suffix = lp.pack.entSuffix[entry];
			if ((suffix < 0 ? "" : lp.text(suffix)) !== s.suffix) continue;
			if (anyway || this.entryHolds(first + k, entry)) return storedAt(first + k, entry);
		}
		return -1;
	}

	findRef(pack: number, ref: number): StoredSymbol {
		const lp = this.packs[pack];
		// What lies beside the symbol that refers to it, and depends on nothing else, holds as that does.
		if (!this.strict) {
			const entry = lp.entry(ref);
			if (entry >= 0 && lp.pack.entSuffix[entry] < 0 && this.entryHolds(pack, entry)) return storedAt(pack, entry);
		}
		return this.find(lp.symbol(ref));
	}

	has(name: string, abi: Abi): boolean {
		return this.find(2 * this.names.intern(name) + abi) >= 0;
	}

	/** Files that symbols of this build go to; which symbols: rows of index in freshFiles and in the file's new pack. */
	private readonly freshFiles: SymbolFile[] = [];
	private readonly fresh: { file: number; entry: number }[] = [];

	private fileNumber(file: SymbolFile): number {
		const known = this.freshFiles.indexOf(file);
		return known < 0 ? this.freshFiles.push(file) - 1 : known;
	}

	put(symbol: TracedSymbol, fragment: Fragment): boolean {
		const s = this.segment(symbol.name);
		if (s === null) return false;
		this.fresh.push({ file: this.fileNumber(s.file), entry: s.file.addSymbol(fragment, symbol, s.suffix) });
		return true;
	}

	place(name: string): StorePlace | null {
		const s = this.segment(name);
		return s === null ? null : { file: this.fileNumber(s.file), suffix: s.suffix };
	}

	private addPack(file: SymbolFile, pack: LoadedPack): number {
		this.fileOfPack.push(file);
		return this.packs.push(pack) - 1;
	}

	takeFresh(made: readonly MadePack[], entries: readonly PackedEntry[]): PackedEntry[] {
		const own = new Set(this.fresh.map((f) => f.file));
		const sealed = this.freshFiles.map((file, i) => (own.has(i) ? this.addPack(file, file.seal()) : -1));
		const taken = made.map(({ file, pack }) => this.addPack(this.freshFiles[file], this.freshFiles[file].adopt(pack)));
		const out = this.fresh.map(({ file, entry }) => ({ pack: sealed[file], entry }));
		for (const { pack, entry } of entries) out.push({ pack: taken[pack], entry });
		this.freshFiles.length = 0;
		this.fresh.length = 0;
		return out;
	}

	/** Of what is known about a function by package and name: the declaring package counts as mentioned. */
	private functionSegment(key: string): Segment | null {
		const space = key.indexOf(" ");
		return this.segment(`${escapePath(key.slice(0, space))}. ${key.slice(space + 1)}`);
	}

	/** What was found out about a function; the last that holds. */
	private getFound<V>(kind: string, key: string): V | undefined {
		const s = this.functionSegment(key);
		if (s === null) return undefined;
		const name = `${kind} ${key}${s.suffix}`;
		const own = s.file.added(name);
		const all = [...(own === undefined ? [] : [own]), ...s.file.all(name)];
		for (const bytes of all) {
			const [value, facts] = JSON.parse(new TextDecoder().decode(bytes)) as [V, Record<string, string>];
			if (Object.entries(facts).every(([question, answer]) => this.factHolds(question, answer))) return value;
		}
		return undefined;
	}

	private putFound(kind: string, key: string, value: unknown, facts: Facts): void {
		const s = this.functionSegment(key);
		s?.file.add(`${kind} ${key}${s.suffix}`, new TextEncoder().encode(JSON.stringify([value, Object.fromEntries(facts)])));
	}

	private readonly tags = new Map<string, FunctionTags | null>();
	private readonly costs = new Map<string, number | null | undefined>();

	getTags(key: string): FunctionTags | null {
		let known = this.tags.get(key);
		if (known === undefined) {
			known = this.getFound<FunctionTags>("tags", key) ?? null;
			this.tags.set(key, known);
		}
		return known;
	}

	putTags(key: string, tags: FunctionTags, facts: Facts): void {
		this.putFound("tags", key, tags, facts);
	}

	getCost(key: string): number | null | undefined {
		if (!this.costs.has(key)) this.costs.set(key, this.getFound<number | null>("cost", key));
		return this.costs.get(key);
	}

	putCost(key: string, cost: number | null, facts: Facts): void {
		this.putFound("cost", key, cost, facts);
	}

	// ---- what entries depend on ----

	private readonly byPath = new Map<string, UserPackage>();
	private answers: FactAnswers | null = null;
	/** By question and answer; absent = not looked into, null = is being looked into. */
	private readonly held = new Map<string, boolean | null>();
	/** By pack, then by row of its facts: 1 = holds, 2 = does not. */
	private readonly heldRows: (Uint8Array | undefined)[] = [];

	asks(answers: FactAnswers): void {
		this.answers = answers;
	}

	functionDigest(path: string, key: string): string | null {
		const p = this.byPath.get(path);
		// All of a function that is not listed counts as declaration.
		return p === undefined || p.digest === null ? null : (p.functions.get(key) ?? "declared");
	}

	contentDigest(path: string): string | null {
		const p = this.byPath.get(path);
		return p === undefined || p.digest === null ? null : p.content;
	}

	/** Of what is kept of a package outside GOROOT (the last of each name): how many symbols there are, and the names of those that do not hold. */
	keptOf(path: string): { count: number; stale: string[] } {
		const p = this.byPath.get(path);
		const file = p === undefined ? null : this.fileOf(p);
		const holds = new Map<string, boolean>();
		if (file !== null) {
			const first = this.firstPack.get(file) as number;
			file.packs.forEach((lp, k) => {
				lp.pack.entRef.forEach((ref, entry) => {
					if (ref >= 0) holds.set(lp.text(ref >> 1), this.entryHolds(first + k, entry));
				});
			});
		}
		return { count: holds.size, stale: [...holds].filter(([, ok]) => !ok).map(([name]) => name) };
	}

	/** What a kept symbol rests on and no longer holds, as a question of compile/facts.ts; null = it is not kept, or holds. */
	brokenFact(name: string, abi: Abi): string | null {
		const s = this.segment(name);
		const at = s === null ? -1 : this.findIn(s, 2 * this.names.intern(name) + abi, true);
		if (at < 0) return null;
		const pack = packOfStored(at);
		const row = this.brokenRow(pack, entryOfStored(at));
		return row < 0 ? null : this.packs[pack].text(this.packs[pack].pack.factKey[row]);
	}

	private entryHolds(pack: number, entry: number): boolean {
		return this.brokenRow(pack, entry) < 0;
	}

	/** The first fact of an entry that does not hold, as a row of its pack's; -1 = all hold. */
	private brokenRow(pack: number, entry: number): number {
		const lp = this.packs[pack];
		const p = lp.pack;
		const to = p.entFactAt[entry + 1];
		for (let i = p.entFactAt[entry]; i < to; i++) {
			const row = p.entFact[i];
			const rows = (this.heldRows[pack] ??= new Uint8Array(p.factKey.length));
			if (rows[row] === 0) rows[row] = this.factHolds(lp.text(p.factKey[row]), lp.text(p.factValue[row])) ? 1 : 2;
			if (rows[row] === 2) return row;
		}
		return -1;
	}

	private factHolds(question: string, answer: string): boolean {
		const key = `${question}\0${answer}`;
		const known = this.held.get(key);
		// A question that leads to itself is answered by looking anew.
		if (known !== undefined) return known === true;
		this.held.set(key, null);
		const holds = this.answer(question) === answer;
		this.held.set(key, holds);
		return holds;
	}

	private answer(question: string): string | null {
		const [kind, path] = question.split(" ", 2);
		const rest = question.slice(kind.length + path.length + 2);
		if (kind === "a") return this.contentDigest(path);
		if (kind === "b") return this.functionDigest(path, rest);
		const key = question.slice(2);
		if (kind === "c") {
			const kept = this.getCost(key);
			const cost = kept === undefined ? this.answers?.cost(path, rest) : kept;
			return cost === undefined ? null : costText(cost);
		}
		const tags = this.getTags(key) ?? this.answers?.tags(path, rest);
		return tags == null ? null : tagsText(tags);
	}

	/** A short text about a symbol that key names; kept where the symbol is. */
	getNote(key: string): string | null {
		const s = this.segment(key);
		const bytes = s?.file.get(`note ${key}${s.suffix}`);
		return bytes === undefined ? null : new TextDecoder().decode(bytes);
	}

	putNote(key: string, text: string): void {
		const s = this.segment(key);
		if (s !== null && s.file.get(`note ${key}${s.suffix}`) === undefined)
			s.file.add(`note ${key}${s.suffix}`, new TextEncoder().encode(text));
	}

	private packageFile(path: string): SymbolFile | null {
		const at = this.order.get(escapePath(path));
		return at === undefined ? this.std : this.fileOf(this.packages[at]);
	}

	/** A short text about a package. */
	getPackageNote(path: string, key: string): string | null {
		const bytes = this.packageFile(path)?.get(`note ${key} ${path}`);
		return bytes === undefined ? null : new TextDecoder().decode(bytes);
	}

	putPackageNote(path: string, key: string, text: string): void {
		const file = this.packageFile(path);
		if (file !== null && file.get(`note ${key} ${path}`) === undefined) file.add(`note ${key} ${path}`, new TextEncoder().encode(text));
	}

	/** The assembled files of a package. */
	getAssembly(path: string): StoredSymbol[] | null {
		const file = this.packageFile(path);
		const bytes = file?.get(`asm ${path}`);
		if (file === null || bytes === undefined) return null;
		const out: StoredSymbol[] = [];
		for (let i = 0; i < bytes[0]; i++) {
			const at = this.findIn({ file, suffix: "" }, 2 * this.names.intern(`asm ${path} ${i}`));
			if (at < 0) return null;
			out.push(at);
		}
		return out;
	}

	putAssembly(path: string, fragments: readonly Fragment[]): void {
		const file = this.packageFile(path);
		if (file === null || fragments.length > 255) return;
		const none = { needs: [], usedInIface: [], ifaceMethods: [], reflectMethod: false, facts: new Map(), type: null };
		fragments.forEach((f, i) => file.addSymbol(f, { name: `asm ${path} ${i}`, abi: 0, ...none }));
		file.add(`asm ${path}`, Uint8Array.of(fragments.length));
	}

	/** Writes what was added; tells whether there was something. Failing to is no error: the next build starts without it. */
	save(): boolean {
		let wrote = this.std.save(this.header);
		for (const file of this.files.values()) if (file.save({})) wrote = true;
		return wrote;
	}
}
