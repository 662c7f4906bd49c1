// tsugo starts here. Most builds of an editor or a script have nothing to do: that is found out before anything else is loaded.

import { checkRecord } from "#build/uptodate";

process.getBuiltinModule("node:module").enableCompileCache();
const args = process.argv.slice(2);
const check = args[0] === "build" ? checkRecord(process.env, args.slice(1)) : null;
// -x and -work print even then.
if (check?.done !== true || args.some((a) => /^--?(x|work)\b/.test(a)))
	process.exitCode = await (await import("./cli.ts")).run({ args, entry: import.meta.url, check });
