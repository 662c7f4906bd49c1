// Runs the test files given as arguments (or all) with node:test and ends with
// one line `N passed, N failed, N skipped`. Exit status 1 when a test failed or none ran.
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const root = new URL("..", import.meta.url).pathname;
const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked.map((f) => `${process.cwd()}/${f}`) : globSync(`${root}{packages/*,.}/test/**/*.test.ts`).sort();
const count = { passed: 0, failed: 0, skipped: 0 };
const stream = run({ files, concurrency: 2, timeout: 600_000 });
stream.on("test:pass", (e) => {
	if (e.details.type === "suite") return;
	if (e.skip !== undefined) count.skipped++;
	else count.passed++;
});
stream.on("test:fail", (e) => {
	if (e.details.type !== "suite") count.failed++;
});
stream.on("end", () => {
	process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
});
for await (const chunk of stream.compose(spec)) process.stdout.write(chunk);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
