// Results of tests are kept with what the test looked at.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TestCache } from "../testcache.ts";

const root = mkdtempSync(join(tmpdir(), "tsugo-testcache-"));
const input = join(root, "input.txt");
const old = new Date(Date.now() - 60_000);
const output = "ok  \texample.com/m\t0.012s\n";
writeFileSync(input, "one");
utimesSync(input, old, old);
mkdirSync(join(root, "folder"));
symlinkSync("loop", join(root, "loop"));

/** Keeps a result with a log of these lines; what a later look finds after `change`. */
function later(lines: readonly string[], change: () => void = () => {}): string | null {
	const cache = new TestCache(join(root, "cache"));
	const log = `# test log\n${lines.join("\n")}\n`;
	const key = cache.key(Buffer.from(lines.join()), []) as string;
	cache.save(key, log, output, root, root);
	change();
	return cache.find(key, root, root);
}

test("a result holds while its inputs do", () => {
	assert.equal(later(["open input.txt"]), "ok  \texample.com/m\t(cached)\n");
	assert.equal(
		later(["open input.txt", "stat folder"], () => {
			writeFileSync(input, "other");
			utimesSync(input, old, old);
		}),
		null,
	);
	assert.equal(
		later(["open folder"], () => writeFileSync(join(root, "folder", "new"), "")),
		null,
	);
	assert.equal(
		later(["getenv TSUGO_TESTCACHE"], () => {
			process.env.TSUGO_TESTCACHE = "set";
		}),
		null,
	);
});

test("names that no file can have", () => {
	for (const name of ["nul\0byte", "long".repeat(2000), "loop", "input.txt/below", ""])
		assert.equal(later([`open ${name}`, `stat ${name}`]), "ok  \texample.com/m\t(cached)\n", JSON.stringify(name));
});

test("a file that was just written, and a log of unknown words", () => {
	const fresh = join(root, "fresh.txt");
	writeFileSync(fresh, "");
	assert.equal(later(["open fresh.txt"]), null);
	assert.equal(later(["remember input.txt"]), null);
	assert.equal(later(["word"]), null);
});

test.after(() => rmSync(root, { recursive: true, force: true }));
