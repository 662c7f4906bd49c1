// Assembles files with the official assembler and with ours and compares the bytes, relocations and frames of their functions:
//   node tools/asm-compare.ts FILE.s …     (file names may also come on standard input, one a line)
// Files that include go_asm.h need a compiler and are left out.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goroot } from "../packages/asm/test/goroot.ts";
import { compareFile } from "../packages/asm/test/oracle.ts";

const root = goroot();
if (root === null) throw new Error("no GOROOT with a go command");
const named = process.argv.slice(2);
const files = named.length > 0 ? named : readFileSync(0, "utf8").trim().split("\n");
const out = mkdtempSync(join(tmpdir(), "asm-compare-"));
let functions = 0;
let bad = 0;
let left = 0;
for (const file of files) {
	if (readFileSync(file).includes('"go_asm.h"')) {
		left++;
		continue;
	}
	let wrong: string[];
	try {
		const r = compareFile(root, "example.org/p", file, out);
		functions += r.count;
		wrong = r.wrong;
	} catch (e) {
		wrong = [e instanceof Error ? (e.stack ?? e.message) : String(e)];
	}
	if (wrong.length === 0) continue;
	bad++;
	for (const w of wrong.slice(0, 5)) process.stdout.write(`${file}: ${w}\n`);
}
rmSync(out, { recursive: true });
process.stdout.write(`${files.length} files, ${left} left out, ${functions} functions, ${bad} files differ\n`);
process.exit(bad > 0 ? 1 : 0);
