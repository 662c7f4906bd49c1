// Opening modules for the module commands: the environment, messages and progress on stderr.

import { openModules, type OpenOptions } from "#build/modules";
import type { BuildEnv } from "#build";
import type { ModuleState } from "#build/modules";

let shown = false;

/** A line of progress that goes away; only on a terminal. */
export function progress(text: string): void {
	if (!process.stderr.isTTY) return;
	if (text === "" && !shown) return;
	process.stderr.write(`\r\u001b[K${text}`);
	shown = text !== "";
}

export function log(line: string): void {
	progress("");
	process.stderr.write(`${line}\n`);
}

/** Opens the modules of the working directory. */
export function openState(env: BuildEnv, options: Partial<OpenOptions> = {}): Promise<ModuleState> {
	return openModules(env, { cwd: process.cwd(), mod: "", defaultMod: "mod", log, progress, ...options });
}
