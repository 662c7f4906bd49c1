// tsugo test [build/test flags] [packages] [build/test flags & test binary flags]

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve as resolvePath } from "node:path";
import { type BuildEnv, type Loader, loadErrorText, noGoFiles, type Package, requireTarget, UserError } from "#build";
import { modInfo, writeExecutable } from "#build/check";
import { defaultGodebug } from "#build/describe";
import { buildExecutable } from "#build/executable";
import { testProgram, type TestProgram } from "#build/test";
import { compileOptions, compilePlan, executableName, matchArguments, toolOptions, type ToolOptions } from "./build.ts";
import { openEnv, openLoader, requireCache } from "./buildflags.ts";
import { goEnvironment } from "./childenv.ts";
import { splitQuoted } from "./flags.ts";
import { Reporter } from "./reporter.ts";
import { signalText } from "./signals.ts";
import { TestEvents } from "./test2json.ts";
import { TestCache } from "./testcache.ts";
import { goDuration, parseTestArguments, type TestArguments } from "./testflags.ts";
import { vetForTest } from "./vetcommand.ts";

interface Session {
	env: BuildEnv;
	args: TestArguments;
	tools: ToolOptions;
	loader: Loader;
	packages: Package[];
	reporter: Reporter;
	exec: string[];
	/** Null where nothing is kept. */
	cache: TestCache | null;
	/** -o names a folder. */
	outputDir: boolean;
	/** A test failed under -failfast. */
	stopped: boolean;
}

/** A package's test on its way: what it has printed, and whether all is well. */
interface Job {
	out: Sink;
	done: Promise<boolean>;
}

/** Output of one package: kept until it is its turn, or passed on at once. */
class Sink {
	private readonly events: TestEvents | null;
	private readonly live: boolean;
	private chunks: string[] = [];
	/** What the test itself printed. */
	text = "";
	private turn = false;

	constructor(pkg: string, json: boolean, live: boolean) {
		this.live = live;
		this.events = json ? new TestEvents(pkg, (line) => process.stdout.write(line)) : null;
	}

	write(text: string): void {
		if (this.events !== null) this.events.write(text);
		else if (this.live && this.turn) process.stdout.write(text);
		else this.chunks.push(text);
	}

	/** Output of the test binary; shown at once when it is to be shown at all. */
	stream(text: string): void {
		this.text += text;
		if (this.events !== null || this.live) this.write(text);
	}

	get streams(): boolean {
		return this.events !== null || this.live;
	}

	failedBuild(pkg: string): void {
		this.events?.setFailedBuild(pkg);
	}

	/** From now on this package's output is shown. */
	show(): void {
		this.turn = true;
		process.stdout.write(this.chunks.join(""));
		this.chunks = [];
	}

	end(ok: boolean): void {
		this.events?.close(ok);
	}
}

/** pkg.test: the last element of the path, of the files for those of the command line. */
function binaryName(p: Package): string {
	return `${p.commandLine ? executableName(p, p.goFiles.length > 0 ? p.goFiles : p.testGoFiles) : executableName(p, [])}.test`;
}

function checkArguments(s: Session): void {
	const { flags, profile } = s.args;
	const fuzz = flags.strings.get("fuzz") ?? "";
	const output = flags.strings.get("o");
	if (s.packages.length === 0) throw new UserError("no packages to test");
	if (fuzz !== "") {
		if (s.packages.length !== 1) throw new UserError("cannot use -fuzz flag with multiple packages");
		if (profile !== "") throw new UserError(`cannot use ${profile} flag with -fuzz flag`);
		if (!(s.packages[0].module?.main ?? false)) throw new UserError("cannot use -fuzz flag on package outside the main module");
	}
	if (profile !== "" && s.packages.length !== 1) throw new UserError(`cannot use ${profile} flag with multiple packages`);
	if (s.packages.length < 2 || output === "/dev/null" || (output === undefined && !flags.bools.get("c"))) return;
	if (output !== undefined && !s.outputDir) throw new UserError("with multiple packages, -o must refer to a directory or /dev/null");
	const names = new Map<string, Package[]>();
	for (const p of s.packages) names.set(binaryName(p), [...(names.get(binaryName(p)) ?? []), p]);
	for (const [name, list] of names)
		if (list.length > 1)
			throw new UserError(`cannot write test binary ${name} for multiple packages:\n${list.map((p) => `${p.importPath}\n`).join("")}`);
}

