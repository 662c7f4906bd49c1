// The order in which entries of packs are loaded: by package, then by name and ABI, whichever pack they come from.

import { compareRefs, type LoadedPack, type Names } from "#object";
import type { LinkPackage } from "./input.ts";

/** Entries by the index of their pack, and their index in it. */
export interface Entries {
	pack: Int32Array;
	entry: Int32Array;
}

const rankLimit = 0x400000;

/** All entries given, in order. Packages that are not in the list come first. */
export function orderEntries(
	packs: readonly LoadedPack[],
	pack: readonly number[],
	entry: readonly number[],
	packages: readonly LinkPackage[],
	names: Names,
): Entries {
	const rank = new Map<number, number>();
	for (const p of packages) rank.set(names.intern(p.path), rank.size + 1);
	const byPack = packs.map((): number[] => []);
	for (let i = 0; i < pack.length; i++) byPack[pack[i]].push(entry[i]);
	const packageRank = (lp: LoadedPack, e: number): number => rank.get(lp.id(lp.pack.entPkg[e])) ?? 0;
	let out: Entries = { pack: new Int32Array(0), entry: new Int32Array(0) };
	byPack.forEach((list, k) => {
		if (list.length === 0) return;
		const lp = packs[k];
		const { entRank } = lp.pack;
		const at = new Int32Array(entRank.length);
		const keys = Float64Array.from(list, (e) => {
			at[entRank[e]] = e;
			return packageRank(lp, e) * rankLimit + entRank[e];
		}).sort();
		const sorted = { pack: new Int32Array(list.length).fill(k), entry: Int32Array.from(keys, (key) => at[key % rankLimit]) };
		out = out.pack.length === 0 ? sorted : merge(packs, out, sorted, packageRank);
	});
	return out;
}

function merge(packs: readonly LoadedPack[], a: Entries, b: Entries, rankOf: (lp: LoadedPack, e: number) => number): Entries {
	const n = a.pack.length + b.pack.length;
	const out = { pack: new Int32Array(n), entry: new Int32Array(n) };
	const ranks = (x: Entries): Int32Array => Int32Array.from(x.pack, (k, i) => rankOf(packs[k], x.entry[i]));
	const ra = ranks(a);
	const rb = ranks(b);
	let i = 0;
	let j = 0;
	for (let k = 0; k < n; k++) {
		let fromA = j === rb.length;
		if (!fromA && i < ra.length) {
			const p = packs[a.pack[i]].pack;
			const q = packs[b.pack[j]].pack;
			fromA = (ra[i] - rb[j] || compareRefs(p, p.entOrd[a.entry[i]], q, q.entOrd[b.entry[j]])) <= 0;
		}
		out.pack[k] = fromA ? a.pack[i] : b.pack[j];
		out.entry[k] = fromA ? a.entry[i++] : b.entry[j++];
	}
	return out;
}
