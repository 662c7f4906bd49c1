// The list of files in a module's zip, checked by the rules for module zips
// (https://go.dev/ref/mod#zip-files): an archive comes from outside, nothing in it is believed.

/** A stored or deflated file of an archive. */
export interface ZipEntry {
	name: string;
	/** 0 stored, 8 deflated. */
	method: number;
	crc32: number;
	compressedSize: number;
	size: number;
	/** Where the local header is. */
	offset: number;
}

/** Gives length bytes at an offset of the archive (the range is inside of it). */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** An archive that is damaged or breaks the rules. */
export class ZipError extends Error {}

/** Limit of a zip and of the sum of its files: 500 MiB. */
export const maxZip: number = 500 * 2 ** 20;
/** Limit of the files go.mod and LICENSE in the root. */
const maxSpecial = 16 * 2 ** 20;

const endSize = 22;
const endMark = 0x06054b50;
const centralMark = 0x02014b50;
const localMark = 0x04034b50;

function view(b: Uint8Array): DataView {
	return new DataView(b.buffer, b.byteOffset, b.length);
}

/** Finds the end record: the last 22 bytes, or before a comment of up to 65,535 bytes. */
function findEnd(size: number, readAt: ReadAt): { count: number; length: number; offset: number } {
	const tail = readAt(Math.max(0, size - endSize - 0xffff), Math.min(size, endSize + 0xffff));
	const v = view(tail);
	for (let i = tail.length - endSize; i >= 0; i--) {
		if (v.getUint32(i, true) !== endMark || i + endSize + v.getUint16(i + 20, true) !== tail.length) continue;
		const count = v.getUint16(i + 10, true);
		const length = v.getUint32(i + 12, true);
		const offset = v.getUint32(i + 16, true);
		const at = size - tail.length + i;
		if (v.getUint16(i + 4, true) !== 0 || v.getUint16(i + 8, true) !== count) throw new ZipError("zip: more than one volume");
		// 64-bit archives have all ones here; a module zip of 500 MiB needs none, unless it has 65,535 files.
		if (count === 0xffff || length === 0xffffffff || offset === 0xffffffff) throw new ZipError("zip: 64-bit archives are not supported");
		if (offset + length > at) throw new ZipError("zip: central directory outside of the file");
		return { count, length, offset };
	}
	throw new ZipError("zip: not a valid zip file");
}

/** The archive's files and directories (names that end in "/") in their order. Refuses links, encryption, unknown methods. */
export function readZipDirectory(size: number, readAt: ReadAt): ZipEntry[] {
	if (size > maxZip) throw new ZipError(`module zip file is too large (${size} bytes; limit is ${maxZip} bytes)`);
	if (size < endSize) throw new ZipError("zip: not a valid zip file");
	const end = findEnd(size, readAt);
	const dir = readAt(end.offset, end.length);
	const v = view(dir);
	const utf8 = new TextDecoder("utf-8", { fatal: true });
	const entries: ZipEntry[] = [];
	let at = 0;
	for (let i = 0; i < end.count; i++) {
		if (at + 46 > dir.length || v.getUint32(at, true) !== centralMark) throw new ZipError("zip: damaged central directory");
		const nameEnd = at + 46 + v.getUint16(at + 28, true);
		const next = nameEnd + v.getUint16(at + 30, true) + v.getUint16(at + 32, true);
		if (next > dir.length) throw new ZipError("zip: damaged central directory");
		let name: string;
		try {
			name = utf8.decode(dir.subarray(at + 46, nameEnd));
		} catch {
			throw new ZipError(`zip: name of file ${i} is not UTF-8`);
		}
		const entry: ZipEntry = {
			name,
			method: v.getUint16(at + 10, true),
			crc32: v.getUint32(at + 16, true),
			compressedSize: v.getUint32(at + 20, true),
			size: v.getUint32(at + 24, true),
			offset: v.getUint32(at + 42, true),
		};
		if ((v.getUint16(at + 8, true) & 1) !== 0) throw new ZipError(`zip: ${name}: encrypted`);
		if (entry.method !== 0 && entry.method !== 8) throw new ZipError(`zip: ${name}: unsupported compression method ${entry.method}`);
		// Host Unix (3) or macOS (19) keep the file's mode in the upper half.
		const host = v.getUint8(at + 5);
		const kind = host === 3 || host === 19 ? v.getUint16(at + 40, true) >>> 12 : 0;
		if (kind !== 0 && kind !== 8 && !(kind === 4 && name.endsWith("/"))) throw new ZipError(`zip: ${name}: not a regular file`);
		if (entry.offset + 30 + entry.compressedSize > end.offset) throw new ZipError(`zip: ${name}: data outside of the file`);
		entries.push(entry);
		at = next;
	}
	return entries;
}

/** The compressed bytes of an entry, by way of its local header. */
export function readZipData(entry: ZipEntry, size: number, readAt: ReadAt): Uint8Array {
	const header = view(readAt(entry.offset, 30));
	const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
	if (header.getUint32(0, true) !== localMark || start + entry.compressedSize > size)
		throw new ZipError(`zip: ${entry.name}: damaged local header`);
	return readAt(start, entry.compressedSize);
}

