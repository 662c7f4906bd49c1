// Bundles the command line into npm/dist/. Run by `npm ci` (prepare) and `npm run bundle`.
import { existsSync, rmSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const entries = ["tsugo"].map((name) => ({ name, file: `${root}packages/cmd/main.ts` })).filter((e) => existsSync(e.file));
rmSync(`${root}npm/dist`, { recursive: true, force: true });
for (const { name, file } of entries) {
	await build({
		entryPoints: [{ in: file, out: name }],
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
}
