// The text of go.mod and go.work as lines of words with their comments: read, edited and printed so that what nobody touched
// stays (https://go.dev/ref/mod#go-mod-file-lexical). What the words mean is in gomod.ts and gowork.ts.

/** A line of words: a directive, or an entry of a block (then without the block's verb). */
export interface ModLine {
	/** Empty: removed, cleanup() drops it. Quoted strings keep their quotes. */
	words: string[];
	/** Whole-line comments above it, "" for a blank line. */
	before: string[];
	/** Comments at its end. */
	suffix: string[];
	/** 1-based. 0: made by an edit. */
	line: number;
	col: number;
}

/** A verb and "( … )". */
export interface ModBlock {
	verb: string[];
	lines: ModLine[];
	before: string[];
	/** After "(" and after ")". */
	openSuffix: string[];
	closeSuffix: string[];
	/** Comments between the last line and ")". */
	closeBefore: string[];
	line: number;
	col: number;
}

/** Comments that stand for themselves. */
export interface ModComments {
	comments: string[];
}

export type ModStatement = { kind: "line"; line: ModLine } | { kind: "block"; block: ModBlock } | { kind: "comments"; comments: string[] };

export interface ModSyntax {
	statements: ModStatement[];
}

export interface ModSyntaxError {
	line: number;
	col: number;
	msg: string;
}

interface Token {
	/** "word" and punctuation are words; "comment" fills its line, "suffix" follows something. */
	kind: "word" | "comment" | "suffix" | "newline" | "eof";
	text: string;
	line: number;
	col: number;
}

class Failure {
	readonly error: ModSyntaxError;
	constructor(error: ModSyntaxError) {
		this.error = error;
	}
}

const punctuation = "()[]{},";

function isWordChar(c: string): boolean {
	return c !== " " && !punctuation.includes(c) && !/[\p{Z}\p{C}]/u.test(c);
}

function tokenize(text: string): Token[] {
	const tokens: Token[] = [];
	let i = 0;
	let line = 1;
	let start = 0;
	let clean = true;
	const fail = (msg: string, at = i): never => {
		throw new Failure({ line, col: [...text.slice(start, at)].length + 1, msg });
	};
	const add = (kind: Token["kind"], from: number, to: number): void => {
		tokens.push({ kind, text: text.slice(from, to), line, col: [...text.slice(start, from)].length + 1 });
	};
	while (i < text.length) {
		const c = text[i];
		if (c === " " || c === "\t" || c === "\r") {
			i++;
			continue;
		}
		if (text.startsWith("//", i)) {
			let stop = text.indexOf("\n", i);
			if (stop < 0) stop = text.length;
			const end = text[stop - 1] === "\r" && stop < text.length ? stop - 1 : stop;
			add(clean ? "comment" : "suffix", i, end);
			i = stop + 1;
			line++;
			start = i;
			clean = true;
			continue;
		}
		if (text.startsWith("/*", i)) fail("mod files must use // comments (not /* */ comments)");
		if (c === "\n") {
			add("newline", i, i + 1);
			i++;
			line++;
			start = i;
			clean = true;
			continue;
		}
		clean = false;
		const from = i;
		if (punctuation.includes(c)) {
			i++;
		} else if (c === '"' || c === "`") {
			for (i++; text[i] !== c; i++) {
				if (i >= text.length) fail("unexpected EOF in string", from);
				if (text[i] === "\n") fail("unexpected newline in string");
				if (text[i] === "\\" && c === '"') i++;
			}
			i++;
		} else {
			for (;;) {
				const rune = i < text.length ? String.fromCodePoint(text.codePointAt(i) as number) : " ";
				if (!isWordChar(rune) || text.startsWith("//", i)) break;
				if (text.startsWith("/*", i)) fail("mod files must use // comments (not /* */ comments)");
				i += rune.length;
			}
			if (i === from) {
				const code = text.codePointAt(i) as number;
				fail(
					`unexpected input character ${code < 32 || code === 127 ? `'\\x${code.toString(16).padStart(2, "0")}'` : `'${String.fromCodePoint(code)}'`}`,
				);
			}
		}
		add("word", from, i);
	}
	tokens.push({ kind: "eof", text: "", line, col: text.length - start + 1 });
	return tokens;
}

