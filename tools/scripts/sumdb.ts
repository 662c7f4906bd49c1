// A checksum database in memory (https://golang.org/design/25530-sumdb), signed with the key that cmd/go's scripts expect.

import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { type Crypto, nodeHash, recordHash } from "#modfile";
import { textBytes } from "./txtar.ts";

const crypto: Crypto = {
	sha256: (...parts) => {
		const h = createHash("sha256");
		for (const p of parts) h.update(p);
		return h.digest();
	},
	ed25519Verify: () => {
		throw new Error("a server verifies nothing");
	},
};

/** "PRIVATE+KEY+name+hash+base64(algorithm, seed)". */
function parseSigner(text: string): { name: string; hash: Buffer; key: KeyObject } {
	const m = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
	if (m === null) throw new Error("malformed signer key");
	const seed = Buffer.from(m[3], "base64").subarray(1);
	// RFC 8410: a PKCS #8 envelope around the seed.
	const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
	return { name: m[1], hash: Buffer.from(m[2], "hex"), key: createPrivateKey({ key: der, format: "der", type: "pkcs8" }) };
}

export interface Reply {
	status: number;
	body: Uint8Array | string;
}

export class SumDb {
	private readonly signer: ReturnType<typeof parseSigner>;
	private readonly gosum: (path: string, version: string) => string | null;
	private readonly records: Uint8Array[] = [];
	private readonly ids = new Map<string, number>();
	private readonly hashes = new Map<string, Uint8Array>();

	/** gosum gives the lines of a module, or null when there is none. */
	constructor(signer: string, gosum: (path: string, version: string) => string | null) {
		this.signer = parseSigner(signer);
		this.gosum = gosum;
	}

	/** The record number of path@version; a record is added when it is new. Null: no such module. */
	lookup(path: string, version: string): number | null {
		const key = `${path}@${version}`;
		const known = this.ids.get(key);
		if (known !== undefined) return known;
		const text = this.gosum(path, version);
		if (text === null) return null;
		this.ids.set(key, this.records.length);
		this.records.push(textBytes(text));
		return this.records.length - 1;
	}

	/** The complete subtree n of a level. */
	private subtree(level: number, n: number): Uint8Array {
		const key = `${level}/${n}`;
		const known = this.hashes.get(key);
		if (known !== undefined) return known;
		const hash =
			level === 0
				? recordHash(this.records[n], crypto)
				: nodeHash(this.subtree(level - 1, 2 * n), this.subtree(level - 1, 2 * n + 1), crypto);
		this.hashes.set(key, hash);
		return hash;
	}

	private root(lo: number, hi: number): Uint8Array {
		const level = Math.log2(hi - lo);
		if (Number.isInteger(level)) return this.subtree(level, lo / (hi - lo));
		const mid = lo + 2 ** Math.floor(level);
		return nodeHash(this.root(lo, mid), this.root(mid, hi), crypto);
	}

	private signed(): string {
		const n = this.records.length;
		const root = n === 0 ? createHash("sha256").digest() : Buffer.from(this.root(0, n));
		const text = `go.sum database tree\n${n}\n${root.toString("base64")}\n`;
		const signature = Buffer.concat([this.signer.hash, sign(null, textBytes(text), this.signer.key)]);
		return `${text}\n\u2014 ${this.signer.name} ${signature.toString("base64")}\n`;
	}

	/** Answers /lookup/M@V, /latest, /tile/8/L/K[.p/W]. unescape undoes the "!x" escapes of paths and versions. */
	serve(url: string, unescape: (text: string) => string | null): Reply {
		if (url === "/latest") return { status: 200, body: this.signed() };
		if (url.startsWith("/lookup/")) {
			const [escPath, escVersion] = url.slice(8).split("@");
			const path = unescape(escPath);
			const version = unescape(escVersion ?? "");
			if (path === null || version === null || version === "") return { status: 400, body: "invalid module@version syntax" };
			const id = this.lookup(path, version);
			if (id === null) return { status: 404, body: "not found" };
			return { status: 200, body: `${id}\n${Buffer.from(this.records[id]).toString()}\n${this.signed()}` };
		}
		const tile = /^\/tile\/8\/(\d+|data)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(url);
		if (tile === null) return { status: 404, body: "not found" };
		const index = Number(tile[2].replace(/[x/]/g, ""));
		const width = tile[3] === undefined ? 256 : Number(tile[3]);
		if (tile[1] === "data") {
			const rows = this.records.slice(index * 256, index * 256 + width);
			return { status: 200, body: rows.map((r) => `${Buffer.from(r).toString()}\n`).join("") };
		}
		const level = 8 * Number(tile[1]);
		if ((index * 256 + width) * 2 ** level > this.records.length) return { status: 404, body: "not found" };
		return {
			status: 200,
			body: Buffer.concat(Array.from({ length: width }, (_, i) => this.subtree(level, index * 256 + i))),
		};
	}
}
