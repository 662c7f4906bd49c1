// A module proxy and a checksum database in a directory, for tests: a tiny toolchain module, a log of made-up records, an own key.

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { encodeBase64, encodeHex, hash1, nodeHash, recordHash, tilePath } from "#modfile";
import { nodeCrypto } from "../modules/sumdb.ts";

export interface ZipMember {
	name: string;
	data: Uint8Array | string;
	/** Unix mode for the external attributes. */
	mode?: number;
	/** Declared size, where it shall lie. */
	size?: number;
}

/** An archive with deflated members. */
export function makeZip(members: readonly ZipMember[]): Buffer {
	const local: Buffer[] = [];
	const central: Buffer[] = [];
	let offset = 0;
	for (const m of members) {
		const data = Buffer.from(m.data);
		const packed = deflateRawSync(data);
		const name = Buffer.from(m.name);
		const head = Buffer.alloc(30);
		head.writeUInt32LE(0x04034b50, 0);
		head.writeUInt16LE(8, 8);
		head.writeUInt16LE(name.length, 26);
		const entry = Buffer.alloc(46);
		entry.writeUInt32LE(0x02014b50, 0);
		entry.writeUInt16LE(m.mode === undefined ? 0 : 3 << 8, 4);
		entry.writeUInt16LE(8, 10);
		entry.writeUInt32LE(crc32(data), 16);
		entry.writeUInt32LE(packed.length, 20);
		entry.writeUInt32LE(m.size ?? data.length, 24);
		entry.writeUInt16LE(name.length, 28);
		entry.writeUInt32LE(((m.mode ?? 0) << 16) >>> 0, 38);
		entry.writeUInt32LE(offset, 42);
		local.push(head, name, packed);
		central.push(entry, name);
		offset += 30 + name.length + packed.length;
	}
	const dir = Buffer.concat(central);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(members.length, 8);
	end.writeUInt16LE(members.length, 10);
	end.writeUInt32LE(dir.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...local, dir, end]);
}

/** The h1 hash of members. */
export function hashOf(members: readonly ZipMember[]): string {
	return hash1(
		members.map((m) => ({ name: m.name, sha256: createHash("sha256").update(m.data).digest("hex") })),
		nodeCrypto,
	);
}

/** A database with a key of its own. */
export class FakeSumDB {
	readonly name: string = "sum.example.com";
	/** As GOSUMDB has it. */
	readonly key: string;
	private readonly secret: KeyObject;
	private readonly keyHash: Uint8Array;
	readonly records: Uint8Array[] = [];

	constructor() {
		const pair = generateKeyPairSync("ed25519");
		this.secret = pair.privateKey;
		const raw = Buffer.from(pair.publicKey.export({ format: "jwk" }).x as string, "base64url");
		const data = Buffer.concat([Uint8Array.of(1), raw]);
		this.keyHash = nodeCrypto.sha256(Buffer.from(`${this.name}\n`), data).subarray(0, 4);
		this.key = `${this.name}+${encodeHex(this.keyHash)}+${encodeBase64(data)}`;
	}

	/** A signed note over a text. */
	note(text: string): string {
		const sig = Buffer.concat([this.keyHash, sign(null, Buffer.from(text), this.secret)]);
		return `${text}\n\u2014 ${this.name} ${sig.toString("base64")}\n`;
	}

	/** Root over records [lo, hi), straight from the definition. */
	private root(lo: number, hi: number): Uint8Array {
		if (hi - lo === 1) return recordHash(this.records[lo], nodeCrypto);
		let k = 1;
		while (k * 2 < hi - lo) k *= 2;
		return nodeHash(this.root(lo, lo + k), this.root(lo + k, hi), nodeCrypto);
	}

	treeNote(): string {
		return this.note(`go.sum database tree\n${this.records.length}\n${encodeBase64(this.root(0, this.records.length))}\n`);
	}

	/** All files below dir: tiles, and the lookup of one record. */
	publish(dir: string, lookup: string, id: number): void {
		for (let level = 0; 256 ** level <= this.records.length; level++) {
			const span = 256 ** level;
			const count = Math.floor(this.records.length / span);
			for (let index = 0; index * 256 < count; index++) {
				const width = Math.min(256, count - index * 256);
				const hashes: Uint8Array[] = [];
				for (let i = index * 256; i < index * 256 + width; i++) hashes.push(this.root(i * span, (i + 1) * span));
				put(join(dir, tilePath({ level, index, width })), Buffer.concat(hashes));
			}
		}
		put(join(dir, "lookup", lookup), `${id}\n${Buffer.from(this.records[id]).toString()}\n${this.treeNote()}`);
		put(join(dir, "supported"), "");
	}
}

export function put(file: string, data: string | Uint8Array): void {
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, data);
}

export const release = "go1.26.99";
export const version: string = `v0.0.1-${release}.linux-amd64`;
const prefix = `golang.org/toolchain@${version}/`;

export const toolchainFiles: readonly ZipMember[] = [
	{ name: `${prefix}VERSION`, data: `${release}\ntime 2026-01-01\n` },
	{ name: `${prefix}src/runtime/proc.go`, data: `package runtime\n${"// text\n".repeat(500)}` },
	{ name: `${prefix}src/_go.mod`, data: "module std\n" },
	{ name: `${prefix}bin/go`, data: "#!/bin/sh\n" },
];

/** A machine without Go: a home, a proxy directory and a database in it. */
export class FakeWorld {
	readonly dir: string = mkdtempSync(join(tmpdir(), "tsugo-goroot-"));
	readonly db: FakeSumDB = new FakeSumDB();
	readonly proxyDir: string = join(this.dir, "proxy");
	readonly sumDir: string = join(this.proxyDir, "sumdb", this.db.name);
	readonly lookup: string = `golang.org/toolchain@${version}`;

	constructor(records = 1000, id = 700) {
		this.publishZip(makeZip(toolchainFiles));
		for (let i = 0; i < records; i++)
			this.db.records.push(Buffer.from(`example.com/m${i} v1.0.0 h1:x\nexample.com/m${i} v1.0.0/go.mod h1:y\n`));
		this.db.records[id] = Buffer.from(
			`golang.org/toolchain ${version} ${hashOf(toolchainFiles)}\ngolang.org/toolchain ${version}/go.mod h1:z\n`,
		);
		this.db.publish(this.sumDir, this.lookup, id);
	}

	publishZip(zip: Uint8Array, proxy: string = this.proxyDir): void {
		const base = join(proxy, "golang.org/toolchain/@v", version);
		put(`${base}.info`, `{"Version":"${version}"}`);
		put(`${base}.mod`, "module golang.org/toolchain\n");
		put(`${base}.zip`, zip);
	}

	vars(more: Record<string, string> = {}): Record<string, string> {
		return { HOME: join(this.dir, "home"), GOENV: "off", GOPROXY: `file://${this.proxyDir}`, GOSUMDB: this.db.key, ...more };
	}

	get cache(): string {
		return join(this.dir, "home/go/pkg/mod");
	}

	remove(removeTree: (dir: string) => void): void {
		removeTree(this.dir);
		rmSync(this.dir, { recursive: true, force: true });
	}
}
