// tsugo work: edit, init, sync, use, vendor

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { findGoWork, noWorkFile, readWorkFile, syncWorkspace, useDirectories, workPath, writeWorkFile } from "#build/modules";
import {
	addUse,
	cleanupGoMod,
	dropUse,
	formatModSyntax,
	type GoWorkFile,
	goVersionRe,
	type ModuleVersion,
	parseGoWork,
	rereadGoWork,
	setToolchainLine,
	setWorkGoLine,
	sortBlocks,
	toolchainRe,
} from "#modfile";
import { openEnv } from "./buildflags.ts";
import { didYouMean, parseFlags } from "./flags.ts";
import { godebugEdit, orderedFlags, replaceFlag } from "./modedit.ts";
import { log, progress } from "./modopen.ts";
import { UserError } from "./user.ts";

const help: Readonly<Record<string, string>> = {
	edit: "edit go.work from tools or scripts",
	init: "initialize workspace file",
	sync: "sync workspace build list to modules",
	use: "add modules to workspace file",
	vendor: "make vendored copy of dependencies",
};

const usage = `Work provides access to operations on workspaces.

Usage:

	go work <command> [arguments]

The commands are:

${Object.entries(help)
	.map(([name, text]) => `\t${name.padEnd(11)} ${text}`)
	.join("\n")}
`;

function short(file: string): string {
	const rel = relative(process.cwd(), file);
	return rel !== "" && rel.length < file.length ? rel : file;
}

async function workInit(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ x: { type: "bool", help: "" } }, args);
	const env = await openEnv();
	const found = findGoWork(env, process.cwd());
	const file = found === "" ? join(process.cwd(), "go.work") : found;
	if (existsSync(file)) throw new UserError(`go: ${file} already exists`);
	let work = parseGoWork("go.work", "");
	setWorkGoLine(work.syntax, env.goVersion.replace(/^go/, "").split(" ")[0]);
	work = rereadGoWork(work);
	writeWorkFile(file, useDirectories(work, file, process.cwd(), flags.args, false, log));
	return 0;
}

async function workUse(args: readonly string[]): Promise<number> {
	const flags = parseFlags({ r: { type: "bool", help: "" }, x: { type: "bool", help: "" } }, args);
	const env = await openEnv();
	const file = findGoWork(env, process.cwd());
	if (file === "") throw new UserError(noWorkFile);
	const work = readWorkFile(file, short(file));
	writeWorkFile(file, useDirectories(work, file, process.cwd(), flags.args, flags.bools.get("r") ?? false, log));
	return 0;
}

async function workSync(args: readonly string[]): Promise<number> {
	parseFlags({ x: { type: "bool", help: "" } }, args);
	await syncWorkspace(await openEnv(), { cwd: process.cwd(), mod: "", defaultMod: "mod", log, progress, workCommand: true });
	return 0;
}

const editFlags = ["use", "dropuse", "replace", "dropreplace", "godebug", "dropgodebug"] as const;

async function workEdit(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			fmt: { type: "bool", help: "" },
			go: { type: "string", help: "" },
			toolchain: { type: "string", help: "" },
			json: { type: "bool", help: "" },
			print: { type: "bool", help: "" },
			...Object.fromEntries(editFlags.map((f) => [f, { type: "list", help: "" } as const])),
		},
		args,
	);
	const env = await openEnv();
	const edits = orderedFlags(editFlags, args);
	if (flags.args.length > 1) throw new UserError("go: too many arguments");
	const file = flags.args[0] ?? findGoWork(env, process.cwd());
	if (file === "") throw new UserError(noWorkFile);
	const go = flags.strings.get("go") ?? "";
	const toolchain = flags.strings.get("toolchain") ?? "";
	const json = flags.bools.get("json") ?? false;
	const print = flags.bools.get("print") ?? false;
	if (go === "" && toolchain === "" && !json && !print && !flags.bools.get("fmt") && edits.length === 0)
		throw new UserError("go: no flags specified (see 'go help work edit').");
	if (json && print) throw new UserError("go: cannot use both -json and -print");
	const local = env.goVersion.replace(/^go/, "");
	if (go !== "" && go !== "none" && !goVersionRe.test(go))
		throw new UserError(`go work: invalid -go option; expecting something like "-go ${local}"`);
	if (toolchain !== "" && toolchain !== "none" && !toolchainRe.test(toolchain))
		throw new UserError(`go work: invalid -toolchain option; expecting something like "-toolchain go${local}"`);
	let work = readWorkFile(file, short(file));
	const before = readFileSync(file, "utf8");
	if (go === "none") work.syntax.statements = work.syntax.statements.filter((s) => s.kind !== "line" || s.line.words[0] !== "go");
	else if (go !== "") setWorkGoLine(work.syntax, go);
	if (toolchain !== "") setToolchainLine(work.syntax, toolchain === "none" ? "" : toolchain);
	for (const { flag, value } of edits) {
		if (flag === "use") {
			const mod = join(value, "go.mod");
			if (existsSync(mod) && !/^\s*module\s/m.test(readFileSync(mod, "utf8")))
				throw new UserError(`go: errors parsing ${mod}:\nno module directive`);
			addUse(work.syntax, workPath(dirname(resolve(file)), process.cwd(), value).shown);
		} else if (flag === "dropuse") dropUse(work.syntax, workPath(dirname(resolve(file)), process.cwd(), value).shown);
		else if (flag === "replace" || flag === "dropreplace") replaceFlag(flag, value)(work.syntax);
		else godebugEdit(flag, value)(work.syntax);
	}
	sortBlocks(work.syntax);
	cleanupGoMod(work.syntax);
	work = rereadGoWork(work);
	const text = formatModSyntax(work.syntax);
	if (json) process.stdout.write(`${JSON.stringify(describe(work), null, "\t")}\n`);
	else if (print) process.stdout.write(text);
	else if (text !== before) writeWorkFile(file, work);
	return 0;
}

function describe(file: GoWorkFile): Record<string, unknown> {
	const { work } = file;
	const version = (m: ModuleVersion): Record<string, string> =>
		m.version === "" ? { Path: m.path } : { Path: m.path, Version: m.version };
	const out: Record<string, unknown> = {};
	if (work.go !== "") out.Go = work.go;
	if (work.toolchain !== "") out.Toolchain = work.toolchain;
	if (work.godebug.length > 0) out.Godebug = work.godebug.map((g) => ({ Key: g.key, Value: g.value }));
	out.Use = work.use.length === 0 ? null : work.use.map((u) => ({ DiskPath: u }));
	out.Replace = work.replace.length === 0 ? null : work.replace.map((r) => ({ Old: version(r.old), New: version(r.with) }));
	return out;
}

export async function workCommand(args: readonly string[]): Promise<number> {
	const [name, ...rest] = args;
	switch (name) {
		case "init":
			return workInit(rest);
		case "use":
			return workUse(rest);
		case "edit":
			return workEdit(rest);
		case "sync":
			return workSync(rest);
		case "vendor":
			return (await import("./modvendor.ts")).vendorCommand(rest, true);
		case undefined:
		case "help":
		case "-h":
		case "-help":
			process.stderr.write(usage);
			return 2;
		default: {
			const near = didYouMean(name, Object.keys(help));
			throw new UserError(
				`go work ${name}: unknown command${near === "" ? "" : ` (did you mean "${near}"?)`}\nRun 'go help work' for usage.`,
				2,
			);
		}
	}
}
