// Bundles the command line and its threads into npm/dist/. Run by `npm ci` (prepare) and `npm run bundle`.
import { rmSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
rmSync(`${root}npm/dist`, { recursive: true, force: true });
await build({
	entryPoints: [
		{ in: `${root}packages/cmd/main.ts`, out: "tsugo" },
		{ in: `${root}packages/build/worker.ts`, out: "worker" },
		{ in: `${root}packages/debugger/engine.ts`, out: "dlv-engine" },
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
