// Builds the programs in fixtures/ with the official toolchain, where there is one, and with ours.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { Binary } from "#bininfo";

export const fixtures: string = new URL("fixtures/", import.meta.url).pathname;
const root = new URL("../../../", import.meta.url).pathname;
const out = join(tmpdir(), `tsugo-fixtures-${process.getuid?.() ?? 0}`);

/** How a program is built; "tsugo" is our own compiler. */
export type Mode = "noopt" | "opt" | "stripped" | "pie" | "tsugo";

const FLAGS: Record<Exclude<Mode, "tsugo">, string[]> = {
	noopt: ["-gcflags=all=-N -l"],
	opt: [],
	stripped: ["-ldflags=-s -w"],
	pie: ["-buildmode=pie", "-gcflags=all=-N -l"],
};

/** What this process has built with our compiler, which changes too often to be kept for longer. */
const built: Set<string> = new Set();

let version: string | null | undefined;

/** "go version go1.26.8 linux/amd64" of the official toolchain, null when there is none. */
export function officialGo(): string | null {
	if (version === undefined) {
		const r = spawnSync("go", ["version"], { encoding: "utf8" });
		version = r.status === 0 ? r.stdout.trim() : null;
	}
	return version;
}

/** Path of fixture NAME built in a mode, null when that toolchain is not there. Kept in the temporary directory by contents. */
export function build(name: string, mode: Mode): string | null {
	if (mode !== "tsugo" && officialGo() === null) return null;
	const source = join(fixtures, `${name}.go`);
	const key = createHash("sha256")
		.update(readFileSync(source))
		.update(source)
		.update(mode === "tsugo" ? process.version : `${officialGo()}`);
	const file = join(out, `${name}-${mode}-${key.digest("hex").slice(0, 12)}`);
	if (existsSync(file) && (mode !== "tsugo" || built.has(file))) return file;
	built.add(file);
	mkdirSync(out, { recursive: true });
	const temp = `${file}.${process.pid}`;
	const r =
		mode === "tsugo"
			? spawnSync(process.execPath, ["--stack-size=3900", join(root, "packages/cmd/main.ts"), "build", "-o", temp, source], {
					encoding: "utf8",
				})
			: spawnSync("go", ["build", ...FLAGS[mode], "-o", temp, source], { encoding: "utf8", env: { ...process.env, CGO_ENABLED: "0" } });
	if (r.status !== 0) throw new Error(`building ${name} (${mode}): ${r.stderr}`);
	renameSync(temp, file);
	return file;
}

export function inflate(stream: Uint8Array, size: number): Uint8Array {
	// One chunk of the size that is known: no copying.
	return inflateSync(stream, { chunkSize: Math.max(size, 64), maxOutputLength: Math.max(size, 64) });
}

/** Opens an executable. */
export function open(path: string, slide = 0): Binary {
	return new Binary(readFileSync(path), { inflate, slide });
}
