// Client of the checksum database: the hashes that the world agreed on for a module version, with proof.

import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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
import { UserError } from "./env.ts";
import { FetchError, type Proxy, type Web } from "./proxy.ts";

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

/** Where to ask: the first proxy that speaks for the database, else the database itself. */
async function findDatabase(db: SumDB, proxies: readonly Proxy[], web: Web): Promise<string> {
	if (db.url !== "") return db.url;
	for (const proxy of proxies) {
		if (proxy.url === "direct" || proxy.url === "off") break;
		try {
			await web.bytes(`${proxy.url}/sumdb/${db.key.name}/supported`, smallLimit);
			return `${proxy.url}/sumdb/${db.key.name}`;
		} catch (err) {
			if (!(err instanceof FetchError) || (!err.notFound && !proxy.anyError)) throw err;
		}
	}
	return `https://${db.key.name}`;
}

/** Reads a tile; a partial one may meanwhile be published in full only. */
async function readTile(base: string, t: Tile, web: Web): Promise<Uint8Array> {
	const url = `${base}/${tilePath(t)}`;
	try {
		return await web.bytes(url, smallLimit);
	} catch (err) {
		if (!(err instanceof FetchError) || !err.notFound || t.width === 256) throw err;
		return (await web.bytes(`${base}/${tilePath({ ...t, width: 256 })}`, smallLimit)).subarray(0, 32 * t.width);
	}
}

function securityError(db: SumDB, why: string): UserError {
	return new UserError(
		`${db.key.name}: ${why}\n\nSECURITY ERROR\nThe checksum database's answer is not what its key signed. The server may be malfunctioning,\nor an attacker may have intercepted the request. The download cannot be verified.`,
	);
}

/** The database's tree that a note describes, when its owner signed it. */
function signedTree(db: SumDB, note: string): Tree {
	const opened = openNote(note, db.key, nodeCrypto);
	if (!opened.ok) throw securityError(db, opened.why);
	const tree = parseTree(opened.text);
	if (tree === null) throw securityError(db, "malformed tree note");
	return tree;
}

/**
 * Keeps the newest tree seen in `file`, as the go command does, and refuses one that does not continue it: a database that shows
 * different histories to different people is found out.
 */
async function checkTimeline(db: SumDB, file: string, note: string, tree: Tree, read: (t: Tile) => Promise<Uint8Array>): Promise<void> {
	const known = existsSync(file) ? readFileSync(file, "utf8") : "";
	if (known !== "") {
		const seen = signedTree(db, known);
		const [older, newer] = seen.size <= tree.size ? [seen, tree] : [tree, seen];
		if (!(await provePrefix(newer, older, read, nodeCrypto))) {
			throw securityError(
				db,
				`the database's history changed:\nold database:\n\t${known.trim().replaceAll("\n", "\n\t")}\nnew database:\n\t${note.trim().replaceAll("\n", "\n\t")}`,
			);
		}
		if (seen.size >= tree.size) return;
	}
	mkdirSync(dirname(file), { recursive: true });
	const aside = `${file}.${process.pid}.tmp`;
	writeFileSync(aside, note);
	renameSync(aside, file);
}

/**
 * The go.sum lines that the database has for a module version. The note must bear the database's signature, the record must be in
 * the signed tree, and the tree must continue the one that was seen last (kept in sumdbDir).
 */
export async function lookupSums(
	db: SumDB,
	path: string,
	version: string,
	proxies: readonly Proxy[],
	web: Web,
	sumdbDir: string,
): Promise<string[]> {
	const base = await findDatabase(db, proxies, web);
	const answer = await web.text(`${base}/lookup/${escapePath(path)}@${escapePath(version)}`, smallLimit);
	const m = /^(0|[1-9]\d{0,14})\n((?:[^\n]+\n)+)\n(.*)$/s.exec(answer);
	if (m === null) throw securityError(db, "malformed lookup response");
	const tree = signedTree(db, m[3]);
	const read = (t: Tile): Promise<Uint8Array> => readTile(base, t, web);
	const record = new TextEncoder().encode(m[2]);
	let proven: boolean;
	try {
		proven = await proveRecord(tree, Number(m[1]), record, read, nodeCrypto);
	} catch (err) {
		if (err instanceof FetchError) throw err;
		throw securityError(db, (err as Error).message);
	}
	if (!proven)
		throw securityError(
			db,
			`record ${m[1]} (sha256 ${encodeHex(nodeCrypto.sha256(record)).slice(0, 16)}) is not in the tree of ${tree.size} records`,
		);
	await checkTimeline(db, join(sumdbDir, db.key.name, "latest"), m[3], tree, read);
	return m[2].split("\n").filter((line) => line.startsWith(`${path} ${version} `));
}
