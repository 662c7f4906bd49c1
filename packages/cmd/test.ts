// tsugo test [build/test flags] [packages] [-args ...]

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Loader, loadErrorText, type Package } from "#build";
import { modInfo, writeExecutable } from "#build/check";
import { buildExecutable } from "#build/executable";
import { testProgram } from "#build/test";
import { compileOptions, matchArguments, printErrors, toolOptions, type ToolOptions } from "./build.ts";
import { buildFlags, openEnv, openLoader, parseWithGoflags, UserError } from "./buildflags.ts";
import type { FlagSpec, ParsedFlags } from "./flags.ts";

/** Flags that go on to the test binary as -test.NAME. */
const passed: Readonly<Record<string, FlagSpec>> = {
	bench: { type: "string", help: "run benchmarks that match" },
	benchmem: { type: "bool", help: "print memory allocations of benchmarks" },
	benchtime: { type: "string", help: "run each benchmark for this long, or Nx times" },
	count: { type: "string", help: "run each test so many times" },
	cpu: { type: "string", help: "list of GOMAXPROCS values" },
	failfast: { type: "bool", help: "start no test after the first failure" },
	fullpath: { type: "bool", help: "show full file names in errors" },
	list: { type: "string", help: "list tests that match, do not run them" },
	parallel: { type: "string", help: "how many parallel tests at once" },
	run: { type: "string", help: "run tests and examples that match" },
	short: { type: "bool", help: "tell long tests to be short" },
	shuffle: { type: "string", help: "off, on or a seed" },
	skip: { type: "string", help: "skip tests that match" },
	timeout: { type: "string", help: "panic after this time (10m)" },
	blockprofile: { type: "string", help: "write a goroutine blocking profile" },
	blockprofilerate: { type: "string", help: "" },
	cpuprofile: { type: "string", help: "write a CPU profile" },
	memprofile: { type: "string", help: "write an allocation profile" },
	memprofilerate: { type: "string", help: "" },
	mutexprofile: { type: "string", help: "write a mutex contention profile" },
	mutexprofilefraction: { type: "string", help: "" },
	outputdir: { type: "string", help: "" },
	trace: { type: "string", help: "write an execution trace" },
};

const flags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	...passed,
	...Object.fromEntries(Object.entries(passed).map(([name, spec]) => [`test.${name}`, spec])),
	v: { type: "bool", help: "print all tests as they run" },
	"test.v": { type: "bool", help: "" },
	c: { type: "bool", help: "compile the test binary, do not run it" },
	o: { type: "string", help: "where to write the test binary" },
	vet: { type: "string", help: "only off is supported" },
	json: { type: "bool", help: "", missing: true },
	exec: { type: "string", help: "", missing: true },
	fuzz: { type: "string", help: "", missing: true },
	fuzztime: { type: "string", help: "", missing: true },
	artifacts: { type: "bool", help: "", missing: true },
};

interface Run {
	loader: Loader;
	parsed: ParsedFlags;
	tools: ToolOptions;
	testArgs: string[];
	modInfo: (program: Loader, main: Package) => string;
	/** Output of the test goes straight to our streams. */
	stream: boolean;
	verbose: boolean;
	cacheDir: string | undefined;
	dir: string;
}

/** Packages named on the command line come first; what follows the first other flag or -args belongs to the binary. */
function splitArgs(args: readonly string[]): { head: string[]; binary: string[] } {
	const at = args.findIndex((a) => a === "-args" || a === "--args");
	return at < 0 ? { head: [...args], binary: [] } : { head: args.slice(0, at), binary: args.slice(at + 1) };
}

/** go test takes flags after packages too: parses until nothing is left. */
function parseAll(env: Parameters<typeof parseWithGoflags>[1], args: readonly string[]): ParsedFlags {
	const parsed = parseWithGoflags(flags, env, args);
	const packages: string[] = [];
	let rest = parsed.args;
	while (rest.length > 0) {
		while (rest.length > 0 && !rest[0].startsWith("-")) packages.push(rest.shift() as string);
		if (rest.length === 0) break;
		const more = parseWithGoflags(flags, { ...env, goflags: [] }, rest);
		for (const [k, v] of more.bools) parsed.bools.set(k, v);
		for (const [k, v] of more.strings) parsed.strings.set(k, v);
		for (const [k, v] of more.lists) parsed.lists.set(k, [...(parsed.lists.get(k) ?? []), ...v]);
		rest = more.args;
	}
	parsed.args = packages;
	return parsed;
}

function binaryFlags(parsed: ParsedFlags): string[] {
	const out = ["-test.paniconexit0"];
	const bool = (name: string): boolean | undefined => parsed.bools.get(name) ?? parsed.bools.get(`test.${name}`);
	if (bool("v")) out.push("-test.v=true");
	for (const [name, spec] of Object.entries(passed)) {
		if (spec.type === "bool") {
			const v = bool(name);
			if (v !== undefined) out.push(`-test.${name}=${v}`);
			continue;
		}
		let value = parsed.strings.get(name) ?? parsed.strings.get(`test.${name}`);
		if (name === "timeout" && value === undefined) value = "10m0s";
		if (value !== undefined) out.push(`-test.${name}=${/profile$|^trace$/.test(name) ? resolve(value) : value}`);
	}
	return out;
}

