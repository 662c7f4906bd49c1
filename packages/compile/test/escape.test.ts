// Escape analysis against expectations in comments: our own snippets in escape/, and the files of GOROOT/test that
// `errorcheck -0 -m -l` runs. A comment `// ERROR "re" "re"` gives one regular expression per line about that line.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type File, Kind } from "#syntax";
import { checkBody, checkPackage, newPackage, ObjKind, type Signature, typeOf } from "#types";
import { goroot, haveGoroot, Loader } from "../../types/test/harness.ts";
import { EscapePlanner, type TagStore } from "../escape/planner.ts";
import { reportExtern, reportFrame } from "../escape/report.ts";
import { Inliner } from "../inline/inliner.ts";
import { type FuncInst, type PackageUnit, Program } from "../program.ts";

/** What is said about each line of a file. */
function analyse(path: string, text: Uint8Array, inline: boolean, tags?: TagStore): { lines: Map<number, string[]>; errors: string[] } {
	const l = new Loader();
	const file: File = l.parse(path, text, false);
	const pkg = newPackage(l.build, { path: "main", files: [file], goVersion: "go1.26", report: l.report });
	checkPackage(pkg);
	const unit = (p: typeof pkg, files: File[]): PackageUnit => ({
		pkg: p,
		files,
		asm: { defs: new Map(), refs: new Map() },
		standard: true,
		links: null,
	});
	const units = [unit(pkg, [file]), ...[...l.packages.values()].map((p) => unit(p, []))];
	const program = new Program({ build: l.build, sources: l.sources, units, goarch: "amd64" });
	const checked = (fn: FuncInst): ReturnType<Program["bodyOf"]> => {
		if (fn.obj !== null) checkBody(fn.obj);
		return program.bodyOf(fn);
	};
	const planner = new EscapePlanner(program, checked, inline ? new Inliner(program, checked) : null, tags);
	program.planner = planner;
	const lines = new Map<number, string[]>();
	for (const d of file.decls) {
		if (d.kind !== Kind.FuncDecl) continue;
		const obj = l.build.info.defs.get(d.name);
		if (obj === undefined || obj === null || obj.kind !== ObjKind.Func || obj.name === "_") continue;
		const sig = typeOf(obj) as Signature;
		if (sig.tparams.length > 0 || sig.rparams.length > 0) continue;
		const fn = program.inst(obj, []);
		const said = d.hasBody ? reportFrame(planner.frame(fn)) : reportExtern(fn, planner.tags(fn), (t) => program.layout.hasPointers(t));
		for (const x of said) {
			const { line } = l.sources.position(x.pos);
			const list = lines.get(line) ?? [];
			if (!list.includes(x.text)) list.push(x.text);
			lines.set(line, list);
		}
	}
	return { lines, errors: l.diagnostics.map((d) => d.msg) };
}

/** Lines of a file whose expectations do not hold, or about which more is said than expected. */
function differences(path: string, inline = false): string[] {
	const text = readFileSync(path);
	const { lines, errors } = analyse(path, text, inline);
	const out: string[] = errors.map((e) => `error: ${e}`);
	text
		.toString()
		.split("\n")
		.forEach((source, i) => {
			const wanted = [...(/\/\/ ERROR (.*)$/.exec(source)?.[1] ?? "").matchAll(/"((?:[^"\\]|\\.)*)"|`([^`]*)`/g)].map(
				(m) => m[2] ?? m[1].replace(/\\(["\\])/g, "$1"),
			);
			let said = lines.get(i + 1) ?? [];
			for (const w of wanted) {
				const re = new RegExp(w);
				if (!said.some((t) => re.test(t))) out.push(`${i + 1}: wanted ${w}, said ${(lines.get(i + 1) ?? []).join("; ")}`);
				said = said.filter((t) => !re.test(t));
			}
			for (const t of said) out.push(`${i + 1}: said ${t}`);
		});
	return out;
}

/** Numbers of differences from gc in GOROOT/test, by mechanism in escape/README.md. They only shrink. */
const known: Readonly<Record<string, number>> = {
	"escape2.go": 29,
	"escape5.go": 2,
	"escape_array.go": 4,
	"escape_calls.go": 1,
	"escape_closure.go": 2,
	"escape_iface.go": 22,
	"escape_param.go": 13,
	"escape_reflect.go": 4,
};

const suite = join(goroot, "test");
const skip = haveGoroot && existsSync(join(suite, "escape2.go")) ? false : "no GOROOT/test";
const files =
	skip === false
		? readdirSync(suite).filter(
				(f) => f.startsWith("escape") && f.endsWith(".go") && /^\/\/ errorcheck -0 -m -l\s*$/m.test(readFileSync(join(suite, f), "utf8")),
			)
		: [];
test("GOROOT/test/escape*.go", { skip }, async (t) => {
	for (const f of files) {
		await t.test(f, () => {
			const found = differences(join(suite, f));
			assert.ok(found.length <= (known[f] ?? 0), `${found.length} differences, ${known[f] ?? 0} known\n${found.join("\n")}`);
		});
	}
});

const own = new URL("escape/", import.meta.url).pathname;
for (const f of readdirSync(own).filter((n) => n.endsWith(".go"))) {
	test(`escape/${f}`, { skip }, () => assert.deepEqual(differences(join(own, f)), []));
}

test("tags of earlier builds say nothing about a function without body that shares its linker name", () => {
	const source = `package main

import _ "unsafe"

func Keep(p *int)

//go:linkname keep main.Keep
func keep(p *int) { *p = 0 }

func f() {
	x := 1
	Keep(&x)
}

func g() {
	x := 1
	h(&x)
}

func h(p *int) { *p = 0 }
`;
	const rows = new Map<string, Parameters<TagStore["putTags"]>[1]>();
	const store: TagStore = { covers: () => true, getTags: (k) => rows.get(k) ?? null, putTags: (k, t) => void rows.set(k, t) };
	const run = (): [number, string[]][] => [...analyse("tags.go", new TextEncoder().encode(source), false, store).lines];
	const cold = run();
	assert.ok(rows.size >= 2, "tags were stored");
	assert.ok(cold.some(([line, said]) => line === 11 && said.includes("moved to heap: x")));
	assert.ok(!cold.some(([line]) => line === 16), "x of g stays on the stack");
	assert.deepEqual(run(), cold);
});
