// The runner of cmd/go's scripts: the language, regular expressions, the proxy with its checksum database; the snapshot is well formed.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Crypto, openNote, parseTree, parseVerifierKey, proveRecord, tilePath } from "#modfile";
import { scriptCommands } from "../tools/scripts/commands.ts";
import { outOfScope, scriptConditions } from "../tools/scripts/conditions.ts";
import { type Outcome, parseLine, runScript, State } from "../tools/scripts/engine.ts";
import { goRegexp } from "../tools/scripts/goregexp.ts";
import { ModuleProxy, verifierKey } from "../tools/scripts/proxy.ts";
import { parseTxtar, textBytes } from "../tools/scripts/txtar.ts";

const root = new URL("..", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "tsugo-scripts-"));
after(() => rmSync(dir, { recursive: true, force: true }));

test("text archives", () => {
	const a = parseTxtar(textBytes("go build\n-- a.go --\npackage a\n-- b/c --\n-- d --\nno newline"));
	assert.equal(a.comment, "go build\n");
	assert.deepEqual(
		a.files.map((f) => [f.name, Buffer.from(f.data).toString()]),
		[
			["a.go", "package a\n"],
			["b/c", ""],
			["d", "no newline\n"],
		],
	);
});

test("lines", () => {
	const line = parseLine("[!windows] [cgo] ! go build -x 'it''s $X'$Y & # why", 3);
	assert.deepEqual(
		[line?.want, line?.name, line?.background, line?.conditions],
		[
			"!",
			"go",
			true,
			[
				{ want: false, tag: "windows" },
				{ want: true, tag: "cgo" },
			],
		],
	);
	assert.deepEqual(line?.args[2], [
		{ text: "it's $X", quoted: true },
		{ text: "$Y", quoted: false },
	]);
	assert.equal(parseLine("  # comment", 1), null);
	assert.throws(() => parseLine("go 'x", 1), /unterminated/);
	assert.throws(() => parseLine("! [linux]", 1), /missing command/);
});

test("Go's regular expressions", () => {
	const cases: [string, string, boolean][] = [
		["^b$", "a\nb\nc", true],
		["(?s)a.*c", "a\nb\nc", true],
		["a.*c", "a\nb\nc", false],
		["(?i)ABC", "xabcx", true],
		["x(?i:AB)C", "xabC", true],
		["\\Aa\\z", "a\n", false],
		["\\Qa.b\\E", "a.b", true],
		["\\Qa.b\\E", "axb", false],
		["[[:alpha:]]+[0-9]", "ab1", true],
		["[]a]", "]", true],
		["(?P<n>a)b", "ab", true],
	];
	for (const [pattern, text, want] of cases) assert.equal(goRegexp(pattern).test(text), want, pattern);
});

async function run(script: string): Promise<Outcome> {
	const s = new State(dir, [
		["PATH", process.env.PATH ?? ""],
		["X", "a.b"],
		["GOOS", "linux"],
		["GOARCH", "amd64"],
	]);
	return runScript(s, script, scriptCommands("false"), scriptConditions("/nowhere", true));
}

test("scripts", async () => {
	writeFileSync(join(dir, "f"), "one\ntwo a.b\n");
	const passes = [
		"grep -count=2 '^(one|two)' f\n! grep three f\n? grep three f",
		"grep $X f\n! grep ^$X f",
		"cp f g\ncmp f g\nreplace one 1 g\n! cmp f g\ncat g\nstdout ^1$\nmv g h\n! exists g\nrm h\n! exists h",
		"exec sh -c 'echo out; echo err >&2; exit 3'\n".replace("exec", "! exec") + "stdout out\nstderr err",
		"exec sh -c 'echo hi' &\nwait\nstdout hi",
		"[windows] nonsense\n[!linux] nonsense\nenv Y=$X\necho $Y${/}z\nstdout ^a\\.b/z$",
		"mkdir d/e\ncd d/e\n! exists f\nexists ../../f\ncd $WORK/..\n",
		"! go build\nstop\nnonsense",
	];
	for (const p of passes) assert.deepEqual((await run(p)).why, "", p);
	assert.deepEqual(await run("\n! grep one f\n"), { status: "fail", line: 2, text: "! grep one f", why: "unexpected success" });
	assert.equal((await run("[linux] skip 'no reason'\nnonsense")).status, "skip");
	assert.equal((await run("nonsense")).why, "unknown command nonsense");
	assert.equal((await run("[nonsense] cd .")).why, "unknown condition nonsense");
	assert.notEqual(outOfScope("cover_x", ""), "");
	assert.equal(outOfScope("mod_tidy", "go mod tidy\n"), "");
});

