// What the checksum code needs of a host: it works in a browser and in a worker too.

export interface Crypto {
	/** SHA-256 of the parts, one after the other: 32 bytes. */
	sha256(...parts: readonly Uint8Array[]): Uint8Array;
	/** Whether sig (64 bytes) is the Ed25519 signature of message by the public key (32 bytes). */
	ed25519Verify(key: Uint8Array, message: Uint8Array, sig: Uint8Array): boolean;
}

/** The bytes that s stands for in standard base64 with padding, or null when it is anything else. */
export function decodeBase64(s: string): Uint8Array | null {
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(s)) return null;
	const raw = atob(s);
	const bytes = new Uint8Array(raw.length);
	for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
	return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
	let raw = "";
	for (const b of bytes) raw += String.fromCharCode(b);
	return btoa(raw);
}

export function encodeHex(bytes: Uint8Array): string {
	let s = "";
	for (const b of bytes) s += b.toString(16).padStart(2, "0");
	return s;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((x, i) => x === b[i]);
}
