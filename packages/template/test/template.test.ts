// Templates with what the official text/template gives for them (cases.json was written by it), errors included.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Struct, Template, TemplateError, type Value } from "#template";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8")) as { Tmpl: string; Want: string; Err: string }[];

const module = new Struct(
	"main.M",
	new Map<string, Value>([
		["Path", "example.com/m"],
		["Version", "v1.2.3"],
		["Main", true],
	]),
	true,
	{ String: () => "example.com/m v1.2.3" },
);
const data = new Struct(
	"main.P",
	new Map<string, Value>([
		["Name", "strings"],
		["Imports", ["errors", "io", "unicode", "unsafe"]],
		[
			"Map",
			new Map([
				["b", "2"],
				["a", "1"],
			]),
		],
		["Module", module],
		["N", 42],
		["OK", true],
		["F", 2.5],
		["Empty", []],
	]),
	true,
);

function join(list: Value, sep: Value): Value {
	return (list as string[]).join(sep as string);
}

for (const c of cases) {
	test(JSON.stringify(c.Tmpl), () => {
		let out = "";
		let err = "";
		try {
			new Template("main", c.Tmpl, { join }).execute(data, (t) => {
				out += t;
			});
		} catch (e) {
			if (!(e instanceof TemplateError)) throw e;
			err = e.message;
		}
		// Addresses differ from run to run.
		const normal = (s: string): string => s.replace(/0xc[0-9a-f]+/g, "0xc000000000");
		assert.deepEqual([normal(out), err], [normal(c.Want), c.Err]);
	});
}
