// Debuggers on our binaries: Delve stops at the lines marked BREAK of the programs in debugging/ and prints
// arguments and locals; gdb prints backtraces. Without optimization everything equals what it prints of the official
// build; with optimization a variable may be missing, but never wrong.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";

const here = join(import.meta.dirname, "debugging");
const main = join(import.meta.dirname, "..", "packages", "cmd", "main.ts");
const programs = readdirSync(here).filter((f) => f.endsWith(".go"));
const has = (tool: string, ...args: string[]): boolean => spawnSync(tool, args, { encoding: "utf8" }).status === 0;
const go = has("go", "version");
const dlv = has("dlv", "version");
const gdb = has("gdb", "--version");

let dir = "";
before(() => {
	dir = mkdtempSync(join(tmpdir(), "debugging-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function run(tool: string, args: readonly string[], timeout = 600_000): string {
	const r = spawnSync(tool, args, { encoding: "utf8", timeout, cwd: here, env: { ...process.env, GOCACHE: cacheOf(tool) } });
	if (r.error !== undefined) throw r.error;
	return r.stdout + r.stderr;
}

/** Our own builds share a cache of the test; the official tool keeps its own. */
function cacheOf(tool: string): string | undefined {
	return tool === process.execPath ? join(dir, "cache") : process.env.GOCACHE_OFFICIAL;
}

function build(program: string, official: boolean, gcflags: string): string {
	const exe = join(dir, `${basename(program, ".go")}${official ? ".official" : ""}${gcflags === "" ? "" : ".N"}`);
	const args = ["build", `-gcflags=${gcflags}`, "-o", exe, program];
	const out = official ? run("go", args) : run(process.execPath, ["--stack-size=3900", main, ...args]);
	assert.equal(out, "", `building ${program}`);
	return exe;
}

function breakLines(program: string): number[] {
	const lines = readFileSync(join(here, program), "utf8").split("\n");
	return lines.flatMap((text, i) => (text.includes("// BREAK") ? [i + 1] : []));
}

/** What a debugger showed at one stop: line, visit of that line, variables as printed. */
interface Stop {
	at: string;
	vars: Map<string, string>;
	/** In the order printed. */
	text: string[];
}

/** Delve colors its listings. */
const colors = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** Addresses differ from run to run, type descriptors (which channels show) from linker to linker. */
function mask(text: string): string {
	return text.replace(/0x[0-9a-f]+/g, "0xADDR").replace(/elemtype: \*internal\/abi\.Type .*$/s, "elemtype");
}

/** Delve prints what a function value has captured in the order of its closure object, which is the compiler's business. */
function closureName(value: string): string {
	return value.replace(/^([\w./[\]()*-]+) \{.*$/s, (all, name: string) => (/\bfunc\d|-range\d|-fm$/.test(name) ? name : all));
}

function stops(exe: string, program: string): Stop[] {
	const lines = breakLines(program);
	const script = join(dir, "script.dlv");
	const rounds = 60;
	writeFileSync(
		script,
		[
			...lines.map((l) => `break ${join(here, program)}:${l}`),
			...Array.from({ length: rounds }, () => "continue\nargs -v\nlocals -v"),
			"exit",
			"",
		].join("\n"),
	);
	const out = run("dlv", ["exec", exe, "--init", script, "--allow-non-terminal-interactive=true"]);
	const plain = out.replace(colors, "");
	const list: Stop[] = [];
	const visits = new Map<string, number>();
	for (const part of plain.split(/^(?=> \[Breakpoint)/m).slice(1)) {
		const m = /^> \[Breakpoint \d+\] ([^ ]+) [^ ]*?:(\d+)/.exec(part);
		if (m === null) continue;
		// instances of generic functions have other names with gc
		const where = `${m[1].replace(/\[.*\]/, "[]")}:${m[2]}`;
		const visit = (visits.get(where) ?? 0) + 1;
		visits.set(where, visit);
		const stop: Stop = { at: `${where} visit ${visit}`, vars: new Map(), text: [] };
		let name = "";
		for (const line of part.split("\n").slice(1)) {
			const v = /^([\w~]+) = (.*)$/.exec(line);
			if (v !== null) {
				name = v[1];
				stop.vars.set(name, v[2]);
				stop.text.push(mask(`${name} = ${closureName(v[2])}`));
			} else if (/^[\t ]+\S/.test(line) && name !== "" && !/^ *(=>)? *\d+:/.test(line))
				stop.vars.set(name, `${stop.vars.get(name)} ${line.trim()}`);
			else if (/^Process \d+ has exited/.test(line)) break;
		}
		list.push(stop);
	}
	return list;
}

const skip = !go ? "no official go here" : !dlv ? "no dlv here" : false;

for (const program of programs) {
	test(`delve shows of ${program} built with -N -l what it shows of the official build`, { skip }, () => {
		const want = stops(build(program, true, "-N -l"), program);
		const have = stops(build(program, false, "-N -l"), program);
		assert.ok(want.length >= breakLines(program).length - 4, `${want.length} stops in the official build`);
		assert.deepEqual(
			have.map((s) => s.at),
			want.map((s) => s.at),
		);
		for (let i = 0; i < want.length; i++) assert.deepEqual(have[i].text.toSorted(), want[i].text.toSorted(), want[i].at);
	});

	test(`delve shows no wrong value in the optimized build of ${program}`, { skip }, () => {
		const truth = stops(build(program, true, "-N -l"), program);
		const have = stops(build(program, false, ""), program);
		// optimized code stops less often at a line: each stop must be like one of the official build's, in order
		const from = new Map<string, number>();
		let known = 0;
		for (const stop of have) {
			const where = stop.at.replace(/ visit .*/, "");
			const shown = [...stop.vars].filter(([, value]) => !/^\(unreadable/.test(value));
			const differs = (s: Stop): string[] =>
				shown.flatMap(([name, value]) => {
					const right = s.vars.get(name);
					return right === undefined || mask(closureName(right)) === mask(closureName(value)) ? [] : [`${name} = ${value}, not ${right}`];
				});
			const candidates = truth.filter((s, i) => s.at.replace(/ visit .*/, "") === where && i >= (from.get(where) ?? 0));
			if (candidates.length === 0) continue;
			const match = candidates.find((s) => differs(s).length === 0);
			assert.ok(match, `${stop.at}: ${differs(candidates[0]).join("; ")}`);
			from.set(where, truth.indexOf(match) + 1);
			known += shown.length;
		}
		assert.ok(known > 0, "no variable is known anywhere");
	});
}

test("gdb walks the stack and prints arguments and locals", { skip: gdb ? false : "no gdb here" }, () => {
	const exe = build("basic.go", false, "-N -l");
	const line = breakLines("basic.go");
	const out = run("gdb", [
		"-nx",
		"-batch",
		"-ex",
		`break basic.go:${line[1]}`,
		"-ex",
		"run",
		"-ex",
		"info args",
		"-ex",
		"info locals",
		"-ex",
		"backtrace",
		exe,
	]);
	for (const want of [
		/^a = 1$/m,
		/^b = 2 /m,
		/^c = 3\.5$/m,
		/^e = true$/m,
		/^sum = 11$/m,
		/^x = 4$/m,
		/^y = 0\.875$/m,
		/^#1 .* in main\.main \(\)/m,
	])
		assert.match(out, want);
});
