// Sorting of imports: runs of specifications on adjacent lines go by path, then name; what is there twice goes.

import { type File, type ImportDecl, Kind, T } from "#syntax";
import type { Extent } from "./extent.ts";
import type { Tokens } from "./tokens.ts";

interface Spec {
	path: string;
	name: string;
	/** Text with the comments before it on its lines and behind it. */
	text: string;
	/** Has a comment behind it. */
	comment: string;
	start: number;
	end: number;
	node: ImportDecl;
}

function order(a: Spec, b: Spec): number {
	const compare = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0);
	return compare(a.path, b.path) || compare(a.name, b.name) || compare(a.comment, b.comment);
}

function sameImport(a: Spec, b: Spec): boolean {
	return a.path === b.path && a.name === b.name;
}

/** The path that a literal's text stands for, as far as it matters for the order. */
function pathOf(text: string): string {
	return text.slice(1, -1);
}

function specsOf(tokens: Tokens, extent: Extent, decls: readonly ImportDecl[]): Spec[] {
	return decls.map((node) => {
		const start = extent.of((node.localName ?? node.path).pos);
		const end = extent.end(node.path);
		const last = extent.lastToken(end);
		const comment = tokens.lineComment(last);
		return {
			path: pathOf(tokens.text.slice(extent.of(node.path.pos), end)),
			name: node.localName === null ? "" : tokens.text.slice(start, tokens.ends[tokens.at(start)]),
			text: "",
			comment: comment === null ? "" : tokens.text.slice(comment.start, comment.end),
			start,
			end,
			node,
		};
	});
}

/** From the end of the line before the specification (with the comments right above it) to the end of its line. */
function widen(tokens: Tokens, s: Spec, from: number): void {
	const { text } = tokens;
	const stop = text.indexOf("\n", s.end);
	s.end = stop < 0 ? text.length : stop;
	s.start = from;
	s.text = text.slice(s.start, s.end);
}

/** The source with its imports sorted; the same string when they are. */
export function sortImports(tokens: Tokens, extent: Extent, file: File): string {
	const { text } = tokens;
	const groups = new Map<object, ImportDecl[]>();
	for (const d of file.decls) {
		if (d.kind !== Kind.ImportDecl) break;
		if (d.group === null) continue;
		const list = groups.get(d.group);
		if (list === undefined) groups.set(d.group, [d]);
		else list.push(d);
	}
	const pieces: string[] = [];
	let done = 0;
	for (const decls of groups.values()) {
		const specs = specsOf(tokens, extent, decls);
		for (let i = 0; i < specs.length; ) {
			let j = i + 1;
			while (j < specs.length && tokens.line(specs[j].start) <= 1 + tokens.line(specs[j - 1].end)) j++;
			const run = specs.slice(i, j);
			i = j;
			const lines = new Set(run.map((s) => tokens.line(s.start)));
			if (run.length < 2 || lines.size < run.length) continue;
			const open = tokens.at(run[0].start) - 1;
			if (tokens.kinds[open] === T.LPAREN && tokens.line(tokens.starts[open]) === tokens.line(run[0].start)) continue;
			let from = text.lastIndexOf("\n", run[0].start - 1) + 1;
			const first = from;
			for (const s of run) {
				widen(tokens, s, from);
				from = s.end + 1;
			}
			const sorted = [...run].sort(order);
			const kept = sorted.filter((s, k) => k + 1 >= sorted.length || !sameImport(s, sorted[k + 1]) || s.comment !== "");
			if (kept.length === run.length && kept.every((s, k) => s === run[k])) continue;
			pieces.push(text.slice(done, first), kept.map((s) => s.text).join("\n"));
			done = run[run.length - 1].end;
		}
	}
	return done === 0 ? text : pieces.join("") + text.slice(done);
}
