// Modules from a proxy directory and a checksum database of our own: tidy, vendor, builds without network, and what happens when
// somebody lies or a byte is changed.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { findGoroot, loadEnv } from "../env.ts";
import { modulePaths, removeTree } from "../modules/cache.ts";
import { downloadModules, hashDirectory, verifyZip } from "../modules/download.ts";
import { explainChecksum } from "../modules/explain.ts";
import { openModules } from "../modules/open.ts";
import { PackageLoader } from "../modules/packages.ts";
import { queryModule, anyVersion } from "../modules/query.ts";
import type { ModuleState, OpenOptions } from "../modules/state.ts";
import { goModHash } from "../modules/store.ts";
import { tidyModule } from "../modules/tidy.ts";
import { vendorModule } from "../modules/vendor.ts";
import { settle } from "../modules/wants.ts";
import { FakeSumDB, hashOf, makeZip, put, type ZipMember } from "./toolchainproxy.ts";

const goroot = findGoroot(process.env, (p) => p);
const skip = goroot === "" ? "no GOROOT" : false;

interface Published {
	path: string;
	version: string;
	/** Without go.mod and prefix. */
	files: Record<string, string>;
	mod: string;
}

const published: Published[] = [
	{
		path: "example.com/a",
		version: "v1.0.0",
		mod: "module example.com/a\n\ngo 1.21\n",
		files: { "a.go": "package a\n", LICENSE: "free\n" },
	},
	{
		path: "example.com/a",
		version: "v1.1.0",
		mod: "module example.com/a\n\ngo 1.21\n\nrequire example.com/b v0.2.0\n",
		files: { "a.go": 'package a\n\nimport _ "example.com/b"\n', LICENSE: "free\n", "sub/s.go": "package sub\n" },
	},
	{ path: "example.com/b", version: "v0.2.0", mod: "module example.com/b\n\ngo 1.21\n", files: { "b.go": "package b\n" } },
	{
		path: "example.com/b",
		version: "v0.3.0",
		mod: "module example.com/b\n\ngo 1.21\n\nretract v0.3.0 // broken\n",
		files: { "b.go": "package b\n" },
	},
];

function members(p: Published): ZipMember[] {
	return Object.entries({ ...p.files, "go.mod": p.mod }).map(([name, data]) => ({ name: `${p.path}@${p.version}/${name}`, data }));
}

/** A home, a proxy directory, a database that knows what is published, and a main module. */
class World {
	readonly dir: string = mkdtempSync(join(tmpdir(), "tsugo-modules-"));
	readonly proxy: string = join(this.dir, "proxy");
	readonly main: string = join(this.dir, "main");
	readonly db: FakeSumDB = new FakeSumDB();
	readonly log: string[] = [];

	constructor() {
		const lists = new Map<string, string[]>();
		for (const p of published) {
			const base = join(this.proxy, p.path, "@v", p.version);
			put(`${base}.info`, JSON.stringify({ Version: p.version, Time: "2024-01-02T03:04:05Z" }));
			put(`${base}.mod`, p.mod);
			put(`${base}.zip`, makeZip(members(p)));
			lists.set(p.path, [...(lists.get(p.path) ?? []), p.version]);
			this.db.records.push(Buffer.from(record(p)));
		}
		for (const [path, versions] of lists) put(join(this.proxy, path, "@v/list"), `${versions.join("\n")}\n`);
		this.publishDatabase();
		this.write("go.mod", "module example.com/main\n\ngo 1.22\n\nrequire example.com/a v1.1.0\n");
		this.write("main.go", 'package main\n\nimport _ "example.com/a"\n\nfunc main() {}\n');
	}

	publishDatabase(): void {
		published.forEach((p, i) => this.db.publish(this.sumDir, `${p.path}@${p.version}`, i));
	}

	get sumDir(): string {
		return join(this.proxy, "sumdb", this.db.name);
	}

