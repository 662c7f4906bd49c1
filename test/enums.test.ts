// Objects of constants become numbers in the bundle, unless somebody uses them as objects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { enumsOf, keysOfEnums } from "../tools/enums.ts";

const source = `
/** Kinds. */
export const Kind = {
	/** The first, of all. */
	A: 1,
	B: -2, // the second
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];
const Names = { X: 0x10 } as const;
const Text = { P: "p" } as const;
const Other = { Q: Names.X } as const;
console.log(Kind.B, Names.X, Text.P, Other.Q, Object.keys(Names));
`;

async function bundled(contents: string): Promise<string> {
	const out = await build({ stdin: { contents, loader: "ts" }, bundle: true, format: "esm", minifySyntax: true, write: false });
	return out.outputFiles[0].text;
}

test("objects of integers become enums, others stay", () => {
	const made = enumsOf(source, new Set());
	assert.match(made, /^export enum Kind \{ A=1,B=-2 \}$/m);
	assert.match(made, /^enum Names \{ X=16 \}$/m);
	assert.match(made, /^const Text = /m);
	assert.match(made, /^const Other = /m);
});

test("an enum that is used as an object is found in the output, and kept", async () => {
	// What an entry exports is used.
	const own = source.replaceAll("export ", "");
	const first = await bundled(enumsOf(own, new Set()));
	assert.deepEqual(keysOfEnums(first), ["X=16"]);
	const second = await bundled(enumsOf(own, new Set(keysOfEnums(first))));
	assert.deepEqual(keysOfEnums(second), []);
	assert.match(second, /console\.log\(-2 \/\* B \*\/, Names\.X, /);
});
