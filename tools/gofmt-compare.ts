// Formats Go files and compares with the official gofmt, which must be on PATH:
//
//   node tools/gofmt-compare.ts [--show N] DIR|FILE…
//
// Prints the files that differ, the first difference of the first N of them (3), and counts.

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatSource } from "#gofmt";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { show: { type: "string", default: "3" } } });
let shown = Number(values.show);

function filesUnder(path: string): string[] {
	if (statSync(path).isFile()) return [path];
	return readdirSync(path, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((e) => {
			const sub = join(path, e.name);
			return e.isDirectory() ? filesUnder(sub) : e.isFile() && e.name.endsWith(".go") ? [sub] : [];
		});
}

/** Names of files that gofmt would change. */
function changed(files: readonly string[]): Set<string> {
	const out = new Set<string>();
	for (let i = 0; i < files.length; i += 500) {
		const got = spawnSync("gofmt", ["-l", ...files.slice(i, i + 500)], { encoding: "utf8", maxBuffer: 1 << 28 });
		for (const name of got.stdout.split("\n")) if (name !== "") out.add(name);
		for (const m of got.stderr.matchAll(/^(.*?\.go):\d+:\d+: /gm)) out.add(m[1]);
	}
	return out;
}

/** What gofmt prints; null when it finds errors. */
function official(file: string): Buffer | null {
	try {
		return execFileSync("gofmt", [file], { stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
	} catch {
		return null;
	}
}

function difference(want: string, got: string): string {
	const a = want.split("\n");
	const b = got.split("\n");
	let i = 0;
	while (i < a.length && a[i] === b[i]) i++;
	const window = (l: string[]): string =>
		l
			.slice(Math.max(0, i - 2), i + 4)
			.map((t) => `    ${JSON.stringify(t)}`)
			.join("\n");
	return `  line ${i + 1}: want\n${window(a)}\n  got\n${window(b)}`;
}

const files = positionals.flatMap(filesUnder);
const touched = changed(files);
const count = { same: 0, different: 0, errors: 0, refused: 0, crashed: 0 };
let ms = 0;
for (const file of files) {
	const source = readFileSync(file);
	const want = touched.has(file) ? official(file) : source;
	const start = performance.now();
	let got: ReturnType<typeof formatSource>;
	try {
		got = formatSource(file, source);
	} catch (err) {
		count.crashed++;
		if (shown-- > 0) process.stdout.write(`${file}: ${(err as Error).stack}\n`);
		else process.stdout.write(`${file}: ${(err as Error).message}\n`);
		continue;
	}
	ms += performance.now() - start;
	if (want === null) count.errors++;
	else if (got.text === null) {
		count.refused++;
		process.stdout.write(`${file}: ${got.errors[0]}\n`);
	} else if (want.equals(got.text)) count.same++;
	else {
		count.different++;
		process.stdout.write(`${file} differs\n`);
		if (shown-- > 0) process.stdout.write(`${difference(want.toString(), Buffer.from(got.text).toString())}\n`);
	}
}
process.stdout.write(`${JSON.stringify(count)}, ${touched.size} changed by gofmt, ${ms.toFixed(0)} ms\n`);
