// `//go:` directives: their arguments, where they may stand, which of them the
// file keeps.

import { fileVersionOf } from "./constraint.ts";
import type { Parser } from "./core.ts";
import type { Directive } from "./nodes.ts";

const decoder = new TextDecoder();

/** Directives that speak about the function declared next. */
const functionPragmas: ReadonlySet<string> = new Set([
	"noescape",
	"norace",
	"nosplit",
	"noinline",
	"nocheckptr",
	"registerparams",
	"cgo_unsafe_args",
	"uintptrkeepalive",
	"uintptrescapes",
	"systemstack",
	"nowritebarrier",
	"nowritebarrierrec",
	"yeswritebarrierrec",
]);

/** What is wrong with a directive before such a declaration; "" if nothing. */
export function misplaced(d: Directive, before: "none" | "package" | "func" | "var" | "other"): string {
	if (d.name === "embed") return before === "var" ? "" : "misplaced go:embed directive";
	if (d.name === "build") return before === "package" ? "" : "misplaced compiler directive";
	if (functionPragmas.has(d.name)) return before === "func" ? "" : "misplaced compiler directive";
	return "";
}

/**
 * The directive of the `//go:` comment src[start:end]. `lasting` ones go to File.directives. Null after an error, and for
 * directives that stand behind code.
 */
export function parseDirective(p: Parser, start: number, end: number): { directive: Directive; lasting: boolean } | null {
	const src = p.src;
	if (src[end - 1] === 13) end--;
	const text = decoder.decode(src.subarray(start + 5, end));
	const space = text.search(/[ \t]/);
	const name = space < 0 ? text : text.slice(0, space);
	if (p.top && name.startsWith("build")) {
		const version = fileVersionOf(`//go:${text}`);
		if (version !== null) p.goVersion = version;
	}
	const complain = (msg: string): null => {
		if (p.origin !== "header") p.remark(p.base + start + 2, "InvalidDirective", msg, false);
		return null;
	};
	if (!aloneOnLine(src, start)) return complain("misplaced compiler directive");
	const rest = space < 0 ? "" : text.slice(space);
	let args = rest.trim() === "" ? [] : rest.trim().split(/\s+/);
	if (name === "linkname" && (args.length < 1 || args.length > 2)) return complain("usage: //go:linkname localname [linkname]");
	if (name === "embed") {
		const patterns = embedPatterns(rest);
		if (typeof patterns === "string") return complain(patterns);
		if (patterns.length === 0) return complain("usage: //go:embed pattern...");
		args = patterns;
	} else if (name.startsWith("cgo_")) args = quotedFields(rest);
	const refused = refusal(p, text, name, args);
	if (refused !== "") complain(refused);
	const lasting = name === "linkname" || name === "embed" || name === "debug" || name.startsWith("cgo_");
	return { directive: { pos: p.base + start, name, args }, lasting };
}

const runtimeOnly: ReadonlySet<string> = new Set(["systemstack", "nowritebarrier", "nowritebarrierrec", "yeswritebarrierrec"]);

/** Why the file may not use the directive, or how it is used; "" if it may. */
function refusal(p: Parser, text: string, name: string, args: readonly string[]): string {
	if (runtimeOnly.has(name) && p.origin !== "runtime") return `//go:${name} only allowed in runtime`;
	if (p.origin === "user" && name === "uintptrkeepalive") return `//go:${name} is only allowed in the standard library`;
	if (!name.startsWith("cgo_")) return "";
	const base = p.file.name.slice(p.file.name.lastIndexOf("/") + 1);
	const allowed = p.origin !== "user" || base.startsWith("_cgo_");
	const quoted = args.map((a) => a.startsWith('"'));
	if (name === "cgo_import_dynamic" && args.length >= 3) {
		const lib = (args[2] as string).replace(/^"|"$/g, "");
		if (lib !== "" && !allowed && !/^[0-9A-Za-z._/\u0080-\uffff]/.test(lib))
			return `invalid library name ${JSON.stringify(lib)} in cgo_import_dynamic directive`;
	} else if (!allowed) return `//go:${text} only allowed in cgo-generated code`;
	const shape = quoted.map((q) => (q ? "q" : "p")).join("");
	switch (name) {
		case "cgo_export_static":
		case "cgo_export_dynamic":
			return /^pp?$/.test(shape) ? "" : `usage: //go:${name} local [remote]`;
		case "cgo_import_dynamic":
			return /^(p|pp|ppq)$/.test(shape) ? "" : `usage: //go:cgo_import_dynamic local [remote ["library"]]`;
		case "cgo_import_static":
			return shape === "p" ? "" : "usage: //go:cgo_import_static local";
		case "cgo_dynamic_linker":
			return shape === "q" ? "" : `usage: //go:cgo_dynamic_linker "path"`;
		case "cgo_ldflag":
			return shape === "q" ? "" : `usage: //go:cgo_ldflag "arg"`;
		default:
			return "";
	}
}

function aloneOnLine(src: Uint8Array, start: number): boolean {
	let i = start - 1;
	while (i >= 0 && (src[i] === 32 || src[i] === 9 || src[i] === 13)) i--;
	return i < 0 || src[i] === 10;
}

/** The patterns of a `//go:embed`, plain or quoted; a message if a quoted one is malformed. */
export function embedPatterns(text: string): string[] | string {
	const found: string[] = [];
	let rest = text.trim();
	while (rest !== "") {
		const first = rest[0];
		let piece: RegExpExecArray | null;
		if (first === "`") piece = /^`[^`]*`/.exec(rest);
		else if (first === '"') piece = /^"(?:[^"\\]|\\.)*"/.exec(rest);
		else piece = /^\S+/.exec(rest);
		if (piece === null) return `invalid quoted string in //go:embed: ${rest}`;
		const word = piece[0];
		const value = first === '"' ? unquote(word) : first === "`" ? word.slice(1, -1) : word;
		if (value === null) return `invalid quoted string in //go:embed: ${word}`;
		rest = rest.slice(word.length);
		if (rest !== "" && !/^\s/.test(rest)) return `invalid quoted string in //go:embed: ${rest}`;
		rest = rest.trim();
		found.push(value);
	}
	return found;
}

const escapes: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", '"': '"' };

/** The value of an interpreted string literal without byte escapes above ASCII; null if malformed. */
function unquote(literal: string): string | null {
	let out = "";
	for (let i = 1; i < literal.length - 1; i++) {
		const c = literal[i] as string;
		if (c !== "\\") {
			out += c;
			continue;
		}
		const e = literal[++i] as string;
		const simple = escapes[e];
		if (simple !== undefined) {
			out += simple;
			continue;
		}
		const digits = e === "x" ? 2 : e === "u" ? 4 : e === "U" ? 8 : 0;
		const code = digits > 0 ? literal.slice(i + 1, i + 1 + digits) : literal.slice(i, i + 3);
		if (digits > 0 ? !/^[0-9a-fA-F]+$/.test(code) || code.length !== digits : !/^[0-7]{3}$/.test(code)) return null;
		const value = Number.parseInt(code, digits > 0 ? 16 : 8);
		if (value > 0x10ffff) return null;
		out += String.fromCodePoint(value);
		i += digits > 0 ? digits : 2;
	}
	return out;
}

/** Fields separated by white space; a double-quoted region is a field of its own, quotes kept. */
function quotedFields(text: string): string[] {
	return text.match(/"[^"]*"|[^\s"]+/g) ?? [];
}