const crypto: Crypto = {
	sha256: (...parts) => {
		const h = createHash("sha256");
		for (const p of parts) h.update(p);
		return h.digest();
	},
	ed25519Verify: (key, message, sig) => {
		const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
		return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), sig);
	},
};

test("the proxy serves archives and proves their sums", async () => {
	const archive = "comment\n-- .mod --\nmodule example.com/M\n-- .info --\n{}\n-- go.mod --\nmodule example.com/M\n";
	const mods = mkdtempSync(join(dir, "mod-"));
	for (const v of ["v1.0.0", "v1.2.0", "v1.3.0-pre", "v2.0.0"]) writeFileSync(join(mods, `example.com_!m_${v}.txt`), archive);
	const proxy = new ModuleProxy(mods);
	const url = await proxy.listen();
	const get = async (path: string): Promise<Response> => fetch(`${url}/${path}`);
	try {
		assert.equal(await (await get("example.com/!m/@v/list")).text(), "v1.0.0\nv1.2.0\nv1.3.0-pre\n");
		assert.equal(await (await get("example.com/!m/@v/v1.2.0.mod")).text(), "module example.com/M\n");
		assert.equal((await get("example.com/!m/@v/v9.0.0.mod")).status, 404);
		assert.equal((await get("404/example.com/!m/@v/list")).status, 404);
		assert.equal((await get("redirect/3/example.com/!m/@latest")).status, 200);
		const zip = new Uint8Array(await (await get("example.com/!m/@v/v1.2.0.zip")).arrayBuffer());
		assert.equal(Buffer.from(zip.subarray(0, 4)).toString("latin1"), "PK\u0003\u0004");
		const text = await (await get("sumdb-direct/lookup/example.com/!m@v1.2.0")).text();
		const [, id, record, note] = /^(\d+)\n([^]*?\n)\n([^]*)$/.exec(text) as RegExpExecArray;
		const key = parseVerifierKey(verifierKey, crypto);
		assert.ok(key !== null);
		const opened = openNote(note, key, crypto);
		assert.ok(opened.ok, text);
		const tree = parseTree(opened.text);
		assert.ok(tree !== null && tree.size === 4);
		const tile = async (t: Parameters<typeof tilePath>[0]): Promise<Uint8Array> =>
			new Uint8Array(await (await get(`sumdb-direct/${tilePath(t)}`)).arrayBuffer());
		assert.equal(await proveRecord(tree, Number(id), textBytes(record), tile, crypto), true);
		assert.equal(await proveRecord(tree, Number(id), textBytes(`${record}x`), tile, crypto), false);
	} finally {
		proxy.close();
	}
});

test("the snapshot has a line for each script, sorted", () => {
	const file = join(root, "test/snapshots/cmd-go-scripts.txt");
	assert.ok(existsSync(file));
	const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
	assert.match(head, /^# \d+ of \d+ pass; \d+ out of scope or skipped by themselves$/);
	for (const l of lines) assert.match(l, /^\S+ (pass|fail: line \d+: .*|skip: .+)$/);
	const names = lines.map((l) => l.split(" ")[0]);
	assert.deepEqual(names, [...new Set(names)].sort());
});