export async function testCommand(argv: readonly string[]): Promise<number> {
	const env = await openEnv();
	const args = parseTestArguments(env, argv);
	const { flags } = args;
	requireCache(env);
	const loader = await openLoader(env, flags, args.packages, true);
	const packages = matchArguments(loader, args.packages);
	const output = flags.strings.get("o");
	const session: Session = {
		env,
		args,
		tools: toolOptions(flags),
		loader,
		packages,
		reporter: new Reporter(env, flags),
		exec: splitQuoted(flags.strings.get("exec") ?? ""),
		cache: env.gocache === "off" || args.packages.length === 0 ? null : new TestCache(env.cacheDir),
		outputDir: output !== undefined && (output.endsWith("/") || (statSync(output, { throwIfNoEntry: false })?.isDirectory() ?? false)),
		stopped: false,
	};
	checkArguments(session);
	// The tests' programs share the packages that the packages under test import.
	if (env.env.get("GOCACHEPROG") !== "" && loader.graph.errors(packages).length === 0)
		await (await import("./cachehelper.ts")).fetchFromHelper(session, packages);
	const failed = await runAll(session);
	const fuzzing = (flags.strings.get("fuzz") ?? "") !== "";
	if (failed && !args.json && !fuzzing && args.packages.length > 0 && !flags.bools.get("c")) process.stdout.write("FAIL\n");
	return failed ? 1 : 0;
}

/** Builds one package after the other; tests run beside that, at most -p at once; output is in the order of the packages. */
async function runAll(s: Session): Promise<boolean> {
	const limit = Number(s.args.flags.strings.get("p") ?? 2);
	const running = new Set<Promise<unknown>>();
	let shown: Promise<unknown> = Promise.resolve();
	let failed = false;
	for (const p of s.packages) {
		while (running.size >= limit) await Promise.race(running);
		if (s.stopped) break;
		const job = startPackage(s, p);
		const done = job.done.then((ok) => {
			failed ||= !ok;
			running.delete(done);
		});
		running.add(done);
		shown = shown.then(async () => {
			job.out.show();
			await done;
			job.out.show();
		});
		// Output of what ended already comes before the next build.
		await new Promise(setImmediate);
	}
	await shown;
	return failed;
}

/** The program of a package's test; null with -n; when there are errors, which are printed, the package that could not be built. */
function buildTest(s: Session, p: Package, program: TestProgram): Uint8Array | string | null {
	const { tools, reporter, env } = s;
	const options = compileOptions(tools, program.loader, s.packages);
	const godebug = defaultGodebug(program.loader, program.main, [...p.goFiles, ...p.testGoFiles, ...p.xtestGoFiles]);
	const roots = [program.variant ?? p, ...(program.external === null ? [] : [program.external]), program.main];
	reporter.compiling(compilePlan({ flags: s.args.flags, loader: program.loader, packages: s.packages }, roots));
	reporter.linking(program.loader, program.main, [], "");
	if (reporter.dry) return null;
	requireTarget(env, p.importPath);
	const built = buildExecutable(program.loader, {
		main: program.main,
		memory: program.memory,
		trimpath: tools.trimpath,
		...options,
		link: { ...options.link, defines: [...tools.defines, ["testing.testBinary", "1"]] },
		modInfo: modInfo(env, program.loader, program.main, { ...tools.settings, godebug }),
		godebug,
		time: tools.time,
		cacheDir: tools.cacheDir(env),
		cacheLimits: tools.cacheLimits,
	});
	reporter.errors(built.errors, (pkg) => testVariant(p, program, pkg));
	if (built.errors.length > 0) {
		const [first] = built.errors;
		return first.pkg === "" ? (first.importPath ?? p.importPath) : testVariant(p, program, first.pkg);
	}
	reporter.compiled();
	return built.image;
}

/** A package as messages about its test name it. */
function testVariant(p: Package, program: TestProgram, pkg: string): string {
	if (pkg === program.main.importPath) return pkg;
	const again = (program.variant !== null && pkg === p.importPath) || pkg === program.external?.importPath;
	return again ? `${pkg} [${p.importPath}.test]` : pkg;
}

