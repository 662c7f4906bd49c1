// How large and how old the build cache may get, and how it is brought back to that: what was used longest ago goes first, but nothing that a
// build that is running may have looked at.
//
// A build holds a lease: the empty file leases/PID-N below the cache's folder, as old as the build. What was used since the oldest lease of a living
// process stays. Use is the time of a file's last change: whoever reads a file marks it (once in `markEvery`). What goes is only ever a loss of time:
// a build that misses a file makes it anew.

import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./usererror.ts";

export interface CacheLimits {
	/** Bytes that stay at most; Infinity: any number. */
	bytes: number;
	/** Milliseconds for which a file stays that nobody uses. */
	age: number;
	/** They were asked for: the cache is brought to them by every build that has work to do, not only once in a while. */
	strict: boolean;
}

const day = 86_400_000;

export const usualLimits: CacheLimits = { bytes: 4e9, age: 10 * day, strict: false };

/** A file's time of use is brought up to date when it is older than this. */
const markEvery = 10 * 60_000;
/** Without limits that were asked for the cache is looked through this often. */
const trimEvery = 3_600_000;
/** A lease that is older is of a machine that is no more. */
const longestLease = day;

const units: Readonly<Record<string, number>> = {
	"": 1,
	k: 1e3,
	m: 1e6,
	g: 1e9,
	t: 1e12,
	ki: 2 ** 10,
	mi: 2 ** 20,
	gi: 2 ** 30,
	ti: 2 ** 40,
};

/** Bytes of "500MB", "1.5GiB", "2g", "1000000"; "off" is no limit. Null: not a size. */
export function parseSize(text: string): number | null {
	if (text === "off") return Number.POSITIVE_INFINITY;
	const m = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?$/i.exec(text.trim());
	return m === null ? null : Math.floor(Number(m[1]) * units[(m[2] ?? "").toLowerCase()]);
}

const spans: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: day, w: 7 * day };

/** Milliseconds of "10d", "36h", "1h30m"; "off" is no limit. Null: not a span of time. */
export function parseAge(text: string): number | null {
	if (text === "off") return Number.POSITIVE_INFINITY;
	if (!/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return null;
	let sum = 0;
	for (const m of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) sum += Number(m[1]) * spans[m[2]];
	return sum;
}

/** The limits that --cache-limit and --cache-age, or TSUGO_CACHE_LIMIT and TSUGO_CACHE_AGE, set. */
export function cacheLimits(
	flags: { limit: string | undefined; age: string | undefined },
	vars: Readonly<Record<string, string | undefined>>,
): CacheLimits {
	const read = (flag: string, given: string | undefined, name: string, parse: (t: string) => number | null): number | null => {
		const text = given ?? vars[name] ?? "";
		if (text === "") return null;
		const n = parse(text);
		if (n === null) throw new UserError(`tsugo: invalid value ${JSON.stringify(text)} for ${given === undefined ? name : `--${flag}`}`);
		return n;
	};
	const bytes = read("cache-limit", flags.limit, "TSUGO_CACHE_LIMIT", parseSize);
	const age = read("cache-age", flags.age, "TSUGO_CACHE_AGE", parseAge);
	return { bytes: bytes ?? usualLimits.bytes, age: age ?? usualLimits.age, strict: bytes !== null || age !== null };
}

/** Notes that a file of the cache is used. modified: its time as it is, in milliseconds. */
export function markUsed(file: string, modified: number, now: number = Date.now()): void {
	if (now - modified < markEvery) return;
	try {
		utimesSync(file, now / 1000, now / 1000);
	} catch {
		// A cache that cannot be written to is trimmed by somebody else.
	}
}

/** Says that a build uses the cache; gives what ends that. A cache that cannot be written to needs none. */
export function takeLease(cacheDir: string): () => void {
	const dir = join(cacheDir, "leases");
	const file = join(dir, `${process.pid}-${randomBytes(4).toString("hex")}`);
	try {
		mkdirSync(dir, { recursive: true });
		writeFileSync(file, "");
	} catch {
		return () => undefined;
	}
	return () => rmSync(file, { force: true });
}

function lives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (err) {
		return (err as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Since when builds have been running: what was used later stays. Leases of the dead are removed. */
function oldestLease(cacheDir: string, now: number): number {
	const dir = join(cacheDir, "leases");
	let oldest = Number.POSITIVE_INFINITY;
	for (const name of list(dir)) {
		const file = join(dir, name);
		const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
		if (time === undefined) continue;
		if (now - time > longestLease || !lives(Number.parseInt(name, 10))) rmSync(file, { force: true });
		else oldest = Math.min(oldest, time);
	}
	return oldest;
}

function list(dir: string): string[] {
	try {
		return readdirSync(dir);
	} catch {
		return [];
	}
}

interface Item {
	path: string;
	bytes: number;
	time: number;
}

function items(dir: string, into: Item[], top = true): Item[] {
	for (const name of list(dir)) {
		if (top && (name === "leases" || name === "trimmed")) continue;
		const path = join(dir, name);
		const s = statSync(path, { throwIfNoEntry: false });
		if (s === undefined) continue;
		if (s.isDirectory()) items(path, into, false);
		else into.push({ path, bytes: s.size, time: s.mtimeMs });
	}
	return into;
}

/** Brings the cache to its limits. A cache that cannot be written to stays as it is. */
export function trimCache(cacheDir: string, limits: CacheLimits, now: number = Date.now()): { files: number; bytes: number } {
	const all = items(cacheDir, []).sort((a, b) => b.time - a.time);
	// The mark of a use may be missing when the one before was close.
	const used = oldestLease(cacheDir, now) - markEvery;
	const out = { files: 0, bytes: 0 };
	let kept = 0;
	for (const f of all) {
		const stays = f.time >= used || (now - f.time <= limits.age && kept + f.bytes <= limits.bytes);
		if (stays) {
			kept += f.bytes;
			continue;
		}
		try {
			rmSync(f.path, { force: true });
			out.files++;
			out.bytes += f.bytes;
		} catch {
			kept += f.bytes;
		}
	}
	return out;
}

/** trimCache, when it is time for it: after a build. */
export function trimNowAndThen(cacheDir: string, limits: CacheLimits, now: number = Date.now()): void {
	const mark = join(cacheDir, "trimmed");
	const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
	if (!limits.strict && now - last < trimEvery) return;
	try {
		writeFileSync(mark, "");
	} catch {
		return;
	}
	trimCache(cacheDir, limits, now);
}
