// Waiting for a process to appear.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLineOf } from "./procfs.ts";

/** Pid of the first process whose command line begins with `prefix`; checks every `interval` ms, for `duration` ms (0 = forever). */
export async function findProcess(prefix: string, interval: number, duration: number): Promise<number> {
	const seen = new Set<number>();
	const end = duration > 0 ? Date.now() + duration : Number.POSITIVE_INFINITY;
	while (Date.now() < end) {
		for (const name of readdirSync("/proc")) {
			const pid = Number(name);
			if (!Number.isInteger(pid) || pid === process.pid || seen.has(pid)) continue;
			const line = commandLineOf(pid);
			if (line.startsWith(prefix)) return pid;
			seen.add(pid);
		}
		await sleep(interval);
		// A process shows its starter's command line until it executes.
		seen.clear();
	}
	throw new Error("waitfor duration expired");
}
