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

const branchError = /: (label |goto |break |continue |invalid (break|continue) label|fallthrough |cannot fallthrough)/;
const statements = [
	"L:",
	"M:",
	"goto L",
	"goto M",
	"break",
	"break L",
	"continue",
	"continue L",
	"continue M",
	"fallthrough",
	"x := 1; _ = x",
	"var y int; _ = y",
	"for {",
	"}",
	"{",
	"switch {",
	"case true:",
	"default:",
	"if true {",
	"} else if false {",
	"} else {",
	"select {",
	"switch any(0).(type) {",
	";",
	"func() {",
	"}()",
];

/** A function of random statements; blocks are closed at its end. */
function randomBody(pick: (n: number) => number): string {
	const lines: string[] = [];
	const open: string[] = [];
	for (let i = 0; i < 14; i++) {
		const s = statements[pick(statements.length)] as string;
		const top = open[open.length - 1] ?? "";
		if (/^(case|default)/.test(s) !== /^(switch|select)/.test(top) && top !== "case") continue;
		if (s.startsWith("}")) {
			if (top === "" || (s === "}()") !== (top === "func() {") || (s.includes("else") && !/^(if|} else if)/.test(top))) continue;
			open.pop();
		}
		if (/^(case|default)/.test(s)) {
			if (top === "case") open.pop();
			if (/^select/.test(open[open.length - 1] ?? "") && s !== "default:") continue;
			open.push("case");
		} else if (s.endsWith("{")) open.push(s);
		lines.push(s);
	}
	while (open.length > 0) {
		const o = open.pop();
		if (o !== "case") lines.push(o === "func() {" ? "}()" : "}");
	}
	return lines.join("\n");
}

test("labels and branches give gc's errors", { skip }, () => {
	const dir = mkdtempSync(join(tmpdir(), "syntax-"));
	const pick = random(Number(process.env.SEED ?? 11));
	const wrong: string[] = [];
	let errors = 0;
	for (let i = 0; i < count / 8; i++) {
		let text = "package p\n";
		for (let k = 0; k < 30; k++) {
			const f = `func f${k}() {\n${randomBody(pick)}\n}\n`;
			if (!ours(`package p\n${f}`).some((row) => row.includes(": syntax error"))) text += f;
		}
		writeFileSync(join(dir, "x.go"), text);
		const r = spawnSync(compiler, ["-e", "-p", "p", "-o", "/dev/null", "x.go"], { cwd: dir, encoding: "utf8" });
		const theirs = r.stdout.split("\n").filter((row) => branchError.test(row));
		const mine = ours(text);
		errors += mine.length;
		if ([...new Set(theirs)].sort().join("\n") === [...new Set(mine)].sort().join("\n")) continue;
		wrong.push(
			`${text}\ngc:\n${theirs.filter((t) => !mine.includes(t)).join("\n")}\nours:\n${mine.filter((m) => !theirs.includes(m)).join("\n")}`,
		);
	}
	rmSync(dir, { recursive: true });
	assert.equal(wrong[0] ?? "", "");
	assert.ok(errors > count, `only ${errors} errors`);
});
