// Client of the checksum database: the hashes that the world agreed on for a module version, with proof.

import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
	type Crypto,
	encodeHex,
	escapePath,
	openNote,
	parseTree,
	parseVerifierKey,
	provePrefix,
	proveRecord,
	type Tile,
	tilePath,
	type Tree,
	type VerifierKey,
} from "#modfile";
import { UserError } from "../env.ts";
import { FetchError, type Proxy, type Web } from "./proxy.ts";
import { withFileLock } from "./lock.ts";

/** Hashes and signatures by Node. */
export const nodeCrypto: Crypto = {
	sha256(...parts) {
		const h = createHash("sha256");
		for (const p of parts) h.update(p);
		return h.digest();
	},
	ed25519Verify(key, message, sig) {
		const x = Buffer.from(key).toString("base64url");
		return verify(null, message, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), sig);
	},
};

/** Keys that GOSUMDB may name without spelling them (cmd/go/internal/modfetch/key.go). */
const knownKeys: Readonly<Record<string, string>> = {
	"sum.golang.org": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
};

/** A database: who signs, and where it is ("" when that follows from the name and the proxies). */
export interface SumDB {
	key: VerifierKey;
	url: string;
}

/** Reads a GOSUMDB setting: a known name or a key, then perhaps an address. */
export function parseGosumdb(setting: string): SumDB {
	let text = setting;
	if (text === "sum.golang.google.cn") text = "sum.golang.org https://sum.golang.google.cn";
	if (text === "off") throw new UserError("checksum database disabled by GOSUMDB=off");
	const words = text.split(/\s+/).filter((w) => w !== "");
	if (words.length === 0) throw new UserError("missing GOSUMDB");
	if (words.length > 2) throw new UserError("invalid GOSUMDB: too many fields");
	const key = parseVerifierKey(Object.hasOwn(knownKeys, words[0]) ? knownKeys[words[0]] : words[0], nodeCrypto);
	if (key === null) throw new UserError("invalid GOSUMDB: malformed verifier id");
	if (!URL.canParse(`https://${key.name}`) || new URL(`https://${key.name}`).href.replace(/\/$/, "") !== `https://${key.name}`) {
		throw new UserError(`invalid sumdb name (must be host[/path]): ${key.name}`);
	}
	return { key, url: (words[1] ?? "").replace(/\/+$/, "") };
}

const smallLimit = 1 << 20;

/** The database gave an answer that its key does not vouch for. */
export class SumdbSecurityError extends UserError {}

function securityError(db: SumDB, why: string): SumdbSecurityError {
	return new SumdbSecurityError(
		`${db.key.name}: ${why}\n\nSECURITY ERROR\nThe checksum database's answer is not what its key signed. The server may be malfunctioning,\nor an attacker may have intercepted the request. The download cannot be verified.`,
	);
}

/** Where the client keeps what it saw, in the go command's layout. */
export interface SumdbPaths {
	/** Holds NAME/latest: the newest tree seen. */
	config: string;
	/** Holds NAME/tile/… and NAME/lookup/…; "" keeps nothing. */
	cache: string;
}

interface Found {
	id: number;
	record: string;
	note: string;
}

/**
 * Asks a checksum database. An answer counts when its note bears the database's signature, its record is in the signed tree, and the tree
 * continues the newest one that was seen (kept in a file): a database that shows different histories to different people is found out.
 */
export class SumClient {
	private readonly db: SumDB;
	private readonly proxies: readonly Proxy[];
	private readonly web: Web;
	private readonly paths: SumdbPaths;
	private base: Promise<string> | undefined;
	private latest: { tree: Tree; note: string } | null = null;
	/** Tiles by path; what came from the disk may be damaged and is dropped when a proof fails. */
	private readonly tiles: Map<string, Uint8Array> = new Map();
	private readonly fresh: Set<string> = new Set();
	private turn: Promise<unknown> = Promise.resolve();

	constructor(db: SumDB, proxies: readonly Proxy[], web: Web, paths: SumdbPaths) {
		this.db = db;
		this.proxies = proxies;
		this.web = web;
		this.paths = paths;
	}

