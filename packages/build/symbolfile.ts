// One file of the function cache: entries by name, each with a checksum.
//
// Layout: magic, size and SHA-256 of the front; front: header (JSON), ends and CRC-32
// of the entries, their names; entries. Written aside and renamed; a damaged file or
// entry is as good as none.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, FormatError } from "#base";

const Magic = "tsugo-symbols\n";
/** Changes whenever the layout does. */
export const FileVersion = 3;

export class SymbolFile {
	readonly path: string;
	/** Of the file: entries by key, where each ends in body, and its checksum. */
	private readonly index = new Map<string, number>();
	private ends: Uint32Array = new Uint32Array(0);
	private sums: Uint32Array = new Uint32Array(0);
	private body: Uint8Array = new Uint8Array(0);
	private readonly added = new Map<string, Uint8Array>();

	/** accept: whether the entries hold, by the file's header. */
	constructor(path: string, accept: (header: unknown) => boolean) {
		this.path = path;
		let bytes: Uint8Array;
		try {
			const read = readFileSync(path);
			bytes = new Uint8Array(read.buffer, read.byteOffset, read.length);
		} catch {
			return;
		}
		try {
			this.parse(new ByteReader(bytes), accept);
		} catch (err) {
			if (!(err instanceof FormatError || err instanceof SyntaxError)) throw err;
			this.index.clear();
			rmSync(path, { force: true });
		}
	}

	private parse(r: ByteReader, accept: (header: unknown) => boolean): void {
		if (r.str(Magic.length) !== Magic) throw new FormatError("not a symbol file", 0);
		const size = r.u32();
		const digest = r.bytes(32);
		const bytes = r.bytes(size);
		if (!createHash("sha256").update(bytes).digest().equals(digest)) throw new FormatError("bad checksum", 0);
		const front = new ByteReader(bytes);
		if (!accept(JSON.parse(front.str(front.u32())))) return;
		const count = front.u32();
		const column = (): Uint32Array => new Uint32Array(front.bytes(4 * count).slice().buffer);
		this.ends = column();
		this.sums = column();
		const names = front.str(front.left).split("\u0000");
		this.body = r.bytes(r.left);
		if (count === 0) return;
		if (names.length !== count || this.ends[count - 1] > this.body.length) throw new FormatError("short file", 0);
		for (let i = 0; i < count; i++) this.index.set(names[i], i);
	}

	/** Whether the file had no entry. */
	get isEmpty(): boolean {
		return this.index.size === 0;
	}

	has(key: string): boolean {
		return this.index.has(key);
	}

	/** An entry of the file; one that is damaged is as good as none. */
	get(key: string): Uint8Array | undefined {
		const i = this.index.get(key);
		if (i === undefined) return undefined;
		const bytes = this.body.subarray(i === 0 ? 0 : this.ends[i - 1], this.ends[i]);
		if (crc32(bytes) === this.sums[i]) return bytes;
		this.index.delete(key);
		return undefined;
	}

	add(key: string, bytes: Uint8Array): void {
		this.added.set(key, bytes);
	}

	/** Writes the file when entries were added; tells whether it did. Failing to is no error: the next build starts without them. */
	save(header: unknown): boolean {
		if (this.added.size === 0) return false;
		const all = new Map<string, Uint8Array>();
		for (const key of this.index.keys()) {
			const bytes = this.get(key);
			if (bytes !== undefined) all.set(key, bytes);
		}
		for (const [key, bytes] of this.added) all.set(key, bytes);
		const front = new ByteWriter(1 << 16);
		const head = new TextEncoder().encode(JSON.stringify(header));
		front.u32(head.length);
		front.bytes(head);
		front.u32(all.size);
		let end = 0;
		for (const b of all.values()) front.u32((end += b.length));
		for (const b of all.values()) front.u32(crc32(b));
		front.bytes(new TextEncoder().encode([...all.keys()].join("\u0000")));
		const w = new ByteWriter(front.len + end + 64);
		w.str(Magic);
		w.u32(front.len);
		w.bytes(createHash("sha256").update(front.view8()).digest());
		w.bytes(front.view8());
		for (const b of all.values()) w.bytes(b);
		const aside = `${this.path}.${process.pid}`;
		try {
			mkdirSync(dirname(this.path), { recursive: true });
			writeFileSync(aside, w.view8());
			renameSync(aside, this.path);
			return true;
		} catch {
			rmSync(aside, { force: true });
			return false;
		}
	}
}
