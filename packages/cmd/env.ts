// tsugo env [-json] [-changed] [-u] [-w] [var ...]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { type BuildEnv, experimentNames, findGoMod, loadEnv, platforms } from "#build";
import { openEnv } from "./buildflags.ts";
import { parseFlags } from "./flags.ts";
import { jsonString } from "./gojson.ts";
import { Reporter } from "./reporter.ts";
import { UserError } from "./user.ts";

/** go.work that governs dir: GOWORK, or the first one upwards. */
function findWork(env: BuildEnv): string {
	const set = env.env.get("GOWORK");
	if (set === "off") return "off";
	if (set !== "" && set !== "auto") return set;
	for (let d = process.cwd(); ; d = dirname(d)) {
		if (existsSync(join(d, "go.work"))) return d === env.goroot ? "" : join(d, "go.work");
		if (dirname(d) === d) return "";
	}
}

function envFile(): string {
	const config = process.env.XDG_CONFIG_HOME || (process.env.HOME ? `${process.env.HOME}/.config` : "");
	return process.env.GOENV || (config === "" ? "" : `${config}/go/env`);
}

/** All settings by name, sorted, as `go env` prints them. CGO_ENABLED is 0: there is no cgo here. */
export function allSettings(env: BuildEnv): Map<string, string> {
	const get = (name: string, fallback = ""): string => env.env.get(name) || fallback;
	let gomod = get("GO111MODULE") === "off" ? "" : findGoMod(process.cwd());
	const gopath = env.gopath.split(":")[0];
	if (gomod !== "" && gopath !== "" && dirname(gomod) === gopath) {
		process.stderr.write(`go: warning: ignoring go.mod in $GOPATH ${gopath}\n`);
		gomod = "";
	}
	const config = process.env.XDG_CONFIG_HOME || `${process.env.HOME ?? ""}/.config`;
	const arch = process.arch === "x64" ? "amd64" : process.arch;
	const flags = (name: string): string => get(name, "-O2 -g");
	const rows: [string, string][] = [
		["AR", get("AR", "ar")],
		["CC", get("CC", "gcc")],
		["CGO_CFLAGS", flags("CGO_CFLAGS")],
		["CGO_CPPFLAGS", get("CGO_CPPFLAGS")],
		["CGO_CXXFLAGS", flags("CGO_CXXFLAGS")],
		["CGO_ENABLED", "0"],
		["CGO_FFLAGS", flags("CGO_FFLAGS")],
		["CGO_LDFLAGS", flags("CGO_LDFLAGS")],
		["CXX", get("CXX", "g++")],
		["GCCGO", get("GCCGO", "gccgo")],
		["GO111MODULE", get("GO111MODULE")],
		["GOAMD64", get("GOAMD64", "v1")],
		["GOARCH", env.goarch],
		["GOAUTH", get("GOAUTH", "netrc")],
		["GOBIN", get("GOBIN")],
		["GOCACHE", env.gocache],
		["GOCACHEPROG", get("GOCACHEPROG")],
		["GODEBUG", process.env.GODEBUG ?? ""],
		["GOENV", envFile()],
		["GOEXE", env.goos === "windows" ? ".exe" : ""],
		["GOEXPERIMENT", get("GOEXPERIMENT")],
		["GOFIPS140", get("GOFIPS140", "off")],
		["GOFLAGS", get("GOFLAGS")],
		["GOGCCFLAGS", ""],
		["GOHOSTARCH", arch],
		["GOHOSTOS", process.platform],
		["GOINSECURE", get("GOINSECURE")],
		["GOMOD", gomod === "" ? (get("GO111MODULE") === "off" ? "" : "/dev/null") : gomod],
		["GOMODCACHE", env.gomodcache],
		["GONOPROXY", get("GONOPROXY", get("GOPRIVATE"))],
		["GONOSUMDB", get("GONOSUMDB", get("GOPRIVATE"))],
		["GOOS", env.goos],
		["GOPATH", env.gopath],
		["GOPRIVATE", get("GOPRIVATE")],
		["GOPROXY", env.goproxy],
		["GOROOT", env.goroot],
		["GOSUMDB", env.gosumdb],
		["GOTELEMETRY", "off"],
		["GOTELEMETRYDIR", `${config}/go/telemetry`],
		["GOTMPDIR", get("GOTMPDIR")],
		["GOTOOLCHAIN", get("GOTOOLCHAIN")],
		["GOTOOLDIR", join(env.goroot, "pkg", "tool", `${process.platform}_${arch}`)],
		["GOVCS", get("GOVCS")],
		["GOVERSION", env.goVersion],
		["GOWORK", findWork(env)],
		["PKG_CONFIG", get("PKG_CONFIG", "pkg-config")],
	];
	return new Map(rows);
}

/** Settings that other systems and architectures have besides. */
const otherSettings =
	"FC GCCGOTOOLDIR GO386 GOARM GOARM64 GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOWASM GO_EXTLINK_ENABLED GIT_ALLOW_PROTOCOL GO_TEST_TIMEOUT_SCALE".split(
		" ",
	);
