// What programs that we start find on PATH.

import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** PATH with folders in front. */
export function pathBefore(dirs: readonly string[], path: string = process.env.PATH ?? ""): string {
	return [...dirs, ...(path === "" ? [] : [path])].join(delimiter);
}

/** The environment of tests and programs that are run: GOROOT/bin comes first on PATH, as with the go command. */
export function goEnvironment(goroot: string): NodeJS.ProcessEnv {
	return { ...process.env, PATH: pathBefore([join(goroot, "bin")]) };
}

/** Writes a program `go` to a folder: this tsugo, for commands that call `go`. */
export function writeGoCommand(dir: string): void {
	const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
	const words = [process.execPath, ...process.execArgv, process.argv[1]].map(quote);
	const file = join(dir, "go");
	writeFileSync(file, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
	chmodSync(file, 0o755);
}
