// Version and module information of executables.

import { readFileSync } from "node:fs";
import { FormatError } from "#base";
import { formatBuildInfo, readBuildInfo } from "#elf";
import { UserError } from "./user.ts";

/** Prints what `version [-m] FILES` prints; gives the exit code. */
export function printVersions(files: readonly string[], modules: boolean, verbose: boolean): number {
	let failed = false;
	for (const file of files) {
		try {
			const info = readBuildInfo(readFileSync(file));
			if (info === null) throw new UserError(`${file}: could not read Go build info from ${file}: not a Go executable`);
			process.stdout.write(formatBuildInfo(file, info, modules));
		} catch (err) {
			failed = true;
			const why = err instanceof FormatError ? err.message : (err as Error).message;
			if (verbose || files.length === 1) process.stderr.write(`${err instanceof UserError ? "" : `${file}: `}${why}\n`);
		}
	}
	return failed ? 1 : 0;
}
