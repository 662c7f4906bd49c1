// Indexes of debugging information on disk, by build id, so that the next session with the same executable begins with one.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Binary, FuncIndex } from "#bininfo";

/** Less debugging information than this is indexed faster than an index is read. */
const WORTH = 4 << 20;
/** Executables whose indexes are kept. */
const KEPT = 32;

/** Where indexes are: $TSUGO_DLV_INDEX ("off" = nowhere), else in the user's cache directory. */
function directory(): string | null {
	const own = process.env["TSUGO_DLV_INDEX"] ?? "";
	if (own === "off") return null;
	if (own !== "") return own;
	const cache = process.env["XDG_CACHE_HOME"] ?? "";
	return join(cache === "" ? join(homedir(), ".cache") : cache, "tsugo", "debug-index");
}

/** The two files of an executable's index: of .debug_info, and of its functions. */
type Part = "debug" | "funcs";

function file(binary: Binary, part: Part): string | null {
	const dir = directory();
	if (dir === null || binary.buildId === "") return null;
	const key = createHash("sha256").update(`${binary.buildId} ${binary.elf.source.size}`).digest("hex");
	return join(dir, `${key.slice(0, 40)}${part === "debug" ? "" : ".f"}`);
}

/** What was kept for an executable, null when there is nothing. */
export function readIndex(binary: Binary, part: Part): Uint8Array | null {
	const path = file(binary, part);
	if (path === null) return null;
	try {
		return readFileSync(path);
	} catch {
		return null;
	}
}

/** Whether an index of this executable is worth the disk. */
export function worthKeeping(binary: Binary): boolean {
	return binary.hasDwarf && binary.debugInfoSize >= WORTH && file(binary, "debug") !== null;
}

/** Both parts are there. */
export function isKept(binary: Binary): boolean {
	return (["debug", "funcs"] as const).every((part) => existsSync(file(binary, part) ?? ""));
}

/** Keeps an index; the oldest ones go. A disk that is full or read-only is no error. */
export function writeIndex(binary: Binary, funcs: FuncIndex): void {
	const path = file(binary, "debug");
	if (path === null) return;
	try {
		const dir = join(path, "..");
		mkdirSync(dir, { recursive: true, mode: 0o700 });
		replace(path, binary.index.save());
		replace(`${path}.f`, funcs.save());
		const all = readdirSync(dir).map((name) => ({ name, time: statSync(join(dir, name)).mtimeMs }));
		for (const old of all.sort((a, b) => b.time - a.time).slice(KEPT * 2)) rmSync(join(dir, old.name), { force: true });
	} catch {
		// it is made again next time
	}
}

function replace(path: string, bytes: Uint8Array): void {
	const temporary = `${path}.${process.pid}`;
	writeFileSync(temporary, bytes, { mode: 0o600 });
	renameSync(temporary, path);
}
