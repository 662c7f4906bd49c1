// Shared by the tests: parsing of snippets, GOROOT, comments with positions.

import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Diagnostic, Interner, type Pos, type SourceFile, SourceSet } from "#base";
import { type File, NodeIds, parseFile, type ParseOptions } from "../mod.ts";
import { Scanner } from "../scanner.ts";
import * as T from "../tokens.ts";

/** A GOROOT with sources: $GOROOT, or where the `go` on PATH is; "" without one. */
export const goroot: string = findGoroot();

function findGoroot(): string {
	const candidates = [process.env.GOROOT ?? ""];
	for (const dir of (process.env.PATH ?? "").split(":"))
		if (existsSync(join(dir, "go"))) candidates.push(dirname(dirname(realpathSync(join(dir, "go")))));
	return candidates.find((d) => d !== "" && existsSync(join(d, "src/fmt"))) ?? "";
}

export interface Parsed {
	set: SourceSet;
	src: SourceFile;
	file: File;
	errors: Diagnostic[];
	ids: NodeIds;
	interner: Interner;
}

export function parse(text: string | Uint8Array, opt: ParseOptions = { lazyBodies: false, allErrors: true }, name = "x.go"): Parsed {
	const set = new SourceSet();
	const src = set.add(name, typeof text === "string" ? new TextEncoder().encode(text) : text);
	const errors: Diagnostic[] = [];
	const ids = new NodeIds();
	const interner = new Interner();
	const file = parseFile(ids, src, interner, (d) => errors.push(d), opt);
	return { set, src, file, errors, ids, interner };
}

/** Diagnostics as `line:col: message`, sorted by position. */
export function shown(p: Parsed): string[] {
	const sorted = [...p.errors].sort((a, b) => a.pos - b.pos);
	return sorted.map((d) => {
		const at = p.src.physical(d.pos);
		return `${at.line}:${at.col}: ${d.msg}`;
	});
}

class Tokens extends Scanner {
	override errorAt(): void {}
	override directive(): void {}
}

export interface Comment {
	text: string;
	/** Position of the comment, of the token before it (automatic semicolons not counted; 0 if none) and of the token after it. */
	pos: Pos;
	before: Pos;
	after: Pos;
}

/** The comments of a file, found in the gaps between its tokens. */
export function commentsOf(file: SourceFile): Comment[] {
	const s = new Tokens(file.src, new Interner(), 0);
	const found: Comment[] = [];
	const decoder = new TextDecoder();
	let before = 0;
	let from = 0;
	do {
		s.next();
		const automatic = s.tok === T.SEMI && s.name !== "semicolon";
		const gapEnd = automatic ? s.end : s.start;
		const gap = decoder.decode(file.src.subarray(from, gapEnd));
		for (const m of gap.matchAll(/\/\/[^\n]*|\/\*[^]*?\*\//g)) {
			const offset = from + new TextEncoder().encode(gap.slice(0, m.index)).length;
			found.push({ text: m[0], pos: file.base + offset, before, after: file.base + s.start });
		}
		from = automatic ? gapEnd : s.end;
		if (!automatic) before = file.base + s.start;
	} while (s.tok !== T.EOF);
	return found;
}

/** All .go files below a directory, testdata left out. */
export function goFiles(dir: string, skipTestdata = true): string[] {
	const out: string[] = [];
	const visit = (d: string): void => {
		for (const e of readdirSync(d, { withFileTypes: true })) {
			if (e.isDirectory()) {
				if (!skipTestdata || e.name !== "testdata") visit(join(d, e.name));
			} else if (e.name.endsWith(".go")) out.push(join(d, e.name));
		}
	};
	visit(dir);
	return out.sort();
}

/** A Go regular expression as a JavaScript one. */
export function goRegExp(rx: string): RegExp {
	return new RegExp(rx.replace(/^\(\?i\)/, ""), rx.startsWith("(?i)") ? "is" : "s");
}