	get name(): string {
		return this.db.key.name;
	}

	/** The go.sum lines that the database has for a module version (both, module and go.mod). */
	async lookup(path: string, version: string): Promise<string[]> {
		const key = `${escapePath(path)}@${escapePath(version)}`;
		const kept = this.cacheFile(`lookup/${key}`);
		if (kept !== "" && existsSync(kept)) {
			try {
				return await this.inTurn(() => this.verify(readFileSync(kept, "utf8"), path, version));
			} catch (err) {
				// A damaged copy: ask again.
				if (!(err instanceof SumdbSecurityError)) throw err;
				rmSync(kept, { force: true });
			}
		}
		const answer = await this.web.text(`${await this.address()}/lookup/${key}`, smallLimit);
		const lines = await this.inTurn(() => this.verify(answer, path, version));
		this.keep(`lookup/${key}`, answer);
		return lines;
	}

	/** Proofs one after the other: they share the newest tree. */
	private inTurn<T>(f: () => Promise<T>): Promise<T> {
		const next = this.turn.then(f);
		this.turn = next.catch(() => undefined);
		return next;
	}

	/** Where to ask: the first proxy that speaks for the database, else the database itself. */
	private address(): Promise<string> {
		this.base ??= this.findAddress();
		return this.base;
	}

	private async findAddress(): Promise<string> {
		if (this.db.url !== "") return this.db.url;
		for (const proxy of this.proxies) {
			if (proxy.url === "direct") break;
			if (proxy.url === "off") throw new UserError(`${this.name}: checksum database lookup disabled by GOPROXY=off`);
			try {
				await this.web.bytes(`${proxy.url}/sumdb/${this.name}/supported`, smallLimit);
				return `${proxy.url}/sumdb/${this.name}`;
			} catch (err) {
				if (!(err instanceof FetchError) || (!err.notFound && !proxy.anyError)) throw err;
			}
		}
		return `https://${this.name}`;
	}

	private cacheFile(path: string): string {
		return this.paths.cache === "" ? "" : join(this.paths.cache, this.name, path);
	}

	private keep(path: string, data: string | Uint8Array): void {
		const file = this.cacheFile(path);
		if (file === "" || existsSync(file)) return;
		try {
			mkdirSync(dirname(file), { recursive: true });
			const aside = `${file}.${process.pid}.tmp`;
			writeFileSync(aside, data);
			renameSync(aside, file);
		} catch {
			// A cache that cannot be written costs time only.
		}
	}

	private signedTree(note: string): Tree {
		const opened = openNote(note, this.db.key, nodeCrypto);
		if (!opened.ok) throw securityError(this.db, opened.why);
		const tree = parseTree(opened.text);
		if (tree === null) throw securityError(this.db, "malformed tree note");
		return tree;
	}

	private async verify(answer: string, path: string, version: string): Promise<string[]> {
		const m = /^(0|[1-9]\d{0,14})\n((?:[^\n]+\n)+)\n(.*)$/s.exec(answer);
		if (m === null) throw securityError(this.db, "malformed lookup response");
		const found: Found = { id: Number(m[1]), record: m[2], note: m[3] };
		try {
			await this.prove(found);
		} catch (err) {
			if (!(err instanceof SumdbSecurityError) || !this.dropKeptTiles()) throw err;
			await this.prove(found);
		}
		for (const tile of this.fresh) this.keep(tile, this.tiles.get(tile) as Uint8Array);
		this.fresh.clear();
		// The record is proven as a whole; only lines of the asked module version in it speak about it.
		const lines = found.record
			.split("\n")
			.filter((line) => line.startsWith(`${path} ${version} `) || line.startsWith(`${path} ${version}/go.mod `));
		if (lines.length === 0) throw securityError(this.db, `the answer for ${path}@${version} does not mention it`);
		return lines;
	}

	/** Forgets tiles that came from the disk; false when there are none. */
	private dropKeptTiles(): boolean {
		let some = false;
		for (const tile of [...this.tiles.keys()]) {
			this.tiles.delete(tile);
			if (this.fresh.delete(tile)) continue;
			some = true;
			const file = this.cacheFile(tile);
			if (file !== "") rmSync(file, { force: true });
		}
		return some;
	}

