// tsugo: the command line. Each command's module is loaded when it is used.

import { enableCompileCache } from "node:module";
import { isMainThread } from "node:worker_threads";
import { BuildRecorder, isUpToDate } from "#build/uptodate";
import { isStackOverflow, runDeep } from "./deep.ts";
import { didYouMean, FlagError } from "./flags.ts";
import { UserError } from "./user.ts";

enableCompileCache();

type Command = (args: readonly string[]) => Promise<number>;

interface Entry {
	help: string;
	load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
	build: { help: "compile packages and dependencies", load: async () => (await import("./build.ts")).buildCommand },
	run: { help: "compile and run a Go program", load: async () => (await import("./run.ts")).runCommand },
	test: { help: "test packages", load: async () => (await import("./test.ts")).testCommand },
	list: { help: "list packages", load: async () => (await import("./list.ts")).listCommand },
	get: { help: "add dependencies to current module and install them", load: async () => (await import("./get.ts")).getCommand },
	mod: { help: "module maintenance", load: async () => (await import("./mod.ts")).modCommand },
	env: { help: "print Go environment information", load: async () => (await import("./env.ts")).envCommand },
	dlv: { help: "debug Go programs (Delve's command line)", load: async () => (await import("./dlv.ts")).dlvCommand },
	version: { help: "print Go version", load: async () => (await import("./version.ts")).versionCommand },
	clean: { help: "remove cached files", load: async () => (await import("./clean.ts")).cleanCommand },
};

/** Words of `go` and `dlv` that are planned: using one says so. */
const planned = ["install", "work", "vet", "fmt", "tool", "doc", "generate", "fix", "explain", "pprof", "trace", "ui", "probes", "k8s"];

const usage = `tsugo compiles and runs Go programs; it needs no installed Go.

Examples:
	tsugo run ./cmd/hello -name world
	tsugo build -o hello ./cmd/hello
	tsugo test ./...

Usage:
	tsugo <command> [arguments]

Commands:
${Object.entries(commands)
	.map(([name, c]) => `\t${name.padEnd(10)}${c.help}`)
	.join("\n")}

Use "tsugo <command> -h" for a command's flags. They are the go command's.
`;

async function main(argv: readonly string[]): Promise<number> {
	let args = argv;
	// -C must come first, as with go.
	const chdir = /^--?C(?:=(.*))?$/.exec(args[1] ?? "");
	if (chdir !== null) {
		const dir = chdir[1] ?? args[2];
		if (dir === undefined) throw new FlagError("flag needs an argument: -C");
		try {
			process.chdir(dir);
		} catch {
			throw new UserError(`tsugo: chdir ${dir}: no such file or directory`);
		}
		args = [args[0], ...args.slice(chdir[1] === undefined ? 3 : 2)];
	}
	const [name, ...rest] = args;
	if (name === undefined) {
		process.stderr.write(usage);
		return 2;
	}
	if (name === "help" || name === "-h" || name === "-help" || name === "--help") {
		process.stdout.write(usage);
		return 0;
	}
	const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (entry === undefined) {
		if (planned.includes(name)) throw new UserError(`tsugo ${name}: not supported by this version of tsugo yet`, 2);
		const near = didYouMean(name, Object.keys(commands));
		throw new UserError(`tsugo ${name}: unknown command${near === "" ? "" : ` (did you mean "${near}"?)`}\nRun 'tsugo help' for usage.`, 2);
	}
	try {
		return await (name === "build" ? buildUnlessDone(entry, rest) : (await entry.load())(rest));
	} catch (err) {
		if (!isStackOverflow(err)) throw err;
		if (!isMainThread) throw new UserError("tsugo: the source is nested too deeply");
		return runDeep(import.meta.url, args);
	}
}

/** Most builds of an editor or a script have nothing to do: then the compiler is not even loaded. */
async function buildUnlessDone(entry: Entry, args: readonly string[]): Promise<number> {
	if (isUpToDate(process.env, args)) return 0;
	const recorder = new BuildRecorder(process.env, args);
	let code = 1;
	try {
		code = await (await entry.load())(args);
	} finally {
		recorder.finish(code === 0);
	}
	return code;
}

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (err) {
	if (err instanceof FlagError) {
		process.stderr.write(`${err.message}\n`);
		process.exitCode = 2;
	} else if (err instanceof Error && "exit" in err && typeof err.exit === "number") {
		if (err.message !== "") process.stderr.write(`${err.message}\n`);
		process.exitCode = err.exit;
	} else {
		const detail = process.env.TSUGO_DEBUG ? (err as Error).stack : (err as Error).message;
		process.stderr.write(`tsugo: internal error: ${detail}\nThis is a defect of tsugo; TSUGO_DEBUG=1 shows where it happened.\n`);
		process.exitCode = 3;
	}
}
