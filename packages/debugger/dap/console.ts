// The debug console's dlv commands: help, config, sources, types, target, examinemem.
import type { ApiVariable } from "../api.ts";
import type { EngineClient } from "../client.ts";
import type { CommonConfig } from "./config.ts";

export interface ConsoleContext {
	engine: EngineClient;
	config: CommonConfig;
	/** Tells the client that what it shows has changed. */
	changed: (areas: string[]) => void;
	/** Puts changed settings to use. */
	reapply: () => void;
}

interface ConsoleCommand {
	names: string[];
	help: string;
	run: (args: string, c: ConsoleContext) => Promise<string>;
}

const COMMANDS: readonly ConsoleCommand[] = [
	{ names: ["help", "h"], help: "Prints the help message.\n\ndlv help [command]", run: async (args) => help(args) },
	{
		names: ["config"],
		help: `Changes configuration parameters.

	dlv config -list [parameter]

		Shows all configuration parameters, or one.

	dlv config <parameter> <value>

		Changes the value of a configuration parameter.

	dlv config substitutePath <from> <to>
	dlv config substitutePath <from>
	dlv config substitutePath -clear

		Adds or removes a path substitution rule; -clear removes all.

	dlv config showPprofLabels <label>
	dlv config showPprofLabels -clear [label]

		Adds or removes the key of a label to show in the call stack view.`,
		run: async (args, c) => configure(args, c),
	},
	{
		names: ["sources"],
		help: "Print list of source files.\n\n\tdlv sources [<regex>]",
		run: async (args, c) =>
			((await c.engine.request<{ Sources: string[] | null }>("ListSources", { Filter: args })).Sources ?? []).join("\n"),
	},
	{
		names: ["types"],
		help: "Print list of types.\n\n\tdlv types [<regex>]",
		run: async (args, c) => ((await c.engine.request<{ Types: string[] | null }>("ListTypes", { Filter: args })).Types ?? []).join("\n"),
	},
	{
		names: ["target"],
		help: "Manages child process debugging.\n\n\ttarget follow-exec [-on [regex]] [-off]\n\ttarget list\n\ttarget switch [pid]",
		run: target,
	},
	{
		names: ["examinemem", "x"],
		help: `Examine raw memory at the given address.

	examinemem [-fmt <format>] [-count|-len <count>] [-size <size>] <address>
	examinemem [-fmt <format>] [-count|-len <count>] [-size <size>] -x <expression>

Formats: bin(binary), oct(octal), dec(decimal), hex(hexadecimal) and raw.`,
		run: examine,
	},
];

/** Carries a command out; its text. Rejects with Delve's words. */
export async function consoleCommand(line: string, c: ConsoleContext): Promise<string> {
	const m = /^(\S+)\s*(.*)$/s.exec(line.trim());
	const command = COMMANDS.find((x) => x.names.includes(m?.[1] ?? ""));
	if (command === undefined) throw new Error("command not available");
	return command.run((m?.[2] ?? "").trim(), c);
}

function help(name: string): string {
	if (name !== "") {
		const command = COMMANDS.find((x) => x.names.includes(name));
		if (command === undefined) throw new Error("command not available");
		return command.help;
	}
	const rows = COMMANDS.map((x) => {
		const others = x.names.length > 1 ? ` (alias: ${x.names.slice(1).join(" | ")})` : "";
		return `    dlv ${x.names[0]}${others} \t ${x.help.split("\n")[0]}`;
	});
	return `The following commands are available:\n\n${rows.join("\n")}\n\nType 'dlv help' followed by a command for full documentation.`;
}

const PARAMETERS = [
	"stopOnEntry",
	"stackTraceDepth",
	"showGlobalVariables",
	"showRegisters",
	"goroutineFilters",
	"showPprofLabels",
	"hideSystemGoroutines",
	"showRawStrings",
	"substitutePath",
	"maxStringLen",
	"maxArrayValues",
] as const;
type Parameter = (typeof PARAMETERS)[number];

const AREAS: Partial<Record<Parameter, string>> = {
	showGlobalVariables: "variables",
	showRegisters: "variables",
	goroutineFilters: "threads",
	hideSystemGoroutines: "threads",
	showPprofLabels: "threads",
};

