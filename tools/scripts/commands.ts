// The commands of cmd/go's scripts (GOROOT/src/cmd/go/testdata/script/README).

import { type ChildProcess, spawn } from "node:child_process";
import {
	chmodSync,
	lstatSync,
	readdirSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Command, type Finished, type Running, ScriptError, type State, StopError, waitBackground } from "./engine.ts";
import { goRegexp } from "./goregexp.ts";

/** Runs a program in the script's directory and environment. */
export function start(s: State, program: string, args: readonly string[]): Running {
	let child: ChildProcess;
	try {
		child = spawn(program, args, { cwd: s.pwd, env: s.environ(), stdio: ["ignore", "pipe", "pipe"], detached: true });
	} catch (err) {
		throw new ScriptError((err as Error).message);
	}
	const chunks: [Buffer[], Buffer[]] = [[], []];
	child.stdout?.on("data", (b: Buffer) => chunks[0].push(b));
	child.stderr?.on("data", (b: Buffer) => chunks[1].push(b));
	const signalGroup = (signal: NodeJS.Signals): void => {
		try {
			if (child.pid !== undefined) process.kill(-child.pid, signal);
		} catch {
			// it has ended
		}
	};
	const kill = (): void => signalGroup("SIGKILL");
	s.running.add(kill);
	const done = new Promise<Finished>((resolve) => {
		const end = (error: string): void => {
			s.running.delete(kill);
			resolve({ stdout: Buffer.concat(chunks[0]).toString("latin1"), stderr: Buffer.concat(chunks[1]).toString("latin1"), error });
		};
		child.on("error", (err) => end(err.message));
		child.on("close", (code, signal) => end(signal !== null ? `signal: ${signal}` : code === 0 ? "" : `exit status ${code}`));
	}).then((f) => ({ ...f, stdout: fromLatin1(f.stdout), stderr: fromLatin1(f.stderr) }));
	return { done, kill: () => signalGroup("SIGINT") };
}

function fromLatin1(text: string): string {
	return Buffer.from(text, "latin1").toString("utf8");
}

function readText(s: State, name: string): string {
	if (name === "stdout") return s.stdout;
	if (name === "stderr") return s.stderr;
	return readFile(s.path(name)).toString();
}

function readFile(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (err) {
		throw new ScriptError((err as Error).message);
	}
}

function attempt<T>(run: () => T): T {
	try {
		return run();
	} catch (err) {
		if (err instanceof ScriptError) throw err;
		throw new ScriptError((err as Error).message);
	}
}

const usage = (): never => {
	throw new ScriptError("usage");
};

function compare(s: State, args: readonly string[], env: boolean): undefined {
	const names = args[0] === "-q" ? args.slice(1) : args;
	if (names.length !== 2) usage();
	let a = readText(s, names[0]);
	let b = readFile(s.path(names[1])).toString();
	if (env) [a, b] = [s.expand(a, false), s.expand(b, false)];
	if (a === b) return;
	s.log.push(`--- ${names[0]}\n${a}+++ ${names[1]}\n${b}`);
	throw new ScriptError(`${names[0]} and ${names[1]} differ`);
}

function firstNonFlag(args: readonly string[]): number[] {
	const at = args.findIndex((a) => !a.startsWith("-"));
	return at < 0 ? [] : [at];
}

function match(s: State, args: readonly string[], source: "stdout" | "stderr" | "grep"): undefined {
	let rest = args;
	let count = 0;
	if (rest[0]?.startsWith("-count=")) {
		count = Number(rest[0].slice(7));
		rest = rest.slice(1);
	}
	if (rest[0] === "-q") rest = rest.slice(1);
	if (rest.length !== (source === "grep" ? 2 : 1)) usage();
	const name = source === "grep" ? rest[1] : source;
	const text = source === "grep" ? readFile(s.path(rest[1])).toString() : readText(s, source);
	const found = [...text.matchAll(goRegexp(rest[0], "gm"))].length;
	if (count > 0 && found !== count) throw new ScriptError(`found ${found} matches for \`${rest[0]}\` in ${name}`);
	if (found === 0) throw new ScriptError(`no match for \`${rest[0]}\` in ${name}`);
	return undefined;
}

function matcher(source: "stdout" | "stderr" | "grep"): Command {
	return { regexps: firstNonFlag, run: (s, args) => match(s, args, source) };
}

function copy(s: State, args: readonly string[]): undefined {
	if (args.length < 2) usage();
	const dst = s.path(args[args.length - 1]);
	const toDir = attempt(() => statSync(dst, { throwIfNoEntry: false })?.isDirectory() ?? false);
	if (args.length > 2 && !toDir) throw new ScriptError(`cp ${dst}: destination is not a directory`);
	for (const arg of args.slice(0, -1)) {
		const buffer = arg === "stdout" || arg === "stderr";
		const target = toDir ? join(dst, basename(arg)) : dst;
		attempt(() => {
			if (buffer) writeFileSync(target, readText(s, arg));
			else writeFileSync(target, readFile(s.path(arg)), { mode: statSync(s.path(arg)).mode & 0o777 });
		});
	}
	return undefined;
}

function exists(s: State, args: readonly string[]): undefined {
	let readonly = false;
	let exec = false;
	let rest = [...args];
	while (rest[0] === "-readonly" || rest[0] === "-exec") {
		if (rest[0] === "-readonly") readonly = true;
		else exec = true;
		rest = rest.slice(1);
	}
	if (rest.length === 0) usage();
	for (const file of rest) {
		const info = attempt(() => statSync(s.path(file)));
		if (readonly && (info.mode & 0o222) !== 0) throw new ScriptError(`${file} exists but is writable`);
		if (exec && (info.mode & 0o111) === 0) throw new ScriptError(`${file} exists but is not executable`);
	}
	return undefined;
}

