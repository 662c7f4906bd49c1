// -overlay: what the process sees of the file system. In a process of its own, since the functions of node:fs are exchanged for good.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readOverlay } from "../overlay.ts";

const program = `
import { existsSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
const [overlayModule, dir] = process.argv.slice(1);
const { installOverlay, readOverlay } = await import(overlayModule);
process.chdir(dir);
installOverlay(readOverlay("overlay.json", dir));
const typed = (d) => readdirSync(d, { withFileTypes: true }).map((e) => e.name + (e.isDirectory() ? "/" : ""));
const attempt = (f) => { try { return f(); } catch (err) { return err.code ?? err.message; } };
const buffer = Buffer.alloc(3);
console.log(JSON.stringify({
	top: readdirSync(dir),
	typed: typed(dir),
	made: typed(dir + "/new/deep"),
	isDir: statSync("new").isDirectory(),
	replaced: readFileSync("a.go", "utf8"),
	added: readFileSync(dir + "/new/deep/c.go", "utf8"),
	gone: [existsSync("b.go"), attempt(() => readFileSync("b.go")), statSync("b.go", { throwIfNoEntry: false }) ?? null],
	opened: [readSync(openSync("a.go", "r"), buffer, 0, 3, 0), buffer.toString()],
	other: readFileSync("d.go", "utf8"),
	write: attempt(() => writeFileSync("a.go", "")),
}));
`;

test("files that stand for others, that are not there, and folders that only the overlay has", () => {
	const dir = mkdtempSync(join(tmpdir(), "overlay-"));
	mkdirSync(join(dir, "o"));
	for (const name of ["a.go", "b.go", "d.go", "o/a", "o/c"]) writeFileSync(join(dir, name), `text of ${name}`);
	writeFileSync(join(dir, "overlay.json"), JSON.stringify({ Replace: { "a.go": "o/a", "b.go": "", "new/deep/c.go": "o/c" } }));
	const run = spawnSync(process.execPath, ["--input-type=module", "-e", program, join(import.meta.dirname, "../overlay.ts"), dir]);
	assert.equal(run.stderr.toString(), "");
	assert.deepEqual(JSON.parse(run.stdout.toString()), {
		top: ["a.go", "d.go", "new", "o", "overlay.json"],
		typed: ["a.go", "d.go", "new/", "o/", "overlay.json"],
		made: ["c.go"],
		isDir: true,
		replaced: "text of o/a",
		added: "text of o/c",
		gone: [false, "ENOENT", null],
		opened: [3, "tex"],
		other: "text of d.go",
		write: "go: updates to a.go needed, but a.go is part of the overlay specified with -overlay",
	});
	assert.equal(readFileSync(join(dir, "a.go"), "utf8"), "text of a.go");
	rmSync(dir, { recursive: true });
});

test("overlays that say nothing sensible", () => {
	const dir = mkdtempSync(join(tmpdir(), "overlay-"));
	const cases: [string, RegExp][] = [
		["{", /go: parsing overlay JSON: /],
		['{"Replace": []}', /Replace is not an object/],
		['{"Replace": {"a": 1}}', /the value of "a" is not a string/],
		['{"Replace": {"": "x"}}', /empty string key in overlay map/],
		['{"Replace": {"a": "x", "./a": "y"}}', /duplicate paths a and .\/a in overlay map/],
		['{"Replace": {"a": "x", "a/b": "y"}}', /inconsistent files a and a\/b in overlay map/],
	];
	for (const [text, want] of cases) {
		writeFileSync(join(dir, "overlay.json"), text);
		assert.throws(() => readOverlay("overlay.json", dir), want, text);
	}
	assert.throws(() => readOverlay("none.json", dir), /reading overlay: open none.json/);
	rmSync(dir, { recursive: true });
});
