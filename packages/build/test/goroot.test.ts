// Fetching a GOROOT: from a proxy and a checksum database in a directory, and everything that can be wrong with them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { findGoroot } from "../env.ts";
import { ensureGoroot } from "../goroot.ts";
import { removeTree } from "../modules/cache.ts";
import { parseGoproxy } from "../modules/proxy.ts";
import { parseGosumdb } from "../modules/sumdb.ts";
import { FakeWorld, hashOf, makeZip, put, release, toolchainFiles, version, type ZipMember } from "./toolchainproxy.ts";

const quiet = (): void => {};
const unpinned = { version: release, hash: "" };

async function inWorld(f: (w: FakeWorld) => Promise<void>): Promise<void> {
	const w = new FakeWorld();
	try {
		await f(w);
	} finally {
		w.remove(removeTree);
	}
}

/** What is left in the module cache of a failed fetch: nothing may look like a toolchain. */
function assertNothingInstalled(w: FakeWorld): void {
	assert.deepEqual(
		globSync(["golang.org/*", "cache/download/golang.org/toolchain/@v/*.{zip,ziphash,tmp,tsugo-lock}"], { cwd: w.cache }),
		[],
	);
}

test("fetches, verifies, extracts; the second time nothing is asked", () =>
	inWorld(async (w) => {
		const said: string[] = [];
		const dir = await ensureGoroot(w.vars(), (text, done) => said.push(`${done} ${text}`), unpinned);
		assert.equal(dir, join(w.cache, `golang.org/toolchain@${version}`));
		assert.equal(readFileSync(join(dir, "src/go.mod"), "utf8"), "module std\n");
		assert.equal(statSync(join(dir, "VERSION")).mode & 0o777, 0o444);
		assert.equal(statSync(join(dir, "bin/go")).mode & 0o777, 0o555);
		assert.equal(statSync(join(dir, "src")).mode & 0o777, 0o555);
		const download = join(w.cache, "cache/download/golang.org/toolchain/@v");
		assert.deepEqual(
			globSync("*", { cwd: download }).sort(),
			["info", "mod", "zip", "ziphash"].map((x) => `${version}.${x}`),
		);
		assert.equal(readFileSync(join(download, `${version}.ziphash`), "utf8"), hashOf(toolchainFiles));
		assert.equal(said.at(-1), `true tsugo: fetched ${release} (linux/amd64) into the module cache`);
		assert.ok(existsSync(join(w.dir, "home/go/pkg/sumdb/sum.example.com/latest")));
		rmSync(w.proxyDir, { recursive: true });
		assert.equal(await ensureGoroot(w.vars(), quiet, unpinned), dir);
	}));