/** Removes a tree, read-only folders (the module cache's) included. */
export function removeAll(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch {
		makeWritable(path);
		rmSync(path, { recursive: true, force: true });
	}
}

function makeWritable(path: string): void {
	const info = lstatSync(path, { throwIfNoEntry: false });
	if (info === undefined || !info.isDirectory()) return;
	chmodSync(path, 0o777);
	for (const name of readdirSync(path)) makeWritable(join(path, name));
}

function replace(s: State, args: readonly string[]): undefined {
	if (args.length % 2 !== 1) usage();
	const file = s.path(args[args.length - 1]);
	const unquote = (t: string): string =>
		t.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, e: string) =>
			e[0] === "x" ? String.fromCharCode(Number.parseInt(e.slice(1), 16)) : ({ n: "\n", t: "\t", r: "\r" }[e] ?? e),
		);
	const text = readFile(file).toString();
	const pairs: [string, string][] = [];
	for (let i = 0; i + 1 < args.length; i += 2) pairs.push([unquote(args[i]), unquote(args[i + 1])]);
	// One pass, as strings.NewReplacer: what was put in is not replaced again.
	let out = "";
	outer: for (let i = 0; i < text.length; ) {
		for (const [from, to] of pairs) {
			if (from !== "" && text.startsWith(from, i)) {
				out += to;
				i += from.length;
				continue outer;
			}
		}
		out += text[i++];
	}
	attempt(() => writeFileSync(file, out));
	return undefined;
}

/** "1m30s", "100ms" in milliseconds. */
function duration(text: string): number {
	const unit: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
	let ms = 0;
	for (const m of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) ms += Number(m[1]) * unit[m[2]];
	return ms;
}

const staleTemplate =
	"{{if .Error}}{{.ImportPath}}: {{.Error.Err}}{{else}}{{if not .Stale}}{{.ImportPath}} ({{.Target}}) is not stale{{end}}{{end}}";

/** All commands; go is the program that `go` and `stale` run. */
export function scriptCommands(go: string): Record<string, Command> {
	return {
		cat: {
			run: (s, args) => ({ stdout: args.map((a) => readFile(s.path(a)).toString()).join(""), stderr: "", error: "" }),
		},
		cc: { run: (s, args) => start(s, "cc", args) },
		cd: { run: (s, args) => (args.length === 1 ? s.chdir(args[0]) : usage()) },
		chmod: {
			run: (s, [mode, ...files]) => {
				const bits = /^0[0-7]+$/.test(mode) ? Number.parseInt(mode, 8) : Number(mode);
				for (const f of files) attempt(() => chmodSync(s.path(f), bits));
			},
		},
		cmp: { run: (s, args) => compare(s, args, false) },
		cmpenv: { run: (s, args) => compare(s, args, true) },
		cp: { run: copy },
		echo: { run: (_, args) => ({ stdout: `${args.join(" ")}\n`, stderr: "", error: "" }) },
		env: {
			run: (s, args) => {
				let out = "";
				if (args.length === 0) for (const [k, v] of s.env) out += `${k}=${v}\n`;
				for (const a of args) {
					const eq = a.indexOf("=");
					if (eq < 0) out += `${a}=${s.env.get(a) ?? ""}\n`;
					else s.env.set(a.slice(0, eq), a.slice(eq + 1));
				}
				return { stdout: out, stderr: "", error: "" };
			},
		},
		exec: { run: (s, [program, ...args]) => start(s, program, args) },
		exists: { run: exists },
		go: { run: (s, args) => start(s, go, args) },
		grep: matcher("grep"),
		mkdir: { run: (s, args) => args.forEach((a) => attempt(() => mkdirSync(s.path(a), { recursive: true }))) },
		mv: { run: (s, [from, to]) => attempt(() => renameSync(s.path(from), s.path(to))) },
		replace: { run: replace },
		rm: { run: (s, args) => args.forEach((a) => attempt(() => removeAll(s.path(a)))) },
		skip: {
			run: (_, args) => {
				throw new StopError(args.length === 0 ? "skip" : args.join(" "), true);
			},
		},
		sleep: {
			run: (_, [text]) => {
				let timer: NodeJS.Timeout | undefined;
				const done = new Promise<Finished>((resolve) => {
					timer = setTimeout(() => resolve({ stdout: "", stderr: "", error: "" }), duration(text));
				});
				return { done, kill: () => clearTimeout(timer) };
			},
		},
		stale: {
			run: async (s, args) => {
				const f = await start(s, go, ["list", "-e", `-f=${staleTemplate}`, ...args]).done;
				if (f.stderr !== "") s.log.push(f.stderr);
				if (f.error !== "") throw new ScriptError(f.error);
				if (f.stdout.trim() !== "") throw new ScriptError(f.stdout.trim());
				return undefined;
			},
		},
		stderr: matcher("stderr"),
		stdout: matcher("stdout"),
		stop: {
			run: () => {
				throw new StopError("stop", false);
			},
		},
		symlink: { run: (s, [name, , target]) => attempt(() => symlinkSync(target, s.path(name))) },
		wait: { run: (s) => waitBackground(s) },
	};
}