const windowsNames = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
/** Of a character. */
const nameChars = /^[\p{L}0-9!#$%&()+,\-.=@[\]^_{}~ ]$/u;

/** Why a slash-separated path in a module is refused, or "". */
export function badFilePath(path: string): string {
	for (const elem of path.split("/")) {
		if (elem === "") return "empty path element";
		if (/^\.+$/.test(elem)) return `invalid path element ${JSON.stringify(elem)}`;
		if (elem.endsWith(".")) return "trailing dot in path element";
		const odd = [...elem].find((c) => !nameChars.test(c));
		if (odd !== undefined) return `invalid char '${odd}'`;
		// Non-ASCII digits and marks are not letters; \p{L} already leaves them out.
		if (windowsNames.test(elem.split(".")[0])) return `${JSON.stringify(elem)} disallowed as path element component on Windows`;
	}
	return "";
}

/** Paths that a case-insensitive file system would take for the same one. */
class Collisions {
	private readonly seen: Map<string, { path: string; dir: boolean }> = new Map();

	/** Notes the path and its parents; the reason why it cannot be, or "". */
	add(path: string, dir: boolean): string {
		const key = path.toUpperCase().toLowerCase();
		const known = this.seen.get(key);
		if (known !== undefined) {
			if (known.path !== path) return `case-insensitive file name collision: ${JSON.stringify(known.path)} and ${JSON.stringify(path)}`;
			if (known.dir !== dir) return `entry ${JSON.stringify(path)} is both a file and a directory`;
			if (!dir) return `multiple entries for file ${JSON.stringify(path)}`;
			return "";
		}
		this.seen.set(key, { path, dir });
		const slash = path.lastIndexOf("/");
		return slash < 0 ? "" : this.add(path.slice(0, slash), true);
	}
}

/**
 * The files of a module's zip without the prefix "module@version/" in their names. Throws a ZipError when the archive breaks a
 * rule for module zips.
 */
export function checkModuleZip(entries: readonly ZipEntry[], prefix: string): { path: string; entry: ZipEntry }[] {
	const collisions = new Collisions();
	const files: { path: string; entry: ZipEntry }[] = [];
	let total = 0;
	for (const entry of entries) {
		const refuse = (why: string): never => {
			throw new ZipError(`${entry.name}: ${why}`);
		};
		if (!entry.name.startsWith(prefix)) refuse(`path does not have prefix ${JSON.stringify(prefix)}`);
		let path = entry.name.slice(prefix.length);
		if (path === "") continue;
		const dir = path.endsWith("/");
		if (dir) path = path.slice(0, -1);
		const malformed = badFilePath(path);
		if (malformed !== "") refuse(`malformed file path ${JSON.stringify(path)}: ${malformed}`);
		const bad = collisions.add(path, dir);
		if (bad !== "") refuse(bad);
		if (dir) continue;
		const base = path.slice(path.lastIndexOf("/") + 1);
		if (base.toLowerCase() === "go.mod" && path !== "go.mod")
			refuse(base === path ? "go.mod file must have lowercase name" : "go.mod file not in module root directory");
		total += entry.size;
		if (total > maxZip) refuse(`total uncompressed size of module contents too large (max size is ${maxZip} bytes)`);
		if ((path === "go.mod" || path === "LICENSE") && entry.size > maxSpecial)
			refuse(`${path} file too large (max size is ${maxSpecial} bytes)`);
		files.push({ path, entry });
	}
	return files;
}

/** A file of a source tree that a module's zip is made of. */
export interface SourceFile {
	path: string;
	size: number;
	/** Not a link, device or folder. */
	regular: boolean;
}

/** Whether a file belongs to a package below a vendor folder. The rule changed with the module's go version 1.24: golang.org/issue/37397. */
function isVendored(path: string, newRule: boolean): boolean {
	if (newRule && path === "vendor/modules.txt") return true;
	let from: number;
	if (path.startsWith("vendor/")) from = "vendor/".length;
	else {
		const at = path.indexOf("/vendor/");
		if (at < 0) return false;
		// Before, the search for the package began in the wrong place; hashes of old modules depend on it.
		from = newRule ? at + "/vendor/".length : "/vendor/".length;
	}
	return path.slice(from).includes("/");
}

/**
 * The files of a source tree that belong to its module: not those of nested modules, vendored packages, or links. Throws a ZipError for a tree
 * that can be no module. vendorRule124: the module's go version is 1.24 or later.
 */
export function moduleFiles<T extends SourceFile>(files: readonly T[], vendorRule124: boolean): T[] {
	const nested = new Set<string>();
	for (const f of files) {
		const slash = f.path.lastIndexOf("/");
		if (f.regular && slash >= 0 && f.path.slice(slash + 1).toLowerCase() === "go.mod") nested.add(f.path.slice(0, slash));
	}
	const inNested = (path: string): boolean => {
		for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) if (nested.has(path.slice(0, i))) return true;
		return false;
	};
	const collisions = new Collisions();
	const out: T[] = [];
	let total = 0;
	for (const f of files) {
		if (isVendored(f.path, vendorRule124) || inNested(f.path) || f.path === ".hg_archival.txt") continue;
		const malformed = badFilePath(f.path);
		const bad =
			(malformed === "" ? "" : `malformed file path ${JSON.stringify(f.path)}: ${malformed}`) ||
			(f.path.toLowerCase() === "go.mod" && f.path !== "go.mod" ? "go.mod files must have lowercase names" : "") ||
			collisions.add(f.path, false);
		if (bad !== "") throw new ZipError(`create zip: ${f.path}: ${bad}`);
		if (!f.regular) continue;
		total += f.size;
		if (total > maxZip) throw new ZipError(`create zip: module source tree too large (max size is ${maxZip} bytes)`);
		if ((f.path === "go.mod" || f.path === "LICENSE") && f.size > maxSpecial)
			throw new ZipError(`create zip: ${f.path}: ${f.path} file too large (max size is ${maxSpecial} bytes)`);
		out.push(f);
	}
	return out;
}
