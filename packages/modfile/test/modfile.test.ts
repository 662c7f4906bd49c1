import assert from "node:assert/strict";
import { test } from "node:test";
import { compareGoVersion, compareSemver, escapePath, type GoMod, parseGoMod, splitPathVersion } from "#modfile";

function read(text: string): { mod: GoMod; errors: string[] } {
	const { mod, errors } = parseGoMod("go.mod", text);
	return { mod, errors };
}

test("directives, blocks and comments", () => {
	const { mod, errors } = read(`// a comment
module example.com/m // trailing

go 1.26

require (
	a.example/x v1.2.3
	"b.example/y/v2" v2.0.0-20200101000000-abcdefabcdef // indirect
)
replace a.example/x => ../x
replace b.example/y/v2 v2.0.0 => c.example/z v1.0.0
exclude a.example/x v1.0.0
retract [v1.0.0, v1.1.0] // bad
tool example.com/m/cmd
godebug default=go1.21
`);
	assert.deepEqual(errors, []);
	assert.equal(mod.module, "example.com/m");
	assert.equal(mod.go, "1.26");
	assert.deepEqual(
		mod.require.map((r) => [r.path, r.indirect]),
		[
			["a.example/x", false],
			["b.example/y/v2", true],
		],
	);
	assert.deepEqual(mod.replace[0], { old: { path: "a.example/x", version: "" }, with: { path: "../x", version: "" } });
	assert.deepEqual(mod.retract[0], { low: "v1.0.0", high: "v1.1.0", rationale: "bad" });
	assert.deepEqual(mod.godebug, [{ key: "default", value: "go1.21" }]);
});

test("errors have positions", () => {
	assert.deepEqual(read("module m\nfoo bar\n").errors, ["go.mod:2: unknown directive: foo"]);
	assert.deepEqual(read("module m\nmodule n\n").errors, ["go.mod:2: repeated module statement"]);
	assert.equal(read("module m\ngo 1.x\n").errors.length, 1);
	assert.equal(read('module "m\n').errors.length, 1);
	assert.equal(read("replace a => b\n").errors.length, 1);
});

test("order of versions", () => {
	const order = [
		"v0.9.0",
		"v1.0.0-alpha",
		"v1.0.0-alpha.1",
		"v1.0.0-alpha.beta",
		"v1.0.0-beta.2",
		"v1.0.0-beta.11",
		"v1.0.0-rc.1",
		"v1.0.0",
		"v1.2.0",
		"v1.10.0",
	];
	for (let i = 0; i + 1 < order.length; i++) assert.ok(compareSemver(order[i], order[i + 1]) < 0, `${order[i]} < ${order[i + 1]}`);
	const go = ["1.9", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc1", "1.21.0", "1.21.10"];
	for (let i = 0; i + 1 < go.length; i++) assert.ok(compareGoVersion(go[i], go[i + 1]) < 0, `${go[i]} < ${go[i + 1]}`);
	assert.equal(escapePath("github.com/BurntSushi/toml"), "github.com/!burnt!sushi/toml");
	assert.deepEqual(splitPathVersion("a.b/c/v2"), { prefix: "a.b/c", major: "/v2" });
	assert.deepEqual(splitPathVersion("gopkg.in/yaml.v3"), { prefix: "gopkg.in/yaml", major: ".v3" });
});
