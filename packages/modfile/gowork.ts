// go.work (https://go.dev/ref/mod#workspaces).

import { canonicalVersion } from "./modpath.ts";
import { goVersionRe, parseReplace, positionedError, type Replace, toolchainRe } from "./gomod.ts";
import {
	addEntry,
	entriesOf,
	type ModEntry,
	type ModSyntax,
	newModLine,
	parseModSyntax,
	quoteWord,
	removeLine,
	setArgs,
	unquoteWord,
} from "./syntax.ts";

export interface GoWork {
	go: string;
	toolchain: string;
	/** Directories as written. */
	use: string[];
	replace: Replace[];
	godebug: { key: string; value: string }[];
}

export interface GoWorkFile {
	name: string;
	syntax: ModSyntax;
	work: GoWork;
	errors: string[];
}

export function parseGoWork(name: string, text: string): GoWorkFile {
	const { syntax, error } = parseModSyntax(name, text);
	const file: GoWorkFile = { name, syntax, work: { go: "", toolchain: "", use: [], replace: [], godebug: [] }, errors: [] };
	if (error !== null) {
		file.errors.push(positionedError(name, error, error.msg));
		return file;
	}
	const seen = new Set<string>();
	for (const s of syntax.statements) {
		if (s.kind === "line") directive(file, seen, s.line.words[0], { line: s.line, block: null, args: s.line.words.slice(1) });
		else if (s.kind === "block") {
			const verb = s.block.verb.join(" ");
			if (!["godebug", "use", "replace"].includes(verb)) file.errors.push(positionedError(name, s.block, `unknown block type: ${verb}`));
			else for (const line of s.block.lines) directive(file, seen, verb, { line, block: s.block, args: line.words });
		}
	}
	return file;
}

function directive(file: GoWorkFile, seen: Set<string>, verb: string, e: ModEntry): void {
	const work = file.work;
	const fail = (msg: string): void => {
		file.errors.push(positionedError(file.name, e.line, msg));
	};
	switch (verb) {
		case "go":
		case "toolchain": {
			if (seen.has(verb)) return fail(`repeated ${verb} statement`);
			seen.add(verb);
			if (e.args.length !== 1) return fail(`${verb} directive expects exactly one argument`);
			if (verb === "go" && !goVersionRe.test(e.args[0])) return fail(`invalid go version '${e.args[0]}': must match format 1.23.0`);
			if (verb === "toolchain" && !toolchainRe.test(e.args[0]))
				return fail(`invalid toolchain version '${e.args[0]}': must match format go1.23.0 or default`);
			work[verb] = e.args[0];
			return;
		}
		case "godebug": {
			const eq = e.args.length === 1 && !/["`',]/.test(e.args[0]) ? e.args[0].indexOf("=") : -1;
			if (eq < 0) return fail("usage: godebug key=value");
			work.godebug.push({ key: e.args[0].slice(0, eq), value: e.args[0].slice(eq + 1) });
			return;
		}
		case "use": {
			if (e.args.length !== 1) return fail("usage: use local/dir");
			const dir = unquoteWord(e.args[0]);
			if (dir === null) return fail("invalid quoted string: unquoted string cannot contain quote");
			work.use.push(dir);
			return;
		}
		case "replace": {
			const version = (path: string, at: number): string | null => {
				const v = canonicalVersion(unquoteWord(e.args[at]) ?? "");
				if (v === "") fail(`replace ${path}: version ${JSON.stringify(e.args[at])} invalid: must be of the form v1.2.3`);
				return v === "" ? null : v;
			};
			const r = parseReplace(e, fail, version);
			if (r !== null) work.replace.push(r);
			return;
		}
		default:
			fail(`unknown directive: ${verb}`);
	}
}

/** The directives of a syntax tree that was edited. */
export function rereadGoWork(file: GoWorkFile): GoWorkFile {
	const fresh: GoWorkFile = { ...file, work: { go: "", toolchain: "", use: [], replace: [], godebug: [] }, errors: [] };
	const seen = new Set<string>();
	for (const verb of ["go", "toolchain", "godebug", "use", "replace"])
		for (const e of entriesOf(file.syntax, verb)) directive(fresh, seen, verb, e);
	return fresh;
}

/** Sets the go line; a new one comes after the comments at the top. */
export function setWorkGoLine(syntax: ModSyntax, version: string): void {
	const entry = entriesOf(syntax, "go")[0];
	if (entry !== undefined) {
		setArgs(entry, [version]);
		return;
	}
	const at = syntax.statements.findIndex((s) => s.kind !== "comments");
	syntax.statements.splice(at < 0 ? syntax.statements.length : at, 0, { kind: "line", line: newModLine(["go", version]) });
}

/** Removes all use directives of a directory as written. */
export function dropUse(syntax: ModSyntax, dir: string): void {
	for (const e of entriesOf(syntax, "use")) if (unquoteWord(e.args[0]) === dir) removeLine(e.line);
}

/** Adds a use directive unless it is there. */
export function addUse(syntax: ModSyntax, dir: string): void {
	if (!entriesOf(syntax, "use").some((e) => unquoteWord(e.args[0]) === dir)) addEntry(syntax, "use", [quoteWord(dir)]);
}
