// The official assembler's own test data: lines with the bytes they must give,
// and lines with the error they must give. Needs a GOROOT.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { type Diagnostic, SourceSet } from "#base";
import { AsmContext, assemble } from "#asm";
import { SymKind } from "#object";
import { PcValues } from "#pclntab";
import { goroot } from "./goroot.ts";

const context = new AsmContext();
const root = goroot();
const skip = root === null ? "no GOROOT" : false;
const data = join(root ?? "", "src/cmd/asm/internal/asm/testdata");

function hex(b: Uint8Array): string {
	return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}

interface Result {
	lines: string[];
	/** Bytes by line, in hexadecimal. */
	bytes: Map<number, string>;
	errors: Map<number, string>;
}

function assembleLines(path: string): Result {
	const src = readFileSync(path);
	const set = new SourceSet();
	const file = set.add(path, src);
	const errors = new Map<number, string>();
	const report = (d: Diagnostic): void => {
		errors.set(set.position(d.pos).line, d.msg);
	};
	const includes = (name: string): Uint8Array | null => {
		const near = resolve(dirname(path), name);
		const inRuntime = join(root ?? "", "src/runtime", name);
		return existsSync(near) ? readFileSync(near) : existsSync(inRuntime) ? readFileSync(inRuntime) : null;
	};
	const fragment = assemble(file, { pkgPath: "", includes, defines: { GOARCH_amd64: "1" }, allowAbi: true, context }, report);
	const bytes = new Map<number, string>();
	const sym = fragment.syms.find((s) => s.kind === SymKind.Text);
	if (sym?.func) {
		const it = new PcValues(sym.func.pcln);
		while (it.step()) {
			const line = it.value + sym.func.startLine;
			bytes.set(line, (bytes.get(line) ?? "") + hex(sym.data.subarray(it.pc, it.next)));
		}
	}
	return { lines: new TextDecoder().decode(src).split("\n"), bytes, errors };
}

function checkBytes(path: string): { total: number; wrong: string[] } {
	const { lines, bytes, errors } = assembleLines(path);
	const wrong: string[] = [];
	let total = 0;
	lines.forEach((text, i) => {
		const m = /^\s*([A-Z].*?)\s*\/\/\s*([0-9a-f]{2}[0-9a-f]*(?: or [0-9a-f]+)*)\s*$/.exec(text);
		if (m === null || (m[1] as string).includes("//")) return;
		total++;
		const got = bytes.get(i + 1) ?? "";
		if (!(m[2] as string).split(" or ").includes(got)) wrong.push(`${i + 1}: ${m[1]} want ${m[2]} got ${got} ${errors.get(i + 1) ?? ""}`);
	});
	return { total, wrong };
}

test("amd64 encodings", { skip }, (t) => {
	const result = ["amd64.s", "amd64enc.s", "amd64enc_extra.s"].map((f) => checkBytes(join(data, f)));
	t.diagnostic(`${result.reduce((n, r) => n + r.total, 0)} lines`);
	assert.ok(result.reduce((n, r) => n + r.total, 0) > 10000);
	assert.deepEqual(
		result.flatMap((r) => r.wrong),
		[],
	);
});

test("AVX-512 encodings", { skip }, (t) => {
	const dir = join(data, "avx512enc");
	const result = readdirSync(dir).map((f) => checkBytes(join(dir, f)));
	t.diagnostic(`${result.reduce((n, r) => n + r.total, 0)} lines`);
	assert.ok(result.reduce((n, r) => n + r.total, 0) > 14000);
	assert.deepEqual(
		result.flatMap((r) => r.wrong),
		[],
	);
});

test("amd64 errors", { skip }, () => {
	const { lines, errors } = assembleLines(join(data, "amd64error.s"));
	const wrong: string[] = [];
	lines.forEach((text, i) => {
		const want = /\/\/ ERROR "(.*)"/.exec(text)?.[1];
		const got = errors.get(i + 1);
		if (want === undefined ? got !== undefined : got === undefined || !got.includes(want))
			wrong.push(`${i + 1}: ${text.trim()}: got ${got}`);
	});
	assert.deepEqual(wrong, []);
});
