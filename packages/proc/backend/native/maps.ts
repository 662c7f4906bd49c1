// What a process has mapped, and which of its pages exist, by /proc.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export const PAGE = 4096;

export interface Mapping {
	start: number;
	end: number;
	readable: boolean;
	writable: boolean;
	executable: boolean;
	shared: boolean;
	/** Offset in the file. */
	offset: number;
	/** The file, "" = none, or a name in brackets of the kernel's. */
	path: string;
	/** Not 0: a file is behind it. */
	inode: number;
}

/** Mappings in order of their addresses. Throws when the process is gone. */
export function mappings(pid: number): Mapping[] {
	const out: Mapping[] = [];
	for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
		const m = /^([0-9a-f]+)-([0-9a-f]+) (....) ([0-9a-f]+) \S+ (\d+) *(.*)$/.exec(line);
		if (m === null) continue;
		const [, start, end, mode, offset, inode, path] = m as unknown as [string, string, string, string, string, string, string];
		const from = Number.parseInt(start, 16);
		// The kernel's own page at the end of the address space.
		if (from >= 2 ** 47) continue;
		out.push({
			start: from,
			end: Number.parseInt(end, 16),
			readable: mode[0] === "r",
			writable: mode[1] === "w",
			executable: mode[2] === "x",
			shared: mode[3] === "s",
			offset: Number.parseInt(offset, 16),
			path,
			inode: Number(inode),
		});
	}
	return out;
}

const CHUNK = 1 << 13;
/** Bits 63 and 62 of an entry, in its upper half: in memory, swapped out. Neither: never touched. */
const EXISTS = 0xc0000000;

/** Asks which pages of a process exist. Never makes one exist by that. */
export class PageMap {
	private readonly fd: number;
	private readonly entries: Buffer = Buffer.alloc(8 * CHUNK);

	/** Throws when the process is gone. */
	constructor(pid: number) {
		this.fd = openSync(`/proc/${pid}/pagemap`, "r");
	}

	/** Calls f with each run of pages in a range that exist; every page does when the kernel does not tell. */
	runs(start: number, end: number, f: (from: number, to: number) => void): void {
		let from = -1;
		for (let at = start; at < end; at += CHUNK * PAGE) {
			const count = Math.min(CHUNK, (end - at) / PAGE);
			const got = readSync(this.fd, this.entries, 0, 8 * count, (at / PAGE) * 8) >>> 3;
			for (let i = 0; i < count; i++) {
				const exists = i >= got || (this.entries.readUInt32LE(8 * i + 4) & EXISTS) !== 0;
				const page = at + i * PAGE;
				if (exists && from < 0) from = page;
				else if (!exists && from >= 0) {
					f(from, page);
					from = -1;
				}
			}
		}
		if (from >= 0) f(from, end);
	}

	close(): void {
		closeSync(this.fd);
	}
}
