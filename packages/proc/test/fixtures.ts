// Builds the Go programs of test/data with the official toolchain, once per content; tests skip when there is none.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ElfFile } from "#elf";

const here = new URL("data/", import.meta.url).pathname;

/** The official go command, or null. */
export function findGo(): string | null {
	for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
		const path = join(dir, "go");
		if (existsSync(path)) return path;
	}
	return null;
}

/** Path of the executable of NAME.go in a directory; default: data/. */
export function fixture(name: string, flags: readonly string[] = ["-gcflags=all=-N -l"], at: string = here): string {
	const go = findGo();
	if (go === null) throw new Error("no go command");
	const source = join(at, `${name}.go`);
	const key = createHash("sha256").update(at).update(readFileSync(source)).update(JSON.stringify(flags)).digest("hex").slice(0, 16);
	const dir = join(tmpdir(), "tsugo-proc-fixtures");
	const out = join(dir, `${name}-${key}`);
	if (!existsSync(out)) {
		mkdirSync(dir, { recursive: true });
		const temporary = `${out}.${process.pid}`;
		execFileSync(go, ["build", ...flags, "-o", temporary, source], {
			cwd: at,
			env: { ...process.env, GOFLAGS: "", GO111MODULE: "off", CGO_ENABLED: "0" },
		});
		renameSync(temporary, out);
	}
	return out;
}

/** Address of a symbol. */
export function symbol(path: string, name: string): number {
	const table = new ElfFile(new Uint8Array(readFileSync(path))).symbols();
	const at = table.names.indexOf(name);
	if (at >= 0) return table.value[at] as number;
	throw new Error(`${path} has no symbol ${name}`);
}
