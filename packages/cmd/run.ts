// tsugo run [build flags] package|files [arguments]

import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { writeExecutable } from "#build/check";
import { buildProgram, executableName, openSession, type Session, warnProfiles } from "./build.ts";
import { buildFlags, openEnv, parseWithGoflags, UserError } from "./buildflags.ts";
import { goEnvironment } from "./childenv.ts";
import { type FlagSpec, splitQuoted } from "./flags.ts";
import { signalText } from "./signals.ts";

export const flags: Readonly<Record<string, FlagSpec>> = { ...buildFlags, exec: { type: "string", help: "run the program with this one" } };

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

/** How many of the arguments name the program: leading .go files, or one package. */
function programArguments(args: readonly string[]): number {
	let n = 0;
	while (n < args.length && args[n].endsWith(".go")) n++;
	return n > 0 ? n : Math.min(1, args.length);
}

export async function runCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const parsed = parseWithGoflags(flags, env, args);
	const names = parsed.args.slice(0, programArguments(parsed.args));
	if (names.length === 0) throw new UserError("go: no go files listed");
	const test = names.find((f) => f.endsWith("_test.go"));
	if (test !== undefined) throw new UserError(`go: cannot run *_test.go files (${test})`);
	for (const f of names) if (f.endsWith(".go") && !existsSync(f)) throw new UserError(`stat ${f}: no such file or directory`);
	let session: Session | null;
	if (names.some((n) => /^[^./][^@]*@/.test(n))) {
		const outside = await (await import("./installversion.ts")).openVersioned(
			env,
			parsed,
			names,
			args.slice(0, args.length - parsed.args.length),
		);
		session = outside === null ? null : outside.session;
	} else session = await openSession(env, parsed, { args: names });
	if (session === null) return 1;
	const { reporter } = session;
	let { packages } = session;
	if (names[0].includes("...") && packages.length > 0) {
		packages = packages.filter((p) => p.name === "main");
		if (packages.length === 0) process.stderr.write(`go: warning: ${JSON.stringify(names[0])} matched only non-main packages\n`);
	}
	if (packages.length === 0) throw new UserError(`go: no packages loaded from ${names.join(" ")}`);
	if (packages.length > 1)
		throw new UserError(`go: pattern ${names[0]} matches multiple packages:\n\t${packages.map((p) => p.importPath).join("\n\t")}`);
	const [p] = packages;
	if (p.name !== "main") throw new UserError(`package ${p.importPath} is not a main package`);
	warnProfiles(session);
	const name = executableName(p, names);
	const image = buildProgram(session, p, "");
	const rest = parsed.args.slice(names.length);
	const wrapper = splitQuoted(parsed.strings.get("exec") ?? "");
	reporter.step([...wrapper, `$WORK/b001/exe/${name}`, ...rest].join(" "));
	if (image === null) return reporter.dry ? 0 : 1;
	const dir = join(reporter.work(), "b001", "exe");
	mkdirSync(dir, { recursive: true });
	const file = join(dir, name);
	writeExecutable(file, image);
	const command = [...wrapper, file, ...rest];
	const { code, signal } = await execute(command[0], command.slice(1), goEnvironment(env.goroot));
	// As go run: the program's own exit code is shown, ours is 1.
	if (signal !== null) process.stderr.write(`signal: ${signalText(signal)}\n`);
	else if (code !== 0) process.stderr.write(`exit status ${code}\n`);
	return code === 0 ? 0 : 1;
}
