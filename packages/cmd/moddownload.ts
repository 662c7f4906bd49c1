// tsugo mod download [-x] [-json] [modules]

import { downloadModules } from "#build/modules";
import { openEnv, withOverlay } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { openState } from "./modopen.ts";

export async function modDownload(args: readonly string[]): Promise<number> {
	const flags = withOverlay(
		parseFlags(
			{
				json: { type: "bool", help: "print what was downloaded as JSON" },
				reuse: { type: "string", help: "", missing: true },
				overlay: { type: "string", help: "" },
				x: { type: "bool", help: "" },
				modfile: { type: "string", help: "" },
				modcacherw: { type: "bool", help: "" },
			},
			args,
		),
	);
	const state = await openState(await openEnv(), {
		modfile: flags.strings.get("modfile"),
		trace: flags.bools.get("x") ?? false,
		modcacherw: flags.bools.get("modcacherw") ?? false,
	});
	state.store.quiet = !(flags.bools.get("x") ?? false);
	try {
		const { lines, errors, failed } = await downloadModules(state, flags.args, flags.bools.get("json") ?? false);
		for (const line of lines) process.stdout.write(line);
		for (const e of errors) process.stderr.write(`${e}\n`);
		return failed ? 1 : 0;
	} finally {
		state.store.close();
	}
}
