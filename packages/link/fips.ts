// The FIPS module (crypto/internal/fips140): its symbols lie between marks in each
// section, and go:fipsinfo records the marks and an HMAC of what is between them,
// which crypto/internal/fips140/check recomputes at start-up.

import { SymKind } from "#object";
import { type Layout, Sec } from "./layout.ts";
import { hmacSha256 } from "./sha256.ts";
import type { Symbols } from "./symbols.ts";

/** "\xff Go fipsinfo \xff\0" */
const MAGIC = Uint8Array.of(0xff, 0x20, 0x47, 0x6f, 0x20, 0x66, 0x69, 0x70, 0x73, 0x69, 0x6e, 0x66, 0x6f, 0x20, 0xff, 0x00);
const SUM_SIZE = 32;
/** Magic, sum, self, four ranges. */
const INFO_SIZE: number = MAGIC.length + SUM_SIZE + 9 * 8;

export interface FipsMarks {
	info: number;
	/** Start and end marks of text, rodata, noptrdata, data. */
	text: [number, number];
	rodata: [number, number];
	noptrdata: [number, number];
	data: [number, number];
}

/** Makes the marks and go:fipsinfo. */
export function defineFips(syms: Symbols): FipsMarks {
	const pair = (name: string, kind: number): [number, number] => [
		syms.define(`go:${name}fipsstart`, kind, 1),
		syms.define(`go:${name}fipsend`, kind, 1),
	];
	return {
		info: syms.define("go:fipsinfo", SymKind.Noptrdata, INFO_SIZE),
		text: pair("text", SymKind.Text),
		rodata: pair("rodata", SymKind.Rodata),
		noptrdata: pair("noptrdata", SymKind.Noptrdata),
		data: pair("data", SymKind.Noptrdata),
	};
}

/** Writes go:fipsinfo; everything else of the image must be in place. hash: SHA-256. */
export function writeFipsInfo(layout: Layout, marks: FipsMarks, image: Uint8Array, hash: (data: Uint8Array) => Uint8Array): void {
	const at = layout.fileOffset(marks.info);
	const view = new DataView(image.buffer, image.byteOffset, image.length);
	image.set(MAGIC, at);
	const word = (index: number, v: number): void => view.setBigUint64(at + MAGIC.length + SUM_SIZE + 8 * index, BigInt(v), true);
	word(0, layout.addr[marks.info]);
	const parts: Uint8Array[] = [new TextEncoder().encode("go fips object v1\n")];
	[marks.text, marks.rodata, marks.noptrdata, marks.data].forEach(([start, end], i) => {
		word(1 + 2 * i, layout.addr[start]);
		word(2 + 2 * i, layout.addr[end]);
		const from = layout.fileOffset(start);
		const to = layout.fileOffset(end);
		const size = new Uint8Array(8);
		new DataView(size.buffer).setBigUint64(0, BigInt(to - from));
		parts.push(size, image.subarray(from, to));
	});
	image.set(hmacSha256(new Uint8Array(SUM_SIZE), parts, hash), at + MAGIC.length);
}

export function placeFips(layout: Layout, sec: Sec, marks: [number, number], place: () => void): void {
	layout.place(sec, marks[0], 1);
	place();
	layout.place(sec, marks[1], 1);
}
