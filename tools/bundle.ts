// Bundles the command line and its threads into npm/dist/. Run by `npm ci` (prepare) and `npm run bundle`.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
rmSync(`${root}npm/dist`, { recursive: true, force: true });
await build({
	entryPoints: [
		{ in: `${root}packages/cmd/main.ts`, out: "tsugo" },
		{ in: `${root}packages/cmd/api.ts`, out: "api" },
		{ in: `${root}packages/build/worker.ts`, out: "worker" },
		{ in: `${root}packages/debugger/engineworker.ts`, out: "dlv-engine" },
	],
	outdir: `${root}npm/dist`,
	outExtension: { ".js": ".mjs" },
	bundle: true,
	splitting: true,
	platform: "node",
	target: "node24",
	format: "esm",
	minifySyntax: true,
	legalComments: "none",
	packages: "external",
	logLevel: "warning",
});

// The API's types: a module without imports, and the functions that have them.
const types = ["apitypes", "debugtypes"].map((f) => readFileSync(`${root}packages/cmd/${f}.ts`, "utf8")).join("\n");
const functions = ["parse: Parse", "check: Check", "build: Build", "run: Run", "debug: Debug"]
	.map((f) => `export declare const ${f};\n`)
	.join("");
const error = `/** A request that makes no sense: unknown flags, missing files. */
export declare class UserError extends Error {
	/** Exit code that the command would have. */
	readonly exit: number;
}
`;
writeFileSync(`${root}npm/dist/api.d.ts`, `${types}\n${functions}${error}`);
