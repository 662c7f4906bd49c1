// The API as docs/API.md shows it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build, check, parse, run, UserError } from "../api.ts";

const files: Readonly<Record<string, string>> = {
	"hello/go.mod": "module example.com/hello\n\ngo 1.26\n",
	"hello/main.go":
		'package main\n\nimport "os"\n\nfunc main() {\n\tprintln("to stderr")\n\tos.Stdout.WriteString("hello, " + os.Args[1] + "\\n")\n\tos.Exit(len(os.Args) - 2)\n}\n',
	"bad/go.mod": "module example.com/bad\n\ngo 1.26\n",
	"bad/lib/lib.go": 'package lib\n\nfunc F() int { return "x" }\n',
};
let dir = "";
before(() => {
	dir = mkdtempSync(join(tmpdir(), "api-"));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(join(dir, name, ".."), { recursive: true });
		writeFileSync(join(dir, name), text);
	}
});
after(() => rmSync(dir, { recursive: true, force: true }));

test("parse gives syntax errors", () => {
	assert.deepEqual(parse("x.go", "package x\nfunc f( {}\n").errors, ["x.go:2:9: syntax error: unexpected {, expected )"]);
	assert.deepEqual(parse("x.go", "package x\n").errors, []);
});

test("check gives type errors by package", async () => {
	assert.deepEqual(await check({ dir: join(dir, "hello"), patterns: ["./..."] }), []);
	assert.deepEqual(await check({ dir: join(dir, "bad"), patterns: ["./..."] }), [
		{
			importPath: "example.com/bad/lib",
			lines: ['lib/lib.go:3:23: cannot use "x" (untyped string constant) as int value in return statement'],
		},
	]);
});

test("run builds a program and runs it", async () => {
	const r = await run({ dir: join(dir, "hello"), args: ["world"], flags: ["-trimpath", "-ldflags=-w"] });
	assert.deepEqual(r, { code: 0, signal: null, stdout: "hello, world\n", stderr: "to stderr\n", errors: [] });
});

test("build gives errors instead of a program", async () => {
	const r = await build({ dir: join(dir, "bad"), patterns: ["./lib"] });
	assert.equal(r.programs.length, 0);
	assert.equal(r.errors[0].importPath, "example.com/bad/lib");
});

test("flags that make no sense throw", async () => {
	await assert.rejects(build({ dir: join(dir, "hello"), flags: ["-gcflags=-nonsense"] }), UserError);
	await assert.rejects(build({ dir: join(dir, "hello"), flags: ["."] }), UserError);
	await assert.rejects(build({ dir: join(dir, "hello"), flags: ["-nosuch"] }), { exit: 2 });
});

test("the manual's example uses what there is", () => {
	const page = readFileSync(join(import.meta.dirname, "../../../docs/API.md"), "utf8");
	const imported = /import \{ ([\w, ]+) \} from "tsugo"/.exec(page)?.[1].split(", ");
	assert.deepEqual(imported?.toSorted(), ["build", "check", "parse", "run"]);
	assert.match(page, /x\.go:2:9: syntax error: unexpected \{, expected \)/);
});
