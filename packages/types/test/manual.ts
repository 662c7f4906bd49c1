// node packages/types/test/manual.ts PKG… [-deps]: checks std packages whole and prints diagnostics and times.

import { formatDiagnostics } from "#base";
import { checkPackage } from "../check.ts";
import { Loader } from "./harness.ts";

const args = process.argv.slice(2).filter((a) => !a.startsWith("-"));
const deps = process.argv.includes("-deps");
const l = new Loader();
const t0 = performance.now();
for (const path of args) {
	const p = l.importPackage(path);
	if (typeof p === "string") throw new Error(p);
	checkPackage(p);
}
const t1 = performance.now();
if (deps) for (const p of [...l.packages.values()]) checkPackage(p);
const t2 = performance.now();
for (const line of formatDiagnostics(l.sources, l.diagnostics, 0)) console.log(line);
console.log(
	`${l.packages.size} packages, ${l.bytes} bytes, ${l.diagnostics.length} errors; ${(t1 - t0).toFixed(0)} ms, deps ${(t2 - t1).toFixed(0)} ms`,
);
