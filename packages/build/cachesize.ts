// How much the caches hold, by kind.

import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface Usage {
	name: string;
	files: number;
	bytes: number;
}

/** Files below a path (itself, if it is one) and their bytes; what goes away meanwhile does not count. */
export function usageOf(name: string, path: string): Usage {
	const out: Usage = { name, files: 0, bytes: 0 };
	const visit = (at: string): void => {
		const s = lstatSync(at, { throwIfNoEntry: false });
		if (s === undefined) return;
		if (!s.isDirectory()) {
			out.files++;
			out.bytes += s.size;
			return;
		}
		let names: string[] = [];
		try {
			names = readdirSync(at);
		} catch {
			// gone, or not ours to read
		}
		for (const n of names) visit(join(at, n));
	};
	visit(path);
	return out;
}

const kinds: readonly { name: string; dir: string }[] = [
	{ name: "packages outside GOROOT", dir: "packages" },
	{ name: "records of builds", dir: "builds" },
	{ name: "inputs of builds", dir: "inputs" },
	{ name: "records of links", dir: "links" },
	{ name: "test results", dir: "test" },
];

/** The build cache by kind, the standard library (and whatever else lies at its top) first. */
export function cacheUsage(cacheDir: string): Usage[] {
	const all = usageOf("standard library", cacheDir);
	const rest = kinds.map((k) => usageOf(k.name, join(cacheDir, k.dir)));
	for (const r of rest) {
		all.files -= r.files;
		all.bytes -= r.bytes;
	}
	return [all, ...rest];
}

export function formatBytes(bytes: number): string {
	if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
	return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
}

/** A line for each kind, and the sum. */
export function usageLines(list: readonly Usage[]): string[] {
	const sum: Usage = { name: "together", files: 0, bytes: 0 };
	for (const u of list) {
		sum.files += u.files;
		sum.bytes += u.bytes;
	}
	return [...list, sum].map((u) => `${u.name.padEnd(26)}${String(u.files).padStart(8)} files ${formatBytes(u.bytes).padStart(12)}`);
}
