// Passes and emission in other threads, as the driver sees them.

import type { Fragment } from "#object";
import type { Product } from "./program.ts";

export interface Finished {
	ticket: number;
	/** The fragment with the code of the product's functions; null: whoever should have compiled them has died. */
	made: Fragment | null;
}

export interface Backend {
	/**
	 * Takes over passes and emission of a product's functions: the ticket that it comes back with, no other product of the backend has it;
	 * -1: the driver does better to do it itself.
	 */
	submit(out: Product): number;
	/** Products that are finished, by completion, those of drivers that gave up included; wait: blocks until one is, unless none is under way. */
	collect(wait: boolean): Finished[];
}