	write(name: string, text: string): void {
		mkdirSync(dirname(join(this.main, name)), { recursive: true });
		writeFileSync(join(this.main, name), text);
	}

	read(name: string): string {
		return readFileSync(join(this.main, name), "utf8");
	}

	async open(options: Partial<OpenOptions> = {}, vars: Record<string, string> = {}): Promise<ModuleState> {
		const env = loadEnv(
			{ HOME: join(this.dir, "home"), GOENV: "off", GOPROXY: `file://${this.proxy}`, GOSUMDB: this.db.key, GOWORK: "off", ...vars },
			goroot,
		);
		return openModules(env, {
			cwd: this.main,
			mod: "",
			defaultMod: "mod",
			log: (l) => this.log.push(l),
			progress: () => undefined,
			...options,
		});
	}

	async tidy(vars: Record<string, string> = {}): Promise<string[]> {
		const state = await this.open({}, vars);
		return (await tidyModule(state, { errors: false, go: "", compat: "", verbose: false, diff: false })).errors;
	}

	/** Errors of loading the main package as a build does. */
	async load(options: Partial<OpenOptions> = { defaultMod: "auto" }, vars: Record<string, string> = {}): Promise<string[]> {
		const state = await this.open(options, vars);
		const loader: PackageLoader = new PackageLoader(state, {
			tags: () => false,
			roots: () => ["example.com/main"],
			all: false,
			resolveMissing: false,
			loadTests: false,
		});
		return (await loader.load()).errors;
	}

	get cache(): string {
		return join(this.dir, "home/go/pkg/mod");
	}

	emptyCache(): void {
		removeTree(this.cache);
		rmSync(join(this.dir, "home/go/pkg/sumdb"), { recursive: true, force: true });
	}

	close(): void {
		removeTree(this.dir);
	}
}

function record(p: Published): string {
	return `${p.path} ${p.version} ${hashOf(members(p))}\n${p.path} ${p.version}/go.mod ${goModHash(Buffer.from(p.mod))}\n`;
}

const worlds: World[] = [];
function world(): World {
	const w = new World();
	worlds.push(w);
	return w;
}
after(() => {
	for (const w of worlds) w.close();
});

/** Changes one byte in the middle of a file, whatever its mode. */
function flip(file: string, at?: number): void {
	chmodSync(file, 0o644);
	const data = readFileSync(file);
	const i = at ?? data.length >> 1;
	data[i] ^= 1;
	writeFileSync(file, data);
}

test("tidy, vendor and a build with only vendor/ or only the cache", { skip }, async () => {
	const w = world();
	assert.deepEqual(await w.tidy(), []);
	assert.equal(
		w.read("go.mod"),
		"module example.com/main\n\ngo 1.22\n\nrequire example.com/a v1.1.0\n\nrequire example.com/b v0.2.0 // indirect\n",
	);
	assert.equal(w.read("go.sum"), `${record(published[1])}${record(published[2])}`);
	// Off line, from the cache.
	assert.deepEqual(await w.load({ defaultMod: "auto" }, { GOPROXY: "off" }), []);
	const state = await w.open({ defaultMod: "readonly" });
	assert.deepEqual((await vendorModule(state, { errors: false, verbose: false, out: "" })).errors, []);
	assert.equal(
		w.read("vendor/modules.txt"),
		"# example.com/a v1.1.0\n## explicit; go 1.21\nexample.com/a\n# example.com/b v0.2.0\n## explicit; go 1.21\nexample.com/b\n",
	);
	assert.ok(existsSync(join(w.main, "vendor/example.com/a/LICENSE")) && !existsSync(join(w.main, "vendor/example.com/a/go.mod")));
	w.emptyCache();
	assert.deepEqual(await w.load({ defaultMod: "auto" }, { GOPROXY: "off" }), []);
	// modules.txt that disagrees, in both directions.
	w.write("vendor/modules.txt", w.read("vendor/modules.txt").replaceAll("v0.2.0", "v0.2.1"));
	await assert.rejects(w.load(), {
		message:
			/example.com\/b@v0.2.0: is explicitly required in go.mod, but not marked[^]*example.com\/b@v0.2.1: is marked as explicit[^]*go mod vendor/,
	});
});

