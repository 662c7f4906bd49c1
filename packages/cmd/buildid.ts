// tsugo tool buildid FILE: the Go build id of an executable.

import { readFileSync } from "node:fs";
import { UserError } from "./user.ts";

/** The Go note: name "Go\0\0", type 4. */
const noteHead = Uint8Array.of(4, 0, 0, 0);

/** Finds the note's text; null when there is none. */
function goBuildId(data: Uint8Array): string | null {
	const name = Uint8Array.of(4, 0, 0, 0, 0x47, 0x6f, 0, 0);
	for (let at = data.indexOf(0x47); at >= 0 && at < 1 << 16; at = data.indexOf(0x47, at + 1)) {
		if (at < 12 || data[at + 1] !== 0x6f || data[at + 2] !== 0 || data[at + 3] !== 0) continue;
		if (!name.subarray(0, 4).every((b, i) => data[at - 4 + i] === b) || !noteHead.every((b, i) => data[at - 12 + i] === b)) continue;
		const size = new DataView(data.buffer, data.byteOffset).getUint32(at - 8, true);
		if (size <= data.length - at - 4) return new TextDecoder().decode(data.subarray(at + 4, at + 4 + size));
	}
	return null;
}

export function printBuildIds(args: readonly string[]): number {
	if (args.length !== 1) throw new UserError("usage: tsugo tool buildid FILE", 2);
	let id: string | null;
	try {
		id = goBuildId(readFileSync(args[0]));
	} catch (err) {
		throw new UserError(`buildid: ${(err as Error).message}`, 1);
	}
	if (id === null) throw new UserError(`buildid: ${args[0]}: build ID not found`);
	process.stdout.write(`${id}\n`);
	return 0;
}
