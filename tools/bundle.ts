// Bundles the command line and its threads into npm/dist/. Run by `npm ci` (prepare) and `npm run bundle`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, type BuildOptions, type OutputFile } from "esbuild";
import { enumsOf, keysOfEnums } from "./enums.ts";

const root = new URL("..", import.meta.url).pathname;
const options: BuildOptions = {
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
	write: false,
};

/**
 * Sources say `const Kind = { A: 0, … } as const`, since Node runs them as they are. Members of enums are numbers in the bundle instead:
 * no loads, and switches become tables. kept: those that are used as objects.
 */
async function bundle(kept: ReadonlySet<string>): Promise<OutputFile[]> {
	const enums = {
		name: "enums",
		setup(b: Parameters<NonNullable<BuildOptions["plugins"]>[number]["setup"]>[0]): void {
			b.onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => ({ contents: enumsOf(readFileSync(path, "utf8"), kept), loader: "ts" }));
		},
	};
	return (await build({ ...options, plugins: [enums] })).outputFiles ?? [];
}

const tried = await bundle(new Set());
// What is left of an enum when all its members are numbers is used in some other way.
const kept = new Set(tried.flatMap((f) => keysOfEnums(f.text)));
const files = kept.size === 0 ? tried : await bundle(kept);
rmSync(`${root}npm/dist`, { recursive: true, force: true });
for (const f of files) {
	mkdirSync(dirname(f.path), { recursive: true });
	writeFileSync(f.path, f.contents);
}

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
