// A process that runs cases of GOROOT/test which its parent sends, one after the other.

import { Runner } from "./run.ts";

const [goroot, cacheDir] = process.argv.slice(2);
const runner = new Runner(goroot, cacheDir === "" ? undefined : cacheDir);
process.on("message", (name: string) => {
	const start = performance.now();
	const result = runner.run(name);
	process.send?.({ ...result, ms: Math.round(performance.now() - start), rss: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
