// tsugo mod vendor [-e] [-v] [-o outdir]

import { resolve } from "node:path";
import { vendorModule } from "#build/modules";
import { openEnv, withOverlay } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

/** mod vendor, and work vendor when a workspace is meant. */
export async function vendorCommand(args: readonly string[], work: boolean): Promise<number> {
	const flags = withOverlay(
		parseFlags(
			{
				e: { type: "bool", help: "go on despite errors" },
				v: { type: "bool", help: "print vendored modules and packages" },
				o: { type: "string", help: "write to this directory" },
				overlay: { type: "string", help: "" },
				x: { type: "bool", help: "" },
				modfile: { type: "string", help: "" },
			},
			args,
		),
	);
	const state = await openState(await openEnv(), {
		trace: flags.bools.get("x") ?? false,
		defaultMod: "readonly",
		modfile: flags.strings.get("modfile"),
	});
	try {
		if (!work && state.inWorkspace)
			throw new UserError(
				"go: 'go mod vendor' cannot be run in workspace mode. Run 'go work vendor' to vendor the workspace or set 'GOWORK=off' to exit workspace mode.",
			);
		if (work && !state.inWorkspace)
			throw new UserError("go: no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
		if (flags.args.length > 0) throw new UserError("go: 'go mod vendor' accepts no arguments");
		if (work && !state.hasModRoot) {
			process.stderr.write("go: no dependencies to vendor\n");
			return 0;
		}
		if (!state.hasModRoot) throw new UserError(`go: ${state.noMainModule()}`);
		const out = flags.strings.get("o") ?? "";
		const { errors } = await vendorModule(state, {
			errors: flags.bools.get("e") ?? false,
			verbose: flags.bools.get("v") ?? false,
			out: out === "" ? "" : resolve(process.cwd(), out),
		});
		for (const e of errors) process.stderr.write(`${e}\n`);
		return errors.length > 0 && flags.bools.get("e") !== true ? 1 : 0;
	} finally {
		state.store.close();
	}
}

export function modVendor(args: readonly string[]): Promise<number> {
	return vendorCommand(args, false);
}
