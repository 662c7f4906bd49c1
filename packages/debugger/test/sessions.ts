// Recorded sessions: scripts of terminal commands over the programs in programs/, what the official dlv printed for them, and a
// run of any debugger with the same script. A script begins with comments: "# run: ARGS", "# builds: noopt opt own".
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	closeSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { officialGo } from "../../proc/test/build.ts";
import { findGoroot } from "../../../tools/check.ts";

const root = new URL("../../../", import.meta.url).pathname;
const programs = new URL("programs/", import.meta.url).pathname;
const scripts = new URL("scripts/", import.meta.url).pathname;
const recorded = new URL("recorded/", import.meta.url).pathname;

/** How the programs are built: by the official toolchain without or with optimizations, or by ours without. */
export type Build = "noopt" | "opt" | "own";

export interface Script {
	name: string;
	args: string[];
	builds: Build[];
}

export function allScripts(): Script[] {
	return readdirSync(scripts)
		.filter((f) => f.endsWith(".txt"))
		.sort()
		.map((f) => {
			const text = readFileSync(join(scripts, f), "utf8");
			const header = (key: string): string[] => new RegExp(`^# ${key}: (.*)$`, "m").exec(text)?.[1]?.split(" ") ?? [];
			const builds = header("builds");
			return { name: f.slice(0, -4), args: header("run"), builds: builds.length === 0 ? ["noopt", "opt", "own"] : (builds as Build[]) };
		});
}

/** Where the recording of a script is. */
export function recording(s: Script, build: Build): string {
	return join(recorded, `${s.name}.${build}.txt`);
}

/** What dlv prints: recorded, but for programs of our own compiler, which changes: there dlv runs now. Null when it cannot be known. */
export async function expected(s: Script, build: Build): Promise<string | null> {
	if (build === "own") return spawnSync("dlv", ["version"]).status === 0 ? run(s, build, true) : null;
	const file = recording(s, build);
	return existsSync(file) ? readFileSync(file, "utf8") : null;
}

const built: Map<Build, string | null> = new Map();

/** Path of the programs' executable; null when the official toolchain is needed and not there. */
export function program(build: Build): string | null {
	let path = built.get(build);
	if (path === undefined) {
		path = make(build);
		built.set(build, path);
	}
	return path;
}

function make(build: Build): string | null {
	const go = officialGo();
	if (build !== "own" && go === null) return null;
	const files = readdirSync(programs).map((f) => join(programs, f));
	const key = createHash("sha256").update(`${build} ${go} ${programs}`);
	for (const f of files) key.update(readFileSync(f));
	const dir = join(tmpdir(), `tsugo-fixtures-${process.getuid?.() ?? 0}`);
	const out = join(dir, `programs-${build}-${key.digest("hex").slice(0, 12)}`);
	if (build !== "own" && existsSync(out)) {
		// Never older than its sources: a checkout touches them, and listings would warn.
		utimesSync(out, new Date(), new Date());
		return out;
	}
	mkdirSync(dir, { recursive: true });
	const temporary = `${out}.${process.pid}`;
	const flags = build === "opt" ? [] : ["-gcflags=all=-N -l"];
	const main = join(root, "packages/cmd/main.ts");
	const [command, first] = build === "own" ? [process.execPath, ["--stack-size=3900", main, "build"]] : ["go", ["build"]];
	const r = spawnSync(command as string, [...(first as string[]), ...flags, "-o", temporary, ...files], {
		cwd: programs,
		encoding: "utf8",
		env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GO111MODULE: "off" },
	});
	if (r.status !== 0) throw new Error(`building the programs (${build}): ${r.stderr}`);
	renameSync(temporary, out);
	return out;
}

/** What a debugger prints for a script, normalized. `official`: dlv from PATH, else ours from sources. */
export async function run(s: Script, build: Build, official: boolean): Promise<string> {
	const path = program(build);
	if (path === null) throw new Error("no official toolchain");
	const dir = mkdtempSync(join(tmpdir(), "tsugo-session-"));
	try {
		const script = join(scripts, `${s.name}.txt`);
		const args = ["exec", "--allow-non-terminal-interactive", "--check-go-version=false", "--init", script, path, "--", ...s.args];
		const [command, first] = official
			? ["dlv", args]
			: [process.execPath, ["--stack-size=3900", join(root, "packages/cmd/main.ts"), "dlv", ...args]];
		const output = join(dir, "output");
		const fd = openSync(output, "w");
		const child = spawn(command as string, first as string[], {
			stdio: ["ignore", fd, fd],
			cwd: dir,
			env: {
				...process.env,
				XDG_CONFIG_HOME: join(dir, "config"),
				TERM: "dumb",
				EDITOR: "",
				DELVE_EDITOR: "",
				GOTRACEBACK: "single",
				NODE_COMPILE_CACHE: join(tmpdir(), "tsugo-compile-cache"),
			},
		});
		closeSync(fd);
		await new Promise((resolve, reject) => {
			child.on("exit", resolve);
			child.on("error", reject);
		});
		return normalize(readFileSync(output, "utf8"), path, script);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

const goroot = findGoroot();

/** Names for what differs between runs, machines and builds: addresses, ids, times, directories. */
function normalize(text: string, path: string, script: string): string {
	const ids = new Map<string, string>();
	const goroutine = (id: string): string => {
		if (id === "0" || id === "1" || id === "99") return id;
		let name = ids.get(id);
		if (name === undefined) {
			name = `g${ids.size + 1}`;
			ids.set(id, name);
		}
		return name;
	};
	return text
		.replaceAll(path, "PROGRAM")
		.replaceAll(script, "SCRIPT")
		.replaceAll(programs, "")
		.replaceAll(goroot || "\0", "GOROOT")
		.replace(/\b(0x)?[0-9a-f]{16}\b|0x[0-9a-f]{5,15}\b/g, "ADDRESS")
		.replace(/\(PC: [0-9a-f]+\)/g, "(PC: ADDRESS)")
		.replace(/(ADDRESS(?:,ADDRESS)+)/g, "ADDRESSES")
		.replace(/(thread|Thread|Process|PID|pid) \d+/g, "$1 N")
		.replace(/(Goroutine |goroutine |goroutine\()(\d+)/g, (_m, before: string, id: string) => before + goroutine(id))
		.replace(/Switched from (\d+) to (\d+)/g, (_m, a: string, b: string) => `Switched from ${goroutine(a)} to ${goroutine(b)}`)
		.replace(/ \d{6,}\]/g, " TIME]")
		.replace(/^(\t?)(~r\d+)( =|:) .*$/gm, (m, tab: string, name: string, is: string) => (is === " =" ? `${tab}${name} = SOMETHING` : m));
}
