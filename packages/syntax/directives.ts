// `//line` directives.

import type { SourceFile } from "#base";

const decoder = new TextDecoder();
/** Lines and columns above this are refused. */
const MAX_LINE = 1 << 30;

/** A trailing `:digits` of text: where the digits start and their value (-1 if they are no number); null without a colon. */
function trailingNumber(text: string): { at: number; value: number } | null {
	const colon = text.lastIndexOf(":");
	if (colon < 0) return null;
	const digits = text.slice(colon + 1);
	return { at: colon + 1, value: /^[0-9]{1,19}$/.test(digits) ? Number(digits) : -1 };
}

/** Records the directive in the comment src[start:end], `//line file:line[:col]` or the block form. */
export function applyLineDirective(file: SourceFile, start: number, end: number, error: (offset: number, msg: string) => void): void {
	const src = file.src;
	const block = src[start + 1] === 42;
	let stop = block ? end - 2 : end;
	if (!block && src[stop - 1] === 13) stop--;
	const textAt = start + 7;
	const text = decoder.decode(src.subarray(textAt, stop));
	// columns in messages count bytes; only an ASCII prefix can differ from characters
	const byteOffset = (chars: number): number => textAt + new TextEncoder().encode(text.slice(0, chars)).length;
	if (block && src.subarray(start, end).includes(10)) return;
	const last = trailingNumber(text);
	if (last === null) return;
	if (last.value < 0) {
		error(byteOffset(last.at), `invalid line number: ${text.slice(last.at)}`);
		return;
	}
	let line = last.value;
	let lineAt = last.at;
	let col = 0;
	const before = trailingNumber(text.slice(0, last.at - 1));
	if (before !== null && before.value >= 0) {
		col = last.value;
		line = before.value;
		lineAt = before.at;
		if (col === 0 || col > MAX_LINE) {
			error(byteOffset(last.at), `invalid column number: ${text.slice(last.at)}`);
			return;
		}
	}
	if (line === 0 || line > MAX_LINE) {
		error(byteOffset(lineAt), `invalid line number: ${text.slice(lineAt)}`);
		return;
	}
	let name = text.slice(0, lineAt - 1);
	const previous = file.directives[file.directives.length - 1];
	if (name === "" && col !== 0) name = previous === undefined ? file.name : previous.file;
	file.directives.push({ offset: block ? end : Math.min(end + 1, src.length), file: name, line, col });
}
