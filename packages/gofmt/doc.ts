// Doc comments in their canonical form (https://go.dev/doc/comment): headings, lists, code and link definitions have one spelling.

import type { Comment } from "./tokens.ts";

interface Block {
	text: string;
	/** An empty line comes before it. */
	apart: boolean;
}

type SpanKind = "code" | "heading" | "old heading" | "list" | "text";

function trim(s: string): string {
	return s.trim();
}

function indented(line: string): boolean {
	return line.startsWith(" ") || line.startsWith("\t");
}

/** What a list item begins with. */
function marker(line: string): { number: string; rest: string } | null {
	const m = /^(?:[•*+-]|(\d+)[.)])([ \t].*)$/su.exec(trim(line));
	return m === null || trim(m[2]) === "" ? null : { number: m[1] ?? "", rest: m[2] };
}

/** Without the white space that all lines share, and without empty lines around. */
function unindent(lines: readonly string[]): string[] {
	const kept = [...lines];
	while (kept.length > 0 && kept[0] === "") kept.shift();
	while (kept.length > 0 && kept[kept.length - 1] === "") kept.pop();
	let prefix: string | null = null;
	for (const line of kept) {
		if (line === "") continue;
		const space = (/^[ \t]*/.exec(line) as RegExpExecArray)[0];
		if (prefix === null) prefix = space;
		let n = 0;
		while (n < prefix.length && prefix[n] === space[n]) n++;
		prefix = prefix.slice(0, n);
	}
	const out = kept.map((l) => (trim(l) === "" ? "" : l.startsWith(prefix ?? "") ? l.slice((prefix ?? "").length) : l));
	while (out.length > 0 && out[0] === "") out.shift();
	while (out.length > 0 && out[out.length - 1] === "") out.pop();
	return out;
}

