// The module of a package, as `list` shows it.

import type { Loader } from "./load.ts";
import type { Module } from "./module.ts";
import { moduleInfo, type ModulePublic, plainMode } from "./modules/listing.ts";

/** What is known without asking a proxy. */
export function packageModule(loader: Loader, m: Module): ModulePublic | null {
	const { state } = loader.mods;
	return state === null ? null : moduleInfo(state, state.requirements, { path: m.path, version: m.version }, plainMode);
}
