// The //go:embed comments of a file, wherever they stand (go/build reads them so, inside of functions too).

export interface EmbedPattern {
	pattern: string;
	line: number;
	/** In bytes, from 1. */
	col: number;
}

const lineFeed = 10;

/** Where a string, rune or block comment that begins at i ends; i+1 for anything else. */
function skipLiteral(src: Uint8Array, i: number): number {
	const c = src[i];
	if (c === 0x60) {
		const end = src.indexOf(0x60, i + 1);
		return end < 0 ? src.length : end + 1;
	}
	if (c === 0x2f && src[i + 1] === 0x2a) {
		for (let k = i + 2; k < src.length; k++) if (src[k] === 0x2a && src[k + 1] === 0x2f) return k + 2;
		return src.length;
	}
	if (c !== 0x22 && c !== 0x27) return i + 1;
	for (let k = i + 1; k < src.length && src[k] !== lineFeed; k++) {
		if (src[k] === 0x5c) k++;
		else if (src[k] === c) return k + 1;
	}
	return i + 1;
}

/** The words of a directive: plain, or Go string literals. */
function patternsOf(text: string, line: number, start: number, out: EmbedPattern[]): void {
	const re = /[ \t]+(?:`([^`]*)`|("(?:[^"\\]|\\.)*")|([^ \t\r]+))/gy;
	const bytes = new TextEncoder();
	for (let m = re.exec(text); m !== null; m = re.exec(text)) {
		const at = m.index + (m[0].length - m[0].trimStart().length);
		let pattern = m[1] ?? m[3] ?? "";
		if (m[2] !== undefined) {
			try {
				pattern = JSON.parse(m[2]) as string;
			} catch {
				pattern = m[2];
			}
		}
		out.push({ pattern, line, col: start + bytes.encode(text.slice(0, at)).length });
	}
}

/** All patterns of a file, in order. */
export function scanEmbeds(src: Uint8Array): EmbedPattern[] {
	const out: EmbedPattern[] = [];
	const decoder = new TextDecoder();
	let line = 1;
	let lineStart = 0;
	for (let i = 0; i < src.length; ) {
		let end: number;
		if (src[i] === 0x2f && src[i + 1] === 0x2f) {
			end = src.indexOf(lineFeed, i);
			if (end < 0) end = src.length;
			const text = decoder.decode(src.subarray(i, end));
			if (/^\/\/go:embed[ \t]/.test(text)) patternsOf(text.slice(10), line, i - lineStart + 11, out);
		} else end = skipLiteral(src, i);
		for (; i < end; i++) {
			if (src[i] !== lineFeed) continue;
			line++;
			lineStart = i + 1;
		}
	}
	return out;
}