export async function testCommand(args: readonly string[]): Promise<number> {
	const env = await openEnv();
	const { head, binary } = splitArgs(args);
	const parsed = parseAll(env, head);
	const vet = parsed.strings.get("vet");
	if (vet !== undefined && vet !== "off") throw new UserError(`tsugo test: -vet=${vet} is not supported yet (only off)`, 2);
	const loader = await openLoader(env, parsed, parsed.args, true);
	const packages = matchArguments(loader, parsed.args);
	const tools = toolOptions(parsed);
	const dir = mkdtempSync(join(tmpdir(), "tsugo-test-"));
	const run: Run = {
		loader,
		parsed,
		tools,
		testArgs: [...binaryFlags(parsed), ...binary],
		modInfo: (program, main) => modInfo(env, program, main, tools.settings),
		stream: packages.length === 1 && (parsed.args.length === 0 || (parsed.bools.get("v") ?? false) || parsed.strings.has("bench")),
		verbose: (parsed.bools.get("v") ?? false) || parsed.strings.has("bench") || parsed.strings.has("list"),
		cacheDir: tools.cacheDir(env),
		dir,
	};
	if (parsed.bools.get("c") && parsed.strings.has("o") && packages.length > 1)
		throw new UserError("cannot use -o flag with multiple packages");
	let failed = false;
	try {
		for (const p of packages) failed = !(await testPackage(run, p)) || failed;
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
	if (failed && packages.length > 1) process.stdout.write("FAIL\n");
	return failed ? 1 : 0;
}

async function testPackage(run: Run, p: Package): Promise<boolean> {
	const { error } = run.loader.graph.info(p);
	if (error !== null) {
		process.stderr.write(`# ${p.importPath}\n${loadErrorText(error)}\n`);
		process.stdout.write(`FAIL\t${p.importPath} [setup failed]\n`);
		return false;
	}
	const program = testProgram(run.loader, p);
	if (program === null) {
		process.stdout.write(`?   \t${p.importPath}\t[no test files]\n`);
		return true;
	}
	const built = buildExecutable(program.loader, {
		main: program.main,
		memory: program.memory,
		trimpath: run.tools.trimpath,
		...compileOptions(run.tools, program.loader, [p, program.main]),
		modInfo: run.modInfo(program.loader, program.main),
		time: run.tools.time,
		cacheDir: run.cacheDir,
	});
	printErrors(
		built.errors.map((e) => ({
			pkg: e.pkg === p.importPath || e.pkg === "" ? `${p.importPath}${e.pkg === "" ? "" : ` [${p.importPath}.test]`}` : e.pkg,
			lines: e.lines,
		})),
	);
	if (built.image === null || built.errors.length > 0) {
		process.stdout.write(`FAIL\t${p.importPath} [build failed]\n`);
		return false;
	}
	const name = `${p.importPath.split("/").pop() ?? "p"}.test`;
	if (run.parsed.bools.get("c")) {
		writeExecutable(run.parsed.strings.get("o") ?? name, built.image);
		return true;
	}
	const file = join(run.dir, name);
	writeExecutable(file, built.image);
	return runTest(run, p, file);
}

async function runTest(run: Run, p: Package, file: string): Promise<boolean> {
	const start = performance.now();
	const { code, output } = await execute(file, run.testArgs, p.dir, run.stream);
	const elapsed = `${((performance.now() - start) / 1000).toFixed(3)}s`;
	if (code === 0) {
		if (!run.stream && run.verbose) process.stdout.write(output);
		if (run.parsed.strings.has("list")) return finish(`ok  \t${p.importPath}\t${elapsed}`, true);
		const none = /^testing: warning: no tests to run$/m.test(output) ? " [no tests to run]" : "";
		return finish(`ok  \t${p.importPath}\t${elapsed}${none}`, true);
	}
	if (!run.stream) process.stdout.write(output);
	if (code > 1 && code < 128 && !output.includes("\nFAIL\n")) process.stdout.write(`exit status ${code}\n`);
	else if (code >= 128)
		process.stdout.write(`signal: ${Object.entries(constants.signals).find(([, n]) => n === code - 128)?.[0] ?? code - 128}\n`);
	else if (code === 1 && !/(^|\n)FAIL\n$/.test(output)) process.stdout.write(`exit status ${code}\n`);
	return finish(`FAIL\t${p.importPath}\t${elapsed}`, false);
}

function finish(line: string, ok: boolean): boolean {
	process.stdout.write(`${line}\n`);
	return ok;
}

function execute(file: string, args: readonly string[], cwd: string, stream: boolean): Promise<{ code: number; output: string }> {
	return new Promise((done, reject) => {
		const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PWD: cwd } });
		const chunks: Buffer[] = [];
		for (const s of [child.stdout, child.stderr]) {
			s.on("data", (b: Buffer) => {
				chunks.push(b);
				if (stream) process.stdout.write(b);
			});
		}
		child.on("error", reject);
		child.on("close", (code, signal) =>
			done({ code: code ?? 128 + constants.signals[signal as NodeJS.Signals], output: Buffer.concat(chunks).toString() }),
		);
	});
}
