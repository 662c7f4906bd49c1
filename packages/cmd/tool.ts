// tsugo tool [-n] command [args...]: what there is here of the go command's tools, and the tools that go.mod names (tool directives).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BuildEnv } from "#build";
import { writeExecutable } from "#build/check";
import { parseFlags } from "./flags.ts";
import { goEnvironment } from "./childenv.ts";
import { buildFlags, openEnv, parseWithGoflags } from "./buildflags.ts";
import type { ParsedFlags } from "./flags.ts";
import { signalText } from "./signals.ts";
import { UserError } from "./user.ts";

/** Tools by name, with the words of tsugo that do their work. */
const tools: Readonly<Record<string, readonly string[]>> = {
	buildid: ["tool", "buildid"],
	test2json: ["tool", "test2json"],
	vet: ["vet"],
};

export async function toolCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const flags = parseWithGoflags(buildFlags, env, args);
	const dry = flags.bools.get("n") ?? false;
	flags.bools.delete("n");
	const [name, ...rest] = flags.args;
	if (name === undefined) {
		for (const tool of [...Object.keys(tools).sort(), ...(await moduleTools(env, flags))]) process.stdout.write(`${tool}\n`);
		return 0;
	}
	if (!Object.hasOwn(tools, name)) return moduleTool(env, flags, name, rest, dry);
	if (dry) {
		process.stdout.write(`tsugo ${[...tools[name], ...rest].join(" ")}\n`);
		return 0;
	}
	if (name === "vet") return (await import("./vetcommand.ts")).vetCommand(rest);
	if (name === "test2json") return convertTestOutput(rest);
	return (await import("./buildid.ts")).printBuildIds(rest);
}

/** The tool directives in force, sorted; none outside of modules. */
async function moduleTools(env: BuildEnv, flags: ParsedFlags): Promise<string[]> {
	if (env.env.get("GO111MODULE") === "off") return [];
	const state = await (await import("./modopen.ts")).openState(env, {
		mod: flags.strings.get("mod") ?? "",
		modfile: flags.strings.get("modfile"),
		defaultMod: "auto",
	});
	try {
		return state.hasModRoot ? [...state.tools()].sort() : [];
	} finally {
		state.store.close();
	}
}

/** The name of a tool's program: the last element of its path that is no major version. */
function shortName(path: string): string {
	const parts = path.split("/");
	const last = parts[parts.length - 1];
	return parts.length > 1 && /^v[1-9]\d*$/.test(last) ? parts[parts.length - 2] : last;
}

/** Builds a tool of the module and runs it. */
async function moduleTool(env: BuildEnv, flags: ParsedFlags, name: string, args: readonly string[], dry: boolean): Promise<number> {
	const all = await moduleTools(env, flags);
	const named = all.includes(name) ? [name] : all.filter((path) => shortName(path) === name);
	if (named.length === 0) throw new UserError(`go: no such tool ${JSON.stringify(name)}`, 2);
	if (named.length > 1) throw new UserError(`go: tool ${JSON.stringify(name)} is ambiguous; choose one of:\n\t${named.join("\n\t")}`);
	const { buildProgram, openSession } = await import("./build.ts");
	const session = await openSession(env, flags, { args: named });
	if (session === null) return 1;
	const [p] = session.packages;
	if (p?.name !== "main") throw new UserError(`package ${named[0]} is not a main package`);
	const image = buildProgram(session, p, "");
	if (image === null) return 1;
	// The program is kept under its own name, so that it can say who it is.
	const digest = createHash("sha256").update(image).digest("hex");
	const kept = env.gocache !== "off";
	const file = join(kept ? join(env.cacheDir, "tools", digest) : mkdtempSync(join(tmpdir(), "tsugo-tool")), shortName(named[0]));
	try {
		if (!existsSync(file)) {
			mkdirSync(dirname(file), { recursive: true });
			writeExecutable(file, image);
		}
		if (dry) {
			process.stdout.write(`${[file, ...args].join(" ")}\n`);
			return 0;
		}
		const { execute } = await import("./run.ts");
		return (await execute(file, args, goEnvironment(env.goroot))).code;
	} finally {
		if (!kept) rmSync(dirname(file), { recursive: true, force: true });
	}
}

/** tool test2json [-p pkg] [-t] [program args...]: a test's output, from a program or from stdin, as events. */
async function convertTestOutput(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{ p: { type: "string", help: "the package that is tested" }, t: { type: "bool", help: "add times to events" } },
		args,
	);
	const { TestEvents } = await import("./test2json.ts");
	const events = new TestEvents(flags.strings.get("p") ?? "", (line) => process.stdout.write(line), flags.bools.get("t") ?? false);
	const [program, ...rest] = flags.args;
	if (program === undefined) {
		events.write(readFileSync(0, "utf8"));
		events.close(null);
		return 0;
	}
	const { spawn } = await import("node:child_process");
	return new Promise((resolve, reject) => {
		const child = spawn(program, rest, { stdio: ["inherit", "pipe", "pipe"] });
		const decoders = [new TextDecoder(), new TextDecoder()];
		[child.stdout, child.stderr].forEach((stream, i) =>
			stream.on("data", (data: Buffer) => events.write(decoders[i].decode(data, { stream: true }))),
		);
		child.on("error", () => reject(new UserError(`test2json: ${program}: cannot be started`)));
		child.on("close", (code, signal) => {
			if (code !== 0) events.write(signal === null ? `exit status ${code}\n` : `signal: ${signalText(signal)}\n`);
			events.close(code === 0);
			resolve(code === 0 ? 0 : 1);
		});
	});
}
