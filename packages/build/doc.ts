// Package documentation: the comment before the package clause, and its first sentence (package go/doc).

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Package } from "./package.ts";

/** The comment group that ends on the line before the package clause, or "". */
function packageComment(src: string): string {
	let at = 0;
	let group = "";
	let groupEnd = 0;
	for (;;) {
		const space = /^[\s\ufeff]*/.exec(src.slice(at)) as RegExpExecArray;
		const gap = space[0].split("\n").length - 1;
		at += space[0].length;
		const comment = /^(?:\/\/[^\n]*|\/\*[^]*?\*\/)/.exec(src.slice(at));
		if (comment === null) return gap <= 1 && groupEnd > 0 && /^package\b/.test(src.slice(at)) ? group : "";
		group = gap > 1 ? comment[0] : `${group}${group === "" ? "" : "\n"}${comment[0]}`;
		at += comment[0].length;
		groupEnd = at;
	}
}

/** A comment group without its markers and directives, as go/ast's Text gives it. */
function commentText(group: string): string {
	const lines: string[] = [];
	for (const m of group.matchAll(/\/\/([^\n]*)|\/\*([^]*?)\*\//g)) {
		if (m[1] === undefined) lines.push(...m[2].split("\n"));
		else if (m[1] === "" || !/^\S/.test(m[1])) lines.push(m[1].replace(/^ /, ""));
		else if (!/^(line |extern |export |[a-z0-9]+:[a-z0-9])/.test(m[1])) lines.push(m[1]);
	}
	const out: string[] = [];
	for (const l of lines.map((x) => x.trimEnd())) if (l !== "" || (out.length > 0 && out[out.length - 1] !== "")) out.push(l);
	return out.join("\n").trimEnd();
}

/** Up to the first period that a space follows and that is not after a single capital. */
function firstSentence(text: string): string {
	const upper = (c: string | undefined): boolean => c !== undefined && /\p{Lu}/u.test(c);
	const chars = [...text];
	for (let i = 0; i < chars.length; i++) {
		const space = /[\n\r\t ]/.test(chars[i]);
		if (space && chars[i - 1] === "." && (!upper(chars[i - 2]) || upper(chars[i - 3]))) return chars.slice(0, i).join("");
		if (chars[i - 1] === "。" || chars[i - 1] === "．") return chars.slice(0, i).join("");
	}
	return text;
}

/** Packages that documentation may name by their last element (go/doc/comment). */
const shortNames = new Set(
	(
		"bufio bytes cmp context crypto embed encoding errors expvar flag fmt hash html image io iter log maps math mime net os path plugin " +
		"reflect regexp runtime slices sort strconv strings structs sync syscall testing time unicode unique unsafe weak"
	).split(" "),
);

function isLink(text: string): boolean {
	const path = text.replace(/(\.[A-Z]\w*){0,2}$/, "");
	return path.includes("/") || shortNames.has(path);
}

/** The first sentence of documentation as plain text; "" when it begins with something else than a paragraph. */
export function synopsis(text: string): string {
	const sentence = firstSentence(text);
	if (/^(copyright|all rights|author)/i.test(sentence)) return "";
	const paragraph = sentence.split(/\n[ \t]*\n/)[0];
	if (/^[ \t]/.test(paragraph) || /^#\s/.test(paragraph)) return "";
	return paragraph
		.split("\n")
		.map((l) => l.trim())
		.join(" ")
		.replaceAll("``", "\u201c")
		.replaceAll("''", "\u201d")
		.replace(/\[(\*?[a-z][a-z0-9]*(?:\/[a-z0-9]+)*(?:\.[A-Z]\w*){0,2})\]/g, (all, link: string) =>
			isLink(link.replace(/^\*/, "")) ? link : all,
		);
}

/** The Doc field of a package: the first sentence of the first of its files that documents it. */
export function packageDoc(p: Package): string {
	for (const name of p.goFiles) {
		const comment = packageComment(readFileSync(join(p.dir, name), "utf8"));
		if (comment === "") continue;
		return synopsis(commentText(comment));
	}
	return "";
}
