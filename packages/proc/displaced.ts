// Running the instruction under a trap somewhere else: a copy followed by a jump back, so that a thread passes a breakpoint
// without the trap being taken out (other threads would miss it) and without a single step.
import type { Physical } from "./breakpoints.ts";
import type { NativeThread } from "./backend/native/tracer.ts";
import type { Target } from "./target.ts";

export interface Displacement {
	/** Sends a thread past a trap; false when this instruction must be stepped in place. */
	goOn(thread: NativeThread, physical: Physical): boolean;
	/** Gives the room back; every thread is stopped and none is inside. */
	remove(): void;
}

export function makeDisplacement(target: Target): Displacement | null {
	void target;
	return null;
}
