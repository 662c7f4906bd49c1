// tsugo mod tidy [-e] [-v] [-diff] [-go=version] [-compat=version]

import { tidyModule } from "#build/modules";
import { goVersionRe } from "#modfile";
import { openEnv, withOverlay } from "./buildflags.ts";
import { FlagError, parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";
import { UserError } from "./user.ts";

export async function modTidy(args: readonly string[]): Promise<number> {
	const flags = withOverlay(
		parseFlags(
			{
				e: { type: "bool", help: "go on despite errors" },
				v: { type: "bool", help: "print removed modules" },
				overlay: { type: "string", help: "" },
				x: { type: "bool", help: "" },
				diff: { type: "bool", help: "print the changes, do not make them" },
				go: { type: "string", help: "set the go line" },
				compat: { type: "string", help: "keep checksums that this version of go needs" },
				modfile: { type: "string", help: "" },
				modcacherw: { type: "bool", help: "" },
			},
			args,
		),
	);
	if (flags.args.length > 0) throw new UserError("go: 'go mod tidy' accepts no arguments");
	for (const name of ["go", "compat"]) {
		const v = flags.strings.get(name);
		if (v !== undefined && !goVersionRe.test(v))
			throw new FlagError(`invalid value ${JSON.stringify(v)} for flag -${name}: expecting a Go version like "1.21"`);
	}
	const state = await openState(await openEnv(), {
		ignoreWork: true,
		modfile: flags.strings.get("modfile"),
		trace: flags.bools.get("x") ?? false,
		showIgnored: flags.bools.get("x") ?? false,
		modcacherw: flags.bools.get("modcacherw") ?? false,
	});
	try {
		const { errors, diff } = await tidyModule(state, {
			errors: flags.bools.get("e") ?? false,
			go: flags.strings.get("go") ?? "",
			compat: flags.strings.get("compat") ?? "",
			verbose: flags.bools.get("v") ?? false,
			diff: flags.bools.get("diff") ?? false,
		});
		for (const e of errors) process.stderr.write(`${e}\n`);
		process.stdout.write(diff);
		return errors.length > 0 || diff !== "" ? 1 : 0;
	} finally {
		state.store.close();
	}
}
