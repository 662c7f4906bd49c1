// The script language of cmd/internal/script: a command per line, `!` and `?` prefixes, [conditions],
// quoting, variables, `&` for the background.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { quoteMeta } from "./goregexp.ts";
import type { Archive } from "./txtar.ts";

export interface Finished {
	stdout: string;
	stderr: string;
	/** "" when it succeeded. */
	error: string;
}

interface Background {
	line: Line;
	done: Promise<Finished>;
	kill: () => void;
}

/** What commands see and change. */
export class State {
	readonly workdir: string;
	readonly env: Map<string, string>;
	pwd: string;
	stdout = "";
	stderr = "";
	readonly background: Background[] = [];
	/** Everything that ran and what it printed. */
	readonly log: string[] = [];
	/** Processes that run now. */
	readonly running: Set<() => void> = new Set();

	constructor(workdir: string, env: Iterable<readonly [string, string]>) {
		this.workdir = workdir;
		this.pwd = workdir;
		this.env = new Map(env);
		this.env.set("PWD", workdir);
	}

	path(name: string): string {
		return isAbsolute(name) ? normalize(name) : join(this.pwd, name);
	}

	chdir(dir: string): void {
		const to = this.path(dir);
		if (!existsSync(to)) throw new ScriptError(`Chdir ${to}: no such file or directory`);
		this.pwd = to;
		this.env.set("PWD", to);
	}

	/** $NAME, ${NAME}, ${/} and ${:}. */
	expand(text: string, inRegexp: boolean): string {
		return text.replace(/\$(?:\{([^}]*)\}|([A-Za-z_]\w*)|([*#$@!?\-0-9]))/g, (_, a?: string, b?: string, c?: string) => {
			const name = a ?? b ?? c ?? "";
			const value = name === "/" ? "/" : name === ":" ? ":" : (this.env.get(name) ?? "");
			return inRegexp ? quoteMeta(value) : value;
		});
	}

	/** Variables for a process. */
	environ(): Record<string, string> {
		return Object.fromEntries(this.env);
	}

	extract(archive: Archive): void {
		for (const f of archive.files) {
			const name = this.path(this.expand(f.name, false));
			if (!name.startsWith(`${this.workdir}/`)) throw new ScriptError(`file ${f.name} is outside working directory`);
			mkdirSync(dirname(name), { recursive: true });
			writeFileSync(name, f.data);
		}
	}
}

/** A command failed; whether that is right depends on its prefix. */
export class ScriptError extends Error {}

/** `skip` and `stop`: the script ends here. */
export class StopError extends Error {
	readonly skipped: boolean;
	constructor(message: string, skipped: boolean) {
		super(message);
		this.skipped = skipped;
	}
}

/** A running process of a command. */
export interface Running {
	done: Promise<Finished>;
	kill: () => void;
}

export interface Command {
	/** Indexes of arguments that are regular expressions: variables in them are quoted. */
	regexps?: (args: readonly string[]) => number[];
	/** Throws ScriptError, gives output at once, or starts something. */
	run: (s: State, args: readonly string[]) => Running | Finished | Promise<Finished | undefined> | void;
}

/** Gives the truth of [name] or [name:suffix]; undefined when there is no such condition. */
export type Conditions = (s: State, name: string, suffix: string | null) => boolean | undefined;

interface Fragment {
	text: string;
	quoted: boolean;
}

export interface Line {
	number: number;
	text: string;
	want: "" | "!" | "?";
	conditions: { want: boolean; tag: string }[];
	name: string;
	args: Fragment[][];
	background: boolean;
}

/** Splits a line into words of fragments; null for an unfinished quotation. */
function words(text: string): Fragment[][] | null {
	const out: Fragment[][] = [];
	let word: Fragment[] = [];
	const flush = (): void => {
		if (word.length > 0) out.push(word);
		word = [];
	};
	for (let i = 0; i < text.length; ) {
		const c = text[i];
		if (c === "#") break;
		if (/\s/.test(c)) {
			flush();
			i++;
		} else if (c === "'") {
			const m = /^'((?:[^']|'')*)'/.exec(text.slice(i));
			if (m === null) return null;
			word.push({ text: m[1].replaceAll("''", "'"), quoted: true });
			i += m[0].length;
		} else {
			const m = /^[^\s#']+/.exec(text.slice(i)) as RegExpExecArray;
			word.push({ text: m[0], quoted: false });
			i += m[0].length;
		}
	}
	flush();
	return out;
}

