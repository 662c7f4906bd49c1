// The checksum database's log: a Merkle tree over records (RFC 6962), published as tiles of 256 hashes
// (https://golang.org/design/25530-sumdb, https://research.swtch.com/tlog).

import { type Crypto, decodeBase64, equalBytes } from "./crypto.ts";

/** What the signed note says: the number of records and the tree's root. */
export interface Tree {
	size: number;
	root: Uint8Array;
}

/** 256 (or, at the right edge, fewer) hashes of level 8·level: numbers 256·index and up. */
export interface Tile {
	level: number;
	index: number;
	width: number;
}

const tileWidth = 256;
const hashSize = 32;

/** Reads "go.sum database tree", the size and the root, a line each; later lines are for later readers. */
export function parseTree(text: string): Tree | null {
	const lines = text.split("\n");
	if (lines.length < 4 || lines[0] !== "go.sum database tree" || !/^(0|[1-9]\d{0,14})$/.test(lines[1])) return null;
	const root = decodeBase64(lines[2]);
	return root === null || root.length !== hashSize ? null : { size: Number(lines[1]), root };
}

/** The path of a tile below the database's address. */
export function tilePath(t: Tile): string {
	const groups = [String(t.index % 1000).padStart(3, "0")];
	for (let n = Math.floor(t.index / 1000); n > 0; n = Math.floor(n / 1000)) groups.unshift(`x${String(n % 1000).padStart(3, "0")}`);
	return `tile/8/${t.level}/${groups.join("/")}${t.width < tileWidth ? `.p/${t.width}` : ""}`;
}

/** Gives a tile's bytes: 32 for each of its hashes. */
export type ReadTile = (t: Tile) => Promise<Uint8Array>;

/** Hash of a record, a leaf. */
export function recordHash(record: Uint8Array, crypto: Crypto): Uint8Array {
	return crypto.sha256(Uint8Array.of(0), record);
}

export function nodeHash(left: Uint8Array, right: Uint8Array, crypto: Crypto): Uint8Array {
	return crypto.sha256(Uint8Array.of(1), left, right);
}

/** The largest power of two below n, for n > 1. */
function splitPoint(n: number): number {
	let k = 1;
	while (k * 2 < n) k *= 2;
	return k;
}

/** Hashes of ranges of a tree, from its tiles; what tiles say is not to be trusted until it led to the root. */
class TreeReader {
	private readonly tree: Tree;
	private readonly read: ReadTile;
	private readonly crypto: Crypto;
	private readonly tiles: Map<string, Promise<Uint8Array>> = new Map();

	constructor(tree: Tree, read: ReadTile, crypto: Crypto) {
		this.tree = tree;
		this.read = read;
		this.crypto = crypto;
	}

	private tile(level: number, index: number): Promise<Uint8Array> {
		const width = Math.min(tileWidth, Math.floor(this.tree.size / tileWidth ** level) - index * tileWidth);
		const t = { level, index, width };
		const path = tilePath(t);
		let got = this.tiles.get(path);
		if (got === undefined) {
			got = this.read(t).then((data) => {
				if (data.length !== width * hashSize) throw new Error(`${path}: ${data.length} bytes, want ${width * hashSize}`);
				return data;
			});
			this.tiles.set(path, got);
		}
		return got;
	}

	/** The complete subtree over records [n·2^level, (n+1)·2^level). */
	private async subtree(level: number, n: number): Promise<Uint8Array> {
		const rest = level % 8;
		const first = n * 2 ** rest;
		const data = await this.tile((level - rest) / 8, Math.floor(first / tileWidth));
		const at = first % tileWidth;
		let row: Uint8Array[] = [];
		for (let i = at; i < at + 2 ** rest; i++) row.push(data.subarray(i * hashSize, (i + 1) * hashSize));
		while (row.length > 1) {
			const above: Uint8Array[] = [];
			for (let i = 0; i < row.length; i += 2) above.push(nodeHash(row[i], row[i + 1], this.crypto));
			row = above;
		}
		return row[0];
	}

	/** The tree over records [lo, hi), where lo is a multiple of the power of two at or above hi-lo. */
	async range(lo: number, hi: number): Promise<Uint8Array> {
		const n = hi - lo;
		const level = Math.log2(n);
		if (Number.isInteger(level)) return this.subtree(level, lo / n);
		const mid = lo + splitPoint(n);
		const [left, right] = await Promise.all([this.range(lo, mid), this.range(mid, hi)]);
		return nodeHash(left, right, this.crypto);
	}

	/** As range, with record id's leaf replaced by the given hash: what the root would be if the record is that one. */
	async rangeWith(lo: number, hi: number, id: number, leaf: Uint8Array): Promise<Uint8Array> {
		if (hi - lo === 1) return leaf;
		const mid = lo + splitPoint(hi - lo);
		const [left, right] = await Promise.all([
			id < mid ? this.rangeWith(lo, mid, id, leaf) : this.range(lo, mid),
			id < mid ? this.range(mid, hi) : this.rangeWith(mid, hi, id, leaf),
		]);
		return nodeHash(left, right, this.crypto);
	}
}

/** Whether the tree holds the record as number id: recomputes the signed root from the record and its siblings in the tiles. */
export async function proveRecord(tree: Tree, id: number, record: Uint8Array, read: ReadTile, crypto: Crypto): Promise<boolean> {
	if (!Number.isSafeInteger(id) || id < 0 || id >= tree.size) return false;
	const root = await new TreeReader(tree, read, crypto).rangeWith(0, tree.size, id, recordHash(record, crypto));
	return equalBytes(root, tree.root);
}

/** Whether the first `size` records of the tree have the given root: a log only grows. */
export async function provePrefix(tree: Tree, earlier: Tree, read: ReadTile, crypto: Crypto): Promise<boolean> {
	if (earlier.size > tree.size) return false;
	if (earlier.size === 0) return true;
	if (earlier.size === tree.size) return equalBytes(earlier.root, tree.root);
	const reader = new TreeReader(tree, read, crypto);
	const [old, now] = await Promise.all([reader.range(0, earlier.size), reader.range(0, tree.size)]);
	return equalBytes(old, earlier.root) && equalBytes(now, tree.root);
}
