// Syntax errors against the suites of a GOROOT.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { commentsOf, goFiles, goRegExp, goroot, parse, type Parsed } from "./util.ts";

const noGoroot = goroot === "" ? "no GOROOT with sources" : false;

test("cmd/compile/internal/syntax/testdata", { skip: noGoroot }, () => {
	const dir = join(goroot, "src/cmd/compile/internal/syntax/testdata");
	const wrong: string[] = [];
	let matched = 0;
	for (const name of readdirSync(dir)) {
		const p = parse(readFileSync(join(dir, name)), { lazyBodies: false, allErrors: true }, name);
		const at = new Map<string, string>();
		for (const c of commentsOf(p.src)) {
			const after = p.src.physical(c.after);
			if (c.text.startsWith("// ERROR ")) at.set(`${p.src.physical(c.pos).line}`, c.text.slice(9).trim());
			else if (c.text.startsWith("/* ERROR ")) at.set(`${after.line}:${after.col}`, c.text.slice(9, -2).trim());
		}
		for (const d of p.errors) {
			const { line, col } = p.src.physical(d.pos);
			const key = at.has(`${line}:${col}`) ? `${line}:${col}` : `${line}`;
			const want = at.get(key);
			if (want === undefined) wrong.push(`${name}:${line}:${col}: unexpected: ${d.msg}`);
			else if (!goRegExp(want).test(d.msg)) wrong.push(`${name}:${line}:${col}: ${d.msg} does not match ${want}`);
			else {
				at.delete(key);
				matched++;
			}
		}
		for (const [key, want] of at) wrong.push(`${name}:${key}: missing: ${want}`);
	}
	assert.deepEqual(wrong, []);
	assert.ok(matched > 100, `only ${matched} errors`);
});

/** How far from the annotated column upstream's own harness lets errors be, by folder. */
const columnTolerance: Record<string, number> = { check: 50, spec: 20, examples: 125, fixedbugs: 100 };

test("internal/types/testdata: what the parser reports", { skip: noGoroot }, () => {
	const wrong: string[] = [];
	let matched = 0;
	const suite = join(goroot, "src/internal/types/testdata");
	for (const path of goFiles(suite, false)) {
		const name = basename(path);
		const tolerance = columnTolerance[relative(suite, path).split("/")[0] as string] ?? 0;
		const p = parse(readFileSync(path), { lazyBodies: false, allErrors: true }, name);
		const wanted = commentsOf(p.src).flatMap((c) => {
			const m = /^(?:\/\/|\/\*) ERROR(x?) ("(?:[^"\\]|\\.)*"|`[^`]*`)/.exec(c.text);
			if (m === null) return [];
			const quoted = m[2] as string;
			const text = quoted[0] === "`" ? quoted.slice(1, -1) : (JSON.parse(quoted) as string);
			return [{ ...p.src.physical(c.before), text, test: (msg: string) => (m[1] === "x" ? goRegExp(text).test(msg) : msg.includes(text)) }];
		});
		for (const d of p.errors) {
			if (d.code !== "SyntaxError") continue; // labels are the type checker's there
			const { line, col } = p.src.physical(d.pos);
			const i = wanted.findIndex((w) => w.line === line && Math.abs(w.col - col) <= tolerance && w.test(d.msg));
			if (i < 0) wrong.push(`${name}:${line}:${col}: unexpected: ${d.msg}`);
			else {
				wanted.splice(i, 1);
				matched++;
			}
		}
		for (const w of wanted) if (w.text.startsWith("syntax error")) wrong.push(`${name}:${w.line}:${w.col}: missing: ${w.text}`);
	}
	assert.deepEqual(wrong, []);
	assert.ok(matched > 50, `only ${matched} errors`);
});

/** ERROR patterns of the test directory, by line. */
function linePatterns(name: string, text: string): Map<number, string[]> {
	const found = new Map<number, string[]>();
	text.split("\n").forEach((line, i) => {
		if (line.includes("////")) return;
		const m = /\/\/ (?:GC_)?ERROR (.*)/.exec(line);
		if (m === null) return;
		const quoted = [...(m[1] as string).matchAll(/"([^"]*)"/g)].map((q) =>
			(q[1] as string).replace(/LINE([+-]\d+)?/g, (_, d) => `${basename(name)}:${i + 1 + Number(d ?? 0)}`),
		);
		if (quoted.length > 0) found.set(i + 1, quoted);
	});
	return found;
}

function checkErrorcheck(name: string, p: Parsed, text: string): string[] {
	const wrong: string[] = [];
	const wanted = linePatterns(name, text);
	const syntaxOnly = p.errors.some((d) => d.msg.startsWith("syntax error"));
	const met = new Set<string>();
	for (const d of p.errors) {
		const { line } = p.src.position(d.pos);
		const rx = (wanted.get(line) ?? []).find((w) => goRegExp(w).test(d.msg));
		if (rx === undefined) wrong.push(`${name}:${line}: unexpected: ${d.msg}`);
		else met.add(`${line}:${rx}`);
	}
	for (const [line, list] of wanted) {
		for (const rx of list) {
			const ours = syntaxOnly || rx.split("|").every((r) => /syntax error|label|goto |fallthrough|newline in|not terminated/.test(r));
			if (ours && !met.has(`${line}:${rx}`)) wrong.push(`${name}:${line}: missing: ${rx}`);
		}
	}
	return wrong;
}

test("GOROOT/test: errorcheck files", {
	skip: noGoroot || (existsSync(join(goroot, "test/syntax")) ? false : "GOROOT without test"),
}, () => {
	const wrong: string[] = [];
	let errors = 0;
	for (const path of goFiles(join(goroot, "test"))) {
		const bytes = readFileSync(path);
		const text = bytes.toString("utf8");
		const first = /^(?:\/\/ errorcheck\S*(.*)|\/\/ (?:run|compile|build)\b)/m.exec(text);
		if (first === null) continue;
		const p = parse(bytes, { lazyBodies: false }, basename(path));
		errors += p.errors.length;
		wrong.push(...checkErrorcheck(path.slice(goroot.length + 1), p, text));
	}
	assert.deepEqual(wrong, []);
	assert.ok(errors > 250, `only ${errors} errors`);
});
