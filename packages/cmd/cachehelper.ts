// GOCACHEPROG for a command: the files of the cache that its programs need come from the helper, and go to it in the end.

import type { Package } from "#build";
import { CacheProg, cacheFiles, HelpedFiles } from "#build/explaincache";
import { atEnd } from "./atend.ts";
import type { Session } from "./build.ts";

/** Fetches what the programs of these main packages would use. Without GOCACHEPROG nothing happens. */
export async function fetchFromHelper(s: Pick<Session, "env" | "loader" | "packages" | "tools">, mains: readonly Package[]): Promise<void> {
	const { env, loader, tools } = s;
	const command = env.env.get("GOCACHEPROG").trim();
	const cacheDir = tools.cacheDir(env);
	const o = { trimpath: tools.trimpath, flagsOf: tools.gcflags(loader, s.packages) };
	if (command === "" || cacheDir === undefined || mains.length === 0) return;
	const files = new Set(mains.flatMap((main) => cacheFiles(loader, { ...o, cacheDir, main })));
	const helped = new HelpedFiles(await CacheProg.start(command, process.env));
	atEnd(async () => {
		for (const line of await helped.finish()) process.stderr.write(`${line}\n`);
	});
	await helped.fetch([...files]);
}
