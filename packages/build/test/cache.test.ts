// Which symbols the cache's files keep, and which of them hold.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { userPattern } from "#link";
import { ABI0, FragmentBuilder, SymKind } from "#object";
import { type CacheKey, DiskStore, type UserPackage } from "../cache.ts";

const dir = mkdtempSync(join(tmpdir(), "tsugo-cache-"));
after(() => rmSync(dir, { recursive: true, force: true }));

const key: CacheKey = {
	goVersion: "go1.26",
	goos: "linux",
	goarch: "amd64",
	experiments: [],
	tags: [],
	trimpath: false,
	gcflags: [],
	compiler: "test",
};

/** A store for a package p with one function, of which the digest is given. */
function store(digest: string): DiskStore {
	const functions = new Map([["F", digest]]);
	const p: UserPackage = { prefix: "p", path: "p", digest: "declared", content: `all ${digest}`, functions, standard: false };
	return new DiskStore(dir, key, [p], new Map());
}

/** Keeps a symbol of so many bytes that rests on these facts. */
function keep(s: DiskStore, name: string, size: number, facts: readonly [string, string][]): void {
	const b = new FragmentBuilder("p");
	b.data(name, SymKind.Noptrdata, new Uint8Array(size).fill(1), { align: 1 });
	const none = { needs: [], usedInIface: [], ifaceMethods: [], reflectMethod: false, type: null };
	assert.ok(s.put({ name, abi: ABI0, ...none, facts: new Map(facts) }, b.fragment));
	s.takeFresh([], []);
	assert.ok(s.save());
}

test("a symbol holds while its facts do, and comes back with them", () => {
	keep(store("one"), "p.x", 1, [["b p F", "one"]]);
	keep(store("one"), "p.y", 1, [["a p", "all one"]]);
	keep(store("one"), "p.z", 1, []);
	const has = (s: DiskStore): string[] => ["p.x", "p.y", "p.z"].filter((name) => s.has(name, ABI0));
	assert.deepEqual(has(store("one")), ["p.x", "p.y", "p.z"]);
	assert.deepEqual(has(store("two")), ["p.z"]);
	assert.deepEqual(has(store("one")), ["p.x", "p.y", "p.z"]);
	assert.equal(store("two").brokenFact("p.x", ABI0), "b p F");
	assert.equal(store("one").brokenFact("p.x", ABI0), null);
	assert.deepEqual(store("two").keptOf("p"), { count: 3, stale: ["p.x", "p.y"] });
});

test("what a callee costs and lets escape decides, not its text", () => {
	const tags = { params: [], component: [] };
	const s = store("one");
	s.putCost("p p.F", 30, new Map([["b p F", "one"]]));
	s.putTags("p p.F", tags, new Map([["b p F", "one"]]));
	keep(s, "p.caller", 1, [
		["c p p.F", "30"],
		["t p p.F", "[[],[]]"],
	]);
	for (const [cost, holds] of [
		[30, true],
		[31, false],
		[null, false],
	] as const) {
		const now = store("two");
		assert.equal(now.getCost("p p.F"), undefined);
		now.asks({ cost: () => cost, tags: () => tags });
		assert.equal(now.has("p.caller", ABI0), holds, String(cost));
	}
	// Nobody can tell.
	assert.equal(store("two").has("p.caller", ABI0), false);
	assert.equal(store("one").has("p.caller", ABI0), true);
});

test("a file does not grow with each edit", () => {
	for (let i = 0; i < 12; i++) keep(store(String(i)), "p.big", 1_000_000, [["b p F", String(i)]]);
	const last = store("11");
	assert.ok(last.has("p.big", ABI0));
	assert.ok(last.packs.reduce((n, p) => n + p.pack.data.length, 0) < 6_000_000);
});

test("symbols that a program's own packages have a part in", () => {
	const user = userPattern(["main", "example%2ecom/app"]);
	const own = [
		"main.f",
		"main.(*T).M",
		"type:main.T",
		"type:*main.T",
		"type:.eq.main.T",
		"type:.eq.[2]main.T",
		"type:.hash.example%2ecom/app.T",
		"type:.gcmask.main.T",
		"type:.importpath.main.",
		"go:itab.main.T,error",
		"go:itab.*main.T,error",
		"slices.Sort[main.T]",
		"type:map[string]example%2ecom/app.T",
	];
	for (const name of own) assert.ok(user.test(name), name);
	for (const name of ["runtime.mainStarted", "domain.f", "x/main.f", "go/types.(*T).main", "type:.eq.net/http.T"])
		assert.ok(!user.test(name), name);
});
