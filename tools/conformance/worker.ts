// A process that runs cases of GOROOT/test which its parent sends: lists of names.

import { Runner } from "./run.ts";

const [goroot, cacheDir] = process.argv.slice(2);
const runner = new Runner(goroot, cacheDir === "" ? undefined : cacheDir);
process.on("message", (names: string[]) => {
	const start = performance.now();
	const results = runner.runAll(names);
	const ms = Math.round((performance.now() - start) / names.length);
	process.send?.(results.map((r) => ({ ...r, ms, rss: process.memoryUsage.rss() })));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
