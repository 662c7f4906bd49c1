// tsugo mod verify: the module cache holds what was downloaded.

import { existsSync, readFileSync } from "node:fs";
import { eachLimited, hashDirectory, loadModuleGraph, modulePaths, verifyZip } from "#build/modules";
import { isToolchainPath, moduleKey } from "#modfile";
import { openEnv, withOverlay } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

export async function modVerify(args: readonly string[]): Promise<number> {
	const flags = withOverlay(parseFlags({ overlay: { type: "string", help: "" }, x: { type: "bool", help: "" } }, args));
	if (flags.args.length > 0) throw new UserError("go: verify takes no arguments");
	const state = await openState(await openEnv(), { trace: flags.bools.get("x") ?? false });
	try {
		if (!state.hasModRoot) throw new UserError(`go: ${state.noMainModule()}`);
		const graph = await loadModuleGraph(state);
		const found = new Map<string, string[]>();
		const list = graph.buildList().filter((m) => m.version !== "" && !isToolchainPath(m.path));
		await eachLimited(list, 4, async (asked) => {
			const m = state.actual(asked);
			if (m.version === "") return;
			const problems: string[] = [];
			const at = modulePaths(state.settings.modcache, m.path, m.version);
			const zip = `${at.download}.zip`;
			const hash = existsSync(`${at.download}.ziphash`) ? readFileSync(`${at.download}.ziphash`, "utf8").trim() : "";
			if (hash === "") {
				if (existsSync(zip) || existsSync(at.dir))
					problems.push(`${m.path} ${m.version}: missing ziphash: open ${at.download}.ziphash: no such file or directory`);
				found.set(moduleKey(asked), problems);
				return;
			}
			if (existsSync(zip)) {
				const got = verifyZip(zip, m);
				if (got.error !== "") problems.push(`${m.path} ${m.version}: ${got.error}`);
				else if (got.hash !== hash) problems.push(`${m.path} ${m.version}: zip has been modified (${zip})`);
			}
			// Without the whole of it, it is fetched again.
			if (existsSync(at.dir) && !existsSync(`${at.download}.partial`)) {
				const got = hashDirectory(at.dir, `${m.path}@${m.version}`);
				if (got !== hash) problems.push(`${m.path} ${m.version}: dir has been modified (${at.dir})`);
			}
			found.set(moduleKey(asked), problems);
		});
		const all = list.flatMap((m) => found.get(moduleKey(m)) ?? []);
		for (const p of all) process.stderr.write(`${p}\n`);
		if (all.length > 0) return 1;
		process.stdout.write("all modules verified\n");
		return 0;
	} finally {
		state.store.close();
	}
}
