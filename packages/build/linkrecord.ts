// What the linker leaves to the next link of the same program (link/dwarf/record.ts), one file for each main package. It decides on speed
// only; a damaged one is as good as none.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinkRecord } from "#link";
import { stampsBelow } from "./cache.ts";
import { wasBuilt } from "./cacheinputs.ts";
import { markUsed } from "./cachetrim.ts";
import type { Package } from "./package.ts";

const DigestSize = 32;

function digestOf(bytes: Uint8Array): Uint8Array {
	return createHash("sha256").update(bytes).digest();
}

/** Identifies the code of the linker, given that of the compiler: bundled they are one, in sources a folder of its own. */
function linkerId(compiler: string): string {
	if (import.meta.filename.endsWith(".mjs")) return compiler;
	const folders = ["link", "elf"].map((name) => join(import.meta.dirname, "..", name));
	return [compiler, ...folders.flatMap((dir) => stampsBelow(dir, ".ts"))].join("\n");
}

/** The record of a main package; compiler: from the cache's key. */
export function linkRecord(cacheDir: string, main: Package, compiler: string): LinkRecord {
	const name = createHash("sha256")
		.update(`${main.importPath}\0${main.dir}\0${linkerId(compiler)}`)
		.digest("hex")
		.slice(0, 32);
	const folder = join(cacheDir, "links");
	const file = join(folder, name);
	// A program that is built once, as tests are by the thousand, leaves none.
	const again = wasBuilt(cacheDir, main);
	return {
		earlier: read(file),
		keep: (encode) => {
			if (again) write(folder, file, encode());
		},
	};
}

function read(file: string): Uint8Array | null {
	try {
		markUsed(file, statSync(file).mtimeMs);
		const bytes = readFileSync(file);
		const body = bytes.subarray(DigestSize);
		if (bytes.subarray(0, DigestSize).equals(digestOf(body))) return new Uint8Array(body.buffer, body.byteOffset, body.length);
	} catch {
		// None.
	}
	return null;
}

/** Not being able to is no error: the next link starts without it. */
function write(folder: string, file: string, body: Uint8Array): void {
	const aside = `${file}.${process.pid}`;
	try {
		mkdirSync(folder, { recursive: true });
		writeFileSync(aside, Buffer.concat([digestOf(body), body]));
		renameSync(aside, file);
	} catch {
		rmSync(aside, { force: true });
	}
}
