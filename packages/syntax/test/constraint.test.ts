import assert from "node:assert/strict";
import { test } from "node:test";
import {
	type Constraint,
	ConstraintError,
	constraintGoVersion,
	evalConstraint,
	fileConstraint,
	isConstraintLine,
	matchFileName,
	parseConstraint,
} from "../mod.ts";

function text(x: Constraint): string {
	if (x.op === "tag") return x.tag;
	if (x.op === "not") return `!${text(x.x)}`;
	return `(${text(x.x)} ${x.op} ${text(x.y)})`;
}

const cases: Record<string, string> = {
	a: "a",
	"a && b || c": "((a and b) or c)",
	"a || b && !c": "(a or (b and !c))",
	"!(a || b) && go1.21": "(!(a or b) and go1.21)",
	"é_1.x": "é_1.x",
	"": "unexpected end of expression at 0",
	"a b": "unexpected token b at 2",
	"!!a": "double negation not allowed at 1",
	"(a": "missing close paren at 0",
	"(a &&": "missing close paren at 0",
	"a && ": "unexpected end of expression at 5",
	"a & b": "invalid syntax at & at 2",
	"a ||| b": "invalid syntax at | at 4",
	"-a": "invalid syntax at - at 0",
	")": "unexpected token ) at 0",
	[Array(1001).fill("a").join("||")]: "build expression too large at 3000",
};

test("expressions", () => {
	for (const [input, want] of Object.entries(cases)) {
		let got: string;
		try {
			got = text(parseConstraint(input));
		} catch (err) {
			assert.ok(err instanceof ConstraintError);
			got = `${err.message} at ${err.offset}`;
		}
		assert.equal(got, want);
	}
});

test("lines", () => {
	for (const [line, want] of [
		["//go:build x", true],
		["//go:build", true],
		["//go:buildx", false],
		["// go:build x", false],
		["//go:build\tx\r", true],
	] as const) {
		assert.equal(isConstraintLine(line), want, line);
	}
});

test("evaluation asks for every tag", () => {
	const asked: string[] = [];
	assert.equal(
		evalConstraint(parseConstraint("a || !b && c"), (t) => asked.push(t) > 0 && t === "a"),
		true,
	);
	assert.deepEqual(asked, ["a", "b", "c"]);
});

test("go versions", () => {
	const versions: Record<string, string> = {
		"linux && go1.22": "go1.22",
		"(linux && go1.22) || (windows && go1.20)": "go1.20",
		linux: "",
		"linux || (windows && go1.22)": "",
		"!go1.22": "",
		"!(!go1.20 || !linux)": "go1.20",
		go1: "go1",
		"go1.18 && !go1.20": "go1.18",
		"go1.x": "",
	};
	for (const [x, want] of Object.entries(versions)) assert.equal(constraintGoVersion(parseConstraint(x)), want, x);
});

test("files", () => {
	const of = (src: string): string => {
		try {
			const x = fileConstraint(new TextEncoder().encode(src));
			return x === null ? "" : text(x);
		} catch (err) {
			return (err as Error).message;
		}
	};
	assert.equal(of("// c\n\n//go:build a && b\n\npackage p\n"), "(a and b)");
	assert.equal(of("//go:build a\npackage p\n"), "a");
	assert.equal(of("/* x\n//go:build a\n*/\npackage p\n"), "");
	assert.equal(of("package p\n//go:build a\n"), "");
	assert.equal(of("//go:build a\n//go:build b\npackage p\n"), "multiple //go:build comments");
	assert.equal(of("//go:build a &\npackage p\n"), "invalid syntax at &");
	assert.equal(of("// +build a,!b c\n// +build d\n\npackage p\n"), "(((a and !b) or c) and d)");
	assert.equal(of("// +build a\npackage p\n"), "");
	assert.equal(of("//go:build x\n// +build a\n\npackage p\n"), "x");
});

test("file names", () => {
	const linux = (tag: string): boolean => ["linux", "amd64", "unix", "gc"].includes(tag);
	const names: Record<string, boolean> = {
		"a.go": true,
		"linux.go": true,
		"windows.go": true,
		"a_linux.go": true,
		"a_windows.go": false,
		"a_amd64.go": true,
		"a_arm64.s": false,
		"a_linux_amd64.go": true,
		"a_linux_arm64.go": false,
		"a_windows_amd64_test.go": false,
		"a_linux_test.go": true,
		"a_test.go": true,
		"a_unix.go": true,
		"_linux.go": true,
		"a_foo_linux.go": true,
		"a_linux_foo.go": true,
		"a_plan9.x.go": false,
		"arm64_x.go": true,
	};
	for (const [name, want] of Object.entries(names)) {
		if (name.startsWith("_")) continue; // ignored before by its first character
		assert.equal(matchFileName(name, linux), want, name);
	}
});