test("queries, and versions that are retracted", { skip }, async () => {
	const w = world();
	const state = await w.open();
	const ask = async (path: string, query: string, current = ""): Promise<string> => {
		const got = await settle(state.store.wants, () => queryModule(state, path, query, current, anyVersion));
		assert.ok(got !== null);
		return got.ok ? got.value.Version : got.error;
	};
	for (const [path, query, current, want] of [
		["example.com/a", "latest", "", "v1.1.0"],
		["example.com/a", "v1.0", "", "v1.0.0"],
		["example.com/a", "<v1.1.0", "", "v1.0.0"],
		["example.com/a", ">=v1.0.0", "", "v1.0.0"],
		["example.com/a", "patch", "v1.0.0", "v1.0.0"],
		["example.com/a", "upgrade", "v1.0.0", "v1.1.0"],
		["example.com/a", "v2", "", 'no matching versions for query "v2"'],
	])
		assert.equal(await ask(path, query, current), want, `${path}@${query}`);
	w.write("go.mod", "module example.com/main\n\ngo 1.22\n");
	w.write("main.go", 'package main\n\nimport _ "example.com/b"\n\nfunc main() {}\n');
	assert.deepEqual(await w.tidy(), []);
	assert.match(w.read("go.mod"), /require example.com\/b v0.2.0/);
});