/** Breaks the world, and says what the error must match. */
const failures: Record<string, { break: (w: FakeWorld) => Record<string, string> | undefined; want: RegExp; hash?: string }> = {
	"another content": {
		break: (w) => {
			w.publishZip(makeZip([...toolchainFiles.slice(0, 3), { name: toolchainFiles[3].name, data: "evil" }]));
			return undefined;
		},
		want: /verifying module: checksum mismatch\n\tdownloaded: h1:.*\n\tsum\.example\.com: h1:.*\n\nSECURITY ERROR/,
	},
	"a truncated zip": {
		break: (w) => {
			w.publishZip(makeZip(toolchainFiles).subarray(0, -40));
			return undefined;
		},
		want: /zip: not a valid zip file/,
	},
	"damaged data": {
		break: (w) => {
			const zip = makeZip(toolchainFiles);
			zip[105] ^= 0xff;
			w.publishZip(zip);
			return undefined;
		},
		want: /zip: golang.org.toolchain@.*VERSION: /,
	},
	"a bad signature": {
		break: (w) => {
			const file = join(w.sumDir, "lookup", w.lookup);
			writeFileSync(file, readFileSync(file, "utf8").replace("database tree\n1000\n", "database tree\n1001\n"));
			return undefined;
		},
		want: /sum\.example\.com: invalid signature for key sum\.example\.com\n\nSECURITY ERROR/,
	},
	"a note of somebody else": {
		break: () => ({ GOSUMDB: new FakeWorld(2, 1).db.key }),
		want: /note has no signature of sum\.example\.com/,
	},
	"another record": {
		break: (w) => {
			const file = join(w.sumDir, "lookup", w.lookup);
			writeFileSync(file, readFileSync(file, "utf8").replace(/h1:[^\n]+\n/, "h1:AAAA\n"));
			return undefined;
		},
		want: /record 700 .* is not in the tree of 1000 records/,
	},
	"a wrong tile": {
		break: (w) => {
			const tile = join(w.sumDir, "tile/8/0/002");
			const data = readFileSync(tile);
			data[5] ^= 1;
			writeFileSync(tile, data);
			return undefined;
		},
		want: /is not in the tree of 1000 records/,
	},
	"a short tile": {
		break: (w) => {
			const tile = join(w.sumDir, "tile/8/0/002");
			writeFileSync(tile, readFileSync(tile).subarray(0, 100));
			return undefined;
		},
		want: /tile\/8\/0\/002: 100 bytes, want 8192\n\nSECURITY ERROR/,
	},
	"a history that changed": {
		break: (w) => {
			const other = new FakeWorld(900, 3);
			other.db.records[5] = Buffer.from("changed\n");
			put(
				join(w.dir, "home/go/pkg/sumdb", w.db.name, "latest"),
				w.db.note("go.sum database tree\n900\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
			);
			other.remove(removeTree);
			return undefined;
		},
		want: /the database's history changed/,
	},
	"GOPROXY=off": { break: () => ({ GOPROXY: "off", GOSUMDB: "off" }), want: /module lookup disabled by GOPROXY=off/, hash: "h1:x" },
	"GOPROXY=direct": { break: () => ({ GOPROXY: "direct", GOSUMDB: "off" }), want: /only through a module proxy/, hash: "h1:x" },
	"GOSUMDB=off with two proxies and no hash": {
		break: (w) => ({ GOPROXY: `file://${w.proxyDir},off`, GOSUMDB: "off" }),
		want: /checksum database disabled by GOSUMDB=off/,
	},
	"a proxy that is not one": { break: () => ({ GOPROXY: "file:///nowhere" }), want: /reading file:.*no such file/ },
	"a GOSUMDB that is no key": {
		break: () => ({ GOSUMDB: "sum.example.com+00000000+AAAA" }),
		want: /invalid GOSUMDB: malformed verifier id/,
	},
};

for (const [name, c] of Object.entries(failures)) {
	test(`refuses ${name}`, () =>
		inWorld(async (w) => {
			const vars = w.vars(c.break(w));
			// A database on its own address, so that a broken proxy list does not hide what is tested.
			if (vars.GOSUMDB === w.db.key) vars.GOSUMDB = `${w.db.key} file://${w.sumDir}`;
			await assert.rejects(ensureGoroot(vars, quiet, { version: release, hash: c.hash ?? "" }), (err: Error) => {
				assert.match(err.message, c.want);
				assert.match(err.message, /^tsugo: no Go source tree found/);
				assert.equal(err.name, "Error");
				return true;
			});
			assertNothingInstalled(w);
		}));
}

const prefix = `golang.org/toolchain@${version}/`;
const hostile: Record<string, { members: ZipMember[]; want: RegExp }> = {
	"path up": { members: [{ name: `${prefix}../../evil`, data: "x" }], want: /invalid path element "\.\."/ },
	"another module": { members: [{ name: "example.com/m@v1.0.0/x", data: "x" }], want: /does not have prefix/ },
	"absolute path": { members: [{ name: `${prefix}/etc/passwd`, data: "x" }], want: /empty path element/ },
	backslash: { members: [{ name: `${prefix}a\\b`, data: "x" }], want: /invalid char/ },
	"symbolic link": { members: [{ name: `${prefix}link`, data: "/etc", mode: 0o120777 }], want: /not a regular file/ },
	"case collision": {
		members: [
			{ name: `${prefix}a/X`, data: "x" },
			{ name: `${prefix}A/y`, data: "x" },
		],
		want: /case-insensitive file name collision/,
	},
	"twice the same": {
		members: [
			{ name: `${prefix}x`, data: "x" },
			{ name: `${prefix}x`, data: "x" },
		],
		want: /multiple entries/,
	},
	"file below a file": {
		members: [
			{ name: `${prefix}x`, data: "x" },
			{ name: `${prefix}x/y`, data: "x" },
		],
		want: /both a file and a directory/,
	},
	"more than declared": {
		members: [{ name: `${prefix}x`, data: "x".repeat(1000), size: 10 }],
		want: /larger than declared size \(10 bytes\)/,
	},
	"less than declared": { members: [{ name: `${prefix}x`, data: "x", size: 10 }], want: /1 bytes, declared are 10/ },
	"a bomb": {
		members: [{ name: `${prefix}x`, data: "x", size: 600 * 2 ** 20 }],
		want: /total uncompressed size of module contents too large/,
	},
	"go.mod inside": { members: [{ name: `${prefix}src/go.mod`, data: "x" }], want: /go\.mod file not in module root directory/ },
	"no Go tree": { members: [{ name: `${prefix}x`, data: "x" }], want: /it is not the Go source tree of go1\.26\.99/ },
};

for (const [name, c] of Object.entries(hostile)) {
	test(`hostile zip: ${name}`, () =>
		inWorld(async (w) => {
			w.publishZip(makeZip(c.members));
			const vars = w.vars({ GOSUMDB: "off" });
			// A lone file: proxy without a database is believed, so that the zip's own rules are what refuses it.
			await assert.rejects(ensureGoroot(vars, quiet, unpinned), c.want);
			assertNothingInstalled(w);
			assert.ok(!existsSync(join(w.dir, "home/go/pkg/evil")));
		}));
}

test("with the database off, the known release's hash decides", () =>
	inWorld(async (w) => {
		await assert.rejects(ensureGoroot(w.vars({ GOSUMDB: "off" }), quiet, { version: release, hash: "h1:other" }), /tsugo: h1:other/);
		await ensureGoroot(w.vars({ GONOSUMDB: "golang.org/*", GOSUMDB: "x" }), quiet, { version: release, hash: hashOf(toolchainFiles) });
	}));

test("a comma falls through when not found, a pipe always", () =>
	inWorld(async (w) => {
		const empty = join(w.dir, "empty");
		const broken = join(w.dir, "broken");
		mkdirSync(empty);
		mkdirSync(join(broken, "golang.org/toolchain/@v", `${version}.info`), { recursive: true });
		const db = `${w.db.key} file://${w.sumDir}`;
		await assert.rejects(
			ensureGoroot(w.vars({ GOPROXY: `file://${broken},file://${w.proxyDir}`, GOSUMDB: db }), quiet, unpinned),
			/EISDIR/,
		);
		await ensureGoroot(w.vars({ GOPROXY: `file://${empty},file://${broken}|file://${w.proxyDir}`, GOSUMDB: db }), quiet, unpinned);
	}));

test("an interrupted extraction is done again", () =>
	inWorld(async (w) => {
		const dir = await ensureGoroot(w.vars(), quiet, unpinned);
		removeTree(dir);
		put(join(dir, "VERSION"), "half");
		put(join(w.cache, `cache/download/golang.org/toolchain/@v/${version}.partial`), "");
		await ensureGoroot(w.vars(), quiet, unpinned);
		assert.match(readFileSync(join(dir, "VERSION"), "utf8"), /^go1\.26\.99/);
		assert.ok(!existsSync(join(w.cache, `cache/download/golang.org/toolchain/@v/${version}.partial`)));
	}));

test("http: a connection that breaks is taken up where it broke", () =>
	inWorld(async (w) => {
		const ranges: (string | undefined)[] = [];
		const server = createServer((req, res) => {
			const file = join(w.proxyDir, decodeURIComponent(req.url ?? ""));
			if (!existsSync(file)) {
				res.writeHead(404).end();
				return;
			}
			const data = readFileSync(file);
			if (!file.endsWith(".zip")) {
				res.end(data);
				return;
			}
			ranges.push(req.headers.range);
			const start = Number(/bytes=(\d+)-/.exec(req.headers.range ?? "")?.[1] ?? 0);
			res.writeHead(start > 0 ? 206 : 200, { "content-length": data.length - start });
			if (start > 0) res.end(data.subarray(start));
			else res.write(data.subarray(0, 200), () => setTimeout(() => res.destroy(), 50));
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		try {
			await ensureGoroot(w.vars({ GOPROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }), quiet, unpinned);
			assert.deepEqual(ranges, [undefined, "bytes=200-"]);
		} finally {
			server.closeAllConnections();
			server.close();
		}
	}));

test("two processes at once", () =>
	inWorld(async (w) => {
		const script = `import { ensureGoroot } from ${JSON.stringify(new URL("../goroot.ts", import.meta.url).href)};
process.stdout.write(await ensureGoroot(${JSON.stringify(w.vars())}, () => {}, ${JSON.stringify(unpinned)}));`;
		const one = (): Promise<string> =>
			new Promise((resolve) => {
				const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
				let out = "";
				child.stdout.on("data", (d) => (out += d));
				child.stderr.on("data", (d) => (out += d));
				child.on("close", () => resolve(out));
			});
		const dir = join(w.cache, `golang.org/toolchain@${version}`);
		assert.deepEqual(await Promise.all([one(), one()]), [dir, dir]);
		assert.deepEqual(globSync("golang.org/*", { cwd: w.cache }), [`golang.org/toolchain@${version}`]);
	}));

test("the lock of a dead process is taken over", () =>
	inWorld(async (w) => {
		put(join(w.cache, `cache/download/golang.org/toolchain/@v/${version}.tsugo-lock`), "999999999");
		await ensureGoroot(w.vars(), quiet, unpinned);
	}));

test("GOPROXY and GOSUMDB settings", () => {
	assert.deepEqual(parseGoproxy("proxy.example.com,https://b/x/|direct,ignored"), [
		{ url: "https://proxy.example.com", anyError: false },
		{ url: "https://b/x", anyError: true },
		{ url: "direct", anyError: false },
	]);
	assert.throws(() => parseGoproxy(" , "), /contains no entries/);
	assert.throws(() => parseGoproxy("ftp://u:secret@x"), /ftp:\/\/u:xxxxx@x/);
	assert.equal(parseGosumdb("sum.golang.org").key.name, "sum.golang.org");
	assert.equal(parseGosumdb("sum.golang.google.cn").url, "https://sum.golang.google.cn");
});

test("a GOROOT is found by variable, by PATH, in the usual places, or not", () =>
	inWorld(async (w) => {
		const dir = await ensureGoroot(w.vars(), quiet, unpinned);
		assert.equal(
			findGoroot({ GOROOT: dir }, (p) => p, []),
			dir,
		);
		assert.equal(
			findGoroot({ PATH: `/nowhere:${dir}/bin` }, (p) => p, []),
			dir,
		);
		assert.equal(
			findGoroot({ PATH: "/nowhere" }, (p) => p, [dir]),
			dir,
		);
		assert.equal(
			findGoroot({ PATH: "/nowhere" }, (p) => p, []),
			"",
		);
		assert.throws(() => findGoroot({ GOROOT: w.dir }, (p) => p, []), /is not a Go source tree/);
	}));
