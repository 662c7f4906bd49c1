// Mutated sources: the same errors as the official compiler prints, and no crash.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mutate, random } from "./mutate.ts";
import { goroot, parse } from "./util.ts";

const compiler = goroot === "" ? "" : join(goroot, "pkg/tool/linux_amd64/compile");
const skip = existsSync(compiler) ? false : "no official compiler to compare with";
const count = Number(process.env.FUZZ ?? 40);

/** Sources that exercise much grammar in few lines. */
const seeds = [
	"src/cmd/compile/internal/syntax/testdata/tparams.go",
	"src/cmd/compile/internal/syntax/testdata/map.go",
	"src/container/list/list.go",
	"src/sort/sort.go",
	"src/errors/join.go",
	"test/switch.go",
	"test/chan/select3.go",
	"src/iter/iter.go",
	"src/slices/sort.go",
	"src/go/ast/ast.go",
	"src/text/template/parse/lex.go",
	"src/unique/handle.go",
];

function ours(text: string): string[] {
	const p = parse(text, { lazyBodies: false }, "x.go");
	const rows = p.errors.map((d) => ({ d, ...p.src.position(d.pos) }));
	rows.sort((a, b) => a.d.pos - b.d.pos);
	const out: string[] = [];
	for (const r of rows) {
		const row = `${r.file}:${r.line}:${r.col}: ${r.d.msg}`;
		if (row !== out[out.length - 1]) out.push(row);
	}
	return out;
}

/** Without the white space that gc adds to messages of several lines. */
function plain(text: string): string {
	return text.replace(/\n\s*/g, "\n").trim();
}

test("mutated sources give gc's errors", { skip }, () => {
	const dir = mkdtempSync(join(tmpdir(), "syntax-"));
	const pick = random(Number(process.env.SEED ?? 7));
	const wrong: string[] = [];
	let compared = 0;
	for (let i = 0; i < count; i++) {
		const path = join(goroot, seeds[i % seeds.length] as string);
		if (!existsSync(path)) continue;
		const text = mutate(readFileSync(path, "utf8"), pick);
		const mine = ours(text);
		if (!mine.some((row) => row.includes(": syntax error"))) continue; // gc goes on to check types
		writeFileSync(join(dir, "x.go"), text);
		const r = spawnSync(compiler, ["-e", "-p", "p", "-o", "/dev/null", "x.go"], { cwd: dir, encoding: "utf8" });
		compared++;
		if (plain(mine.join("\n")) === plain(r.stdout)) continue;
		wrong.push(`case ${i} of ${path}\n  gc:\n${r.stdout}\n  ours:\n${mine.join("\n")}`);
		if (process.env.KEEP !== undefined) writeFileSync(join(process.env.KEEP, `case${i}.go`), text);
	}
	rmSync(dir, { recursive: true });
	assert.equal(wrong.join("\n"), "");
	assert.ok(compared > count / 3, `only ${compared} compared`);
});
