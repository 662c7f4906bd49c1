// Writing zip archives with deflated files (APPNOTE.TXT 4.3): modules that come from version control.

import { closeSync, openSync, writeSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";

const mark = (text: string): Buffer => Buffer.from(text, "latin1");

/** Writes an archive of the files, in their order, to a file of the caller's. */
export function writeZip(file: string, files: readonly { name: string; data: Uint8Array }[]): void {
	const fd = openSync(file, "w");
	try {
		const directory: Buffer[] = [];
		let offset = 0;
		for (const f of files) {
			const name = Buffer.from(f.name, "utf8");
			const packed = deflateRawSync(f.data);
			const common = Buffer.alloc(26);
			common.writeUInt16LE(20, 0);
			common.writeUInt16LE(0x800, 2);
			common.writeUInt16LE(8, 4);
			common.writeUInt32LE(crc32(f.data), 10);
			common.writeUInt32LE(packed.length, 14);
			common.writeUInt32LE(f.data.length, 18);
			common.writeUInt16LE(name.length, 22);
			const rest = Buffer.alloc(14);
			rest.writeUInt32LE(offset, 10);
			directory.push(Buffer.concat([mark("PK\u0001\u0002\u0014\u0000"), common, rest, name]));
			const local = Buffer.concat([mark("PK\u0003\u0004"), common, name, packed]);
			writeSync(fd, local);
			offset += local.length;
		}
		const listing = Buffer.concat(directory);
		const end = Buffer.alloc(22);
		end.write("PK\u0005\u0006", 0, "latin1");
		end.writeUInt16LE(files.length, 8);
		end.writeUInt16LE(files.length, 10);
		end.writeUInt32LE(listing.length, 12);
		end.writeUInt32LE(offset, 16);
		writeSync(fd, Buffer.concat([listing, end]));
	} finally {
		closeSync(fd);
	}
}
