// go.mod, read into its directives (https://go.dev/ref/mod#go-mod-file).

import type { Report, SourceFile } from "#base";
import { parseSemver } from "./semver.ts";

export interface ModuleVersion {
	path: string;
	/** "" where the directive has none. */
	version: string;
}

export interface Require extends ModuleVersion {
	indirect: boolean;
}

export interface Replace {
	old: ModuleVersion;
	/** A directory (version "") when it starts with ./ ../ or /. */
	with: ModuleVersion;
}

export interface GoMod {
	module: string;
	/** "" when absent (the language version is then 1.16). */
	go: string;
	toolchain: string;
	require: Require[];
	exclude: ModuleVersion[];
	replace: Replace[];
	retract: { low: string; high: string; rationale: string }[];
	godebug: { key: string; value: string }[];
	tool: string[];
	ignore: string[];
}

interface Line {
	offset: number;
	words: string[];
	/** Text of the `//` comment at the line's end, without slashes. */
	comment: string;
}

const decoder = new TextDecoder();
const goVersionRe = /^([1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*)|((alpha|beta|rc)\d+))?$/;

/** Splits a line into words: bare tokens, the punctuation ( ) => , [ ], and quoted strings. Null: malformed. */
function splitWords(text: string): { words: string[]; comment: string } | null {
	const words: string[] = [];
	let i = 0;
	while (i < text.length) {
		const c = text[i];
		if (c === " " || c === "\t" || c === "\r") {
			i++;
		} else if (text.startsWith("//", i)) {
			return { words, comment: text.slice(i + 2).trim() };
		} else if (c === "(" || c === ")" || c === "," || c === "[" || c === "]") {
			words.push(c);
			i++;
		} else if (text.startsWith("=>", i)) {
			words.push("=>");
			i += 2;
		} else if (c === '"' || c === "`") {
			const stop = text.indexOf(c, i + 1);
			if (stop < 0) return null;
			words.push(text.slice(i + 1, stop));
			i = stop + 1;
		} else {
			let j = i;
			while (j < text.length && !' \t\r(),[]"`'.includes(text[j]) && !text.startsWith("//", j) && !text.startsWith("=>", j)) j++;
			words.push(text.slice(i, j));
			i = j;
		}
	}
	return { words, comment: "" };
}

/** Reads go.mod; problems go to report as gc's go command words them, and what could be read is returned. */
export function parseGoMod(file: SourceFile, report: Report): GoMod {
	const mod: GoMod = {
		module: "",
		go: "",
		toolchain: "",
		require: [],
		exclude: [],
		replace: [],
		retract: [],
		godebug: [],
		tool: [],
		ignore: [],
	};
	const fail = (line: Line, msg: string): void => report({ pos: file.base + line.offset, code: "GoMod", msg, soft: false });
	let block = "";
	let offset = 0;
	for (const text of decoder.decode(file.src).split("\n")) {
		const split = splitWords(text);
		const line: Line = { offset: offset + (/\S/.exec(text)?.index ?? 0), words: split?.words ?? [], comment: split?.comment ?? "" };
		offset += new TextEncoder().encode(text).length + 1;
		if (split === null) {
			fail(line, "unexpected newline in string");
			continue;
		}
		const words = line.words;
		if (words.length === 0) continue;
		if (block !== "") {
			if (words.length === 1 && words[0] === ")") block = "";
			else directive(mod, block, words, line, fail);
		} else if (words.length === 2 && words[1] === "(") {
			block = words[0];
		} else if (words[0] === "(" || words[0] === ")") {
			fail(line, `unexpected ${words[0]}`);
		} else {
			directive(mod, words[0], words.slice(1), line, fail);
		}
	}
	return mod;
}

function directive(mod: GoMod, verb: string, args: string[], line: Line, fail: (line: Line, msg: string) => void): void {
	switch (verb) {
		case "module":
			if (mod.module !== "") fail(line, "repeated module statement");
			else if (args.length !== 1) fail(line, "usage: module module/path");
			else mod.module = args[0];
			break;
		case "go":
			if (mod.go !== "") fail(line, "repeated go statement");
			else if (args.length !== 1) fail(line, "go directive expects exactly one argument");
			else if (!goVersionRe.test(args[0])) fail(line, `invalid go version '${args[0]}': must match format 1.23.0`);
			else mod.go = args[0];
			break;
		case "toolchain":
			if (args.length !== 1) fail(line, "toolchain directive expects exactly one argument");
			else mod.toolchain = args[0];
			break;
		case "require":
		case "exclude":
			if (args.length !== 2) fail(line, `usage: ${verb} module/path v1.2.3`);
			else if (parseSemver(args[1]) === null && verb === "exclude")
				fail(line, `invalid module version "${args[1]}": must be of the form v1.2.3`);
			else if (verb === "exclude") mod.exclude.push({ path: args[0], version: args[1] });
			else mod.require.push({ path: args[0], version: args[1], indirect: /^indirect($|;)/.test(line.comment) });
			break;
		case "replace":
			replaceDirective(mod, args, line, fail);
			break;
		case "retract": {
			const range = args.length === 5 && args[0] === "[" && args[2] === "," && args[4] === "]";
			if (range) mod.retract.push({ low: args[1], high: args[3], rationale: line.comment });
			else if (args.length === 1) mod.retract.push({ low: args[0], high: args[0], rationale: line.comment });
			else fail(line, "usage: retract version or retract [low, high]");
			break;
		}
		case "godebug": {
			const eq = args.length === 1 ? args[0].indexOf("=") : -1;
			if (eq <= 0) fail(line, "usage: godebug key=value");
			else mod.godebug.push({ key: args[0].slice(0, eq), value: args[0].slice(eq + 1) });
			break;
		}
		case "tool":
		case "ignore":
			if (args.length !== 1) fail(line, `${verb} directive expects exactly one argument`);
			else mod[verb].push(args[0]);
			break;
		default:
			fail(line, `unknown directive: ${verb}`);
	}
}

function replaceDirective(mod: GoMod, args: string[], line: Line, fail: (line: Line, msg: string) => void): void {
	const arrow = args.indexOf("=>");
	const from = args.slice(0, Math.max(arrow, 0));
	const to = args.slice(arrow + 1);
	if (arrow < 1 || from.length > 2 || to.length < 1 || to.length > 2) {
		fail(line, "usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory");
		return;
	}
	const local = isLocalPath(to[0]);
	if (to.length === 1 && !local) {
		fail(line, "replacement module without version must be directory path (rooted or starting with . or ..)");
		return;
	}
	if (to.length === 2 && local) {
		fail(line, `replacement module directory path "${to[0]}" cannot have version`);
		return;
	}
	mod.replace.push({ old: { path: from[0], version: from[1] ?? "" }, with: { path: to[0], version: to[1] ?? "" } });
}

/** Whether a replacement is a directory: rooted, or starting with ./ or ../. */
export function isLocalPath(path: string): boolean {
	return path === "." || path === ".." || path.startsWith("./") || path.startsWith("../") || path.startsWith("/");
}
