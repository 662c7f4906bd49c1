// node packages/types/test/oracle.ts IMPORTCFG DIR-OR-FILE… : compares diagnostics with `go tool compile -e`, line by line.
// IMPORTCFG: go list -export -f '{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}' std

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { formatDiagnostics } from "#base";
import { goroot, Loader } from "./harness.ts";

const [cfg, ...paths] = process.argv.slice(2).filter((a) => !a.startsWith("-")) as [string, ...string[]];
const verbose = process.argv.includes("-v");

function langOf(src: string): string {
	return /^\/\/\s*-lang=(\S+)/.exec(src)?.[1] ?? "go1.26";
}

function official(path: string, lang: string): string[] {
	const dir = dirname(path);
	try {
		execFileSync(
			join(goroot, "bin/go"),
			["tool", "compile", "-e", "-p", "p", "-complete=false", `-lang=${lang}`, "-importcfg", cfg, "-o", "/dev/null", basename(path)],
			{ cwd: dir, stdio: "pipe" },
		);
		return [];
	} catch (e) {
		const out = String((e as { stdout: Buffer }).stdout);
		return out.replaceAll(`${dir}/`, "").replaceAll("./", "").trimEnd().split("\n");
	}
}

function ours(path: string, lang: string): string[] {
	const l = new Loader();
	const src = readFileSync(path);
	const file = l.parse(path, src, false);
	// Like gc, checks files with errors that the parser does not call syntax errors.
	if (!l.diagnostics.some((d) => d.msg.startsWith("syntax error"))) l.check("p", [file], lang);
	const out = formatDiagnostics(l.sources, l.diagnostics, 0);
	return out
		.join("\n")
		.replaceAll(`${dirname(path)}/`, "")
		.split("\n")
		.filter((s) => s !== "");
}

function files(p: string): string[] {
	return statSync(p).isDirectory()
		? readdirSync(p)
				.sort()
				.filter((f) => f.endsWith(".go"))
				.map((f) => join(p, f))
		: [p];
}

let same = 0;
let bad = 0;
for (const path of paths.flatMap(files)) {
	const src = readFileSync(path).toString();
	const lang = langOf(src);
	const want = official(path, lang);
	let got: string[];
	try {
		got = ours(path, lang);
	} catch (e) {
		got = [`crash ${(e as Error).stack}`];
	}
	if (want.join("\n") === got.join("\n")) {
		same++;
		continue;
	}
	bad++;
	console.log(`--- ${basename(path)}`);
	const count = new Map<string, number>();
	for (const s of want) count.set(s, (count.get(s) ?? 0) + 1);
	let shown = 0;
	const show = (s: string): void => {
		if (verbose || shown++ < 8) console.log(s);
	};
	for (const s of got) {
		const n = count.get(s) ?? 0;
		if (n > 0) count.set(s, n - 1);
		else show(`  + ${s}`);
	}
	for (const [s, n] of count) if (n > 0) show(`  - ${s}`);
	if (shown === 0) show("  (order)");
}
console.log(`${same} same, ${bad} different`);
