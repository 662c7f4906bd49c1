// Wrong input of every kind: exit code and stderr are those of the official go command, and never a JavaScript stack trace.
//
// test/badinput/*.txtar: a line `go ARGUMENTS`, perhaps `env NAME=VALUE`, then files. expected.json holds what the official command says;
// UPDATE=1 records it. $WORK stands for the case's folder, $GOROOT for Go's. `ours` in expected.json: where tsugo says it differently, and why.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { findGoroot } from "#build";
import { parseTxtar } from "../tools/scripts/txtar.ts";

interface Expected {
	code: number;
	stderr: string;
	/** Ours, with the reason, where it is another text. */
	ours?: { stderr: string; why: string };
}

const root = new URL("..", import.meta.url).pathname;
const folder = join(root, "test/badinput");
const expectedFile = join(folder, "expected.json");
const work = realpathSync(mkdtempSync(join(tmpdir(), "tsugo-bad-")));
after(() => rmSync(work, { recursive: true, force: true }));
const goroot = findGoroot(process.env, (p) => realpathSync(p));
const expected = (existsSync(expectedFile) ? JSON.parse(readFileSync(expectedFile, "utf8")) : {}) as Record<string, Expected>;

const ours = [process.execPath, "--stack-size=3900", join(root, "packages/cmd/main.ts")];

function run(command: readonly string[], name: string): { code: number; stderr: string } {
	const archive = parseTxtar(readFileSync(join(folder, `${name}.txtar`)));
	const dir = join(work, name);
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	for (const f of archive.files) {
		mkdirSync(dirname(join(dir, f.name)), { recursive: true });
		writeFileSync(join(dir, f.name), f.data);
	}
	const env: NodeJS.ProcessEnv = {
		...process.env,
		GOFLAGS: "",
		GOPROXY: "off",
		GOROOT: goroot,
		CGO_ENABLED: "0",
		PWD: dir,
		GOENV: "off",
		GO111MODULE: "",
	};
	let args: string[] = [];
	for (const line of archive.comment.trim().split("\n")) {
		const [word, ...rest] = line.split(" ");
		if (word === "go") args = rest;
		else if (word === "env") env[rest[0].slice(0, rest[0].indexOf("="))] = rest[0].slice(rest[0].indexOf("=") + 1);
	}
	const r = spawnSync(command[0], [...command.slice(1), ...args], { cwd: dir, env, encoding: "utf8", timeout: 120_000 });
	return { code: r.status ?? -1, stderr: r.stderr.replaceAll(dir, "$WORK").replaceAll(goroot, "$GOROOT") };
}

/** Packages that do not depend on each other are compiled in any order. */
function blocks(text: string): string[] {
	return text.split(/^(?=# )/m).sort();
}

const names = readdirSync(folder)
	.filter((f) => f.endsWith(".txtar"))
	.map((f) => f.slice(0, -6))
	.sort();

if (process.env.UPDATE) {
	for (const name of names) {
		const official = run([join(goroot, "bin/go")], name);
		expected[name] = { ...official, ...(expected[name]?.ours === undefined ? {} : { ours: expected[name].ours }) };
	}
	writeFileSync(expectedFile, `${JSON.stringify(expected, null, "\t")}\n`);
}

for (const name of names) {
	test(name, { skip: goroot === "" ? "no Go source tree" : false }, () => {
		const want = expected[name];
		assert.ok(want !== undefined, `no expectation for ${name}: run with UPDATE=1`);
		const got = run(ours, name);
		assert.doesNotMatch(got.stderr, /\n {4}at |internal error/);
		assert.deepEqual({ code: got.code, stderr: blocks(got.stderr) }, { code: want.code, stderr: blocks(want.ours?.stderr ?? want.stderr) });
	});
}

test("every expectation has its case", () => {
	assert.deepEqual(Object.keys(expected).sort(), names);
});

// Inputs too large to keep: [what, the file, exit code, what stderr must say]. The official compiler takes 100,000 parentheses; ours says where it stops.
const large: readonly [what: string, source: () => string, code: number, stderr: RegExp][] = [
	[
		"parentheses",
		() => `package main\nvar x = ${"(".repeat(100_000)}1${")".repeat(100_000)}\n`,
		1,
		/^# command-line-arguments\n\.\/x\.go:2: syntax error: exceeded max nesting depth\n$/,
	],
	[
		"blocks",
		() => `package main\nfunc main() ${"{".repeat(100_000)}${"}".repeat(100_000)}\n`,
		1,
		/^# command-line-arguments\n\.\/x\.go:2: syntax error: exceeded max nesting depth\n$/,
	],
	[
		"types",
		() => `package main\nvar x ${"[]".repeat(100_000)}int\n`,
		1,
		/^# command-line-arguments\n\.\/x\.go:2: syntax error: exceeded max nesting depth\n$/,
	],
	[
		"a long number",
		() => `package main\nvar x = ${"1".repeat(100_000)}\n`,
		1,
		/^# command-line-arguments\n\.\/x\.go:2:9: excessively long constant: 1111111111\.\.\. \(100000 chars\)\n$/,
	],
	["a literal of 10 MB", () => `package main\nvar x = "${"a".repeat(10_000_000)}"\nfunc main() { println(len(x)) }\n`, 0, /^$/],
];

for (const [what, source, code, stderr] of large)
	test(what, () => {
		const dir = join(work, "large");
		rmSync(dir, { recursive: true, force: true });
		mkdirSync(dir);
		writeFileSync(join(dir, "x.go"), source());
		const r = spawnSync(ours[0], [...ours.slice(1), "build", "-o", "x", "x.go"], { cwd: dir, encoding: "utf8", timeout: 120_000 });
		assert.match(r.stderr, stderr);
		assert.equal(r.status, code);
		assert.equal(existsSync(join(dir, "x")), code === 0);
	});

test("a full disk", { skip: existsSync("/bin/bash") ? false : "no bash to limit the size of files" }, () => {
	const dir = join(work, "full");
	mkdirSync(dir);
	writeFileSync(join(dir, "x.go"), "package main\nfunc main() {}\n");
	const command = [...ours, "build", "-o", "x", "x.go"].map((w) => `'${w}'`).join(" ");
	// A file of 50 KB at most: the program cannot be written, nor anything new in the cache.
	const r = spawnSync("/bin/bash", ["-c", `ulimit -f 50; exec ${command}`], { cwd: dir, encoding: "utf8" });
	assert.equal(r.stderr, "go: writing x: file too large\n");
	assert.equal(r.status, 1);
	assert.deepEqual(readdirSync(dir), ["x.go"]);
});