	private async prove(found: Found): Promise<void> {
		const tree = this.signedTree(found.note);
		await this.advance(tree, found.note);
		const latest = (this.latest as { tree: Tree }).tree;
		const record = new TextEncoder().encode(found.record);
		let proven: boolean;
		try {
			proven = await proveRecord(latest, found.id, record, (t) => this.tile(t), nodeCrypto);
		} catch (err) {
			if (err instanceof FetchError) throw err;
			throw securityError(this.db, (err as Error).message);
		}
		if (!proven) {
			const short = encodeHex(nodeCrypto.sha256(record)).slice(0, 16);
			throw securityError(this.db, `record ${found.id} (sha256 ${short}) is not in the tree of ${latest.size} records`);
		}
	}

	/** Takes a signed tree into the timeline: it must be a beginning, or a continuation, of the newest one. */
	private async advance(tree: Tree, note: string): Promise<void> {
		const file = join(this.paths.config, this.name, "latest");
		if (this.latest === null) {
			const known = existsSync(file) ? readFileSync(file, "utf8") : "";
			this.latest = known === "" ? null : { tree: this.signedTree(known), note: known };
		}
		if (this.latest !== null) {
			await this.consistent(this.latest, { tree, note });
			if (tree.size <= this.latest.tree.size) return;
		}
		await withFileLock(`${file}.lock`, async () => {
			// Another process may have moved on meanwhile: never step back.
			const now = existsSync(file) ? readFileSync(file, "utf8") : "";
			if (now !== "" && now !== this.latest?.note) {
				const other = { tree: this.signedTree(now), note: now };
				await this.consistent(other, { tree, note });
				if (other.tree.size >= tree.size) {
					this.latest = other;
					return;
				}
			}
			this.latest = { tree, note };
			const aside = `${file}.${process.pid}.tmp`;
			writeFileSync(aside, note);
			renameSync(aside, file);
		});
	}

	private async consistent(a: { tree: Tree; note: string }, b: { tree: Tree; note: string }): Promise<void> {
		const [older, newer] = a.tree.size <= b.tree.size ? [a, b] : [b, a];
		let same: boolean;
		try {
			same = await provePrefix(newer.tree, older.tree, (t) => this.tile(t), nodeCrypto);
		} catch (err) {
			if (err instanceof FetchError) throw err;
			throw securityError(this.db, (err as Error).message);
		}
		if (same) return;
		const indent = (note: string): string => note.trim().replaceAll("\n", "\n\t");
		throw new SumdbSecurityError(
			`${this.db.key.name}: the database's history changed\n\nSECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\t${indent(a.note)}\nnew database:\n\t${indent(b.note)}`,
		);
	}

	/** Reads a tile; a partial one may meanwhile be published in full only. */
	private async tile(t: Tile): Promise<Uint8Array> {
		const path = tilePath(t);
		const known = this.tiles.get(path);
		if (known !== undefined) return known;
		const file = this.cacheFile(path);
		if (file !== "" && existsSync(file)) {
			const data = new Uint8Array(readFileSync(file));
			if (data.length === 32 * t.width) {
				this.tiles.set(path, data);
				return data;
			}
		}
		const base = await this.address();
		let data: Uint8Array;
		try {
			data = await this.web.bytes(`${base}/${path}`, smallLimit);
		} catch (err) {
			if (!(err instanceof FetchError) || !err.notFound || t.width === 256) throw err;
			data = (await this.web.bytes(`${base}/${tilePath({ ...t, width: 256 })}`, smallLimit)).subarray(0, 32 * t.width);
		}
		this.tiles.set(path, data);
		this.fresh.add(path);
		return data;
	}
}

/** One lookup by a client of its own. */
export async function lookupSums(
	db: SumDB,
	path: string,
	version: string,
	proxies: readonly Proxy[],
	web: Web,
	sumdbDir: string,
): Promise<string[]> {
	return new SumClient(db, proxies, web, { config: sumdbDir, cache: "" }).lookup(path, version);
}
