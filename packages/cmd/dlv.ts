// tsugo dlv: Delve's command line.
import { existsSync, openSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import type { Engine, ListenOptions, SessionConfig } from "#debugger";
import {
	allFlags,
	COMMANDS,
	type CommandSpec,
	DlvUsageError,
	HelpRequested,
	type ParsedFlags,
	parseFlags,
	ROOT_HELP,
	TOPICS,
	usageText,
} from "./dlvflags.ts";

const VERSION = "Delve Debugger\nVersion: 1.27.2\nBuild: tsugo\n";
const err = (s: string): void => void process.stderr.write(`${s}\n`);
const out = (s: string): void => void process.stdout.write(`${s}\n`);

/** Typed access to parsed flags. */
class Flags {
	readonly parsed: ParsedFlags;
	constructor(parsed: ParsedFlags) {
		this.parsed = parsed;
	}
	string(name: string): string {
		return String(this.parsed.values.get(name) ?? "");
	}
	bool(name: string): boolean {
		return this.parsed.values.get(name) === true;
	}
	number(name: string): number {
		return Number(this.parsed.values.get(name) ?? 0);
	}
	list(name: string): string[] {
		const v = this.parsed.values.get(name);
		return Array.isArray(v) ? v : [];
	}
	get args(): string[] {
		return this.parsed.args;
	}
}

export async function dlvCommand(argv: readonly string[]): Promise<number> {
	const at = argv.findIndex((a) => !a.startsWith("-"));
	const name = argv[at] ?? "";
	if (name === "" || name === "help") return help(argv.slice(at + 1));
	const topic = TOPICS[name];
	if (topic !== undefined) {
		out(topic);
		return 0;
	}
	const command = COMMANDS.find((c) => c.name === name);
	if (command === undefined) {
		err(`Error: unknown command ${JSON.stringify(name)} for "dlv"\nRun 'dlv --help' for usage.\n`);
		return 1;
	}
	try {
		const flags = new Flags(parseFlags(allFlags(command), [...argv.slice(0, at), ...argv.slice(at + 1)]));
		checkArguments(command, flags);
		return await run(command, flags);
	} catch (e) {
		if (e instanceof HelpRequested) {
			out(`${command.long}\n\n${usageText(command)}`.trimEnd());
			return 0;
		}
		if (!(e instanceof DlvUsageError)) throw e;
		err(`Error: ${e.message}`);
		if (e.usage) err(usageText(command));
		return 1;
	}
}

function help(words: readonly string[]): number {
	const command = COMMANDS.find((c) => c.name === words[0]);
	if (command !== undefined) out(`${command.long}\n\n${usageText(command)}`.trimEnd());
	else process.stdout.write(TOPICS[words[0] ?? ""] ?? ROOT_HELP);
	return 0;
}

function checkArguments(c: CommandSpec, f: Flags): void {
	const n = f.args.length;
	if (c.name === "exec" && n === 0) throw new DlvUsageError("you must provide a path to a binary");
	if (c.name === "attach" && n === 0 && f.string("waitfor") === "") throw new DlvUsageError("you must provide a PID");
	if (c.name === "connect" && n === 0) throw new DlvUsageError("you must provide an address as the first argument");
	if (c.name === "trace" && n === 0) throw new DlvUsageError("you must provide a function to trace");
	if (c.name === "gcore" && n !== 1) throw new DlvUsageError("you must provide a PID");
	if (c.name === "core" && n !== 2) throw new DlvUsageError("you must provide a core file and an executable");
}

async function run(c: CommandSpec, f: Flags): Promise<number> {
	const config = baseConfig(f);
	switch (c.name) {
		case "version":
			process.stdout.write(VERSION);
			return 0;
		case "exec":
			config.args = [resolve(f.args[0] as string), ...f.args.slice(1)];
			return execute(config, f);
		case "attach": {
			const first = f.args[0];
			const pid = Number(first);
			if (first !== undefined && !/^\d+$/.test(first)) {
				err(`Invalid pid: ${first}`);
				return 1;
			}
			config.mode = "attach";
			config.pid = pid;
			config.args = f.args.slice(1);
			if (f.string("waitfor") !== "") config.pid = await waitForProcess(f);
			return execute(config, f);
		}
		case "core":
			config.mode = "core";
			config.args = [resolve(f.args[0] as string)];
			config.core = resolve(f.args[1] as string);
			return execute(config, f);
		case "connect": {
			const d = await import("#debugger/terminal");
			try {
				return await d.connectTerminal({
					address: f.args[0] as string,
					initFile: f.string("init"),
					tlsCa: f.string("tls-ca"),
					tlsCert: f.string("tls-cert"),
					tlsKey: f.string("tls-key"),
					tokenFile: f.string("token-file"),
				});
			} catch (e) {
				return failed(`could not connect to ${f.args[0]}: ${e instanceof Error ? e.message : String(e)}`);
			}
		}
		case "debug":
		case "test":
			return debugBuilt(c.name === "test", config, f);
		case "trace":
			return trace(config, f);
		case "dap":
			return dap(config, f);
		case "gcore":
			return (await import("./dlvgcore.ts")).gcoreCommand({
				pid: f.args[0] as string,
				output: f.string("output"),
				goOnly: f.bool("go-only"),
			});
		case "cert":
			return (await import("./dlvcert.ts")).certCommand({
				dir: resolve(f.string("dir")),
				hosts: f.list("host"),
				client: f.string("client"),
				role: f.string("role"),
				hours: f.number("hours"),
			});
		default:
			err(`tsugo dlv ${c.name}: not supported by this version of tsugo yet`);
			return 2;
	}
}

/** Builds a package or its tests, without optimizations, and debugs that. */
async function debugBuilt(isTest: boolean, config: SessionConfig, f: Flags): Promise<number> {
	const { args, dash } = f.parsed;
	const names = dash >= 0 ? args.slice(0, dash) : args.slice(0, goFiles(args));
	const rest = dash >= 0 ? args.slice(dash) : args.slice(names.length);
	const output = f.string("output");
	const file = resolve(output === "" ? `${isTest ? "debug.test" : "__debug_bin"}${randomName()}` : output);
	const flags = ["-o", file, ...splitWords(f.string("build-flags")), "-gcflags", "all=-N -l", ...names];
	const build = async (): Promise<boolean> => {
		if (isTest) return (await (await import("./test.ts")).testCommand(["-c", ...flags])) === 0;
		return (await (await import("./build.ts")).buildCommand(flags)) === 0;
	};
	if (!(await build()) || !existsSync(file)) return 1;
	const remove = (): void => rmSync(file, { force: true });
	process.on("exit", remove);
	const filter = isTest ? f.string("test-filter") : "";
	config.args = [file, ...(filter === "" ? [] : ["-test.run", filter]), ...rest];
	if (isTest && config.workingDir === "" && existsSync(names[0] ?? ".")) config.workingDir = resolve(names[0] ?? ".");
	try {
		return await execute(config, f, build, remove);
	} finally {
		remove();
	}
}

/** A number that tells one file from others. */
function randomName(): number {
	return process.getBuiltinModule("node:crypto").randomBytes(4).readUInt32LE();
}

/** How many leading arguments name what to build: go files, or one package. */
function goFiles(args: readonly string[]): number {
	let n = 0;
	while (n < args.length && args[n]?.endsWith(".go") === true) n++;
	return n > 0 ? n : Math.min(1, args.length);
}

/** Words of --build-flags, quoted as a shell does. */
function splitWords(text: string): string[] {
	const out: string[] = [];
	for (const m of text.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) {
		out.push(
			m[0].replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_w, d?: string, q?: string, c?: string) =>
				d !== undefined ? d.replace(/\\(.)/g, "$1") : (q ?? c ?? ""),
			),
		);
	}
	return out;
}

