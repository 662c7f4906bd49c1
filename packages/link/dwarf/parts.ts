// The debug sections in parts: a part is what a run of packages adds to each section. Parts are compressed one by one, so that one that
// an earlier link made is reused as it is: deflate streams that end in a sync flush may be joined.

import { ByteWriter } from "#base";
import { SHF_COMPRESSED } from "#elf";
import type { ExtraSection } from "../image.ts";

/** Sections that are made in parts, in their order in the file. */
export const PART_SECTIONS = [".debug_line", ".debug_frame", ".debug_info", ".debug_loclists", ".debug_rnglists", ".debug_addr"] as const;

/** What a part adds to one section. */
export interface Piece {
	/** Bytes in the section. */
	size: number;
	/** Adler-32 of them. */
	adler: number;
	/** As they are stored: deflated, or as they are. */
	bytes: Uint8Array;
}

/** compress: makes deflate blocks that end at a byte and are not the last; null = pieces stay as they are. */
export function pieceOf(bytes: Uint8Array, compress: ((data: Uint8Array) => Uint8Array) | null): Piece {
	if (compress === null || bytes.length === 0) return { size: bytes.length, adler: 1, bytes };
	return { size: bytes.length, adler: adler32(bytes), bytes: compress(bytes) };
}

const MOD = 65521;
/** Additions before the sums may leave 32 bits. */
const RUN = 5552;

function adler32(bytes: Uint8Array): number {
	let a = 1;
	let b = 0;
	for (let at = 0; at < bytes.length; ) {
		const end = Math.min(at + RUN, bytes.length);
		while (at < end) {
			a += bytes[at++];
			b += a;
		}
		a %= MOD;
		b %= MOD;
	}
	return b * 65536 + a;
}

/** The checksum of bytes with sum x followed by n bytes with sum y. */
function joinAdler(x: number, y: number, n: number): number {
	const a = x % 65536;
	const b = Math.floor(x / 65536);
	const a2 = y % 65536;
	const b2 = Math.floor(y / 65536);
	const low = (a + a2 + MOD - 1) % MOD;
	const high = (b + b2 + (n % MOD) * ((a + MOD - 1) % MOD)) % MOD;
	return high * 65536 + low;
}

const ELFCOMPRESS_ZLIB = 1;

/** A section of pieces. */
export function joinPieces(name: string, pieces: readonly Piece[], compressed: boolean): ExtraSection {
	const stored = pieces.reduce((n, p) => n + p.bytes.length, 0);
	const w = new ByteWriter(stored + 40);
	if (!compressed) {
		for (const p of pieces) w.bytes(p.bytes);
		return { name, bytes: w.take(), flags: 0 };
	}
	w.u64(ELFCOMPRESS_ZLIB);
	w.u64(pieces.reduce((n, p) => n + p.size, 0));
	w.u64(1);
	// zlib: deflate with a window of 32 KB, fastest.
	w.u8(0x78);
	w.u8(0x01);
	let sum = 1;
	for (const p of pieces) {
		w.bytes(p.bytes);
		sum = joinAdler(sum, p.adler, p.size);
	}
	// An empty last block.
	w.u8(0x03);
	w.u8(0x00);
	for (const shift of [24, 16, 8, 0]) w.u8((sum / 2 ** shift) & 0xff);
	return { name, bytes: w.take(), flags: SHF_COMPRESSED };
}
