// Go's quoted strings.

/** Text as strconv.Quote gives it: bytes that are not UTF-8 as \x, what does not print as escapes. */
export function quoteBytes(bytes: Uint8Array): string {
	let out = '"';
	for (let i = 0; i < bytes.length; ) {
		const [rune, size] = decodeRune(bytes, i);
		if (rune < 0) out += `\\x${hex(bytes[i], 2)}`;
		else out += quoteRune(rune);
		i += size;
	}
	return `${out}"`;
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
	[7, "\\a"],
	[8, "\\b"],
	[9, "\\t"],
	[10, "\\n"],
	[11, "\\v"],
	[12, "\\f"],
	[13, "\\r"],
	[34, '\\"'],
	[92, "\\\\"],
]);

function quoteRune(rune: number): string {
	const known = ESCAPES.get(rune);
	if (known !== undefined) return known;
	if (rune >= 0x20 && rune < 0x7f) return String.fromCharCode(rune);
	const c = String.fromCodePoint(rune);
	if (rune >= 0xa0 && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(c)) return c;
	if (rune < 0x80) return `\\x${hex(rune, 2)}`;
	return rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`;
}

function hex(n: number, width: number): string {
	return n.toString(16).padStart(width, "0");
}

/** A rune and its size; -1 and 1 where the bytes are not UTF-8. */
export function decodeRune(b: Uint8Array, at: number): [rune: number, size: number] {
	const first = b[at];
	if (first < 0x80) return [first, 1];
	const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
	if (size === 0 || first > 0xf4 || at + size > b.length) return [-1, 1];
	let rune = first & (0xff >> (size + 1));
	for (let i = 1; i < size; i++) {
		const c = b[at + i];
		if ((c & 0xc0) !== 0x80) return [-1, 1];
		rune = (rune << 6) | (c & 0x3f);
	}
	const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
	if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return [-1, 1];
	return [rune, size];
}