/** The first process whose command line begins with a prefix and that was not there before. */
async function waitForProcess(f: Flags): Promise<number> {
	const { findProcess } = await import("#debugger");
	return findProcess(f.string("waitfor"), f.number("waitfor-interval"), f.number("waitfor-duration"));
}

function baseConfig(f: Flags): SessionConfig {
	return {
		mode: "launch",
		args: [],
		pid: 0,
		core: "",
		workingDir: f.string("wd") === "" ? "" : resolve(f.string("wd")),
		env: {},
		redirects: ["", "", ""],
		tty: f.string("tty"),
		disableAslr: f.bool("disable-aslr"),
		foreground: f.bool("headless") && f.string("tty") === "",
		checkGoVersion: f.bool("check-go-version"),
		debugInfoDirectories: ["/usr/lib/debug/.build-id"],
	};
}

/** Redirection rules, [source:]path. Throws DlvUsageError with Delve's words. */
function parseRedirects(rules: readonly string[]): [string, string, string] {
	const names = ["stdin:", "stdout:", "stderr:"];
	const paths: [string, string, string] = ["", "", ""];
	for (const rule of rules) {
		const at = Math.max(
			names.findIndex((n) => rule.startsWith(n)),
			0,
		);
		const path = rule.startsWith(names[at] as string) ? rule.slice((names[at] as string).length) : rule;
		if (paths[at] !== "") throw new DlvUsageError(`redirect error: ${(names[at] as string).slice(0, -1)} redirected twice`, false);
		paths[at] = path;
	}
	return paths;
}

