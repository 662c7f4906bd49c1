// Flags of `test`: its own, the build's, and those that go on to the test binary as -test.NAME.

import { resolve } from "node:path";
import type { BuildEnv } from "#build";
import { buildFlags, parseWithGoflags, UserError } from "./buildflags.ts";
import { didYouMean, FlagError, type FlagSpec, type ParsedFlags } from "./flags.ts";

const passed: Readonly<Record<string, FlagSpec>> = {
	artifacts: { type: "bool", help: "keep test artifacts in the output folder" },
	bench: { type: "string", help: "run benchmarks that match" },
	benchmem: { type: "bool", help: "print memory allocations of benchmarks" },
	benchtime: { type: "string", help: "run each benchmark for this long, or Nx times" },
	blockprofile: { type: "string", help: "write a goroutine blocking profile" },
	blockprofilerate: { type: "string", help: "" },
	count: { type: "string", help: "run each test so many times" },
	cpu: { type: "string", help: "list of GOMAXPROCS values" },
	cpuprofile: { type: "string", help: "write a CPU profile" },
	failfast: { type: "bool", help: "start no test after the first failure" },
	fullpath: { type: "bool", help: "show full file names in errors" },
	fuzz: { type: "string", help: "fuzz the test that matches (without coverage guidance)" },
	fuzzminimizetime: { type: "string", help: "" },
	fuzztime: { type: "string", help: "fuzz for this long, or Nx inputs" },
	list: { type: "string", help: "list tests that match, do not run them" },
	memprofile: { type: "string", help: "write an allocation profile" },
	memprofilerate: { type: "string", help: "" },
	mutexprofile: { type: "string", help: "write a mutex contention profile" },
	mutexprofilefraction: { type: "string", help: "" },
	outputdir: { type: "string", help: "folder for profiles" },
	parallel: { type: "int", help: "how many parallel tests at once" },
	run: { type: "string", help: "run tests and examples that match" },
	short: { type: "bool", help: "tell long tests to be short" },
	shuffle: { type: "string", help: "off, on or a seed" },
	skip: { type: "string", help: "skip tests that match" },
	timeout: { type: "string", help: "panic after this time (10m)" },
	trace: { type: "string", help: "write an execution trace" },
	v: { type: "fields", help: "print all tests as they run" },
};

export const testFlags: Readonly<Record<string, FlagSpec>> = {
	...buildFlags,
	...passed,
	...Object.fromEntries(Object.entries(passed).map(([name, spec]) => [`test.${name}`, { ...spec, help: "" }])),
	c: { type: "bool", help: "compile the test binary, do not run it" },
	o: { type: "string", help: "where to write the test binary" },
	vet: { type: "string", help: "off, all or a list of vet's checks" },
	exec: { type: "string", help: "run the test binary with this program" },
	coverprofile: { type: "string", help: "", refused: "tsugo does not measure coverage" },
};

export interface TestArguments {
	flags: ParsedFlags;
	packages: string[];
	/** Arguments of the test binary. */
	binary: string[];
	/** -v, -list or -bench show what passes too. */
	showPass: boolean;
	json: boolean;
	profile: string;
	/** Seconds; 0 = none. */
	timeout: number;
}

