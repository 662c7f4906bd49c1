// The module cache, in the go command's layout: cache/download/MODULE/@v/VERSION.{info,mod,zip,ziphash} and the
// extracted, read-only MODULE@VERSION.

import {
	chmodSync,
	closeSync,
	existsSync,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
	unlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32, inflateRawSync } from "node:zlib";
import {
	checkModuleZip,
	encodeHex,
	escapePath,
	hash1,
	type HashedFile,
	maxZip,
	readZipData,
	readZipDirectory,
	type ZipEntry,
	ZipError,
} from "#modfile";
import { UserError } from "../env.ts";
import { FetchError, type Web } from "./proxy.ts";
import { nodeCrypto } from "./sumdb.ts";

/** Called now and then with bytes done and, where known (else -1), bytes in all. */
export type ByteProgress = (done: number, total: number) => void;

/** Where a module version's files are. */
export interface ModulePaths {
	/** cache/download/…/@v/VERSION, to be continued by ".zip" and so on. */
	download: string;
	/** The extracted module. */
	dir: string;
}

export function modulePaths(modcache: string, path: string, version: string): ModulePaths {
	return {
		download: join(modcache, "cache", "download", escapePath(path), "@v", escapePath(version)),
		dir: join(modcache, `${escapePath(path)}@${escapePath(version)}`),
	};
}

/** Whether the module is extracted in full. A ".partial" file says that somebody is at it, or was when it ended. */
export function isExtracted(at: ModulePaths): boolean {
	return existsSync(at.dir) && !existsSync(`${at.download}.partial`);
}

/** Writes a file aside and renames it. */
export function writeAtomically(file: string, data: string | Uint8Array): void {
	const aside = `${file}.${process.pid}.tmp`;
	const mode = statSync(file, { throwIfNoEntry: false })?.mode;
	try {
		writeFileSync(aside, data);
		if (mode !== undefined) chmodSync(aside, mode & 0o7777);
		renameSync(aside, file);
	} catch (err) {
		rmSync(aside, { force: true });
		throw err;
	}
}

const lockWait = 200;

function ownerLives(lock: string): boolean {
	try {
		const pid = Number(readFileSync(lock, "utf8"));
		// A lock without a number is being written now, or was when its owner died.
		if (!Number.isInteger(pid) || pid <= 0) return Date.now() - statSync(lock).mtimeMs < 10_000;
		process.kill(pid, 0);
		return true;
	} catch (err) {
		return (err as NodeJS.ErrnoException).code === "EPERM";
	}
}

/**
 * Runs f while this process alone holds the lock file. The lock of a dead process is taken over. The lock saves work only: whatever
 * appears under its final name is complete and got there by a rename.
 */
export async function withLock<T>(lock: string, f: () => Promise<T>): Promise<T> {
	mkdirSync(dirname(lock), { recursive: true });
	for (;;) {
		try {
			writeFileSync(lock, String(process.pid), { flag: "wx" });
			break;
		} catch (err) {
			if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
			if (ownerLives(lock)) await sleep(lockWait);
			else rmSync(lock, { force: true });
		}
	}
	try {
		return await f();
	} finally {
		rmSync(lock, { force: true });
	}
}

const tries = 4;

/** Downloads into a file that is its own until it is complete. A broken connection is taken up where it broke. */
export async function downloadTo(web: Web, url: string, file: string, progress: ByteProgress): Promise<void> {
	const fd = openSync(file, "w");
	let have = 0;
	try {
		for (let i = 1; ; i++) {
			try {
				const body = await web.open(url, have);
				have = body.start;
				if (body.size > maxZip) throw new FetchError(`${url}: ${body.size} bytes, more than the limit of ${maxZip} for modules`, false);
				for await (const chunk of body.stream as AsyncIterable<Uint8Array>) {
					if (have + chunk.length > maxZip) throw new FetchError(`${url}: more than the limit of ${maxZip} bytes for modules`, false);
					writeSync(fd, chunk, 0, chunk.length, have);
					have += chunk.length;
					progress(have, body.size);
				}
				if (body.size < 0 || have >= body.size) return;
				throw new FetchError(`${url}: ended after ${have} of ${body.size} bytes`, false, true);
			} catch (err) {
				const code = (err as NodeJS.ErrnoException).code;
				if (code === "ENOSPC" || code === "EIO" || code === "EDQUOT") throw new UserError(`writing ${file}: ${(err as Error).message}`);
				const broken = err instanceof FetchError ? err.broken : true;
				if (!broken || i === tries)
					throw err instanceof FetchError ? err : new FetchError(`${url}: ${(err as Error).message}`, false, true);
				await sleep(300 * i * i);
			}
		}
	} finally {
		closeSync(fd);
	}
}

