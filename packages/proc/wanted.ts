// Which memory a core file needs for Go's sake: all but the pages of the heap that no span uses.
import { Heap } from "./heap.ts";
import type { Program } from "./program.ts";

const PAGE = 8192;
/** Address space is given to the heap in pieces of this size, at multiples of it. */
const ARENA = 64 << 20;

/**
 * Whether the page at an address belongs into a core file that is limited to what Go needs: objects, stacks, and everything outside of
 * the heap. Throws LayoutError when the program does not say how its heap is laid out.
 */
export function neededPages(program: Program): (page: number) => boolean {
	const used = new Set<number>();
	const arenas = new Set<number>();
	Heap.eachSpan(program, (start, pages) => {
		arenas.add(Math.floor(start / ARENA));
		for (let i = 0; i < pages; i++) used.add(start / PAGE + i);
	});
	return (page) => !arenas.has(Math.floor(page / ARENA)) || used.has(Math.floor(page / PAGE));
}