class Parser {
	private readonly tokens: Token[];
	private readonly name: string;
	private at = 0;

	constructor(name: string, tokens: Token[]) {
		this.name = name;
		this.tokens = tokens;
	}

	private get tok(): Token {
		return this.tokens[this.at];
	}

	private ends(t: Token): boolean {
		return t.kind === "eof" || t.kind === "newline" || t.kind === "suffix";
	}

	file(): ModSyntax {
		const statements: ModStatement[] = [];
		let pending: string[] = [];
		const flush = (): void => {
			if (pending.length > 0) statements.push({ kind: "comments", comments: pending });
			pending = [];
		};
		for (;;) {
			const t = this.tok;
			if (t.kind === "eof") {
				flush();
				return { statements };
			}
			if (t.kind === "newline") {
				this.at++;
				flush();
			} else if (t.kind === "comment") {
				this.at++;
				pending.push(t.text.trim());
			} else {
				const s = this.statement();
				if (s.kind === "line") s.line.before = pending;
				else s.block.before = pending;
				pending = [];
				statements.push(s);
			}
		}
	}

	private statement(): { kind: "line"; line: ModLine } | { kind: "block"; block: ModBlock } {
		const first = this.tok;
		for (let i = this.at; !this.ends(this.tokens[i]); i++) {
			if (this.tokens[i].text !== "(" || i === this.at) continue;
			if (this.ends(this.tokens[i + 1])) return { kind: "block", block: this.block(first, i) };
			if (this.tokens[i + 1].text === ")" && this.ends(this.tokens[i + 2])) return { kind: "block", block: this.emptyBlock(first, i) };
		}
		return { kind: "line", line: this.line() };
	}

	/** The words up to the end of the line, and the comment there. */
	private line(): ModLine {
		const first = this.tok;
		const words: string[] = [];
		while (!this.ends(this.tok)) words.push(this.tokens[this.at++].text);
		return { words, before: [], suffix: this.lineEnd(), line: first.line, col: first.col };
	}

	private lineEnd(): string[] {
		const t = this.tok;
		if (t.kind !== "eof") this.at++;
		return t.kind === "suffix" ? [t.text.trim()] : [];
	}

	private newBlock(first: Token, open: number): ModBlock {
		const verb = this.tokens.slice(this.at, open).map((t) => t.text);
		return { verb, lines: [], before: [], openSuffix: [], closeSuffix: [], closeBefore: [], line: first.line, col: first.col };
	}

	private emptyBlock(first: Token, open: number): ModBlock {
		const block = this.newBlock(first, open);
		this.at = open + 2;
		block.closeSuffix = this.lineEnd();
		return block;
	}

	private block(first: Token, open: number): ModBlock {
		const block = this.newBlock(first, open);
		this.at = open + 1;
		block.openSuffix = this.lineEnd();
		let comments: string[] = [];
		for (;;) {
			const t = this.tok;
			if (t.kind === "eof") {
				throw new Failure({
					line: t.line,
					col: t.col,
					msg: `syntax error (unterminated block started at ${this.name}:${first.line}:${first.col})`,
				});
			}
			if (t.kind === "newline") {
				this.at++;
				// A blank line is kept as an empty comment, except before the first line.
				if (comments.length === 0 ? block.lines.length > 0 : comments[comments.length - 1] !== "") comments.push("");
			} else if (t.kind === "comment") {
				this.at++;
				comments.push(t.text.trim());
			} else if (t.text === ")") {
				this.at++;
				if (!this.ends(this.tok)) {
					throw new Failure({ line: this.tok.line, col: this.tok.col, msg: "syntax error (expected newline after closing paren)" });
				}
				block.closeBefore = comments.length === 1 && comments[0] === "" ? [] : comments;
				block.closeSuffix = this.lineEnd();
				return block;
			} else {
				const line = this.line();
				line.before = comments;
				comments = [];
				block.lines.push(line);
			}
		}
	}
}

