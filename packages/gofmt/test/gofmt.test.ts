// Sources and what gofmt makes of them: small cases here, gofmt's own goldens where a GOROOT has them.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatSource } from "#gofmt";
import { findGoroot } from "../../../tools/check.ts";

function format(source: string): string {
	const { text, errors } = formatSource("x.go", new TextEncoder().encode(source));
	return text === null ? errors.join("\n") : new TextDecoder().decode(text);
}

const cases: readonly [name: string, source: string, want: string][] = [
	[
		"spaces",
		"package  p\nfunc  f( a,b int,c string )(int){return  a+b*c}",
		"package p\n\nfunc f(a, b int, c string) int { return a + b*c }\n",
	],
	[
		"columns",
		"package p\ntype T struct{\na int // one\nlonger string `tag`\n\nb []int // two\n}",
		"package p\n\ntype T struct {\n\ta      int    // one\n\tlonger string `tag`\n\n\tb []int // two\n}\n",
	],
	[
		"columns of constants",
		'package p\nconst (\nA = iota // first\nLonger\nB int = 2\n)\nvar x,y = 1,"é" // é',
		'package p\n\nconst (\n\tA = iota // first\n\tLonger\n\tB int = 2\n)\n\nvar x, y = 1, "é" // é\n',
	],
	[
		"imports are sorted and said once",
		'package p\nimport (\n"os"\n"fmt" // for f\n"os"\n\n"b"\n"a"\n)',
		'package p\n\nimport (\n\t"fmt" // for f\n\t"os"\n\n\t"a"\n\t"b"\n)\n',
	],
	[
		"statements",
		"package p\nfunc f() {\nif (x) { g() } else { h() }\nfor i:=0;i<3;i++ { }\nL: for { break L }\nswitch x:=y.(type) { case int, string: g()\ndefault: }\nselect {}\n}",
		"package p\n\nfunc f() {\n\tif x {\n\t\tg()\n\t} else {\n\t\th()\n\t}\n\tfor i := 0; i < 3; i++ {\n\t}\nL:\n\tfor {\n\t\tbreak L\n\t}\n\tswitch x := y.(type) {\n\tcase int, string:\n\t\tg()\n\tdefault:\n\t}\n\tselect {}\n}\n",
	],
	[
		"literals over lines",
		'package p\nvar m = map[string]int{"a":1,\n"long key":2, // two\n"b": 3}\nvar _ = f(a,\nb)',
		'package p\n\nvar m = map[string]int{"a": 1,\n\t"long key": 2, // two\n\t"b":        3}\nvar _ = f(a,\n\tb)\n',
	],
	["numbers", "package p\nvar x = 0XAB + 1E3 + 0B1 + 007i", "package p\n\nvar x = 0xAB + 1e3 + 0b1 + 7i\n"],
	["parentheses stay", "package p\nvar x = &(y.z)\nvar s = a[x+1:y]", "package p\n\nvar x = &(y.z)\nvar s = a[x+1 : y]\n"],
	[
		"doc comments",
		"package p\n// F does:\n// * one\n// * two\n//go:noinline\nfunc F() {}\n",
		"package p\n\n// F does:\n// * one\n// * two\n//\n//go:noinline\nfunc F() {}\n",
	],
	[
		"type parameters",
		"package p\ntype S[P *T,] struct{}\nfunc f[A,B any](a A){}",
		"package p\n\ntype S[P *T,] struct{}\n\nfunc f[A, B any](a A) {}\n",
	],
	[
		"comments of blocks",
		"package p\nfunc f() {\nif y {\n\t/* a\n   b */\nx() /* c */\n}}",
		"package p\n\nfunc f() {\n\tif y {\n\t\t/* a\n\t\t   b */\n\t\tx() /* c */\n\t}\n}\n",
	],
	["byte order mark and line ends", "\ufeffpackage p\r\nvar x = 1\r\n", "package p\n\nvar x = 1\n"],
	["errors", "package p\nfunc {", "x.go:2:6: syntax error: unexpected {, expected name or ("],
];

for (const [name, source, want] of cases) {
	test(name, () => {
		assert.equal(format(source), want);
		if (!want.startsWith("x.go:")) assert.equal(format(want), want, "formatted again");
	});
}

const goldens = join(findGoroot(), "src/cmd/gofmt/testdata");

test("gofmt's goldens", { skip: existsSync(goldens) ? false : "no GOROOT with cmd/gofmt/testdata" }, () => {
	let count = 0;
	for (const name of readdirSync(goldens)) {
		if (!name.endsWith(".input")) continue;
		const source = readFileSync(join(goldens, name), "utf8");
		// With flags, and fragments, which only the standard input may be.
		if (/^\/\/gofmt /m.test(source) || name.startsWith("stdin")) continue;
		count++;
		assert.equal(format(source), readFileSync(join(goldens, name.replace(/input$/, "golden")), "utf8"), name);
	}
	assert.ok(count >= 5);
});
