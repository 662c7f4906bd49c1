import assert from "node:assert/strict";
import { test } from "node:test";
import { splitPkg } from "../names.ts";
import { escapePath, unescapePath } from "../typename.ts";

test("import paths in symbol names", () => {
	const cases: [string, string][] = [
		["fmt", "fmt"],
		["net/http", "net/http"],
		["gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3"],
		["example.com/a.b/c", "example.com/a.b/c"],
		["x/ä", "x/%c3%a4"],
		['a"b', "a%22b"],
		["100%", "100%25"],
	];
	for (const [path, want] of cases) {
		assert.equal(escapePath(path), want);
		assert.equal(unescapePath(want), path);
	}
});

test("where the package path of a type's name ends", () => {
	assert.equal("net/http.Client".slice(splitPkg("net/http.Client")), ".Client");
	assert.equal("main.Pair[net/http.Client,int]".slice(splitPkg("main.Pair[net/http.Client,int]")), ".Pair[net/http.Client,int]");
});
