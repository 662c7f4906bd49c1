// tsugo mod: each subcommand's module is loaded when it is used.

import { didYouMean } from "./flags.ts";
import { UserError } from "./user.ts";

type Sub = (args: readonly string[]) => Promise<number>;

const subs: Readonly<Record<string, { help: string; load: () => Promise<Sub> }>> = {
	download: { help: "download modules to local cache", load: async () => (await import("./moddownload.ts")).modDownload },
	edit: { help: "edit go.mod from tools or scripts", load: async () => (await import("./modedit.ts")).modEdit },
	graph: { help: "print module requirement graph", load: async () => (await import("./modgraph.ts")).modGraph },
	init: { help: "initialize new module in current directory", load: async () => (await import("./modinit.ts")).modInit },
	tidy: { help: "add missing and remove unused modules", load: async () => (await import("./modtidy.ts")).modTidy },
	vendor: { help: "make vendored copy of dependencies", load: async () => (await import("./modvendor.ts")).modVendor },
	verify: { help: "verify dependencies have expected content", load: async () => (await import("./modverify.ts")).modVerify },
	why: { help: "explain why packages or modules are needed", load: async () => (await import("./modwhy.ts")).modWhy },
};

const usage = `Go mod provides access to operations on modules.

Usage:

	go mod <command> [arguments]

The commands are:

${Object.entries(subs)
	.map(([name, s]) => `\t${name.padEnd(11)} ${s.help}`)
	.join("\n")}
`;

export async function modCommand(args: readonly string[]): Promise<number> {
	const [name, ...rest] = args;
	if (name === undefined || name === "help" || name === "-h" || name === "-help" || name === "--help") {
		process.stderr.write(usage);
		return 2;
	}
	const sub = Object.hasOwn(subs, name) ? subs[name] : undefined;
	if (sub === undefined) {
		const near = didYouMean(name, Object.keys(subs));
		throw new UserError(
			`go mod ${name}: unknown command${near === "" ? "" : ` (did you mean "${near}"?)`}\nRun 'go help mod' for usage.`,
			2,
		);
	}
	return (await sub.load())(rest);
}