test("CVE-2025-68119, CVE-2023-39320: version strings and toolchain lines are input", { skip }, async () => {
	const w = world();
	const state = await w.open();
	for (const bad of ["--upload-pack=x", "v1.0.0;x", "../../x", "a|b", ""]) {
		const got = await settle(state.store.wants, () => queryModule(state, "example.com/a", bad, "", anyVersion));
		assert.ok(got !== null && !got.ok && got.error.startsWith("disallowed version string"), bad);
	}
	w.write("go.mod", "module example.com/main\n\ngo 1.22\n\ntoolchain ../evil\n");
	await assert.rejects(w.open(), /go.mod:5: invalid toolchain version '..\/evil'/);
	w.write("go.mod", "module example.com/main\n\ngo 1.99\n");
	await assert.rejects(w.open(), /go.mod requires go >= 1.99 \(running go 1/);
});

/** The database's own lies. */
async function lookupFails(w: World, why: RegExp): Promise<void> {
	const errors = await w.tidy().catch((err: Error) => [err.message]);
	assert.match(errors.join("\n"), why);
	assert.ok(!existsSync(join(w.main, "go.sum")), "nothing unverified is noted");
	assert.ok(!existsSync(`${modulePaths(w.cache, "example.com/a", "v1.1.0").download}.zip`));
}

test("CVE-2026-42501: an answer that does not mention the module is no answer", { skip }, async () => {
	const w = world();
	const lookup = join(w.sumDir, "lookup/example.com/a@v1.1.0");
	const other = readFileSync(join(w.sumDir, "lookup/example.com/b@v0.2.0"));
	writeFileSync(lookup, other);
	await lookupFails(w, /does not mention it[^]*SECURITY ERROR/);
});

test("CVE-2026-56864: lines around the proven record do not count", { skip }, async () => {
	const w = world();
	const lookup = join(w.sumDir, "lookup/example.com/a@v1.1.0");
	const text = readFileSync(lookup, "utf8");
	writeFileSync(lookup, text.replace("\n\n", "\nexample.com/a v1.1.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"));
	await lookupFails(w, /is not in the tree of \d+ records[^]*SECURITY ERROR/);
});

test("CVE-2026-56865: tiles lead to the signed root or nowhere", { skip }, async () => {
	const w = world();
	// A false record, and a tile that vouches for it: only the root does not.
	const evil = { ...published[1], files: { "a.go": "package a // evil\n" } };
	const lookup = join(w.sumDir, "lookup/example.com/a@v1.1.0");
	writeFileSync(lookup, readFileSync(lookup, "utf8").replace(record(published[1]), record(evil)));
	const forged = new FakeSumDB();
	forged.records.push(...w.db.records.map((r, i) => (i === 1 ? Buffer.from(record(evil)) : r)));
	forged.publish(join(w.dir, "forged"), "x", 1);
	const tile = `tile/8/0/000.p/${published.length}`;
	writeFileSync(join(w.sumDir, tile), readFileSync(join(w.dir, "forged", tile)));
	await lookupFails(w, /SECURITY ERROR/);
});

test("a database whose history changes is found out", { skip }, async () => {
	const w = world();
	assert.deepEqual(await w.tidy(), []);
	w.db.records.splice(0, 1, Buffer.from("example.com/x v1.0.0 h1:x\nexample.com/x v1.0.0/go.mod h1:y\n"));
	w.db.records.push(Buffer.from("example.com/y v1.0.0 h1:x\nexample.com/y v1.0.0/go.mod h1:y\n"));
	rmSync(w.sumDir, { recursive: true });
	w.publishDatabase();
	removeTree(join(w.cache, "cache/download/sumdb"));
	rmSync(join(w.main, "go.sum"));
	removeTree(w.cache);
	const errors = await w.tidy().catch((err: Error) => [err.message]);
	assert.match(errors.join("\n"), /history changed[^]*SECURITY ERROR|SECURITY ERROR/);
});

test("one byte changed: found, named, explained", { skip }, async (t) => {
	const w = world();
	assert.deepEqual(await w.tidy(), []);
	const at = modulePaths(w.cache, "example.com/a", "v1.1.0");
	const m = { path: "example.com/a", version: "v1.1.0" };
	const explain = async (): Promise<string> => (await explainChecksum(await w.open(), m)).lines.join("\n");
	assert.match(await explain(), /no mismatch/);
	await t.test("in an extracted file", async () => {
		flip(join(at.dir, "a.go"));
		assert.notEqual(hashDirectory(at.dir, "example.com/a@v1.1.0"), readFileSync(`${at.download}.ziphash`, "utf8"));
		assert.match(
			await explain(),
			/extracted files were changed[^]*first differing file: a.go, which differs[^]*tsugo mod download example.com\/a@v1.1.0/,
		);
		removeTree(at.dir);
	});
	await t.test("in a cached zip", async () => {
		flip(`${at.download}.zip`, 60);
		const got = verifyZip(`${at.download}.zip`, m);
		assert.ok(got.error !== "" || got.hash !== readFileSync(`${at.download}.ziphash`, "utf8"));
		assert.match((await w.load().catch((err: Error) => [err.message])).join("\n"), /zip in the module cache is/);
		assert.match(await explain(), /the local cache is damaged/);
		rmSync(`${at.download}.zip`);
		rmSync(`${at.download}.ziphash`);
		assert.deepEqual(await w.load(), []);
	});
	await t.test("in go.sum", async () => {
		const sum = w.read("go.sum");
		w.write(
			"go.sum",
			sum.replace(/^(example.com\/a v1.1.0 h1:).(.*)$/m, (_, a: string, b: string) => `${a}${sum.includes(`${a}A`) ? "B" : "A"}${b}`),
		);
		removeTree(at.dir);
		assert.match((await w.load().catch((err: Error) => [err.message])).join("\n"), /checksum mismatch[^]*go.sum: [^]*SECURITY ERROR/);
		assert.match(await explain(), /go.sum does not have the hash that the checksum database has/);
		w.write("go.sum", sum);
	});
	await t.test("in a cached go.mod", async () => {
		flip(`${at.download}.mod`);
		assert.match((await w.load().catch((err: Error) => [err.message])).join("\n"), /example.com\/a@v1.1.0\/go.mod: checksum mismatch/);
		assert.match(await explain(), /the local cache is damaged: .*\.mod is not the go.mod/);
		writeFileSync(`${at.download}.mod`, published[1].mod);
	});
	await t.test("in the proxy's zip", async () => {
		put(
			join(w.proxy, "example.com/a/@v/v1.1.0.zip"),
			makeZip(members({ ...published[1], files: { ...published[1].files, "a.go": "package a // other\n" } })),
		);
		assert.match(await explain(), /the proxy and the checksum database disagree[^]*first differing file: a.go/);
		put(
			join(w.proxy, "example.com/a/@v/v1.1.0.zip"),
			makeZip(members({ ...published[1], files: { ...published[1].files, "vendor/modules.txt": "# x\n" } })),
		);
		assert.match(await explain(), /vendor directories only: the rules for them in module zips changed with go 1.24/);
		put(
			join(w.proxy, "example.com/a/@v/v1.1.0.zip"),
			makeZip(members({ ...published[1], files: { ...published[1].files, LICENSE: "free\r\n" } })),
		);
		assert.match(await explain(), /other line endings/);
	});
});

test("zips that break the rules", { skip }, async () => {
	const prefix = "example.com/a@v1.1.0/";
	const cases: [string, ZipMember[], RegExp][] = [
		["a path upwards", [{ name: `${prefix}../../evil.go`, data: "x" }], /invalid path element/],
		["a link", [{ name: `${prefix}a.go`, data: "b.go", mode: 0o120777 }], /not a regular file/],
		["a lie about the size", [{ name: `${prefix}a.go`, data: "x".repeat(100_000), size: 10 }], /larger than declared size|declared are/],
		["a bomb", [{ name: `${prefix}a.go`, data: "x", size: 600 * 2 ** 20 }], /too large/],
		["another prefix", [{ name: "example.com/evil@v1.0.0/a.go", data: "x" }], /has unexpected file/],
		[
			"equal names",
			[
				{ name: `${prefix}A.go`, data: "x" },
				{ name: `${prefix}a.go`, data: "y" },
			],
			/case-insensitive file name collision/,
		],
	];
	for (const [what, list, why] of cases) {
		const w = world();
		put(join(w.proxy, "example.com/a/@v/v1.1.0.zip"), makeZip(list));
		const errors = await w.tidy({ GOSUMDB: "off" }).catch((err: Error) => [err.message]);
		assert.match(errors.join("\n"), why, what);
		assert.ok(!existsSync(modulePaths(w.cache, "example.com/a", "v1.1.0").dir), what);
	}
});

test("go.sum: malformed, conflicting and missing lines", { skip }, async () => {
	const w = world();
	assert.deepEqual(await w.tidy(), []);
	const sum = w.read("go.sum");
	w.write("go.sum", "example.com/a v1.1.0\n");
	await assert.rejects(w.load(), /malformed go.sum:\n.*go.sum:1: wrong number of fields 2/);
	w.write("go.sum", "");
	assert.match((await w.load()).join("\n") || (await w.load().catch((e: Error) => e.message)).toString(), /missing go.sum entry/);
	w.write("go.sum", `${sum}example.com/a v1.1.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n`);
	const { lines } = await explainChecksum(await w.open(), { path: "example.com/a", version: "v1.1.0" });
	assert.match(lines.join("\n"), /go.sum has 2 different lines/);
});

test("download: what is there is not fetched again, and two at once agree", { skip }, async () => {
	const w = world();
	const results = await Promise.all([0, 1, 2].map(async () => downloadModules(await w.open(), ["example.com/a@v1.1.0"], true)));
	for (const r of results) assert.equal(r.failed, false, r.errors.join());
	assert.ok(results.every((r) => r.lines.join() === results[0].lines.join()));
	rmSync(w.proxy, { recursive: true });
	const again = await downloadModules(await w.open(), ["example.com/a@v1.1.0"], true);
	assert.deepEqual(again.errors, []);
	assert.equal(again.failed, false);
});
