// Runs the test files given as arguments (or all) with node:test and ends with one line `N passed, N failed, N skipped`. Exit
// status 1 when a test failed or none ran. Two files run side by side; those in which a test failed run once more, alone. What
// passes then is named as unsteady: it needs mending, but says nothing against the tree.
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

interface Count {
	passed: number;
	failed: string[];
	skipped: number;
}

const root = new URL("..", import.meta.url).pathname;
const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked.map((f) => `${process.cwd()}/${f}`) : globSync(`${root}{packages/*,.}/test/**/*.test.ts`).sort();

/** Runs files, prints the report; what passed and failed, by file. */
async function report(files: readonly string[], concurrency: number): Promise<Map<string, Count>> {
	const counts = new Map<string, Count>();
	const of = (file: string | undefined): Count => {
		const key = file ?? "";
		let c = counts.get(key);
		if (c === undefined) {
			c = { passed: 0, failed: [], skipped: 0 };
			counts.set(key, c);
		}
		return c;
	};
	const stream = run({ files, concurrency, timeout: 600_000 });
	stream.on("test:pass", (e) => {
		if (e.details.type === "suite") return;
		if (e.skip !== undefined) of(e.file).skipped++;
		else of(e.file).passed++;
	});
	stream.on("test:fail", (e) => {
		if (e.details.type !== "suite") of(e.file).failed.push(e.name);
	});
	for await (const chunk of stream.compose(spec)) process.stdout.write(chunk);
	return counts;
}

const counts = await report(files, 2);
const again = files.filter((f) => (counts.get(f)?.failed.length ?? 0) > 0);
if (again.length > 0) {
	console.log(`\nonce more, alone: ${again.map((f) => f.slice(root.length)).join(" ")}\n`);
	for (const [file, second] of await report(again, 1)) {
		for (const name of counts.get(file)?.failed ?? []) {
			if (!second.failed.includes(name)) console.log(`unsteady: ${file.slice(root.length)}: ${name}: failed, then passed alone`);
		}
		counts.set(file, second);
	}
}
let [passed, failed, skipped] = [0, 0, 0];
for (const c of counts.values()) {
	passed += c.passed;
	failed += c.failed.length;
	skipped += c.skipped;
}
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
