import assert from "node:assert/strict";
import { test } from "node:test";
import { FormatError } from "#base";
import { decodePack, encodePack, joinPacks, LoadedPack, Names, newPackLists, type Pack, packOf } from "../mod.ts";
import { hashBytes } from "../pack.ts";

/** A pack of names (those with < are local), an entry for each, which needs all, and a note. */
function sample(names: readonly string[], note: string): Pack {
	const l = newPackLists();
	const name = (text: string): number => {
		const bytes = new TextEncoder().encode(text);
		l.nameBytes.bytes(bytes);
		l.nameAt.push(l.nameBytes.len);
		l.nameHash.push(hashBytes(bytes, 0, bytes.length));
		l.nameLocal.u8(text.includes("<") ? 1 : 0);
		return l.nameHash.length - 1;
	};
	const ids = names.map(name);
	for (const id of ids) {
		l.entRef.push(2 * id + 1);
		l.entOrd.push(2 * id + 1);
		l.entPkg.push(ids[0]);
		l.entSuffix.push(-1);
		l.entFlags.u8(0);
		for (const other of ids) l.needRef.push(2 * other + 1);
		l.needAt.push(l.needRef.length);
		for (const at of ["entSymAt", "followAt", "ifaceAt", "methAt", "tmAt", "tpAt", "debugAt", "partAt"] as const) l[at].push(0);
	}
	l.kvKey.push(name("note"));
	l.kvBytes.str(note);
	l.kvAt.push(l.kvBytes.len);
	return packOf(l);
}

/** Entries by name, with what they need. */
function entries(p: Pack): Record<string, string[]> {
	const lp = new LoadedPack(p, new Names());
	const out: Record<string, string[]> = {};
	for (let e = 0; e < p.entRef.length; e++) {
		const needs: string[] = [];
		for (let i = p.needAt[e]; i < p.needAt[e + 1]; i++) needs.push(lp.text(p.needRef[i] >> 1));
		out[lp.text(p.entRef[e] >> 1)] = needs;
	}
	return out;
}

test("a pack survives encoding, every truncation is a FormatError", () => {
	const p = sample(["b", "a", "x<1>"], "n");
	const bytes = encodePack(p);
	assert.deepEqual(decodePack(bytes), p);
	// also where it does not lie at a multiple of eight
	const moved = new Uint8Array(bytes.length + 3);
	moved.set(bytes, 3);
	assert.deepEqual(entries(decodePack(moved.subarray(3))), entries(p));
	for (let n = 0; n < bytes.length; n += 8) assert.throws(() => decodePack(bytes.subarray(0, n)), FormatError, `${n} bytes`);
});

test("joined packs have each name once, and the last of what was kept by a key", () => {
	const a = sample(["b", "a", "x<1>"], "old");
	const b = sample(["c", "a", "x<1>"], "new");
	const both = joinPacks([a, b]);
	assert.equal(both.nameHash.length, 4 + 2); // b a c note, and two that are local
	assert.deepEqual(entries(both), { ...entries(a), ...entries(b) });
	const lp = new LoadedPack(both, new Names());
	assert.equal(new TextDecoder().decode(lp.value("note")), "new");
	assert.equal(lp.value("a"), undefined);
	assert.deepEqual(
		Array.from(both.entRank, (_, rank) => lp.text(both.entOrd[both.entRank.indexOf(rank)] >> 1)),
		["a", "a", "b", "c", "x<1>", "x<1>"],
	);
});

test("names have one number in all packs, local ones their own", () => {
	const names = new Names();
	const a = new LoadedPack(sample(["p.f", "x<1>"], ""), names);
	const b = new LoadedPack(sample(["q.g", "p.f", "x<1>"], ""), names);
	assert.equal(a.id(0), b.id(1));
	assert.notEqual(a.id(1), b.id(2));
	assert.equal(names.intern("p.f"), a.id(0));
	assert.equal(names.lookup("nobody"), 0);
	assert.equal(b.ownName(a.id(0)), 1);
	assert.equal(b.entry(2 * 1 + 1), 1);
	assert.equal(b.entry(2 * 1), -1);
	for (let i = 0; i < 50000; i++) names.intern(`n${i}`);
	for (let i = 0; i < 50000; i += 777) assert.equal(names.text(names.lookup(`n${i}`)), `n${i}`);
});
