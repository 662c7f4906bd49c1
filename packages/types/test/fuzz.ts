// node packages/types/test/fuzz.ts [-n COUNT] [-seed N] [-importcfg FILE] DIR-OR-FILE…: checks mutated sources.
// Every mutation must be checked without exception; with -importcfg (see oracle.ts) diagnostics are compared with the official compiler's.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDiagnostics } from "#base";
import { goroot, Loader } from "./harness.ts";

function option(name: string, fallback: string): string {
	const i = args.indexOf(name);
	return i < 0 ? fallback : (args.splice(i, 2)[1] as string);
}

const args = process.argv.slice(2);
const count = Number(option("-n", "200"));
let seed = Number(option("-seed", "1"));
const cfg = option("-importcfg", "");
const tmp = option("-tmp", "");

function random(n: number): number {
	seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
	return Math.floor(((seed >>> 8) / 0x1000000) * n);
}

const token =
	/\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\p{L}_][\p{L}\p{Nd}_]*|[\d.][\w.]*|<-|:=|[-+*/%&|^<>=!]=|&&|\|\||\+\+|--|\.\.\.|[^\s]/gu;

function mutate(src: string): string {
	const list = [...src.matchAll(token)].filter((m) => !/^\/[/*]/.test(m[0]));
	const names = list.filter((m) => /^[\p{L}_]/u.test(m[0]));
	const edits = 1 + random(2);
	let out = src;
	for (let i = 0; i < edits; i++) {
		const at = list[random(list.length)];
		const by = list[random(list.length)];
		const [a, b] = [names[random(names.length)], names[random(names.length)]];
		if (at === undefined || by === undefined || a === undefined || b === undefined) return out;
		const put = (m: RegExpExecArray, text: string): void => {
			if (out.length === src.length || m.index < 1e9) out = out.slice(0, m.index) + text + out.slice(m.index + m[0].length);
		};
		switch (random(8)) {
			case 0:
				put(at, "");
				break;
			case 1:
				put(at, `${at[0]} ${at[0]}`);
				break;
			case 2:
				put(at, by[0]);
				break;
			default:
				put(a, b[0]);
		}
		if (out.length !== src.length) break; // offsets moved
	}
	return out;
}

function ours(text: string): string[] {
	const l = new Loader();
	const file = l.parse("x.go", new TextEncoder().encode(text), false);
	if (!l.diagnostics.some((d) => d.msg.startsWith("syntax error"))) l.check("p", [file], "go1.26");
	return formatDiagnostics(l.sources, l.diagnostics, 0);
}

function official(path: string): string[] {
	const dir = join(path, "..");
	try {
		execFileSync(
			join(goroot, "bin/go"),
			["tool", "compile", "-e", "-p", "p", "-complete=false", "-lang=go1.26", "-importcfg", cfg, "-o", "/dev/null", "x.go"],
			{ cwd: dir, stdio: "pipe" },
		);
		return [];
	} catch (e) {
		return String((e as { stdout: Buffer }).stdout)
			.trimEnd()
			.split("\n")
			.map((s) => s.replaceAll("./x.go", "x.go").replaceAll(`${dir}/x.go`, "x.go"));
	}
}

const paths = args.flatMap((p) =>
	statSync(p).isDirectory()
		? readdirSync(p)
				.filter((f) => f.endsWith(".go"))
				.map((f) => join(p, f))
		: [p],
);
let [same, bad, crashes] = [0, 0, 0];
for (let i = 0; i < count; i++) {
	const path = paths[random(paths.length)] as string;
	const text = mutate(readFileSync(path, "utf8"));
	const t0 = performance.now();
	let got: string[];
	try {
		got = ours(text);
	} catch (e) {
		crashes++;
		console.log(`--- crash ${path} #${i}: ${(e as Error).stack?.split("\n").slice(0, 6).join("\n")}`);
		if (tmp !== "") writeFileSync(join(tmp, `crash${i}.go`), text);
		continue;
	}
	if (performance.now() - t0 > 5000) console.log(`--- slow ${path} #${i}`);
	if (cfg === "") continue;
	writeFileSync(join(tmp, "x.go"), text);
	const want = official(join(tmp, "x.go"));
	if (got.join("\n") === want.join("\n")) {
		same++;
		continue;
	}
	bad++;
	console.log(`--- ${path} #${i}`);
	for (const s of got.filter((x) => !want.includes(x)).slice(0, 4)) console.log(`  + ${s}`);
	for (const s of want.filter((x) => !got.includes(x)).slice(0, 4)) console.log(`  - ${s}`);
	writeFileSync(join(tmp, `bad${i}.go`), text);
}
console.log(`${count} mutations, ${crashes} crashes, ${same} same, ${bad} different`);