function startPackage(s: Session, p: Package): Job {
	const { args } = s;
	const bench = (args.flags.strings.get("bench") ?? args.flags.strings.get("test.bench") ?? "") !== "";
	const fuzz = (args.flags.strings.get("fuzz") ?? "") !== "";
	const stream = args.packages.length === 0 || bench || fuzz;
	const single = s.packages.length === 1 || args.flags.strings.get("p") === "1";
	const compileOnly = args.flags.bools.get("c") ?? false;
	const out = new Sink(p.importPath, args.json && !compileOnly, stream || (args.showPass && single));
	const finish = (ok: boolean, text: string): Job => {
		out.write(text);
		out.end(ok);
		return { out, done: Promise.resolve(ok) };
	};
	const errors = s.loader.graph.errors([p]);
	if (errors.length > 0)
		return finish(
			false,
			setupFailed(
				s,
				p,
				errors.map(({ error }) => loadErrorText(error)),
			),
		);
	let program: TestProgram | null;
	try {
		program = testProgram(s.loader, p);
	} catch (err) {
		if (!(err instanceof UserError)) throw err;
		return finish(false, setupFailed(s, p, [err.message]));
	}
	if (program === null) return finish(true, compileOnly ? "" : noTests(s, p));
	const parts = [program.variant, program.external, program.main].filter((q) => q !== null);
	const more = program.loader.graph.errors(parts);
	if (more.length > 0)
		return finish(
			false,
			setupFailed(
				s,
				p,
				more.map(({ error }) => loadErrorText(error)),
			),
		);
	const made = buildTest(s, p, program);
	const image = typeof made === "string" ? null : made;
	const vetted =
		image === null ||
		compileOnly ||
		vetForTest(s.env, s.reporter, program, p, args.flags.strings.get("vet"), createHash("sha256").update(image).digest("hex"));
	if (s.reporter.dry) return finish(true, "");
	if (image === null || !vetted) {
		out.failedBuild(typeof made === "string" ? made : program.variant === null ? p.importPath : `${p.importPath} [${p.importPath}.test]`);
		return finish(false, compileOnly ? "" : `FAIL\t${p.importPath} [build failed]\n`);
	}
	const kept = writeBinary(s, p, image, compileOnly);
	if (compileOnly) return finish(true, "");
	return { out, done: runTest(s, p, image, kept, out) };
}

function setupFailed(s: Session, p: Package, texts: readonly string[]): string {
	for (const t of texts) s.reporter.errors([{ pkg: p.importPath, lines: t.split("\n") }]);
	return `FAIL\t${p.importPath} [setup failed]\n`;
}

/** A package without tests is still checked. */
function noTests(s: Session, p: Package): string {
	if (p.goFiles.length === 0) s.reporter.errors([{ pkg: "", importPath: p.importPath, lines: [noGoFiles(p)] }]);
	return `?   \t${p.importPath}\t[no test files]\n`;
}

/** Writes the binary where -c and -o want it; "" when they do not. */
function writeBinary(s: Session, p: Package, image: Uint8Array, compileOnly: boolean): string {
	const output = s.args.flags.strings.get("o");
	const keep = compileOnly || output !== undefined || s.args.profile !== "";
	if (!keep || output === "/dev/null") return "";
	const file = s.outputDir ? join(output ?? "", binaryName(p)) : (output ?? binaryName(p));
	if (s.outputDir) mkdirSync(output ?? ".", { recursive: true });
	writeExecutable(file, image);
	return file;
}

async function runTest(s: Session, p: Package, image: Uint8Array, kept: string, out: Sink): Promise<boolean> {
	// The folder that bounds the files a cached result depends on.
	const root = s.loader.rootOf(p);
	const key = s.cache === null || root === "" || s.exec.length > 0 ? null : s.cache.key(image, s.args.binary);
	if (key !== null && s.cache !== null) {
		const known = s.cache.find(key, p.dir, root);
		if (known !== null) {
			out.write(known);
			out.end(true);
			return true;
		}
	}
	const dir = join(s.reporter.work(), p.importPath.replaceAll("/", "_"));
	mkdirSync(dir, { recursive: true });
	const binary = kept === "" ? join(dir, binaryName(p)) : resolvePath(kept);
	if (kept === "") writeExecutable(binary, image);
	const log = join(dir, "testlog.txt");
	const fuzz = s.args.flags.strings.get("fuzz") ?? "";
	const argv = [
		...s.exec,
		binary,
		...(key === null ? [] : [`-test.testlogfile=${log}`]),
		"-test.paniconexit0",
		...(fuzz === "" ? [] : [`-test.fuzzcachedir=${join(s.env.gocache, "fuzz", p.importPath)}`]),
		...s.args.binary,
	];
	s.reporter.step(argv.join(" "));
	const bench = s.args.flags.strings.has("bench");
	const limit = s.args.timeout > 0 && fuzz === "" && !bench ? killAfter(s.args.timeout) : 0;
	const start = performance.now();
	const ended = await execute(s.env.goroot, argv, p.dir, (t) => out.stream(t), limit, limit === 0 ? 0 : outputDelay(s.args.timeout));
	const time = `${((performance.now() - start) / 1000).toFixed(3)}s`;
	return ended.error === "" ? passedTest(s, p, out, time, key, log, root) : failedTest(s, p, out, time, ended, limit);
}

