// Core files of fixtures: runs them with GOTRACEBACK=crash where the kernel writes cores into the working directory.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreProcess, FileSource, Program } from "../mod.ts";
import { build, type Mode, open } from "./build.ts";

const made: Map<string, string | null> = new Map();

/** Path of a core of fixture NAME, null when there is no toolchain or the kernel writes none here. */
export function coreOf(name: string, mode: Mode): string | null {
	const key = `${name}-${mode}`;
	let core = made.get(key);
	if (core === undefined) {
		core = dump(name, mode);
		made.set(key, core);
	}
	return core;
}

function dump(name: string, mode: Mode): string | null {
	const exe = build(name, mode);
	if (exe === null || !/^core/.test(readFileSync("/proc/sys/kernel/core_pattern", "utf8"))) return null;
	const dir = mkdtempSync(join(tmpdir(), "tsugo-core-"));
	spawnSync("sh", ["-c", 'ulimit -c unlimited; exec "$0"', exe], {
		cwd: dir,
		env: { ...process.env, GOTRACEBACK: "crash", GODEBUG: "tracebackancestors=3" },
	});
	const file = readdirSync(dir).find((f) => f.startsWith("core"));
	return file === undefined || !existsSync(join(dir, file)) ? null : join(dir, file);
}

/** A core as a program; null when there is none. */
export function openCore(name: string, mode: Mode): { core: CoreProcess; program: Program } | null {
	const path = coreOf(name, mode);
	const exe = build(name, mode);
	if (path === null || exe === null) return null;
	const core = new CoreProcess(new FileSource(path));
	const file = open(exe);
	const slide = core.entry === 0 || !file.positionIndependent ? 0 : core.entry - file.elf.entry;
	const binary = slide === 0 ? file : open(exe, slide);
	core.useFile((address, length) => binary.fileBytes(address, length));
	return { core, program: new Program(core, binary) };
}
