// Passes and emission in other threads, as the driver sees them.

import type { Fragment } from "#object";
import type { Product } from "./program.ts";

export interface Finished {
	ticket: number;
	/** With the code of the product's functions. */
	fragment: Fragment;
	/** The fragment as object/codec.ts encodes it. */
	bytes: Uint8Array;
}

export interface Backend {
	/** Takes over passes and emission of a product's functions; false: the driver does better to do it itself. */
	submit(ticket: number, out: Product): boolean;
	/** Products that are finished, by completion; wait: blocks until one is, unless none is under way. */
	collect(wait: boolean): Finished[];
}
