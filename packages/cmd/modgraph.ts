// tsugo mod graph

import { loadModuleGraph, settle } from "#build/modules";
import { moduleKey, pruningFor, compareGoVersion } from "#modfile";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

export async function modGraph(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ go: { type: "string", help: "" }, x: { type: "bool", help: "" } }, args);
	if (flags.args.length > 0) throw new UserError("go: 'go mod graph' accepts no arguments");
	const state = await openState(await openEnv(), { trace: flags.bools.get("x") ?? false });
	try {
		if (!state.hasModRoot) throw new UserError(`go: ${state.noMainModule()}`);
		const go = flags.strings.get("go") ?? "";
		if (go !== "") {
			if (compareGoVersion(go, state.settings.goVersion) > 0)
				throw new UserError(
					`invalid value ${JSON.stringify(go)} for flag -go: maximum supported Go version is ${state.settings.goVersion}\nusage: go mod graph [-go=version] [-x]\nRun 'go help mod graph' for details.`,
					2,
				);
			const have = state.requirements.rootSelected("go") ?? "";
			if (compareGoVersion(have, "1.21") >= 0 && compareGoVersion(go, have) < 0)
				throw new UserError(`go: requested Go version ${go} cannot load module graph (requires Go >= ${have})`);
			if (pruningFor(go) === "unpruned") state.requirements = state.requirements.with({ pruning: "unpruned" });
		}
		// As another version of go would see it: the roots are shown as they are, consistent or not.
		const graph = go === "" ? await loadModuleGraph(state) : await settle(state.store.wants, () => state.requirements.graph());
		if (graph.error() !== "") throw new UserError(`go: ${graph.error()}`);
		let out = "";
		graph.walk((m) => {
			for (const r of graph.requiredBy(m) ?? []) out += `${moduleKey(m)} ${moduleKey(r)}\n`;
		});
		process.stdout.write(out);
		return 0;
	} finally {
		state.store.close();
	}
}
