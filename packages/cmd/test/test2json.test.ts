// Events of test output (cmd/internal/test2json), and flags and cache keys of tests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TestEvents } from "../test2json.ts";
import { goDuration, seconds } from "../testflags.ts";

interface Event {
	Action: string;
	Test?: string;
	Output?: string;
}

/** "action test output" of each event; input comes in pieces of n characters. */
function events(input: string, n: number, ok = true): string[] {
	const out: string[] = [];
	const e = new TestEvents("p", (line) => {
		const v = JSON.parse(line) as Event;
		out.push([v.Action, v.Test ?? "-", v.Output ?? ""].join(" ").trimEnd());
	});
	for (let i = 0; i < input.length; i += n) e.write(input.slice(i, i + n));
	e.close(ok);
	return out;
}

test("events", () => {
	const v = "\u0016";
	const input =
		`${v}=== RUN   TestA\n${v}=== RUN   TestA/x\n${v}=== NAME  TestA/x\n    a_test.go:1: hello\n` +
		`${v}--- PASS: TestA (0.01s)\n${v}    --- PASS: TestA/x (0.00s)\nprinted${v}=== RUN   TestB\n${v}--- FAIL: TestB (0.00s)\n${v}FAIL\n`;
	const want = [
		"start -",
		"run TestA",
		"output TestA === RUN   TestA",
		"run TestA/x",
		"output TestA/x === RUN   TestA/x",
		"output TestA/x     a_test.go:1: hello",
		"output TestA --- PASS: TestA (0.01s)",
		"output TestA/x     --- PASS: TestA/x (0.00s)",
		"output TestA/x printed",
		"pass TestA/x",
		"pass TestA",
		"run TestB",
		"output TestB === RUN   TestB",
		"output TestB --- FAIL: TestB (0.00s)",
		"fail TestB",
		"output - FAIL",
		"fail -",
	];
	assert.deepEqual(events(input, 10_000, false), want);
	assert.deepEqual(events(input, 7, false), want);
});

test("durations", () => {
	assert.equal(seconds("1m30s"), 90);
	assert.equal(seconds("100ms"), 0.1);
	assert.equal(seconds("5"), null);
	assert.equal(goDuration(600), "10m0s");
	assert.equal(goDuration(1.5), "1.5s");
	assert.equal(goDuration(0.25), "250ms");
});
