// tsugo run [build flags] package|files [arguments]

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { modInfo, writeExecutable } from "#build/check";
import { buildExecutable } from "#build/executable";
import { compileOptions, executableName, matchArguments, printErrors, toolOptions } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags, UserError } from "./buildflags.ts";
import type { FlagSpec } from "./flags.ts";

const flags: Readonly<Record<string, FlagSpec>> = { ...buildFlags, exec: { type: "string", help: "", missing: true } };

/** Runs a program with our streams; gives its exit code, or 128 + signal. */
export function execute(
	file: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv,
	cwd?: string,
): Promise<{ code: number; signal: NodeJS.Signals | null }> {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { stdio: "inherit", env, cwd });
		const forward = (s: NodeJS.Signals): void => {
			child.kill(s);
		};
		for (const s of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) process.on(s, forward);
		child.on("error", reject);
		child.on("exit", (code, signal) => {
			for (const s of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) process.off(s, forward);
			resolve({ code: code ?? 128 + constants.signals[signal as NodeJS.Signals], signal });
		});
	});
}

export async function runCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseWithGoflags(flags, env, args);
	const tools = toolOptions(parsed);
	let n = 0;
	while (n < parsed.args.length && parsed.args[n].endsWith(".go")) n++;
	const names = n > 0 ? parsed.args.slice(0, n) : parsed.args.slice(0, 1);
	if (names.length === 0) throw new UserError("go: no go files listed");
	const loader = await openLoader(env, parsed, names);
	const [p] = matchArguments(loader, names);
	if (p === undefined) throw new UserError("go: no packages loaded from " + names.join(" "));
	if (p.name !== "main" && p.errors.length === 0) throw new UserError(`package ${p.importPath} is not a main package`);
	const built = buildExecutable(loader, {
		main: p,
		trimpath: tools.trimpath,
		...compileOptions(tools, loader, [p]),
		modInfo: modInfo(env, loader, p, tools.settings),
		time: tools.time,
		cacheDir: tools.cacheDir(env),
	});
	printErrors(built.errors);
	if (built.image === null || built.errors.length > 0) return 1;
	const dir = mkdtempSync(join(tmpdir(), "tsugo-run-"));
	try {
		const file = join(dir, executableName(p, names));
		writeExecutable(file, built.image);
		const { code, signal } = await execute(file, parsed.args.slice(names.length), process.env);
		// As go run: the program's own exit code is shown, ours is 1.
		if (signal !== null) process.stderr.write(`signal: ${signal}\n`);
		else if (code !== 0) process.stderr.write(`exit status ${code}\n`);
		return code === 0 ? 0 : 1;
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}
