// File names as line tables record them.

import { dirname, join } from "node:path";
import type { Unit } from "./frontend.ts";

/**
 * Without -trimpath names stay as they are; with it, GOROOT files become import paths and module files
 * `module@version/...`, so that no directory of this machine shows.
 */
export class PathMap {
	private readonly src: string;
	private readonly trim: boolean;

	constructor(goroot: string, trim: boolean) {
		this.src = join(goroot, "src");
		this.trim = trim;
	}

	record(file: string, unit: Unit | undefined): string {
		// The linker expands the mark: cached symbols do not say where Go lies.
		if (file.startsWith(`${this.src}/`))
			return this.trim ? file.slice(this.src.length + 1) : `$GOROOT/src/${file.slice(this.src.length + 1)}`;
		if (!this.trim || unit === undefined) return file;
		const module = unit.source.module;
		if (unit.source.commandLine || module === null)
			return dirname(file) === unit.source.dir ? `./${file.slice(unit.source.dir.length + 1)}` : file;
		if (!file.startsWith(`${module.dir}/`)) return file;
		return `${module.path}${module.version === "" ? "" : `@${module.version}`}/${file.slice(module.dir.length + 1)}`;
	}
}
