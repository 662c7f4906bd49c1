// Arguments and locals of all frames, at places of many kinds: the same as Delve's `stack -full`, on its own dumps.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
	CoreProcess,
	EvalScope,
	evaluate,
	FileSource,
	type Frame,
	Goroutines,
	Loader,
	printValue,
	Program,
	shallowLoad,
	type Variable,
	viewOf,
} from "../mod.ts";
import { build, type Mode, open } from "./build.ts";

const STOPS = 12;
const load = { ...shallowLoad, maxStructFields: 3 };
const colors = new RegExp(`${String.fromCharCode(27)}\\[\\d*m`, "g");

interface Stop {
	/** Lines of dlv's stack: frames and variables. */
	theirs: string[];
	program: Program;
	core: CoreProcess;
	frames: Frame[];
	scope: (i: number) => EvalScope;
	/** Closes and removes the dump. */
	done: () => void;
}

/** Lets dlv stop in main.trap and dump; null without dlv. */
function* stops(mode: Mode): Generator<Stop> {
	const exe = build("frames", mode);
	if (exe === null || spawnSync("dlv", ["version"]).status !== 0) return;
	const dir = mkdtempSync(join(tmpdir(), "tsugo-frames-"));
	const file = (i: number): string => join(dir, `${i}.core`);
	const commands = ["break main.trap"];
	for (let i = 0; i < STOPS; i++) commands.push("continue", `dump ${file(i)}`, "stack 8 -full");
	writeFileSync(join(dir, "init"), [...commands, "exit", ""].join("\n"));
	const r = spawnSync("dlv", ["exec", exe, "--init", join(dir, "init"), "--allow-non-terminal-interactive"], {
		encoding: "utf8",
		input: "",
		env: { ...process.env, XDG_CONFIG_HOME: dir },
	});
	const parts = r.stdout
		.replaceAll(colors, "")
		.split(/^> \[Breakpoint 1\].*$/m)
		.slice(1);
	for (let i = 0; i < parts.length; i++) {
		if (!existsSync(file(i))) continue;
		const source = new FileSource(file(i));
		const core = new CoreProcess(source);
		const binary = open(exe);
		core.useFile((a, n) => binary.fileBytes(a, n));
		const program = new Program(core, binary);
		const goroutines = new Goroutines(program);
		const loader = new Loader(program);
		const g = core
			.threads()
			.map((t) => goroutines.ofThread(t))
			.find((x) => x !== null && goroutines.stack(x, 3).some((f) => f.name === "main.trap"));
		assert.ok(g !== undefined && g !== null);
		const frames = goroutines.stack(g, 9);
		const theirs = parts[i]
			.split("\n")
			.filter((l) => /^ *\d+  0x/.test(l) || / = /.test(l))
			.map((l) => (/ = /.test(l) ? l.trim() : l));
		yield {
			theirs: theirs.slice(theirs.findIndex((l) => /^ *0  0x/.test(l))),
			program,
			core,
			frames,
			scope: (k) => new EvalScope(loader, g, frames.slice(k)),
			done: () => {
				source.close();
				rmSync(file(i));
			},
		};
	}
	rmSync(dir, { recursive: true });
}

for (const mode of ["noopt", "opt"] as Mode[]) {
	test(`arguments and locals of frames (${mode})`, (t) => {
		let count = 0;
		for (const s of stops(mode)) {
			const mine: string[] = [];
			const show = (scope: EvalScope, v: Variable): string => `${v.name} = ${printValue(viewOf(scope.loader, scope.loader.load(v, load)))}`;
			s.frames.forEach((f, k) => {
				const width = String(s.frames.length - 1).length;
				mine.push(`${String(k).padStart(width)}  0x${f.pc.toString(16).padStart(16, "0")} in ${f.name}`);
				const scope = s.scope(k);
				for (const v of [...scope.arguments(true), ...scope.locals(true)]) mine.push(show(scope, v));
			});
			assert.deepEqual(mine, s.theirs, `stop ${count}`);
			const body = s.frames.findIndex((f) => f.name === "main.ranged-range1");
			if (body >= 0 && mode === "noopt") {
				const scope = s.scope(body);
				assert.deepEqual(
					scope.locals().map((v) => v.name),
					["last", "outer", "i", "s", "inner"],
				);
				assert.equal(evaluate("limit", scope, load).value, 3n);
			}
			count++;
			s.done();
		}
		if (count === 0) return t.skip("no official go or no dlv");
		assert.equal(count, STOPS);
	});
}
