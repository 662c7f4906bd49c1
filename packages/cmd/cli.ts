// The command line. Each command's module is loaded when it is used.

import { isMainThread } from "node:worker_threads";
import type { RecordCheck } from "#build/uptodate";
import { runAtEnd } from "./atend.ts";
import { isStackOverflow, runDeep } from "./deep.ts";
import { didYouMean, FlagError } from "./flags.ts";
import { type CommandHelp, printHelp } from "./help.ts";
import { UserError } from "./user.ts";

// A build is over before V8's most expensive optimizer pays: with the default (3000) it takes a quarter of the processor time of a
// cold build, with 100000 still 5 %. What runs for minutes still gets there. (A debugger looks at 100,000 goroutines in a second.)
if (process.argv[2] !== "dlv") process.getBuiltinModule("node:v8").setFlagsFromString("--invocation-count-for-turbofan=500000");

type Command = (args: readonly string[]) => Promise<number>;

interface Entry {
	help: CommandHelp;
	load: () => Promise<Command>;
}

const buildUsage = "[build flags]";

const commands: Readonly<Record<string, Entry>> = {
	build: {
		help: {
			usage: "[-o output] [build flags] [packages]",
			summary: "compile packages and dependencies",
			examples: ["build -o hello ./cmd/hello", "build ./...", "build -trimpath -ldflags='-s -w' ."],
			flags: async () => (await import("./build.ts")).flags,
		},
		load: async () => (await import("./build.ts")).buildCommand,
	},
	run: {
		help: {
			usage: `${buildUsage} [-exec xprog] package [arguments...]`,
			summary: "compile and run a Go program",
			examples: ["run ./cmd/hello -name world", "run main.go util.go"],
			flags: async () => (await import("./run.ts")).flags,
		},
		load: async () => (await import("./run.ts")).runCommand,
	},
	test: {
		help: {
			usage: "[build/test flags] [packages] [build/test flags & test binary flags]",
			summary: "test packages",
			examples: ["test ./...", "test -run='^TestLogin$' -v ./auth", "test -bench=. -benchmem ./codec", "test -c -o login.test ./auth"],
			flags: async () => (await import("./testflags.ts")).testFlags,
		},
		load: async () => (await import("./test.ts")).testCommand,
	},
	list: {
		help: {
			usage: "[-f format] [-json] [-m] [list flags] [build flags] [packages]",
			summary: "list packages or modules",
			examples: ["list ./...", "list -deps -f '{{.ImportPath}} {{.Dir}}' .", "list -m -u all", "list -json=Name,Imports fmt"],
			flags: async () => (await import("./list.ts")).listFlags,
		},
		load: async () => (await import("./list.ts")).listCommand,
	},
	install: {
		help: {
			usage: `${buildUsage} [packages]`,
			summary: "compile and install packages and dependencies",
			examples: ["install ./cmd/hello"],
			flags: async () => (await import("./buildflags.ts")).buildFlags,
		},
		load: async () => (await import("./install.ts")).installCommand,
	},
	vet: {
		help: {
			usage: `${buildUsage} [vet flags] [packages]`,
			summary: "report likely mistakes in packages",
			examples: ["vet ./...", "vet -printf=false ."],
		},
		load: async () => (await import("./vetcommand.ts")).vetCommand,
	},
	fmt: {
		help: {
			usage: "[-n] [-x] [packages]",
			summary: "gofmt (reformat) package sources",
			examples: ["fmt ./...", "fmt -n ."],
			flags: async () => (await import("./fmtcommand.ts")).fmtFlags,
		},
		load: async () => (await import("./fmtcommand.ts")).fmtCommand,
	},
	generate: {
		help: {
			usage: "[-run regexp] [-n] [-v] [-x] [build flags] [file.go... | packages]",
			summary: "generate Go files by processing source",
			examples: ["generate ./...", "generate -run stringer ./colors", "generate -n ."],
			flags: async () => (await import("./generate.ts")).generateFlags,
		},
		load: async () => (await import("./generate.ts")).generateCommand,
	},
	get: {
		help: {
			usage: "[-t] [-u] [-tool] [build flags] [packages]",
			summary: "add dependencies to current module and install them",
			examples: ["get example.com/pkg@latest", "get -u ./...", "get example.com/pkg@none"],
		},
		load: async () => (await import("./get.ts")).getCommand,
	},
	explain: {
		help: {
			usage: "checksum [module@version] | version module",
			summary: "say why the cache missed, a checksum differs or a version was selected",
			examples: ["explain cache", "explain checksum example.com/pkg@v1.2.3", "explain version example.com/pkg"],
		},
		load: async () => (await import("./explain.ts")).explainCommand,
	},
	work: {
		help: {
			usage: "<command> [arguments]",
			summary: "workspace maintenance",
			examples: ["work init ./a ./b", "work use ./c", "work sync"],
		},
		load: async () => (await import("./work.ts")).workCommand,
	},
	mod: {
		help: {
			usage: "<command> [arguments]",
			summary: "module maintenance",
			examples: ["mod init example.com/hello", "mod tidy", "mod graph"],
		},
		load: async () => (await import("./mod.ts")).modCommand,
	},
	env: {
		help: {
			usage: "[-json] [-changed] [-u] [-w] [var ...]",
			summary: "print Go environment information",
			examples: ["env GOMODCACHE", "env -w GOPROXY=off", "env -changed"],
		},
		load: async () => (await import("./env.ts")).envCommand,
	},
	version: {
		help: { usage: "[-m] [-v] [-json] [file ...]", summary: "print Go version", examples: ["version", "version -m ./hello"] },
		load: async () => (await import("./version.ts")).versionCommand,
	},
	clean: {
		help: {
			usage: "[-i] [-r] [-cache] [-testcache] [-modcache] [-fuzzcache] [build flags] [packages]",
			summary: "remove object files and cached files",
			examples: ["clean -cache", "clean -testcache", "clean -n -i ./cmd/hello"],
		},
		load: async () => (await import("./clean.ts")).cleanCommand,
	},
	tool: {
		help: { usage: "[-n] command [args...]", summary: "run specified go tool", examples: ["tool", "tool buildid ./hello"] },
		load: async () => (await import("./tool.ts")).toolCommand,
	},
	dlv: {
		help: { usage: "[command] [flags] [arguments]", summary: "debug Go programs (Delve's command line)", examples: ["dlv exec ./hello"] },
		load: async () => (await import("./dlv.ts")).dlvCommand,
	},
};

