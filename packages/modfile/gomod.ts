// go.mod, read into its directives (https://go.dev/ref/mod#go-mod-file), and the edits that the go command makes in it.

import { badPathMajor, canonicalVersion } from "./modpath.ts";
import { compareGoVersion, compareSemver, pathVersionValid, splitPathVersion } from "./semver.ts";
import {
	addEntry,
	cleanupSyntax,
	entriesOf,
	type ModBlock,
	type ModEntry,
	type ModLine,
	type ModSyntax,
	newModBlock,
	newModLine,
	parseModSyntax,
	quoteWord,
	removeLine,
	setArgs,
	toBlock,
	unquoteWord,
} from "./syntax.ts";

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

export interface Retract {
	low: string;
	high: string;
	rationale: string;
}

/** What go.mod says. */
export interface GoMod {
	module: string;
	/** Text of a "Deprecated:" paragraph above the module directive, or "". */
	deprecated: string;
	/** "" when absent (the language version is then 1.16). */
	go: string;
	toolchain: string;
	require: Require[];
	exclude: ModuleVersion[];
	replace: Replace[];
	retract: Retract[];
	godebug: { key: string; value: string }[];
	tool: string[];
	ignore: string[];
}

/** A version that is none yet, such as a branch: somebody has to look it up and put it in its place. */
export interface Unresolved {
	path: string;
	version: string;
	/** Puts the version that it stands for into the file. */
	set: (version: string) => void;
}

export interface GoModFile {
	name: string;
	syntax: ModSyntax;
	mod: GoMod;
	/** "go.mod:3: unknown directive: foo", in the go command's words. */
	errors: string[];
	unresolved: Unresolved[];
}

export const goVersionRe: RegExp = /^([1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*))?([a-z]+\d+)?$/;
export const toolchainRe: RegExp = /^default$|^go1($|\.)/;
const laxGoVersionRe = /^v?(([1-9]\d*)\.(0|[1-9]\d*))([^0-9].*)$/;

export interface ParseOptions {
	/** A dependency's go.mod: unknown and main-module-only directives are skipped. */
	lax?: boolean;
	/** Versions that are not canonical become `unresolved` instead of errors. */
	resolve?: boolean;
}

