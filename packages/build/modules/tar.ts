// Reading tar archives as git writes them (POSIX ustar with pax headers). Nothing is believed: sizes are checked against what is there.

export interface TarFile {
	path: string;
	/** Files only have data; the rest (links, folders) is empty. */
	kind: "file" | "link" | "dir" | "other";
	data: Uint8Array;
}

const block = 512;

function text(b: Uint8Array): string {
	const end = b.indexOf(0);
	return new TextDecoder().decode(end < 0 ? b : b.subarray(0, end));
}

/** The value of "length key=value\n" records. */
function paxPath(data: Uint8Array): string | undefined {
	const records = new TextDecoder().decode(data);
	return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records)?.[1];
}

/** The entries of an archive. Throws an Error for one that is damaged. */
export function readTar(tar: Uint8Array): TarFile[] {
	const files: TarFile[] = [];
	let longName: string | undefined;
	for (let at = 0; at + block <= tar.length; ) {
		const header = tar.subarray(at, at + block);
		if (header[0] === 0) break;
		const size = Number.parseInt(text(header.subarray(124, 136)).trim() || "0", 8);
		if (!Number.isSafeInteger(size) || size < 0 || at + block + size > tar.length) throw new Error("tar: entry outside of the archive");
		const data = tar.subarray(at + block, at + block + size);
		at += block + Math.ceil(size / block) * block;
		const type = String.fromCharCode(header[156]);
		if (type === "g") continue;
		if (type === "x") {
			longName = paxPath(data);
			continue;
		}
		const prefix = text(header.subarray(345, 500));
		const name = text(header.subarray(0, 100));
		const path = longName ?? (prefix === "" ? name : `${prefix}/${name}`);
		longName = undefined;
		const kind = type === "0" || type === "\0" ? "file" : type === "2" || type === "1" ? "link" : type === "5" ? "dir" : "other";
		files.push({ path, kind, data: kind === "file" ? data : data.subarray(0, 0) });
	}
	return files;
}
