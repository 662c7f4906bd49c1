// Zip archives with stored files, for tests (APPNOTE.TXT 4.3).

import { crc32 } from "node:zlib";
import { type ArchiveFile, textBytes } from "./txtar.ts";

/** An archive of the files, in their order. */
export function zipOf(files: readonly ArchiveFile[]): Uint8Array {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const f of files) {
		const name = textBytes(f.name);
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt16LE(0x800, 2);
		common.writeUInt32LE(crc32(f.data), 10);
		common.writeUInt32LE(f.data.length, 14);
		common.writeUInt32LE(f.data.length, 18);
		common.writeUInt16LE(name.length, 22);
		const local = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), common, name, f.data]);
		const rest = Buffer.alloc(14);
		rest.writeUInt32LE(offset, 10);
		directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"), common, rest, name]));
		parts.push(local);
		offset += local.length;
	}
	const size = directory.reduce((n, d) => n + d.length, 0);
	const end = Buffer.alloc(22);
	end.write("PK\u0005\u0006", 0, "latin1");
	end.writeUInt16LE(files.length, 8);
	end.writeUInt16LE(files.length, 10);
	end.writeUInt32LE(size, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...parts, ...directory, end]);
}
