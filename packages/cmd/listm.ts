// tsugo list -m

import { listModules, type ModulePublic, publicJson, publicString, writeGoMod, graphSums, writeGoSum } from "#build/modules";
import type { BuildEnv } from "#build";
import type { ParsedFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

/** format: what -f says, as a function; null prints the usual line. */
export async function listModulesCommand(
	env: BuildEnv,
	flags: ParsedFlags,
	format: ((m: Record<string, unknown>) => string) | null,
): Promise<number> {
	const has = (name: string): boolean => flags.bools.get(name) ?? false;
	for (const name of ["compiled", "deps", "find", "test", "export"])
		if (has(name))
			throw new UserError(`go: ${name === "export" ? "-export cannot be used with -m" : `go list -${name} cannot be used with -m`}`);
	const state = await openState(env, {
		mod: flags.strings.get("mod") ?? "",
		modfile: flags.strings.get("modfile"),
		defaultMod: "auto",
	});
	try {
		if (flags.args.length === 0 && !state.hasModRoot)
			throw new UserError(`go: cannot match "": ${state.noModRoot()}`.replace('cannot match "": ', ""));
		const mode = { updates: has("u"), versions: has("versions"), retracted: has("retracted") };
		const { list, error } = await listModules(state, flags.args, mode);
		if (error !== "" && !has("e")) throw new UserError(error);
		let failed = false;
		for (const m of list) {
			if (m.Error !== null && !has("e")) {
				process.stderr.write(`go: ${m.Error.Err}\n`);
				failed = true;
				continue;
			}
			print(m, has("json"), mode.versions, format);
		}
		if (error === "" && !mode.updates && state.hasModRoot) {
			await writeGoMod(state);
			if (state.buildMod !== "vendor" && state.buildMod === "mod")
				await writeGoSum(state, graphSums(state, state.requirements, false), false);
		}
		return failed ? 1 : 0;
	} finally {
		state.store.close();
	}
}

function print(m: ModulePublic, json: boolean, versions: boolean, format: ((m: Record<string, unknown>) => string) | null): void {
	if (json) process.stdout.write(`${JSON.stringify(publicJson(m), null, "\t")}\n`);
	else if (format !== null) {
		const text = format(m as unknown as Record<string, unknown>);
		if (text !== "") process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
	} else if (versions) process.stdout.write(`${[m.Path, ...m.Versions].join(" ")}\n`);
	else process.stdout.write(`${publicString(m)}\n`);
}
