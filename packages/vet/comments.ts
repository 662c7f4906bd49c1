// Checks of comments: //go:build and +build lines (buildtag), //go:debug lines (directive).

import type { Pos, SourceFile } from "#base";
import { ConstraintError, parseConstraint } from "#syntax";

type Report = (pos: Pos, msg: string) => void;

interface CommentLine {
	/** With its slashes. */
	text: string;
	offset: number;
	/** Before the package clause. */
	header: boolean;
	/** At the left margin of a // comment (not inside of a block comment). */
	line: boolean;
}

const decoder = new TextDecoder();

/** The // comments of Go source, skipping literals and block comments. */
function lineComments(src: Uint8Array, packageAt: number): CommentLine[] {
	const out: CommentLine[] = [];
	for (let i = 0; i < src.length; ) {
		const c = src[i];
		if (c === 0x2f && src[i + 1] === 0x2f) {
			let end = src.indexOf(10, i);
			if (end < 0) end = src.length;
			out.push({ text: decoder.decode(src.subarray(i, end)).replace(/\r$/, ""), offset: i, header: i < packageAt, line: true });
			i = end;
		} else if (c === 0x2f && src[i + 1] === 0x2a) {
			const end = indexOfPair(src, i + 2, 0x2a, 0x2f);
			i = end;
		} else if (c === 0x60) {
			const end = src.indexOf(0x60, i + 1);
			i = end < 0 ? src.length : end + 1;
		} else if (c === 0x22 || c === 0x27) i = skipQuoted(src, i);
		else i++;
	}
	return out;
}

function indexOfPair(src: Uint8Array, from: number, a: number, b: number): number {
	for (let k = from; k + 1 < src.length; k++) if (src[k] === a && src[k + 1] === b) return k + 2;
	return src.length;
}

function skipQuoted(src: Uint8Array, start: number): number {
	for (let k = start + 1; k < src.length && src[k] !== 10; k++) {
		if (src[k] === 0x5c) k++;
		else if (src[k] === src[start]) return k + 1;
	}
	return start + 1;
}

/** Whether a line is a //go:build line, perhaps a malformed one. */
function isBuildLine(text: string): boolean {
	return /^\/\/go:build(\s|$)/.test(text);
}

/** packageAt: offset of the package clause; the end of the file where there is none. */
export function buildtag(source: SourceFile, packageAt: number, report: Report): void {
	let seen = false;
	for (const c of lineComments(source.src, packageAt)) {
		const at = source.base + c.offset;
		const text = c.text.replace(/ \/\/ ERROR .*$/, "").trim();
		if (/^\/\/[ \t]+go:build(\s|$)/.test(text) && c.header) report(at, "malformed //go:build line (space between // and go:build)");
		if (!isBuildLine(text)) continue;
		if (!c.header) {
			report(at, "misplaced //go:build comment");
			continue;
		}
		if (seen) {
			report(at, "unexpected extra //go:build line");
			continue;
		}
		seen = true;
		try {
			parseConstraint(text.slice("//go:build".length));
		} catch (err) {
			if (!(err instanceof ConstraintError)) throw err;
			report(at, err.message);
			continue;
		}
		for (const m of text.matchAll(/\bgo1\.\d+\.\d+\b|\bgo1\.0\d+\b/g))
			report(at, `invalid go version ${JSON.stringify(m[0])} in build constraint`);
	}
}

/** pkgName: "" for files that are not Go. */
export function directive(source: SourceFile, packageAt: number, pkgName: string, report: Report): void {
	for (const c of lineComments(source.src, packageAt)) {
		if (!c.text.startsWith("//go:")) continue;
		const text = c.text.replace(/ \/\/ ERROR .*$/, "");
		const at = source.base + c.offset;
		const verb = /^\S*/u.exec(text)?.[0] ?? "";
		const space = text.slice(verb.length, verb.length + 1);
		if (space !== "" && space !== " " && space !== "\t")
			report(at, `invalid space '${JSON.stringify(space).slice(1, -1)}' in ${verb} directive`);
		if (verb !== "//go:debug") continue;
		if (pkgName === "") report(at, "//go:debug directive only valid in Go source files");
		else if (pkgName !== "main" && !source.name.endsWith("_test.go")) report(at, "//go:debug directive only valid in package main or test");
		else if (!c.header) report(at, "//go:debug directive only valid before package declaration");
	}
}
