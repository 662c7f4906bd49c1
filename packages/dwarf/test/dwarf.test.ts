import assert from "node:assert/strict";
import { test } from "node:test";
import { FormatError } from "#base";
import { Abbrev, abbrevSection, frameEntry, FrameWriter, LineRuns, LineWriter } from "../mod.ts";
import { readLines } from "./lines.ts";

test("line programs round trip", () => {
	const w = new LineWriter(".");
	const a = w.fileIndex("/src/a/a.go");
	const b = w.fileIndex("b.go");
	const rows: [addr: number, file: string, line: number, stmt: boolean, prologueEnd: boolean][] = [
		[0x401000, "/src/a/a.go", 10, true, false],
		[0x401004, "/src/a/a.go", 10, false, true],
		[0x401009, "b.go", 3, true, false],
		[0x401400, "/src/a/a.go", 70000, true, false],
		[0x401401, "/src/a/a.go", 69999, false, false],
	];
	const runs = new LineRuns();
	for (const [addr, file, line, stmt, end] of rows) runs.row(addr - 0x401000, file === "b.go" ? b : a, line, stmt, end);
	w.begin(0x401000);
	for (const r of runs.end(0x410)) w.run(r.file, r.code);
	const bytes = w.finish();
	const got = readLines(bytes, 0);
	assert.equal(got.next, bytes.length);
	assert.deepEqual(
		got.rows.map((r) => (r.end ? [r.addr] : [r.addr, r.file, r.line, r.stmt, r.prologueEnd])),
		[...rows, [0x401410]],
	);
	assert.equal(w.fileIndex("/src/a/a.go"), a);
});

test("a cut line table is refused", () => {
	const w = new LineWriter(".");
	w.begin(1);
	for (const r of new LineRuns().end(1)) w.run(1, r.code);
	const bytes = w.finish();
	for (let n = 0; n < bytes.length; n++) assert.throws(() => readLines(bytes.subarray(0, n), 0), FormatError);
});

test("frame entries are padded to 8 bytes after their length", () => {
	const w = new FrameWriter(true);
	w.add(0x401000, frameEntry(100, [0, 8, 40, 8, 0], [4, 5, 90, 95, 100]));
	const bytes = w.finish();
	assert.equal(bytes.length % 8, 0);
	const view = new DataView(bytes.buffer);
	const cie = view.getUint32(0, true);
	assert.equal(4 + cie + 4 + view.getUint32(4 + cie, true), bytes.length);
});

test("every shape has its own abbreviation", () => {
	assert.equal(new Set(Object.values(Abbrev)).size, Object.keys(Abbrev).length);
	assert.ok(abbrevSection().length > 100);
});