async function execute(
	config: SessionConfig,
	f: Flags,
	rebuild: (() => Promise<boolean>) | null = null,
	atExit: () => void = () => {},
): Promise<number> {
	const headless = f.bool("headless");
	let multi = f.bool("accept-multiclient");
	const log = logger(f);
	if (headless && f.string("init") !== "") err("Warning: init file ignored with --headless");
	if (f.bool("continue")) {
		if (!headless) return failed("Error: --continue only works with --headless; use an init file");
		if (!multi) return failed("Error: --continue requires --accept-multiclient");
	}
	if (!headless && multi) {
		err("Warning accept-multi: ignored");
		multi = false;
	}
	if (!headless && !f.bool("allow-non-terminal-interactive")) {
		for (const [fd, name] of ["Stdin", "Stdout", "Stderr"].entries()) {
			if (isatty(fd)) continue;
			return failed(
				`${name} is not a terminal, use '-r' to specify redirects for the target process or --allow-non-terminal-interactive=true if you really want to specify a redirect for Delve`,
			);
		}
	}
	if (f.list("redirect").length > 0 && config.tty !== "") return failed("Can not use -r and --tty together");
	config.redirects = parseRedirects(f.list("redirect"));
	const backend = f.string("backend");
	if (backend === "lldb" || backend === "rr") return failed(`backend ${JSON.stringify(backend)} is not supported by this version of tsugo`);
	if (backend !== "default" && backend !== "native") return failed(`unknown backend ${JSON.stringify(backend)}`);
	const version = f.number("api-version");
	if (version !== 2) return failed(version === 1 ? "unknown API version" : `Unknown API version: ${version}`);
	const debuggerPackage = await import("#debugger");
	if (headless) {
		return debuggerPackage.serveHeadless({
			...listenOptions(f),
			session: config,
			acceptMulticlient: multi,
			continueOnStart: f.bool("continue"),
			rebuild,
			atExit,
			log,
			print: out,
			fail: err,
		});
	}
	return interactive(debuggerPackage, config, f, rebuild, log, atExit);
}

/** Traces functions of a program that is built, executed or attached to. */
async function trace(config: SessionConfig, f: Flags): Promise<number> {
	for (const [name, text] of [
		["ebpf", "eBPF tracing"],
		["follow-calls", "following calls"],
	] as const) {
		if (f.bool(name) || f.number(name) > 0) return failed(`${text} is not supported by this version of tsugo`);
	}
	if (f.number("verbose") !== 0) return failed("trace --verbose is not supported by this version of tsugo");
	const { args, dash } = f.parsed;
	const own = dash >= 0 ? args.slice(0, dash) : args;
	const rest = dash >= 0 ? args.slice(dash) : [];
	const pattern = own[own.length - 1] as string;
	let built = "";
	if (f.number("pid") !== 0) {
		config.mode = "attach";
		config.pid = f.number("pid");
	} else if (f.string("exec") !== "") config.args = [resolve(f.string("exec")), ...rest];
	else {
		built = resolve(f.string("output") === "" ? `__debug_bin${randomName()}` : f.string("output"));
		const { buildForDebug } = await import("./dlvbuild.ts");
		const r = await buildForDebug(
			f.bool("test") ? "test" : "debug",
			own.length > 1 ? (own[0] as string) : "",
			f.string("build-flags"),
			built,
			process.cwd(),
		);
		if (!r.ok) return failed(r.text.trimEnd());
		config.args = [built, ...rest];
	}
	config.redirects = parseRedirects(f.list("redirect"));
	const d = await import("#debugger");
	try {
		const engine = await d.Engine.start(config);
		const code = await (await import("#debugger/terminal")).traceProgram(engine, {
			pattern,
			stack: f.number("stack"),
			timestamp: f.bool("timestamp"),
		});
		await d.endSession(engine, config.mode === "launch");
		if (built !== "") rmSync(built, { force: true });
		return engine.exit(code);
	} catch (e) {
		if (!(e instanceof d.SessionError)) throw e;
		return failed(e.message);
	} finally {
		if (built !== "") rmSync(built, { force: true });
	}
}

