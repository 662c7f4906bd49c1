// Signed notes (https://pkg.go.dev/golang.org/x/mod/sumdb/note): a text, a blank line, and lines
// `— name base64(key hash, signature)`.

import { type Crypto, decodeBase64, equalBytes } from "./crypto.ts";

/** A public key: "name+hash+base64(algorithm, key)". */
export interface VerifierKey {
	name: string;
	/** 4 bytes that say which of a name's keys it is. */
	hash: Uint8Array;
	/** Ed25519. */
	key: Uint8Array;
}

const ed25519 = 1;
const utf8 = new TextEncoder();

/** The key that text spells, or null when it is malformed, of an unknown algorithm, or its hash is not its own. */
export function parseVerifierKey(text: string, crypto: Crypto): VerifierKey | null {
	const m = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
	const data = m === null ? null : decodeBase64(m[3]);
	if (m === null || data === null || data.length !== 33 || data[0] !== ed25519) return null;
	const hash = crypto.sha256(utf8.encode(`${m[1]}\n`), data).subarray(0, 4);
	const told = Uint8Array.from(m[2].match(/../g) ?? [], (h) => Number.parseInt(h, 16));
	return equalBytes(hash, told) ? { name: m[1], hash, key: data.subarray(1) } : null;
}

export type OpenedNote = { ok: true; text: string } | { ok: false; why: string };

const maxNote = 1_000_000;

/** The text of a note, when the key's owner signed it. Signatures of others do not count. */
export function openNote(note: string, key: VerifierKey, crypto: Crypto): OpenedNote {
	const split = note.lastIndexOf("\n\n");
	if (note.length > maxNote || split < 0 || !note.endsWith("\n")) return { ok: false, why: "malformed note" };
	const text = note.slice(0, split + 1);
	for (const line of note.slice(split + 2, -1).split("\n")) {
		const m = /^\u2014 (\S+) (\S+)$/.exec(line);
		const data = m === null ? null : decodeBase64(m[2]);
		if (m === null || data === null || data.length < 5) return { ok: false, why: "malformed note" };
		if (m[1] !== key.name || !equalBytes(data.subarray(0, 4), key.hash)) continue;
		if (data.length === 68 && crypto.ed25519Verify(key.key, utf8.encode(text), data.subarray(4))) return { ok: true, text };
		return { ok: false, why: `invalid signature for key ${key.name}` };
	}
	return { ok: false, why: `note has no signature of ${key.name}` };
}
