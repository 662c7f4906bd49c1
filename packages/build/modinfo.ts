// The module of a package, as `list` shows it.

import type { Loader } from "./load.ts";
import type { Module } from "./module.ts";
import type { ModulePublic } from "./modules/listing.ts";

/** What is known without asking a proxy. */
export function packageModule(loader: Loader, m: Module): ModulePublic {
	return {
		Path: m.path,
		Version: m.version,
		Query: "",
		Versions: [],
		Replace: null,
		Time: "",
		Update: null,
		Main: m.main,
		Indirect: false,
		Dir: m.dir,
		GoMod: m.main ? loader.mods.gomodFile : "",
		GoVersion: m.goVersion,
		Retracted: [],
		Deprecated: "",
		Error: null,
		Sum: "",
		GoModSum: "",
		Origin: null,
		Reuse: false,
	};
}
