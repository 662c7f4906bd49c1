// tsugo version [-m] [-v] [-json] [FILE...]

import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { UserError } from "./user.ts";

export async function versionCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			m: { type: "bool", help: "print module information of executables" },
			v: { type: "bool", help: "report unrecognized files" },
			json: { type: "bool", help: "with -m: print as JSON" },
		},
		args,
	);
	const on = (name: string): boolean => flags.bools.get(name) ?? false;
	if (flags.args.length === 0) {
		for (const name of ["m", "v", "json"])
			if (on(name)) throw new UserError(`go: 'go version' only accepts -${name} flag with arguments`, 2);
		const env = await openEnv();
		const experiments = env.env.get("GOEXPERIMENT");
		const extra = experiments === "" ? "" : ` X:${experiments}`;
		process.stdout.write(`go version ${env.goVersion}${extra} ${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}\n`);
		return 0;
	}
	if (on("json") && !on("m")) throw new UserError("go: 'go version' with -json flag requires -m flag", 2);
	const { printVersions } = await import("./versionfile.ts");
	return printVersions(flags.args, { modules: on("m"), verbose: on("v"), json: on("json") });
}
