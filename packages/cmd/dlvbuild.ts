// Builds a program or a package's tests for debugging: tsugo's own build, in a process of its own.
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { splitQuoted } from "./flags.ts";

/** The arguments of `tsugo` that build for debugging. A path of a file or directory is built where it is. */
export function debugBuildArgs(
	kind: "debug" | "test",
	packages: readonly string[],
	flags: string | readonly string[],
	output: string,
): string[] {
	const extra = typeof flags === "string" ? splitQuoted(flags) : [...flags];
	const start = kind === "test" ? ["test", "-c"] : ["build"];
	return [...start, "-o", output, "-gcflags=all=-N -l", ...extra, ...packages];
}

/** Runs the build from `dir`; what it printed. */
export function buildForDebug(
	kind: "debug" | "test",
	program: string,
	flags: string | readonly string[],
	output: string,
	dir: string,
	cancel?: AbortSignal,
): Promise<{ ok: boolean; command: string; text: string }> {
	const { cwd, pkg } = whereToBuild(dir, program);
	const args = debugBuildArgs(kind, pkg === "" ? [] : [pkg], flags, output);
	const done = Promise.withResolvers<{ ok: boolean; command: string; text: string }>();
	const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...args], { cwd, signal: cancel });
	let text = "";
	const take = (b: Buffer): void => void (text += b.toString());
	child.stdout.on("data", take);
	child.stderr.on("data", take);
	const command = `tsugo ${args.join(" ")}`;
	child.on("error", (e) => done.resolve({ ok: false, command, text: text + e.message }));
	child.on("close", (code) => done.resolve({ ok: code === 0, command, text }));
	return done.promise;
}

/** An absolute path may lie in another module: it is built from its own directory. */
function whereToBuild(dir: string, program: string): { cwd: string; pkg: string } {
	if (program === "" || !(program.startsWith("/") || program.startsWith("."))) return { cwd: dir, pkg: program };
	const path = resolve(dir, program);
	try {
		return statSync(path).isDirectory() ? { cwd: path, pkg: "." } : { cwd: dirname(path), pkg: basename(path) };
	} catch {
		return { cwd: dir, pkg: program };
	}
}