/** A Go duration in seconds; null when it is none. */
export function seconds(text: string): number | null {
	if (text === "0") return 0;
	const unit: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
	if (!/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
	let sum = 0;
	for (const m of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) sum += Number(m[1]) * unit[m[2]];
	return text.startsWith("-") ? -sum : sum;
}

function takesValue(spec: FlagSpec): boolean {
	return spec.type !== "bool" && spec.type !== "fields" && spec.optional === undefined;
}

/** Splits the command line: known flags; packages up to the first argument that is neither; the rest is the binary's. */
function split(args: readonly string[]): { known: string[]; packages: string[]; binary: string[]; unknown: string } {
	const out = { known: [] as string[], packages: [] as string[], binary: [] as string[], unknown: "" };
	let inPackages = true;
	let seenPackages = false;
	for (let i = 0; i < args.length; i++) {
		const arg = args[i];
		if (arg === "-args" || arg === "--args") {
			out.binary.push(...args.slice(i + 1));
			break;
		}
		const m = /^--?([^-=][^=]*)(=.*)?$/s.exec(arg);
		if (m === null || arg === "--") {
			if (arg === "--") {
				out.packages.push(...args.slice(i + 1));
				break;
			}
			if (inPackages) out.packages.push(arg);
			else out.binary.push(arg);
			seenPackages ||= inPackages;
			continue;
		}
		if (seenPackages) inPackages = false;
		const spec = Object.hasOwn(testFlags, m[1]) ? testFlags[m[1]] : undefined;
		if (spec === undefined) {
			// Nobody knows whether a value follows: from here on what is no flag is the binary's.
			if (!seenPackages && args.slice(i).every((a) => a.startsWith("-"))) suggest(m[1]);
			inPackages = false;
			if (out.unknown === "") out.unknown = m[1];
			out.binary.push(arg);
			continue;
		}
		out.known.push(arg);
		if (m[2] === undefined && takesValue(spec) && i + 1 < args.length) out.known.push(args[++i]);
	}
	return out;
}

/** A misspelt flag is a flag of the binary, which will refuse it; nothing to say for names unlike ours. */
function suggest(name: string): void {
	const near = didYouMean(name, Object.keys(testFlags));
	if (near !== "" && name.length > 3 && process.stderr.isTTY)
		process.stderr.write(`tsugo: -${name} goes to the test binary; did you mean -${near}?\n`);
}

export function parseTestArguments(env: BuildEnv, args: readonly string[]): TestArguments {
	const { known, packages, binary, unknown } = split(args);
	const flags = parseWithGoflags(testFlags, env, known);
	if (unknown !== "" && flags.bools.get("c")) throw new UserError(`go: unknown flag -${unknown} cannot be used with -c`);
	const value = (name: string): string | undefined => flags.strings.get(name) ?? flags.strings.get(`test.${name}`);
	const json = flags.bools.get("json") ?? false;
	const out: string[] = [];
	const verbose = value("v");
	const v =
		json || verbose === "test2json" ? "test2json" : verbose === undefined ? "" : /^(|1|t|T|true|TRUE|True)$/.test(verbose) ? "true" : "";
	if (verbose !== undefined && v === "" && !/^(0|f|F|false|FALSE|False)$/.test(verbose))
		throw new FlagError(
			`invalid boolean value ${JSON.stringify(verbose)} for -v: strconv.ParseBool: parsing ${JSON.stringify(verbose)}: invalid syntax`,
		);
	if (v !== "") out.push(`-test.v=${v}`);
	let profile = "";
	for (const [name, spec] of Object.entries(passed)) {
		if (name === "v" || name === "timeout") continue;
		const isProfile = /profile$|^trace$/.test(name);
		const given = spec.type === "bool" ? (flags.bools.get(name) ?? flags.bools.get(`test.${name}`)) : value(name);
		if (given === undefined) continue;
		if (isProfile && profile === "") profile = `-${name}`;
		out.push(`-test.${name}=${isProfile || name === "outputdir" ? resolve(String(given)) : given}`);
	}
	const timeout = seconds(value("timeout") ?? "10m");
	if (timeout === null) throw new FlagError(`invalid value ${JSON.stringify(value("timeout"))} for flag -timeout: parse error`);
	if (profile !== "" && value("outputdir") === undefined) out.push(`-test.outputdir=${process.cwd()}`);
	out.push(`-test.timeout=${value("timeout") === undefined ? "10m0s" : goDuration(timeout)}`);
	const showPass = v !== "" || (value("list") ?? "") !== "";
	return { flags, packages, binary: [...out, ...binary], showPass, json, profile, timeout };
}

/** As time.Duration prints it: "10m0s", "1.5s", "0s". */
export function goDuration(s: number): string {
	if (s === 0) return "0s";
	if (s < 1e-6) return `${Math.round(s * 1e9)}ns`;
	if (s < 1e-3) return `${Number((s * 1e6).toFixed(3))}µs`;
	if (s < 1) return `${Number((s * 1e3).toFixed(6))}ms`;
	const h = Math.floor(s / 3600);
	const m = Math.floor((s % 3600) / 60);
	const rest = `${Number((s % 60).toFixed(9))}s`;
	return h > 0 ? `${h}h${m}m${rest}` : m > 0 ? `${m}m${rest}` : rest;
}