/** When a binary that does not end by itself is stopped: a minute or a tenth after its own limit. */
function killAfter(timeout: number): number {
	return timeout + Math.max(60, timeout / 10);
}

/** How long the output of a binary that ended may stay open, in seconds: something that it started may hold it. */
function outputDelay(timeout: number): number {
	return Math.max(5, timeout / 10);
}

function passedTest(s: Session, p: Package, out: Sink, time: string, key: string | null, log: string, root: string): boolean {
	const { text } = out;
	let none = "";
	if (/(^|\n)testing: warning: no tests to run\n/.test(text)) none = " [no tests to run]";
	if (/(^|\n)warning: no fuzz tests to fuzz\n/.test(text)) none = " [no fuzz tests to fuzz]";
	const line = `${text !== "" && !text.endsWith("\n") ? "\n" : ""}ok  \t${p.importPath}\t${time}${none}\n`;
	if (!out.streams && s.args.showPass) out.write(text);
	out.write(line);
	out.end(true);
	if (key !== null && existsSync(log)) {
		const shown = s.args.showPass || s.args.json ? text + line : line;
		s.cache?.save(key, readFileSync(log, "latin1"), shown, p.dir, root);
	}
	return true;
}

function failedTest(s: Session, p: Package, out: Sink, time: string, ended: Ended, limit: number): boolean {
	if (s.args.flags.bools.get("failfast")) s.stopped = true;
	if (!out.streams) out.write(out.text);
	if (ended.killed) out.write(`*** Test killed with quit: ran too long (${goDuration(limit)}).\n`);
	if (ended.open) out.write(`*** Test I/O incomplete ${goDuration(outputDelay(s.args.timeout))} after exiting.\n`);
	if (!ended.exited || out.text === "") out.write(`${ended.error}\n`);
	else if (!out.text.endsWith("\n")) out.write("\n");
	const v = s.args.flags.strings.get("v");
	out.write(`${s.args.json || v === "test2json" ? "\u0016" : ""}FAIL\t${p.importPath}\t${time}\n`);
	out.end(false);
	return false;
}

interface Ended {
	/** "" or "exit status 2" or "signal: killed". */
	error: string;
	/** It ended by itself. */
	exited: boolean;
	killed: boolean;
	/** It ended, but its output did not. */
	open: boolean;
}

/** limit, delay: seconds; 0 is no limit. */
function execute(
	goroot: string,
	argv: readonly string[],
	cwd: string,
	write: (text: string) => void,
	limit: number,
	delay: number,
): Promise<Ended> {
	return new Promise((resolve) => {
		const child = spawn(argv[0], argv.slice(1), { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...goEnvironment(goroot), PWD: cwd } });
		let killed = false;
		const timers: NodeJS.Timeout[] = [];
		if (limit > 0) {
			const stop = (): void => {
				killed = true;
				child.kill("SIGQUIT");
				timers.push(setTimeout(() => child.kill("SIGKILL"), 5000));
			};
			timers.push(setTimeout(stop, Math.min(limit * 1000, 2 ** 31 - 1)));
		}
		const decoders = [new TextDecoder(), new TextDecoder()];
		[child.stdout, child.stderr].forEach((stream, i) => stream.on("data", (b: Buffer) => write(decoders[i].decode(b, { stream: true }))));
		let open = false;
		const end = (e: Omit<Ended, "killed" | "open">): void => {
			for (const t of timers) clearTimeout(t);
			resolve({ ...e, killed, open });
		};
		child.on("exit", () => {
			const give = (): void => {
				open = true;
				child.stdout.destroy();
				child.stderr.destroy();
			};
			if (delay > 0) timers.push(setTimeout(give, delay * 1000));
		});
		child.on("error", (err) => end({ error: `fork/exec ${argv[0]}: ${err.message}`, exited: false }));
		child.on("close", (code, signal) => {
			if (signal !== null) end({ error: `signal: ${signalText(signal)}`, exited: false });
			else if (code === 0 && open) end({ error: "exec: WaitDelay expired before I/O complete", exited: false });
			else end({ error: code === 0 ? "" : `exit status ${code}`, exited: true });
		});
	});
}