/** A session with the terminal in this process. */
async function interactive(
	d: typeof import("#debugger"),
	config: SessionConfig,
	f: Flags,
	rebuild: (() => Promise<boolean>) | null,
	log: ((layer: string, text: string) => void) | null,
	atExit: () => void,
): Promise<number> {
	let engine: Engine;
	try {
		engine = await d.Engine.start(config);
	} catch (e) {
		if (!(e instanceof d.SessionError)) throw e;
		return failed(e.message);
	}
	engine.rebuild = rebuild;
	for (const w of engine.warnings) err(`Warning: ${w}`);
	if (log !== null) engine.log = log;
	for (const signal of ["SIGTERM", "SIGHUP"] as const) {
		process.on(signal, () => void d.endSession(engine, config.mode === "launch").finally(() => engine.exit(1)));
	}
	const code = await (await import("#debugger/terminal")).runTerminal(engine, f.string("init"));
	await d.endSession(engine, config.mode === "launch");
	atExit();
	return engine.exit(code);
}

async function dap(base: SessionConfig, f: Flags): Promise<number> {
	if (f.bool("headless")) err("Warning: dap mode is always headless");
	if (f.bool("accept-multiclient")) err("Warning: accept-multiclient mode not supported with dap");
	if (f.string("init") !== "") err("Warning: init file ignored with dap");
	if (f.bool("continue")) err("Warning: continue ignored with dap; specify via launch/attach request instead");
	if (f.string("backend") !== "default") err("Warning: backend ignored with dap; specify via launch/attach request instead");
	if (f.string("build-flags") !== "") err("Warning: build flags ignored with dap; specify via launch/attach request instead");
	if (f.string("wd") !== "") err("Warning: working directory ignored with dap: program's working directory is set by the launch request");
	const { serveDap } = await import("#debugger/dap");
	const { buildForDebug } = await import("./dlvbuild.ts");
	return serveDap({
		...listenOptions(f),
		base,
		build: buildForDebug,
		log: logger(f),
		clientAddress: f.string("client-addr"),
		print: out,
		fail: err,
	});
}

function listenOptions(f: Flags): ListenOptions {
	return {
		address: f.string("listen"),
		onlySameUser: f.bool("only-same-user"),
		tlsCert: f.string("tls-cert"),
		tlsKey: f.string("tls-key"),
		tlsClientCa: f.string("tls-client-ca"),
		tokenFile: f.string("token-file"),
		auditLog: f.string("audit-log"),
	};
}

function failed(message: string): number {
	err(message);
	return 1;
}

const LAYERS = ["debugger", "gdbwire", "lldbout", "debuglineerr", "rpc", "dap", "fncall", "minidump", "stack"];

/** Writes log lines of the selected layers; null when nothing is logged. */
function logger(f: Flags): ((layer: string, text: string) => void) | null {
	const wanted = f.string("log-output");
	if (!f.bool("log")) {
		if (wanted !== "") throw new DlvUsageError("--log-output specified without --log", false);
		return null;
	}
	const layers = (wanted === "" ? "debugger" : wanted).split(",");
	for (const l of layers)
		if (!LAYERS.includes(l)) err(`Warning: unknown log output value ${JSON.stringify(l)}, run 'dlv help log' for usage.`);
	const dest = f.string("log-dest");
	const fd = dest === "" ? 2 : /^\d+$/.test(dest) ? Number(dest) : openSync(dest, "w");
	return (layer, text) => {
		if (layers.includes(layer)) writeSync(fd, `${new Date().toISOString().slice(0, 19)}Z debug layer=${layer} ${text}\n`);
	};
}
