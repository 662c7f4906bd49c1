// One file of the function cache: packs of symbols and of small things by key, each with a checksum. New ones come behind the others;
// packs of similar size are joined, so that a file has few. Written aside and renamed; a damaged file is set aside (NAME.damaged) and as good as none.
//
// Layout: magic, size and SHA-256 of the header, header (JSON, padded to eight bytes): what the file holds for, sizes and CRC-32 of the
// packs; the packs.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, FormatError } from "#base";
import { decodePack, encodePack, joinPacks, LoadedPack, type Names, type Pack } from "#object";
import { Packer } from "#link";
import { markUsed } from "./cachetrim.ts";

const Magic = "tsugo-packs 1\n\0\0";
/** Changes whenever the layout does. */
export const FileVersion = 5;
/** Most packs of a file. */
const MaxPacks = 8;

/** Files up to this size keep what newer entries of the same name have taken the place of. */
const LittleBytes = 4_000_000;

/** Whether most entries are followed by others of their name. */
function isMostlyOld(packs: readonly Pack[]): boolean {
	const names = new Set<string>();
	const decoder = new TextDecoder();
	let count = 0;
	for (const p of packs) {
		for (const ref of p.entRef) {
			if (ref < 0) continue;
			count++;
			names.add(`${decoder.decode(p.nameBytes.subarray(p.nameAt[ref >> 1], p.nameAt[(ref >> 1) + 1]))} ${ref & 1}`);
		}
	}
	return count > 2 * names.size;
}

interface Front {
	header: unknown;
	/** digest: of the bytes, for those who compare what was made of them; damage is found by crc, which is quicker. */
	packs: [size: number, crc: number, digest: string][];
}

/** A pack with its bytes in the file. */
interface Chunk {
	pack: Pack;
	bytes: Uint8Array;
	digest: string;
}

export class SymbolFile {
	readonly path: string;
	readonly packs: LoadedPack[] = [];
	private readonly names: Names;
	private readonly accept: (header: unknown) => boolean;
	private readonly standard: boolean;
	private chunks: Chunk[] = [];
	private stamp = "";
	private packer = new Packer();
	/** Of this build. */
	private readonly fresh: Pack[] = [];
	/** Of what was added. */
	private readonly values = new Map<string, Uint8Array>();

	/** accept: whether the entries hold, by the file's header; standard: names of symbols mention no package outside GOROOT. */
	constructor(path: string, names: Names, accept: (header: unknown) => boolean, standard: boolean) {
		this.path = path;
		this.names = names;
		this.accept = accept;
		this.standard = standard;
		this.chunks = this.read();
		for (const c of this.chunks) this.packs.push(new LoadedPack(c.pack, names, c.digest, standard));
	}

	private stampNow(): string {
		const s = statSync(this.path, { throwIfNoEntry: false });
		return s === undefined ? "" : `${s.size} ${s.mtimeMs} ${s.ino}`;
	}

	private read(): Chunk[] {
		try {
			const modified = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs;
			if (modified !== undefined) markUsed(this.path, modified);
			this.stamp = this.stampNow();
			const read = readFileSync(this.path);
			return this.parse(new Uint8Array(read.buffer, read.byteOffset, read.length));
		} catch (err) {
			if (err instanceof FormatError || err instanceof SyntaxError) this.setAside();
			return [];
		}
	}

	/** A damaged file is out of the way, but can be looked at. */
	private setAside(): void {
		try {
			renameSync(this.path, `${this.path}.damaged`);
		} catch {
			rmSync(this.path, { force: true });
		}
		this.stamp = "";
	}

	private parse(bytes: Uint8Array): Chunk[] {
		const r = new ByteReader(bytes);
		if (r.str(Magic.length) !== Magic) throw new FormatError("not a symbol file", 0);
		const size = r.u32();
		r.pos += 4;
		const digest = r.bytes(32);
		const head = r.bytes(size);
		if (!createHash("sha256").update(head).digest().equals(digest)) throw new FormatError("bad checksum", 0);
		const front = JSON.parse(new TextDecoder().decode(head)) as Front;
		if (!this.accept(front.header)) return [];
		const out: Chunk[] = [];
		for (const [n, crc, digest] of front.packs) {
			const body = r.bytes(n);
			if (crc32(body) !== crc) throw new FormatError("bad checksum", 0);
			out.push({ pack: decodePack(body), bytes: body, digest });
		}
		return out;
	}