/** Reads a file; the first error ends it. name is used in messages that name a second place. */
export function parseModSyntax(name: string, text: string): { syntax: ModSyntax; error: ModSyntaxError | null } {
	try {
		return { syntax: new Parser(name, tokenize(text)).file(), error: null };
	} catch (err) {
		if (err instanceof Failure) return { syntax: { statements: [] }, error: err.error };
		throw err;
	}
}

function joinWords(words: readonly string[]): string {
	let out = "";
	let sep = "";
	for (const w of words) {
		if (w === "," || w === ")" || w === "]" || w === "}") sep = "";
		out += sep + w;
		sep = w === "(" || w === "[" || w === "{" ? "" : " ";
	}
	return out;
}

/** The canonical text. */
export function formatModSyntax(syntax: ModSyntax): string {
	const out: string[] = [];
	const push = (indent: string, text: string, suffix: readonly string[] = []): void => {
		const rows = suffix.length === 0 ? [text] : [`${text} ${suffix[0]}`, ...suffix.slice(1)];
		for (const row of rows) {
			const full = row === "" ? "" : (indent + row).trimEnd();
			if (full !== "" || (out.length > 0 && out[out.length - 1] !== "")) out.push(full);
		}
	};
	syntax.statements.forEach((s, i) => {
		if (s.kind === "comments") {
			for (const c of s.comments) push("", c);
		} else if (s.kind === "line") {
			for (const c of s.line.before) push("", c);
			push("", joinWords(s.line.words), s.line.suffix);
		} else {
			const b = s.block;
			for (const c of b.before) push("", c);
			push("", `${joinWords(b.verb)} (`, b.openSuffix);
			for (const l of b.lines) {
				for (const c of l.before) push("\t", c);
				push("\t", joinWords(l.words), l.suffix);
			}
			for (const c of b.closeBefore) push("\t", c);
			push("", ")", b.closeSuffix);
		}
		if (i + 1 < syntax.statements.length) push("", "");
	});
	while (out.length > 0 && out[out.length - 1] === "") out.pop();
	return out.length === 0 ? "" : `${out.join("\n")}\n`;
}

/** An entry of the file: its line, the block around it, and its words without the verb. */
export interface ModEntry {
	line: ModLine;
	block: ModBlock | null;
	args: string[];
}

/** The entries of a verb in the file's order. */
export function entriesOf(syntax: ModSyntax, verb: string): ModEntry[] {
	const out: ModEntry[] = [];
	for (const s of syntax.statements) {
		if (s.kind === "line" && s.line.words[0] === verb) out.push({ line: s.line, block: null, args: s.line.words.slice(1) });
		if (s.kind === "block" && s.block.verb.length === 1 && s.block.verb[0] === verb)
			for (const line of s.block.lines) if (line.words.length > 0) out.push({ line, block: s.block, args: line.words });
	}
	return out;
}

export function newModLine(words: string[], suffix: string[] = []): ModLine {
	return { words, before: [], suffix, line: 0, col: 0 };
}

export function newModBlock(verb: string): ModBlock {
	return { verb: [verb], lines: [], before: [], openSuffix: [], closeSuffix: [], closeBefore: [], line: 0, col: 0 };
}

/** Turns a single-line directive into a block of one line and gives the block. */
export function toBlock(syntax: ModSyntax, index: number): ModBlock {
	const s = syntax.statements[index];
	if (s.kind === "block") return s.block;
	if (s.kind === "comments") throw new Error("toBlock: comments");
	const block = newModBlock(s.line.words[0]);
	s.line.words = s.line.words.slice(1);
	block.lines.push(s.line);
	syntax.statements[index] = { kind: "block", block };
	return block;
}