/** The content of a file of an archive, as long as the archive says and with its checksum. */
function inflate(entry: ZipEntry, packed: Uint8Array): Uint8Array {
	let data: Uint8Array;
	try {
		// One byte more than declared is enough to see that it is too long.
		data = entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: entry.size + 1 });
	} catch (err) {
		const long = (err as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
		throw new ZipError(`zip: ${entry.name}: ${long ? `larger than declared size (${entry.size} bytes)` : (err as Error).message}`);
	}
	if (data.length !== entry.size) throw new ZipError(`zip: ${entry.name}: ${data.length} bytes, declared are ${entry.size}`);
	if (crc32(data) !== entry.crc32) throw new ZipError(`zip: ${entry.name}: checksum error`);
	return data;
}

/**
 * Reads a module's zip, gives each file to `take`, and returns the module's h1 hash. Throws ZipError for an archive that is damaged
 * or breaks the rules, before `take` sees a file whose path does.
 */
export function readModuleZip(zip: string, prefix: string, take: (path: string, data: Uint8Array) => void, progress: ByteProgress): string {
	const fd = openSync(zip, "r");
	try {
		const size = fstatSync(fd).size;
		const readAt = (offset: number, length: number): Uint8Array => {
			const b = Buffer.allocUnsafe(length);
			if (readSync(fd, b, 0, length, offset) !== length) throw new ZipError("zip: unexpected end of file");
			return b;
		};
		const files = checkModuleZip(readZipDirectory(size, readAt), prefix);
		const total = files.reduce((n, f) => n + f.entry.size, 0);
		const hashed: HashedFile[] = [];
		let done = 0;
		for (const { path, entry } of files) {
			const data = inflate(entry, readZipData(entry, size, readAt));
			hashed.push({ name: entry.name, sha256: encodeHex(nodeCrypto.sha256(data)) });
			take(path, data);
			done += data.length;
			progress(done, total);
		}
		return hash1(hashed, nodeCrypto);
	} finally {
		closeSync(fd);
	}
}

/** Makes a directory and all in it writable and removes it. */
export function removeTree(dir: string): void {
	if (!existsSync(dir)) return;
	eachDir(dir, (d) => chmodSync(d, 0o755));
	rmSync(dir, { recursive: true, force: true });
}

/** Calls f for a directory and all directories in it, outer ones first. */
export function eachDir(dir: string, f: (dir: string) => void): void {
	f(dir);
	for (const e of readdirSync(dir, { withFileTypes: true })) if (e.isDirectory()) eachDir(join(dir, e.name), f);
}

/** Writes files below a directory that is not there yet; makes directories as needed, files read-only. */
export class TreeWriter {
	private readonly dir: string;
	private readonly made: Set<string> = new Set();

	constructor(dir: string) {
		this.dir = dir;
		mkdirSync(dir, { recursive: true });
	}

	write(path: string, data: Uint8Array, mode: number): void {
		const file = join(this.dir, path);
		const parent = dirname(file);
		if (!this.made.has(parent)) {
			mkdirSync(parent, { recursive: true });
			this.made.add(parent);
		}
		writeFileSync(file, data, { flag: "wx", mode });
	}
}

/** Puts a complete tree, written aside, in its place, read-only; what is in the place now goes away. */
export function installTree(aside: string, at: ModulePaths, writable = false): void {
	eachDir(aside, (d) => {
		if (d !== aside && !writable) chmodSync(d, 0o555);
	});
	removeTree(at.dir);
	renameSync(aside, at.dir);
	if (!writable) chmodSync(at.dir, 0o555);
	if (existsSync(`${at.download}.partial`)) unlinkSync(`${at.download}.partial`);
}
