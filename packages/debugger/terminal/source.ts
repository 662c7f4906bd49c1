// Listing source with colors, as Delve's terminal prints it.
import { readFileSync, statSync } from "node:fs";

export interface Palette {
	reset: string;
	keyword: string;
	string: string;
	number: string;
	comment: string;
	arrow: string;
	tab: string;
	line: string;
}

const color = (n: number): string => `\x1b[${n}m`;

export const PALETTE: Palette = {
	reset: color(0),
	keyword: color(0),
	string: color(32),
	number: color(0),
	comment: color(95),
	arrow: color(33),
	tab: color(90),
	line: color(34),
};

const KEYWORDS = new Set(
	"break case chan const continue default defer else fallthrough for func go goto if import interface map package return select struct switch type var".split(
		" ",
	),
);

type Style = "reset" | "keyword" | "string" | "number" | "comment" | "tab";

/** The pieces of a source text that are colored. */
function pieces(text: string): { style: Style; text: string }[] {
	const re =
		/\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\p{L}_][\p{L}\p{N}_]*|\.?\d(?:[\w.]|(?<=[eEpP])[+-])*/gu;
	const out: { style: Style; text: string }[] = [];
	let at = 0;
	for (let m = re.exec(text); m !== null; m = re.exec(text)) {
		const t = m[0];
		const c = t[0] as string;
		let style: Style = "reset";
		if (t.startsWith("//") || t.startsWith("/*")) style = "comment";
		else if (c === '"' || c === "`" || c === "'") style = "string";
		else if (/[\d.]/.test(c)) style = "number";
		else if (KEYWORDS.has(t)) style = "keyword";
		if (style === "reset") continue;
		if (m.index > at) out.push({ style: "reset", text: text.slice(at, m.index) });
		out.push({ style, text: t });
		at = m.index + t.length;
	}
	if (at < text.length) out.push({ style: "reset", text: text.slice(at) });
	return out;
}

/** Lines [from, to) of a text, the arrow before one of them; plain without a palette. */
export function renderSource(
	text: string,
	isGo: boolean,
	from: number,
	to: number,
	arrow: number,
	palette: Palette | null,
	tab: string,
): string {
	let out = "";
	let line = 1;
	let current: Style = "reset";
	let started = false;
	const visible = (): boolean => line >= from && line < to;
	const escape = (s: Style): string => (palette === null ? "" : palette[s] === "" ? palette.reset : palette[s]);
	const begin = (): void => {
		out += `${palette?.arrow ?? ""}${line === arrow ? "=>" : "  "}${palette?.line ?? ""}${String(line).padStart(4)}:\t${escape(current)}`;
	};
	const write = (style: Style, s: string): void => {
		if (!visible()) return;
		if (!started) {
			started = true;
			current = style;
			begin();
		} else if (style !== current) {
			current = style;
			out += escape(style);
		}
		out += s;
	};
	const list = isGo ? pieces(text) : [{ style: "reset" as Style, text }];
	for (const p of list) {
		for (const part of p.text.split(/(\n|\t)/)) {
			if (part === "") continue;
			if (part === "\t") {
				// What comes before a tab sets the color, even when it is nothing.
				write(p.style, "");
				write("tab", tab);
			}
			if (part === "\n") {
				write(p.style, "\n");
				line++;
				if (visible() && started && line <= lastLine(text)) begin();
			} else if (part !== "\t") write(p.style, part);
		}
	}
	if (started && current !== "reset" && palette !== null) out += palette.reset;
	return out.endsWith("\n") || out === "" ? out : `${out}\n`;
}

function lastLine(text: string): number {
	let n = 1;
	for (let i = 0; i < text.length - 1; i++) if (text[i] === "\n") n++;
	return n;
}

/** A listing around a line of a file; throws Error with the system's words when it cannot be read. */
export function listFile(
	path: string,
	line: number,
	arrow: boolean,
	count: number,
	palette: Palette | null,
	tab: string,
	built: Date | null,
): string {
	let text: string;
	let changed: Date;
	try {
		text = readFileSync(path, "utf8");
		changed = statSync(path).mtime;
	} catch {
		throw new Error(`open ${path}: no such file or directory`);
	}
	const stale = built !== null && changed > built ? "Warning: listing may not match stale executable\n" : "";
	return stale + renderSource(text, path.endsWith(".go"), line - count, line + count + 1, arrow ? line : 0, palette, tab);
}