const fixedSettings = "GOEXE GOGCCFLAGS GOHOSTARCH GOHOSTOS GOMOD GOWORK GOTOOLDIR GOVERSION GOTELEMETRY GOTELEMETRYDIR".split(" ");
const cgoSettings = /^CGO_(CFLAGS|CPPFLAGS|CXXFLAGS|FFLAGS|LDFLAGS)_(ALLOW|DISALLOW)$/;

function shellQuote(s: string): string {
	return `'${s.replaceAll("'", "'\\''")}'`;
}

/** Why a setting cannot be written; "" when it can. */
function writeProblem(known: ReadonlyMap<string, string>, key: string, value: string, inFile: boolean): string {
	const q = JSON.stringify;
	if (fixedSettings.includes(key)) return `${key} cannot be modified`;
	if (key === "GOENV" || key === "GODEBUG") return `${key} can only be set using the OS environment`;
	if (!known.has(key) && !otherSettings.includes(key) && !cgoSettings.test(key) && !inFile) return `unknown go command variable ${key}`;
	if (key === "GO111MODULE" && !["", "auto", "on", "off"].includes(value)) return `invalid ${key} value ${q(value)}`;
	if (key === "GOPATH" && value.startsWith("~")) return `GOPATH entry cannot start with shell metacharacter '~': ${q(value)}`;
	if ((key === "GOPATH" || key === "GOMODCACHE") && value !== "" && !isAbsolute(value))
		return `${key} entry is relative; must be absolute path: ${q(value)}`;
	if ((key === "CC" || key === "CXX") && value !== "") {
		const program = value.trim().split(/\s+/)[0];
		if (program === "") return `${key} entry cannot contain only space`;
		if (!isAbsolute(program) && program !== basename(program)) return `${key} entry is relative; must be absolute path: ${q(program)}`;
	}
	if (value.includes("\0")) return `invalid NUL in ${key}=... value`;
	if (/[\v\r\n]/.test(value)) return `invalid newline in ${key}=... value`;
	return "";
}

function checkPlatform(env: BuildEnv, changes: ReadonlyMap<string, string | null>): void {
	const of = (name: string, now: string, fallback: string): string => {
		const v = changes.get(name);
		return v === undefined ? now : v === null ? process.env[name] || fallback : v || fallback;
	};
	if (!changes.has("GOOS") && !changes.has("GOARCH")) return;
	const pair = `${of("GOOS", env.goos, "linux")}/${of("GOARCH", env.goarch, "amd64")}`;
	if (!platforms.has(pair)) throw new UserError(`go: unsupported GOOS/GOARCH pair ${pair}`);
}

function checkExperiments(env: BuildEnv, setting: string): void {
	const known = experimentNames(env.goroot);
	for (const word of setting.split(",").filter((w) => w !== "" && w !== "none"))
		if (known.size > 0 && !known.has(word) && !known.has(word.replace(/^no/, ""))) throw new UserError(`go: unknown GOEXPERIMENT ${word}`);
}

function keyOf(line: string): string {
	const eq = line.indexOf("=");
	return eq < 0 || line.slice(0, eq).includes("#") ? "" : line.slice(0, eq);
}

/** Changes the file of settings: a value sets, null removes. Runs of settings are kept sorted, comments in their place. */
function updateFile(changes: ReadonlyMap<string, string | null>, mustExist: boolean): void {
	const file = envFile();
	if (file === "" || file === "off") throw new UserError("go: cannot find go env config: GOENV=off");
	if (mustExist && !existsSync(file)) throw new UserError(`go: reading go env config: open ${file}: no such file or directory`);
	const text = existsSync(file) ? readFileSync(file, "utf8") : "";
	const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
	const last = new Map<string, number>();
	lines.forEach((l, i) => {
		if (keyOf(l) !== "") last.set(keyOf(l), i);
	});
	let out: string[] = [];
	lines.forEach((l, i) => {
		const key = keyOf(l);
		if (key !== "" && last.get(key) !== i) return;
		const change = key === "" ? undefined : changes.get(key);
		if (change !== null) out.push(change === undefined ? l : `${key}=${change}`);
	});
	for (const [key, value] of changes) if (value !== null && !last.has(key)) out.push(`${key}=${value}`);
	const sorted: string[] = [];
	let run: string[] = [];
	for (const l of [...out, ""]) {
		if (keyOf(l) !== "") run.push(l);
		else {
			sorted.push(...run.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)), l);
			run = [];
		}
	}
	out = sorted.slice(0, -1);
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, out.map((l) => `${l}\n`).join(""));
	} catch (err) {
		throw new UserError(`go: writing go env config: ${(err as Error).message}`);
	}
}

function keysInFile(): Set<string> {
	const file = envFile();
	if (file === "" || file === "off" || !existsSync(file)) return new Set();
	return new Set(readFileSync(file, "utf8").split("\n").map(keyOf));
}