function shown(name: Parameter, c: CommonConfig): string {
	const v = c[name];
	if (name === "substitutePath")
		return `${name}\t[${c.substitutePath.map((r) => `[${JSON.stringify(r.from)} ${JSON.stringify(r.to)}]`).join(" ")}]`;
	return `${name}\t${Array.isArray(v) ? `[${v.map((x) => JSON.stringify(x)).join(" ")}]` : typeof v === "string" ? JSON.stringify(v) : String(v)}`;
}

/** Words of a line; double quotes keep blanks. */
function words(text: string): string[] {
	return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? "");
}

function configure(args: string, { config, changed, reapply }: ConsoleContext): string {
	const [name = "", ...rest] = words(args);
	if (name === "-list") {
		const one = rest[0];
		if (one === undefined) return PARAMETERS.map((p) => `${shown(p, config)}\n`).join("");
		return PARAMETERS.includes(one as Parameter)
			? shown(one as Parameter, config)
			: `${JSON.stringify(one)} is not a configuration parameter`;
	}
	if (!PARAMETERS.includes(name as Parameter)) throw new Error(`${JSON.stringify(name)} is not a configuration parameter`);
	const parameter = name as Parameter;
	if (parameter === "substitutePath") setPaths(config, rest);
	else if (parameter === "showPprofLabels") setLabels(config, rest);
	else setSimple(config, parameter, rest);
	reapply();
	const area = AREAS[parameter];
	if (area !== undefined) changed([area]);
	return `${shown(parameter, config)}\nUpdated`;
}

function setSimple(config: CommonConfig, name: Exclude<Parameter, "substitutePath" | "showPprofLabels">, rest: string[]): void {
	const [value] = rest;
	if (value === undefined && name !== "goroutineFilters")
		throw new Error(`wrong number of arguments for "${name}" configuration parameter`);
	const old = config[name];
	if (typeof old === "boolean") {
		if (value !== "true" && value !== "false") throw new Error(`argument of "${name}" must be true or false`);
		Object.assign(config, { [name]: value === "true" });
	} else if (typeof old === "number") {
		if (!/^\d+$/.test(value ?? "")) throw new Error(`argument of "${name}" must be a number greater than zero`);
		Object.assign(config, { [name]: Number(value) });
	} else Object.assign(config, { [name]: rest.join(" ") });
}

function setPaths(config: CommonConfig, rest: string[]): void {
	const rules = config.substitutePath;
	const [from, to] = rest;
	if (from === "-clear" && rest.length === 1) config.substitutePath = [];
	else if (rest.length === 1) {
		const at = rules.findIndex((r) => r.from === from);
		if (at < 0) throw new Error(`could not find rule for ${JSON.stringify(from)}`);
		rules.splice(at, 1);
	} else if (rest.length === 2) {
		const rule = rules.find((r) => r.from === from);
		if (rule === undefined) config.substitutePath = [...rules, { from: from as string, to: to as string }];
		else rule.to = to as string;
	} else if (rest.length > 2) throw new Error('too many arguments to "config substitutePath"');
}

function setLabels(config: CommonConfig, rest: string[]): void {
	if (rest[0] === "-clear") {
		if (rest.length === 1) config.showPprofLabels = [];
		else {
			if (!config.showPprofLabels.includes(rest[1] as string)) throw new Error(`could not find label ${JSON.stringify(rest[1])}`);
			config.showPprofLabels = config.showPprofLabels.filter((x) => x !== rest[1]);
		}
	} else if (rest.length === 1) config.showPprofLabels = [...config.showPprofLabels, rest[0] as string];
	else if (rest.length > 1) throw new Error('too many arguments to "config showPprofLabels"');
}

