// The build cache when something goes wrong: lost and damaged files, builds at the same time, a disk that is full, a folder that cannot be
// written, kills. The program has the same bytes as ever, and nothing else of the user's is harmed.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { findGoroot } from "#build";

const goroot = findGoroot(process.env, (p) => p);
const cli = join(import.meta.dirname, "../../cmd/main.ts");
const skip = goroot === "" ? "no GOROOT" : false;

const files: Readonly<Record<string, string>> = {
	"go.mod": "module safe.test/m\n\ngo 1.26\n",
	"main.go": `package main

import "safe.test/m/high"

func main() { println(high.Count([]string{"a", "b", "a"})) }
`,
	"second/main.go": `package main

import "safe.test/m/low"

func main() { println(low.Last([]byte("xyz"))) }
`,
	"high/high.go": `package high

import "safe.test/m/low"

type table map[string]struct{ n int }

//go:noinline
func Count(words []string) int {
	t := table{}
	for _, w := range words {
		e := t[w]
		e.n++
		t[w] = e
	}
	box := low.Box[[3]table]{All: [][3]table{{t}}}
	return len(box.All[0][0])
}
`,
	"low/low.go": `package low

type Box[T any] struct{ All []T }

type chain struct {
	next *chain
	text [4]byte
}

//go:noinline
func Last(b []byte) int {
	var c *chain
	for _, x := range b {
		c = &chain{next: c, text: [4]byte{x}}
	}
	return int(c.text[0])
}
`,
};

const dir = mkdtempSync(join(tmpdir(), "tsugo-safe-"));
const module = join(dir, "m");
/** A cache that knows both programs, and what they are. */
const warm = join(dir, "warm");
let first: Buffer;

interface Options {
	/** Folder of the main package. */
	folder?: string;
	/** Words in front of the command. */
	prefix?: readonly string[];
	env?: Readonly<Record<string, string>>;
	uid?: number;
}

function command(cache: string, out: string, o: Options): { words: string[]; env: NodeJS.ProcessEnv } {
	return {
		words: [...(o.prefix ?? []), process.execPath, "--stack-size=3900", cli, "build", "-trimpath", "-o", out, o.folder ?? "."],
		env: { ...process.env, GOCACHE: cache, GOFLAGS: "", GOPROXY: "off", GOENV: "off", GOWORK: "off", GOCACHEPROG: "", ...o.env },
	};
}

function run(cache: string, out: string, o: Options = {}): { status: number | null; stderr: string } {
	const { words, env } = command(cache, out, o);
	const ids = o.uid === undefined ? {} : { uid: o.uid, gid: o.uid };
	const r = spawnSync(words[0], words.slice(1), { cwd: module, env, encoding: "utf8", ...ids });
	return { status: r.status, stderr: r.stderr };
}

/** The program's bytes. */
function build(cache: string, o: Options = {}): Buffer {
	const out = join(mkdtempSync(join(dir, "out-")), "p");
	const r = run(cache, out, o);
	assert.equal(r.stderr, "");
	assert.equal(r.status, 0);
	return readFileSync(out);
}

function same(a: Buffer, b: Buffer, what: string): void {
	assert.ok(a.equals(b), `the program has other bytes: ${what}`);
}

/** A copy of the warm cache, without the records that end a build before anything is loaded. */
function copy(): string {
	const cache = join(mkdtempSync(join(dir, "cache-")), "c");
	cpSync(warm, cache, { recursive: true });
	rmSync(join(cache, "tsugo/builds"), { recursive: true });
	return cache;
}

function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((e) => e.isFile())
		.map((e) => join(e.parentPath, e.name));
}

const symbols = (cache: string): string[] => filesBelow(cache).filter((f) => f.endsWith(".symbols"));

/** Changes one bit. */
function damage(file: string): void {
	const bytes = readFileSync(file);
	if (bytes.length === 0) return;
	bytes[Math.floor((bytes.length * 2) / 3)] ^= 0x10;
	writeFileSync(file, bytes);
}

