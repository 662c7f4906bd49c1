// tsugo clean -cache

import { rmSync } from "node:fs";
import { openEnv } from "./buildflags.ts";
import { FlagError, parseFlags } from "./flags.ts";

export async function cleanCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			cache: { type: "bool", help: "remove tsugo's part of the build cache" },
			n: { type: "bool", help: "print what would be removed" },
			x: { type: "bool", help: "print what is removed" },
			testcache: { type: "bool", help: "", missing: true },
			fuzzcache: { type: "bool", help: "", missing: true },
			modcache: { type: "bool", help: "", missing: true },
			i: { type: "bool", help: "", missing: true },
			r: { type: "bool", help: "", missing: true },
		},
		args,
	);
	if (!flags.bools.get("cache")) throw new FlagError("tsugo clean: only -cache is supported yet");
	const env = await openEnv();
	const dry = flags.bools.get("n") ?? false;
	if (dry || flags.bools.get("x")) process.stdout.write(`rm -rf ${env.cacheDir}\n`);
	if (!dry) rmSync(env.cacheDir, { recursive: true, force: true });
	return 0;
}