/** Reads a line; null when it holds no command. */
export function parseLine(text: string, number: number): Line | null {
	const all = words(text);
	if (all === null) throw new ScriptError("unterminated quoted argument");
	const line: Line = { number, text, want: "", conditions: [], name: "", args: [], background: false };
	for (const word of all) {
		const plain = word.length === 1 && !word[0].quoted ? word[0].text : null;
		if (line.name !== "" || plain === null) line.args.push(word);
		else if (plain === "!" || plain === "?") line.want = plain;
		else if (plain.startsWith("[") && plain.endsWith("]")) {
			const want = !plain.startsWith("[!");
			line.conditions.push({ want, tag: plain.slice(want ? 1 : 2, -1).trim() });
		} else line.name = plain;
	}
	if (line.name === "") {
		if (all.length > 0) throw new ScriptError("missing command");
		return null;
	}
	const last = line.args[line.args.length - 1];
	if (last?.length === 1 && !last[0].quoted && last[0].text === "&") {
		line.background = true;
		line.args.pop();
	}
	return line;
}

export interface Outcome {
	status: "pass" | "fail" | "skip";
	/** Line of the script that failed; 0 otherwise. */
	line: number;
	/** Its text. */
	text: string;
	why: string;
}

function active(s: State, line: Line, conditions: Conditions): boolean {
	for (const { want, tag } of line.conditions) {
		const colon = tag.indexOf(":");
		const value = conditions(s, colon < 0 ? tag : tag.slice(0, colon), colon < 0 ? null : tag.slice(colon + 1));
		if (value === undefined) throw new StopError(`unknown condition ${tag}`, false);
		if (value !== want) return false;
	}
	return true;
}

function checkStatus(line: Line, f: Finished): void {
	if (f.error === "" && line.want === "!") throw new StopError("unexpected success", false);
	if (f.error !== "" && line.want === "") throw new StopError(f.error, false);
}

function noteOutput(s: State, f: Finished): void {
	if (f.stdout !== "") s.log.push(`[stdout]\n${f.stdout}`);
	if (f.stderr !== "") s.log.push(`[stderr]\n${f.stderr}`);
	if (f.error !== "") s.log.push(`[${f.error}]\n`);
}

/** Waits for the commands in the background; their output becomes the script's. */
export async function waitBackground(s: State): Promise<Finished> {
	let stdout = "";
	let stderr = "";
	for (const b of s.background.splice(0)) {
		const f = await b.done;
		stdout += f.stdout;
		stderr += f.stderr;
		noteOutput(s, f);
		checkStatus(b.line, f);
	}
	return { stdout, stderr, error: "" };
}

async function runLine(s: State, line: Line, commands: Readonly<Record<string, Command>>, conditions: Conditions): Promise<void> {
	if (!active(s, line, conditions)) return;
	const command = Object.hasOwn(commands, line.name) ? commands[line.name] : undefined;
	if (command === undefined) throw new StopError(`unknown command ${line.name}`, false);
	const raw = line.args.map((a) => a.map((f) => f.text).join(""));
	const regexps = command.regexps?.(raw) ?? [];
	const args = line.args.map((a, i) => a.map((f) => (f.quoted ? f.text : s.expand(f.text, regexps.includes(i)))).join(""));
	try {
		const got = await command.run(s, args);
		if (!got) {
			checkStatus(line, { stdout: "", stderr: "", error: "" });
			return;
		}
		if (line.background) {
			if (!("done" in got)) throw new StopError("command cannot be run in background", false);
			s.background.push({ line, ...got });
			s.stdout = s.stderr = "";
			return;
		}
		const finished = "done" in got ? await got.done : got;
		s.stdout = finished.stdout;
		s.stderr = finished.stderr;
		noteOutput(s, finished);
		checkStatus(line, finished);
	} catch (err) {
		if (!(err instanceof ScriptError)) throw err;
		s.log.push(`[${err.message}]\n`);
		checkStatus(line, { stdout: "", stderr: "", error: err.message });
	}
}

/** Runs a script to its end, its first failure, or `skip`. */
export async function runScript(
	s: State,
	text: string,
	commands: Readonly<Record<string, Command>>,
	conditions: Conditions,
): Promise<Outcome> {
	const lines = text.split("\n");
	for (let i = 0; i < lines.length; i++) {
		const source = lines[i];
		if (source.startsWith("#")) {
			s.log.push(`${source}\n`);
			continue;
		}
		const at = { line: i + 1, text: source.trim() };
		try {
			const line = parseLine(source, i + 1);
			if (line === null) continue;
			s.log.push(`> ${source}\n`);
			await runLine(s, line, commands, conditions);
		} catch (err) {
			if (err instanceof StopError && err.message === "stop") return { status: "pass", line: 0, text: "", why: "" };
			if (err instanceof StopError && err.skipped) return { status: "skip", line: 0, text: "", why: err.message };
			if (err instanceof ScriptError || err instanceof StopError) return { status: "fail", ...at, why: err.message };
			throw err;
		}
	}
	return { status: "pass", line: 0, text: "", why: "" };
}
