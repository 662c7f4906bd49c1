// Runs the checker over internal/types/testdata and compares the errors with the ERROR comments.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "#base";
import { testUniverse } from "../universe.ts";
import { expectedErrors } from "./errorcomments.ts";
import { goroot, Loader } from "./harness.ts";

export interface Outcome {
	name: string;
	/** ERROR comments. */
	expected: number;
	problems: string[];
}

const dirs: readonly [string, number][] = [
	["check", 50],
	["spec", 20],
	["examples", 125],
	["fixedbugs", 100],
];

export function testFiles(): { name: string; files: string[]; tolerance: number }[] {
	const out: { name: string; files: string[]; tolerance: number }[] = [];
	for (const [dir, tolerance] of dirs) {
		const base = join(goroot, "src/internal/types/testdata", dir);
		for (const name of readdirSync(base).sort()) {
			const path = join(base, name);
			if (statSync(path).isDirectory()) {
				out.push({
					name: `${dir}/${name}`,
					files: readdirSync(path)
						.sort()
						.map((f) => join(path, f)),
					tolerance,
				});
			} else if (name.endsWith(".go")) {
				out.push({ name: `${dir}/${name}`, files: [path], tolerance });
			}
		}
	}
	return out;
}

/** The flags of a first line such as `// -lang=go1.17`. */
function flagsOf(src: string): Map<string, string> {
	const m = /^\/\/\s*(-[^\n]*)\n/.exec(src);
	const flags = new Map<string, string>();
	for (const f of m?.[1]?.split(/\s+/) ?? []) {
		const kv = /^-+([a-zA-Z]+)(?:=(.*))?$/.exec(f);
		if (kv !== null) flags.set(kv[1] as string, kv[2] ?? "true");
	}
	return flags;
}

const universe = testUniverse();

export function runTest(t: { name: string; files: string[]; tolerance: number }): Outcome {
	const l = new Loader(universe);
	const srcs = t.files.map((f) => readFileSync(f));
	const flags = flagsOf((srcs[0] as Buffer).toString());
	const files = t.files.map((f, i) => l.parse(f, srcs[i] as Buffer, false));
	const problems: string[] = [];
	try {
		l.check(files[0]?.pkgName.name ?? "p", files, flags.get("lang") ?? "", (c) => {
			if (flags.get("gotypesalias") === "0") c.enableAlias = false;
		});
	} catch (e) {
		problems.push(`crash: ${e instanceof Error ? e.stack : String(e)}`);
		return { name: t.name, expected: 0, problems };
	}
	const wanted = new Map(t.files.map((f, i) => [f, expectedErrors((srcs[i] as Buffer).toString())] as const));
	const expected = [...wanted.values()].reduce((n, list) => n + list.length, 0);
	const got: Diagnostic[] = l.diagnostics;
	for (const d of got) {
		const at = l.sources.fileOf(d.pos)?.physical(d.pos);
		const list = wanted.get(at?.file ?? "") ?? [];
		let best = -1;
		let delta = Infinity;
		list.forEach((w, i) => {
			if (w.line !== at?.line) return;
			if (!(w.regexp ? new RegExp(w.text, "s").test(d.msg) : d.msg.includes(w.text))) return;
			const dist = Math.abs(w.col - at.col);
			if (dist < delta) {
				best = i;
				delta = dist;
			}
		});
		const where = `${at?.line}:${at?.col}`;
		if (best < 0) problems.push(`${where}: unexpected: ${d.msg}`);
		else {
			if (delta > t.tolerance) problems.push(`${where}: column, want ${list[best]?.col}: ${d.msg}`);
			list.splice(best, 1);
		}
	}
	for (const list of wanted.values()) for (const w of list) problems.push(`${w.line}:${w.col}: missing: ${w.text}`);
	return { name: t.name, expected, problems };
}
