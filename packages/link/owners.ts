// Which package each symbol is placed with. Packages follow each other as they depend on each other, so that what an edit changes lies
// behind what it does not change. A symbol comes with the package that its fragment names, with two exceptions. One whose name mentions
// packages outside GOROOT (an instance, a descriptor) goes to the last of these. One of no package (a string, the descriptor of an
// unnamed type, the closure of a function) goes to the first that refers to it, were it only to describe a variable. Only symbols that
// are reached count, and strong references of those that describe variables: what else was loaded depends on the state of the cache.

import { isWeak } from "#object";
import { BitSet } from "#base";
import type { LinkPackage } from "./input.ts";
import { pathToPrefix } from "./inittask.ts";
import type { Symbols } from "./symbols.ts";

/** Packages by rank; ranks start at 1. */
export interface PackageOrder {
	/** By the number of a package's name. */
	ranks: Int32Array;
	/** Numbers of names by rank. */
	names: number[];
}

/**
 * A name that contains the path of one of these packages (as linker names have it) does not belong to GOROOT: after anything that is no
 * part of a path, or after the prefix of a symbol that belongs to a type (`type:.eq.`, `go:itab.`).
 */
export function userPattern(prefixes: readonly string[]): RegExp {
	const escaped = [...prefixes].sort().map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`(?:^|[^\\w./%-]|:\\.?[a-z]+\\.)(${escaped.join("|")})\\.`);
}

/** Packages that are not in the list come first, in the order in which they were loaded. */
function packageOrder(syms: Symbols, packages: readonly LinkPackage[]): PackageOrder {
	const listed = packages.map((p) => syms.space.intern(p.path));
	const ranks = new Int32Array(syms.space.count);
	const names = [0];
	const add = (name: number): void => {
		if (ranks[name] !== 0) return;
		ranks[name] = names.length;
		names.push(name);
	};
	const inList = new Set(listed);
	for (const pkg of syms.loadedPackages) if (!inList.has(pkg)) add(pkg);
	for (const pkg of listed) add(pkg);
	return { ranks, names };
}

/** Decides for all symbols (syms.pkg). */
export function assignOwners(syms: Symbols, packages: readonly LinkPackage[], reached: BitSet): PackageOrder {
	const order = packageOrder(syms, packages);
	byMention(syms, order, packages);
	const buckets = order.names.map((): number[] => []);
	for (const id of syms.defined) buckets[order.ranks[syms.pkg[id]]].push(id);
	const none = syms.space.lookup("");
	const ordered = buckets.flatMap((list, rank) => (order.names[rank] === none ? [] : list));
	byReference(syms, none, ordered, reached);
	return order;
}

function byMention(syms: Symbols, order: PackageOrder, packages: readonly LinkPackage[]): void {
	const own = packages.filter((p) => p.standard !== true);
	if (own.length === 0) return;
	const prefixes = new Map(own.map((p) => [p.path === "main" ? "main" : pathToPrefix(p.path), syms.space.lookup(p.path)]));
	const pattern = new RegExp(userPattern([...prefixes.keys()]), "g");
	for (const id of syms.defined) {
		if (syms.packs[syms.pack[id]].standard) continue;
		const name = syms.name(id);
		// The runtime refers to main.main's.
		if (name.endsWith("·f")) continue;
		for (const m of name.matchAll(pattern)) {
			const pkg = prefixes.get(m[1]) as number;
			if (order.ranks[pkg] > order.ranks[syms.pkg[id]]) syms.pkg[id] = pkg;
		}
	}
}

/**
 * Symbols of no package that the reached ones of these refer to, in this order, directly or by way of others: of no package, or of types
 * that only describe variables.
 */
function byReference(syms: Symbols, none: number, from: readonly number[], reached: BitSet): void {
	const { relFrom, relTo, relKind, relTarget, pkg } = syms;
	const described = new BitSet(syms.pkg.length);
	const work: number[] = [];
	const take = (id: number, owner: number): void => {
		if (id === 0 || syms.pack[id] < 0) return;
		const own = pkg[id] === none;
		if (own) pkg[id] = owner;
		if (own || (!reached.has(id) && described.add(id))) work.push(id);
	};
	const visit = (id: number): void => {
		const owner = pkg[id];
		const isReached = reached.has(id);
		for (let i = relFrom[id]; i < relTo[id]; i++) {
			const to = relTarget[i];
			if (reached.has(to) === isReached && (isReached || !isWeak(relKind[i]))) take(to, owner);
		}
		if (syms.gotype[id] !== 0) take(syms.gotype[id], owner);
		const f = syms.func(id);
		if (f < 0) return;
		const lp = syms.packs[syms.pack[id]];
		const p = lp.pack;
		for (let i = p.fnFuncdataAt[f]; i < p.fnFuncdataAt[f + 1]; i++) if (p.funcdataRef[i] >= 0) take(lp.symbol(p.funcdataRef[i]), owner);
		for (let v = p.fnVarAt[f]; v < p.fnVarAt[f + 1]; v++) if (p.varType[v] >= 0) take(lp.symbol(p.varType[v]), owner);
	};
	for (const id of from) {
		if (!reached.has(id)) continue;
		visit(id);
		while (work.length > 0) visit(work.pop() as number);
	}
}
