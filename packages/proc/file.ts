// A file that is read by pieces.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "#base";

const PIECE = 64 << 10;
/** Pieces that are remembered. */
const KEPT = 8;

/** A file opened for reading; close() when done. Small reads are views of pieces that are remembered. */
export class FileSource implements ByteSource {
	readonly size: number;
	private readonly fd: number;
	private readonly pieces: Map<number, Uint8Array> = new Map();

	constructor(path: string) {
		this.fd = openSync(path, "r");
		this.size = fstatSync(this.fd).size;
	}

	/** Fewer bytes than asked for at the end of the file. */
	read(offset: number, length: number): Uint8Array {
		const n = Math.max(Math.min(length, this.size - offset), 0);
		const first = Math.floor(offset / PIECE);
		if (n > PIECE / 8 || Math.floor((offset + n - 1) / PIECE) !== first) return this.readNow(offset, n);
		const piece = this.piece(first);
		const from = offset - first * PIECE;
		return piece.subarray(from, from + n);
	}

	private piece(i: number): Uint8Array {
		let p = this.pieces.get(i);
		if (p === undefined) {
			p = this.readNow(i * PIECE, Math.min(PIECE, this.size - i * PIECE));
			const oldest = this.pieces.keys().next();
			if (this.pieces.size >= KEPT && oldest.done !== true) this.pieces.delete(oldest.value);
			this.pieces.set(i, p);
		}
		return p;
	}

	private readNow(offset: number, length: number): Uint8Array {
		const out = new Uint8Array(length);
		let got = 0;
		while (got < length) {
			const n = readSync(this.fd, out, got, length - got, offset + got);
			if (n === 0) break;
			got += n;
		}
		return got === length ? out : out.subarray(0, got);
	}

	close(): void {
		this.pieces.clear();
		closeSync(this.fd);
	}
}
