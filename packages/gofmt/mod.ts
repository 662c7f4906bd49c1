// Formats Go source as gofmt does. See README.md.

import { type Diagnostic, formatDiagnostics, Interner, SourceSet } from "#base";
import { type File, NodeIds, parseFile } from "#syntax";
import { align } from "./align.ts";
import { Extent } from "./extent.ts";
import { newFormatter } from "./formatter.ts";
import { sortImports } from "./imports.ts";
import { Tokens } from "./tokens.ts";

export interface Formatted {
	/** null when the source has syntax errors. */
	text: Uint8Array | null;
	/** "file:line:col: text". */
	errors: string[];
}

interface Parsed {
	tree: File;
	tokens: Tokens;
	extent: Extent;
	errors: string[];
}

/** text: a character per byte. */
function parse(name: string, text: string): Parsed {
	const src = new Uint8Array(Buffer.from(text, "latin1"));
	const set = new SourceSet();
	const file = set.add(name, src);
	const list: Diagnostic[] = [];
	const tree = parseFile(new NodeIds(), file, new Interner(), (d) => d.code === "SyntaxError" && list.push(d), {
		origin: "runtime",
		lazyBodies: false,
	});
	const tokens = new Tokens(src, text);
	return { tree, tokens, extent: new Extent(tokens, file.base), errors: list.length === 0 ? [] : formatDiagnostics(set, list, 10) };
}

/** Formats a file. */
export function formatSource(name: string, source: Uint8Array): Formatted {
	const text = Buffer.from(source.buffer, source.byteOffset, source.length).toString("latin1");
	const clean = text.replaceAll("\r", "").replace(/^\u00ef\u00bb\u00bf/, "");
	let parsed = parse(name, clean);
	if (parsed.errors.length > 0) return { text: null, errors: parsed.errors };
	const sorted = sortImports(parsed.tokens, parsed.extent, parsed.tree);
	if (sorted !== clean) parsed = parse(name, sorted);
	const out = align(newFormatter(parsed.tokens, parsed.extent).file(parsed.tree));
	return { text: Buffer.from(out, "latin1"), errors: [] };
}
