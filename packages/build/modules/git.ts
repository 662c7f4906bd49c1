// Modules straight from version control (GOPROXY=direct): not written yet.

import type { ByteProgress } from "./cache.ts";
import { FetchError, type Web } from "./proxy.ts";
import type { Repo, RevInfo } from "./repo.ts";
import type { ModuleSettings } from "./settings.ts";

export class GitRepo implements Repo {
	constructor(_settings: ModuleSettings, _web: Web) {}
	private refuse(): never {
		throw new FetchError(
			"fetching from version control (GOPROXY=direct) is not supported by this version of tsugo yet; set GOPROXY to a module proxy",
			false,
		);
	}
	async versions(_path: string): Promise<string[]> {
		return this.refuse();
	}
	async stat(_path: string, _rev: string): Promise<RevInfo> {
		return this.refuse();
	}
	async latest(_path: string): Promise<RevInfo> {
		return this.refuse();
	}
	async gomod(_path: string, _version: string): Promise<string> {
		return this.refuse();
	}
	async zip(_path: string, _version: string, _file: string, _progress: ByteProgress): Promise<void> {
		this.refuse();
	}
}
