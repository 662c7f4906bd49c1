// An executable of the official toolchain, built once per test run, as an oracle.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SOURCE = `package main

import "fmt"

func main() { fmt.Println("hello") }
`;

export interface Official {
	bytes: Uint8Array;
	/** What \`go version -m\` prints, with the file name replaced by "exe". */
	versionM: string;
}

let cached: Official | null | undefined;

/** null when there is no \`go\` of the expected release. */
export function officialHello(): Official | null {
	if (cached !== undefined) return cached;
	cached = null;
	const dir = mkdtempSync(join(tmpdir(), "official-"));
	try {
		if (!execFileSync("go", ["version"], { encoding: "utf8" }).includes("go1.26")) return null;
		writeFileSync(join(dir, "main.go"), SOURCE);
		const exe = join(dir, "exe");
		execFileSync("go", ["build", "-o", exe, "main.go"], { cwd: dir, env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "" } });
		const versionM = execFileSync("go", ["version", "-m", exe], { encoding: "utf8" }).replace(exe, "exe");
		cached = { bytes: new Uint8Array(readFileSync(exe)), versionM };
	} catch {
		cached = null;
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
	return cached;
}
