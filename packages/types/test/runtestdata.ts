// node packages/types/test/runtestdata.ts [NAME-PART] [-v]: the testdata suite, with the problems of each file.
import { runTest, testFiles } from "./testdata.ts";

const part = process.argv.slice(2).find((a) => !a.startsWith("-")) ?? "";
const verbose = process.argv.includes("-v");
let ok = 0;
let expected = 0;
let missing = 0;
let unexpected = 0;
const bad: string[] = [];
for (const t of testFiles()) {
	if (!t.name.includes(part)) continue;
	const o = runTest(t);
	expected += o.expected;
	missing += o.problems.filter((p) => p.includes(": missing: ")).length;
	unexpected += o.problems.filter((p) => p.includes(": unexpected: ")).length;
	if (o.problems.length === 0) ok++;
	else {
		bad.push(o.name);
		console.log(`--- ${o.name}`);
		for (const p of o.problems.slice(0, verbose ? 1000 : 5))
			console.log(
				`  ${p
					.split("\n")
					.slice(0, verbose ? 20 : 6)
					.join("\n    ")}`,
			);
	}
}
console.log(`${ok} ok, ${bad.length} bad; of ${expected} expected errors ${missing} missing, ${unexpected} unexpected`);
