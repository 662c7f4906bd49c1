// What a cached symbol carries besides its fragment: the outgoing references and
// the effects of making it on the rest of the program, so that the work list runs
// over cached symbols without their source, and without making an object of any.

import type { Abi, Fragment, LoadedPack, Names, Pack } from "#object";
import type { SymRef } from "#ssa";
import type { FunctionTags } from "./escape/planner.ts";
import type { FactAnswers, Facts, FactSource } from "./facts.ts";
import type { TypeReach } from "./reflectdata/reach.ts";

/** A symbol and what making it did. */
export interface TracedSymbol {
	name: string;
	abi: Abi;
	/** Symbols that making it queued. */
	needs: SymRef[];
	/** Link names of types that it converts to interfaces. */
	usedInIface: string[];
	ifaceMethods: string[];
	reflectMethod: boolean;
	facts: Facts;
	/** Descriptors: the type's methods and parts. */
	type: TypeReach | null;
}

/** Where a store wants a symbol: the file, and text that its entry there has besides its name. */
export interface StorePlace {
	file: number;
	suffix: string;
}

/** A pack that another thread has made: all that is to go to one file of the store. */
export interface MadePack {
	file: number;
	pack: Pack;
}

/** Where cached symbols are kept, by linker name and ABI. Whoever makes one sees to it that its entries hold for the program's inputs. */
export interface SymbolStore extends FactSource {
	/** Whether the symbol depends on nothing but what the store's key covers. */
	covers(name: string): boolean;
	/** Numbers of all names. */
	readonly names: Names;
	/** Grows as files are opened. */
	readonly packs: readonly LoadedPack[];
	/** Where the symbol with this number (twice that of its name, plus the ABI) is kept. */
	find(id: number): StoredSymbol;
	/** The same by name: where nothing is kept, the name gets no number. */
	findNamed(name: string, abi: Abi): StoredSymbol;
	/** The same for a symbol that a kept one refers to, by the ref in its pack. */
	findRef(pack: number, ref: number): StoredSymbol;
	/** Whether it took the symbol: takeFresh will tell where it is. */
	put(symbol: TracedSymbol, fragment: Fragment): boolean;
	/** Where it would put the symbol, for those who pack it themselves; null = it would not take it. */
	place(name: string): StorePlace | null;
	/**
	 * Takes packs that others have made, and tells where the symbols are that were put and those of these packs: entries has index in
	 * made and in the pack. All are among packs from now on. Ends the putting.
	 */
	takeFresh(made: readonly MadePack[], entries: readonly PackedEntry[]): PackedEntry[];
	/** Escape analysis's tags of a function's parameters (escape/planner.ts forms the key). */
	getTags(key: string): FunctionTags | null;
	putTags(key: string, tags: FunctionTags, facts: Facts): void;
	/** What inlining a function costs (null = it cannot be inlined), by the same key; undefined = not known. */
	getCost(key: string): number | null | undefined;
	putCost(key: string, cost: number | null, facts: Facts): void;
	/** Who finds out about functions of which nothing that is kept holds. */
	asks(answers: FactAnswers): void;
}

/** An entry by the index of its pack and its own. */
export interface PackedEntry {
	pack: number;
	entry: number;
}

/** Where a symbol is kept: index of the pack, and of the entry in it; -1 = nowhere. */
export type StoredSymbol = number;

const entryLimit = 0x400000;

export function storedAt(pack: number, entry: number): StoredSymbol {
	return pack * entryLimit + entry;
}

export function packOfStored(at: StoredSymbol): number {
	return Math.floor(at / entryLimit);
}

export function entryOfStored(at: StoredSymbol): number {
	return at % entryLimit;
}