/** Words that are no commands, of `go` and of what is planned, and what to say instead. */
const refused: Readonly<Record<string, string>> = {
	bug: "it would open a form of the Go project; file issues of tsugo where it comes from, with the output of tsugo version and tsugo env",
	fix: "rewriting sources for newer Go versions is not supported",
	telemetry: "tsugo collects no telemetry, so there is nothing to switch",
	doc: "not supported by this version of tsugo yet; https://pkg.go.dev has the documentation of public packages",
	...Object.fromEntries(["pprof", "trace", "ui", "probes", "k8s"].map((name) => [name, "not supported by this version of tsugo yet"])),
};

const usage = `tsugo compiles and runs Go programs; it needs no installed Go.

Examples:
	tsugo run ./cmd/hello -name world
	tsugo build -o hello ./cmd/hello
	tsugo test ./...

Usage:
	tsugo <command> [arguments]

Commands:
${Object.entries(commands)
	.map(([name, c]) => `\t${name.padEnd(10)}${c.help.summary}`)
	.join("\n")}

Use "tsugo help <command>" for a command's flags. They are the go command's.
`;

/** entry: the module that the process was started with; check: what is known of the last build with these arguments. */
interface Start {
	args: readonly string[];
	entry: string;
	check: RecordCheck | null;
}

async function command(start: Start): Promise<number> {
	let { args } = start;
	// -C must come first, as with go.
	const at = args[0] === "mod" || args[0] === "work" ? 2 : 1;
	const chdir = /^--?C(?:=(.*))?$/.exec(args[at] ?? "");
	if (chdir !== null) {
		const dir = chdir[1] ?? args[at + 1];
		if (dir === undefined) throw new FlagError("flag needs an argument: -C");
		try {
			process.chdir(dir);
		} catch {
			throw new UserError(`go: chdir ${dir}: no such file or directory`);
		}
		args = [...args.slice(0, at), ...args.slice(chdir[1] === undefined ? at + 2 : at + 1)];
	}
	const [name, ...rest] = args;
	if (name === undefined) {
		process.stderr.write(usage);
		return 2;
	}
	if (name === "help" || name === "-h" || name === "-help" || name === "--help") return help(rest);
	const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (entry === undefined) return unknown(name);
	if (name !== "dlv" && rest.some((a, i) => /^--?h(elp)?$/.test(a) && rest.slice(0, i).every((b) => b.startsWith("-")))) {
		await printHelp(name, entry.help, process.stderr);
		return 2;
	}
	try {
		return await (name === "build" && start.check !== null ? recordedBuild(start.check, entry, rest) : (await entry.load())(rest));
	} catch (err) {
		if (!isStackOverflow(err)) throw err;
		if (!isMainThread) throw new UserError("tsugo: the source is nested too deeply");
		return runDeep(start.entry, args);
	}
}

async function help(words: readonly string[]): Promise<number> {
	if (words.length === 0) {
		process.stdout.write(usage);
		return 0;
	}
	const [name] = words;
	if (!Object.hasOwn(commands, name)) throw new UserError(`go help ${words.join(" ")}: unknown help topic. Run 'go help'.`, 2);
	await printHelp(name, commands[name].help, process.stdout);
	return 0;
}

function unknown(name: string): never {
	if (Object.hasOwn(refused, name)) throw new UserError(`tsugo ${name}: ${refused[name]}`, 2);
	const near = didYouMean(name, Object.keys(commands));
	const hint = near === "" ? "" : `\n\nDid you mean "${near}"?`;
	throw new UserError(`go ${name}: unknown command${hint}\nRun 'go help' for usage.`, 2);
}

async function recordedBuild(check: RecordCheck, entry: Entry, args: readonly string[]): Promise<number> {
	if (check.done) return (await import("./build.ts")).nothingToDo(args);
	const { BuildRecorder } = await import("#build/recorder");
	const recorder = new BuildRecorder(check);
	let code = 1;
	try {
		code = await (await entry.load())(args);
	} finally {
		recorder.finish(code === 0);
	}
	return code;
}

/** Runs a command; gives the exit status. */
export async function run(start: Start): Promise<number> {
	try {
		try {
			return await command(start);
		} finally {
			await runAtEnd();
		}
	} catch (err) {
		if (err instanceof FlagError) {
			const name = start.args[0] ?? "";
			const usageLine = Object.hasOwn(commands, name)
				? `usage: go ${name} ${commands[name].help.usage}\nRun 'go help ${name}' for details.\n`
				: "";
			process.stderr.write(`${err.message}\n${usageLine}`);
			return 2;
		}
		if (err instanceof Error && "exit" in err && typeof err.exit === "number") {
			if (err.message !== "") process.stderr.write(`${err.message}\n`);
			return err.exit;
		}
		const detail = process.env.TSUGO_DEBUG ? (err as Error).stack : (err as Error).message;
		process.stderr.write(`tsugo: internal error: ${detail}\nThis is a defect of tsugo; TSUGO_DEBUG=1 shows where it happened.\n`);
		return 3;
	}
}
