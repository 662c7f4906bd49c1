// tsugo starts here. Most builds of an editor or a script have nothing to do: that is found out before anything else is loaded.

import { checkRecord } from "#build/uptodate";

const args = process.argv.slice(2);
// Builds run under other flags of V8 (cli.ts), and compiled code is of use under the same ones only: the debugger's is kept apart.
const cache = args[0] === "dlv" ? `${process.env.TMPDIR || "/tmp"}/node-compile-cache/dlv` : undefined;
process.getBuiltinModule("node:module").enableCompileCache(process.env.NODE_COMPILE_CACHE ? undefined : cache);
const check = args[0] === "build" ? checkRecord(process.env, args.slice(1)) : null;
// -x and -work print even then.
if (check?.done !== true || args.some((a) => /^--?(x|work)\b/.test(a)))
	process.exitCode = await (await import("./cli.ts")).run({ args, entry: import.meta.url, check });
