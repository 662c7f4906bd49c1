// The "h1:" hash of a module: what go.sum and the checksum database record.

import { type Crypto, encodeBase64 } from "./crypto.ts";

export interface HashedFile {
	/** "path@version/dir/file" as in the module's zip. */
	name: string;
	/** SHA-256 of the content, hexadecimal. */
	sha256: string;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
	for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
	return a.length - b.length;
}

/** "h1:" and the base64 SHA-256 over one line `hash  name` per file, files sorted by the bytes of their names. */
export function hash1(files: readonly HashedFile[], crypto: Crypto): string {
	const utf8 = new TextEncoder();
	const named = files.map((f) => ({ bytes: utf8.encode(f.name), file: f }));
	named.sort((a, b) => compareBytes(a.bytes, b.bytes));
	let text = "";
	for (const { file } of named) {
		if (file.name.includes("\n")) throw new Error(`file name with a newline: ${JSON.stringify(file.name)}`);
		text += `${file.sha256}  ${file.name}\n`;
	}
	return `h1:${encodeBase64(crypto.sha256(utf8.encode(text)))}`;
}
