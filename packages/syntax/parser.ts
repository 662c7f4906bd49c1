// Parsing of files: whole, with function bodies left for later, or imports only.

import type { Diagnostic, Interner, Report, SourceFile } from "#base";
import { type Origin, Parser } from "./core.ts";
import { declarations, makeFile, packageClause } from "./decls.ts";
import { type Block, type Directive, File, type FuncDecl, Kind, Name, type NodeIds } from "./nodes.ts";
import { header } from "./header.ts";
import { type BadByte, badBytes } from "./scanner.ts";
import { skipRest } from "./skip.ts";
import { funcBody } from "./stmts.ts";

export interface ParseOptions {
	/** Skip function bodies; bodyOf parses them on first use, and only then reports the errors in them. */
	lazyBodies: boolean;
	/** Report every syntax error; by default only the first of a line, as gc does. */
	allErrors?: boolean;
	/** Some directives are for the runtime or the standard library only: whose file this is. By default none is refused. */
	origin?: Origin;
}

/** What is needed to parse a skipped body: the arguments of the parseFile that skipped it. */
export interface ParseContext {
	ids: NodeIds;
	file: SourceFile;
	interner: Interner;
	report: Report;
}

/**
 * Parses a file. Errors go to report, and what could be parsed is returned: with an error in the package clause a file
 * without declarations. `//line` directives are recorded in file.directives.
 */
export function parseFile(ids: NodeIds, file: SourceFile, interner: Interner, report: Report, opt: ParseOptions): File {
	const directives: Directive[] = [];
	const p = new Parser({ ids, file, interner, report, allErrors: opt.allErrors ?? false, origin: opt.origin ?? "runtime" }, 0, directives);
	p.lazyBodies = opt.lazyBodies;
	let pos = file.base;
	const name = begin(p, () => {
		pos = p.pos();
		return packageClause(p);
	});
	if (name === null) return new File(ids, pos, new Name(ids, pos, "_"), [], file.base + file.src.length, p.goVersion, directives);
	return makeFile(p, pos, name, declarations(p));
}

/**
 * Parses the package clause and the imports, and records the directives: all that loading a package needs. Errors are worded as
 * the go command words them when it loads packages.
 */
export function parseImports(ids: NodeIds, file: SourceFile, interner: Interner, report: Report): File {
	const directives: Directive[] = [];
	const errors: Diagnostic[] = [];
	const p = new Parser({ ids, file, interner, report: (d) => errors.push(d), allErrors: true, origin: "header" }, 0, directives);
	let pos = file.base;
	const read = begin(p, () => {
		pos = p.pos();
		return header(p);
	});
	// the token after the header was scanned, but what is wrong with it is none of its errors
	for (const d of errors) if (read === null || d.pos < file.base + p.prevEnd || d.pos === p.pos()) report(d);
	if (read === null) return new File(ids, pos, new Name(ids, pos, "_"), [], file.base + file.src.length, p.goVersion, directives);
	const { name, decls } = read;
	// go:embed stands anywhere in files that import "embed"
	if (decls.some((d) => d.kind === Kind.ImportDecl && d.path.text.slice(1, -1) === "embed")) skipRest(p);
	return makeFile(p, pos, name, decls);
}

/**
 * Goes to the first token and reads what `first` reads. Bytes that are wrong wherever they stand were looked for in one sweep
 * before; they are reported as far as the scanner came, and like all errors in the package clause they end the parse there.
 */
function begin<R>(p: Parser, first: (p: Parser) => R | null): R | null {
	const bad = isClean(p.src) ? [] : badBytes(p.src);
	let next = 0;
	const reportTo = (end: number): boolean => {
		const from = next;
		for (; next < bad.length && (bad[next] as BadByte).offset < end; next++)
			p.errorAt((bad[next] as BadByte).offset, (bad[next] as BadByte).msg);
		return next > from;
	};
	p.top = true;
	p.next();
	reportTo(p.end);
	const result = first(p);
	if (reportTo(p.end) || result === null) return null;
	if (p.origin !== "header") reportTo(p.src.length);
	return result;
}

/** The body of a function, parsed now if it was skipped; null if it has none. Errors in it are reported once. */
export function bodyOf(ctx: ParseContext, decl: FuncDecl): Block | null {
	if (decl.body !== null || !decl.hasBody) return decl.body;
	const p = new Parser({ ...ctx, allErrors: false, origin: "header" }, decl.bodyStart, null);
	p.limit = decl.bodyEnd + 1;
	p.next();
	decl.body = funcBody(p);
	return decl.body;
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/** Whether the text is well-formed UTF-8 without NUL and without a byte order mark behind its start. */
function isClean(src: Uint8Array): boolean {
	if (src.includes(0)) return false;
	if (isAscii(src)) return true;
	if (src.indexOf(0xef, 1) >= 0) return false; // maybe a byte order mark
	try {
		strictDecoder.decode(src);
		return true;
	} catch {
		return false;
	}
}

function isAscii(src: Uint8Array): boolean {
	const head = Math.min(-src.byteOffset & 3, src.length);
	const words = new Int32Array(src.buffer, src.byteOffset + head, (src.length - head) >> 2);
	let bits = 0;
	for (let i = 0; i < head; i++) bits |= src[i] as number;
	for (let i = 0; i < words.length; i++) bits |= words[i] as number;
	for (let i = head + words.length * 4; i < src.length; i++) bits |= src[i] as number;
	return (bits & 0x80808080) === 0;
}
