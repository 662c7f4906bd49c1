// Shared libraries of a process, as the dynamic loader lists them for debuggers (struct r_debug and link_map of <link.h>).
import type { Binary } from "#bininfo";
import { PT_DYNAMIC } from "#elf";
import { type Memory, MemoryError } from "./backend.ts";

export interface Library {
	path: string;
	/** What the loader added to the file's addresses. */
	address: number;
}

const DT_NULL = 0;
const DT_DEBUG = 21;
/** r_debug.r_map; link_map.l_addr, l_name, l_next. */
const R_MAP = 8;
const L_NAME = 8;
const L_NEXT = 24;
const MAX_LIBRARIES = 10_000;
const MAX_DYNAMIC = 1000;
const MAX_PATH = 4096;

/** The libraries that are loaded, in the loader's order; none in a static program, or before the loader has run. */
export function libraries(memory: Memory, binary: Binary): Library[] {
	const dynamic = binary.elf.segments.find((p) => p.type === PT_DYNAMIC);
	if (dynamic === undefined) return [];
	const word = (address: number): number => {
		const b = memory.read(address, 8);
		return Number(new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0, true));
	};
	const out: Library[] = [];
	try {
		const debug = debugEntry(dynamic.vaddr + binary.slide, word);
		let map = debug === 0 ? 0 : word(debug + R_MAP);
		const seen = new Set<number>();
		for (; map !== 0 && !seen.has(map) && seen.size < MAX_LIBRARIES; map = word(map + L_NEXT)) {
			seen.add(map);
			const path = text(memory, word(map + L_NAME));
			// The program itself has no name, and the kernel's own library is no file.
			if (path.startsWith("/")) out.push({ path, address: word(map) });
		}
	} catch (e) {
		// What has been found until the memory is bad.
		if (!(e instanceof MemoryError)) throw e;
	}
	return out;
}

/** Address of r_debug, 0 before the loader has set it. */
function debugEntry(at: number, word: (address: number) => number): number {
	for (let i = 0; i < MAX_DYNAMIC; i++) {
		const tag = word(at + 16 * i);
		if (tag === DT_DEBUG) return word(at + 16 * i + 8);
		if (tag === DT_NULL) break;
	}
	return 0;
}

/** A string of the process, up to its 0. */
function text(memory: Memory, address: number): string {
	const bytes: number[] = [];
	if (address === 0) return "";
	while (bytes.length < MAX_PATH) {
		// Not beyond the page, which may be the last.
		const from = address + bytes.length;
		const part = memory.read(from, Math.min(64, 4096 - (from % 4096)));
		const end = part.indexOf(0);
		bytes.push(...(end < 0 ? part : part.subarray(0, end)));
		if (end >= 0) break;
	}
	return new TextDecoder().decode(Uint8Array.from(bytes));
}
