// tsugo fmt [-n] [-x] [packages]: gofmt -l -w on the files of packages.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadErrorText, type Package, pathError } from "#build";
import { formatSource } from "#gofmt";
import { matchArguments } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags } from "./buildflags.ts";
import type { FlagSpec } from "./flags.ts";

export const fmtFlags: Readonly<Record<string, FlagSpec>> = {
	n: { type: "bool", help: "print the commands, do not run them" },
	x: { type: "bool", help: "print the commands" },
	mod: { type: "string", help: "module mode: readonly, vendor or mod" },
	modfile: buildFlags.modfile,
	overlay: buildFlags.overlay,
};

/** All Go files of the package's folder, those that take no part in the build too. */
function allGoFiles(p: Package): string[] {
	const ignored = p.ignoredGoFiles.filter((f) => !/^[_.]/.test(f));
	return [...new Set([...p.goFiles, ...p.cgoFiles, ...ignored, ...p.testGoFiles, ...p.xtestGoFiles])].sort();
}

/** Formats a file; whether it changed. Errors are printed and make it null. */
function formatFile(file: string, shown: string): boolean | null {
	let source: Uint8Array;
	try {
		source = readFileSync(file);
	} catch (err) {
		process.stderr.write(`${pathError("open", shown, err)}\n`);
		return null;
	}
	const { text, errors } = formatSource(shown, source);
	if (text === null) {
		process.stderr.write(errors.map((e) => `${e}\n`).join(""));
		return null;
	}
	if (Buffer.compare(text, source) === 0) return false;
	try {
		writeFileSync(file, text);
	} catch (err) {
		process.stderr.write(`${pathError("open", shown, err)}\n`);
		return null;
	}
	return true;
}

export async function fmtCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(fmtFlags, env, args);
	const loader = await openLoader(env, flags, flags.args);
	const show = (flags.bools.get("n") ?? false) || (flags.bools.get("x") ?? false);
	let failed = false;
	let foreign = false;
	let broken = false;
	for (const p of matchArguments(loader, flags.args)) {
		if (p.module !== null && !p.module.main) {
			if (!foreign) process.stderr.write("go: not formatting packages in dependency modules\n");
			foreign = true;
			continue;
		}
		const { error } = loader.graph.info(p);
		const harmless =
			p.errors[0]?.kind === "nogo" || p.dir === "" ? p.dir !== "" : /^pattern /.test(error?.msg ?? "") || p.goFiles.length > 0;
		if (error !== null && !harmless) {
			process.stderr.write(`${loadErrorText(error)}\n`);
			failed = true;
			continue;
		}
		const files = allGoFiles(p).map((f) => join(p.dir, f));
		if (files.length === 0) continue;
		if (show)
			process.stdout.write(`${[join(env.goroot, "bin", "gofmt"), "-l", "-w", ...files.map((f) => loader.shortPath(f))].join(" ")}\n`);
		if (flags.bools.get("n")) continue;
		for (const f of files) {
			const changed = formatFile(f, loader.shortPath(f));
			if (changed === null) broken = true;
			else if (changed) process.stdout.write(`${loader.shortPath(f)}\n`);
		}
	}
	if (broken) process.stderr.write("exit status 2\n");
	return failed || broken ? 1 : 0;
}