function write(env: BuildEnv, args: readonly string[]): number {
	if (args.length === 0) throw new UserError("go: no KEY=VALUE arguments given");
	const known = allSettings(env);
	const changes = new Map<string, string>();
	const inFile = keysInFile();
	for (const arg of args) {
		const eq = arg.indexOf("=");
		if (eq < 0) throw new UserError(`go: arguments must be KEY=VALUE: invalid argument: ${arg}`);
		const [key, value] = [arg.slice(0, eq), arg.slice(eq + 1)];
		const problem = writeProblem(known, key, value, inFile.has(key));
		if (problem !== "") throw new UserError(`go: ${problem}`);
		if (changes.has(key)) throw new UserError(`go: multiple values for key: ${key}`);
		changes.set(key, value);
		const set = process.env[key] ?? "";
		if (set !== "" && set !== value)
			process.stderr.write(`warning: go env -w ${key}=... does not override conflicting OS environment variable\n`);
	}
	checkPlatform(env, changes);
	checkExperiments(env, changes.get("GOEXPERIMENT") ?? "");
	const tmp = changes.get("GOTMPDIR");
	if (tmp !== undefined && tmp !== "" && !isAbsolute(tmp)) throw new UserError("go: GOTMPDIR must be an absolute path");
	updateFile(changes, false);
	return 0;
}

function unset(env: BuildEnv, args: readonly string[]): number {
	if (args.length === 0) throw new UserError("go: 'go env -u' requires an argument");
	const known = allSettings(env);
	const inFile = keysInFile();
	for (const key of args) {
		const problem = writeProblem(known, key, "", inFile.has(key));
		if (problem !== "") throw new UserError(`go: ${problem}`);
	}
	const changes = new Map(args.map((key) => [key, null]));
	checkPlatform(env, changes);
	updateFile(changes, true);
	return 0;
}

/** What differs from the defaults, which an empty environment has. */
function changed(env: BuildEnv): Set<string> {
	const home = { HOME: process.env.HOME, PATH: process.env.PATH };
	const plain = allSettings(loadEnv({ ...home, GOENV: "off" }, env.goroot));
	const derived = new Set(["GOMOD", "GOENV", "GODEBUG", "GOWORK"]);
	const out = new Set<string>();
	for (const [name, value] of allSettings(env)) if (plain.get(name) !== value && !derived.has(name)) out.add(name);
	for (const name of ["GODEBUG", "GOENV", "GOWORK"]) if (process.env[name]) out.add(name);
	return out;
}

/** A GOROOT that is none can still be printed and changed; the version is then that of the Go that would be used without it. */
async function openLenient(): Promise<BuildEnv> {
	try {
		return await openEnv();
	} catch (err) {
		const { GOROOT, ...rest } = process.env;
		if (!(err instanceof UserError) || GOROOT === undefined || GOROOT === "") throw err;
		return { ...(await openEnv(rest)), goroot: GOROOT };
	}
}

export async function envCommand(args: readonly string[]): Promise<number> {
	const flags = parseFlags(
		{
			json: { type: "bool", help: "print as JSON" },
			changed: { type: "bool", help: "print only what is not the default" },
			w: { type: "bool", help: "write NAME=VALUE to the file of settings" },
			u: { type: "bool", help: "remove a setting from that file" },
			n: { type: "bool", help: "" },
			x: { type: "bool", help: "" },
			v: { type: "bool", help: "" },
		},
		args,
	);
	const on = (name: string): boolean => flags.bools.get(name) ?? false;
	if (on("json") && on("u")) throw new UserError("go: cannot use -json with -u");
	if (on("json") && on("w")) throw new UserError("go: cannot use -json with -w");
	if (on("u") && on("w")) throw new UserError("go: cannot use -u with -w");
	const env = await openLenient();
	if (on("w")) return write(env, flags.args);
	if (on("u")) return unset(env, flags.args);
	checkExperiments(env, env.env.get("GOEXPERIMENT"));
	if (!platforms.has(`${env.goos}/${env.goarch}`)) throw new UserError(`go: unsupported GOOS/GOARCH pair ${env.goos}/${env.goarch}`, 2);
	// As the go command, which asks its build for the flags of cgo.
	if (flags.args.length === 0) new Reporter(env, flags).work();
	for (const a of flags.args)
		if (a.includes("=")) throw new UserError(`go: invalid variable name ${JSON.stringify(a)} (use -w to set variable)`);
	const settings = allSettings(env);
	let names = flags.args.length > 0 ? [...flags.args] : [...settings.keys()];
	if (!on("json") && !on("changed") && flags.args.length > 0) {
		for (const n of names) process.stdout.write(`${settings.get(n) ?? env.env.get(n)}\n`);
		return 0;
	}
	if (on("changed")) {
		const different = changed(env);
		names = names.filter((n) => settings.has(n) && different.has(n));
	}
	names.sort();
	if (on("json")) {
		const rows = names.map((n) => `\t${jsonString(n)}: ${jsonString(settings.get(n) ?? "")}`);
		process.stdout.write(rows.length === 0 ? "{}\n" : `{\n${rows.join(",\n")}\n}\n`);
	} else for (const n of names) process.stdout.write(`${n}=${shellQuote(settings.get(n) ?? "")}\n`);
	return 0;
}