	/** Whether the file had no entry. */
	get isEmpty(): boolean {
		return this.packs.length === 0;
	}

	/** What was added in this build. */
	added(key: string): Uint8Array | undefined {
		return this.values.get(key);
	}

	/** All that earlier builds kept by a key, the last first. */
	all(key: string): Uint8Array[] {
		return this.packs
			.map((p) => p.value(key))
			.filter((v) => v !== undefined)
			.reverse();
	}

	/** What is kept by a key. */
	get(key: string): Uint8Array | undefined {
		const added = this.values.get(key);
		if (added !== undefined) return added;
		for (let i = this.packs.length - 1; i >= 0; i--) {
			const v = this.packs[i].value(key);
			if (v !== undefined) return v;
		}
		return undefined;
	}

	add(key: string, value: Uint8Array): void {
		this.values.set(key, value);
		this.packer.put(key, value);
	}

	/** Takes a symbol; parameters as Packer has them. Returns its index among those of this build. */
	addSymbol(...args: Parameters<Packer["add"]>): number {
		return this.packer.add(...args);
	}

	/** The pack of all symbols of this build, ready to be linked; no more are added. */
	seal(): LoadedPack {
		const pack = this.packer.pack();
		this.packer = new Packer();
		return this.adopt(pack);
	}

	/** Takes a pack of symbols that were made elsewhere. */
	adopt(pack: Pack): LoadedPack {
		this.fresh.push(pack);
		return new LoadedPack(pack, this.names, "", this.standard);
	}

	/** Writes the file when something was added; tells whether it did. Failing to is no error: the next build starts without it. */
	save(header: unknown): boolean {
		const added = this.fresh.splice(0);
		if (this.packer.count > 0) added.push(this.packer.pack());
		if (added.length === 0) return false;
		// Another build may have written it meanwhile.
		if (this.stampNow() !== this.stamp) this.chunks = this.read();
		const chunk = (pack: Pack): Chunk => {
			const bytes = encodePack(pack);
			return { pack, bytes, digest: createHash("sha256").update(bytes).digest("hex").slice(0, 32) };
		};
		const list = [...this.chunks, chunk(joinPacks(added))];
		// What edits have made useless goes with all that is older than this build: what of it still holds is made again when it is needed.
		if (list.reduce((n, c) => n + c.bytes.length, 0) > LittleBytes && isMostlyOld(list.map((c) => c.pack))) list.splice(0, list.length - 1);
		this.packer = new Packer();
		for (let n = list.length; n > 1 && (n > MaxPacks || list[n - 2].bytes.length < 2 * list[n - 1].bytes.length); n = list.length)
			list.push(chunk(joinPacks(list.splice(n - 2).map((c) => c.pack))));
		const front: Front = { header, packs: list.map((c) => [c.bytes.length, crc32(c.bytes), c.digest]) };
		let text = JSON.stringify(front);
		text += " ".repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
		const head = new TextEncoder().encode(text);
		const w = new ByteWriter(head.length + 64 + list.reduce((n, c) => n + c.bytes.length, 0));
		w.str(Magic);
		w.u32(head.length);
		w.u32(0);
		w.bytes(createHash("sha256").update(head).digest());
		w.bytes(head);
		for (const c of list) w.bytes(c.bytes);
		const aside = `${this.path}.${process.pid}`;
		try {
			mkdirSync(dirname(this.path), { recursive: true });
			writeFileSync(aside, w.view8());
			renameSync(aside, this.path);
			this.chunks = list;
			this.stamp = this.stampNow();
			return true;
		} catch {
			rmSync(aside, { force: true });
			return false;
		}
	}
}