/** A line that was a heading before there was a syntax for it. */
function isOldHeading(lines: readonly string[], i: number): boolean {
	if (i <= 0 || lines[i - 1] !== "" || i + 2 >= lines.length || lines[i + 1] !== "" || indented(lines[i + 2])) return false;
	const line = trim(lines[i]);
	if (!/^\p{Lu}/u.test(line) || !/[\p{L}\p{Nd}]$/u.test(line) || /[;:!?+*/=[\]{}_^°&§~%#@<">\\]/.test(line)) return false;
	return !/'(?!s(?: |$))/.test(line) && !/\.(?: |$)/.test(line);
}

function isHeading(line: string): boolean {
	return /^#[ \t]/.test(line) && trim(line) !== "#";
}

interface Span {
	start: number;
	end: number;
	kind: SpanKind;
}

/** Splits lines into spans. Lists and code that follow text without an empty line may begin on an unindented line. */
function spansOf(lines: readonly string[]): Span[] {
	const out: Span[] = [];
	let i = 0;
	// Lines up to this one count as indented.
	let forced = 0;
	const isItem = (k: number): boolean => marker(lines[k]) !== null;
	while (i < lines.length) {
		if (lines[i] === "") {
			i++;
			continue;
		}
		const start = i;
		let end: number;
		let kind: SpanKind;
		if (i < forced || indented(lines[i])) {
			let looseItems = isItem(i) && i < forced;
			for (i++; i < lines.length && (lines[i] === "" || i < forced || indented(lines[i]) || (looseItems && isItem(i))); i++)
				if (lines[i] === "") looseItems = false;
			end = i;
			while (end > start && lines[end - 1] === "") end--;
			if (end < lines.length && lines[end].startsWith("}")) end++;
			kind = isItem(start) ? "list" : "code";
		} else {
			for (i++; i < lines.length && lines[i] !== "" && !indented(lines[i]); i++);
			end = i;
			if (i < lines.length && lines[i] !== "" && !isItem(i)) {
				if (isItem(i - 1)) {
					forced = end;
					end--;
					while (end > start && isItem(end - 1)) end--;
				} else if (/[{\\]$/.test(lines[i - 1])) {
					forced = end;
					end--;
				}
				if (start === end && forced > start) {
					i = start;
					continue;
				}
			}
			const single = end - start === 1;
			kind = single && isHeading(lines[start]) ? "heading" : single && isOldHeading(lines, start) ? "old heading" : "text";
		}
		out.push({ start, end, kind });
		i = end;
	}
	return out;
}

/** Typewriter quotes become quotation marks, except in addresses. */
function quotes(text: string): string {
	return text.replace(/\b(?:file|ftp|gopher|https?|mailto|nntp):\/\/\S+|`{3,}|``|''/g, (m) => (m === "``" ? "“" : m === "''" ? "”" : m));
}

interface LinkDef {
	text: string;
	url: string;
	used: boolean;
}

function linkDef(line: string): LinkDef | null {
	const m = /^\[(.*?)\]:[ \t](.+)$/s.exec(line);
	if (m === null) return null;
	const url = trim(m[2]);
	return /^(?:file|ftp|gopher|http|https|mailto|nntp):\/\//.test(url) ? { text: m[1], url, used: false } : null;
}

class Doc {
	readonly blocks: Block[] = [];
	private readonly defs: LinkDef[] = [];
	private readonly texts: string[] = [];

	constructor(lines: readonly string[]) {
		let before = 0;
		for (const s of spansOf(lines)) {
			const part = lines.slice(s.start, s.end);
			if (s.kind === "list") this.list(part, before < s.start);
			else if (s.kind === "code") this.add(unindent(part).map((l) => (l === "" ? "" : `\t${l}`)));
			else if (s.kind === "heading") this.add([`# ${trim(part[0].slice(1))}`]);
			else if (s.kind === "old heading") this.add([`# ${trim(part[0])}`]);
			else {
				const text = this.paragraph(part);
				if (text !== null) this.add([text]);
			}
			before = s.end;
		}
	}

	private add(lines: readonly string[], apart = true): void {
		this.blocks.push({ text: `${lines.join("\n")}\n`, apart });
	}

	/** null: the lines only define links. */
	private paragraph(lines: readonly string[]): string | null {
		const defs = lines.map(linkDef);
		if (defs.every((d) => d !== null)) {
			this.defs.push(...defs);
			return null;
		}
		const text = lines.join("\n");
		this.texts.push(text);
		return quotes(text);
	}

	private list(lines: readonly string[], after: boolean): void {
		const numbered = (marker(lines[0])?.number ?? "") !== "";
		const items: { number: string; texts: string[] }[] = [];
		let text: string[] = [];
		let loose = false;
		const flush = (): void => {
			const item = items[items.length - 1];
			if (item !== undefined) {
				const got = this.paragraph(text);
				if (got !== null && text.length > 0) item.texts.push(got);
				else if (text.length === 0) item.texts.push("");
			}
			text = [];
		};
		for (const line of lines) {
			const m = marker(line);
			let rest = line;
			if (m !== null && (m.number !== "") === numbered) {
				if (items.length > 0 && text.length > 0) flush();
				items.push({ number: m.number, texts: [] });
				rest = m.rest;
			}
			if (trim(rest) === "") {
				loose = true;
				if (text.length > 0) flush();
				continue;
			}
			text.push(trim(rest));
		}
		if (text.length > 0) flush();
		loose ||= items.some((i) => i.texts.length !== 1);
		const out = items.map(({ number, texts }) => {
			const lead = number === "" ? "  - " : ` ${number}. `;
			return `${lead}${texts.map((t) => t.replaceAll("\n", "\n    ")).join("\n\n    ")}`;
		});
		this.add([out.join(loose ? "\n\n" : "\n")], after || loose);
	}

	private markUsed(): void {
		const first = new Map<string, LinkDef>();
		for (const d of this.defs) if (!first.has(d.text)) first.set(d.text, d);
		for (const t of this.texts)
			for (const m of t.matchAll(/\[([^[\]]*)\]/g)) {
				const def = first.get(m[1].replace(/[\n\t]/g, " "));
				if (def !== undefined) def.used = true;
			}
	}

	print(): string {
		let out = "";
		this.blocks.forEach((b, i) => {
			out += `${i > 0 && b.apart ? "\n" : ""}${b.text}`;
		});
		this.markUsed();
		for (const used of [true, false]) {
			const defs = this.defs.filter((d) => d.used === used);
			if (defs.length > 0) out += `\n${defs.map((d) => `[${d.text}]: ${d.url}\n`).join("")}`;
		}
		return out;
	}
}

/** Whether "//" followed by this is an instruction for a tool. */
function isDirective(text: string): boolean {
	return /^(?:line |extern |export |[a-z0-9]+:[a-z0-9])/.test(text);
}

function decode(text: string): string {
	return Buffer.from(text, "latin1").toString("utf8");
}

function encode(text: string): string {
	return Buffer.from(text, "utf8").toString("latin1");
}

function canonical(text: string): string | null {
	const decoded = decode(text);
	return encode(decoded) === text ? encode(new Doc(unindent(decoded.split("\n"))).print()) : null;
}

/** The comments of a documented declaration as they should be; texts have a character per byte. Instructions come last. */
export function formatDoc(list: Comment[]): Comment[] {
	const [first] = list;
	const at = (text: string): Comment => ({ start: first.start, end: first.end, text });
	if (list.length === 1 && first.text.startsWith("/*")) {
		if (!first.text.includes("\n") || /^[^\n]*(?:\n[ \t]*(?:\*[^\n]*)?)*$/.test(first.text)) return list;
		const text = canonical(first.text.slice(2, -2));
		return text === null ? list : [at(`/*\n${text}*/`)];
	}
	if (list.some((c) => !c.text.startsWith("//"))) return list;
	const directives = list.filter((c) => isDirective(c.text.slice(2)));
	const lines = list.filter((c) => !directives.includes(c)).map((c) => c.text.slice(2).replace(/^ /, ""));
	if (lines.length === 0) return list;
	const text = canonical(`${lines.join("\n")}\n`);
	if (text === null) return list;
	const out = text
		.split("\n")
		.slice(0, -1)
		.map((l) => at(l === "" ? "//" : l.startsWith("\t") ? `//${l}` : `// ${l}`));
	if (directives.length > 0) out.push(at("//"), ...directives.map((c) => at(c.text)));
	return out;
}
