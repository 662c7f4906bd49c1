// Skipping a function body by matching braces, so that it can be parsed when
// something needs it.

import type { Parser } from "./core.ts";
import { commentEnd, isBlockDirective, isLineDirective } from "./scanner.ts";

/** Bytes that a body's end can depend on: quotes, braces, slash. */
const matters = new Uint8Array(256);
for (const c of "\"'`{}/") matters[c.charCodeAt(0)] = 1;

/**
 * At the `{` of a body: goes on after its `}` and returns the offset of that. Directives in the body are recorded for the
 * file. Returns -1, having done nothing, if the body does not look well-formed: then it has to be parsed.
 */
export function skipBody(p: Parser): number {
	const directives: number[] = [];
	const close = closingBrace(p.src, p.start, p.limit, directives);
	if (close < 0) return -1;
	for (let i = 0; i < directives.length; i += 2) p.fileDirective(directives[i] as number, directives[i + 1] as number);
	p.end = close + 1;
	p.nlsemi = true;
	p.next();
	return close;
}

/** Records the directives of everything after the current token. */
export function skipRest(p: Parser): void {
	const directives: number[] = [];
	closingBrace(p.src, p.end, p.limit, directives);
	for (let i = 0; i < directives.length; i += 2) p.fileDirective(directives[i] as number, directives[i + 1] as number);
}

/** The offset of the brace that closes the one at start; -1 if there is none. Adds start and end of directive comments. */
function closingBrace(src: Uint8Array, start: number, limit: number, directives: number[]): number {
	let depth = 0;
	let i = start;
	while (i < limit) {
		const c = src[i] as number;
		if (matters[c] === 0) {
			i++;
			continue;
		}
		switch (c) {
			case 123:
				depth++;
				i++;
				break;
			case 125:
				if (--depth === 0) return i;
				i++;
				break;
			case 47: {
				const d = i + 1 < limit ? src[i + 1] : 0;
				if (d === 47) {
					let stop = src.indexOf(10, i + 2);
					if (stop < 0 || stop > limit) stop = limit;
					if (isLineDirective(src, i, stop)) directives.push(i, stop);
					i = stop;
				} else if (d === 42) {
					const stop = commentEnd(src, i, limit);
					if (stop < 0) return -1;
					if (isBlockDirective(src, i)) directives.push(i, stop);
					i = stop;
				} else i++;
				break;
			}
			case 96: {
				const stop = src.indexOf(96, i + 1);
				if (stop < 0 || stop >= limit) return -1;
				i = stop + 1;
				break;
			}
			default: {
				const stop = quotedEnd(src, i, limit, c);
				if (stop < 0) return -1;
				i = stop;
			}
		}
	}
	return -1;
}

/** The offset after the string or rune literal at i; -1 if it does not end on its line. */
function quotedEnd(src: Uint8Array, i: number, limit: number, quote: number): number {
	for (i++; i < limit; i++) {
		const c = src[i] as number;
		if (c === quote) return i + 1;
		if (c === 10) return -1;
		if (c === 92) i++;
	}
	return -1;
}
