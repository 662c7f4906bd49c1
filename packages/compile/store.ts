// What a cached symbol carries besides its fragment: the outgoing references and
// the effects of making it on the rest of the program, so that the work list runs
// over cached symbols without their source, and without making an object of any.

import type { Abi, Fragment, LoadedPack, Names } from "#object";
import type { SymRef } from "#ssa";
import type { ParamTag } from "./escape/graph.ts";
import type { TypeReach } from "./reflectdata/reach.ts";

export interface CachedSymbol {
	fragment: Fragment;
	/** Symbols that making it queued. */
	needs: SymRef[];
	/** Link names of types that it converts to interfaces. */
	usedInIface: string[];
	ifaceMethods: string[];
	reflectMethod: boolean;
	/** Descriptors: the type's methods and parts. */
	type: TypeReach | null;
}

/** Where cached symbols are kept, by linker name and ABI. Whoever makes one sees to it that its entries hold for the program's inputs. */
export interface SymbolStore {
	/** Whether the symbol depends on nothing but what the store's key covers. */
	covers(name: string): boolean;
	/** Numbers of all names. */
	readonly names: Names;
	/** Grows as files are opened. */
	readonly packs: readonly LoadedPack[];
	/** Where the symbol with this number (twice that of its name, plus the ABI) is kept. */
	find(id: number): StoredSymbol;
	/** The same for a symbol that a kept one refers to, by the ref in its pack. */
	findRef(pack: number, ref: number): StoredSymbol;
	/** Whether it took the symbol: takeFresh will tell where it is. */
	put(name: string, abi: Abi, symbol: CachedSymbol): boolean;
	/** Where the symbols are that were put; their packs are there from now on. Ends the putting. */
	takeFresh(): { pack: number; entry: number }[];
	/** Escape analysis's tags of a function's parameters (escape/planner.ts forms the key). */
	getTags(key: string): readonly ParamTag[] | null;
	putTags(key: string, tags: readonly ParamTag[]): void;
	/** What inlining a function costs (null = it cannot be inlined), by the same key; undefined = not known. */
	getCost(key: string): number | null | undefined;
	putCost(key: string, cost: number | null): void;
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