/** What was being written aside. */
const pieces = (cache: string): string[] => filesBelow(cache).filter((f) => /\.\d+$/.test(f));

/** The file as if its latest pack had never been; null: it has only one. */
function withoutLastPack(bytes: Buffer): Buffer | null {
	const front = 16 + 8 + 32;
	const size = bytes.readUInt32LE(16);
	const head = JSON.parse(bytes.subarray(front, front + size).toString()) as { packs: [number, number, string][] };
	const last = head.packs.pop();
	if (last === undefined || head.packs.length === 0) return null;
	let text = JSON.stringify(head);
	text += " ".repeat((8 - (text.length % 8)) % 8);
	const start = Buffer.from(bytes.subarray(0, front));
	start.writeUInt32LE(text.length, 16);
	createHash("sha256").update(text).digest().copy(start, 24);
	return Buffer.concat([start, Buffer.from(text), bytes.subarray(front + size, bytes.length - last[0])]);
}

before(() => {
	if (skip !== false) return;
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(module, name)), { recursive: true });
		writeFileSync(join(module, name), text);
	}
	build(warm, { folder: "./second" });
	first = build(warm);
});

after(() => rmSync(dir, { recursive: true, force: true }));

// What lost or damaged files of the standard library cost is a cold build: it is done once, with "no room for the cache".

test("a cache that lost files", { skip }, () => {
	const kept = symbols(warm).filter((f) => f.includes("/packages/"));
	assert.equal(kept.length, 2);
	for (const file of kept) {
		const cache = copy();
		rmSync(join(cache, relative(warm, file)));
		same(build(cache), first, `without ${relative(warm, file)}`);
	}
});

test("a cache that lost the latest pack", { skip }, () => {
	const cache = copy();
	const [file] = symbols(cache).filter((f) => basename(f).startsWith("std-"));
	const bytes = withoutLastPack(readFileSync(file));
	assert.ok(bytes !== null, "the file has one pack only: the case is not tried");
	writeFileSync(file, bytes);
	same(build(cache), first, "without the latest pack");
});

test("damaged files are set aside and made anew", { skip }, () => {
	const cache = copy();
	const files = filesBelow(cache).filter((f) => !basename(f).startsWith("std-"));
	for (const file of files) damage(file);
	same(build(cache), first, "files damaged");
	assert.equal(filesBelow(cache).filter((f) => f.endsWith(".damaged")).length, 2);
	rmSync(join(cache, "tsugo/builds"), { recursive: true });
	for (const file of files) if (existsSync(file)) writeFileSync(file, readFileSync(file).subarray(0, -100));
	same(build(cache), first, "files cut off");
	rmSync(join(cache, "tsugo/builds"), { recursive: true });
	same(build(cache), first, "what was written instead");
});

test("builds at the same time", { skip }, async () => {
	const cache = copy();
	// Both have something to add to what is known of the standard library, and to a package that they share.
	const words = ["int8", "uint8"].map(
		(t) => `package main

import "safe.test/m/low"

func main() {
	m := map[${t}][2]${t}{1: {2, 3}}
	println(len(m), len(low.Box[${t}]{All: []${t}{1, 2}}.All))
}
`,
	);
	words.forEach((text, i) => {
		mkdirSync(join(module, `both${i}`));
		writeFileSync(join(module, `both${i}/main.go`), text);
	});
	const alone = [0, 1].map((i) => build(copy(), { folder: `./both${i}` }));
	const start = (folder: string): Promise<Buffer> => {
		const out = join(mkdtempSync(join(dir, "out-")), "p");
		const { words, env } = command(cache, out, { folder });
		const child = spawn(words[0], words.slice(1), { cwd: module, env, stdio: ["ignore", "ignore", "pipe"] });
		let text = "";
		child.stderr.on("data", (d: Buffer) => (text += d.toString()));
		return new Promise((resolve, reject) => {
			child.on("close", (code) =>
				code === 0 && text === "" ? resolve(readFileSync(out)) : reject(new Error(`exit code ${code}: ${text}`)),
			);
		});
	};
	const built = await Promise.all([start("./both0"), start("./both1")]);
	built.forEach((bytes, i) => same(bytes, alone[i], `program ${i}`));
	rmSync(join(cache, "tsugo/builds"), { recursive: true });
	for (const i of [0, 1]) same(build(cache, { folder: `./both${i}` }), alone[i], `program ${i} afterwards`);
	assert.deepEqual(pieces(cache), []);
});

