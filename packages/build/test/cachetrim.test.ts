// The build cache's limits: what goes, what stays, and that a running build keeps what it may have looked at.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type CacheLimits, cacheLimits, markUsed, parseAge, parseSize, takeLease, trimCache, trimNowAndThen } from "../cachetrim.ts";

const hour = 3_600_000;
const now = Date.parse("2026-01-15T12:00:00Z");

/** A cache of files of 100 bytes; ages in hours. */
function cache(ages: Readonly<Record<string, number>>): string {
	const dir = mkdtempSync(join(tmpdir(), "cachetrim-"));
	for (const [name, age] of Object.entries(ages)) {
		const file = join(dir, name);
		mkdirSync(join(file, ".."), { recursive: true });
		writeFileSync(file, "x".repeat(100));
		utimesSync(file, (now - age * hour) / 1000, (now - age * hour) / 1000);
	}
	return dir;
}

const left = (dir: string): string[] =>
	(readdirSync(dir, { recursive: true }) as string[]).filter((n) => statSync(join(dir, n)).isFile() && !/^(leases|trimmed)/.test(n)).sort();

const limits = (bytes: number, days = Number.POSITIVE_INFINITY): CacheLimits => ({ bytes, age: days * 24 * hour, strict: true });

test("sizes and ages", () => {
	const sizes: [string, number | null][] = [
		["0", 0],
		["1000", 1000],
		["500MB", 5e8],
		["500mb", 5e8],
		["1.5GiB", 1.5 * 2 ** 30],
		["2g", 2e9],
		["off", Number.POSITIVE_INFINITY],
		["-1", null],
		["1 x", null],
		["", null],
	];
	for (const [text, want] of sizes) assert.equal(parseSize(text), want, text);
	const ages: [string, number | null][] = [
		["10d", 240 * hour],
		["1h30m", 1.5 * hour],
		["0s", 0],
		["off", Number.POSITIVE_INFINITY],
		["10", null],
		["d", null],
	];
	for (const [text, want] of ages) assert.equal(parseAge(text), want, text);
	const none = { limit: undefined, age: undefined };
	assert.equal(cacheLimits(none, {}).strict, false);
	assert.equal(cacheLimits(none, { TSUGO_CACHE_LIMIT: "1GB" }).bytes, 1e9);
	assert.equal(cacheLimits({ ...none, limit: "2GB" }, { TSUGO_CACHE_LIMIT: "1GB" }).bytes, 2e9);
	assert.throws(() => cacheLimits(none, { TSUGO_CACHE_AGE: "soon" }), /invalid value "soon" for TSUGO_CACHE_AGE/);
	assert.throws(() => cacheLimits({ ...none, limit: "much" }, {}), /invalid value "much" for --cache-limit/);
});

const trims: { name: string; limits: CacheLimits; stay: string[] }[] = [
	{ name: "within both limits", limits: limits(1000, 10), stay: ["packages/aa/old", "packages/bb/older", "std"] },
	{ name: "too many bytes: what was used longest ago goes", limits: limits(200), stay: ["packages/aa/old", "std"] },
	{ name: "too old", limits: limits(1000, 1), stay: ["std"] },
	{ name: "nothing may stay", limits: limits(0), stay: [] },
];
for (const t of trims)
	test(`trim: ${t.name}`, () => {
		const dir = cache({ std: 1, "packages/aa/old": 48, "packages/bb/older": 72 });
		const gone = trimCache(dir, t.limits, now);
		assert.deepEqual(left(dir), t.stay);
		assert.deepEqual(gone, { files: 3 - t.stay.length, bytes: 100 * (3 - t.stay.length) });
		rmSync(dir, { recursive: true });
	});

test("what a running build may have looked at stays; the lease of a dead process counts for nothing", () => {
	const dir = cache({ used: 1, unused: 5 });
	const end = takeLease(dir);
	const [lease] = readdirSync(join(dir, "leases"));
	const since = (now - 2 * hour) / 1000;
	utimesSync(join(dir, "leases", lease), since, since);
	trimCache(dir, limits(0), now);
	assert.deepEqual(left(dir), ["used"]);
	end();
	assert.deepEqual(readdirSync(join(dir, "leases")), []);
	// A process that has ended for sure.
	const dead = spawnSync(process.execPath, ["-e", ""]).pid;
	writeFileSync(join(dir, "leases", `${dead}-00000000`), "");
	utimesSync(join(dir, "leases", `${dead}-00000000`), since, since);
	trimCache(dir, limits(0), now);
	assert.deepEqual(left(dir), []);
	assert.deepEqual(readdirSync(join(dir, "leases")), []);
	rmSync(dir, { recursive: true });
});

test("a use is noted once in a while", () => {
	const dir = cache({ a: 1, b: 0.1 });
	for (const f of ["a", "b"]) markUsed(join(dir, f), statSync(join(dir, f)).mtimeMs, now);
	assert.deepEqual(
		["a", "b"].map((f) => Math.round((now - statSync(join(dir, f)).mtimeMs) / 60_000)),
		[0, 6],
	);
	rmSync(dir, { recursive: true });
});

test("without limits that were asked for, builds look through the cache once an hour", () => {
	const dir = cache({ a: 1, b: 2 });
	const usual: CacheLimits = { ...limits(0), strict: false };
	trimNowAndThen(dir, usual, Date.now() + 2 * hour);
	assert.deepEqual(left(dir), []);
	writeFileSync(join(dir, "c"), "x");
	trimNowAndThen(dir, usual, Date.now());
	assert.deepEqual(left(dir), ["c"]);
	trimNowAndThen(dir, { ...usual, strict: true }, Date.now());
	assert.deepEqual(left(dir), []);
	rmSync(dir, { recursive: true });
});

test("a folder that is not there is no error", () => {
	const dir = join(tmpdir(), `cachetrim-none-${process.pid}`);
	assert.deepEqual(trimCache(dir, limits(0), now), { files: 0, bytes: 0 });
	assert.equal(existsSync(dir), false);
});
