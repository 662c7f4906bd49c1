// Between text and byte strings (one UTF-16 unit per byte).

/** The UTF-8 encoding of text as a byte string. Text that is all ASCII is its own encoding. */
export function encodeBytes(text: string): string {
	let i = 0;
	while (i < text.length && text.charCodeAt(i) < 0x80) i++;
	if (i === text.length) return text;
	let out = text.slice(0, i);
	for (const ch of text.slice(i)) out += encodeRune(ch.codePointAt(0) as number);
	return out;
}

/** The UTF-8 encoding of one rune; invalid runes become U+FFFD. */
export function encodeRune(rune: number): string {
	if (rune < 0 || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return "\u00ef\u00bf\u00bd";
	if (rune < 0x80) return String.fromCharCode(rune);
	if (rune < 0x800) return String.fromCharCode(0xc0 | (rune >> 6), 0x80 | (rune & 0x3f));
	if (rune < 0x10000) return String.fromCharCode(0xe0 | (rune >> 12), 0x80 | ((rune >> 6) & 0x3f), 0x80 | (rune & 0x3f));
	return String.fromCharCode(0xf0 | (rune >> 18), 0x80 | ((rune >> 12) & 0x3f), 0x80 | ((rune >> 6) & 0x3f), 0x80 | (rune & 0x3f));
}

export function toUint8Array(bytes: string): Uint8Array {
	const out = new Uint8Array(bytes.length);
	for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
	return out;
}

/** The rune that starts at i and its width; invalid encodings give rune -1 and width 1. */
export function decodeRune(bytes: string, i: number): { rune: number; size: number } {
	const b = bytes.charCodeAt(i);
	if (b < 0x80) return { rune: b, size: 1 };
	const size = b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 ? 3 : b >= 0xc2 ? 2 : 1;
	if (size === 1 || b >= 0xf5 || i + size > bytes.length) return { rune: -1, size: 1 };
	let rune = b & (0xff >> (size + 1));
	for (let k = 1; k < size; k++) {
		const c = bytes.charCodeAt(i + k);
		if ((c & 0xc0) !== 0x80) return { rune: -1, size: 1 };
		rune = (rune << 6) | (c & 0x3f);
	}
	const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
	if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return { rune: -1, size: 1 };
	return { rune, size };
}

/** Text for messages; invalid bytes become U+FFFD. */
export function decodeBytes(bytes: string): string {
	let ascii = true;
	for (let i = 0; i < bytes.length && ascii; i++) ascii = bytes.charCodeAt(i) < 0x80;
	if (ascii) return bytes;
	let out = "";
	for (let i = 0; i < bytes.length; ) {
		const { rune, size } = decodeRune(bytes, i);
		out += rune < 0 ? "\ufffd" : String.fromCodePoint(rune);
		i += size;
	}
	return out;
}
