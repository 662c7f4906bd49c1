// tsugo version [-m] [FILE...]

import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";

export async function versionCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			m: { type: "bool", help: "print module information of executables" },
			v: { type: "bool", help: "report unrecognized files" },
			json: { type: "bool", help: "", missing: true },
		},
		args,
	);
	if (flags.args.length === 0) {
		const env = await openEnv();
		process.stdout.write(`tsugo version ${env.goVersion} ${env.goos}/${env.goarch}\n`);
		return 0;
	}
	const { printVersions } = await import("./versionfile.ts");
	return printVersions(flags.args, flags.bools.get("m") ?? false, flags.bools.get("v") ?? false);
}
