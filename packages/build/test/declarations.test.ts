// What of a package's text counts as declaration, and what as the body of one function.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Declarations, declarationsOf } from "../declarations.ts";

const dir = mkdtempSync(join(tmpdir(), "tsugo-declarations-"));
after(() => rmSync(dir, { recursive: true, force: true }));

const text = `package p

type T struct{ n int }

func (t *T) Get() int { return t.n }

func __proto__() int { return 1 }

func kinds(x any) bool {
	switch x.(type) {
	case int:
		return true
	}
	return false
}

func local() any {
	type own struct{ a int }
	return own{1}
}

func init() { println(1) }
`;

function look(source: string, cacheDir: string | null = null): Declarations {
	const path = join(dir, "a.go");
	writeFileSync(path, source);
	return declarationsOf(source, { dir, name: "p" }, [{ name: "a.go", path, digest: source }], "compiler", cacheDir);
}

const before = look(text);

function changed(source: string): string[] {
	const now = look(source);
	assert.deepEqual([...now.functions.keys()], [...before.functions.keys()]);
	return [...now.functions].filter(([key, digest]) => before.functions.get(key) !== digest).map(([key]) => key);
}

test("an edit of a body is one of its function only", () => {
	assert.deepEqual([...before.functions.keys()], ["T.Get", "__proto__", "kinds"]);
	for (const [from, to, key] of [
		["return t.n", "return t.n+1", "T.Get"],
		["return 1 }", "return 2 }", "__proto__"],
		["return true", "return !true", "kinds"],
	]) {
		const edited = text.replace(from, to);
		assert.equal(look(edited).digest, before.digest);
		assert.deepEqual(changed(edited), [key]);
	}
});

test("functions on other lines are others", () => {
	const moved = text.replace("{ return t.n }", "{\n\treturn t.n\n}");
	assert.equal(look(moved).digest, before.digest);
	assert.deepEqual(changed(moved), ["T.Get", "__proto__", "kinds"]);
});

test("what others may know of is a declaration", () => {
	for (const [from, to] of [
		["n int }", "n, m int }"],
		["Get() int", "Get() (n int)"],
		["own{1}", "own{2}"],
		["println(1)", "println(2)"],
		["return 1 }", "type here int; return 1 }"],
		["return 1 }", "\n\t//go:linkname local other.Name\n\treturn 1 }"],
		["return 1 }", "\n//line x.go:1\n\treturn 1 }"],
		["func kinds", "// says more\nfunc kinds"],
	])
		assert.notEqual(look(text.replace(from, to)).digest, before.digest, to);
});

test("what was found is kept, and found anew when that is damaged", () => {
	const cache = join(dir, "cache");
	const made = look(text, cache);
	assert.deepEqual(made, before);
	const kept = join(cache, "declarations");
	const [folder] = readdirSync(kept);
	const [name] = readdirSync(join(kept, folder));
	assert.deepEqual(look(text, cache), before);
	writeFileSync(join(kept, folder, name), "0\n[]");
	assert.deepEqual(look(text, cache), before);
});