function emptyGoMod(): GoMod {
	return {
		module: "",
		deprecated: "",
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
}

/** Formats an error as the go command does: a column only when it is not the line's first. */
export function positionedError(name: string, at: { line: number; col: number }, msg: string): string {
	return `${name}:${at.line}:${at.col > 1 ? `${at.col}:` : ""} ${msg}`;
}

/** Reads a go.mod. With errors, what could be read is returned. */
export function parseGoMod(name: string, text: string, options: ParseOptions = {}): GoModFile {
	const { syntax, error } = parseModSyntax(name, text);
	const file: GoModFile = { name, syntax, mod: emptyGoMod(), errors: [], unresolved: [] };
	if (error !== null) {
		file.errors.push(positionedError(name, error, error.msg));
		return file;
	}
	const reader = new Reader(file, options);
	for (const s of syntax.statements) {
		if (s.kind === "line") reader.directive(s.line.words[0], { line: s.line, block: null, args: s.line.words.slice(1) });
		else if (s.kind === "block") reader.block(s.block);
	}
	reader.finish();
	return file;
}

/** The directives of a syntax tree that was edited. */
export function rereadGoMod(file: GoModFile): GoModFile {
	const fresh: GoModFile = { name: file.name, syntax: file.syntax, mod: emptyGoMod(), errors: [], unresolved: [] };
	const reader = new Reader(fresh, { resolve: true });
	for (const s of file.syntax.statements) {
		if (s.kind === "line" && s.line.words.length > 0)
			reader.directive(s.line.words[0], { line: s.line, block: null, args: s.line.words.slice(1) });
		else if (s.kind === "block") reader.block(s.block);
	}
	return fresh;
}

const blockVerbs = ["module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];
const laxVerbs = ["go", "module", "retract", "require", "ignore"];

class Reader {
	private readonly file: GoModFile;
	private readonly options: ParseOptions;
	private readonly seen: Set<string> = new Set();
	private readonly retracts: { entry: ModEntry; retract: Retract; low: number; high: number }[] = [];

	constructor(file: GoModFile, options: ParseOptions) {
		this.file = file;
		this.options = options;
	}

	block(b: ModBlock): void {
		if (b.verb.length > 1 || !blockVerbs.includes(b.verb[0])) {
			if (!this.options.lax) this.file.errors.push(positionedError(this.file.name, b, `unknown block type: ${b.verb.join(" ")}`));
			return;
		}
		for (const line of b.lines) if (line.words.length > 0) this.directive(b.verb[0], { line, block: b, args: line.words });
	}

	private fail(entry: ModEntry, msg: string): void {
		this.file.errors.push(positionedError(this.file.name, entry.line, msg));
	}

	/** Checks for the directives that may occur once. */
	private once(verb: string, entry: ModEntry): boolean {
		if (this.seen.has(verb)) {
			this.fail(entry, `repeated ${verb} statement`);
			return false;
		}
		this.seen.add(verb);
		return true;
	}

	directive(verb: string, e: ModEntry): void {
		const mod = this.file.mod;
		if (this.options.lax && !laxVerbs.includes(verb)) return;
		switch (verb) {
			case "go":
				this.goLine(e);
				break;
			case "toolchain":
				if (!this.once(verb, e)) break;
				if (e.args.length !== 1) this.fail(e, "toolchain directive expects exactly one argument");
				else if (!toolchainRe.test(e.args[0]))
					this.fail(e, `invalid toolchain version '${e.args[0]}': must match format go1.23.0 or default`);
				else mod.toolchain = e.args[0];
				break;
			case "module": {
				if (!this.once(verb, e)) break;
				mod.deprecated = /(?:^|\n\n)Deprecated: *([\s\S]*?)(?:$|\n\n)/.exec(commentText(e))?.[1] ?? "";
				if (e.args.length !== 1) this.fail(e, "usage: module module/path");
				else mod.module = this.string(e, 0) ?? "";
				break;
			}
			case "godebug": {
				const eq = e.args.length === 1 && !/["`',]/.test(e.args[0]) ? e.args[0].indexOf("=") : -1;
				if (eq < 0) this.fail(e, "usage: godebug key=value");
				else mod.godebug.push({ key: e.args[0].slice(0, eq), value: e.args[0].slice(eq + 1) });
				break;
			}
			case "require":
			case "exclude":
				this.requirement(verb, e);
				break;
			case "replace": {
				const r = parseReplace(
					e,
					(msg) => this.fail(e, msg),
					(path, at) => this.version(verb, path, e, at),
				);
				if (r !== null) mod.replace.push(r);
				break;
			}
			case "retract":
				this.retract(e);
				break;
			case "tool":
			case "ignore": {
				if (e.args.length !== 1) {
					this.fail(e, `${verb} directive expects exactly one argument`);
					break;
				}
				const s = this.string(e, 0);
				if (s !== null) mod[verb].push(s);
				break;
			}
			default:
				this.fail(e, `unknown directive: ${verb}`);
		}
	}

	private goLine(e: ModEntry): void {
		if (!this.once("go", e)) return;
		if (e.args.length !== 1) {
			this.fail(e, "go directive expects exactly one argument");
			return;
		}
		const lax = this.options.lax ? laxGoVersionRe.exec(e.args[0]) : null;
		if (goVersionRe.test(e.args[0])) this.file.mod.go = e.args[0];
		else if (lax !== null) this.file.mod.go = lax[1];
		else this.fail(e, `invalid go version '${e.args[0]}': must match format 1.23.0`);
	}

	private string(e: ModEntry, i: number): string | null {
		const s = unquoteWord(e.args[i]);
		if (s === null) {
			const why = e.args[i].startsWith('"') ? "invalid syntax" : "unquoted string cannot contain quote";
			this.fail(e, `invalid quoted string: ${why}`);
		}
		return s;
	}

	/** The canonical version in word i, or null after an error; what has to be looked up is noted and given as it is. */
	private version(verb: string, path: string, e: ModEntry, i: number): string | null {
		const at = `${verb} ${path}: `;
		const text = unquoteWord(e.args[i]);
		if (text === null) {
			this.fail(e, `${at}version ${JSON.stringify(e.args[i])} invalid: unquoted string cannot contain quote`);
			return null;
		}
		const canonical = canonicalVersion(text);
		if (canonical === "") {
			if (!this.options.resolve) {
				this.fail(e, `${at}version ${JSON.stringify(text)} invalid: must be of the form v1.2.3`);
				return null;
			}
			const set = (version: string): void => {
				setArgs(
					e,
					e.args.map((w, k) => (k === i ? version : w)),
				);
			};
			this.file.unresolved.push({ path, version: text, set });
			return text;
		}
		if (canonical !== e.args[i]) {
			e.args = e.args.map((w, k) => (k === i ? canonical : w));
			setArgs(e, e.args);
		}
		return canonical;
	}

	private requirement(verb: "require" | "exclude", e: ModEntry): void {
		if (e.args.length !== 2) {
			this.fail(e, `usage: ${verb} module/path v1.2.3`);
			return;
		}
		const path = this.string(e, 0);
		if (path === null) return;
		const version = this.version(verb, path, e, 1);
		if (version === null) return;
		if (!pathVersionValid(path)) {
			this.fail(e, "invalid module path");
			return;
		}
		const bad = canonicalVersion(version) === "" ? "" : badPathMajor(version, splitPathVersion(path).major);
		if (bad !== "") {
			this.fail(e, `${verb} ${path}: ${bad}`);
			return;
		}
		if (verb === "exclude") this.file.mod.exclude.push({ path, version });
		else this.file.mod.require.push({ path, version, indirect: isIndirect(e.line) });
	}

	private retract(e: ModEntry): void {
		const a = e.args;
		const single = a.length === 1 && a[0] !== "(" && a[0] !== "[";
		const range = a.length === 5 && a[0] === "[" && a[2] === "," && a[4] === "]";
		if (!single && !range) {
			if (!this.options.lax) this.fail(e, retractProblem(a));
			return;
		}
		const retract = { low: a[single ? 0 : 1], high: a[single ? 0 : 3], rationale: commentText(e) };
		this.file.mod.retract.push(retract);
		this.retracts.push({ entry: e, retract, low: single ? 0 : 1, high: single ? 0 : 3 });
	}

	/** Versions of retract directives are the module's own, whose name may come last. */
	finish(): void {
		for (const { entry, retract, low, high } of this.retracts) {
			if (this.options.lax) continue;
			if (this.file.mod.module === "" && this.options.resolve) {
				this.fail(entry, "no module directive found, so retract cannot be used");
				return;
			}
			retract.low = this.version("retract", this.file.mod.module, entry, low) ?? retract.low;
			retract.high = this.version("retract", this.file.mod.module, entry, high) ?? retract.high;
		}
	}
}

function retractProblem(a: readonly string[]): string {
	if (a.length === 0 || a[0] === "(") return "expected '[' or version";
	if (a[0] !== "[") return `unexpected token after version: ${JSON.stringify(a[1])}`;
	if (a.length < 2) return "expected version after '['";
	if (a[2] !== ",") return "expected ',' after version";
	if (a.length < 4) return "expected version after ','";
	if (a[4] !== "]") return "expected ']' after version";
	return `unexpected token after version: ${JSON.stringify(a[5])}`;
}

/** The comments of a directive, or of the block around it when it has none, without slashes. */
function commentText(e: ModEntry): string {
	const own = e.line.before.length > 0 || e.line.suffix.length > 0 || e.block === null;
	const comments = own ? [...e.line.before, ...e.line.suffix] : [...(e.block as ModBlock).before];
	return comments
		.filter((c) => c.startsWith("//"))
		.map((c) => c.slice(2).trim())
		.join("\n");
}

export function parseReplace(
	e: ModEntry,
	fail: (msg: string) => void,
	version: (path: string, at: number) => string | null,
): Replace | null {
	const arrow = e.args.length >= 2 && e.args[1] === "=>" ? 1 : 2;
	if (e.args.length < arrow + 2 || e.args.length > arrow + 3 || e.args[arrow] !== "=>") {
		fail("usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory");
		return null;
	}
	const path = unquoteWord(e.args[0]);
	const to = unquoteWord(e.args[arrow + 1]);
	if (path === null || to === null) {
		fail("invalid quoted string: unquoted string cannot contain quote");
		return null;
	}
	if (!pathVersionValid(path)) {
		fail(`replace ${path}: invalid module path`);
		return null;
	}
	let from = "";
	if (arrow === 2) {
		const v = version(path, 1);
		if (v === null) return null;
		const bad = canonicalVersion(v) === "" ? "" : badPathMajor(v, splitPathVersion(path).major);
		if (bad !== "") {
			fail(`replace ${path}: ${bad}`);
			return null;
		}
		from = v;
	}
	if (e.args.length === arrow + 2) {
		if (!isLocalPath(to)) {
			if (to.includes("@")) fail("replacement module must match format 'path version', not 'path@version'");
			else fail("replacement module without version must be directory path (rooted or starting with . or ..)");
			return null;
		}
		if (to.includes("\\")) {
			fail("replacement directory appears to be Windows path (on a non-windows system)");
			return null;
		}
		return { old: { path, version: from }, with: { path: to, version: "" } };
	}
	const v = version(to, arrow + 2);
	if (v === null) return null;
	if (isLocalPath(to)) {
		fail(`replacement module directory path ${JSON.stringify(to)} cannot have version`);
		return null;
	}
	return { old: { path, version: from }, with: { path: to, version: v } };
}

/** Whether a replacement is a directory: rooted, or starting with . or .. (Windows forms count too: the file travels). */
export function isLocalPath(path: string): boolean {
	return path === "." || path === ".." || /^(\.\.?[/\\]|[/\\]|[A-Za-z]:)/.test(path);
}

/** Whether a require line says "// indirect". */
export function isIndirect(line: ModLine): boolean {
	const words = (line.suffix[0] ?? "")
		.replace(/^\/\//, "")
		.split(/\s+/)
		.filter((w) => w !== "");
	return (words.length === 1 && words[0] === "indirect") || (words.length > 1 && words[0] === "indirect;");
}

export function setIndirect(line: ModLine, indirect: boolean): void {
	if (isIndirect(line) === indirect) return;
	const text = (line.suffix[0] ?? "").replace(/^\/\//, "");
	if (indirect) line.suffix = [text.trim() === "" ? "// indirect" : `// indirect; ${text.trim()}`, ...line.suffix.slice(1)];
	else if (text.trim() === "indirect") line.suffix = [];
	else line.suffix = [`//${text.slice(text.indexOf("indirect;") + "indirect;".length)}`, ...line.suffix.slice(1)];
}

// Edits. They change the syntax; rereadGoMod gives the directives afterwards.

/** Sets the module directive. */
export function setModulePath(syntax: ModSyntax, path: string): void {
	const entry = entriesOf(syntax, "module")[0];
	if (entry === undefined) addEntry(syntax, "module", [quoteWord(path)]);
	else setArgs(entry, [quoteWord(path)]);
}

/** Sets the go line; "" drops it. */
export function setGoLine(syntax: ModSyntax, version: string): void {
	setSingle(syntax, "go", version, ["module"]);
}

/** Sets the toolchain line; "" drops it. */
export function setToolchainLine(syntax: ModSyntax, name: string): void {
	setSingle(syntax, "toolchain", name, ["go", "module"]);
}

function setSingle(syntax: ModSyntax, verb: string, value: string, after: readonly string[]): void {
	const entry = entriesOf(syntax, verb)[0];
	if (value === "") {
		if (entry !== undefined) removeLine(entry.line);
	} else if (entry !== undefined) setArgs(entry, [value]);
	else {
		const hint = after.map((v) => entriesOf(syntax, v)[0]).find((e) => e !== undefined);
		addEntry(syntax, verb, [value], hint?.line ?? null);
	}
}

/** Gives the first entry that `same` holds for the words, removes further ones; adds one when there is none. */
function setOne(syntax: ModSyntax, verb: string, same: (args: string[]) => boolean, args: string[], hint: ModLine | null = null): void {
	let done = false;
	for (const e of entriesOf(syntax, verb)) {
		if (!same(e.args)) continue;
		if (done) removeLine(e.line);
		else setArgs(e, args);
		done = true;
	}
	if (!done) addEntry(syntax, verb, args, hint);
}

export function addRequire(syntax: ModSyntax, path: string, version: string): void {
	setOne(syntax, "require", (a) => unquoteWord(a[0]) === path, [quoteWord(path), version]);
}

export function setGodebug(syntax: ModSyntax, key: string, value: string): void {
	setOne(syntax, "godebug", (a) => a[0].startsWith(`${key}=`), [`${key}=${value}`]);
}

/** Removes the entries for which the test holds. */
export function dropEntries(syntax: ModSyntax, verb: string, test: (args: string[]) => boolean): void {
	for (const e of entriesOf(syntax, verb)) if (test(e.args)) removeLine(e.line);
}

export function addExclude(syntax: ModSyntax, path: string, version: string): void {
	const same = entriesOf(syntax, "exclude").filter((e) => unquoteWord(e.args[0]) === path);
	if (same.some((e) => e.args[1] === version)) return;
	addEntry(syntax, "exclude", [quoteWord(path), version], same[same.length - 1]?.line ?? null);
}

/** Replaces path (at version, or at any with ""); entries that it makes pointless go. */
export function addReplace(syntax: ModSyntax, old: ModuleVersion, to: ModuleVersion): void {
	const args = [
		quoteWord(old.path),
		...(old.version === "" ? [] : [old.version]),
		"=>",
		quoteWord(to.path),
		...(to.version === "" ? [] : [to.version]),
	];
	const ofPath = entriesOf(syntax, "replace").filter((e) => unquoteWord(e.args[0]) === old.path);
	const same = (a: string[]): boolean =>
		unquoteWord(a[0]) === old.path && (old.version === "" || (a[1] === "=>" ? "" : a[1]) === old.version);
	setOne(syntax, "replace", same, args, ofPath[ofPath.length - 1]?.line ?? null);
}

export function addRetract(syntax: ModSyntax, low: string, high: string, rationale: string): void {
	const line = addEntry(syntax, "retract", low === high ? [quoteWord(low)] : ["[", quoteWord(low), ",", quoteWord(high), "]"]);
	if (rationale !== "") line.before.push(...rationale.split("\n").map((l) => `// ${l}`.trimEnd()));
}

/** Adds a tool or ignore directive unless it is there. */
export function addPathEntry(syntax: ModSyntax, verb: "tool" | "ignore", path: string): void {
	if (entriesOf(syntax, verb).some((e) => unquoteWord(e.args[0]) === path)) return;
	addEntry(syntax, verb, [quoteWord(path)]);
	sortBlocks(syntax);
}

/** Sorts the lines of blocks and removes repeated exclude, replace, tool and ignore directives. */
export function sortBlocks(syntax: ModSyntax): void {
	removeRepeats(syntax);
	const go = entriesOf(syntax, "go")[0]?.args[0] ?? "";
	const semantic = go !== "" && compareSemver(`v${go}`, "v1.21") >= 0;
	for (const s of syntax.statements) {
		if (s.kind !== "block") continue;
		const order =
			s.block.verb[0] === "exclude" && semantic ? compareExclude : s.block.verb[0] === "retract" ? compareRetract : compareWords;
		s.block.lines.sort((a, b) => order(a.words, b.words));
	}
}

function removeRepeats(syntax: ModSyntax): void {
	const drop = (verb: string, key: (args: string[]) => string, list: readonly ModEntry[]): void => {
		const seen = new Set<string>();
		for (const e of list) {
			const k = `${verb} ${key(e.args)}`;
			if (seen.has(k)) removeLine(e.line);
			seen.add(k);
		}
	};
	for (const verb of ["exclude", "tool", "ignore", "use"]) drop(verb, (a) => a.join(" "), entriesOf(syntax, verb));
	drop("replace", (a) => a.slice(0, a.indexOf("=>")).join(" "), entriesOf(syntax, "replace").reverse());
	// Without cleanup: a block of one line stays a block until the file is written.
	for (const s of syntax.statements) if (s.kind === "block") s.block.lines = s.block.lines.filter((l) => l.words.length > 0);
}

function compareWords(a: readonly string[], b: readonly string[]): number {
	for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
	return a.length - b.length;
}

function compareExclude(a: readonly string[], b: readonly string[]): number {
	if (a.length !== 2 || b.length !== 2 || a[0] !== b[0]) return compareWords(a, b);
	return compareSemver(a[1], b[1]);
}

function compareRetract(a: readonly string[], b: readonly string[]): number {
	const range = (w: readonly string[]): [string, string] => (w.length === 1 ? [w[0], w[0]] : w.length === 5 ? [w[1], w[3]] : ["", ""]);
	const [al, ah] = range(a);
	const [bl, bh] = range(b);
	return compareSemver(bl, al) || compareSemver(bh, ah);
}

/** Makes the file require exactly `list`, in the blocks that are there (before go 1.17). */
export function setRequire(syntax: ModSyntax, list: readonly Require[]): void {
	const need = new Map(list.map((r) => [r.path, r]));
	for (const e of entriesOf(syntax, "require")) {
		const path = unquoteWord(e.args[0]) ?? "";
		const r = need.get(path);
		if (r === undefined) {
			removeLine(e.line);
			continue;
		}
		need.delete(path);
		setArgs(e, [e.args[0], r.version]);
		setIndirect(e.line, r.indirect);
	}
	for (const r of need.values()) setIndirect(addEntry(syntax, "require", [quoteWord(r.path), r.version]), r.indirect);
	sortBlocks(syntax);
}

function hasOtherComments(line: ModLine): boolean {
	if (line.before.length > 0 || line.suffix.length > 1) return true;
	return line.suffix.length === 1 && line.suffix[0].replace(/^\/\//, "").trim() !== "indirect";
}

function blockCommented(b: ModBlock): boolean {
	return b.before.length > 0;
}

/** Where the direct and the indirect requirements go: the last statements that hold only such, without comments. */
function findRequireBlocks(syntax: ModSyntax): { direct: number; indirect: number; last: number; flat: boolean } {
	const found = { direct: -1, indirect: -1, last: -1, flat: false };
	let count = 0;
	syntax.statements.forEach((s, i) => {
		const verb = s.kind === "line" ? s.line.words[0] : s.kind === "block" ? s.block.verb[0] : "";
		if (verb !== "require") return;
		found.last = i;
		count++;
		const lines = s.kind === "line" ? [s.line] : s.kind === "block" ? s.block.lines.filter((l) => l.words.length > 0) : [];
		if (s.kind === "block" && blockCommented(s.block)) return;
		if (lines.length === 0 || lines.some(hasOtherComments)) return;
		if (lines.every((l) => isIndirect(l))) found.indirect = i;
		if (lines.every((l) => !isIndirect(l))) found.direct = i;
	});
	if (count === 1) {
		const s = syntax.statements[found.last];
		found.flat = s.kind === "line" ? !hasOtherComments(s.line) : s.kind === "block" && !blockCommented(s.block);
	}
	return found;
}

/** As setRequire, with direct and indirect requirements in a block each (from go 1.17 on). */
export function setRequireSeparateIndirect(syntax: ModSyntax, list: readonly Require[]): void {
	const at = findRequireBlocks(syntax);
	const insert = (i: number): ModBlock => {
		const block = newModBlock("require");
		syntax.statements.splice(i, 0, { kind: "block", block });
		return block;
	};
	let direct: ModBlock;
	if (at.direct < 0) {
		if (at.indirect >= 0) at.direct = at.indirect++;
		else at.direct = at.last >= 0 ? at.last + 1 : syntax.statements.length;
		direct = insert(at.direct);
	} else direct = toBlock(syntax, at.direct);
	const indirect = at.indirect < 0 ? insert(at.direct + 1) : toBlock(syntax, at.indirect);
	const need = new Map(list.map((r) => [r.path, r]));
	const have = new Set<string>();
	const move = (line: ModLine, path: string, r: Require, to: ModBlock): void => {
		const fresh = newModLine([path, r.version], [...line.suffix]);
		fresh.before = line.before;
		setIndirect(fresh, r.indirect);
		removeLine(line);
		line.before = [];
		to.lines.push(fresh);
	};
	for (const e of entriesOf(syntax, "require")) {
		const path = unquoteWord(e.args[0]) ?? "";
		const r = need.get(path);
		if (r === undefined || have.has(path)) {
			removeLine(e.line);
			continue;
		}
		have.add(path);
		setArgs(e, [e.args[0], r.version]);
		setIndirect(e.line, r.indirect);
		if (r.indirect && (at.flat || e.block === direct)) move(e.line, e.args[0], r, indirect);
		else if (!r.indirect && (at.flat || e.block === indirect)) move(e.line, e.args[0], r, direct);
	}
	for (const r of list) {
		if (have.has(r.path)) continue;
		const line = newModLine([quoteWord(r.path), r.version]);
		setIndirect(line, r.indirect);
		(r.indirect ? indirect : direct).lines.push(line);
	}
	sortBlocks(syntax);
}

/** Drops what was removed. Call before formatting. */
export function cleanupGoMod(syntax: ModSyntax): void {
	cleanupSyntax(syntax);
}

/** Whether the version interval holds v. */
export function retracts(r: Retract, v: string): boolean {
	return compareSemver(r.low, v) <= 0 && compareSemver(v, r.high) <= 0;
}

/** Whether the go version (without "go") is at least `least`. */
export function goAtLeast(go: string, least: string): boolean {
	return compareGoVersion(go === "" ? "1.16" : go, least) >= 0;
}

/** Language version of a go.mod: "1.21" of "1.21.3"; 1.16 without a go line. */
export function languageVersion(go: string): string {
	const m = /^(\d+)\.(\d+)/.exec(go);
	return m === null ? "1.16" : `${m[1]}.${m[2]}`;
}

/** The go.mod that `mod init` writes. */
export function newGoMod(path: string, go: string): string {
	return `module ${quoteWord(path)}\n\ngo ${go}\n`;
}
