// Passes and emission in other threads, as the driver sees them.

import type { Abi, Fragment } from "#object";
import type { Product } from "./program.ts";
import type { MadePack, PackedEntry, StorePlace, TracedSymbol } from "./store.ts";

/** A fragment that has become an entry of one of the backend's packs, and what the driver must know of it. */
export interface Packed extends PackedEntry {
	/** What its relocations keep, types of its variables, descriptors that it defines: without what the same pack named before. */
	needs: readonly { name: string; abi: Abi }[];
	types: readonly string[];
	described: readonly string[];
}

/** With neither of the two: whoever should have compiled it has died. */
export interface Finished {
	ticket: number;
	/** The fragment with the code of the product's functions. */
	made: Fragment | null;
	packed: Packed | null;
}

export interface Backend {
	/**
	 * Takes over passes and emission of a product's functions: the ticket that it comes back with, no other product of the backend has it;
	 * -1: the driver does better to do it itself. symbol, place: what it is to become in a store; null = it comes back as a fragment.
	 */
	submit(out: Product, symbol: TracedSymbol | null, place: StorePlace | null): number;
	/** Products that are finished, by completion, those of drivers that gave up included; wait: blocks until one is, unless none is under way. */
	collect(wait: boolean): Finished[];
	/** Asks for the packs: nothing will be submitted any more. */
	seal(): void;
	/** All packs, by their index, after seal; waits for them. null: some died with whoever made them. */
	packs(): MadePack[] | null;
}
