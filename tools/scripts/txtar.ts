// Text archives (golang.org/x/tools/txtar): a comment, then files that `-- NAME --` lines announce.

export interface ArchiveFile {
	name: string;
	data: Uint8Array;
}

export interface Archive {
	comment: string;
	files: ArchiveFile[];
}

const utf8 = new TextEncoder();

/** Reads an archive. Every byte sequence is one: what no marker precedes is the comment. */
export function parseTxtar(bytes: Uint8Array): Archive {
	const out: Archive = { comment: "", files: [] };
	let name: string | null = null;
	let start = 0;
	const finish = (end: number): void => {
		const body = bytes.subarray(start, end);
		if (name === null) out.comment = new TextDecoder().decode(withNewline(body));
		else out.files.push({ name, data: withNewline(body) });
	};
	for (let at = 0; at < bytes.length; ) {
		let end = bytes.indexOf(10, at);
		if (end < 0) end = bytes.length;
		const marker = bytes[at] === 45 && bytes[at + 1] === 45 ? markerName(bytes.subarray(at, end)) : null;
		if (marker !== null) {
			finish(at);
			name = marker;
			start = Math.min(end + 1, bytes.length);
		}
		at = end + 1;
	}
	finish(bytes.length);
	return out;
}

function markerName(line: Uint8Array): string | null {
	const m = /^-- (.+) --\r?$/.exec(new TextDecoder().decode(line));
	return m === null || m[1].trim() === "" ? null : m[1].trim();
}

function withNewline(data: Uint8Array): Uint8Array {
	if (data.length === 0 || data[data.length - 1] === 10) return data;
	const out = new Uint8Array(data.length + 1);
	out.set(data);
	out[data.length] = 10;
	return out;
}

/** The bytes of a text. */
export function textBytes(text: string): Uint8Array {
	return utf8.encode(text);
}
