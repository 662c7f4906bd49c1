// tsugo tool [-n] command [args...]: what there is here of the go command's tools.

import { parseFlags } from "./flags.ts";
import { UserError } from "./user.ts";

/** Tools by name, with the command of tsugo that does their work. */
const tools: Readonly<Record<string, readonly string[]>> = {
	buildid: [],
	vet: ["vet"],
};

export async function toolCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ n: { type: "bool", help: "print the command, do not run it" } }, args);
	const [name, ...rest] = flags.args;
	if (name === undefined) {
		for (const tool of Object.keys(tools).sort()) process.stdout.write(`${tool}\n`);
		return 0;
	}
	if (!Object.hasOwn(tools, name)) throw new UserError(`go: no such tool ${JSON.stringify(name)}`, 2);
	if (flags.bools.get("n")) {
		process.stdout.write(`tsugo ${[...(tools[name].length > 0 ? tools[name] : ["tool", name]), ...rest].join(" ")}\n`);
		return 0;
	}
	if (name === "vet") return (await import("./vetcommand.ts")).vetCommand(rest);
	return (await import("./buildid.ts")).printBuildIds(rest);
}
