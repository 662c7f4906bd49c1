// Flags in the go command's style: -name, --name, -name=value, -name value;
// boolean flags take a value only with "=". Parsing stops at the first argument
// that is not a flag, or after "--".

import type { Overlay } from "#build/overlay";

export interface FlagSpec {
	/** Boolean flags need no value, `fields` flags have one only behind "=". `list` flags may be repeated. */
	type: "bool" | "string" | "int" | "list" | "fields";
	/** One line for help; "" hides the flag. */
	help: string;
	/** Known to `go`, but not to us yet: using it is an error that says so. */
	missing?: boolean;
	/** Why tsugo does not take it. */
	refused?: string;
	/** Value of the flag alone, without "=": it takes no further argument. */
	optional?: string;
}

export interface ParsedFlags {
	bools: Map<string, boolean>;
	strings: Map<string, string>;
	lists: Map<string, string[]>;
	args: string[];
	/** -overlay, in force. */
	overlay?: Overlay;
}

export class FlagError extends Error {}

/** Edit distance, for suggestions. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
		}
		row = next;
	}
	return row[b.length];
}

/** The closest of names to word, if it is close enough to be meant. */
export function didYouMean(word: string, names: Iterable<string>): string {
	let best = "";
	let bestDistance = Math.min(3, Math.max(1, Math.floor(word.length / 2) + 1));
	for (const name of names) {
		const d = distance(word, name);
		if (d < bestDistance) {
			best = name;
			bestDistance = d;
		}
	}
	return best;
}

/** Parses args by specs; throws FlagError with the go command's wording. */
export function parseFlags(specs: Readonly<Record<string, FlagSpec>>, args: readonly string[], into?: ParsedFlags): ParsedFlags {
	const out: ParsedFlags = into ?? { bools: new Map(), strings: new Map(), lists: new Map(), args: [] };
	let i = 0;
	for (; i < args.length; i++) {
		const arg = args[i];
		if (arg === "--") {
			i++;
			break;
		}
		if (!arg.startsWith("-") || arg === "-") break;
		const body = arg.replace(/^--?/, "");
		const eq = body.indexOf("=");
		const name = eq < 0 ? body : body.slice(0, eq);
		const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
		if (spec === undefined) {
			const near = didYouMean(name, Object.keys(specs));
			throw new FlagError(`flag provided but not defined: -${name}${near === "" ? "" : `\nDid you mean -${near}?`}`);
		}
		if (spec.refused !== undefined && !(spec.type === "bool" && /^(0|f|F|false|FALSE|False)$/.test(body.slice(eq + 1)) && eq >= 0))
			throw new FlagError(`flag -${name} is not supported: ${spec.refused}`);
		if (spec.missing) throw new FlagError(`flag -${name} is not supported by tsugo yet`);
		if (spec.type === "bool") {
			out.bools.set(name, parseBool(name, eq < 0 ? "true" : body.slice(eq + 1)));
			continue;
		}
		if (spec.optional !== undefined && eq < 0) {
			out.strings.set(name, spec.optional);
			continue;
		}
		if (spec.type === "fields") {
			const value = eq < 0 ? "true" : body.slice(eq + 1);
			if (value === "false") out.strings.delete(name);
			else out.strings.set(name, value === "true" ? "" : value);
			continue;
		}
		if (eq < 0 && i + 1 >= args.length) throw new FlagError(`flag needs an argument: -${name}`);
		const value = eq < 0 ? args[++i] : body.slice(eq + 1);
		if (spec.type === "int" && !/^[+-]?\d+$/.test(value)) {
			throw new FlagError(`invalid value ${JSON.stringify(value)} for flag -${name}: parse error`);
		}
		if (spec.type === "list") out.lists.set(name, [...(out.lists.get(name) ?? []), value]);
		else out.strings.set(name, value);
	}
	out.args = args.slice(i);
	return out;
}

function parseBool(name: string, text: string): boolean {
	if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
	if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
	throw new FlagError(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`);
}

/** Splits a flag value such as -gcflags into words; single and double quotes group, as in the go command. */
export function splitQuoted(text: string): string[] {
	const words: string[] = [];
	let rest = text.trimStart();
	while (rest !== "") {
		const quote = rest[0];
		if (quote === '"' || quote === "'") {
			const stop = rest.indexOf(quote, 1);
			if (stop < 0) throw new FlagError(`unterminated ${quote} string`);
			words.push(rest.slice(1, stop));
			rest = rest.slice(stop + 1).trimStart();
		} else {
			const m = /^\S+/.exec(rest) as RegExpExecArray;
			words.push(m[0]);
			rest = rest.slice(m[0].length).trimStart();
		}
	}
	return words;
}
