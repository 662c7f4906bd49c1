// tsugo list -m

import { graphSums, listModules, writeGoMod, writeGoSum } from "#build/modules";
import type { BuildEnv } from "#build";
import type { Value } from "#template";
import type { ParsedFlags } from "./flags.ts";
import { Printer } from "./list.ts";
import { openState } from "./modopen.ts";
import { moduleValue } from "./packageview.ts";
import { UserError } from "./user.ts";

/** With a vendor directory only a part of the graph is known. */
function refuseVendored(has: (name: string) => boolean, args: readonly string[]): void {
	if (has("retracted")) throw new UserError("go list -retracted cannot be used when vendoring is enabled");
	const refuse = (what: string): never => {
		throw new UserError(`go: can't ${what} using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)`);
	};
	if (has("versions")) refuse("determine available versions");
	if (has("u")) refuse("determine available upgrades");
	for (const arg of args) {
		if (arg === "all") refuse("compute 'all'");
		if (arg.includes("...")) refuse("match module patterns");
	}
}

export async function listModulesCommand(env: BuildEnv, flags: ParsedFlags): Promise<number> {
	const has = (name: string): boolean => flags.bools.get(name) ?? false;
	for (const name of ["compiled", "deps", "find", "test", "export"])
		if (has(name))
			throw new UserError(`go: ${name === "export" ? "-export cannot be used with -m" : `go list -${name} cannot be used with -m`}`);
	const format = has("versions") ? "{{.Path}}{{range .Versions}} {{.}}{{end}}{{if .Deprecated}} (deprecated){{end}}" : "{{.String}}";
	const state = await openState(env, {
		mod: flags.strings.get("mod") ?? "",
		modfile: flags.strings.get("modfile"),
		defaultMod: "auto",
	});
	try {
		if (state.buildMod === "vendor") refuseVendored(has, flags.args);
		const mode = { updates: has("u"), versions: has("versions"), retracted: has("retracted") };
		const { list, error } = await listModules(state, flags.args, mode);
		if (error !== "" && !has("e")) throw new UserError(error);
		let failed = false;
		const find = (path: Value): Value => moduleValue(list.find((m) => m.Path === path) ?? null);
		const printer = new Printer(flags, format, { join: (words, sep) => (words as string[]).join(sep as string), module: find });
		for (const m of list) {
			if (m.Error !== null && !has("e")) {
				process.stderr.write(`go: ${m.Error.Err}\n`);
				failed = true;
				continue;
			}
			const value = moduleValue(m);
			if (value !== null) printer.print(value);
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