async function target(args: string, { engine }: ConsoleContext): Promise<string> {
	const [what, ...rest] = words(args);
	if (what === "list") {
		type Row = { Pid: number; CmdLine: string };
		const { Targets } = await engine.request<{ Targets: Row[] | null }>("ListTargets", {});
		const { Pid } = await engine.request<{ Pid: number }>("ProcessPid", {});
		return (Targets ?? []).map((t) => `${t.Pid === Pid ? "*" : ""}\t${t.Pid}\t${t.CmdLine}\n`).join("");
	}
	if (what === "switch") {
		if (!/^\d+$/.test(rest[0] ?? "")) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(rest[0] ?? "")}: invalid syntax`);
		await engine.request("Command", { name: "switchThread", threadID: Number(rest[0]) }).catch(() => {
			throw new Error(`could not find target ${rest[0]}`);
		});
		return `Switched to process ${rest[0]}`;
	}
	if (what !== "follow-exec") throw new Error("unknown target command");
	const [flag, pattern, extra] = rest;
	if (flag === undefined) {
		const { Enabled } = await engine.request<{ Enabled: boolean }>("FollowExecEnabled", {});
		return `Follow exec mode is ${Enabled ? "enabled" : "disabled"}`;
	}
	if (flag === "-on") {
		await engine.request("FollowExec", { Enable: true, Regex: pattern ?? "" });
		return pattern === undefined ? "Follow exec mode enabled" : `Follow exec mode enabled with regex ${JSON.stringify(pattern)}`;
	}
	if (flag !== "-off") throw new Error(`unknown argument ${JSON.stringify(flag)} to 'target follow-exec'`);
	if (pattern !== undefined || extra !== undefined) throw new Error("too many arguments");
	await engine.request("FollowExec", { Enable: false, Regex: "" });
	return "Follow exec mode disabled";
}

const RADIX: Record<string, { base: number; prefix: string }> = {
	bin: { base: 2, prefix: "" },
	binary: { base: 2, prefix: "" },
	oct: { base: 8, prefix: "0" },
	octal: { base: 8, prefix: "0" },
	dec: { base: 10, prefix: "" },
	decimal: { base: 10, prefix: "" },
	hex: { base: 16, prefix: "0x" },
	hexadecimal: { base: 16, prefix: "0x" },
	raw: { base: 0, prefix: "" },
};

async function examine(args: string, { engine }: ConsoleContext): Promise<string> {
	const list = words(args);
	let format = "hex";
	let count = 1;
	let size = 1;
	let expr: string | null = null;
	const take = (i: number, flag: string): string => {
		const v = list[i + 1];
		if (v === undefined) throw new Error(`expected argument after ${flag}`);
		return v;
	};
	let i = 0;
	for (; i < list.length && (list[i] as string).startsWith("-") && expr === null; i += 2) {
		const flag = list[i] as string;
		const v = take(i, flag);
		if (flag === "-fmt") format = v;
		else if (flag === "-count" || flag === "-len") count = Number(v);
		else if (flag === "-size") size = Number(v);
		else if (flag === "-x") expr = list.slice(i + 1).join(" ");
		else throw new Error(`unknown option ${JSON.stringify(flag)}`);
	}
	const radix = RADIX[format];
	if (radix === undefined) throw new Error(`${JSON.stringify(format)} is not a valid format`);
	if (!(count > 0) || !Number.isInteger(count)) throw new Error("count/len must be a positive integer");
	if (![1, 2, 4, 8].includes(size)) throw new Error("size must be 1, 2, 4 or 8");
	if (count * size > 1000) throw new Error("read memory range (count*size) must be less than or equal to 1000 bytes");
	let address = Number(list.slice(i).join(""));
	if (expr !== null) {
		const { Variable: v } = await engine.request<{ Variable: ApiVariable }>("Eval", {
			Scope: { GoroutineID: -1, Frame: 0, DeferredCall: 0 },
			Expr: expr,
		});
		address = v.children[0]?.addr ?? Number(v.value);
	}
	if (!Number.isSafeInteger(address)) throw new Error("no address specified");
	const { Mem } = await engine.request<{ Mem: string }>("ExamineMemory", { Address: address, Length: count * size });
	return dumpText(address, Buffer.from(Mem, "base64"), radix, size);
}

/** Eight bytes a line (sixteen raw ones), each line with its address. */
function dumpText(address: number, bytes: Buffer, { base, prefix }: { base: number; prefix: string }, size: number): string {
	if (base === 0) return `0x${address.toString(16)}: ${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")}\n`;
	const width = Math.ceil((size * 8) / Math.log2(base));
	const lines: string[] = [];
	const perLine = Math.max(8 / size, 1);
	for (let at = 0; at < bytes.length; at += perLine * size) {
		const cells: string[] = [];
		for (let j = at; j < Math.min(at + perLine * size, bytes.length); j += size) {
			const v = BigInt(
				`0x${[...bytes.subarray(j, j + size)]
					.reverse()
					.map((b) => b.toString(16).padStart(2, "0"))
					.join("")}`,
			);
			cells.push(prefix + v.toString(base).padStart(width, "0"));
		}
		lines.push(`0x${(address + at).toString(16)}:   ${cells.join("   ")}   \n`);
	}
	return lines.join("");
}
