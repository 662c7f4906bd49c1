// Locks that the go command honors too: flock(2) on its own lock files. Where libc cannot be called, a file with our process id
// beside it keeps at least several of us apart; all that is locked appears by a rename, so a lock saves work, not correctness.

import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "./cache.ts";

type Flock = (fd: number, op: number) => number;

const exclusive = 2;
const noWait = 4;
const unlock = 8;
const retry = 50;

let loaded: Promise<Flock | null> | undefined;

function flock(): Promise<Flock | null> {
	loaded ??= import("koffi")
		.then(({ default: koffi }) => koffi.load("libc.so.6").func("int flock(int fd, int op)") as unknown as Flock)
		.catch(() => null);
	return loaded;
}

/** Runs f while no other process, of ours or the go command, holds the lock file. */
export async function withFileLock<T>(file: string, f: () => Promise<T>): Promise<T> {
	const lock = await flock();
	if (lock === null) return withLock(`${file}.tsugo`, f);
	mkdirSync(dirname(file), { recursive: true });
	const fd = openSync(file, "a+", 0o666);
	try {
		while (lock(fd, exclusive | noWait) !== 0) await sleep(retry);
		return await f();
	} finally {
		lock(fd, unlock);
		closeSync(fd);
	}
}
