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
	// Of each package the runs of entries that packs have of it, each in order.
	const runs: Entries[][] = [];
	byPack.forEach((list, k) => {
		if (list.length === 0) return;
		const lp = packs[k];
		const { entRank } = lp.pack;
		const at = new Int32Array(entRank.length);
		const keys = Float64Array.from(list, (e) => {
			at[entRank[e]] = e;
			return (rank.get(lp.id(lp.pack.entPkg[e])) ?? 0) * rankLimit + entRank[e];
		}).sort();
		for (let i = 0; i < keys.length; ) {
			const r = Math.floor(keys[i] / rankLimit);
			const from = i;
			while (i < keys.length && keys[i] < (r + 1) * rankLimit) i++;
			while (runs.length <= r) runs.push([]);
			runs[r].push({
				pack: new Int32Array(i - from).fill(k),
				entry: Int32Array.from(keys.subarray(from, i), (key) => at[key % rankLimit]),
			});
		}
	});
	const out: Entries = { pack: new Int32Array(pack.length), entry: new Int32Array(pack.length) };
	let n = 0;
	for (const list of runs) {
		if (list.length === 0) continue;
		const all = mergeRuns(packs, list);
		out.pack.set(all.pack, n);
		out.entry.set(all.entry, n);
		n += all.pack.length;
	}
	return out;
}

/** Runs of one package's entries as one, by halves. */
function mergeRuns(packs: readonly LoadedPack[], runs: readonly Entries[]): Entries {
	if (runs.length === 1) return runs[0];
	const half = runs.length >> 1;
	return merge(packs, mergeRuns(packs, runs.slice(0, half)), mergeRuns(packs, runs.slice(half)));
}

function merge(packs: readonly LoadedPack[], a: Entries, b: Entries): Entries {
	const n = a.pack.length + b.pack.length;
	const out = { pack: new Int32Array(n), entry: new Int32Array(n) };
	let i = 0;
	let j = 0;
	for (let k = 0; k < n; k++) {
		let fromA = j === b.pack.length;
		if (!fromA && i < a.pack.length) {
			const p = packs[a.pack[i]].pack;
			const q = packs[b.pack[j]].pack;
			fromA = compareRefs(p, p.entOrd[a.entry[i]], q, q.entOrd[b.entry[j]]) <= 0;
		}
		out.pack[k] = fromA ? a.pack[i] : b.pack[j];
		out.entry[k] = fromA ? a.entry[i++] : b.entry[j++];
	}
	return out;
}
