import assert from "node:assert/strict";
import { test } from "node:test";
import { haveGoroot } from "./harness.ts";
import { runTest, testFiles } from "./testdata.ts";

/** Files whose expectations we do not meet, by mechanism. The list only shrinks. */
const known: Readonly<Record<string, string>> = {
	"check/cycles1.go": "types2 itself accepts the anonymous interface cycles that gc refuses afterwards (restrict.ts)",
	"check/gotos.go": "branches are checked with the syntax, in the words of gc's syntax package",
	"check/labels.go": "branches are checked with the syntax, in the words of gc's syntax package",
	"check/stmt0.go": "branches are checked with the syntax, in the words of gc's syntax package",
	"check/importC.go": "no fake import of C",
};

test("internal/types/testdata", { skip: haveGoroot ? false : "no GOROOT" }, () => {
	const failed: string[] = [];
	const fixed: string[] = [];
	for (const t of testFiles()) {
		const { name, problems } = runTest(t);
		if (problems.length > 0 && known[name] === undefined) failed.push(`${name}\n\t${problems.join("\n\t")}`);
		if (problems.length === 0 && known[name] !== undefined) fixed.push(name);
	}
	assert.deepEqual(failed, []);
	assert.deepEqual(fixed, [], "remove these from the list of known failures");
});