test("no room for the cache", { skip }, () => {
	// No file may become larger than this: the standard library's symbols are. They are damaged, so all is compiled.
	const blocks = 1 + Math.ceil(first.length / 1024);
	const limited = (n: number): Options => ({ prefix: ["bash", "-c", `ulimit -f ${n} && exec "$@"`, "bash"] });
	const cache = copy();
	const [std] = symbols(cache).filter((f) => basename(f).startsWith("std-"));
	damage(std);
	same(build(cache, limited(blocks)), first, "files of the cache cannot be written");
	assert.ok(!existsSync(std) && existsSync(`${std}.damaged`));
	assert.deepEqual(pieces(cache), []);
	// Not even room for the program: an error, and what was there stays.
	const out = join(dir, "program");
	writeFileSync(out, "");
	const r = run(copy(), out, limited(100));
	assert.equal(r.status, 1);
	assert.match(r.stderr, /file too large/);
	assert.equal(readFileSync(out).length, 0, "a piece of a program was left");
	assert.deepEqual(
		readdirSync(dir).filter((f) => f.startsWith("program") && f !== "program"),
		[],
	);
});

test("a full file system", { skip }, (t) => {
	const cache = join(dir, "mounted");
	mkdirSync(cache);
	const from = copy();
	const kilobytes = filesBelow(from).reduce((n, f) => n + 4 * Math.ceil(statSync(f).size / 4096), 200);
	const mount = `mount -t tmpfs -o size=${kilobytes}k tmpfs '${cache}'`;
	if (spawnSync("unshare", ["-m", "bash", "-c", mount]).status !== 0) {
		t.skip("no file system of its own can be mounted here");
		return;
	}
	const text = files["main.go"].replace("println(", "println(len(map[uint16][3]int16{}), ");
	writeFileSync(join(module, "main.go"), text);
	try {
		const wanted = build(copy());
		same(
			build(cache, { prefix: ["unshare", "-m", "bash", "-c", `${mount} && cp -r '${from}/.' '${cache}' && exec "$@"`, "bash"] }),
			wanted,
			"full",
		);
	} finally {
		writeFileSync(join(module, "main.go"), files["main.go"]);
	}
});

test("a cache that cannot be written", { skip }, () => {
	const cache = copy();
	const root = process.getuid?.() === 0;
	// Nobody, for whom the modes of files hold.
	const uid = root ? 65534 : undefined;
	const all = [cache, ...(readdirSync(cache, { recursive: true }) as string[]).map((f) => join(cache, f))];
	const listing = (): string[] => filesBelow(cache).sort();
	const was = listing();
	const out = mkdtempSync(join(dir, "out-"));
	chmodSync(dir, 0o755);
	chmodSync(dirname(cache), 0o755);
	chmodSync(out, 0o777);
	for (const f of all) chmodSync(f, 0o555);
	try {
		const r = run(cache, join(out, "p"), { env: { HOME: "/nonexistent" }, ...(uid === undefined ? {} : { uid }) });
		assert.equal(r.stderr, "");
		assert.equal(r.status, 0);
		same(readFileSync(join(out, "p")), first, "a cache that cannot be written");
		assert.deepEqual(listing(), was);
	} finally {
		for (const f of all) chmodSync(f, 0o755);
	}
});