/** Index of the statement that holds the line, -1 when none does. */
export function statementOf(syntax: ModSyntax, line: ModLine): number {
	return syntax.statements.findIndex((s) => (s.kind === "line" && s.line === line) || (s.kind === "block" && s.block.lines.includes(line)));
}

/**
 * Adds an entry. With a hint of the same verb it goes after the hint, into its block (made when need be); with a hint of another verb, after
 * the hint's statement; without one, to the end of the verb's last statement, or of the file.
 */
export function addEntry(syntax: ModSyntax, verb: string, args: string[], hint: ModLine | null = null): ModLine {
	const list = syntax.statements;
	const verbOf = (s: ModStatement): string => (s.kind === "line" ? s.line.words[0] : s.kind === "block" ? s.block.verb[0] : "");
	let at = hint === null ? -1 : statementOf(syntax, hint);
	let after = hint;
	if (at < 0) {
		after = null;
		at = list.findLastIndex((s) => verbOf(s) === verb);
	}
	if (at < 0 || verbOf(list[at]) !== verb) {
		const line = newModLine([verb, ...args]);
		list.splice(at < 0 ? list.length : at + 1, 0, { kind: "line", line });
		return line;
	}
	const block = toBlock(syntax, at);
	const line = newModLine(args);
	const index = after === null ? -1 : block.lines.indexOf(after);
	block.lines.splice(index < 0 ? block.lines.length : index + 1, 0, line);
	return line;
}

/** Gives an entry other words behind its verb. */
export function setArgs(entry: ModEntry, args: string[]): void {
	entry.line.words = entry.block === null ? [entry.line.words[0], ...args] : args;
}

/** Marks a line for cleanup(). */
export function removeLine(line: ModLine): void {
	line.words = [];
	line.suffix = [];
}

/** Drops removed lines and empty blocks; a block of one line becomes a line. */
export function cleanupSyntax(syntax: ModSyntax): void {
	const kept: ModStatement[] = [];
	for (const s of syntax.statements) {
		if (s.kind === "line" && s.line.words.length === 0) continue;
		if (s.kind === "block") {
			const b = s.block;
			b.lines = b.lines.filter((l) => l.words.length > 0);
			if (b.lines.length === 0) continue;
			if (b.lines.length === 1 && b.closeBefore.length === 0) {
				const line = b.lines[0];
				line.words = [...b.verb, ...line.words];
				line.before = [...b.before, ...line.before];
				kept.push({ kind: "line", line });
				continue;
			}
		}
		kept.push(s);
	}
	syntax.statements = kept;
}

/** Whether a word must be quoted to be one word. */
function mustQuote(s: string): boolean {
	if (s === "" || s.includes("//") || s.includes("/*")) return true;
	for (const c of s) {
		if (" \"'`".includes(c) || (punctuation.includes(c) && s.length > 1) || /[\p{Z}\p{C}]/u.test(c)) return true;
	}
	return false;
}

export function quoteWord(s: string): string {
	return mustQuote(s) ? JSON.stringify(s) : s;
}

/** The string that a word stands for, or null when it is not one. */
export function unquoteWord(word: string): string | null {
	if (word.startsWith("`")) return null;
	if (word.startsWith('"')) {
		const body = word.slice(1, -1);
		let bad = false;
		const simple: Readonly<Record<string, string>> = {
			a: "\x07",
			b: "\b",
			f: "\f",
			n: "\n",
			r: "\r",
			t: "\t",
			v: "\v",
			"\\": "\\",
			'"': '"',
		};
		const text = body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.|$)/gu, (_, e: string) => {
			if (/^[xu]./.test(e)) return String.fromCharCode(Number.parseInt(e.slice(1), 16));
			if (/^[0-7]{3}$/.test(e)) return String.fromCharCode(Number.parseInt(e, 8));
			if (!Object.hasOwn(simple, e)) bad = true;
			return simple[e] ?? "";
		});
		return bad ? null : text;
	}
	return /["'`]/.test(word) ? null : word;
}
