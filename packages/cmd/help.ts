// tsugo help [command]: examples first, then the flags.

import type { FlagSpec } from "./flags.ts";

export interface CommandHelp {
	/** Arguments, as in "usage: go build …". */
	usage: string;
	summary: string;
	examples: readonly string[];
	/** Loads the flags that have a line of help. */
	flags?: () => Promise<Readonly<Record<string, FlagSpec>>>;
}

/** Bold on terminals, unless NO_COLOR is set (https://no-color.org). */
function bold(text: string, out: NodeJS.WriteStream): string {
	return out.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[0m` : text;
}

export async function printHelp(name: string, help: CommandHelp, out: NodeJS.WriteStream): Promise<void> {
	let text = `usage: go ${name} ${help.usage}\n\n${help.summary[0].toUpperCase()}${help.summary.slice(1)}.\n`;
	if (help.examples.length > 0) text += `\n${bold("Examples", out)}\n${help.examples.map((e) => `\ttsugo ${e}\n`).join("")}`;
	const flags = (await help.flags?.()) ?? {};
	const rows = Object.entries(flags).filter(([, f]) => f.help !== "");
	const shown = rows.map(([n, f]) => [`-${n}${f.type === "string" || f.type === "list" || f.type === "int" ? " value" : ""}`, f.help]);
	if (shown.length > 0) text += `\n${bold("Flags", out)}\n${shown.map(([n, h]) => `\t${n.padEnd(24)}${h}\n`).join("")}`;
	const missing = Object.keys(flags).filter((n) => flags[n].missing || flags[n].refused !== undefined);
	if (missing.length > 0) text += `\nOf the go command's flags these are refused: ${missing.map((m) => `-${m}`).join(" ")}\n`;
	out.write(text);
}
